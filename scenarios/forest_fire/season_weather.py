"""The weather of a season's days and hours, drawn from a climate.

A day is wet or dry by a first-order chain; temperature, humidity and wind depart from the month's normals by
residuals that persist from day to day (the scheme of Richardson 1981, doi 10.1029/WR017i001p00182). Within the
day temperature and wind follow a cosine and the vapour pressure stays, so that humidity falls as it warms. Left
out: fronts within a day, rain by the hour, the correlation between temperature, humidity and wind.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.settings_season import DAYS_IN, MONTHS, SECTORS, Climate
from scenarios.forest_fire.weather import Conditions
from sim.random import TO_UNIT, Stream

DAYS = sum(DAYS_IN)
EXTRA_DAYS = 15
"""Days after the last of a season: a fire of 31 December burns on. They have January's normals."""
DRAWS = 8
"""Draws of a day: rain, temperature, humidity, wind, quarter it comes from, angle within it, the rain's hours."""
RAIN, WARMTH, DAMPNESS, WIND, QUARTER, ANGLE, RAIN_FROM, RAIN_LASTS = range(DRAWS)
RAIN_MM = 1.0
"""Rain in an hour of rain: fuel moisture asks only whether it rains. Assumption."""
WET_HUMIDITY_SPREAD = 0.5
"""Spread of humidity on a day of rain over that of dry days. Assumption: near saturation there is little room."""
DRIEST_PCT, DAMPEST_PCT = 10.0, 98.0
"""Bounds of a day's mean humidity."""
DRY_MEAN_PCT = 20.0
"""Least mean humidity of dry days that the month's mean and its wet days may lead to."""
LEAST_HUMIDITY_PCT = 5.0
SATURATION_HPA = 6.1094
MAGNUS_A, MAGNUS_B_C = 17.625, 243.04
"""Alduchov and Eskridge 1996 (doi 10.1175/1520-0450(1996)035<0601:IMFAOS>2.0.CO;2): vapour pressure over water."""
SECTOR_DEG = 360.0 / SECTORS

Floats = NDArray[np.float64]


def month_of_day() -> NDArray[np.intp]:
    """Return the month (0 to 11) of each day of a season and the days after it, (DAYS + EXTRA_DAYS,)."""
    of_year = np.repeat(np.arange(12), DAYS_IN)
    return np.concatenate([of_year, of_year[:EXTRA_DAYS]])


def saturation_hpa(celsius: Any) -> Any:
    """Return the vapour pressure of saturated air over water, hPa."""
    return SATURATION_HPA * np.exp(MAGNUS_A * celsius / (celsius + MAGNUS_B_C))


@dataclass(frozen=True)
class Days:
    """The days of one season and EXTRA_DAYS more; arrays of shape (days,)."""

    wet: NDArray[np.bool_]
    mean_c: Floats
    range_c: Floats
    humidity_pct: Floats
    wind_mps: Floats
    from_deg: Floats
    rain_from_h: Floats
    """When rain begins, hours since the first midnight; infinite on dry days."""
    rain_to_h: Floats


def draw_days(climate: Climate, streams: Sequence[Stream]) -> list[Days]:
    """Return the days of a season a stream; a season's days hang on its own stream alone."""
    n = DAYS + EXTRA_DAYS
    day, k = np.arange(n)[:, None], np.arange(DRAWS)[None, :]
    u = np.stack([stream.uniforms(day, k) for stream in streams])
    wet = _wet(climate, u[:, :, RAIN])
    z = [_persisting(climate.persistence, u[:, :, draw]) for draw in (WARMTH, DAMPNESS, WIND)]
    direction = _direction(climate, u[:, :, QUARTER], u[:, :, ANGLE])
    normals = [climate.months[month] for month in MONTHS]  # type: ignore[index]
    mean = _through_year([m.mean_c for m in normals])
    wide = _through_year([m.high_c - m.low_c for m in normals])
    rain = np.array([m.wet_days / days for m, days in zip(normals, DAYS_IN)])[month_of_day()]
    # wet and dry days together keep the month's mean range and humidity
    dry_share = np.maximum(1.0 - rain, TO_UNIT)
    dry_range = (1.0 - rain * climate.wet_range) / dry_share
    damp = _through_year([m.humidity_pct for m in normals])
    dry_damp = np.maximum((damp - rain * climate.wet_humidity_pct) / dry_share, DRY_MEAN_PCT)
    sd = climate.humidity_sd_pct
    humidity = np.where(wet, climate.wet_humidity_pct + WET_HUMIDITY_SPREAD * sd * z[1], dry_damp + sd * z[1])
    wind = _weibull(_through_year([m.wind_mps for m in normals]), climate.wind_shape, z[2])
    rain_from = np.where(wet, 24.0 * (np.arange(n) + u[:, :, RAIN_FROM]), np.inf)
    rain_to = rain_from - climate.wet_hours * np.log(np.maximum(1.0 - u[:, :, RAIN_LASTS], TO_UNIT))
    return [
        Days(wet[i], mean + climate.temperature_sd_c * z[0][i],
             wide * np.where(wet[i], climate.wet_range, dry_range),
             np.clip(humidity[i], DRIEST_PCT, DAMPEST_PCT), wind[i], direction[i], rain_from[i], rain_to[i])
        for i in range(len(streams))
    ]


