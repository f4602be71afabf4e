"""Folders of label maps: matching, reading and counting."""

from __future__ import annotations

import threading
import weakref

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from npseg.data import label_counts
from npseg.data.boundary_counts import BoundaryRules
from npseg.data.files import write_index_png
from npseg.data.group_table import read_groups
from npseg.data.label_counts import LabelRules, count_label_maps
from npseg.data.label_folders import LabelFiles, match_label_folders, read_label_map
from npseg.data.palette import voc_palette
from npseg.errors import DataError
from npseg.metrics import boundary_f1, boundary_iou, confusion_matrix
from npseg.metrics.distance.boundary_iou import band_counts
from npseg.reference.confusion import confusion_matrix as reference_matrix

LABELS = np.array([[0, 1, 2], [2, 2, 1]], np.uint8)


@pytest.fixture
def folder(tmp_path):
    """Write label maps: name and labels; returns the folder."""

    def make(name, **maps):
        for image, labels in maps.items():
            path = tmp_path / name / f"{image}.npy"
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, labels)
        return tmp_path / name

    return make


def files_of(folder, truths, predictions):
    """Matched files of lists of label maps."""
    truth = folder("truth", **{f"i{n:03}": labels for n, labels in enumerate(truths)})
    prediction = folder("prediction", **{f"i{n:03}": labels for n, labels in enumerate(predictions)})
    return match_label_folders(truth, prediction)


# Matching.


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return folder


def test_files_are_matched_by_their_path_without_suffix(tmp_path):
    truth = touch(tmp_path / "t", "b/x.png", "a/x.png", "y.z.tif", "y.jpg", ".hidden.png", ".cache/w.png", "notes.txt")
    first = touch(tmp_path / "p", "b/x.npy", "a/x.PNG", "y.z.png", "predictions.json", "a/x_overlay.png")
    second = touch(tmp_path / "q", "b/x.bmp", "a/x.tiff", "y.z.png")
    assert match_label_folders(truth, first, second, skip={first / "a/x_overlay.png"}) == [
        LabelFiles("a/x", truth / "a/x.png", (first / "a/x.PNG", second / "a/x.tiff")),
        LabelFiles("b/x", truth / "b/x.png", (first / "b/x.npy", second / "b/x.bmp")),
        LabelFiles("y.z", truth / "y.z.tif", (first / "y.z.png", second / "y.z.png")),
    ]


def test_links_are_followed_once(tmp_path):
    truth = touch(tmp_path / "t", "x.png")
    real = touch(tmp_path / "real", "x.png")
    (tmp_path / "p").mkdir()
    (tmp_path / "p/x.png").symlink_to(real / "x.png")
    (truth / "again").symlink_to(truth)
    assert [one.image for one in match_label_folders(truth, tmp_path / "p")] == ["x"]


def test_missing_files_are_named_and_counted(tmp_path):
    truth = touch(tmp_path / "t", *(f"{n}.png" for n in range(9)))
    prediction = touch(tmp_path / "p", "0.png", "1.png", "2.png", "extra.png")
    with pytest.raises(DataError) as error:
        match_label_folders(truth, prediction)
    words = str(error.value)
    assert f"{prediction}: lacks 6 files of {truth}: 3, 4, 5, 6, 7 and 1 more" in words
    assert f"{truth}: lacks 1 file of {prediction}: extra" in words


def test_folders_without_label_maps_are_refused(tmp_path):
    full, empty = touch(tmp_path / "t", "x.png"), tmp_path / "empty"
    empty.mkdir()
    jpegs = touch(tmp_path / "jpegs", "x.jpg")
    with pytest.raises(DataError, match="there is no such folder"):
        match_label_folders(full, tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"x\.png: is a file; name the folder"):
        match_label_folders(full / "x.png", full)
    with pytest.raises(DataError, match="empty: holds no label maps"):
        match_label_folders(full, empty)
    with pytest.raises(DataError, match="only 1 other file; JPEG and WebP smear labels"):
        match_label_folders(full, jpegs)
    with pytest.raises(DataError, match=r"x\.npy and x\.png have one name|x\.png and x\.npy have one name"):
        match_label_folders(touch(full, "x.npy"), jpegs)


# Reading.


def grey(path):
    Image.fromarray(LABELS).save(path)


def grey_as_colour(path):
    Image.fromarray(np.repeat(LABELS[:, :, None], 3, axis=2)).save(path)


def grey_with_alpha(path):
    Image.fromarray(np.stack([LABELS, np.full_like(LABELS, 255)], axis=2)).save(path)


def palette(path):
    write_index_png(path, LABELS, voc_palette())


