"""Real fires whose scar was mapped, simulated without tuning over the range of what is not known.

Each case of the folder (NAME.json beside NAME.npz, see docs/background/fire-validation.md) is run on the wind it has,
free-burning, and over a full factorial of moisture, wind speed and wind direction. Everything in this file was set
before any case was run: nothing of it may be changed because of what comes out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.console import say
from experiments.validate._fire_case import H_S, Case, read_cases
from scenarios.forest_fire.fuels import fuel_table
from scenarios.forest_fire.rothermel import Moisture, beds
from scenarios.forest_fire.spread import Front, Ground, GroundSource, Period, bed_columns, make_period
from scenarios.forest_fire.units import FT_MIN_PER_M_S, S_PER_MIN
from scenarios.forest_fire.wind import TEN_M_OVER_20_FT, wind_adjustment_factor

FOLDER = "fire"
Array = NDArray[np.float64]

MOISTURES = {
    "dry": Moisture(0.03, 0.04, 0.05, 0.30, 0.60),
    "middle": Moisture(0.06, 0.07, 0.08, 0.60, 0.90),
    "damp": Moisture(0.09, 0.10, 0.11, 0.90, 1.20),
}
"""D1L1, D2L2, D3L3 of Scott and Burgan 2005 (RMRS-GTR-153): no moisture was measured. Simard's equilibrium of 1-h fuel
is 4.5 to 10.5 % in air of 8 to 18 C and 20 to 55 % humidity, which dry spring weather in Belgium has (assumption)."""
SPEED_FACTORS = (0.7, 1.0, 1.3)
TURNS_DEG = (-20.0, 0.0, 20.0)
"""Wind at the fire against the one given: 30 % and 20 degrees (assumption; the given rows themselves differ by up to
16 % and 22 degrees from hour to hour)."""
UNDER_TREES = (161, 189)
"""Fuel model numbers, timber understory and timber litter, that lie below a canopy by definition (Scott and Burgan
2005); wind reaches them through it, all others in the open. The cases have no canopy."""
CANOPY_COVER, CANOPY_HEIGHT_M, CROWN_RATIO = 0.5, 15.0, 0.5
"""The canopy over these (assumption)."""
MAX_LENGTH_TO_WIDTH, MIN_RATE_M_MIN, HOLDS_FIRE_S, START_RADIUS_CELLS = 8.0, 0.005, 6 * H_S, 4
"""As a scenario has them by default."""
LONGEST_H = 24.0
"""How long a run goes on, at most, to reach the area that was mapped."""


@dataclass(frozen=True)
class Member:
    """One combination of what is not known."""

    moisture: str = "middle"
    speed_factor: float = 1.0
    turn_deg: float = 0.0


CENTRAL = Member()
ENSEMBLE = tuple(Member(*levels) for levels in product(MOISTURES, SPEED_FACTORS, TURNS_DEG))


@dataclass(frozen=True)
class Score:
    """What one run agrees with: Dice and area over the mapped one at the end, Dice of the first cells to burn as many
    as were mapped, hours until then (nan if never), hectares burned, whether the grid's edge was reached."""

    dice: float
    area_ratio: float
    shape_dice: float
    hours_to_mapped: float
    burned_ha: float
    at_edge: bool


def measure(folder: Path) -> dict[str, Any]:
    """Run every case of the folder centrally and over the ensemble; no bar: nothing is promised for real fires."""
    figures: dict[str, float | int | None] = {}
    notes: list[str] = []
    for case in read_cases(folder):
        say(f"{case.name}: {len(ENSEMBLE)} runs")
        scores = {member: score(case, arrivals(case, member)) for member in ENSEMBLE}
        figures.update(told(case, scores))
        notes += case.notes
        if any(one.at_edge for one in scores.values()):
            notes.append(f"{case.name}: the fire reaches the grid's edge in some runs, whose area is a lower bound.")
    notes.append("Free-burning: nobody fights it, no road, ditch or bare strip narrower than a cell stops it, no crown "
                 "fire, no spotting. Dice and area are those of cells whose centre lies within the mapped scar.")
    notes.append(f"Ensemble of {len(ENSEMBLE)}: moistures D1L1, D2L2, D3L3, wind speed times "
                 f"{', '.join(f'{f:g}' for f in SPEED_FACTORS)}, direction {', '.join(f'{t:+g}' for t in TURNS_DEG)} "
                 "degrees; set before any case was run. shape_dice: the first cells to burn, as many as were mapped, "
                 "against the scar (the area is given, the rest is not); disc_dice: a disc of that area around the "
                 "ignition, which takes no model.")
    return {"figures": figures, "bars": [], "notes": notes}


