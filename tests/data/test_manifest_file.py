from __future__ import annotations

import pytest

from npseg.data.manifest import read_manifest
from npseg.errors import DataError


def manifest(tmp_path, text):
    (tmp_path / "dataset.toml").write_text(text)
    return read_manifest(tmp_path)


def test_without_a_file_nothing_is_declared(tmp_path):
    assert read_manifest(tmp_path).classes == ()


def test_everything_at_once(tmp_path):
    (tmp_path / "val.txt").write_text("c\n\n d \n")
    found = manifest(
        tmp_path,
        """
        name = "cells"
        images = "pics"
        masks = "truth"
        ignore_index = 255
        ignore_color = "#e0e0c0"
        channels = "grey"
        classes = [{name = "a", color = [0, 0, 0]}, {name = "b", colour = "#ff0000"}]
        [splits]
        train = ["a", "b"]
        val = "val.txt"
        [groups]
        pattern = "^(p[0-9]+)"
        names = {x1 = "x", y = ["y1", "y2"]}
        [recipe.model]
        base_channels = 8
        """,
    )
    assert (found.name, found.images, found.masks, found.ignore, found.channels) == (
        "cells",
        "pics",
        "truth",
        255,
        "grey",
    )
    assert found.ignore_colour == (224, 224, 192)
    assert found.classes == ("a", "b")
    assert found.colours.tolist() == [[0, 0, 0], [255, 0, 0]]
    assert found.split_names == {"train": ["a", "b"], "val": ["c", "d"]}
    assert found.group_pattern == "^(p[0-9]+)"
    assert found.group_of == {"x1": "x", "y1": "y", "y2": "y"}
    assert found.recipe == {"model": {"base_channels": 8}, "data": {"channels": "grey"}}


def test_short_forms(tmp_path):
    found = manifest(
        tmp_path, 'classes = ["a", "b"]\nmask_values = [0, 255]\ngroups = "^p"\n[splits]\ntrain = 0.75\nval = 0.25'
    )
    assert found.classes == ("a", "b")
    assert found.mask_values == "0,255"
    assert found.fractions == (0.75, 0.25, 0.0)
    assert found.group_pattern == "^p"
    assert manifest(tmp_path, "[[classes]]\nname = 'a'\nvalue = 7").mask_values == "7"
    assert manifest(tmp_path, 'mask_values = "binary"').mask_values == "binary"


@pytest.mark.parametrize(
    "text, words",
    [
        ("clases = []", "unknown key 'clases'; did you mean 'classes'"),
        ("name = 3", "name must be a text"),
        ("ignore = true", "ignore must be a whole number"),
        ("ignore_colour = 'red'", "'red' is not a colour"),
        ("classes = 3", "classes must be a list"),
        ("classes = [3]", "classes must be a table"),
        ("[[classes]]\ncolour = '#000000'", "needs a name"),
        ("[[classes]]\nnam = 'x'", "unknown key of"),
        ("classes = ['a', 'a']", "same name"),
        ("[[classes]]\nname='a'\ncolour='#000000'\n[[classes]]\nname='b'", "either all classes declare a colour"),
        ("[[classes]]\nname='a'\ncolour='#000000'\n[[classes]]\nname='b'\ncolour='#000000'", "same colour"),
        ("[splits]\ntrain = 0.5\nval = 0.6", "must sum to 1"),
        ("[splits]\ntrian = 1.0", "did you mean 'train'"),
        ("[splits]\ntrain = 'none.txt'", "cannot be read"),
        ("[splits]\ntrain = true\nval = 'x'", "cannot be read|must be a share"),
        ("[splits]\ntrain = [1]", "must be a share, a list of names or a file"),
        ("splits = 3", "splits must be a table"),
        ("[groups]\npattern = 3", "regular expression"),
        ("mask_values = 3", "mask_values must be"),
        ("recipe = 3", "recipe must be a table"),
        ("mask_values = 'binry'", "data.mask_values: 'binry' is not"),
        ("mask_values = [1, 1]", "list of different raw values"),
        ("channels = 'gray'", "data.channels: unknown value 'gray'; did you mean 'grey'"),
        ("[recipe.data]\nsplits = [0.5, 0.2, 0.2]", "data.splits must be three shares"),
        ("[recipe.augment]\nnoise = -1", "augment.noise must be 0"),
        ("a = = b", "cannot be read as TOML"),
    ],
)
def test_mistakes_are_named_with_the_file(tmp_path, text, words):
    with pytest.raises(DataError, match=words) as caught:
        manifest(tmp_path, text)
    assert "dataset.toml" in str(caught.value)


def test_unknown_names_and_types_in_the_recipe_are_left_to_the_run(tmp_path):
    found = manifest(tmp_path, "[recipe.data]\nbatch_size = 'x'\nbach_size = 3")
    assert found.recipe == {"data": {"batch_size": "x", "bach_size": 3}}
