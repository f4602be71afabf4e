"""What a data set scored: numbers, JSON, a table, and the conventions they follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Unpack

import numpy as np

from npseg.errors import ArgumentError, near_matches
from npseg.metrics.overlap import formulas, matrix_formulas
from npseg.metrics.overlap.averages import Averages
from npseg.metrics.overlap.class_counts import class_counts
from npseg.metrics.overlap.class_rows import class_rows, class_table, number, score_table
from npseg.metrics.overlap.conventions import ConventionScore, conventions_table, score_conventions
from npseg.metrics.overlap.image_counts import ImageCounts, ImageId, check_confusions, check_ids
from npseg.metrics.overlap.matrix_scores import matrix_score
from npseg.metrics.overlap.named_scores import MATRIX_SCORES, class_formula, matrix_formula, score_of_counts
from npseg.metrics.overlap.names import name_classes
from npseg.metrics.overlap.worst_images import CostlyPair, WorstImage, costly_pairs, worst_images
from npseg.metrics.statistics.bootstrap import ConfidenceInterval, confidence_interval

__all__ = ["Scores"]


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of one confusion matrix `(K, K)`, rows the truth, pooled over all images, and of each if they were kept.

    A class in neither truth nor prediction is NaN and left out of every mean; so is everything when no pixel
    was valid. Arrays are float64 `(K,)`, `support` is int64 `(K,)`. `score` takes any other convention, `conventions`
    those of other libraries. What needs counts of images (`images`) raises `ArgumentError` without them.

    >>> scores = Scores(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]]), ("sky", "road", "car"))
    >>> round(scores.miou, 3), round(scores.mean_dice, 3), scores.pixel_accuracy, scores.mean_accuracy
    (0.583, 0.733, 0.75, 0.75)
    >>> print(scores.table())
    class               IoU    Dice   support
    sky              0.5000  0.6667         2
    road             0.6667  0.8000         2
    car                   –       –         0
    mean             0.5833  0.7333         4
    pixel accuracy   0.7500
    mean accuracy    0.7500
    """

    confusion: np.ndarray
    class_names: tuple[str, ...]
    ignore_index: int | None = None
    images: ImageCounts | None = None

    @classmethod
    def from_images(
        cls,
        image_confusions: np.ndarray,
        class_names: Sequence[str] | None = None,
        ignore_index: int | None = None,
        image_ids: Sequence[ImageId] | None = None,
    ) -> Scores:
        """From the confusion matrix of each image, `(N, K, K)` integers, and ids of the images, each its own.

        Raises `ShapeError`, `DTypeError` or `ArgumentError` for anything but counts, and `ArgumentError` for ids that
        are not one for each image, or come twice.

        >>> Scores.from_images(np.array([[[1, 0], [0, 1]], [[0, 0], [2, 0]]])).score("iou", aggregate="image")
        0.5
        """
        function = "Scores.from_images"
        confusions = check_confusions(function, "image_confusions", image_confusions)
        names = name_classes(function, confusions.shape[-1], class_names)
        ids = check_ids(function, "image_ids", image_ids, len(confusions))
        if twice := ImageCounts(1).repeated(ids):
            raise ArgumentError(f"{function}: image_ids holds {twice[0]!r} more than once; every image needs its own")
        images = ImageCounts.of(confusions, ids)
        return cls(images.total(), names, ignore_index, images)

    @property
    def image_confusions(self) -> np.ndarray:
        """The confusion matrix of each image, `(N, K, K)` int64."""
        return self._images("image_confusions").confusions()

    @property
    def image_ids(self) -> tuple[ImageId, ...] | None:
        """The ids of the images if all have one."""
        ids = self.images.ids if self.images is not None else []
        return tuple(one for one in ids if one is not None) if ids and None not in ids else None

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @property
    def iou(self) -> np.ndarray:
        """IoU of each class, NaN where undefined."""
        return formulas.class_iou(self.confusion)

    @property
    def dice(self) -> np.ndarray:
        """Dice coefficient of each class, NaN where undefined."""
        return formulas.class_dice(self.confusion)

    @property
    def accuracy(self) -> np.ndarray:
        """Share of each class's true pixels that were found (recall), NaN where the truth has none."""
        return formulas.class_accuracy(self.confusion)

    @property
    def support(self) -> np.ndarray:
        """Number of valid true pixels of each class."""
        return self.confusion.sum(axis=1)

    @property
    def miou(self) -> float:
        """Mean IoU over the defined classes."""
        return formulas.mean_of_defined(self.iou)

    @property
    def mean_dice(self) -> float:
        """Mean Dice coefficient over the defined classes."""
        return formulas.mean_of_defined(self.dice)

    @property
    def pixel_accuracy(self) -> float:
        """Share of the valid pixels with the right label."""
        return float(matrix_formulas.pixel_accuracy(self.confusion))

    @property
    def mean_accuracy(self) -> float:
        """Mean recall over the classes of the truth."""
        return formulas.mean_of_defined(self.accuracy)

    def score(
        self,
        name: str,
        *,
        alpha: float | None = None,
        beta: float | None = None,
        **options: Unpack[Averages],
    ) -> float | np.ndarray:
        """A score by name under any convention (`aggregate`, `average`, `absent`, `include` or `exclude`).

        - "iou", "dice", "precision", "recall", "specificity", "fbeta" (with `beta`), "tversky" (with `alpha`, `beta`):
          as `iou_score` and its like; the conventions are explained in `npseg.metrics.overlap.averages`.
        - "pixel_accuracy", "cohen_kappa", "matthews_corrcoef" (`aggregate` alone), "mean_accuracy",
          "frequency_weighted_iou", "generalized_dice" (`aggregate`, `include` or `exclude`): as the functions.

        >>> Scores(np.array([[3, 1], [0, 4]]), ("a", "b")).score("recall", average=None)
        array([0.75, 1.  ])
        """
        by_image = options.get("aggregate", "dataset") != "dataset"
        if name in MATRIX_SCORES:
            class_formula("Scores.score", name, alpha=alpha, beta=beta)  # refuses weights
            formula, of_classes = matrix_formula("Scores.score", name, options)
            if not of_classes:
                matrices = self.image_confusions if by_image else self.confusion[None]
                return matrix_score("Scores.score", matrices, formula, **options)  # type: ignore[misc]
        counts = self._images("score").class_counts() if by_image else class_counts(self.confusion[None])
        return score_of_counts("Scores.score", counts, name, alpha=alpha, beta=beta, options=options)

    def per_class(self) -> list[dict[str, Any]]:
        """Each class as plain data: name, iou, dice, precision, recall, specificity (None where undefined), support
        (true pixels), predicted (pixels), undefined_images (in how many it is absent; None if images were not kept).
        """
        return class_rows(self)

    def class_table(self) -> str:
        """`per_class` as a text table."""
        return class_table(self)

    def worst(self, k: int = 10, *, label: int | str | None = None) -> list[WorstImage]:
        """The `k` images of lowest IoU, worst first: of a class (label or name), or of the mean over their classes.

        Images where that is undefined do not take part. Among equals come first those with more wrong pixels.
        """
        images = self._images("worst")
        number_of = None if label is None else self._label("worst", label)
        return worst_images(images, images.class_counts(), _check_k("worst", k), number_of)

    def costly_pairs(self, k: int = 10) -> list[CostlyPair]:
        """The `k` pairs of a true class and what it was called whose confusion costs most mean IoU, costliest first."""
        return costly_pairs(self.confusion, self.class_names, _check_k("costly_pairs", k))

    def confidence_interval(
        self,
        name: str = "miou",
        *,
        groups: Sequence[Any] | np.ndarray | None = None,
        level: float = 0.95,
        resamples: int = 2000,
        method: Literal["percentile", "bca"] = "percentile",
        seed: int = 0,
    ) -> ConfidenceInterval:
        """Bootstrap interval of a score of the data set; see `npseg.metrics.confidence_interval`."""
        return confidence_interval(
            self._images("confidence_interval"), name, groups=groups, level=level, resamples=resamples,
            method=method, seed=seed,
        )  # fmt: skip

    def conventions(self) -> list[ConventionScore]:
        """The same predictions as other libraries and benchmarks score them, with the rule of each in words.

        Rules that score images are missing if only the sum over images was kept.

        >>> scores = Scores(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]]), ("sky", "road", "car"))
        >>> found = {one.name: round(one.score, 3) for one in scores.conventions()}
        >>> [found[name] for name in ("as mmsegmentation", "as the VOC server", "as PaddleSeg", "as smp (macro)")]
        [0.583, nan, 0.389, 0.722]
        """
        by_image = None if self.images is None else self.images.class_counts()
        return score_conventions(class_counts(self.confusion[None]), by_image)

    def conventions_table(self) -> str:
        """`conventions` as a text table."""
        return conventions_table(self.conventions(), by_image=self.images is not None)

    @property
    def policy(self) -> dict[str, Any]:
        """The conventions behind the numbers, without which they cannot be compared."""
        return {"aggregation": "dataset", "absent": "skip", "ignore_index": self.ignore_index}

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dump`; undefined scores are None.

        >>> Scores(np.array([[3, 1], [0, 0]]), ("a", "b")).to_json()["per_class"][0]
        {'name': 'a', 'iou': 0.75, 'dice': 0.8571428571428571, 'support': 4}
        """
        per_class = [
            {"name": name, "iou": number(iou), "dice": number(dice), "support": int(support)}
            for name, iou, dice, support in zip(self.class_names, self.iou, self.dice, self.support)
        ]
        return {
            "miou": number(self.miou),
            "mean_dice": number(self.mean_dice),
            "pixel_accuracy": number(self.pixel_accuracy),
            "mean_accuracy": number(self.mean_accuracy),
            "per_class": per_class,
            "policy": self.policy,
        }

    def table(self) -> str:
        """A text table with a row per class, then the means; undefined scores show as a dash."""
        return score_table(self)

    def _images(self, method: str) -> ImageCounts:
        if self.images is None:
            raise ArgumentError(
                f"Scores.{method}: only the sum over images was kept; count with "
                "SegmentationMetrics(per_image=True), or build the scores with Scores.from_images"
            )
        return self.images

    def _label(self, method: str, label: int | str) -> int:
        if isinstance(label, str):
            if label not in self.class_names:
                raise ArgumentError(f"Scores.{method}: unknown class {label!r}{near_matches(label, self.class_names)}")
            return self.class_names.index(label)
        if isinstance(label, bool) or not isinstance(label, int | np.integer) or not 0 <= label < self.num_classes:
            raise ArgumentError(
                f"Scores.{method}: label is {label!r}; it must be a class from 0 to {self.num_classes - 1}, or its name"
            )
        return int(label)


def _check_k(method: str, k: Any) -> int:
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise ArgumentError(f"Scores.{method}: k is {k!r}; it must be an integer, at least 1")
    return int(k)
