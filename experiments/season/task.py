"""The fires of one season, one after the other: what a worker runs for a task."""

from __future__ import annotations

import json
import math
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.season.attack import Fight
from experiments.season.cells import times_finer
from experiments.season.forces import Forces
from experiments.season.ground import Territory, territory_at, world_at
from experiments.season.lookout import Lookout
from experiments.season.merge import merged
from experiments.season.reach import Reached, reached_by
from experiments.season.rows import COLUMNS, row_of, season_figures
from experiments.season.water import Wells
from experiments.season.weather import fire_settings
from scenarios.forest_fire.attack import RoadDistance
from scenarios.forest_fire.hazard import ForestFire
from scenarios.forest_fire.season import IgnitionPlaces, SeasonDraws, Start
from scenarios.forest_fire.season_weather import Days
from scenarios.forest_fire.settings import ForestFireSettings
from scenarios.forest_fire.settings_season import MOST_FIRES, Climate, FireSeason
from scenarios.forest_fire.spec import SPEC
from sim.calendar import Calendar
from sim.errors import SandtableError
from sim.hazard import HazardContext
from sim.random import Streams
from sim.settings.root import RunSettings
from sim.world.world import HOUSEHOLD_COLUMNS, World

HAZARD = SPEC.name
CAPABILITY = SPEC.capabilities[0]
EXPERIMENT = "experiment"
"""Key under which a point's settings carry the experiment beside those of a run."""
SEARCH_M = 1500.0
"""A fire drawn on a cell that does not burn at the season's cell size starts on the nearest that does."""
NO_HOUSEHOLDS = {name: np.zeros(0, dtype) for name, (dtype, _, _) in HOUSEHOLD_COLUMNS.items()}


@dataclass
class SeasonOutcome:
    """A season: its figures; a row a fire; the cells and villages each fire reached, fire by fire."""

    figures: dict[str, float | None]
    fires: dict[str, NDArray[np.float64]]
    reached: list[Reached]
    failed: list[dict[str, Any]] = field(default_factory=list)
    """Fires that broke: number, error, traceback."""


@lru_cache(maxsize=4)
def settings_of(text: str) -> tuple[RunSettings, FireSeason]:
    """Return a point's settings: those of a run, and the experiment's."""
    data = json.loads(text)
    experiment = FireSeason.model_validate(data.pop(EXPERIMENT))
    return RunSettings.model_validate(data), experiment


def run_season(
    settings_json: str, replication: int, hazard_paths: tuple[str, ...], world_dir: str | None
) -> SeasonOutcome:
    """Return what one season came to. A fire that breaks is noted and the others go on."""
    return bench_of(settings_json, world_dir or world_folder(settings_of(settings_json)[0])).season(replication)


def world_folder(run: RunSettings, progress: Callable[[str], None] | None = None) -> str:
    """Return the folder of the World of a county, built if there is none yet."""
    from sim.world.store import load_world, world_digest, worlds_folder

    load_world(run.county, progress=progress)
    return str(worlds_folder() / world_digest(run.county))


class Bench:
    """What the seasons of one design point share in a worker."""

    def __init__(self, settings_json: str, folder: str) -> None:
        self.run, self.experiment = settings_of(settings_json)
        times = times_finer(self.experiment.cell_m, self.run.county.cell_m)
        climate = self.experiment.climate_of(self.run.county.id)
        assert times is not None and climate is not None  # checked when the settings were composed
        self.climate: Climate = climate
        self.world: World = world_at(folder, times)
        self.territory: Territory = territory_at(folder, times)
        self.ground: World = replace(self.world, households=NO_HOUSEHOLDS)
        """The World as the fires know it: houses are counted once a fire is over, not as it burns."""
        self.roads = RoadDistance(self.world)
        entry = next(entry for entry in self.run.scenario.hazards if entry.hazard == HAZARD)
        self.fire_settings = ForestFireSettings.model_validate(merged(entry.settings, self.experiment.fire))
        self.forces = Forces(self.world, self.run.plan, self.run.team_types, CAPABILITY)
        scenario = self.run.scenario
        self.lookout = Lookout(self.ground, self.run.plan, scenario.seeing, scenario.reporting)
        places = IgnitionPlaces(world_at(folder, 1), self.experiment.ignitions, self.fire_settings.fuels)
        self.wells = Wells(self.ground, self.run.plan, self.forces)
        self.draws = SeasonDraws(self.experiment, climate, places, self.run.seed)
        self.midnight = self.run.scenario.start.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)

    def season(self, number: int) -> SeasonOutcome:
        """Return what a season came to."""
        days, starts = self.draws.season(number)
        rows: list[dict[str, float]] = []
        reached: list[Reached] = []
        failed: list[dict[str, Any]] = []
        free_s: dict[str, float] = {}
        for start in starts:
            try:
                row, what, back_s = self.fire(number, days, start, free_s)
            except SandtableError:
                raise
            except Exception as problem:
                failed.append({"fire": start.number, "error": f"{type(problem).__name__}: {problem}",
                               "traceback": "".join(traceback.format_exception(problem))})
                continue
            for id, s in back_s.items():
                free_s[id] = max(free_s.get(id, -math.inf), start.t_s + s)
            rows.append(row)
            reached.append(what)
        fires = {name: np.array([row[name] for row in rows], np.float64) for name in COLUMNS}
        return SeasonOutcome(season_figures(fires, self.territory.forest_ha, len(failed)), fires, reached, failed)

    def fire(
        self, season: int, days: Days, start: Start, free_s: dict[str, float]
    ) -> tuple[dict[str, float], Reached, dict[str, float]]:
        """Return a fire's row, what it reached, and when its teams are back, in seconds since ignition.

        ``free_s`` says when teams are back from other fires, in seconds since the season began.
        """
        attack, when = self.experiment.attack, self.midnight + timedelta(seconds=start.t_s)
        calendar = Calendar(when)
        settings, first = fire_settings(self.fire_settings, self.climate, days, start, attack.limit)
        # every fire is a replication of its own: its streams are those of a run
        streams = Streams(self.run.seed, season * MOST_FIRES + start.number)
        fire = ForestFire(HazardContext(
            self.ground, settings, streams, calendar.hour(0.0), when.month, attack.limit, HAZARD, self.run.plan))
        fire.attack.roads = self.roads  # the same for every fire, and long in the making
        fought = None
        if fire.light(*fire.burnable(start.x, start.y, SEARCH_M, "the season's ignitions")):
            fought = Fight(
                fire, self.forces, self.lookout, self.wells, post=self.run.plan.command, attack=attack,
                streams=streams, calendar=calendar, free_s={id: s - start.t_s for id, s in free_s.items()},
            ).run()
        what = reached_by(fire, self.territory, self.experiment.losses)
        return row_of(start, first, fire, fought, what, attack), what, fought.back_s if fought else {}


@lru_cache(maxsize=2)
def bench_of(settings_json: str, folder: str) -> Bench:
    """Return the bench of a design point, made once a worker."""
    return Bench(settings_json, folder)
