"""Who asks for helicopters: the command post by its policy, or a command; and how much they flew.

A request goes through whoever has to approve it; then the base has it and the helicopter mobilises.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import simpy

from agents.aircraft import Aircraft, LandingPlace
from agents.command.post import ROLE, CommandPost
from agents.rescue_team import Status
from agents.shelters import entity_of
from agents.waters import Waters
from sim.settings.plan import Plan
from sim.task import Task
from sim.water import FromTheAir
from sim.world.projection import Projection

if TYPE_CHECKING:
    from agents.drill import Drill

SECONDS_PER_HOUR = 3600.0


class AirDesk:
    """The aircraft a plan has, and the requests for them."""

    def __init__(self, drill: Drill, plan: Plan, post: CommandPost, waters: Waters) -> None:
        self.drill = drill
        self.post = post
        self.policy = plan.air
        self.aircraft = _aircraft(drill, plan, waters, self._crews_at)
        self._asked: set[str] = set()
        """Tasks aircraft have been asked for."""
        if self.aircraft and self.policy.request != "never":
            drill.after_hazards.append(self._watch)

    @property
    def flown_h(self) -> float | None:
        """Hours flown by all aircraft; None where there are none."""
        return sum(one.flown_s for one in self.aircraft) / SECONDS_PER_HOUR if self.aircraft else None

    def _crews_at(self, task: Task) -> list[tuple[float, float]]:
        return [(team.x, team.y) for team in self.drill.teams
                if team.task is not None and team.task.id == task.id and team.status == Status.WORKING]

    def can_help(self, task: Task) -> bool:
        """Return whether a task is of a hazard that aircraft can fight."""
        key = task.id.partition(":")[0]  # a hazard's key has no colon; a task's id may have several
        return any(hazard.key == key and isinstance(hazard, FromTheAir) for hazard in self.drill.hazards)

    def _watch(self, t_s: float) -> None:
        self._asked -= {id for id in self._asked if self.post.tasks[id].done}
        for task in self.post.known():
            large = self.policy.request == "reported" or task.remaining >= self.policy.large_edge_m
            if large and task.id not in self._asked and self.can_help(task):
                self.drill.order(ROLE, "request_aircraft", {"task": task.id})

    def request(self, task: Task, id: str) -> int:
        """Ask for one aircraft, or for all that are free; return how many were asked for."""
        self._asked.add(task.id)
        wanted = [one for one in self.aircraft if one.free and id in ("", one.id)]
        for one in wanted:
            self.drill.clock.env.process(self._approve(one, task))
        return len(wanted)

    def _approve(self, one: Aircraft, task: Task) -> Generator[simpy.Event, Any, None]:
        approval = self.policy.approval
        yield self.drill.clock.env.timeout(self.drill.streams.of("air approval").lognormal(
            entity_of(task.id), median=approval.median, sigma=approval.sigma))
        if one.free and not task.done:
            one.respond(task, self.policy.target)

    def stand_down(self, id: str) -> int:
        """Send one aircraft home, or all; return how many were on a task."""
        return sum(one.stand_down() for one in self.aircraft if id in ("", one.id))


def _aircraft(drill: Drill, plan: Plan, waters: Waters, crews_at: Any) -> list[Aircraft]:
    world, found = drill.world, []
    sites = _sites(drill, plan)
    for entry in plan.aircraft:
        if entry.place is not None:
            place = world.places.get(entry.place, f"plan {plan.id}, aircraft {entry.id}")
            base = LandingPlace(entry.id, place.x, place.y)
        else:
            assert entry.lon is not None and entry.lat is not None  # the settings give a place or both
            x, y = Projection(world.crs).to_xy(entry.lon, entry.lat)
            base = LandingPlace(entry.id, float(x), float(y))
        for number in range(1, entry.count + 1):
            several = entry.count > 1
            found.append(Aircraft(
                drill, entry, id=f"{entry.id}-{number}" if several else entry.id,
                name=(entry.name or f"{entry.kind} {entry.id}") + (f" {number}" if several else ""),
                name_zh=(entry.name_zh or "直升机") + (f"{number}" if several else ""),
                base=base, sites=sites, waters=waters, crews_at=crews_at))
    return found


def _sites(drill: Drill, plan: Plan) -> Sequence[LandingPlace]:
    places = [(site.id, drill.world.places.get(site.place, f"plan {plan.id}, landing site {site.id}"))
              for site in plan.landing_sites]
    return [LandingPlace(id, place.x, place.y) for id, place in places]
