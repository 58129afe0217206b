"""The window of the grid that a front works in: its arrays, what is in the ground, growth, places in and out.

The window grows with the fire, so that a small fire in a large county costs nothing; outside it nothing has
burned. Most arrays start as zeros, which cost nothing until they are used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire import heap, kernels
from scenarios.forest_fire.metric import G_COVER, G_CURVATURE, G_WIND_FACTOR, G_X, G_Y, GROUND_COLUMNS

OPEN, UNBURNABLE, LINE, WET, BREAK = 0, 1, 2, 3, 4
"""Codes of ``closed``: what keeps the fire out of a cell. BREAK: a road, a stream or a firebreak."""
AT_EDGE, INSIDE = 1, 2
"""Values of ``done``: burned, and burned with nothing left to burn within two cells."""
GROWTH = 0.6
"""Share of the window's size added on a side that the front comes near."""

Cells = NDArray[np.int64]


@dataclass(frozen=True)
class Ground:
    """What the fire runs over, arrays of shape (ny, nx): row of the table of beds (-1 does not burn), ground
    gradient to east and north (rise/run), factor from 20-ft wind to midflame wind; and, where there is wind over
    terrain or crown fire, MicroMet's curvature (-0.5..0.5), canopy cover (0..1), row of the table of stands."""

    kind: NDArray[np.int16]
    gradient_x: NDArray[np.float32]
    gradient_y: NDArray[np.float32]
    wind_factor: NDArray[np.float32]
    curvature: NDArray[np.float32] | None = None
    cover: NDArray[np.float32] | None = None
    stand: NDArray[np.uint8] | None = None
    barred: NDArray[np.bool_] | None = None
    """Which cells a road, a stream or a firebreak closes."""


GroundSource = Callable[[slice, slice], Ground]
"""Gives the ground of a rectangle of the grid, so that nothing is worked out where no fire comes."""


