"""From the wind at 10 m to the wind at midflame height: the wind adjustment factor.

Albini and Baughman 1979 (INT-221) for fuel in the open and under trees; the tests for "sheltered" are those
of BEHAVE, which pyretechnics does not make.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scenarios.forest_fire.units import M_PER_FT

TEN_M_OVER_20_FT = 1.15
"""Wind at 10 m over wind at 20 ft above the vegetation (Turner and Lawson 1978; used by BEHAVE)."""
MIN_CROWN_FILL = 0.05
"""Below this share of crown volume, fuel counts as in the open (BEHAVE)."""
MIN_CANOPY_FT = 6.0
"""Below this canopy height, fuel counts as in the open (BEHAVE)."""


def unsheltered_factor(depth_ft: ArrayLike) -> NDArray[np.float64]:
    """Return the factor from 20-ft wind to midflame wind over a fuel bed of this depth (ft) in the open."""
    depth = np.asarray(depth_ft, float)
    return 1.83 / np.log((20.0 + 0.36 * depth) / (0.13 * depth))


def sheltered_factor(crown_fill: ArrayLike, canopy_height_ft: ArrayLike) -> NDArray[np.float64]:
    """Return the factor under a canopy whose crowns fill this share of the volume below its top."""
    fill, height = np.asarray(crown_fill, float), np.asarray(canopy_height_ft, float)
    return 0.555 / (np.sqrt(fill * height) * np.log((20.0 + 0.36 * height) / (0.13 * height)))


def wind_adjustment_factor(
    depth_ft: ArrayLike, canopy_cover: ArrayLike, canopy_height_m: float, crown_ratio: float
) -> NDArray[np.float64]:
    """Return the factor from 20-ft wind to midflame wind; canopy cover and crown ratio are shares."""
    fill = crown_ratio * np.asarray(canopy_cover, float) / 3.0
    height_ft = canopy_height_m / M_PER_FT
    sheltered = (fill >= MIN_CROWN_FILL) & (height_ft >= MIN_CANOPY_FT)
    safe = np.where(sheltered, fill, 1.0)
    return np.where(sheltered, sheltered_factor(safe, max(height_ft, 1.0)), unsheltered_factor(depth_ft))
