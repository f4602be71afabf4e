"""Panoptic quality of files in the COCO panoptic format: PNGs of segment ids, and a JSON that says what each id is."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from npseg.errors import ArgumentError, DataError, MissingExtraError
from npseg.metrics.panoptic.matching import Pairs, count_pairs
from npseg.metrics.panoptic.quality import PanopticMetrics
from npseg.metrics.panoptic.result import PanopticQuality

__all__ = ["CocoPanopticFiles", "panoptic_quality_coco", "read_segment_ids"]

_PNG = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {2: "RGB", 3: "palette", 6: "RGBA"}  # of PNG; grey would have no room for ids
_SHOWN = 5

_Path = str | os.PathLike[str]


def panoptic_quality_coco(
    truth: _Path,
    prediction: _Path,
    *,
    truth_folder: _Path | None = None,
    prediction_folder: _Path | None = None,
) -> PanopticQuality:
    """Panoptic quality of a data set in the COCO panoptic format.

    `truth` and `prediction` are JSON files; the PNGs lie in `truth_folder` and `prediction_folder`, or else in a folder
    beside each JSON with its name without the suffix. Classes are the categories of the truth, in the order of the
    file. Conventions are those of `panoptic_quality`: id 0 is void, all crowds of a category in an image are one
    region, all segments of a stuff category in an image are one segment.

    Images are read one pair at a time; only the two JSON documents stay in memory. Raises `DataError` for a file
    that is missing or damaged, for images that only one side has, for sizes that differ, for segments in a PNG
    that its JSON does not list and the reverse, and for categories that the truth does not declare.

    The format: https://cocodataset.org/#format-data, "Panoptic segmentation". Kirillov et al. 2019, section 4.
    """
    files = CocoPanopticFiles(truth, prediction, truth_folder=truth_folder, prediction_folder=prediction_folder)
    metrics = files.metrics()
    for image_id in files.image_ids:
        files.count(image_id, metrics)
    return metrics.compute()


class CocoPanopticFiles:
    """Truth and prediction in the COCO panoptic format, paired by image, to be counted image by image.

    Takes the arguments of `panoptic_quality_coco`. To share the work, give each worker a part of `image_ids` and an
    accumulator of its own from `metrics()`, and merge those in the end: the result is the same to the last bit.
    """

    def __init__(
        self,
        truth: _Path,
        prediction: _Path,
        *,
        truth_folder: _Path | None = None,
        prediction_folder: _Path | None = None,
    ) -> None:
        truth_document, prediction_document = _load(Path(truth)), _load(Path(prediction))
        self._categories = _categories(Path(truth), truth_document)
        self._index = {category.id: index for index, category in enumerate(self._categories)}
        self._truth = _annotations(Path(truth), truth_document, truth_folder, self._index)
        self._prediction = _annotations(Path(prediction), prediction_document, prediction_folder, self._index)
        for have, lack, name in (
            (self._truth, self._prediction, prediction),
            (self._prediction, self._truth, truth),
        ):
            missing = [image_id for image_id in have if image_id not in lack]
            if missing:
                raise DataError(
                    f"{os.fspath(name)}: no annotation for {_listed('image', missing)}, which the other side has; "
                    "truth and prediction must be of the same images"
                )

    @property
    def image_ids(self) -> tuple[Any, ...]:
        """Ids of the images, in the order of the truth."""
        return tuple(self._truth)

    def metrics(self) -> PanopticMetrics:
        """An empty accumulator for these categories; `void` is the number after the last class."""
        return PanopticMetrics(
            len(self._categories),
            things=[index for index, category in enumerate(self._categories) if category.is_thing],
            void=len(self._categories),
            class_names=[category.name for category in self._categories],
        )

    def count(self, image_id: Any, metrics: PanopticMetrics) -> None:
        """Read the two PNGs of an image and count their segments. When it raises, nothing was counted."""
        if image_id not in self._truth:
            raise ArgumentError(f"CocoPanopticFiles.count: image_id is {image_id!r}, which is none of image_ids")
        truth, prediction = self._truth[image_id], self._prediction[image_id]
        true_ids, predicted_ids = read_segment_ids(truth.path), read_segment_ids(prediction.path)
        if true_ids.shape != predicted_ids.shape:
            (height, width), (own_height, own_width) = true_ids.shape, predicted_ids.shape
            raise DataError(
                f"{prediction.path}: is {own_width} x {own_height} pixels, the truth {truth.path} is {width} x "
                f"{height}; write the prediction in the size of the truth"
            )
        (t, p), pixels = count_pairs([true_ids.ravel(), predicted_ids.ravel()])
        true_class, crowd = self._classes(truth, t)
        predicted_class, _ = self._classes(prediction, p)
        metrics.update_pairs(Pairs(true_class, t, crowd, predicted_class, p, pixels))

    def _classes(self, annotation: _Annotation, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Class and crowd flag for each id, after a check that PNG and JSON hold the same segments."""
        in_picture = set(ids.tolist()) - {0}
        strange = sorted(in_picture - annotation.segments.keys())
        if strange:
            raise DataError(
                f"{annotation.path}: holds {_listed('segment', strange)}, not in segments_info of {annotation.json}; "
                "PNG and JSON do not belong together, or the PNG was resampled with smoothing"
            )
        absent = sorted(annotation.segments.keys() - in_picture)
        if absent:
            raise DataError(
                f"{annotation.path}: no pixel of {_listed('segment', absent)}, which segments_info of "
                f"{annotation.json} lists; PNG and JSON do not belong together, or the JSON kept a segment that was "
                "painted over"
            )
        found = [annotation.segments.get(segment, (len(self._categories), False)) for segment in ids.tolist()]
        classes = np.array([label for label, _ in found], np.int64)
        return classes, np.array([is_crowd for _, is_crowd in found], np.bool_)


