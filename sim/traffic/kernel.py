"""The link-queue kernel: vehicles enter, follow and leave links after Newell's simplified kinematic wave.

A vehicle may leave a link once it has driven its free-flow time, one headway after the vehicle before it, and
may enter the next one headway after the last entry there and when a gap has come back: room freed at a link's
exit reaches its entry after ``back_s`` (Newell 1993; Yperman 2007, link transmission model; here for single
vehicles). Queues are first in, first out. Where several links compete for one, start-time fair queueing (Goyal
et al. 1996) shares its supply by their weights. Events are worked off in exact order of time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.traffic.calendar import BUCKET_S, NOWHERE, cancel, load, schedule, unload
from sim.traffic.jit import inlined, kernel
from sim.traffic.state import (
    ARRIVED,
    AT_TARGET,
    DONE,
    DRIVING,
    LEARNED,
    NEXT,
    NO_WAY,
    PENDING,
    STRANDED,
    UNIT,
    WAITING,
    I,
    Records,
)

BREAKDOWN_S = 30.0
"""A queue whose head has been in it for so long counts as standing: the capacity drop applies. Assumption."""


@inlined
def _regain(links: Records, gaps: Records, b: int, t: float) -> None:
    """Let the gaps that have come back to the entry of ``b`` by ``t`` be used."""
    length = links[b].ring_length
    while links[b].ring_count > 0:
        i = links[b].ring_start + links[b].ring_head
        if gaps[i].t_s > t:
            return
        links[b].free += gaps[i].units
        links[b].ring_head += 1
        if links[b].ring_head == length:
            links[b].ring_head = 0
        links[b].ring_count -= 1


@inlined
def _give_back(links: Records, gaps: Records, a: int, units: int, t: float) -> None:
    """Note that ``units`` of room on ``a`` will be at its entry at ``t``."""
    length = links[a].ring_length
    if links[a].ring_count >= length:
        # More small vehicles than the ring has places for, after a turn-back onto this link: no delay then.
        links[a].free += units
        return
    at = links[a].ring_head + links[a].ring_count
    i = links[a].ring_start + (at if at < length else at - length)
    gaps[i].t_s = t
    gaps[i].units = units
    links[a].ring_count += 1


@inlined
def _has_room(links: Records, b: int, units: int) -> bool:
    # A vehicle larger than the whole link may enter it when it is empty.
    return links[b].free >= min(units, links[b].storage)


@inlined
def plan_supply(events: Records, links: Records, gaps: Records, b: int, t: float) -> None:
    """Set the next time at which ``b`` may take a vehicle, as far as it is known; one that leaves it sets it else."""
    entity = len(links) + b
    at = max(t, links[b].entry_ok)
    # No vehicle is smaller than a car: before there is room for one, nobody need be asked.
    if not _has_room(links, b, UNIT):
        if links[b].ring_count == 0:
            cancel(events, entity)
            return
        at = max(at, gaps[links[b].ring_start + links[b].ring_head].t_s)
    schedule(events, entity, at)


@inlined
def _take_turn(links: Records, a: int, b: int) -> None:
    """Set the turn of the head of ``a`` among those bound for ``b``: now, or when its last passage is paid for."""
    if links[a].turn_for != b:
        links[a].turn_for = b
        links[a].turn = links[b].clock
    else:
        links[a].turn = max(links[a].turn, links[b].clock)


@inlined
def wait(events: Records, links: Records, a: int, b: int, ready_s: float) -> None:
    """Have the head of ``a``, which may leave from ``ready_s`` on, wait to enter ``b``."""
    cancel(events, a)
    links[a].waits_for = b
    links[a].ready_s = ready_s
    _take_turn(links, a, b)
    links[b].waiting += 1


@inlined
def plan_ready(
    events: Records, links: Records, gaps: Records, vehicles: Records, next_link: I, a: int, t: float,
) -> None:
    """Set the time at which the head of ``a`` may leave it, not before ``t``."""
    head = links[a].first
    if head < 0 or links[a].held:
        cancel(events, a)
        return
    at = max(t, max(vehicles[head].entry_s + links[a].free_s, links[a].exit_ok))
    # Where nobody else waits for the link it is bound for, there is no use in asking before that may take it.
    b = next_link[vehicles[head].klass, links[a].head]
    if b >= 0 and links[b].waiting == 0 and not links[b].closed:
        soonest = max(at, links[b].entry_ok)
        if not _has_room(links, b, vehicles[head].size):
            if links[b].ring_count == 0:
                # Full, and nobody knows for how long: whoever leaves it next calls those who wait.
                wait(events, links, a, b, at)
                return
            soonest = max(soonest, gaps[links[b].ring_start + links[b].ring_head].t_s)
        at = soonest
    schedule(events, a, at)


@inlined
def pop(
    events: Records, links: Records, gaps: Records, vehicles: Records, next_link: I, passages: Records, a: int,
    t: float,
) -> int:
    """Take the head off ``a`` at ``t``: account for it, give its room back, ready the next. Returns the vehicle."""
    v = links[a].first
    links[a].first = vehicles[v].following
    if links[a].first < 0:
        links[a].last = -1
    vehicles[v].following = -1
    links[a].count -= 1
    units = vehicles[v].size
    taken = t - vehicles[v].entry_s
    links[a].lost_s += taken - links[a].free_s
    links[a].last_s = taken
    links[a].exit_ok = t + links[a].headway_s * units / UNIT
    if a < links[a].drain:
        book = len(passages) - 1
        i = passages[book].vehicle
        if vehicles[v].traced and i < book:
            passages[i].vehicle = v
            passages[i].node = links[a].head
            passages[i].t_s = t
            passages[book].vehicle = i + 1
        _give_back(links, gaps, a, units, t + links[a].back_s)
        entity = len(links) + a
        if links[a].waiting > 0 and events[entity].slot == NOWHERE:
            plan_supply(events, links, gaps, a, t)
    plan_ready(events, links, gaps, vehicles, next_link, a, t)
    return v


@inlined
def push(
    events: Records, links: Records, gaps: Records, vehicles: Records, next_link: I, b: int, v: int, t: float,
) -> None:
    """Put a vehicle at the end of the queue of ``b`` at ``t``."""
    vehicles[v].following = -1
    vehicles[v].link = b
    vehicles[v].entry_s = t
    alone = links[b].first < 0
    if alone:
        links[b].first = v
    else:
        vehicles[links[b].last].following = v
    links[b].last = v
    links[b].count += 1
    links[b].entered += 1
    if alone:
        plan_ready(events, links, gaps, vehicles, next_link, b, t)


@inlined
def move(
    events: Records, links: Records, gaps: Records, vehicles: Records, next_link: I, passages: Records, a: int,
    b: int, t: float, drop: float,
) -> None:
    """Let the head of ``a`` pass to ``b``."""
    _take_turn(links, a, b)
    links[b].clock = links[a].turn
    head = links[a].first
    waited = t - vehicles[head].entry_s - links[a].free_s
    units = vehicles[head].size
    # The next in line pays for this passage by the clock of the link that it is bound for itself.
    following = vehicles[head].following
    c = next_link[vehicles[following].klass, links[a].head] if following >= 0 else b
    if c < 0:
        c = b
    links[a].turn = links[c].clock + units / (UNIT * links[a].weight)
    links[a].turn_for = c
    gap = links[b].headway_s * units / UNIT
    if a < links[a].drain:
        # A queue may stand on many short links; where a car was held up for less than a headway it was in none.
        queued = np.float32(0.0)
        if waited >= links[a].headway_s:
            queued = vehicles[head].queued_s + np.float32(waited)
        vehicles[head].queued_s = queued
        if queued >= BREAKDOWN_S:
            gap /= 1.0 - drop
    links[b].free -= units
    links[b].entry_ok = t + gap
    # Only now, since the next in line looks at what is left of ``b``.
    v = pop(events, links, gaps, vehicles, next_link, passages, a, t)
    vehicles[v].status = DRIVING
    vehicles[v].node = links[a].head
    push(events, links, gaps, vehicles, next_link, b, v, t)


@kernel
def _ready(
    events: Records, links: Records, gaps: Records, vehicles: Records, next_link: I, informed: NDArray[np.int16],
    passages: Records, counts: NDArray[np.int64], a: int, t: float,
    drop: float,
) -> int:
    """Let the head of ``a`` act; return it where it is done (at its target or without a way), -1 otherwise."""
    v = links[a].first
    node = links[a].head
    klass = vehicles[v].klass
    b = next_link[klass, node]
    if b == NO_WAY or (b >= 0 and links[b].closed):
        if informed[klass] != klass:
            counts[LEARNED] += 1
            klass = informed[klass]
            vehicles[v].klass = klass
            b = next_link[klass, node]
        if b == NO_WAY or (b >= 0 and links[b].closed):
            vehicles[v].status = STRANDED
            return pop(events, links, gaps, vehicles, next_link, passages, a, t)
    if b == AT_TARGET:
        vehicles[v].status = ARRIVED
        vehicles[v].arrived_s = t
        return pop(events, links, gaps, vehicles, next_link, passages, a, t)
    if links[b].waiting == 0:
        _regain(links, gaps, b, t)
        if links[b].entry_ok <= t and _has_room(links, b, vehicles[v].size):
            move(events, links, gaps, vehicles, next_link, passages, a, b, t, drop)
            return -1
    wait(events, links, a, b, t)
    # Even if it has a time set: that may be when somebody who waits, but is still on the way, will be there.
    plan_supply(events, links, gaps, b, t)
    return -1


@kernel
def _supply(
    events: Records, links: Records, gaps: Records, vehicles: Records, next_link: I, passages: Records, b: int,
    t: float, drop: float,
) -> None:
    """Give one place on ``b`` to the link whose turn it is."""
    if links[b].waiting == 0:
        return
    if links[b].entry_ok > t:
        plan_supply(events, links, gaps, b, t)
        return
    _regain(links, gaps, b, t)
    source = links[b].source
    best = -1
    soonest = np.inf
    if links[source].waits_for == b:
        if links[source].ready_s > t:
            soonest = links[source].ready_s
        else:
            best = source
    for j in range(links[source].in_start, links[source].in_start + links[source].in_count):
        a = links[j].in_link
        if links[a].waits_for != b:
            continue
        if links[a].ready_s > t:
            soonest = min(soonest, links[a].ready_s)
        elif best < 0 or links[a].turn < links[best].turn or (links[a].turn == links[best].turn and a < best):
            best = a
    if best < 0:
        schedule(events, len(links) + b, soonest)
        return
    if not _has_room(links, b, vehicles[links[best].first].size):
        if links[b].ring_count > 0:
            schedule(events, len(links) + b,
                     max(t, gaps[links[b].ring_start + links[b].ring_head].t_s))
        return
    links[best].waits_for = -1
    links[b].waiting -= 1
    move(events, links, gaps, vehicles, next_link, passages, best, b, t, drop)
    if links[b].waiting > 0:
        plan_supply(events, links, gaps, b, t)


@kernel
def advance(
    events: Records, links: Records, gaps: Records, vehicles: Records, next_link: I, informed: NDArray[np.int16],
    passages: Records, pending: I, done: I,
    counts: NDArray[np.int64], until_s: float, drop: float,
) -> None:
    """Work off all events up to ``until_s``, departures (``pending``, in order of time) among them.

    Vehicles at their target or without a way are listed in ``done``, which must have room for all.
    """
    entities = len(links)
    roads = links[0].drain - links[0].head
    counts[DONE] = 0
    passages[len(passages) - 1].vehicle = 0
    calendar = len(events) - 1
    while True:
        end = load(events, until_s)
        while True:
            due = vehicles[pending[counts[NEXT]]].depart_s if counts[NEXT] < counts[PENDING] else np.inf
            event = events[events[0].heap].at if events[calendar].heap > 0 else np.inf
            t = min(due, event)
            if t > until_s or t >= end:
                break
            if due <= event:
                v = pending[counts[NEXT]]
                counts[NEXT] += 1
                vehicles[v].status = WAITING
                push(events, links, gaps, vehicles, next_link, roads + vehicles[v].node, v, t)
                continue
            e = events[0].heap
            cancel(events, e)
            if e >= entities:
                _supply(events, links, gaps, vehicles, next_link, passages, e - entities, t, drop)
                continue
            gone = _ready(events, links, gaps, vehicles, next_link, informed, passages, counts, e, t, drop)
            if gone >= 0:
                vehicles[gone].node = links[e].head
                vehicles[gone].link = -1
                # For one without a way, the time it left the road.
                vehicles[gone].entry_s = t
                done[counts[DONE]] = gone
                counts[DONE] += 1
        if end > until_s:
            break
        events[calendar].bucket += 1
        if events[calendar].place == 0:
            # Nothing is due in the wheel: on to the bucket of the next departure, or of the end.
            soonest = until_s
            if counts[NEXT] < counts[PENDING]:
                soonest = min(soonest, vehicles[pending[counts[NEXT]]].depart_s)
            events[calendar].bucket = max(events[calendar].bucket, np.int64(soonest / BUCKET_S))
    unload(events)
