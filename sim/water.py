"""Who brings water to a fire and who says how much it takes: the parts that teams, aircraft and hazards share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from sim.settings.aircraft import Target


class WaterProvider(Protocol):
    """Counts the water teams have where they work."""

    def offer_l(self, team: str, x: float, y: float, seconds: float) -> float | None:
        """Return the litres a team's hoses bring to a point (m) in the seconds that end now; 0 where none reaches it,
        None for a team whose water nobody counts."""
        ...

    def take(self, team: str, litres: float) -> None:
        """Take what a team used of the last offer."""
        ...


@dataclass(frozen=True)
class Aim:
    """Where a bucket should go: the point (m), the direction of the strip (deg clockwise from north), the flame."""

    x: float
    y: float
    along_deg: float
    flame_m: float


@dataclass(frozen=True)
class FlyingWeather:
    """What keeps aircraft down: wind at 10 m and visibility."""

    wind_mps: float
    visibility_m: float


@runtime_checkable
class FromTheAir(Protocol):
    """A hazard that aircraft can fight."""

    def aim(self, task: str, target: Target, x: float, y: float) -> Aim | None:
        """Return where the next bucket for a task should go, seen from a point (m); None where none would help."""
        ...

    def flying_weather(self) -> FlyingWeather:
        """Return the weather now."""
        ...
