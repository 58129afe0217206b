"""Wind over terrain: MicroMet's terms by hand, Ryan's turning, slope winds through the day."""

import math

import numpy as np
import pytest

from scenarios.forest_fire import terrain_wind as tw
from scenarios.forest_fire.settings_wind import SlopeWinds, TerrainWind

EVEN = (0.5, 0.5)


def compass(x, y):
    return math.degrees(math.atan2(x, y)) % 360


def test_flat_ground_changes_nothing():
    assert tw.wind_over_terrain(3.0, -4.0, 0.0, 0.0, 0.0, *EVEN) == pytest.approx((3.0, -4.0))
    assert tw.wind_over_terrain(0.0, 0.0, 0.5, 0.2, 0.3, *EVEN) == (0.0, 0.0)


@pytest.mark.parametrize("gradient, factor", [(0.4, 1.1), (-0.4, 0.9), (2.0, 1.25), (-2.0, 0.75)])
def test_wind_straight_up_and_down_a_slope(gradient, factor):
    # half the weight times half the slope along the wind, clipped at 100 %; no turning
    x, y = tw.wind_over_terrain(0.0, 10.0, 0.0, gradient, 0.0, *EVEN)
    assert (x, y) == pytest.approx((0.0, 10.0 * factor))


def test_along_the_contour_only_curvature_counts():
    x, y = tw.wind_over_terrain(10.0, 0.0, 0.0, 0.6, 0.5, *EVEN)
    assert (x, y) == pytest.approx((12.5, 0.0))


def test_the_factor_never_leaves_its_range():
    assert tw.speed_factor(0.5, 0.5, 1.0, 1.0) == 1.5
    assert tw.speed_factor(-0.5, -0.5, 1.0, 1.0) == 0.5


@pytest.mark.parametrize("uphill_to_south, turned", [(True, True), (False, False)])
def test_wind_turns_towards_the_contour_line(uphill_to_south, turned):
    # north-west wind on a slope of 60 % that rises to the south (windward) or to the north (lee): S = 42.4 % along
    # the wind, A - W = 45 or 225 deg from it, so 22.5 * 0.424 = 9.55 deg towards the east-west contour
    gy = -0.6 if uphill_to_south else 0.6
    s = math.sqrt(0.5)
    x, y = tw.wind_over_terrain(10 * s, -10 * s, 0.0, gy, 0.0, *EVEN)
    assert compass(x, y) == pytest.approx(135.0 - 22.5 * 0.6 * s, abs=1e-9)
    assert math.hypot(x, y) == pytest.approx(10 * (1 + 0.25 * 0.6 * s * (1 if turned else -1)))


def test_mirrored_ground_gives_the_mirrored_wind():
    x, y = tw.wind_over_terrain(4.0, 7.0, 0.3, -0.5, 0.1, *EVEN)
    assert tw.wind_over_terrain(-4.0, 7.0, -0.3, -0.5, 0.1, *EVEN) == pytest.approx((-x, y))
    assert tw.wind_over_terrain(7.0, 4.0, -0.5, 0.3, 0.1, *EVEN) == pytest.approx((y, x))


def test_curvature_of_ridge_valley_and_plane():
    cell, n = 50.0, 81
    x = (np.arange(n) - n // 2) * cell
    ridge = np.tile(400.0 - 0.3 * np.abs(x), (n, 1))  # a crest from north to south
    layer = tw.curvature_layer(ridge, cell, 500.0)
    assert layer.shape == (n, n) and layer.dtype == np.float32
    assert layer[40, 40] == pytest.approx(0.5) and abs(layer[40, 60]) < 1e-6
    assert tw.curvature_layer(-ridge, cell, 500.0)[40, 40] == pytest.approx(-0.5)
    plane = np.add.outer(0.2 * x, 0.4 * x)
    assert np.abs(tw.curvature_layer(plane, cell, 500.0)[10:-10, 10:-10]).max() < 0.2 * 0.5  # only the map's edge bends
    assert not tw.curvature_layer(np.full((20, 30), 7.0), cell, 500.0).any()


def test_curvature_by_hand():
    # one summit of 100 m on a plain: 100 m above the mean of every pair of opposite cells
    z = np.zeros((9, 9))
    z[4, 4] = 100.0
    got = tw.curvature_layer(z, 100.0, 200.0)
    pair = 100.0 / (2 * 200.0)
    whole = 2 * pair + 2 * pair / math.sqrt(2)
    assert got[4, 4] == pytest.approx(0.5)
    assert got[4, 2] == pytest.approx(0.5 * (-0.5 * pair) / whole)  # it is one of a pair at 200 m
    assert got[2, 2] == pytest.approx(0.5 * (-0.5 * pair / math.sqrt(2)) / whole)


def test_slope_winds_blow_up_by_day_and_down_by_night():
    settings = SlopeWinds(enabled=True)
    args = (settings.up_mps, settings.down_mps, settings.up_from_hour, settings.up_to_hour)
    assert tw.slope_wind_strength(13.0, *args) == pytest.approx(2.5)
    assert tw.slope_wind_strength(1.0, *args) == pytest.approx(-1.5)
    assert tw.slope_wind_strength(25.0, *args) == tw.slope_wind_strength(1.0, *args)
    for turns in (8.0, 18.0):
        assert tw.slope_wind_strength(turns, *args) == pytest.approx(0.0, abs=1e-12)
    x, y = tw.slope_wind(2.5, 0.0, tw.STEEP)
    assert (x, y) == pytest.approx((0.0, 2.5))
    x, y = tw.slope_wind(-1.5, 3.0, 0.0)
    assert (x, y) == pytest.approx((-1.5, 0.0))
    sine = 0.09 / math.hypot(1, 0.09) / (tw.STEEP / math.hypot(1, tw.STEEP))
    assert math.hypot(*tw.slope_wind(2.0, 0.09 * 0.6, 0.09 * 0.8)) == pytest.approx(2.0 * math.sqrt(sine))
    assert tw.slope_wind(2.0, 0.0, 0.0) == (0.0, 0.0)


@pytest.mark.parametrize("settings, words", [
    ({"slope_weight": 0.7, "curvature_weight": 0.4}, "sum to 1 at most"),
    ({"slope_winds": {"up_from_hour": 18, "up_to_hour": 8}}, "at least one hour after"),
    ({"over_terrain": "windninja"}, "'none' or 'micromet'"),
])
def test_bad_settings(settings, words):
    with pytest.raises(ValueError, match=words):
        TerrainWind.model_validate(settings)


def test_the_same_inside_a_kernel():
    from numba import njit

    compiled, slope = njit(tw.wind_over_terrain), njit(tw.slope_wind)
    args = (4.0, 7.0, 0.3, -0.5, 0.1, 0.58, 0.42)
    assert compiled(*args) == pytest.approx(tw.wind_over_terrain(*args), rel=1e-14)
    assert slope(2.0, 0.1, 0.2) == pytest.approx(tw.slope_wind(2.0, 0.1, 0.2), rel=1e-14)
