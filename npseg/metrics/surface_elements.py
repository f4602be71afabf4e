"""How long or large the piece of a contour is that passes between 2 x 2 pixels or 2 x 2 x 2 voxels.

The centres of eight neighbouring voxels are the corners of a cube. The surface of the object cuts every edge of the
cube that joins a corner inside with one outside, at its midpoint. Corners that are joined by edges form a group, and
the convex hull of a group with the midpoints of its cut edges is its share of the cube: the surface is the part of the
hull's skin that is not skin of the cube. Where more than four corners are inside, those outside are cut off instead, so
that inside and outside have one surface. That is the triangulated surface of marching cubes (Lorensen and Cline 1987)
as Nikolov et al. 2021 use it: groups that touch along a diagonal only stay apart.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np

__all__ = ["element_sizes"]

_CORNERS = tuple(itertools.product((0, 2), repeat=3))  # in half voxels, so that midpoints are whole numbers


@functools.lru_cache(maxsize=32)
def element_sizes(spacing: tuple[float, ...]) -> np.ndarray:
    """Length of the contour in 2-D, float64 `(16,)`, or area of the surface in 3-D, `(256,)`, by neighbour code.

    Bit 2 i + j of a code says whether the pixel (i, j) of the 2 x 2 is inside, bit 4 i + 2 j + k whether the voxel
    (i, j, k) is. `spacing` is the distance of neighbours along each axis; the sizes have its unit, or its square.

    One pixel of four is cut off by half a diagonal, two neighbours by a straight line, two opposite ones by two
    half diagonals:

    >>> element_sizes((3.0, 4.0))[[0b0001, 0b0011, 0b0101, 0b1001]]
    array([2.5, 4. , 3. , 5. ])
    """
    # A contour is a surface seen from above: four pixels are a cube whose two layers are equal, one unit high.
    z, y, x = spacing if len(spacing) == 3 else (1.0, *spacing)
    sizes = np.linalg.norm(_normals() * [y * x, z * x, z * y], axis=-1).sum(axis=-1)
    if len(spacing) == 2:
        sizes = sizes[np.arange(16) * 0b10001]
    sizes.flags.writeable = False  # it is kept and handed out again
    return sizes


@functools.cache
def _normals() -> np.ndarray:
    """Normals of the facets of each code on the unit grid, as long as the facets are large; (256, facets, 3)."""
    facets = [_facets_of(code) for code in range(256)]
    normals = np.zeros((256, max(map(len, facets)), 3))
    for row, found in zip(normals, facets):
        row[: len(found)] = np.reshape(found, (-1, 3))
    return normals


def _facets_of(code: int) -> list[np.ndarray]:
    inside = {corner for place, corner in enumerate(_CORNERS) if code >> place & 1}
    fewer = inside if len(inside) <= 4 else set(_CORNERS) - inside
    return [normal for group in _groups(fewer) for normal in _skin(group)]


def _groups(corners: set[tuple[int, ...]]) -> list[frozenset[tuple[int, ...]]]:
    """The corners in sets that are connected by edges of the cube."""
    left, groups = set(corners), []
    while left:
        group, waiting = set(), [left.pop()]
        while waiting:
            corner = waiting.pop()
            group.add(corner)
            near = left.intersection(_neighbours(corner))
            left -= near
            waiting += near
        groups.append(frozenset(group))
    return groups


def _neighbours(corner: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [(*corner[:axis], 2 - corner[axis], *corner[axis + 1 :]) for axis in range(3)]


@functools.cache
def _skin(group: frozenset[tuple[int, ...]]) -> list[np.ndarray]:
    """Facets of the hull of a group and its midpoints that are inside the cube, as normals of their area."""
    cuts = [np.add(corner, near) // 2 for corner in group for near in _neighbours(corner) if near not in group]
    points = np.array([*group, *cuts])
    first, second, third = points[np.array(list(itertools.combinations(range(len(points)), 3)))].swapaxes(0, 1)
    normals = np.cross(second - first, third - first)
    heights = points @ normals.T - np.sum(first * normals, axis=1)  # of each point over each plane, (points, planes)
    outer = normals.any(axis=1) & ((heights >= 0).all(axis=0) | (heights <= 0).all(axis=0))
    facets: dict[frozenset[int], np.ndarray] = {}
    for plane in np.flatnonzero(outer):
        members = np.flatnonzero(heights[:, plane] == 0)
        corners = points[members]
        on_cube = (corners == corners[0]).all(axis=0) & (corners[0] != 1)
        if not on_cube.any():
            facets[frozenset(members.tolist())] = _area(corners, normals[plane])
    return list(facets.values())


def _area(corners: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Normal of a flat convex polygon, as long as its area in voxels, from its corners in any order."""
    spokes = corners - corners.mean(axis=0)
    angles = np.arctan2(np.cross(normal, spokes[0]) @ spokes.T / np.linalg.norm(normal), spokes @ spokes[0])
    spokes = spokes[np.argsort(angles)]
    return np.cross(spokes, np.roll(spokes, -1, axis=0)).sum(axis=0) / 8  # half a cross product; a voxel is 2 units
