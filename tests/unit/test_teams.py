"""Rescue teams against closed forms: turnout, drive, walk, work, rest, recall, and who is sent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from agents.command.policies import nearest_capable
from agents.line_crew import offered, taken_in
from agents.rescue_team import Status
from sim.command import ActionSpec
from sim.hazard import ActionResult
from sim.task import Task
from tests.smallworld import TEAM_TYPES, Home, advance, drill, events_of, straight

ROAD = (0.0, 1000.0, 4000.0)
DRIVE_MPS = 5.0
"""The squad's vehicles keep half of the free flow."""
WALK_MPS = 1.0
TURNOUT_DAY_S, TURNOUT_NIGHT_S = 600.0, 2400.0
DAY, NIGHT, JUNE = "2026-04-04T10:00+08:00", "2026-04-04T03:00+08:00", "2026-06-04T10:00+08:00"


class DigArgs(BaseModel):
    team: str
    metres: float


def squads(
    *entries: dict[str, Any], start: str = DAY, camp: str | None = None, types: Any = None, **values: Any
):
    """A drill with teams and an action ``dig`` that takes off a task what it is offered."""
    plan: dict[str, Any] = {"teams": [{"type": "squad", "crew": 10, **entry} for entry in entries]}
    if camp:
        plan["camps"] = [{"id": "camp", "place": camp, "teams": [entries[0]["id"]]}]
    run = drill(straight(ROAD, [Home(0)], **values), plan=plan, start=start, duration="12h", team_types=types)
    run.offered = []

    def dig(command: Any, args: BaseModel) -> ActionResult:
        assert isinstance(args, DigArgs)
        run.offered.append((run.now, args.team, args.metres))
        task = run.dug
        done = min(args.metres, task.remaining)
        task.remaining -= done
        task.done = task.remaining <= 0
        return ActionResult(True, figures={"built_m": done, "done": task.done})

    run.commands.register(ActionSpec("dig", DigArgs, "dig", "挖"), dig)
    return run


def task(run, x: float, metres: float = 1e9, y: float = 5000.0, capability: str = "fire_line") -> Task:
    run.dug = Task("ditch", "dig", capability, x, y, metres, metres, "m", "dig", 0.0)
    run.post.tasks["ditch"] = run.dug
    return run.dug


def times(run, kind: str) -> list[float]:
    return [e["t_s"] for e in events_of(run, kind)]


@pytest.mark.parametrize(
    ("start", "camp", "turnout"),
    [
        (DAY, None, TURNOUT_DAY_S),
        (NIGHT, None, TURNOUT_NIGHT_S),
        (NIGHT, "u0", TURNOUT_DAY_S),
        (JUNE, None, 2 * TURNOUT_DAY_S),
    ],
)
def test_on_scene_after_turnout_drive_and_walk(start, camp, turnout):
    run = squads({"id": "a", "place": "u0"}, start=start, camp=camp)
    team = run.teams[0]
    job = task(run, 1300.0, y=5400.0)
    expected = team.expected_s(job.x, job.y)
    team.respond(job)
    advance(run, 3 * 3600.0)
    # Driving to u1, then 500 m off the road; driving on to u2 would take longer.
    assert team.arrivals == [(pytest.approx(turnout + 1000 / DRIVE_MPS + 500 / WALK_MPS), "ditch")]
    assert expected == pytest.approx(team.arrivals[0][0])
    assert times(run, "turnout") == [turnout]


def test_the_camp_moves_the_base():
    run = squads({"id": "a", "place": "u0"}, start=NIGHT, camp="u2")
    assert run.teams[0].base == 2 and run.teams[0].sleeps_in


