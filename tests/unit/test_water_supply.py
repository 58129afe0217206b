"""Water for teams with hose: shuttles in closed form, stocks, hoses up the hill, the engine's own trips."""

import math
from dataclasses import replace

import numpy as np
import pytest

from agents.water_supply import LAY_FACTOR, LAY_M_PER_MIN
from experiments.measure import measure
from sim.hydraulics import Pumps, hose_flow_l_min, shuttle_l_min
from sim.task import Task
from sim.world.classes import LandCover
from tests.smallworld import SPEED_MPS, TEAM_TYPES, advance, drill, events_of, straight
from tests.worlds import flat_world

STEP_S = 300.0
NEED_L = 2.0
GEAR = {"tank_l": 3000, "hose_m": 400, "engine_l_min": 1e4, "engine_head_m": 1000}
TENDER = {"id": "tanker", "place": "u0", "tank_l": 5000, "draft_l_min": 1000, "speed_kmh": 36,
          "turnout": {"median": "0s"}}


def world(lake=False):
    """A level road of 6 km; a lake beside its first node."""
    made = straight([0.0, 3000.0, 6000.0], [])
    grid, links, xs = made.grid, made.roads.links, made.roads.nodes["x"]
    cells = []
    for tail, head in zip(links["tail"], links["head"], strict=True):
        x = np.linspace(xs[tail], xs[head], 31)
        row, col = grid.row_col(x, np.full(31, 5000.0))
        cells.append(row * grid.nx + col)
    starts = np.arange(len(cells) + 1, dtype=np.int32) * 31
    made = replace(made, roads=replace(made.roads, cell=np.concatenate(cells).astype(np.int32), cell_start=starts))
    if lake:
        row, col = made.grid.row_col(0.0, 5000.0)
        made.layers["land_cover"][row + 1:row + 4, col - 2:col + 2] = LandCover.WATER
    return made


def at_work(gear=None, plan=None, made=None, x=6000.0, y=5000.0, teams=("u2",)):
    types = {"squad": {**TEAM_TYPES["squad"], "water": {**GEAR, **(gear or {})}}}
    one = drill(made or world(), team_types=types, duration="12h", plan={
        "teams": [{"id": f"t{n}", "type": "squad", "place": at, "crew": 10} for n, at in enumerate(teams)],
        **(plan or {})})
    for team in one.teams:
        team.task = Task(id="f:1", kind="suppress", capability="fire_line", x=x, y=y, work=1e9, remaining=1e9,
                         unit="m", action="build_line", raised_s=0.0)
        team.x, team.y = x, y
    return one


def work(one, until_s, most_m=math.inf, team="t0"):
    """Let a team put out all its water allows, step by step; return the metres of each step."""
    done = []
    unit = one.water.units[team]
    while one.now < until_s:
        advance(one, one.now + STEP_S)
        metres = min(most_m, one.water.offer_l(team, unit.team.x, unit.team.y, STEP_S) / NEED_L)
        one.water.take(team, metres * NEED_L)
        done.append(metres)
    return done


# -- tenders --------------------------------------------------------------------------------------------------


def test_a_tender_brings_what_the_closed_form_says():
    one = at_work(gear={"tank_l": 20_000}, plan={"tenders": [TENDER]}, made=world(lake=True))
    work(one, 8 * 3600.0)
    drive_s = 6000.0 / SPEED_MPS
    rate = shuttle_l_min(tank_l=5000.0, drive_s=drive_s, fill_l_min=1000.0, empty_l_min=1000.0)
    emptied = [e["t_s"] for e in events_of(one, "tender_emptied")]
    assert np.diff(emptied) == pytest.approx(5000.0 / rate * 60.0)
    # the engine's first tank, then the shuttle's rate
    unit = one.water.units["t0"]
    shuttled = unit.used_l + unit.tank_l - 20_000.0
    assert shuttled == pytest.approx(5000.0 * len(emptied), abs=5000.0)
    assert rate * (emptied[-1] - emptied[0]) / 60.0 == pytest.approx(5000.0 * (len(emptied) - 1))
    assert one.water.delivered_m3 == pytest.approx(unit.used_l / 1000.0)


def test_production_is_the_lesser_of_crew_and_water():
    one = at_work(gear={"tank_l": 20_000}, plan={"tenders": [TENDER]}, made=world(lake=True))
    rate_l_h = 60.0 * shuttle_l_min(tank_l=5000.0, drive_s=600.0, fill_l_min=1000.0, empty_l_min=1000.0)
    work(one, 4 * 3600.0)
    by_water = sum(work(one, 12 * 3600.0)) / 8.0
    assert by_water == pytest.approx(rate_l_h / NEED_L, rel=0.08)
    slow = at_work(gear={"tank_l": 20_000}, plan={"tenders": [TENDER]}, made=world(lake=True))
    crew_m_h = 0.5 * rate_l_h / NEED_L
    by_crew = sum(work(slow, 8 * 3600.0, most_m=crew_m_h / 12)) / 8.0
    assert by_crew == pytest.approx(crew_m_h)


