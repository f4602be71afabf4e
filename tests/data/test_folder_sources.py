from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image

from npseg import data
from npseg.data import DataConfig
from npseg.errors import ConfigError, DataError, NpsegError

RGB = np.array([[0, 0, 0], [255, 0, 0], [0, 0, 255]], np.uint8)
LABELS = np.zeros((12, 16), np.uint8)
LABELS[2:6, 2:6], LABELS[8:, 8:] = 1, 2


def sizes(source):
    return {split: len(dataset) for split, dataset in source.splits.items()}


def names(source, split):
    return source.splits[split].names


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def noise(seed=0, shape=(12, 16, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize(
    "images, masks, suffix",
    [
        ("images", "masks", ""),
        ("imgs", "labels", ""),
        ("Image", "GT", "_gt"),
        ("img", "annotations", "_mask"),
        ("pics", "pics", "_mask"),
    ],
)
def test_plain_folders_and_their_synonyms(make_folder, images, masks, suffix):
    source = data.load(make_folder(images=images, masks=masks, suffix=suffix))
    assert sizes(source) == {"train": 4, "val": 1, "test": 1}
    assert source.info.classes == ("class_0", "class_1", "class_2")
    assert (source.info.in_channels, source.info.ignore_index) == (3, None)
    sample = source.splits["train"][0]
    np.testing.assert_array_equal(sample.mask, LABELS)
    assert sample.image.shape == (12, 16, 3)
    assert any("inferred" in note for note in source.notes)


def test_splits_by_folders_either_way_round(make_folder, tmp_path):
    for split, stems in {"train": ["a", "b", "c"], "valid": ["d"], "testing": ["e"]}.items():
        make_folder("inner", stems, f"images/{split}", f"masks/{split}")
        make_folder("outer", stems, f"{split}/images", f"{split}/masks")
        make_folder("beside", stems, split, split, "_mask")
    for form in ("inner", "outer", "beside"):
        source = data.load(tmp_path / form)
        assert sizes(source) == {"train": 3, "val": 1, "test": 1}


def test_names_are_paths_and_folders_below_are_kept_apart(make_folder, tmp_path):
    make_folder("set", ["1", "2"], "images/siteA", "masks/siteA")
    make_folder("set", ["1", "2"], "images/siteB", "masks/siteB")
    source = data.load(tmp_path / "set", DataConfig(splits=(1, 0, 0)))
    assert names(source, "train") == [f"images/site{s}/{i}.png" for s in "AB" for i in (1, 2)]


def test_folders_named_by_hand(make_folder):
    root = make_folder(images="x/photos", masks="y")
    with pytest.raises(DataError, match="no image has a mask of the same name"):
        data.load(root)
    assert sum(sizes(data.load(root, DataConfig(images="x/photos", masks="y"))).values()) == 6
    (root / "dataset.toml").write_text('images = "x/photos"\nmasks = "y"\nname = "mine"')
    assert data.load(root).info.name == "mine"


def test_images_beside_a_folder_of_masks(make_folder):
    root = make_folder(images=".", masks="masks")
    assert sum(sizes(data.load(root)).values()) == 6


def test_hidden_and_foreign_files_are_passed_over(make_folder):
    root = make_folder()
    for name in ("images/._im0.png", "images/Thumbs.db", "masks/.DS_Store", ".cache/x.png"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"?")
    assert sum(sizes(data.load(root)).values()) == 6


def test_linked_folders_are_followed_and_loops_end(make_folder, tmp_path):
    elsewhere = make_folder("disk")
    root = tmp_path / "set"
    root.mkdir()
    (root / "images").symlink_to(elsewhere / "images")
    (root / "masks").symlink_to(elsewhere / "masks")
    (elsewhere / "images" / "loop").symlink_to(root)
    assert sum(sizes(data.load(root)).values()) == 6


def test_train_without_val_lends_some(make_folder):
    root = make_folder("set", [f"p{i // 2}_{i}" for i in range(10)], "train/images", "train/masks")
    source = data.load(root, DataConfig(groups="^(p[0-9])", splits=(0.8, 0.2, 0.0)))
    assert sizes(source) == {"train": 8, "val": 2, "test": 0}
    assert not set(source.splits["train"].groups) & set(source.splits["val"].groups)
    assert any("no val split given: 2 of 10" in note for note in source.notes)


def test_images_outside_of_any_split_count_as_train(make_folder, tmp_path):
    make_folder("set", ["a", "b"])
    make_folder("set", ["c"], "images/val", "masks/val")
    source = data.load(tmp_path / "set")
    assert sizes(source) == {"train": 2, "val": 1, "test": 0}
    assert any("counted as train: 2 images" in note for note in source.notes)


def test_a_single_training_image_is_left_alone(make_folder):
    source = data.load(make_folder("set", ["a"], "train/images", "train/masks"))
    assert sizes(source) == {"train": 1, "val": 0, "test": 0}


def test_copies_never_end_in_two_splits(make_folder):
    root = make_folder(stems=[f"im{i}" for i in range(8)])
    for i in range(1, 4):
        Image.open(root / "images/im0.png").save(root / f"images/im{i}.png", compress_level=i)
    for seed in range(6):
        source = data.load(root, DataConfig(split_seed=seed, splits=(0.5, 0.25, 0.25)))
        where = {
            split
            for split in source.splits
            for name in names(source, split)
            if name in [f"images/im{i}.png" for i in range(4)]
        }
        assert len(where) == 1


# faults ---------------------------------------------------------------------------------------------------------------


def test_image_without_mask_and_mask_without_image(make_folder):
    root = make_folder()
    (root / "masks/im1.png").unlink()
    with pytest.raises(DataError, match=r"images/im1\.png: the image has no mask"):
        data.load(root)
    (root / "images/im1.png").unlink()
    (root / "images/im2.png").unlink()
    with pytest.raises(DataError, match=r"masks/im2\.png: the mask has no image"):
        data.load(root)


@pytest.mark.parametrize("side, stems", [("masks", range(6)), ("masks", [2]), ("images", range(6)), ("images", [2])])
def test_suffixes_that_are_not_read_are_named(make_folder, side, stems):
    root = make_folder()
    for i in stems:
        path = root / side / f"im{i}.png"
        path.rename(path.with_suffix(".gif"))
    problems = data.check(root).problems
    assert [problem.kind for problem in problems] == ["unreadable"] * len(stems)
    assert problems[-1].message.startswith(
        f"{root}/{side}/im{stems[-1]}.gif: files with the suffix '.gif' are not read"
    )
    with pytest.raises(DataError, match="save it as PNG"):
        data.load(root)


def test_two_files_for_one_name(make_folder):
    root = make_folder()
    save(root / "images/im0.jpg", noise())
    with pytest.raises(DataError, match=r"im0\.jpg.*im0\.png: several files for one name"):
        data.load(root)


def test_the_advised_command_survives_a_shell(make_folder):
    root = make_folder("my set", suffix="_x")
    with pytest.raises(DataError, match=r"more; npseg data check '[^']*/my set' lists all"):
        data.load(root)


def test_nothing_fits(make_folder, tmp_path):
    root = make_folder(suffix="_x")
    with pytest.raises(DataError, match=r"no image has a mask of the same name .*and 12 more; npseg data check"):
        data.load(root)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"no images found. Expected images/ and masks/"):
        data.load(tmp_path / "empty")
    with pytest.raises(DataError, match="there is no such data set, folder or list file"):
        data.load(tmp_path / "none")
    with pytest.raises(DataError, match="did you mean 'shapes'"):
        data.load("shapess")


def test_broken_pairs_raise_when_they_are_read(make_folder):
    root = make_folder()
    data.write_index_png(root / "masks/im3.png", LABELS[:5], RGB)
    source = data.load(root, DataConfig(splits=(1, 0, 0)))
    with pytest.raises(DataError, match=r"masks/im3\.png: the mask is 16 x 5 pixels"):
        list(source.splits["train"])


# what is inferred, and what is not ------------------------------------------------------------------------------------


def with_masks(make_folder, *masks):
    root = make_folder(stems=[f"im{i}" for i in range(len(masks))])
    for i, mask in enumerate(masks):
        save(root / f"masks/im{i}.png", np.asarray(mask))
    return root


def test_border_value_is_inferred_only_beside_a_class(make_folder):
    bordered = LABELS.copy()
    bordered[0] = 255
    source = data.load(with_masks(make_folder, bordered, LABELS, LABELS))
    assert (source.info.num_classes, source.info.ignore_index) == (3, 255)
    assert any("255 is taken for the ignore value" in note for note in source.notes)


@pytest.mark.parametrize("others", [0, 1])
def test_0_and_255_is_never_guessed_even_beside_masks_of_0_and_1(make_folder, others):
    zeros_and_ones = (LABELS > 0).astype(np.uint8)
    root = with_masks(make_folder, zeros_and_ones * 255, zeros_and_ones * others, zeros_and_ones * 255)
    with pytest.raises(DataError, match=r"im0\.png: the mask holds only 0 and 255, which can mean two things"):
        data.load(root)
    binary = data.load(root, DataConfig(mask_values="binary"))
    assert binary.info.classes == ("background", "foreground")
    for dataset in binary.splits.values():
        for sample in dataset:
            assert set(np.unique(sample.mask)) <= {0, 1}
    ignoring = data.load(root, DataConfig(ignore_index=255, classes=("a", "b")))
    assert ignoring.info.ignore_index == 255


def test_gaps_instances_and_emptiness_are_not_guessed(make_folder):
    with pytest.raises(DataError, match=r'labels 0, 100, 200, which leave gaps.*data.mask_values="0,100,200"'):
        data.load(with_masks(make_folder, LABELS * 100))
    mapped = data.load(with_masks(make_folder, LABELS * 100), DataConfig(mask_values="0,100,200"))
    assert mapped.info.classes == ("class_0", "class_100", "class_200")
    instances = np.arange(192, dtype=np.uint8).reshape(12, 16)
    with pytest.raises(DataError, match=r'up to 191 \(192 different ones\).*data.mask_values="binary"'):
        data.load(with_masks(make_folder, instances))
    with pytest.raises(DataError, match="label 0 only"):
        data.load(with_masks(make_folder, LABELS * 0))
    with pytest.raises(DataError, match="no label but the ignore value"):
        data.load(with_masks(make_folder, LABELS * 0), DataConfig(ignore_index=0))


def test_negative_labels_ask_for_the_ignore_value(make_folder):
    root = make_folder(stems=["a"])
    (root / "masks/a.png").unlink()
    np.save(root / "masks/a.npy", LABELS.astype(np.int32) - 1)
    with pytest.raises(DataError, match=r"data.ignore_index=-1"):
        data.load(root)
    source = data.load(root, DataConfig(ignore_index=-1))
    assert (source.info.num_classes, source.info.padding_label) == (2, -1)


def test_missing_labels_within_reason_are_noted(make_folder):
    source = data.load(with_masks(make_folder, np.where(LABELS == 2, 3, LABELS)))
    assert source.info.num_classes == 4
    assert any("no mask holds the labels 2;" in note for note in source.notes)


def test_a_label_in_one_file_only_is_noted(make_folder):
    odd = LABELS.copy()
    odd[0, 0] = 3
    source = data.load(with_masks(make_folder, odd, *[LABELS] * 8))
    assert any(note.startswith("the label 3 occurs in") and "im0.png only" in note for note in source.notes)


def test_painted_masks_need_their_colours(make_folder):
    root = with_masks(make_folder, RGB[LABELS], RGB[LABELS])
    with pytest.raises(DataError, match=r"painted in colours \(#000000: .* pixels, "):
        data.load(root)
    source = data.load(root, DataConfig(colours=("#000000", "#ff0000", "#0000ff"), splits=(1, 0, 0)))
    np.testing.assert_array_equal(source.splits["train"][0].mask, LABELS)
    np.testing.assert_array_equal(source.info.palette, RGB)


def test_palette_of_the_files_colours_the_classes(make_folder):
    root = make_folder()
    for path in (root / "masks").iterdir():
        data.write_index_png(path, LABELS, RGB)
    np.testing.assert_array_equal(data.load(root).info.palette, RGB)


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"mask_values": "binary", "classes": ("a", "b", "c")}, "needs 2 class names, got 3"),
        ({"mask_values": "0,1", "classes": ("a",)}, "lists 2 values for 1 classes"),
        ({"colours": ("#000000",), "classes": ("a", "b")}, "1 colours are declared for 2 classes"),
        ({"mask_values": "zero"}, "data.mask_values"),
    ],
)
def test_settings_that_contradict_each_other(make_folder, settings, words):
    with pytest.raises(ConfigError, match=words):
        data.load(make_folder(), DataConfig(**settings))


