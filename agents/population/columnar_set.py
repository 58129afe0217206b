"""Mesa's AgentSet API, written once over columns for the sets that hold residents."""

from __future__ import annotations

import math
import operator
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from random import Random
from typing import Any, NoReturn, Self

import numpy as np
from mesa.agent import AgentSet
from numpy.typing import NDArray

from agents.population.agent_groups import AgentGroups
from agents.population.column_values import NUMBERS, aggregate

HANDLE_MISSING = ("error", "default")
Values = NDArray[Any] | list[Any]
"""One value an agent: an array of int64, float64, bool or text where there are columns, else a list."""
Doing = str | Callable[..., Any]
"""What to do with an agent: the name of its method, or a function of it."""


class ColumnarSet(Set, Sequence):
    """An ordered set of agents with Mesa's AgentSet API; ``isinstance(s, mesa.agent.AgentSet)`` holds.

    Functions of an agent (filters, sort keys, group keys) are first tried on whole columns; see
    :mod:`agents.population.column_proxy`. They must depend on the agent's own attributes alone and compare
    agents with ``==``.
    """

    @property
    @abstractmethod
    def random(self) -> Random:
        """The model's random.Random, which shuffles."""

    @abstractmethod
    def _take(self, positions: NDArray[np.intp]) -> Any:
        """Return the set of the agents at some positions, in that order."""

    @abstractmethod
    def _become(self, other: Any) -> None:
        """Take over the members of a set that :meth:`_take` returned."""

    @abstractmethod
    def _where(self, filter_func: Callable[[Any], Any] | None, agent_type: Any, equal: dict[str, Any],
               limit: float) -> NDArray[np.intp]:
        """Return the positions of the first ``limit`` agents that pass."""

    @abstractmethod
    def _values(self, name: str) -> Values:
        """Return an attribute of every agent. Raises AttributeError where one does not have it."""

    @abstractmethod
    def _evaluate(self, func: Callable[[Any], Any]) -> Values:
        """Return a function of every agent."""

    @abstractmethod
    def _lists(self, names: list[str], handle_missing: str, default: Any) -> list[list[Any]]:
        """Return, for each name, the list of every agent's attribute."""

    @abstractmethod
    def set(self, attr_name: str, value: Any) -> Self:
        """Set an attribute of all agents to a value, or to an array (n,) of values, one an agent."""

    def select(
        self, filter_func: Callable[[Any], Any] | None = None, at_most: int | float = math.inf,
        inplace: bool = False, agent_type: Any = None, **equal: Any,
    ) -> Any:
        """Return the agents that pass a filter, are of a type, and have the attribute values given.

        ``at_most`` is a number of agents, or as a float up to 1.0 a share of the set, rounded down.
        """
        if filter_func is None and agent_type is None and at_most == math.inf and not equal:
            return self if inplace else self.copy()
        if at_most <= 1.0 and isinstance(at_most, float):
            at_most = int(len(self) * at_most)
        limit = math.inf if math.isinf(at_most) or math.isnan(at_most) else max(0, math.ceil(at_most))
        return self._keep(self._where(filter_func, agent_type, equal, limit), inplace)

    def _keep(self, positions: NDArray[np.intp], inplace: bool) -> Any:
        chosen = self._take(positions)
        if not inplace:
            return chosen
        self._become(chosen)
        return self

    def shuffle(self, inplace: bool = False) -> Any:
        """Return the agents in random order: the order Mesa gives them for the same state of ``random``."""
        order = list(range(len(self)))
        self.random.shuffle(order)
        return self._keep(np.array(order, np.intp), inplace)

    def sort(self, key: str | Callable[[Any], Any], ascending: bool = False, inplace: bool = False) -> Any:
        """Return the agents sorted by an attribute or a function; descending unless told, ties kept."""
        if isinstance(key, str) and "." not in key:
            values = self._values(key)
        else:
            values = self._evaluate(operator.attrgetter(key) if isinstance(key, str) else key)
        return self._keep(_argsort(values, not ascending), inplace)

    def get(self, attr_names: str | Iterable[str], handle_missing: str = "error",
            default_value: Any = None) -> list[Any]:
        """Return the list of an attribute, or for several the list of each agent's list of them.

        Raises AttributeError where an agent lacks one and ``handle_missing`` is not "default".
        """
        if handle_missing not in HANDLE_MISSING:
            raise ValueError(f"Unknown handle_missing option: {handle_missing}, "
                             "should be one of 'error' or 'default'")
        if isinstance(attr_names, str):
            return self._lists([attr_names], handle_missing, default_value)[0]
        names = list(attr_names)
        if not names:
            return [[] for _ in range(len(self))]
        return [list(row) for row in zip(*self._lists(names, handle_missing, default_value))]

    def agg(self, attribute: str, func: Callable[[Any], Any] | Iterable[Callable[[Any], Any]]) -> Any:
        """Return a function of all values of an attribute, or a list of several functions of them.

        NumPy's functions and sum, min, max and len run on the column; other functions get a list, as Mesa
        gives them.
        """
        values = self._values(attribute)

        def one(function: Callable[[Any], Any]) -> Any:
            return function(list(values)) if isinstance(values, list) else aggregate(function, values)

        return one(func) if callable(func) else [one(f) for f in func]

    def groupby(self, by: str | Callable[[Any], Any], result_type: str = "agentset") -> AgentGroups:
        """Group the agents by an attribute or a function; result_type "list" gives lists for sets."""
        values = self._evaluate(by) if callable(by) else self._values(by)
        return AgentGroups(self, values, as_list=result_type != "agentset")

    def do(self, method: Doing, *args: Any, **kwargs: Any) -> Self:
        """Call a method of each agent, or a function with each agent, one after another."""
        for agent in self:
            if isinstance(method, str):
                getattr(agent, method)(*args, **kwargs)
            else:
                method(agent, *args, **kwargs)
        return self

    def shuffle_do(self, method: Doing, *args: Any, **kwargs: Any) -> Self:
        """Call a method of each agent, or a function with each agent, in random order."""
        self.shuffle().do(method, *args, **kwargs)
        return self

    def map(self, method: Doing, *args: Any, **kwargs: Any) -> list[Any]:
        """Return what a method of each agent, or a function of each agent, returns."""
        if isinstance(method, str):
            return [getattr(agent, method)(*args, **kwargs) for agent in self]
        return [method(agent, *args, **kwargs) for agent in self]

    def count(self, agent: Any = None, **equal: Any) -> int:
        """Return how many agents have the attribute values given; or, given an agent, 1 if it is here."""
        if agent is not None:
            return int(agent in self)
        return len(self._where(None, None, equal, math.inf)) if equal else len(self)

    def to_list(self) -> list[Any]:
        """Return the agents as a list."""
        return list(self)

    def copy(self) -> Any:
        """Return a set of the same agents, in the same order."""
        return self._take(np.arange(len(self)))

    def __copy__(self) -> Any:
        return self.copy()

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, slice):
            return list(self._take(np.arange(*item.indices(len(self)))))
        position = range(len(self))[operator.index(item)]
        return next(iter(self._take(np.array([position], np.intp))))

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the position of an agent. Raises ValueError where it is not in the set."""
        for position, agent in enumerate(self):
            if agent == value and position in range(len(self))[start:stop]:
                return position
        raise ValueError(f"{value!r} is not in the set")

    def __reversed__(self) -> Iterator[Any]:
        return iter(self._take(np.arange(len(self))[::-1]))

    def add(self, agent: Any) -> NoReturn:
        """Refuse: who is an agent is for the model to say."""
        raise TypeError("agents are not put into this set: residents are all in the population, and other "
                        "agents join the model when they are created; unite sets with |")

    def discard(self, agent: Any) -> NoReturn:
        """Refuse: residents are never removed."""
        raise TypeError("agents are not taken out of this set: residents are never removed, and other agents "
                        "leave the model by agent.remove(); choose with select() or subtract sets with -")

    def remove(self, agent: Any) -> NoReturn:
        """Refuse: residents are never removed."""
        self.discard(agent)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} agents>"


AgentSet.register(ColumnarSet)


def truth(values: Values) -> NDArray[np.bool_]:
    """Return which values Python takes for true."""
    if isinstance(values, list) or values.dtype.kind not in NUMBERS:
        return np.fromiter((bool(v) for v in values), np.bool_, len(values))
    return values.astype(np.bool_, copy=False)


def _argsort(values: Values, reverse: bool) -> NDArray[np.intp]:
    """Order values as ``sorted(..., reverse=reverse)`` does: ties stay as they were either way."""
    n = len(values)
    if not isinstance(values, list) and values.dtype.kind in NUMBERS and not _has_nan(values):
        if not reverse:
            return np.argsort(values, kind="stable")
        return n - 1 - np.argsort(values[::-1], kind="stable")[::-1]
    listed = values if isinstance(values, list) else values.tolist()
    return np.array(sorted(range(n), key=listed.__getitem__, reverse=reverse), np.intp)


def _has_nan(values: NDArray[Any]) -> bool:
    return values.dtype.kind == "f" and bool(np.isnan(values).any())