def told(case: Case, scores: dict[Member, Score]) -> dict[str, float | int | None]:
    """Return a case's figures: the central run's, then median and range over the ensemble."""
    area = case.grid.cell_m**2 / 1e4
    central = scores[CENTRAL]
    figures: dict[str, float | int | None] = {
        "dice": central.dice, "area_ratio": central.area_ratio, "shape_dice": central.shape_dice,
        "mapped_ha": float(np.count_nonzero(case.mapped)) * area, "simulated_ha": central.burned_ha,
        "disc_dice": dice(disc(case), case.mapped), "hours": case.hours,
        "hours_to_mapped": _finite(central.hours_to_mapped), "members": len(scores),
    }
    for key in ("dice", "area_ratio", "shape_dice"):
        values = np.array([getattr(one, key) for one in scores.values()])
        figures |= {f"{key}_median": float(np.median(values)), f"{key}_min": float(values.min()),
                    f"{key}_max": float(values.max())}
    times = np.array([one.hours_to_mapped for one in scores.values()])
    figures["reach_mapped_share"] = float(np.mean(np.isfinite(times)))
    return {f"{case.name}.{key}": value for key, value in figures.items()}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def ground_of(case: Case) -> GroundSource:
    """Return what the front runs over."""
    table = fuel_table()
    sheltered = (table.number >= UNDER_TREES[0]) & (table.number <= UNDER_TREES[1])
    factor = wind_adjustment_factor(table.depth_ft, np.where(sheltered, CANOPY_COVER, 0.0), CANOPY_HEIGHT_M,
                                    CROWN_RATIO).astype(np.float32)

    def ground(r: slice, c: slice) -> Ground:
        kind = case.kind[r, c]
        return Ground(kind, case.gradient_x[r, c], case.gradient_y[r, c], factor[np.maximum(kind, 0)])

    return ground


def period_of(case: Case, member: Member, wind_mps: float, from_deg: float) -> Period:
    """Return the weather of an hour as a member of the ensemble has it."""
    return make_period(
        bed_columns(beds(fuel_table(), MOISTURES[member.moisture])),
        wind_20ft_ft_min=wind_mps * member.speed_factor * FT_MIN_PER_M_S / TEN_M_OVER_20_FT,
        to_deg=from_deg + member.turn_deg + 180.0, slope_plane=False, wind_limit=False,
        max_length_to_width=MAX_LENGTH_TO_WIDTH, min_rate_mps=MIN_RATE_M_MIN / S_PER_MIN, cell_m=case.grid.cell_m,
    )


def arrivals(case: Case, member: Member) -> Array:
    """Return when each cell burns (h since ignition, (ny, nx); inf if never).

    The run goes to the end of the case, then on in its last wind until the mapped area has burned, at most a day.
    """
    first, *later = ((hour, period_of(case, member, speed, turn)) for hour, speed, turn in case.wind)
    front = Front(case.grid.ny, case.grid.nx, ground_of(case), first[1], HOLDS_FIRE_S)
    front.ignite(*case.ignition, 0.0, START_RADIUS_CELLS)
    for hour, period in later:
        front.advance(hour * H_S)
        front.set_period(period, hour * H_S)
    until_h = case.hours
    front.advance(until_h * H_S)
    mapped = np.count_nonzero(case.mapped)
    while len(front.burned) < mapped and until_h < LONGEST_H and math.isfinite(front.next_s()):
        until_h += 1.0
        front.advance(until_h * H_S)
    return front.paste(np.where(front.done != 0, front.arrival, np.inf), np.inf, "float64") / H_S


def score(case: Case, arrival_h: Array) -> Score:
    """Return how a run agrees with what was mapped."""
    mapped = case.mapped
    n = int(np.count_nonzero(mapped))
    burned = arrival_h <= case.hours
    order = np.argsort(arrival_h, axis=None, kind="stable")[:n]
    first = np.zeros(mapped.size, np.bool_)
    first[order[np.isfinite(arrival_h.flat[order])]] = True
    full = int(first.sum()) == n
    edge = np.concatenate([burned[0], burned[-1], burned[:, 0], burned[:, -1]])
    area = case.grid.cell_m**2 / 1e4
    return Score(
        dice(burned, mapped), float(np.count_nonzero(burned)) / n, dice(first.reshape(mapped.shape), mapped),
        float(arrival_h.flat[order[-1]]) if full else math.nan, float(np.count_nonzero(burned)) * area,
        bool(edge.any()),
    )


def disc(case: Case) -> NDArray[np.bool_]:
    """Return the cells nearest to the ignition, as many as were mapped: what shape_dice is with no model at all."""
    rows, cols = np.indices(case.mapped.shape)
    away = np.hypot(rows - case.ignition[0], cols - case.ignition[1])
    near = np.zeros(case.mapped.size, np.bool_)
    near[np.argsort(away, axis=None, kind="stable")[:np.count_nonzero(case.mapped)]] = True
    return near.reshape(case.mapped.shape)


def dice(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Return twice the intersection over the sum (Dice 1945); 0 where both are empty."""
    total = int(np.count_nonzero(a) + np.count_nonzero(b))
    return 2.0 * float(np.count_nonzero(a & b)) / total if total else 0.0
