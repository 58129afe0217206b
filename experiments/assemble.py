"""Wires a run together: World, hazards, people, teams, shelters, depots, command post. Only here."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import simpy

from agents.air_desk import AirDesk
from agents.background_traffic import BackgroundTraffic
from agents.bus import Fleet
from agents.command.post import CommandPost
from agents.command.triggers import Clearance
from agents.detection.detection import Detection
from agents.drill import Drill
from agents.population.columns import State
from agents.population.evacuation import Evacuation
from agents.population.exposure import Exposure
from agents.population.population import Population
from agents.population.presence import Presence
from agents.population.traces import Traces
from agents.population.transfer import Transfer
from agents.rescue_team import RescueTeam
from agents.shelters import ShelterBook
from agents.supply_truck import Depot, SupplyTruck
from agents.travel import Router
from agents.water_supply import WaterSupply
from agents.waters import Waters
from experiments.hazards import find_hazard, load_builder
from sim.calendar import Calendar
from sim.hazard import ColumnSpec, Hazard, HazardContext
from sim.model import Simulation
from sim.random import Streams
from sim.settings.plan import Measure
from sim.settings.root import RunSettings
from sim.world.store import load_world
from sim.world.world import World

SUMMARY_EVERY_S = 300.0


def assemble(
    settings: RunSettings, *, hazard_paths: tuple[Path, ...] = (), world: World | None = None, record: bool = True,
    progress: Callable[[str], None] | None = None,
) -> Drill:
    """Return a drill ready to run. Raises InputError where the settings do not fit the World."""
    world = world or load_world(settings.county, progress=progress)
    streams = Streams(settings.seed, settings.replication)
    calendar = Calendar(settings.scenario.start)
    hazards, columns = _hazards(settings, world, streams, calendar, hazard_paths)
    drill = Drill(world=world, calendar=calendar, streams=streams, tick_s=settings.scenario.tick,
                  duration_s=settings.scenario.duration, hazards=hazards)
    drill.residents = Population(drill, world, columns)
    drill.population = drill.residents
    drill.shelters = ShelterBook.of(settings.plan, world, streams)
    drill.traces = Traces(world, settings.scenario.record.traced_households if record else 0)
    behaviour = settings.scenario.behaviour
    drill.presence = Presence(drill, drill.residents)
    drill.evacuation = Evacuation(
        drill, drill.residents, drill.shelters, settings.plan.warning, behaviour, settings.scenario.people,
        drill.traces, settings.scenario.traffic)
    drill.background = BackgroundTraffic(
        drill, drill.evacuation.driving, settings.scenario.traffic.background_trips_per_1000_h)
    drill.transfer = Transfer(
        drill, drill.residents, drill.evacuation, drill.shelters, settings.plan.transfer, settings.scenario.transfer)
    drill.exposure = Exposure(drill, drill.residents, behaviour)
    drill.teams = _teams(drill, settings)
    drill.depots = _depots(drill, settings)
    drill.fleet = Fleet(drill, drill.evacuation, drill.shelters, settings.plan.buses, f"plan {settings.plan.id}")
    drill.detection = Detection(drill, settings.plan, settings.scenario.seeing)
    drill.post = CommandPost(
        drill, settings=settings.plan.command, reporting=settings.scenario.reporting, behaviour=behaviour,
        teams=drill.teams, depots=drill.depots, shelters=drill.shelters, evacuation=drill.evacuation,
        detection=drill.detection, clearance=Clearance(
            drill, settings.plan.command.trigger, settings.plan.warning, behaviour, drill.evacuation, drill.shelters,
            settings.plan.buses))
    drill.landing_sites = len(settings.plan.landing_sites)
    waters = Waters(world, settings.plan, drill.clock.env)
    drill.air = AirDesk(drill, settings.plan, drill.post, waters)
    drill.water = WaterSupply(
        drill, settings.plan, waters, drill.teams, Router(drill, 1.0 - settings.scenario.traffic.emergency_priority))
    for team in drill.teams:
        team.water = drill.water
    drill.register_actions()
    commands = [(measure, f"{group}.{row}") for group, rows in (
        ("scenario.commands", settings.scenario.commands), ("plan.measures", settings.plan.measures))
        for row, measure in enumerate(rows)]
    for measure, key in sorted(commands, key=lambda one: one[0].at):
        _schedule(drill, measure, key)
    drill.collect(_series(drill) if record else {}, settings.scenario.record.series_every)
    return drill


def _hazards(
    settings: RunSettings, world: World, streams: Streams, calendar: Calendar, hazard_paths: tuple[Path, ...],
) -> tuple[list[Hazard], tuple[ColumnSpec, ...]]:
    hazards: list[Hazard] = []
    columns: list[ColumnSpec] = []
    keys: set[str] = set()
    for entry in settings.scenario.hazards:
        spec = find_hazard(entry.hazard, hazard_paths)
        key = entry.key or entry.hazard
        while key in keys:
            key += "_2"
        keys.add(key)
        context = HazardContext(
            world=world, settings=spec.settings.model_validate(entry.settings), streams=streams,
            start_hour=calendar.hour(0.0), month=calendar.month(0.0), duration_s=settings.scenario.duration, key=key,
            plan=settings.plan)
        hazards.append(load_builder(entry.hazard, hazard_paths)(context))
        columns.extend(spec.person_columns)
    return hazards, tuple(columns)


def _teams(drill: Drill, settings: RunSettings) -> list[RescueTeam]:
    router, teams = Router(drill, 1.0 - settings.scenario.traffic.emergency_priority), []
    camp_of = {team: camp for camp in settings.plan.camps for team in camp.teams}
    for entry in settings.plan.teams:
        camp = camp_of.get(entry.id)
        place = drill.world.places.get(camp.place if camp else entry.place, f"plan {settings.plan.id}, team {entry.id}")
        kind = settings.team_types[entry.type]
        for number in range(1, entry.count + 1):
            several = entry.count > 1
            teams.append(RescueTeam(
                drill, router, id=f"{entry.id}-{number}" if several else entry.id,
                name=(entry.name or f"{place.name} {kind.name}") + (f" {number}" if several else ""),
                name_zh=(entry.name_zh or f"{place.name_zh}{kind.name_zh}") + (f"{number}" if several else ""),
                node=place.node, kind=entry.type, type=kind, crew=entry.crew, sleeps_in=camp is not None))
    return teams


def _depots(drill: Drill, settings: RunSettings) -> list[Depot]:
    router, depots = Router(drill, 1.0, obeys=True), []
    for entry in settings.plan.warehouses:
        place = drill.world.places.get(entry.place, f"plan {settings.plan.id}, warehouse {entry.id}")
        depot = Depot(entry.id, entry.name_zh or f"{place.name_zh}物资库", entry, place.node, entry.stock_packs,
                      simpy.Resource(drill.clock.env, capacity=entry.docks))
        depot.trucks = [SupplyTruck(drill, router, depot, n + 1) for n in range(entry.trucks)]
        depots.append(depot)
    return depots


def _schedule(drill: Drill, measure: Measure, key: str) -> None:
    def give() -> Any:
        yield drill.clock.env.timeout(measure.at)
        drill.order(measure.role, measure.action, measure.args)

    where = f"{key}: {measure.action} at {measure.at:.0f} s"
    drill.check(drill.commands.validate(measure.action, measure.args, where), measure.at, where)
    drill.clock.env.process(give())


def _series(drill: Drill) -> dict[str, Callable[[Simulation], float]]:
    """Return the model-level series: residents by what they do, teams out, and the hazards' own figures."""
    people = drill.residents
    columns = people.columns
    cached: dict[str, tuple[int, float]] = {}

    def total(column: str) -> Callable[[Simulation], float]:
        def count(model: Simulation) -> float:
            events = model.events.count
            if column not in cached or cached[column][0] != events:
                cached[column] = (events, float(columns[column].sum()))
            return cached[column][1]

        return count

    def state(*which: State) -> Callable[[Simulation], float]:
        return lambda model: float(sum(people.count(s) for s in which))

    series: dict[str, Callable[[Simulation], float]] = {
        "warned": lambda model: float(drill.evacuation.warned),
        "preparing": state(State.PREPARING), "staying": state(State.STAYING), "moving": state(State.MOVING),
        "sheltered": state(State.SHELTERED), "left": state(State.LEFT), "hosted": state(State.HOSTED),
        "at_door": state(State.AT_DOOR), "away": state(State.AWAY),
        "stranded": state(State.STRANDED), "exposed": total("exposed"), "injured": total("injured"),
        "dead": state(State.DEAD), "teams_out": lambda model: float(sum(team.status != 0 for team in drill.teams)),
    }
    for hazard in drill.hazards:
        summaries = _Summaries(hazard)
        for name in hazard.summary():
            series[f"{hazard.key}.{name.partition('.')[2] or name}"] = summaries.value(name)
    return series


class _Summaries:
    """A hazard's summary for the series, taken anew only every few minutes: it looks at the whole fire."""

    def __init__(self, hazard: Hazard) -> None:
        self.hazard = hazard
        self.taken_s = -math.inf
        self.row: Mapping[str, float | None] = {}

    def value(self, name: str) -> Callable[[Simulation], float]:
        """Return the series of one figure."""
        def of(model: Simulation) -> float:
            if model.now - self.taken_s >= SUMMARY_EVERY_S:
                self.taken_s, self.row = model.now, self.hazard.summary()
            found = self.row.get(name)
            return math.nan if found is None else float(found)

        return of
