"""The travel-time metric of a cell: what it costs a fire to cross it, in any direction.

An ellipse with the ignition at its rear focus gives the time of a step v (in cells, x east, y north) as
``F(v) = rho |v|_M - w.v``, a Randers metric: ``rho = cell / (R (1 - e))``, ``w = rho e h`` along the heading
h, and ``|v|_M^2 = |v|^2 + (g.v)^2`` the length along the ground whose gradient is g. Everything about a
cell's fire follows from (rho, wx, wy, gx, gy).
"""

from __future__ import annotations

import math
from typing import Any

from numba.extending import register_jitable

from scenarios.forest_fire.compiled import kernel
from scenarios.forest_fire.crown import (
    ACTIVE,
    MIN_COVER,
    PASSIVE,
    STAND_BASE,
    STAND_DENSITY,
    STAND_FOLIAR,
    STAND_HEIGHT,
    SURFACE,
    critical_rate,
    critical_surface_intensity,
    crown_fire,
    crown_fraction_burned,
    crown_heat,
    crown_length_to_width,
)
from scenarios.forest_fire.ellipse import combine_horizontal, combine_slope_plane, eccentricity, limit_factor, shape
from scenarios.forest_fire.terrain_wind import slope_wind, wind_over_terrain
from scenarios.forest_fire.units import FT_MIN_PER_M_S
from scenarios.forest_fire.wang import wang_head
from scenarios.forest_fire.wind import TEN_M_OVER_20_FT

BED_R0, BED_WIND_K, BED_WIND_B, BED_SLOPE_K, BED_LIMIT, BED_HEAT, BED_RESIDENCE = range(7)
"""Columns of the table of beds: m/s, -, -, -, ft/min, kJ/m2, s."""
BED_COLUMNS = 7
G_X, G_Y, G_WIND_FACTOR, G_CURVATURE, G_COVER = range(5)
"""Columns of the ground: gradient to east and north (rise/run), 20-ft to midflame wind, MicroMet's curvature
(-0.5..0.5), canopy cover (0..1)."""
GROUND_COLUMNS = 5
(P_WIND, P_TO_X, P_TO_Y, P_PLANE, P_LIMIT, P_CAP, P_MIN_RATE, P_CELL, P_MODEL, P_SLOPE_WEIGHT, P_CURVATURE_WEIGHT,
 P_SLOPE_WIND, P_LOCAL_WIND, P_CROWN, P_M1) = range(15)
"""Columns of a period's parameters: 20-ft wind (ft/min), unit vector it blows to, slope-plane convention,
wind limit on, cap on length to width, least heading rate (m/s), cell size (m), model (ROTHERMEL or WANG), MicroMet's
weights, slope wind at 20 ft (ft/min, up by day), whether any of these acts, crown fire on, 1-h moisture (share)."""
PERIOD_COLUMNS = 15
ROTHERMEL, WANG = 0.0, 1.0
"""Codes of the model of the rate of spread."""
LEAST_FACTOR = 1e-12
"""Combined wind and slope factors below this make a circle."""
MPS_10M_PER_FT_MIN = TEN_M_OVER_20_FT / FT_MIN_PER_M_S
"""Wind at 10 m in m/s over wind at 20 ft in ft/min."""


@kernel()
def local_wind(period: Any, gx: float, gy: float, curvature: float) -> Any:
    """Return the 20-ft wind (ft/min) over a cell and the unit vector it blows to, where it differs by cell."""
    speed, x, y = period[P_WIND], period[P_TO_X], period[P_TO_Y]
    u, v = speed * x, speed * y
    if period[P_SLOPE_WEIGHT] != 0.0 or period[P_CURVATURE_WEIGHT] != 0.0:
        u, v = wind_over_terrain(u, v, gx, gy, curvature, period[P_SLOPE_WEIGHT], period[P_CURVATURE_WEIGHT])
    su, sv = slope_wind(period[P_SLOPE_WIND], gx, gy)
    u += su
    v += sv
    speed = math.sqrt(u * u + v * v)
    if speed == 0.0:
        return 0.0, x, y
    return speed, u / speed, v / speed


