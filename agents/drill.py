"""The drill: a Simulation with its people, teams, trucks, shelters and command post."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from agents.air_desk import AirDesk
from agents.background_traffic import BackgroundTraffic
from agents.bus import Fleet
from agents.command.post import CommandPost
from agents.detection.detection import Detection
from agents.population.evacuation import Evacuation
from agents.population.exposure import Exposure
from agents.population.population import Population
from agents.population.presence import Presence
from agents.population.traces import Traces
from agents.population.transfer import Transfer
from agents.rescue_team import RescueTeam
from agents.road_measures import RoadMeasures
from agents.shelters import ShelterBook
from agents.staging import Staging
from agents.supply_truck import Depot
from agents.water_supply import WaterSupply
from sim.actions import (
    ENGINE_ACTIONS,
    JOINED,
    AircraftArgs,
    BusArgs,
    DispatchArgs,
    JunctionArgs,
    OrderArgs,
    RequestAircraftArgs,
    RoadArgs,
    ShelterArgs,
    StageArgs,
    SupplyArgs,
    TeamArgs,
    TransferArgs,
    TransferZoneArgs,
    ZoneArgs,
)
from sim.command import Command
from sim.errors import InputError, did_you_mean
from sim.hazard import ActionResult
from sim.model import Simulation
from sim.world.routing import tree_to
from sim.world.world import Place

ALL = "all"
"""The zone selector that means every unit."""


class Drill(Simulation):
    """A Simulation and all who act in it; also the place where the engine's own actions are carried out."""

    residents: Population
    evacuation: Evacuation
    presence: Presence
    exposure: Exposure
    shelters: ShelterBook
    traces: Traces
    teams: list[RescueTeam]
    depots: list[Depot]
    fleet: Fleet
    detection: Detection
    post: CommandPost
    staging: Staging
    road_measures: RoadMeasures
    background: BackgroundTraffic
    transfer: Transfer
    landing_sites: int
    air: AirDesk
    water: WaterSupply

    @property
    def arrivals(self) -> list[tuple[float, str]]:
        """Times (s) at which teams came on scene, and the tasks they came to."""
        return [arrival for team in self.teams for arrival in team.arrivals]

    def register_actions(self) -> None:
        """Register the engine's actions; call once everybody is there."""
        self.staging = Staging(self)
        self.road_measures = RoadMeasures(self, self.evacuation.driving)
        handlers: dict[str, Any] = {
            "order_evacuation": self._order_evacuation, "stage_evacuation": self._stage_evacuation,
            "cancel_evacuation": self._cancel_evacuation,
            "order_transfer": self._order_transfer, "cancel_transfer": self._cancel_transfer,
            "all_clear": self._all_clear, "open_shelter": self._open_shelter,
            "close_road": self._close_road, "open_road": self._open_road,
            "dispatch_team": self._dispatch_team, "withdraw_team": self._withdraw_team,
            "dispatch_supply": self._dispatch_supply, "send_buses": self._send_buses,
            "request_aircraft": self._request_aircraft, "stand_down_aircraft": self._stand_down_aircraft,
            "contraflow": self._contraflow, "end_contraflow": self._contraflow,
            "control_traffic": self._control_traffic,
            "comms_off": self._switch("mobile", False), "comms_on": self._switch("mobile", True),
            "power_off": self._switch("power", False), "power_on": self._switch("power", True),
        }
        for spec in ENGINE_ACTIONS:
            self.commands.register(spec, handlers[spec.name])

    def check(self, args: BaseModel, given_s: float, where: str) -> None:
        """Raise InputError where a command to come names what this run has not."""
        if isinstance(args, StageArgs):
            self.staging.check(args, given_s, where)
        elif isinstance(args, ZoneArgs):
            self.villages_of(args.zone, where)
            if isinstance(args, TransferArgs):
                self._deadline_s(args, given_s, where)
        elif isinstance(args, RoadArgs):
            self.road_links(args.a, args.b, where)
        elif isinstance(args, JunctionArgs):
            self.world.places.get(args.place, where)
            if args.favour:
                self.road_links(args.favour, args.place, where)
        named = (("team", [t.id for t in self.teams]), ("shelter", [s.id for s in self.shelters.rows]),
                 ("warehouse", [d.id for d in self.depots]), ("aircraft", [a.id for a in self.air.aircraft]))
        for name, known in named:
            word = getattr(args, name, None)
            if isinstance(word, str) and word and word not in known:
                raise InputError(f"no such {name}", value=word, where=where,
                                 allowed=", ".join(known) or f"the plan has no {name}", mend=did_you_mean(word, known))

    def villages_of(self, zone: str, where: str = "zone of a command") -> NDArray[np.int64]:
        """Return the place rows of a zone's villages: of a unit, a village itself, ``all``, or several joined by +.

        Raises InputError for a place there is not; ``where`` says where it is named.
        """
        villages = self.world.places.of_kind("village")
        rows: list[int] = []
        for word in zone.split(JOINED):
            if word == ALL:
                rows += [v.row for v in villages]
                continue
            place = self.world.places.get(word, where)
            rows += [place.row] if place.kind == "village" else [v.row for v in villages if v.town == place.town]
        return np.array(list(dict.fromkeys(rows)), np.int64)

    def units_of(self, zone: str, where: str = "zone of a command") -> list[str]:
        """Return the ids of a zone's units. Raises InputError as :meth:`villages_of` does."""
        units: list[str] = []
        for word in zone.split(JOINED):
            units += [p.id for p in self.world.places.of_kind("unit")] if word == ALL else [
                self.world.places.get(word, where).town]
        return list(dict.fromkeys(units))

    def road_links(self, a: str, b: str, where: str = "road of a command") -> NDArray[np.bool_]:
        """Return which links (links,) are part of the road named by two places, both ways. Raises InputError for none.

        Two units, or a unit and a site, mean the stated roads that join them; a gateway and its unit the way out.
        """
        places, links = self.world.places, self.world.roads.links
        start, end = places.get(a, where), places.get(b, where)
        ends = {start.node, end.node}
        on = self._way_out(start, end)
        for fact in np.unique(links["fact"][links["fact"] >= 0]):
            mine = links["fact"] == fact
            nodes, counts = np.unique(np.concatenate([links["tail"][mine], links["head"][mine]]), return_counts=True)
            if set(nodes[counts == 2].tolist()) == ends:
                on |= mine
        if not on.any():
            raise InputError("no stated road joins the two places", value=f"{a} - {b}", where=where,
                             allowed="two places joined by a link of the county's YAML, or a gateway and its unit")
        return on

    def _way_out(self, a: Place, b: Place) -> NDArray[np.bool_]:
        """Return the links (links,), both ways, of the fastest way from a unit to its gateway, if they are."""
        roads = self.world.roads
        on = np.zeros(roads.link_count, np.bool_)
        gateway, unit = (a, b) if a.kind == "gateway" else (b, a)
        if gateway.kind != "gateway" or unit.kind != "unit" or gateway.town != unit.id:
            return on
        free_s = np.asarray(roads.links["length_m"], np.float64) / roads.links["speed_mps"]
        tree = tree_to(roads, free_s, np.array([gateway.node], np.int32))
        node = unit.node
        while node != gateway.node and tree.next_link[node] >= 0:
            link = int(tree.next_link[node])
            on[[link, int(roads.links["reverse"][link])]] = True
            node = int(roads.links["head"][link])
        return on

    # -- the engine's actions -------------------------------------------------------------------------

    def _order_evacuation(self, command: Command, args: BaseModel) -> ActionResult:
        assert isinstance(args, OrderArgs)
        persons = self.evacuation.orders.order(
            self.villages_of(args.zone), args.kind, shelters_stay=args.shelters_stay)
        for shelter in self.shelters.call(self.now):
            self.events.add(shelter.open_s, "shelter_open", place=shelter.id, x=shelter.x, y=shelter.y)
        return ActionResult(True, figures={"persons": persons})

    def _stage_evacuation(self, command: Command, args: BaseModel) -> ActionResult:
        assert isinstance(args, StageArgs)
        return ActionResult(True, figures={"stages": self.staging.begin(args, command.role)})

    def _cancel_evacuation(self, command: Command, args: BaseModel) -> ActionResult:
        assert isinstance(args, ZoneArgs)
        villages = self.villages_of(args.zone)
        self.staging.call_off(villages)
        return ActionResult(True, figures={"stayed": self.evacuation.orders.cancel(villages)})

    def _order_transfer(self, command: Command, args: BaseModel) -> ActionResult:
        assert isinstance(args, TransferArgs)
        villages = self.villages_of(args.zone)
        deadline_s = self._deadline_s(args, self.now, "order_transfer")
        if len(self.transfer.rows(villages, args.chosen)) == 0:
            return ActionResult(False, f"nobody of {args.zone} is on the list for that")
        persons = self.transfer.order(villages, args.chosen, deadline_s)
        for shelter in self.shelters.call(self.now):
            self.events.add(shelter.open_s, "shelter_open", place=shelter.id, x=shelter.x, y=shelter.y)
        return ActionResult(True, figures={"persons": persons})

    def _deadline_s(self, args: TransferArgs, given_s: float, where: str) -> float:
        """Return a deadline as a time of the run (s). Raises InputError where it lies before the order."""
        deadline_s = args.deadline_s(given_s, self.clock.calendar.start)
        if deadline_s < given_s:
            raise InputError("a deadline before its order", value=args.deadline, where=where,
                             allowed=f"a time of the run from {given_s:g} s on",
                             mend="write how long after the order (6h), or a later time (T+06:00)")
        return deadline_s

    def _cancel_transfer(self, command: Command, args: BaseModel) -> ActionResult:
        assert isinstance(args, TransferZoneArgs)
        return ActionResult(True, figures={
            "stayed": self.transfer.cancel(self.villages_of(args.zone), args.chosen)})

    def _all_clear(self, command: Command, args: BaseModel) -> ActionResult:
        assert isinstance(args, ZoneArgs)
        villages = self.villages_of(args.zone)
        self.staging.call_off(villages)
        self.evacuation.orders.cancel(villages)
        return ActionResult(True, figures={"persons": self.transfer.all_clear(villages)})

    def _open_shelter(self, command: Command, args: BaseModel) -> ActionResult:
        assert isinstance(args, ShelterArgs)
        if not self.shelters.open_now(args.shelter, self.now):
            raise InputError("no such shelter", value=args.shelter, where="open_shelter",
                             allowed=", ".join(s.id for s in self.shelters.rows))
        self.events.add(self.now, "shelter_open", place=args.shelter)
        return ActionResult(True)

    def _close_road(self, command: Command, args: BaseModel) -> ActionResult:
        return self._set_road(args, True)

    def _open_road(self, command: Command, args: BaseModel) -> ActionResult:
        return self._set_road(args, False)

    def _contraflow(self, command: Command, args: BaseModel) -> ActionResult:
        assert isinstance(args, RoadArgs)
        places, measures = self.world.places, self.road_measures
        links = measures.directed(self.road_links(args.a, args.b), places.get(args.a).node, places.get(args.b).node)
        change = measures.contraflow if command.action == "contraflow" else measures.end_contraflow
        changed = change(links)
        self.events.add(self.now, command.action, place=f"{args.a} - {args.b}", detail=f'{{"links": {changed}}}')
        return ActionResult(changed > 0, "" if changed else "no link of it can", figures={"links": changed})

    def _control_traffic(self, command: Command, args: BaseModel) -> ActionResult:
        assert isinstance(args, JunctionArgs)
        node = self.world.places.get(args.place, "place of a command").node
        favoured = self.road_links(args.favour, args.place) if args.favour else None
        approaches = self.road_measures.control(node, favoured)
        self.events.add(self.now, "control_traffic", place=args.place)
        return ActionResult(True, figures={"approaches": approaches})

    def _set_road(self, args: BaseModel, closed: bool) -> ActionResult:
        assert isinstance(args, RoadArgs)
        self.roads.by_command[self.road_links(args.a, args.b)] = closed
        self.refresh_roads()
        self.events.add(self.now, "road_closed" if closed else "road_opened", place=f"{args.a} - {args.b}")
        return ActionResult(True)

    def _dispatch_team(self, command: Command, args: BaseModel) -> ActionResult:
        assert isinstance(args, DispatchArgs)
        team = self._team(args.team)
        task = self.post.tasks.get(args.task)
        if task is None:
            raise InputError("no such task", value=args.task, where="dispatch_team",
                             allowed=", ".join(self.post.tasks) or "none yet")
        if not team.can(task.capability):
            return ActionResult(False, f"{team.id} cannot {task.capability}")
        if not team.free:
            return ActionResult(False, f"{team.id} is busy")
        team.respond(task)
        return ActionResult(True)

    def _withdraw_team(self, command: Command, args: BaseModel) -> ActionResult:
        assert isinstance(args, TeamArgs)
        return ActionResult(self._team(args.team).withdraw())

    def _dispatch_supply(self, command: Command, args: BaseModel) -> ActionResult:
        assert isinstance(args, SupplyArgs)
        depot = next((d for d in self.depots if d.id == args.warehouse), None)
        shelter = next((s for s in self.shelters.rows if s.id == args.shelter), None)
        if depot is None or shelter is None:
            raise InputError("no such warehouse or shelter", value=f"{args.warehouse}, {args.shelter}",
                             where="dispatch_supply", allowed=", ".join(d.id for d in self.depots))
        if args.packs > depot.settings.truck_load_packs:
            return ActionResult(False, f"a truck of {depot.id} takes {depot.settings.truck_load_packs} packs at most")
        truck = next((t for t in depot.trucks if not t.busy), None)
        if truck is None or depot.stock < args.packs:
            return ActionResult(False, f"{depot.id} has no free truck, or fewer than {args.packs} packs")
        truck.send(shelter, args.packs)
        return ActionResult(True)

    def _request_aircraft(self, command: Command, args: BaseModel) -> ActionResult:
        assert isinstance(args, RequestAircraftArgs)
        task = self.post.tasks.get(args.task)
        if task is None:
            return ActionResult(False, f"no such task: {args.task!r}; so far: {', '.join(self.post.tasks) or 'none'}")
        if not self.air.can_help(task):
            return ActionResult(False, f"aircraft can do nothing about {args.task}")
        asked = self.air.request(task, args.aircraft)
        return ActionResult(asked > 0, "" if asked else "no aircraft is free", figures={"aircraft": asked})

    def _stand_down_aircraft(self, command: Command, args: BaseModel) -> ActionResult:
        assert isinstance(args, AircraftArgs)
        sent = self.air.stand_down(args.aircraft)
        return ActionResult(sent > 0, "" if sent else "no aircraft is out", figures={"aircraft": sent})

    def _send_buses(self, command: Command, args: BaseModel) -> ActionResult:
        assert isinstance(args, BusArgs)
        sent = self.fleet.send(self.villages_of(args.zone), args.count)
        return ActionResult(True, figures={"buses": sent}) if sent else ActionResult(False, "the plan has no buses")

    def _switch(self, kind: str, works: bool) -> Any:
        def carry_out(command: Command, args: BaseModel) -> ActionResult:
            assert isinstance(args, ZoneArgs)
            self.infrastructure.set(kind, self.units_of(args.zone), works)
            return ActionResult(True)

        return carry_out

    def _team(self, team_id: str) -> RescueTeam:
        for team in self.teams:
            if team.id == team_id:
                return team
        raise InputError("no such team", value=team_id, where="command",
                         allowed=", ".join(team.id for team in self.teams))
