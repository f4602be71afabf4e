"""What the laws do to images, each a pair of class map and instance map."""

from __future__ import annotations

import numpy as np

__all__ = ["copied", "rows_of", "seen_in", "with_every_class"]

IMAGES_SHOWN = 4


def copied(images):
    """The same images in other memory."""
    return [(classes.copy(), ids.copy()) for classes, ids in images]


def with_every_class(images, num_classes):
    """The images and one more, a row in which each class has an object of one pixel, so that none is unseen."""
    return [*images, (np.arange(num_classes)[None], np.ones((1, num_classes), np.int64))]


def seen_in(images, num_classes):
    """Whether each class has a pixel."""
    return np.array([any((classes == label).any() for classes, _ in images) for label in range(num_classes)])


def rows_of(answer):
    """An answer as rows of numbers: of each class its PQ, SQ and RQ, or one row with the mean."""
    answer = np.asarray(answer, float)
    return answer if answer.ndim == 2 else answer.reshape(1, 1)
