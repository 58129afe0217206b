"""A plan's firebreaks on the grid: drawn lines, ridges and roadsides, as cells that touch side by side.

A drawn line takes every cell that it passes, so that no step between neighbours, corners included, gets by. Ridges
are the divides between the catchments of reaches of stream (``drainage.py``), on land that burns: catchment after
catchment is closed off, ridges and the crossing of its valley, the highest first, until the length is used up.
Roadsides take the roads of the highest class first. The same World gives the same cells. A unit's ground is what
lies nearest to one of its villages.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from scenarios.forest_fire.drainage import CROFTON, catchments_of, divides, shared_sides
from scenarios.forest_fire.fuels import row_of_number
from sim.errors import InputError
from sim.settings.firebreaks import Firebreak, LonLat
from sim.world.classes import LinkKind, RoadClass
from sim.world.network import cells_on
from sim.world.projection import Projection
from sim.world.world import World

MINE_FROM = 0.5
"""Share of a catchment's land that burns which must lie in the area for it to be closed off."""
M_PER_KM = 1000.0

Cells = NDArray[np.int64]
Mask = NDArray[np.bool_]


def firebreak_cells(world: World, item: Firebreak, where: str) -> tuple[Cells, float]:
    """Return the flat grid cells of a firebreak, sorted, and its length (m).

    Raises InputError for a path off the grid, an unknown unit, an area with nothing to lay out.
    """
    if item.path:
        return _drawn(world, item.path, f"{where}: path")
    area, fuel = _area(world, item, where), burns(world)
    assert item.length_km is not None  # the settings ask for it
    most_m = item.length_km * M_PER_KM
    if item.along == "ridges":
        cells, length = _ridges(world, area, fuel, most_m, item.compartment_km2)
    else:
        cells, length = _roadsides(world, area & fuel, most_m)
    if not len(cells):
        raise InputError(
            f"no {item.along} for the firebreak that fit in its length", value=f"{item.length_km:g} km", where=where,
            allowed="an area with forest, and a length of some kilometres", mend="raise length_km or widen the area")
    return cells, length


def burns(world: World) -> Mask:
    """Return which cells can burn, shape (cells,)."""
    rows = row_of_number()
    fuel = np.asarray(world.layers["fuel"]).ravel()
    return np.asarray((fuel >= 0) & (fuel < len(rows)) & (rows[np.clip(fuel, 0, len(rows) - 1)] >= 0))


def path_cells(world: World, x: NDArray[np.float64], y: NDArray[np.float64]) -> Cells:
    """Return the cells that a line through points (m) passes, each sharing a side with the next; sorted, once each."""
    grid = world.grid
    buffer = np.empty(2 * (grid.ny + grid.nx) + 4, np.int32)
    parts = []
    for k in range(len(x) - 1):
        n = cells_on(x[k], y[k], x[k + 1], y[k + 1], grid.x0_m, grid.y0_m, grid.cell_m, grid.ny, grid.nx, buffer)
        parts.append(buffer[:n].astype(np.int64))
    return np.unique(np.concatenate(parts))


def _drawn(world: World, path: tuple[LonLat, ...], where: str) -> tuple[Cells, float]:
    x, y = _xy(world, path)
    for k, (px, py) in enumerate(zip(x, y, strict=True)):
        if not world.grid.contains(px, py):
            raise InputError(
                "a point of a firebreak outside the county", value=f"lon {path[k][0]:g}, lat {path[k][1]:g}",
                where=f"{where}[{k}]", allowed="points of the county's grid",
                mend="check that lon and lat are not swapped")
    return path_cells(world, x, y), float(np.hypot(np.diff(x), np.diff(y)).sum())


def _ridges(world: World, area: Mask, fuel: Mask, most_m: float, least_km2: float) -> tuple[Cells, float]:
    nx = world.grid.nx
    number = catchments_of(world, least_km2)
    count = int(number.max()) + 1
    land = np.bincount(number[fuel], minlength=count)
    mine = np.bincount(number[fuel & area], minlength=count)
    height = np.bincount(number[fuel], np.asarray(world.layers["elevation_m"], float).ravel()[fuel], count)
    wanted = [k for k in range(1, count) if mine[k] and mine[k] >= MINE_FROM * land[k]]
    wanted.sort(key=lambda k: (-height[k] / land[k], k))
    sides_of: dict[int, dict[int, int]] = defaultdict(dict)
    for a, b, sides in zip(*(part.tolist() for part in shared_sides(number, nx, fuel)), strict=True):
        sides_of[a][b] = sides_of[b][a] = sides
    rings = np.zeros(count, np.bool_)
    total = 0.0
    for k in wanted:
        more = sum(sides for other, sides in sides_of[k].items() if not rings[other]) * world.grid.cell_m * CROFTON
        if total + more <= most_m:
            rings[k] = True
            total += more
    return np.flatnonzero(divides(number, nx, rings) & fuel), total


def _roadsides(world: World, area: Mask, most_m: float) -> tuple[Cells, float]:
    roads = world.roads
    reverse = np.asarray(roads.reverse)
    link = np.arange(roads.link_count)
    once = (reverse < 0) | (link < reverse)
    once &= (np.asarray(roads.kind) == LinkKind.ROAD) & (np.asarray(roads.road_class) != RoadClass.STREET)
    parts: list[Cells] = []
    total = 0.0
    for k in sorted(np.flatnonzero(once).tolist(), key=lambda k: (int(roads.road_class[k]), k)):
        passed = np.asarray(roads.cell[roads.cell_start[k]:roads.cell_start[k + 1]], np.int64)
        here = passed[area[passed]]
        length = float(roads.length_m[k]) * len(here) / max(len(passed), 1)
        if len(here) and total + length <= most_m:
            parts.append(here)
            total += length
    return (np.unique(np.concatenate(parts)), total) if parts else (np.zeros(0, np.int64), 0.0)


def _area(world: World, item: Firebreak, where: str) -> Mask:
    inside = np.asarray(world.layers["inside"]).ravel()
    if item.outline:
        return inside & in_polygon(world, item.outline)
    if not item.within:
        return inside.copy()
    units = {world.places.get(word, f"{where}: within[{k}]").town for k, word in enumerate(item.within)}
    homes = [place for place in world.places if place.kind in ("unit", "village")]
    mine = np.array([place.town in units for place in homes])
    tree = cKDTree(np.array([(place.x, place.y) for place in homes]))
    cells = np.flatnonzero(inside)
    _, nearest = tree.query(np.stack(world.grid.centre(*np.divmod(cells, world.grid.nx)), 1))
    area = np.zeros(len(inside), np.bool_)
    area[cells] = mine[nearest]
    return area


def in_polygon(world: World, outline: tuple[LonLat, ...]) -> Mask:
    """Return which cell centres lie in a polygon, by the crossings of a ray to the east."""
    x, y = world.grid.centre(*np.indices(world.grid.shape))
    px, py = _xy(world, outline)
    odd = np.zeros(world.grid.shape, np.bool_)
    for ax, ay, bx, by in zip(px, py, np.roll(px, -1), np.roll(py, -1), strict=True):
        if ay != by:
            odd ^= ((ay > y) != (by > y)) & (x < ax + (y - ay) * (bx - ax) / (by - ay))
    return odd.ravel()


def _xy(world: World, points: tuple[LonLat, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lon, lat = np.array(points, float).T
    x, y = Projection(world.crs).to_xy(lon, lat)
    return np.asarray(x, float), np.asarray(y, float)
