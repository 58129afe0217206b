"""Streets of a village or a town: a jittered lattice on dry land, joined by a tree and some loops.

How many street nodes a village has follows from its residents. The lattice is turned at random; the nodes
taken are those nearest to the village's middle on ground that is dry, not too steep and not another
village's; the streets are the minimum spanning tree of their Delaunay triangulation, lengths varied by
chance, and a share of the triangulation's other short edges. Neighbourhoods of a town share one lattice and
one net of streets. All of it is synthetic: no street, house or lane is a real one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay

from sim.random import Stream
from sim.settings.county import Streets

URBAN_SPACING = 0.5
"""Street spacing in an urban neighbourhood over that in a village; assumption."""
URBAN_DENSITY = 2.5
"""Residents a street node in an urban neighbourhood over those in a village; assumption."""
MIN_NODES, MAX_NODES = 3, 160
"""Street nodes of a village or neighbourhood."""
LOOPS = {False: 0.2, True: 0.6}
"""Streets beyond the tree, as a share of the nodes, by whether urban; assumption."""
LOOP_LENGTH = 1.5
"""Such a street is at most this many spacings long."""
JITTER = 0.3
"""Displacement of lattice points, as a share of the spacing."""
STEEP = 0.10
"""Slope at which a lattice point counts as twice as far away."""
OVERLAP = 0.7
"""Street nodes of different villages keep this share of the spacing between them."""
LENGTH_CHANCE = 0.6
"""By how much chance lengthens an edge in the tree's eyes: without it every village is a comb."""
WET_COST = 40.0
"""A street over water counts this many times longer: taken only where nothing else joins the nodes."""
ROUND = 0.62
"""Radius of n lattice points over spacing * sqrt(n): that of a disc (0.56) and a rim."""
WIDEST = 5
"""Doublings of the search radius before a village makes do with fewer nodes."""


def node_count(residents: int, urban: bool, streets: Streets) -> int:
    """Return how many street nodes a village of so many residents has."""
    per_node = streets.residents_per_street_node * (URBAN_DENSITY if urban else 1.0)
    return int(np.clip(round(residents / per_node), MIN_NODES, MAX_NODES))


def spacing_m(urban: bool, streets: Streets) -> float:
    """Return the distance between neighbouring street nodes (m)."""
    return streets.street_spacing_m * (URBAN_SPACING if urban else 1.0)


def reach_m(residents: int, urban: bool, streets: Streets) -> float:
    """Return the radius of the ground a village's streets cover (m)."""
    return float(ROUND * spacing_m(urban, streets) * np.sqrt(node_count(residents, urban, streets)))


