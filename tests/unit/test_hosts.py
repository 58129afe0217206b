"""Relatives: villages that take guests in, until they have no room or must leave themselves."""

from __future__ import annotations

import numpy as np
import pytest

from agents.population.columns import Bound, State
from agents.population.hosts import Hosts
from tests.smallworld import WHEEL_MPS, Home, drill, events_of, order, shelter, straight, water

ROAD = (0.0, 1000.0, 4000.0, 4500.0)
ALL_TO_RELATIVES = {"to_shelter": 0.0, "guests_per_resident": 1.0}


def leaving(homes, *zones, people=None, shelters=(), gateways=(), commands=(), **values):
    return drill(straight(ROAD, homes, gateways=gateways), plan={"shelters": list(shelters)},
                 commands=[*(order("5min", zone) for zone in zones), *commands],
                 people={**ALL_TO_RELATIVES, **(people or {})}, **values)


def test_guests_go_to_the_nearest_village_that_was_not_ordered_out():
    run = leaving([Home(3, (40, 41), wheels=1), Home(1, (50, 51)), Home(0, (60, 61))], "u3", "u2",
                  shelters=[shelter("hall", "u2", 99)])
    run.run()
    c = run.residents.columns
    assert c["state"].tolist() == [State.HOSTED] * 2 + [State.NORMAL] * 4
    assert (c["bound_for"][:2] == Bound.RELATIVES).all()
    assert c["safe_s"][0] - c["depart_s"][0] == pytest.approx(3500 / WHEEL_MPS, rel=1e-6)
    assert [(e["agent"], e["place"]) for e in events_of(run, "hosted")] == [("H0", "v1")]


def test_a_full_village_sends_them_to_the_next_and_nobody_is_split():
    # v1 has room for two; a family of three does not fit, the couple does.
    homes = [Home(3, (40, 41, 9), wheels=2), Home(3, (40, 41), wheels=1), Home(1, (50, 51)), Home(0, (60,) * 5)]
    run = leaving(homes, "u3", behaviour={"preparation": {"median": "10min", "sigma": 0.3}})
    run.run()
    assert (run.residents.columns["state"][:5] == State.HOSTED).all()
    guests = {p.id: int(run.evacuation.hosts.guests[p.row]) for p in run.world.places.of_kind("village")}
    assert guests["v0"] in (3, 5) and guests["v0"] + guests["v1"] == 5
    assert (run.evacuation.hosts.guests <= run.evacuation.hosts.capacity).all()


def test_with_no_host_left_they_make_for_a_shelter_and_then_for_the_exit():
    homes = [Home(3, (40, 41), wheels=1), Home(3, (42, 43), wheels=1)]
    run = leaving(homes, "u3", people={"guests_per_resident": 0.0}, shelters=[shelter("hall", "u1", 2)], gateways=(0,))
    run.run()
    assert sorted(run.residents.columns["state"].tolist()) == [State.SHELTERED] * 2 + [State.LEFT] * 2


def test_a_share_goes_to_shelters():
    run = leaving([Home(3) for _ in range(2000)], "u3", people={"to_shelter": 0.3}, duration="10min")
    share = float((run.evacuation.departures.bound_for == Bound.SHELTER).mean())
    assert share == pytest.approx(0.3, abs=4 * np.sqrt(0.3 * 0.7 / 2000))


def test_those_on_the_way_turn_to_others_when_their_hosts_must_leave_too():
    run = leaving([Home(3, (40, 41), wheels=1), Home(1, (50, 51)), Home(0, (60, 61))], "u3",
                  commands=[order("20min", "u1")])
    run.run()
    c = run.residents.columns
    assert c["state"][:2].tolist() == [State.HOSTED] * 2
    assert c["safe_s"][0] - c["depart_s"][0] == pytest.approx(4500 / WHEEL_MPS, rel=1e-6)


