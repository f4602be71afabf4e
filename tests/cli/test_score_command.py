"""`npseg score`."""

from __future__ import annotations

import csv
import json
import math

import numpy as np
import pytest
from PIL import Image

from npseg.data import label_counts
from npseg.data.files import write_index_png
from npseg.data.palette import voc_palette
from npseg.metrics import SegmentationMetrics, boundary_f1, boundary_iou
from npseg.metrics.statistics.bootstrap import confidence_interval
from npseg.metrics.statistics.comparison import compare

CLASSES = 4


@pytest.fixture
def scenes(tmp_path):
    """Label maps of ten images in folders: truth, good and bad predictions; with them the arrays."""
    rng = np.random.default_rng(0)
    made = {"truth": [], "good": [], "bad": []}
    for n in range(10):
        truth = np.kron(rng.integers(0, CLASSES, (3, 4)), np.ones((5, 5), int)).astype(np.uint8)
        noise = rng.integers(0, CLASSES, truth.shape, np.uint8)
        maps = {name: np.where(rng.random(truth.shape) < p, noise, truth) for name, p in (("good", 0.1), ("bad", 0.3))}
        truth[rng.random(truth.shape) < 0.1] = 255
        for name, labels in {"truth": truth, **maps}.items():
            path = tmp_path / name / f"{'ab'[n % 2]}" / f"{n}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            if name == "good":
                write_index_png(path, labels, voc_palette())
            else:
                Image.fromarray(labels).save(path)
            made[name].append(labels)
    return made


@pytest.fixture
def by_name(scenes):
    """The arrays in the order of the file names: a/0, a/2, ..., b/1, ..."""
    order = [*range(0, 10, 2), *range(1, 10, 2)]
    return {name: [maps[n] for n in order] for name, maps in scenes.items()}


def counted(truths, predictions):
    found = []
    for truth, prediction in zip(truths, predictions):
        metrics = SegmentationMetrics(CLASSES, 255)
        metrics.update(truth, prediction)
        found.append(metrics.confusion)
    return np.array(found)


def test_scores_are_those_of_the_metrics(npseg_program, scenes, tmp_path):
    target = tmp_path / "scores.json"
    answer = npseg_program("score", tmp_path / "truth", tmp_path / "good", "--ignore", 255, "--json", target)
    assert answer.code == 0, answer.err
    metrics = SegmentationMetrics(CLASSES, 255)
    for truth, prediction in zip(scenes["truth"], scenes["good"]):
        metrics.update(truth, prediction)
    scores = metrics.compute()
    assert scores.table() in answer.out
    assert "10 images" in answer.out
    assert "ignore_index 255" in answer.out
    assert "num_classes 4, num_classes_from largest label of the truth + 1" in answer.out
    document = json.loads(target.read_text())
    assert document["miou"] == scores.miou
    assert document["per_class"] == scores.to_json()["per_class"]
    assert document["policy"] == {
        **scores.policy, "num_classes": 4, "num_classes_from": "largest label of the truth + 1",
    }  # fmt: skip
    assert document["confusion"] == scores.confusion.tolist()
    assert document["images"] == 10


@pytest.mark.parametrize("workers", [1, 3])
def test_workers_change_nothing(npseg_program, scenes, tmp_path, workers):
    arguments = ["score", tmp_path / "truth", tmp_path / "good", "--ignore", 255, "--num-classes", 4]
    answers = [npseg_program(*arguments, *more) for more in ([], ["--workers", workers])]
    assert answers[0].out == answers[1].out
    assert "num_classes_from declared" in answers[0].out


def test_json_to_stdout_is_json_alone(npseg_program, scenes, tmp_path):
    answer = npseg_program("score", tmp_path / "truth", tmp_path / "bad", "--ignore", 255, "--json", "-")
    assert set(json.loads(answer.out)) >= {"miou", "per_class", "policy"}


def test_intervals(npseg_program, scenes, by_name, tmp_path):
    groups = tmp_path / "groups.csv"
    groups.write_text("image,patient\n" + "".join(f"{'ab'[n % 2]}/{n}.png,p{n % 5}\n" for n in range(10)))
    arguments = ["score", tmp_path / "truth", tmp_path / "good", "--ignore", 255, "--ci", "--json", "-"]
    counts = counted(by_name["truth"], by_name["good"])
    document = json.loads(npseg_program(*arguments).out)
    assert document["confidence_intervals"][0] == confidence_interval(counts, "miou").to_json()
    names = [f"p{n % 5}" for n in [*range(0, 10, 2), *range(1, 10, 2)]]
    document = json.loads(npseg_program(*arguments, "--groups", groups).out)
    assert document["confidence_intervals"][0] == confidence_interval(counts, "miou", groups=names).to_json()
    answer = npseg_program(*arguments[:-2], "--groups", groups)
    assert str(confidence_interval(counts, "miou", groups=names)) in answer.out


