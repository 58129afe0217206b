"""Crown fire: when a surface fire climbs into the trees, how fast it then runs, what heat the crowns add.

Initiation after Van Wagner 1977 (doi 10.1139/x77-004), rates of active and passive crown fire after Cruz,
Alexander and Wakimoto 2005 (doi 10.1139/x05-085), fitted to experimental fires in North American conifers.
Plain functions of floats; kernels compile them in. What it leaves out: slope (none in Cruz's data), foliar
moisture's effect on the rate, fire-made wind, torching of single trees below the critical intensity.
"""

from __future__ import annotations

import math
from typing import Any

from numba.extending import register_jitable

from scenarios.forest_fire.units import M_PER_MILE, S_PER_MIN
from scenarios.forest_fire.wind import TEN_M_OVER_20_FT

SURFACE, PASSIVE, ACTIVE = 0, 1, 2
"""Kinds of fire: on the ground, torching trees one by one, running through the crowns."""
STAND_HEIGHT, STAND_BASE, STAND_DENSITY, STAND_FOLIAR = range(4)
"""Columns of the table of stands: canopy height (m), canopy base height (m), canopy bulk density (kg/m3), foliar
moisture (share of dry weight)."""
STAND_COLUMNS = 4
MIN_COVER = 0.4
"""Canopy cover up to which trees stand too far apart for crown fire (pyretechnics, ELMFIRE)."""
IGNITION_C = 0.010
"""Empirical constant of Van Wagner 1977, eq. 4, from one red pine plantation."""
IGNITION_DRY_KJ_KG, IGNITION_WATER_KJ_KG = 460.0, 2600.0
"""Heat of ignition of foliage: dry, and per share of moisture (Van Wagner 1977: 460 + 26 m, m in %)."""
CRITICAL_MASS_FLOW = 3.0 / S_PER_MIN
"""Least mass flow of crown fuel that keeps a solid flame, kg/m2/s (Van Wagner 1977: 0.05)."""
CRUZ_A, CRUZ_WIND, CRUZ_DENSITY, CRUZ_MOISTURE = 11.02, 0.90, 0.19, 17.0
"""Active rate (m/min) = 11.02 U10^0.90 (km/h) CBD^0.19 exp(-0.17 EFFM), EFFM in % (Cruz et al. 2005)."""
KM_H_PER_M_S = 3.6
HEAT_KJ_KG = 18_000.0
"""Low heat of combustion of crown fuel (Van Wagner 1977; FARSITE, Finney 1998)."""
FULL_CROWN_SHARE, FULL_CROWN_AT = 0.9, 0.9
"""Crown fraction burned is 0.9 once the rate has come 0.9 of the way from initiation to active crowning (Van
Wagner 1993, as in FARSITE, Finney 1998)."""
LENGTH_PER_MPH = 0.125
"""Length to width of a crown fire = 1 + 0.125 U, U the 20-ft wind in mi/h (Rothermel 1991, INT-438, eq. 9)."""


@register_jitable
def critical_surface_intensity(base_m: Any, foliar: Any) -> Any:
    """Return the surface fireline intensity (kW/m) that lights crowns: base height (m), foliar moisture (share).

    Van Wagner 1977, eq. 4.
    """
    return (IGNITION_C * base_m * (IGNITION_DRY_KJ_KG + IGNITION_WATER_KJ_KG * foliar)) ** 1.5


@register_jitable
def active_rate(wind_10m_mps: Any, density: Any, m1: Any) -> Any:
    """Return the rate of an active crown fire, m/s: wind at 10 m in the open (m/s), canopy bulk density (kg/m3),
    fine dead moisture (share). Cruz, Alexander and Wakimoto 2005."""
    return (
        CRUZ_A * (wind_10m_mps * KM_H_PER_M_S) ** CRUZ_WIND * density**CRUZ_DENSITY * math.exp(-CRUZ_MOISTURE * m1)
    ) / S_PER_MIN


@register_jitable
def critical_rate(density: Any) -> Any:
    """Return the least rate (m/s) at which crowns of this bulk density (kg/m3) burn as one (Van Wagner 1977)."""
    return CRITICAL_MASS_FLOW / density


@register_jitable
def passive_rate(active: Any, critical: Any) -> Any:
    """Return the rate of a passive crown fire where the active one would fall short of the critical rate.

    Cruz, Alexander and Wakimoto 2005: CROS exp(-CAC), CAC the criterion for active crowning.
    """
    return active * math.exp(-active / critical)


@register_jitable
def crown_rate(wind_10m_mps: Any, density: Any, m1: Any) -> Any:
    """Return (rate in m/s, kind) of a crown fire once it has begun: active above the critical rate, else passive."""
    active, critical = active_rate(wind_10m_mps, density, m1), critical_rate(density)
    if active > critical:
        return active, ACTIVE
    return passive_rate(active, critical), PASSIVE


@register_jitable
def crown_fraction_burned(rate: Any, initiation_rate: Any, full_rate: Any) -> Any:
    """Return the share of the crowns a fire at this rate consumes, 0 below the initiation rate (all in one unit).

    ``initiation_rate`` is the surface rate at the critical intensity, ``full_rate`` that of active crowning.
    Van Wagner 1993 (Can. J. For. Res. 23, 442): 1 - exp(-a (R - R0)); a step where R0 is not below ``full_rate``.
    """
    if rate < initiation_rate:
        return 0.0
    if initiation_rate >= full_rate:
        return 1.0
    a = -math.log(1.0 - FULL_CROWN_SHARE) / (FULL_CROWN_AT * (full_rate - initiation_rate))
    return 1.0 - math.exp(-a * (rate - initiation_rate))


@register_jitable
def crown_heat(height_m: Any, base_m: Any, density: Any, fraction: Any) -> Any:
    """Return the heat (kJ/m2) that the burned fraction of the crowns adds to that of the surface fire."""
    return fraction * density * max(height_m - base_m, 0.0) * HEAT_KJ_KG


@register_jitable
def crown_length_to_width(wind_10m_mps: Any, cap: Any) -> Any:
    """Return the length-to-width ratio of a crown fire, 1..cap (Rothermel 1991, eq. 9)."""
    mph = wind_10m_mps / TEN_M_OVER_20_FT * 3600.0 / M_PER_MILE
    return min(1.0 + LENGTH_PER_MPH * mph, cap)


@register_jitable
def crown_fire(
    surface_rate: Any, surface_heat: Any, height_m: Any, base_m: Any, density: Any, foliar: Any, cover: Any,
    wind_10m_mps: Any, m1: Any,
) -> Any:
    """Return (heading rate in m/s, added heat in kJ/m2, kind) of the fire over one stand.

    ``surface_rate`` (m/s) and ``surface_heat`` (kJ/m2) are the heading surface fire's. A crown fire spreads at
    the faster of the two rates; where the crowns are the faster it heads with the wind. An active fire
    consumes the crowns whole, a passive one the fraction of :func:`crown_fraction_burned`.
    """
    if density <= 0.0 or cover <= MIN_COVER or surface_rate <= 0.0 or surface_heat <= 0.0:
        return surface_rate, 0.0, SURFACE
    least = critical_surface_intensity(base_m, foliar)
    if surface_rate * surface_heat < least:
        return surface_rate, 0.0, SURFACE
    crown, kind = crown_rate(wind_10m_mps, density, m1)
    fraction = 1.0
    if kind == PASSIVE:
        fraction = crown_fraction_burned(surface_rate, least / surface_heat, critical_rate(density))
    return max(surface_rate, crown), crown_heat(height_m, base_m, density, fraction), kind
