"""A supply truck and the warehouse it loads at: dock, load, drive, unload, come back."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import simpy

from agents.rescue_team import Status
from agents.shelters import Shelter, entity_of
from agents.travel import Mover, Router
from sim.settings.plan import Warehouse

if TYPE_CHECKING:
    from sim.model import Simulation

UNLOADING_S = 900.0
"""Time to unload a truck at a shelter by hand. Assumption."""


@dataclass
class Depot:
    """A warehouse in a run: its stock of relief packs, its docks and its trucks."""

    id: str
    name_zh: str
    settings: Warehouse
    node: int
    stock: int
    docks: simpy.Resource
    trucks: list[SupplyTruck] = field(default_factory=list)


class SupplyTruck(Mover):
    """A truck of a depot; one trip at a time."""

    def __init__(self, model: Simulation, router: Router, depot: Depot, number: int) -> None:
        super().__init__(model, router, id=f"{depot.id}-truck{number}", name=f"{depot.id} truck {number}",
                         name_zh=f"{depot.name_zh}{number}号车", node=depot.node, speed_factor=1.0,
                         max_mps=depot.settings.truck_speed_kmh / 3.6)
        self.depot = depot
        self.trips = 0
        self.busy = False

    def send(self, shelter: Shelter, packs: int) -> None:
        """Send the truck to a shelter with packs, which leave the stock at once."""
        self.busy = True
        self.depot.stock -= packs
        shelter.packs_coming += packs
        self.simulation.clock.env.process(self._trip(shelter, packs))

    def _trip(self, shelter: Shelter, packs: int) -> Generator[simpy.Event, Any, None]:
        settings, events = self.depot.settings, self.simulation.events
        turnout = self.simulation.streams.of("truck turnout")
        loading = self.simulation.streams.of("truck loading")
        entity = entity_of(self.id)
        self.mark(Status.TURNOUT)
        yield self.timeout(turnout.lognormal(entity, self.trips, median=settings.truck_turnout.median,
                                             sigma=settings.truck_turnout.sigma))
        with self.depot.docks.request() as dock:
            yield dock
            self.mark(Status.WORKING)
            yield self.timeout(loading.lognormal(entity, self.trips, median=settings.loading.median,
                                                 sigma=settings.loading.sigma))
        self.trips += 1
        events.add(self.simulation.now, "loaded", self.id, shelter.id, self.x, self.y, f'{{"packs": {packs}}}')
        yield from self.drive(shelter.node, Status.DRIVING)
        yield self.timeout(max(0.0, shelter.open_s - self.simulation.now))
        self.mark(Status.WORKING)
        yield self.timeout(UNLOADING_S)
        shelter.packs += packs
        shelter.packs_coming -= packs
        shelter.first_delivery_s = min(shelter.first_delivery_s, self.simulation.now)
        events.add(self.simulation.now, "delivery", self.id, shelter.id, self.x, self.y, f'{{"packs": {packs}}}')
        yield from self.drive(self.depot.node, Status.RETURNING)
        self.mark(Status.AT_BASE)
        self.busy = False
