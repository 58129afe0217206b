"""The road network as traffic sees it: free-flow times, capacities, storage, waves, merges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.errors import InputError
from sim.settings.traffic import TrafficSettings
from sim.traffic.state import UNIT
from sim.world.classes import LinkKind
from sim.world.world import Roads

SHORTEST_M = 1.0
"""A link shorter than this is a fault of the data."""


@dataclass(frozen=True)
class TrafficNetwork:
    """Directed links between nodes, and what follows for traffic from length, speed, lanes and the parameters."""

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    length_m: NDArray[np.float64]
    speed_mps: NDArray[np.float64]
    lanes: NDArray[np.float64]
    reverse: NDArray[np.int32]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    in_start: NDArray[np.int32]
    in_link: NDArray[np.int32]
    settings: TrafficSettings
    delay_s: NDArray[np.float64]
    """Junction delay at the head of each link (s)."""
    fixed_headway_s: NDArray[np.float64]
    """Headway (s) of links that are no road, such as ferries; nan where it follows from lanes and speed."""

    @classmethod
    def from_arrays(
        cls, tail: ArrayLike, head: ArrayLike, length_m: ArrayLike, speed_mps: ArrayLike, lanes: ArrayLike,
        x: ArrayLike, y: ArrayLike, *, reverse: ArrayLike | None = None,
        settings: TrafficSettings | None = None, where: str = "",
    ) -> TrafficNetwork:
        """Return a network of links (links,) between nodes (nodes,). Raises InputError for a row that cannot be."""
        settings = settings or TrafficSettings()
        a, b = np.asarray(tail, np.int32), np.asarray(head, np.int32)
        length, speed = np.asarray(length_m, np.float64), np.asarray(speed_mps, np.float64)
        wide = np.asarray(lanes, np.float64)
        xs, ys = np.asarray(x, np.float64), np.asarray(y, np.float64)
        back = _reverse(a, b) if reverse is None else np.asarray(reverse, np.int32)
        nodes = len(xs)
        _check(a, b, length, speed, wide, nodes, where)
        order = np.argsort(b, kind="stable").astype(np.int32)
        start = np.searchsorted(b[order], np.arange(nodes + 1)).astype(np.int32)
        return cls(a, b, length, speed, wide, back, xs, ys, start, order, settings,
                   np.where(_junctions(a, b, nodes)[b], settings.junction_delay, 0.0),
                   np.full(len(a), np.nan))

    @classmethod
    def from_roads(cls, roads: Roads, settings: TrafficSettings) -> TrafficNetwork:
        """Return the traffic network of a World's roads; ferries carry what their trips can."""
        links = roads.links
        made = cls.from_arrays(
            links["tail"], links["head"], links["length_m"], links["speed_mps"], links["lanes"],
            roads.nodes["x"], roads.nodes["y"], reverse=links["reverse"], settings=settings, where="roads of the World")
        ferry = np.asarray(roads.ferries["link"], np.int64)
        if len(ferry):
            assert (links["kind"][ferry] == LinkKind.FERRY).all()
            made.fixed_headway_s[ferry] = roads.ferries["cycle_s"] / np.maximum(roads.ferries["vehicles"], 1)
        return made

    @property
    def links(self) -> int:
        """Number of links."""
        return len(self.tail)

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.x)

    def free_s(self, factor: NDArray[Any] | float = 1.0) -> NDArray[np.float64]:
        """Return free-flow times (links,) with the junction's delay, at a factor of free speed."""
        return self.drive_s(factor) + self.delay_s

    def drive_s(self, factor: NDArray[Any] | float = 1.0) -> NDArray[np.float64]:
        """Return free-flow times (links,) without the junction's delay, at a factor of free speed."""
        return self.length_m / (self.speed_mps * np.maximum(factor, 1e-3))

    def headway_s(self, factor: NDArray[Any] | float = 1.0, lanes: NDArray[Any] | None = None) -> NDArray[np.float64]:
        """Return seconds between two cars at capacity (links,): (tau + spacing / speed) / lanes."""
        speed = self.speed_mps * np.maximum(factor, 1e-3)
        one_lane = self.settings.time_gap_s + self.settings.jam_spacing_m / speed
        own = one_lane / (self.lanes if lanes is None else lanes)
        return np.where(np.isnan(self.fixed_headway_s), own, self.fixed_headway_s)

    def storage(self, lanes: NDArray[Any] | None = None) -> NDArray[np.int32]:
        """Return room (links,) in units of a quarter car: length over jam spacing, all lanes, whole cars.

        Whole cars, since part of one would take nobody in and yet count in the time a gap takes back.
        """
        cars = self.length_m * (self.lanes if lanes is None else lanes) / self.settings.jam_spacing_m
        return (np.maximum(1, np.round(cars)) * UNIT).astype(np.int32)

    def capacity_vph(self) -> NDArray[np.float64]:
        """Return flow capacities (links,) in vehicles per hour."""
        return 3600.0 / self.headway_s()


