"""Worlds on disk: round trip, read-only, named by their facts, rebuilt when broken, safe in a race."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.world.store import load_world, open_world, save_world, world_digest, worlds_folder
from sim.world.world import World
from tests.smallcounty import ROOT, arrays_of, small_county, small_facts, small_world

RACER = """
import sys
from sim.world.store import load_world
from tests.smallcounty import small_county
world = load_world(small_county())
print(world.digest, world.roads.link_count, int(world.persons["age"].sum()))
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SANDTABLE_CACHE", str(tmp_path))
    return tmp_path


def same(one: World, other: World) -> bool:
    first, second = arrays_of(one), arrays_of(other)
    return first.keys() == second.keys() and all(
        first[k].dtype == second[k].dtype and np.array_equal(first[k], second[k]) for k in first
    )


def test_a_saved_world_comes_back_the_same(tmp_path: Path) -> None:
    save_world(small_world(), tmp_path / "w")
    back = open_world(tmp_path / "w")
    assert same(small_world(), back)
    assert list(back.places) == list(small_world().places)
    assert (back.grid, back.crs, back.county, back.digest) == (
        small_world().grid,
        small_world().crs,
        "small",
        "small",
    )
    assert back.facts == small_world().facts
    assert sorted(p.name for p in tmp_path.iterdir()) == ["w"]


def test_an_opened_world_cannot_be_written_to(tmp_path: Path) -> None:
    save_world(small_world(), tmp_path / "w")
    for name, array in arrays_of(open_world(tmp_path / "w")).items():
        assert not array.flags.writeable, name
        if array.size:
            with pytest.raises(ValueError, match="read-only"):
                array.flat[0] = 0


def test_the_digest_follows_the_facts() -> None:
    digest = world_digest(small_county())
    assert digest == world_digest(small_county())
    facts = small_facts()
    facts["units"][0]["residents"] += 1
    others = [
        small_county(seed=8),
        small_county(cell_m=90.0),
        small_county(links=[{**link, "enabled": True} for link in small_facts()["links"]]),
        type(small_county()).model_validate(facts),
    ]
    assert len({digest, *(world_digest(other) for other in others)}) == 5


def test_the_digest_follows_the_coast_file(tmp_path: Path) -> None:
    county = small_county(boundary={"cap_km": 6.0, "coast": "coast.geojson", "source": "made up"})
    (tmp_path / "coast.geojson").write_text("{}")
    first = world_digest(county, tmp_path)
    (tmp_path / "coast.geojson").write_text("{ }")
    assert world_digest(county, tmp_path) != first


def test_a_world_is_built_once_and_then_opened(cache: Path) -> None:
    said: list[str] = []
    first = load_world(small_county(), progress=said.append)
    assert said
    assert all("Small (first run only)" in line for line in said)
    assert [p.name for p in worlds_folder().iterdir()] == [first.digest]
    said.clear()
    assert same(first, load_world(small_county(), progress=said.append))
    assert said == []


@pytest.mark.parametrize("broken", ["person.age.npy", "world.json", "link.tail.npy"])
def test_a_half_deleted_world_is_built_again(cache: Path, broken: str) -> None:
    first = load_world(small_county())
    folder = worlds_folder() / first.digest
    (folder / broken).unlink()
    assert same(small_world(), load_world(small_county()))
    assert (folder / broken).is_file()
    assert [p.name for p in worlds_folder().iterdir()] == [first.digest]


@pytest.mark.parametrize("broken", ["person.age.npy", "world.json"])
def test_a_world_cut_short_is_built_again(cache: Path, broken: str) -> None:
    folder = worlds_folder() / load_world(small_county()).digest
    data = (folder / broken).read_bytes()
    (folder / broken).write_bytes(data[: len(data) // 2])
    assert same(small_world(), load_world(small_county()))


def test_a_world_that_cannot_be_saved_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="No space left"):
        save_world(small_world(), tmp_path / "w")
    assert list(tmp_path.iterdir()) == []


def test_two_processes_that_build_at_once_both_get_the_world(cache: Path) -> None:
    environment = {**os.environ, "SANDTABLE_CACHE": str(cache), "PYTHONPATH": str(ROOT)}
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER],
            cwd=ROOT,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    told = [racer.communicate(timeout=120) for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0], told
    assert told[0][0] == told[1][0]
    digest = world_digest(small_county())
    assert told[0][0].split()[0] == digest
    assert [p.name for p in worlds_folder().iterdir()] == [digest]


def test_the_loser_of_a_race_keeps_the_winners_world(tmp_path: Path) -> None:
    save_world(small_world(), tmp_path / "w")
    before = (tmp_path / "w" / "world.json").stat().st_ino
    save_world(small_world(), tmp_path / "w")
    assert (tmp_path / "w" / "world.json").stat().st_ino == before
    shutil.rmtree(tmp_path / "w")
    (tmp_path / "w").mkdir()
    save_world(small_world(), tmp_path / "w")
    assert same(small_world(), open_world(tmp_path / "w"))
    assert [p.name for p in tmp_path.iterdir()] == ["w"]
