"""The tables of docs/background/plans-and-targets.md, written from the YAML they speak of.

``python -m tests.plan_tables`` writes them anew; tests/unit/test_plans.py fails while they differ.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import yaml

from scenarios.forest_fire.tools import longest_flame
from sim.settings.plan import Camp, LandingSite, Plan, Shelters, Team, TeamType, Warehouse
from sim.settings.target import TargetSet
from sim.settings.warning import Channel, DoorToDoor, Neighbours

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/background/plans-and-targets.md"
PLANS = tuple((county, name) for county in ("yueyang", "xiangshan") for name in ("baseline", "five_year"))
BLOCK = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def load_plan(county: str, name: str) -> Plan:
    """Return one of the shipped plans."""
    return Plan(**yaml.safe_load((ROOT / f"conf/plan/{county}/{name}.yaml").read_text(encoding="utf-8")))


def load_team_types() -> dict[str, TeamType]:
    """Return the shipped team types by key."""
    rows = yaml.safe_load((ROOT / "conf/team_types/china.yaml").read_text(encoding="utf-8"))
    return {key: TeamType(**row) for key, row in rows.items()}


def load_targets(county: str) -> TargetSet:
    """Return the shipped targets of a county."""
    return TargetSet(**yaml.safe_load((ROOT / f"conf/targets/{county}.yaml").read_text(encoding="utf-8")))


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |\n" for line in lines)


PlacedItem = Team | Camp | Shelters | Warehouse | LandingSite


def describe(item: PlacedItem) -> str:
    """Return what an item is, in a few words, without its place."""
    match item:
        case Team():
            return f"{item.crew} people, {item.type}"
        case Camp():
            return "camp with a standing team"
        case Shelters():
            return f"{item.count} x {item.capacity:,} places, open in {item.opening.median / 60:.0f} min"
        case Warehouse():
            return (f"{item.area_m2:,.0f} m2, {item.stock_packs:,} packs, {item.trucks} x "
                    f"{item.truck_load_packs:,} packs by truck")
        case LandingSite():
            return "landing site"


def warning(plan: Plan) -> str:
    """Say in a few words how a plan's warnings spread."""
    delay = plan.warning.delay
    if delay is None:
        return "by the channels below"
    return f"half warned in {delay.median / 60:.0f} min, {plan.warning.reach:.0%} reached"


def reached_by(channel: Channel | DoorToDoor | Neighbours) -> str:
    """Say in a few words whom a channel reaches and how soon."""
    reach = f"{channel.reach:.0%} reached"
    if isinstance(channel, Neighbours):
        return f"{reach}; a warned household tells {channel.tells_per_hour:g} others an hour"
    begins = f"{reach}; begins after {channel.start.median / 60:.0f} min"
    if isinstance(channel, DoorToDoor):
        more = channel.households_per_worker
        return (f"{begins}; {channel.workers_per_village:g} workers a village"
                + (f" or one for {more:g} households" if more else "")
                + f", {channel.households_per_worker_hour:g} households an hour each")
    needs = " and ".join(channel.needs) or "nothing"
    return f"{begins}, half of them have it {channel.receipt / 60:.0f} min later; needs {needs}"


def plan_table(plan: Plan) -> str:
    """Return a plan's items, alike ones in one row, with their grade and source."""
    items: list[PlacedItem] = [*plan.teams, *plan.camps, *plan.shelters, *plan.warehouses,
                               *plan.landing_sites]
    groups: dict[tuple[str, str, str], list[str]] = {}
    for item in items:
        places = groups.setdefault((describe(item), item.grade, item.source), [])
        places.append(item.place)
    rows = [["command post", plan.command.place, f"decides in {plan.command.decision.median / 60:.0f} min",
             plan.command.grade, plan.command.source],
            ["warning", "county", warning(plan), plan.warning.grade, plan.warning.source]]
    for name, channel in plan.warning.channels or ():
        if channel is not None:
            rows.append([name.replace("_", " "), "county", reached_by(channel), channel.grade, channel.source])
    kinds = {describe(item): type(item).__name__.lower().rstrip("s") for item in items}
    for (what, grade, source), places in groups.items():
        where = ", ".join(place if n == 1 else f"{place} x {n}" for place, n in Counter(places).items())
        rows.append([kinds[what], where, what, grade, source])
    return table(["item", "where", "what", "grade", "source"], rows)


def team_types_table() -> str:
    """Return the team types with the figures that decide a forest fire."""
    rows = []
    for key, kind in load_team_types().items():
        day, night = kind.turnout.day.median / 60, kind.turnout.night.median / 60
        rows.append([f"`{key}` {kind.name_zh}", f"{day:g} / {night:g}", f"{kind.present:.2g}",
                     f"{kind.rates['fire_line']:g}", ", ".join(kind.tools),
                     f"{longest_flame(kind.tools):.1f}", kind.source])
    return table(["type", "turnout day / night, min", "present", "line, m per person and hour",
                  "tools", "flame, m", "source"], rows)


def targets_table(targets: TargetSet) -> str:
    """Return a county's targets."""
    return table(["target", "KPI", "must be", "sentence", "source", "note"],
                 [[f"`{target.key}`", f"`{target.kpi}`", f"{target.op} {target.value:g} {target.unit}",
                   target.sentence_zh, target.source, target.note] for target in targets.targets])


def block(name: str) -> str:
    """Return the table of one marked block: ``plan/COUNTY/NAME``, ``targets/COUNTY``, ``team_types``."""
    kind, *rest = name.split("/")
    if kind == "plan":
        return plan_table(load_plan(*rest))
    if kind == "targets":
        return targets_table(load_targets(*rest))
    return team_types_table()


def renewed(page: str) -> str:
    """Return the page with every marked table written anew."""
    return BLOCK.sub(lambda found: found[1] + block(found[2]) + found[3], page)


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
