"""The World at coarser cells, whose ground is whose, what a fire reached, the colours of the map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from experiments.season.cells import times_finer
from experiments.season.gather import COLOURS, colours
from experiments.season.ground import Territory, coarsened
from experiments.season.merge import merged
from experiments.season.reach import reached_by
from experiments.season.results import sizes, tail
from scenarios.forest_fire.settings_season import Losses
from sim.world.classes import FOREST
from tests.fires import forest_fire
from tests.smallworld import small_world
from tests.worlds import flat_world


@pytest.mark.parametrize(("cell", "own", "times"), [
    (60.0, 60.0, 1), (120.0, 60.0, 2), (30.0, 60.0, None), (100.0, 60.0, None), (90.0, 30.0, 3), (10.0, 100.0, None),
])
def test_cells_must_be_whole_multiples(cell, own, times):
    assert times_finer(cell, own) == times


def test_a_coarse_cell_has_its_commonest_cover_and_the_fuel_that_goes_with_it():
    world = flat_world(5, 6, 30.0)
    cover, fuel = world.layers["land_cover"].copy(), world.layers["fuel"].copy()
    cover[0, 0], cover[0, 1], cover[1, 0], cover[1, 1] = 9, 7, 7, 9
    fuel[0, 0], fuel[0, 1], fuel[1, 0], fuel[1, 1] = 165, 145, 145, 161
    cover[0, 2], cover[0, 3], cover[1, 2], cover[1, 3] = 9, 7, 10, 9
    fuel[0, 2], fuel[0, 3], fuel[1, 2], fuel[1, 3] = 165, 145, 161, 165
    coarse = coarsened(replace(world, layers={**world.layers, "land_cover": cover, "fuel": fuel}), 2)
    assert coarse.grid.shape == (3, 3) and coarse.grid.cell_m == 60.0
    assert (coarse.layers["land_cover"][0, 0], coarse.layers["fuel"][0, 0]) == (7, 145)
    assert (coarse.layers["land_cover"][0, 1], coarse.layers["fuel"][0, 1]) == (9, 165)
    # what lies past the old grid's last row is outside where most of the cell is: the edge is repeated, inside is not
    assert coarse.layers["inside"][:2].all()
    assert coarsened(world, 1) is world


def test_slope_and_aspect_are_those_of_the_mean_gradient():
    world = flat_world(4, 4, 30.0, slope=0.4, aspect_deg=90.0)
    even = coarsened(world, 2)
    assert np.allclose(even.layers["slope"], 0.4) and np.allclose(even.layers["aspect_deg"], 90.0)
    aspect = world.layers["aspect_deg"].copy()
    aspect[:, 1::2] = 270.0  # a gutter: its two sides cancel
    gutter = coarsened(replace(world, layers={**world.layers, "aspect_deg": aspect}), 2)
    assert np.allclose(gutter.layers["slope"], 0.0, atol=1e-6)
    aspect[:, 1::2] = 0.0
    corner = coarsened(replace(world, layers={**world.layers, "aspect_deg": aspect}), 2)
    assert np.allclose(corner.layers["aspect_deg"], 45.0, atol=1e-4)
    assert np.allclose(corner.layers["slope"], 0.4 * np.sqrt(0.5), atol=1e-6)


def test_links_pass_coarse_cells_that_touch_side_by_side():
    world = small_world()
    coarse = coarsened(world, 3)
    roads, nx = coarse.roads, coarse.grid.nx
    assert len(roads.cell_start) == len(world.roads.cell_start)
    for link in range(roads.link_count):
        cells = np.asarray(roads.cell[roads.cell_start[link]:roads.cell_start[link + 1]])
        own = np.asarray(world.roads.cell[world.roads.cell_start[link]:world.roads.cell_start[link + 1]])
        row, col = own // world.grid.nx // 3, own % world.grid.nx // 3
        assert set(cells.tolist()) == set((row * nx + col).tolist())
        step = np.abs(np.diff(cells // nx)) + np.abs(np.diff(cells % nx))
        assert (step == 1).all()


def test_ground_belongs_to_the_nearest_village_and_houses_to_their_cells():
    world = small_world()
    territory, grid = Territory(world), world.grid
    inside = np.asarray(world.layers["inside"]).ravel()
    assert ((territory.village_of >= 0) == inside).all()
    assert territory.houses.sum() == len(world.households["first"])
    rng = np.flatnonzero(inside)[:: max(1, int(inside.sum()) // 200)]
    x, y = grid.centre(rng // grid.nx, rng % grid.nx)
    away = np.hypot(x[:, None] - territory.xy[:, 0], y[:, None] - territory.xy[:, 1])
    assert (away[np.arange(len(rng)), territory.village_of[rng]] == away.min(1)).all()
    forest = np.isin(world.layers["land_cover"], [int(kind) for kind in FOREST]) & world.layers["inside"]
    assert territory.forest_ha == pytest.approx(forest.sum() * grid.cell_m**2 / 1e4)


def test_what_a_fire_reached_adds_up():
    world = flat_world(60, 60, 30.0, fuel=165, cover=9, villages=(("a", 30, 34), ("b", 5, 5)))
    fire = forest_fire(world, ignitions=[{"place": "a"}])
    fire.advance(2 * 3600.0)
    territory = Territory(world)
    losses = Losses(forest_yuan_per_ha=1000.0, house_yuan=50_000.0, red=3.0, orange=2.0, yellow=1.0, source="test")
    reached, figures = reached_by(fire, territory, losses), fire.summary()
    assert len(reached.cells) * 0.09 == pytest.approx(figures["fire.burned_ha"])
    assert reached.forest_ha == pytest.approx(figures["fire.burned_forest_ha"])
    assert reached.damaged_ha.sum() == pytest.approx(figures["fire.damaged_forest_ha"])
    assert reached.near.sum() == figures["fire.villages_reached"] >= 1
    expected = territory.houses[reached.cells].sum() * fire.settings.effects.house_burns
    assert reached.houses.sum() == pytest.approx(expected)
    assert reached.loss_yuan == pytest.approx(reached.damaged_ha * 1000.0 + reached.houses * 50_000.0)


def test_what_burns_over_the_border_is_not_the_countys():
    world = flat_world(60, 60, 30.0, fuel=165, cover=9, villages=(("a", 30, 30),))
    half = world.layers["inside"].copy()
    half[:, 30:] = False
    world = replace(world, layers={**world.layers, "inside": half})
    fire = forest_fire(world, ignitions=[{"place": "a"}])
    fire.advance(2 * 3600.0)
    losses = Losses(forest_yuan_per_ha=1.0, house_yuan=1.0, red=3.0, orange=2.0, yellow=1.0, source="test")
    reached = reached_by(fire, Territory(world), losses)
    here = (reached.cells % 60 < 30).sum()
    assert 0 < here < len(reached.cells) and reached.forest_ha == pytest.approx(here * 0.09)


def test_villages_are_coloured_by_their_expected_loss():
    loss = np.array([0.0, 9.9, 10.0, 99.0, 100.0, 1e9])
    found = [COLOURS[row] for row in colours(loss, 1000.0, 100.0, 10.0)]
    assert found == ["blue", "blue", "yellow", "yellow", "orange", "red"]


def test_exceedance_counts_what_is_larger():
    told = sizes(np.array([0.5, 1.0, 5.0, 50.0]), (1.0, 10.0, 100.0), seasons=2)
    assert [row["fires"] for row in told["exceedance"]] == [2, 1, 0]
    assert [row["a_year"] for row in told["exceedance"]] == [1.0, 0.5, 0.0]
    assert told["quantiles_ha"]["0.5"] == 3.0 and told["largest_ha"] == 50.0
    none = sizes(np.zeros(0), (1.0,), seasons=2)
    assert none["exceedance"][0]["share"] is None and none["mean_ha"] is None


def test_a_heavy_tail_is_told():
    even, steep = tail(np.ones(200)), tail(np.array([1000.0] + [1.0] * 199))
    assert not even["heavy"] and even["top_share"] == pytest.approx(0.01) and even["top_fires"] == 2
    assert steep["heavy"] and steep["largest_fire"] == pytest.approx(1000.0 / 1199.0)
    assert tail(np.zeros(5))["top_share"] is None


def test_settings_put_over_settings():
    assert merged({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"c": 4}, "e": 5}) == {"a": {"b": 1, "c": 4}, "d": 3, "e": 5}
    assert merged({"a": 1}, {"a": {"b": 2}}) == {"a": {"b": 2}}
