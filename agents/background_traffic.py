"""Background traffic: everyday trips between a county's units that share the roads with those who evacuate.

Trips of a minute are Poisson by the unit's residents; their goals follow a gravity model (residents over squared
distance; from a unit that nobody else draws, every other one alike); they start at villages by residents and keep to
the free-flow way, so that a closure strands them. They set out only while residents are on the road: the everyday
before an evacuation is not simulated. Left out: that
people drive less, or fetch their families, once they have heard of an emergency.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

from agents.population.driving import EVACUEES, Driving
from sim.world.routing import tree_to
from sim.world.world import Place

if TYPE_CHECKING:
    from sim.model import Simulation

MINUTE_S = 60.0
"""Trips are drawn minute by minute, however often the traffic is looked at."""
NEAREST_M = 1000.0
"""Units nearer to each other count as this far apart in the gravity model."""


class BackgroundTraffic:
    """Puts everyday trips on the road while an evacuation is on; no draw depends on the plan."""

    def __init__(self, model: Simulation, driving: Driving, trips_per_1000_h: float) -> None:
        self.driving = driving
        self.trips = 0
        """Trips so far."""
        world = model.world
        units = world.places.of_kind("unit")
        self._rate = np.array([u.residents for u in units]) / 1000.0 * trips_per_1000_h * MINUTE_S / 3600.0
        if len(units) < 2 or self._rate.sum() == 0.0:
            return
        x, y = np.array([u.x for u in units]), np.array([u.y for u in units])
        away = np.maximum(np.hypot(x[:, None] - x, y[:, None] - y), NEAREST_M)
        pull = np.array([u.residents for u in units]) / away**2
        np.fill_diagonal(pull, 0.0)
        nobody = pull.sum(1) == 0.0
        pull[nobody] = 1.0 - np.eye(len(units))[nobody]
        self._goal_cdf = np.cumsum(pull, 1) / pull.sum(1, keepdims=True)
        self._origins = [self._villages(world.places.of_kind("village"), unit.id, unit.node) for unit in units]
        self._how_many = model.streams.of("background trips")
        self._which = model.streams.of("background trip")
        network = driving.traffic.network
        for i, unit in enumerate(units):
            tree = tree_to(world.roads, network.free_s(), np.array([unit.node], np.int32))
            target = np.zeros(network.nodes, np.bool_)
            target[unit.node] = True
            driving.traffic.set_routes(EVACUEES + i, tree.next_link, target)
        self._until_s = 0.0
        driving.after.append(self._keep_up)

    @staticmethod
    def _villages(villages: list[Place], unit: str, node: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        mine = [v for v in villages if v.town == unit and v.residents > 0]
        if not mine:
            return np.array([node], np.int32), np.ones(1)
        residents = np.array([v.residents for v in mine], np.float64)
        return np.array([v.node for v in mine], np.int32), np.cumsum(residents) / residents.sum()

    def _keep_up(self, t_s: float) -> None:
        """Add the trips until the traffic is looked at again, if residents are on the road."""
        if not self.driving.residents_on_road:
            return
        since, until = max(self._until_s, t_s), t_s + self.driving.process.period_s
        for minute in range(int(since // MINUTE_S), int(np.ceil(until / MINUTE_S))):
            self._set_out(minute, since, until)
        self._until_s = until

    def _set_out(self, minute: int, since_s: float, until_s: float) -> None:
        """Add the trips of a minute that begin from one time on and before another."""
        units = np.arange(len(self._rate))
        count = poisson.ppf(self._how_many.uniforms(units, minute), self._rate).astype(np.int64)
        unit = np.repeat(units, count)
        number = np.arange(len(unit)) - np.repeat(np.cumsum(count) - count, count)
        entity = minute * len(units) + unit
        goal_draw, home_draw, time_draw = (
            self._which.uniforms(entity, number * 3 + k) for k in range(3))
        at_s = (minute + time_draw) * MINUTE_S
        now = (at_s >= since_s) & (at_s < until_s)
        if not now.any():
            return
        unit, goal_draw, home_draw, at_s = unit[now], goal_draw[now], home_draw[now], at_s[now]
        goal = np.array([np.searchsorted(self._goal_cdf[u], d, side="right") for u, d in zip(
            unit.tolist(), goal_draw.tolist(), strict=True)])
        start = np.array([self._origins[u][0][min(int(np.searchsorted(self._origins[u][1], d, side="right")),
                                                  len(self._origins[u][0]) - 1)]
                          for u, d in zip(unit.tolist(), home_draw.tolist(), strict=True)], np.int32)
        goal = np.minimum(goal, len(units) - 1)
        self.trips += len(unit)
        self.driving.traffic.depart(at_s, start, EVACUEES + goal)
