"""Questions whose answers show which conventions a score of boundaries follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from npseg.laws.comparing import differ
from npseg.laws.distance.point_sets import percentile_of, point_distances
from npseg.laws.refusing import refuses
from npseg.laws.target import Unsupported

__all__ = ["BAND_QUESTIONS", "DISTANCE_QUESTIONS", "MEAN_QUESTIONS"]


PAIRS = (
    (
        ("", "", "", "", " #", " #     #", " #     #", " #     #", ""),
        ("", "   #####", "   #####", " #######", " #######", " ######", " ######", " ######", ""),
    ),
    (
        ("", "", " ### ##", " ### ##", " ### ##", " ### ##", " ### ##", ""),
        ("", "     ##", " ######", " ######", " ######", " ######", " ####", ""),
    ),
)
"""Square images of objects off the frame. No two known conventions answer both pairs alike."""


def object_pairs():
    """The pairs as Boolean masks."""
    return [[np.array([list(row.ljust(len(rows))) for row in rows]) == "#" for rows in pair] for pair in PAIRS]


def known_answers(a, b, frame):
    """What a score of this pair is, by (boundary, summary)."""
    answers = {}
    for boundary in ("inner4", "inner8", "dual", "all-pixels"):
        there, back, there_sizes, back_sizes = point_distances(a, b, boundary, frame, None)
        both, sizes = np.append(there, back), np.append(there_sizes, back_sizes)
        means = [np.average(d, weights=s) for d, s in ((there, there_sizes), (back, back_sizes))]
        recall, precision = (there <= 1).mean(), (back <= 1).mean()
        answers[boundary, "max"] = max(there.max(), back.max())
        answers[boundary, "max-directed"] = max(
            percentile_of(there, there_sizes, 95, boundary), percentile_of(back, back_sizes, 95, boundary)
        )
        answers[boundary, "pooled"] = percentile_of(both, sizes, 95, boundary)
        answers[boundary, "pooled mean"] = np.average(both, weights=sizes)
        answers[boundary, "mean-directed"] = (means[0] + means[1]) / 2
        answers[boundary, "share"] = sizes[both <= 1].sum() / sizes.sum()
        answers[boundary, "F1"] = 2 * precision * recall / (precision + recall)
    return answers


def summaries_shown(score, tolerance):
    """The (boundary, summary) whose answers are those of the score."""
    shown = []
    for a, b in object_pairs():
        value = score(a, b)
        shown.append([key for key, x in known_answers(a, b, "outside").items() if not differ(value, x, tolerance)])
    return [key for key in shown[0] if key in shown[1]]


def boundary_convention(score, tolerance):
    """Objects off the frame, of which every known boundary makes other numbers."""
    boundaries = {boundary for boundary, _ in summaries_shown(score, tolerance)}
    return boundaries.pop() if len(boundaries) == 1 else "other"


def pooling_convention(score, tolerance):
    """The same; there is nothing to pool in a maximum or a share."""
    named = ("max-directed", "pooled", "mean-directed")
    summaries = {summary.removesuffix(" mean") for _, summary in summaries_shown(score, tolerance)}
    found = {summary if summary in named else None for summary in summaries}
    return found.pop() if len(found) == 1 else None


def answer_by_name(score, a, b):
    """The answer to masks of which one or both are empty, as conventions name it."""
    try:
        value = float(score(a, b))
    except Unsupported:
        raise
    except Exception as error:
        if refuses(error):
            return "raise"
        raise
    if value != value:
        return "nan"
    return {np.inf: "inf", 0.0: "0", 1.0: "1"}.get(value, "finite")


def one_empty_convention(score, tolerance):
    """A block of four pixels and nothing, from either side."""
    block = np.zeros((6, 6), bool)
    block[2:4, 1:3] = True
    answers = {answer_by_name(score, block, ~block & block), answer_by_name(score, ~block & block, block)}
    return answers.pop() if len(answers) == 1 else "other"


def both_empty_convention(score, tolerance):
    """Nothing and nothing."""
    nothing = np.zeros((6, 6), bool)
    return answer_by_name(score, nothing, nothing)


def frame_convention(score, tolerance):
    """Two objects that are cut off by the frame, and the same with background around them."""
    a, b = np.zeros((8, 8), bool), np.zeros((8, 8), bool)
    a[0:5] = True
    b[4:6] = True
    return "outside" if not differ(score(a, b), score(np.pad(a, 2), np.pad(b, 2)), tolerance) else "none"


def spacing_convention(score, tolerance):
    """Whether there is such a thing; whether it works is for the laws."""
    a, b = object_pairs()[0]
    score(a, b, spacing=(2.0, 0.5))
    return "supported"


def dimension_convention(score, tolerance):
    """Whether volumes are taken."""
    a, b = object_pairs()[0]
    try:
        score(np.stack([a, a]), np.stack([b, b]))
    except Unsupported:
        return "2d"
    except Exception as error:
        if refuses(error):
            return "2d"
        raise
    return "2d-3d"


def mean_one_empty_convention(score, tolerance):
    """A series of one case, whose prediction or truth is empty."""
    block = np.zeros((6, 6), bool)
    block[2:4, 1:3] = True
    none = np.zeros_like(block)
    try:
        values = [float(score([block], [none])), float(score([none], [block]))]
    except Unsupported:
        raise
    except Exception as error:
        if refuses(error):
            return "raise"
        raise
    names = {"nan" if v != v else {np.inf: "inf", 0.0: "0", 1.0: "1"}.get(v, "finite") for v in values}
    return names.pop() if len(names) == 1 else "other"


def mean_spacing_convention(score, tolerance):
    """Whether there is such a thing."""
    a, b = object_pairs()[0]
    score([a], [b], spacing=(2.0, 0.5))
    return "supported"


Questions = Mapping[str, Callable[..., str | None]]

BAND_QUESTIONS: Questions = {
    "one-empty": one_empty_convention,
    "both-empty": both_empty_convention,
    "frame": frame_convention,
    "dimension": dimension_convention,
}
DISTANCE_QUESTIONS: Questions = {
    "boundary": boundary_convention,
    "pooling": pooling_convention,
    "spacing": spacing_convention,
    **BAND_QUESTIONS,
}
MEAN_QUESTIONS: Questions = {"one-empty": mean_one_empty_convention, "spacing": mean_spacing_convention}
