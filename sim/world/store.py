"""The World on disk: a folder of arrays named by a content hash, built once, memory-mapped read-only."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.kernel_cache import user_cache
from sim.settings.county import County
from sim.world.grid import Grid
from sim.world.world import Place, Places, Roads, World

BUILDERS = (
    "boundary",
    "build",
    "classes",
    "coast",
    "cover",
    "grid",
    "leastcost",
    "names",
    "network",
    "people",
    "projection",
    "roads",
    "streets",
    "terrain",
    "villages",
    "ways",
    "world",
)
"""Modules of ``sim.world`` whose source is part of the hash: other builders, another World."""
HEAD = "world.json"
DIGEST_LENGTH = 24
KEPT = 8
"""Worlds of other facts or builders that are kept, the last used first; each takes some 50 MB."""
OLD_S = 86400.0
"""A World used within this time is kept whatever the number: another process may have it open."""


def world_digest(county: County, coast_folder: Path | None = None) -> str:
    """Return the content hash of a county's World: its facts, its coast file and the builders' source."""
    total = hashlib.sha256(json.dumps(county.model_dump(mode="json"), sort_keys=True).encode())
    total.update(_coast_bytes(county, coast_folder))
    total.update(_builders())
    return total.hexdigest()[:DIGEST_LENGTH]


@lru_cache(maxsize=1)
def _builders() -> bytes:
    total = hashlib.sha256()
    for name in BUILDERS:
        total.update((Path(__file__).parent / f"{name}.py").read_bytes())
    total.update((Path(__file__).parent.parent / "random.py").read_bytes())
    return total.digest()


def _coast_bytes(county: County, coast_folder: Path | None) -> bytes:
    if county.boundary.coast is None:
        return b""
    folder = coast_folder or Path(str(import_module("conf").__file__)).parent / "county"
    path = folder / county.boundary.coast
    return path.read_bytes() if path.is_file() else b""


def worlds_folder() -> Path:
    """Return the folder that holds built Worlds."""
    return user_cache() / "worlds"


def load_world(
    county: County,
    *,
    coast_folder: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> World:
    """Return the county's World from the cache, building it first where it is not there or not whole."""
    digest = world_digest(county, coast_folder)
    folder = worlds_folder() / digest
    world = _try_open(folder)
    if world is not None:
        _mark_used(folder)
        return world
    from sim.world.build import build_world

    say = progress or (lambda stage: None)
    built = build_world(
        county,
        coast_folder=coast_folder,
        digest=digest,
        progress=lambda stage: say(f"building the world of {county.name} (first run only): {stage}"),
    )
    save_world(built, folder)
    _prune(folder)
    return open_world(folder)


def _mark_used(folder: Path) -> None:
    with suppress(OSError):  # a cache that may only be read
        os.utime(folder)


def _prune(newest: Path) -> None:
    """Remove the Worlds beside one that were used least lately, but for KEPT of them and all of a day."""
    used = []
    for folder in newest.parent.iterdir():
        if folder.is_dir() and not folder.name.startswith(".") and folder != newest:
            with suppress(OSError):  # another process may have removed it
                used.append((folder.stat().st_mtime, folder))
    for when, folder in sorted(used)[: max(len(used) - KEPT + 1, 0)]:
        if time.time() - when > OLD_S:
            shutil.rmtree(folder, ignore_errors=True)


def _try_open(folder: Path) -> World | None:
    try:
        return open_world(folder)
    except (OSError, ValueError, KeyError):
        return None


def save_world(world: World, folder: Path) -> None:
    """Write a World as a folder of arrays: to a temporary name, then renamed; a broken one is replaced."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}")
    temporary.mkdir()
    try:
        parts = _parts(world)
        for name, array in parts.items():
            np.save(temporary / f"{name}.npy", np.ascontiguousarray(array))
        head = {
            "county": world.county,
            "digest": world.digest,
            "crs": world.crs,
            "grid": asdict(world.grid),
            "places": [asdict(place) for place in world.places],
            "facts": dict(world.facts),
            "arrays": sorted(parts),
        }
        (temporary / HEAD).write_text(json.dumps(head, ensure_ascii=False), "utf-8")
        _swap(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _swap(temporary: Path, folder: Path) -> None:
    for _ in range(3):
        try:
            temporary.rename(folder)
            return
        except OSError:
            if _try_open(folder) is not None:
                return  # another process was first
            broken = folder.with_name(f".{folder.name}.broken.{uuid.uuid4().hex[:8]}")
            try:
                folder.rename(broken)
            except OSError:
                continue
            shutil.rmtree(broken, ignore_errors=True)
    raise OSError(f"cannot put a world at {folder}")


def _parts(world: World) -> dict[str, NDArray[Any]]:
    parts: dict[str, NDArray[Any]] = {}
    roads = world.roads
    groups: dict[str, Mapping[str, NDArray[Any]]] = {
        "layer": world.layers,
        "node": roads.nodes,
        "link": roads.links,
        "ferry": roads.ferries,
        "person": world.persons,
        "household": world.households,
        "roads": {
            "out_start": roads.out_start,
            "out_link": roads.out_link,
            "in_start": roads.in_start,
            "in_link": roads.in_link,
            "cell_start": roads.cell_start,
            "cell": roads.cell,
        },
    }
    for group, arrays in groups.items():
        for name, array in arrays.items():
            parts[f"{group}.{name}"] = array
    return parts


def open_world(folder: Path) -> World:
    """Return the World in a folder, arrays memory-mapped read-only. Raises OSError when it is not whole."""
    head = json.loads((folder / HEAD).read_text("utf-8"))
    groups: dict[str, dict[str, NDArray[Any]]] = {
        name: {} for name in ("layer", "node", "link", "ferry", "person", "household", "roads")
    }
    for name in head["arrays"]:
        group, _, column = name.partition(".")
        groups[group][column] = _map(folder / f"{name}.npy")
    places = Places([Place(**{**row, "aliases": tuple(row["aliases"])}) for row in head["places"]])
    roads = Roads(groups["node"], groups["link"], groups["ferry"], **groups["roads"])
    return World(
        head["county"],
        head["digest"],
        head["crs"],
        Grid(**head["grid"]),
        groups["layer"],
        places,
        roads,
        groups["person"],
        groups["household"],
        head["facts"],
    )


def _map(path: Path) -> NDArray[Any]:
    array: NDArray[Any] = np.load(path, mmap_mode="r")
    # A plain array over the same pages: kernels are compiled for it once, read-only, and not for memmaps.
    return np.asarray(array).view(np.ndarray)