def test_comparison(npseg_program, scenes, by_name, tmp_path):
    good, bad = tmp_path / "good", tmp_path / "bad"
    arguments = ["score", tmp_path / "truth", good, "--compare", bad, "--ignore", 255, "--class-names", "w,x,y,z"]
    expected = compare(
        counted(by_name["truth"], by_name["good"]), counted(by_name["truth"], by_name["bad"]), per_class=True,
        names=(str(good), str(bad)), class_names=["w", "x", "y", "z"],
    )  # fmt: skip
    answer = npseg_program(*arguments)
    assert expected.table() in answer.out
    assert expected.overall.difference > 0
    assert json.loads(npseg_program(*arguments, "--json", "-").out)["comparison"] == expected.to_json()


def test_boundary(npseg_program, scenes, tmp_path):
    arguments = ["score", tmp_path / "truth", tmp_path / "good", "--ignore", 255, "--boundary", "--tolerance", 2]
    truths, predictions = np.array(scenes["truth"]), np.array(scenes["good"])
    options = {"num_classes": CLASSES, "tolerance": 2, "ignore_index": 255}
    mean = boundary_f1(truths, predictions, **options)
    found = json.loads(npseg_program(*arguments, "--json", "-").out)["boundary_f1"]
    assert found["mean"] == pytest.approx(mean)
    assert found["tolerance"] == 2
    each = boundary_f1(truths, predictions, average=None, **options)
    assert found["per_class"] == pytest.approx(np.nanmean(each, axis=0).tolist())
    text = npseg_program(*arguments).out
    assert f"boundary F1 {mean:.4f} (tolerance 2 pixels; mean over images" in text
    iou = boundary_iou(truths, predictions, num_classes=CLASSES, ignore_index=255, average=None)
    found = json.loads(npseg_program(*arguments, "--json", "-").out)["boundary_iou"]
    assert found["per_class"] == pytest.approx(iou.tolist())
    assert found["mean"] == pytest.approx(iou.mean())
    assert f"boundary IoU {iou.mean():.4f} (2% of the diagonal wide; over all images" in text


def test_outlines_are_near_by_the_diagonal_unless_told(npseg_program, scenes, tmp_path):
    arguments = ["score", tmp_path / "truth", tmp_path / "good", "--ignore", 255, "--boundary"]
    tolerance = 0.0075 * math.hypot(*scenes["truth"][0].shape)
    options = {"num_classes": CLASSES, "tolerance": tolerance, "ignore_index": 255}
    mean = boundary_f1(np.array(scenes["truth"]), np.array(scenes["good"]), **options)
    found = json.loads(npseg_program(*arguments, "--json", "-").out)["boundary_f1"]
    assert found["mean"] == pytest.approx(mean)
    assert (found["tolerance"], found["tolerance_of_diagonal"]) == (None, 0.0075)
    assert f"boundary F1 {mean:.4f} (tolerance 0.75% of the diagonal" in npseg_program(*arguments).out


@pytest.mark.parametrize(
    "options, sentence",
    [
        (["--tolerance", 2], "none are scored; add --boundary"),
        (["--boundary", "--tolerance", "inf"], "--tolerance is inf; it is a number of pixels, at least 0"),
        (["--boundary", "--tolerance", "nan"], "--tolerance is nan; it is a number of pixels, at least 0"),
        (["--boundary", "--tolerance", -1], "--tolerance is -1; it is a number of pixels, at least 0"),
    ],
)
def test_tolerances_that_are_none(npseg_program, scenes, tmp_path, options, sentence):
    answer = npseg_program("score", tmp_path / "truth", tmp_path / "good", *options)
    assert answer.code == 2
    assert sentence in answer.err


def test_conventions(npseg_program, scenes, by_name, tmp_path):
    arguments = ["score", tmp_path / "truth", tmp_path / "bad", "--ignore", 255, "--num-classes", 5, "--conventions"]
    metrics = SegmentationMetrics(5, 255)
    metrics.update(np.array(by_name["truth"]), np.array(by_name["bad"]))
    scores = metrics.compute()
    answer = npseg_program(*arguments)
    assert answer.code == 0, answer.err
    assert scores.conventions_table() in answer.out
    document = json.loads(npseg_program(*arguments, "--json", "-").out)
    assert document["conventions"] == [one.to_json() for one in scores.conventions()]
    assert "conventions" not in json.loads(npseg_program(*arguments[:-1], "--json", "-").out)


