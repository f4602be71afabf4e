from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from npseg import data
from npseg.data import DataConfig
from npseg.errors import DataError

LABELS = np.zeros((12, 16), np.uint8)
LABELS[2:6, 2:6], LABELS[8:, 8:] = 1, 2
THREE = DataConfig(classes=("a", "b", "c"))


def kinds(report):
    return sorted(problem.kind for problem in report.problems)


def test_a_clean_folder(make_folder):
    seen = []
    report = data.check(make_folder(), progress=lambda done, total: seen.append((done, total)))
    assert report.ok
    assert seen == [(i, 6) for i in range(1, 7)]
    assert report.images == {"train": 4, "val": 1, "test": 1}
    assert report.frequencies == pytest.approx({"class_0": 144 / 192, "class_1": 16 / 192, "class_2": 32 / 192})
    assert "no faults found" in report.text()
    assert json.loads(json.dumps(report.to_json()))["ok"]


def broken_folder(make_folder):
    """One of each fault, in a file of its own."""
    root = make_folder(stems=[f"im{i}" for i in range(12)])
    whole = (root / "images/im9.png").read_bytes()
    (root / "images/im9.png").write_bytes(whole[: len(whole) // 2])
    (root / "masks/im1.png").write_bytes(b"")
    data.write_index_png(root / "masks/im2.png", LABELS[:4], data.voc_palette())
    stray = LABELS.copy()
    stray[0, :5] = 9
    data.write_index_png(root / "masks/im3.png", stray, data.voc_palette())
    Image.fromarray(data.voc_palette()[LABELS]).save(root / "masks/im4.png")
    (root / "masks/im5.png").unlink()
    (root / "images/im6.png").unlink()
    Image.fromarray(np.arange(192, dtype=np.uint8).reshape(12, 16)).save(root / "images/im7.png")
    two = np.where(LABELS > 0, 255, 0).astype(np.uint8)
    data.write_index_png(root / "masks/im8.png", two, data.voc_palette())
    return root


def test_all_faults_at_once(make_folder):
    root = broken_folder(make_folder)
    report = data.check(root, THREE)
    assert kinds(report) == sorted(
        ["unreadable", "unreadable", "size", "labels", "labels", "labels", "no mask", "no image", "channels"]
    )
    text = report.text()
    for words in (
        "images/im9.png: cannot be read as an image",
        "masks/im1.png: the file is empty",
        "masks/im2.png: the mask is 16 x 4 pixels",
        "masks/im3.png: 5 pixels with the raw value 9 outside of the 3 classes",
        "masks/im4.png: a mask painted in colours",
        "images/im5.png: the image has no mask",
        "masks/im6.png: the mask has no image",
        "images/im7.png: has 1 channel, 8 other images have 3;",
        "masks/im8.png: the mask holds only 0 and 255",
        "9 faults: ",
    ):
        assert words in text


def test_a_run_stumbles_over_the_same_words(make_folder):
    root = broken_folder(make_folder)
    words = {problem.message for problem in data.check(root, THREE).problems}
    for stem in ("im5", "im6"):  # unpaired files stop a run at once
        with pytest.raises(DataError) as caught:
            data.load(root, THREE)
        assert any(str(caught.value).startswith(word) for word in words)
        (root / f"images/{stem}.png").unlink(missing_ok=True)
        (root / f"masks/{stem}.png").unlink(missing_ok=True)
    source = data.load(root, THREE)
    raised = set()
    for dataset in source.splits.values():
        for index in range(len(dataset)):
            try:
                dataset[index]
            except DataError as error:
                raised.add(str(error))
    assert len(raised) == 6
    assert raised <= words


def test_classes_are_inferred_as_a_run_would(make_folder):
    root = make_folder()
    assert data.check(root).classes == data.load(root).info.classes
    data.write_index_png(root / "masks/im0.png", LABELS * 100, data.voc_palette())
    report = data.check(root)
    assert kinds(report) == ["labels"]
    assert "which leave gaps: 100 (16 pixels in 1 mask: " in report.problems[0].message
    assert "200 (32 pixels in 1 mask: " in report.problems[0].message
    assert report.problems[0].file == str(root / "masks/im0.png")
    assert report.classes == ()
    assert report.raw_labels == (0, 1, 2, 100, 200)
    assert report.frequencies == pytest.approx(
        {"0": 144 / 192, "1": 5 * 16 / 1152, "2": 5 * 32 / 1152, "100": 16 / 1152, "200": 32 / 1152}
    )
    assert "  200  " in report.text()


def test_numbers_of_single_objects_do_not_flood_the_report(make_folder):
    root = make_folder()
    Image.fromarray(np.arange(192, dtype=np.uint8).reshape(12, 16)).save(root / "masks/im0.png")
    text = data.check(root).text()
    assert "labels go up to 191" in text
    assert "... and 176 more labels" in text


@pytest.mark.parametrize("declared", [{}, {"mask_values": "0,1"}, {"colours": ("#000000", "#800000")}])
def test_a_stray_label_leaves_the_other_pixels_counted(make_folder, declared):
    root = make_folder()
    if "colours" in declared:
        for path in (root / "masks").iterdir():
            Image.fromarray(data.voc_palette()[LABELS]).save(path)
    report = data.check(root, DataConfig(classes=("a", "b"), **declared))
    assert kinds(report) == ["labels"] * 6
    assert report.frequencies == pytest.approx({"a": 0.9, "b": 0.1})
    assert not any("do not occur" in note for note in report.notes)


def test_splits_that_fail_are_one_fault_and_no_table_of_splits(make_folder):
    root = make_folder()
    (root / "dataset.toml").write_text(
        '[splits]\ntrain = ["im0", "im1", "im2"]\nval = ["im3"]\ntest = ["im4", "im5"]\n[groups]\np = ["im0", "im3"]'
    )
    shutil.copy(root / "images/im0.png", root / "images/im1.png")
    report = data.check(root)
    assert kinds(report) == ["split"]
    assert "the group 'p'" in report.problems[0].message
    assert report.images == {"unsplit": 6}
    assert report.frequencies["class_0"] == pytest.approx(144 / 192)
    assert "the same image several times." in report.text()
    assert "there is no test split" not in report.text()


def test_the_same_image_in_two_splits(make_folder, tmp_path):
    for split, stems in {"train": ["a", "b"], "val": ["c"]}.items():
        make_folder("set", stems, f"{split}/images", f"{split}/masks")
    root = tmp_path / "set"
    shutil.copy(root / "train/images/a.png", root / "val/images/c.png")
    shutil.copy(root / "train/images/a.png", root / "train/images/b.png")
    report = data.check(root)
    assert kinds(report) == ["duplicate"]
    assert "train/images/a.png (train), train/images/b.png (train), val/images/c.png (val)" in report.text()
    assert len(report.duplicates[0]) == 3


def test_the_same_pixels_in_another_file_format_count_as_the_same(make_folder):
    root = make_folder()
    Image.open(root / "images/im0.png").save(root / "images/im1.bmp")
    (root / "images/im1.png").unlink()
    report = data.check(root, DataConfig(splits=(0.5, 0.5, 0.0)))
    assert len(report.duplicates) == 1


def test_notes_on_what_is_odd_but_allowed(make_folder):
    root = make_folder("set", ["a", "b", "c"], "train/images", "train/masks")
    make_folder("set", ["d"], "val/images", "val/masks")
    Image.fromarray(np.zeros((12, 16, 3), np.uint8)).save(root / "train/images/a.png")
    for stem in "abc":
        data.write_index_png(root / f"train/masks/{stem}.png", LABELS % 2, data.voc_palette())
    np.save(root / "train/images/b.npy", np.random.default_rng(0).random((12, 16, 3), np.float32))
    (root / "train/images/b.png").unlink()
    report = data.check(root)
    text = report.text()
    assert report.ok
    for words in (
        "all pixels of the image have the same value",
        "classes that do not occur in the training split: class_2",
        "there is no test split",
        "different number types (3 uint8, 1 float32)",
    ):
        assert words in text


def test_masks_that_would_fit_both_ways_are_noted(make_folder):
    root = make_folder()
    exif = Image.Exif()
    exif[0x0112] = 3
    for i in range(5):
        Image.open(root / f"images/im{i}.png").save(root / f"images/im{i}.png", exif=exif)
    text = data.check(root).text()
    assert "images/im0.png, images/im1.png, images/im2.png and 2 more: the image is turned by its EXIF tag" in text


def test_many_faults_of_a_kind_are_summed_up(make_folder):
    report = data.check(make_folder(stems=[f"im{i}" for i in range(25)]), DataConfig(classes=("a", "b")))
    assert len(report.problems) == 25
    assert report.text().count("outside of the 2 classes") == 5
    assert "labels: ... and 20 more like these" in report.text()
    assert "25 faults: 25 labels" in report.text()


def test_colours_of_all_masks_are_listed_ready_to_declare(make_folder):
    root = make_folder()
    colours = np.array([[0, 0, 0], [255, 0, 0], [0, 255, 0]], np.uint8)
    for i in range(6):
        alpha = np.full(LABELS.shape, 255, np.uint8)
        Image.fromarray(np.dstack([colours[np.minimum(LABELS, i % 3)], alpha])).save(root / f"masks/im{i}.png")
    report = data.check(root)
    assert "--set 'data.colours=#000000,#00ff00,#ff0000'" in report.text()
    assert data.check(root, DataConfig(colours=("#000000", "#00ff00", "#ff0000"))).ok


def test_masks_with_transparency_are_not_told_to_declare_colours(make_folder):
    root = make_folder()
    for path in (root / "masks").iterdir():
        alpha = np.where(LABELS > 0, 255, 0).astype(np.uint8)
        Image.fromarray(np.dstack([data.voc_palette()[LABELS], alpha])).save(path)
    report = data.check(root)
    assert "save it without alpha, or as a palette PNG" in report.problems[0].message
    assert "data.colours" not in report.text()


def test_folders_that_do_not_fit_are_one_fault_not_an_empty_split(make_folder):
    report = data.check(make_folder(suffix="_x"))
    assert set(kinds(report)) == {"layout", "no mask", "no image"}


def test_ignored_pixels_are_counted_apart(make_folder):
    report = data.check(make_folder(), DataConfig(classes=("a", "b"), ignore_index=2, splits=(1, 0, 0)))
    assert report.ignored["train"] == 6 * 32
    assert sum(report.pixels["train"]) == 6 * 160
    assert kinds(report) == ["split"]
    assert "the split 'val' is empty" in report.problems[0].message
    assert "--set data.splits=0.7,0.15,0.15 or" in report.problems[0].message


def test_a_parted_group_and_a_missing_folder(make_folder, tmp_path):
    root = make_folder("set", ["p1_a", "p2_b"], "train/images", "train/masks")
    make_folder("set", ["p3_x", "p4_y", "p1_c"], "val/images", "val/masks")
    report = data.check(root, DataConfig(groups="^(p[0-9])"))
    assert "split" in kinds(report)
    assert "the group 'p1' is in several splits" in report.text()
    assert kinds(data.check(tmp_path / "none")) == ["layout"]


def test_shapes_pass(tmp_path):
    report = data.check("shapes", DataConfig(shapes_counts=(4, 2, 0), shapes_size=32), lambda done, total: None)
    assert report.ok
    assert report.images == {"train": 4, "val": 2, "test": 0}
    assert data.check("shapes", DataConfig(shapes_counts=(2, 0, 0), shapes_size=32)).problems[0].kind == "split"
