"""The KPIs of one fire: areas, perimeter, line, flames, containment, villages."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.ellipse import flame_length
from scenarios.forest_fire.settings import ForestFireSettings
from scenarios.forest_fire.spread import Front
from sim.world.classes import FOREST
from sim.world.world import World

M2_PER_HA = 10_000.0
PERIMETER_PER_SIDE = math.pi / 4.0
"""Length of a curve over the cell sides its raster has, on average over directions (Crofton)."""


Partly = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]
"""Grid cells of barriers that burned in part, the share of each and the intensity (kW/m) beside it."""


def figures_of(
    front: Front, world: World, settings: ForestFireSettings, line_m: float, contained_h: float | None, partly: Partly,
) -> dict[str, float | None]:
    """Return the values of every KPI that a single run has."""
    burned = front.burned
    cell_m = world.grid.cell_m
    ha = cell_m**2 / M2_PER_HA
    _, share, forest, killed = burned_parts(front, world, settings, partly)
    intensity = front.out[burned, 1]
    sides = 0
    if len(burned):
        around = burned[:, None] + np.array([1, -front.width, -1, front.width])
        sides = int((front.done[around] == 0).sum())
    return {
        "fire.burned_ha": float(share.sum()) * ha,
        "fire.burned_forest_ha": float(forest.sum()) * ha,
        "fire.damaged_forest_ha": float((killed * forest).sum()) * ha,
        "fire.perimeter_km": sides * cell_m * PERIMETER_PER_SIDE / 1000.0,
        "fire.line_km": line_m / 1000.0,
        "fire.max_flame_m": float(flame_length(np.float64(intensity.max()))) if len(burned) else 0.0,
        "fire.contained_h": contained_h,
        "fire.villages_reached": float(villages_reached(front, world, settings.effects.village_reach_m)),
    }


def burned_parts(
    front: Front, world: World, settings: ForestFireSettings, partly: Partly
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return what burned, each of shape (n,): flat grid cells (whole ones first, in the order they burned), the share
    of each that burned, that share where it is forest and 0 elsewhere, and the share of its trees killed."""
    burned, damage = front.burned, settings.damage
    rows, cols = front.row_col(burned)
    cells = np.concatenate([rows * front.nx + cols, partly[0]])
    share = np.concatenate([np.ones(len(burned)), partly[1]])
    heat = np.concatenate([front.out[burned, 1], partly[2]])
    cover = np.asarray(world.layers["land_cover"]).ravel()[cells]
    killed = np.where(
        heat < damage.low_below_kw_m, damage.killed_low,
        np.where(heat <= damage.high_above_kw_m, damage.killed_middle, damage.killed_high),
    )
    return cells, share, share * np.isin(cover, [int(kind) for kind in FOREST]), killed


def villages_reached(front: Front, world: World, within_m: float) -> int:
    """Return how many villages have a burned cell within a distance of their centre."""
    villages = world.places.of_kind("village")
    if not len(front.burned) or not villages:
        return 0
    x, y = world.grid.centre(*front.row_col(front.burned))
    return sum(bool(((x - v.x) ** 2 + (y - v.y) ** 2).min() <= within_m**2) for v in villages)
