"""Hypothesis strategies for tests of segmentation: label maps with structure, pairs of them, logits, masks, objects."""

from __future__ import annotations

from npseg.laws.strategies.labels import label_maps, label_pairs

__all__ = ["label_maps", "label_pairs"]
