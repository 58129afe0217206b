"""Targets: what the plans promise, each as a KPI, an operator and a value, with its sentence."""

from __future__ import annotations

from typing import Literal

from sim.settings.base import Settings


class Target(Settings):
    """One promise of a plan: the KPI that measures it, what it must reach, and the sentence it is from."""

    key: str
    kpi: str
    op: Literal["<=", "<", ">=", ">", "=="]
    value: float
    unit: str
    sentence_zh: str = ""
    sentence: str = ""
    source: str
    note: str = ""


class TargetSet(Settings):
    """The targets a run is held against."""

    id: str
    title: str
    title_zh: str
    targets: tuple[Target, ...] = ()
