"""How air spreads what is let go into it: Pasquill's stability classes and Briggs' growth of a plume.

Shared by every hazard that puts something into the air. Classes are numbered 0 (A, very unstable) to 5 (F,
moderately stable).
"""

from __future__ import annotations

import math
from typing import Any

from numba.extending import register_jitable

A, B, C, D, E, F = range(6)
"""Pasquill's classes."""
DAY_CLASS = ((2.0, B), (3.0, B), (5.0, C), (6.0, D))
"""By day, moderate insolation: class below each wind speed at 10 m (m/s), D above (Pasquill 1961; Turner 1970).

Turner gives A-B, B, B-C, C-D; the more stable of two is taken, which keeps concentrations on the safe side."""
NIGHT_CLASS = ((2.0, F), (3.0, F), (5.0, E))
"""By night, less than half the sky clouded: class below each wind speed, D above (the same)."""


def pasquill_class(wind_mps: float, by_day: bool) -> int:
    """Return the stability class for a wind at 10 m (m/s) by day, under moderate sun, or in a clear night."""
    for below, klass in DAY_CLASS if by_day else NIGHT_CLASS:
        if wind_mps < below:
            return klass
    return D


@register_jitable
def sigma_y(x: Any, klass: Any) -> Any:
    """Return Briggs' open-country standard deviation across the wind (m) at x m downwind (Briggs 1973)."""
    a = (0.22, 0.16, 0.11, 0.08, 0.06, 0.04)[klass]
    return a * x / math.sqrt(1.0 + 1e-4 * x)


@register_jitable
def sigma_z(x: Any, klass: Any) -> Any:
    """Return Briggs' open-country vertical standard deviation (m) at x m downwind (Briggs 1973)."""
    if klass == 0:
        return 0.20 * x
    if klass == 1:
        return 0.12 * x
    if klass == 2:
        return 0.08 * x / math.sqrt(1.0 + 2e-4 * x)
    if klass == 3:
        return 0.06 * x / math.sqrt(1.0 + 1.5e-3 * x)
    if klass == 4:
        return 0.03 * x / (1.0 + 3e-4 * x)
    return 0.016 * x / (1.0 + 3e-4 * x)
