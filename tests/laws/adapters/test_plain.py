"""Targets of users' functions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from npseg.errors import ArgumentError
from npseg.laws import Unsupported, examine, programme
from npseg.laws.adapters.plain import measure_named, target_of

TRUTH = np.array([[[0, 0, 1], [1, 2, 2]], [[0, 1, 1], [2, 2, 0]]])
GUESS = np.array([[[0, 0, 1], [1, 2, 0]], [[0, 1, 2], [2, 0, 0]]])


def class_iou(truth: np.ndarray, prediction: np.ndarray, num_classes: int) -> list[float]:
    return [
        float(((truth == k) & (prediction == k)).sum() / ((truth == k) | (prediction == k)).sum())
        for k in range(num_classes)
    ]


IOU = float(np.mean(class_iou(TRUTH, GUESS, 3)))


def reversed_iou(preds, gt, n_classes):
    assert gt is not preds
    return float(np.mean(class_iou(gt, preds, n_classes)))


def precision_by_name(pred, target, K):
    return float(np.mean([(target == k)[pred == k].mean() for k in range(K)]))


def precision_positional(y_pred, y_true, num_labels, /):
    return 0.0


def iou_of_listed(y_true, y_pred, labels):
    return float(np.mean(class_iou(y_true, y_pred, len(labels))))


def iou_of_an_image(y_true, y_pred, num_classes):
    _height, _width = y_true.shape
    return float(np.mean(class_iou(y_true, y_pred, num_classes)))


def iou_of_a_row(y_true, y_pred, num_classes):
    (_pixels,) = y_true.shape
    return float(np.mean(class_iou(y_true, y_pred, num_classes)))


def iou_per_image(y_true, y_pred, num_classes):
    return np.array([np.mean(class_iou(t, p, num_classes)) for t, p in zip(y_true, y_pred, strict=True)])


def iou_each(y_true, y_pred, num_classes):
    return class_iou(y_true, y_pred, num_classes)


def accuracy_with_void(labels, preds, void_label=None):
    valid = np.ones(labels.shape, bool) if void_label is None else labels != void_label
    return float((labels == preds)[valid].mean())


def report(y_true, y_pred, num_classes):
    each = class_iou(y_true, y_pred, num_classes)
    return {"mIoU": float(np.mean(each)), "per_category_iou": each, "time": 1.0, "note": "fine"}


class Scores(NamedTuple):
    seconds: float
    pixel_acc: float


def named_scores(y_true, y_pred):
    return Scores(3.0, float((y_true == y_pred).mean()))


def iou_of_two_classes(y_true, y_pred):
    """Each class's, of images one by one or together; a third class is refused."""
    if max(y_true.max(), y_pred.max()) > 1:
        raise ValueError("masks of 0 and 1 only")
    return class_iou(y_true, y_pred, 2)


def dice_of_two_classes_by_image(y_true, y_pred):
    if max(y_true.max(), y_pred.max()) > 1:
        raise ValueError("masks of 0 and 1 only")
    each = np.array([class_iou(t, p, 2) for t, p in zip(y_true, y_pred, strict=True)])
    return (2 * each / (1 + each)).mean(axis=1)


@pytest.mark.parametrize(
    "function, measure",
    [
        (reversed_iou, "iou"),
        (precision_by_name, "precision"),
        (iou_of_listed, "iou"),
        (iou_of_a_row, "iou"),
    ],
)
def test_arguments_are_passed_by_what_their_names_mean(function, measure) -> None:
    value = float(target_of(function).measures[measure](TRUTH, GUESS, 3))
    expected = IOU if measure == "iou" else precision_by_name(GUESS, TRUTH, 3)
    assert value == pytest.approx(expected)


def test_images_are_scored_one_by_one_where_that_is_what_the_function_takes() -> None:
    each = [np.mean(class_iou(t, p, 3)) for t, p in zip(TRUTH, GUESS, strict=True)]
    for function in (iou_of_an_image, iou_per_image):
        target = target_of(function)
        assert float(target.measures["iou"](TRUTH, GUESS, 3)) == pytest.approx(np.mean(each))


