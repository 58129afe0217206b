"""Embers: how many a burning cell throws, how far they fly, whether they light where they land, and when.

Numbers go with the heat a cell gives off (Perryman et al. 2013, as in pyretechnics), distances
are lognormal by fireline intensity and wind (Sardoy et al. 2008, Combustion and Flame 154, 478), ignition by
fine fuel moisture (Schroeder 1969), times of flight after Albini 1979 (INT-56). What it leaves out: embers' sizes,
wind that changes over their flight, terrain below their path, embers that light houses.

Every draw belongs to the cell that throws the ember (its index in the grid) and the ember's number, so that a plan
that changes what burns elsewhere changes none of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import poisson

from scenarios.forest_fire.crown import ACTIVE, PASSIVE
from scenarios.forest_fire.settings_spotting import Spotting
from scenarios.forest_fire.wind import TEN_M_OVER_20_FT
from sim.random import TO_UNIT, Stream

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

KJ_PER_GJ = 1e6
LEAST_WIND_MPS = 0.5
"""Below this wind embers fall where they rise; it keeps Sardoy's powers finite. Assumption."""
MW_PER_KW = 1e-3
AIR_KG_M3, AIR_KJ_KG_K, AIR_K, GRAVITY = 1.1, 1.0, 300.0, 9.81
"""Air in the length scale of Sardoy's Froude number, as in Trucchia et al. 2019 (doi 10.5194/gmd-12-69-2019)."""
DRAWS = 4
"""Draws an ember takes: distance, direction, ignition, one to spare."""
COUNT = 0
"""Number of the draw for a cell's count of embers; embers' own follow it."""


# -- how many ---------------------------------------------------------------------------------------------------------


def expected_brands(heat_kj_m2: Array, kind: NDArray[np.integer], intensity_kw_m: Array, area_m2: float,
                    settings: Spotting) -> Array:
    """Return the expected number of embers from cells of this area: heat per area, kind of fire, intensity."""
    crown = (kind == PASSIVE) | (kind == ACTIVE)
    surface = ~crown & (intensity_kw_m >= settings.surface_from_kw_m)
    per_gj = np.where(crown, settings.brands_per_gj_crown, np.where(surface, settings.brands_per_gj_surface, 0.0))
    return np.asarray(per_gj * heat_kj_m2 * area_m2 / KJ_PER_GJ, np.float64)


def draw_counts(expected: Array, cell: Ints, stream: Stream) -> Ints:
    """Return each cell's number of embers: a Poisson draw by inversion, keyed by the cell's index in the grid."""
    return np.asarray(poisson.ppf(stream.uniforms(cell, COUNT), expected)).clip(0).astype(np.int64)


# -- how far ----------------------------------------------------------------------------------------------------------


def froude(intensity_kw_m: Array, wind_mps: Array) -> Array:
    """Return Sardoy's Froude number U / sqrt(g L), L = (I / (rho c T sqrt g))^(2/3) the fire's length scale."""
    length = (intensity_kw_m / (AIR_KG_M3 * AIR_KJ_KG_K * AIR_K * math.sqrt(GRAVITY))) ** (2.0 / 3.0)
    return np.asarray(wind_mps / np.sqrt(GRAVITY * length), np.float64)


def sardoy(intensity_kw_m: Array, wind_mps: Array) -> tuple[Array, Array]:
    """Return (mu, sigma) of the log of distances in m (Sardoy et al. 2008): intensity in kW/m, wind in m/s.

    Above a Froude number of 1 the wind rules the plume, below it buoyancy does; the two forms do not meet there.
    """
    i, u = intensity_kw_m * MW_PER_KW, np.maximum(wind_mps, LEAST_WIND_MPS)
    blown = froude(intensity_kw_m, u) > 1.0
    mu = np.where(blown, 1.32 * i**0.26 * u**0.11 - 0.02, 1.47 * i**0.54 * u**-0.55 + 1.14)
    sigma = np.where(blown, 4.95 * i**-0.01 * u**-0.02 - 3.48, 0.86 * i**-0.21 * u**0.44 + 0.19)
    return mu, np.maximum(sigma, 0.0)


def power_law(intensity_kw_m: Array, wind_20ft_mps: Array, settings: Spotting) -> tuple[Array, Array]:
    """Return (mu, sigma) of the log of distances in m from pyretechnics' mean and variance."""
    mean = (settings.mean_m * intensity_kw_m**settings.intensity_exponent
            * np.maximum(wind_20ft_mps, LEAST_WIND_MPS) ** settings.wind_exponent)
    spread = np.log1p(settings.variance_m / mean)
    return np.log(mean) - 0.5 * spread, np.sqrt(spread)


def survival(distance_m: Array, decay_m: float) -> Array:
    """Return the share of embers that still burn after a flight (Perryman et al. 2013)."""
    return np.asarray(np.exp(-distance_m / decay_m), np.float64)


