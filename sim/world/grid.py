"""The terrain grid: square cells, rows from north to south, columns from west to east."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Grid:
    """A grid whose north-west corner lies at (x0_m, y0_m) in the county's projected coordinates."""

    x0_m: float
    y0_m: float
    cell_m: float
    ny: int
    nx: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.ny, self.nx

    def row_col(self, x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return row and column of points (m), clipped to the grid."""
        col = np.floor((np.asarray(x, float) - self.x0_m) / self.cell_m).astype(np.intp)
        row = np.floor((self.y0_m - np.asarray(y, float)) / self.cell_m).astype(np.intp)
        return np.clip(row, 0, self.ny - 1), np.clip(col, 0, self.nx - 1)

    def centre(self, row: ArrayLike, col: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x and y (m) of cell centres."""
        x = self.x0_m + (np.asarray(col, float) + 0.5) * self.cell_m
        y = self.y0_m - (np.asarray(row, float) + 0.5) * self.cell_m
        return x, y

    def contains(self, x: float, y: float) -> bool:
        """Return whether a point (m) lies on the grid."""
        return (self.x0_m <= x < self.x0_m + self.nx * self.cell_m
                and self.y0_m - self.ny * self.cell_m < y <= self.y0_m)
