"""Water on a forest fire: how much stops it, where a drop falls, how long ground stays wet.

The least depth of water that stops a flame and cools the fuel behind it is that of Van Wagner and Taylor 2022
(Theoretical amounts of water to put out forest fires, The Forestry Chronicle; equations 7b and 10b as in
AREAL-GT/embrs); real hoses and drops need a few times as much. Flames stand over a strip as deep as intensity over
2,000 kW/m2 (Hansen 2012, doi 10.1071/WF11022). Wet ground dries as open water does in the same air, by the
aerodynamic part of Penman's equation: sun and the fire's own heat are left out, and so is the shelter of trees, which
would keep it wet longer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from scenarios.forest_fire.ellipse import FLAME_EXPONENT, FLAME_M_PER_KW_M
from scenarios.forest_fire.fuels import FuelTable
from scenarios.forest_fire.units import KG_PER_LB, M_PER_FT

KJ_PER_KCAL = 4.184
QUENCH_MM = 3.84e-4
"""Water (mm) over the two-thirds power of intensity (kcal/m/s), to quench the flame."""
QUENCH_EXPONENT = 2.0 / 3.0
COOL_MM_PER_KG_M2 = 0.226
"""Water (mm) per dead fuel (kg/m2), to cool it."""
REACTION_KW_M2 = 2000.0
"""Intensity over depth of the flames (Hansen 2012)."""
WIND_CALM_MM_D, WIND_MM_D = 2.626, 1.381
"""Penman's 1948 wind function, mm a day and kPa: calm, and per m/s at 2 m (McMahon et al. 2013, memory)."""
AT_2_M = 4.87 / math.log(67.8 * 10.0 - 5.42)
"""Wind at 2 m over that at 10 m (FAO-56, equation 47)."""
HOURS_PER_DAY = 24.0


@register_jitable
def intensity_of_flame(flame_m: float) -> float:
    """Return the fireline intensity (kW/m) of a flame length (m), after Byram 1959."""
    return (flame_m / FLAME_M_PER_KW_M) ** (1.0 / FLAME_EXPONENT)


def dead_load_kg_m2(table: FuelTable) -> NDArray[np.float64]:
    """Return the dead fuel (kg/m2) of each row of a fuel table, shape (n,)."""
    return np.asarray(table.load_dead.sum(1) * KG_PER_LB / M_PER_FT**2)


@register_jitable
def depth_needed_mm(intensity_kw_m: float, load_kg_m2: float, waste_factor: float) -> float:
    """Return the depth of water (mm) on burning ground that puts a fire out, wasted water with it."""
    quench = QUENCH_MM * (intensity_kw_m / KJ_PER_KCAL) ** QUENCH_EXPONENT
    return waste_factor * (quench + COOL_MM_PER_KG_M2 * load_kg_m2)


@register_jitable
def litres_per_m(intensity_kw_m: float, load_kg_m2: float, waste_factor: float, strip_m: float) -> float:
    """Return the water (l) for a metre of edge: the depth needed, over the flames and a strip behind them."""
    return depth_needed_mm(intensity_kw_m, load_kg_m2, waste_factor) * (intensity_kw_m / REACTION_KW_M2 + strip_m)


def drying_mm_h(wind_mps: float, temperature_c: float, humidity_pct: float) -> float:
    """Return how fast wet ground dries (mm/h) in wind at 10 m, air temperature and humidity."""
    saturation_kpa = 0.6108 * math.exp(17.27 * temperature_c / (temperature_c + 237.3))  # FAO-56, equation 11
    deficit = saturation_kpa * (1.0 - humidity_pct / 100.0)
    return (WIND_CALM_MM_D + WIND_MM_D * AT_2_M * wind_mps) * deficit / HOURS_PER_DAY


@dataclass(frozen=True)
class Footprint:
    """The strip a bucket wets: its length and width (m) and the depth above the crowns (mm)."""

    length_m: float
    width_m: float
    depth_mm: float

    def on_ground_mm(self, canopy_cover: float, canopy_store_mm: float) -> float:
        """Return the depth (mm) that reaches the ground below crowns that cover so much of it."""
        return max(0.0, self.depth_mm - canopy_cover * canopy_store_mm)


def footprint(litres: float, length_m: float, width_m: float, lost_in_air: float) -> Footprint:
    """Return the strip of a drop: length x width x depth is what is not lost in the air. Even over the strip."""
    return Footprint(length_m, width_m, litres * (1.0 - lost_in_air) / (length_m * width_m))
