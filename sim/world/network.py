"""A road network in the making: nodes and two-way roads are added one by one, then frozen into arrays."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.world.classes import LinkKind, RoadClass
from sim.world.grid import Grid
from sim.world.leastcost import resample
from sim.world.world import FERRY_COLUMNS, LINK_COLUMNS, NODE_COLUMNS, Roads

SHORTEST_M = 10.0
"""No link is shorter: a vehicle needs room on it."""


@njit(cache=True)
def cells_on(
    x0: float,
    y0: float,
    x1: float,
    y1: float,
    gx: float,
    gy: float,
    cell: float,
    ny: int,
    nx: int,
    out: NDArray[np.int32],
) -> int:
    """Fill ``out`` with the flat cells a segment passes (Amanatides and Woo 1987); return how many."""
    col, row = (x0 - gx) / cell, (gy - y0) / cell
    end_col, end_row = (x1 - gx) / cell, (gy - y1) / cell
    c, r = math.floor(col), math.floor(row)
    c_end, r_end = math.floor(end_col), math.floor(end_row)
    dc, dr = end_col - col, end_row - row
    step_c, step_r = (1 if dc > 0 else -1), (1 if dr > 0 else -1)
    next_c = ((c + (1 if dc > 0 else 0)) - col) / dc if dc != 0 else np.inf
    next_r = ((r + (1 if dr > 0 else 0)) - row) / dr if dr != 0 else np.inf
    each_c = abs(1.0 / dc) if dc != 0 else np.inf
    each_r = abs(1.0 / dr) if dr != 0 else np.inf
    n = 0
    for _ in range(abs(c_end - c) + abs(r_end - r) + 1):
        if r >= 0 and r < ny and c >= 0 and c < nx and n < len(out):
            out[n] = r * nx + c
            n += 1
        # An axis that has arrived steps no further: rounding must not carry the walk past a corner.
        if r == r_end or (c != c_end and next_c < next_r):
            c += step_c
            next_c += each_c
        else:
            r += step_r
            next_r += each_r
    return n


class Network:
    """Nodes (x, y) and directed links; every road is added both ways."""

    def __init__(self) -> None:
        self.x: list[float] = []
        self.y: list[float] = []
        self.columns: dict[str, list[Any]] = {name: [] for name in LINK_COLUMNS}
        self.ferries: dict[str, list[Any]] = {name: [] for name in FERRY_COLUMNS}

    def node(self, x: float, y: float) -> int:
        """Add a node; return its number."""
        self.x.append(float(x))
        self.y.append(float(y))
        return len(self.x) - 1

    def link(
        self,
        a: int,
        b: int,
        length_m: float,
        *,
        road_class: RoadClass,
        lanes: int,
        speed_mps: float,
        kind: LinkKind = LinkKind.ROAD,
        fact: int = -1,
        verified: bool = False,
    ) -> int:
        """Add a link both ways; return the number of the one from a to b."""
        first = len(self.columns["tail"])
        for tail, head, back in ((a, b, first + 1), (b, a, first)):
            row = {
                "tail": tail,
                "head": head,
                "length_m": max(length_m, SHORTEST_M),
                "speed_mps": speed_mps,
                "lanes": lanes,
                "road_class": int(road_class),
                "kind": int(kind),
                "reverse": back,
                "fact": fact,
                "verified": verified,
            }
            for name, value in row.items():
                self.columns[name].append(value)
        return first

    def road(
        self,
        a: int,
        b: int,
        points: NDArray[np.float64],
        length_m: float,
        spacing_m: float,
        **attributes: Any,
    ) -> list[int]:
        """Add a road from node a to node b along points (n, 2), cut into equal links of about the spacing.

        The links' lengths add up to ``length_m``. Returns the nodes along it, a and b included.
        """
        pieces = max(1, round(length_m / spacing_m))
        along = resample(points, pieces)
        nodes = [a, *(self.node(x, y) for x, y in along[1:-1]), b]
        for tail, head in pairwise(nodes):
            self.link(tail, head, length_m / pieces, **attributes)
        return nodes

    def freeze(self, grid: Grid) -> Roads:
        """Return the network as arrays, with what leaves and enters each node and the cells of each link."""
        nodes = {"x": np.array(self.x, NODE_COLUMNS["x"][0]), "y": np.array(self.y, NODE_COLUMNS["y"][0])}
        links = {name: np.array(self.columns[name], dtype) for name, (dtype, _, _) in LINK_COLUMNS.items()}
        ferries = {name: np.array(self.ferries[name], dtype) for name, (dtype, _, _) in FERRY_COLUMNS.items()}
        out_start, out_link = _incidence(links["tail"], len(self.x))
        in_start, in_link = _incidence(links["head"], len(self.x))
        start = np.zeros(len(links["tail"]) + 1, np.int32)
        parts = []
        buffer = np.empty(2 * (grid.ny + grid.nx) + 4, np.int32)
        for i, (a, b) in enumerate(zip(links["tail"], links["head"], strict=True)):
            n = cells_on(
                nodes["x"][a],
                nodes["y"][a],
                nodes["x"][b],
                nodes["y"][b],
                grid.x0_m,
                grid.y0_m,
                grid.cell_m,
                grid.ny,
                grid.nx,
                buffer,
            )
            parts.append(buffer[:n].copy())
            start[i + 1] = start[i] + n
        cell = np.concatenate(parts) if parts else np.array([], np.int32)
        return Roads(nodes, links, ferries, out_start, out_link, in_start, in_link, start, cell)


def _incidence(end: NDArray[np.int32], nodes: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    order = np.argsort(end, kind="stable").astype(np.int32)
    return np.searchsorted(end[order], np.arange(nodes + 1)).astype(np.int32), order
