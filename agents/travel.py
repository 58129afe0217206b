"""How teams and trucks travel: link by link along the fastest way now, found again when a road changes."""

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

    def __init__(self, model: Simulation, held_up: float = 0.0) -> None:
        self.model = model
        self._version = (-1, -1)
        self._trees: dict[tuple[int, float, float], Tree] = {}
        self._costs: dict[tuple[float, float], np.ndarray] = {}
        self.held_up = held_up
        """Share of the queues' delay that these vehicles suffer: 1 for trucks, less with siren and escort."""

    def cost(self, factor: float, max_mps: float) -> np.ndarray:
        """Return seconds per link (links,) for a kind of vehicle on the roads as they are."""
        version = (self.model.roads.version, self.model.roads.delay_version)
        if version != self._version:
            self._trees.clear()
            self._costs.clear()
            self._version = version
        key = (factor, max_mps)
        if key not in self._costs:
            self._costs[key] = self.model.roads.cost_s(
                max_mps=max_mps, factor=factor, held_up=self.held_up)
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

    @property
    def on_road(self) -> bool:
        """Whether the mover is at the road node it counts as at."""
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

    def drive(self, node: int, status: int) -> Generator[simpy.Event, Any, None]:
        """Drive to a node, looking at the roads anew before every link."""
        links = self.simulation.world.roads.links
        nodes = self.simulation.world.roads.nodes
        self.mark(status)
        while self.node != node:
            tree = self.router.to(node, self.speed_factor, self.max_mps)
            link = int(tree.next_link[self.node])
            if link < 0:
                yield self.timeout(WAIT_FOR_ROAD_S)
                continue
            yield self.timeout(float(self.router.cost(self.speed_factor, self.max_mps)[link]))
            self.node = int(links["head"][link])
            self.x, self.y = float(nodes["x"][self.node]), float(nodes["y"][self.node])
            self.mark(status)

    def drive_towards(
        self, x: float, y: float, off_road_mps: float, status: int,
    ) -> Generator[simpy.Event, Any, None]:
        """Drive to where walking on to a point is quickest; a road closed on the way changes where that is."""
        self.mark(status)
        version, goal = -1, self.node
        while True:
            if version != self.simulation.roads.version:
                version = self.simulation.roads.version
                goal, _ = self.router.approach(self.node, x, y, self.speed_factor, self.max_mps, off_road_mps)
            if goal == self.node:
                return
            link = int(self.router.to(goal, self.speed_factor, self.max_mps).next_link[self.node])
            yield self.timeout(float(self.router.cost(self.speed_factor, self.max_mps)[link]))
            self.node = int(self.simulation.world.roads.links["head"][link])
            nodes = self.simulation.world.roads.nodes
            self.x, self.y = float(nodes["x"][self.node]), float(nodes["y"][self.node])
            self.mark(status)

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
