"""The front: where the fire is, where it will be next, and what changes its course.

A :class:`Front` can be paused at any time (pausing changes nothing: events are taken in order of time whenever
they are asked for), copied for a forecast, and changed: lit, given new weather, closed to the fire cell by cell,
opened again, given other fuel, slowed.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire import arrays, burning, changes, heap, kernels
from scenarios.forest_fire.period import Period, bed_columns, make_period
from scenarios.forest_fire.window import (
    AT_EDGE,
    BREAK,
    LINE,
    MOVED,
    OPEN,
    UNBURNABLE,
    WET,
    Cells,
    Ground,
    GroundSource,
    Window,
)

__all__ = ["BREAK", "LINE", "OPEN", "UNBURNABLE", "WET", "Cells", "Front", "Ground", "GroundSource",
           "Period", "bed_columns", "make_period"]

FIRST_HALF_WIDTH = 24
"""Cells from the first ignition to the first window's edge."""
FIRST_HEAP = 4096
RAY_REACH = 8
"""Cells that rays from an ignition reach at most; what is closed farther off leaves their times as they are."""


def in_order(cells: Cells) -> Cells:
    """Return each of the cells once, in order; np.unique does it by hashing, which takes five times as long."""
    cells = np.sort(cells)
    return cells[np.concatenate([[True], cells[1:] != cells[:-1]])] if len(cells) else cells


@dataclass(frozen=True)
class Before:
    """What the weather before the present was."""

    now: int
    period: Period


