"""What crews at the fire's edge see: which cells are its open edge, and what flame they would face there."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scenarios.forest_fire.ellipse import flame_length
from scenarios.forest_fire.kernels import COLS, ROWS
from scenarios.forest_fire.metric import BED_HEAT, front_normal, front_speed, ground_factor
from scenarios.forest_fire.spread import OPEN, UNBURNABLE, WET, Cells, Front

PERIMETER_PER_CELL = math.pi / (2.0 * math.sqrt(2.0))
"""Metres of fire edge a held cell stands for, in cell sides: 1 / mean of max(|cos|, |sin|) over all angles."""


class Look(NamedTuple):
    """A front as kernels of crews read it, with the time they look at it."""

    t: float
    cell_m: float
    width: int
    arrival: Any
    done: Any
    closed: Any
    ends: Any
    out: Any
    step: Any
    fire: Any
    met: Any
    stamp: Any
    now: int
    ground: Any
    kind: Any
    beds: Any


def look_at(front: Front, t_s: float, cell_m: float) -> Look:
    """Return a front at a time for the kernels; it shares the front's arrays."""
    return Look(
        float(t_s), float(cell_m), front.width, front.arrival, front.done, front.closed, front.ends, front.out,
        front.step, front.fire, front.metric, front.stamp, front.period_number, front.ground, front.kind,
        front.period.beds)


@njit(cache=True, error_model="numpy")
def beside(x: int, fire_id: int, look: Any) -> bool:
    """Return whether a cell shares a side with a burned cell (of a fire, 0 for any)."""
    for k in range(0, 16, 4):
        p = x + ROWS[k] * look.width + COLS[k]
        if look.done[p] and (fire_id == 0 or look.fire[p] == fire_id):
            return True
    return False


@njit(cache=True, error_model="numpy")
def front_flame(x: int, look: Any) -> float:
    """Return the intensity (kW/m) of the front that is to enter an unburned cell; 0 where none is on its way."""
    if look.arrival[x] == math.inf or look.stamp[x] != look.now:
        return 0.0
    if look.step[x, 0] == 0.0 and look.step[x, 1] == 0.0:
        return 0.0
    rho, wx, wy = look.met[x, 0], look.met[x, 1], look.met[x, 2]
    gx, gy = look.ground[x, 0], look.ground[x, 1]
    nx, ny = front_normal(rho, wx, wy, gx, gy, look.step[x, 0], look.step[x, 1])
    speed, _, _ = front_speed(rho, wx, wy, gx, gy, nx, ny)
    rate = speed * look.cell_m * ground_factor(gx, gy, nx, ny)
    return float(rate * look.beds[look.kind[x], BED_HEAT])


@njit(cache=True, error_model="numpy")
def flame_at(x: int, look: Any) -> float:
    """Return the longest flame (m) a crew at cell x faces: of burning neighbours, of the front to come."""
    most = front_flame(x, look)
    for k in range(0, 16, 2):
        p = x + ROWS[k] * look.width + COLS[k]
        if look.done[p] and look.ends[p] > look.t:
            most = max(most, float(look.out[p, 1]))
    return flame_length(most)


@njit(cache=True, error_model="numpy")
def flames(cells: Any, look: Any, into: Any) -> None:
    """Write :func:`flame_at` of each cell to ``into``."""
    for n in range(len(cells)):
        into[n] = flame_at(cells[n], look)


def flames_along(front: Front, cells: Cells, t_s: float, cell_m: float) -> NDArray[np.float64]:
    """Return the flame (m) a crew would face at each window cell."""
    into = np.zeros(len(cells))
    flames(cells, look_at(front, t_s, cell_m), into)
    return into


class Edge:
    """The fire's open edge: burned cells that still have an unburned neighbour, kept up as the fire grows."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._burned = np.zeros(0, np.int64)
        self._seen = 0
        self._key: tuple[int, ...] = ()
        self._cells = np.zeros(0, np.int64)
        self._open = np.zeros(0, np.int64)

    def _sides(self, cells: Cells) -> Cells:
        w = self._front.width
        return cells[:, None] + np.array([1, -w, -1, w])

    def _grid(self, window_cells: Cells) -> Cells:
        row, col = self._front.row_col(window_cells)
        return row * self._front.nx + col

    def _window(self, grid_cells: Cells) -> Cells:
        front = self._front
        return (grid_cells // front.nx - front.row0) * front.width + grid_cells % front.nx - front.col0

    def cells(self, changes: int) -> Cells:
        """Return window cells that share a side with a burned cell and could still burn (wet ones too).

        ``changes`` is a number that rises whenever cells were closed or opened. A burned cell is kept in mind
        for as long as something unburned is beside it, even line: line may be lost.
        """
        front = self._front
        key = (len(front.burned), changes, front.row0, front.col0, front.width)
        if key != self._key:
            fresh = front.burned[self._seen:]
            self._seen = len(front.burned)
            burned = np.concatenate([self._window(self._burned), fresh])
            sides = self._sides(burned)
            unburned = (front.done[sides] == 0) & (front.closed[sides] != UNBURNABLE)
            free = unburned & ((front.closed[sides] == OPEN) | (front.closed[sides] == WET))
            self._burned = self._grid(burned[unburned.any(1)])
            self._open = self._grid(burned[free.any(1)])
            self._cells = np.unique(sides[free])
            self._key = key
        return self._cells

    def burned(self) -> Cells:
        """Return the burned window cells along the open edge, as of the last call of :meth:`cells`."""
        return self._window(self._open)

    def rim(self) -> Cells:
        """Return the burned window cells with anything unburned beside them, line too, as of that call."""
        return self._window(self._burned)
