"""Moving on: refuges that are ordered out in their turn, and the people who leave them for the next.

Guests leave with their hosts' village; those in or at the door of a shelter leave when its village is to be emptied.
They have the order at once, from their hosts or the shelter's staff, all comply, and leave after a preparation of
their own, drawn once for each vehicle's party from the distribution of households at home (assumption). Cars leave
with those who came in them while one of their owner's household is there to drive; two-wheelers likewise; whoever
came by bus, in a cadre's car or with a car that is not there goes on on foot, household by household. Everybody
knows the roads: they have asked. Left out: buses that fetch people from a shelter, and guests who stay.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.population.arrivals import Arrivals
from agents.population.columns import Mode, State
from agents.population.journeys import Journeys
from agents.population.orders import Orders
from agents.population.population import Population
from agents.population.traces import Traces
from sim.clock import Rank
from sim.draws import lognormals
from sim.settings.base import Delay

if TYPE_CHECKING:
    from sim.model import Simulation

MOVING_ON_PERIOD_S = 60.0
"""Departures are looked at on this grid; each keeps its own time."""
CAR, TWO_WHEELER, FOOT = int(Mode.CAR), int(Mode.TWO_WHEELER), int(Mode.FOOT)


class _Going(NamedTuple):
    """Residents who will leave their refuge; arrays (n,)."""

    due_s: NDArray[np.float64]
    rows: NDArray[np.int64]
    village: NDArray[np.int64]
    """Place row of the village that they leave."""
    ordered_s: NDArray[np.float64]
    """When it was ordered out: an order that was cancelled meanwhile concerns nobody."""

    def where(self, which: NDArray[np.bool_]) -> _Going:
        return _Going(self.due_s[which], self.rows[which], self.village[which], self.ordered_s[which])


class MovingOn:
    """Sends people on whose refuge is ordered out; ``pace_mps`` (persons,) is what each walks by himself."""

    def __init__(
        self, model: Simulation, population: Population, orders: Orders, arrivals: Arrivals, journeys: Journeys,
        preparation: Delay, pace_mps: NDArray[np.floating], traces: Traces,
    ) -> None:
        self.model = model
        self.population = population
        self.orders = orders
        self.arrivals = arrivals
        self.journeys = journeys
        self.preparation = preparation
        self.traces = traces
        self.moved_on = 0
        """Residents who left a refuge for another, each time they did."""
        self._pace = pace_mps
        self._key = np.uint64(model.streams.key("moving on"))
        self._ids = np.asarray(model.world.households["household_id"])
        self._shelter_village = np.array([shelter.village for shelter in arrivals.shelters.rows] + [-1], np.int64)
        self._going: list[_Going] = []
        self.process = model.clock.every(
            "moving on", MOVING_ON_PERIOD_S, Rank.DECISION, self.work, asleep=True)
        orders.called.append(self._ordered_out)

    @property
    def next_s(self) -> float:
        """When the next of them leave; infinity when nobody does."""
        return min((float(going.due_s.min()) for going in self._going), default=math.inf)

    def _ordered_out(self, villages: NDArray[np.int64]) -> None:
        """Have those who found refuge in villages (place rows) get ready to leave."""
        called = np.zeros(len(self.orders.village_ordered_s), np.bool_)
        called[villages] = True
        village = self._refuge(np.arange(self.population.size))
        rows = np.flatnonzero((village >= 0) & called[village])
        if len(rows) == 0:
            return
        prepare_s = np.empty(len(rows))
        lognormals(self._key, self._ids[self.population.columns["ride"][rows]].astype(np.int64), 0,
                   self.preparation.median, self.preparation.sigma, prepare_s)
        village = village[rows]
        self._going.append(_Going(self.model.now + prepare_s, rows, village, self.orders.village_ordered_s[village]))
        self.process.wake(self.next_s)

    def _refuge(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the village (place row) that people (n,) must leave their refuge with; -1 where they need not."""
        columns = self.population.columns
        state, hosts = columns["state"][rows], self.arrivals.hosts
        village = np.full(len(rows), -1, np.int64)
        hosted = state == State.HOSTED
        village[hosted] = hosts.host_of[rows[hosted]]
        housed = (state == State.SHELTERED) | (state == State.AT_DOOR)
        village[housed] = self._shelter_village[columns["shelter"][rows[housed]]]
        stays = ~np.append(self.orders.ordered, False)[village]
        stays[housed] = ~np.append(self.orders.emptied, False)[village[housed]]
        village[stays] = -1
        return village

    def work(self, t_s: float) -> float | None:
        """Send those off who leave by ``t_s``; return when the next ones do, None when nobody does."""
        if self.next_s > t_s:
            return None if math.isinf(self.next_s) else self.next_s
        due = [going.where(going.due_s <= t_s) for going in self._going]
        self._going = [rest for going in self._going if len((rest := going.where(going.due_s > t_s)).rows)]
        going = _Going(*(np.concatenate(columns) for columns in zip(*due, strict=True)))
        # Who has gone home, or died, or need not go any more, is left out; who was called on twice leaves once.
        there = (self._refuge(going.rows) == going.village) & (
            self.orders.village_ordered_s[going.village] == going.ordered_s)
        going = going.where(there)
        order = np.lexsort((going.due_s, self.population.columns["person_id"][going.rows]))
        first = np.append(True, np.diff(going.rows[order]) != 0)[:len(order)]
        rows, at_s = going.rows[order][first], going.due_s[order][first]
        if len(rows):
            self._leave(rows, at_s)
        return None if math.isinf(self.next_s) else self.next_s

    def _leave(self, rows: NDArray[np.int64], at_s: NDArray[np.float64]) -> None:
        columns = self.population.columns
        self._tell(rows, at_s)
        self.arrivals.leave(rows, at_s)
        ride, mode = self._vehicles(rows)
        columns["ride"][rows], columns["mode"][rows], columns["informed"][rows] = ride, mode, 1
        walks = mode == FOOT
        self._fall_in(rows[walks])
        traced = self.traces.rows[rows]
        self.traces.add(rows[traced].astype(np.int32), columns["node"][rows[traced]], at_s[traced])
        self.journeys.set_out(rows, at_s)
        self.moved_on += len(rows)
        self.population.touch()

    def _vehicles(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return in whose vehicle (household rows) and how (``Mode``) people (n,) go on."""
        columns, world = self.population.columns, self.model.world.households
        household = columns["household"][rows].astype(np.int64)
        ride, mode = columns["ride"][rows].astype(np.int64), columns["mode"][rows].astype(np.int64)
        by_car = (mode == CAR) & (np.asarray(world["cars"])[ride] > 0)
        # One number for each vehicle and node: a car stands where its party got out.
        _, car = np.unique(np.stack([ride, columns["node"][rows]]), axis=1, return_inverse=True)
        car = car.reshape(-1)
        driver = np.bincount(car, by_car & (household == ride)) > 0
        by_car &= driver[car]
        keeps = by_car | (mode == TWO_WHEELER)
        return np.where(keeps, ride, household), np.where(keeps, mode, FOOT)

    def _fall_in(self, rows: NDArray[np.int64]) -> None:
        """Have those on foot (rows) walk at the pace of their household's slowest."""
        household = self.population.columns["household"][rows]
        _, number = np.unique(household, return_inverse=True)
        slowest = np.full(len(number), np.inf)
        np.minimum.at(slowest, number, self._pace[rows])
        self.population.columns["walk_mps"][rows] = slowest[number]

    def _tell(self, rows: NDArray[np.int64], at_s: NDArray[np.float64]) -> None:
        """Add an event for each household, refuge and time."""
        columns, places, shelters = self.population.columns, self.model.world.places, self.arrivals.shelters.rows
        household, shelter = columns["household"][rows], columns["shelter"][rows].astype(np.int64)
        host = self.arrivals.hosts.host_of[rows]
        order = np.lexsort((host, shelter, self._ids[household], at_s))
        key = np.stack([at_s, household, shelter, host])[:, order]
        starts = np.flatnonzero(np.append(True, (key[:, 1:] != key[:, :-1]).any(0)))
        persons = np.diff(np.append(starts, len(rows)))
        head = order[starts]
        nodes, node = self.model.world.roads.nodes, columns["node"][rows[head]]
        self.model.events.add_batch(
            at_s[head], "moved_on", [f"H{i}" for i in self._ids[household[head]].tolist()],
            [places[int(h)].id if s < 0 else shelters[s].id
             for s, h in zip(shelter[head].tolist(), host[head].tolist(), strict=True)],
            np.asarray(nodes["x"])[node], np.asarray(nodes["y"])[node],
            [f'{{"persons": {n}}}' for n in persons.tolist()])
