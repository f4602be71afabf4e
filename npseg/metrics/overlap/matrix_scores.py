"""Scores of all classes together in one call: accuracies, agreement, generalised Dice.

All take `y_true` and `y_pred`, integer arrays of one shape, and by keyword `num_classes`, `ignore_index` (None: truth
of pixels that do not count) and `aggregate`: "dataset" counts all pixels together, "image" is the mean over the images
along the first axis, without those whose score is undefined. They return a float, NaN where undefined, and raise as
`confusion_matrix` does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import numpy as np

from npseg.metrics.overlap import matrix_formulas
from npseg.metrics.overlap.averages import check_aggregate, check_averaging, mean_of_images
from npseg.metrics.overlap.class_counts import ClassCounts, class_counts
from npseg.metrics.overlap.confusion import check_num_classes, confusion_matrix, image_confusion_matrices
from npseg.metrics.overlap.options import ClassScoreOptions, Counting, MatrixOptions, require_known, shows_options

__all__ = [
    "cohen_kappa",
    "frequency_weighted_iou",
    "generalized_dice",
    "matthews_corrcoef",
    "mean_accuracy",
    "pixel_accuracy",
]

Formula = Callable[[Any], Any]


@shows_options(MatrixOptions)
def pixel_accuracy(y_true: Any, y_pred: Any, **options: Unpack[MatrixOptions]) -> float:
    """Share of the valid pixels with the right label; NaN if no pixel is valid.

    Options and errors: see this module. Long et al. 2015, section 5.

    >>> pixel_accuracy([0, 0, 1, 1], [0, 1, 1, 1], num_classes=3)
    0.75
    """
    return _scored("pixel_accuracy", y_true, y_pred, matrix_formulas.pixel_accuracy, options)


@shows_options(ClassScoreOptions)
def mean_accuracy(y_true: Any, y_pred: Any, **options: Unpack[ClassScoreOptions]) -> float:
    """Mean over the classes of the truth of the share of their pixels that were found (mean recall).

    Classes without a true pixel are left out; NaN if no pixel is valid. `include` or `exclude`: classes that count.
    Options and errors: see this module. Long et al. 2015, section 5.

    Half of class 0 and all of class 1 is found:

    >>> mean_accuracy([0, 0, 1, 1, 1, 1], [0, 1, 1, 1, 1, 1], num_classes=3)
    0.75
    """
    return _scored("mean_accuracy", y_true, y_pred, matrix_formulas.mean_accuracy, options, of_classes=True)


@shows_options(ClassScoreOptions)
def frequency_weighted_iou(y_true: Any, y_pred: Any, **options: Unpack[ClassScoreOptions]) -> float:
    """IoU of each class weighted with its share of the true pixels.

    0 where the truth holds none of the classes but the prediction does. `include` or `exclude`: classes that count.
    Options and errors: see this module. Long et al. 2015, section 5.

    >>> round(frequency_weighted_iou([0, 0, 1, 1], [0, 1, 1, 1], num_classes=3), 4)
    0.5833
    """
    formula = matrix_formulas.frequency_weighted_iou
    return _scored("frequency_weighted_iou", y_true, y_pred, formula, options, of_classes=True)


@shows_options(ClassScoreOptions)
def generalized_dice(y_true: Any, y_pred: Any, **options: Unpack[ClassScoreOptions]) -> float:
    """Generalised Dice of hard labels: 2 Σ w TP / Σ w (2 TP + FP + FN), w = 1 / (true pixels of the class)².

    A class without true pixels would weigh infinitely much, and is left out; 0 where that leaves none, but one was
    predicted. The volumes are those of the unit: of all pixels, or with `aggregate="image"` of each image by itself.
    `include` or `exclude`: classes that count. Options and errors: see this module. Sudre et al. 2017, section 2.

    Weights are 1/16 and 1:

    >>> round(generalized_dice([0, 0, 0, 0, 1], [0, 0, 0, 0, 0], num_classes=3), 4)
    0.32
    """
    return _scored("generalized_dice", y_true, y_pred, matrix_formulas.generalized_dice, options, of_classes=True)


@shows_options(MatrixOptions)
def cohen_kappa(y_true: Any, y_pred: Any, **options: Unpack[MatrixOptions]) -> float:
    """Agreement beyond chance, (accuracy - expected) / (1 - expected), from -1 to 1.

    NaN if no pixel is valid, and where all pixels are of one class on both sides: chance alone agrees then. Options and
    errors: see this module. Cohen 1960.

    >>> cohen_kappa([0, 0, 1, 1], [0, 1, 1, 1], num_classes=2)
    0.5
    """
    return _scored("cohen_kappa", y_true, y_pred, matrix_formulas.cohen_kappa, options)


@shows_options(MatrixOptions)
def matthews_corrcoef(y_true: Any, y_pred: Any, **options: Unpack[MatrixOptions]) -> float:
    """Correlation of truth and prediction over all classes (R_K), from -1 to 1.

    NaN exactly where `cohen_kappa` is; 0 where just one side holds a single class, so that nothing correlates. Options
    and errors: see this module. Gorodkin 2004, eq. 8; of two classes Matthews 1975.

    >>> round(matthews_corrcoef([0, 0, 1, 1], [0, 1, 1, 1], num_classes=2), 3)
    0.577
    """
    return _scored("matthews_corrcoef", y_true, y_pred, matrix_formulas.matthews_corrcoef, options)


def matrix_score(
    function: str,
    images: np.ndarray | ClassCounts,
    formula: Formula,
    *,
    aggregate: str = "dataset",
    include: Sequence[int] | None = None,
    exclude: Sequence[int] | None = None,
) -> float:
    """A score of the confusion matrices of images `(N, K, K)`, of their sum or the mean over them.

    Formulas of classes take counts of classes `(N, K)` instead, and then `include` or `exclude`.
    """
    check_aggregate(function, aggregate, ("dataset", "image"))
    if isinstance(images, ClassCounts):
        how = check_averaging(function, images.tp.shape[-1], include=include, exclude=exclude)
        counts = images if how.classes is None else images.of(how.classes)
        unit: Any = counts.summed(0).with_axis() if aggregate == "dataset" else counts
    else:
        unit = images.sum(axis=0, keepdims=True) if aggregate == "dataset" else images
    return mean_of_images(np.asarray(formula(unit), np.float64))


def _scored(
    function: str, y_true: Any, y_pred: Any, formula: Formula, options: Any, *, of_classes: bool = False
) -> float:  # fmt: skip
    known = ClassScoreOptions if of_classes else MatrixOptions
    require_known(function, options, known.__annotations__)
    counting = {name: options[name] for name in Counting.__annotations__ if name in options}
    conventions = {name: value for name, value in options.items() if name not in counting}
    check_num_classes(function, options["num_classes"])
    check_aggregate(function, options.get("aggregate", "dataset"), ("dataset", "image"))
    if options.get("aggregate") == "image":
        images = image_confusion_matrices(y_true, y_pred, **counting)
    else:
        images = confusion_matrix(y_true, y_pred, **counting)[None]
    return matrix_score(function, class_counts(images) if of_classes else images, formula, **conventions)
