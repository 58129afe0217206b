"""The command post: nothing before the alarm, then teams, orders by forecast, supplies, all as commands."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from experiments.run import simulate_to
from sim.command import CommandRegistry
from tests.smallworld import (
    SMALL_PLAN,
    Home,
    drill,
    events_of,
    settings,
    shelter,
    small_drill,
    small_world,
    straight,
    water,
)

ROAD = (0.0, 1000.0, 3000.0, 20_000.0)
ALARM_S = 600.0 + 300.0 + 300.0
"""The water starts at 10 min, is seen 5 min later and called in 5 min after that."""
DECIDED_S = ALARM_S + 300.0


def drilled(**values):
    plan = {
        "teams": [
            {"id": "a", "type": "squad", "place": "u3", "crew": 10},
            {"id": "b", "type": "squad", "place": "u2", "crew": 10},
        ],
        **values.pop("plan", {}),
    }
    command = {
        "place": "u3",
        "decision": {"median": "5min"},
        "warn_lead": "30min",
        "warn_distance_m": 500,
        **values.pop("command", {}),
    }
    hazard = values.pop("hazard", water("u0", speed_mps=0.5, most_m=9000, starts_s=600))
    homes = [Home(0), Home(1), Home(2), Home(3)]
    return drill(
        straight(ROAD, homes),
        hazards=[hazard],
        plan={**plan, "command": command},
        behaviour={"notice_distance_m": 0},
        **values,
    )


def test_nothing_happens_before_the_alarm():
    run = drilled()
    while run.now < DECIDED_S:
        run.step()
    assert run.post.alarm_s == {"rising_water-1": pytest.approx(ALARM_S, abs=60)}
    assert run.commands.log == []
    assert run.evacuation.warned == 0
    assert all(team.status == 0 for team in run.teams)
    run.step()
    run.step()
    assert {c.role for c in run.commands.log} == {"command"}
    assert min(c.t_s for c in run.commands.log) == run.post.alarm_s["rising_water-1"] + 300.0


def test_the_chain_of_events_is_in_order():
    run = drilled()
    run.run()
    at = {
        kind: events_of(run, kind)[0]["t_s"] for kind in ("incident", "alarm", "order", "turnout", "on_scene")
    }
    assert list(at.values()) == sorted(at.values())
    assert at["incident"] == 600.0


def test_villages_are_ordered_when_the_forecast_reaches_them_within_the_lead():
    run = drilled(command={"review": "5min"})
    run.run()
    # Water is at a village x m off at 600 + 2 x s; the post looks every 5 min from its decision on.
    decided = run.post.alarm_s["rising_water-1"] + 300.0
    ordered = {
        run.world.places[int(row)].id: float(t)
        for row, t in enumerate(run.evacuation.village_ordered_s)
        if math.isfinite(t)
    }
    assert set(ordered) == {"v0", "v1", "v2"}
    assert ordered["v0"] == decided
    for village, x in (("v1", 1000.0), ("v2", 3000.0)):
        # The forecast is by cell: within half a diagonal of the cell, 71 m or 141 s.
        due = max(decided, 600 + x / 0.5 - 1800)
        assert due - 142 <= ordered[village] <= due + 300 + 142, village


def test_without_lead_or_distance_nobody_is_ordered_in_advance():
    run = drilled(command={"warn_lead": "0s", "warn_distance_m": 1, "review": "5min"})
    run.run()
    ordered = run.evacuation.village_ordered_s
    place = run.world.places.get("v1")
    # By the time of the order the water is there.
    assert ordered[place.row] + 142 >= 600 + 1000 / 0.5


def test_no_more_teams_than_a_task_may_have():
    one = drilled(command={"teams_per_task": 1})
    both = drilled(command={"teams_per_task": 4})
    for run, sent in ((one, 1), (both, 2)):
        run.run()
        assert len({e["agent"] for e in events_of(run, "order")}) == sent


def test_more_are_sent_while_those_there_could_not_finish_in_time():
    # a task of the toy is so much water; two teams of one rate: what the first cannot pump in time needs the second
    run = drilled(command={"teams_per_task": 1})
    while not run.post.known():
        run.step()
    task = run.post.known()[0]
    hours = task.remaining / run.teams[0].per_hour(task.capability)
    for share, at_once in ((1000.0, False), (0.5, True)):
        run = drilled(command={"teams_per_task": 1, "review": "5min", "finish_within": f"{share * hours * 3600:.0f}s"})
        run.run()
        first, second = (e["t_s"] for e in events_of(run, "order")[:2])
        assert (second == first) == at_once
        # even a small task needs somebody while those at it rest
        assert at_once or second >= events_of(run, "rest")[0]["t_s"]


def test_shelters_are_called_for_with_the_first_order_and_before_it():
    run = drilled(plan={"shelters": [shelter("hall", "u3", 10)]})
    run.run()
    assert run.shelters.rows[0].open_s == run.evacuation.first_order_s
    kinds = [k for k in run.events.columns()["kind"] if k in ("shelter_open", "warning_order")]
    assert kinds[0] == "shelter_open" and kinds.count("shelter_open") == 1


def test_supplies_follow_the_sheltered():
    run = small_drill(hazards=[water("peak", speed_mps=0.5, most_m=8000)], duration="16h")
    run.run()
    sent = [c for c in run.commands.log if c.action == "dispatch_supply"]
    assert sent and {c.role for c in sent} == {"command"}
    assert max(c.args["packs"] for c in sent) <= 200
    first_in = min(s.first_in_s for s in run.shelters.rows)
    assert min(c.t_s for c in sent) >= first_in - 600
    for row in run.shelters.rows:
        if row.most:
            assert row.packs + row.packs_coming <= row.most + 1e-9
            assert row.first_delivery_s < math.inf


def test_the_command_log_replays(tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.run.load_world", lambda county, progress=None: small_world())
    from tests.smallworld import TOY_HAZARDS

    given = settings(
        plan=SMALL_PLAN,
        command_place="east",
        hazards=[water("east", most_m=2500)],
        duration="4h",
        commands=[{"at": "1h", "action": "comms_off", "args": {"zone": "east"}}],
    )
    simulate_to(given, tmp_path / "run", hazard_paths=(TOY_HAZARDS,), quiet=True)
    lines = [json.loads(line) for line in (tmp_path / "run/commands.jsonl").read_text("utf-8").splitlines()]
    assert {"dispatch_team", "order_evacuation", "pump", "comms_off"} <= {line["action"] for line in lines}
    assert [line["seq"] for line in lines] == list(range(len(lines)))
    assert (np.diff([line["t_s"] for line in lines]) >= 0).all()
    registry = small_drill().commands
    assert isinstance(registry, CommandRegistry)
    for line in lines:
        assert registry.validate(line["action"], line["args"]).model_dump().items() >= line["args"].items()
