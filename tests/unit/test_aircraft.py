"""Helicopters: rounds in closed form, light, weather, fuel, hours; who asks for them; what stays the same."""

import math
from datetime import datetime

import numpy as np
import pytest

from agents.aircraft import FUEL_RESERVE_S
from agents.rescue_team import Status
from agents.waters import Waters
from sim.calendar import Calendar
from sim.errors import InputError
from sim.settings.plan import Plan
from sim.sun import daylight
from sim.world.classes import LandCover
from sim.world.projection import Projection
from tests.smallworld import advance, drill, events_of
from tests.worlds import flat_world

CELL, N = 60.0, 121
CRUISE, LADEN = 50.0, 40.0  # m/s
HELI = {"id": "m171", "place": "middle", "mobilisation": {"median": "30min"}, "bucket_l": 3000,
        "cruise_kmh": CRUISE * 3.6, "laden_kmh": LADEN * 3.6}
AIR = {"approval": {"median": "10min"}, "target": "crews"}
FIRE = {"ignitions": [{"place": "hill"}],
        "weather": {"wind_mps": 2.0, "wind_from_deg": 270.0, "temperature_c": 25.0, "humidity_pct": 40.0},
        "moisture": {"herb_pct": 60.0, "woody_pct": 90.0}}
MORNING = "2026-04-04T08:00+08:00"


def lake_world(lake=True):
    """Short grass, a lake in the west, a village on the middle row in the east where the fire begins."""
    world = flat_world(N, N, CELL, fuel=1, villages=[("hill", 60, 100)])
    if lake:
        world.layers["land_cover"][50:71, 5:16] = LandCover.WATER
        world.layers["fuel"][50:71, 5:16] = 98
    return world


def run(heli=None, air=None, fire=None, start=MORNING, duration="6h", world=None, plan=None, **more):
    return drill(
        world or lake_world(), command_place="middle", start=start, duration=duration,
        hazards=[{"hazard": "forest_fire", "settings": {**FIRE, **(fire or {})}}],
        plan={"aircraft": [{**HELI, **(heli or {})}], "air": {**AIR, **(air or {})}, **(plan or {})}, **more)


def times(one, kind):
    return [event["t_s"] for event in events_of(one, kind)]


# -- rounds ---------------------------------------------------------------------------------------------------


def test_request_approval_mobilisation_and_rounds_in_closed_form():
    one = run()
    advance(one, 4 * 3600.0)
    heli = one.air.aircraft[0]
    # 5 min seen, 5 called, 5 decided; the post asks when the hazard next moves; 10 min to approve, 30 to get ready
    ordered, takeoff = times(one, "air_order")[0], times(one, "air_takeoff")[0]
    asked = next(c.t_s for c in one.commands.log if c.action == "request_aircraft")
    assert 900.0 <= asked <= 960.0
    assert (ordered, takeoff) == pytest.approx((asked + 600.0, asked + 2400.0))
    # the dip nearest to the fire is the lake's easternmost cell but one, on the fire's row
    fx, _ = one.world.grid.centre(60, 100)
    dx = float(one.world.grid.centre(60, 14)[0])
    away = abs(dx - float(fx))
    first = takeoff + abs(heli.base.x - dx) / CRUISE + 90.0 + away / LADEN + 60.0
    drops = times(one, "drop")
    assert drops[0] == pytest.approx(first, abs=3 * CELL / LADEN)
    rounds = np.diff(drops[:6])
    assert rounds == pytest.approx(away / CRUISE + 90.0 + away / LADEN + 60.0, abs=6 * CELL / LADEN)
    assert one.hazards[0].summary()["fire.drops"] == len(drops) == heli.drops
    assert one.hazards[0].summary()["fire.water_dropped_m3"] == pytest.approx(3.0 * len(drops))


def test_the_path_is_continuous_and_no_faster_than_it_flies():
    one = run()
    advance(one, 4 * 3600.0)
    points = one.air.aircraft[0].waypoints
    t = np.array([p.t_s for p in points])
    gone = np.hypot(*np.diff(np.array([(p.x, p.y) for p in points]), axis=0).T)
    assert (np.diff(t) >= 0).all() and len(t) > 20
    # on coming in it may turn to where it is wanted by then
    assert (gone <= CRUISE * np.diff(t) + 1500.0).all()
    assert (gone[np.diff(t) > 0.0] > 0).any()


def test_hours_flown_are_those_of_the_journey():
    one = run()
    advance(one, 3 * 3600.0)
    heli = one.air.aircraft[0]
    up = {Status.DRIVING, Status.WALKING, Status.WORKING, Status.RETURNING}
    flown = sum(b.t_s - a.t_s for a, b in zip(heli.waypoints, heli.waypoints[1:], strict=False) if a.status in up)
    assert heli.flown_s == pytest.approx(flown)
    assert one.air.flown_h == pytest.approx(flown / 3600.0)


