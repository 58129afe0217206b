"""From the words of a sweep to the design points of a fire season, checked before anything runs."""

from __future__ import annotations

import itertools
import json
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from experiments.catalogue import EXPERIMENT
from experiments.compose import compose_experiment
from experiments.locate import Sources
from experiments.problems import from_pydantic, raise_all
from experiments.season.cells import times_finer
from experiments.season.merge import merged
from experiments.tasks import Point, Scalar, canonical_digest
from experiments.words import key_of
from scenarios.forest_fire.settings import ForestFireSettings
from scenarios.forest_fire.settings_season import FireSeason
from scenarios.forest_fire.spec import SPEC
from sim.errors import InputError

if TYPE_CHECKING:
    from experiments.words import Axis
    from sim.settings.root import RunSettings

Composer = Callable[[list[str]], "RunSettings"]


def is_experiment(words: Sequence[str]) -> bool:
    """Return whether some word chooses or changes an experiment."""
    return any(of_experiment(word) for word in words)


def of_experiment(word: str) -> bool:
    """Return whether a word is about the experiment, not about a run's settings."""
    return key_of(word).split(".")[0] == EXPERIMENT


def compose_point(words: Sequence[str], compose: Composer, config_dir: Path | None) -> tuple[RunSettings, FireSeason]:
    """Return the settings of a design point. Raises InputError for what is wrong in them or does not fit together."""
    run = compose([word for word in words if not of_experiment(word)])
    experiment, sources = compose_experiment(
        [word for word in words if of_experiment(word)], FireSeason, config_dir=config_dir)
    _check(run, experiment, sources)
    return run, experiment


def _check(run: RunSettings, experiment: FireSeason, sources: Sources) -> None:
    """Raise InputError unless the county has a climate, the cell fits its grid and the scenario has one forest fire."""
    county = run.county
    if experiment.climate_of(county.id) is None:
        chosen = experiment.climate
        raise InputError(
            "no climate for the season", value=chosen or county.id,
            where=sources.where((EXPERIMENT, "climate" if chosen else "climates")),
            allowed=", ".join(experiment.climates),
            mend="add it under climates, or choose one: experiment.climate=NAME",
        )
    if times_finer(experiment.cell_m, county.cell_m) is None:
        finer = experiment.cell_m < county.cell_m
        raise InputError(
            "cells finer than the World's" if finer else "cells that are no whole multiple of the World's",
            value=experiment.cell_m, where=sources.where((EXPERIMENT, "cell_m")),
            allowed=f"{county.cell_m:g} m times 1, 2, 3 ...",
            mend=f"experiment.cell_m={county.cell_m * max(round(experiment.cell_m / county.cell_m), 1):g}",
        )
    fires = [entry for entry in run.scenario.hazards if entry.hazard == SPEC.name]
    if len(fires) != 1:
        raise InputError(
            "a scenario with other than one forest fire", value=run.scenario.id, where="scenario",
            allowed="one whose fuels, spread and effects the season's fires take over: scenario=forest_fire",
        )
    try:
        ForestFireSettings.model_validate(merged(fires[0].settings, experiment.fire))
    except ValidationError as error:
        raise_all(from_pydantic(error, ForestFireSettings, sources, (EXPERIMENT, "fire")))


def compose_points(
    words: Sequence[str], axes: Sequence[Axis], compose: Composer, config_dir: Path | None
) -> tuple[list[Point], list[tuple[RunSettings, FireSeason]]]:
    """Return the design points, last axis fastest, and the settings of each."""
    from experiments.sweep import MOST_POINTS, design_value

    total = 1
    for axis in axes:
        total *= len(axis.values)
    if total > MOST_POINTS:
        raise InputError("a grid of too many design points", value=total, where="command line",
                         allowed=f"at most {MOST_POINTS:,}", mend="give fewer values, or sweep in parts")
    points, settings = [], []
    for number, combination in enumerate(itertools.product(*(axis.words() for axis in axes))):
        run, experiment = compose_point([*words, *combination], compose, config_dir)
        values = {axis.key: design_value(word) for axis, word in zip(axes, combination)}
        points.append(point(number, values, run, experiment))
        settings.append((run, experiment))
    return points, settings


def point(index: int, values: dict[str, Scalar], run: RunSettings, experiment: FireSeason) -> Point:
    """Return a design point; replication and number of seasons are set aside, so that seasons can be added."""
    data: dict[str, Any] = run.model_copy(update={"replication": 0}).model_dump(mode="json")
    data[EXPERIMENT] = experiment.model_copy(update={"seasons": 1}).model_dump(mode="json")
    text = json.dumps(data, ensure_ascii=False)
    return Point(index, values, canonical_digest(data), run.seed, zlib.compress(text.encode()))
