"""COCO panoptic files: read as written, scored as the maps they hold, and refused in words when they do not fit."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from PIL import Image

from npseg.errors import ArgumentError, DataError
from npseg.metrics.panoptic.coco import CocoPanopticFiles, panoptic_quality_coco, read_segment_ids
from npseg.metrics.panoptic.quality import panoptic_quality

CATEGORIES = [
    {"id": 44, "name": "bottle", "isthing": 1},
    {"id": 1, "name": "person", "isthing": 1},
    {"id": 184, "name": "tree", "isthing": 0},
]
LABELS = [category["id"] for category in CATEGORIES]


def write_png(path, ids):
    colours = np.stack((ids % 256, ids // 256 % 256, ids // 65536), -1).astype(np.uint8)
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(colours).save(path)


def write_side(path, images, crowds=()):
    """Write a JSON and its folder. `images` is {image id: (ids (H, W), {segment id: category id})}."""
    annotations = []
    for image_id, (ids, segments) in images.items():
        name = f"{image_id:06d}.png"
        write_png(path.with_suffix("") / name, ids)
        infos = [
            {
                "id": segment,
                "category_id": category,
                "iscrowd": int(segment in crowds),
                "area": int((ids == segment).sum()),
            }
            for segment, category in segments.items()
        ]
        annotations.append({"image_id": image_id, "file_name": name, "segments_info": infos})
    path.write_text(json.dumps({"annotations": annotations, "categories": CATEGORIES}))
    return path


def some_images(seed, count=3):
    """Blobs of segments with ids over all three bytes, {image id: (ids, segments)}; 0 where nothing was painted."""
    rng = np.random.default_rng(seed)
    images = {}
    for image_id in range(7, 7 + count):
        ids = np.zeros((11, 13), np.int64)
        segments = {}
        for _ in range(6):
            top, left = rng.integers(0, 9), rng.integers(0, 9)
            segment = int(rng.integers(1, 256**3))
            ids[top : top + 5, left : left + 6] = segment
            segments[segment] = int(rng.choice(LABELS))
        images[image_id] = ids, {segment: label for segment, label in segments.items() if (ids == segment).any()}
    return images


def counts(row):
    return row.true_positives, row.false_positives, row.false_negatives, row.iou_units


def class_map(ids, segments):
    lookup = {segment: LABELS.index(category) for segment, category in segments.items()}
    return np.vectorize(lambda segment: lookup.get(segment, 255))(ids)


@pytest.mark.parametrize("seed", range(5))
def test_files_score_as_the_maps_they_hold(seed, tmp_path):
    truth, noise = some_images(seed), some_images(seed + 100)
    prediction = {}
    for image_id, (ids, segments) in truth.items():
        mixed = np.where(np.arange(13) < 9, ids, noise[image_id][0])
        known = {**segments, **noise[image_id][1]}
        prediction[image_id] = mixed, {segment: known[segment] for segment in np.unique(mixed).tolist() if segment}
    crowds = {next(iter(truth[7][1])), next(iter(truth[8][1]))}
    quality = panoptic_quality_coco(
        write_side(tmp_path / "truth.json", truth, crowds), write_side(tmp_path / "answers.json", prediction)
    )
    ids, found = (np.stack([side[image_id][0] for image_id in truth]) for side in (truth, prediction))
    t, p = (np.stack([class_map(*side[image_id]) for image_id in truth]) for side in (truth, prediction))
    expected = panoptic_quality(
        (t, ids), (p, found), num_classes=3, things=[0, 1], void=255, crowd=np.isin(ids, list(crowds))
    )
    assert [counts(row) for row in quality.per_class] == [counts(row) for row in expected.per_class]
    assert [row.name for row in quality.per_class] == ["bottle", "person", "tree"]
    assert [row.is_thing for row in quality.per_class] == [True, True, False]


def test_perfect_is_1_and_workers_share_the_images(tmp_path):
    truth = write_side(tmp_path / "truth.json", some_images(3))
    files = CocoPanopticFiles(truth, truth)
    assert files.image_ids == (7, 8, 9)
    workers = [files.metrics() for _ in range(2)]
    for number, image_id in enumerate(files.image_ids):
        files.count(image_id, workers[number % 2])
    together = workers[0].merge(workers[1]).compute()
    assert together.pq == 1.0
    assert together.to_json() == panoptic_quality_coco(truth, truth).to_json()
    with pytest.raises(ArgumentError, match="image_id is 12"):
        files.count(12, workers[0])


def test_folders_may_lie_elsewhere(tmp_path):
    truth = write_side(tmp_path / "truth.json", some_images(1))
    (tmp_path / "truth").rename(tmp_path / "pictures")
    folders = {"truth_folder": tmp_path / "pictures", "prediction_folder": str(tmp_path / "pictures")}
    assert panoptic_quality_coco(str(truth), truth, **folders).pq == 1
    with pytest.raises(DataError, match=r"truth.000007\.png: there is no such file"):
        panoptic_quality_coco(truth, truth)


def test_an_image_of_void_adds_nothing(tmp_path):
    truth = write_side(tmp_path / "truth.json", {1: (np.zeros((2, 2), int), {})})
    assert math.isnan(panoptic_quality_coco(truth, truth).pq)


def test_ids_are_red_and_256_green_and_65536_blue(tmp_path):
    ids = np.array([[1, 256, 65536], [0, 256**3 - 1, 3 + 2 * 256 + 65536]])
    write_png(tmp_path / "ids.png", ids)
    np.testing.assert_array_equal(read_segment_ids(tmp_path / "ids.png"), ids)
    with Image.open(tmp_path / "ids.png") as opened:
        opened.convert("RGBA").save(tmp_path / "alpha.png")
        opened.quantize(6).save(tmp_path / "palette.png")
    for name in ("alpha.png", "palette.png"):
        np.testing.assert_array_equal(read_segment_ids(tmp_path / name), ids)


def png_of(path, kind):
    if kind == "grey":
        Image.fromarray(np.ones((2, 2), np.uint8)).save(path)
    elif kind == "grey of 16 bits":
        Image.fromarray(np.ones((2, 2), np.uint16)).save(path)
    elif kind == "JPEG":
        Image.fromarray(np.ones((2, 2, 3), np.uint8)).save(path, format="JPEG")
    elif kind == "truncated":
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8)).save(path)
        path.write_bytes(path.read_bytes()[:400])
    else:
        path.write_bytes(b"")


@pytest.mark.parametrize(
    "kind, words",
    [
        ("grey", "colour type 0 with 8 bits, expected colours of 8 bits"),
        ("grey of 16 bits", "colour type 0 with 16 bits"),
        ("JPEG", "is not a PNG file"),
        ("truncated", "cannot be read as PNG"),
        ("empty", "is not a PNG file"),
    ],
)
def test_other_pictures_are_refused(kind, words, tmp_path):
    png_of(tmp_path / "ids.png", kind)
    with pytest.raises(DataError, match=rf"ids\.png: .*{words}"):
        read_segment_ids(tmp_path / "ids.png")


def pair(tmp_path):
    """A truth and a prediction that fit, and their JSON documents to be damaged."""
    images = {1: (np.array([[5, 5, 9]]), {5: 44, 9: 184})}
    sides = [write_side(tmp_path / name, images) for name in ("truth.json", "answers.json")]
    return sides, [json.loads(side.read_text()) for side in sides]


def segments(document):
    return document["annotations"][0]["segments_info"]


def drop_category(document):
    del document["categories"]


def two_categories_of_one_id(document):
    document["categories"][0]["id"] = 1


def thing_of_two(document):
    document["categories"][0]["isthing"] = 2


def strange_id_of_image(document):
    document["annotations"][0]["image_id"] = [1]


@pytest.mark.parametrize(
    "side, damage, words",
    [
        (
            1,
            lambda d: segments(d).pop(),
            r"answers.000001\.png: holds segment 9, not in segments_info of .*answers\.json",
        ),
        (0, lambda d: segments(d).pop(), r"truth.000001\.png: holds segment 9, not in segments_info of .*truth\.json"),
        (1, lambda d: segments(d).append({"id": 6, "category_id": 1}), r"answers.000001\.png: no pixel of segment 6"),
        (0, lambda d: segments(d).append({"id": 6, "category_id": 1}), r"truth.000001\.png: no pixel of segment 6"),
        (
            1,
            lambda d: segments(d)[0].update(category_id=3),
            r"image 1, segment 5: category_id 3 is unknown.* 44, 1, 184",
        ),
        (0, lambda d: segments(d)[0].update(category_id=3), "category_id 3 is unknown"),
        (1, lambda d: segments(d)[0].pop("category_id"), r"answers\.json: image 1, segment 5: category_id is missing"),
        (1, lambda d: segments(d)[0].update(id="5"), "id is '5', expected an integer"),
        (1, lambda d: segments(d)[0].update(id=0), "ids lie between 1 and 16777215; 0 is void"),
        (1, lambda d: segments(d)[0].update(id=9), "segment 9 is listed twice"),
        (0, lambda d: segments(d)[0].update(iscrowd=2), "iscrowd is 2"),
        (1, lambda d: d["annotations"].clear(), r"answers\.json: no annotation for image 1, which the other side has"),
        (0, lambda d: d["annotations"].clear(), r"truth\.json: no annotation for image 1"),
        (1, lambda d: d["annotations"].append(d["annotations"][0]), r"answers\.json: image 1 has two annotations"),
        (1, lambda d: d["annotations"][0].pop("file_name"), "image 1: file_name is missing"),
        (1, lambda d: d["annotations"][0].update(segments_info=None), "segments_info is None"),
        (1, strange_id_of_image, r"image \[1\]: image_id must be"),
        (1, lambda d: d.update(annotations={}), r"answers\.json: has no list of annotations"),
        (0, drop_category, r"truth\.json: has no categories"),
        (0, two_categories_of_one_id, "two categories have one id"),
        (0, thing_of_two, "isthing is 2"),
    ],
)
def test_files_that_do_not_fit_are_named(side, damage, words, tmp_path):
    sides, documents = pair(tmp_path)
    assert panoptic_quality_coco(*sides).pq == 1
    damage(documents[side])
    sides[side].write_text(json.dumps(documents[side]))
    with pytest.raises(DataError, match=words):
        panoptic_quality_coco(*sides)


def test_missing_and_damaged_documents_are_named(tmp_path):
    sides, _ = pair(tmp_path)
    with pytest.raises(DataError, match=r"nowhere\.json: there is no such file"):
        panoptic_quality_coco(sides[0], tmp_path / "nowhere.json")
    (tmp_path / "half.json").write_text('{"annotations": [')
    with pytest.raises(DataError, match=r"half\.json: cannot be read as JSON"):
        panoptic_quality_coco(tmp_path / "half.json", sides[1])


def test_sizes_that_differ_are_named(tmp_path):
    sides, _ = pair(tmp_path)
    write_png(tmp_path / "answers" / "000001.png", np.array([[5, 9], [5, 9]]))
    with pytest.raises(
        DataError, match=r"answers.000001\.png: is 2 x 2 pixels, the truth .*truth.000001\.png is 3 x 1"
    ):
        panoptic_quality_coco(*sides)


def with_stuff_in_one_piece(ids, segments):
    """As the format wants it: an image has one segment of each class of stuff."""
    trees = [segment for segment, label in segments.items() if label == 184]
    joined = np.where(np.isin(ids, trees), min(trees, default=0), ids)
    return joined, {segment: label for segment, label in segments.items() if (joined == segment).any()}


@pytest.mark.parametrize("seed", range(40))
def test_panopticapi_reads_the_same_files_to_the_same_counts(seed, tmp_path):
    """At most one crowd for each class of an image: of several, panopticapi knows the last only."""
    evaluation = pytest.importorskip("panopticapi.evaluation")
    rng = np.random.default_rng(seed)
    truth, noise = some_images(seed, 8), some_images(seed + 100, 8)
    prediction, crowds = {}, set()
    for image_id, (ids, segments) in truth.items():
        mixed = np.where(np.arange(13) < rng.integers(2, 13), ids, noise[image_id][0])
        mixed = np.where(rng.random((11, 1)) < 0.1, 0, mixed)  # rows that the prediction leaves void
        known = {**segments, **noise[image_id][1]}
        known = {segment: known[segment] for segment in np.unique(mixed).tolist() if segment}
        truth[image_id] = with_stuff_in_one_piece(ids, segments)
        prediction[image_id] = with_stuff_in_one_piece(mixed, known)
        of_things = {label: segment for segment, label in segments.items() if label != 184}
        crowds |= {segment for segment in of_things.values() if rng.random() < 0.5}
    files = write_side(tmp_path / "truth.json", truth, crowds), write_side(tmp_path / "answers.json", prediction)
    documents = [json.loads(path.read_text())["annotations"] for path in files]
    theirs = evaluation.pq_compute_single_core(
        0,
        list(zip(*documents, strict=True)),
        tmp_path / "truth",
        tmp_path / "answers",
        {category["id"]: category for category in CATEGORIES},
    )
    for label, row in zip(LABELS, panoptic_quality_coco(*files).per_class, strict=True):
        expected = theirs[label]
        assert (row.true_positives, row.false_positives, row.false_negatives) == (expected.tp, expected.fp, expected.fn)
        assert row.iou_sum == pytest.approx(expected.iou, rel=1e-12)
