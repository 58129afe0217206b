"""Embers: figures of pyretechnics, Sardoy's equations by hand, what seeded draws promise."""

import math

import numpy as np
import pytest

from scenarios.forest_fire import spotting
from scenarios.forest_fire.crown import ACTIVE, PASSIVE, SURFACE
from scenarios.forest_fire.settings_spotting import Spotting
from sim.random import Streams

ON = Spotting(enabled=True)
POWER = Spotting(enabled=True, distance="power_law")
STREAM = Streams(7, 0).of("fire.spotting")
NX = 400


@pytest.mark.parametrize("temperature, moisture, probability", [  # computed with pyretechnics 2026.10.20 (float32)
    (20, 0.05, 0.5708267), (30, 0.03, 0.810744), (10, 0.10, 0.2442465), (25, 0.15, 0.1213906),
    (35, 0.08, 0.4117853), (15, 0.25, 0.009640971), (40, 0.01, 1.0),
])
def test_ignition_probability_as_in_pyretechnics(temperature, moisture, probability):
    assert float(spotting.ignition_probability(temperature, moisture)) == pytest.approx(probability, rel=3e-6)


def test_ignition_falls_with_moisture_and_ends():
    got = spotting.ignition_probability(25.0, np.linspace(0.02, 0.6, 30))
    assert (np.diff(got) <= 0).all() and got[-1] == 0.0


@pytest.mark.parametrize("flame, minutes", [  # as above
    (0.5, 5.146432), (2.0, 1.384972), (5.0, 0.628595), (10.0, 0.3741981), (30.0, 0.2042495),
])
def test_time_to_rise_as_in_pyretechnics(flame, minutes):
    assert float(spotting.rise_time_s(np.array(flame))) / 60 == pytest.approx(minutes, rel=1e-6)


@pytest.mark.parametrize("intensity, wind, mu, sigma", [  # as above
    (1000.0, 3.0, 4.509897, 1.119156), (10_000.0, 10.0, 6.239952, 0.7059189), (40_000.0, 20.0, 7.158491, 0.5054526),
])
def test_power_law_as_in_pyretechnics(intensity, wind, mu, sigma):
    got = spotting.power_law(np.array(intensity), np.array(wind), POWER)
    assert [float(v) for v in got] == pytest.approx([mu, sigma], rel=1e-6)


def test_sardoy_by_hand():
    # 10 MW/m and 10 m/s: L = (10,000 / (1.1 x 1 x 300 x 3.132))^(2/3) = 4.54 m, Fr = 1.50: driven by the wind
    i, u = np.array([10_000.0, 40_000.0]), np.array([10.0, 3.0])
    length = (10_000 / (1.1 * 300 * math.sqrt(9.81))) ** (2 / 3)
    assert spotting.froude(i, u)[0] == pytest.approx(10 / math.sqrt(9.81 * length)) == pytest.approx(1.4987, rel=1e-3)
    mu, sigma = spotting.sardoy(i, u)
    assert mu[0] == pytest.approx(1.32 * 10**0.26 * 10**0.11 - 0.02)
    assert sigma[0] == pytest.approx(4.95 * 10**-0.01 * 10**-0.02 - 3.48)
    # 40 MW/m and 3 m/s: buoyancy rules
    assert mu[1] == pytest.approx(1.47 * 40**0.54 * 3**-0.55 + 1.14)
    assert sigma[1] == pytest.approx(0.86 * 40**-0.21 * 3**0.44 + 0.19)


def test_expected_numbers():
    heat, intensity = np.full(4, 20_000.0), np.array([500.0, 5_000.0, 3_000.0, 30_000.0])
    kind = np.array([SURFACE, SURFACE, PASSIVE, ACTIVE])
    got = spotting.expected_brands(heat, kind, intensity, 900.0, ON)
    assert got == pytest.approx([0.0, 1.8, 18.0, 18.0])


def test_counts_are_poisson():
    counts = spotting.draw_counts(np.full(20_000, 2.5), np.arange(20_000), STREAM)
    assert counts.mean() == pytest.approx(2.5, rel=0.02) and counts.var() == pytest.approx(2.5, rel=0.04)
    assert not spotting.draw_counts(np.zeros(50), np.arange(50), STREAM).any()


def everywhere(row, col):
    return np.ones(len(row), bool), np.full(len(row), 0.06)


