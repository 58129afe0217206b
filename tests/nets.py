"""Small road networks for the tests of traffic: every figure a round one, so that theory gives round results.

A road of one lane at 15 m/s with a time gap of 1.5 s and cars of 7.5 m carries a car every 2 s, holds one on 7.5 m
and sends gaps back at 5 m/s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.settings.traffic import TrafficSettings
from sim.traffic.network import TrafficNetwork
from sim.traffic.traffic import Traffic
from sim.world.routing import reverse_tree

SPEED = 15.0
SPACING = 7.5
GAP = 1.5
HEADWAY = GAP + SPACING / SPEED
WAVE = SPACING / GAP

Link = tuple[int, int, float, float, float]
"""Tail, head, length in m, free speed in m/s, lanes."""


def road(tail: int, head: int, length: float = 1500.0, *, speed: float = SPEED, lanes: float = 1.0) -> Link:
    return tail, head, length, speed, lanes


def plain(**other: Any) -> TrafficSettings:
    """Settings of round figures, without capacity drop and junction delay unless asked for."""
    words = {"jam_spacing_m": SPACING, "time_gap_s": GAP, "capacity_drop": 0.0, "junction_delay": 0.0, **other}
    return TrafficSettings.model_validate(words)


def network(roads: Sequence[Link], *, settings: TrafficSettings | None = None) -> TrafficNetwork:
    tail, head, length, speed, lanes = (np.array(column) for column in zip(*roads, strict=True))
    nodes = int(max(tail.max(), head.max())) + 1
    return TrafficNetwork.from_arrays(tail, head, length, speed, lanes, np.arange(nodes) * 100.0, np.zeros(nodes),
                                      settings=settings or plain())


def chain(roads: int, length: float = 1500.0, *, lanes: Sequence[float] | float = 1.0, speed: float = SPEED,
          settings: TrafficSettings | None = None) -> TrafficNetwork:
    """Roads one after the other: link i from node i to node i + 1."""
    wide = [lanes] * roads if isinstance(lanes, int | float) else list(lanes)
    return network([road(i, i + 1, length, lanes=wide[i], speed=speed) for i in range(roads)], settings=settings)


def route(traffic: Traffic, targets: Sequence[Sequence[int]], cost_s: NDArray[np.float64] | None = None) -> None:
    """Give every class the shortest ways to its targets, at free-flow times unless told; closed links are avoided."""
    net = traffic.network
    cost = net.free_s() if cost_s is None else cost_s
    cost = np.where(traffic.links["closed"], np.inf, cost)
    for klass, ends in enumerate(targets):
        time_s, link = np.empty(net.nodes), np.empty(net.nodes, np.int32)
        reverse_tree(net.in_start, net.in_link, net.tail, cost, np.array(ends, np.int32), np.zeros(len(ends)), time_s,
                     link, np.empty(net.nodes, np.int32))
        at_end = np.zeros(net.nodes, bool)
        at_end[list(ends)] = True
        traffic.set_routes(klass, np.where(np.isfinite(time_s), link, -1).astype(np.int32), at_end)


def traffic_to(net: TrafficNetwork, *targets: Sequence[int]) -> Traffic:
    """Traffic with one class for each list of targets, on shortest ways."""
    made = Traffic(net, len(targets))
    route(made, targets)
    return made


def send(traffic: Traffic, count: int, node: int, klass: int = 0, *, every: float = 0.0, start: float = 0.0,
         **other: Any) -> NDArray[np.int32]:
    """Have so many vehicles set out from a node, one every so many seconds."""
    return traffic.depart(start + every * np.arange(count), np.full(count, node), np.full(count, klass), **other)


def finish(traffic: Traffic, *, limit_s: float = 1e6) -> None:
    """Advance until nobody is on the way; fails if that takes longer than the limit."""
    while traffic.en_route or traffic.departed < traffic.count:
        assert traffic.now < limit_s, f"{traffic.en_route} still under way at {traffic.now:.0f} s"
        traffic.advance(traffic.now + limit_s / 8)


def balance(traffic: Traffic) -> None:
    """What must hold at any time: nobody is lost, a link's room is in use, free or on its way back, queues tally."""
    roads, v = traffic.links, traffic.vehicles[:traffic.count]
    assert traffic.departed == traffic.arrived + traffic.en_route + traffic.stranded
    on_road = v[v["link"] >= 0]
    assert np.array_equal(np.bincount(on_road["link"], minlength=len(traffic._all)), traffic._all["count"])
    used = np.bincount(on_road["link"], weights=on_road["size"], minlength=len(traffic._all))[:len(roads)]
    road_of = np.repeat(np.arange(len(roads)), roads["ring_count"])
    nth = np.arange(len(road_of)) - np.repeat(np.cumsum(roads["ring_count"]) - roads["ring_count"], roads["ring_count"])
    ring = roads[road_of]
    gaps = traffic._gaps[ring["ring_start"] + (ring["ring_head"] + nth) % ring["ring_length"]]
    back = np.bincount(road_of, weights=gaps["units"], minlength=len(roads))
    assert np.array_equal(roads["free"] + used + back, roads["storage"])
    bound = traffic._all["waits_for"]
    assert np.array_equal(np.bincount(bound[bound >= 0], minlength=len(traffic._all)), traffic._all["waiting"])


def tell(what: str, measured: float, theory: float) -> None:
    """Print a measured value beside the theory's; ``pytest -rP`` shows it."""
    print(f"{what}: {measured:.4g}, theory {theory:.4g} ({100 * (measured / theory - 1):+.2f} %)")
