"""A store: the folder that knows which tasks of a study are done, and their figures.

    manifest.json         what the study is: settings of its points, source, versions, design words
    tasks.parquet         the design: one row a task
    points/DIGEST.json    settings of each design point (``sandtable run --settings`` reads them)
    parts/HASH.parquet    figures of a finished task; its name appearing is the commit
    failed/HASH.json      why a task failed; taken away once it succeeds
    results.parquet|csv   design and figures, one row a finished task, in the order of the design

A file is written under a temporary name, flushed to the disk and renamed, so that a reader sees all of it or
nothing and any number of writers may work in one store: two that finish the same task write the same
figures. Temporary files of a process that died are taken away by the next one on that machine.
"""

from __future__ import annotations

import json
import math
import os
import re
import socket
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from experiments.tasks import Scalar, Task, canonical_digest
from sim.errors import InputError

FORMAT = "sandtable-store/1"
IDENTITY = ("kind", "points_sha256", "code_sha256")
"""Manifest entries that make it this study and no other. More replications are the same study."""
SAID = {
    "kind": "the verb", "points_sha256": "settings or design",
    "code_sha256": "the engine's source or libraries",
}
PART = "hash VARCHAR, position INTEGER, key VARCHAR, value DOUBLE, wall_s DOUBLE"
"""Columns of a part: one row a KPI, in the order the run gave them."""
OWN_COLUMNS = ("task", "point", "replication", "seed", "hash")
TEMPORARY = re.compile(r"^\.tmp-(?P<host>.+)-(?P<pid>\d+)-")
SAFE_KEY = re.compile(r"[^A-Za-z0-9_.\-]")


