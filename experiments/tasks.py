"""The tasks of a study: one is one replication of one design point, named by all it is made of.

A task's hash is sha256 of (validated settings as canonical JSON, seed, replication, source of the engine,
versions of the libraries that compute). Two tasks of the same hash give the same KPIs, so that what is done
is a set of hashes and going on after a stop is a set difference.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.settings.root import RunSettings

Scalar = bool | int | float | str | None
Kpis = dict[str, float | None]

COMPUTING = ("sim", "agents", "scenarios")
"""Packages whose files make the figures; every file in them counts, tables of parameters too."""
WIRING = ("assemble.py", "measure.py", "run.py", "scoring.py")
"""Modules of ``experiments`` that a run passes through."""
LIBRARIES = ("numpy", "numba", "scipy", "simpy", "mesa")
"""Libraries that compute; another version of one is another experiment."""


@dataclass(frozen=True)
class Point:
    """A design point: its row in the design, its design values, and the settings all its tasks share."""

    index: int
    values: Mapping[str, Scalar]
    digest: str
    seed: int
    packed: bytes
    """The settings as JSON, replication 0, compressed: a county's facts are some 100 kB a point."""

    @property
    def settings_json(self) -> str:
        """The settings as JSON text; ``sandtable run --settings`` reads it."""
        return zlib.decompress(self.packed).decode()


def point(index: int, values: Mapping[str, Scalar], settings: RunSettings) -> Point:
    """Return a design point from composed settings; their replication is set aside."""
    plain = settings.model_copy(update={"replication": 0})
    return Point(index, dict(values), canonical_digest(plain.model_dump(mode="json")), settings.seed,
                 zlib.compress(plain.model_dump_json().encode()))


@dataclass(frozen=True)
class Task:
    """One replication of one design point; ``index`` is its row in the results."""

    index: int
    point: Point
    replication: int
    hash: str


def tasks_of(points: Sequence[Point], replications: int, code: str) -> list[Task]:
    """Return the tasks, design point by design point, replications 0 to ``replications`` - 1 of each.

    ``code`` is :func:`code_digest` of what the tasks run.
    """
    return [
        Task(number * replications + replication, at, replication, task_hash(at, replication, code))
        for number, at in enumerate(points)
        for replication in range(replications)
    ]


def task_hash(at: Point, replication: int, code: str) -> str:
    """Return a task's hash, 32 hexadecimal digits."""
    return canonical_digest([at.digest, at.seed, replication, code])[:32]


def canonical_digest(value: Any) -> str:
    """Return sha256 of a JSON value written in one way only (sorted keys, no spaces, no NaN)."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=8)
def code_digest(hazard_paths: tuple[Path, ...] = ()) -> str:
    """Return sha256 over the source that a run passes through and the versions of what computes."""
    total = hashlib.sha256(json.dumps(library_versions(), sort_keys=True).encode())
    for label, path in _sources(hazard_paths):
        total.update(label.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


@lru_cache(maxsize=1)
def library_versions() -> dict[str, str]:
    """Return the versions of Sandtable and of the libraries that compute."""
    return {name: metadata.version(name) for name in ("sandtable", *LIBRARIES)}


def _sources(hazard_paths: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    for package in COMPUTING:
        for root in _folders(package):
            yield from _files(package, root)
    for root in _folders("conf"):
        # YAML reaches the settings and is hashed there; files that YAML only names (a coast) are not.
        yield from (found for found in _files("conf", root) if found[1].suffix not in (".yaml", ".py"))
    for root in _folders("experiments"):
        yield from ((f"experiments/{name}", root / name) for name in WIRING if (root / name).exists())
    for number, root in enumerate(hazard_paths):
        yield from _files(f"hazard-path-{number}", Path(root))


def _folders(package: str) -> list[Path]:
    spec = util.find_spec(package)
    return [Path(p) for p in (spec.submodule_search_locations or ())] if spec else []


def _files(label: str, root: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in inside.parts):
            yield f"{label}/{inside.as_posix()}", path


def simulate(
    settings_json: str, replication: int, hazard_paths: tuple[str, ...], world_dir: str | None
) -> Kpis:
    """Return the KPIs of one replication. This is what a worker runs; it writes nothing."""
    from experiments.run import run_kpis
    from experiments.scoring import rounded

    settings = _settings(settings_json).model_copy(update={"replication": replication})
    found = run_kpis(
        settings, hazard_paths=tuple(Path(p) for p in hazard_paths),
        world_dir=Path(world_dir) if world_dir else None,
    )
    # With the digits of kpis.json, so that a target is met here where the run says so.
    return {key: rounded(value) for key, value in found.items()}


@lru_cache(maxsize=4)
def _settings(text: str) -> RunSettings:
    from sim.settings.root import RunSettings

    return RunSettings.model_validate_json(text)


def prepare_world(at: Point, known: dict[str, str | None]) -> str | None:
    """Return the folder of a design point's World, built if there is none yet.

    ``known`` keeps the folder of each County already seen, by digest.
    """
    from experiments.console import say
    from sim.world.store import load_world, world_digest, worlds_folder

    county = canonical_digest(json.loads(at.settings_json)["county"])
    if county not in known:
        facts = _settings(at.settings_json).county
        load_world(facts, progress=say)
        known[county] = str(worlds_folder() / world_digest(facts))
    return known[county]
