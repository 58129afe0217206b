"""The table of a season's fires, and the season's figures from it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from experiments.season.attack import Fought
from experiments.season.kpis import DAMAGE, FAILED, SEASON_KPIS
from experiments.season.reach import Reached
from scenarios.forest_fire.hazard import ForestFire
from scenarios.forest_fire.season import DAY_S, HOUR_S, Start
from scenarios.forest_fire.settings_season import Attack
from scenarios.forest_fire.weather import Conditions

COLUMNS = ("fire", "day", "hour", "x", "y", "wind_mps", "humidity_pct", "temperature_c", "seen_min", "by_lookout",
           "alarm_min", "first_arrival_min", "teams", "contained_h", "escaped", "open_at_limit", "burned_ha",
           "burned_forest_ha", "damaged_forest_ha", "line_km", "max_flame_m", "villages_reached", "houses_lost",
           "crew_hurt", "loss_yuan")
"""Columns of the table of fires; ``day`` is the day of the year from 1, ``seen_min`` when he whose report came first
saw it, ``by_lookout`` 1 for a camera, tower or patrol. NaN for what did not happen."""
PER_MILLE = 1000.0
SUMS = {"season.burned_ha": "burned_ha", "season.burned_forest_ha": "burned_forest_ha",
        "season.damaged_forest_ha": "damaged_forest_ha", "season.escaped": "escaped",
        "season.not_contained": "open_at_limit", "season.villages_reached": "villages_reached",
        "season.houses_lost": "houses_lost", "season.crew_hurt": "crew_hurt", "season.loss_yuan": "loss_yuan"}
MEANS = {"season.seen_min": "seen_min",
         "season.first_arrival_min": "first_arrival_min", "season.contained_h": "contained_h"}


def row_of(
    start: Start, weather: Conditions, fire: ForestFire, fought: Fought | None, reached: Reached, attack: Attack
) -> dict[str, float]:
    """Return a fire's row; ``fought`` is None for one that did not take."""
    figures = fire.summary()
    burned = float(figures["fire.burned_ha"] or 0.0)
    contained = fought.contained_s if fought else 0.0
    escaped = contained is None or contained > attack.escaped_after or burned > attack.escaped_ha
    return {
        "fire": start.number, "day": start.t_s // DAY_S + 1.0, "hour": start.t_s % DAY_S / HOUR_S,
        "x": start.x, "y": start.y, "wind_mps": weather.wind_mps, "humidity_pct": weather.humidity_pct,
        "temperature_c": weather.temperature_c,
        "seen_min": _or_nan(fought.told.seen_s if fought else None) / 60.0,
        "by_lookout": float(fought is not None and fought.told.means != "citizens"),
        "alarm_min": _or_nan(fought.told.alarm_s if fought else None) / 60.0,
        "first_arrival_min": _or_nan(fought.first_arrival_s if fought else None) / 60.0,
        "teams": fought.teams if fought else 0, "contained_h": _or_nan(contained) / HOUR_S,
        "escaped": float(escaped), "open_at_limit": float(contained is None), "burned_ha": burned,
        "burned_forest_ha": reached.forest_ha, "damaged_forest_ha": float(reached.damaged_ha.sum()),
        "line_km": float(figures["fire.line_km"] or 0.0), "max_flame_m": float(figures["fire.max_flame_m"] or 0.0),
        "villages_reached": float(reached.near.sum()), "houses_lost": float(reached.houses.sum()),
        "crew_hurt": float(fought.hurt if fought else 0),
        "loss_yuan": float(reached.loss_yuan.sum()),
    }


def season_figures(
    fires: Mapping[str, NDArray[np.float64]], forest_ha: float, failed: int
) -> dict[str, float | None]:
    """Return a season's figures by KPI key; all but the counts are None where fires broke: sums would lack them."""
    figures: dict[str, float | None] = {kpi.key: None for kpi in SEASON_KPIS}
    figures["season.fires"] = float(len(fires["fire"]) + failed)
    figures[FAILED] = float(failed)
    if failed:
        return figures
    for key, column in SUMS.items():
        figures[key] = float(fires[column].sum())
    for key, column in MEANS.items():
        there = fires[column][np.isfinite(fires[column])]
        figures[key] = float(there.mean()) if len(there) else None
    if forest_ha > 0.0:
        figures[DAMAGE] = PER_MILLE * float(fires["damaged_forest_ha"].sum()) / forest_ha
    return figures


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
