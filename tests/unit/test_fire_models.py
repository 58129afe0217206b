"""Small functions of the forest fire against hand calculations, sums and samples."""

import math
from itertools import pairwise

import numpy as np
import pytest

from scenarios.forest_fire import ellipse, heat, kernels, metric, units
from scenarios.forest_fire.fuels import fuel_table, row_of_number
from scenarios.forest_fire.moisture import equilibrium_moisture_pct
from scenarios.forest_fire.rothermel import Moisture, beds, dynamic_load_transfer, size_class
from scenarios.forest_fire.settings import ForestFireSettings
from scenarios.forest_fire.spread import make_period
from scenarios.forest_fire.weather import draw_errors, moistures, period_of, weather_line
from scenarios.forest_fire.wind import unsheltered_factor, wind_adjustment_factor
from sim.errors import InputError
from sim.random import Streams
from tests.fires import NO_TREES, ground_row, period

MOIST = Moisture(0.06, 0.07, 0.08, 0.60, 0.90)


def plain(**changes):
    return ForestFireSettings.model_validate({
        "ignitions": [{"place": "middle"}],
        "weather": {"wind_mps": 4.0, "wind_from_deg": 350.0, "temperature_c": 25.0, "humidity_pct": 30.0},
        "moisture": {"herb_pct": 60.0, "woody_pct": 90.0}, **changes})


def test_units_are_exact():
    assert pytest.approx(3.46147, rel=2e-6) == units.KW_M_PER_BTU_FT_S
    assert pytest.approx(11.3565, rel=5e-6) == units.KJ_M2_PER_BTU_FT2
    assert pytest.approx(196.8503937007874, rel=1e-15) == units.FT_MIN_PER_M_S
    assert pytest.approx(0.0775, rel=1e-3) == ellipse.FLAME_M_PER_KW_M


def test_every_fuel_model_has_a_source_and_53_burn():
    table = fuel_table()
    assert len(set(table.number.tolist())) == len(table) == 60
    assert table.burns.sum() == 53
    assert all(table.source) and all(table.name)
    lookup = row_of_number()
    assert lookup[91] == lookup[98] == lookup[0] == -1 and lookup[101] == table.row(101)


def test_unknown_fuel_number():
    with pytest.raises(InputError, match="unknown fuel model number\n  value:   14"):
        fuel_table().row(14)


def test_no_fuel_spreads_above_its_moisture_of_extinction():
    wet = beds(fuel_table(), Moisture(0.6, 0.6, 0.6, 3.0, 3.0))
    assert (wet.r0 == 0).all() and np.isfinite(wet.heat).all()
    dry = beds(fuel_table(), MOIST)
    assert (dry.r0[fuel_table().burns] > 0).all()


@pytest.mark.parametrize("m_herb, cured", [(0.2, 1.0), (0.6, 1.333 - 1.11 * 0.6), (1.3, 0.0)])
def test_cured_herbs_move_to_the_dead(m_herb, cured):
    table = fuel_table()
    gr4 = table.row(104)
    dead, live = dynamic_load_transfer(table, m_herb)
    assert dead[gr4, 3] == pytest.approx(cured * table.load_live[gr4, 0])
    assert dead.sum() + live.sum() == pytest.approx(table.load_dead.sum() + table.load_live.sum())
    fm2 = table.row(2)
    assert dead[fm2, 3] == 0 and live[fm2, 0] == table.load_live[fm2, 0]


def test_size_classes():
    assert size_class(np.array([2000.0, 1200.0, 1199.0, 109.0, 48.0, 30.0, 16.0, 15.0])).tolist() == [
        0, 0, 1, 2, 3, 4, 4, 5]


