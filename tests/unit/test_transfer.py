"""Organised transfer in a run: the chain of orders, departures, deadlines, roads, networks, going home."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest

from agents.population import transfer as transfer_module
from agents.population.cadres import Step
from agents.population.columns import Mode, State
from agents.population.transfer_figures import transfer_rows, transfer_values, write_transfer_list
from sim.errors import InputError
from tests.smallworld import Home, advance, drill, events_of, settings, shelter, small_drill, straight

ROAD = (0.0, 1000.0, 4000.0, 4500.0)
ORDER_S, TOWNSHIP_S, VILLAGE_S, VISIT_S = 300.0, 600.0, 900.0, 900.0
CALL_S = ORDER_S + TOWNSHIP_S + VILLAGE_S
"""When the first visits begin: ordered at 5 min, 10 min to the township, 15 to the village."""
CADRES = {"per_village": 1, "households_per_hour": 4, "cars": 0}
SURE = {"persuaded": 1, "persuaded_later": 1, "ready_share": 0, "relatives_share": 0, "return_early_per_day": 0}


def plan(cadres=None, **values):
    """Everybody at node 3 is on the list, all delays are certain."""
    return {"shelters": [shelter("hall", "u0", 5000)], "transfer": {
        "at_risk": [{"place": "v3", "cause": "dangerous_house", "share": 1.0, "immobile_share": 0.0}],
        "county_to_township": {"median": "10min"}, "township_to_village": {"median": "15min"},
        "cadres": {**CADRES, **(cadres or {})}, **values}}


def command(action, at="5min", **args):
    """A command of the plan."""
    return {"at": at, "action": action, "args": {"zone": "v3", **args}}


def moving(homes, *commands, cadres=None, conduct=None, duration="12h", listing=None, **values):
    """A drill on a straight road that orders the transfer after five minutes unless other commands are given."""
    return drill(straight(ROAD, homes), plan=plan(cadres, **(listing or {})), duration=duration,
                 commands=list(commands) or [command("order_transfer")],
                 transfer={**SURE, **(conduct or {})}, **values)


def homes(n, **values):
    """Households of two at node 3."""
    return [Home(3, (40, 38), **values) for _ in range(n)]


def test_the_order_goes_down_the_chain_and_each_household_leaves_after_its_visit():
    run = moving(homes(5))
    run.run()
    transfer, c = run.transfer, run.residents.columns
    assert transfer.reached_s.tolist() == [CALL_S] * 5
    assert transfer.rounds.calls.visited_s.tolist() == [CALL_S + k * VISIT_S for k in range(5)]
    out = CALL_S + VISIT_S * np.arange(1, 6)
    assert transfer.out_s == pytest.approx(out)
    assert c["depart_s"].reshape(5, 2) == pytest.approx(np.column_stack([out, out]))
    assert (c["state"] == State.SHELTERED).all() and (c["mode"] == Mode.FOOT).all()
    values = transfer_values(transfer)
    assert values["transfer.listed"] == values["transfer.ordered"] == 10.0
    assert values["transfer.out_share"] == 1.0 and values["transfer.refused"] == 0.0
    assert values["transfer.completed_min"] == pytest.approx((out[-1] - ORDER_S) / 60)
    assert values["transfer.completed_p90_min"] == pytest.approx((out[-1] - ORDER_S) / 60)
    order = events_of(run, "transfer_order")
    assert [(e["t_s"], e["place"]) for e in order] == [(CALL_S, "v3")]


@pytest.mark.parametrize(("deadline", "at_s"), [("1h", ORDER_S + 3600), ("T+01:00", 3600.0),
                                                ("2026-04-04T04:30+08:00", 5400.0), ("10h", 36300.0)])
def test_the_share_by_the_deadline_is_an_exact_count(deadline, at_s):
    run = moving(homes(8), command("order_transfer", deadline=deadline))
    run.run()
    values = transfer_values(run.transfer)
    out = [CALL_S + k * VISIT_S <= at_s for k in range(1, 9)]
    assert values["transfer.out_by_deadline_share"] == pytest.approx(np.mean(out))
    safe = run.residents.columns["safe_s"].reshape(8, 2).max(axis=1) <= at_s
    assert values["transfer.safe_by_deadline_share"] == pytest.approx(np.mean(safe))
    assert np.mean(safe) <= np.mean(out) and (deadline != "10h" or np.mean(safe) == 1)


@pytest.mark.parametrize("deadline", ["yesterday", "2026-04-04T04:30", "T+00:01", "2020-01-01T00:00+08:00"])
def test_a_deadline_that_cannot_be_is_told_before_the_run(deadline):
    with pytest.raises(InputError, match="deadline"):
        moving(homes(1), command("order_transfer", deadline=deadline))


def test_nobody_on_the_list_is_refused():
    run = moving(homes(1), command("open_shelter", at="11h", zone="v3") | {"args": {"shelter": "hall"}})
    result = run.order("plan", "order_transfer", {"zone": "v1"})
    assert not result.accepted and "v1" in result.reason
    assert not run.order("plan", "order_transfer", {"zone": "v3", "causes": ["fish_raft"]}).accepted
    assert set(transfer_values(run.transfer).values()) == {None}
    with pytest.raises(InputError, match="causes"):
        run.order("plan", "order_transfer", {"zone": "v3", "causes": ["boredom"]})


def test_those_who_refuse_stay_and_are_counted():
    run = moving(homes(4), conduct={"persuaded": 0, "persuaded_later": 0}, cadres={"visits": 2, "revisit_after": "1h"})
    run.run()
    assert (run.transfer.step == Step.REFUSED).all()
    assert (run.residents.columns["state"] == State.STAYING).all()
    assert transfer_values(run.transfer)["transfer.refused"] == 8.0
    assert transfer_values(run.transfer)["transfer.completed_p90_min"] is None
    assert len(events_of(run, "transfer_refused")) == 4
    # Ordered again, they are called on again.
    visits = run.transfer.rounds.calls.visits.copy()
    run.transfer.order(run.villages_of("v3"))
    assert (run.transfer.step == Step.ORDERED).all() and (visits == 2).all()


@pytest.mark.parametrize("at_s", [4490, 4500, 4530])
def test_a_cancelled_transfer_leaves_the_others_at_home(at_s):
    run = moving(homes(6), command("order_transfer"), command("cancel_transfer", at=f"{at_s}s"))
    run.run()
    out = CALL_S + VISIT_S * np.arange(1, 7) <= at_s
    assert 0 < out.sum() < 6
    assert np.array_equal(run.transfer.step == Step.OUT, out)
    assert np.array_equal(run.transfer.step == Step.LISTED, ~out)
    state = run.residents.columns["state"].reshape(6, 2)
    assert (state[~out] == State.NORMAL).all() and (state[out] == State.SHELTERED).all()
    assert transfer_values(run.transfer)["transfer.ordered"] == 2.0 * out.sum()


def test_an_order_cancelled_on_its_way_down_comes_to_nothing():
    run = moving(homes(3), command("order_transfer"), command("cancel_transfer", at="10min"))
    run.run()
    assert (run.transfer.step == Step.LISTED).all() and (run.transfer.rounds.calls.visits == 0).all()


def test_without_a_network_the_order_takes_longer():
    off = {"at": "1min", "action": "comms_off", "args": {"zone": "u3"}}
    run = moving(homes(1), off, command("order_transfer"), listing={"without_network_factor": 3.0})
    run.run()
    assert run.transfer.reached_s[0] == ORDER_S + 3 * (TOWNSHIP_S + VILLAGE_S)


def test_a_village_cut_off_waits_for_its_road():
    close = {"at": "40min", "action": "close_road", "args": {"a": "u2", "b": "u3"}}
    reopen = {**close, "at": "3h", "action": "open_road"}
    run = moving(homes(5), command("order_transfer"), close, reopen)
    advance(run, 2 * 3600.0)
    assert (run.transfer.step == Step.WAITING).sum() == 4
    assert {row["fate"] for row in transfer_rows(run.transfer)} >= {"cut_off"}
    run.run()
    calls = run.transfer.rounds.calls
    assert (run.transfer.step == Step.OUT).all()
    # The visit that had begun goes on and its household leaves with the road; then one after another again.
    assert calls.visited_s[0] == CALL_S and run.transfer.out_s[0] == pytest.approx(3 * 3600, abs=60)
    assert np.diff(calls.visited_s[1:]) == pytest.approx(VISIT_S)
    assert calls.visited_s[1] == pytest.approx(3 * 3600, abs=60)


def test_nobody_home_by_day_is_called_on_again_in_the_evening():
    alone = Home(3, (40,), day_node=1)
    run = moving([alone, *homes(1)], start="2026-04-04T15:00+08:00", cadres={"visits": 3, "revisit_after": "2h"})
    run.run()
    calls = run.transfer.rounds.calls
    # Away until 18:00: called on at 15:30 and 17:45, then found at 20:00.
    assert calls.visits.tolist() == [3, 1] and (run.transfer.step == Step.OUT).all()
    assert calls.notified_s[0] > 3 * 3600


def test_members_away_stay_away_and_count_with_their_household():
    run = moving([Home(3, (40, 38), day_node=1)], start="2026-04-04T10:00+08:00")
    run.run()
    assert run.residents.columns["state"].tolist() == [State.SHELTERED, State.AWAY]
    assert transfer_values(run.transfer)["transfer.out_share"] == 1.0


def test_who_has_left_before_is_found_gone_and_counts_as_out():
    early = {"at": "0min", "action": "order_evacuation", "args": {"zone": "v3"}}
    run = moving(homes(3), early, command("order_transfer"))
    run.run()
    assert (run.transfer.step == Step.GONE).all()
    assert (run.transfer.out_s == 600.0).all()
    assert transfer_values(run.transfer)["transfer.completed_min"] == pytest.approx(5.0)
    assert {row["fate"] for row in transfer_rows(run.transfer)} <= {"sheltered_by_itself", "hosted_by_itself"}


def test_the_immobile_leave_in_their_cadres_car():
    run = moving(homes(3), cadres={"cars": 1, "escort": "40min"}, listing={
        "at_risk": [{"place": "v3", "cause": "dangerous_house", "share": 1.0, "immobile_share": 1.0}]})
    run.run()
    assert (run.residents.columns["mode"] == Mode.CAR).all()
    assert np.diff(run.transfer.out_s) == pytest.approx(VISIT_S + 2400.0)


def test_the_way_ashore_comes_first():
    crew = [{"place": "v3", "cause": "moored_crew", "persons": 4}]
    run = moving(homes(2), listing={"at_risk": crew}, conduct={
        "ashore": {"median": "45min"}, "relatives_share_at_work": 0})
    run.run()
    assert run.transfer.out_s == pytest.approx(CALL_S + VISIT_S * np.arange(1, 3) + 2700.0)


def test_the_share_to_relatives_is_drawn_by_household():
    hosted = moving([*homes(4), Home(0, (40,) * 60)], conduct={"relatives_share": 1})
    hosted.run()
    assert (hosted.residents.columns["state"][:8] == State.HOSTED).all()
    assert {row["bound_for"] for row in transfer_rows(hosted.transfer)} == {"relatives"}


def test_all_go_home_after_the_all_clear():
    run = moving(homes(6), command("order_transfer"), command("all_clear", at="6h"),
                 conduct={"return_early_per_day": 0.001})
    advance(run, 5 * 3600.0)
    assert run.shelters.rows[0].occupants == 12
    run.run()
    c = run.residents.columns
    assert (c["state"] == State.NORMAL).all() and (c["shelter"] == -1).all()
    assert (c["x"] == c["home_x"]).all() and run.shelters.rows[0].occupants == 0
    assert (run.transfer.step == Step.CLEARED).all()
    assert transfer_values(run.transfer)["transfer.out_share"] == 1.0
    # Home again after as long a way as they had come.
    way = c["safe_s"][0] - c["depart_s"][0]
    assert events_of(run, "home")[0]["t_s"] == pytest.approx(6 * 3600 + way)


def test_early_returns_follow_their_rate():
    n, rate = 800, 6.0
    run = moving(homes(n), conduct={"return_early_per_day": rate}, cadres={"per_village": 200}, duration="16h")
    run.run()
    c, transfer = run.residents.columns, run.transfer
    back = events_of(run, "returned_early")
    assert transfer_values(transfer)["transfer.returned_early"] == 2.0 * len(back)
    stayed = np.array([e["t_s"] for e in back])
    row_of = {f"H{i}": 2 * i for i in range(n)}
    lead = np.array([row_of[e["agent"]] for e in back])
    safe = transfer.homecoming.home_safe_s[lead]
    assert np.isinf(c["safe_s"][lead]).all()
    stayed = np.sort(stayed - (safe - c["depart_s"][lead]) - safe) / 86400.0
    # Those sheltered long enough to be watched for six hours: an exponential, cut off there.
    cut = 0.25
    law = 1 - np.exp(-rate * stayed[stayed < cut])
    among = 1 - math.exp(-rate * cut)
    seen = np.arange(1, len(law) + 1) / n
    assert len(law) / n == pytest.approx(among, abs=4 * math.sqrt(among * (1 - among) / n))
    assert np.abs(seen - law).max() < 1.63 / math.sqrt(n)
    home = np.isin(np.arange(2 * n), np.concatenate([lead, lead + 1]))
    assert (c["state"][home] == State.NORMAL).all() and (c["state"][~home] == State.SHELTERED).all()
    assert run.shelters.rows[0].occupants == int((~home).sum())


BUSY = {"rates": {"dangerous_house": {"per_thousand": {"urban": 60, "rural": 80}}}}


def busy(cadres=2, tick="60s", **values):
    """The small county moves its list by night, with everything drawn."""
    run = small_drill(hazards=(), duration="10h", tick=tick, commands=[
        {"at": "10min", "action": "order_transfer", "args": {"zone": "all", "deadline": "4h"}}],
        plan={"shelters": [shelter("hall", "west", 5000)],
              "transfer": {**BUSY, "cadres": {"per_village": cadres}}}, **values)
    run.run()
    return run


def test_the_same_run_is_the_same_and_other_plans_share_its_draws():
    one, again, more = busy(), busy(), busy(cadres=6)
    assert transfer_values(one.transfer) == transfer_values(again.transfer)
    for name in ("visited_s", "depart_s", "visits"):
        assert np.array_equal(getattr(one.transfer.rounds.calls, name), getattr(again.transfer.rounds.calls, name))
    assert np.array_equal(one.transfer.reached_s, more.transfer.reached_s)
    assert np.array_equal(one.transfer.rounds.to_relatives, more.transfer.rounds.to_relatives)
    # By night all are home: how often each is called on is a matter of minds, not of the cadres' number.
    assert np.array_equal(one.transfer.rounds.calls.visits, more.transfer.rounds.calls.visits)
    values, faster = transfer_values(one.transfer), transfer_values(more.transfer)
    assert faster["transfer.completed_p90_min"] < values["transfer.completed_p90_min"]


def test_everybody_on_the_list_is_accounted_for(tmp_path):
    run = busy()
    transfer = run.transfer
    rows = transfer_rows(transfer)
    assert len(rows) == len(transfer.listed) and sum(r["persons"] for r in rows) == transfer.listed.persons.sum()
    assert {r["fate"] for r in rows} <= {"sheltered", "hosted", "moving", "left", "refused", "absent", "waiting",
                                         "ready", "returned"}
    out = sum(r["persons"] for r in rows if r["out_s"] and r["fate"] != "returned")
    ordered = sum(r["persons"] for r in rows if r["ordered_s"])
    assert transfer_values(transfer)["transfer.out_share"] == pytest.approx(out / ordered)
    write_transfer_list(transfer, tmp_path / "transfer_list.csv")
    with (tmp_path / "transfer_list.csv").open(encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    assert [r["household"] for r in read] == [r["household"] for r in rows]
    assert {r["cadre"].rpartition("-c")[0] for r in read} == {r["village"] for r in read}


def test_settings_refuse_what_cannot_be():
    for key, bad in (("cadres", {"households_per_hour": 0}), ("cadres", {"visits": 0}),
                     ("rates", {"boredom": {"per_thousand": {"urban": 1}}}),
                     ("rates", {"low_ground": {"per_thousand": {"rural": 1001}}})):
        with pytest.raises(ValueError, match=key):
            settings(plan={"transfer": {key: bad}})


def test_those_under_way_at_the_all_clear_arrive_and_come_home():
    run = moving(homes(2), command("order_transfer"), command("all_clear", at=f"{CALL_S + 2 * VISIT_S + 120:.0f}s"))
    run.run()
    c = run.residents.columns
    assert (c["safe_s"] > CALL_S + 2 * VISIT_S + 120).any() and (c["state"] == State.NORMAL).all()
    last = max(e["t_s"] for e in events_of(run, "home"))
    assert last == pytest.approx((2 * c["safe_s"] - c["depart_s"]).max())


def test_a_new_order_ends_the_all_clear():
    run = moving(homes(2), command("order_transfer"), command("all_clear", at="4h"), command("order_transfer", at="8h"),
                 duration="14h")
    run.run()
    assert (run.transfer.step == Step.OUT).all() and (run.residents.columns["state"] == State.SHELTERED).all()
    assert run.transfer.ordered_s.tolist() == [8 * 3600.0] * 2 and (run.transfer.rounds.calls.visits == 2).all()


def test_relief_that_does_not_come_sends_people_home():
    def returns(factor):
        run = moving(homes(300), cadres={"per_village": 100}, conduct={
            "return_early_per_day": 0.5, "unmet_relief_factor": factor, "relief_patience": "2h"})
        run.run()
        return run.transfer.homecoming.returned / 600

    fed, hungry = returns(1.0), returns(20.0)
    # Two hours at the one rate, then some six at twenty times it; safe after some two hours of twelve.
    assert fed == pytest.approx(1 - math.exp(-0.5 * 9 / 24), abs=0.08)
    assert hungry > 0.9


def test_times_do_not_depend_on_how_often_cadres_are_looked_at(monkeypatch):
    one = busy().transfer.rounds.calls
    monkeypatch.setattr(transfer_module, "ROUND_PERIOD_S", 600.0)
    other = busy().transfer.rounds.calls
    for name in ("visited_s", "visits", "step", "depart_s"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


@pytest.mark.parametrize(("cause", "visits"), [("moored_crew", 1), ("dangerous_house", 3)])
def test_crews_are_found_at_work(cause, visits):
    at_risk = [{"place": "v3", "cause": cause, "share": 1.0, "immobile_share": 0}]
    run = moving([Home(3, (40,), day_node=1)], start="2026-04-04T15:00+08:00", listing={"at_risk": at_risk},
                 cadres={"visits": 3, "revisit_after": "2h"}, conduct={"relatives_share_at_work": 0})
    run.run()
    assert run.transfer.rounds.calls.visits.tolist() == [visits]
    assert run.residents.columns["state"].tolist() == [State.SHELTERED]
