"""What a wrong call gets: an error of npseg that names the op, the argument, what came and what to do."""

from __future__ import annotations

import numpy as np
import pytest

from npseg import ops
from npseg.errors import ArgumentError, DTypeError, NpsegError, ShapeError

IMAGE = np.zeros((2, 6, 5, 4))
KERNEL = np.zeros((3, 3, 4, 2))
RNG = np.random.default_rng(0)
INDICES = np.zeros((1, 2, 2, 1), np.int64)

# (op, positional arguments, keyword arguments, error, words that must be there)
CALLS = [
    ("conv2d", (IMAGE[0], KERNEL), {}, ShapeError, ["x", "(6, 5, 4)", "N, H, W, C"]),
    ("conv2d", (IMAGE, KERNEL[:, :, :3]), {}, ShapeError, ["3 input channels", "image has 4", "groups="]),
    ("conv2d", (IMAGE, KERNEL), {"groups": 2}, ShapeError, ["input channels", "groups=2"]),
    ("conv2d", (IMAGE, KERNEL[..., :1]), {"groups": 0}, ShapeError, ["groups"]),
    ("conv2d", (IMAGE, np.zeros((3, 3, 2, 3))), {"groups": 2}, ShapeError, ["groups=2", "3 output channels"]),
    ("conv2d", (IMAGE, KERNEL[0]), {}, ShapeError, ["weight", "(3, 4, 2)"]),
    ("conv2d", (IMAGE, KERNEL, np.zeros(3)), {}, ShapeError, ["bias", "(3,)", "(2,)"]),
    ("conv2d", (IMAGE, KERNEL), {"stride": 0}, ArgumentError, ["stride=0", "at least 1"]),
    ("conv2d", (IMAGE, KERNEL), {"stride": 1.5}, ArgumentError, ["stride=1.5", "integer"]),
    ("conv2d", (IMAGE, KERNEL), {"stride": (1, 2, 3)}, ArgumentError, ["stride=(1, 2, 3)", "pair"]),
    ("conv2d", (IMAGE, KERNEL), {"dilation": 0}, ArgumentError, ["dilation=0"]),
    ("conv2d", (IMAGE, KERNEL), {"padding": -1}, ArgumentError, ["padding=-1"]),
    ("conv2d", (IMAGE, KERNEL), {"padding": "full"}, ArgumentError, ["padding='full'", "'same'"]),
    ("conv2d", (IMAGE, KERNEL), {"padding": "same", "stride": 2}, ArgumentError, ["'same'", "stride"]),
    ("conv2d", (IMAGE, np.zeros((7, 7, 4, 2))), {}, ShapeError, ["7 x 7", "does not fit", "(2, 6, 5, 4)"]),
    ("conv2d", (IMAGE, KERNEL), {"dilation": 4}, ShapeError, ["dilation", "does not fit"]),
    ("conv_transpose2d", (IMAGE[0], KERNEL), {}, ShapeError, ["x", "(6, 5, 4)"]),
    ("conv_transpose2d", (IMAGE, KERNEL), {}, ShapeError, ["2 channels", "image has 4"]),
    ("conv_transpose2d", (IMAGE, np.zeros((3, 3, 2, 4))), {"groups": 3}, ShapeError, ["groups"]),
    ("conv_transpose2d", (IMAGE, np.zeros((3, 3, 2, 4)), np.zeros(4)), {}, ShapeError, ["bias", "(2,)"]),
    (
        "conv_transpose2d", (IMAGE, np.zeros((3, 3, 2, 4))), {"stride": 2, "output_padding": 2},
        ArgumentError, ["output_padding", "smaller than the stride"],
    ),
    ("conv_transpose2d", (IMAGE, np.zeros((1, 1, 2, 4))), {"padding": 3}, ShapeError, ["padding=(3, 3)"]),
    ("conv_transpose2d", (IMAGE, np.zeros((1, 1, 2, 4))), {"padding": "same"}, ArgumentError, ["padding='same'"]),
    ("max_pool2d", (IMAGE[0], 2), {}, ShapeError, ["(6, 5, 4)", "N, H, W, C"]),
    ("max_pool2d", (IMAGE, 0), {}, ArgumentError, ["kernel_size=0"]),
    ("max_pool2d", (IMAGE, 2, 0), {}, ArgumentError, ["stride=0"]),
    ("max_pool2d", (IMAGE, 2, 2, 2), {}, ArgumentError, ["padding=(2, 2)", "half"]),
    ("max_pool2d", (IMAGE, 7), {}, ShapeError, ["larger than the image", "(2, 6, 5, 4)"]),
    ("max_pool2d", (IMAGE[:, :0], 2), {}, ShapeError, ["(2, 0, 5, 4)"]),
    ("avg_pool2d", (IMAGE, (2, 2, 2)), {}, ArgumentError, ["kernel_size=(2, 2, 2)"]),
    ("avg_pool2d", (IMAGE, 3, 1, (0, 2)), {}, ArgumentError, ["padding=(0, 2)"]),
    ("avg_pool2d", (IMAGE, 7), {}, ShapeError, ["larger than the image"]),
    ("adaptive_avg_pool2d", (IMAGE, 0), {}, ArgumentError, ["output_size=0"]),
    ("adaptive_max_pool2d", (IMAGE, (1, -1)), {}, ArgumentError, ["output_size=(1, -1)"]),
    ("adaptive_max_pool2d", (IMAGE[0], 1), {}, ShapeError, ["(6, 5, 4)"]),
    ("max_unpool2d", (IMAGE, INDICES, 4), {}, ShapeError, ["indices", "(1, 2, 2, 1)", "(2, 6, 5, 4)"]),
    ("max_unpool2d", (np.zeros((1, 2, 2, 1)), INDICES + 9, 3), {}, ArgumentError, ["9", "0 to 8"]),
    ("max_unpool2d", (np.zeros((1, 2, 2, 1)), INDICES - 1, 3), {}, ArgumentError, ["-1"]),
    ("max_unpool2d", (np.zeros((1, 2, 2, 1)), INDICES + 0.5, 3), {}, DTypeError, ["indices", "integers"]),
    ("resize", (IMAGE[0], 2), {}, ShapeError, ["(6, 5, 4)"]),
    ("resize", (IMAGE, (0, 2)), {}, ArgumentError, ["size=(0, 2)"]),
    ("resize", (IMAGE, (2, 2, 2)), {}, ArgumentError, ["size=(2, 2, 2)"]),
    ("resize", (IMAGE, 2), {"mode": "cubic"}, ArgumentError, ["mode='cubic'", "'bilinear'", "'nearest'"]),
    ("resize", (IMAGE, 2), {"mode": "nearest", "align_corners": True}, ArgumentError, ["align_corners"]),
    ("resize", (IMAGE[:, :0], 2), {}, ArgumentError, ["(2, 0, 5, 4)"]),
    ("pixel_shuffle", (IMAGE, 3), {}, ShapeError, ["4 channels", "9"]),
    ("pixel_shuffle", (IMAGE, 0), {}, ArgumentError, ["factor"]),
    ("pixel_shuffle", (IMAGE[0], 2), {}, ShapeError, ["(6, 5, 4)"]),
    ("pixel_unshuffle", (IMAGE, 2), {}, ShapeError, ["5", "2"]),
    ("pixel_unshuffle", (IMAGE, -1), {}, ArgumentError, ["factor"]),
    ("batch_norm", (IMAGE, np.ones(3), np.zeros(4)), {}, ShapeError, ["weight", "(3,)", "4 channels"]),
    ("batch_norm", (IMAGE, np.ones(4), np.zeros(3)), {}, ShapeError, ["bias", "(3,)", "(4,)"]),
    ("batch_norm", (IMAGE[:0], np.ones(4), np.zeros(4)), {}, ShapeError, ["(0, 6, 5, 4)"]),
    (
        "batch_norm_inference", (IMAGE, np.ones(4), np.zeros(4), np.zeros(3), np.ones(4)), {},
        ShapeError, ["mean", "(3,)"],
    ),
    ("layer_norm", (IMAGE, np.ones(5)), {}, ShapeError, ["weight", "(5,)"]),
    ("group_norm", (IMAGE, 3), {}, ShapeError, ["4", "3"]),
    ("group_norm", (IMAGE, 0), {}, ArgumentError, ["0"]),
    ("group_norm", (IMAGE, 2, np.ones(2)), {}, ShapeError, ["weight", "(2,)"]),
    ("softmax", (IMAGE,), {"axis": 4}, ArgumentError, ["axis=4", "(2, 6, 5, 4)"]),
    ("log_softmax", (IMAGE,), {"axis": -5}, ArgumentError, ["axis=-5"]),
    ("cross_entropy", (IMAGE, np.zeros((2, 6, 4), int)), {}, ShapeError, ["(2, 6, 5)", "(2, 6, 4)"]),
    ("cross_entropy", (IMAGE, np.zeros((2, 6, 5))), {}, DTypeError, ["labels", "float64", "integers"]),
    (
        "cross_entropy", (IMAGE, np.zeros((2, 6, 5), int)), {"weight": np.ones(3)},
        ShapeError, ["weight", "(3,)", "(4,)"],
    ),
    (
        "cross_entropy", (IMAGE, np.zeros((2, 6, 5), int)), {"label_smoothing": 1.5},
        ArgumentError, ["label_smoothing is 1.5"],
    ),
    ("dropout", (IMAGE, 1.0), {"rng": RNG}, ArgumentError, ["p=1.0"]),
    ("dropout", (IMAGE, -0.1), {"rng": RNG}, ArgumentError, ["p=-0.1"]),
    ("concat", ([],), {}, ArgumentError, ["no tensors"]),
    ("concat", ([IMAGE, IMAGE[0]],), {}, ShapeError, ["(2, 6, 5, 4)", "(6, 5, 4)"]),
    ("concat", ([IMAGE, IMAGE[:, 1:]],), {}, ShapeError, ["(2, 5, 5, 4)", "crop"]),
    ("concat", ([IMAGE, IMAGE],), {"axis": 4}, ArgumentError, ["axis=4"]),
    ("pad", (IMAGE[0], ((0, 0), (0, 0))), {}, ShapeError, ["(6, 5, 4)"]),
    ("pad", (IMAGE, ((0, 0),)), {}, ArgumentError, ["widths=((0, 0),)", "top, bottom"]),
    ("pad", (IMAGE, ((0, -1), (0, 0))), {}, ArgumentError, ["widths"]),
    ("crop", (IMAGE, 4, 0, 3, 2), {}, ArgumentError, ["3 x 2", "(4, 0)", "(2, 6, 5, 4)"]),
    ("crop", (IMAGE, -1, 0, 3, 2), {}, ArgumentError, ["(-1, 0)"]),
    ("crop", (IMAGE[0], 0, 0, 3, 2), {}, ShapeError, ["(6, 5, 4)"]),
    ("reshape", (IMAGE, (7, -1)), {}, ShapeError, ["240 values", "(7, -1)"]),
    ("reshape", (IMAGE, (-1, -1)), {}, ShapeError, ["(-1, -1)"]),
    ("transpose", (IMAGE, (0, 1, 1, 2)), {}, ArgumentError, ["(0, 1, 1, 2)", "permutation"]),
    ("getitem", (IMAGE, 5), {}, ArgumentError, ["5", "(2, 6, 5, 4)"]),
    ("linear", (IMAGE, np.zeros((3, 2))), {}, ShapeError, ["(2, 6, 5, 4)", "(3, 2)"]),
    ("linear", (IMAGE, np.zeros((4, 2)), np.zeros(4)), {}, ShapeError, ["bias", "(4,)", "(2,)"]),
    ("linear", (IMAGE, np.zeros(4)), {}, ShapeError, ["weight", "(4,)"]),
    ("matmul", (np.zeros((2, 3)), np.zeros((2, 3))), {}, ShapeError, ["(2, 3)", "same K"]),
    ("matmul", (np.zeros(3), np.zeros((3, 2))), {}, ShapeError, ["(3,)", "reshape"]),
    ("matmul", (np.zeros((2, 1, 3)), np.zeros((3, 3, 2))), {}, ShapeError, ["(2, 1, 3)", "broadcast"]),
    ("add", (np.zeros((2, 3)), np.zeros(2)), {}, ShapeError, ["(2, 3)", "(2,)", "broadcast"]),
    ("subtract", (np.zeros((2, 3)), np.zeros(2)), {}, ShapeError, ["broadcast"]),
    ("multiply", (np.zeros((2, 3)), np.zeros(2)), {}, ShapeError, ["broadcast"]),
    ("divide", (np.zeros((2, 3)), np.zeros(2)), {}, ShapeError, ["broadcast"]),
    ("maximum", (np.zeros((2, 3)), np.zeros(2)), {}, ShapeError, ["broadcast"]),
    ("minimum", (np.zeros((2, 3)), np.zeros(2)), {}, ShapeError, ["broadcast"]),
    ("power", (IMAGE, IMAGE), {}, ArgumentError, ["exponent", "ndarray"]),
    ("clip", (IMAGE, 2.0, 1.0), {}, ArgumentError, ["low=2.0", "high=1.0"]),
    ("sum", (IMAGE,), {"axis": 4}, ArgumentError, ["axis=4", "(2, 6, 5, 4)"]),
    ("mean", (IMAGE,), {"axis": (0, -5)}, ArgumentError, ["-5"]),
    ("mean", (IMAGE[:0],), {}, ShapeError, ["(0, 6, 5, 4)"]),
    ("max", (IMAGE[:0],), {}, ShapeError, ["(0, 6, 5, 4)"]),
    ("min", (IMAGE[:0],), {"axis": 0}, ShapeError, ["(0, 6, 5, 4)"]),
    ("var", (IMAGE,), {"axis": 7}, ArgumentError, ["axis=7"]),
]  # fmt: skip


@pytest.mark.parametrize(
    "op, args, options, error, words", CALLS, ids=[f"{i}-{call[0]}" for i, call in enumerate(CALLS)]
)
def test_bad_call_is_worded(op, args, options, error, words):
    with pytest.raises(NpsegError) as caught:
        getattr(ops, op)(*args, **options)
    message = str(caught.value)
    assert isinstance(caught.value, error), f"raised {type(caught.value).__name__}: {message}"
    assert message.startswith(f"{op}: "), message
    for word in words:
        assert word in message, f"{word!r} is missing in: {message}"


@pytest.mark.parametrize("name", ["relu", "conv2d", "sum", "softmax", "add", "layer_norm"])
@pytest.mark.parametrize("value", [None, np.array(["a"]), np.array([1j]), [[1.0], [2.0, 3.0]]], ids=repr)
def test_not_numbers_at_all(name, value):
    others = {"conv2d": (KERNEL,), "add": (IMAGE,)}.get(name, ())
    with pytest.raises(NpsegError):
        getattr(ops, name)(value, *others)