def at_hours(days: Days, climate: Climate, hours: Floats) -> list[Conditions]:
    """Return the weather at hours since the season's first midnight."""
    hours = np.asarray(hours, np.float64)
    middle = hours / 24.0 - 0.5
    before = np.clip(np.floor(middle).astype(np.intp), 0, len(days.wet) - 2)
    share = np.clip(middle - before, 0.0, 1.0)

    def between(values: Floats) -> Floats:
        return np.asarray(values[before] * (1.0 - share) + values[before + 1] * share)

    mean, turn = between(days.mean_c), 2.0 * math.pi / 24.0
    warm = mean + 0.5 * between(days.range_c) * np.cos(turn * (hours - climate.warmest_hour))
    vapour = between(days.humidity_pct) * saturation_hpa(mean)
    humidity = np.clip(vapour / saturation_hpa(warm), LEAST_HUMIDITY_PCT, 100.0)
    wind = between(days.wind_mps) * (1.0 + climate.wind_daily * np.cos(turn * (hours - climate.windiest_hour)))
    angle = np.radians(days.from_deg)
    from_deg = np.degrees(np.arctan2(between(np.sin(angle)), between(np.cos(angle)))) % 360.0
    rain = RAIN_MM * raining(days, hours)
    return [Conditions(*row) for row in np.stack([wind, from_deg, warm, humidity, rain], 1).tolist()]


def raining(days: Days, hours: Floats) -> NDArray[np.bool_]:
    """Return at which hours since the first midnight it rains; rain may go on into the next days."""
    begun = np.searchsorted(np.sort(days.rain_from_h), hours, side="right")
    order = np.argsort(days.rain_from_h, kind="stable")
    lasts = np.maximum.accumulate(np.where(np.isfinite(days.rain_to_h[order]), days.rain_to_h[order], -np.inf))
    return np.asarray((begun > 0) & (lasts[np.maximum(begun - 1, 0)] > hours))


def _through_year(by_month: Sequence[float]) -> Floats:
    """Return monthly normals for each day, straight lines between the middles of the months."""
    ends = np.cumsum(DAYS_IN)
    middles = ends - np.array(DAYS_IN) / 2.0
    x = np.concatenate([[middles[-1] - DAYS], middles, [middles[0] + DAYS]])
    y = np.concatenate([[by_month[-1]], by_month, [by_month[0]]])
    return np.interp((np.arange(DAYS + EXTRA_DAYS) + 0.5) % DAYS, x, y)


def _wet(climate: Climate, u: Floats) -> NDArray[np.bool_]:
    """Return which days have rain, (seasons, days)."""
    normals = [climate.months[month] for month in MONTHS]  # type: ignore[index]
    share = np.array([min(m.wet_days / days, 1.0) for m, days in zip(normals, DAYS_IN)])[month_of_day()]
    r = climate.wet_persistence
    wet = np.zeros(u.shape, np.bool_)
    wet[:, 0] = u[:, 0] < share[0]
    for d in range(1, u.shape[1]):
        p = share[d]
        wet[:, d] = u[:, d] < np.where(wet[:, d - 1], p + r * (1.0 - p), p * (1.0 - r))
    return wet


def _persisting(r: float, u: Floats) -> Floats:
    """Return standard normal residuals whose correlation from day to day is r, (seasons, days)."""
    from scipy.special import ndtri

    fresh = ndtri(np.maximum(u, TO_UNIT))
    z = np.empty_like(fresh)
    z[:, 0] = fresh[:, 0]
    new = math.sqrt(1.0 - r * r)
    for d in range(1, u.shape[1]):
        z[:, d] = r * z[:, d - 1] + new * fresh[:, d]
    return z


def _weibull(mean: Floats, shape: float, z: Floats) -> Floats:
    """Return Weibull values of these means for standard normal z, quantile by quantile."""
    from scipy.special import ndtr

    scale = mean / math.gamma(1.0 + 1.0 / shape)
    return np.asarray(scale * (-np.log(np.maximum(ndtr(-z), TO_UNIT))) ** (1.0 / shape))


def _direction(climate: Climate, quarter: Floats, angle: Floats) -> Floats:
    """Return where the wind comes from, degrees, (seasons, days)."""
    roses = [climate.roses[climate.months[month].rose] for month in MONTHS]  # type: ignore[index]
    cumulative = [np.cumsum(np.array(shares)) for shares in roses]
    keep = climate.direction_persistence
    sector = np.empty(quarter.shape, np.intp)
    for d, month in enumerate(month_of_day()):
        u = quarter[:, d]
        # what is left of the draw above the chance to stay is even over 0..1 again
        left = u if d == 0 else (u - keep) / max(1.0 - keep, TO_UNIT)
        drawn = np.minimum(np.searchsorted(cumulative[month], left, side="right"), SECTORS - 1)
        sector[:, d] = drawn if d == 0 else np.where(u < keep, sector[:, d - 1], drawn)
    return np.asarray((sector + angle - 0.5) * SECTOR_DEG % 360.0)
