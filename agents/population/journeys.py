"""Journeys: everybody under way, link by link along the tree to the nearest shelter with room.

Where no shelter can be reached the way is out of the county; where that is cut too, people are stranded until
a way opens. Roads are free of congestion here. Trees are found again when a road, a shelter or an order changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.population.columns import MODES, Mode, State
from agents.population.kernels import move, turn_back
from agents.population.orders import Orders
from agents.population.population import Population
from agents.population.traces import Traces
from agents.shelters import ShelterBook
from sim.clock import Rank
from sim.settings.scenario import Behaviour
from sim.world.routing import tree_to

if TYPE_CHECKING:
    from sim.model import Simulation

MOVEMENT_PERIOD_S = 60.0
RESORT_PERIOD_S = 900.0
"""Active rows are sorted by link this often: neighbours in memory are then neighbours on the road."""
RESORT_FROM = 20_000
"""Fewer movers than this fit the cache anyhow."""


class Journeys:
    """Moves residents under way; ``arrive`` is called with the rows (n,) that have reached a target."""

    def __init__(
        self, model: Simulation, population: Population, shelters: ShelterBook, orders: Orders,
        behaviour: Behaviour, traces: Traces, arrive: Callable[[NDArray[np.int64]], None],
    ) -> None:
        self.model = model
        self.population = population
        self.shelters = shelters
        self.orders = orders
        self.behaviour = behaviour
        self.traces = traces
        self._arrive = arrive
        self.exits = np.array([p.node for p in model.world.places.of_kind("gateway")], np.int32)
        self.moves = 0
        """Links passed by residents so far."""
        self.active = np.empty(population.size, np.int64)
        self.active_count = 0
        self._arrived = np.empty(0, np.int64)
        self._before = np.empty(population.size, np.int64)
        self._version: tuple[int, int, int] = (-1, -1, -1)
        self._next_link = np.full((MODES, model.world.roads.node_count), -1, np.int32)
        self._target = np.zeros(model.world.roads.node_count, np.bool_)
        self._link_mps = np.zeros((MODES, model.world.roads.link_count), np.float32)
        self._sorted_s = 0.0
        self._node_x = np.asarray(model.world.roads.nodes["x"], np.float64)
        self._node_y = np.asarray(model.world.roads.nodes["y"], np.float64)
        self.movement = model.clock.every(
            "movement", MOVEMENT_PERIOD_S, Rank.MOVEMENT, self._move, asleep=True)
        model.roads.listeners.append(self._turn_back)

    def set_out(self, rows: NDArray[np.int64], at_s: NDArray[np.float64]) -> None:
        """Put residents (n,) on the road at their node, at times (n,) of their own; nobody gets on it otherwise."""
        columns = self.population.columns
        columns["state"][rows] = State.MOVING
        columns["link"][rows] = -1
        columns["since_s"][rows] = at_s
        self.go_on(rows)

    def go_on(self, rows: NDArray[np.int64]) -> None:
        """Have residents who are MOVING (again) moved from now on."""
        self.active[self.active_count: self.active_count + len(rows)] = rows
        self.active_count += len(rows)
        self.movement.wake()

    def _routes(self) -> None:
        version = (self.model.roads.version, self.shelters.version, self.orders.version)
        if version == self._version:
            return
        self._version = version
        roads, live, ways = self.model.world.roads, self.model.roads, self.behaviour
        targets = self.shelters.targets(self.orders.ordered)
        self._target[:] = False
        self._target[targets] = True
        two_wheeler_mps = ways.two_wheeler_speed_kmh / 3.6
        costs = {
            Mode.CAR: live.cost_s(max_mps=np.inf, factor=ways.car_speed_factor),
            Mode.TWO_WHEELER: live.cost_s(max_mps=two_wheeler_mps, motorway=False),
            Mode.FOOT: live.cost_s(max_mps=ways.walking_speed_mps, on_foot=True),
        }
        for mode, cost in costs.items():
            tree = tree_to(roads, cost, targets)
            self._next_link[mode] = tree.next_link
            # Where no shelter with room can be reached, the way is out of the county.
            cut_off = np.isinf(tree.time_s)
            if cut_off.any():
                # Elsewhere a gateway is a node like others: nobody bound for a shelter stops there.
                self._target[self.exits] |= cut_off[self.exits]
                self._next_link[mode][cut_off] = tree_to(roads, cost, self.exits).next_link[cut_off]
            # A vehicle still on a closed link drives out of it at the link's own speed.
            open_speed = roads.links["speed_mps"] * live.speed_factor
            with np.errstate(divide="ignore"):
                self._link_mps[mode] = np.where(np.isinf(cost), open_speed, roads.links["length_m"] / cost)
        self._revive()

    def _revive(self) -> None:
        """Set the stranded going again where a way out has opened."""
        columns = self.population.columns
        if self.population.count(State.STRANDED) == 0:
            return
        rows = np.flatnonzero(columns["state"] == State.STRANDED)
        node, mode = columns["node"][rows], columns["mode"][rows]
        free = rows[(self._next_link[mode, node] >= 0) | self._target[node]]
        if len(free):
            columns["state"][free] = State.MOVING
            columns["since_s"][free] = np.maximum(columns["since_s"][free], self.model.now)
            self.go_on(free)
            self.population.touch()

    def _move(self, t_s: float) -> float | None:
        self._routes()
        columns, roads = self.population.columns, self.model.world.roads
        if t_s - self._sorted_s >= RESORT_PERIOD_S and self.active_count >= RESORT_FROM:
            self._sort_active()
            self._sorted_s = t_s
        # The dead leave the list before anyone moves.
        active = self.active[: self.active_count]
        alive = columns["state"][active] == State.MOVING
        if not alive.all():
            kept = active[alive]
            self.active[: len(kept)] = kept
            self.active_count = len(kept)
        if len(self._arrived) < self.active_count:
            self._arrived = np.empty(max(self.active_count, 1024), np.int64)
        before = self.active_count
        self._before[:before] = self.active[:before]
        log = self.traces.buffer(self.active_count)
        going, arrived, logged, passed = move(
            self.active, self.active_count, t_s, columns["state"], columns["mode"], columns["x"], columns["y"],
            columns["node"], columns["link"], columns["offset_m"], columns["walk_mps"], columns["since_s"],
            roads.links["head"], roads.links["tail"], roads.links["length_m"], self._link_mps,
            self._next_link, self._target, self._node_x, self._node_y,
            self.traces.rows, log.row, log.node, log.t_s, self._arrived)
        self.active_count = going
        self.moves += passed
        self.traces.take(logged)
        if arrived:
            self._arrive(np.sort(self._arrived[:arrived]))
        if going != before:
            self.population.touch()
        if going + arrived != before:
            self._wait_at_home(self._before[:before])
        return t_s + MOVEMENT_PERIOD_S if self.active_count else None

    def _wait_at_home(self, rows: NDArray[np.int64]) -> None:
        """Send those who found no way out before they had left their street back indoors."""
        columns = self.population.columns
        stuck = rows[columns["state"][rows] == State.STRANDED]
        order = np.argsort(columns["person_id"][stuck])
        stuck = stuck[order]
        places = self.model.world.places
        self.model.events.add_batch(
            columns["since_s"][stuck], "stranded", [f"P{i}" for i in columns["person_id"][stuck]],
            [places[int(v)].id for v in columns["village"][stuck]], columns["x"][stuck], columns["y"][stuck])
        home = stuck[columns["node"][stuck] == columns["home_node"][stuck]]
        columns["x"][home], columns["y"][home] = columns["home_x"][home], columns["home_y"][home]

    def _sort_active(self) -> None:
        active = self.active[: self.active_count]
        links = self.population.columns["link"][active]
        self.active[: self.active_count] = active[np.lexsort((active, links))]

    def _turn_back(self, fresh: NDArray[np.bool_]) -> None:
        columns, links = self.population.columns, self.model.world.roads.links
        if self.active_count:
            turn_back(self.active, self.active_count, fresh, columns["link"], columns["offset_m"],
                      links["reverse"], links["tail"], columns["node"], links["length_m"])
        if self.active_count or self.population.count(State.STRANDED):
            self.movement.wake()
