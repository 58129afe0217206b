"""The forest fire behind the Hazard protocol: layers, actions, crews, harm, roads, KPIs."""

import math

import numpy as np
import pytest

from scenarios.forest_fire import crews, line_work
from scenarios.forest_fire.spec import SPEC
from scenarios.forest_fire.spread import LINE
from sim.command import Command
from sim.errors import InputError
from sim.world.classes import LandCover
from sim.world.projection import Projection
from tests.fires import forest_fire
from tests.worlds import CRS, flat_world

CELL = 60.0
WIND = {"wind_mps": 4.0, "wind_from_deg": 270.0, "temperature_c": 25.0, "humidity_pct": 30.0}


def world(n=121, fuel=102, **more):
    return flat_world(n, n, CELL, fuel=fuel, **more)


def order(on, action, **args):
    return on.act(Command(on.time_s, 0, "team", action, args))


def line(on, x, y, metres, team="a", flame=10.0, clockwise=True, **more):
    return order(on, "build_line", team=team, x=x, y=y, metres=metres, max_flame_m=flame,
                 clockwise=clockwise, **more)


@pytest.fixture(scope="module")
def burning():
    fire = forest_fire(world(villages=[("east", 60, 66), ("far", 5, 5)]))
    fire.advance(5400.0)
    return fire


def test_layers_and_kpis_are_those_declared(burning):
    fields = burning.fields()
    assert list(fields) == [layer.name for layer in SPEC.layers]
    for layer in SPEC.layers:
        assert fields[layer.name].dtype == layer.dtype and fields[layer.name].shape == (121, 121)
    assert set(burning.summary()) == {k.key for k in SPEC.kpis if k.scope == "run"}
    assert any(k.key == "fire.damage_permille" and k.scope == "ensemble" for k in SPEC.kpis)


def test_fields_hang_together(burning):
    f = burning.fields()
    reached = np.isfinite(f["arrival_s"])
    assert (f["arrival_s"][reached] <= burning.time_s).all()
    assert ((f["status"] == 1) | (f["status"] == 2)).sum() == reached.sum() == len(burning.front.burned)
    assert (f["intensity_kw_m"][~reached] == 0).all()
    assert f["flame_m"].max() == pytest.approx(burning.summary()["fire.max_flame_m"])
    # flanks move across the wind, the head with it
    assert abs(f["direction_deg"][60, np.flatnonzero(reached[60])[-1]] - 90.0) < 1.0
    assert burning.summary()["fire.burned_ha"] == pytest.approx(reached.sum() * 0.36)


def test_reach_covers_burning_cells_and_their_flames(burning):
    box = burning.exposure.flames()
    row, col = np.nonzero(burning.fields()["status"] == 1)
    x, y = burning.world.grid.centre(row, col)
    assert box.x0 < x.min() - CELL and box.x1 > x.max() + CELL and box.y0 < y.min() - CELL
    assert box.x1 - box.x0 < x.max() - x.min() + 800
    away = burning.distance(np.array([x[0], x.max() + 500 + CELL / 2]), np.array([y[0], y[np.argmax(x)]]))
    assert away[0] == 0 and away[1] == pytest.approx(500, abs=CELL)


def test_nothing_before_the_ignition():
    fire = forest_fire(world(), ignitions=[{"place": "middle", "at": "1h"}])
    assert fire.reach() is None and fire.road_state() is None and fire.forecast(0.0) is None
    assert fire.incidents() == [] and fire.next_event_s() == 3600.0
    assert np.isinf(fire.distance(np.zeros(2), np.zeros(2))).all()
    fire.advance(3600.0)
    assert len(fire.front.burned) == 1 and fire.incidents()[0].raised_s == 3600.0


def test_forecast_is_the_course_without_crews_and_changes_nothing():
    fire = forest_fire(world(), forecast_horizon="1h")
    fire.advance(3600.0)
    before = fire.fields()["arrival_s"].copy()
    told = fire.forecast(3600.0)
    assert np.array_equal(fire.fields()["arrival_s"], before)
    fire.advance(7200.0)
    assert np.array_equal(told.arrival_s, fire.fields()["arrival_s"])


