"""The cells a segment passes: from end to end, a step at a time, each of them touched by the segment."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.world.network import cells_on

NY, NX, CELL, X0, Y0 = 40, 50, 60.0, 1_000.0, 9_000.0
TOUCH = 1e-6
"""Cells; a segment along an edge or through a corner touches both sides."""


def coordinate(cells: int) -> st.SearchStrategy[float]:
    """Return coordinates in cells: anywhere, and often on edges, corners and centres."""
    return st.one_of(
        st.floats(0.0, cells - 0.001, allow_nan=False, allow_subnormal=False),
        st.integers(0, 2 * cells - 1).map(lambda half: half / 2),
    )


def walk(col0: float, row0: float, col1: float, row1: float) -> list[tuple[int, int]]:
    out = np.full(2 * (NY + NX) + 4, -1, np.int32)
    n = cells_on(
        X0 + col0 * CELL, Y0 - row0 * CELL, X0 + col1 * CELL, Y0 - row1 * CELL, X0, Y0, CELL, NY, NX, out
    )
    return [divmod(int(cell), NX) for cell in out[:n]]


def cell_of(col: float, row: float) -> tuple[int, int]:
    """Return the cell of a point that went through metres, as the kernel sees it."""
    return math.floor((Y0 - (Y0 - row * CELL)) / CELL), math.floor((X0 + col * CELL - X0) / CELL)


def touches(cell: tuple[int, int], col0: float, row0: float, col1: float, row1: float) -> bool:
    """Return whether a segment touches a closed cell (Liang and Barsky 1984)."""
    enter, leave = 0.0, 1.0
    for start, delta, low in ((col0, col1 - col0, cell[1]), (row0, row1 - row0, cell[0])):
        a, b = low - TOUCH - start, low + 1 + TOUCH - start
        if abs(delta) < 1e-12:
            if a > 0 or b < 0:
                return False
            continue
        near, far = sorted((a / delta, b / delta))
        enter, leave = max(enter, near), min(leave, far)
    return enter <= leave + TOUCH


@settings(max_examples=400, deadline=None)
@given(coordinate(NX), coordinate(NY), coordinate(NX), coordinate(NY))
@example(10.0, 10.0, 6.0, 14.0)
@example(6.0, 14.0, 10.0, 10.0)
@example(5.5, 5.5, 5.5, 5.5)
@example(3.0, 7.0, 3.0, 7.0)
@example(0.1, 0.3, 30.1, 30.3)
def test_cells_run_from_end_to_end_and_each_is_touched(
    col0: float, row0: float, col1: float, row1: float
) -> None:
    cells = walk(col0, row0, col1, row1)
    first, last = cell_of(col0, row0), cell_of(col1, row1)
    assert cells[0] == first
    assert cells[-1] == last
    assert len(cells) == abs(last[0] - first[0]) + abs(last[1] - first[1]) + 1
    assert all(abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1 for a, b in pairwise(cells))
    assert all(touches(cell, col0, row0, col1, row1) for cell in cells)