def test_room_given_back_is_there_again():
    world = straight(ROAD, [Home(1, (40,) * 4), Home(0), Home(2), Home(3)])
    guests = np.arange(4, 7)
    hosts, node = Hosts(world, 0.5), 1
    nobody = np.zeros(len(world.places), bool)
    assert hosts.targets(nobody).tolist() == [1]
    assert hosts.admit(node, guests, nobody) is None
    row = hosts.admit(node, guests[:2], nobody)
    assert row is not None and hosts.full[row] and hosts.targets(nobody).tolist() == []
    hosts.release(guests[1:])
    assert hosts.guests[row] == 1 and hosts.targets(nobody).tolist() == [1]
    assert hosts.host_of.tolist() == [-1] * 4 + [row, -1, -1]
    assert hosts.version == 2


def test_who_leaves_without_an_order_goes_to_another_village():
    # v2 hears of the order to v3: its people are nobody's hosts, least of all their own.
    near = {"shadow": {"share": 1.0, "within_m": 1000}}
    run = leaving([Home(2, (40, 41), wheels=1), Home(3, (50, 51), wheels=1), Home(1, (60,) * 4)], "u3", behaviour=near)
    run.run()
    c = run.residents.columns
    assert not c["ordered"][:2].any() and c["state"].tolist() == [State.HOSTED] * 4 + [State.NORMAL] * 4
    assert c["safe_s"][0] - c["depart_s"][0] == pytest.approx(3000 / WHEEL_MPS, rel=1e-6)
    assert {run.world.places[row].id for row in run.evacuation.hosts.host_of[:4].tolist()} == {"v1"}


def test_who_flees_at_the_sight_of_the_hazard_is_not_hosted_where_it_was_seen():
    homes = [Home(3, (40, 41), wheels=1), Home(1, (60,) * 4), Home(2, (50,) * 4)]
    run = drill(straight(ROAD, homes, gateways=()), plan={
        "shelters": [], "command": {"place": "u0", "decision": {"median": "20h"}}}, people=ALL_TO_RELATIVES,
        hazards=[water("u3", speed_mps=0.1, most_m=300)], behaviour={"notice_distance_m": 400})
    run.run()
    c = run.residents.columns
    assert not c["ordered"].any() and c["state"][:6].tolist() == [State.HOSTED] * 2 + [State.NORMAL] * 4
    # v2 is 500 m from v3: its people have seen the water too, or not yet when the others came by.
    assert (run.evacuation.hosts.host_of[:2] != c["village"][:2]).all()
    assert (c["safe_s"][:2] > c["depart_s"][:2] + 500 / WHEEL_MPS - 1).all()


def test_who_comes_back_to_his_own_village_is_sent_on_to_a_shelter():
    # The order is cancelled on the way, and the way to the nearest hosts now ends at home.
    cancel = {"at": "16min", "action": "cancel_evacuation", "args": {"zone": "u3"}}
    run = leaving([Home(3, (40, 41), wheels=1), Home(3, (50,) * 5)], "u3", shelters=[shelter("hall", "u0", 9)],
                  people={"guests_per_resident": 1.0}, commands=[cancel], behaviour={"compliance": 1.0})
    run.run()
    c = run.residents.columns
    assert (c["state"][:2] == State.SHELTERED).all() and (run.evacuation.hosts.host_of == -1).all()


def test_the_organised_transfer_alone_may_host_people_in_their_own_village():
    world = straight(ROAD, [Home(1, (40,) * 4), Home(1, (50,))])
    hosts, nobody = Hosts(world, 1.0), np.zeros(len(world.places), bool)
    party = np.array([4])
    assert hosts.at_home(1, party) and hosts.admit(1, party, nobody) is None
    hosts.refuse(1, party, nobody)
    assert hosts.targets(nobody).tolist() == [1]
    hosts.near_home[party] = True
    row = hosts.admit(1, party, nobody)
    assert row is not None and hosts.host_of[4] == row and not hosts.at_home(1, party)
    everywhere = np.ones(len(world.places), bool)
    assert hosts.targets(everywhere).tolist() == [] and hosts.admit(1, party, everywhere) is None
