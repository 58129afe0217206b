"""Which cells of the grid are the county: Voronoi cells of the seats, capped, cut by the coast.

The outline of a county is not among its facts, so it is drawn from what is: a cell belongs to the unit whose
seat is nearest (Voronoi 1908); the seats of neighbouring counties take part and their cells lie outside; no
cell farther than ``cap_km`` from its seat belongs to the county (where no neighbour's seat is known, the cap
alone ends it); and where the county has a coast, its cells lie on land. What this leaves out: boundaries
follow ridges and rivers, not bisectors, and a county owns islets and lake parts far from any seat.
``overlap`` measures how good it is against a surveyed outline; docs/background/county-facts.md gives the
figures. Pure NumPy and Numba.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.settings.county import County
from sim.world.coast import Ring, coast_path, load_rings
from sim.world.grid import Grid
from sim.world.projection import Projection

Mask = NDArray[np.bool_]
OUTSIDE = -1
"""Code of a cell that no unit of the county owns."""
DEFAULT_MARGIN_M = 1500.0
"""Ground drawn beyond the county's outermost cells: roads to gateways and the spread of hazards need it."""
KM2_PER_M2 = 1e-6
CAP_STEP_KM = 0.05
"""How finely ``cap_for_area`` looks for the cap."""


def grid_for(county: County, projection: Projection, *, margin_m: float = DEFAULT_MARGIN_M,
             coast_folder: Path | None = None) -> Grid:
    """Return the grid that holds the county, its sites and gateways, and a margin; corners on whole cells."""
    reach = county.boundary.cap_km * 1000.0
    x, y = projection.to_xy([unit.lon for unit in county.units], [unit.lat for unit in county.units])
    rough = _grid_over(x.min() - reach, y.min() - reach, x.max() + reach, y.max() + reach, county.cell_m)
    rows, cols = np.nonzero(inside_mask(county, rough, projection, coast_folder=coast_folder))
    if len(rows):
        xs, ys = rough.centre(rows, cols)
        half = 0.5 * county.cell_m
        x, y = np.array([xs.min() - half, xs.max() + half]), np.array([ys.min() - half, ys.max() + half])
    points = [*county.units, *county.sites, *county.gateways]
    px, py = projection.to_xy([p.lon for p in points], [p.lat for p in points])
    return _grid_over(min(x.min(), px.min()) - margin_m, min(y.min(), py.min()) - margin_m,
                      max(x.max(), px.max()) + margin_m, max(y.max(), py.max()) + margin_m, county.cell_m)


def _grid_over(west: float, south: float, east: float, north: float, cell_m: float) -> Grid:
    x0, y0 = math.floor(west / cell_m) * cell_m, math.ceil(north / cell_m) * cell_m
    return Grid(x0, y0, cell_m, math.ceil((y0 - south) / cell_m), math.ceil((east - x0) / cell_m))


def unit_mask(county: County, grid: Grid, projection: Projection, *,
              coast_folder: Path | None = None) -> NDArray[np.int16]:
    """Return the index in ``county.units`` of the unit that owns each cell, OUTSIDE where none does; (ny, nx)."""
    owner, distance_m = nearest_seat(county, grid, projection)
    owner[distance_m > county.boundary.cap_km * 1000.0] = OUTSIDE
    owner[sea_mask(county, grid, projection, coast_folder=coast_folder)] = OUTSIDE
    return owner


def inside_mask(county: County, grid: Grid, projection: Projection, *, coast_folder: Path | None = None) -> Mask:
    """Return which cells belong to the county; bool of shape (ny, nx)."""
    return unit_mask(county, grid, projection, coast_folder=coast_folder) != OUTSIDE


def nearest_seat(county: County, grid: Grid,
                 projection: Projection) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """Return the nearest unit's index, OUTSIDE where a neighbour's seat is nearer, and the distance (m); (ny, nx).

    A unit is as near as the nearest of its seat and its villages known by name; a tie goes to the first listed.
    """
    owners: list[int] = []
    points: list[tuple[float, float]] = []
    for index, unit in enumerate(county.units):
        owners += [index] * (1 + len(unit.known_villages))
        points += [(unit.lon, unit.lat), *((v.lon, v.lat) for v in unit.known_villages)]
    owners += [OUTSIDE] * len(county.boundary.neighbours)
    points += list(county.boundary.neighbours)
    x, y = projection.to_xy([p[0] for p in points], [p[1] for p in points])
    owner = np.full(grid.shape, OUTSIDE, np.int16)
    distance = np.full(grid.shape, np.inf, np.float32)
    _nearest(x, y, np.array(owners, np.int16), grid.x0_m, grid.y0_m, grid.cell_m, owner, distance)
    return owner, distance


@njit(cache=True)
def _nearest(x: NDArray[np.float64], y: NDArray[np.float64], owners: NDArray[np.int16], x0_m: float, y0_m: float,
             cell_m: float, owner: NDArray[np.int16], distance: NDArray[np.float32]) -> None:
    """Fill owner and distance (m) of shape (ny, nx) with the nearest point's; the first of equals wins."""
    ny, nx = owner.shape
    for row in range(ny):
        cy = y0_m - (row + 0.5) * cell_m
        for col in range(nx):
            cx = x0_m + (col + 0.5) * cell_m
            best, who = np.inf, -1
            for k in range(len(x)):
                d2 = (x[k] - cx) ** 2 + (y[k] - cy) ** 2
                if d2 < best:
                    best, who = d2, k
            if who >= 0:
                owner[row, col] = owners[who]
                distance[row, col] = math.sqrt(best)


