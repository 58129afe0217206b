"""Kernels that carry the front over the grid: two-neighbour elliptical updates, corrected in order of time.

Each unburned cell's arrival is the least over pairs of burned neighbours of a straight step from a point
between them (the closed-form update of ordered upwind methods, Sethian and Vladimirsky 2003, doi
10.1137/S0036142901392742, for the Randers metric of ``metric.py``). Neighbours are the 16 of the eight
adjacent cells and the eight knight's moves; a knight's move is used only where the cells it crosses are
open and alike (rho within 15 %). A cell is opened again when a later pair proves it earlier. The metric is
averaged over the cells an edge crosses. Nothing passes between two closed cells that touch at a corner.

``cell`` arrays are flat over the window; ``st`` holds the counters named ``ST_*``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from scenarios.forest_fire.metric import (
    BED_HEAT,
    BED_RESIDENCE,
    P_CELL,
    cell_metric,
    front_normal,
    front_speed,
    ground_factor,
    travel_time,
)

ROWS = np.array([0, -1, -1, -2, -1, -2, -1, -1, 0, 1, 1, 2, 1, 2, 1, 1], np.int64)
COLS = np.array([1, 2, 1, 1, 0, -1, -1, -2, -1, -2, -1, -1, 0, 1, 1, 2], np.int64)
"""The 16 neighbours, counter-clockwise from east: even ones adjacent (0, 4, 8, 12 share a side), odd ones
knight's moves, each between the two adjacent cells it crosses."""
ALIKE = 1.15
"""Largest ratio of rho among the cells of a knight's move."""
MARGIN = 4
"""Cells from the window's edge within which no cell is worked on."""
REOPEN_GAIN = 0.02
"""A burned cell is opened again for a gain above this share of its quickest crossing."""
ORDERED_BELOW = 0.89
"""Eccentricity up to which no later cell can prove a burned one earlier: the angle between ray and front
normal is at most asin(e), that between neighbours 26.57 deg, and together they must not pass 90 deg."""
ST_HEAP, ST_BURNED, ST_POPS = 0, 1, 2
DONE, GROW, HEAP_FULL = 0, 1, 2
"""Why :func:`advance` came back."""
STEPS_PER_CELL = 8
"""Samples a cell along a ray from an ignition."""


@njit(cache=True, error_model="numpy")
def push(heap_t: Any, heap_i: Any, st: Any, t: float, i: int) -> None:
    """Add (t, i) to the binary heap; ties go to the lower cell."""
    k = st[ST_HEAP]
    st[ST_HEAP] = k + 1
    while k > 0:
        up = (k - 1) >> 1
        if heap_t[up] < t or (heap_t[up] == t and heap_i[up] <= i):
            break
        heap_t[k] = heap_t[up]
        heap_i[k] = heap_i[up]
        k = up
    heap_t[k] = t
    heap_i[k] = i


@njit(cache=True, error_model="numpy")
def drop_top(heap_t: Any, heap_i: Any, st: Any) -> None:
    """Remove the least entry of the heap."""
    size = st[ST_HEAP] - 1
    st[ST_HEAP] = size
    t, i = heap_t[size], heap_i[size]
    k = 0
    while True:
        child = 2 * k + 1
        if child >= size:
            break
        right = child + 1
        if right < size and (heap_t[right] < heap_t[child]
                             or (heap_t[right] == heap_t[child] and heap_i[right] < heap_i[child])):
            child = right
        if t < heap_t[child] or (t == heap_t[child] and i <= heap_i[child]):
            break
        heap_t[k] = heap_t[child]
        heap_i[k] = heap_i[child]
        k = child
    heap_t[k] = t
    heap_i[k] = i


@njit(cache=True, error_model="numpy", inline="always")
def ensure(i: int, now: int, stamp: Any, met: Any, ground: Any, kind: Any, beds: Any, period: Any) -> None:
    """Work out the metric of an open cell for the present weather, once."""
    if stamp[i] != now:
        rho, wx, wy = cell_metric(beds[kind[i]], period, ground[i, 2], ground[i, 0], ground[i, 1])
        met[i, 0] = rho
        met[i, 1] = wx
        met[i, 2] = wy
        stamp[i] = now


