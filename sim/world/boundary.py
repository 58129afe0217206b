"""Which cells of the grid are the county: Voronoi cells of the seats, capped, cut by the coast.

The outline of a county is not among its facts, so it is drawn from what is. A cell belongs to the unit whose
seat is nearest (Voronoi 1908) among the seats on its own landmass; the seats of neighbouring counties take
part and their cells lie outside; no cell farther than ``cap_km`` from its seat belongs to the county; and
where the county has a coast, its cells lie on land. What this leaves out: boundaries follow ridges and
rivers, not bisectors, and a county owns islets and parts of lakes far from any seat. ``overlap`` measures how
good it is against a surveyed outline; docs/background/county-facts.md gives the figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import label

from sim.errors import InputError
from sim.settings.county import County, Water
from sim.world.coast import Ring, coast_path, load_rings
from sim.world.grid import Grid
from sim.world.projection import Projection

Mask = NDArray[np.bool_]
OUTSIDE = -1
"""Owner of a cell that belongs to no unit of the county."""
DEFAULT_MARGIN_M = 1500.0
"""Ground drawn beyond the county's outermost cells: roads to gateways and the spread of hazards need it."""
KM2_PER_M2 = 1e-6
CAP_STEP_KM = 0.05
"""How finely ``cap_for_area`` looks for the cap."""
SEA, ANY_LAND = 0, -1
"""Landmass of a sea cell; landmass of a seat that is off the grid and may stand on any."""


@dataclass(frozen=True)
class Outline:
    """A county on its grid; every array of shape (ny, nx)."""

    owner: NDArray[np.int16]
    """Index in ``county.units`` of the unit a cell belongs to, OUTSIDE where it belongs to none."""
    sea: Mask
    settled: Mask
    """Cells of the county joined by land to the seat of their unit: where villages and streets can stand."""

    @property
    def inside(self) -> Mask:
        """Cells that belong to the county."""
        return self.owner != OUTSIDE


def outline(county: County, grid: Grid, projection: Projection, *,
            coast_folder: Path | None = None) -> Outline:
    """Return the county's outline on a grid.

    Raises InputError when a seat lies in the sea or the coast file is missing or is no GeoJSON of polygons.
    """
    sea = sea_mask(county, grid, projection, coast_folder=coast_folder)
    owner, distance_m, landmass, seat_mass = _nearest_seat(county, grid, projection, sea)
    owner[sea | (distance_m > county.boundary.cap_km * 1000.0)] = OUTSIDE
    # OUTSIDE indexes the last unit here; the first condition takes those cells out again.
    return Outline(owner, sea, (owner != OUTSIDE) & (landmass == seat_mass[owner]))


def inside_mask(county: County, grid: Grid, projection: Projection, *,
                coast_folder: Path | None = None) -> Mask:
    """Return which cells belong to the county; bool of shape (ny, nx)."""
    return outline(county, grid, projection, coast_folder=coast_folder).inside


def sea_mask(county: County, grid: Grid, projection: Projection, *, coast_folder: Path | None = None) -> Mask:
    """Return which cells are sea; bool of shape (ny, nx), all False for a county without a coast.

    Raises InputError when the coast file is missing or is no GeoJSON of polygons.
    """
    if county.boundary.coast is None:
        return np.zeros(grid.shape, np.bool_)
    sea = ~polygon_mask(load_rings(coast_path(county.boundary.coast, coast_folder)), grid, projection)
    for strait in county.boundary.straits:
        sea |= water_mask(strait, grid, projection)
    return sea


def water_mask(water: Water, grid: Grid, projection: Projection) -> Mask:
    """Return which cell centres a lake, reservoir or strait covers; bool of shape (ny, nx).

    Raises InputError when it is neither a polygon nor a circle.
    """
    if len(water.points) >= 3:
        return polygon_mask([np.array(water.points)], grid, projection)
    if water.lon is None or water.lat is None or water.radius_km is None:
        raise InputError("a water is neither a polygon nor a circle", value=water.name_zh,
                         where="county: waters", allowed="points (three or more), or lon, lat and radius_km")
    x, y = projection.to_xy(water.lon, water.lat)
    cx, _ = grid.centre(0, np.arange(grid.nx))
    _, cy = grid.centre(np.arange(grid.ny), 0)
    return (cx[None, :] - x) ** 2 + (cy[:, None] - y) ** 2 <= (water.radius_km * 1000.0) ** 2


