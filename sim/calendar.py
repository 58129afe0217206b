"""The calendar: seconds since the start to local date and hour, at the edge only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

DAY_S = 86400.0


@dataclass(frozen=True)
class Calendar:
    """Local time of a scenario that starts at ``start`` (with its offset)."""

    start: datetime

    def at(self, t_s: float) -> datetime:
        """Return the local date and time at ``t_s`` seconds."""
        return self.start + timedelta(seconds=t_s)

    def second_of_day(self, t_s: float) -> float:
        """Return seconds since local midnight."""
        start = self.start
        return (start.hour * 3600.0 + start.minute * 60.0 + start.second + t_s) % DAY_S

    def hour(self, t_s: float) -> float:
        """Return the local hour, 0 to 24."""
        return self.second_of_day(t_s) / 3600.0

    def month(self, t_s: float) -> int:
        """Return the month, 1 to 12."""
        return self.at(t_s).month
