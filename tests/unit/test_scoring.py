"""KPIs as rows against targets, and that every declared KPI and layer is really there."""

from __future__ import annotations

import math

import numpy as np
import pytest

from experiments.hazards import find_hazard, hazard_folders
from experiments.measure import measure
from experiments.scoring import kpi_rows, rounded, specs_of
from sim.kpi_specs import ENGINE_KPIS
from sim.settings.root import RunSettings
from tests.smallworld import TOY_HAZARDS, settings, small_drill, small_world, water

SHORT = {"duration": "3h"}
HAZARDS = {
    "rising_water": water("east"),
    "forest_fire": {
        "hazard": "forest_fire",
        "settings": {
            "ignitions": [{"place": "peak"}],
            "moisture": {"herb_pct": 60, "woody_pct": 90},
            "weather": {"wind_mps": 6, "wind_from_deg": 270, "temperature_c": 25, "humidity_pct": 30},
        },
    },
}
"""Every hazard that there is, as a scenario would have it."""


def with_targets(targets) -> RunSettings:
    given = settings(hazards=[water("east")]).model_dump(mode="json")
    given["targets"] = {"id": "t", "title": "T", "title_zh": "标", "targets": targets}
    return RunSettings.model_validate(given)


def target(kpi, op, value):
    return {"key": kpi, "kpi": kpi, "op": op, "value": value, "unit": "min", "source": "made up"}


@pytest.mark.parametrize(
    ("op", "value", "limit", "met"),
    [
        ("<=", 30.0, 30.0, True),
        ("<", 30.0, 30.0, False),
        (">=", 29.9, 30.0, False),
        (">", 30.1, 30.0, True),
        ("==", 30.0, 30.0, True),
        ("<=", None, 30.0, None),
    ],
)
def test_targets_are_held_against_values(op, value, limit, met):
    rows = kpi_rows(
        with_targets([target("arrival.first_min", op, limit)]), {"arrival.first_min": value}, (TOY_HAZARDS,)
    )
    assert [(r["key"], r["value"], r["op"], r["target"], r["met"]) for r in rows] == [
        ("arrival.first_min", value, op, limit, met)
    ]


def test_rows_with_a_target_come_first_and_each_kpi_once():
    values = {spec.key: 1.0 for spec in ENGINE_KPIS}
    rows = kpi_rows(with_targets([target("casualties.dead", "<=", 0)]), values, (TOY_HAZARDS,))
    assert rows[0]["key"] == "casualties.dead" and rows[0]["met"] is False
    assert sorted(r["key"] for r in rows) == sorted(values)
    assert all(r["target"] is None and r["met"] is None for r in rows[1:])


def test_a_target_on_what_the_run_does_not_have_is_no_row():
    assert kpi_rows(with_targets([target("no.such", "<=", 0)]), {}, (TOY_HAZARDS,)) == []


def test_values_are_written_with_six_digits():
    assert rounded(1234567.89) == 1234570.0
    assert rounded(0.123456789) == 0.123457
    assert rounded(None) is rounded(math.nan) is rounded(math.inf) is None


def test_every_engine_kpi_is_measured():
    run = small_drill(**SHORT)
    run.run()
    values = measure(run)
    assert {spec.key for spec in ENGINE_KPIS} <= set(values)
    assert all(value is None or math.isfinite(value) for value in values.values())
    given = settings(hazards=[water("east")])
    assert set(values) == set(specs_of(given, (TOY_HAZARDS,)))


def test_every_hazard_is_tried_here():
    assert set(hazard_folders((TOY_HAZARDS,))) == set(HAZARDS), "give the new hazard a row in HAZARDS"


@pytest.mark.parametrize("name", sorted(HAZARDS))
def test_declared_layers_kpis_and_columns_exist(name):
    spec = find_hazard(name, (TOY_HAZARDS,))
    run = small_drill(hazards=[HAZARDS[name]], **SHORT)
    run.run()
    hazard = run.hazards[0]
    fields = hazard.fields()
    assert set(fields) == {layer.name for layer in spec.layers}
    for layer in spec.layers:
        shape = small_world().grid.shape if layer.on == "cell" else (small_world().roads.link_count,)
        assert fields[layer.name].shape == shape, layer.name
        assert fields[layer.name].dtype == np.dtype(layer.dtype), layer.name
    assert set(hazard.summary()) == {kpi.key for kpi in spec.kpis if kpi.scope != "ensemble"}
    for column in spec.person_columns:
        assert run.residents.columns[column.name].dtype == np.dtype(column.dtype), column.name
    for action in spec.actions:
        assert action.name in {found.name for found in run.commands.specs()}
    assert hazard.incidents(), "nothing happened"
    assert {task.capability for task in hazard.incidents()} <= set(spec.capabilities)
