"""The road network: in one piece, as long as stated, on the cells it passes, islands on their ferries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from sim.world.build import build_world
from sim.world.classes import LandCover, LinkKind, RoadClass
from sim.world.world import World
from tests.smallcounty import COUNTIES, facts_of, small_county, small_facts, small_world, world

WORLDS = ("small", *COUNTIES)
LENGTH_TOLERANCE_KM = 1e-5
"""Rounding of a sum of float32 links of some hundred metres: 1 cm."""


def pieces(one: World, without: np.ndarray | None = None) -> np.ndarray:
    """Return the strong component of every node, links of ``without`` (bool per link) taken away."""
    links, n = one.roads.links, one.roads.node_count
    kept = np.ones(one.roads.link_count, bool) if without is None else ~without
    graph = coo_matrix((np.ones(kept.sum()), (links["tail"][kept], links["head"][kept])), shape=(n, n))
    return connected_components(graph, directed=True, connection="strong")[1]


def km_by_fact(one: World, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the length (km) of every stated road as built, that way and the other."""
    links = one.roads.links
    first = np.arange(one.roads.link_count) < links["reverse"]
    sums = []
    for way in (first, ~first):
        stated = way & (links["fact"] >= 0)
        km = links["length_m"][stated].astype(np.float64) / 1000
        sums.append(np.bincount(links["fact"][stated], weights=km, minlength=rows))
    return sums[0], sums[1]


@pytest.mark.parametrize("name", WORLDS)
def test_every_node_reaches_every_other(name: str) -> None:
    assert np.unique(pieces(world(name))).tolist() == [0]


@pytest.mark.parametrize("name", COUNTIES)
def test_a_county_has_5000_to_40000_directed_links(name: str) -> None:
    assert 5_000 <= world(name).roads.link_count <= 40_000


@pytest.mark.parametrize("name", WORLDS)
def test_stated_roads_keep_their_length_kind_and_class(name: str) -> None:
    one, facts = world(name), facts_of(name)
    there, back = km_by_fact(one, len(facts.links))
    links = one.roads.links
    for row, link in enumerate(facts.links):
        if not link.enabled:
            continue
        label = f"{link.a}-{link.b}"
        assert there[row] == pytest.approx(link.length_km, abs=LENGTH_TOLERANCE_KM), label
        assert back[row] == pytest.approx(link.length_km, abs=LENGTH_TOLERANCE_KM), label
        its = links["fact"] == row
        assert (links["road_class"][its] == RoadClass[link.road_class.upper()]).all(), label
        assert (links["verified"][its] == link.verified).all(), label
        kinds = set(links["kind"][its].tolist())
        assert kinds <= {LinkKind.ROAD, LinkKind[link.kind.upper()]}, label
        assert LinkKind[link.kind.upper()] in kinds, label


@pytest.mark.parametrize("name", WORLDS)
def test_a_link_switched_off_is_not_built(name: str) -> None:
    one, facts = world(name), facts_of(name)
    off = [row for row, link in enumerate(facts.links) if not link.enabled]
    if name != "yueyang":
        assert off
    assert not np.isin(one.roads.links["fact"], off).any()
    assert one.facts["disabled_links"] == [f"{facts.links[row].a}-{facts.links[row].b}" for row in off]


def test_switching_a_link_off_takes_its_length_away_and_on_brings_it_back() -> None:
    facts = small_facts()
    facts["links"] = [{**link, "enabled": True} for link in facts["links"]]
    every = build_world(type(small_county()).model_validate(facts))
    assert every.facts["disabled_links"] == []
    added = every.facts["stated_road_km"] - small_world().facts["stated_road_km"]
    assert added == pytest.approx(8.8, abs=0.05)
    assert (every.roads.links["fact"] == 3).any()


@pytest.mark.parametrize("name", WORLDS)
def test_links_are_sound(name: str) -> None:
    roads = world(name).roads
    links, rows = roads.links, np.arange(roads.link_count)
    assert (links["length_m"] > 0).all()
    assert (links["speed_mps"] > 0).all()
    assert (links["lanes"] >= 1).all()
    assert (links["tail"] != links["head"]).all()
    assert np.array_equal(links["reverse"][links["reverse"]], rows)
    for one, other in (("tail", "head"), ("head", "tail")):
        assert np.array_equal(links[one], links[other][links["reverse"]])
    for column in ("length_m", "speed_mps", "lanes", "road_class", "kind", "fact", "verified"):
        assert np.array_equal(links[column], links[column][links["reverse"]]), column
    synthetic = links["fact"] < 0
    assert (links["kind"][synthetic] == LinkKind.ROAD).all()
    streets = links["road_class"] == RoadClass.STREET
    assert synthetic[streets].all()


