"""Plans against each other: each replication meets every plan with the same luck, differences are paired.

A resident, a spark or a delay draws the same whatever the plan (sim.random keys draws by seed, replication,
purpose and entity), so that the difference between two plans in one replication is the plans' doing, and its
variance is a fraction of what independent seeds give. ``--independent`` gives each plan seeds of its own,
to measure that fraction. See docs/background/statistics.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments import statistics as st
from experiments.scoring import specs_of as kpi_specs
from experiments.store import write_json
from experiments.study import (
    Finished,
    Study,
    TaskFunction,
    report_failures,
    run_study,
    store_folder,
)
from experiments.tasks import Point, point, simulate
from sim.kpi import COMPARE, KpiSpec
from sim.random import Streams

if TYPE_CHECKING:
    from sim.settings.root import RunSettings
    from sim.settings.target import Target

SEED_STEP = 1_000_003
"""Distance between the seeds of two plans under ``--independent``; any will do, streams are hashed."""
RESAMPLING = "experiments.compare.bootstrap"
"""Purpose of the stream that draws bootstrap resamples."""


def compare_verb(
    base_overrides: Sequence[str],
    *,
    plans: Sequence[str],
    replications: int,
    compose: Callable[[list[str]], RunSettings],
    out: Path | None = None,
    hazard_paths: tuple[Path, ...] = (),
    json_: bool = False,
    jobs: int = 0,
    independent: bool = False,
    scheduler: str | None = None,
    function: TaskFunction = simulate,
) -> int:
    """Compare plans, print the result, and return the exit code: 1 where replications failed.

    The first plan is the reference: differences are the other plan's value minus its.
    """
    settings = [compose([*base_overrides, f"plan={plan}"]) for plan in plans]
    if independent:
        settings = [
            s.model_copy(update={"seed": s.seed + number * SEED_STEP}) for number, s in enumerate(settings)
        ]
    points = [point(number, {"plan": plan}, s) for number, (plan, s) in enumerate(zip(plans, settings))]
    words = [*base_overrides, f"plans=[{','.join(plans)}]", *(["independent"] if independent else [])]
    study = Study("compare", words, points, replications, hazard_paths, function)
    with store_folder(out) as folder:
        finished = run_study(study, folder, jobs=jobs, scheduler=scheduler, quiet=json_)
        result = comparison(
            finished, points, kpi_specs(settings[0], hazard_paths), settings[0].targets.targets,
            independent=independent, seed=settings[0].seed,
        )
        if out is not None:
            paths = [*finished.store.write_results(), folder / "comparison.json"]
            write_json(paths[-1], result)
            picture = _picture(result, settings[0].lang, folder)
            paths += [picture] if picture else []
        else:
            paths = []
        if json_:
            print(json.dumps(result, ensure_ascii=False))
        else:
            from experiments.table import print_comparison

            print_comparison(result, settings[0].lang, paths)
        report_failures(finished)
    return 1 if finished.failures else 0


def _picture(result: dict[str, Any], lang: str, folder: Path) -> Path | None:
    """Draw the evacuation by plan, where there was one; matplotlib is not loaded otherwise."""
    evacuated = {kpi["key"]: kpi for kpi in result["kpis"]}.get("evacuation.left")
    if evacuated is None or not any(evacuated["means"].values()):
        return None
    from viz.figures.comparison import write_comparison

    return write_comparison(result, lang, folder)


def comparison(
    finished: Finished,
    points: Sequence[Point],
    specs: Mapping[str, KpiSpec],
    targets: Sequence[Target],
    *,
    independent: bool,
    seed: int,
) -> dict[str, Any]:
    """Return the comparison as JSON: per KPI means and differences, per target the share that meet it."""
    plans = [str(at.values["plan"]) for at in points]
    columns = {
        key: {plan: st.values(finished.column(at, key)) for plan, at in zip(plans, points)}
        for key in finished.kpi_keys()
    }
    done = {plan: finished.done(at) for plan, at in zip(plans, points)}
    known = {key: specs.get(key) or _unknown(key) for key in columns}
    return {
        "plans": plans,
        "reference": plans[0],
        "replications": len(finished.tasks) // len(points),
        "seeds": "independent" if independent else "common random numbers",
        "level": st.LEVEL,
        "kpis": [
            _kpi(known[key], plans, columns[key], independent=independent, seed=seed) for key in columns
        ],
        "targets": [_target(t, known[t.kpi], columns[t.kpi], done) for t in targets if t.kpi in columns],
        "failed": [
            {key: failure[key] for key in ("design", "seed", "replication", "error", "attempts")}
            for failure in finished.failures
        ],
    }


def verdict(difference: st.Difference, p: float | None, spec: KpiSpec, plans: tuple[str, str]) -> str:
    """Return which of (reference, other) is better, ``no difference shown``, or ``identical``.

    A KPI that is neither better high nor low ``differs``. One that rests on the plan alone has no chance in
    it: its sign decides.
    """
    if difference.diff is None:
        return "no value"
    if difference.identical:
        return "identical"
    certain = spec.scope == "plan" and difference.diff != 0
    if not (certain or st.shown(difference, p)):
        return "no difference shown"
    if spec.better == "neither":
        return "differs"
    other_better = (difference.diff < 0) == (spec.better == "lower")
    return f"{plans[1] if other_better else plans[0]} better"


def _kpi(
    spec: KpiSpec, plans: Sequence[str], column: Mapping[str, st.Floats], *, independent: bool, seed: int
) -> dict[str, Any]:
    summaries = {plan: st.summarise(column[plan]) for plan in plans}
    stream = Streams(seed).of(f"{RESAMPLING}.{spec.key}")
    differences = [
        st.unpaired(column[plans[0]], column[other]) if independent
        else st.paired(column[plans[0]], column[other], stream)
        for other in plans[1:]
    ]
    adjusted = st.holm([difference.p for difference in differences])
    comparisons = []
    for other, difference, p in zip(plans[1:], differences, adjusted):
        comparisons.append({
            "plan": other, "diff": difference.diff, "diff_n": difference.n, "diff_sd": difference.sd,
            "diff_ci95": _pair(difference.ci95), "diff_ci95_bootstrap": _pair(difference.bootstrap_ci95),
            "p": difference.p, "p_holm": p, "crn_variance_ratio": difference.variance_ratio,
            "verdict": verdict(difference, p, spec, (plans[0], other)),
        })
    return {
        "key": spec.key, "name": spec.name, "name_zh": spec.name_zh, "unit": spec.unit, "scope": spec.scope,
        "better": spec.better,
        "means": {plan: s.mean for plan, s in summaries.items()},
        "sd": {plan: s.sd for plan, s in summaries.items()},
        "ci95": {plan: _pair(s.ci95) for plan, s in summaries.items()},
        "n": {plan: s.n for plan, s in summaries.items()},
        # With two plans, the one comparison there is stands on the KPI itself too.
        **({key: value for key, value in comparisons[0].items() if key != "plan"} if len(plans) == 2 else {}),
        "comparisons": comparisons,
    }


def _target(
    target: Target, spec: KpiSpec, column: Mapping[str, st.Floats], n: Mapping[str, int]
) -> dict[str, Any]:
    # Where a KPI has no value (the last shelter was never supplied) its target is not met: leaving such
    # replications out would let the worst of them count for nothing.
    plans = list(n)
    present = {plan: column[plan][np.isfinite(column[plan])] for plan in plans}
    met = {plan: sum(COMPARE[target.op](float(v), target.value) for v in x) for plan, x in present.items()}
    chance = spec.scope != "plan"
    return {
        "key": target.key, "kpi": target.kpi, "op": target.op, "value": target.value, "unit": target.unit,
        "sentence": target.sentence, "sentence_zh": target.sentence_zh, "scope": spec.scope,
        "n": dict(n), "without_value": {plan: n[plan] - len(present[plan]) for plan in plans},
        "met_share": {plan: met[plan] / n[plan] if n[plan] else None for plan in plans},
        "met_ci95": {plan: _pair(st.wilson(met[plan], n[plan])) if chance else None for plan in plans},
        "miss_upper95": {
            plan: st.rule_of_three(n[plan]) if chance and n[plan] and met[plan] == n[plan] else None
            for plan in plans
        },
    }


def _unknown(key: str) -> KpiSpec:
    return KpiSpec(key, key, key, "", "", "", better="neither")


def _pair(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [interval[0], interval[1]]