def test_tenders_queue_for_one_inlet():
    pool = {"id": "pool", "place": "u0", "m3": 1000, "inlets": 1, "fill_l_min": 100}
    two = [{**TENDER, "count": 2}]
    one = at_work(gear={"tank_l": 10_000}, teams=("u2", "u2"), plan={"tenders": two, "water_points": [pool]})
    for _ in range(int(6 * 3600 / STEP_S)):
        advance(one, one.now + STEP_S)
        for team in ("t0", "t1"):
            one.water.take(team, one.water.offer_l(team, 6000.0, 5000.0, STEP_S))
    filled = sorted(e["t_s"] for e in events_of(one, "tender_filled"))
    # 50 min each, one after the other
    assert len(filled) > 3 and (np.diff(filled) >= 3000.0 - 1e-6).all()


def test_an_empty_pool_refills_at_its_rate():
    pool = {"id": "pool", "place": "u0", "m3": 5, "refill_m3_h": 2.5, "fill_l_min": 1000}
    one = at_work(gear={"tank_l": 20_000}, plan={"tenders": [TENDER], "water_points": [pool]})
    work(one, 10 * 3600.0)
    point = one.water.waters.points[0]
    got = sum(float(e["detail"].split(":")[1].strip(" }")) for e in events_of(one, "tender_filled"))
    assert point.drawn_l == pytest.approx(got, abs=5000.0)
    assert got <= 5000.0 + 2500.0 * one.now / 3600.0
    filled = [e["t_s"] for e in events_of(one, "tender_filled")]
    assert np.diff(filled)[1:] == pytest.approx(7200.0)


def test_a_team_that_needs_no_more_sends_its_tender_home():
    one = at_work(plan={"tenders": [TENDER]}, made=world(lake=True))
    work(one, 3600.0)
    tender = one.water.tenders[0]
    assert not tender.free
    one.teams[0].task = None
    advance(one, one.now + 3 * 3600.0)
    assert tender.free and tender.node == tender.base and tender.litres == 5000.0


# -- the engine itself ----------------------------------------------------------------------------------------


def test_without_a_tender_the_engine_goes_itself():
    one = at_work(gear={"engine_l_min": 600}, made=world(lake=True))
    work(one, 8 * 3600.0)
    back = [e["t_s"] for e in events_of(one, "engine_filled")]
    # 5 m/s both ways; 3,000 l at 600 l/min in and out, the latter in steps of five minutes
    trip = 2 * 6000.0 / (0.5 * SPEED_MPS) + 300.0
    assert len(back) > 5
    assert np.diff(back) == pytest.approx(trip + 300.0, abs=STEP_S)


def test_no_water_within_reach_of_a_road():
    one = at_work(made=world(lake=True), y=5000.0 + 60.0 + 500.0)
    assert set(work(one, 3600.0)) == {0.0}


def test_a_team_without_hose_is_not_counted():
    one = drill(world(), plan={"teams": [{"id": "t0", "type": "squad", "place": "u2", "crew": 10}]})
    assert one.water.offer_l("t0", 0.0, 0.0, 300.0) is None
    assert one.water.delivered_m3 is None


# -- water on the hill ----------------------------------------------------------------------------------------


def hill(point=None, gear=None, x=6000.0, y=6000.0, made=None):
    """A team with portable pumps 1 km from the road, and perhaps a water point."""
    return at_work(gear={"tank_l": 0, "pumps": 2, "pump_head_m": 200, "pump_l_min": 300, "hose_m": 300, **(gear or {})},
                   plan={"water_points": [point]} if point else {}, x=x, y=y, made=made)


def lonlat(made, x, y):
    from sim.world.projection import Projection

    lon, lat = Projection(made.crs).to_lonlat(x, y)
    return {"lon": float(lon), "lat": float(lat)}


def test_a_water_point_makes_the_line_that_there_was_none_of():
    made = world()
    bare = hill(made=made)
    assert set(work(bare, 3600.0)) == {0.0}
    near = hill({"id": "pool", **lonlat(made, 6000.0, 6150.0), "m3": 60}, made=made)
    done = work(near, 3600.0)
    hose = LAY_FACTOR * 150.0
    flow = hose_flow_l_min([Pumps(2, 200.0, 300.0)], lift_m=0.0, hose_m=hose, most_l_min=500.0)
    steady = flow * 5 / NEED_L
    assert done[-1] == pytest.approx(steady, rel=1e-3)
    # the first steps are shorter by the time it takes to run out the hose: 9 min
    assert done[:2] == pytest.approx([0.0, flow * (10 - hose / LAY_M_PER_MIN) / NEED_L], rel=1e-2)
    far = hill({"id": "pool", **lonlat(made, 6000.0, 6400.0), "m3": 60}, made=made)
    assert set(work(far, 1800.0)) == {0.0}
    reached = hill({"id": "pool", **lonlat(made, 6000.0, 6400.0), "m3": 60, "hose_m": 300}, made=made)
    assert work(reached, 1800.0)[-1] > 0.0