def test_drops_alone_slow_a_fire_and_crews_make_the_rest_of_it():
    burned = {}
    for name, plan in (("none", {"aircraft": []}), ("air", {})):
        one = run(plan=plan, duration="5h")
        one.run()
        burned[name] = one.hazards[0].summary()["fire.burned_ha"]
    assert burned["air"] < 0.8 * burned["none"]


# -- what keeps it down ---------------------------------------------------------------------------------------


def light(one):
    lon, lat = Projection(one.world.crs).to_lonlat(*one.hazards[0].fires.lit[1][1:])
    return daylight(one.clock.calendar, 0.0, float(lon), float(lat))


def test_home_by_dusk_and_out_again_in_the_morning():
    one = run(heli={"endurance": "4h"}, start="2026-04-04T15:00+08:00", duration="20h")
    one.run()
    _, dusk = light(one)
    calendar = Calendar(datetime.fromisoformat("2026-04-04T15:00+08:00"))
    lon, lat = Projection(one.world.crs).to_lonlat(*one.hazards[0].fires.lit[1][1:])
    dawn, _ = daylight(calendar, 20 * 3600.0, float(lon), float(lat))
    heli = one.air.aircraft[0]
    aloft = [p for p in heli.waypoints if p.status in (Status.DRIVING, Status.WALKING, Status.WORKING)]
    assert aloft and not [p for p in aloft if dusk - 1800.0 < p.t_s < dawn + 1800.0]
    assert times(one, "air_dusk")
    evening = [p for p in heli.waypoints if p.t_s <= dusk - 1800.0][-1]
    assert evening.status == Status.AT_BASE and (evening.x, evening.y) == (heli.base.x, heli.base.y)
    assert [t for t in times(one, "air_takeoff") if t == pytest.approx(dawn + 1800.0, abs=30.0)]


def test_called_by_night_it_waits_for_the_morning():
    one = run(start="2026-04-04T22:00+08:00", duration="12h")
    one.run()
    assert min(times(one, "drop")) > 8 * 3600.0
    by_night = run(heli={"by_night": True}, start="2026-04-04T22:00+08:00", duration="3h")
    by_night.run()
    assert min(times(by_night, "drop")) < 2 * 3600.0


def test_too_much_wind_keeps_it_down_until_it_falls():
    one = run(heli={"wind_limit_mps": 1.5}, fire={"changes": [{"at": "3h", "wind_mps": 1.0}]})
    one.run()
    assert 3 * 3600.0 <= min(times(one, "air_takeoff")) <= 3 * 3600.0 + 600.0
    blown = run(fire={"changes": [{"at": "2h", "wind_mps": 16.0}, {"at": "3h", "wind_mps": 2.0}]})
    blown.run()
    drops = times(blown, "drop")
    assert [t for t in drops if t < 7200.0] and [t for t in drops if t > 10_800.0]
    assert not [t for t in drops if 7200.0 + 600.0 < t < 10_800.0]


def test_fog_keeps_it_down():
    fog = [{"at": "0s", "action": "set_visibility", "args": {"metres": 300}},
           {"at": "3h", "action": "set_visibility", "args": {"metres": 8000}}]
    one = run(commands=fog)
    one.run()
    assert 3 * 3600.0 <= min(times(one, "air_takeoff")) <= 3 * 3600.0 + 600.0


def test_it_refuels_at_the_nearest_site_before_the_reserve_is_touched():
    one = run(heli={"endurance": "50min"}, plan={"landing_sites": [{"id": "field", "place": "hill"}]})
    heli = one.air.aircraft[0]
    least = [math.inf]
    land = heli._land

    def watched(site):
        least[0] = min(least[0], heli._fuel_s)
        yield from land(site)

    heli._land = watched
    one.run()
    at = events_of(one, "air_refuel")
    assert at and least[0] >= FUEL_RESERVE_S
    grounded = [p for p in heli.waypoints if p.status == Status.RESTING]
    hill = one.world.places.get("hill")
    assert grounded and all((p.x, p.y) == (hill.x, hill.y) for p in grounded)
    # 20 min on the ground
    again = [t for t in times(one, "air_takeoff") if t > grounded[0].t_s]
    assert again[0] == pytest.approx(grounded[0].t_s + 1200.0)


def test_crew_hours_end_the_day():
    one = run(heli={"hours_per_day": "60min"}, duration="10h")
    one.run()
    heli = one.air.aircraft[0]
    assert times(one, "air_hours") and heli.flown_s <= 3600.0
    assert heli.status == Status.AT_BASE