# dataset.toml ---------------------------------------------------------------------------------------------------------


def test_dataset_toml_declares(make_folder):
    root = make_folder()
    (root / "dataset.toml").write_text(
        """
        name = "cells"
        ignore = 2
        [[classes]]
        name = "ground"
        colour = "#101010"
        [[classes]]
        name = "cell"
        colour = "#20ff20"
        [splits]
        train = ["im0", "im1.png", "images/im2.png"]
        val = ["im3"]
        [recipe.model]
        base_channels = 4
        """
    )
    source = data.load(root)
    assert source.info.classes == ("ground", "cell")
    assert source.info.ignore_index == 2
    assert source.info.palette.tolist() == [[16, 16, 16], [32, 255, 32]]
    assert sizes(source) == {"train": 3, "val": 1, "test": 0}
    assert any("not used: 2 images." in note for note in source.notes)
    assert data.recipe(root) == source.info.recipe == {"model": {"base_channels": 4}}


def test_shares_and_groups_from_dataset_toml(make_folder):
    root = make_folder(stems=[f"p{i // 3}_{i}" for i in range(12)])
    (root / "dataset.toml").write_text('[splits]\ntrain = 0.5\nval = 0.5\n[groups]\npattern = "^(p[0-9]+)_"')
    source = data.load(root)
    assert sizes(source) == {"train": 6, "val": 6, "test": 0}
    assert set(source.splits["train"].groups).isdisjoint(source.splits["val"].groups)
    assert sizes(data.load(root, DataConfig(splits=(0.25, 0.25, 0.5)))) == {"train": 3, "val": 3, "test": 6}


