"""Cadres going from door to door: which household is called on when, and what comes of it.

Each cadre works through the households he or she answers for, one visit after another; those who refused or
were out are called on again later, until they agree or the visits allowed are used up. The kernel runs the
calls that begin before a time and stops there, so that an order, a cancellation or a closed road between two
calls finds everything as it stands then. Times are the visits' own and do not depend on how often it is run.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.draws import lognormal, u01


class Step(IntEnum):
    """How far the transfer of a listed household has come."""

    LISTED = 0
    """On the list; no order, or the order has been cancelled."""
    ORDERED = 1
    """The order is on its way down to the village."""
    WAITING = 2
    """The cadre has the order and has not called yet, or will call again."""
    READY = 3
    """Persuaded; leaves at a time of its own."""
    OUT = 4
    """Has left with the transfer."""
    GONE = 5
    """Had left by itself before a cadre called or the time to leave came."""
    REFUSED = 6
    """Refused at the last visit allowed."""
    ABSENT = 7
    """Nobody home at the last visit allowed."""
    DEAD = 8
    """None of those listed is alive."""
    RETURNED = 9
    """Went home before the all-clear."""
    CLEARED = 10
    """Home after the all-clear."""


class Calls(NamedTuple):
    """What is known of each household on the list; shapes (n,), but ``start`` (n + 1,) and ``member`` (persons,)."""

    entity: NDArray[np.int64]
    """Stable household id, by which it draws."""
    cadre: NDArray[np.int64]
    """Cadre row that answers for it."""
    start: NDArray[np.int64]
    member: NDArray[np.int64]
    """Person rows of its members listed."""
    immobile: NDArray[np.int64]
    """Members who cannot walk out."""
    at_work: NDArray[np.bool_]
    """Called on at work, where they are by day too."""
    slow_s: NDArray[np.float64]
    """Median of what is added before it can leave, such as the way ashore (s)."""
    slow_sigma: NDArray[np.float64]
    step: NDArray[np.uint8]
    not_before_s: NDArray[np.float64]
    """When it may be called on next."""
    following: NDArray[np.int64]
    """Who stands behind it in its cadre's queue."""
    visits: NDArray[np.int32]
    """Visits so far."""
    called: NDArray[np.int32]
    """Visits since the last order."""
    met: NDArray[np.int32]
    """Visits at which somebody was home."""
    notified_s: NDArray[np.float64]
    """First visit at which somebody was home; inf before."""
    visited_s: NDArray[np.float64]
    """Last visit; inf before."""
    depart_s: NDArray[np.float64]
    """When it leaves; inf before it is persuaded."""
    driven: NDArray[np.bool_]
    """Leaves in its cadre's car."""


class Desk(NamedTuple):
    """The cadres at work; shapes (cadres,)."""

    car: NDArray[np.bool_]
    head: NDArray[np.int64]
    """First household in the queue, NOBODY when it is empty."""
    tail: NDArray[np.int64]
    free_s: NDArray[np.float64]
    """When the cadre is free for the next visit."""
    worked_s: NDArray[np.float64]
    """Time spent on visits and trips."""


class Presence(NamedTuple):
    """Who can be found at home."""

    state: NDArray[np.uint8]
    """State of each person."""
    away: NDArray[np.bool_]
    """At the day place, each person."""
    at_home: NDArray[np.bool_]
    """States in which somebody can be found at home."""
    dead: int
    """The state of the dead."""


class Rules(NamedTuple):
    """Rates, probabilities and the keys of the draws; times in seconds."""

    visit_s: float
    escort_s: float
    escort_on_foot_s: float
    seats: int
    visits: int
    revisit_s: float
    persuaded: float
    persuaded_later: float
    ready_share: float
    ready_median_s: float
    ready_sigma: float
    persuade_key: np.uint64
    ready_key: np.uint64
    pace_key: np.uint64
    slow_key: np.uint64


_WAITING, _READY, _GONE, _REFUSED, _ABSENT, _DEAD = 2, 3, 5, 6, 7, 8
NOBODY = -1
"""End of a queue."""


@njit(cache=True)
def _append(calls: Calls, desk: Desk, row: int, c: int) -> None:
    calls.following[row] = NOBODY
    if desk.head[c] == NOBODY:
        desk.head[c] = row
    else:
        calls.following[desk.tail[c]] = row
    desk.tail[c] = row


@njit(cache=True)
def enqueue(calls: Calls, desk: Desk, rows: NDArray[np.int64], at_s: NDArray[np.float64]) -> None:
    """Put households (list rows (n,)) at the end of their cadres' queues, to be called on from ``at_s`` (n,) on."""
    for j in range(len(rows)):
        row = rows[j]
        calls.step[row] = _WAITING
        calls.called[row] = 0
        calls.not_before_s[row] = at_s[j]
        _append(calls, desk, row, calls.cadre[row])


