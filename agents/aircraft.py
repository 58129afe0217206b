"""A helicopter: asked for, it comes, fills its bucket, drops it, refuels, and is home by dusk.

It flies straight at one speed laden and one empty, whatever the wind and the height. It sets out only where it can
finish a round and still land in time: before dusk at its base, within its crew's hours at its base, with fuel in hand
at the nearest place to land. In too much wind or too little visibility it lands and looks again. Left out: several
crews, breakdowns, other aircraft in the air, thin air in summer, and that landing sites may be without fuel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import mesa
import simpy

from agents.rescue_team import Status
from agents.shelters import entity_of
from agents.travel import Waypoint
from agents.waters import Stock, Waters
from sim.calendar import DAY_S
from sim.model import TEAM_ROLE
from sim.settings.aircraft import Aircraft as AircraftSettings
from sim.settings.aircraft import Target
from sim.sun import daylight
from sim.task import Task
from sim.water import Aim, FromTheAir
from sim.world.projection import Projection

if TYPE_CHECKING:
    from sim.model import Simulation

LOOK_S = 600.0
"""A helicopter kept on the ground, or with nothing to drop on, looks again after this time."""
FUEL_RESERVE_S = 1200.0
"""Flying time left in the tank on landing: 20 min, the least by day by sight (memory: ICAO Annex 6, part III)."""
REAIM_M = 1500.0
"""On coming in it drops where it is wanted by then, if that is no farther off than this."""
FLYING, DIPPING, DROPPING, GROUNDED = Status.DRIVING, Status.WALKING, Status.WORKING, Status.RESTING
"""What an aircraft is doing, in the numbers that teams and trucks use."""


class LandingPlace(NamedTuple):
    """Where it can land and refuel."""

    id: str
    x: float
    y: float


class Round(NamedTuple):
    """A round to come: where to fill, where to drop, and how long it takes."""

    fill: tuple[float, float]
    point: Stock | None
    aim: Aim
    seconds: float


class Aircraft(mesa.Agent):
    """A helicopter of the plan; one task at a time."""

    def __init__(
        self, model: Simulation, settings: AircraftSettings, *, id: str, name: str, name_zh: str, base: LandingPlace,
        sites: Sequence[LandingPlace], waters: Waters, crews_at: Callable[[Task], Sequence[tuple[float, float]]],
    ) -> None:
        super().__init__(model)
        self.simulation = model
        self.settings = settings
        self.id, self.name, self.name_zh = id, name, name_zh
        self.base = base
        self.sites = [base, *sites]
        self.waters = waters
        self.crews_at = crews_at
        """Where crews are at work on a task."""
        self.x, self.y = base.x, base.y
        self.status = int(Status.AT_BASE)
        self.waypoints: list[Waypoint] = [Waypoint(0.0, self.x, self.y, self.status)]
        self.task: Task | None = None
        self.target: Target = "crews"
        self.calls = 0
        self.drops = 0
        self.litres = 0.0
        self.flown_s = 0.0
        self.first_drop_s = math.inf
        self._fuel_s = settings.endurance
        self._flown_on: dict[int, float] = {}
        """Seconds flown by day of the run."""
        self._laden = False
        self._projection = Projection(model.world.crs)
        self._process: simpy.Process | None = None

    @property
    def free(self) -> bool:
        """Whether it can be sent."""
        return self.task is None

    def respond(self, task: Task, target: Target) -> None:
        """Take on a task; on its way home it turns round."""
        self._interrupt("ordered")
        self.task, self.target = task, target
        self._event("air_order")
        self._process = self.simulation.clock.env.process(self._carry_out(task))

    def stand_down(self) -> bool:
        """Break off and fly home; return whether there was anything to break off."""
        if self.task is None:
            return False
        self._interrupt("stood down")
        self.task = None
        self._process = self.simulation.clock.env.process(self._stop())
        return True

    def _interrupt(self, why: str) -> None:
        if self._process is not None and self._process.is_alive:
            self._process.interrupt(why)

    # -- the order --------------------------------------------------------------------------------------------

    def _carry_out(self, task: Task) -> Generator[simpy.Event, Any, None]:
        try:
            if self.status == Status.AT_BASE:
                yield from self._mobilise()
            yield from self._fight(task)
            self.task = None
            yield from self._go_home()
        except simpy.Interrupt:
            return

    def _stop(self) -> Generator[simpy.Event, Any, None]:
        try:
            yield from self._go_home()
        except simpy.Interrupt:
            return

    def _mobilise(self) -> Generator[simpy.Event, Any, None]:
        delay = self.settings.mobilisation
        self.mark(Status.TURNOUT)
        yield self._timeout(self.simulation.streams.of("air mobilisation").lognormal(
            entity_of(self.id), self.calls, median=delay.median, sigma=delay.sigma))
        self.calls += 1
        self.mark(Status.AT_BASE)

    def _fight(self, task: Task) -> Generator[simpy.Event, Any, None]:
        """Fly rounds until the task is done, on the ground while anything forbids it; give up what is out of range."""
        while not task.done:
            now = self.simulation.now
            fit_s = self._fit_s(task)
            if fit_s > now:
                over = fit_s > now + LOOK_S
                yield from self._rest(self.base if over else self._nearest_site(self.x, self.y), fit_s)
                continue
            following = self._next_round(task)
            if following is None:
                yield from self._rest(self._nearest_site(self.x, self.y), now + LOOK_S)
                continue
            forbids = self._forbids(following, task)
            if forbids == "fuel":
                if self._fuel_s >= self.settings.endurance:
                    self._event("air_out_of_range")
                    return
                self._event("air_refuel")
                yield from self._rest(self._nearest_site(self.x, self.y), 0.0)
            elif forbids:
                self._event(f"air_{forbids}")
                yield from self._rest(self.base, self._tomorrow(task))
            else:
                if self.status in (Status.AT_BASE, GROUNDED):
                    self._event("air_takeoff")
                yield from self._fly_round(following, task)

    def _rest(self, site: LandingPlace, until_s: float) -> Generator[simpy.Event, Any, None]:
        """Land somewhere, be refuelled, and stay at least until a time."""
        yield from self._land(site)
        refuel = self.settings.refuel if self._fuel_s < self.settings.endurance else 0.0
        yield self._timeout(max(until_s - self.simulation.now, refuel))
        self._fuel_s = self.settings.endurance

    def _fit_s(self, task: Task) -> float:
        """Return when to look again whether it can fly (s): now where light and weather allow it."""
        now, (dawn, dusk) = self.simulation.now, self._light(task, self.simulation.now)
        if now < dawn:
            return dawn
        if now >= dusk:
            return self._tomorrow(task)
        weather = self._hazard(task).flying_weather()
        fit = (weather.wind_mps <= self.settings.wind_limit_mps
               and weather.visibility_m >= self.settings.visibility_m)
        return now if fit else now + LOOK_S

    def _fly_round(self, following: Round, task: Task) -> Generator[simpy.Event, Any, None]:
        if not self._laden:
            yield from self._fly(*following.fill)
            point, bucket = following.point, self.settings.bucket_l
            if point is not None:
                if point.litres(self.simulation.now) < bucket:
                    return  # somebody else was there first; what is left is left for a hose
                point.take(bucket, self.simulation.now)
            yield from self._hover(DIPPING, self.settings.dip)
            self._laden = True
        yield from self._fly(following.aim.x, following.aim.y)
        aim = self._aim(task)
        if aim is None or math.hypot(aim.x - self.x, aim.y - self.y) > REAIM_M:
            aim = following.aim
        yield from self._hover(DROPPING, self.settings.drop)
        self._drop(aim)

    def _drop(self, aim: Aim) -> None:
        settings = self.settings
        self._laden = False
        self.x, self.y = aim.x, aim.y
        result = self.simulation.order(TEAM_ROLE, "drop_water", {
            "aircraft": self.id, "x": aim.x, "y": aim.y, "along_deg": aim.along_deg, "litres": settings.bucket_l,
            "length_m": settings.drop_kmh / 3.6 * settings.release, "width_m": settings.swath_m})
        self.drops += 1
        self.litres += settings.bucket_l
        self.first_drop_s = min(self.first_drop_s, self.simulation.now)
        wetted = float(result.figures.get("wetted_m", 0.0))
        self._event("drop", f'{{"litres": {settings.bucket_l:.0f}, "wetted_m": {wetted:.1f}}}')
        self.mark(DROPPING)

    # -- planning a round -------------------------------------------------------------------------------------

    def _hazard(self, task: Task) -> FromTheAir:
        key = task.id.partition(":")[0]  # a hazard's key has no colon; a task's id may have several
        found = next(h for h in self.simulation.hazards if h.key == key)
        assert isinstance(found, FromTheAir)  # whoever sent it has seen to that
        return found

    def _aim(self, task: Task) -> Aim | None:
        crews = self.crews_at(task) if self.target == "crews" else ()
        x, y = min(crews, key=lambda at: (math.hypot(at[0] - self.x, at[1] - self.y), at), default=(self.x, self.y))
        return self._hazard(task).aim(task.id, self.target, x, y)

    def _next_round(self, task: Task) -> Round | None:
        aim = self._aim(task)
        if aim is None:
            return None
        settings, now = self.settings, self.simulation.now
        if self._laden:
            to_aim = self._seconds(self.x, self.y, aim.x, aim.y, True)
            return Round((self.x, self.y), None, aim, to_aim + settings.drop)
        found = self.waters.dip(aim.x, aim.y, settings.bucket_l, now)
        if found is None:
            return None
        x, y, point = found
        seconds = (self._seconds(self.x, self.y, x, y, False) + settings.dip
                   + self._seconds(x, y, aim.x, aim.y, True) + settings.drop)
        return Round((x, y), point, aim, seconds)

    def _forbids(self, following: Round, task: Task) -> str:
        """Return what forbids a round: dusk, hours or fuel; empty where nothing does."""
        aim, now = following.aim, self.simulation.now
        home = self._seconds(aim.x, aim.y, self.base.x, self.base.y, False)
        if now + following.seconds + home > self._light(task, now)[1]:
            return "dusk"
        if self._flown_on.get(self._day(), 0.0) + following.seconds + home > self.settings.hours_per_day:
            return "hours"
        site = self._nearest_site(aim.x, aim.y)
        if following.seconds + self._seconds(aim.x, aim.y, site.x, site.y, False) + FUEL_RESERVE_S > self._fuel_s:
            return "fuel"
        return ""

    def _light(self, task: Task, t_s: float) -> tuple[float, float]:
        """Return between which times (s) of the day of a time it may be in the air."""
        if self.settings.by_night:
            return -math.inf, math.inf
        lon, lat = self._projection.to_lonlat(task.x, task.y)
        rise, set_ = daylight(self.simulation.clock.calendar, t_s, float(lon), float(lat))
        return rise + self.settings.daylight_margin, set_ - self.settings.daylight_margin

    def _tomorrow(self, task: Task) -> float:
        """Return when it may fly on the following day (s)."""
        now = self.simulation.now
        midnight = now + DAY_S - self.simulation.clock.calendar.second_of_day(now)
        return max(midnight, self._light(task, midnight + 1.0)[0])

    def _day(self) -> int:
        return self.simulation.clock.calendar.at(self.simulation.now).toordinal()

    def _nearest_site(self, x: float, y: float) -> LandingPlace:
        return min(self.sites, key=lambda site: (math.hypot(site.x - x, site.y - y), site.id))

    def _seconds(self, x0: float, y0: float, x1: float, y1: float, laden: bool) -> float:
        return math.hypot(x1 - x0, y1 - y0) / self._mps(laden)

    def _mps(self, laden: bool) -> float:
        return (self.settings.laden_kmh if laden else self.settings.cruise_kmh) / 3.6

    # -- moving -----------------------------------------------------------------------------------------------

    def mark(self, status: int) -> None:
        """Note where it is and what it does from now on."""
        self.status = int(status)
        self.waypoints.append(Waypoint(self.simulation.now, self.x, self.y, self.status))

    def _timeout(self, delay_s: float) -> simpy.Timeout:
        return self.simulation.clock.env.timeout(max(delay_s, 0.0))

    def _fly(self, x: float, y: float, status: int = FLYING) -> Generator[simpy.Event, Any, None]:
        """Fly straight to a point; called off on the way, be where it is by then."""
        x0, y0, since = self.x, self.y, self.simulation.now
        seconds = self._seconds(x0, y0, x, y, self._laden)
        if seconds <= 0.0:
            return
        self.mark(status)
        try:
            yield self._timeout(seconds)
        except simpy.Interrupt:
            share = (self.simulation.now - since) / seconds
            self.x, self.y = x0 + share * (x - x0), y0 + share * (y - y0)
            self._flew(self.simulation.now - since)
            self.mark(status)
            raise
        self.x, self.y = x, y
        self._flew(seconds)
        self.mark(status)

    def _hover(self, status: int, seconds: float) -> Generator[simpy.Event, Any, None]:
        self.mark(status)
        yield self._timeout(seconds)
        self._flew(seconds)

    def _flew(self, seconds: float) -> None:
        self.flown_s += seconds
        self._fuel_s -= seconds
        self._flown_on[self._day()] = self._flown_on.get(self._day(), 0.0) + seconds

    def _land(self, site: LandingPlace) -> Generator[simpy.Event, Any, None]:
        """Let go of the water, fly to a place and land."""
        self._laden = False
        yield from self._fly(site.x, site.y, Status.RETURNING if site is self.base else FLYING)
        self.mark(Status.AT_BASE if site is self.base else GROUNDED)

    def _go_home(self) -> Generator[simpy.Event, Any, None]:
        if self.status != Status.AT_BASE:
            self._event("air_return")
        yield from self._rest(self.base, 0.0)

    def _event(self, kind: str, detail: str = "") -> None:
        self.simulation.events.add(
            self.simulation.now, kind, self.id, self.task.id if self.task else "", self.x, self.y, detail)