@njit(cache=True, error_model="numpy")
def pair_time(
    ta: float, tb: float, ax: float, ay: float, dx: float, dy: float,
    rho: float, wx: float, wy: float, gx: float, gy: float,
) -> Any:
    """Return (time, share) of the best step from a point between two sources, share 0 at a and 1 at b.

    The step from a is (ax, ay), from b (ax + dx, ay + dy); infinite where the best point is an end.
    """
    ga, gd = gx * ax + gy * ay, gx * dx + gy * dy
    ad = ax * dx + ay * dy + ga * gd
    dd = dx * dx + dy * dy + gd * gd
    slope = tb - ta - wx * dx - wy * dy
    if (slope >= 0.0 and ad >= 0.0) or (slope <= 0.0 and ad + dd <= 0.0):
        return math.inf, 0.0
    room = rho * rho * dd - slope * slope
    if room <= 0.0:
        return math.inf, 0.0
    root = math.sqrt(room)
    aside = math.sqrt(max((ax * ax + ay * ay + ga * ga) * dd - ad * ad, 0.0))
    at = -slope * aside
    if at <= ad * root or at >= (ad + dd) * root:
        return math.inf, 0.0
    return ta - wx * ax - wy * ay + (aside * root - slope * ad) / dd, (at / root - ad) / dd


