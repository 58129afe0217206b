"""A run folder is read as it was written; one missing, not whole or broken is refused in one message."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from sim.errors import InputError
from tests import runfolders
from viz.facts import RunFacts, _readable
from viz.folder import RunFolder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return runfolders.make_run_folder(tmp_path_factory.mktemp("runs") / "run")


def test_what_was_written_is_read(run: Path) -> None:
    folder = RunFolder(run)
    assert folder.grid == (runfolders.X0_M, runfolders.Y0_M, runfolders.CELL_M, runfolders.NY, runfolders.NX)
    assert np.array_equal(folder.layer("forest_fire.arrival_s"), runfolders.arrival())
    assert [row["key"] for row in folder.arrivals] == ["forest_fire.arrival_s"]
    assert f"{folder.clock(900):%H:%M%z}" == "13:15+0800"
    assert folder.series["t_s"][-1] == runfolders.DURATION_S
    assert {event["kind"] for event in folder.events(["alarm", "delivery"])} == {"alarm", "delivery"}
    assert folder.events(["delivery"])[0]["detail"] == {"packs": 200}


def test_facts_follow_from_events(run: Path) -> None:
    facts = RunFacts(RunFolder(run), "zh")
    first = facts.teams[0]
    assert (first.id, first.name_zh) == ("t-shiqiao", "石桥民兵排")
    assert first.ordered_s == runfolders.ALARM_S + 120
    assert first.since(facts.alarm_s) == pytest.approx((120 + 1500 + 2400) / 60)
    assert first.line_m == 1400.0
    assert len(facts.line_built) == 4
    assert facts.target("arrival.first_min") == 30.0
    assert facts.target("evacuation.left") is None


def test_villages_add_up_to_all_who_left(run: Path) -> None:
    facts = RunFacts(RunFolder(run), "en")
    sums = facts.people_by_kind
    assert sum(v.left for v in facts.villages) == sums["departed"]
    assert sum(v.safe for v in facts.villages) == sums["sheltered"]
    assert sum(v.stranded for v in facts.villages) == sums["stranded"] == sums["departed"] - sums["sheltered"]
    assert [v.ordered_s for v in facts.villages] == [1500.0, 2400.0, 3300.0]


def test_departures_without_a_village_go_to_the_nearest(run: Path) -> None:
    facts = RunFacts(RunFolder(run), "en")
    facts.moves.place[facts.moves.of_kinds("departed")] = -1
    whole = RunFacts(RunFolder(run), "en")
    assert [v.left for v in facts.villages] == [v.left for v in whole.villages]


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such run folder") as caught:
        RunFolder(tmp_path / "nowhere")
    assert "sandtable run" in caught.value.problem.mend


def test_a_folder_without_a_manifest_is_no_run_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not a run folder: it has no manifest\.json"):
        RunFolder(tmp_path)


@pytest.mark.parametrize("name", ["kpis.json", "series.csv", "events.parquet", "tracks.npz", "layers.npz"])
@pytest.mark.parametrize("how", ["missing", "broken"])
def test_a_file_missing_or_broken_is_named(run: Path, tmp_path: Path, name: str, how: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    if how == "missing":
        (copy / name).unlink()
    else:
        (copy / name).write_bytes(b"")
    folder = RunFolder(copy)
    read = {
        "kpis.json": lambda: folder.kpis,
        "series.csv": lambda: folder.series,
        "events.parquet": folder.events,
        "tracks.npz": lambda: folder.tracks,
        "layers.npz": lambda: folder.grid,
    }[name]
    with pytest.raises(InputError) as caught:
        read()
    problem = caught.value.problem
    assert problem.value == name
    assert problem.where == str(copy)
    assert ("a file is missing" if how == "missing" else "broken") in problem.what


def test_an_unknown_layer_is_refused_with_the_known_ones(run: Path) -> None:
    with pytest.raises(InputError) as caught:
        RunFolder(run).layer("forest_fire.depth_m")
    assert "forest_fire.arrival_s" in caught.value.problem.allowed


@pytest.mark.parametrize(("name", "read"), [
    ("shelter-maotian-05", "Shelter Maotian 05"), ("depot-maotian truck 1", "Depot Maotian Truck 1"),
    ("Maotian-V05", "Maotian-V05"), ("Shiqiao Hall", "Shiqiao Hall"), ("石桥中学", "石桥中学")])
def test_ids_in_place_of_names_are_made_readable(name: str, read: str) -> None:
    assert _readable(name) == read


def test_people_are_counted_as_they_arrived_else_as_traced(run: Path) -> None:
    facts = RunFacts(RunFolder(run), "en")
    facts.moves.said[facts.moves.of_kinds("departed")] = np.nan
    assert facts.people_by_kind["departed"] == RunFacts(RunFolder(run), "en").people_by_kind["departed"]