def test_worst_images_and_costly_confusions(npseg_program, scenes, by_name, tmp_path):
    arguments = ["score", tmp_path / "truth", tmp_path / "bad", "--ignore", 255, "--worst", 3]
    ids = [*(f"a/{n}" for n in range(0, 10, 2)), *(f"b/{n}" for n in range(1, 10, 2))]
    metrics = SegmentationMetrics(CLASSES, 255)
    metrics.update(np.array(by_name["truth"]), np.array(by_name["bad"]), image_id=ids)
    scores = metrics.compute()
    document = json.loads(npseg_program(*arguments, "--json", "-").out)
    assert document["worst_images"] == [vars(one) for one in scores.worst(3)]
    assert document["costly_pairs"] == [vars(one) for one in scores.costly_pairs(3)]
    text = npseg_program(*arguments).out
    worst, pair = scores.worst(1)[0], scores.costly_pairs(1)[0]
    assert f"{worst.iou:.4f}  {worst.image_id} ({worst.wrong_pixels} pixels wrong)" in text
    assert f"+{pair.gain:.4f}  {pair.truth} taken for {pair.predicted} ({pair.pixels} pixels)" in text
    assert npseg_program(*arguments[:-1], 0).code != 0


def test_scores_of_every_image(npseg_program, scenes, by_name, tmp_path):
    table = tmp_path / "images.csv"
    answer = npseg_program(
        "score", tmp_path / "truth", tmp_path / "bad", "--ignore", 255, "--num-classes", 5, "--per-image", table,
        "--boundary", "--tolerance", 1,
    )  # fmt: skip
    assert answer.code == 0, answer.err
    rows = list(csv.DictReader(table.open()))
    assert [row["image"] for row in rows] == [
        *(f"a/{n}" for n in range(0, 10, 2)),
        *(f"b/{n}" for n in range(1, 10, 2)),
    ]
    metrics = SegmentationMetrics(CLASSES, 255)
    metrics.update(by_name["truth"][3], by_name["bad"][3])
    scores = metrics.compute()
    assert float(rows[3]["miou"]) == pytest.approx(scores.miou, abs=1e-6)
    assert float(rows[3]["iou class 1"]) == pytest.approx(scores.iou[1], abs=1e-6)
    assert rows[3]["iou class 4"] == ""
    assert int(rows[3]["pixels"]) == scores.support.sum()
    boundary = boundary_f1(by_name["truth"][3], by_name["bad"][3], num_classes=5, tolerance=1, ignore_index=255)
    assert float(rows[3]["boundary_f1"]) == pytest.approx(boundary, abs=1e-6)


def test_names_of_classes(npseg_program, scenes, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("sky\nroad\n\ncar\ntree top\n")
    answer = npseg_program("score", tmp_path / "truth", tmp_path / "good", "--ignore", 255, "--class-names", names)
    assert answer.code == 0, answer.err
    assert "tree top" in answer.out
    assert "num_classes 4, num_classes_from declared" in answer.out


def test_results_of_npseg_predict_can_be_scored(npseg_program, shapes_run, tmp_path):
    image = tmp_path / "in/x.png"
    image.parent.mkdir()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 24, 3), np.uint8)).save(image)
    assert npseg_program("predict", shapes_run, image, "--out", tmp_path / "out").code == 0
    (tmp_path / "truth").mkdir()
    with Image.open(tmp_path / "out/x.png") as labels:
        labels.save(tmp_path / "truth/x.png")
    answer = npseg_program("score", tmp_path / "truth", tmp_path / "out", "--num-classes", 6, "--json", "-")
    assert answer.code == 0, answer.err
    assert json.loads(answer.out)["miou"] == 1
    # A file of that name by somebody else is none of our business.
    (tmp_path / "out/x_overlay.png").unlink()
    (tmp_path / "out/predictions.json").write_text("[]")
    assert npseg_program("score", tmp_path / "truth", tmp_path / "out").code == 0


def test_binary_masks(npseg_program, tmp_path):
    for name, labels in (("t", [[0, 255, 255]]), ("p", [[0, 1, 0]])):
        (tmp_path / name).mkdir()
        Image.fromarray(np.array(labels, np.uint8)).save(tmp_path / name / "x.png")
    answer = npseg_program("score", tmp_path / "t", tmp_path / "p", "--binary", "--json", "-")
    document = json.loads(answer.out)
    assert document["confusion"] == [[1, 0], [1, 1]]
    assert document["policy"]["binary"] is True


def test_ctrl_c_says_how_far_it_came_and_writes_nothing(npseg_program, scenes, tmp_path, monkeypatch):
    plain, target = label_counts.read_label_map, tmp_path / "scores.json"

    def stopping(path):
        if path.stem == "8":
            raise KeyboardInterrupt
        return plain(path)

    monkeypatch.setattr(label_counts, "read_label_map", stopping)
    answer = npseg_program(
        "score", tmp_path / "truth", tmp_path / "good", "--ignore", 255, "--workers", 2, "--json", target
    )  # fmt: skip
    assert answer.code == 130
    assert "interrupted after 4 of 10 images; nothing was written" in answer.err
    assert not target.exists()
    assert answer.out == ""


