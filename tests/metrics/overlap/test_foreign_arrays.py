"""Arrays of other frameworks come in through DLPack or `__array__`; what cannot be read is refused in words."""

from __future__ import annotations

import numpy as np
import pytest

from npseg.arrays import as_numpy
from npseg.errors import DTypeError
from npseg.metrics import SegmentationMetrics, confusion_matrix, iou_score, multilabel_score

TRUTH = np.array([[0, 1], [1, 1]])
PREDICTION = np.array([[0, 0], [1, 1]])
EXPECTED = [[1, 0], [1, 2]]
CPU, CUDA, CUDA_HOST, METAL, ROCM = (1, 0), (2, 0), (3, 0), (8, 0), (10, 0)


class Exporter:
    """An array that offers DLPack and nothing else, as older CuPy and many others do."""

    def __init__(self, array, device=CPU):
        self._array, self._device = array, device

    def __dlpack__(self, **options):
        assert self._device == CPU, "never asked for memory that cannot be read"
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._device


class OldExporter(Exporter):
    """One from before DLPack 1.0, whose `__dlpack__` takes a stream alone."""

    def __dlpack__(self, stream=None):
        return self._array.__dlpack__()


class LikeJax(Exporter):
    """DLPack, and an `__array__` that gives memory which is not to be written."""

    def __array__(self, dtype=None, copy=None):
        array = self._array.view()
        array.flags.writeable = False
        return array


class LikeCupy(Exporter):
    """On a GPU; `__array__` exists in order to refuse."""

    def __init__(self, array):
        super().__init__(array, CUDA)

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")


class LikeTensorFlow:
    """Without DLPack methods, but with `__array__`."""

    def __init__(self, array):
        self._array = array

    def __array__(self, dtype=None, copy=None):
        return self._array.astype(dtype) if dtype is not None else self._array


class WithoutMemory:
    """A tensor that stands for a shape only, as on PyTorch's meta device."""

    def __dlpack_device__(self):
        raise ValueError("Unknown device type meta for Dlpack")

    def __dlpack__(self, **options):
        raise AssertionError("asked for memory")


class StrangeType(Exporter):
    """Holds numbers of a type that NumPy has none of."""

    def __dlpack__(self, **options):
        raise BufferError("Unsupported dtype bfloat16")


@pytest.mark.parametrize("wrap", [Exporter, OldExporter, LikeJax, LikeTensorFlow])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.int64])
def test_arrays_of_frameworks_that_are_absent_are_read(wrap, dtype):
    truth, prediction = wrap(TRUTH.astype(dtype)), wrap(PREDICTION.astype(dtype))
    assert confusion_matrix(truth, prediction, num_classes=2).tolist() == EXPECTED
    assert iou_score(truth, PREDICTION, num_classes=2, average=None) == pytest.approx([1 / 2, 2 / 3])
    metrics = SegmentationMetrics(2)
    metrics.update(truth, prediction)
    assert metrics.confusion.tolist() == EXPECTED


@pytest.mark.parametrize("wrap", [Exporter, LikeJax, LikeTensorFlow])
def test_planes_and_masks_of_frameworks_are_read(wrap):
    truth, prediction = (np.stack([m == 0, m == 1], -1)[None] for m in (TRUTH, PREDICTION))
    ignore = np.array([[[False, True], [False, False]]])
    score = multilabel_score(wrap(truth), wrap(prediction.astype(np.uint8)), ignore=wrap(ignore))
    assert score == multilabel_score(truth, prediction, ignore=ignore) == 1


def test_host_memory_of_a_gpu_framework_is_host_memory():
    pinned = LikeJax(TRUTH, CUDA_HOST)
    assert confusion_matrix(pinned, PREDICTION, num_classes=2).tolist() == EXPECTED


@pytest.mark.parametrize("device", [CUDA, METAL, ROCM])
@pytest.mark.parametrize("side", ["y_true", "y_pred"])
def test_other_devices_are_refused_in_words_before_any_copy(device, side):
    there = Exporter(TRUTH, device)
    pair = (there, PREDICTION) if side == "y_true" else (TRUTH, there)
    with pytest.raises(DTypeError, match=rf"{side} of type Exporter lives on another device.*{device[0]}.*x\.cpu\(\)"):
        confusion_matrix(*pair, num_classes=2)


