"""Calibration of predicted probabilities, pixel by pixel, with plain loops over lists.

`labels` is a list of P true classes, `probabilities` a list of P lists of K numbers.
"""

from __future__ import annotations

import math

__all__ = [
    "brier_score",
    "calibration_error",
    "equal_mass_edges",
    "equal_width_edges",
    "negative_log_likelihood",
    "one_class",
    "reliability",
    "top_label",
]


def top_label(labels, probabilities):
    """Of each pixel the largest probability, and 1 if it is that of the true class (the first of equals is taken)."""
    confidences = [max(row) for row in probabilities]
    hits = [int(row.index(max(row)) == label) for label, row in zip(labels, probabilities)]
    return confidences, hits


def one_class(labels, probabilities, label):
    """Of each pixel the probability of one class, and 1 if that class is the true one."""
    return [row[label] for row in probabilities], [int(true == label) for true in labels]


def equal_width_edges(bins):
    """Edges of bins of one width."""
    return [number / bins for number in range(bins + 1)]


def equal_mass_edges(confidences, bins):
    """Edges after the first m-th part of the sorted confidences, rounded up to whole pixels, for m = 1 to bins - 1."""
    ordered = sorted(confidences)
    inner = [ordered[math.ceil(part * len(ordered) / bins) - 1] for part in range(1, bins)]
    return [0.0, *inner, 1.0]


def reliability(confidences, hits, edges):
    """For each bin (a, b], the first with its left end: number of pixels, mean confidence and share of hits."""
    rows = []
    bins = len(edges) - 1
    for number in range(bins):
        inside = []
        for confidence, hit in zip(confidences, hits):
            # The first bin whose right edge is not below the value.
            if next(m for m in range(bins) if confidence <= edges[m + 1]) == number:
                inside.append((confidence, hit))
        count = len(inside)
        mean = math.fsum(confidence for confidence, _ in inside) / count if count else math.nan
        share = sum(hit for _, hit in inside) / count if count else math.nan
        rows.append((count, mean, share))
    return rows


def calibration_error(rows):
    """Mean over pixels of |share of hits - mean confidence| of their bin. Guo et al. 2017, equation 3."""
    total = sum(count for count, _, _ in rows)
    if total == 0:
        return math.nan
    return math.fsum(count / total * abs(share - mean) for count, mean, share in rows if count)


def brier_score(labels, probabilities):
    """Mean over pixels of the squared distance between the probabilities and the one-hot truth. Brier 1950."""
    if not labels:
        return math.nan
    squares = [
        (probability - (1 if number == label else 0)) ** 2
        for label, row in zip(labels, probabilities)
        for number, probability in enumerate(row)
    ]
    return math.fsum(squares) / len(labels)


def negative_log_likelihood(labels, probabilities):
    """Mean over pixels of -ln of the probability of the true class."""
    if not labels:
        return math.nan
    losses = [-math.log(row[label]) if row[label] > 0 else math.inf for label, row in zip(labels, probabilities)]
    return math.fsum(losses) / len(labels)
