"""Who sees a season's fires first: the plan's cameras, towers and patrols, or citizens; without a Simulation."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from agents.detection.detection import CITIZENS, Detection, Notice
from agents.shelters import entity_of
from sim.calendar import Calendar
from sim.random import Streams
from sim.settings.detection import Seeing
from sim.settings.plan import Plan
from sim.settings.scenario import Reporting
from sim.world.world import World

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire
    from sim.model import Simulation
    from sim.task import Task


class Lookout:
    """All who look out under a plan; posts and rounds are laid out once for every fire."""

    def __init__(self, world: World, plan: Plan, seeing: Seeing, reporting: Reporting) -> None:
        self._world, self._reporting, self._plan, self._seeing = world, reporting, plan, seeing
        self._detection: Detection | None = None

    def _moment(self, streams: Streams, calendar: Calendar, duration_s: float) -> Simulation:
        """Return what detection asks of a Simulation: its World, draws, calendar and end."""
        return cast("Simulation", SimpleNamespace(
            world=self._world, streams=streams, duration_s=duration_s, clock=SimpleNamespace(calendar=calendar)))

    def notice(
        self, fire: ForestFire, task: Task, streams: Streams, calendar: Calendar, limit_s: float
    ) -> Notice:
        """Return the first report of a fire to reach the command post, times in seconds since its ignition.

        Draws and delays are those of agents/command/post.py and agents/detection.
        """
        entity, seen, called = entity_of(task.id), self._reporting.detection, self._reporting.report
        unseen = streams.of("detection").lognormal(entity, median=seen.median, sigma=seen.sigma)
        call = streams.of("report").lognormal(entity, median=called.median, sigma=called.sigma)
        notices = [Notice("citizens", CITIZENS, unseen, unseen + call, 0.0)]
        if self._plan.cameras or self._plan.watch_towers or self._plan.patrols:
            moment = self._moment(streams, calendar, limit_s)
            self._detection = (self._detection.in_run(moment) if self._detection is not None
                               else Detection(moment, self._plan, self._seeing))
            notices += self._detection.sightings(fire, task)
        return min(notices, key=lambda notice: notice.alarm_s)
