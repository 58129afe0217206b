"""Fuel changed and cells slowed while the fire burns: what is covered stays covered, what is left takes new time."""

import numpy as np
import pytest

from scenarios.forest_fire.spread import LINE, Front
from tests.fires import arrivals, ground, period

CELL, RATE = 30.0, 0.05
STEP = CELL / RATE


def corridor(n=30, row=10):
    """A corridor one cell wide: cells are reached one step after another."""
    kind = np.full((2 * row + 1, n + 10), -1)
    kind[row, 5:5 + n] = 0
    front = Front(*kind.shape, ground(kind), period([RATE, 0.5 * RATE]))
    front.ignite(row, 5, 0.0, radius=1)
    return front


def along(front, n=30):
    return arrivals(front)[10, 5:5 + n]


def cells(front, first, last):
    front.cover(10, 5)
    front.cover(10, 34)
    return np.array([front.cell(10, c) for c in range(5 + first, 5 + last)])


def test_slowed_cells_take_their_time_and_are_let_go_again():
    front = corridor()
    t = 3.25 * STEP
    front.advance(t)
    front.slow(cells(front, 4, 30), 0.5, t)
    front.advance(t + 2.0 * STEP)
    assert along(front)[4] == pytest.approx(t + 0.75 * 2 * STEP)  # a quarter of the way was covered
    again = t + 2.0 * STEP
    front.slow(cells(front, 5, 30), 1.0, again)
    front.advance(1e6)
    got = along(front)
    assert got[5] == pytest.approx(again + 0.75 * STEP)  # another quarter, of a step that took two
    assert np.diff(got)[5:] == pytest.approx(STEP)


def test_slowing_lowers_rate_and_intensity():
    front = corridor()
    front.slow(cells(front, 10, 20), 0.25, 0.0)
    front.advance(1e6)
    out = front.out[cells(front, 5, 20)]
    assert out[:5, 0] == pytest.approx(RATE, rel=1e-5) and out[5:, 0] == pytest.approx(0.25 * RATE, rel=1e-5)
    assert out[5:, 1] == pytest.approx(0.25 * out[0, 1], rel=1e-5)
    assert np.diff(along(front))[12:18] == pytest.approx(4 * STEP)
    assert np.diff(along(front))[9] == pytest.approx(2.5 * STEP)  # half a step in each


def test_other_fuel_from_a_time_on():
    front = corridor()
    t = 6.5 * STEP
    front.advance(t)
    changed = front.change_fuel(cells(front, 0, 30), 1, t)
    assert len(changed) == 23  # what has burned keeps its fuel
    front.advance(1e6)
    got = along(front)
    assert got[6] == pytest.approx(6 * STEP) and got[7] == pytest.approx(t + 0.5 * 2 * STEP)
    assert np.diff(got)[8:] == pytest.approx(2 * STEP)


def test_fuel_taken_away_stops_the_fire_and_given_back_lets_it_on():
    front = corridor()
    t = 4.5 * STEP
    front.advance(t)
    bare = cells(front, 7, 9)
    front.change_fuel(bare, -1, t)
    front.advance(50 * STEP)
    assert np.isfinite(along(front)).sum() == 7 and front.next_s() == np.inf
    assert not len(front.close(bare, LINE))  # nothing there to hold
    front.change_fuel(bare, 0, 50 * STEP)
    front.advance(1e6)
    assert along(front)[7:9] == pytest.approx([51 * STEP, 52 * STEP])  # the whole step from what still glows
    assert np.isfinite(along(front)).all()


def test_the_same_fuel_and_factor_change_nothing():
    kind = np.zeros((61, 61))
    once, again = (Front(61, 61, ground(kind), period([RATE, RATE], 150.0, 20.0)) for _ in range(2))
    for front in (once, again):
        front.ignite(30, 30, 0.0)
        front.advance(2000.0)
    around = np.array([again.cell(r, c) for r in range(10, 50) for c in range(10, 50)])
    again.slow(around, 1.0, 2000.0)
    again.change_fuel(around, 1, 2000.0)
    for front in (once, again):
        front.advance(1e6)
    assert arrivals(again) == pytest.approx(arrivals(once), rel=1e-9)
