"""Dead fuel moisture: the equilibrium moisture content of fine fuel from temperature and humidity.

Simard 1968 (Forestry Branch, Ottawa, FF-X-14), as used in the US National Fire Danger Rating System (Cohen
and Deeming 1985, PSW-82). It is the equilibrium of wood in the shade: sun on the fuel, the time lag and the
night's dew are left out.
"""

from __future__ import annotations


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
