"""One set of predictions, scored as each library and benchmark does it, so that a reported number can be reproduced."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from npseg.metrics.overlap.averages import Averaging, averaged
from npseg.metrics.overlap.class_counts import ClassCounts
from npseg.metrics.overlap.class_rows import number, text
from npseg.metrics.overlap.formulas import class_dice, class_iou, ratio

__all__ = ["CONVENTIONS", "Convention", "ConventionScore", "conventions_table", "score_conventions"]


@dataclass(frozen=True)
class ConventionScore:
    """The score under one convention.

    - `name`: who uses it; `metric`: what they call it; `rule`: how it is computed, in words.
    - `score`: NaN where their rule gives that.
    - `images_left_out`, `classes_left_out`: those with nothing in the mean; `pairs_left_out`: pairs of an image and a
      class, of rules that score such pairs.
    """

    name: str
    metric: str
    rule: str
    score: float
    images_left_out: int = 0
    classes_left_out: int = 0
    pairs_left_out: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain data; an undefined score is None."""
        return {**vars(self), "score": number(self.score)}


@dataclass(frozen=True)
class Convention:
    """A rule: a formula of class counts, and how its scores are averaged.

    `undefined` is what a mean of nothing is worth. With `poisoned` an undefined class makes the whole mean undefined,
    as a plain mean over NaN does.
    """

    name: str
    metric: str
    rule: str
    formula: Callable[[ClassCounts], np.ndarray]
    how: Averaging
    without_background: bool = False
    undefined: float = math.nan
    poisoned: bool = False

    def scored(self, counts: ClassCounts) -> ConventionScore:
        """The score of counts of images `(N, K)`."""
        if self.without_background:
            counts = counts.of(range(1, counts.tp.shape[-1]))
        unit = counts if self.how.by_image else counts.summed(0).with_axis()
        if self.how.average == "micro" and self.how.aggregate != "image_class":
            unit = ClassCounts(*(part[:, None] for part in unit.summed(-1)))
        missing = np.isnan(self.formula(unit)) if self.how.absent == "skip" else np.zeros(unit.tp.shape, bool)
        score = float(averaged(counts, self.formula, self.how))
        if self.poisoned and missing.all(axis=0).any():
            score, missing = math.nan, np.zeros_like(missing)
        of_classes = self.how.average != "micro" or self.how.aggregate == "image_class"
        return ConventionScore(
            self.name,
            self.metric,
            self.rule,
            self.undefined if math.isnan(score) and not self.poisoned else score,
            images_left_out=int(missing.all(axis=1).sum()) if self.how.by_image else 0,
            classes_left_out=int(missing.all(axis=0).sum()) if of_classes else 0,
            pairs_left_out=int(missing.sum()) if self.how.by_image and of_classes else 0,
        )


def dice_if_hit(counts: ClassCounts) -> np.ndarray:
    """Dice by way of precision and recall, which without a hit divides by nothing."""
    return np.where(counts.tp > 0, class_dice(counts), np.nan)


def if_in_truth(formula: Callable[[ClassCounts], np.ndarray]) -> Callable[[ClassCounts], np.ndarray]:
    """NaN for classes that the truth does not hold, even if they were predicted."""
    return lambda counts: np.where(counts.support > 0, formula(counts), np.nan)


def accuracy_of_classes(counts: ClassCounts) -> np.ndarray:
    """(TP + TN) / all: true negatives count as right."""
    return ratio(counts.tp + counts.tn, counts.tp + counts.fp + counts.fn + counts.tn)


_POOLED = "pixels of all images together"
_SKIP = f"{_POOLED}; mean over the classes that occur in truth or prediction"
_ZERO = f"{_POOLED}; mean over all classes, absent ones count as 0"
_NAN = f"{_POOLED}; plain mean over all classes, undefined as soon as one is absent from truth and prediction"
_SMP = "absent classes count as 1"

