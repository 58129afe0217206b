"""The verb ``world``: what it prints and writes, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from experiments.compose import compose_county
from experiments.world_verb import world_command
from sim.errors import InputError
from sim.settings.county import County
from sim.world.store import load_world
from tests.smallcounty import small_county, small_facts


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SANDTABLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pixels(path: Path) -> np.ndarray:
    import matplotlib.image

    return np.asarray(matplotlib.image.imread(path))


def test_inspect_prints_the_facts_and_draws_the_map(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert world_command("inspect", small_county(), out=cache / "maps") == 0
    said = capsys.readouterr()
    assert "building the world of Small (first run only): terrain" in said.err
    for part in (
        "Small (小县)",
        "6,000",
        "hill share",
        "Top",
        "16 synthetic",
        "warning: 2 of 3 stated roads",
    ):
        assert part in said.out
    picture = pixels(cache / "maps" / "world_small.png")
    assert min(picture.shape[:2]) > 500
    assert len(np.unique(picture.reshape(-1, picture.shape[2])[::97], axis=0)) > 200
    assert [p.name for p in (cache / "maps").iterdir()] == ["world_small.png"]


def test_json_is_all_there_is_on_stdout(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert world_command("inspect", small_county(), out=cache / "here.png", json_=True) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["map"] == str(cache / "here.png")
    assert report["digest"] == load_world(small_county()).digest
    assert Path(report["folder"]).name == report["digest"]
    assert report["problems"] == []


def test_build_tells_where_the_world_is_kept(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert world_command("build", small_county(), json_=True) == 0
    made = json.loads(capsys.readouterr().out)
    assert (Path(made["folder"]) / "world.json").is_file()
    assert not list(cache.glob("*.png"))


def test_the_outline_is_compared_with_a_surveyed_one(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box = [[113.0, 28.9], [113.4, 28.9], [113.4, 29.3], [113.0, 29.3], [113.0, 28.9]]
    survey = cache / "survey.geojson"
    survey.write_text(json.dumps({"type": "Polygon", "coordinates": [box]}))
    assert world_command("inspect", small_county(), out=cache, json_=True, check_boundary=survey) == 0
    overlap = json.loads(capsys.readouterr().out)["overlap"]
    # The box holds the whole county and reaches past the grid, so nothing of the county lies outside it.
    assert overlap["extra_km2"] == 0
    assert overlap["iou"] == pytest.approx(overlap["area_km2"] / overlap["outline_km2"], abs=1e-4)


def test_a_boundary_file_that_is_none_is_told(cache: Path) -> None:
    wrong = cache / "wrong.geojson"
    wrong.write_text("{}")
    with pytest.raises(InputError, match="holds no polygon"):
        world_command("inspect", small_county(), out=cache, check_boundary=wrong)


def test_a_world_that_misses_a_binding_fact_exits_with_1(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = small_facts()
    facts["terrain"]["hill_share"] = 1.0
    assert world_command("inspect", County.model_validate(facts), out=cache) == 1
    assert "problem: hill share" in capsys.readouterr().out


def test_a_county_is_composed_without_plan_or_scenario() -> None:
    assert compose_county("xiangshan").name_zh == "象山县"
    with pytest.raises(InputError, match="no such county"):
        compose_county("atlantis")
