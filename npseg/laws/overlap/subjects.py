"""The measures that laws of overlap are for, in groups."""

from __future__ import annotations

RATIOS = (
    "iou", "dice", "precision", "recall", "pixel_accuracy", "frequency_weighted_iou", "micro_f1", "generalized_dice",
)  # fmt: skip
"""Measures that are shares of something."""

CHANCE_CORRECTED = ("kappa", "mcc")
"""Measures of which 0 is as good as guessing, and below 0 worse."""

SCORES = (*RATIOS, *CHANCE_CORRECTED)
"""All that give one number."""

CLASS_MEANS = ("iou", "dice", "precision", "recall")
"""Means of the scores of classes."""

PER_CLASS = tuple(f"{name}_per_class" for name in CLASS_MEANS)

ARRAYS = (*PER_CLASS, "confusion")
"""All that give more than one number, classes along every axis."""
