"""Panoptic quality of one image by sets of pixels, from the definition of Kirillov et al. 2019, section 4."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

__all__ = ["matched_segments", "panoptic_counts", "segments"]


def segments(classes, instances, things, void, crowd=None):
    """Split one image: {(class, instance): set of pixels}, the void pixels, and {class: its crowd pixels}.

    All pixels of a stuff class have instance 0, whatever the map says.
    """
    found, unlabelled, crowds = {}, set(), {}
    for place in np.ndindex(classes.shape):
        label = int(classes[place])
        if label == void:
            unlabelled.add(place)
        elif crowd is not None and crowd[place]:
            crowds.setdefault(label, set()).add(place)
        else:
            instance = int(instances[place]) if label in things else 0
            found.setdefault((label, instance), set()).add(place)
    return found, unlabelled, crowds


def matched_segments(true_segments, predicted_segments, unlabelled):
    """{(true segment, predicted segment): IoU as a fraction} of the pairs that match."""
    matches = {}
    for true, true_pixels in true_segments.items():
        for predicted, predicted_pixels in predicted_segments.items():
            if true[0] != predicted[0]:
                continue
            union = (true_pixels | predicted_pixels) - unlabelled
            iou = Fraction(len(true_pixels & predicted_pixels), len(union))
            if iou > Fraction(1, 2):
                matches[true, predicted] = iou
    return matches


def panoptic_counts(
    true_class, true_instance, predicted_class, predicted_instance, num_classes, things, void=None, crowd=None
):
    """For each class: true positives, false positives, false negatives, and the sum of IoU as a fraction."""
    true_segments, unlabelled, crowds = segments(true_class, true_instance, things, void, crowd)
    predicted_segments, _, _ = segments(predicted_class, predicted_instance, things, void)
    matches = matched_segments(true_segments, predicted_segments, unlabelled)
    counts = []
    for label in range(num_classes):
        ious = [iou for (true, _), iou in matches.items() if true[0] == label]
        found = {true for true, _ in matches}
        missed = [true for true in true_segments if true[0] == label and true not in found]
        used = {predicted for _, predicted in matches}
        false_alarms = 0
        for predicted, pixels in predicted_segments.items():
            if predicted[0] != label or predicted in used:
                continue
            excused = pixels & (unlabelled | crowds.get(label, set()))
            if Fraction(len(excused), len(pixels)) <= Fraction(1, 2):
                false_alarms += 1
        counts.append((len(ious), false_alarms, len(missed), sum(ious, Fraction(0))))
    return counts
