"""Toy task functions that stand in for a simulation in tests of studies: importable by worker processes."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

from experiments.tasks import Kpis
from sim.random import Streams

PAUSE = "SANDTABLE_TEST_PAUSE_S"
"""Environment variable: seconds a toy task takes."""
KILL = "SANDTABLE_TEST_KILL"
"""Environment variable: folder; the tasks whose names (crew-replication) lie in it kill their worker.

A file that holds ``once`` is taken away first, so that the next attempt goes through.
"""


def toy(settings_json: str, replication: int, paths: tuple[str, ...], world_dir: str | None) -> Kpis:
    """Return KPIs that depend on settings, seed and replication only, with noise shared between plans."""
    settings = json.loads(settings_json)
    crew = settings["plan"]["teams"][0]["crew"]
    time.sleep(float(os.environ.get(PAUSE, "0")))
    if folder := os.environ.get(KILL):
        _maybe_die(Path(folder) / f"{crew}-{replication}")
    stream = Streams(settings["seed"], replication).of("toy")
    arrival = stream.normal(0, 0, 40.0, 10.0) - 0.5 * crew + stream.normal(1, crew, 0.0, 1.0)
    return {
        "coverage.residents_30min": min(1.0, crew / 60),
        "arrival.first_min": arrival,
        "casualties.dead": float(stream.u01(2) < 0.1),
        "evacuation.clear_p90_min": arrival + 60 if stream.u01(3) < 0.7 else None,
    }


def failing(settings_json: str, replication: int, paths: tuple[str, ...], world_dir: str | None) -> Kpis:
    """As :func:`toy`, but replication 1 breaks."""
    if replication == 1:
        raise ZeroDivisionError("a fault planted by the test")
    return toy(settings_json, replication, paths, world_dir)


def refusing(settings_json: str, replication: int, paths: tuple[str, ...], world_dir: str | None) -> Kpis:
    """Refuse every input."""
    from sim.errors import InputError

    raise InputError("no such place in the county", value="nowhere", where="plan.camps.0.place")


def passing_fault(
    settings_json: str, replication: int, paths: tuple[str, ...], world_dir: str | None
) -> Kpis:
    """As :func:`toy`, but the first attempt at each task meets an I/O error; needs the folder of KILL."""
    mark = Path(os.environ[KILL]) / f"tried-{replication}"
    if not mark.exists():
        mark.touch()
        raise OSError("disk busy")
    return toy(settings_json, replication, paths, world_dir)


def _maybe_die(mark: Path) -> None:
    if mark.exists():
        if mark.read_text() == "once":
            mark.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
