"""Containment of a free-burning ellipse: BEHAVE's published case, closed forms, geometry, outcomes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ellipe

from scenarios.forest_fire.containment import (
    Contained,
    Forces,
    FreeBurning,
    Outcome,
    Tactic,
    contain,
    free_area,
    head_distance,
    point,
    turning,
)
from scenarios.forest_fire.units import CHAIN_M

CHAIN_PER_H = CHAIN_M / 3600.0
ACRE_M2 = 10.0 * CHAIN_M**2
BEHAVE_FIRE = FreeBurning(head_mps=5 * CHAIN_PER_H, length_to_width=3.0, area_m2=ACRE_M2)
BEHAVE_FORCE = Forces(arrive_s=2 * 3600.0, rate_mps=20 * CHAIN_PER_H, duration_s=8 * 3600.0)


def eccentricity(ratio: float) -> float:
    return math.sqrt(1.0 - 1.0 / ratio**2)


def one(found: Contained) -> dict[str, float]:
    return {name: float(values[0]) for name, values in vars(found).items()}


def test_the_case_of_behaves_own_tests() -> None:
    # firelab/behave, testBehave.cpp: 39.539849615 chains, 9.42749714 acres, 238.75 minutes (its steps are of 15 s
    # to a minute); the bar is 2 %
    end = one(contain(BEHAVE_FIRE, BEHAVE_FORCE))
    assert end["outcome"] == Outcome.CONTAINED
    assert end["line_m"] / CHAIN_M == pytest.approx(39.539849615, rel=1e-4)
    assert end["area_m2"] / ACRE_M2 == pytest.approx(9.42749714, rel=1e-4)
    assert end["time_s"] / 60.0 == pytest.approx(238.75, rel=1e-3)
    assert end["attack_s"] == 7200.0


@pytest.mark.parametrize("ratio", [1.0, 1.3, 2.0, 3.0, 5.0, 8.0])
@pytest.mark.parametrize("speed", [1.05, 1.5, 4.0, 20.0])
@pytest.mark.parametrize("tactic", Tactic)
def test_one_force_by_quadrature(ratio: float, speed: float, tactic: Tactic) -> None:
    """With one steady force the head's distance is h0 exp of an integral over the angle."""
    e, rate, begin, area = eccentricity(ratio), 0.05, 1800.0, 2e4
    a2 = (1.0 - e) / (1.0 + e)
    sign = 1.0 if tactic == Tactic.HEAD else -1.0

    def dlog(u: float) -> float:
        c = math.cos(u)
        root = math.sqrt(max(speed**2 * (1.0 - e * c) / (1.0 + e * c) - a2, 0.0))
        return (1.0 - e * c) / (sign * e * math.sin(u) + (1.0 + e) * root)

    growth = quad(dlog, 0.0, math.pi, epsabs=1e-12, epsrel=1e-12)[0]
    h0 = float(head_distance(area, e)) + rate * begin
    took = h0 * (math.exp(growth) - 1.0) / rate
    end = one(contain(FreeBurning(rate, ratio, area), Forces(begin, 2.0 * speed * rate), tactic=tactic, limit_s=1e12))
    assert end["outcome"] == Outcome.CONTAINED
    assert end["time_s"] == pytest.approx(begin + took, rel=1e-5)
    assert end["line_m"] == pytest.approx(2.0 * speed * rate * took, rel=1e-5)
    assert end["free_area_m2"] == pytest.approx(free_area(h0 + rate * took, e), rel=1e-5)


@pytest.mark.parametrize("tactic", Tactic)
def test_a_circle_is_closed_in_by_a_spiral(tactic: Tactic) -> None:
    rate, speed, area = 0.02, 3.0, 1000.0
    k = math.sqrt(speed**2 - 1.0)
    r0 = math.sqrt(area / math.pi)
    r1 = r0 * math.exp(math.pi / k)
    end = one(contain(FreeBurning(rate, 1.0, area), Forces(0.0, 2.0 * speed * rate), tactic=tactic))
    assert end["time_s"] == pytest.approx((r1 - r0) / rate, rel=1e-6)
    assert end["area_m2"] == pytest.approx(0.5 * k * (r1**2 - r0**2), rel=1e-6)


@pytest.mark.parametrize("tactic", Tactic)
@pytest.mark.parametrize("distance", [0.0, 30.0])
def test_a_fire_that_does_not_spread(tactic: Tactic, distance: float) -> None:
    """Line is the perimeter, and a parallel line 2 pi d longer, around perimeter x d + pi d^2 more area (Steiner)."""
    ratio, area, rate = 3.0, 50_000.0, 0.5
    long = math.sqrt(area * ratio / math.pi)
    perimeter = 4.0 * long * ellipe(eccentricity(ratio) ** 2)
    end = one(contain(FreeBurning(0.0, ratio, area), Forces(600.0, rate), tactic=tactic, distance_m=distance))
    assert end["outcome"] == Outcome.CONTAINED
    assert end["line_m"] == pytest.approx(perimeter + 2.0 * math.pi * distance, rel=1e-6)
    assert end["time_s"] == pytest.approx(600.0 + end["line_m"] / rate, rel=1e-9)
    assert end["area_m2"] == pytest.approx(area + distance * perimeter + math.pi * distance**2, rel=1e-6)
    assert end["free_area_m2"] == pytest.approx(area)


