"""A built World keeps its schema and its facts, and the same facts build the same bytes."""

from __future__ import annotations

import numpy as np
import pytest

from sim.world.build import build_world
from sim.world.classes import FOREST, LandCover
from sim.world.projection import Projection
from sim.world.terrain import slope_and_aspect
from sim.world.world import (
    FERRY_COLUMNS,
    HOUSEHOLD_COLUMNS,
    LAYERS,
    LINK_COLUMNS,
    NODE_COLUMNS,
    PERSON_COLUMNS,
    Place,
    World,
)
from tests.smallcounty import COUNTIES, arrays_of, facts_of, small_county, small_facts, small_world, world

WORLDS = ("small", *COUNTIES)
SHARE_TOLERANCE = 0.01


def land_of(one: World) -> np.ndarray:
    cover = one.layers["land_cover"]
    return one.layers["inside"] & (cover != LandCover.SEA) & (cover != LandCover.OUTSIDE)


def test_two_builds_give_the_same_bytes() -> None:
    again = build_world(small_county(), digest="small")
    first, second = arrays_of(small_world()), arrays_of(again)
    assert first.keys() == second.keys()
    for name in first:
        assert first[name].tobytes() == second[name].tobytes(), name
    assert list(small_world().places) == list(again.places)
    assert small_world().facts == again.facts


def test_another_seed_gives_another_world_of_the_same_facts() -> None:
    other = build_world(small_county(seed=8))
    assert not np.array_equal(other.layers["elevation_m"], small_world().layers["elevation_m"])
    assert len(other.persons["person_id"]) == len(small_world().persons["person_id"])


def test_a_builds_stages_are_told_in_order() -> None:
    said: list[str] = []
    build_world(small_county(), progress=said.append)
    assert said == ["outline and coast", "terrain", "villages", "roads", "land cover and fuel", "households"]


@pytest.mark.parametrize("name", WORLDS)
def test_every_column_is_there_with_its_dtype_and_finite(name: str) -> None:
    one = world(name)
    roads = one.roads
    for columns, wanted in (
        (one.layers, LAYERS),
        (roads.nodes, NODE_COLUMNS),
        (roads.links, LINK_COLUMNS),
        (roads.ferries, FERRY_COLUMNS),
        (one.persons, PERSON_COLUMNS),
        (one.households, HOUSEHOLD_COLUMNS),
    ):
        assert set(columns) == set(wanted)
        assert len({array.shape for array in columns.values()}) == 1
        for column, (dtype, *_) in wanted.items():
            assert columns[column].dtype == np.dtype(dtype), column
            assert np.isfinite(columns[column]).all(), column
    assert one.layers["inside"].shape == one.grid.shape


@pytest.mark.parametrize("name", WORLDS)
def test_hills_and_forest_cover_the_stated_shares(name: str) -> None:
    one, facts = world(name), facts_of(name)
    land = land_of(one)
    dry = land & (one.layers["land_cover"] != LandCover.WATER)
    hill = (one.layers["slope"] > facts.terrain.hill_slope) | (
        one.layers["elevation_m"] > facts.terrain.hill_height_m
    )
    assert hill[dry].mean() == pytest.approx(facts.terrain.hill_share, abs=SHARE_TOLERANCE)
    forest = np.isin(one.layers["land_cover"][land], FOREST).mean()
    assert forest == pytest.approx(facts.cover.forest_share, abs=SHARE_TOLERANCE)


@pytest.mark.parametrize("name", WORLDS)
def test_summits_reach_their_heights_and_nothing_rises_above_them(name: str) -> None:
    one, facts = world(name), facts_of(name)
    projection = Projection(facts.crs)
    heights = [s.height_m for s in facts.terrain.summits]
    for summit in facts.terrain.summits:
        x, y = (float(v) for v in projection.to_xy(summit.lon, summit.lat))
        assert one.grid.contains(x, y), summit.name
        assert one.layers["elevation_m"][one.grid.row_col(x, y)] == pytest.approx(summit.height_m, abs=0.01)
    assert one.layers["elevation_m"].max() == pytest.approx(max(heights), abs=0.01)


