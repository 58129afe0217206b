"""How teams, trucks and buses travel: link by link along the fastest way now, found again when a road changes.

A link that closes under a vehicle not yet half-way along it, by time, sends it back to where it came from in the time
it had driven, and it looks for another way; past half-way it drives on.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, NamedTuple

import mesa
import numpy as np
import simpy
from numpy.typing import NDArray

from sim.world.routing import Tree, tree_to
from sim.world.world import Roads

if TYPE_CHECKING:
    from sim.model import Simulation

WAIT_FOR_ROAD_S = 300.0
"""A vehicle with no open way looks again after this time."""
TURN_BACK_UP_TO = 0.5
"""Share of its time on a closing link before which a vehicle turns back. Assumption: the nearer end, as cars do."""
CLOSED_AHEAD = "the link closed"
"""Cause of the interrupt that turns a vehicle back."""


class Waypoint(NamedTuple):
    """Where a mover was, when, and what it was doing from then on."""

    t_s: float
    x: float
    y: float
    status: int


def reversed_cost(roads: Roads, cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each link's cost as that of the link the other way: a tree over it gives times *from* a node."""
    reverse = roads.links["reverse"]
    return np.where(reverse >= 0, cost[np.maximum(reverse, 0)], np.inf)


class Router:
    """Trees of travel time to single nodes for kinds of vehicles, kept until a road changes."""

    def __init__(self, model: Simulation, held_up: float = 0.0, *, obeys: bool = False) -> None:
        self.model = model
        self._version = (-1, -1, -1)
        self._trees: dict[tuple[int, float, float], Tree] = {}
        self._costs: dict[tuple[float, float], np.ndarray] = {}
        self.held_up = held_up
        """Share of the queues' delay that these vehicles suffer: 1 for trucks, less with siren and escort."""
        self.obeys = obeys
        """Whether links without entry, such as the lanes a contraflow has taken, are closed to these vehicles.

        They are to buses and trucks; emergency teams drive in against a contraflow with an escort.
        """

    @property
    def version(self) -> tuple[int, int, int]:
        """What rises whenever the cost of a link may have changed: closures and speeds, queues, entry."""
        roads = self.model.roads
        return roads.version, roads.delay_version, roads.entry_version if self.obeys else 0

    def cost(self, factor: float, max_mps: float) -> np.ndarray:
        """Return seconds per link (links,) for a kind of vehicle on the roads as they are."""
        if self.version != self._version:
            self._trees.clear()
            self._costs.clear()
            self._version = self.version
        key = (factor, max_mps)
        if key not in self._costs:
            roads = self.model.roads
            cost = roads.cost_s(max_mps=max_mps, factor=factor, held_up=self.held_up)
            self._costs[key] = np.where(roads.no_entry, np.inf, cost) if self.obeys else cost
        return self._costs[key]

    def approach(
        self, start: int, x: float, y: float, factor: float, max_mps: float, off_road_mps: float,
    ) -> tuple[int, float]:
        """Return the node to leave the road at for a point, and the seconds of driving and walking in all.

        It is the node that gets there first on the roads as they are, not the nearest: that one may lie
        behind a closure. A start from which no link is open is its own best node.
        """
        cost = self.cost(factor, max_mps)
        key = (-1 - start, factor, max_mps)
        roads = self.model.world.roads
        if key not in self._trees:
            self._trees[key] = tree_to(roads, reversed_cost(roads, cost), np.array([start], np.int32))
        walk = np.hypot(np.asarray(roads.nodes["x"]) - x, np.asarray(roads.nodes["y"]) - y) / off_road_mps
        total = self._trees[key].time_s + walk
        node = int(np.argmin(total))
        return node, float(total[node])

    def to(self, node: int, factor: float, max_mps: float) -> Tree:
        """Return the tree of shortest times to a node for a kind of vehicle."""
        cost = self.cost(factor, max_mps)
        key = (node, factor, max_mps)
        if key not in self._trees:
            self._trees[key] = tree_to(self.model.world.roads, cost, np.array([node], np.int32))
        return self._trees[key]


