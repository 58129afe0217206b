"""Departures: who leaves with whom, how, and from where, once a household is ready.

A household that is ready waits for members on their way home, up to a limit, and then leaves together: by car if
it has one, by two-wheeler if all fit, else with a neighbour who has seats to spare or with a bus (see ``pools``),
and on foot at the pace of its slowest when its patience is over. Members absent at their day place who do not come
home leave from there on foot if it lies in an ordered village, and stay there otherwise. Those on their way home
count as at their day place until they are there.
"""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.population.columns import Bound, Mode, State, Waiting
from agents.population.hosts import Hosts
from agents.population.journeys import Journeys
from agents.population.orders import Orders
from agents.population.planning import Plans
from agents.population.pools import Pools
from agents.population.population import Population
from agents.population.traces import Traces
from agents.population.walking import pace_by_age
from sim.settings.people import PeopleSettings
from sim.settings.scenario import Behaviour

if TYPE_CHECKING:
    from sim.model import Simulation

ASSEMBLED, GIVE_UP = 0, 1
"""What is due for a household: all are there who come; its patience with waiting is over. In this order."""
# Members of an enumeration are slow to look up, and these are looked up for every household.
CAR, TWO_WHEELER, FOOT, BUS = int(Mode.CAR), int(Mode.TWO_WHEELER), int(Mode.FOOT), int(Mode.BUS)
NORMAL, PREPARING, MOVING, AWAY = int(State.NORMAL), int(State.PREPARING), int(State.MOVING), int(State.AWAY)
NOTHING, FOR_ABSENT, FOR_LIFT, FOR_BUS = (
    int(Waiting.NOTHING), int(Waiting.ABSENT), int(Waiting.LIFT), int(Waiting.BUS))
LONGEST_PARTY = np.iinfo(np.int16).max


class Leaving(NamedTuple):
    """A household on its way: when, how, and in whose vehicle."""

    household: int
    at_s: float
    mode: int
    ride: int


