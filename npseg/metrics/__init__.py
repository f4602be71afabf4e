"""Scores of segmentations, all from one exact confusion matrix.

Conventions, which `Scores.policy` repeats beside every result: counts are pooled over the data set; a class
in neither truth nor prediction is undefined (NaN) and left out of means; pixels whose truth is the ignore
value do not exist. Arrays of any framework are accepted; everything after the two arrays is keyword-only,
because other libraries order the two differently and a swap would be silent.
"""

from __future__ import annotations

from npseg.metrics.accumulator import SegmentationMetrics
from npseg.metrics.boundary import boundary_f1
from npseg.metrics.confusion import confusion_matrix
from npseg.metrics.result import Scores, majority_baseline
from npseg.metrics.scores import dice_score, iou_score, mean_accuracy, pixel_accuracy

__all__ = [
    "Scores",
    "SegmentationMetrics",
    "boundary_f1",
    "confusion_matrix",
    "dice_score",
    "iou_score",
    "majority_baseline",
    "mean_accuracy",
    "pixel_accuracy",
]
