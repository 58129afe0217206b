"""Spot fires of a run: embers of what has newly burned, and the fires they start.

Every full minute the cells that burned since the last throw their embers (``spotting.py``), over lines, firebreaks,
roads and rivers. An ember that lands on ground that can burn and has not, is not wet and not closed, and finds fuel
dry enough, lights it when its time has come, unless the front or an earlier ember has been there first. The new fire
bears the number of the one it came from: no task of its own. Wind and moisture are those of the county at the minute.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.ellipse import flame_length
from scenarios.forest_fire.settings_spotting import Spotting
from scenarios.forest_fire.spotting import cast
from scenarios.forest_fire.spread import OPEN, Cells
from sim.hazard import HazardEvent

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire


class Ember(NamedTuple):
    """One that is to light a cell: when, how far it flew, the grid cell it came from, that fire's number."""

    time_s: float
    distance_m: float
    source: int
    fire: int


class SpotFires:
    """The embers under way, by the grid cell they are to light, and what came of the others."""

    def __init__(self, fire: ForestFire, settings: Spotting, every_s: float) -> None:
        self._fire = fire
        self._settings = settings
        self._every_s = every_s
        self._stream = fire.streams.of(f"{fire.key}.spotting")
        self._due: dict[int, Ember] = {}
        self._waiting: defaultdict[float, list[int]] = defaultdict(list)
        """Cells by the full step of time before their embers' time: what has burned by then is forgotten there."""
        self.started = 0
        self.farthest_m = 0.0

    @property
    def active(self) -> bool:
        """Whether embers fly at all."""
        return self._settings.enabled

    def look(self, t_s: float, fresh: Cells) -> None:
        """Throw the embers of newly burned window cells."""
        if not len(fresh):
            return
        fire, front = self._fire, self._fire.front
        row, col = front.row_col(fresh)
        cell = row * fire.grid.nx + col
        rate, intensity = front.out[fresh, 0].astype(float), front.out[fresh, 1].astype(float)
        heat = np.divide(intensity, rate, out=np.zeros(len(fresh)), where=rate > 0.0)
        weather = fire.conditions
        brands = cast(
            cell, fire.grid.nx, fire.grid.cell_m, front.arrival[fresh], intensity, heat,
            np.asarray(flame_length(intensity)), front.crown[fresh], weather.wind_mps, weather.wind_from_deg,
            weather.temperature_c, self._receives, self._settings, self._stream)
        light = np.flatnonzero(brands.ignites)
        target = brands.row[light] * fire.grid.nx + brands.col[light]
        for k in light[np.lexsort((brands.source[light], brands.time_s[light], target))].tolist():
            source = int(brands.source[k])
            # never before the next look, so that no ember is late
            due = max(float(brands.time_s[k]), t_s + self._every_s)
            self._keep(int(brands.row[k]) * fire.grid.nx + int(brands.col[k]),
                       Ember(due, float(brands.distance_m[k]), int(cell[source]), int(front.fire[fresh[source]])))

    def _receives(self, row: Cells, col: Cells) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Return which cells could be lit now, and the moisture of their fine fuel (share)."""
        fire, front = self._fire, self._fire.front
        ny, nx = fire.grid.shape
        able = (row >= 0) & (row < ny) & (col >= 0) & (col < nx)
        r, c = np.where(able, row, 0), np.where(able, col, 0)
        inside = able & (r >= front.row0) & (r < front.row0 + front.height)
        inside &= (c >= front.col0) & (c < front.col0 + front.width)
        window = np.where(inside, (r - front.row0) * front.width + c - front.col0, 0)
        able &= fire.fuels.kind(r, c) >= 0
        able &= np.where(inside, (front.done[window] == 0) & (front.closed[window] == OPEN), True)
        barred = fire.barriers.on()
        if barred is not None:
            able &= inside | ~barred[r * nx + c]
        return able, np.full(len(row), fire.sky.moisture().m1)

    def _keep(self, target: int, ember: Ember) -> None:
        """Keep the first ember of a cell."""
        known = self._due.get(target)
        if known is not None and known.time_s <= ember.time_s:
            return
        self._due[target] = ember
        step = self._every_s * math.floor(ember.time_s / self._every_s)
        if step not in self._waiting:
            self._fire.at(step, partial(self._come_due, step))
        self._waiting[step].append(target)

    def _come_due(self, step: float) -> None:
        """Set the time of the embers of the step to come, but for those whose cell has burned."""
        front = self._fire.front
        for target in sorted(set(self._waiting.pop(step))):
            ember = self._due.get(target)
            if ember is None or self._every_s * math.floor(ember.time_s / self._every_s) != step:
                continue
            del self._due[target]
            i = front.cell(*divmod(target, self._fire.grid.nx))
            if i < 0 or not front.done[i]:
                self._fire.at(ember.time_s, partial(self._light, target, ember))

    def _light(self, target: int, ember: Ember) -> None:
        """Start a spot fire now, unless something has come before."""
        fire, front = self._fire, self._fire.front
        row, col = divmod(target, fire.grid.nx)
        i = front.cell(row, col)
        if i >= 0 and front.arrival[i] <= fire.time_s:
            return
        if not front.ignite(row, col, fire.time_s, fire.settings.spread.start_radius_cells, ember.fire):
            return
        front.advance(fire.time_s)
        self.started += 1
        self.farthest_m = max(self.farthest_m, ember.distance_m)
        x, y = (float(v) for v in fire.grid.centre(row, col))
        detail = json.dumps({"distance_m": round(ember.distance_m), "fire": ember.fire})
        fire.events.append(HazardEvent(fire.time_s, "spot_fire", fire.fires.place_near(x, y), x, y, detail))

    def figures(self) -> dict[str, float | None]:
        """Return the KPIs: how many started, how far the farthest ember flew that started one."""
        return {"fire.spot_fires": float(self.started) if self.active else None,
                "fire.spot_farthest_m": self.farthest_m if self.started else None}
