"""Traffic of one run: vehicles set out, drive, queue, arrive; roads close, open, slow and widen under them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.traffic import changes
from sim.traffic.calendar import new_calendar
from sim.traffic.kernel import advance
from sim.traffic.network import TrafficNetwork
from sim.traffic.state import (
    ARRIVED,
    AT_TARGET,
    DONE,
    DRIVING,
    DUE,
    GAP,
    HELD,
    LEARNED,
    LINK,
    NEXT,
    NO_WAY,
    PASSAGE,
    PENDING,
    STRANDED,
    UNIT,
    VEHICLE,
    WAITING,
    Records,
)

ROOM = 1024
"""Vehicles there is room for at first; doubled as needed."""
NO_LANE = 1e-9
"""What stands for no lane at all, so that nothing is divided by zero."""
GRIDLOCK_S = 300.0
"""In a ring of full roads that has stood for so long, one vehicle squeezes past; counted. SUMO takes a vehicle
that has stood for 300 s off the road."""


class Traffic:
    """Vehicles on a network; ``advance`` works off all that happens up to a time, exactly, whatever the steps."""

    def __init__(self, network: TrafficNetwork, classes: int, *, now_s: float = 0.0) -> None:
        self.network = network
        self.settings = network.settings
        self.lanes = network.lanes.copy()
        self.speed_factor = np.ones(network.links)
        self._drained = np.zeros(network.links, np.bool_)
        self.delay_s = network.delay_s.copy()
        """Junction delay at the head of each link (links,; s)."""
        self.favour = np.ones(network.links)
        """Times its lanes that each link counts at its merge (links,)."""
        self._all, self._gaps = _records(network)
        self.links = self._all[:network.links]
        """The roads' records, see ``sim.traffic.state.LINK``."""
        self.next_link = np.full((classes, network.nodes), NO_WAY, np.int32)
        self.informed = np.arange(classes, dtype=np.int16)
        """Class that a vehicle of each class belongs to once it has met a closure; its own when it knew."""
        self.vehicles = _vehicles(ROOM)
        """The vehicles' records, see ``sim.traffic.state.VEHICLE``; the first ``count`` are in use."""
        self.count = 0
        """Vehicles made so far."""
        self._events = new_calendar(2 * len(self._all), now_s)
        self.now = now_s
        self.turned_back = 0
        self.drove_on = 0
        self.held_up = 0
        self.squeezed = 0
        self._pending = np.empty(0, np.int32)
        self._done = np.empty(0, np.int32)
        self._passages = np.zeros(1, PASSAGE)
        self._counts = np.zeros(4, np.int64)
        self._shown_s = self.links["free_s"].copy()
        self._share = np.zeros(ROOM)
        self._seen = np.empty(len(self._all), np.int32)

    # -- vehicles -------------------------------------------------------------------------------------

    def depart(
        self, t_s: ArrayLike, node: ArrayLike, klass: ArrayLike, *, size: ArrayLike = UNIT,
        traced: ArrayLike = False,
    ) -> NDArray[np.int32]:
        """Have vehicles set out at times (s, not before now) from nodes; return their numbers (vehicles,).

        ``size`` is in units of a quarter car, one car at least. Raises ValueError for less.
        """
        if np.any(np.asarray(size) < UNIT):
            raise ValueError(f"vehicles of {np.min(size)} units; a car, the smallest, has {UNIT}")
        times = np.atleast_1d(np.asarray(t_s, np.float64))
        n = len(times)
        self._make_room(self.count + n)
        ids = np.arange(self.count, self.count + n, dtype=np.int32)
        self.count += n
        v = self.vehicles
        v["depart_s"][ids] = np.maximum(times, self.now)
        v["node"][ids], v["klass"][ids], v["size"][ids], v["traced"][ids] = node, klass, size, traced
        v["status"][ids] = DUE
        counts = self._counts
        waiting = np.concatenate([self._pending[counts[NEXT]:counts[PENDING]], ids])
        self._pending = waiting[np.lexsort((waiting, v["depart_s"][waiting]))].astype(np.int32)
        counts[NEXT], counts[PENDING] = 0, len(waiting)
        return ids

    def advance(self, until_s: float) -> NDArray[np.int32]:
        """Work off everything up to ``until_s``; return the vehicles that arrived or found no way, in order of time."""
        if len(self._done) < self.count:
            self._done = np.empty(len(self.vehicles), np.int32)
        advance(*self._state, self.informed, self._passages, self._pending, self._done, self._counts, until_s,
                self.settings.capacity_drop)
        self.now = until_s
        return self._done[:self._counts[DONE]].copy()

    def log_passages(self, room: int) -> None:
        """Make room for so many passages of nodes by traced vehicles in one advance."""
        if room >= len(self._passages):
            self._passages = np.zeros(room + 1, PASSAGE)

    def passages(self) -> Records:
        """Return the last advance's passages of nodes by traced vehicles, see ``sim.traffic.state.PASSAGE``."""
        return self._passages[:self._passages[-1]["vehicle"]].copy()

    @property
    def _state(self) -> tuple[Records, Records, Records, Records, NDArray[np.int32]]:
        return self._events, self._all, self._gaps, self.vehicles, self.next_link

    def resume(self, vehicles: NDArray[np.int32]) -> None:
        """Let vehicles that stand off the road at a node set out again from there, now."""
        if len(vehicles):
            changes.resume(*self._state, np.asarray(vehicles, np.int32), self.now, WAITING)

    # -- routes ---------------------------------------------------------------------------------------

    def set_routes(self, klass: int, next_link: NDArray[np.int32], target: NDArray[np.bool_]) -> None:
        """Set a class's next link (nodes,; -1 for no way) and targets (nodes,)."""
        self.next_link[klass] = np.where(target, AT_TARGET, next_link)

    def choose_again(self) -> None:
        """Let vehicles that wait at the end of a link look at the routes as they now are."""
        changes.choose_again(*self._state, self.now)

    def observe(self) -> NDArray[np.float64]:
        """Take the present travel times into the smoothed ones (links,; s), undo gridlock, and return them."""
        now_s = np.empty(self.network.links)
        changes.present_s(self._all, self.vehicles, self.now, now_s)
        share = self.settings.smoothing
        self._shown_s = np.maximum(self.links["free_s"], share * now_s + (1 - share) * self._shown_s)
        self.squeezed += changes.squeeze(
            *self._state, self._passages, self._seen, self.now, GRIDLOCK_S,
            self.settings.capacity_drop)
        return self._shown_s

    def forget(self) -> None:
        """Take the roads as empty, when no car is left on them: travel times are those of free flow."""
        self._shown_s = self.links["free_s"].copy()

    def link_time_s(self) -> NDArray[np.float64]:
        """Return the smoothed present travel times (links,; s) as last observed; closed links are infinite."""
        return np.where(self.links["closed"], np.inf, self._shown_s)

    # -- roads ----------------------------------------------------------------------------------------

    def set_closed(self, closed: NDArray[np.bool_], drain: NDArray[np.bool_] | None = None) -> None:
        """Close and open links (links,): nobody enters a closed one; those on it do what the settings say.

        Those on links of ``drain`` (links,) drive on to its end whatever the settings say.
        """
        # A link closed only to be drained is closed anew when it is closed in earnest.
        drained = np.zeros_like(closed) if drain is None else drain
        fresh = closed & (~self.links["closed"] | (self._drained & ~drained))
        opened = self.links["closed"] & ~closed
        self._drained = closed & drained
        if not fresh.any() and not opened.any():
            return
        self.links["closed"] = closed
        policy = self.settings.on_closed_link
        if drain is not None:
            self.drove_on += int(self.links["count"][fresh & drain].sum())
            fresh &= ~drain
        if fresh.any() and policy == "hold":
            self.held_up += changes.hold(*self._state, fresh, self.now)
        elif fresh.any() and policy == "turn_back":
            share = self.positions()
            turned, on = changes.turn_back(
                *self._state, fresh, self.now, share, np.empty(self.count + 1, np.int32))
            self.turned_back += turned
            self.drove_on += on
        elif fresh.any():
            self.drove_on += int(self.links["count"][fresh].sum())
        changes.let_go(*self._state, opened, self.now, DRIVING)
        self.choose_again()

    def set_speed(self, factor: NDArray[np.floating]) -> None:
        """Set links' (links,) speeds as shares of free speed, for vehicles on them too."""
        changed = self.speed_factor != factor
        if changed.any():
            self.speed_factor = np.asarray(factor, np.float64).copy()
            self._derive(changed)

    def set_lanes(self, which: NDArray[np.bool_], lanes: NDArray[np.floating]) -> None:
        """Give links (links, mask) other numbers of lanes (links,), at most theirs and the other way's together."""
        before = self.network.storage(self.lanes)
        self.lanes[which] = lanes[which]
        self.links["free"] += self.network.storage(np.maximum(self.lanes, NO_LANE)) - before
        self._derive(which)

    def set_junction(
        self, approaches: NDArray[np.bool_], favoured: NDArray[np.bool_] | None, factor: float,
    ) -> None:
        """Take the junction delay off some links (links, mask), and give some of them ``factor`` times their share."""
        self.delay_s = np.where(approaches, 0.0, self.delay_s)
        self.favour = np.where(approaches, 1.0, self.favour)
        if favoured is not None:
            self.favour = np.where(favoured, factor, self.favour)
        self._derive(approaches)

    def _derive(self, changed: NDArray[np.bool_]) -> None:
        lanes = np.maximum(self.lanes, NO_LANE)
        old = [self.links[name].copy() for name in ("free_s", "headway_s", "back_s")]
        _fill(self.links, self.network, self.speed_factor, lanes, self.delay_s)
        self.links["weight"] *= self.favour
        changes.retime(self._all, self._gaps, self.vehicles, changed, *old, self.now)
        changes.ready_again(*self._state, changed, self.now)

    # -- what is seen ---------------------------------------------------------------------------------

    def positions(self) -> NDArray[np.float64]:
        """Return how far along its link each vehicle is (vehicles,; 0 to 1; only for those on a road)."""
        if len(self._share) < len(self.vehicles):
            self._share = np.zeros(len(self.vehicles))
        changes.spots(self._all, self.vehicles, self.now, self._share)
        return self._share

    def queues(self) -> NDArray[np.int32]:
        """Return how many vehicles are held up on each link (links,): on it for longer than its free-flow time."""
        standing = np.empty(self.network.links, np.int32)
        changes.queues(self._all, self.vehicles, self.now, standing)
        return standing

    def number(self, *status: int) -> int:
        """Return how many vehicles have one of some states."""
        wanted = np.zeros(256, np.bool_)
        wanted[list(status)] = True
        return int(np.count_nonzero(wanted[self.vehicles["status"][:self.count]]))

    @property
    def departed(self) -> int:
        """Vehicles whose time to set out has come."""
        return self.count - self.number(DUE)

    @property
    def arrived(self) -> int:
        """Vehicles at their target."""
        return self.number(ARRIVED)

    @property
    def stranded(self) -> int:
        """Vehicles off the road, with no way to any target."""
        return self.number(STRANDED)

    @property
    def en_route(self) -> int:
        """Vehicles on a link or in the queue at their origin."""
        return self.number(WAITING, DRIVING, HELD)

    @property
    def arrived_s(self) -> NDArray[np.float64]:
        """Times of arrival (vehicles,); nan while not arrived."""
        return self.vehicles["arrived_s"][:self.count]

    @property
    def learned(self) -> int:
        """Drivers who met a closure on their habitual way and have looked for another since."""
        return int(self._counts[LEARNED])

    @property
    def total_travel_time_s(self) -> float:
        """Seconds from setting out to arrival, waiting to enter the road included, over vehicles that have arrived."""
        v = self.vehicles
        here = v["status"][:self.count] == ARRIVED
        return float((v["arrived_s"][:self.count] - v["depart_s"][:self.count])[here].sum())

    def _make_room(self, needed: int) -> None:
        if needed <= len(self.vehicles):
            return
        room = max(needed, 2 * len(self.vehicles))
        new = _vehicles(room)
        new[:self.count] = self.vehicles[:self.count]
        self.vehicles = new


