"""A calendar queue: a wheel of buckets for what is far, an indexed heap for the bucket at work.

Events come out in exact order of (time, entity), so that neither the width of a bucket nor the step in
which a run is advanced changes anything (Brown 1988, calendar queues).
"""

from __future__ import annotations

import numpy as np

from sim.traffic.jit import inlined, kernel
from sim.traffic.state import EVENT, Records

BUCKETS = 16384
BUCKET_S = 0.25
MASK = BUCKETS - 1
NOWHERE = -1
IN_HEAP = -2


def new_calendar(entities: int, now_s: float) -> Records:
    """Return an empty calendar for so many entities."""
    events = np.zeros(max(entities, BUCKETS) + 1, EVENT)
    events["at"], events["slot"], events["bucket"] = np.inf, NOWHERE, -1
    events[-1]["at"], events[-1]["bucket"], events[-1]["place"] = -np.inf, int(now_s / BUCKET_S), 0
    return events


@inlined
def _earlier(events: Records, a: int, b: int) -> bool:
    return events[a].at < events[b].at or (events[a].at == events[b].at and a < b)


@inlined
def _up(events: Records, i: int) -> None:
    e = events[i].heap
    while i > 0:
        parent = (i - 1) >> 1
        other = events[parent].heap
        if not _earlier(events, e, other):
            break
        events[i].heap = other
        events[other].place = i
        i = parent
    events[i].heap = e
    events[e].place = i


@inlined
def _down(events: Records, i: int) -> None:
    size = events[len(events) - 1].heap
    e = events[i].heap
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and _earlier(events, events[child + 1].heap, events[child].heap):
            child += 1
        other = events[child].heap
        if not _earlier(events, other, e):
            break
        events[i].heap = other
        events[other].place = i
        i = child
    events[i].heap = e
    events[e].place = i


@inlined
def cancel(events: Records, e: int) -> None:
    """Take an entity's event out of the calendar, if it has one."""
    slot = events[e].slot
    if slot == IN_HEAP:
        i = events[e].place
        events[len(events) - 1].heap -= 1
        last = events[events[len(events) - 1].heap].heap
        if last != e:
            events[i].heap = last
            events[last].place = i
            _up(events, i)
            _down(events, events[last].place)
    elif slot >= 0:
        before = events[e].before
        after = events[e].after
        if before >= 0:
            events[before].after = after
        else:
            events[slot].bucket = after
        if after >= 0:
            events[after].before = before
        events[len(events) - 1].place -= 1
    events[e].slot = NOWHERE
    events[e].at = np.inf


@inlined
def _push(events: Records, e: int) -> None:
    i = events[len(events) - 1].heap
    events[len(events) - 1].heap += 1
    events[i].heap = e
    events[e].slot = IN_HEAP
    _up(events, i)


@inlined
def _link(events: Records, e: int, slot: int) -> None:
    first = events[slot].bucket
    events[e].slot = slot
    events[e].before = -1
    events[e].after = first
    if first >= 0:
        events[first].before = e
    events[slot].bucket = e
    events[len(events) - 1].place += 1


@inlined
def schedule(events: Records, e: int, t: float) -> None:
    """Set an entity's one event to time ``t``, in place of the one it had."""
    if events[e].slot != NOWHERE:
        if events[e].at == t:
            return
        cancel(events, e)
    events[e].at = t
    if t < events[len(events) - 1].at:
        _push(events, e)
    else:
        _link(events, e, max(np.int64(t / BUCKET_S), events[len(events) - 1].bucket) & MASK)


@kernel
def load(events: Records, until_s: float) -> float:
    """Move the current bucket's events up to ``until_s`` into the heap; return the end of the bucket."""
    number = events[len(events) - 1].bucket
    end = (number + 1) * BUCKET_S
    slot = number & MASK
    e = events[slot].bucket
    events[slot].bucket = -1
    events[len(events) - 1].at = end
    while e >= 0:
        after = events[e].after
        t = events[e].at
        events[e].slot = NOWHERE
        events[len(events) - 1].place -= 1
        if t < end and t <= until_s:
            _push(events, e)
        else:
            _link(events, e, slot)
        e = after
    return end


@kernel
def unload(events: Records) -> None:
    """Put what is left in the heap back into the wheel."""
    events[len(events) - 1].at = -np.inf
    while events[len(events) - 1].heap > 0:
        e = events[0].heap
        t = events[e].at
        cancel(events, e)
        schedule(events, e, t)
