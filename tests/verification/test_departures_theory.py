"""Departures against their distributions: prescribed curves, stages of warning, milling and preparation, compliance."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy import stats

from agents.population.columns import State
from tests.smallworld import Home, drill, order, shelter, straight

ROAD = (0.0, 1000.0, 4000.0)
HOMES = 3000
ORDER_S = 600.0
ALPHA = 0.01
"""Level of the Kolmogorov-Smirnov tests; the seed is fixed, so that a pass is a pass for good."""
HALL = {"shelters": [shelter("hall", "u0", 2 * HOMES)]}
MESSAGE = {"channels": {"mobile_message": {"reach": 1.0, "start": {"median": "8min"}, "receipt": "15min"}}}
HEAD_START_S = 480.0
MEDIAN_S = 900.0


@cache
def world():
    return straight(ROAD, [Home(1 + i % 2) for i in range(2 * HOMES)])


def run_of(*, behaviour, warning=None, commands=None, hours=12):
    plan = {**HALL, **({"warning": warning} if warning else {})}
    run = drill(world(), plan=plan, commands=commands or [order("10min", "u1")], behaviour=behaviour,
                duration=f"{hours}h", seed=7)
    run.run()
    return run


def departures(run):
    """Seconds from the order to the departure of each of those who left, in the run itself."""
    depart = run.residents.columns["depart_s"][::2]
    return depart[np.isfinite(depart)] - ORDER_S


def logistic_cdf(t):
    half, scale = 4500.0, 1100.0
    before = stats.logistic.cdf(0.0, half, scale)
    return np.where(t < 0, 0.0, (stats.logistic.cdf(t, half, scale) - before) / (1 - before))


@pytest.mark.parametrize(("curve", "cdf"), [
    ({"model": "rayleigh", "scale": "30min"}, lambda t: -np.expm1(-(t**2) / (2 * 1800.0**2))),
    ({"model": "lognormal", "median": "45min", "sigma": 0.5}, stats.lognorm(0.5, scale=2700.0).cdf),
    ({"model": "logistic", "median": "75min", "scale": "1100s"}, logistic_cdf),
], ids=["rayleigh", "lognormal", "logistic"])
def test_prescribed_departures_follow_their_curve(curve, cdf):
    run = run_of(behaviour={"mobilisation": curve})
    t = departures(run)
    assert len(t) == HOMES and (t >= 0).all()
    assert stats.kstest(t, cdf).pvalue > ALPHA
    # The test would tell a curve a tenth slower.
    assert stats.kstest(1.1 * t, cdf).pvalue < ALPHA


def test_a_prescribed_curve_holds_for_those_who_comply_whatever_the_warning_system():
    curve = {"mobilisation": {"model": "rayleigh", "scale": "30min"}, "compliance": 0.5}
    usual, messages = run_of(behaviour=curve), run_of(behaviour=curve, warning=MESSAGE)
    assert np.array_equal(departures(usual), departures(messages))
    assert stats.kstest(departures(usual), stats.rayleigh(scale=1800.0).cdf).pvalue > ALPHA
    assert len(departures(usual)) / HOMES == pytest.approx(0.5, abs=4 * math.sqrt(0.25 / HOMES))


def test_messages_are_received_after_an_exponential_delay():
    run = run_of(behaviour={}, warning=MESSAGE)
    t = run.residents.columns["warned_s"][::2] - ORDER_S - HEAD_START_S
    assert stats.kstest(t, stats.expon(scale=MEDIAN_S / math.log(2)).cdf).pvalue > ALPHA


def test_the_stages_add_up_to_the_sum_of_their_distributions():
    ways = {"milling": {"median": "10min", "sigma": 0.7}, "preparation": {"median": "25min", "sigma": 0.6}}
    t = departures(run_of(behaviour=ways, warning=MESSAGE))
    # The distribution of the sum, by a convolution on a grid of 5 s.
    step = 5.0
    edges = np.arange(0, 20 * 3600 + step, step)
    parts = [stats.expon(scale=MEDIAN_S / math.log(2)), stats.lognorm(0.7, scale=600.0),
             stats.lognorm(0.6, scale=1500.0)]
    mass = np.ones(1)
    for part in parts:
        mass = np.convolve(mass, np.diff(part.cdf(edges)))[: len(edges) - 1]
    # Each part stands for its cell's middle, so that three of them lie half a cell past a cell's end.
    at = HEAD_START_S + step * (np.arange(len(mass)) + 1.5)
    assert stats.kstest(t, lambda x: np.interp(x, at + step / 2, np.cumsum(mass))).pvalue > ALPHA
    assert stats.kstest(1.1 * t, lambda x: np.interp(x, at + step / 2, np.cumsum(mass))).pvalue < ALPHA


@pytest.mark.parametrize("kind", ["mandatory", "advised"])
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_with_no_compliance_nobody_leaves_and_with_full_compliance_all_do(share, kind):
    ways = {"compliance": share if kind == "mandatory" else 1 - share, "compliance_advised": share}
    command = {"at": "10min", "action": "order_evacuation", "args": {"zone": "u1+u2", "kind": kind}}
    run = run_of(behaviour=ways, warning=MESSAGE, commands=[command])
    state = run.residents.columns["state"]
    assert (state == (State.SHELTERED if share else State.STAYING)).all()
    assert np.isfinite(run.residents.columns["depart_s"]).all() == bool(share)


def test_nobody_leaves_before_order_warning_milling_and_preparation():
    stages = {"at": "10min", "action": "stage_evacuation", "args": {"zones": ["u2", "u1"], "every": "40min"}}
    ways = {"milling": {"median": "5min"}, "preparation": {"median": "20min"}}
    run = run_of(behaviour=ways, warning=MESSAGE, commands=[stages])
    c = run.residents.columns
    ordered = np.where(np.arange(2 * HOMES) % 2 == 0, ORDER_S + 2400.0, ORDER_S)
    assert np.array_equal(run.evacuation.village_ordered_s[c["village"]], ordered)
    assert (c["warned_s"] >= ordered + HEAD_START_S).all()
    assert (c["depart_s"] >= c["warned_s"] + 300.0 + 1200.0 - 1e-6).all()
    assert np.isfinite(c["depart_s"]).all()
    told = run.events.columns()
    left = told["t_s"][told["kind"] == "departed"]
    assert len(left) == 2 * HOMES and left.min() >= ORDER_S + HEAD_START_S + 1500.0
