"""The weather's four forms, fuel moisture with its time lags, and weather set by command."""

import math
import re
from pathlib import Path

import pytest
import yaml

from scenarios.forest_fire import moisture
from scenarios.forest_fire.fuels import fuel_table
from scenarios.forest_fire.settings import ForestFireSettings
from scenarios.forest_fire.settings_weather import Diurnal, WeatherRow
from scenarios.forest_fire.sky import Sky
from scenarios.forest_fire.weather import Errors, diurnal_conditions, diurnal_share, moistures, turned, weather_line
from sim.command import Command
from tests.fires import forest_fire
from tests.worlds import flat_world

AIR = {"wind_mps": 4.0, "wind_from_deg": 350.0, "temperature_c": 25.0, "humidity_pct": 30.0}
DAY = {"temperature_c": {"min": 10, "max": 26}, "humidity_pct": {"min": 25, "max": 85},
       "wind": {"day_mps": 6, "day_from_deg": 300, "night_mps": 2}}


def settings(**parts):
    given = {"ignitions": [{"place": "middle"}], **parts}
    if not any(name.startswith("weather") for name in parts):
        given["weather"] = AIR
    return ForestFireSettings.model_validate(given)


def sky(*, start_hour=13.0, month=4, duration_s=86_400.0, errors=None, **parts):
    return Sky(settings(**parts), errors or Errors(), fuel_table(), start_hour=start_hour, month=month,
               duration_s=duration_s, cell_m=30.0)


# -- forms of the weather ---------------------------------------------------------------------------------------------


def test_a_series_holds_between_rows_and_is_filled_up_hour_by_hour():
    rows = [{"hour": 0, **AIR}, {"hour": 0.5, **AIR, "rain_mm": 2},
            {"t": "T+04:00", **AIR, "wind_mps": 11.0, "wind_from_deg": 20, "temperature_c": 18}]
    line = weather_line(settings(weather_series=rows), Errors())
    assert [change.t_s / 3600 for change in line] == [0, 0.5, 1.5, 2.5, 3.5, 4]
    third = line[3].conditions  # 2 of 3.5 hours on the way
    assert third.wind_mps == pytest.approx(4 + 7 * 2 / 3.5)
    assert third.wind_from_deg == pytest.approx(350 + 30 * 2 / 3.5 - 360)  # the short way through north
    assert third.temperature_c == pytest.approx(25 - 7 * 2 / 3.5) and third.rain_mm == 2
    assert line[-1].conditions.wind_mps == 11.0


def test_directions_turn_the_short_way():
    assert turned(350, 20, 0.5) == pytest.approx(5)
    assert turned(20, 350, 0.5) == pytest.approx(5)
    assert turned(90, 200, 1.0) == pytest.approx(200)


def test_a_repeating_day():
    day = Diurnal.model_validate(DAY)
    hot, cold = diurnal_conditions(day, 14.5), diurnal_conditions(day, 30.0)
    assert (hot.temperature_c, hot.humidity_pct, hot.wind_mps) == pytest.approx((26, 25, 6))
    assert (cold.temperature_c, cold.humidity_pct, cold.wind_mps) == pytest.approx((10, 85, 2))
    assert cold.wind_from_deg == 300
    assert diurnal_share(10.25, 6.0, 14.5) == pytest.approx(0.5)
    assert diurnal_share(22.25, 6.0, 14.5) == pytest.approx(0.5)
    line = weather_line(settings(weather_diurnal=DAY), Errors(wind_factor=1.5, direction_deg=80), start_hour=13.0,
                        duration_s=86_400.0)
    assert [change.t_s for change in line] == [3600.0 * n for n in range(25)]
    assert line[0].conditions == line[24].conditions
    assert line[0].conditions.wind_mps == 9.0 and line[0].conditions.wind_from_deg == 20.0


def test_every_hour_is_a_change_where_fuel_follows_the_air():
    line = weather_line(settings(moisture={"time_lag": True}, changes=[{"at": "90min", "wind_mps": 9}]), Errors(),
                        duration_s=3 * 3600.0)
    assert [change.t_s / 3600 for change in line] == [0, 1, 1.5, 2, 3]
    assert [change.conditions.wind_mps for change in line] == [4, 4, 9, 9, 9]
    assert [bool(change.given) for change in line] == [True, False, True, False, False]