@pytest.mark.parametrize(
    "text, words",
    [
        ('[splits]\ntrain = ["im0"]\nval = ["im0"]', "dataset.toml of set: 'im0' is listed in two splits"),
        ('[splits]\ntrain = ["im9"]', r"dataset\.toml of set: \[splits\] names 'im9', which is no image here"),
        ('groups = "^q"', r"dataset\.toml: groups: the pattern '\^q' matches no image name"),
        ('channels = "gray"', r"dataset\.toml: data.channels: unknown value 'gray'; did you mean 'grey'"),
        ('groups = "("', r"dataset\.toml: groups: '\(' is not a regular expression"),
        (
            'classes = ["a", "b"]\nmask_values = [0, 1, 2]',
            r"dataset\.toml: data.mask_values lists 3 values for 2 classes",
        ),
        (
            '[splits]\ntrain=["im0"]\nval=["im1"]\n[groups]\nim0="p"\nim1="p"',
            r"the group 'p' is in several splits \(train, val",
        ),
    ],
)
def test_declarations_that_cannot_hold(make_folder, text, words):
    root = make_folder()
    (root / "dataset.toml").write_text(text)
    with pytest.raises(NpsegError, match=words):
        data.load(root)


def test_a_split_declared_empty_stays_empty(make_folder):
    root = make_folder()
    lists = '[splits]\ntrain = ["im0", "im1", "im2", "im3"]\nval = []\ntest = ["im4", "im5"]'
    (root / "dataset.toml").write_text(lists)
    source = data.load(root)
    assert sizes(source) == {"train": 4, "val": 0, "test": 2}
    with pytest.raises(DataError, match="the split 'val' is empty"):
        source.split("val")
    assert [problem.message.partition(";")[0] for problem in data.check(root).problems] == [
        f"{root}: the split 'val' is empty"
    ]


