"""Roads by a fire: closed near burning cells, slowed by smoke a little farther off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.settings import Effects
from sim.hazard import RoadState
from sim.world.world import World

CAUSE = "forest fire"


class RoadWatch:
    """Finds the links near burning cells, from the cells, so that it costs what the fire's edge is long."""

    def __init__(self, world: World, effects: Effects) -> None:
        roads, self._grid = world.roads, world.grid
        self._effects = effects
        self._links = roads.link_count
        cell = np.asarray(roads.cell)
        lengths = np.asarray(np.diff(roads.cell_start), np.intp)
        link = np.repeat(np.arange(roads.link_count, dtype=np.int32), lengths)
        by_cell = np.argsort(cell, kind="stable")
        self._cell, self._link = cell[by_cell], link[by_cell]
        self._seen = np.full(1, -1, np.int64)
        self._state: RoadState | None = None
        self._version = 0

    def _near(self, rows: NDArray[np.integer], cols: NDArray[np.integer], metres: float) -> NDArray[np.int32]:
        """Return the links with a cell whose centre is within ``metres`` of some cell's centre, or in one."""
        grid = self._grid
        reach = int(metres // grid.cell_m)
        dr, dc = np.mgrid[-reach:reach + 1, -reach:reach + 1]
        disc = np.hypot(dr, dc) * grid.cell_m <= metres
        top, left = int(rows.min()) - reach, int(cols.min()) - reach
        shape = int(rows.max()) + reach - top + 1, int(cols.max()) + reach - left + 1
        mask = np.zeros(shape, np.bool_)
        for r, c in zip(dr[disc], dc[disc]):
            mask[rows - top + r, cols - left + c] = True
        row, col = np.nonzero(mask)
        row, col = row + top, col + left
        keep = (row >= 0) & (row < grid.ny) & (col >= 0) & (col < grid.nx)
        flat = np.sort(row[keep] * grid.nx + col[keep])
        first = np.searchsorted(self._cell, flat, "left")
        last = np.searchsorted(self._cell, flat, "right")
        hit = np.flatnonzero(last > first)
        parts = [self._link[first[k]:last[k]] for k in hit]
        return np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int32)

    def look(self, rows: NDArray[np.integer], cols: NDArray[np.integer]) -> RoadState | None:
        """Return the state of the roads with these grid cells burning; None while no link is touched."""
        if not self._links:
            return None
        burning = rows.astype(np.int64) * self._grid.nx + cols
        if np.array_equal(burning, self._seen):
            return self._state
        self._seen = burning
        closed = np.zeros(0, np.int32)
        smoky = closed
        if len(rows):
            closed = self._near(rows, cols, self._effects.road_close_m)
            smoky = self._near(rows, cols, max(self._effects.smoke_m, self._effects.road_close_m))
        if self._state is None and not len(closed) and not len(smoky):
            return None
        factor, shut = np.ones(self._links, np.float32), np.zeros(self._links, np.bool_)
        factor[smoky] = self._effects.smoke_speed_factor
        shut[closed] = True
        before = self._state
        if (before is None or not np.array_equal(before.closed, shut)
                or not np.array_equal(before.speed_factor, factor)):
            self._version += 1
            self._state = RoadState(factor, shut, CAUSE, self._version)
        return self._state