def test_the_stock_is_all_there_is():
    made = world()
    one = hill({"id": "pool", **lonlat(made, 6000.0, 6150.0), "m3": 3, "refill_m3_h": 0.6}, made=made)
    done = work(one, 6 * 3600.0)
    assert sum(done) * NEED_L == pytest.approx(3000.0 + 600.0 * 6.0, rel=0.02)
    assert done[-1] == pytest.approx(50.0 / NEED_L)


def test_height_decides():
    made = world()
    row, col = made.grid.row_col(6000.0, 6000.0)
    made.layers["elevation_m"][row, col] = 500.0
    below = hill({"id": "pool", **lonlat(made, 6000.0, 6150.0), "m3": 60}, made=made, gear={"hose_m": 700})
    assert set(work(below, 1800.0)) == {0.0}
    relay = hill({"id": "pool", **lonlat(made, 6000.0, 6150.0), "m3": 60}, made=made, gear={"hose_m": 700, "pumps": 3})
    assert work(relay, 3600.0)[-1] > 0.0
    made.layers["elevation_m"][row, col] = -100.0
    gravity = hill({"id": "pool", **lonlat(made, 6000.0, 6150.0), "m3": 60}, made=made, gear={"pumps": 1})
    assert work(gravity, 3600.0)[-1] > 0.0


def test_pumps_draw_from_a_bank():
    made = world()
    row, col = made.grid.row_col(6000.0, 6200.0)
    made.layers["land_cover"][row - 2:row + 1, col - 1:col + 2] = LandCover.WATER
    one = hill(made=made)
    assert work(one, 3600.0)[-1] > 0.0


def test_the_same_again():
    runs = []
    for _ in range(2):
        one = at_work(plan={"tenders": [{**TENDER, "turnout": {"median": "10min", "sigma": 0.4}}]},
                      made=world(lake=True))
        runs.append((work(one, 4 * 3600.0), [e["t_s"] for e in events_of(one, "tender_emptied")]))
    assert runs[0] == runs[1]


# -- in a run -------------------------------------------------------------------------------------------------


def fire_run(points=(), tools=("pump_hose", "hand_tools"), **plan):
    """A fire in litter with one team of pumps and hose, and perhaps water points near it."""
    made = flat_world(121, 121, 60.0, fuel=8, villages=[("hill", 60, 75)])
    near = [{"id": f"pool{n}", **lonlat(made, *(float(v) for v in made.grid.centre(row, col))), "m3": 200}
            for n, (row, col) in enumerate(points)]
    types = {"squad": {**TEAM_TYPES["squad"], "tools": list(tools), "off_road_speed_kmh": 10.0,
                       "water": {"pumps": 2, "hose_m": 900}, "work_before_rest": "12h"}}
    return drill(made, command_place="middle", start="2026-04-04T08:00+08:00", duration="6h", team_types=types,
                 hazards=[{"hazard": "forest_fire", "settings": {
                     "ignitions": [{"place": "hill"}],
                     "weather": {"wind_mps": 3, "wind_from_deg": 270, "temperature_c": 28, "humidity_pct": 25},
                     "moisture": {"herb_pct": 60, "woody_pct": 90}}}],
                 plan={"teams": [{"id": "t0", "type": "squad", "place": "middle", "crew": 10}],
                       "water_points": near, **plan})


def test_a_hill_water_point_near_the_fire_makes_line_grow_faster():
    dry, wet = fire_run(), fire_run(points=[(62, 77)])
    for one in (dry, wet):
        one.run()
    line = {name: one.teams[0].work_done for name, one in (("dry", dry), ("wet", wet))}
    assert line["wet"] > 1.5 * line["dry"] > 0.0
    values = measure(wet)
    assert values["water.delivered_m3"] == pytest.approx(wet.water.waters.points[0].drawn_l / 1000.0)
    assert values["water.delivered_m3"] > 0.5
    assert measure(dry)["water.delivered_m3"] == 0.0
    assert wet.hazards[0].summary()["fire.burned_ha"] <= dry.hazards[0].summary()["fire.burned_ha"]


def test_a_run_with_water_is_the_same_whenever_it_is_looked_at():
    one, watched = fire_run(points=[(62, 77)]), fire_run(points=[(62, 77)])
    one.run()
    while watched.now < watched.duration_s:
        watched.step()
        watched.hazards[0].summary()
        watched.hazards[0].forecast(watched.now)
    assert one.commands.log == watched.commands.log
    assert one.water.delivered_m3 == watched.water.delivered_m3
