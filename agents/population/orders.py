"""Orders and warnings: which villages are ordered out, and when each household has its warning.

A household is warned once its order has reached it (a lognormal delay by channel, a share never reached)
or when a hazard has come in sight of its home; then it complies and prepares, or stays.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.population.columns import State
from agents.population.kernels import rows_in_box
from agents.population.planning import Plans, plan_households
from agents.population.population import Population
from sim.settings.plan import Warning as WarningSettings
from sim.settings.scenario import Behaviour

if TYPE_CHECKING:
    from sim.model import Simulation

WARNED_ALREADY = np.array([False, True])
"""Households that have had their warning see nothing new."""


class Orders:
    """The orders of a run and who has had word of them; ``wake`` is called with the time of the next decision."""

    def __init__(
        self, model: Simulation, population: Population, plans: Plans, warning: WarningSettings,
        behaviour: Behaviour, wake: Callable[[float], None],
    ) -> None:
        self.model = model
        self.population = population
        self.plans = plans
        self.warning = warning
        self.behaviour = behaviour
        self._wake = wake
        self.first_order_s = math.inf
        self.village_ordered_s = np.full(len(model.world.places), np.inf)
        self.version = 0
        """Orders given so far; each may take shelters off the routes."""
        self.warned = 0
        """Residents warned so far."""
        first = np.asarray(model.world.households["first"])
        self._home_x, self._home_y = population.columns["home_x"][first], population.columns["home_y"][first]
        self._seeing = np.empty(len(first), np.int64)
        if behaviour.notice_distance_m > 0:
            model.after_hazards.append(self._look_out)

    @property
    def ordered(self) -> NDArray[np.bool_]:
        """Which places (places,) are villages ordered to leave."""
        return np.isfinite(self.village_ordered_s)

    def order(self, villages: NDArray[np.integer]) -> int:
        """Order villages (place rows) to leave now; return how many residents that concerns."""
        now = self.model.now
        fresh = np.array([v for v in np.unique(villages) if math.isinf(self.village_ordered_s[v])], np.int64)
        if len(fresh) == 0:
            return 0
        self.village_ordered_s[fresh] = now
        self.version += 1
        if math.isinf(self.first_order_s):
            self.first_order_s = now
        households = self.population.households_of(fresh)
        members = self.population.members(households)
        self.population.columns["ordered"][members] = True
        self._warn(households, now, by_sight=False)
        places = self.model.world.places
        names = [places[int(v)].id for v in fresh]
        xs = np.array([places[int(v)].x for v in fresh])
        ys = np.array([places[int(v)].y for v in fresh])
        self.model.events.add_batch(np.full(len(fresh), now), "warning_order", [""] * len(fresh), names, xs, ys)
        return len(members)

    def _look_out(self, t_s: float) -> None:
        """Have households notice a hazard that has come nearer to their home than the notice distance."""
        far = self.behaviour.notice_distance_m
        for hazard in self.model.hazards:
            box = hazard.reach()
            if box is None:
                continue
            warned = (self.plans.warned_s <= t_s).view(np.uint8)
            n = rows_in_box(self._home_x, self._home_y, WARNED_ALREADY, warned, box.x0 - far, box.y0 - far,
                            box.x1 + far, box.y1 + far, self._seeing)
            near = self._seeing[:n]
            if n:
                away = hazard.distance(self._home_x[near], self._home_y[near])
                self.notice(near[away <= far])

    def notice(self, households: NDArray[np.int64]) -> None:
        """Let households that see the hazard prepare without any order."""
        late = households[self.plans.warned_s[households] > self.model.now]
        if len(late):
            self._warn(late, self.model.now, by_sight=True)

    def _warn(self, households: NDArray[np.int64], now: float, *, by_sight: bool) -> None:
        world = self.model.world
        ids = np.asarray(world.households["household_id"])[households]
        villages = self.population.household_village[households]
        connected = self._village_connected()[villages]
        streams = self.model.streams
        plan_households(
            households, ids, connected, now, by_sight,
            np.uint64(streams.key("warning delay")), np.uint64(streams.key("warning reach")),
            np.uint64(streams.key("compliance")), np.uint64(streams.key("preparation")),
            self.warning.delay.median, self.warning.delay.sigma, self.warning.without_network_factor,
            self.warning.reach, self.behaviour.compliance,
            self.behaviour.preparation.median, self.behaviour.preparation.sigma,
            self.plans.warned_s, self.plans.depart_s, self.plans.complies)
        self.plans.queue(households)
        if not math.isinf(self.plans.next_s):
            self._wake(self.plans.next_s)

    def _village_connected(self) -> NDArray[np.bool_]:
        works = self.model.infrastructure.connected()
        rows = np.ones(len(self.model.world.places), np.bool_)
        for place in self.model.world.places:
            if place.kind == "village":
                rows[place.row] = works[self.model.infrastructure.row(place.town)]
        return rows

    def receive(self, households: NDArray[np.int64]) -> None:
        """Have households whose warning has come prepare or stay."""
        columns = self.population.columns
        members = self.population.members(households)
        sizes = np.asarray(self.model.world.households["size"])[households]
        complies = np.repeat(self.plans.complies[households], sizes)
        at = np.repeat(self.plans.warned_s[households], sizes)
        everyday = (columns["state"][members] == State.NORMAL) | (columns["state"][members] == State.STAYING)
        rows = members[everyday]
        columns["state"][rows] = np.where(complies[everyday], State.PREPARING, State.STAYING)
        columns["warned_s"][rows] = at[everyday]
        self.warned += len(rows)
