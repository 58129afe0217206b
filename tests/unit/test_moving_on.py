"""Moving on: guests and the sheltered whose refuge is ordered out in its turn."""

from __future__ import annotations

import numpy as np
import pytest

from agents.population.columns import Mode, State
from tests.smallworld import (
    CAR_FACTOR,
    SPEED_MPS,
    WALK_MPS,
    WHEEL_MPS,
    Home,
    advance,
    drill,
    events_of,
    order,
    straight,
)
from tests.smallworld import shelter as hall

ROAD = (0.0, 1000.0, 4000.0, 4500.0)
READY_S = 600.0
CAR_MPS = SPEED_MPS * CAR_FACTOR
GUESTS = {"to_shelter": 0.0, "guests_per_resident": 1.0}
SECOND_S = 7200.0
NEXT_S = SECOND_S + READY_S
"""The refuge is ordered out after two hours, and left when those in it are ready."""


def leaving(homes, *, shelters=(), people=None, commands=(), gateways=(), buses=(), **values):
    """Zone u3 is ordered out after five minutes, and whoever finds refuge gets in at once."""
    return drill(straight(ROAD, homes, gateways=gateways), plan={"shelters": list(shelters), "buses": list(buses)},
                 commands=[order("5min", "u3"), *commands], people=people or {}, **values)


def again(zone, at="2h", **values):
    return {"at": at, "action": "order_evacuation", "args": {"zone": zone, **values}}


TWO_HALLS = (hall("near", "u2", 50), hall("far", "u0", 50))


def test_guests_leave_with_their_hosts_village_and_are_hosted_elsewhere():
    homes = [Home(3, (40, 41), wheels=1), Home(2, (50, 51)), Home(0, (60, 61, 62, 63))]
    run = leaving(homes, people=GUESTS, commands=[again("u2")])
    advance(run, SECOND_S)
    c, hosts = run.residents.columns, run.evacuation.hosts
    first = c["depart_s"][:2].copy()
    assert c["state"][:2].tolist() == [State.HOSTED] * 2 and (c["safe_s"][:2] < SECOND_S).all()
    advance(run, NEXT_S + 60)
    assert c["state"][:2].tolist() == [State.MOVING] * 2 and np.isinf(c["safe_s"][:2]).all()
    assert hosts.guests.sum() == 0
    run.run()
    assert c["state"][:2].tolist() == [State.HOSTED] * 2
    assert c["safe_s"][:2] == pytest.approx(NEXT_S + 4000 / WHEEL_MPS, rel=1e-6)
    assert (c["depart_s"][:2] == first).all()
    at = {place.row: place.id for place in run.world.places}
    assert {at[row] for row in hosts.host_of[:2].tolist()} == {"v0"} and hosts.guests.sum() == 2 + 2
    assert run.evacuation.moving_on.moved_on == 2
    told = [(e["agent"], e["place"], e["t_s"], e["detail"]) for e in events_of(run, "moved_on")]
    assert told == [("H0", "v2", NEXT_S, '{"persons": 2}')]


def test_the_sheltered_drive_on_when_the_village_is_to_be_emptied():
    run = leaving([Home(3, (40, 41), cars=1)], shelters=TWO_HALLS, commands=[again("u2")])
    run.run()
    c = run.residents.columns
    assert [s.occupants for s in run.shelters.rows] == [0, 2]
    assert (c["shelter"] == 1).all() and (c["mode"] == Mode.CAR).all()
    assert c["safe_s"] == pytest.approx(NEXT_S + 4000 / CAR_MPS, rel=1e-6)
    assert (c["depart_s"] == 300.0 + READY_S).all()


def test_the_sheltered_stay_where_shelters_do():
    run = leaving([Home(3, (40, 41), cars=1)], shelters=TWO_HALLS, commands=[again("u2", shelters_stay=True)])
    run.run()
    assert [s.occupants for s in run.shelters.rows] == [2, 0]
    assert run.evacuation.moving_on.moved_on == 0