def grid_for(county: County, projection: Projection, *, margin_m: float = DEFAULT_MARGIN_M,
             coast_folder: Path | None = None) -> Grid:
    """Return the grid that holds the county, its sites and gateways, and a margin; corners on whole cells."""
    reach = county.boundary.cap_km * 1000.0
    x, y = projection.to_xy([unit.lon for unit in county.units], [unit.lat for unit in county.units])
    wide = _grid_over(x.min() - reach, y.min() - reach, x.max() + reach, y.max() + reach, county.cell_m)
    rows, cols = np.nonzero(inside_mask(county, wide, projection, coast_folder=coast_folder))
    cx, cy = wide.centre(rows, cols)
    others = [*((s.lon, s.lat) for s in county.sites), *((w.lon, w.lat) for w in county.gateways)]
    px, py = projection.to_xy([p[0] for p in others], [p[1] for p in others])
    xs, ys = np.concatenate([cx, x, px]), np.concatenate([cy, y, py])
    return _grid_over(xs.min() - margin_m, ys.min() - margin_m, xs.max() + margin_m, ys.max() + margin_m,
                      county.cell_m)


def _grid_over(west: float, south: float, east: float, north: float, cell_m: float) -> Grid:
    x0, y0 = math.floor(west / cell_m) * cell_m, math.ceil(north / cell_m) * cell_m
    return Grid(x0, y0, cell_m, math.ceil((y0 - south) / cell_m), math.ceil((east - x0) / cell_m))


def _nearest_seat(county: County, grid: Grid, projection: Projection, sea: Mask) -> tuple[
        NDArray[np.int16], NDArray[np.float32], NDArray[np.int32], NDArray[np.int32]]:
    """Return the nearest unit on a cell's landmass, the distance (m), the landmass, and that of each seat.

    A unit is as near as the nearest of its seat and its villages known by name; a tie goes to the first
    listed. Where no seat at all stands on a cell's landmass, every seat may own it.
    """
    seats = [(unit.lon, unit.lat) for unit in county.units]
    villages = [(i, v.lon, v.lat) for i, unit in enumerate(county.units) for v in unit.known_villages]
    around = county.boundary.neighbours
    owners = np.array([*range(len(seats)), *(v[0] for v in villages), *[OUTSIDE] * len(around)], np.int16)
    x, y = projection.to_xy([*(s[0] for s in seats), *(v[1] for v in villages), *(n[0] for n in around)],
                            [*(s[1] for s in seats), *(v[2] for v in villages), *(n[1] for n in around)])
    landmass = np.asarray(label(~sea)[0], np.int32)
    on_grid = np.array([grid.contains(float(px), float(py)) for px, py in zip(x, y)], np.bool_)
    mass = np.where(on_grid, landmass[grid.row_col(x, y)], ANY_LAND).astype(np.int32)
    for unit, its in zip(county.units, mass):
        if its == SEA:
            raise InputError("the seat of a unit lies in the sea", value=unit.name_zh, where="county: units",
                             allowed=f"lon/lat on the land of {county.boundary.coast}",
                             mend="correct its lon/lat, or the coast file")
    # A neighbour whose seat the coast file drowned still stands somewhere.
    mass[mass == SEA] = ANY_LAND
    seated = np.zeros(int(landmass.max()) + 1, np.bool_)
    seated[mass[mass > SEA]] = True
    owner = np.full(grid.shape, OUTSIDE, np.int16)
    distance = np.full(grid.shape, np.inf, np.float32)
    _nearest(x, y, owners, mass, landmass, seated, grid.x0_m, grid.y0_m, grid.cell_m, owner, distance)
    return owner, distance, landmass, mass[:len(seats)]


@njit(cache=True)
def _nearest(x: NDArray[np.float64], y: NDArray[np.float64], owners: NDArray[np.int16],
             mass: NDArray[np.int32], landmass: NDArray[np.int32], seated: NDArray[np.bool_], x0_m: float,
             y0_m: float, cell_m: float, owner: NDArray[np.int16], distance: NDArray[np.float32]) -> None:
    """Fill owner and distance (m) of shape (ny, nx) with the nearest point's; the first of equals wins."""
    ny, nx = owner.shape
    for row in range(ny):
        cy = y0_m - (row + 0.5) * cell_m
        for col in range(nx):
            cx = x0_m + (col + 0.5) * cell_m
            here = landmass[row, col]
            best, who = np.inf, -1
            for k in range(len(x)):
                if seated[here] and mass[k] != here and mass[k] != ANY_LAND:
                    continue
                d2 = (x[k] - cx) ** 2 + (y[k] - cy) ** 2
                if d2 < best:
                    best, who = d2, k
            if who >= 0:
                owner[row, col] = owners[who]
                distance[row, col] = math.sqrt(best)


