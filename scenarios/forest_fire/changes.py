"""Kernels for what changes a front from outside: an ignition, new weather, cells closed and opened again."""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from scenarios.forest_fire.kernels import (
    COLS,
    ROWS,
    ST_HEAP,
    STEPS_PER_CELL,
    ensure,
    pull,
    push,
)
from scenarios.forest_fire.metric import (
    cell_metric,
    front_normal,
    front_speed,
    travel_time,
)

AT_EDGE, INSIDE = 1, 2
"""Values of ``done``: burned, and burned with nothing left to burn within two cells."""
POINTS_BETWEEN = 4
"""Points looked at between two neighbours when the way that is left is found anew."""


@njit(cache=True, error_model="numpy")
def ignite(
    i: int, t0: float, radius: int, fire_id: int, width: int, arrival: Any, done: Any, closed: Any, step: Any,
    fire: Any, heap_t: Any, heap_i: Any, st: Any,
    now: int, stamp: Any, met: Any, ground: Any, kind: Any, beds: Any, period: Any,
) -> None:
    """Light cell i at t0 and time cells around it along straight rays: exact where they are alike."""
    ensure(i, now, stamp, met, ground, kind, beds, period)
    if arrival[i] <= t0:
        return
    arrival[i] = t0
    step[i, 0], step[i, 1] = 0.0, 0.0
    fire[i] = fire_id
    push(heap_t, heap_i, st, t0, i)
    for dr in range(-radius, radius + 1):
        for dc in range(-radius, radius + 1):
            distance = math.sqrt(dr * dr + dc * dc)
            if distance == 0.0 or distance > radius + 0.5:
                continue
            n = math.ceil(distance * STEPS_PER_CELL)
            total, open_way = 0.0, True
            for s in range(n):
                part = (s + 0.5) / n
                c = i + math.floor(dr * part + 0.5) * width + math.floor(dc * part + 0.5)
                if closed[c]:
                    open_way = False
                    break
                ensure(c, now, stamp, met, ground, kind, beds, period)
                if met[c, 0] == math.inf:
                    open_way = False
                    break
                total += travel_time(met[c, 0], met[c, 1], met[c, 2], ground[c, 0], ground[c, 1],
                                     float(dc), float(-dr)) / n
            x = i + dr * width + dc
            if open_way and not done[x] and t0 + total < arrival[x]:
                arrival[x] = t0 + total
                step[x, 0], step[x, 1] = float(dc), float(-dr)
                fire[x] = fire_id
                push(heap_t, heap_i, st, arrival[x], x)


@njit(cache=True, error_model="numpy")
def turn(
    x: int, now: int, stamp: Any, met: Any, ground: Any, kind: Any, beds: Any, old_beds: Any, period: Any,
    old_period: Any, step: Any,
) -> float:
    """Return old over new speed of the front at a cell along its normal, and turn its ray into the new one.

    Infinite where the new weather carries no fire, negative where the old one did not or nothing is known.
    """
    gx, gy = ground[x, 0], ground[x, 1]
    rho, wx, wy = cell_metric(old_beds[kind[x]], old_period, ground[x, 2], gx, gy)
    ensure(x, now, stamp, met, ground, kind, beds, period)
    if met[x, 0] == math.inf:
        return math.inf
    if rho == math.inf or (step[x, 0] == 0.0 and step[x, 1] == 0.0):
        return -1.0
    nx, ny = front_normal(rho, wx, wy, gx, gy, step[x, 0], step[x, 1])
    before, _, _ = front_speed(rho, wx, wy, gx, gy, nx, ny)
    after, vx, vy = front_speed(met[x, 0], met[x, 1], met[x, 2], gx, gy, nx, ny)
    step[x, 0], step[x, 1] = vx, vy
    return before / after


@njit(cache=True, error_model="numpy")
def share_left(
    x: int, t: float, width: int, arrival: Any, since: Any, done: Any, ground: Any, kind: Any, beds: Any,
    period: Any,
) -> float:
    """Return the least, over points p between burned neighbours of x, of F(x - p) / (T_x - T_p).

    The front at time t stands at the share (t - T_p) / (T_x - T_p) of the way from p, so this times
    (T_x - t) is what is left of the best way to x.
    """
    gx, gy = ground[x, 0], ground[x, 1]
    rho, wx, wy = cell_metric(beds[kind[x]], period, ground[x, 2], gx, gy)
    best = math.inf
    if rho == math.inf:
        return best
    for k in range(16):
        p = x + ROWS[k] * width + COLS[k]
        if not done[p]:
            continue
        k2 = (k + 1) & 15
        q = x + ROWS[k2] * width + COLS[k2]
        for s in range(POINTS_BETWEEN if done[q] else 1):
            b = s / POINTS_BETWEEN
            a = 1.0 - b
            vx, vy = -a * COLS[k] - b * COLS[k2], a * ROWS[k] + b * ROWS[k2]
            tp = min(since[p], t) if s == 0 else a * min(since[p], t) + b * min(since[q], t)
            best = min(best, travel_time(rho, wx, wy, gx, gy, vx, vy) / (arrival[x] - tp))
    return best


@njit(cache=True, error_model="numpy")
def beside_any(x: int, width: int, done: Any, closed: Any, burned: bool) -> bool:
    """Return whether a burned cell, or an open unburned one, lies within two cells of x."""
    for dr in range(-2, 3):
        for dc in range(-2, 3):
            y = x + dr * width + dc
            if burned:
                if done[y]:
                    return True
            elif not done[y] and not closed[y]:
                return True
    return False


