"""The weather of a run as a line of changes, and what it means for fuel: moistures, beds, wind at 20 ft."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from scenarios.forest_fire.fuels import FuelTable, table_of
from scenarios.forest_fire.moisture import Dead, live_moisture_pct, targets
from scenarios.forest_fire.rothermel import Moisture, beds
from scenarios.forest_fire.settings import ForestFireSettings
from scenarios.forest_fire.settings_weather import HOUR_S, Diurnal, WeatherRow
from scenarios.forest_fire.spread import Period, bed_columns, make_period
from scenarios.forest_fire.units import FT_MIN_PER_M_S, S_PER_MIN
from scenarios.forest_fire.wang import ks_of, wang_beds
from scenarios.forest_fire.wind import TEN_M_OVER_20_FT
from sim.random import Streams

DRIEST_PCT, WETTEST_PCT = 1.0, 60.0
"""Bounds of the dead moistures after a replication's error has been added."""
FIELDS = ("wind_mps", "wind_from_deg", "temperature_c", "humidity_pct", "rain_mm")
MONTH = 4
"""The month where none is told: Qingming's, the peak of the fire season. Assumption."""


@dataclass(frozen=True)
class Conditions:
    """Weather of a moment: wind at 10 m, air temperature and humidity, rain in an hour."""

    wind_mps: float
    wind_from_deg: float
    temperature_c: float
    humidity_pct: float
    rain_mm: float = 0.0


@dataclass(frozen=True)
class Change:
    """Weather from a time on; ``given`` are the fields the scenario itself sets anew then."""

    t_s: float
    conditions: Conditions
    given: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Errors:
    """How this replication's weather differs from the scenario's, the same all through the run."""

    wind_factor: float = 1.0
    direction_deg: float = 0.0
    moisture_pct: float = 0.0


def draw_errors(settings: ForestFireSettings, streams: Streams, key: str) -> Errors:
    """Return this replication's errors; they hang on seed and replication alone, so plans share them."""
    spread, stream = settings.uncertainty, streams.of(f"{key}.weather")
    return Errors(
        stream.lognormal(0, 0, median=1.0, sigma=spread.wind_sigma),
        stream.normal(0, 1, 0.0, spread.direction_sd_deg),
        stream.normal(0, 2, 0.0, spread.moisture_sd_pct),
    )


def turned(from_deg: float, to_deg: float, share: float) -> float:
    """Return the direction a share of the way from one to another, the short way round, in degrees."""
    return (from_deg + share * ((to_deg - from_deg + 180.0) % 360.0 - 180.0)) % 360.0


def between(a: Conditions, b: Conditions, share: float) -> Conditions:
    """Return conditions a share of the way from a to b; rain stays a's."""
    def mix(x: float, y: float) -> float:
        return x + share * (y - x)

    return Conditions(mix(a.wind_mps, b.wind_mps), turned(a.wind_from_deg, b.wind_from_deg, share),
                      mix(a.temperature_c, b.temperature_c), mix(a.humidity_pct, b.humidity_pct), a.rain_mm)


def diurnal_share(hour: float, coldest: float, hottest: float) -> float:
    """Return where in its daily range the temperature is at a clock hour: 0 coldest, 1 hottest, a cosine between."""
    rising = (hottest - coldest) % 24.0
    since = (hour - coldest) % 24.0
    if since <= rising:
        return 0.5 - 0.5 * math.cos(math.pi * since / rising)
    return 0.5 + 0.5 * math.cos(math.pi * (since - rising) / (24.0 - rising))


def diurnal_conditions(day: Diurnal, hour: float) -> Conditions:
    """Return the conditions of a repeating day at a clock hour."""
    share = diurnal_share(hour, day.coldest_hour, day.hottest_hour)
    wind, temperature, humidity = day.wind, day.temperature_c, day.humidity_pct
    by_day = wind.day_from_hour <= hour % 24.0 < wind.day_to_hour
    by_night_deg = wind.day_from_deg if wind.night_from_deg is None else wind.night_from_deg
    return Conditions(
        wind.day_mps if by_day else wind.night_mps,
        (wind.day_from_deg if by_day else by_night_deg) % 360.0,
        temperature.min + share * (temperature.max - temperature.min),
        humidity.max - share * (humidity.max - humidity.min),
    )


def _stated(settings: ForestFireSettings) -> Iterator[Change]:
    """Yield the start and every change of ``weather`` with ``changes``."""
    base = settings.weather
    assert base is not None
    now = Conditions(*(getattr(base, name) for name in FIELDS))
    yield Change(0.0, now, frozenset(FIELDS))
    for change in settings.changes:
        given = {name: value for name in FIELDS if (value := getattr(change, name)) is not None}
        now = replace(now, **given)
        yield Change(max(change.at, 0.0), now, frozenset(given))


