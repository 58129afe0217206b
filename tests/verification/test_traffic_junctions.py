"""Traffic at junctions against closed forms: shares at a merge, first in first out at a diverge."""

from __future__ import annotations

import numpy as np
import pytest

from sim.traffic.traffic import Traffic
from tests.nets import HEADWAY, finish, network, plain, road, send, tell, traffic_to

SHARE = 0.02
"""The shares' tolerance; what is left of it is one car in how many passed."""


def arrived(traffic: Traffic, some: np.ndarray) -> int:
    return int(np.isfinite(traffic.arrived_s[some]).sum())


@pytest.mark.parametrize(("left", "right"), [(1.0, 1.0), (2.0, 1.0), (1.0, 2.0), (3.0, 1.0), (3.0, 2.0)])
def test_two_full_roads_share_one_by_their_lanes(left: float, right: float) -> None:
    net = network([road(0, 2, lanes=left), road(1, 2, lanes=right), road(2, 3)])
    traffic = traffic_to(net, [3])
    a = send(traffic, 4000, 0, every=HEADWAY / left)
    b = send(traffic, 4000, 1, every=HEADWAY / right)
    traffic.advance(3200.0)
    through = arrived(traffic, a) + arrived(traffic, b)
    # The first 200 s are two free-flow times; the merge is never idle after.
    assert through == 1 + (3200.0 - 200.0) // HEADWAY
    tell(f"share of {left:g} lanes against {right:g}", arrived(traffic, a) / through, left / (left + right))
    assert arrived(traffic, a) / through == pytest.approx(left / (left + right), rel=SHARE)


@pytest.mark.parametrize("lanes", [1.0, 2.0])
@pytest.mark.parametrize("weight", [0.2, 0.5, 1.0])
def test_cars_that_set_out_at_a_node_get_the_share_of_a_side_entry(lanes: float, weight: float) -> None:
    net = network([road(0, 1, lanes=lanes), road(1, 2)], settings=plain(side_entry_weight=weight))
    traffic = traffic_to(net, [2])
    on_road = send(traffic, 6000, 0, every=HEADWAY / lanes)
    houses = send(traffic, 6000, 1, start=90.0)
    traffic.advance(200.0)
    before = arrived(traffic, on_road), arrived(traffic, houses)
    traffic.advance(6200.0)
    a, b = arrived(traffic, on_road) - before[0], arrived(traffic, houses) - before[1]
    assert a + b == 6000.0 / HEADWAY
    assert b / (a + b) == pytest.approx(weight / (weight + lanes), rel=SHARE)


def test_three_roads_and_the_houses_between_them_share_by_weight() -> None:
    net = network([road(0, 3), road(1, 3, lanes=2), road(2, 3, lanes=3), road(3, 4)],
                  settings=plain(side_entry_weight=0.5))
    traffic = traffic_to(net, [4])
    sent = [send(traffic, 9000, 0, every=HEADWAY), send(traffic, 9000, 1, every=HEADWAY / 2),
            send(traffic, 9000, 2, every=HEADWAY / 3), send(traffic, 9000, 3)]
    traffic.advance(500.0)
    before = np.array([arrived(traffic, some) for some in sent])
    traffic.advance(13_500.0)
    through = np.array([arrived(traffic, some) for some in sent]) - before
    assert through.sum() == 13_000.0 / HEADWAY
    assert through / through.sum() == pytest.approx(np.array([1.0, 2.0, 3.0, 0.5]) / 6.5, rel=SHARE)


def test_what_one_branch_does_not_use_the_other_gets() -> None:
    """One branch asks for 0.1 veh/s of 0.5, less than its half: it is hardly held up, and the other gets 0.4."""
    net = network([road(0, 2), road(1, 2), road(2, 3)])
    traffic = traffic_to(net, [3])
    little = send(traffic, 320, 0, every=10.0)
    much = send(traffic, 4000, 1, every=HEADWAY)
    traffic.advance(3200.0)
    assert arrived(traffic, little) / 3000.0 == pytest.approx(0.1, rel=SHARE)
    assert arrived(traffic, much) / 3000.0 == pytest.approx(0.4, rel=SHARE)
    came = traffic.vehicles["depart_s"][little[:300]]
    # Whoever comes waits for at most the one at the stop line and the one before it.
    assert (traffic.arrived_s[little[:300]] - came - 200.0).max() <= 2 * HEADWAY


def test_a_crossing_stream_does_not_change_who_gets_in() -> None:
    """Two roads compete for one while a third passes the same junction freely: each exit has its own order."""
    net = network([road(0, 3, lanes=2), road(1, 3), road(2, 3, lanes=2), road(3, 4), road(3, 5, lanes=2)])
    traffic = traffic_to(net, [4], [5])
    a, b = send(traffic, 4000, 0, every=HEADWAY / 2), send(traffic, 4000, 1, every=HEADWAY)
    crossing = send(traffic, 4000, 2, 1, every=HEADWAY / 2)
    traffic.advance(3200.0)
    assert arrived(traffic, crossing) == 1 + (3200.0 - 200.0) // (HEADWAY / 2)
    assert arrived(traffic, a) / (arrived(traffic, a) + arrived(traffic, b)) == pytest.approx(2 / 3, rel=SHARE)


