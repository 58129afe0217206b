"""What a season draws: its weather against the normals it is drawn from, its fires against their distributions."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from scenarios.forest_fire.season import (
    IgnitionPlaces,
    SeasonDraws,
    calendar_weights,
    ignition_probability,
    poisson_quantile,
    relative_chance,
    takes,
)
from scenarios.forest_fire.season_weather import (
    DAYS,
    EXTRA_DAYS,
    at_hours,
    draw_days,
    month_of_day,
    raining,
    saturation_hpa,
)
from scenarios.forest_fire.settings_fuels import Fuels
from scenarios.forest_fire.settings_season import DAYS_IN, MONTHS, Nearness, Peak
from sim.random import Streams
from sim.world.classes import LandCover
from tests.seasons import packaged, season
from tests.smallworld import small_world

YEARS = 300
NOWHERE = dict.fromkeys(packaged()["ignitions"]["land_cover"], 0.0)
CLIMATE = season().climates["yueyang"]


@cache
def years():
    return draw_days(CLIMATE, [Streams(5, n).of("season.weather") for n in range(YEARS)])


def by_month(name):
    """Return each month's values over all years, (12 lists)."""
    values = np.stack([getattr(days, name)[:DAYS] for days in years()])
    return [values[:, month_of_day()[:DAYS] == month].ravel() for month in range(12)]


@pytest.fixture(scope="module")
def draws():
    settings = season(fires_per_season={"mean": 20})
    return SeasonDraws(settings, CLIMATE, IgnitionPlaces(small_world(), settings.ignitions), seed=3)


# -- weather ------------------------------------------------------------------------------------------------


def test_days_have_the_normals_of_their_months():
    for month, (wet, warm, humid, wind) in enumerate(
            zip(by_month("wet"), by_month("mean_c"), by_month("humidity_pct"), by_month("wind_mps"))):
        normals = CLIMATE.months[MONTHS[month]]
        assert wet.mean() * DAYS_IN[month] == pytest.approx(normals.wet_days, abs=0.6), month
        # a month's days lie between the middles of three months: the mean is off by what its normals bend
        assert warm.mean() == pytest.approx(normals.mean_c, abs=0.9), month
        assert humid.mean() == pytest.approx(normals.humidity_pct, abs=2.0), month
        assert wind.mean() == pytest.approx(normals.wind_mps, rel=0.06), month


def test_rain_and_residuals_persist_as_told():
    april = month_of_day()[:DAYS] == 3
    wet = np.stack([days.wet[:DAYS] for days in years()])[:, april].astype(float)
    from_day_to_day = np.corrcoef(wet[:, :-1].ravel(), wet[:, 1:].ravel())[0, 1]
    assert from_day_to_day == pytest.approx(CLIMATE.wet_persistence, abs=0.03)
    warm = np.stack([days.mean_c[:DAYS] for days in years()])
    off = warm - warm.mean(0)
    assert np.corrcoef(off[:, :-1].ravel(), off[:, 1:].ravel())[0, 1] == pytest.approx(CLIMATE.persistence, abs=0.01)
    assert off.std() == pytest.approx(CLIMATE.temperature_sd_c, rel=0.03)


def test_wind_comes_from_where_the_rose_says():
    for month, rose in ((0, "year"), (6, "summer")):
        sector = (np.round(by_month("from_deg")[month] / 45.0) % 8).astype(int)
        share = np.bincount(sector, minlength=8) / len(sector)
        assert share == pytest.approx(np.array(CLIMATE.roses[rose]), abs=0.03)


def test_wind_speed_is_weibull():
    june = CLIMATE.months["jun"].wind_mps
    speed = by_month("wind_mps")[5]
    scale = june / stats.weibull_min.mean(CLIMATE.wind_shape)
    for q in (0.1, 0.5, 0.9):
        assert np.quantile(speed, q) == pytest.approx(
            stats.weibull_min.ppf(q, CLIMATE.wind_shape, scale=scale), rel=0.06)


def test_a_year_of_weather_hangs_on_its_own_stream_alone():
    alone, *_ = draw_days(CLIMATE, [Streams(5, 7).of("season.weather")])
    for name in ("wet", "mean_c", "humidity_pct", "wind_mps", "from_deg", "rain_from_h", "rain_to_h"):
        assert np.array_equal(getattr(alone, name), getattr(years()[7], name)), name


