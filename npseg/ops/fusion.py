"""Inference with fewer sweeps: a convolution waits to hear what becomes of its result, and does it while writing.

Inside `fusing`, `conv2d` returns a tensor that is not computed yet. Batch norm with given statistics, ReLU and ReLU6 of
such a tensor only change its `finish`, the map min(max(v * scale + shift, low), high) that the kernels apply to every
sum. Whoever asks for the numbers has the convolution computed, in one sweep (depthwise and grouped ones are finished in
sweeps of their own). Where the numbers before the last step are asked for as well, as in a residual block that begins
with its norm, the convolution is computed once, and the steps behind it are a sweep. Images that are joined along their
channels stay apart until somebody asks, and a convolution need not. Models need not know.

Weights are transformed or packed once and kept with the parameters that they come from, until these are written.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from npseg import kernels
from npseg.arrays import as_numpy
from npseg.autograd import Tensor, modes, tape
from npseg.autograd.late import LateTensor
from npseg.ops import conv_passes, memory
from npseg.ops.conv import geometry
from npseg.ops.shape import concat

__all__ = ["KeptWeights", "fusing"]


class KeptWeights:
    """Weights in the forms that the kernels read, by the tensor that they were made from.

    The tensors themselves are not kept: when the last one else to hold a tensor lets it go, its forms go too.
    """

    def __init__(self) -> None:
        self._forms: dict[int, tuple[weakref.ref[Tensor], tuple[int, bytes], dict[Any, np.ndarray]]] = {}

    def of(self, weight: Any) -> dict[Any, np.ndarray]:
        """The forms of one weight, empty when it is new or was written since; `conv_passes.forward` fills it."""
        if not isinstance(weight, Tensor):
            return {}
        kept = self._forms.get(id(weight))
        # Samples only: a sum over all of VGG's weights would cost a good part of a pass.
        seen = weight.version, tape.fingerprint(weight.data, whole=False)
        if kept is None or kept[0]() is not weight or kept[1] != seen:
            kept = self._forms[id(weight)] = (weakref.ref(weight, self._forgetting(id(weight))), seen, {})
        return kept[2]

    def __reduce__(self) -> tuple[type[KeptWeights], tuple[()]]:
        return KeptWeights, ()  # a copy, here or in another process, is of a model with other tensors

    def _forgetting(self, key: int) -> Callable[[weakref.ref[Tensor]], None]:
        """What drops the forms of a tensor that is no more, unless another took its place in memory and here."""
        mine = weakref.ref(self)  # or nothing would go before the garbage collector comes

        def forget(gone: weakref.ref[Tensor]) -> None:
            kept = this._forms.get(key) if (this := mine()) is not None else None
            if this is not None and kept is not None and kept[0] is gone:
                this._forms.pop(key, None)

        return forget


@contextmanager
def fusing(weights: KeptWeights) -> Iterator[None]:
    """Let convolutions wait for the norm and the activation behind them. Only where no gradient is recorded."""

    def take(name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        rule = _RULES.get(name)
        return NotImplemented if rule is None else rule(weights, *arguments, **options)

    with modes.no_grad(), modes.intercept(take):
        yield


class _Late(LateTensor):
    """A result that was not computed yet: whoever asks for `data` has it made, once."""

    __slots__ = ("_make", "_value")

    def __init__(self, make: Any, shape: tuple[int, ...], dtype: np.dtype):
        super().__init__(shape, dtype)
        self._make = make
        self._value: np.ndarray | None = None

    @property
    def absent(self) -> bool:
        return self._value is None

    def _made(self) -> np.ndarray:
        if self._value is None:
            self._value = self._computed()
            self._make = None  # lets go of the input
        return self._value

    def _computed(self) -> np.ndarray:
        return self._make()


class _Joined(_Late):
    """Two images whose channels shall follow each other: a convolution takes them as they are."""

    __slots__ = ("parts",)

    def __init__(self, first: Tensor, second: Tensor):
        self.parts = (first, second)
        shape = (*first.shape[:3], first.shape[3] + second.shape[3])
        super().__init__(lambda: concat([first.data, second.data], axis=3).data, shape, first.dtype)


class _Waiting(_Late):
    """The result of a convolution; `finish` is what becomes of its sums."""

    __slots__ = ("_heirs", "_origins", "finish")

    def __init__(self, convolve: Any, shape: tuple[int, ...], finish: np.ndarray):
        super().__init__(convolve, shape, finish.dtype)
        self.finish = finish
        self._origins: list[weakref.ref[_Waiting]] = []  # what this followed, the nearest last
        self._heirs: list[tuple[weakref.ref[_Waiting], np.ndarray]] = []  # what followed this, and by which steps

    def _computed(self) -> np.ndarray:
        origin = next((origin for one in reversed(self._origins) if (origin := one()) is not None), None)
        if origin is not None:
            origin._made()  # somebody holds it and may ask for it: then one convolution serves both
        value = self._make(self.finish)
        for one, steps in self._heirs:
            heir = one()
            if heir is not None and heir.absent:
                heir._make, heir.finish = partial(_sweep, value), steps
        return value

    @property
    def unbounded(self) -> bool:
        """Whether nothing cuts its values off yet."""
        low, high = self.finish[2:, : self._shape[-1]]
        return bool(np.isneginf(low).all() and np.isposinf(high).all())

    def followed(self, scale: Any = 1.0, shift: Any = 0.0, low: float = -math.inf, high: float = math.inf) -> _Waiting:
        """The same convolution with one more step at its end; this one stays as it is."""
        step = conv_passes.affine(self._shape[-1], self.dtype, scale, shift, low, high)
        heir = _Waiting(self._make, self._shape, _one_after_another(self.finish, step))
        heir._origins = [*self._origins, weakref.ref(self)]
        for one in self._origins:
            if (origin := one()) is not None:
                steps = next(steps for ref, steps in origin._heirs if ref() is self)
                origin._heirs.append((weakref.ref(heir), _one_after_another(steps, step)))
        self._heirs.append((weakref.ref(heir), step))
        return heir


def _sweep(x: np.ndarray, finish: np.ndarray) -> np.ndarray:
    """What a convolution does to its sums, done to numbers that are there; x (N, H, W, K)."""
    features = x.shape[3]
    scale, shift = finish[:2, :features]
    low, high = finish[2:, 0]  # of all features
    y = memory.empty(x.shape, x.dtype)
    kernels.norm.affine(x.reshape(-1, features), scale, shift, low, y.reshape(-1, features))
    return y if np.isposinf(high) else np.minimum(y, high, out=y)


def _one_after_another(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Both steps as one. Only bounds may follow bounds."""
    both = np.empty_like(first)
    both[0] = first[0] * second[0]
    both[1] = first[1] * second[0] + second[1]
    both[2:] = np.clip(first[2:], second[2], second[3])
    return both