class Window:
    """Flat arrays over a rectangle of a grid of ``ny`` rows and ``nx`` columns. It always reaches MARGIN closed
    cells past the grid, never further. Rows and columns given to it are the grid's."""

    def __init__(self, ny: int, nx: int, ground: GroundSource) -> None:
        self.ny, self.nx = ny, nx
        self._ground_of = ground
        self.row0 = self.col0 = self.height = self.width = 0
        self._lists: dict[str, Cells] = {}
        """Lists of window cells, kept in step when the window moves."""
        self._allocate(0)

    def _allocate(self, n: int) -> None:
        self.arrival = np.full(n, np.inf)
        self.done = np.zeros(n, np.uint8)
        """0 unburned, else AT_EDGE or INSIDE."""
        self.closed = np.full(n, UNBURNABLE, np.uint8)
        self.ends = np.zeros(n)
        """Of burned cells: when they have burned out."""
        self.out = np.zeros((n, 3), np.float32)
        """Of burned cells: rate at right angles to the front (m/s), intensity (kW/m), direction (deg)."""
        self.crown = np.zeros(n, np.uint8)
        """Of burned cells: the kind of fire (SURFACE, PASSIVE, ACTIVE of ``crown.py``)."""
        self.step = np.zeros((n, 2))
        self.fire = np.zeros(n, np.uint8)
        self.order = np.zeros(n, np.int64)
        self.stamp = np.zeros(n, np.int32)
        self.asked = np.zeros(n, np.int32)
        self.metric = np.zeros((n, kernels.MET_COLUMNS))
        self.ground: NDArray[Any] = np.zeros((n, GROUND_COLUMNS), np.float32)
        self.kind = np.full(n, -1, np.int16)
        self.stand = np.zeros(n, np.uint8)
        self.slowed = np.zeros(n, np.float32)
        """Share of its rate that a cell has lost."""
        self.progress = np.zeros(n)
        """Metres of line built on cells not yet held."""

    def _counters(self) -> NDArray[np.int64]:
        raise NotImplementedError

    def _set_window(self, row0: int, col0: int, row1: int, col1: int) -> None:
        """Move to a larger window."""
        pad = kernels.MARGIN
        row0, col0 = max(row0, -pad), max(col0, -pad)
        row1, col1 = min(row1, self.ny + pad), min(col1, self.nx + pad)
        old = {name: getattr(self, name) for name in (*MOVED, "order")}
        old_h, old_w, dr, dc = self.height, self.width, self.row0 - row0, self.col0 - col0
        touched = self._touched()
        self.row0, self.col0, self.height, self.width = row0, col0, row1 - row0, col1 - col0
        self._allocate(self.height * self.width)
        if not old_h:
            self._fill_ground(row0, col0, row1, col1)
            return
        useful = (old["done"] != INSIDE) & (old["stamp"] != 0)
        box = useful.reshape(old_h, old_w)[touched]
        for name in MOVED:
            if name in MOSTLY_ZERO and not old[name].any():
                continue
            part = touched if name in OF_FIRE else (slice(0, old_h), slice(0, old_w))
            tail = old[name].shape[1:]
            new = getattr(self, name).reshape(self.height, self.width, *tail)[dr:dr + old_h, dc:dc + old_w][part]
            values = old[name].reshape(old_h, old_w, *tail)[part]
            if name in OF_EDGE:
                new[box] = values[box]
            else:
                new[:] = values
        top, left, bottom, right = row0 + dr, col0 + dc, row0 + dr + old_h, col0 + dc + old_w
        self._fill_ground(row0, col0, top, col1)
        self._fill_ground(bottom, col0, row1, col1)
        self._fill_ground(top, col0, bottom, left)
        self._fill_ground(top, right, bottom, col1)

        def moved(i: Cells) -> Cells:
            return (i // old_w + dr) * self.width + i % old_w + dc

        burned = int(self._counters()[heap.ST_BURNED])
        self.order[:burned] = moved(old["order"][:burned])
        self._lists = {name: moved(cells) for name, cells in self._lists.items()}
        self._moved(moved)

    def _touched(self) -> tuple[slice, slice]:
        """Return the window's rows and columns that fire may have written to."""
        return slice(0, self.height), slice(0, self.width)

    def _moved(self, moved: Callable[[Cells], Cells]) -> None:
        """Renumber what else holds window cells."""

    def _fill_ground(self, row0: int, col0: int, row1: int, col1: int) -> None:
        """Fill in the ground of a part of the window, as far as it lies in the grid."""
        top, left = max(row0, 0), max(col0, 0)
        bottom, right = min(row1, self.ny), min(col1, self.nx)
        if top >= bottom or left >= right:
            return
        ground = self._ground_of(slice(top, bottom), slice(left, right))
        inner = (slice(top - self.row0, bottom - self.row0), slice(left - self.col0, right - self.col0))
        shape = (self.height, self.width)
        self.kind.reshape(shape)[inner] = ground.kind
        self.closed.reshape(shape)[inner] = np.where(ground.kind >= 0, OPEN, UNBURNABLE)
        if ground.barred is not None:
            self.closed.reshape(shape)[inner][ground.barred & (ground.kind >= 0)] = BREAK
        cells = self.ground.reshape(*shape, GROUND_COLUMNS)
        cells[(*inner, G_X)] = ground.gradient_x
        cells[(*inner, G_Y)] = ground.gradient_y
        cells[(*inner, G_WIND_FACTOR)] = ground.wind_factor
        if ground.curvature is not None:
            cells[(*inner, G_CURVATURE)] = ground.curvature
        if ground.cover is not None:
            cells[(*inner, G_COVER)] = ground.cover
        if ground.stand is not None:
            self.stand.reshape(shape)[inner] = ground.stand

    def cover(self, row: int, col: int, half: int = kernels.MARGIN) -> None:
        """Make sure that the window holds ``half`` cells around a cell, or reaches the grid's edge."""
        want = (row - half, col - half, row + half + 1, col + half + 1)
        if not self.height:
            self._set_window(*want)
            return
        pad = kernels.MARGIN
        have = (self.row0, self.col0, self.row0 + self.height, self.col0 + self.width)
        if (max(want[0], -pad) < have[0] or max(want[1], -pad) < have[1]
                or min(want[2], self.ny + pad) > have[2] or min(want[3], self.nx + pad) > have[3]):
            self._set_window(min(want[0], have[0]), min(want[1], have[1]),
                             max(want[2], have[2]), max(want[3], have[3]))

    def _grow_beside(self, i: int) -> None:
        """Grow the window on the sides that cell i is near."""
        row, col = i // self.width, i % self.width
        pad = kernels.MARGIN + 1
        more_rows, more_cols = int(self.height * GROWTH) + pad, int(self.width * GROWTH) + pad
        self._set_window(
            self.row0 - (more_rows if row < pad else 0),
            self.col0 - (more_cols if col < pad else 0),
            self.row0 + self.height + (more_rows if row >= self.height - pad else 0),
            self.col0 + self.width + (more_cols if col >= self.width - pad else 0),
        )

    def cell(self, row: int, col: int) -> int:
        """Return the window's flat index of a grid cell, -1 outside the window."""
        r, c = row - self.row0, col - self.col0
        return r * self.width + c if 0 <= r < self.height and 0 <= c < self.width else -1

    def row_col(self, cells: Cells) -> tuple[Cells, Cells]:
        """Return grid rows and columns of window cells."""
        return cells // self.width + self.row0, cells % self.width + self.col0

    def paste(self, values: NDArray[Any], empty: float, dtype: str) -> NDArray[Any]:
        """Return a window's values (n,) on the whole grid, ``empty`` elsewhere; shape (ny, nx)."""
        whole = np.full((self.ny, self.nx), empty, dtype)
        if self.height:
            top, left = max(self.row0, 0), max(self.col0, 0)
            bottom, right = min(self.row0 + self.height, self.ny), min(self.col0 + self.width, self.nx)
            window = values.reshape(self.height, self.width)
            whole[top:bottom, left:right] = window[top - self.row0:bottom - self.row0,
                                                   left - self.col0:right - self.col0]
        return whole


OF_EDGE = ("step", "stamp", "metric")
"""Arrays that are of use only where something is left to burn."""
OF_FIRE = (*OF_EDGE, "arrival", "done", "ends", "out", "crown", "fire")
"""Arrays that differ from their first values only near what burns or has burned."""
MOSTLY_ZERO = ("asked", "slowed", "progress", "crown")
MOVED = (*OF_FIRE, "asked", "closed", "ground", "kind", "stand", "slowed", "progress")
"""Arrays whose values go with the window when it moves."""
