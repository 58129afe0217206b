"""A set of residents: rows of the population's columns, with Mesa's AgentSet API."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.population.column_proxy import evaluate
from agents.population.column_values import PERSON_ID, PersonColumns, widen, write_column
from agents.population.columnar_set import ColumnarSet, Values, truth
from agents.population.resident import RESIDENT_ID_BASE, Resident, views

SLOW_FROM = 1000
"""Residents from which on it is worth a warning that a function is asked agent by agent."""
_warned: set[tuple[str, int]] = set()


class SlowFunctionWarning(UserWarning):
    """A function of an agent could not be evaluated on columns and is asked agent by agent."""


class ResidentSet(ColumnarSet):
    """Some residents of a population, in an order; all of them when no rows are given.

    ``rows`` (n,) are rows of the columns as they are now; a row named twice counts once. Raises IndexError
    for rows there are not.
    """

    def __init__(self, population: PersonColumns, rows: NDArray[np.integer] | None = None) -> None:
        self.population = population
        self._ids_then: NDArray[Any] = population.columns[PERSON_ID]
        self._rows: NDArray[np.intp] | None = None if rows is None else _distinct(rows, population.size)
        self._member: NDArray[np.bool_] | None = None

    @classmethod
    def _of(cls, population: PersonColumns, rows: NDArray[np.intp]) -> ResidentSet:
        """Make a set of rows known to be distinct."""
        made = cls(population)
        made._rows = rows
        return made

    @property
    def rows(self) -> NDArray[np.intp]:
        """The residents' rows in the columns as they are now, shape (n,)."""
        if self._rows is None:
            return np.arange(self.population.size)
        ids_now = self.population.columns[PERSON_ID]
        if ids_now is not self._ids_then:
            self._rows = self.population.row_of[self._ids_then[self._rows]].astype(np.intp)
            self._ids_then, self._member = ids_now, None
        return self._rows

    def column(self, name: str) -> NDArray[Any]:
        """Return a column of these residents, shape (n,), in the column's own dtype, read-only.

        Raises AttributeError where there is no such column.
        """
        column = self.population.columns.get(name)
        if column is None:
            raise AttributeError(f"residents have no column {name!r}")
        values = np.asarray(column).view() if self._rows is None else np.asarray(column)[self.rows]
        values.flags.writeable = False
        return values

    @property
    def random(self) -> Random:
        """The model's random.Random, which shuffles."""
        return self.population.model.random

    def __len__(self) -> int:
        return self.population.size if self._rows is None else len(self._rows)

    def __iter__(self) -> Iterator[Resident]:
        return views(self.population, self.column(PERSON_ID).tolist())

    def __contains__(self, agent: object) -> bool:
        if not isinstance(agent, Resident) or agent.population.model is not self.population.model:
            return False
        return self._rows is None or bool(self._members()[agent.row])

    def _members(self) -> NDArray[np.bool_]:
        rows = self.rows
        if self._member is None:
            self._member = np.zeros(self.population.size, np.bool_)
            self._member[rows] = True
        return self._member

    def _take(self, positions: NDArray[np.intp]) -> ResidentSet:
        return ResidentSet._of(self.population, positions if self._rows is None else self.rows[positions])

    def _become(self, other: ResidentSet) -> None:
        self._rows, self._ids_then, self._member = other.rows, other._ids_then, None

    def copy(self) -> ResidentSet:
        """Return a set of the same residents, in the same order."""
        return ResidentSet(self.population) if self._rows is None else self._of(self.population, self.rows)

    def _where(self, filter_func: Callable[[Any], Any] | None, agent_type: Any, equal: dict[str, Any],
               limit: float) -> NDArray[np.intp]:
        n = len(self)
        if not n or limit <= 0 or (agent_type and not issubclass(Resident, agent_type)):
            return np.empty(0, np.intp)
        passed = np.ones(n, np.bool_)
        for name, value in equal.items():
            column = self.column(name)
            passed &= (column if column.dtype.kind in "biu" else widen(column)) == value
        if filter_func is not None:
            values = evaluate(filter_func, self)
            if values is None:
                return self._ask(filter_func, np.flatnonzero(passed), limit)
            passed &= truth(values)
        found = np.flatnonzero(passed)
        return found if limit >= len(found) else found[: int(limit)]

    def _ask(self, func: Callable[[Any], Any], positions: NDArray[np.intp], limit: float) -> NDArray[np.intp]:
        self._warn(func)
        found: list[int] = []
        for position, agent in zip(positions.tolist(), self._take(positions)):
            if func(agent):
                found.append(position)
                if len(found) >= limit:
                    break
        return np.array(found, np.intp)

    def _evaluate(self, func: Callable[[Any], Any]) -> Values:
        if not len(self):
            return []
        values = evaluate(func, self)
        if values is not None:
            return widen(values)
        self._warn(func)
        return [func(agent) for agent in self]

    def _warn(self, func: Callable[[Any], Any]) -> None:
        code = getattr(func, "__code__", None)
        place = (code.co_filename, code.co_firstlineno) if code else (str(type(func)), 0)
        if len(self) < SLOW_FROM or place in _warned:
            return
        _warned.add(place)
        warnings.warn(
            f"the function of an agent at {place[0]}:{place[1]} is asked resident by resident, which is slow "
            f"for {len(self)} of them; written with & | ~ and np.where instead of 'and', 'or', 'not', 'in' "
            "and 'if', it works on all at once", SlowFunctionWarning, stacklevel=5)

    def _values(self, name: str) -> Values:
        if not len(self):
            return []
        if name in self.population.columns:
            return widen(self.column(name))
        if name == "unique_id":
            return self.column(PERSON_ID).astype(np.int64) + RESIDENT_ID_BASE
        if not hasattr(Resident, name) and name not in ("model", "population"):
            raise AttributeError(f"residents have no column or attribute {name!r}")
        return [getattr(agent, name) for agent in self]

    def _lists(self, names: list[str], handle_missing: str, default: Any) -> list[list[Any]]:
        return [self._list(name, handle_missing, default) for name in names]

    def _list(self, name: str, handle_missing: str, default: Any) -> list[Any]:
        try:
            values = self._values(name)
        except AttributeError:
            if handle_missing == "error":
                raise
            return [default] * len(self)
        return values if isinstance(values, list) else values.tolist()

    def set(self, attr_name: str, value: Any) -> ResidentSet:
        """Set a column of all these residents to a value, or to an array (n,) of values, one a resident.

        Raises AttributeError for what is no column or cannot be set, ValueError for what does not fit.
        """
        if len(self):
            write_column(self.population, attr_name, slice(None) if self._rows is None else self.rows, value)
        return self

    def _from_iterable(self, agents: Iterable[Any]) -> Any:  # type: ignore[override]
        """Make the set of some agents, for the set operations."""
        from agents.population.every_agent_set import gather

        every = gather(self.population, agents)
        return every if len(every.objects) else every.residents

    def _peer(self, other: Any) -> bool:
        return isinstance(other, ResidentSet) and other.population is self.population

    def __and__(self, other: Any) -> Any:
        if not self._peer(other):
            return super().__and__(other)
        return self._of(self.population, other.rows[self._members()[other.rows]])

    def __sub__(self, other: Any) -> Any:
        if not self._peer(other):
            return super().__sub__(other)
        return self._of(self.population, self.rows[~other._members()[self.rows]])

    def __or__(self, other: Any) -> Any:
        if not self._peer(other):
            return super().__or__(other)
        return self._of(self.population, np.concatenate((self.rows, (other - self).rows)))

    def __xor__(self, other: Any) -> Any:
        if not self._peer(other):
            return super().__xor__(other)
        return (self - other) | (other - self)

    def __eq__(self, other: object) -> Any:
        if not self._peer(other):
            return super().__eq__(other)
        return np.array_equal(self._members(), other._members())  # type: ignore[attr-defined]

    __hash__ = None  # type: ignore[assignment]


def _distinct(rows: NDArray[np.integer], size: int) -> NDArray[np.intp]:
    """Return rows checked, and without those that came before."""
    given = np.asarray(rows)
    if given.dtype.kind not in "iu" and given.size:
        raise IndexError(f"rows of residents are whole numbers, not {given.dtype}")
    given = given.astype(np.intp)
    if given.size and not 0 <= given.min() <= given.max() < size:
        raise IndexError(f"rows of residents run from 0 to {size - 1}, not {given.min()} to {given.max()}")
    seen = np.zeros(size, np.bool_)
    seen[given] = True
    if np.count_nonzero(seen) == given.size:
        return given
    _, first = np.unique(given, return_index=True)
    return given[np.sort(first)]