def test_refusals_of_frameworks_are_worded():
    with pytest.raises(DTypeError, match="LikeCupy lives on another device"):
        confusion_matrix(LikeCupy(TRUTH), PREDICTION, num_classes=2)
    with pytest.raises(DTypeError, match=r"y_pred of type WithoutMemory cannot be read.*device type meta"):
        confusion_matrix(TRUTH, WithoutMemory(), num_classes=2)
    with pytest.raises(DTypeError, match=r"y_true of type StrangeType cannot be read.*bfloat16"):
        confusion_matrix(StrangeType(TRUTH), PREDICTION, num_classes=2)
    with pytest.raises(DTypeError, match=r"y_true.*ragged or not numeric|y_true.*cannot be read"):
        confusion_matrix([[0, 1], [1]], PREDICTION, num_classes=2)
    with pytest.raises(DTypeError, match=r"y_true.*not numeric"):
        confusion_matrix(None, PREDICTION, num_classes=2)


@pytest.mark.torch
class TestPyTorch:
    @pytest.fixture
    def torch(self):
        return pytest.importorskip("torch")

    @pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64", "bool"])
    def test_integers_and_booleans_are_read(self, torch, dtype):
        truth, prediction = (torch.tensor(m).to(getattr(torch, dtype)) for m in (TRUTH, PREDICTION))
        assert confusion_matrix(truth, prediction, num_classes=2).tolist() == EXPECTED
        assert confusion_matrix(truth.T, prediction.T, num_classes=2).tolist() == EXPECTED

    def test_tensors_that_only_offer_dlpack_are_read(self, torch):
        truth = Exporter(torch.tensor(TRUTH))
        assert confusion_matrix(truth, PREDICTION, num_classes=2).tolist() == EXPECTED

    def test_tensors_that_require_a_gradient_are_detached_and_stay_as_they_are(self, torch):
        from npseg.arrays import as_numpy

        scores = torch.rand(3, requires_grad=True)
        np.testing.assert_array_equal(as_numpy(scores * 2), (scores * 2).detach().numpy())
        assert scores.requires_grad
        with pytest.raises(DTypeError, match=r"y_pred has type float32.*argmax"):
            confusion_matrix([0, 0, 0], scores, num_classes=1)

    def test_the_meta_device_is_refused(self, torch):
        with pytest.raises(DTypeError, match="y_true of type Tensor"):
            confusion_matrix(torch.zeros(2, 2, dtype=torch.int64, device="meta"), PREDICTION, num_classes=2)

    def test_types_that_numpy_lacks_are_refused(self, torch):
        with pytest.raises(DTypeError, match="y_true"):
            confusion_matrix(torch.zeros(2, 2, dtype=torch.bfloat16), PREDICTION, num_classes=2)


def test_a_masked_array_does_not_lose_its_mask():
    masked = np.ma.masked_equal(TRUTH, 0)
    with pytest.raises(DTypeError, match=r"is a masked array with 1 masked numbers, .*filled"):
        iou_score(masked, PREDICTION, num_classes=2)
    with pytest.raises(DTypeError, match="masked"):
        SegmentationMetrics(2).update(TRUTH, np.ma.array(PREDICTION, mask=[[0, 1], [0, 0]]))
    assert confusion_matrix(np.ma.array(TRUTH), PREDICTION, num_classes=2).tolist() == EXPECTED
    assert confusion_matrix(masked.filled(255), PREDICTION, num_classes=2, ignore_index=255).tolist() == [
        [0, 0],
        [1, 2],
    ]


def test_masks_in_a_list_of_arrays_are_not_lost():
    masked = np.ma.array([0, 1, 1], mask=[0, 1, 0])
    for given in ([masked], (masked, masked), [[masked]]):
        with pytest.raises(DTypeError, match="masked array with"):
            as_numpy(given)
    unmasked = np.ma.array([0, 1, 1], mask=False)
    np.testing.assert_array_equal(as_numpy([unmasked, [1, 0, 1]]), [[0, 1, 1], [1, 0, 1]])
