"""Streets: as many nodes as residents ask for, apart from each other, dry, and joined in one piece."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from sim.random import Streams
from sim.settings.county import Streets
from sim.world.streets import (
    JITTER,
    MAX_NODES,
    MIN_NODES,
    OVERLAP,
    Ground,
    Lattice,
    join_nodes,
    lay_nodes,
    node_count,
    reach_m,
    spacing_m,
)

SETTINGS = Streets()
CELL_M, SIDE = 50.0, 120
CENTRE = CELL_M * SIDE / 2


def ground(wet: np.ndarray | None = None, landmass: np.ndarray | None = None) -> Ground:
    none = np.zeros((SIDE, SIDE), bool)
    ones = np.ones((SIDE, SIDE), np.int32)
    return Ground(
        0.0,
        CELL_M * SIDE,
        CELL_M,
        ones if landmass is None else landmass,
        none if wet is None else wet,
        np.zeros((SIDE, SIDE), np.float32),
    )


def lattice(spacing: float = 180.0, angle: float = 0.7) -> Lattice:
    return Lattice((CENTRE, CENTRE), angle, spacing, Streams(3).of("test.shift"), 5)


def distances(points: np.ndarray) -> np.ndarray:
    away = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    return away[~np.eye(len(points), dtype=bool)]


@pytest.mark.parametrize(
    ("residents", "urban", "nodes"),
    [(0, False, MIN_NODES), (600, False, 10), (1500, True, 10), (10**6, False, MAX_NODES)],
)
def test_street_nodes_follow_from_residents(residents: int, urban: bool, nodes: int) -> None:
    assert node_count(residents, urban, SETTINGS) == nodes


def test_a_town_is_denser_than_a_village() -> None:
    assert spacing_m(True, SETTINGS) == SETTINGS.street_spacing_m / 2
    assert reach_m(5000, True, SETTINGS) < 0.5 * reach_m(5000, False, SETTINGS)


@pytest.mark.parametrize("wanted", [3, 12, 60])
def test_nodes_are_as_many_as_wanted_within_reach_and_apart(wanted: int) -> None:
    nodes = lay_nodes(ground(), lattice(), CENTRE, CENTRE, wanted)
    assert len(nodes) == wanted
    assert nodes[0].tolist() == [CENTRE, CENTRE]
    # Lattice points are a spacing apart, each displaced by at most JITTER of it along both axes.
    assert distances(nodes).min() >= 180.0 * min(OVERLAP, 1 - 2 * JITTER) - 1e-9
    assert np.hypot(*(nodes - nodes[0]).T).max() <= 180.0 * (1.5 * np.sqrt(wanted) + 1)


def test_no_node_lies_in_water_or_on_another_landmass() -> None:
    wet = np.zeros((SIDE, SIDE), bool)
    wet[:, 66:] = True
    mass = np.ones((SIDE, SIDE), np.int32)
    mass[:, :54] = 2
    here = ground(wet, mass)
    nodes = lay_nodes(here, lattice(), CENTRE, CENTRE, 40)
    assert len(nodes) == 40
    _, cols = here.cells(nodes)
    assert ((cols >= 54) & (cols < 66)).all()


def test_a_village_keeps_out_of_its_neighbours_streets() -> None:
    here = ground()
    first = lay_nodes(here, lattice(), CENTRE, CENTRE, 30)
    second = lay_nodes(here, lattice(angle=0.2), CENTRE + 700.0, CENTRE, 30)
    between = np.hypot(*(first[:, None] - second[None]).transpose(2, 0, 1))
    assert between.min() >= 180.0 * OVERLAP
    assert len(second) == 30


def test_neighbourhoods_of_a_town_share_one_lattice() -> None:
    near = lattice().around(CENTRE, CENTRE, 900.0)
    far = lattice().around(CENTRE + 500.0, CENTRE + 300.0, 900.0)
    both = {tuple(p) for p in near.round(6).tolist()} & {tuple(p) for p in far.round(6).tolist()}
    shared = (np.hypot(*(near - [CENTRE + 500.0, CENTRE + 300.0]).T) <= 900.0).sum()
    assert len(both) == shared > 20


@pytest.mark.parametrize("urban", [False, True])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 50])
def test_streets_join_all_nodes_and_close_some_loops(n: int, urban: bool) -> None:
    here = ground()
    points = lay_nodes(here, lattice(), CENTRE, CENTRE, n)
    pairs = join_nodes(here, points, 180.0, urban, Streams(3).of("test.choice"), 1)
    assert len(set(pairs)) == len(pairs)
    assert all(a < b for a, b in pairs)
    a, b = np.array(pairs, int).reshape(-1, 2).T
    parts = connected_components(coo_matrix((np.ones(len(a)), (a, b)), shape=(n, n)), directed=False)[0]
    assert parts == 1
    if n == 50:
        assert len(pairs) == n - 1 + round((0.6 if urban else 0.2) * n)


def test_a_street_crosses_water_only_where_nothing_else_joins_the_nodes() -> None:
    wet = np.zeros((SIDE, SIDE), bool)
    wet[:90, 60:62] = True  # a creek 100 m wide that ends in the south
    here = ground(wet)
    points = lay_nodes(here, lattice(), CENTRE - 100.0, CENTRE, 90)
    pairs = np.array(join_nodes(here, points, 180.0, False, Streams(3).of("test.choice"), 1))
    t = np.linspace(0, 1, 41)[:, None, None]
    along = points[pairs[:, 0]] + t * (points[pairs[:, 1]] - points[pairs[:, 0]])
    crossing = here.wet[here.cells(along.reshape(-1, 2))].reshape(41, -1).any(axis=0)
    sides = points[:, 0] > CENTRE
    assert sides.any()
    assert (~sides).any()
    # Both banks are lived on; one street, round the creek's end or over it, is enough to join them.
    assert crossing.sum() <= 1
