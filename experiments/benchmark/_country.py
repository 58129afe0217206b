"""A made-up county for stress tests: a grid of country roads with main roads in it, and towns with streets.

Synthetic, and the same every time: crossings lie off their grid, roads are missing and vehicles start where the draws
of :mod:`sim.random` put them. Country: a square of crossings 1.5 km apart; every sixth line is a main road (two lanes,
80 km/h), the others are village roads (one lane, 40 km/h) of which one in four is missing. Towns: on crossings of main
roads, a square of 11 to 17 streets each way, 100 m apart (one lane, 30 km/h; the middle ones two lanes, 50 km/h), one
street in twelve missing; the centre is the crossing, four gates lead to the crossing's neighbours. Three of four
vehicles start in a town. Every figure is an assumption, made to be like a populous Chinese county.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from sim.random import Streams

LINES = 61
SPACING_M = 1500.0
OFF_GRID_M = 250.0
WINDING = 1.15
"""Road length over straight line."""
MAIN_EVERY = 6
TOWNS = 60
STREETS = (11, 17)
BLOCK_M = 100.0
MISSING_ROAD, MISSING_STREET = 0.25, 1 / 12
IN_TOWN = 0.75
KMH = 1 / 3.6
MAIN, VILLAGE, AVENUE, STREET = (2, 80 * KMH), (1, 40 * KMH), (2, 50 * KMH), (1, 30 * KMH)
"""Lanes a direction and free speed (m/s)."""


@dataclass(frozen=True)
class Country:
    """Nodes (n,), directed links (m,), towns by size: their centres (t,), and which nodes lie in a town (n,)."""

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    length_m: NDArray[np.float64]
    speed_mps: NDArray[np.float64]
    lanes: NDArray[np.int32]
    reverse: NDArray[np.int32]
    centres: NDArray[np.int32]
    in_town: NDArray[np.bool_]

    def departures(self, vehicles: int, sigma_s: float, seed: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return origins and Rayleigh departure times (s), both (vehicles,); nobody starts at a town's centre."""
        streams = Streams(seed)
        ids = np.arange(vehicles)
        free = np.ones(len(self.x_m), np.bool_)
        free[self.centres] = False
        town, country = np.flatnonzero(self.in_town & free), np.flatnonzero(~self.in_town & free)
        in_town = streams.of("stress place").uniforms(ids) < IN_TOWN
        spot = streams.of("stress origin").uniforms(ids)
        origin = np.where(in_town, town[(spot * len(town)).astype(int)], country[(spot * len(country)).astype(int)])
        late = streams.of("stress departure").uniforms(ids)
        return origin.astype(np.int32), sigma_s * np.sqrt(-2.0 * np.log1p(-late))


class _Draft:
    """Roads in the making: places, and roads both ways."""

    def __init__(self) -> None:
        self.x: list[float] = []
        self.y: list[float] = []
        self.town: list[bool] = []
        self.roads: list[tuple[int, int, float, int, float]] = []

    def node(self, x: float, y: float, town: bool) -> int:
        self.x.append(x)
        self.y.append(y)
        self.town.append(town)
        return len(self.x) - 1

    def road(self, a: int, b: int, kind: tuple[int, float]) -> None:
        length = WINDING * float(np.hypot(self.x[a] - self.x[b], self.y[a] - self.y[b]))
        self.roads.append((a, b, length, *kind))


