"""All agents of a model: its objects as Mesa keeps them, and every resident."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

import numpy as np
from mesa.agent import AgentSet
from numpy.typing import NDArray

from agents.population.column_values import PersonColumns
from agents.population.columnar_set import ColumnarSet, Doing, Values
from agents.population.resident import Resident
from agents.population.resident_set import ResidentSet

WIDE = tuple(np.dtype(t) for t in (np.bool_, np.int64, np.float64))
"""Types in which values of objects can join a column and stay what they are."""


class EveryAgentSet(ColumnarSet):
    """Object agents and residents as one ordered set: what ``model.agents`` is.

    Objects come first until the set is sorted or shuffled. What concerns residents runs on columns, what
    concerns objects runs agent by agent; choosing only one of the two gives Mesa's AgentSet or a ResidentSet.
    """

    def __init__(self, objects: Any, residents: ResidentSet, order: NDArray[np.intp] | None = None) -> None:
        self.objects = objects
        self.residents = residents
        self._order = order
        # An order refers to objects by position: it needs them as they were.
        self._kept = None if order is None else list(objects)

    @property
    def random(self) -> Random:
        """The model's random.Random, which shuffles."""
        return self.residents.random

    def _objects(self) -> list[Any]:
        return list(self.objects) if self._kept is None else self._kept

    def __len__(self) -> int:
        return len(self.objects if self._kept is None else self._kept) + len(self.residents)

    def __iter__(self) -> Iterator[Any]:
        if self._order is None:
            yield from self._objects()
            yield from self.residents
        else:
            # Positions of objects and of residents rise separately, whatever the order mixes.
            objects = self._objects()
            m = len(objects)
            where = self._order.tolist()
            residents = iter(self.residents._take(self._order[self._order >= m] - m))
            for position in where:
                yield objects[position] if position < m else next(residents)

    def __contains__(self, agent: object) -> bool:
        return agent in self.residents if isinstance(agent, Resident) else agent in self.objects

    def _take(self, positions: NDArray[np.intp]) -> EveryAgentSet:
        objects = self._objects()
        m = len(objects)
        chained = np.asarray(positions) if self._order is None else self._order[positions]
        is_object = chained < m
        kept = [objects[i] for i in chained[is_object].tolist()]
        return _mixed(kept, self.residents._take(chained[~is_object] - m), is_object)

    def _become(self, other: EveryAgentSet) -> None:
        self.objects, self.residents = other.objects, other.residents
        self._order, self._kept = other._order, other._kept

    def copy(self) -> EveryAgentSet:
        """Return a set of the same agents, in the same order."""
        return EveryAgentSet(AgentSet(self._objects(), self.random), self.residents.copy(), self._order)

    def select(
        self, filter_func: Callable[[Any], Any] | None = None, at_most: int | float = math.inf,
        inplace: bool = False, agent_type: Any = None, **equal: Any,
    ) -> Any:
        """Return the agents that pass a filter, are of a type, and have the attribute values given.

        ``agent_type=Resident`` gives a ResidentSet, a type of object agents Mesa's AgentSet.
        """
        chosen = super().select(filter_func, at_most, inplace, agent_type, **equal)
        if inplace or agent_type is None:
            return chosen
        if isinstance(agent_type, type) and issubclass(agent_type, Resident):
            return chosen.residents
        return chosen if issubclass(Resident, agent_type) else chosen.objects

    def _where(self, filter_func: Callable[[Any], Any] | None, agent_type: Any, equal: dict[str, Any],
               limit: float) -> NDArray[np.intp]:
        objects = self._objects()
        m = len(objects)
        # With an order, the first ones are known only when all have been asked.
        most = limit if self._order is None else math.inf
        found: list[int] = []
        for i, agent in enumerate(objects):
            if len(found) >= most:
                break
            if ((not agent_type or isinstance(agent, agent_type))
                    and all(getattr(agent, name, math.nan) == value for name, value in equal.items())
                    and (filter_func is None or filter_func(agent))):
                found.append(i)
        more = self.residents._where(filter_func, agent_type, equal, most - len(found))
        passed = np.concatenate((np.array(found, np.intp), more + m))
        if self._order is not None:
            mark = np.zeros(len(self), np.bool_)
            mark[passed] = True
            passed = np.flatnonzero(mark[self._order])
        return passed if limit >= len(passed) else passed[: int(limit)]

    def _values(self, name: str) -> Values:
        return self._join([getattr(agent, name) for agent in self._objects()], self.residents._values(name))

    def _evaluate(self, func: Callable[[Any], Any]) -> Values:
        return self._join([func(agent) for agent in self._objects()], self.residents._evaluate(func))

    def _join(self, objects: list[Any], residents: Values) -> Values:
        """Put the values of objects before those of residents, and all in order."""
        if not objects:
            values = residents
        elif isinstance(residents, list):
            values = objects + residents
        else:
            array = np.array(objects) if all(type(v) in (bool, int, float) for v in objects) else None
            if array is not None and array.dtype == residents.dtype and array.dtype in WIDE:
                values = np.concatenate((array, residents))
            else:
                values = objects + residents.tolist()
        if self._order is None:
            return values
        return [values[i] for i in self._order.tolist()] if isinstance(values, list) else values[self._order]

    def _lists(self, names: list[str], handle_missing: str, default: Any) -> list[list[Any]]:
        missing = () if handle_missing == "error" else (default,)
        parts = self.residents._lists(names, handle_missing, default)
        listed: list[list[Any]] = []
        for name, residents in zip(names, parts):
            values = self._join([getattr(agent, name, *missing) for agent in self._objects()], residents)
            listed.append(list(values))
        return listed

    def set(self, attr_name: str, value: Any) -> EveryAgentSet:
        """Set an attribute of all agents to a value, or to an array (n,) of values, one an agent.

        Raises what :meth:`ResidentSet.set` raises, before anything is set.
        """
        objects = self._objects()
        if not (isinstance(value, np.ndarray) and value.ndim):
            self.residents.set(attr_name, value)
            for agent in objects:
                setattr(agent, attr_name, value)
            return self
        chained = np.empty_like(value)
        chained[slice(None) if self._order is None else self._order] = value
        self.residents.set(attr_name, chained[len(objects):])
        for agent, its in zip(objects, chained[: len(objects)].tolist()):
            setattr(agent, attr_name, its)
        return self

    def do(self, method: Doing, *args: Any, **kwargs: Any) -> EveryAgentSet:
        """Call a method of each agent, or a function with each agent, one after another."""
        if self._order is None:
            # Mesa knows what to do about objects that leave the model meanwhile.
            self.objects.do(method, *args, **kwargs)
            self.residents.do(method, *args, **kwargs)
            return self
        super().do(method, *args, **kwargs)
        return self

    def _from_iterable(self, agents: Iterable[Any]) -> Any:  # type: ignore[override]
        """Make the set of some agents, for the set operations."""
        return gather(self.residents.population, agents)


def gather(population: PersonColumns, agents: Iterable[Any]) -> EveryAgentSet:
    """Return the set of some agents, residents or not, in their order."""
    members = list(dict.fromkeys(agents))
    is_object = np.array([not isinstance(agent, Resident) for agent in members], np.bool_)
    objects = [agent for agent, other in zip(members, is_object) if other]
    rows = [agent.row for agent, other in zip(members, is_object) if not other]
    return _mixed(objects, ResidentSet(population, np.array(rows, np.intp)), is_object)


def _mixed(objects: list[Any], residents: ResidentSet, is_object: NDArray[np.bool_]) -> EveryAgentSet:
    """Return objects and residents mixed as ``is_object`` (n,) says, each in its own order."""
    m = len(objects)
    kept = AgentSet(objects, residents.random)
    if is_object[:m].all():
        return EveryAgentSet(kept, residents)
    order = np.where(is_object, np.cumsum(is_object), m + np.cumsum(~is_object)) - 1
    return EveryAgentSet(kept, residents, order)
