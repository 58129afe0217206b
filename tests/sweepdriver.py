"""A sweep of a toy task in a process of its own, to be killed: ``-m tests.sweepdriver CONF OUT JOBS``."""

from __future__ import annotations

import sys
from pathlib import Path

from experiments.compose import compose
from experiments.sweep import sweep_verb
from sim.settings.root import RunSettings
from tests import tinyconf, toytasks

SPACE = ("plan.teams.0.crew=20,30,40,50",)
REPLICATIONS = 5


def main(conf: Path, out: Path, jobs: int) -> int:
    """Run the sweep and return its exit code."""
    hazards = (conf / "hazards",)

    def composer(words: list[str]) -> RunSettings:
        return compose([*tinyconf.WORDS, *words], config_dir=conf / "mine", hazard_paths=hazards)

    return sweep_verb(
        [], space=SPACE, replications=REPLICATIONS, out=out, hazard_paths=hazards, jobs=jobs,
        compose=composer, function=toytasks.toy,
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
