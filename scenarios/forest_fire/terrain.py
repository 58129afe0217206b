"""From the World's layers to what the front runs over, and where a point's fire starts."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.fuels import FuelMap
from scenarios.forest_fire.settings import Canopy
from scenarios.forest_fire.spread import Ground, GroundSource
from scenarios.forest_fire.wind import wind_adjustment_factor
from sim.errors import InputError
from sim.world.world import World


def ground_source(world: World, canopy: Canopy, fuels: FuelMap | None = None) -> GroundSource:
    """Return the function that gives the ground of a rectangle of the world's grid."""
    fuels = FuelMap(world) if fuels is None else fuels
    depths, layers = fuels.table.depth_ft, world.layers

    def ground(r: slice, c: slice) -> Ground:
        kind = fuels.kind(r, c)
        slope = np.asarray(layers["slope"][r, c], np.float32)
        aspect = np.radians(np.asarray(layers["aspect_deg"][r, c], np.float32))
        factor = wind_adjustment_factor(
            depths[np.maximum(kind, 0)], np.asarray(layers["canopy_cover"][r, c]), canopy.height_m,
            canopy.crown_ratio,
        )
        # the aspect faces downhill, the gradient points uphill
        return Ground(kind, -slope * np.sin(aspect), -slope * np.cos(aspect),
                      factor.astype(np.float32))

    return ground


def nearest_burnable(
    world: World, x: float, y: float, search_m: float, where: str, barred: NDArray[np.bool_] | None = None,
    fuels: FuelMap | None = None,
) -> tuple[int, int, float]:
    """Return (row, col, distance in m) of the cell nearest to a point that can burn; ``barred`` (cells,) cannot.

    Raises InputError when the point is off the grid or nothing within ``search_m`` burns.
    """
    grid = world.grid
    if not grid.contains(x, y):
        raise InputError(
            "the ignition lies outside the county's grid", value=(round(x), round(y)), where=where,
            allowed=f"x {grid.x0_m:.0f} to {grid.x0_m + grid.nx * grid.cell_m:.0f} m, "
                    f"y {grid.y0_m - grid.ny * grid.cell_m:.0f} to {grid.y0_m:.0f} m",
            mend="choose a place of this county",
        )
    row, col = (int(v) for v in grid.row_col(x, y))
    half = math.ceil(search_m / grid.cell_m)
    top, left = max(row - half, 0), max(col - half, 0)
    r = slice(top, min(row + half + 1, grid.ny))
    c = slice(left, min(col + half + 1, grid.nx))
    burns = (FuelMap(world) if fuels is None else fuels).kind(r, c) >= 0
    if barred is not None and len(barred):
        burns &= ~barred.reshape(grid.shape)[r, c]
    dy, dx = np.mgrid[r, c]
    away = np.hypot(dy - row, dx - col) * grid.cell_m
    away[~burns | (away > search_m)] = np.inf
    best = int(np.argmin(away))
    if not np.isfinite(away.flat[best]):
        raise InputError(
            "the ignition lies where nothing burns (water, rock or built land)", value=(round(x), round(y)),
            where=where, allowed=f"a point with burnable fuel within {search_m:.0f} m",
            mend="move the ignition or raise search_m",
        )
    return top + best // away.shape[1], left + best % away.shape[1], float(away.flat[best])
