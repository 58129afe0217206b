"""What a World is made of, held against the county's facts: counts, shares, lengths, connections, grades."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.settings.county import County
from sim.world.classes import FOREST, LandCover, RoadClass
from sim.world.soundness import one_way, problems_of
from sim.world.world import World

HILL_TOLERANCE = 0.02
"""Hill share of the World may differ from the fact by this much."""
FOREST_TOLERANCE = 0.01
SUMMIT_TOLERANCE_M = 1.0
AREA_TOLERANCE = 0.15
"""Beyond this share off the stated area, the report warns."""
DENSITY_TOLERANCE = 0.15
"""By this share of it, the stated road density may miss the span from roads alone to roads and streets."""
LINK_RANGE = (5_000, 40_000)
"""Directed links a county of this kind should have: fewer are too coarse to be driven, more too slow."""


def inspect(world: World, county: County) -> dict[str, Any]:
    """Return what the World is made of against the facts, with ``problems`` (none in a sound World).

    Every entry of ``against_facts`` has key, world, op, fact, tolerance, unit, grade, ok and binding; ``ok``
    is None where there is no fact. ``problems`` break the World's contract or miss a binding fact;
    ``warnings`` are what a reader should know.
    """
    links = world.roads.links
    once = one_way(links)
    length_km = np.where(once, links["length_m"], 0.0).astype(np.float64) / 1000
    facts = _against_facts(world, county, length_km)
    summits = _summits(world, county)
    problems = problems_of(world, county)
    problems += [
        f"{summit['name_zh']} is {summit['world_m']:.1f} m high, the fact is {summit['fact_m']} m"
        for summit in summits
        if summit["world_m"] is not None and abs(summit["world_m"] - summit["fact_m"]) > SUMMIT_TOLERANCE_M
    ]
    problems += [
        f"{row['key']}: {row['world']} {row['unit']}, the fact is {row['fact']} ({row['grade']})"
        for row in facts
        if row["ok"] is False and row["binding"]
    ]
    return {
        "county": world.county,
        "name": county.name,
        "name_zh": county.name_zh,
        "digest": world.digest,
        "counts": _counts(world),
        "road_km": _road_km(links, length_km),
        "against_facts": facts,
        "cover_shares": _cover_shares(world),
        "summits": summits,
        "grades": _grades(world, county, length_km),
        "longest_link_m": round(float(links["length_m"].max()), 1),
        "boundary": county.boundary.source,
        "facts": dict(world.facts),
        "warnings": _warnings(world, county, facts),
        "problems": problems,
    }


def _counts(world: World) -> dict[str, int]:
    kinds = Counter(place.kind for place in world.places)
    day = world.persons["leave_s"]
    return {
        "residents": len(world.persons["person_id"]),
        "households": len(world.households["household_id"]),
        "cars": int(world.households["cars"].sum()),
        "two_wheelers": int(world.households["two_wheelers"].sum()),
        "with_a_day_place": int(np.count_nonzero(day >= 0)),
        "units": kinds["unit"],
        "villages": kinds["village"],
        "sites": kinds["site"],
        "gateways": kinds["gateway"],
        "nodes": world.roads.node_count,
        "links": world.roads.link_count,
        "ferry_links": len(world.roads.ferries["link"]),
        "cells": world.grid.ny * world.grid.nx,
        "cells_inside": int(np.count_nonzero(world.layers["inside"])),
    }


def _road_km(links: Any, length_km: NDArray[np.float64]) -> dict[str, float]:
    out = {
        kind.name.lower(): round(float(length_km[links["road_class"] == kind].sum()), 1) for kind in RoadClass
    }
    out["all"] = round(float(length_km.sum()), 1)
    return out


def _land(world: World) -> NDArray[np.bool_]:
    return np.asarray(world.layers["inside"] & (world.layers["land_cover"] != LandCover.SEA))


def _against_facts(world: World, county: County, length_km: NDArray[np.float64]) -> list[dict[str, Any]]:
    land = _land(world)
    dry = land & (world.layers["land_cover"] != LandCover.WATER)
    cover = world.layers["land_cover"]
    area = float(np.count_nonzero(land)) * world.grid.cell_m**2 / 1e6
    terrain = county.terrain
    hill = (world.layers["slope"] > terrain.hill_slope) | (
        world.layers["elevation_m"] > terrain.hill_height_m
    )
    rows: list[dict[str, Any]] = []

    def row(
        key: str,
        value: float,
        fact: float | None,
        unit: str,
        grade: str | None,
        within: float,
        binding: bool,
        op: str = "==",
    ) -> None:
        ok = None
        if fact is not None:
            holds = {
                "==": abs(value - fact) <= within,
                ">=": value >= fact - within,
                "<=": value <= fact + within,
            }
            ok = bool(holds[op])
        rows.append(
            {
                "key": key,
                "world": value,
                "op": op,
                "fact": fact,
                "unit": unit,
                "grade": grade,
                "ok": ok,
                "tolerance": within,
                "binding": binding,
            }
        )

    people = len(world.persons["person_id"])
    units = sum(unit.residents for unit in county.units)
    row("residents of the units", people, units, "persons", county.residents_grade, 0, True)
    row(
        "residents",
        people,
        county.residents,
        "persons",
        county.residents_grade,
        0.005 * county.residents,
        False,
    )
    row(
        "area",
        round(area, 1),
        county.area_km2,
        "km2",
        county.area_grade,
        AREA_TOLERANCE * county.area_km2,
        False,
    )
    row(
        "hill share",
        round(float(hill[dry].mean()), 4),
        terrain.hill_share,
        "of dry land",
        terrain.hill_share_grade,
        HILL_TOLERANCE,
        True,
    )
    row(
        "forest share",
        round(float(np.isin(cover[land], FOREST).mean()), 4),
        county.cover.forest_share,
        "of land and lakes",
        county.cover.forest_share_grade,
        FOREST_TOLERANCE,
        True,
    )
    row(
        "water share",
        round(float((cover[land] == LandCover.WATER).mean()), 4),
        county.cover.water_share,
        "of land and lakes",
        county.cover.water_share_grade,
        0.03,
        False,
    )
    # Statistics of roads count them down to the village and streets in part: the fact should lie between.
    streets = world.roads.links["road_class"] == RoadClass.STREET
    stated, grade = county.road_km_per_km2, county.road_km_per_km2_grade
    within = 0.0 if stated is None else DENSITY_TOLERANCE * stated
    for key, counted, op in (("roads and streets", streets | ~streets, ">="), ("roads", ~streets, "<=")):
        row(key, round(float(length_km[counted].sum()) / area, 3), stated, "km/km2", grade, within, False, op)
    row(
        "persons per household",
        round(people / max(len(world.households["size"]), 1), 3),
        county.households.mean_size,
        "persons",
        county.households.grade,
        0.02 * county.households.mean_size,
        True,
    )
    age = world.persons["age"]
    row(
        "aged 0 to 14",
        round(float((age < 15).mean()), 4),
        county.households.share_0_14,
        "of residents",
        county.households.grade,
        0.005,
        True,
    )
    row(
        "aged 60 and over",
        round(float((age >= 60).mean()), 4),
        county.households.share_60_plus,
        "of residents",
        county.households.grade,
        0.005,
        True,
    )
    return rows


def _cover_shares(world: World) -> dict[str, float]:
    land = _land(world)
    counts = np.bincount(world.layers["land_cover"][land], minlength=len(LandCover))
    return {
        kind.name.lower(): round(float(counts[kind]) / max(int(land.sum()), 1), 4)
        for kind in LandCover
        if counts[kind]
    }


def _summits(world: World, county: County) -> list[dict[str, Any]]:
    from sim.world.projection import Projection

    projection = Projection(world.crs)
    out = []
    for summit in county.terrain.summits:
        x, y = (float(v) for v in projection.to_xy(summit.lon, summit.lat))
        on_grid = world.grid.contains(x, y)
        height = float(world.layers["elevation_m"][world.grid.row_col(x, y)]) if on_grid else None
        out.append(
            {
                "name": summit.name,
                "name_zh": summit.name_zh,
                "fact_m": summit.height_m,
                "world_m": height,
                "within_m": SUMMIT_TOLERANCE_M,
                "grade": summit.grade,
            }
        )
    return out


def _grades(world: World, county: County, length_km: NDArray[np.float64]) -> dict[str, Any]:
    links = world.roads.links
    once = one_way(links)
    stated = (links["fact"] >= 0) & once
    return {
        "villages": dict(sorted(Counter(p.grade for p in world.places if p.kind == "village").items())),
        "units_residents": dict(sorted(Counter(unit.residents_grade for unit in county.units).items())),
        "units_coordinates": dict(sorted(Counter(unit.coordinates_grade for unit in county.units).items())),
        "stated_roads": len([link for link in county.links if link.enabled]),
        "stated_roads_verified": len([link for link in county.links if link.enabled and link.verified]),
        "stated_roads_grades": dict(
            sorted(Counter(link.grade for link in county.links if link.enabled).items())
        ),
        "stated_roads_disabled": len([link for link in county.links if not link.enabled]),
        "stated_road_km": round(float(length_km[stated].sum()), 1),
        "synthetic_road_km": round(float(length_km[once & ~stated].sum()), 1),
        "synthetic_links": int(np.count_nonzero(links["fact"] < 0)),
        "unverified_links": int(np.count_nonzero((links["fact"] >= 0) & ~links["verified"])),
        "persons": "synthetic",
        "terrain": "synthetic beyond the summits and the hill share",
    }


def _warnings(world: World, county: County, facts: list[dict[str, Any]]) -> list[str]:
    out = [
        f"{row['key']}: {row['world']} {row['unit']} in the World, the fact is {row['fact']} ({row['grade']})"
        for row in facts
        if row["ok"] is False and not row["binding"]
    ]
    unverified = [link for link in county.links if link.enabled and not link.verified]
    if unverified:
        out.append(
            f"{len(unverified)} of {sum(link.enabled for link in county.links)} stated roads are unverified"
        )
    if not LINK_RANGE[0] <= world.roads.link_count <= LINK_RANGE[1]:
        out.append(f"{world.roads.link_count} directed links, outside {LINK_RANGE[0]} to {LINK_RANGE[1]}")
    off = world.facts.get("summits_off_grid", 0)
    if off:
        out.append(f"{off} summits lie off the grid and are left out")
    return out
