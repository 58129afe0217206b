"""Containment of a free-burning ellipse by line built along its edge: Fried and Fried 1996, without a grid.

Fried, J. S. and Fried, B. D. 1996. Simulating wildfire containment with realistic tactics. Forest Science 42(3),
267-281; the model behind the Contain module of BEHAVE. The unattacked fire is an ellipse that grows from its rear
focus. Two crews start together at its head (or its rear) and build line along the edge, one a flank, each with half
of the force's rate, until they meet at the other end. The end of the line always lies on the ellipse that would have
burned freely (or ``distance_m`` outside it), so that its angle follows from the rates of line and of fire.

With u the ellipse's parametric angle from the head, h the head's distance from the ignition, e the eccentricity, R the
head's rate of spread and p one flank's rate of line, a point of the edge is ((cos u + e) h / (1 + e), a h sin u),
a^2 = (1 - e) / (1 + e). Its speed must be p, which gives

    du/dt = [R e sin u +- (1 + e) sqrt(p^2 (1 - e cos u) / (1 + e cos u) - (a R)^2)] / [h (1 - e cos u)]

(+ from the head, - from the rear). Where the root is of less than zero the front moves faster than line is built: the
crews are overrun. Line built is rate times time, exactly. Everything is worked out in time, so that a fire that does
not spread is no special case.

Left out: changes of weather, fuel or ground during the attack, forces on one flank only, line that burns through.
BEHAVE since 2010 lets crews that are overrun move on with the front; here, as in the paper, they are overrun.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from scenarios.forest_fire.ellipse import MAX_LENGTH_TO_WIDTH, eccentricity

Array = NDArray[np.float64]

STEP = 0.02
"""A step's length, line built in it or spread of the head, as a share of the edge's length a radian of u."""
LIMIT_S = 10 * 86_400.0
"""An attack that has not come to an end by now will not: assumption."""
MEETING_STEPS = 60
"""Halvings of the last step on the way to the meeting of the crews."""


class Tactic(IntEnum):
    """Where the crews begin."""

    HEAD = 0
    REAR = 1


class Outcome(IntEnum):
    """How an attack ends: the fire is closed in, crews are overrun, their time is up before it is closed in."""

    CONTAINED = 0
    OVERRUN = 1
    EXHAUSTED = 2


@dataclass(frozen=True)
class FreeBurning:
    """Fires that burn freely until they are attacked, numbers or arrays (n,).

    The head's rate of spread (m/s), length-to-width ratio (1 to 8), and area at time zero, the report (m2).
    """

    head_mps: ArrayLike
    length_to_width: ArrayLike
    area_m2: ArrayLike


@dataclass(frozen=True)
class Forces:
    """Who builds line, arrays (k,) or (n, k): arrival after the report (s), rate on both flanks together (m/s), how
    long they build (s; inf for to the end)."""

    arrive_s: ArrayLike
    rate_mps: ArrayLike
    duration_s: ArrayLike = math.inf


@dataclass(frozen=True)
class Contained:
    """How n attacks ended, arrays (n,).

    ``outcome`` (:class:`Outcome`), ``time_s`` of the end since the report, ``line_m`` built on both flanks in the
    attack that ended it and ``lost_m`` in attacks overrun before it, ``area_m2`` within line and what still burns
    freely at that time, ``attack_s`` when that attack began, ``free_area_m2`` what would have burned without it.
    """

    outcome: NDArray[np.int8]
    time_s: Array
    line_m: Array
    lost_m: Array
    area_m2: Array
    attack_s: Array
    free_area_m2: Array


@njit(cache=True, error_model="numpy")
def point(u: float, h: float, e: float, away: float) -> Any:
    """Return (x, y) of the point of the line at angle u; x is from the ignition towards the head."""
    flat = math.sqrt(1.0 - e * e)
    x = (math.cos(u) + e) * h / (1.0 + e)
    y = math.sin(u) * h * flat / (1.0 + e)
    if away > 0.0:
        size = math.sqrt(1.0 - e * e * math.cos(u) ** 2)
        x += away * flat * math.cos(u) / size
        y += away * math.sin(u) / size
    return x, y


@njit(cache=True, error_model="numpy")
def turning(u: float, h: float, rate: float, line: float, e: float, away: float, side: float) -> float:
    """Return du/dt (1/s) of the line's end; nan where the front moves faster than line is built.

    ``line`` is one flank's rate (m/s), ``side`` +1 from the head and -1 from the rear.
    """
    c = math.cos(u)
    root = line * line * (1.0 - e * c) / (1.0 + e * c) - rate * rate * (1.0 - e) / (1.0 + e)
    if root < 0.0:
        return math.nan
    reach = h
    if away > 0.0:
        # the line is longer than the edge by the turn of the edge's normal times the distance
        reach += away * (1.0 + e) * math.sqrt(1.0 - e * e) / (1.0 - e * e * c * c) ** 1.5
    return (rate * e * math.sin(u) + side * (1.0 + e) * math.sqrt(root)) / (reach * (1.0 - e * c))


@njit(cache=True, error_model="numpy")
def step_on(u: float, h: float, dt: float, rate: float, line: float, e: float, away: float, side: float) -> float:
    """Return the angle after ``dt`` seconds (Runge and Kutta, fourth order); nan where crews are overrun."""
    half = h + 0.5 * dt * rate
    k1 = turning(u, h, rate, line, e, away, side)
    k2 = turning(u + 0.5 * dt * k1, half, rate, line, e, away, side)
    k3 = turning(u + 0.5 * dt * k2, half, rate, line, e, away, side)
    k4 = turning(u + dt * k3, h + dt * rate, rate, line, e, away, side)
    return u + dt * (k1 + 2.0 * k2 + 2.0 * k3 + k4) / 6.0


@njit(cache=True, error_model="numpy")
def built(t: float, arrive: Any, per_s: Any, lasts: Any) -> Any:
    """Return (rate of all who work at t, time at which that next changes)."""
    total, change = 0.0, math.inf
    for k in range(len(arrive)):
        begin, end = arrive[k], arrive[k] + lasts[k]
        if begin <= t < end:
            total += per_s[k]
        if begin > t:
            change = min(change, begin)
        if end > t:
            change = min(change, end)
    return total, change


@njit(cache=True, error_model="numpy")
def free_half(u: float, h: float, e: float, head: bool) -> float:
    """Return the area (m2) between the axis and the free edge of one flank, from angle u to where crews will meet."""
    part = 0.5 * (math.pi - u) + 0.25 * math.sin(2.0 * u) if head else 0.5 * u - 0.25 * math.sin(2.0 * u)
    return h * h * math.sqrt(1.0 - e * e) / (1.0 + e) ** 2 * part


@njit(cache=True, error_model="numpy")
def minus_y_dx(x0: float, y0: float, x1: float, y1: float, x2: float, y2: float) -> float:
    """Return minus the integral of y dx along a step known at its beginning, middle and end (Simpson's rule)."""
    d0, d1, d2 = -3.0 * x0 + 4.0 * x1 - x2, x2 - x0, x0 - 4.0 * x1 + 3.0 * x2
    return -(y0 * d0 + 4.0 * y1 * d1 + y2 * d2) / 6.0


@njit(cache=True, error_model="numpy")
def attack(
    begin: float, h0: float, rate: float, e: float, arrive: Any, per_s: Any, lasts: Any, head: bool, away: float,
    limit: float, step: float,
) -> Any:
    """Return (outcome, time, metres of line, area) of one attack that begins at time ``begin``.

    ``h0`` is the head's distance at the report.
    """
    side = 1.0 if head else -1.0
    u, goal = (0.0, math.pi) if head else (math.pi, 0.0)
    t, metres, within = begin, 0.0, 0.0
    x, y = point(u, h0 + rate * t, e, away)
    outcome = -1
    while outcome < 0:
        h = h0 + rate * t
        total, change = built(t, arrive, per_s, lasts)
        line = 0.5 * total
        if t >= limit or (total <= 0.0 and change == math.inf):
            outcome = 2
            break
        if total <= 0.0 and rate <= 0.0:
            t = min(change, limit)
            continue
        radian = h / (1.0 + e) * math.sqrt(1.0 - (e * math.cos(u)) ** 2)
        dt = min(min(step * radian / max(line, rate), change - t), limit - t)
        after = step_on(u, h, dt, rate, line, e, away, side)
        if math.isnan(after):
            outcome = 1
            break
        if (after - goal) * side >= 0.0:
            low, high = 0.0, dt
            for _ in range(MEETING_STEPS):
                middle = 0.5 * (low + high)
                if (step_on(u, h, middle, rate, line, e, away, side) - goal) * side >= 0.0:
                    high = middle
                else:
                    low = middle
            dt, after = high, goal
            outcome = 0
        # the flank's area between line and axis
        mx, my = point(step_on(u, h, 0.5 * dt, rate, line, e, away, side), h + 0.5 * dt * rate, e, away)
        ex, ey = point(after, h + dt * rate, e, away)
        within += minus_y_dx(x, y, mx, my, ex, ey) * side
        t += dt
        metres += 2.0 * line * dt
        u, x, y = after, ex, ey
    area = 2.0 * within
    if outcome != 0:
        h = h0 + rate * t
        px, py = point(u, h, e, 0.0)
        area += 2.0 * free_half(u, h, e, head) - side * (py + y) * (px - x)
    return outcome, t, metres, area


@njit(cache=True, error_model="numpy")
def attack_all(
    rate: Any, e: Any, h0: Any, arrive: Any, per_s: Any, lasts: Any, head: Any, away: Any, limit: float, retry: bool,
    step: float, outcome: Any, figures: Any,
) -> None:
    """Fill ``outcome`` (n,) and ``figures`` (n, 5: time, line, lost, area, begin) for every fire."""
    for i in range(len(rate)):
        begin, lost, ended, line, area = math.inf, 0.0, 0.0, 0.0, 0.0
        for k in range(arrive.shape[1]):
            if per_s[i, k] > 0.0 and lasts[i, k] > 0.0:
                begin = min(begin, arrive[i, k])
        if begin >= limit:
            outcome[i] = 2
            h = h0[i] + rate[i] * limit
            figures[i, 0], figures[i, 3], figures[i, 4] = limit, 2.0 * free_half(0.0, h, e[i], True), limit
            continue
        while True:
            result, ended, line, area = attack(begin, h0[i], rate[i], e[i], arrive[i], per_s[i], lasts[i], head[i],
                                               away[i], limit, step)
            if result != 1 or not retry:
                break
            # wait until more are there than at the attempt that failed, and begin again with all of them
            before, later = built(begin, arrive[i], per_s[i], lasts[i])[0], math.inf
            for k in range(arrive.shape[1]):
                moment = arrive[i, k]
                if moment > begin and built(moment, arrive[i], per_s[i], lasts[i])[0] > before:
                    later = min(later, moment)
            if later >= limit:
                break
            begin = later
            lost += line
        outcome[i] = result
        figures[i, 0], figures[i, 1], figures[i, 2], figures[i, 3], figures[i, 4] = ended, line, lost, area, begin


def head_distance(area_m2: ArrayLike, e: ArrayLike) -> Array:
    """Return how far the head is from the ignition (m) once an ellipse has this area."""
    flat = np.sqrt(1.0 - np.asarray(e, float) ** 2)
    return np.asarray((1.0 + np.asarray(e)) * np.sqrt(np.asarray(area_m2, float) / (math.pi * flat)), float)


def free_area(head_m: ArrayLike, e: ArrayLike) -> Array:
    """Return the area (m2) of the ellipse whose head is this far (m) from the ignition."""
    e = np.asarray(e, float)
    return np.asarray(math.pi * np.sqrt(1.0 - e**2) * (np.asarray(head_m, float) / (1.0 + e)) ** 2, float)


def contain(
    fires: FreeBurning, forces: Forces, *, tactic: Tactic | ArrayLike = Tactic.HEAD, distance_m: ArrayLike = 0.0,
    retry: bool = True, limit_s: float = LIMIT_S, step: float = STEP,
) -> Contained:
    """Return how attacks on n fires end.

    ``tactic`` and ``distance_m`` (how far outside the edge line is built; the strip between counts as burned) are
    numbers or arrays (n,). With ``retry``, forces that are overrun begin again when there are more of them. Raises
    ValueError for a fire without area, a ratio outside 1 to 8, or a negative number.
    """
    arrive, per_s, lasts = (np.atleast_1d(np.asarray(v, float))
                            for v in (forces.arrive_s, forces.rate_mps, forces.duration_s))
    shape = np.broadcast_shapes(arrive.shape, per_s.shape, lasts.shape)
    rows = np.broadcast_shapes(*(np.atleast_1d(np.asarray(v)).shape for v in (
        fires.head_mps, fires.length_to_width, fires.area_m2, tactic, distance_m)), shape[:-1] or (1,))
    rate, ratio, area, away = (np.ascontiguousarray(np.broadcast_to(np.asarray(v, float), rows))
                               for v in (fires.head_mps, fires.length_to_width, fires.area_m2, distance_m))
    head = np.ascontiguousarray(np.broadcast_to(np.asarray(tactic) == Tactic.HEAD, rows))
    arrive, per_s, lasts = (np.ascontiguousarray(np.broadcast_to(v, (*rows, shape[-1])))
                            for v in (arrive, per_s, lasts))
    if not ((area > 0).all() and ((ratio >= 1) & (ratio <= MAX_LENGTH_TO_WIDTH)).all()):
        raise ValueError("a fire needs an area above zero and a length-to-width ratio of 1 to 8")
    if not all((v >= 0).all() for v in (rate, away, arrive, per_s, lasts)):
        raise ValueError("rates, distances and times must not be negative")
    e = np.asarray(eccentricity(ratio), float)
    h0 = head_distance(area, e)
    outcome, figures = np.zeros(rows, np.int8), np.zeros((*rows, 5))
    attack_all(rate, e, h0, arrive, per_s, lasts, head, away, float(limit_s), retry, step, outcome, figures)
    time_s, line_m, lost_m, burned, begin = figures.T
    return Contained(outcome, time_s, line_m, lost_m, burned, begin, free_area(h0 + rate * time_s, e))
