"""Households in cars: one car a party, queues, knowledge, closures, contraflow, police, everyday trips, sirens."""

from __future__ import annotations

import numpy as np
import pytest

from agents.population.columns import Mode, State
from sim.traffic.state import ARRIVED
from tests.smallworld import CAR_FACTOR, SPEED_MPS, Home, advance, drill, order, shelter, straight

ROAD = (0.0, 1000.0, 4000.0)
HALL = {"shelters": [shelter("hall", "u0", 500)]}
QUIET = {"background_trips_per_1000_h": 0, "junction_delay": "0s", "capacity_drop": 0}
LEAVE_S = 900.0
MPS = SPEED_MPS * CAR_FACTOR


def leaving(homes, *, traffic=None, plan=HALL, road=ROAD, **values):
    commands = [order("5min", "u2"), *values.pop("commands", [])]
    return drill(straight(road, homes, **{k: values.pop(k) for k in ("gateways", "spurs") if k in values}),
                 plan=plan, commands=commands, traffic={**QUIET, **(traffic or {})}, **values)


def command(at, action, **args):
    return {"at": at, "action": action, "args": args}


def test_a_street_of_cars_leaves_one_headway_after_the_other():
    homes = [Home(2, (40, 41), cars=1) for _ in range(50)]
    run = leaving(homes, traffic={"time_gap_s": 2.0, "jam_spacing_m": 8.0})
    run.run()
    c = run.residents.columns
    assert (c["state"] == State.SHELTERED).all()
    # All are ready at once; the road takes a car every tau + spacing / speed.
    headway = 2.0 + 8.0 / MPS
    arrivals = np.unique(c["safe_s"])
    assert len(arrivals) == 50
    assert arrivals[0] == pytest.approx(LEAVE_S + 4000 / MPS)
    assert np.diff(arrivals) == pytest.approx(headway)
    assert run.evacuation.traffic.arrived == 50


def test_a_party_too_large_for_a_car_takes_the_room_of_two():
    run = leaving([Home(2, (40,) * 7, cars=1)])
    advance(run, 1200.0)
    traffic = run.evacuation.traffic
    assert traffic.vehicles["size"][:traffic.count].tolist() == [8]
    assert len(set(run.residents.columns["x"].tolist())) == 1


def test_residents_are_where_their_car_is():
    run = leaving([Home(2, (40, 41), cars=1)])
    advance(run, 1200.0)
    c = run.residents.columns
    done = (run.evacuation.traffic.now - LEAVE_S) * MPS
    assert c["x"].tolist() == pytest.approx([4000 - done] * 2)
    assert c["offset_m"].tolist() == pytest.approx([done] * 2)
    assert (c["mode"] == Mode.CAR).all() and (c["link"] == 3).all()


def test_habit_meets_the_closure_and_looks_for_another_way():
    # The short way u2-u1 closes before they leave; the way round (a spur, thrice as long) is open.
    def arrival(informed):
        run = leaving([Home(2, (40, 41), cars=1)], spurs=[(0, 2)], people={"informed_share": informed},
                      commands=[command("6min", "close_road", a="u0", b="u1")])
        run.run()
        return run, float(run.residents.columns["safe_s"][0])

    knowing, quick = arrival(1.0)
    habit, late = arrival(0.0)
    # The informed take the 12 km round at once; the others go 3 km, find it closed, come back and go round.
    assert quick == pytest.approx(LEAVE_S + 12_000 / MPS)
    assert late == pytest.approx(LEAVE_S + (3_000 + 3_000 + 12_000) / MPS)
    assert knowing.evacuation.traffic.learned == 0
    assert habit.evacuation.traffic.learned == 1


def test_no_way_out_is_stranded_at_home_and_goes_once_a_road_opens():
    run = leaving([Home(2, (40, 41), cars=1)], commands=[
        command("6min", "close_road", a="u1", b="u2"), command("2h", "open_road", a="u1", b="u2")])
    advance(run, 3600.0)
    c = run.residents.columns
    assert (c["state"] == State.STRANDED).all() and run.evacuation.traffic.stranded == 1
    assert c["x"].tolist() == c["home_x"].tolist()
    run.run()
    assert (c["state"] == State.SHELTERED).all()
    assert c["safe_s"][0] == pytest.approx(7200 + 4000 / MPS, abs=61)


@pytest.mark.parametrize(("policy", "safe_s"), [
    ("turn_back", None), ("drive_on", LEAVE_S + 4000 / MPS), ("hold", 7200 + 4000 / MPS - (1080 - LEAVE_S))])
