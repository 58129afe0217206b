"""Changing the weather."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scenarios.forest_fire.spec import SetWeatherArgs, SetWindArgs
from sim.hazard import ActionResult

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire


def set_wind(fire: ForestFire, args: SetWindArgs) -> ActionResult:
    """Set wind speed and direction from now on."""
    fire.set_weather(wind_mps=args.wind_mps, wind_from_deg=args.wind_from_deg)
    return ActionResult(True)


def set_weather(fire: ForestFire, args: SetWeatherArgs) -> ActionResult:
    """Set temperature, humidity, rain or wind from now on; what is not given stays."""
    fire.set_weather(**args.model_dump())
    return ActionResult(True)


ACTS: dict[str, Callable[[Any, Any], ActionResult]] = {"set_wind": set_wind, "set_weather": set_weather}
