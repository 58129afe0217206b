"""Warned, preparing, leaving, under way, safe: residents against closed forms on a straight road."""

from __future__ import annotations

import math
import warnings
from statistics import NormalDist

import numpy as np
import pytest

from agents.population import driving, evacuation, journeys
from agents.population.columns import Mode, State
from sim.world.routing import tree_to
from tests.smallworld import (
    CAR_FACTOR,
    ELDERLY,
    SPEED_MPS,
    WALK_MPS,
    WHEEL_MPS,
    Home,
    advance,
    drill,
    events_of,
    order,
    shelter,
    small_drill,
    straight,
    water,
)

ROAD = (0.0, 1000.0, 4000.0, 4500.0)
HALL = {"shelters": [shelter("hall", "u0", 500)]}
LEAVE_S = 300.0 + 600.0
"""Ordered at 5 min, warned at once, ready after 10 min."""
FLOAT32 = 1e-6
"""Speeds, walking pace and place on the link are kept in single precision."""
SLOW = WALK_MPS * ELDERLY


def leaving(homes, *zones, plan=HALL, gateways=(), spurs=(), **values):
    """A drill whose zones are ordered out after five minutes."""
    commands = [order("5min", zone) for zone in zones] + values.pop("commands", [])
    return drill(
        straight(ROAD, homes, gateways=gateways, spurs=spurs), plan=plan, commands=commands, **values
    )


@pytest.mark.parametrize(
    ("home", "mode", "mps"),
    [
        (Home(3, (40,), cars=1), Mode.CAR, SPEED_MPS * CAR_FACTOR),
        (Home(3, (40, 41, 9, 70), cars=1), Mode.CAR, SPEED_MPS * CAR_FACTOR),
        (Home(3, (40, 41), wheels=1), Mode.TWO_WHEELER, WHEEL_MPS),
        (Home(3, (40, 41, 12), wheels=1), Mode.FOOT, WALK_MPS),
        (Home(3, (40, 41, 12), wheels=2), Mode.TWO_WHEELER, WHEEL_MPS),
        (Home(3, (40, 41)), Mode.FOOT, WALK_MPS),
        (Home(3, (40, 64, 7)), Mode.FOOT, WALK_MPS),
        (Home(3, (40, 65)), Mode.FOOT, SLOW),
        (Home(3, (40, 6)), Mode.FOOT, SLOW),
    ],
)
def test_travel_time_is_length_over_speed(home, mode, mps):
    run = leaving([home], "u3")
    run.run()
    c = run.residents.columns
    assert (c["state"] == State.SHELTERED).all()
    assert (c["mode"] == mode).all()
    assert (c["warned_s"] == 300.0).all()
    assert (c["depart_s"] == LEAVE_S).all()
    # One household: all of it leaves at the same time and is there at the same time.
    assert len(set(c["safe_s"].tolist())) == 1
    assert c["safe_s"][0] - LEAVE_S == pytest.approx(4500.0 / mps, rel=FLOAT32)


ROOMY = {
    "shelters": [shelter("hall", "west", 5000), shelter("barn", "west-v03", 5000)],
    "warning": {"delay": {"median": "15min", "sigma": 0.5}},
}


def small_town(**values):
    """East of the small county ordered out to shelters that never fill, no hazard and no other traffic about."""
    commands = [order("5min", "east"), *values.pop("commands", [])]
    run = small_drill(hazards=(), commands=commands, plan=ROOMY, duration="20h",
                      traffic={"background_trips_per_1000_h": 0}, **values)
    run.run()
    return run


def test_travel_time_is_that_of_the_tree():
    run = small_town()
    c, roads = run.residents.columns, run.world.roads
    car = np.flatnonzero((c["state"] == State.SHELTERED) & (c["mode"] == Mode.CAR))
    targets = run.shelters.targets(np.isfinite(run.evacuation.village_ordered_s))
    assert targets.tolist() == sorted(s.node for s in run.shelters.rows) and len(car) > 100
    tree = tree_to(roads, run.evacuation.traffic.network.free_s(CAR_FACTOR), targets)
    from_home = ~c["away"][car]
    car = car[from_home]
    took = c["safe_s"][car] - c["depart_s"][car]
    free = tree.time_s[c["home_node"][car]]
    # Nobody is quicker than on an empty road, and on roads as empty as these hardly anybody is held up.
    assert (took >= free * (1 - FLOAT32)).all()
    assert np.median(took - free) < 5.0


