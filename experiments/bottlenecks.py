"""Where an evacuation jams: links that lose time, joined to stretches of one road and ranked. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_VEHH = 0.1
"""Links that lose less than this are no part of a bottleneck. Assumption."""
STRETCH_VEHH = 5.0
"""Nor is a whole stretch that loses less than this: no planner widens a road for it. Assumption."""
LEAST_SHARE = 0.02
"""Nor those that lose less than this share of what the worst link loses. Assumption."""
STRAIGHT = 0.5
"""Cosine of the sharpest turn (60 degrees) over which two links count as one road. Assumption."""
STANDING_FROM = 3
"""From this many vehicles in queue on a stretch it counts as queued. Assumption."""
FEEDS = 0.1
"""Another road into the node at the head that loses this share of the time of the stretch's last link makes it a
merge. Assumption."""
NARROWER = 0.95
"""The road ahead with less than this share of the capacity narrows. Assumption."""

KNOWN_WITHIN_M = 2500.0
"""A town or site this near is named rather than a nearer village with an invented name. Assumption."""

FULL = 0.75
"""A road with this share of its room taken by standing vehicles is full: what comes cannot enter. Assumption."""

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class LinkUse:
    """A run's traffic on its directed links. Arrays are (links,), but ``queue`` (k, links), nodes' (nodes,)."""

    tail: Ints
    head: Ints
    road_class: Ints
    fact: Ints
    """Which stated road the link is part of; -1 for none."""
    node_x: Floats
    node_y: Floats
    lost_vehh: Floats
    entered: Ints
    max_queue: Ints
    capacity_vph: Floats
    t_s: Floats
    """(k,) times of the samples of ``queue``."""
    queue: Ints
    """Vehicles standing in queue at each sample."""
    storage: Floats
    """Vehicles that a link has room for."""


@dataclass(frozen=True)
class Landmark:
    """A place that a stretch of road can be named by, in m."""

    name: str
    name_zh: str
    x: float
    y: float
    known: bool = True
    """A name that people know; an invented one is used only where no known place is near."""


def stretches(use: LinkUse) -> list[list[int]]:
    """Return the links that lose time as stretches of one road, each in the direction of travel.

    Two links join where the second leads on from the first, straight enough, on a road of the same class and
    fact, and each is the other's straightest partner: so a road is followed through its junctions, and a side
    road stays a stretch of its own.
    """
    lost = np.asarray(use.lost_vehh, np.float64)
    if not lost.size or lost.max() < LEAST_VEHH:
        return []
    worth = np.flatnonzero(lost >= max(LEAST_VEHH, LEAST_SHARE * float(lost.max()))).tolist()
    by_tail: dict[int, list[int]] = {}
    for link in worth:
        by_tail.setdefault(int(use.tail[link]), []).append(link)
    pairs = []
    for a in worth:
        for b in by_tail.get(int(use.head[a]), []):
            if use.head[b] == use.tail[a] or use.road_class[a] != use.road_class[b] or use.fact[a] != use.fact[b]:
                continue
            cosine = _cosine(use, a, b)
            if cosine >= STRAIGHT:
                pairs.append((-round(cosine, 9), a, b))
    after: dict[int, int] = {}
    before: dict[int, int] = {}
    for _, a, b in sorted(pairs):
        if a not in after and b not in before:
            after[a], before[b] = b, a
    return _chains(worth, after, before)


def _cosine(use: LinkUse, a: int, b: int) -> float:
    """Return the cosine of the turn from link a into link b; 1 where one has no length."""
    ax, ay = (float(w[use.head[a]] - w[use.tail[a]]) for w in (use.node_x, use.node_y))
    bx, by = (float(w[use.head[b]] - w[use.tail[b]]) for w in (use.node_x, use.node_y))
    product = float(np.hypot(ax, ay) * np.hypot(bx, by))
    return 1.0 if product == 0 else (ax * bx + ay * by) / product


def _chains(links: Sequence[int], after: dict[int, int], before: dict[int, int]) -> list[list[int]]:
    """Return the links in chains; a ring is cut open before its lowest link."""
    seen: set[int] = set()
    chains = []
    for start in [*(link for link in links if link not in before), *links]:
        if start in seen:
            continue
        chain, link = [], start
        while link not in seen:
            seen.add(link)
            chain.append(link)
            link = after.get(link, link)
        chains.append(chain)
    return chains


def bottlenecks(
    use: LinkUse, places: Sequence[Landmark], class_names: Sequence[str], shelter_nodes: Sequence[int] = (),
    top: int = 10,
) -> list[dict[str, Any]]:
    """Return the ``top`` stretches that lose the most vehicle-hours, worst first, as ``evacuation.json`` has them.

    ``from`` and ``to`` are the places nearest to its ends, in the direction of travel; ``x``, ``y`` its head,
    where the queue begins. ``capacity_vph`` is the least on it and just beyond; ``cause`` says what holds the
    traffic there: ``shelter`` (it ends at one), ``spillback`` (the road ahead is full), ``narrows`` (the road
    ahead takes less), ``merge`` (another queue comes in) or ``capacity`` (the road itself). A queue that reaches
    back is followed to where it begins: ``behind`` is that stretch's rank, None where it is not among the worst,
    ``behind_at`` the place nearest to its head.
    """
    found = [(-float(use.lost_vehh[chain].sum()), chain) for chain in stretches(use)]
    ranked = [chain for lost, chain in sorted(found) if -lost >= STRETCH_VEHH]
    shelters = frozenset(int(node) for node in shelter_nodes)
    of = {link: row for row, chain in enumerate(ranked) for link in chain}
    rows = []
    for rank, chain in enumerate(ranked[:top], 1):
        row = _row(use, chain, rank, places, class_names, shelters)
        root, end = _root(use, chain, ranked, of, shelters) if row["cause"] == "spillback" else (-1, -1)
        at = _nearest(places, use, int(use.head[end]))[1] if end >= 0 else None
        row |= {"behind": root + 1 if 0 <= root < top else None,
                "behind_at": at.name if at else None, "behind_at_zh": at.name_zh if at else None}
        rows.append(row)
    return rows


def _root(use: LinkUse, chain: list[int], ranked: list[list[int]], of: dict[int, int],
          shelters: frozenset[int]) -> tuple[int, int]:
    """Return the stretch (row of ``ranked``; -1 for none) whose queue reaches back to a stretch, and its last link."""
    seen: set[int] = set()
    while True:
        standing = use.queue[:, chain].sum(axis=1)
        cause, onward = _cause(use, chain[-1], int(use.head[chain[-1]]), shelters, int(np.argmax(standing)))
        here = of.get(chain[-1], -1)
        if cause != "spillback" or here in seen:
            return here, chain[-1]
        seen.add(here)
        if onward not in of:
            return -1, onward
        chain = ranked[of[onward]]


def _row(use: LinkUse, chain: list[int], rank: int, places: Sequence[Landmark], class_names: Sequence[str],
         shelters: frozenset[int]) -> dict[str, Any]:
    last, node = chain[-1], int(use.head[chain[-1]])
    start, end = _ends(places, use, int(use.tail[chain[0]]), node)
    standing = use.queue[:, chain].sum(axis=1).astype(np.int64) if len(use.t_s) else np.zeros(0, np.int64)
    worst = int(np.argmax(standing)) if len(standing) else 0
    cause, onward = _cause(use, last, node, shelters, worst)
    ahead_vph = float(use.capacity_vph[onward]) if cause == "narrows" else np.inf
    return {
        "rank": rank, "links": [int(link) for link in chain],
        "from": start.name, "from_zh": start.name_zh, "to": end.name, "to_zh": end.name_zh,
        "road_class": class_names[int(use.road_class[last])],
        "x": round(float(use.node_x[node]), 1), "y": round(float(use.node_y[node]), 1),
        "lost_vehh": round(float(use.lost_vehh[chain].sum()), 2),
        "max_queue_veh": max(int(standing.max(initial=0)), int(use.max_queue[chain].max())),
        "entered": int(use.entered[chain].max()),
        "capacity_vph": round(min(float(use.capacity_vph[chain].min()), ahead_vph), 1),
        "hours_queued": round(_hours(use.t_s, standing), 2),
        "worst_s": float(use.t_s[worst]) if len(standing) else None, "cause": cause,
    }


def _cause(use: LinkUse, last: int, node: int, shelters: frozenset[int], worst: int) -> tuple[str, int]:
    """Return what holds the traffic at a stretch's head at its worst sample, and the link most go on to (-1: none)."""
    out = np.flatnonzero((use.tail == node) & (use.head != use.tail[last]))
    onward = int(out[np.argmax(use.entered[out])]) if len(out) else -1
    if node in shelters and 2 * int(use.entered[out].sum()) < int(use.entered[last]):
        return "shelter", onward
    if onward >= 0 and len(use.t_s) and use.queue[worst, onward] >= FULL * use.storage[onward]:
        return "spillback", onward
    if onward >= 0 and use.entered[onward] and use.capacity_vph[onward] < NARROWER * use.capacity_vph[last]:
        return "narrows", onward
    into = np.flatnonzero((use.head == node) & (np.arange(len(use.head)) != last))
    if len(into) and float(use.lost_vehh[into].max()) >= FEEDS * float(use.lost_vehh[last]):
        return "merge", onward
    return "capacity", onward


