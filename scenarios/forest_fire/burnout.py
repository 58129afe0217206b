"""Burning out: the strip between a finished line and the fire is lit from the line.

A cell beside the line on the fire's side is lit when the wind does not blow from it across the line by more than
a crew allows, and the flames with which it would burn towards the line are such that the crew can face them. It
then burns like any other cell, as part of the same fire; the line holds it or not, as it does with any fire.
Where the strip has burned, the head finds nothing to burn.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scenarios.forest_fire.crews import PERIMETER_PER_CELL, look_at
from scenarios.forest_fire.ellipse import flame_length
from scenarios.forest_fire.kernels import COLS, ROWS
from scenarios.forest_fire.metric import BED_HEAT, front_speed, ground_factor
from scenarios.forest_fire.spread import OPEN, Cells
from scenarios.forest_fire.tactics import heading_of

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire


@njit(cache=True, error_model="numpy")
def flame_towards(cell: int, nx: float, ny: float, look: Any) -> float:
    """Return the flame (m) of a front in a cell with unit normal n (east, north); its metric must be up to date."""
    rho, wx, wy = look.met[cell, 0], look.met[cell, 1], look.met[cell, 2]
    gx, gy = look.ground[cell, 0], look.ground[cell, 1]
    if rho == math.inf:
        return 0.0
    speed, _, _ = front_speed(rho, wx, wy, gx, gy, nx, ny)
    return flame_length(look.beds[look.kind[cell], BED_HEAT] * speed * look.cell_m * ground_factor(gx, gy, nx, ny))


def strip(fire: ForestFire, number: int, path: Cells) -> list[tuple[int, int]]:
    """Return (cell to light, line cell it is lit from), window cells in the path's order.

    Cells to light lie beside the line towards where the fire began and are still to burn.
    """
    front = fire.front
    heading = heading_of(fire, number)
    seen: set[int] = set()
    out: list[tuple[int, int]] = []
    for line in path.tolist():
        if front.closed[line] == OPEN:
            continue
        x, y = fire.centres(np.array([line]))
        here = math.hypot(float(x[0]) - heading.x, float(y[0]) - heading.y)
        for k in range(0, 16, 4):
            cell = line + int(ROWS[k]) * front.width + int(COLS[k])
            if cell in seen or front.closed[cell] != OPEN or front.done[cell]:
                continue
            cx, cy = fire.centres(np.array([cell]))
            if math.hypot(float(cx[0]) - heading.x, float(cy[0]) - heading.y) < here:
                seen.add(cell)
                out.append((cell, line))
    return out


def may_light(fire: ForestFire, cell: int, line: int, limit_m: float) -> bool:
    """Return whether wind and flames let a crew light a window cell from the line beside it."""
    front, settings = fire.front, fire.settings.suppression.burnout
    (x, lx), (y, ly) = (v.tolist() for v in fire.centres(np.array([cell, line])))
    far = math.hypot(lx - x, ly - y)
    nx, ny = (lx - x) / far, (ly - y) / far
    to = math.radians(fire.conditions.wind_from_deg + 180.0)
    across = fire.conditions.wind_mps * (math.sin(to) * nx + math.cos(to) * ny)
    if across > settings.max_wind_across_mps:
        return False
    front.know(cell)
    flame = flame_towards(cell, nx, ny, look_at(front, fire.time_s, fire.grid.cell_m))
    return bool(flame <= limit_m)


def burn_out(
    fire: ForestFire, number: int, path: Cells, x: float, y: float, metres: float, limit_m: float, walk_per_line: float
) -> dict[str, float | bool]:
    """Light the strip along a path for as long as a crew's budget lasts, the nearest cells first.

    Returns the crew's place, what it lit (``built_m``, ``lit_cells``), and whether wind or flames made it wait.
    """
    grid, settings = fire.grid, fire.settings.suppression.burnout
    share_m = grid.cell_m * PERIMETER_PER_CELL
    left, lit, lit_m, walked = metres, 0, 0.0, 0.0
    number = number or 1
    rows_cols = [(tuple(int(v[0]) for v in fire.front.row_col(np.array([cell]))),
                  tuple(int(v[0]) for v in fire.front.row_col(np.array([line]))))
                 for cell, line in strip(fire, number, path)]
    waiting = bool(rows_cols)
    while left > 0.0 and rows_cols:
        centres: NDArray[np.float64] = np.array([grid.centre(*cell) for cell, _ in rows_cols], float)
        n = int(np.argmin(np.hypot(centres[:, 0] - x, centres[:, 1] - y)))
        (row, col), at = rows_cols.pop(n)
        cell, line = fire.front.cell(row, col), fire.front.cell(*at)
        if fire.front.done[cell] or not may_light(fire, cell, line, limit_m):
            continue
        waiting = False
        away = math.hypot(float(centres[n, 0]) - x, float(centres[n, 1]) - y)
        if away > 2.0 * grid.cell_m:
            reach = left * walk_per_line
            part = min(1.0, reach / away)
            x, y = x + (float(centres[n, 0]) - x) * part, y + (float(centres[n, 1]) - y) * part
            walked += away * part
            left -= away * part / walk_per_line
            if part < 1.0:
                break
        left -= settings.metres_per_metre * share_m
        x, y = (float(v) for v in grid.centre(*at))
        if fire.front.ignite(row, col, fire.time_s, 1, number):
            lit += 1
            lit_m += share_m
            fire.front.advance(fire.time_s)
    if lit:
        fire.changed()
    return {"x": x, "y": y, "built_m": lit_m, "held_cells": 0, "spent_m": metres - max(left, 0.0), "walked_m": walked,
            "lost_m": max(left, 0.0), "lit_cells": lit, "waiting": waiting}
