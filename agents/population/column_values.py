"""Values of columns as a Mesa user sees them: widened to Python's numbers, aggregated, written with a check.

A column of uint8 or float32 saves memory, but arithmetic in it is not Python's: 200 + 100 wraps, 0.1 is
rounded. Everything a user's function gets is therefore int64 or float64, so that it computes what it would
on the list of numbers that Mesa hands out.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

PERSON_ID = "person_id"
STATE = "state"
NUMBERS = "biuf"
"""Kinds of dtype that hold Python's bool, int and float."""


class PersonColumns(Protocol):
    """What agent views need to know of a population."""

    @property
    def model(self) -> Any:
        """The mesa.Model the residents belong to."""

    @property
    def size(self) -> int:
        """How many residents there are."""

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """Columns of shape (size,), among them person_id."""

    @property
    def row_of(self) -> NDArray[np.int32]:
        """Row of each person id, shape (size,)."""

    def touch(self) -> None:
        """Hear that states have changed."""


def widen(values: NDArray[Any]) -> NDArray[Any]:
    """Return numbers as int64 or float64, bools and the rest as they are; a view where nothing changes."""
    kind = values.dtype.kind
    if kind == "f":
        return values.astype(np.float64, copy=False)
    if kind == "i" or (kind == "u" and values.dtype.itemsize < 8):
        return values.astype(np.int64, copy=False)
    return np.asarray(values)


def aggregate(func: Callable[[Any], Any], values: NDArray[Any]) -> Any:
    """Return ``func`` of widened values (n,), equal to ``func`` of the list of them.

    NumPy's functions get the array, ``sum``, ``min``, ``max`` and ``len`` are carried out by NumPy (a sum of
    floats is pairwise, so it may differ from Python's in the last bits); any other function gets the list.
    """
    if func is len:
        return len(values)
    if len(values) and values.dtype.kind in NUMBERS:
        if func is sum:
            return values.sum().item()
        if func is min or func is max:
            end = values.min().item() if func is min else values.max().item()
            return end if end == end else func(values.tolist())
        if _is_numpy(func):
            fixed = values.view()
            fixed.flags.writeable = False
            result = func(fixed)
            return result.copy() if isinstance(result, np.ndarray) and result.base is not None else result
    return func(values.tolist())


def _is_numpy(func: Any) -> bool:
    while isinstance(func, functools.partial):
        func = func.func
    owner = getattr(func, "__self__", None)
    if isinstance(func, np.ufunc) or isinstance(owner, np.ufunc):
        return True
    return str(getattr(func, "__module__", "")).partition(".")[0] == "numpy"


def write_column(population: PersonColumns, name: str, rows: Any, value: Any) -> None:
    """Set a column at some rows to one value, or to one value a row.

    Raises AttributeError where there is no such column or no run may change it, ValueError where the value
    does not fit it.
    """
    column = population.columns.get(name)
    if column is None:
        raise AttributeError(f"residents have no column {name!r}, and keep nothing outside their columns; "
                             f"they have: {', '.join(sorted(population.columns))}")
    if name == PERSON_ID:
        raise AttributeError("a resident's person_id is for good")
    if not column.flags.writeable:
        raise AttributeError(f"column {name!r} belongs to the World, which no run changes")
    column[rows] = _fitted(name, column.dtype, value)
    if name == STATE:
        population.touch()


def _fitted(name: str, dtype: np.dtype[Any], value: Any) -> NDArray[Any]:
    given = np.asarray(value)
    if given.dtype.kind in NUMBERS and dtype.kind in NUMBERS:
        with np.errstate(invalid="ignore", over="ignore"):
            cast = given.astype(dtype)
        kept = np.isinf(cast) == np.isinf(given) if dtype.kind == "f" else cast == given
        if np.all(kept):
            return cast
    elif given.dtype.kind == dtype.kind:
        return given
    raise ValueError(f"{value!r} does not fit the column {name!r} of {dtype}")