def test_those_at_the_door_go_on_and_eat_nothing():
    slow = {**hall("near", "u2", 50), "opening": {"median": "5h"}}
    run = leaving([Home(3, (40, 41), wheels=1)], shelters=[slow, hall("far", "u0", 50)], commands=[again("u2")])
    advance(run, SECOND_S)
    c, near = run.residents.columns, run.shelters.rows[0]
    assert (c["state"] == State.AT_DOOR).all() and near.at_door == near.occupants == 2
    run.run()
    assert run.now > near.open_s
    assert (c["state"] == State.SHELTERED).all() and (c["shelter"] == 1).all()
    assert near.at_door == near.occupants == 0
    near.consume(run.now, 1.0)
    assert near.short == pytest.approx(0.0, abs=1e-9)


def test_what_they_ate_before_they_went_on_is_reckoned():
    run = leaving([Home(3, (40, 41), wheels=1)], shelters=TWO_HALLS, commands=[again("u2")])
    advance(run, SECOND_S)
    safe = run.residents.columns["safe_s"][0]
    run.run()
    near = run.shelters.rows[0]
    near.consume(run.now, 1.0)
    assert near.short == pytest.approx(2 * (NEXT_S - safe) / 86400.0, rel=1e-9)


def test_a_cancelled_order_lets_them_stay_and_a_new_one_counts_from_its_own_time():
    cancel = {"at": "125min", "action": "cancel_evacuation", "args": {"zone": "u2"}}
    homes = [Home(3, (40, 41), wheels=1)]
    stays = leaving(homes, shelters=TWO_HALLS, commands=[again("u2"), cancel])
    stays.run()
    assert [s.occupants for s in stays.shelters.rows] == [2, 0]
    goes = leaving(homes, shelters=TWO_HALLS, commands=[again("u2"), cancel, again("u2", "128min")])
    goes.run()
    assert [e["t_s"] for e in events_of(goes, "moved_on")] == [128 * 60 + READY_S]


def test_advice_and_then_an_order_move_them_once():
    run = leaving([Home(3, (40, 41), wheels=1)], shelters=TWO_HALLS,
                  commands=[again("u2", kind="advised"), again("u2", "125min")])
    run.run()
    assert run.evacuation.moving_on.moved_on == 2
    assert [e["t_s"] for e in events_of(run, "moved_on")] == [NEXT_S]


def test_without_another_refuge_they_leave_the_county():
    run = leaving([Home(3, (40, 41), cars=1)], shelters=[TWO_HALLS[0]], gateways=(0,), commands=[again("u2")])
    run.run()
    assert run.residents.columns["state"].tolist() == [State.LEFT] * 2


def test_a_lift_goes_on_with_the_car_and_walks_without_it():
    homes = [Home(3, (42, 70)), Home(3, (40, 41), cars=1)]
    lift = {"lift_patience": "20min"}
    quick = {"preparation": {"median": "10min"}}
    run = leaving(homes, shelters=TWO_HALLS, people=lift, behaviour=quick, commands=[again("u2")])
    advance(run, SECOND_S)
    c = run.residents.columns
    assert c["ride"].tolist() == [1] * 4 and (c["state"] == State.SHELTERED).all()
    run.run()
    assert (c["mode"] == Mode.CAR).all() and len(set(c["safe_s"].tolist())) == 1
    run = leaving(homes, shelters=TWO_HALLS, people=lift, behaviour=quick, commands=[again("u2")])
    advance(run, SECOND_S)
    c = run.residents.columns
    # Those whose car it is die in the shelter: nobody else drives it.
    c["state"][2:] = State.DEAD
    run.run()
    assert c["mode"][:2].tolist() == [Mode.FOOT] * 2 and c["ride"][:2].tolist() == [0, 0]
    # At the pace of the elder.
    assert c["safe_s"][:2] == pytest.approx(NEXT_S + 4000 / (WALK_MPS / 2), rel=1e-6)


