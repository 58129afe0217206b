"""Crews at the fire's edge: line built cell by cell along the perimeter, where flames let them.

A crew starts at its anchor, the nearest unburned cell beside the fire whose flames it can face, and works on
from cell to cell, clockwise or not. A cell held becomes line: with those before it a chain that touches at
least at corners, which nothing passes. What one cell takes is its share of the perimeter, 1.11 cell sides:
a straight edge at angle a takes max(|cos a|, |sin a|) cells a side length, 0.90 on average over all angles.

Work on a cell is kept on the cell, so that a crew may stop and another go on. Left out: terrain and fuel in
the rate (the team's rate has them or not), escape routes, crews cut off.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scenarios.forest_fire.ellipse import flame_length
from scenarios.forest_fire.kernels import COLS, ROWS
from scenarios.forest_fire.metric import BED_HEAT, front_normal, front_speed, ground_factor
from scenarios.forest_fire.spread import LINE, OPEN, UNBURNABLE, WET, Cells, Front

PERIMETER_PER_CELL = math.pi / (2.0 * math.sqrt(2.0))
"""Metres of fire edge a held cell stands for, in cell sides: 1 / mean of max(|cos|, |sin|)."""
STRIDE_CELLS = 2.9
"""Next cells nearer than this are reached while working; farther ones by walking."""
WALK_PER_LINE = 4.0
"""Metres walked along the fire in the time one metre of line takes. Assumption: 2 km/h on foot against 500
m/h of line for a squad."""
BUILT, WALKED, LOST, CREW_X, CREW_Y, STATE = range(6)
WORKING, WAITING, NOTHING_LEFT = 0, 1, 2


@njit(cache=True, error_model="numpy")
def beside(x: int, fire_id: int, width: int, done: Any, fire: Any) -> bool:
    """Return whether a cell shares a side with a burned cell (of a fire, 0 for any)."""
    for k in range(0, 16, 4):
        p = x + ROWS[k] * width + COLS[k]
        if done[p] and (fire_id == 0 or fire[p] == fire_id):
            return True
    return False


@njit(cache=True, error_model="numpy")
def flame_at(
    x: int, t: float, cell_m: float, width: int, arrival: Any, done: Any, ends: Any, out: Any, step: Any,
    met: Any, stamp: Any, now: int, ground: Any, kind: Any, beds: Any,
) -> float:
    """Return the longest flame (m) a crew at cell x faces: of burning neighbours, of the front to come."""
    most = 0.0
    for k in range(0, 16, 2):
        p = x + ROWS[k] * width + COLS[k]
        if done[p] and ends[p] > t:
            most = max(most, float(out[p, 1]))
    if arrival[x] < math.inf and stamp[x] == now and (step[x, 0] != 0.0 or step[x, 1] != 0.0):
        rho, wx, wy, gx, gy = met[x, 0], met[x, 1], met[x, 2], ground[x, 0], ground[x, 1]
        nx, ny = front_normal(rho, wx, wy, gx, gy, step[x, 0], step[x, 1])
        speed, _, _ = front_speed(rho, wx, wy, gx, gy, nx, ny)
        rate = speed * cell_m * ground_factor(gx, gy, nx, ny)
        most = max(most, rate * beds[kind[x], BED_HEAT])
    return flame_length(most)


@njit(cache=True, error_model="numpy")
def work(
    edge: Any, fire_id: int, t: float, x_m: float, y_m: float, metres: float, max_flame: float,
    clockwise: bool, share_m: float, x0_m: float, y0_m: float, cell_m: float, width: int,
    arrival: Any, done: Any, closed: Any, ends: Any, out: Any, step: Any, fire: Any, met: Any, stamp: Any,
    now: int, ground: Any, kind: Any, beds: Any, progress: Any, held: Any, figures: Any,
) -> int:
    """Spend a crew's metres along the edge; return how many cells it held, written to ``held``.

    ``edge`` are the window cells that may be held, ``x0_m``, ``y0_m`` the window's north-west corner.
    Figures (BUILT..STATE) go to ``figures``; ``progress`` (cells,) keeps metres built on unfinished cells.
    """
    left, built, walked, n_held, target = metres, 0.0, 0.0, 0, -1
    state = WORKING
    last = -1
    while left > 0.0:
        target = -1
        if last >= 0:
            # the fire lies towards (bx, by); working clockwise round it keeps it on the right-hand side
            bx, by = 0.0, 0.0
            for k in range(0, 16, 2):
                p = last + ROWS[k] * width + COLS[k]
                if done[p]:
                    bx += COLS[k]
                    by -= ROWS[k]
            best = math.inf
            for dr in range(-2, 3):
                for dc in range(-2, 3):
                    x = last + dr * width + dc
                    if (done[x] or closed[x] == UNBURNABLE or closed[x] == LINE
                            or not beside(x, fire_id, width, done, fire)):
                        continue
                    right = dc * by - (-dr) * bx
                    turn = -right if clockwise else right
                    # cells on the wrong side come last, nearer ones first
                    rank = dr * dr + dc * dc + (100.0 if turn < 0.0 else 0.0)
                    if rank < best and flame_at(x, t, cell_m, width, arrival, done, ends, out, step, met,
                                                stamp, now, ground, kind, beds) <= max_flame:
                        best, target = rank, x
        if target < 0:
            best, any_left = math.inf, False
            for n in range(len(edge)):
                x = edge[n]
                if (done[x] or closed[x] == UNBURNABLE or closed[x] == LINE
                        or not beside(x, fire_id, width, done, fire)):
                    continue
                any_left = True
                cx = x0_m + (x % width + 0.5) * cell_m
                cy = y0_m - (x // width + 0.5) * cell_m
                away = (cx - x_m) ** 2 + (cy - y_m) ** 2
                if away < best and flame_at(x, t, cell_m, width, arrival, done, ends, out, step, met, stamp,
                                            now, ground, kind, beds) <= max_flame:
                    best, target = away, x
            if target < 0:
                state = WAITING if any_left else NOTHING_LEFT
                break
        cx = x0_m + (target % width + 0.5) * cell_m
        cy = y0_m - (target // width + 0.5) * cell_m
        away = math.sqrt((cx - x_m) ** 2 + (cy - y_m) ** 2)
        if away > STRIDE_CELLS * cell_m:
            reach = left * WALK_PER_LINE
            if reach < away:
                x_m += (cx - x_m) * reach / away
                y_m += (cy - y_m) * reach / away
                walked += reach
                left = 0.0
                break
            walked += away
            left -= away / WALK_PER_LINE
        x_m, y_m = cx, cy
        need = share_m - progress[target]
        if left < need:
            progress[target] += left
            built += left
            left = 0.0
            break
        left -= need
        built += need
        progress[target] = share_m
        closed[target] = LINE
        held[n_held] = target
        n_held += 1
        last = target
    figures[BUILT], figures[WALKED], figures[LOST] = built, walked, max(left, 0.0)
    figures[CREW_X], figures[CREW_Y], figures[STATE] = x_m, y_m, state
    return n_held


@njit(cache=True, error_model="numpy")
def flames(
    cells: Any, t: float, cell_m: float, width: int, arrival: Any, done: Any, ends: Any, out: Any, step: Any,
    met: Any, stamp: Any, now: int, ground: Any, kind: Any, beds: Any, into: Any,
) -> None:
    """Write :func:`flame_at` of each cell to ``into``."""
    for n in range(len(cells)):
        into[n] = flame_at(cells[n], t, cell_m, width, arrival, done, ends, out, step, met, stamp, now,
                           ground, kind, beds)


class Edge:
    """The fire's open edge: burned cells that still have an unburned neighbour, kept up as the fire grows."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._burned = np.zeros(0, np.int64)
        self._seen = 0
        self._key: tuple[int, ...] = ()
        self._cells = np.zeros(0, np.int64)

    def _sides(self, cells: Cells) -> Cells:
        w = self._front.width
        return cells[:, None] + np.array([1, -w, -1, w])

    def cells(self, changes: int) -> Cells:
        """Return window cells that share a side with a burned cell and could still burn (wet ones too).

        ``changes`` is a number that rises whenever cells were closed or opened.
        """
        front = self._front
        key = (len(front.burned), changes, front.row0, front.col0, front.width)
        if key != self._key:
            w, nx = front.width, front.nx
            fresh = front.burned[self._seen:]
            self._seen = len(front.burned)
            r, c = self._burned // nx - front.row0, self._burned % nx - front.col0
            burned = np.concatenate([r * w + c, fresh])
            sides = self._sides(burned)
            free = (front.done[sides] == 0) & ((front.closed[sides] == OPEN) | (front.closed[sides] == WET))
            keep = free.any(1)
            row, col = front.row_col(burned[keep])
            self._burned = row * nx + col
            self._cells = np.unique(sides[free])
            self._key = key
        return self._cells

    def burned(self) -> Cells:
        """Return the burned window cells along the open edge, as of the last call of :meth:`cells`."""
        front = self._front
        r, c = self._burned // front.nx - front.row0, self._burned % front.nx - front.col0
        return r * front.width + c


def flames_along(front: Front, cells: Cells, t_s: float, cell_m: float) -> NDArray[np.float64]:
    """Return the flame (m) a crew would face at each window cell."""
    into = np.zeros(len(cells))
    flames(cells, t_s, cell_m, front.width, front.arrival, front.done, front.ends, front.out, front.step,
           front.metric, front.stamp, front.period_number, front.ground, front.kind, front.period.beds, into)
    return into
