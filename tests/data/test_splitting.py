from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from npseg.data.splits import assign_splits, copies, group_by_pattern
from npseg.errors import ConfigError, DataError

SHARES = st.sampled_from([(0.7, 0.15, 0.15), (0.5, 0.5, 0.0), (1.0, 0.0, 0.0), (0.6, 0.2, 0.2)])


@given(st.lists(st.integers(0, 8), min_size=1, max_size=40), SHARES, st.integers(0, 99), st.data())
def test_neither_groups_nor_copies_are_ever_parted(groups, shares, seed, draw):
    names = [f"n{i:02}" for i in range(len(groups))]
    named = [None if g == 0 else f"g{g}" for g in groups]
    same = draw.draw(st.lists(st.lists(st.sampled_from(range(len(names))), min_size=2, max_size=4), max_size=3))
    splits = assign_splits(names, shares, seed, groups=named, together=same)
    assert set(splits) <= {s for s, share in zip(("train", "val", "test"), shares) if share}
    where = defaultdict(set)
    for group, split in zip(named, splits):
        where[group].add(split)
    where.pop(None, None)
    assert all(len(found) == 1 for found in where.values())
    assert all(len({splits[i] for i in indices}) == 1 for indices in same)


@given(st.integers(3, 60), st.integers(0, 99))
def test_every_split_with_a_share_gets_something_and_shares_are_met(count, seed):
    splits = assign_splits([f"{i:03}" for i in range(count)], (0.7, 0.15, 0.15), seed)
    assert set(splits) == {"train", "val", "test"}
    assert abs(splits.count("train") - 0.7 * count) <= 1.5


def test_splits_depend_on_seed_and_names_only():
    names = [f"{i:03}" for i in range(30)]
    splits = assign_splits(names, (0.7, 0.15, 0.15), 0)
    backwards = assign_splits(names[::-1], (0.7, 0.15, 0.15), 0)
    assert backwards[::-1] == splits
    assert assign_splits(names, (0.7, 0.15, 0.15), 1) != splits


def test_patterns():
    assert group_by_pattern("[a-z]+", "ab12") == "ab"
    assert group_by_pattern("([a-z]+)[0-9]", "ab12") == "ab"
    assert group_by_pattern("^x", "ab12") is None
    with pytest.raises(ConfigError, match="not a regular expression"):
        group_by_pattern("(", "a")


def test_copies_are_found_by_content(tmp_path):
    for name, content in {"a": b"xx", "b": b"yy", "c": b"xx", "d": b"xxx"}.items():
        (tmp_path / name).write_bytes(content)
    assert copies([tmp_path / name for name in "abcd"]) == [[0, 2]]
    with pytest.raises(DataError, match="gone"):
        copies([tmp_path / "gone"])


def test_copies_are_found_by_pixels_however_they_are_stored(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    Image.fromarray(pixels).save(tmp_path / "b.png", compress_level=0)
    np.save(tmp_path / "c.npy", pixels.astype(np.uint16))
    np.save(tmp_path / "d.npy", pixels.reshape(6, 4, 3))
    Image.fromarray(pixels).save(tmp_path / "e.bmp")
    paths = sorted(tmp_path.iterdir())
    assert copies(paths) == [[0, 1, 4]]
    assert copies(paths, [b"1", b"", b"2", b"2", b""]) == [[2, 3]]
