"""What the seasons of a design point say: the damage rate and its interval, sizes, escapes, villages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments import statistics as st
from experiments.season.gather import COLOURS, Floats, Gathered, colours
from experiments.season.ground import Territory
from experiments.season.kpis import DAMAGE, SEASON_KPIS
from experiments.study import Finished
from experiments.tasks import Point
from scenarios.forest_fire.settings_season import FireSeason
from sim.kpi import COMPARE
from sim.random import Streams
from sim.settings.target import Target

RESAMPLING = "experiments.season.bootstrap"
QUANTILES = (0.5, 0.9, 0.99)
TOP_SHARE = 0.01
"""The largest fires whose part in the damage is told: one in a hundred."""
HEAVY = 0.3
"""Part of the damage that one fire in a hundred does from which the tail is called heavy."""
VILLAGES_TOLD = 15


def summary(
    finished: Finished, at: Point, label: str, gathered: Gathered, territory: Territory, experiment: FireSeason,
    targets: Sequence[Target],
) -> dict[str, Any]:
    """Return what a design point's seasons came to, as JSON."""
    kpis = {kpi.key: _mean(st.values(finished.column(at, kpi.key)), at.seed, kpi.key) for kpi in SEASON_KPIS}
    fires = gathered.fires
    n, escaped = len(fires["fire"]), int(fires["escaped"].sum())
    return {
        "design": dict(at.values), "label": label, "seasons": gathered.seasons, "whole_seasons": gathered.whole,
        "fires": n, "failed_fires": gathered.failed_fires, "forest_km2": territory.forest_ha / 100.0, "kpis": kpis,
        "target": _judged(kpis[DAMAGE], st.values(finished.column(at, DAMAGE)), targets),
        "escaped": {"n": n, "escaped": escaped, "share": escaped / n if n else None,
                    "ci95": _pair(st.wilson(escaped, n))},
        "sizes": sizes(fires["burned_ha"], experiment.exceed_ha, max(gathered.seasons, 1)),
        "tail": tail(fires["damaged_forest_ha"]),
        "villages": villages(gathered, territory, experiment),
    }


def _mean(values: Floats, seed: int, key: str) -> dict[str, Any]:
    """Return a figure's mean a year; ``ci95`` is the bootstrap's where the years are skewed, else Student's."""
    s = st.summarise(values)
    there = values[np.isfinite(values)]
    boot = None
    if len(there) >= st.FEWEST_FOR_BOOTSTRAP and abs(st.skewness(there)) > st.SKEWED:
        boot = st.bca_interval(there, Streams(seed).of(f"{RESAMPLING}.{key}"))
    return {"mean": s.mean, "sd": s.sd, "n": s.n, "ci95": _pair(boot or s.ci95), "ci95_t": _pair(s.ci95),
            "interval": "bootstrap" if boot else "t", "median": float(np.median(there)) if len(there) else None,
            "largest": float(there.max()) if len(there) else None}


def _judged(rate: dict[str, Any], by_season: Floats, targets: Sequence[Target]) -> dict[str, Any] | None:
    """Return how the damage rate stands against its target: by its mean, its interval, and season by season."""
    target = next((target for target in targets if target.kpi == DAMAGE), None)
    if target is None or rate["mean"] is None:
        return None
    holds, there = COMPARE[target.op], by_season[np.isfinite(by_season)]
    met = sum(holds(float(value), target.value) for value in there)
    sure = None if rate["ci95"] is None else {holds(end, target.value) for end in rate["ci95"]}
    return {
        "key": target.key, "op": target.op, "value": target.value, "unit": target.unit, "source": target.source,
        "met": holds(rate["mean"], target.value),
        "verdict": "open" if sure is None or len(sure) > 1 else ("met" if True in sure else "missed"),
        "seasons_met": met / len(there), "seasons_met_ci95": _pair(st.wilson(met, len(there))),
    }


def sizes(burned_ha: Floats, bounds_ha: Sequence[float], seasons: int) -> dict[str, Any]:
    """Return the distribution of burned area: quantiles, and how often a fire exceeds each bound."""
    n = len(burned_ha)
    rows = []
    for bound in bounds_ha:
        over = int((burned_ha > bound).sum())
        rows.append({"ha": bound, "fires": over, "share": over / n if n else None, "ci95": _pair(st.wilson(over, n)),
                     "a_year": over / seasons})
    return {
        "mean_ha": float(burned_ha.mean()) if n else None, "largest_ha": float(burned_ha.max()) if n else None,
        "quantiles_ha": {f"{q:g}": float(np.quantile(burned_ha, q)) if n else None for q in QUANTILES},
        "exceedance": rows,
    }


def tail(damaged_ha: Floats) -> dict[str, Any]:
    """Return how much of all damage the largest fires do: where it is most, a mean over few seasons says little."""
    total, n = float(damaged_ha.sum()), len(damaged_ha)
    if total <= 0.0:
        return {"largest_fire": None, "top_fires": 0, "top_share": None, "heavy": False}
    ordered = np.sort(damaged_ha)[::-1]
    top = max(1, round(TOP_SHARE * n))
    share = float(ordered[:top].sum()) / total
    return {"largest_fire": float(ordered[0]) / total, "top_fires": top, "top_share": share, "heavy": share >= HEAVY}


def villages(gathered: Gathered, territory: Territory, experiment: FireSeason) -> dict[str, Any]:
    """Return the villages by colour, and those with the highest expected loss."""
    losses = experiment.losses
    loss = gathered.a_year(gathered.loss_yuan)
    colour = colours(loss, losses.red, losses.orange, losses.yellow)
    order = np.lexsort((np.arange(len(loss)), -loss))[:VILLAGES_TOLD]
    rows = village_rows(gathered, territory, experiment)
    return {
        "thresholds_yuan": {"red": losses.red, "orange": losses.orange, "yellow": losses.yellow},
        "colours": {name: int((colour == n).sum()) for n, name in enumerate(COLOURS)},
        "highest": [rows[i] for i in order.tolist()],
    }


def village_rows(gathered: Gathered, territory: Territory, experiment: FireSeason) -> list[dict[str, Any]]:
    """Return a row a village: what it must expect in a year, and its colour."""
    losses = experiment.losses
    reached, loss = gathered.a_year(gathered.reached), gathered.a_year(gathered.loss_yuan)
    damaged, houses = gathered.a_year(gathered.damaged_ha), gathered.a_year(gathered.houses)
    colour = colours(loss, losses.red, losses.orange, losses.yellow)
    return [
        {"id": v.id, "name": v.name, "name_zh": v.name_zh, "town": v.town, "residents": v.residents,
         "reached_a_year": float(reached[i]), "damaged_forest_ha_a_year": float(damaged[i]),
         "houses_lost_a_year": float(houses[i]), "loss_yuan_a_year": float(loss[i]),
         "colour": COLOURS[colour[i]]}
        for i, v in enumerate(territory.villages)
    ]


def _pair(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [interval[0], interval[1]]
