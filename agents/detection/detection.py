"""Who detects an incident first, and whose report reaches the command post first.

Citizens call whatever the plan has (``scenario.reporting``). Cameras, towers and patrols see incidents that show
from afar: smoke by day, flames by night. When they would is worked out as an incident is raised, from how it then
grows; draws belong to the observer and the incident, so that plans compared share them.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy
from numpy.typing import NDArray

from agents.detection.coverage import coverage_values
from agents.detection.looking import area_seen_m2, haze_range_km, in_hours, looks, ready_s
from agents.detection.patrols import EYE_M, Beat, beat_of
from agents.detection.posts import KM_M, Post, Scene, posts_of, scene_of
from agents.shelters import entity_of
from sim.calendar import DAY_S
from sim.hazard import Hazard, Signs, Visible
from sim.settings.base import Delay
from sim.settings.detection import Means, Seeing
from sim.settings.plan import Plan
from sim.sun import daylight
from sim.task import Task

if TYPE_CHECKING:
    from sim.model import Simulation

CITIZENS = "citizens"
SHOWS = ("suppress",)
"""Kinds of task that show from afar where the hazard does not say how: fires."""
MEANS: tuple[Means, ...] = ("camera", "tower", "patrol", "citizens")


@dataclass(frozen=True)
class Notice:
    """That somebody sees an incident: by what means, who, when (s), and when the command post has the report (s)."""

    means: Means
    by: str
    """Id of the camera, tower or patrol; ``citizens`` otherwise."""
    seen_s: float
    alarm_s: float
    raised_s: float
    """When the incident began."""

    @property
    def after_min(self) -> float:
        """Minutes from the incident's beginning until it is seen."""
        return (self.seen_s - self.raised_s) / 60.0


@dataclass(frozen=True)
class _Spot:
    """An incident as those who look out see it: how it shows, and where, in metres and as a cell."""

    task: Task
    signs: Signs
    x: float
    y: float
    row: int
    col: int


