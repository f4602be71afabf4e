"""Overlap adapters: they pass on what they are given, and laws that name no library find the libraries' known faults.

The figures are those of the pinned versions (`LIBRARIES`); a library of another version is skipped.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys

import numpy as np
import pytest

import npseg.laws.catalogue  # noqa: F401 - the laws enter the register when their files are read
from npseg.laws import LAWS, Target, adapters, examine, programme
from npseg.laws.adapters import LIBRARIES
from npseg.laws.engine import Trial

# Truth and prediction of two images, in which every class occurs on both sides, no two scores are alike.
TRUTH = np.array([[[0, 0, 0, 1], [1, 1, 2, 2]], [[0, 1, 1, 1], [2, 2, 2, 2]]])
GUESS = np.array([[[0, 0, 1, 1], [1, 2, 2, 2]], [[0, 0, 1, 2], [2, 2, 2, 1]]])
PEERS = ("torchmetrics", "monai", "smp", "sklearn", "mmsegmentation", "medpy", "miseval", "seg_metrics")


@functools.cache
def targets_of(name: str) -> dict[str, Target]:
    """The overlap targets of a library, by their names without the library's; skips if it is not there."""
    library = LIBRARIES[name]
    if not library.is_installed:
        pytest.skip(f"{name} is not installed")
    if library.installed_version not in (library.version, None):
        pytest.skip(f"{name} is {library.installed_version}, not {library.version}")
    return {target.name.partition(" ")[2]: target for target in adapters.targets(name, ("overlap",))}


def by_definition(name: str, truth: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """The score of each class, written down from its definition."""
    both, right, guessed = (
        np.array([sides(k).sum() for k in range(3)], float)
        for sides in (lambda k: (truth == k) & (guess == k), lambda k: truth == k, lambda k: guess == k)
    )
    return {
        "iou": both / (right + guessed - both),
        "dice": 2 * both / (right + guessed),
        "precision": both / guessed,
        "recall": both / right,
    }[name]


@pytest.mark.parametrize("library", PEERS)
def test_scores_are_the_librarys_of_that_truth_and_that_prediction(library: str) -> None:
    heard = 0
    for title, target in targets_of(library).items():
        if "class_weights" in title or "masks of one channel" in title:  # shown to be wrong below
            continue
        for measure, score in target.measures.items():
            name = measure.removesuffix("_per_class")
            if name not in ("iou", "dice", "precision", "recall"):
                continue
            pooled = by_definition(name, TRUTH, GUESS)
            of_images = np.array([by_definition(name, t, g) for t, g in zip(TRUTH, GUESS, strict=True)])
            answers = [pooled, of_images.mean(0)]
            answers = answers if measure != name else [answer.mean() for answer in answers]
            value = np.asarray(score(TRUTH, GUESS, 3), float)
            assert any(np.allclose(value, answer, rtol=1e-5) for answer in answers), (title, measure, value, answers)
            heard += 1
    assert heard >= 2


@pytest.mark.parametrize("library", PEERS)
def test_accuracy_and_counts_are_those_of_all_pixels(library: str) -> None:
    expected = np.zeros((3, 3))
    np.add.at(expected, (TRUTH.ravel(), GUESS.ravel()), 1)
    for title, target in targets_of(library).items():
        if "confusion" in target.measures and library != "mmsegmentation":
            assert (np.asarray(target.measures["confusion"](TRUTH, GUESS, 3)) == expected).all()
        if "class_counts" in target.measures:
            hits, guessed, right = np.diag(expected), expected.sum(0), expected.sum(1)
            counts = [hits, guessed - hits, right - hits, expected.sum() - guessed - right + hits]
            assert (np.asarray(target.measures["class_counts"](TRUTH, GUESS, 3)) == counts).all()
        if "pixel_accuracy" in target.measures and "micro" not in title:
            assert float(target.measures["pixel_accuracy"](TRUTH, GUESS, 3)) == pytest.approx((TRUTH == GUESS).mean())


def broken(library: str, title: str, law: str, measure: str) -> tuple[Target, Trial]:
    """The trial of one law, which must fail."""
    target = targets_of(library)[title]
    verdict = examine(target, laws=[LAWS[law]] if law in LAWS else [], max_examples=200)
    trials = [trial for trial in verdict.failures if trial.law.name == law and trial.measure == measure]
    assert trials, [(trial.law.name, trial.measure, trial.outcome, trial.reason) for trial in verdict.trials]
    return target, trials[0]


FAULTS = [
    # F1
    ("torchmetrics", "segmentation.MeanIoU and DiceScore of float masks of one channel",
     "all-wrong-with-every-class-is-zero", "iou_per_class"),
    # F3
    ("torchmetrics", "functional.segmentation.mean_iou, averaged over images, and MeanIoU",
     "accumulator-agrees-with-function", "iou"),
    # F5
    ("torchmetrics", "segmentation.GeneralizedDiceScore", "images-in-any-order", "generalized_dice"),
    # F6
    ("torchmetrics", "classification", "mean-dice-around-mean-iou", "iou and dice"),
    # F8
    ("monai", "MeanIoU, ignore_empty", "as-documented-absent", "iou_per_class"),
    # F14
    ("smp", "reduction=micro", "accuracy-is-share-of-right-pixels", "pixel_accuracy"),
    # F15
    ("smp", "reduction=macro, class_weights=[1/K, ...]", "perfect-with-every-class-is-one", "iou"),
    # F16
    ("smp", "reduction=micro", "counts-of-classes-are-exact", "class_counts"),
    # F17
    ("smp", "reduction=micro", "many-pixels-in-class-counts", "class_counts"),
    ("mmsegmentation", "IoUMetric mIoU, mDice", "many-pixels-in-confusion", "confusion"),
    # F21
    ("mmsegmentation", "IoUMetric mFscore", "correcting-a-pixel", "dice"),
    # F25, which gives NaN instead of 0 with NumPy 2
    ("medpy", "dc, jc, precision and recall", "dice-from-iou", "iou_per_class and dice_per_class"),
    # F28
    ("miseval", "evaluate", "dice-from-iou", "iou_per_class and dice_per_class"),
]  # fmt: skip


@pytest.mark.parametrize("library, title, law, measure", FAULTS, ids=[f"{f[0]}-{f[2]}" for f in FAULTS])
def test_a_known_fault_is_found_and_reproduced_without_npseg(library: str, title: str, law: str, measure: str) -> None:
    target, trial = broken(library, title, law, measure)
    text = programme(target, trial)
    assert "npseg" not in text
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    run = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", text], capture_output=True, text=True, env=environment
    )
    assert run.returncode == 0 or trial.reason.startswith("raises"), run.stderr
    assert trial.reason in run.stdout.replace("\n", " ") or trial.reason.startswith("raises"), run.stdout
