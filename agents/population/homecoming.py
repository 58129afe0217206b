"""Going home: too early, before the all-clear, or after it.

A household that is sheltered, hosted or out of the county goes home before the all-clear at a rate, higher
where relief has not come. The integral of its rate reaches an exponential draw of its own: a change of the rate
moves the time and nothing else. The way home takes as long as the way out had, and is not followed on the road.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.population.cadres import Step
from agents.population.columns import NO_SHELTER, State
from agents.shelters import ShelterBook
from sim.clock import Rank
from sim.settings.transfer import TransferConduct

if TYPE_CHECKING:
    from agents.population.transfer import Transfer

WATCH_PERIOD_S = 900.0
"""Those who go home are put there on this grid; the time at which they are home is their own."""
DAY_S = 86400.0
REFUGE = (State.SHELTERED, State.LEFT, State.HOSTED)
ON_THE_WAY = (State.MOVING, State.STRANDED, State.AT_DOOR)
"""States in which somebody may still come to a refuge."""


class Homecoming:
    """Who goes home when; arrays of shape (listed households,), but ``clear_s`` (places,)."""

    def __init__(self, transfer: Transfer, shelters: ShelterBook, conduct: TransferConduct) -> None:
        self.transfer = transfer
        self.model = transfer.model
        self.population = transfer.population
        self.shelters = shelters
        self.conduct = conduct
        n = len(transfer.listed)
        self.unrest = 1.0
        """Multiplier of the rate of early returns that a hazard may set, such as in the lull of a typhoon's eye."""
        self.clear_s = np.full(len(self.model.world.places), np.inf)
        """When the all-clear was given; inf without one."""
        self.returned = 0
        """Residents who went home too early so far."""
        self.home_safe_s = np.full(self.population.size, np.inf)
        """When who (persons,) has come home had been safe; inf else, and once the transfer calls on them anew."""
        self.back_s = np.full(n, np.inf)
        """When a household is home again; inf while it has not set out for home."""
        self._pressure = np.zeros(n)
        self._returns = np.zeros(n, np.int64)
        self._draw = self.model.streams.of("transfer returns early")
        self._limit = self._patience(np.arange(n))
        self._clearing = np.array([], np.int64)
        """Person rows of villages with an all-clear who are not home yet."""
        self._refuge = np.zeros(len(State), np.bool_)
        self._refuge[list(REFUGE)] = True
        self._coming = np.zeros(len(State), np.bool_)
        self._coming[list(ON_THE_WAY)] = True
        self._watched_s = 0.0
        self.process = self.model.clock.every(
            "homecoming", WATCH_PERIOD_S, Rank.DECISION, self._watch, asleep=True)
        transfer.evacuation.orders.called.append(self.keep_out)

    def wake(self) -> None:
        """Watch again: somebody is out."""
        self.process.wake()

    def _patience(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the exponential draws at which households (list rows (n,)) give in, anew after each return."""
        entity = self.transfer.rounds.calls.entity[rows]
        return np.asarray(-np.log1p(-self._draw.uniforms(entity, self._returns[rows])))

    def keep_out(self, villages: NDArray[np.integer]) -> None:
        """Take back an all-clear: who is still out stays out. An order to evacuate does, and one to transfer."""
        self.clear_s[villages] = np.inf
        self._clearing = self._clearing[np.isfinite(self.clear_s[self.population.columns["village"][self._clearing]])]

    def all_clear(self, villages: NDArray[np.integer]) -> int:
        """Send all residents of villages (place rows) home; return how many are sheltered, hosted or out now."""
        self.clear_s[villages] = self.model.now
        self.transfer.evacuation.orders.all_clear(villages)
        columns = self.population.columns
        mine = self.population.members(self.population.households_of(np.unique(villages)))
        state = columns["state"][mine]
        columns["state"][mine[state == State.AWAY]] = State.NORMAL
        there = self._refuge[state]
        self._clearing = np.union1d(self._clearing, mine[there | self._coming[state]])
        self.population.touch()
        self.wake()
        return int(np.count_nonzero(there))

    def _watch(self, t_s: float) -> float | None:
        out = np.flatnonzero(self.transfer.step == Step.OUT)
        self._tire(out[np.isinf(self.clear_s[self.transfer.listed.village[out]])], t_s)
        self._watched_s = t_s
        waiting = self._end(t_s)
        return t_s + WATCH_PERIOD_S if len(out) or waiting else None

    # -- too early ------------------------------------------------------------------------------------

    def _tire(self, rows: NDArray[np.int64], t_s: float) -> None:
        """Have households (list rows) out before the all-clear think of home, and go where it is time."""
        if self.conduct.return_early_per_day == 0.0 or len(rows) == 0:
            return
        columns, listed = self.population.columns, self.transfer.listed
        people = listed.people_of(rows)
        starts = np.cumsum(listed.persons[rows]) - listed.persons[rows]
        there = self._refuge[columns["state"][people]]
        safe = np.maximum.reduceat(np.where(there, columns["safe_s"][people], -np.inf), starts)
        left = np.maximum.reduceat(np.where(there, columns["depart_s"][people], -np.inf), starts)
        shelter = np.maximum.reduceat(np.where(there, columns["shelter"][people], NO_SHELTER), starts)
        settled = np.isfinite(safe)
        rows, safe, left, shelter = rows[settled], safe[settled], left[settled], shelter[settled]
        rate = self.conduct.return_early_per_day / DAY_S * self.unrest * self._want(shelter, t_s)
        self._pressure[rows] += rate * np.maximum(t_s - np.maximum(safe, self._watched_s), 0.0)
        limit = self._limit[rows]
        gives_in = (self._pressure[rows] >= limit) & np.isinf(self.back_s[rows])
        with np.errstate(divide="ignore", invalid="ignore"):
            over_s = np.where(rate > 0, (self._pressure[rows] - limit) / rate, 0.0)
        self.back_s[rows[gives_in]] = (t_s - over_s + (safe - left))[gives_in]
        cut_off = self.transfer.cut_off()[listed.village[rows]]
        due = rows[(self.back_s[rows] <= t_s) & ~cut_off]
        if len(due):
            self._come_early(due)

    def _want(self, shelter: NDArray[np.integer], t_s: float) -> NDArray[np.float64]:
        """Return the multiplier for households in shelters (rows, -1 for none) where relief has not come."""
        hungry = np.array([s.packs <= 0 and t_s - s.first_in_s > self.conduct.relief_patience
                           for s in self.shelters.rows] + [False])
        return np.where(hungry[shelter], self.conduct.unmet_relief_factor, 1.0)

    def _come_early(self, rows: NDArray[np.int64]) -> None:
        transfer, columns = self.transfer, self.population.columns
        people = transfer.listed.people_of(rows)
        there = self._refuge[columns["state"][people]]
        at = np.repeat(self.back_s[rows], transfer.listed.persons[rows])
        self._put_home(people[there], at[there])
        # After an all-clear they remain safe; these are in danger again.
        columns["safe_s"][people[there]] = np.inf
        self.returned += int(np.count_nonzero(there))
        transfer.step[rows] = Step.RETURNED
        transfer.say("returned_early", rows, self.back_s[rows])
        self._returns[rows] += 1
        self._limit[rows] = self._patience(rows)
        self._pressure[rows] = 0.0
        self.back_s[rows] = np.inf

    # -- after the all-clear --------------------------------------------------------------------------

    def _end(self, t_s: float) -> bool:
        """Bring those home whose village has the all-clear; return whether anybody is still to come."""
        if len(self._clearing) == 0:
            return False
        columns = self.population.columns
        there = self._clearing[self._refuge[columns["state"][self._clearing]]]
        safe = columns["safe_s"][there]
        back = np.maximum(self.clear_s[columns["village"][there]], safe) + (safe - columns["depart_s"][there])
        cut_off = self.transfer.cut_off()[columns["village"][there]]
        due = (back <= t_s) & ~cut_off
        if due.any():
            self._put_home(there[due], back[due])
            self._tell(there[due], back[due])
            listed = self.transfer.listed
            out = np.flatnonzero((self.transfer.step == Step.OUT) & np.isfinite(self.clear_s[listed.village]))
            if len(out):
                starts = np.cumsum(listed.persons[out]) - listed.persons[out]
                abroad = (self._refuge | self._coming)[columns["state"][listed.people_of(out)]]
                self.transfer.step[out[~np.logical_or.reduceat(abroad, starts)]] = Step.CLEARED
        state = columns["state"][self._clearing]
        self._clearing = self._clearing[self._refuge[state] | self._coming[state]]
        return len(self._clearing) > 0

    def _tell(self, people: NDArray[np.int64], at_s: NDArray[np.float64]) -> None:
        columns, world = self.population.columns, self.model.world
        households, first, count = np.unique(columns["household"][people], return_index=True, return_counts=True)
        heads, at = people[first], at_s[first]
        ids = np.asarray(world.households["household_id"])[households]
        order = np.lexsort((ids, at))
        heads, at = heads[order], at[order]
        self.model.events.add_batch(
            at, "home", [f"H{i}" for i in ids[order]], [world.places[int(v)].id for v in columns["village"][heads]],
            columns["home_x"][heads], columns["home_y"][heads], [f'{{"persons": {n}}}' for n in count[order]])

    def _put_home(self, people: NDArray[np.int64], at_s: NDArray[np.float64]) -> None:
        """Put residents (n,) back into everyday life at home; places they had are free again."""
        columns = self.population.columns
        shelter, leave = columns["shelter"][people], at_s - (columns["safe_s"][people] - columns["depart_s"][people])
        was_in = shelter >= 0
        since = columns["safe_s"][people[was_in]].copy()
        self.shelters.take_out(shelter[was_in], since, np.maximum(leave[was_in], since))
        hosted = people[columns["state"][people] == State.HOSTED]
        self.transfer.evacuation.hosts.release(hosted)
        self.home_safe_s[people] = columns["safe_s"][people]
        columns["shelter"][people] = NO_SHELTER
        columns["state"][people] = State.NORMAL
        columns["link"][people] = -1
        columns["away"][people] = False
        columns["node"][people] = columns["home_node"][people]
        columns["x"][people], columns["y"][people] = columns["home_x"][people], columns["home_y"][people]
        self.population.touch()
