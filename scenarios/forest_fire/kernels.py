"""Kernels that carry the front over the grid: two-neighbour elliptical updates, corrected in order of time.

Each unburned cell's arrival is the least over pairs of burned neighbours of a straight step from a point
between them (the closed-form update of ordered upwind methods, Sethian and Vladimirsky 2003, doi
10.1137/S0036142901392742, for the Randers metric of ``metric.py``). Between the two the arrival is a parabola
whose bend comes from the front's slowness at both (as in jet marching, Potter and Cameron 2021), so that a
curved front is not taken for its chord. Neighbours are the 16 of the eight adjacent cells and the eight knight's
moves; a knight's move is used only where the cells it crosses are open and alike (rho within 15 %). The metric
is averaged along the step. Past corners at which unlike cells meet fire spreads out from the corner itself
(``corners.py``). A cell is opened again when a later pair proves it earlier. Nothing passes between two closed
cells that touch at a corner.

Arrays are flat over the window, bundled in the tuples of ``arrays.py``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from scenarios.forest_fire.compiled import kernel
from scenarios.forest_fire.heap import push
from scenarios.forest_fire.metric import (
    BED_HEAT,
    BED_RESIDENCE,
    P_CELL,
    P_CROWN,
    cell_metric,
    crowns,
    front_normal,
    front_speed,
    ground_factor,
)

ROWS = np.array([0, -1, -1, -2, -1, -2, -1, -1, 0, 1, 1, 2, 1, 2, 1, 1], np.int64)
COLS = np.array([1, 2, 1, 1, 0, -1, -1, -2, -1, -2, -1, -1, 0, 1, 1, 2], np.int64)
"""The 16 neighbours, counter-clockwise from east: even ones adjacent (0, 4, 8, 12 share a side), odd ones
knight's moves, each between the two adjacent cells it crosses."""
ALIKE = 1.15
"""Largest ratio of rho among cells taken for one medium."""
MARGIN = 8
"""Cells from the window's edge within which no cell is worked on."""
REOPEN_GAIN = 0.02
"""A burned cell is opened again for a gain above this share of its quickest crossing."""
ORDERED_BELOW = 0.89
"""Eccentricity up to which no later cell can prove a burned one earlier: the angle between ray and front
normal is at most asin(e), that between neighbours 26.57 deg, and together they must not pass 90 deg."""
RHO, WX, WY, GX, GY, SINCE, SX, SY = range(8)
"""Columns of a cell's record ``met``: its metric (s per cell), its gradient, and once burned the time it counts
from as a source of fire and the front's slowness there (s per cell, x east, y north)."""
MET_COLUMNS = 8
DONE, GROW, HEAP_FULL = 0, 1, 2
"""Why :func:`advance` came back."""
ROOM = 64
"""Entries that one burning cell may add to the queue: 16 neighbours and 36 cells past its corners, rounded up."""


@kernel()
def work_out(i: int, land: Any) -> None:
    """Work out the metric of an open cell for the present weather."""
    met, ground = land.met, land.ground
    rho, wx, wy = cell_metric(land.beds[land.kind[i]], land.period, ground[i], land.stands[land.stand[i]],
                              1.0 - land.slowed[i])
    met[i, RHO] = rho
    met[i, WX] = wx
    met[i, WY] = wy
    met[i, GX] = ground[i, 0]
    met[i, GY] = ground[i, 1]
    land.stamp[i] = land.now


@kernel(inline="always")
def ensure(i: int, land: Any) -> None:
    """Make sure that an open cell's metric is that of the present weather."""
    if land.stamp[i] != land.now:
        work_out(i, land)


@kernel()
def alike(a: float, b: float) -> bool:
    """Return whether two values of rho are those of one medium."""
    return max(a, b) <= ALIKE * min(a, b)


