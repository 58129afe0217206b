"""Barriers as one mechanism: roads, streams, a plan's firebreaks and crews' line, and where fire crosses them.

A barrier is one cell wide on the grid whatever its width: its cells are closed and hold the fire. Fire that comes up
to one tries it once: every cell has one draw of its own, keyed by its number on the grid, and is breached when that
lies below the probability (``breach.py``) of the strongest fire that has stood beside it. A breached cell opens and
burns like any other. Fire that burned beside a line before it was built has been put out by who built it and does not
try it. Crews' line is tried only where the scenario says so (``barriers.lines``).

Of a barrier cell that held, what the barrier leaves of it burns on the fire's side: half of (1 - width / cell side),
all of that where fire stands on opposite sides. Areas count so much of it; a line's cells count nothing.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.barrier_map import (
    CREW_LINE,
    CROSSED,
    FIREBREAKS,
    KINDS,
    NATURAL_OR_ROAD,
    BarrierMap,
    barrier_map,
)
from scenarios.forest_fire.breach import along, breach_probability
from scenarios.forest_fire.compiled import kernel
from scenarios.forest_fire.crews import PERIMETER_PER_CELL
from scenarios.forest_fire.drainage import CROFTON
from scenarios.forest_fire.kernels import GX, GY, RHO, WX, WY, ensure
from scenarios.forest_fire.metric import front_speed, ground_factor
from scenarios.forest_fire.settings_barriers import Barriers as BarrierSettings
from scenarios.forest_fire.spread import LINE, UNBURNABLE, WET, Cells, Ground, GroundSource
from sim.hazard import HazardEvent
from sim.settings.firebreaks import Firebreak

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire

@kernel()
def intensity_towards(source: Any, target: Any, width: int, out: Any, land: Any, into: Any) -> None:
    """Write the intensity (kW/m) with which the fire in each source cell comes at its target cell.

    It is that of the source cell, times the front's speed with its normal towards the target over that with the
    normal it had: a fire that runs past a barrier comes at it as its flank.
    """
    for n in range(len(source)):
        p, x = source[n], target[n]
        ensure(p, land)
        east = float(x % width - p % width)
        north = float(p // width - x // width)
        far = math.sqrt(east * east + north * north)
        met = land.met
        rho, wx, wy, gx, gy = met[p, RHO], met[p, WX], met[p, WY], met[p, GX], met[p, GY]
        angle = math.radians(out[p, 2])
        nx, ny = math.sin(angle), math.cos(angle)
        had, _, _ = front_speed(rho, wx, wy, gx, gy, nx, ny)
        has, _, _ = front_speed(rho, wx, wy, gx, gy, east / far, north / far)
        share = has * ground_factor(gx, gy, east / far, north / far) / (had * ground_factor(gx, gy, nx, ny))
        into[n] = out[p, 1] * share if rho < math.inf and had > 0.0 else 0.0


class Barriers:
    """The barriers of a run: which still stand, which were tried, what came of it."""

    def __init__(
        self, fire: ForestFire, settings: BarrierSettings, firebreaks: tuple[Firebreak, ...], plan: str
    ) -> None:
        self._fire = fire
        self._settings = settings
        self._cell_m = fire.grid.cell_m
        self._draws = fire.streams.of(f"{fire.key}.breach")
        self.map: BarrierMap | None = None
        if settings.roads or settings.rivers or firebreaks:
            self.map = barrier_map(fire.world, settings, firebreaks, plan)
            fire.notes += self.map.notes
        self.standing = self.map.counts_m > 0.0 if self.map is not None else np.zeros(0, np.bool_)
        """Which grid cells hold the fire as barriers now; empty where there are none."""
        self.tried: dict[int, int] = {}
        """Code of every barrier that fire has stood beside, by grid cell."""
        self.breached: dict[int, int] = {}
        """Code of those that it crossed."""
        self.line_lost_m = 0.0

    @property
    def active(self) -> bool:
        """Whether there is anything for fire to try."""
        return self.map is not None or self._settings.lines

    def over(self, source: GroundSource) -> GroundSource:
        """Return the ground with standing barriers as cells that do not burn."""
        if self.map is None:
            return source
        standing = self.standing.reshape(self._fire.grid.shape)

        def ground(rows: slice, cols: slice) -> Ground:
            given = source(rows, cols)
            kind = np.where(standing[rows, cols], np.int16(-1), given.kind)
            return Ground(kind, given.gradient_x, given.gradient_y, given.wind_factor)

        self._ground = source
        return ground

    def stands(self, row: int, col: int) -> bool:
        """Return whether a barrier holds a grid cell."""
        return bool(len(self.standing)) and bool(self.standing[row * self._fire.grid.nx + col])

    # -- fire beside them -----------------------------------------------------------------------------------

    def look(self, t_s: float, fresh: Cells) -> None:
        """Try the barriers that the newly burned window cells lie beside; open those that fire crosses."""
        if not len(fresh):
            return
        source, target, cells = self._contacts(fresh)
        if not len(source):
            return
        front = self._fire.front
        intensity = np.zeros(len(source))
        intensity_towards(source, target, front.width, front.out, front.land(), intensity)
        codes = self._codes(cells)
        crossed = self._draws.uniforms(cells, codes == CREW_LINE) < self._probability(source, cells, codes, intensity)
        self.tried.update(zip(cells.tolist(), codes.tolist(), strict=True))
        if crossed.any():
            self._open(t_s, cells[crossed], codes[crossed], intensity[crossed])

    def _contacts(self, fresh: Cells) -> tuple[Cells, Cells, Cells]:
        """Return window cells of fire, window cells of barriers beside them, and the latter as grid cells."""
        fire, front = self._fire, self._fire.front
        sides = (fresh[:, None] + np.array([1, -front.width, -1, front.width])).ravel()
        source = np.repeat(fresh, 4)
        row, col = front.row_col(sides)
        inside = (row >= 0) & (row < front.ny) & (col >= 0) & (col < front.nx)
        cells = np.where(inside, row * front.nx + col, 0)
        hit = inside & self.standing[cells] if len(self.standing) else np.zeros(len(sides), np.bool_)
        if self._settings.lines:
            line = np.flatnonzero(front.closed[sides] == LINE)
            built = np.array([fire.line_at.get(cell, math.inf) for cell in cells[line].tolist()])
            hit[line] = front.arrival[source[line]] > built
        return source[hit], sides[hit], cells[hit]

    def _codes(self, cells: Cells) -> NDArray[np.uint8]:
        codes = np.full(len(cells), CREW_LINE, np.uint8)
        if self.map is not None:
            standing = self.standing[cells]
            codes[standing] = self.map.code[cells[standing]]
        return codes

    def _widths(self, cells: Cells) -> NDArray[np.float64]:
        given = self._fire.line_width_m
        width = np.array([given.get(cell, self._settings.line_width_m) for cell in cells.tolist()])
        if self.map is not None:
            width = np.where(self.standing[cells], self.map.counts_m[cells], width)
        return width

    def _probability(
        self, source: Cells, cells: Cells, codes: NDArray[np.uint8], intensity: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        fire, settings = self._fire, self._settings
        cover = np.asarray(fire.world.layers["canopy_cover"]).ravel()
        row, col = fire.front.row_col(source)
        trees = np.maximum(cover[cells], cover[row * fire.grid.nx + col]) >= settings.trees_from_cover
        grass = fire.grass[fire.front.kind[source]]
        whole = breach_probability(settings.rule, grass, intensity, self._widths(cells), trees)
        stretch_m = np.where(codes == CREW_LINE, PERIMETER_PER_CELL, CROFTON) * self._cell_m
        return along(whole, stretch_m, settings.tested_length_m)

    def _open(self, t_s: float, cells: Cells, codes: NDArray[np.uint8], intensity: NDArray[np.float64]) -> None:
        fire, front = self._fire, self._fire.front
        widths = self._widths(cells)
        for code in np.unique(codes).tolist():
            mine = np.flatnonzero(codes == code)
            mine = mine[np.unique(cells[mine], return_index=True)[1]]
            self._tell(t_s, code, cells[mine], intensity[mine], widths[mine])
        for cell, code in zip(cells.tolist(), codes.tolist(), strict=True):
            if cell in self.breached:
                continue
            self.breached[cell] = code
            if code == CREW_LINE:
                self.line_lost_m += PERIMETER_PER_CELL * self._cell_m
                fire.line_at.pop(cell, None)
        if self.map is not None:
            self.standing[cells] = False
        opened = np.unique(cells)
        window = fire.window(opened)
        if self.map is not None:
            row, col = np.divmod(opened, fire.grid.nx)
            kinds = [int(self._ground(slice(r, r + 1), slice(c, c + 1)).kind[0, 0])
                     for r, c in zip(row.tolist(), col.tolist(), strict=True)]
            front.kind[window] = kinds
            front.stamp[window] = 0
        front.open(window[front.kind[window] >= 0], t_s, (LINE, WET, UNBURNABLE))
        fire.changed()

    def _tell(
        self, t_s: float, code: int, cells: Cells, intensity: NDArray[np.float64], widths: NDArray[np.float64]
    ) -> None:
        """Tell of the cells of one sort crossed at a look, at the place of the strongest fire."""
        fire = self._fire
        worst = int(np.lexsort((cells, -intensity))[0])
        x, y = (float(v) for v in fire.grid.centre(*divmod(int(cells[worst]), fire.grid.nx)))
        detail = json.dumps({
            "barrier": KINDS[code], "intensity_kw_m": round(float(intensity[worst])),
            "width_m": round(float(widths[worst]), 1), "cells": len(cells)})
        kind = "line_lost" if code == CREW_LINE else "barrier_breached"
        fire.events.append(HazardEvent(t_s, kind, fire.fires.place_near(x, y), x, y, detail))

    # -- what came of it -------------------------------------------------------------------------------------

    def figures(self) -> dict[str, float]:
        """Return the KPIs: metres of line lost, kilometres of firebreaks and of roads and streams held or crossed."""
        def km(codes: tuple[int, ...], among: dict[int, int]) -> float:
            return sum(code in codes for code in among.values()) * CROFTON * self._cell_m / 1000.0

        return {
            "fire.line_lost_m": self.line_lost_m,
            "fire.breaks_held": km(FIREBREAKS, self.tried) - km(FIREBREAKS, self.breached),
            "fire.breaks_breached": km(FIREBREAKS, self.breached),
            "fire.roads_held": km(NATURAL_OR_ROAD, self.tried) - km(NATURAL_OR_ROAD, self.breached),
            "fire.roads_breached": km(NATURAL_OR_ROAD, self.breached),
        }

    def layer(self) -> NDArray[np.uint8]:
        """Return the codes of barriers (``KINDS``), ``CROSSED`` added where fire went over one, shape (ny, nx)."""
        shape = self._fire.grid.shape
        codes = np.zeros(shape, np.uint8) if self.map is None else self.map.code.reshape(shape).copy()
        crossed = np.array([cell for cell, code in self.breached.items() if code != CREW_LINE], np.int64)
        codes.reshape(-1)[crossed] += CROSSED
        return codes

    def partly_burned(self) -> tuple[Cells, NDArray[np.float64], NDArray[np.float64]]:
        """Return grid cells of barriers that held, the share of each that burned, the intensity (kW/m) beside it."""
        front = self._fire.front
        held = [cell for cell, code in self.tried.items() if code != CREW_LINE and cell not in self.breached]
        cells = np.array(sorted(held), np.int64)
        if self.map is None or not len(cells):
            return np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
        window = self._fire.window(cells)
        sides = window[:, None] + np.array([1, -front.width, -1, front.width])
        done = front.done[sides] != 0
        both = (done[:, 0] & done[:, 2]) | (done[:, 1] & done[:, 3])
        free = np.maximum(1.0 - self.map.width_m[cells] / self._cell_m, 0.0)
        intensity = np.where(done, front.out[sides, 1], 0.0).max(1)
        return cells, np.where(both, 1.0, 0.5) * free, intensity
