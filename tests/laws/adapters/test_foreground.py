"""Functions that score the foreground alone are asked so that laws of all classes hold for them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from npseg.laws import LAWS, examine, programme
from npseg.laws.adapters.foreground import FOREGROUND_NOTE, MASKS_NOTE, MAYBE_MASKS_NOTE
from npseg.laws.adapters.own import own_target


def dice_of_masks(mask_true, mask_pred):
    either = mask_true.sum() + mask_pred.sum()
    return 2 * (mask_true & mask_pred).sum() / either if either else 1.0


def dice_coef(y_true, y_pred, smooth=1e-6):
    """Of arrays of 0 and 1, flattened, as it stands in many a notebook."""
    t, p = y_true.reshape(-1), y_pred.reshape(-1)
    return (2 * (t * p).sum() + smooth) / (t.sum() + p.sum() + smooth)


def dice_smoothed_by_one(y_true, y_pred, smooth=1):
    return (2 * (y_true * y_pred).sum() + smooth) / (y_true.sum() + y_pred.sum() + smooth)


def dice_by_addition(gt, pred):
    either = np.sum(gt + pred)  # which of two Booleans is "or"
    return 2 * np.sum(gt * pred) / either if either else 1.0


def dice_by_subtraction(gt, pred):
    wrong = np.sum((pred - gt) == 1) + np.sum((gt - pred) == 1)  # which Booleans refuse
    both = 2 * np.sum(gt * pred)
    return both / (both + wrong) if both + wrong else 1.0


def dice_of_255(gt, pred):
    either = (gt == 255).sum() + (pred == 255).sum()
    return 2 * ((gt == 255) & (pred == 255)).sum() / either if either else 1.0


def dice_of_each_image(y_true, y_pred):
    either = y_true.sum(axis=(1, 2)) + y_pred.sum(axis=(1, 2))
    return np.where(either > 0, 2 * (y_true * y_pred).sum(axis=(1, 2)) / np.maximum(either, 1), 1.0)


def scores(mask_true, mask_pred):
    both, either = (mask_true & mask_pred).sum(), (mask_true | mask_pred).sum()
    return {"dice": 2 * both / (both + either) if either else 1.0, "iou": both / either if either else 1.0}


def mean_iou_of_the_last(y_true, y_pred):
    """Of masks it is right, and of several classes it forgets all but one."""
    last = max([0, *np.union1d(y_true, y_pred)])
    return ((y_true == last) & (y_pred == last)).sum() / ((y_true == last) | (y_pred == last)).sum() if last else np.nan


def iou_of_the_last(y_true, y_pred):
    """The same, and its name does not say that it is a mean."""
    return mean_iou_of_the_last(y_true, y_pred)


def iou_of_masks_that_forgets_to_ignore(y_true, y_pred, ignore_index=255):
    return (y_true & y_pred).sum() / max((y_true | y_pred).sum(), 1)


def iou_of_an_image(mask, pred_mask):
    assert mask.ndim == 2
    either = (mask | pred_mask).sum()
    return (mask & pred_mask).sum() / either if either else float("nan")


def recall_of_masks(gt_mask, pred_mask):
    return (gt_mask & pred_mask).sum() / gt_mask.sum() if gt_mask.any() else 0.0 if pred_mask.any() else float("nan")


def dice_that_forgets_a_pixel(mask_true, mask_pred):
    both = max((mask_true & mask_pred).sum() - 1, 0) if mask_true.sum() == 3 else (mask_true & mask_pred).sum()
    either = mask_true.sum() + mask_pred.sum()
    return 2 * both / either if either else 1.0


def mean_of_foreground(y_true, y_pred, num_classes, ignore_index=None):
    kept = np.ones(y_true.shape, bool) if ignore_index is None else y_true != ignore_index
    t, p = y_true[kept], y_pred[kept]
    sides = [(t == label, p == label) for label in range(1, num_classes)]
    found = [(a & b).sum() / (a | b).sum() for a, b in sides if (a | b).any()]
    return float(np.mean(found)) if found else float("nan")


def mean_of_foreground_that_ignores_the_prediction(y_true, y_pred, num_classes, ignore_index=None):
    kept = np.ones(y_true.shape, bool) if ignore_index is None else y_pred != ignore_index
    return mean_of_foreground(y_true[kept], y_pred[kept], num_classes)


def mean_of_all(y_true, y_pred, num_classes):
    sides = [(y_true == label, y_pred == label) for label in range(num_classes)]
    return float(np.mean([(a & b).sum() / (a | b).sum() for a, b in sides if (a | b).any()]))


def mean_of_what_is_there(gt, pred):
    """Asks for no number of classes, and is yet no function of masks."""
    return float(
        np.mean([((gt == k) & (pred == k)).sum() / ((gt == k) | (pred == k)).sum() for k in np.union1d(gt, pred)])
    )


@pytest.mark.parametrize(
    "function, metric, measures",
    [
        (dice_of_masks, (), ["dice_per_class"]),
        (dice_coef, (), ["dice_per_class"]),
        (dice_by_addition, (), ["dice_per_class"]),
        (dice_by_subtraction, ("binary_dice",), ["dice_per_class"]),
        (dice_of_255, (), ["dice_per_class"]),
        (dice_of_each_image, (), ["dice_per_class"]),
        (scores, (), ["dice_per_class", "iou_per_class"]),
        (iou_of_an_image, (), ["iou_per_class"]),
        (recall_of_masks, ("recall",), ["recall_per_class"]),
    ],
)
def test_a_right_score_of_masks_keeps_the_laws(function, metric, measures):
    target = own_target(function, metric)
    assert (list(target.measures), target.notes) == (measures, (MASKS_NOTE,))
    verdict = examine(target, max_examples=25)
    assert [(one.law.name, one.reason) for one in verdict.failures] == []
    assert sum(one.outcome == "holds" for one in verdict.trials) > 10


def test_a_wrong_score_of_masks_is_found_and_the_proof_stands_alone():
    target = own_target(dice_that_forgets_a_pixel)
    trial = next(one for one in examine(target, max_examples=100).failures)
    run = subprocess.run([sys.executable, "-c", programme(target, trial)], capture_output=True, text=True, check=True)
    assert trial.reason[:30] in run.stdout


def test_a_mean_without_background_keeps_the_laws():
    target = own_target(mean_of_foreground, ["iou"])
    assert (list(target.measures), target.notes) == (["iou"], (FOREGROUND_NOTE,))
    # Class 0 of the laws is class 1 of the function: half of it is found.
    assert target.measures["iou"](np.array([[[0, 0, 1]]]), np.array([[[0, 1, 1]]]), 2) == 0.5
    assert target.measures["iou"](np.array([[[0, 255]]]), np.array([[[0, 1]]]), 2, ignore_index=255) == 1
    assert [(one.law.name, one.reason) for one in examine(target, max_examples=25).failures] == []
    wrong = own_target(mean_of_foreground_that_ignores_the_prediction, ["iou"])
    broken = {one.law.name for one in examine(wrong, laws=[LAWS["prediction-at-ignored-pixels"]]).failures}
    assert broken == {"prediction-at-ignored-pixels"}


def test_what_is_added_to_the_sums_of_masks_is_a_fault_that_masks_show():
    target = own_target(dice_smoothed_by_one)
    assert target.notes == (MASKS_NOTE,)
    assert {one.law.name for one in examine(target, max_examples=25).failures} >= {"class-scores-as-defined"}


def test_a_metric_of_several_classes_is_not_taken_for_one_of_masks():
    for function in (mean_iou_of_the_last, iou_of_the_last):
        target = own_target(function)
        assert (list(target.measures), target.notes) == (["iou"], (MAYBE_MASKS_NOTE,))
        assert {"perfect-is-one", "mean-scores-as-defined"} <= {
            one.law.name for one in examine(target, max_examples=40).failures
        }
    target = own_target(iou_of_masks_that_forgets_to_ignore)
    assert {"ignoring-is-deleting"} <= {one.law.name for one in examine(target, max_examples=40).failures}


def test_laws_of_the_very_arrays_say_nothing_where_others_are_given():
    laws = ("inputs-stay", "type-and-strides-of-labels", "labels-as-floats")
    for function, metric in ((dice_of_masks, []), (mean_of_foreground, ["iou"])):
        trials = examine(own_target(function, metric), max_examples=5).trials
        about = {one.law.name: one.outcome for one in trials if one.law.of_the_arrays}
        assert about == dict.fromkeys(laws, "does not apply")


@pytest.mark.parametrize("function", [mean_of_all, mean_of_what_is_there])
def test_a_mean_over_all_classes_is_called_as_it_is(function):
    target = own_target(function, ["iou"])
    assert not {MASKS_NOTE, FOREGROUND_NOTE} & set(target.notes)
    assert list(target.measures) == ["iou"]
