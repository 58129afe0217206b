"""Traffic once more, in plain Python: the same rules over a heap of moments, to compare the kernel with.

The rules. A vehicle may leave its link when it is first in line, has driven the free-flow time and a headway has
passed since the one before it; it may enter the next when a headway has passed since the last entry there and there
is room, room coming back to the entry some time after it was freed at the exit. A head for whose link nobody waits
is asked once that link can take it as far as is known when it becomes first in line, or waits from then on where the
link is full and nothing is known; who is refused waits, and of those who wait and have arrived the one whose turn is
lowest goes.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from math import inf

from sim.traffic.kernel import BREAKDOWN_S
from sim.traffic.network import TrafficNetwork
from sim.traffic.state import UNIT

WAIT, READY, SUPPLY = 0, 1, 2
"""Order of events at one moment: departures, heads in order of their links, merges in order of theirs."""


@dataclass
class Road:
    free: float
    headway: float
    back: float
    room: int
    storage: int
    weight: float
    line: deque[tuple[int, float]] = field(default_factory=deque)   # vehicle, entry time
    gaps: deque[tuple[float, int]] = field(default_factory=deque)   # time, units
    entry_ok: float = -inf
    exit_ok: float = -inf
    ready_s: float = inf
    waiting: set[int] = field(default_factory=set)
    turn: float = 0.0
    turn_for: int = -1
    clock: float = 0.0
    ready: float = inf
    supply: float = inf
    entered: int = 0


class Twin:
    """One run: vehicles of one class on fixed routes; ``arrived_s`` and ``entered`` are what is compared."""

    def __init__(self, net: TrafficNetwork, next_link: list[list[int]], drop: float) -> None:
        self.net, self.next, self.drop = net, next_link, drop
        free, headway, storage = net.free_s(), net.headway_s(), net.storage()
        self.roads = [Road(free[a], headway[a], max(storage[a] / UNIT * headway[a] - free[a], 0.0), int(storage[a]),
                           int(storage[a]), net.lanes[a]) for a in range(net.links)]
        self.roads += [Road(0.0, 0.0, 0.0, 2**30, 2**30, net.settings.side_entry_weight) for _ in range(net.nodes)]
        self.heap: list[tuple[float, int, int]] = []
        self.arrived: dict[int, float] = {}
        self.queued: dict[int, float] = {}
        self.size: list[int] = []
        self.klass: list[int] = []

    def head_of(self, a: int) -> int:
        return int(self.net.head[a]) if a < self.net.links else a - self.net.links

    def bound_for(self, a: int) -> int:
        return self.next[self.klass[self.roads[a].line[0][0]]][self.head_of(a)]

    def at(self, kind: int, a: int, t: float) -> None:
        road = self.roads[a]
        if kind == READY:
            road.ready = t
        else:
            road.supply = t
        if t < inf:
            heapq.heappush(self.heap, (t, kind, a))

    def plan_ready(self, a: int, t: float) -> None:
        road = self.roads[a]
        if not road.line:
            self.at(READY, a, inf)
            return
        v, entered = road.line[0]
        when = max(t, entered + road.free, road.exit_ok)
        b = self.bound_for(a)
        if b >= 0 and not self.roads[b].waiting:
            when = max(when, self.roads[b].entry_ok)
            if self.roads[b].room < min(self.size[v], self.roads[b].storage):
                if not self.roads[b].gaps:
                    self.wait(a, b, max(t, entered + road.free, road.exit_ok))
                    return
                when = max(when, self.roads[b].gaps[0][0])
        self.at(READY, a, when)

    def wait(self, a: int, b: int, ready_s: float) -> None:
        self.at(READY, a, inf)
        self.roads[a].ready_s = ready_s
        self.take_turn(a, b)
        self.roads[b].waiting.add(a)

    def plan_supply(self, b: int, t: float) -> None:
        road = self.roads[b]
        when = max(t, road.entry_ok)
        if road.room < UNIT:
            when = max(when, road.gaps[0][0]) if road.gaps else inf
        self.at(SUPPLY, b, when)

    def regain(self, b: int, t: float) -> None:
        road = self.roads[b]
        while road.gaps and road.gaps[0][0] <= t:
            road.room += road.gaps.popleft()[1]

    def take_turn(self, a: int, b: int) -> None:
        own, clock = self.roads[a], self.roads[b].clock
        own.turn = max(own.turn, clock) if own.turn_for == b else clock
        own.turn_for = b

    def push(self, b: int, v: int, t: float) -> None:
        self.roads[b].line.append((v, t))
        self.roads[b].entered += 1
        if len(self.roads[b].line) == 1:
            self.plan_ready(b, t)

    def pop(self, a: int, t: float) -> None:
        road = self.roads[a]
        v, _ = road.line.popleft()
        road.exit_ok = t + road.headway * self.size[v] / UNIT
        if a < self.net.links:
            road.gaps.append((t + road.back, self.size[v]))
            if road.waiting and road.supply == inf:
                self.plan_supply(a, t)
        self.plan_ready(a, t)

    def move(self, a: int, b: int, t: float) -> None:
        own, goal = self.roads[a], self.roads[b]
        self.take_turn(a, b)
        goal.clock = own.turn
        v, entered = own.line[0]
        c = self.next[self.klass[own.line[1][0]]][self.head_of(a)] if len(own.line) > 1 else b
        own.turn_for = c if c >= 0 else b
        own.turn = self.roads[own.turn_for].clock + self.size[v] / UNIT / own.weight
        gap = goal.headway * self.size[v] / UNIT
        waited = t - entered - own.free
        if a < self.net.links:
            self.queued[v] = self.queued.get(v, 0.0) + waited if waited >= own.headway else 0.0
            if self.queued[v] >= BREAKDOWN_S:
                gap /= 1 - self.drop
        goal.room -= self.size[v]
        goal.entry_ok = t + gap
        self.pop(a, t)
        self.push(b, v, t)

    def ask(self, a: int, t: float) -> None:
        v, _ = self.roads[a].line[0]
        b = self.bound_for(a)
        if b < 0:
            self.arrived[v] = t
            self.pop(a, t)
            return
        if not self.roads[b].waiting:
            self.regain(b, t)
            if self.roads[b].entry_ok <= t and self.roads[b].room >= min(self.size[v], self.roads[b].storage):
                self.move(a, b, t)
                return
        self.wait(a, b, t)
        self.plan_supply(b, t)

    def serve(self, b: int, t: float) -> None:
        road = self.roads[b]
        if not road.waiting:
            return
        if road.entry_ok > t:
            self.plan_supply(b, t)
            return
        self.regain(b, t)
        there = [a for a in road.waiting if self.roads[a].ready_s <= t]
        if not there:
            self.at(SUPPLY, b, min(self.roads[a].ready_s for a in road.waiting))
            return
        best = min(there, key=lambda a: (self.roads[a].turn, a))
        if road.room < min(self.size[self.roads[best].line[0][0]], road.storage):
            if road.gaps:
                self.at(SUPPLY, b, max(t, road.gaps[0][0]))
            return
        road.waiting.remove(best)
        self.move(best, b, t)
        if road.waiting:
            self.plan_supply(b, t)

    def run(self, depart: list[float], node: list[int], klass: list[int], size: list[int], until: float) -> None:
        self.size, self.klass = size, klass
        self.heap = [(t, WAIT, v) for v, t in enumerate(depart)]
        heapq.heapify(self.heap)
        while self.heap and self.heap[0][0] <= until:
            t, kind, a = heapq.heappop(self.heap)
            if kind == WAIT:
                self.push(self.net.links + node[a], a, t)
            elif kind == READY and self.roads[a].ready == t:
                self.roads[a].ready = inf
                self.ask(a, t)
            elif kind == SUPPLY and self.roads[a].supply == t:
                self.roads[a].supply = inf
                self.serve(a, t)
