"""Which cell sizes fit a World's grid; needs no World."""

from __future__ import annotations

SAME_CELL = 1e-6
"""Relative difference of two cell sizes that are the same."""


def times_finer(cell_m: float, own_m: float) -> int | None:
    """Return how many of the World's cells of ``own_m`` make up a side of ``cell_m``; None where no whole number."""
    times = round(cell_m / own_m)
    return times if times >= 1 and abs(times * own_m - cell_m) <= SAME_CELL * cell_m else None
