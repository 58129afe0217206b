"""The report is one file that needs nothing else, every figure with its unit, in one language."""

from __future__ import annotations

import html
import io
import json
import re
from pathlib import Path

import pytest

from tests.runfolders import make_run_folder
from viz.folder import RunFolder
from viz.report import report_verb
from viz.scorecard import terminal_scorecard, value_text, verdict
from viz.words import Words

KEPT_ENGLISH = {"Sandtable", "python", "numpy", "UTC", "MB", "forest", "fire", "default", "baseline", "h",
                "Newell"}
"""Names of software, of models and of settings, which stay as they are in Chinese."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run_folder(tmp_path_factory.mktemp("runs") / "run", with_traffic=True)


@pytest.fixture(scope="module")
def english(run: Path) -> str:
    return report_verb(run, lang="en").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def chinese(run: Path) -> str:
    return report_verb(run, lang="zh").read_text(encoding="utf-8")


def _visible(page: str) -> str:
    """Return what a reader sees: no style, keys, settings, nor tags."""
    page = re.sub(r"<(style|pre|code)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page)))


def test_report_files_are_named_by_language_and_leave_no_temporary(
    run: Path, english: str, chinese: str
) -> None:
    assert (run / "report.html").read_text(encoding="utf-8") == english
    assert (run / "report.zh.html").read_text(encoding="utf-8") == chinese
    assert len(list((run / "figures").glob("*.png"))) == 22
    assert not list(run.rglob("*.tmp"))


def test_nothing_is_fetched_from_elsewhere(english: str, chinese: str) -> None:
    for page in (english, chinese):
        assert re.findall(r"(?:src|href)=\"(?!data:)[^\"]*\"", page) == []
        assert "http://" not in page
        assert "https://" not in page
        assert "<script" not in page


def test_a_chinese_report_has_no_english_left(chinese: str) -> None:
    words = set(re.findall(r"[A-Za-z]{2,}", _visible(chinese)))
    assert words - KEPT_ENGLISH == set()


def test_an_english_report_has_no_chinese_left_but_sources(english: str) -> None:
    visible = _visible(english).replace("试验编造", "")
    assert re.findall(r"[\u4e00-\u9fff]+", visible) == []


def test_every_kpi_is_told_with_its_value_target_and_verdict(run: Path, english: str) -> None:
    visible = _visible(english)
    for row in json.loads((run / "kpis.json").read_text(encoding="utf-8")):
        assert row["name"] in visible
        assert row["definition"] in visible
    assert "MISSED Alarm to first team on scene" in visible
    assert "67 min ≤ 30 min" in visible
    assert "1,284 ha" in visible


def test_the_lead_is_told_from_the_events(english: str, chinese: str) -> None:
    assert "13:05: fire starts near Yunding Forest Park." in _visible(english)
    assert "first, Shiqiao militia squad, 1 h 07 min after the alarm" in _visible(english)
    assert "指挥中心13:15接警，距灾害发生10分钟。" in _visible(chinese)


def test_teams_and_villages_have_their_times(english: str) -> None:
    visible = _visible(english)
    assert "Shiqiao militia squad 13:17 25 min 14:22 1 h 07 min 1 h 05 min 1,400 m" in visible
    assert re.search(r"Huangni 310 13:40 \d\d:\d\d \d+ \d+ \d+", visible)


def test_what_is_not_fact_is_named(english: str, chinese: str) -> None:
    assert "shelter capacity assumption" in _visible(english)
    assert "All in this folder is made up for tests." in _visible(english)
    assert "2条道路未核实" in _visible(chinese)


def test_names_cannot_break_the_page(run: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    manifest["scenario_title"] = "<script>alert(1)</script> & more"
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    page = report_verb(copy, lang="en").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page


@pytest.mark.parametrize(("lang", "badge", "title"), [("en", "MISSED", "Targets: 2 of 4 met"),
                                                      ("zh", "未达标", "目标达成：4项中达标2项")])
def test_the_terminal_scorecard_says_the_same(run: Path, lang: str, badge: str, title: str) -> None:
    from rich.console import Console

    console = Console(width=120, record=True, file=io.StringIO())
    console.print(terminal_scorecard(RunFolder(run).kpis, lang))
    text = console.export_text()
    assert title in text
    assert text.count(badge) == 2
    assert "1,284" in text


def _kpi(**changed: object) -> dict[str, object]:
    return {"key": "k", "name": "K", "name_zh": "指标(日)", "value": None, "unit": "share", "target": 0.9, "op": ">=",
            "met": None, "definition": "A share; none while nobody is.", "definition_zh": "占比", "why": None} | changed


@pytest.mark.parametrize(
    ("row", "standing", "en", "zh"),
    [
        (_kpi(value=0.5, met=False), "missed", "50\xa0%", "50\xa0%"),
        (_kpi(value=0.5, why="run_too_short"), "undecided", "50\xa0% so far", "截至结束50\xa0%"),
        (_kpi(why="run_too_short"), "undecided", "run too short", "时长不足"),
        (_kpi(why="did_not_happen", met=False), "missed", "did not happen", "未发生"),
        (_kpi(why="does_not_apply"), "unknown", "—", "—"),
        (_kpi(target=None, why="did_not_happen"), "none", "did not happen", "未发生"),
        # folders of before say it in the definition only
        (_kpi(), "unknown", "did not happen", "未发生"),
        (_kpi(definition="A share."), "unknown", "—", "—"),
    ],
)
def test_what_did_not_happen_differs_from_what_does_not_apply(
    row: dict[str, object], standing: str, en: str, zh: str
) -> None:
    assert verdict(row) == standing
    assert (value_text(row, Words("en")), value_text(row, Words("zh"))) == (en, zh)


def test_an_undecided_target_is_neither_met_nor_missed(run: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    rows = json.loads((copy / "kpis.json").read_text(encoding="utf-8"))
    rows[2] |= {"met": None, "why": "run_too_short"}
    (copy / "kpis.json").write_text(json.dumps(rows), encoding="utf-8")
    told = _visible(report_verb(copy, lang="en").read_text(encoding="utf-8"))
    assert "The run was too short to tell: Shelters supplied within 12 h." in told
    assert "Missed: Alarm to first team on scene." in told
    assert re.search(r"UNDECIDED Shelters supplied within 12 h .{0,160}66.7 % so far", told)


def test_grades_of_plan_items_are_told_in_both_languages() -> None:
    from viz.report import _of_what

    assert _of_what("plan items graded assumption: 43 of 68", Words("zh")) == "方案中68项里的43项"
    assert _of_what("plan items graded fact: 25 of 68", Words("en")) == "25 of 68 items of the plan"
    assert _of_what("terrain", Words("zh")) == "地形"
    assert _of_what("moon phase", Words("zh")) == "moon phase"
