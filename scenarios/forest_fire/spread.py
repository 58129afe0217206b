"""The front: where the fire is, where it will be next, and what changes its course.

A :class:`Front` works in a window of the grid that grows with the fire, so that a small fire in a large
county costs nothing; outside the window nothing has burned. It can be paused at any time (pausing changes
nothing: events are taken in order of time whenever they are asked for), copied for a forecast, and changed:
lit, given new weather, closed to the fire cell by cell, opened again.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire import changes, kernels
from scenarios.forest_fire.metric import BED_COLUMNS, PERIOD_COLUMNS
from scenarios.forest_fire.rothermel import Beds

OPEN, UNBURNABLE, LINE, WET = 0, 1, 2, 3
"""Codes of ``closed``: what keeps the fire out of a cell."""
FIRST_HALF_WIDTH = 24
"""Cells from the first ignition to the first window's edge."""
GROWTH = 0.6
"""Share of the window's size added on a side that the front comes near."""
FIRST_HEAP = 4096

Cells = NDArray[np.int64]


@dataclass(frozen=True)
class Ground:
    """What the fire runs over, arrays of shape (ny, nx): row of the table of beds (-1 does not burn), ground
    gradient to east and north (rise/run), and factor from 20-ft wind to midflame wind."""

    kind: NDArray[np.int16]
    gradient_x: NDArray[np.float32]
    gradient_y: NDArray[np.float32]
    wind_factor: NDArray[np.float32]


GroundSource = Callable[[slice, slice], Ground]
"""Gives the ground of a rectangle of the grid, so that nothing is worked out where no fire comes."""


@dataclass(frozen=True)
class Period:
    """The weather of a time: beds at its moistures, (n, BED_COLUMNS), and the kernels' other parameters."""

    beds: NDArray[np.float64]
    parameters: NDArray[np.float64]


def bed_columns(beds: Beds) -> NDArray[np.float64]:
    """Return beds as the array kernels read, shape (n, BED_COLUMNS)."""
    out = np.stack([beds.r0, beds.wind_k, beds.wind_b, beds.slope_k, beds.wind_limit, beds.heat,
                    beds.residence_s], 1)
    assert out.shape[1] == BED_COLUMNS
    return np.ascontiguousarray(out)


def make_period(
    beds: NDArray[np.float64], *, wind_20ft_ft_min: float, to_deg: float, slope_plane: bool, wind_limit: bool,
    max_length_to_width: float, min_rate_mps: float, cell_m: float,
) -> Period:
    """Return a period; ``to_deg`` is where the wind blows to, clockwise from north."""
    angle = math.radians(to_deg)
    parameters = np.array([wind_20ft_ft_min, math.sin(angle), math.cos(angle), float(slope_plane),
                           float(wind_limit), max_length_to_width, min_rate_mps, cell_m])
    assert len(parameters) == PERIOD_COLUMNS
    return Period(beds, parameters)


