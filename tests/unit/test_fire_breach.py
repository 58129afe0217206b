"""Rules of breach: published values, limits, and that cells of any size hold a fire as often."""

import numpy as np
import pytest

from scenarios.forest_fire.breach import along, breach_probability, by_flame, wilson, wilson_from_zero
from scenarios.forest_fire.ellipse import flame_length

NO, YES = np.array([False]), np.array([True])


def one(value):
    return np.array([float(value)])


@pytest.mark.parametrize(("intensity", "width", "trees", "percent"), [
    (2000, 3, False, 29),   # the Australian Fire Danger Rating System's example of Wilson's equation
    (5000, 3, True, 88),
    (10_000, 3, True, 98),
])
def test_wilsons_published_values(intensity, width, trees, percent):
    assert round(100 * wilson(one(intensity), one(width), np.array([trees]))[0]) == percent


def test_eight_metres_without_trees_are_enough_in_grass():
    """Frost, Alexander and Jenkins (2022): at least 8 m, with woody plants removed within 20 m."""
    assert wilson(one(10_000), one(8), NO)[0] < 0.06 < wilson(one(10_000), one(7), NO)[0]
    assert wilson(one(10_000), one(8), YES)[0] > 0.8


def test_wilson_ends_at_no_fire():
    assert wilson(one(0), one(3), NO)[0] > 0.15
    assert wilson_from_zero(one(0), one(3), NO)[0] == 0.0
    assert wilson_from_zero(one(1000), one(3), NO)[0] == wilson(one(1000), one(3), NO)[0]
    rising = wilson_from_zero(np.linspace(0, 5000, 200), np.full(200, 3.0), np.zeros(200, bool))
    assert (np.diff(rising) > 0).all()


def test_half_are_crossed_at_one_flame_length_one_in_twenty_at_the_rule():
    for intensity in (50.0, 500.0, 20_000.0):
        flame = float(flame_length(intensity))
        assert by_flame(one(intensity), one(flame))[0] == pytest.approx(0.5)
        assert by_flame(one(intensity), one(1.5 * flame))[0] == pytest.approx(0.05)
        assert by_flame(one(intensity), one(4 * flame))[0] < 1e-4


def test_limits_of_the_flame_rule():
    assert by_flame(one(0), one(0.3))[0] == 0.0
    assert by_flame(one(30_000), one(0.0))[0] == 1.0
    assert by_flame(one(30_000), one(0.5))[0] > 0.999999


def test_the_two_rules_agree_where_wilson_found_flame_length_sensible():
    """Within a factor of two in the middle of his experiments, without trees."""
    for intensity, width in ((2000, 3), (10_000, 6)):
        ratio = by_flame(one(intensity), one(width))[0] / wilson(one(intensity), one(width), NO)[0]
        assert 0.5 < ratio < 2.0


def test_grass_goes_by_wilson_and_litter_by_flames():
    grass, intensity, width = np.array([True, False]), np.full(2, 4000.0), np.full(2, 4.0)
    trees = np.ones(2, bool)
    both = breach_probability("by_fuel", grass, intensity, width, trees)
    assert both[0] == wilson_from_zero(intensity, width, trees)[0] and both[1] == by_flame(intensity, width)[1]
    assert (breach_probability("wilson", grass, intensity, width, trees) == both[0]).all()
    assert (breach_probability("flame", grass, intensity, width, trees) == both[1]).all()


@pytest.mark.parametrize("whole", [0.0, 0.05, 0.5, 0.99, 1.0])
def test_stretches_hold_together_as_often_as_the_whole(whole):
    for metres in (10.0, 30.0, 60.0):
        held = 1.0 - along(one(whole), metres, 150.0)[0]
        assert held ** (150.0 / metres) == pytest.approx(1.0 - whole, abs=1e-12)
