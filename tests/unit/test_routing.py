"""Route trees against SciPy's Dijkstra, and what SciPy has not: parallel links, offsets, ties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sim.random import Streams
from sim.world.routing import NO_LINK, Tree, tree_to
from sim.world.world import Roads

STREAM = Streams(1).of("tests.routing")


def roads_of(nodes: int, tail: Any, head: Any) -> Roads:
    """A network of nothing but its links."""
    tail, head = np.asarray(tail, np.int32), np.asarray(head, np.int32)

    def csr(ends: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        starts = np.searchsorted(np.sort(ends), np.arange(nodes + 1)).astype(np.int32)
        return starts, np.argsort(ends, kind="stable").astype(np.int32)

    none = np.zeros(nodes)
    return Roads({"x": none, "y": none}, {"tail": tail, "head": head}, {}, *csr(tail), *csr(head),
                 np.zeros(len(tail) + 1, np.int32), np.array([], np.int32))


def random_roads(nodes: int, links: int, draw: int, whole: bool) -> tuple[Roads, NDArray[np.float64]]:
    """Links between random nodes, loops and parallel ones among them; every ninth link is closed."""
    entity = np.arange(links)
    tail, head = ((STREAM.uniforms(entity, 3 * draw + i) * nodes).astype(np.int32) for i in (0, 1))
    cost = 1.0 + 20.0 * STREAM.uniforms(entity, 3 * draw + 2)
    cost = np.floor(cost) if whole else cost
    cost[::9] = np.inf
    return roads_of(nodes, tail, head), cost


def scipy_times(roads: Roads, cost: NDArray[np.float64], targets: NDArray[np.int32],
                offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds to the best target by SciPy, on the reversed graph with the best of parallel links."""
    n = roads.node_count
    best: dict[tuple[int, int], float] = {}
    for a, b, c in zip(roads.links["tail"].tolist(), roads.links["head"].tolist(), cost.tolist()):
        if np.isfinite(c):
            best[b, a] = min(c, best.get((b, a), np.inf))
    ends = np.array(list(best), np.int32).reshape(-1, 2)
    graph = csr_array((list(best.values()), (ends[:, 0], ends[:, 1])), shape=(n, n))
    if not len(targets):
        return np.full(n, np.inf)
    return (dijkstra(graph, indices=targets) + offsets[:, None]).min(axis=0)


def walk(roads: Roads, cost: NDArray[np.float64], tree: Tree, node: int) -> tuple[float, int]:
    """Follow the tree from a node: seconds on the way, and where it ends."""
    seconds, steps = 0.0, 0
    while tree.next_link[node] != NO_LINK:
        link = tree.next_link[node]
        assert roads.links["tail"][link] == node
        seconds += cost[link]
        node = int(roads.links["head"][link])
        steps += 1
        assert steps <= roads.node_count, "the tree runs in a circle"
    return seconds, node


def check(roads: Roads, cost: NDArray[np.float64], targets: NDArray[np.int32],
          offsets: NDArray[np.float64]) -> Tree:
    tree = tree_to(roads, cost, targets, offsets)
    np.testing.assert_allclose(tree.time_s, scipy_times(roads, cost, targets, offsets), rtol=1e-12)
    for node in range(roads.node_count):
        seconds, end = walk(roads, cost, tree, node)
        if np.isinf(tree.time_s[node]):
            assert (tree.next_link[node], tree.nearest[node], end) == (NO_LINK, -1, node)
        else:
            target = tree.nearest[node]
            assert end == targets[target]
            assert seconds + offsets[target] == pytest.approx(tree.time_s[node], rel=1e-12)
    return tree


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(
    ("nodes", "links", "n_targets"), [(1, 0, 1), (30, 45, 3), (200, 900, 1), (400, 700, 25)])
def test_times_are_those_of_scipy(nodes: int, links: int, n_targets: int, whole: bool) -> None:
    for draw in range(4):
        roads, cost = random_roads(nodes, links, draw, whole)
        targets = (STREAM.uniforms(np.arange(n_targets), 900 + draw) * nodes).astype(np.int32)
        offsets = np.floor(30 * STREAM.uniforms(np.arange(n_targets), 950 + draw))
        check(roads, cost, targets, np.zeros(n_targets))
        check(roads, cost, targets, offsets)


@settings(max_examples=80, deadline=None)
@given(data=some.data())
def test_any_small_network(data: some.DataObject) -> None:
    nodes = data.draw(some.integers(1, 8))
    node = some.integers(0, nodes - 1)
    links = data.draw(some.lists(some.tuples(node, node, some.sampled_from([0.0, 1.0, 2.0, 3.5, np.inf])),
                                 max_size=20))
    targets = np.array(data.draw(some.lists(node, max_size=4)), np.int32)
    offsets = np.array([data.draw(some.sampled_from([0.0, 1.0, 4.5, np.inf])) for _ in targets])
    roads = roads_of(nodes, [a for a, _, _ in links], [b for _, b, _ in links])
    cost = np.array([c for _, _, c in links], np.float64)
    tree = tree_to(roads, cost, targets, offsets)

    # Bellman 1958: as often as there are nodes, every link may bring its tail nearer.
    want = np.full(nodes, np.inf)
    for t, offset in zip(targets, offsets):
        want[t] = min(want[t], offset)
    for _ in range(nodes):
        for a, b, c in links:
            want[a] = min(want[a], c + want[b])
    assert tree.time_s.tolist() == want.tolist()
    for n in range(nodes):
        seconds, end = walk(roads, cost, tree, n)
        if np.isfinite(want[n]):
            assert targets[tree.nearest[n]] == end
            assert seconds + offsets[tree.nearest[n]] == want[n]


