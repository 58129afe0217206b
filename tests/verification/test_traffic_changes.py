"""Traffic while roads change under it: closures, ways that end and open, gridlock, lanes, speeds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.traffic.state import ARRIVED, STRANDED
from sim.traffic.traffic import GRIDLOCK_S, Traffic
from tests.nets import (
    HEADWAY,
    SPACING,
    SPEED,
    balance,
    chain,
    finish,
    network,
    plain,
    road,
    route,
    send,
    traffic_to,
)


def only(traffic: Traffic, *links: int) -> np.ndarray:
    return np.isin(np.arange(traffic.network.links), links)


def two_ways(**other: Any) -> Traffic:
    """Node 0 to 1 by a road there and back, on to 3 by a short way and by a longer one over 2."""
    net = network([road(0, 1), road(1, 0), road(1, 3), road(3, 1), road(1, 2), road(2, 3), road(2, 1)],
                  settings=plain(**other))
    return traffic_to(net, [3])


@pytest.mark.parametrize("policy", ["turn_back", "drive_on", "hold"])
def test_nobody_enters_a_closed_road_and_nobody_is_lost(policy: str) -> None:
    traffic = two_ways(on_closed_link=policy)
    send(traffic, 300, 0, every=HEADWAY)
    traffic.advance(250.0)
    entered = int(traffic.links["entered"][2])
    assert entered == 76, "those who left node 0 from 0 to 150 s"
    traffic.set_closed(only(traffic, 2, 3))
    route(traffic, [[3]])
    traffic.choose_again()
    for t in (260.0, 400.0, 800.0, 3000.0):
        traffic.advance(t)
        balance(traffic)
        assert traffic.links["entered"][2] == entered
    # 76 on it or through it: the first reached its end at 200 s, 26 of them by 250 s; half-way is 50 s.
    inside = entered - 26
    assert (traffic.turned_back, traffic.drove_on, traffic.held_up) == {
        "turn_back": (25, inside - 25, 0), "drive_on": (0, inside, 0), "hold": (0, 0, inside)}[policy]
    assert traffic.arrived == {"turn_back": 300, "drive_on": 300, "hold": 300 - inside}[policy]
    assert traffic.en_route == (inside if policy == "hold" else 0)
    if policy == "hold":
        traffic.set_closed(only(traffic))
        traffic.advance(3000.0 + 100.0 + inside * HEADWAY)
        assert traffic.arrived == 300


def test_who_turns_back_drives_back_as_far_as_it_had_come() -> None:
    traffic = two_ways()
    send(traffic, 1, 0)
    traffic.advance(130.0)
    traffic.set_closed(only(traffic, 2, 3))
    route(traffic, [[3]])
    finish(traffic)
    # 30 s up the closed road and 30 s back, then the long way.
    assert traffic.arrived_s[0] == pytest.approx(160.0 + 200.0, abs=1e-9)


def test_a_queue_whose_tail_turns_back_still_has_its_head_in_line() -> None:
    """The head of a closed road waits to leave it, once; those behind it turn round."""
    net = network([road(0, 1, 150.0), road(1, 0, 150.0), road(1, 2, 150.0), road(3, 1, 150.0)])
    traffic = traffic_to(net, [2])
    send(traffic, 60, 0, every=HEADWAY)
    send(traffic, 60, 3, every=HEADWAY)
    while traffic.links["waits_for"][0] != 2:
        assert traffic.now < 60.0
        traffic.advance(traffic.now + 0.25)
    traffic.set_closed(only(traffic, 0, 1))
    assert traffic.turned_back > 0
    while traffic.now < 1000.0:
        balance(traffic)
        traffic.advance(traffic.now + 0.5)
    assert traffic.arrived + traffic.stranded == 120


def test_when_both_directions_close_each_driver_is_counted_once() -> None:
    traffic = traffic_to(network([road(0, 1), road(1, 0)]), [1], [0])
    send(traffic, 20, 0, 0, every=5.0)
    send(traffic, 20, 1, 1, every=5.0)
    traffic.advance(90.0)
    on_road = int(traffic.links["count"].sum())
    traffic.set_closed(np.array([True, True]))
    assert traffic.turned_back + traffic.drove_on == on_road
    assert traffic.turned_back == sum(1 for t in range(0, 95, 5) if 90.0 - t < 50.0) * 2
    balance(traffic)


def test_who_has_no_way_is_counted_and_goes_on_when_one_opens() -> None:
    traffic = traffic_to(chain(2), [2])
    send(traffic, 50, 0, every=10.0)
    traffic.advance(150.0)
    traffic.set_closed(only(traffic, 1))
    route(traffic, [[2]])
    stranded: list[int] = []
    for t in range(160, 1000, 10):
        done = traffic.advance(float(t))
        stranded += [int(v) for v in done if traffic.vehicles["status"][v] == STRANDED]
        balance(traffic)
    assert traffic.arrived + traffic.stranded == 50
    assert traffic.en_route == 0
    assert sorted(stranded) == np.flatnonzero(traffic.vehicles["status"][:50] == STRANDED).tolist()
    # The six that had entered link 1 from 100 to 150 s cannot turn on a one-way road: they drive on.
    assert (traffic.drove_on, traffic.turned_back, traffic.stranded) == (6, 0, 44)
    traffic.set_closed(only(traffic))
    route(traffic, [[2]])
    traffic.resume(np.array(stranded))
    assert traffic.stranded == 0
    balance(traffic)
    finish(traffic)
    assert traffic.arrived == 50
    assert np.isfinite(traffic.arrived_s).all()
    # They stood at node 1 (those on their way) or at node 0, and left one headway after the other.
    assert np.sort(traffic.arrived_s)[-1] <= 990.0 + 200.0 + 50 * HEADWAY


def test_where_no_way_was_ever_nobody_drives() -> None:
    traffic = traffic_to(network([road(0, 1), road(2, 1)]), [2])
    send(traffic, 7, 0, start=3.0)
    done = traffic.advance(3.0)
    assert len(done) == 7
    assert (traffic.departed, traffic.stranded, traffic.en_route, traffic.arrived) == (7, 7, 0, 0)
    assert (traffic.vehicles["entry_s"][:7] == 3.0).all()


def test_the_habitual_learn_at_a_closure_and_the_informed_go_round_it() -> None:
    net = two_ways().network
    traffic = traffic_to(net, [3], [3])
    traffic.informed[0] = 1
    send(traffic, 20, 0, 0, every=5.0)
    send(traffic, 20, 0, 1, every=5.0, start=2.5)
    traffic.set_closed(only(traffic, 2, 3))
    habit = traffic.next_link[0].copy()
    route(traffic, [[3], [3]])
    traffic.next_link[0] = habit
    finish(traffic)
    assert traffic.arrived == 40
    assert traffic.learned == 20
    assert (traffic.vehicles["klass"][:40] == 1).all()


def test_a_ring_of_full_roads_squeezes_through_and_everybody_arrives() -> None:
    """Four roads in a ring, each full of those bound for the road after the next: none could ever move."""
    n = 4
    net = network([road(i, (i + 1) % n, 75.0) for i in range(n)], settings=plain(side_entry_weight=2.0))
    traffic = traffic_to(net, *[[i] for i in range(n)])
    for i in range(n):
        send(traffic, 60, i, (i + 3) % n)
    traffic.advance(GRIDLOCK_S)
    assert traffic.arrived == 0
    assert (traffic.links["count"] == 10).all()
    stood_from = traffic.links["entered"].copy()
    traffic.advance(20 * GRIDLOCK_S)
    assert (traffic.links["entered"] == stood_from).all()
    while traffic.en_route and traffic.now < 400 * GRIDLOCK_S:
        traffic.observe()
        balance(traffic)
        traffic.advance(traffic.now + 300.0)
    assert traffic.squeezed > 0
    assert traffic.arrived == n * 60


def test_contraflow_doubles_the_outflow() -> None:
    net = network([road(0, 1, 300.0), road(1, 0, 300.0)])
    traffic = traffic_to(net, [1], [0])
    send(traffic, 4000, 0, 0)
    send(traffic, 30, 1, 1)
    traffic.advance(1000.0)
    before = traffic.arrived
    traffic.set_closed(only(traffic, 1), drain=only(traffic, 1))
    traffic.advance(2000.0)
    assert traffic.links["count"][1] == 0
    one = traffic.arrived - before
    traffic.set_lanes(only(traffic, 0, 1), np.array([2.0, 0.0]))
    traffic.advance(2100.0)
    before = traffic.arrived
    traffic.advance(3100.0)
    assert traffic.arrived - before == 1000.0 / (HEADWAY / 2)
    assert traffic.arrived - before == 2 * one
    balance(traffic)
    traffic.set_lanes(only(traffic, 0, 1), np.array([1.0, 1.0]))
    traffic.set_closed(only(traffic))
    send(traffic, 30, 1, 1, start=3100.0)
    traffic.advance(3300.0)
    before = traffic.arrived
    traffic.advance(3500.0)
    assert traffic.arrived - before == 200.0 / HEADWAY
    finish(traffic)
    balance(traffic)
    assert traffic.arrived == 4060


def test_a_road_without_lanes_for_a_while_is_none_the_worse() -> None:
    """Those on it stand, and go on as if no time had passed."""
    net = chain(3, 300.0)
    free, stopped = traffic_to(net, [3]), traffic_to(net, [3])
    for traffic in (free, stopped):
        send(traffic, 100, 0, every=HEADWAY)
    finish(free)
    stopped.advance(101.0)
    stopped.set_lanes(only(stopped, 1, 2), np.zeros(3))
    stopped.advance(5000.0)
    balance(stopped)
    stopped.set_lanes(only(stopped, 1, 2), np.ones(3))
    finish(stopped)
    late = stopped.arrived_s - free.arrived_s
    assert stopped.arrived == 100
    assert late.max() <= 5000.0 - 101.0 + 2 * HEADWAY
    balance(stopped)


@pytest.mark.parametrize("factor", [0.5, 0.25, 1.0])
def test_a_speed_that_changes_under_way_counts_from_where_the_car_is(factor: float) -> None:
    traffic = traffic_to(chain(1), [1])
    send(traffic, 2, 0, every=20.0)
    traffic.advance(60.0)
    traffic.set_speed(np.array([factor]))
    assert traffic.positions()[:2] == pytest.approx([0.6, 0.4])
    traffic.advance(70.0)
    traffic.set_speed(np.array([1.0]))
    finish(traffic)
    assert traffic.arrived_s == pytest.approx(np.array([100.0, 120.0]) + 10.0 * (1 - factor), abs=1e-9)


def test_slower_roads_carry_less_and_their_queues_keep_their_delay() -> None:
    """Capacity at a factor f of free speed: 1 / (tau + spacing / (f v))."""
    factor = 0.25
    traffic = traffic_to(chain(2, lanes=[2, 1]), [2])
    send(traffic, 3000, 0, every=HEADWAY / 2)
    traffic.advance(1000.0)
    lost = traffic.links["lost_s"].copy()
    traffic.set_speed(np.full(2, factor))
    assert (traffic.links["lost_s"] == lost).all()
    traffic.advance(2000.0)
    before = traffic.arrived
    slow = 1.5 + SPACING / (factor * SPEED)
    traffic.advance(2000.0 + 400 * slow)
    assert traffic.arrived - before == pytest.approx(400, abs=1)
    traffic.set_speed(np.ones(2))
    finish(traffic)
    assert int((traffic.vehicles["status"][:3000] == ARRIVED).sum()) == 3000


def test_more_lanes_let_those_in_who_wait_for_room_at_once() -> None:
    """A queue on one lane moves up when its road gets a second: nobody waits for the gap it was told of."""
    traffic = traffic_to(chain(2, 300.0), [2])
    traffic.set_lanes(only(traffic, 1), np.array([1.0, 0.0]))
    send(traffic, 200, 0, every=HEADWAY)
    traffic.advance(600.0)
    assert traffic.links["count"][0] == 40
    traffic.set_lanes(only(traffic, 0), np.array([2.0, 0.0]))
    traffic.advance(600.0 + 40 * HEADWAY / 2)
    assert traffic.links["count"][0] == 80
