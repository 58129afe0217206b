"""Seasons picked up after a kill, spread over workers or with a fire that breaks: the same bytes in the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import numpy as np
import psutil
import pytest

from experiments.season import task
from experiments.season.verb import season_verb
from tests import seasons

ROOT = Path(__file__).parents[2]
SEASONS = 3
TASKS = 2 * SEASONS
PATIENCE_S = 240
SAME = ("results.parquet", "fires.parquet", "villages.parquet", "fires.csv", "maps/000.npz", "maps/001.npz",
        "figures/rate.png", "figures/risk-00.png")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that nothing disturbs, in one process."""
    out = tmp_path_factory.mktemp("undisturbed") / "store"
    assert seasons.main(out, 1, SEASONS) == 0
    return out


def start(out: Path, jobs: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.seasons", str(out), str(jobs), str(SEASONS)], cwd=ROOT, text=True,
        start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def parts(out: Path) -> set[str]:
    found = (out / "parts").glob("*.parquet") if (out / "parts").exists() else ()
    return {path.name for path in found if not path.name.startswith(".")}


def ask(query: str) -> list[tuple]:
    with duckdb.connect() as db:
        return db.execute(query).fetchall()


def columns(query: str) -> dict[str, np.ndarray]:
    with duckdb.connect() as db:
        return db.execute(query).fetchnumpy()


def assert_same(out: Path, undisturbed: Path) -> None:
    for name in SAME:
        assert (out / name).read_bytes() == (undisturbed / name).read_bytes(), name
    mine, theirs = (json.loads((path / "season.json").read_text()) for path in (out, undisturbed))
    assert mine["points"] == theirs["points"] and mine["comparison"] == theirs["comparison"]
    assert not list(out.rglob(".tmp-*")) and not list((out / "failed").iterdir())


def test_a_killed_driver_picks_up_where_it_was_on_two_workers(undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "store"
    process = start(out, 2)
    until = time.monotonic() + PATIENCE_S
    while not parts(out):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)
    workers = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE_S)
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert workers and not alive, "workers outlive their driver"
    before = {name: (out / "parts" / name).stat().st_mtime_ns for name in parts(out)}
    assert 1 <= len(before) < TASKS and not (out / "results.parquet").exists()
    again = start(out, 2)
    _, errors = again.communicate(timeout=PATIENCE_S)
    assert again.returncode == 0, errors
    assert f"{len(before)} of {TASKS} replications are done already" in errors
    after = {name: (out / "parts" / name).stat().st_mtime_ns for name in parts(out)}
    assert before.items() <= after.items(), "finished seasons were run again"
    assert_same(out, undisturbed)


