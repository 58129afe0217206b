"""One run: simulate, measure, and write the run folder whole or not at all."""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import time
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from agents.drill import Drill
from agents.population.transfer_figures import write_transfer_list
from experiments import console
from experiments.assemble import assemble
from experiments.compose import dump_settings, settings_sha256
from experiments.manifest import manifest_of
from experiments.measure import Values, measure
from experiments.record import write_layers, write_series, write_tracks
from experiments.record_traffic import TrafficRecorder, write_traffic_files
from experiments.scoring import counted_from, kpi_rows
from sim.errors import InputError
from sim.settings.root import RunSettings
from sim.world.store import load_world, open_world


class Timer:
    """CPU and wall seconds of the stages of a run."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}
        self._wall = time.perf_counter()
        self._at = time.process_time()

    def lap(self, stage: str) -> None:
        """Book the CPU time since the last lap to a stage."""
        now = time.process_time()
        self.cpu[stage] = self.cpu.get(stage, 0.0) + now - self._at
        self._at = now

    @property
    def wall_s(self) -> float:
        """Wall seconds since the start."""
        return time.perf_counter() - self._wall


def peak_memory_mb() -> float:
    """Return this process's peak memory in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def run_kpis(
    settings: RunSettings, *, hazard_paths: tuple[Path, ...] = (), world_dir: Path | None = None,
) -> Values:
    """Simulate one replication and return its KPIs; writes nothing."""
    world = open_world(world_dir) if world_dir else load_world(settings.county)
    drill = assemble(settings, hazard_paths=hazard_paths, world=world, record=False)
    try:
        drill.run()
        return measure(drill)
    finally:
        drill.close()


def default_folder(settings: RunSettings) -> Path:
    """Return ``runs/COUNTY-SCENARIO-PLAN-seedS-TIME``, with a number where that is taken."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    name = "-".join([settings.county.id, settings.scenario.id.replace("/", "_"),
                     settings.plan.id.replace("/", "_"), f"seed{settings.seed}", stamp])
    folder, number = Path("runs") / name, 2
    while folder.exists():
        folder, number = Path("runs") / f"{name}-{number}", number + 1
    return folder


def simulate_to(
    settings: RunSettings, folder: Path, *, hazard_paths: tuple[Path, ...] = (), quiet: bool = False,
) -> list[dict[str, Any]]:
    """Run and write a run folder; return the KPI rows. An earlier run of that name is replaced whole."""
    stages = console.Stages(quiet=quiet)
    timer = Timer()
    with stages.stage("world"):
        world = load_world(settings.county, progress=None if quiet else console.say)
    timer.lap("world")
    with stages.stage("simulate"):
        drill = assemble(settings, hazard_paths=hazard_paths, world=world)
        recorder = TrafficRecorder.of(drill)
        with stages.progress("simulating", 1.0) as advance:
            drill.run(advance)
        values = measure(drill)
    timer.lap("simulate")
    rows = kpi_rows(settings, values, hazard_paths, counted_from(drill))
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}")
    temporary.mkdir(parents=True)
    try:
        with stages.stage("record"):
            _write(drill, settings, temporary, rows)
            write_traffic_files(drill, recorder, temporary)
            timer.lap("record")
            _dump(temporary / "manifest.json", manifest_of(
                drill, settings, settings_sha256(settings), cpu_s=timer.cpu, wall_s=timer.wall_s,
                peak_mb=peak_memory_mb()))
        _put(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        drill.close()
    return rows


def _write(drill: Drill, settings: RunSettings, folder: Path, rows: list[dict[str, Any]]) -> None:
    (folder / "settings.yaml").write_text(dump_settings(settings), "utf-8")
    _dump(folder / "kpis.json", rows)
    drill.events.write(folder / "events.parquet")
    write_series(drill, folder / "series.csv")
    write_layers(drill, folder / "layers.npz")
    write_tracks(drill, folder / "tracks.npz")
    if drill.transfer.orders:
        write_transfer_list(drill.transfer, folder / "transfer_list.csv")
    with (folder / "commands.jsonl").open("w", encoding="utf-8") as out:
        out.writelines(command.line() + "\n" for command in drill.commands.log)


def _dump(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n", "utf-8")


def _put(temporary: Path, folder: Path) -> None:
    if folder.exists():
        if any(folder.iterdir()) and not (folder / "manifest.json").is_file():
            raise InputError("the folder holds something that is not a run", value=str(folder), where="out",
                             allowed="a new or empty folder, or an earlier run to replace", mend="choose another out=")
        old = folder.with_name(f".{folder.name}.old.{uuid.uuid4().hex[:8]}")
        folder.rename(old)
        temporary.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    else:
        temporary.rename(folder)


def run_verb(
    settings: RunSettings, *, out: Path | None, hazard_paths: tuple[Path, ...], json_: bool, report: bool,
) -> int:
    """Run, write the folder, report and replay, and print the scorecard (or JSON); return the exit code."""
    folder = out or default_folder(settings)
    rows = simulate_to(settings, folder, hazard_paths=hazard_paths, quiet=json_)
    written: dict[str, str] = {"folder": str(folder)}
    if report:
        start = time.process_time()
        from viz.replay import replay_verb
        from viz.report import report_verb

        written["report"] = str(report_verb(folder, lang=settings.lang))
        written["replay"] = str(replay_verb(folder, lang=settings.lang))
        _book_report(folder, time.process_time() - start)
    if json_:
        print(json.dumps({**written, "kpis": rows}, ensure_ascii=False))
        return 0
    from rich.console import Console

    from viz.scorecard import terminal_scorecard

    Console().print(terminal_scorecard(rows, settings.lang))
    for name, path in written.items():
        print(f"{name}: {path}")
    return 0


def _book_report(folder: Path, seconds: float) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest["cpu_s"]["report"] = round(seconds, 3)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    _dump(temporary, manifest)
    temporary.replace(path)