def _rows(rows: tuple[WeatherRow, ...]) -> Iterator[Change]:
    """Yield a series' rows, and between rows more than an hour apart the weather of every hour."""
    known = [(row.t, Conditions(*(getattr(row, name) for name in FIELDS))) for row in rows]
    for (t, now), (t_next, following) in pairwise(known):
        yield Change(t, now)
        more = math.ceil((t_next - t) / HOUR_S - 1e-9)
        for n in range(1, more):
            share = n * HOUR_S / (t_next - t)
            yield Change(t + n * HOUR_S, between(now, following, share))
    yield Change(*known[-1])


def _days(day: Diurnal, start_hour: float, duration_s: float) -> Iterator[Change]:
    """Yield the weather of every hour of a repeating day, that of the hour's middle."""
    for n in range(int(duration_s // HOUR_S) + 1):
        yield Change(n * HOUR_S, diurnal_conditions(day, start_hour + n + 0.5))


def hourly(settings: ForestFireSettings) -> bool:
    """Return whether something changes from hour to hour even where the weather stands still."""
    return settings.moisture.time_lag or settings.terrain_wind.slope_winds.enabled


def weather_line(
    settings: ForestFireSettings, errors: Errors, *, start_hour: float = 0.0, duration_s: float = 0.0
) -> list[Change]:
    """Return the start and every change in order of time, with the replication's wind errors in.

    ``start_hour`` is the clock at the start; a repeating day goes on for ``duration_s``.
    """
    if settings.weather_diurnal is not None:
        line = list(_days(settings.weather_diurnal, start_hour, duration_s))
    elif settings.weather_series:
        line = list(_rows(settings.weather_series))
    else:
        line = list(_stated(settings))
    first = max(n for n, change in enumerate(line) if change.t_s <= 0.0)
    line = line[first:]
    if hourly(settings):
        line = _with_every_hour(line, duration_s)
    return [
        replace(change, conditions=replace(
            change.conditions, wind_mps=change.conditions.wind_mps * errors.wind_factor,
            wind_from_deg=(change.conditions.wind_from_deg + errors.direction_deg) % 360.0))
        for change in line
    ]


def _with_every_hour(line: list[Change], duration_s: float) -> list[Change]:
    out: list[Change] = []
    times = {change.t_s for change in line}
    hours = [n * HOUR_S for n in range(int(duration_s // HOUR_S) + 1) if n * HOUR_S not in times]
    for change in sorted([*line, *(Change(t, line[0].conditions) for t in hours)], key=lambda c: c.t_s):
        out.append(change if change.t_s in times else replace(change, conditions=out[-1].conditions))
    return out


def moistures(
    settings: ForestFireSettings, conditions: Conditions, errors: Errors, dead: Dead | None = None,
    month: int = MONTH,
) -> Moisture:
    """Return fuel moistures: the dead ones that time lags have led to (%), else from the air where not given."""
    given = settings.moisture
    if dead is not None:
        m1, m10, m100 = (min(max(m + errors.moisture_pct, DRIEST_PCT), WETTEST_PCT) for m in dead)
    else:
        air = targets(conditions.temperature_c, conditions.humidity_pct, conditions.rain_mm)[0]
        m1 = air if given.m1_pct is None else given.m1_pct
        m1 = min(max(m1 + errors.moisture_pct, DRIEST_PCT), WETTEST_PCT)
        m10 = m1 + given.m10_above_m1_pct if given.m10_pct is None else given.m10_pct
        m100 = m1 + given.m100_above_m1_pct if given.m100_pct is None else given.m100_pct
    herb, woody = live_moisture_pct(month)
    herb = herb if given.herb_pct is None else given.herb_pct
    woody = woody if given.woody_pct is None else given.woody_pct
    return Moisture(m1 / 100.0, m10 / 100.0, m100 / 100.0, herb / 100.0, woody / 100.0)


def period_of(
    settings: ForestFireSettings, conditions: Conditions, errors: Errors, cell_m: float, *,
    moisture: Moisture | None = None, table: FuelTable | None = None,
) -> Period:
    """Return what the spread kernels need of these conditions, and of these moistures where they are told."""
    spread = settings.spread
    table = table_of(settings.fuels) if table is None else table
    moisture = moistures(settings, conditions, errors) if moisture is None else moisture
    if spread.model == "wang":
        own = {model.number: model.wang_ks for model in settings.fuels.models}
        bed = wang_beds(table, moisture, conditions.temperature_c, conditions.wind_mps, conditions.humidity_pct,
                        ks_of(table, own))
    else:
        bed = beds(table, moisture)
    return make_period(
        bed_columns(bed),
        wind_20ft_ft_min=conditions.wind_mps * FT_MIN_PER_M_S / TEN_M_OVER_20_FT,
        to_deg=conditions.wind_from_deg + 180.0,
        slope_plane=spread.convention == "slope_plane",
        wind_limit=spread.wind_limit,
        max_length_to_width=spread.max_length_to_width,
        min_rate_mps=spread.min_rate_m_min / S_PER_MIN,
        cell_m=cell_m,
    )