class Departures:
    """Sends ready households on their way."""

    def __init__(
        self, model: Simulation, population: Population, plans: Plans, orders: Orders, journeys: Journeys,
        behaviour: Behaviour, people: PeopleSettings, traces: Traces, hosts: Hosts,
    ) -> None:
        self.model = model
        self.population = population
        self.plans = plans
        self.orders = orders
        self.journeys = journeys
        self.hosts = hosts
        self.people = people
        self.traces = traces
        households = model.world.households
        self.pools = Pools(len(model.world.places), len(households["size"]))
        self.has_left: NDArray[np.bool_] = np.zeros(population.size, np.bool_)
        """Who (persons,) has ever left, home again since or not; ``depart_s`` is of the latest leaving."""
        self.lifts = 0
        """Residents who left in a neighbour's car."""
        self.came_home = 0
        """Residents who came home from their day place to leave with their household."""
        self.not_waited_for = 0
        """Residents who would have come home later than their household waits."""
        self._ids = np.asarray(households["household_id"])
        self._mode = np.zeros(len(self._ids), np.uint8)
        self._party = np.zeros(len(self._ids), np.int16)
        self._due: list[tuple[float, int, int, int]] = []
        self._round = np.zeros(len(self._ids), np.int16)
        """How often each household has been called off or fetched; what was due for it before is void."""
        orders.cancelled.append(self.call_off)
        self.pace_mps = pace_by_age(people.paces, behaviour.walking_speed_mps, population.columns["age"])
        """What each resident (persons,) walks alone."""
        population.columns["walk_mps"][:] = self.pace_mps
        streams = model.streams
        self._home_draw = streams.of("comes home")
        self.informed = streams.of("informed").uniforms(self._ids) < people.informed_share
        """Households (households,) that know the state of roads and shelters when they leave."""
        self.bound_for = np.where(streams.of("destination").uniforms(self._ids) < people.to_shelter,
                                  Bound.SHELTER, Bound.RELATIVES).astype(np.uint8)
        """Where households (households,) go."""

    @property
    def next_s(self) -> float:
        """Time of the next departure or of the end of somebody's patience; infinity when there is none."""
        return self._due[0][0] if self._due else math.inf

    def leave(self, households: NDArray[np.int64], t_s: float) -> None:
        """Take up households (rows) that are ready, and send all on their way who leave by ``t_s``."""
        if len(households):
            self._assemble(households)
        going: list[Leaving] = []
        while self._due and self._due[0][0] <= t_s:
            at, what, household, number = heapq.heappop(self._due)
            if number != self._round[household]:
                continue
            if what == GIVE_UP:
                self._give_up(household, at, going)
            elif self._mode[household] == FOOT:
                self._wait_for_lift(household, at)
            else:
                going.append(Leaving(household, at, int(self._mode[household]), household))
                if self._mode[household] == CAR:
                    self._offer_lifts(household, at, going)
        if going:
            self._set_out(going)

    def _ask(self, at: float, what: int, household: int) -> None:
        heapq.heappush(self._due, (at, what, household, int(self._round[household])))

    def _forget(self, households: NDArray[np.int64]) -> None:
        self._round[households] += 1
        for household in households.tolist():
            self.pools.drop(household)

    def call_off(self, households: NDArray[np.int64]) -> None:
        """Have households (rows) that wait for somebody forget about leaving; those who were to stay away are free."""
        self._forget(households)
        columns, rows = self.population.columns, self.population.members(households)
        columns["waiting"][rows] = NOTHING
        columns["state"][rows[columns["state"][rows] == AWAY]] = NORMAL

    def waiting(self, village: int, seats: int = LONGEST_PARTY) -> int:
        """Return how many people in a village (place row) wait for a ride, in households of so many at most."""
        return self.pools.waiting(village, self._party, seats)

    # -- assembling -----------------------------------------------------------------------------------

    def _assemble(self, households: NDArray[np.int64]) -> None:
        """Find out who comes along and how, and when they are all there; send off those who leave by themselves."""
        columns, people = self.population.columns, self.people
        rows = self.population.members(households)
        sizes = np.asarray(self.model.world.households["size"])[households].astype(np.int64)
        index = np.repeat(np.arange(len(households)), sizes)
        ready = columns["state"][rows] == PREPARING
        away = ready & columns["away"][rows]
        ready_s = self.plans.depart_s[households]
        comes = away & (self._home_draw.uniforms(columns["person_id"][rows]) < people.come_home_share)
        home_s = self._home_s(rows, self.plans.warned_s[households][index])
        late = comes & (home_s > ready_s[index] + people.wait_for_absent)
        self.not_waited_for += int(np.count_nonzero(late))
        comes &= ~late
        self.came_home += int(np.count_nonzero(comes))
        # Those at a day place in an ordered village leave from there, each on foot; others stay away.
        absent = away & ~comes
        day_village = self.population.node_village[columns["day_node"][rows]]
        ordered_there = (day_village >= 0) & self.orders.ordered[day_village]
        columns["state"][rows[absent & ~ordered_there]] = AWAY
        self._leave_alone(rows[absent & ordered_there], ready_s[index[absent & ordered_there]])
        together = ready & ~absent
        party = np.bincount(index[together], minlength=len(households))
        full_s = ready_s.copy()
        np.maximum.at(full_s, index[comes], home_s[comes])
        columns["waiting"][rows[together & (full_s > ready_s)[index]]] = FOR_ABSENT
        self._party[households] = np.minimum(party, LONGEST_PARTY)
        self._mode[households] = self._own_mode(households, party)
        for household, at in zip(households[party > 0].tolist(), full_s[party > 0].tolist(), strict=True):
            self._ask(at, ASSEMBLED, household)

    def _own_mode(self, households: NDArray[np.int64], party: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return how households (n,) travel by what they own, so many of each (n,) together."""
        world, seats = self.model.world.households, self.people.two_wheeler_seats
        fits = party <= seats * np.asarray(world["two_wheelers"])[households].astype(np.int64)
        by_car = np.asarray(world["cars"])[households] > 0
        return np.where(by_car, CAR, np.where(fits, TWO_WHEELER, FOOT)).astype(np.uint8)

    def _home_s(self, rows: NDArray[np.int64], told_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return when residents (n,) would be home from their day place, told at ``told_s``."""
        c = self.population.columns
        straight = np.hypot(c["day_x"][rows].astype(np.float64) - c["home_x"][rows],
                            c["day_y"][rows].astype(np.float64) - c["home_y"][rows])
        return told_s + straight * self.people.detour / (self.people.trip_home_kmh / 3.6)

    def _leave_alone(self, rows: NDArray[np.int64], at_s: NDArray[np.float64]) -> None:
        """Send residents (n,) off on foot from where they are, each by himself."""
        columns = self.population.columns
        columns["walk_mps"][rows] = self.pace_mps[rows]
        self._put_on_road(rows, at_s, columns["household"][rows], np.full(len(rows), FOOT))
        self._tell(columns["household"][rows], at_s)

    # -- lifts ----------------------------------------------------------------------------------------

    def _wait_for_lift(self, household: int, at: float) -> None:
        village = int(self.population.household_village[household])
        self.pools.join(household, village, at)
        self._mark(household, FOR_BUS if self.pools.served[village] else FOR_LIFT)
        patience = self.people.bus_patience if self.pools.served[village] else self.people.lift_patience
        self._ask(at + patience, GIVE_UP, household)

    def _give_up(self, household: int, at: float, going: list[Leaving]) -> None:
        """Have a household set out on foot, unless it has left, or buses have come to its village meanwhile."""
        if not self.pools.waits(household):
            return
        village = int(self.population.household_village[household])
        until = self.pools.since(household) + self.people.bus_patience
        if self.pools.served[village] and until > at:
            self._mark(household, FOR_BUS)
            self._ask(until, GIVE_UP, household)
            return
        self.pools.drop(household)
        going.append(Leaving(household, at, FOOT, household))

    def _offer_lifts(self, household: int, at: float, going: list[Leaving]) -> None:
        seats = self.people.car_seats - int(self._party[household])
        village = int(self.population.household_village[household])
        for neighbour in self.pools.take(village, seats, self._party):
            self.lifts += int(self._party[neighbour])
            going.append(Leaving(neighbour, at, CAR, household))

    def _mark(self, household: int, waiting: int) -> None:
        columns, world = self.population.columns, self.model.world.households
        first, size = int(world["first"][household]), int(world["size"][household])
        here = columns["state"][first: first + size] == PREPARING
        columns["waiting"][first: first + size][here] = waiting

    # -- setting out ----------------------------------------------------------------------------------

    def _set_out(self, going: list[Leaving]) -> None:
        """Put households on the road, all members who are getting ready."""
        columns = self.population.columns
        households = np.array([g.household for g in going], np.int64)
        sizes = np.asarray(self.model.world.households["size"])[households].astype(np.int64)
        rows = self.population.members(households)
        index = np.repeat(np.arange(len(households)), sizes)
        # Somebody may have died while waiting.
        alive = columns["state"][rows] == PREPARING
        rows, index = rows[alive], index[alive]
        if len(rows) == 0:
            return
        at = np.array([g.at_s for g in going])[index]
        self._together(rows, at, np.array([g.ride for g in going])[index], np.array([g.mode for g in going])[index])

    def depart_groups(
        self, rows: NDArray[np.int64], at_s: NDArray[np.float64], bound_for: NDArray[np.uint8],
        mode: NDArray[np.integer],
    ) -> None:
        """Send groups off that somebody else has made ready, one a household; arrays (n,) by resident, group by group.

        They leave from home at once, wait for nobody, and know the roads: whoever called told them. A mode of -1
        is what the household has: car, two-wheeler, or on foot.
        """
        if len(rows) == 0:
            return
        household = self.population.columns["household"][rows].astype(np.int64)
        starts = np.flatnonzero(np.append(True, household[1:] != household[:-1]))
        count = np.diff(np.append(starts, len(rows)))
        own = np.repeat(self._own_mode(household[starts], count), count)
        # What they were getting ready for by themselves comes to nothing.
        self._forget(household[starts])
        self._together(rows, at_s, household, np.where(mode < 0, own, mode))
        self.population.columns["bound_for"][rows], self.population.columns["informed"][rows] = bound_for, 1
        self.hosts.near_home[rows] = True

    def _together(
        self, rows: NDArray[np.int64], at_s: NDArray[np.float64], ride: NDArray[np.integer],
        mode: NDArray[np.integer],
    ) -> None:
        """Have residents (n,), household by household, leave from home at the pace of their slowest."""
        columns = self.population.columns
        household = columns["household"][rows].astype(np.int64)
        starts = np.flatnonzero(np.append(True, household[1:] != household[:-1]))
        slowest = np.minimum.reduceat(self.pace_mps[rows], starts)
        columns["walk_mps"][rows] = np.repeat(slowest, np.diff(np.append(starts, len(rows))))
        self._bring_home(rows)
        self._put_on_road(rows, at_s, ride, mode)
        self._tell(household, at_s)
        self.traces.start(household[starts], at_s[starts], columns["home_node"][rows[starts]], rows[starts])

    def _bring_home(self, rows: NDArray[np.int64]) -> None:
        columns = self.population.columns
        columns["away"][rows] = False
        columns["node"][rows] = columns["home_node"][rows]
        columns["x"][rows], columns["y"][rows] = columns["home_x"][rows], columns["home_y"][rows]

    def _put_on_road(
        self, rows: NDArray[np.int64], at_s: NDArray[np.float64], ride: NDArray[np.integer],
        mode: NDArray[np.integer],
    ) -> None:
        """Put residents (n,) on the road in the vehicles of households ``ride`` (n,), which say where they go."""
        columns = self.population.columns
        columns["mode"][rows], columns["ride"][rows] = mode, ride
        columns["bound_for"][rows], columns["informed"][rows] = self.bound_for[ride], self.informed[ride]
        columns["waiting"][rows] = NOTHING
        columns["depart_s"][rows], columns["safe_s"][rows] = at_s, np.inf
        self.has_left[rows] = True
        self.hosts.near_home[rows] = False
        self.journeys.set_out(rows, at_s)

    def board(self, village: int, seats: int, at_s: float) -> list[NDArray[np.int64]]:
        """Have households that wait in a village get on a bus, whole, as many as fit; return each one's rows."""
        parties = []
        columns = self.population.columns
        for household in self.pools.take(village, seats, self._party):
            rows = self.population.members(np.array([household]))
            rows = rows[columns["state"][rows] == PREPARING]
            if len(rows) == 0:
                continue
            self._bring_home(rows)
            columns["mode"][rows], columns["ride"][rows] = BUS, household
            columns["bound_for"][rows], columns["informed"][rows] = Bound.SHELTER, 1
            columns["waiting"][rows], columns["state"][rows] = NOTHING, MOVING
            columns["depart_s"][rows] = columns["since_s"][rows] = at_s
            columns["safe_s"][rows] = np.inf
            self.has_left[rows] = True
            self._tell(np.full(len(rows), household), np.full(len(rows), at_s))
            parties.append(rows)
        if parties:
            self.population.touch()
        return parties

    def _tell(self, households: NDArray[np.int64], at_s: NDArray[np.float64]) -> None:
        """Add an event for every household and time among those who leave (n,)."""
        if len(households) == 0:
            return
        order = np.lexsort((self._ids[households], at_s))
        households, at_s = households[order], at_s[order]
        cut = np.append(True, (households[1:] != households[:-1]) | (at_s[1:] != at_s[:-1]))
        starts = np.flatnonzero(cut)
        persons = np.diff(np.append(starts, len(households)))
        left, columns, places = households[starts], self.population.columns, self.model.world.places
        heads = np.asarray(self.model.world.households["first"])[left]
        self.model.events.add_batch(
            at_s[starts], "departed", [f"H{i}" for i in self._ids[left]],
            [places[int(v)].id for v in self.population.household_village[left]],
            columns["home_x"][heads], columns["home_y"][heads], [f'{{"persons": {n}}}' for n in persons])
