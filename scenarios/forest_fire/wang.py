"""Wang Zhengfei's rate of spread with Mao Xianmin's directions, as a second model beside Rothermel's.

R = R0 Ks Kw Kphi (王正非 1983, 1992) with the rates upslope, downslope, to the left, to the right and with the
wind of Mao Xianmin (毛贤敏 1993). Neither paper could be read; constants and forms are those used in public
Chinese codes, several of which agree. They were fitted in north-east China and the south-west; fuel moisture and
load play no part. Air humidity enters as (100 - h): codes that add h itself let fire speed up as air moistens.

Every one of Mao's forms is R0 Ks exp(q.d) for a direction d, with q the vector sum of wind (0.1783 v, where it
blows to) and slope (3.533 tan^1.2, upslope); only with the wind does Mao take the slope along the wind first. As
rates of a front at right angles to itself these give the ellipse: R0' e^Q ahead, R0' e^-Q behind, and between
them on the flank the root of their product, R0', which is Mao's. So the eccentricity is tanh Q and the length to
width cosh Q, exact in the four directions along and across q. Between them the ellipse is faster than the
exponential: by 22 % at 45 deg from the heading at Q = 1.78 (wind of 10 m/s).

Wind is that at 10 m in the open; rates are along the ground. Temperature, wind class and humidity of the hour
stand where the original has the day's highest temperature and noon's wind.
"""

from __future__ import annotations

import csv
import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from scenarios.forest_fire.fuels import FuelTable
from scenarios.forest_fire.rothermel import Beds, Moisture, beds, dynamic_load_transfer
from scenarios.forest_fire.units import KJ_M2_PER_BTU_FT2, S_PER_MIN

TABLE = Path(__file__).with_name("wang_fuels.csv")
R0_TEMPERATURE, R0_WIND, R0_DRYNESS, R0_CONSTANT = 0.03, 0.05, 0.01, 0.3
"""R0 (m/min) = 0.03 T + 0.05 W + 0.01 (100 - h) - 0.3: deg C, Beaufort class, % (as used in public code)."""
WIND_S_PER_M = 0.1783
"""Kw = exp(0.1783 v), v in m/s (as used in public code; Wang's table, 1.2 to 8.5, ends at 12 m/s)."""
SLOPE_FACTOR, SLOPE_EXPONENT = 3.533, 1.2
"""Kphi = exp(3.533 tan^1.2) (as used in public code; the same as the Canadian FBP System, ST-X-3, eq. 39)."""
STEEPEST = 0.70
"""Slope (rise/run) beyond which Kphi stays at exp(3.533 x 0.7^1.2) = 10: the cap of the FBP System (ST-X-3)."""
BEAUFORT_UP_TO_MPS = (0.25, 1.55, 3.35, 5.45, 7.95, 10.75, 13.85, 17.15, 20.75, 24.45, 28.45, 32.65)
"""Upper bounds of Beaufort classes 0 to 11, midway between the rounded ones of the WMO table."""
DEFAULT_KS = 1.0


@lru_cache(maxsize=1)
def standard_ks() -> dict[int, float]:
    """Return Ks by fuel model number, from ``wang_fuels.csv``."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return {int(row["number"]): float(row["ks"]) for row in csv.DictReader(stream)}


def beaufort(wind_mps: float) -> int:
    """Return the Beaufort class, 0..12, of a wind at 10 m."""
    return sum(wind_mps >= bound for bound in BEAUFORT_UP_TO_MPS)


def initial_rate(temperature_c: float, wind_mps: float, humidity_pct: float) -> float:
    """Return R0 in m/s, at least 0: from temperature, wind force and humidity."""
    rate = (R0_TEMPERATURE * temperature_c + R0_WIND * beaufort(wind_mps)
            + R0_DRYNESS * (100.0 - humidity_pct) - R0_CONSTANT)
    return max(rate, 0.0) / S_PER_MIN


@register_jitable
def exponent(wind_x: Any, wind_y: Any, gx: Any, gy: Any) -> Any:
    """Return the vector q (x, y): wind at 10 m (m/s, where it blows to) and gradient (rise/run) as exponents."""
    qx, qy = WIND_S_PER_M * wind_x, WIND_S_PER_M * wind_y
    slope = math.sqrt(gx * gx + gy * gy)
    if slope > 0.0:
        part = SLOPE_FACTOR * min(slope, STEEPEST) ** SLOPE_EXPONENT / slope
        qx += part * gx
        qy += part * gy
    return qx, qy


@register_jitable
def wang_head(r0: Any, wind_x: Any, wind_y: Any, gx: Any, gy: Any, cap: Any) -> Any:
    """Return heading rate (unit of r0 = R0 Ks, along the ground), eccentricity, unit heading (x, y on the map).

    ``cap`` bounds the length-to-width ratio (the heading rate stays).
    """
    qx, qy = exponent(wind_x, wind_y, gx, gy)
    q = math.sqrt(qx * qx + qy * qy)
    if q < 1e-12:
        return r0, 0.0, 0.0, 1.0
    ratio = min(math.cosh(q), cap)
    return r0 * math.exp(q), math.sqrt(ratio * ratio - 1.0) / ratio, qx / q, qy / q


def ks_of(table: FuelTable, given: dict[int, float] | None = None) -> NDArray[np.float64]:
    """Return Ks of each row of a fuel table (n,); 1 for models of one's own unless ``given`` by number."""
    ks = {**standard_ks(), **(given or {})}
    return np.array([ks.get(int(number), DEFAULT_KS) for number in table.number])


def consumed_heat(table: FuelTable, moisture: Moisture) -> NDArray[np.float64]:
    """Return the heat (kJ/m2) of the fuel the front consumes, (n,): 1-h, cured and live herbs, burned whole.

    Byram's w times H with load and heat content of the fuel model; that coarser fuel and shrubs burn behind
    the front is an assumption.
    """
    dead, live = dynamic_load_transfer(table, moisture.herb)
    fine_dead = dead[:, 0] + dead[:, 3]
    return (fine_dead * table.heat_dead + live[:, 0] * table.heat_live) * KJ_M2_PER_BTU_FT2


def wang_beds(
    table: FuelTable, moisture: Moisture, temperature_c: float, wind_mps: float, humidity_pct: float,
    ks: NDArray[np.float64],
) -> Beds:
    """Return the beds of every fuel model for Wang's model: ``r0`` is R0 Ks, the residence time Rothermel's.

    Wind and slope coefficients are unused (:func:`wang_head` has its own) and stay Rothermel's.
    """
    base = beds(table, moisture)
    rate = initial_rate(temperature_c, wind_mps, humidity_pct)
    return Beds(
        r0=np.where(table.burns, rate * ks, 0.0), reaction=base.reaction, heat=consumed_heat(table, moisture),
        residence_s=base.residence_s, wind_k=base.wind_k, wind_b=base.wind_b, slope_k=base.slope_k,
        wind_limit=base.wind_limit, sigma=base.sigma,
    )
