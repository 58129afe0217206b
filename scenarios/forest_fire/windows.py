"""Windows on the grid: rectangles, partly off it, whose cells are flat arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.spread import Front


@dataclass(frozen=True)
class Window:
    """A rectangle of the grid's rows and columns; it may reach past the grid."""

    row0: int
    col0: int
    height: int
    width: int

    @staticmethod
    def of(front: Front) -> Window:
        """Return a front's window as it is now."""
        return Window(front.row0, front.col0, front.height, front.width)

    def cut(self, values: NDArray[Any], row0: int, col0: int, empty: Any) -> NDArray[Any]:
        """Return the part of a 2-D array whose corner is (row0, col0) that lies in here, flat; ``empty`` beyond."""
        out = np.full((self.height, self.width), empty, values.dtype)
        top, left = max(self.row0, row0), max(self.col0, col0)
        bottom = min(self.row0 + self.height, row0 + values.shape[0])
        right = min(self.col0 + self.width, col0 + values.shape[1])
        if top < bottom and left < right:
            out[top - self.row0:bottom - self.row0, left - self.col0:right - self.col0] = values[
                top - row0:bottom - row0, left - col0:right - col0]
        return out.ravel()

    def cell(self, row: int, col: int) -> int:
        """Return the flat index of a grid cell, -1 outside."""
        r, c = row - self.row0, col - self.col0
        return r * self.width + c if 0 <= r < self.height and 0 <= c < self.width else -1

    def row_col(self, cell: int) -> tuple[int, int]:
        """Return grid row and column of a flat index."""
        return cell // self.width + self.row0, cell % self.width + self.col0
