"""Wetting ground, and its drying."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from scenarios.forest_fire.spec import WetArgs
from scenarios.forest_fire.spread import WET, Cells
from sim.hazard import ActionResult

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire


def wet(fire: ForestFire, args: WetArgs) -> ActionResult:
    """Wet the ground in a circle: its cells do not burn until they have dried."""
    grid, front = fire.grid, fire.front
    if not front.height:
        return ActionResult(False, "nothing burns yet")
    row, col = (int(v) for v in grid.row_col(args.x, args.y))
    half = math.ceil(args.radius_m / grid.cell_m)
    r, c = (v.ravel() for v in np.mgrid[row - half:row + half + 1, col - half:col + half + 1])
    inside = (np.hypot(r - row, c - col) * grid.cell_m <= max(args.radius_m, 0.5 * grid.cell_m))
    inside &= (r >= 0) & (r < grid.ny) & (c >= 0) & (c < grid.nx)
    for extreme in ((r[inside].min(), c[inside].min()), (r[inside].max(), c[inside].max())):
        front.cover(int(extreme[0]), int(extreme[1]))
    flat = r[inside] * grid.nx + c[inside]
    cells = front.close(fire.window(flat), WET)
    fire.changes += 1
    rows, cols = front.row_col(cells)
    closed = rows * grid.nx + cols
    until = fire.time_s + 60.0 * args.minutes
    for cell in closed.tolist():
        fire.wet_until[cell] = max(fire.wet_until.get(cell, 0.0), until)
    fire.at(until, partial(dry, fire, closed))
    return ActionResult(True, figures={"cells": len(cells), "area_ha": len(cells) * grid.cell_m**2 / 1e4})


def dry(fire: ForestFire, cells: Cells) -> None:
    """Open again those of these grid cells that no later water keeps wet."""
    due = [cell for cell in cells.tolist() if fire.wet_until.get(cell, math.inf) <= fire.time_s]
    for cell in due:
        del fire.wet_until[cell]
    fire.front.open(fire.window(np.array(due, np.int64)), fire.time_s)
    fire.changes += 1


ACTS = {"wet": wet}
