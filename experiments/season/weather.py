"""A fire's own settings: the scenario's forest fire with the season's weather, hour by hour, from its ignition on."""

from __future__ import annotations

import math

import numpy as np

from scenarios.forest_fire.moisture import Dead, follow, targets
from scenarios.forest_fire.season import HOUR_S, Start
from scenarios.forest_fire.season_weather import Days, at_hours
from scenarios.forest_fire.settings import ForestFireSettings, Uncertainty
from scenarios.forest_fire.settings_season import Climate
from scenarios.forest_fire.settings_weather import WeatherRow
from scenarios.forest_fire.weather import FIELDS, Conditions

BEFORE_H = 360
"""Hours before a fire that its fuel has followed the weather: 3.6 time lags of 100-h fuel."""


def fire_settings(
    base: ForestFireSettings, climate: Climate, days: Days, start: Start, limit_s: float
) -> tuple[ForestFireSettings, Conditions]:
    """Return a fire's settings, with the weather of its hours until the limit, and the weather as it starts.

    Where fuel follows the air with its time lags, it has done so for BEFORE_H, or since the season began.
    """
    began = start.t_s / HOUR_S
    hours = np.concatenate([[began], np.arange(math.floor(began) + 1.0, began + limit_s / HOUR_S)])
    line = at_hours(days, climate, hours)
    # built without validation: the values are drawn within their ranges, and there are scores of them a fire
    rows = tuple(
        WeatherRow.model_construct(t=(hour - began) * HOUR_S, **{name: getattr(c, name) for name in FIELDS})
        for hour, c in zip(hours.tolist(), line))
    moisture = base.moisture
    if moisture.time_lag:
        one, ten, hundred = fuel_at(days, climate, began)
        moisture = moisture.model_copy(update={"m1_pct": one, "m10_pct": ten, "m100_pct": hundred})
    return base.model_copy(update={
        "ignitions": (), "weather": None, "changes": (), "weather_series": rows, "weather_diurnal": None,
        "uncertainty": Uncertainty(), "moisture": moisture,
    }), line[0]


def fuel_at(days: Days, climate: Climate, hour: float) -> Dead:
    """Return the dead fuel moistures (%) that the weather has led to by an hour since the season's first midnight."""
    since = max(hour - BEFORE_H, 0.0)
    steps = np.arange(since, hour, 1.0)
    dead: Dead | None = None
    for at, air in zip(steps.tolist(), at_hours(days, climate, np.concatenate([steps, [hour]]))):
        target = targets(air.temperature_c, air.humidity_pct, air.rain_mm)
        dead = target if dead is None else follow(dead, target, min(1.0, hour - at))
    if dead is None:
        (air,) = at_hours(days, climate, np.array([hour]))
        dead = targets(air.temperature_c, air.humidity_pct, air.rain_mm)
    return dead
