"""The measures that laws speak of, and the form in which an implementation gives each."""

from __future__ import annotations

from dataclasses import dataclass

from npseg.errors import ArgumentError, near_matches

__all__ = ["COMPANIONS", "FORMS", "MEASURES", "Measure", "find_measure"]

FORMS = {
    "overlap": "score(y_true, y_pred, num_classes, ignore_index=None): label maps (N, H, W) to a number, or to (K,)",
    "counts": "score(y_true, y_pred, num_classes, ignore_index=None): label maps (N, H, W) to (K, K), rows the truth",
    "class-counts": "score(y_true, y_pred, num_classes, ignore_index=None): label maps (N, H, W) to (4, K), the TP, "
    "FP, FN and TN of each class",
    "state": "score(parts, num_classes, ignore_index=None): a list that is counted piece by piece, whose members are "
    "pairs (y_true, y_pred) of label maps (N, H, W), to update with, or lists like it, to merge in; to a number or "
    "(K, K)",
    "distance": "score(a, b, spacing=None): Boolean masks (H, W) or (D, H, W) to a number, a the truth; spacing has a "
    "number for each axis; hausdorff_percentile also takes percentile=95.0, surface_dice and boundary_f1 also take "
    "tolerance_distance=1.0, in the unit of the spacing; raises Unsupported for volumes or a spacing it does not take",
    "band": "score(a, b, spacing=None, width=1): Boolean masks (H, W) to a number, a the truth; width in pixels; "
    "raises Unsupported for volumes and for a spacing",
    "distance-mean": "score(truths, predictions, spacing=None): lists of Boolean masks (H, W) or (D, H, W) to a number",
    "panoptic": "score(y_true, y_pred, num_classes, things, void=None, crowd=None): lists of images, each a pair of "
    "class map and instance map (H, W), instance ids from 1, crowd a list of Boolean maps; to a number, or to (K, 3) "
    "with PQ, SQ and RQ",
    "pixel loss": "loss(logits, labels, ignore_index=None, class_weights=None): float64 (N, H, W, C) and int64 "
    "(N, H, W) to a number, made of the pixels one by one",
    "joint loss": "loss(logits, labels, ignore_index=None, class_weights=None): as a pixel loss, but joint",
    "focal loss": "loss(logits, labels, gamma): as a pixel loss",
    "gradient": "gradient(logits, labels, ignore_index=None, class_weights=None): as its loss, to (N, H, W, C)",
    "convolution": "conv(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1): (N, H, W, C) and "
    "(kh, kw, C / groups, K), of a transposed convolution (kh, kw, K / groups, C), to (N, H', W', K)",
    "resize": "resize(x, size): (N, H, W, C) to (N, *size, C)",
    "maximum pooling": "pool(x, kernel_size, stride, padding=0): (N, H, W, C) to (N, H', W', C)",
    "average pooling": "pool(x, kernel_size, stride, padding=0): (N, H, W, C) to (N, H', W', C)",
    "pointwise": "f(x): (N, H, W, C) to the same, classes last",
    "vjp": "vjp(dy, x, ...): the gradient first, then the operator's arguments, to dx, or to (dx, dweight, dbias) with "
    "None for what it does not give",
}
"""How a measure of each family is called, as laws call it."""

COMPANIONS = ("per_class", "in_parts", "gradient", "vjp")
"""What a law may ask for besides a measure: the measure of that name with this behind it."""


@dataclass(frozen=True)
class Measure:
    """A measure by its name: what family of laws it obeys and within which bounds it lies."""

    name: str
    family: str
    title: str
    bounds: tuple[float, float] = (0.0, 1.0)
    per_class: bool = False
    aliases: tuple[str, ...] = ()
    smaller_is_better: bool = False

    @property
    def worst(self) -> float:
        """The bound that no implementation exceeds in badness: infinity for distances."""
        return self.bounds[1 if self.smaller_is_better else 0]


