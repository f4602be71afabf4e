"""Scores of segmentations: overlap, boundaries, distances, panoptic quality, calibration, and how sure they are.

Overlap comes from exact confusion matrices. Unless asked for otherwise (`aggregate`, `average`, `absent`), and as
`Scores.policy` repeats beside every result: counts are pooled over the data set; a class in neither truth nor
prediction is undefined (NaN) and left out of means; pixels whose truth is the ignore value do not exist. What is
missing on one side only never improves a score. `Scores.conventions` gives the numbers of other libraries.

Arrays of any framework are accepted; everything after the two arrays is keyword-only, because other libraries order the
two differently and a swap would be silent.
"""

from __future__ import annotations

from npseg.metrics.calibration.accumulator import (
    CalibrationMetrics,
    brier_score,
    classwise_calibration_error,
    expected_calibration_error,
    negative_log_likelihood,
    reliability,
)
from npseg.metrics.distance.average_distance import (
    average_symmetric_surface_distance,
    average_symmetric_surface_distance_per_class,
    mean_surface_distance,
)
from npseg.metrics.distance.boundary_f1 import boundary_f1
from npseg.metrics.distance.boundary_iou import boundary_iou
from npseg.metrics.distance.boundary_metrics import BoundaryMetrics, BoundaryScores
from npseg.metrics.distance.distance_metrics import DistanceMetrics, DistanceScores
from npseg.metrics.distance.hausdorff import (
    HD95_VARIANTS,
    hausdorff_distance,
    hausdorff_distance_per_class,
    hd95,
    hd95_per_class,
)
from npseg.metrics.distance.surface_dice import surface_dice, surface_dice_per_class
from npseg.metrics.distance.trimap import trimap_iou
from npseg.metrics.overlap.accumulator import SegmentationMetrics
from npseg.metrics.overlap.baseline import majority_baseline
from npseg.metrics.overlap.confusion import confusion_matrix, image_confusion_matrices
from npseg.metrics.overlap.conventions import ConventionScore
from npseg.metrics.overlap.matrix_scores import (
    cohen_kappa,
    frequency_weighted_iou,
    generalized_dice,
    matthews_corrcoef,
    mean_accuracy,
    pixel_accuracy,
)
from npseg.metrics.overlap.multilabel import multilabel_counts, multilabel_score
from npseg.metrics.overlap.multilabel_metrics import MultilabelMetrics, MultilabelScores
from npseg.metrics.overlap.result import Scores
from npseg.metrics.overlap.scores import (
    dice_score,
    fbeta_score,
    iou_score,
    precision_score,
    recall_score,
    specificity_score,
    tversky_index,
)
from npseg.metrics.overlap.worst_images import CostlyPair, WorstImage
from npseg.metrics.panoptic.coco import panoptic_quality_coco
from npseg.metrics.panoptic.quality import PanopticMetrics, panoptic_quality
from npseg.metrics.panoptic.result import PanopticQuality
from npseg.metrics.statistics.bootstrap import ConfidenceInterval, confidence_interval
from npseg.metrics.statistics.compared import Comparison, Difference
from npseg.metrics.statistics.comparison import compare

__all__ = [
    "HD95_VARIANTS",
    "BoundaryMetrics",
    "BoundaryScores",
    "CalibrationMetrics",
    "Comparison",
    "ConfidenceInterval",
    "ConventionScore",
    "CostlyPair",
    "Difference",
    "DistanceMetrics",
    "DistanceScores",
    "MultilabelMetrics",
    "MultilabelScores",
    "PanopticMetrics",
    "PanopticQuality",
    "Scores",
    "SegmentationMetrics",
    "WorstImage",
    "average_symmetric_surface_distance",
    "average_symmetric_surface_distance_per_class",
    "boundary_f1",
    "boundary_iou",
    "brier_score",
    "classwise_calibration_error",
    "cohen_kappa",
    "compare",
    "confidence_interval",
    "confusion_matrix",
    "dice_score",
    "expected_calibration_error",
    "fbeta_score",
    "frequency_weighted_iou",
    "generalized_dice",
    "hausdorff_distance",
    "hausdorff_distance_per_class",
    "hd95",
    "hd95_per_class",
    "image_confusion_matrices",
    "iou_score",
    "majority_baseline",
    "matthews_corrcoef",
    "mean_accuracy",
    "mean_surface_distance",
    "multilabel_counts",
    "multilabel_score",
    "negative_log_likelihood",
    "panoptic_quality",
    "panoptic_quality_coco",
    "pixel_accuracy",
    "precision_score",
    "recall_score",
    "reliability",
    "specificity_score",
    "surface_dice",
    "surface_dice_per_class",
    "trimap_iou",
    "tversky_index",
]
