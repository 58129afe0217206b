"""Vehicles with a fixed exit on a network given as a table: run in our traffic model, timed in CPU seconds."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.settings.traffic import TrafficSettings
from sim.traffic.network import TrafficNetwork
from sim.traffic.traffic import Traffic
from sim.world.road_table import RoadTable, Trips, read_table, read_trips
from sim.world.routing import reverse_tree

H_S = 3600.0
NEVER_S = 20 * 24 * H_S
"""A case that has not ended by now will not."""
COMPILE_VEHICLES = 50
REPEATS = 5
"""Runs that a CPU figure below a second is the median of."""


@dataclass(frozen=True)
class Case:
    """A network and its trips as given, and the parameters of traffic on it."""

    table: RoadTable
    trips: Trips
    settings: TrafficSettings

    @property
    def vehicles(self) -> int:
        """Number of vehicles."""
        return len(self.trips.depart_s)

    def part(self, rows: NDArray[np.int64]) -> Case:
        """Return the case with these vehicles only."""
        return Case(self.table, self.trips.take(rows), self.settings)


@dataclass(frozen=True)
class Outcome:
    """What came of a run: totals, CPU seconds of the run itself, and times of arrival (vehicles,; nan for none)."""

    total_vehh: float
    cpu_s: float
    arrived: int
    stranded: int
    en_route: int
    squeezed: int
    arrived_s: NDArray[np.float64]

    @property
    def last_s(self) -> float:
        """Time of the last arrival (s)."""
        return float(np.nanmax(self.arrived_s)) if self.arrived else math.nan


def read_case(folder: Path, settings: TrafficSettings) -> Case:
    """Return the case of a folder with tables of nodes, links and trips; InputError for a bad row."""
    table = read_table(folder)
    return Case(table, read_trips(folder, table), settings)


class Trees:
    """Shortest ways to each exit: one class of routes an exit, found again on other times at will."""

    def __init__(self, case: Case) -> None:
        self.table = case.table
        self.exits, klass = np.unique(case.trips.exit, return_inverse=True)
        self.klass = klass.astype(np.int16)
        self.start, self.link = case.table.incoming()
        n = len(case.table.node_id)
        self.time_s, self.next_link, self.nearest = (
            np.empty(n), np.empty(n, np.int32), np.empty(n, np.int32))

    def find(self, node: int, cost_s: NDArray[np.float64]) -> None:
        """Find the fastest ways to one node at these link times (links,; s) into ``time_s`` and ``next_link``."""
        reverse_tree(self.start, self.link, self.table.tail, cost_s, np.array([node], np.int32), np.zeros(1),
                     self.time_s, self.next_link, self.nearest)

    def set(self, traffic: Traffic, cost_s: NDArray[np.float64]) -> None:
        """Give the traffic the fastest ways at these link times (links,; s)."""
        for klass, node in enumerate(self.exits):
            self.find(int(node), cost_s)
            target = np.zeros(len(self.table.node_id), np.bool_)
            target[node] = True
            traffic.set_routes(klass, self.next_link, target)


def free_flow_ways(case: Case) -> list[list[int]]:
    """Return each vehicle's links on its free-flow shortest way, one list a vehicle; empty where there is none."""
    trees = Trees(case)
    next_of = []
    for node in trees.exits:
        trees.find(int(node), case.table.free_s)
        next_of.append(trees.next_link.tolist())
    head = case.table.head.tolist()
    ways = []
    for origin, exit_, klass in zip(case.trips.origin.tolist(), case.trips.exit.tolist(), trees.klass.tolist(),
                                    strict=True):
        way, node, onward = [], origin, next_of[klass]
        while node != exit_ and onward[node] >= 0:
            way.append(onward[node])
            node = head[onward[node]]
        ways.append(way)
    return ways


def run(case: Case, *, step_s: float, reroute: bool = False, until_s: float = NEVER_S) -> Outcome:
    """Run a case to its last arrival, or to ``until_s``, in steps; time it from arrays to outcome, in CPU seconds.

    With ``reroute``, everybody's way is found again on present times at each refresh of the settings.
    """
    start = time.process_time()
    table = case.table
    network = TrafficNetwork.from_arrays(
        table.tail, table.head, table.length_m, table.speed_mps, table.lanes, table.x_m, table.y_m,
        reverse=table.reverse, settings=case.settings)
    trees = Trees(case)
    traffic = Traffic(network, classes=len(trees.exits))
    trees.set(traffic, network.free_s())
    traffic.depart(case.trips.depart_s, case.trips.origin, trees.klass)
    refresh_s = case.settings.refresh
    done = 0
    k = 0
    next_refresh = refresh_s
    while done < case.vehicles and traffic.now < until_s:
        k += 1
        done += len(traffic.advance(min(k * step_s, until_s)))
        if reroute and traffic.now >= next_refresh:
            next_refresh += refresh_s
            trees.set(traffic, traffic.observe())
    cpu_s = time.process_time() - start
    arrived_s = np.asarray(traffic.arrived_s)
    ends = np.where(np.isnan(arrived_s), traffic.now, arrived_s)
    under_way = np.maximum(ends - case.trips.depart_s, 0.0)
    return Outcome(float(under_way.sum()) / H_S, cpu_s, traffic.arrived, traffic.stranded, traffic.en_route,
                   traffic.squeezed, arrived_s)


def timed(case: Case, *, step_s: float, reroute: bool = False, until_s: float = NEVER_S) -> Outcome:
    """Run a case several times and return it with the median of its CPU seconds."""
    runs = [run(case, step_s=step_s, reroute=reroute, until_s=until_s) for _ in range(REPEATS)]
    middle = float(np.median([one.cpu_s for one in runs]))
    last = runs[-1]
    return Outcome(last.total_vehh, middle, last.arrived, last.stranded, last.en_route, last.squeezed,
                   last.arrived_s)


def compile_kernels(case: Case) -> float:
    """Run a few vehicles, so that every kernel is compiled or loaded; return the CPU seconds that took."""
    start = time.process_time()
    run(case.part(np.arange(min(COMPILE_VEHICLES, case.vehicles))), step_s=case.settings.refresh, reroute=True)
    return time.process_time() - start