def _vehicles(room: int) -> Records:
    made = np.zeros(room, VEHICLE)
    made["following"], made["link"], made["arrived_s"], made["status"] = -1, -1, np.nan, DUE
    return made


def _fill(
    links: Records, net: TrafficNetwork, factor: NDArray[np.float64], lanes: NDArray[np.float64],
    delay_s: NDArray[np.float64],
) -> None:
    """Fill what follows from lanes and speed: times, capacity, storage, wave.

    A gap takes ``storage x headway - free-flow time`` back to the entry. With storage exactly length times jam
    density that is length over wave speed; with storage rounded to whole cars, and with a junction's delay in the
    free-flow time, it makes up for both, so that a full link still carries its capacity.
    """
    storage, headway, free = net.storage(lanes), net.headway_s(factor, lanes), net.drive_s(factor) + delay_s
    links["storage"], links["headway_s"], links["free_s"], links["weight"] = storage, headway, free, lanes
    links["back_s"] = np.maximum(storage / UNIT * headway - free, 0.0)


def _records(net: TrafficNetwork) -> tuple[Records, Records]:
    """Return the links' records, origins' queues after the roads, and the rings of returning room."""
    n, nodes = net.links, net.nodes
    links = np.zeros(n + nodes, LINK)
    for name in ("first", "last", "waits_for", "reverse"):
        links[name] = -1
    links["entry_ok"] = links["exit_ok"] = -np.inf
    links["tail"][:n], links["head"][:n], links["reverse"][:n] = net.tail, net.head, net.reverse
    links["tail"][n:] = links["head"][n:] = np.arange(nodes)
    links["source"], links["drain"] = n + links["tail"], n + links["head"]
    links["in_start"][n:], links["in_count"][n:] = net.in_start[:-1], np.diff(net.in_start)
    links["in_link"][:n] = net.in_link
    links["weight"], links["storage"] = net.settings.side_entry_weight, 2**30
    _fill(links[:n], net, np.ones(n), net.lanes, net.delay_s)
    links["free"] = links["storage"]
    # Contraflow can give a road the lanes of the other way, and a turn-back its vehicles: rings have room for both.
    both = net.lanes + np.where(net.reverse >= 0, net.lanes[np.maximum(net.reverse, 0)], 0.0)
    length = net.storage(both).astype(np.int64) // UNIT + 4
    links["ring_length"][:n] = length
    links["ring_start"][:n] = np.cumsum(length) - length
    return links, np.zeros(int(length.sum()), GAP)
