"""KPIs and targets: one namespace of figures, each with a unit, a scope and a definition."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Scope = Literal["run", "plan", "ensemble"]
Operator = Literal["<=", "<", ">=", ">", "=="]

COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": operator.eq,
}


@dataclass(frozen=True)
class KpiSpec:
    """A figure's key, unit, scope, which way is better, and its definition in both languages.

    ``scope`` says on what it rests: one run, the plan alone (no run needed), or an ensemble of runs.
    """

    key: str
    name: str
    name_zh: str
    unit: str
    definition: str
    definition_zh: str
    scope: Scope = "run"
    better: Literal["lower", "higher", "neither"] = "lower"


@dataclass(frozen=True)
class Kpi:
    """A KPI's value in a run, and how it stands against its target; ``met`` is None without a target."""

    key: str
    value: float | None
    unit: str
    target: float | None
    op: str | None
    met: bool | None
    definition: str
    source: str


def meets(value: float | None, op: str, target: float) -> bool | None:
    """Return whether ``value op target`` holds; None where there is no value."""
    return None if value is None else bool(COMPARE[op](value, target))
