"""Problems in settings as messages: pydantic's findings told in Sandtable's words, several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from experiments.locate import KEY_MARK, Sources, dotted
from experiments.schema import DURATION, describe, keys_at, shape_at
from sim.errors import InputError, InputProblem, did_you_mean

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

LONGEST = 200
"""Characters of a value or a list of words that a message shows."""
SHOWN_MORE = 20
"""Further problems listed by a line each; the rest is counted."""
RANGE = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")
NOT_A = {
    "int_type": "not a whole number",
    "int_parsing": "not a whole number",
    "int_from_float": "not a whole number",
    "float_type": "not a number",
    "float_parsing": "not a number",
    "finite_number": "not a finite number",
    "string_type": "not text",
    "bool_type": "not true or false",
    "bool_parsing": "not true or false",
    "datetime_type": "not a date and time",
    "datetime_from_date_parsing": "not a date and time",
    "datetime_parsing": "not a date and time",
    "tuple_type": "not a list",
    "list_type": "not a list",
    "dict_type": "not a mapping",
    "model_type": "not a mapping",
    "model_attributes_type": "not a mapping",
    "string_too_short": "empty text",
    "string_pattern_mismatch": "not of the form asked for",
    "literal_error": "an unknown word",
}


class SeveralProblems(InputError):
    """Several things wrong at once: the first told fully, the others by a line each."""

    def __init__(self, problems: Sequence[InputProblem]) -> None:
        first, *others = problems
        super().__init__(
            first.what, value=first.value, where=first.where, allowed=first.allowed, mend=first.mend
        )
        self.problems = tuple(problems)
        rows = [first.text()]
        if others:
            rows.append(f"and {len(others)} more:")
            rows += [f"  - {brief(problem)}" for problem in others[:SHOWN_MORE]]
        if len(others) > SHOWN_MORE:
            rows.append(f"  - and {len(others) - SHOWN_MORE} others")
        self.args = ("\n".join(rows),)


def brief(problem: InputProblem) -> str:
    """Return a problem in one line."""
    value = "" if problem.value is None else f": {problem.value!r}"
    return f"{problem.what}{value}" + (f" ({problem.where})" if problem.where else "")


def raise_all(problems: Sequence[InputProblem]) -> None:
    """Raise InputError for the problems, if there are any."""
    if problems:
        raise SeveralProblems(problems)


def short(value: Any) -> Any:
    """Return a value fit for a message: as it is when plain and short, else cut."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[:LONGEST] + "..."
    text = repr(value)
    return _Cut(text if len(text) <= LONGEST else text[:LONGEST] + "...")


class _Cut(str):
    """Text that is already a representation."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def from_pydantic(
    error: ValidationError,
    model: type[BaseModel],
    sources: Sources,
    above: tuple[int | str, ...] = (),
    where: Callable[[Sequence[int | str]], str] | None = None,
) -> list[InputProblem]:
    """Return pydantic's findings as problems; ``above`` is where the model's data stand in the settings.

    ``where`` tells where a key stands if that is not for ``sources`` to say.
    """
    found = sorted(error.errors(include_url=False), key=lambda one: one["type"] == "missing")
    return [_told(dict(one), model, above, where or sources.where) for one in found]


def _told(
    found: dict[str, Any],
    model: type[BaseModel],
    above: tuple[int | str, ...],
    where: Callable[[Sequence[int | str]], str],
) -> InputProblem:
    loc = tuple(part for part in found["loc"] if part != KEY_MARK)
    kind, value = found["type"], found["input"]
    full = (*above, *loc)
    place = where(full)
    if kind == "extra_forbidden":
        known = keys_at(model, loc[:-1])
        return InputProblem(
            "unknown key",
            value=loc[-1],
            where=place,
            allowed=", ".join(known),
            mend=did_you_mean(str(loc[-1]), known) or f"take {dotted(full)} away",
        )
    if kind == "missing":
        wanted = describe(shape_at(model, loc))
        return InputProblem(
            f"missing key {loc[-1]!r}", where=place, allowed=wanted, mend=f"give {dotted(full)}"
        )
    if found["loc"] and found["loc"][-1] == KEY_MARK:
        known = keys_at(model, loc[:-1])
        return InputProblem(
            "unknown key",
            value=loc[-1],
            where=place,
            allowed=", ".join(known),
            mend=did_you_mean(str(loc[-1]), known),
        )
    shape = shape_at(model, loc)
    allowed = describe(shape)
    if kind in RANGE:
        return InputProblem("out of range", value=value, where=place, allowed=allowed)
    if kind == "value_error":
        said = str(found["ctx"]["error"]) if "ctx" in found else found["msg"]
        if DURATION in allowed:
            return InputProblem("not a duration", value=_plain(value), where=place, allowed=allowed)
        return InputProblem(said, value=short(value), where=place, mend=f"correct {dotted(full)}")
    if kind in NOT_A:
        words = allowed.split(", ") if kind == "literal_error" else []
        mend = did_you_mean(str(value), words) if words else ""
        return InputProblem(NOT_A[kind], value=_plain(value), where=place, allowed=allowed, mend=mend)
    return InputProblem(
        found["msg"][:1].lower() + found["msg"][1:], value=_plain(value), where=place, allowed=allowed
    )


def _plain(value: Any) -> Any:
    return "nothing" if value is None else short(value)
