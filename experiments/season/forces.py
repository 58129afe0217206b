"""The plan's teams that can hold a fire's edge: where they are, how long they take to any point of the county."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.travel import reversed_cost
from sim.live_roads import LiveRoads
from sim.settings.base import Delay
from sim.settings.plan import Plan, TeamType
from sim.world.routing import tree_to
from sim.world.world import World

KMH_PER_MPS = 3.6


@dataclass(frozen=True)
class Squad:
    """A team of the plan: ``node`` is its base; one that ``sleeps_in`` at a camp turns out by night as by day."""

    id: str
    type: TeamType
    crew: int
    node: int
    sleeps_in: bool

    @property
    def strength(self) -> float:
        """People who answer the call."""
        return max(1.0, self.crew * self.type.present)

    def turnout(self, hour: float, month: int) -> tuple[Delay, float]:
        """Return the delay from the order to wheels turning at an hour and in a month, and the busy season's factor."""
        turnout = self.type.turnout
        by_day = self.sleeps_in or turnout.day_from <= hour < turnout.day_to
        return (turnout.day if by_day else turnout.night,
                turnout.busy_factor if month in turnout.busy_months else 1.0)


class Forces:
    """The teams of a plan that can do a capability, with travel times from their bases over the free roads.

    A base's times to all nodes are found once and kept for every fire: no fire closes a road here.
    """

    def __init__(self, world: World, plan: Plan, types: dict[str, TeamType], capability: str) -> None:
        self._world = world
        self._x, self._y = np.asarray(world.roads.nodes["x"]), np.asarray(world.roads.nodes["y"])
        self._roads = LiveRoads(world.roads)
        self._times: dict[tuple[int, float, float], NDArray[np.float64]] = {}
        self.squads = [s for s in _squads(world, plan, types)
                       if capability in s.type.capabilities and capability in s.type.rates]

    def approach(self, squad: Squad, x: float, y: float) -> tuple[int, float]:
        """Return the node where a team leaves the road for a point, and the seconds of driving and walking from its
        base; infinite where there is no way."""
        times = self._from(squad.node, squad.type.road_speed_factor, squad.type.max_speed_kmh)
        walk = np.hypot(self._x - x, self._y - y) * (KMH_PER_MPS / squad.type.off_road_speed_kmh)
        if not len(walk):
            return -1, math.inf
        node = int((times + walk).argmin())
        return node, float(times[node] + walk[node])

    def between_s(self, start: int, end: int, factor: float, max_kmh: float) -> float:
        """Return seconds of driving from a node to another for a kind of vehicle."""
        return float(self._from(start, factor, max_kmh)[end])

    def to_nearest_s(self, start: int, ends: NDArray[np.int32], factor: float, max_kmh: float) -> float:
        """Return seconds of driving from a node to the nearest of some nodes, the same ones at each call."""
        key = (-1, factor, max_kmh)
        if key not in self._times:
            cost = self._roads.cost_s(factor=factor, max_mps=max_kmh / KMH_PER_MPS)
            self._times[key] = (tree_to(self._world.roads, cost, ends).time_s if len(ends)
                                else np.full(len(self._x), np.inf))
        return float(self._times[key][start])

    def _from(self, start: int, factor: float, max_kmh: float) -> NDArray[np.float64]:
        """Return seconds of driving from a node to every node."""
        key = (start, factor, max_kmh)
        if key not in self._times:
            cost = self._roads.cost_s(factor=factor, max_mps=max_kmh / KMH_PER_MPS)
            tree = tree_to(self._world.roads, reversed_cost(self._world.roads, cost), np.array([start], np.int32))
            self._times[key] = tree.time_s
        return self._times[key]


def _squads(world: World, plan: Plan, types: dict[str, TeamType]) -> list[Squad]:
    """Return every team of a plan, by the ids that a run gives them."""
    camp_of = {team: camp for camp in plan.camps for team in camp.teams}
    out = []
    for entry in plan.teams:
        camp = camp_of.get(entry.id)
        place = world.places.get(camp.place if camp else entry.place, f"plan {plan.id}, team {entry.id}")
        out += [Squad(f"{entry.id}-{number}" if entry.count > 1 else entry.id, types[entry.type], entry.crew,
                      place.node, camp is not None) for number in range(1, entry.count + 1)]
    return out
