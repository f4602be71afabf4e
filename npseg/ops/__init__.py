"""Differentiable functions: the only place where kernels and autograd meet.

Every op takes tensors or arrays (N, H, W, C) and returns a tensor. Importing this package fills the dispatch table, so
that `a + b`, `np.exp(a)` and `a.sum()` work on tensors.
"""

import numpy as _np

from npseg.autograd.dispatch import register as _register
from npseg.errors import ArgumentError as _ArgumentError
from npseg.ops.activation import (
    gelu,
    hard_sigmoid,
    hard_swish,
    leaky_relu,
    relu,
    relu6,
    sigmoid,
    silu,
    tanh,
)
from npseg.ops.arithmetic import (
    abs,
    add,
    clip,
    divide,
    exp,
    log,
    maximum,
    minimum,
    multiply,
    negative,
    power,
    sqrt,
    subtract,
)
from npseg.ops.conv import conv2d, conv2d_with_moments, conv_transpose2d
from npseg.ops.cross_entropy import cross_entropy
from npseg.ops.dropout import dropout
from npseg.ops.focal import focal
from npseg.ops.linear import linear, matmul
from npseg.ops.norm import batch_norm, batch_norm_inference, batch_norm_relu, group_norm, layer_norm
from npseg.ops.pixel_losses import pixel_losses
from npseg.ops.pool import adaptive_avg_pool2d, adaptive_max_pool2d, avg_pool2d, max_pool2d, max_unpool2d
from npseg.ops.reduction import max, mean, min, sum, var
from npseg.ops.resize import resize
from npseg.ops.shape import concat, crop, getitem, pad, reshape, transpose
from npseg.ops.shuffle import pixel_shuffle, pixel_unshuffle
from npseg.ops.soft_dice import soft_dice
from npseg.ops.softmax import log_softmax, softmax

__all__ = [
    "abs", "adaptive_avg_pool2d", "adaptive_max_pool2d", "add", "avg_pool2d", "batch_norm", "batch_norm_inference",
    "batch_norm_relu", "clip", "concat", "conv2d", "conv2d_with_moments", "conv_transpose2d", "crop", "cross_entropy",
    "divide", "dropout", "exp", "focal", "gelu", "getitem", "group_norm", "hard_sigmoid", "hard_swish", "layer_norm",
    "leaky_relu", "linear", "log", "log_softmax", "matmul", "max", "max_pool2d", "max_unpool2d", "maximum", "mean",
    "min", "minimum", "multiply", "negative", "pad", "pixel_losses", "pixel_shuffle", "pixel_unshuffle", "power",
    "relu", "relu6", "reshape", "resize", "sigmoid", "silu", "soft_dice", "softmax", "sqrt", "subtract", "sum",
    "tanh", "transpose", "var",
]  # fmt: skip


def _reduction(op):
    """NumPy's reductions pass arguments that a tensor has no use for; accept them when they are unset."""

    def call(x, axis=None, dtype=None, out=None, keepdims=False, **rest):
        if dtype is not None or out is not None or rest:
            raise _ArgumentError(f"{op.__name__}: on tensors only axis= and keepdims= are supported; use tensor.data")
        return op(x, axis=axis, keepdims=keepdims)

    return call


_register(add, "add", _np.add)
_register(subtract, "subtract", _np.subtract)
_register(multiply, "multiply", _np.multiply)
_register(divide, "divide", _np.divide)
_register(power, "power", _np.power)
_register(matmul, "matmul", _np.matmul)
_register(lambda x: multiply(x, x), _np.square)
_register(negative, "negative", _np.negative)
_register(abs, "abs", _np.absolute)
_register(exp, "exp", _np.exp)
_register(log, "log", _np.log)
_register(sqrt, "sqrt", _np.sqrt)
_register(tanh, _np.tanh)
_register(maximum, _np.maximum)
_register(minimum, _np.minimum)
_register(clip, "clip")
_register(lambda x, a_min=None, a_max=None: clip(x, a_min, a_max), _np.clip)
_register(getitem, "getitem")
_register(reshape, "reshape", _np.reshape)
_register(transpose, "transpose", _np.transpose)
_register(lambda arrays, axis=0: concat(arrays, axis), _np.concatenate)  # NumPy joins along the first axis
for _op, _function in ((sum, _np.sum), (mean, _np.mean), (max, _np.max), (min, _np.min), (var, _np.var)):
    _register(_reduction(_op), _op.__name__, _function)
