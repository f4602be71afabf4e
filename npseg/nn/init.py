"""Initial values of parameters, drawn by name.

Every draw is keyed by a seed and the path of the parameter, so neither the order in which layers are made nor a layer
added elsewhere changes the others. A layer made alone draws with seed 0. A model wraps its constructor in `by_name`,
which leaves the layers at zero while they are made and then fills each once, knowing its path:

    class Net(nn.Module):
        def __init__(self, seed=0):
            with nn.init.by_name(self, seed):
                self.head = nn.Linear(8, 2)
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from npseg.autograd import Tensor
from npseg.errors import ArgumentError, ShapeError
from npseg.randomness import Purpose, generator

if TYPE_CHECKING:
    from npseg.nn.module import Module

__all__ = [
    "Key",
    "bilinear_",
    "by_name",
    "constant_",
    "initialise",
    "kaiming_normal_",
    "kaiming_uniform_",
    "start",
    "xavier_normal_",
    "xavier_uniform_",
]

_postponed: ContextVar[bool] = ContextVar("npseg_init_postponed", default=False)


class Key(NamedTuple):
    """Where a module draws its initial values from: the seed and the module's path in the model."""

    seed: int
    path: str

    def generator(self, parameter: str) -> np.random.Generator:
        """The random numbers of one parameter.

        >>> a, b = Key(0, "inc").generator("weight"), Key(0, "").generator("inc.weight")
        >>> bool(a.random() == b.random())
        True
        """
        path = f"{self.path}.{parameter}" if self.path else parameter
        return generator(self.seed, Purpose.INITIALISE, index=zlib.crc32(path.encode()))


def start(layer: Module) -> None:
    """Fill a layer that was just made, unless a model is going to (see `by_name`)."""
    if not _postponed.get():
        layer.reset_parameters(Key(0, ""))


def initialise(module: Module, seed: int) -> None:
    """Draw all parameters of `module` anew from `seed` and their paths."""
    for path, part in module.named_modules():
        part.reset_parameters(Key(seed, path))


@contextmanager
def by_name(module: Module, seed: int) -> Iterator[None]:
    """Around the body of a constructor: initialise the finished `module` by the paths of its parameters.

    Inside another `by_name` it does nothing, for the outer one knows the whole path.
    """
    if _postponed.get():
        yield
        return
    token = _postponed.set(True)
    try:
        yield
    finally:
        _postponed.reset(token)
    initialise(module, seed)


# -- distributions -------------------------------------------------------------------------------------------


def constant_(tensor: Tensor, value: float) -> None:
    """Fill with one number."""
    tensor.data[...] = value
    tensor.touch()


def kaiming_normal_(tensor: Tensor, fan_in: float, rng: np.random.Generator, *, gain: float = math.sqrt(2)) -> None:
    """Normal numbers of variance gain^2 / fan_in. He et al. 2015, eq. 10; gain sqrt(2) is for ReLU, 1 for none.

    `fan_in` is the number of input values that one output value adds up.
    """
    _normal(tensor, gain / math.sqrt(_positive("kaiming_normal_", fan_in)), rng)


def kaiming_uniform_(tensor: Tensor, fan_in: float, rng: np.random.Generator, *, gain: float = math.sqrt(2)) -> None:
    """Uniform numbers of variance gain^2 / fan_in. He et al. 2015."""
    _uniform(tensor, gain * math.sqrt(3 / _positive("kaiming_uniform_", fan_in)), rng)


def xavier_normal_(
    tensor: Tensor, fan_in: float, fan_out: float, rng: np.random.Generator, *, gain: float = 1.0
) -> None:
    """Normal numbers of variance 2 gain^2 / (fan_in + fan_out). Glorot and Bengio 2010, eq. 12."""
    _normal(tensor, gain * math.sqrt(2 / _positive("xavier_normal_", fan_in + fan_out)), rng)


def xavier_uniform_(
    tensor: Tensor, fan_in: float, fan_out: float, rng: np.random.Generator, *, gain: float = 1.0
) -> None:
    """Uniform numbers of variance 2 gain^2 / (fan_in + fan_out). Glorot and Bengio 2010, eq. 16."""
    _uniform(tensor, gain * math.sqrt(6 / _positive("xavier_uniform_", fan_in + fan_out)), rng)


def bilinear_(weight: Tensor) -> None:
    """Make a transposed convolution of equal channel counts start as bilinear interpolation, channel by channel.

    For `weight` (k, k, C, C) with stride k // 2. Long et al. 2015, section 3.3.

    >>> w = Tensor(np.zeros((4, 4, 1, 1)))
    >>> bilinear_(w)
    >>> w.data[:, 1, 0, 0] * 16 / 3
    array([1., 3., 3., 1.])
    """
    kh, kw, c_out, c_in = weight.shape
    if c_out != c_in:
        raise ShapeError(
            f"bilinear_: weight is {kh}x{kw} from {c_in} to {c_out} channels (shape {weight.shape}); "
            "bilinear interpolation keeps the number of channels"
        )
    weight.data[...] = 0
    channel = np.arange(c_in)
    weight.data[:, :, channel, channel] = (_tent(kh)[:, None] * _tent(kw))[:, :, None]
    weight.touch()


def _tent(size: int) -> np.ndarray:
    half = (size + 1) // 2
    centre = (size - 1) / 2 if size % 2 == 0 else half - 1
    return 1 - np.abs(np.arange(size) - centre) / half


def _normal(tensor: Tensor, deviation: float, rng: np.random.Generator) -> None:
    # Drawn as float32 whatever the type, so that a float64 twin of a model starts from the same values.
    if tensor.dtype == np.float32 and tensor.data.flags.c_contiguous:
        rng.standard_normal(out=tensor.data, dtype=np.float32)  # no second copy of a large weight
    else:
        tensor.data[...] = rng.standard_normal(tensor.shape, dtype=np.float32)
    np.multiply(tensor.data, np.float32(deviation), out=tensor.data)
    tensor.touch()


def _uniform(tensor: Tensor, bound: float, rng: np.random.Generator) -> None:
    tensor.data[...] = (2 * rng.random(tensor.shape, dtype=np.float32) - 1) * np.float32(bound)
    tensor.touch()


def _positive(function: str, fan: float) -> float:
    if not fan > 0:
        raise ArgumentError(f"{function}: the fan is {fan}; expected the number of values summed, above 0")
    return fan