def _reverse(tail: NDArray[np.int32], head: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return, for each link, the one the other way, -1 for none; parallel links are paired in their order."""
    links = len(tail)
    pair = _pairs(tail, head)
    onward = tail < head
    order = np.lexsort((np.arange(links), onward, pair))
    group = pair[order] * 2 + onward[order]
    starts = np.flatnonzero(np.append(True, group[1:] != group[:-1])) if links else np.empty(0, np.int64)
    rank = np.empty(links, np.int64)
    rank[order] = np.arange(links) - np.repeat(starts, np.diff(np.append(starts, links)))
    # Two links of a pair that have the same rank lie side by side now: one each way, or one alone.
    order = np.lexsort((onward, rank, pair))
    a, b = order[:-1], order[1:]
    match = (pair[a] == pair[b]) & (rank[a] == rank[b]) & (onward[a] != onward[b])
    back = np.full(links, -1, np.int32)
    back[a[match]], back[b[match]] = b[match], a[match]
    return back


def _pairs(tail: NDArray[np.int32], head: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return a number for the two nodes that each link joins, whichever way."""
    low, high = np.minimum(tail, head).astype(np.int64), np.maximum(tail, head).astype(np.int64)
    return low * (int(high.max(initial=0)) + 1) + high


def _junctions(tail: NDArray[np.int32], head: NDArray[np.int32], nodes: int) -> NDArray[np.bool_]:
    """Return which nodes (nodes,) have three or more neighbours."""
    _, first = np.unique(_pairs(tail, head), return_index=True)
    joined = first[tail[first] != head[first]]
    return np.bincount(np.concatenate([tail[joined], head[joined]]), minlength=nodes) >= 3


def _check(
    tail: NDArray[np.int32], head: NDArray[np.int32], length: NDArray[np.float64], speed: NDArray[np.float64],
    lanes: NDArray[np.float64], nodes: int, where: str,
) -> None:
    def refuse(bad: NDArray[np.bool_], what: str, values: NDArray[Any], allowed: str) -> None:
        if bad.any():
            i = int(np.argmax(bad))
            raise InputError(what, value=values[i].item(), where=f"{where}, link {i}".lstrip(", "), allowed=allowed,
                             mend=f"{int(bad.sum())} link(s) are like this; correct the table")

    refuse((tail < 0) | (tail >= nodes), "a link leaves a node that is not there", tail, f"nodes 0 to {nodes - 1}")
    refuse((head < 0) | (head >= nodes), "a link enters a node that is not there", head, f"nodes 0 to {nodes - 1}")
    refuse(~(length >= SHORTEST_M), "a link is too short, or its length negative", length,
           f"metres, {SHORTEST_M:g} or more")
    refuse(~(speed > 0) | ~np.isfinite(speed), "a link's free speed is not positive", speed,
           "metres per second above 0")
    refuse(~(lanes >= 1) | ~np.isfinite(lanes), "a link's capacity is below one vehicle: it has no whole lane", lanes,
           "1 lane or more")
