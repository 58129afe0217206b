"""What may be done to a forest fire while it runs: one function an action, by the action's name in the spec.

Each takes the fire, at the time it stands at, and the action's validated arguments. A module here holds the
actions of one sort under ``ACTS``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scenarios.forest_fire.actions import fuel, ignition, line, mop_up, water, weather
from sim.hazard import ActionResult

Act = Callable[[Any, Any], ActionResult]
"""Of (ForestFire, arguments)."""

ACTS: dict[str, Act] = {**ignition.ACTS, **weather.ACTS, **line.ACTS, **mop_up.ACTS, **water.ACTS, **fuel.ACTS}
"""Every action of the spec."""
