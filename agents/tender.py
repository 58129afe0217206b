"""A water tender: sent to a team at work it empties its tank into the team's engine and goes for more."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

from agents.rescue_team import Status
from agents.shelters import entity_of
from agents.travel import Mover, Router, nearest_node
from sim.settings.water import Tender as TenderSettings
from sim.world.world import Place

if TYPE_CHECKING:
    from agents.water_supply import Unit, WaterSupply
    from sim.model import Simulation

POUR_STEP_S = 60.0
"""While it empties its tank, a tender looks this often at how much room the engine's tank has."""
S_PER_MIN = 60.0


class Tender(Mover):
    """A tender of the plan; it serves one team at a time."""

    def __init__(
        self, model: Simulation, router: Router, supply: WaterSupply, entry: TenderSettings, place: Place, number: int,
    ) -> None:
        one = entry.count == 1
        super().__init__(
            model, router, id=entry.id if one else f"{entry.id}-{number}",
            name=f"{place.name} water tender" + ("" if one else f" {number}"),
            name_zh=(entry.name_zh or f"{place.name_zh}水罐车") + ("" if one else f"{number}号"),
            node=place.node, speed_factor=1.0, max_mps=entry.speed_kmh / 3.6)
        self.settings = entry
        self.supply = supply
        self.litres = entry.tank_l
        self.trips = 0
        self.calls = 0
        self.unit: Unit | None = None
        self._process: simpy.Process | None = None

    @property
    def free(self) -> bool:
        """Whether it can be sent."""
        return self.unit is None

    def serve(self, unit: Unit) -> None:
        """Bring water to a team until it needs no more; on its way home a tender turns round."""
        if self._process is not None and self._process.is_alive:
            self._process.interrupt("ordered")
        self.unit = unit
        self._process = self.simulation.clock.env.process(self._serve(unit))

    def _serve(self, unit: Unit) -> Generator[simpy.Event, Any, None]:
        self.simulation.events.add(self.simulation.now, "tender_order", self.id, unit.team.id, self.x, self.y)
        if self.status == Status.AT_BASE:
            turnout = self.settings.turnout
            self.mark(Status.TURNOUT)
            yield self.timeout(self.simulation.streams.of("tender turnout").lognormal(
                entity_of(self.id), self.calls, median=turnout.median, sigma=turnout.sigma))
            self.calls += 1
        while self.supply.wanted(unit):
            if self.litres <= 0.0:
                yield from self._fill()
                if self.litres <= 0.0:
                    break  # there is no water to be had
            yield from self.drive(nearest_node(self.simulation, unit.team.x, unit.team.y), Status.DRIVING)
            yield from self._pour(unit)
        self.unit = None
        unit.tender = None
        yield from self._home()

    def _home(self) -> Generator[simpy.Event, Any, None]:
        try:
            yield from self.drive(self.base, Status.RETURNING)
        except simpy.Interrupt:
            return
        self.litres = self.settings.tank_l
        self.mark(Status.AT_BASE)

    def _fill(self) -> Generator[simpy.Event, Any, None]:
        """Drive to where it is full soonest, wait for an inlet and for water, and fill."""
        site = self.supply.refill_site(self, self.settings.tank_l, self.settings.draft_l_min)
        if site is None:
            return
        yield from self.drive(site.node, Status.DRIVING)
        self.mark(Status.WALKING)
        self.litres = yield from self.supply.fill_at(site, self.settings.tank_l, self.settings.draft_l_min)
        self.trips += 1
        self.simulation.events.add(self.simulation.now, "tender_filled", self.id, site.id, self.x, self.y,
                                   f'{{"litres": {self.litres:.0f}}}')

    def _pour(self, unit: Unit) -> Generator[simpy.Event, Any, None]:
        """Empty the tank into the engine's, as fast as the pump does and as it takes it."""
        self.mark(Status.WORKING)
        while self.litres > 0.0 and self.supply.wanted(unit):
            step = min(POUR_STEP_S, self.litres / self.settings.draft_l_min * S_PER_MIN)
            yield self.timeout(step)
            self.litres -= unit.pour_in(min(self.litres, self.settings.draft_l_min * step / S_PER_MIN))
        self.simulation.events.add(self.simulation.now, "tender_emptied", self.id, unit.team.id, self.x, self.y)
