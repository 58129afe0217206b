"""Kernels over the residents' columns: presence, movement, turning back, who is where.

Rows are independent of one another in every kernel, so that neither their order nor the number of
threads changes a result.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from agents.population.columns import Mode, State

FOOT = int(Mode.FOOT)
NORMAL = int(State.NORMAL)
STAYING = int(State.STAYING)
MOVING = int(State.MOVING)
STRANDED = int(State.STRANDED)

CRAWL_MPS = 1.0
"""Nobody under way is slower than this: where a vehicle cannot go on, its people walk. Assumption."""


@njit(cache=True)
def move(
    rows: NDArray[np.int64], count: int, until_s: float,
    state: NDArray[np.uint8], mode: NDArray[np.uint8], x: NDArray[np.float32], y: NDArray[np.float32],
    node: NDArray[np.int32], link: NDArray[np.int32], offset_m: NDArray[np.float64],
    walk_mps: NDArray[np.float32], since_s: NDArray[np.float64],
    head: NDArray[np.int32], tail: NDArray[np.int32], length_m: NDArray[np.float32],
    link_mps: NDArray[np.float32], next_link: NDArray[np.int32], target: NDArray[np.bool_],
    bound_for: NDArray[np.uint8], informed: NDArray[np.uint8], closed: NDArray[np.bool_],
    node_x: NDArray[np.float64], node_y: NDArray[np.float64],
    traced: NDArray[np.bool_], log_row: NDArray[np.int32], log_node: NDArray[np.int32],
    log_t: NDArray[np.float64],
    arrived: NDArray[np.int64],
) -> tuple[int, int, int, int, int]:
    """Move ``rows[:count]`` to ``until_s`` along the trees ``next_link`` (classes, nodes) to ``target`` (same).

    The class of a mover is ``(mode * 2 + bound for) * 2 + informed``. Those that go on stay in ``rows``,
    compacted; those at a target are listed in ``arrived``; those with no way out become STRANDED and leave
    the list. Who comes to a ``closed`` (links,) link by habit is informed from then on. ``link_mps`` (modes,
    links) are vehicles' speeds, and for walkers the factor on their own pace. Returns how many go on, how many
    arrived, how many node passages were logged, how many links were passed in all, and how many learned of a
    closure.
    """
    learned = 0
    going = 0
    here = 0
    logged = 0
    passed = 0
    room = len(log_row)
    for i in range(count):
        row = rows[i]
        m = mode[row]
        k = (m * 2 + bound_for[row]) * 2 + informed[row]
        t = since_s[row]
        at_link = link[row]
        done = 0.0 if at_link < 0 else offset_m[row]
        at_node = node[row]
        outcome = 0
        while t < until_s:
            if at_link < 0:
                if target[k, at_node]:
                    outcome = 1
                    break
                at_link = next_link[k, at_node]
                if at_link >= 0 and closed[at_link] and informed[row] == 0:
                    informed[row] = 1
                    learned += 1
                    k += 1
                    at_link = -1
                    continue
                if at_link < 0:
                    outcome = 2
                    break
                done = 0.0
            speed = link_mps[m, at_link]
            if m == FOOT:
                speed *= walk_mps[row]
            elif speed < CRAWL_MPS:
                speed = CRAWL_MPS
            left_m = length_m[at_link] - done
            end = t + left_m / speed
            if end <= until_s:
                t = end
                at_node = head[at_link]
                at_link = -1
                done = 0.0
                passed += 1
                if traced[row] and logged < room:
                    log_row[logged] = row
                    log_node[logged] = at_node
                    log_t[logged] = t
                    logged += 1
            else:
                done += speed * (until_s - t)
                t = until_s
        since_s[row] = t
        link[row] = at_link
        offset_m[row] = done
        node[row] = at_node
        if at_link < 0:
            x[row] = node_x[at_node]
            y[row] = node_y[at_node]
        else:
            share = done / length_m[at_link]
            a = tail[at_link]
            b = head[at_link]
            x[row] = node_x[a] + share * (node_x[b] - node_x[a])
            y[row] = node_y[a] + share * (node_y[b] - node_y[a])
        if outcome == 1:
            arrived[here] = row
            here += 1
        elif outcome == 2:
            state[row] = STRANDED
        else:
            rows[going] = row
            going += 1
    return going, here, logged, passed, learned


@njit(cache=True)
def turn_back(
    rows: NDArray[np.int64], count: int, fresh: NDArray[np.bool_], link: NDArray[np.int32],
    offset_m: NDArray[np.float64], reverse: NDArray[np.int32], tail: NDArray[np.int32],
    node: NDArray[np.int32], length_m: NDArray[np.float32], informed: NDArray[np.uint8],
) -> tuple[int, int]:
    """Turn movers on links newly closed (``fresh``, links) round towards where they came from.

    They know of the closure from then on. Returns how many turned, and how many of them had not been informed.
    """
    turned = 0
    learned = 0
    for i in range(count):
        row = rows[i]
        on = link[row]
        if on >= 0 and fresh[on] and reverse[on] >= 0:
            offset_m[row] = length_m[on] - offset_m[row]
            link[row] = reverse[on]
            node[row] = tail[reverse[on]]
            turned += 1
            if informed[row] == 0:
                informed[row] = 1
                learned += 1
    return turned, learned


@njit(cache=True)
def set_presence(
    rows: NDArray[np.int64], away_now: bool, state: NDArray[np.uint8], away: NDArray[np.bool_],
    x: NDArray[np.float32], y: NDArray[np.float32], node: NDArray[np.int32],
    to_x: NDArray[np.float32], to_y: NDArray[np.float32], to_node: NDArray[np.int32],
) -> None:
    """Put rows in everyday life (NORMAL or STAYING) at their home or day place."""
    for i in range(len(rows)):
        row = rows[i]
        if state[row] == NORMAL or state[row] == STAYING:
            away[row] = away_now
            x[row] = to_x[row]
            y[row] = to_y[row]
            node[row] = to_node[row]


@njit(cache=True)
def tally(state: NDArray[np.uint8], counts: NDArray[np.int64]) -> None:
    """Add to ``counts`` (states,) how many rows are in each state."""
    for row in range(len(state)):
        counts[state[row]] += 1


@njit(cache=True)
def rows_in_box(
    x: NDArray[np.float32], y: NDArray[np.float32], out_of_it: NDArray[np.bool_], state: NDArray[np.uint8],
    x0: float, y0: float, x1: float, y1: float, found: NDArray[np.int64],
) -> int:
    """Fill ``found`` with the rows inside a box whose state is not ``out_of_it`` (states,); return how many."""
    n = 0
    for row in range(len(x)):
        if x[row] >= x0 and x[row] <= x1 and y[row] >= y0 and y[row] <= y1 and not out_of_it[state[row]]:
            found[n] = row
            n += 1
    return n
