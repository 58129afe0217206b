"""Properties of traffic on any network, whatever happens to it: nobody is lost, twins and steps agree."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some

from sim.traffic.network import TrafficNetwork
from sim.traffic.state import STRANDED
from sim.traffic.traffic import GRIDLOCK_S, Traffic
from tests.nets import Link, balance, network, plain, road, route, traffic_to
from tests.traffictwin import Twin

ROUNDING_S = 1e-9

lengths = some.floats(8.0, 300.0)
speeds = some.floats(3.0, 30.0)
lanes = some.sampled_from([1.0, 1.0, 2.0, 3.0])
policies = some.sampled_from(["turn_back", "drive_on", "hold"])


@some.composite
def networks(draw: some.DrawFn, policy: str = "drive_on") -> TrafficNetwork:
    """A ring there and back, so that every node reaches every other, and chords; 3 to 7 nodes."""
    n = draw(some.integers(3, 7))
    roads: list[Link] = []
    for i in range(n):
        for tail, head in ((i, (i + 1) % n), ((i + 1) % n, i)):
            roads.append(road(tail, head, draw(lengths), speed=draw(speeds), lanes=draw(lanes)))
    for _ in range(draw(some.integers(0, 4))):
        a, b = draw(some.integers(0, n - 1)), draw(some.integers(1, n - 1))
        roads.append(road(a, (a + b) % n, draw(lengths), speed=draw(speeds), lanes=draw(lanes)))
    return network(roads, settings=plain(
        on_closed_link=policy, capacity_drop=draw(some.sampled_from([0.0, 0.1])),
        junction_delay=draw(some.sampled_from([0.0, 2.0])), side_entry_weight=draw(some.sampled_from([0.2, 1.0]))))


Trips = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@some.composite
def trips(draw: some.DrawFn, nodes: int, start: float = 0.0) -> Trips:
    """Times, nodes, classes (0 or 1) and sizes of up to 150 vehicles, bunched so that they queue."""
    made = draw(some.lists(some.tuples(
        some.floats(0.0, 60.0), some.integers(0, nodes - 1), some.integers(0, 1),
        some.sampled_from([4, 4, 4, 6, 10])), min_size=1, max_size=30))
    copies = draw(some.integers(1, 5))
    rows = [(start + t + 0.37 * c, node, klass, size) for t, node, klass, size in made for c in range(copies)]
    t, node, klass, size = (np.array(column) for column in zip(*rows, strict=True))
    return t, node, klass, size


def set_out(traffic: Traffic, some_trips: Trips) -> None:
    t, node, klass, size = some_trips
    traffic.depart(t, node, klass, size=size)


@settings(max_examples=80, deadline=None)
@given(data=some.data())
def test_the_kernel_and_its_plain_twin_agree(data: Any) -> None:
    net = data.draw(networks())
    made = data.draw(trips(net.nodes))
    traffic = traffic_to(net, [0], [1])
    twin = Twin(net, traffic.next_link.tolist(), net.settings.capacity_drop)
    set_out(traffic, made)
    traffic.advance(3000.0)
    t, node, klass, size = (column.tolist() for column in made)
    twin.run(t, node, klass, size, 3000.0)
    theirs = np.array([twin.arrived.get(v, np.nan) for v in range(len(t))])
    assert np.array_equal(np.isnan(theirs), np.isnan(traffic.arrived_s))
    assert np.nanmax(np.abs(theirs - traffic.arrived_s), initial=0.0) <= ROUNDING_S
    assert [r.entered for r in twin.roads[:net.links]] == traffic.links["entered"].tolist()


def change(traffic: Traffic, data: Any, stranded: set[int]) -> None:
    """Do one thing to the roads or to those on them."""
    n = traffic.network.links
    which = np.array(data.draw(some.lists(some.booleans(), min_size=n, max_size=n)))
    thing = data.draw(some.sampled_from(["close", "open", "lanes", "speed", "route", "resume", "observe", "depart"]))
    if thing == "close":
        traffic.set_closed(traffic.links["closed"] | which)
    elif thing == "open":
        traffic.set_closed(traffic.links["closed"] & ~which)
    elif thing == "lanes":
        traffic.set_lanes(which, np.array(data.draw(some.lists(
            some.sampled_from([0.0, 0.5, 1.0, 2.0]), min_size=n, max_size=n))))
    elif thing == "speed":
        traffic.set_speed(np.where(which, data.draw(some.sampled_from([0.0, 0.2, 0.5, 1.0])), 1.0))
    elif thing == "route":
        route(traffic, [[0], [1]])
        traffic.choose_again()
    elif thing == "resume":
        traffic.resume(np.array(sorted(stranded), np.int32))
        stranded.clear()
    elif thing == "observe":
        assert (traffic.observe() >= traffic.links["free_s"]).all()
    else:
        set_out(traffic, data.draw(trips(traffic.network.nodes, traffic.now - 30.0)))


@settings(max_examples=80, deadline=None)
@given(data=some.data())
def test_nobody_is_lost_whatever_happens_to_the_roads(data: Any) -> None:
    """At every report departed = arrived + en route + stranded; once all is open again, everybody arrives."""
    net = data.draw(networks(policy=data.draw(policies)))
    traffic = traffic_to(net, [0], [1])
    set_out(traffic, data.draw(trips(net.nodes)))
    stranded: set[int] = set()

    def report(until_s: float) -> None:
        closed, entered = traffic.links["closed"].copy(), traffic.links["entered"].copy()
        done = traffic.advance(until_s)
        stranded.update(v for v in done.tolist() if traffic.vehicles["status"][v] == STRANDED)
        assert len(stranded) == traffic.stranded
        assert (traffic.links["entered"] == entered)[closed].all()
        balance(traffic)

    for _ in range(data.draw(some.integers(1, 8))):
        report(traffic.now + data.draw(some.sampled_from([0.25, 3.0, 20.0, 100.0])))
        change(traffic, data, stranded)
        balance(traffic)
    traffic.set_closed(np.zeros(net.links, bool))
    traffic.set_lanes(np.ones(net.links, bool), net.lanes)
    traffic.set_speed(np.ones(net.links))
    route(traffic, [[0], [1]])
    traffic.choose_again()
    traffic.resume(np.array(sorted(stranded), np.int32))
    stranded.clear()
    while traffic.en_route or traffic.departed < traffic.count:
        assert traffic.now < 1000 * GRIDLOCK_S, f"{traffic.en_route} stand for ever"
        report(traffic.now + GRIDLOCK_S)
        traffic.observe()
    assert traffic.arrived == traffic.count
    assert (traffic.arrived_s >= traffic.vehicles["depart_s"][:traffic.count]).all()


@settings(max_examples=40, deadline=None)
@given(data=some.data())
def test_the_step_changes_no_bit_of_a_run(data: Any) -> None:
    net = data.draw(networks(policy=data.draw(policies)))
    made = data.draw(trips(net.nodes))
    closed = np.array(data.draw(some.lists(some.booleans(), min_size=net.links, max_size=net.links)))
    results = []
    for step in (0.25, 1.0, 5.0, 40.0):
        traffic = traffic_to(net, [0], [1])
        set_out(traffic, made)
        for i in range(round(200.0 / step)):
            traffic.advance((i + 1) * step)
            if traffic.now == 40.0:
                traffic.set_closed(closed)
                route(traffic, [[0], [1]])
                traffic.choose_again()
            if traffic.now == 120.0:
                traffic.set_closed(~closed)
                route(traffic, [[0], [1]])
                traffic.choose_again()
        v = traffic.vehicles[:traffic.count]
        results.append((v["arrived_s"].tobytes(), v["entry_s"].tobytes(), v["link"].tobytes(), v["status"].tobytes(),
                        traffic.links["lost_s"].tobytes(), traffic.links["free"].tobytes()))
    assert all(result == results[0] for result in results)