@kernel(inline="always")
def pair_time(
    ta: float, tb: float, ax: float, ay: float, dx: float, dy: float,
    rho: float, wx: float, wy: float, ga: float, gd: float, aside: float, bend_a: float, bend_b: float,
) -> Any:
    """Return (time, share) of the best step from a point between two sources, share 0 at a and 1 at b.

    The step from a is (ax, ay), from b (ax + dx, ay + dy); infinite where the best point is an end. ``ga``,
    ``gd`` are the gradient along the two, ``aside`` = |a x d| sqrt(1 + |g|^2) with |a x d| = 1 for neighbours.
    ``bend_a``, ``bend_b`` are the arrival's slope along a to b at the two; where it grows from below the chord's
    to above it, the arrival between is a parabola below the chord.
    """
    ad = ax * dx + ay * dy + ga * gd
    dd = dx * dx + dy * dy + gd * gd
    rise = tb - ta
    slope = rise - wx * dx - wy * dy
    if (slope >= 0.0 and ad >= 0.0) or (slope <= 0.0 and ad + dd <= 0.0):
        return math.inf, 0.0
    room = rho * rho * dd - slope * slope
    if room <= 0.0:
        return math.inf, 0.0
    root = math.sqrt(room)
    at = -slope * aside
    if at <= ad * root or at >= (ad + dd) * root:
        return math.inf, 0.0
    share = (at / root - ad) / dd
    t = ta - wx * ax - wy * ay + (aside * root - slope * ad) / dd
    bend = rise - bend_a  # not a number at an ignition, from which the arrival grows in straight lines
    if bend > 0.0 and bend_b > rise:
        # one step of Newton's from the straight line's best point: root^3 / (rho^2 aside) is the step's curvature
        bend = min(bend, bend_b - rise)
        aslant = (1.0 - 2.0 * share) * bend
        shift = aslant / (root * root * root / (rho * rho * aside) + 2.0 * bend)
        t -= share * (1.0 - share) * bend + 0.5 * aslant * shift
        share = min(max(share + shift, 0.0), 1.0)
    return t, share


@kernel(inline="always")
def from_source(x: int, k: int, calm: bool, floor: float, cells: Any, land: Any) -> Any:
    """Return (time, vx, vy): the earliest arrival at x by neighbour k and those beside it, and the step.

    The metrics of x and its neighbours are up to date. ``calm``: all cells concerned are open and alike.
    Sources count from no earlier than ``floor``. Infinite where the way from k is not open.
    """
    met, done, closed, off = land.met, cells.done, cells.closed, cells.offsets
    none = (math.inf, 0.0, 0.0)
    p = x + off[k]
    rx, rp = met[x, RHO], met[p, RHO]
    if rp == math.inf:
        return none
    ax, ay = float(-COLS[k]), float(ROWS[k])
    knight = k & 1
    if not calm:
        if knight:
            a, b = x + off[(k + 1) & 15], x + off[k - 1]
            if closed[a] or closed[b]:
                return none
            ra, rb = met[a, RHO], met[b, RHO]
            if max(max(rx, rp), max(ra, rb)) > ALIKE * min(min(rx, rp), min(ra, rb)):
                return none
        elif k & 2 and closed[x + off[(k + 2) & 15]] and closed[x + off[k - 2]]:
            return none
    ux, uy, up_x, up_y = met[x, WX], met[x, WY], met[p, WX], met[p, WY]
    gx, gy = 0.5 * (met[x, GX] + met[p, GX]), 0.5 * (met[x, GY] + met[p, GY])
    sx, sy = met[p, SX], met[p, SY]
    bent = floor == -math.inf
    ta = max(met[p, SINCE], floor)
    ga = gx * ax + gy * ay
    best = (ta + 0.5 * (rx + rp) * math.sqrt(ax * ax + ay * ay + ga * ga)
            - 0.5 * ((ux + up_x) * ax + (uy + up_y) * ay))
    best_x, best_y = ax, ay
    aside = math.sqrt(1.0 + gx * gx + gy * gy)
    for turn in (1, -1):
        s = (k + turn) & 15
        q = x + off[s]
        if knight:
            if not done[q]:
                continue
        else:
            far = (k + 2 * turn) & 15
            o = x + off[far]
            usable = done[q] != 0
            if not calm:
                if closed[o]:
                    continue
                if usable:
                    ro, rq = met[o, RHO], met[q, RHO]
                    usable = not closed[q] and (max(max(rx, rp), max(rq, ro)) <= ALIKE * min(min(rx, rp), min(rq, ro)))
            if not usable:
                if not done[o]:
                    continue
                s, q = far, o
        rq = met[q, RHO]
        if rq == math.inf:
            continue
        dx, dy = -COLS[s] - ax, ROWS[s] - ay
        rho = 0.5 * rx + 0.25 * (rp + rq)
        wx = 0.5 * ux + 0.25 * (up_x + met[q, WX])
        wy = 0.5 * uy + 0.25 * (up_y + met[q, WY])
        bend_a, bend_b = 0.0, 0.0
        tb = max(met[q, SINCE], floor)
        if bent:
            bend_a = -(sx * dx + sy * dy)
            bend_b = -(met[q, SX] * dx + met[q, SY] * dy)
        t, share = pair_time(ta, tb, ax, ay, dx, dy, rho, wx, wy, ga, gx * dx + gy * dy, aside, bend_a, bend_b)
        if t < best:
            best, best_x, best_y = t, ax + share * dx, ay + share * dy
    return best, best_x, best_y


