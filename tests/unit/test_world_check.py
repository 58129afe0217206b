"""Inspecting a World: a sound one has no problems, and each kind of damage is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.settings.county import County
from sim.world.check import inspect
from sim.world.classes import LandCover
from sim.world.soundness import problems_of
from sim.world.world import World
from tests.smallcounty import COUNTIES, facts_of, small_county, small_facts, small_world, world


def with_column(columns: Mapping[str, Any], name: str, change: Any) -> dict[str, Any]:
    changed = columns[name].copy()
    change(changed)
    return {**columns, name: changed}


@pytest.mark.parametrize("name", ("small", *COUNTIES))
def test_a_built_world_is_sound_and_meets_its_facts(name: str) -> None:
    report = inspect(world(name), facts_of(name))
    assert report["problems"] == []
    rows = {row["key"]: row for row in report["against_facts"]}
    for key in ("residents of the units", "hill share", "forest share", "aged 0 to 14", "aged 60 and over"):
        assert rows[key]["ok"], rows[key]
    assert all(abs(summit["world_m"] - summit["fact_m"]) < 1 for summit in report["summits"])


def test_counts_and_lengths_are_those_of_the_columns() -> None:
    one = small_world()
    report = inspect(one, small_county())
    counts = report["counts"]
    assert (counts["residents"], counts["units"], counts["villages"]) == (6000, 3, 16)
    assert counts["links"] == len(one.roads.links["tail"])
    both_ways_km = float(one.roads.links["length_m"].astype(np.float64).sum()) / 1000
    assert 2 * report["road_km"]["all"] == pytest.approx(both_ways_km, abs=0.2)
    assert sum(km for name, km in report["road_km"].items() if name != "all") == pytest.approx(
        report["road_km"]["all"], abs=0.4
    )
    assert sum(report["cover_shares"].values()) == pytest.approx(1, abs=1e-3)
    assert report["grades"]["villages"] == {"synthetic": 16}
    assert report["grades"]["stated_roads_verified"] == 1
    assert report["grades"]["stated_roads_disabled"] == 1


def test_unverified_roads_and_missed_facts_are_warned_of() -> None:
    facts = small_facts(area_km2=900.0, road_km_per_km2=9.0, road_km_per_km2_grade="memory")
    warnings = inspect(small_world(), County.model_validate(facts))["warnings"]
    assert any(text.startswith("area: ") and "the fact is 900.0" in text for text in warnings)
    assert any(text.startswith("roads and streets: ") for text in warnings)
    assert not any(text.startswith("roads: ") for text in warnings)
    assert "2 of 3 stated roads are unverified" in warnings


def test_a_binding_fact_that_is_missed_is_a_problem() -> None:
    facts = small_facts()
    facts["terrain"]["hill_share"] = 0.9
    problems = inspect(small_world(), County.model_validate(facts))["problems"]
    assert len(problems) == 1
    assert problems[0].startswith("hill share: ")


def test_a_bare_county_has_a_report() -> None:
    report = inspect(small_world(), small_county())
    assert next(r for r in report["against_facts"] if r["key"] == "roads")["ok"] is None


def damaged(kind: str) -> World:
    one = small_world()
    roads, links = one.roads, one.roads.links
    if kind == "dtype":
        persons = {**one.persons, "age": one.persons["age"].astype(np.int64)}
        return replace(one, persons=persons)
    if kind == "column":
        return replace(one, layers={k: v for k, v in one.layers.items() if k != "slope"})
    if kind == "cut off":
        # The way back from one node is turned round: it can be left, but not reached.
        node = int(links["tail"][0])
        enters = np.flatnonzero(links["head"] == node)

        def turn(head: Any) -> None:
            head[enters] = links["tail"][enters]

        return replace(one, roads=replace(roads, links=with_column(links, "head", turn)))
    if kind == "length":

        def stretch(length: Any) -> None:
            length[links["fact"] == 0] *= 1.01

        return replace(one, roads=replace(roads, links=with_column(links, "length_m", stretch)))
    if kind == "household":

        def mix(household: Any) -> None:
            household[[0, -1]] = household[[-1, 0]]

        return replace(one, persons=with_column(one.persons, "household", mix))
    assert kind == "moved"

    def move(village: Any) -> None:
        village[0] = one.places.find("nan-v04").row  # type: ignore[union-attr]

    return replace(one, persons=with_column(one.persons, "village", move))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("dtype", "person column 'age' is int64, not uint8"),
        ("column", "layer column 'slope' is missing"),
        ("cut off", "the road network falls into "),
        ("length", "the road dong-xi is 9.393 km long, stated are 9.3 km"),
        ("household", "members of a household do not stand in consecutive rows"),
        ("moved", "residents, its place says"),
    ],
)
def test_each_damage_is_named(kind: str, message: str) -> None:
    assert any(message in problem for problem in problems_of(damaged(kind), small_county()))


def test_forest_share_is_that_of_the_land_cover() -> None:
    one = small_world()
    bare = np.where(one.layers["land_cover"] >= LandCover.BROADLEAF, LandCover.BARE, one.layers["land_cover"])
    cleared = replace(one, layers={**one.layers, "land_cover": bare.astype(np.uint8)})
    report = inspect(cleared, small_county())
    assert next(r for r in report["against_facts"] if r["key"] == "forest share")["world"] == 0
    assert any(text.startswith("forest share: ") for text in report["problems"])
