"""`npseg score --panoptic`."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from npseg.data import panoptic_counts
from npseg.metrics import panoptic_quality
from npseg.metrics.panoptic.coco import panoptic_quality_coco

CATEGORIES = [{"id": 7, "name": "cat", "isthing": 1}, {"id": 3, "name": "sky", "isthing": 0}]
VOID, DIVISOR, CLASSES = 60, 1000, 3


@pytest.fixture
def scenes(tmp_path):
    """Ten images of class and instance in truth and prediction, also as 16-bit PNGs of class * 1000 + instance."""
    rng = np.random.default_rng(0)
    sides = {"truth": [], "pred": []}
    for number in range(10):
        classes, ids = (np.kron(rng.integers(0, CLASSES, (3, 4)), np.ones((4, 5), int)) for _ in range(2))
        shown = {"truth": (np.where(rng.random(classes.shape) < 0.1, VOID, classes), ids)}
        shown["pred"] = np.roll(classes, number % 3, axis=1), np.roll(ids + 5, number % 3, axis=1)
        for name, (labels, instances) in shown.items():
            path = tmp_path / name / "ab"[number % 2] / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray((labels * DIVISOR + instances).astype(np.uint16)).save(path)
            sides[name].append((labels, instances))
    return {name: tuple(np.stack(maps) for maps in zip(*images)) for name, images in sides.items()}


@pytest.fixture
def arguments(tmp_path):
    return [
        "score", tmp_path / "truth", tmp_path / "pred", "--panoptic", "--label-divisor", 1000, "--num-classes", CLASSES,
        "--ignore", VOID,
    ]  # fmt: skip


def test_divided_label_maps_score_as_their_classes_and_instances(npseg_program, scenes, arguments, tmp_path):
    target = tmp_path / "scores.json"
    answer = npseg_program(*arguments, "--things", "0,2", "--json", target)
    assert answer.code == 0, answer.err
    expected = panoptic_quality(scenes["truth"], scenes["pred"], num_classes=CLASSES, things=[0, 2], void=VOID)
    assert expected.table() in answer.out
    assert 0.05 < expected.pq < 0.95
    assert "10 images" in answer.out
    assert "policy: aggregation dataset, absent skip, match IoU > 0.5" in answer.out
    document = json.loads(target.read_text())
    assert document["per_class"] == expected.to_json()["per_class"]
    assert document["policy"]["void"] == VOID
    assert document["format"] == "class * 1000 + instance"
    assert document["images"] == 10


@pytest.mark.parametrize("workers", [1, 3])
def test_workers_change_nothing(npseg_program, scenes, arguments, workers):
    answers = [npseg_program(*arguments, *more) for more in ([], ["--workers", workers])]
    assert answers[0].code == 0, answers[0].err
    assert answers[0].out == answers[1].out


def test_things_by_range_and_by_name(npseg_program, scenes, arguments):
    def kinds(*more):
        document = json.loads(npseg_program(*arguments, *more, "--json", "-").out)
        return [row["is_thing"] for row in document["per_class"]]

    assert kinds() == [True, True, True]
    assert kinds("--things", "1-2") == [False, True, True]
    assert kinds("--things", "none") == [False, False, False]
    assert kinds("--class-names", "car,road,bus", "--things", "car, bus") == [True, False, True]


def test_plain_classes_are_stuff_or_crowds(npseg_program, tmp_path):
    """Of the thing class 2 there is a crowd of three pixels, of which two are predicted, and an object; 255 is void."""
    maps = {"t": [[2, 2, 2, 1, 1, 2001, 255]], "p": [[2003, 2003, 255, 1, 1, 2005, 1]]}
    for name, labels in maps.items():
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "x.npy", np.array(labels))
    answer = npseg_program(
        "score", tmp_path / "t", tmp_path / "p", "--panoptic", "--label-divisor", 1000, "--plain-classes",
        "--num-classes", 3, "--ignore", 255, "--things", "2", "--json", "-",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    rows = [(row["pq"], row["tp"], row["fp"], row["fn"]) for row in json.loads(answer.out)["per_class"]]
    assert rows == [(None, 0, 0, 0), (1.0, 1, 0, 0), (1.0, 1, 0, 0)]


@pytest.fixture
def coco(tmp_path):
    """Truth and prediction of two images; the prediction of the second misses half."""

    def write(name, images):
        annotations = []
        for image_id, (ids, segments) in enumerate(images):
            path = tmp_path / name / f"{image_id}.png"
            path.parent.mkdir(exist_ok=True)
            ids = np.array(ids)
            Image.fromarray(np.stack([ids % 256, ids // 256, 0 * ids], -1).astype(np.uint8)).save(path)
            infos = [{"id": one, "category_id": category} for one, category in segments.items()]
            annotations.append({"image_id": image_id, "file_name": path.name, "segments_info": infos})
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({"annotations": annotations, "categories": CATEGORIES}))
        return path

    first = ([[300, 300, 9, 9]], {300: 7, 9: 3})
    return write("val", [first, ([[1, 1, 9, 0]], {1: 7, 9: 3})]), write(
        "found", [first, ([[1, 9, 9, 9]], {1: 7, 9: 3})]
    )


@pytest.mark.parametrize("as_folders", [False, True])
def test_files_of_coco(npseg_program, coco, tmp_path, as_folders):
    target = tmp_path / "scores.json"
    sides = [side.with_suffix("") for side in coco] if as_folders else coco
    answer = npseg_program("score", *sides, "--panoptic", "--json", target)
    assert answer.code == 0, answer.err
    expected = panoptic_quality_coco(*coco)
    assert expected.table() in answer.out
    assert [row.pq for row in expected.per_class] == [0.5, 0.5]
    assert "void id 0" in answer.out
    document = json.loads(target.read_text())
    assert document["pq"] == expected.pq
    assert (document["format"], document["policy"]["void"]) == ("coco", "id 0")
    assert [row["name"] for row in document["per_class"]] == ["cat", "sky"]


def test_json_to_stdout_is_json_alone(npseg_program, coco):
    assert set(json.loads(npseg_program("score", *coco, "--panoptic", "--json", "-").out)) >= {"pq", "things", "policy"}


def test_ctrl_c_says_how_far_it_came_and_writes_nothing(npseg_program, scenes, arguments, tmp_path, monkeypatch):
    plain, target = panoptic_counts.read_label_map, tmp_path / "scores.json"

    def stopping(path):
        if path.stem == "8":
            raise KeyboardInterrupt
        return plain(path)

    monkeypatch.setattr(panoptic_counts, "read_label_map", stopping)
    answer = npseg_program(*arguments, "--workers", 2, "--json", target)
    assert answer.code == 130
    assert "interrupted after 4 of 10 images; nothing was written" in answer.err
    assert not target.exists()


@pytest.mark.parametrize(
    "options, words",
    [
        (["--panoptic"], "there is no truth.json beside it"),
        (["--things", "1"], "add --panoptic"),
        (["--label-divisor", 1000], "add --panoptic"),
        (["--plain-classes"], "add --panoptic"),
        (["--panoptic", "--label-divisor", 1000], "needs the number of classes"),
        (["--panoptic", "--label-divisor", 1000, "--num-classes", 3], "holds the classes 60 ("),
        (["--panoptic", "--label-divisor", 1000, "--num-classes", 2, "--ignore", 60], "expected classes from 0 to 1"),
        (["--panoptic", "--label-divisor", 1000, "--num-classes", 3, "--ignore", 1], "--ignore 1 is one of the 3"),
        (["--panoptic", "--label-divisor", 9, "--num-classes", 3, "--plain-classes"], "have objects by --things"),
        (
            ["--panoptic", "--label-divisor", 9, "--num-classes", 3, "--plain-classes", "--things", "0"],
            "class 0 cannot",
        ),
        (["--panoptic", "--label-divisor", 0, "--num-classes", 3], "--label-divisor"),
        (
            ["--panoptic", "--label-divisor", 9, "--num-classes", 3, "--things", "2-3"],
            "2-3 is outside the classes 0 to 2",
        ),
        (["--panoptic", "--label-divisor", 9, "--num-classes", 3, "--things", "2-1"], "2-1 is outside"),
        (["--panoptic", "--label-divisor", 9, "--num-classes", 3, "--things", "car"], "'car' is no class"),
        (["--panoptic", "--label-divisor", 9, "--class-names", "car,sky", "--things", "cat"], "did you mean 'car'"),
        (["--panoptic", "--label-divisor", 9, "--class-names", "a,b", "--num-classes", 3], "has 2 names for"),
        (["--panoptic", "--label-divisor", 9, "--num-classes", 3, "--ci", "--binary"], "--binary, --ci cannot be used"),
        (["--panoptic", "--label-divisor", 9, "--num-classes", 3, "--compare", "x"], "--compare cannot be used"),
        (["--panoptic", "--json", "nowhere/x.json"], "is in a folder that does not exist"),
    ],
)
def test_what_cannot_be_scored_is_refused(refused, scenes, tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    assert words in " ".join(refused("score", "truth", "pred", *options).split())


def test_faults_of_files_name_them(refused, scenes, arguments, tmp_path):
    victim = tmp_path / "pred/b/7.png"
    whole = victim.read_bytes()
    victim.write_bytes(whole[: len(whole) // 2])
    assert "pred/b/7.png: cannot be read as an image" in refused(*arguments)
    Image.fromarray(np.zeros((2, 3), np.uint16)).save(victim)
    assert "pred/b/7.png: is 3 x 2 pixels" in refused(*arguments)
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (12, 20, 3), np.uint8)).save(victim)
    assert "pred/b/7.png: is painted in colours" in refused(*arguments)
    victim.unlink()
    assert f"pred: lacks 1 file of {tmp_path / 'truth'}: b/7." in refused(*arguments)


def test_faults_of_coco_files_name_them(refused, coco, tmp_path):
    truth, found = coco
    answer = refused("score", *coco, "--panoptic", "--num-classes", 2, "--things", "1")
    assert "--num-classes, --things cannot be used with COCO's files" in answer
    assert "nowhere: there is no such file or folder" in refused("score", tmp_path / "nowhere", found, "--panoptic")
    assert "nowhere.json: there is no such file" in refused("score", tmp_path / "nowhere.json", found, "--panoptic")
    (tmp_path / "found/1.png").unlink()
    assert "found/1.png: there is no such file" in refused("score", truth, found, "--panoptic")
    found.write_text(json.dumps({"annotations": json.loads(found.read_text())["annotations"][:1]}))
    assert "found.json: no annotation for image 1" in refused("score", truth, found, "--panoptic")
