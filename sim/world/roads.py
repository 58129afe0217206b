"""The road network of a county: its stated roads, and synthetic ones down to the village street.

Stated roads join unit seats (or sites), follow the least-cost way over the terrain and have the stated
length. Spurs join every village to the network, some villages to each other, and each village has a
small irregular grid of streets. All below the stated roads is synthetic and labelled so (fact = -1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label
from scipy.spatial import cKDTree

from sim.random import Streams
from sim.settings.county import County, Ferry, RoadLink
from sim.world.classes import LinkKind, RoadClass
from sim.world.grid import Grid
from sim.world.leastcost import CostMap, length_of
from sim.world.names import bare
from sim.world.network import Network
from sim.world.projection import Projection
from sim.world.villages import VillageSite
from sim.world.world import Roads

SPUR_DETOUR = 1.3
"""Length of a spur over the straight line: the ratio the stated roads were estimated with."""
URBAN_SPACING = 0.5
"""Street spacing in an urban neighbourhood over that in a village; assumption."""
URBAN_DENSITY = 2.5
"""Residents a street node in an urban neighbourhood over those in a village; assumption."""
MIN_STREETS, MAX_STREETS = 3, 120
"""Street nodes of a village."""
LOOP_SHARE = 0.25
"""Street loops beyond the tree, as a share of the street nodes; assumption."""
JITTER = 0.28
"""Displacement of street nodes, as a share of the spacing: villages are not gridded."""
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
    figures: dict[str, Any]


class RoadBuilder:
    """Builds the network of one county; use :func:`build_roads`."""

    def __init__(
        self, county: County, grid: Grid, projection: Projection, villages: list[VillageSite],
        elevation_m: NDArray[np.float32], wet: NDArray[np.bool_], sea: NDArray[np.bool_], streams: Streams,
    ) -> None:
        self.county, self.grid, self.projection, self.villages = county, grid, projection, villages
        self.wet, self.streams = wet, streams
        self.costs = CostMap(grid, elevation_m, wet)
        self.landmass = label(~sea, structure=np.ones((3, 3)))[0]
        self.net = Network()
        self.unit_node = [self.net.node(*self._xy(u.lon, u.lat)) for u in county.units]
        self.site_node = [self.net.node(*self._xy(s.lon, s.lat)) for s in county.sites]
        self.gateway_node = [self.net.node(*self._xy(g.lon, g.lat)) for g in county.gateways]
        self.joined = set(self.unit_node)
        self._node_of = {}
        for places, nodes in ((county.units, self.unit_node), (county.sites, self.site_node)):
            for place, node in zip(places, nodes, strict=True):
                for word in (place.id, place.name, place.name_zh, bare(place.name_zh), *place.aliases):
                    self._node_of.setdefault(word.lower(), node)

    def build(self) -> Built:
        """Build all levels and freeze the network."""
        stated_km = self._stated()
        gateway_km = self._gateways()
        self._sites()
        village_node = self._spurs()
        self._extras(village_node)
        streets = [self._streets(i, village_node[i]) for i in range(len(self.villages))]
        roads = self.net.freeze(self.grid)
        figures = {"stated_road_km": round(stated_km, 1), "gateway_road_km": round(gateway_km, 1),
                   "disabled_links": [f"{x.a}-{x.b}" for x in self.county.links if not x.enabled]}
        return Built(roads, self.unit_node, self.site_node, self.gateway_node, village_node, streets, figures)

    def _xy(self, lon: float, lat: float) -> tuple[float, float]:
        x, y = self.projection.to_xy(lon, lat)
        return float(x), float(y)

    def _at(self, node: int) -> tuple[float, float]:
        return self.net.x[node], self.net.y[node]

    def _land(self, x: float, y: float) -> int:
        return int(self.landmass[self.grid.row_col(x, y)])

    def _attributes(self, name: str, lanes: int | None = None, speed: float | None = None) -> dict[str, Any]:
        default = self.county.road_classes[name]  # type: ignore[index]
        return {"road_class": RoadClass[name.upper()], "lanes": lanes or default.lanes,
                "speed_mps": (speed or default.speed_kmh) * MPS}

    # -- stated roads -----------------------------------------------------------------------------------

    def _stated(self) -> float:
        total = 0.0
        for row, link in enumerate(self.county.links):
            if not link.enabled:
                continue
            a, b = self._node_of[link.a.lower()], self._node_of[link.b.lower()]
            total += link.length_km
            self.joined |= {a, b}
            attributes = self._attributes(link.road_class, link.lanes, link.speed_kmh)
            attributes |= {"kind": LinkKind[link.kind.upper()], "fact": row, "verified": link.verified}
            if link.ferry is not None:
                self._ferry(a, b, link, link.ferry, attributes)
                continue
            points = self.costs.path(self._at(a), self._at(b))
            self.net.road(a, b, points, link.length_km * 1000, self.county.streets.node_spacing_m, **attributes)
        return total

    def _ferry(self, a: int, b: int, link: RoadLink, ferry: Ferry, attributes: dict[str, Any]) -> None:
        """Add a ferry as one link whose speed holds the crossing and half a cycle's wait."""
        length = link.length_km * 1000
        crossing = length / (ferry.speed_kmh * MPS) + ferry.cycle_min * 60 / 2
        first = self.net.link(a, b, length, **(attributes | {"speed_mps": length / crossing}))
        for way in (first, first + 1):
            row = {"link": way, "cycle_s": ferry.cycle_min * 60, "vehicles": ferry.vehicles_per_trip,
                   "people": ferry.people_per_trip, "stop_wind_mps": ferry.stop_wind_mps}
            for name, value in row.items():
                self.net.ferries[name].append(value)

    def _gateways(self) -> float:
        total = 0.0
        for gateway, node in zip(self.county.gateways, self.gateway_node, strict=True):
            if not gateway.enabled:
                continue
            unit = self._node_of[gateway.unit.lower()]
            points = self.costs.path(self._at(unit), self._at(node))
            length = length_of(points)
            total += length / 1000
            self.joined.add(node)
            self.net.road(unit, node, points, length, self.county.streets.node_spacing_m,
                          **self._attributes(gateway.road_class), verified=gateway.verified)
        return total

    # -- synthetic roads --------------------------------------------------------------------------------

    def _sites(self) -> None:
        for node in self.site_node:
            if node not in self.joined:
                self._attach(node)

    def _linked_nodes(self) -> NDArray[np.int64]:
        return np.unique(np.array(self.net.columns["tail"], np.int64))

    def _attach(self, node: int) -> None:
        """Join a node to the nearest node of the network on its landmass, by the least-cost way."""
        x, y = self._at(node)
        linked = self._linked_nodes()
        here = self._land(x, y)
        same = np.array([n for n in linked.tolist() if self._land(*self._at(n)) == here], np.int64)
        pool = same if len(same) else linked
        away = np.hypot(np.array(self.net.x)[pool] - x, np.array(self.net.y)[pool] - y)
        end = int(pool[np.argmin(away)])
        points = self.costs.path((x, y), self._at(end))
        self.net.road(node, end, points, max(length_of(points), SPUR_DETOUR * float(away.min())),
                      self.county.streets.node_spacing_m, **self._attributes("village"))
        self.joined.add(node)

    def _spurs(self) -> list[int]:
        """Join every village to the network, the nearest first, to a road or a village joined before."""
        nodes = [self.net.node(v.x, v.y) for v in self.villages]
        linked = self._linked_nodes().tolist()
        land = {n: self._land(*self._at(n)) for n in [*linked, *nodes]}
        away, end = np.full(len(nodes), np.inf), np.full(len(nodes), -1)
        vx, vy = np.array([v.x for v in self.villages]), np.array([v.y for v in self.villages])
        lands = np.array([land[n] for n in nodes])

        def offer(new: list[int]) -> None:
            for mass in np.unique(lands):
                pool = np.array([n for n in new if land[n] == mass], np.int64)
                mine = np.flatnonzero(lands == mass)
                if len(pool) == 0:
                    continue
                tree = cKDTree(np.column_stack([np.array(self.net.x)[pool], np.array(self.net.y)[pool]]))
                distance, at = tree.query(np.column_stack([vx[mine], vy[mine]]))
                better = distance < away[mine]
                away[mine[better]] = distance[better]
                end[mine[better]] = pool[at[better]]

        offer(linked)
        left = set(range(len(nodes)))
        while left:
            i = min(left, key=lambda j: (away[j], j))
            left.remove(i)
            if end[i] < 0:
                self._attach(nodes[i])
                continue
            new = self._spur(nodes[i], int(end[i]))
            for n in new:
                land.setdefault(n, self._land(*self._at(n)))
            offer(new)
        return nodes

    def _spur(self, a: int, b: int) -> list[int]:
        points = np.array([self._at(a), self._at(b)])
        length = max(SPUR_DETOUR * length_of(points), 1.0)
        return self.net.road(a, b, points, length, self.county.streets.node_spacing_m,
                             **self._attributes("village"))

    def _extras(self, nodes: list[int]) -> None:
        """Join some neighbouring villages directly, the closest pairs first, over land only."""
        wanted = round(self.county.streets.extra_village_links * len(nodes))
        points = np.array([self._at(n) for n in nodes]).reshape(-1, 2)
        if len(points) < 3 or wanted == 0:
            return
        near = cKDTree(points).query(points, k=min(4, len(points)))
        pairs = sorted({(float(d), min(i, j), max(i, j)) for i, (ds, js) in enumerate(zip(*near, strict=True))
                        for d, j in zip(ds[1:], js[1:], strict=True)})
        direct = set(zip(self.net.columns["tail"], self.net.columns["head"], strict=True))
        for _, i, j in pairs:
            if wanted == 0:
                return
            a, b = nodes[i], nodes[int(j)]
            if (a, b) in direct or self._over_water(points[i], points[int(j)]):
                continue
            self._spur(a, b)
            wanted -= 1

    def _over_water(self, a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
        t = np.linspace(0, 1, 24)[:, None]
        between = a + t * (b - a)
        return bool(self.wet[self.grid.row_col(between[:, 0], between[:, 1])].any())

    def _streets(self, index: int, centre: int) -> NDArray[np.int64]:
        """Lay out a village's streets around its node; return the street nodes, the centre first."""
        village, streets = self.villages[index], self.county.streets
        per_node = streets.residents_per_street_node * (URBAN_DENSITY if village.urban else 1.0)
        spacing = streets.street_spacing_m * (URBAN_SPACING if village.urban else 1.0)
        wanted = int(np.clip(round(village.residents / per_node), MIN_STREETS, MAX_STREETS)) - 1
        reach = int(np.ceil(np.sqrt(wanted))) + 3
        i, j = (v.ravel() for v in np.mgrid[-reach: reach + 1, -reach: reach + 1])
        keep = (i != 0) | (j != 0)
        i, j = i[keep], j[keep]
        draw = self.streams.of("world.streets").uniforms(index * 4096 + np.arange(len(i))[:, None], np.arange(2))
        x = village.x + spacing * (j + JITTER * (2 * draw[:, 0] - 1))
        y = village.y + spacing * (i + JITTER * (2 * draw[:, 1] - 1))
        dry = ~self.wet[self.grid.row_col(x, y)]
        dry &= self.landmass[self.grid.row_col(x, y)] == self._land(village.x, village.y)
        order = np.lexsort((np.arange(len(i)), np.hypot(x - village.x, y - village.y)))
        chosen = order[dry[order]][:wanted]
        points = np.vstack([[[village.x, village.y]], np.column_stack([x[chosen], y[chosen]])])
        nodes = np.array([centre, *(self.net.node(px, py) for px, py in points[1:])], np.int64)
        self._connect(points, nodes)
        return nodes

    def _connect(self, points: NDArray[np.float64], nodes: NDArray[np.int64]) -> None:
        """Join each street node to the nearest one nearer the centre, and close some loops."""
        attributes = self._attributes("street")
        joined: set[tuple[int, int]] = set()
        for k in range(1, len(points)):
            away = np.hypot(*(points[:k] - points[k]).T)
            j = int(np.argmin(away))
            self.net.link(int(nodes[k]), int(nodes[j]), float(away[j]), **attributes)
            joined.add((j, k))
        loops = round(LOOP_SHARE * (len(points) - 1))
        if loops and len(points) > 3:
            near = cKDTree(points).query(points, k=min(5, len(points)))
            pairs = sorted({(float(d), min(a, int(b)), max(a, int(b)))
                            for a, (ds, bs) in enumerate(zip(*near, strict=True))
                            for d, b in zip(ds[1:], bs[1:], strict=True)})
            for d, a, b in pairs:
                if loops == 0:
                    break
                if (a, b) not in joined:
                    self.net.link(int(nodes[a]), int(nodes[b]), d, **attributes)
                    loops -= 1


def build_roads(
    county: County, grid: Grid, projection: Projection, villages: list[VillageSite], *,
    elevation_m: NDArray[np.float32], wet: NDArray[np.bool_], sea: NDArray[np.bool_], streams: Streams,
) -> Built:
    """Return the county's road network. ``wet`` and ``sea`` (ny, nx) are water of any kind and the sea."""
    return RoadBuilder(county, grid, projection, villages, elevation_m, wet, sea, streams).build()
