"""Rothermel's surface fire spread model: one function a quantity, named as in the literature.

Rothermel 1972 (INT-115) with Albini's 1976 changes (INT-30), in the form and with the symbols of Andrews
2018 (RMRS-GTR-371), in the units the constants were fitted in (ft, min, lb, Btu). Every function takes
arrays: ``(n, 4)`` for dead classes, ``(n, 2)`` for live ones, ``(n,)`` for a bed. What it leaves out: crown
fire, spotting, the build-up of a new fire, fire-made wind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.fuels import FuelTable
from scenarios.forest_fire.units import (
    FT_MIN_PER_M_S,
    KJ_M2_PER_BTU_FT2,
    KW_M2_PER_BTU_FT2_MIN,
    M_S_PER_FT_MIN,
    S_PER_MIN,
)

Array = NDArray[np.float64]

RHO_P = 32.0
"""Ovendry particle density, lb/ft3 (Albini 1976)."""
S_T = 0.0555
"""Total mineral content, share (Rothermel 1972)."""
S_E = 0.010
"""Effective mineral content, share (Rothermel 1972)."""
SIZE_CLASS_PER_FT = np.array([1200.0, 192.0, 96.0, 48.0, 16.0])
"""Lower bounds of Albini's size classes of surface-area-to-volume ratio, ft2/ft3 (Albini 1976, p. 88)."""
CURED_BELOW, GREEN_ABOVE = 0.30, 1.20
"""Herb moisture at which all of it counts as dead, and none (Scott and Burgan 2005)."""
AT_EXTINCTION = 1.0 - 1e-12
"""Share of the moisture of extinction from which on nothing burns: at it but for rounding."""
CURING_A, CURING_B = 1.333, 1.11
"""Cured share of a dynamic model's herbs = 1.333 - 1.11 M (BehavePlus; Andrews 2018, p. 44)."""


def dynamic_load_transfer(table: FuelTable, m_herb: float) -> tuple[Array, Array]:
    """Return dead and live loads (n, 4), (n, 2) in lb/ft2 after cured herbs have moved to the dead."""
    if m_herb < CURED_BELOW:
        cured = 1.0
    elif m_herb <= GREEN_ABOVE:
        cured = CURING_A - CURING_B * m_herb
    else:
        cured = 0.0
    dead, live = table.load_dead.copy(), table.load_live.copy()
    moved = np.where(table.dynamic, live[:, 0] * cured, 0.0)
    dead[:, 3] += moved
    live[:, 0] -= moved
    return dead, live


def surface_area(load: Array, savr: Array) -> Array:
    """Return A_ij, surface area of each class per ground area (Rothermel eq. 53)."""
    return load * savr / RHO_P


def weights(area: Array) -> Array:
    """Return f_ij, each class's share of its category's surface (eq. 56); zero in an empty category."""
    total = area.sum(-1, keepdims=True)
    return np.divide(area, total, out=np.zeros_like(area), where=total > 0)


def size_class(savr: Array) -> NDArray[np.intp]:
    """Return Albini's size class 0..4 of a surface-area-to-volume ratio, 5 below the last."""
    return (savr[..., None] < SIZE_CLASS_PER_FT).sum(-1)


def net_load_weights(f: Array, savr: Array) -> Array:
    """Return g_ij: the sum of f_ij over the classes of the same size class (Albini 1976, p. 88)."""
    klass = size_class(savr)
    same = (klass[:, :, None] == klass[:, None, :]) & (klass[:, None, :] < len(SIZE_CLASS_PER_FT))
    return (same * f[:, None, :]).sum(-1)


def live_moisture_of_extinction(
    dead: Array, live: Array, savr_dead: Array, savr_live: Array, m_dead: Array, mx_dead: Array
) -> Array:
    """Return (M_x)_live (n,), at least that of the dead (Albini 1976, p. 89)."""
    fine_dead = dead * np.exp(-138.0 / savr_dead)
    fine_live = (live * np.exp(-500.0 / savr_live)).sum(1)
    total = fine_dead.sum(1)
    safe_total = np.where(total > 0, total, 1.0)
    m_fine = (fine_dead * m_dead).sum(1) / safe_total
    ratio = np.divide(total, fine_live, out=np.zeros_like(total), where=fine_live > 0)
    return np.maximum(2.9 * ratio * (1.0 - m_fine / mx_dead) - 0.226, mx_dead)


def moisture_damping(m: Array, mx: Array) -> Array:
    """Return eta_M (eq. 29); zero at and above the moisture of extinction."""
    r = np.minimum(m / mx, 1.0)
    return np.where(r >= AT_EXTINCTION, 0.0, 1.0 - 2.59 * r + 5.11 * r**2 - 3.52 * r**3)


def mineral_damping(s_e: float = S_E) -> float:
    """Return eta_s (eq. 30), at most 1."""
    return min(0.174 * s_e**-0.19, 1.0)


def optimum_packing_ratio(sigma: Array) -> Array:
    """Return beta_op (eq. 37)."""
    return 3.348 * sigma**-0.8189


def optimum_reaction_velocity(sigma: Array, beta_ratio: Array) -> Array:
    """Return Gamma' in 1/min (eqs. 36 and 38) with Albini's exponent A = 133 sigma^-0.7913."""
    s15 = sigma**1.5
    a = 133.0 * sigma**-0.7913
    return s15 / (495.0 + 0.0594 * s15) * beta_ratio**a * np.exp(a * (1.0 - beta_ratio))


