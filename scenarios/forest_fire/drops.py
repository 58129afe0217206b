"""What aircraft dropped on a fire, and where the next bucket should go."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from scenarios.forest_fire import crews
from scenarios.forest_fire.spread import WET
from scenarios.forest_fire.water import intensity_of_flame
from sim.settings.aircraft import Target
from sim.water import Aim

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire

LITRES_PER_M3 = 1000.0
S_PER_MIN = 60.0
SAME_FLAME_M = 0.1
"""Flames are told apart to this."""


class Drops:
    """How many drops there were, how much water, and when the first."""

    def __init__(self) -> None:
        self.count = 0
        self.litres = 0.0
        self.first_s = math.inf

    def add(self, t_s: float, litres: float) -> None:
        """Count a drop."""
        self.count += 1
        self.litres += litres
        self.first_s = min(self.first_s, t_s)

    def figures(self, first_ignition_s: float | None) -> dict[str, float | None]:
        """Return the KPIs; the first drop's delay counts from the first ignition."""
        late = None if not self.count or first_ignition_s is None else self.first_s - first_ignition_s
        return {
            "fire.drops": float(self.count),
            "fire.water_dropped_m3": self.litres / LITRES_PER_M3,
            "fire.first_drop_min": None if late is None else late / S_PER_MIN,
        }


def aim(fire: ForestFire, task: str, target: Target, x: float, y: float) -> Aim | None:
    """Return where a bucket should go: on the open edge of a task's fire that is not wet yet, along the edge.

    Of the cells whose flames a drop can still stop, the hottest (``head``), the one nearest to the point given
    (``crews``) or to any village (``village``); where none can be stopped, the quietest. Ties fall to the lower cell.
    """
    number = fire.fires.number(task)
    if number is None:
        return None
    cells = fire.open_edge(number)
    cells = cells[fire.front.closed[cells] != WET]
    if not len(cells):
        return None
    flames = crews.flames_along(fire.front, cells, fire.time_s, fire.grid.cell_m)
    can = np.array([intensity_of_flame(f) for f in flames.tolist()]) <= fire.settings.water.ceiling_kw_m
    cx, cy = fire.centres(cells)
    row, col = fire.front.row_col(cells)
    order = row * fire.grid.nx + col
    step = np.round(flames / SAME_FLAME_M)
    if not can.any():
        best = int(np.lexsort((order, step))[0])
    else:
        if target == "head":
            rank = -step
        elif target == "crews":
            rank = np.hypot(cx - x, cy - y)
        else:
            villages = [(v.x, v.y) for v in fire.world.places.of_kind("village")] or [(x, y)]
            rank = np.min([np.hypot(cx - vx, cy - vy) for vx, vy in villages], axis=0)
        rank = np.where(can, rank, np.inf)
        best = int(np.lexsort((order, rank))[0])
    return Aim(float(cx[best]), float(cy[best]), _along(fire, int(cells[best])), float(flames[best]))


def _along(fire: ForestFire, cell: int) -> float:
    """Return the direction of the edge at an unburned window cell (deg, 0 to 180): across the way to what burned."""
    front, east, north = fire.front, 0.0, 0.0
    for dr in (-1, 0, 1):
        for dc in (-1, 0, 1):
            if front.done[cell + dr * front.width + dc]:
                east, north = east + dc, north - dr
    return math.degrees(math.atan2(north, -east)) % 180.0