_OVERLAP = (
    Measure("iou", "overlap", "mean IoU", aliases=("miou", "mean_iou", "jaccard")),
    Measure("dice", "overlap", "mean Dice", aliases=("mdice", "mean_dice", "f1")),
    Measure("precision", "overlap", "mean precision"),
    Measure("recall", "overlap", "mean recall", aliases=("mean_accuracy", "macc")),
    Measure("pixel_accuracy", "overlap", "pixel accuracy", aliases=("accuracy", "acc")),
    Measure("frequency_weighted_iou", "overlap", "frequency-weighted IoU", aliases=("fwiou",)),
    Measure("micro_f1", "overlap", "micro F1"),
    Measure("generalized_dice", "overlap", "generalised Dice"),
    Measure("kappa", "overlap", "Cohen's kappa", (-1.0, 1.0), aliases=("cohen_kappa",)),
    Measure("mcc", "overlap", "Matthews correlation", (-1.0, 1.0), aliases=("matthews_corrcoef",)),
    Measure("iou_per_class", "overlap", "IoU of each class", per_class=True, aliases=("binary_iou",)),
    Measure("dice_per_class", "overlap", "Dice of each class", per_class=True, aliases=("binary_dice",)),
    Measure("precision_per_class", "overlap", "precision of each class", per_class=True, aliases=("binary_precision",)),
    Measure("recall_per_class", "overlap", "recall of each class", per_class=True, aliases=("binary_recall",)),
    Measure("confusion", "counts", "confusion matrix", (0.0, float("inf"))),
    Measure("class_counts", "class-counts", "TP, FP, FN and TN of each class", (0.0, float("inf"))),
    Measure("iou_in_parts", "state", "mean IoU, accumulated"),
    Measure("dice_in_parts", "state", "mean Dice, accumulated"),
    Measure("pixel_accuracy_in_parts", "state", "pixel accuracy, accumulated"),
    Measure("confusion_in_parts", "state", "confusion matrix, accumulated", (0.0, float("inf"))),
)


def _distance(name: str, title: str, *aliases: str, family: str = "distance") -> Measure:
    return Measure(name, family, title, (0.0, float("inf")), aliases=aliases, smaller_is_better=True)


_DISTANCE = (
    _distance("hausdorff", "Hausdorff distance", "hd", "hausdorff_distance"),
    _distance("hausdorff_percentile", "percentile of the Hausdorff distance"),
    _distance("hd95", "95th percentile of the Hausdorff distance", "hausdorff_95"),
    _distance("average_symmetric_surface_distance", "average symmetric surface distance", "assd", "asd"),
    Measure("surface_dice", "distance", "surface Dice at a tolerance", aliases=("nsd", "normalized_surface_dice")),
    Measure("boundary_f1", "distance", "boundary F1", aliases=("bf", "bf_score")),
    Measure("boundary_iou", "band", "boundary IoU", aliases=("biou",)),
    _distance("hausdorff_mean", "mean Hausdorff distance of several cases", family="distance-mean"),
    _distance("hd95_mean", "mean 95th percentile of several cases", family="distance-mean"),
    _distance("assd_mean", "mean average surface distance of several cases", family="distance-mean"),
)

_PANOPTIC = (
    Measure("pq", "panoptic", "mean panoptic quality", aliases=("panoptic_quality",)),
    Measure("pq_per_class", "panoptic", "PQ, SQ and RQ of each class", per_class=True),
)

_INFINITE = float("inf")
_LOSSES = (
    Measure("cross_entropy", "pixel loss", "cross-entropy", (0.0, _INFINITE), aliases=("ce",)),
    Measure("focal", "pixel loss", "focal loss", (0.0, _INFINITE)),
    Measure("focal_gamma", "focal loss", "focal loss of a given gamma", (0.0, _INFINITE)),
    Measure("soft_dice", "joint loss", "soft Dice loss", aliases=("dice_loss",)),
    Measure("loss", "joint loss", "loss", (-_INFINITE, _INFINITE)),
    *(
        Measure(f"{name}_gradient", "gradient", f"gradient of {name}", (-_INFINITE, _INFINITE))
        for name in ("cross_entropy", "focal", "soft_dice", "loss")
    ),
)
_OPERATORS = tuple(
    measure
    for name, family, title in (
        ("conv2d", "convolution", "convolution"),
        ("conv_transpose2d", "convolution", "transposed convolution"),
        ("resize", "resize", "resizing"),
        ("max_pool2d", "maximum pooling", "maximum pooling"),
        ("avg_pool2d", "average pooling", "average pooling"),
        ("relu", "pointwise", "rectifier"),
        ("softmax", "pointwise", "softmax"),
    )
    for measure in (
        Measure(name, family, title, (-_INFINITE, _INFINITE)),
        Measure(f"{name}_vjp", "vjp", f"vector-Jacobian product of {title}", (-_INFINITE, _INFINITE)),
    )
)

MEASURES = {one.name: one for one in (*_OVERLAP, *_DISTANCE, *_PANOPTIC, *_LOSSES, *_OPERATORS)}


def find_measure(caller: str, name: str) -> Measure:
    """The measure of that name or alias. Raises `ArgumentError` with near matches.

    >>> find_measure("laws", "miou").title
    'mean IoU'
    """
    for one in MEASURES.values():
        if name == one.name or name in one.aliases:
            return one
    # Nobody writes a loss's gradient or an accumulated score down as a metric.
    plain = [one for one in MEASURES.values() if not one.name.endswith(("_gradient", "_vjp", "_in_parts"))]
    known = [spelling for one in plain for spelling in (one.name, *one.aliases)]
    raise ArgumentError(f"{caller}: there is no measure {name!r}{near_matches(name, known)}")
