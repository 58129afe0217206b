"""The replay opened from the disk in a real browser: it plays, scrubs and picks, fetching nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.runfolders import CELL_M, DURATION_S, arrival, make_run_folder
from viz.replay import replay_verb

CHROMIUM = Path("/usr/bin/chromium")
ARGS = ["--no-sandbox", "--disable-background-networking"]
SIZE = {"width": 1280, "height": 800}
EARLY_S, MIDDLE_S, LATE_S = 1200.0, 5400.0, 14400.0
NOT_CHECKED = "not checked: that the replay opens, plays, scrubs and draws in a browser"

sync_api = pytest.importorskip("playwright.sync_api", reason=f"playwright is not installed; {NOT_CHECKED}")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed; {NOT_CHECKED}")


@dataclass
class Opened:
    """An open replay, with what it asked for and complained about."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, Any]:
        return dict(self.page.evaluate("window.sandtable.counts()"))

    def at(self, t_s: float) -> NDArray[np.float64]:
        """Return the page's pixels at a time of the run, shape (height, width, 3)."""
        self.page.evaluate("t => window.sandtable.setTime(t)", t_s)
        return np.asarray(Image.open(io.BytesIO(self.page.screenshot())).convert("RGB"), float)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run_folder(tmp_path_factory.mktemp("runs") / "run", with_traffic=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        yield chromium
        chromium.close()


def open_replay(browser: Any, file: Path, fragment: str = "") -> Opened:
    opened = Opened(browser.new_page(viewport=SIZE))
    opened.page.on("request", lambda request: opened.requests.append(request.url))
    opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.page.on("console", lambda message: opened.complaints.append(message.text)
                   if message.type in ("error", "warning") else None)
    opened.page.goto(file.as_uri() + fragment)
    opened.page.wait_for_function("window.sandtable && (window.sandtable.ready || window.sandtable.error)",
                                  timeout=60_000)
    return opened


@pytest.fixture(scope="module")
def english(browser: Any, run: Path) -> Iterator[Opened]:
    opened = open_replay(browser, replay_verb(run, lang="en"))
    yield opened
    opened.page.close()


def test_it_opens_from_the_disk_without_complaint_or_request(english: Opened) -> None:
    english.at(MIDDLE_S)
    assert english.page.evaluate("window.sandtable.error") is None
    assert english.complaints == []
    outside = [url for url in english.requests if not url.startswith(("file:", "data:", "blob:"))]
    assert outside == []
    assert len([url for url in english.requests if url.startswith("file:")]) == 1


def test_the_slider_moves_people_teams_and_fire(english: Opened) -> None:
    seen = []
    for t in (EARLY_S, MIDDLE_S, LATE_S):
        english.page.evaluate(
            "t => { const s = document.getElementById('slider'); s.value = t;"
            " s.dispatchEvent(new Event('input')); }",
            t,
        )
        assert english.page.evaluate("window.sandtable.time") == t
        seen.append(english.counts())
    early, middle, late = seen
    assert early["dots"] == {"home": 300, "moving": 0, "safe": 0, "stranded": 0, "dead": 0}
    assert middle["dots"]["moving"] > 100
    assert late["dots"] == {"home": 0, "moving": 0, "safe": 294, "stranded": 6, "dead": 0}
    assert early["movers_out"] == 4
    assert 0 < early["hazard_cells"] < middle["hazard_cells"] < late["hazard_cells"]
    reached = int((np.rint(arrival()) <= LATE_S + 59).sum())
    assert late["hazard_cells"] == pytest.approx(reached, abs=2)
    burned = float((arrival() <= LATE_S).sum()) * CELL_M**2 / 1e4
    assert late["series"]["forest_fire.burned_ha"] == pytest.approx(burned, abs=0.06)


def test_the_picture_is_not_blank_and_changes_with_time(english: Opened) -> None:
    early, middle, late = (english.at(t)[54:716, :950] for t in (EARLY_S, MIDDLE_S, LATE_S))
    for picture in (early, middle, late):
        assert picture.std(axis=(0, 1)).min() > 12
    assert (np.abs(late - early).max(axis=2) > 40).mean() > 0.03
    hot = (middle[:, :, 0] > 200) & (middle[:, :, 2] < 60)
    assert hot.sum() > 500
    assert ((early[:, :, 0] > 200) & (early[:, :, 2] < 60)).sum() < hot.sum()
    blue = (np.abs(middle - np.array([0, 90, 178])).max(axis=2) < 12).sum()
    assert blue > 200
    assert (np.abs(late - np.array([0, 90, 178])).max(axis=2) < 12).sum() < blue


def test_play_runs_on_and_pause_stops(english: Opened) -> None:
    english.at(EARLY_S)
    english.page.keyboard.press("Space")
    english.page.wait_for_function("t => window.sandtable.time > t + 60", arg=EARLY_S)
    assert english.page.evaluate("window.sandtable.playing")
    english.page.click("#play")
    stopped = english.page.evaluate("window.sandtable.time")
    english.page.wait_for_timeout(200)
    assert english.page.evaluate("window.sandtable.time") == stopped
    assert not english.page.evaluate("window.sandtable.playing")


def test_it_stops_at_the_end_and_plays_again_from_the_start(english: Opened) -> None:
    english.at(DURATION_S - 30)
    english.page.evaluate("window.sandtable.play()")
    english.page.wait_for_function("!window.sandtable.playing")
    assert english.page.evaluate("window.sandtable.time") == DURATION_S
    english.page.evaluate("window.sandtable.play()")
    english.page.evaluate("window.sandtable.pause()")
    assert english.page.evaluate("window.sandtable.time") < DURATION_S / 2


def test_keys_step_and_an_event_jumps(english: Opened) -> None:
    english.at(3600)
    english.page.keyboard.press("ArrowRight")
    english.page.keyboard.press("Shift+ArrowLeft")
    assert english.page.evaluate("window.sandtable.time") == 3600 + 60 - 600
    english.page.get_by_role("button", name="Qingshi ordered to evacuate").click()
    assert english.page.evaluate("window.sandtable.time") == 3300
    english.page.wait_for_function("document.getElementById('clock').textContent === '13:55'")
    english.page.click("#next")
    assert english.page.evaluate("window.sandtable.time") > 3300


def test_a_village_and_a_team_say_who_they_are(english: Opened) -> None:
    english.page.evaluate("window.sandtable.fit('hazard')")
    english.at(LATE_S)
    box = english.page.locator("#map").bounding_box()
    for key, told in (
        ("v-huangni", ["Huangni", "310 residents", "ordered out at 13:40", "left home", "reached"]),
        ("t-linkou", ["Linkou militia squad", "working"]),
    ):
        x, y = english.page.evaluate("id => window.sandtable.whereIs(id)", key)
        english.page.mouse.move(box["x"] + x, box["y"] + y)
        english.page.wait_for_selector("#tip:visible")
        tip = english.page.inner_text("#tip")
        assert [words for words in told if words not in tip] == []


def test_queues_stand_where_the_run_says_and_grow_and_go(english: Opened, run: Path) -> None:
    with np.load(run / "traffic.npz") as file:
        times, standing = file["t_s"], file["queue"].sum(axis=1)
    seen = []
    for k in range(len(times)):
        english.page.evaluate("t => window.sandtable.setTime(t)", float(times[k]))
        seen.append(english.counts()["queued"])
    assert seen == standing.tolist()
    assert max(seen) > 100 > seen[0]
    english.page.evaluate("window.sandtable.fit('county')")
    worst, last = (english.at(t)[54:716, :950] for t in (float(times[standing.argmax()]), DURATION_S))
    filled = np.array([241, 105, 19])                      # a quarter to half full
    assert (np.abs(worst - filled).max(axis=2) < 10).sum() > 60
    assert (np.abs(last - filled).max(axis=2) < 10).sum() < 10


def test_buses_are_told_from_teams(english: Opened) -> None:
    english.page.evaluate("window.sandtable.fit('county')")
    english.at(5600)
    assert english.counts()["buses_out"] == 2
    box = english.page.locator("#map").bounding_box()
    x, y = english.page.evaluate("window.sandtable.whereIs('bus-1')")
    english.page.mouse.move(box["x"] + x, box["y"] + y)
    english.page.wait_for_selector("#tip:visible")
    assert english.page.inner_text("#tip").split("\n") == ["Bus 1", "boarding or letting out"]
    english.page.click("#legend summary")
    keys = english.page.inner_text("#keys").split("\n")
    assert [key for key in ("bus", "vehicles standing in queue: darker, the fuller the road",
                            "bottleneck by rank (dark while queued)") if key not in keys] == []
    english.page.click("#legend summary")


def test_the_list_of_bottlenecks_leads_to_each_at_its_worst(english: Opened, run: Path) -> None:
    import json

    rows = json.loads((run / "evacuation.json").read_text("utf-8"))["bottlenecks"]
    english.page.click("#tabs [data-key=jams]")
    assert english.page.locator("#jams li").count() == len(rows)
    assert not english.page.locator("#events").is_visible()
    english.page.locator("#jams button").nth(1).click()
    assert english.page.evaluate("window.sandtable.time") == rows[1]["worst_s"]
    assert english.page.evaluate("window.sandtable.whereIs('bottleneck-2')") is not None
    tip = english.page.inner_text("#tip")
    assert "2. Between Linkou and Qingshi" in tip
    assert "107 vehicles standing now" in tip
    assert "89 vehicle-hours lost" in tip
    english.page.keyboard.press("Escape")
    english.page.click("#tabs [data-key=ticker]")
    assert english.page.locator("#events").is_visible()


def test_zoom_keeps_the_point_under_the_mouse_and_fit_brings_the_fire_back(english: Opened) -> None:
    english.page.mouse.move(1000, 700)
    english.page.evaluate("window.sandtable.fit('hazard')")
    before = english.at(LATE_S)
    english.page.mouse.move(500, 400)
    english.page.mouse.wheel(0, -400)
    english.page.wait_for_timeout(100)
    nearer = english.at(LATE_S)
    assert (np.abs(nearer - before).max(axis=2) > 30).mean() > 0.1
    english.page.mouse.down()
    english.page.mouse.move(620, 460, steps=4)
    english.page.mouse.up()
    english.page.click("#fit-hazard")
    english.page.mouse.move(1000, 700)
    again = english.at(LATE_S)
    assert (np.abs(again - before).max(axis=2) > 30).mean() < 0.002


def test_the_chinese_page_is_chinese(browser: Any, run: Path) -> None:
    opened = open_replay(browser, replay_verb(run, lang="zh"))
    picture = opened.at(MIDDLE_S)
    text = opened.page.inner_text("body")
    for words in (
        "试验县：云顶森林公园火灾",
        "当前态势",
        "转移途中",
        "接警后1:15",
        "2026年4月4日",
        "石桥民兵排到场",
    ):
        assert words in text
    assert [word for word in ("Events", "Speed", "Legend", "moving") if word in text] == []
    assert picture.std() > 20
    assert opened.complaints == []
    opened.page.close()


def test_a_browser_that_cannot_inflate_gets_the_same_run(browser: Any, run: Path, english: Opened) -> None:
    opened = open_replay(browser, replay_verb(run, lang="en"), "#inflate=own&t=5400")
    assert opened.page.evaluate("window.sandtable.time") == MIDDLE_S
    english.at(MIDDLE_S)
    assert opened.counts() == english.counts()
    opened.page.close()


def test_a_broken_page_says_so(browser: Any, run: Path, tmp_path: Path) -> None:
    page = replay_verb(run, lang="en").read_text(encoding="utf-8")
    at = page.index('id="arrays">') + len('id="arrays">')
    broken = tmp_path / "broken.html"
    broken.write_text(page[:at] + "AAAA" + page[at + 400:], encoding="utf-8")
    opened = open_replay(browser, broken)
    assert "This browser cannot show the replay" in opened.page.inner_text("#note")
    opened.page.close()
