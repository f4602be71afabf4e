"""Pixels whose truth is the ignore value: they do not exist."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.overlap.subjects import ARRAYS, SCORES


@law(
    10,
    "prediction-at-ignored-pixels",
    family="overlap",
    of=(*SCORES, *ARRAYS),
    statement="What is predicted where the truth is ignored is irrelevant.",
    symbols="p = q where t is not ignored: s(t, p) = s(t, q)",
    source="Sums run over valid pixels, and a pixel is valid by its truth.",
    presumes={"ignore": ("supported",)},
    draw=lambda: strategies.ignored_pairs(other=True),
)
def prediction_at_ignored_pixels(score, tolerance, y_true, y_pred, other_pred, num_classes, ignore_index):
    one, other = (score(y_true, labels, num_classes, ignore_index) for labels in (y_pred, other_pred))
    if differ(one, other, tolerance):
        return f"the score is {one}, and {other} with other predictions at ignored pixels"


@law(
    11,
    "ignoring-is-deleting",
    family="overlap",
    of=(*SCORES, *ARRAYS),
    statement="Ignoring some pixels of an image is the same as deleting them.",
    symbols="s(t, p; ignore) = s(t[valid], p[valid])",
    source="Sums run over valid pixels.",
    presumes={"ignore": ("supported",)},
    draw=lambda: strategies.ignored_pairs(images=(1, 1)),
)
def ignoring_is_deleting(score, tolerance, y_true, y_pred, num_classes, ignore_index):
    valid = y_true != ignore_index
    ignored = score(y_true, y_pred, num_classes, ignore_index)
    deleted = score(y_true[valid].reshape(1, 1, -1), y_pred[valid].reshape(1, 1, -1), num_classes)
    if differ(ignored, deleted, tolerance):
        return f"with pixels ignored the score is {ignored}, with those pixels deleted {deleted}"


@law(
    11,
    "ignoring-a-class-is-deleting",
    family="overlap",
    of=(*SCORES, *ARRAYS),
    statement="Ignoring the pixels of a class is the same as deleting them: predicting it elsewhere is still wrong.",
    symbols="0 <= ignore < K: s(t, p; ignore) = s(t[valid], p[valid])",
    source="Sums run over valid pixels, and a pixel is valid by its truth. Ignoring a class is not leaving it out of "
    "the mean.",
    presumes={"ignore": ("supported",)},
    unless={"ignored-class": ("left-out",)},
    draw=lambda: strategies.ignored_pairs(classes=(2, 4), images=(1, 1), in_use=True),
)
def ignoring_a_class_is_deleting(score, tolerance, y_true, y_pred, num_classes, ignore_index):
    valid = y_true != ignore_index
    ignored = score(y_true, y_pred, num_classes, ignore_index)
    deleted = score(y_true[valid].reshape(1, 1, -1), y_pred[valid].reshape(1, 1, -1), num_classes)
    if differ(ignored, deleted, tolerance):
        return f"with pixels ignored the score is {ignored}, with those pixels deleted {deleted}"


@law(
    11,
    "ignored-image",
    family="overlap",
    of=(*SCORES, *ARRAYS),
    statement="An image of which every pixel is ignored adds nothing and costs nothing.",
    symbols="s(t + ignored, p + q) = s(t, p)",
    source="It has no valid pixel: counts of it are 0, and its own score is undefined and left out of the mean.",
    presumes={"ignore": ("supported",), "absent": ("skip",)},
    draw=lambda: strategies.ignored_pairs(),
)
def ignored_image(score, tolerance, y_true, y_pred, num_classes, ignore_index):
    more_true = np.concatenate([y_true, np.full_like(y_true[:1], ignore_index)])
    more_pred = np.concatenate([y_pred, y_pred[:1]])
    without, more = (score(t, p, num_classes, ignore_index) for t, p in ((y_true, y_pred), (more_true, more_pred)))
    if differ(without, more, tolerance):
        return f"the score is {without}, and {more} with one more image, wholly ignored"
