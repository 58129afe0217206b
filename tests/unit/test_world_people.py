"""Residents and households: sums exact, rows consistent, shares as stated, days that can be lived."""

from __future__ import annotations

import numpy as np
import pytest

from sim.world.build import build_world
from tests.smallcounty import COUNTIES, facts_of, small_county, small_facts, world

WORLDS = ("small", *COUNTIES)
SIGMAS = 5.0
"""Sampling errors allowed: one in a million fails by chance, and the seed is fixed."""


@pytest.mark.parametrize("name", WORLDS)
def test_residents_sum_exactly_per_village_unit_and_county(name: str) -> None:
    one, facts = world(name), facts_of(name)
    living = np.bincount(one.persons["village"], minlength=len(one.places))
    for place in one.places:
        assert living[place.row] == (place.residents if place.kind == "village" else 0), place.name_zh
    for unit in facts.units:
        villages = [p.row for p in one.places.of_kind("village") if p.town == unit.id]
        assert living[villages].sum() == unit.residents, unit.id
    assert len(one.persons["person_id"]) == sum(unit.residents for unit in facts.units)


@pytest.mark.parametrize("name", WORLDS)
def test_members_of_a_household_stand_together_in_one_home(name: str) -> None:
    one = world(name)
    persons, households = one.persons, one.households
    size = households["size"].astype(np.int64)
    assert size.min() >= 1
    assert np.array_equal(households["first"], np.cumsum(size) - size)
    assert np.array_equal(persons["household"], np.repeat(np.arange(len(size)), size))
    first = np.repeat(households["first"], size)
    for column in ("village", "home_x", "home_y", "home_node"):
        assert np.array_equal(persons[column], persons[column][first]), column


@pytest.mark.parametrize("name", WORLDS)
def test_ids_were_given_before_rows_were_sorted(name: str) -> None:
    one = world(name)
    persons, households = one.persons, one.households
    assert np.array_equal(np.sort(persons["person_id"]), np.arange(len(persons["person_id"])))
    assert np.array_equal(np.sort(households["household_id"]), np.arange(len(households["household_id"])))
    # Rows are sorted by home; ids run household by household, village by village.
    assert (np.diff(persons["home_node"]) >= 0).all()
    assert (np.diff(persons["person_id"]) < 0).any()
    by_id = np.argsort(persons["person_id"])
    assert (np.diff(persons["village"][by_id]) >= 0).all()
    household_of = households["household_id"][persons["household"]][by_id]
    assert (np.diff(household_of) >= 0).all()


@pytest.mark.parametrize("name", WORLDS)
def test_a_home_lies_near_its_node(name: str) -> None:
    one = world(name)
    nodes, persons = one.roads.nodes, one.persons
    node = persons["home_node"]
    assert node.min() >= 0
    assert node.max() < one.roads.node_count
    away = np.hypot(persons["home_x"] - nodes["x"][node], persons["home_y"] - nodes["y"][node])
    assert away.max() < 100.0


@pytest.mark.parametrize("name", WORLDS)
def test_a_day_leaves_home_once_and_returns_after(name: str) -> None:
    one = world(name)
    persons, nodes = one.persons, one.roads.nodes
    leave, back, goes = persons["leave_s"], persons["return_s"], persons["leave_s"] >= 0
    assert goes.any()
    assert (~goes).any()
    assert (leave[goes] < back[goes]).all()
    assert back.max() < 86_400
    assert (leave[~goes] == -1).all()
    assert (back[~goes] == -1).all()
    day = persons["day_node"]
    assert day.min() >= 0
    assert day.max() < one.roads.node_count
    assert np.allclose(persons["day_x"][goes], nodes["x"][day[goes]], atol=0.5)
    for home, there in (("home_x", "day_x"), ("home_y", "day_y"), ("home_node", "day_node")):
        assert np.array_equal(persons[home][~goes], persons[there][~goes])


