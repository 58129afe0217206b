"""Route tables: for every route class and node, the link to take next and whether one is there.

A class is ``(mode * 2 + bound for) * 2 + informed``. The informed go by the roads as they are to shelters with
room; the others by free-flow times to every shelter they have heard of. Those bound for relatives go to the
nearest village with room for guests, and to a shelter where no such village can be reached. Where no shelter
can be reached either, the way is out of the county.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.population.columns import CLASSES, MODES, Bound, Mode
from agents.population.hosts import Hosts
from agents.population.walking import link_slopes, slope_factor
from agents.shelters import ShelterBook
from sim.settings.people import PeopleSettings
from sim.settings.scenario import Behaviour
from sim.world.classes import RoadClass
from sim.world.routing import tree_to

if TYPE_CHECKING:
    from agents.population.orders import Orders
    from sim.model import Simulation


def class_of(mode: Any, bound_for: Any, informed: Any) -> Any:
    """Return the row of a route class, or the rows of several (n,)."""
    return (mode * 2 + bound_for) * 2 + informed


class RouteTables:
    """Tables of shape (classes, nodes), found again when a road, a shelter, an order or a host changes."""

    def __init__(
        self, model: Simulation, shelters: ShelterBook, hosts: Hosts, orders: Orders, behaviour: Behaviour,
        people: PeopleSettings,
    ) -> None:
        self.model = model
        self.shelters = shelters
        self.hosts = hosts
        self.orders = orders
        self.behaviour = behaviour
        roads = model.world.roads
        self.exits = np.array([p.node for p in model.world.places.of_kind("gateway")], np.int32)
        self.next_link: NDArray[np.int32] = np.full((CLASSES, roads.node_count), -1, np.int32)
        self.target: NDArray[np.bool_] = np.zeros((CLASSES, roads.node_count), np.bool_)
        self.link_mps: NDArray[np.float32] = np.zeros((MODES, roads.link_count), np.float32)
        """Speed of vehicles on each link, closed or not, and for walkers the factor on their own pace."""
        self.trees = 0
        """Trees found so far."""
        slopes = link_slopes(model.world) if people.hiking_slope_effect else np.zeros(roads.link_count)
        self._slope_factor = slope_factor(slopes)
        expressway = np.asarray(roads.links["road_class"]) == RoadClass.EXPRESSWAY
        none = np.zeros(roads.link_count, np.bool_)
        self._barred = {Mode.CAR: none, Mode.TWO_WHEELER: expressway, Mode.FOOT: expressway}
        self._habit_cost = {mode: self._cost(mode, self._speed(mode, None), none) for mode in self._barred}
        self._version: tuple[int, ...] = ()
        self.version = 0
        """Raised whenever the tables may have changed."""
        self.take_roads()
        self._car_s: NDArray[np.float64] | None = None
        self._car_version = 0
        self._filled: dict[tuple[int, int], tuple[tuple[int, int], bytes, bytes]] = {}

    def take_roads(self) -> None:
        """Take over the roads as they are; until then the tables are those of the roads as they were."""
        live = self.model.roads
        self.closed: NDArray[np.bool_] = live.closed.copy()
        """Links (links,) that are closed as far as the tables know."""
        self._speed_factor, self._roads_version = live.speed_factor.copy(), live.version

    def refresh(self) -> bool:
        """Bring the tables up to date; return whether anything may have changed."""
        version = (
            self._roads_version, self.shelters.version, self.orders.version, self.hosts.version, self._car_version)
        if version == self._version:
            return False
        self.version += 1
        roads_changed = not self._version or version[0] != self._version[0]
        self._version = version
        emptied = self.orders.emptied
        hosts = self.hosts.targets(self.orders.uneasy)
        for mode in self._barred:
            speed = self._speed(mode, self._speed_factor)
            if roads_changed:
                self.link_mps[mode] = self._slope_factor if mode == Mode.FOOT else speed
            now = self._cost(mode, speed, self.closed)
            seen = (self._roads_version, 0)
            if mode == Mode.CAR and self._car_s is not None:
                now, seen = np.where(self.closed, np.inf, self._car_s), (self._roads_version, self._car_version)
            self._fill(mode, 1, now, seen, self.shelters.targets(emptied), hosts)
            self._fill(mode, 0, self._habit_cost[mode], (0, 0), self.shelters.known(emptied), hosts)
        return True

    def car_times(self, seconds: NDArray[np.float64]) -> None:
        """Take over the present travel times of cars (links,; s), queues included: what the informed go by."""
        if self._car_s is None or not np.array_equal(seconds, self._car_s):
            self._car_s = seconds.copy()
            self._car_version += 1

    def _speed(self, mode: Mode, factor: NDArray[np.float32] | None) -> NDArray[np.float64]:
        """Return the speed (m/s) of a mode on each link; ``factor`` (links,) is that of the roads as they are."""
        ways = self.behaviour
        if mode == Mode.FOOT:
            return ways.walking_speed_mps * self._slope_factor
        speed = np.asarray(self.model.world.roads.links["speed_mps"], np.float64)
        if factor is not None:
            speed = speed * factor
        if mode == Mode.CAR:
            return speed * ways.car_speed_factor
        return np.minimum(speed, ways.two_wheeler_speed_kmh / 3.6)

    def _cost(self, mode: Mode, speed: NDArray[np.float64], closed: NDArray[np.bool_]) -> NDArray[np.float64]:
        length = self.model.world.roads.links["length_m"]
        with np.errstate(divide="ignore"):
            return np.where(self._barred[mode] | closed | (speed <= 0), np.inf, length / speed)

    def _fill(
        self, mode: Mode, informed: int, cost: NDArray[np.float64], cost_version: tuple[int, int],
        shelters: NDArray[np.int32],
        hosts: NDArray[np.int32],
    ) -> None:
        """Find the tables of a mode's two classes, unless they are as they were."""
        roads = self.model.world.roads
        before = self._filled.get((mode, informed), ((-1, -1), b"", b""))
        state = (cost_version, shelters.tobytes(), hosts.tobytes())
        if state == before:
            return
        self._filled[mode, informed] = state
        a, b = class_of(mode, Bound.SHELTER, informed), class_of(mode, Bound.RELATIVES, informed)
        if state[:2] != before[:2]:
            tree = tree_to(roads, cost, shelters)
            self.trees += 1
            self.next_link[a], self.target[a] = tree.next_link, False
            self.target[a, shelters] = True
            cut_off = np.isinf(tree.time_s)
            if cut_off.any():
                # Elsewhere a gateway is a node like others: nobody bound for a shelter stops there.
                self.target[a, self.exits] |= cut_off[self.exits]
                self.next_link[a, cut_off] = tree_to(roads, cost, self.exits).next_link[cut_off]
                self.trees += 1
        self.next_link[b], self.target[b] = self.next_link[a], self.target[a]
        if len(hosts):
            tree = tree_to(roads, cost, hosts)
            self.trees += 1
            reached = np.isfinite(tree.time_s)
            self.next_link[b, reached], self.target[b, reached] = tree.next_link[reached], False
            self.target[b, hosts] = True
