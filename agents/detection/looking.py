"""When somebody who looks every so often first sees a growing fire: ranges in haze, sizes, hours, looks.

Plain functions of plain numbers, so that each can be held against a closed form.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

HOUR_S = 3600.0
LEAST_CONTRAST = 0.05
"""Contrast below which nothing is told apart: what the meteorological optical range is defined by (WMO, ICAO)."""


def haze_range_km(visibility_km: float, contrast: float) -> float:
    """Return how far (km) something of a contrast (0.05..1) is told in air of a meteorological optical range.

    Visual-range formula, V = ln(C / 0.05) / extinction, extinction = ln(1 / 0.05) / MOR (AMS Glossary).
    """
    return visibility_km * math.log(contrast / LEAST_CONTRAST) / math.log(1.0 / LEAST_CONTRAST)


def area_seen_m2(distance_m: float, range_m: float, at_range_m2: float) -> float:
    """Return the area (m2) of a fire just seen: the same solid angle at every distance."""
    return at_range_m2 * (distance_m / range_m) ** 2


def ready_s(needed_m: float, rise_mps: float, area_m2: float, growth_m2_s2: float) -> float:
    """Return seconds from ignition until smoke rising at a rate stands high enough and the fire is large enough.

    The fire's area grows as ``growth_m2_s2`` t^2; infinite where its size does not matter.
    """
    high = 0.0
    if needed_m > 0.0:
        high = needed_m / rise_mps if rise_mps > 0.0 else math.inf
    if area_m2 <= 0.0 or math.isinf(growth_m2_s2):
        return high
    return max(high, math.sqrt(area_m2 / growth_m2_s2)) if growth_m2_s2 > 0.0 else math.inf


def in_hours(second_of_day: NDArray[np.float64], from_hour: float, to_hour: float) -> NDArray[np.bool_]:
    """Return which local times (n,; s since midnight) lie from one hour to another, over midnight if need be."""
    hour = second_of_day / HOUR_S
    if from_hour <= to_hour:
        return (hour >= from_hour) & (hour < to_hour)
    return (hour >= from_hour) | (hour < to_hour)


def looks(after_s: float, until_s: float, phase_s: float, period_s: float) -> NDArray[np.float64]:
    """Return the times ``phase_s + n period_s`` from ``after_s`` to ``until_s``, n a whole number."""
    if not after_s <= until_s:
        return np.zeros(0)
    first = math.ceil((after_s - phase_s) / period_s)
    last = math.floor((until_s - phase_s) / period_s)
    return phase_s + period_s * np.arange(first, last + 1, dtype=np.float64)