@pytest.mark.parametrize("celsius, humidity, expected", [
    # Simard's three ranges, worked by hand at 80 F
    (80 / 1.8 - 32 / 1.8, 5.0, 0.03229 + 0.281073 * 5 - 0.000578 * 5 * 80),
    (80 / 1.8 - 32 / 1.8, 30.0, 2.22749 + 0.160107 * 30 - 0.014784 * 80),
    (80 / 1.8 - 32 / 1.8, 80.0, 21.0606 + 0.005565 * 6400 - 0.00035 * 80 * 80 - 0.483199 * 80),
])
def test_equilibrium_moisture(celsius, humidity, expected):
    assert equilibrium_moisture_pct(celsius, humidity) == pytest.approx(expected, rel=1e-12)


def test_equilibrium_moisture_rises_with_humidity_and_falls_with_heat():
    wetter = [equilibrium_moisture_pct(20, h) for h in range(1, 101)]
    assert all(b > a for a, b in pairwise(wetter))
    assert equilibrium_moisture_pct(35, 30) < equilibrium_moisture_pct(10, 30)


def test_wind_adjustment():
    assert unsheltered_factor(1.0) == pytest.approx(1.83 / math.log(20.36 / 0.13))
    open_ground = wind_adjustment_factor(1.0, np.array([0.0, 0.2, 0.5]), 12.0, 0.5)
    assert open_ground[0] == open_ground[1] == pytest.approx(float(unsheltered_factor(1.0)))  # fill below 5 %
    assert open_ground[2] < 0.6 * open_ground[0]
    assert wind_adjustment_factor(1.0, 0.5, 1.0, 0.5) == pytest.approx(float(unsheltered_factor(1.0)))


def test_wind_limit_caps_the_factor():
    assert ellipse.limit_factor(50.0, 2.0, 1.5, 4.0) == pytest.approx(16.0)
    assert ellipse.limit_factor(5.0, 2.0, 1.5, 4.0) == 5.0


METRIC = (1.7, 0.9, -0.4, 0.3, -0.2)


def test_a_front_moves_as_fast_as_its_fastest_ray():
    for angle in np.radians(np.arange(0, 360, 15)):
        n = math.cos(angle), math.sin(angle)
        speed, vx, vy = metric.front_speed(*METRIC, *n)
        rays = np.radians(np.arange(0, 360, 0.01))
        v = np.cos(rays), np.sin(rays)
        rise = METRIC[3] * v[0] + METRIC[4] * v[1]
        cost = METRIC[0] * np.sqrt(1 + rise**2) - METRIC[1] * v[0] - METRIC[2] * v[1]
        assert speed == pytest.approx(((n[0] * v[0] + n[1] * v[1]) / cost).max(), rel=1e-6)
        assert metric.travel_time(*METRIC, vx, vy) == pytest.approx(1.0)
        assert np.allclose(metric.front_normal(*METRIC, vx, vy), n)


def pair_args(ta, tb, rho, wx, wy, bend=0.0):
    """A knight's and an adjacent neighbour on ground of gradient (0.2, -0.1), the arrival bent by ``bend``."""
    gx, gy, rise = 0.2, -0.1, tb - ta
    return (ta, tb, 2.0, 1.0, -1.0, 0.0, rho, wx, wy, gx * 2.0 + gy, -gx, math.sqrt(1.0 + gx**2 + gy**2),
            rise - bend, rise + bend)


@pytest.mark.parametrize("bend, exact", [(0.0, 1e-8), (0.02, 1e-5), (0.1, 1e-4)])
def test_pair_time_is_the_least_over_the_points_between(bend, exact):
    rng = Streams(3).of("pairs").uniforms(np.arange(400), 0).reshape(100, 4)
    inside = 0
    for u in rng:
        ta = 2.0 * u[0]
        tb = ta + 0.5 + 1.4 * u[1]
        rho, wx, wy = 1.5, 1.2 * (u[2] - 0.5), 1.2 * (u[3] - 0.5)
        got, share = kernels.pair_time.py_func(*pair_args(ta, tb, rho, wx, wy, bend))
        s = np.linspace(0, 1, 20001)
        vx, vy = 2.0 - s, np.ones_like(s)
        norm = np.sqrt(vx**2 + vy**2 + (0.2 * vx - 0.1 * vy) ** 2)
        straight = (1 - s) * ta + s * tb + rho * norm - wx * vx - wy * vy
        every = straight - bend * s * (1 - s)
        best = int(np.argmin(every))
        if 0 < int(np.argmin(straight)) < 20000:
            inside += 1
            assert got == pytest.approx(every[best], rel=exact)
            assert share == pytest.approx(s[best], abs=2e-4 + 0.2 * bend)
        else:
            assert got == math.inf
    assert 15 < inside < 90


