"""Kernels for what changes a front from outside: an ignition, new weather or fuel, cells closed and opened again."""

from __future__ import annotations

import math
from typing import Any

from scenarios.forest_fire.burning import pull
from scenarios.forest_fire.compiled import kernel
from scenarios.forest_fire.heap import ST_HEAP, push
from scenarios.forest_fire.kernels import (
    COLS,
    GX,
    GY,
    RHO,
    ROWS,
    SINCE,
    SX,
    SY,
    WX,
    WY,
    ensure,
    reach,
    shut_between,
    work_out,
)
from scenarios.forest_fire.metric import (
    BED_HEAT,
    P_CELL,
    cell_metric,
    crowns,
    front_normal,
    front_speed,
    ground_factor,
    travel_time,
)
from scenarios.forest_fire.window import INSIDE

POINTS_BETWEEN = 4
"""Points looked at between two neighbours when the way that is left is found anew."""
TOUCHED = 3
"""Cells around a newly closed one whose way may have led past it."""
STEPS_PER_CELL = 8
"""Samples a cell along a ray from an ignition."""


@kernel()
def ignite(i: int, t0: float, radius: int, fire_id: int, cells: Any, land: Any, queue: Any) -> None:
    """Light cell i at t0 and time cells around it along straight rays: exact where they are alike."""
    met, width = land.met, cells.width
    ensure(i, land)
    if cells.arrival[i] <= t0:
        return
    reach(i, t0, 0.0, 0.0, fire_id, cells, queue)
    for dr in range(-radius, radius + 1):
        for dc in range(-radius, radius + 1):
            distance = math.sqrt(dr * dr + dc * dc)
            if distance == 0.0 or distance > radius + 0.5:
                continue
            n = math.ceil(distance * STEPS_PER_CELL)
            total, open_way, last = 0.0, True, i
            for s in range(n):
                part = (s + 0.5) / n
                c = i + math.floor(dr * part + 0.5) * width + math.floor(dc * part + 0.5)
                if cells.closed[c] or shut_between(last, c, cells):
                    open_way = False
                    break
                last = c
                ensure(c, land)
                if met[c, RHO] == math.inf:
                    open_way = False
                    break
                total += travel_time(met[c, RHO], met[c, WX], met[c, WY], met[c, GX], met[c, GY],
                                     float(dc), float(-dr)) / n
            x = i + dr * width + dc
            if open_way and not cells.done[x] and t0 + total < cells.arrival[x]:
                reach(x, t0 + total, float(dc), float(-dr), fire_id, cells, queue)


@kernel()
def turn(x: int, rho: float, wx: float, wy: float, cells: Any, land: Any) -> Any:
    """Return old over new speed of the front at a cell along its normal, and its new slowness; turn its ray.

    (rho, wx, wy) is the old metric. Infinite where the new one carries no fire, negative where the old one did
    not or nothing is known.
    """
    met, step = land.met, cells.step
    gx, gy = met[x, GX], met[x, GY]
    if met[x, RHO] == math.inf:
        return math.inf, 0.0, 0.0
    if rho == math.inf or (step[x, 0] == 0.0 and step[x, 1] == 0.0):
        return -1.0, math.nan, math.nan
    nx, ny = front_normal(rho, wx, wy, gx, gy, step[x, 0], step[x, 1])
    before, _, _ = front_speed(rho, wx, wy, gx, gy, nx, ny)
    after, vx, vy = front_speed(met[x, RHO], met[x, WX], met[x, WY], gx, gy, nx, ny)
    step[x, 0], step[x, 1] = vx, vy
    return before / after, nx / after, ny / after


@kernel()
def quicker(x: int, t: float, rho: float, wx: float, wy: float, cells: Any, land: Any) -> float:
    """Return new over old least, over points p between burned neighbours of x, of F(x - p) / (T_x - T_p).

    The front at time t stands at the share (t - T_p) / (T_x - T_p) of the way from p, so this times
    (T_x - t) is what is left of the best way to x. (rho, wx, wy) is the old metric; 0 where nothing is known.
    """
    met, done = land.met, cells.done
    gx, gy = met[x, GX], met[x, GY]
    r, u, v = met[x, RHO], met[x, WX], met[x, WY]
    old = new = math.inf
    due = cells.arrival[x]
    for k in range(16):
        p = x + cells.offsets[k]
        if not done[p]:
            continue
        k2 = (k + 1) & 15
        q = x + cells.offsets[k2]
        tp = min(met[p, SINCE], t)
        tq = min(met[q, SINCE], t) if done[q] else tp
        for s in range(POINTS_BETWEEN if done[q] else 1):
            b = s / POINTS_BETWEEN
            a = 1.0 - b
            sx, sy = -a * COLS[k] - b * COLS[k2], a * ROWS[k] + b * ROWS[k2]
            gv = gx * sx + gy * sy
            length = math.sqrt(sx * sx + sy * sy + gv * gv)
            took = 1.0 / (due - (a * tp + b * tq))
            old = min(old, (rho * length - wx * sx - wy * sy) * took)
            new = min(new, (r * length - u * sx - v * sy) * took)
    return new / old if old < math.inf else 0.0


