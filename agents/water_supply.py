"""Water for teams with hose: from their engine, from a water point, from a river or lake; and who brings more.

A team works with water where a hose reaches: from a road its engine can use, from a water point (its own hose and the
one kept there), or from a bank, with portable pumps in a row up the hill (接力). What comes through the hose follows
from head and length (``sim/hydraulics.py``); how many litres a metre of edge takes is the hazard's to say. So a team's
wet line grows by min(what the crew builds, flow / litres a metre), and by no more than the water there is.

An empty engine's tank is filled by a tender of the plan, or the engine goes for water itself. A hose lies once its
length has been run out; several lie at the same time. Left out: that two teams at one point share its pumps, burst
hoses, fuel of pumps, and what the crews' hands are kept from while they lay hose.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import simpy

from agents.rescue_team import RescueTeam
from agents.tender import S_PER_MIN, Tender
from agents.travel import Mover, Router
from agents.waters import LITRES_PER_M3, Stock, Waters
from sim.hydraulics import Pumps, hose_flow_l_min
from sim.settings.plan import Plan
from sim.settings.water import WaterGear
from sim.world.routing import Tree, tree_to

if TYPE_CHECKING:
    from agents.drill import Drill

LAY_FACTOR = 1.2
"""Hose over straight distance in the field. Assumption."""
LAY_M_PER_MIN = 20.0
"""Hose run out by a crew on a slope. Assumption."""
IDLE_S = 1800.0
"""A team that has not asked for water for so long needs no tender."""
EMPTY_SHARE = 0.1
"""Below this share of its tank an engine without a tender goes for water."""
RIVER = "river"


class Site(NamedTuple):
    """Where a vehicle fills: the road node, what it is, the water point if it is one."""

    node: int
    id: str
    stock: Stock | None


class Source(NamedTuple):
    """Water a team can work with where it is: which, through how much hose, how much a minute, how much there is."""

    key: str
    hose_m: float
    flow_l_min: float
    litres: float
    stock: Stock | None


@dataclass
class Unit:
    """A team with hose: its gear, its engine's tank, its hoses, who brings it water."""

    team: RescueTeam
    gear: WaterGear
    tank_l: float
    tender: Tender | None = None
    away: bool = False
    """The engine has gone for water."""
    asked_s: float = -math.inf
    used_l: float = 0.0
    laid: dict[str, float] = field(default_factory=dict)
    """When the hose from each source lay ready."""
    offered: Source | None = None
    """The source last offered."""

    def pour_in(self, litres: float) -> float:
        """Fill the engine's tank; return what went in."""
        put = min(litres, self.gear.tank_l - self.tank_l)
        self.tank_l += put
        return put


