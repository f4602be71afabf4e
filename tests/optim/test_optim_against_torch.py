"""Update rules and schedules, number for number with PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest

from npseg import optim
from npseg.nn import Parameter

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

RULES = {
    "sgd": (optim.SGD, torch.optim.SGD, {"lr": 0.1}),
    "momentum": (optim.SGD, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}),
    "nesterov": (
        optim.SGD,
        torch.optim.SGD,
        {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True},
    ),
    "adam": (optim.Adam, torch.optim.Adam, {"lr": 0.01, "weight_decay": 0.1, "betas": (0.8, 0.99)}),
    "adamw": (optim.AdamW, torch.optim.AdamW, {"lr": 0.01, "weight_decay": 0.1}),
    "adamw_defaults": (optim.AdamW, torch.optim.AdamW, {}),
}


@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-13), ("float32", 1e-5)])
@pytest.mark.parametrize("case", RULES)
def test_ten_updates_agree(case, dtype, tolerance):
    make, peer, options = RULES[case]
    rng = np.random.default_rng(0)
    values = [rng.standard_normal(shape).astype(dtype) for shape in ((7, 5), (40000,), ())]
    ours = [Parameter(v.copy()) for v in values]
    theirs = [torch.nn.Parameter(torch.from_numpy(v.copy())) for v in values]
    a, b = make(ours, **options), peer(theirs, **options)
    for step in range(10):
        for p, q in zip(ours, theirs):
            g = np.asarray(rng.standard_normal(p.shape), dtype)
            p.grad, q.grad = g, torch.from_numpy(g.copy())
        if step % 3 == 2:
            ours[0].grad = theirs[0].grad = None
        a.step()
        b.step()
    for p, q in zip(ours, theirs):
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=tolerance, atol=tolerance)


def test_clipping_agrees():
    rng = np.random.default_rng(0)
    ours = [Parameter(np.zeros(s)) for s in ((3, 4), (5,))]
    theirs = [torch.nn.Parameter(torch.zeros(p.shape, dtype=torch.float64)) for p in ours]
    for p, q in zip(ours, theirs):
        p.grad = rng.standard_normal(p.shape)
        q.grad = torch.from_numpy(p.grad.copy())
    norm = optim.clip_grad_norm(ours, 0.5)
    assert norm == pytest.approx(torch.nn.utils.clip_grad_norm_(theirs, 0.5).item(), rel=1e-12)
    for p, q in zip(ours, theirs):
        np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-5)  # PyTorch adds 1e-6 to the norm


@pytest.mark.parametrize("total", [10, 57, 400])
def test_one_cycle_is_pytorchs(total):
    rule = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    peer = torch.optim.lr_scheduler.OneCycleLR(rule, max_lr=1.0, total_steps=total, cycle_momentum=False)
    schedule = optim.one_cycle(total)
    for step in range(total):
        assert schedule(step) == pytest.approx(peer.get_last_lr()[0], rel=1e-9, abs=1e-12)
        rule.step()
        if step < total - 1:
            peer.step()


def test_cosine_and_poly_are_pytorchs():
    for ours, make in (
        (optim.cosine(20), lambda r: torch.optim.lr_scheduler.CosineAnnealingLR(r, 20)),
        (optim.poly(20, power=0.9), lambda r: torch.optim.lr_scheduler.PolynomialLR(r, 20, power=0.9)),
    ):
        rule = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        peer = make(rule)
        for step in range(20):
            assert ours(step) == pytest.approx(peer.get_last_lr()[0], rel=1e-9)
            rule.step()
            peer.step()