@pytest.mark.parametrize("parts, words", [
    ({"weather": AIR, "weather_diurnal": DAY}, "give one of weather"),
    ({"weather_diurnal": DAY, "changes": [{"at": "1h", "wind_mps": 3}]}, "changes go with weather"),
    ({"weather_series": [{"hour": 1, **AIR}]}, "must be at the start"),
    ({"weather_series": [{"hour": 0, **AIR}, {"hour": 0, **AIR}]}, "in order of time"),
    ({"weather_series": [{"hour": 0, "t": "1h", **AIR}]}, "either hour or t"),
    ({"weather_series": [{"hour": "noon", **AIR}]}, "hour must be a number"),
    ({"weather_file": "april.csv"}, "read when settings are composed"),
    ({"weather_diurnal": {**DAY, "humidity_pct": {"min": 90, "max": 20}}}, "min must not be above max"),
    ({"weather_diurnal": {**DAY, "hottest_hour": 6}}, "must differ"),
])
def test_bad_weather(parts, words):
    with pytest.raises(ValueError, match=words):
        settings(**parts)


def test_hours_of_a_row_become_a_time():
    assert WeatherRow.model_validate({"hour": "2.5", **AIR}).t == 9000.0
    assert WeatherRow.model_validate({"t": "T+02:30", **AIR}).t == 9000.0


# -- fuel moisture ----------------------------------------------------------------------------------------------------


def test_fuel_makes_63_percent_of_the_way_in_its_time_lag():
    for lag in moisture.LAGS_H:
        assert moisture.lagged(20.0, 5.0, lag, lag) == pytest.approx(5 + 15 / math.e)
    assert moisture.lagged(20.0, 5.0, 0.0, 10.0) == 20.0
    halves = moisture.lagged(moisture.lagged(20.0, 5.0, 0.3, 1.0), 5.0, 0.7, 1.0)
    assert halves == pytest.approx(moisture.lagged(20.0, 5.0, 1.0, 1.0), rel=1e-14)


def test_a_repeating_day_is_where_many_days_lead():
    day = [moisture.targets(10 + 8 * math.sin(n / 4), 50 + 30 * math.cos(n / 4), 0.0) for n in range(24)]
    dead = (40.0, 1.0, 90.0)
    for _ in range(60):
        for target in day:
            dead = moisture.follow(dead, target, 1.0)
    assert moisture.after_many_days(day) == pytest.approx(dead, rel=1e-5)


def test_rain_wets():
    assert moisture.targets(20, 40, 0.1) == moisture.RAIN_PCT
    wet = sky(weather={**AIR, "rain_mm": 1.0}).moisture()
    assert (wet.m1, wet.m10) == pytest.approx((0.35, 0.36))


def test_without_lag_the_moistures_are_those_of_the_moment():
    change = [{"at": "2h", "humidity_pct": 80}]
    s = sky(changes=change, moisture={"herb_pct": 60, "woody_pct": 90})
    assert s.moisture() == moistures(s.settings, s.conditions, Errors())
    s.change(1)
    emc = moisture.equilibrium_moisture_pct(25, 80)
    assert (s.moisture().m1, s.moisture().m100) == pytest.approx((emc / 100, (emc + 2) / 100))


def test_with_lag_they_follow_the_air():
    s = sky(changes=[{"at": "2h", "humidity_pct": 80}], moisture={"time_lag": True, "m100_pct": 14})
    dry, wet = (moisture.equilibrium_moisture_pct(25, h) for h in (30, 80))
    first = s.moisture()
    assert (first.m1, first.m10, first.m100) == pytest.approx((dry / 100, (dry + 1) / 100, 0.14))
    for n in range(1, 6):
        s.change(n)
    assert s.line[5].t_s == 5 * 3600
    # two dry hours, then three wet ones
    m10 = wet + (dry + math.exp(-0.2) - wet) * math.exp(-0.3)
    got = s.moisture()
    assert got.m1 * 100 == pytest.approx(wet + (dry - wet) * math.exp(-3))
    assert got.m10 * 100 == pytest.approx(m10)
    assert got.m100 * 100 == pytest.approx(wet + (dry + (14 - dry) * math.exp(-0.02) - wet) * math.exp(-0.03))


def test_a_command_between_the_hours_counts_from_its_own_time():
    s = sky(moisture={"time_lag": True})
    dry, wet = (moisture.equilibrium_moisture_pct(25, h) for h in (30, 90))
    s.change(1)
    s.hold(3600 * 1.25, humidity_pct=90)
    s.change(2)
    assert s.conditions.humidity_pct == 90
    assert s.moisture().m1 * 100 == pytest.approx(wet + (dry - wet) * math.exp(-0.75))