def test_the_hours_of_a_day_swing_about_it():
    days = years()[0]
    day = int(np.flatnonzero(~days.wet)[40])
    hours = 24.0 * day + np.arange(24.0)
    line = at_hours(days, CLIMATE, hours)
    warm, wind = [c.temperature_c for c in line], [c.wind_mps for c in line]
    assert int(np.argmax(warm)) in (14, 15) and int(np.argmax(wind)) in (14, 15, 16)
    assert int(np.argmin([c.humidity_pct for c in line])) in (13, 14, 15)
    (noon,) = at_hours(days, CLIMATE, np.array([24.0 * day + 12.0]))
    # at noon nothing is between two days; the vapour of the day is in the air whatever the temperature
    vapour = days.humidity_pct[day] * saturation_hpa(days.mean_c[day])
    assert noon.humidity_pct * saturation_hpa(noon.temperature_c) == pytest.approx(vapour)
    turn = np.cos(2.0 * np.pi / 24.0 * (12.0 - CLIMATE.warmest_hour))
    assert noon.temperature_c == pytest.approx(days.mean_c[day] + 0.5 * days.range_c[day] * turn)


def test_wind_turns_the_short_way_between_days():
    days = years()[0]
    for day in range(60):
        a, b = days.from_deg[day], days.from_deg[day + 1]
        (between,) = at_hours(days, CLIMATE, np.array([24.0 * (day + 1)]))
        off = (between.wind_from_deg - a + 180.0) % 360.0 - 180.0
        whole = (b - a + 180.0) % 360.0 - 180.0
        assert off == pytest.approx(whole / 2.0, abs=1e-6)


def test_it_rains_in_the_hours_of_wet_days_and_no_others():
    lasted = []
    for days in years()[:40]:
        hours = np.arange(0.5, 24.0 * (DAYS + EXTRA_DAYS))
        told = raining(days, hours)
        slow = np.zeros(len(hours), bool)
        for day in np.flatnonzero(days.wet):
            slow |= (hours >= days.rain_from_h[day]) & (hours < days.rain_to_h[day])
        assert np.array_equal(told, slow)
        assert np.array_equal(np.isfinite(days.rain_from_h), days.wet)
        lasted += (days.rain_to_h[days.wet] - days.rain_from_h[days.wet]).tolist()
    assert np.mean(lasted) == pytest.approx(CLIMATE.wet_hours, rel=0.05)


# -- fires --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mean", [0.3, 4.0, 25.0, 700.0])
def test_poisson_quantiles_are_those_of_scipy(mean):
    for u in (1e-9, 0.01, 0.2, 0.5, 0.77, 0.999, 1.0 - 1e-9):
        assert poisson_quantile(u, mean) == stats.poisson.ppf(u, mean)
    assert poisson_quantile(0.0, mean) == 0 and poisson_quantile(0.5, 0.0) == 0


def test_fires_take_in_dry_fuel_and_warm_air():
    # Schroeder's nomogram: about 1 in dust-dry fuel, a few in a hundred at 20 %
    assert ignition_probability(35.0, 0.02) > 0.9
    assert 0.5 < ignition_probability(27.0, 0.05) < 0.8
    assert ignition_probability(20.0, 0.20) < 0.06
    assert ignition_probability(10.0, 0.60) == 0.0
    chances = [ignition_probability(20.0, m / 100.0) for m in range(1, 40)]
    assert all(a >= b for a, b in pairwise(chances))


def test_wet_days_take_so_much_less():
    days = years()[0]
    dry, damp = takes(days, 1.0), takes(days, 0.05)
    wet = days.wet[:DAYS]
    assert np.array_equal(dry[~wet], damp[~wet]) and np.allclose(damp[wet], 0.05 * dry[wet])


def test_the_calendar_rises_to_its_peak():
    ignitions = season().ignitions
    weights, flat = calendar_weights(ignitions), calendar_weights(season(ignitions={"peaks": []}).ignitions)
    qingming = 31 + 28 + 31 + 4
    assert int(np.argmax(weights)) == qingming
    assert weights[qingming] / flat[qingming] == pytest.approx(ignitions.peaks[0].times)
    assert weights[200] == pytest.approx(flat[200])
    assert Peak(name="x", day="12-31", days=3, times=5, source="").day_of_year == 364


def test_a_peak_at_the_years_end_goes_round_it():
    peak = {"name": "x", "day": "01-01", "days": 3, "times": 5, "source": "test"}
    given = dict.fromkeys(MONTHS, 1.0)
    weights = calendar_weights(season(ignitions={"peaks": [peak], "activity": given}).ignitions)
    assert weights[0] == 5.0 and weights[364] == pytest.approx(weights[1])


def test_seasons_have_as_many_fires_as_asked_for(draws):
    counts = [len(draws.season(n)[1]) for n in range(400)]
    assert np.mean(counts) == pytest.approx(20.0, rel=0.08)
    # more than Poisson: dry years, and the factor from year to year
    assert np.var(counts) > 2.0 * np.mean(counts)