@kernel()
def shut_between(a: int, b: int, cells: Any) -> bool:
    """Return whether two cells touch only at a corner and both cells beside it are closed."""
    row_a, row_b = a // cells.width, b // cells.width
    if row_a == row_b:
        return False
    across = (b - row_b * cells.width) - (a - row_a * cells.width)
    return across != 0 and cells.closed[a + across] != 0 and cells.closed[b - across] != 0


@kernel()
def settle(i: int, cells: Any, land: Any) -> None:
    """Write down how a cell burned: rate at right angles to the front (m/s), intensity, heading, crowns, its end."""
    met, step, out, ends = land.met, cells.step, cells.out, cells.ends
    rho, wx, wy, gx, gy = met[i, RHO], met[i, WX], met[i, WY], met[i, GX], met[i, GY]
    vx, vy = step[i, 0], step[i, 1]
    lit = vx == 0.0 and vy == 0.0
    bed = land.beds[land.kind[i]]
    if rho == math.inf:
        out[i, 0], out[i, 1], out[i, 2] = 0.0, 0.0, 0.0
        met[i, SX], met[i, SY] = math.nan, math.nan
        ends[i] = cells.arrival[i] + bed[BED_RESIDENCE]
        return
    if lit:
        vx, vy = wx, wy
        if vx == 0.0 and vy == 0.0:
            vy = 1.0
    nx, ny = front_normal(rho, wx, wy, gx, gy, vx, vy)
    speed, _, _ = front_speed(rho, wx, wy, gx, gy, nx, ny)
    rate = speed * land.period[P_CELL] * ground_factor(gx, gy, nx, ny)
    heat = bed[BED_HEAT]
    if land.period[P_CROWN] > 0.0:
        added, kind = crowns(bed, land.period, land.ground[i], land.stands[land.stand[i]], rate)
        heat += added
        cells.crown[i] = kind
    met[i, SX], met[i, SY] = (math.nan, math.nan) if lit else (nx / speed, ny / speed)
    out[i, 0] = rate
    out[i, 1] = heat * rate
    out[i, 2] = math.degrees(math.atan2(nx, ny)) % 360.0
    ends[i] = cells.arrival[i] + 1.0 / speed + bed[BED_RESIDENCE]


@kernel()
def reach(x: int, t: float, vx: float, vy: float, fire: int, cells: Any, queue: Any) -> None:
    """Note that fire of a number reaches x at t along the step (vx, vy)."""
    cells.arrival[x] = t
    cells.step[x, 0] = vx
    cells.step[x, 1] = vy
    cells.fire[x] = fire
    push(queue.heap_t, queue.heap_i, queue.st, t, x)