def sixteen_bits(path):
    Image.fromarray(LABELS.astype(np.uint16)).save(path)


@pytest.mark.parametrize("write", [grey, grey_as_colour, grey_with_alpha, palette, sixteen_bits])
def test_png_label_maps(write, tmp_path):
    write(tmp_path / "x.png")
    labels = read_label_map(tmp_path / "x.png")
    np.testing.assert_array_equal(labels, LABELS)
    assert labels.dtype.kind in "iu"


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", ">i4", "int64"])
def test_tiff_and_npy_label_maps(dtype, tmp_path):
    labels = LABELS.astype(dtype)
    np.save(tmp_path / "x.npy", labels)
    np.testing.assert_array_equal(read_label_map(tmp_path / "x.npy"), labels)
    if dtype not in ("bool", ">i4", "int64"):
        tifffile.imwrite(tmp_path / "x.tif", labels)
        np.testing.assert_array_equal(read_label_map(tmp_path / "x.tif"), labels)
    np.save(tmp_path / "y.npy", labels[:, :, None])
    np.testing.assert_array_equal(read_label_map(tmp_path / "y.npy"), labels)


@pytest.mark.parametrize(
    "pixels, words",
    [
        (np.dstack([LABELS, LABELS, LABELS + 1]), "painted in colours"),
        (LABELS / 2, "type for fractions .* argmax"),
        (LABELS.astype(np.float32), "float32.* save labels as integers"),
        (np.array([[0, np.nan]]), "type for fractions"),
        (np.zeros((2, 3, 4, 5), int), r"shape \(2, 3, 4, 5\)"),
        (np.zeros((2, 3, 7), int), r"shape \(2, 3, 7\)"),
        (np.array([["a"]]), "expected integers"),
    ],
)
def test_what_is_no_label_map_is_refused(pixels, words, tmp_path):
    np.save(tmp_path / "x.npy", pixels)
    with pytest.raises(DataError, match=rf"x\.npy: .*{words}"):
        read_label_map(tmp_path / "x.npy")


# Counting.


