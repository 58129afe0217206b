"""The elliptical fire: effective wind, length-to-width ratio, directional rates, intensity, flame length.

Small functions of floats or arrays; inside Numba kernels the same functions are compiled in. Sources stand
at each; the ellipse with the ignition at its rear focus is that of Andrews 2018 and Catchpole et al. 1982.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable

from scenarios.forest_fire.units import KW_M_PER_BTU_FT_S, M_PER_FT, MPH_PER_FT_MIN

MAX_LENGTH_TO_WIDTH = 8.0
"""Where BEHAVE caps the length-to-width ratio."""
FLAME_M_PER_KW_M = 0.45 * M_PER_FT / KW_M_PER_BTU_FT_S**0.46
"""0.0775: Byram's 0.45 I^0.46 (ft, Btu/ft/s) in m and kW/m."""
FLAME_EXPONENT = 0.46
"""Byram 1959, Albini 1976."""


@register_jitable
def effective_wind_ft_min(phi: Any, wind_k: Any, wind_b: Any) -> Any:
    """Return the wind (ft/min) that alone would give the combined factor phi (Andrews 2018, eq. 87)."""
    return (phi / wind_k) ** (1.0 / wind_b)


@register_jitable
def length_to_width(effective_mph: Any, cap: Any = MAX_LENGTH_TO_WIDTH) -> Any:
    """Return the length-to-width ratio of a surface fire, 1..cap (Anderson 1983, in BEHAVE's form)."""
    ratio = 0.936 * np.exp(0.1147 * effective_mph) + 0.461 * np.exp(-0.0692 * effective_mph) - 0.397
    return np.minimum(np.maximum(ratio, 1.0), cap)


@register_jitable
def eccentricity(ratio: Any) -> Any:
    """Return the eccentricity of an ellipse of this length-to-width ratio."""
    return np.sqrt(ratio * ratio - 1.0) / ratio


@register_jitable
def rate_from_ignition(head: Any, e: Any, cos_theta: Any) -> Any:
    """Return the rate along a ray from the ignition at angle theta from the heading (Albini 1976)."""
    return head * (1.0 - e) / (1.0 - e * cos_theta)


@register_jitable
def backing_rate(head: Any, e: Any) -> Any:
    """Return the rate against the heading direction."""
    return head * (1.0 - e) / (1.0 + e)


@register_jitable
def flanking_rate(head: Any, e: Any, ratio: Any) -> Any:
    """Return the rate of the widest point of the flank, half the width per time."""
    return (head + backing_rate(head, e)) / (2.0 * ratio)


@register_jitable
def fireline_intensity(heat: Any, rate: Any) -> Any:
    """Return Byram's fireline intensity, kW/m, from heat per unit area (kJ/m2) and rate of spread (m/s)."""
    return heat * rate


@register_jitable
def flame_length(intensity: Any) -> Any:
    """Return the flame length in m from the fireline intensity in kW/m (Byram 1959, Albini 1976)."""
    return FLAME_M_PER_KW_M * intensity**FLAME_EXPONENT


@register_jitable
def combine_horizontal(phi_w: Any, wind_x: Any, wind_y: Any, phi_s: Any, up_x: Any, up_y: Any) -> Any:
    """Return the vector (x, y) of wind and slope factors added on the map, as BEHAVE does.

    ``wind`` and ``up`` are unit vectors: where the wind blows to, and upslope.
    """
    return phi_w * wind_x + phi_s * up_x, phi_w * wind_y + phi_s * up_y


@register_jitable
def combine_slope_plane(
    wind_k: Any, wind_b: Any, wind_ft_min: Any, along: Any, across: Any, phi_s: Any, slope: Any
) -> Any:
    """Return (upslope, cross) parts in the slope plane of the factors added there, as pyretechnics does.

    The horizontal wind is lifted onto the plane, so that its upslope part grows by sqrt(1 + slope^2).
    ``along`` and ``across`` are the cosine and sine of the wind's direction from upslope, on the map.
    """
    lift = np.sqrt(1.0 + slope * slope)
    u, v = along * lift, across
    stretch = np.sqrt(u * u + v * v)
    phi_w = wind_k * (wind_ft_min * stretch) ** wind_b
    return phi_w * u / stretch + phi_s, phi_w * v / stretch


@register_jitable
def shape(phi: Any, wind_k: Any, wind_b: Any, cap: Any = MAX_LENGTH_TO_WIDTH) -> Any:
    """Return (length-to-width ratio, eccentricity) of the fire whose combined factor is phi."""
    ratio = length_to_width(effective_wind_ft_min(phi, wind_k, wind_b) * MPH_PER_FT_MIN, cap)
    return ratio, eccentricity(ratio)


@register_jitable
def limit_factor(phi: Any, wind_k: Any, wind_b: Any, wind_limit_ft_min: Any) -> Any:
    """Return phi capped where its effective wind passes Rothermel's limit of 0.9 I_R."""
    return np.minimum(phi, wind_k * wind_limit_ft_min**wind_b)
