"""The front's queue: a binary heap of (time, cell) in two arrays, ties to the lower cell.

``st[ST_HEAP]`` is its size. A cell may stand in it more than once; only the entry with its present arrival counts.
"""

from __future__ import annotations

from typing import Any

from scenarios.forest_fire.compiled import kernel

ST_HEAP, ST_BURNED, ST_POPS = 0, 1, 2
"""Counters of the front's state: entries in the queue, cells burned, cells taken from the queue."""
COUNTERS = 4


@kernel()
def push(heap_t: Any, heap_i: Any, st: Any, t: float, i: int) -> None:
    """Add (t, i) to the heap."""
    k = st[ST_HEAP]
    st[ST_HEAP] = k + 1
    while k > 0:
        up = (k - 1) >> 1
        if heap_t[up] < t or (heap_t[up] == t and heap_i[up] <= i):
            break
        heap_t[k] = heap_t[up]
        heap_i[k] = heap_i[up]
        k = up
    heap_t[k] = t
    heap_i[k] = i


@kernel()
def drop_top(heap_t: Any, heap_i: Any, st: Any) -> None:
    """Remove the least entry of the heap."""
    size = st[ST_HEAP] - 1
    st[ST_HEAP] = size
    t, i = heap_t[size], heap_i[size]
    k = 0
    while True:
        child = 2 * k + 1
        if child >= size:
            break
        right = child + 1
        if right < size and (heap_t[right] < heap_t[child]
                             or (heap_t[right] == heap_t[child] and heap_i[right] < heap_i[child])):
            child = right
        if t < heap_t[child] or (t == heap_t[child] and i <= heap_i[child]):
            break
        heap_t[k] = heap_t[child]
        heap_i[k] = heap_i[child]
        k = child
    heap_t[k] = t
    heap_i[k] = i
