"""Shelters: who gets in, where the others go, and how long the relief lasts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from agents.population.columns import State
from experiments.measure import measure
from sim.errors import InputError
from tests.smallworld import Home, advance, drill, events_of, order, shelter, straight

ROAD = (0.0, 1000.0, 2000.0, 6000.0)
CAR_MPS = 8.0


def leaving(homes, *zones, shelters, gateways=(), road=ROAD, **values):
    commands = [order("5min", zone) for zone in zones] + values.pop("commands", [])
    return drill(
        straight(road, homes, gateways=gateways), plan={"shelters": shelters}, commands=commands, **values
    )


def test_overflow_goes_to_the_next_shelter():
    # Three households come to u1 one after the other (they prepare differently); two fit.
    homes = [Home(2, (40, 41), cars=1) for _ in range(3)]
    run = leaving(
        homes,
        "u2",
        shelters=[shelter("near", "u1", 4), shelter("far", "u0", 100)],
        behaviour={"preparation": {"median": "10min", "sigma": 0.5}},
    )
    run.run()
    c = run.residents.columns
    last = int(np.argmax(run.evacuation.plans.depart_s))
    assert [s.occupants for s in run.shelters.rows] == [4, 2]
    assert c["shelter"].reshape(3, 2)[last].tolist() == [1, 1]
    # The near one was full before it got there: it drove by, 2 km without a stop.
    took = c["safe_s"][2 * last] - c["depart_s"][2 * last]
    assert took == pytest.approx(2000 / CAR_MPS, rel=1e-6)
    assert [e["place"] for e in events_of(run, "shelter_full")] == ["near"]
    assert measure(run)["shelter.unplaced"] == 0


def test_too_few_staff_take_in_fewer_than_there_is_room_for():
    homes = [Home(2, (40, 41), cars=1) for _ in range(3)]
    short = {**shelter("near", "u1", 100), "staff": 2, "persons_per_staff": 2}
    run = leaving(homes, "u2", shelters=[short, shelter("far", "u0", 100)])
    run.run()
    assert [s.occupants for s in run.shelters.rows] == [4, 2]
    assert run.shelters.rows[0].capacity == 4
    full = leaving(homes, "u2", shelters=[{**short, "staff": 90}, shelter("far", "u0", 100)])
    assert full.shelters.rows[0].capacity == 100


def test_a_household_is_not_split():
    run = leaving(
        [Home(2, (40, 41, 9), cars=1)], "u2", shelters=[shelter("near", "u1", 2), shelter("far", "u0", 9)]
    )
    run.run()
    assert [s.occupants for s in run.shelters.rows] == [0, 3]
    assert run.evacuation.unplaced == {0}
    # It asked at the door of the near one and was sent on; it has a place in the end.
    assert measure(run)["shelter.unplaced"] == 0
    assert len(events_of(run, "shelter_full")) == 1


def test_with_every_shelter_full_people_leave_the_county():
    homes = [Home(2, (40, 41), cars=1) for _ in range(3)]
    run = leaving(homes, "u2", shelters=[shelter("near", "u1", 2)], gateways=(3,))
    run.run()
    c = run.residents.columns
    assert sorted(c["state"].tolist()) == [State.SHELTERED] * 2 + [State.LEFT] * 4
    out = c["state"] == State.LEFT
    # To the full shelter and back, then on to the gateway; cars refused a place move on within the minute.
    extra = c["safe_s"][out] - 900 - (1000 + 5000) / CAR_MPS
    assert (extra > -1e-3).all() and (extra < 65).all()
    assert measure(run)["shelter.unplaced"] == 4
    assert len(events_of(run, "left")) == 2


def test_no_shelter_in_reach_means_out_of_the_county():
    close = {"at": "6min", "action": "close_road", "args": {"a": "u0", "b": "u1"}}
    run = leaving(
        [Home(2, cars=1)], "u2", shelters=[shelter("hall", "u0", 9)], gateways=(3,), commands=[close]
    )
    run.run()
    assert run.residents.columns["state"].tolist() == [State.LEFT]
    assert run.residents.columns["safe_s"][0] - 900 == pytest.approx(4000 / CAR_MPS, rel=1e-6)


def test_a_gateway_on_the_way_stops_nobody_bound_for_a_shelter():
    run = leaving([Home(2, cars=1)], "u2", shelters=[shelter("hall", "u0", 9)], gateways=(1, 2))
    run.run()
    assert run.residents.columns["state"].tolist() == [State.SHELTERED]


def test_a_shelter_in_an_ordered_village_takes_nobody():
    run = leaving(
        [Home(1, cars=1), Home(2, cars=1)],
        "u1",
        "u2",
        shelters=[shelter("near", "u1", 100), shelter("far", "u0", 100)],
    )
    run.run()
    assert [s.occupants for s in run.shelters.rows] == [0, 2]


def test_people_under_way_turn_to_another_when_its_village_is_ordered_too():
    # At u1 at 900 + 500 s but for the order at 1200 s, when they are halfway.
    run = leaving(
        [Home(3, cars=1)],
        "u3",
        shelters=[shelter("near", "u2", 100), shelter("far", "u0", 100)],
        commands=[order("20min", "u2")],
    )
    run.run()
    assert [s.occupants for s in run.shelters.rows] == [0, 1]
    assert run.residents.columns["safe_s"][0] - 900 == pytest.approx(6000 / CAR_MPS, rel=1e-6)


def test_those_who_come_early_wait_for_the_door_to_open():
    late = {**shelter("hall", "u1", 100), "opening": {"median": "1h"}}
    run = leaving([Home(2, cars=1)], "u2", shelters=[late])
    run.run()
    assert run.shelters.rows[0].open_s == 300 + 3600
    assert run.residents.columns["safe_s"].tolist() == [3900.0]


def test_those_at_the_door_are_in_the_open_until_it_opens():
    late = {**shelter("hall", "u1", 100), "opening": {"median": "1h"}}
    run = leaving([Home(2, (40, 41), wheels=1)], "u2", shelters=[late])
    advance(run, 3600.0)
    c, hall = run.residents.columns, run.shelters.rows[0]
    assert (c["state"] == State.AT_DOOR).all() and np.isinf(c["safe_s"]).all()
    assert (hall.occupants, hall.at_door) == (2, 2)
    assert not run.exposure.indoors(np.arange(2), 3600.0).any()
    run.run()
    assert (c["state"] == State.SHELTERED).all() and (c["safe_s"] == 3900.0).all() and hall.at_door == 0


def test_who_dies_at_the_door_leaves_the_place_free():
    late = {**shelter("hall", "u1", 2), "opening": {"median": "1h"}}
    run = leaving([Home(2, (40, 41), wheels=1)], "u2", shelters=[late], duration="3h")
    advance(run, 3600.0)
    run.residents.columns["state"][1] = State.DEAD
    run.run()
    hall = run.shelters.rows[0]
    assert run.residents.columns["state"].tolist() == [State.SHELTERED, State.DEAD]
    assert (hall.occupants, hall.at_door, hall.room) == (1, 0, 1)
    assert run.residents.columns["shelter"].tolist() == [0, -1]
    hall.consume(run.now, 1.0)
    assert hall.short == pytest.approx((run.now - 3900.0) / 86400.0, rel=1e-9)


def test_the_door_opens_sooner_by_command():
    late = {**shelter("hall", "u1", 100), "opening": {"median": "2h"}}
    opened = {"at": "50min", "action": "open_shelter", "args": {"shelter": "hall"}}
    run = leaving([Home(2, (40, 41), wheels=1)], "u2", shelters=[late], commands=[opened], duration="5h")
    run.run()
    hall = run.shelters.rows[0]
    assert (run.residents.columns["safe_s"] == 3000.0).all() and hall.first_in_s == 3000.0
    hall.consume(run.now, 1.0)
    assert hall.short == pytest.approx(2 * (run.now - 3000.0) / 86400.0, rel=1e-9)


def test_habit_leads_to_a_full_shelter_and_knowledge_past_it():
    # The first two fill the near one; the third is ready later. By habit it asks at the door, 1 km away from its way.
    homes = [Home(2, (40, 41), wheels=1) for _ in range(3)]
    ends = {}
    for share in (0.0, 1.0):
        run = leaving(homes, "u2", road=(0.0, 5000.0, 6000.0, 7000.0), people={"informed_share": share},
                      shelters=[shelter("near", "u3", 4), shelter("far", "u0", 100)],
                      behaviour={"preparation": {"median": "40min", "sigma": 0.5}})
        run.run()
        c = run.residents.columns
        last = 2 * int(np.argmax(run.evacuation.plans.depart_s))
        assert (c["state"] == State.SHELTERED).all() and c["shelter"][last] == 1
        ends[share] = float(c["safe_s"][last] - c["depart_s"][last])
        assert run.evacuation.arrivals.learned_at_shelter == (0 if share else 2)
        assert (c["informed"][last: last + 2] == 1).all()
    assert ends[1.0] == pytest.approx(6000 / 5, rel=1e-6)
    assert ends[0.0] == pytest.approx(8000 / 5, rel=1e-6)


def test_a_place_given_back_is_there_for_the_next():
    run = leaving([Home(2, (40, 41), wheels=1)], "u2", shelters=[shelter("hall", "u1", 2)])
    run.run()
    hall, version = run.shelters.rows[0], run.shelters.version
    assert hall.full and hall.room == 0
    run.shelters.discharge(0, 2, run.now)
    assert not hall.full and hall.room == 2 and run.shelters.version > version
    safe = run.residents.columns["safe_s"][0]
    hall.consume(run.now + 3600.0, 1.0)
    assert hall.short == pytest.approx(2 * (run.now - safe) / 86400.0, rel=1e-9)


def test_a_shelter_opens_by_command_and_from_the_start():
    run = leaving(
        [Home(2, cars=1)],
        shelters=[
            {**shelter("a", "u0", 9), "opening": {"median": "1h"}},
            shelter("b", "u1", 9, open_at_start=True),
        ],
        commands=[{"at": "10min", "action": "open_shelter", "args": {"shelter": "a"}}],
    )
    assert [s.open_s for s in run.shelters.rows] == [math.inf, 0.0]
    advance(run, 660.0)
    assert [s.open_s for s in run.shelters.rows] == [600.0, 0.0]
    with pytest.raises(InputError, match="no such shelter"):
        run.order("command", "open_shelter", {"shelter": "z"})


def test_several_shelters_of_a_unit_stand_in_its_villages():
    homes = [Home(1), Home(2, (40, 41))]
    run = leaving(homes, shelters=[shelter("row", "u1", 10, count=3)])
    assert [s.id for s in run.shelters.rows] == ["row-01", "row-02", "row-03"]
    assert [s.place for s in run.shelters.rows] == ["u1", "v1", "u1"]


def test_relief_is_eaten_by_the_stay_of_each():
    # A family from 1000 m away, and one that walks: 100 days' packs, so that nothing is short.
    homes = [Home(2, (40, 41), cars=1), Home(2, (40, 70))]
    run = leaving(
        homes,
        "u2",
        shelters=[shelter("hall", "u1", 100)],
        behaviour={"packs_per_person_day": 2.0},
        duration="6h",
    )
    run.shelters.rows[0].packs = 100.0
    run.run()
    safe = run.residents.columns["safe_s"]
    stayed = (run.now - safe).sum() / 86400.0
    assert stayed > 0.5
    values = measure(run)
    assert 100.0 - run.shelters.rows[0].packs == pytest.approx(2.0 * stayed, rel=1e-9)
    assert values["supply.unmet_packs"] == 0


def test_what_is_not_there_is_short():
    run = leaving([Home(2, (40, 41), cars=1)], "u2", shelters=[shelter("hall", "u1", 100)], duration="24h")
    run.shelters.rows[0].packs = 0.5
    run.run()
    needed = 2 * (run.now - run.residents.columns["safe_s"][0]) / 86400.0
    assert measure(run)["supply.unmet_packs"] == pytest.approx(needed - 0.5, rel=1e-9)


def test_nobody_eats_before_the_door_opens():
    late = {**shelter("hall", "u1", 100), "opening": {"median": "2h"}}
    run = leaving([Home(2, (40, 41), cars=1)], "u2", shelters=[late], duration="6h")
    hall = run.shelters.rows[0]
    while run.now < run.duration_s:
        run.step()
        hall.consume(run.now, 1.0)
    assert hall.short == pytest.approx(2 * (run.now - (300 + 7200)) / 86400.0, rel=1e-9)