def test_forecast_does_not_know_the_weather_to_come():
    changes = [{"at": "90min", "wind_from_deg": 90}]
    knowing, plain = forest_fire(world(), changes=changes), forest_fire(world())
    for fire in (knowing, plain):
        fire.advance(3600.0)
    assert np.array_equal(knowing.forecast(3600.0).arrival_s, plain.forecast(3600.0).arrival_s)


def test_crews_contain_a_fire_and_it_stays_contained():
    fire = forest_fire(world(), suppression={"mop_up": {"reignitions_per_km_h": 0.0}})
    fire.advance(3600.0)
    task = fire.incidents()[0]
    assert (task.unit, task.capability, task.action, task.done) == ("m", "fire_line", "build_line", False)
    at = {"a": (task.x, task.y), "b": (task.x, task.y)}
    t, spent = 3600.0, 0.0
    for _ in range(600):
        t += 60.0
        fire.advance(t)
        for team, clockwise in (("a", True), ("b", False)):
            result = line(fire, *at[team], 60.0, team, clockwise=clockwise, fire=task.id, seconds=60.0)
            f = result.figures
            assert f["built_m"] + f["walked_m"] / line_work.WALK_PER_LINE + f["lost_m"] == pytest.approx(60.0)
            at[team] = f["x"], f["y"]
            spent += f["built_m"]
        if f["done"]:
            break
    assert f["done"] and fire.incidents()[0].done
    burned = len(fire.front.burned)
    held = (fire.fields()["status"] == 3).sum()
    assert spent == pytest.approx(fire.summary()["fire.line_km"] * 1000)
    assert held * CELL * line_work.SIDE_STEP <= spent < (held + 20) * CELL * line_work.CORNER_STEP
    fire.advance(t + 10 * 86400.0)
    assert len(fire.front.burned) == burned
    assert fire.summary()["fire.contained_h"] == pytest.approx(t / 3600.0, abs=1e-6)
    assert (fire.fields()["line_s"] < np.inf).sum() == held


def test_work_on_a_cell_is_kept_between_steps():
    fire = forest_fire(world())
    fire.advance(3600.0)
    x, y = fire.incidents()[0].x, fire.incidents()[0].y
    share = CELL * crews.PERIMETER_PER_CELL
    for _ in range(3):
        result = line(fire, x, y, share / 4)
        assert result.figures["held_cells"] == 0 and result.figures["built_m"] == pytest.approx(share / 4)
        x, y = result.figures["x"], result.figures["y"]
    assert line(fire, x, y, share / 4 + 1e-6).figures["held_cells"] == 1


@pytest.mark.parametrize("clockwise, sign", [(True, 1), (False, -1)])
def test_crews_go_round_the_way_they_are_told(clockwise, sign):
    fire = forest_fire(world(fuel=1), weather={**WIND, "wind_mps": 0.0})
    fire.advance(6 * 3600.0)
    cx, cy = fire.world.grid.centre(60, 60)
    x, y = cx, cy + 1000.0  # north of it
    first = line(fire, x, y, 200.0, clockwise=clockwise).figures
    x, y = first["x"], first["y"]
    on = line(fire, x, y, 400.0, clockwise=clockwise).figures
    assert sign * (on["x"] - x) > 100.0


def test_flames_too_high_mean_waiting():
    fire = forest_fire(world(fuel=4), weather={**WIND, "wind_mps": 8.0})
    fire.advance(1200.0)
    task = fire.incidents()[0]
    result = line(fire, task.x, task.y, 300.0, flame=0.5)
    assert result.accepted and result.figures["waiting"] and result.figures["built_m"] == 0
    assert result.figures["lost_m"] == 300.0 and not result.figures["done"]


def test_no_line_where_flames_are_longer_than_allowed():
    fire = forest_fire(world(), weather={**WIND, "wind_mps": 6.0})
    fire.advance(3600.0)
    flames = crews.flames_along(fire.front, fire.edge.cells(fire.changes), fire.time_s, CELL)
    allowed = float(np.median(flames))
    x, y = fire.incidents()[0].x, fire.incidents()[0].y
    edge = fire.edge.cells(fire.changes).copy()
    result = line(fire, x, y, 2000.0, flame=allowed)
    held = fire.front.closed[edge] == LINE
    assert held.any() and (flames[held] <= allowed + 1e-9).all() and result.figures["lost_m"] > 0


