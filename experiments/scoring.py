"""A run's KPIs as rows, each held against the target it has."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.drill import Drill
from experiments.evacuation_facts import SHARES
from experiments.hazards import find_hazard
from experiments.measure import Values
from sim.kpi import KpiSpec, meets
from sim.kpi_specs import ENGINE_KPIS
from sim.settings.root import RunSettings
from sim.settings.target import Target

DIGITS = 6
"""Significant digits of a KPI as written."""
DID_NOT_HAPPEN, DOES_NOT_APPLY, TOO_SHORT = "did_not_happen", "does_not_apply", "run_too_short"
NONE_WHILE = "none while"
"""Words of a definition that say: no value means that it has not happened."""
CONCERNS = {
    **{f"evacuation.clear_p{share}_min": ("evacuation.left", 1.0) for share in SHARES},
    "supply.first_delivery_h": ("shelter.in_use", 1.0),
    "arrival.first_min": ("arrival.within_30min", 0.0), "transfer.completed_p90_min": ("transfer.ordered", 1.0),
    "transfer.completed_min": ("transfer.ordered", 1.0),
}
"""KPIs that wait for something, by the KPI that is less than so much, or has no value, where nothing is to come."""
WINDOWS_S = {"arrival.within_30min": 1800.0, "supply.served_12h": 12 * 3600.0}
"""KPIs that count what came within a span: until it is over, what is short of the target may still come."""
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def specs_of(settings: RunSettings, hazard_paths: tuple[Path, ...] = ()) -> dict[str, KpiSpec]:
    """Return the KPIs that a run of these settings has, by key: the hazards' first, then the engine's."""
    specs: dict[str, KpiSpec] = {}
    for entry in settings.scenario.hazards:
        for spec in find_hazard(entry.hazard, hazard_paths).kpis:
            specs.setdefault(spec.key, spec)
    return {**specs, **{spec.key: spec for spec in ENGINE_KPIS}}


def kpi_rows(
    settings: RunSettings, values: Values, hazard_paths: tuple[Path, ...] = (),
    began_s: Mapping[str, float] | None = None,
) -> list[dict[str, Any]]:
    """Return the rows of kpis.json, those with a target first; ensemble KPIs mean nothing for one run.

    ``began_s`` says from when a KPI counts, in seconds since the start, by its key; 0 where it does not. What had
    less time than its target allows, and has not happened, is not decided: ``met`` is None and ``why`` says so.
    """
    specs = specs_of(settings, hazard_paths)
    rows, held = [], set()
    for target in settings.targets.targets:
        spec = specs.get(target.kpi)
        if spec is None or spec.scope == "ensemble" or target.kpi not in values:
            continue
        held.add(target.kpi)
        time_s = settings.scenario.duration - (began_s or {}).get(spec.key, 0.0)
        met, why = _stands(spec, values, target, time_s)
        rows.append(_row(spec, rounded(values[target.kpi]), target.value, target.op, met, target.source, why))
    for key, spec in specs.items():
        if key not in held and spec.scope != "ensemble" and key in values:
            rows.append(_row(spec, rounded(values[key]), None, None, None, "", _absent(spec, values)))
    return rows


def counted_from(drill: Drill) -> dict[str, float]:
    """Return from when the KPIs with a span to their name count in a run, in seconds since its start."""
    onset = min((task.raised_s for task in drill.post.tasks.values()), default=0.0)
    alarm = min(drill.post.alarm_s.values(), default=0.0)
    order = drill.evacuation.first_order_s
    from_order = order if math.isfinite(order) else 0.0
    return {"supply.served_12h": onset, "supply.first_delivery_h": onset,
            **{f"evacuation.clear_p{share}_min": from_order for share in SHARES},
            "arrival.first_min": alarm, "arrival.within_30min": alarm}


def _stands(spec: KpiSpec, values: Values, target: Target, time_s: float) -> tuple[bool | None, str | None]:
    """Return whether a target is met, None where that is open, and why a value is missing or not the last word."""
    value, why = rounded(values[spec.key]), _absent(spec, values)
    if why == DID_NOT_HAPPEN and target.op in ("<=", "<"):
        decided = time_s >= target.value * SECONDS.get(spec.unit, math.inf)
        return (False, DID_NOT_HAPPEN) if decided else (None, TOO_SHORT)
    met = meets(value, target.op, target.value)
    if met is False and time_s < WINDOWS_S.get(spec.key, 0.0):
        return None, TOO_SHORT
    return met, why


def _absent(spec: KpiSpec, values: Values) -> str | None:
    """Return why a KPI has no value: what it waits for did not happen, or there was nothing to wait for."""
    if rounded(values[spec.key]) is not None:
        return None
    if NONE_WHILE not in spec.definition:
        return DOES_NOT_APPLY
    if spec.key in CONCERNS:
        key, least = CONCERNS[spec.key]
        there = values.get(key)
        if there is None or there < least:
            return DOES_NOT_APPLY
    return DID_NOT_HAPPEN


def rounded(value: float | None) -> float | None:
    """Return a value with the digits it is written with; what is not finite has no value."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.{DIGITS}g}")


def _row(
    spec: KpiSpec, value: float | None, target: float | None, op: str | None, met: bool | None, source: str,
    why: str | None,
) -> dict[str, Any]:
    return {"key": spec.key, "name": spec.name, "name_zh": spec.name_zh, "value": value, "unit": spec.unit,
            "target": target, "op": op, "met": met, "definition": spec.definition,
            "definition_zh": spec.definition_zh, "source": source, "scope": spec.scope, "why": why}