@kernel()
def carry_over(x: int, t: float, rho: float, wx: float, wy: float, cells: Any, land: Any) -> float:
    """Return the new arrival at waiting cell x, whose metric was (rho, wx, wy) up to t; the new one is worked out.

    What is left to it is the distance along the front's normal, (T - t) V_old(n), taken at the new normal speed,
    or what is left of the best way from burned neighbours if that takes longer (a curved front lies behind its
    tangent). Either way the fraction covered is kept, and the same metric again changes nothing.
    """
    known = quicker(x, t, rho, wx, wy, cells, land) if rho < math.inf else 0.0
    ratio, _, _ = turn(x, rho, wx, wy, cells, land)
    due = cells.arrival[x]
    if ratio == math.inf:
        return math.inf
    if ratio > 0.0:
        due = t + (due - t) * max(ratio, known)
    return due


@kernel()
def old_metric(x: int, land: Any, old: Any) -> Any:
    """Return a cell's metric in the period before, and leave the record with the present one's."""
    met = land.met
    if land.stamp[x] == old.now:
        rho, wx, wy = met[x, RHO], met[x, WX], met[x, WY]
    else:
        rho, wx, wy = cell_metric(old.beds[land.kind[x]], old.period, land.ground[x], old.stands[land.stand[x]],
                                  1.0 - land.slowed[x])
    ensure(x, land)
    return rho, wx, wy


@kernel()
def left_beside(x: int, cells: Any, land: Any) -> int:
    """Return whether, within two cells of x, fire is on its way to a cell (2), one is open (1), or none is (0).

    Open cells that carried no fire so far are marked as to be asked again; 4 is added where there are any.
    """
    left, again = 0, 0
    for dr in range(-2, 3):
        for dc in range(-2, 3):
            y = x + dr * cells.width + dc
            if not cells.done[y] and not cells.closed[y]:
                if cells.arrival[y] < math.inf:
                    left = 2
                else:
                    left = max(left, 1)
                    if land.met[y, RHO] == math.inf:
                        cells.asked[y] = land.now
                        again = 4
    return left + again


@kernel()
def take_waiting(waiting: Any, cells: Any, queue: Any) -> int:
    """Empty the queue; write the cells that were due in it to ``waiting`` and return how many there are."""
    st = queue.st
    m = 0
    for k in range(st[ST_HEAP]):
        x = queue.heap_i[k]
        if queue.heap_t[k] == cells.arrival[x] and not cells.done[x] and not cells.closed[x]:
            waiting[m] = x
            m += 1
    st[ST_HEAP] = 0
    return m


@kernel()
def change_weather(t: float, alive_after: float, waiting: Any, edge: Any, cells: Any, land: Any, old: Any,
                   queue: Any) -> int:
    """Carry the front from the old weather into the new at time t; return how many cells of ``edge`` still count.

    ``waiting`` are the cells that stood in the queue. ``edge`` holds the burned cells that may have something left
    to burn beside them, and is thinned out. Cells that could not burn before wait for the whole step from their
    burned neighbours. Burned cells at the front count as sources from when the front would have left them in the
    new weather where that is later.
    """
    arrival, done, met = cells.arrival, cells.done, land.met
    for k in range(len(waiting)):
        x = waiting[k]
        rho, wx, wy = old_metric(x, land, old)
        arrival[x] = carry_over(x, t, rho, wx, wy, cells, land)
        if arrival[x] < math.inf:
            push(queue.heap_t, queue.heap_i, queue.st, arrival[x], x)
    n, again = 0, 0
    for k in range(len(edge)):
        i = edge[k]
        left = left_beside(i, cells, land)
        if left == 0:
            done[i] = INSIDE
        elif left & 2 or cells.ends[i] >= alive_after:  # else too old to light anything, now or later
            edge[n] = i
            n += 1
            again |= left & 4
    for k in range(n if again else 0):
        for dr in range(-2, 3):
            for dc in range(-2, 3):
                x = edge[k] + dr * cells.width + dc
                if cells.asked[x] != land.now:
                    continue
                cells.asked[x] = 0
                best, vx, vy, source = pull(x, t, alive_after, cells, land)
                if best < math.inf:
                    reach(x, best, vx, vy, cells.fire[source], cells, queue)
    for k in range(n):
        i = edge[k]
        rho, wx, wy = old_metric(i, land, old)
        ratio, sx, sy = turn(i, rho, wx, wy, cells, land)
        met[i, SX], met[i, SY] = sx, sy
        met[i, SINCE] = t if ratio < 0.0 or ratio == math.inf else t - (t - met[i, SINCE]) * min(ratio, 1.0)
    return n


