"""A new hazard needs one folder and one YAML: the toy runs from temporary folders, with no edit of the engine."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pytest

from experiments.cli import main
from tests import tinyconf
from tests.smallworld import TOY

ROOT = Path(__file__).resolve().parents[2]
PLAN = """\
id: baseline
title: Today
title_zh: 现状
county: tiny
command: {place: east, decision: {median: 5min}}
warning: {delay: {median: 15min, sigma: 0.5}}
teams: [{id: squad, type: squad, place: west, crew: 30}]
shelters: [{id: hall, place: west, capacity: 2000, opening: {median: 10min}}]
"""
TEAM_TYPES = """\
squad:
  name: Squad
  name_zh: 小队
  capabilities: [fire_line]
  rates: {fire_line: 6.0}
  turnout: {day: {median: 10min}, night: {median: 40min}}
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path]:
    """A hazard folder and a configuration folder, copied out of the tree."""
    base = tmp_path_factory.mktemp("mine")
    shutil.copytree(TOY / "hazards", base / "hazards", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(TOY / "conf", base / "conf")
    scenario = base / "conf/scenario/rising_water/default.yaml"
    text = scenario.read_text("utf-8")
    assert text.count("公田") == 1
    scenario.write_text(text.replace("公田", "east"), "utf-8")
    files = {
        "county/tiny.yaml": tinyconf.COUNTY + "cell_m: 100\n",
        "plan/tiny/baseline.yaml": PLAN,
        "team_types/tiny.yaml": TEAM_TYPES,
    }
    for name, content in files.items():
        path = base / "conf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return base / "hazards", base / "conf"


def words(folders, out, *more: str) -> list[str]:
    return [
        "run",
        "county=tiny",
        "scenario=rising_water",
        "plan=baseline",
        "team_types=tiny",
        f"out={out}",
        "--config-dir",
        str(folders[1]),
        "--json",
        *more,
    ]


@pytest.fixture(scope="module")
def run(folders, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("out") / "toy"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDTABLE_CACHE", str(tmp_path_factory.mktemp("cache")))
        assert main(words(folders, out, "--hazard-path", str(folders[0]), "report=false")) == 0
    return out


def test_its_layers_stand_in_the_folder(run):
    with np.load(run / "layers.npz") as layers:
        arrival = layers["rising_water.arrival_s"]
        assert arrival.dtype == np.float32 and arrival.shape == layers["elevation_m"].shape
        cell = layers["grid"][2]
    came = np.isfinite(arrival)
    # A circle of 4 km: its area within one cell's ring.
    assert came.sum() * cell**2 == pytest.approx(np.pi * 4000**2, abs=2 * np.pi * 4000 * cell)
    assert 600 <= arrival[came].min() < 600 + 2 * cell
    manifest = json.loads((run / "manifest.json").read_text("utf-8"))
    assert [layer["key"] for layer in manifest["layers"]] == ["rising_water.arrival_s"]


def test_its_kpis_and_series_are_there(run):
    kpis = {row["key"]: row for row in json.loads((run / "kpis.json").read_text("utf-8"))}
    assert kpis["water.radius_m"]["value"] == 4000.0
    assert kpis["water.radius_m"]["name_zh"] == "水面半径"
    assert kpis["casualties.exposed"]["value"] > 0
    rows = list(csv.DictReader((run / "series.csv").open(encoding="utf-8")))
    radius = [float(row["rising_water.radius_m"]) for row in rows]
    assert radius == sorted(radius) and radius[-1] == 4000.0


def test_its_events_and_actions_are_there(run):
    kinds = dict(duckdb.sql(f"SELECT kind, count(*) FROM '{run / 'events.parquet'}' GROUP BY 1").fetchall())
    assert {"incident", "alarm", "warning_order", "departed", "exposed", "on_scene", "work"} <= set(kinds)
    lines = [json.loads(line) for line in (run / "commands.jsonl").read_text("utf-8").splitlines()]
    pumped = [line for line in lines if line["action"] == "pump"]
    assert pumped and all(line["role"] == "team" and line["args"]["team"] == "squad" for line in pumped)


def test_its_person_column_decides_who_is_exposed(folders):
    from experiments.assemble import assemble
    from experiments.compose import compose
    from tests.smallworld import small_world

    settings = compose(words(folders, "x")[1:5], config_dir=folders[1], hazard_paths=(folders[0],))
    drill = assemble(settings, hazard_paths=(folders[0],), world=small_world())
    drill.run()
    columns = drill.residents.columns
    assert columns["wet_s"].dtype == np.float32
    assert np.array_equal(columns["wet_s"] > 0, columns["exposed"])
    assert columns["exposed"].any() and not columns["exposed"].all()


def test_without_its_path_the_message_names_it_and_how_to_mend(folders, tmp_path, capsys):
    assert main(words(folders, tmp_path / "none")) == 2
    told = capsys.readouterr().err
    assert "rising_water" in told and "--hazard-path" in told
    assert not (tmp_path / "none").exists()


def test_no_file_of_the_engine_knows_the_toy():
    for package in ("sim", "agents", "experiments", "scenarios", "viz", "conf"):
        for path in (ROOT / package).rglob("*"):
            if path.suffix in (".py", ".yaml", ".js", ".j2"):
                text = path.read_text("utf-8")
                assert "rising_water" not in text and "RisingWater" not in text, path
