"""A panoptic quality by sets of pixels, right or with one planted fault."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from npseg.laws import Target

FAULTS = (
    "void in the union", "half is a match", "ids across images", "crowd is missed", "false alarms in void",
    "unseen is 0", "mean SQ of images", "eps", "void predictions ignored", "last crowd only", "stuff ids",
    "crowd excuses nothing", "void is a class", "nothing is an error", "no false positives", "mean of images",
    "edits its input", "class 0 is background", "each image once", "last column lost", "last image twice", "micro",
    "rounded to 0.05",
)  # fmt: skip


def segments(image, things, void, fault, crowd=None):
    """Pixels by (class, id, is it a crowd); void is one of them."""
    found = defaultdict(set)
    classes, ids = image
    for place in np.ndindex(classes.shape):
        if fault == "last column lost" and place[1] == classes.shape[1] - 1:
            continue
        label = int(classes[place])
        marked = crowd is not None and bool(crowd[place])
        if label == void:
            found["void"].add(place)
            continue
        keeps_id = label in things or fault == "stuff ids"
        found[label, int(ids[place]) if keeps_id and (not marked or fault == "last crowd only") else 0, marked].add(place)
    return found


def counts(truth, prediction, things, void, crowd, fault):
    """Per class: IoU of matches, false positives, false negatives."""
    true, predicted = segments(truth, things, void, fault, crowd), segments(prediction, things, void, fault)
    unknown, abstained = true.pop("void", set()), predicted.pop("void", set())
    matches, spurious, missed = defaultdict(list), defaultdict(int), defaultdict(int)
    matched = set()
    for name, area in true.items():
        is_found = False
        for other, answer in predicted.items():
            if name[0] != other[0] or name[2]:
                continue
            union = area | answer
            if fault != "void in the union":
                union = union - unknown
            if fault == "void predictions ignored":
                union = union - abstained
            iou = len(area & answer) / len(union)
            if iou > 0.5 or (fault == "half is a match" and iou == 0.5):
                matches[name[0]].append(iou)
                matched.add(other)
                is_found = True
        if not is_found and (not name[2] or fault == "crowd is missed"):
            missed[name[0]] += not (fault == "void predictions ignored" and len(area & abstained) * 2 > len(area))
    for name, area in predicted.items():
        excuses = set() if fault == "false alarms in void" else set(unknown)
        crowds = [pixels for other, pixels in true.items() if other[2] and other[0] == name[0]]
        if fault != "crowd excuses nothing":
            excuses |= set().union(*(crowds[-1:] if fault == "last crowd only" else crowds))
        if name not in matched and 2 * len(area & excuses) <= len(area) and fault != "no false positives":
            spurious[name[0]] += 1
    return matches, spurious, missed


def rows_of_images(images, num_classes, fault):
    rows = np.full((num_classes, 3), np.nan)
    for label in range(num_classes):
        ious = [iou for matches, _, _ in images for iou in matches[label]]
        errors = sum(spurious[label] + missed[label] for _, spurious, missed in images)
        whole = len(ious) + errors / 2 + (1e-6 if fault == "eps" else 0)
        if not ious and not errors:
            if fault == "unseen is 0":
                rows[label] = 0
            continue
        sq = sum(ious) / len(ious) if ious else 0
        if fault == "mean SQ of images":
            each = [np.mean(matches[label]) for matches, _, _ in images if matches[label]]
            rows[label] = sum(ious) / whole, np.mean(each) if each else 0, len(ious) / whole
        else:
            rows[label] = sq * len(ious) / whole, sq, len(ious) / whole
    if fault == "class 0 is background":
        rows[0] = np.nan
    if fault == "rounded to 0.05":
        rows[:, 1] = np.floor(20 * rows[:, 1]) / 20
        rows[:, 0] = rows[:, 1] * rows[:, 2]
    return rows


def quality(y_true, y_pred, num_classes, things, void, crowd, fault):
    """PQ, SQ and RQ of each class."""
    if fault == "edits its input":
        y_pred[0][1].flat[0] += 1
    crowd = [None] * len(y_true) if crowd is None else crowd
    if fault == "void is a class" and void is not None:
        y_true = [(np.where(classes == void, 0, classes), ids) for classes, ids in y_true]
        y_pred = [(np.where(classes == void, 0, classes), ids) for classes, ids in y_pred]
    if fault == "ids across images":
        y_true, y_pred = ([tuple(np.concatenate([m.ravel() for m in maps])[None] for maps in zip(*images))]
                          for images in (y_true, y_pred))  # fmt: skip
        crowd = [None if crowd[0] is None else np.concatenate([one.ravel() for one in crowd])[None]]
    images = list(zip(y_true, y_pred, crowd))
    if fault == "each image once":
        images = images[:3]
    if fault == "last image twice" and len(images) > 1:
        images.append(images[-1])
    found = [counts(*image[:2], things, void, image[2], fault) for image in images]
    if fault == "mean of images":
        with np.errstate(all="ignore"):
            each = np.stack([rows_of_images([one], num_classes, fault) for one in found])
            return np.where(np.isnan(each).all(0), np.nan, np.nansum(each, 0) / np.maximum(1, (~np.isnan(each)).sum(0)))
    return rows_of_images(found, num_classes, fault)


def target(fault=None):
    """Both panoptic measures with that fault."""

    def rows(y_true, y_pred, num_classes, things, void=None, crowd=None):
        return quality(y_true, y_pred, num_classes, things, void, crowd, fault)

    def mean(y_true, y_pred, num_classes, things, void=None, crowd=None):
        pq, _, rq = rows(y_true, y_pred, num_classes, things, void, crowd).T
        defined = ~np.isnan(pq)
        if fault == "micro" and defined.any():
            return float(pq[defined].max())
        if fault != "nothing is an error" and not defined.any():
            return float("nan")
        return sum(pq[defined].tolist()) / int(defined.sum())

    return Target(f"wrong: {fault}", {"pq": mean, "pq_per_class": rows}, tolerance=1e-9)
