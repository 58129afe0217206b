"""Water for a season's teams: what their hoses bring from engine, water point and bank, as in a whole run.

Sources, hose and flow are agents/water_supply.py's own. Vehicles that bring more are an even flow here: an empty
engine is away for its drive to water and back, a tender brings its first tank as it arrives and then what its round
trips give (tank over round trip). Left out: water points that vehicles empty, tenders that wait for each other, water
that another fire has drawn.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
import simpy

from agents.shelters import entity_of
from agents.water_supply import EMPTY_SHARE, S_PER_MIN, Unit, WaterSupply
from agents.waters import Stock, Waters
from experiments.season.forces import Forces
from sim.hydraulics import shuttle_l_min
from sim.random import Streams
from sim.settings.plan import Plan
from sim.settings.water import Tender as TenderSettings
from sim.world.world import World

if TYPE_CHECKING:
    from agents.rescue_team import RescueTeam
    from experiments.season.attack import Sent


@dataclass
class Shuttle:
    """A tender at work for a team: when its first tank is there, what it brings from then on, what it has poured."""

    from_s: float
    first_l: float
    l_min: float
    poured_l: float = 0.0

    def due_l(self, now_s: float) -> float:
        """Return what it has brought by now and not poured yet."""
        if now_s < self.from_s:
            return 0.0
        return self.first_l + self.l_min * (now_s - self.from_s) / S_PER_MIN - self.poured_l


class Wells:
    """The water of a plan on a World, laid out once for every fire."""

    def __init__(self, world: World, plan: Plan, forces: Forces) -> None:
        self.plan, self.forces = plan, forces
        self._waters = Waters(world, plan, simpy.Environment())
        self.vehicles: list[tuple[str, int, TenderSettings]] = []
        """Each tender: its id, the node it stands at, its settings."""
        for entry in plan.tenders:
            node = world.places.get(entry.place, f"plan {plan.id}, tender {entry.id}").node
            self.vehicles += [(entry.id if entry.count == 1 else f"{entry.id}-{n + 1}", node, entry)
                              for n in range(entry.count)]
        points = [point.node for point in self._waters.points if point.node >= 0]
        self.nodes = np.unique(np.concatenate([self._waters.drafting_nodes, np.array(points, np.int32)]))
        """Road nodes at which vehicles fill."""

    def waters(self) -> Waters:
        """Return the same waters with every water point full."""
        fresh, env = copy.copy(self._waters), simpy.Environment()
        fresh.points = [Stock(p.settings, env, p.x, p.y, p.z, p.node) for p in self._waters.points]
        return fresh


class FireWater(WaterSupply):
    """The water of the teams at one fire."""

    def __init__(self, wells: Wells, streams: Streams) -> None:
        """Nobody has asked yet; :meth:`join` takes a team in."""
        self._clock = SimpleNamespace(now=0.0)
        self.drill = cast("object", self._clock)  # type: ignore[assignment]
        self.waters = wells.waters()
        self.units: dict[str, Unit] = {}
        self.tenders = []
        self._wells, self._streams = wells, streams
        self._idle = list(wells.vehicles)
        self._shuttles: dict[str, Shuttle] = {}
        self._back_s: dict[str, float] = {}

    def join(self, sent: Sent) -> None:
        """Count the water of a team; one without hose has none to count."""
        if sent.type.water is not None:
            self.units[sent.id] = Unit(cast("RescueTeam", sent), sent.type.water, sent.type.water.tank_l)

    def at(self, now_s: float) -> None:
        """Let it be so late, in seconds since ignition."""
        self._clock.now = now_s

    def _see_to_tank(self, unit: Unit) -> None:
        """Pour in what a tender has brought; send one to an engine not full; let an empty engine go by itself."""
        now, id = float(self._clock.now), unit.team.id
        if unit.gear.tank_l == 0.0:
            return
        if unit.away and now >= self._back_s[id]:
            unit.away = False
            unit.pour_in(unit.gear.tank_l)
        shuttle = self._shuttles.get(id)
        if shuttle is not None:
            shuttle.poured_l += unit.pour_in(max(shuttle.due_l(now), 0.0))
        elif unit.tank_l < unit.gear.tank_l and self._idle:
            self._send_tender(unit, now)
        elif unit.tank_l < EMPTY_SHARE * unit.gear.tank_l and not unit.away:
            type, forces = unit.team.type, self._wells.forces
            drive_s = forces.to_nearest_s(unit.team.node, self._wells.nodes, type.road_speed_factor, type.max_speed_kmh)
            if math.isfinite(drive_s):
                unit.away = True
                missing = unit.gear.tank_l - unit.tank_l
                self._back_s[id] = now + 2.0 * drive_s + missing / unit.gear.engine_l_min * S_PER_MIN

    def _send_tender(self, unit: Unit, now_s: float) -> None:
        """Send the tender that is nearest by road, if there is a way."""
        forces, node = self._wells.forces, unit.team.node
        drives = [(forces.between_s(at, node, 1.0, entry.speed_kmh), id, entry) for id, at, entry in self._idle]
        drive_s, id, entry = min(drives, key=lambda row: row[:2])
        if math.isinf(drive_s):
            return
        self._idle = [row for row in self._idle if row[0] != id]
        delay = entry.turnout
        turnout = self._streams.of("tender turnout").lognormal(
            entity_of(id), 0, median=delay.median, sigma=delay.sigma)
        water_s = forces.to_nearest_s(node, self._wells.nodes, 1.0, entry.speed_kmh)
        brings = 0.0 if math.isinf(water_s) else shuttle_l_min(
            tank_l=entry.tank_l, drive_s=water_s, fill_l_min=entry.draft_l_min, empty_l_min=entry.draft_l_min)
        self._shuttles[unit.team.id] = Shuttle(now_s + turnout + drive_s, entry.tank_l, brings)
