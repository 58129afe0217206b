"""What can be seen from a point: lines of sight over the elevation grid, with the earth's curvature.

For every cell in range the kernel gives the *needed height*: how high above its ground something must stand to
be seen. A cell is in view of smoke h metres high where it is at most h. The ray to each cell is followed cell by
cell and the surface taken by linear interpolation where it crosses rows or columns (the exact method that
Franklin and Ray 1994, Higher isn't necessarily better, call R3; from memory). On a sphere the surface sinks by
d^2/(2 R); light bends along with it by a share k of that, so that heights are lowered by (1 - k) d^2/(2 R).
k = 0.13 is Gauss's mean value and what ArcGIS's Viewshed takes (pro.arcgis.com); gdal_viewshed takes 1/7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.world.grid import Grid

EARTH_RADIUS_M = 6_371_000.0
"""Mean radius of the earth (IUGG)."""
REFRACTION = 0.13
"""Share of the curvature that refraction takes back; see above."""
DROP_PER_M2 = (1.0 - REFRACTION) / (2.0 * EARTH_RADIUS_M)
"""What the surface sinks below the line of sight: m per m of distance squared."""


@njit(cache=True, error_model="numpy")
def needed_height(
    surface: NDArray[np.float32], ground: NDArray[np.float32], row0: int, col0: int, eye_m: float,
    row: int, col: int, cell_m: float, drop: float,
) -> float:
    """Return how high (m) above the ground of a cell something must stand to be seen from another cell.

    ``surface`` (ny, nx) is what stands in the way (ground and trees, m above sea level), ``ground`` (ny, nx) what
    heights count from; ``eye_m`` is the observer's height above sea level, ``drop`` :data:`DROP_PER_M2`.
    """
    dr, dc = row - row0, col - col0
    steps = max(abs(dr), abs(dc))
    if steps <= 1:
        return 0.0
    full = cell_m * math.sqrt(float(dr * dr + dc * dc))
    by_rows = abs(dr) >= abs(dc)
    sign = 1 if (dr if by_rows else dc) > 0 else -1
    minor = dc if by_rows else dr
    steepest = -math.inf
    for i in range(1, steps):
        whole = minor * i // steps
        share = (minor * i - whole * steps) / steps
        if by_rows:
            r, c = row0 + sign * i, col0 + whole
            height = float(surface[r, c])
            if share > 0.0:
                height += share * (float(surface[r, c + 1]) - height)
        else:
            r, c = row0 + whole, col0 + sign * i
            height = float(surface[r, c])
            if share > 0.0:
                height += share * (float(surface[r + 1, c]) - height)
        away = full * i / steps
        steepest = max(steepest, (height - drop * away * away - eye_m) / away)
    return max(eye_m + steepest * full + drop * full * full - float(ground[row, col]), 0.0)


@njit(cache=True, error_model="numpy")
def needed_heights(
    surface: NDArray[np.float32], ground: NDArray[np.float32], row0: int, col0: int, eye_m: float, top: int, left: int,
    range_m: float, cell_m: float, drop: float, out: NDArray[np.float32],
) -> None:
    """Fill :func:`needed_height` of the cells of a window whose corner is (top, left); inf out of range."""
    within = (range_m / cell_m) ** 2
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            dr, dc = top + i - row0, left + j - col0
            if dr * dr + dc * dc <= within:
                out[i, j] = needed_height(surface, ground, row0, col0, eye_m, top + i, left + j, cell_m, drop)
            else:
                out[i, j] = np.inf


@dataclass(frozen=True)
class View:
    """What one observer sees: a window of the grid with its north-west cell at (row, col)."""

    row: int
    col: int
    needed_m: NDArray[np.float32]
    """Height above the ground that is seen, of shape (rows, columns) of the window; inf out of range."""

    @property
    def window(self) -> tuple[slice, slice]:
        """Where in the grid the window lies."""
        rows, cols = self.needed_m.shape
        return slice(self.row, self.row + rows), slice(self.col, self.col + cols)


def view_from(
    grid: Grid, surface: NDArray[np.float32], ground: NDArray[np.float32], row: int, col: int, *,
    height_m: float, range_m: float,
) -> View:
    """Return what is seen from ``height_m`` above the ground of a cell, out to ``range_m`` (between cell centres)."""
    reach = int(range_m // grid.cell_m)
    top, left = max(row - reach, 0), max(col - reach, 0)
    bottom, right = min(row + reach + 1, grid.ny), min(col + reach + 1, grid.nx)
    out = np.empty((bottom - top, right - left), np.float32)
    eye_m = float(ground[row, col]) + height_m
    needed_heights(surface, ground, row, col, eye_m, top, left, range_m, grid.cell_m, DROP_PER_M2, out)
    return View(top, left, out)


def surface_of(ground: NDArray[np.float32], trees: NDArray[np.bool_], tree_height_m: float) -> NDArray[np.float32]:
    """Return ground and trees (ny, nx) as heights above sea level, read-only."""
    surface = np.asarray(ground + np.float32(tree_height_m) * trees, np.float32)
    surface.setflags(write=False)
    return surface
