"""panopticapi's own counting and averaging, from PNG files in a temporary folder.

The project is not on PyPI under its name; panopticapi-lite 0.2.0 packages its module `panopticapi.evaluation`.
"""

from __future__ import annotations

import numpy as np

from npseg.laws.target import Target

__all__ = ["targets"]


def write_side(folder, images, things, void, crowds):
    """Write PNGs as the COCO panoptic format has them; returns the annotations."""
    import os

    from PIL import Image

    annotations = []
    for number, (classes, ids) in enumerate(images):
        marked = np.zeros(classes.shape, int) if crowds is None else crowds[number].astype(int)
        ids = np.where(np.isin(classes, things), ids, 0)
        segments, place = np.unique(np.stack([classes, marked, ids]).reshape(3, -1), axis=1, return_inverse=True)
        known = [label != void for label in segments[0]]
        names = np.where(known, np.cumsum(known), 0)[place.reshape(classes.shape)]
        rgb = np.stack([names % 256, names // 256 % 256, names // 65536], -1).astype(np.uint8)
        Image.fromarray(rgb).save(os.path.join(folder, f"{number}.png"))
        infos = [
            {"id": n + 1, "category_id": int(label), "iscrowd": int(crowd), "area": int((names == n + 1).sum())}
            for n, (label, crowd, _) in enumerate(segments.T[known])
        ]
        annotations.append({"image_id": number, "file_name": f"{number}.png", "segments_info": infos})
    return annotations


def panopticapi_results(y_true, y_pred, num_classes, things, void, crowd):
    import contextlib
    import io
    import tempfile

    from panopticapi.evaluation import pq_compute_single_core

    categories = {label: {"id": label, "isthing": int(label in things)} for label in range(num_classes)}
    with tempfile.TemporaryDirectory() as truth, tempfile.TemporaryDirectory() as prediction:
        annotations = list(
            zip(write_side(truth, y_true, things, void, crowd), write_side(prediction, y_pred, things, void, None))
        )
        with contextlib.redirect_stdout(io.StringIO()):  # it tells how far it has come
            counts = pq_compute_single_core(0, annotations, truth, prediction, categories)
    return counts.pq_average(categories, isthing=None)


def panopticapi_mean(y_true, y_pred, num_classes, things, void=None, crowd=None):
    return panopticapi_results(y_true, y_pred, num_classes, things, void, crowd)[0]["pq"]


def panopticapi_rows(y_true, y_pred, num_classes, things, void=None, crowd=None):
    rows = panopticapi_results(y_true, y_pred, num_classes, things, void, crowd)[1]
    return np.array([[rows[label][name] for name in ("pq", "sq", "rq")] for label in range(num_classes)])


def targets() -> list[Target]:
    """As `pq_compute` counts and averages, in one process."""
    # https://cocodataset.org/#panoptic-eval: a match has IoU > 0.5; pixels labelled void in the truth do not affect it,
    # and unmatched segments that mostly hold void are removed; groups (iscrowd) are treated likewise.
    declared = {"void": "supported", "crowd": "supported", "matching": "iou>0.5"}
    measures = {"pq": panopticapi_mean, "pq_per_class": panopticapi_rows}
    return [Target("panopticapi", measures, declared, library="panopticapi")]
