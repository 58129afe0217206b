"""A filter written for one agent, evaluated on whole columns at once.

``lambda a: a.age > 60`` works on an agent; handed a stand-in whose ``age`` is the column, it gives the answer
for everybody in one go. Whatever would mean something else on a column than on a number (``and``, ``if``,
``in``, ``int()``, ``max()``, text) is refused by raising NotColumnar, and the caller asks agent by agent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, cast

import numpy as np
from numpy.typing import NDArray

from agents.population.column_values import PERSON_ID, widen
from agents.population.resident import RESIDENT_ID_BASE, Resident

if TYPE_CHECKING:
    from agents.population.resident_set import ResidentSet

BOOL_ARITHMETIC = (np.add, np.subtract, np.multiply, np.negative, np.positive, np.absolute, np.floor_divide,
                   np.remainder, np.divmod)
"""Functions that count bools as 0 and 1 in Python, and not always in NumPy."""
INTEGER_OVERFLOW = (np.power, np.left_shift)
"""Functions that leave int64 early where Python's integers go on."""
ELEMENTWISE = (np.where, np.isin, np.clip, np.round, np.isclose)
"""Functions beside the ufuncs that give each element its own result."""


class NotColumnar(AttributeError, TypeError):
    """Raised where a function cannot be evaluated on columns."""


def _refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
    raise NotColumnar("this takes one number, not a column")


class Column(np.ndarray):
    """A column (n,) that stands for the number of one agent: only element by element operations work."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Apply a ufunc to all elements, counting as Python counts."""
        if method != "__call__" or kwargs:
            _refuse()
        plain = [np.asarray(i) if isinstance(i, Column) else i for i in inputs]
        kinds = [np.asarray(i).dtype.kind for i in plain]
        if ufunc in INTEGER_OVERFLOW and all(kind in "biu" for kind in kinds):
            _refuse()
        if ufunc in BOOL_ARITHMETIC:
            plain = [np.asarray(i, np.int64) if kind == "b" else i for i, kind in zip(plain, kinds)]
        result = getattr(ufunc, method)(*plain)
        if isinstance(result, tuple):
            return tuple(part.view(Column) for part in result)
        return result.view(Column) if isinstance(result, np.ndarray) else result

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Apply a NumPy function that works element by element."""
        if func not in ELEMENTWISE:
            _refuse()
        result = func(*(np.asarray(i) if isinstance(i, Column) else i for i in args),
                      **{k: np.asarray(i) if isinstance(i, Column) else i for k, i in kwargs.items()})
        return result.view(Column)

    __bool__ = __int__ = __float__ = __complex__ = __index__ = __len__ = _refuse
    __iter__ = __contains__ = __getitem__ = __setitem__ = __str__ = __repr__ = __format__ = _refuse


class ColumnProxy:
    """Stands for every resident of a set at once; its attributes are their columns, widened."""

    __slots__ = ("_read", "_residents")

    def __init__(self, residents: ResidentSet) -> None:
        object.__setattr__(self, "_residents", residents)
        object.__setattr__(self, "_read", {})

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """Resident, so that ``isinstance(agent, Resident)`` is as true of it as of an agent."""
        return Resident

    def __getattr__(self, name: str) -> Any:
        residents: ResidentSet = object.__getattribute__(self, "_residents")
        read: dict[str, Column] = object.__getattribute__(self, "_read")
        if name == "model":
            return residents.population.model
        if name == "pos":
            return (self.x, self.y)
        if name not in read:
            if name == "unique_id":
                values = residents.column(PERSON_ID).astype(np.int64) + RESIDENT_ID_BASE
            elif name in residents.population.columns:
                values = widen(residents.column(name))
            else:
                raise NotColumnar(name)
            read[name] = _as_column(values)
        return read[name]

    def __setattr__(self, name: str, value: Any) -> None:
        _refuse()

    def __eq__(self, other: object) -> Any:
        residents: ResidentSet = object.__getattribute__(self, "_residents")
        if other is self:
            return True
        if issubclass(type(other), Resident):
            them = cast(Resident, other)
            return self.person_id == (them.person_id if them.model is residents.population.model else -1)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]


def _as_column(values: NDArray[Any]) -> Column:
    column = values.view(Column)
    column.flags.writeable = False
    return column


def evaluate(func: Callable[[Any], Any], residents: ResidentSet) -> NDArray[Any] | None:
    """Return ``func`` of each resident, shape (n,), or None where it has to be asked agent by agent."""
    try:
        with np.errstate(divide="raise", invalid="ignore"):
            result = func(ColumnProxy(residents))
    except Exception:
        return None
    if isinstance(result, np.ndarray) and result.shape == (len(residents),):
        return np.asarray(result)
    return None
