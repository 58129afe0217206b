"""The Simulation: a mesa.Model that owns the SimPy clock, the hazards, the roads as they stand and the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import mesa
import numpy as np
from pydantic import BaseModel

from sim.calendar import Calendar
from sim.clock import Clock, Periodic, Rank
from sim.command import Command, CommandRegistry
from sim.hazard import ActionResult, Hazard
from sim.infrastructure import Infrastructure
from sim.live_roads import LiveRoads
from sim.random import Streams
from sim.recorder import EventLog
from sim.world.world import World

TEAM_ROLE = "team"
"""Steps of a team's work are commands too; the event log has them as ``work``, the command log in full."""


class Residents(Protocol):
    """What the Simulation needs to know of a population."""

    def with_objects(self, objects: Any) -> Any:
        """Return the set of object agents and residents together."""
        ...


class Simulation(mesa.Model):
    """One run: World, hazards and a clock; agents are added to it by whoever assembles it.

    ``step()`` is one tick of ``tick_s`` seconds, so that Mesa's own ways of running a model work; ``now``
    (seconds) is the only clock that user code reads.
    """

    def __init__(
        self, *, world: World, calendar: Calendar, streams: Streams, tick_s: float, duration_s: float,
        hazards: Sequence[Hazard] = (),
    ) -> None:
        super().__init__(rng=streams.seed)
        self.world = world
        self.streams = streams
        self.tick_s = tick_s
        self.duration_s = duration_s
        self.clock = Clock(calendar)
        self.commands = CommandRegistry()
        self.events = EventLog()
        self.roads = LiveRoads(world.roads)
        self.infrastructure = Infrastructure([place.id for place in world.places.of_kind("unit")])
        self.hazards = list(hazards)
        self.population: Residents | None = None
        self.series_every = 1
        """Ticks between two rows of the model-level series."""
        self.series: dict[str, Callable[[Any], float]] = {}
        self.datacollector: mesa.DataCollector | None = None
        self.hazard_process: Periodic = self.clock.every(
            "hazard", tick_s, Rank.HAZARD, self._advance_hazards, asleep=not self.hazards)
        self.after_hazards: list[Callable[[float], None]] = []
        """Called after the hazards have moved, with the time."""
        self._register_hazard_actions()

    @property
    def now(self) -> float:
        """Seconds since the scenario's start."""
        return self.clock.now

    @property
    def agents(self) -> Any:
        """All agents: teams, trucks and posts as Mesa keeps them, and every resident."""
        objects = self._all_agents if hasattr(self, "_all_agents") else super().agents
        population = getattr(self, "population", None)
        return objects if population is None else population.with_objects(objects)

    @agents.setter
    def agents(self, value: Any) -> None:
        raise AttributeError("model.agents belongs to Mesa; keep agents of your own under another name")

    def collect(self, series: Mapping[str, Callable[[Any], float]], every_s: float) -> None:
        """Declare the model-level series that the data collector keeps; call once, before the run."""
        self.series = dict(series)
        self.series_every = max(1, round(every_s / self.tick_s))
        self.datacollector = mesa.DataCollector(
            model_reporters={"t_s": lambda model: model.now, **self.series})
        self.datacollector.collect(self)

    def step(self) -> None:
        """Run one tick. Mesa 3 counts steps before it calls this; Mesa 4 keeps only time, in ticks."""
        ticks = getattr(self, "steps", None)
        if ticks is None:
            ticks = round(self.time)
        self.clock.run(ticks * self.tick_s)
        if self.datacollector is not None and ticks % self.series_every == 0:
            self.datacollector.collect(self)

    def run(self, progress: Callable[[float], None] | None = None) -> None:
        """Run to the end of the scenario, tick by tick; ``progress`` gets the share done."""
        ticks = int(np.ceil(self.duration_s / self.tick_s))
        for tick in range(1, ticks + 1):
            self.step()
            if progress is not None:
                progress(tick / ticks)

    def run_for(self, duration: float | int) -> None:
        """Run so many ticks, whole ones. Mesa has this from 3.5 on; with 3.3 it is the same."""
        ticks = int(duration)
        if hasattr(mesa.Model, "run_for"):
            super().run_for(ticks)
        else:
            for _ in range(ticks):
                self.step()

    def order(self, role: str, action: str, args: Mapping[str, Any] | None = None) -> Any:
        """Give a command now: validated, logged, carried out. Raises InputError when it cannot be."""
        result = self.commands.submit(self.now, role, action, args)
        command = self.commands.log[-1]
        if role != TEAM_ROLE:
            self.events.add(self.now, "command", role, str(command.args.get("zone", "")), detail=command.line())
        return result

    def close(self) -> None:
        """Let go of the model: Mesa 3.3 keeps every model with agents alive in a class-level table."""
        ids = getattr(mesa.Agent, "_ids", None)
        if isinstance(ids, dict):
            ids.pop(self, None)

    def _advance_hazards(self, t_s: float) -> float | None:
        for hazard in self.hazards:
            hazard.advance(t_s)
            self._log_events(hazard)
        self._roads_changed()
        for follower in self.after_hazards:
            follower(t_s)
        due = min((hazard.next_event_s() for hazard in self.hazards), default=np.inf)
        return None if np.isinf(due) else float(due)

    def _log_events(self, hazard: Hazard) -> None:
        """Put what happened in a hazard into the log; see the Hazard protocol."""
        take = getattr(hazard, "take_events", None)
        for event in take() if take is not None else ():
            self.events.add(event.t_s, event.kind, hazard.key, event.place, event.x, event.y, event.detail)

    def _roads_changed(self) -> None:
        states = [state for state in (hazard.road_state() for hazard in self.hazards) if state is not None]
        self.roads.refresh(states)

    def refresh_roads(self) -> None:
        """Take over at once what a command changed on the roads."""
        self._roads_changed()

    def _register_hazard_actions(self) -> None:
        by_action: dict[str, list[Hazard]] = {}
        specs = {}
        for hazard in self.hazards:
            for spec in hazard.spec.actions:
                by_action.setdefault(spec.name, []).append(hazard)
                specs[spec.name] = spec
        for name, spec in specs.items():
            self.commands.register(spec, self._hazard_handler(by_action[name]))

    def _hazard_handler(self, hazards: list[Hazard]) -> Callable[[Command, BaseModel], ActionResult]:
        def carry_out(command: Command, args: BaseModel) -> ActionResult:
            result = ActionResult(False, "no hazard took it")
            for hazard in hazards:
                hazard.advance(command.t_s)
                result = hazard.act(command)
                self._log_events(hazard)
                if result.accepted:
                    break
            self.hazard_process.wake()
            return result

        return carry_out
