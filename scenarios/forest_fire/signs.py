"""How a young fire shows from afar: the area it burns and the height of its smoke, both from its ellipse.

In steady weather a fire from a point burns ``k t^2`` and gives off heat at the rate of heat per unit area times
``2 k t``: the buoyancy of its plume grows with time. A plume bent over by the wind rises by Briggs' two-thirds law,
``z = 1.6 F^(1/3) x^(2/3) / u``; the highest smoke at t is that given off at t / 3, so that the top rises at a constant
rate, :func:`smoke_rise_mps`.
"""

from __future__ import annotations

import math

from scenarios.forest_fire.metric import BED_HEAT
from scenarios.forest_fire.spread import Front

BRIGGS = 1.6
"""Constant of the two-thirds law (Briggs 1969; so in Pasquill and Smith's and EPA's use of it)."""
HIGHEST = (4.0 / 27.0) ** (1.0 / 3.0)
"""Largest s^(1/3) (1 - s)^(2/3), at s = 1/3: the smoke that stands highest left a third of the time ago."""
GRAVITY_MPS2 = 9.81
AIR_KG_M3, AIR_KJ_KG_K, AIR_K = 1.2, 1.005, 293.0
"""Air at 20 degrees C near sea level."""
BUOYANCY_M4_S3_PER_KW = GRAVITY_MPS2 / (math.pi * AIR_KG_M3 * AIR_KJ_KG_K * AIR_K)
"""Buoyancy flux of a heat source: g Q / (pi rho c T), 8.8e-3 m4/s3 per kW."""
CONVECTED = 0.7
"""Share of the heat that rises with the smoke; the rest is radiated. Assumption, as is usual for pool fires."""
CALMEST_MPS = 1.0
"""Below this the plume is not bent over and the law fails; it is used as if the wind blew so fast. Assumption."""


def growth_m2_s2(rho: float, wx: float, wy: float, gx: float, gy: float, cell_m: float) -> float:
    """Return k of the area ``k t^2`` (m2 along the ground) that a fire of this metric burns; see ``metric.py``.

    On flat ground it is pi R^2 sqrt(1 - e^2) / (1 + e)^2 for the heading rate R and eccentricity e.
    """
    if not rho < math.inf:
        return 0.0
    gw = gx * wx + gy * wy
    drift = wx * wx + wy * wy - gw * gw / (1.0 + gx * gx + gy * gy)
    return math.pi * rho / float(rho * rho - drift) ** 1.5 * cell_m * cell_m


def smoke_rise_mps(growth: float, heat_kj_m2: float, wind_mps: float) -> float:
    """Return how fast (m/s) the top of the smoke rises over a fire that burns ``growth`` t^2 m2."""
    buoyancy_per_s = BUOYANCY_M4_S3_PER_KW * CONVECTED * heat_kj_m2 * 2.0 * growth
    return float(BRIGGS * HIGHEST * (buoyancy_per_s / max(wind_mps, CALMEST_MPS)) ** (1.0 / 3.0))


def young_fire(front: Front, row: int, col: int, cell_m: float, wind_mps: float) -> tuple[float, float]:
    """Return (smoke rise in m/s, growth in m2/s2) of a fire lit in a cell, in the weather it was lit in."""
    i = front.cell(row, col)
    if i < 0 or front.kind[i] < 0 or front.stamp[i] == 0:
        return 0.0, 0.0
    rho, wx, wy = (float(v) for v in front.metric[i, :3])
    growth = growth_m2_s2(rho, wx, wy, float(front.ground[i, 0]), float(front.ground[i, 1]), cell_m)
    return smoke_rise_mps(growth, float(front.period.beds[front.kind[i], BED_HEAT]), wind_mps), growth
