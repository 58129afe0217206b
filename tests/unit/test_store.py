"""The store: whole parts or none, resume as a set difference, one study a folder, many writers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import duckdb
import pytest

from experiments.store import Store, write_json, write_whole
from experiments.tasks import Point, Task, canonical_digest, task_hash, tasks_of
from sim.errors import InputError

MANIFEST = {"kind": "sweep", "words": ["a=1,2"], "replications": 3, "code_sha256": "c0de"}
NOTE = "'x', \"y\""
OWN = ["task", "point", "replication", "seed", "hash"]


def points(*numbers: int) -> list[Point]:
    return [
        Point(i, {"plan.crew": n, "note": NOTE}, canonical_digest([n]), 7, zlib.compress(b'{"crew": %d}' % n))
        for i, n in enumerate(numbers)
    ]


def tasks(*numbers: int, replications: int = 3) -> list[Task]:
    return tasks_of(points(*numbers), replications, "c0de")


def opened(path: Path, *numbers: int, replications: int = 3, **other: object) -> Store:
    manifest = {**MANIFEST, "replications": replications, **other}
    return Store.open(path, tasks(*numbers, replications=replications), manifest)


def figures(task: Task) -> dict[str, float | None]:
    return {"b.min": task.index * 0.1, "a.dead": None if task.index == 1 else float(task.replication)}


def test_resume_is_a_set_difference(tmp_path: Path) -> None:
    store = opened(tmp_path / "s", 1, 2)
    for task in store.tasks[:4]:
        store.commit(task, figures(task), 1.5)
    again = opened(tmp_path / "s", 1, 2)
    assert [task.index for task in again.pending()] == [4, 5]
    assert again.figures()[store.tasks[1].hash] == {"b.min": 0.1, "a.dead": None}


def test_the_table_does_not_tell_in_which_order_tasks_were_done(tmp_path: Path) -> None:
    one, other = opened(tmp_path / "one", 1, 2), opened(tmp_path / "other", 1, 2)
    for task in one.tasks:
        one.commit(task, figures(task), 1.0)
    for task in reversed(other.tasks):
        other.commit(task, figures(task), 99.0)
    for a, b in zip(one.write_results(), other.write_results()):
        assert a.read_bytes() == b.read_bytes()


def test_the_table_has_design_and_figures(tmp_path: Path) -> None:
    store = opened(tmp_path / "s", 1, 2)
    for task in store.tasks[1:]:
        store.commit(task, figures(task), 1.0)
    parquet, csv = store.write_results()
    rows = duckdb.sql(f"SELECT * FROM '{parquet}'")
    assert rows.columns == [*OWN, "plan.crew", "note", "b.min", "a.dead"]
    assert [row[0] for row in rows.fetchall()] == [1, 2, 3, 4, 5]
    assert rows.fetchall()[0] == (1, 0, 1, 7, store.tasks[1].hash, 1, NOTE, 0.1, None)
    assert csv.read_text(encoding="utf-8").startswith(",".join([*OWN, "plan.crew", "note"]))


def test_a_table_of_nothing_done_is_empty(tmp_path: Path) -> None:
    parquet, _ = opened(tmp_path / "s", 1).write_results()
    assert duckdb.sql(f"SELECT * FROM '{parquet}'").fetchall() == []


def test_not_a_number_is_kept_as_no_value(tmp_path: Path) -> None:
    store = opened(tmp_path / "s", 1)
    store.commit(store.tasks[0], {"x": float("nan"), "y": float("inf"), "z": 1}, 0.0)
    assert store.figures()[store.tasks[0].hash] == {"x": None, "y": None, "z": 1.0}


def test_more_replications_are_the_same_study(tmp_path: Path) -> None:
    store = opened(tmp_path / "s", 1, 2, replications=2)
    for task in store.tasks:
        store.commit(task, figures(task), 1.0)
    more = opened(tmp_path / "s", 1, 2, replications=3)
    assert [(t.point.index, t.replication) for t in more.pending()] == [(0, 2), (1, 2)]
    assert json.loads((tmp_path / "s/manifest.json").read_text())["replications"] == 3


@pytest.mark.parametrize(
    ("numbers", "other", "said"),
    [
        ((1, 3), {}, "settings or design"),
        ((1, 2), {"kind": "compare"}, "the verb"),
        ((1, 2), {"code_sha256": "newer"}, "the engine's source or libraries"),
    ],
)
def test_another_study_is_refused(
    tmp_path: Path, numbers: tuple[int, ...], other: dict[str, object], said: str
) -> None:
    opened(tmp_path / "s", 1, 2)
    with pytest.raises(InputError) as error:
        opened(tmp_path / "s", *numbers, **other)
    assert str(error.value) == (
        f"the store belongs to another study: {said} differ\n  value:   {str(tmp_path / 's')!r}\n"
        "  where:   out\n  allowed: the study it was made by: a=1,2\n"
        "  mend:    give another out=, or repeat the words the store was made with"
    )


@pytest.mark.parametrize("name", ["letter.txt", "manifest.json"])
def test_a_folder_of_something_else_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    with pytest.raises(InputError, match="the folder holds something else than a store"):
        opened(tmp_path, 1)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [name]


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("")
    with pytest.raises(InputError, match="cannot write the store"):
        opened(tmp_path / "s" / "deeper", 1)


def test_a_failure_is_kept_until_the_task_succeeds(tmp_path: Path) -> None:
    store = opened(tmp_path / "s", 1)
    task = store.tasks[2]
    store.fail(task, "ZeroDivisionError: x", "Traceback ...", 1)
    (failure,) = store.failures()
    assert failure["replication"] == 2 and failure["design"]["plan.crew"] == 1
    assert json.loads((tmp_path / "s" / failure["settings"]).read_text()) == {"crew": 1}
    assert task in store.pending()
    store.commit(task, figures(task), 1.0)
    assert store.failures() == [] and not list((tmp_path / "s/failed").iterdir())


def test_nothing_half_written_is_ever_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = opened(tmp_path / "s", 1)

    def power_cut(descriptor: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", power_cut)
        with pytest.raises(KeyboardInterrupt):
            store.commit(store.tasks[0], figures(store.tasks[0]), 1.0)
    assert store.done() == set() and len(store.pending()) == 3
    assert store.write_results()[0].exists()


def test_leftovers_of_the_dead_are_taken_away_and_those_of_the_living_stay(tmp_path: Path) -> None:
    store = opened(tmp_path / "s", 1)
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    ).stdout.strip()
    import socket

    parts = tmp_path / "s/parts"
    left = parts / f".tmp-{socket.gethostname()}-{dead}-abc.parquet"
    mine = parts / f".tmp-{socket.gethostname()}-{os.getpid()}-abc.parquet"
    foreign = parts / ".tmp-elsewhere-1-abc.parquet"
    for path in (left, mine, foreign):
        path.write_bytes(b"PAR1")
    assert len(store.pending()) == 3
    opened(tmp_path / "s", 1)
    assert [path.exists() for path in (left, mine, foreign)] == [False, True, True]


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.unit.test_store import opened, figures
store = opened(Path({path!r}), *range(4), replications=5)
for task in (store.tasks if {forward} else store.tasks[::-1]):
    store.commit(task, figures(task), 1.0)
store.write_results()
"""