def propagating_flux_ratio(sigma: Array, beta: Array) -> Array:
    """Return xi (eq. 42)."""
    return np.exp((0.792 + 0.681 * np.sqrt(sigma)) * (beta + 0.1)) / (192.0 + 0.2595 * sigma)


def heat_of_preignition(m: Array) -> Array:
    """Return Q_ig in Btu/lb (eq. 12)."""
    return 250.0 + 1116.0 * m


def effective_heating(savr: Array) -> Array:
    """Return epsilon (eq. 14)."""
    return np.exp(-138.0 / savr)


def residence_time(sigma: Array) -> Array:
    """Return the flaming residence time in min (Anderson 1969)."""
    return 384.0 / sigma


def wind_coefficients(sigma: Array, beta_ratio: Array) -> tuple[Array, Array]:
    """Return (K, B) of phi_w = K U^B, U in ft/min at midflame height (eqs. 47 to 50)."""
    b = 0.02526 * sigma**0.54
    c = 7.47 * np.exp(-0.133 * sigma**0.55)
    e = 0.715 * np.exp(-3.59e-4 * sigma)
    return c * beta_ratio**-e, b


def slope_coefficient(beta: Array) -> Array:
    """Return the factor of tan^2(slope) in phi_s (eq. 51)."""
    return 5.275 * beta**-0.3


@dataclass(frozen=True)
class Moisture:
    """Fuel moistures as shares of dry weight."""

    m1: float
    m10: float
    m100: float
    herb: float
    woody: float


@dataclass(frozen=True)
class Beds:
    """What a fuel model is at one moisture, arrays of shape (n,); a bed without load spreads at zero.

    ``r0`` no-wind no-slope rate of spread in m/s, ``reaction`` reaction intensity in kW/m2, ``heat`` heat per
    unit area in kJ/m2, ``residence_s``; phi_w = wind_k (U in ft/min)^wind_b, phi_s = slope_k tan^2;
    ``wind_limit`` in ft/min (Rothermel's 0.9 I_R).
    """

    r0: Array
    reaction: Array
    heat: Array
    residence_s: Array
    wind_k: Array
    wind_b: Array
    slope_k: Array
    wind_limit: Array
    sigma: Array


def beds(table: FuelTable, moisture: Moisture) -> Beds:
    """Return the beds of every model of the table at these moistures (Andrews 2018, table 5)."""
    dead, live = dynamic_load_transfer(table, moisture.herb)
    m_dead = np.array([moisture.m1, moisture.m10, moisture.m100, moisture.m1])
    m_live = np.array([moisture.herb, moisture.woody])

    area_dead, area_live = surface_area(dead, table.savr_dead), surface_area(live, table.savr_live)
    f_dead, f_live = weights(area_dead), weights(area_live)
    total = area_dead.sum(1) + area_live.sum(1)
    burns = total > 0
    safe = np.where(burns, total, 1.0)
    share_dead = area_dead.sum(1) / safe
    share_live = area_live.sum(1) / safe

    net_dead = (net_load_weights(f_dead, table.savr_dead) * dead).sum(1) * (1.0 - S_T)
    net_live = (net_load_weights(f_live, table.savr_live) * live).sum(1) * (1.0 - S_T)
    sigma = share_dead * (f_dead * table.savr_dead).sum(1) + share_live * (f_live * table.savr_live).sum(1)
    sigma = np.where(burns, sigma, 1500.0)  # any positive value: a bed without load never spreads
    load = dead.sum(1) + live.sum(1)
    bulk_density = load / table.depth_ft
    beta = np.where(burns, bulk_density / RHO_P, 1e-3)
    beta_ratio = beta / optimum_packing_ratio(sigma)

    mx_live = live_moisture_of_extinction(dead, live, table.savr_dead, table.savr_live, m_dead, table.mx_dead)
    eta_dead = moisture_damping((f_dead * m_dead).sum(1), table.mx_dead)
    eta_live = moisture_damping((f_live * m_live).sum(1), mx_live)
    reaction = optimum_reaction_velocity(sigma, beta_ratio) * mineral_damping() * (
        net_dead * table.heat_dead * eta_dead + net_live * table.heat_live * eta_live
    )
    heat_sink = bulk_density * (
        share_dead * (f_dead * heat_of_preignition(m_dead) * effective_heating(table.savr_dead)).sum(1)
        + share_live * (f_live * heat_of_preignition(m_live) * effective_heating(table.savr_live)).sum(1)
    )
    reaction = np.where(burns, reaction, 0.0)
    r0 = np.where(
        burns, reaction * propagating_flux_ratio(sigma, beta) / np.where(burns, heat_sink, 1.0), 0.0
    )
    wind_k, wind_b = wind_coefficients(sigma, beta_ratio)
    residence = residence_time(sigma)
    return Beds(
        r0=r0 * M_S_PER_FT_MIN,
        reaction=reaction * KW_M2_PER_BTU_FT2_MIN,
        heat=reaction * residence * KJ_M2_PER_BTU_FT2,
        residence_s=residence * S_PER_MIN,
        wind_k=wind_k,
        wind_b=wind_b,
        slope_k=slope_coefficient(beta),
        wind_limit=0.9 * reaction,
        sigma=sigma,
    )


def wind_factor(bed: Beds, midflame_mps: Array | float) -> Array:
    """Return phi_w (n,) for a midflame wind in m/s (eq. 47)."""
    return bed.wind_k * (np.asarray(midflame_mps) * FT_MIN_PER_M_S) ** bed.wind_b


def slope_factor(bed: Beds, slope: Array | float) -> Array:
    """Return phi_s (n,) for a slope in rise/run (eq. 51)."""
    return bed.slope_k * np.asarray(slope) ** 2