# fmt: off
CONVENTIONS: tuple[Convention, ...] = (
    Convention("as npseg", "mIoU", _SKIP, class_iou, Averaging()),
    Convention("as mmsegmentation", "mIoU", f"{_SKIP} (nanmean)", class_iou, Averaging()),
    Convention("as Hugging Face mean_iou", "mIoU", f"{_SKIP} (nanmean)", class_iou, Averaging()),
    Convention("as Cityscapes", "mIoU", f"{_SKIP}, ignored classes among neither", class_iou, Averaging()),
    Convention("as Keras MeanIoU", "mIoU", _SKIP, class_iou, Averaging()),
    Convention("as torchmetrics JaccardIndex (macro)", "mIoU", _SKIP, class_iou, Averaging()),
    Convention("as scikit-learn jaccard_score(macro)", "mIoU", _SKIP, class_iou, Averaging()),
    Convention("as the VOC server", "mIoU", _NAN, class_iou, Averaging(), poisoned=True),
    Convention("as torchvision's reference script", "mIoU", _NAN, class_iou, Averaging(), poisoned=True),
    Convention(
        "as scikit-learn jaccard_score(macro, labels=range(C))", "mIoU", _ZERO, class_iou, Averaging(absent=0)
    ),
    Convention("as PaddleSeg", "mIoU", _ZERO, class_iou, Averaging(absent=0)),
    Convention("as the ADE20K script (CSAILVision)", "mIoU", _ZERO, class_iou, Averaging(absent=0)),
    Convention("as smp (macro)", "mIoU", f"{_POOLED}; mean over all classes, {_SMP}", class_iou, Averaging(absent=1)),
    Convention(
        "as smp (micro)", "IoU", f"{_POOLED}, and hits and unions of all classes too", class_iou,
        Averaging(average="micro"),
    ),
    Convention(
        "as smp (macro-imagewise)", "mIoU", f"mean over images of their mean over all classes, {_SMP}", class_iou,
        Averaging("image", absent=1),
    ),
    Convention(
        "as smp (micro-imagewise)", "IoU",
        "hits and unions of all classes together in each image, then the mean over images; one without valid pixels "
        "counts as 1",
        class_iou, Averaging("image", "micro", 1),
    ),
    Convention(
        "as torchmetrics MeanIoU (class)", "mIoU",
        "mean over all pairs of an image and a class that occurs in its truth or prediction, every pair alike",
        class_iou, Averaging("image_class", "micro"),
    ),
    Convention(
        "as MONAI MeanIoU", "mIoU",
        "mean over images of their mean over the classes of their truth; a class that is only predicted is left out; 0 "
        "if nothing is left",
        if_in_truth(class_iou), Averaging("image"), undefined=0.0,
    ),
    Convention(
        "as Wang et al. 2023 (mIoU^I)", "mIoU",
        "mean over images of their mean over the classes in their truth or prediction", class_iou, Averaging("image"),
    ),
    Convention(
        "as Wang et al. 2023 (mIoU^C)", "mIoU",
        "mean over classes of their mean over the images whose truth or prediction holds them", class_iou,
        Averaging("image_class"),
    ),
    Convention("as mmsegmentation (mDice)", "mean Dice", f"{_SKIP} (nanmean)", class_dice, Averaging()),
    Convention(
        "as mmsegmentation (mFscore)", "mean F1",
        f"{_POOLED}; mean over the classes with a hit: one that was missed altogether is left out", dice_if_hit,
        Averaging(),
    ),
    Convention("as scikit-learn f1_score(macro)", "mean F1", _SKIP, class_dice, Averaging()),
    Convention(
        "as torchmetrics DiceScore", "mean Dice",
        "mean over images of their mean over the classes in their truth or prediction", class_dice, Averaging("image"),
    ),
    Convention(
        "as MONAI DiceMetric", "mean Dice",
        "mean over images of their mean over the classes of their truth; a class that is only predicted is left out; 0 "
        "if nothing is left",
        if_in_truth(class_dice), Averaging("image"), undefined=0.0,
    ),
    Convention(
        "as MONAI DiceMetric(ignore_empty=False)", "mean Dice",
        "mean over images of their mean over all classes; a class in neither truth nor prediction counts as 1",
        class_dice, Averaging("image", absent=1),
    ),
    Convention(
        "as nnU-Net (foreground mean)", "mean Dice",
        "mean over classes but the first of their mean over the images whose truth or prediction holds them; undefined "
        "if a class occurs in no image",
        class_dice, Averaging("image_class"), without_background=True, poisoned=True,
    ),
    Convention(
        "as smp accuracy (micro)", "accuracy",
        f"{_POOLED}, every class against the rest: true negatives count as right", accuracy_of_classes,
        Averaging(average="micro"),
    ),
)
# fmt: on


def score_conventions(pooled: ClassCounts, by_image: ClassCounts | None) -> list[ConventionScore]:
    """The score under each convention; without counts of images only under those that pool them. `(1, K)`, `(N, K)`."""
    found = []
    for one in CONVENTIONS:
        counts = by_image if one.how.by_image else pooled
        if counts is not None and not (one.without_background and counts.tp.shape[-1] < 2):
            found.append(one.scored(counts))
    return found


def conventions_table(scores: list[ConventionScore], *, by_image: bool) -> str:
    """A line for each: score, metric, who, and the rule; what was left out."""
    width = max(len(one.name) for one in scores)
    lines = [f"{'score':>7}  {'metric':9}  {'convention':{width}}  rule"]
    for one in scores:
        counts = ((one.images_left_out, "image"), (one.classes_left_out, "class"), (one.pairs_left_out, "pair"))
        left = [_counted(number, noun) for number, noun in counts if number]
        note = f" [left out: {', '.join(left)}]" if left else ""
        lines.append(f"{text(one.score):>7}  {one.metric:9}  {one.name:{width}}  {one.rule}{note}")
    if not by_image:
        lines.append("conventions that score images are missing: only the sum over images was kept")
    return "\n".join(lines)


def _counted(number: int, noun: str) -> str:
    plural = {"class": "classes"}.get(noun, f"{noun}s")
    return f"{number} {noun if number == 1 else plural}"