def test_whoever_came_by_bus_walks_on():
    bus = {"id": "coach", "place": "u3", "capacity": 40, "mobilisation": {"median": "0s"}, "on_order": True}
    run = leaving([Home(3, (40, 41))], shelters=TWO_HALLS, people={"bus_patience": "1h"}, buses=[bus],
                  commands=[again("u2")])
    advance(run, SECOND_S)
    c = run.residents.columns
    assert (c["mode"] == Mode.BUS).all() and (c["state"] == State.SHELTERED).all()
    run.run()
    assert (c["mode"] == Mode.FOOT).all() and (c["shelter"] == 1).all()
    assert c["safe_s"] == pytest.approx(NEXT_S + 4000 / WALK_MPS, rel=1e-6)


def test_nobody_is_taken_in_where_everybody_is_to_leave():
    # Ordered out while the walkers are on their way to it by habit, 500 m off.
    homes = [Home(3, (40, 41))]
    run = leaving(homes, shelters=TWO_HALLS, people={"informed_share": 0.0}, commands=[again("u2", "16min")])
    run.run()
    assert [(s.most, s.occupants) for s in run.shelters.rows] == [(0, 0), (2, 2)]


def test_preparation_is_the_households_own_and_comes_with_a_stream_of_its_own():
    homes = [Home(3, (40,), wheels=1, id=7 + i) for i in range(400)]
    ready = {"preparation": {"median": "10min", "sigma": 0.5}}
    run = leaving(homes, shelters=(hall("near", "u2", 500), hall("far", "u0", 500)), behaviour=ready,
                  commands=[again("u2", "5h")], duration="9h")
    run.run()
    at = np.array([e["t_s"] for e in events_of(run, "moved_on")])
    logs = np.log((at - 5 * 3600.0) / 600.0)
    # Within four standard errors of the mean and the standard deviation of 400 logs.
    assert len(logs) == 400 and logs.mean() == pytest.approx(0.0, abs=4 * 0.5 / 20)
    assert logs.std() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(800))
    first = run.evacuation.plans.depart_s - run.evacuation.plans.warned_s
    by_id = {e["agent"]: e["t_s"] - 5 * 3600.0 for e in events_of(run, "moved_on")}
    second = np.array([by_id[f"H{7 + i}"] for i in range(400)])
    # Drawn anew: their ranks at home and now have nothing to do with each other (four standard errors).
    assert abs(np.corrcoef(np.argsort(np.argsort(first)), np.argsort(np.argsort(second)))[0, 1]) < 4 / 20


def test_an_order_repeated_empties_the_shelters_or_keeps_them():
    homes, stay = [Home(3, (40, 41), cars=1)], again("u2", "1h", shelters_stay=True)
    run = leaving(homes, shelters=TWO_HALLS, commands=[stay, again("u2")])
    advance(run, SECOND_S - 60)
    u2 = next(p.row for p in run.world.places.of_kind("village") if p.id == "v2")
    assert [s.occupants for s in run.shelters.rows] == [2, 0] and not run.evacuation.orders.emptied[u2]
    run.run()
    assert [s.occupants for s in run.shelters.rows] == [0, 2]
    assert [e["t_s"] for e in events_of(run, "moved_on")] == [NEXT_S]
    # Taken back before they have packed, they stay; the order itself is the first one.
    back = again("u2", "125min", shelters_stay=True)
    run = leaving(homes, shelters=TWO_HALLS, commands=[stay, again("u2"), back])
    run.run()
    assert [s.occupants for s in run.shelters.rows] == [2, 0] and run.evacuation.moving_on.moved_on == 0
    assert run.evacuation.village_ordered_s[u2] == 3600 and not run.evacuation.orders.emptied[u2]


def test_advice_after_an_order_does_not_change_what_it_says_of_shelters():
    run = leaving([Home(3, (40, 41), cars=1)], shelters=TWO_HALLS,
                  commands=[again("u2", "1h", shelters_stay=True), again("u2", kind="advised")])
    run.run()
    assert run.evacuation.moving_on.moved_on == 0
