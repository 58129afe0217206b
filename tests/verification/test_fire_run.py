"""A front may be stopped, copied, moved and run again: the result is the same to the byte."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scenarios.forest_fire import spread
from tests.fires import arrivals, ellipse_fire, forest_fire
from tests.worlds import flat_world


def digest(front):
    return hashlib.sha256(arrivals(front).tobytes() + front.out[front.burned].tobytes()).hexdigest()


def test_pausing_each_minute_changes_no_arrival():
    once, _, t = ellipse_fire(161, 3.0, 22.5, length_cells=120)
    stopped, _, _ = ellipse_fire(161, 3.0, 22.5, length_cells=120)
    once.advance(t)
    for minute in np.arange(60.0, t + 60.0, 60.0):
        stopped.advance(min(minute, t))
    assert digest(once) == digest(stopped)


def test_the_window_it_starts_with_changes_nothing(monkeypatch):
    small, _, t = ellipse_fire(161, 2.0, 35.0, length_cells=120)
    small.advance(t)
    monkeypatch.setattr(spread, "FIRST_HALF_WIDTH", 79)
    large, _, _ = ellipse_fire(161, 2.0, 35.0, length_cells=120)
    large.advance(t)
    assert np.array_equal(arrivals(small), arrivals(large))


def test_a_window_that_grows_many_times_forgets_nothing(monkeypatch):
    fires = []
    for half in (24, 400):
        monkeypatch.setattr(spread, "FIRST_HALF_WIDTH", half)
        front, _, t = ellipse_fire(401, 2.5, 35.0, length_cells=350)
        for n in range(1, 20):
            front.advance(n * t / 20)
            front.set_period(front.period, n * t / 20)
        front.advance(t)
        row, col = front.row_col(front.burned)
        fires.append((front, row * 401 + col))
    (grown, order), (whole, expected) = fires
    assert np.array_equal(order, expected) and np.array_equal(arrivals(grown), arrivals(whole))
    for name in ("out", "fire"):
        assert np.array_equal(getattr(grown, name)[grown.burned], getattr(whole, name)[whole.burned])
    assert np.array_equal(grown.ends[grown.burned], whole.ends[whole.burned])


def test_fire_stops_at_the_grids_edge():
    front, _, t = ellipse_fire(41, 2.0, 0.0, length_cells=190)
    front.advance(10 * t)
    assert np.isfinite(arrivals(front)).all()
    assert front.next_s() == np.inf


def test_a_copy_runs_on_alone():
    front, _, t = ellipse_fire(121, 2.0, 10.0, length_cells=100)
    front.advance(t / 2)
    before = arrivals(front)
    ahead = front.copy()
    ahead.advance(t)
    assert len(ahead.burned) > len(front.burned)
    assert np.array_equal(arrivals(front), before)
    front.advance(t)
    assert digest(front) == digest(ahead)


def test_a_small_fire_in_a_large_county_keeps_a_small_window():
    fire = forest_fire(flat_world(1170, 750, 60.0, fuel=8))
    fire.advance(6 * 3600.0)
    assert 0 < len(fire.front.burned) < 500
    assert fire.front.height * fire.front.width < 10_000


CODE = """
import hashlib
from tests.fires import forest_fire
from tests.worlds import flat_world
fire = forest_fire(flat_world(120, 120, 60.0, fuel=102, slope=0.2, aspect_deg=200.0),
                   uncertainty={"wind_sigma": 0.2, "direction_sd_deg": 20.0, "moisture_sd_pct": 1.0})
fire.advance(4 * 3600.0)
print(hashlib.sha256(b"".join(fire.fields()[k].tobytes() for k in fire.fields())).hexdigest())
"""


@pytest.mark.parametrize("threads", ["1", "2"])
def test_same_bytes_in_another_process_on_one_and_two_threads(threads):
    here = {}
    exec(CODE.replace("print(", "answer = ("), here)
    run = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2], env={**os.environ, "NUMBA_NUM_THREADS": threads})
    assert run.stdout.strip() == here["answer"]