@njit(cache=True, error_model="numpy", inline="always")
def from_source(
    x: int, k: int, floor: float, width: int, since: Any, done: Any, closed: Any,
    now: int, stamp: Any, met: Any, ground: Any, kind: Any, beds: Any, period: Any,
) -> Any:
    """Return (time, vx, vy): the earliest arrival at x by neighbour k and those beside it, and the step.

    Sources burn no earlier than ``floor``. Infinite where the way from k is not open.
    """
    none = (math.inf, 0.0, 0.0)
    p = x + ROWS[k] * width + COLS[k]
    rx, ux, uy = met[x, 0], met[x, 1], met[x, 2]
    hx, hy = ground[x, 0], ground[x, 1]
    ensure(p, now, stamp, met, ground, kind, beds, period)
    rp, vp, wp = met[p, 0], met[p, 1], met[p, 2]
    if rp == math.inf:
        return none
    ax, ay = float(-COLS[k]), float(ROWS[k])
    ta = max(since[p], floor)
    best_x, best_y = ax, ay
    if k & 1:
        left, right = (k + 1) & 15, k - 1
        a, b = x + ROWS[left] * width + COLS[left], x + ROWS[right] * width + COLS[right]
        if closed[a] or closed[b]:
            return none
        ensure(a, now, stamp, met, ground, kind, beds, period)
        ensure(b, now, stamp, met, ground, kind, beds, period)
        most = max(max(rx, rp), max(met[a, 0], met[b, 0]))
        least = min(min(rx, rp), min(met[a, 0], met[b, 0]))
        if most > ALIKE * least:
            return none
        rho = 0.25 * (rx + rp + met[a, 0] + met[b, 0])
        wx = 0.25 * (ux + vp + met[a, 1] + met[b, 1])
        wy = 0.25 * (uy + wp + met[a, 2] + met[b, 2])
        gx = 0.25 * (hx + ground[p, 0] + ground[a, 0] + ground[b, 0])
        gy = 0.25 * (hy + ground[p, 1] + ground[a, 1] + ground[b, 1])
        best = ta + travel_time(rho, wx, wy, gx, gy, ax, ay)
        for side in range(2):
            s, q, o = (left, a, b) if side == 0 else (right, b, a)
            if not done[q]:
                continue
            rho = 0.375 * (rx + met[q, 0]) + 0.125 * (rp + met[o, 0])
            wx = 0.375 * (ux + met[q, 1]) + 0.125 * (vp + met[o, 1])
            wy = 0.375 * (uy + met[q, 2]) + 0.125 * (wp + met[o, 2])
            gx = 0.375 * (hx + ground[q, 0]) + 0.125 * (ground[p, 0] + ground[o, 0])
            gy = 0.375 * (hy + ground[q, 1]) + 0.125 * (ground[p, 1] + ground[o, 1])
            dx, dy = -COLS[s] - ax, ROWS[s] - ay
            t, share = pair_time(ta, max(since[q], floor), ax, ay, dx, dy, rho, wx, wy, gx, gy)
            if t < best:
                best, best_x, best_y = t, ax + share * dx, ay + share * dy
        return best, best_x, best_y

    if k & 2:
        left, right = (k + 2) & 15, k - 2
        if (closed[x + ROWS[left] * width + COLS[left]]
                and closed[x + ROWS[right] * width + COLS[right]]):
            return none
    best = ta + travel_time(
        0.5 * (rx + rp), 0.5 * (ux + vp), 0.5 * (uy + wp),
        0.5 * (hx + ground[p, 0]), 0.5 * (hy + ground[p, 1]), ax, ay,
    )
    for side in range(2):
        turn = 1 if side == 0 else -1
        s, far = (k + turn) & 15, (k + 2 * turn) & 15
        q, o = x + ROWS[s] * width + COLS[s], x + ROWS[far] * width + COLS[far]
        if closed[o]:
            continue
        ensure(o, now, stamp, met, ground, kind, beds, period)
        usable = False
        if done[q] and not closed[q]:
            ensure(q, now, stamp, met, ground, kind, beds, period)
            most = max(max(rx, rp), max(met[q, 0], met[o, 0]))
            least = min(min(rx, rp), min(met[q, 0], met[o, 0]))
            usable = most <= ALIKE * least
        if usable:
            rho = 0.375 * (rx + rp) + 0.125 * (met[q, 0] + met[o, 0])
            wx = 0.375 * (ux + vp) + 0.125 * (met[q, 1] + met[o, 1])
            wy = 0.375 * (uy + wp) + 0.125 * (met[q, 2] + met[o, 2])
            gx = 0.375 * (hx + ground[p, 0]) + 0.125 * (ground[q, 0] + ground[o, 0])
            gy = 0.375 * (hy + ground[p, 1]) + 0.125 * (ground[q, 1] + ground[o, 1])
        elif done[o] and met[o, 0] < math.inf:
            s, q = far, o
            rho = 0.5 * rx + 0.25 * (rp + met[o, 0])
            wx = 0.5 * ux + 0.25 * (vp + met[o, 1])
            wy = 0.5 * uy + 0.25 * (wp + met[o, 2])
            gx = 0.5 * hx + 0.25 * (ground[p, 0] + ground[o, 0])
            gy = 0.5 * hy + 0.25 * (ground[p, 1] + ground[o, 1])
        else:
            continue
        dx, dy = -COLS[s] - ax, ROWS[s] - ay
        t, share = pair_time(ta, max(since[q], floor), ax, ay, dx, dy, rho, wx, wy, gx, gy)
        if t < best:
            best, best_x, best_y = t, ax + share * dx, ay + share * dy
    return best, best_x, best_y


@njit(cache=True, error_model="numpy")
def pull(
    x: int, floor: float, alive_after: float, width: int, since: Any, done: Any, closed: Any, ends: Any,
    now: int, stamp: Any, met: Any, ground: Any, kind: Any, beds: Any, period: Any,
) -> Any:
    """Return (time, vx, vy, source): the earliest arrival at x from all burned neighbours still alive."""
    best, bx, by, source = math.inf, 0.0, 0.0, -1
    ensure(x, now, stamp, met, ground, kind, beds, period)
    if met[x, 0] == math.inf:
        return best, bx, by, source
    for k in range(16):
        p = x + ROWS[k] * width + COLS[k]
        if not done[p] or ends[p] < alive_after:
            continue
        t, vx, vy = from_source(x, k, floor, width, since, done, closed, now, stamp, met, ground, kind,
                                beds, period)
        if t < best:
            best, bx, by, source = t, vx, vy, p
    return best, bx, by, source