class Detection:
    """All who look out in a run. ``first`` and ``told`` hold, by task id, the first to see it and to report it."""

    def __init__(self, model: Simulation, plan: Plan, seeing: Seeing) -> None:
        self.model = model
        self.plan = plan
        self.seeing = seeing
        self._every_post = posts_of(plan, model.world)
        self.posts: list[Post] = self._working()
        """Cameras and towers at work in this run."""
        self.beats: list[Beat] = [beat_of(model.world, item, f"plan {plan.id}, patrols, {item.id}")
                                  for item in plan.patrols]
        self.first: dict[str, Notice] = {}
        self.told: dict[str, Notice] = {}
        self._sun = self._sun_times()
        self._haze_m = KM_M * haze_range_km(seeing.visibility_km, seeing.smoke_contrast)

    def in_run(self, model: Simulation) -> Detection:
        """Return the same lookouts in another run of the World: where they stand is kept, what they draw is not."""
        other = copy.copy(self)
        other.model, other.first, other.told = model, {}, {}
        other.posts, other._sun = other._working(), other._sun_times()
        return other

    def _working(self) -> list[Post]:
        working = self.model.streams.of("lookout working")
        return [post for post in self._every_post if working.u01(entity_of(post.id)) < post.item.working]

    def notice(self, hazard: Hazard, task: Task, citizens_seen_s: float, citizens_alarm_s: float) -> Notice:
        """Return whose report of an incident comes first; its event ``detected`` follows when it is first seen."""
        citizens = Notice("citizens", CITIZENS, citizens_seen_s, citizens_alarm_s, task.raised_s)
        notices = [citizens, *self.sightings(hazard, task)]
        # A tie falls to the citizens, then to the order of the plan.
        told = self.told[task.id] = min(notices, key=lambda notice: notice.alarm_s)
        first = min(notices, key=lambda notice: notice.seen_s)
        self.model.clock.env.process(self._detected(task, first))
        return told

    def _detected(self, task: Task, notice: Notice) -> Generator[simpy.Event, Any, None]:
        yield self.model.clock.env.timeout(max(0.0, notice.seen_s - self.model.now))
        self.first[task.id] = notice
        self.model.events.add(notice.seen_s, "detected", notice.by, task.id, task.x, task.y,
                              f'{{"means": "{notice.means}"}}')

    # -- who sees it ----------------------------------------------------------------------------------

    def sightings(self, hazard: Hazard, task: Task) -> list[Notice]:
        """Return when each camera, tower and patrol sees an incident; those who do not in this run are left out."""
        if not self.posts and not self.beats:
            return []
        signs = hazard.signs(task) if isinstance(hazard, Visible) else self._usual(task)
        if signs is None:
            return []
        scene = scene_of(self.model.world, self.plan.sight)
        x, y = signs.at or (task.x, task.y)
        spot = _Spot(task, signs, x, y, *(int(v) for v in scene.grid.row_col(x, y)))
        found = [self._by_post(scene, post, spot) for post in self.posts]
        found += [self._by_beat(scene, beat, spot) for beat in self.beats]
        return [notice for notice in found if notice is not None]

    def _usual(self, task: Task) -> Signs | None:
        return Signs(self.seeing.smoke_rise_m_min / 60.0) if task.kind in SHOWS else None

    def _by_post(self, scene: Scene, post: Post, spot: _Spot) -> Notice | None:
        item, away = post.item, math.hypot(post.x - spot.x, post.y - spot.y)
        by_day_m, by_night_m = item.range_km * KM_M, item.night_km * KM_M
        if away > max(min(by_day_m, self._haze_m), by_night_m):
            return None
        needed = scene.needed_m(post.row, post.col, item.height_m, spot.row, spot.col)
        phase = self.model.streams.of("lookout phase").u01(entity_of(post.id)) * item.scan
        best = math.inf
        for day, range_m, at_range_m2 in ((True, min(by_day_m, self._haze_m), item.seen_at_range_m2),
                                          (False, by_night_m, item.seen_by_night_m2)):
            if away > range_m:
                continue
            # Haze hides what lies beyond; it does not change the size that the lens tells within.
            full_m = by_day_m if day else by_night_m
            ready = spot.task.raised_s + self._shows_s(
                spot.signs, needed, area_seen_m2(away, full_m, at_range_m2), day)
            times = looks(ready, self.model.duration_s, phase, item.scan)
            times = times[self._light(times, day) & self._hours(times, item.from_hour, item.to_hour)]
            best = min(best, float(times[0]) if len(times) else math.inf)
        return self._notice(post.means, post.id, spot.task, best, item.confirmation)

    def _by_beat(self, scene: Scene, beat: Beat, spot: _Spot) -> Notice | None:
        item = beat.item
        away = np.hypot(beat.x - spot.x, beat.y - spot.y)
        range_m = item.sight_km * KM_M
        near = np.flatnonzero(away <= min(range_m, self._haze_m))
        if len(near) == 0:
            return None
        phase = self.model.streams.of("lookout phase").u01(entity_of(beat.id))
        times, points = beat.passes(phase, self._second_of_day(np.zeros(1))[0], self.model.duration_s)
        light = self._light(times, True)
        ready = np.full((2, len(beat.x)), np.inf)
        for point in near.tolist():
            needed = scene.needed_m(int(beat.row[point]), int(beat.col[point]), EYE_M, spot.row, spot.col)
            area = area_seen_m2(float(away[point]), range_m, item.seen_at_sight_m2)
            ready[:, point] = [
                spot.task.raised_s + self._shows_s(spot.signs, needed, area, day) for day in (False, True)]
        seen = times[times >= ready[light.astype(np.intp), points]]
        return self._notice("patrol", beat.id, spot.task, float(seen[0]) if len(seen) else math.inf, item.report)

    def _notice(self, means: Means, by: str, task: Task, seen_s: float, delay: Delay) -> Notice | None:
        if math.isinf(seen_s):
            return None
        draw = self.model.streams.of("lookout confirmation").lognormal(
            entity_of(f"{by} {task.id}"), median=delay.median, sigma=delay.sigma)
        return Notice(means, by, seen_s, seen_s + draw, task.raised_s)

    def _shows_s(self, signs: Signs, needed_m: float, area_m2: float, day: bool) -> float:
        """Return seconds from its start until an incident shows over what stands in the way; inf: never."""
        seeing = self.seeing
        if needed_m > (seeing.smoke_top_m if day else seeing.glow_m):
            return math.inf
        # Flames and glow stand at their full height at once.
        return ready_s(needed_m if day else 0.0, signs.smoke_mps, area_m2, signs.growth_m2_s2)

    def _sun_times(self) -> NDArray[np.float64]:
        """Return sunrise and sunset (days, 2; s) of every day of the run, in the middle of the county's units."""
        model = self.model
        units = model.world.places.of_kind("unit")
        lon, lat = (float(np.mean([getattr(unit, axis) for unit in units])) for axis in ("lon", "lat"))
        days = int((model.clock.calendar.second_of_day(0.0) + model.duration_s) // DAY_S) + 1
        return np.array([daylight(model.clock.calendar, day * DAY_S, lon, lat) for day in range(days)])

    # -- hours ----------------------------------------------------------------------------------------

    def _second_of_day(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        return (self.model.clock.calendar.second_of_day(0.0) + times) % DAY_S

    def _hours(self, times: NDArray[np.float64], from_hour: float, to_hour: float) -> NDArray[np.bool_]:
        return in_hours(self._second_of_day(times), from_hour, to_hour)

    def _light(self, times: NDArray[np.float64], day: bool) -> NDArray[np.bool_]:
        """Return at which times (n,) it is day, between sunrise and sunset, or night."""
        date = ((self.model.clock.calendar.second_of_day(0.0) + times) // DAY_S).astype(np.int64)
        return ((times >= self._sun[date, 0]) & (times < self._sun[date, 1])) == day

    # -- figures --------------------------------------------------------------------------------------

    def values(self) -> dict[str, float | None]:
        """Return the KPIs: forest in view; minutes to detection and by whom, over the incidents detected so far."""
        minutes = [notice.after_min for _, notice in sorted(self.first.items())]
        by = [notice.means for notice in self.first.values()]
        return {
            **coverage_values(self.model.world, self.plan),
            "detection.first_min": min(minutes, default=None),
            "detection.mean_min": float(np.mean(minutes)) if minutes else None,
            **{f"detection.by_{means}": float(by.count(means)) for means in MEANS},
        }
