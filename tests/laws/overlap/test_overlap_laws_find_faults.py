"""Every law of overlap finds the fault in a mutant, in a case that fits on a line or two."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from right_scores import RIGHT

import npseg.laws.catalogue  # noqa: F401
from npseg.laws import LAWS, examine
from npseg.laws.comparing import differ
from npseg.laws.law import Code
from npseg.laws.mutants import overlap_counting
from npseg.laws.mutants.accumulating import accumulating_mutants
from npseg.laws.mutants.formulas import formula_mutants
from npseg.laws.mutants.overlap import overlap_mutants
from npseg.laws.mutants.scores import score_mutants
from npseg.laws.strategies import ignored_pairs

MUTANTS = {
    mutant.name: mutant.target
    for mutant in (*overlap_mutants(), *score_mutants(), *formula_mutants(), *accumulating_mutants())
}
FOUND = {
    "within-bounds": "images-added-up",
    "perfect-is-one": "eps-in-hard-dice",
    "perfect-with-every-class-is-one": "intersection-counted-twice",
    "all-wrong-is-zero": "smooth-in-hard-dice",
    "all-wrong-with-every-class-is-zero": "true-negatives-count",
    "all-wrong-is-no-better-than-chance": "size-of-kappa",
    "symmetric": "false-alarms-of-absent-classes-vanish",
    "pixels-in-any-order": "frame-left-out",
    "names-of-classes": "background-left-out",
    "names-of-classes-one-by-one": "sorted-classes",
    "images-in-any-order": "later-images-weigh-more",
    "duplicated-images": "smooth-in-hard-dice",
    "unused-class": "absent-is-zero",
    "unused-class-beside-others": "shares-of-the-mean",
    "cut-into-tiles": "mean-of-batch-means",
    "prediction-at-ignored-pixels": "ignored-is-false-alarm",
    "ignoring-is-deleting": "ignored-counts-as-right",
    "ignoring-a-class-is-deleting": "ignored-class-left-out",
    "ignored-image": "ignored-counts-as-right",
    "mean-of-classes": "absent-reported-as-zero",
    "mean-of-classes-in-one-image": "absent-reported-as-zero",
    "correcting-a-pixel": "missed-classes-vanish",
    "correcting-a-pixel-class-by-class": "sizes-compared",
    "batch-is-mean-of-images": "images-weighed-by-classes",
    "batch-between-its-images": "images-added-up",
    "images-count-alike-beside-ignored": "images-weighed-by-valid-pixels",
    "dice-from-iou": "absent-dice-is-one",
    "mean-dice-around-mean-iou": "ignored-class-left-out",
    "iou-below-precision-and-recall": "dice-called-iou",
    "weighted-iou-below-accuracy": "weighted-with-both-sides",
    "kappa-below-accuracy": "agreement-not-corrected",
    "transposed-images": "cropped-to-a-square",
    "accuracy-is-share-of-right-pixels": "true-negatives-count",
    "many-pixels-in-confusion": "counts-saturate",
    "many-pixels-in-class-counts": "class-counts-saturate",
    "counts-are-exact": "narrow-cells",
    "counts-of-classes-are-exact": "ignored-taken-from-negatives",
    "any-split": "mean-of-updates",
    "merging": "merging-replaces",
    "counts-add-up": "totals-in-float32",
    "inputs-stay": "writes-into-the-truth",
    "computing-again": "never-reset",
    "label-out-of-range-in-prediction": "strays-dropped",
    "label-out-of-range-in-truth": "strays-dropped",
    "label-out-of-range-in-counts": "folded-labels",
    "one-sided-class-is-zero": "false-alarms-undefined",
    "dice-between-precision-and-recall": "iou-called-precision",
    "exchange-of-precision-and-recall": "precision-called-recall",
    "kappa-within-correlation": "chance-of-equal-classes",
    "accumulator-agrees-with-function": "accumulated-by-image",
    "type-and-strides-of-labels": "truth-read-in-memory-order",
    "labels-as-floats": "floats-rounded-up",
    "many-pixels": "float32-counts",
    "class-scores-as-defined": "recall-of-classes-called-precision",
    "mean-scores-as-defined": "median-of-classes",
    "weighted-overlap-as-defined": "mean-iou-called-generalised-dice",
    "agreement-as-defined": "kappa-called-correlation",
    "pooled-class-scores-as-defined": "recall-of-classes-called-precision",
    "pooled-scores-as-defined": "weights-of-predicted-classes",
    "pooled-accuracy-as-defined": "accuracy-of-each-image",
    "many-classes-as-defined": "pairs-in-a-byte",
}
LARGE = {"many-pixels-in-confusion", "many-pixels-in-class-counts", "counts-add-up", "many-pixels"}
"""Laws of which only the large cases show that fault."""
MADE_OF = {
    "iou": overlap_counting.right_iou,
    "dice": overlap_counting.right_dice,
    "precision": overlap_counting.right_precision,
    "pixel_accuracy": overlap_counting.right_accuracy,
    "mcc": overlap_counting.right_mcc,
    "iou_per_class": overlap_counting.right_iou_per_class,
    "dice_per_class": overlap_counting.right_dice_per_class,
    "precision_per_class": overlap_counting.right_precision_per_class,
    "recall_per_class": overlap_counting.right_recall_per_class,
}


def test_every_law_has_a_planted_fault() -> None:
    assert {law.name for law in LAWS.values() if law.check.__module__.startswith("npseg.laws.overlap.")} == set(FOUND)


@pytest.mark.parametrize("name, mutant", FOUND.items())
def test_the_law_finds_the_planted_fault_in_a_small_case(name: str, mutant: str) -> None:
    law = LAWS[name] if name in LARGE else replace(LAWS[name], always=())
    broken = [
        trial for trial in examine(MUTANTS[mutant], laws=[law], max_examples=300).failures if trial.law.name == name
    ]
    assert broken, f"{name} does not find {mutant}"
    case = broken[0].case
    sizes = [array.size for array in case.values() if isinstance(array, np.ndarray)]
    small = 4 * 17 if name == "many-classes-as-defined" else 40
    assert any(isinstance(value, Code) for value in case.values()) or sum(sizes) <= small, case


@settings(max_examples=50, deadline=None, database=None)
@given(ignored_pairs(classes=(1, 4)))
def test_what_the_mutants_are_made_of_is_right(case: dict[str, Any]) -> None:
    maps, num_classes = (case["y_true"], case["y_pred"]), case["num_classes"]
    with np.errstate(invalid="ignore"):
        for name, score in MADE_OF.items():
            assert not differ(score(**case), RIGHT[name](**case), 1e-12), name
        matrix = overlap_counting.counted(**case)
        assert not differ(matrix, RIGHT["confusion"](**case), 0)
        assert not differ(overlap_counting.class_counts_of(matrix), RIGHT["class_counts"](**case), 0)
        assert not differ(overlap_counting.kappa_of(matrix), RIGHT["kappa"](**case), 1e-12)
    merged = overlap_counting.gathered([maps, [maps, []]], num_classes, case["ignore_index"])
    assert not differ(merged, 2 * matrix, 0)