class WaterSupply:
    """All teams with hose, the tenders, and the water they use; what teams ask for their share of it."""

    def __init__(self, drill: Drill, plan: Plan, waters: Waters, teams: Sequence[RescueTeam], router: Router) -> None:
        self.drill = drill
        self.waters = waters
        self._trees: dict[tuple[float, float], tuple[tuple[int, ...], Tree]] = {}
        self.units: dict[str, Unit] = {
            team.id: Unit(team, team.type.water, team.type.water.tank_l)
            for team in teams if team.type.water is not None}
        self.tenders: list[Tender] = []
        for entry in plan.tenders:
            place = drill.world.places.get(entry.place, f"plan {plan.id}, tender {entry.id}")
            self.tenders += [Tender(drill, router, self, entry, place, n + 1) for n in range(entry.count)]

    @property
    def delivered_m3(self) -> float | None:
        """Water used by all teams; None where no team has hose."""
        return sum(unit.used_l for unit in self.units.values()) / LITRES_PER_M3 if self.units else None

    # -- what a team asks -----------------------------------------------------------------------------------------

    def offer_l(self, team: str, x: float, y: float, seconds: float) -> float | None:
        """Return the litres that came to a team's nozzles in the seconds that end now; see WaterProvider."""
        unit = self.units.get(team)
        if unit is None:
            return None
        now = self.drill.now
        unit.asked_s = now
        self._see_to_tank(unit)
        unit.offered, most = None, 0.0
        for source in self._sources(unit, x, y):
            since = unit.laid.setdefault(source.key, now - seconds + source.hose_m / LAY_M_PER_MIN * S_PER_MIN)
            flows = min(seconds, max(0.0, now - since))
            litres = min(source.flow_l_min * flows / S_PER_MIN, source.litres)
            if litres > most:
                unit.offered, most = source, litres
        return most

    def take(self, team: str, litres: float) -> None:
        """Take what a team used of the last offer."""
        unit = self.units[team]
        source = unit.offered
        if source is None or litres <= 0.0:
            return
        if source.stock is not None:
            source.stock.take(litres, self.drill.now)
        elif source.key == team:
            unit.tank_l = max(0.0, unit.tank_l - litres)
        unit.used_l += litres

    def _sources(self, unit: Unit, x: float, y: float) -> list[Source]:
        """Return all the water a hose of the team brings to a point now."""
        gear, z, waters = unit.gear, self.waters.height(x, y), self.waters
        own = Pumps(gear.pumps, gear.pump_head_m, gear.pump_l_min)
        found = []
        if gear.tank_l > 0.0 and not unit.away:
            away, road_z = waters.to_road(x, y)
            hose = _lay(away, z - road_z)
            if hose <= gear.hose_m:
                pump = Pumps(1, gear.engine_head_m, gear.engine_l_min)
                found.append(Source(unit.team.id, hose, hose_flow_l_min([pump], lift_m=z - road_z, hose_m=hose),
                                    unit.tank_l, None))
        bank = waters.bank(x, y) if gear.pumps else None
        if bank is not None and (hose := _lay(bank.away_m, z - bank.z)) <= gear.hose_m:
            found.append(Source(RIVER, hose, hose_flow_l_min([own], lift_m=z - bank.z, hose_m=hose), math.inf, None))
        now = self.drill.now
        for point in waters.points:
            hose = _lay(math.hypot(point.x - x, point.y - y), z - point.z)
            if hose > gear.hose_m + point.settings.hose_m:
                continue
            there = Pumps(point.settings.pumps, point.settings.pump_head_m, point.settings.pump_l_min)
            flow = hose_flow_l_min([there, own], lift_m=z - point.z, hose_m=hose,
                                   most_l_min=point.settings.fill_l_min)
            found.append(Source(point.id, hose, flow, point.litres(now), point))
        return found

    # -- more water -----------------------------------------------------------------------------------------------

    def wanted(self, unit: Unit) -> bool:
        """Return whether a team still works with water."""
        return unit.team.task is not None and self.drill.now - unit.asked_s <= IDLE_S

    def _see_to_tank(self, unit: Unit) -> None:
        """Send a tender to a team that works with its engine; without one the empty engine goes for water."""
        if unit.gear.tank_l == 0.0 or unit.tender is not None or unit.away:
            return
        if unit.tank_l < unit.gear.tank_l:
            node = unit.team.node
            free = [(one.drive_s(node), one.id, one) for one in self.tenders if one.free]
            if free and math.isfinite(min(free)[0]):
                unit.tender = min(free, key=lambda row: row[:2])[2]
                unit.tender.serve(unit)
                return
        if unit.tank_l < EMPTY_SHARE * unit.gear.tank_l:
            unit.away = True
            self.drill.clock.env.process(self._go_for_water(unit))

    def _go_for_water(self, unit: Unit) -> Generator[simpy.Event, Any, None]:
        """The engine drives to water and back; the crew stays where it is."""
        gear, team = unit.gear, unit.team
        site = self.refill_site(team, gear.tank_l - unit.tank_l, gear.engine_l_min)
        if site is not None:
            drive_s = self._drive_s(team, site)
            yield self.drill.clock.env.timeout(drive_s)
            got = yield from self.fill_at(site, gear.tank_l - unit.tank_l, gear.engine_l_min)
            yield self.drill.clock.env.timeout(drive_s)
            unit.pour_in(got)
            self.drill.events.add(self.drill.now, "engine_filled", team.id, site.id, team.x, team.y,
                                  f'{{"litres": {got:.0f}}}')
        else:
            yield self.drill.clock.env.timeout(IDLE_S)
        unit.away = False

    def fill_at(self, site: Site, litres: float, own_l_min: float) -> Generator[simpy.Event, Any, float]:
        """Wait for an inlet and for the water, and fill; return the litres that were to be had."""
        env = self.drill.clock.env
        if site.stock is None:
            yield env.timeout(litres / own_l_min * S_PER_MIN)
            return litres
        with site.stock.inlets.request() as inlet:
            yield inlet
            yield env.timeout(site.stock.wait_s(litres, self.drill.now))
            got = site.stock.take(litres, self.drill.now)
            yield env.timeout(got / site.stock.settings.fill_l_min * S_PER_MIN)
            return got

    def refill_site(self, mover: Mover, litres: float, own_l_min: float) -> Site | None:
        """Return where a vehicle is full soonest: drive there, wait for the water, fill; None where nothing is."""
        now, best = self.drill.now, []
        river = self._nearest_draft(mover)
        if river is not None:
            best.append((river[0] + litres / own_l_min * S_PER_MIN, RIVER, Site(river[1], RIVER, None)))
        for point in self.waters.points:
            if point.node < 0 or (point.settings.refill_m3_h == 0.0 and point.litres(now) <= 0.0):
                continue
            site = Site(point.node, point.id, point)
            drive_s = self._drive_s(mover, site)
            best.append((drive_s + max(0.0, point.wait_s(litres, now) - drive_s)
                         + litres / point.settings.fill_l_min * S_PER_MIN, point.id, site))
        first = min(best, key=lambda row: row[:2], default=None)
        return None if first is None or math.isinf(first[0]) else first[2]

    def _drive_s(self, mover: Mover, site: Site) -> float:
        return mover.drive_s(site.node)

    def _nearest_draft(self, mover: Mover) -> tuple[float, int] | None:
        """Return (s, node) of the nearest road node at a river or lake, None where there is no way to any."""
        nodes = self.waters.drafting_nodes
        if not len(nodes):
            return None
        cost = mover.router.cost(mover.speed_factor, mover.max_mps)
        key = (mover.speed_factor, mover.max_mps)
        version = mover.router.version
        if key not in self._trees or self._trees[key][0] != version:
            self._trees[key] = (version, tree_to(self.drill.world.roads, cost, nodes))
        tree = self._trees[key][1]
        seconds, at = float(tree.time_s[mover.node]), int(tree.nearest[mover.node])
        return (seconds, int(nodes[at])) if np.isfinite(seconds) else None


def _lay(away_m: float, rise_m: float) -> float:
    """Return the hose (m) that a straight distance and a rise take."""
    return LAY_FACTOR * math.hypot(away_m, rise_m)