@njit(cache=True, error_model="numpy")
def change_weather(
    t: float, alive_after: float, width: int, height: int, margin: int, arrival: Any, since: Any, done: Any,
    closed: Any, ends: Any, step: Any, fire: Any, heap_t: Any, heap_i: Any, st: Any,
    now: int, stamp: Any, met: Any, ground: Any, kind: Any, beds: Any, old_beds: Any, period: Any,
    old_period: Any,
) -> bool:
    """Carry the front from the old weather into the new at time t; ``now`` is the new period's number.

    What is left to an unburned cell is the distance along the front's normal, (T - t) V_old(n), taken at the
    new normal speed, or what is left of the best way from burned neighbours if that takes longer (a curved
    front lies behind its tangent). Either way the fraction covered is kept, and the same weather again
    changes nothing. Burned cells at the front count as sources from when the front would have left them in
    the new weather where that is later.
    Uses the cell's own metric. Cells that could not burn before wait for the whole step from their burned
    neighbours. Returns whether the heap had room.
    """
    st[ST_HEAP] = 0
    for row in range(height):
        for col in range(width):
            x = row * width + col
            if closed[x] or done[x]:
                continue
            inner = margin <= row < height - margin and margin <= col < width - margin
            if arrival[x] < math.inf:
                before = math.inf
                if inner:
                    before = share_left(x, t, width, arrival, since, done, ground, kind, old_beds, old_period)
                ratio = turn(x, now, stamp, met, ground, kind, beds, old_beds, period, old_period, step)
                if ratio == math.inf:
                    arrival[x] = math.inf
                    continue
                if before < math.inf and ratio > 0.0:
                    after = share_left(x, t, width, arrival, since, done, ground, kind, beds, period)
                    ratio = max(ratio, after / before)
                if ratio > 0.0:
                    arrival[x] = t + (arrival[x] - t) * ratio
            else:
                if not inner or not beside_any(x, width, done, closed, True):
                    continue
                best, vx, vy, source = pull(x, t, alive_after, width, since, done, closed, ends, now, stamp,
                                            met, ground, kind, beds, period)
                if best == math.inf:
                    continue
                arrival[x] = best
                step[x, 0], step[x, 1] = vx, vy
                fire[x] = fire[source]
            if st[ST_HEAP] >= len(heap_t):
                return False
            push(heap_t, heap_i, st, arrival[x], x)
    for row in range(margin, height - margin):
        for col in range(margin, width - margin):
            x = row * width + col
            if done[x] == AT_EDGE:
                if not beside_any(x, width, done, closed, False):
                    done[x] = INSIDE
                    continue
                ratio = turn(x, now, stamp, met, ground, kind, beds, old_beds, period, old_period, step)
                since[x] = t if ratio < 0.0 or ratio == math.inf else t - (t - since[x]) * min(ratio, 1.0)
    return True


@njit(cache=True, error_model="numpy")
def recheck(
    cells: Any, width: int, arrival: Any, since: Any, done: Any, closed: Any, ends: Any, step: Any, fire: Any,
    heap_t: Any, heap_i: Any, st: Any,
    now: int, stamp: Any, met: Any, ground: Any, kind: Any, beds: Any, period: Any,
) -> None:
    """Time again the unburned cells given after cells near them have been closed.

    A closed cell is never reached. An open one keeps its time where a way to it is still open that is no
    slower, waits longer where the open ways are slower, and is unreached where there is none.
    """
    for n in range(len(cells)):
        x = cells[n]
        if done[x] or arrival[x] == math.inf:
            continue
        if closed[x]:
            arrival[x] = math.inf
            continue
        best, vx, vy, source = pull(x, -math.inf, -math.inf, width, since, done, closed, ends, now, stamp,
                                    met, ground, kind, beds, period)
        if best > arrival[x]:
            arrival[x] = best
            if best < math.inf:
                step[x, 0], step[x, 1] = vx, vy
                fire[x] = fire[source]
                push(heap_t, heap_i, st, best, x)


@njit(cache=True, error_model="numpy")
def reopen(
    cells: Any, t: float, alive_after: float, width: int, arrival: Any, since: Any, done: Any, closed: Any,
    ends: Any, step: Any, fire: Any, heap_t: Any, heap_i: Any, st: Any,
    now: int, stamp: Any, met: Any, ground: Any, kind: Any, beds: Any, period: Any,
) -> None:
    """Let cells dried at time t burn again; the fire waiting at their edge has half a step to go.

    What burned out before ``alive_after`` no longer lights them.
    """
    for n in range(len(cells)):
        x = cells[n]
        if done[x] or closed[x]:
            continue
        for dr in range(-2, 3):
            for dc in range(-2, 3):
                y = x + dr * width + dc
                done[y] = min(done[y], AT_EDGE)
        whole, vx, vy, source = pull(x, -math.inf, alive_after, width, since, done, closed, ends, now, stamp, met,
                                     ground, kind, beds, period)
        if whole == math.inf:
            continue
        late, _, _, _ = pull(x, t, alive_after, width, since, done, closed, ends, now, stamp, met, ground, kind, beds,
                             period)
        best = max(whole, t + 0.5 * (late - t))
        if best < arrival[x]:
            arrival[x] = best
            step[x, 0], step[x, 1] = vx, vy
            fire[x] = fire[source]
            push(heap_t, heap_i, st, best, x)
