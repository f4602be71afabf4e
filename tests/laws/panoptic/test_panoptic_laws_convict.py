"""Every law of panoptic quality finds at least one planted fault, every fault is found, and the proof stands alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

import npseg.laws.catalogue  # noqa: F401
from npseg.laws import LAWS, programme
from npseg.laws.engine import try_law
from npseg.laws.mutants import who_kills_whom
from npseg.laws.mutants.panoptic import panoptic_mutants
from npseg.laws.mutants.panoptic_counting import right_target

PANOPTIC = [law for law in LAWS.values() if law.family == "panoptic"]
MUTANTS = {mutant.name: mutant.target for mutant in panoptic_mutants()}

CONVICTED = {
    "pq-is-sq-times-rq": "sq-times-itself",
    "instance-ids-may-be-renamed": "objects-by-number",
    "abstaining-lowers": "void-predictions-leave",
    "crowds-may-be-merged": "one-crowd-to-a-class",
    "panoptic-symmetric": "half-is-a-match",
    "unseen-class-is-left-out": "unseen-is-zero",
    "panoptic-perfect-is-one": "eps-in-the-quality",
    "sq-above-half": "exactly-half-matches",
    "mean-pq-is-mean-of-classes": "pooled-over-classes",
    "matched-one-to-one": "false-alarms-are-free-per-class",
    "stuff-ids-do-not-matter": "stuff-has-objects",
    "void-of-the-truth-is-irrelevant": "void-in-the-union",
    "mostly-on-void": "wholly-void-only",
    "crowds-are-excused": "crowds-must-be-found",
    "panoptic-pixels-anywhere": "last-row-lost",
    "panoptic-classes-renumbered": "class-0-is-background",
    "panoptic-images-in-any-order": "last-image-twice",
    "panoptic-inputs-unchanged": "edits-the-prediction",
    "panoptic-duplicates-change-nothing": "three-images-at-most",
    "panoptic-between-the-parts": "ids-across-images",
    "panoptic-images-side-by-side": "images-side-by-side-averaged",
    "panoptic-wrong-image-lowers": "false-alarms-are-free-per-class",
    "nothing-seen-is-undefined": "nothing-is-an-error",
    "pq-as-defined": "a-match-from-six-tenths",
    "pq-beside-void-as-defined": "excused-by-a-pixel",
    "pq-beside-crowds-as-defined": "crowds-excuse-every-class",
    "pq-beside-void-and-crowds-as-defined": "void-and-crowd-apart",
}
"""Law to a fault that it finds soon; the whole table is made by the slow test."""


def test_every_law_finds_something():
    assert set(CONVICTED) == {law.name for law in PANOPTIC}
    assert set(CONVICTED.values()) <= set(MUTANTS)


def convicted(law, name, max_examples=150):
    target = MUTANTS[name]
    measures = LAWS[law].needs or tuple(measure for measure in LAWS[law].of if measure in target.measures)
    return target, try_law(target, LAWS[law], measures, target.declared, max_examples=max_examples)


@pytest.mark.parametrize("law, name", CONVICTED.items())
def test_the_law_finds_the_fault(law, name):
    _, trial = convicted(law, name)
    assert trial.outcome == "fails", trial


def test_what_the_mutants_are_made_of_is_right():
    for law in PANOPTIC:
        for measures in [law.needs] if law.needs else [(measure,) for measure in law.of]:
            trial = try_law(right_target(), law, measures, right_target().declared, max_examples=4)
            assert trial.outcome == "holds", trial


@pytest.mark.parametrize(
    "law, name",
    [
        ("mostly-on-void", "wholly-void-only"),
        ("pq-beside-crowds-as-defined", "excused-from-nine-tenths"),
        ("mean-pq-is-mean-of-classes", "pooled-over-classes"),
    ],
)
def test_the_proof_runs_without_npseg(law, name):
    target, trial = convicted(law, name)
    code = "import sys; sys.modules['npseg'] = sys.modules['hypothesis'] = None\n" + programme(target, trial)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == trial.reason, done.stderr


@pytest.mark.thorough
def test_the_whole_table_has_neither_survivors_nor_idle_laws():
    table = who_kills_whom(panoptic_mutants(), laws=PANOPTIC, max_examples=100)
    assert (table.survivors, table.idle) == ([], []), table.table()
