"""What a replay carries is what the run recorded, packed small; it is one page without links."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from sim.random import Streams
from tests import runfolders
from viz.facts import RunFacts
from viz.folder import RunFolder
from viz.moments import moments
from viz.replay import replay_verb
from viz.replay.pack import NEVER, Packer, pack_arrival, simplify
from viz.replay.scene import hazard_series


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return runfolders.make_run_folder(tmp_path_factory.mktemp("runs") / "run")


def unpack(blob: str, table: dict[str, dict[str, Any]]) -> dict[str, NDArray[np.int64]]:
    """Undo what Packer does, as the page's own script does it."""
    raw = np.frombuffer(zlib.decompress(base64.b64decode(blob)), np.uint8).astype(np.uint64)
    out = {}
    for name, row in table.items():
        zigzag = np.zeros(row["n"], np.uint64)
        for plane in range(row["planes"]):
            at = row["at"] + plane * row["n"]
            zigzag |= raw[at:at + row["n"]] << np.uint64(8 * plane)
        steps = (zigzag >> np.uint64(1)).astype(np.int64) ^ -(zigzag & np.uint64(1)).astype(np.int64)
        out[name] = np.cumsum(steps) if row["delta"] else steps
    return out


@given(arrays(np.int32, st.integers(0, 60), elements=st.integers(-(2**31), 2**31 - 1)), st.booleans())
@settings(max_examples=80, deadline=None)
def test_packing_loses_nothing(values: NDArray[np.int32], delta: bool) -> None:
    pack = Packer()
    pack.add("before", np.arange(7))
    pack.add("values", values, delta=delta)
    assert np.array_equal(unpack(pack.blob(), pack.table)["values"], values)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="'big' does not fit 32 bits"):
        Packer().add("big", np.array([2.0**31]))


@pytest.mark.parametrize("duration", [6 * 3600.0, 24 * 3600.0, 10 * 86400.0])
def test_arrival_times_keep_to_half_a_step(duration: float) -> None:
    reached = np.full((40, 50), np.inf, np.float32)
    reached[5:20, 7:30] = np.linspace(0, duration, 15 * 23).reshape(15, 23)
    reached[6, 8] = duration * 1.01
    steps, step, box = pack_arrival(reached, duration)
    assert box == [5, 7, 15, 23]
    assert steps.max() == NEVER
    assert step < duration / 60000 + 1
    cut = reached[5:20, 7:30]
    known = steps != NEVER
    assert not known[1, 1]
    assert np.abs(steps[known] * step - cut[known]).max() <= step / 2 + 0.01


def test_nothing_reached_packs_to_nothing() -> None:
    steps, _, box = pack_arrival(np.full((3, 4), np.inf, np.float32), 3600.0)
    assert steps.size == 0
    assert box == [0, 0, 0, 0]


def test_left_out_waypoints_are_passed_within_the_tolerance() -> None:
    draws = Streams(3).of("tracks")
    n = 400
    t = np.arange(n) * 30.0
    x = np.cumsum([20 + 15 * draws.u01(i) for i in range(n)])
    y = np.cumsum([8 * (draws.u01(i, 1) - 0.5) for i in range(n)])
    keep = simplify(x, y, t, np.array([0, 250, n]), 12.0)
    assert keep[[0, 249, 250, n - 1]].all()
    assert keep.sum() < n / 2
    off = np.hypot(np.interp(t, t[keep], x[keep]) - x, np.interp(t, t[keep], y[keep]) - y)
    assert off.max() <= 12.0 + 1e-9