# -- whether and when -------------------------------------------------------------------------------------------------


def heat_of_preignition(temperature_c: Array | float, moisture: Array | float) -> Array:
    """Return Schroeder's heat of preignition (cal/g, eq. 10) of fine fuel: deg C, moisture as a share."""
    t, m = np.asarray(temperature_c, float), np.asarray(moisture, float)
    return 144.512 - 0.266 * t - 0.00058 * t * t - t * m + 18.54 * (1.0 - np.exp(-15.1 * m)) + 640.0 * m


def ignition_probability(temperature_c: Array | float, moisture: Array | float) -> Array:
    """Return the probability that an ember lights fine dead fuel (Schroeder 1969): deg C, moisture as a share."""
    x = np.maximum(400.0 - heat_of_preignition(temperature_c, moisture), 0.0) / 10.0
    return np.minimum(4.8e-5 * x**4.3 / 50.0, 1.0)


def rise_time_s(flame_m: Array) -> Array:
    """Return the time an ember takes to the top of its flight, s, from the flame's length (Albini 1979, eq. D43).

    For embers of 3 mm, which rise to 117 m (eq. D44); a longer flame lifts them sooner.
    """
    a, b, top_m = 5.963, 4.563, 117.0
    flame = np.maximum(flame_m, 0.1)
    scale = 2.0 * flame / (2.3 * np.sqrt(flame))
    return np.asarray(scale * (1.2 + a / 3.0 * (((b + top_m / flame) / a) ** 1.5 - 1.0)), np.float64)


# -- all of it --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Brands:
    """Embers in the order of their cells: arrays of shape (n,).

    ``source`` is the position of the cell it came from in the arrays given, ``row`` and ``col`` where it lands (it may
    be off the grid), ``time_s`` when the fire it lights would spread on its own, ``ignites`` whether it lights one.
    """

    source: Ints
    row: Ints
    col: Ints
    distance_m: Array
    time_s: Array
    ignites: NDArray[np.bool_]


Fuel = Callable[[Ints, Ints], tuple[NDArray[np.bool_], Array]]
"""Of rows and columns: whether the cell is on the grid, unburned and able to burn, and its 1-h moisture (share)."""


def cast(
    cell: Ints, nx: int, cell_m: float, arrival_s: Array, intensity_kw_m: Array, heat_kj_m2: Array, flame_m: Array,
    kind: NDArray[np.integer], wind_10m_mps: Array | float, wind_from_deg: Array | float, temperature_c: float,
    fuel: Fuel, settings: Spotting, stream: Stream,
) -> Brands:
    """Return the embers of cells (indices in the grid of ``nx`` columns) that burned as told, and what they light.

    Arrays are of shape (cells,); wind is that of the cells when they burned. Embers that land in a cell that throws
    them are left out.
    """
    counts = draw_counts(expected_brands(heat_kj_m2, kind, intensity_kw_m, cell_m**2, settings), cell, stream)
    source = np.repeat(np.arange(len(cell)), counts)
    number = np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts)
    entity, first = cell[source], 1 + DRAWS * number
    wind = np.broadcast_to(np.asarray(wind_10m_mps, float), (len(cell),))[source]
    from_deg = np.broadcast_to(np.asarray(wind_from_deg, float), (len(cell),))[source]
    intensity = np.maximum(intensity_kw_m[source], 1.0)
    if settings.distance == "sardoy":
        mu, sigma = sardoy(intensity, wind)
    else:
        mu, sigma = power_law(intensity, wind / TEN_M_OVER_20_FT, settings)
    away = np.exp(mu + sigma * _normal(stream, entity, first))
    bearing = np.radians(from_deg + 180.0 + settings.sideways_deg * _normal(stream, entity, first + 1))
    col = cell[source] % nx + np.rint(away * np.sin(bearing) / cell_m).astype(np.int64)
    row = cell[source] // nx - np.rint(away * np.cos(bearing) / cell_m).astype(np.int64)
    kept = (away <= settings.farthest_m) & ((row != cell[source] // nx) | (col != cell[source] % nx))
    source, row, col, away = source[kept], row[kept], col[kept], away[kept]
    able, moisture = fuel(row, col)
    chance = settings.receptive_share * ignition_probability(temperature_c, moisture)
    if settings.distance == "power_law":
        chance = chance * survival(away, settings.decay_m)
    lights = able & (stream.uniforms(cell[source], first[kept] + 2) < chance)
    flight = 2.0 * rise_time_s(flame_m[source])
    return Brands(source, row, col, away, arrival_s[source] + flight + settings.buildup, lights)


def _normal(stream: Stream, entity: Ints, k: Ints) -> Array:
    """Return standard normal draws by the inverse distribution function."""
    return np.asarray(ndtri(np.maximum(stream.uniforms(entity, k), TO_UNIT)), np.float64)