@njit(cache=True, error_model="numpy")
def settle(i: int, arrival: Any, ends: Any, out: Any, step: Any, met: Any, ground: Any, kind: Any,
           beds: Any, period: Any) -> None:
    """Write down how a cell burned: rate at right angles to the front (m/s), intensity, heading, its end."""
    rho, wx, wy = met[i, 0], met[i, 1], met[i, 2]
    gx, gy = ground[i, 0], ground[i, 1]
    vx, vy = step[i, 0], step[i, 1]
    bed = beds[kind[i]]
    if rho == math.inf:
        out[i, 0], out[i, 1], out[i, 2] = 0.0, 0.0, 0.0
        ends[i] = arrival[i] + bed[BED_RESIDENCE]
        return
    if vx == 0.0 and vy == 0.0:
        vx, vy = wx, wy
        if vx == 0.0 and vy == 0.0:
            vy = 1.0
    nx, ny = front_normal(rho, wx, wy, gx, gy, vx, vy)
    speed, _, _ = front_speed(rho, wx, wy, gx, gy, nx, ny)
    rate = speed * period[P_CELL] * ground_factor(gx, gy, nx, ny)
    out[i, 0] = rate
    out[i, 1] = bed[BED_HEAT] * rate
    out[i, 2] = math.degrees(math.atan2(nx, ny)) % 360.0
    ends[i] = arrival[i] + 1.0 / speed + bed[BED_RESIDENCE]


@njit(cache=True, error_model="numpy")
def advance(
    until: float, start: float, width: int, height: int, arrival: Any, since: Any, done: Any,
    closed: Any, ends: Any, out: Any, step: Any, fire: Any, order: Any, heap_t: Any, heap_i: Any, st: Any,
    now: int, stamp: Any, met: Any, ground: Any, kind: Any, beds: Any, period: Any,
) -> int:
    """Burn every cell that the front reaches by ``until``, in order; return why it stopped.

    ``start`` is when the present weather began: cells burned before it are not opened again. ``since`` is
    the time burned cells count from as sources: their arrival, or what it would have been in this weather.
    """
    while st[ST_HEAP] > 0 and heap_t[0] <= until:
        t, i = heap_t[0], heap_i[0]
        if t != arrival[i] or closed[i]:
            drop_top(heap_t, heap_i, st)
            continue
        row, col = i // width, i % width
        if row < MARGIN or col < MARGIN or row >= height - MARGIN or col >= width - MARGIN:
            return GROW
        if st[ST_HEAP] + 16 > len(heap_t):
            return HEAP_FULL
        drop_top(heap_t, heap_i, st)
        st[ST_POPS] += 1
        if not done[i]:
            done[i] = 1
            order[st[ST_BURNED]] = i
            st[ST_BURNED] += 1
        since[i] = arrival[i]
        ensure(i, now, stamp, met, ground, kind, beds, period)
        settle(i, arrival, ends, out, step, met, ground, kind, beds, period)
        for k in range(16):
            x = i - ROWS[k] * width - COLS[k]
            if closed[x]:
                continue
            ensure(x, now, stamp, met, ground, kind, beds, period)
            rho = met[x, 0]
            if rho == math.inf:
                continue
            margin = 0.0
            if done[x]:
                if arrival[x] < start:
                    continue
                drift2 = met[x, 1] * met[x, 1] + met[x, 2] * met[x, 2]
                if arrival[x] <= t and drift2 <= ORDERED_BELOW * ORDERED_BELOW * rho * rho:
                    continue
                margin = REOPEN_GAIN * (rho - math.sqrt(drift2))
            best, vx, vy = from_source(x, k, -math.inf, width, since, done, closed, now, stamp, met, ground,
                                       kind, beds, period)
            if best < arrival[x] - margin:
                arrival[x] = best
                step[x, 0] = vx
                step[x, 1] = vy
                fire[x] = fire[i]
                push(heap_t, heap_i, st, best, x)
    return DONE
