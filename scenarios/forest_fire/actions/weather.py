"""Changing the weather."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scenarios.forest_fire.spec import SetWindArgs
from sim.hazard import ActionResult

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire


def set_wind(fire: ForestFire, args: SetWindArgs) -> ActionResult:
    """Set wind speed and direction from now on."""
    fire.set_conditions(replace(fire.conditions, wind_mps=args.wind_mps, wind_from_deg=args.wind_from_deg))
    return ActionResult(True)


ACTS = {"set_wind": set_wind}