@dataclass
class Ground:
    """Where streets can lie: landmass number (0 sea), wet cells and slope, each (ny, nx), and nodes taken."""

    x0_m: float
    y0_m: float
    cell_m: float
    landmass: NDArray[np.int32]
    wet: NDArray[np.bool_]
    slope: NDArray[np.float32]
    taken: list[NDArray[np.float64]] = field(default_factory=list)
    """Points (n, 2) of the villages laid out so far."""

    def cells(self, points: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return rows and columns of points (n, 2), clipped to the grid."""
        ny, nx = self.wet.shape
        col = np.clip(((points[:, 0] - self.x0_m) / self.cell_m).astype(np.int64), 0, nx - 1)
        row = np.clip(((self.y0_m - points[:, 1]) / self.cell_m).astype(np.int64), 0, ny - 1)
        return row, col


@dataclass(frozen=True)
class Lattice:
    """A square lattice through ``origin``, turned by ``angle`` (rad), its points displaced by chance."""

    origin: tuple[float, float]
    angle: float
    spacing_m: float
    stream: Stream
    entity: int

    def around(self, x: float, y: float, radius_m: float) -> NDArray[np.float64]:
        """Return the lattice points (n, 2) within a radius of a point, in an order of their own."""
        c, s = np.cos(self.angle), np.sin(self.angle)
        dx, dy = x - self.origin[0], y - self.origin[1]
        u, v = (dx * c + dy * s) / self.spacing_m, (-dx * s + dy * c) / self.spacing_m
        n = int(np.ceil(radius_m / self.spacing_m)) + 1
        i, j = (a.ravel() for a in np.mgrid[round(u) - n : round(u) + n + 1, round(v) - n : round(v) + n + 1])
        # A point keeps its displacement whoever asks: the key is its place in the lattice.
        place = (i + 2048) * 4096 + (j + 2048)
        shift = JITTER * (2 * self.stream.uniforms(place[:, None], 2 * self.entity + np.arange(2)) - 1)
        a, b = (i + shift[:, 0]) * self.spacing_m, (j + shift[:, 1]) * self.spacing_m
        points = np.column_stack([self.origin[0] + a * c - b * s, self.origin[1] + a * s + b * c])
        return points[np.hypot(points[:, 0] - x, points[:, 1] - y) <= radius_m]


def lay_nodes(ground: Ground, lattice: Lattice, x: float, y: float, wanted: int) -> NDArray[np.float64]:
    """Return a village's street nodes (n, 2) in metres, its middle first; marks them as taken."""
    middle = np.array([[x, y]])
    home = ground.landmass[ground.cells(middle)][0]
    apart = OVERLAP * lattice.spacing_m
    radius = 1.5 * ROUND * lattice.spacing_m * np.sqrt(wanted) + lattice.spacing_m
    rest = np.zeros((0, 2))
    for _ in range(WIDEST):
        points = lattice.around(x, y, radius)
        cells = ground.cells(points)
        away = np.hypot(points[:, 0] - x, points[:, 1] - y)
        free = ~ground.wet[cells] & (ground.landmass[cells] == home) & (away >= apart)
        for other in ground.taken:
            near = other[
                (np.abs(other[:, 0] - x) < radius + apart) & (np.abs(other[:, 1] - y) < radius + apart)
            ]
            for px, py in near:
                free &= (points[:, 0] - px) ** 2 + (points[:, 1] - py) ** 2 >= apart**2
        cost = away * (1 + ground.slope[cells] / STEEP)
        order = np.argsort(np.where(free, cost, np.inf), kind="stable")[: np.count_nonzero(free)]
        rest = points[order[: wanted - 1]]
        if len(rest) == wanted - 1:
            break
        radius *= 2
    nodes = np.vstack([middle, rest])
    ground.taken.append(nodes)
    return nodes


def join_nodes(
    ground: Ground,
    points: NDArray[np.float64],
    spacing: float,
    urban: bool,
    stream: Stream,
    entity: int,
) -> list[tuple[int, int]]:
    """Return the streets between points (n, 2) as pairs of rows: all points joined, some loops closed."""
    n = len(points)
    if n < 2:
        return []
    pairs = _pairs(points)
    a, b = pairs[:, 0], pairs[:, 1]
    length = np.hypot(*(points[a] - points[b]).T)
    wet = np.zeros(len(pairs), bool)
    for t in (0.25, 0.5, 0.75):
        wet |= ground.wet[ground.cells(points[a] + t * (points[b] - points[a]))]
    chance = stream.uniforms(np.arange(len(pairs)), entity)
    weight = np.maximum(length, 1.0) * (1 + LENGTH_CHANCE * chance) * np.where(wet, WET_COST, 1.0)
    tree = minimum_spanning_tree(coo_matrix((weight, (a, b)), shape=(n, n))).tocoo()
    joined = set(zip(tree.row.tolist(), tree.col.tolist(), strict=True))
    loops = round(LOOPS[urban] * n)
    for k in np.argsort(chance, kind="stable").tolist():
        if loops <= 0:
            break
        edge = (int(a[k]), int(b[k]))
        if edge not in joined and not wet[k] and length[k] <= LOOP_LENGTH * spacing:
            joined.add(edge)
            loops -= 1
    return sorted(joined)


def _pairs(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the edges (m, 2) of the points' Delaunay triangulation, each once, the lower row first."""
    n = len(points)
    if n <= 3:
        return np.array([(i, j) for i in range(n) for j in range(i + 1, n)], np.int64).reshape(-1, 2)
    corners = Delaunay(points, qhull_options="QJ").simplices
    edges = np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1)
    return np.unique(edges, axis=0).astype(np.int64)
