"""Traffic's results depend on neither the step nor the number of threads."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from sim.random import Streams
from sim.traffic.state import LINK, VEHICLE
from sim.traffic.traffic import Traffic
from tests.nets import network, plain, road, route, traffic_to

ROOT = Path(__file__).parents[2]
SIDE = 6
CARS = 1200
END_S = 4000.0


def town(step_s: float) -> Traffic:
    """A grid of 6 by 6 with two exits: a crowd leaves, roads close, open and slow, the informed re-route."""
    def node(x: int, y: int) -> int:
        return x * SIDE + y

    pairs = [(node(x, y), node(x + 1, y)) for x in range(SIDE - 1) for y in range(SIDE)]
    pairs += [(node(x, y), node(x, y + 1)) for x in range(SIDE) for y in range(SIDE - 1)]
    draw = Streams(4).of("tests.traffic.town")
    lengths = 60.0 + 200.0 * draw.uniforms(np.arange(len(pairs)))
    roads = [road(*ends, lengths[i], lanes=1.0 + (i % 5 == 0)) for i, (a, b) in enumerate(pairs)
             for ends in ((a, b), (b, a))]
    traffic = traffic_to(network(roads, settings=plain(capacity_drop=0.1, junction_delay=2.0)), [0], [SIDE * SIDE - 1])
    cars = np.arange(CARS)
    traffic.depart(600.0 * draw.uniforms(cars, 1), (SIDE * SIDE * draw.uniforms(cars, 2)).astype(int), cars % 2)
    closed = np.isin(np.arange(len(roads)), [4, 5, 70, 71])
    for _ in range(round(END_S / step_s)):
        traffic.advance(traffic.now + step_s)
        if traffic.now == 200.0:
            traffic.set_closed(closed)
        if traffic.now == 500.0:
            traffic.set_speed(np.where(closed, 0.3, 1.0))
            traffic.set_closed(np.zeros(len(roads), bool))
        if traffic.now % 300.0 == 0.0:
            traffic.observe()
            route(traffic, [[0], [SIDE * SIDE - 1]], traffic.link_time_s())
            traffic.choose_again()
    return traffic


def digest(traffic: Traffic) -> str:
    """A hash of all that a run comes to: vehicles and roads, field by field (there is padding between them)."""
    parts = [traffic.vehicles[:traffic.count][name].tobytes() for name in VEHICLE.names or ()]
    parts += [traffic.links[name].tobytes() for name in LINK.names or ()]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def test_total_travel_time_is_the_same_for_every_step() -> None:
    """0.2 % is asked for; events come in exact order of time, so that not a bit differs."""
    runs = [town(step) for step in (0.25, 0.5, 1.0, 2.0, 5.0, 100.0)]
    total = runs[0].total_travel_time_s
    assert runs[0].arrived + runs[0].stranded == CARS
    assert runs[0].arrived > 0.9 * CARS
    # There is congestion for a step to blur: a third of the time is lost in queues.
    assert runs[0].links["lost_s"].sum() > total / 3
    assert [run.total_travel_time_s for run in runs] == [total] * len(runs)
    assert len({digest(run) for run in runs}) == 1


def test_one_and_two_threads_give_the_same_bytes() -> None:
    program = ("from sim.kernel_cache import use_own_cache; use_own_cache();"
               "from tests.verification.test_traffic_steps import digest, town; print(digest(town(5.0)))")
    out = [subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True,
                          env={**os.environ, "NUMBA_NUM_THREADS": threads}).stdout for threads in ("1", "2")]
    assert out[0] == out[1]
    assert out[0].strip() == digest(town(5.0))
