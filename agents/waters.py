"""Where there is water: lakes, rivers and the sea as the World has them, and the plan's water points with their stock.

The World knows no depths: helicopters dip where a stretch of water is large enough and at least a cell from its bank.
Tenders and pumps draw at the bank. A water point's stock is counted in litres and comes back at an even rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.errors import InputError
from sim.settings.aircraft import AirPolicy
from sim.settings.plan import Plan
from sim.settings.water import WaterPoint
from sim.world.classes import LandCover
from sim.world.projection import Projection
from sim.world.world import World

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

LITRES_PER_M3 = 1000.0
SECONDS_PER_HOUR = 3600.0
SQUARE_M_PER_HA = 10_000.0
ROADSIDE_M = 150.0
"""Water nearer than this to a road can be drawn by a tender standing there. Assumption."""
DRY = (LandCover.OUTSIDE, LandCover.SEA, LandCover.WATER)
"""Cover on which no tank can stand."""


class Stock:
    """The water of one point: its place, its litres, its inlets."""

    def __init__(self, settings: WaterPoint, env: simpy.Environment, x: float, y: float, z: float, node: int) -> None:
        self.settings = settings
        self.id = settings.id
        self.x, self.y, self.z = x, y, z
        self.node = node
        """Road node tenders fill at; -1 where no road is near."""
        self.inlets = simpy.Resource(env, capacity=settings.inlets)
        self.drawn_l = 0.0
        self._full_l = settings.m3 * LITRES_PER_M3
        self._rate_l_s = settings.refill_m3_h * LITRES_PER_M3 / SECONDS_PER_HOUR
        self._litres = self._full_l
        self._since_s = 0.0

    def litres(self, now_s: float) -> float:
        """Return what is in it now."""
        return min(self._full_l, self._litres + self._rate_l_s * (now_s - self._since_s))

    def take(self, litres: float, now_s: float) -> float:
        """Take up to so many litres; return how many there were."""
        at_hand = self.litres(now_s)
        taken = min(litres, at_hand)
        self._litres, self._since_s = at_hand - taken, now_s
        self.drawn_l += taken
        return taken

    def wait_s(self, litres: float, now_s: float) -> float:
        """Return seconds until it holds so many litres, as far as it ever does; 0 where it never refills."""
        missing = min(litres, self._full_l) - self.litres(now_s)
        return missing / self._rate_l_s if missing > 0.0 and self._rate_l_s > 0.0 else 0.0


@dataclass(frozen=True)
class Bank:
    """The nearest natural water to a point: how far, and its level (m)."""

    away_m: float
    z: float


class Waters:
    """All water a run's people can use; what concerns the whole county is worked out when first asked for."""

    def __init__(self, world: World, plan: Plan, env: simpy.Environment) -> None:
        self.world = world
        self.policy: AirPolicy = plan.air
        self.points = [self._stock(entry, env, plan.id) for entry in plan.water_points]

    def _stock(self, entry: WaterPoint, env: simpy.Environment, plan: str) -> Stock:
        where = f"plan {plan}, water point {entry.id}"
        if entry.place is not None:
            place = self.world.places.get(entry.place, where)
            x, y = place.x, place.y
        else:
            assert entry.lon is not None and entry.lat is not None  # the settings give a place or both
            x, y = (float(v) for v in Projection(self.world.crs).to_xy(entry.lon, entry.lat))
        row, col = self.world.grid.row_col(x, y)
        cover = int(self.world.layers["land_cover"][row, col])
        if not self.world.grid.contains(x, y) or cover in [int(one) for one in DRY]:
            raise InputError("a water point that does not stand on the county's land", value=entry.id, where=where,
                             allowed="a place or lon and lat on land inside the county",
                             mend="see the map: sandtable world inspect COUNTY")
        return Stock(entry, env, x, y, self.height(x, y), self.roadside_node(x, y))

    def height(self, x: float, y: float) -> float:
        """Return the height of the ground at a point (m)."""
        row, col = self.world.grid.row_col(x, y)
        return float(self.world.layers["elevation_m"][row, col])

    # -- roads ------------------------------------------------------------------------------------------------

    @cached_property
    def _road_cells(self) -> NDArray[np.int64]:
        return np.unique(np.asarray(self.world.roads.cell)).astype(np.int64)

    @cached_property
    def _roads(self) -> cKDTree:
        return self._tree(self._road_cells)

    def _tree(self, cells: NDArray[np.int64]) -> cKDTree:
        from scipy.spatial import cKDTree

        grid = self.world.grid
        return cKDTree(np.stack(grid.centre(cells // grid.nx, cells % grid.nx), 1))

    def to_road(self, x: float, y: float) -> tuple[float, float]:
        """Return metres from a point to the nearest road, and the road's height there (m)."""
        if not len(self._road_cells):
            return np.inf, 0.0
        away, at = self._roads.query((x, y))
        cell = int(self._road_cells[at])
        height = float(np.asarray(self.world.layers["elevation_m"]).reshape(-1)[cell])
        return max(0.0, float(away) - 0.5 * self.world.grid.cell_m), height

    def roadside_node(self, x: float, y: float) -> int:
        """Return the road node nearest to a point beside a road, -1 where the road is farther than ROADSIDE_M."""
        away, _ = self.to_road(x, y)
        if away > ROADSIDE_M:
            return -1
        nodes = self.world.roads.nodes
        return int(np.argmin((np.asarray(nodes["x"]) - x) ** 2 + (np.asarray(nodes["y"]) - y) ** 2))

    # -- natural water ----------------------------------------------------------------------------------------

    @cached_property
    def _wet(self) -> NDArray[np.bool_]:
        cover = np.asarray(self.world.layers["land_cover"])
        return np.asarray(cover == LandCover.WATER)

    @cached_property
    def _bank_cells(self) -> NDArray[np.int64]:
        from scipy.ndimage import binary_erosion

        return np.flatnonzero(self._wet & ~binary_erosion(self._wet, border_value=1)).astype(np.int64)

    @cached_property
    def _banks(self) -> cKDTree:
        return self._tree(self._bank_cells)

    def bank(self, x: float, y: float) -> Bank | None:
        """Return the nearest bank of fresh water to a point; None in a county without any."""
        if not len(self._bank_cells):
            return None
        away, at = self._banks.query((x, y))
        height = float(np.asarray(self.world.layers["elevation_m"]).reshape(-1)[int(self._bank_cells[at])])
        return Bank(max(0.0, float(away) - 0.5 * self.world.grid.cell_m), height)

    @cached_property
    def drafting_nodes(self) -> NDArray[np.int32]:
        """Road nodes at which tenders can draw from a river or lake."""
        nodes = self.world.roads.nodes
        if not len(self._bank_cells) or not len(nodes["x"]):
            return np.zeros(0, np.int32)
        away, _ = self._banks.query(np.stack([np.asarray(nodes["x"]), np.asarray(nodes["y"])], 1))
        return np.flatnonzero(away - 0.5 * self.world.grid.cell_m <= ROADSIDE_M).astype(np.int32)

    @cached_property
    def _dip_cells(self) -> NDArray[np.int64]:
        from scipy.ndimage import binary_erosion, label

        cover = np.asarray(self.world.layers["land_cover"])
        wet = self._wet | (cover == LandCover.SEA) if self.policy.sea_water else self._wet
        body, count = label(wet)
        area_ha = np.bincount(body.ravel(), minlength=count + 1) * self.world.grid.cell_m**2 / SQUARE_M_PER_HA
        large = area_ha >= self.policy.dip_body_ha
        large[0] = False
        return np.flatnonzero(binary_erosion(large[body], border_value=1)).astype(np.int64)

    @cached_property
    def _dips(self) -> cKDTree:
        return self._tree(self._dip_cells)

    def dip(self, x: float, y: float, litres: float, now_s: float) -> tuple[float, float, Stock | None] | None:
        """Return where the bucket nearest to a point can be filled: x, y, and the water point if it is one.

        A water point counts while it holds the bucket. None where there is nowhere.
        """
        best: tuple[float, float, float, Stock | None] | None = None
        if len(self._dip_cells):
            away, at = self._dips.query((x, y))
            grid, cell = self.world.grid, int(self._dip_cells[at])
            cx, cy = grid.centre(cell // grid.nx, cell % grid.nx)
            best = (float(away), float(cx), float(cy), None)
        for point in self.points:
            away = float(np.hypot(point.x - x, point.y - y))
            if point.settings.dip and point.litres(now_s) >= litres and (best is None or away < best[0]):
                best = (away, point.x, point.y, point)
        return None if best is None else best[1:]
