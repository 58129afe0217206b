"""KPIs as rows against targets, and that every declared KPI and layer is really there."""

from __future__ import annotations

import math

import numpy as np
import pytest

from experiments.hazards import find_hazard, hazard_folders
from experiments.measure import measure
from experiments.scoring import counted_from, kpi_rows, rounded, specs_of
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


HOURS = 3600.0
FEW_LEFT = {"evacuation.left": 40.0, "shelter.in_use": 2.0, "arrival.within_30min": 0.0}


@pytest.mark.parametrize(
    ("kpi", "values", "limit", "began_s", "met", "why"),
    [
        # has not happened, and had (or had not) the time: the run lasts 6 h
        ("evacuation.clear_p90_min", {"evacuation.clear_p90_min": None}, 120.0, 0.0, False, "did_not_happen"),
        ("evacuation.clear_p90_min", {"evacuation.clear_p90_min": None}, 120.0, 5 * HOURS, None, "run_too_short"),
        ("supply.first_delivery_h", {"supply.first_delivery_h": None}, 12.0, 0.0, None, "run_too_short"),
        ("supply.first_delivery_h", {"supply.first_delivery_h": None}, 6.0, 0.0, False, "did_not_happen"),
        ("arrival.first_min", {"arrival.first_min": None}, 30.0, 0.0, False, "did_not_happen"),
        # nothing to wait for
        ("evacuation.clear_p90_min", {"evacuation.clear_p90_min": None, "evacuation.left": 0.0}, 120.0, 0.0, None,
         "does_not_apply"),
        ("arrival.first_min", {"arrival.first_min": None, "arrival.within_30min": None}, 30.0, 0.0, None,
         "does_not_apply"),
        ("shelter.max_occupancy", {"shelter.max_occupancy": None}, 1.0, 0.0, None, "does_not_apply"),
        # counts what comes within a span that is not over
        ("supply.served_12h", {"supply.served_12h": 0.5}, 1.0, 0.0, None, "run_too_short"),
        ("supply.served_12h", {"supply.served_12h": 1.0}, 1.0, 0.0, True, None),
        ("arrival.within_30min", {"arrival.within_30min": 0.0}, 1.0, 0.0, False, None),
        ("arrival.within_30min", {"arrival.within_30min": 0.0}, 1.0, 5.8 * HOURS, None, "run_too_short"),
        # has a value
        ("evacuation.clear_p90_min", {"evacuation.clear_p90_min": 130.0}, 120.0, 5 * HOURS, False, None),
    ],
)
def test_what_the_run_was_too_short_for_is_not_decided(kpi, values, limit, began_s, met, why):
    op = ">=" if kpi in ("supply.served_12h", "arrival.within_30min") else "<="
    given = with_targets([target(kpi, op, limit)])
    assert given.scenario.duration == 6 * HOURS
    rows = kpi_rows(given, FEW_LEFT | values, (TOY_HAZARDS,), {kpi: began_s})
    assert [(r["met"], r["why"]) for r in rows if r["key"] == kpi] == [(met, why)]


def test_a_kpi_without_a_target_says_why_it_has_no_value():
    rows = kpi_rows(with_targets([]), {"supply.first_delivery_h": None, "shelter.in_use": 1.0, "casualties.dead": 0.0},
                    (TOY_HAZARDS,))
    assert {r["key"]: r["why"] for r in rows} == {"supply.first_delivery_h": "did_not_happen", "shelter.in_use": None,
                                                  "casualties.dead": None}


def test_spans_count_from_the_alarm_the_onset_and_the_order():
    run = small_drill(hazards=[water("east")], **SHORT)
    run.run()
    began = counted_from(run)
    assert set(began) <= {spec.key for spec in ENGINE_KPIS}
    assert began["arrival.first_min"] == min(run.post.alarm_s.values()) > 0
    assert began["evacuation.clear_p90_min"] == run.evacuation.first_order_s > began["supply.served_12h"]


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
