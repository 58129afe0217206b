"""``sandtable sweep experiment=fire_season``: seasons under each plan, resumable; what they say, told and drawn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments import statistics as st
from experiments.compare import comparison
from experiments.console import Stages, say
from experiments.season.cells import times_finer
from experiments.season.compose import Composer, compose_points
from experiments.season.files import write_fires, write_map, write_villages
from experiments.season.gather import Gathered, gather
from experiments.season.ground import Territory, territory_at, world_at
from experiments.season.kpis import DAMAGE, FAILED, SEASON_KPIS
from experiments.season.results import summary, village_rows
from experiments.season.store import SeasonStore
from experiments.season.task import run_season, settings_of, world_folder
from experiments.store import write_json
from experiments.study import Finished, Study, report_failures, run_study
from experiments.tasks import Point, canonical_digest, code_digest
from scenarios.forest_fire.settings_season import FireSeason
from sim.kpi import KpiSpec
from sim.settings.root import RunSettings
from sim.world.world import World

if TYPE_CHECKING:
    from viz.figures.season_maps import SeasonMap

DEFAULT_FOLDER = "runs"
KIND = "fire season"
MOST_DRAWN = 6
"""Design points of which maps are drawn; tables have them all."""
HERE = Path(__file__).parent


@dataclass(frozen=True)
class SeasonStudy(Study):
    """A study whose tasks are seasons; its code is also what stands in this folder."""

    @property
    def code(self) -> str:
        """Digest of what the tasks run."""
        own = {path.name: path.read_text(encoding="utf-8") for path in sorted(HERE.glob("*.py"))
               if path.stem in COMPUTING}
        return canonical_digest([code_digest(self.hazard_paths), own])


COMPUTING = ("attack", "cells", "forces", "ground", "kpis", "lookout", "merge", "reach", "rows", "task", "water",
             "weather")
"""Modules of this folder that make a season's figures; the others only tell them."""


@dataclass
class Case:
    """A design point with its settings, its World and its seasons."""

    at: Point
    label: str
    run: RunSettings
    experiment: FireSeason
    world: World
    territory: Territory
    gathered: Gathered


def season_verb(
    words: Sequence[str],
    *,
    swept: Sequence[str],
    compose: Composer,
    config_dir: Path | None = None,
    out: Path | None = None,
    hazard_paths: tuple[Path, ...] = (),
    json_: bool = False,
    jobs: int = 0,
    scheduler: str | None = None,
) -> int:
    """Run the seasons, print what they say, and return the exit code: 1 where a fire or a season failed.

    ``words`` set one value each, ``swept`` several; without ``out`` the store lies in runs/, under a name made of
    the design: the same command finds it again.
    """
    from experiments.sweep import grid

    points, settings = compose_points(words, grid(swept), compose, config_dir)
    run, experiment = settings[0]
    folder = out or Path(DEFAULT_FOLDER) / f"season-{canonical_digest([p.digest for p in points])[:10]}"
    if not json_:
        say(f"{len(points)} design points x {experiment.seasons} seasons; store: {folder}")
    study = SeasonStudy("fire season", [*words, *swept], points, max(e.seasons for _, e in settings), hazard_paths,
                        run_season, SeasonStore, _prepare)
    finished = run_study(study, folder, jobs=jobs, scheduler=scheduler, quiet=json_)
    with Stages(json_).stage("results"):
        cases = [_case(finished, at, label, *pair) for at, label, pair in zip(points, labels(points), settings)]
        result = told(finished, cases)
        files = _write(finished, cases, result, folder)
    result["files"] = [str(path) for path in files]
    if json_:
        print(json.dumps(result, ensure_ascii=False))
    else:
        from experiments.season.table import print_season

        print_season(result, run.lang, files)
    report_failures(finished)
    return 1 if finished.failures else 0


def labels(points: Sequence[Point]) -> list[str]:
    """Return a name for each design point: the value where one thing varies, else what varies with its values."""
    out = []
    for at in points:
        keys = list(at.values)
        short = {key: key.rsplit(".", 1)[-1] for key in keys}
        out.append(str(at.values[keys[0]]) if len(keys) == 1 else
                   ", ".join(f"{short[key]}={at.values[key]}" for key in keys) or "plan")
    return out