def test_line_is_rate_times_crew_times_time_with_rests():
    run = squads({"id": "a", "place": "u0"})
    run.teams[0].respond(task(run, 0.0))
    advance(run, 4 * 3600.0)
    on_scene = run.teams[0].arrivals[0][0]
    assert on_scene == TURNOUT_DAY_S
    # 6 m a person and hour, five of ten come, five minutes a step.
    assert [metres for _, _, metres in run.offered] == pytest.approx([6 * 5 * 300 / 3600] * len(run.offered))
    # Half an hour of work (six steps), a quarter of rest, and so on.
    steps = [on_scene + 2700.0 * spell + 300.0 * (n + 1) for spell in range(5) for n in range(6)]
    found = [t for t, _, _ in run.offered]
    assert found == pytest.approx([t for t in steps if t < 4 * 3600.0])
    assert times(run, "rest")[:2] == pytest.approx([on_scene + 1800, on_scene + 1800 + 2700])
    assert run.teams[0].work_done == pytest.approx(2.5 * len(found))
    assert run.teams[0].worked_s == 300.0 * len(found)


def test_a_job_done_sends_the_team_home():
    run = squads({"id": "a", "place": "u0"})
    run.teams[0].respond(task(run, 1300.0, metres=6.0))
    run.run()
    team = run.teams[0]
    assert [round(m, 6) for _, _, m in run.offered] == [2.5, 2.5, 2.5]
    assert team.work_done == pytest.approx(6.0)
    there = team.arrivals[0][0]
    assert times(run, "return") == pytest.approx([there + 900.0])
    assert times(run, "back") == pytest.approx([there + 900.0 + 300 / WALK_MPS + 1000 / DRIVE_MPS])
    assert team.status == Status.AT_BASE and team.free and team.node == team.base


def test_withdraw_breaks_off():
    run = squads({"id": "a", "place": "u0"})
    run.teams[0].respond(task(run, 1300.0))
    assert not run.teams[0].free
    advance(run, 2400.0)
    assert run.teams[0].status == Status.WORKING
    offered = len(run.offered)
    run.order("command", "withdraw_team", {"team": "a"})
    run.run()
    assert len(run.offered) == offered
    assert run.teams[0].status == Status.AT_BASE
    assert times(run, "back") == pytest.approx([2400.0 + 300 / WALK_MPS + 1000 / DRIVE_MPS])
    assert not run.teams[0].withdraw()


def test_a_busy_team_is_not_sent_again():
    run = squads({"id": "a", "place": "u0"})
    job = task(run, 1300.0)
    assert run.order("command", "dispatch_team", {"team": "a", "task": "ditch"}).accepted
    again = run.order("command", "dispatch_team", {"team": "a", "task": "ditch"})
    assert not again.accepted and "busy" in again.reason
    assert nearest_capable(job, run.teams) is None


def test_the_nearest_is_the_soonest_not_the_closest():
    run = squads({"id": "far", "place": "u0"}, {"id": "near", "place": "u2"}, start=NIGHT, camp="u0")
    # The near one sleeps at home: 40 min and 200 s; the one in camp needs 10 min and 800 s.
    job = task(run, 4000.0)
    assert nearest_capable(job, run.teams).id == "far"
    by_day = squads({"id": "far", "place": "u0"}, {"id": "near", "place": "u2"}, start=DAY, camp="u0")
    assert nearest_capable(task(by_day, 4000.0), by_day.teams).id == "near"


def test_equal_times_fall_to_the_lower_id():
    run = squads({"id": "b", "place": "u0"}, {"id": "a", "place": "u0"})
    assert nearest_capable(task(run, 1000.0), run.teams).id == "a"


def test_only_the_capable_are_sent():
    types = {
        **TEAM_TYPES,
        "talkers": {**TEAM_TYPES["squad"], "capabilities": ["fire_line"], "rates": {}},
        "divers": {**TEAM_TYPES["squad"], "capabilities": ["dive"], "rates": {"dive": 1.0}},
    }
    run = squads(
        {"id": "t", "place": "u0", "type": "talkers"},
        {"id": "d", "place": "u0", "type": "divers"},
        types=types,
    )
    job = task(run, 1000.0)
    assert [team.can("fire_line") for team in run.teams] == [False, False]
    assert nearest_capable(job, run.teams) is None
    assert not run.order("command", "dispatch_team", {"team": "d", "task": "ditch"}).accepted