def test_a_folder_is_called_by_its_whole_name(make_folder):
    root = make_folder("cells.v1.2")
    assert data.load(root).info.name == "cells.v1.2"
    (root / "pairs.csv").write_text("".join(f"images/im{i}.png,masks/im{i}.png\n" for i in range(6)))
    assert data.load(root / "pairs.csv").info.name == "pairs"


def test_declared_channels_are_those_of_the_model(make_folder):
    root = make_folder()
    (root / "dataset.toml").write_text('channels = "grey"')
    assert data.load(root).info.in_channels == 1
    assert data.recipe(root)["data"]["channels"] == "grey"
    assert data.load(root, DataConfig(channels="max")).info.in_channels == 1


# published layouts ----------------------------------------------------------------------------------------------------


def voc(root, masks="SegmentationClass"):
    for i in range(4):
        save(root / "JPEGImages" / f"{i}.jpg", noise(i))
    for i in range(3):
        (root / masks).mkdir(exist_ok=True)
        labels = LABELS.copy()
        labels[0] = 255
        data.write_index_png(root / masks / f"{i}.png", labels, data.voc_palette())
    lists = root / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("0\n1\n")
    (lists / "val.txt").write_text("2\n")
    return root


def test_voc_layout(tmp_path):
    home = voc(tmp_path / "VOCdevkit" / "VOC2012")
    for root in (home, tmp_path, tmp_path / "VOCdevkit"):
        source = data.load(root)
        assert sizes(source) == {"train": 2, "val": 1, "test": 0}
        assert source.info.classes[:2] == ("background", "aeroplane")
        assert (source.info.num_classes, source.info.ignore_index) == (21, 255)
        np.testing.assert_array_equal(source.info.palette, data.voc_palette(21))
        assert (source.splits["val"][0].mask[0] == 255).all()
    assert any("1 of 4 images" in note for note in source.notes)


