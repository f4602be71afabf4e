"""Every op that PyTorch has agrees with it, forward and all gradients, in both types."""

from __future__ import annotations

import numpy as np
import pytest
from all_cases import CASES
from op_case import assert_close, direction, first

torch = pytest.importorskip("torch")

from npseg import config, ops  # noqa: E402
from npseg.autograd import Tensor  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.fixture(autouse=True)
def _precise():
    """Without Winograd, which tests/kernels compares with a reference of its own."""
    with config.use(precision="precise"):
        yield


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize("case", [case for case in CASES if case.torch], ids=lambda case: case.id)
def test_agrees_with_pytorch(case, dtype):
    arrays = case.inputs(dtype)
    leaves = [Tensor(x, requires_grad=True) for x in arrays]
    y = first(case.run(getattr(ops, case.op), leaves))
    seed = direction(case.rng(salt=1), y.shape).astype(dtype)
    y.backward(seed)

    peers = [torch.from_numpy(x.copy()).requires_grad_() for x in arrays]
    z = case.torch(torch, peers, case.fresh_options())
    z.backward(torch.from_numpy(seed))

    tolerance = 1e-10 if dtype == np.float64 else 1e-5
    assert_close(y.data, z.detach().numpy(), tolerance, "value")
    for i, (leaf, peer) in enumerate(zip(leaves, peers)):
        assert_close(leaf.grad, peer.grad.numpy(), tolerance, f"gradient {i}")


WITH_INDICES = [case for case in CASES if case.op == "max_pool2d" and "return_indices" in case.fresh_options()]


@pytest.mark.parametrize("case", WITH_INDICES, ids=lambda case: case.id)
def test_pool_indices_are_pytorchs(case):
    (x,) = case.inputs()
    _, indices = case.run(ops.max_pool2d, (x,))
    options = case.fresh_options()
    peer = torch.from_numpy(x).permute(0, 3, 1, 2)
    _, expected = torch.nn.functional.max_pool2d(peer, **options)
    np.testing.assert_array_equal(indices, expected.permute(0, 2, 3, 1).numpy())
