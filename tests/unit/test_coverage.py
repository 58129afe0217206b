"""Coverage of a plan: decision, median turnout and drive, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from agents.coverage import coverage_of, shares
from experiments.measure import measure
from tests.smallworld import TEAM_TYPES, Home, drill, straight

ROAD = (0.0, 3000.0, 9000.0)
DECISION_S, DAY_S, NIGHT_S, DRIVE_MPS = 300.0, 600.0, 2400.0, 5.0


def planned(teams, camps=(), types=None, start="2026-04-04T03:00+08:00"):
    homes = [Home(0, (40,)), Home(1, (40, 41)), Home(2, (40,) * 7)]
    run = drill(
        straight(ROAD, homes), plan={"teams": teams, "camps": list(camps)}, team_types=types, start=start
    )
    return run, coverage_of(run.world, run.teams, run.post.settings, run.clock.calendar.month(0.0))


SQUAD = {"id": "a", "type": "squad", "place": "u0", "crew": 10}


def test_times_are_decision_turnout_and_drive():
    _, found = planned([SQUAD])
    assert found.day_s == pytest.approx(DECISION_S + DAY_S + np.array(ROAD) / DRIVE_MPS)
    assert found.night_s == pytest.approx(DECISION_S + NIGHT_S + np.array(ROAD) / DRIVE_MPS)


def test_the_busy_season_counts():
    _, found = planned([SQUAD], start="2026-06-04T03:00+08:00")
    assert found.day_s[0] == DECISION_S + 2 * DAY_S


def test_a_camp_makes_night_as_day():
    _, found = planned([SQUAD], [{"id": "camp", "place": "u2", "teams": ["a"]}])
    assert np.array_equal(found.day_s, found.night_s)
    assert found.day_s[2] == DECISION_S + DAY_S


def test_the_first_of_several_counts():
    _, found = planned([SQUAD, {**SQUAD, "id": "b", "place": "u2"}])
    assert found.day_s == pytest.approx(DECISION_S + DAY_S + np.array([0.0, 3000.0, 0.0]) / DRIVE_MPS)


def test_teams_that_cannot_respond_cover_nothing():
    types = {"squad": {**TEAM_TYPES["squad"], "capabilities": ["pump"], "rates": {"pump": 1.0}}}
    _, found = planned([SQUAD], types=types)
    assert np.isinf(found.day_s).all()


def test_shares_of_residents_and_villages():
    run, found = planned([SQUAD])
    # 900 s, 1500 s and 2700 s from the alarm; villages of 1, 2 and 7.
    assert shares(run.world, found.day_s, 1500.0) == {
        "residents": 0.3,
        "villages": pytest.approx(2 / 3),
        "sites": None,
    }
    assert shares(run.world, found.day_s, 1499.0)["residents"] == 0.1
    values = measure(run)
    assert values["coverage.residents_30min"] == 0.3
    assert values["coverage.residents_30min_night"] == 0.0
    assert values["coverage.residents_15min"] == 0.1
    assert values["coverage.sites_30min"] is None
