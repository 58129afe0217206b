"""Ways that roads would take: least-cost on a coarsened terrain grid, where steep ground and water cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from sim.world.grid import Grid
from sim.world.terrain import spectral_noise

STEP_M = 240.0
"""Size of the coarse cells (m), as near as whole cells of the grid allow."""
STEEP = 0.06
"""Grade at which a metre of road costs twice a flat one; assumption, near what JTG B01 allows hill roads."""
LAKE_COST = 8.0
"""A metre over a lake costs this many on land; assumption: bridges are built, but not lightly."""
SEA_COST = 12.0
"""A metre over the sea costs this many on land; assumption: bridges are short."""
OUTSIDE_COST = 1.6
"""A metre outside the county: roads may cut a corner of the neighbour's land."""
NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))
BENDS = 0.35
"""Standard deviation of the logarithm of the friction that ground unknown to the grid adds; assumption."""
BEND_WAVE_M = 4000.0
MANY = 1e9
"""Cost of what must not be: taken only where there is no other way at all."""


class CostMap:
    """A graph of coarse cells (flat, row * nx + col) with the cost of going from each to its neighbours.

    A step costs its length, times 1 + (grade / STEEP)^2, times the mean friction of its two cells. ``key`` is
    that of the random stream of what bends roads.
    """

    def __init__(
        self,
        grid: Grid,
        elevation_m: NDArray[np.float32],
        *,
        sea: NDArray[np.bool_],
        lake: NDArray[np.bool_],
        inside: NDArray[np.bool_],
        key: int,
    ) -> None:
        self.factor = max(1, round(STEP_M / grid.cell_m))
        self.ny, self.nx = -(-grid.ny // self.factor), -(-grid.nx // self.factor)
        self.grid = Grid(grid.x0_m, grid.y0_m, grid.cell_m * self.factor, self.ny, self.nx)
        self.height = self._mean(elevation_m.astype(np.float64))
        at_sea = self._mean(sea.astype(np.float64))
        self.sea = (at_sea > 0.5).ravel()
        self.lake = (self._mean(lake.astype(np.float64)) > 0.5).ravel()
        self.friction = (
            1.0
            + (LAKE_COST - 1) * self._mean(lake.astype(np.float64))
            + (SEA_COST - 1) * at_sea
            + (OUTSIDE_COST - 1) * (1 - self._mean(inside.astype(np.float64)))
        ).ravel()
        # What a grid of 60 m cannot know (fields, streams, owners) bends roads all the same.
        self.friction *= np.exp(BENDS * spectral_noise(self.grid, 1.0, key, BEND_WAVE_M)).ravel()
        self._steps()

    def _mean(self, fine: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean over each coarse cell; the last row and column are repeated to fill theirs."""
        k = self.factor
        beyond = ((0, self.ny * k - fine.shape[0]), (0, self.nx * k - fine.shape[1]))
        padded = np.pad(fine, beyond, mode="edge")
        return np.asarray(padded.reshape(self.ny, k, self.nx, k).mean(axis=(1, 3)))

    def _steps(self) -> None:
        index = np.arange(self.ny * self.nx).reshape(self.ny, self.nx)
        a_parts, b_parts, cost_parts = [], [], []
        for dr, dc in NEIGHBOURS:
            left, right = max(0, -dc), self.nx - max(0, dc)
            a = (slice(0, self.ny - dr), slice(left, right))
            b = (slice(dr, self.ny), slice(left + dc, right + dc))
            run = self.grid.cell_m * np.hypot(dr, dc)
            grade = np.abs(self.height[b] - self.height[a]) / run
            a_parts.append(index[a].ravel())
            b_parts.append(index[b].ravel())
            cost_parts.append((run * (1 + (grade / STEEP) ** 2)).ravel())
        one, other, cost = (np.concatenate(part) for part in (a_parts, b_parts, cost_parts))
        tail, head = np.concatenate([one, other]), np.concatenate([other, one])
        order = np.lexsort((head, tail))
        self.tail, self.head = tail[order], head[order].astype(np.int32)
        self.base = np.concatenate([cost, cost])[order]
        self.start = np.searchsorted(self.tail, np.arange(self.ny * self.nx + 1)).astype(np.int32)

    def graph(self, friction: NDArray[np.float64], mass: NDArray[np.int32] | None = None) -> csr_matrix:
        """Return the graph under a friction per coarse cell (ny * nx,).

        Where ``mass``, the landmass of every coarse cell (0 sea), is given, all but steps within one landmass
        cost MANY times as much.
        """
        cost = self.base * 0.5 * (friction[self.tail] + friction[self.head])
        if mass is not None:
            cost = np.where((mass[self.tail] == mass[self.head]) & (mass[self.tail] > 0), cost, MANY * cost)
        n = self.ny * self.nx
        return csr_matrix((cost, self.head, self.start), shape=(n, n))

    def landmass(self, fine: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the landmass that most of each coarse cell's land belongs to (0 where it has none)."""
        k = self.factor
        beyond = ((0, self.ny * k - fine.shape[0]), (0, self.nx * k - fine.shape[1]))
        blocks = np.pad(fine, beyond, mode="edge").reshape(self.ny, k, self.nx, k).transpose(0, 2, 1, 3)
        flat = np.sort(blocks.reshape(self.ny * self.nx, k * k), axis=1)
        # The value most of a sorted row's cells have, sea left out: the longest run.
        best, count = np.zeros(len(flat), np.int32), np.zeros(len(flat), np.int64)
        for column in range(k * k):
            value = flat[:, column]
            run = (flat == value[:, None]).sum(axis=1)
            better = (value > 0) & (run > count)
            best[better], count[better] = value[better], run[better]
        return best

    def cell(self, x: float, y: float) -> int:
        """Return the coarse cell of a point (m)."""
        row, col = self.grid.row_col(x, y)
        return int(row) * self.nx + int(col)

    def centres(self, cells: list[int]) -> NDArray[np.float64]:
        """Return the centres (n, 2) of coarse cells, in metres."""
        row, col = np.divmod(np.array(cells, np.int64), self.nx)
        return np.column_stack(self.grid.centre(row, col))

    def path(self, graph: csr_matrix, start: int, end: int) -> list[int]:
        """Return the cells of the least-cost way from one cell to another, both included."""
        _, before = dijkstra(graph, indices=start, return_predecessors=True)
        return _back(before, end, start)

    def distance(self, graph: csr_matrix, sources: list[int]) -> NDArray[np.float64]:
        """Return what the least-cost way from every cell to the nearest source costs."""
        return np.asarray(dijkstra(graph, indices=sources, min_only=True))

    def nearest(self, graph: csr_matrix, start: int, ends: set[int], at_most: float) -> list[int]:
        """Return the cells of the least-cost way from a cell to the nearest of some others, both included.

        ``at_most`` is a cost within which one of them is known to lie.
        """
        cost, before = dijkstra(graph, indices=start, return_predecessors=True, limit=at_most * (1 + 1e-9))
        there = np.array(sorted(ends))
        return _back(before, int(there[np.argmin(cost[there])]), start)[::-1]


def _back(before: NDArray[np.int32], end: int, start: int) -> list[int]:
    cells = [end]
    while cells[-1] != start:
        cells.append(int(before[cells[-1]]))
    return cells[::-1]


def smooth(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points (n, 2) averaged with their neighbours three times: a road's bends are not the grid's."""
    for _ in range(3):
        if len(points) >= 3:
            points = np.vstack([points[:1], (points[:-2] + 2 * points[1:-1] + points[2:]) / 4, points[-1:]])
    return points


def length_of(points: NDArray[np.float64]) -> float:
    """Return the length of a polyline (n, 2) in metres."""
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


def resample(points: NDArray[np.float64], pieces: int) -> NDArray[np.float64]:
    """Return a polyline's points at equal arc length, ``pieces + 1`` of them."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.linspace(0.0, along[-1], pieces + 1)
    return np.column_stack([np.interp(at, along, points[:, 0]), np.interp(at, along, points[:, 1])])
