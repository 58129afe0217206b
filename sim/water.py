"""Who brings water to a fire and who says how much it takes: the parts that teams, aircraft and hazards share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from sim.settings.aircraft import Target


class WaterProvider(Protocol):
    """Counts the water teams have where they work. Teams without hose and pump have none."""

    def line_m(self, team: str, x: float, y: float, seconds: float, flame_m: float) -> float | None:
        """Return the metres of edge with flames so long that a team's water lets it put out in so many seconds at a
        point (m); 0 while it has none, None where nobody counts its water."""
        ...

    def spend(self, team: str, metres: float) -> float:
        """Take the water for metres put out after the last :meth:`line_m`; return the litres taken."""
        ...


@runtime_checkable
class Quenchable(Protocol):
    """A hazard that water puts out."""

    def litres_per_m(self, x: float, y: float, flame_m: float) -> float:
        """Return litres for a metre of its edge at a point (m), with flames so long."""
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
