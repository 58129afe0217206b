"""What a season's fires run over and what they can reach: the World at a coarser cell, villages, houses."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.world.classes import FOREST
from sim.world.grid import Grid
from sim.world.store import open_world
from sim.world.world import Roads, World

M2_PER_HA = 10_000.0


def coarsened(world: World, times: int) -> World:
    """Return the World on cells ``times`` as large; roads keep their network, their cells are the coarse ones.

    Cover and fuel are the commonest pair within the cell (the first of those equal), heights and crown cover
    are means, slope and aspect those of the mean gradient. Cells past the old grid's edge are outside.
    """
    if times == 1:
        return world
    old = world.grid
    ny, nx = -(-old.ny // times), -(-old.nx // times)
    grid = Grid(old.x0_m, old.y0_m, old.cell_m * times, ny, nx)

    def blocks(layer: NDArray[Any], mode: Any = "edge") -> NDArray[Any]:
        beyond = ((0, ny * times - old.ny), (0, nx * times - old.nx))
        wide = np.pad(np.asarray(layer), beyond, mode=mode)
        return wide.reshape(ny, times, nx, times).transpose(0, 2, 1, 3).reshape(ny, nx, times * times)

    cover, fuel = blocks(world.layers["land_cover"]), blocks(world.layers["fuel"])
    first = _commonest(fuel.astype(np.int32) * 256 + cover)

    def chosen(layer: NDArray[Any], mode: Any = "edge") -> NDArray[Any]:
        return np.take_along_axis(blocks(layer, mode), first[..., None], 2)[..., 0]

    slope, aspect = blocks(world.layers["slope"]), np.radians(blocks(world.layers["aspect_deg"]))
    east, north = (slope * np.sin(aspect)).mean(2), (slope * np.cos(aspect)).mean(2)
    layers = {name: chosen(layer, "constant" if name == "inside" else "edge") for name, layer in world.layers.items()}
    layers["slope"] = np.hypot(east, north).astype(np.float32)
    layers["aspect_deg"] = (np.degrees(np.arctan2(east, north)) % 360.0).astype(np.float32)
    for name in ("elevation_m", "canopy_cover"):
        layers[name] = blocks(world.layers[name]).mean(2).astype(np.float32)
    return replace(world, grid=grid, layers=layers, roads=_roads(world.roads, old, grid, times))


def _commonest(codes: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return the place in each block, (ny, nx, n), of the first cell that has the commonest code."""
    alike = np.zeros(codes.shape, np.int16)
    for n in range(codes.shape[2]):
        alike += codes == codes[..., n:n + 1]
    return alike.argmax(2)


def _roads(roads: Roads, old: Grid, grid: Grid, times: int) -> Roads:
    """Return the roads with the coarse cells that each link passes through, in order, none twice in a row."""
    cell = np.asarray(roads.cell)
    coarse = (cell // old.nx // times) * grid.nx + cell % old.nx // times
    link = np.repeat(np.arange(roads.link_count), np.asarray(np.diff(roads.cell_start), np.intp))
    keep = np.ones(len(cell), np.bool_)
    keep[1:] = (coarse[1:] != coarse[:-1]) | (link[1:] != link[:-1])
    start = np.concatenate([[0], np.cumsum(np.bincount(link[keep], minlength=roads.link_count))])
    return replace(roads, cell=coarse[keep].astype(np.int32), cell_start=start.astype(np.int32))


class Territory:
    """Villages, whose ground is whose, and where houses stand, on a World's grid.

    A cell inside the county belongs to the village whose centre is nearest.
    """

    def __init__(self, world: World) -> None:
        from scipy.spatial import cKDTree

        grid = world.grid
        self.villages = world.places.of_kind("village")
        self.xy = np.array([(v.x, v.y) for v in self.villages]).reshape(-1, 2)
        inside = np.asarray(world.layers["inside"])
        self.inside = inside.ravel()
        """Of every flat cell: whether it belongs to the county."""
        self.village_of = np.full(grid.ny * grid.nx, -1, np.int32)
        """Of every flat cell: the row of its village in ``villages``, -1 outside the county."""
        flat = np.flatnonzero(inside)
        if len(self.villages) and len(flat):
            centres = np.stack(grid.centre(flat // grid.nx, flat % grid.nx), 1)
            self.village_of[flat] = cKDTree(self.xy).query(centres)[1]
        first = np.asarray(world.households["first"])
        row, col = grid.row_col(np.asarray(world.persons["home_x"])[first], np.asarray(world.persons["home_y"])[first])
        self.houses = np.bincount(row * grid.nx + col, minlength=grid.ny * grid.nx)
        """Of every flat cell: households that live in it; a household is a house."""
        forest = np.isin(np.asarray(world.layers["land_cover"]), [int(kind) for kind in FOREST])
        self.forest_ha = float((forest & inside).sum()) * grid.cell_m**2 / M2_PER_HA
        """Forest of the county."""


@lru_cache(maxsize=2)
def world_at(folder: str, times: int) -> World:
    """Return the World in a folder on cells ``times`` as large; kept, so that a worker makes it once."""
    return coarsened(open_world(Path(folder)), times)


@lru_cache(maxsize=2)
def territory_at(folder: str, times: int) -> Territory:
    """Return the territory of :func:`world_at`."""
    return Territory(world_at(folder, times))
