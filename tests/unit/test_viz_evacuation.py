"""What a planner is told of an evacuation follows from evacuation.json and traffic.npz, in both languages."""

from __future__ import annotations

import html
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.runfolders import make_run_folder
from viz.evacuation import EvacuationFacts
from viz.facts import RunFacts
from viz.figures.road_maps import quarters, queue_moments, roads_view
from viz.folder import RunFolder
from viz.report import report_verb
from viz.words import table


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run_folder(tmp_path_factory.mktemp("runs") / "run", with_traffic=True)


def told(run: Path, lang: str = "en", **changed: Any) -> EvacuationFacts:
    """Return the run's evacuation with parts of its JSON replaced."""
    folder = RunFolder(run)
    folder.__dict__["evacuation"] = dict(json.loads((run / "evacuation.json").read_text("utf-8"))) | changed
    return EvacuationFacts(RunFacts(folder, lang))


def zone(place: str, *, ordered_s: float = 1500.0, left: int = 90, **clear: float | None) -> dict[str, Any]:
    """Return a zone's row: 100 ordered, 95 warned; clearance times not given are not reached."""
    times = {f"p{share}_min": clear.get(f"p{share}") for share in (50, 90, 95, 100)}
    return {"place": place, "ordered_s": ordered_s, "ordered": 100, "warned": 95, "left": left, "safe": 80, **times}


def test_the_lead_says_when_which_zone_where_and_who(run: Path) -> None:
    assert told(run).lead() == [
        "90 % of those who left were safe by 15:13, 1 h 48 min after the first order (half after 1 h 21 min, all: not "
        "reached); 858 of 1,245 residents ordered out left.",
        "The last zone to clear was Linkou: 90 % of those who left it were safe by 15:15, 1 h 51 min after its own "
        "order.",
        "The worst bottleneck is near Shiqiao (village road): 115 vehicle-hours lost, up to 121 vehicles standing, "
        "queued for 1.5 h.",
        "331 of 1,245 residents ordered out were left behind at the end: 158 refused to leave, 77 never warned, 76 "
        "still preparing, 20 had no way out. Another 76 were away at a day place that was not ordered out, and "
        "stayed there.",
    ]


def test_the_lead_in_chinese_has_the_same_figures(run: Path) -> None:
    english, chinese = (set(re.findall(r"\d+", " ".join(told(run, lang).lead()))) for lang in ("en", "zh"))
    assert english ^ chinese == {"50"}                     # "half" in English
    assert told(run, "zh").lead()[2] == "最严重的瓶颈位于石桥镇附近（村道）：延误115车时，最长排队121辆，排队1.5小时。"


def test_a_share_not_reached_is_said_and_comes_last(run: Path) -> None:
    never = told(run, zones=[zone("u-linkou", p50=60.0), zone("u-shiqiao", p50=30.0, p90=900.0), zone("", p50=50.0)])
    assert [z.name for z in never.zones] == ["Linkou", "Shiqiao"]
    lead = never.lead()
    assert lead[0].startswith("Of ")
    assert lead[0].endswith("were safe when the run ended: fewer than 90 % (half of them after: 50 min).")
    assert lead[1] == "Linkou did not clear: when the run ended fewer than 90 % of those who left it were safe."


def test_last_is_by_the_clock_not_by_the_length(run: Path) -> None:
    early, late = zone("u-linkou", p90=120.0), zone("u-shiqiao", ordered_s=9000.0, p90=60.0)
    facts = told(run, zones=[early, late, zone("", p90=1.0)])
    assert facts.zones[0].name == "Shiqiao"


def test_nobody_left_and_nobody_behind_are_said(run: Path) -> None:
    none = told(run, zones=[zone("u-linkou", left=0), zone("", left=0)], left_behind=[], bottlenecks=[])
    assert none.lead() == ["100 residents were ordered out; nobody had left by the end of the run.",
                           "No road lost time worth naming to queues.",
                           "Nobody of the 100 residents ordered out was left behind."]
    assert none.clearance(none.zones[0], 90) == "–"
    assert told(run, zones=[], left_behind=[]).lead() == []


def test_those_away_elsewhere_are_not_left_behind(run: Path) -> None:
    away = told(run, left_behind=[{"zone": "u-linkou", "reason": "absent_day_place", "persons": 40},
                                  {"zone": "u-linkou", "reason": "dead", "persons": 2}])
    assert away.total is not None
    assert (away.total.left_behind, away.zones[0].left_behind) == (2, 2)
    assert away.ranked_reasons() == ["dead", "absent_day_place"]


@pytest.mark.parametrize("cause", ["capacity", "narrows", "merge", "shelter"])
def test_a_bottleneck_says_what_it_calls_for(run: Path, cause: str) -> None:
    row = {"cause": cause, "capacity_vph": 600.0, "entered": 1500,
           "from": "A", "from_zh": "甲", "to": "B", "to_zh": "乙"}
    for lang, hours, where in (("en", "2 h 30 min", "between A and B"), ("zh", "2小时30分", "甲至乙之间")):
        facts = told(run, lang)
        assert hours in facts.meaning(row)
        assert "1,500" in facts.meaning(row)
        assert facts.where(row) == where


