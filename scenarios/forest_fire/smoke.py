"""Smoke near the ground: fine particles from burning cells, carried by the wind, breathed and driven through.

Every ten minutes the cells that burn, gathered into blocks, each send a steady Gaussian plume downwind (Briggs
1973 in open country, Pasquill's class by wind and daylight). What a cell lets go follows from the fuel it burns:
heat per area over the heat of wood, for as long as it burns. Visibility is Koschmieder's.

Left out: the rise of the smoke (a stated share stays low), terrain, calm pools and inversions, the smoke of
earlier minutes (a plume is taken as steady), smouldering after the flames, gases.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.dispersion import pasquill_class, sigma_y, sigma_z

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire

PERIOD_S = 600.0
"""How often the smoke is worked out; a multiple of the watchers' step."""
BLOCK_M = 250.0
"""About the size of a block of cells."""
REACH_M = 15_000.0
"""How far downwind it is followed. Assumption: farther off, fires of a county leave less than is counted."""
WOOD_KJ_KG = 18_600.0
"""Heat of combustion of fuel, 8000 Btu/lb (Albini 1976)."""
SIGMA_Z0_M = 10.0
"""Depth of the smoke where it starts, as a standard deviation. Assumption: flames and eddies of ten metres."""
BLOCK_PER_SIGMA = math.sqrt(6.0)
"""Side of a block over the deviation that its width adds: b^2 / 12 for the source and as much for the block whose
mean is wanted (variance of an even spread)."""
WIDTHS = 4.0
"""Standard deviations across the wind beyond which a plume counts as nothing (6e-5 of it)."""
LEAST_WIND_MPS = 1.0
"""Plumes know no slower wind. Assumption, as in ISC3."""
KOSCHMIEDER = 3.912
"""-ln(0.02): the contrast an eye still sees (Koschmieder 1924)."""
VISIBLE_M = (50.0, 100.0, 200.0)
SPEED_KMH = (20.0, 40.0, 60.0)
"""Highest speed below each visibility: what China sets for expressways, taken for every road (Regulation on the
Implementation of the Road Traffic Safety Law, article 81; that other roads do the same is an assumption)."""
DAY_FROM_H, DAY_TO_H = 7.0, 19.0


@njit(cache=True, error_model="numpy")
def plumes(
    source_row: Any, source_col: Any, grams_s: Any, to_x: float, to_y: float, wind: float, klass: int,
    block_m: float, reach_m: float, top: int, left: int, into: Any,
) -> None:
    """Add what area sources send over a box of blocks to ``into`` (rows, cols), g/m3 at the ground."""
    first = block_m / BLOCK_PER_SIGMA
    rows, cols = into.shape
    for s in range(len(grams_s)):
        for r in range(rows):
            dy = -(r + top - source_row[s]) * block_m
            for c in range(cols):
                dx = (c + left - source_col[s]) * block_m
                x = dx * to_x + dy * to_y + 0.5 * block_m
                if x <= 0.0 or x > reach_m:
                    continue
                y = dx * to_y - dy * to_x
                sy = math.sqrt(sigma_y(x, klass) ** 2 + first * first)
                if abs(y) > WIDTHS * sy:
                    continue
                sz = math.sqrt(sigma_z(x, klass) ** 2 + SIGMA_Z0_M * SIGMA_Z0_M)
                into[r, c] += grams_s[s] / (math.pi * wind * sy * sz) * math.exp(-0.5 * (y / sy) ** 2)


def visibility_m(grams_m3: NDArray[np.floating], extinction_m2_g: float) -> NDArray[np.float64]:
    """Return how far one sees through smoke of this density; infinite in clear air."""
    with np.errstate(divide="ignore"):
        return KOSCHMIEDER / (extinction_m2_g * np.asarray(grams_m3, float))


