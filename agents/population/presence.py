"""Where residents are in everyday life: at home or at their day place, by their own hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.population.kernels import set_presence
from agents.population.population import Population
from sim.calendar import DAY_S
from sim.clock import Rank

if TYPE_CHECKING:
    from sim.model import Simulation

PRESENCE_PERIOD_S = 900.0
"""Residents change place on this grid; their own hours are finer."""


class Presence:
    """Moves residents in everyday life between home and day place; every day is a working day."""

    def __init__(self, model: Simulation, population: Population) -> None:
        self.model = model
        self.population = population
        columns = population.columns
        goers = np.flatnonzero(np.asarray(columns["leave_s"]) >= 0)
        leave = np.asarray(columns["leave_s"])[goers]
        back = np.asarray(columns["return_s"])[goers]
        by_leave, by_return = np.argsort(leave, kind="stable"), np.argsort(back, kind="stable")
        self._leaving = (leave[by_leave], goers[by_leave])
        self._returning = (back[by_return], goers[by_return])
        clock = model.clock.calendar.second_of_day(0.0)
        self._set(goers[(leave <= clock) & (clock < back)], True)
        self._to = 0.0
        self.process = model.clock.every("presence", PRESENCE_PERIOD_S, Rank.PRESENCE, self._follow)

    def _follow(self, t_s: float) -> float:
        start = self.model.clock.calendar.second_of_day(self._to)
        end = start + (t_s - self._to)
        self._set(self._between(self._leaving, start, end), True)
        self._set(self._between(self._returning, start, end), False)
        self._to = t_s
        return t_s + PRESENCE_PERIOD_S

    @staticmethod
    def _between(
        hours: tuple[NDArray[np.int32], NDArray[np.int64]], start: float, end: float,
    ) -> NDArray[np.int64]:
        """Return rows whose hour lies in (start, end], seconds of day, over midnight too."""
        times, rows = hours
        parts = []
        for shift in (0.0, DAY_S):
            a = np.searchsorted(times, start - shift, side="right")
            b = np.searchsorted(times, end - shift, side="right")
            parts.append(rows[a:b])
        return np.concatenate(parts)

    def _set(self, rows: NDArray[np.int64], away: bool) -> None:
        c = self.population.columns
        to = ("day_x", "day_y", "day_node") if away else ("home_x", "home_y", "home_node")
        set_presence(rows, away, c["state"], c["away"], c["x"], c["y"], c["node"],
                     np.asarray(c[to[0]]), np.asarray(c[to[1]]), np.asarray(c[to[2]]))
