"""The manifest of a run: what was run, with what, how large, how long, and on what its data rest."""

from __future__ import annotations

import subprocess
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import Any

from agents.drill import Drill
from experiments.unverified import flips, footnote
from sim.settings.plan import Item
from sim.settings.root import RunSettings

PACKAGES = ("mesa", "simpy", "numpy", "numba", "scipy", "pydantic", "hydra-core", "duckdb")


def git_commit() -> str | None:
    """Return the commit of the checkout that holds this code, or None outside of one."""
    home = Path(__file__).resolve().parent.parent
    if not (home / ".git").exists():
        return None
    try:
        found = subprocess.run(["git", "-C", str(home), "rev-parse", "HEAD"], capture_output=True, text=True,
                               timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None


def manifest_of(
    drill: Drill, settings: RunSettings, digest: str, *, cpu_s: dict[str, float], wall_s: float, peak_mb: float,
) -> dict[str, Any]:
    """Return the manifest as it is written, every value JSON."""
    world, plan, scenario, county = drill.world, settings.plan, settings.scenario, settings.county
    households = world.households
    return {
        "sandtable": metadata.version("sandtable"),
        "versions": {name: metadata.version(name) for name in PACKAGES},
        "git": git_commit(), "settings_sha256": digest, "world_digest": world.digest,
        "seed": settings.seed, "replication": settings.replication,
        "county": county.id, "county_name": county.name, "county_name_zh": county.name_zh,
        "plan": plan.id, "plan_title": plan.title, "plan_title_zh": plan.title_zh,
        "scenario": scenario.id, "scenario_title": scenario.title, "scenario_title_zh": scenario.title_zh,
        "targets_title": settings.targets.title, "targets_title_zh": settings.targets.title_zh,
        "start": scenario.start.isoformat(), "duration_s": scenario.duration,
        "wall_s": round(wall_s, 3), "peak_memory_mb": round(peak_mb, 1),
        "cpu_s": {stage: round(seconds, 3) for stage, seconds in cpu_s.items()},
        "counts": {
            "residents": drill.residents.size, "households": len(households["size"]),
            "vehicles": int(households["cars"].sum()) + int(households["two_wheelers"].sum()),
            "links": world.roads.link_count, "nodes": world.roads.node_count,
            "cells": world.grid.ny * world.grid.nx, "teams": len(drill.teams),
            "trucks": sum(len(depot.trucks) for depot in drill.depots), "buses": len(drill.fleet.buses),
            "shelters": len(drill.shelters.rows),
            "traced_households": len(drill.traces.household), "events": drill.events.count,
            "resident_link_passages": drill.evacuation.moves,
        },
        "layers": [
            {"key": f"{hazard.key}.{spec.name}", "hazard": hazard.spec.name, "name": spec.name, "dtype": spec.dtype,
             "unit": spec.unit, "doc": spec.doc, "doc_zh": spec.doc_zh, "grows": spec.grows}
            for hazard in drill.hazards for spec in hazard.spec.layers],
        "data_grades": _grades(drill, settings), "footnotes": _footnotes(drill, settings), "warnings": [],
    }


def _grades(drill: Drill, settings: RunSettings) -> dict[str, str]:
    plan, county = settings.plan, settings.county
    items: list[Item] = [*plan.teams, *plan.camps, *plan.shelters, *plan.warehouses, *plan.buses, *plan.landing_sites,
                         *plan.watch_towers, *plan.cameras, *plan.patrols, *plan.water_points, *plan.tenders,
                         *plan.aircraft, *plan.firebreaks]
    weakest = Counter(item.grade for item in items)
    return {
        "residents of the county": county.residents_grade,
        "residents of the units": county.units[0].residents_grade,
        "villages": "synthetic", "roads between units": county.links[0].grade if county.links else "synthetic",
        "village roads and streets": "synthetic", "terrain and land cover": "synthetic",
        "forest share": county.cover.forest_share_grade, "hill share": county.terrain.hill_share_grade,
        "households and vehicles": county.households.grade,
        **{f"plan items graded {grade}: {count} of {len(items)}": grade for grade, count in sorted(weakest.items())},
        **_transfer_grade(settings),
    }


WEAKEST_FIRST = ("synthetic", "assumption", "memory", "estimate", "fact")


def _transfer_grade(settings: RunSettings) -> dict[str, str]:
    """Return the weakest grade among the plan's figures of people at risk, if it has any."""
    transfer = settings.plan.transfer
    grades = {rate.grade for rate in transfer.rates.values()} | {entry.grade for entry in transfer.at_risk}
    found = [grade for grade in WEAKEST_FIRST if grade in grades]
    return {"people at risk (transfer list)": found[0]} if found else {}


def _transfer_footnote(drill: Drill) -> list[dict[str, str]]:
    """Return the footnote of a run that orders a transfer."""
    if drill.transfer.orders == 0:
        return []
    households, persons = len(drill.transfer.listed), int(drill.transfer.listed.persons.sum())
    return [{
        "en": f"The list of people at risk ({persons:,} in {households:,} households) is drawn from rates and totals "
              "of the plan; who is on it is synthetic, and how cadres work and households respond is assumed.",
        "zh": f"危险区域人员清单（{households:,}户{persons:,}人）按方案中的比率和总数抽取，具体住户为合成数据；"
              "干部上门进度与住户反应为假定。"}]


def _footnotes(drill: Drill, settings: RunSettings) -> list[dict[str, str]]:
    villages = drill.world.places.of_kind("village")
    checked = sum(not link.verified and link.enabled for link in settings.county.links)
    synthetic = sum(v.grade == "synthetic" for v in villages)
    unverified = sum(not link.verified for link in settings.county.links)
    links = drill.world.roads.links
    streets = int((links["fact"] < 0).sum())
    return [
        {"en": f"{synthetic:,} of {len(villages):,} villages are synthetic: their names (such as {villages[0].name}), "
               "places and sizes are invented within the unit's stated totals.",
         "zh": f"{len(villages):,}个村居中有{synthetic:,}个为合成数据：名称（如{villages[0].name_zh}）、位置和人口"
               "系在乡镇总数内推定。"},
        {"en": f"{unverified:,} of {len(settings.county.links):,} stated roads are unverified (class and number from "
               f"memory, length estimated); {streets:,} of {len(links['fact']):,} directed links are synthetic.",
         "zh": f"{len(settings.county.links):,}条列名道路中有{unverified:,}条未经核实（等级、编号凭记忆，长度为估算）；"
               f"{len(links['fact']):,}条有向路段中有{streets:,}条为合成数据。"},
        footnote(flips(drill, settings), checked),
        {"en": "Terrain and land cover are synthetic, fitted to the stated summits, hill share and forest share.",
         "zh": "地形与土地覆盖为合成数据，按所列山峰高程、丘陵比例和森林覆盖率生成。"},
        {"en": "Roads that the hazard closes are closed to evacuees. Ferries run in any wind and fog.",
         "zh": "灾害封闭的道路对转移人员不可通行。渡轮未计风雾停航。"},
        *_transfer_footnote(drill),
    ]
