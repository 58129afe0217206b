"""The weather of a run as a line of changes, and what it means for fuel: moistures, beds, wind at 20 ft."""

from __future__ import annotations

from dataclasses import dataclass, replace

from scenarios.forest_fire.fuels import fuel_table
from scenarios.forest_fire.moisture import equilibrium_moisture_pct
from scenarios.forest_fire.rothermel import Moisture, beds
from scenarios.forest_fire.settings import ForestFireSettings
from scenarios.forest_fire.spread import Period, bed_columns, make_period
from scenarios.forest_fire.units import FT_MIN_PER_M_S, S_PER_MIN
from scenarios.forest_fire.wind import TEN_M_OVER_20_FT
from sim.random import Streams

DRIEST_PCT, WETTEST_PCT = 1.0, 60.0
"""Bounds of the 1-h moisture after a replication's error has been added."""


@dataclass(frozen=True)
class Conditions:
    """Weather of a moment: wind at 10 m, air temperature and humidity."""

    wind_mps: float
    wind_from_deg: float
    temperature_c: float
    humidity_pct: float


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


def weather_line(settings: ForestFireSettings, errors: Errors) -> list[tuple[float, Conditions]]:
    """Return (time, conditions) of the start and every change, with the replication's wind errors in."""
    base = settings.weather
    now = Conditions(base.wind_mps, base.wind_from_deg, base.temperature_c, base.humidity_pct)
    line = [(0.0, now)]
    for change in settings.changes:
        given = {name: value for name in ("wind_mps", "wind_from_deg", "temperature_c", "humidity_pct")
                 if (value := getattr(change, name)) is not None}
        now = replace(now, **given)
        if change.at <= 0.0:
            line = [(0.0, now)]
        else:
            line.append((change.at, now))
    return [
        (t, replace(c, wind_mps=c.wind_mps * errors.wind_factor,
                    wind_from_deg=(c.wind_from_deg + errors.direction_deg) % 360.0))
        for t, c in line
    ]


def moistures(settings: ForestFireSettings, conditions: Conditions, errors: Errors) -> Moisture:
    """Return fuel moistures: the 1-h one from the air where not given, the coarser ones above it."""
    given = settings.moisture
    m1 = given.m1_pct
    if m1 is None:
        m1 = equilibrium_moisture_pct(conditions.temperature_c, conditions.humidity_pct)
    m1 = min(max(m1 + errors.moisture_pct, DRIEST_PCT), WETTEST_PCT)
    m10 = m1 + given.m10_above_m1_pct if given.m10_pct is None else given.m10_pct
    m100 = m1 + given.m100_above_m1_pct if given.m100_pct is None else given.m100_pct
    return Moisture(m1 / 100.0, m10 / 100.0, m100 / 100.0, given.herb_pct / 100.0, given.woody_pct / 100.0)


def period_of(settings: ForestFireSettings, conditions: Conditions, errors: Errors, cell_m: float) -> Period:
    """Return what the spread kernels need of these conditions."""
    spread = settings.spread
    return make_period(
        bed_columns(beds(fuel_table(), moistures(settings, conditions, errors))),
        wind_20ft_ft_min=conditions.wind_mps * FT_MIN_PER_M_S / TEN_M_OVER_20_FT,
        to_deg=conditions.wind_from_deg + 180.0,
        slope_plane=spread.convention == "slope_plane",
        wind_limit=spread.wind_limit,
        max_length_to_width=spread.max_length_to_width,
        min_rate_mps=spread.min_rate_m_min / S_PER_MIN,
        cell_m=cell_m,
    )
