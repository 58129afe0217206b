"""Traffic's parts: what a network refuses, what follows from it, the calendar, what is seen of a run."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
import pytest

from sim.errors import InputError
from sim.random import Streams
from sim.traffic import calendar
from sim.traffic.network import TrafficNetwork
from sim.traffic.state import ARRIVED, DRIVING, DUE, WAITING
from tests.nets import HEADWAY, SPACING, SPEED, chain, finish, network, plain, road, send, traffic_to

GOOD: dict[str, list[float]] = {
    "tail": [0, 1], "head": [1, 2], "length_m": [100.0, 200.0], "speed_mps": [15.0, 15.0], "lanes": [1.0, 2.0]}


def build(**other: Any) -> TrafficNetwork:
    return TrafficNetwork.from_arrays(**{**GOOD, **other}, x=np.zeros(3), y=np.zeros(3), settings=plain(),
                                      where="roads.csv")


@pytest.mark.parametrize(("bad", "text"), [
    ({"length_m": [100.0, -5.0]}, """a link is too short, or its length negative
  value:   -5.0
  where:   roads.csv, link 1
  allowed: metres, 1 or more
  mend:    1 link(s) are like this; correct the table"""),
    ({"length_m": [float("nan"), 0.5]}, """a link is too short, or its length negative
  value:   nan
  where:   roads.csv, link 0
  allowed: metres, 1 or more
  mend:    2 link(s) are like this; correct the table"""),
    ({"head": [1, 3]}, """a link enters a node that is not there
  value:   3
  where:   roads.csv, link 1
  allowed: nodes 0 to 2
  mend:    1 link(s) are like this; correct the table"""),
    ({"tail": [-1, 1]}, """a link leaves a node that is not there
  value:   -1
  where:   roads.csv, link 0
  allowed: nodes 0 to 2
  mend:    1 link(s) are like this; correct the table"""),
    ({"speed_mps": [15.0, 0.0]}, """a link's free speed is not positive
  value:   0.0
  where:   roads.csv, link 1
  allowed: metres per second above 0
  mend:    1 link(s) are like this; correct the table"""),
    ({"lanes": [0.4, 2.0]}, """a link's capacity is below one vehicle: it has no whole lane
  value:   0.4
  where:   roads.csv, link 0
  allowed: 1 lane or more
  mend:    1 link(s) are like this; correct the table"""),
])
def test_a_table_that_cannot_be_is_refused_with_what_to_mend(bad: dict[str, list[float]], text: str) -> None:
    with pytest.raises(InputError) as refused:
        build(**bad)
    assert str(refused.value) == text


def test_capacity_and_storage_follow_from_lanes_speed_and_spacing() -> None:
    net = build()
    assert net.capacity_vph() == pytest.approx([1800.0, 3600.0])
    assert net.headway_s() == pytest.approx([HEADWAY, HEADWAY / 2])
    assert net.storage().tolist() == [4 * round(100 / SPACING), 4 * round(400 / SPACING)]
    assert net.free_s(0.5) == pytest.approx([200 / SPEED, 400 / SPEED])
    assert net.storage(np.zeros(2)).tolist() == [4, 4], "never less than one car"


def test_each_link_has_one_link_the_other_way_at_most() -> None:
    net = network([road(0, 1), road(1, 0), road(0, 1), road(1, 2), road(2, 2), road(1, 0)])
    assert net.reverse.tolist() == [1, 0, 5, -1, -1, 2]


def test_a_node_of_three_neighbours_is_a_junction_however_many_links_it_has() -> None:
    net = network([road(0, 1), road(1, 0), road(1, 2), road(2, 1), road(1, 3), road(0, 1)],
                  settings=plain(junction_delay=2.0))
    assert net.delay_s.tolist() == [2.0, 0.0, 0.0, 2.0, 0.0, 2.0]


@pytest.mark.parametrize("size", [3, 0, [4, 2]])
def test_vehicles_smaller_than_a_car_are_refused(size: Any) -> None:
    traffic = traffic_to(chain(1), [1])
    with pytest.raises(ValueError, match=r"vehicles of \d units; a car, the smallest, has 4"):
        traffic.depart([1.0, 2.0], [0, 0], [0, 0], size=size)
    assert traffic.count == 0


def test_who_is_to_leave_in_the_past_leaves_now() -> None:
    traffic = traffic_to(chain(1), [1])
    traffic.advance(50.0)
    send(traffic, 1, 0, start=20.0)
    assert traffic.vehicles["depart_s"][0] == 50.0
    finish(traffic)
    assert traffic.arrived_s[0] == 150.0
    assert traffic.total_travel_time_s == 100.0


def test_departures_told_in_any_order_and_late_set_out_in_order_of_time() -> None:
    """And those already told of are not forgotten."""
    traffic = traffic_to(chain(1), [1])
    traffic.depart([40.0, 10.0, 30.0], np.zeros(3), np.zeros(3))
    traffic.advance(15.0)
    assert traffic.vehicles["status"][:3].tolist() == [DUE, DRIVING, DUE]
    traffic.depart([35.0, 5.0], np.zeros(2), np.zeros(2))
    assert traffic.departed == 1
    finish(traffic)
    assert traffic.arrived_s.tolist() == [140.0, 110.0, 130.0, 135.0, 115.0]


def test_room_for_vehicles_grows() -> None:
    traffic = traffic_to(chain(1), [1])
    for _ in range(5):
        send(traffic, 700, 0)
    finish(traffic)
    assert traffic.arrived == 3500
    assert np.diff(np.sort(traffic.arrived_s)) == pytest.approx(HEADWAY)


def test_who_sets_out_at_its_target_is_there() -> None:
    traffic = traffic_to(chain(1), [1])
    send(traffic, 3, 1, start=4.0)
    assert traffic.advance(4.0).tolist() == [0, 1, 2]
    assert (traffic.arrived_s == 4.0).all()


def test_advance_tells_who_is_done_in_order_of_time() -> None:
    traffic = traffic_to(network([road(0, 2), road(1, 2, 300.0)]), [2])
    a, b = send(traffic, 3, 0, every=10.0), send(traffic, 3, 1, every=10.0, start=85.0)
    assert traffic.advance(99.0).tolist() == []
    # 100, 110, 120 s against 105, 115, 125 s.
    assert traffic.advance(200.0).tolist() == [a[0], b[0], a[1], b[1], a[2], b[2]]
    assert traffic.advance(300.0).tolist() == []


def test_a_traced_vehicle_leaves_the_times_of_its_nodes() -> None:
    traffic = traffic_to(chain(3, 150.0), [3])
    traffic.log_passages(10)
    send(traffic, 1, 0, traced=True)
    send(traffic, 1, 0, start=100.0)
    traffic.advance(15.0)
    assert [tuple(p) for p in traffic.passages()] == [(10.0, 0, 1)]
    traffic.advance(500.0)
    assert [tuple(p) for p in traffic.passages()] == [(20.0, 0, 2), (30.0, 0, 3)]


def test_places_and_queues_show_who_drives_and_who_stands() -> None:
    """One car is let on to a road without lanes before it stops taking others; four come up to it, 7.5 m apart."""
    traffic = traffic_to(chain(2, 150.0), [2])
    traffic.set_lanes(np.array([False, True]), np.zeros(2))
    send(traffic, 1, 0)
    send(traffic, 4, 0, start=5.0)
    traffic.advance(20.0)
    # They came at 5, 7, 9 and 11 s, for 10 s of driving.
    assert traffic.queues().tolist() == [3, 0]
    share = traffic.positions()[1:5]
    assert share == pytest.approx([1.0, 0.95, 0.9, 0.85])
    assert traffic.vehicles["status"][:5].tolist() == [ARRIVED] + [DRIVING] * 4


def test_present_times_are_smoothed_and_closed_links_are_infinite() -> None:
    traffic = traffic_to(chain(2, 150.0, settings=plain(smoothing=0.25)), [2])
    send(traffic, 2, 0, every=HEADWAY)
    traffic.advance(1.0)
    traffic.set_lanes(np.array([False, True]), np.zeros(2))
    traffic.advance(52.0)
    # The second came on the road at 2 s and has had it for 50 s; seen with a weight of a quarter.
    assert traffic.observe() == pytest.approx([0.25 * 50.0 + 0.75 * 10.0, 10.0])
    traffic.set_closed(np.array([False, True]))
    assert traffic.link_time_s()[1] == np.inf


def test_statuses_add_up() -> None:
    traffic = traffic_to(chain(1), [1])
    send(traffic, 10, 0)
    send(traffic, 5, 0, start=1000.0)
    traffic.advance(5.0)
    assert (traffic.departed, traffic.en_route, traffic.arrived, traffic.stranded) == (10, 10, 0, 0)
    assert traffic.number(WAITING) == 7
    assert traffic.number(DRIVING) == 3
    traffic.advance(500.0)
    assert traffic.number(ARRIVED) == 10


def test_the_calendar_gives_events_out_in_order_of_time_and_entity() -> None:
    """Against a heap: events set, moved and taken back, near and further than the wheel goes round."""
    entities, span = 300, 3 * calendar.BUCKETS * calendar.BUCKET_S
    events = calendar.new_calendar(entities, 0.0)
    draw = Streams(9).of("tests.calendar")
    due: dict[int, float] = {}
    u = draw.uniforms(np.arange(3000)[:, None], np.arange(3)[None, :])
    for who, when, what in u:
        e = int(who * entities)
        if what < 0.2 and e in due:
            calendar.cancel(events, e)
            del due[e]
        else:
            # Quarters of a bucket, so that some are at the same time.
            due[e] = round(when * (60.0 if what < 0.6 else span) * 16) / 16
            calendar.schedule(events, e, due[e])
    expected = [(t, e) for e, t in due.items()]
    heapq.heapify(expected)
    got = []
    end = 0.0
    while end <= span:
        end = calendar.load(events, np.inf)
        while events[-1]["heap"] > 0:
            e = int(events[0]["heap"])
            got.append((float(events[e]["at"]), e))
            calendar.cancel(events, e)
        events[-1]["bucket"] += 1
    assert got == [heapq.heappop(expected) for _ in range(len(expected))]
    assert len(got) == len(due) > 100
