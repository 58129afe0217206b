"""The arrays that the front's kernels work on, bundled: the cells' state, what they run over, the queue."""

from __future__ import annotations

from typing import Any, NamedTuple


class Cells(NamedTuple):
    """State of the window's cells, flat arrays of shape (n,) or (n, columns)."""

    height: int
    width: int
    offsets: Any
    """Steps in the flat array to the 16 neighbours."""
    arrival: Any
    done: Any
    closed: Any
    ends: Any
    out: Any
    step: Any
    fire: Any
    crown: Any
    asked: Any
    """Number of the change of weather that is to see whether the cell carries fire now."""


class Land(NamedTuple):
    """What fire runs over and the weather it does so in."""

    now: int
    """Number of the present period: metrics stamped with it are up to date."""
    stamp: Any
    met: Any
    ground: Any
    kind: Any
    stand: Any
    slowed: Any
    """Share of its rate that a cell has lost, 0..1."""
    beds: Any
    stands: Any
    period: Any


class Queue(NamedTuple):
    """Cells waiting to burn by time, the cells burned in order, and the counters of ``heap.py``."""

    heap_t: Any
    heap_i: Any
    st: Any
    order: Any
