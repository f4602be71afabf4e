"""Resampling and testing of scores, written from the definitions in plain loops."""

from __future__ import annotations

import itertools
import math

__all__ = [
    "bca_interval",
    "bootstrap_scores",
    "class_iou",
    "holm",
    "mean_iou",
    "normal_cdf",
    "normal_quantile",
    "pixel_accuracy",
    "quantile",
    "sign_flip_differences",
    "sign_flip_p",
    "sum_matrices",
]


def sum_matrices(matrices):
    """Sum of square matrices, as lists of lists."""
    side = len(matrices[0])
    return [[sum(int(matrix[i][j]) for matrix in matrices) for j in range(side)] for i in range(side)]


def class_iou(matrix):
    """IoU of each class of one matrix, rows the truth: NaN for a class in neither truth nor prediction."""
    side, found = len(matrix), []
    for c in range(side):
        either = sum(int(matrix[c][j]) for j in range(side)) + sum(int(matrix[i][c]) for i in range(side) if i != c)
        found.append(int(matrix[c][c]) / either if either else math.nan)
    return found


def mean_iou(matrix):
    """Mean IoU of the classes that have one."""
    defined = [value for value in class_iou(matrix) if not math.isnan(value)]
    return sum(defined) / len(defined) if defined else math.nan


def pixel_accuracy(matrix):
    """Share of the pixels on the diagonal."""
    total = sum(int(cell) for row in matrix for cell in row)
    return sum(int(matrix[c][c]) for c in range(len(matrix))) / total if total else math.nan


def bootstrap_scores(units, draws, score):
    """Score of each resample; `draws` lists for each the numbers of the units drawn."""
    return [score(sum_matrices([units[u] for u in draw])) for draw in draws]


def sign_flip_differences(a, b, score):
    """Differences of the score for every way to swap the two models in some of the units."""
    differences = []
    for swapped in itertools.product([False, True], repeat=len(a)):
        first = [b[u] if swap else a[u] for u, swap in enumerate(swapped)]
        second = [a[u] if swap else b[u] for u, swap in enumerate(swapped)]
        differences.append(score(sum_matrices(first)) - score(sum_matrices(second)))
    return differences


def sign_flip_p(a, b, score):
    """Share of all swaps whose difference is as large as the observed one, either way (to rounding)."""
    observed = score(sum_matrices(a)) - score(sum_matrices(b))
    if math.isnan(observed):
        return math.nan
    differences = sign_flip_differences(a, b, score)
    large = [one for one in differences if math.isnan(one) or abs(one) >= abs(observed) - 1e-12]
    return len(large) / len(differences)


def holm(p_values):
    """Holm's adjusted p-values: for each test, the largest of (m - j + 1) times the j-th smallest p up to its own."""
    ranked = sorted(p for p in p_values if not math.isnan(p))
    adjusted = []
    for p in p_values:
        if math.isnan(p):
            adjusted.append(math.nan)
            continue
        stepped = [(len(ranked) - j) * q for j, q in enumerate(ranked) if q <= p]
        adjusted.append(min(1.0, max(stepped)))
    return adjusted


def normal_cdf(x):
    """Distribution function of the standard normal."""
    return 0.5 * math.erfc(-x / math.sqrt(2))


def normal_quantile(p):
    """Where `normal_cdf` is p, by bisection."""
    low, high = -40.0, 40.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if normal_cdf(middle) < p else (low, middle)
    return (low + high) / 2


def quantile(values, p):
    """The value at rank p (n - 1) of the sorted values, counted from 0; between two, by a straight line."""
    ranked = sorted(values)
    rank = p * (len(ranked) - 1)
    below = min(int(rank), len(ranked) - 1)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (rank - below) * (ranked[above] - ranked[below])


def bca_interval(replications, estimate, left_out, level):
    """Ends of the BCa interval; Efron and Tibshirani 1993, equations 14.9 to 14.15. Ties count half."""
    below = sum(1.0 if value < estimate else 0.5 if value == estimate else 0.0 for value in replications)
    bias = normal_quantile(below / len(replications))
    centre = sum(left_out) / len(left_out)
    cubes = sum((centre - value) ** 3 for value in left_out)
    squares = sum((centre - value) ** 2 for value in left_out)
    acceleration = cubes / (6 * squares**1.5) if squares else 0.0
    ends = []
    for p in ((1 - level) / 2, (1 + level) / 2):
        z = bias + normal_quantile(p)
        ends.append(quantile(replications, normal_cdf(bias + z / (1 - acceleration * z))))
    return tuple(ends)