@st.composite
def scenes(draw):
    """Truth and prediction of a few images of different sizes, their classes and the ignored label."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    classes, ignore = draw(st.integers(1, 5)), draw(st.sampled_from([None, 255, 0]))
    sizes = draw(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=4))
    types = draw(st.tuples(*[st.sampled_from([np.uint8, np.int16, np.uint16, np.int64])] * 2))
    truths = [rng.integers(0, classes, size).astype(types[0]) for size in sizes]
    predictions = [rng.integers(0, classes, size).astype(types[1]) for size in sizes]
    if ignore == 255:
        for truth, prediction in zip(truths, predictions):
            void = rng.random(truth.shape) < 0.3
            truth[void] = 255
            prediction[void] = rng.integers(0, 256, np.count_nonzero(void))
    return truths, predictions, classes, ignore


@given(scene=scenes(), known=st.booleans(), workers=st.integers(1, 3))
def test_counts_are_those_of_plain_numpy(scene, known, workers, tmp_path_factory):
    truths, predictions, classes, ignore = scene
    root = tmp_path_factory.mktemp("maps")
    for n, (truth, prediction) in enumerate(zip(truths, predictions)):
        np.save(root / f"t{n}.npy", truth)
        np.save(root / f"p{n}.npy", prediction)
    files = [LabelFiles(str(n), root / f"t{n}.npy", (root / f"p{n}.npy",)) for n in range(len(truths))]
    rules = LabelRules(classes if known else None, ignore)
    expected = [reference_matrix(t, p, classes, ignore, ignore is not None)[0] for t, p in zip(truths, predictions)]
    true, predicted = (1 + np.flatnonzero(sum(expected).sum(axis=axis)).max(initial=0) for axis in (1, 0))
    if not known and predicted > true:
        with pytest.raises(DataError, match=f"p[0-9]+.npy: predicts labels up to .* none beyond {true - 1}"):
            count_label_maps(files, rules, workers=workers)
        return
    counts = count_label_maps(files, rules, workers=workers)
    needed = counts.num_classes
    assert needed == (classes if known else true)
    np.testing.assert_array_equal(
        [counts.image(index) for index in range(len(counts.images))], [m[:needed, :needed] for m in expected]
    )
    np.testing.assert_array_equal(counts.confusion(), sum(expected)[:needed, :needed])
    assert counts.images == tuple(map(str, range(len(truths))))


def test_two_models_are_counted_at_once(folder):
    truth, one = folder("truth", x=LABELS), folder("one", x=LABELS)
    other = folder("other", x=np.zeros_like(LABELS))
    counts = count_label_maps(match_label_folders(truth, one, other), LabelRules(3))
    np.testing.assert_array_equal(counts.confusion(0), np.diag([1, 2, 3]))
    np.testing.assert_array_equal(counts.confusion(1), [[1, 0, 0], [2, 0, 0], [3, 0, 0]])


def test_boundaries_are_those_of_the_metrics(folder):
    rng = np.random.default_rng(0)
    truths, predictions = (np.kron(rng.integers(0, 4, (3, 5, 5)), np.ones((4, 4), int)) for _ in range(2))
    truths[1][truths[1] == 3] = 255
    files = files_of(folder, truths, predictions)
    f1 = boundary_f1(truths, predictions, num_classes=4, tolerance=1, ignore_index=255, average=None)
    iou = boundary_iou(truths, predictions, num_classes=4, ignore_index=255, average=None)
    for num_classes in (4, None):
        counts = count_label_maps(files, LabelRules(num_classes, 255), boundaries=BoundaryRules(1))
        np.testing.assert_array_equal(counts.boundary_f1(), f1)
        np.testing.assert_array_equal(counts.boundary_iou(), iou)


def test_boundaries_of_images_of_several_sizes_are_near_by_their_own_diagonal(folder):
    rng = np.random.default_rng(1)
    sizes = [(3, 4), (90, 120), (240, 320)]  # 0.75 % of the diagonals are 0.0375, 1.125 and 3 pixels
    truths = [rng.integers(0, 2, (h, w)) for h, w in sizes]
    predictions = [np.roll(truth, 1, axis=1) for truth in truths]
    counts = count_label_maps(files_of(folder, truths, predictions), LabelRules(2), boundaries=BoundaryRules())
    for row, truth, prediction, tolerance in zip(counts.boundary_f1(), truths, predictions, (0.0375, 1.125, 3)):
        f1 = boundary_f1(truth, prediction, num_classes=2, tolerance=tolerance, average=None)
        np.testing.assert_array_equal(row, f1)
    bands = sum(
        np.stack([
            band_counts(t, p, num_classes=2, width=width, width_unit="pixels")
            for t, p, width in zip(truths, predictions, (1, 3, 8))  # 2 % of the diagonals, and at least 1
        ])
    )  # fmt: skip
    np.testing.assert_array_equal(counts.boundary_iou(), bands[0] / bands[1])


def test_labels_beyond_int64_are_not_taken_for_negative_ones(folder):
    files = files_of(folder, [np.array([[0, 2**64 - 1]], np.uint64)], [np.array([[0, 1]], np.uint8)])
    with pytest.raises(DataError, match=r"holds the label 18446744073709551615, expected labels below 2\^63"):
        count_label_maps(files, LabelRules(2))


def test_binary_masks(folder):
    truth = np.array([[0, 255, 1, 7, 7, 0]], np.int16)
    files = files_of(folder, [truth], [np.array([[0, 1, 0, 9, 0, 3]], np.uint8)])
    np.testing.assert_array_equal(count_label_maps(files, LabelRules(binary=True)).confusion(), [[1, 1], [2, 2]])
    for ignore, expected in (
        (7, [[1, 1], [1, 1]]),
        (1, [[1, 1], [1, 2]]),
        (255, [[1, 1], [2, 1]]),
        (-1, [[1, 1], [2, 2]]),
    ):
        counts = count_label_maps(files, LabelRules(None, ignore, binary=True))
        np.testing.assert_array_equal(counts.confusion(), expected)


@pytest.mark.parametrize(
    "truth, prediction, rules, words",
    [
        (
            [[0, 3]],
            [[0, 1]],
            LabelRules(3),
            r"truth/i000\.npy: holds 3 \(1 pixel\); expected labels from 0 to 2, and no",
        ),
        (
            [[0, 255]],
            [[7, 9]],
            LabelRules(2, 255),
            r"prediction/i000\.npy: holds 7 \(1 pixel\); .* 255 in the truth is",
        ),
        ([[0, 1]], [[-1, -1]], LabelRules(2), r"prediction/i000\.npy: holds -1 \(2 pixels\)"),
        ([[0, 255]], [[0, 1]], LabelRules(2), r"--ignore, or --binary if masks are 0 and 255"),
        ([[0, 255]], [[0, 1]], LabelRules(), r"the truth holds 255 \(1 pixel\).*--ignore 255.*--binary"),
        ([[0, 1]], [[0, 255]], LabelRules(), r"prediction/i000\.npy: the prediction holds 255"),
        ([[0, 1]], [[0, -1]], LabelRules(), r"prediction/i000\.npy: holds labels from -1 to 0"),
        ([[0, 26001]], [[0, 1]], LabelRules(), r"truth/i000\.npy: holds labels from 0 to 26001.*ids of instances"),
        ([[0, 1]], [[0], [1]], LabelRules(2), r"prediction/i000\.npy: is 1 x 2 pixels .*truth/i000\.npy is 2 x 1"),
    ],
)
@pytest.mark.parametrize("dtype", [np.int64, np.uint8])
def test_what_cannot_be_counted_is_refused(truth, prediction, rules, words, dtype, folder):
    if dtype == np.uint8 and not (np.min([np.min(truth), np.min(prediction)]) >= 0 and np.max(truth) <= 255):
        pytest.skip("does not fit")
    good = np.zeros((2, 2), dtype)
    files = files_of(folder, [np.array(truth, dtype), good], [np.array(prediction, dtype), good])
    with pytest.raises(DataError, match=words):
        count_label_maps(files, rules, workers=2)


def test_the_first_fault_in_order_is_told_whatever_the_threads(folder):
    maps = [np.full((2, 2), 1 if n < 5 else 9, np.uint8) for n in range(12)]
    files = files_of(folder, maps, maps)
    for workers in (1, 2, 4):
        with pytest.raises(DataError, match=r"i005\.npy"):
            count_label_maps(files, LabelRules(2), workers=workers)


def test_unreadable_files_are_named(folder):
    files = files_of(folder, [LABELS], [LABELS])
    files[0].predictions[0].write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"prediction/i000\.npy: cannot be read as an image"):
        count_label_maps(files, LabelRules(3))


def test_progress_counts_to_the_end(folder):
    said = []
    files = files_of(folder, [LABELS] * 5, [LABELS] * 5)
    count_label_maps(files, LabelRules(3), workers=2, progress=lambda done, total: said.append((done, total)))
    assert said == [(n, 5) for n in range(1, 6)]


def test_only_a_few_images_are_in_memory_at_once(folder, monkeypatch):
    alive, most, lock = [], 0, threading.Lock()
    plain = label_counts.read_label_map

    def reading(path):
        nonlocal most
        labels = plain(path)
        with lock:
            alive.append(weakref.ref(labels))
            most = max(most, sum(one() is not None for one in alive))
        return labels

    monkeypatch.setattr(label_counts, "read_label_map", reading)
    files = files_of(folder, [LABELS] * 40, [LABELS] * 40)
    count_label_maps(files, LabelRules(3), workers=2)
    assert len(alive) == 80
    assert most <= 2 * 2


def test_matrices_of_images_are_those_of_the_metric(folder):
    files = files_of(folder, [LABELS, LABELS.T], [LABELS[::-1], LABELS.T])
    counts = count_label_maps(files, LabelRules(5))
    np.testing.assert_array_equal(counts.image(0), confusion_matrix(LABELS, LABELS[::-1], num_classes=5))
    np.testing.assert_array_equal(counts.image(1), confusion_matrix(LABELS, LABELS, num_classes=5))


# Groups.


def test_a_suffix_of_a_table_of_groups_is_that_of_an_image(tmp_path):
    table = tmp_path / "groups.csv"
    table.write_text("x.2,patient2\ny.2.png,patient3\n")
    assert read_groups(table, ["y.2"]) == ["patient3"]
    with pytest.raises(DataError, match="1 image without a group: x"):
        read_groups(table, ["x"])


def test_groups_of_images(tmp_path):
    table = tmp_path / "groups.csv"
    table.write_text(
        "\ufeffpath,group\na/x.png, p1\n\na\\y,p2,more\nother.png,p3\nz.1,p1\nz.1.tif,p1\n", encoding="utf-8"
    )
    assert read_groups(table, ["a/x", "a/y", "z.1"]) == ["p1", "p2", "p1"]


@pytest.mark.parametrize(
    "text, words",
    [
        ("a,1\n", "2 images without a group: b, c;"),
        ("a,1\nb\nc,2\n", "line 2 has no group for 'b'"),
        ("a,1\na.png,2\n", "a is in two groups, 1 and 2"),
    ],
)
def test_incomplete_groups_are_refused(text, words, tmp_path):
    table = tmp_path / "groups.csv"
    table.write_text(text)
    with pytest.raises(DataError, match=words):
        read_groups(table, ["a", "b", "c"])


def test_tables_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read as a table of groups"):
        read_groups(tmp_path / "nowhere.csv", ["a"])
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="cannot be read as a table of groups"):
        read_groups(tmp_path / "x.csv", ["a"])
