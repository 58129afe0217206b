"""What no single file can tell: that the parts of a run's settings fit together. Needs no World.

Places, team types, teams, actions, KPIs and counties that one part names must be there in another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from experiments.hazards import find_hazard, hazard_folders
from experiments.locate import Loc, Sources
from experiments.problems import from_pydantic
from experiments.validate_county import CountyChecks
from sim.actions import ENGINE_ACTIONS, JOINED, StageArgs
from sim.errors import InputError, InputProblem, did_you_mean
from sim.kpi_specs import ENGINE_KPIS
from sim.settings.water import WaterPoint

if TYPE_CHECKING:
    from sim.hazard import HazardSpec
    from sim.kpi import KpiSpec
    from sim.settings.aircraft import Aircraft
    from sim.settings.plan import Measure, Plan, TeamType
    from sim.settings.root import RunSettings

EVERYWHERE = "all"
"""The zone selector that means the whole county."""
ZONE_ARGUMENTS = ("zone", "zones")
PLACE_ARGUMENTS = ("place", "a", "b", "favour")
ROAD_ARGUMENTS = (("a", "b"), ("favour", "place"))
"""Pairs of arguments that name a road by its two ends."""
ITEM_ARGUMENTS = {"team": "teams", "shelter": "shelters", "warehouse": "warehouses", "aircraft": "aircraft"}
PLAN_ITEMS = ("teams", "camps", "shelters", "warehouses", "buses", "landing_sites", "tenders")
LOOKOUTS = ("watch_towers", "cameras")
"""Plan items that stand at a place or at a lon/lat."""
NUMBERED = re.compile(r"^(.+?)[-#.](\d+)$")
"""One of several alike that an item's ``count`` makes."""


def check(
    settings: RunSettings,
    sources: Sources,
    hazard_paths: tuple[Path, ...] = (),
) -> tuple[list[InputProblem], list[str]]:
    """Return the problems that make a run impossible, and warnings (a line each)."""
    checker = _Checker(settings, sources, hazard_paths)
    checker.run()
    return checker.problems, checker.warnings


