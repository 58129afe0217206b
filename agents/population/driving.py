"""Driving: households in cars on the link-queue model, and back on their feet where their car has got to.

A party shares a car, or a file of cars where it is too large for one. The informed look for the fastest way on
present travel times, found again every few minutes; the others drive by habit until they meet a closure. Cars on
a closed road turn round, drive on or stand, as the settings say; cars without any way out stand off the road
until one opens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numba import njit
from numpy.typing import NDArray

from agents.population.columns import Bound, Mode, State
from agents.population.population import Population
from agents.population.route_tables import RouteTables, class_of
from agents.population.traces import Traces
from sim.clock import Rank
from sim.traffic.state import ARRIVED, DRIVING, DUE, HELD, STRANDED, UNIT, WAITING, Records
from sim.traffic.traffic import Traffic

if TYPE_CHECKING:
    from sim.model import Simulation

TRAFFIC_PERIOD_S = 60.0
PASSAGES_A_TICK = 64
"""Room in the log for one traced car and tick: a minute of driving passes some 30 nodes."""
SEAT_PERIOD_S = 600.0
"""With no hazard to be exposed to, the places of residents in cars are brought up to date this often."""
SEAT_ALWAYS = 20_000
"""With a hazard, or fewer cars than this, they always are."""
NO_VEHICLE = -1
ON_ROAD = np.zeros(256, np.bool_)
"""By a vehicle's status: whether it is on a road or in the queue at its origin."""
ON_ROAD[[WAITING, DRIVING, HELD]] = True
EVACUEES = class_of(Mode.CAR, Bound.RELATIVES, 1) + 1
"""Classes of vehicles that the route tables of cars fill; background traffic has the next ones."""


@njit(cache=True)
def seat(
    cars: NDArray[np.int32], start: NDArray[np.int64], rows: NDArray[np.int64], state: NDArray[np.uint8],
    moving: int, vehicles: Records, share: NDArray[np.float64], roads: int,
    tail: NDArray[np.int32], head: NDArray[np.int32], node_x: NDArray[np.float64], node_y: NDArray[np.float64],
    length_m: NDArray[np.float64], x: NDArray[np.float32], y: NDArray[np.float32], node: NDArray[np.int32],
    on: NDArray[np.int32], offset_m: NDArray[np.float64],
) -> None:
    """Put the residents (``rows[start[v]:start[v + 1]]``) in some ``cars`` where their car is.

    ``vehicles`` and ``share`` (vehicles,) say where each is; ``x``, ``y``, ``node``, ``on`` (link)
    and ``offset_m`` are the residents' columns.
    """
    for i in range(len(cars)):
        v = cars[i]
        a = vehicles[v].link
        last = vehicles[v].node
        if a < 0 or a >= roads:
            px, py = node_x[last], node_y[last]
            a = -1
            along = 0.0
        else:
            t, h = tail[a], head[a]
            px = node_x[t] + share[v] * (node_x[h] - node_x[t])
            py = node_y[t] + share[v] * (node_y[h] - node_y[t])
            along = share[v] * length_m[a]
        for j in range(start[v], start[v + 1]):
            row = rows[j]
            if state[row] == moving:
                x[row] = px
                y[row] = py
                node[row] = last
                on[row] = a
                offset_m[row] = along


