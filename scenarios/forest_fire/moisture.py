"""Fuel moisture: what dead fuel tends to in the air, how long it takes, and what live fuel holds by season.

The equilibrium is Simard's (1968, Forestry Branch, Ottawa, FF-X-14), as used in the US National Fire Danger
Rating System (Cohen and Deeming 1985, PSW-82): wood in the shade. Fuel follows it with its time lag (Byram 1963):
in 1, 10 or 100 hours it makes 63 % of the way. Sun on the fuel, aspect, dew and the water that the trees hold
back are left out.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

LIVE_TABLE = Path(__file__).with_name("live_moisture.csv")
LAGS_H = (1.0, 10.0, 100.0)
"""Time lags of the dead classes, hours: by definition."""
RAIN_PCT = (35.0, 35.0, 41.5)
"""What fuel tends to while it rains: 1-h and 10-h fuel 35 % (Cohen and Deeming 1985), 100-h fuel 41 % plus half a
point an hour of rain (the boundary condition there, taken hour by hour)."""

Dead = tuple[float, float, float]
"""Moistures of 1-h, 10-h and 100-h fuel, % of dry weight."""


def fahrenheit(celsius: float) -> float:
    """Return a temperature in degrees Fahrenheit, which Simard's constants need."""
    return celsius * 1.8 + 32.0


def equilibrium_moisture_pct(temperature_c: float, humidity_pct: float) -> float:
    """Return Simard's equilibrium moisture content, % of dry weight, for air at these conditions."""
    t, h = fahrenheit(temperature_c), humidity_pct
    if h < 10.0:
        emc = 0.03229 + 0.281073 * h - 0.000578 * h * t
    elif h < 50.0:
        emc = 2.22749 + 0.160107 * h - 0.014784 * t
    else:
        emc = 21.0606 + 0.005565 * h * h - 0.00035 * h * t - 0.483199 * h
    return max(emc, 0.0)


def lagged(moisture_pct: float, target_pct: float, hours: float, lag_h: float) -> float:
    """Return the moisture after some hours on its way to a target (Byram 1963: exponential)."""
    return target_pct + (moisture_pct - target_pct) * math.exp(-hours / lag_h)


def targets(temperature_c: float, humidity_pct: float, rain_mm: float) -> Dead:
    """Return what the three dead classes tend to, %: the equilibrium, or that of wetted fuel while it rains."""
    if rain_mm > 0.0:
        return RAIN_PCT
    emc = equilibrium_moisture_pct(temperature_c, humidity_pct)
    return emc, emc, emc


def follow(dead: Dead, target: Dead, hours: float) -> Dead:
    """Return the three dead moistures some hours on."""
    one, ten, hundred = (lagged(m, to, hours, lag) for m, to, lag in zip(dead, target, LAGS_H, strict=True))
    return one, ten, hundred


def after_many_days(day: Sequence[Dead]) -> Dead:
    """Return the moistures at the start of a day that repeats: 24 hourly targets, in order.

    A day takes m to A m + B, so after many it starts at B / (1 - A).
    """
    after: Dead = (0.0, 0.0, 0.0)
    for target in day:
        after = follow(after, target, 1.0)
    one, ten, hundred = (b / (1.0 - math.exp(-len(day) / lag)) for b, lag in zip(after, LAGS_H, strict=True))
    return one, ten, hundred


@lru_cache(maxsize=1)
def _live() -> dict[int, tuple[float, float]]:
    with LIVE_TABLE.open(encoding="utf-8", newline="") as stream:
        return {int(row["month"]): (float(row["herb_pct"]), float(row["woody_pct"]))
                for row in csv.DictReader(stream)}


def live_moisture_pct(month: int) -> tuple[float, float]:
    """Return the moistures of herbs and of woody plants in a month (1..12), %, from ``live_moisture.csv``."""
    return _live()[month]
