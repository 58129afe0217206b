"""Heat on people: radiation from the flame front, thermal dose, burns and death.

Flame: a vertical sheet as long as AS 3959 takes it, as high as the flame is long, radiating as a grey body
(AS 3959:2018, appendix B: 1090 K, emissivity 0.95, 100 m), seen from half its height; the air absorbs
nothing (water vapour takes 9 to 16 % at most: Frankman et al. 2008). Dose: q^(4/3) t while q is above what
ISO 13571 calls tolerable. Death: Eisenberg 1975 (as in the TNO Green Book and CCPS); second-degree burns:
TNO Green Book (CPR 16E). A share of houses burns when the front passes through their cell; the others
protect who is inside. Left out: smoke, convection, embers, clothing.

Where in its cell the front stands follows from the cell's arrival, direction and rate, so that flames of a
few metres are not smeared over a cell of sixty.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scenarios.forest_fire.ellipse import flame_length
from scenarios.forest_fire.metric import BED_HEAT, BED_RESIDENCE, front_normal, front_speed

FLAME_K = 1090.0
EMISSIVITY = 0.95
STEFAN_BOLTZMANN_KW = 5.670374419e-11
"""kW/m2/K4 (CODATA 2018)."""
EMISSIVE_POWER_KW_M2 = EMISSIVITY * STEFAN_BOLTZMANN_KW * FLAME_K**4
"""76 kW/m2."""
FLAME_WIDTH_M = 100.0
TOLERABLE_KW_M2 = 2.5
"""Radiant flux bearable for minutes (ISO 13571): below it no dose is counted and nobody is exposed."""
DOSE_EXPONENT = 4.0 / 3.0
DEATH_A, DEATH_B = -14.9, 2.56
"""Probit of death, dose in (kW/m2)^(4/3) s (Eisenberg et al. 1975)."""
BURN_A, BURN_B = -43.14, 3.0188
"""Probit of second-degree burns, dose in (W/m2)^(4/3) s (TNO Green Book)."""
W_DOSE_PER_KW_DOSE = 1000.0**DOSE_EXPONENT
STEP_S = 5.0
"""Longest step of the sum over time."""


class Measure(NamedTuple):
    """What is summed over time: (q - less)^exponent while q is at least the threshold, q in kW/m2.

    No flame is nearer than ``standoff_m``."""

    threshold: float
    less: float
    exponent: float
    standoff_m: float


SKIN = Measure(TOLERABLE_KW_M2, 0.0, DOSE_EXPONENT, 0.0)
"""What people receive."""


@njit(cache=True, error_model="numpy")
def view_factor(distance: float, length: float) -> float:
    """Return the configuration factor of the flame sheet seen square on from half its height, 0..1."""
    if length <= 0.0:
        return 0.0
    d = max(distance, 1e-3)
    x, y = 0.5 * length / d, 0.5 * FLAME_WIDTH_M / d
    sx, sy = math.sqrt(1.0 + x * x), math.sqrt(1.0 + y * y)
    return 2.0 / math.pi * (x / sx * math.atan(y / sx) + y / sy * math.atan(x / sy))


def danger_distance(length: float, flux: float = TOLERABLE_KW_M2) -> float:
    """Return how far (m) a flame of this length gives at least ``flux`` (kW/m2), by bisection."""
    low, high = 0.0, 1000.0
    if length <= 0.0:
        return 0.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        if view_factor(middle, length) * EMISSIVE_POWER_KW_M2 >= flux:
            low = middle
        else:
            high = middle
    return high


@njit(cache=True, error_model="numpy")
def doses(
    row: Any, col: Any, east: Any, north: Any, indoors: Any, safe_house: Any, t0: float, t1: float,
    reach_cells: int, cell_m: float, width: int, height: int, arrival: Any,
    done: Any, out: Any, step: Any, met: Any, stamp: Any, now: int, ground: Any, kind: Any, beds: Any,
    threshold: float, less: float, exponent: float, standoff: float, dose: Any, exposed: Any,
) -> None:
    """Add to ``dose`` what people receive over [t0, t1], from the strongest flame near them at each moment.

    What is summed is that of a :class:`Measure`.

    ``row``, ``col`` are window cells, ``east``, ``north`` metres from the cell's centre. Whoever is indoors
    receives nothing until the front has reached the centre of the cell they are in, and nothing at all in a
    safe house.
    """
    n_steps = max(1, math.ceil((t1 - t0) / STEP_S))
    dt = (t1 - t0) / n_steps
    half = 0.5 * cell_m
    flux = np.zeros(n_steps)
    for n in range(len(row)):
        flux[:] = 0.0
        touched = False
        for dr in range(-reach_cells, reach_cells + 1):
            r = row[n] + dr
            if r < 0 or r >= height:
                continue
            for dc in range(-reach_cells, reach_cells + 1):
                c = col[n] + dc
                if c < 0 or c >= width:
                    continue
                i = r * width + c
                if arrival[i] == math.inf or kind[i] < 0:
                    continue
                gx, gy = ground[i, 0], ground[i, 1]
                if done[i]:
                    rate, intensity = float(out[i, 0]), float(out[i, 1])
                    angle = math.radians(out[i, 2])
                    nx, ny = math.sin(angle), math.cos(angle)
                else:
                    if stamp[i] != now or (step[i, 0] == 0.0 and step[i, 1] == 0.0):
                        continue
                    nx, ny = front_normal(met[i, 0], met[i, 1], met[i, 2], gx, gy, step[i, 0], step[i, 1])
                    speed, _, _ = front_speed(met[i, 0], met[i, 1], met[i, 2], gx, gy, nx, ny)
                    rate = speed * cell_m
                    intensity = rate * beds[kind[i], BED_HEAT]
                if rate <= 0.0:
                    continue
                # the point of the cell nearest to the person, and how far it is
                px = min(max(east[n] - dc * cell_m, -half), half)
                py = min(max(north[n] + dr * cell_m, -half), half)
                ax, ay = east[n] - dc * cell_m - px, north[n] + dr * cell_m - py
                apart2 = ax * ax + ay * ay
                here = arrival[i] + (px * nx + py * ny) / rate
                length = flame_length(intensity)
                lasts = beds[kind[i], BED_RESIDENCE]
                for s in range(n_steps):
                    t = t0 + (s + 0.5) * dt
                    gap = max(here - t, t - here - lasts)
                    along = rate * gap if gap > 0.0 else 0.0
                    away = max(math.sqrt(apart2 + along * along), standoff)
                    q = EMISSIVE_POWER_KW_M2 * view_factor(away, length)
                    if q > flux[s]:
                        flux[s] = q
                        touched = touched or q >= threshold
        if not touched:
            continue
        home = row[n] * width + col[n]
        inside = 0 <= row[n] < height and 0 <= col[n] < width
        for s in range(n_steps):
            if flux[s] < threshold:
                continue
            t = t0 + (s + 0.5) * dt
            if indoors[n] and (safe_house[n] or not (inside and done[home] and arrival[home] <= t)):
                continue
            exposed[n] = True
            dose[n] += (flux[s] - less) ** exponent * dt


_NORMAL = NormalDist(5.0, 1.0)


def _probability(dose: NDArray[np.float32], a: float, b: float) -> NDArray[np.float32]:
    out = np.zeros(len(dose), np.float32)
    for n in np.flatnonzero(dose > 0):
        out[n] = _NORMAL.cdf(a + b * math.log(float(dose[n])))
    return out


def death_probability(dose: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probability of death of doses in (kW/m2)^(4/3) s."""
    return _probability(dose, DEATH_A, DEATH_B)


def injury_probability(dose: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probability of second-degree burns of doses in (kW/m2)^(4/3) s."""
    return _probability(dose, BURN_A + BURN_B * math.log(W_DOSE_PER_KW_DOSE), BURN_B)