def throw(cells, settings=ON, fuel=everywhere, stream=STREAM, wind=10.0, from_deg=270.0):
    cells = np.asarray(cells)
    n = len(cells)
    return spotting.cast(cells, NX, 30.0, np.full(n, 1000.0), np.full(n, 20_000.0), np.full(n, 30_000.0),
                         np.full(n, 12.0), np.full(n, ACTIVE), wind, from_deg, 25.0, fuel, settings, stream)


MIDDLE = 200 * NX + np.arange(100, 300)


def test_embers_fly_with_the_wind_as_far_as_the_lognormal_says():
    got = throw(MIDDLE)
    assert len(got.row) > 1000
    east = got.col - MIDDLE[got.source] % NX
    north = MIDDLE[got.source] // NX - got.row
    assert (east >= 0).mean() > 0.99 and abs(north.mean()) < 0.15 * east.mean()
    mu, sigma = spotting.sardoy(np.array([20_000.0]), np.array([10.0]))
    far = got.distance_m > 60.0  # embers that stay in their own cell are left out; nearer ones may
    flown = spotting.draw_counts(np.full(200, 27.0), MIDDLE, STREAM).sum()
    above = 0.5 * math.erfc((math.log(60.0) - mu[0]) / (sigma[0] * math.sqrt(2)))
    assert far.sum() / flown == pytest.approx(above, rel=0.1)
    assert got.distance_m.max() <= ON.farthest_m


def test_north_wind_carries_south():
    got = throw(MIDDLE, from_deg=0.0)
    assert ((got.row - MIDDLE[got.source] // NX) >= 0).mean() > 0.99


def test_share_that_lights_and_when():
    got = throw(MIDDLE)
    chance = float(spotting.ignition_probability(25.0, 0.06))
    assert got.ignites.mean() == pytest.approx(chance, abs=0.04)
    assert got.time_s == pytest.approx(1000.0 + 2 * float(spotting.rise_time_s(np.array(12.0))) + 1200.0)
    half = throw(MIDDLE, settings=Spotting(enabled=True, receptive_share=0.5))
    assert half.ignites.mean() == pytest.approx(0.5 * chance, abs=0.04)
    assert (half.ignites <= got.ignites).all()  # the same draws: fewer of the same embers


def test_nothing_lights_where_nothing_can():
    def fuel(row, col):
        return col % 2 == 0, np.full(len(row), 0.06)

    got, free = throw(MIDDLE, fuel=fuel), throw(MIDDLE)
    assert not got.ignites[got.col % 2 == 1].any()
    assert (got.ignites == (free.ignites & (free.col % 2 == 0))).all()
    assert not throw(MIDDLE, fuel=lambda r, c: (np.ones(len(r), bool), np.full(len(r), 0.5))).ignites.any()


def test_embers_belong_to_their_cell():
    both, alone = throw(MIDDLE), throw(MIDDLE[50:60])
    part = (both.source >= 50) & (both.source < 60)
    for name in ("row", "col", "distance_m", "time_s", "ignites"):
        assert getattr(alone, name).tolist() == getattr(both, name)[part].tolist()
    shuffled = throw(MIDDLE[::-1])
    assert sorted(zip(shuffled.row, shuffled.col)) == sorted(zip(both.row, both.col))
    other = throw(MIDDLE, stream=Streams(7, 1).of("fire.spotting"))
    assert other.row.tolist() != both.row.tolist()


def test_power_law_embers_burn_out_on_their_way():
    lasting = throw(MIDDLE, settings=Spotting(enabled=True, distance="power_law", decay_m=100_000))
    fading = throw(MIDDLE, settings=POWER)
    assert fading.row.tolist() == lasting.row.tolist()
    lost = lasting.ignites & ~fading.ignites
    assert lost.any() and not (fading.ignites & ~lasting.ignites).any()
    assert fading.distance_m[lost].mean() > fading.distance_m[fading.ignites].mean()


def test_nothing_burned_throws_nothing():
    assert len(throw(np.zeros(0, np.int64)).row) == 0


@pytest.mark.parametrize("settings, words", [
    ({"enabled": True, "brands_per_gj_crown": 0, "brands_per_gj_surface": 0}, "no fire throws embers"),
    ({"buildup": "10s"}, "greater than or equal to 60"),
    ({"distance": "albini"}, "'sardoy' or 'power_law'"),
])
def test_bad_settings(settings, words):
    with pytest.raises(ValueError, match=words):
        Spotting.model_validate(settings)