SHUT = [{"at": f"{at}s", "action": action, "args": {"a": "east", "b": "west"}} for at, action in (
    (1000, "close_road"), (5030, "open_road"), (5631, "close_road"), (9999, "open_road"))]
"""The road to the shelters closes and opens between the ticks while people are about to set out and on it."""


@pytest.mark.parametrize("informed", [0.0, 1.0])
@pytest.mark.parametrize("commands", [[], SHUT])
@pytest.mark.parametrize("period_s", [10.0, 300.0])
def test_arrivals_do_not_depend_on_the_movement_period(period_s, commands, informed, monkeypatch):
    def arrivals():
        run = small_town(commands=commands, people={"informed_share": informed})
        assert np.isfinite(run.residents.columns["safe_s"]).sum() > 1000
        assert run.residents.count(State.LEFT) > 500 or not commands
        return run.residents.columns["safe_s"].copy()

    usual = arrivals()
    monkeypatch.setattr(evacuation, "DECISION_PERIOD_S", period_s)
    monkeypatch.setattr(journeys, "MOVEMENT_PERIOD_S", period_s)
    monkeypatch.setattr(driving, "TRAFFIC_PERIOD_S", period_s)
    other = arrivals()
    assert np.array_equal(np.isfinite(usual), np.isfinite(other))
    went = np.isfinite(usual)
    assert np.abs(usual[went] - other[went]).max() < 1e-6


def test_everyday_trips_are_the_same_however_often_traffic_is_looked_at(monkeypatch):
    def trips():
        run = small_drill(hazards=(), commands=[order("5min", "east")], plan=ROOMY, duration="4h",
                          traffic={"background_trips_per_1000_h": 30})
        run.run()
        traffic = run.evacuation.traffic
        everyday = traffic.vehicles["klass"][:traffic.count] >= driving.EVACUEES
        assert everyday.sum() == run.background.trips > 50
        return np.sort(traffic.vehicles["depart_s"][:traffic.count][everyday])

    usual = trips()
    monkeypatch.setattr(driving, "TRAFFIC_PERIOD_S", 10.0)
    other = trips()
    # They end with the first tick that finds no resident on the road, which is within a minute of the other.
    common = min(usual[-1], other[-1])
    assert np.array_equal(usual[usual <= common], other[other <= common])
    assert abs(len(usual) - len(other)) <= 5


