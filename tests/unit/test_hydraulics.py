"""Hose, pumps in a row and a tender's round trip, by hand."""

import pytest

from sim.hydraulics import LOSS_PER_M, NOZZLE_HEAD_M, Pumps, hose_flow_l_min, pumps_needed, shuttle_l_min


def test_loss_is_that_of_the_table():
    # 200 ft of 1 1/2 in at 100 gal/min: C Q^2 L = 24 x 1 x 2 = 48 psi.
    assert pytest.approx(48 * 0.70307) == LOSS_PER_M * 378.5412**2 * 200 * 0.3048


def test_heads_balance_at_the_flow_found():
    for pumps, lift, hose in ((1, 60.0, 300.0), (2, 261.0, 600.0), (3, 261.0, 1350.0), (1, -80.0, 400.0)):
        q = hose_flow_l_min([Pumps(pumps, 200.0, 300.0)], lift_m=lift, hose_m=hose)
        given = pumps * 200.0 * (1 - (q / 300.0) ** 2)
        assert given == pytest.approx(lift + NOZZLE_HEAD_M + LOSS_PER_M * hose * q**2) and 0 < q <= 300


def test_pumps_of_two_sorts_add_their_heads():
    mixed = [Pumps(1, 150.0, 600.0), Pumps(2, 200.0, 300.0)]
    q = hose_flow_l_min(mixed, lift_m=250.0, hose_m=700.0)
    given = 150.0 * (1 - (q / 600.0) ** 2) + 400.0 * (1 - (q / 300.0) ** 2)
    assert given == pytest.approx(250.0 + NOZZLE_HEAD_M + LOSS_PER_M * 700.0 * q**2)
    assert hose_flow_l_min(mixed, lift_m=250.0, hose_m=700.0, most_l_min=50.0) == 50.0


def test_the_lift_of_the_xinjiang_test_takes_two_such_pumps():
    # 261 m up through 1,350 m of 40 mm hose, 24 June 2020: one of 200 m does not reach, two give a stream.
    assert hose_flow_l_min([Pumps(1, 200.0, 300.0)], lift_m=261.0, hose_m=1350.0) == 0.0
    assert hose_flow_l_min([Pumps(2, 200.0, 300.0)], lift_m=261.0, hose_m=1350.0) > 80.0
    assert pumps_needed(head_m=200.0, most_l_min=300.0, lift_m=261.0, hose_m=1350.0, flow_l_min=80.0) == 2


def test_downhill_needs_no_pump():
    q = hose_flow_l_min([], lift_m=-75.0, hose_m=500.0)
    assert q == pytest.approx((40.0 / (LOSS_PER_M * 500.0)) ** 0.5)
    assert hose_flow_l_min([], lift_m=-30.0, hose_m=500.0) == 0.0
    assert hose_flow_l_min([], lift_m=-75.0, hose_m=0.0, most_l_min=300.0) == 300.0


def test_round_trip():
    # 5,000 l, 10 min each way, 10 min to fill, 5 to empty: 35 min.
    got = shuttle_l_min(tank_l=5000.0, drive_s=600.0, fill_l_min=500.0, empty_l_min=1000.0)
    assert got == pytest.approx(5000.0 / 35.0)