@kernel()
def surface_fire(bed: Any, period: Any, ground: Any, wind: float, to_x: float, to_y: float) -> Any:
    """Return heading rate (m/s along the ground), eccentricity and unit heading (x, y on the map) on the ground.

    ``wind`` is the 20-ft wind at the cell (ft/min), ``to`` the unit vector it blows to.
    """
    gx, gy = ground[G_X], ground[G_Y]
    if period[P_MODEL] == WANG:
        mps = wind * MPS_10M_PER_FT_MIN
        return wang_head(bed[BED_R0], mps * to_x, mps * to_y, gx, gy, period[P_CAP])
    wind *= ground[G_WIND_FACTOR]
    slope2 = gx * gx + gy * gy
    if period[P_PLANE] > 0.0 and slope2 > 0.0 and wind > 0.0:
        slope = math.sqrt(slope2)
        up_x, up_y = gx / slope, gy / slope
        along = to_x * up_x + to_y * up_y
        across = to_y * up_x - to_x * up_y
        u, v = combine_slope_plane(bed[BED_WIND_K], bed[BED_WIND_B], wind, along, across, bed[BED_SLOPE_K] * slope2,
                                   slope)
        phi = math.sqrt(u * u + v * v)
        u /= math.sqrt(1.0 + slope2)
        x, y = u * up_x - v * up_y, u * up_y + v * up_x
        length = math.sqrt(x * x + y * y)
    else:
        phi_w = bed[BED_WIND_K] * wind ** bed[BED_WIND_B]
        # the slope's factor k tan^2 along the unit vector upslope is k tan times the gradient
        phi_s = bed[BED_SLOPE_K] * math.sqrt(slope2)
        x, y = combine_horizontal(phi_w, to_x, to_y, phi_s, gx, gy)
        length = phi = math.sqrt(x * x + y * y)
    if phi < LEAST_FACTOR:
        return bed[BED_R0], 0.0, 0.0, 1.0
    if period[P_LIMIT] > 0.0:
        phi = limit_factor(phi, bed[BED_WIND_K], bed[BED_WIND_B], bed[BED_LIMIT])
    _, e = shape(phi, bed[BED_WIND_K], bed[BED_WIND_B], period[P_CAP])
    return bed[BED_R0] * (1.0 + phi), e, x / length, y / length


@kernel()
def head_fire(bed: Any, period: Any, ground: Any, stand: Any) -> Any:
    """Return heading rate (m/s along the ground), eccentricity and unit heading (x, y on the map) of a cell's fire.

    ``bed``, ``ground`` and ``stand`` are its rows of the tables (BED_, G_, STAND_ columns). Where crowns burn
    faster than what lies below them the fire has their rate and shape and heads with the wind.
    """
    wind, to_x, to_y = period[P_WIND], period[P_TO_X], period[P_TO_Y]
    if period[P_LOCAL_WIND] > 0.0:
        wind, to_x, to_y = local_wind(period, ground[G_X], ground[G_Y], ground[G_CURVATURE])
    rate, e, hx, hy = surface_fire(bed, period, ground, wind, to_x, to_y)
    if period[P_CROWN] > 0.0 and stand[STAND_DENSITY] > 0.0:
        mps = wind * MPS_10M_PER_FT_MIN
        crown, _, _ = crown_fire(rate, bed[BED_HEAT], stand[STAND_HEIGHT], stand[STAND_BASE], stand[STAND_DENSITY],
                                 stand[STAND_FOLIAR], ground[G_COVER], mps, period[P_M1])
        if crown > rate:
            return crown, eccentricity(crown_length_to_width(mps, period[P_CAP])), to_x, to_y
    return rate, e, hx, hy


