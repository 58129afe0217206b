"""The base of every settings model, and the types its fields share: durations, grades, ids."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
DURATION = re.compile(r"^\s*([0-9]+(?:\.[0-9]+)?)\s*(s|min|h|d)\s*$")
CLOCK_TIME = re.compile(r"^\s*T\+(\d{1,3}):([0-5]\d)(?::([0-5]\d))?\s*$")

Grade = Literal["fact", "estimate", "assumption", "memory", "synthetic"]
"""On what a figure rests. ``memory`` is a recollection that nobody has checked yet."""


class Settings(BaseModel):
    """Settings that forbid unknown keys and cannot be changed once validated."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)


def parse_duration(value: object) -> float:
    """Return seconds from ``90min``, ``12h``, ``2d``, ``T+01:30`` or a bare number of seconds."""
    if isinstance(value, bool):
        raise ValueError("must be a duration such as '90min', '12h' or '45s'")
    if isinstance(value, int) and value > 0:
        # 60 may be meant as minutes as well as seconds.
        raise ValueError(f"needs a unit: '{value}s', '{value}min' or '{value}h'")
    if isinstance(value, int | float):
        return float(value)
    text = str(value)
    if match := DURATION.match(text):
        return float(match[1]) * SECONDS[match[2]]
    if match := CLOCK_TIME.match(text):
        return int(match[1]) * 3600.0 + int(match[2]) * 60.0 + int(match[3] or 0)
    raise ValueError("must be a duration such as '90min', '12h', '45s' or a time 'T+01:30'")


def _write_duration(seconds: float) -> str:
    return f"{seconds:.10g}s"


Duration = Annotated[
    float, BeforeValidator(parse_duration), PlainSerializer(_write_duration, return_type=str), Field(ge=0)
]
"""Seconds, written in YAML with a unit: ``90min``, ``12h``, ``T+01:30``."""

PlaceRef = Annotated[str, Field(min_length=1)]
"""A place's id, name or name_zh, with or without 镇/乡/街道/办事处."""

PlaceId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_\-]*$")]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Hour = Annotated[float, Field(ge=0, le=24)]


class Delay(Settings):
    """A delay as a lognormal: its median and log standard deviation (0 makes it a constant)."""

    median: Duration
    sigma: Annotated[float, Field(ge=0, le=3)] = 0.0
    source: str = ""


class Item(Settings):
    """What every plan item carries: whether it is a fact of the plan or an assumption, and the source."""

    grade: Grade = "assumption"
    source: str = ""
