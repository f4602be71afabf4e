"""Is one model better than another, or was it luck? Paired comparisons on the same images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from npseg.errors import ArgumentError
from npseg.metrics.statistics.bootstrap import check_level
from npseg.metrics.statistics.compared import Comparison, Difference
from npseg.metrics.statistics.count_scores import CountScore, find_class_score, find_score
from npseg.metrics.statistics.holm import holm
from npseg.metrics.statistics.intervals import percentile_interval, standard_error
from npseg.metrics.statistics.paired import read_pair
from npseg.metrics.statistics.permutation import swapped_differences, two_sided_p
from npseg.metrics.statistics.resampling import (
    WeightedSums,
    check_number,
    check_seed,
    evaluate,
    resampled,
    unit_of_each_image,
)

__all__ = ["compare"]

_METHODS = ("both", "bootstrap", "permutation")


def compare(
    a: Any,
    b: Any,
    *,
    groups: Sequence[Any] | np.ndarray | None = None,
    score: str | Callable[[np.ndarray], Any] = "miou",
    method: Literal["both", "bootstrap", "permutation"] = "both",
    per_class: bool | Callable[[np.ndarray], Any] = False,
    level: float = 0.95,
    resamples: int = 2000,
    permutations: int = 10_000,
    seed: int = 0,
    ids_a: Sequence[Any] | None = None,
    ids_b: Sequence[Any] | None = None,
    names: tuple[str, str] = ("A", "B"),
    class_names: Sequence[str] | None = None,
) -> Comparison:
    """Compare the scores of two models on the same images; every difference is A minus B.

    `a` and `b` are the confusion matrices of each image, `(N, K, K)` integers, rows the truth, or `Scores`, or other
    objects that have them as `image_confusions` (and may have `image_ids` and `class_names`). Where both sides have
    ids, images are matched by them in whatever order they come, otherwise by position; in any case the truth of each
    image (its row sums) must be the same on both sides. `groups` belong to the images of `a`, in order.

    - "bootstrap": an interval of the difference, by drawing images (or whole groups) with replacement, the same for
      both models, and taking percentiles. Efron and Tibshirani 1993, sections 13.3 and 16.
    - "permutation": a two-sided p-value of the data-set score. If the models are equally good, either could have made
      either prediction of an image: so they change places in a random half of the images (or groups). All 2^N ways are
      counted if there are at most `permutations`, otherwise that many are drawn, with p = (b + 1) / (m + 1). Phipson
      and Smyth 2010.

    `per_class=True` also tests each class's part of a mean score, with p-values corrected over the classes (Holm 1979);
    a function of counts `(..., K, K)` to `(..., K)` tests that instead. Raises `ArgumentError` when the images are not
    the same or fewer than two units are left.

    Three images of two pixels; A is right everywhere, B in every second pixel. Of the 8 ways to swap, only none and all
    leave a difference as large:

    >>> right, half = [[1, 0], [0, 1]], [[1, 0], [1, 0]]
    >>> result = compare(np.array([right] * 3), np.array([half] * 3), score="pixel_accuracy")
    >>> result.overall.difference, result.overall.p_value, result.exact
    (0.5, 0.25, True)
    """
    if method not in _METHODS:
        raise ArgumentError(f"compare: method is {method!r}; it must be one of {', '.join(map(repr, _METHODS))}")
    chosen = find_score("compare", score)
    per_class_score = find_class_score("compare", chosen, per_class)
    level = check_level("compare", level)
    resamples = check_number("compare", "resamples", resamples)
    permutations = check_number("compare", "permutations", permutations)
    seed = check_seed("compare", seed)
    if isinstance(names, str) or len(names) != 2:
        raise ArgumentError(f"compare: names is {names!r}; expected two, of a and of b")
    pair = read_pair(a, b, ids_a, ids_b, class_names)
    unit = unit_of_each_image("compare", len(pair.a), groups)
    units_a, units_b = pair.a.grouped(unit), pair.b.grouped(unit)
    count, classes = len(units_a), units_a.classes

    def scored(sums: np.ndarray) -> np.ndarray:
        """The score and those of the classes side by side, `(B, q)`."""
        values = evaluate("compare", chosen.function, sums)[:, None]
        if per_class_score is None:
            return values
        return np.concatenate([values, evaluate("compare", per_class_score, sums, classes)], axis=1)

    whole_a, whole_b = (scored(units.total()[None])[0] for units in (units_a, units_b))
    observed = whole_a - whole_b
    replications = p_values = None
    swaps = exact = None
    undefined = np.zeros(observed.shape, np.int64)
    if method != "permutation":
        sums_a, sums_b = (WeightedSums(units, largest=count * units.largest) for units in (units_a, units_b))
        replications = resampled(
            count, classes, resamples, seed, lambda weights: scored(sums_a(weights)) - scored(sums_b(weights))
        )
    if method != "bootstrap":
        differences, exact = swapped_differences(units_a, units_b, scored, permutations, seed)
        p_values, swaps = two_sided_p(observed, differences, exact), len(differences)
        undefined = np.isnan(differences).sum(axis=0)
    titles = _titles(chosen, pair.class_names if per_class_score is not None else ())
    corrected = np.full(observed.shape, np.nan)
    if p_values is not None:
        corrected[1:] = holm(p_values[1:])
    rows = [
        Difference(
            name=title,
            a=float(whole_a[i]),
            b=float(whole_b[i]),
            difference=float(observed[i]),
            interval=None if replications is None else percentile_interval(replications[:, i], level),
            standard_error=None if replications is None else standard_error(replications[:, i]),
            undefined_resamples=None if replications is None else int(np.isnan(replications[:, i]).sum()),
            p_value=None if p_values is None else float(p_values[i]),
            p_holm=None if p_values is None or i == 0 else float(corrected[i]),
            undefined_swaps=None if p_values is None else int(undefined[i]),
        )
        for i, title in enumerate(titles)
    ]
    return Comparison(
        score=chosen.title,
        class_score=chosen.class_title if per_class is True else getattr(per_class, "__name__", ""),
        names=(str(names[0]), str(names[1])),
        overall=rows[0],
        per_class=tuple(rows[1:]),
        unit="image" if groups is None else "group",
        units=count,
        images=len(pair.a),
        level=level,
        resamples=None if replications is None else resamples,
        swaps=swaps,
        exact=exact,
        seed=seed,
    )


def _titles(score: CountScore, class_names: Sequence[str]) -> list[str]:
    return [score.title, *class_names]