def test_the_night_is_moister_and_fine_fuel_follows_closest():
    s = sky(weather_diurnal=DAY, moisture={"time_lag": True}, start_hour=0.0)
    seen = []
    for n in range(1, 25):
        s.change(n)
        seen.append(s.moisture())
    swing = [max(getattr(m, k) for m in seen) - min(getattr(m, k) for m in seen) for k in ("m1", "m10", "m100")]
    assert swing[0] > 2 * swing[1] > 4 * swing[2] > 0
    driest = min(range(24), key=lambda n: seen[n].m1)
    assert 14 <= driest + 1 <= 18  # after the hottest hour


def test_live_moisture_of_the_month_where_none_is_given():
    assert sky(month=6).moisture().herb == 2.0
    given = sky(month=6, moisture={"herb_pct": 70}).moisture()
    assert (given.herb, given.woody) == (0.7, 1.8)
    for month in range(1, 13):
        herb, woody = moisture.live_moisture_pct(month)
        assert 30 <= herb <= 300 and 30 <= woody <= 300


def test_slope_winds_by_the_clock():
    winds = {"slope_winds": {"enabled": True}}
    s = sky(terrain_wind=winds, start_hour=12.5)
    assert s.slope_wind_mps() == pytest.approx(2.5)  # the hour from half past twelve, at its middle
    s.change(12)
    assert s.slope_wind_mps() == pytest.approx(-1.5)
    assert sky().slope_wind_mps() == 0.0


# -- weather set while it burns ---------------------------------------------------------------------------------------


def act(fire, t_s, action, **args):
    fire.advance(t_s)
    return fire.act(Command(t_s, 0, "drill", action, args))


def test_set_weather_until_the_scenario_gives_it_anew():
    changes = [{"at": "2h", "humidity_pct": 40}, {"at": "3h", "wind_mps": 7}]
    fire = forest_fire(flat_world(81, 81, 30.0), changes=changes)
    assert act(fire, 3600.0, "set_weather", temperature_c=33, humidity_pct=15).accepted
    assert act(fire, 3600.0, "set_wind", wind_mps=9, wind_from_deg=180).accepted
    now = fire.conditions
    assert (now.wind_mps, now.wind_from_deg, now.temperature_c, now.humidity_pct) == (9, 180, 33, 15)
    fire.advance(7200.0)
    assert (fire.conditions.humidity_pct, fire.conditions.wind_mps, fire.conditions.temperature_c) == (40, 9, 33)
    fire.advance(10_800.0)
    assert (fire.conditions.wind_mps, fire.conditions.wind_from_deg) == (7, 180)


def test_a_command_outlasts_the_hours_of_a_series():
    fire = forest_fire(flat_world(81, 81, 30.0), weather=None, weather_diurnal=DAY)
    act(fire, 1800.0, "set_wind", wind_mps=9, wind_from_deg=45)
    fire.advance(5 * 3600.0)
    assert (fire.conditions.wind_mps, fire.conditions.wind_from_deg) == (9, 45)
    assert fire.conditions.temperature_c < 26


def test_set_weather_needs_something_to_set():
    fire = forest_fire(flat_world(41, 41, 30.0))
    with pytest.raises(ValueError, match="give at least one of"):
        act(fire, 60.0, "set_weather")


def test_pauses_change_nothing_where_the_weather_is_hourly():
    parts = {"weather": None, "weather_diurnal": DAY, "moisture": {"time_lag": True}}
    once, often = (forest_fire(flat_world(121, 121, 30.0), **parts) for _ in range(2))
    once.advance(6 * 3600.0)
    for t in range(0, 6 * 3600 + 1, 150):
        often.advance(float(t))
    assert once.conditions == often.conditions and once.sky.moisture() == often.sky.moisture()
    assert once.front.burned.tolist() == often.front.burned.tolist() and len(once.front.burned) > 50


def test_danger_levels_of_a_run_among_its_figures():
    fire = forest_fire(flat_world(81, 81, 30.0), changes=[{"at": "3h", "wind_mps": 12, "humidity_pct": 15}],
                       duration_s=4 * 3600.0)
    got = fire.summary()
    assert 2 <= got["fire.danger_level"] < got["fire.danger_worst"] <= 5
    wet = forest_fire(flat_world(81, 81, 30.0), danger={"dry_days": 0, "ffmc": 30}, duration_s=3600.0).summary()
    assert wet["fire.danger_level"] == wet["fire.danger_worst"] == 1


def test_the_settings_shown_in_the_docs_are_good():
    page = (Path(__file__).parents[2] / "docs/background/fire-weather.md").read_text(encoding="utf-8")
    blocks = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", page, re.S)]
    assert len(blocks) >= 3
    for block in blocks:
        assert settings(**block)
