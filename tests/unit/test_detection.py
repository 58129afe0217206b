"""Detection: who sees an incident first, when, and whose report counts; on flat ground in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from agents.detection.coverage import coverage
from agents.detection.looking import area_seen_m2, haze_range_km, in_hours, looks, ready_s
from agents.detection.patrols import beat_of
from agents.shelters import entity_of
from experiments.measure import measure
from sim.errors import InputError
from sim.hazard import Signs
from sim.settings.detection import Patrol
from sim.sun import daylight
from sim.world.classes import LandCover
from tests.smallworld import SMALL_PLAN, Home, drill, events_of, small_world, straight, water

ROAD = (0.0, 2000.0, 6000.0, 20_000.0)
START_S = 600.0
"""The water that stands for a fire comes at 10 min; citizens see it 5 min later and call 5 min after that."""
AT_ONCE = {"median": "0s"}
MORNING = "2026-04-04T09:00+08:00"
SLOW = Signs(0.5, 1.0)
"""Smoke up by half a metre a second, area t^2 m2."""


def camera(id="eye", place="u1", **values):
    return {"id": id, "place": place, "height_m": 30, "range_km": 10, "scan": "60s", "confirmation": AT_ONCE,
            "working": 1.0, "seen_at_range_m2": 10_000, **values}


def watched(plan, *, signs=SLOW, start=MORNING, world=None, duration="4h", **values):
    """A drill whose hazard, at u0, shows as told; run to its end."""
    run = drill(world or straight(ROAD, [Home(3)]), plan=plan, start=start, duration=duration,
                hazards=[water("u0", starts_s=START_S, speed_mps=0.01)], behaviour={"notice_distance_m": 0}, **values)
    hazard = run.hazards[0]
    if signs is not None:
        hazard.signs = lambda task: Signs(signs.smoke_mps, signs.growth_m2_s2, (hazard.x, hazard.y))
    run.run()
    return run


def first(run):
    return run.detection.first["rising_water-1"]


# -- the rules in themselves ----------------------------------------------------------------------------------


def test_haze_by_the_visual_range_formula():
    assert haze_range_km(20.0, 1.0) == pytest.approx(20.0)
    assert haze_range_km(20.0, 0.3) == pytest.approx(20.0 * math.log(6) / math.log(20))


def test_size_seen_is_the_same_angle_at_every_distance():
    assert area_seen_m2(10_000, 10_000, 900.0) == 900.0
    assert area_seen_m2(5_000, 10_000, 900.0) == 225.0


def test_ready_when_high_enough_and_large_enough():
    assert ready_s(50.0, 0.5, 0.0, 1.0) == 100.0
    assert ready_s(50.0, 0.5, 400.0 * 400.0, 1.0) == 400.0
    assert ready_s(0.0, 0.5, 100.0, math.inf) == 0.0
    assert math.isinf(ready_s(0.0, 0.5, 100.0, 0.0)) and math.isinf(ready_s(1.0, 0.0, 0.0, math.inf))


def test_hours_over_midnight():
    clock = np.array([0.0, 6.9, 7.0, 12.0, 19.0, 23.9]) * 3600
    assert in_hours(clock, 7, 19).tolist() == [False, False, True, True, False, False]
    assert in_hours(clock, 19, 7).tolist() == [True, True, False, False, True, True]
    assert in_hours(clock, 0, 24).all()


def test_looks_come_at_their_phase():
    assert looks(100.0, 400.0, 30.0, 60.0).tolist() == [150.0, 210.0, 270.0, 330.0, 390.0]
    assert looks(150.0, 150.0, 30.0, 60.0).tolist() == [150.0]
    assert len(looks(math.inf, 400.0, 30.0, 60.0)) == 0


# -- in a run -------------------------------------------------------------------------------------------------


def test_without_observers_citizens_detect_it():
    run = watched({})
    assert (first(run).means, first(run).seen_s) == ("citizens", START_S + 300.0)
    assert run.post.alarm_s["rising_water-1"] == START_S + 600.0
    seen = events_of(run, "detected")
    assert [(e["t_s"], e["agent"], e["detail"]) for e in seen] == [
        (START_S + 300.0, "citizens", '{"means": "citizens"}')]
    values = measure(run)
    assert values["detection.first_min"] == values["detection.mean_min"] == 5.0
    assert (values["detection.by_citizens"], values["detection.by_camera"]) == (1.0, 0.0)


def test_a_camera_sees_it_when_it_has_grown_and_it_looks():
    run = watched({"cameras": [camera()]})
    # 2 of 10 km: a 25th of 10,000 m2, reached after sqrt(400) = 20 s; then the next look, at most 60 s later.
    assert first(run).by == "eye"
    assert START_S + 20.0 <= first(run).seen_s <= START_S + 80.0
    phase = run.streams.of("lookout phase").u01(entity_of("eye")) * 60.0
    assert (first(run).seen_s - phase) % 60.0 == pytest.approx(0.0, abs=1e-6)
    assert run.post.alarm_s["rising_water-1"] == pytest.approx(first(run).seen_s, abs=60.0)
    assert events_of(run, "alarm")[0]["detail"] == '{"means": "camera", "by": "eye"}'
    assert measure(run)["detection.by_camera"] == 1.0


def test_the_first_report_counts_not_the_first_look():
    slow = camera("slow", confirmation={"median": "30min"})
    run = watched({"cameras": [slow]})
    assert first(run).by == "slow"
    # Citizens saw it later and called sooner.
    assert run.detection.told["rising_water-1"].by == "citizens"
    assert run.post.alarm_s["rising_water-1"] == pytest.approx(START_S + 600.0)


def test_a_camera_out_of_range_or_broken_or_in_haze_sees_nothing():
    for change in ({"range_km": 1.9}, {"working": 0.0}):
        assert first(watched({"cameras": [camera(**change)]})).by == "citizens"
    far = {"cameras": [camera(place="u2")]}  # 6 km off: with a visibility of 20 km smoke is told at 12 km, of 9 at 5.4
    assert first(watched(far)).by == "eye"
    assert first(watched(far, seeing={"visibility_km": 9})).by == "citizens"


def hill(world, x_m, height_m):
    """Raise a wall across the road at x."""
    _, col = world.grid.row_col(x_m, 5000.0)
    world.layers["elevation_m"][:, int(col)] = height_m
    return world


def test_smoke_must_rise_above_a_ridge():
    world = hill(straight(ROAD, [Home(3)]), 1000.0, 90.0)
    run = watched({"cameras": [camera()]}, world=world)
    # Eye at 30 m, ridge at 90 m half-way (by cells): the line meets the fire at 150 m, 300 s after it began. Citizens
    # see it at that time too, so that the camera's look is a minute late.
    found = run.detection.sightings(run.hazards[0], run.post.tasks["rising_water-1"])
    assert [n.by for n in found] == ["eye"]
    assert START_S + 295.0 <= found[0].seen_s <= START_S + 300.0 + 65.0
    # 350 m: above where smoke is looked for.
    high = watched({"cameras": [camera()]}, world=hill(straight(ROAD, [Home(3)]), 1000.0, 190.0))
    assert high.detection.sightings(high.hazards[0], high.post.tasks["rising_water-1"]) == []


def test_by_night_only_those_who_watch_by_night_see_flames():
    midnight = "2026-04-04T00:00+08:00"
    blind = watched({"cameras": [camera()]}, start=midnight)
    assert first(blind).by == "citizens"
    thermal = camera(by_night=True, night_range_km=3, seen_by_night_m2=900.0)
    run = watched({"cameras": [thermal]}, start=midnight)
    # 2 of 3 km: 4/9 of 900 m2, after 20 s.
    assert first(run).by == "eye" and START_S + 20.0 <= first(run).seen_s <= START_S + 80.0
    asleep = watched({"watch_towers": [camera("tower", by_night=True)]}, start=midnight)
    assert first(asleep).by == "citizens"  # its crew comes at 7


def test_smoke_before_dawn_is_seen_at_first_light():
    run = watched({"cameras": [camera()], "watch_towers": [camera("tower", scan="10min")]}, signs=SLOW,
                  start="2026-04-04T05:00+08:00", duration="6h")
    found = {n.by: n.seen_s for n in run.detection.sightings(run.hazards[0], run.post.tasks["rising_water-1"])}
    rises, _ = daylight(run.clock.calendar, 0.0, 113.0, 29.0)
    assert 3000.0 < rises < 4500.0 and rises <= found["eye"] <= rises + 60.0
    assert 7200.0 <= found["tower"] <= 7800.0  # on watch from 7 h


def test_tasks_that_do_not_show_are_left_to_the_citizens():
    run = watched({"cameras": [camera()]}, signs=None)
    assert first(run).by == "citizens"
    run.post.tasks["rising_water-1"].kind = "suppress"
    assert [n.by for n in run.detection.sightings(run.hazards[0], run.post.tasks["rising_water-1"])] == ["eye"]


def test_draws_belong_to_observer_and_incident_not_to_the_plan():
    slack = {"median": "5min", "sigma": 0.8}
    one = watched({"cameras": [camera(confirmation=slack)]})
    more = watched({"cameras": [camera("other", "u2"), camera(confirmation=slack)]})
    of = [next(n for n in run.detection.sightings(run.hazards[0], run.post.tasks["rising_water-1"]) if n.by == "eye")
          for run in (one, more)]
    assert of[0] == of[1]
    assert of[0].alarm_s - of[0].seen_s != 300.0


def test_a_lookout_off_the_grid_is_refused():
    away = {key: value for key, value in camera().items() if key != "place"} | {"lon": 80.0, "lat": 29.0}
    with pytest.raises(InputError, match="off the county's grid"):
        drill(straight(ROAD, [Home(3)]), plan={"cameras": [away]}, hazards=[water("u0")])


# -- patrols --------------------------------------------------------------------------------------------------


def patrol(**values):
    return {"id": "round", "route": ["u1", "u2"], "interval": "1h", "speed_kmh": 36.0, "sight_km": 2.5,
            "seen_at_sight_m2": 100.0, "report": AT_ONCE, **values}


def test_a_round_is_by_road_there_and_back():
    beat = beat_of(straight(ROAD, [Home(3)]), Patrol.model_validate(patrol(route=["u0", "u2"])), "here")
    assert beat.x.tolist() == [0.0, 2000.0, 6000.0, 2000.0, 0.0]
    assert beat.passed_s.tolist() == [0.0, 200.0, 600.0, 1000.0, 1200.0]
    with pytest.raises(InputError, match="takes longer than its interval"):
        beat_of(straight(ROAD, [Home(3)]), Patrol.model_validate(patrol(route=["u0", "u3"], interval="1h")), "here")


def test_rangers_pass_every_point_once_a_round_each():
    beat = beat_of(straight(ROAD, [Home(3)]), Patrol.model_validate(patrol(from_hour=8, to_hour=10)), "here")
    times, points = beat.passes(0.5, 9 * 3600.0, 86400.0)
    # From 8:30 and 9:30 for 800 s, seen from a run that begins at 9; the next day again.
    assert times.tolist() == sorted(times.tolist()) and set(points.tolist()) == {0, 1, 2}
    assert times[-1] == 86400.0 - 3600.0 + 2600.0  # the next morning's round from 8:30
    first_day = times[times < 7200.0]
    assert first_day.tolist() == [1800.0, 2200.0, 2600.0]
    two = beat_of(straight(ROAD, [Home(3)]), Patrol.model_validate(patrol(from_hour=8, to_hour=10, people=2)), "here")
    both, _ = two.passes(0.5, 9 * 3600.0, 7200.0)
    # Half an hour apart: at 8:15, 8:45, 9:15 and 9:45.
    assert both.tolist() == [900.0, 1300.0, 1700.0, 2700.0, 3100.0, 3500.0]


def test_a_patrol_sees_it_when_it_next_passes():
    run = watched({"patrols": [patrol(from_hour=8, to_hour=18)]}, start="2026-04-04T08:00+08:00")
    found = run.detection.sightings(run.hazards[0], run.post.tasks["rising_water-1"])
    phase = run.streams.of("lookout phase").u01(entity_of("round")) * 3600.0
    # u1 alone is within 2.5 km; it is passed at the start and at the end of a round, 800 s later.
    due = [phase + n * 3600.0 + more for n in range(4) for more in (0.0, 800.0)]
    assert found[0].means == "patrol"
    assert found[0].seen_s == pytest.approx(min(t for t in due if t >= START_S + 8.0))


# -- coverage -------------------------------------------------------------------------------------------------


def test_coverage_is_the_share_of_forest_in_range_and_sight():
    world = straight((0.0, 4000.0), [Home(1)])
    world.layers["land_cover"][:, :] = LandCover.CONIFER
    run = drill(world, plan={"cameras": [camera(place="u0", range_km=1.0)],
                             "watch_towers": [camera("tower", "u1", range_km=1.0)],
                             "sight": {"tree_height_m": 0, "smoke_m": 0}}, hazards=[water("u0")])
    found = coverage(world, run.detection.plan)
    # Cells of 100 m within 1 km of a cell's centre: 317 lattice points in a circle of radius 10 (OEIS A000328).
    assert int((found.camera_m[found.forest] <= 0).sum()) == 317
    assert int((found.lookout_m[found.forest] <= 0).sum()) == 634
    values = measure(run)
    assert values["coverage.forest_camera"] == pytest.approx(317 / found.forest.size)
    assert values["coverage.forest_lookout"] == pytest.approx(634 / found.forest.size)


def test_trees_and_walls_take_forest_out_of_view():
    world = hill(straight((0.0, 4000.0), [Home(1)]), 500.0, 60.0)
    world.layers["land_cover"][:, :] = LandCover.CONIFER
    plan = {"cameras": [camera(place="u0", range_km=1.0)], "sight": {"tree_height_m": 12, "smoke_m": 30}}
    run = drill(world, plan=plan, hazards=[water("u0")])
    found = coverage(world, run.detection.plan)
    share = found.share(found.camera_m)
    assert 0 < share < 317 / found.forest.size
    assert share <= found.share(found.camera_m, 200.0) == pytest.approx(317 / found.forest.size)
    assert found.share(found.camera_m, 0.0) < share


def test_a_county_without_forest_or_cameras():
    run = drill(straight(ROAD, [Home(3)]), hazards=[water("u0")])
    assert measure(run)["coverage.forest_camera"] is None
    world = straight(ROAD, [Home(3)])
    world.layers["land_cover"][:, :] = LandCover.CONIFER
    assert measure(drill(world, hazards=[water("u0")]))["coverage.forest_camera"] == 0.0


def test_a_camera_sees_a_forest_fire_of_a_run():
    """The small county as built, with relief and forest: the fire tells how it grows, a camera above it looks."""
    fire = {"hazard": "forest_fire", "settings": {
        "ignitions": [{"place": "peak", "at": "10min"}], "moisture": {"herb_pct": 60, "woody_pct": 90},
        "weather": {"wind_mps": 6, "wind_from_deg": 270, "temperature_c": 28, "humidity_pct": 20}}}
    plan = {**SMALL_PLAN, "cameras": [camera(place="peak", height_m=40)]}
    run = drill(small_world(), plan=plan, command_place="east", hazards=[fire], start=MORNING, duration="1h")
    run.run()
    (task, notice), = run.detection.first.items()
    signs = run.hazards[0].signs(run.post.tasks[task])
    away = math.hypot(run.detection.posts[0].x - signs.at[0], run.detection.posts[0].y - signs.at[1])
    grown = math.sqrt(area_seen_m2(away, 10_000.0, 10_000.0) / signs.growth_m2_s2)
    assert notice.by == "eye"
    assert grown <= notice.seen_s - notice.raised_s <= grown + 60.0 + 60.0 / signs.smoke_mps
    without = drill(small_world(), plan=SMALL_PLAN, command_place="east", hazards=[fire], start=MORNING, duration="1h")
    without.run()
    assert without.detection.first[task].by == "citizens"
    assert without.post.alarm_s[task] > run.post.alarm_s[task]