def test_two_writers_at_once(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    path = str(tmp_path / "s")
    codes = [WRITER.format(root=root, path=path, forward=way) for way in (True, False)]
    started = [subprocess.Popen([sys.executable, "-c", code]) for code in codes]
    assert [process.wait(60) for process in started] == [0, 0]
    store = opened(tmp_path / "s", *range(4), replications=5)
    assert store.pending() == [] and not list((tmp_path / "s").rglob(".tmp-*"))
    assert store.figures() == {task.hash: figures(task) for task in store.tasks}
    assert len(duckdb.sql(f"SELECT * FROM '{tmp_path / 's/results.parquet'}'").fetchall()) == 20


def test_a_manifest_that_came_first_stays(tmp_path: Path) -> None:
    write_json(tmp_path / "m.json", {"n": 1}, keep=True)
    write_json(tmp_path / "m.json", {"n": 2}, keep=True)
    assert json.loads((tmp_path / "m.json").read_text()) == {"n": 1}
    write_whole(tmp_path / "m.json", b"3")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"3"]


def test_a_task_is_named_by_all_it_is_made_of() -> None:
    one, other = points(1, 2)
    reseeded = Point(0, one.values, one.digest, 8, one.packed)
    names = [
        task_hash(one, 0, "a"), task_hash(other, 0, "a"), task_hash(one, 1, "a"), task_hash(one, 0, "b"),
        task_hash(reseeded, 0, "a"),
    ]
    assert len(set(names)) == len(names)
    assert task_hash(one, 0, "a") == names[0]


def test_canonical_json_does_not_depend_on_order() -> None:
    assert canonical_digest({"a": 1, "b": [1, 2]}) == canonical_digest({"b": [1, 2], "a": 1})
    assert canonical_digest({"b": [2, 1], "a": 1}) != canonical_digest({"b": [1, 2], "a": 1})