@njit(cache=True)
def dequeue(calls: Calls, desk: Desk) -> None:
    """Take out of all queues the households that no longer wait."""
    for c in range(len(desk.head)):
        row = desk.head[c]
        desk.head[c] = NOBODY
        desk.tail[c] = NOBODY
        while row != NOBODY:
            after = calls.following[row]
            if calls.step[row] == _WAITING:
                _append(calls, desk, row, c)
            row = after


@njit(cache=True)
def _next_call(calls: Calls, desk: Desk, c: int) -> tuple[int, int]:
    """Return the first in a queue who may be called on now, else whoever may be soonest, and who stands before."""
    row = NOBODY
    before = NOBODY
    soonest = np.inf
    previous = NOBODY
    i = desk.head[c]
    while i != NOBODY:
        if calls.not_before_s[i] <= desk.free_s[c]:
            return i, previous
        if calls.not_before_s[i] < soonest:
            soonest = calls.not_before_s[i]
            row, before = i, previous
        previous = i
        i = calls.following[i]
    return row, before


@njit(cache=True)
def _take_out(calls: Calls, desk: Desk, c: int, row: int, before: int) -> None:
    if before == NOBODY:
        desk.head[c] = calls.following[row]
    else:
        calls.following[before] = calls.following[row]
    if desk.tail[c] == row:
        desk.tail[c] = before
    calls.following[row] = NOBODY


@njit(cache=True)
def at_door(calls: Calls, people: Presence, row: int) -> tuple[int, int, int]:
    """Return how many of a household are alive, at home, and gone for good (under way, sheltered, left)."""
    alive = 0
    here = 0
    gone = 0
    for j in range(calls.start[row], calls.start[row + 1]):
        person = calls.member[j]
        state = people.state[person]
        if state == people.dead:
            continue
        alive += 1
        if not people.at_home[state]:
            gone += 1
        elif calls.at_work[row] or not people.away[person]:
            here += 1
    return alive, here, gone


@njit(cache=True)
def _persuade(calls: Calls, desk: Desk, rules: Rules, c: int, row: int, here: int, end_s: float) -> None:
    """Have a household agree at the end of a visit: when it leaves, and what that costs its cadre."""
    entity = calls.entity[row]
    leave = end_s
    if calls.immobile[row] > 0:
        trip_s = rules.escort_on_foot_s
        if desk.car[c]:
            # A family that does not fit the car is fetched in several trips.
            trip_s = rules.escort_s * ((here + rules.seats - 1) // rules.seats)
            calls.driven[row] = True
        desk.free_s[c] += trip_s
        desk.worked_s[c] += trip_s
    elif u01(rules.ready_key, entity, 0) < rules.ready_share:
        leave += lognormal(rules.pace_key, entity, 0, rules.ready_median_s, rules.ready_sigma)
    if calls.slow_s[row] > 0.0:
        leave += lognormal(rules.slow_key, entity, 0, calls.slow_s[row], calls.slow_sigma[row])
    calls.depart_s[row] = leave
    calls.step[row] = _READY


@njit(cache=True)
def call_on(until_s: float, halted: NDArray[np.bool_], calls: Calls, desk: Desk, people: Presence, rules: Rules,
            done: NDArray[np.int64]) -> int:
    """Make the calls that begin before ``until_s``; fill ``done`` with the rows settled and return how many.

    A cadre who is ``halted`` (cadres,) makes no call and goes on from ``until_s``. The k-th visit to a household
    draws by its id and k, so that another pace or order of visits finds the same minds.
    """
    settled = 0
    for c in range(len(desk.head)):
        if halted[c]:
            desk.free_s[c] = max(desk.free_s[c], until_s)
            continue
        while desk.head[c] != NOBODY:
            row, before = _next_call(calls, desk, c)
            begin = max(desk.free_s[c], calls.not_before_s[row])
            if begin >= until_s:
                break
            _take_out(calls, desk, c, row, before)
            end = begin + rules.visit_s
            desk.free_s[c] = end
            desk.worked_s[c] += rules.visit_s
            visit = calls.visits[row]
            calls.visits[row] += 1
            calls.called[row] += 1
            calls.visited_s[row] = begin
            alive, here, gone = at_door(calls, people, row)
            if alive == 0:
                calls.step[row] = _DEAD
            elif here == 0 and gone > 0:
                calls.step[row] = _GONE
            elif here > 0:
                calls.notified_s[row] = min(calls.notified_s[row], begin)
                chance = rules.persuaded if calls.met[row] == 0 else rules.persuaded_later
                calls.met[row] += 1
                if u01(rules.persuade_key, calls.entity[row], visit) < chance:
                    _persuade(calls, desk, rules, c, row, here, end)
            if calls.step[row] == _WAITING:
                if calls.called[row] < rules.visits:
                    calls.not_before_s[row] = end + rules.revisit_s
                    _append(calls, desk, row, c)
                    continue
                calls.step[row] = _REFUSED if here > 0 else _ABSENT
            done[settled] = row
            settled += 1
    return settled
