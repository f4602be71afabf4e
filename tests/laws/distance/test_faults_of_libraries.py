"""Faults of published libraries, found by laws and strategies that name none, and shown without npseg."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

import npseg.laws.catalogue  # noqa: F401 - the laws enter the register when their files are read
from npseg.laws import LAWS, examine, programme
from npseg.laws.adapters.boundary_iou_api import distance as boundary_iou_api
from npseg.laws.adapters.medpy import distance as medpy
from npseg.laws.adapters.miseval import distance as miseval
from npseg.laws.adapters.monai import distance as monai
from npseg.laws.adapters.seg_metrics import distance as seg_metrics
from npseg.laws.adapters.surface_distance import distance as surface_distance
from npseg.laws.adapters.torchmetrics import distance as torchmetrics

pytestmark = pytest.mark.slow  # libraries of a hundred times our running time, and PyTorch to import

FAULTS = [
    # An image that is not square is read with rows and columns mixed up, or raises.
    ("F4", torchmetrics, "torchmetrics", "hausdorff", "equals-point-set-distance"),
    ("F4", torchmetrics, "torchmetrics", "hausdorff", "axes-swapped"),
    ("F4", torchmetrics, "torchmetrics", "hausdorff", "equal-masks-are-at-distance-0"),
    # One side empty is NaN, which the library's own mean leaves out.
    ("F9", monai, "monai", "hd95", "one-empty-is-furthest"),
    ("F9", monai, "monai", "hd95_mean", "missing-an-object-never-improves-the-mean"),
    ("F10", monai, "monai", "hausdorff_percentile", "percentile-nondecreasing"),
    ("F10", monai, "monai", "hausdorff_percentile", "percentile-0-is-the-minimum"),
    # np.Inf is no more since NumPy 2.
    ("F26", surface_distance, "surface_distance", "hausdorff", "both-empty-agree"),
    ("F27", seg_metrics, "seg_metrics", "hausdorff", "one-empty-is-furthest"),
    ("F27", seg_metrics, "seg_metrics", "hd95", "one-empty-is-furthest"),
    ("F29", boundary_iou_api, "numpy", "boundary_iou", "background-padding"),
    # Not in the list. A mask without background has a distance of 1.8e19.
    ("full mask", seg_metrics, "seg_metrics", "hausdorff", "scales-with-spacing"),
    # Rows of the mask are taken for points.
    ("rows", miseval, "miseval", "hausdorff", "axes-swapped"),
    # Missed objects raise, and the documentation does not say so.
    ("raises", medpy, "medpy", "hd95", "one-empty-is-furthest"),
]


@pytest.mark.parametrize(
    "adapter, module, measure, law", [fault[1:] for fault in FAULTS], ids=[f"{f[0]} {f[2]} {f[4]}" for f in FAULTS]
)
def test_the_fault_is_found_and_reproduced(monkeypatch, adapter, module, measure, law):
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    if module != "torchmetrics":
        monkeypatch.delattr(
            np, "Inf", raising=False
        )  # importing torchmetrics sets it, for every library in the process
    target = next(target for target in adapter.targets() if measure in target.measures)
    trials = examine(target, laws=[LAWS[law]], max_examples=100).failures
    trial = next(trial for trial in trials if trial.law.name == law and trial.measure == measure)
    code = programme(target, trial)
    assert "import npseg" not in code
    assert "from npseg" not in code
    done = subprocess.run([sys.executable, "-I", "-W", "ignore", "-c", code], capture_output=True, text=True)
    if trial.reason.startswith("raises "):
        assert trial.reason.removeprefix("raises ") in done.stderr
    else:
        assert done.stdout.strip() == trial.reason


# What is right in them: a law that fails here has found something new, or is wrong.
HOLD = [
    (medpy, "medpy", "equals-point-set-distance"),
    (medpy, "medpy", "equals-95th-percentile-of-point-sets"),
    (medpy, "medpy", "equals-mean-of-point-sets"),
    (medpy, "medpy", "frame-padding"),
    (monai, "monai", "equals-share-of-point-sets"),
    (monai, "monai", "triangle-inequality"),
    (surface_distance, "surface_distance", "equals-point-set-distance"),
    (surface_distance, "surface_distance", "equals-share-of-point-sets"),
]


@pytest.mark.parametrize("adapter, module, law", HOLD, ids=[f"{h[1]} {h[2]}" for h in HOLD])
def test_what_is_right_is_found_right(adapter, module, law):
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    for target in adapter.targets():
        trials = examine(target, laws=[LAWS[law]], max_examples=15).trials
        assert [t.reason for t in trials if t.law is LAWS[law] and t.outcome == "fails"] == []