def test_fates_unknown_to_the_words_are_told_too(run: Path) -> None:
    fates = told(run, fates={"boarded_a_ship": 5, "held": 1200}).fates()
    assert fates == [("cars held on a closed road", "1,200"), ("boarded a ship", "5")]


def _visible(page: str) -> str:
    page = re.sub(r"<(style|pre|code)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page)))


def test_the_report_has_every_zone_bottleneck_reason_and_label(run: Path) -> None:
    text = _visible(report_verb(run, lang="en").read_text(encoding="utf-8"))
    assert "Linkou 13:25 935 862 570 558 305 1 h 19 min 1 h 51 min 2 h 03 min not reached" in text
    assert "All zones 13:25 1,245 1,168 858 838 331" in text
    for row in json.loads((run / "evacuation.json").read_text("utf-8"))["bottlenecks"]:
        assert f"{row['lost_vehh']:,.0f} {row['max_queue_veh']:,} {row['hours_queued']:.1f}" in text
    assert "Total 158 77 76 20 76 407" in text
    assert "40 % of households know present travel times (assumption)." in text
    assert text.index("90 % of those who left were safe") < text.index("fire starts near")
    assert "turned back at a closed road 14" in text


def test_a_chinese_label_gets_chinese_punctuation(run: Path) -> None:
    assert "40%的住户掌握实时路况（假设）。" in _visible(report_verb(run, lang="zh").read_text(encoding="utf-8"))


def test_a_run_without_traffic_has_none_of_it(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    for name in ("traffic.npz", "evacuation.json"):
        (copy / name).unlink()
    shutil.rmtree(copy / "figures", ignore_errors=True)
    text = _visible(report_verb(copy, lang="en").read_text(encoding="utf-8"))
    assert "people leave home" in text
    assert "Where it jams" not in text
    assert {p.stem for p in (copy / "figures").glob("*.png")}.isdisjoint({"queues", "traffic"})


def test_a_run_with_an_evacuation_but_no_traffic_model_has_no_word_of_jams(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    (copy / "traffic.npz").unlink()
    rows = json.loads((copy / "evacuation.json").read_text("utf-8"))
    (copy / "evacuation.json").write_text(json.dumps(rows | {"bottlenecks": []}), encoding="utf-8")
    text = _visible(report_verb(copy, lang="en").read_text(encoding="utf-8"))
    assert "Who was left, and why" in text
    assert "Where it jams" not in text
    assert "No road lost time" not in text


def test_moments_are_the_worst_then_spread_over_the_jam() -> None:
    queue = np.zeros((40, 2), np.uint16)
    queue[10:30, 0] = 50
    queue[17, 1] = 9
    queue[35, 0] = 1                                       # below a twentieth of the worst
    moments = queue_moments({"queue": queue})
    assert moments[0] == 17
    assert moments[1:] == sorted(moments[1:])
    assert (len(moments), moments[1], moments[-1]) == (6, 10, 29)
    assert queue_moments({"queue": np.zeros((4, 2), np.uint16)}) == []
    assert queue_moments({"queue": np.array([[0], [9]], np.uint16)}) == []
    assert queue_moments({"queue": np.array([[0], [10]], np.uint16)}) == [1]


@pytest.mark.parametrize(("top", "least", "bounds"), [(7000.0, 1.0, [5, 50, 500, 5000]), (30.0, 1.0, [2, 20]),
                                                      (0.05, 0.1, [])])
def test_bands_of_use_are_round(top: float, least: float, bounds: list[float]) -> None:
    assert quarters(np.array([0.0, top]), least) == bounds


def test_the_view_holds_the_roads_and_stays_on_the_raster(run: Path) -> None:
    facts = RunFacts(RunFolder(run), "en")
    traffic = facts.folder.traffic
    assert traffic is not None
    used = traffic["entered"] > 0
    west, east, south, north = roads_view(facts, used)
    t = facts.folder.tracks
    nodes = np.concatenate([t["link_tail"][used], t["link_head"][used]])
    assert west <= t["node_x"][nodes].min() <= t["node_x"][nodes].max() <= east
    assert south <= t["node_y"][nodes].min() <= t["node_y"][nodes].max() <= north
    assert 1 / 1.51 <= (east - west) / (north - south) <= 1.51


def test_every_reason_and_cause_that_a_run_writes_has_words() -> None:
    from agents.population.left_behind import Reason
    from sim.world.classes import RoadClass

    assert [r.name for r in Reason if r != Reason.NONE and f"reason.{r.name.lower()}" not in table()] == []
    assert [k.name for k in RoadClass if f"road.{k.name.lower()}" not in table()] == []