def test_compiled_and_plain_kernels_agree():
    calm = period([0.1, 0.2], 300.0, 40.0)
    for compiled, args in (
        (kernels.pair_time, pair_args(0.1, 0.9, 1.5, 0.3, -0.2, 0.05)),
        (metric.cell_metric, (calm.beds[0], calm.parameters, ground_row(0.3, -0.1, 0.4), NO_TREES, 0.7)),
        (heat.view_factor, (12.0, 4.0)),
    ):
        assert compiled(*args) == pytest.approx(compiled.py_func(*args), rel=1e-14)


def test_head_fire_on_a_slope_with_wind_across_in_both_conventions():
    wind, slope = 200.0, 0.4
    across = period(0.1, wind)
    bed, uphill = across.beds[0], ground_row(0.0, slope)
    rate, _, hx, hy = metric.head_fire(bed, across.parameters, uphill, NO_TREES)
    phi_s = 5.0 * slope**2
    assert rate == pytest.approx(0.1 * (1 + math.hypot(wind, phi_s)))
    assert math.atan2(hy, hx) == pytest.approx(math.atan2(phi_s, wind))
    up = make_period(across.beds, wind_20ft_ft_min=wind, to_deg=0.0, slope_plane=True, wind_limit=False,
                     max_length_to_width=8.0, min_rate_mps=0.0, cell_m=30.0)  # in the slope's plane, straight uphill
    lifted, _, _, _ = metric.head_fire(bed, up.parameters, uphill, NO_TREES)
    assert lifted == pytest.approx(0.1 * (1 + wind * math.sqrt(1 + slope**2) + phi_s))


def test_view_factor_limits_and_integral():
    assert heat.view_factor(1e-6, 5.0) == pytest.approx(1.0, abs=1e-3)
    assert heat.view_factor(1e6, 5.0) < 1e-6
    d, h = 10.0, 4.0
    y, z = np.meshgrid((np.arange(4000) + 0.5) / 4000 * 100 - 50,
                       (np.arange(400) + 0.5) / 400 * h - h / 2)
    r2 = d**2 + y**2 + z**2
    direct = (d**2 / (math.pi * r2**2)).sum() * (100 / 4000) * (h / 400)
    assert heat.view_factor(d, h) == pytest.approx(direct, rel=1e-4)


def test_danger_distance_is_where_the_flux_is():
    d = heat.danger_distance(3.0)
    flux = heat.view_factor(d, 3.0) * heat.EMISSIVE_POWER_KW_M2
    assert flux == pytest.approx(heat.TOLERABLE_KW_M2, rel=1e-6)
    assert heat.danger_distance(0.0) == 0.0 and heat.danger_distance(1.0) < d


def test_probits():
    # Eisenberg at 20 kW/m2 for 20 s: probit 2.9945 (dose 1085.767)
    dose = 20.0 * 20.0 ** (4 / 3)
    assert dose == pytest.approx(1085.767, rel=1e-6)
    assert heat.DEATH_A + heat.DEATH_B * math.log(dose) == pytest.approx(2.994507, rel=1e-6)
    p = heat.death_probability(np.array([0.0, dose, 2380.0, 1e5], np.float32))
    assert p[0] == 0 and p[1] == pytest.approx(0.0225, rel=0.02) and p[2] == pytest.approx(0.5, abs=0.01)
    assert p[3] > 0.999
    hurt = heat.injury_probability(np.array([dose], np.float32))
    y = -43.14 + 3.0188 * math.log(20.0 * 20_000.0 ** (4 / 3))
    assert hurt[0] == pytest.approx(0.5 * (1 + math.erf((y - 5) / math.sqrt(2))), rel=1e-5)


