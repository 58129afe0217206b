"""A rescue team: called out, it turns out, drives, walks to its task, works, rests and comes home."""

from __future__ import annotations

from collections.abc import Generator
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import simpy

from agents.line_crew import BUDGET_WORD, offered, taken_in
from agents.shelters import entity_of
from agents.travel import Mover, Router, nearest_node
from sim.model import TEAM_ROLE
from sim.settings.base import Delay
from sim.settings.plan import TeamType
from sim.task import Task
from sim.water import WaterProvider

if TYPE_CHECKING:
    from sim.model import Simulation

WORK_STEP_S = 300.0
"""A team at work looks up and orders its next piece of work this often."""


class Status(IntEnum):
    """What a team or a truck is doing."""

    AT_BASE = 0
    TURNOUT = 1
    DRIVING = 2
    WALKING = 3
    WORKING = 4
    RESTING = 5
    RETURNING = 6


class RescueTeam(Mover):
    """A team with a type, a crew and a base; one order at a time."""

    def __init__(
        self, model: Simulation, router: Router, *, id: str, name: str, name_zh: str, node: int,
        kind: str, type: TeamType, crew: int, sleeps_in: bool,
    ) -> None:
        super().__init__(model, router, id=id, name=name, name_zh=name_zh, node=node,
                         speed_factor=type.road_speed_factor, max_mps=type.max_speed_kmh / 3.6)
        self.kind = kind
        self.type = type
        self.crew = crew
        self.sleeps_in = sleeps_in
        """Stationed in a camp: the night turnout is that of the day."""
        self.water: WaterProvider | None = None
        """Who counts the water its hoses bring; nobody where none is said."""
        self.task: Task | None = None
        self.calls = 0
        self.worked_s = 0.0
        self.work_done = 0.0
        self.hurt = 0
        """Of the crew, people injured or killed at work, no longer counted on."""
        self.waits = ""
        """Why its last step of work came to nothing; empty while it works."""
        self.clockwise = True
        """Which way round a perimeter the team works; set by whoever sends it."""
        self.order_s: float | None = None
        self.arrivals: list[tuple[float, str]] = []
        """When it came on scene, and to which task."""
        self._process: simpy.Process | None = None
        self._turnout = model.streams.of("turnout")

    @property
    def free(self) -> bool:
        """Whether the team can be sent: at its base, or on its way back there."""
        return self.task is None and self.status in (Status.AT_BASE, Status.RETURNING)

    @property
    def strength(self) -> float:
        """People who answer the call."""
        return max(1.0, self.crew * self.type.present - self.hurt)

    def per_hour(self, capability: str) -> float:
        """Return what the team does of a kind of work in an hour, in the task's unit, by its type's rate."""
        return self.type.rates.get(capability, 0.0) * self.strength

    def can(self, capability: str) -> bool:
        """Return whether the team's type has a capability and a work rate for it."""
        return capability in self.type.capabilities and capability in self.type.rates

    def _turnout_at(self, hour: float, month: int) -> tuple[Delay, float]:
        turnout = self.type.turnout
        by_day = self.sleeps_in or turnout.day_from <= hour < turnout.day_to
        return (turnout.day if by_day else turnout.night,
                turnout.busy_factor if month in turnout.busy_months else 1.0)

    def median_turnout_s(self, hour: float, month: int) -> float:
        """Return the median time from the order to wheels turning at an hour of the day and a month."""
        delay, busy = self._turnout_at(hour, month)
        return delay.median * busy

    def draw_turnout_s(self, t_s: float) -> float:
        """Return this call's time from the order to wheels turning."""
        calendar = self.simulation.clock.calendar
        delay, busy = self._turnout_at(calendar.hour(t_s), calendar.month(t_s))
        return busy * self._turnout.lognormal(
            entity_of(self.id), self.calls, median=delay.median, sigma=delay.sigma)

    def expected_s(self, x: float, y: float) -> float:
        """Return the median time until the team could be at a point: turnout if at base, the drive, the walk."""
        _, travel = self.router.approach(
            self.node, x, y, self.speed_factor, self.max_mps, self._off_road_mps())
        if self.status != Status.AT_BASE:
            return travel
        calendar, now = self.simulation.clock.calendar, self.simulation.now
        return self.median_turnout_s(calendar.hour(now), calendar.month(now)) + travel

    def respond(self, task: Task) -> None:
        """Take on a task; a team on its way home turns round."""
        if self._process is not None and self._process.is_alive:
            self._process.interrupt("ordered")
        self.task = task
        self.order_s = self.simulation.now
        self.event("order")
        self._process = self.simulation.clock.env.process(self._carry_out(task))

    def withdraw(self) -> bool:
        """Break off and go home; return whether there was anything to break off."""
        if self.task is None or self._process is None or not self._process.is_alive:
            return False
        self._process.interrupt("withdrawn")
        self.task = None
        self.event("withdraw")
        self._process = self.simulation.clock.env.process(self._go_home())
        return True

    def _carry_out(self, task: Task) -> Generator[simpy.Event, Any, None]:
        try:
            if self.status == Status.AT_BASE:
                yield from self._turn_out()
            elif not self.on_road:
                yield from self._to_road(Status.WALKING)
            yield from self.drive_towards(task.x, task.y, self._off_road_mps(), Status.DRIVING)
            yield from self.walk(task.x, task.y, self._off_road_mps(), Status.WALKING)
            self.arrivals.append((self.simulation.now, task.id))
            self.event("on_scene")
            yield from self._work(task)
            self.task = None
            yield from self._home()
        except simpy.Interrupt:
            return

    def _go_home(self) -> Generator[simpy.Event, Any, None]:
        try:
            yield from self._home()
        except simpy.Interrupt:
            return

    def _turn_out(self) -> Generator[simpy.Event, Any, None]:
        self.mark(Status.TURNOUT)
        yield self.timeout(self.draw_turnout_s(self.simulation.now))
        self.calls += 1
        self.event("turnout")

    def _work(self, task: Task) -> Generator[simpy.Event, Any, None]:
        self.mark(Status.WORKING)
        spell = 0.0
        while not task.done:
            yield self.timeout(WORK_STEP_S)
            self._step(task, WORK_STEP_S)
            spell += WORK_STEP_S
            self.worked_s += WORK_STEP_S
            if spell >= self.type.work_before_rest and not task.done:
                self.mark(Status.RESTING)
                self.event("rest")
                yield self.timeout(self.type.rest)
                self.mark(Status.WORKING)
                spell = 0.0

    def _step(self, task: Task, seconds: float) -> None:
        """Order one step of the task's own action, with what this crew can do in the time."""
        wanted = self.simulation.commands.argument_names(task.action)
        args = {key: value for key, value in offered(self, task, seconds).items() if key in wanted}
        result = self.simulation.order(TEAM_ROLE, task.action, args)
        done = taken_in(self, result)
        self.work_done += done
        if done:
            self.event("work", f'{{"{BUDGET_WORD[task.unit]}": {done:.1f}}}')
        if result.figures.get("done"):
            task.done = True
        self.mark(Status.WORKING)

    def _home(self) -> Generator[simpy.Event, Any, None]:
        self.event("return")
        yield from self._to_road(Status.RETURNING)
        yield from self.drive(self.base, Status.RETURNING)
        self.mark(Status.AT_BASE)
        self.event("back")

    def _to_road(self, status: Status) -> Generator[simpy.Event, Any, None]:
        """Walk to the nearest node of the road; called back on the way, a team is still off the road."""
        if self.turning:
            return
        road = nearest_node(self.simulation, self.x, self.y)
        nodes = self.simulation.world.roads.nodes
        yield from self.walk(float(nodes["x"][road]), float(nodes["y"][road]), self._off_road_mps(), status)
        self.node = road

    def _off_road_mps(self) -> float:
        return self.type.off_road_speed_kmh / 3.6

    def event(self, kind: str, detail: str = "") -> None:
        """Note what it does in the event log, where it stands."""
        self.simulation.events.add(
            self.simulation.now, kind, self.id, self.task.id if self.task else "", self.x, self.y, detail)
