from __future__ import annotations

import numpy as np
import pytest

from npseg import losses
from npseg.autograd import Tensor
from npseg.errors import ArgumentError, DTypeError, ShapeError

LOGITS = Tensor(np.zeros((2, 3, 4, 3), np.float32))
LABELS = np.zeros((2, 3, 4), np.int64)
ALL = [losses.cross_entropy, losses.focal, losses.soft_dice]


@pytest.mark.parametrize("loss", ALL)
def test_labels_outside_the_classes_are_counted(loss):
    labels = LABELS.copy()
    labels[0, 0, :2], labels[1, 1, 1], labels[1, 2, 2] = 3, -1, 255
    with pytest.raises(ArgumentError) as error:
        loss(LOGITS, labels)
    assert f"{loss.__name__}: labels hold -1 (1 pixels), 3 (2 pixels), but logits have 3 classes" in str(error.value)
    with pytest.raises(ArgumentError, match=r"255 \(1 pixels\)"):
        loss(LOGITS, np.where(labels == 255, 255, 0), ignore_index=None)


def test_a_long_list_of_values_is_cut():
    labels = np.arange(24).reshape(2, 3, 4)
    with pytest.raises(ArgumentError, match="and 13 more values"):
        losses.cross_entropy(LOGITS, labels)


@pytest.mark.parametrize("loss", ALL)
@pytest.mark.parametrize(
    "labels, message",
    [
        (np.zeros((2, 3, 4, 3), int), r"labels\.argmax\(-1\)"),
        (np.zeros((2, 3, 4, 1), int), "drop the last axis"),
        (np.zeros((3, 4), int), r"must have shape \(2, 3, 4\), got \(3, 4\)"),
    ],
)
def test_wrong_shapes_are_worded(loss, labels, message):
    with pytest.raises(ShapeError, match=message):
        loss(LOGITS, labels)


@pytest.mark.parametrize("loss", ALL)
def test_float_labels_are_worded(loss):
    with pytest.raises(DTypeError, match="labels have type float32"):
        loss(LOGITS, LABELS.astype(np.float32))


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.uint16, np.int32, np.int64])
def test_any_integer_type_gives_the_same_value(dtype):
    rng = np.random.default_rng(0)
    logits = Tensor(rng.standard_normal((5, 7, 2)))
    labels = rng.integers(0, 2, (5, 7))
    for loss in ALL:
        assert loss(logits, labels.astype(dtype)).item() == loss(logits, labels).item()


def test_huge_labels_are_told_apart():
    logits = Tensor(np.zeros((2, 3)))
    for wrong in (2**63, 2**64 - 1, 2**32, 255 + 2**32):
        labels = np.array([1, wrong], np.uint64)
        for ignore_index in (255, None, -1, -(2**63)):
            with pytest.raises(ArgumentError, match=rf"{wrong} \(1 pixels\)"):
                losses.cross_entropy(logits, labels, ignore_index=ignore_index)
        ignored = losses.cross_entropy(logits, labels, ignore_index=wrong)
        assert ignored.item() == pytest.approx(np.log(3))
    with pytest.raises(ArgumentError, match=r"-9223372036854775808 \(1 pixels\)"):
        losses.cross_entropy(logits, np.array([0, -(2**63)]), ignore_index=None)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: losses.cross_entropy(LOGITS, LABELS, label_smoothing=1.0), "label_smoothing is 1.0"),
        (lambda: losses.cross_entropy(LOGITS, LABELS, weight=[1.0, 2.0]), r"weight has shape \(2,\)"),
        (lambda: losses.cross_entropy(LOGITS, LABELS, weight=[1.0, -2.0, 1.0]), "not all zero"),
        (lambda: losses.cross_entropy(LOGITS, LABELS, weight=[0.0, 0.0, 0.0]), "not all zero"),
        (lambda: losses.focal(LOGITS, LABELS, gamma=-1), "gamma is -1"),
        (lambda: losses.focal(LOGITS, LABELS, alpha=[1.0, np.nan, 1.0]), "focal: weight is"),
        (lambda: losses.soft_dice(LOGITS, LABELS, smooth=-1), "smooth is -1"),
    ],
)
def test_impossible_options_are_worded(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
