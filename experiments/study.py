"""A study: design points times replications, run on the engine into a store, and picked up after a stop."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments.console import Stages, say
from experiments.engine import Outcome, Work, outcomes
from experiments.store import Store
from experiments.tasks import (
    Point,
    Task,
    canonical_digest,
    code_digest,
    library_versions,
    prepare_world,
    simulate,
    tasks_of,
)
from sim.errors import SandtableError

TaskFunction = Callable[[str, int, tuple[str, ...], str | None], Any]
"""Of (settings as JSON, replication, hazard paths, World's folder): :func:`experiments.tasks.simulate`.

It returns what the study's store commits: KPIs by key for a plain one.
"""
Prepare = Callable[[Point, dict[str, str | None]], str | None]
"""Of (design point, folders by county already seen): :func:`experiments.tasks.prepare_world`."""


@dataclass(frozen=True)
class Study:
    """What is to be run: ``kind`` is the verb, ``words`` what it was given, for the manifest and messages."""

    kind: str
    words: Sequence[str]
    points: Sequence[Point]
    replications: int
    hazard_paths: tuple[Path, ...] = ()
    function: TaskFunction = simulate
    store: type[Store] = Store
    prepare: Prepare | None = None
    """What builds a design point's World; None: a simulation's own way, or nothing for another function."""

    @property
    def code(self) -> str:
        """Digest of what the tasks run: the engine's source, or the name of another function."""
        if self.function is simulate:
            return code_digest(self.hazard_paths)
        return canonical_digest([self.function.__module__, "tasks"])

    def tasks(self) -> list[Task]:
        """Return the tasks, in the order of the design."""
        return tasks_of(self.points, self.replications, self.code)

    def manifest(self) -> dict[str, Any]:
        """Return what the store's manifest says of it."""
        return {
            "kind": self.kind, "words": list(self.words), "replications": self.replications,
            "code_sha256": self.code, "versions": library_versions(),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        }


@dataclass
class Finished:
    """A study after its run: its store, the figures by task hash, and the tasks that failed."""

    store: Store
    tasks: Sequence[Task]
    figures: Mapping[str, Mapping[str, float | None]]
    failures: Sequence[Mapping[str, Any]] = field(default_factory=list)

    def kpi_keys(self) -> list[str]:
        """Return the KPI keys, in the order the tasks gave them."""
        done = [self.figures[t.hash] for t in self.tasks if t.hash in self.figures]
        return list(dict.fromkeys(key for figures in done for key in figures))

    def done(self, at: Point) -> int:
        """Return how many replications of a design point are finished."""
        return sum(t.hash in self.figures for t in self.tasks if t.point.index == at.index)

    def column(self, at: Point, key: str) -> list[float | None]:
        """Return a KPI's values at a design point, one a replication; None where it has none."""
        return [self.figures.get(t.hash, {}).get(key) for t in self.tasks if t.point.index == at.index]


def run_study(
    study: Study, out: Path, *, jobs: int = 0, scheduler: str | None = None, quiet: bool = False
) -> Finished:
    """Run what is not done yet of a study and return all of it.

    Raises InputError where ``out`` holds another study, SandtableError where every task refuses its input.
    """
    tasks = study.tasks()
    store = study.store.open(out, tasks, study.manifest())
    pending = store.pending()
    if not quiet and len(pending) < len(tasks):
        say(f"{len(tasks) - len(pending)} of {len(tasks)} replications are done already in {out}")
    refused = _run(study, store, pending, jobs, scheduler, quiet)
    figures = store.figures()
    if refused and not figures:
        raise SandtableError(refused)
    return Finished(store, tasks, figures, store.failures())


def _run(
    study: Study, store: Store, pending: Sequence[Task], jobs: int, scheduler: str | None, quiet: bool
) -> str:
    """Run the pending tasks; return the message of one that refused its input where all of them did."""
    if not pending:
        return ""
    prepare = study.prepare or (prepare_world if study.function is simulate else None)
    worlds = Worlds(prepare if scheduler is None else None)
    paths = tuple(str(path.resolve()) for path in study.hazard_paths)
    by_hash = {task.hash: task for task in pending}

    def arguments(task: Task) -> tuple[Any, ...]:
        return task.point.settings_json, task.replication, paths, worlds.folder(task.point)

    # Built before the workers start, so that they do not all build it at once.
    for at in {task.point.index: task.point for task in pending}.values():
        worlds.folder(at)
    work = [Work(task.hash, lambda task=task: arguments(task)) for task in pending]  # type: ignore[misc]
    stages = Stages(quiet)
    refusals: list[str] = []
    with stages.progress(f"{study.kind}: {len(work)} replications", len(work)) as advance:
        for done, outcome in enumerate(outcomes(study.function, work, jobs=jobs, address=scheduler), start=1):
            _keep(store, by_hash[outcome.key], outcome)
            if outcome.input_error and outcome.error:
                refusals.append(outcome.error)
            advance(done)
    return refusals[0] if len(refusals) == len(work) else ""


def _keep(store: Store, task: Task, outcome: Outcome) -> None:
    if outcome.error is None:
        store.commit(task, outcome.value, outcome.wall_s)
    else:
        store.fail(task, outcome.error, outcome.traceback, outcome.attempts)


class Worlds:
    """The folder of each design point's World; a County that several points share is built once."""

    def __init__(self, prepare: Prepare | None) -> None:
        self.prepare = prepare
        self._of_point: dict[int, str | None] = {}
        self._of_county: dict[str, str | None] = {}

    def folder(self, at: Point) -> str | None:
        """Return the World's folder for a design point; None lets the worker find or build it."""
        if self.prepare is None:
            return None
        if at.index not in self._of_point:
            self._of_point[at.index] = self.prepare(at, self._of_county)
        return self._of_point[at.index]


@contextmanager
def store_folder(out: Path | None) -> Iterator[Path]:
    """Yield the store's folder; a temporary one, taken away afterwards, where none is given."""
    if out is not None:
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="sandtable-") as folder:
        yield Path(folder)


def report_failures(finished: Finished) -> None:
    """Say on stderr which tasks failed and why, a line for each sort of failure."""
    if not finished.failures:
        return
    say(f"{len(finished.failures)} of {len(finished.tasks)} replications failed; the figures leave them out:")
    sorts: dict[str, list[Mapping[str, Any]]] = {}
    for failure in finished.failures:
        sorts.setdefault(str(failure["error"]), []).append(failure)
    for error, of_sort in sorts.items():
        first = of_sort[0]
        where = ", ".join(f"{key}={value}" for key, value in first["design"].items())
        say(f"  {len(of_sort)} x {error.splitlines()[0]} (first: {where} replication={first['replication']})")
    say(f"  tracebacks: {finished.store.path / 'failed'}; the same command tries them again")