class Driving:
    """Residents in cars; ``arrive`` is called with the rows (n,) that have reached a target."""

    def __init__(
        self, model: Simulation, population: Population, routes: RouteTables, traces: Traces, traffic: Traffic, *,
        speed_factor: float, seats: int, arrive: Callable[[NDArray[np.int64]], None],
        strand: Callable[[NDArray[np.int64]], None], revive: Callable[[], None],
    ) -> None:
        self.model = model
        self.population = population
        self.routes = routes
        self.traces = traces
        self.traffic = traffic
        self.seats = seats
        self._speed_factor = speed_factor
        self._arrive = arrive
        self._strand = strand
        self._revive = revive
        self.vehicle_of: NDArray[np.int32] = np.full(population.size, NO_VEHICLE, np.int32)
        """Car each resident (persons,) is or was in; -1 for none."""
        self.own = np.zeros(0, np.bool_)
        """Cars (vehicles,) that residents of the drill sit in; the others are background traffic."""
        self._rows: list[NDArray[np.int64]] = []
        self._flat = np.empty(0, np.int64)
        self._start = np.zeros(1, np.int64)
        self._table_version = -1
        self._observed_s = -np.inf
        self._seated_s = -np.inf
        self._ticked_s = -np.inf
        self.after: list[Callable[[float], None]] = []
        """Called with the time after the traffic has moved."""
        for bound in Bound:
            for informed in (0, 1):
                traffic.informed[class_of(Mode.CAR, bound, informed)] = class_of(Mode.CAR, bound, 1)
        nodes = model.world.roads.nodes
        self._node_x, self._node_y = np.asarray(nodes["x"], np.float64), np.asarray(nodes["y"], np.float64)
        self.process = model.clock.every("traffic", TRAFFIC_PERIOD_S, Rank.MOVEMENT, self._tick, asleep=True)
        self.extra_closed = np.zeros(traffic.network.links, np.bool_)
        """Links (links,) closed to cars alone, such as the lanes of a contraflow."""
        model.roads.listeners.append(self._roads_changed)
        self._take_roads()

    # -- setting out ----------------------------------------------------------------------------------

    def set_out(self, rows: NDArray[np.int64], at_s: NDArray[np.float64]) -> None:
        """Put residents (n,), MOVING and at their nodes, into cars by ``ride`` and time, and the cars on the road."""
        columns, traffic = self.population.columns, self.traffic
        ride, node = columns["ride"][rows], columns["node"][rows]
        order = np.lexsort((columns["person_id"][rows], node, ride, at_s))
        rows, at_s, ride, node = rows[order], at_s[order], ride[order], node[order]
        new = np.append(True, (ride[1:] != ride[:-1]) | (at_s[1:] != at_s[:-1]) | (node[1:] != node[:-1]))
        starts = np.flatnonzero(new)
        count = np.diff(np.append(starts, len(rows)))
        first = rows[starts]
        klass = class_of(Mode.CAR, columns["bound_for"][first], columns["informed"][first])
        cars = -(-count // self.seats)
        self._fill_tables()
        ids = traffic.depart(at_s[starts], node[starts], klass, size=np.minimum(cars * UNIT, 255))
        self._note(ids, rows, count)
        self.vehicle_of[rows] = np.repeat(ids, count)
        self.process.wake()

    def _note(self, ids: NDArray[np.int32], rows: NDArray[np.int64], count: NDArray[np.int64]) -> None:
        """Keep who sits in new vehicles; background traffic that came between has nobody."""
        missing = int(ids[0]) - (len(self._start) - 1)
        ends = np.concatenate([np.zeros(missing, np.int64), np.cumsum(count)])
        self._start = np.concatenate([self._start, self._start[-1] + ends])
        self._flat = np.concatenate([self._flat, rows])
        grown = np.zeros(len(self._start) - 1, np.bool_)
        grown[:len(self.own)] = self.own
        grown[ids] = True
        self.own = grown

    def go_on(self, rows: NDArray[np.int64]) -> None:
        """Send residents in cars (n,) on from the node they are at: a shelter was full, or a way has opened."""
        columns, vehicles = self.population.columns, self.traffic.vehicles
        cars, which = np.unique(self.vehicle_of[rows], return_index=True)
        first = rows[which]
        vehicles["klass"][cars] = class_of(Mode.CAR, columns["bound_for"][first], columns["informed"][first])
        vehicles["arrived_s"][cars] = np.nan
        self.traffic.resume(cars.astype(np.int32))
        self.process.wake()

    def aboard(self, cars: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the rows of those in some cars, car by car."""
        cars = cars[cars < len(self._start) - 1]
        starts, ends = self._start[cars], self._start[cars + 1]
        count = ends - starts
        if count.sum() == 0:
            return np.empty(0, np.int64)
        offset = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
        return self._flat[np.repeat(starts, count) + offset]

    # -- moving ---------------------------------------------------------------------------------------

    def _tick(self, t_s: float) -> float | None:
        # The traffic may be there already, because a road changed now; it is then still to be looked at.
        if t_s > self._ticked_s:
            self._ticked_s = t_s
            self.work(t_s)
            for follower in self.after:
                follower(t_s)
        if self.traffic.count and self._busy():
            return t_s + TRAFFIC_PERIOD_S
        # The last car is there: what others go by must not remember its queues.
        self.traffic.forget()
        self.model.roads.set_delays(np.zeros(self.traffic.network.links))
        self.routes.car_times(self.traffic.link_time_s())
        self._observed_s = -np.inf
        return None

    def _busy(self) -> bool:
        return bool((self.traffic.vehicles["status"][:self.traffic.count] != ARRIVED).any())

    @property
    def residents_on_road(self) -> bool:
        """Whether residents of the drill are in cars, under way or about to be."""
        status = self.traffic.vehicles["status"][:len(self.own)]
        return bool((self.own & (ON_ROAD[status] | (status == DUE))).any())

    def work(self, t_s: float) -> None:
        """Bring the traffic up to a time, and everybody in it."""
        self._refresh(t_s)
        self._advance(t_s)
        last = t_s + TRAFFIC_PERIOD_S > self.model.duration_s
        if self.model.hazards or last or t_s - self._seated_s >= SEAT_PERIOD_S or self.traffic.count < SEAT_ALWAYS:
            self._seat()

    def _advance(self, t_s: float) -> None:
        if t_s <= self.traffic.now:
            return
        self._trace()
        done = self.traffic.advance(t_s)
        self._keep_passages()
        own = done[self.own[done]] if len(self.own) >= self.traffic.count else done[
            np.append(self.own, np.zeros(self.traffic.count - len(self.own), np.bool_))[done]]
        if len(own):
            self._get_out(own)

    def _seat(self) -> None:
        """Put everybody in a car where their car is."""
        self._seated_s = self.traffic.now
        vehicles, columns = self.traffic.vehicles, self.population.columns
        under_way = np.flatnonzero(self.own & ON_ROAD[vehicles["status"][:len(self.own)]]).astype(np.int32)
        share = self.traffic.positions()
        roads = self.traffic.network
        seat(under_way, self._start, self._flat, columns["state"], int(State.MOVING),
             vehicles, share, roads.links,
             roads.tail, roads.head, self._node_x, self._node_y, roads.length_m, columns["x"], columns["y"],
             columns["node"], columns["link"], columns["offset_m"])

    def _get_out(self, done: NDArray[np.int32]) -> None:
        """Take over where the people in cars that have arrived, or have no way, are and since when."""
        vehicles, columns = self.traffic.vehicles, self.population.columns
        for status, then in ((ARRIVED, self._arrive), (STRANDED, self._stranded)):
            cars = done[vehicles["status"][done] == status]
            if len(cars) == 0:
                continue
            rows = self.aboard(cars)
            rows = rows[columns["state"][rows] == State.MOVING]
            mine = self.vehicle_of[rows]
            node = vehicles["node"][mine]
            columns["node"][rows], columns["link"][rows] = node, -1
            columns["x"][rows], columns["y"][rows] = self._node_x[node], self._node_y[node]
            columns["since_s"][rows] = vehicles["entry_s"][mine]
            columns["informed"][rows] = vehicles["klass"][mine] % 2
            if len(rows):
                then(np.sort(rows))
                self.population.touch()

    def _stranded(self, rows: NDArray[np.int64]) -> None:
        self.population.columns["state"][rows] = State.STRANDED
        self._strand(rows)

    # -- routes and roads -----------------------------------------------------------------------------

    def _refresh(self, t_s: float) -> None:
        """Look at the roads anew where it is time, and let the stranded go where a way has opened."""
        if t_s - self._observed_s >= self.traffic.settings.refresh:
            self._observed_s = t_s
            times = self.traffic.observe()
            self.model.roads.set_delays(times - self.traffic.links["free_s"])
            self.routes.car_times(self.traffic.link_time_s())
        self._fill_tables()

    def _fill_tables(self) -> None:
        self.routes.refresh()
        if self.routes.version == self._table_version:
            return
        self._table_version = self.routes.version
        for bound in Bound:
            for informed in (0, 1):
                k = class_of(Mode.CAR, bound, informed)
                self.traffic.set_routes(k, self.routes.next_link[k], self.routes.target[k])
        self.traffic.choose_again()
        self._revive()

    def _roads_changed(self, fresh: NDArray[np.bool_]) -> None:
        # What has driven up to now did so on the roads as they were.
        if self.traffic.count:
            self._advance(self.model.now)
        self._take_roads()
        if self.traffic.count:
            self.routes.car_times(self.traffic.link_time_s())
            self._fill_tables()
            self.process.wake()

    def _take_roads(self) -> None:
        live = self.model.roads
        self.traffic.set_closed(live.closed | self.extra_closed, self.extra_closed & ~live.closed)
        self.traffic.set_speed(live.speed_factor * self._speed_factor)

    def close_to_cars(self, links: NDArray[np.bool_], closed: bool) -> None:
        """Close links (links, mask) to cars alone, or open them again; cars on them drive on to their end."""
        self.extra_closed[links] = closed
        self.model.roads.set_no_entry(self.extra_closed)
        self._roads_changed(links)

    # -- traces ---------------------------------------------------------------------------------------

    def _trace(self) -> None:
        """Have the cars of those whose journeys are kept log their passages."""
        traced = self.vehicle_of[np.flatnonzero(self.traces.rows)]
        traced = traced[traced >= 0]
        self.traffic.vehicles["traced"][traced] = True
        self.traffic.log_passages(len(traced) * PASSAGES_A_TICK)

    def _keep_passages(self) -> None:
        log = self.traffic.passages()
        if len(log) == 0:
            return
        cars = log["vehicle"].astype(np.int64)
        count = self._start[cars + 1] - self._start[cars]
        rows = self.aboard(cars)
        kept = self.traces.rows[rows]
        self.traces.add(rows[kept].astype(np.int32), np.repeat(log["node"], count)[kept],
                        np.repeat(log["t_s"], count)[kept])
