"""Agents grouped by a value: Mesa's GroupBy, counted and aggregated on columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.population.column_values import aggregate

try:
    from mesa.agentset import GroupBy
except ImportError:  # Mesa 3.3
    from mesa.agent import GroupBy

if TYPE_CHECKING:
    from agents.population.columnar_set import ColumnarSet

DENSE = 4
"""Integers that span at most this many times their number are grouped by counting, without a sort."""
EXACT_INT = 1 << 53
"""Integers below this are exact as float64."""


def number_groups(values: NDArray[Any] | list[Any]) -> tuple[list[Any], NDArray[np.intp]]:
    """Return the distinct values, in the order of their first appearance, and the number of each member's."""
    if isinstance(values, list):
        numbers: dict[Any, int] = {}
        codes = np.fromiter((numbers.setdefault(v, len(numbers)) for v in values), np.intp, len(values))
        return list(numbers), codes
    n = len(values)
    if n == 0:
        return [], np.empty(0, np.intp)
    low, span = _span(values)
    if 0 < span <= DENSE * n:
        raw = values.astype(np.intp) - low
        first = np.full(span, n, np.intp)
        first[raw[::-1]] = np.arange(n - 1, -1, -1)
    else:
        _, first, raw = np.unique(values, return_index=True, return_inverse=True, equal_nan=False)
    order = np.argsort(first, kind="stable")[: np.count_nonzero(first < n)]
    number = np.empty(len(first), np.intp)
    number[order] = np.arange(len(order))
    return values[first[order]].tolist(), number[raw.reshape(-1)]


def _span(values: NDArray[Any]) -> tuple[int, int]:
    """Return the least and how many integers there are up to the greatest; 0 for what are no integers."""
    if values.dtype.kind not in "bi":
        return 0, 0
    low = int(values.min())
    return low, int(values.max()) - low + 1


class AgentGroups(GroupBy):
    """Groups of a set, built when first looked at; counts and aggregates need no group to be built."""

    def __init__(self, members: ColumnarSet, values: NDArray[Any] | list[Any], as_list: bool = False) -> None:
        self._members = members
        self._as_list = as_list
        self._keys, self._codes = number_groups(values)

    @cached_property
    def _sizes(self) -> NDArray[np.intp]:
        return np.bincount(self._codes, minlength=len(self._keys))

    @cached_property
    def _order(self) -> NDArray[np.intp]:
        narrow = np.min_scalar_type(len(self._keys))
        return np.argsort(self._codes.astype(narrow), kind="stable")

    def _cut(self, values: NDArray[Any]) -> Iterable[NDArray[Any]]:
        return np.split(values, np.cumsum(self._sizes)[:-1]) if self._keys else []

    @cached_property
    def groups(self) -> dict[Any, Any]:
        """The groups: a set of agents, or a list of them, by the value they share."""
        sets = {key: self._members._take(part) for key, part in zip(self._keys, self._cut(self._order))}
        return {key: list(agents) for key, agents in sets.items()} if self._as_list else sets

    def count(self) -> dict[Any, int]:
        """Return how many agents each group has."""
        return dict(zip(self._keys, self._sizes.tolist()))

    def agg(self, attr_name: str, func: Callable[[Any], Any]) -> dict[Any, Any]:
        """Return ``func`` of an attribute over each group, as :func:`column_values.aggregate` does it."""
        values = self._members._values(attr_name)
        if isinstance(values, list):
            return {key: func([values[i] for i in part.tolist()])
                    for key, part in zip(self._keys, self._cut(self._order))}
        values = values[self._order]
        at_once = self._reduce(values, func)
        if at_once is not None:
            return dict(zip(self._keys, at_once))
        return {key: aggregate(func, part) for key, part in zip(self._keys, self._cut(values))}

    def _reduce(self, values: NDArray[Any], func: Callable[[Any], Any]) -> list[Any] | None:
        """All groups in one pass, where that gives exactly what group by group would."""
        if not self._keys or values.dtype.kind not in "bif":
            return None
        if func is len:
            return self._sizes.tolist()
        starts = np.cumsum(self._sizes) - self._sizes
        if func in (min, max) and not np.isnan(values).any():
            return (np.minimum if func is min else np.maximum).reduceat(values, starts).tolist()
        if values.dtype.kind == "f" or np.abs(values.astype(np.int64)).sum(dtype=np.float64) >= EXACT_INT:
            return None
        if func in (sum, np.sum, np.mean):
            totals = np.add.reduceat(values.astype(np.int64), starts)
            return list(totals / self._sizes) if func is np.mean else totals.tolist()
        return None

    def __len__(self) -> int:
        return len(self._keys)
