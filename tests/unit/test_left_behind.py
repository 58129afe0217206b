"""Everybody ordered out who is not out has one reason, in a straight road and in a county in trouble."""

from __future__ import annotations

import numpy as np

from agents.population.columns import State
from agents.population.left_behind import LeftBehind, Reason, left_behind, reasons
from tests.smallworld import Home, advance, drill, order, shelter, small_drill, straight

ROAD = (0.0, 1000.0, 4000.0, 4500.0)
LOUD = {"channels": {"loudspeaker": {"reach": 1.0, "receipt": "0s"}}}


def road(homes, *commands, shelters=(("hall", "u0", 500),), behaviour=None, **values):
    plan = {"shelters": [shelter(*one) for one in shelters], "warning": LOUD}
    return drill(straight(ROAD, homes), plan=plan, commands=commands, behaviour=behaviour, **values)


def after(run, until_s):
    advance(run, until_s)
    return {(row.zone, row.reason): row.persons for row in left_behind(run.evacuation)}


def switch(at, action, **args):
    return {"at": at, "action": action, "args": args}


def test_without_power_nobody_is_warned_and_elsewhere_they_get_ready():
    homes = [Home(1, (40, 41)), Home(2, (40,)), Home(3, (40, 5, 70))]
    run = road(homes, switch("1min", "power_off", zone="u2"), order("5min", "u1+u2"))
    assert after(run, 420.0) == {("u1", Reason.PREPARING): 2, ("u2", Reason.NEVER_WARNED): 1}
    run.run()
    assert left_behind(run.evacuation) == [LeftBehind("u2", Reason.NEVER_WARNED, 1)]


def test_those_who_refuse_and_those_under_way():
    run = road([Home(3)], order("5min", "u3"), behaviour={"compliance": 0.0})
    assert after(run, 1800.0) == {("u3", Reason.REFUSED): 1}
    run = road([Home(3)], order("5min", "u3"))
    assert after(run, 1800.0) == {("u3", Reason.UNDER_WAY): 1}
    run.run()
    assert (run.residents.columns["state"] == State.SHELTERED).all() and left_behind(run.evacuation) == []


def test_no_way_out_and_a_full_shelter():
    closed = switch("6min", "close_road", a="u1", b="u2")
    run = road([Home(3, (40, 41))], closed, order("5min", "u3"))
    run.run()
    assert left_behind(run.evacuation) == [LeftBehind("u3", Reason.NO_WAY_OUT, 2)]
    full = road([Home(3, (40, 41)), Home(3, (40, 42))], order("5min", "u3"), shelters=[("hall", "u0", 3)])
    full.run()
    assert left_behind(full.evacuation) == [LeftBehind("u3", Reason.SHELTER_FULL, 2)]


def test_a_cancelled_order_leaves_nobody_behind():
    run = road([Home(1), Home(2)], order("5min", "u1+u2"), switch("8min", "cancel_evacuation", zone="u2"))
    assert after(run, 540.0) == {("u1", Reason.PREPARING): 1}


def test_every_ordered_resident_is_out_or_has_a_reason():
    commands = [order("5min", "east"), switch("20min", "power_off", zone="all")]
    run = small_drill(commands=commands)
    for hour in (0.5, 1, 2, 4, 8):
        advance(run, hour * 3600.0)
        why, state = reasons(run.evacuation), run.residents.columns["state"]
        ordered = run.residents.columns["ordered"]
        assert (why[~ordered] == Reason.NONE).all()
        out = [s for s in State if s.name in ("SHELTERED", "LEFT", "HOSTED", "AT_DOOR")]
        assert np.array_equal(ordered & np.isin(state, out), ordered & (why == Reason.NONE))
        assert sum(row.persons for row in left_behind(run.evacuation)) == np.count_nonzero(why)
    assert len({row.reason for row in left_behind(run.evacuation)}) >= 2
