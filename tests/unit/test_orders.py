"""Orders: stages, advice, cancelling, shadow evacuation, second thoughts; commands looked up before the run."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from agents.population.columns import State
from agents.population.orders import Called
from agents.staging import even_cuts
from sim.errors import InputError
from tests.smallworld import Home, advance, drill, events_of, order, shelter, small_drill, straight, water

ROAD = (0.0, 1000.0, 4000.0, 4500.0)
HALL = {"shelters": [shelter("hall", "u0", 5000)]}
NODES = (1, 2, 3)
EACH = 100


def orders(*commands, behaviour=None, plan=HALL, hazards=(), hours=4):
    """100 households of one at each of three villages; warned at once, ready after ten minutes, if they comply."""
    homes = [Home(node) for node in NODES for _ in range(EACH)]
    return drill(straight(ROAD, homes), plan=plan, commands=commands, behaviour=behaviour, hazards=hazards,
                 duration=f"{hours}h")


def command(at, action, /, **args):
    return {"at": at, "action": action, "args": args}


def at_village(run, node):
    return np.repeat(NODES, EACH) == node


def called_at(run):
    return {e["place"]: e["t_s"] for e in events_of(run, "warning_order")}


def test_stages_are_ordered_one_after_the_other():
    run = orders(command("5min", "stage_evacuation", zones=["u3", "u1+u2"], every="45min"))
    run.run()
    assert called_at(run) == {"v3": 300.0, "v1": 3000.0, "v2": 3000.0}
    c = run.residents.columns
    for node, at in ((3, 300.0), (1, 3000.0), (2, 3000.0)):
        assert (c["depart_s"][at_village(run, node)] == at + 600.0).all()
    # Every stage is a command of its own in the log.
    given = [json.loads(e["detail"]) for e in events_of(run, "command")]
    assert [(g["t_s"], g["action"], g["args"].get("zone")) for g in given] == [
        (300.0, "stage_evacuation", None), (300.0, "order_evacuation", "u3"), (3000.0, "order_evacuation", "u1+u2")]


def test_stages_at_times_given_and_advised():
    run = orders(command("5min", "stage_evacuation", zones=["u1", "u2"], at=["T+01:00", "20min"], kind="advised"),
                 behaviour={"compliance_advised": 0.0})
    run.run()
    assert called_at(run) == {"v2": 1200.0, "v1": 3600.0}
    assert (run.residents.columns["state"][~at_village(run, 3)] == State.STAYING).all()


def test_a_zone_cut_into_stages_has_about_as_many_residents_in_each():
    run = orders(command("5min", "stage_evacuation", zone="all", stages=3, every="1h"))
    run.run()
    assert called_at(run) == {"v0": 300.0, "v1": 300.0, "v2": 3900.0, "v3": 7500.0}


@pytest.mark.parametrize(("weights", "parts", "cuts"), [
    ([1, 1, 1, 1], 2, [0, 2, 4]), ([0, 100, 100, 100], 3, [0, 2, 3, 4]), ([9, 1, 1], 3, [0, 1, 2, 3]),
    ([1, 1, 9], 2, [0, 2, 3]), ([5], 1, [0, 1])])
def test_runs_of_about_equal_sums(weights, parts, cuts):
    assert even_cuts(weights, parts) == cuts


def test_a_cancelled_zone_stays_but_for_those_under_way():
    run = orders(order("5min", "u1+u2"), command("12min", "cancel_evacuation", zone="u1"),
                 behaviour={"preparation": {"median": "10min", "sigma": 1.0}, "compliance": 0.9})
    advance(run, 720.0)
    before = run.residents.columns["depart_s"].copy()
    assert 20 < np.isfinite(before[at_village(run, 1)]).sum() < 80
    run.run()
    c, mine = run.residents.columns, at_village(run, 1)
    gone = np.isfinite(before)
    assert (c["state"][mine & gone] == State.SHELTERED).all()
    assert (c["state"][mine & ~gone] == State.NORMAL).all()
    assert run.evacuation.orders.stayed == (mine & ~gone).sum() == (mine & ~c["ordered"]).sum()
    assert np.array_equal(before[mine], c["depart_s"][mine])
    assert set(np.unique(c["state"][at_village(run, 2)])) == {State.STAYING, State.SHELTERED}
    assert math.isinf(run.evacuation.village_ordered_s[run.world.places.get("v1", "").row])


def test_a_zone_can_be_ordered_again_after_its_order_was_cancelled():
    run = orders(order("5min", "u1"), command("8min", "cancel_evacuation", zone="u1"), order("1h", "u1"))
    run.run()
    c, mine = run.residents.columns, at_village(run, 1)
    assert (c["depart_s"][mine] == 3600.0 + 600.0).all() and (c["state"][mine] == State.SHELTERED).all()
    # Each is counted as warned once.
    assert run.evacuation.warned == EACH and c["ordered"][mine].all()


def test_those_at_home_stay_when_others_of_the_household_are_under_way():
    # By day each household's second member is at the other village, which is ordered too: it leaves from there.
    homes = [Home(3, (40, 38), day_node=2) for _ in range(20)] + [Home(2)]
    slow = {"preparation": {"median": "30min", "sigma": 1.0}}
    run = drill(straight(ROAD, homes), plan=HALL, behaviour=slow, start="2026-04-04T12:00+08:00", duration="4h",
                commands=[order("5min", "u2+u3"), command("40min", "cancel_evacuation", zone="u3")])
    advance(run, 2400.0)
    c = run.residents.columns
    out = np.isfinite(c["depart_s"])
    assert 0 < out[:40].sum() < 40
    run.run()
    mine = c["household"] < 20
    assert (c["state"][mine & ~out] == State.NORMAL).all()
    assert np.array_equal(out[mine], np.isfinite(c["depart_s"][mine]))


def test_those_who_came_home_are_ordered_out_like_anybody_else():
    clear = [command("2h", "all_clear", zone="u1"), order("4h", "u1")]
    run = orders(order("5min", "u1"), *clear, hours=7)
    advance(run, 3.9 * 3600)
    c, mine = run.residents.columns, at_village(run, 1)
    assert (c["state"][mine] == State.NORMAL).all()
    run.run()
    assert (c["depart_s"][mine] == 4 * 3600 + 600.0).all() and (c["state"][mine] == State.SHELTERED).all()
    assert run.evacuation.warned == EACH


def test_cancelling_takes_a_zone_out_of_the_stages_to_come():
    run = orders(command("5min", "stage_evacuation", zones=["u3", "u1+u2"], every="45min"),
                 command("20min", "cancel_evacuation", zone="u2"))
    run.run()
    assert called_at(run) == {"v3": 300.0, "v1": 3000.0}
    assert (run.residents.columns["state"][at_village(run, 2)] == State.NORMAL).all()


def test_advice_moves_fewer_and_an_order_the_others_of_them():
    ways = {"compliance": 0.8, "compliance_advised": 0.3}
    advised = orders(command("5min", "order_evacuation", zone="u1", kind="advised"), behaviour=ways)
    both = orders(command("5min", "order_evacuation", zone="u1", kind="advised"), order("1h", "u1"), behaviour=ways)
    at_once = orders(order("1h", "u1"), behaviour=ways)
    for run in (advised, both, at_once):
        run.run()
    left = [np.isfinite(run.residents.columns["depart_s"]) for run in (advised, both, at_once)]
    # The same minds: whoever follows advice follows an order, and an order after advice moves no more than one.
    assert (left[0] <= left[1]).all() and np.array_equal(left[1], left[2])
    assert abs(left[0].sum() - 30) < 20 and abs(left[1].sum() - 80) < 20
    depart = both.residents.columns["depart_s"]
    assert (depart[left[0]] == 900.0).all() and (depart[left[1] & ~left[0]] == 4200.0).all()
    assert both.evacuation.warned == EACH
    assert [e["detail"] for e in events_of(both, "warning_order")] == ['{"kind": "advised"}', ""]


def test_advice_after_an_order_changes_nothing():
    run = orders(order("5min", "u1"), command("20min", "order_evacuation", zone="u1", kind="advised"))
    run.run()
    assert len(events_of(run, "warning_order")) == 1
    assert run.evacuation.orders.village_called[run.world.places.get("v1", "").row] == Called.MANDATORY


def test_some_leave_near_an_ordered_village_and_nobody_farther_off():
    shadow = {"shadow": {"share": 0.2, "within_m": 600.0}}
    run = orders(order("5min", "u3"), behaviour=shadow)
    run.run()
    c = run.residents.columns
    left = np.isfinite(c["depart_s"])
    near, far = at_village(run, 2), at_village(run, 1)
    assert left[at_village(run, 3)].all() and not left[far].any()
    assert abs(left[near].sum() - 20) <= 16
    assert (c["depart_s"][near & left] >= 900.0).all()
    assert not c["ordered"][near].any() and (c["state"][near & ~left] == State.NORMAL).all()
    assert set(called_at(run)) == {"v3"}


def test_the_shadow_falls_with_the_order_and_deepens_into_one():
    shadow = {"shadow": {"share": 0.2, "within_m": 600.0}, "preparation": {"median": "30min"}}
    fallen = orders(order("5min", "u3"), command("20min", "cancel_evacuation", zone="u3"), behaviour=shadow)
    fallen.run()
    assert (fallen.residents.columns["state"] == State.NORMAL).all()
    assert fallen.evacuation.orders.stayed == EACH
    deeper = orders(order("5min", "u3"), order("20min", "u2"), behaviour=shadow)
    deeper.run()
    depart = deeper.residents.columns["depart_s"][at_village(deeper, 2)]
    assert set(depart.tolist()) == {300.0 + 1800.0, 1200.0 + 1800.0}


def test_those_who_refused_think_again_when_they_see_it():
    ways = {"compliance": 0.3, "compliance_seen": 1.0, "notice_distance_m": 300}
    flood = [water("u3", starts_s=3600, speed_mps=0.01, most_m=50)]
    calm = {**HALL, "command": {"place": "u0", "decision": {"median": "300min"}}}
    run = orders(order("5min", "u3"), order("5min", "u2"), behaviour=ways, hazards=flood, plan=calm)
    run.run()
    depart = run.residents.columns["depart_s"]
    saw, others = depart[at_village(run, 3)], depart[at_village(run, 2)]
    assert np.isfinite(saw).all() and set(np.unique(saw < 3600.0)) == {True, False}
    assert (saw[saw > 900.0] >= 3600.0 + 600.0).all()
    assert abs(np.isfinite(others).sum() - 30) < 20 and (others[np.isfinite(others)] == 900.0).all()


def test_a_cancelled_order_does_not_bring_back_those_who_see_the_hazard():
    flood = [water("u3", starts_s=60, speed_mps=0.01, most_m=50)]
    calm = {**HALL, "command": {"place": "u0", "decision": {"median": "300min"}}}
    run = orders(order("5min", "u3+u2"), command("8min", "cancel_evacuation", zone="all"), hazards=flood, plan=calm)
    run.run()
    assert np.isfinite(run.residents.columns["depart_s"][at_village(run, 3)]).all()
    assert np.isinf(run.residents.columns["depart_s"][at_village(run, 2)]).all()


def test_nobody_waits_for_a_hazard_in_a_zone_that_is_named_twice():
    run = orders(order("5min", "u1+v1+u1"))
    run.run()
    assert called_at(run) == {"v1": 300.0}


@pytest.mark.parametrize(("given", "said"), [
    (order("5min", "u9"), "u9"),
    (order("5min", "u1+u9"), "u9"),
    (command("5min", "cancel_evacuation", zone="u9"), "u9"),
    (command("5min", "stage_evacuation", zones=["u1", "u9"], every="1h"), "u9"),
    (command("5min", "stage_evacuation", zones=["u1"], at=["2min"]), "a stage before its command"),
    (command("5min", "stage_evacuation", zone="all", stages=5, every="1h"), "more stages than parts"),
    (command("5min", "open_shelter", shelter="hal"), "no such shelter"),
    (command("5min", "close_road", a="u0", b="u3"), "no stated road"),
    (command("5min", "close_road", a="u0", b="u9"), "u9"),
    (command("5min", "withdraw_team", team="nobody"), "no such team"),
    (command("5min", "dispatch_supply", warehouse="depot", shelter="hall", packs=3), "no such warehouse"),
    (command("5min", "power_off", zone="u9"), "u9"),
])
def test_what_a_command_names_is_looked_up_before_the_run(given, said):
    with pytest.raises(InputError, match=said) as caught:
        orders(order("1min", "u1"), given)
    assert "scenario.commands.1" in caught.value.problem.where
    assert given["action"] in caught.value.problem.where


def test_the_small_county_goes_in_stages():
    run = small_drill(hazards=(), commands=[command("5min", "stage_evacuation", zone="all", stages=2, every="2h")])
    run.run()
    at = called_at(run)
    places = run.world.places
    towns = {v: places.get(v, "").town for v in at}
    assert {t for v, t in at.items() if towns[v] == "east"} == {300.0}
    assert {t for v, t in at.items() if towns[v] == "west"} == {7500.0}
    c = run.residents.columns
    ordered = run.evacuation.village_ordered_s[c["village"]]
    assert (c["depart_s"] >= ordered).all() and np.isfinite(c["depart_s"]).sum() > 2000


def test_kpis_of_warning_follow_their_definitions():
    from experiments.measure import measure

    # 60 of 100 households a village have a loudspeaker within hearing; u2 is without power for half an hour.
    loud = {"channels": {"loudspeaker": {"reach": 0.6, "receipt": "10min"}}}
    dark = [command("6min", "power_off", zone="u2"), command("36min", "power_on", zone="u2")]
    run = orders(order("5min", "u1+u2"), *dark, plan=HALL | {"warning": loud})
    run.run()
    values = measure(run)
    out = ~at_village(run, 3)
    delay = np.sort(run.residents.columns["warned_s"][out] - 300.0)
    heard = delay[np.isfinite(delay)]
    assert values["warning.p50_min"] == heard[math.ceil(0.5 * len(heard)) - 1] / 60
    assert values["warning.p90_min"] == heard[math.ceil(0.9 * len(heard)) - 1] / 60
    assert values["warning.p90_min"] >= 31.0
    assert values["warning.never_share"] == np.isinf(delay).sum() / len(delay) == pytest.approx(0.4, abs=0.14)
    nobody = orders()
    nobody.run()
    assert {measure(nobody)[f"warning.{key}"] for key in ("p50_min", "p90_min", "never_share")} == {None}
