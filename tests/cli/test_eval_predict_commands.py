"""`npseg eval` and `npseg predict`."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from npseg.cli.predictions import plan


@pytest.fixture
def picture(tmp_path):
    def make(name="x.png", size=(20, 24), channels=3, seed=0):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = size if channels == 1 else (*size, channels)
        Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, np.uint8)).save(path)
        return path

    return make


def test_the_json_has_exactly_the_agreed_keys(npseg_program, shapes_run, tmp_path):
    target = tmp_path / "scores.json"
    answer = npseg_program("eval", shapes_run, "--split", "test", "--json", target)
    assert answer.code == 0, answer.err
    scores = json.loads(target.read_text())
    assert list(scores) == ["miou", "mean_dice", "pixel_accuracy", "mean_accuracy", "per_class", "policy"]
    assert [list(entry) for entry in scores["per_class"]] == [["name", "iou", "dice", "support"]] * 6
    assert sum(entry["support"] for entry in scores["per_class"]) == 2 * 24 * 24
    assert "background" in answer.out


def test_json_to_stdout_is_json_alone(npseg_program, shapes_run):
    answer = npseg_program("eval", shapes_run, "--split", "val", "--json", "-")
    assert set(json.loads(answer.out)) >= {"miou", "per_class"}


def test_undefined_scores_are_null(npseg_program, shapes_run, tmp_path):
    (tmp_path / "data/images").mkdir(parents=True)
    (tmp_path / "data/masks").mkdir()
    for split, name in (("train", "a"), ("val", "b"), ("test", "c")):
        Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(tmp_path / f"data/images/{name}.png")
        Image.fromarray(np.zeros((16, 16), np.uint8)).save(tmp_path / f"data/masks/{name}.png")
        assert split
    names = ", ".join(f'"{name}"' for name in ("background", "disc", "polygon", "stripes", "wire", "star"))
    (tmp_path / "data/dataset.toml").write_text(f"classes = [{names}]\n")
    target = tmp_path / "s.json"
    answer = npseg_program("eval", shapes_run, "--data", tmp_path / "data", "--split", "train", "--json", target)
    assert answer.code == 0, answer.err
    star = json.loads(target.read_text())["per_class"][5]
    assert star["support"] == 0
    assert star["iou"] is None or star["iou"] == 0.0


def test_a_checkpoint_file_can_be_scored(npseg_program, shapes_run):
    answer = npseg_program("eval", shapes_run / "best.safetensors", "--split", "val")
    assert answer.code == 0
    assert "step " in answer.out


def test_runs_are_scored_from_anywhere(npseg_program, shapes_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert npseg_program("eval", shapes_run).code == 0


def test_predictions_are_index_pngs_with_palette_and_an_overlay(npseg_program, shapes_run, picture, tmp_path):
    out = tmp_path / "out"
    answer = npseg_program("predict", shapes_run, picture("a.png"), picture("b.png", (17, 9)), "--out", out)
    assert answer.code == 0, answer.err
    assert sorted(path.name for path in out.iterdir()) == [
        "a.png", "a_overlay.png", "b.png", "b_overlay.png", "predictions.json",
    ]  # fmt: skip
    with Image.open(out / "b.png") as labels, Image.open(out / "b_overlay.png") as overlay:
        assert labels.mode == "P"
        assert labels.size == overlay.size == (9, 17)
        assert overlay.mode == "RGB"
        assert np.array(labels).max() < 6
        assert labels.getpalette()[3:6] == [66, 133, 244]
    listed = json.loads((out / "predictions.json").read_text())
    assert listed["classes"][1] == "disc"
    assert sum(listed["images"][1]["pixels"].values()) == 17 * 9


def test_predicting_again_replaces_only_its_own(npseg_program, refused, shapes_run, picture, tmp_path):
    out, image = tmp_path / "out", picture("a.png")
    assert npseg_program("predict", shapes_run, image, "--out", out).code == 0
    first = (out / "a.png").read_bytes()
    assert npseg_program("predict", shapes_run, image, picture("b.png"), "--out", out).code == 0
    assert npseg_program("predict", shapes_run, image, "--out", out).code == 0
    assert (out / "a.png").read_bytes() == first
    assert len(json.loads((out / "predictions.json").read_text())["images"]) == 2
    other = tmp_path / "other"
    shutil.copytree(shapes_run, other)
    shutil.copy(other / "best.safetensors", other / "last.safetensors")
    words = refused("predict", other, image, "--out", out)
    assert "predictions.json: lists predictions of another checkpoint than" in words
    assert (out / "a.png").read_bytes() == first


def test_foreign_files_are_never_overwritten(refused, shapes_run, picture, tmp_path):
    image = picture("a.png")
    before = image.read_bytes()
    assert "is one of the images to predict" in refused("predict", shapes_run, image, "--out", image.parent)
    assert image.read_bytes() == before
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a_overlay.png").write_text("mine")
    assert "a_overlay.png: is there already" in refused("predict", shapes_run, image, "--out", tmp_path / "out")
    assert not (tmp_path / "out/a.png").exists()
    (tmp_path / "out/predictions.json").write_text("[]")
    assert "is not a list of predictions" in refused("predict", shapes_run, image, "--out", tmp_path / "out")
    assert "is a file" in refused("predict", shapes_run, image, "--out", image)


def test_the_same_name_in_two_folders(npseg_program, shapes_run, picture, tmp_path):
    images = [picture("one/x.png"), picture("two/x.png", seed=1), picture("two/x.jpg", seed=2)]
    answer = npseg_program("predict", shapes_run, *images, images[0], "--out", tmp_path / "out")
    assert answer.code == 0, answer.err
    assert len(list((tmp_path / "out").glob("*_overlay.png"))) == 3


@pytest.mark.parametrize(
    "paths, names",
    [
        (["a/x.png"], ["x"]),
        (["a/x.png", "b/y.png"], ["x", "y"]),
        (["a/x.png", "b/x.png"], ["a__x", "b__x"]),
        (["r/a/x.png", "s/a/x.png", "y.png"], ["r__a__x", "s__a__x", "y"]),
        (["a/x.png", "a/x.tif"], ["a__x_png", "a__x_tif"]),
        (["a/x.png", "b/X.png"], ["a__x", "b__X"]),
        (["a/x.png", "b/x_overlay.png"], ["a__x", "b__x_overlay"]),
        (["x.png", "x_overlay.png"], ["x_png", "x_overlay_png"]),
        (["a/x.png", "a/x.png"], ["x"]),
        (["a/b__x.png", "a/b/x.png", "c/x.png"], ["a__b__x", "a__b__x", "c__x"]),
    ],
)
def test_names_of_results(paths, names):
    targets = plan([Path(path) for path in paths], Path("out"))
    files = [name.casefold() for target in targets for name in (target.labels, target.overlay)]
    assert len(set(files)) == len(files)
    if names[0] != names[-2 if len(names) > 1 else -1] or len(names) == 1:
        assert [target.labels for target in targets] == [f"{name}.png" for name in names]


def test_a_bad_image_is_found_before_anything_is_written(refused, shapes_run, picture, tmp_path):
    good, bad = picture("good.png"), picture("bad.png")
    bad.write_bytes(bad.read_bytes()[:-200])
    out = tmp_path / "out"
    assert "bad.png" in refused("predict", shapes_run, good, bad, "--out", out)
    assert not out.exists()
    words = refused("predict", shapes_run, good, picture("grey.png", channels=1), "--out", out)
    assert "grey.png" in words
    assert "channel" in words
    assert "none.png" in refused("predict", shapes_run, tmp_path / "none.png", "--out", out)
    assert "is a folder" in refused("predict", shapes_run, tmp_path, "--out", out)
    assert not out.exists()


@pytest.fixture
def copied(shapes_run, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(shapes_run, copy)
    return copy


@pytest.mark.parametrize("command", ["eval", "predict"])
def test_checkpoints_that_cannot_be_used(refused, copied, picture, command, tmp_path):
    more = [] if command == "eval" else [picture(), "--out", tmp_path / "out"]
    last = copied / "last.safetensors"
    content = last.read_bytes()
    last.write_bytes(content[: len(content) // 2])
    assert "last.safetensors: truncated" in refused(command, copied, *more)
    last.write_bytes(b"PK\x03\x04" * 100)
    assert "not a safetensors file" in refused(command, copied, *more)
    last.unlink()
    assert "no checkpoint yet" in refused(command, copied, *more)
    assert "there is no such run" in refused(command, tmp_path / "none", *more)
    (tmp_path / "empty").mkdir()
    assert "holds no run" in refused(command, tmp_path / "empty", *more)
    assert not (tmp_path / "out").exists()


def rewrite(path, **changes):
    from npseg.train import read_checkpoint, write_checkpoint

    checkpoint = read_checkpoint(path)
    for name, value in changes.items():
        setattr(checkpoint, name, value)
    write_checkpoint(path, checkpoint)


def test_checkpoints_of_another_architecture(refused, copied):
    from npseg.train import read_checkpoint

    last = copied / "last.safetensors"
    model = read_checkpoint(last).model
    rewrite(last, model={**model, "name": "fcn8s"})
    assert "another architecture" in refused("eval", copied)
    rewrite(last, model={**model, "skips": False})
    words = refused("eval", copied)
    assert "another architecture" in words
    assert "model.skips=False instead of True" in words
    rewrite(last, model={**model, "num_classes": 4})
    assert "last.safetensors" in refused("eval", copied)


def test_classes_that_disagree(refused, copied, tmp_path):
    from npseg.train import read_checkpoint

    last = copied / "last.safetensors"
    rewrite(last, data={**read_checkpoint(last).data, "classes": ["a", "b"]})
    assert "6 classes, but 2 are named" in refused("eval", copied)
    rewrite(last, data={})
    assert "not a checkpoint of an npseg run" in refused("eval", copied)


def test_data_with_other_classes(refused, shapes_run, tmp_path):
    for kind in ("images", "masks"):
        (tmp_path / "d" / kind).mkdir(parents=True)
    for index in range(6):
        mask = np.arange(256, dtype=np.uint8).reshape(16, 16) % 2
        Image.fromarray(np.repeat(mask[:, :, None], 3, axis=2) * 99).save(tmp_path / f"d/images/{index}.png")
        Image.fromarray(mask).save(tmp_path / f"d/masks/{index}.png")
    (tmp_path / "d/dataset.toml").write_text('classes = ["off", "on"]')
    words = refused("eval", shapes_run, "--data", tmp_path / "d")
    assert "has 2 classes" in words
    assert "was trained on 6" in words


def of_folder(root, classes, settings=""):
    """Images of the six classes of `shapes`, without splits; `classes` None leaves them undeclared."""
    for kind in ("images", "masks"):
        (root / kind).mkdir(parents=True)
    for index in range(3):
        mask = (np.arange(256, dtype=np.uint8).reshape(16, 16) + index) % 6
        Image.fromarray(np.repeat(mask[:, :, None], 3, axis=2) * 40).save(root / f"images/{index}.png")
        Image.fromarray(mask).save(root / f"masks/{index}.png")
    if classes:
        names = ", ".join(f'"{name}"' for name in classes)
        (root / "dataset.toml").write_text(f"classes = [{names}]\n{settings}")
    return root


SHAPES = ["background", "disc", "polygon", "stripes", "wire", "star"]


def test_other_data_without_declarations_is_scored_whole_with_the_classes_of_the_run(
    npseg_program, shapes_run, tmp_path
):
    data = of_folder(tmp_path / "d", None)
    answer = npseg_program("eval", shapes_run, "--data", data)
    assert answer.code == 0, answer.err
    assert "(test, 3 images)" in answer.out
    assert "stripes" in answer.out
    assert "scoring 3 images of the split test" in answer.err
    assert "3 images with masks" in answer.err  # what was inferred
    assert "names no classes" in answer.err
    answer = npseg_program("eval", shapes_run, "--data", data, "--split", "train")
    assert "(train, 1 image)" in answer.out


def test_other_data_keeps_its_own_splits(npseg_program, shapes_run, tmp_path):
    data = of_folder(tmp_path / "d", SHAPES, '[splits]\ntrain = ["0"]\nval = ["1"]\ntest = ["2"]\n')
    assert "(test, 1 image)" in npseg_program("eval", shapes_run, "--data", data).out


def test_classes_in_another_order_and_of_other_names(npseg_program, refused, shapes_run, tmp_path):
    words = refused("eval", shapes_run, "--data", of_folder(tmp_path / "a", SHAPES[::-1]))
    assert "in another order" in words
    answer = npseg_program("eval", shapes_run, "--data", of_folder(tmp_path / "b", [*SHAPES[:5], "sun"]))
    assert answer.code == 0, answer.err
    assert "sun) are taken for those of the run" in answer.err


def test_settings_of_the_data_that_is_scored(npseg_program, refused, shapes_run, tmp_path):
    data = of_folder(tmp_path / "d", SHAPES)
    (data / "masks").rename(data / "truths")
    answer = npseg_program("eval", shapes_run, "--data", data, "--set", "data.masks=truths")
    assert answer.code == 0, answer.err
    assert "settings of the data only" in refused("eval", shapes_run, "--set", "optim.lr=1")


def test_an_image_that_cannot_be_scored_is_named(refused, shapes_run, tmp_path):
    data = of_folder(tmp_path / "d", SHAPES)
    for path in (data / "images").iterdir():
        Image.new("L", (16, 16)).save(path)
    words = refused("eval", shapes_run, "--data", data)
    assert re.search(r"error: .*0(\.png)?: image has 1 channel", words)


def test_the_list_names_only_what_was_written(npseg_program, refused, shapes_run, picture, tmp_path, monkeypatch):
    import npseg.data
    from npseg.errors import DataError

    original = npseg.data.write_image

    def filling_up(path, image):
        if path.name.startswith("b"):
            raise DataError("no space left")
        original(path, image)

    command = ["predict", shapes_run, picture("a.png"), picture("b.png"), "--out", tmp_path / "out"]
    with monkeypatch.context() as patched:
        patched.setattr(npseg.data, "write_image", filling_up)
        words = refused(*command)
    assert "--resume" not in words
    listed = json.loads((tmp_path / "out/predictions.json").read_text())
    assert [entry["labels"] for entry in listed["images"]] == ["a.png"]
    assert npseg_program(*command).code == 0  # over what it left itself
    listed = json.loads((tmp_path / "out/predictions.json").read_text())
    assert [entry["labels"] for entry in listed["images"]] == ["a.png", "b.png"]
    assert "unfinished" not in listed


def test_a_damaged_configuration(refused, copied):
    (copied / "config.json").write_text("{")
    assert "config.json" in refused("eval", copied)
    (copied / "config.json").unlink()
    assert "config.json is missing" in refused("eval", copied)


def test_a_split_that_is_not_there(refused, npseg_program, shapes_run):
    assert "--split" in refused("eval", shapes_run, "--split", "holdout")
