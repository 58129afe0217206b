"""Shortest travel times: reverse trees from every node to the nearest of some targets.

Dijkstra 1959 with a binary heap, over links in reverse, so that the result is the next *link* from each
node (parallel links stay distinct). Ties fall to the lower node, whatever order targets come in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.world.world import Roads

NO_LINK = -1


@njit(cache=True)
def _sift_up(heap_t: NDArray[np.float64], heap_n: NDArray[np.int32], i: int) -> None:
    t = heap_t[i]
    n = heap_n[i]
    while i > 0:
        parent = (i - 1) >> 1
        if heap_t[parent] < t or (heap_t[parent] == t and heap_n[parent] <= n):
            break
        heap_t[i] = heap_t[parent]
        heap_n[i] = heap_n[parent]
        i = parent
    heap_t[i] = t
    heap_n[i] = n


@njit(cache=True)
def _sift_down(heap_t: NDArray[np.float64], heap_n: NDArray[np.int32], size: int) -> None:
    i = 0
    t = heap_t[0]
    n = heap_n[0]
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        right = child + 1
        if right < size and (heap_t[right] < heap_t[child]
                             or (heap_t[right] == heap_t[child] and heap_n[right] < heap_n[child])):
            child = right
        if t < heap_t[child] or (t == heap_t[child] and n <= heap_n[child]):
            break
        heap_t[i] = heap_t[child]
        heap_n[i] = heap_n[child]
        i = child
    heap_t[i] = t
    heap_n[i] = n


@njit(cache=True)
def reverse_tree(
    in_start: NDArray[np.int32], in_link: NDArray[np.int32], tail: NDArray[np.int32],
    cost_s: NDArray[np.float64], targets: NDArray[np.int32], offsets: NDArray[np.float64],
    time_s: NDArray[np.float64], next_link: NDArray[np.int32], nearest: NDArray[np.int32],
) -> None:
    """Fill, per node: seconds to the nearest target, the link to take (-1 at targets), and which target.

    ``cost_s`` (links,) is infinite for a link that cannot be used; ``offsets`` (targets,) are added at the
    targets (a turnout time); nodes that reach nothing keep time inf, link -1 and target -1.
    """
    n = len(in_start) - 1
    time_s[:] = np.inf
    next_link[:] = NO_LINK
    nearest[:] = -1
    heap_t = np.empty(len(in_link) + len(targets) + 1, np.float64)
    heap_n = np.empty(len(in_link) + len(targets) + 1, np.int32)
    done = np.zeros(n, np.bool_)
    size = 0
    for i in range(len(targets)):
        node = targets[i]
        if offsets[i] < time_s[node]:
            time_s[node] = offsets[i]
            nearest[node] = i
            heap_t[size] = offsets[i]
            heap_n[size] = node
            _sift_up(heap_t, heap_n, size)
            size += 1
    while size > 0:
        node = heap_n[0]
        t = heap_t[0]
        size -= 1
        if size > 0:
            heap_t[0] = heap_t[size]
            heap_n[0] = heap_n[size]
            _sift_down(heap_t, heap_n, size)
        if done[node] or t > time_s[node]:
            continue
        done[node] = True
        for j in range(in_start[node], in_start[node + 1]):
            link = in_link[j]
            other = tail[link]
            reach = t + cost_s[link]
            if reach < time_s[other]:
                time_s[other] = reach
                next_link[other] = link
                nearest[other] = nearest[node]
                heap_t[size] = reach
                heap_n[size] = other
                _sift_up(heap_t, heap_n, size)
                size += 1


@dataclass(frozen=True)
class Tree:
    """Per node: seconds to the nearest target, the link to take there, and which target it is."""

    time_s: NDArray[np.float64]
    next_link: NDArray[np.int32]
    nearest: NDArray[np.int32]


def tree_to(
    roads: Roads, cost_s: NDArray[np.float64], targets: NDArray[np.int32],
    offsets: NDArray[np.float64] | None = None,
) -> Tree:
    """Return the tree of shortest times to the nearest of ``targets`` (nodes), over links of ``cost_s`` (s)."""
    n = roads.node_count
    tree = Tree(np.empty(n, np.float64), np.empty(n, np.int32), np.empty(n, np.int32))
    targets = np.asarray(targets, np.int32)
    zero = np.zeros(len(targets)) if offsets is None else np.asarray(offsets, np.float64)
    reverse_tree(roads.in_start, roads.in_link, roads.links["tail"], np.asarray(cost_s, np.float64),
                 targets, zero, tree.time_s, tree.next_link, tree.nearest)
    return tree
