"""What a pydantic model allows at a path: its keys, and each value's type and range in plain words."""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sim.settings.base import SECONDS, parse_duration

Loc = tuple[int | str, ...]

SCALARS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    datetime: "a date and time with offset, such as '2026-04-04T13:00+08:00'",
}
DURATION = "a duration such as '90min', '12h', '45s' or 'T+01:30'"
PATTERNS = {
    r"^[a-z][a-z0-9_\-]*$": "lower-case letters, digits, '_' and '-', a letter first",
    r"^[a-z][a-z0-9_]*$": "lower-case letters, digits and '_', a letter first",
}
SIGNS = (("gt", ">"), ("ge", ">="), ("lt", "<"), ("le", "<="))


@dataclass(frozen=True)
class Shape:
    """A type with the constraints that stand around it."""

    annotation: Any
    metadata: tuple[Any, ...] = ()


def peel(annotation: Any, metadata: Sequence[Any] = ()) -> Shape:
    """Return the type without ``Annotated`` and without ``| None``, its constraints gathered."""
    gathered = list(metadata)
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            gathered += more
            continue
        if get_origin(annotation) in (Union, types.UnionType):
            kept = [part for part in get_args(annotation) if part is not type(None)]
            if len(kept) == 1:
                annotation = kept[0]
                continue
        break
    flat: list[Any] = []
    for item in gathered:
        flat += item.metadata if isinstance(item, FieldInfo) else [item]
    return Shape(annotation, tuple(flat))


def shape_at(model: type[BaseModel], loc: Loc) -> Shape | None:
    """Return the type at a path below a model; None where the path names nothing it knows."""
    shape = Shape(model)
    for part in loc:
        kind, arguments = get_origin(shape.annotation), get_args(shape.annotation)
        if isinstance(shape.annotation, type) and issubclass(shape.annotation, BaseModel):
            info = shape.annotation.model_fields.get(str(part))
            if info is None:
                return None
            shape = peel(info.annotation, info.metadata)
        elif kind in (tuple, list) and isinstance(part, int) and arguments:
            repeated = kind is list or arguments[-1] is Ellipsis
            if not repeated and part >= len(arguments):
                return None
            shape = peel(arguments[0] if repeated else arguments[part])
        elif kind is dict:
            shape = peel(arguments[1])
        else:
            return None
    return shape


def keys_at(model: type[BaseModel], loc: Loc) -> list[str]:
    """Return the keys that may stand at a path; empty where it is no mapping of known keys."""
    shape = shape_at(model, loc)
    if shape and isinstance(shape.annotation, type) and issubclass(shape.annotation, BaseModel):
        return list(shape.annotation.model_fields)
    if shape and get_origin(shape.annotation) is dict:
        return words_of(peel(get_args(shape.annotation)[0]))
    return []


def words_of(shape: Shape) -> list[str]:
    """Return the words of a closed list (a Literal); empty for any other type."""
    return (
        [str(word) for word in get_args(shape.annotation)] if get_origin(shape.annotation) is Literal else []
    )


def describe(shape: Shape | None) -> str:
    """Return a type and its range in words, such as ``a whole number >= 1 and <= 6``."""
    if shape is None:
        return ""
    if words := words_of(shape):
        return ", ".join(words)
    if get_origin(shape.annotation) in (tuple, list):
        return _describe_list(shape)
    if get_origin(shape.annotation) is dict or shape.annotation is dict:
        return "a mapping of keys to values"
    if isinstance(shape.annotation, type) and issubclass(shape.annotation, BaseModel):
        return "a mapping with the keys " + ", ".join(shape.annotation.model_fields)
    for item in shape.metadata:
        if pattern := getattr(item, "pattern", None):
            return PATTERNS.get(pattern, f"text that matches {pattern}")
    if any(getattr(item, "func", None) is parse_duration for item in shape.metadata):
        limits = [f"{sign} {_span(limit)}" for sign, limit in _limits(shape) if (sign, limit) != (">=", 0)]
        return ", ".join(filter(None, [DURATION, " and ".join(limits)]))
    text = SCALARS.get(shape.annotation, getattr(shape.annotation, "__name__", "a value"))
    if shape.annotation is str and any(getattr(item, "min_length", None) for item in shape.metadata):
        return "text that is not empty"
    return " ".join(
        filter(None, [text, " and ".join(f"{sign} {_number(limit)}" for sign, limit in _limits(shape))])
    )


def _describe_list(shape: Shape) -> str:
    arguments = get_args(shape.annotation)
    repeated = get_origin(shape.annotation) is list or (arguments and arguments[-1] is Ellipsis)
    if not repeated:
        return f"a list of {len(arguments)}: " + "; ".join(describe(peel(part)) for part in arguments)
    inner = peel(arguments[0])
    if isinstance(inner.annotation, type) and issubclass(inner.annotation, BaseModel):
        return "a list of entries with the keys " + ", ".join(inner.annotation.model_fields)
    return f"a list, each entry {describe(inner)}"


def _limits(shape: Shape) -> list[tuple[str, float]]:
    return [
        (sign, limit)
        for item in shape.metadata
        for name, sign in SIGNS
        if (limit := getattr(item, name, None)) is not None
    ]


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.15g}"


def _span(seconds: float) -> str:
    for unit in ("d", "h", "min"):
        if seconds and seconds % SECONDS[unit] == 0:
            return f"{_number(seconds / SECONDS[unit])} {unit}"
    return f"{_number(seconds)} s"


def arguments_of(model: type[BaseModel]) -> list[tuple[str, str, bool]]:
    """Return an argument model's (name, type in words, whether it must be given), in order."""
    return [
        (name, describe(peel(info.annotation, info.metadata)), info.is_required())
        for name, info in model.model_fields.items()
    ]
