"""The ops of the limits table: how each is set up, and what it must at least move and calculate.

A worker makes its inputs once; every run is a forward pass and its pullback, timed apart. `bytes` are those of the
arrays that a pass cannot do without: what it reads and what it returns, once each, and twice where a first pass over
all of an array must end before the second can begin (the statistics of a norm). `flops` are those of the direct
algorithm, which a faster one may undercut.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import npseg
from npseg import ops

__all__ = ["CASES", "Case", "Need", "run_case"]

FLOAT = 4  # bytes


@dataclass(frozen=True)
class Need:
    """What a pass must at least move and calculate."""

    bytes: int
    flops: int = 0


@dataclass(frozen=True)
class Case:
    """An op on typical shapes. `make` returns a function that runs forward and gives the pullback, or None without."""

    title: str
    make: Callable[[], Callable[[], Callable[[], Any] | None]]
    needs: dict[str, Need]  # by pass: "forward" and "backward", or "step"


def run_case(name: str, tiny: bool = False) -> Callable[[], dict[str, float]]:
    """Worker: milliseconds of each pass of a case."""
    case = cases(tiny)[name]
    forward = case.make()
    passes = list(case.needs)

    def run() -> dict[str, float]:
        begun = time.perf_counter()
        backward = forward()
        turned = time.perf_counter()
        found = {passes[0]: 1000 * (turned - begun)}
        if backward is not None:
            kept = backward()
            found[passes[1]] = 1000 * (time.perf_counter() - turned)
            del kept
        return found

    return run


def cases(tiny: bool) -> dict[str, Case]:
    """All cases, of ordinary size, in which no array fits a cache, or of a size for tests."""
    side = 16 if tiny else 256
    large, small = (4, side, side), (4, side // 2, side // 2)
    return {
        "conv 3x3": _conv("convolution 3 x 3, 32 to 32", large, 32, 32, 3, padding=1),
        "conv 3x3 deep": _conv("convolution 3 x 3, 128 to 128", (4, side // 4, side // 4), 128, 128, 3, padding=1),
        "conv 1x1": _conv("convolution 1 x 1, 32 to 64", large, 32, 64, 1),
        "conv strided": _conv("convolution 3 x 3, stride 2, 32 to 64", large, 32, 64, 3, padding=1, stride=2),
        "depthwise": _conv("depthwise 3 x 3, 32", large, 32, 32, 3, padding=1, groups=32),
        "transposed": _transposed("transposed 2 x 2, stride 2, 64 to 32", small, 64, 32),
        "max pool": _max_pool("max pool 2 x 2, 32", large, 32),
        "resize": _resize("bilinear, twice as large, 32", small, 32),
        "batch norm": _batch_norm("batch norm, 32", large, 32),
        "relu": _relu("ReLU, 32", large, 32),
        "cross-entropy": _cross_entropy("softmax and cross-entropy, 21 classes", large, 21),
        "adam": _adam("Adam, 8 million weights", 1 << 12 if tiny else 1 << 23),
    }


def _conv(title: str, place: tuple[int, int, int], channels: int, features: int, side: int, **options: int) -> Case:
    stride = options.get("stride", 1)
    outputs = place[0] * (place[1] // stride) * (place[2] // stride) * features
    inputs = np.prod(place) * channels
    weight = (side, side, channels // options.get("groups", 1), features)
    flops = 2 * outputs * side * side * weight[2]
    moved = FLOAT * (inputs + outputs + np.prod(weight))

    def make() -> Callable[[], Any]:
        return _passes(lambda x, w: ops.conv2d(x, w, **options), _drawn(*place, channels), [_drawn(*weight)])

    # Backward: read the input and the gradient, write the input's gradient.
    return Case(title, make, {"forward": _need(moved, flops), "backward": _need(moved + FLOAT * inputs, 2 * flops)})


def _transposed(title: str, place: tuple[int, int, int], channels: int, features: int) -> Case:
    inputs = np.prod(place) * channels
    outputs = 4 * np.prod(place) * features
    weight = (2, 2, features, channels)
    flops = 2 * inputs * 4 * features
    moved = FLOAT * (inputs + outputs + np.prod(weight))

    def make() -> Callable[[], Any]:
        drawn = [_drawn(*weight)]
        return _passes(lambda x, w: ops.conv_transpose2d(x, w, stride=2), _drawn(*place, channels), drawn)

    return Case(title, make, {"forward": _need(moved, flops), "backward": _need(moved + FLOAT * inputs, 2 * flops)})


def _max_pool(title: str, place: tuple[int, int, int], channels: int) -> Case:
    need = _need(FLOAT * np.prod(place) * channels * 5 / 4)  # the larger and the smaller image, either way
    return Case(
        title,
        lambda: _passes(lambda x: ops.max_pool2d(x, 2), _drawn(*place, channels)),
        {"forward": need, "backward": need},
    )


def _resize(title: str, place: tuple[int, int, int], channels: int) -> Case:
    need = _need(FLOAT * np.prod(place) * channels * 5)
    size = (2 * place[1], 2 * place[2])
    return Case(
        title,
        lambda: _passes(lambda x: ops.resize(x, size), _drawn(*place, channels)),
        {"forward": need, "backward": need},
    )


def _batch_norm(title: str, place: tuple[int, int, int], channels: int) -> Case:
    array = FLOAT * np.prod(place) * channels

    def make() -> Callable[[], Any]:
        affine = [np.ones(channels, np.float32), np.zeros(channels, np.float32)]
        return _passes(lambda x, w, b: ops.batch_norm(x, w, b)[0], _drawn(*place, channels), affine)

    # Twice over the input, and over the gradient too: sums first, then every pixel by the sums.
    return Case(title, make, {"forward": _need(3 * array), "backward": _need(5 * array)})


def _relu(title: str, place: tuple[int, int, int], channels: int) -> Case:
    array = FLOAT * np.prod(place) * channels
    # Backward: where the output was positive, which takes a bit a pixel at best, is read from memory or counted out.
    needs = {"forward": _need(2 * array), "backward": _need(2 * array)}
    return Case(title, lambda: _passes(ops.relu, _drawn(*place, channels)), needs)


def _cross_entropy(title: str, place: tuple[int, int, int], classes: int) -> Case:
    array, labels = FLOAT * np.prod(place) * classes, 8 * np.prod(place)

    def make() -> Callable[[], Any]:
        truth = np.random.default_rng(1).integers(0, classes, place)
        return _passes(lambda x: ops.cross_entropy(x, truth), _drawn(*place, classes))

    return Case(title, make, {"forward": _need(array + labels), "backward": _need(2 * array + labels)})


def _adam(title: str, weights: int) -> Case:
    def make() -> Callable[[], None]:
        parameter = npseg.nn.Parameter(_drawn(weights))
        parameter.grad = _drawn(weights)
        return npseg.optim.Adam([parameter], lr=1e-3).step

    # Reads weight, gradient and two moments, writes all but the gradient.
    return Case(title, make, {"step": _need(7 * FLOAT * weights)})


def _passes(op: Callable[..., Any], x: np.ndarray, parameters: list[np.ndarray] | None = None) -> Callable[[], Any]:
    """A forward pass that returns its pullback, as within a network: `x` is another op's output."""
    leaf = npseg.Tensor(x, requires_grad=True)
    hidden = ops.reshape(leaf, x.shape)
    rest = [npseg.nn.Parameter(array) for array in parameters or []]
    gradients: list[np.ndarray] = []

    def forward() -> Callable[[], Any]:
        y = op(hidden, *rest)
        if not gradients:
            gradients.append(_drawn(*y.shape))
        pullback, wanted = y.node.pullback, y.node.wanted
        return lambda: pullback(gradients[0], wanted)

    return forward


def _drawn(*shape: int) -> np.ndarray:
    return np.asarray(np.random.default_rng(0).standard_normal(shape, np.float32))


def _need(moved: float, flops: float = 0) -> Need:
    return Need(int(moved), int(flops))


CASES = cases(tiny=False)
