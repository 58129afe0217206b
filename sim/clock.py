"""The clock: one SimPy environment, and periodic processes that sleep while there is nothing to do.

Times are seconds since the scenario's start. Events at the same time run in a fixed order: what teams and
commands do first (SimPy's normal priority), then the periodic processes by rank.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Generator
from enum import IntEnum
from typing import Any

import simpy
from simpy.events import Event, EventPriority

from sim.calendar import Calendar

GRID_SLACK = 1e-9
"""Share of a period by which a time may miss its grid point through rounding and still count as on it."""


class Rank(IntEnum):
    """Order of periodic processes at the same time; all come after SimPy's NORMAL (1)."""

    HAZARD = 10
    ROADS = 20
    PRESENCE = 30
    EXPOSURE = 40
    DECISION = 50
    MOVEMENT = 60
    RECORD = 70


class Ticked(Event):
    """A timeout that waits for its rank among the events of its time."""

    def __init__(self, env: simpy.Environment, delay_s: float, rank: Rank) -> None:
        super().__init__(env)
        self._ok = True
        self._value = None
        env.schedule(self, EventPriority(int(rank)), delay_s)


class Periodic:
    """A process with a cadence of its own, asleep while its action says there is nothing to do.

    ``action(t)`` returns the next time it is needed, or None to sleep until :meth:`wake`. Times are moved
    up to the grid ``k * period_s``, so that sleeping and waking never shift the cadence.
    """

    def __init__(
        self, env: simpy.Environment, name: str, period_s: float, rank: Rank,
        action: Callable[[float], float | None], *, asleep: bool = False,
    ) -> None:
        if period_s <= 0:
            raise ValueError(f"period of {name!r} must be positive, not {period_s}")
        self.name = name
        self.period_s = period_s
        self.rank = rank
        self.runs = 0
        """How often the action has run."""
        self._env = env
        self._action = action
        self._asked: list[float] = [] if asleep else [self._on_grid(env.now)]
        self._acting = False
        self.process = env.process(self._live())

    def wake(self, at_s: float | None = None) -> None:
        """See to it that the action runs at ``at_s`` (now, if None) or at the next point of its grid."""
        due = self._on_grid(self._env.now if at_s is None else max(at_s, self._env.now))
        sooner = not self._asked or due < self._asked[0]
        if due not in self._asked:
            heapq.heappush(self._asked, due)
        if sooner and not self._acting and self.process.target is not None:
            self.process.interrupt()

    def _on_grid(self, at_s: float) -> float:
        return math.ceil(at_s / self.period_s - GRID_SLACK) * self.period_s

    def _live(self) -> Generator[Event, Any, None]:
        while True:
            try:
                if self._asked:
                    yield Ticked(self._env, max(self._asked[0] - self._env.now, 0.0), self.rank)
                else:
                    yield self._env.event()
            except simpy.Interrupt:
                continue
            # Time plus delay may miss the point of the grid by a last bit: the point counts, not the time.
            now, point = self._env.now, self._asked[0]
            while self._asked and self._asked[0] <= max(now, point):
                heapq.heappop(self._asked)
            self._acting = True
            again = self._action(now)
            self._acting = False
            self.runs += 1
            if again is not None:
                due = self._on_grid(again)
                heapq.heappush(self._asked, due if due > point else self._on_grid(point + self.period_s))


class Clock:
    """A SimPy environment with a calendar and named periodic processes."""

    def __init__(self, calendar: Calendar) -> None:
        self.env = simpy.Environment()
        self.calendar = calendar
        self.periodic: dict[str, Periodic] = {}

    @property
    def now(self) -> float:
        """Seconds since the scenario's start."""
        return float(self.env.now)

    def every(
        self, name: str, period_s: float, rank: Rank, action: Callable[[float], float | None], *,
        asleep: bool = False,
    ) -> Periodic:
        """Start a periodic process. Raises ValueError when the name is taken."""
        if name in self.periodic:
            raise ValueError(f"a periodic process named {name!r} runs already")
        self.periodic[name] = Periodic(self.env, name, period_s, rank, action, asleep=asleep)
        return self.periodic[name]

    def run(self, until_s: float) -> None:
        """Run up to ``until_s``; what is due at that very time runs at the start of the next call."""
        if until_s > self.env.now:
            self.env.run(until=until_s)
