"""What no single file can tell: that the parts of a run's settings fit together. Needs no World.

Places, team types, teams, actions, KPIs and counties that one part names must be there in another.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import cos, radians
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ValidationError

from experiments.hazards import find_hazard, hazard_folders
from experiments.locate import Loc, Sources
from experiments.place_words import PlaceWords
from experiments.problems import from_pydantic
from sim.actions import ENGINE_ACTIONS
from sim.errors import InputError, InputProblem, did_you_mean
from sim.kpi_specs import ENGINE_KPIS

if TYPE_CHECKING:
    from sim.hazard import HazardSpec
    from sim.kpi import KpiSpec
    from sim.settings.plan import Measure
    from sim.settings.root import RunSettings

ROUNDING = 0.005
"""Share by which the units' residents may differ from the county's: both are rounded in the sources."""
KM_PER_DEGREE = 111.195
"""Length of a degree of latitude on a sphere of radius 6371 km."""
EVERYWHERE = "all"
"""The zone selector that means the whole county."""
PLACE_ARGUMENTS = ("zone", "place", "a", "b")
ITEM_ARGUMENTS = {"team": "teams", "shelter": "shelters", "warehouse": "warehouses"}
PLAN_ITEMS = ("teams", "camps", "shelters", "warehouses", "landing_sites")
NUMBERED = re.compile(r"^(.+?)[-#.](\d+)$")
"""One of several alike that an item's ``count`` makes."""


def check(
    settings: RunSettings, sources: Sources, hazard_paths: tuple[Path, ...] = (),
) -> tuple[list[InputProblem], list[str]]:
    """Return the problems that make a run impossible, and warnings (a line each)."""
    checker = _Checker(settings, sources, hazard_paths)
    checker.run()
    return checker.problems, checker.warnings


