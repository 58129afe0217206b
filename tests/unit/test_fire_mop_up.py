"""Mop-up as work, control as its end, and fires that come back across line with hot edge behind it."""

import math

import numpy as np
import pytest

from scenarios.forest_fire.crews import PERIMETER_PER_CELL
from scenarios.forest_fire.mop_up import rate_per_km_h
from scenarios.forest_fire.settings_suppression import MopUp
from sim.command import Command
from tests.crewing import at_task, fight
from tests.fires import forest_fire
from tests.worlds import flat_world

CELL = 60.0
SHARE = CELL * PERIMETER_PER_CELL
WEATHER = {"wind_mps": 4.0, "wind_from_deg": 270.0, "temperature_c": 25.0, "humidity_pct": 30.0}


def contained(replication=0, fuel=102, rate=0.0, weather=WEATHER, **mop_up):
    """A fire that crews have contained."""
    fire = forest_fire(flat_world(101, 101, CELL, fuel=fuel), weather=weather, replication=replication, suppression={
        "night": {"rule": "any"}, "mop_up": {"reignitions_per_km_h": rate, **mop_up}})
    fire.advance(1800.0)
    fight(fire, at_task(fire, 1, m_per_h=2000.0), 6 * 3600.0, seconds=60.0)
    assert fire.incidents()[0].done
    return fire


def mop(fire, people=20.0, seconds=300.0, **more):
    task = fire.incidents()[-1]
    args = {"team": "a", "x": task.x, "y": task.y, "people": people, "seconds": seconds, "fire": "forest_fire:1",
            **more}
    return fire.act(Command(fire.time_s, 0, "team", "mop_up", args))


def test_a_contained_fire_is_a_task_of_its_own():
    fire = contained()
    task = fire.incidents()[1]
    hot = len(fire.attack.mop_up.hot(1))
    assert (task.id, task.kind, task.action, task.known) == ("forest_fire:1:mop_up", "mop_up", "mop_up", True)
    assert task.remaining == pytest.approx(hot * SHARE) and hot > 5
    assert len(contained(task=False).incidents()) == 1


def test_work_by_person_hours_and_fuel():
    fire = contained(fuel=10, depth_m=50.0, weather={**WEATHER, "wind_mps": 1.0})
    cells = fire.attack.mop_up.hot(1)
    fuel = 7.1 / (4 * 20.1168 / 20)  # ten is slower than eight
    assert fire.attack.mop_up.need_h(cells) == pytest.approx(np.full(len(cells), SHARE * 0.15 * 2.0 * fuel), rel=1e-3)
    quick = contained()
    need = quick.attack.mop_up.need_h(quick.attack.mop_up.hot(1))
    assert need == pytest.approx(np.full(len(need), SHARE * 0.15))  # and none is quicker


def test_people_put_the_edge_out_cell_by_cell():
    fire = contained()
    fire.advance(fire.time_s + 3600.0)  # flames are down
    hours, before = 0.0, len(fire.attack.mop_up.hot(1))
    whole = SHARE * 0.15
    found = mop(fire, people=10.0, seconds=whole * 360.0 + 1e-6).figures  # just one cell for ten people
    assert found["done_work"] == pytest.approx(SHARE) and found["walked_m"] <= CELL
    assert len(fire.attack.mop_up.hot(1)) == before - 1
    x, y = found["x"], found["y"]
    for _ in range(500):
        found = mop(fire, x=x, y=y, people=50.0).figures
        hours += 50.0 * 300.0 / 3600.0
        x, y = found["x"], found["y"]
        if found["done"]:
            break
    assert found["done"] and hours >= (before - 1) * whole
    figures = fire.summary()
    assert figures["fire.mopped_up_km"] == pytest.approx(before * SHARE / 1000.0)
    assert figures["fire.controlled_h"] == pytest.approx(fire.time_s / 3600.0)
    assert fire.incidents()[1].done


def test_metres_stand_for_people_where_none_are_counted():
    one, other = contained(), contained()
    for fire in (one, other):
        fire.advance(fire.time_s + 3600.0)
    a = mop(one, people=7.1, seconds=3600.0).figures["done_work"]
    b = mop(other, people=0.0, metres=7.1 * 7.1, seconds=3600.0).figures["done_work"]
    assert a == pytest.approx(b, rel=0.05)  # they walk a little differently