class Front(Window):
    """A fire on a grid of ``ny`` rows and ``nx`` columns. Rows and columns given to it are the grid's."""

    def __init__(
        self, ny: int, nx: int, ground: GroundSource, period: Period, holds_fire_s: float = math.inf
    ) -> None:
        self.period = period
        self.holds_fire_s = holds_fire_s
        self.time_s = -math.inf
        self._now = 1
        self._since_s = -math.inf
        self._st = np.zeros(heap.COUNTERS, np.int64)
        self._heap_t = np.empty(FIRST_HEAP)
        self._heap_i = np.empty(FIRST_HEAP, np.int64)
        super().__init__(ny, nx, ground)
        none = np.zeros(0, np.int64)
        self._lists = {"rays": none, "edge": none}
        """Cells timed along rays from an ignition; burned cells at the edge as the weather last changed."""
        self._swept = 0

    def _counters(self) -> NDArray[np.int64]:
        return self._st

    def _touched(self) -> tuple[slice, slice]:
        # every cell on its way is within reach of a burned one or waits in the queue
        cells = np.concatenate([self.burned, self._heap_i[:self._st[heap.ST_HEAP]]])
        if not len(cells):
            return slice(0, 0), slice(0, 0)
        row, col = cells // self.width, cells % self.width
        pad = kernels.MARGIN
        return (slice(max(int(row.min()) - pad, 0), min(int(row.max()) + pad + 1, self.height)),
                slice(max(int(col.min()) - pad, 0), min(int(col.max()) + pad + 1, self.width)))

    def _moved(self, moved: Callable[[Cells], Cells]) -> None:
        size = int(self._st[heap.ST_HEAP])
        self._heap_i[:size] = moved(self._heap_i[:size])

    # -- state --------------------------------------------------------------------------------------------

    @property
    def burned(self) -> Cells:
        """Window cells the front has reached, in the order it first reached them."""
        return self.order[:self._st[heap.ST_BURNED]]

    @property
    def pops(self) -> int:
        """How many times a cell was taken from the queue."""
        return int(self._st[heap.ST_POPS])

    @property
    def period_number(self) -> int:
        """Number of the present weather period: metrics stamped with it are up to date."""
        return self._now

    def next_s(self) -> float:
        """Return when the front next reaches a cell; infinity when it cannot."""
        heap_t, heap_i, st = self._heap_t, self._heap_i, self._st
        while st[heap.ST_HEAP] > 0:
            t, i = heap_t[0], heap_i[0]
            if t == self.arrival[i] and not self.closed[i]:
                return float(t)
            heap.drop_top(heap_t, heap_i, st)
        return math.inf

    def copy(self) -> Front:
        """Return an independent front in the same state."""
        twin = copy.copy(self)
        for name in (*MOVED, "order", "_st", "_heap_t", "_heap_i"):
            setattr(twin, name, getattr(self, name).copy())
        twin._lists = dict(self._lists)
        return twin

    def _cells(self) -> arrays.Cells:
        offsets = kernels.ROWS * self.width + kernels.COLS
        return arrays.Cells(self.height, self.width, offsets, self.arrival, self.done, self.closed, self.ends,
                            self.out, self.step, self.fire, self.crown, self.asked)

    def land(self) -> arrays.Land:
        """Return what fire runs over and the weather, as kernels read them; it shares the front's arrays."""
        return self._land_of(self._now, self.period)

    def _land_of(self, now: int, period: Period) -> arrays.Land:
        return arrays.Land(now, self.stamp, self.metric, self.ground, self.kind, self.stand, self.slowed,
                           period.beds, period.stands, period.parameters)

    def _queue(self, more: int = 0) -> arrays.Queue:
        """Return the queue with room for ``more`` entries."""
        size = int(self._st[heap.ST_HEAP])
        if size + more > len(self._heap_t):
            capacity = max(2 * len(self._heap_t), size + more)
            for name in ("_heap_t", "_heap_i"):
                old = getattr(self, name)
                new = np.empty(capacity, old.dtype)
                new[:size] = old[:size]
                setattr(self, name, new)
        return arrays.Queue(self._heap_t, self._heap_i, self._st, self.order)

    def _around(self, cells: Cells, reach: int) -> Cells:
        near = np.arange(-reach, reach + 1)
        return (cells[:, None, None] + near[:, None] * self.width + near[None, :]).ravel()

    # -- time and weather ---------------------------------------------------------------------------------

    def ignite(self, row: int, col: int, t_s: float, radius: int = 4, fire_id: int = 1) -> bool:
        """Light a cell; return False where it cannot burn or has burned. ``t_s`` must not lie in the past."""
        self.cover(row, col, max(FIRST_HALF_WIDTH, radius + 2 * kernels.MARGIN))
        i = self.cell(row, col)
        if self.closed[i] or self.done[i]:
            return False
        changes.ignite(i, t_s, radius, fire_id, self._cells(), self.land(), self._queue((2 * radius + 3) ** 2))
        around = self._around(np.array([i]), radius)
        rays = np.concatenate([self._lists["rays"], around[np.isfinite(self.arrival[around])]])
        self._lists["rays"] = rays[self.done[rays] == 0]
        return True

    def know(self, cell: int) -> None:
        """Work out the metric of a window cell for the present weather."""
        kernels.ensure(cell, self.land())

    def advance(self, until_s: float) -> None:
        """Let the front run on to ``until_s``."""
        self.time_s = max(self.time_s, until_s)
        if not self.height:
            return
        while True:
            why = burning.advance(until_s, self._since_s, self._cells(), self.land(), self._queue())
            if why == kernels.DONE:
                return
            if why == kernels.GROW:
                self._grow_beside(int(self._heap_i[0]))
            else:
                self._queue(len(self._heap_t))

    def set_period(self, period: Period, t_s: float) -> None:
        """Change the weather at ``t_s``, to which the front must have been advanced."""
        old = Before(self._now, self.period)
        self.period = period
        self._now += 1
        self._since_s = t_s
        if not self.height:
            return
        fresh = self.order[self._swept:self._st[heap.ST_BURNED]]
        self._swept = int(self._st[heap.ST_BURNED])
        # in order of cell, so that what is next to each other in the window is worked on one after the other
        edge = in_order(np.concatenate([self._lists["edge"], fresh]))
        waiting = np.empty(int(self._st[heap.ST_HEAP]), np.int64)
        waiting = in_order(waiting[:changes.take_waiting(waiting, self._cells(), self._queue())])
        room = len(waiting) + len(edge) * len(kernels.ROWS)
        left = changes.change_weather(t_s, t_s - self.holds_fire_s, waiting, edge, self._cells(), self.land(),
                                      self._land_of(old.now, old.period), self._queue(room))
        self._lists["edge"] = edge[:left].copy()

    def _near(self, rays: Cells, cells: Cells) -> Cells:
        """Return those of some cells that a ray from an ignition which passes one of ``cells`` may lead to."""
        row, col = cells // self.width, cells % self.width
        r, c = rays // self.width, rays % self.width
        return rays[(r >= row.min() - RAY_REACH) & (r <= row.max() + RAY_REACH)
                    & (c >= col.min() - RAY_REACH) & (c <= col.max() + RAY_REACH)]

    # -- cells changed ------------------------------------------------------------------------------------

    def close(self, cells: Cells, code: int) -> Cells:
        """Close unburned window cells to the fire; return those closed so now.

        Water does not undo a line, and neither of them a road, stream or firebreak.
        """
        cells = np.asarray(cells, np.int64)
        cells = cells[(self.done[cells] == 0) & (self.closed[cells] != UNBURNABLE) & (self.closed[cells] != BREAK)]
        if code == WET:
            cells = cells[self.closed[cells] != LINE]
        if len(cells):
            self.closed[cells] = code
            rays = self._lists["rays"] = self._lists["rays"][self.done[self._lists["rays"]] == 0]
            touched = np.unique(np.concatenate([self._around(cells, changes.TOUCHED), self._near(rays, cells)]))
            touched = touched[np.isfinite(self.arrival[touched])]
            changes.recheck(touched, self._cells(), self.land(), self._queue(len(touched)))
        return cells

    def open(self, cells: Cells, t_s: float, codes: tuple[int, ...] = (WET,)) -> None:
        """Open window cells closed by one of ``codes`` again at ``t_s``, to which the front must have advanced."""
        cells = np.asarray(cells, np.int64)
        cells = cells[np.isin(self.closed[cells], codes)]
        if not len(cells):
            return
        self.closed[cells] = OPEN
        around = np.unique(self._around(cells, 2))
        around = around[self.done[around] != 0]
        self.done[around] = AT_EDGE
        self._lists["edge"] = np.concatenate([self._lists["edge"], around])
        changes.reopen(cells, t_s, t_s - self.holds_fire_s, self._cells(), self.land(), self._queue(len(cells)))

    def change_fuel(self, cells: Cells, kind: int, t_s: float) -> Cells:
        """Give unburned window cells the fuel of a row of the table of beds (-1: none) at ``t_s``; return them.

        The front must have been advanced to ``t_s``. A cell on its way to burning keeps the fraction covered.
        """
        cells = np.asarray(cells, np.int64)
        cells = np.unique(cells[self.done[cells] == 0])
        if kind < 0:
            self.kind[cells] = kind
            open_ = cells[self.closed[cells] != UNBURNABLE]
            self.closed[open_] = OPEN
            self.close(open_, UNBURNABLE)
            return cells
        self._change_ground(cells, np.full(len(cells), kind, np.int16), self.slowed[cells], t_s)
        return cells

    def slow(self, cells: Cells, factor: float | NDArray[np.floating], t_s: float) -> Cells:
        """Multiply the rate of spread in unburned window cells by ``factor`` (0..1; 1 undoes it) from ``t_s`` on.

        Return the cells. The front must have been advanced to ``t_s``.
        """
        cells = np.asarray(cells, np.int64)
        factors = np.broadcast_to(np.asarray(factor, float), cells.shape)
        keep = (self.done[cells] == 0) & (self.kind[cells] >= 0)
        cells, factors = cells[keep], factors[keep]
        self._change_ground(cells, self.kind[cells], 1.0 - factors, t_s)
        return cells

    def _change_ground(self, cells: Cells, kinds: NDArray[np.int16], slowed: NDArray[np.floating],
                       t_s: float) -> None:
        if not len(cells):
            return
        bare = cells[self.closed[cells] == UNBURNABLE]
        self.kind[bare] = kinds[self.closed[cells] == UNBURNABLE]
        self.closed[bare] = OPEN
        changes.change_ground(cells, kinds, slowed, t_s, t_s - self.holds_fire_s, self._cells(), self.land(),
                              self._queue(len(cells)))

    def intensity_towards(self, source: Cells, target: Cells) -> NDArray[np.float64]:
        """Return the intensity (kW/m) with which the fire in burned window cells comes at others beside them, (n,).

        It is that of a front which moves at right angles towards them: a fire that runs past a barrier comes at it as
        its flank.
        """
        into = np.zeros(len(source))
        changes.intensity_towards(source, target, self.width, self.land(), into)
        return into