def test_the_faster_of_parallel_links_is_taken() -> None:
    roads = roads_of(2, [0, 0, 0, 1], [1, 1, 1, 0])
    tree = tree_to(roads, np.array([9.0, 4.0, 4.0, 1.0]), np.array([1]))
    assert tree.next_link.tolist() == [1, NO_LINK], "of two alike, the first"
    assert tree.time_s.tolist() == [4.0, 0.0]
    assert tree_to(roads, np.array([9.0, np.inf, 5.0, 1.0]), np.array([1])).next_link[0] == 2


def test_links_lead_one_way_and_may_be_closed() -> None:
    roads = roads_of(4, [0, 1, 2], [1, 2, 3])
    tree = tree_to(roads, np.array([5.0, np.inf, 7.0]), np.array([3]))
    assert tree.time_s.tolist() == [np.inf, np.inf, 7.0, 0.0]
    assert tree.next_link.tolist() == [NO_LINK, NO_LINK, 2, NO_LINK]
    assert tree.nearest.tolist() == [-1, -1, 0, 0]
    assert np.isinf(tree_to(roads, np.ones(3), np.array([0])).time_s[1:]).all()


def test_no_targets_reach_nobody() -> None:
    tree = tree_to(roads_of(3, [0, 1], [1, 2]), np.ones(2), np.array([], np.int32))
    assert np.isinf(tree.time_s).all()
    assert tree.nearest.tolist() == [-1] * 3


def test_offsets_can_send_a_target_to_another() -> None:
    roads = roads_of(3, [0, 1, 1, 2], [1, 0, 2, 1])
    cost = np.array([10.0, 10.0, 10.0, 10.0])
    tree = tree_to(roads, cost, np.array([0, 2]), np.array([0.0, 50.0]))
    assert tree.time_s.tolist() == [0.0, 10.0, 20.0], "20 s on the road beat 50 s of turnout"
    assert tree.nearest.tolist() == [0, 0, 0]
    assert tree.next_link.tolist() == [NO_LINK, 1, 3]
    shut = tree_to(roads, cost, np.array([0, 2]), np.array([np.inf, 5.0]))
    assert shut.nearest.tolist() == [1, 1, 1], "an infinite offset takes a target out"


def test_the_same_place_twice_counts_with_its_better_offset() -> None:
    tree = tree_to(roads_of(2, [0], [1]), np.array([3.0]), np.array([1, 1]), np.array([8.0, 2.0]))
    assert tree.time_s.tolist() == [5.0, 2.0]
    assert tree.nearest.tolist() == [1, 1]


def test_ties_do_not_hang_on_the_order_of_targets() -> None:
    side = 12  # a grid of streets, all alike: nearly every node has ties
    at = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate([np.c_[a.ravel(), b.ravel()] for a, b in (
        (at[:, :-1], at[:, 1:]), (at[:, 1:], at[:, :-1]), (at[:-1], at[1:]), (at[1:], at[:-1]))])
    roads = roads_of(side * side, pairs[:, 0], pairs[:, 1])
    cost = np.full(len(pairs), 60.0)
    targets = np.array([5, 17, 66, 88, 101, 143, 138], np.int32)
    offsets = np.array([0.0, 60.0, 0.0, 120.0, 0.0, 0.0, 60.0])
    first = tree_to(roads, cost, targets, offsets)
    for draw in range(6):
        order = np.argsort(STREAM.uniforms(np.arange(len(targets)), 2000 + draw))
        again = tree_to(roads, cost, targets[order], offsets[order])
        assert np.array_equal(again.time_s, first.time_s)
        assert np.array_equal(again.next_link, first.next_link)
        assert np.array_equal(order[again.nearest], first.nearest)
    # Between two targets equally far, the lower node's side wins.
    line = roads_of(3, [1, 1], [2, 0])
    for two in ([0, 2], [2, 0]):
        tree = tree_to(line, np.array([5.0, 5.0]), np.array(two))
        assert (two[tree.nearest[1]], tree.next_link[1]) == (0, 1)


def test_costs_of_any_number_type_are_seconds() -> None:
    roads = roads_of(2, [0], [1])
    for cost in (np.array([7], np.int32), np.array([7.0], np.float32)):
        tree = tree_to(roads, cost, np.array([1], np.int64))
        assert (tree.time_s.dtype, tree.time_s.tolist()) == (np.float64, [7.0, 0.0])
