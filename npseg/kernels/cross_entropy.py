"""Cross-entropy of logits (P, K) against labels (P,), in one pass forward and one backward.

With q = (1 - s) onehot(t) + s / K the smoothed target and w the class weights, a pixel costs -sum_k q_k w_k log p_k,
and the mean divides by the sum of w_t. Pixels whose label is `ignore` cost nothing and weigh nothing.
"""

from __future__ import annotations

import math

import numpy as np

from npseg.kernels._jit import jit, prange

__all__ = ["backward", "forward"]

_BLOCK = 1024  # pixels whose costs are summed together, whatever the number of threads


def forward(
    logits: np.ndarray, labels: np.ndarray, weight: np.ndarray, ignore: int, smoothing: float, lse: np.ndarray
) -> tuple[float, float]:
    """Sum of the costs and sum of the weights; writes log sum exp of each row into lse (P,)."""
    sums = _forward(logits, labels, weight, ignore, smoothing, lse, _BLOCK)
    return float(sums[:, 0].sum()), float(sums[:, 1].sum())


@jit(parallel=True)
def _forward(logits, labels, weight, ignore, smoothing, lse, block):
    pixels, classes = logits.shape
    blocks = (pixels + block - 1) // block
    sums = np.zeros((blocks, 2), np.float64)
    spread = smoothing / classes
    for b in prange(blocks):
        cost, mass = 0.0, 0.0
        for p in range(b * block, min((b + 1) * block, pixels)):
            t = labels[p]
            if t == ignore:
                continue
            top = logits[p, 0]
            for k in range(classes):
                top = max(top, logits[p, k])
            total = 0.0
            for k in range(classes):
                total += math.exp(logits[p, k] - top)
            norm = top + math.log(total)
            lse[p] = norm
            cost += (1.0 - smoothing) * weight[t] * (norm - logits[p, t])
            if spread > 0.0:
                for k in range(classes):
                    cost += spread * weight[k] * (norm - logits[p, k])
            mass += weight[t]
        sums[b, 0] = cost
        sums[b, 1] = mass
    return sums


@jit(parallel=True)
def backward(logits, labels, weight, ignore, smoothing, lse, scale, dlogits):
    """dlogits = scale * (p sum_k(q_k w_k) - q w)."""
    pixels, classes = logits.shape
    spread = smoothing / classes
    all_weights = 0.0
    for k in range(classes):
        all_weights += weight[k]
    for p in prange(pixels):
        t = labels[p]
        if t == ignore:
            for k in range(classes):
                dlogits[p, k] = 0
            continue
        hit = (1.0 - smoothing) * weight[t]
        mass = hit + spread * all_weights
        for k in range(classes):
            share = math.exp(logits[p, k] - lse[p])
            dlogits[p, k] = scale * (share * mass - spread * weight[k])
        dlogits[p, t] -= scale * hit
