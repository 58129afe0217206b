"""Residents as views of rows: identity, columns as attributes, refusals, and sets beyond what Mesa has."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any

import mesa
import numpy as np
import pytest
from mesa.agent import AgentSet

from agents.population.column_proxy import evaluate
from agents.population.column_values import aggregate
from agents.population.columnar_set import ColumnarSet
from agents.population.every_agent_set import EveryAgentSet
from agents.population.resident import RESIDENT_ID_BASE, Resident
from agents.population.resident_set import SLOW_FROM, ResidentSet, SlowFunctionWarning
from tests.smallpopulation import Team, Twins, twins


def row(i: int) -> tuple[Any, ...]:
    return (10 * i % 256, i % 9, i // 2, 1.5 * i, -1.0 * i, math.inf, i % 2 == 0)


@pytest.fixture
def pair() -> Iterator[Twins]:
    made = twins([row(i) for i in range(6)], teams=2)
    yield made
    made.close()


def person(pair: Twins, person_id: int) -> Resident:
    return Resident.of(pair.population, person_id)


# -- one resident ----------------------------------------------------------------------------------

def test_a_resident_is_a_mesa_agent_of_its_model(pair: Twins) -> None:
    r = person(pair, 3)
    assert isinstance(r, mesa.Agent)
    assert r.model is pair.model
    assert r.random is pair.model.random
    assert r.pos == (4.5, -3.0)


def test_columns_are_attributes_with_python_values(pair: Twins) -> None:
    r = person(pair, 2)
    assert [(type(v), v) for v in (r.age, r.state, r.x, r.due_s, r.away, r.person_id)] == [
        (int, 20), (int, 2), (float, 3.0), (float, math.inf), (bool, True), (int, 2)]


def test_writing_writes_the_column(pair: Twins) -> None:
    r = person(pair, 2)
    r.age, r.x, r.away = 77, 0.1, False
    r.age += 1
    assert pair.population.columns["age"].tolist() == [0, 10, 78, 30, 40, 50]
    assert r.x == float(np.float32(0.1))
    assert not r.away
    assert pair.population.touched == 0
    r.state = 5
    assert pair.population.touched == 1, "counts by state are told"


def test_ids_do_not_depend_on_what_was_viewed_before(pair: Twins) -> None:
    assert person(pair, 4).unique_id == RESIDENT_ID_BASE + 4
    list(pair.residents)
    assert person(pair, 4).unique_id == RESIDENT_ID_BASE + 4
    newcomer = mesa.Agent(pair.model)
    assert newcomer.unique_id == 3, "two teams came before; views use up no number of Mesa's"
    assert len(pair.model._all_agents) == 3, "and are not registered"


def test_views_of_one_person_are_equal_and_hash_alike(pair: Twins) -> None:
    a, b = person(pair, 1), person(pair, 1)
    assert a is not b
    assert a == b
    assert hash(a) == hash(b) == hash(RESIDENT_ID_BASE + 1)
    assert a != person(pair, 2)
    assert {a: "kept"}[b] == "kept"
    other = twins([row(0), row(1)])
    assert a != Resident.of(other.population, 1)
    assert a != 1
    other.close()


def test_a_view_and_a_set_survive_a_sort_of_rows(pair: Twins) -> None:
    r = person(pair, 5)
    some = pair.residents.select(lambda a: a.age >= 30)
    pair.population.resort([5, 0, 4, 1, 3, 2])
    assert (r.row, r.age, r.x) == (0, 50, 7.5)
    assert some.get("person_id") == [3, 4, 5]
    assert some.get("age") == [30, 40, 50]
    assert r in some
    assert person(pair, 2) not in some
    r.age = 99
    assert pair.population.columns["age"][0] == 99


def test_unknown_attributes_are_named(pair: Twins) -> None:
    r = person(pair, 0)
    with pytest.raises(AttributeError, match="residents have no column or attribute 'mood'"):
        _ = r.mood
    with pytest.raises(AttributeError, match=r"no column 'mood'.*they have: age, away"):
        r.mood = "glad"
    assert not hasattr(r, "mood")
    assert getattr(r, "mood", "calm") == "calm"
    assert {"age", "village", "remove", "unique_id"} <= set(dir(r))


def test_what_cannot_be_set_says_so(pair: Twins) -> None:
    r = person(pair, 0)
    for name in ("unique_id", "model", "population", "pos", "step"):
        with pytest.raises(AttributeError, match=f"a resident's {name} cannot be set"):
            setattr(r, name, None)
    with pytest.raises(AttributeError, match="person_id is for good"):
        r.person_id = 4
    pair.population.columns["age"].flags.writeable = False
    with pytest.raises(AttributeError, match="'age' belongs to the World"):
        r.age = 4


@pytest.mark.parametrize(("name", "value"), [
    ("age", 256), ("age", -1), ("age", 2.5), ("age", math.nan), ("age", "old"), ("age", None),
    ("away", 2), ("x", 1e300), ("x", "far"), ("village", 2**40)])
def test_values_that_do_not_fit_are_refused(pair: Twins, name: str, value: Any) -> None:
    before = pair.population.columns[name].copy()
    with pytest.raises(ValueError, match=f"does not fit the column '{name}'"):
        setattr(person(pair, 0), name, value)
    with pytest.raises(ValueError, match=f"does not fit the column '{name}'"):
        pair.residents.set(name, value)
    assert np.array_equal(pair.population.columns[name], before)


def test_values_that_fit_in_another_type_are_taken(pair: Twins) -> None:
    r = person(pair, 0)
    r.age, r.x, r.away, r.due_s = 30.0, True, 1, -math.inf
    assert (r.age, r.x, r.away, r.due_s) == (30, 1.0, True, -math.inf)
    r.x = math.nan
    assert math.isnan(r.x)


def test_residents_are_neither_made_nor_removed(pair: Twins) -> None:
    with pytest.raises(TypeError, match="residents come with the population"):
        Resident(pair.model)
    with pytest.raises(TypeError, match="residents are never removed"):
        person(pair, 0).remove()
    for agents in (pair.residents, pair.every):
        for refusal in (agents.add, agents.discard, agents.remove):
            with pytest.raises(TypeError, match="agents are not"):
                refusal(person(pair, 0))
    for wrong in (-1, 6):
        with pytest.raises(KeyError, match=f"no resident with person_id {wrong}"):
            person(pair, wrong)


def test_a_copied_view_is_the_same_person(pair: Twins) -> None:
    r = copy.copy(person(pair, 3))
    assert r == person(pair, 3)
    assert r.age == 30


# -- sets --------------------------------------------------------------------------------------------

def test_rows_are_checked_and_count_once(pair: Twins) -> None:
    assert ResidentSet(pair.population, np.array([4, 1, 4, 0, 1])).get("person_id") == [4, 1, 0]
    assert len(ResidentSet(pair.population, np.array([], np.int32))) == 0
    for wrong in ([6], [-1], [0.5]):
        with pytest.raises(IndexError, match="rows of residents"):
            ResidentSet(pair.population, np.array(wrong))


def test_columns_of_a_set_are_read_only(pair: Twins) -> None:
    for agents in (pair.residents, pair.residents.select(at_most=3)):
        column = agents.column("age")
        assert column.dtype == np.uint8
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1
    with pytest.raises(AttributeError, match="no column 'mood'"):
        pair.residents.column("mood")


def test_functions_given_to_agg_cannot_change_a_column(pair: Twins) -> None:
    kept = pair.residents.agg("due_s", np.asarray)
    pair.residents.set("due_s", 1.0)
    assert np.isinf(kept).all(), "what an aggregate returned does not follow the column"
    with pytest.raises(ValueError, match="read-only"):
        pair.residents.agg("due_s", partial(np.copyto, src=5.0))


def test_aggregates_do_not_wrap_or_round() -> None:
    ages = np.array([200, 100, 255], np.uint8)
    pair = twins([(int(age), *row(0)[1:]) for age in ages])
    assert pair.residents.agg("age", [sum, np.sum, max]) == [555, 555, 255]
    assert pair.residents.agg("age", max) + 1 == 256
    assert aggregate(min, np.array([2.0, math.nan, 1.0])) == min([2.0, math.nan, 1.0])
    pair.close()


def test_setting_an_array_sets_one_value_each(pair: Twins) -> None:
    old = pair.residents.sort("age").select(at_most=3)
    old.set("x", np.array([3.0, 2.0, 1.0]))
    assert pair.residents.get("x") == [0.0, 1.5, 3.0, 1.0, 2.0, 3.0]
    mixed = pair.every.sort("person_id")
    mixed.set("state", np.arange(8))
    assert mixed.get("person_id") == [5, 4, 3, 2, 1, 0, -1, -2]
    assert mixed.get("state") == list(range(8))
    assert pair.every.get(["person_id", "state"])[1:4] == [[-2, 7], [0, 5], [1, 4]]
    with pytest.raises(ValueError, match=r"broadcast|shape"):
        old.set("x", np.array([1.0, 2.0]))


def test_setting_what_residents_cannot_hold_changes_no_team(pair: Twins) -> None:
    with pytest.raises(AttributeError, match="no column 'crew'"):
        pair.every.set("crew", 4)
    with pytest.raises(ValueError, match="does not fit"):
        pair.every.set("age", 300)
    assert [t.age for t in pair.every.objects] == [20, 21]


def test_filters_compare_agents_by_equality(pair: Twins) -> None:
    me = person(pair, 2)
    others = pair.residents.select(lambda a: (a != me) & (a.age >= 10))
    assert others.get("person_id") == [1, 3, 4, 5]
    assert pair.residents.select(lambda a: me == a).get("person_id") == [2]
    assert pair.residents.select(lambda a: a in [me, person(pair, 5)]).get("person_id") == [2, 5]
    assert pair.residents.select(lambda a: a in others and a.age > 10).get("person_id") == [3, 4, 5]
    assert pair.residents.select(lambda a: a.unique_id == me.unique_id).get("person_id") == [2]


def test_filters_may_ask_for_position_and_model(pair: Twins) -> None:
    pair.model.limit = 4.0
    assert pair.residents.select(lambda a: (a.pos[0] > a.model.limit) & a.away).get("person_id") == [4]


COLUMNAR = [lambda a: a.age > 60, lambda a: (a.age > 5) & ~(a.state == 1) | a.away, lambda a: -a.age % 7,
            lambda a: a.away + (a.age > 5) >= 1, lambda a: np.where(a.away, a.x, a.y) > 0,
            lambda a: np.isin(a.state, [1, 4]), lambda a: abs(a.x) < 5, lambda a: np.hypot(a.x, a.y) < 5,
            lambda a: np.clip(a.age, 3, 5), lambda a: isinstance(a, Resident) & (a.age > 3),
            lambda a: divmod(a.age, 7)[1] == 2, lambda a: 10 / (a.x + 1) > 2]
ONE_BY_ONE = [lambda a: a.age > 5 and a.away, lambda a: 3 < a.age < 5, lambda a: a.age if a.away else 0,
              lambda a: np.sum(a.age) > 3, lambda a: np.mean([a.age, a.age]), lambda a: a.age.__len__(),
              lambda a: a.mood, lambda a: a.random.random(), lambda a: a.age**3, lambda a: 1 / a.age,
              lambda a: list(a.age), lambda a: a.age[0], lambda a: setattr(a, "age", 3) or True,
              lambda a: {a: 1}, lambda a: 5, lambda a: (str(a.state) == "1") | (a.age > 3),
              lambda a: (f"{a.age}" == "1") | (a.age > 3), lambda a: (int(a.age) == 1) | (a.age > 3)]


def test_filters_for_columns_run_on_columns(pair: Twins) -> None:
    assert [i for i, f in enumerate(COLUMNAR) if evaluate(f, pair.residents) is None] == []


def test_filters_for_single_agents_are_never_answered_by_columns(pair: Twins) -> None:
    for agents in (pair.residents, pair.residents.select(at_most=1)):
        assert [i for i, f in enumerate(ONE_BY_ONE) if evaluate(f, agents) is not None] == []


def test_a_filter_cannot_write_to_columns(pair: Twins) -> None:
    def careless(agent: Any) -> Any:
        late = agent.due_s
        late += 1.0
        return late > 0

    pair.residents.set("due_s", 1.0)
    assert len(pair.residents.select(careless)) == 6
    assert pair.population.columns["due_s"].tolist() == [1.0] * 6


def test_errors_of_a_filter_are_those_it_has_on_an_agent(pair: Twins) -> None:
    with pytest.raises(ZeroDivisionError):
        pair.residents.select(lambda a: 1 / a.age > 0)
    with pytest.raises(AttributeError, match="'mood'"):
        pair.residents.select(lambda a: a.mood > 3)
    assert len(pair.residents.select(lambda a: a.mood > 3, at_most=0)) == 0


def test_slow_filters_are_told_once() -> None:
    many = twins([row(0)] * SLOW_FROM)
    few = twins([row(0)] * (SLOW_FROM - 1))

    def slow(agent: Any) -> bool:
        return agent.age > 3 and agent.away

    with pytest.warns(SlowFunctionWarning, match="resident by resident") as told:
        many.residents.select(slow)
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        many.residents.select(slow)
        few.residents.select(lambda a: a.age > 3 and a.away)
        many.residents.select(lambda a: (a.age > 3) & a.away)
    many.close()
    few.close()


def test_select_by_value_and_count(pair: Twins) -> None:
    assert pair.residents.select(state=2, away=True).get("person_id") == [2]
    assert pair.residents.select(lambda a: a.age > 20, away=False).get("person_id") == [3, 5]
    assert pair.residents.select(age=300).get("person_id") == []
    assert (pair.residents.count(), pair.residents.count(away=True), pair.every.count(away=True)) == (6, 3, 4)
    assert (pair.residents.count(person(pair, 1)), pair.residents.count(pair.every[0])) == (1, 0)
    with pytest.raises(AttributeError, match="'mood'"):
        pair.residents.select(mood=2)


def test_groups_by_words_and_nan(pair: Twins) -> None:
    words = pair.residents.groupby(lambda a: np.where(a.age > 20, "old", "young"))
    assert words.count() == {"young": 3, "old": 3}
    pair.residents.select(lambda a: a.age > 20).set("x", math.nan)
    unknown = pair.residents.groupby("x")
    assert [len(g) for g in unknown.groups.values()] == [1] * 6, "as in Mesa, no NaN is another's equal"


def test_large_sums_in_groups_stay_exact() -> None:
    pair = twins([(i % 2, 0, 2**31 - 1 - i, *row(0)[3:]) for i in range(8)])
    ours, theirs = pair.residents.groupby("age"), pair.persons.groupby("age")
    for func in (np.mean, sum, np.sum, max):
        assert ours.agg("village", func) == theirs.agg("village", func)
    pair.close()


# -- all agents --------------------------------------------------------------------------------------

def test_choosing_one_type_gives_its_own_set(pair: Twins) -> None:
    assert type(pair.every.select(agent_type=Resident)) is ResidentSet
    assert type(pair.every.select(agent_type=Team)) is AgentSet
    assert type(pair.every.select(agent_type=mesa.Agent)) is EveryAgentSet
    assert pair.every.select(agent_type=Team).get("crew") == [0, 3]
    assert type(pair.every.select(lambda a: a.age > 1000, agent_type=Resident)) is ResidentSet
    assert len(pair.residents.select(agent_type=Team)) == 0
    assert len(pair.residents.select(agent_type=(Team, Resident))) == 6
    assert all(isinstance(s, AgentSet) for s in (pair.every, pair.residents))


def test_objects_that_leave_the_model_leave_the_set(pair: Twins) -> None:
    live = EveryAgentSet(pair.model._all_agents, pair.residents)
    team = pair.keep[0][0]
    assert len(live) == 8
    assert team in live
    team.remove()
    assert (len(live), live[0].person_id) == (7, -2)
    assert team not in live
    assert len(live.select(inplace=True, at_most=3)) == 3
    assert len(pair.model._all_agents) == 1, "selecting in place leaves Mesa's register alone"


def test_missing_attributes_are_errors_or_defaults_as_in_mesa(pair: Twins) -> None:
    mood = pair.plain_every.get("crew", "default", 0)
    assert pair.every.get("crew", "default", 0) == mood
    for agents in (pair.every, pair.plain_every):
        with pytest.raises(AttributeError, match="crew"):
            agents.get("crew")
        with pytest.raises(AttributeError, match="crew"):
            agents.agg("crew", sum)
        with pytest.raises(ValueError, match="Unknown handle_missing option: skip"):
            agents.get("age", "skip")
    assert pair.every.get("unique_id")[:3] == [1, 2, RESIDENT_ID_BASE]
    assert [m is pair.model for m in pair.every.get("model")] == [True] * 8


def test_a_filter_stops_asking_once_there_are_enough(pair: Twins) -> None:
    assert pair.every.select(lambda a: a.crew >= 0, at_most=2).get("crew") == [0, 3]
    with pytest.raises(AttributeError, match="crew"):
        pair.every.select(lambda a: a.crew >= 0, at_most=3)


def test_sets_of_both_kinds_unite(pair: Twins) -> None:
    team = pair.keep[0][1]
    united = pair.residents.select(lambda a: a.age > 30) | [team]
    assert [a.person_id for a in united] == [4, 5, -2]
    assert type(united) is EveryAgentSet
    assert type(united - [team]) is EveryAgentSet
    assert (united & pair.residents).get("person_id") == [4, 5]
    assert united.index(team) == 2
    assert isinstance(united, ColumnarSet)
    assert "3 agents" in repr(united)


def test_copies_are_independent(pair: Twins) -> None:
    for agents in (pair.residents, pair.every, pair.every.sort("x")):
        one, two = copy.copy(agents), agents.copy()
        before = agents.get("person_id")
        one.select(at_most=1, inplace=True)
        two.shuffle(inplace=True)
        assert agents.get("person_id") == before
        assert (len(one), sorted(two.get("person_id"))) == (1, sorted(before))


def test_data_collectors_see_every_agent(pair: Twins) -> None:
    class Small(mesa.Model):
        @property
        def agents(self) -> Any:
            return pair.every

        @agents.setter
        def agents(self, value: Any) -> None:
            raise AttributeError

    collector = mesa.DataCollector({"n": lambda m: len(m.agents)}, {"age": "age"})
    model = Small(rng=1)
    collector.collect(model)
    assert collector.get_model_vars_dataframe()["n"].tolist() == [8]
    frame = collector.get_agent_vars_dataframe()
    assert frame["age"].tolist() == [20, 21, 0, 10, 20, 30, 40, 50]
    assert [i for _, i in frame.index][2] == RESIDENT_ID_BASE