class Store:
    """An open store; ``tasks`` are those of the study in hand, in the order of the design."""

    def __init__(self, path: Path, tasks: Sequence[Task]) -> None:
        self.path = path
        self.tasks = tuple(tasks)

    @classmethod
    def open(cls, path: Path, tasks: Sequence[Task], manifest: Mapping[str, Any]) -> Store:
        """Open a store, or make it. Raises InputError where the folder holds anything but this study.

        ``manifest`` carries what :data:`IDENTITY` names except ``points_sha256``, which is worked out here.
        """
        points = list({task.point.index: task.point for task in tasks}.values())
        identity = canonical_digest([[dict(p.values), p.digest] for p in points])
        wanted = {"format": FORMAT, **manifest, "points_sha256": identity, "points": len(points)}
        store = cls(path, tasks)
        store._make_folders(wanted)
        store._check(wanted)
        store.clean()
        for at in points:
            target = path / "points" / f"{at.digest[:32]}.json"
            if not target.exists():
                write_whole(target, at.settings_json.encode())
        store._write_design()
        return store

    def done(self) -> set[str]:
        """Return the hashes of all finished tasks, those of other replications included."""
        return {path.stem for path in (self.path / "parts").iterdir()
                if path.suffix == ".parquet" and not path.name.startswith(".")}

    def pending(self) -> list[Task]:
        """Return the tasks still to be done, in the order of the design; failed ones are tried again."""
        done = self.done()
        return [task for task in self.tasks if task.hash not in done]

    def commit(self, task: Task, figures: Mapping[str, float | None], wall_s: float) -> None:
        """Write a finished task's figures; once this returns they survive any crash."""
        keys, numbers = list(figures), [_number(v) for v in figures.values()]
        with duckdb.connect(config={"threads": 1}) as db:
            db.execute(f"CREATE TABLE part ({PART})")
            db.execute(
                "INSERT INTO part SELECT ?, unnest(?::INT[]), unnest(?::VARCHAR[]), unnest(?::DOUBLE[]), ?",
                [task.hash, list(range(len(keys))), keys, numbers, wall_s],
            )
            copy_table(db, "SELECT * FROM part ORDER BY position", self.path / "parts" / f"{task.hash}.parquet")
        (self.path / "failed" / f"{task.hash}.json").unlink(missing_ok=True)

    def fail(self, task: Task, error: str, traceback: str, attempts: int) -> None:
        """Write why a task failed, with its settings' file, seed and replication."""
        record = {
            "task": task.index, "hash": task.hash, "design": dict(task.point.values), "seed": task.point.seed,
            "replication": task.replication, "settings": f"points/{task.point.digest[:32]}.json",
            "error": error, "attempts": attempts, "traceback": traceback,
        }
        write_json(self.path / "failed" / f"{task.hash}.json", record)

    def failures(self) -> list[dict[str, Any]]:
        """Return the failures of the study in hand, in the order of the design."""
        done, found = self.done(), []
        for task in self.tasks:
            path = self.path / "failed" / f"{task.hash}.json"
            if task.hash not in done and path.exists():
                found.append(json.loads(path.read_text(encoding="utf-8")))
        return found

    def figures(self) -> dict[str, dict[str, float | None]]:
        """Return the figures of every finished task of the study: hash -> KPI key -> value."""
        with self._parts() as db:
            rows = db.execute("SELECT p.hash, p.key, p.value FROM part p JOIN design d USING (hash) "
                              "ORDER BY d.task, p.position").fetchall()
        found: dict[str, dict[str, float | None]] = {}
        for name, key, value in rows:
            found.setdefault(name, {})[key] = value
        return found

    def write_results(self) -> tuple[Path, Path]:
        """Write results.parquet and results.csv, one row a finished task; return their paths.

        The same finished tasks give the same bytes, whatever the order in which they were finished.
        """
        paths = self.path / "results.parquet", self.path / "results.csv"
        with self._parts() as db:
            keys = [key for (key,) in db.execute(
                "SELECT key FROM part p JOIN design d USING (hash) GROUP BY key "
                "ORDER BY min(d.task), min_by(p.position, d.task), key").fetchall()]
            own = [column for column, _ in self._columns()]
            pivots = "".join(
                f", max(p.value) FILTER (WHERE p.key = {_text(key)}) AS "
                f"{_name(f'kpi.{key}' if key in own else key)}" for key in keys
            )
            db.execute(f"CREATE TABLE results AS SELECT {', '.join(f'd.{_name(c)}' for c in own)}{pivots} "
                       "FROM design d JOIN part p USING (hash) GROUP BY ALL")
            for path in paths:
                copy_table(db, "SELECT * FROM results ORDER BY task", path)
        return paths

    def clean(self) -> None:
        """Take away temporary files of processes of this machine that no longer live."""
        for folder in (self.path, self.path / "parts", self.path / "failed", self.path / "points"):
            self.clean_folder(folder)

    def clean_folder(self, folder: Path) -> None:
        """Do what :meth:`clean` does in one folder."""
        for path in folder.glob(".tmp-*"):
            named = TEMPORARY.match(path.name)
            if named and named["host"] == _host() and not _alive(int(named["pid"])):
                path.unlink(missing_ok=True)

    def _make_folders(self, wanted: Mapping[str, Any]) -> None:
        manifest = self.path / "manifest.json"
        try:
            if self.path.exists() and not manifest.exists() and any(
                entry for entry in self.path.iterdir()
                if not entry.name.startswith(".tmp-") and entry.name not in ("parts", "failed", "points")
            ):
                raise InputError(
                    "the folder holds something else than a store", value=str(self.path), where="out",
                    allowed="a new or empty folder, or the store of this very study",
                    mend="give another out=",
                )
            for name in ("parts", "failed", "points"):
                (self.path / name).mkdir(parents=True, exist_ok=True)
            if not manifest.exists():
                write_json(manifest, wanted, keep=True)
        except OSError as problem:
            raise InputError(
                f"cannot write the store: {problem.strerror or problem}", value=str(self.path), where="out",
                mend="give an out= that can be written",
            ) from problem

    def _check(self, wanted: Mapping[str, Any]) -> None:
        path = self.path / "manifest.json"
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            found = {}
        if found.get("format") != FORMAT:
            raise InputError(
                "the folder holds something else than a store", value=str(self.path), where="out",
                allowed="a new or empty folder, or the store of this very study", mend="give another out=",
            )
        differ = [SAID[key] for key in IDENTITY if found.get(key) != wanted.get(key)]
        if differ:
            raise InputError(
                f"the store belongs to another study: {', '.join(differ)} differ", value=str(self.path),
                where="out", allowed=f"the study it was made by: {' '.join(found.get('words', []))}",
                mend="give another out=, or repeat the words the store was made with",
            )
        # Newer bookkeeping (more replications) replaces the older one; the identity is the same.
        if found.get("replications") != wanted.get("replications"):
            write_json(path, {**found, "replications": wanted.get("replications")})

    def _columns(self) -> list[tuple[str, str]]:
        """Columns of the design and their types; a design key that is no identifier is kept as it is."""
        own = [("task", "BIGINT"), ("point", "BIGINT"), ("replication", "BIGINT"), ("seed", "BIGINT"),
               ("hash", "VARCHAR")]
        keys = list(dict.fromkeys(key for task in self.tasks for key in task.point.values))
        points = list({task.point.index: task.point for task in self.tasks}.values())
        return own + [(design_column(key), _type([p.values.get(key) for p in points])) for key in keys]

    def _design(self, db: duckdb.DuckDBPyConnection) -> None:
        columns = self._columns()
        own = [(t.index, t.point.index, t.replication, t.point.seed, t.hash) for t in self.tasks]
        rows: list[list[Any]] = [list(column) for column in zip(*own)] or [[] for _ in OWN_COLUMNS]
        for key in dict.fromkeys(key for task in self.tasks for key in task.point.values):
            kind = columns[len(rows)][1]
            rows.append([_cast(task.point.values.get(key), kind) for task in self.tasks])
        db.execute(f"CREATE TABLE design ({', '.join(f'{_name(c)} {kind}' for c, kind in columns)})")
        unnested = ", ".join(f"unnest(?::{kind}[])" for _, kind in columns)
        db.execute(f"INSERT INTO design SELECT {unnested}", rows)

    def _write_design(self) -> None:
        with duckdb.connect(config={"threads": 1}) as db:
            self._design(db)
            copy_table(db, "SELECT * FROM design ORDER BY task", self.path / "tasks.parquet")

    def _parts(self) -> duckdb.DuckDBPyConnection:
        """Return a connection with tables ``design`` and ``part`` (the parts of this study)."""
        db = duckdb.connect(config={"threads": 1})
        self._design(db)
        done = self.done()
        parts = self.path / "parts"
        files = [str(parts / f"{task.hash}.parquet") for task in self.tasks if task.hash in done]
        if files:
            db.execute("CREATE TABLE part AS SELECT * FROM read_parquet(?)", [files])
        else:
            db.execute(f"CREATE TABLE part ({PART})")
        return db


