"""What a metre of line costs: by fuel, slope, tool, technique and night.

A crew's budget is in metres of line built directly in closed timber litter (fuel model 8) on the flat by
day. Elsewhere a metre costs the ratio of the rates in ``production.csv`` (metres an hour by fuel model,
each with its source), over the slope's factor (``line_slope.csv``), the night's and the tool's pace. Fuel
models beyond Anderson's thirteen are worked like one of them (``production_fuels.csv``).
"""

from __future__ import annotations

import csv
import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scenarios.forest_fire.fuels import fuel_table
from scenarios.forest_fire.tools import (
    PRODUCTIONS,
    T_FLAME,
    T_MAX_SLOPE,
    T_PACE,
    T_PRODUCTION,
    T_REACH,
    T_WATER,
)

HERE = Path(__file__).parent
CREW_CLASSES = ("type1", "type2")
TECHNIQUES = ("direct", "indirect")
DIRECT, INDIRECT = 0, 1
REFERENCE_FUEL = 8
"""Closed timber litter: a metre of line there, direct, on the flat, costs one metre of the budget."""
UNKNOWN_FUEL = 10
"""What fuel models without a row in ``production_fuels.csv`` are worked like. Assumption: slow."""


@lru_cache(maxsize=1)
def rates() -> dict[tuple[str, str, str, int], float]:
    """Return metres an hour (a person's, for dozers a machine's) by production, crew class, technique, fuel."""
    with (HERE / "production.csv").open(encoding="utf-8", newline="") as stream:
        return {(row["production"], row["crew_class"], row["technique"], int(row["fuel_model"])):
                float(row["m_per_h"]) for row in csv.DictReader(stream)}


@lru_cache(maxsize=1)
def worked_as() -> dict[int, int]:
    """Return which of Anderson's models each fuel model is worked like."""
    with (HERE / "production_fuels.csv").open(encoding="utf-8", newline="") as stream:
        return {int(row["number"]): int(row["worked_as"]) for row in csv.DictReader(stream)}


def rate_m_per_h(production: str, crew_class: str, technique: str, fuel: int) -> float:
    """Return metres an hour in a fuel model by its number."""
    table, like = rates(), worked_as().get(fuel, UNKNOWN_FUEL)
    key = (production, crew_class, technique, like)
    return table[key] if key in table else table[production, "", technique, like]


@lru_cache(maxsize=8)
def cost_table(crew_class: str, fuels: tuple[int, ...] | None = None) -> NDArray[np.float64]:
    """Return budget metres a metre of line takes on the flat by day, shape (productions x techniques, fuels).

    Row ``2 * production + technique``; columns are the rows of the fuel table or the fuel numbers given.
    """
    numbers = fuels or tuple(int(number) for number in fuel_table().number)
    out = np.ones((len(PRODUCTIONS) * len(TECHNIQUES), len(numbers)))
    for p, production in enumerate(PRODUCTIONS):
        reference = rate_m_per_h(production, crew_class, "direct", REFERENCE_FUEL)
        for q, technique in enumerate(TECHNIQUES):
            for n, number in enumerate(numbers):
                out[2 * p + q, n] = reference / rate_m_per_h(production, crew_class, technique, number)
    out.setflags(write=False)
    return out


@lru_cache(maxsize=1)
def slope_table() -> NDArray[np.float64]:
    """Return points of (slope, factor of each production), shape (n, 1 + productions), slopes rising."""
    with (HERE / "line_slope.csv").open(encoding="utf-8", newline="") as stream:
        rows = [[float(row["slope"]), *(float(row[name]) for name in PRODUCTIONS)]
                for row in csv.DictReader(stream)]
    out = np.array(rows)
    out.setflags(write=False)
    return out


@njit(cache=True, error_model="numpy")
def slope_factor(slopes: Any, production: int, slope: float) -> float:
    """Return the share of the flat's rate kept on a slope (rise over run), linear between points."""
    n = len(slopes)
    if slope <= slopes[0, 0]:
        return float(slopes[0, 1 + production])
    for k in range(1, n):
        if slope <= slopes[k, 0]:
            part = (slope - slopes[k - 1, 0]) / (slopes[k, 0] - slopes[k - 1, 0])
            return float((1.0 - part) * slopes[k - 1, 1 + production] + part * slopes[k, 1 + production])
    return float(slopes[n - 1, 1 + production])


@njit(cache=True, error_model="numpy")
def cell_cost(
    tool: Any, technique: int, kind: int, slope: float, road_m: float, rate_factor: float, costs: Any, slopes: Any,
) -> float:
    """Return budget metres that a metre of line takes a tool on a cell; infinite where it cannot be used."""
    if slope > tool[T_MAX_SLOPE] or road_m > tool[T_REACH]:
        return math.inf
    production = int(tool[T_PRODUCTION])
    if production < 0:
        return 1.0 / float(tool[T_PACE] * rate_factor)
    cost = costs[2 * production + technique, kind]
    return float(cost / (tool[T_PACE] * rate_factor * slope_factor(slopes, production, slope)))


@njit(cache=True, error_model="numpy")
def best_tool(
    tools: Any, technique: int, kind: int, slope: float, road_m: float, flame: float, flame_factor: float,
    rate_factor: float, costs: Any, slopes: Any, water: bool,
) -> Any:
    """Return (tool, cost) of the quickest tool for a flame on a cell; without ``water`` of those that need none.

    Without one: (-1, the longest flame of those that can be used there), 0 where none can.
    """
    best, cost, limit = -1, math.inf, 0.0
    for n in range(len(tools)):
        if tools[n, T_WATER] > 0.0 and not water:
            continue
        c = cell_cost(tools[n], technique, kind, slope, road_m, rate_factor, costs, slopes)
        if c == math.inf:
            continue
        can = tools[n, T_FLAME] * flame_factor
        limit = max(limit, can)
        if flame <= can and c < cost:
            best, cost = n, c
    if best < 0:
        return best, limit
    return best, cost
