"""Water from the ground and from the air."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.forest_fire import crews
from scenarios.forest_fire.spread import Cells
from scenarios.forest_fire.water import depth_needed_mm, footprint, intensity_of_flame
from sim.errors import InputError
from sim.hazard import ActionResult

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire
    from scenarios.forest_fire.spec import DropWaterArgs, SetVisibilityArgs, WetArgs

STEP_M = 1.0
"""A strip is cut into pieces of at most this length to share it out among cells."""
SQUARE_M_PER_HA = 10_000.0


def wet(fire: ForestFire, args: WetArgs) -> ActionResult:
    """Wet the ground in a circle or ring: its cells do not burn until they have dried."""
    grid, front = fire.grid, fire.front
    if not front.height:
        return ActionResult(False, "nothing burns yet")
    x, y = args.x, args.y
    if args.place is not None:
        try:
            x, y = fire.point(args.place, None, None, f"hazard {fire.key!r}: action 'wet'")
        except InputError as error:
            return ActionResult(False, str(error))
    assert x is not None and y is not None  # the arguments have a place or both
    row, col = (int(v) for v in grid.row_col(x, y))
    half = math.ceil(args.radius_m / grid.cell_m)
    r, c = (v.ravel() for v in np.mgrid[row - half:row + half + 1, col - half:col + half + 1])
    away = np.hypot(r - row, c - col) * grid.cell_m
    inside = (away <= max(args.radius_m, 0.5 * grid.cell_m)) & (away >= args.inner_m)
    inside &= (r >= 0) & (r < grid.ny) & (c >= 0) & (c < grid.nx)
    if not inside.any():
        return ActionResult(False, "the ring lies off the grid or is narrower than a cell")
    cells = r[inside] * grid.nx + c[inside]
    _cover(fire, cells)
    cells = _open_to_water(fire, cells)
    if args.mm is not None:
        fire.wetness.add(cells, grid.cell_m, args.mm)
    else:
        assert args.minutes is not None  # the arguments have one of the two
        fire.wetness.add_until(cells, fire.time_s + 60.0 * args.minutes)
    fire.changed()
    area_m2 = len(cells) * grid.cell_m**2
    return ActionResult(True, figures={
        "cells": len(cells), "area_ha": area_m2 / SQUARE_M_PER_HA, "litres": area_m2 * (args.mm or 0.0)})


def _cover(fire: ForestFire, cells: Cells) -> None:
    rows, cols = np.divmod(cells, fire.grid.nx)
    for row, col in ((rows.min(), cols.min()), (rows.max(), cols.max())):
        fire.front.cover(int(row), int(col))


def _open_to_water(fire: ForestFire, cells: Cells) -> Cells:
    """Return those grid cells, all inside the window, that have fuel and have not burned."""
    at = fire.window(cells)
    return cells[(fire.front.done[at] == 0) & (fire.front.kind[at] >= 0)]


def drop_water(fire: ForestFire, args: DropWaterArgs) -> ActionResult:
    """Drop a bucket along a strip: it wets the ground it suffices for and knocks down the flames beside it.

    Unburned cells under the strip are wetted where the water on the ground is enough for the flame that comes and
    the flame is no more intense than drops can stop; burning ones under or beside what is wet stop flaming, though
    they stay hot. A cell counts as wet once strips as long as its side lie in it.
    """
    front, grid, water = fire.front, fire.grid, fire.settings.water
    if not front.height:
        return ActionResult(False, "nothing burns yet")
    cells, metres = _under(fire, args)
    if not len(cells):
        return ActionResult(False, "the drop lies off the grid")
    _cover(fire, cells)
    strip = footprint(args.litres, args.length_m, args.width_m, water.lost_in_air)
    at = fire.window(cells)
    canopy = np.asarray(fire.world.layers["canopy_cover"]).reshape(-1)[cells]
    flames = crews.flames_along(front, at, fire.time_s, grid.cell_m)
    burned = front.done[at] != 0
    intensity = np.where(burned, front.out[at, 1], [intensity_of_flame(f) for f in flames.tolist()])
    stopped_m, knocked = 0.0, []
    for n, cell in enumerate(cells.tolist()):
        depth = strip.on_ground_mm(float(canopy[n]), water.canopy_store_mm)
        need = depth_needed_mm(float(intensity[n]), fire.dead_load(int(at[n])), water.waste_factor)
        if front.kind[at[n]] < 0 or depth < need or intensity[n] > water.ceiling_kw_m:
            continue
        if burned[n]:
            knocked.append(int(at[n]))
            continue
        stopped_m += float(metres[n])
        fire.wetness.add(np.array([cell]), float(metres[n]), depth)
        knocked.extend(int(at[n]) + side for side in (1, -1, front.width, -front.width))
    flaming = np.array(sorted({i for i in knocked if front.done[i] and front.ends[i] > fire.time_s}), np.int64)
    front.ends[flaming] = fire.time_s
    fire.drops.add(fire.time_s, args.litres)
    fire.changed()
    return ActionResult(True, figures={
        "depth_mm": strip.depth_mm, "wetted_m": stopped_m, "knocked_cells": len(flaming),
        "wet_cells": int(sum(fire.wetness.is_wet(cell) for cell in cells.tolist()))})


def _under(fire: ForestFire, args: DropWaterArgs) -> tuple[Cells, Any]:
    """Return the grid cells under a strip, in order of their index, and the metres of it in each."""
    grid = fire.grid
    n = max(1, math.ceil(args.length_m / STEP_M))
    along = math.radians(args.along_deg)
    part = ((np.arange(n) + 0.5) / n - 0.5) * args.length_m
    x, y = args.x + part * math.sin(along), args.y + part * math.cos(along)
    on = [grid.contains(px, py) for px, py in zip(x.tolist(), y.tolist(), strict=True)]
    row, col = grid.row_col(x[on], y[on])
    cells, count = np.unique(row * grid.nx + col, return_counts=True)
    return cells.astype(np.int64), count * args.length_m / n


def set_visibility(fire: ForestFire, args: SetVisibilityArgs) -> ActionResult:
    """Change how far pilots see from now on."""
    fire.visibility_m = args.metres
    return ActionResult(True)


ACTS: dict[str, Callable[[Any, Any], ActionResult]] = {
    "wet": wet, "drop_water": drop_water, "set_visibility": set_visibility,
}
