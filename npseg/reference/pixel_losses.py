"""Cross-entropy, soft Dice and focal loss together: nothing but their weighted sum."""

from __future__ import annotations

from typing import Any

import numpy as np

from npseg.reference.cross_entropy import cross_entropy as _cross_entropy
from npseg.reference.cross_entropy import cross_entropy_gradient
from npseg.reference.focal import focal as _focal
from npseg.reference.focal import focal_gradient
from npseg.reference.soft_dice import soft_dice, soft_dice_gradient

__all__ = ["pixel_losses", "pixel_losses_gradient"]


def pixel_losses(
    logits: np.ndarray,
    labels: np.ndarray,
    *,
    cross_entropy: float = 1.0,
    dice: float = 1.0,
    focal: float = 1.0,
    ignore_index: int | None = 255,
    **options: Any,
) -> tuple[Any, Any, Any, Any]:
    """(sum of factor times loss, cross-entropy, Dice, focal loss); a loss whose factor is 0 counts as 0.

    >>> total, entropy, dice, focal = pixel_losses(np.zeros((2, 2)), np.array([0, 1]), focal=0.0)
    >>> bool(total == entropy + dice), focal
    (True, 0.0)
    """
    of_entropy, of_dice, of_focal = _split(options, ignore_index)
    values = (
        _cross_entropy(logits, labels, **of_entropy) if cross_entropy else 0.0,
        soft_dice(logits, labels, **of_dice) if dice else 0.0,
        _focal(logits, labels, **of_focal) if focal else 0.0,
    )
    return cross_entropy * values[0] + dice * values[1] + focal * values[2], *values


def pixel_losses_gradient(
    logits: np.ndarray,
    labels: np.ndarray,
    *,
    cross_entropy: float = 1.0,
    dice: float = 1.0,
    focal: float = 1.0,
    ignore_index: int | None = 255,
    **options: Any,
) -> np.ndarray:
    """Gradient of the sum in the logits: the sum of the gradients.

    >>> pixel_losses_gradient(np.zeros((2, 2)), np.array([1, 255]), dice=0.0, focal=0.0).tolist()
    [[0.5, -0.5], [0.0, 0.0]]
    """
    of_entropy, of_dice, of_focal = _split(options, ignore_index)
    return (
        cross_entropy * cross_entropy_gradient(logits, labels, **of_entropy)
        + dice * soft_dice_gradient(logits, labels, **of_dice)
        + focal * focal_gradient(logits, labels, **of_focal)
    )


def _split(options: dict[str, Any], ignore_index: int | None) -> list[dict[str, Any]]:
    """What of the options belongs to cross-entropy, Dice and the focal loss."""
    names = (("weight", "label_smoothing"), ("smooth", "squared"), ("gamma", "alpha"))
    return [{"ignore_index": ignore_index} | {name: options[name] for name in own if name in options} for own in names]
