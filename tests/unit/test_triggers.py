"""Trigger buffers: clearance times against closed forms and draws, orders by them, and the margin they leave."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from agents.command.triggers import STEP_S, away_s, least_margin_min, lognormal_share, mobilised_share, warned_share
from experiments.measure import measure
from sim.settings.scenario import Behaviour
from sim.settings.warning import Mobilisation, Warning
from tests.smallworld import BEHAVIOUR, Home, advance, drill, events_of, order, shelter, straight, water

ROAD = (0.0, 1000.0, 3000.0, 20_000.0)
DRIVE_MPS, RIDE_MPS, WALK_MPS = 8.0, 5.0, 1.25


def behaviour(**changes):
    return Behaviour.model_validate({**BEHAVIOUR, **changes})


def delay(minutes, sigma=0.0):
    return Warning.model_validate({"delay": {"median": f"{minutes}min", "sigma": sigma}})


# -- word, deciding, preparing --------------------------------------------------------------------------------


def test_constants_add_up():
    ways = behaviour(preparation={"median": "20min"}, milling={"median": "5min"})
    assert away_s(delay(10), ways, 100, 0.9) == pytest.approx(35 * 60, abs=2 * STEP_S)
    assert away_s(delay(0), behaviour(preparation={"median": "20min"}), 100, 0.9) == pytest.approx(1200, abs=STEP_S)


def test_the_sum_of_three_lognormals_is_that_of_draws():
    ways = behaviour(preparation={"median": "25min", "sigma": 0.6}, milling={"median": "10min", "sigma": 0.8})
    rng = np.random.default_rng(3)
    drawn = sum(median * np.exp(sigma * rng.standard_normal(400_000))
                for median, sigma in ((900.0, 0.5), (600.0, 0.8), (1500.0, 0.6)))
    for share in (0.5, 0.9, 0.95):
        assert away_s(delay(15, 0.5), ways, 100, share) == pytest.approx(np.quantile(drawn, share), rel=0.01)


def test_a_share_that_never_comes_takes_a_day():
    assert away_s(delay(1), behaviour(preparation={"median": "30h"}), 100, 0.9) == 86400.0


@pytest.mark.parametrize("curve, at_s, share", [
    ({"model": "rayleigh", "scale": "1h"}, 3600.0, 1 - math.exp(-0.5)),
    ({"model": "lognormal", "median": "1h", "sigma": 0.5}, 3600.0, 0.5),
    ({"model": "logistic", "median": "1h", "scale": "10min"}, 3600.0,
     (0.5 - 1 / (1 + math.exp(6))) / (1 - 1 / (1 + math.exp(6)))),
])
def test_prescribed_curves(curve, at_s, share):
    curve = Mobilisation.model_validate(curve)
    assert mobilised_share(np.array([at_s]), curve)[0] == pytest.approx(share, abs=1e-6)
    ways = behaviour(mobilisation=curve.model_dump())
    assert away_s(delay(10), ways, 100, 0.5) == pytest.approx(
        np.interp(0.5, mobilised_share(np.arange(0, 86400, 10.0), curve), np.arange(0, 86400, 10.0)), abs=STEP_S)


CHANNELS = {
    "mobile_message": {"reach": 0.6, "start": {"median": "5min"}, "receipt": "20min"},
    "loudspeaker": {"reach": 0.5, "start": {"median": "3min"}, "receipt": "5min"},
    "door_to_door": {"reach": 0.9, "start": {"median": "10min"}, "workers_per_village": 3,
                     "households_per_worker_hour": 30},
    "neighbours": {"reach": 0.95, "tells_per_hour": 2},
}


def test_it_is_what_villages_of_runs_do():
    """Households drawn one by one by the engine, against what the post reckons without a draw."""
    homes = [Home(1, (40,), id=i) for i in range(600)]
    ways = {"preparation": {"median": "20min", "sigma": 0.5}, "milling": {"median": "6min", "sigma": 0.7}}
    plan = {"warning": {"channels": CHANNELS}, "shelters": [shelter("hall", "u3", 999)]}
    drawn = []
    for seed in range(1, 9):
        run = drill(straight(ROAD, homes), plan=plan, commands=[order("0s", "u1")], behaviour=ways, seed=seed)
        advance(run, 120.0)
        ready = run.evacuation.plans.depart_s
        drawn.append(np.quantile(ready[np.isfinite(ready)], (0.5, 0.9)))
        run.close()
    mean, error = np.mean(drawn, axis=0), np.std(drawn, axis=0, ddof=1) / math.sqrt(len(drawn))
    for share, seconds, by in zip((0.5, 0.9), mean, error, strict=True):
        reckoned = away_s(run.evacuation.orders.diffusion.warning, run.post.behaviour, 600, share)
        assert abs(reckoned - seconds) < 4 * by + 0.5 * STEP_S, share
        assert by < 0.02 * seconds


def test_shares_warned_rise_to_one_whatever_the_reach():
    t_s = np.arange(0, 36_001, 60.0)
    share = warned_share(t_s, Warning.model_validate({"channels": CHANNELS}), 200)
    assert share[0] == 0.0 and share[-1] == 1.0 and (np.diff(share) >= 0).all()
    one = {"channels": {"loudspeaker": {"reach": 0.3, "receipt": "10min"}}}
    only = warned_share(t_s, Warning.model_validate(one), 9)
    assert only[10] == pytest.approx(0.5, abs=1e-6)
    passed = lognormal_share(np.array([0.0, 60.0, 120.0]), 60.0, 0.5)
    assert passed.tolist() == [0.0, 0.5, pytest.approx(0.91716, abs=1e-4)]


# -- the way --------------------------------------------------------------------------------------------------


def clearing(homes, *, share=0.9, shelters=(("hall", "u3"),), gateways=(), **plan):
    run = drill(
        straight(ROAD, homes, gateways=gateways),
        plan={"shelters": [shelter(name, place, 999) for name, place in shelters],
              "command": {"place": "u3", "decision": {"median": "5min"},
                          "trigger": {"rule": "clearance", "share": share}},
              **plan}, hazards=[water("u0")])
    return run, run.post.clearance


AWAY_S = 600.0
"""All are warned at once and leave ten minutes later."""


def village(run, name):
    return run.world.places.get(name).row


def test_the_way_is_that_of_the_slowest_tenth():
    cars, wheels, feet = [Home(1, cars=1)] * 8, [Home(1, wheels=1)], [Home(1)]
    run, clearance = clearing(cars + wheels + feet)
    far = 19_000.0
    assert clearance.seconds(village(run, "v1")) == pytest.approx(AWAY_S + far / RIDE_MPS, abs=STEP_S)
    run, clearance = clearing(cars + wheels + feet, share=0.95)
    assert clearance.seconds(village(run, "v1")) == pytest.approx(AWAY_S + far / WALK_MPS, abs=STEP_S)
    run, clearance = clearing(cars + wheels)
    assert clearance.buffer_s(village(run, "v1")) == pytest.approx(1.5 * clearance.seconds(village(run, "v1")))


def test_a_household_walks_at_the_pace_of_its_slowest_and_rides_only_if_all_fit():
    run, clearance = clearing([Home(1, (40, 80), wheels=0)])
    assert clearance.seconds(village(run, "v1")) == pytest.approx(AWAY_S + 19_000 / (0.5 * WALK_MPS), abs=STEP_S)
    run, clearance = clearing([Home(1, (40, 40, 40), wheels=1)])
    assert clearance.seconds(village(run, "v1")) == pytest.approx(AWAY_S + 19_000 / WALK_MPS, abs=STEP_S)


def test_the_village_own_shelter_is_no_refuge():
    run, clearance = clearing([Home(1, cars=1), Home(2, cars=1)], shelters=(("own", "u1"), ("other", "u2")))
    assert clearance.seconds(village(run, "v1")) == pytest.approx(AWAY_S + 2000 / DRIVE_MPS, abs=STEP_S)
    assert clearance.seconds(village(run, "v2")) == pytest.approx(AWAY_S + 2000 / DRIVE_MPS, abs=STEP_S)


def test_out_of_the_county_where_no_shelter_is_and_never_where_nothing_is():
    run, clearance = clearing([Home(1, cars=1)], shelters=(), gateways=(2,))
    assert clearance.seconds(village(run, "v1")) == pytest.approx(AWAY_S + 2000 / DRIVE_MPS, abs=STEP_S)
    run, clearance = clearing([Home(1, cars=1)], shelters=())
    assert math.isinf(clearance.seconds(village(run, "v1")))
    assert clearance.seconds(village(run, "v2")) == 0.0  # nobody lives there


def test_buses_that_come_by_themselves_fetch_those_who_would_walk():
    bus = {"id": "bus", "place": "u3", "mobilisation": {"median": "20min"}, "on_order": True}
    run, clearance = clearing([Home(1)], buses=[bus])
    assert clearance.seconds(village(run, "v1")) == pytest.approx(AWAY_S + 1200 + 2 * 19_000 / DRIVE_MPS, abs=STEP_S)
    run, clearance = clearing([Home(1)], buses=[bus | {"on_order": False}])
    assert clearance.seconds(village(run, "v1")) == pytest.approx(AWAY_S + 19_000 / WALK_MPS, abs=STEP_S)


# -- orders ---------------------------------------------------------------------------------------------------

SPEED_MPS, STARTS_S = 0.5, 600.0


def ordered(trigger, review="5min"):
    homes = [Home(0, cars=1), Home(1, cars=1), Home(2), Home(3, cars=1)]
    run = drill(
        straight(ROAD, homes), hazards=[water("u0", speed_mps=SPEED_MPS, most_m=9000, starts_s=STARTS_S)],
        plan={"shelters": [shelter("hall", "u3", 999)], "command": {
            "place": "u3", "decision": {"median": "5min"}, "review": review, "warn_lead": "30min", "warn_distance_m": 1,
            "trigger": trigger}}, behaviour={"notice_distance_m": 0}, duration="8h")
    run.run()
    times = {run.world.places[int(row)].id: float(t) for row, t in enumerate(run.evacuation.village_ordered_s)
             if math.isfinite(t)}
    return run, times


def test_each_village_is_ordered_out_when_the_front_is_as_near_as_it_needs():
    run, times = ordered({"rule": "clearance", "safety_factor": 1.0})
    decided = run.post.alarm_s["rising_water-1"] + 300.0
    # By cells of 100 m the forecast is up to 71 m or 142 s off.
    for name, x, way in (("v1", 1000.0, 19_000 / DRIVE_MPS), ("v2", 3000.0, 17_000 / WALK_MPS)):
        due = max(decided, STARTS_S + x / SPEED_MPS - AWAY_S - way)
        assert due - 142 <= times[name] <= due + 300 + 142, name
    assert "v3" not in times  # out of the water's reach
    told = {e["place"]: json.loads(e["detail"]) for e in events_of(run, "trigger")}
    assert set(told) == {"v0", "v1", "v2"} and told["v1"]["clearance_min"] == pytest.approx(
        (AWAY_S + 19_000 / DRIVE_MPS) / 60, abs=1.0)


def test_the_safety_factor_brings_orders_forward_and_the_lead_rule_knows_no_clearance():
    near, wide = (ordered({"rule": "clearance", "safety_factor": f})[1] for f in (1.0, 3.0))
    assert all(wide[name] <= near[name] for name in near)
    run, by_lead = ordered({"rule": "lead"})
    assert events_of(run, "trigger") == []
    # 30 min before the water, as before: by then v2 cannot be clear.
    assert by_lead["v2"] == pytest.approx(STARTS_S + 3000 / SPEED_MPS - 1800, abs=450)
    assert by_lead["v2"] > near["v2"]


# -- margins --------------------------------------------------------------------------------------------------


def test_the_margin_is_from_leaving_to_the_waters_arrival():
    run, _ = ordered({"rule": "lead"})
    cells = run.world.grid
    margins = []
    for name, x in (("v0", 0.0), ("v1", 1000.0), ("v2", 3000.0)):
        row, col = cells.row_col(x, 5000.0)
        cx, cy = cells.centre(row, col)
        arrival = STARTS_S + math.hypot(cx, cy - 5000.0) / SPEED_MPS
        left = run.residents.columns["depart_s"][run.residents.columns["village"] == village(run, name)]
        if np.isfinite(left).all():
            margins.append((arrival - left.max()) / 60)
    assert margins and measure(run)["evacuation.trigger_margin_min"] == pytest.approx(min(margins), abs=0.01)
    assert least_margin_min(run, run.evacuation, 0.9) == pytest.approx(min(margins), abs=0.01)


def test_no_margin_where_nobody_was_ordered_or_reached():
    run = drill(straight(ROAD, [Home(1)]), hazards=[water("u3", starts_s=1e6)], duration="1h")
    run.run()
    assert measure(run)["evacuation.trigger_margin_min"] is None

