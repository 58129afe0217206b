"""The county command post: it learns of an incident, sends teams, orders villages out, sends supplies.

All it does to the run is commands. It knows an incident only once it has been detected and reported, and
the hazard's course only through the hazard's forecast.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
import simpy
from numpy.typing import NDArray

from agents.command.policies import POLICIES
from agents.command.triggers import Clearance
from agents.detection.detection import CITIZENS, Detection
from agents.population.evacuation import Evacuation
from agents.rescue_team import RescueTeam, Status
from agents.shelters import SECONDS_PER_DAY, ShelterBook, entity_of
from agents.supply_truck import Depot
from agents.travel import Router
from sim.hazard import Hazard
from sim.settings.plan import CommandPost as PostSettings
from sim.settings.scenario import Behaviour, Reporting
from sim.task import Task

if TYPE_CHECKING:
    from sim.model import Simulation

ROLE = "command"
HOUR_S = 3600.0
SUPPLY_HORIZON_S = SECONDS_PER_DAY
"""The post sends a shelter what its occupants need for this long. Assumption: one day's relief."""
REORDER_SHARE = 0.5
"""Below this share of a day's need the post sends more; above it no truck goes for a handful. Assumption."""


class CommandPost(mesa.Agent):
    """Decides for the county, once every review."""

    def __init__(
        self, model: Simulation, *, settings: PostSettings, reporting: Reporting, behaviour: Behaviour,
        teams: list[RescueTeam], depots: list[Depot], shelters: ShelterBook, evacuation: Evacuation,
        detection: Detection, clearance: Clearance,
    ) -> None:
        super().__init__(model)
        self.simulation = model
        self.settings = settings
        self.reporting = reporting
        self.behaviour = behaviour
        self.teams = teams
        self.depots = depots
        self.shelters = shelters
        self.evacuation = evacuation
        self.detection = detection
        self.clearance = clearance
        self.router = Router(model)
        self.policy = POLICIES[settings.policy]
        self.tasks: dict[str, Task] = {}
        self.alarm_s: dict[str, float] = {}
        """When each task's report reached the post."""
        self.first_order_s: dict[str, float] = {}
        self._villages = model.world.places.of_kind("village")
        self._village_x = np.array([v.x for v in self._villages])
        self._village_y = np.array([v.y for v in self._villages])
        self._village_row = np.array([v.row for v in self._villages], np.int64)
        self._due: dict[int, float] = {}
        """When the front is forecast to reach the villages (rows of ``_villages``) whose buffer it has crossed."""
        self._reviewing = False
        self._decided: set[str] = set()
        """Tasks whose report has been weighed: nobody is sent before."""
        self._finished: set[str] = set()
        model.after_hazards.append(self._watch)

    # -- learning of it -------------------------------------------------------------------------------

    def _watch(self, t_s: float) -> None:
        """Start the report of every task that the hazards have newly raised."""
        for hazard in self.simulation.hazards:
            for task in hazard.incidents():
                if task.id in self.tasks:
                    self._update(task)
                    continue
                self.tasks[task.id] = task
                if task.known:
                    self._decided.add(task.id)
                    self._dispatch()
                else:
                    self.simulation.events.add(task.raised_s, "ignition" if task.kind == "suppress" else "incident",
                                               hazard.key, task.id, task.x, task.y)
                    self.simulation.clock.env.process(self._report(hazard, task, t_s))

    def _update(self, task: Task) -> None:
        """Take over a task's figures; teams at work hold on to the task they were sent to."""
        known = self.tasks[task.id]
        if known is not task:
            known.x, known.y, known.work, known.remaining = task.x, task.y, task.work, task.remaining
            known.done = known.done or task.done
        if known.done and known.id not in self._finished:
            self._finished.add(known.id)
            self.simulation.events.add(self.simulation.now, "mopped_up" if known.kind == "mop_up" else "contained",
                                       place=known.id, x=known.x, y=known.y)
        elif not known.done:
            self._finished.discard(known.id)

    def _report(self, hazard: Hazard, task: Task, t_s: float) -> Generator[simpy.Event, Any, None]:
        entity = entity_of(task.id)
        streams, env = self.simulation.streams, self.simulation.clock.env
        seen, called = self.reporting.detection, self.reporting.report
        unseen = streams.of("detection").lognormal(entity, median=seen.median, sigma=seen.sigma)
        delay = unseen + streams.of("report").lognormal(entity, median=called.median, sigma=called.sigma)
        told = self.detection.notice(hazard, task, task.raised_s + unseen, task.raised_s + delay)
        yield env.timeout(max(0.0, told.alarm_s - t_s))
        self.alarm_s[task.id] = self.simulation.now
        self.simulation.events.add(self.simulation.now, "alarm", "command", task.id, task.x, task.y,
                                   "" if told.by == CITIZENS else f'{{"means": "{told.means}", "by": "{told.by}"}}')
        decision = self.settings.decision
        yield env.timeout(streams.of("decision").lognormal(entity, median=decision.median, sigma=decision.sigma))
        self._decided.add(task.id)
        if not self._reviewing:
            self._reviewing = True
            env.process(self._command())
        else:
            self._dispatch()

    # -- deciding -------------------------------------------------------------------------------------

    def _command(self) -> Generator[simpy.Event, Any, None]:
        while True:
            self._dispatch()
            self._order_out()
            self._supply()
            yield self.simulation.clock.env.timeout(self.settings.review)

    def known(self) -> list[Task]:
        """Return the tasks that have been reported and weighed and are not done, the more urgent first."""
        tasks = [task for task in self.tasks.values() if task.id in self._decided and not task.done]
        return sorted(tasks, key=lambda task: (-task.priority, task.raised_s, task.id))

    def _dispatch(self) -> None:
        for task in self.known():
            at_it = [team for team in self.teams if team.task is not None and team.task.id == task.id]
            while self._too_few(task, at_it):
                team = self.policy(task, self.teams)
                if team is None:
                    break
                team.clockwise = len(at_it) % 2 == 0
                self.simulation.order(ROLE, "dispatch_team", {"team": team.id, "task": task.id})
                self.first_order_s.setdefault(task.id, self.simulation.now)
                at_it.append(team)

    def _too_few(self, task: Task, at_it: list[RescueTeam]) -> bool:
        """Return whether another team should go: fewer than the first attack, or too slow for what is left."""
        if len(at_it) < self.settings.teams_per_task:
            return True
        if self.settings.finish_within is None:
            return False
        per_hour = sum(team.per_hour(task.capability) for team in at_it if team.status != Status.RESTING)
        return task.remaining * HOUR_S > per_hour * self.settings.finish_within

    def _order_out(self) -> None:
        if not self.known():
            return
        now = self.simulation.now
        pending = np.isinf(self.evacuation.village_ordered_s[self._village_row])
        threatened = np.zeros(len(self._villages), np.bool_)
        for hazard in self.simulation.hazards:
            threatened |= self._threatened(hazard, now, pending)
        rows = np.flatnonzero(threatened & pending)
        if len(rows) and math.isinf(self.evacuation.first_order_s):
            for shelter in self.shelters.call(now):
                self.simulation.events.add(shelter.open_s, "shelter_open", place=shelter.id, x=shelter.x, y=shelter.y)
        for i in rows.tolist():
            if i in self._due:
                self._tell_trigger(i, now)
            self.simulation.order(ROLE, "order_evacuation", {"zone": self._villages[i].id})

    def _threatened(self, hazard: Hazard, now: float, pending: NDArray[np.bool_]) -> NDArray[np.bool_]:
        near = hazard.distance(self._village_x, self._village_y) <= self.settings.warn_distance_m
        forecast = hazard.forecast(now)
        if forecast is not None:
            row, col = self.simulation.world.grid.row_col(self._village_x, self._village_y)
            arrival_s = forecast.arrival_s[row, col]
            if self.settings.trigger.rule == "lead":
                near |= arrival_s <= now + self.settings.warn_lead
            else:
                near |= self._inside_buffer(arrival_s, now, pending)
        return near

    def _inside_buffer(
        self, arrival_s: NDArray[np.float32], now: float, pending: NDArray[np.bool_],
    ) -> NDArray[np.bool_]:
        """Return which villages (n,) without an order the front may reach before they could be clear."""
        inside = np.zeros(len(arrival_s), np.bool_)
        for i in np.flatnonzero(pending & np.isfinite(arrival_s)).tolist():
            inside[i] = arrival_s[i] - now <= self.clearance.buffer_s(self._villages[i].row)
            if inside[i]:
                self._due[i] = min(float(arrival_s[i]), self._due.get(i, math.inf))
        return inside

    def _tell_trigger(self, i: int, now: float) -> None:
        """Add an event for a village ordered out because its buffer was crossed: minutes left and needed."""
        village = self._villages[i]
        clear_s = self.clearance.seconds(village.row)
        needed = f"{clear_s / 60:.1f}" if math.isfinite(clear_s) else "null"
        self.simulation.events.add(
            now, "trigger", ROLE, village.id, village.x, village.y,
            f'{{"arrival_min": {(self._due[i] - now) / 60:.1f}, "clearance_min": {needed}}}')

    def _supply(self) -> None:
        """Send each shelter in use what it needs for a day, from the nearest depot with stock and a truck."""
        now, rate = self.simulation.now, self.behaviour.packs_per_person_day
        for shelter in self.shelters.rows:
            if math.isinf(shelter.open_s):
                continue
            shelter.consume(now, rate)
            need = shelter.occupants * rate * SUPPLY_HORIZON_S / SECONDS_PER_DAY
            at_hand = shelter.packs + shelter.packs_coming
            if at_hand > REORDER_SHARE * need:
                continue
            missing = math.ceil(need - at_hand)
            while missing > 0:
                depot = self._depot_for(shelter.node)
                if depot is None:
                    break  # none is free, or this shelter is cut off; the next may not be
                packs = min(missing, depot.settings.truck_load_packs, depot.stock)
                self.simulation.order(
                    ROLE, "dispatch_supply", {"warehouse": depot.id, "shelter": shelter.id, "packs": packs})
                missing -= packs

    def _depot_for(self, node: int) -> Depot | None:
        able = [d for d in self.depots if d.stock > 0 and any(not truck.busy for truck in d.trucks)]
        times = [(self.router.to(node, 1.0, d.settings.truck_speed_kmh / 3.6).time_s[d.node], d.id, d) for d in able]
        reachable = [row for row in times if not math.isinf(row[0])]
        return min(reachable, key=lambda row: row[:2])[2] if reachable else None
