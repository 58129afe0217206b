"""Fire seasons of the small county for tests: settings, a composer, and a driver to be killed.

    python -m tests.seasons OUT JOBS SEASONS
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from experiments.season.merge import merged
from scenarios.forest_fire.settings_season import FireSeason
from sim.settings.root import RunSettings
from tests.smallworld import SMALL_PLAN, settings

ROOT = Path(__file__).resolve().parents[1]
FIRE = {
    "hazard": "forest_fire",
    "settings": {
        "ignitions": [{"place": "peak"}],
        "weather": {"wind_mps": 4.0, "wind_from_deg": 300.0, "temperature_c": 26.0, "humidity_pct": 30.0},
        "moisture": {"herb_pct": 60, "woody_pct": 90},
    },
}
CALL_OUT = {"day": {"median": "10min"}, "night": {"median": "40min"}}
SQUAD = {
    "name": "Squad", "name_zh": "小队", "capabilities": ["fire_line"], "turnout": CALL_OUT, "rates": {"fire_line": 6.0},
    "tools": ["hand_tools"], "off_road_speed_kmh": 3.6, "work_before_rest": "30min", "rest": "15min", "present": 0.5,
}
SMALL: dict[str, Any] = {
    "cell_m": 100.0, "climate": "yueyang", "seasons": 3, "fires_per_season": {"mean": 4},
    "attack": {"limit": "24h"},
    "fire": {"fuels": {"map": {"conifer": 165, "grass": 104, "shrub": 145}}},
}
"""What the seasons of tests have otherwise than those of conf/experiment/fire_season.yaml."""

@cache
def packaged() -> dict[str, Any]:
    """Return the packaged experiment as its file states it."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "conf/experiment/fire_season.yaml").read_text("utf-8"))
    return found


def season(**changes: Any) -> FireSeason:
    """Return the experiment of tests; ``changes`` are put over it, mapping by mapping."""
    return FireSeason.model_validate(merged(merged(packaged(), SMALL), changes))


def run_settings(teams: int = 2, seed: int = 1, **values: Any) -> RunSettings:
    """Return a run's settings: the small county, a forest fire, a plan with so many of its teams."""
    plan = {**SMALL_PLAN, "teams": SMALL_PLAN["teams"][:teams]}
    given = {"hazards": [FIRE], "plan": plan, "command_place": "east", "team_types": {"squad": SQUAD}, "seed": seed}
    return settings(**{**given, **values})


def compose(words: list[str]) -> RunSettings:
    """Return the settings of ``plan=two`` or ``plan=one`` (how many teams there are); other words are left out."""
    return run_settings(1 if "plan=one" in words else 2)


def words(seasons: int) -> list[str]:
    """Return the words of a sweep that are about the experiment."""
    return ["experiment=fire_season", f"experiment.seasons={seasons}", "experiment.cell_m=100",
            "experiment.climate=yueyang", "experiment.fires_per_season.mean=4", "experiment.attack.limit=24h",
            "+experiment.fire.fuels.map={conifer: 165, grass: 104, shrub: 145}"]


def main(out: Path, jobs: int, seasons: int) -> int:
    """Run the seasons under both plans and return the exit code."""
    from experiments.season.verb import season_verb

    return season_verb(words(seasons), swept=["plan=two,one"], compose=compose, out=out, jobs=jobs)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
