"""The travel-time metric of a cell: what it costs a fire to cross it, in any direction.

An ellipse with the ignition at its rear focus gives the time of a step v (in cells, x east, y north) as
``F(v) = rho |v|_M - w.v``, a Randers metric: ``rho = cell / (R (1 - e))``, ``w = rho e h`` along the heading
h, and ``|v|_M^2 = |v|^2 + (g.v)^2`` the length along the ground whose gradient is g. Everything about a
cell's fire follows from (rho, wx, wy, gx, gy).
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit
from numba.extending import register_jitable

from scenarios.forest_fire.ellipse import combine_horizontal, combine_slope_plane, limit_factor, shape

BED_R0, BED_WIND_K, BED_WIND_B, BED_SLOPE_K, BED_LIMIT, BED_HEAT, BED_RESIDENCE = range(7)
"""Columns of the table of beds: m/s, -, -, -, ft/min, kJ/m2, s."""
BED_COLUMNS = 7
P_WIND, P_TO_X, P_TO_Y, P_PLANE, P_LIMIT, P_CAP, P_MIN_RATE, P_CELL = range(8)
"""Columns of a period's parameters: 20-ft wind (ft/min), unit vector it blows to, slope-plane convention,
wind limit on, cap on length to width, least heading rate (m/s), cell size (m)."""
PERIOD_COLUMNS = 8
LEAST_FACTOR = 1e-12
"""Combined wind and slope factors below this make a circle."""


@njit(cache=True, error_model="numpy")
def head_fire(bed: Any, period: Any, waf: float, gx: float, gy: float) -> Any:
    """Return heading rate (m/s along the ground), eccentricity and unit heading (x, y on the map)."""
    slope = math.sqrt(gx * gx + gy * gy)
    up_x, up_y = 0.0, 0.0
    if slope > 0.0:
        up_x, up_y = gx / slope, gy / slope
    phi_s = bed[BED_SLOPE_K] * slope * slope
    wind = waf * period[P_WIND]
    if period[P_PLANE] > 0.0 and slope > 0.0 and wind > 0.0:
        along = period[P_TO_X] * up_x + period[P_TO_Y] * up_y
        across = period[P_TO_Y] * up_x - period[P_TO_X] * up_y
        u, v = combine_slope_plane(bed[BED_WIND_K], bed[BED_WIND_B], wind, along, across, phi_s, slope)
        phi = math.sqrt(u * u + v * v)
        u /= math.sqrt(1.0 + slope * slope)
        x, y = u * up_x - v * up_y, u * up_y + v * up_x
    else:
        phi_w = bed[BED_WIND_K] * wind ** bed[BED_WIND_B]
        x, y = combine_horizontal(phi_w, period[P_TO_X], period[P_TO_Y], phi_s, up_x, up_y)
        phi = math.sqrt(x * x + y * y)
    if phi < LEAST_FACTOR:
        return bed[BED_R0], 0.0, 0.0, 1.0
    if period[P_LIMIT] > 0.0:
        phi = limit_factor(phi, bed[BED_WIND_K], bed[BED_WIND_B], bed[BED_LIMIT])
    _, e = shape(phi, bed[BED_WIND_K], bed[BED_WIND_B], period[P_CAP])
    length = math.sqrt(x * x + y * y)
    return bed[BED_R0] * (1.0 + phi), e, x / length, y / length


@njit(cache=True, error_model="numpy")
def cell_metric(bed: Any, period: Any, waf: float, gx: float, gy: float) -> Any:
    """Return (rho, wx, wy) in seconds per cell; rho is infinite where the cell carries no fire."""
    rate, e, hx, hy = head_fire(bed, period, waf, gx, gy)
    if rate < period[P_MIN_RATE] or rate <= 0.0:
        return math.inf, 0.0, 0.0
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