def read_segment_ids(path: _Path) -> np.ndarray:
    """Segment ids `(H, W)`, uint32, of a COCO panoptic PNG: red + 256 green + 65536 blue. Raises `DataError`."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtraError("read_segment_ids: needs Pillow to read PNG; run: pip install pillow") from error
    path = Path(path)
    try:
        with open(path, "rb") as file:
            header = file.read(26)
            if header[:8] != _PNG or len(header) < 26:
                raise DataError(f"{path}: is not a PNG file; segment ids survive only in PNG, never in JPEG")
            depth, colour_type = header[24], header[25]
            if colour_type not in _COLOUR_TYPES or (depth != 8 and _COLOUR_TYPES[colour_type] != "palette"):
                raise DataError(
                    f"{path}: is a PNG of colour type {colour_type} with {depth} bits, expected colours of 8 bits, "
                    "in which an id is red + 256 green + 65536 blue; plain label maps are no panoptic PNG"
                )
            file.seek(0)
            with Image.open(file) as opened:
                # Four bytes a pixel, lowest first, are the id and above it the alpha.
                words = np.asarray(opened.convert("RGBA")).view("<u4")[..., 0]
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file; check the folder and file_name in the JSON") from error
    except DataError:
        raise
    except Exception as error:  # decoders raise whatever they like on damaged files
        raise DataError(f"{path}: cannot be read as PNG ({error}); it may be truncated: copy it again") from error
    return words.astype(np.uint32) & 0xFFFFFF


class _Category(NamedTuple):
    id: int
    name: str
    is_thing: bool


class _Annotation(NamedTuple):
    """The segments of one image: id -> (class, is it a crowd)."""

    json: Path
    path: Path
    segments: dict[int, tuple[int, bool]]


def _load(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as JSON ({error})") from error
    if not isinstance(document, dict) or not isinstance(document.get("annotations"), list):
        raise DataError(f"{path}: has no list of annotations; expected a COCO panoptic JSON")
    return document


def _categories(path: Path, document: Mapping[str, Any]) -> list[_Category]:
    entries = document.get("categories")
    if not isinstance(entries, list) or not entries:
        raise DataError(f"{path}: has no categories; the truth must say which are things (isthing)")
    found = []
    for entry in entries:
        where = f"{path}: category {entry!r}"
        is_thing = _field(entry, "isthing", where)
        if is_thing not in (0, 1):
            raise DataError(f"{where}: isthing is {is_thing!r}, expected 0 or 1")
        found.append(_Category(_whole(entry, "id", where), str(_field(entry, "name", where)), bool(is_thing)))
    if len({category.id for category in found}) != len(found):
        raise DataError(f"{path}: two categories have one id; ids must differ")
    return found


def _annotations(
    path: Path, document: Mapping[str, Any], folder: _Path | None, index: Mapping[int, int]
) -> dict[Any, _Annotation]:
    place = Path(folder) if folder is not None else path.with_suffix("")
    found: dict[Any, _Annotation] = {}
    for entry in document["annotations"]:
        image_id = _field(entry, "image_id", f"{path}: an annotation")
        where = f"{path}: image {image_id!r}"
        if not isinstance(image_id, int | str):
            raise DataError(f"{where}: image_id must be a number or a text")
        if image_id in found:
            raise DataError(f"{where} has two annotations; keep one")
        infos = _field(entry, "segments_info", where)
        if not isinstance(infos, list):
            raise DataError(f"{where}: segments_info is {infos!r}, expected a list of segments")
        segments: dict[int, tuple[int, bool]] = {}
        for info in infos:
            segment = _whole(info, "id", f"{where}, a segment")
            named = f"{where}, segment {segment}"
            if not 0 < segment < 256**3:
                raise DataError(f"{named}: ids lie between 1 and {256**3 - 1}; 0 is void")
            if segment in segments:
                raise DataError(f"{named} is listed twice; ids must differ within an image")
            category = _whole(info, "category_id", named)
            if category not in index:
                raise DataError(
                    f"{named}: category_id {category} is unknown; categories of the truth have the "
                    f"{_listed('id', list(index))}"
                )
            is_crowd = info.get("iscrowd", 0)
            if is_crowd not in (0, 1):
                raise DataError(f"{named}: iscrowd is {is_crowd!r}, expected 0 or 1")
            segments[segment] = (index[category], bool(is_crowd))
        found[image_id] = _Annotation(path, place / str(_field(entry, "file_name", where)), segments)
    return found


def _field(entry: Any, name: str, where: str) -> Any:
    if not isinstance(entry, dict) or name not in entry:
        raise DataError(f"{where}: {name} is missing")
    return entry[name]


def _whole(entry: Any, name: str, where: str) -> int:
    value = _field(entry, name, where)
    if isinstance(value, bool) or not isinstance(value, int):
        raise DataError(f"{where}: {name} is {value!r}, expected an integer")
    return value


def _listed(what: str, values: list[Any]) -> str:
    shown = ", ".join(str(value) for value in values[:_SHOWN])
    more = f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    return f"{what}{'s' if len(values) > 1 else ''} {shown}{more}"