def test_functions_of_exactly_two_classes_are_understood() -> None:
    target = target_of(iou_of_two_classes)
    assert list(target.measures) == ["iou_per_class"]
    assert "more than 2 are an error" in target.notes[0]
    with pytest.raises(Unsupported, match="takes 2 at most"):
        target.measures["iou_per_class"](TRUTH, GUESS, 3)
    target = target_of(dice_of_two_classes_by_image)
    assert list(target.measures) == ["dice"]
    half = np.array([[[0, 0, 1, 1]], [[0, 1, 1, 1]]])
    assert float(target.measures["dice"](half, half, 2)) == 1


def test_a_number_for_each_class_is_a_measure_of_its_own() -> None:
    target = target_of(iou_each)
    assert list(target.measures) == ["iou_per_class"]
    assert list(target.measures["iou_per_class"](TRUTH, GUESS, 3)) == pytest.approx(class_iou(TRUTH, GUESS, 3))


def test_every_measure_of_a_dictionary_is_found() -> None:
    target = target_of(report)
    assert set(target.measures) == {"iou", "iou_per_class"}
    assert target_of(report, ["miou"]).measures.keys() == {"iou"}
    assert target.measures["iou"](TRUTH, GUESS, 3) == pytest.approx(IOU)


def test_fields_of_a_named_tuple_are_measures() -> None:
    target = target_of(named_scores)
    assert list(target.measures) == ["pixel_accuracy"]
    assert target.measures["pixel_accuracy"](TRUTH, GUESS, 3) == (TRUTH == GUESS).mean()


def test_the_ignore_value_is_passed_on_or_unsupported() -> None:
    accuracy = target_of(accuracy_with_void).measures["pixel_accuracy"]
    truth = TRUTH.copy()
    truth[TRUTH != GUESS] = 255
    assert accuracy(truth, GUESS, 3, 255) == 1
    with pytest.raises(Unsupported, match="reversed_iou has no ignore value"):
        target_of(reversed_iou).measures["iou"](TRUTH, GUESS, 3, 255)


def test_tensors_are_given_to_who_wants_them() -> None:
    torch = pytest.importorskip("torch")

    def pixel_accuracy(preds, target):
        if not isinstance(preds, torch.Tensor):
            raise TypeError("tensors, please")
        return (preds == target).float().mean()

    target = target_of(pixel_accuracy)
    assert target.tolerance == 1e-5
    assert float(target.measures["pixel_accuracy"](TRUTH, GUESS, 3)) == pytest.approx((TRUTH == GUESS).mean())


def iou(a, b, num_classes):
    return 0.0


def needs_more(y_true, y_pred, weights):
    return 0.0


def quality(y_true, y_pred):
    return 0.0


def iou_and_more(y_true, y_pred):
    return 0.0, 1.0


def iou_of_volumes(y_true, y_pred):
    raise ValueError("five axes, please")


def iou_as_text(y_true, y_pred):
    return "0.5"


class IoU:
    pass


@pytest.mark.parametrize(
    "subject, words",
    [
        (iou, "cannot tell which argument is the truth"),
        (needs_more, "needs weights, and what that means is unknown"),
        (precision_positional, "needs num_labels|positional|forms"),
        (quality, "what does .*quality measure"),
        (iou_and_more, "returns a tuple of 2"),
        (iou_of_volumes, "five axes, please"),
        (iou_as_text, "which is no iou"),
        (IoU, "is a class"),
        (lambda y_true, y_pred: 0.0, "has no name"),
        (3, "a function or 'module:name' was expected"),
        ("metrics", "expected a target written module:callable"),
        ("no_such_module_at_all:iou", "there is no module 'no_such_module_at_all'"),
        ("npseg.metrics:iou_scor", "did you mean 'iou_score'"),
        ("npseg:__version__", "is str, which cannot be called"),
    ],
)
def test_what_does_not_fit_is_told(subject, words: str) -> None:
    with pytest.raises(ArgumentError, match=words) as caught:
        target_of(subject)
    assert str(caught.value).startswith("laws:")


