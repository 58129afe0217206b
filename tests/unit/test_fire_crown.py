"""Crown fire: figures of pyretechnics, of Van Wagner's equation by hand, and how the parts combine."""

import math
from itertools import pairwise

import numpy as np
import pytest

from scenarios.forest_fire import crown
from scenarios.forest_fire.settings_crown import Crown
from scenarios.forest_fire.stands import stands_of
from sim.errors import InputError
from sim.world.classes import LandCover

# wind at 10 m (m/s), bulk density, 1-h moisture, height, base: kind, rate (m/min), intensity (kW/m), length to
# width, critical rate (m/min); computed with pyretechnics 2026.10.20 (float32), flat ground, 18,000 kJ/kg
PYRETECHNICS = [
    (2.0, 0.10, 0.06, 18, 4, crown.PASSIVE, 9.14715, 3841.803, 1.48629, 30.0),
    (5.0, 0.10, 0.06, 18, 4, crown.ACTIVE, 34.58968, 14527.67, 2.215726, 30.0),
    (8.0, 0.15, 0.08, 12, 4, crown.ACTIVE, 40.59305, 14613.5, 2.945162, 20.0),
    (12.0, 0.20, 0.05, 15, 2, crown.ACTIVE, 102.8401, 80215.26, 3.917743, 15.0),
    (12.0, 0.08, 0.12, 12, 4, crown.PASSIVE, 13.04089, 2503.85, 3.917743, 37.5),
    (20.0, 0.22, 0.10, 12, 3, crown.ACTIVE, 70.88274, 42104.35, 5.862905, 13.63636),
]


@pytest.mark.parametrize("wind, density, m1, height, base, kind, rate, intensity, ratio, critical", PYRETECHNICS)
def test_rates_intensity_and_shape_as_in_pyretechnics(
    wind, density, m1, height, base, kind, rate, intensity, ratio, critical
):
    got, got_kind = crown.crown_rate(wind, density, m1)
    assert got_kind == kind
    assert got * 60 == pytest.approx(rate, rel=2e-6)
    assert crown.critical_rate(density) * 60 == pytest.approx(critical, rel=1e-6)
    assert got * crown.crown_heat(height, base, density, 1.0) == pytest.approx(intensity, rel=2e-6)
    assert crown.crown_length_to_width(wind, 8.0) == pytest.approx(ratio, rel=1e-6)


@pytest.mark.parametrize("base, foliar, intensity", [  # as above
    (1.0, 1.0, 169.2708), (2.0, 0.85, 390.2221), (4.0, 1.0, 1354.167), (6.0, 1.2, 3148.121), (10.0, 0.7, 3442.724),
])
def test_critical_surface_intensity_as_in_pyretechnics(base, foliar, intensity):
    assert crown.critical_surface_intensity(base, foliar) == pytest.approx(intensity, rel=2e-6)


def test_critical_surface_intensity_as_in_the_canadian_system():
    # FCFDG 1992, eq. 56, has 25.9 where Van Wagner 1977 has 26 kJ/kg per % of moisture
    canada = 0.001 * 4.0**1.5 * (460 + 25.9 * 100) ** 1.5
    assert crown.critical_surface_intensity(4.0, 1.0) == pytest.approx(canada, rel=6e-3)


def test_a_solid_flame_needs_van_wagners_mass_flow():
    assert crown.critical_rate(0.23) * 0.23 == pytest.approx(0.05)  # kg/m2/s


def test_crown_fraction_burned():
    assert crown.crown_fraction_burned(4.9, 5.0, 15.0) == 0.0
    assert crown.crown_fraction_burned(5.0, 5.0, 15.0) == 0.0
    assert crown.crown_fraction_burned(14.0, 5.0, 15.0) == pytest.approx(0.9)  # 0.9 of the way
    assert crown.crown_fraction_burned(1e9, 5.0, 15.0) == pytest.approx(1.0)
    assert crown.crown_fraction_burned(20.0, 16.0, 15.0) == 1.0
    rising = [crown.crown_fraction_burned(r, 5.0, 15.0) for r in np.arange(5.0, 30.0)]
    assert all(b > a for a, b in pairwise(rising))


STAND = (12.0, 4.0, 0.15, 1.0)  # lights at 1,354 kW/m


def test_a_weak_surface_fire_stays_on_the_ground():
    rate, added, kind = crown.crown_fire(0.1, 13_000.0, *STAND, 0.6, 8.0, 0.08)
    assert (rate, added, kind) == (0.1, 0.0, crown.SURFACE)


@pytest.mark.parametrize("cover, density", [(0.4, 0.15), (0.6, 0.0)])
def test_no_crown_fire_in_open_stands_or_without_crowns(cover, density):
    assert crown.crown_fire(1.0, 13_000.0, 12.0, 4.0, density, 1.0, cover, 8.0, 0.08) == (1.0, 0.0, crown.SURFACE)


def test_an_active_crown_fire_runs_faster_and_burns_all():
    rate, added, kind = crown.crown_fire(0.2, 13_000.0, *STAND, 0.6, 8.0, 0.08)
    assert kind == crown.ACTIVE
    assert rate * 60 == pytest.approx(40.59305, rel=2e-6)
    assert added == pytest.approx(0.15 * 8.0 * 18_000)


def test_a_passive_crown_fire_burns_a_part_and_is_no_slower_than_its_surface_fire():
    rate, added, kind = crown.crown_fire(0.2, 13_000.0, 12.0, 4.0, 0.08, 1.0, 0.6, 2.0, 0.12)
    assert kind == crown.PASSIVE and rate == 0.2
    first = crown.critical_surface_intensity(4.0, 1.0) / 13_000.0
    share = 1 - math.exp(math.log(0.1) / (0.9 * (3.0 / 60 / 0.08 - first)) * (0.2 - first))
    assert added == pytest.approx(share * 0.08 * 8.0 * 18_000)


def test_the_table_of_stands_and_changes_to_it():
    off = stands_of(Crown())
    assert (off[:, crown.STAND_DENSITY] == 0).all() and off[LandCover.CONIFER, crown.STAND_HEIGHT] == 12
    on = stands_of(Crown(enabled=True, stands={"bamboo": {"bulk_density_kg_m3": 0.05, "foliar_moisture_pct": 80}}))
    assert on[LandCover.CONIFER].tolist() == [12, 4, 0.15, 1.0]
    assert on[LandCover.BAMBOO].tolist() == [10, 4, 0.05, 0.8]
    assert not on[LandCover.PADDY].any()


def test_bad_stands():
    with pytest.raises(InputError, match="base is not below their top"):
        stands_of(Crown(enabled=True, stands={"conifer": {"base_m": 12}}))
    with pytest.raises(ValueError, match="no such land cover: 'conifers'"):
        Crown.model_validate({"stands": {"conifers": {"base_m": 3}}})


def test_the_same_inside_a_kernel():
    from numba import njit

    compiled = njit(crown.crown_fire)
    for args in ((0.2, 13_000.0, *STAND, 0.6, 8.0, 0.08), (0.2, 13_000.0, 12.0, 4.0, 0.08, 1.0, 0.6, 2.0, 0.12),
                 (0.1, 13_000.0, *STAND, 0.6, 8.0, 0.08)):
        assert compiled(*args) == pytest.approx(crown.crown_fire(*args), rel=1e-14)
