"""Scenes of many sizes and what accumulators make of them, in a module that other processes can import."""

from __future__ import annotations

import numpy as np

from npseg.metrics import BoundaryMetrics, DistanceMetrics

CLASSES = 3


def scenes(number, seed=0, axes=2):
    """Label maps of blocks, of many sizes, with ignored pixels and absent classes, and what a model makes of them."""
    rng = np.random.default_rng(seed)
    for index in range(number):
        shape = tuple(rng.integers(2, 5, axes))
        blocks = rng.integers(0, CLASSES - index % 2, (2, *shape))
        truth, prediction = (np.kron(one, np.ones((3,) * axes, int)) for one in blocks)
        if index % 3:
            prediction = np.where(rng.random(truth.shape) < 0.9, truth, prediction)
        truth[rng.random(truth.shape) < 0.05] = 255
        yield truth, prediction, tuple(rng.choice([0.5, 1.0, 2.5], axes)), f"image {index}"


def boundaries(parts, **options):
    metrics = BoundaryMetrics(CLASSES, ignore_index=255, trimap_widths=(1, 3), **options)
    for truth, prediction, _, image_id in parts:
        metrics.update(truth, prediction, image_id=image_id)
    return metrics


def distances(parts, **options):
    metrics = DistanceMetrics(CLASSES, ignore_index=255, tolerance=1, **options)
    for truth, prediction, spacing, image_id in parts:
        metrics.update(truth, prediction, spacing=spacing, image_id=image_id)
    return metrics


def states_of(seed):
    """Of a process of its own."""
    parts = list(scenes(9, seed))
    return [make(parts).state_dict() for make in (boundaries, distances)]
