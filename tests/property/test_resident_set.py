"""Sets of residents do what Mesa's own AgentSet does with the same people as plain agents."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import mesa
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agents.population.columnar_set import ColumnarSet
from agents.population.resident import Resident
from agents.population.resident_set import ResidentSet
from tests.smallpopulation import DTYPES, Person, Team, Twins, twins

pytestmark = [pytest.mark.filterwarnings("ignore:No Agents specified"),
              pytest.mark.filterwarnings("ignore::RuntimeWarning")]  # NumPy on empty lists, in both worlds
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
metres = some.one_of(some.integers(-3, 3).map(float), some.floats(-1e4, 1e4, width=32))
people = some.tuples(
    some.one_of(some.integers(0, 9), some.integers(0, 255)), some.integers(0, 8), some.integers(-2, 300),
    metres, metres, some.one_of(metres, some.just(math.inf)), some.booleans())
rows = some.lists(people, max_size=40)
names = some.sampled_from(list(DTYPES))
seeds = some.integers(0, 2**31)

# What a filter can be: on columns at once, agent by agent, and both ways of being neither true nor false.
FILTERS: dict[str, Callable[[Any], Any]] = {
    "comparison": lambda a: a.age > 60,
    "wider than uint8": lambda a: a.age + 200 > 250,
    "negative of unsigned": lambda a: -a.age < -5,
    "float32 against a decimal": lambda a: a.x <= 0.1,
    "and by &": lambda a: (a.age > 5) & (a.state == 1),
    "or by |, not by ^ True": lambda a: (a.x > 0) | (a.away ^ True),
    "a bool column": lambda a: a.away,
    "bools added": lambda a: a.away + (a.age > 5) + (a.x > 0) >= 2,
    "sum of bools": lambda a: sum([a.away, a.age > 5, a.x > 0]) == 1,
    "a number": lambda a: a.age % 3,
    "a float": lambda a: a.x,
    "infinite difference": lambda a: a.due_s - a.due_s == 0,
    "and": lambda a: a.age > 5 and a.state == 1,
    "or": lambda a: a.age > 5 or a.state == 1,
    "not": lambda a: not a.away,
    "chain": lambda a: 3 < a.age < 100,
    "in a set": lambda a: a.state in {1, 2},
    "in a list": lambda a: a.state in [1, 2] or a.age > 100,
    "in a range": lambda a: a.age in range(5, 9),
    "if": lambda a: (a.age if a.away else a.x) > 3,
    "max": lambda a: max(a.x, a.y) > 0,
    "text": lambda a: str(a.state) == "1" or a.age > 100,
    "format": lambda a: f"{a.age:03d}".endswith("1"),
    "int": lambda a: int(a.x) % 2 == 0,
    "round": lambda a: round(a.x) == 1,
    "math": lambda a: math.hypot(a.x, a.y) < 5,
    "np.where": lambda a: np.where(a.away, a.x, a.y) > 0,
    "np.isin": lambda a: np.isin(a.state, [1, 4]),
    "an array of one": lambda a: np.maximum(a.x, a.y) > 0,
    "a big power": lambda a: a.age**9 > 10**18,
    "constant": lambda a: True,
    "isinstance or": lambda a: isinstance(a, mesa.Agent) and a.age > 5,
    "a list looked up": lambda a: [True, False, True, False, True, False, True, False, True][a.state],
    "an array looked up": lambda a: np.array([True, False] * 5)[a.state],
}
KEYS: dict[str, Callable[[Any], Any]] = {
    "decade": lambda a: a.age // 10,
    "over": lambda a: a.age > 60,
    "half": lambda a: a.x / 2,
    "tuple": lambda a: (a.state, a.away),
    "text": lambda a: f"village {a.village}",
    "position": lambda a: a.person_id,
    "if": lambda a: "away" if a.away else a.state,
}
SORTS: dict[str, Callable[[Any], Any]] = {
    "negative": lambda a: -a.age,
    "distance": lambda a: a.x * a.x + a.y * a.y,
    "tuple": lambda a: (a.state, -a.age),
    "nan": lambda a: a.due_s - a.due_s,
    "bool": lambda a: a.away,
}


def ids(agents: Any) -> list[int]:
    return [a.person_id for a in agents]


def same(a: Any, b: Any) -> bool:
    """Equal, in type and value, NaN to itself."""
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a):
        return math.isnan(b)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


def outcome(call: Callable[[], Any]) -> Any:
    """What a call gives, or the kind of error it raises."""
    try:
        return call()
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        return type(error)


class Machine(RuleBasedStateMachine):
    """One set, taken through the same operations as columns and as plain agents."""

    def __init__(self) -> None:
        super().__init__()
        self.pair: Twins | None = None
        self.ours: Any = None
        self.theirs: Any = None

    def start(self, pair: Twins) -> None:
        self.pair, self.ours, self.theirs = pair, pair.residents, pair.persons

    @initialize(rows=rows, seed=seeds)
    def make(self, rows: list[tuple[Any, ...]], seed: int) -> None:
        self.start(twins(rows, seed=seed))

    def teardown(self) -> None:
        if self.pair is not None:
            self.pair.close()

    @rule(key=some.sampled_from(list(FILTERS)),
          at_most=some.one_of(some.integers(-1, 40), some.floats(0, 3), some.just(math.inf)),
          inplace=some.booleans())
    def select(self, key: str, at_most: float, inplace: bool) -> None:
        self.both(lambda s: s.select(FILTERS[key], at_most=at_most, inplace=inplace))

    @rule(at_most=some.one_of(some.integers(0, 50), some.floats(0, 1)))
    def take_some(self, at_most: float) -> None:
        self.both(lambda s: s.select(at_most=at_most))

    @rule(key=some.one_of(names, some.sampled_from(list(SORTS))), ascending=some.booleans(),
          inplace=some.booleans())
    def sort(self, key: str, ascending: bool, inplace: bool) -> None:
        self.both(lambda s: s.sort(SORTS.get(key, key), ascending=ascending, inplace=inplace))

    @rule(inplace=some.booleans())
    def shuffle(self, inplace: bool) -> None:
        self.both(lambda s: s.shuffle(inplace=inplace))

    @rule()
    def copy(self) -> None:
        self.both(lambda s: s.select())

    @rule(age=some.integers(0, 255), x=metres, away=some.booleans())
    def set(self, age: int, x: float, away: bool) -> None:
        for agents in (self.ours, self.theirs):
            assert agents.set("age", age) is agents
            agents.set("x", x).set("away", away)

    @rule(data=some.data())
    def do(self, data: Any) -> None:
        def birthday(agent: Any, years: int) -> None:
            agent.age = (agent.age + years) % 256

        years = data.draw(some.integers(1, 9))
        assert self.ours.do(birthday, years) is self.ours
        self.theirs.do(birthday, years)

    @rule()
    def shuffle_do(self) -> None:
        order: tuple[list[int], list[int]] = ([], [])
        for agents, seen in zip((self.ours, self.theirs), order):
            agents.shuffle_do(lambda a, seen: seen.append(a.person_id), seen)
        assert order[0] == order[1]

    @rule(order=some.randoms(use_true_random=False))
    def resort(self, order: Any) -> None:
        assert self.pair is not None
        rows = list(range(self.pair.population.size))
        order.shuffle(rows)
        # Orders follow rows only where a set was not given one of its own.
        self.ours = self.ours.select(at_most=len(self.ours))
        self.pair.population.resort(rows)

    def both(self, call: Callable[[Any], Any]) -> None:
        self.ours, self.theirs = call(self.ours), call(self.theirs)

    @invariant()
    def same_agents_in_the_same_order(self) -> None:
        if self.ours is None:
            return
        assert len(self.ours) == len(self.theirs)
        assert ids(self.ours) == ids(self.theirs)
        assert self.ours.get("person_id") == self.theirs.get("person_id")

    @rule(name=names)
    def get(self, name: str) -> None:
        assert same(self.ours.get(name), self.theirs.get(name))

    @rule(wanted=some.lists(some.one_of(names, some.just("mood")), max_size=3),
          how=some.sampled_from(["error", "default", "ignore"]))
    def get_several(self, wanted: list[str], how: str) -> None:
        ours = outcome(lambda: self.ours.get(wanted, how, -1))
        assert same(ours, outcome(lambda: self.theirs.get(wanted, how, -1)))

    @rule(name=names, func=some.sampled_from([
        np.mean, np.sum, np.max, np.median, np.std, np.ptp, len, sum, min, max, sorted, set, np.array,
        partial(np.percentile, q=30), lambda v: v[:2], lambda v: v + v, lambda v: bool(v),
        [min, max], (np.mean, len)]))
    def agg(self, name: str, func: Any) -> None:
        with np.errstate(all="ignore"):
            ours = outcome(lambda: self.ours.agg(name, func))
            theirs = outcome(lambda: self.theirs.agg(name, func))
        if func is sum:  # NumPy's pairwise sum is not Python's; both are within n eps of the truth.
            scale = math.fsum(abs(v) for v in self.theirs.get(name))
            assert ours == theirs or abs(ours - theirs) <= len(self.theirs) * 2.3e-16 * scale
        elif isinstance(theirs, (np.ndarray, np.generic)):
            assert np.array_equal(ours, theirs, equal_nan=ours.dtype.kind == "f")
        else:
            assert same(ours, theirs)

    @rule(key=some.one_of(names, some.sampled_from(list(KEYS))), as_list=some.booleans())
    def groupby(self, key: str, as_list: bool) -> None:
        by = KEYS.get(key, key)
        kind = "list" if as_list else "agentset"
        ours, theirs = self.ours.groupby(by, kind), self.theirs.groupby(by, kind)
        counted = theirs.count()
        assert len(ours) == len(theirs)
        assert list(map(str, ours.count())) == list(map(str, counted)), "the same keys, in the same order"
        assert ours.count() == counted
        for func in (np.mean, min, max, len, sorted, np.sum):
            assert ours.agg("age", func) == theirs.agg("age", func)
            assert ours.agg("x", func) == theirs.agg("x", func)
        assert {k: ids(g) for k, g in ours} == {k: ids(g) for k, g in theirs}
        assert all(isinstance(g, list if as_list else mesa.agent.AgentSet) for _, g in ours)
        assert ours.map(len) == theirs.map(len)
        if not as_list:
            assert ours.map("get", "age") == theirs.map("get", "age")
            assert ours.do("set", "state", 3) is ours
            theirs.do("set", "state", 3)

    @rule(item=some.integers(-45, 45), piece=some.slices(40))
    def items(self, item: int, piece: slice) -> None:
        ours, theirs = outcome(lambda: self.ours[item]), outcome(lambda: self.theirs.to_list()[item]
                                                                 if hasattr(self.theirs, "to_list")
                                                                 else self.theirs[item])
        assert (ours is theirs) if isinstance(theirs, type) else ours.person_id == theirs.person_id
        assert ids(self.ours[piece]) == ids(list(self.theirs)[piece])
        assert ids(reversed(self.ours)) == ids(self.theirs)[::-1]
        assert ids(self.ours.to_list()) == ids(self.theirs)

    @rule()
    def contains(self) -> None:
        assert self.pair is not None
        here = set(ids(self.theirs))
        for agent in self.pair.every:
            assert (agent in self.ours) == (agent.person_id in here)
        assert object() not in self.ours

    @precondition(lambda self: isinstance(self.ours, ColumnarSet))
    @rule(key=some.sampled_from(list(FILTERS)))
    def set_operations(self, key: str) -> None:
        ours, theirs = self.ours.select(FILTERS[key]), self.theirs.select(FILTERS[key])
        a, b = self.ours.sort("x"), self.theirs.sort("x")
        for mine, his in (
            (ours & a, theirs & b), (a - ours, b - theirs), (ours | a, theirs | b), (a ^ ours, b ^ theirs),
            (a & list(ours), b & list(theirs)), (ours | list(a), theirs | list(b)),
        ):
            assert sorted(ids(mine)) == sorted(ids(his))
        assert ids(ours | a) == ids(theirs | b)
        assert ids(a - ours) == ids(b - theirs)
        assert (a == ours) == (b == theirs)
        assert a == self.ours
        assert (ours <= a, ours >= a, ours.isdisjoint(a)) == (theirs <= b, theirs >= b, theirs.isdisjoint(b))

    @precondition(lambda self: isinstance(self.ours, ColumnarSet))
    @rule(name=names, data=some.data())
    def count(self, name: str, data: Any) -> None:
        values = self.theirs.get(name)
        value = data.draw(some.sampled_from(values)) if values else 0
        assert self.ours.count(**{name: value}) == values.count(value)
        assert ids(self.ours.select(**{name: value})) == ids(
            self.theirs.select(lambda a: getattr(a, name) == value))
        assert self.ours.count() == len(values)

    @rule()
    def is_an_agent_set(self) -> None:
        assert isinstance(self.ours, mesa.agent.AgentSet)


class EveryMachine(Machine):
    """The same with object agents (teams) before the residents: what ``model.agents`` is."""

    @initialize(rows=some.lists(people, max_size=20), teams=some.integers(0, 4), seed=seeds)
    def make(self, rows: list[tuple[Any, ...]], teams: int, seed: int) -> None:
        pair = twins(rows, teams, seed)
        self.pair, self.ours, self.theirs = pair, pair.every, pair.plain_every

    @rule(which=some.sampled_from([(Resident, Person), (Team, Team), (mesa.Agent, mesa.Agent)]),
          at_most=some.sampled_from([math.inf, 2, 0.5]))
    def select_type(self, which: tuple[type, type], at_most: float) -> None:
        ours = self.ours.select(agent_type=which[0], at_most=at_most)
        theirs = self.theirs.select(agent_type=which[1], at_most=at_most)
        assert ids(ours) == ids(theirs)
        assert which[0] is not Team or type(ours) is type(theirs)
        assert which[0] is not Resident or type(ours) is ResidentSet


@pytest.mark.parametrize("machine", [Machine, EveryMachine])
def test_any_run_of_operations(machine: type[Machine]) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(machine, settings=settings(QUICK, max_examples=100, stateful_step_count=15))


def fixed(size: int, teams: int) -> Twins:
    return twins([(i * 37 % 256, i % 9, i, i - 3.0, 2.0 - i, math.inf if i % 2 else i, i % 3 == 0)
                  for i in range(size)], teams)


@pytest.mark.parametrize(("size", "teams"), [(0, 0), (1, 0), (2, 1), (13, 3)])
def test_every_function_at_small_sizes(size: int, teams: int) -> None:
    pair = fixed(size, teams)
    for ours, theirs in ((pair.residents, pair.persons), (pair.every, pair.plain_every)):
        for name, passes in FILTERS.items():
            assert ids(ours.select(passes)) == ids(theirs.select(passes)), name
            for most in (2, 2.5, 0.4, 1.0, 1, 0, -1):
                mine, his = ours.select(passes, at_most=most), theirs.select(passes, at_most=most)
                assert ids(mine) == ids(his), (name, most)
        for name, key in SORTS.items():
            for ascending in (False, True):
                assert ids(ours.sort(key, ascending)) == ids(theirs.sort(key, ascending)), name
        for name, key in KEYS.items():
            mine, his = ours.groupby(key), theirs.groupby(key)
            assert same(list(mine.count().items()), list(his.count().items())), name
            assert [(k, ids(g)) for k, g in mine] == [(k, ids(g)) for k, g in his], name
    pair.close()
