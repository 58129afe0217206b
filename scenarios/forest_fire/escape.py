"""Ways out: from where, and until when, a crew can still get away from the fire on foot.

The present front is run ahead in the present weather. A crew is out of the way where the front does not come
within the horizon, in burned ground that no longer flames, on bare ground and, for as long as vehicles can
come for it, on a road; each far enough from what is still to burn. From these the latest time at which a crew
may be in every other cell follows backwards: it must be gone before the fire is there, and each cell of its
way must be passed before the fire is in that one (margin of safety, Beighley 1995: fire's time less crew's).
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numba.extending import register_jitable
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from scenarios.forest_fire.ellipse import flame_length
from scenarios.forest_fire.heap import drop_top, push
from scenarios.forest_fire.kernels import COLS, ROWS
from scenarios.forest_fire.settings_suppression import Escape
from scenarios.forest_fire.spread import Cells, Front
from scenarios.forest_fire.units import M_PER_FT
from scenarios.forest_fire.windows import Window
from sim.world.classes import LandCover

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire

TOBLER_M_S, TOBLER_STEEPNESS, TOBLER_BEST = 6.0 / 3.6, 3.5, -0.05
"""Tobler 1993: 6 km/h exp(-3.5 |slope + 0.05|) on a path. Escape routes are scouted and cleared: no factor for
going off the path. Assumption."""
FLAME_HEIGHTS = 4.0
"""Separation in flame heights (NWCG Incident Response Pocket Guide); flames are taken to stand upright."""
VEGETATION_HEIGHTS = 8.0
"""Separation in vegetation heights on the flat without wind (Butler 2014)."""
CORE_M, CORE_PEOPLE = 10.0 * M_PER_FT, 20.0
"""Radius that so many people need in the middle of a refuge (Butler's additional considerations, 2014)."""
MODERATE_WIND_M_S, HIGH_WIND_M_S = 10.0 * 0.44704, 20.0 * 0.44704
"""Bounds of Butler's wind classes, 10 and 20 mph. Memory, not looked up."""
MODERATE_SLOPE, STEEP_SLOPE = 0.2, 0.4
"""Bounds of Butler's slope classes. Assumption: his published example has 24 % as moderate."""
PICKED_UP_S = 120.0
"""A crew must be on the road this long before the fire to be driven off. Assumption."""
RENEW_S = 300.0
"""Ways out are looked for anew in every such span: one step of work."""


@register_jitable
def walking_mps(slope: Any) -> Any:
    """Return the speed on foot (m/s) up a slope (rise over run, negative downhill), after Tobler 1993."""
    return TOBLER_M_S * math.exp(-TOBLER_STEEPNESS * abs(slope - TOBLER_BEST))


def core_radius_m(people: float) -> float:
    """Return the radius of the ground that people need in a refuge: areas per head alike."""
    return CORE_M * math.sqrt(people / CORE_PEOPLE)


def separation_by_flame_m(flame_m: float, people: float) -> float:
    """Return how far from flames a refuge's middle must be: four flame heights and the core."""
    return FLAME_HEIGHTS * flame_m + core_radius_m(people)


@lru_cache(maxsize=1)
def slope_wind_factors() -> dict[tuple[str, str, str], float]:
    """Return Butler's factor by wind, burning condition and slope."""
    with Path(__file__).with_name("safe_separation.csv").open(encoding="utf-8", newline="") as stream:
        return {(row["wind"], row["burning"], row["slope"]): float(row["factor"]) for row in csv.DictReader(stream)}


def separation_by_vegetation_m(height_m: float, wind_mps: float, slope: float, burning: str, people: float) -> float:
    """Return the same after Butler: 8 vegetation heights times the slope-wind factor, and the core."""
    wind = "light" if wind_mps < MODERATE_WIND_M_S else "moderate" if wind_mps < HIGH_WIND_M_S else "high"
    steep = "flat" if slope < MODERATE_SLOPE else "moderate" if slope < STEEP_SLOPE else "steep"
    return VEGETATION_HEIGHTS * height_m * slope_wind_factors()[wind, burning, steep] + core_radius_m(people)


@njit(cache=True, error_model="numpy")
def walk_s(a: int, k: int, cell_m: float, ground: Any, b: int) -> float:
    """Return seconds on foot from cell a to its neighbour b in direction k of the sixteen."""
    dx, dy = float(COLS[k]), float(-ROWS[k])
    far = math.sqrt(dx * dx + dy * dy)
    slope = 0.5 * ((ground[a, 0] + ground[b, 0]) * dx + (ground[a, 1] + ground[b, 1]) * dy) / far
    return far * cell_m / walking_mps(slope)


@njit(cache=True, error_model="numpy")
def ways_out(
    cells: Any, until: Any, width: int, cell_m: float, ground: Any, latest: Any, leave: Any, onward: Any,
    heap_t: Any, heap_i: Any, st: Any,
) -> None:
    """Work out until when a crew may be in each of ``cells``, and where it goes on to.

    The other arrays are the window's. ``until`` is when the fire is in a cell. On entry ``latest`` is infinite
    in refuges, -infinity in ``cells`` and where nobody can walk; ``leave`` is -infinity in ``cells`` (infinite
    where a crew is fetched), NaN elsewhere. On return, in ``cells``, ``latest`` is the last time to be there,
    ``leave`` the last to set out from there if the fire in the cell itself did not matter, ``onward`` the next
    cell of the way (-1 for none). ``heap`` holds 9 entries a cell; the counters are ``st``.
    """
    st[0] = 0
    for n in range(len(cells)):
        c = cells[n]
        quickest = math.inf
        for k in range(0, 16, 2):
            p = c + ROWS[k] * width + COLS[k]
            if latest[p] == math.inf:
                took = walk_s(c, k, cell_m, ground, p)
                if took < quickest:
                    quickest = took
                    onward[c] = p
        if quickest < math.inf:
            leave[c] = math.inf
    for n in range(len(cells)):
        c = cells[n]
        if leave[c] == math.inf:
            latest[c] = until[c]
            push(heap_t, heap_i, st, -latest[c], c)
    while st[0] > 0:
        key, c = heap_t[0], heap_i[0]
        drop_top(heap_t, heap_i, st)
        if -key != latest[c]:
            continue
        for k in range(0, 16, 2):
            p = c + ROWS[k] * width + COLS[k]
            if not leave[p] < math.inf:
                continue
            by = latest[c] - walk_s(p, (k + 8) & 15, cell_m, ground, c)
            if by > leave[p]:
                leave[p] = by
                onward[p] = c
                if min(until[p], by) > latest[p]:
                    latest[p] = min(until[p], by)
                    push(heap_t, heap_i, st, -latest[p], p)


@njit(cache=True, error_model="numpy")
def steps(cells: Any, onward: Any, width: int, cell_m: float, ground: Any, step: Any) -> None:
    """Write seconds on foot from each of ``cells`` to the next of its way to ``step``."""
    for n in range(len(cells)):
        c = cells[n]
        for k in range(0, 16, 2):
            if c + ROWS[k] * width + COLS[k] == onward[c]:
                step[c] = walk_s(c, k, cell_m, ground, onward[c])


@dataclass(frozen=True)
class Ways:
    """Ways out as looked for at a time; arrays of the cells of a window of their own."""

    t_s: float
    window: Window
    latest: NDArray[np.float64]
    """Last time (s) to be in a cell; infinite where the fire does not come or cannot harm, -infinity where
    nobody can be."""
    leave: NDArray[np.float64]
    """Last time to set out from a cell, whatever the fire does in it."""
    onward: NDArray[np.int64]
    """Next cell on the way out, -1 in refuges and where there is none."""
    until: NDArray[np.float64]
    """When the fire is there, infinite beyond the horizon."""
    step_s: NDArray[np.float64]
    """Seconds on foot to the next cell of the way, 0 where there is none."""

    def on(self, front: Front, name: str) -> NDArray[np.float64]:
        """Return ``leave`` or ``latest`` for the cells of a front's window; infinite beyond this one."""
        values = getattr(self, name).reshape(self.window.height, self.window.width)
        return Window.of(front).cut(values, self.window.row0, self.window.col0, np.inf)


class WaysOut:
    """The ways out of a fire's surroundings, looked for when asked, at most once in each ``RENEW_S``."""

    def __init__(self, fire: ForestFire, settings: Escape) -> None:
        self._fire = fire
        self._settings = settings
        self._key: tuple[float, int, int] = (-1.0, -1, -1)
        self._ways: Ways | None = None
        self._masks: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None

    def now(self) -> Ways:
        """Return the ways out as known at the time the fire stands at."""
        fire = self._fire
        key = (math.floor(fire.time_s / RENEW_S), fire.front.period_number, len(fire.fires))
        if self._ways is None or key != self._key:
            self._ways, self._key = self._look(), key
        return self._ways

    def _grid_masks(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return where nobody walks (water) and where roads are, (ny, nx)."""
        if self._masks is None:
            world = self._fire.world
            water = np.isin(np.asarray(world.layers["land_cover"]), [int(LandCover.WATER), int(LandCover.SEA)])
            road = np.zeros(water.size, np.bool_)
            road[np.asarray(world.roads.cell)] = True
            self._masks = water, road.reshape(water.shape)
        return self._masks

    def _look(self) -> Ways:
        fire, settings = self._fire, self._settings
        now = fire.time_s
        ahead = fire.front.copy()
        ahead.advance(now + settings.horizon)
        window, n = Window.of(ahead), ahead.height * ahead.width
        burned = (ahead.done != 0) & (ahead.arrival <= now)
        flame = np.asarray(flame_length(ahead.out[:, 1].astype(np.float64)))
        until = np.where((ahead.done != 0) & ~burned, ahead.arrival, np.inf)
        water, road = (window.cut(mask, 0, 0, False) for mask in self._grid_masks())
        no_entry = water | (burned & (ahead.ends > now) & (flame > settings.passable_flame_m))
        # burned and bare ground too near to what will burn is a way, not a refuge
        near = self._near(ahead, np.flatnonzero(np.isfinite(until)), flame)
        near &= np.isinf(until) & (burned | (ahead.kind < 0))
        inner = np.zeros((ahead.height, ahead.width), np.bool_)
        inner[1:-1, 1:-1] = True
        solve = (np.isfinite(until) | near) & ~no_entry & inner.ravel()
        latest = np.full(n, np.inf)
        latest[no_entry | solve] = -np.inf
        leave = np.full(n, np.nan)
        leave[solve] = np.where(road[solve], np.inf, -np.inf)
        reach = np.where(road, until - PICKED_UP_S, until)
        onward = np.full(n, -1, np.int64)
        cells = np.flatnonzero(solve)
        ways_out(cells, reach, ahead.width, fire.grid.cell_m, ahead.ground, latest, leave, onward,
                 np.empty(9 * len(cells) + 16), np.empty(9 * len(cells) + 16, np.int64), np.zeros(4, np.int64))
        leave[~solve] = np.where(no_entry[~solve], -np.inf, np.inf)
        step = np.zeros(n)
        steps(np.flatnonzero(onward >= 0), onward, ahead.width, fire.grid.cell_m, ahead.ground, step)
        return Ways(now, window, latest, leave, onward, until, step)

    def _near(self, ahead: Front, threatened: Cells, flame: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return cells nearer to the edge of one that will burn than a refuge may be."""
        settings, cell_m = self._settings, self._fire.grid.cell_m
        near = np.zeros((ahead.height, ahead.width), np.bool_)
        if not len(threatened):
            return near.ravel()
        if settings.separation == "flame":
            far = FLAME_HEIGHTS * flame[threatened] + core_radius_m(CORE_PEOPLE)
        else:
            slope = np.hypot(ahead.ground[threatened, 0], ahead.ground[threatened, 1])
            far = np.array([separation_by_vegetation_m(settings.vegetation_m, self._fire.conditions.wind_mps, s,
                                                       settings.burning, CORE_PEOPLE) for s in slope.tolist()])
        # a refuge's centre must be so far from the edge of what burns; in cells, rounded up
        reach = np.maximum(np.ceil(far / cell_m - 0.5), 0.0).astype(np.int64)
        row, col = threatened // ahead.width, threatened % ahead.width
        for k in np.unique(reach[reach > 0]).tolist():
            mask = np.zeros_like(near)
            mask[row[reach == k], col[reach == k]] = True
            near |= np.asarray(maximum_filter(mask, 2 * k + 1, mode="constant"))
        return near.ravel()
