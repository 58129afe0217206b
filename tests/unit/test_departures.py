"""Departures: who waits for whom, who gets a lift, who goes alone."""

from __future__ import annotations

import numpy as np
import pytest

from agents.population.columns import Bound, Mode, State, Waiting
from agents.population.pools import Pools
from tests.smallworld import WALK_MPS, Home, advance, drill, events_of, order, shelter, straight

ROAD = (0.0, 1000.0, 4000.0, 4500.0)
NOON = "2026-04-04T12:00+08:00"
READY_S = 300.0 + 600.0
ALL_COME = {"come_home_share": 1.0, "trip_home_kmh": 18.0, "detour": 1.5}
TRIP_MPS = 5.0 / 1.5
"""Speed of the trip home over the straight line."""


def leaving(homes, *zones, people=None, commands=(), **values):
    return drill(straight(ROAD, homes), plan={"shelters": [shelter("hall", "u0", 500)]},
                 commands=[*(order("5min", zone) for zone in zones), *commands], people=people, **values)


def test_a_household_waits_for_a_member_on_the_way_home():
    run = leaving([Home(3, (40, 38), wheels=1, day_node=1)], "u3", people=ALL_COME, start=NOON)
    home_s = 300 + 3500 / TRIP_MPS
    advance(run, 1200.0)
    c = run.residents.columns
    assert READY_S < 1200 < home_s
    assert (c["waiting"] == Waiting.ABSENT).all() and (c["state"] == State.PREPARING).all()
    assert c["x"].tolist() == [4500.0, 1000.0]
    run.run()
    assert c["depart_s"].tolist() == pytest.approx([home_s] * 2)
    assert (c["state"] == State.SHELTERED).all() and (c["mode"] == Mode.TWO_WHEELER).all()
    assert run.evacuation.departures.came_home == 1
    assert [e["detail"] for e in events_of(run, "departed")] == ['{"persons": 2}']


def test_nobody_waits_longer_than_the_limit():
    run = leaving([Home(3, (40, 38), wheels=1, day_node=1)], "u3", people={**ALL_COME, "wait_for_absent": "5min"},
                  start=NOON)
    run.run()
    c = run.residents.columns
    assert c["depart_s"][0] == READY_S and c["state"].tolist() == [State.SHELTERED, State.AWAY]
    assert run.evacuation.departures.not_waited_for == 1 and run.evacuation.departures.came_home == 0


def test_who_is_home_before_the_others_are_ready_holds_nobody_up():
    run = leaving([Home(3, (40, 38), wheels=1, day_node=2)], "u3", people=ALL_COME, start=NOON)
    run.run()
    assert 300 + 500 / TRIP_MPS < READY_S
    assert run.residents.columns["depart_s"].tolist() == [READY_S] * 2


def test_a_share_comes_home():
    homes = [Home(3, (40, 38), cars=1, day_node=2) for _ in range(1500)]
    run = leaving(homes, "u3", people={**ALL_COME, "come_home_share": 0.7}, start=NOON, duration="16min")
    run.run()
    assert run.evacuation.departures.came_home / 1500 == pytest.approx(0.7, abs=4 * np.sqrt(0.7 * 0.3 / 1500))


def test_a_day_place_where_nobody_lives_belongs_to_the_nearest_village():
    world = straight(ROAD, [Home(3, (40, 38), wheels=1, day_node=2)])
    # The only village near node 2 is v3's: its own has no place and nobody in it.
    world.places.rows[:] = [p for p in world.places.rows if p.id != "v2"]
    for row, place in enumerate(world.places.rows):
        object.__setattr__(place, "row", row)
    world.persons["village"][:] = world.places.get("v3").row
    run = drill(world, plan={"shelters": [shelter("hall", "u0", 9)]}, commands=[order("5min", "u3")], start=NOON)
    assert run.residents.node_village[2] == world.places.get("v3").row
    run.run()
    c = run.residents.columns
    # Ordered out too, he walks from there.
    assert c["state"].tolist() == [State.SHELTERED] * 2 and c["mode"][1] == Mode.FOOT
    assert c["safe_s"][1] - READY_S == pytest.approx(4000 / WALK_MPS, rel=1e-6)


def lift_seekers(*homes, patience="20min", **values):
    # The car's household is ready after those who would have to walk: they draw other preparation times.
    return leaving(list(homes), "u3", people={"lift_patience": patience}, **values)


SPREAD = {"preparation": {"median": "10min", "sigma": 0.4}}


def test_a_neighbour_with_seats_takes_them_along():
    homes = [Home(3, (40, 41, 9), cars=1, id=i) for i in range(6)] + [Home(3, (70, 71), id=6 + i) for i in range(6)]
    run = lift_seekers(*homes, behaviour=SPREAD, patience="2h")
    run.run()
    c, departures = run.residents.columns, run.evacuation.departures
    driven = c["ride"] != c["household"]
    assert departures.lifts == np.count_nonzero(driven) > 0
    assert (c["mode"][driven] == Mode.CAR).all()
    for row in np.flatnonzero(driven):
        driver = np.flatnonzero(c["household"] == c["ride"][row])
        assert c["depart_s"][row] == c["depart_s"][driver[0]]
        # They get on no sooner than they are ready, and arrive together.
        assert c["depart_s"][row] >= run.evacuation.plans.depart_s[c["household"][row]]
        assert c["safe_s"][row] == c["safe_s"][driver[0]]
    for car in range(6):
        assert np.count_nonzero(c["ride"] == car) <= 5
    # Nobody takes a family to pieces.
    for home in range(12):
        assert len(set(c["ride"][c["household"] == home].tolist())) == 1