def sea_mask(county: County, grid: Grid, projection: Projection, *, coast_folder: Path | None = None) -> Mask:
    """Return which cells are sea; bool of shape (ny, nx), all False for a county without a coast.

    Raises InputError when the coast file is missing or is no GeoJSON of polygons.
    """
    if county.boundary.coast is None:
        return np.zeros(grid.shape, np.bool_)
    return ~polygon_mask(load_rings(coast_path(county.boundary.coast, coast_folder)), grid, projection)


def polygon_mask(rings: Iterable[Ring], grid: Grid, projection: Projection) -> Mask:
    """Return which cell centres lie inside lon/lat rings, holes by the even-odd rule; bool of shape (ny, nx)."""
    parity = np.zeros((grid.ny, grid.nx + 1), np.bool_)
    for ring in rings:
        points = np.asarray(ring, float)
        x, y = projection.to_xy(points[:, 0], points[:, 1])
        _toggle(x, y, grid.x0_m, grid.y0_m, grid.cell_m, parity)
    return np.logical_xor.accumulate(parity, axis=1)[:, :-1]


@njit(cache=True)
def _toggle(x: NDArray[np.float64], y: NDArray[np.float64], x0_m: float, y0_m: float, cell_m: float,
            parity: NDArray[np.bool_]) -> None:
    """Flip, per row, the first cell centre east of each crossing of the closed ring x, y with the row's line."""
    ny, width = parity.shape
    n = len(x)
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        north, south = max(y[i], y[j]), min(y[i], y[j])
        if north == south:
            continue
        # The half-open span [south, north) counts a vertex once, whichever way the ring runs.
        first = max(0, int(math.ceil((y0_m - north) / cell_m - 0.5)) - 1)
        last = min(ny - 1, int(math.ceil((y0_m - south) / cell_m - 0.5)) + 1)
        for row in range(first, last + 1):
            cy = y0_m - (row + 0.5) * cell_m
            if south <= cy < north:
                crossing = x[i] + (cy - y[i]) * (x[j] - x[i]) / (y[j] - y[i])
                col = int(math.ceil((crossing - x0_m) / cell_m - 0.5))
                if col < width:
                    parity[row, max(col, 0)] ^= True


def area_km2(mask: Mask, grid: Grid) -> float:
    """Return the area of a mask's cells (km2)."""
    return float(np.count_nonzero(mask)) * grid.cell_m**2 * KM2_PER_M2


def cap_for_area(county: County, grid: Grid, projection: Projection, target_km2: float, *,
                 coast_folder: Path | None = None) -> float:
    """Return the cap (km, a multiple of CAP_STEP_KM) at which the county's area is nearest to ``target_km2``.

    The grid must be wide enough: one made with a large ``cap_km``. Where the seats' cells end before the target
    is reached, the cap returned is the one past which nothing grows.
    """
    owner, distance_m = nearest_seat(county, grid, projection)
    own = (owner != OUTSIDE) & ~sea_mask(county, grid, projection, coast_folder=coast_folder)
    reach = np.sort(distance_m[own])
    caps_m = np.arange(1, int(reach[-1] / (CAP_STEP_KM * 1000.0)) + 2) * (CAP_STEP_KM * 1000.0)
    areas = np.searchsorted(reach, caps_m, side="right") * grid.cell_m**2 * KM2_PER_M2
    return float(caps_m[np.argmin(np.abs(areas - target_km2))] / 1000.0)


def overlap(mask: Mask, grid: Grid, projection: Projection, rings: Sequence[Ring]) -> Mapping[str, float]:
    """Return how well a mask agrees with an outline given as lon/lat rings.

    ``iou`` is intersection over union (Jaccard 1901), ``dice`` twice the intersection over the sum (Dice 1945),
    ``area_ratio`` the mask's area over the outline's; ``missed_km2`` is in the outline alone, ``extra_km2`` in the
    mask alone. Only what lies on the grid is compared: ``off_grid_km2`` says how much of the outline does not.
    """
    outline = polygon_mask(rings, grid, projection)
    both, either = area_km2(mask & outline, grid), area_km2(mask | outline, grid)
    own, other = area_km2(mask, grid), area_km2(outline, grid)
    whole = sum(_signed_area_km2(ring, projection) for ring in rings)
    return {
        "iou": both / either if either else 0.0, "dice": 2.0 * both / (own + other) if own + other else 0.0,
        "area_ratio": own / other if other else math.inf, "area_km2": own, "outline_km2": other,
        "missed_km2": other - both, "extra_km2": own - both, "off_grid_km2": max(0.0, whole - other),
    }


def _signed_area_km2(ring: Ring, projection: Projection) -> float:
    """Return a ring's area (km2) by the shoelace formula; rings of check outlines are exteriors only."""
    points = np.asarray(ring, float)
    x, y = projection.to_xy(points[:, 0], points[:, 1])
    return 0.5 * abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) * KM2_PER_M2