@pytest.mark.parametrize("name", WORLDS)
def test_synthetic_links_are_no_shorter_than_the_straight_line(name: str) -> None:
    roads = world(name).roads
    links, nodes = roads.links, roads.nodes
    tail, head = links["tail"], links["head"]
    straight = np.hypot(nodes["x"][tail] - nodes["x"][head], nodes["y"][tail] - nodes["y"][head])
    ours = links["fact"] < 0
    # float32 lengths of some hundred metres: a centimetre.
    assert (links["length_m"][ours] >= straight[ours] - 0.01).all()


@pytest.mark.parametrize("name", WORLDS)
def test_links_that_leave_and_enter_a_node_are_listed_once(name: str) -> None:
    roads = world(name).roads
    for start, listed, end in (
        (roads.out_start, roads.out_link, "tail"),
        (roads.in_start, roads.in_link, "head"),
    ):
        assert np.array_equal(np.sort(listed), np.arange(roads.link_count))
        assert start[0] == 0
        assert start[-1] == roads.link_count
        node = np.repeat(np.arange(roads.node_count), np.diff(start))
        assert np.array_equal(roads.links[end][listed], node)


@pytest.mark.parametrize("name", WORLDS)
def test_cells_of_a_link_join_its_ends_step_by_step(name: str) -> None:
    one = world(name)
    roads, grid = one.roads, one.grid
    start, cell = roads.cell_start, roads.cell.astype(np.int64)
    assert start[0] == 0
    assert start[-1] == len(cell)
    assert (np.diff(start) >= 1).all()
    ends: dict[str, Any] = {}
    for end in ("tail", "head"):
        node = roads.links[end]
        row, col = grid.row_col(roads.nodes["x"][node], roads.nodes["y"][node])
        ends[end] = row * grid.nx + col
    assert np.array_equal(cell[start[:-1]], ends["tail"])
    assert np.array_equal(cell[start[1:] - 1], ends["head"])
    row, col = np.divmod(cell, grid.nx)
    step = np.maximum(np.abs(np.diff(row)), np.abs(np.diff(col)))
    within = np.ones(len(step), bool)
    within[start[1:-1] - 1] = False
    assert (step[within] == 1).all()


def test_no_road_but_a_bridge_of_yueyang_or_xiangshan_lies_far_out_at_sea() -> None:
    for name in COUNTIES:
        one = world(name)
        links, roads = one.roads.links, one.roads
        sea = (one.layers["land_cover"] == LandCover.SEA).ravel()[roads.cell]
        share = np.add.reduceat(sea, roads.cell_start[:-1]) / np.diff(roads.cell_start)
        synthetic = links["fact"] < 0
        assert (share[synthetic & (links["road_class"] == RoadClass.STREET)] < 0.5).all(), name


def test_islands_of_xiangshan_hang_on_ferries_and_a_bridge() -> None:
    one, facts = world("xiangshan"), facts_of("xiangshan")
    links, ferries = one.roads.links, one.roads.ferries
    ferry = links["kind"] == LinkKind.FERRY
    assert np.array_equal(np.sort(ferries["link"]), np.flatnonzero(ferry))
    assert {frozenset((facts.links[f].a, facts.links[f].b)) for f in np.unique(links["fact"][ferry])} == {
        frozenset(("shipu", "hepu")),
        frozenset(("gaotangdao", "hepu")),
    }
    for column in ("cycle_s", "vehicles", "people", "stop_wind_mps"):
        assert (ferries[column] > 0).all()

    seat, hepu, gaotang = (one.places.get(name).node for name in ("丹东", "鹤浦", "高塘岛"))
    # The bridge alone keeps 高塘岛; with it gone and the ferries too, both islands are on their own.
    which = pieces(one, ferry)
    assert which[gaotang] == which[seat]
    assert which[hepu] != which[seat]
    which = pieces(one, ferry | (links["kind"] == LinkKind.BRIDGE))
    assert len({which[seat], which[hepu], which[gaotang]}) == 3
    # Nothing else is lost: only nodes of the two islands' units.
    lost = {p.town for p in one.places.of_kind("village") if which[p.node] != which[seat]}
    assert lost == {"hepu", "gaotangdao"}


def test_a_ferry_takes_its_crossing_and_half_a_cycle() -> None:
    facts = small_facts()
    facts["links"][1] |= {
        "kind": "ferry",
        "ferry": {
            "vehicles_per_trip": 6,
            "people_per_trip": 90,
            "cycle_min": 20,
            "speed_kmh": 18,
            "stop_wind_mps": 13.9,
            "stop_fog_visibility_m": 500,
        },
    }
    one = build_world(type(small_county()).model_validate(facts))
    links, ferries = one.roads.links, one.roads.ferries
    assert ferries["link"].tolist() == np.flatnonzero(links["kind"] == LinkKind.FERRY).tolist()
    assert ferries["people"].tolist() == [90, 90]
    for link in ferries["link"]:
        # 8.1 km at 18 km/h is 1620 s; half of 20 min is 600 s.
        assert links["length_m"][link] / links["speed_mps"][link] == pytest.approx(2220, rel=1e-5)