class _Checker(CountyChecks):
    def __init__(self, settings: RunSettings, sources: Sources, hazard_paths: tuple[Path, ...]) -> None:
        super().__init__(settings, sources)
        self.hazard_paths = hazard_paths
        self.specs: dict[int, HazardSpec] = {}

    def run(self) -> None:
        self.county()
        own = self.settings.plan.county == self.settings.county.id
        self._belongs()
        self._hazards()
        if own:
            self._plan()
        self._commands("scenario", "commands", self.settings.scenario.commands)
        if own:
            self._commands("plan", "measures", self.settings.plan.measures)
        self._targets()

    # Which parts fit together -------------------------------------------------------------------------

    def _belongs(self) -> None:
        county, plan, scenario = self.settings.county, self.settings.plan, self.settings.scenario
        if plan.county != county.id:
            self.add(
                "a plan of another county",
                ("plan", "county"),
                plan.county,
                county.id,
                f"county={plan.county}, or plan=NAME with a plan of {county.id}: sandtable list plans",
            )
        if scenario.counties and county.id not in scenario.counties:
            self.add(
                "a scenario not made for this county",
                ("scenario", "counties"),
                county.id,
                ", ".join(scenario.counties),
                "choose a county it is made for, or add this one to its counties",
            )
        if not scenario.hazards and not scenario.commands:
            self.add("a scenario in which nothing happens", ("scenario", "hazards"),
                     allowed="at least one hazard or one command")

    def _hazards(self) -> None:
        keys: list[tuple[str, Loc]] = []
        for row, entry in enumerate(self.settings.scenario.hazards):
            at: Loc = ("scenario", "hazards", row)
            keys.append((entry.key or entry.hazard, (*at, "key" if entry.key else "hazard")))
            try:
                spec = find_hazard(entry.hazard, self.hazard_paths, self.sources.where((*at, "hazard")))
            except InputError as error:
                self.problems.append(error.problem)
                continue
            self.specs[row] = spec
            try:
                model = spec.settings.model_validate(entry.settings)
            except ValidationError as error:
                self.problems += from_pydantic(error, spec.settings, self.sources, (*at, "settings"))
                continue
            self._inside_hazard(model, (*at, "settings"))
        self.distinct(keys, "a hazard's key")

    def _inside_hazard(self, model: BaseModel, at: Loc) -> None:
        """Check every ``place`` and every lon/lat anywhere in a hazard's settings."""
        values = {name: getattr(model, name) for name in type(model).model_fields}
        for name, value in values.items():
            if name == "place" and isinstance(value, str):
                self.place(value, (*at, name))
            elif isinstance(value, BaseModel):
                self._inside_hazard(value, (*at, name))
            elif isinstance(value, tuple | list):
                for row, item in enumerate(value):
                    if isinstance(item, BaseModel):
                        self._inside_hazard(item, (*at, name, row))
        lon, lat = values.get("lon"), values.get("lat")
        if isinstance(lon, float) and isinstance(lat, float):
            self.inside(lon, lat, (*at, "lon"), "a point of the hazard")

    # Plan --------------------------------------------------------------------------------------------

    def _plan(self) -> None:
        plan, types = self.settings.plan, self.settings.team_types
        self.place(plan.command.place, ("plan", "command", "place"))
        for group in PLAN_ITEMS:
            rows = getattr(plan, group)
            for row, item in enumerate(rows):
                self.place(item.place, ("plan", group, row, "place"))
            self.distinct(
                ((item.id, ("plan", group, row, "id")) for row, item in enumerate(rows)), f"an id in {group}"
            )
        self._lookouts()
        self._water_and_air()
        self._firebreaks()
        self._tools(plan, types)
        for row, entry in enumerate(plan.transfer.at_risk):
            self.place(entry.place, ("plan", "transfer", "at_risk", row, "place"))
        for row, team in enumerate(plan.teams):
            if team.type not in types:
                self.add(
                    "no such team type",
                    ("plan", "teams", row, "type"),
                    team.type,
                    ", ".join(types),
                    did_you_mean(team.type, types),
                )
        ids = [team.id for team in plan.teams]
        for row, camp in enumerate(plan.camps):
            for at, team_id in enumerate(camp.teams):
                if team_id not in ids:
                    self.add(
                        "a camp lists a team that the plan does not have",
                        ("plan", "camps", row, "teams", at),
                        team_id,
                        ", ".join(ids),
                        did_you_mean(team_id, ids),
                    )
        able = {word for team in plan.teams if team.type in types for word in types[team.type].capabilities}
        for spec in self.specs.values():
            for word in spec.capabilities:
                if word not in able:
                    self.warnings.append(
                        f"no team of plan {plan.id!r} has the capability {word!r}, which "
                        f"{spec.name} calls for: such tasks stay undone"
                    )

    def _lookouts(self) -> None:
        """Check where those stand who look out for fires, and that no two share an id: it is what they draw by."""
        plan = self.settings.plan
        ids: list[tuple[str, Loc]] = []
        for group in LOOKOUTS:
            for row, item in enumerate(getattr(plan, group)):
                at: Loc = ("plan", group, row)
                ids.append((item.id, (*at, "id")))
                if item.place is not None:
                    self.place(item.place, (*at, "place"))
                else:
                    self.inside(item.lon, item.lat, (*at, "lon"), f"the lookout {item.id}")
        for row, patrol in enumerate(plan.patrols):
            ids.append((patrol.id, ("plan", "patrols", row, "id")))
            for stop, word in enumerate(patrol.route):
                self.place(word, ("plan", "patrols", row, "route", stop))
        self.distinct(ids, "an id of those who look out")

    def _water_and_air(self) -> None:
        """Check where water points and helicopters' bases are; a base may lie outside the county."""
        plan = self.settings.plan
        groups: dict[str, tuple[WaterPoint | Aircraft, ...]] = {
            "water_points": plan.water_points, "aircraft": plan.aircraft}
        for group, items in groups.items():
            for row, item in enumerate(items):
                at: Loc = ("plan", group, row)
                if item.place is not None:
                    self.place(item.place, (*at, "place"))
                elif isinstance(item, WaterPoint) and item.lon is not None and item.lat is not None:
                    self.inside(item.lon, item.lat, (*at, "lon"), f"the water point {item.id}")
            self.distinct(((item.id, ("plan", group, row, "id")) for row, item in enumerate(items)),
                          f"an id in {group}")

    def _firebreaks(self) -> None:
        """Check that firebreaks lie in the county: the points of a path or an outline, the units they keep to."""
        rows = self.settings.plan.firebreaks
        for row, item in enumerate(rows):
            at: Loc = ("plan", "firebreaks", row)
            for part in ("path", "outline"):
                for k, (lon, lat) in enumerate(getattr(item, part)):
                    self.inside(lon, lat, (*at, part, k), f"a point of the firebreak {item.id}")
            for k, word in enumerate(item.within):
                self.place(word, (*at, "within", k))
        self.distinct(((item.id, ("plan", "firebreaks", row, "id")) for row, item in enumerate(rows)),
                      "an id in firebreaks")

    def _tools(self, plan: Plan, types: Mapping[str, TeamType]) -> None:
        """Every team type of the plan that a hazard calls on has a tool the hazard knows and that does the work."""
        for name in dict.fromkeys(team.type for team in plan.teams if team.type in types):
            kind, at = types[name], ("team_types", name, "tools")
            able = set(kind.capabilities)
            calling = [spec for spec in self.specs.values() if spec.tools and able & set(spec.capabilities)]
            known = {tool.name: tool for spec in calling for tool in spec.tools}
            unknown = [tool for tool in kind.tools if calling and tool not in known]
            if unknown:
                self.add("unknown tool", at, unknown[0], ", ".join(known), did_you_mean(unknown[0], known))
            elif calling and kind.max_flame_m is None and not any(known[tool].works for tool in kind.tools):
                self.add(
                    "crew with no tool for the flame", at, list(kind.tools),
                    ", ".join(tool.name for tool in known.values() if tool.works),
                    f"give {name} a tool, or take {', '.join(calling[0].capabilities)} from its capabilities")

    # Commands ----------------------------------------------------------------------------------------

    def _actions(self) -> dict[str, type[BaseModel]]:
        own = {spec.name: spec.args for spec in ENGINE_ACTIONS}
        return own | {action.name: action.args for spec in self.specs.values() for action in spec.actions}

    def _commands(self, group: str, key: str, rows: Sequence[Measure]) -> None:
        actions = self._actions()
        for row, measure in enumerate(rows):
            at: Loc = (group, key, row)
            if measure.at > self.settings.scenario.duration:
                said = f"{measure.at:g} s is after the run's end at {self.settings.scenario.duration:g} s"
                if group == "plan":
                    self.warnings.append(f"plan measure {row} ({measure.action}) never comes: {said}")
                else:
                    self.add(
                        "a command after the end of the run",
                        (*at, "at"),
                        f"{measure.at:g} s",
                        f"at most {self.settings.scenario.duration:g} s",
                        "give it an earlier time, or the scenario a longer duration",
                    )
            args = actions.get(measure.action)
            if args is None:
                self.add(
                    "unknown action",
                    (*at, "action"),
                    measure.action,
                    ", ".join(sorted(actions)),
                    did_you_mean(measure.action, actions) or "see: sandtable list actions",
                )
                continue
            try:
                given = args.model_validate(dict(measure.args))
            except ValidationError as error:
                self.problems += from_pydantic(error, args, self.sources, (*at, "args"))
                continue
            self._arguments(measure.args, (*at, "args"))
            if isinstance(given, StageArgs):
                self._stages(given, measure, at)

    def _stages(self, given: StageArgs, measure: Measure, at: Loc) -> None:
        """Check that the stages come after the command that orders them and before the run's end."""
        end = self.settings.scenario.duration
        for row, when in enumerate(given.times(measure.at)):
            key: Loc = (*at, "args", "at", row) if given.at else (*at, "args", "every")
            if when < measure.at:
                self.add(
                    "a stage before its command",
                    key,
                    f"{when:g} s",
                    f"at least {measure.at:g} s",
                    "give the stage a later time, or the command an earlier one",
                )
            elif when > end >= measure.at and at[0] == "plan":
                self.warnings.append(
                    f"plan measure {at[2]} ({measure.action}): stage {row + 1} never comes: {when:g} s is after "
                    f"the run's end at {end:g} s"
                )
            elif when > end >= measure.at:
                self.add(
                    "a stage after the end of the run",
                    key,
                    f"{when:g} s",
                    f"at most {end:g} s",
                    "give it an earlier time, or the scenario a longer duration",
                )
                return

    def _arguments(self, args: Mapping[str, Any], at: Loc) -> None:
        for name, value in args.items():
            if name in ZONE_ARGUMENTS:
                # A zone may be several joined, and there may be a list of them.
                for row, zone in enumerate([value] if isinstance(value, str) else value):
                    for word in zone.split(JOINED):
                        self.place(word, (*at, name) if isinstance(value, str) else (*at, name, row),
                                   also=(EVERYWHERE,))
            elif name in PLACE_ARGUMENTS and isinstance(value, str):
                self.place(value, (*at, name))
            elif name in ITEM_ARGUMENTS and isinstance(value, str):
                items = {item.id: item for item in getattr(self.settings.plan, ITEM_ARGUMENTS[name])}
                match = NUMBERED.match(value)
                one_of = (
                    match is not None
                    and match[1] in items
                    and int(match[2]) <= getattr(items[match[1]], "count", 1)
                )
                if value not in items and not one_of:
                    self.add(
                        f"no such {name} in the plan",
                        (*at, name),
                        value,
                        ", ".join(items) or "the plan has none",
                        did_you_mean(value, items),
                    )

        for start, end in ROAD_ARGUMENTS:
            if isinstance(args.get(start), str) and isinstance(args.get(end), str):
                self._road(args[start], args[end], (*at, start))

    def _road(self, a: str, b: str, at: Loc) -> None:
        """Check that a stated road joins two places, or that they are a gateway and its unit."""
        ends = {self.places.find(a), self.places.find(b)}
        if None in ends:
            return
        county = self.settings.county
        joined = [(link.a, link.b) for link in county.links if link.enabled]
        joined += [(gateway.unit, gateway.id) for gateway in county.gateways if gateway.enabled]
        if not any({self.places.find(one), self.places.find(other)} == ends for one, other in joined):
            from_a = [pair for pair in joined if self.places.find(a) in map(self.places.find, pair)]
            self.add("no stated road joins the two places", at, f"{a} - {b}",
                     ", ".join(f"{one} - {other}" for one, other in from_a or joined))

    # Targets -----------------------------------------------------------------------------------------

    def _kpis(self) -> dict[str, KpiSpec]:
        """Return every KPI by key: the engine's and those of all hazards there are."""
        found = {kpi.key: kpi for kpi in ENGINE_KPIS}
        specs = {spec.name: spec for spec in self.specs.values()}
        for name in hazard_folders(self.hazard_paths):
            try:
                spec = specs.get(name) or find_hazard(name, self.hazard_paths)
            except InputError:
                continue
            found |= {kpi.key: kpi for kpi in spec.kpis}
        return found

    def _targets(self) -> None:
        kpis = self._kpis()
        targets = self.settings.targets.targets
        self.distinct(
            ((target.key, ("targets", "targets", row, "key")) for row, target in enumerate(targets)),
            "a target's key",
        )
        for row, target in enumerate(targets):
            at: Loc = ("targets", "targets", row)
            kpi = kpis.get(target.kpi)
            if kpi is None:
                self.add(
                    "no such KPI",
                    (*at, "kpi"),
                    target.kpi,
                    ", ".join(sorted(kpis)),
                    did_you_mean(target.kpi, kpis) or "see: sandtable list kpis",
                )
                continue
            if target.unit != kpi.unit:
                self.add(
                    "a target in another unit than its KPI",
                    (*at, "unit"),
                    target.unit,
                    kpi.unit,
                    f"write the value in {kpi.unit}",
                )
            against = {"lower": (">", ">="), "higher": ("<", "<=")}.get(kpi.better, ())
            if target.op in against:
                self.add(
                    "a target that goes against its KPI",
                    (*at, "op"),
                    target.op,
                    "<=, <, ==" if kpi.better == "lower" else ">=, >, ==",
                    f"of {kpi.key}, {kpi.better} is better",
                )
