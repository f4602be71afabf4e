"""Counting folders of label maps while they are decoded: per image a confusion matrix, and little else in memory.

Threads do it: the decoder of PNG and the counting loop both let other threads run, so that there is no need to start
processes and to send them what they find. Each thread holds the label maps of one image at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from npseg.data.boundary_counts import BoundaryCounts, BoundaryRules, count_boundaries
from npseg.data.label_folders import LabelFiles, read_label_map
from npseg.data.prefetch import prefetch
from npseg.data.problems import counted, listed_labels
from npseg.errors import DataError

__all__ = ["FolderCounts", "LabelRules", "count_label_maps"]

_MOST_INFERRED = 1024  # classes; more than these are ids of instances
_VOID = 255  # what most data sets write where nothing counts


@dataclass(frozen=True)
class LabelRules:
    """What the numbers mean.

    - `num_classes`: labels are below it; None: the largest label of the truth + 1.
    - `ignore_index`: truth of pixels that do not count, or None.
    - `binary`: two classes; 0 is background and everything else (often 255) foreground.
    """

    num_classes: int | None = None
    ignore_index: int | None = None
    binary: bool = False

    @property
    def classes(self) -> int | None:
        """How many classes there are, if that is known beforehand."""
        return 2 if self.binary else self.num_classes

    @property
    def ignored(self) -> int | None:
        """The label of ignored pixels once a file was read: of binary masks not the raw one, which may be 1."""
        return _VOID if self.binary and self.ignore_index is not None else self.ignore_index


@dataclass(frozen=True)
class _Counted:
    """One model's prediction of one image: the cells of its confusion matrix that are not 0, and its outlines."""

    rows: np.ndarray
    columns: np.ndarray
    counts: np.ndarray
    boundary: BoundaryCounts | None


class FolderCounts:
    """Confusion matrices of every image and model, in the order of `images`.

    Only cells that are not 0 are kept, since an image holds few of the classes of a large data set.
    """

    def __init__(self, images: tuple[str, ...], num_classes: int, found: Sequence[Sequence[_Counted]]) -> None:
        self.images, self.num_classes, self._found = images, num_classes, found

    def image(self, index: int, model: int = 0) -> np.ndarray:
        """The matrix of one image, `(K, K)` int64, rows the truth."""
        matrix = np.zeros((self.num_classes, self.num_classes), np.int64)
        one = self._found[index][model]
        matrix[one.rows, one.columns] = one.counts
        return matrix

    def confusion(self, model: int = 0) -> np.ndarray:
        """All images together, `(K, K)` int64."""
        total = np.zeros((self.num_classes, self.num_classes), np.int64)
        for found in self._found:
            one = found[model]
            total[one.rows, one.columns] += one.counts
        return total

    def boundary_f1(self, model: int = 0) -> np.ndarray:
        """Boundary F1 of each image and class, `(N, K)`, NaN where undefined."""
        values = np.full((len(self.images), self.num_classes), np.nan)
        for row, found in zip(values, self._found):
            if (known := found[model].boundary) is not None:
                row[: known.f1.size] = known.f1[: row.size]
        return values

    def boundary_iou(self, model: int = 0) -> np.ndarray:
        """Boundary IoU of each class over all images, `(K,)`, NaN where undefined."""
        total = np.zeros((2, self.num_classes), np.int64)
        for found in self._found:
            if (known := found[model].boundary) is not None:
                total[:, : known.f1.size] += known.bands[:, : self.num_classes]
        common, either = total
        return np.divide(common, either, out=np.full(self.num_classes, np.nan), where=either > 0)


def count_label_maps(
    files: Sequence[LabelFiles],
    rules: LabelRules,
    *,
    boundaries: BoundaryRules | None = None,
    workers: int = 1,
    progress: Callable[[int, int], object] | None = None,
) -> FolderCounts:
    """Read and count all images, by that many threads; with `boundaries` their outlines as well.

    `progress(done, total)` hears of each. Raises `DataError` for the first image, in order, that cannot be counted;
    what is not yet begun is dropped then, as it is on Ctrl-C.
    """
    found: list[list[_Counted]] = []
    with prefetch(_Counting(files, rules, boundaries), 0, len(files), workers) as counted_images:
        for one in counted_images:
            found.append(one)
            if progress is not None:
                progress(len(found), len(files))
    num_classes = rules.classes or max((_classes_of(one.rows) for image in found for one in image), default=1)
    _refuse_strays(files, found, num_classes)
    return FolderCounts(tuple(one.image for one in files), num_classes, found)


class _Counting:
    """Image by image, for threads that fetch ahead."""

    def __init__(self, files: Sequence[LabelFiles], rules: LabelRules, boundaries: BoundaryRules | None) -> None:
        self._files, self._rules, self._boundaries = files, rules, boundaries

    def batch(self, step: int) -> list[_Counted]:
        files = self._files[step]
        truth = _read(files.truth, self._rules, is_truth=True)
        return [self._count(files.truth, truth, path) for path in files.predictions]

    def _count(self, truth_path: Path, truth: np.ndarray, path: Path) -> _Counted:
        prediction = _read(path, self._rules, is_truth=False)
        if prediction.shape != truth.shape:
            raise DataError(
                f"{path}: is {prediction.shape[1]} x {prediction.shape[0]} pixels (width x height), its truth "
                f"{truth_path} is {truth.shape[1]} x {truth.shape[0]}; resize the prediction to the size of the truth, "
                "without interpolation between labels"
            )
        if truth.dtype != np.uint8 or prediction.dtype != np.uint8:
            truth, prediction = truth.astype(np.int64), prediction.astype(np.int64)
        matrix = _confusion(truth_path, truth, path, prediction, self._rules)
        rows, columns = np.nonzero(matrix)
        one = _Counted(rows.astype(np.int32), columns.astype(np.int32), matrix[rows, columns], None)
        if self._boundaries is None:
            return one
        num_classes = self._rules.classes or _needed(one)
        outlines = count_boundaries(truth, prediction, num_classes, self._rules.ignored, self._boundaries)
        return _Counted(one.rows, one.columns, one.counts, outlines)


