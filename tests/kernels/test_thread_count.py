"""One thread or several: the same bits."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from npseg import losses, optim
from npseg.autograd import Tensor
from npseg.nn import Parameter

pytestmark = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT) or numba.config.NUMBA_NUM_THREADS < 2, reason="there is one thread only"
)


def with_threads(count, run):
    before = numba.get_num_threads()
    numba.set_num_threads(count)
    try:
        return run()
    finally:
        numba.set_num_threads(before)


def one_sweep():
    rng = np.random.default_rng(0)
    x = Tensor(rng.standard_normal((2, 70, 71, 5), np.float32), requires_grad=True)
    labels = rng.integers(0, 5, (2, 70, 71))
    labels[0, :9] = 255
    total, parts = losses.build(dice=1.0, focal=1.0, label_smoothing=0.1).evaluate(x, labels)
    total.backward()
    return [x.grad, total.data, *map(np.float64, parts.values())]


def updates(make):
    rng = np.random.default_rng(0)
    w = Parameter(rng.standard_normal(100_003).astype(np.float32))
    optimiser = make([w])
    norms = []
    for _ in range(2):
        w.grad = rng.standard_normal(w.shape).astype(np.float32)
        norms.append(np.float64(optim.clip_grad_norm([w], 1.0)))
        optimiser.step()
    return [w.data, *norms]


@pytest.mark.parametrize(
    "run",
    [
        one_sweep,
        lambda: updates(lambda p: optim.AdamW(p, lr=0.1)),
        lambda: updates(lambda p: optim.SGD(p, lr=0.1, momentum=0.9)),
    ],
    ids=["losses", "adamw", "sgd"],
)
def test_bits_do_not_depend_on_it(run):
    for alone, together in zip(with_threads(1, run), with_threads(2, run)):
        assert alone.tobytes() == together.tobytes()
