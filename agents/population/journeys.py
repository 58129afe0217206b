"""Journeys: everybody under way, link by link by the table of their route class (see ``route_tables``).

Who has nowhere to go is stranded until a way opens. Those in cars are in the queues of ``driving``; walkers and
two-wheelers pass beside them, and are held up by nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.population.columns import Mode, State
from agents.population.kernels import move, turn_back
from agents.population.population import Population
from agents.population.route_tables import RouteTables
from agents.population.traces import Traces
from sim.clock import Rank

if TYPE_CHECKING:
    from agents.population.driving import Driving
    from sim.model import Simulation

MOVEMENT_PERIOD_S = 60.0
RESORT_PERIOD_S = 900.0
"""Active rows are sorted by link this often: neighbours in memory are then neighbours on the road."""
RESORT_FROM = 20_000
"""Fewer movers than this fit the cache anyhow."""


class Journeys:
    """Moves residents under way; ``arrive`` is called with the rows (n,) that have reached a target."""

    def __init__(
        self, model: Simulation, population: Population, routes: RouteTables, traces: Traces,
        arrive: Callable[[NDArray[np.int64]], None],
    ) -> None:
        self.model = model
        self.population = population
        self.routes = routes
        self.traces = traces
        self._arrive = arrive
        self.driving: Driving | None = None
        """Where those in cars go; without it they too go by the tables alone, free of congestion."""
        self.moves = 0
        """Links passed by residents so far, cars apart."""
        self.turned_back = 0
        """Residents on a link when it closed, who turned back."""
        self.learned_at_closure = 0
        """Residents who went by habit until they met a closed road."""
        self.active = np.empty(population.size, np.int64)
        self.active_count = 0
        self._arrived = np.empty(0, np.int64)
        self._before = np.empty(population.size, np.int64)
        self._sorted_s = 0.0
        self._seen_version = -1
        self._moved_s = -np.inf
        self._node_x = np.asarray(model.world.roads.nodes["x"], np.float64)
        self._node_y = np.asarray(model.world.roads.nodes["y"], np.float64)
        self.movement = model.clock.every(
            "movement", MOVEMENT_PERIOD_S, Rank.MOVEMENT, self._move, asleep=True)
        self.before_change: list[Callable[[float], object]] = []
        """Called with the time when the roads have changed: who was to have set out before does so first."""
        model.roads.listeners.append(self._roads_changed)

    def set_out(self, rows: NDArray[np.int64], at_s: NDArray[np.float64]) -> None:
        """Put residents (n,) on the road at their node, at times (n,) of their own; nobody gets on it otherwise."""
        columns = self.population.columns
        columns["state"][rows] = State.MOVING
        columns["link"][rows] = -1
        columns["since_s"][rows] = at_s
        if self.driving is not None:
            by_car = columns["mode"][rows] == Mode.CAR
            if by_car.any():
                self.driving.set_out(rows[by_car], at_s[by_car])
            rows = rows[~by_car]
        if len(rows):
            self._walk(rows)

    def go_on(self, rows: NDArray[np.int64]) -> None:
        """Have residents who are MOVING (again) moved from now on."""
        if self.driving is not None:
            by_car = self.population.columns["mode"][rows] == Mode.CAR
            if by_car.any():
                self.driving.go_on(rows[by_car])
            rows = rows[~by_car]
        if len(rows):
            self._walk(rows)

    def _walk(self, rows: NDArray[np.int64]) -> None:
        self.active[self.active_count: self.active_count + len(rows)] = rows
        self.active_count += len(rows)
        self.movement.wake()

    def revive(self) -> None:
        """Set the stranded going again where a way out has opened."""
        columns = self.population.columns
        if self.population.count(State.STRANDED) == 0:
            return
        rows = np.flatnonzero(columns["state"] == State.STRANDED)
        node, routes = columns["node"][rows], self.routes
        kind = (columns["mode"][rows] * 2 + columns["bound_for"][rows]) * 2 + columns["informed"][rows]
        free = rows[(routes.next_link[kind, node] >= 0) | routes.target[kind, node]]
        if len(free):
            columns["state"][free] = State.MOVING
            columns["since_s"][free] = np.maximum(columns["since_s"][free], self.model.now)
            self.go_on(free)
            self.population.touch()

    def _move(self, t_s: float) -> float | None:
        self._look()
        # Woken a second time at the same time: who has set out since is moved the next time, from when they did.
        if t_s > self._moved_s:
            self._advance(t_s)
        return t_s + MOVEMENT_PERIOD_S if self.active_count else None

    def _look(self) -> None:
        """Look at the routes anew, and let the stranded go where a way has opened."""
        self.routes.refresh()
        if self.routes.version != self._seen_version:
            self._seen_version = self.routes.version
            self.revive()

    def _advance(self, t_s: float) -> None:
        """Move everybody under way up to a time."""
        self._moved_s = t_s
        columns, roads, routes = self.population.columns, self.model.world.roads, self.routes
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
        going, arrived, logged, passed, learned = move(
            self.active, self.active_count, t_s, columns["state"], columns["mode"], columns["x"], columns["y"],
            columns["node"], columns["link"], columns["offset_m"], columns["walk_mps"], columns["since_s"],
            roads.links["head"], roads.links["tail"], roads.links["length_m"], routes.link_mps,
            routes.next_link, routes.target, columns["bound_for"], columns["informed"], routes.closed,
            self._node_x, self._node_y,
            self.traces.rows, log.row, log.node, log.t_s, self._arrived)
        self.active_count = going
        self.moves += passed
        self.learned_at_closure += learned
        self.traces.take(logged)
        if arrived:
            self._arrive(np.sort(self._arrived[:arrived]))
        if going != before:
            self.population.touch()
        if going + arrived != before:
            self.wait_at_home(self._before[:before])

    def wait_at_home(self, rows: NDArray[np.int64]) -> None:
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

    def _roads_changed(self, fresh: NDArray[np.bool_]) -> None:
        # Whoever set out or was under way up to now did so on the roads as they were.
        for leader in self.before_change:
            leader(self.model.now)
        if self.active_count and self.model.now > self._moved_s:
            self.routes.refresh()
            self._advance(self.model.now)
        self.routes.take_roads()
        columns, links = self.population.columns, self.model.world.roads.links
        if self.active_count:
            turned, learned = turn_back(
                self.active, self.active_count, fresh, columns["link"], columns["offset_m"], links["reverse"],
                links["tail"], columns["node"], links["length_m"], columns["informed"])
            self.turned_back += turned
            self.learned_at_closure += learned
        if self.active_count or self.population.count(State.STRANDED):
            self.movement.wake()
