"""Organised transfer (人员转移): orders go down the chain, cadres fetch those on the list, all go home at the end.

County to township to village, a lognormal delay each; then the cadres' rounds (:mod:`agents.population.rounds`).
A household that agrees leaves as one group through :class:`Evacuation`. Whoever is away by day is not waited
for. Rounds stop in a village that no open road joins to any other, and nobody leaves it.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from simpy.events import Event

from agents.population.cadres import Step
from agents.population.columns import Bound, Mode, State
from agents.population.cut_off import CutOff
from agents.population.evacuation import Evacuation
from agents.population.homecoming import Homecoming
from agents.population.population import Population
from agents.population.rounds import Rounds
from agents.population.transfer_list import assign_cadres, draw_list
from agents.shelters import ShelterBook, entity_of
from sim.clock import Rank
from sim.settings.base import Delay
from sim.settings.transfer import CAUSES, Cause, TransferConduct, TransferPlan

if TYPE_CHECKING:
    from sim.model import Simulation

ROUND_PERIOD_S = 60.0
"""Calls and departures are looked at on this grid; each keeps its own time."""
ANEW = (Step.LISTED, Step.REFUSED, Step.ABSENT, Step.RETURNED, Step.CLEARED)
"""Households that a new order concerns; the others have theirs, or are out."""


class Transfer:
    """The list, the orders and what has become of each household on it; arrays of shape (listed households,)."""

    def __init__(
        self, model: Simulation, population: Population, evacuation: Evacuation, shelters: ShelterBook,
        plan: TransferPlan, conduct: TransferConduct,
    ) -> None:
        self.model = model
        self.population = population
        self.evacuation = evacuation
        self.plan = plan
        self.listed = draw_list(population, plan, model.streams)
        self.book = assign_cadres(self.listed, plan)
        ids = np.asarray(model.world.households["household_id"])[self.listed.household]
        self.rounds = Rounds(self.listed, self.book, ids, plan.cadres, conduct, model.streams)
        n = len(self.listed)
        self.ordered_s = np.full(n, np.inf)
        """When its (last) order was given at county level; inf without one."""
        self.reached_s = np.full(n, np.inf)
        """When that order reached its village."""
        self.deadline_s = np.full(n, np.inf)
        self.out_s = np.full(n, np.inf)
        """When it left its home, with the transfer or before; inf while it has not."""
        self._order = np.zeros(n, np.int64)
        """Number of its order: an order on its way down that has been replaced or cancelled comes to nothing."""
        self.orders = 0
        self.homecoming = Homecoming(self, shelters, conduct)
        self._cut_off = CutOff(model, shelters)
        self._everyone = np.arange(n)
        self.process = model.clock.every("cadres", ROUND_PERIOD_S, Rank.DECISION, self._work, asleep=True)

    @property
    def step(self) -> NDArray[np.uint8]:
        """:class:`Step` of each household."""
        return self.rounds.calls.step

    def cut_off(self) -> NDArray[np.bool_]:
        """Return which places (places,) are villages cut off now."""
        return self._cut_off.villages()

    def rows(self, villages: NDArray[np.integer], causes: Iterable[Cause] = CAUSES) -> NDArray[np.int64]:
        """Return the list rows of some villages (place rows) and causes."""
        wanted = np.zeros(len(CAUSES), np.bool_)
        wanted[[CAUSES.index(cause) for cause in causes]] = True
        return np.flatnonzero(np.isin(self.listed.village, villages) & wanted[self.listed.cause])

    # -- orders ---------------------------------------------------------------------------------------

    def order(
        self, villages: NDArray[np.integer], causes: Iterable[Cause] = CAUSES, deadline_s: float = math.inf,
    ) -> int:
        """Order those on the list moved, by a time of the run if given; return how many residents that concerns.

        Households called on already keep their place and take the new deadline. Those who refused, were never
        home or have come back are called on anew.
        """
        rows = self.rows(villages, causes)
        concerned = rows[np.isin(self.step[rows], (*ANEW, Step.ORDERED, Step.WAITING, Step.READY))]
        self.deadline_s[concerned] = deadline_s
        self.homecoming.keep_out(villages)
        fresh = rows[np.isin(self.step[rows], ANEW)]
        if len(fresh) == 0:
            return 0
        self.orders += 1
        self.step[fresh] = Step.ORDERED
        self.ordered_s[fresh] = self.model.now
        self.reached_s[fresh] = self.out_s[fresh] = self.rounds.calls.depart_s[fresh] = np.inf
        self.rounds.calls.driven[fresh] = False
        people = self.listed.people_of(fresh)
        self.homecoming.home_safe_s[people] = np.inf
        self.evacuation.orders.count_anew(people)
        self._order[fresh] = self.orders
        places = self.model.world.places
        towns: dict[str, list[int]] = {}
        for village in np.unique(self.listed.village[fresh]).tolist():
            towns.setdefault(places[village].town, []).append(village)
        for town, mine in sorted(towns.items()):
            self.model.clock.env.process(self._hand_down(town, mine, self.orders))
        return int(self.listed.persons[fresh].sum())

    def _hand_down(self, town: str, villages: list[int], order: int) -> Generator[Event, Any, None]:
        """Take an order from the county to a township, and from there to its villages' cadres."""
        yield self.model.clock.env.timeout(
            self._delay(self.plan.county_to_township, "transfer to township", town, town))
        places = self.model.world.places
        for village in villages:
            rows = np.flatnonzero((self.listed.village == village) & (self._order == order)
                                  & (self.step == Step.ORDERED))
            if len(rows) == 0:
                continue
            place = places[village]
            at = self.model.now + self._delay(
                self.plan.township_to_village, "transfer to village", place.id, town)
            self.reached_s[rows] = at
            self.rounds.order(rows, np.full(len(rows), at))
            self.model.events.add(at, "transfer_order", place=place.id, x=place.x, y=place.y,
                                  detail=f'{{"persons": {int(self.listed.persons[rows].sum())}}}')
        self.process.wake()

    def _delay(self, delay: Delay, purpose: str, receiver: str, town: str) -> float:
        """Return a delay of the chain: the receiver's own, whatever the order, longer while the network is down."""
        drawn = self.model.streams.of(purpose).lognormal(
            entity_of(receiver), median=delay.median, sigma=delay.sigma)
        infrastructure = self.model.infrastructure
        works = bool(infrastructure.connected()[infrastructure.row(town)])
        return drawn if works else drawn * self.plan.without_network_factor

    def cancel(self, villages: NDArray[np.integer], causes: Iterable[Cause] = CAUSES) -> int:
        """Call the transfer off for all who have not left yet; return how many residents stay for it."""
        # Who left before now has left, though nobody has looked since.
        self._work(self.model.now)
        rows = self.rounds.cancel(self.rows(villages, causes))
        self._order[rows] = 0
        self.ordered_s[rows] = self.deadline_s[rows] = self.reached_s[rows] = np.inf
        self._settle_down(rows)
        return int(self.listed.persons[rows].sum())

    def all_clear(self, villages: NDArray[np.integer]) -> int:
        """Send everybody of some villages home who is sheltered, with relatives or away; return how many."""
        self.cancel(villages)
        return self.homecoming.all_clear(villages)

    def _settle_down(self, rows: NDArray[np.int64]) -> None:
        columns, people = self.population.columns, self.listed.people_of(rows)
        ready = people[columns["state"][people] == State.PREPARING]
        # Who has an evacuation order too goes on preparing for that.
        own = np.isinf(self.evacuation.plans.depart_s[columns["household"][ready]])
        columns["state"][ready[own]] = State.NORMAL
        self.population.touch()

    # -- rounds ---------------------------------------------------------------------------------------

    def _work(self, t_s: float) -> float | None:
        columns, calls = self.population.columns, self.rounds.calls
        cut_off = self.cut_off()
        settled = self.rounds.advance(t_s, columns["state"], columns["away"], cut_off)
        if len(settled):
            self._take_note(settled)
        ready = self._everyone[self.step == Step.READY]
        due = ready[(calls.depart_s[ready] <= t_s) & ~cut_off[self.listed.village[ready]]]
        if len(due):
            self._leave(due, t_s)
        waits = self.rounds.waiting or len(ready) > len(due)
        return t_s + ROUND_PERIOD_S if waits else None

    def _take_note(self, rows: NDArray[np.int64]) -> None:
        """Have those whose last visit is over prepare or stay, and book those found gone."""
        columns, calls = self.population.columns, self.rounds.calls
        for step, state in ((Step.READY, State.PREPARING), (Step.REFUSED, State.STAYING)):
            mine = rows[self.step[rows] == step]
            people = self.listed.people_of(mine)
            visited = np.repeat(calls.visited_s[mine], self.listed.persons[mine])
            here = (columns["state"][people] <= State.STAYING) & self._in_reach(mine)
            if step == Step.REFUSED:
                here &= columns["state"][people] == State.NORMAL
            columns["state"][people[here]] = state
            columns["warned_s"][people[here]] = np.minimum(columns["warned_s"][people[here]], visited[here])
        self._found_gone(rows[self.step[rows] == Step.GONE])
        refused = rows[self.step[rows] == Step.REFUSED]
        self.say("transfer_refused", refused, calls.visited_s[refused])
        self.population.touch()

    def _in_reach(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return who of some households (list rows) is home, or at work if called on there (their people,)."""
        at_work = np.repeat(self.rounds.calls.at_work[rows], self.listed.persons[rows])
        return at_work | ~self.population.columns["away"][self.listed.people_of(rows)]

    def _found_gone(self, rows: NDArray[np.int64]) -> None:
        depart = self.population.columns["depart_s"]
        for row in rows.tolist():
            self.out_s[row] = depart[self.listed.people_of(np.array([row]))].min()

    def _leave(self, rows: NDArray[np.int64], t_s: float) -> None:
        """Send ready households on their way, each in a group of those who are home."""
        columns, calls = self.population.columns, self.rounds.calls
        people = self.listed.people_of(rows)
        index = np.repeat(np.arange(len(rows)), self.listed.persons[rows])
        here = (columns["state"][people] <= State.STAYING) & self._in_reach(rows)
        going = np.bincount(index[here], minlength=len(rows)) > 0
        gone = rows[~going]
        if len(gone):
            alive = np.bincount(index[columns["state"][people] != State.DEAD], minlength=len(rows))[~going] > 0
            depart = np.full(len(rows), np.inf)
            np.minimum.at(depart, index, columns["depart_s"][people])
            left = np.isfinite(depart[~going])
            # All at their day places by now: nobody is left to set out.
            self.step[gone] = np.where(~alive, Step.DEAD, np.where(left, Step.GONE, Step.ABSENT))
            self.out_s[gone[left]] = depart[~going][left]
        rows_out = rows[going]
        if len(rows_out) == 0:
            return
        # Where the road had been closed they leave once it is open.
        at = np.maximum(calls.depart_s[rows_out], t_s - ROUND_PERIOD_S)
        bound = np.where(self.rounds.to_relatives[rows_out], Bound.RELATIVES, Bound.SHELTER)
        mode = np.where(calls.driven[rows_out], int(Mode.CAR), -1)
        calls.depart_s[rows_out] = self.out_s[rows_out] = at
        self.step[rows_out] = Step.OUT
        number = np.cumsum(going) - 1
        kept = here & going[index]
        group = number[index[kept]]
        self.evacuation.departures.depart_groups(
            people[kept], at[group], bound[group].astype(np.uint8), mode[group].astype(np.int8))
        absent = people[(columns["state"][people] <= State.STAYING) & going[index]]
        columns["state"][absent] = State.AWAY
        self.homecoming.wake()
        self.population.touch()

    def say(self, kind: str, rows: NDArray[np.int64], at_s: NDArray[np.float64]) -> None:
        """Add an event for each of some households, in order of time and id."""
        entity = self.rounds.calls.entity
        order = np.lexsort((entity[rows], at_s))
        rows, at_s = rows[order], at_s[order]
        columns, places = self.population.columns, self.model.world.places
        heads = np.asarray(self.model.world.households["first"])[self.listed.household[rows]]
        self.model.events.add_batch(
            at_s, kind, [f"H{i}" for i in entity[rows]], [places[int(v)].id for v in self.listed.village[rows]],
            columns["home_x"][heads], columns["home_y"][heads],
            [f'{{"cause": "{CAUSES[c]}", "persons": {n}}}'
             for c, n in zip(self.listed.cause[rows].tolist(), self.listed.persons[rows].tolist(), strict=True)])