def test_a_road_that_closes_under_a_car(policy, safe_s):
    # At 18 min it is 1,440 m down the first link of 3 km: not half-way.
    run = leaving([Home(2, (40, 41), cars=1)], traffic={"on_closed_link": policy}, commands=[
        command("18min", "close_road", a="u1", b="u2"), command("2h", "open_road", a="u1", b="u2")])
    run.run()
    c, traffic = run.residents.columns, run.evacuation.traffic
    assert (c["state"] == State.SHELTERED).all()
    if safe_s is not None:
        assert c["safe_s"][0] == pytest.approx(safe_s, abs=1.0)
    else:
        # Back home by 1,260 s, stranded there until the road opens.
        assert c["safe_s"][0] == pytest.approx(7200 + 4000 / MPS, abs=61)
    assert (traffic.turned_back, traffic.drove_on, traffic.held_up) == {
        "turn_back": (1, 0, 0), "drive_on": (0, 1, 0), "hold": (0, 0, 1)}[policy]


def test_contraflow_empties_the_county_in_half_the_time():
    homes = [Home(2, (40, 41), cars=1) for _ in range(400)]
    last = {}
    for name, more in (("as it is", []), ("contraflow", [command("6min", "contraflow", a="u2", b="u1"),
                                                         command("6min", "contraflow", a="u1", b="u0")])):
        run = leaving(homes, plan={"shelters": [shelter("hall", "u0", 900)]}, commands=more)
        run.run()
        last[name] = run.residents.columns["safe_s"].max() - LEAVE_S - 4000 / MPS
    assert last["as it is"] / last["contraflow"] == pytest.approx(2.0, rel=0.01)


def test_the_way_back_drains_before_its_lanes_are_given_away():
    # A car drives up the road, from u0 to u2, while contraflow is ordered the other way.
    homes = [Home(0, (40,), cars=1), Home(2, (40, 41), cars=1)]
    run = drill(straight(ROAD, homes), plan={"shelters": [shelter("hall", "u2", 50)]},
                commands=[order("5min", "u0"), command("17min", "contraflow", a="u2", b="u1"),
                          command("17min", "contraflow", a="u1", b="u0")], traffic=QUIET)
    advance(run, 1140.0)
    traffic = run.evacuation.traffic
    # At 17 min it is 960 m down the first link of 1 km, and drives on to its end; the second was empty.
    assert traffic.lanes.tolist() == [1, 2, 1, 2]
    assert sorted(run.road_measures.handed_over_s) == [0, 2]
    assert run.road_measures.handed_over_s[2] == pytest.approx(1020.0)
    assert run.road_measures.handed_over_s[0] > 1020.0
    run.order("police", "end_contraflow", {"a": "u2", "b": "u1"})
    run.order("police", "end_contraflow", {"a": "u1", "b": "u0"})
    assert traffic.lanes.tolist() == [1, 1, 1, 1] and not run.evacuation.driving.extra_closed.any()


def test_police_take_a_junctions_delay_away_and_wave_one_approach_through():
    road, homes = (0.0, 1000.0, 2000.0), [Home(2, (40, 41), cars=1)]
    late = {}
    for police in (False, True):
        more = [command("6min", "control_traffic", place="u1", favour="u2")] if police else []
        run = leaving(homes, road=road, spurs=[(1, 0)], traffic={"junction_delay": "20s"}, commands=more)
        run.run()
        late[police] = float(run.residents.columns["safe_s"][0])
        weight = run.evacuation.traffic.links["weight"]
        assert weight[3] == (4.0 if police else 1.0)
    # u1 has only two neighbours (the spur joins the same two): no junction, so no delay to take away.
    assert late[False] == late[True]


def test_everyday_trips_share_the_road_only_while_people_leave_and_are_no_evacuees():
    homes = [Home(2, (40, 41), cars=1), *(Home(i, (40,) * 5) for i in (0, 1) for _ in range(40))]
    run = leaving(homes, traffic={"background_trips_per_1000_h": 500})
    run.run()
    trips, traffic = run.background.trips, run.evacuation.traffic
    assert trips > 20
    assert traffic.count == trips + 1
    assert int(run.evacuation.driving.own.sum()) == 1
    # None sets out once the evacuees are there.
    there = run.residents.columns["safe_s"][:2].max()
    assert traffic.vehicles["depart_s"][:traffic.count].max() <= there + 120
    assert (traffic.vehicles["status"][:traffic.count] == ARRIVED).all()
    again = leaving(homes, traffic={"background_trips_per_1000_h": 500})
    again.run()
    assert np.array_equal(again.evacuation.traffic.arrived_s, traffic.arrived_s)


def test_trucks_stand_in_the_queue_and_teams_with_a_siren_less():
    # Those of u1 crowd in before those of u2, who queue on the road from there.
    homes = [Home(node, (40, 41), cars=1) for node in (1, 2) for _ in range(300)]
    run = leaving(homes, plan={"shelters": [shelter("hall", "u0", 2000)]}, commands=[order("5min", "u1")])
    advance(run, 2400.0)
    delay = run.roads.delay_s
    assert delay[3] > 60.0
    slow = run.roads.cost_s(max_mps=np.inf, held_up=1.0)
    siren = run.roads.cost_s(max_mps=np.inf, held_up=0.3)
    free = run.roads.cost_s(max_mps=np.inf)
    assert slow - free == pytest.approx(delay)
    assert siren - free == pytest.approx(0.3 * delay)