def test_fires_come_in_order_at_their_hours_and_places(draws):
    hours, places = [], set()
    world = small_world()
    for n in range(60):
        _, starts = draws.season(n)
        assert [s.t_s for s in starts] == sorted(s.t_s for s in starts)
        assert len({s.number for s in starts}) == len(starts)
        hours += [int(s.t_s % 86400 // 3600) for s in starts]
        for s in starts:
            row, col = world.grid.row_col(s.x, s.y)
            places.add(LandCover(int(world.layers["land_cover"][row, col])))
            assert world.layers["inside"][row, col] and s.t_s < DAYS * 86400.0
    share = np.bincount(hours, minlength=24) / len(hours)
    assert share == pytest.approx(np.array(draws.settings.ignitions.hours), abs=0.03)
    assert places <= {LandCover[name.upper()] for name in draws.settings.ignitions.land_cover}


def test_the_same_seed_draws_the_same_season_whatever_came_before(draws):
    first = draws.season(4)[1]
    draws.season(9)
    assert draws.season(4)[1] == first
    other = SeasonDraws(draws.settings, CLIMATE, draws.places, seed=4)
    assert other.season(4)[1] != first


def test_more_fires_a_year_are_the_same_ones_and_more(draws):
    few = SeasonDraws(season(fires_per_season={"mean": 10}), CLIMATE, draws.places, draws.seed)
    a, b = few.season(2)[1], draws.season(2)[1]
    assert len(a) < len(b) and set(a) <= set(b)


def test_no_fires_where_none_are_asked_for(draws):
    none = SeasonDraws(season(fires_per_season={"mean": 0}), CLIMATE, draws.places, 1)
    assert none.season(0)[1] == []


def test_places_are_weighed_by_cover_and_distance():
    world = small_world()
    only = {"land_cover": NOWHERE | {"conifer": 1.0}}
    near = {"near_m": 100.0, "far": 0.0}
    places = IgnitionPlaces(world, season(ignitions={**only, "village": near}).ignitions)
    cover = np.asarray(world.layers["land_cover"]).ravel()[places.cells]
    assert set(cover.tolist()) == {int(LandCover.CONIFER)}
    villages = np.array([(v.x, v.y) for v in world.places.of_kind("village")])
    drawn = np.array([places.at(u) for u in (np.arange(500) + 0.5) / 500])
    away = np.hypot(*(drawn[:, None, :] - villages[None]).transpose(2, 0, 1)).min(1)
    everywhere = IgnitionPlaces(world, season(ignitions={**only, "village": {"near_m": 100.0, "far": 1.0}}).ignitions)
    all_over = np.array([everywhere.at(u) for u in (np.arange(500) + 0.5) / 500])
    far = np.hypot(*(all_over[:, None, :] - villages[None]).transpose(2, 0, 1)).min(1)
    assert np.median(away) < 0.5 * np.median(far)
    sown = IgnitionPlaces(world, season(ignitions={"land_cover": {"grass": 1.0}}).ignitions, Fuels(map={"grass": 104}))
    assert LandCover.GRASS in np.asarray(world.layers["land_cover"]).ravel()[sown.cells]
    chance = relative_chance(np.array([0.0, 1000.0, np.inf]), Nearness(near_m=1000.0, far=0.2))
    assert chance == pytest.approx([1.0, 0.2 + 0.8 / np.e, 0.2])


# -- settings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ignitions": {"hours": [0.5] * 24}}, "hours must add up to 1, not 12"),
        ({"ignitions": {"hours": [0.5, 0.5]}}, "hours must have 24 shares, not 2"),
        ({"ignitions": {"land_cover": NOWHERE}}, "at least one cover"),
        ({"climates": {"yueyang": {"roses": {"year": [0.2] * 8}}}}, "rose 'year' must add up to 1, not 1.6"),
        ({"climates": {"yueyang": {"months": {"may": {"rose": "monsoon"}}}}}, "may: no rose 'monsoon'"),
        ({"climates": {"yueyang": {"months": {"may": {"high_c": 1.0}}}}}, "must rise in this order"),
        ({"losses": {"red": 10.0}}, "red, orange and yellow must fall in this order"),
        ({"ignitions": {"peaks": [{"name": "x", "day": "13-01", "days": 3, "times": 5, "source": ""}]}}, "pattern"),
    ],
)
def test_settings_that_cannot_be(changes, says):
    with pytest.raises(ValidationError, match=says):
        season(**changes)


def test_every_month_must_be_there():
    given = {key: value for key, value in packaged()["ignitions"]["activity"].items() if key != "may"}
    with pytest.raises(ValidationError, match="activity must have every month; missing: may"):
        season().model_validate({**season().model_dump(), "ignitions": {**packaged()["ignitions"], "activity": given}})
