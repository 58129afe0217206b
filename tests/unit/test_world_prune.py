"""The cache of Worlds does not grow for ever: those used least lately go, never one used within a day."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from sim.world.store import KEPT, OLD_S, load_world, save_world, world_digest, worlds_folder
from tests.smallcounty import small_county, small_world


@pytest.fixture
def worlds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SANDTABLE_CACHE", str(tmp_path))
    worlds_folder().mkdir()
    return worlds_folder()


def other(worlds: Path, name: str, age_s: float) -> None:
    (worlds / name).mkdir()
    os.utime(worlds / name, (time.time() - age_s,) * 2)


def test_only_old_worlds_beyond_those_kept_are_removed(worlds: Path) -> None:
    for k in range(KEPT + 3):
        other(worlds, f"old{k:02d}", OLD_S * (2 + k))
    other(worlds, "new", 60.0)
    load_world(small_county())
    # The one just built, the one used today and the youngest of the old ones.
    stay = {world_digest(small_county()), "new", *(f"old{k:02d}" for k in range(KEPT - 2))}
    assert {p.name for p in worlds.iterdir()} == stay


def test_worlds_of_a_day_are_all_kept(worlds: Path) -> None:
    for k in range(2 * KEPT):
        other(worlds, f"new{k:02d}", 60.0 * k)
    load_world(small_county())
    assert len(list(worlds.iterdir())) == 2 * KEPT + 1


def test_opening_a_world_marks_it_as_used(worlds: Path) -> None:
    folder = worlds / world_digest(small_county())
    save_world(small_world(), folder)
    os.utime(folder, (0, 0))
    load_world(small_county())
    assert time.time() - folder.stat().st_mtime < 60
