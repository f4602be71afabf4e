"""Distances between boundaries, case by case: Hausdorff, HD95, ASSD and surface Dice of a whole data set."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from npseg.errors import ArgumentError, near_matches
from npseg.metrics.distance.average_distance import symmetric_mean
from npseg.metrics.distance.hausdorff import Pooling, hausdorff_of
from npseg.metrics.distance.image_rows import ImageRows, exact_mean, plain
from npseg.metrics.distance.surface_dice import check_finite_tolerance, share_within
from npseg.metrics.distance.surfaces import Boundary, check_boundary, distances_of_classes
from npseg.metrics.overlap.class_rows import text
from npseg.metrics.overlap.confusion import check_ignore_index, check_num_classes
from npseg.metrics.overlap.image_counts import ImageId, check_ids
from npseg.metrics.overlap.names import name_classes
from npseg.metrics.states import require_state, require_twin

__all__ = ["DistanceMetrics", "DistanceScores"]

_STATE_VERSION = 1
_SETTINGS = ("num_classes", "boundary", "hd95_pooling", "tolerance", "ignore_index", "class_names")
_DISTANCES = ("hausdorff", "hd95", "assd")
_SHARE = "surface_dice"
_TITLES = {"hausdorff": "Hausdorff", "hd95": "HD95", "assd": "ASSD", _SHARE: "surface Dice"}


class DistanceMetrics:
    """Accumulates distances between the boundaries of each class, one case (an image or a volume) after another.

    - `boundary`, as of `surface_distances`, for all of them; `hd95_pooling`, as `pooling` of `hausdorff_distance`. With
      "inner4" and "max_directed" HD95 is that of MONAI; `HD95_VARIANTS` has the others.
    - `tolerance`: of surface Dice, in the unit of the spacing; None for no surface Dice.
    - `ignore_index`: truth of pixels that belong to no class, whatever was predicted there.

    The values of every case are kept, so that neither the order of cases nor on which machine each was measured
    (`merge`) changes a bit of a score.

    >>> metrics = DistanceMetrics(2, tolerance=1, class_names=["background", "organ"])
    >>> metrics.update([[0, 0, 1, 1]], [[0, 1, 1, 1]], spacing=(1, 2.5), image_id="a")
    >>> metrics.update([[0, 0, 1, 1]], [[0, 0, 0, 0]], image_id="b")
    >>> scores = metrics.compute()
    >>> scores.per_class("hausdorff"), scores.per_class("hausdorff", one_empty=4.0)
    (array([2.25,  inf]), array([2.25, 3.25]))
    >>> scores.missed
    array([0, 1])
    """

    def __init__(
        self,
        num_classes: int,
        *,
        boundary: Boundary = "inner4",
        hd95_pooling: Pooling = "max_directed",
        tolerance: float | None = None,
        ignore_index: int | None = None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        function = "DistanceMetrics"
        self.num_classes = check_num_classes(function, num_classes)
        check_boundary(function, boundary)
        if hd95_pooling not in get_args(Pooling):
            raise ArgumentError(f"{function}: hd95_pooling is {hd95_pooling!r}; it must be 'max_directed' or 'pooled'")
        self.boundary, self.hd95_pooling = boundary, hd95_pooling
        self.tolerance = None if tolerance is None else check_finite_tolerance(function, tolerance)
        self.ignore_index = check_ignore_index(function, ignore_index)
        self.class_names = name_classes(function, self.num_classes, class_names)
        self.reset()

    def update(self, y_true: Any, y_pred: Any, *, spacing: Any = None, image_id: ImageId | None = None) -> None:
        """Measure one label map, `(H, W)` or `(D, H, W)`, with its own `spacing`. When it raises, nothing was kept.

        Raises as `hausdorff_distance_per_class` does, and `ArgumentError` for an id that comes again.
        """
        function = "DistanceMetrics.update"
        ids = check_ids(function, "image_id", image_id, None)
        self._rows.require_new(function, ids)
        classes = distances_of_classes(
            function, y_true, y_pred, num_classes=self.num_classes, ignore_index=self.ignore_index, spacing=spacing,
            boundary=self.boundary,
        )  # fmt: skip
        values: dict[str, list[float]] = {name: [] for name in self._rows.names}
        for one in classes:
            values["hausdorff"].append(hausdorff_of(one, 100.0, "max_directed", self.boundary))
            values["hd95"].append(hausdorff_of(one, 95.0, self.hd95_pooling, self.boundary))
            values["assd"].append(symmetric_mean(one))
            if self.tolerance is not None:
                values[_SHARE].append(share_within(one, self.tolerance))
        self._rows.append({name: np.array(numbers) for name, numbers in values.items()}, ids[0])

    def merge(self, other: DistanceMetrics) -> DistanceMetrics:
        """Add the cases of another accumulator with the same settings after these; returns self."""
        require_twin(self, other, _SETTINGS)
        self._rows.require_new("DistanceMetrics.merge", other._rows.ids)
        self._rows.extend(other._rows.copy())
        return self

    def reset(self) -> None:
        """Forget everything measured."""
        names = (*_DISTANCES, *([] if self.tolerance is None else [_SHARE]))
        self._rows = ImageRows(names, self.num_classes)

    def compute(self) -> DistanceScores:
        """The scores so far. Changes nothing, so it can be called at any time and as often as wanted."""
        return DistanceScores(self._rows.copy(), self.class_names, {name: getattr(self, name) for name in _SETTINGS})

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on elsewhere, as plain data that JSON can hold."""
        return {
            "version": _STATE_VERSION,
            **{name: getattr(self, name) for name in _SETTINGS},
            "class_names": list(self.class_names),
            "images": self._rows.state(),
        }

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Any]) -> DistanceMetrics:
        """The accumulator that `state_dict` described, also after a way through JSON.

        >>> metrics = DistanceMetrics(1)
        >>> metrics.update([[0, 0]], [[0, 0]])
        >>> DistanceMetrics.from_state_dict(metrics.state_dict()).compute().mean("assd")
        0.0
        """
        function = "DistanceMetrics.from_state_dict"
        require_state(function, state, (_STATE_VERSION,), (*_SETTINGS, "images"))
        settings = {name: state[name] for name in _SETTINGS if name != "num_classes"}
        metrics = cls(state["num_classes"], **settings)
        metrics._rows = ImageRows.from_state(function, metrics._rows.names, metrics.num_classes, state["images"])
        infinite, unknown = (
            [check(metrics._rows.values(name)) for name in _DISTANCES] for check in (np.isinf, np.isnan)
        )
        if any((one != each[0]).any() for each in (infinite, unknown) for one in each):
            raise ArgumentError(
                f"{function}: one distance of a class is infinite or undefined and another is not; the state is damaged"
            )
        return metrics


