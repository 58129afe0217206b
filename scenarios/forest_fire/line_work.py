"""Crews building line: cell by cell along the edge or a planned path, where flame and way out let them.

A cell held becomes line: with those before it a chain that touches at least at corners, which nothing
passes. It stands for as many metres as the chain has there, less by a side than by a corner (1.11 cell sides,
the mean over all directions, where it joins no line), times what a metre costs there. Work on a cell is kept
on the cell, so that a crew may stop and another go on.

Without scores a crew goes on from where it held line last, the way round it was told: to the next cell that
it can hold before the front is there, the one the front reaches soonest. Its line so keeps to the edge where it is
quicker than the fire and bears away ahead of it where it is not, as line built along a free-burning edge does
(``containment.py``; test_fire_containment.py holds the two together). Where there is no such cell it takes the
next beside the fire, and else the nearest; with scores (a tactic's) the lowest that it may work on and hold in time.
On a path ahead of the fire it goes by scores alone.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scenarios.forest_fire.crews import beside, flame_at
from scenarios.forest_fire.kernels import COLS, ROWS
from scenarios.forest_fire.production import best_tool
from scenarios.forest_fire.spread import OPEN, WET
from scenarios.forest_fire.tools import T_WATER, T_WIDTH
from scenarios.forest_fire.water import intensity_of_flame, litres_per_m

SIDE_STEP, CORNER_STEP = math.pi * (math.sqrt(2.0) + 1.0) / 8.0, math.pi * (math.sqrt(2.0) + 2.0) / 8.0
"""Metres of line, in cell sides, that a chain of cells stands for by step to a side and to a corner: 0.948 and 1.341,
right on average and at most 5 % off in any direction (Proffitt and Rosen 1979, as coded in DGtal; memory)."""
STRIDE_CELLS = 2.9
"""Next cells nearer than this are reached while working; farther ones by walking."""
WALK_PER_LINE = 4.0
"""Metres walked along the fire in the time one metre of line takes. Assumption: 2 km/h on foot against 500
m/h of line for a squad."""
BUILT, WALKED, LOST, CREW_X, CREW_Y, STATE, SPENT, WHY, FLAME, LIMIT = range(10)
FIGURES = 10
WORKING, WAITING, NOTHING_LEFT = 0, 1, 2
FREE, TOO_HOT, UNSAFE, NO_TOOL = 0, 1, 2, 3
"""Why a crew waits at a cell: the flame is too long, there is no way out, no tool of its can be used there."""
WRONG_SIDE = 100.0
LITRES, WASTE, STRIP_M = range(3)
"""What ``Means.water`` has: litres left, factor of waste, width of the strip put out."""
UNCOUNTED = np.zeros(0)
TOO_LATE = 1e12
"""Added to the scores of cells that the front will have before they are held."""

Floats = NDArray[np.float64]

class Means(NamedTuple):
    """What a crew works with: its tools and what they cost, where the ground lets it."""

    tools: Any
    """(n, TOOL_COLUMNS)."""
    costs: Any
    slopes: Any
    road_m: Any
    """Distance to the nearest road by window cell; of length 0 where no tool cares."""
    technique: int
    flame_factor: float
    rate_factor: float
    leave: Any
    """Latest time to leave each window cell and get away (s); of length 0 where nobody asks."""
    margin_s: float
    pace_mps: float = 0.0
    """Budget metres a second: what a cell takes is known with it, and one that burns before is passed by. 0 for not
    known."""
    water: Any = UNCOUNTED
    """LITRES, WASTE, STRIP_M of tools that work with water; of length 0 where nobody counts it. Litres are used up."""
    loads: Any = UNCOUNTED
    """Dead fuel (kg/m2) by row of the fuel table, for the water it takes."""

@njit(cache=True, error_model="numpy")
def open_to(x: int, touch: bool, fire_id: int, look: Any) -> bool:
    """Return whether line can be made of a cell; ``touch``: only beside the fire."""
    if look.done[x] or (look.closed[x] != OPEN and look.closed[x] != WET):
        return False
    return not touch or beside(x, fire_id, look)

@njit(cache=True, error_model="numpy")
def may_work(x: int, look: Any, means: Any) -> Any:
    """Return (why not, tool, budget metres a metre takes, flame, limit) of a cell for a crew."""
    flame = flame_at(x, look)
    gx, gy = look.ground[x, 0], look.ground[x, 1]
    road = means.road_m[x] if len(means.road_m) else 0.0
    tool, cost = best_tool(means.tools, means.technique, look.kind[x], math.sqrt(gx * gx + gy * gy), road, flame,
                           means.flame_factor, means.rate_factor, means.costs, means.slopes,
                           len(means.water) == 0 or means.water[LITRES] > 0.0)
    if tool < 0:
        return (TOO_HOT if cost > 0.0 else NO_TOOL), tool, math.inf, flame, cost
    if len(means.leave) and means.leave[x] < look.t + means.margin_s:
        return UNSAFE, tool, cost, flame, math.inf
    return FREE, tool, cost, flame, math.inf

@njit(cache=True, error_model="numpy")
def onwards(last: int, clockwise: bool, fire_id: int, look: Any, means: Any) -> int:
    """Return the cell to go on with from one just held, the way round the crew was told; -1 for none."""
    # the fire lies towards (bx, by); working clockwise round it keeps it on the right-hand side
    bx, by = 0.0, 0.0
    for k in range(0, 16, 2):
        p = last + ROWS[k] * look.width + COLS[k]
        if look.done[p]:
            bx += COLS[k]
            by -= ROWS[k]
    best, target = math.inf, -1
    for dr in range(-2, 3):
        for dc in range(-2, 3):
            x = last + dr * look.width + dc
            if not open_to(x, True, fire_id, look):
                continue
            right = dc * by - (-dr) * bx
            turn = -right if clockwise else right
            # cells on the wrong side come last, nearer ones first
            rank = dr * dr + dc * dc + (WRONG_SIDE if turn < 0.0 else 0.0)
            if rank < best and may_work(x, look, means)[0] == FREE:
                best, target = rank, x
    return target

@njit(cache=True, error_model="numpy")
def chain_m(x: int, code: int, share_m: float, look: Any) -> float:
    """Return the metres of line a cell stands for: by the way it joins the line, ``share_m`` where it does not."""
    for k in range(0, 16, 4):
        if look.closed[x + ROWS[k] * look.width + COLS[k]] == code:
            return SIDE_STEP * look.cell_m
    for k in range(2, 16, 4):
        if look.closed[x + ROWS[k] * look.width + COLS[k]] == code:
            return CORNER_STEP * look.cell_m
    return share_m

@njit(cache=True, error_model="numpy")
def line_near(here: int, code: int, look: Any) -> int:
    """Return the nearest cell of line within two cells, -1 for none."""
    best, found = 9, -1
    for dr in range(-2, 3):
        for dc in range(-2, 3):
            x = here + dr * look.width + dc
            if 0 <= x < len(look.closed) and look.closed[x] == code and dr * dr + dc * dc < best:
                best, found = dr * dr + dc * dc, x
    return found

@njit(cache=True, error_model="numpy")
def in_time(x: int, metres: float, now: float, look: Any, means: Any) -> bool:
    """Return whether a cell can be held before the front is there."""
    no, _, cost, _, _ = may_work(x, look, means)
    return no == FREE and look.arrival[x] >= now + metres * cost / means.pace_mps

@njit(cache=True, error_model="numpy")
def ahead(last: int, clockwise: bool, now: float, code: int, share_m: float, look: Any, means: Any,
          progress: Any) -> int:
    """Return the cell next to one just held that burns soonest of those that can be held before; -1 for none.

    Line then keeps as close to the fire as its pace allows, and bears away from it where the front is faster.
    """
    bx, by = 0.0, 0.0
    for k in range(0, 16, 2):
        p = last + ROWS[k] * look.width + COLS[k]
        if look.done[p]:
            bx += COLS[k]
            by -= ROWS[k]
    best, target = math.inf, -1
    for k in range(0, 16, 2):
        dr, dc = ROWS[k], COLS[k]
        x = last + dr * look.width + dc
        if not open_to(x, False, 0, look) or look.arrival[x] == math.inf or look.arrival[x] >= best:
            continue
        right = dc * by - (-dr) * bx
        if (-right if clockwise else right) < 0.0:
            continue
        if in_time(x, chain_m(x, code, share_m, look) - progress[x], now, look, means):
            best, target = look.arrival[x], x
    return target

@njit(cache=True, error_model="numpy")
def best_cell(
    cells: Any, scores: Any, touch: bool, fire_id: int, x_m: float, y_m: float, x0_m: float, y0_m: float,
    look: Any, means: Any,
) -> Any:
    """Return (cell, any left) of the lowest score, or of the nearest without scores; -1 for none to work on."""
    best, best_away, target, any_left = math.inf, math.inf, -1, False
    for n in range(len(cells)):
        x = cells[n]
        if not open_to(x, touch, fire_id, look):
            continue
        any_left = True
        cx = x0_m + (x % look.width + 0.5) * look.cell_m
        cy = y0_m - (x // look.width + 0.5) * look.cell_m
        away = (cx - x_m) ** 2 + (cy - y_m) ** 2
        score = scores[n] if len(scores) else 0.0
        if len(scores) and touch and means.pace_mps > 0.0 and score < best and not in_time(
                x, look.cell_m, look.t, look, means):
            score += TOO_LATE
        if (score < best or (score == best and away < best_away)) and may_work(x, look, means)[0] == FREE:
            best, best_away, target = score, away, x
    return target, any_left

@njit(cache=True, error_model="numpy")
def reason(cells: Any, touch: bool, fire_id: int, look: Any, means: Any, figures: Any) -> None:
    """Write why a crew finds no cell to work on: the least of what stands in its way, flame and limit."""
    why, least, limit = FREE, math.inf, 0.0
    for n in range(len(cells)):
        x = cells[n]
        if not open_to(x, touch, fire_id, look):
            continue
        no, _, _, flame, can = may_work(x, look, means)
        if no == UNSAFE:
            why = UNSAFE
        elif why != UNSAFE:
            why = TOO_HOT if no == TOO_HOT or why == TOO_HOT else no
        if no == TOO_HOT and flame < least:
            least, limit = flame, can
    figures[WHY], figures[FLAME], figures[LIMIT] = why, (least if least < math.inf else 0.0), limit

@njit(cache=True, error_model="numpy")
def work(
    cells: Any, scores: Any, touch: bool, fire_id: int, x_m: float, y_m: float, metres: float, clockwise: bool,
    share_m: float, x0_m: float, y0_m: float, look: Any, means: Any, progress: Any, held: Any, widths: Any,
    code: int, figures: Any,
) -> int:
    """Spend a crew's budget on cells; return how many it held, written to ``held`` with their widths (m).

    ``cells`` are window cells that line may be made of, ``scores`` theirs or empty, ``x0_m``, ``y0_m`` the
    window's north-west corner, ``code`` what a held cell is closed with. No more are held than
    ``held`` has room for. Figures (BUILT..LIMIT) go to ``figures``; ``progress`` (cells,) keeps metres built
    on unfinished cells.
    """
    left, built, walked, spent, n_held, last = metres, 0.0, 0.0, 0.0, 0, -1
    state = WORKING
    figures[WHY], figures[FLAME], figures[LIMIT] = FREE, 0.0, 0.0
    begun = -1
    if touch and means.pace_mps > 0.0:
        row, col = int((y0_m - y_m) // look.cell_m), int((x_m - x0_m) // look.cell_m)
        here = row * look.width + col
        if row >= 2 and 2 <= col < look.width - 2 and here + 2 * look.width + 2 < len(look.closed):
            last = here if look.closed[here] == code else line_near(here, code, look)
            if progress[here] > 0.0 and open_to(here, False, 0, look):
                begun = here
    while left > 0.0 and n_held < len(held):
        target = -1
        if touch and means.pace_mps > 0.0:
            now = look.t + (metres - left) / means.pace_mps
            if begun >= 0 and in_time(begun, chain_m(begun, code, share_m, look) - progress[begun], now, look, means):
                target = begun
            elif last >= 0:
                target = ahead(last, clockwise, now, code, share_m, look, means, progress)
            begun = -1
        if target < 0 and last >= 0 and touch:
            target = onwards(last, clockwise, fire_id, look, means)
        if target < 0:
            target, any_left = best_cell(cells, scores, touch, fire_id, x_m, y_m, x0_m, y0_m, look, means)
            if target < 0:
                state = WAITING if any_left else NOTHING_LEFT
                if any_left:
                    reason(cells, touch, fire_id, look, means, figures)
                break
        cx = x0_m + (target % look.width + 0.5) * look.cell_m
        cy = y0_m - (target // look.width + 0.5) * look.cell_m
        away = math.sqrt((cx - x_m) ** 2 + (cy - y_m) ** 2)
        if away > STRIDE_CELLS * look.cell_m:
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
        _, tool, cost, flame, _ = may_work(target, look, means)
        whole = chain_m(target, code, share_m, look) if means.pace_mps > 0.0 else share_m
        need = max(whole - progress[target], 0.0)
        if means.tools[tool, T_WATER] > 0.0 and len(means.water):
            per_m = litres_per_m(intensity_of_flame(flame), means.loads[look.kind[target]], means.water[WASTE],
                                 means.water[STRIP_M])
            wet = min(need, left / cost)
            if wet * per_m >= means.water[LITRES]:
                # the water ends here: go on with what is at hand without
                wet = means.water[LITRES] / per_m
                progress[target] += wet
                built += wet
                spent += wet * cost
                left -= wet * cost
                means.water[LITRES] = 0.0
                begun, last = target, -1
                continue
            means.water[LITRES] -= wet * per_m
        if left < need * cost:
            progress[target] += left / cost
            built += left / cost
            spent += left
            left = 0.0
            break
        left -= need * cost
        spent += need * cost
        built += need
        progress[target] = whole
        look.closed[target] = code
        held[n_held] = target
        widths[n_held] = means.tools[tool, T_WIDTH]
        n_held += 1
        last = target
    figures[BUILT], figures[WALKED], figures[LOST] = built, walked, max(left, 0.0)
    figures[CREW_X], figures[CREW_Y], figures[STATE], figures[SPENT] = x_m, y_m, state, spent
    return n_held
