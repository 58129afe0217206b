"""Traffic whose drivers know present travel times: Braess's network, two equal exits, everyday trips beside it."""

from __future__ import annotations

import numpy as np
import pytest

from sim.traffic.traffic import Traffic
from tests.nets import HEADWAY, balance, finish, network, plain, road, route, send, tell, traffic_to

REFRESH_S = 300.0


def drive_informed(traffic: Traffic, targets: list[list[int]], *, refresh_s: float = REFRESH_S) -> None:
    """Advance until all are there; routes follow the times observed every so often."""
    while traffic.en_route or traffic.departed < traffic.count:
        assert traffic.now < 1e6
        traffic.observe()
        route(traffic, targets, traffic.link_time_s())
        traffic.choose_again()
        traffic.advance(traffic.now + refresh_s)
        balance(traffic)


def braess(bridge: bool) -> float:
    """Total travel time (s) on Braess's network (1968), with queues for rising costs.

    From 0 to 5 by a bottleneck and then a long road, or by a long road and then a bottleneck like the first; a
    bridge lets drivers take both bottlenecks and neither of the long roads.
    """
    long, short, wide = 6000.0, 600.0, 4.0
    roads = [
        road(0, 1, short, lanes=wide), road(1, 2, short), road(2, 5, long, lanes=wide),
        road(0, 3, long, lanes=wide), road(3, 4, short, lanes=wide), road(4, 5, short),
    ]
    if bridge:
        roads.append(road(2, 4, short, lanes=wide))
    net = network(roads, settings=plain(smoothing=1.0))
    traffic = traffic_to(net, [5])
    send(traffic, 6000, 0, every=HEADWAY / 2)
    drive_informed(traffic, [[5]])
    assert traffic.arrived == 6000
    if bridge:
        assert traffic.links["entered"][6] > 0.2 * 6000, "the bridge tempts"
    return traffic.total_travel_time_s


def test_braess_a_bridge_makes_it_worse_for_drivers_who_follow_present_times() -> None:
    without, with_bridge = braess(False), braess(True)
    tell("Braess, time with the bridge against without (s per car)", with_bridge / 6000, without / 6000)
    assert with_bridge >= without


@pytest.mark.parametrize(("refresh_s", "smoothing"), [(REFRESH_S, 0.5), (60.0, 1.0)])
def test_two_equal_exits_are_used_equally(refresh_s: float, smoothing: float) -> None:
    """Node 1 has a way to either side, each with a bottleneck at its end; the crowd asks for more than both carry."""
    net = network([road(0, 1, 600.0, lanes=3), road(1, 2, lanes=3), road(2, 4, 600.0),
                   road(1, 3, lanes=3), road(3, 5, 600.0)], settings=plain(smoothing=smoothing))
    traffic = traffic_to(net, [4, 5])
    # Drivers swing from one to the other; many swings, so that the last, unfinished one does not count.
    cars = 40_000
    send(traffic, cars, 0, every=HEADWAY / 2.2)
    drive_informed(traffic, [[4, 5]], refresh_s=refresh_s)
    left, right = traffic.links["entered"][2], traffic.links["entered"][4]
    assert left + right == cars
    tell(f"share of one of two equal exits, routes every {refresh_s:g} s", left / cars, 0.5)
    assert left / cars == pytest.approx(0.5, rel=0.02)


def test_everyday_trips_on_the_way_only_slow() -> None:
    """On one road everybody is as late or later for others who come in from the side; nobody is earlier."""
    net = network([road(0, 1, 600.0), road(1, 2, 600.0), road(2, 3, 600.0), road(4, 1, 600.0), road(5, 2, 600.0)])
    alone, beside = traffic_to(net, [3]), traffic_to(net, [3])
    for traffic in (alone, beside):
        send(traffic, 500, 0, every=1.2 * HEADWAY)
    send(beside, 100, 4, every=11.0, start=100.0)
    send(beside, 100, 5, every=13.0, start=50.0)
    finish(alone)
    finish(beside)
    later = beside.arrived_s[:500] - alone.arrived_s
    assert later.min() >= -1e-9
    assert later.mean() > HEADWAY
    assert np.isfinite(beside.arrived_s).all()