class Front:
    """A fire on a grid of ``ny`` rows and ``nx`` columns. Rows and columns given to it are the grid's."""

    def __init__(
        self, ny: int, nx: int, ground: GroundSource, period: Period, holds_fire_s: float = math.inf
    ) -> None:
        self.ny, self.nx = ny, nx
        self._ground_of = ground
        self.period = period
        self.holds_fire_s = holds_fire_s
        self.time_s = -math.inf
        self._now = 0
        self._since_s = -math.inf
        self._rays: list[int] = []
        self.row0 = self.col0 = self.height = self.width = 0
        self._st = np.zeros(4, np.int64)
        self._heap_t = np.empty(FIRST_HEAP)
        self._heap_i = np.empty(FIRST_HEAP, np.int64)
        self._allocate(0)

    # -- window -------------------------------------------------------------------------------------------

    def _allocate(self, n: int) -> None:
        self.arrival = np.full(n, np.inf)
        self.since = np.full(n, np.inf)
        """Of burned cells: the time they count from as sources of fire in the present weather."""
        self.done = np.zeros(n, np.uint8)
        """0 unburned, 1 burned, 2 burned with nothing left to burn near it."""
        self.closed = np.full(n, UNBURNABLE, np.uint8)
        self.ends = np.full(n, np.inf)
        self.out = np.zeros((n, 3), np.float32)
        """Of burned cells: rate at right angles to the front (m/s), intensity (kW/m), direction (deg)."""
        self.step = np.zeros((n, 2))
        self.fire = np.zeros(n, np.uint8)
        self.order = np.zeros(n, np.int64)
        self.stamp = np.full(n, -1, np.int32)
        self.metric = np.empty((n, 3))
        self.ground = np.zeros((n, 3))
        self.kind = np.full(n, -1, np.int16)
        self.progress = np.zeros(n)
        """Metres of line built on cells not yet held."""

    def _set_window(self, row0: int, col0: int, row1: int, col1: int) -> None:
        """Move to a larger window; it always reaches MARGIN closed cells past the grid, never further."""
        pad = kernels.MARGIN
        row0, col0 = max(row0, -pad), max(col0, -pad)
        row1, col1 = min(row1, self.ny + pad), min(col1, self.nx + pad)
        old = {name: getattr(self, name) for name in _MOVED}
        old_h, old_w, dr, dc = self.height, self.width, self.row0 - row0, self.col0 - col0
        burned, old_order = int(self._st[kernels.ST_BURNED]), self.order
        self.row0, self.col0, self.height, self.width = row0, col0, row1 - row0, col1 - col0
        self._allocate(self.height * self.width)
        self._fill_ground()
        if old_h:
            for name, values in old.items():
                tail = values.shape[1:]
                new = getattr(self, name).reshape(self.height, self.width, *tail)
                new[dr:dr + old_h, dc:dc + old_w] = values.reshape(old_h, old_w, *tail)

            def moved(i: Cells) -> Cells:
                return (i // old_w + dr) * self.width + i % old_w + dc

            self.order[:burned] = moved(old_order[:burned])
            size = int(self._st[kernels.ST_HEAP])
            self._heap_i[:size] = moved(self._heap_i[:size])
            self._rays = [int(i) for i in moved(np.array(self._rays, np.int64))]

    def _fill_ground(self) -> None:
        top, left = max(self.row0, 0), max(self.col0, 0)
        bottom, right = min(self.row0 + self.height, self.ny), min(self.col0 + self.width, self.nx)
        ground = self._ground_of(slice(top, bottom), slice(left, right))
        inner = (slice(top - self.row0, bottom - self.row0), slice(left - self.col0, right - self.col0))
        shape = (self.height, self.width)
        self.kind.reshape(shape)[inner] = ground.kind
        cells = self.ground.reshape(*shape, 3)
        cells[(*inner, 0)] = ground.gradient_x
        cells[(*inner, 1)] = ground.gradient_y
        cells[(*inner, 2)] = ground.wind_factor
        self.closed[self.kind >= 0] = OPEN

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

    def _grow(self) -> None:
        i = int(self._heap_i[0])
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

    # -- state --------------------------------------------------------------------------------------------

    @property
    def burned(self) -> Cells:
        """Window cells the front has reached, in the order it first reached them."""
        return self.order[:self._st[kernels.ST_BURNED]]

    @property
    def pops(self) -> int:
        """How many times a cell was taken from the queue."""
        return int(self._st[kernels.ST_POPS])

    @property
    def period_number(self) -> int:
        """Number of the present weather period: metrics stamped with it are up to date."""
        return self._now

    def next_s(self) -> float:
        """Return when the front next reaches a cell; infinity when it cannot."""
        heap_t, heap_i, st = self._heap_t, self._heap_i, self._st
        while st[kernels.ST_HEAP] > 0:
            t, i = heap_t[0], heap_i[0]
            if t == self.arrival[i] and not self.closed[i]:
                return float(t)
            kernels.drop_top(heap_t, heap_i, st)
        return math.inf

    def copy(self) -> Front:
        """Return an independent front in the same state."""
        twin = copy.copy(self)
        for name in (*_MOVED, "order", "metric", "stamp", "_st", "_heap_t", "_heap_i"):
            setattr(twin, name, getattr(self, name).copy())
        twin._rays = list(self._rays)
        return twin

    # -- changes ------------------------------------------------------------------------------------------

    def _weather_arrays(self) -> tuple[Any, Any, Any, Any, Any, Any, Any]:
        return (self._now, self.stamp, self.metric, self.ground, self.kind, self.period.beds,
                self.period.parameters)

    def _heap_arrays(self) -> tuple[Any, Any, Any]:
        return self._heap_t, self._heap_i, self._st

    def _reserve(self, more: int) -> None:
        size = int(self._st[kernels.ST_HEAP])
        if size + more > len(self._heap_t):
            capacity = max(2 * len(self._heap_t), size + more)
            for name in ("_heap_t", "_heap_i"):
                old = getattr(self, name)
                new = np.empty(capacity, old.dtype)
                new[:size] = old[:size]
                setattr(self, name, new)

    def ignite(self, row: int, col: int, t_s: float, radius: int = 4, fire_id: int = 1) -> bool:
        """Light a cell; return False where it cannot burn or has burned. ``t_s`` must not lie in the past."""
        self.cover(row, col, max(FIRST_HALF_WIDTH, radius + 2 * kernels.MARGIN))
        i = self.cell(row, col)
        if self.closed[i] or self.done[i]:
            return False
        self._reserve((2 * radius + 3) ** 2)
        changes.ignite(i, t_s, radius, fire_id, self.width, self.arrival, self.done, self.closed, self.step,
                       self.fire, *self._heap_arrays(), *self._weather_arrays())
        reach = np.arange(-radius, radius + 1)
        around = (i + reach[:, None] * self.width + reach[None, :]).ravel()
        known = [j for j in self._rays if not self.done[j]]
        self._rays = known + [int(j) for j in around if np.isfinite(self.arrival[j]) and not self.done[j]]
        return True

    def know(self, cell: int) -> None:
        """Work out the metric of a window cell for the present weather."""
        kernels.ensure(cell, *self._weather_arrays())

    def advance(self, until_s: float) -> None:
        """Let the front run on to ``until_s``."""
        self.time_s = max(self.time_s, until_s)
        if not self.height:
            return
        while True:
            why = kernels.advance(
                until_s, self._since_s, self.width, self.height, self.arrival, self.since, self.done,
                self.closed, self.ends, self.out, self.step, self.fire, self.order,
                *self._heap_arrays(), *self._weather_arrays(),
            )
            if why == kernels.DONE:
                return
            if why == kernels.GROW:
                self._grow()
            else:
                self._reserve(len(self._heap_t))

    def set_period(self, period: Period, t_s: float) -> None:
        """Change the weather at ``t_s``, to which the front must have been advanced."""
        old, self.period = self.period, period
        self._now += 1
        self._since_s = t_s
        if not self.height:
            return
        if len(self.burned):
            row, col = self.row_col(self.burned)
            for r, c in ((row.min(), col.min()), (row.max(), col.max())):
                self.cover(int(r), int(c), 2 * kernels.MARGIN)
        self._st[kernels.ST_HEAP] = 0  # the queue is made anew, for at most every cell of the window
        self._reserve(self.height * self.width)
        roomy = changes.change_weather(
            t_s, t_s - self.holds_fire_s, self.width, self.height, kernels.MARGIN, self.arrival, self.since,
            self.done, self.closed, self.ends, self.step, self.fire, *self._heap_arrays(), self._now,
            self.stamp, self.metric, self.ground, self.kind, period.beds, old.beds,
            period.parameters, old.parameters,
        )
        assert roomy, "the heap must hold every waiting cell"

    def close(self, cells: Cells, code: int) -> Cells:
        """Close unburned window cells to the fire (LINE or WET); return those closed so now."""
        cells = np.asarray(cells, np.int64)
        cells = cells[(self.done[cells] == 0) & (self.closed[cells] != UNBURNABLE)]
        if code == WET:
            cells = cells[self.closed[cells] != LINE]
        if len(cells):
            self.closed[cells] = code
            near = np.arange(-2, 3)
            around = (cells[:, None, None] + near[:, None] * self.width + near[None, :]).ravel()
            self._rays = [j for j in self._rays if not self.done[j]]
            touched = np.unique(np.concatenate([around, np.array(self._rays, np.int64)]))
            self._reserve(len(touched))
            changes.recheck(touched, self.width, self.arrival, self.since, self.done, self.closed, self.ends,
                            self.step, self.fire, *self._heap_arrays(), *self._weather_arrays())
        return cells

    def open(self, cells: Cells, t_s: float) -> None:
        """Open wet window cells again at ``t_s``, to which the front must have been advanced."""
        cells = np.asarray(cells, np.int64)
        cells = cells[self.closed[cells] == WET]
        self.closed[cells] = OPEN
        self._reserve(len(cells))
        changes.reopen(cells, t_s, t_s - self.holds_fire_s, self.width, self.arrival, self.since, self.done,
                       self.closed, self.ends, self.step, self.fire, *self._heap_arrays(), *self._weather_arrays())


_MOVED = ("arrival", "since", "done", "closed", "ends", "out", "step", "fire", "progress")
"""Window arrays that keep their values when the window moves."""
