"""Changing the fuel: ground cleared, burned on purpose, planted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scenarios.forest_fire.args_fuel import ChangeFuelArgs
from scenarios.forest_fire.firebreaks import in_polygon
from scenarios.forest_fire.metric import G_WIND_FACTOR
from scenarios.forest_fire.spread import BREAK, UNBURNABLE, Cells
from sim.errors import InputError
from sim.hazard import ActionResult

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire


def change_fuel(fire: ForestFire, args: ChangeFuelArgs) -> ActionResult:
    """Give the ground in a circle or polygon another fuel from now on; what has burned stays burned."""
    where = f"hazard {fire.key!r}: action 'change_fuel'"
    try:
        cells = area(fire, args, where)
        row = fire.fuels.table.row(args.fuel)
    except InputError as error:
        return ActionResult(False, str(error))
    burns = bool(fire.fuels.table.burns[row])
    changed = lay(fire, cells, row if burns else -1)
    return ActionResult(True, figures={"cells": changed, "area_ha": changed * fire.grid.cell_m**2 / 1e4})


def lay(fire: ForestFire, cells: Cells, row: int) -> int:
    """Give grid cells a fuel (a row of the table, -1 for none) now; return how many of them have not burned."""
    fire.fuels.change(cells, row)
    front = fire.front
    r, c = np.divmod(cells, fire.grid.nx)
    near = (r >= front.row0) & (r < front.row0 + front.height) & (c >= front.col0) & (c < front.col0 + front.width)
    if not near.any():
        return len(cells)
    top, left = int(r[near].min()), int(c[near].min())
    bottom, right = int(r[near].max()), int(c[near].max())
    for corner in ((top, left), (bottom, right)):
        front.cover(*corner)
    ground = fire.ground_of(slice(top, bottom + 1), slice(left, right + 1))
    at = (r[near] - top, c[near] - left)
    window = fire.window(cells[near])
    unburned = front.done[window] == 0
    bare = unburned & (front.closed[window] == UNBURNABLE)
    front.ground[window, G_WIND_FACTOR] = ground.wind_factor[at]
    front.change_fuel(window, row, fire.time_s)
    if row >= 0 and ground.barred is not None:
        front.close(window[bare & ground.barred[at]], BREAK)
    fire.changed()
    return int(np.count_nonzero(~near)) + int(np.count_nonzero(unburned))


def area(fire: ForestFire, args: ChangeFuelArgs, where: str) -> Cells:
    """Return the grid cells whose middle lies in the circle or polygon, at least the one that a point lies in."""
    grid = fire.grid
    if args.outline:
        return np.flatnonzero(in_polygon(fire.world, args.outline))
    assert args.radius_m is not None  # the arguments ask for it
    x, y = fire.point(args.place, args.lon, args.lat, where)
    if not grid.contains(x, y):
        raise InputError("a point outside the county's grid", value=(round(x), round(y)), where=where)
    row, col = (int(v) for v in grid.row_col(x, y))
    half = int(args.radius_m // grid.cell_m) + 1
    rows = np.arange(max(row - half, 0), min(row + half + 1, grid.ny))
    cols = np.arange(max(col - half, 0), min(col + half + 1, grid.nx))
    cx, cy = grid.centre(rows[:, None], cols[None, :])
    inside = np.hypot(cx - x, cy - y) <= args.radius_m
    inside |= (rows[:, None] == row) & (cols[None, :] == col)
    r, c = np.nonzero(inside)
    return np.asarray(rows[r] * grid.nx + cols[c], np.int64)


ACTS = {"change_fuel": change_fuel}
