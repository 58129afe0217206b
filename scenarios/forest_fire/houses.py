"""Houses lost: to embers and flames where the front passes, to radiant heat where walls are of wood.

A house a household. Embers and contact: a share (``effects.house_burns``) of the houses whose cell the front
passes is lost. Radiation: a combustible house is lost once its flux-time product passes Cohen's for wooden
walls, so that it takes large flames close by. Draws hang on the household alone: the same under every plan.
Left out: fire from house to house, gardens, people who defend their house.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire import heat

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire

CRITICAL_KW_M2 = 13.1
"""Flux that wood stands for ever (Cohen 2004, Canadian Journal of Forest Research 34:1616; memory)."""
EXPONENT = 1.828
PRODUCT = 11_501.0
"""Sum of (q - 13.1)^1.828 t, q in kW/m2, t in s, at which wood ignites by a pilot flame (the same)."""


class Houses:
    """Which households' houses a fire has taken; row by household."""

    def __init__(self, fire: ForestFire) -> None:
        self._fire = fire
        world, grid = fire.world, fire.grid
        households = world.households
        self.lost = np.zeros(len(households["first"]), np.bool_)
        self._exposure = np.zeros(len(self.lost))
        draws = fire.streams.of(f"{fire.key}.houses")
        ids = np.arange(len(self.lost))
        self.burns = draws.uniforms(ids) < fire.settings.effects.house_burns
        """Would be lost if the front passed its cell."""
        self._yard_m = fire.settings.houses.yard_m
        self._wooden = draws.uniforms(ids, 1) < fire.settings.houses.combustible
        first = np.asarray(households["first"], np.int64)
        persons = world.persons
        self._x = np.asarray(persons["home_x"][first], np.float64)
        self._y = np.asarray(persons["home_y"][first], np.float64)
        row, col = grid.row_col(self._x, self._y)
        cell = np.clip(row, 0, grid.ny - 1) * grid.nx + np.clip(col, 0, grid.nx - 1)
        self._order = np.argsort(cell, kind="stable")
        self._cell = cell[self._order]
        if len(self.lost):
            fire.watch(self._look)

    def _in_cells(self, cells: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the households at home in these flat grid cells (sorted, once each)."""
        first, last = np.searchsorted(self._cell, cells, "left"), np.searchsorted(self._cell, cells, "right")
        parts = [self._order[a:b] for a, b in zip(first, last) if b > a]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def _look(self, t_s: float, fresh: NDArray[np.int64]) -> None:
        from scenarios.forest_fire.hazard import WATCH_S

        fire, nx = self._fire, self._fire.grid.nx
        row, col = fire.front.row_col(fresh)
        passed = self._in_cells(np.sort(row * nx + col))
        self.lost[passed[self.burns[passed]]] = True
        near = self._near(t_s)
        if len(near):
            self._radiate(near, t_s - WATCH_S, t_s)

    def _near(self, t_s: float) -> NDArray[np.int64]:
        """Return wooden houses that stand, in or beside cells that burn."""
        fire, nx = self._fire, self._fire.grid.nx
        if not len(fire.active):
            return np.zeros(0, np.int64)
        around = fire.active[:, None] + (np.arange(-1, 2)[:, None] * nx + np.arange(-1, 2)).ravel()
        houses = self._in_cells(np.unique(around))
        return houses[self._wooden[houses] & ~self.lost[houses]]

    def _radiate(self, houses: NDArray[np.int64], t0_s: float, t1_s: float) -> None:
        product = self._exposure[houses].astype(np.float32)
        touched = np.zeros(len(houses), np.bool_)
        outside: Any = np.zeros(len(houses), np.bool_)
        self._fire.exposure.receive(
            self._x[houses], self._y[houses], outside, outside, t0_s, t1_s,
            heat.Measure(CRITICAL_KW_M2, CRITICAL_KW_M2, EXPONENT, self._yard_m), product, touched)
        self._exposure[houses] = product
        self.lost[houses[product >= PRODUCT]] = True