def test_crew_far_away_walks_first():
    fire = forest_fire(world())
    fire.advance(3600.0)
    task = fire.incidents()[0]
    result = line(fire, task.x - 3000.0, task.y, 100.0)
    assert result.figures["walked_m"] == pytest.approx(400.0) and result.figures["built_m"] == 0
    assert result.figures["x"] == pytest.approx(task.x - 2600.0, abs=1.0)


def test_line_for_a_fire_there_is_not():
    fire = forest_fire(world())
    assert not line(fire, 0.0, 0.0, 10.0, fire="forest_fire:9").accepted


def test_wet_ground_holds_until_it_has_dried():
    fire = forest_fire(world(fuel=1), weather={**WIND, "wind_mps": 0.0})
    x, y = fire.world.grid.centre(60, 75)
    result = order(fire, "wet", x=float(x), y=float(y), radius_m=200.0, minutes=900)
    assert result.accepted and result.figures["cells"] == pytest.approx(math.pi * (200 / 60) ** 2, abs=6)
    free = forest_fire(world(fuel=1), weather={**WIND, "wind_mps": 0.0})
    free.advance(15 * 3600.0)
    due = free.fields()["arrival_s"][60, 75]
    assert due < 14 * 3600
    fire.advance(due + 1.0)
    assert not np.isfinite(fire.fields()["arrival_s"][60, 75]) and fire.fields()["status"][60, 75] == 4
    fire.advance(900 * 60.0 - 1.0)
    assert not np.isfinite(fire.fields()["arrival_s"][60, 74:77]).any()
    fire.advance(24 * 3600.0)
    assert 900 * 60.0 < fire.fields()["arrival_s"][60, 75] < 900 * 60 + 4 * 3600


def test_set_wind_turns_the_fire():
    fire = forest_fire(world())
    fire.advance(1800.0)
    assert order(fire, "set_wind", wind_mps=8.0, wind_from_deg=180.0).accepted
    fire.advance(7200.0)
    rows, cols = np.nonzero(np.isfinite(fire.fields()["arrival_s"]))
    assert 60 - rows.min() > 2 * (rows.max() - 60)
    assert 60 - rows.min() > cols.max() - 60


def test_a_fire_keeps_its_number_whatever_became_of_those_before():
    lon, lat = Projection(CRS).to_lonlat(*(float(v) for v in world().grid.centre(20, 60)))
    there = {"lon": float(lon), "lat": float(lat), "at": "20min"}
    fire = forest_fire(world(), ignitions=[{"place": "middle"}, {"place": "middle", "at": "10min"}, there])
    fire.advance(1200.0)
    assert [task.id for task in fire.incidents()] == ["forest_fire:1", "forest_fire:3"]
    assert order(fire, "ignite", lon=float(lon), lat=float(lat) - 0.01).accepted
    assert [task.id for task in fire.incidents()][-1] == "forest_fire:4" and fire.fires.number("forest_fire:2") is None


def test_a_second_ignition_is_a_second_task():
    fire = forest_fire(world())
    fire.advance(1800.0)
    from sim.world.projection import Projection

    x, y = fire.world.grid.centre(20, 20)
    lon, lat = Projection(fire.world.crs).to_lonlat(x, y)
    result = order(fire, "ignite", lon=float(lon), lat=float(lat))
    assert result.accepted and result.figures["x"] == pytest.approx(float(x))
    fire.advance(3600.0)
    assert [task.id for task in fire.incidents()] == ["forest_fire:1", "forest_fire:2"]
    assert all(task.remaining > 0 for task in fire.incidents())
    assert not order(fire, "ignite", lon=float(lon), lat=float(lat)).accepted


def people(n):
    return {"fire_dose": np.zeros(n, np.float32), "household": np.arange(n, dtype=np.int32)}