@pytest.mark.parametrize("distance", [0.0, 40.0])
def test_the_lines_end_moves_as_fast_as_line_is_built(distance: float) -> None:
    dt = 1e-4
    for ratio in (1.0, 1.5, 3.0, 8.0):
        e = eccentricity(ratio)
        for u in (0.3, 1.2, 2.0, 3.0):
            for side in (-1.0, 1.0):
                h, rate, line = 300.0, 0.1, 0.35
                du = turning(u, h, rate, line, e, distance, side)
                ends = [point(u + s * du * dt, h + s * rate * dt, e, distance) for s in (-0.5, 0.5)]
                assert math.dist(*ends) / dt == pytest.approx(line, rel=1e-6)


def test_line_slower_than_the_front_is_overrun() -> None:
    # half the force a flank: 10 ch/h against a head of 11
    fast = FreeBurning(11 * CHAIN_PER_H, 3.0, ACRE_M2)
    end = one(contain(fast, BEHAVE_FORCE))
    assert end["outcome"] == Outcome.OVERRUN
    assert (end["time_s"], end["line_m"]) == (7200.0, 0.0)
    assert end["area_m2"] == pytest.approx(end["free_area_m2"], rel=1e-12)
    # even the rear is too fast for a few metres an hour
    slow = one(contain(fast, Forces(7200.0, 0.5 * CHAIN_PER_H, 3600.0), tactic=Tactic.REAR))
    assert (slow["outcome"], slow["line_m"]) == (Outcome.OVERRUN, 0.0)


def test_from_the_rear_slower_than_the_head_never_closes() -> None:
    """Faster than the flank moves there, slower than the head: the angle stands still, the fire goes on growing."""
    end = one(contain(FreeBurning(0.2, 3.0, 1e4), Forces(0.0, 0.2, 86_400.0), tactic=Tactic.REAR))
    assert end["outcome"] == Outcome.EXHAUSTED
    assert end["time_s"] == 86_400.0
    assert end["line_m"] == pytest.approx(0.2 * 86_400.0)
    assert 0.5 * end["free_area_m2"] < end["area_m2"] < end["free_area_m2"]


def test_time_that_is_up_before_the_ends_meet() -> None:
    full = one(contain(BEHAVE_FIRE, BEHAVE_FORCE))
    building = full["time_s"] - 7200.0
    for share in (0.1, 0.5, 0.99):
        end = one(contain(BEHAVE_FIRE, Forces(7200.0, 20 * CHAIN_PER_H, share * building)))
        assert end["outcome"] == Outcome.EXHAUSTED
        assert end["time_s"] == pytest.approx(7200.0 + share * building)
        assert end["line_m"] == pytest.approx(share * full["line_m"], rel=1e-6)
        assert end["area_m2"] <= full["area_m2"]
    assert end["area_m2"] == pytest.approx(full["area_m2"], rel=2e-3)
    assert one(contain(BEHAVE_FIRE, Forces(7200.0, 20 * CHAIN_PER_H, 1.001 * building)))["outcome"] == 0


def test_forces_add_up_and_come_one_after_the_other() -> None:
    halves = Forces([7200.0, 7200.0], [10 * CHAIN_PER_H] * 2, 8 * 3600.0)
    assert one(contain(BEHAVE_FIRE, halves)) == pytest.approx(one(contain(BEHAVE_FIRE, BEHAVE_FORCE)))
    more = one(contain(BEHAVE_FIRE, Forces([7200.0, 9000.0], [20 * CHAIN_PER_H, 10 * CHAIN_PER_H])))
    alone = one(contain(BEHAVE_FIRE, BEHAVE_FORCE))
    assert more["area_m2"] < alone["area_m2"]
    built = 20 * CHAIN_PER_H * (more["time_s"] - 7200.0) + 10 * CHAIN_PER_H * (more["time_s"] - 9000.0)
    assert more["line_m"] == pytest.approx(built, rel=1e-9)
    # who comes when all is over changes nothing, nor who builds nothing
    late = one(contain(BEHAVE_FIRE, Forces([7200.0, 90_000.0, 0.0], [20 * CHAIN_PER_H, 1.0, 0.0], 8 * 3600.0)))
    assert late == pytest.approx(alone)


