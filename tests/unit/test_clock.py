"""The clock: order at one time, sleeping and waking, the grid of a cadence."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sim.calendar import Calendar
from sim.clock import Clock, Periodic, Rank


def make_clock() -> Clock:
    return Clock(Calendar(datetime.fromisoformat("2026-04-05T09:30:00+08:00")))


class Diary:
    """What ran when: an action that notes its time and answers with what it is told to."""

    def __init__(self, answer: Callable[[float], float | None] = lambda t: None) -> None:
        self.times: list[float] = []
        self.answer = answer

    def __call__(self, t_s: float) -> float | None:
        self.times.append(t_s)
        return self.answer(t_s)


def nothing_due(clock: Clock) -> bool:
    """No event is queued that anybody waits for (SimPy leaves the end of the last run there)."""
    return not any(event.callbacks for *_, event in clock.env._queue)


def call_at(clock: Clock, at_s: float, call: Callable[[], Any]) -> None:
    """Have an ordinary SimPy process do something at a time."""
    def live() -> Generator[Any, Any, None]:
        yield clock.env.timeout(at_s - clock.now)
        call()

    clock.env.process(live())


# -- order -------------------------------------------------------------------------------------------

def test_processes_due_at_one_time_run_by_rank() -> None:
    clock = make_clock()
    seen: list[tuple[float, str]] = []
    for rank in sorted(Rank, reverse=True):  # started last to first, so that the order is the rank's doing
        def action(t_s: float, name: str = rank.name) -> float:
            seen.append((t_s, name))
            return t_s + 60

        clock.every(rank.name, 60.0, rank, action)
    for at_s in (0.0, 60.0, 120.0):
        call_at(clock, at_s, lambda: seen.append((clock.now, "team")))
    clock.run(121.0)
    names = ["team", *[rank.name for rank in sorted(Rank)]]
    assert names[1:3] == ["HAZARD", "ROADS"]
    assert seen == [(t, name) for t in (0.0, 60.0, 120.0) for name in names]


def test_the_same_rank_runs_in_the_order_of_asking() -> None:
    clock = make_clock()
    seen: list[str] = []
    for name in "bac":
        clock.every(name, 10.0, Rank.DECISION, lambda t, name=name: seen.append(name))
    clock.run(1.0)
    assert seen == ["b", "a", "c"]


def test_what_is_woken_by_a_later_rank_still_runs_at_that_time() -> None:
    clock = make_clock()
    hazard = Diary()
    process = clock.every("hazard", 60.0, Rank.HAZARD, hazard, asleep=True)

    def decide(t_s: float) -> None:
        process.wake()

    clock.every("decision", 60.0, Rank.DECISION, decide)
    clock.run(1.0)
    assert hazard.times == [0.0]


def test_run_stops_short_of_its_end() -> None:
    clock = make_clock()
    diary = Diary(lambda t: t + 60)
    clock.every("a", 60.0, Rank.HAZARD, diary)
    clock.run(60.0)
    assert diary.times == [0.0]
    assert clock.now == 60.0
    clock.run(60.0)
    assert diary.times == [0.0], "running to where it is does nothing"
    clock.run(60.5)
    assert diary.times == [0.0, 60.0]
    clock.run(30.0)
    assert clock.now == 60.5, "nor does running to the past"


# -- sleeping ----------------------------------------------------------------------------------------

def test_a_sleeper_costs_no_events() -> None:
    clock = make_clock()
    diary = Diary()
    process = clock.every("a", 10.0, Rank.HAZARD, diary, asleep=True)
    clock.run(1.0)
    assert nothing_due(clock)
    clock.run(86400.0)
    assert (diary.times, process.runs) == ([], 0)
    process.wake(90000.0)
    clock.run(90001.0)
    assert diary.times == [90000.0]
    assert nothing_due(clock), "asleep again, for the action asked for nothing"


def test_without_asking_it_runs_at_the_start_only() -> None:
    clock = make_clock()
    diary = Diary()
    process = clock.every("a", 10.0, Rank.HAZARD, diary)
    clock.run(1000.0)
    assert (diary.times, process.runs) == ([0.0], 1)


def test_waking_now_and_before_what_is_due() -> None:
    clock = make_clock()
    diary = Diary(lambda t: 600.0 if t < 600 else None)
    process = clock.every("a", 60.0, Rank.HAZARD, diary)
    clock.run(200.0)
    process.wake()
    clock.run(1000.0)
    assert diary.times == [0.0, 240.0, 600.0], "240 is the next point of its grid; what was due stays due"


def test_waking_after_what_is_due_is_kept() -> None:
    clock = make_clock()
    diary = Diary(lambda t: 120.0 if t == 0 else None)
    process = clock.every("a", 60.0, Rank.HAZARD, diary)
    clock.run(1.0)
    process.wake(300.0)
    process.wake(180.0)
    process.wake(180.0)
    clock.run(1000.0)
    assert diary.times == [0.0, 120.0, 180.0, 300.0]


def test_waking_in_the_past_is_waking_now() -> None:
    clock = make_clock()
    diary = Diary()
    process = clock.every("a", 60.0, Rank.HAZARD, diary, asleep=True)
    clock.run(600.0)
    process.wake(-5.0)
    clock.run(601.0)
    assert diary.times == [600.0]


def test_several_wakes_before_it_gets_a_turn() -> None:
    clock = make_clock()
    diary = Diary()
    process = clock.every("a", 60.0, Rank.HAZARD, diary, asleep=True)
    for at_s in (600.0, 300.0, 120.0, 300.0):
        process.wake(at_s)
    clock.run(1000.0)
    assert diary.times == [120.0, 300.0, 600.0]


def test_an_action_may_wake_its_own_process() -> None:
    clock = make_clock()
    process: Periodic

    def action(t_s: float) -> None:
        seen.append(t_s)
        if t_s < 120:
            process.wake(t_s + 60)

    seen: list[float] = []
    process = clock.every("a", 60.0, Rank.HAZARD, action)
    clock.run(1000.0)
    assert seen == [0.0, 60.0, 120.0]


times = some.integers(0, 3_000_000).map(lambda ms: ms / 1000)


# -- the grid ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("period", [60.0, 1.1, 0.1, 1 / 3])
def test_runs_fall_on_the_grid_however_long(period: float) -> None:
    clock = make_clock()
    diary = Diary(lambda t: t + 0.01 * period)
    clock.every("a", period, Rank.HAZARD, diary)
    clock.run(2000.5 * period)
    assert diary.times == [k * period for k in range(2001)]


@pytest.mark.parametrize("period", [60.0, 1.1, 0.1, 1 / 3])
def test_asking_for_now_is_asking_for_the_next_point(period: float) -> None:
    clock = make_clock()
    diary = Diary(lambda t: t)
    clock.every("a", period, Rank.HAZARD, diary)
    clock.run(2000.5 * period)
    assert diary.times == [k * period for k in range(2001)]


@settings(max_examples=60, deadline=None)
@given(period=some.sampled_from([60.0, 7.0, 1.1, 0.1]), starts=some.lists(times, max_size=8),
       every=some.one_of(some.none(), times))
def test_any_wakes_give_the_points_of_the_grid_at_or_after_them(
    period: float, starts: list[float], every: float | None,
) -> None:
    clock = make_clock()
    diary = Diary()
    process = clock.every("a", period, Rank.HAZARD, diary, asleep=True)
    for at_s in starts:
        call_at(clock, at_s, lambda: process.wake(None if every is None else clock.now + every))
    clock.run(7000.0)

    def point(at_s: float) -> float:
        k = math.floor(at_s / period)
        while k * period < at_s - 1e-8 * period:
            k += 1
        return k * period

    due = sorted({point(t + (every or 0.0)) for t in starts})
    assert diary.times == pytest.approx(due, abs=1e-8 * period)


# -- refusals and the calendar -------------------------------------------------------------------------

@pytest.mark.parametrize("period", [0.0, -1.0])
def test_a_period_must_be_positive(period: float) -> None:
    clock = make_clock()
    with pytest.raises(ValueError, match=f"period of 'a' must be positive, not {period}"):
        clock.every("a", period, Rank.HAZARD, Diary())
    assert clock.periodic == {}


def test_a_name_is_used_once() -> None:
    clock = make_clock()
    first = clock.every("a", 1.0, Rank.HAZARD, Diary())
    with pytest.raises(ValueError, match="'a' runs already"):
        clock.every("a", 2.0, Rank.HAZARD, Diary())
    assert clock.periodic == {"a": first}


def test_the_calendar_turns_seconds_into_local_time() -> None:
    calendar = make_clock().calendar
    assert calendar.at(3600.0 * 15).isoformat() == "2026-04-06T00:30:00+08:00"
    assert calendar.hour(0.0) == 9.5
    assert calendar.second_of_day(3600.0 * 14.5) == 0.0
    assert (calendar.month(0.0), calendar.month(26 * 86400.0)) == (4, 5)