def test_out_of_range_it_goes_home_and_is_not_asked_again():
    one = run(heli={"endurance": "22min"})
    one.run()
    assert len(times(one, "air_out_of_range")) == 1 and not times(one, "drop")
    assert sum(c.action == "request_aircraft" for c in one.commands.log) == 1


def test_without_deep_water_it_has_nothing_to_drop():
    one = run(world=lake_world(lake=False))
    one.run()
    assert not times(one, "drop") and one.hazards[0].summary()["fire.first_drop_min"] is None


def test_a_water_point_that_allows_it_and_what_it_holds():
    pool = {"id": "pool", "place": "hill", "m3": 10, "refill_m3_h": 6, "dip": True}
    one = run(world=lake_world(lake=False), plan={"water_points": [pool]}, duration="5h")
    one.run()
    first = times(one, "drop")[0]
    # 10 m3 from the start and 6 an hour until the last drop: three tonnes each
    most = (10.0 + 6.0 * (one.now - 0.0) / 3600.0) / 3.0
    assert 3 < len(times(one, "drop")) <= most
    quick = [t for t in times(one, "drop") if t <= first + 1500.0]
    assert len(quick) <= 5
    assert not times(run_no_dip(pool), "drop")


def run_no_dip(pool):
    one = run(world=lake_world(lake=False), plan={"water_points": [{**pool, "dip": False}]}, duration="3h")
    one.run()
    return one


# -- who asks -------------------------------------------------------------------------------------------------


def test_only_when_the_fire_is_large():
    one = run(air={"request": "large", "large_edge_m": 1200.0})
    one.run()
    asked = next(c.t_s for c in one.commands.log if c.action == "request_aircraft")
    early = run()
    early.run()
    assert asked > 1.2 * next(c.t_s for c in early.commands.log if c.action == "request_aircraft")


def test_never_unless_commanded():
    one = run(air={"request": "never"})
    one.run()
    assert not times(one, "air_order")
    told = run(air={"request": "never"}, duration="5h")
    advance(told, 3600.0)
    task = next(iter(told.post.tasks))
    assert told.order("drill", "request_aircraft", {"task": task}).accepted
    told.run_for(180)
    assert times(told, "air_order") == [4200.0]


def test_stood_down_it_flies_home_from_where_it_is():
    one = run()
    advance(one, times_until_airborne(one))
    assert one.order("drill", "stand_down_aircraft", {}).accepted
    heli = one.air.aircraft[0]
    assert heli.free
    advance(one, one.now + 1800.0)
    assert heli.status == Status.AT_BASE and (heli.x, heli.y) == (heli.base.x, heli.base.y)
    assert not one.order("drill", "stand_down_aircraft", {}).accepted


def times_until_airborne(one):
    while not times(one, "drop"):
        one.step()
    return one.now + 60.0


def test_no_such_task():
    one = run()
    result = one.order("drill", "request_aircraft", {"task": "forest_fire:9"})
    assert not result.accepted and "no such task" in result.reason


# -- the same again -------------------------------------------------------------------------------------------


def test_same_seed_same_drops_and_a_base_abroad():
    given = {"heli": {"place": None, "lon": 113.30, "lat": 29.80, "mobilisation": {"median": "20min", "sigma": 0.4}}}
    first, second = run(**given), run(**given)
    for one in (first, second):
        one.run()
    assert times(first, "drop") and times(first, "drop") == times(second, "drop")
    assert first.commands.log == second.commands.log
    assert not first.world.grid.contains(first.air.aircraft[0].base.x, first.air.aircraft[0].base.y)


def test_aircraft_change_nobody_elses_draws():
    with_it, without = run(duration="2h"), run(plan={"aircraft": []}, duration="2h")
    for one in (with_it, without):
        one.run()
    assert with_it.post.alarm_s == without.post.alarm_s
    assert with_it.hazards[0].fires.lit == without.hazards[0].fires.lit


def test_a_water_point_in_the_lake_is_refused():
    world = lake_world()
    lon, lat = Projection(world.crs).to_lonlat(*(float(v) for v in world.grid.centre(60, 10)))
    with pytest.raises(InputError, match="does not stand on the county's land"):
        run(world=world, plan={"water_points": [{"id": "pool", "lon": float(lon), "lat": float(lat), "m3": 50}]})


def test_dips_keep_off_the_banks_and_out_of_ponds():
    world = lake_world()
    world.layers["land_cover"][100, 100] = LandCover.WATER
    plan = Plan.model_construct(water_points=(), air=run().air.policy, id="p")
    waters = Waters(world, plan, None)
    x, y, point = waters.dip(*(float(v) for v in world.grid.centre(100, 100)), 3000.0, 0.0)
    row, col = world.grid.row_col(x, y)
    assert point is None and 51 <= row <= 69 and 6 <= col <= 14