def design_column(key: str) -> str:
    """Return the column of a design key; one that would hide a column of the store's own gets a prefix."""
    return f"design.{key}" if key in OWN_COLUMNS else key


def write_json(path: Path, value: Any, *, keep: bool = False) -> None:
    """Write JSON whole or not at all; with ``keep`` a file that another process put there first stays."""
    write_whole(path, (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode(), keep=keep)


def write_whole(path: Path, content: bytes, *, keep: bool = False) -> None:
    """Write a file whole or not at all: temporary name, flush to disk, rename."""
    temporary = _temporary(path)
    with open(temporary, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _put(temporary, path, keep=keep)


def copy_table(db: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write what a query gives as Parquet or CSV, by the path's suffix, whole or not at all."""
    temporary = _temporary(path)
    form = "FORMAT csv, HEADER" if path.suffix == ".csv" else "FORMAT parquet, COMPRESSION zstd"
    db.execute(f"COPY ({query}) TO {_text(str(temporary))} ({form})")
    with open(temporary, "rb+") as file:
        os.fsync(file.fileno())
    _put(temporary, path)


def _put(temporary: Path, path: Path, *, keep: bool = False) -> None:
    if keep:
        try:
            os.link(temporary, path)  # fails where the file exists, unlike a rename
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            if not path.exists():
                temporary.replace(path)
        temporary.unlink(missing_ok=True)
    else:
        temporary.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _temporary(path: Path) -> Path:
    return path.with_name(f".tmp-{_host()}-{os.getpid()}-{path.name}")


def _host() -> str:
    return SAFE_KEY.sub("_", socket.gethostname())


def _alive(pid: int) -> bool:
    import psutil

    return bool(psutil.pid_exists(pid))


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _type(column: Iterable[Scalar]) -> str:
    kinds = {type(value) for value in column if value is not None}
    if kinds == {bool}:
        return "BOOLEAN"
    if kinds == {int}:
        return "BIGINT"
    return "DOUBLE" if kinds and kinds <= {int, float} else "VARCHAR"


def _cast(value: Scalar, kind: str) -> Scalar:
    return str(value) if kind == "VARCHAR" and value is not None else value


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"
