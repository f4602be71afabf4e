"""Splits that never leak: what belongs together stays together, and copies of an image count as one."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from npseg.data.dataset import SPLITS
from npseg.data.files import read_image
from npseg.errors import ConfigError, DataError
from npseg.randomness import Purpose, generator

__all__ = ["assign_splits", "copies", "group_by_pattern", "pixel_digest"]


def assign_splits(
    names: Sequence[str],
    shares: tuple[float, float, float],
    seed: int,
    *,
    groups: Sequence[str | None] | None = None,
    together: Sequence[Sequence[int]] = (),
) -> list[str]:
    """The split ("train", "val" or "test") of each name: a function of the seed and the sorted names and groups.

    Names of one group, and indices listed in one entry of `together`, get the same split. Shares are met as
    closely as whole groups allow; a split with a share above 0 gets at least one group if there are enough.

    >>> assign_splits(["a1", "a2", "b1", "b2"], (0.5, 0.5, 0.0), seed=0, groups=["a", "a", "b", "b"])
    ['val', 'val', 'train', 'train']
    """
    units = _units(names, groups, together)
    order = generator(seed, Purpose.SPLIT).permutation(len(units))
    wanted = [share * len(names) for share in shares]
    members: list[list[list[int]]] = [[] for _ in SPLITS]
    for place in order:
        lacking = [wanted[i] - sum(map(len, members[i])) if shares[i] > 0 else float("-inf") for i in range(3)]
        members[lacking.index(max(lacking))].append(units[place])
    for i in (0, 1, 2):
        donor = max(range(3), key=lambda k: len(members[k]))
        if shares[i] > 0 and not members[i] and len(members[donor]) > 1:
            members[i].append(members[donor].pop())
    assigned = [""] * len(names)
    for split, chosen in zip(SPLITS, members):
        for unit in chosen:
            for index in unit:
                assigned[index] = split
    return assigned


def group_by_pattern(pattern: str, name: str) -> str | None:
    """The group of a name: the first bracket of the pattern, or the whole match; None without a match.

    >>> group_by_pattern("^(patient[0-9]+)_", "patient12_slice3")
    'patient12'
    """
    try:
        match = re.search(pattern, name)
    except re.error as error:
        raise ConfigError(f"groups: {pattern!r} is not a regular expression ({error})") from error
    if match is None:
        return None
    return match.group(1) if match.re.groups else match.group(0)


def pixel_digest(image: np.ndarray) -> bytes:
    """A fingerprint of a decoded image: equal for equal pixels, shapes and number types."""
    opened = hashlib.blake2b(repr((image.shape, image.dtype.str)).encode())
    opened.update(np.ascontiguousarray(image).data)
    return opened.digest()


def copies(paths: Sequence[Path], digests: Sequence[bytes] | None = None) -> list[list[int]]:
    """Indices of images with equal pixels, however their files are compressed.

    Every image is decoded once, in threads; who has decoded them already hands over the `pixel_digest` of each
    (empty where it cannot be read). Files that cannot be decoded are compared byte by byte.
    """
    if digests is None:
        with ThreadPoolExecutor() as pool:
            digests = list(pool.map(_decoded_digest, paths))
    by_content: dict[bytes, list[int]] = defaultdict(list)
    for index, (path, digest) in enumerate(zip(paths, digests)):
        by_content[digest or _file_digest(path)].append(index)
    return [same for same in by_content.values() if len(same) > 1]


def _decoded_digest(path: Path) -> bytes:
    try:
        return pixel_digest(read_image(path))
    except DataError:  # told when the image is used
        return b""


def _file_digest(path: Path) -> bytes:
    try:
        with open(path, "rb") as opened:
            return hashlib.file_digest(opened, "sha256").digest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error})") from error


def _units(
    names: Sequence[str], groups: Sequence[str | None] | None, together: Sequence[Sequence[int]]
) -> list[list[int]]:
    """Indices that must share a split, as sorted lists in the order of their first names."""
    parent = list(range(len(names)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first_of: dict[str, int] = {}
    for index, group in enumerate(groups or ()):
        if group is not None:
            parent[root(index)] = root(first_of.setdefault(group, index))
    for same in together:
        for index in same[1:]:
            parent[root(index)] = root(same[0])
    members: dict[int, list[int]] = defaultdict(list)
    for index in range(len(names)):
        members[root(index)].append(index)
    return sorted(members.values(), key=lambda unit: min(names[i] for i in unit))