def test_measures_are_read_from_names() -> None:
    for text, name in (
        ("mean_iou", "iou"), ("mIoU", "iou"), ("jaccard_index", "iou"), ("IoU.per_class", "iou_per_class"),
        ("f1_score", "dice"), ("pixel_acc", "pixel_accuracy"), ("overall_accuracy", "pixel_accuracy"),
        ("mean_accuracy", "recall"), ("cohen_kappa_score", "kappa"), ("fwiou", "frequency_weighted_iou"),
        ("confusion_matrix", "confusion"), ("evaluate", None),
    ):  # fmt: skip
        assert measure_named(text) == name, text


MODULE = """
import numpy as np

HALF = 0.5


def smoothed(a, b):
    return (a + HALF) / (b + HALF)


def mean_dice(pred, gt, num_classes):
    return {"dice": np.mean([smoothed(2 * ((pred == k) & (gt == k)).sum(), (pred == k).sum() + (gt == k).sum())
                             for k in range(num_classes)])}
"""


def test_a_counterexample_of_a_users_function_runs_without_npseg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "users_metrics.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "users_metrics", raising=False)
    target = target_of("users_metrics:mean_dice")
    verdict = examine(target, max_examples=30)
    trial = next(trial for trial in verdict.failures if trial.law.name.startswith("all-wrong"))
    text = programme(target, trial)
    assert "from users_metrics import mean_dice" in text
    assert "npseg" not in text
    run = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, cwd=tmp_path, env={})
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == trial.reason


def test_the_text_of_a_local_function_is_printed() -> None:
    def mean_iou(y_true, y_pred, num_classes):
        return 0.5

    target = target_of(mean_iou)
    verdict = examine(target, max_examples=5)
    text = programme(target, verdict.failures[0])
    assert "def mean_iou(y_true, y_pred, num_classes):\n    return 0.5" in text
    run = subprocess.run([sys.executable, "-I", "-c", text], capture_output=True, text=True)
    assert run.stdout.strip() == verdict.failures[0].reason


def iou_of_any_names(y_true, y_pred, **kwargs):
    return float(np.mean(class_iou(y_true, y_pred, kwargs["num_classes"])))


def accuracy_of_any_names(y_true, y_pred, **kwargs):
    kept = y_true != kwargs.get("ignore_index", -1)
    return float((y_true == y_pred)[kept].mean())


def accuracy_handed_on(y_true, y_pred, **kwargs):
    def inner(y_true, y_pred):
        return float((y_true == y_pred).mean())

    return inner(y_true, y_pred, **kwargs)


def test_a_function_of_any_names_is_given_those_of_laws() -> None:
    assert target_of(iou_of_any_names).measures["iou"](TRUTH, GUESS, 3) == pytest.approx(IOU)
    ignoring = target_of(accuracy_of_any_names).measures["pixel_accuracy"](TRUTH, GUESS, 3, ignore_index=2)
    assert ignoring == (TRUTH == GUESS)[TRUTH != 2].mean()
    handed_on = target_of(accuracy_handed_on).measures["pixel_accuracy"]
    assert handed_on(TRUTH, GUESS, 3) == (TRUTH == GUESS).mean()
    with pytest.raises(Unsupported):
        handed_on(TRUTH, GUESS, 3, ignore_index=2)


def miou_of_four(y_true, y_pred):
    counts = np.zeros((4, 4))
    np.add.at(counts, (y_true.ravel(), y_pred.ravel()), 1)
    right, union = np.diag(counts), counts.sum(0) + counts.sum(1) - np.diag(counts)
    return float((right[union > 0] / union[union > 0]).mean())


def test_a_function_with_a_fixed_number_of_classes_is_given_no_more() -> None:
    target = target_of(miou_of_four)
    with pytest.raises(Unsupported, match="asks for no number of classes, and takes 4 at most"):
        target.measures["iou"](TRUTH, GUESS, 5)
    assert not any("IndexError" in trial.reason for trial in examine(target, max_examples=20).failures)
    number = target_of(accuracy_handed_on).measures["pixel_accuracy"](TRUTH, GUESS, 200)
    assert number == (TRUTH == GUESS).mean()
