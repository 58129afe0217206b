"""The report's part on a forest fire: course, crews at work, what is told, and nothing where nothing burned."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.runfolders import make_run_folder
from viz.facts import TEAM, RunFacts
from viz.figures import figures_of
from viz.fire import AT_WORK, FireFacts
from viz.folder import RunFolder
from viz.report import report_verb
from viz.report.fire_section import fire_section


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_run_folder(tmp_path_factory.mktemp("fire") / "run")
    kpis = json.loads((path / "kpis.json").read_text("utf-8"))
    row = {"key": "fire.line_km", "name": "Line built", "name_zh": "隔离带长度", "value": 1.25, "unit": "km",
           "target": None, "op": None, "met": None, "definition": "line", "source": ""}
    (path / "kpis.json").write_text(json.dumps([*kpis, row], ensure_ascii=False), "utf-8")
    return path


def fire(path: Path, lang: str = "en") -> FireFacts:
    return FireFacts(RunFacts(RunFolder(path), lang))


def test_the_fire_is_found_by_its_flames(run: Path) -> None:
    facts = fire(run)
    assert facts.key == "forest_fire" and facts.burned_ha > 0
    smoke = facts.layer("smoke_ug_m3")
    assert smoke is not None and smoke.max() == 160 and facts.layer("no_such") is None
    assert facts.series("line_km").max() > 0 and (facts.series("no_such") == 0).all()


def test_crews_at_work_are_those_whose_last_status_says_so(run: Path) -> None:
    facts = fire(run)
    t, tracks = facts.facts.folder.series["t_s"], facts.facts.folder.tracks
    crews = facts.crews_at_work(t)
    for k in (0, len(t) // 3, len(t) // 2, len(t) - 1):
        at_work = 0
        for i in np.flatnonzero(tracks["mover_kind"] == TEAM):
            a, b = tracks["mover_start"][i], tracks["mover_start"][i + 1]
            before = [s for when, s in zip(tracks["mover_t"][a:b], tracks["mover_status"][a:b]) if when <= t[k]]
            at_work += bool(before) and before[-1] == AT_WORK
        assert crews[k] == at_work
    assert crews.max() > 0


def test_the_page_has_the_figures_and_pictures(run: Path) -> None:
    section = fire_section(fire(run))
    assert section is not None and section["figures"]
    page = report_verb(run, lang="zh").read_text("utf-8")
    assert "火情" in page and 'id="figure-fire_growth"' in page and 'id="figure-fire_behaviour"' in page
    for name, value in fire_section(fire(run, "zh"))["figures"]:  # type: ignore[index]
        assert name in page and value in page


def test_a_run_without_a_fire_has_no_such_part(run: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(run, bare)
    manifest = (bare / "manifest.json").read_text("utf-8").replace("flame_m", "depth_m")
    (bare / "manifest.json").write_text(manifest, "utf-8")
    facts = fire(bare)
    assert facts.key is None and fire_section(facts) is None
    assert "fire_growth" not in figures_of(facts.facts) and "fire_growth" in figures_of(fire(run).facts)
