"""Sizes of contour elements: by hand, by all ways to triangulate, and of solids whose surface is known."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from npseg.metrics.distance.surface_elements import element_sizes
from npseg.metrics.distance.surfaces import surface_distances
from npseg.reference.distance import element_size

SPACINGS = [(1.0, 1.0, 1.0), (0.5, 2.0, 3.0), (10.0, 1.0, 0.1)]


@pytest.mark.parametrize("spacing", [*SPACINGS, (1.0, 1.0), (0.3, 7.0)])
def test_sizes_equal_those_of_the_largest_triangulation(spacing):
    corners = list(itertools.product((0, 1), repeat=len(spacing)))
    sizes = element_sizes(spacing)
    assert sizes.shape == (2 ** len(corners),)
    for code, size in enumerate(sizes):
        inside = {corner for place, corner in enumerate(corners) if code >> place & 1}
        assert size == pytest.approx(element_size(inside, spacing), rel=1e-12), bin(code)


def test_sizes_by_hand():
    """On the unit grid, one code of each kind: which corners are inside, and what the surface is."""
    triangle = math.sqrt(3) / 8  # with sides of half a diagonal
    sizes = element_sizes((1.0, 1.0, 1.0))
    kinds = {
        0b00000000: 0,
        0b00000001: triangle,
        0b00000011: math.sqrt(0.5),  # an edge: a rectangle of 1 x half a diagonal
        0b00000110: 2 * triangle,  # two on a face's diagonal stay apart
        0b10000001: 2 * triangle,
        0b00001111: 1,  # a side
        0b00010111: 6 * triangle,  # a corner and its neighbours: a hexagon
        0b00000111: 0.5 + 3 * triangle,  # an L: a triangle of half a face, and a trapezium
        0b00011011: 2 * math.sqrt(0.125) + 4 * triangle,  # a chain that turns twice: half is flat, half folded
        0b10010110: 4 * triangle,
        0b11000011: 2 * math.sqrt(0.5),  # two opposite edges
    }
    for code, size in kinds.items():
        assert sizes[code] == pytest.approx(size, rel=1e-12), bin(code)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_inside_and_outside_have_one_surface(spacing):
    sizes = element_sizes(spacing)
    np.testing.assert_allclose(sizes, sizes[::-1], rtol=1e-12)
    assert (sizes[1:-1] > 0).all()


@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("flip", [(), (0,), (1,), (0, 2), (0, 1, 2)])
def test_turning_and_mirroring_keeps_sizes(axes, flip):
    spacing = np.array([0.5, 2.0, 3.0])
    sizes, turned = element_sizes(tuple(spacing)), element_sizes(tuple(spacing[list(axes)]))
    for code in range(256):
        cube = np.array([code >> place & 1 for place in range(8)]).reshape(2, 2, 2)
        moved = np.flip(cube, flip).transpose(axes).ravel()
        assert turned[(moved << np.arange(8)).sum()] == pytest.approx(sizes[code], rel=1e-12)


def test_surface_of_a_box_and_length_around_a_rectangle():
    """Faces in full, edges and corners bevelled at half a voxel."""
    box = np.zeros((6, 7, 8), bool)
    box[1:4, 1:5, 1:6] = True  # 3 x 4 x 5 voxels
    around = surface_distances(box, box, boundary="dual").a_sizes.sum()
    faces = 2 * (2 * 3 + 2 * 4 + 3 * 4)
    edges = 4 * (2 + 3 + 4) * math.sqrt(0.5)
    assert around == pytest.approx(faces + edges + 8 * math.sqrt(3) / 8)
    around = surface_distances(box[2], box[2], boundary="dual", spacing=(0.5, 2)).a_sizes.sum()
    assert around == pytest.approx(2 * 3 * 0.5 + 2 * 4 * 2 + 4 * math.hypot(0.25, 1))


def test_tables_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        element_sizes((1.0, 1.0, 1.0))[0] = 1
