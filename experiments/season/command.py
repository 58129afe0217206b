"""The words of ``sandtable sweep experiment=fire_season``: checked before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.season.compose import Composer, compose_point
from experiments.words import axes
from sim.errors import InputError

if TYPE_CHECKING:
    from experiments.verbs import Given

CHECKED_EARLY = 8
"""Values of a swept setting composed here; all are composed before the first season runs."""


def check(given: Given, compose: Composer, fixed: Sequence[str], swept: Sequence[str]) -> None:
    """Raise InputError for words that cannot be: each value of an axis with the first values of the others."""
    if given["replications"]:
        raise InputError(
            "a season is a replication of its own", value=f"replications={given['replications']}",
            where="command line", allowed="experiment.seasons=N", mend="take replications= away",
        )
    grid = axes(list(swept))
    firsts = [axis.words()[0] for axis in grid]
    for n, axis in enumerate(grid):
        for word in axis.words()[:CHECKED_EARLY]:
            compose_point([*fixed, *firsts[:n], word, *firsts[n + 1:]], compose, given["config_dir"])
    if not grid:
        compose_point(fixed, compose, given["config_dir"])


def season_command(given: Given, compose: Composer, fixed: Sequence[str], swept: Sequence[str]) -> int:
    """Run the seasons and return the exit code."""
    from experiments.season.verb import season_verb

    return season_verb(
        fixed, swept=swept, compose=compose, config_dir=given["config_dir"], out=given["out"],
        hazard_paths=given["hazard_path"], json_=given["json"], jobs=given["jobs"] or 0, scheduler=given["scheduler"],
    )