def test_voc_layout_painted_in_its_colours(tmp_path):
    home = voc(tmp_path / "VOC2007")
    labels = LABELS.copy()
    labels[0] = 255
    for path in (home / "SegmentationClass").iterdir():
        Image.fromarray(data.voc_palette()[labels]).save(path)
    np.testing.assert_array_equal(data.load(home).splits["train"][0].mask, labels)


def test_voc_layout_of_other_people(tmp_path):
    home = voc(tmp_path / "own", "SegmentationClassPNG")
    assert data.load(home).info.classes == ("class_0", "class_1", "class_2")
    (home / "class_names.txt").write_text("__ignore__\n_background_\ncat\ndog\n")
    assert data.load(home).info.classes == ("background", "cat", "dog")
    assert data.load(home, DataConfig(classes=("x", "y", "z"))).info.ignore_index == 255


def test_voc_lists_and_folders_that_disagree(tmp_path):
    home = voc(tmp_path / "VOC2012")
    (home / "ImageSets/Segmentation/val.txt").write_text("2\n3\n")
    with pytest.raises(DataError, match="the list of val names '3', which has no mask in SegmentationClass"):
        data.load(home)
    (home / "SegmentationClass/9.png").write_bytes((home / "SegmentationClass/0.png").read_bytes())
    report = data.check(home)
    assert sorted(problem.kind for problem in report.problems) == ["no image", "no mask"]


def test_camvid_layout(tmp_path):
    for split, count in {"train": 3, "val": 1, "test": 2}.items():
        for i in range(count):
            save(tmp_path / split / f"{i}.png", noise(i))
            save(tmp_path / f"{split}annot" / f"{i}.png", np.where(LABELS == 2, 11, LABELS).astype(np.uint8))
    source = data.load(tmp_path)
    assert sizes(source) == {"train": 3, "val": 1, "test": 2}
    assert (source.info.num_classes, source.info.ignore_index, source.info.classes[0]) == (11, 11, "sky")
    own = data.load(tmp_path, DataConfig(classes=tuple("abcdefghijkl")))
    assert (own.info.num_classes, own.info.ignore_index) == (12, None)


def test_list_file(make_folder, tmp_path):
    root = make_folder()
    listed = tmp_path / "set" / "pairs.csv"
    listed.write_text(
        "image,mask,split\n# a comment\n\n"
        + "".join(f'images/im{i}.png,"masks/im{i}.png",train\n' for i in range(3))
        + "images/im3.png,masks/im3.png,valid\n"
    )
    assert sizes(data.load(listed)) == {"train": 3, "val": 1, "test": 0}
    for separator in (" ", "\t", ","):
        listed.write_text("".join(f"images/im{i}.png{separator}masks/im{i}.png\n" for i in range(6)))
        assert sizes(data.load(listed)) == {"train": 4, "val": 1, "test": 1}
    (root / "dataset.toml").write_text('classes = ["x", "y", "z"]')
    assert data.load(listed).info.classes == ("x", "y", "z")


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "the list is empty"),
        ("a.png\n", "line 1: expected image,mask"),
        ("images/im0.png,masks/im0.png,tset\n", "must be train, val or test, got 'tset'"),
        ("images/im0.png,masks/none.png\n", r"none\.png: there is no such mask file \(list\.csv, line 1\)"),
        ("none.png,masks/im0.png\n", r"none\.png: there is no such image file"),
    ],
)
def test_list_files_with_mistakes(make_folder, text, words):
    listed = make_folder() / "list.csv"
    listed.write_text(text)
    with pytest.raises(DataError, match=words):
        data.load(listed)


def test_a_picture_is_no_list_file(make_folder):
    with pytest.raises(DataError, match="cannot be read as a list"):
        data.load(make_folder() / "images" / "im0.png")


def test_sixteen_bit_stacks_of_channels(tmp_path):
    for i in range(4):
        (tmp_path / "images").mkdir(exist_ok=True)
        tifffile.imwrite(tmp_path / f"images/{i}.tif", noise(i, (5, 12, 16)).astype(np.uint16) * 16)
        save(tmp_path / f"masks/{i}.png", LABELS)
    source = data.load(tmp_path)
    assert source.info.in_channels == 5
    config = DataConfig(crop_size=8, batch_size=2)
    intensity = data.Intensity.fit(source.split("train"), config)
    batches = data.TrainingBatches(source.split("train"), intensity, source.info, config, data.AugmentConfig(), 0)
    assert batches.batch(0).images.shape == (2, 8, 8, 5)