def made_up_county(seed: int = 1) -> Country:
    """Return the county of a seed."""
    streams = Streams(seed)
    draft = _Draft()
    crossing = _country_roads(draft, streams)
    mains = range(MAIN_EVERY // 2, LINES, MAIN_EVERY)
    sites = [(row, col) for row in mains for col in mains if 0 < row < LINES - 1 and 0 < col < LINES - 1]
    order = np.argsort(streams.of("stress town").uniforms(np.arange(len(sites))), kind="stable")[:TOWNS]
    sizes = STREETS[0] + (streams.of("stress town size").uniforms(np.arange(TOWNS))
                          * (STREETS[1] - STREETS[0] + 1)).astype(int)
    for town, (site, size) in enumerate(zip(order.tolist(), sizes.tolist(), strict=True)):
        _town(draft, crossing, sites[site], size, streams, town)
    by_size = np.argsort(-sizes, kind="stable")
    centres = np.array([crossing[sites[order[town]]] for town in by_size], np.int32)
    return _finished(draft, centres)


def _country_roads(draft: _Draft, streams: Streams) -> dict[tuple[int, int], int]:
    shift = streams.of("stress crossing")
    missing = streams.of("stress missing road")
    crossing = {}
    for row in range(LINES):
        for col in range(LINES):
            place = row * LINES + col
            off = [(2.0 * shift.u01(place, axis) - 1.0) * OFF_GRID_M for axis in (0, 1)]
            crossing[row, col] = draft.node(col * SPACING_M + off[0], row * SPACING_M + off[1], town=False)
    for (row, col), node in crossing.items():
        for axis, (r, c, line) in enumerate(((row, col + 1, row), (row + 1, col, col))):
            main = line % MAIN_EVERY == MAIN_EVERY // 2
            if (r, c) in crossing and (main or missing.u01(row * LINES + col, axis) >= MISSING_ROAD):
                draft.road(node, crossing[r, c], MAIN if main else VILLAGE)
    return crossing


def _town(
    draft: _Draft, crossing: dict[tuple[int, int], int], site: tuple[int, int], size: int, streams: Streams, town: int
) -> None:
    """Lay a town's streets around a crossing, which is its centre, with a gate to each of the four neighbours."""
    row, col = site
    centre = crossing[row, col]
    draft.town[centre] = True
    middle = size // 2
    missing = streams.of("stress missing street")
    street = {}
    for i in range(size):
        for j in range(size):
            street[i, j] = centre if i == j == middle else draft.node(
                draft.x[centre] + (j - middle) * BLOCK_M, draft.y[centre] + (i - middle) * BLOCK_M, town=True)
    for (i, j), node in street.items():
        for axis, (a, b, line) in enumerate(((i, j + 1, i), (i + 1, j, j))):
            avenue = line == middle
            place = (town * STREETS[1] + i) * STREETS[1] + j
            if (a, b) in street and (avenue or missing.u01(place, axis) >= MISSING_STREET):
                draft.road(node, street[a, b], AVENUE if avenue else STREET)
    gates = ((0, middle, row - 1, col), (size - 1, middle, row + 1, col), (middle, 0, row, col - 1),
             (middle, size - 1, row, col + 1))
    for i, j, r, c in gates:
        draft.road(street[i, j], crossing[r, c], AVENUE)


def _finished(draft: _Draft, centres: NDArray[np.int32]) -> Country:
    """Return both directions of every road, without the nodes that cannot be reached from the rest."""
    a, b = (np.array([road[end] for road in draft.roads], np.int32) for end in (0, 1))
    nodes = len(draft.x)
    _, part = connected_components(coo_matrix((np.ones(len(a)), (a, b)), shape=(nodes, nodes)), directed=False)
    kept_node = part == np.bincount(part).argmax()
    if not kept_node[centres].all():
        raise AssertionError("a town lies apart from the rest")
    row = (np.cumsum(kept_node) - 1).astype(np.int32)
    kept = kept_node[a]
    count = int(kept.sum())

    def both(column: int) -> NDArray[np.float64]:
        return np.repeat(np.array([road[column] for road in draft.roads], np.float64)[kept], 2)

    tail, head = np.empty(2 * count, np.int32), np.empty(2 * count, np.int32)
    tail[0::2], tail[1::2] = row[a[kept]], row[b[kept]]
    head[0::2], head[1::2] = tail[1::2], tail[0::2]
    return Country(
        np.array(draft.x)[kept_node], np.array(draft.y)[kept_node], tail, head, both(2),
        both(4), both(3).astype(np.int32), (np.arange(2 * count, dtype=np.int32) ^ 1),
        row[centres], np.array(draft.town)[kept_node])
