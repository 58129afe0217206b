"""The whole of a run's settings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.settings.base import Settings
from sim.settings.county import County
from sim.settings.plan import Plan, TeamType
from sim.settings.scenario import Scenario
from sim.settings.target import TargetSet


class RunSettings(Settings):
    """What one run is made of; composed by Hydra, validated here."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    replication: Annotated[int, Field(ge=0, lt=2**31)] = 0
    lang: Literal["en", "zh"] = "en"
    county: County
    scenario: Scenario
    plan: Plan
    team_types: dict[str, TeamType]
    targets: TargetSet