def test_without_a_lift_they_walk_when_patience_is_over():
    run = lift_seekers(Home(3, (40, 41)), patience="20min")
    advance(run, 1500.0)
    c = run.residents.columns
    assert (c["waiting"] == Waiting.LIFT).all() and (c["state"] == State.PREPARING).all()
    assert run.evacuation.departures.waiting(int(c["village"][0])) == 2
    run.run()
    assert (c["mode"] == Mode.FOOT).all() and c["depart_s"].tolist() == [READY_S + 1200] * 2
    assert (c["waiting"] == Waiting.NOTHING).all() and (c["state"] == State.SHELTERED).all()


def test_a_neighbour_of_another_village_gives_no_lift():
    run = lift_seekers(Home(3, (40, 41)), Home(2, (40,), cars=1), behaviour={"preparation": {"median": "10min"}})
    run.run()
    assert run.evacuation.departures.lifts == 0


def test_a_cancelled_order_ends_the_waiting():
    run = lift_seekers(Home(3, (40, 41)), patience="2h",
                       commands=[{"at": "30min", "action": "cancel_evacuation", "args": {"zone": "u3"}}])
    run.run()
    c = run.residents.columns
    assert (c["state"] == State.NORMAL).all() and (c["waiting"] == Waiting.NOTHING).all()
    assert np.isinf(c["depart_s"]).all() and run.evacuation.departures.waiting(int(c["village"][0])) == 0


def test_an_order_given_again_moves_those_whose_waiting_was_called_off():
    commands = [{"at": "30min", "action": "cancel_evacuation", "args": {"zone": "u3"}}, order("1h", "u3")]
    run = lift_seekers(Home(3, (40, 41)), patience="30min", commands=commands)
    run.run()
    c = run.residents.columns
    assert (c["state"] == State.SHELTERED).all()
    # Ready ten minutes after the second order, half an hour more for a lift.
    assert c["depart_s"].tolist() == [3600 + 600 + 1800] * 2


def test_groups_made_ready_by_somebody_else_leave_at_once():
    run = leaving([Home(3, (40, 41, 70)), Home(3, (40,), cars=1), Home(3, (44,))], people={"to_shelter": 0.0})
    advance(run, 600.0)
    c = run.residents.columns
    rows, at = np.array([0, 2, 3, 4]), np.array([600.0, 600.0, 640.0, 650.0])
    for village in (c["village"][:1],):
        run.shelters.call(600.0)
        run.evacuation.orders.order(village)
    c["state"][rows] = State.PREPARING
    bound = np.full(4, Bound.SHELTER, np.uint8)
    run.evacuation.departures.depart_groups(rows, at, bound, np.array([-1, -1, -1, Mode.CAR]))
    assert c["mode"][rows].tolist() == [Mode.FOOT, Mode.FOOT, Mode.CAR, Mode.CAR]
    assert (c["depart_s"][rows] == at).all() and (c["state"][rows] == State.MOVING).all()
    # At the pace of the group's slowest, who is not the household's.
    assert c["walk_mps"][0] == c["walk_mps"][2] == np.float32(WALK_MPS * 0.5)
    run.run()
    assert (c["state"][rows] == State.SHELTERED).all()


def test_a_pool_takes_first_who_came_first_and_fits():
    pools, party = Pools(3, 6), np.array([2, 4, 1, 3, 2, 1], np.int16)
    for household, at in ((0, 10.0), (1, 20.0), (2, 30.0), (3, 40.0)):
        pools.join(household, 1, at)
    assert pools.waiting(1, party, 9) == 10 and pools.waiting(1, party, 3) == 6 and pools.waiting(2, party, 9) == 0
    assert pools.take(1, 3, party) == [0, 2]
    assert not pools.waits(0) and pools.waits(1) and pools.since(1) == 20.0
    assert pools.take(1, 0, party) == [] and pools.take(2, 9, party) == []
    pools.drop(1)
    pools.drop(1)
    assert pools.take(1, 9, party) == [3]


def test_habit_meets_a_closure_where_it_is():
    # A spur of 12 km joins u0 and u2; the straight road u0-u1 closes before anybody leaves.
    close = {"at": "6min", "action": "close_road", "args": {"a": "u0", "b": "u1"}}
    took = {}
    for share in (0.0, 1.0):
        run = drill(straight(ROAD, [Home(2, (40, 41), wheels=1)], spurs=[(0, 2)]),
                    plan={"shelters": [shelter("hall", "u0", 9)]}, commands=[order("5min", "u2"), close],
                    people={"informed_share": share})
        run.run()
        c = run.residents.columns
        assert (c["state"] == State.SHELTERED).all() and (c["informed"] == 1).all()
        took[share] = float(c["safe_s"][0] - c["depart_s"][0])
        assert run.evacuation.journeys.learned_at_closure == (0 if share else 2)
    assert took[1.0] == pytest.approx(12_000 / 5, rel=1e-6)
    # To u1 by habit, back to u2 and round.
    assert took[0.0] == pytest.approx((3000 + 3000 + 12_000) / 5, rel=1e-6)
