"""Spot fires in a running fire: where embers may start one, when, how far, and that nothing else changes them."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage, stats

from scenarios.forest_fire import spot_fires, spotting
from scenarios.forest_fire.hazard import WATCH_S
from sim.command import Command
from tests.fires import arrivals, forest_fire
from tests.verification.test_fire_barriers import CELL, CHAPARRAL, WEST, WIDE, drawn, lanes, lonlat, ring
from tests.worlds import flat_world

EMBERS = {"enabled": True, "brands_per_gj_surface": 0.2, "surface_from_kw_m": 2000.0, "buildup": "5min"}
EIGHT = np.ones((3, 3))
LOW_WIND = {**WEST, "wind_mps": 4.0}


def brush(n=121, **settings):
    return forest_fire(flat_world(n, n, CELL, fuel=CHAPARRAL), weather=LOW_WIND, **{"spotting": EMBERS, **settings})


def spots_of(fire):
    return [event for event in fire.take_events() if event.kind == "spot_fire"]


def cell_of(fire, event):
    row, col = fire.grid.row_col(event.x, event.y)
    return int(row), int(col)


@pytest.fixture
def thrown(monkeypatch):
    """Every ember thrown, by the call that threw it: the cells given and the embers."""
    calls = []

    def recorded(cell, *rest):
        brands = spotting.cast(cell, *rest)
        calls.append((cell, rest, brands))
        return brands

    monkeypatch.setattr(spot_fires, "cast", recorded)
    return calls


def test_no_embers_unless_asked():
    fire = brush(spotting={})
    fire.advance(3600.0)
    assert spots_of(fire) == [] and fire.summary()["fire.spot_fires"] is None


def test_out_of_an_unbreachable_ring_by_spots_alone():
    world = flat_world(161, 161, CELL, fuel=CHAPARRAL)
    fire = forest_fire(world, weather=LOW_WIND, plan=ring(world, WIDE), spotting=EMBERS)
    fire.advance(4 * 3600.0)
    burned = np.isfinite(arrivals(fire.front))
    beyond = burned.copy()
    beyond[40:121, 40:121] = False
    assert beyond.any() and fire.barriers.breached == {}
    landed = np.zeros_like(burned)
    for event in spots_of(fire):
        landed[cell_of(fire, event)] = True
    label, count = ndimage.label(beyond, EIGHT)
    assert set(label[landed & beyond].tolist()) == set(range(1, count + 1))


def test_distances_are_those_stated(thrown):
    world = lanes(120, CHAPARRAL)
    fires = [dict(zip(("lon", "lat"), lonlat(world, r, 3))) for r in range(1, 240, 2)]
    fire = forest_fire(world, ignitions=fires, weather=LOW_WIND, spotting={**EMBERS, "brands_per_gj_surface": 2.0})
    fire.advance(1800.0)
    head = (CELL * 1.5, float(fire.settings.spotting.farthest_m))  # nearer ones may land where they were thrown
    away, stated = [], set()
    for cell, rest, brands in thrown:
        intensity = rest[3]
        running = np.isclose(intensity, intensity.max(), rtol=1e-5)[brands.source] & (cell % 14 > 3)[brands.source]
        mu, sigma = spotting.sardoy(intensity[brands.source][running], np.full(running.sum(), 4.0))
        stated |= set(zip(np.round(mu, 4).tolist(), np.round(sigma, 4).tolist()))
        away += brands.distance_m[running].tolist()
    (mu, sigma), = stated
    law = stats.lognorm(s=sigma, scale=np.exp(mu))
    low, high = law.cdf(head)
    away = np.array([d for d in away if head[0] < d < head[1]])
    assert len(away) > 1000
    assert stats.kstest(away, lambda d: (law.cdf(d) - low) / (high - low)).pvalue > 0.001


def test_no_spot_before_its_ember_could_be_there(thrown):
    fire = brush()
    fire.advance(3600.0)
    events = spots_of(fire)
    earliest = {}
    for _, _, brands in thrown:
        for k in np.flatnonzero(brands.ignites):
            key = int(brands.row[k]), int(brands.col[k])
            earliest[key] = min(earliest.get(key, np.inf), brands.time_s[k])
    assert fire.summary()["fire.spot_fires"] == len(events) > 10
    for event in events:
        assert event.t_s >= earliest[cell_of(fire, event)] > 300.0
        assert arrivals(fire.front)[cell_of(fire, event)] == event.t_s


def test_never_before_the_next_look(monkeypatch):
    def hasty(cell, *rest):
        brands = spotting.cast(cell, *rest)
        return spotting.Brands(brands.source, brands.row, brands.col, brands.distance_m,
                               np.zeros(len(brands.source)), brands.ignites)

    monkeypatch.setattr(spot_fires, "cast", hasty)
    fire = brush()
    fire.advance(1200.0)
    events = spots_of(fire)
    assert events and all(event.t_s % WATCH_S == 0 for event in events)
    front = fire.front
    first = float(front.arrival[front.burned[front.out[front.burned, 1] >= 2000.0]].min())
    assert min(event.t_s for event in events) >= WATCH_S * (np.floor(first / WATCH_S) + 2)


def test_nothing_starts_where_nothing_can_burn():
    kinds = np.full((121, 121), CHAPARRAL, np.int16)
    kinds[:, 75:85] = 98
    world = flat_world(121, 121, CELL, fuel=kinds)
    fire = forest_fire(world, weather=LOW_WIND, spotting=EMBERS, plan=drawn(world, WIDE, (0, 90), (120, 90)))
    fire.advance(60.0)
    x, y = (float(v) for v in fire.grid.centre(60, 70))
    fire.act(Command(60.0, 1, "team", "wet", {"x": x, "y": y, "radius_m": 150.0, "minutes": 1440}))
    fire.advance(2 * 3600.0)
    burned = np.isfinite(arrivals(fire.front))
    assert burned[:, 92:].any() and not burned[:, 75:85].any() and not burned[:, 90].any()
    assert not burned[57:64, 68:73].any()


def test_a_spot_is_part_of_the_fire_it_came_from():
    fire = brush(ignitions=[{"place": "middle"}])
    fire.advance(3600.0)
    assert len(fire.incidents()) == 1 and len(fire.fires) == 1
    done = fire.front.done != 0
    assert (fire.front.fire[done] == 1).all() and fire.incidents()[0].remaining > 0
    assert all('"fire": 1' in event.detail for event in spots_of(fire))


@pytest.mark.parametrize("step", [60.0, 47.0, 700.0])
def test_pauses_change_nothing(step):
    once, stopped = brush(), brush()
    once.advance(3600.0)
    for t in np.arange(step, 3600.0 + step, step):
        stopped.advance(min(float(t), 3600.0))
    assert np.array_equal(arrivals(once.front), arrivals(stopped.front))
    assert spots_of(once) == spots_of(stopped) and once.summary() == stopped.summary()


def test_cells_that_burn_alike_throw_alike_under_another_plan(thrown):
    def embers(plan):
        thrown.clear()
        fire = forest_fire(world, weather=LOW_WIND, spotting=EMBERS, plan=plan)
        fire.advance(3000.0)
        found = {}
        for cell, rest, brands in thrown:
            for n, one in enumerate(cell.tolist()):
                mine = brands.source == n
                found[one, float(rest[3][n])] = (brands.row[mine].tolist(), brands.distance_m[mine].tolist())
        return found

    world = flat_world(121, 121, CELL, fuel=CHAPARRAL)
    free, broken = embers(None), embers(drawn(world, WIDE, (0, 75), (120, 75)))
    shared = free.keys() & broken.keys()
    assert len(shared) > 100 and free.keys() - broken.keys()
    assert all(free[key] == broken[key] for key in shared)


def test_replications_differ():
    runs = [brush(replication=n) for n in (0, 1)]
    for fire in runs:
        fire.advance(3600.0)
    assert [e.t_s for e in spots_of(runs[0])] != [e.t_s for e in spots_of(runs[1])]


THREADS = """
import hashlib
from tests.verification.test_fire_spots import brush, arrivals
fire = brush(barriers={"roads": True, "lines": True})
fire.advance(2400.0)
print(hashlib.sha256(arrivals(fire.front).tobytes()).hexdigest(), fire.summary())
"""


def test_threads_change_nothing():
    root = Path(__file__).resolve().parents[2]
    told = {subprocess.run(
        [sys.executable, "-c", THREADS], cwd=root, check=True, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(root), "NUMBA_NUM_THREADS": n, "OMP_NUM_THREADS": n}).stdout
        for n in ("1", "2")}
    assert len(told) == 1
