"""Who has come home is not out any more: what counts as left and as safe when they leave again, or come too early."""

from __future__ import annotations

import numpy as np
import pytest

from agents.population.columns import State
from agents.population.transfer_figures import transfer_rows, transfer_values
from experiments.measure import measure
from experiments.record_traffic import evacuation_of
from tests.smallworld import CAR_FACTOR, SPEED_MPS, Home, advance, drill, order, shelter, straight
from tests.unit.test_transfer import command, homes, moving

HOUR = 3600.0
WAY_MIN = (600 + 15_000 / (SPEED_MPS * CAR_FACTOR)) / 60
"""Ready after ten minutes, and 15 km of road."""


def twice(*commands, **values):
    """Zone u1 is ordered out at once, gets the all-clear after an hour and is ordered out again after four."""
    return drill(straight([0, 5000, 20000], [Home(1, cars=1), Home(1, cars=1)], gateways=[]), duration="12h",
                 plan={"shelters": [shelter("hall", "u2", 100)]}, traffic={"background_trips_per_1000_h": 0},
                 commands=[order("0h", "u1"), {"at": "1h", "action": "all_clear", "args": {"zone": "u1"}},
                           order("4h", "u1"), *commands], **values)


def row(run):
    return evacuation_of(run, None)["zones"][0]


def test_a_second_evacuation_after_the_all_clear_counts_from_its_own_order():
    run = twice()
    c = run.residents.columns
    advance(run, 3.9 * HOUR)
    assert (c["state"] == State.NORMAL).all() and (row(run)["left"], row(run)["safe"]) == (2, 2)
    assert row(run)["p50_min"] == pytest.approx(WAY_MIN, abs=0.1)
    advance(run, 4 * HOUR + 300)
    assert (c["state"] == State.PREPARING).all() and np.isinf(c["depart_s"]).all() and np.isinf(c["safe_s"]).all()
    assert (row(run)["left"], row(run)["safe"], row(run)["p50_min"]) == (0, 0, None)
    assert measure(run)["evacuation.left"] == 2
    advance(run, 4 * HOUR + 1200)
    assert (c["state"] == State.MOVING).all() and np.isinf(c["safe_s"]).all() and (c["depart_s"] > 4 * HOUR).all()
    assert (row(run)["left"], row(run)["safe"], row(run)["p50_min"]) == (2, 0, None)
    run.run()
    assert (row(run)["ordered_s"], row(run)["safe"]) == (4 * HOUR, 2)
    assert row(run)["p50_min"] == pytest.approx(WAY_MIN, abs=0.1)
    values = measure(run)
    assert values["evacuation.clear_p50_min"] == pytest.approx(WAY_MIN, abs=0.1) and values["evacuation.left"] == 2


def test_an_order_takes_the_all_clear_back_from_those_still_out():
    run = twice(order("62min", "u1"))
    advance(run, 3 * HOUR)
    assert (run.residents.columns["state"] == State.SHELTERED).all() and row(run)["safe"] == 2


def test_who_is_home_too_early_has_left_and_is_not_safe():
    run = moving(homes(100), command("order_transfer"), order("905min", "u3"), conduct={"return_early_per_day": 3.0},
                 cadres={"per_village": 200}, duration="16h", behaviour={"preparation": {"median": "3h"}})
    advance(run, 14 * HOUR)
    c, out = run.residents.columns, run.residents.columns["state"] == State.SHELTERED
    back = ~out & (c["state"] == State.NORMAL)
    assert back.sum() > 20 and out.sum() > 20
    assert np.isinf(c["safe_s"][back]).all() and np.isfinite(c["safe_s"][out]).all()
    assert np.isfinite(c["depart_s"][back]).all()
    # The list keeps when they were safe.
    listed = [r for r in transfer_rows(run.transfer) if r["fate"] == "returned"]
    assert len(listed) == back.sum() / 2 and all(r["safe_s"] for r in listed)
    share = transfer_values(run.transfer)["transfer.out_share"]
    advance(run, 907 * 60)
    home, zone = c["state"] != State.SHELTERED, row(run)
    assert np.isinf(c["depart_s"][home]).all() and zone["left"] == zone["safe"] == (~home).sum()
    assert [bool(r["safe_s"]) for r in transfer_rows(run.transfer)] == [True] * 100
    assert transfer_values(run.transfer)["transfer.out_share"] <= share


def test_who_boards_a_bus_again_is_not_safe():
    bus = {"id": "coach", "place": "u1", "capacity": 40, "mobilisation": {"median": "0s"}, "on_order": True}
    run = drill(straight([0, 5000, 20000], [Home(1), Home(1)], gateways=[]), duration="12h",
                plan={"shelters": [shelter("hall", "u2", 100)], "buses": [bus]}, people={"bus_patience": "1h"},
                commands=[order("0h", "u1"), {"at": "2h", "action": "all_clear", "args": {"zone": "u1"}},
                          order("6h", "u1")])
    c = run.residents.columns
    while run.now < 12 * HOUR:
        run.step()
        moving_now = c["state"] == State.MOVING
        assert np.isinf(c["safe_s"][moving_now]).all()
    assert run.fleet.carried >= 2 and (c["state"] == State.SHELTERED).all()
