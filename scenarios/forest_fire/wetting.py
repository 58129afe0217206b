"""Wet ground: which cells water keeps closed to the fire, and when they have dried.

Water is kept cell by cell as pieces: so many metres of edge wetted, by so much water. A cell is wet while the pieces
that have not dried are together as long as its side. What dries is counted as a depth since the run's start, so that
new weather moves every time of drying with it. ``wet`` for some minutes dries by the clock instead.
"""

from __future__ import annotations

import heapq
import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from scenarios.forest_fire.spread import WET, Cells
from scenarios.forest_fire.water import drying_mm_h

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire

SECONDS_PER_HOUR = 3600.0
ROUNDING_MM = 1e-9
"""Depths this near are alike."""
WHOLE = 1.0 - 1e-9
"""Share of a cell's side that must be wet; less than 1 by rounding."""


class Wetness:
    """What is wet, on a fire's grid; cells are flat indices of the whole grid."""

    def __init__(self, fire: ForestFire) -> None:
        self._fire = fire
        self._level_mm = 0.0
        self._since_s = 0.0
        self._mm_s = self._rate()
        self._pieces: dict[int, list[tuple[float, float]]] = {}
        """Metres wetted, and the depth dried since the start at which they are dry."""
        self._due: list[tuple[float, int]] = []
        self._token = 0

    def _rate(self) -> float:
        now = self._fire.conditions
        return drying_mm_h(now.wind_mps, now.temperature_c, now.humidity_pct) / SECONDS_PER_HOUR

    def level_mm(self) -> float:
        """Return the depth that has dried since the start of the run."""
        return self._level_mm + self._mm_s * (self._fire.time_s - self._since_s)

    def weathered(self) -> None:
        """Take note that the weather has changed."""
        self._level_mm, self._since_s = self.level_mm(), self._fire.time_s
        self._mm_s = self._rate()
        self._schedule()

    def is_wet(self, cell: int) -> bool:
        """Return whether a cell is closed to the fire by water now."""
        if self._fire.wet_until.get(cell, -math.inf) > self._fire.time_s:
            return True
        level = self.level_mm() + ROUNDING_MM
        metres = sum(length for length, dry_at in self._pieces.get(cell, ()) if dry_at > level)
        return metres >= WHOLE * self._fire.grid.cell_m

    def add(self, cells: Cells, metres: float, depth_mm: float) -> None:
        """Wet so many metres in each of these grid cells, all inside the window; what runs off is gone."""
        held = min(depth_mm, self._fire.settings.water.litter_store_mm)
        dry_at = self.level_mm() + held
        for cell in cells.tolist():
            self._pieces.setdefault(cell, []).append((metres, dry_at))
            heapq.heappush(self._due, (dry_at, cell))
        self._close(cells)
        self._schedule()

    def add_until(self, cells: Cells, until_s: float) -> None:
        """Keep grid cells wet until a time."""
        fire = self._fire
        for cell in cells.tolist():
            fire.wet_until[cell] = max(fire.wet_until.get(cell, 0.0), until_s)
        self._close(cells)
        fire.at(until_s, partial(self._dry, cells))

    def _close(self, cells: Cells) -> None:
        fire = self._fire
        full = np.array([cell for cell in cells.tolist() if self.is_wet(cell)], np.int64)
        if len(full):
            fire.front.close(fire.window(full), WET)

    def _schedule(self) -> None:
        self._token += 1
        if not self._due or self._mm_s <= 0.0:
            return
        wait = max(0.0, self._due[0][0] - self._level_mm) / self._mm_s
        self._fire.at(max(self._since_s + wait, self._fire.time_s), partial(self._look, self._token))

    def _look(self, token: int) -> None:
        if token != self._token:
            return
        level = self.level_mm() + ROUNDING_MM
        dried: list[int] = []
        while self._due and self._due[0][0] <= level:
            cell = heapq.heappop(self._due)[1]
            left = [piece for piece in self._pieces.get(cell, ()) if piece[1] > level]
            if left:
                self._pieces[cell] = left
            else:
                self._pieces.pop(cell, None)
            dried.append(cell)
        self._dry(np.unique(np.array(dried, np.int64)))
        self._schedule()

    def _dry(self, cells: Cells) -> None:
        """Open again those of these grid cells that no water keeps wet."""
        fire = self._fire
        due = [cell for cell in cells.tolist() if not self.is_wet(cell)]
        for cell in due:
            fire.wet_until.pop(cell, None)
        if due:
            fire.front.open(fire.window(np.array(due, np.int64)), fire.time_s)
            fire.changed()
