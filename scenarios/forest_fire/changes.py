"""Kernels for what changes a front from outside: an ignition, new weather, cells closed and opened again."""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from scenarios.forest_fire.kernels import (
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


@njit(cache=True, error_model="numpy")
def ignite(
    i: int, t0: float, radius: int, fire_id: int, width: int, arrival: Any, done: Any, closed: Any, step: Any,
    fire: Any, heap_t: Any, heap_i: Any, st: Any,
    now: int, stamp: Any, met: Any, ground: Any, kind: Any, beds: Any, period: Any,
) -> None:
    """Light cell i at t0 and time the cells around it along straight rays, which is exact where they are alike."""
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
            n = int(math.ceil(distance * STEPS_PER_CELL))
            total, open_way = 0.0, True
            for s in range(n):
                part = (s + 0.5) / n
                c = i + int(math.floor(dr * part + 0.5)) * width + int(math.floor(dc * part + 0.5))
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
def change_weather(
    t: float, alive_after: float, width: int, height: int, margin: int, arrival: Any, done: Any, closed: Any,
    ends: Any, step: Any, fire: Any, heap_t: Any, heap_i: Any, st: Any,
    now: int, stamp: Any, met: Any, ground: Any, kind: Any, beds: Any, old_beds: Any, period: Any,
    old_period: Any,
) -> bool:
    """Carry the front from the old weather into the new at time t; ``now`` is the new period's number.

    What is left to an unburned cell is the distance along the front's normal, (T - t) V_old(n); it is taken
    at the normal speed V_new(n) from here on, so that the fraction already covered is kept. Uses the cell's
    own metric. Cells that could not burn before wait for the whole step from their burned neighbours.
    Returns whether the heap had room.
    """
    st[ST_HEAP] = 0
    for row in range(margin, height - margin):
        for col in range(margin, width - margin):
            x = row * width + col
            if done[x] or closed[x]:
                continue
            if arrival[x] < math.inf:
                bed = kind[x]
                gx, gy = ground[x, 0], ground[x, 1]
                speed, vx, vy = 0.0, 0.0, 0.0
                rho, wx, wy = cell_metric(old_beds[bed], old_period, ground[x, 2], gx, gy)
                nx, ny = 0.0, 1.0
                if rho < math.inf and (step[x, 0] != 0.0 or step[x, 1] != 0.0):
                    nx, ny = front_normal(rho, wx, wy, gx, gy, step[x, 0], step[x, 1])
                    speed, _, _ = front_speed(rho, wx, wy, gx, gy, nx, ny)
                ensure(x, now, stamp, met, ground, kind, beds, period)
                if met[x, 0] == math.inf:
                    arrival[x] = math.inf
                    continue
                if speed > 0.0:
                    fresh, vx, vy = front_speed(met[x, 0], met[x, 1], met[x, 2], gx, gy, nx, ny)
                    arrival[x] = t + (arrival[x] - t) * speed / fresh
                    step[x, 0], step[x, 1] = vx, vy
            else:
                near = False
                for dr in range(-2, 3):
                    for dc in range(-2, 3):
                        near = near or done[x + dr * width + dc] != 0
                if not near:
                    continue
                best, vx, vy, source = pull(x, t, alive_after, width, arrival, done, closed, ends, now, stamp,
                                            met, ground, kind, beds, period)
                if best == math.inf:
                    continue
                arrival[x] = best
                step[x, 0], step[x, 1] = vx, vy
                fire[x] = fire[source]
            if st[ST_HEAP] >= len(heap_t):
                return False
            push(heap_t, heap_i, st, arrival[x], x)
    return True


@njit(cache=True, error_model="numpy")
def recheck(
    cells: Any, width: int, arrival: Any, done: Any, closed: Any, ends: Any, step: Any, fire: Any,
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
        best, vx, vy, source = pull(x, -math.inf, -math.inf, width, arrival, done, closed, ends, now, stamp,
                                    met, ground, kind, beds, period)
        if best > arrival[x]:
            arrival[x] = best
            if best < math.inf:
                step[x, 0], step[x, 1] = vx, vy
                fire[x] = fire[source]
                push(heap_t, heap_i, st, best, x)


@njit(cache=True, error_model="numpy")
def reopen(
    cells: Any, t: float, width: int, arrival: Any, done: Any, closed: Any, ends: Any, step: Any, fire: Any,
    heap_t: Any, heap_i: Any, st: Any,
    now: int, stamp: Any, met: Any, ground: Any, kind: Any, beds: Any, period: Any,
) -> None:
    """Let cells that have dried at time t burn again; the fire waiting at their edge has half a step to go."""
    for n in range(len(cells)):
        x = cells[n]
        if done[x] or closed[x]:
            continue
        whole, vx, vy, source = pull(x, -math.inf, t, width, arrival, done, closed, ends, now, stamp, met,
                                     ground, kind, beds, period)
        if whole == math.inf:
            continue
        late, _, _, _ = pull(x, t, t, width, arrival, done, closed, ends, now, stamp, met, ground, kind, beds,
                             period)
        best = max(whole, t + 0.5 * (late - t))
        if best < arrival[x]:
            arrival[x] = best
            step[x, 0], step[x, 1] = vx, vy
            fire[x] = fire[source]
            push(heap_t, heap_i, st, best, x)