def _read(path: Path, rules: LabelRules, *, is_truth: bool) -> np.ndarray:
    labels = read_label_map(path)
    labels = labels.astype(labels.dtype.newbyteorder("="), copy=False)
    if labels.dtype == np.uint64:
        labels = _as_int64(path, labels)
    if not rules.binary:
        return labels
    foreground = (labels != 0).view(np.uint8)
    if is_truth and rules.ignore_index is not None:
        foreground[labels == rules.ignore_index] = _VOID
    return foreground


def _as_int64(path: Path, labels: np.ndarray) -> np.ndarray:
    largest = int(labels.max(initial=0))
    if largest > np.iinfo(np.int64).max:
        raise DataError(f"{path}: holds the label {largest}, expected labels below 2^63")
    return labels.astype(np.int64)


def _confusion(
    truth_path: Path, truth: np.ndarray, path: Path, prediction: np.ndarray, rules: LabelRules
) -> np.ndarray:  # fmt: skip
    from npseg.kernels import confusion

    ignore = rules.ignored
    limits = np.iinfo(truth.dtype)
    has_ignore = ignore is not None and limits.min <= ignore <= limits.max
    num_classes = rules.classes or _inferred(truth_path, truth, path, prediction, ignore)
    matrix, outside = confusion.confusion_matrix(
        truth.ravel(), prediction.ravel(), num_classes, truth.dtype.type(ignore if has_ignore else 0), has_ignore
    )
    if outside:
        raise DataError(_describe_outside(truth_path, truth, path, prediction, num_classes, ignore))
    if rules.classes is None and num_classes == _VOID + 1:
        for side, file, counts in (("truth", truth_path, matrix[_VOID]), ("prediction", path, matrix[:, _VOID])):
            if counts.any():
                raise DataError(
                    f"{file}: the {side} holds {_VOID} ({counted(int(counts.sum()), 'pixel')}), which mostly means "
                    f"that a pixel does not count, and nothing says so. If it is to be ignored: --ignore {_VOID}. If "
                    f"masks are 0 and {_VOID} for background and foreground: --binary. If it is a class: --num-classes"
                )
    return matrix


def _inferred(truth_path: Path, truth: np.ndarray, path: Path, prediction: np.ndarray, ignore: int | None) -> int:
    """As many classes as these two may need; of bytes that is known without looking."""
    if truth.dtype == np.uint8:
        return _VOID + 1
    kept = np.ones(truth.shape, bool) if ignore is None else truth != ignore
    most = 1
    for file, labels in ((truth_path, truth[kept]), (path, prediction[kept])):
        if labels.size == 0:
            continue
        if labels.min() < 0 or labels.max() >= _MOST_INFERRED:
            raise DataError(
                f"{file}: holds labels from {labels.min()} to {labels.max()}, expected 0 to {_MOST_INFERRED - 1}; "
                "if these are ids of instances, save classes instead; otherwise declare --num-classes and --ignore"
            )
        most = max(most, int(labels.max()) + 1)
    return most


def _refuse_strays(files: Sequence[LabelFiles], found: Sequence[Sequence[_Counted]], num_classes: int) -> None:
    """Raise `DataError` for a prediction beyond the classes of all truth: a class more, or a mistake, and which?"""
    for paths, image in zip(files, found):
        for path, one in zip(paths.predictions, image):
            if (predicted := _classes_of(one.columns)) > num_classes:
                pixels = int(one.counts[one.columns >= num_classes].sum())
                raise DataError(
                    f"{path}: predicts labels up to {predicted - 1} ({counted(pixels, 'pixel')} from {num_classes} "
                    f"on), and the truth of all images has none beyond {num_classes - 1}; declare how many classes "
                    "there are with --num-classes"
                )


def _classes_of(labels: np.ndarray) -> int:
    """The largest label, + 1."""
    return 1 + int(labels.max(initial=0))


def _needed(one: _Counted) -> int:
    """As many classes as a counted image needs."""
    return max(_classes_of(one.rows), _classes_of(one.columns))


def _describe_outside(
    truth_path: Path, truth: np.ndarray, path: Path, prediction: np.ndarray, num_classes: int, ignore: int | None
) -> str:
    kept = np.ones(truth.shape, bool) if ignore is None else truth != ignore
    parts, strays = [], set()
    for file, labels in ((truth_path, truth[kept]), (path, prediction[kept])):
        values, counts = np.unique(labels[(labels < 0) | (labels >= num_classes)], return_counts=True)
        if values.size == 0:
            continue
        strays |= set(values.tolist())
        parts.append(f"{file}: holds {listed_labels(values, counts, rest='more labels')}")
    ignored = "no label is ignored" if ignore is None else f"{ignore} in the truth is ignored"
    binary = f", or --binary if masks are 0 and {_VOID}" if strays == {_VOID} and num_classes == 2 else ""
    return (
        f"{'; '.join(parts)}; expected labels from 0 to {num_classes - 1}, and {ignored}; check --num-classes and "
        f"--ignore{binary}"
    )