def _ends(places: Sequence[Landmark], use: LinkUse, tail: int, head: int) -> tuple[Landmark, Landmark]:
    """Return what to call a stretch's ends by: places people know where that tells them apart, else the nearest."""
    known = [place for place in places if place.known]
    far = [_nearest(known, use, node) for node in (tail, head)]
    if far[0][1] != far[1][1] and max(far[0][0], far[1][0]) <= KNOWN_WITHIN_M:
        return far[0][1], far[1][1]
    return _nearest(places, use, tail)[1], _nearest(places, use, head)[1]


def _nearest(places: Sequence[Landmark], use: LinkUse, node: int) -> tuple[float, Landmark]:
    """Return the distance in m and the place nearest to a node; one without a name where there are none."""
    x, y = float(use.node_x[node]), float(use.node_y[node])
    away = [(float(np.hypot(place.x - x, place.y - y)), place.name, i) for i, place in enumerate(places)]
    if not away:
        return np.inf, Landmark("", "", x, y)
    least = min(away)
    return least[0], places[least[2]]


def _hours(t_s: Floats, standing: Ints) -> float:
    """Return how long so many stood that it counts, each sample for the time since the one before it."""
    if not len(t_s):
        return 0.0
    spans = np.diff(np.asarray(t_s, np.float64), prepend=0.0)
    return float(spans[standing >= STANDING_FROM].sum()) / 3600
