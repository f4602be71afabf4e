"""Values and gradients of the losses, against PyTorch's cross-entropy and its autograd."""

from __future__ import annotations

import numpy as np
import pytest

from npseg import losses
from npseg.autograd import Tensor

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.torch

WEIGHT = np.array([0.3, 1.0, 2.0, 0.7])


def torch_focal(x, y, gamma=2.0, alpha=None):
    keep = y != 255
    log_p = F.log_softmax(x, 1).gather(1, torch.where(keep, y, 0)[:, None])[:, 0]
    scale = 1.0 if alpha is None else alpha[torch.where(keep, y, 0)]
    return (-scale * (1 - log_p.exp()) ** gamma * log_p)[keep].mean()


def torch_dice(x, y, smooth=1.0):
    keep = (y != 255)[:, None]
    g = F.one_hot(torch.where(y == 255, 0, y), x.shape[1]).movedim(-1, 1) * keep
    p = x.softmax(1) * keep
    axes = (0, 2, 3)
    dice = (2 * (p * g).sum(axes) + smooth) / (p.sum(axes) + g.sum(axes) + smooth)
    return 1 - dice[g.sum(axes) > 0].mean()


CASES = {
    "plain": (losses.cross_entropy, {}, lambda x, y, w: F.cross_entropy(x, y, ignore_index=255)),
    "weighted": (
        losses.cross_entropy,
        {"weight": WEIGHT},
        lambda x, y, w: F.cross_entropy(x, y, weight=w, ignore_index=255),
    ),
    "smooth": (
        losses.cross_entropy,
        {"weight": WEIGHT, "label_smoothing": 0.1},
        lambda x, y, w: F.cross_entropy(x, y, weight=w, ignore_index=255, label_smoothing=0.1),
    ),
    "focal": (losses.focal, {}, lambda x, y, w: torch_focal(x, y)),
    "focal_alpha": (losses.focal, {"alpha": WEIGHT, "gamma": 1.5}, lambda x, y, w: torch_focal(x, y, 1.5, w)),
    "dice": (losses.soft_dice, {}, lambda x, y, w: torch_dice(x, y)),
}


@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-10), ("float32", 1e-5)])
@pytest.mark.parametrize("case", CASES)
def test_value_and_gradient_agree(case, dtype, tolerance):
    ours, options, theirs = CASES[case]
    rng = np.random.default_rng(0)
    logits = (2 * rng.standard_normal((2, 9, 11, 4))).astype(dtype)
    labels = rng.integers(0, 4, (2, 9, 11))
    labels[rng.random(labels.shape) < 0.2] = 255
    x = Tensor(logits, requires_grad=True)
    y = torch.from_numpy(np.ascontiguousarray(logits.transpose(0, 3, 1, 2))).requires_grad_()
    a = ours(x, labels, **options)
    b = theirs(y, torch.from_numpy(labels), torch.from_numpy(WEIGHT.astype(dtype)))
    a.backward()
    b.backward()
    assert a.item() == pytest.approx(b.item(), rel=tolerance)
    wanted = y.grad.numpy().transpose(0, 2, 3, 1)
    assert np.abs(x.grad - wanted).max() <= tolerance * np.abs(wanted).max()
