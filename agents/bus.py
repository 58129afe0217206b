"""Buses: a fleet that fetches people who would have to walk, and takes them to shelters.

A bus mobilises once, then goes to the stop (a village's node) where it gets most people for its time, those apart
whom another bus is on its way to. It boards households whole (one larger than the bus walks), goes on to further
stops while it has seats and they are nearer than the shelter, drives to the nearest shelter with room and comes back
for more. Who finds no room at the door stays on it to the next. Queues hold buses up like anybody; against a
contraflow they have no entry. A bus that finds no way to where it was going takes another stop or shelter it can
reach; with no way anywhere it waits and looks again. Left out: drivers' hours, fuel, the walk to the stop, the road
a bus takes up itself, and that a shelter fills while a bus is bound for it (it learns so at the door).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy
from numpy.typing import NDArray

from agents.population.columns import State
from agents.rescue_team import Status
from agents.shelters import ShelterBook, entity_of
from agents.travel import WAIT_FOR_ROAD_S, Mover, Router, reversed_cost
from sim.settings.plan import Buses
from sim.world.routing import tree_to
from sim.world.world import Place

MOVING = int(State.MOVING)

if TYPE_CHECKING:
    from agents.population.evacuation import Evacuation
    from sim.model import Simulation


class Bus(Mover):
    """A bus of the fleet; it stands by until it is assigned villages."""

    def __init__(
        self, model: Simulation, router: Router, fleet: Fleet, entry: Buses, place: Place, number: int,
    ) -> None:
        one = entry.count == 1
        super().__init__(
            model, router, id=entry.id if one else f"{entry.id}-{number}",
            name=f"{place.name} bus" + ("" if one else f" {number}"),
            name_zh=(entry.name_zh or f"{place.name_zh}客车") + ("" if one else f"{number}号"),
            node=place.node, speed_factor=1.0, max_mps=entry.speed_kmh / 3.6)
        self.fleet = fleet
        self.settings = entry
        self.villages: set[int] = set()
        """Place rows of the villages it serves."""
        self.parties: list[NDArray[np.int64]] = []
        """Rows of the residents on board, household by household."""
        self.trips = 0
        self.carried = 0
        """Residents it has taken to safety."""
        self.wanted: simpy.Event | None = None
        """What it waits for while it stands by."""
        self._called = False

    @property
    def aboard(self) -> int:
        """How many residents are on board."""
        return sum(len(party) for party in self.parties)

    def assign(self, villages: set[int]) -> None:
        """Have the bus serve villages (place rows) too; the first time it mobilises."""
        self.villages |= villages
        if not self._called:
            self._called = True
            self.simulation.clock.env.process(self._serve())
        else:
            self.look()

    def look(self) -> None:
        """Have a bus that stands by look for people who wait."""
        if self.wanted is not None and not self.wanted.triggered:
            self.wanted.succeed()

    def mark(self, status: int) -> None:
        """Note where the bus is; those on board are there too."""
        super().mark(status)
        if not self.parties:
            return
        columns, rows = self.fleet.population.columns, np.concatenate(self.parties)
        alive = rows[columns["state"][rows] == MOVING]
        columns["x"][alive], columns["y"][alive], columns["node"][alive] = self.x, self.y, self.node
        columns["since_s"][alive] = self.simulation.now

    def _serve(self) -> Generator[simpy.Event, Any, None]:
        mobilisation = self.settings.mobilisation
        self.mark(Status.TURNOUT)
        yield self.timeout(self.simulation.streams.of("bus mobilisation").lognormal(
            entity_of(self.id), median=mobilisation.median, sigma=mobilisation.sigma))
        while True:
            village = self.fleet.stop_for(self)
            if village is None:
                if self.status != Status.RESTING:
                    self.mark(Status.RESTING)
                self.wanted = self.simulation.clock.env.event()
                if self.fleet.waiting_for(self):
                    # Somebody waits but there is no way to them now.
                    yield self.wanted | self.timeout(WAIT_FOR_ROAD_S)
                else:
                    yield self.wanted
                self.wanted = None
                continue
            yield from self._fetch(village)
            further = self.fleet.stop_for(self) if self.parties else None
            while further is not None:
                yield from self._fetch(further)
                further = self.fleet.stop_for(self)
            while self.parties:
                yield from self._unload()

    def _fetch(self, village: int) -> Generator[simpy.Event, Any, None]:
        """Drive to a village's stop and board who waits, twice if seats are left: once more after the wait there.

        Where no way is left on the way there, it gives the stop up for others.
        """
        seats = self.settings.capacity
        claim = seats - self.aboard
        self.fleet.claimed[village] += claim
        stop = self.simulation.world.places[village]
        there = yield from self.drive(int(stop.node), Status.DRIVING, patient=False)
        self.fleet.claimed[village] -= claim
        if not there:
            self._found_no_way(stop.id)
            self.fleet.somebody_waits(village)
            return
        for wait in (0.0, self.settings.wait_at_stop):
            if self.aboard >= seats or (wait and not self.parties):
                break
            yield self.timeout(wait)
            parties = self.fleet.evacuation.departures.board(village, seats - self.aboard, self.simulation.now)
            persons = sum(len(party) for party in parties)
            self.parties.extend(parties)
            self.mark(Status.WORKING)
            if persons:
                self.simulation.events.add(self.simulation.now, "boarded", self.id,
                                           self.simulation.world.places[village].id, self.x, self.y,
                                           f'{{"persons": {persons}}}')
            yield self.timeout(persons * self.settings.boarding_s_per_person)

    def _unload(self) -> Generator[simpy.Event, Any, None]:
        """Take those on board to the nearest shelter with room, else out of the county; who does not fit stays on."""
        node = self.fleet.goal_for(self)
        if node is None:
            self.mark(Status.RESTING)
            yield self.timeout(WAIT_FOR_ROAD_S)
            self._forget_the_dead()
            return
        if not (yield from self.drive(node, Status.DRIVING, patient=False)):
            self._found_no_way("")
            return
        self.mark(Status.WORKING)
        yield self.timeout(self.aboard * self.settings.boarding_s_per_person)
        self._forget_the_dead()
        arrivals, now = self.fleet.evacuation.arrivals, self.simulation.now
        before = self.aboard
        self.parties = [party for party in self.parties if not arrivals.place(party, node, now)]
        self.carried += before - self.aboard
        self.trips += 1
        self.fleet.population.touch()
        self.simulation.events.add(now, "unloaded", self.id, "", self.x, self.y,
                                   f'{{"persons": {before - self.aboard}}}')

    def _found_no_way(self, place: str) -> None:
        self.simulation.events.add(self.simulation.now, "no_way", self.id, place, self.x, self.y,
                                   f'{{"persons": {self.aboard}}}')

    def _forget_the_dead(self) -> None:
        state = self.fleet.population.columns["state"]
        alive = [party[state[party] == MOVING] for party in self.parties]
        self.parties = [party for party in alive if len(party)]


class Fleet:
    """All buses of a plan, and who of them goes where. Raises InputError for a place there is not."""

    def __init__(
        self, model: Simulation, evacuation: Evacuation, shelters: ShelterBook, entries: tuple[Buses, ...],
        where: str = "plan",
    ) -> None:
        self.model = model
        self.evacuation = evacuation
        self.population = evacuation.population
        self.shelters = shelters
        self.claimed: NDArray[np.int64] = np.zeros(len(model.world.places), np.int64)
        """Seats on their way to each place's stop."""
        self.buses: list[Bus] = []
        self._times: dict[tuple[int, float, float], NDArray[np.float64]] = {}
        """Seconds to every node, for kinds of buses and where they are, on the roads as they are."""
        self._times_version = (-1, -1, -1)
        router = Router(model, 1.0, obeys=True)
        for entry in entries:
            place = model.world.places.get(entry.place, f"{where}, buses, {entry.id}")
            self.buses.extend(Bus(model, router, self, entry, place, n + 1) for n in range(entry.count))
        evacuation.departures.pools.joined.append(self.somebody_waits)
        if any(entry.on_order for entry in entries):
            evacuation.orders.called.append(self._ordered_out)

    @property
    def carried(self) -> int:
        """Residents taken to safety by bus so far."""
        return sum(bus.carried for bus in self.buses)

    def send(self, villages: NDArray[np.integer], count: int | None = None) -> int:
        """Have buses serve villages (place rows): all, or the ``count`` nearest, free ones first; return how many."""
        if len(villages) == 0 or not self.buses:
            return 0
        places, nodes = self.model.world.places, self.model.world.roads.nodes
        x, y = (np.mean([getattr(places[int(v)], axis) for v in villages]) for axis in "xy")
        away = {bus.id: float(np.hypot(nodes["x"][bus.base] - x, nodes["y"][bus.base] - y)) for bus in self.buses}
        ranked = sorted(self.buses, key=lambda bus: (bool(bus.villages), away[bus.id], bus.id))
        sent = ranked[:count]
        self._assign(sent, villages)
        return len(sent)

    def stop_for(self, bus: Bus) -> int | None:
        """Return the village that a bus should go to: where it gets most people for its time; None for none.

        People for whom another bus is on its way do not count.
        """
        seats = bus.settings.capacity
        waiting = self.waiting_for(bus)
        rows = list(waiting)
        if not rows:
            return None
        times = self._times_from(bus)[np.array([self.model.world.places[v].node for v in rows])]
        if bus.parties:
            # With people on board it makes a round of stops only while they are nearer than the shelter.
            times = np.where(times < self.time_to_goal(bus), times, np.inf)
        gain = np.array([waiting[v] for v in rows]) / (times + seats * bus.settings.boarding_s_per_person + 1.0)
        best = int(np.argmax(gain))
        return rows[best] if np.isfinite(times[best]) else None

    def waiting_for(self, bus: Bus) -> dict[int, int]:
        """Return how many people a bus could fetch by village, those apart whom another is on its way to."""
        departures = self.evacuation.departures
        free = bus.settings.capacity - bus.aboard
        if free <= 0:
            return {}
        crowded = sorted(v for v in departures.pools.crowded() if v in bus.villages)
        waiting = {v: min(departures.waiting(v, free) - int(self.claimed[v]), free) for v in crowded}
        return {v: persons for v, persons in waiting.items() if persons > 0}

    def time_to_goal(self, bus: Bus) -> float:
        """Return seconds from a bus to where it would unload; infinite where it cannot."""
        node = self.goal_for(bus)
        return np.inf if node is None else float(self._times_from(bus)[node])

    def goal_for(self, bus: Bus) -> int | None:
        """Return the node of the nearest shelter with room, or of the nearest gateway; None where none is in reach."""
        times = self._times_from(bus)
        for nodes in (self.shelters.targets(self.evacuation.orders.emptied), self.evacuation.routes.exits):
            if len(nodes):
                best = int(nodes[np.argmin(times[nodes])])
                if np.isfinite(times[best]):
                    return best
        return None

    def _times_from(self, bus: Bus) -> NDArray[np.float64]:
        roads = self.model.world.roads
        if self._times_version != bus.router.version:
            self._times_version = bus.router.version
            self._times.clear()
        key = (bus.node, bus.speed_factor, bus.max_mps)
        if key not in self._times:
            cost = bus.router.cost(bus.speed_factor, bus.max_mps)
            self._times[key] = tree_to(roads, reversed_cost(roads, cost), np.array([bus.node], np.int32)).time_s
        return self._times[key]

    def _assign(self, buses: list[Bus], villages: NDArray[np.integer]) -> None:
        rows = {int(v) for v in villages}
        self.evacuation.departures.pools.served[np.array(sorted(rows))] = True
        for bus in buses:
            bus.assign(rows)

    def _ordered_out(self, villages: NDArray[np.int64]) -> None:
        self._assign([bus for bus in self.buses if bus.settings.on_order], villages)

    def somebody_waits(self, village: int) -> None:
        """Have buses that stand by look at a village where people wait whom none is on its way to."""
        for bus in self.buses:
            if bus.wanted is not None and village in bus.villages:
                bus.look()
