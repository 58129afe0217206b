"""Roads by a fire: closed near burning cells, slowed by smoke a little farther off and wherever it is dense."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.settings import Effects
from scenarios.forest_fire.smoke import Smoke
from sim.hazard import RoadState
from sim.world.world import World

CAUSE = "forest fire"


class RoadWatch:
    """Finds the links near burning cells, from the cells, so that it costs what the fire's edge is long."""

    def __init__(self, world: World, effects: Effects, smoke: Smoke) -> None:
        roads, self._grid = world.roads, world.grid
        self._effects = effects
        self._smoke = smoke
        self._free_kmh = np.asarray(roads.links["speed_mps"], np.float64) * 3.6
        self._links = roads.link_count
        cell = np.asarray(roads.cell)
        lengths = np.asarray(np.diff(roads.cell_start), np.intp)
        link = np.repeat(np.arange(roads.link_count, dtype=np.int32), lengths)
        by_cell = np.argsort(cell, kind="stable")
        self._cell, self._link = cell[by_cell], link[by_cell]
        self._seen = np.full(1, -1, np.int64)
        self._seen_smoke = -1
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

    def _dim(self) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return links whose drivers must slow down in the smoke farther off, and the share of free flow they keep."""
        row, col = self._smoke.dense()
        flat = row * self._grid.nx + col
        first, last = np.searchsorted(self._cell, flat, "left"), np.searchsorted(self._cell, flat, "right")
        hit = np.flatnonzero(last > first)
        if not len(hit):
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        links = np.concatenate([self._link[first[k]:last[k]] for k in hit])
        limit = np.repeat(self._smoke.limits(row[hit], col[hit]), (last - first)[hit])
        return links, np.minimum(limit / self._free_kmh[links], 1.0).astype(np.float32)

    def look(self, rows: NDArray[np.integer], cols: NDArray[np.integer]) -> RoadState | None:
        """Return the state of the roads with these grid cells burning; None while no link is touched."""
        if not self._links:
            return None
        burning = rows.astype(np.int64) * self._grid.nx + cols
        if np.array_equal(burning, self._seen) and self._smoke.version == self._seen_smoke:
            return self._state
        self._seen, self._seen_smoke = burning, self._smoke.version
        closed = np.zeros(0, np.int32)
        smoky = closed
        if len(rows):
            closed = self._near(rows, cols, self._effects.road_close_m)
            smoky = self._near(rows, cols, max(self._effects.smoke_m, self._effects.road_close_m))
        dim, share = self._dim()
        if self._state is None and not len(closed) and not len(smoky) and not len(dim):
            return None
        factor, shut = np.ones(self._links, np.float32), np.zeros(self._links, np.bool_)
        factor[smoky] = self._effects.smoke_speed_factor
        np.minimum.at(factor, dim, share)
        shut[closed] = True
        before = self._state
        if (before is None or not np.array_equal(before.closed, shut)
                or not np.array_equal(before.speed_factor, factor)):
            self._version += 1
            self._state = RoadState(factor, shut, CAUSE, self._version)
        return self._state
