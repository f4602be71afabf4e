"""A user's own function is taken for what it is said to be, or for what its name says: metric, loss or operator."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.distance import directed_hausdorff

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


def my_resize_nearest(x, size):
    return x


def ce_of_rows(logits, labels):
    return 0.0


def iou_after_softmax(y_true, y_pred, num_classes):
    return miou(y_true, y_pred, num_classes)


def miou_that_ignores_255(y_true, y_pred, num_classes, ignore_index=255):
    kept = y_true != ignore_index
    t, p = y_true[kept], y_pred[kept]
    if t.size and not (min(t.min(), p.min()) >= 0 and max(t.max(), p.max()) < num_classes):
        raise ValueError("a label that no class has")
    sides = [(t == label, p == label) for label in range(num_classes)]
    found = [(a & b).sum() / (a | b).sum() for a, b in sides if (a | b).any()]
    return float(np.mean(found)) if found else float("nan")


def hausdorff_of_planes(a, b):
    if a.ndim != 2:
        raise ValueError("2-D masks only")
    if not a.any() or not b.any():
        return 0.0 if a.any() == b.any() else float("inf")
    edges = [np.argwhere(m & ~ndimage.binary_erosion(m)) for m in (a, b)]
    return max(directed_hausdorff(*edges)[0], directed_hausdorff(*edges[::-1])[0])


def hausdorff_of_anything(a, b):
    return hausdorff_of_planes(a, b) if a.ndim == 2 else 0.0


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
        (my_resize_nearest, (), ["resize"]),
        (ce_of_rows, (), ["cross_entropy"]),
        (iou_after_softmax, (), ["iou"]),
    ],
)
def test_what_a_function_computes(function, measures, found):
    assert list(own_target(function, measures).measures) == found


def test_the_label_that_a_function_ignores_by_default_is_no_class_that_does_not_exist():
    target = own_target(miou_that_ignores_255)
    assert target.ignored_by_default == 255
    assert [(one.law.name, one.reason) for one in examine(target, max_examples=60).failures] == []


@pytest.mark.parametrize("declared", [{}, {"dimension": "2d"}])
def test_a_distance_of_planes_is_not_asked_about_volumes(declared):
    verdict = examine(own_target(hausdorff_of_planes, ["hausdorff"], declared=declared), max_examples=15)
    assert verdict.conventions["hausdorff"]["dimension"] == "2d"
    assert [(one.law.name, one.reason) for one in verdict.failures] == []
    assert sum(one.outcome == "holds" for one in verdict.trials) > 10


def test_a_distance_that_takes_volumes_and_says_that_it_does_not_is_found():
    target = own_target(hausdorff_of_anything, ["hausdorff"], declared={"dimension": "2d"})
    assert [one.law.name for one in examine(target, max_examples=5).failures] == ["as-documented-dimension"]


def test_a_tensor_that_no_array_can_hold_is_refused_in_words():
    class Held:
        def __array__(self, *args, **options):
            raise RuntimeError("can't convert a tensor on another device")

    def miou_on_a_device(y_true, y_pred, num_classes):
        return Held()

    with pytest.raises(ArgumentError, match=r"(?s)answers to no form of label maps.*RuntimeError: can't convert"):
        own_target(miou_on_a_device)


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