@dataclass(frozen=True, eq=False)
class DistanceScores:
    """Distances of each case and class, and their means.

    A class on neither side of a case has no value there (NaN) and is left out; one on one side only is infinitely far,
    and shares nothing of its surface. Names are "hausdorff", "hd95", "assd" and, with a tolerance, "surface_dice".
    """

    rows: ImageRows
    class_names: tuple[str, ...]
    policy: Mapping[str, Any]

    @property
    def image_ids(self) -> tuple[ImageId | None, ...]:
        """Of each case what it was called, or None."""
        return tuple(self.rows.ids)

    @property
    def missed(self) -> np.ndarray:
        """Cases in which a class is on one side only, int64 `(K,)`."""
        return np.isinf(self.rows.values("hausdorff")).sum(axis=0)

    def per_image(self, name: str) -> np.ndarray:
        """Of each case and class, `(N, K)`."""
        if name not in self.rows.names:
            known = ", ".join(self.rows.names)
            lacking = "; pass tolerance= to DistanceMetrics" if name == _SHARE else near_matches(name, self.rows.names)
            raise ArgumentError(f"DistanceScores: there is no {name!r} among {known}{lacking}")
        return self.rows.values(name)

    def per_class(self, name: str, *, one_empty: float = math.inf) -> np.ndarray:
        """Mean over the cases in which a class is defined, `(K,)`; NaN for one that is nowhere.

        `one_empty` stands for the distance in cases where one side has nothing: infinity, which no mean hides; the
        diagonal; or NaN, which leaves them out and so rewards what is not found.
        """
        values = self.per_image(name)
        values[np.isinf(values)] = one_empty
        return np.array([exact_mean(column) for column in values.T])

    def mean(self, name: str, *, one_empty: float = math.inf) -> float:
        """Mean over the classes of `per_class`."""
        return exact_mean(self.per_class(name, one_empty=one_empty))

    def table(self) -> str:
        """A line for each class and one for the mean, for a terminal."""
        width = max(5, *(len(name) for name in self.class_names))
        columns = [self.per_class(name) for name in self.rows.names]
        heads = [_TITLES[name] for name in self.rows.names]
        cases = (~np.isnan(self.rows.values("hausdorff"))).sum(axis=0)
        lines = [f"{'':{width}}  " + "  ".join(f"{head:>12}" for head in heads) + f"  {'cases':>7}  {'missed':>7}"]
        for label, name in enumerate(self.class_names):
            cells = "  ".join(f"{text(column[label]):>12}" for column in columns)
            lines.append(f"{name:{width}}  {cells}  {cases[label]:>7}  {self.missed[label]:>7}")
        cells = "  ".join(f"{text(exact_mean(column)):>12}" for column in columns)
        lines.append(f"{'mean':{width}}  {cells}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dump`: None for what is undefined, "inf" for what is infinitely far."""
        return {
            **{name: {"mean": plain(self.mean(name)), "per_class": [plain(v) for v in self.per_class(name)]}
               for name in self.rows.names},
            "missed": self.missed.tolist(),
            "images": self.rows.state(),
            "policy": {**self.policy, "class_names": list(self.class_names)},
        }  # fmt: skip