class _Checker:
    def __init__(self, settings: RunSettings, sources: Sources, hazard_paths: tuple[Path, ...]) -> None:
        self.settings = settings
        self.sources = sources
        self.hazard_paths = hazard_paths
        self.places = PlaceWords(settings.county)
        self.problems: list[InputProblem] = []
        self.warnings: list[str] = []
        self.specs: dict[int, HazardSpec] = {}

    def run(self) -> None:
        self._county()
        own = self.settings.plan.county == self.settings.county.id
        self._belongs()
        self._hazards()
        if own:
            self._plan()
        self._commands("scenario", "commands", self.settings.scenario.commands)
        if own:
            self._commands("plan", "measures", self.settings.plan.measures)
        self._targets()

    def add(
        self, what: str, loc: Loc, value: object | None = None, allowed: str = "", mend: str = "",
    ) -> None:
        self.problems.append(InputProblem(what, value, self.sources.where(loc), allowed, mend))

    def place(self, word: str, loc: Loc, *, also: Sequence[str] = ()) -> None:
        """Note a problem unless the word means a place of the county."""
        if word not in also and self.places.find(word) is None:
            self.add("no such place in the county", loc, word, self.places.known(), self.places.hint(word))

    def distinct(self, ids: Iterable[tuple[str, Loc]], what: str) -> None:
        """Note a problem for each id that stands more than once."""
        rows = list(ids)
        counts = Counter(word for word, _ in rows)
        seen: set[str] = set()
        for word, loc in rows:
            if counts[word] > 1 and word in seen:
                self.add(f"{what} is used twice", loc, word, mend="give each its own")
            seen.add(word)

    # County ------------------------------------------------------------------------------------------

    def _county(self) -> None:
        county = self.settings.county
        try:
            ZoneInfo(county.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            self.add("no such time zone", ("county", "timezone"), county.timezone,
                     "a name of the tz database, such as Asia/Shanghai")
        if not county.units:
            self.add("a county without units", ("county", "units"), allowed="at least one town-level unit")
            return
        total = sum(unit.residents for unit in county.units)
        if abs(total - county.residents) > ROUNDING * county.residents:
            self.add("the units' residents do not sum to the county's", ("county", "residents"), county.residents,
                     f"within {ROUNDING:.1%} of the units' sum, {total}", "correct the county's or a unit's residents")
        self.distinct(self._place_ids(), "a place's id")
        for row, unit in enumerate(county.units):
            if unit.urban_units > unit.villages:
                self.add("more urban neighbourhoods than villages and neighbourhoods together",
                         ("county", "units", row, "urban_units"), unit.urban_units, f"at most {unit.villages}")
        self._roads()
        homes = county.households
        if homes.share_0_14 + homes.share_60_plus > 1:
            self.add("shares of ages above 1 together", ("county", "households", "share_60_plus"), homes.share_60_plus,
                     f"at most {1 - homes.share_0_14:.4g} beside share_0_14 = {homes.share_0_14:g}")
        for row, summit in enumerate(county.terrain.summits):
            self.inside(summit.lon, summit.lat, ("county", "terrain", "summits", row, "lon"), "a summit")
        self._coast()

    def _place_ids(self) -> Iterator[tuple[str, Loc]]:
        county = self.settings.county
        for row, unit in enumerate(county.units):
            yield unit.id, ("county", "units", row, "id")
            for at, village in enumerate(unit.known_villages):
                yield village.id, ("county", "units", row, "known_villages", at, "id")
        for row, site in enumerate(county.sites):
            yield site.id, ("county", "sites", row, "id")
        for row, gateway in enumerate(county.gateways):
            yield gateway.id, ("county", "gateways", row, "id")

    def _roads(self) -> None:
        seen: set[tuple[Any, ...]] = set()
        for row, link in enumerate(self.settings.county.links):
            at: Loc = ("county", "links", row)
            self.place(link.a, (*at, "a"))
            self.place(link.b, (*at, "b"))
            ends = frozenset((self.places.find(link.a), self.places.find(link.b)))
            if None in ends:
                continue
            if len(ends) == 1:
                self.add("a road from a place to itself", (*at, "b"), link.b, "two different places")
            identity = (ends, link.road_class, link.kind, link.number)
            if identity in seen:
                self.add("a road stands twice", (*at, "a"), f"{link.a} to {link.b}",
                         mend="take one away, or give them different numbers")
            seen.add(identity)
            if (link.kind == "ferry") != (link.ferry is not None):
                self.add("a ferry without its timetable" if link.kind == "ferry" else "a timetable on a link that is "
                         "no ferry", (*at, "ferry" if link.ferry else "kind"), link.kind,
                         "kind: ferry together with ferry: {vehicles_per_trip, people_per_trip, cycle_min, ...}")
        for row, gateway in enumerate(self.settings.county.gateways):
            if self.places.unit(gateway.unit) is None:
                self.add("no such unit in the county", ("county", "gateways", row, "unit"), gateway.unit,
                         ", ".join(f"{unit.id} ({unit.name_zh})" for unit in self.settings.county.units),
                         self.places.hint(gateway.unit))

    def _coast(self) -> None:
        coast = self.settings.county.boundary.coast
        files = self.sources.files.get("county")
        if coast and files and not any((file.parent / coast).is_file() for file in files):
            self.add("a coast file that is not there", ("county", "boundary", "coast"), coast,
                     f"a GeoJSON file beside {files[0].name}")

    def inside(self, lon: float, lat: float, loc: Loc, what: str) -> None:
        """Note a problem unless a point lies in the box around the county's places, widened by its cap."""
        lons, lats = zip(*self.places.points(), strict=True)
        high = self.settings.county.boundary.cap_km / KM_PER_DEGREE
        wide = high / cos(radians(sum(lats) / len(lats)))
        box = (min(lons) - wide, max(lons) + wide, min(lats) - high, max(lats) + high)
        if not (box[0] <= lon <= box[1] and box[2] <= lat <= box[3]):
            self.add(f"{what} outside the county", loc, f"lon {lon:g}, lat {lat:g}",
                     f"lon {box[0]:.3f} to {box[1]:.3f}, lat {box[2]:.3f} to {box[3]:.3f}",
                     "check that lon and lat are not swapped")

    # Which parts fit together -------------------------------------------------------------------------

    def _belongs(self) -> None:
        county, plan, scenario = self.settings.county, self.settings.plan, self.settings.scenario
        if plan.county != county.id:
            self.add("a plan of another county", ("plan", "county"), plan.county, county.id,
                     f"county={plan.county}, or plan=NAME with a plan of {county.id}: sandtable list plans")
        if scenario.counties and county.id not in scenario.counties:
            self.add("a scenario not made for this county", ("scenario", "counties"), county.id,
                     ", ".join(scenario.counties), "choose a county it is made for, or add this one to its counties")
        if not scenario.hazards:
            self.add("a scenario without a hazard", ("scenario", "hazards"), allowed="at least one hazard")

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
            self.distinct(((item.id, ("plan", group, row, "id")) for row, item in enumerate(rows)),
                          f"an id in {group}")
        for row, team in enumerate(plan.teams):
            if team.type not in types:
                self.add("no such team type", ("plan", "teams", row, "type"), team.type, ", ".join(types),
                         did_you_mean(team.type, types))
        ids = [team.id for team in plan.teams]
        for row, camp in enumerate(plan.camps):
            for at, team_id in enumerate(camp.teams):
                if team_id not in ids:
                    self.add("a camp lists a team that the plan does not have", ("plan", "camps", row, "teams", at),
                             team_id, ", ".join(ids), did_you_mean(team_id, ids))
        able = {word for team in plan.teams if team.type in types for word in types[team.type].capabilities}
        for spec in self.specs.values():
            for word in spec.capabilities:
                if word not in able:
                    self.warnings.append(f"no team of plan {plan.id!r} has the capability {word!r}, which "
                                         f"{spec.name} calls for: such tasks stay undone")

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
                    self.add("a command after the end of the run", (*at, "at"), f"{measure.at:g} s",
                             f"at most {self.settings.scenario.duration:g} s",
                             "give it an earlier time, or the scenario a longer duration")
            args = actions.get(measure.action)
            if args is None:
                self.add("unknown action", (*at, "action"), measure.action, ", ".join(sorted(actions)),
                         did_you_mean(measure.action, actions) or "see: sandtable list actions")
                continue
            try:
                args.model_validate(dict(measure.args))
            except ValidationError as error:
                self.problems += from_pydantic(error, args, self.sources, (*at, "args"))
                continue
            self._arguments(measure.args, (*at, "args"))

    def _arguments(self, args: Mapping[str, Any], at: Loc) -> None:
        for name, value in args.items():
            if name in PLACE_ARGUMENTS and isinstance(value, str):
                self.place(value, (*at, name), also=(EVERYWHERE,) if name == "zone" else ())
            elif name in ITEM_ARGUMENTS and isinstance(value, str):
                items = {item.id: item for item in getattr(self.settings.plan, ITEM_ARGUMENTS[name])}
                match = NUMBERED.match(value)
                one_of = match is not None and match[1] in items and int(match[2]) <= getattr(items[match[1]], "count", 1)
                if value not in items and not one_of:
                    self.add(f"no such {name} in the plan", (*at, name), value, ", ".join(items) or "the plan has none",
                             did_you_mean(value, items))

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
        self.distinct(((target.key, ("targets", "targets", row, "key")) for row, target in enumerate(targets)),
                      "a target's key")
        for row, target in enumerate(targets):
            at: Loc = ("targets", "targets", row)
            kpi = kpis.get(target.kpi)
            if kpi is None:
                self.add("no such KPI", (*at, "kpi"), target.kpi, ", ".join(sorted(kpis)),
                         did_you_mean(target.kpi, kpis) or "see: sandtable list kpis")
                continue
            if target.unit != kpi.unit:
                self.add("a target in another unit than its KPI", (*at, "unit"), target.unit, kpi.unit,
                         f"write the value in {kpi.unit}")
            against = {"lower": (">", ">="), "higher": ("<", "<=")}.get(kpi.better, ())
            if target.op in against:
                self.add("a target that goes against its KPI", (*at, "op"), target.op,
                         "<=, <, ==" if kpi.better == "lower" else ">=, >, ==", f"of {kpi.key}, {kpi.better} is better")
