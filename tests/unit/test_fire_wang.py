"""Wang Zhengfei's model: its factors by hand, Mao's directions against the ellipse, what it leaves to others."""

import math

import numpy as np
import pytest

from scenarios.forest_fire import wang
from scenarios.forest_fire.fuels import fuel_table
from scenarios.forest_fire.rothermel import Moisture

MOIST = Moisture(0.06, 0.07, 0.08, 0.60, 0.90)


def front_rate(rate, e, hx, hy, x, y):
    """Rate of an elliptical fire's front along its unit normal (x, y): the ellipse's support function."""
    a, c = rate / (1 + e), rate * e / (1 + e)
    cos = hx * x + hy * y
    return c * cos + a * math.sqrt(cos * cos + (1 - e * e) * (1 - cos * cos))


def mao(r0, v, theta, slope, direction):
    """Mao's rate; theta is the angle between wind and upslope, in radians (as used in public code)."""
    steep = 3.533 * slope**1.2
    along_wind = abs(slope * math.cos(theta)) ** 1.2 * 3.533 * math.copysign(1, math.cos(theta))
    return r0 * math.exp({
        "up": steep + 0.1783 * v * math.cos(theta),
        "down": -steep + 0.1783 * v * math.cos(math.pi - theta),
        "left": 0.1783 * v * math.cos(theta + math.pi / 2),
        "right": 0.1783 * v * math.cos(theta - math.pi / 2),
        "wind": 0.1783 * v + along_wind,
    }[direction])


@pytest.mark.parametrize("v, force", [
    (0.0, 0), (0.2, 0), (0.3, 1), (1.5, 1), (1.6, 2), (5.4, 3), (5.5, 4), (10.7, 5), (10.8, 6), (32.6, 11), (33, 12),
])
def test_beaufort(v, force):
    assert wang.beaufort(v) == force


def test_initial_rate():
    # 20 deg C, force 3, 40 %: 0.6 + 0.15 + 0.6 - 0.3 m/min
    assert wang.initial_rate(20.0, 4.0, 40.0) == pytest.approx(1.05 / 60)
    assert wang.initial_rate(20.0, 4.0, 80.0) < wang.initial_rate(20.0, 4.0, 30.0)
    assert wang.initial_rate(-30.0, 0.0, 100.0) == 0.0


@pytest.mark.parametrize("v, kw", [(1, 1.2), (2, 1.4), (3, 1.7), (4, 2.0), (5, 2.4), (6, 2.9), (12, 8.5)])
def test_wind_factor_as_in_wangs_table(v, kw):
    # of twelve entries as used in public code; they are rounded, and 3.3, 4.1, 5.1 (7 to 9 m/s) lie 5 % off
    rate, _, _, _ = wang.wang_head(1.0, 0.0, float(v), 0.0, 0.0, 1e9)
    assert rate == pytest.approx(kw, abs=0.06)


def test_slope_factor_and_its_cap():
    at_cap, *_ = wang.wang_head(1.0, 0.0, 0.0, 0.0, 0.7, 1e9)
    assert at_cap == pytest.approx(10.0, rel=5e-3)
    assert wang.wang_head(1.0, 0.0, 0.0, 0.0, 1.4, 1e9)[0] == pytest.approx(at_cap)
    assert wang.wang_head(1.0, 0.0, 0.0, 0.3, 0.0, 1e9)[0] == pytest.approx(math.exp(3.533 * 0.3**1.2))


@pytest.mark.parametrize("v", [2.0, 6.0, 10.0])
@pytest.mark.parametrize("slope", [0.0, 0.2, 0.6])
@pytest.mark.parametrize("theta", [0.0, math.pi])
def test_five_directions_with_the_wind_up_or_down_the_slope(v, slope, theta):
    # upslope is north; every one of Mao's directions lies along or across the heading: exact
    wx, wy = v * math.sin(theta), v * math.cos(theta)
    head = wang.wang_head(1.0, wx, wy, 0.0, slope, 1e9)
    for name, x, y in (("up", 0, 1), ("down", 0, -1), ("left", -1, 0), ("right", 1, 0),
                       ("wind", math.sin(theta), math.cos(theta))):
        assert front_rate(*head, x, y) == pytest.approx(mao(1.0, v, theta, slope, name), rel=1e-9)


@pytest.mark.parametrize("theta_deg", [30, 60, 90, 120, 150, 225, 300])
@pytest.mark.parametrize("v, slope", [(3.0, 0.2), (6.0, 0.4), (8.0, 0.6)])
def test_five_directions_with_the_wind_across_the_slope(theta_deg, v, slope):
    theta = math.radians(theta_deg)
    wx, wy = v * math.sin(theta), v * math.cos(theta)
    head = wang.wang_head(1.0, wx, wy, 0.0, slope, 1e9)
    rate, _, hx, hy = head
    q = math.log(rate)
    # along the heading, against it and across it Mao's exponential is met exactly
    qx, qy = wang.exponent(wx, wy, 0.0, slope)
    for x, y in ((hx, hy), (-hx, -hy), (-hy, hx)):
        assert front_rate(*head, x, y) == pytest.approx(math.exp(qx * x + qy * y), rel=1e-9)
    # in Mao's own directions, which lie between, the ellipse is the faster ahead and the slower behind, never by
    # more than sinh says; with the wind he takes the slope along the wind, up to 0.21 of the exponent apart
    for name, x, y in (("up", 0, 1), ("down", 0, -1), ("left", -1, 0), ("right", 1, 0)):
        cos = hx * x + hy * y
        exact = mao(1.0, v, theta, slope, name)
        assert math.log(exact) == pytest.approx(q * cos, abs=1e-9)
        got = math.log(front_rate(*head, x, y))
        assert got == pytest.approx(math.asinh(math.sinh(q) * cos), abs=1e-9)
        assert abs(got) >= abs(math.log(exact)) - 1e-9
    with_wind = math.log(mao(1.0, v, theta, slope, "wind"))
    assert q * (hx * math.sin(theta) + hy * math.cos(theta)) == pytest.approx(with_wind, abs=0.21)


def test_length_to_width_is_capped_and_the_rate_is_not():
    rate, e, _, _ = wang.wang_head(1.0, 20.0, 0.0, 0.0, 0.0, 8.0)
    assert rate == pytest.approx(math.exp(0.1783 * 20))
    assert e == pytest.approx(math.sqrt(63) / 8)


def test_every_model_that_burns_has_its_class():
    table = fuel_table()
    assert set(wang.standard_ks()) == set(table.number[table.burns].tolist())
    assert set(wang.standard_ks().values()) == {0.8, 1.0, 1.2, 1.6, 1.8, 2.0}


def test_beds():
    table = fuel_table()
    ks = wang.ks_of(table, {104: 1.3})
    got = wang.wang_beds(table, MOIST, 20.0, 4.0, 40.0, ks)
    assert got.r0[table.row(104)] == pytest.approx(1.3 * 1.05 / 60)
    assert got.r0[table.row(183)] == pytest.approx(0.8 * 1.05 / 60)
    assert (got.r0[~table.burns] == 0).all()
    # TL3: 0.5 short tons an acre of 1-h fuel, 8,000 Btu/lb
    assert got.heat[table.row(183)] == pytest.approx(0.5 * 907.18474 / 4046.8564224 * 8000 * 2.326, rel=2e-3)
    assert np.isfinite(got.residence_s).all()


def test_the_same_inside_a_kernel():
    from numba import njit

    args = (0.02, 4.0, 7.0, 0.3, -0.5, 8.0)
    assert njit(wang.wang_head)(*args) == pytest.approx(wang.wang_head(*args), rel=1e-13)
