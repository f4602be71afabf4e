"""What `npseg score` found: as text, as JSON, and as a table of images."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from npseg.cli.scoring import Request
from npseg.metrics import Scores
from npseg.metrics.distance.boundary_f1 import TOLERANCE_OF_DIAGONAL
from npseg.metrics.distance.boundary_iou import WIDTH_OF_DIAGONAL
from npseg.metrics.overlap.formulas import mean_of_defined
from npseg.metrics.overlap.image_counts import ImageCounts
from npseg.metrics.statistics.bootstrap import confidence_interval
from npseg.metrics.statistics.comparison import compare

if TYPE_CHECKING:
    from npseg.data.label_counts import FolderCounts

__all__ = ["Report"]

_INTERVALS = ("miou", "mean_dice", "pixel_accuracy")
_UNDEFINED = "–"  # noqa: RUF001


class Report:
    """Scores of the first model, with intervals, boundaries and a comparison as they were asked for."""

    def __init__(
        self,
        request: Request,
        counts: FolderCounts,
        names: tuple[str, ...] | None,
        groups: list[str] | None,
        *,
        inferred: bool,
    ) -> None:
        self._request, self._counts, self._inferred = request, counts, inferred
        names = names or tuple(f"class {label}" for label in range(counts.num_classes))
        asked = (request.conventions, request.worst is not None, request.ci, request.other is not None)
        images = _by_image(counts) if any(asked) else None
        self._scores = Scores(counts.confusion(), names, request.ignore, images)
        self._intervals, self._comparison = [], None
        if request.ci:
            self._intervals = [confidence_interval(images, score, groups=groups) for score in _INTERVALS]
        if request.other is not None:
            self._comparison = compare(
                images, _by_image(counts, 1), groups=groups, per_class=True, class_names=names,
                names=(str(request.predictions), str(request.other)),
            )  # fmt: skip

    @property
    def _policy(self) -> dict[str, Any]:
        known = "largest label of the truth + 1" if self._inferred else "declared"
        policy = {**self._scores.policy, "num_classes": self._counts.num_classes, "num_classes_from": known}
        if self._request.binary:
            policy["binary"] = True
        return policy

    def text(self) -> str:
        """For a terminal: the table, what was asked for besides, and the conventions behind the numbers."""
        number = len(self._counts.images)
        parts = [
            f"{self._request.predictions} against {self._request.truth}: {number} image{'s' if number != 1 else ''}",
            self._scores.table(),
        ]
        if self._request.boundary:
            parts += self._boundary_lines()
        if self._request.worst is not None:
            parts += ["", self._worst_text(self._request.worst), ""]
        if self._request.conventions:
            parts += ["", self._scores.conventions_table(), ""]
        parts += [str(interval) for interval in self._intervals]
        parts.append("policy: " + ", ".join(f"{key} {_word(value)}" for key, value in self._policy.items()))
        if self._comparison is not None:
            parts += ["", self._comparison.table()]
        return "\n".join(parts)

    def to_json(self) -> dict[str, Any]:
        """Everything, as plain data."""
        document: dict[str, Any] = {
            "truth": str(self._request.truth),
            "predictions": str(self._request.predictions),
            "images": len(self._counts.images),
            **self._scores.to_json(),
            "policy": self._policy,
            "confusion": self._counts.confusion().tolist(),
        }
        if self._request.boundary:
            tolerance = self._request.tolerance
            f1 = {"tolerance": tolerance, "tolerance_of_diagonal": TOLERANCE_OF_DIAGONAL if tolerance is None else None}
            document["boundary_f1"] = {**f1, **_mean_and_classes(*self._boundary_f1())}
            document["boundary_iou"] = {
                "width_of_diagonal": WIDTH_OF_DIAGONAL,
                **_mean_and_classes(*self._boundary_iou()),
            }
        if self._request.worst is not None:
            document["worst_images"] = [vars(one) for one in self._scores.worst(self._request.worst)]
            document["costly_pairs"] = [vars(one) for one in self._scores.costly_pairs(self._request.worst)]
        if self._request.conventions:
            document["conventions"] = [one.to_json() for one in self._scores.conventions()]
        if self._intervals:
            document["confidence_intervals"] = [interval.to_json() for interval in self._intervals]
        if self._comparison is not None:
            document["comparison"] = self._comparison.to_json()
        return document

    def per_image(self) -> str:
        """CSV with a row for each image; what is undefined is empty."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        names = self._scores.class_names
        head = ["image", "pixels", "miou", "mean_dice", "pixel_accuracy", *(f"iou {name}" for name in names)]
        boundary = None
        if self._request.boundary:
            boundary = self._counts.boundary_f1()
            head.append("boundary_f1")
        table.writerow(head)
        for index, image in enumerate(self._counts.images):
            scores = Scores(self._counts.image(index), names, self._request.ignore)
            numbers = [scores.miou, scores.mean_dice, scores.pixel_accuracy, *scores.iou]
            if boundary is not None:
                numbers.append(mean_of_defined(boundary[index]))
            cells = ["" if math.isnan(number) else f"{number:.6f}" for number in numbers]
            table.writerow([image, int(scores.support.sum()), *cells])
        return text.getvalue()

    def _boundary_f1(self) -> tuple[float, list[float]]:
        """The mean over images of each image's mean over classes, and each class's mean over images."""
        values = self._counts.boundary_f1()
        mean = mean_of_defined(np.array([mean_of_defined(image) for image in values]))
        return mean, [mean_of_defined(values[:, label]) for label in range(values.shape[1])]

    def _boundary_iou(self) -> tuple[float, list[float]]:
        """The mean over classes, and each class over all images."""
        values = self._counts.boundary_iou()
        return mean_of_defined(values), values.tolist()

    def _worst_text(self, k: int) -> str:
        """The images with the lowest scores, and what it costs that classes are taken for each other."""
        lines = ["images with the lowest mean IoU:"]
        lines += [f"  {one.iou:.4f}  {one.image_id} ({one.wrong_pixels} pixels wrong)" for one in self._scores.worst(k)]
        pairs = self._scores.costly_pairs(k)
        if pairs:
            lines.append("confusions that cost most mean IoU (what it would gain without):")
        lines += [f"  {p.gain:+.4f}  {p.truth} taken for {p.predicted} ({p.pixels} pixels)" for p in pairs]
        return "\n".join(lines)

    def _boundary_lines(self) -> list[str]:
        pixels = self._request.tolerance
        near = f"{TOLERANCE_OF_DIAGONAL:.2%} of the diagonal" if pixels is None else _pixels(pixels)
        return [
            self._boundary_line("boundary F1", *self._boundary_f1(), f"tolerance {near}; mean over images of classes"),
            self._boundary_line(
                "boundary IoU", *self._boundary_iou(), f"{WIDTH_OF_DIAGONAL:.0%} of the diagonal wide; over all images"
            ),
        ]

    def _boundary_line(self, title: str, mean: float, classes: list[float], policy: str) -> str:
        listed = ", ".join(f"{name} {_text(value)}" for name, value in zip(self._scores.class_names, classes))
        return f"{title} {_text(mean)} ({policy}; {listed})"


def _by_image(counts: FolderCounts, model: int = 0) -> ImageCounts:
    images = ImageCounts(counts.num_classes)
    for index, name in enumerate(counts.images):
        images.append(counts.image(index, model), name)
    return images


def _mean_and_classes(mean: float, classes: list[float]) -> dict[str, Any]:
    return {"mean": _number(mean), "per_class": [_number(value) for value in classes]}


def _pixels(number: float) -> str:
    return f"{number:g} pixel{'s' if number != 1 else ''}"


def _word(value: Any) -> str:
    return "none" if value is None else str(value)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _text(value: float) -> str:
    return _UNDEFINED if math.isnan(value) else f"{value:.4f}"