@pytest.mark.parametrize("name", WORLDS)
def test_slope_aspect_and_fuel_belong_to_the_ground_they_lie_on(name: str) -> None:
    one, facts = world(name), facts_of(name)
    slope, aspect = slope_and_aspect(one.layers["elevation_m"].astype(float), one.grid.cell_m)
    assert np.allclose(one.layers["slope"], slope, atol=1e-4)
    turned = np.abs((one.layers["aspect_deg"] - aspect + 180) % 360 - 180)
    assert turned[slope > 0.01].max() < 0.5
    for kind, number in facts.cover.fuels.items():
        cells = one.layers["land_cover"] == LandCover[kind.upper()]
        assert (one.layers["fuel"][cells] == number).all(), kind
    crown = one.layers["canopy_cover"]
    assert crown.min() >= 0
    assert crown.max() <= 1
    assert crown[np.isin(one.layers["land_cover"], FOREST)].min() > 0.3


@pytest.mark.parametrize("name", WORLDS)
def test_waters_lie_level_and_the_sea_at_zero(name: str) -> None:
    one = world(name)
    cover, elevation = one.layers["land_cover"], one.layers["elevation_m"]
    assert (elevation[cover == LandCover.SEA] == 0).all()
    from scipy.ndimage import label

    bodies, count = label(cover == LandCover.WATER)
    for body in range(1, count + 1):
        assert np.ptp(elevation[bodies == body]) == 0, body


@pytest.mark.parametrize("name", WORLDS)
def test_no_seat_village_street_or_home_node_stands_in_water(name: str) -> None:
    one = world(name)
    wet = np.isin(one.layers["land_cover"], (LandCover.SEA, LandCover.WATER))

    def drowned(place: Place) -> bool:
        return bool(wet[one.grid.row_col(place.x, place.y)])

    assert [p.name_zh for p in one.places if p.kind in ("unit", "village") and drowned(p)] == []
    home = np.unique(one.persons["home_node"])
    nodes = one.roads.nodes
    assert not wet[one.grid.row_col(nodes["x"][home], nodes["y"][home])].any()


@pytest.mark.parametrize("name", WORLDS)
def test_every_unit_site_gateway_and_village_is_a_place_on_the_network(name: str) -> None:
    one, facts = world(name), facts_of(name)
    assert [p.id for p in one.places.of_kind("unit")] == [unit.id for unit in facts.units]
    assert [p.id for p in one.places.of_kind("site")] == [site.id for site in facts.sites]
    assert [p.id for p in one.places.of_kind("gateway")] == [g.id for g in facts.gateways if g.enabled]
    for unit in facts.units:
        villages = [p for p in one.places.of_kind("village") if p.town == unit.id]
        assert len(villages) == (max(unit.villages, len(unit.known_villages)) or (unit.residents > 0)), (
            unit.id
        )
        assert sum(p.klass == "urban" for p in villages) <= unit.urban_units
    ids = [p.id for p in one.places]
    assert len(set(ids)) == len(ids)
    nodes = one.roads.nodes
    for row, place in enumerate(one.places):
        assert place.row == row
        away = np.hypot(nodes["x"][place.node] - place.x, nodes["y"][place.node] - place.y)
        assert away < 500, (place.name_zh, away)


def test_villages_without_a_known_name_are_labelled_synthetic() -> None:
    for place in world("yueyang").places.of_kind("village"):
        named = "-V" not in place.name_zh and "-C" not in place.name_zh
        assert (place.grade == "synthetic") != named, place.name_zh
    assert world("yueyang").places.get("荣家湾-V07").grade == "synthetic"


def test_a_county_without_waters_sites_gateways_or_summits_is_built_too() -> None:
    facts = small_facts(waters=[], sites=[], gateways=[])
    facts["terrain"] = {**facts["terrain"], "summits": [], "hill_share": 0.2}
    one = build_world(type(small_county()).model_validate(facts))
    assert not (one.layers["land_cover"] == LandCover.WATER).any()
    assert len(one.persons["person_id"]) == 6_000
