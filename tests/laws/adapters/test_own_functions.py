"""A user's own function is taken for what it is said to be, or for what its name says: metric, loss or operator."""

from __future__ import annotations

import numpy as np
import pytest

from npseg.errors import ArgumentError
from npseg.laws import Unsupported, examine
from npseg.laws.adapters.own import own_target


def relu(x):
    return np.maximum(x, 0)


def relu_backward(dy, x):
    return dy * (x > 0)


def wrong_backward(dy, x):
    return dy * (x < 0)


def hinge_loss(logits, labels):
    return np.maximum(0, 1 - np.take_along_axis(logits, labels[..., None], -1)).mean()


def my_focal(logits, labels):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    chances = np.exp(shifted) / np.exp(shifted).sum(axis=-1, keepdims=True)
    p = np.take_along_axis(chances, labels[..., None], -1)
    return float((-((1 - p) ** 2) * np.log(p)).mean())


def no_gradient(dy, x):
    return None


def miou(y_true, y_pred, num_classes):
    pairs = [(y_true == label, y_pred == label) for label in range(num_classes)]
    return float(np.mean([(t & p).sum() / (t | p).sum() for t, p in pairs if (t | p).any()]))


def farthest(a, b, spacing=None):
    return 0.0


@pytest.mark.parametrize(
    "function, measures, found",
    [
        (miou, (), ["iou"]),
        (miou, ("dice",), ["dice"]),
        (relu, (), ["relu"]),
        (hinge_loss, (), ["loss"]),
        (hinge_loss, ("focal",), ["focal"]),
        (my_focal, (), ["focal"]),
        (farthest, ("hd",), ["hausdorff"]),
    ],
)
def test_what_a_function_computes(function, measures, found):
    assert list(own_target(function, measures).measures) == found


def test_the_gradient_of_an_operator_is_tried():
    assert list(own_target(relu, gradient=relu_backward).measures) == ["relu", "relu_vjp"]
    right = examine(own_target(relu, gradient=relu_backward), max_examples=10)
    wrong = examine(own_target(relu, gradient=wrong_backward), max_examples=10)
    nothing = examine(own_target(relu, gradient=no_gradient), max_examples=10)
    assert not right.failures
    assert wrong.failures
    assert "gives no gradient" in nothing.failures[0].reason


def test_a_metric_has_no_gradient():
    with pytest.raises(ArgumentError, match="a gradient belongs to a loss or an operator"):
        own_target(miou, gradient=relu_backward)
    with pytest.raises(ArgumentError, match="there is no measure 'mio'"):
        own_target(miou, ["mio"])


def hd95(a, b):
    return float(a.any() != b.any())


def compute_hd95(result, reference, voxelspacing=None):
    return float(len(voxelspacing or ()))


def boundary_iou(y_true, y_pred, dilation_ratio):
    return 1.0


def my_surface_dice(a, b, spacing=None):
    return 1.0


def test_a_distance_is_known_by_its_name():
    target = own_target(hd95)
    some, none = np.ones((2, 2), bool), np.zeros((2, 2), bool)
    assert target.measures["hd95"](some, none) == 1.0
    with pytest.raises(Unsupported, match="hd95 takes no spacing"):
        target.measures["hd95"](some, none, spacing=(1.0, 2.0))
    assert own_target(compute_hd95).measures["hd95"](some, some, spacing=(1.0, 2.0)) == 2.0


@pytest.mark.parametrize(
    "function, words",
    [
        (boundary_iou, r"dilation_ratio.*; write a wrapper .*\n\n    def boundary_iou\(a, b, spacing=None, width=1\):"),
        (my_surface_dice, r"no argument tolerance_distance; .*\n\n    def surface_dice\(a, b, spacing=None, tol"),
    ],
)
def test_the_wrapper_that_is_suggested_is_of_the_family_that_the_name_says(function, words):
    with pytest.raises(ArgumentError, match=words):
        own_target(function)
