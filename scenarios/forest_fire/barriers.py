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
from dataclasses import replace
from typing import TYPE_CHECKING

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
from scenarios.forest_fire.crews import PERIMETER_PER_CELL
from scenarios.forest_fire.drainage import CROFTON
from scenarios.forest_fire.settings_barriers import Barriers as BarrierSettings
from scenarios.forest_fire.spread import BREAK, LINE, Cells, Ground, GroundSource
from sim.hazard import HazardEvent
from sim.settings.firebreaks import Firebreak

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire


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
        """Return the ground with its barriers."""
        on = self.on()
        if on is None:
            return source
        barred = on.reshape(self._fire.grid.shape)

        def ground(rows: slice, cols: slice) -> Ground:
            return replace(source(rows, cols), barred=barred[rows, cols])

        return ground

    def on(self) -> NDArray[np.bool_] | None:
        """Return which grid cells (cells,) barriers stand on before any fire; None where there are none."""
        return None if self.map is None else self.map.counts_m > 0.0

    # -- fire beside them -----------------------------------------------------------------------------------

    def look(self, t_s: float, fresh: Cells) -> None:
        """Try the barriers that the newly burned window cells lie beside; open those that fire crosses."""
        if not len(fresh):
            return
        source, target, cells = self._contacts(fresh)
        if not len(source):
            return
        front = self._fire.front
        intensity = front.intensity_towards(source, target)
        codes, widths = self._codes_and_widths(target, cells)
        probability = self._probability(source, cells, codes, intensity, widths)
        crossed = self._draws.uniforms(cells, codes == CREW_LINE) < probability
        self.tried.update(zip(cells.tolist(), codes.tolist(), strict=True))
        if crossed.any():
            self._open(t_s, cells[crossed], codes[crossed], intensity[crossed], widths[crossed])

    def _contacts(self, fresh: Cells) -> tuple[Cells, Cells, Cells]:
        """Return window cells of fire, window cells of barriers beside them, and the latter as grid cells."""
        fire, front = self._fire, self._fire.front
        sides = (fresh[:, None] + np.array([1, -front.width, -1, front.width])).ravel()
        source = np.repeat(fresh, 4)
        closed = front.closed[sides]
        hit = closed == BREAK
        line = np.flatnonzero(closed == LINE)
        if self._settings.lines and len(line):
            built = np.array([fire.line_at.get(cell, math.inf) for cell in self._grid(sides[line]).tolist()])
            hit[line] = front.arrival[source[line]] > built
        source, sides = source[hit], sides[hit]
        return source, sides, self._grid(sides)

    def _grid(self, window: Cells) -> Cells:
        row, col = self._fire.front.row_col(window)
        return row * self._fire.grid.nx + col

    def _codes_and_widths(self, window: Cells, cells: Cells) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        given = self._fire.line_width_m
        width = np.array([given.get(cell, self._settings.line_width_m) for cell in cells.tolist()])
        codes = np.full(len(cells), CREW_LINE, np.uint8)
        if self.map is not None:
            stands = self._fire.front.closed[window] == BREAK
            codes = np.where(stands, self.map.code[cells], codes)
            width = np.where(stands, self.map.counts_m[cells], width)
        return codes, width

    def _probability(
        self, source: Cells, cells: Cells, codes: NDArray[np.uint8], intensity: NDArray[np.float64],
        widths: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        fire, settings = self._fire, self._settings
        cover = np.asarray(fire.world.layers["canopy_cover"]).ravel()
        trees = np.maximum(cover[cells], cover[self._grid(source)]) >= settings.trees_from_cover
        grass = fire.grass[fire.front.kind[source]]
        whole = breach_probability(settings.rule, grass, intensity, widths, trees)
        stretch_m = np.where(codes == CREW_LINE, PERIMETER_PER_CELL, CROFTON) * self._cell_m
        return along(whole, stretch_m, settings.tested_length_m)

    def _open(
        self, t_s: float, cells: Cells, codes: NDArray[np.uint8], intensity: NDArray[np.float64],
        widths: NDArray[np.float64],
    ) -> None:
        fire = self._fire
        for code in np.unique(codes).tolist():
            mine = np.flatnonzero(codes == code)
            mine = mine[np.unique(cells[mine], return_index=True)[1]]
            self._tell(t_s, code, cells[mine], intensity[mine], widths[mine])
            self.breached.update(dict.fromkeys(cells[mine].tolist(), code))
            if code == CREW_LINE:
                self.line_lost_m += len(mine) * PERIMETER_PER_CELL * self._cell_m
                for cell in cells[mine].tolist():
                    fire.line_at.pop(cell, None)
        fire.front.open(fire.window(np.unique(cells)), t_s, (LINE, BREAK))
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