def test_weather_line_carries_what_is_not_given():
    settings = plain(changes=[{"at": "2h", "wind_from_deg": 90},
                              {"at": "T+04:00", "humidity_pct": 70, "wind_mps": 8}])
    line = weather_line(settings, draw_errors(settings, Streams(1), "fire"))
    assert [change.t_s for change in line] == [0.0, 7200.0, 14400.0]
    assert line[1].conditions.wind_mps == 4.0
    assert line[2].conditions.wind_from_deg == 90 and line[2].conditions.temperature_c == 25
    assert line[2].given == {"humidity_pct", "wind_mps"}


def test_errors_hang_on_seed_and_replication_alone():
    settings = plain(uncertainty={"wind_sigma": 0.3, "direction_sd_deg": 20, "moisture_sd_pct": 1})
    first = draw_errors(settings, Streams(5, 2), "fire")
    assert first == draw_errors(settings, Streams(5, 2), "fire")
    many = [draw_errors(settings, Streams(5, r), "fire") for r in range(400)]
    assert np.std([math.log(e.wind_factor) for e in many]) == pytest.approx(0.3, rel=0.12)
    assert np.std([e.direction_deg for e in many]) == pytest.approx(20, rel=0.12)
    assert abs(np.mean([e.moisture_pct for e in many])) < 0.15


def test_moisture_given_or_from_the_air():
    settings = plain()
    errors = draw_errors(settings, Streams(1), "fire")
    conditions = weather_line(settings, errors)[0].conditions
    from_air = moistures(settings, conditions, errors)
    assert from_air.m1 == pytest.approx(equilibrium_moisture_pct(25, 30) / 100)
    assert from_air.m10 == pytest.approx(from_air.m1 + 0.01)
    given = plain(moisture={"m1_pct": 9, "m100_pct": 14, "herb_pct": 60, "woody_pct": 90})
    got = moistures(given, conditions, errors)
    assert (got.m1, got.m100) == pytest.approx((0.09, 0.14))


def test_period_blows_where_the_wind_goes():
    settings = plain()
    conditions = weather_line(settings, draw_errors(settings, Streams(1), "fire"))[0].conditions
    period = period_of(settings, conditions, draw_errors(settings, Streams(1), "fire"), 60.0)
    to = math.degrees(math.atan2(period.parameters[1], period.parameters[2])) % 360
    assert to == pytest.approx(170.0)
    assert period.parameters[0] == pytest.approx(4.0 * 196.8503937 / 1.15)


@pytest.mark.parametrize("change, words", [
    ({"weather": {"wind_mps": 4, "wind_from_deg": 400, "temperature_c": 20, "humidity_pct": 30}},
     "less than or equal to 360"),
    ({"moisture": {"herb_pct": 301, "woody_pct": 90}}, "less than or equal to 300"),
    ({"ignitions": []}, "at least 1 item"),
    ({"ignitions": [{"lon": 113.0}]}, "both lon and lat"),
    ({"ignitions": [{"place": "a", "lon": 113.0, "lat": 29.0}]}, "either place or lon and lat"),
    ({"changes": [{"at": "3h"}, {"at": "1h"}]}, "in order of time"),
    ({"spread": {"convention": "vertical"}}, "'horizontal' or 'slope_plane'"),
    ({"damage": {"low_below_kw_m": 5000}}, "must be less than high_above_kw_m"),
    ({"wind": 3}, "Extra inputs"),
])
def test_settings_out_of_range(change, words):
    with pytest.raises(ValueError, match=words):
        plain(**change)
