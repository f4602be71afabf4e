"""Panoptic quality, each time with one fault. `qualities` is right; its options are ways to go wrong."""

from __future__ import annotations

import numpy as np

from npseg.laws.mutants.mutant import Mutant, as_mutants

__all__ = ["panoptic_mutants"]

DOCUMENTED = {
    "absent": "skip", "aggregate": "dataset", "void": "supported", "void-prediction": "missing", "crowd": "supported",
    "matching": "iou>0.5",
}  # fmt: skip


def segments(classes, instances, things, void, left_out=None):
    """The segments of an image as (class, Boolean map): each object of a thing, each class of stuff as one."""
    found = []
    kept = np.ones(classes.shape, bool) if left_out is None else ~left_out
    for label in np.unique(classes[kept]):
        if label == void:
            continue
        region = (classes == label) & kept
        if label in things:
            found += [(int(label), region & (instances == one)) for one in np.unique(instances[region])]
        else:
            found.append((int(label), region))
    return found


def tally(
    truth, prediction, num_classes, things, void, crowd, *, least=0.5, strict=True, void_in_union=False,
    void_predicted_leaves=False, excuse_void=True, crowds_are_objects=False, excuse_crowds=True, any_class=False,
    last_crowd_only=False, first_match=False, excused_from=0.5, crowds_excuse_all=False, excuses_apart=False,
):  # fmt: skip
    """Sums of matched IoU, TP, FP and FN of each class of one image, as (K, 4)."""
    counts = np.zeros((num_classes, 4))
    outside = np.zeros(truth[0].shape, bool) if void is None else truth[0] == void
    crowds = np.zeros(truth[0].shape, bool) if crowd is None else np.asarray(crowd, bool)
    if last_crowd_only:
        crowds = crowds & (truth[1] == truth[1][crowds].max(initial=0))
    unknown = np.zeros(truth[0].shape, bool) if void is None else prediction[0] == void
    real = segments(*truth, things, void, None if crowds_are_objects else crowds)
    predicted = segments(*prediction, things, void)
    taken = set()
    for label, region in real:
        for number, (other, guess) in enumerate(predicted):
            if (label != other and not any_class) or (first_match and number in taken):
                continue
            union = region | guess
            if not void_in_union:
                union = union & (region | ~outside)
            if void_predicted_leaves:
                union = union & ~unknown
            iou = (region & guess).sum() / max(union.sum(), 1)
            if iou > least or (not strict and iou == least):
                counts[label, 0] += iou
                counts[label, 1] += 1
                taken.add(number)
                break
        else:
            counts[label, 3] += 1
    for number, (label, guess) in enumerate(predicted):
        if number in taken:
            continue
        on_void = (guess & outside) if excuse_void else np.zeros_like(guess)
        on_crowd = guess & crowds & ((truth[0] == label) | crowds_excuse_all) & excuse_crowds
        excused = max(on_void.sum(), on_crowd.sum()) if excuses_apart else (on_void | on_crowd).sum()
        if excused <= guess.sum() * excused_from:
            counts[label, 2] += 1
    return counts


def of_counts(counts):
    """PQ, SQ and RQ of each class, (K, 3)."""
    total, hits, alarms, missed = counts.T
    size = hits + (alarms + missed) / 2
    pq = np.where(size > 0, total / np.maximum(size, 0.5), np.nan)
    sq = np.where(size > 0, np.where(hits > 0, total / np.maximum(hits, 1), 0.0), np.nan)
    return np.stack([pq, sq, np.where(size > 0, hits / np.maximum(size, 0.5), np.nan)], axis=1)


def rows(y_true, y_pred, num_classes, things, void=None, crowd=None, **faults):
    """PQ, SQ and RQ of each class over all images, (K, 3)."""
    crowds = [None] * len(y_true) if crowd is None else crowd
    counts = sum(tally(t, p, num_classes, things, void, c, **faults) for t, p, c in zip(y_true, y_pred, crowds))
    return of_counts(counts + np.zeros((num_classes, 4)))


def mean_pq(y_true, y_pred, num_classes, things, void=None, crowd=None, **faults):
    """Mean PQ of the classes that occur."""
    values = rows(y_true, y_pred, num_classes, things, void, crowd, **faults)[:, 0]
    return float(np.nanmean(values)) if not np.isnan(values).all() else float("nan")


