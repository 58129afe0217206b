"""The action change_fuel: clearing and other fuel, before and while it burns, near and far from the fire."""

import numpy as np
import pytest
from pydantic import ValidationError

from scenarios.forest_fire import spread
from scenarios.forest_fire.args_fuel import ChangeFuelArgs
from sim.command import Command
from sim.world.projection import Projection
from tests.fires import arrivals, forest_fire
from tests.worlds import flat_world

N, CELL = 121, 30.0
GRASS, SLOW, BARE = 102, 8, 99


def lonlat(world, row, col):
    lon, lat = Projection(world.crs).to_lonlat(*world.grid.centre(row, col))
    return float(lon), float(lat)


def world():
    return flat_world(N, N, CELL, fuel=GRASS)


def change(fire, t_s, **args):
    fire.advance(t_s)
    return fire.act(Command(t_s, 1, "plan", "change_fuel", args))


def circle(fire, row, col, radius_m, fuel):
    lon, lat = lonlat(fire.world, row, col)
    return {"lon": lon, "lat": lat, "radius_m": radius_m, "fuel": fuel}


def disc(row, col, radius_m):
    r, c = np.indices((N, N))
    return np.hypot(r - row, c - col) * CELL <= radius_m


def test_cleared_ground_does_not_burn():
    fire = forest_fire(world())
    result = change(fire, 0.0, **circle(fire, 60, 80, 310.0, BARE))
    inside = disc(60, 80, 310.0)
    assert result.accepted and result.figures["cells"] == inside.sum()
    assert result.figures["area_ha"] == pytest.approx(inside.sum() * CELL**2 / 1e4)
    fire.advance(4 * 86_400.0)
    assert (np.isfinite(arrivals(fire.front)) == ~inside).all()


def test_other_fuel_burns_as_it_does_from_the_start():
    kinds = np.full((N, N), GRASS, np.int16)
    kinds[disc(60, 80, 460.0)] = SLOW
    given, changed = forest_fire(flat_world(N, N, CELL, fuel=kinds)), forest_fire(world())
    change(changed, 0.0, **circle(changed, 60, 80, 460.0, SLOW))
    for fire in (given, changed):
        fire.advance(7200.0)
    assert np.array_equal(arrivals(given.front), arrivals(changed.front))


def test_it_is_the_same_within_the_window_and_beyond(monkeypatch):
    runs = []
    for half in (24, 70):
        monkeypatch.setattr(spread, "FIRST_HALF_WIDTH", half)
        fire = forest_fire(world())
        change(fire, 600.0, **circle(fire, 60, 95, 400.0, SLOW))
        change(fire, 600.0, **circle(fire, 30, 95, 200.0, BARE))
        fire.advance(10_800.0)
        runs.append(arrivals(fire.front))
    assert np.array_equal(*runs)


def test_what_has_burned_stays_burned_and_what_comes_after_is_cleared():
    fire = forest_fire(world())
    fire.advance(1800.0)
    burned = np.isfinite(arrivals(fire.front))
    result = change(fire, 1800.0, **circle(fire, 60, 60, 910.0, BARE))
    inside = disc(60, 60, 910.0)
    assert result.figures["cells"] == (inside & ~burned).sum()
    fire.advance(86_400.0)
    assert (np.isfinite(arrivals(fire.front)) == burned).all() and fire.contained_s is not None


def test_bare_ground_can_be_planted():
    kinds = np.full((N, N), BARE, np.int16)
    kinds[:, :70] = GRASS
    fire = forest_fire(flat_world(N, N, CELL, fuel=kinds))
    corners = [lonlat(fire.world, r, c) for r, c in ((50, 69), (50, 100), (70, 100), (70, 69))]
    change(fire, 0.0, outline=corners, fuel=GRASS)
    fire.advance(86_400.0)
    burned = np.isfinite(arrivals(fire.front))
    assert burned[52:69, 70:99].all() and not burned[:48, 70:].any() and not burned[:, 102:].any()


def test_a_barrier_stays_on_planted_ground():
    kinds = np.full((N, N), GRASS, np.int16)
    kinds[:, 80:90] = BARE
    ground = flat_world(N, N, CELL, fuel=kinds)
    plan = {"firebreaks": [{"id": "b", "width_m": 190, "path": [lonlat(ground, 0, 85), lonlat(ground, N - 1, 85)]}]}
    for t in (0.0, 3600.0):
        fire = forest_fire(ground, plan=plan)
        fire.front.cover(0, 0)
        fire.front.cover(N - 1, N - 1)
        change(fire, t, outline=[lonlat(ground, r, c) for r, c in ((0, 79), (0, 91), (N - 1, 91), (N - 1, 79))],
               fuel=GRASS)
        fire.advance(86_400.0)
        burned = np.isfinite(arrivals(fire.front))
        assert burned[2:-2, 84].all() and not burned[:, 85:].any()


def test_a_place_and_an_unknown_number():
    fire = forest_fire(world())
    assert change(fire, 0.0, place="middle", radius_m=100.0, fuel=BARE).accepted
    told = change(fire, 0.0, place="middle", radius_m=100.0, fuel=250)
    assert not told.accepted and "unknown fuel model number" in told.reason
    assert not change(fire, 0.0, lon=10.0, lat=10.0, radius_m=100.0, fuel=BARE).accepted


@pytest.mark.parametrize(("args", "why"), [
    ({"place": "a", "fuel": 99}, "radius_m goes with a place or point"),
    ({"place": "a", "lon": 1, "lat": 1, "radius_m": 5, "fuel": 99}, "give one of place, lon and lat, outline"),
    ({"lon": 1, "radius_m": 5, "fuel": 99}, "give both lon and lat"),
    ({"outline": [[1, 1], [2, 2]], "fuel": 99}, "three corners"),
    ({"place": "a", "radius_m": 5, "fuel": 50}, "unknown fuel model number 50"),
])
def test_bad_arguments_are_told(args, why):
    with pytest.raises(ValidationError, match=why):
        ChangeFuelArgs.model_validate(args)
