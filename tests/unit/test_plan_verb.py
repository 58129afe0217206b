"""The verb ``plan``: what a plan covers without a run, in words and as JSON; and the plan with cameras that ships."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.cli import main
from experiments.compose import compose
from experiments.plan_verb import coverage_report
from tests import tinyconf
from tests.smallcounty import world

OWN = ("--config-dir", "mine", "--hazard-path", "hazards")
CAMERAS = ("plan.cameras=[{id: top, place: peak, height_m: 30, range_km: 3}, "
           "{id: low, place: east, height_m: 5, range_km: 3}]")
TOWER = "plan.watch_towers=[{id: hut, place: west, height_m: 20, range_km: 4}]"


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SANDTABLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tinyconf.write(tmp_path)


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["plan", "coverage", *words, *tinyconf.WORDS, *OWN]) == 0
    return capsys.readouterr().out


def test_coverage_as_json_adds_up(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = json.loads(told(capsys, "baseline", CAMERAS, TOWER, "--json"))
    assert [(row["id"], row["means"]) for row in report["posts"]] == [
        ("top", "camera"), ("low", "camera"), ("hut", "tower")]
    by_camera, by_either = report["shares"]["camera"], report["shares"]["lookout"]
    assert list(by_camera) == ["0", "20", "30", "50", "100"]
    assert list(by_camera.values()) == sorted(by_camera.values()) and 0 < by_camera["100"] < 1
    assert all(by_camera[h] <= by_either[h] for h in by_camera)
    assert report["kpis"]["coverage.forest_camera"] == by_camera["30"]
    for row in report["posts"]:
        assert 0 <= row["share_alone"] <= row["share"] <= by_either["30"]
    # What only one sees, and what several do, is what is seen.
    assert sum(row["share_alone"] for row in report["posts"]) <= by_either["30"] + 1e-9
    assert sum(row["share"] for row in report["posts"]) >= by_either["30"] - 1e-9


def test_coverage_in_words_in_both_languages(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    english = told(capsys, "baseline", CAMERAS)
    assert "Forest in view" in english and "this counts" in english and "top" in english
    chinese = told(capsys, CAMERAS, "lang=zh")
    assert "林区可视覆盖" in chinese
    assert "neither cameras nor watch towers" in told(capsys)


def test_the_plan_with_cameras_that_ships_sees_over_half_of_the_forest() -> None:
    settings = compose(["county=yueyang", "plan=fire_cameras"])
    report = coverage_report(settings, world("yueyang"))
    assert len(report["posts"]) == 12 and all(row["grade"] == "assumption" for row in report["posts"])
    assert [(row["key"], row["met"]) for row in report["targets"]] == [("camera_coverage", True)]
    assert 0.5 < report["kpis"]["coverage.forest_camera"] < 0.7
    assert report["shares"]["camera"]["0"] < 0.3  # the ground itself, and small fires under trees, far less
    five_year = compose(["county=yueyang", "plan=five_year"])
    assert coverage_report(five_year, world("yueyang"))["kpis"]["coverage.forest_camera"] == 0.0
