"""Cross-entropy, focal loss and soft Dice of logits (P, K): one sweep forward for all, and one backward.

Each needs the softmax p of every pixel, and that is where the time goes. So a sweep makes it once, in tiles of
`_LANES` pixels that stay in the cache of a core, and all three losses take from it what they need. A tile lies
transposed, (K, lanes): neighbours in memory are neighbouring pixels, so that every inner loop has the same length
whatever the number of classes, and becomes vector instructions. Nothing of a pixel is kept for the way back: to make
its softmax again costs less than to write it down and read it.

Labels are int32, a class or -1 where the pixel is ignored. What an ignored pixel holds is never used.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from npseg.kernels._exp import exp, log
from npseg.kernels._jit import jit, prange

__all__ = ["Options", "Sums", "backward", "forward"]

_BLOCK = 1024  # pixels whose costs are summed together, whatever the number of threads
_LANES = 128  # pixels of a tile
# A row of the tile is this much longer: rows at a distance of a power of two would share few lines of the cache.
_PAD = 16


class Options(NamedTuple):
    """What the losses are told."""

    weight: np.ndarray  # (K,) w of cross-entropy, of the logits' type
    smoothing: float  # s of cross-entropy
    alpha: np.ndarray  # (K,) of the focal loss, of the logits' type
    gamma: float  # of the focal loss
    squared: bool  # Dice divides by squares


class Sums(NamedTuple):
    """What the losses are made of; float64."""

    cost: float  # of cross-entropy: sum of -sum_k q_k w_k log p_k, with q = (1 - s) onehot + s / K
    mass: float  # sum of the weights w of the labels
    focal: float  # sum of -alpha (1 - p)^gamma log p at the label
    pixels: float  # that are not ignored
    overlap: np.ndarray  # (K,) sum of p over the pixels of the class
    truth: np.ndarray  # (K,) pixels of the class
    spread: np.ndarray  # (K,) sum of p, or of p^2, over all pixels


def forward(logits: np.ndarray, labels: np.ndarray, options: Options, focal: bool, dice: bool) -> Sums:
    """The sums; `focal`, or `spread`, stays zero where the focal loss, or Dice, is not asked for."""
    pixels, classes = logits.shape
    blocks, number = -(-pixels // _BLOCK), logits.dtype.type
    totals, by_class = np.zeros((blocks, 4)), np.zeros((blocks, 3, classes))
    weight, smoothing, alpha, gamma, squared = options
    _sweep(
        logits, labels, weight, number(smoothing), alpha, number(gamma), squared, focal, dice,
        totals, by_class, np.zeros((2, classes), number), np.empty((0, classes), number),
    )  # fmt: skip
    cost, mass, focal_cost, counted = totals.sum(axis=0).tolist()
    return Sums(cost, mass, focal_cost, counted, *by_class.sum(axis=0))


def backward(
    logits: np.ndarray,
    labels: np.ndarray,
    options: Options,
    scales: tuple[float, float],
    overlap_slope: np.ndarray,
    spread_slope: np.ndarray,
    dlogits: np.ndarray,
) -> None:
    """Gradient of  scales[0] cost + scales[1] focal + <overlap_slope, overlap> + <spread_slope, spread>.

    The scales and slopes are the derivatives of the loss in the `Sums`; those of a loss that is left out are 0.
    """
    number, (weight, smoothing, alpha, gamma, squared) = logits.dtype.type, options
    slopes = np.stack([overlap_slope, spread_slope]).astype(number)
    _sweep(
        logits, labels, number(scales[0]) * weight, number(smoothing), number(scales[1]) * alpha, number(gamma),
        squared, scales[1] != 0, bool(slopes.any()), np.empty((0, 4)), np.empty((0, 3, 0)), slopes, dlogits,
    )  # fmt: skip


@jit(parallel=True)
def _sweep(
    logits, labels, weight, smoothing, alpha, gamma, squared, focal, dice, totals, by_class, slopes, dlogits
):  # fmt: skip
    # One function for both ways, told apart by which output has room: it is compiled once.
    for b in prange((labels.size + _BLOCK - 1) // _BLOCK):
        _block(
            logits, labels, weight, smoothing, alpha, gamma, squared, focal, dice, totals, by_class, slopes, dlogits, b
        )  # fmt: skip


@jit
def _block(
    logits, labels, weight, smoothing, alpha, gamma, squared, focal, dice, totals, by_class, slopes, dlogits, b
):  # fmt: skip
    classes, number, back = logits.shape[1], logits.dtype.type, dlogits.shape[0] > 0
    zero, one, tiny = number(0), number(1), np.finfo(logits.dtype).tiny
    flat, steep = (zero, one) if squared else (one, zero)  # p (flat + steep p) is p, or p^2
    hard, spread, whole = one - smoothing, smoothing / number(classes), zero
    for k in range(classes):
        whole += weight[k]
    x = np.zeros((classes, _LANES + _PAD), number)
    lanes = np.zeros((8, _LANES), number)
    top, gap, inverse, cost = lanes[0], lanes[1], lanes[2], lanes[3]
    share, power, pull, hit = lanes[4], lanes[5], lanes[6], lanes[7]
    last = min((b + 1) * _BLOCK, labels.size)
    for begin in range(b * _BLOCK, last, _LANES):
        n = min(_LANES, last - begin)
        numbers = labels[begin : begin + n]
        _load(logits, labels, begin, n, x, top, gap)

        # Softmax. Loops of few arrays each: LLVM must prove that none overlaps another, and gives up on many.
        for j in range(n):
            inverse[j] = 0
            pull[j] = 0
        if not back and smoothing > zero:  # sum_k w_k (top - x_k), before x becomes exp(x - top)
            for k in range(classes):
                for j in range(n):
                    pull[j] += weight[k] * (top[j] - x[k, j])
        for k in range(classes):
            for j in range(n):
                x[k, j] = exp(x[k, j] - top[j])
                inverse[j] += x[k, j]
        for j in range(n):
            cost[j] = gap[j] + log(inverse[j])  # -log p of the label: two differences of near numbers
        for j in range(n):
            inverse[j] = one / inverse[j]
        for j in range(n):
            share[j] = exp(-cost[j])  # p of the label
        if focal:  # (1 - p)^gamma, or its slope; away from zero, where it has none for gamma < 1
            exponent = gamma - one if back else gamma
            for j in range(n):
                missing = one - share[j]
                power[j] = exp(exponent * log(tiny if missing < tiny else missing))

        if not back:
            costs, mass, evenly, focal_costs = zero, zero, zero, zero
            for j in range(n):
                label = numbers[j]
                if label < 0:
                    inverse[j] = 0  # nothing of this pixel enters a sum
                    continue
                mass += weight[label]
                costs += weight[label] * cost[j]
                evenly += pull[j] + whole * (cost[j] - gap[j])
                focal_costs += alpha[label] * power[j] * cost[j]
                by_class[b, 0, label] += share[j]
                by_class[b, 1, label] += 1
                totals[b, 3] += 1
            totals[b, 0] += hard * costs + (spread * evenly if smoothing > zero else zero)
            totals[b, 1] += mass
            totals[b, 2] += focal_costs
            if dice:
                for k in range(classes):
                    mass = zero
                    for j in range(n):
                        p = x[k, j] * inverse[j]
                        mass += p * (flat + steep * p)
                    by_class[b, 2, k] += mass
            continue

        # With u_k the slope of the loss in p_k, softmax gives dlogits_k = p_k (u_k - sum_i u_i p_i). Entropy and focal
        # loss have a slope c in log p of the label only, which gives c (onehot - p). So a pixel ends as
        # p_k (u_k + pull) + onehot_k hit - floor_k.
        if dice:
            for k in range(classes):
                slope = slopes[1, k]
                for j in range(n):
                    p = x[k, j] * inverse[j]
                    pull[j] -= slope * p * (flat + (steep + steep) * p)
        for j in range(n):
            label = numbers[j]
            if label >= 0:
                of_dice = slopes[0, label] * share[j]
                of_entropy = hard * weight[label]
                of_focal = alpha[label] * power[j] * (one - share[j] + gamma * share[j] * cost[j])
                pull[j] += of_entropy + spread * whole + of_focal - of_dice
                hit[j] = of_dice - of_entropy - of_focal
        for k in range(classes):
            slope, floor = slopes[1, k], spread * weight[k]
            for j in range(n):
                p = x[k, j] * inverse[j]
                x[k, j] = p * (slope * (flat + (steep + steep) * p) + pull[j]) - floor
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
