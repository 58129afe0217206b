"""Where water runs: streams and the divides between their catchments, from the World's elevation.

Each cell drains to the neighbour from which rising water would first reach it (priority flood from the grid's edge
and from lakes and sea: Barnes, Lehman and Mulla 2014, doi 10.1016/j.cageo.2013.04.024, with the flow directions of
GRASS's least-cost search), so that hollows and flats need no care of their own. Ties go to the lower cell number:
the same World gives the same streams and divides. The World's relief is synthetic, and so are they. Lakes and sea
take water in and let none out.
"""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scenarios.forest_fire.heap import drop_top, push
from sim.world.classes import LandCover
from sim.world.world import World

NOWHERE = -1
"""Receiver of a cell whose water leaves the grid or stays in a lake."""
CROFTON = math.pi / 4.0
"""Length of a curve over the cell sides it is drawn with, on average over directions."""
M2_PER_KM2 = 1e6
RISE_PER_STEP_M = 1e-4
"""Water rises by this from cell to cell at least (the epsilon variant of Barnes et al.), so that it fills flats and
hollows outwards from where they drain."""


@dataclass(frozen=True)
class Drainage:
    """Of every cell, flat (row * nx + col): the cell it drains to, cells drained through it (itself too), and all
    cells in the order that rising water reaches them, receivers before what drains to them."""

    receiver: NDArray[np.int32]
    drained: NDArray[np.int32]
    order: NDArray[np.int32]


@njit(cache=True, error_model="numpy")
def flood(height: Any, sink: Any, nx: int, receiver: Any, order: Any, heap_t: Any, heap_i: Any) -> None:
    """Let water rise from the grid's edge and the sinks; fill ``receiver`` and ``order``, arrays of shape (cells,)."""
    n = len(height)
    ny = n // nx
    st = np.zeros(1, np.int64)
    seen = np.zeros(n, np.uint8)
    for c in range(n):
        row, col = c // nx, c % nx
        if sink[c] or row == 0 or col == 0 or row == ny - 1 or col == nx - 1:
            receiver[c] = NOWHERE
            seen[c] = 1
            push(heap_t, heap_i, st, height[c], c)
    k = 0
    while st[0] > 0:
        level, c = heap_t[0], heap_i[0]
        drop_top(heap_t, heap_i, st)
        order[k] = c
        k += 1
        row, col = c // nx, c % nx
        for dr in range(-1, 2):
            for dc in range(-1, 2):
                r, q = row + dr, col + dc
                if r < 0 or q < 0 or r >= ny or q >= nx:
                    continue
                x = r * nx + q
                if not seen[x]:
                    seen[x] = 1
                    receiver[x] = c
                    push(heap_t, heap_i, st, max(height[x], level + RISE_PER_STEP_M), x)


@njit(cache=True, error_model="numpy")
def accumulate(receiver: Any, order: Any, drained: Any) -> None:
    """Count the cells that drain through each cell, itself included."""
    for k in range(len(order) - 1, -1, -1):
        c = order[k]
        drained[c] += 1
        if receiver[c] != NOWHERE:
            drained[receiver[c]] += drained[c]


@njit(cache=True, error_model="numpy")
def catchments(receiver: Any, drained: Any, order: Any, least: int, into: Any, inflows: Any) -> int:
    """Number the catchments of stream reaches that drain at least so many cells, from 1; 0 is what drains straight
    into lakes or off the grid. Reaches begin where streams meet. Returns how many there are."""
    inflows[:] = 0
    for k in range(len(order)):
        c = order[k]
        if drained[c] >= least and receiver[c] != NOWHERE:
            inflows[receiver[c]] += 1
    count = 0
    for k in range(len(order)):
        c = order[k]
        r = receiver[c]
        stream = drained[c] >= least
        if stream and (r == NOWHERE or inflows[r] > 1 or drained[r] < least):
            count += 1
            into[c] = count
        else:
            into[c] = 0 if r == NOWHERE else into[r]
    return count


_KNOWN: dict[int, tuple[weakref.ref[World], Drainage]] = {}


def drainage_of(world: World) -> Drainage:
    """Return the drainage of a World, worked out once for each World in memory."""
    known = _KNOWN.get(id(world))
    if known is not None and known[0]() is world:
        return known[1]
    cover = np.asarray(world.layers["land_cover"]).ravel()
    sink = np.isin(cover, (int(LandCover.WATER), int(LandCover.SEA)))
    height = np.asarray(world.layers["elevation_m"], np.float64).ravel()
    n = len(height)
    receiver, order, drained = np.empty(n, np.int32), np.empty(n, np.int32), np.zeros(n, np.int32)
    flood(height, sink, world.grid.nx, receiver, order, np.empty(n), np.empty(n, np.int64))
    accumulate(receiver, order, drained)
    found = Drainage(receiver, drained, order)
    key = id(world)

    def forget(_: object) -> None:
        _KNOWN.pop(key, None)

    _KNOWN[key] = (weakref.ref(world, forget), found)
    return found


def catchments_of(world: World, least_km2: float) -> NDArray[np.int32]:
    """Return the number of the catchment each cell lies in, shape (cells,); see :func:`catchments`."""
    flow = drainage_of(world)
    into = np.zeros(len(flow.receiver), np.int32)
    least = max(1, math.ceil(least_km2 * M2_PER_KM2 / world.grid.cell_m**2))
    catchments(flow.receiver, flow.drained, flow.order, least, into, np.zeros(len(into), np.int32))
    return into


def neighbour_views(
    grid: NDArray[Any], dr: int, dc: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return two views of a raster (ny, nx): cells that have a neighbour ``dr`` rows down and ``dc`` columns on, and
    those neighbours."""
    ny, nx = grid.shape
    return grid[:ny - dr, max(-dc, 0):nx - max(dc, 0)], grid[dr:, max(dc, 0):nx + min(dc, 0)]


def divides(number: NDArray[np.int32], nx: int, rings: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the divide cells around some catchments; ``number`` (cells,), ``rings`` (catchments + 1,).

    Where two catchments touch, at sides or corners, and one of them is to be closed off, the cell of the lower number
    is the divide: every step between neighbours, corners included, that leaves or enters it begins or ends on one.
    """
    grid = number.reshape(-1, nx)
    on = np.zeros(grid.shape, np.bool_)
    for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a, b = neighbour_views(grid, dr, dc)
        here, there = neighbour_views(on, dr, dc)
        wanted = rings[a] | rings[b]
        here |= (a < b) & wanted
        there |= (b < a) & wanted
    return on.ravel()


def shared_sides(
    number: NDArray[np.int32], nx: int, counts: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of catchments (lower, higher number) that touch, and how many cell sides they share.

    A side counts where the cell of the lower number ``counts`` (cells,).
    """
    grid, land = number.reshape(-1, nx).astype(np.int64), counts.reshape(-1, nx)
    keys = []
    base = int(number.max()) + 1
    for dr, dc in ((0, 1), (1, 0)):
        a, b = neighbour_views(grid, dr, dc)
        here, there = neighbour_views(land, dr, dc)
        keep = (a != b) & np.where(a < b, here, there)
        keys.append(np.minimum(a, b)[keep] * base + np.maximum(a, b)[keep])
    pair, sides = np.unique(np.concatenate(keys), return_counts=True)
    return pair // base, pair % base, sides