def test_flames_are_waited_for():
    fire = forest_fire(flat_world(101, 101, CELL, fuel=4), suppression={"escape": {"passable_flame_m": 0.0}})
    fire.advance(60.0)
    found = mop(fire)
    assert found.figures["waiting"] and found.figures["done_work"] == 0.0


def test_left_alone_a_fire_is_under_control_once_its_edge_is_cold():
    fire = contained()
    rim = fire.attack.mop_up.rim(1)
    cold = float(fire.front.ends[rim].max()) + fire.settings.spread.holds_fire
    assert fire.summary()["fire.controlled_h"] is None
    fire.advance(cold - 1.0)
    assert fire.summary()["fire.controlled_h"] is None
    fire.advance(cold + 10.0)
    assert fire.summary()["fire.controlled_h"] == pytest.approx(cold / 3600.0)
    assert fire.summary()["fire.controlled_h"] > fire.summary()["fire.contained_h"]


def test_rate_grows_with_wind_and_falls_with_moisture():
    settings = MopUp(reignitions_per_km_h=0.1)
    assert rate_per_km_h(settings, 4.0, 8.0) == pytest.approx(0.1)
    assert rate_per_km_h(settings, 8.0, 8.0) == pytest.approx(0.2)
    assert rate_per_km_h(settings, 40.0, 8.0) == pytest.approx(0.3)
    assert rate_per_km_h(settings, 4.0, 13.0) == pytest.approx(0.1 / math.e)
    assert rate_per_km_h(settings, 0.0, 8.0) == 0.0


def test_reignitions_come_as_often_as_the_rate_says():
    """Of cells beside line each hour the share exp(-rate length) keeps quiet; counted before anything is lit."""
    base = contained()
    mop_up = base.attack.mop_up
    cells = mop_up._grid(mop_up.hot(0))
    settings = MopUp(reignitions_per_km_h=4.0)
    p = -math.expm1(-rate_per_km_h(settings, 4.0, 100.0 * base.sky.moisture().m1) * SHARE / 1000.0)
    n = hits = 0
    for replication in range(60):
        fire = forest_fire(base.world, replication=replication, key="forest_fire")
        for hour in range(6):
            hits += int((fire.attack.mop_up._draws.uniforms(cells, hour) < p).sum())
            n += len(cells)
    assert 0.2 < p < 0.6 and abs(hits - n * p) < 4.0 * math.sqrt(n * p * (1 - p))


def test_a_fire_that_comes_back_is_open_again_and_the_same_fire():
    fire = contained(rate=1.0)
    burned = len(fire.front.burned)
    fire.advance(fire.time_s + 5 * 3600.0)
    assert fire.attack.mop_up.reignitions > 0 and len(fire.front.burned) > burned
    assert not fire.incidents()[0].done and fire.summary()["fire.contained_h"] is None
    assert (fire.front.fire[fire.front.burned] == 1).all()
    at = [e.t_s for e in fire.events if e.kind == "reignition"]
    assert at and all(t % 3600.0 == 0.0 for t in at) and len(at) == fire.summary()["fire.reignitions"]
    line = fire.fields()["status"] == 3
    assert line.any()  # it came across, the line stands


def test_mopping_up_keeps_it_from_coming_back():
    back = {}
    for people in (0.0, 400.0):
        back[people] = 0
        for replication in range(6):
            fire = contained(replication, rate=0.3)
            x, y = fire.incidents()[0].x, fire.incidents()[0].y
            for _ in range(60):
                fire.advance(fire.time_s + 300.0)
                if people and not fire.attack.mop_up.reignitions:
                    found = mop(fire, x=x, y=y, people=people).figures
                    x, y = found["x"], found["y"]
            back[people] += fire.attack.mop_up.reignitions > 0
    assert back[400.0] < back[0.0]


def test_the_luck_of_a_cell_hangs_on_nothing_else():
    def lit(pauses):
        fire = contained(rate=1.0)
        end = fire.time_s + 5 * 3600.0
        for t in pauses:
            fire.advance(fire.time_s + t)
        fire.advance(end)
        return [(e.t_s, e.x, e.y) for e in fire.events if e.kind == "reignition"]

    assert lit([]) == lit([123.0] * 100) and lit([])