def _page(path: Path) -> tuple[str, dict[str, Any], dict[str, NDArray[np.int64]]]:
    page = path.read_text(encoding="utf-8")
    scene = json.loads(re.search(r'id="scene">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    blob = re.search(r'id="arrays">(.*?)</script>', page, re.DOTALL)[1]  # type: ignore[index]
    return page, scene, unpack(blob.strip(), scene["arrays"])


def test_the_page_carries_what_the_run_recorded(run: Path) -> None:
    _, scene, arrays_ = _page(replay_verb(run, lang="en"))
    tracks = RunFolder(run).tracks
    assert np.array_equal(arrays_["leg_node"], tracks["leg_node"])
    assert np.abs(arrays_["leg_t"] - tracks["leg_t"]).max() <= 0.5
    assert np.abs(arrays_["mover_x"] - (tracks["mover_x"] - runfolders.X0_M)).max() <= 0.5
    occupancy = arrays_["occupancy"].reshape(len(scene["shelters"]), -1).T
    assert np.array_equal(occupancy, tracks["shelter_occupancy"])
    assert len(arrays_["road_tail"]) == len(tracks["link_tail"]) / 2
    raster = scene["rasters"][0]
    row, col, high, wide = raster["box"]
    cut = runfolders.arrival()[row:row + high, col:col + wide]
    reached = arrays_[raster["array"]].reshape(high, wide)
    assert np.array_equal(reached != NEVER, np.isfinite(cut))
    left = arrays_["village_left"].reshape(-1, scene["villages"]["steps"])
    assert left[:, -1].sum() == RunFacts(RunFolder(run), "en").people_by_kind["departed"]


def test_only_roads_that_ever_queue_are_carried_and_nothing_is_lost(tmp_path: Path) -> None:
    run = runfolders.make_run_folder(tmp_path / "run", with_traffic=True)
    _, scene, arrays_ = _page(replay_verb(run, lang="en"))
    folder = RunFolder(run)
    traffic, tracks = folder.traffic, folder.tracks
    assert traffic is not None
    ever = traffic["queue"].max(axis=0) > 0
    assert scene["queues"] == {"n": int(ever.sum()), "samples": len(traffic["t_s"]), "left_out": 0}
    carried = arrays_["queue"].reshape(scene["queues"]["n"], -1)
    of = {(int(a), int(b)): i for i, (a, b) in enumerate(zip(tracks["link_tail"], tracks["link_head"]))}
    links = [of[int(a), int(b)] for a, b in zip(arrays_["queue_tail"], arrays_["queue_head"])]
    assert sorted(links) == np.flatnonzero(ever).tolist()
    assert np.array_equal(carried.T, traffic["queue"][:, links])
    first, told = scene["jams"][0], (folder.evacuation or {})["bottlenecks"][0]
    assert [links[row] for row in first["rows"]] == told["links"]
    assert first["t"] == told["worst_s"]
    assert [scene["movers"][-1]["sort"], scene["movers"][0]["sort"]] == [2, 0]


def test_the_shortest_queues_go_where_there_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viz.replay.jams.MOST_LINKS", 5)
    run = runfolders.make_run_folder(tmp_path / "run", with_traffic=True)
    _, scene, arrays_ = _page(replay_verb(run, lang="en"))
    traffic = RunFolder(run).traffic
    assert traffic is not None
    longest = np.sort(traffic["queue"].max(axis=0))[::-1]
    assert (scene["queues"]["n"], scene["queues"]["left_out"]) == (5, int((longest > 0).sum()) - 5)
    assert arrays_["queue"].reshape(5, -1).max(axis=1).min() >= longest[5]


def test_a_run_without_traffic_has_no_queues(run: Path) -> None:
    _, scene, arrays_ = _page(replay_verb(run, lang="en"))
    assert (scene["queues"], scene["jams"]) == (None, [])
    assert "queue" not in arrays_


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_needs_nothing_from_elsewhere(run: Path, lang: str) -> None:
    page, _, _ = _page(replay_verb(run, lang=lang))
    assert re.findall(r"(?:src|href)=\"(?!data:)[^\"]*\"", page) == []
    assert re.findall(r"https?://", page) == []
    assert "import(" not in page
    assert "fetch(" not in page
    assert len(page) < 200_000
    assert not list(run.glob("*.tmp"))


def test_a_chinese_page_is_chinese(run: Path) -> None:
    page, scene, _ = _page(replay_verb(run, lang="zh"))
    assert '<html lang="zh-CN">' in page
    assert scene["title"] == "试验县：云顶森林公园火灾"
    assert {row["text"] for row in scene["moments"]} >= {
        "石桥民兵排到场",
        "黄泥村受命转移",
    }
    assert not [row["text"] for row in scene["moments"] if re.search("[A-Za-z]", row["text"])]


def test_moments_are_in_order_and_like_ones_are_told_together(run: Path) -> None:
    rows = moments(RunFacts(RunFolder(run), "en"))
    assert [row["t"] for row in rows] == sorted(row["t"] for row in rows)
    texts = [row["text"] for row in rows]
    together = [text for text in texts if text.startswith("4 teams return: ")]
    assert len(together) == 1
    assert "Linkou militia squad" in together[0]
    assert sum("on scene" in text for text in texts) == 4
    assert any(text.startswith("90 % of all who leave are safe") for text in texts)


def test_names_cannot_end_the_script(run: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    manifest["scenario_title"] = "</script><b>"
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    page, scene, _ = _page(replay_verb(copy, lang="en"))
    assert scene["title"] == "Testshire: </script><b>"
    assert page.count("</script>") == 3


def test_the_same_run_gives_the_same_page(run: Path) -> None:
    assert replay_verb(run, lang="zh").read_bytes() == replay_verb(run, lang="zh").read_bytes()


def test_counters_are_of_known_hazard_series_else_of_each_hazards_first() -> None:
    columns = [
        "t_s",
        "moving",
        "forest_fire.perimeter_km",
        "forest_fire.line_km",
        "leak.area_m2",
        "leak.mass_kg",
    ]
    assert hazard_series(dict.fromkeys(columns)) == ["forest_fire.line_km", "leak.area_m2"]


def test_each_shelter_is_told_its_first_delivery_only(run: Path) -> None:
    facts = RunFacts(RunFolder(run), "en")
    deliveries = facts.of("delivery")
    facts.events.extend({**event, "t_s": event["t_s"] + 3600} for event in deliveries)
    told = [row for row in moments(facts) if row["kind"] == "delivery"]
    assert [row["t"] for row in told] == [event["t_s"] for event in deliveries]
