"""Fire past the corners at which unlike cells meet.

Where two fuels touch at a corner, or a front turns round one of slower fuel, fire runs through the corner point
itself and spreads from there. Steps between centres of cells would lead it half a cell aside, before and after:
0.2 cells late on each side of every corner, and 1 / (1 - e) times that with the wind. So the
arrival at a burned cell's corner is found from it and the cells in its row and column, and cells beyond are
timed along straight rays from the corner.
"""

from __future__ import annotations

import math
from typing import Any

from scenarios.forest_fire.compiled import kernel
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
    alike,
    ensure,
    pair_time,
    reach,
    shut_between,
)
from scenarios.forest_fire.metric import travel_time
from scenarios.forest_fire.window import UNBURNABLE

FAN = 3
"""Cells to each side of the quarter past a corner that are timed from it."""
SAMPLES = 4
"""Points a cell at which a ray from a corner looks at what it crosses."""
BEHIND = 2
"""Cells behind a burned one, by row and by column, from which its front is carried on to its corner."""


@kernel()
def along_row(i: int, back: int, x: float, y: float, cells: Any, land: Any) -> float:
    """Return the earliest time at a corner of cell i by burned cells in a row behind it, all of its medium.

    ``back`` is the step in the array to the next of them. The corner lies at x of the cell's centre along the
    row and y across it (each half a cell, with the sign that it has on the map).
    """
    met = land.met
    upright = abs(back) > 1
    best = math.inf
    p = i
    for n in range(1, BEHIND + 1):
        q = i + n * back
        if not cells.done[q]:
            break
        ensure(q, land)
        if not alike(met[i, RHO], met[q, RHO]):
            break
        # from q to p, on to the corner from q
        dx = 2.0 * x
        far = x + n * dx
        rho, gx, gy = 0.5 * (met[i, RHO] + met[q, RHO]), met[i, GX], met[i, GY]
        wx, wy = 0.5 * (met[i, WX] + met[q, WX]), 0.5 * (met[i, WY] + met[q, WY])
        sa, sb = met[p, SX], met[q, SX]
        if upright:
            gx, gy, wx, wy, sa, sb = gy, gx, wy, wx, met[p, SY], met[q, SY]
        best = min(best, met[q, SINCE] + travel_time(rho, wx, wy, gx, gy, far, y))
        near = far - dx
        t, _ = pair_time(met[p, SINCE], met[q, SINCE], near, y, dx, 0.0, rho, wx, wy, gx * near + gy * y, gx * dx,
                         abs(y) * math.sqrt(1.0 + gx * gx + gy * gy), -sa * dx, -sb * dx)
        best = min(best, t)
        p = q
    return best


@kernel()
def corner_time(i: int, k: int, cells: Any, land: Any) -> float:
    """Return when fire from burned cell i is at its corner towards diagonal neighbour k.

    Infinite where nothing passes, or where what burns of the four cells that meet there is of one medium and the
    rest is line or wet: line is narrower than its cell, and fire that comes round its end goes straight.
    """
    met, closed = land.met, cells.closed
    z, a, b = i + cells.offsets[k], i + cells.offsets[k - 2], i + cells.offsets[(k + 2) & 15]
    if closed[z] or (closed[a] and closed[b]):
        return math.inf
    ensure(i, land)
    ensure(z, land)
    ri, rz = met[i, RHO], met[z, RHO]
    if ri == math.inf or rz == math.inf:
        return math.inf
    if alike(ri, rz) and closed[a] != UNBURNABLE and closed[b] != UNBURNABLE:
        unlike = False
        if not closed[a]:
            ensure(a, land)
            unlike = not alike(ri, met[a, RHO])
        if not closed[b]:
            ensure(b, land)
            unlike = unlike or not alike(ri, met[b, RHO])
        if not unlike:
            return math.inf
    x, y = 0.5 * COLS[k], -0.5 * ROWS[k]
    return min(met[i, SINCE] + travel_time(ri, met[i, WX], met[i, WY], met[i, GX], met[i, GY], x, y),
               min(along_row(i, -COLS[k], x, y, cells, land), along_row(i, -ROWS[k] * cells.width, y, x, cells, land)))


@kernel()
def ray_time(z: int, k: int, r: int, c: int, cells: Any, land: Any) -> float:
    """Return how long fire takes from the corner of cell z towards which k points back, r rows and c columns on.

    z is the cell past the corner in direction k; the ray ends at the centre of the cell r rows and c columns
    from z, away from the corner. Infinite where it crosses what does not burn.
    """
    met, closed = land.met, cells.closed
    vx, vy = COLS[k] * (c + 0.5), -ROWS[k] * (r + 0.5)
    n = SAMPLES * (max(r, c) + 1) if r + c else 1
    total, last = 0.0, z
    for s in range(n):
        part = (s + 0.5) / n
        y = z + int((r + 0.5) * part) * ROWS[k] * cells.width + int((c + 0.5) * part) * COLS[k]
        if closed[y] or shut_between(last, y, cells):
            return math.inf
        last = y
        ensure(y, land)
        if met[y, RHO] == math.inf:
            return math.inf
        total += travel_time(met[y, RHO], met[y, WX], met[y, WY], met[y, GX], met[y, GY], vx, vy) / n
    return total


@kernel()
def past_corners(i: int, cells: Any, land: Any, queue: Any) -> None:
    """Time the cells past the corners of cell i, which has just burned, where unlike cells meet."""
    for k in range(2, 16, 4):
        z = i + cells.offsets[k]
        if cells.done[z]:
            continue
        t = corner_time(i, k, cells, land)
        if t == math.inf or t + ray_time(z, k, 0, 0, cells, land) > cells.arrival[z]:
            continue  # the way past this corner is not the quickest even to the first cell beyond
        for r in range(FAN):
            for c in range(FAN):
                x = z + r * ROWS[k] * cells.width + c * COLS[k]
                if cells.done[x] or cells.closed[x]:
                    continue
                best = t + ray_time(z, k, r, c, cells, land)
                if best < cells.arrival[x]:
                    reach(x, best, COLS[k] * (c + 0.5), -ROWS[k] * (r + 0.5), cells.fire[i], cells, queue)


@kernel()
def pull_past_corners(x: int, best: float, alive_after: float, cells: Any, land: Any) -> Any:
    """Return (time, vx, vy, source) of the earliest arrival at x past a corner before ``best``; else infinite."""
    vx, vy, source = 0.0, 0.0, -1
    found = math.inf
    for k in range(2, 16, 4):
        for r in range(FAN):
            for c in range(FAN):
                z = x - r * ROWS[k] * cells.width - c * COLS[k]
                i = z - cells.offsets[k]
                if not cells.done[i] or cells.ends[i] < alive_after:
                    continue
                t = corner_time(i, k, cells, land)
                if t >= min(best, found):
                    continue
                t += ray_time(z, k, r, c, cells, land)
                if t < min(best, found):
                    found, vx, vy, source = t, COLS[k] * (c + 0.5), -ROWS[k] * (r + 0.5), i
    return found, vx, vy, source
