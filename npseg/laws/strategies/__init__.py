"""Hypothesis strategies for tests of segmentation: label maps with structure, pairs of them, logits, masks, objects."""

from __future__ import annotations

from npseg.laws.strategies.cases import (
    correctable_pairs,
    duplicated_pairs,
    ignored_pairs,
    out_of_range_pairs,
    pairs_with_every_class,
    pairs_with_every_class_on_both_sides,
    permuted_pairs,
    relabelled_pairs,
    repeated_pairs,
    right_pairs,
    split_pairs,
    tiled_pairs,
    typed_pairs,
)
from npseg.laws.strategies.geometry import OPERATORS, arguments_of, convolutions, images, poolings, resizings
from npseg.laws.strategies.labels import ignore_regions, label_maps, label_pairs, labels_like
from npseg.laws.strategies.logits import logit_pairs, logits, logits_for
from npseg.laws.strategies.loss_cases import KINDS, class_weights, logits_of_kinds, loss_cases
from npseg.laws.strategies.masks import mask_pairs, masks, masks_like, spacings
from npseg.laws.strategies.panoptic import instance_maps, panoptic_pairs

__all__ = [
    "KINDS",
    "OPERATORS",
    "arguments_of",
    "class_weights",
    "convolutions",
    "correctable_pairs",
    "duplicated_pairs",
    "ignore_regions",
    "ignored_pairs",
    "images",
    "instance_maps",
    "label_maps",
    "label_pairs",
    "labels_like",
    "logit_pairs",
    "logits",
    "logits_for",
    "logits_of_kinds",
    "loss_cases",
    "mask_pairs",
    "masks",
    "masks_like",
    "out_of_range_pairs",
    "pairs_with_every_class",
    "pairs_with_every_class_on_both_sides",
    "panoptic_pairs",
    "permuted_pairs",
    "poolings",
    "relabelled_pairs",
    "repeated_pairs",
    "resizings",
    "right_pairs",
    "spacings",
    "split_pairs",
    "tiled_pairs",
    "typed_pairs",
]
