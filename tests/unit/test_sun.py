"""Sunrise and sunset against published almanac values."""

from datetime import date, datetime, timedelta

import pytest

from sim.calendar import Calendar
from sim.sun import daylight, sun_times

BEIJING = (116.391325, 39.907356)


def hm(at, offset_h):
    local = at + timedelta(hours=offset_h)
    return local.hour * 60 + local.minute + local.second / 60


def test_sunrise_at_tiananmen():
    # 7:36:15 on 2014-01-05, skycalc (AA+), https://helixcn.github.io/2019/05/01/2019-05-01-skycalcen
    rise, _ = sun_times(date(2014, 1, 5), *BEIJING)
    assert hm(rise, 8) == pytest.approx(7 * 60 + 36.25, abs=0.5)


@pytest.mark.parametrize(("day", "rise", "set_"), [(1, "6:32", "19:41"), (15, "6:47", "19:17"), (30, "7:04", "18:49")])
def test_september_at_decorah(day, rise, set_):
    # Luther College, Decorah, Iowa (43.31 N, 91.80 W), after the American naval observatory; daylight-saving time.
    def minutes(word):
        hour, minute = word.split(":")
        return int(hour) * 60 + int(minute)

    found = sun_times(date(2010, 9, day), -91.80, 43.31)
    assert hm(found[0], -5) == pytest.approx(minutes(rise), abs=1.5)
    assert hm(found[1], -5) == pytest.approx(minutes(set_), abs=1.5)


def test_daylight_in_seconds_of_the_run():
    calendar = Calendar(datetime.fromisoformat("2014-01-05T00:00+08:00"))
    rise, set_ = daylight(calendar, 3600.0, *BEIJING)
    assert rise == pytest.approx(7 * 3600 + 36 * 60 + 15, abs=30)
    assert 17 * 3600 < set_ < 17.2 * 3600
    tomorrow, _ = daylight(calendar, 90_000.0, *BEIJING)
    assert tomorrow - rise == pytest.approx(86_400.0, abs=60)


def test_polar_day_and_night():
    calendar = Calendar(datetime.fromisoformat("2014-06-21T00:00+00:00"))
    assert daylight(calendar, 0.0, 20.0, 75.0) == (-float("inf"), float("inf"))
    assert daylight(calendar, 0.0, 20.0, -75.0) == (float("inf"), -float("inf"))