@pytest.mark.parametrize(
    "options, words",
    [
        ([], "the truth holds 255"),
        (["--num-classes", 4], "holds 255"),
        (["--ignore", 255, "--num-classes", 3], "expected labels from 0 to 2"),
        (["--ignore", 255, "--class-names", "a,b"], "expected labels from 0 to 1"),
        (
            ["--ignore", 255, "--class-names", "a,b", "--num-classes", 4],
            "--class-names has 2 names (a, b) for 4 classes",
        ),
        (["--ignore", 255, "--class-names", "no/such.txt"], "--class-names no/such.txt: there is no such file"),
        (["--ignore", 255, "--class-names", ","], "holds no names"),
        (["--binary", "--num-classes", 3], "--binary has 2 classes"),
        (["--ignore", 255, "--groups", "g.csv"], "add --ci or --compare"),
        (["--ignore", 255, "--ci", "--groups", "g.csv"], "g.csv: cannot be read as a table of groups"),
        (["--ignore", 255, "--compare", "nowhere"], "nowhere: there is no such folder"),
        (["--ignore", 255, "--json", "nowhere/x.json"], "is in a folder that does not exist"),
        (["--ignore", 255, "--per-image", "."], "is a folder"),
        (["--workers", 0], "--workers"),
    ],
)
def test_what_cannot_be_scored_is_refused(refused, scenes, tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    assert words in " ".join(refused("score", "truth", "good", *options).split())


def test_faults_of_files_name_them(refused, scenes, tmp_path):
    arguments = ["score", tmp_path / "truth", tmp_path / "good", "--ignore", 255, "--json", tmp_path / "scores.json"]
    victim = tmp_path / "good/b/7.png"
    whole = victim.read_bytes()
    victim.write_bytes(whole[: len(whole) // 2])
    assert "good/b/7.png: cannot be read as an image" in refused(*arguments)
    Image.fromarray(np.zeros((2, 3), np.uint8)).save(victim)
    assert "good/b/7.png: is 3 x 2 pixels" in refused(*arguments)
    victim.unlink()
    assert f"good: lacks 1 file of {tmp_path / 'truth'}: b/7." in refused(*arguments)
    assert not (tmp_path / "scores.json").exists()


def test_one_image_has_no_interval(refused, npseg_program, tmp_path):
    for name in "tp":
        (tmp_path / name).mkdir()
        Image.fromarray(np.zeros((2, 3), np.uint8)).save(tmp_path / name / "x.png")
    assert "holds one image; intervals and comparisons take at least 2" in refused(
        "score", tmp_path / "t", tmp_path / "p", "--ci"
    )
    assert npseg_program("score", tmp_path / "t", tmp_path / "p").code == 0


def test_a_stray_label_of_a_prediction_makes_no_class(npseg_program, refused, scenes, tmp_path):
    stray = scenes["good"][3].copy()
    stray[0, :2] = 7
    write_index_png(tmp_path / "good" / "b" / "3.png", stray, voc_palette())
    words = refused("score", tmp_path / "truth", tmp_path / "good", "--ignore", 255)
    assert "3.png: predicts labels up to 7" in words
    assert "--num-classes" in words
    answer = npseg_program("score", tmp_path / "truth", tmp_path / "good", "--ignore", 255, "--num-classes", 8)
    assert answer.code == 0


def test_labels_as_floats_are_refused(refused, tmp_path):
    for side, kind in (("truth", np.uint8), ("prediction", np.float64)):
        (tmp_path / side).mkdir()
        np.save(tmp_path / side / "x.npy", np.eye(4, dtype=kind))
    assert "type for fractions (float64)" in refused("score", tmp_path / "truth", tmp_path / "prediction")


@pytest.mark.parametrize("option", ["--json", "--per-image"])
def test_no_result_is_written_over_what_is_scored(refused, scenes, tmp_path, option):
    place = tmp_path / "truth" / "a" / "0.png"
    before = place.read_bytes()
    words = refused("score", tmp_path / "truth", tmp_path / "good", "--ignore", 255, option, place)
    assert "is one of the files that are scored" in words
    assert place.read_bytes() == before


def test_two_results_need_two_files(npseg_program, refused, scenes, tmp_path):
    both = ("--json", tmp_path / "x", "--per-image", tmp_path / "x")
    assert "name the same file" in refused("score", tmp_path / "truth", tmp_path / "good", "--ignore", 255, *both)
    beside = ("--json", tmp_path / "good" / "scores.json", "--per-image", tmp_path / "good" / "images.csv")
    assert npseg_program("score", tmp_path / "truth", tmp_path / "good", "--ignore", 255, *beside).code == 0