def _conv2d(weights: KeptWeights, x: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
    if not isinstance(weight, Tensor) or (isinstance(x, Tensor) and x.dtype != weight.dtype):
        return NotImplemented
    image = x if isinstance(x, Tensor) else as_numpy(x, name="x")
    groups = options.get("groups", 1)
    shift = None if bias is None else as_numpy(bias)
    window, size = geometry(image.shape, weight.data, shift, **options)
    dtype, kept = weight.dtype, weights.of(weight)
    finish = conv_passes.affine(weight.shape[3], dtype, shift=0.0 if shift is None else shift)

    def convolve(finish: np.ndarray) -> np.ndarray:
        if isinstance(image, _Joined) and image.absent:
            first, second = image.parts
            sizes = (image.shape[0], first.shape[3], second.shape[3])
            if conv_passes.can_join(*sizes, weight, size, window, groups, dtype.itemsize):
                x, joined = (np.require(part.data, dtype, ["C", "W"]) for part in image.parts)
                return conv_passes.forward(x, weight.data, size, window, groups, finish, kept, joined)
        pixels = np.require(image.data if isinstance(image, Tensor) else image, dtype, ["C", "W"])
        return conv_passes.forward(pixels, weight.data, size, window, groups, finish, kept)

    return _Waiting(convolve, (image.shape[0], *size, weight.shape[3]), finish)


def _batch_norm(_: KeptWeights, x: Any, weight: Any, bias: Any, mean: Any, var: Any, *, eps: float = 1e-5) -> Any:
    if not _takes_more(x) or not x.unbounded:
        return NotImplemented
    weight, bias, mean, var = (as_numpy(vector) for vector in (weight, bias, mean, var))
    if any(vector.shape != x.shape[-1:] for vector in (weight, bias, mean, var)):
        return NotImplemented  # the op itself finds the words
    scale = weight / np.sqrt(var + eps)
    return x.followed(scale, bias - mean * scale)


def _relu(_: KeptWeights, x: Any) -> Any:
    return x.followed(low=0.0) if _takes_more(x) else NotImplemented


def _relu6(_: KeptWeights, x: Any) -> Any:
    return x.followed(low=0.0, high=6.0) if _takes_more(x) else NotImplemented


def _concatenate(_: KeptWeights, *parts: Any, axis: int) -> Any:
    images = len(parts) == 2 and all(isinstance(part, Tensor) and part.ndim == 4 for part in parts)
    if (
        not images
        or axis not in (-1, 3)
        or parts[0].shape[:3] != parts[1].shape[:3]
        or parts[0].dtype != parts[1].dtype
    ):
        return NotImplemented
    return _Joined(*parts)


def _takes_more(x: Any) -> bool:
    return isinstance(x, _Waiting) and x.absent


_RULES: dict[str, Any] = {
    "conv2d": _conv2d,
    "batch_norm_inference": _batch_norm,
    "relu": _relu,
    "relu6": _relu6,
    "concat": _concatenate,
}
