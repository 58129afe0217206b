"""The road network of a county: its stated roads, and synthetic ones down to the village street.

Stated roads join unit seats (or sites), follow the least-cost way over the terrain and have the stated
length. Spurs join village after village to what is there, the nearest first, by the least-cost way; further
links join neighbouring villages that are far apart by road; each village has streets (see ``streets``). All
below the stated roads is synthetic and labelled so (fact = -1, verified = False).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import Delaunay

from sim.random import Streams
from sim.settings.county import County, Ferry, Gateway, RoadLink
from sim.world.classes import LinkKind, RoadClass
from sim.world.grid import Grid
from sim.world.leastcost import CostMap
from sim.world.names import bare
from sim.world.network import Network
from sim.world.projection import Projection
from sim.world.streets import Ground, Lattice, join_nodes, lay_nodes, node_count, spacing_m
from sim.world.villages import VillageSite
from sim.world.ways import Way, Ways
from sim.world.world import Roads

USED_COST = 2.5
"""A metre along another stated road costs this many: each has a course of its own, but they may meet."""
FOLLOW_COST = 0.35
"""A metre along any road that is there costs this many for a link between villages: it fills gaps only."""
FAR_APART = 1.6
"""Neighbouring villages are joined when the way between them is longer than this over the straight line."""
LINK_REACH_M = 6000.0
"""Villages farther apart than this are not joined directly."""
MPS = 1 / 3.6


@dataclass(frozen=True)
class Built:
    """The network, and the node of every unit, site, gateway and village."""

    roads: Roads
    unit_node: list[int]
    site_node: list[int]
    gateway_node: list[int]
    village_node: list[int]
    street_nodes: list[NDArray[np.int64]]
    """Street nodes of every village, its middle first."""
    ground: Ground
    """What the streets were laid out on."""
    figures: dict[str, Any]


class RoadBuilder:
    """Builds the network of one county; use :func:`build_roads`."""

    def __init__(
        self,
        county: County,
        grid: Grid,
        projection: Projection,
        villages: list[VillageSite],
        *,
        elevation_m: NDArray[np.float32],
        slope: NDArray[np.float32],
        wet: NDArray[np.bool_],
        sea: NDArray[np.bool_],
        inside: NDArray[np.bool_],
        streams: Streams,
    ) -> None:
        self.county, self.grid, self.projection, self.villages = county, grid, projection, villages
        self.streams = streams
        self.costs = CostMap(
            grid, elevation_m, sea=sea, lake=wet & ~sea, inside=inside, key=streams.key("world.roads.ground")
        )
        self.landmass = np.asarray(label(~sea)[0], np.int32)
        self.mass = self.costs.landmass(self.landmass)
        self.ground = Ground(grid.x0_m, grid.y0_m, grid.cell_m, self.landmass, wet, slope)
        self.net = Network()
        self.ways = Ways(self.costs, self.net)
        self.unit_node = [self.net.node(*self._xy(u.lon, u.lat)) for u in county.units]
        self.site_node = [self.net.node(*self._xy(s.lon, s.lat)) for s in county.sites]
        self.gateway_node = [
            self.net.node(*self._xy(g.lon, g.lat)) if g.enabled else -1 for g in county.gateways
        ]
        self.node_of: dict[str, int] = {}
        for unit, node in zip(county.units, self.unit_node, strict=True):
            self._called(node, unit.id, unit.name, unit.name_zh, *unit.aliases)
        for site, node in zip(county.sites, self.site_node, strict=True):
            self._called(node, site.id, site.name, site.name_zh, *site.aliases)

    def build(self) -> Built:
        """Build all levels and freeze the network."""
        for node in [*self.unit_node, *self.site_node]:
            self.ways.stand(node)
        stated_km = self._stated()
        for gateway, node in zip(self.county.gateways, self.gateway_node, strict=True):
            if gateway.enabled:
                self._gateway(gateway, node)
        village_node, street_nodes = self._settlements()
        self._spurs(village_node)
        extras = self._extras(village_node)
        figures = self.ways.lay(self.county.streets.node_spacing_m)
        self._neighbours_in_a_cell(village_node)
        roads = self.net.freeze(self.grid)
        return Built(
            roads,
            self.unit_node,
            self.site_node,
            self.gateway_node,
            village_node,
            street_nodes,
            self.ground,
            {
                "stated_road_km": round(stated_km, 1),
                **figures,
                "village_to_village_links": extras,
                "disabled_links": [f"{link.a}-{link.b}" for link in self.county.links if not link.enabled],
            },
        )

    def _called(self, node: int, *names: str) -> None:
        for name in names:
            for word in (name, bare(name)):
                self.node_of.setdefault(word.strip().lower(), node)

    def _find(self, name: str) -> int:
        word = name.strip().lower()
        return self.node_of[word] if word in self.node_of else self.node_of[bare(word)]

    def _xy(self, lon: float, lat: float) -> tuple[float, float]:
        x, y = self.projection.to_xy(lon, lat)
        return float(x), float(y)

    def _cell(self, node: int) -> int:
        return self.costs.cell(self.net.x[node], self.net.y[node])

    def _attributes(self, name: str, lanes: int | None = None, speed: float | None = None) -> dict[str, Any]:
        default = self.county.road_classes[name]  # type: ignore[index]
        return {
            "road_class": RoadClass[name.upper()],
            "lanes": lanes or default.lanes,
            "speed_mps": (speed or default.speed_kmh) * MPS,
        }

    # -- stated roads -----------------------------------------------------------------------------------

    def _stated(self) -> float:
        """Add the stated roads; return their length (km)."""
        total = 0.0
        for row, link in enumerate(self.county.links):
            if not link.enabled:
                continue
            a, b = self._find(link.a), self._find(link.b)
            total += link.length_km
            attributes = self._attributes(link.road_class, link.lanes, link.speed_kmh)
            attributes |= {"kind": LinkKind[link.kind.upper()], "fact": row, "verified": link.verified}
            if link.ferry is not None:
                self._ferry(a, b, link, link.ferry, attributes)
                continue
            cells = self._course(a, b)
            self.ways.add(
                Way(
                    cells,
                    attributes,
                    link.length_km * 1000,
                    link.road_class == "expressway",
                    (a, b),
                    self._section(cells, link),
                )
            )
        return total

    def _course(self, a: int, b: int) -> list[int]:
        """Return the least-cost way between two nodes, apart from other stated roads but near the ends."""
        friction = self.costs.friction.copy()
        friction[self.ways.met()] *= USED_COST
        return self.costs.path(self.costs.graph(friction), self._cell(a), self._cell(b))

    def _section(self, cells: list[int], link: RoadLink) -> tuple[int, int] | None:
        """Return where a way is the bridge (over water) or tunnel (high above its ends) it is called."""
        last = len(cells) - 1
        if link.kind == "bridge":
            special = (self.costs.sea | self.costs.lake)[cells]
        elif link.kind == "tunnel":
            height = self.costs.height.ravel()[cells]
            above = height - np.linspace(height[0], height[-1], len(cells))
            special = above > max(0.5 * float(above.max()), 1.0)
        else:
            return None
        inner = np.flatnonzero(special[1:-1]) + 1
        return (int(inner[0]) - 1, int(inner[-1]) + 1) if len(inner) else (0, max(last, 1))

    def _ferry(self, a: int, b: int, link: RoadLink, ferry: Ferry, attributes: dict[str, Any]) -> None:
        """Add a ferry as one link whose speed holds the crossing and half a cycle's wait."""
        self.ways.anchors |= {self._cell(a), self._cell(b)}
        length = link.length_km * 1000
        crossing_s = length / (ferry.speed_kmh * MPS) + ferry.cycle_min * 60 / 2
        first = self.net.link(a, b, length, **(attributes | {"speed_mps": length / crossing_s}))
        for way in (first, first + 1):
            row = {
                "link": way,
                "cycle_s": ferry.cycle_min * 60,
                "vehicles": ferry.vehicles_per_trip,
                "people": ferry.people_per_trip,
                "stop_wind_mps": ferry.stop_wind_mps,
            }
            for name, value in row.items():
                self.net.ferries[name].append(value)

    def _gateway(self, gateway: Gateway, node: int) -> None:
        unit = self._find(gateway.unit)
        attributes = self._attributes(gateway.road_class) | {"verified": gateway.verified}
        self.ways.add(
            Way(
                self._course(unit, node),
                attributes,
                closed=gateway.road_class == "expressway",
                ends=(unit, self.ways.stand(node)),
            )
        )

    # -- synthetic roads --------------------------------------------------------------------------------

    def _settlements(self) -> tuple[list[int], list[NDArray[np.int64]]]:
        """Lay out the streets of every village; return each one's middle node and its street nodes."""
        middle: list[int] = []
        nodes: list[NDArray[np.int64]] = []
        towns: dict[int, list[int]] = defaultdict(list)
        lattices: dict[int, Lattice] = {}
        seats = {index: np.array([self.net.x[n], self.net.y[n]]) for index, n in enumerate(self.unit_node)}
        turn = self.streams.of("world.streets.turn")
        shift = self.streams.of("world.streets.shift")
        for index, village in enumerate(self.villages):
            town = village.unit if village.urban else len(self.county.units) + index
            if town not in lattices:
                lattices[town] = Lattice(
                    (village.x, village.y),
                    0.5 * np.pi * turn.u01(town),
                    spacing_m(village.urban, self.county.streets),
                    shift,
                    town,
                )
            wanted = node_count(village.residents, village.urban, self.county.streets)
            points = lay_nodes(self.ground, lattices[town], village.x, village.y, wanted)
            at_seat = bool(np.hypot(*(seats[village.unit] - points[0])) < 1.0)
            first = self.unit_node[village.unit] if at_seat else self.net.node(*points[0])
            middle.append(first)
            nodes.append(np.array([first, *(self.net.node(x, y) for x, y in points[1:])], np.int64))
            towns[town].append(index)
        attributes = self._attributes("street")
        chance = self.streams.of("world.streets.choice")
        for town, members in towns.items():
            rows = np.concatenate([nodes[index] for index in members])
            points = np.column_stack([np.array(self.net.x)[rows], np.array(self.net.y)[rows]])
            urban = self.villages[members[0]].urban
            for a, b in join_nodes(self.ground, points, lattices[town].spacing_m, urban, chance, town):
                self.net.link(
                    int(rows[a]), int(rows[b]), float(np.hypot(*(points[a] - points[b]))), **attributes
                )
        return middle, nodes

    def _spurs(self, village_node: list[int]) -> None:
        """Join every village and site to the network by one tree of least cost, never over the sea."""
        urban_with_seat = {
            v.unit
            for v, n in zip(self.villages, village_node, strict=True)
            if v.urban and n == self.unit_node[v.unit]
        }
        targets: list[int] = []
        for node, village in zip(village_node, self.villages, strict=True):
            self.ways.stand(node)
            if not (village.urban and village.unit in urban_with_seat):
                targets.append(self._cell(node))
        targets += [self._cell(node) for node in [*self.unit_node, *self.site_node]]
        if not self.ways.met():
            self.ways.anchors.add(self._cell(self.unit_node[0]))
        graph = self.costs.graph(self.costs.friction, self.mass)
        # What a way to the stated roads costs bounds the search, and tells whom to join first: as in Prim's
        # tree (1957) the near ones, so that those farther out can join their way.
        bound = self.costs.distance(graph, self.ways.met())
        met = set(self.ways.met())
        for _, cell in sorted((float(bound[cell]), cell) for cell in set(targets)):
            if cell not in met:
                cells = self.costs.nearest(graph, cell, met, float(bound[cell]))
                self.ways.add(Way(cells, self._attributes("village")))
                met.update(cells)

    def _extras(self, village_node: list[int]) -> int:
        """Join neighbouring villages that lie far apart by road, the worst first; return how many."""
        wanted = round(self.county.streets.extra_village_links * len(self.villages))
        cells = sorted({self._cell(node) for node in village_node})
        if wanted == 0 or len(cells) < 4:
            return 0
        points = self.costs.centres(cells)
        corners = Delaunay(points, qhull_options="QJ").simplices
        pairs = np.unique(
            np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1), axis=0
        )
        straight = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T)
        mass = self.mass[cells]
        pairs, straight = (
            v[(straight <= LINK_REACH_M) & (mass[pairs[:, 0]] == mass[pairs[:, 1]])]
            for v in (pairs, straight)
        )
        detour = self._by_road(cells, pairs) / straight
        joined = 0
        for k in np.lexsort((straight, -detour)).tolist():
            if joined == wanted or detour[k] < FAR_APART:
                break
            friction = self.costs.friction.copy()
            friction[self.ways.met()] *= FOLLOW_COST
            a, b = (cells[int(end)] for end in pairs[k])
            path = self.costs.path(self.costs.graph(friction, self.mass), a, b)
            if len(np.unique(self.mass[path])) > 1:
                continue
            for run in self.ways.new_runs(path):
                self.ways.add(Way(run, self._attributes("village")))
            joined += 1
        return joined

    def _by_road(self, cells: list[int], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how far the ends of pairs of cells are apart along the ways so far (m; inf where apart)."""
        steps = np.array(sorted(self.ways.steps), np.int64).reshape(-1, 2)
        known = np.unique(np.concatenate([steps.ravel(), np.array(cells)]))
        a, b = np.searchsorted(known, steps[:, 0]), np.searchsorted(known, steps[:, 1])
        run = np.hypot(
            *(self.costs.centres(steps[:, 0].tolist()) - self.costs.centres(steps[:, 1].tolist())).T
        )
        graph = csr_matrix((run, (a, b)), shape=(len(known), len(known)))
        at = np.searchsorted(known, np.array(cells))
        away = dijkstra(graph, directed=False, indices=at)
        return np.asarray(away[pairs[:, 0], at[pairs[:, 1]]])

    def _neighbours_in_a_cell(self, village_node: list[int]) -> None:
        """Join places that share a coarse cell with the one that stands for it."""
        gateways = [node for node in self.gateway_node if node >= 0]
        for node in dict.fromkeys([*self.unit_node, *self.site_node, *gateways, *village_node]):
            other = self.ways.node_at[self._cell(node)]
            if other != node:
                self._bridge_gap(node, other)

    def _bridge_gap(self, a: int, b: int) -> None:
        away = float(np.hypot(self.net.x[a] - self.net.x[b], self.net.y[a] - self.net.y[b]))
        self.net.link(a, b, away, **self._attributes("village"))


def build_roads(
    county: County,
    grid: Grid,
    projection: Projection,
    villages: list[VillageSite],
    *,
    elevation_m: NDArray[np.float32],
    slope: NDArray[np.float32],
    wet: NDArray[np.bool_],
    sea: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    streams: Streams,
) -> Built:
    """Return the county's road network. ``wet`` and ``sea`` (ny, nx) are water of any kind and the sea."""
    return RoadBuilder(
        county,
        grid,
        projection,
        villages,
        elevation_m=elevation_m,
        slope=slope,
        wet=wet,
        sea=sea,
        inside=inside,
        streams=streams,
    ).build()
