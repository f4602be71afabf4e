"""The choices that a metric's author makes, by name. A law holds under some of them and says nothing under others."""

from __future__ import annotations

from collections.abc import Mapping

from npseg.errors import ArgumentError, near_matches

__all__ = ["CONVENTIONS", "check_conventions", "parse_conventions"]

CONVENTIONS: dict[str, dict[str, str]] = {
    "aggregate": {
        "dataset": "counts are summed over all images before anything is divided",
        "image": "each image is scored by itself, and the scores are averaged",
        "image-class": "each class of each image is scored by itself, and all those scores are averaged at once",
        "image-then-class": "each class of each image is scored by itself, averaged over the images, and then over the "
        "classes",
    },
    "absent": {
        "skip": "a class in neither truth nor prediction is left out of the mean",
        "0": "a class in neither truth nor prediction counts as 0",
        "1": "a class in neither truth nor prediction counts as 1",
        "-1": "a class in neither truth nor prediction is reported as -1",
    },
    "ignore": {
        "supported": "pixels whose truth is the ignore value do not exist",
        "none": "there is no ignore value",
    },
    "empty-truth": {
        "0": "a class that only the prediction holds counts as 0",
        "skip": "a class that only the prediction holds is left out of the mean",
    },
    "ignored-class": {
        "kept": "a class whose label is ignored stays in the mean, for it can be predicted where it is wrong",
        "left-out": "a class whose label is ignored is left out of the mean",
    },
    "out-of-range": {
        "raise": "a label outside [0, K) is an error",
        "count": "a pixel with such a label counts as wrong",
        "drop": "a pixel with such a label is left out",
    },
    "boundary": {
        "inner4": "pixels of the object that touch one outside along an edge (in 3-D: along a face)",
        "inner8": "pixels of the object that touch one outside along an edge or at a corner (in 3-D: 26 neighbours)",
        "dual": "the contour between the pixels, in elements at their corners, each with its length or area",
        "all-pixels": "every pixel of the object",
    },
    "pooling": {
        "max-directed": "the percentile is taken of the distances of each direction; the larger counts",
        "pooled": "the percentile or mean is taken of the distances of both directions in one list",
        "mean-directed": "the mean is taken of each direction's distances; the score is the mean of both",
    },
    "one-empty": {
        "inf": "a mask empty on one side only is infinitely far",
        "nan": "a mask empty on one side only is undefined",
        "0": "a mask empty on one side only scores 0: the best distance, or the worst share",
        "1": "a mask empty on one side only scores 1",
        "raise": "a mask empty on one side only is an error",
        "finite": "a mask empty on one side only scores some other number",
    },
    "both-empty": {
        "inf": "two empty masks are infinitely far apart",
        "nan": "two empty masks are undefined",
        "0": "two empty masks score 0: the best distance, or the worst share",
        "1": "two empty masks score 1",
        "raise": "two empty masks are an error",
        "finite": "two empty masks score some other number",
    },
    "spacing": {
        "supported": "the distance of neighbours along each axis is given, and distances have its unit",
        "none": "distances are in pixels",
    },
    "frame": {
        "outside": "what lies beyond the frame of the image is outside of every object",
        "none": "an object that is cut off by the frame has no boundary there",
    },
    "dimension": {
        "2d": "images only",
        "2d-3d": "images and volumes",
    },
    "void": {
        "supported": "void pixels of the truth leave every union, and excuse a segment that mostly lies on them",
        "none": "there is no void label",
    },
    "void-prediction": {
        "missing": "a pixel predicted as void belongs to no predicted segment, and its true segment keeps it",
        "ignored": "a pixel predicted as void leaves every union",
        "none": "a prediction cannot hold void",
    },
    "crowd": {
        "supported": "a crowd need not be found, and excuses segments of its class that mostly lie on it",
        "none": "there are no crowds",
    },
    "matching": {
        "iou>0.5": "segments match when their IoU is more than 1/2",
        "iou>=0.5": "segments match when their IoU is at least 1/2",
        "assignment": "segments match by the assignment of the greatest sum of IoU, however small one is",
    },
    "reduction": {
        "mean": "a loss is divided by the number of pixels that count, whatever their weights",
        "weighted-mean": "a loss is divided by the sum of the class weights of the pixels that count",
        "sum": "a loss is the sum over the pixels",
        "joint": "the pixels enter a loss together, as in an overlap",
    },
    "all-ignored": {
        "0": "a loss is 0 when every pixel is ignored",
        "nan": "a loss is NaN when every pixel is ignored",
    },
    "activation": {
        "softmax": "the classes of a pixel exclude each other",
        "sigmoid": "each class of a pixel is decided by itself",
    },
    "smooth": {
        "0": "nothing is added to the sums of a soft Dice",
        "positive": "something is added to the sums of a soft Dice",
    },
    "grid": {
        "half-pixel": "resizing takes pixels for areas: output i reads at (i + 1/2) H / H' - 1/2",
        "align-corners": "resizing takes pixels for points: output i reads at i (H - 1) / (H' - 1)",
        "nearest": "resizing copies: output i is the input at floor(i H / H')",
        "nearest-exact": "resizing copies: output i is the input at floor((i + 1/2) H / H')",
    },
    "padding-counts": {
        "yes": "average pooling divides by the whole window, padding and all",
        "no": "average pooling divides by the pixels of the image in the window",
    },
    "pairs": {
        "supported": "stride, padding and dilation may differ between height and width",
        "none": "stride, padding and dilation are one number",
    },
    "result-type": {
        "as-given": "float32 gives float32",
        "float64": "every result is float64, that of float32 too",
    },
}
"""Name of the choice to its values, each in words."""


def check_conventions(caller: str, given: Mapping[str, str]) -> dict[str, str]:
    """Names and values as they stand in `CONVENTIONS`. Raises `ArgumentError` with near matches."""
    checked = {}
    for name, value in given.items():
        if name not in CONVENTIONS:
            raise ArgumentError(f"{caller}: there is no convention {name!r}{near_matches(str(name), CONVENTIONS)}")
        if str(value) not in CONVENTIONS[name]:
            raise ArgumentError(
                f"{caller}: convention {name} is {value!r}; it must be one of {', '.join(CONVENTIONS[name])}"
            )
        checked[name] = str(value)
    return checked


def parse_conventions(caller: str, text: str) -> dict[str, str]:
    """Read `"absent=skip,aggregate=dataset"`. Raises `ArgumentError`.

    >>> parse_conventions("laws", "absent=skip, aggregate=dataset")
    {'absent': 'skip', 'aggregate': 'dataset'}
    """
    given: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value:
            raise ArgumentError(f"{caller}: cannot read the convention {part!r}; write name=value,name=value")
        if name in given and given[name] != value:
            raise ArgumentError(
                f"{caller}: convention {name} is given twice, as {given[name]!r} and as {value!r}; give it once"
            )
        given[name] = value
    return check_conventions(caller, given)