def speed_limit_kmh(visible_m: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the speed one may drive at this visibility; infinite from 200 m on."""
    limits = np.array([*SPEED_KMH, math.inf])
    return limits[np.searchsorted(np.array(VISIBLE_M), np.asarray(visible_m, float), side="right")]


class Smoke:
    """The smoke of a fire over blocks of cells, as of the last full period."""

    def __init__(self, fire: ForestFire) -> None:
        self._fire = fire
        self._settings = fire.settings.smoke
        grid = fire.grid
        self._cells = max(1, round(BLOCK_M / grid.cell_m))
        self._block_m = self._cells * grid.cell_m
        self._shape = (-(-grid.ny // self._cells), -(-grid.nx // self._cells))
        self._peak: NDArray[np.float32] | None = None
        self.top = self.left = 0
        self.grams_m3 = np.zeros((0, 0))
        """Density over a box of blocks whose first one is (top, left)."""
        self.version = 0
        self.person_h = 0.0
        """Person-hours above the harmful density so far."""
        if self._settings.on:
            fire.watch(self._look)

    def _look(self, t_s: float, fresh: NDArray[np.int64]) -> None:
        fire = self._fire
        if t_s % PERIOD_S == 0.0 or not (fire.front.ends[fire.window(fire.active)] > t_s).any():
            self.work_out(t_s)

    def emissions(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the flat blocks that burn and what each lets go near the ground, g/s."""
        fire, front = self._fire, self._fire.front
        cells = fire.window(fire.active)
        cells = cells[front.ends[cells] > fire.time_s]
        rate = front.out[cells, 0].astype(np.float64)
        heat = np.divide(front.out[cells, 1], rate, out=np.zeros(len(cells)), where=rate > 0)
        lasts = np.maximum(front.ends[cells] - front.arrival[cells], 1.0)
        fuel_kg_s = heat / WOOD_KJ_KG * fire.grid.cell_m**2 / lasts
        row, col = front.row_col(cells)
        block = row // self._cells * self._shape[1] + col // self._cells
        blocks, member = np.unique(block, return_inverse=True)
        grams = np.bincount(member, fuel_kg_s, minlength=len(blocks))
        near_ground = self._settings.emission_g_kg * self._settings.ground_share
        return blocks.astype(np.int64), np.asarray(grams * near_ground, np.float64)

    def work_out(self, t_s: float) -> None:
        """Work the smoke of this moment out."""
        blocks, grams = self.emissions()
        had = self.grams_m3.size > 0
        self.grams_m3 = np.zeros((0, 0))
        if len(blocks):
            fire = self._fire
            weather = fire.conditions
            angle = math.radians(weather.wind_from_deg + 180.0)
            to_x, to_y = math.sin(angle), math.cos(angle)
            by_day = DAY_FROM_H <= fire.hour(t_s) < DAY_TO_H
            wind = max(weather.wind_mps, LEAST_WIND_MPS)
            row, col = blocks // self._shape[1], blocks % self._shape[1]
            klass = pasquill_class(weather.wind_mps, by_day)
            top, left, bottom, right = self._box(row, col, to_x, to_y, klass)
            self.top, self.left = top, left
            self.grams_m3 = np.zeros((bottom - top, right - left))
            plumes(row, col, grams, to_x, to_y, wind, klass, self._block_m, REACH_M, top, left, self.grams_m3)
            if self._peak is None:
                self._peak = np.zeros(self._shape, np.float32)
            part = self._peak[top:bottom, left:right]
            np.maximum(part, self.grams_m3, out=part)
        if had or self.grams_m3.size:
            self.version += 1

    def _box(
        self, row: NDArray[np.int64], col: NDArray[np.int64], to_x: float, to_y: float, klass: int,
    ) -> tuple[int, int, int, int]:
        """Return top, left, bottom, right of the blocks that plumes from these may reach."""
        far, aside = REACH_M / self._block_m, WIDTHS * sigma_y(REACH_M, klass) / self._block_m + 1.0
        south, east = -far * to_y, far * to_x
        return (max(math.floor(row.min() + min(south, 0.0) - aside), 0),
                max(math.floor(col.min() + min(east, 0.0) - aside), 0),
                min(math.ceil(row.max() + max(south, 0.0) + aside) + 1, self._shape[0]),
                min(math.ceil(col.max() + max(east, 0.0) + aside) + 1, self._shape[1]))

    def at_cells(self, row: NDArray[np.integer], col: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return the density (g/m3) at grid cells."""
        r, c = row // self._cells - self.top, col // self._cells - self.left
        rows, cols = self.grams_m3.shape
        inside = (r >= 0) & (r < rows) & (c >= 0) & (c < cols)
        out = np.zeros(len(r))
        out[inside] = self.grams_m3[r[inside], c[inside]]
        return out

    def due(self, t_s: float) -> bool:
        """Return whether residents breathe for another period now, and there is smoke."""
        return self.grams_m3.size > 0 and t_s % PERIOD_S == 0.0

    def box(self) -> tuple[float, float, float, float]:
        """Return x0, y0, x1, y1 (m) of the box the smoke is in."""
        grid, size = self._fire.grid, self._block_m
        rows, cols = self.grams_m3.shape
        x0, y1 = grid.x0_m + self.left * size, grid.y0_m - self.top * size
        return x0, y1 - rows * size, x0 + cols * size, y1

    def breathe(self, x: NDArray[np.floating], y: NDArray[np.floating], indoors: NDArray[np.bool_]) -> None:
        """Count the person-hours of a period for people here."""
        row, col = self._fire.grid.row_col(x, y)
        micrograms = 1e6 * self.at_cells(row, col) * np.where(indoors, self._settings.indoor_share, 1.0)
        self.person_h += float(np.count_nonzero(micrograms > self._settings.harmful_ug_m3)) * PERIOD_S / 3600.0

    def dense(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return rows and columns of the grid cells where smoke sets a speed limit."""
        least = KOSCHMIEDER / (self._settings.extinction_m2_g * VISIBLE_M[-1])
        r, c = np.nonzero(self.grams_m3 > least)
        inside = np.arange(self._cells)
        row = (r[:, None, None] + self.top) * self._cells + inside[:, None] + 0 * inside
        col = (c[:, None, None] + self.left) * self._cells + 0 * inside[:, None] + inside
        keep = (row < self._fire.grid.ny) & (col < self._fire.grid.nx)
        return row[keep], col[keep]

    def limits(self, row: NDArray[np.integer], col: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return the speed limit (km/h) that visibility sets at grid cells; infinite in clear air."""
        return speed_limit_kmh(visibility_m(self.at_cells(row, col), self._settings.extinction_m2_g))

    def peak(self) -> NDArray[np.float32]:
        """Return the highest density so far (micrograms/m3) on the whole grid, (ny, nx)."""
        grid = self._fire.grid
        if self._peak is None:
            return np.zeros((grid.ny, grid.nx), np.float32)
        big = np.kron(1e6 * self._peak, np.ones((self._cells, self._cells), np.float32))
        return np.ascontiguousarray(big[:grid.ny, :grid.nx], np.float32)