def test_nobody_is_sent_where_there_is_no_way_but_walking_counts():
    run = squads({"id": "a", "place": "u0"})
    job = task(run, 1300.0)
    run.order("command", "close_road", {"a": "u0", "b": "u1"})
    run.teams[0].respond(job)
    run.run()
    # From the station on foot, since the road to u1 is closed.
    assert run.teams[0].arrivals[0][0] == pytest.approx(TURNOUT_DAY_S + 1300 / WALK_MPS)


def test_the_way_round_a_closed_road_is_taken():
    # A spur of 12 km joins u0 and u2; the way over u1 closes while the team is on the link to u1.
    run = squads({"id": "a", "place": "u0"}, spurs=[(0, 2)])
    run.teams[0].respond(task(run, 4000.0))
    advance(run, 660.0)
    assert run.teams[0].status == Status.DRIVING
    run.order("command", "close_road", {"a": "u1", "b": "u2"})
    advance(run, 6 * 3600.0)
    # It is on the link to u1 when that road closes: there it turns, and drives round by u0.
    assert run.teams[0].arrivals[0][0] == pytest.approx(TURNOUT_DAY_S + (1000 + 1000 + 12_000) / DRIVE_MPS)


def test_a_team_called_back_on_its_way_home_starts_from_where_it_is():
    run = squads({"id": "a", "place": "u0"})
    team = run.teams[0]
    team.respond(task(run, 1300.0, y=5400.0, metres=2.0))
    while team.status != Status.RETURNING:
        run.step()
    assert team.free
    home_from = times(run, "return")[0]
    team.respond(task(run, 0.0, metres=2.0))
    run.run()
    # 500 m to the road, 1000 m of driving; no second turnout.
    assert team.arrivals[1][0] == pytest.approx(run_step_after(home_from) + 500 / WALK_MPS + 1000 / DRIVE_MPS)
    assert len(times(run, "turnout")) == 1
    assert_continuous(team)


