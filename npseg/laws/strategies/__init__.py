"""Hypothesis strategies for tests of segmentation: label maps with structure, pairs of them, logits, masks, objects."""

from __future__ import annotations

from npseg.laws.strategies.labels import label_maps, label_pairs
from npseg.laws.strategies.masks import mask_pairs, masks, masks_like, spacings

__all__ = ["label_maps", "label_pairs", "mask_pairs", "masks", "masks_like", "spacings"]