@kernel()
def change_ground(changed: Any, kinds: Any, slowed: Any, t: float, alive_after: float, cells: Any, land: Any,
                  queue: Any) -> None:
    """Give unburned cells other fuel (rows of the table of beds) and shares of their rate lost, at time t.

    A cell that fire is on its way to keeps the fraction covered; one that could not burn waits for the whole step.
    """
    for n in range(len(changed)):
        x = changed[n]
        ensure(x, land)
        rho, wx, wy = land.met[x, RHO], land.met[x, WX], land.met[x, WY]
        land.kind[x], land.slowed[x] = kinds[n], slowed[n]
        work_out(x, land)
        if cells.closed[x]:
            continue
        if cells.arrival[x] < math.inf:
            due = carry_over(x, t, rho, wx, wy, cells, land)
            cells.arrival[x] = due
            if due < math.inf:
                push(queue.heap_t, queue.heap_i, queue.st, due, x)
        else:
            best, vx, vy, source = pull(x, t, alive_after, cells, land)
            if best < math.inf:
                reach(x, best, vx, vy, cells.fire[source], cells, queue)


@kernel()
def recheck(touched: Any, cells: Any, land: Any, queue: Any) -> None:
    """Time again the unburned cells given after cells near them have been closed.

    A closed cell is never reached. An open one keeps its time where a way to it is still open that is no
    slower, waits longer where the open ways are slower, and is unreached where there is none.
    """
    for n in range(len(touched)):
        x = touched[n]
        if cells.done[x] or cells.arrival[x] == math.inf:
            continue
        if cells.closed[x]:
            cells.arrival[x] = math.inf
            continue
        best, vx, vy, source = pull(x, -math.inf, -math.inf, cells, land)
        if best == math.inf:
            cells.arrival[x] = math.inf
        elif best > cells.arrival[x]:
            reach(x, best, vx, vy, cells.fire[source], cells, queue)


@kernel()
def reopen(opened: Any, t: float, alive_after: float, cells: Any, land: Any, queue: Any) -> None:
    """Let cells opened at time t burn again; the fire waiting at their edge has half a step to go.

    What burned out before ``alive_after`` no longer lights them.
    """
    for n in range(len(opened)):
        x = opened[n]
        if cells.done[x] or cells.closed[x]:
            continue
        whole, vx, vy, source = pull(x, -math.inf, alive_after, cells, land)
        if whole == math.inf:
            continue
        late, _, _, _ = pull(x, t, alive_after, cells, land)
        best = max(whole, t + 0.5 * (late - t))
        if best < cells.arrival[x]:
            reach(x, best, vx, vy, cells.fire[source], cells, queue)


@kernel()
def intensity_towards(source: Any, target: Any, width: int, land: Any, into: Any) -> None:
    """Write the fireline intensity (kW/m) of a front in each source cell that moves towards its target cell."""
    met = land.met
    for n in range(len(source)):
        p, x = source[n], target[n]
        ensure(p, land)
        into[n] = 0.0
        if met[p, RHO] == math.inf:
            continue
        east, north = float(x % width - p % width), float(p // width - x // width)
        far = math.sqrt(east * east + north * north)
        nx, ny = east / far, north / far
        speed, _, _ = front_speed(met[p, RHO], met[p, WX], met[p, WY], met[p, GX], met[p, GY], nx, ny)
        rate = speed * land.period[P_CELL] * ground_factor(met[p, GX], met[p, GY], nx, ny)
        bed = land.beds[land.kind[p]]
        added, _ = crowns(bed, land.period, land.ground[p], land.stands[land.stand[p]], rate)
        into[n] = (bed[BED_HEAT] + added) * rate
