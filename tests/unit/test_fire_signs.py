"""How a young fire shows: its area and smoke against the front, direct integration and Briggs' law term by term."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scenarios.forest_fire.metric import travel_time
from scenarios.forest_fire.signs import (
    BUOYANCY_M4_S3_PER_KW,
    CONVECTED,
    growth_m2_s2,
    smoke_rise_mps,
    young_fire,
)
from sim.hazard import Visible
from sim.task import Task
from tests.fires import HEAT, arrivals, ellipse_fire, forest_fire
from tests.worlds import flat_world


@pytest.mark.parametrize("ratio", [1.0, 2.0, 3.0])
def test_growth_is_that_of_the_front(ratio):
    front, analytic, t = ellipse_fire(201, ratio, 20.0, length_cells=90)
    _, growth = young_fire(front, 100, 100, 30.0, 4.0)
    front.advance(t)
    cells = (arrivals(front) <= t).sum()
    assert growth * t**2 == pytest.approx((analytic <= t).sum() * 900.0, rel=0.01)
    assert growth * t**2 == pytest.approx(cells * 900.0, rel=0.03)


def test_growth_on_a_slope_by_integration_over_directions():
    rho, wx, wy, gx, gy, cell = 20.0, 9.0, -4.0, 0.3, 0.5, 60.0
    angle = np.linspace(0.0, 2.0 * math.pi, 4_001)[:-1]
    one_second = np.array([1.0 / travel_time(rho, wx, wy, gx, gy, math.cos(a), math.sin(a)) for a in angle])  # cells
    on_map = 0.5 * np.mean(one_second**2) * 2.0 * math.pi * cell**2
    assert growth_m2_s2(rho, wx, wy, gx, gy, cell) == pytest.approx(on_map * math.sqrt(1 + gx**2 + gy**2), rel=1e-6)
    assert growth_m2_s2(math.inf, 0.0, 0.0, gx, gy, cell) == 0.0


def test_smoke_top_is_the_highest_of_all_parcels_of_briggs_law():
    growth, heat, wind, t = 2e-3, 8000.0, 5.0, 400.0
    left = np.linspace(0.0, t, 40_001)[1:-1]  # when each parcel left
    buoyancy = BUOYANCY_M4_S3_PER_KW * CONVECTED * heat * 2.0 * growth * left
    height = 1.6 * buoyancy ** (1 / 3) * (wind * (t - left)) ** (2 / 3) / wind
    assert smoke_rise_mps(growth, heat, wind) * t == pytest.approx(height.max(), rel=1e-6)
    assert left[np.argmax(height)] == pytest.approx(t / 3, abs=0.1)
    # Heat source of 1 MW: 8.8 m4/s3, as tabulated.
    of_one_mw = BUOYANCY_M4_S3_PER_KW * 1000.0
    assert of_one_mw == pytest.approx(8.8, abs=0.1)
    assert smoke_rise_mps(growth, heat, 0.1) == smoke_rise_mps(growth, heat, 1.0)


def test_a_forest_fire_tells_how_its_fires_show():
    fire = forest_fire(flat_world(121, 121, 60.0, fuel=102), ignitions=[{"place": "middle", "at": "10min"}])
    assert isinstance(fire, Visible)
    fire.advance(700.0)
    task = fire.incidents()[0]
    signs = fire.signs(task)
    lit = fire.fires.lit[1]
    assert signs.at == lit[1:]
    assert 0.02 < signs.smoke_mps < 5.0 and signs.growth_m2_s2 > 0
    assert fire.signs(Task("another:1", "suppress", "", 0, 0, 0, 0, "m", "", 0.0)) is None
    # The same a while later: what shows is the fire as it was lit.
    fire.advance(3600.0)
    assert fire.signs(task) == signs


def test_where_nothing_spreads_nothing_shows():
    wet = {"m1_pct": 60.0, "herb_pct": 200.0, "woody_pct": 200.0}
    fire = forest_fire(flat_world(61, 61, 60.0, fuel=102), moisture=wet)
    fire.advance(60.0)
    assert fire.signs(fire.incidents()[0]) is None


def test_heat_is_taken_from_the_bed():
    front, _, _ = ellipse_fire(101, 2.0, 0.0, length_cells=60)
    rise, growth = young_fire(front, 50, 50, 30.0, 3.0)
    assert rise == smoke_rise_mps(growth, HEAT, 3.0)
    assert young_fire(front, 0, 0, 30.0, 3.0) == (0.0, 0.0)  # outside the window of the fire
