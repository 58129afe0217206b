"""A season's first attack: held against a whole run of the engine, its travel times against the teams' router."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from agents.travel import Router
from experiments.hazards import load_builder
from experiments.season.attack import Fight
from experiments.season.forces import Forces
from experiments.season.lookout import Lookout
from experiments.season.water import Wells
from scenarios.forest_fire.fuels import FuelMap
from scenarios.forest_fire.settings import ForestFireSettings
from scenarios.forest_fire.settings_fuels import Fuels
from scenarios.forest_fire.settings_season import Attack
from sim.calendar import Calendar
from sim.hazard import HazardContext
from sim.live_roads import LiveRoads
from sim.random import Streams
from sim.world.projection import Projection
from tests.seasons import FIRE, run_settings
from tests.smallworld import drill, events_of, small_world

LIMIT_S = 10 * 3600.0
ATTACK = Attack(escaped_after="6h", escaped_ha=100, hold="0s", limit=f"{LIMIT_S:.0f}s", source="test")
CAMERA = {"id": "peak-camera", "place": "peak", "height_m": 30, "range_km": 12, "scan": "10min", "working": 1.0}


def fight(settings, attack=ATTACK, free_s=None):
    """Fight the run's fire as a season does."""
    entry = settings.scenario.hazards[0]
    calendar, streams = Calendar(settings.scenario.start), Streams(settings.seed, settings.replication)
    world = small_world()
    fire = load_builder("forest_fire")(HazardContext(
        world, ForestFireSettings.model_validate(entry.settings), streams, calendar.hour(0.0), calendar.month(0.0),
        LIMIT_S, "forest_fire", settings.plan))
    forces = Forces(world, settings.plan, settings.team_types, "fire_line")
    lookout = Lookout(world, settings.plan, settings.scenario.seeing, settings.scenario.reporting)
    wells = Wells(world, settings.plan, forces)
    fought = Fight(fire, forces, lookout, wells, post=settings.plan.command, attack=attack, streams=streams,
                   calendar=calendar, free_s=free_s or {}).run()
    return fire, fought


def with_fuels(model):
    """The fire of the small county deep in land that burns, all of one fuel model."""
    fuels = {"map": dict.fromkeys(("conifer", "grass", "shrub", "mixed", "broadleaf"), model)}
    world = small_world()
    depth = distance_transform_edt(FuelMap(world, Fuels.model_validate(fuels)).kind(slice(None), slice(None)) >= 0)
    row, col = np.unravel_index(int(depth.argmax()), depth.shape)
    lon, lat = Projection(world.crs).to_lonlat(*world.grid.centre(int(row), int(col)))
    return {**FIRE, "settings": {**FIRE["settings"], "fuels": fuels,
                                 "ignitions": [{"lon": float(lon), "lat": float(lat)}]}}


@pytest.mark.parametrize(("replication", "model", "start"), [
    (0, 8, "2026-04-04T10:00+08:00"), (1, 165, "2026-04-04T10:00+08:00"), (2, 9, "2026-11-04T02:00+08:00"),
])
def test_a_fire_is_fought_as_in_a_whole_run(replication, model, start):
    given = {"hazards": [with_fuels(model)], "replication": replication, "start": start, "duration": "10h"}
    settings = run_settings(**given)
    fire, fought = fight(settings)
    run = drill(small_world(), plan=settings.plan.model_dump(mode="json"), command_place="east",
                team_types={k: v.model_dump(mode="json") for k, v in settings.team_types.items()}, **given)
    run.run()
    (alarm,) = events_of(run, "alarm")
    assert fought.told.alarm_s == pytest.approx(alarm["t_s"], abs=1e-6)
    scenes = events_of(run, "on_scene")
    assert fought.first_arrival_s == pytest.approx(min(e["t_s"] for e in scenes))
    assert fought.teams == len({e["agent"] for e in events_of(run, "order")})
    whole, own = run.hazards[0].summary(), fire.summary()
    for key in ("fire.line_km", "fire.contained_h"):
        assert own[key] == pytest.approx(whole[key]), key
    # a run stops short of its last tick
    theirs, ours = (np.asarray(f.fields()["arrival_s"]) for f in (run.hazards[0], fire))
    last = LIMIT_S - 60.0
    assert np.array_equal(np.where(theirs < last, theirs, np.inf), np.where(ours < last, ours, np.inf))
    assert np.isfinite(ours).sum() > (1 if model == 165 else 0)


