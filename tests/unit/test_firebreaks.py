"""Firebreaks laid out on the World: ridges that close catchments off, roadsides, drawn lines; streams and divides."""

import numpy as np
import pytest
from scipy import ndimage

from scenarios.forest_fire.drainage import (
    CROFTON,
    NOWHERE,
    catchments_of,
    divides,
    drainage_of,
    shared_sides,
)
from scenarios.forest_fire.firebreaks import burns, firebreak_cells
from sim.errors import InputError
from sim.settings.firebreaks import Firebreak
from sim.world.classes import LandCover, LinkKind, RoadClass
from sim.world.projection import Projection
from tests.smallworld import small_world
from tests.worlds import flat_world

EIGHT = np.ones((3, 3))


def hills(ny=60, nx=80, cell_m=60.0):
    """A World of four valleys that run south, their ridges 200 m high at columns 0, 20, 40, 60."""
    world = flat_world(ny, nx, cell_m, fuel=102)
    row, col = np.indices((ny, nx))
    world.layers["elevation_m"][:] = 100.0 * (1.0 + np.cos(2.0 * np.pi * col / 20.0)) + 3.0 * (ny - row)
    return world


def test_water_runs_downhill_and_out():
    world = hills()
    flow = drainage_of(world)
    height = np.asarray(world.layers["elevation_m"]).ravel()
    inner = flow.receiver != NOWHERE
    assert (height[inner] > height[flow.receiver[inner]] - 1e-9).all()  # there is no hollow in these hills
    outlets = ~inner
    assert flow.drained[outlets].sum() == len(height)
    rank = np.empty(len(height), int)
    rank[flow.order] = np.arange(len(height))
    assert (rank[flow.receiver[inner]] < rank[inner]).all()


def test_hollows_and_flats_drain_too():
    world = hills()
    world.layers["elevation_m"][20:30, 8:13] = 5.0
    world.layers["elevation_m"][:, 45:56] = 50.0
    flow = drainage_of(world)
    assert flow.drained[flow.receiver == NOWHERE].sum() == len(flow.receiver)


def test_lakes_take_water_in_and_let_none_out():
    world = hills()
    world.layers["land_cover"][30:34, 28:33] = LandCover.WATER
    flow = drainage_of(world)
    lake = (world.layers["land_cover"] == LandCover.WATER).ravel()
    assert (flow.receiver[lake] == NOWHERE).all() and flow.drained[lake].sum() > 5 * lake.sum()


def test_divides_run_along_the_ridges():
    world = hills()
    number = catchments_of(world, 1.0)
    cols = np.unique(np.nonzero(divides(number, 80, np.ones(number.max() + 1, bool)).reshape(60, 80)[20:50])[1])
    assert number.max() == 4
    near = np.abs(cols[:, None] - np.array([0, 20, 40, 60, 79])).min(1)
    assert len(cols) and (near <= 2).all()


def test_shared_sides_are_counted_once():
    number = np.array([[1, 1, 2], [1, 2, 2], [3, 3, 2]], np.int32)
    a, b, sides = shared_sides(number.ravel(), 3, np.ones(9, bool))
    assert dict(zip(zip(a.tolist(), b.tolist()), sides.tolist())) == {(1, 2): 3, (1, 3): 1, (2, 3): 2}


def test_ridges_close_catchments_off_and_keep_to_the_length():
    world = small_world()
    nx = world.grid.nx
    item = Firebreak(id="net", width_m=20, along="ridges", length_km=40, compartment_km2=0.8)
    cells, length = firebreak_cells(world, item, "plan")
    fuel = burns(world)
    assert 0.5 * 40e3 < length <= 40e3 and fuel[cells].all()
    again, _ = firebreak_cells(world, item, "plan")
    assert np.array_equal(cells, again)
    number = catchments_of(world, 0.8)
    free = fuel.copy()
    free[cells] = False
    label, _ = ndimage.label(free.reshape(-1, nx), EIGHT)
    closed = 0
    for k in range(1, number.max() + 1):
        ring = np.zeros(number.max() + 1, bool)
        ring[k] = True
        if np.isin(np.flatnonzero(divides(number, nx, ring) & fuel), cells).all():
            inside = set(label.ravel()[(number == k) & free].tolist())
            assert not inside & set(label.ravel()[(number != k) & free].tolist())
            closed += 1
    assert closed >= 3
    assert length < shared_sides(number, nx, fuel)[2].sum() * world.grid.cell_m * CROFTON


def test_more_length_never_leaves_out_what_less_had_closed_first():
    world = small_world()
    lengths = [firebreak_cells(world, Firebreak(id="n", width_m=20, along="ridges", length_km=km), "p")[1]
               for km in (20, 40, 80)]
    assert lengths == sorted(lengths) and lengths[0] > 0


def ridges(**area):
    """A network of ridges in a part of the small county: lon and lat of its cells."""
    world = small_world()
    item = Firebreak(id="n", width_m=20, along="ridges", length_km=25, compartment_km2=0.3, **area)
    cells = firebreak_cells(world, item, "p")[0]
    return Projection(world.crs).to_lonlat(*world.grid.centre(*np.divmod(cells, world.grid.nx)))


def test_units_and_outlines_keep_a_network_to_themselves():
    east, west = ridges(within=["east"])[0], ridges(within=["west"])[0]
    assert west.mean() < 113.05 < east.mean()
    lon, lat = ridges(outline=[[113.02, 29.09], [113.10, 29.09], [113.10, 29.17], [113.02, 29.17]])
    over = 0.012  # a catchment is closed off whole where at least half of it lies within
    assert ((lon > 113.02 - over) & (lon < 113.10 + over) & (lat > 29.09 - over) & (lat < 29.17 + over)).all()


def test_roadsides_take_higher_classes_first_and_no_streets():
    world = small_world()
    roads, fuel = world.roads, burns(world)
    cells, length = firebreak_cells(world, Firebreak(id="n", width_m=20, along="roads", length_km=1000), "p")
    wanted = (np.asarray(roads.road_class) != RoadClass.STREET) & (np.asarray(roads.kind) == LinkKind.ROAD)
    link = np.repeat(np.arange(roads.link_count), np.diff(roads.cell_start))
    all_cells = np.unique(np.asarray(roads.cell)[wanted[link]])
    assert set(cells.tolist()) == set(all_cells[fuel[all_cells]].tolist())
    half = length / 2000.0
    less, shorter = firebreak_cells(world, Firebreak(id="n", width_m=20, along="roads", length_km=half), "p")
    kind = np.asarray(roads.road_class)[link]
    first = np.asarray(roads.cell)[kind == kind[np.isin(roads.cell, cells)].min()]
    assert shorter <= length / 2 and set(less.tolist()) < set(cells.tolist()) and np.isin(less, first).any()


def test_a_drawn_line_off_the_grid_is_told():
    world = small_world()
    item = Firebreak(id="far", width_m=20, path=[[113.1, 29.1], [120.0, 29.1]])
    with pytest.raises(InputError) as told:
        firebreak_cells(world, item, "plan x, firebreak far")
    assert str(told.value).splitlines() == [
        "a point of a firebreak outside the county", "  value:   'lon 120, lat 29.1'",
        "  where:   plan x, firebreak far: path[1]", "  allowed: points of the county's grid",
        "  mend:    check that lon and lat are not swapped"]


def test_no_ridges_within_the_length_is_told():
    item = Firebreak(id="net", width_m=20, along="ridges", length_km=0.1)
    with pytest.raises(InputError, match="no ridges for the firebreak that fit in its length"):
        firebreak_cells(small_world(), item, "plan")
