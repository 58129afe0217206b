"""A run's KPIs as rows, each held against the target it has."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from experiments.hazards import find_hazard
from experiments.measure import Values
from sim.kpi import KpiSpec, meets
from sim.kpi_specs import ENGINE_KPIS
from sim.settings.root import RunSettings

DIGITS = 6
"""Significant digits of a KPI as written."""


def specs_of(settings: RunSettings, hazard_paths: tuple[Path, ...] = ()) -> dict[str, KpiSpec]:
    """Return the KPIs that a run of these settings has, by key: the hazards' first, then the engine's."""
    specs: dict[str, KpiSpec] = {}
    for entry in settings.scenario.hazards:
        for spec in find_hazard(entry.hazard, hazard_paths).kpis:
            specs.setdefault(spec.key, spec)
    return {**specs, **{spec.key: spec for spec in ENGINE_KPIS}}


def kpi_rows(settings: RunSettings, values: Values, hazard_paths: tuple[Path, ...] = ()) -> list[dict[str, Any]]:
    """Return the rows of kpis.json, those with a target first; ensemble KPIs mean nothing for one run."""
    specs = specs_of(settings, hazard_paths)
    rows, held = [], set()
    for target in settings.targets.targets:
        spec = specs.get(target.kpi)
        if spec is None or spec.scope == "ensemble" or target.kpi not in values:
            continue
        held.add(target.kpi)
        value = rounded(values[target.kpi])
        rows.append(_row(spec, value, target.value, target.op, meets(value, target.op, target.value), target.source))
    for key, spec in specs.items():
        if key not in held and spec.scope != "ensemble" and key in values:
            rows.append(_row(spec, rounded(values[key]), None, None, None, ""))
    return rows


def rounded(value: float | None) -> float | None:
    """Return a value with the digits it is written with; what is not finite has no value."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.{DIGITS}g}")


def _row(
    spec: KpiSpec, value: float | None, target: float | None, op: str | None, met: bool | None, source: str,
) -> dict[str, Any]:
    return {"key": spec.key, "name": spec.name, "name_zh": spec.name_zh, "value": value, "unit": spec.unit,
            "target": target, "op": op, "met": met, "definition": spec.definition,
            "definition_zh": spec.definition_zh, "source": source, "scope": spec.scope}
