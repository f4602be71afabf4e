from __future__ import annotations

import numpy as np
import pytest

from npseg.data import Dataset, DatasetInfo, DataSource, Sample, voc_palette
from npseg.errors import DataError


def counted(cache_mb, **options):
    reads = []

    def read(index):
        reads.append(index)
        return Sample(np.full((512, 1024, 1), index, np.uint8), np.zeros((512, 1024), np.uint8), str(index))

    return Dataset(["0", "1", "2"], read, cache_mb=cache_mb, **options), reads


def test_cache_holds_what_fits_and_drops_the_least_recently_used():
    dataset, reads = counted(cache_mb=2)
    for index in (0, 1, 0, 2, 0, 1):
        assert dataset[index].image[0, 0, 0] == index
    assert reads == [0, 1, 2, 1]


def test_a_sample_larger_than_the_cache_is_read_each_time():
    dataset, reads = counted(cache_mb=0.5)
    dataset[0], dataset[0]
    assert reads == [0, 0]


def test_arrays_are_read_only():
    dataset, _ = counted(cache_mb=8)
    with pytest.raises(ValueError, match="read-only"):
        dataset[0].image[0] = 1


def test_indexing():
    dataset, _ = counted(cache_mb=8)
    assert dataset[-1].name == "2"
    assert [sample.name for sample in dataset] == ["0", "1", "2"]
    with pytest.raises(IndexError, match="3 samples"):
        dataset[3]


def test_mask_alone_does_not_read_the_image():
    dataset, reads = counted(cache_mb=8, read_mask=lambda index: np.full((2, 2), index))
    assert dataset.mask(1)[0, 0] == 1
    assert reads == []
    dataset[1]
    assert dataset.mask(1).shape == (512, 1024)


def test_padding_label_is_no_class():
    def info(count, ignore=None):
        return DatasetInfo("x", tuple(map(str, range(count))), voc_palette(count), ignore)

    assert info(3).padding_label == 255
    assert info(3, 0).padding_label == 0
    assert info(12, 11).padding_label == 11
    assert info(300).padding_label == -1


def test_empty_split_is_named_with_those_there_are():
    dataset, _ = counted(cache_mb=1)
    source = DataSource(DatasetInfo("cells", ("a",), voc_palette(1)), {"train": dataset})
    assert source.split("train") is dataset
    with pytest.raises(DataError, match=r"cells: the split 'val' is empty; there are: train \(3\)"):
        source.split("val")