def polygon_mask(rings: Iterable[Ring], grid: Grid, projection: Projection) -> Mask:
    """Return which cell centres lie inside lon/lat rings, holes by the even-odd rule; (ny, nx)."""
    outlines = (np.asarray(ring, float) for ring in rings)
    return plane_mask([np.stack(projection.to_xy(ring[:, 0], ring[:, 1]), 1) for ring in outlines], grid)


def plane_mask(rings: Iterable[NDArray[np.float64]], grid: Grid) -> Mask:
    """Return which cell centres lie inside rings (n, 2) of the grid's own coordinates (m), by the even-odd rule."""
    parity = np.zeros((grid.ny, grid.nx + 1), np.bool_)
    for ring in rings:
        _toggle(np.ascontiguousarray(ring[:, 0]), np.ascontiguousarray(ring[:, 1]), grid.x0_m, grid.y0_m, grid.cell_m,
                parity)
    return np.logical_xor.accumulate(parity, axis=1)[:, :-1]


@njit(cache=True)
def _toggle(x: NDArray[np.float64], y: NDArray[np.float64], x0_m: float, y0_m: float, cell_m: float,
            parity: NDArray[np.bool_]) -> None:
    """Flip, per row, the first cell centre east of each crossing of the closed ring with the row's line."""
    ny, width = parity.shape
    n = len(x)
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        north, south = max(y[i], y[j]), min(y[i], y[j])
        if north == south:
            continue
        # The half-open span [south, north) counts a vertex once, whichever way the ring runs.
        first = max(0, math.floor((y0_m - north) / cell_m - 0.5))
        last = min(ny - 1, math.ceil((y0_m - south) / cell_m - 0.5))
        for row in range(first, last + 1):
            cy = y0_m - (row + 0.5) * cell_m
            if south <= cy < north:
                crossing = x[i] + (cy - y[i]) * (x[j] - x[i]) / (y[j] - y[i])
                col = math.ceil((crossing - x0_m) / cell_m - 0.5)
                if col < width:
                    parity[row, max(col, 0)] ^= True


def area_km2(mask: Mask, grid: Grid) -> float:
    """Return the area of a mask's cells (km2)."""
    return float(np.count_nonzero(mask)) * grid.cell_m**2 * KM2_PER_M2


def cap_for_area(county: County, projection: Projection, target_km2: float, *, widest_km: float = 40.0,
                 coast_folder: Path | None = None) -> float:
    """Return the cap (km, a multiple of CAP_STEP_KM) at which the county's area comes nearest to a target.

    Where the seats' cells end before the target is reached, that is the cap past which nothing grows.
    """
    boundary = county.boundary.model_copy(update={"cap_km": widest_km})
    wide = county.model_copy(update={"boundary": boundary})
    grid = grid_for(wide, projection, coast_folder=coast_folder)
    sea = sea_mask(county, grid, projection, coast_folder=coast_folder)
    owner, distance_m, _, _ = _nearest_seat(county, grid, projection, sea)
    reach_m = np.sort(distance_m[(owner != OUTSIDE) & ~sea & (distance_m <= widest_km * 1000.0)])
    caps_m = np.arange(1, math.ceil(reach_m[-1] / (CAP_STEP_KM * 1000.0)) + 1) * (CAP_STEP_KM * 1000.0)
    areas = np.searchsorted(reach_m, caps_m, side="right") * grid.cell_m**2 * KM2_PER_M2
    return round(float(caps_m[np.argmin(np.abs(areas - target_km2))]) / 1000.0, 6)


def overlap(mask: Mask, grid: Grid, projection: Projection, rings: Sequence[Ring]) -> Mapping[str, float]:
    """Return how well a mask agrees with an outline given as lon/lat rings.

    ``iou`` is intersection over union (Jaccard 1901), ``dice`` twice the intersection over the sum (Dice
    1945), ``area_ratio`` the mask's area over the outline's; ``missed_km2`` is in the outline alone,
    ``extra_km2`` in the mask alone. Only what lies on the grid is compared, so leave it a wide margin.
    """
    other = polygon_mask(rings, grid, projection)
    both, either = area_km2(mask & other, grid), area_km2(mask | other, grid)
    own, theirs = area_km2(mask, grid), area_km2(other, grid)
    return {
        "iou": both / either if either else 0.0, "dice": 2.0 * both / (own + theirs) if either else 0.0,
        "area_ratio": own / theirs if theirs else math.inf, "area_km2": own, "outline_km2": theirs,
        "missed_km2": theirs - both, "extra_km2": own - both,
    }
