"""Walking: pace by age, slopes after Tobler, the household at its slowest."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from agents.population.columns import State
from agents.population.walking import EASIEST_SLOPE, STEEPEST, link_slopes, pace_by_age, slope_factor
from sim.settings.people import PACES, PeopleSettings
from sim.world.classes import LinkKind
from tests.smallworld import ELDERLY, WALK_MPS, Home, drill, order, shelter, small_world, straight


def tobler_kmh(slope: float) -> float:
    return 6 * math.exp(-3.5 * abs(slope + 0.05))


def test_slopes_count_as_the_hiking_function_over_level_ground():
    slopes = np.array([-0.3, -0.1, -0.05, 0.0, 0.02, 0.1, 0.3])
    expected = [tobler_kmh(s) / tobler_kmh(0.0) for s in slopes]
    assert slope_factor(slopes) == pytest.approx(expected)
    # The published values: 6 km/h at the easiest slope, 5.04 on the level.
    assert slope_factor(np.array([EASIEST_SLOPE]))[0] == pytest.approx(6 / 5.04, abs=2e-3)


def test_pace_follows_the_table():
    paces = PeopleSettings().paces
    age = np.array([0, 4, 6, 14, 15, 29, 45, 69, 79, 80, 99])
    by_hand = []
    for a in age:
        mps = [speed for start, speed in PACES if start <= a][-1]
        by_hand.append(mps / 1.379 * 1.33)
    assert pace_by_age(paces, 1.33, age) == pytest.approx(by_hand, rel=1e-3)
    # A grown-up of the table's four decades walks at the stated pace on average.
    grown = pace_by_age(paces, 1.33, np.array([25, 35, 45, 55]))
    assert grown.mean() == pytest.approx(1.33, rel=2e-3)


@pytest.mark.parametrize("ages", [(5, 10), (0, 10, 10), (0, 20, 10)])
def test_a_table_of_paces_begins_at_birth_and_goes_up(ages):
    with pytest.raises(ValidationError, match="from_age"):
        PeopleSettings.model_validate({"paces": [{"from_age": age, "factor": 1.0} for age in ages]})


def test_slopes_of_links_are_rise_over_length_both_ways():
    world = small_world()
    slopes, links = link_slopes(world), world.roads.links
    back = links["reverse"]
    both = back >= 0
    assert slopes[both] == pytest.approx(-slopes[back[both]], abs=1e-6)
    assert np.abs(slopes).max() <= STEEPEST and np.abs(slopes).max() > 0.02
    row, col = world.grid.row_col(world.roads.nodes["x"], world.roads.nodes["y"])
    height = world.layers["elevation_m"][row, col]
    for i in range(0, len(slopes), 97):
        if links["kind"][i] in (LinkKind.FERRY, LinkKind.BRIDGE):
            assert slopes[i] == 0.0
            continue
        rise = float(height[links["head"][i]]) - float(height[links["tail"][i]])
        assert slopes[i] == pytest.approx(float(np.clip(rise / max(links["length_m"][i], 1.0), -STEEPEST, STEEPEST)))


@pytest.mark.parametrize(("ages", "mps"), [((40, 30), WALK_MPS), ((40, 70), WALK_MPS * ELDERLY)])
def test_a_household_walks_at_its_slowest_uphill_and_down(ages, mps):
    world = straight((0.0, 1000.0, 3000.0), [Home(2, ages)])
    # 60 m up over the first kilometre from u0, then level: down all the way for them.
    east = world.grid.row_col(1000.0, 5000.0)[1]
    world.layers["elevation_m"][:, east:] = 60.0
    run = drill(world, plan={"shelters": [shelter("hall", "u0", 9)]}, commands=[order("5min", "u2")],
                people={"hiking_slope_effect": True})
    run.run()
    c = run.residents.columns
    assert (c["state"] == State.SHELTERED).all()
    downhill = tobler_kmh(-0.06) / tobler_kmh(0.0)
    assert c["safe_s"] - c["depart_s"] == pytest.approx(2000 / mps + 1000 / (mps * downhill), rel=1e-6)
