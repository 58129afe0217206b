"""What a fire reached: cells, villages, houses, and the loss in each village."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.season.ground import M2_PER_HA, Territory
from scenarios.forest_fire.figures import burned_parts
from scenarios.forest_fire.hazard import ForestFire
from scenarios.forest_fire.settings_season import Losses


@dataclass
class Reached:
    """A fire's burned cells (flat), and by village (rows of the territory): reached, damaged forest, houses, loss."""

    cells: NDArray[np.int32]
    villages: NDArray[np.int32]
    """Villages with a loss or a burned cell near their centre, ascending; the arrays below go with it."""
    near: NDArray[np.bool_]
    """Whether a burned cell lies near the village's centre."""
    damaged_ha: NDArray[np.float64]
    houses: NDArray[np.float64]
    """Houses lost, as expected: the share that burns of those in burned cells."""
    loss_yuan: NDArray[np.float64]
    forest_ha: float
    """Burned forest of the county."""


def reached_by(fire: ForestFire, territory: Territory, losses: Losses) -> Reached:
    """Return what a fire has reached so far."""
    front, grid = fire.front, fire.grid
    row, col = front.row_col(front.burned)
    cells = (row * grid.nx + col).astype(np.int32)
    count = len(territory.villages)
    damaged, houses = np.zeros(count), np.zeros(count)
    forest_ha, ha = 0.0, grid.cell_m**2 / M2_PER_HA
    if len(cells):
        parts, _, forest, killed = burned_parts(front, fire.world, fire.settings, fire.barriers.partly_burned())
        own = forest * territory.inside[parts]
        forest_ha = float(own.sum()) * ha
        whose = territory.village_of[parts]
        damaged += np.bincount(whose[whose >= 0], (own * killed * ha)[whose >= 0], minlength=count)
        village = territory.village_of[cells]
        # expected, not drawn: over a season's fires a share of each village's houses says as much
        burn = territory.houses[cells] * fire.settings.effects.house_burns
        houses += np.bincount(village[village >= 0], burn[village >= 0], minlength=count)
    near = _near(fire, territory, cells)
    loss = damaged * losses.forest_yuan_per_ha + houses * losses.house_yuan
    which = np.flatnonzero(near | (damaged > 0.0) | (houses > 0.0))
    return Reached(cells, which.astype(np.int32), near[which], damaged[which], houses[which], loss[which], forest_ha)


def _near(fire: ForestFire, territory: Territory, cells: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which villages have a burned cell near their centre, (villages,)."""
    from scipy.spatial import cKDTree

    if not len(cells) or not len(territory.villages):
        return np.zeros(len(territory.villages), np.bool_)
    tree = cKDTree(np.stack(fire.centres(fire.front.burned), 1))
    reach = fire.settings.effects.village_reach_m
    away, _ = tree.query(territory.xy, distance_upper_bound=reach * (1.0 + 1e-12) + 1e-9)
    return np.asarray(away <= reach)
