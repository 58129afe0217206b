"""Evacuation as others see it: orders, warnings, departures, journeys and arrivals of all residents of a run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.population.arrivals import Arrivals
from agents.population.departures import Departures
from agents.population.driving import EVACUEES, Driving
from agents.population.hosts import Hosts
from agents.population.journeys import Journeys
from agents.population.moving_on import MovingOn
from agents.population.orders import Orders
from agents.population.planning import Plans
from agents.population.population import Population
from agents.population.route_tables import RouteTables
from agents.population.traces import Traces
from agents.shelters import ShelterBook
from sim.clock import Rank
from sim.settings.people import PeopleSettings
from sim.settings.plan import Warning as WarningSettings
from sim.settings.scenario import Behaviour
from sim.settings.traffic import TrafficSettings
from sim.traffic.network import TrafficNetwork
from sim.traffic.traffic import Traffic

if TYPE_CHECKING:
    from sim.model import Simulation

DECISION_PERIOD_S = 60.0
"""Households' warnings and departures are looked at on this grid; each keeps its own time."""
QUEUE_PERIOD_S = 300.0
"""Those held up on the roads are counted this often."""


class Evacuation:
    """Orders, warnings, departures and movement of all residents of a run: the parts, and what others ask of them."""

    def __init__(
        self, model: Simulation, population: Population, shelters: ShelterBook, warning: WarningSettings,
        behaviour: Behaviour, people: PeopleSettings, traces: Traces, traffic: TrafficSettings,
    ) -> None:
        self.model = model
        self.population = population
        self.plans = Plans(len(model.world.households["size"]))
        self.decisions = model.clock.every(
            "household decisions", DECISION_PERIOD_S, Rank.DECISION, self._decide, asleep=True)
        self.orders = Orders(model, population, self.plans, warning, behaviour, self.decisions.wake)
        self.hosts = Hosts(model.world, people.guests_per_resident)
        self.routes = RouteTables(model, shelters, self.hosts, self.orders, behaviour, people)
        self.arrivals = Arrivals(model, population, shelters, self.hosts, self.orders)
        self.journeys = Journeys(model, population, self.routes, traces, self.arrivals.arrive)
        self.arrivals.journeys = self.journeys
        network = TrafficNetwork.from_roads(model.world.roads, traffic)
        self.traffic = Traffic(network, EVACUEES + len(model.world.places.of_kind("unit")))
        self.driving = Driving(
            model, population, self.routes, traces, self.traffic, speed_factor=behaviour.car_speed_factor,
            seats=people.car_seats, arrive=self.arrivals.arrive, strand=self.journeys.wait_at_home,
            revive=self.journeys.revive)
        self.journeys.driving = self.driving
        self.departures = Departures(
            model, population, self.plans, self.orders, self.journeys, behaviour, people, traces, self.hosts)
        self.moving_on = MovingOn(
            model, population, self.orders, self.arrivals, self.journeys, behaviour.preparation,
            self.departures.pace_mps, traces)
        self.most_queued = 0
        """Largest number of vehicles held up on the roads at one time, everyday traffic included."""
        self._counted = -1
        self.driving.after.append(self._count_queues)
        self.journeys.before_change += [self._decide, self.moving_on.work]

    def order(self, villages: NDArray[np.integer]) -> int:
        """Order villages (place rows) to leave now; return how many residents that concerns."""
        return self.orders.order(villages)

    @property
    def first_order_s(self) -> float:
        """When the first order was given; inf before."""
        return self.orders.first_order_s

    @property
    def village_ordered_s(self) -> NDArray[np.float64]:
        """When each place (places,) was ordered to leave; inf where it was not."""
        return self.orders.village_ordered_s

    @property
    def warned(self) -> int:
        """Residents warned so far."""
        return self.orders.warned

    @property
    def moves(self) -> int:
        """Links entered so far: by each resident on foot or a two-wheeler, and by each car with all who sit in it."""
        return self.journeys.moves + int(self.traffic.links["entered"].sum())

    @property
    def unplaced(self) -> set[int]:
        """Households that found a shelter full on the way."""
        return self.arrivals.unplaced

    def _count_queues(self, t_s: float) -> None:
        if t_s // QUEUE_PERIOD_S > self._counted:
            self._counted = int(t_s // QUEUE_PERIOD_S)
            self.most_queued = max(self.most_queued, int(self.traffic.queues().sum()))

    def _decide(self, t_s: float) -> float | None:
        warned, leaving = self.plans.due(t_s)
        if len(warned):
            self.orders.receive(warned)
        if len(leaving) or self.departures.next_s <= t_s:
            self.departures.leave(leaving, t_s)
        self.population.touch()
        due = min(self.plans.next_s, self.departures.next_s)
        return None if math.isinf(due) else due
