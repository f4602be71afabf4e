"""How long or large the piece of a contour is that passes between 2 x 2 pixels or 2 x 2 x 2 voxels.

The centres of eight neighbouring voxels are the corners of a cube. The surface of the object cuts every edge of the
cube that joins a corner inside with one outside, at its midpoint. Corners that are joined by edges form a group, around
which the midpoints of its cut edges lie in a loop; the surface fills the loop with triangles. Not all loops are flat:
then, of the fans of triangles that have a corner of the loop in common, it is the largest. Where more than four corners
are inside, those outside are cut off instead, so that inside and outside have one surface. That is the surface of
marching cubes (Lorensen and Cline 1987) with the areas of Nikolov et al. 2021: groups that touch along a diagonal only
stay apart.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np

__all__ = ["element_sizes"]

Corner = tuple[int, ...]

_CORNERS: tuple[Corner, ...] = tuple(itertools.product((0, 1), repeat=3))


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
    """Normals of the triangles of each code on the unit grid, as long as they are large; (256, triangles, 3)."""
    triangles = [_triangles(code) for code in range(256)]
    normals = np.zeros((256, max(map(len, triangles)), 3))
    for row, found in zip(normals, triangles):
        row[: len(found)] = np.reshape(found, (-1, 3))
    return normals


def _triangles(code: int) -> list[np.ndarray]:
    inside = {corner for place, corner in enumerate(_CORNERS) if code >> place & 1}
    fewer = inside if len(inside) <= 4 else set(_CORNERS) - inside
    return [normal for group in _groups(fewer) for normal in _largest_fan(_loop(group))]


def _groups(corners: set[Corner]) -> list[set[Corner]]:
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
        groups.append(group)
    return groups


def _neighbours(corner: Corner) -> list[Corner]:
    return [(*corner[:axis], 1 - corner[axis], *corner[axis + 1 :]) for axis in range(3)]


def _loop(group: set[Corner]) -> np.ndarray:
    """Midpoints of the edges that leave the group, (n, 3), in their order around it, seen from the cube's centre."""
    cuts = [np.add(corner, near) / 2 for corner in group for near in _neighbours(corner) if near not in group]
    middle = np.mean(cuts, axis=0)
    axis = 0.5 - np.mean(list(group), axis=0)
    right = np.cross(axis, cuts[0] - middle)
    up = np.cross(right, axis) / np.linalg.norm(axis)
    return np.array(sorted(cuts, key=lambda cut: np.arctan2((cut - middle) @ right, (cut - middle) @ up)))


def _largest_fan(loop: np.ndarray) -> np.ndarray:
    """Normals of the triangles between a corner of the loop and the others, (n - 2, 3), for the corner that gives most.

    The normals are as long as the triangles are large. Equally large fans are one surface, or have equal sizes under
    any spacing.
    """
    fans = []
    for start in range(len(loop)):
        spokes = np.roll(loop, -start, axis=0)[1:] - loop[start]
        fans.append(np.cross(spokes[:-1], spokes[1:]) / 2)
    return max(fans, key=lambda normals: np.linalg.norm(normals, axis=1).sum())
