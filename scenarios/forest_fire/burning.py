"""The kernel that burns cells in order of time, and the one that looks for a cell's earliest arrival anew."""

from __future__ import annotations

import math
from typing import Any

from scenarios.forest_fire.compiled import kernel
from scenarios.forest_fire.corners import past_corners, pull_past_corners
from scenarios.forest_fire.heap import ST_BURNED, ST_HEAP, ST_POPS, drop_top
from scenarios.forest_fire.kernels import (
    ALIKE,
    DONE,
    GROW,
    HEAP_FULL,
    MARGIN,
    ORDERED_BELOW,
    REOPEN_GAIN,
    RHO,
    ROOM,
    SINCE,
    WX,
    WY,
    ensure,
    from_source,
    reach,
    settle,
)


@kernel()
def advance(until: float, start: float, cells: Any, land: Any, queue: Any) -> int:
    """Burn every cell that the front reaches by ``until``, in order; return why it stopped.

    ``start`` is when the present weather began: cells burned before it are not opened again. A burned cell's
    record holds the time it counts from as a source: its arrival, or what it would have been in this weather.
    """
    height, width, off = cells.height, cells.width, cells.offsets
    arrival, done, closed, met = cells.arrival, cells.done, cells.closed, land.met
    heap_t, heap_i, st = queue.heap_t, queue.heap_i, queue.st
    while st[ST_HEAP] > 0 and heap_t[0] <= until:
        t, i = heap_t[0], heap_i[0]
        if t != arrival[i] or closed[i]:
            drop_top(heap_t, heap_i, st)
            continue
        row = i // width
        col = i - row * width
        if row < MARGIN or col < MARGIN or row >= height - MARGIN or col >= width - MARGIN:
            return GROW
        if st[ST_HEAP] + ROOM > len(heap_t):
            return HEAP_FULL
        drop_top(heap_t, heap_i, st)
        st[ST_POPS] += 1
        if not done[i]:
            done[i] = 1
            queue.order[st[ST_BURNED]] = i
            st[ST_BURNED] += 1
        ensure(i, land)
        met[i, SINCE] = t
        settle(i, cells, land)
        # calm: the nine cells around are open and of one medium
        most = least = met[i, RHO]
        calm = True
        for k in range(16):
            x = i + off[k]
            if closed[x]:
                calm = calm and k & 1 == 1
                continue
            ensure(x, land)
            if k & 1 == 0:
                most, least = max(most, met[x, RHO]), min(least, met[x, RHO])
        calm = calm and most <= ALIKE * least
        for k in range(16):
            x = i - off[k]
            if closed[x]:
                continue
            rho = met[x, RHO]
            if rho == math.inf:
                continue
            margin = 0.0
            if done[x]:
                if arrival[x] < start:
                    continue
                drift2 = met[x, WX] * met[x, WX] + met[x, WY] * met[x, WY]
                if arrival[x] <= t and drift2 <= ORDERED_BELOW * ORDERED_BELOW * rho * rho:
                    continue
                margin = REOPEN_GAIN * (rho - math.sqrt(drift2))
            best, vx, vy = from_source(x, k, calm and max(most, rho) <= ALIKE * min(least, rho), -math.inf, cells,
                                       land)
            if best < arrival[x] - margin:
                reach(x, best, vx, vy, cells.fire[i], cells, queue)
        if not calm:
            past_corners(i, cells, land, queue)
    return DONE


@kernel()
def pull(x: int, floor: float, alive_after: float, cells: Any, land: Any) -> Any:
    """Return (time, vx, vy, source): the earliest arrival at x from all burned neighbours still alive.

    Sources count from no earlier than ``floor``; without one, ways past corners count too.
    """
    best, bx, by, source = math.inf, 0.0, 0.0, -1
    ensure(x, land)
    if land.met[x, RHO] == math.inf:
        return best, bx, by, source
    for k in range(16):
        if not cells.closed[x + cells.offsets[k]]:
            ensure(x + cells.offsets[k], land)
    for k in range(16):
        p = x + cells.offsets[k]
        if not cells.done[p] or cells.ends[p] < alive_after:
            continue
        t, vx, vy = from_source(x, k, False, floor, cells, land)
        if t < best:
            best, bx, by, source = t, vx, vy, p
    if floor == -math.inf:
        t, vx, vy, p = pull_past_corners(x, best, alive_after, cells, land)
        if t < best:
            best, bx, by, source = t, vx, vy, p
    return best, bx, by, source