@kernel()
def crowns(bed: Any, period: Any, ground: Any, stand: Any, rate: float) -> Any:
    """Return (added heat in kJ/m2, kind) of the crowns where the front passes at ``rate`` (m/s).

    The kind and the fraction burned follow the rate of the place: flank and back of a fire that heads through
    the crowns may stay on the ground.
    """
    density = stand[STAND_DENSITY]
    heat = bed[BED_HEAT]
    if period[P_CROWN] == 0.0 or density <= 0.0 or ground[G_COVER] <= MIN_COVER or heat <= 0.0:
        return 0.0, SURFACE
    least = critical_surface_intensity(stand[STAND_BASE], stand[STAND_FOLIAR]) / heat
    if rate < least:
        return 0.0, SURFACE
    full = critical_rate(density)
    if rate > full:
        return crown_heat(stand[STAND_HEIGHT], stand[STAND_BASE], density, 1.0), ACTIVE
    fraction = crown_fraction_burned(rate, least, full)
    return crown_heat(stand[STAND_HEIGHT], stand[STAND_BASE], density, fraction), PASSIVE


@kernel()
def cell_metric(bed: Any, period: Any, ground: Any, stand: Any, factor: float) -> Any:
    """Return (rho, wx, wy) in seconds per cell; rho is infinite where the cell carries no fire.

    ``factor`` is what a slowed cell's rate is multiplied by, 1 elsewhere.
    """
    rate, e, hx, hy = head_fire(bed, period, ground, stand)
    rate *= factor
    if rate < period[P_MIN_RATE] or rate <= 0.0:
        return math.inf, 0.0, 0.0
    gx, gy = ground[G_X], ground[G_Y]
    rho = period[P_CELL] / (rate * (1.0 - e))
    gh = gx * hx + gy * hy
    scale = rho * e / math.sqrt(1.0 + gh * gh)
    return rho, scale * (hx + gx * gh), scale * (hy + gy * gh)


@register_jitable
def travel_time(rho: Any, wx: Any, wy: Any, gx: Any, gy: Any, vx: Any, vy: Any) -> Any:
    """Return F(v) in seconds for a step v in cells."""
    gv = gx * vx + gy * vy
    return rho * math.sqrt(vx * vx + vy * vy + gv * gv) - wx * vx - wy * vy


@register_jitable
def front_normal(rho: Any, wx: Any, wy: Any, gx: Any, gy: Any, vx: Any, vy: Any) -> Any:
    """Return the unit normal (on the map) of the front that a fire travelling along v belongs to."""
    gv = gx * vx + gy * vy
    norm = math.sqrt(vx * vx + vy * vy + gv * gv)
    nx = rho * (vx + gx * gv) / norm - wx
    ny = rho * (vy + gy * gv) / norm - wy
    length = math.sqrt(nx * nx + ny * ny)
    return nx / length, ny / length


@register_jitable
def front_speed(rho: Any, wx: Any, wy: Any, gx: Any, gy: Any, nx: Any, ny: Any) -> Any:
    """Return (speed, vx, vy): speed of a front along its unit normal n in cells/s on the map, and the
    direction its fire travels in (a step of one second), from the ellipse's support function."""
    a = rho * rho * (1.0 + gx * gx) - wx * wx
    b = rho * rho * gx * gy - wx * wy
    c = rho * rho * (1.0 + gy * gy) - wy * wy
    det = a * c - b * b
    cx, cy = (c * wx - b * wy) / det, (a * wy - b * wx) / det
    size = math.sqrt(1.0 + wx * cx + wy * cy)
    qx, qy = (c * nx - b * ny) / det, (a * ny - b * nx) / det
    root = math.sqrt(nx * qx + ny * qy)
    vx, vy = cx + size * qx / root, cy + size * qy / root
    return nx * vx + ny * vy, vx, vy


@register_jitable
def ground_factor(gx: Any, gy: Any, nx: Any, ny: Any) -> Any:
    """Return speed along the ground over speed on the map for a front of unit normal n."""
    gn = gx * nx + gy * ny
    return 1.0 / math.sqrt(1.0 - gn * gn / (1.0 + gx * gx + gy * gy))