class Mover(mesa.Agent):
    """A vehicle with its people: has a place, a status and a journey that is kept for the replay."""

    def __init__(
        self, model: Simulation, router: Router, *, id: str, name: str, name_zh: str, node: int,
        speed_factor: float, max_mps: float,
    ) -> None:
        super().__init__(model)
        self.simulation = model
        self.router = router
        self.id = id
        self.name = name
        self.name_zh = name_zh
        self.base = node
        self.node = node
        self.speed_factor = speed_factor
        self.max_mps = max_mps
        self.x = float(model.world.roads.nodes["x"][node])
        self.y = float(model.world.roads.nodes["y"][node])
        self.status = 0
        self.waypoints: list[Waypoint] = [Waypoint(0.0, self.x, self.y, 0)]
        self.turned_back = 0
        """How often a link closed under it and it drove back."""
        self._link = -1
        """Link it drives along and would turn back on; -1 for none."""
        self._driver: simpy.Process | None = None
        self._turn_until_s = -np.inf
        """When it is half-way along the link."""
        self._back_s = -np.inf
        """When it will be, or was, back at its node after it turned."""
        model.roads.listeners.append(self._roads_changed)

    @property
    def turning(self) -> bool:
        """Whether the mover is on its way back along a link that closed under it."""
        return self.simulation.now < self._back_s

    @property
    def on_road(self) -> bool:
        """Whether the mover is at the road node it counts as at, or on a road on its way back there."""
        if self.turning:
            return True
        nodes = self.simulation.world.roads.nodes
        return self.x == float(nodes["x"][self.node]) and self.y == float(nodes["y"][self.node])

    def timeout(self, delay_s: float) -> simpy.Timeout:
        """Return an event ``delay_s`` seconds from now."""
        return self.simulation.clock.env.timeout(max(delay_s, 0.0))

    def mark(self, status: int) -> None:
        """Note where the mover is and what it does from now on."""
        self.status = status
        self.waypoints.append(Waypoint(self.simulation.now, self.x, self.y, status))

    def drive_s(self, node: int) -> float:
        """Return seconds of driving to a node on the roads as they are; infinite where there is no way."""
        return float(self.router.to(node, self.speed_factor, self.max_mps).time_s[self.node])

    def drive(
        self, node: int, status: int, *, patient: bool = True,
    ) -> Generator[simpy.Event, Any, bool]:
        """Drive to a node, looking at the roads anew before every link; return whether it got there.

        The patient wait where they are until a way opens; the others give up there.
        """
        self.mark(status)
        yield from self._turn_back(status)
        while self.node != node:
            link = int(self.router.to(node, self.speed_factor, self.max_mps).next_link[self.node])
            if link >= 0:
                yield from self._drive_along(link, status)
            elif patient:
                yield self.timeout(WAIT_FOR_ROAD_S)
            else:
                return False
        return True

    def drive_towards(
        self, x: float, y: float, off_road_mps: float, status: int,
    ) -> Generator[simpy.Event, Any, None]:
        """Drive to where walking on to a point is quickest; a road closed on the way changes where that is."""
        self.mark(status)
        yield from self._turn_back(status)
        roads = self.simulation.roads
        version, goal = (-1, -1), self.node
        while True:
            if version != (roads.version, roads.entry_version):
                version = (roads.version, roads.entry_version)
                goal, _ = self.router.approach(self.node, x, y, self.speed_factor, self.max_mps, off_road_mps)
            if goal == self.node:
                return
            link = int(self.router.to(goal, self.speed_factor, self.max_mps).next_link[self.node])
            yield from self._drive_along(link, status)

    def _drive_along(self, link: int, status: int) -> Generator[simpy.Event, Any, None]:
        """Drive along a link; one that closes before half-way leaves the mover back where it was."""
        links = self.simulation.world.roads.links
        cost, since = float(self.router.cost(self.speed_factor, self.max_mps)[link]), self.simulation.now
        self._link, self._driver = link, self.simulation.clock.env.active_process
        self._turn_until_s = since + cost * TURN_BACK_UP_TO
        try:
            yield self.timeout(cost)
        except simpy.Interrupt as stop:
            if stop.cause is not CLOSED_AHEAD:
                raise
            driven = self.simulation.now - since
            self._move_towards(int(links["head"][link]), driven / cost)
            self._back_s = self.simulation.now + driven
            self.turned_back += 1
            self.simulation.events.add(self.simulation.now, "turned_back", self.id, "", self.x, self.y)
            self.mark(status)
            yield from self._turn_back(status)
            return
        finally:
            self._link = -1
        self.node = int(links["head"][link])
        self._move_towards(self.node, 1.0)
        self.mark(status)

    def _turn_back(self, status: int) -> Generator[simpy.Event, Any, None]:
        """Drive what is left of the way back to the node after turning; called off on it, be where one is."""
        since, left = self.simulation.now, self._back_s - self.simulation.now
        if left < 0:
            return
        try:
            yield self.timeout(left)
        except simpy.Interrupt:
            self._move_towards(self.node, (self.simulation.now - since) / left if left > 0 else 1.0)
            raise
        self._back_s = -np.inf
        self._move_towards(self.node, 1.0)
        self.mark(status)

    def _move_towards(self, node: int, share: float) -> None:
        """Be a share of the straight way nearer to a node."""
        nodes = self.simulation.world.roads.nodes
        x, y = float(nodes["x"][node]), float(nodes["y"][node])
        if share >= 1.0:
            self.x, self.y = x, y
        else:
            self.x, self.y = self.x + share * (x - self.x), self.y + share * (y - self.y)

    def _roads_changed(self, closed: NDArray[np.bool_]) -> None:
        """Turn back from a link that is among those newly closed (links,), when not yet half-way."""
        if self._link < 0 or not closed[self._link] or self.simulation.now >= self._turn_until_s:
            return
        self._link = -1
        if self._driver is not None:
            self._driver.interrupt(CLOSED_AHEAD)

    def walk(self, x: float, y: float, speed_mps: float, status: int) -> Generator[simpy.Event, Any, None]:
        """Go straight to a point off the road."""
        self.mark(status)
        yield self.timeout(math.hypot(x - self.x, y - self.y) / speed_mps)
        self.x, self.y = x, y
        self.mark(status)


def nearest_node(model: Simulation, x: float, y: float) -> int:
    """Return the road node nearest to a point."""
    nodes = model.world.roads.nodes
    away = (np.asarray(nodes["x"]) - x) ** 2 + (np.asarray(nodes["y"]) - y) ** 2
    return int(np.argmin(away))
