"""How one measure follows from another, or bounds it."""

from __future__ import annotations

from npseg.laws import strategies
from npseg.laws.comparing import differ, exceeds
from npseg.laws.law import law


def _with_and_without_ignoring():
    from hypothesis import strategies as st

    return st.one_of(strategies.label_pairs(images=(1, 2)), strategies.ignored_pairs(classes=(2, 4), in_use=True))


@law(
    16,
    "dice-from-iou",
    family="overlap",
    needs=("iou_per_class", "dice_per_class"),
    statement="In one image the Dice of a class is 2 IoU / (1 + IoU), and both are defined or neither is.",
    symbols="D = 2 J / (1 + J)",
    source="2 TP / (2 TP + FP + FN), divided above and below by TP + FP + FN.",
    presumes={"absent": ("skip", "0", "1")},
    draw=lambda: strategies.label_pairs(),
)
def dice_from_iou(iou_per_class, dice_per_class, tolerance, y_true, y_pred, num_classes):
    iou, dice = iou_per_class(y_true, y_pred, num_classes), dice_per_class(y_true, y_pred, num_classes)
    for label, (j, d) in enumerate(zip(iou, dice)):
        if differ(2 * j / (1 + j), d, tolerance):
            return f"class {label} has IoU {j} and Dice {d}"


@law(
    17,
    "mean-dice-around-mean-iou",
    family="overlap",
    needs=("iou", "dice"),
    statement="Mean Dice is at least mean IoU, and at most 2 mIoU / (1 + mIoU), where both are means over the same "
    "classes.",
    symbols="mJ <= mD <= 2 mJ / (1 + mJ)",
    source="x <= 2x / (1 + x) on [0, 1], and the right side is concave there, so Jensen's inequality bounds its mean; "
    "for means over images too.",
    presumes={"absent": ("skip", "0", "1")},
    draw=_with_and_without_ignoring,
)
def mean_dice_around_mean_iou(iou, dice, tolerance, y_true, y_pred, num_classes, ignore_index=None):
    arguments = (y_true, y_pred, num_classes) if ignore_index is None else (y_true, y_pred, num_classes, ignore_index)
    j, d = float(iou(*arguments)), float(dice(*arguments))
    if differ(j != j, d != d, 0):
        return f"mean IoU is {j}, mean Dice {d}: one of them is undefined"
    if j == j and (exceeds(j, d, tolerance) or exceeds(d, 2 * j / (1 + j), tolerance)):
        return f"mean IoU is {j}, mean Dice {d}, not between it and {2 * j / (1 + j)}"


@law(
    18,
    "iou-below-precision-and-recall",
    family="overlap",
    needs=("iou_per_class", "precision_per_class", "recall_per_class"),
    statement="In one image the IoU of a class is at most its precision and at most its recall.",
    symbols="J <= min(P, R)",
    source="TP + FP + FN is at least TP + FP and at least TP + FN.",
    presumes={"absent": ("skip", "0", "1")},
    draw=lambda: strategies.label_pairs(),
)
def iou_below_precision_and_recall(
    iou_per_class, precision_per_class, recall_per_class, tolerance, y_true, y_pred, num_classes
):
    functions = (iou_per_class, precision_per_class, recall_per_class)
    for label, (j, p, r) in enumerate(zip(*(f(y_true, y_pred, num_classes) for f in functions))):
        if (j == j and p == p and exceeds(j, p, tolerance)) or (j == j and r == r and exceeds(j, r, tolerance)):
            return f"class {label} has IoU {j}, precision {p} and recall {r}"


@law(
    19,
    "weighted-iou-below-accuracy",
    family="overlap",
    needs=("frequency_weighted_iou", "pixel_accuracy"),
    statement="Frequency-weighted IoU is at most pixel accuracy.",
    symbols="sum_k (r_k / n) J_k <= trace M / n",
    source="r_k J_k <= r_k TP_k / r_k = TP_k, as the union is at least r_k.",
    draw=lambda: strategies.label_pairs(images=(1, 2)),
)
def weighted_iou_below_accuracy(frequency_weighted_iou, pixel_accuracy, tolerance, y_true, y_pred, num_classes):
    weighted, accuracy = (f(y_true, y_pred, num_classes) for f in (frequency_weighted_iou, pixel_accuracy))
    if exceeds(weighted, accuracy, tolerance):
        return f"frequency-weighted IoU is {weighted}, pixel accuracy {accuracy}"


