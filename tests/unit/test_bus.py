"""Buses: mobilise, fetch those who wait, take them to a shelter with room, come back for more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from agents.population.columns import Mode, State, Waiting
from experiments.record_traffic import evacuation_of
from sim.errors import InputError
from tests.smallworld import WALK_MPS, Home, drill, events_of, order, shelter, straight

ROAD = (0.0, 1000.0, 4000.0, 4500.0)
READY_S = 300.0 + 600.0
"""Ordered at 5 min, warned at once, ready after 10 min."""
BUS_MPS = 8.0
PATIENT = {"bus_patience": "3h"}


def bus(**values):
    return {"id": "coach", "place": "u0", "capacity": 10, "mobilisation": {"median": "10min"},
            "speed_kmh": BUS_MPS * 3.6, "boarding_s_per_person": 5.0, "wait_at_stop": "0s", **values}


def send(at="6min", zone="u3", **values):
    return {"at": at, "action": "send_buses", "args": {"zone": zone, **values}}


def carried(homes, *buses, commands=(), shelters=None, people=None, gateways=(), road=ROAD, **values):
    plan = {"shelters": shelters or [shelter("hall", "u0", 500)], "buses": list(buses)}
    return drill(straight(road, homes, gateways=gateways), plan=plan,
                 commands=[order("5min", "u3"), *commands], people={**PATIENT, **(people or {})}, **values)


def test_a_round_trip_takes_its_time():
    run = carried([Home(3, (40, 41, 9))], bus(), commands=[send()])
    run.run()
    c = run.residents.columns
    assert (c["state"] == State.SHELTERED).all() and (c["mode"] == Mode.BUS).all()
    # Mobilised at 960 s, 4.5 km out; three people get on, 5 s each; 4.5 km back; they get off.
    board = 360 + 600 + 4500 / BUS_MPS
    assert c["depart_s"].tolist() == pytest.approx([board] * 3)
    assert c["safe_s"].tolist() == pytest.approx([board + 15 + 4500 / BUS_MPS + 15] * 3)
    assert [(e["agent"], e["place"]) for e in events_of(run, "boarded")] == [("coach", "v3")]
    assert run.fleet.carried == 3 and run.fleet.buses[0].trips == 1


def test_those_on_board_are_where_the_bus_is():
    run = carried([Home(3, (40, 41, 9))], bus(), commands=[send()])
    c, coach, seen = run.residents.columns, run.fleet.buses[0], 0
    while run.now < run.duration_s:
        run.step()
        if coach.aboard:
            seen += 1
            assert (c["state"] == State.MOVING).all()
            assert set(zip(c["x"].tolist(), c["node"].tolist(), strict=True)) == {(coach.x, coach.node)}
    assert seen > 5 and run.evacuation.moves == 0


def test_it_comes_back_while_anybody_waits():
    # Four families of three and ten seats: three families, then one.
    run = carried([Home(3, (40, 41, 9)) for _ in range(4)], bus(), commands=[send()])
    run.run()
    assert (run.residents.columns["state"] == State.SHELTERED).all()
    assert [e["detail"] for e in events_of(run, "boarded")] == ['{"persons": 9}', '{"persons": 3}']
    first, second = sorted(set(run.residents.columns["safe_s"].tolist()))
    # Out and back at 8 m/s, three get on and off.
    assert second - first == pytest.approx(9000 / BUS_MPS + 15 + 15)


def test_two_buses_share_the_waiting():
    run = carried([Home(3, (40, 41, 9)) for _ in range(4)], bus(count=2), commands=[send()])
    run.run()
    assert sorted(b.carried for b in run.fleet.buses) == [3, 9]
    assert [b.id for b in run.fleet.buses] == ["coach-1", "coach-2"]


def test_only_so_many_are_sent_as_the_command_says():
    run = carried([Home(3, (40, 41, 9)) for _ in range(4)], bus(count=3), commands=[send(count=1)])
    run.run()
    assert sorted(b.carried for b in run.fleet.buses) == [0, 0, 12]


def test_who_waits_in_vain_walks():
    run = carried([Home(3, (40, 41, 9))], bus(mobilisation={"median": "5h"}), commands=[send()],
                  people={"bus_patience": "30min"})
    run.run()
    c = run.residents.columns
    assert (c["mode"] == Mode.FOOT).all() and c["depart_s"].tolist() == [READY_S + 1800] * 3
    assert c["safe_s"][0] == pytest.approx(READY_S + 1800 + 4500 / WALK_MPS, rel=1e-6)
    # It drives there nevertheless, should somebody else wait; nobody does.
    assert run.fleet.carried == 0


def test_without_a_bus_or_a_lift_nobody_waits():
    run = carried([Home(3, (40, 41, 9))])
    run.run()
    assert run.residents.columns["depart_s"].tolist() == [READY_S] * 3
    assert not run.order("command", "send_buses", {"zone": "u3"}).accepted


def test_those_already_waiting_for_a_lift_wait_on_for_the_bus():
    run = carried([Home(3, (40, 41, 9))], bus(), commands=[send("16min")], people={"lift_patience": "20min"})
    run.run()
    assert (run.residents.columns["mode"] == Mode.BUS).all()


def test_people_with_a_vehicle_do_not_wait():
    run = carried([Home(3, (40,), cars=1), Home(3, (40,), wheels=1), Home(3)], bus(), commands=[send()])
    run.run()
    assert run.residents.columns["mode"].tolist() == [Mode.CAR, Mode.TWO_WHEELER, Mode.BUS]


def test_buses_come_by_themselves_where_the_plan_says_so():
    run = carried([Home(3, (40, 41, 9))], bus(on_order=True))
    run.run()
    board = 300 + 600 + 4500 / BUS_MPS
    # The people are ready before the bus is there.
    assert run.residents.columns["depart_s"].tolist() == pytest.approx([board] * 3)


def test_it_waits_at_the_stop_while_seats_are_left():
    # One household is ready at 15 min, the other walks home from a day place 1 km off and is ready later.
    homes = [Home(3, (40, 41)), Home(3, (40, 38), day_node=1)]
    run = carried(homes, bus(wait_at_stop="30min", place="u3"), commands=[send()], start="2026-04-04T12:00+08:00",
                  people={"come_home_share": 1.0, "trip_home_kmh": 18.0})
    run.run()
    # 3.5 km x 1.32 at 5 m/s after the warning at 300 s.
    home = 300 + 3500 * 1.32 / 5
    assert home > READY_S and run.fleet.buses[0].trips == 1
    assert run.residents.columns["depart_s"][2:].min() > home
    assert (run.residents.columns["state"] == State.SHELTERED).all()


def test_who_finds_no_room_stays_on_to_the_next_shelter():
    rooms = [shelter("near", "u2", 4), shelter("far", "u0", 100)]
    run = carried([Home(3, (40, 41, 9)) for _ in range(3)], bus(), commands=[send()], shelters=rooms)
    run.run()
    assert [s.occupants for s in run.shelters.rows] == [3, 6]
    assert [e["detail"] for e in events_of(run, "unloaded")] == ['{"persons": 3}', '{"persons": 6}']


def test_with_every_shelter_full_it_drives_out_of_the_county():
    run = carried([Home(3, (40, 41, 9)) for _ in range(2)], bus(), commands=[send()],
                  shelters=[shelter("near", "u2", 4)], gateways=(1,))
    run.run()
    assert sorted(run.residents.columns["state"].tolist()) == [State.SHELTERED] * 3 + [State.LEFT] * 3


def test_a_closed_road_keeps_them_on_board_until_it_opens():
    close = {"at": "27min", "action": "close_road", "args": {"a": "u0", "b": "u1"}}
    reopen = {"at": "2h", "action": "open_road", "args": {"a": "u0", "b": "u1"}}
    run = carried([Home(3, (40, 41, 9))], bus(), commands=[send(), close, reopen])
    run.run()
    c = run.residents.columns
    assert (c["state"] == State.SHELTERED).all() and (c["safe_s"] > 7200).all()


def test_an_unknown_place_gets_its_message():
    with pytest.raises(InputError, match="no such place"):
        carried([Home(3)], bus(place="atlantis"))
    with pytest.raises(InputError, match="no such place"):
        carried([Home(3)], bus(), commands=[send(zone="atlantis")])


@bounds(phases=(Phase.explicit, Phase.generate), max_examples=12, deadline=None, derandomize=True,
        suppress_health_check=list(HealthCheck))
@given(
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=10),
    cars=st.integers(0, 3),
    seats=st.integers(4, 12),
    buses=st.integers(1, 3),
    rooms=st.lists(st.integers(1, 12), min_size=1, max_size=3),
    closed=st.booleans(),
    sigma=st.floats(0, 1.5),
)
def test_everybody_is_in_one_place_at_every_moment(sizes, cars, seats, buses, rooms, closed, sigma):
    homes = [Home(2 + i % 2, (40,) * n, cars=int(i < cars), day_node=1 if i % 3 == 0 else None)
             for i, n in enumerate(sizes)]
    commands = [order("1min", "u2"), {"at": "2min", "action": "send_buses", "args": {"zone": "u2+u3"}}]
    if closed:
        commands += [{"at": at, "action": action, "args": {"a": "u1", "b": "u2"}}
                     for at, action in (("40min", "close_road"), ("2h", "open_road"))]
    run = carried(homes, bus(capacity=seats, count=buses), commands=commands, gateways=(0,), duration="10h",
                  start="2026-04-04T12:00+08:00",
                  shelters=[shelter(f"s{i}", f"u{i}", room) for i, room in enumerate(rooms)],
                  behaviour={"preparation": {"median": "10min", "sigma": sigma}},
                  people={"lift_patience": "15min", "come_home_share": 0.5, "bus_patience": "1h", "to_shelter": 0.7,
                          "guests_per_resident": 0.5})
    c, evacuation = run.residents.columns, run.evacuation
    while run.now < run.duration_s:
        run.step()
        aboard = [row for coach in run.fleet.buses for party in coach.parties for row in party.tolist()]
        active = evacuation.journeys.active[: evacuation.journeys.active_count].tolist()
        moving = np.flatnonzero((c["state"] == State.MOVING) & (c["mode"] != Mode.CAR)).tolist()
        # Who is under way, cars apart, is on one bus or moves by the tables, never both, never twice.
        assert sorted(aboard + active) == moving
        assert all(coach.aboard <= seats for coach in run.fleet.buses)
        assert sum(run.residents.count(state) for state in State) == run.residents.size
        waits = c["waiting"] != Waiting.NOTHING
        assert (c["state"][waits] == State.PREPARING).all()
        inside = np.isin(c["state"], (State.SHELTERED, State.AT_DOOR))
        counted = np.bincount(c["shelter"][inside], minlength=len(rooms)).tolist()
        assert counted == [s.occupants for s in run.shelters.rows]
        assert evacuation.hosts.guests.sum() == run.residents.count(State.HOSTED)
        assert (evacuation.hosts.guests <= evacuation.hosts.capacity).all()
    ended = (State.SHELTERED, State.LEFT, State.HOSTED, State.AWAY)
    assert np.isin(c["state"], ended).all()
    assert run.fleet.carried == np.count_nonzero(c["mode"][np.isfinite(c["depart_s"])] == Mode.BUS)


def test_it_goes_round_by_further_stops_on_its_way():
    run = carried([Home(3, (40, 41, 9)), Home(2, (40, 41))], bus(), commands=[order("5min", "u2"), send(zone="u2+u3")])
    run.run()
    # Both are ready before it comes. More people for its time at u3; u2 is nearer than the shelter then.
    assert [(e["place"], e["detail"]) for e in events_of(run, "boarded")] == [
        ("v3", '{"persons": 3}'), ("v2", '{"persons": 2}')]
    assert run.fleet.buses[0].trips == 1 and (run.residents.columns["state"] == State.SHELTERED).all()


def close(at, a, b):
    return {"at": at, "action": "close_road", "args": {"a": a, "b": b}}


def test_with_no_way_left_to_a_further_stop_it_unloads_whom_it_has():
    road = (0.0, 5000.0, 6000.0, 7000.0)
    run = carried([Home(1, (40, 41, 9, 8)), Home(3, (40, 41, 9))], bus(), road=road,
                  commands=[order("5min", "u1"), send(zone="u1+u3"), close("1680s", "u2", "u3")])
    run.run()
    # Four get on at u1; on the link to u2 the road to u3 closes: at u2 it turns and drives the 6 km to the shelter.
    leaves = 960 + 5000 / BUS_MPS + 20
    gives_up = leaves + 1000 / BUS_MPS
    assert leaves < 1680 < gives_up
    assert [(e["t_s"], e["place"], e["detail"]) for e in events_of(run, "no_way")] == [
        (pytest.approx(gives_up), "v3", '{"persons": 4}')]
    c = run.residents.columns
    assert c["safe_s"][:4].tolist() == pytest.approx([gives_up + 6000 / BUS_MPS + 20] * 4)
    assert not run.fleet.claimed.any() and run.fleet.buses[0].turned_back == 0


def test_it_turns_back_on_a_link_that_closes_and_comes_again_when_it_opens():
    reopen = {"at": "1h", "action": "open_road", "args": {"a": "u2", "b": "u3"}}
    run = carried([Home(2, (40, 41, 9, 8)), Home(3, (40, 41, 9))], bus(),
                  commands=[order("5min", "u2"), send(zone="u2+u3"), close("1500s", "u2", "u3"), reopen])
    run.run()
    c, coach = run.residents.columns, run.fleet.buses[0]
    # Four get on at u2 by 1480 s; 20 s on the road to u3 and 20 s back.
    assert coach.turned_back == 1 and [e["t_s"] for e in events_of(run, "turned_back")] == [1500.0]
    assert (1500.0, 4000 + 20 * BUS_MPS) in [(p.t_s, pytest.approx(p.x)) for p in coach.waypoints]
    assert c["safe_s"][:4].tolist() == pytest.approx([1520 + 4000 / BUS_MPS + 20] * 4)
    # It stands by at the shelter, looks again every five minutes, and goes at the first look after 3600 s.
    looks = 1520 + 4000 / BUS_MPS + 20 + 300 * np.arange(20)
    again = looks[looks >= 3600][0]
    assert c["safe_s"][4:].tolist() == pytest.approx([again + 2 * 4500 / BUS_MPS + 15 + 15] * 3)
    assert (c["mode"] == Mode.BUS).all() and not run.fleet.claimed.any()


def test_another_bus_on_stand_by_takes_over_a_stop_given_up():
    # The coach is on its way; the other, ready at the stop at 1260 s, stands by since the seats coming suffice.
    other = bus(id="other", place="u3", mobilisation={"median": "15min"})
    run = carried([Home(3, (40, 41, 9))], bus(), other, commands=[send(), close("1270s", "u1", "u2")],
                  shelters=[shelter("hall", "u2", 500)])
    run.run()
    assert [b.carried for b in run.fleet.buses] == [0, 3]
    # On the link from u1 since 960 s + 125 s: 185 s out, 185 s back, then it gives up.
    gives_up = 1270 + 185
    assert [e["t_s"] for e in events_of(run, "no_way")] == pytest.approx([gives_up])
    assert run.residents.columns["safe_s"].tolist() == pytest.approx([gives_up + 15 + 500 / BUS_MPS + 15] * 3)


def test_it_does_not_drive_against_a_contraflow():
    run = carried([Home(3, (40, 41, 9))], bus(), commands=[send()])
    out = np.zeros(run.world.roads.link_count, np.bool_)
    out[2] = True
    run.roads.set_no_entry(out)
    coach = run.fleet.buses[0]
    run.clock.run(3000.0)
    assert coach.node == 0 and coach.wanted is not None
    run.roads.set_no_entry(~out & False)
    run.run()
    # From 960 s on it looked every five minutes.
    assert run.residents.columns["safe_s"].tolist() == pytest.approx([3060 + 9000 / BUS_MPS + 30] * 3)


def test_who_moves_on_by_foot_still_came_by_bus():
    rooms = [shelter("first", "u2", 20), shelter("second", "u0", 20)]
    run = carried([Home(3, (40, 41)), Home(2)], bus(), commands=[send(), order("2h", "u2")], shelters=rooms)
    run.run()
    assert [e["place"] for e in events_of(run, "moved_on")]
    assert evacuation_of(run, None)["fates"]["by_bus"] == run.fleet.carried == 2