def test_a_merge_shares_by_lanes_when_the_queue_comes_from_further_down() -> None:
    """The bottleneck is a link further on: room at the merge comes back as gaps, and is shared as capacity is."""
    net = network([road(0, 2, lanes=2), road(1, 2), road(2, 3, 300.0, lanes=3), road(3, 4)])
    traffic = traffic_to(net, [4])
    a, b = send(traffic, 6000, 0, every=HEADWAY / 2), send(traffic, 6000, 1, every=HEADWAY)
    traffic.advance(800.0)
    before = arrived(traffic, a), arrived(traffic, b)
    traffic.advance(6800.0)
    new = arrived(traffic, a) - before[0], arrived(traffic, b) - before[1]
    assert sum(new) == 6000.0 / HEADWAY
    assert new[0] / sum(new) == pytest.approx(2 / 3, rel=SHARE)


@pytest.mark.parametrize("slow_share", [0.5, 0.25])
def test_who_waits_for_a_blocked_branch_holds_up_those_behind(slow_share: float) -> None:
    """First in, first out: with a share p for a branch of capacity c, the whole road passes c / p."""
    per = round(1 / slow_share)
    net = network([road(0, 1, lanes=2), road(1, 2, speed=15.0), road(1, 3, lanes=2)])
    traffic = traffic_to(net, [2], [3])
    traffic.set_lanes(np.array([False, True, False]), np.array([2.0, 0.2, 2.0]))
    klass = np.where(np.arange(8000) % per == 0, 0, 1)
    ids = traffic.depart(np.arange(8000) * HEADWAY / 2, np.zeros(8000), klass)
    slow, fast = ids[klass == 0], ids[klass == 1]
    traffic.advance(400.0)
    before = arrived(traffic, slow), arrived(traffic, fast)
    traffic.advance(6400.0)
    blocked, free = arrived(traffic, slow) - before[0], arrived(traffic, fast) - before[1]
    capacity = 0.2 / HEADWAY
    tell("flow to the free branch (veh/s)", free / 6000.0, capacity * (per - 1))
    assert blocked / 6000.0 == pytest.approx(capacity, rel=SHARE)
    assert free / 6000.0 == pytest.approx(capacity * (per - 1), rel=SHARE)


def test_a_diverge_with_room_both_ways_takes_no_time() -> None:
    net = network([road(0, 1, lanes=2), road(1, 2), road(1, 3)])
    traffic = traffic_to(net, [2], [3])
    klass = np.arange(1000) % 2
    traffic.depart(np.arange(1000) * HEADWAY / 2, np.zeros(1000), klass)
    finish(traffic)
    assert traffic.arrived_s == pytest.approx(200.0 + np.arange(1000) * HEADWAY / 2, abs=1e-9)


def test_who_is_still_on_the_way_holds_up_nobody_who_is_there() -> None:
    """A full road empties while one car is far from it on a long road; three come by another and go straight on."""
    net = network([road(0, 2, 3000.0), road(1, 2, 75.0), road(2, 3, 75.0), road(3, 4, 75.0)])
    traffic = traffic_to(net, [4])
    exit_road = np.arange(4) == 3
    traffic.set_lanes(exit_road, np.zeros(4))
    send(traffic, 11, 2)
    far = send(traffic, 1, 0, start=60.0)
    traffic.advance(61.0)
    assert traffic.links["count"].tolist() == [1, 0, 10, 0]
    traffic.set_lanes(exit_road, np.ones(4))
    near = send(traffic, 3, 1, start=80.0)
    finish(traffic)
    assert traffic.arrived_s[near] == pytest.approx([95.0, 97.0, 99.0], abs=1e-9)
    assert traffic.arrived_s[far] == pytest.approx([270.0], abs=1e-9)


def test_a_slower_road_holds_back_a_car_whose_place_in_line_was_known() -> None:
    net = network([road(0, 1, 3000.0), road(1, 2, 75.0), road(2, 3, 75.0)])
    traffic = traffic_to(net, [3])
    traffic.set_lanes(np.arange(3) == 2, np.zeros(3))
    send(traffic, 11, 1)
    far = send(traffic, 1, 0, start=60.0)
    traffic.advance(160.0)
    traffic.set_lanes(np.arange(3) == 2, np.ones(3))
    traffic.set_speed(np.array([0.5, 1.0, 1.0]))
    finish(traffic)
    # Half of the 200 s driven at full speed, half at half.
    assert traffic.arrived_s[far] == pytest.approx([60.0 + 100.0 + 200.0 + 10.0], abs=1e-9)