def told(finished: Finished, cases: Sequence[Case]) -> dict[str, Any]:
    """Return everything the seasons say, as JSON: each design point, and where there are several their differences."""
    first = cases[0]
    targets = first.run.targets.targets
    shown = [replace(case.at, values={"plan": case.label}) for case in cases]
    return {
        "store": str(finished.store.path), "county": first.run.county.id, "county_name": first.run.county.name,
        "county_name_zh": first.run.county.name_zh, "experiment": first.experiment.id,
        "scenario": first.run.scenario.id, "seed": first.run.seed, "cell_m": first.experiment.cell_m,
        "limit_h": first.experiment.attack.limit / 3600.0,
        "seasons": len(finished.tasks) // len(cases),
        "points": [
            {**summary(finished, case.at, case.label, case.gathered, case.territory, case.experiment, targets),
             **_named(case)}
            for case in cases
        ],
        "comparison": None if len(cases) == 1 else comparison(
            finished, shown, _specs(), [t for t in targets if t.kpi in _specs()], independent=False,
            seed=first.run.seed),
        "failed": [{key: failure[key] for key in ("design", "seed", "replication", "error", "attempts")}
                   for failure in finished.failures],
    }


def _named(case: Case) -> dict[str, str]:
    """Return what a design point is called in reports: its plan's title where only the plan varies."""
    if list(case.at.values) in ([], ["plan"]):
        return {"name": case.run.plan.title, "name_zh": case.run.plan.title_zh}
    return {"name": case.label, "name_zh": case.label}


@lru_cache(maxsize=1)
def _specs() -> dict[str, KpiSpec]:
    failed = KpiSpec(FAILED, "Fires that broke", "计算失败的火灾", "fires", "fires that could not be computed",
                     "未能计算的火灾起数")
    return {kpi.key: kpi for kpi in (*SEASON_KPIS, failed)}


def _prepare(at: Point, known: dict[str, str | None]) -> str | None:
    run, _ = settings_of(at.settings_json)
    key = canonical_digest(run.county.model_dump(mode="json"))
    if key not in known:
        known[key] = world_folder(run, say)
    return known[key]


def _case(finished: Finished, at: Point, label: str, run: RunSettings, experiment: FireSeason) -> Case:
    times = times_finer(experiment.cell_m, run.county.cell_m)
    assert times is not None
    folder = world_folder(run)
    world, territory = world_at(folder, times), territory_at(folder, times)
    gathered = gather(finished, at, world.grid.ny * world.grid.nx, len(territory.villages))
    return Case(at, label, run, experiment, world, territory, gathered)


def _write(finished: Finished, cases: Sequence[Case], result: dict[str, Any], folder: Path) -> list[Path]:
    """Write tables, maps, figures and the report; return what to look at first, the report first of all."""
    names = [case.label for case in cases]
    files = [*finished.store.write_results()]
    files += write_fires(folder, names, [case.gathered for case in cases], cases[0].world.crs)
    files += write_villages(folder, names, [village_rows(c.gathered, c.territory, c.experiment) for c in cases])
    for case in cases:
        loss = case.gathered.a_year(case.gathered.loss_yuan)
        files.append(write_map(folder, case.at.index, case.world.grid, case.gathered, loss))
    write_json(folder / "season.json", result)
    from viz.season_report import SeasonPlan, write_season_report

    plans = [SeasonPlan(_map_of(case), st.values(finished.column(case.at, DAMAGE)), case.gathered.fires["burned_ha"])
             for case in cases[:MOST_DRAWN]]
    report = write_season_report(result, plans, cases[0].run.lang, folder)
    return [report, *files, folder / "season.json"]


def _map_of(case: Case) -> SeasonMap:
    from viz.figures.season_maps import SeasonMap

    grid, losses, g = case.world.grid, case.experiment.losses, case.gathered
    county = case.run.county
    zh = "_zh" if case.run.lang == "zh" else ""
    return SeasonMap(
        _named(case)[f"name{zh}"], county.name_zh if case.run.lang == "zh" else county.name, case.world,
        case.territory.village_of.reshape(grid.shape), g.burn_probability.reshape(grid.shape), g.whole,
        g.a_year(g.loss_yuan), {"red": losses.red, "orange": losses.orange, "yellow": losses.yellow},
        np.stack([g.fires["x"], g.fires["y"]], 1))