@law(
    19,
    "kappa-below-accuracy",
    family="overlap",
    needs=("kappa", "pixel_accuracy"),
    statement="Cohen's kappa is at most pixel accuracy, where it is defined.",
    symbols="(a - e) / (1 - e) <= a",
    source="a (1 - e) - (a - e) = e (1 - a) >= 0.",
    draw=lambda: strategies.label_pairs(),
)
def kappa_below_accuracy(kappa, pixel_accuracy, tolerance, y_true, y_pred, num_classes):
    k, accuracy = (float(f(y_true, y_pred, num_classes)) for f in (kappa, pixel_accuracy))
    if k == k and exceeds(k, accuracy, tolerance):
        return f"kappa is {k}, pixel accuracy {accuracy}"


@law(
    21,
    "accuracy-is-share-of-right-pixels",
    family="overlap",
    of=("pixel_accuracy", "micro_f1"),
    statement="Pixel accuracy, and micro F1, is the share of the pixels whose label is right.",
    symbols="s = trace M / n",
    source="Summed over classes FP = FN = n - trace M, so 2 TP / (2 TP + FP + FN) = trace M / n.",
    draw=lambda: strategies.label_pairs(images=(1, 2)),
)
def accuracy_is_share_of_right_pixels(score, tolerance, y_true, y_pred, num_classes):
    value, share = score(y_true, y_pred, num_classes), float((y_true == y_pred).mean())
    if differ(value, share, tolerance):
        return f"the share of right pixels is {share}, the score {value}"


@law(
    42,
    "dice-between-precision-and-recall",
    family="overlap",
    needs=("dice_per_class", "precision_per_class", "recall_per_class"),
    statement="In one image the Dice of a class lies between its precision and its recall.",
    symbols="min(P, R) <= D <= max(P, R)",
    source="It is their harmonic mean (van Rijsbergen 1979, chapter 7).",
    presumes={"absent": ("skip", "0", "1")},
    draw=lambda: strategies.label_pairs(),
)
def dice_between_precision_and_recall(
    dice_per_class, precision_per_class, recall_per_class, tolerance, y_true, y_pred, num_classes
):
    functions = (dice_per_class, precision_per_class, recall_per_class)
    for label, (d, p, r) in enumerate(zip(*(f(y_true, y_pred, num_classes) for f in functions))):
        outside = exceeds(min(p, r), d, tolerance) or exceeds(d, max(p, r), tolerance)
        if d == d and p == p and r == r and outside:
            return f"class {label} has Dice {d}, precision {p} and recall {r}"


@law(
    43,
    "exchange-of-precision-and-recall",
    family="overlap",
    needs=("precision", "recall"),
    statement="Exchanging truth and prediction exchanges mean precision and mean recall.",
    symbols="P(t, p) = R(p, t)",
    source="TP stays, FP and FN change places.",
    draw=lambda: strategies.label_pairs(images=(1, 2)),
)
def exchange_of_precision_and_recall(precision, recall, tolerance, y_true, y_pred, num_classes):
    one, other = precision(y_true, y_pred, num_classes), recall(y_pred, y_true, num_classes)
    if differ(one, other, tolerance):
        return f"precision of (t, p) is {one}, recall of (p, t) {other}"


@law(
    44,
    "kappa-within-correlation",
    family="overlap",
    needs=("kappa", "mcc"),
    statement="In one image kappa has the sign of Matthews correlation and is no farther from 0, where both are "
    "defined.",
    symbols="|kappa| <= |MCC|, kappa MCC >= 0",
    source="Both are n trace M - sum r c, divided by n^2 - sum r c and by sqrt((n^2 - sum r^2)(n^2 - sum c^2)); the "
    "former is at least the latter by Aczel's inequality (Aczel 1956).",
    draw=lambda: strategies.label_pairs(classes=(2, 4)),
)
def kappa_within_correlation(kappa, mcc, tolerance, y_true, y_pred, num_classes):
    k, m = (float(f(y_true, y_pred, num_classes)) for f in (kappa, mcc))
    if k == k and m == m and (exceeds(abs(k), abs(m), tolerance) or exceeds(0, k * m, tolerance)):
        return f"kappa is {k}, Matthews correlation {m}"
