"""The cadres' rounds against closed forms: clearing time, revisits, escorts, compliance of 0 and 1."""

from __future__ import annotations

import math

import numpy as np
import pytest

from agents.population.cadres import Step
from tests.transfers import DAY_S, Village

RATE = 4.0
"""Households an hour and cadre."""
VISIT_S = 3600.0 / RATE
SIGMAS = 4.0
"""Standard errors by which a mean of many draws may miss its expectation."""


@pytest.mark.parametrize(("n", "cadres"), [(40, 1), (40, 2), (40, 4), (40, 8), (120, 4)])
def test_a_village_is_cleared_in_n_over_c_r(n, cadres):
    village = Village(n, cadres={"per_village": cadres, "households_per_hour": RATE})
    village.run()
    assert village.ready.all()
    assert village.calls.depart_s.max() == pytest.approx(n / (cadres * RATE) * 3600.0, rel=1e-12)
    # Each cadre's households leave one visit apart.
    assert village.calls.depart_s.mean() == pytest.approx((n / cadres + 1) / 2 * VISIT_S, rel=1e-12)


@pytest.mark.parametrize("n", [16, 64])
def test_twice_the_cadres_halve_it(n):
    def cleared(cadres):
        village = Village(n, cadres={"per_village": cadres})
        village.run()
        return village.calls.depart_s.max()

    assert cleared(2) / cleared(4) == pytest.approx(2.0, rel=1e-12)
    assert cleared(4) / cleared(8) == pytest.approx(2.0, rel=1e-12)


@pytest.mark.parametrize(("p", "visits"), [(0.85, 1), (0.85, 4), (0.5, 3), (0.3, 8)])
def test_visits_follow_the_truncated_geometric_law(p, visits):
    n = 20_000
    village = Village(n, cadres={"per_village": 50, "visits": visits, "revisit_after": "0s"},
                      conduct={"persuaded": p, "persuaded_later": p})
    village.run(until_s=400 * DAY_S)
    q = 1.0 - p
    k = np.arange(1, visits + 1)
    law = np.where(k < visits, p * q ** (k - 1), q ** (visits - 1))
    mean, spread = float((k * law).sum()), math.sqrt(float((k**2 * law).sum() - (k * law).sum() ** 2))
    assert mean == pytest.approx((1 - q**visits) / p, rel=1e-12)
    assert village.calls.visits.mean() == pytest.approx(mean, abs=SIGMAS * spread / math.sqrt(n) + 1e-12)
    refused = (village.calls.step == Step.REFUSED).mean()
    assert refused == pytest.approx(q**visits, abs=SIGMAS * math.sqrt(q**visits * (1 - q**visits) / n))
    assert (village.ready | (village.calls.step == Step.REFUSED)).all()
    # Nobody waits for anybody: the time at work is the visits', to the last one.
    assert village.rounds.desk.worked_s.sum() == pytest.approx(village.calls.visits.sum() * VISIT_S, rel=1e-12)
    assert village.rounds.desk.free_s == pytest.approx(village.rounds.desk.worked_s, rel=1e-12)


def test_those_who_refused_are_harder_to_move():
    n, p, later = 20_000, 0.8, 0.4
    village = Village(n, cadres={"per_village": 50, "visits": 3}, conduct={"persuaded": p, "persuaded_later": later})
    village.run(until_s=400 * DAY_S)
    expected = (1 - p) * (1 - later) ** 2
    refused = (village.calls.step == Step.REFUSED).mean()
    assert refused == pytest.approx(expected, abs=SIGMAS * math.sqrt(expected * (1 - expected) / n))


@pytest.mark.parametrize("deadline_h", [0.0, 1.0, 2.6, 5.0, 50.0])
def test_the_share_out_by_a_deadline_is_counted_exactly(deadline_h):
    n, cadres = 60, 3
    village = Village(n, cadres={"per_village": cadres, "households_per_hour": RATE})
    village.run()
    # By then each cadre has finished floor(t r) households, one after another.
    out = cadres * min(n // cadres, math.floor(deadline_h * RATE))
    assert int((village.calls.depart_s <= deadline_h * 3600.0).sum()) == out


@pytest.mark.parametrize("visits", [1, 5])
def test_compliance_of_zero_and_one(visits):
    nobody = Village(50, cadres={"visits": visits}, conduct={"persuaded": 0.0, "persuaded_later": 0.0})
    nobody.run()
    assert (nobody.calls.step == Step.REFUSED).all() and (nobody.calls.visits == visits).all()
    assert np.isinf(nobody.calls.depart_s).all()
    everybody = Village(50, cadres={"visits": visits})
    everybody.run()
    assert everybody.ready.all() and (everybody.calls.visits == 1).all()


def test_revisits_keep_their_distance():
    village = Village(1, cadres={"per_village": 1, "visits": 4, "revisit_after": "50min"},
                      conduct={"persuaded": 0.0, "persuaded_later": 0.0})
    village.run()
    assert village.calls.visited_s[0] == pytest.approx(3 * (VISIT_S + 3000.0))


@pytest.mark.parametrize(("cars", "trip_s"), [(1, 2400.0), (0, 5400.0)])
def test_an_escort_costs_its_cadre_a_trip(cars, trip_s):
    n, immobile = 12, 5
    village = Village(n, immobile=immobile, cadres={
        "per_village": 1, "cars": cars, "escort": "40min", "escort_on_foot": "90min"})
    village.run()
    assert village.rounds.desk.worked_s[0] == pytest.approx(n * VISIT_S + immobile * trip_s)
    assert (village.calls.driven == ((np.arange(n) < immobile) & (cars > 0))).all()


def test_immobile_households_go_to_those_with_a_car():
    village = Village(40, immobile=6, cadres={"per_village": 4, "cars": 2})
    answers = village.book.of
    assert set(answers[:6].tolist()) == {0, 1}
    # The others make up for it: visits and trips are shared out to within one visit.
    load = np.bincount(answers, minlength=4) * VISIT_S + np.bincount(answers[:6], minlength=4) * 2400.0
    assert load.max() - load.min() <= 2400.0 + VISIT_S


def test_getting_ready_follows_its_distribution():
    n = 20_000
    village = Village(n, cadres={"per_village": 50},
                      conduct={"ready_share": 0.6, "ready": {"median": "25min", "sigma": 0.5}})
    village.run(until_s=400 * DAY_S)
    extra = village.calls.depart_s - village.calls.visited_s - VISIT_S
    late = extra > 1e-6
    assert late.mean() == pytest.approx(0.6, abs=SIGMAS * math.sqrt(0.24 / n))
    logs = np.log(extra[late] / 1500.0)
    assert logs.mean() == pytest.approx(0.0, abs=SIGMAS * 0.5 / math.sqrt(late.sum()))
    assert logs.std() == pytest.approx(0.5, abs=SIGMAS * 0.5 / math.sqrt(2 * late.sum()))
