"""What changes under way: routes, closures, speeds, lanes; and where vehicles stand on their links."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.traffic.calendar import cancel, schedule
from sim.traffic.jit import kernel
from sim.traffic.kernel import move, plan_ready, plan_supply
from sim.traffic.state import HELD, F, I, Records


@kernel
def road_count(links: Records) -> int:
    """Return how many of the links are roads."""
    return links[0].drain - links[0].head


@kernel
def _leave_queue(events: Records, links: Records, gaps: Records, a: int, t: float) -> None:
    b = links[a].waits_for
    links[a].waits_for = -1
    links[b].waiting -= 1
    if links[b].waiting == 0:
        cancel(events, len(links) + b)
    else:
        # There may be room for another where there was none for the head that has gone.
        plan_supply(events, links, gaps, b, t)


@kernel
def choose_again(events: Records, links: Records, gaps: Records, vehicles: Records, next_link: I, t: float) -> None:
    """Let heads of queues whose next link has closed, or is no longer theirs, choose anew at ``t``."""
    for a in range(len(links)):
        b = links[a].waits_for
        if b < 0:
            # It was told to ask when the link it was then bound for could take it.
            plan_ready(events, links, gaps, vehicles, next_link, a, t)
            continue
        v = links[a].first
        klass = vehicles[v].klass
        node = links[a].head
        if links[b].closed or next_link[klass, node] != b:
            _leave_queue(events, links, gaps, a, t)
            plan_ready(events, links, gaps, vehicles, next_link, a, t)


@kernel
def spots(links: Records, vehicles: Records, t: float, share: F) -> int:
    """Fill how far along its link each vehicle on a road is (``share``, vehicles); return how many stand in queues.

    A vehicle drives at free-flow speed until it comes up to those ahead of it that stand at jam spacing.
    """
    standing = 0
    for a in range(road_count(links)):
        v = links[a].first
        ahead = 0.0
        room = links[a].storage
        seen_s = links[a].held_s if links[a].held else t
        while v >= 0:
            driven = (seen_s - vehicles[v].entry_s) / links[a].free_s
            if driven >= 1.0:
                standing += 1
            share[v] = max(0.0, min(driven, 1.0 - ahead / room))
            ahead += vehicles[v].size
            v = vehicles[v].following
    return standing


@kernel
def queues(links: Records, vehicles: Records, t: float, standing: I) -> None:
    """Fill the number of vehicles held up on each road (``standing``, roads): past their free-flow time."""
    for a in range(road_count(links)):
        n = 0
        v = links[a].first
        while v >= 0 and t - vehicles[v].entry_s > links[a].free_s:
            n += 1
            v = vehicles[v].following
        standing[a] = n


@kernel
def present_s(links: Records, vehicles: Records, t: float, out: F) -> None:
    """Fill the present travel time of each road (s): what the last to leave took, or its head has taken by now."""
    for a in range(road_count(links)):
        v = links[a].first
        out[a] = links[a].free_s
        if v >= 0:
            out[a] = max(links[a].free_s, max(links[a].last_s, t - vehicles[v].entry_s))


@kernel
def turn_back(
    events: Records, links: Records, gaps: Records, vehicles: Records, next_link: I, fresh: NDArray[np.bool_],
    t: float, share: F, line: I,
) -> tuple[int, int]:
    """Turn vehicles not yet half-way on newly closed roads (``fresh``) round; the others drive on.

    A turned vehicle stands where it stood, on the link the other way, in its place in the order of those there;
    one without a link the other way drives on. Returns how many turned and how many drive on.
    """
    turned = 0
    on = 0
    for a in range(road_count(links)):
        if fresh[a]:
            on += links[a].count
    for a in range(road_count(links)):
        if not fresh[a] or links[a].first < 0:
            continue
        back = links[a].reverse
        before = -1
        v = links[a].first
        # First in, first out: those ahead are past half-way, those behind are not.
        while v >= 0 and (back < 0 or share[v] >= 0.5):
            before = v
            v = vehicles[v].following
        if v < 0:
            continue
        if links[a].waits_for >= 0 and before < 0:
            _leave_queue(events, links, gaps, a, t)
        if before < 0:
            links[a].first = -1
            links[a].last = -1
        else:
            vehicles[before].following = -1
            links[a].last = before
        n = 0
        while v >= 0:
            links[a].count -= 1
            links[a].free += vehicles[v].size
            vehicles[v].entry_s = t - (1.0 - share[v]) * links[back].free_s
            vehicles[v].link = back
            vehicles[v].queued_s = 0.0
            vehicles[v].node = links[back].tail
            share[v] = 1.0 - share[v]
            line[n] = v
            n += 1
            v = vehicles[v].following
        turned += n
        if before < 0:
            cancel(events, a)
        _merge(events, links, gaps, vehicles, next_link, back, line, n, t, share)
    return turned, on - turned


@kernel
def _merge(
    events: Records, links: Records, gaps: Records, vehicles: Records, next_link: I, b: int, line: I, n: int,
    t: float, share: F,
) -> None:
    """Put ``line[:n]`` (nearest to the tail of ``b`` first) between those on ``b``, by how far along they are."""
    if links[b].waits_for >= 0:
        _leave_queue(events, links, gaps, b, t)
    # From the head on: of those there and those turned, whoever is further along comes first.
    there = links[b].first
    turned = n - 1
    last = -1
    first = -1
    while there >= 0 or turned >= 0:
        if turned < 0 or (there >= 0 and share[there] >= share[line[turned]]):
            v = there
            there = vehicles[there].following
        else:
            v = line[turned]
            turned -= 1
            links[b].count += 1
            links[b].free -= vehicles[v].size
        if last < 0:
            first = v
        else:
            vehicles[last].following = v
        last = v
    vehicles[last].following = -1
    links[b].first = first
    links[b].last = last
    plan_ready(events, links, gaps, vehicles, next_link, b, t)


@kernel
def hold(
    events: Records, links: Records, gaps: Records, vehicles: Records, next_link: I, which: NDArray[np.bool_],
    t: float,
) -> int:
    """Stop the vehicles on some roads where they are; return how many."""
    n = 0
    for a in range(road_count(links)):
        if not which[a] or links[a].held:
            continue
        links[a].held = True
        links[a].held_s = t
        if links[a].waits_for >= 0:
            _leave_queue(events, links, gaps, a, t)
        plan_ready(events, links, gaps, vehicles, next_link, a, t)
        v = links[a].first
        while v >= 0:
            vehicles[v].status = HELD
            n += 1
            v = vehicles[v].following
    return n


@kernel
def let_go(
    events: Records, links: Records, gaps: Records, vehicles: Records, next_link: I, which: NDArray[np.bool_],
    t: float, driving: int,
) -> None:
    """Let the vehicles held on some roads go on."""
    for a in range(road_count(links)):
        if not which[a] or not links[a].held:
            continue
        links[a].held = False
        v = links[a].first
        while v >= 0:
            vehicles[v].status = driving
            if links[a].held_s - vehicles[v].entry_s < links[a].free_s:
                # It goes on from where it stopped.
                vehicles[v].entry_s += t - links[a].held_s
            v = vehicles[v].following
        plan_ready(events, links, gaps, vehicles, next_link, a, t)


@kernel
def retime(
    links: Records, gaps: Records, vehicles: Records, which: NDArray[np.bool_], free_s: F, headway_s: F, back_s: F,
    t: float,
) -> None:
    """Let what is under way on some roads go on at their new rates from ``t`` (s; the old ones are given, roads,).

    A vehicle keeps its place on the road, one past its free-flow time its delay; what is left of a headway or of a
    gap's way back is as much shorter or longer as the whole.
    """
    for a in range(road_count(links)):
        if not which[a]:
            continue
        v = links[a].first
        seen_s = links[a].held_s if links[a].held else t
        while v >= 0:
            driven = seen_s - vehicles[v].entry_s
            if driven < free_s[a]:
                vehicles[v].entry_s = seen_s - driven / free_s[a] * links[a].free_s
            else:
                vehicles[v].entry_s += free_s[a] - links[a].free_s
            v = vehicles[v].following
        rate = links[a].headway_s / headway_s[a]
        if links[a].entry_ok > t:
            links[a].entry_ok = t + (links[a].entry_ok - t) * rate
        if links[a].exit_ok > t:
            links[a].exit_ok = t + (links[a].exit_ok - t) * rate
        for j in range(links[a].ring_count):
            place = links[a].ring_head + j
            i = links[a].ring_start + (place if place < links[a].ring_length else place - links[a].ring_length)
            if gaps[i].t_s > t:
                gaps[i].t_s = t + (gaps[i].t_s - t) * links[a].back_s / back_s[a]


@kernel
def ready_again(
    events: Records, links: Records, gaps: Records, vehicles: Records, next_link: I, which: NDArray[np.bool_],
    t: float,
) -> None:
    """Plan anew when the heads of some roads may leave, and when the roads may take others, after a change."""
    for a in range(road_count(links)):
        if not which[a]:
            continue
        if links[a].waits_for >= 0 and links[a].ready_s > t:
            _leave_queue(events, links, gaps, a, t)
        if links[a].waits_for < 0:
            plan_ready(events, links, gaps, vehicles, next_link, a, t)
        if links[a].waiting > 0:
            plan_supply(events, links, gaps, a, t)
            continue
        # Those bound for it may have been told to ask when it was to be able to take them.
        source = links[a].source
        if links[source].waits_for < 0:
            plan_ready(events, links, gaps, vehicles, next_link, source, t)
        for j in range(links[source].in_start, links[source].in_start + links[source].in_count):
            b = links[j].in_link
            if links[b].waits_for < 0:
                plan_ready(events, links, gaps, vehicles, next_link, b, t)


@kernel
def squeeze(
    events: Records, links: Records, gaps: Records, vehicles: Records, next_link: I, passages: Records, seen: I,
    t: float, patience_s: float, drop: float,
) -> int:
    """Let one vehicle go on in every ring of full roads whose heads wait for each other; return how many did.

    A ring that has stood for ``patience_s`` would stand for ever: a driver squeezes past. A queue that is only
    long is left alone. ``seen`` (links,) is room to work in.
    """
    n = 0
    seen[:] = 0
    for start in range(road_count(links)):
        mark = start + 1
        a = start
        while a >= 0 and seen[a] == 0:
            seen[a] = mark
            a = links[a].waits_for
        if a < 0 or seen[a] != mark:
            continue
        # The walk has come back to a link of its own: a ring, from ``a`` round to ``a``.
        since = t
        b = a
        locked = True
        while True:
            to = links[b].waits_for
            if links[to].closed or links[to].held or links[to].ring_count > 0 or links[b].ready_s > t:
                locked = False
            since = min(since, t - links[b].exit_ok)
            b = to
            if b == a:
                break
        if locked and since >= patience_s:
            to = links[a].waits_for
            _leave_queue(events, links, gaps, a, t)
            move(events, links, gaps, vehicles, next_link, passages, a, to, t, drop)
            n += 1
    return n


@kernel
def resume(
    events: Records, links: Records, gaps: Records, vehicles: Records, next_link: I, some: I, t: float, waiting: int,
) -> None:
    """Put vehicles that stand off the road at their nodes back into the queues there."""
    for i in range(len(some)):
        v = some[i]
        vehicles[v].status = waiting
        a = road_count(links) + vehicles[v].node
        vehicles[v].following = -1
        vehicles[v].link = a
        vehicles[v].entry_s = t
        vehicles[v].queued_s = 0.0
        if links[a].first < 0:
            links[a].first = v
        else:
            vehicles[links[a].last].following = v
        links[a].last = v
        links[a].count += 1
        if links[a].first == v:
            schedule(events, a, t)