def test_a_camera_reports_as_in_a_whole_run():
    given = {"start": "2026-04-04T10:00+08:00", "duration": "3h"}
    settings = run_settings(**given)
    plan = {**settings.plan.model_dump(mode="json"), "cameras": [CAMERA]}
    settings = run_settings(plan=plan, **given)
    _, fought = fight(settings)
    run = drill(small_world(), plan=plan, command_place="east", hazards=[FIRE], **given)
    run.run()
    (alarm,) = events_of(run, "alarm")
    assert fought.told.alarm_s == pytest.approx(alarm["t_s"], abs=1e-6)
    seen = fight(run_settings(**given))[1]
    assert fought.told.alarm_s <= seen.told.alarm_s


def test_travel_is_that_of_the_teams_router():
    world, settings = small_world(), run_settings()
    forces = Forces(world, settings.plan, settings.team_types, "fire_line")
    router = Router(SimpleNamespace(world=world, roads=LiveRoads(world.roads)))
    rng = np.linspace(0.1, 0.9, 7)
    grid = world.grid
    for squad in forces.squads:
        for share in rng:
            x, y = grid.x0_m + share * grid.nx * grid.cell_m, grid.y0_m - (1 - share) * grid.ny * grid.cell_m
            node, expected = router.approach(squad.node, x, y, squad.type.road_speed_factor,
                                          squad.type.max_speed_kmh / 3.6, squad.type.off_road_speed_kmh / 3.6)
            assert forces.approach(squad, x, y) == (node, pytest.approx(expected))


def test_only_teams_that_hold_line_are_counted_and_camps_sleep_in():
    plan = run_settings().plan.model_dump(mode="json")
    plan["camps"] = [{"id": "camp", "place": "peak", "teams": ["west-squad"]}]
    plan["teams"][0]["count"] = 2
    settings = run_settings(plan=plan)
    forces = Forces(small_world(), settings.plan, settings.team_types, "fire_line")
    assert [s.id for s in forces.squads] == ["east-squad-1", "east-squad-2", "west-squad"]
    west = forces.squads[-1]
    assert west.node == small_world().places.get("peak").node and west.sleeps_in
    assert west.turnout(3.0, 4)[0].median == 600.0 and forces.squads[0].turnout(3.0, 4)[0].median == 2400.0
    assert Forces(small_world(), settings.plan, settings.team_types, "pump").squads == []


def test_a_team_at_another_fire_comes_later():
    settings = run_settings(teams=1, start="2026-04-04T10:00+08:00", hazards=[with_fuels(165)])
    _, free = fight(settings)
    busy_until = free.first_arrival_s + 3600.0
    _, late = fight(settings, free_s={"east-squad": busy_until})
    assert late.first_arrival_s > busy_until
    assert late.told == free.told


def test_nobody_comes_where_there_is_nobody():
    settings = run_settings(teams=0, start="2026-04-04T10:00+08:00")
    _, fought = fight(settings)
    assert fought.first_arrival_s is None and fought.teams == 0 and fought.back_s == {}


def test_more_teams_are_sent_while_those_there_are_too_slow():
    plan = run_settings().plan.model_dump(mode="json")
    plan["command"] |= {"teams_per_task": 1, "finish_within": None}
    given = {"hazards": [with_fuels(165)], "start": "2026-04-04T10:00+08:00"}
    assert fight(run_settings(plan=plan, **given))[1].teams == 1
    plan["command"]["finish_within"] = "1h"
    assert fight(run_settings(plan=plan, **given))[1].teams == 2


def test_the_fire_is_followed_until_it_has_held_or_to_the_limit():
    settings = run_settings(start="2026-04-04T10:00+08:00", hazards=[with_fuels(8)])
    fire, fought = fight(settings)
    assert fought.contained_s is not None and fought.ended_s < LIMIT_S
    held = Attack.model_validate({**ATTACK.model_dump(), "hold": "1h"})
    _, longer = fight(settings, held)
    assert longer.contained_s == fought.contained_s and longer.ended_s >= fought.contained_s + 3600.0
    short = Attack.model_validate({**ATTACK.model_dump(), "limit": "30min"})
    fire, cut = fight(settings, short)
    assert cut.contained_s is None and cut.ended_s == 1800.0 == fire.time_s
