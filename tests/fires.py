"""Fronts and forest fires for tests, and the analytic ellipse they are held against."""

import math

import numpy as np

from scenarios.forest_fire import ellipse
from scenarios.forest_fire.crown import STAND_COLUMNS
from scenarios.forest_fire.settings import ForestFireSettings
from scenarios.forest_fire.spread import Front, Ground, make_period
from sim.hazard import HazardContext
from sim.random import Streams
from sim.settings.plan import Plan

HEAT = 10_000.0


def bed_row(r0, residence_s=60.0, slope_k=5.0):
    """A bed whose combined factor is the wind in ft/min (K = B = 1)."""
    return [r0, 1.0, 1.0, slope_k, 1e9, HEAT, residence_s]


def wind_for(length_to_width):
    """Combined factor that gives this length-to-width ratio."""
    low, high = 0.0, 25.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if ellipse.length_to_width(middle) < length_to_width else (low, middle)
    return high / ellipse.MPH_PER_FT_MIN if length_to_width > 1 else 0.0


def period(r0, phi=0.0, angle_deg=0.0, cell_m=30.0, cap=8.0):
    """One bed (or several: r0 a list), wind blowing towards ``angle_deg`` counter-clockwise from east."""
    rows = np.array([bed_row(r) for r in np.atleast_1d(r0)])
    return make_period(rows, wind_20ft_ft_min=phi, to_deg=90.0 - angle_deg, slope_plane=False,
                       wind_limit=False, max_length_to_width=cap, min_rate_mps=0.0, cell_m=cell_m)


def ground_row(gx=0.0, gy=0.0, wind_factor=1.0, curvature=0.0, cover=0.0):
    """The row that kernels read of a cell's ground."""
    return np.array([gx, gy, wind_factor, curvature, cover])


NO_TREES = np.zeros(STAND_COLUMNS)


def ground(kind):
    """Flat ground of these beds, (ny, nx)."""
    kind = np.asarray(kind, np.int16)

    def give(r, c):
        part = kind[r, c]
        zero = np.zeros(part.shape, np.float32)
        return Ground(part, zero, zero, np.ones(part.shape, np.float32))

    return give


def ellipse_fire(n, length_to_width, angle_deg, length_cells=190, cell_m=30.0, hours=3.0):
    """Return (front, analytic arrival (n, n), end time) of a fire in even fuel from the grid's middle."""
    phi, t = wind_for(length_to_width), hours * 3600.0
    e = float(ellipse.eccentricity(length_to_width))
    head = length_cells * cell_m / t * (1.0 + e) / 2.0
    front = Front(n, n, ground(np.zeros((n, n))), period(head / (1.0 + phi), phi, angle_deg, cell_m))
    front.ignite(n // 2, n // 2, 0.0)
    yy, xx = np.mgrid[0:n, 0:n] - n // 2
    r = np.hypot(xx, yy) * cell_m
    theta = np.arctan2(-yy, xx) - math.radians(angle_deg)
    analytic = r * (1.0 - e * np.cos(theta)) / (head * (1.0 - e))
    return front, analytic, t


def arrivals(front):
    """Arrival of every cell the front has reached, inf elsewhere, (ny, nx)."""
    return front.paste(np.where(front.done != 0, front.arrival, np.inf), np.inf, "float64")


def forest_fire(world, *, seed=1, replication=0, duration_s=86_400.0, key="forest_fire", plan=None, **changes):
    """A ForestFire on a world; ``changes`` replace parts of plain settings, ``plan`` adds to a bare plan."""
    from scenarios.forest_fire.hazard import build

    settings = {
        "ignitions": [{"place": "middle"}],
        "weather": {"wind_mps": 4.0, "wind_from_deg": 270.0, "temperature_c": 25.0, "humidity_pct": 30.0},
        "moisture": {"herb_pct": 60.0, "woody_pct": 90.0},
        **changes,
    }
    return build(HazardContext(world, ForestFireSettings.model_validate(settings), Streams(seed, replication),
                               13.0, 4, duration_s, key, plan=bare_plan(**plan) if plan else None))


def bare_plan(**parts):
    """A plan with nothing but a command post, and ``parts``."""
    return Plan.model_validate({
        "id": "bare", "title": "Bare", "title_zh": "空", "county": "testing", "warning": {"delay": {"median": "0s"}},
        "command": {"place": "middle", "decision": {"median": "0s"}}, **parts})


def shape_table():
    """Print Dice and area against the analytic ellipse, worst over wind angles, 401 x 401 cells."""
    import time

    print("length/width  worst Dice  area ratio     pops/cell  cells/s")
    for ratio in (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0):
        dice, area, pops, speed = [], [], [], []
        for angle in (0.0, 10.0, 22.5, 35.0, 45.0):
            front, analytic, t = ellipse_fire(401, ratio, angle)
            began = time.process_time()
            front.advance(t)
            speed.append(len(front.burned) / (time.process_time() - began))
            got, true = arrivals(front) <= t, analytic <= t
            dice.append(2.0 * (got & true).sum() / (got.sum() + true.sum()))
            area.append(got.sum() / true.sum())
            pops.append(front.pops / len(front.burned))
        print(f"{ratio:12.1f}  {min(dice):10.4f}  {min(area):.3f}-{max(area):.3f}  {max(pops):11.2f}"
              f"  {np.median(speed):7.0f}")


if __name__ == "__main__":
    shape_table()
