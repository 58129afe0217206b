"""Wind over terrain: stronger on windward slopes and crests, weaker in lee and hollows, turned along the contours.

The empirical factors of MicroMet (Liston and Elder 2006, doi 10.1175/JHM486.1), the deflection of Ryan 1977
(J. Appl. Meteorol. 16, 571), and slope winds that blow up by day and down by night. Each needs only the ground
at the cell: gradient and curvature. What it leaves out: channelling along valleys, valley winds, eddies and
separation in the lee, blocking and stability, gusts, the sea breeze. Plain functions of floats that kernels
compile in; ``curvature_layer`` is worked out once for a World.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

FULL_FACTOR_SLOPE = 1.0
"""Slope along the wind (rise/run) at which the slope term is full. MicroMet scales by the steepest slope of the
domain; a fixed slope makes a cell's wind independent of the map around it. GEOtop clips there too."""
LARGEST_TERM = 0.5
"""The slope and curvature terms run from minus to plus this (Liston and Elder 2006)."""
LEAST_FACTOR, MOST_FACTOR = 0.5, 1.5
"""The wind's factor never leaves this range (Liston and Elder 2006, with weights that sum to 1)."""
DEFLECTION_DEG = 22.5
"""Most degrees of turning: Ryan 1977, 0.225 deg a per cent of slope along the wind, at 100 % and 45 deg."""
STEEP = 0.36
"""Slope (rise/run; 20 deg) from which on slope winds have their full strength. Assumption."""
DIAGONAL = math.sqrt(2.0)


@register_jitable
def slope_term(to_x: Any, to_y: Any, gx: Any, gy: Any) -> Any:
    """Return MicroMet's Omega_s, -0.5..0.5: positive where the wind blows uphill (Liston and Elder 2006).

    ``to`` is the unit vector the wind blows to, ``g`` the ground's gradient (x east, y north, rise/run).
    """
    along = (to_x * gx + to_y * gy) / FULL_FACTOR_SLOPE
    return LARGEST_TERM * min(max(along, -1.0), 1.0)


@register_jitable
def speed_factor(slope: Any, curvature: Any, slope_weight: Any, curvature_weight: Any) -> Any:
    """Return the factor on wind speed, 0.5..1.5, from the slope and curvature terms."""
    return min(max(1.0 + slope_weight * slope + curvature_weight * curvature, LEAST_FACTOR), MOST_FACTOR)


@register_jitable
def deflection(to_x: Any, to_y: Any, gx: Any, gy: Any) -> Any:
    """Return by how much the wind turns, radians clockwise, towards the contour line (Ryan 1977).

    -0.225 S sin 2(A - W): S the slope along the wind in per cent (at most 100), A the aspect, W where the wind
    blows from; nothing straight up, down or along the slope.
    """
    steep2 = gx * gx + gy * gy
    if steep2 == 0.0:
        return 0.0
    along, across = to_x * gx + to_y * gy, gx * to_y - gy * to_x
    steep = min(abs(along), 1.0)
    return -math.radians(DEFLECTION_DEG) * steep * 2.0 * along * across / steep2


@register_jitable
def wind_over_terrain(
    wind_x: Any, wind_y: Any, gx: Any, gy: Any, curvature: Any, slope_weight: Any, curvature_weight: Any
) -> Any:
    """Return the wind vector (x, y) at a cell from that of the open, in the same unit.

    ``curvature`` is the cell's in :func:`curvature_layer`.
    """
    speed = math.sqrt(wind_x * wind_x + wind_y * wind_y)
    if speed == 0.0:
        return 0.0, 0.0
    x, y = wind_x / speed, wind_y / speed
    speed *= speed_factor(slope_term(x, y, gx, gy), curvature, slope_weight, curvature_weight)
    turn = deflection(x, y, gx, gy)
    cos, sin = math.cos(turn), math.sin(turn)
    return speed * (x * cos + y * sin), speed * (y * cos - x * sin)


@register_jitable
def slope_wind(strength: Any, gx: Any, gy: Any) -> Any:
    """Return the slope wind vector (x, y): ``strength`` up (or, negative, down) the slope, less on gentle ones.

    Speed goes with the root of the slope's sine, as in a flow driven by buoyancy against friction (Mahrt 1982,
    doi 10.1175/1520-0469(1982)039<2701:MBOGF>2.0.CO;2), full from STEEP on.
    """
    steep2 = gx * gx + gy * gy
    if strength == 0.0 or steep2 == 0.0:
        return 0.0, 0.0
    steep = math.sqrt(steep2)
    sine = steep / math.sqrt(1.0 + steep2)
    full = STEEP / math.sqrt(1.0 + STEEP * STEEP)
    speed = strength * math.sqrt(min(sine / full, 1.0))
    return speed * gx / steep, speed * gy / steep


def slope_wind_strength(hour: float, up: float, down: float, up_from_hour: float, up_to_hour: float) -> float:
    """Return the slope wind's strength at a clock hour: ``up`` at most by day, ``-down`` at most by night.

    A half sine each (assumption), zero at the two hours when it turns.
    """
    day = up_to_hour - up_from_hour
    since = (hour - up_from_hour) % 24.0
    if since < day:
        return up * math.sin(math.pi * since / day)
    return -down * math.sin(math.pi * (since - day) / (24.0 - day))


def curvature_layer(elevation_m: NDArray[np.floating], cell_m: float, length_m: float) -> NDArray[np.float32]:
    """Return MicroMet's Omega_c, -0.5 (hollow) to 0.5 (crest), shape (ny, nx) (Liston and Elder 2006).

    How far a cell lies above the mean of two opposite ones at ``length_m`` (about half the distance from ridge
    to ridge), as a slope, averaged over four directions and scaled by the largest on the map. Beyond the map
    the ground goes on as at its edge.
    """
    n = max(1, round(length_m / cell_m))
    z = np.pad(np.asarray(elevation_m, np.float32), n, mode="edge")
    ny, nx = elevation_m.shape
    middle = z[n:n + ny, n:n + nx]
    total = np.zeros((ny, nx), np.float32)
    for dr, dc, away in ((0, 1, 1.0), (1, 0, 1.0), (1, 1, DIAGONAL), (1, -1, DIAGONAL)):
        one = z[n + dr * n:n + dr * n + ny, n + dc * n:n + dc * n + nx]
        other = z[n - dr * n:n - dr * n + ny, n - dc * n:n - dc * n + nx]
        total += (middle - 0.5 * (one + other)) / np.float32(2.0 * away * n * cell_m)
    largest = float(np.abs(total).max(initial=0.0))
    return total * np.float32(LARGEST_TERM / largest) if largest > 0.0 else total
