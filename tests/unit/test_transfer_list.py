"""The named list: whom geography singles out, nested shares, nobody twice, the same under other plans."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from pydantic import ValidationError

from agents.population.population import Population
from agents.population.transfer_list import WORK_FROM, WORK_TO, TransferList, assign_cadres, draw_list
from sim.errors import InputError
from sim.random import Streams
from sim.settings.transfer import CAUSES, TransferPlan
from sim.world.projection import Projection
from tests.smallworld import small_drill, small_world


@cache
def population() -> Population:
    """The small county's residents."""
    return small_drill(hazards=()).residents


def drawn(seed: int = 1, replication: int = 0, **plan) -> TransferList:
    """The list of a plan over the small county."""
    return draw_list(population(), TransferPlan.model_validate(plan), Streams(seed, replication))


def ids(listed: TransferList) -> set[int]:
    """Stable ids of the households listed."""
    return set(np.asarray(small_world().households["household_id"])[listed.household].tolist())


def rates(**per_thousand):
    """Rates by cause, the same in town and country."""
    return {cause: {"per_thousand": {"rural": n, "urban": n}} for cause, n in per_thousand.items()}


MIXED = {"dangerous_house": 40, "low_ground": 60, "work_shed": 30, "landslide_spot": 20}


def test_nobody_is_listed_twice():
    listed = drawn(rates=rates(**MIXED), at_risk=[{"place": "east", "cause": "outside_dike", "persons": 200}])
    assert len(np.unique(listed.household)) == len(listed) > 100
    assert len(np.unique(listed.member)) == len(listed.member) == listed.persons.sum()
    assert np.array_equal(np.diff(listed.start), listed.persons)
    assert (listed.persons > 0).all() and (listed.immobile <= listed.persons).all()


@pytest.mark.parametrize("cause", ["dangerous_house", "low_ground", "landslide_spot", "work_shed"])
def test_a_larger_share_contains_a_smaller(cause):
    others = {word: n for word, n in MIXED.items() if word != cause}
    lists = [ids(drawn(rates=rates(**others, **{cause: n}))) for n in (0, 5, 20, 80, 300)]
    for smaller, larger in pairwise(lists):
        assert smaller < larger


def test_a_rate_is_met_in_expectation_however_small_the_villages():
    world = small_world()
    residents = len(world.persons["person_id"])
    persons = [drawn(seed=seed, rates=rates(dangerous_house=3)).persons.sum() for seed in range(40)]
    # Eight villages want one person or so each, of households of three: rounding up would list twice as many.
    assert np.mean(persons) == pytest.approx(0.003 * residents, rel=0.25)


def test_low_ground_takes_the_lowest_homes_and_landslides_the_steepest():
    world, people = small_world(), population()
    first = np.asarray(world.households["first"])
    cells = world.grid.row_col(world.persons["home_x"][first], world.persons["home_y"][first])
    for cause, layer, sign in (("low_ground", "elevation_m", 1), ("landslide_spot", "slope", -1)):
        value = sign * np.asarray(world.layers[layer])[cells]
        listed = drawn(rates=rates(**{cause: 150}))
        for village in np.unique(listed.village):
            pool = people.households_of(np.array([village]))
            mine = listed.household[listed.village == village]
            others = np.setdiff1d(pool, mine)
            # The household at the margin may be drawn out: all others stand in order.
            assert np.sort(value[mine])[:-1].max() <= np.sort(value[others])[1:].min()


def test_a_spot_takes_the_nearest_homes():
    world = small_world()
    home = 17
    first = int(world.households["first"][home])
    x, y = float(world.persons["home_x"][first]), float(world.persons["home_y"][first])
    lon, lat = Projection(world.crs).to_lonlat(x, y)
    village = world.places[int(world.persons["village"][first])]
    listed = drawn(at_risk=[{"place": village.id, "cause": "landslide_spot", "persons": 20,
                             "at": [float(lon), float(lat)]}])
    assert 20 <= listed.persons.sum() < 20 + 12 and home in listed.household
    heads = np.asarray(world.households["first"])
    away = np.hypot(world.persons["home_x"][heads] - x, world.persons["home_y"][heads] - y)
    pool = population().households_of(np.array([village.row]))
    assert away[listed.household].max() <= np.delete(away[pool], np.searchsorted(pool, np.sort(listed.household))).min()


def test_workplaces_list_those_of_working_age():
    listed = drawn(at_risk=[{"place": "east", "cause": "work_shed", "share": 0.1},
                            {"place": "west", "cause": "moored_crew", "persons": 60, "immobile_share": 0}])
    age = population().columns["age"][listed.member]
    assert len(age) > 100 and ((age >= WORK_FROM) & (age < WORK_TO)).all()
    assert listed.immobile.sum() == 0


def test_an_entry_replaces_the_rate_at_its_place():
    listed = drawn(rates=rates(low_ground=100), at_risk=[{"place": "east", "cause": "low_ground", "persons": 0}])
    towns = {small_world().places[int(village)].town for village in np.unique(listed.village)}
    assert towns == {"west"}


def test_the_list_is_that_of_the_seed_not_of_the_replication_or_the_cadres():
    one = drawn(rates=rates(**MIXED))
    other = drawn(replication=7, rates=rates(**MIXED), cadres={"per_village": 9}, priority=["low_ground"])
    assert ids(one) == ids(other) != ids(drawn(seed=2, rates=rates(**MIXED)))


def test_visits_go_by_cause_then_id():
    listed = drawn(rates=rates(**MIXED), priority=["low_ground", "dangerous_house"])
    entity = np.asarray(small_world().households["household_id"])[listed.household]
    rank = np.array([{"low_ground": 0, "dangerous_house": 1}.get(CAUSES[c], 2) for c in listed.cause])
    for village in np.unique(listed.village):
        mine = listed.village == village
        assert (np.diff(rank[mine]) >= 0).all()
        low = mine & (rank == 0)
        assert (np.diff(entity[low]) > 0).all()


def test_cadres_grow_with_the_list():
    plan = TransferPlan.model_validate({
        "rates": rates(low_ground=200), "cadres": {"per_village": 2, "households_each": 10, "cars": 1}})
    listed = draw_list(population(), plan, Streams(1))
    book = assign_cadres(listed, plan)
    for village in np.unique(listed.village):
        households = int((listed.village == village).sum())
        mine = book.village == village
        assert mine.sum() == max(2, -(-households // 10)) and book.car[mine].sum() == 1
        assert set(book.number[mine].tolist()) == set(range(1, int(mine.sum()) + 1))
        assert (book.village[book.of[listed.village == village]] == village).all()


def test_bad_input_is_told():
    with pytest.raises(InputError, match=r"no such place") as error:
        drawn(at_risk=[{"place": "east", "cause": "low_ground", "persons": 1},
                       {"place": "atlantis", "cause": "low_ground", "persons": 1}])
    assert "plan.transfer.at_risk[1].place" in str(error.value)
    for bad in ({}, {"persons": 3, "share": 0.1}):
        with pytest.raises(ValidationError, match="either persons or share"):
            drawn(at_risk=[{"place": "east", "cause": "low_ground", **bad}])