def test_with_one_lived_in_unit_everyday_trips_go_to_the_others():
    # Everybody lives at u3: nobody draws a trip from there more than anybody else.
    homes = [Home(3, (40, 41), cars=1) for _ in range(100)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = leaving(homes, "u3", traffic={"background_trips_per_1000_h": 400},
                      behaviour={"preparation": {"median": "10min", "sigma": 1.0}})
        run.run()
    traffic = run.evacuation.traffic
    goal = traffic.vehicles["klass"][:traffic.count] - driving.EVACUEES
    assert set(goal[goal >= 0].tolist()) == {0, 1, 2}


def test_absent_members_outside_the_zone_stay_away_and_those_inside_walk():
    homes = [Home(3, (40, 38), cars=1, day_node=1), Home(3, (40, 38), cars=1, day_node=2), Home(2)]
    run = leaving(homes, "u3", "u2", start="2026-04-04T12:00+08:00")
    run.run()
    c = run.residents.columns
    assert c["state"].tolist() == [State.SHELTERED, State.AWAY, *[State.SHELTERED] * 3]
    assert c["node"][1] == 1 and math.isinf(c["depart_s"][1])
    # The second household's absent member walks from its day place, 4 km from the shelter.
    assert c["mode"].tolist()[2:4] == [Mode.CAR, Mode.FOOT]
    assert c["safe_s"][3] - LEAVE_S == pytest.approx(4000.0 / WALK_MPS, rel=FLOAT32)


def test_warning_delays_are_lognormal_and_reach_a_share():
    homes = [Home(1) for _ in range(4000)]
    plan = {"warning": {"delay": {"median": "20min", "sigma": 0.6}, "reach": 0.9}, **HALL}
    run = leaving(homes, "u1", plan=plan, duration="1h")
    advance(run, 360.0)
    delay = run.evacuation.plans.warned_s - 300.0
    reached = np.isfinite(delay)
    # Within four standard errors of a share of 4000, of a mean and of a standard deviation of n logs.
    assert reached.mean() == pytest.approx(0.9, abs=4 * math.sqrt(0.9 * 0.1 / 4000))
    n, logs = reached.sum(), np.log(delay[reached])
    assert logs.mean() == pytest.approx(math.log(1200), abs=4 * 0.6 / math.sqrt(n))
    assert logs.std() == pytest.approx(0.6, abs=4 * 0.6 / math.sqrt(2 * n))
    # Kolmogorov-Smirnov distance below its 0.1 % point.
    expected = np.array([NormalDist(math.log(1200), 0.6).cdf(v) for v in np.sort(logs)])
    steps = np.arange(n + 1) / n
    assert max((expected - steps[:-1]).max(), (steps[1:] - expected).max()) < 1.95 / math.sqrt(n)


@pytest.mark.parametrize("action", ["comms_off", "power_off"])
def test_without_the_network_warnings_take_longer(action):
    plan = {"warning": {"delay": {"median": "20min", "sigma": 0.6}, "without_network_factor": 3.0}, **HALL}
    homes = [Home(1) for _ in range(50)] + [Home(2) for _ in range(50)]
    with_, without = (
        leaving(homes, "u1", "u2", plan=plan, commands=commands)
        for commands in ([], [{"at": "1min", "action": action, "args": {"zone": "u2"}}])
    )
    for run in (with_, without):
        advance(run, 360.0)
    before, after = (run.evacuation.plans.warned_s - 300.0 for run in (with_, without))
    assert np.array_equal(np.isfinite(before), np.isfinite(after))
    assert after[:50] == pytest.approx(before[:50])
    assert after[50:] == pytest.approx(3 * before[50:])


def test_the_network_can_come_back():
    plan = {"warning": {"delay": {"median": "20min"}, "reach": 1.0}, **HALL}
    run = leaving(
        [Home(1)],
        "u1",
        plan=plan,
        commands=[
            {"at": "1min", "action": "comms_off", "args": {"zone": "all"}},
            {"at": "2min", "action": "comms_on", "args": {"zone": "u1"}},
        ],
    )
    advance(run, 360.0)
    assert run.evacuation.plans.warned_s[0] == 300.0 + 1200.0


@pytest.mark.parametrize(("share", "state"), [(0.0, State.STAYING), (1.0, State.SHELTERED)])
def test_compliance(share, state):
    run = leaving([Home(1, (40, 41)) for _ in range(40)], "u1", behaviour={"compliance": share})
    run.run()
    assert (run.residents.columns["state"] == state).all()
    assert run.evacuation.warned == 80


def test_a_share_complies():
    run = leaving([Home(1) for _ in range(2000)], "u1", behaviour={"compliance": 0.7})
    advance(run, 420.0)
    assert run.residents.count(State.PREPARING) / 2000 == pytest.approx(
        0.7, abs=4 * math.sqrt(0.7 * 0.3 / 2000)
    )


def test_a_second_order_changes_nothing():
    plan = {"warning": {"delay": {"median": "20min", "sigma": 0.6}}, **HALL}
    homes = [Home(i % 3 + 1, (40, 70)) for i in range(60)]
    once = leaving(homes, "u1", "u2", "u3", plan=plan)
    twice = leaving(homes, "u1", "u2", "u3", plan=plan, commands=[order("12min", "u1"), order("1h", "u2")])
    once.run()
    twice.run()
    for name, column in once.residents.columns.items():
        assert np.array_equal(column, twice.residents.columns[name]), name
    assert len(events_of(twice, "warning_order")) == 3


def test_households_that_see_the_hazard_prepare_without_an_order():
    homes = [Home(1), Home(2), Home(3)]
    # It reaches 300 m round v3 at its start, v2 (500 m off) after 200 s, v1 (3.5 km off) never.
    run = drill(
        straight(ROAD, homes, gateways=(0,)),
        hazards=[water("u3", starts_s=600, speed_mps=1, most_m=700)],
        plan={"command": {"place": "u0", "decision": {"median": "300min"}}},
        duration="3h",
    )
    run.run()
    warned = run.evacuation.plans.warned_s
    assert np.isinf(run.evacuation.village_ordered_s).all()
    assert math.isinf(warned[0])
    assert 600 < warned[2] <= 720
    assert 800 <= warned[1] <= 860
    assert run.evacuation.plans.depart_s[1] == warned[1] + 600
    assert run.residents.columns["state"][0] == State.NORMAL


def test_no_notice_at_no_distance():
    run = drill(
        straight(ROAD, [Home(3)]),
        hazards=[water("u3", starts_s=0, speed_mps=1, most_m=700)],
        plan={"command": {"place": "u0", "decision": {"median": "300min"}}},
        behaviour={"notice_distance_m": 0},
        duration="1h",
    )
    run.run()
    assert np.isinf(run.evacuation.plans.warned_s).all()


def close(at: str, a: str, b: str, action: str = "close_road"):
    return {"at": at, "action": action, "args": {"a": a, "b": b}}


def test_those_on_a_road_that_closes_turn_back_and_nobody_enters_it():
    # Cars leave u3 at 900 s, are at u2 at 962.5 s and would be at u1 at 1337.5 s; closed at 1080 s, 0.9 km on.
    homes = [Home(3, cars=1), Home(2, (40, 41))]
    run = leaving(homes, "u3", "u2", gateways=(3,), commands=[close("18min", "u1", "u2")], duration="4h")
    # What is due at 1080 s runs in the tick after: the command first, then the movement.
    advance(run, 1080.0)
    c = run.residents.columns
    assert c["link"][0] == 3 and c["offset_m"][0] == pytest.approx((1020 - 962.5) * 8, abs=0.01)
    run.step()
    assert c["link"][0] == 2
    run.run()
    assert c["state"].tolist() == [State.LEFT] * 3
    # Back from 1080 s on as fast as it came, then 500 m more.
    assert c["safe_s"][0] == pytest.approx(1080 + (1080 - 962.5) + 500 / 8, rel=FLOAT32)


def test_nobody_is_on_a_closed_road_once_they_are_off_it():
    run = small_drill(
        commands=[order("5min", "all")],
        plan={
            "shelters": [shelter("hall", "west", 3000)],
            "warning": {"delay": {"median": "15min", "sigma": 0.5}},
        },
    )
    c = run.residents.columns
    entered = 0
    before = np.full(run.residents.size, -1)
    while run.now < run.duration_s:
        closed = run.roads.closed.copy()
        run.step()
        moving = c["state"] == State.MOVING
        on = np.where(moving, c["link"], -1)
        fresh = (on >= 0) & (on != before)
        # A mover turned round leaves by the reverse link; anybody else found on a link has entered it since.
        reverse = run.world.roads.links["reverse"]
        turned = (before >= 0) & (on == reverse[np.maximum(before, 0)])
        # Some come onto a link, find it closed, and turn round in one step: the way back may have closed before.
        shut = run.roads.closed & ~closed
        turned |= (on >= 0) & shut[reverse[np.maximum(on, 0)]]
        still = closed & run.roads.closed
        entered += np.count_nonzero(fresh & ~turned & still[np.maximum(on, 0)])
        before = on
    assert run.roads.closed.any() and run.evacuation.moves > 1000
    assert entered == 0


def test_without_a_way_people_are_stranded_and_go_on_when_it_opens():
    homes = [Home(2, (40, 41), cars=1), Home(3, (50,), cars=1)]
    run = leaving(
        homes, "u2", "u3", commands=[close("10min", "u0", "u1"), close("2h", "u0", "u1", "open_road")]
    )
    advance(run, 3600.0)
    assert run.residents.count(State.STRANDED) == 3
    # Those who found no way out before they had left are at home.
    assert run.residents.columns["x"].tolist() == [4000.0, 4000.0, 4500.0]
    assert {e["agent"] for e in events_of(run, "stranded")} == {"P0", "P1", "P2"}
    run.run()
    c = run.residents.columns
    assert run.residents.count(State.STRANDED) == 0
    assert (c["state"] == State.SHELTERED).all()
    assert c["safe_s"][:2] == pytest.approx(7200.0 + 4000 / 8, rel=FLOAT32)
    assert c["safe_s"][2] == pytest.approx(7200.0 + 4500 / 8, rel=FLOAT32)


def test_the_stranded_are_a_kpi():
    from experiments.measure import measure

    run = leaving([Home(2, (40, 41), cars=1)], "u2", commands=[close("10min", "u0", "u1")], duration="1h")
    run.run()
    assert measure(run)["evacuation.stranded"] == 2


def test_most_vehicles_held_up_at_once_is_a_kpi():
    from experiments.measure import measure

    # Cars of u3 meet those of u2, who all want to the same lane; a hundred at once are more than it takes.
    run = leaving([Home(2 + i % 2, cars=1) for i in range(400)], "u2", "u3",
                  behaviour={"preparation": {"median": "10min", "sigma": 0.3}})
    seen = []
    run.evacuation.driving.after.append(lambda t_s: seen.append((t_s, int(run.evacuation.traffic.queues().sum()))))
    run.run()
    figures = measure(run)
    assert figures["traffic.longest_queue_veh"] == max(n for t_s, n in seen if t_s % 300 == 0) > 10
    assert figures["traffic.lost_vehh"] > 0
    assert figures["evacuation.left_behind"] == 0


def test_guests_those_taken_by_bus_and_those_who_move_on_are_kpis():
    from experiments.measure import measure

    bus = {"id": "coach", "place": "u3", "capacity": 40, "mobilisation": {"median": "0s"}, "on_order": True}
    homes = [Home(3, (40, 41)), Home(3, (42,), wheels=1), Home(1, (50,) * 5)]
    run = leaving(homes, "u3", plan={"shelters": [shelter("hall", "u2", 1), shelter("far", "u0", 9)], "buses": [bus]},
                  people={"to_shelter": 0.0, "guests_per_resident": 0.2, "bus_patience": "1h"},
                  commands=[order("4h", "u2")], duration="6h")
    run.run()
    c = run.residents.columns
    # The bus goes to shelters; the one with the motorcycle has relatives at u1, who have room for one.
    assert c["state"][:3].tolist() == [State.SHELTERED, State.SHELTERED, State.HOSTED]
    figures = measure(run)
    assert figures["evacuation.by_bus"] == 2 and figures["evacuation.hosted"] == 1
    assert figures["evacuation.left"] == 3 and figures["evacuation.moved_on"] == 0


def test_cars_do_not_crawl_through_a_closed_road_for_another_way():
    # A spur of 3 x 4000 m joins u0 and u2; the straight road closes while they get ready.
    run = leaving([Home(2, cars=1)], "u2", spurs=[(0, 2)], commands=[close("10min", "u0", "u1")])
    run.run()
    assert run.residents.columns["safe_s"][0] - LEAVE_S == pytest.approx(12000 / 8, rel=FLOAT32)


def test_departures_are_told_once_a_household_with_those_who_go():
    homes = [Home(3, (40, 38), cars=1, day_node=1), Home(3, (70,))]
    run = leaving(homes, "u3", start="2026-04-04T12:00+08:00")
    run.run()
    told = events_of(run, "departed")
    assert [(e["agent"], e["t_s"], e["place"], e["detail"]) for e in told] == [
        ("H0", LEAVE_S, "v3", '{"persons": 1}'),
        ("H1", LEAVE_S, "v3", '{"persons": 1}'),
    ]
    arrived = events_of(run, "sheltered")
    assert [(e["agent"], e["place"]) for e in arrived] == [("H0", "hall"), ("H1", "hall")]
