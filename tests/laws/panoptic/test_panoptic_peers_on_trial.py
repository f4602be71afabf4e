"""Known faults of peers, found by laws and strategies that name none, each with a proof that needs no npseg."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import npseg.laws.catalogue  # noqa: F401
from npseg.laws import LAWS, programme
from npseg.laws.engine import try_law

FAULTS = [
    # F7: one object found and the other called void is perfect.
    ("torchmetrics", "torchmetrics PanopticQuality", "abstaining-lowers", ("pq_per_class",)),
    # An unseen class is shown as 0 and left out of the mean.
    ("torchmetrics", "torchmetrics PanopticQuality", "mean-pq-is-mean-of-classes", ("pq", "pq_per_class")),
    # F11
    ("monai", "MONAI PanopticQualityMetric", "panoptic-perfect-is-one", ("pq_per_class",)),
    # reduction="mean" pools the segments of all classes.
    ("monai", "MONAI PanopticQualityMetric", "mean-pq-is-mean-of-classes", ("pq", "pq_per_class")),
    # F12
    ("monai", "MONAI compute_panoptic_quality(remap=False)", "instance-ids-may-be-renamed", ("pq_per_class",)),
    # F23
    ("panopticapi", "panopticapi", "nothing-seen-is-undefined", ("pq",)),
    # F24
    ("panopticapi", "panopticapi", "crowds-may-be-merged", ("pq_per_class",)),
    ("panopticapi", "panopticapi", "crowds-are-excused", ("pq_per_class",)),
]
MODULES = {"panopticapi": "panopticapi.evaluation"}


@pytest.mark.parametrize("library, name, law, measures", FAULTS)
def test_the_law_finds_it_and_the_proof_stands_alone(library, name, law, measures):
    pytest.importorskip(MODULES.get(library, library))
    targets = importlib.import_module(f"npseg.laws.adapters.{library}.panoptic").targets()
    target = next(target for target in targets if target.name == name)
    trial = try_law(target, LAWS[law], measures, target.declared, max_examples=100)
    assert trial.outcome == "fails", trial
    code = "import sys; sys.modules['npseg'] = sys.modules['hypothesis'] = None\n" + programme(target, trial)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if trial.reason.startswith("raises"):
        assert trial.reason.removeprefix("raises ") in done.stderr
    else:
        assert done.stdout.strip() == trial.reason, done.stderr


@pytest.mark.parametrize(
    "library, name, law, measures",
    [
        ("torchmetrics", "torchmetrics PanopticQuality", "void-of-the-truth-is-irrelevant", ("pq_per_class",)),
        ("torchmetrics", "torchmetrics PanopticQuality", "panoptic-symmetric", ("pq",)),
        ("monai", "MONAI PanopticQualityMetric", "panoptic-between-the-parts", ("pq_per_class",)),
        ("panopticapi", "panopticapi", "mostly-on-void", ("pq_per_class",)),
    ],
)
def test_what_they_do_right_holds(library, name, law, measures):
    pytest.importorskip(MODULES.get(library, library))
    targets = importlib.import_module(f"npseg.laws.adapters.{library}.panoptic").targets()
    target = next(target for target in targets if target.name == name)
    assert try_law(target, LAWS[law], measures, target.declared, max_examples=25).outcome == "holds"