def test_overrun_forces_begin_again_with_those_who_come() -> None:
    fast = FreeBurning(11 * CHAIN_PER_H, 3.0, ACRE_M2)
    forces = Forces([7200.0, 10_800.0], [20 * CHAIN_PER_H, 30 * CHAIN_PER_H])
    end = one(contain(fast, forces))
    assert (end["outcome"], end["attack_s"]) == (Outcome.CONTAINED, 10_800.0)
    assert end == pytest.approx(one(contain(fast, Forces(10_800.0, 50 * CHAIN_PER_H))))
    assert one(contain(fast, forces, retry=False))["outcome"] == Outcome.OVERRUN
    # overrun part of the way round: the line is lost
    rear = one(contain(FreeBurning(0.2, 3.0, 1e4), Forces([0.0, 3600.0], [0.3, 0.7], [600.0, 1e6]), tactic=Tactic.REAR))
    assert rear["outcome"] == Outcome.CONTAINED
    assert rear["lost_m"] == pytest.approx(0.3 * 600.0)


def test_nobody_comes() -> None:
    end = one(contain(BEHAVE_FIRE, Forces(math.inf, 1.0), limit_s=7200.0))
    assert (end["outcome"], end["time_s"], end["line_m"]) == (Outcome.EXHAUSTED, 7200.0, 0.0)
    assert end["area_m2"] == pytest.approx(end["free_area_m2"])
    # an acre at 5 ch/h for two hours more: the head 10 chains farther
    head = (1.0 + eccentricity(3.0)) * math.sqrt(10.0 * 3.0 / math.pi)
    assert end["area_m2"] / ACRE_M2 == pytest.approx(((head + 10.0) / head) ** 2, rel=1e-9)


@pytest.mark.parametrize("tactic", Tactic)
@pytest.mark.parametrize("distance", [0.0, 15.0])
def test_finer_steps_come_to_the_same_end(tactic: Tactic, distance: float) -> None:
    ends = [one(contain(BEHAVE_FIRE, BEHAVE_FORCE, tactic=tactic, distance_m=distance, step=step))
            for step in (0.1, 0.05, 0.01, 0.001)]
    off = [abs(end["area_m2"] / ends[-1]["area_m2"] - 1.0) for end in ends[:-1]]
    assert off[0] < 1e-4
    assert off[1] < off[0] / 8.0
    assert off[2] < 1e-8


def test_both_flanks_are_one_fire_at_any_scale() -> None:
    """Lengths and rates ten times as large change no time; the tactics differ, the rear letting the fire burn more."""
    small = one(contain(BEHAVE_FIRE, BEHAVE_FORCE))
    large = one(contain(FreeBurning(50 * CHAIN_PER_H, 3.0, 100 * ACRE_M2), Forces(7200.0, 200 * CHAIN_PER_H, 28_800.0)))
    assert large["time_s"] == pytest.approx(small["time_s"], rel=1e-9)
    assert large["area_m2"] == pytest.approx(100 * small["area_m2"], rel=1e-9)
    rear = one(contain(BEHAVE_FIRE, BEHAVE_FORCE, tactic=Tactic.REAR))
    assert rear["area_m2"] > small["area_m2"]


def test_many_fires_at_once_are_each_as_alone() -> None:
    rate, ratio = np.array([0.01, 0.05, 0.3, 0.0]), np.array([1.0, 3.0, 6.0, 2.0])
    area, away = np.array([500.0, 4000.0, 9000.0, 100.0]), np.array([0.0, 10.0, 0.0, 5.0])
    arrive = np.array([[600.0, 3600.0]] * 4)
    per_s = np.array([[0.2, 0.3], [0.3, 0.1], [0.1, 0.3], [0.1, 0.1]])
    tactic = np.array([0, 1, 0, 1])
    many = contain(FreeBurning(rate, ratio, area), Forces(arrive, per_s, 20_000.0), tactic=tactic, distance_m=away)
    assert set(many.outcome.tolist()) == {Outcome.CONTAINED, Outcome.OVERRUN}
    for i in range(4):
        alone = one(contain(FreeBurning(rate[i], ratio[i], area[i]), Forces(arrive[i], per_s[i], 20_000.0),
                            tactic=tactic[i], distance_m=away[i]))
        assert alone == {name: float(values[i]) for name, values in vars(many).items()}


@pytest.mark.parametrize(("fire", "force"), [
    (FreeBurning(0.1, 3.0, 0.0), Forces(0.0, 1.0)), (FreeBurning(0.1, 0.5, 10.0), Forces(0.0, 1.0)),
    (FreeBurning(-0.1, 3.0, 10.0), Forces(0.0, 1.0)), (FreeBurning(0.1, 3.0, 10.0), Forces(-5.0, 1.0)),
    (FreeBurning(math.nan, 3.0, 10.0), Forces(0.0, 1.0)),
])
def test_what_cannot_be_is_refused(fire: FreeBurning, force: Forces) -> None:
    with pytest.raises(ValueError, match=r"a fire needs|must not be negative"):
        contain(fire, force)
