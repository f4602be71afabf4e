"""The first training step compiles its kernels, one after another. A second process shares the work.

While the step goes forward, a companion compiles what the way back will need and leaves it in the cache on disk, where
the step finds it. It begins at the end, with the update of the weights, so that both meet in the middle. Whatever the
companion does not get done, or cannot do, is compiled by the step itself: nothing depends on it but the time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from npseg import config, kernels, losses, ops, optim
from npseg.autograd import Tensor
from npseg.ops import conv_passes
from npseg.shapes import Window

__all__ = ["companion"]

_RUN = "import sys; from npseg.train import ahead; ahead._work(int(sys.argv[1]))"


@contextmanager
def companion() -> Iterator[None]:
    """Within the block, let a second process compile, if there is something to compile, and a processor for it."""
    if kernels.threads.count() < 2 or kernels.compiling.kept(kernels.norm.affine_backward):
        yield
        return
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", _RUN, str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in the terminal is for us, who end it below
        )
    except OSError:  # no room for another process: then alone
        yield
        return
    try:
        yield
    finally:
        process.terminate()  # what it has finished is on disk, whole
        process.wait()


def _work(parent: int) -> None:
    """What the companion does, as long as its parent lives."""
    for job in _jobs():
        if os.getppid() != parent:
            return
        with config.use(conv_algorithm="winograd4"):  # the arrays are too small to choose it
            job()


def _jobs() -> Iterator[Callable[[], object]]:
    """What a training step does, from its end to its beginning, on arrays as small as each kernel allows."""
    rng = np.random.default_rng(0)

    def random(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape, dtype=np.float32)

    def forward(size: int, channels: int, taps: int) -> None:
        window = Window(taps, taps, 1, 1, taps // 2, taps // 2, 1, 1)
        weight = random(taps, taps, channels, channels)
        conv_passes.forward(random(1, size, size, channels), weight, (size, size), window, 1)

    def weight_gradient(size: int, channels: int, window: Window) -> None:
        out, shape = size // window.sh, (*window[:2], channels, channels)
        conv_passes.weight_gradient(random(1, size, size, channels), random(1, out, out, channels), shape, window, 1)

    same, side_by_side = Window(3, 3, 1, 1, 1, 1, 1, 1), Window(2, 2, 2, 2, 0, 0, 1, 1)
    rows, vector, out = random(64, 16), random(16), np.empty((64, 16), np.float32)
    parameter = Tensor(random(64), requires_grad=True)
    parameter.grad = random(64)
    logits, labels = Tensor(random(1, 8, 8, 3), requires_grad=True), np.zeros((1, 8, 8), np.int64)

    yield optim.Adam([parameter]).step
    yield lambda: weight_gradient(128, 16, same)  # its threads share the tiles
    yield lambda: kernels.add.add_to(random(1 << 15), random(1 << 15))
    yield lambda: kernels.norm.affine_sums(rows, rows, vector, vector, vector, 0.0)
    yield lambda: kernels.norm.affine_backward(rows, rows, *[vector] * 3, np.float32(0), *[vector] * 3, out)
    yield lambda: weight_gradient(16, 32, same)  # its threads share the panels
    yield ops.max_pool2d(Tensor(random(1, 8, 8, 16), requires_grad=True), 2).sum().backward
    yield lambda: weight_gradient(8, 16, side_by_side)  # of a transposed convolution
    yield lambda: kernels.winograd.turn(random(3, 3, 16, 16), random(3, 3, 16, 16))
    yield lambda: kernels.norm.channel_sums(rows)
    yield lambda: losses.cross_entropy(logits, labels).backward()
    yield lambda: forward(8, 16, 1)
    yield lambda: conv_passes.input_gradient(random(1, 4, 4, 16), random(2, 2, 16, 16), (1, 8, 8, 16), side_by_side, 1)
    yield lambda: forward(4, 320, 3)  # its threads share the panels
