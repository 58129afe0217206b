"""Indirect line: a path ahead of the fire, along ridges or roads where that is cheaper.

The front is run ahead in the present weather. The path is anchored to line that holds the fire's flanks, and
crews build it from both ends round the head until they meet. From each anchor the soonest that every cell can
be reached, building all the way, follows as in a network of roads; a cell where the fire is sooner is no way.
Line costs what it costs there (``production.py``, indirect), a part of that along a ridge or a road, next to
nothing where nothing burns anyway. Where no path can be built in time there is none, and crews work at the edge.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from scenarios.forest_fire.heap import drop_top, push
from scenarios.forest_fire.kernels import COLS, ROWS
from scenarios.forest_fire.production import INDIRECT, cost_table, slope_table
from scenarios.forest_fire.spread import BREAK, LINE, OPEN, UNBURNABLE, WET, Cells, Front
from scenarios.forest_fire.tactics import OTHER_SIDE, heading_of
from scenarios.forest_fire.windows import Window
from sim.hazard import HazardEvent

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire

HURRY = 0.8
"""Share of the time until the fire comes that building may take. Assumption."""
LEAST_RATE_M_H = 100.0
"""Metres an hour planned with at least: crews still on their way are not known of. Assumption."""
HOUR_S = 3600.0
HEARD_S = 1800.0
"""Crews heard of within so long count for what can be built."""
AGAIN_S = 600.0
"""A path that was lost, or could not be had, is looked for again after this long. Assumption."""
RIDGE_SHARE, ROAD_SHARE = 0.3, 0.1
"""What line costs along a ridge or a road, over what it costs elsewhere: thin fuel, bare ground. Assumption."""
NOTHING_TO_DO = 0.01
"""The same where nothing burns: walked past."""
RIDGE_CELLS, RIDGE_M = 3, 5.0
"""A ridge is higher by so much than the ground so many cells off on both sides of some line. Assumption."""


@njit(cache=True, error_model="numpy")
def soonest(took: Any, due: Any, start: Any, width: int, best: Any, by: Any, heap_t: Any, heap_i: Any, st: Any) -> None:
    """Write when each cell is built, going on from any start, to ``best``; ``by`` leads back to it.

    ``took`` is what a cell side of line takes in each cell, infinite where none can be; a cell is built only
    if that is by ``due``; all in one unit, from now. The window's rim must be infinite.
    """
    st[0] = 0
    for c in range(len(took)):
        if start[c] and took[c] <= due[c]:
            best[c] = took[c]
            push(heap_t, heap_i, st, best[c], c)
    while st[0] > 0:
        at, c = heap_t[0], heap_i[0]
        drop_top(heap_t, heap_i, st)
        if at != best[c]:
            continue
        for k in range(0, 16, 2):
            p = c + ROWS[k] * width + COLS[k]
            far = 1.0 if k % 4 == 0 else math.sqrt(2.0)
            t = at + far * took[p]
            if t < best[p] and t <= due[p]:
                best[p] = t
                by[p] = c
                push(heap_t, heap_i, st, t, p)


@dataclass
class LinePlan:
    """A path for line: grid cells in order from the left of the fire to its right."""

    cells: Cells
    hours: float
    """What building it was planned to take."""
    when_h: NDArray[np.float64]
    """When each cell was planned to be built, hours from then."""
    from_middle: bool = False
    """Whether crews begin in the middle of it and not at its ends."""

    def scores(self, at: NDArray[np.int64], clockwise: bool) -> NDArray[np.float64]:
        """Return scores of some of its cells by their place in it, the lowest to be built first."""
        n = len(self.cells)
        if not self.from_middle:
            return (at if clockwise else n - 1 - at).astype(np.float64)
        off = at - 0.5 * (n - 1)
        return np.abs(off) + np.where((off >= 0.0) == clockwise, 0.0, OTHER_SIDE)


def ridges(elevation: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """Return which cells of a grid of elevations (m) lie on a ridge."""
    n, out = RIDGE_CELLS, np.zeros(elevation.shape, np.bool_)
    high = np.pad(np.asarray(elevation, float), n, mode="edge")
    rows, cols = elevation.shape

    def moved(dr: int, dc: int) -> NDArray[np.float64]:
        return high[n + dr:n + dr + rows, n + dc:n + dc + cols]

    for dr, dc in ((0, n), (n, 0), (n, n), (n, -n)):
        out |= (elevation - moved(dr, dc) >= RIDGE_M) & (elevation - moved(-dr, -dc) >= RIDGE_M)
    return out


class LinePlans:
    """The paths of a run's fires."""

    def __init__(self, fire: ForestFire) -> None:
        self._fire = fire
        self._plans: dict[tuple[int, str], LinePlan | None] = {}
        self._tried_s: dict[tuple[int, str], float] = {}
        self._rates: dict[str, tuple[float, float]] = {}
        self._ridge: NDArray[np.bool_] | None = None

    def report(self, team: str, rate_m_h: float) -> None:
        """Take note of what a crew on the line can build."""
        self._rates[team] = self._fire.time_s, rate_m_h

    def rate_m_h(self) -> float:
        """Return what the crews heard of within the last half hour can build together (budget metres an hour)."""
        now = self._fire.time_s
        return max(LEAST_RATE_M_H, sum(rate for t, rate in self._rates.values() if now - t <= HEARD_S))

    def look(self, number: int, tactic: str) -> LinePlan | None:
        """Return a fire's path as it stands, looked for where there is none or the fire is past it; None for none."""
        key, fire = (number or 1, tactic), self._fire
        plan = self._plans.get(key)
        if plan is not None and (fire.front.done[self._window(plan.cells)] != 0).any():
            plan = self._plans[key] = None
        if plan is None and fire.time_s - self._tried_s.get(key, -math.inf) >= AGAIN_S:
            self._tried_s[key] = fire.time_s
            plan = self._plans[key] = self._find(*key)
            if plan is not None:
                self._tell(plan, tactic)
        return plan

    def todo(self, plan: LinePlan, clockwise: bool) -> tuple[Cells, NDArray[np.float64]]:
        """Return the window cells still to be built of a path, and a crew's scores of them."""
        cells = self._window(plan.cells)
        closed = self._fire.front.closed[cells]
        at = np.flatnonzero((closed == OPEN) | (closed == WET))
        return cells[at], plan.scores(at, clockwise)

    def path(self, plan: LinePlan) -> Cells:
        """Return a path's window cells in order."""
        return self._window(plan.cells)

    def _window(self, cells: Cells) -> Cells:
        """Return grid cells as the front's, whose window is made to hold them all."""
        front, nx = self._fire.front, self._fire.grid.nx
        row, col = cells // nx, cells % nx
        for r, c in ((row.min(), col.min()), (row.max(), col.max())):
            front.cover(int(r), int(c))
        return self._fire.window(cells)

    def _tell(self, plan: LinePlan, tactic: str) -> None:
        fire = self._fire
        x, y = fire.grid.centre(*divmod(int(plan.cells[len(plan.cells) // 2]), fire.grid.nx))
        detail = {"tactic": tactic, "cells": len(plan.cells), "hours": round(plan.hours, 2)}
        fire.events.append(HazardEvent(fire.time_s, "line_planned", "", float(x), float(y), json.dumps(detail)))

    def _find(self, number: int, tactic: str) -> LinePlan | None:
        """Return the quickest path that can be built in time; None where there is none."""
        fire, now = self._fire, self._fire.time_s
        ahead = fire.front.copy()
        ahead.advance(now + fire.settings.forecast_horizon)
        window = Window.of(ahead)
        until = np.where(ahead.done != 0, ahead.arrival, np.inf)
        cost = self._costs(window, ahead.kind, ahead.ground, tactic)
        row, col = np.divmod(np.arange(len(cost)), window.width)
        inner = (row > 0) & (row < window.height - 1) & (col > 0) & (col < window.width - 1)
        x, y = fire.grid.centre(row + window.row0, col + window.col0)
        heading = heading_of(fire, number)
        along, left = heading.along(x, y), heading.left(x, y)
        burned = (ahead.done != 0) & (ahead.arrival <= now)
        if not burned.any():
            return None
        if tactic == "point_protection":
            return self._arc(until, cost, row + window.row0, col + window.col0, burned)
        middle = 0.5 * (float(along[burned].min()) + float(along[burned].max()))
        # no path closes the ring behind the fire
        free = inner & ~burned & ~((along <= middle) & (np.abs(left) <= fire.grid.cell_m))
        took = np.where(free, cost * fire.grid.cell_m / (0.5 * self.rate_m_h()), np.inf)
        # what the fire does later than the forecast's horizon nobody knows
        due = HURRY * np.minimum(until - now, fire.settings.forecast_horizon) / HOUR_S
        anchor = self._anchors(ahead, burned, window) & free
        trees = [self._tree(took, due, anchor & side, window) for side in (left > 0.0, left <= 0.0)]
        both = np.maximum(trees[0][0], trees[1][0])
        meet = int(np.argmin(both))
        if math.isinf(both[meet]):
            return None
        halves = []
        for _, by in trees:
            half = [meet]
            while by[half[-1]] >= 0:
                half.append(int(by[half[-1]]))
            halves.append(half)
        path = np.array([*halves[0][::-1], *halves[1][1:]], np.int64)
        cells = (path // window.width + window.row0) * fire.grid.nx + path % window.width + window.col0
        when = np.minimum(trees[0][0], trees[1][0])[path]
        return LinePlan(cells, float(both[meet]), when)

    def _anchors(self, ahead: Front, burned: NDArray[np.bool_], window: Window) -> NDArray[np.bool_]:
        """Return cells beside line, or bare ground, that burned cells stand against."""
        shape = (window.height, window.width)
        holds = _spread(burned.reshape(shape)) & np.isin(ahead.closed, (LINE, UNBURNABLE, BREAK)).reshape(shape)
        return (_spread(holds) & (ahead.done == 0).reshape(shape)).ravel()

    def _tree(
        self, took: NDArray[np.float64], due: NDArray[np.float64], start: NDArray[np.bool_], window: Window
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        n = len(took)
        best, by, room = np.full(n, np.inf), np.full(n, -1, np.int64), 9 * n + 16
        soonest(took, due, start, window.width, best, by, np.empty(room), np.empty(room, np.int64),
                np.zeros(4, np.int64))
        return best, by

    def _arc(
        self, until: NDArray[np.float64], cost: NDArray[np.float64], row: Cells, col: Cells, burned: NDArray[np.bool_]
    ) -> LinePlan | None:
        """Return an arc before the village in danger, on the side of the fire, if it can be built before it comes."""
        fire, grid = self._fire, self._fire.grid
        x, y = grid.centre(row, col)
        villages = fire.world.places.of_kind("village")
        if not villages:
            return None
        village = min(villages, key=lambda v: (float(((x[burned] - v.x) ** 2 + (y[burned] - v.y) ** 2).min()), v.id))
        away = np.hypot(x - village.x, y - village.y)
        nearest = int(np.flatnonzero(burned)[np.argmin(away[burned])])
        ex, ey = (float(v) for v in (x[nearest] - village.x, y[nearest] - village.y))
        radius = fire.settings.effects.village_reach_m + grid.cell_m
        if math.hypot(ex, ey) <= radius:
            return None
        angle = np.arctan2(ex * (y - village.y) - ey * (x - village.x), ex * (x - village.x) + ey * (y - village.y))
        arc = np.flatnonzero((away >= radius) & (away < radius + grid.cell_m) & (np.abs(angle) <= 0.5 * math.pi))
        if not len(arc) or np.isinf(until[arc]).all():
            return None
        arc = arc[np.lexsort((arc, angle[arc]))]
        hours = float(cost[arc].sum()) * grid.cell_m / self.rate_m_h()
        if hours > HURRY * (float(until[arc].min()) - fire.time_s) / 3600.0:
            return None
        return LinePlan(row[arc] * grid.nx + col[arc], hours, np.full(len(arc), hours), from_middle=True)

    def _costs(
        self, window: Window, kind: NDArray[np.int16], ground: NDArray[np.float64], tactic: str
    ) -> NDArray[np.float64]:
        """Return budget metres that a metre of hand line takes on each cell of a window."""
        fire = self._fire
        table, slopes = cost_table("type2", fire.fuels.numbers)[INDIRECT], slope_table()
        slope = np.hypot(ground[:, 0], ground[:, 1])
        factor = np.interp(slope, slopes[:, 0], slopes[:, 1])
        cost = np.where(kind >= 0, table[np.maximum(kind, 0)] / factor, NOTHING_TO_DO)
        favoured = self._ridges() if tactic == "indirect_ridge" else fire.attack.roads.whole() == 0.0
        share = RIDGE_SHARE if tactic == "indirect_ridge" else ROAD_SHARE
        return np.where(window.cut(favoured, 0, 0, False) & (kind >= 0), share * cost, cost)

    def _ridges(self) -> NDArray[np.bool_]:
        if self._ridge is None:
            self._ridge = ridges(np.asarray(self._fire.world.layers["elevation_m"]))
        return self._ridge


def _spread(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return cells that are true or touch a true one."""
    return np.asarray(maximum_filter(mask, 3, mode="constant"))
