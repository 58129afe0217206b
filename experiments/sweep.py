"""Every combination of swept settings, each with its replications, in a store that can be picked up again."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments import statistics as st
from experiments.console import Stages, say
from experiments.scoring import specs_of as kpi_specs
from experiments.study import Finished, Study, TaskFunction, report_failures, run_study
from experiments.tasks import Point, Scalar, canonical_digest, point, simulate
from sim.errors import InputError

if TYPE_CHECKING:
    from experiments.words import Axis
    from sim.settings.root import RunSettings

MOST_POINTS = 100_000
"""Design points beyond which a grid is a slip of the keyboard: composing alone would take hours."""
MAIN_KPIS = 6
"""KPIs the printed summary shows; the results table has them all."""
DEFAULT_FOLDER = "runs"


def sweep_verb(
    base_overrides: Sequence[str],
    *,
    space: Sequence[str] = (),
    replications: int = 1,
    compose: Callable[[list[str]], RunSettings],
    out: Path | None = None,
    hazard_paths: tuple[Path, ...] = (),
    json_: bool = False,
    jobs: int = 0,
    scheduler: str | None = None,
    function: TaskFunction = simulate,
) -> int:
    """Run a sweep, print a summary, and return the exit code: 1 where replications failed.

    ``space`` holds the sweep words; sweep words among ``base_overrides`` are found too. Without ``out`` the
    store lies in runs/, under a name made of the design: the same command finds it again.
    """
    from experiments.words import split_sweep

    fixed, swept = split_sweep(base_overrides)
    swept = [*swept, *space]
    axes = grid(swept)
    points, settings = compose_points(fixed, axes, compose, quiet=json_)
    folder = out or Path(DEFAULT_FOLDER) / f"sweep-{canonical_digest([p.digest for p in points])[:10]}"
    if not json_:
        say(f"{len(points)} design points x {replications} replications; store: {folder}")
    study = Study("sweep", [*fixed, *swept], points, replications, hazard_paths, function)
    finished = run_study(study, folder, jobs=jobs, scheduler=scheduler, quiet=json_)
    paths = finished.store.write_results()
    specs = kpi_specs(settings, hazard_paths)
    result: dict[str, Any] = {
        "store": str(folder), "results": [str(path) for path in paths], "replications": replications,
        "axes": [axis.key for axis in axes], "points": summaries(finished, points),
        "failed": [{key: failure[key] for key in ("design", "seed", "replication", "error", "attempts")}
                   for failure in finished.failures],
    }
    if json_:
        print(json.dumps(result, ensure_ascii=False))
    else:
        from experiments.table import print_sweep

        main = main_kpis(result["points"], [target.kpi for target in settings.targets.targets])
        print_sweep(result, [specs.get(key) for key in main], main, settings.lang, paths)
    report_failures(finished)
    return 1 if finished.failures else 0


def grid(swept: Sequence[str]) -> list[Axis]:
    """Return the axes of the sweep words. Raises InputError for what has no order or no values."""
    from experiments.words import HERE, axes

    for word in swept:
        if word.partition("=")[2].lstrip().startswith("shuffle("):
            raise InputError(
                "a shuffled sweep has another design each time", value=word, where=HERE,
                allowed="a=1,2,3, choice(1,2,3), range(START,STOP,STEP)", mend="take shuffle() away",
            )
    return axes(swept)


def compose_points(
    fixed: Sequence[str], axes: Sequence[Axis], compose: Callable[[list[str]], RunSettings], *, quiet: bool
) -> tuple[list[Point], RunSettings]:
    """Return the design points, last axis fastest, and the first one's settings.

    All are composed before anything runs, so that a combination that cannot be is told at once.
    """
    total = 1
    for axis in axes:
        total *= len(axis.values)
    if total > MOST_POINTS:
        raise InputError("a grid of too many design points", value=total, where="command line",
                         allowed=f"at most {MOST_POINTS:,}", mend="give fewer values, or sweep in parts")
    points: list[Point] = []
    first: RunSettings | None = None
    with Stages(quiet or total < MAIN_KPIS).progress("composing settings", total) as advance:
        for number, combination in enumerate(itertools.product(*(axis.words() for axis in axes))):
            settings = compose([*fixed, *combination])
            first = first or settings
            values = {axis.key: design_value(word) for axis, word in zip(axes, combination)}
            points.append(point(number, values, settings))
            advance(number + 1)
    assert first is not None  # a product of non-empty axes, or of none, has at least one member
    return points, first


def design_value(word: str) -> Scalar:
    """Return the value an override sets, for the results table; a list or a mapping as JSON text."""
    from experiments.words import settings

    value = settings([word])[0].value
    plain = value is None or isinstance(value, bool | int | float | str)
    return value if plain else json.dumps(value, ensure_ascii=False)


def summaries(finished: Finished, points: Sequence[Point]) -> list[dict[str, Any]]:
    """Return mean, standard deviation and interval of every KPI at every design point, as JSON."""
    keys = finished.kpi_keys()
    rows = []
    for at in points:
        kpis = {}
        for key in keys:
            s = st.summarise(st.values(finished.column(at, key)))
            kpis[key] = {"mean": s.mean, "sd": s.sd, "n": s.n, "ci95": list(s.ci95) if s.ci95 else None}
        rows.append({"design": dict(at.values), "kpis": kpis})
    return rows


def main_kpis(rows: Sequence[dict[str, Any]], targeted: Sequence[str]) -> list[str]:
    """Return the KPIs to print: those that the sweep moves, with a target first; then any others."""
    keys = list(rows[0]["kpis"]) if rows else []
    means = {key: [row["kpis"][key]["mean"] for row in rows] for key in keys}
    moved = [key for key in keys if len(set(means[key])) > 1]
    order = [*(k for k in targeted if k in moved), *moved, *(k for k in targeted if k in keys), *keys]
    return list(dict.fromkeys(order))[:MAIN_KPIS]