def half_is_a_match(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """Segments match from an IoU of 0.4 on, so that one may match two."""
    return mean_pq(y_true, y_pred, num_classes, things, void, crowd, least=0.4)


def void_in_the_union(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """Void pixels of the truth stay in the union."""
    return mean_pq(y_true, y_pred, num_classes, things, void, crowd, void_in_union=True)


def void_predictions_leave(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """What is predicted as void leaves the union, so that not knowing pays."""
    return mean_pq(y_true, y_pred, num_classes, things, void, crowd, void_predicted_leaves=True)


def void_excuses_nothing(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """A segment that lies on void is a false alarm."""
    return mean_pq(y_true, y_pred, num_classes, things, void, crowd, excuse_void=False)


def crowds_must_be_found(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """A crowd counts as an object."""
    return mean_pq(y_true, y_pred, num_classes, things, void, crowd, crowds_are_objects=True)


def crowds_excuse_nothing(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """A segment that lies on a crowd of its class is a false alarm."""
    return mean_pq(y_true, y_pred, num_classes, things, void, crowd, excuse_crowds=False)


def one_crowd_to_a_class(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """Of several crowds only the last is remembered."""
    return mean_pq(y_true, y_pred, num_classes, things, void, crowd, last_crowd_only=True)


def unseen_is_zero(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """A class that occurs nowhere counts as 0."""
    return float(np.nan_to_num(rows(y_true, y_pred, num_classes, things, void, crowd)[:, 0]).mean())


def eps_in_the_quality(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """A small number is added to the denominator, so that nothing reaches 1."""
    return mean_pq(y_true, y_pred, num_classes, things, void, crowd) / (1 + 1e-4)


def mean_over_images(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """Each image is scored by itself."""
    crowds = [None] * len(y_true) if crowd is None else crowd
    values = [
        mean_pq([t], [p], num_classes, things, void, None if c is None else [c])
        for t, p, c in zip(y_true, y_pred, crowds)
    ]
    values = [value for value in values if value == value]
    return float(np.mean(values)) if values else float("nan")


def false_alarms_are_free(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """Segments without a match in the truth do not count."""
    crowds = [None] * len(y_true) if crowd is None else crowd
    counts = sum(tally(t, p, num_classes, things, void, c) for t, p, c in zip(y_true, y_pred, crowds))
    counts = counts + np.zeros((num_classes, 4))
    counts[:, 2] = 0
    values = of_counts(counts)[:, 0]
    return float(np.nanmean(values)) if not np.isnan(values).all() else float("nan")


def a_match_from_six_tenths(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """Segments match only above an IoU of 0.6."""
    return mean_pq(y_true, y_pred, num_classes, things, void, crowd, least=0.6)


def excused_from_nine_tenths(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """A segment without a match is a false alarm unless more than nine tenths of it are void or a crowd."""
    return mean_pq(y_true, y_pred, num_classes, things, void, crowd, excused_from=0.9)


def excused_by_a_pixel(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """A segment without a match is no false alarm if any of it is void or a crowd."""
    return mean_pq(y_true, y_pred, num_classes, things, void, crowd, excused_from=0.0)


def sums_of_all_classes(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """One quality is made of the sums of all classes, where the mean of the classes' is due."""
    crowds = [None] * len(y_true) if crowd is None else crowd
    counts = sum(tally(t, p, num_classes, things, void, c) for t, p, c in zip(y_true, y_pred, crowds))
    return float(of_counts((counts + np.zeros((num_classes, 4))).sum(axis=0, keepdims=True))[0, 0])


def objects_by_number(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """An object is matched only with one of the same number."""
    renumbered = [(p[0], np.where(p[0] == t[0], np.where(p[1] == t[1], p[1], p[1] + 1000), p[1]))
                  for t, p in zip(y_true, y_pred)]  # fmt: skip
    return mean_pq(y_true, renumbered, num_classes, things, void, crowd)


def sq_times_itself(y_true, y_pred, num_classes, things, void=None, crowd=None):
    """RQ is reported where SQ is due."""
    return rows(y_true, y_pred, num_classes, things, void, crowd)[:, [0, 2, 2]]


def panoptic_mutants() -> list[Mutant]:
    """All of this file, and those that go wrong over several images or in what they look at."""
    from npseg.laws.mutants.panoptic_counting import counting_mutants

    return [
        *counting_mutants(),
        *as_mutants(
            "pq", DOCUMENTED, half_is_a_match, void_in_the_union, void_predictions_leave, void_excuses_nothing,
            crowds_must_be_found, crowds_excuse_nothing, one_crowd_to_a_class, unseen_is_zero, eps_in_the_quality,
            mean_over_images, false_alarms_are_free, objects_by_number, a_match_from_six_tenths,
            excused_from_nine_tenths, excused_by_a_pixel, sums_of_all_classes,
        ),
        *as_mutants("pq_per_class", DOCUMENTED, sq_times_itself),
    ]  # fmt: skip
