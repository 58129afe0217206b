"""Home and day place by each resident's own hours."""

from __future__ import annotations

import numpy as np
import pytest

from agents.population.columns import State
from tests.smallworld import Home, advance, drill, order, small_world, straight

ROAD = (0.0, 1000.0, 2000.0)
WORKER = Home(0, (40, 41), day_node=2)
"""Its second member is at u2 from 8 h to 18 h."""


def away_at(run, until_s: float) -> list[bool]:
    advance(run, until_s)
    run.step()
    return run.residents.columns["away"].tolist()


@pytest.mark.parametrize(
    ("hour", "away"), [(3, False), (7, False), (8, True), (12, True), (17, True), (18, False)]
)
def test_the_start_finds_everybody_where_the_hour_says(hour, away):
    run = drill(straight(ROAD, [WORKER]), start=f"2026-04-04T{hour:02d}:00+08:00")
    c = run.residents.columns
    assert c["away"].tolist() == [False, away]
    assert c["x"].tolist() == [0.0, 2000.0 if away else 0.0]
    assert c["node"].tolist() == [0, 2 if away else 0]


def test_they_leave_and_come_back_day_after_day():
    run = drill(straight(ROAD, [WORKER]), start="2026-04-04T03:00+08:00", duration="60h")
    hours = {
        4.5: False,
        5.25: True,
        14.5: True,
        15.25: False,
        23.0: False,
        29.25: True,
        39.25: False,
        53.25: True,
    }
    for hour, away in hours.items():
        assert away_at(run, hour * 3600.0) == [False, away], hour
    assert run.residents.columns["x"].tolist() == [0.0, 2000.0]


def test_hours_pass_midnight():
    run = drill(straight(ROAD, [WORKER]), start="2026-04-04T23:50+08:00", duration="24h")
    assert away_at(run, 8 * 3600.0) == [False, False]
    assert away_at(run, 8.5 * 3600.0) == [False, True]


def test_those_in_the_drill_keep_their_place():
    run = drill(
        straight(ROAD, [WORKER]),
        start="2026-04-04T07:00+08:00",
        commands=[order("10min", "u0")],
        behaviour={"preparation": {"median": "5h"}},
        duration="4h",
    )
    assert away_at(run, 2 * 3600.0) == [False, False]
    assert (run.residents.columns["state"] == State.PREPARING).all()


def test_those_who_stay_go_about_their_day():
    run = drill(
        straight(ROAD, [WORKER]),
        start="2026-04-04T07:00+08:00",
        commands=[order("10min", "u0")],
        behaviour={"compliance": 0.0},
        duration="4h",
    )
    assert away_at(run, 2 * 3600.0) == [False, True]
    assert (run.residents.columns["state"] == State.STAYING).all()


def test_a_whole_county_agrees_with_everybodys_own_hours():
    run = drill(small_world(), command_place="east", start="2026-04-04T06:00+08:00", duration="14h")
    c = run.residents.columns
    for hour in (7.0, 8.0, 12.0, 17.5, 19.0):
        advance(run, (hour - 6) * 3600.0)
        run.step()
        clock = hour * 3600.0
        goes = c["leave_s"] >= 0
        assert np.array_equal(c["away"], goes & (c["leave_s"] <= clock) & (clock < c["return_s"])), hour