def run_step_after(t_s: float) -> float:
    """The tick at which the test looked again."""
    return (t_s // 60 + 1) * 60


def assert_continuous(team) -> None:
    """A mover's waypoints go forward in time, no faster than it can drive."""
    t = np.array([p.t_s for p in team.waypoints])
    xy = np.array([(p.x, p.y) for p in team.waypoints])
    assert (np.diff(t) >= 0).all()
    gone = np.hypot(*np.diff(xy, axis=0).T)
    assert (gone <= team.max_mps * np.diff(t) + 1e-6).all()


def test_turnout_draws_belong_to_the_team_and_its_call():
    types = {
        "squad": {
            **TEAM_TYPES["squad"],
            "turnout": {"day": {"median": "10min", "sigma": 0.5}, "night": {"median": "40min", "sigma": 0.5}},
        }
    }
    alone = squads({"id": "b", "place": "u0"}, types=types)
    among = squads(
        {"id": "a", "place": "u1"}, {"id": "b", "place": "u2"}, {"id": "c", "place": "u0"}, types=types
    )
    first = alone.teams[0].draw_turnout_s(0.0)
    assert first == among.teams[1].draw_turnout_s(0.0) != among.teams[0].draw_turnout_s(0.0)
    alone.teams[0].calls = 1
    assert alone.teams[0].draw_turnout_s(0.0) != first


def test_several_teams_alike_have_names_of_their_own():
    run = squads({"id": "a", "place": "u0", "count": 3})
    assert [team.id for team in run.teams] == ["a-1", "a-2", "a-3"]
    assert len({team.name for team in run.teams}) == 3


@pytest.mark.parametrize(("closes_s", "turns"), [(1020.0, True), (1140.0, False)])
def test_a_link_that_closes_before_half_way_turns_the_team_back(closes_s, turns):
    # On the 3 km to u2 from 800 s to 1400 s, half-way at 1100 s; a spur of 12 km joins u0 and u2.
    run = squads({"id": "a", "place": "u0"}, spurs=[(0, 2)])
    team = run.teams[0]
    team.respond(task(run, 4000.0))
    advance(run, closes_s)
    run.order("command", "close_road", {"a": "u1", "b": "u2"})
    advance(run, 3 * 3600.0)
    turned = [(p.t_s, p.x) for p in team.waypoints if p.t_s == closes_s]
    if turns:
        # 220 s out, 220 s back, 200 s to u0, and round.
        assert turned == [(1020.0, pytest.approx(1000 + 220 * DRIVE_MPS))] and team.turned_back == 1
        assert (1240.0, 1000.0) in [(p.t_s, p.x) for p in team.waypoints]
        assert team.arrivals[0][0] == pytest.approx(1240 + (1000 + 12_000) / DRIVE_MPS)
    else:
        assert turned == [] and team.turned_back == 0
        assert team.arrivals[0][0] == pytest.approx(1400)
    spur = [p for p in team.waypoints if p.t_s <= 1640.0]
    xy, t = np.array([p.x for p in spur]), np.array([p.t_s for p in spur])
    assert (np.abs(np.diff(xy)) <= DRIVE_MPS * np.diff(t) + 1e-6).all()


def test_a_team_recalled_while_it_turns_back_goes_on_from_there():
    run = squads({"id": "a", "place": "u0"})
    team = run.teams[0]
    team.respond(task(run, 4000.0))
    advance(run, 1020.0)
    run.order("command", "close_road", {"a": "u1", "b": "u2"})
    advance(run, 1140.0)
    run.order("command", "withdraw_team", {"team": "a"})
    run.run()
    # 120 s of the 220 s back are behind it: it is at 1500 m, and home without a walk.
    assert (1140.0, 1500.0) in [(p.t_s, pytest.approx(p.x)) for p in team.waypoints]
    assert times(run, "back") == pytest.approx([1240 + 1000 / DRIVE_MPS])
    assert_continuous(team)


def test_teams_drive_in_against_a_contraflow():
    run = squads({"id": "a", "place": "u0"})
    run.roads.set_no_entry(np.ones(run.world.roads.link_count, np.bool_))
    run.teams[0].respond(task(run, 1000.0))
    run.run()
    assert run.teams[0].arrivals[0][0] == pytest.approx(TURNOUT_DAY_S + 1000 / DRIVE_MPS)


def test_what_a_step_does_to_a_crew():
    run = squads({"id": "a", "place": "u0"})
    team = run.teams[0]
    steps = iter([
        ActionResult(True, "too hot: 2 m", {"built_m": 0.0, "waiting": True}),
        ActionResult(True, "too hot: 3 m", {"built_m": 0.0, "waiting": True}),
        ActionResult(True, "", {"built_m": 1.0, "injured": 2, "dead": 1}),
        ActionResult(True, "too hot: 4 m", {"built_m": 0.0, "waiting": True}),
    ])
    strength = team.strength
    for _ in range(4):
        taken_in(team, next(steps))
    assert team.strength == strength - 3.0
    assert [e["detail"] for e in events_of(run, "waits")] == ['{"why": "too hot: 2 m"}', '{"why": "too hot: 4 m"}']


def test_a_team_tells_what_it_has_and_how_many_it_is():
    kind = {**TEAM_TYPES["squad"], "tools": ["blower"], "crew_class": "type1", "max_flame_m": 1.0}
    run = squads({"id": "a", "place": "u0"}, types={"squad": kind})
    told = offered(run.teams[0], task(run, 0.0), 300.0)
    assert told["tool"] == ("blower",) and told["crew_class"] == "type1" and told["max_flame_m"] == 1.0
    assert told["people"] == 5.0 and told["seconds"] == 300.0 and told["metres"] == pytest.approx(2.5)


def test_work_that_follows_from_work_needs_no_report():
    run = squads({"id": "a", "place": "u0"})
    run.dug = Task("after", "mop_up", "fire_line", 0.0, 5000.0, 10.0, 10.0, "m", "dig", 0.0, known=True)
    run.post._decided.add("x")
    run.hazards.append(type("Known", (), {"incidents": lambda self: [run.dug], "key": "h"})())
    run.post._watch(0.0)
    assert run.teams[0].task is run.dug and times(run, "alarm") == [] and "after" not in run.post.alarm_s