@pytest.mark.parametrize("name", WORLDS)
def test_only_pupils_and_workers_go_and_workers_by_their_share(name: str) -> None:
    one, facts = world(name), facts_of(name)
    age, goes = one.persons["age"], one.persons["leave_s"] >= 0
    assert goes[(age >= 6) & (age <= 17)].all()
    assert not goes[(age < 6) | (age >= 60)].any()
    workers = goes[(age >= 18) & (age <= 59)]
    share = facts.households.workers_share
    assert workers.mean() == pytest.approx(share, abs=SIGMAS * np.sqrt(share * (1 - share) / len(workers)))


@pytest.mark.parametrize("name", WORLDS)
def test_ages_have_the_stated_shares(name: str) -> None:
    one, facts = world(name), facts_of(name)
    age = one.persons["age"]
    assert age.max() <= 95
    for within, share in (
        (age < 15, facts.households.share_0_14),
        (age >= 60, facts.households.share_60_plus),
    ):
        error = SIGMAS * np.sqrt(share * (1 - share) / len(age))
        assert within.mean() == pytest.approx(share, abs=error)


@pytest.mark.parametrize("name", WORLDS)
def test_the_first_of_a_household_is_grown_up(name: str) -> None:
    one = world(name)
    assert one.persons["age"][one.households["first"]].min() >= 18


@pytest.mark.parametrize("name", WORLDS)
def test_household_sizes_follow_one_plus_poisson(name: str) -> None:
    from scipy.stats import poisson

    one, facts = world(name), facts_of(name)
    size, more = one.households["size"].astype(float), facts.households.mean_size - 1
    n = len(size)
    # The last household of each village is cut to what is left: at most a household's worth each.
    villages = len(one.places.of_kind("village"))
    cut = villages * facts.households.mean_size / n
    assert size.mean() == pytest.approx(1 + more, abs=SIGMAS * np.sqrt(more / n) + cut)
    for members in range(1, 7):
        share = poisson.pmf(members - 1, more)
        error = SIGMAS * np.sqrt(share * (1 - share) / n) + villages / n
        assert (size == members).mean() == pytest.approx(share, abs=error), members


@pytest.mark.parametrize("name", WORLDS)
def test_vehicles_have_the_stated_means(name: str) -> None:
    one, facts = world(name), facts_of(name)
    settings = facts.households
    village = one.persons["village"][one.households["first"]]
    urban = np.array([place.klass == "urban" for place in one.places])[village]
    for column, town, rural in (
        ("cars", settings.cars_per_household_town, settings.cars_per_household_village),
        (
            "two_wheelers",
            settings.two_wheelers_per_household_town,
            settings.two_wheelers_per_household_village,
        ),
    ):
        for where, mean in ((urban, town), (~urban, rural)):
            has = one.households[column][where]
            part = mean % 1
            error = SIGMAS * np.sqrt(part * (1 - part) / len(has))
            assert has.mean() == pytest.approx(mean, abs=error), column


def test_a_unit_without_residents_has_none() -> None:
    facts = small_facts()
    facts["units"][2] |= {"residents": 0, "villages": 0}
    one = build_world(type(small_county()).model_validate(facts))
    assert not [p for p in one.places.of_kind("village") if p.town == "nan"]
    assert len(one.persons["person_id"]) == 4_701


def test_a_known_village_keeps_its_name_place_and_residents() -> None:
    facts = small_facts()
    unit = facts["units"][1]
    unit["known_villages"] = [
        {"id": "gujing", "name_zh": "古井村", "lon": unit["lon"] + 0.01, "lat": unit["lat"], "residents": 321}
    ]
    one = build_world(type(small_county()).model_validate(facts))
    village = one.places.get("古井")
    assert (village.kind, village.town, village.residents, village.grade) == ("village", "xi", 321, "fact")
    assert village.lon == pytest.approx(unit["lon"] + 0.01, abs=1e-6)
    assert (one.persons["village"] == village.row).sum() == 321
    assert sum(p.residents for p in one.places.of_kind("village") if p.town == "xi") == 1_700