def test_a_fire_that_breaks_stops_nothing_and_is_tried_again(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, whole = tmp_path / "store", task.Bench.fire

    def breaks(self, season, days, start, free_s):
        if season == 1 and start.number == 0 and len(self.run.plan.teams) == 2:
            raise ZeroDivisionError("made to break")
        return whole(self, season, days, start, free_s)

    monkeypatch.setattr(task.Bench, "fire", breaks)
    assert seasons.main(out, 1, SEASONS) == 1
    said = capsys.readouterr()
    assert "1 of 6 replications failed" in said.err and "fire 0 of the season broke: ZeroDivisionError" in said.err
    assert "1 fires broke" in said.out and len(parts(out)) == TASKS
    (failure,) = (json.loads(path.read_text()) for path in (out / "failed").glob("*.json"))
    assert (failure["replication"], failure["design"]) == (1, {"plan": "two"})
    assert "made to break" in failure["traceback"]
    told = json.loads((out / "season.json").read_text())
    two = told["points"][0]
    ((fires,),) = ask(f"select count(*) from '{out}/fires.parquet' where design = 'two'")
    ((all_fires,),) = ask(f"select count(*) from '{undisturbed}/fires.parquet' where design = 'two'")
    assert fires == all_fires - 1 == two["fires"]
    assert (two["failed_fires"], two["whole_seasons"], two["seasons"]) == (1, SEASONS - 1, SEASONS)
    # the season that lacks a fire counts in no sum
    assert two["kpis"]["fire.damage_permille"]["n"] == SEASONS - 1 and told["points"][1]["failed_fires"] == 0
    burned = next(kpi for kpi in told["comparison"]["kpis"] if kpi["key"] == "season.burned_ha")
    assert burned["comparisons"][0]["diff_n"] == SEASONS - 1
    monkeypatch.setattr(task.Bench, "fire", whole)
    assert seasons.main(out, 1, SEASONS) == 0
    assert_same(out, undisturbed)


def test_more_seasons_are_added_to_those_there_are(undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "store"
    assert seasons.main(out, 1, SEASONS - 1) == 0
    before = {name: (out / "parts" / name).stat().st_mtime_ns for name in parts(out)}
    assert seasons.main(out, 1, SEASONS) == 0
    after = {name: (out / "parts" / name).stat().st_mtime_ns for name in parts(out)}
    assert before.items() <= after.items() and len(after) == TASKS
    assert_same(out, undisturbed)


def test_plans_meet_the_same_fires(undisturbed: Path) -> None:
    rows = ask(f"""
        select a.season, a.fire, a.day = b.day and a.hour = b.hour and a.x = b.x and a.y = b.y
               and a.wind_mps = b.wind_mps and a.humidity_pct = b.humidity_pct and a.alarm_min = b.alarm_min,
               a.burned_ha, b.burned_ha
        from '{undisturbed}/fires.parquet' a join '{undisturbed}/fires.parquet' b using (season, fire)
        where a.design = 'two' and b.design = 'one'""")
    assert rows and all(row[2] for row in rows)
    assert sum(row[4] for row in rows) >= sum(row[3] for row in rows)


def test_the_tables_agree_with_each_other(undisturbed: Path) -> None:
    told = json.loads((undisturbed / "season.json").read_text())
    for n, at in enumerate(told["points"]):
        fires = columns(f"select * from '{undisturbed}/fires.parquet' where design = '{at['label']}'")
        results = columns(f"select * from '{undisturbed}/results.parquet' where plan = '{at['label']}'")
        kpis = at["kpis"]
        assert kpis["season.burned_ha"]["mean"] == pytest.approx(fires["burned_ha"].sum() / SEASONS)
        forest_ha = at["forest_km2"] * 100.0
        rate = 1000.0 * fires["damaged_forest_ha"].sum() / SEASONS / forest_ha
        assert kpis["fire.damage_permille"]["mean"] == pytest.approx(rate) and rate > 0.0
        assert results["fire.damage_permille"].mean() == pytest.approx(rate)
        assert at["escaped"]["escaped"] == int(fires["escaped"].sum())
        villages = columns(f"select * from '{undisturbed}/villages.parquet' where design = '{at['label']}'")
        assert villages["damaged_forest_ha_a_year"].sum() == pytest.approx(fires["damaged_forest_ha"].sum() / SEASONS)
        assert villages["loss_yuan_a_year"].sum() == pytest.approx(kpis["season.loss_yuan"]["mean"])
        with np.load(undisturbed / "maps" / f"{n:03d}.npz") as shown:
            chance, cell_m = shown["burn_probability"], float(shown["cell_m"])
        # a cell that burns twice in a season counts once in its chance, twice in burned area
        assert 0 < chance.sum() * cell_m**2 / 1e4 <= kpis["season.burned_ha"]["mean"] * (1.0 + 1e-6)
        assert set(np.round(chance * SEASONS).astype(int).ravel()) <= set(range(SEASONS + 1))


def test_reports_need_nothing_beside_them(undisturbed: Path) -> None:
    html = (undisturbed / "report.html").read_text(encoding="utf-8")
    assert html.count("data:image/png;base64,") == 6 and "http" not in html.replace("http-equiv", "")
    assert "Damage rate against the target" in html and "Plans against each other" in html


def test_json_is_all_that_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = season_verb(seasons.words(1), swept=[], compose=seasons.compose, out=tmp_path / "store", jobs=1, json_=True)
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert code == 0 and told["comparison"] is None and told["seasons"] == 1
    assert all(Path(path).exists() for path in told["files"])
    assert told["points"][0]["kpis"]["fire.damage_permille"]["ci95"] is None


@pytest.mark.skipif(os.name != "posix", reason="kills with a signal")
def test_a_chinese_report_is_chinese(tmp_path: Path) -> None:
    from tests.seasons import run_settings

    def chinese(words: list[str]):
        return run_settings(2).model_copy(update={"lang": "zh"})

    assert season_verb(seasons.words(1), swept=[], compose=chinese, out=tmp_path / "store", jobs=1) == 0
    html = (tmp_path / "store/report.zh.html").read_text(encoding="utf-8")
    assert "风险四色图" in html and "森林火灾季" in html
    assert (tmp_path / "store/figures/risk-00.zh.png").exists()
