"""Contraflow: drained in the order of travel, ended when its road closes or by command; closures while it drains."""

from __future__ import annotations

import numpy as np
import pytest

from agents.population.columns import State
from experiments.record_traffic import TrafficRecorder
from tests.smallworld import CAR_FACTOR, SPEED_MPS, Home, advance, drill, events_of, order, shelter, straight

LONG = (0.0, 1000.0, 2000.0, 3000.0, 4000.0)
QUIET = {"background_trips_per_1000_h": 0, "junction_delay": "0s", "capacity_drop": 0}
MPS = SPEED_MPS * CAR_FACTOR
OUT = [("u4", "u3"), ("u3", "u2"), ("u2", "u1"), ("u1", "u0")]


def both_ways(*commands, homes=(), to=50, **values):
    """Two cars drive up the road, from u0 to a shelter at u4, from 900 s on; others may drive down it."""
    return drill(straight(LONG, [Home(0, (40,), cars=1), Home(0, (41,), cars=1), *homes]),
                 plan={"shelters": [shelter("hall", "u4", to)]}, traffic=QUIET,
                 commands=[order("5min", "u0"), *commands], **values)


def contraflow(at):
    return [{"at": at, "action": "contraflow", "args": {"a": a, "b": b}} for a, b in OUT]


def whole_road(run):
    """Contraflow on the whole road as one, out of u4 to u0."""
    links = np.zeros(run.world.roads.link_count, np.bool_)
    links[[7, 5, 3, 1]] = True
    return run.road_measures.contraflow(links)


def test_those_who_drive_against_it_get_to_its_end_first():
    run = both_ways()
    advance(run, 960.0)
    # Both are on the first link; the others are empty and would be handed over were they closed first.
    assert whole_road(run) == 4
    run.run()
    c = run.residents.columns
    assert (c["state"] == State.SHELTERED).all()
    assert c["safe_s"][0] == pytest.approx(900 + 4000 / MPS)
    at = run.road_measures.handed_over_s
    assert [a for a, _ in sorted(at.items(), key=lambda item: (item[1], item[0]))] == [0, 2, 4, 6]
    assert at[6] >= c["safe_s"].max()
    assert run.evacuation.traffic.lanes.tolist() == [1, 2] * 4


def test_a_road_that_closes_ends_it_and_lets_them_turn_round():
    # Down the road from u4 to a shelter at u0, with a second shelter at u4 behind them.
    run = drill(straight(LONG, [Home(3, (40,), cars=1)]), traffic=QUIET,
                plan={"shelters": [shelter("down", "u0", 50), shelter("up", "u4", 50)],
                      "measures": [order("5min", "u3")]},
                commands=[{"at": "6min", "action": "close_road", "args": {"a": "u3", "b": "u4"}},
                          {"at": "17min", "action": "open_road", "args": {"a": "u3", "b": "u4"}},
                          {"at": "18min", "action": "close_road", "args": {"a": "u1", "b": "u2"}}])
    advance(run, 960.0)
    whole_road(run)
    assert run.road_measures.contraflows
    run.run()
    assert not run.road_measures.contraflows and not run.evacuation.driving.extra_closed.any()
    assert [e["kind"] for e in events_of(run, "end_contraflow")] == ["end_contraflow"]
    c = run.residents.columns
    assert (c["state"] == State.SHELTERED).all()
    assert run.shelters.rows[int(c["shelter"][0])].id == "up"


def test_its_end_gives_the_lanes_back_and_opens_the_other_way_once_all_fit():
    homes = [Home(4, (40,), cars=1) for _ in range(900)]
    # A narrow end: u0's road keeps one lane, so that the queue fills both lanes of the others.
    run = drill(straight(LONG, homes), plan={"shelters": [shelter("hall", "u0", 2000)]}, traffic=QUIET,
                commands=[order("5min", "u4")])
    links = np.zeros(run.world.roads.link_count, np.bool_)
    links[[7, 5, 3]] = True
    advance(run, 360.0)
    assert run.road_measures.contraflow(links) == 3
    advance(run, 2400.0)
    traffic = run.evacuation.traffic
    assert traffic.links["count"][3] > traffic.network.storage()[3] // 4
    assert run.road_measures.end_contraflow(links) == 3
    assert traffic.lanes.tolist() == [1] * 8
    # Too many stand on it still: the other way stays closed to cars until they fit.
    assert traffic.links["free"][3] < 0 and run.evacuation.driving.extra_closed[2]
    ended = run.now
    while run.road_measures.contraflows and run.now < run.duration_s:
        run.step()
    assert ended + 60 < run.now < run.duration_s
    assert (traffic.links["count"] <= traffic.network.storage() // 4).all()
    assert not run.evacuation.driving.extra_closed.any()
    run.run()
    assert traffic.arrived == 900


def test_a_closure_turns_those_back_who_are_on_a_draining_road():
    run = both_ways({"at": "17min", "action": "close_road", "args": {"a": "u0", "b": "u1"}})
    advance(run, 960.0)
    whole_road(run)
    traffic = run.evacuation.traffic
    share = traffic.positions()[:2].copy()
    assert traffic.turned_back == 0
    # At 17 min they are 960 m and less down the first kilometre: past half-way they drive on, before it they turn.
    advance(run, 1080.0)
    assert traffic.turned_back + traffic.drove_on >= 2
    assert (share < 1).all()


def test_no_queue_is_remembered_once_all_cars_are_there():
    homes = [Home(node, (40, 41), cars=1) for node in (1, 2) for _ in range(300)]
    run = drill(straight((0.0, 1000.0, 4000.0), homes), plan={"shelters": [shelter("hall", "u0", 2000)]},
                traffic=QUIET, commands=[order("5min", "u1"), order("5min", "u2")], duration="10h")
    advance(run, 2400.0)
    assert run.roads.delay_s.max() > 60.0
    run.run()
    assert run.evacuation.traffic.arrived == 600
    assert run.roads.delay_s.max() == 0.0
    assert np.array_equal(run.evacuation.traffic.link_time_s(), run.evacuation.traffic.links["free_s"])


def test_the_recorded_capacity_is_that_in_force_when_it_was_needed():
    homes = [Home(2, (40, 41), cars=1) for _ in range(300)]
    run = drill(straight((0.0, 1000.0, 4000.0), homes), plan={"shelters": [shelter("hall", "u0", 2000)]},
                traffic=QUIET, commands=[order("5min", "u2"),
                                         {"at": "6min", "action": "contraflow", "args": {"a": "u2", "b": "u1"}}])
    recorder = TrafficRecorder.of(run)
    run.run()
    capacity = recorder.arrays()["capacity_vph"]
    assert capacity[3] == pytest.approx(2 * capacity[1], rel=1e-6)
