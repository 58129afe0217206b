"""Paths that roads would take: least-cost on a coarsened terrain grid, where steep ground and water cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import dijkstra

from sim.world.grid import Grid

STEP_M = 300.0
"""Size of the coarse cells (m), as far as the grid's own allow."""
STEEP = 0.06
"""Grade at which a metre of road costs twice a flat one; assumption."""
WATER_COST = 8.0
"""A metre over water costs this many on land; assumption: bridges are built, but not lightly."""
NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))


class CostMap:
    """A graph of coarse cells with the cost of going from each to its eight neighbours."""

    def __init__(self, grid: Grid, elevation_m: NDArray[np.float32], wet: NDArray[np.bool_]) -> None:
        self.factor = max(1, round(STEP_M / grid.cell_m))
        self.ny, self.nx = -(-grid.ny // self.factor), -(-grid.nx // self.factor)
        self.grid = Grid(grid.x0_m, grid.y0_m, grid.cell_m * self.factor, self.ny, self.nx)
        centre = self.factor // 2
        rows = np.minimum(np.arange(self.ny) * self.factor + centre, grid.ny - 1)
        cols = np.minimum(np.arange(self.nx) * self.factor + centre, grid.nx - 1)
        self.height = elevation_m[np.ix_(rows, cols)].astype(np.float64)
        self.wet = wet[np.ix_(rows, cols)]
        self.graph = self._graph()

    def _graph(self) -> csr_matrix:
        index = np.arange(self.ny * self.nx).reshape(self.ny, self.nx)
        a_parts, b_parts, cost_parts = [], [], []
        for dr, dc in NEIGHBOURS:
            left, right = max(0, -dc), self.nx - max(0, dc)
            a = (slice(0, self.ny - dr), slice(left, right))
            b = (slice(dr, self.ny), slice(left + dc, right + dc))
            run = self.grid.cell_m * np.hypot(dr, dc)
            grade = np.abs(self.height[b] - self.height[a]) / run
            cost = run * (1 + (grade / STEEP) ** 2) * np.where(self.wet[a] | self.wet[b], WATER_COST, 1.0)
            a_parts.append(index[a].ravel())
            b_parts.append(index[b].ravel())
            cost_parts.append(cost.ravel())
        a_all, b_all, cost_all = (np.concatenate(p) for p in (a_parts, b_parts, cost_parts))
        n = self.ny * self.nx
        return coo_matrix((cost_all, (a_all, b_all)), shape=(n, n)).tocsr()

    def path(self, start: tuple[float, float], end: tuple[float, float]) -> NDArray[np.float64]:
        """Return the least-cost path between two points as points (n, 2) in metres, both ends included."""
        (r0, r1), (c0, c1) = self.grid.row_col([start[0], end[0]], [start[1], end[1]])
        source, target = int(r0 * self.nx + c0), int(r1 * self.nx + c1)
        _, before = dijkstra(self.graph, directed=False, indices=source, return_predecessors=True)
        cells = [target]
        while cells[-1] != source:
            cells.append(int(before[cells[-1]]))
        row, col = np.divmod(np.array(cells[::-1]), self.nx)
        x, y = self.grid.centre(row, col)
        inner = np.column_stack([x, y])[1:-1]
        return np.vstack([[start], _smooth(inner), [end]])


def _smooth(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points averaged with their neighbours, twice: the corners of the grid are not the road's."""
    for _ in range(2):
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
