"""What hazards do to residents: those within reach are put to the hazard, with one fixed draw each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.population.columns import State
from agents.population.kernels import rows_in_box
from agents.population.population import Population
from sim.clock import Rank
from sim.hazard import Hazard
from sim.settings.scenario import Behaviour

if TYPE_CHECKING:
    from sim.model import Simulation

EXPOSURE_PERIOD_S = 60.0
DAY_FROM_H, DAY_TO_H = 7.0, 19.0
"""Hours between which the daytime share of people indoors holds."""
STEP_ASIDE_M = 100.0
"""People in the open walk away from a hazard nearer than this. Assumption."""
DIRECTIONS = 8
LOOK_AHEAD_STEPS = (1, 3, 6, 12)
"""Minutes of walking within which people look for a better place. Assumption."""
IMMOBILE_AGE = 80
"""Residents of this age who are indoors do not get out by themselves. Assumption."""


class Exposure:
    """Asks every hazard within reach of residents what it does to them, each minute it has a reach."""

    def __init__(self, model: Simulation, population: Population, behaviour: Behaviour) -> None:
        self.model = model
        self.population = population
        self.behaviour = behaviour
        self.left_behind = 0
        """Residents exposed where they had been ordered to leave before."""
        # The sheltered, those out of the county and the dead are out of harm's way.
        self._out_of_it = np.zeros(len(State), np.bool_)
        self._out_of_it[[State.SHELTERED, State.LEFT, State.DEAD]] = True
        self._found = np.empty(population.size, np.int64)
        self._to = 0.0
        self._indoor_key = model.streams.of("indoors")
        self._fate = {hazard.key: model.streams.of(f"fate {hazard.key}") for hazard in model.hazards}
        self.process = model.clock.every(
            "exposure", EXPOSURE_PERIOD_S, Rank.EXPOSURE, self._expose, asleep=True)
        model.after_hazards.append(self._wake)

    def _wake(self, t_s: float) -> None:
        if any(hazard.reach() is not None for hazard in self.model.hazards):
            self.process.wake(t_s)

    def indoors(self, rows: NDArray[np.int64], t_s: float) -> NDArray[np.bool_]:
        """Return which rows are indoors now: those in everyday life or preparing, by the hour's share."""
        columns = self.population.columns
        hour = self.model.clock.calendar.hour(t_s)
        share = (self.behaviour.indoor_share_day if DAY_FROM_H <= hour < DAY_TO_H
                 else self.behaviour.indoor_share_night)
        # One draw a resident and hour of the run: nobody flickers in and out from minute to minute.
        inside = self._indoor_key.uniforms(columns["person_id"][rows], int(t_s // 3600)) < share
        state = columns["state"][rows]
        under_way = np.isin(state, (State.MOVING, State.AT_DOOR))
        out_of_doors = under_way | ((state == State.STRANDED) & ~self._at_home(rows))
        return inside & ~out_of_doors

    def _at_home(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        columns = self.population.columns
        return (columns["link"][rows] < 0) & (columns["node"][rows] == columns["home_node"][rows])

    def _step_aside(self, hazard: Hazard, rows: NDArray[np.int64], indoors: NDArray[np.bool_], seconds: float) -> None:
        """Let people walk away from a hazard that is close, whichever way it is farther.

        Nobody who can walk waits for a front that comes on slower than they do; the very old stay in. Those
        under way keep to the road.
        """
        c = self.population.columns
        free = (c["state"][rows] != State.MOVING) & ~(indoors & (c["age"][rows] >= IMMOBILE_AGE))
        rows = rows[free]
        if len(rows) == 0:
            return
        x, y = c["x"][rows].astype(np.float64), c["y"][rows].astype(np.float64)
        away = hazard.distance(x, y)
        close = away < STEP_ASIDE_M
        rows, x, y, away = rows[close], x[close], y[close], away[close]
        if len(rows) == 0:
            return
        step = c["walk_mps"][rows] * seconds
        # Look farther where every near point is as bad: a broad front has no better side one step away.
        settled = np.zeros(len(rows), np.bool_)
        to_x, to_y = x.copy(), y.copy()
        for steps in LOOK_AHEAD_STEPS:
            open_ = np.flatnonzero(~settled)
            if len(open_) == 0:
                break
            best = away[open_].copy()
            for angle in np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS):
                east, north = np.cos(angle), np.sin(angle)
                there = hazard.distance(x[open_] + steps * step[open_] * east, y[open_] + steps * step[open_] * north)
                better = there > best
                who = open_[better]
                to_x[who], to_y[who] = x[who] + step[who] * east, y[who] + step[who] * north
                best[better] = there[better]
                settled[who] = True
        c["x"][rows], c["y"][rows] = to_x, to_y

    def _expose(self, t_s: float) -> float | None:
        since, self._to = self._to, t_s
        since = max(since, t_s - EXPOSURE_PERIOD_S)
        anywhere = False
        for hazard in self.model.hazards:
            box = hazard.reach()
            if box is None:
                continue
            anywhere = True
            c = self.population.columns
            n = rows_in_box(c["x"], c["y"], self._out_of_it, c["state"], box.x0, box.y0, box.x1, box.y1,
                            self._found)
            if n:
                self._harm(hazard, self._found[:n].copy(), since, t_s)
        # A hazard that has come to rest harms on: standing water, a gas cloud.
        return t_s + EXPOSURE_PERIOD_S if anywhere else None

    def _harm(self, hazard: Hazard, rows: NDArray[np.int64], t0_s: float, t1_s: float) -> None:
        c = self.population.columns
        indoors = self.indoors(rows, t1_s)
        self._step_aside(hazard, rows, indoors, t1_s - t0_s)
        harm = hazard.harm(rows, c, c["x"][rows], c["y"][rows], indoors, t0_s, t1_s)
        draw = self._fate[hazard.key].uniforms(c["person_id"][rows])
        touched = harm.exposed & ~c["exposed"][rows]
        hurt = (draw < harm.p_injury) & ~c["injured"][rows]
        dead = draw < harm.p_death
        at_home = (c["state"][rows] <= State.STAYING) & ~c["away"][rows]
        self.left_behind += int(np.count_nonzero(touched & at_home & c["ordered"][rows]))
        c["exposed"][rows[touched]] = True
        c["injured"][rows[hurt | dead]] = True
        c["state"][rows[dead]] = State.DEAD
        for kind, which in (("exposed", touched), ("injured", hurt & ~dead), ("dead", dead)):
            hit = rows[which]
            if len(hit):
                order = np.argsort(c["person_id"][hit])
                hit = hit[order]
                self.model.events.add_batch(
                    np.full(len(hit), t1_s), kind, [f"P{i}" for i in c["person_id"][hit]],
                    [self.model.world.places[int(v)].id for v in c["village"][hit]], c["x"][hit], c["y"][hit])
        if dead.any():
            self.population.touch()