def expose(fire, columns, x, y, indoors, hours, rows=None):
    rows = np.arange(len(x)) if rows is None else rows
    touched = np.zeros(len(x), bool)
    while fire.time_s < hours * 3600.0:
        t0 = fire.time_s
        fire.advance(t0 + 60.0)
        harm = fire.harm(rows, columns, np.asarray(x, np.float32), np.asarray(y, np.float32),
                         np.asarray(indoors, bool), t0, t0 + 60.0)
        touched |= harm.exposed
    return harm, touched


def test_harm_in_the_path_beside_it_and_indoors():
    w = world(fuel=4)
    w.layers["fuel"][58:63, 90:93] = 91  # a village on ground that does not burn
    fire = forest_fire(w, weather={**WIND, "wind_mps": 6.0}, effects={"house_burns": 1.0})
    x, y = w.grid.centre(np.array([60, 60, 60, 5, 60, 60]), np.array([70, 70, 91, 5, 91, 93]))
    x[5] -= 25.0  # just outside the village's cell, indoors, its cell burns
    indoors = [False, True, False, False, True, True]
    columns = people(6)
    harm, touched = expose(fire, columns, x, y, indoors, 3)
    arrived = fire.fields()["arrival_s"]
    assert np.isfinite(arrived[60, 70]) and np.isfinite(arrived[60, 93]) and np.isinf(arrived[60, 91])
    assert harm.p_death[0] > 0.99 and touched[0]
    assert 0 < columns["fire_dose"][1] < columns["fire_dose"][0]  # the house holds until the front is there
    assert harm.p_death[2] < 0.5 and columns["fire_dose"][3] == 0 and not touched[3]
    assert columns["fire_dose"][4] == 0 and not touched[4]
    assert harm.p_death[5] > 0.5
    assert (harm.p_injury >= harm.p_death).all()


def test_a_house_that_does_not_burn_protects():
    fire = forest_fire(world(fuel=4), effects={"house_burns": 0.0})
    x, y = fire.world.grid.centre(np.array([60]), np.array([65]))
    _, touched = expose(fire, people(1), x, y, [True], 2)
    assert np.isfinite(fire.fields()["arrival_s"][60, 65]) and not touched[0]


def test_harm_does_not_hang_on_the_tick():
    doses = []
    for tick in (15.0, 60.0, 300.0):
        fire = forest_fire(world(fuel=4))
        x, y = fire.world.grid.centre(np.array([60]), np.array([64]))
        columns = people(1)
        while fire.time_s < 3600.0:
            t0 = fire.time_s
            fire.advance(t0 + tick)
            fire.harm(np.array([0]), columns, (x + 11).astype(np.float32), (y + 7).astype(np.float32),
                      np.array([False]), t0, t0 + tick)
        doses.append(float(columns["fire_dose"][0]))
    assert doses[0] > 0 and max(doses) < 1.1 * min(doses)


def test_harm_writes_only_its_rows():
    fire = forest_fire(world(fuel=4))
    fire.advance(600.0)
    columns = people(5)
    x, y = fire.world.grid.centre(np.array([60, 60]), np.array([64, 65]))
    expose(fire, columns, x, y, [False, False], 1.0, rows=np.array([1, 3]))
    assert (columns["fire_dose"][[0, 2, 4]] == 0).all() and (columns["fire_dose"][[1, 3]] > 0).all()


def test_roads_close_by_the_flames_and_open_behind_them():
    fire = forest_fire(world(), weather={**WIND, "wind_mps": 0.0},
                       effects={"smoke_m": 60.0, "road_close_flame_m": 0.1})
    assert fire.road_state().closed.all()  # it starts on the road's middle node
    first = fire.road_state()
    assert fire.road_state().version == first.version
    assert first.cause == "forest fire" and (first.speed_factor <= 0.5).all()
    w = world()
    w.layers["fuel"][55:66] = 91
    fire = forest_fire(w, ignitions=[{"place": "middle", "search_m": 1000}])
    assert any("moved 360 m" in note for note in fire.notes)
    fire.advance(7200.0)
    assert fire.road_state() is None or not fire.road_state().closed.any()


