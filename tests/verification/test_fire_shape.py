"""The front against closed forms: ellipse, circle, changes of weather, slope."""

import math

import numpy as np
import pytest

from scenarios.forest_fire import ellipse
from scenarios.forest_fire.spread import Front, Ground, make_period
from tests.fires import HEAT, arrivals, bed_row, ellipse_fire, ground, period, wind_for

ANGLES = (0.0, 10.0, 22.5, 35.0)
CELL = 30.0


def dice(a, b):
    return 2.0 * (a & b).sum() / (a.sum() + b.sum())


@pytest.mark.parametrize("ratio, bar", [(1.0, 0.999), (2.5, 0.995), (4.0, 0.99), (8.0, 0.95)])
def test_ellipse_at_every_wind_angle(ratio, bar):
    worst = 1.0
    for angle in ANGLES:
        front, analytic, t = ellipse_fire(401, ratio, angle)
        front.advance(t)
        worst = min(worst, dice(arrivals(front) <= t, analytic <= t))
    assert worst >= bar


def test_area_of_a_circle():
    front, _, t = ellipse_fire(401, 1.0, 0.0)
    front.advance(t)
    radius = 190 / 2
    assert (arrivals(front) <= t).sum() == pytest.approx(math.pi * radius**2, rel=5e-3)
    assert front.pops == len(front.burned)


def test_intensity_all_round():
    # the analytic arrival rho |v| - w.v has the slowness rho v/|v| - w, and intensity is heat over it
    front, _, t = ellipse_fire(201, 2.0, 0.0, length_cells=150)
    front.advance(t)
    e = float(ellipse.eccentricity(2.0))
    head = 150 * CELL / t * (1 + e) / 2
    rho = 1.0 / (head * (1.0 - e))
    yy, xx = np.mgrid[0:201, 0:201] - 100
    r = np.hypot(xx, yy)
    done = np.isfinite(arrivals(front)) & (r >= 30)  # nearer to the start a cell is a large part of the way
    exact = HEAT / np.hypot(rho * xx[done] / r[done] - rho * e, -rho * yy[done] / r[done])
    intensity = front.paste(front.out[:, 1], 0.0, "float64")[done]
    assert np.abs(intensity / exact - 1.0).max() < 0.01
    assert intensity.max() == pytest.approx(HEAT * head, rel=1e-4)
    back = np.flatnonzero(np.isfinite(arrivals(front))[100])[0]
    assert front.paste(front.out[:, 1], 0.0, "float64")[100, back] == pytest.approx(
        HEAT * ellipse.backing_rate(head, e), rel=1e-4)


def test_ellipse_on_a_slope_runs_along_the_ground():
    slope, n = 0.8, 101
    plain = np.zeros((n, n), np.float32)

    def give(r, c):
        part = plain[r, c]
        return Ground(part.astype(np.int16), part, part + slope, part + 1.0)  # uphill to the north

    beds = np.array([bed_row(0.1, slope_k=2.0)])
    front = Front(n, n, give, make_period(beds, wind_20ft_ft_min=0.0, to_deg=0.0, slope_plane=False,
                                          wind_limit=False, max_length_to_width=8.0, min_rate_mps=0.0,
                                          cell_m=CELL))
    front.ignite(50, 50, 0.0)
    front.advance(1e5)
    head = 0.1 * (1 + 2.0 * slope**2)
    _, e = ellipse.shape(2.0 * slope**2, 1.0, 1.0)
    ground_m = CELL * math.sqrt(1 + slope**2)
    got = arrivals(front)
    assert got[50 - 30, 50] == pytest.approx(30 * ground_m / head, rel=1e-7)
    assert got[50 + 20, 50] == pytest.approx(20 * ground_m / ellipse.backing_rate(head, e), rel=1e-7)
    intensity = front.paste(front.out[:, 1], 0.0, "float32")
    assert intensity[30, 50] == pytest.approx(HEAT * head, rel=1e-5)


def test_new_weather_keeps_the_fraction_covered():
    # a corridor one cell wide: the arrival at each cell is the integral of the rate over time
    kind = np.full((21, 60), -1)
    kind[10, 5:55] = 0
    front = Front(21, 60, ground(kind), period(0.05))
    front.ignite(10, 5, 0.0)
    changes = [(1000.0, 0.2), (1333.0, 0.01), (9000.0, 0.1)]
    for t, rate in changes:
        front.advance(t)
        front.set_period(period(rate), t)
    front.advance(1e6)
    got = arrivals(front)[10, 5:55]
    times = np.array([0.0, *(t for t, _ in changes), 1e6])
    reached = np.concatenate([[0.0], np.cumsum(np.diff(times) * [0.05, 0.2, 0.01, 0.1])])
    exact = np.interp(np.arange(50) * CELL, reached, times)
    assert np.abs(got - exact).max() < 1e-6


def test_the_same_weather_again_changes_nothing():
    once, _, t = ellipse_fire(121, 2.2, 22.5, length_cells=80)
    again, _, _ = ellipse_fire(121, 2.2, 22.5, length_cells=80)
    once.advance(t)
    for hour in np.arange(1, 60) * t / 60:
        again.advance(hour)
        again.set_period(again.period, hour)
    again.advance(t)
    first, second = arrivals(once), arrivals(again)
    both = np.isfinite(first) & np.isfinite(second)
    assert both.sum() > 0.995 * np.isfinite(first).sum()
    # a few cells are timed anew from their neighbours where the start's straight rays were dropped
    assert np.abs(first[both] - second[both]).max() < 1.0


@pytest.mark.parametrize("turn", [30.0, 90.0, 180.0])
def test_a_wind_shift_gives_the_sum_of_two_ellipses(turn):
    # Huygens: fire of wind A for T, then of wind B for T, is the Minkowski sum of the two ellipses
    n, ratio, t = 301, 1.8, 5400.0
    phi, e = wind_for(ratio), float(ellipse.eccentricity(ratio))
    r0 = 0.35 / (1 + phi)
    front = Front(n, n, ground(np.zeros((n, n))), period(r0, phi, 20.0))
    front.ignite(n // 2, n // 2, 0.0)
    front.advance(t)
    front.set_period(period(r0, phi, 20.0 + turn), t)
    front.advance(2 * t)
    a = 0.35 / (1 + e)
    b, c = a * math.sqrt(1 - e * e), a * e
    normal = np.radians(np.arange(0, 360, 0.5))
    support = sum(
        t * (c * np.cos(normal - w) + np.hypot(a * np.cos(normal - w), b * np.sin(normal - w)))
        for w in np.radians([20.0, 20.0 + turn]))
    yy, xx = np.mgrid[0:n, 0:n] - n // 2
    x, y = xx * CELL, -yy * CELL
    inside = np.ones((n, n), bool)
    for angle, h in zip(normal, support):
        inside &= x * np.cos(angle) + y * np.sin(angle) <= h
    assert dice(arrivals(front) <= 2 * t, inside) >= 0.99
