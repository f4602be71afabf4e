"""Cross-entropy, focal loss and soft Dice of logits (P, K): one sweep forward for all, and one backward.

Each needs the softmax p of every pixel, and that is where the time goes. So a sweep makes it once, in tiles of
`_LANES` pixels that stay in the cache of a core, and all three losses take from it what they need. A tile lies
transposed, (K, lanes): neighbours in memory are neighbouring pixels, so that every inner loop has the same length
whatever the number of classes, and becomes vector instructions. Between the sweeps only two numbers of each pixel are
kept, its largest logit and sum exp(logit - largest).

Labels are int32, a class or -1 where the pixel is ignored. What an ignored pixel holds is never read.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from npseg.kernels._exp import exp, log
from npseg.kernels._jit import jit, prange

__all__ = ["Sums", "backward", "forward"]

_BLOCK = 1024  # pixels whose costs are summed together, whatever the number of threads
_LANES = 128  # pixels of a tile
# A row of the tile is this much longer: rows at a distance of a power of two would share few lines of the cache.
_PAD = 16


class Sums(NamedTuple):
    """What the losses are made of; float64."""

    cost: float  # of cross-entropy: sum of -sum_k q_k w_k log p_k, q the smoothed target
    mass: float  # sum of the weights w of the labels
    focal: float  # sum of -alpha (1 - p)^gamma log p at the label
    pixels: float  # that are not ignored
    overlap: np.ndarray  # (K,) sum of p over the pixels of the class
    spread: np.ndarray  # (K,) sum of p, or of p^2, over all pixels
    truth: np.ndarray  # (K,) pixels of the class


def forward(
    logits: np.ndarray,
    labels: np.ndarray,
    weight: np.ndarray,
    smoothing: float,
    alpha: np.ndarray,
    gamma: float,
    squared: bool,
    wanted: tuple[bool, bool, bool],
    norms: np.ndarray,
) -> Sums:
    """The sums; those of losses that are not wanted (cross-entropy, focal, Dice) stay zero.

    weight, alpha (K,) have the type of the logits. Writes (largest logit, sum exp(logit - largest)) of each pixel into
    norms (2, P).
    """
    pixels, classes = logits.shape
    blocks = -(-pixels // _BLOCK)
    totals, by_class = np.zeros((blocks, 4)), np.zeros((blocks, 3, classes))
    number = logits.dtype.type
    _forward(
        logits, labels, weight, number(smoothing), alpha, number(gamma), squared, *wanted, norms, totals, by_class
    )  # fmt: skip
    cost, mass, focal, counted = totals.sum(axis=0).tolist()
    return Sums(cost, mass, focal, counted, *by_class.sum(axis=0))


@jit(parallel=True)
def _forward(
    logits, labels, weight, smoothing, alpha, gamma, squared, entropy, focal, dice, norms, totals, by_class
):  # fmt: skip
    for b in prange(totals.shape[0]):
        _forward_block(
            logits, labels, weight, smoothing, alpha, gamma, squared, entropy, focal, dice,
            norms, totals[b], by_class[b], b * _BLOCK, min((b + 1) * _BLOCK, labels.size),
        )  # fmt: skip


@jit
def _forward_block(
    logits, labels, weight, smoothing, alpha, gamma, squared, entropy, focal, dice, norms, totals, by_class, first, last
):  # fmt: skip
    classes, number = logits.shape[1], logits.dtype.type
    zero, one = number(0), number(1)
    x = np.zeros((classes, _LANES + _PAD), number)
    lanes = np.empty((8, _LANES), number)
    counts, top, gap, total = lanes[0], lanes[1], lanes[2], lanes[3]
    cost, inverse, share, other = lanes[4], lanes[5], lanes[6], lanes[7]
    spread, whole = smoothing / number(classes), weight.sum()
    for begin in range(first, last, _LANES):
        n = min(_LANES, last - begin)
        numbers = labels[begin : begin + n]
        _load(logits, labels, begin, n, x, top, gap)
        for j in range(n):
            counts[j] = zero if numbers[j] < 0 else one
        total[:] = 0
        other[:] = 0
        if entropy and smoothing > 0:  # sum_k w_k (top - x_k), before x becomes exp(x - top)
            for k in range(classes):
                for j in range(n):
                    other[j] += weight[k] * (top[j] - x[k, j])
        for k in range(classes):
            for j in range(n):
                x[k, j] = exp(x[k, j] - top[j])
                total[j] += x[k, j]
        # Loops of few arrays each: LLVM must prove that none overlaps another, and gives up on many.
        for j in range(n):
            cost[j] = log(total[j])
        for j in range(n):
            other[j] += whole * cost[j]
        for j in range(n):
            cost[j] += gap[j]
        for j in range(n):
            share[j] = exp(-cost[j])
        for j in range(n):
            inverse[j] = counts[j] / total[j]  # 0 where nothing of the pixel may enter a sum
        norms[0, begin : begin + n] = top[:n]
        norms[1, begin : begin + n] = total[:n]
        pixels = zero
        for j in range(n):
            pixels += counts[j]
        totals[3] += pixels
        if entropy:
            costs, mass, evenly = zero, zero, zero
            for j in range(n):
                own = counts[j] * weight[numbers[j] if numbers[j] > 0 else 0]
                mass += own
                costs += own * cost[j]
            for j in range(n):
                evenly += counts[j] * other[j]
            totals[0] += (one - smoothing) * costs + (spread * evenly if smoothing > 0 else zero)
            totals[1] += mass
        if focal:
            _missing(share, gamma, n, other)
            costs = zero
            for j in range(n):
                costs += counts[j] * alpha[numbers[j] if numbers[j] > 0 else 0] * other[j] * cost[j]
            totals[2] += costs
        if dice:
            for j in range(n):
                if numbers[j] >= 0:
                    by_class[0, numbers[j]] += share[j]
                    by_class[2, numbers[j]] += 1
            for k in range(classes):
                mass = zero
                if squared:
                    for j in range(n):
                        mass += (x[k, j] * inverse[j]) ** 2
                else:
                    for j in range(n):
                        mass += x[k, j] * inverse[j]
                by_class[1, k] += mass


def backward(
    logits: np.ndarray,
    labels: np.ndarray,
    weight: np.ndarray,
    smoothing: float,
    alpha: np.ndarray,
    gamma: float,
    squared: bool,
    norms: np.ndarray,
    scales: tuple[float, float],
    overlap_slope: np.ndarray,
    spread_slope: np.ndarray,
    dlogits: np.ndarray,
) -> None:
    """Gradient of  scales[0] cost + scales[1] focal + <overlap_slope, overlap> + <spread_slope, spread>.

    The scales and slopes are the derivatives of the loss in the `Sums`. A scale of 0 leaves its loss out, and slopes
    that are all 0 leave out Dice.
    """
    number = logits.dtype.type
    _backward(
        logits, labels, weight, number(smoothing), alpha, number(gamma), squared, norms, number(scales[0]),
        number(scales[1]), overlap_slope.astype(number), spread_slope.astype(number),
        bool(overlap_slope.any() or spread_slope.any()), dlogits,
    )  # fmt: skip


@jit(parallel=True)
def _backward(
    logits, labels, weight, smoothing, alpha, gamma, squared, norms, entropy_scale, focal_scale, overlap_slope,
    spread_slope, dice, dlogits,
):  # fmt: skip
    for b in prange((labels.size + _BLOCK - 1) // _BLOCK):
        _backward_block(
            logits, labels, weight, smoothing, alpha, gamma, squared, norms, entropy_scale, focal_scale, overlap_slope,
            spread_slope, dice, dlogits, b * _BLOCK, min((b + 1) * _BLOCK, labels.size),
        )  # fmt: skip


@jit
def _backward_block(
    logits, labels, weight, smoothing, alpha, gamma, squared, norms, entropy_scale, focal_scale, overlap_slope,
    spread_slope, dice, dlogits, first, last,
):  # fmt: skip
    # With u_k the slope of the loss in p_k, softmax gives dlogits_k = p_k (u_k - sum_j u_j p_j). Entropy and focal
    # loss have a slope c in log p of the label only, which gives c (onehot - p). So a pixel ends as
    # p_k (u_k + pull) + onehot_k hit - floor_k.
    classes, number = logits.shape[1], logits.dtype.type
    zero, one, two = number(0), number(1), number(2)
    x = np.zeros((classes, _LANES + _PAD), number)
    lanes = np.empty((7, _LANES), number)
    top, gap, cost, share = lanes[0], lanes[1], lanes[2], lanes[3]
    power, pull, hit = lanes[4], lanes[5], lanes[6]
    spread = smoothing / number(classes)
    whole = weight.sum() * spread
    for begin in range(first, last, _LANES):
        n = min(_LANES, last - begin)
        numbers, total = labels[begin : begin + n], norms[1, begin : begin + n]
        _load(logits, labels, begin, n, x, top, gap)
        for j in range(n):
            cost[j] = gap[j] + log(total[j])
        for j in range(n):
            share[j] = exp(-cost[j])
        for j in range(n):
            hit[j] = one / total[j]
        pull[:] = 0
        for k in range(classes):
            for j in range(n):
                x[k, j] = exp(x[k, j] - top[j]) * hit[j]
            if dice and squared:
                for j in range(n):
                    pull[j] -= two * spread_slope[k] * x[k, j] * x[k, j]
            elif dice:
                for j in range(n):
                    pull[j] -= spread_slope[k] * x[k, j]
        for j in range(n):
            own = overlap_slope[numbers[j] if numbers[j] > 0 else 0] * share[j]
            pull[j] -= own
            hit[j] = own
        if entropy_scale != zero:
            for j in range(n):
                own = entropy_scale * (one - smoothing) * weight[numbers[j] if numbers[j] > 0 else 0]
                pull[j] += own + entropy_scale * whole
                hit[j] -= own
        if focal_scale != zero:
            _missing(share, gamma, n, power)
            for j in range(n):
                own = focal_scale * alpha[numbers[j] if numbers[j] > 0 else 0] * power[j]
                pull[j] += own
                hit[j] -= own
            _missing(share, gamma - one, n, power)
            for j in range(n):
                own = focal_scale * alpha[numbers[j] if numbers[j] > 0 else 0] * gamma * share[j] * power[j] * cost[j]
                pull[j] += own
                hit[j] -= own
        for k in range(classes):
            slope, floor = spread_slope[k], entropy_scale * spread * weight[k]
            if dice and squared:
                for j in range(n):
                    x[k, j] = x[k, j] * (two * slope * x[k, j] + pull[j]) - floor
            else:
                for j in range(n):
                    x[k, j] = x[k, j] * (slope + pull[j]) - floor
        for j in range(n):
            if numbers[j] < 0:
                for k in range(classes):
                    dlogits[begin + j, k] = 0
            else:
                for k in range(classes):
                    dlogits[begin + j, k] = x[k, j]
                dlogits[begin + j, numbers[j]] += hit[j]


@jit
def _load(logits, labels, begin, n, x, top, gap):
    """n pixels, transposed: x (K, lanes) the logits, top the largest of a pixel, gap what the label's is short of it.

    All are 0 for an ignored pixel, which may hold anything. Where a logit is NaN its exp will be, whatever is
    subtracted.
    """
    classes = logits.shape[1]
    for j in range(n):
        label = labels[begin + j]
        if label < 0:
            for k in range(classes):
                x[k, j] = 0
            top[j] = 0
            gap[j] = 0
        else:
            largest = logits[begin + j, 0]
            for k in range(classes):
                value = logits[begin + j, k]
                x[k, j] = value
                largest = value if value > largest else largest
            top[j] = largest
            gap[j] = largest - logits[begin + j, label]


@jit
def _missing(share, gamma, n, power):
    """power = (1 - share)^gamma, kept away from zero, where it has no slope for gamma < 1."""
    zero, one, two = share.dtype.type(0), share.dtype.type(1), share.dtype.type(2)
    tiny = np.finfo(share.dtype).tiny
    for j in range(n):
        power[j] = one - share[j]
        power[j] = power[j] if not power[j] < tiny else tiny
    if gamma == zero:
        for j in range(n):
            power[j] = one
    elif gamma == two:
        for j in range(n):
            power[j] = power[j] * power[j]
    elif gamma != one:
        for j in range(n):
            power[j] = exp(gamma * log(power[j]))
