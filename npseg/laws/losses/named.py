"""The losses that laws speak of."""

from __future__ import annotations

__all__ = ["LOSSES", "MEANS", "NAMED", "OF_PIXELS"]

OF_PIXELS = ("cross_entropy", "focal")
NAMED = (*OF_PIXELS, "soft_dice")
LOSSES = (*NAMED, "loss")
MEANS = ("mean", "weighted-mean")
"""Reductions that divide."""