def test_burned_out_roads_open_again():
    w = world()
    w.layers["fuel"][:] = 91
    w.layers["fuel"][60, 50:71] = 102
    fire = forest_fire(w, effects={"road_close_flame_m": 0.0})
    fire.advance(600.0)
    assert fire.road_state().closed.any()
    fire.advance(10 * 86400.0)
    state = fire.road_state()
    assert not state.closed.any() and (state.speed_factor == 1).all() and state.version >= 2
    assert fire.reach() is None and fire.next_event_s() == math.inf


def test_villages_and_forest_in_the_figures():
    w = world(villages=[("east", 60, 66), ("far", 5, 5)], cover=LandCover.GRASS)
    w.layers["land_cover"][:, 60:] = LandCover.CONIFER
    fire = forest_fire(w, damage={"killed_low": 0.0, "killed_middle": 0.5, "killed_high": 1.0})
    fire.advance(3 * 3600.0)
    k = fire.summary()
    row, col = fire.front.row_col(fire.front.burned)
    forest = col >= 60
    i = fire.front.out[fire.front.burned, 1]
    killed = np.where(i < 750, 0.0, np.where(i <= 3500, 0.5, 1.0))
    assert k["fire.burned_forest_ha"] == pytest.approx(0.36 * forest.sum())
    assert k["fire.damaged_forest_ha"] == pytest.approx(0.36 * killed[forest].sum())
    assert k["fire.villages_reached"] == 1.0
    assert row.size == len(fire.front.burned)


def test_replications_move_the_ignition_within_its_radius_and_plans_share_it():
    spots = []
    for r in range(40):
        fire = forest_fire(world(), replication=r, ignitions=[{"place": "middle", "radius_m": 600}])
        row, col = fire.front.row_col(fire.front.burned)
        spots.append((int(row[0]), int(col[0])))
    assert len(set(spots)) > 20
    assert max(math.hypot(r - 60, c - 60) for r, c in spots) <= 10.8
    again = forest_fire(world(), replication=7, ignitions=[{"place": "middle", "radius_m": 600}])
    row, col = again.front.row_col(again.front.burned)
    assert (int(row[0]), int(col[0])) == spots[7]


@pytest.mark.parametrize("ignition, words", [
    ({"place": "nowhere"}, "no such place"),
    ({"place": "middle", "search_m": 100}, "nothing burns"),
    ({"lon": 100.0, "lat": 20.0}, "outside the county's grid"),
])
def test_ignitions_that_cannot_be(ignition, words):
    w = world()
    w.layers["fuel"][50:71, 50:71] = 98
    with pytest.raises(InputError, match=words) as error:
        forest_fire(w, ignitions=[ignition])
    assert "ignitions[0]" in str(error.value)


def test_wet_weather_stalls_a_fire_and_dry_weather_wakes_it():
    changes = [{"at": "1h", "humidity_pct": 99, "temperature_c": 5}, {"at": "4h", "humidity_pct": 20,
                                                                      "temperature_c": 30}]
    fire = forest_fire(world(), changes=changes)
    fire.advance(3600.0)
    burned = len(fire.front.burned)
    assert burned > 5 and fire.front.next_s() == math.inf
    fire.advance(4 * 3600.0 - 1)
    assert len(fire.front.burned) == burned and fire.next_event_s() < math.inf
    assert not fire.incidents()[0].done
    fire.advance(7 * 3600.0)
    assert len(fire.front.burned) > 2 * burned


def test_a_stall_longer_than_fuel_holds_fire_ends_it():
    changes = [{"at": "1h", "humidity_pct": 99, "temperature_c": 5}, {"at": "20h", "humidity_pct": 20,
                                                                      "temperature_c": 30}]
    fire = forest_fire(world(), changes=changes, spread={"holds_fire": "2h"})
    while (due := fire.next_event_s()) < 30 * 3600.0:
        fire.advance(due)
    assert fire.incidents()[0].done and fire.front.next_s() == math.inf
    assert 3.0 < fire.summary()["fire.contained_h"] < 12.0
