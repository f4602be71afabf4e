"""The confusion matrix: exact counts, whatever the types and layouts, and worded refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from npseg.errors import ArgumentError, DTypeError, ShapeError
from npseg.kernels import confusion as kernel
from npseg.metrics import confusion_matrix
from npseg.reference import confusion as reference

INTEGERS = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]


def counted_by_hand(truth, prediction, num_classes, ignore_index):
    matrix = [[0] * num_classes for _ in range(num_classes)]
    for t, p in zip(np.ravel(truth).tolist(), np.ravel(prediction).tolist()):
        if t != ignore_index:
            matrix[t][p] += 1
    return matrix


@given(
    st.integers(1, 5),
    st.sampled_from([None, 255, 0]),
    hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=6),
    st.integers(0, 2**32 - 1),
)
def test_counts_equal_those_of_a_loop(num_classes, ignore_index, shape, seed):
    rng = np.random.default_rng(seed)
    truth, prediction = rng.integers(0, num_classes, (2, *shape))
    if ignore_index is not None:
        truth = np.where(rng.random(shape) < 0.3, ignore_index, truth)
    matrix = confusion_matrix(truth, prediction, num_classes=num_classes, ignore_index=ignore_index)
    assert matrix.dtype == np.int64
    assert matrix.tolist() == counted_by_hand(truth, prediction, num_classes, ignore_index)


@given(
    hnp.arrays(np.int64, st.integers(0, 40), elements=st.integers(-3, 6)),
    st.integers(1, 4),
    st.integers(-3, 6),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_kernel_equals_reference_also_outside_the_range(truth, num_classes, ignore, has_ignore, seed):
    prediction = np.random.default_rng(seed).integers(-3, 7, truth.shape)
    arguments = (truth, prediction, num_classes, np.int64(ignore), has_ignore)
    matrix, outside = kernel.confusion_matrix(*arguments)
    expected, expected_outside = reference.confusion_matrix(*arguments)
    np.testing.assert_array_equal(matrix, expected)
    assert outside == expected_outside


@pytest.mark.parametrize("num_classes", [3, 300])  # several tables, and one
@pytest.mark.parametrize("dtype", [np.int16, np.int64])
@pytest.mark.parametrize("size", [1024, 2053])  # whole pieces, and a rest
def test_kernel_equals_reference_over_many_pieces(num_classes, dtype, size):
    truth, prediction = np.random.default_rng(0).integers(-1, num_classes + 1, (2, size)).astype(dtype)
    for has_ignore in (False, True):
        arguments = (truth, prediction, num_classes, dtype(1), has_ignore)
        matrix, outside = kernel.confusion_matrix(*arguments)
        expected, expected_outside = reference.confusion_matrix(*arguments)
        np.testing.assert_array_equal(matrix, expected)
        assert outside == expected_outside


def test_labels_that_differ_in_their_upper_bits_only_are_told_apart():
    far = np.array([0, 2**32, 2**32 + 1], np.int64)
    matrix, outside = kernel.confusion_matrix(far, np.zeros(3, np.int64), 2, np.int64(0), False)
    assert matrix.tolist() == [[1, 0], [0, 0]]
    assert outside == 2


@pytest.mark.parametrize("dtype", INTEGERS)
def test_every_integer_type_counts_alike(dtype):
    truth = np.array([[0, 1, 2, 100], [2, 2, 1, 100]], dtype)
    prediction = np.array([[0, 1, 1, 0], [2, 0, 1, 2]], dtype)
    matrix = confusion_matrix(truth, prediction, num_classes=3, ignore_index=100)
    assert matrix.tolist() == [[1, 0, 0], [0, 2, 0], [1, 1, 1]]


def test_mixed_types_booleans_and_foreign_byte_order():
    truth = np.array([True, False, True])
    expected = [[1, 0], [1, 1]]
    assert confusion_matrix(truth, np.array([0, 0, 1], ">i4"), num_classes=2).tolist() == expected
    assert confusion_matrix(truth.astype(np.uint64), [0, 0, 1], num_classes=2).tolist() == expected


def test_layout_does_not_matter_and_inputs_stay_as_they_are():
    rng = np.random.default_rng(0)
    truth, prediction = rng.integers(0, 3, (2, 9, 14)).astype(np.uint8)
    before = truth.copy(), prediction.copy()
    truth.flags.writeable = prediction.flags.writeable = False
    whole = confusion_matrix(truth, prediction, num_classes=3)
    np.testing.assert_array_equal(confusion_matrix(truth.T, prediction.T, num_classes=3), whole)
    np.testing.assert_array_equal(confusion_matrix(np.asfortranarray(truth), prediction, num_classes=3), whole)
    strided = confusion_matrix(truth[:, ::2], prediction[:, ::2], num_classes=3)
    rest = confusion_matrix(truth[:, 1::2], prediction[:, 1::2], num_classes=3)
    np.testing.assert_array_equal(strided + rest, whole)
    np.testing.assert_array_equal(truth, before[0])
    np.testing.assert_array_equal(prediction, before[1])


def test_counts_stay_exact_above_the_integers_of_float32():
    numba = pytest.importorskip("numba")
    if numba.config.DISABLE_JIT:
        pytest.skip("17 million pixels take a compiled loop")
    size = 2**24 + 5
    truth = np.zeros(size, np.uint8)
    prediction = truth.copy()
    prediction[:3] = 1
    assert confusion_matrix(truth, prediction, num_classes=2).tolist() == [[size - 3, 3], [0, 0]]


class Foreign:
    """A tensor of some framework: needs detaching, then reads as an array."""

    def __init__(self, array, attached=True):
        self.array, self.attached = array, attached

    def detach(self):
        return Foreign(self.array, attached=False)

    def __array__(self, dtype=None, copy=None):
        if self.attached:
            raise RuntimeError("detach first")
        return self.array


def test_foreign_arrays_are_read():
    truth = Foreign(np.array([0, 1]))
    assert confusion_matrix(truth, Foreign(np.array([1, 1])), num_classes=2).tolist() == [[0, 1], [0, 1]]


def test_torch_tensors_are_read():
    torch = pytest.importorskip("torch")
    truth = torch.tensor([[0, 1], [1, 1]])
    assert confusion_matrix(truth, truth.to(torch.uint8), num_classes=2).tolist() == [[1, 0], [0, 3]]


def test_nothing_given_counts_nothing():
    assert confusion_matrix([], [], num_classes=2).tolist() == [[0, 0], [0, 0]]


def test_label_out_of_range_raises_with_values_and_counts():
    with pytest.raises(ArgumentError) as caught:
        confusion_matrix([0, 7, 7, 255], [0, 0, -1, 9], num_classes=2, ignore_index=255)
    message = str(caught.value)
    assert "y_true holds 7 (2 px)" in message
    assert "y_pred holds -1 (1 px)" in message
    assert "9 (1 px)" not in message  # at an ignored pixel
    assert "0 to 1" in message
    assert "255 in y_true is ignored" in message


def test_many_strange_labels_are_cut_short():
    with pytest.raises(ArgumentError, match=r"and 12 more values.*no value is ignored"):
        confusion_matrix(np.arange(1, 21), np.zeros(20, int), num_classes=1)


def test_out_of_range_may_warn_instead():
    with pytest.warns(UserWarning, match=r"7 \(1 px\).*left out"):
        matrix = confusion_matrix([0, 7, 1], [0, 0, 1], num_classes=2, out_of_range="warn")
    assert matrix.tolist() == [[1, 0], [0, 1]]
    with pytest.raises(ArgumentError, match="'raise'"):
        confusion_matrix([0], [0], num_classes=2, out_of_range="drop")


def test_huge_unsigned_labels_are_out_of_range():
    truth = np.array([0, 2**64 - 1], np.uint64)
    with pytest.raises(ArgumentError, match=str(2**64 - 1)):
        confusion_matrix(truth, [0, 0], num_classes=2, ignore_index=-1)
    matrix = confusion_matrix(truth, [0, 0], num_classes=2, ignore_index=2**64 - 1)
    assert matrix.tolist() == [[1, 0], [0, 0]]


def test_ignore_value_that_the_mask_cannot_hold_ignores_nothing():
    truth = np.array([0, 1], np.int8)
    assert confusion_matrix(truth, truth, num_classes=2, ignore_index=255).tolist() == [[1, 0], [0, 1]]


def test_scores_instead_of_labels_are_refused():
    with pytest.raises(DTypeError, match=r"y_pred has type float64 \(shape \(2,\)\).*argmax"):
        confusion_matrix([0, 1], [0.2, 0.9], num_classes=2)
    with pytest.raises(DTypeError, match="y_true has type complex128"):
        confusion_matrix(np.zeros(2, complex), [0, 1], num_classes=2)


def test_shapes_must_agree_without_broadcasting():
    with pytest.raises(ShapeError, match=r"\(2, 2\).*\(2, 1\).*resize"):
        confusion_matrix(np.zeros((2, 2), int), np.zeros((2, 1), int), num_classes=2)
    with pytest.raises(ShapeError, match="one plane per class"):
        confusion_matrix(np.zeros((2, 2), int), np.zeros((2, 2, 3), int), num_classes=3)


@pytest.mark.parametrize("num_classes", [0, -1, 2.0, True, None])
def test_number_of_classes_is_a_positive_integer(num_classes):
    with pytest.raises(ArgumentError, match="num_classes"):
        confusion_matrix([0], [0], num_classes=num_classes)


@pytest.mark.parametrize("ignore_index", [1.5, True, "255"])
def test_ignore_value_is_an_integer(ignore_index):
    with pytest.raises(ArgumentError, match="ignore_index"):
        confusion_matrix([0], [0], num_classes=1, ignore_index=ignore_index)


def test_options_are_keyword_only():
    with pytest.raises(TypeError):
        confusion_matrix([0], [0], 2)


def test_ids_of_instances_are_no_classes():
    with pytest.raises(ArgumentError, match="num_classes is 1099511627776, expected at most 16384"):
        confusion_matrix([0], [0], num_classes=2**40)
