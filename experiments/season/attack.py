"""One fire of a season: it is seen, reported and fought until its edge holds, without residents or agents.

The command post, the teams' turnout, their way and their work follow agents/command/post.py and
agents/rescue_team.py step by step, with the same delays, streams and actions; a heap of times stands in for the
clock. Left out: roads that the fire closes, queues, teams called back from their way home.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from agents.detection.detection import Notice
from agents.line_crew import offered, taken_in
from agents.rescue_team import WORK_STEP_S
from agents.shelters import entity_of
from experiments.season.forces import Forces, Squad
from experiments.season.lookout import Lookout
from experiments.season.water import FireWater, Wells
from scenarios.forest_fire.hazard import ForestFire
from scenarios.forest_fire.settings_season import Attack
from sim.calendar import Calendar
from sim.command import Command
from sim.model import TEAM_ROLE
from sim.random import Streams
from sim.settings.plan import CommandPost, TeamType
from sim.task import Task

HOUR_S = 3600.0


@dataclass
class Sent:
    """A team on its way to a task, or at it."""

    squad: Squad
    task: Task
    id: str
    x: float
    y: float
    clockwise: bool
    node: int
    """Where it has left the road, its engine with it."""
    water: FireWater | None
    spell_s: float = 0.0
    rests_until_s: float = -math.inf
    hurt: int = 0
    waits: str = ""

    @property
    def type(self) -> TeamType:
        """The kind of team it is."""
        return self.squad.type

    @property
    def strength(self) -> float:
        """People who work."""
        return max(1.0, self.squad.strength - self.hurt)

    def per_hour(self, capability: str) -> float:
        """Return what the team does of a kind of work in an hour, by its type's rate."""
        return self.type.rates.get(capability, 0.0) * self.strength

    def event(self, kind: str, detail: str = "") -> None:
        """Note nothing: a season keeps no log of events."""


@dataclass
class Fought:
    """What came of the attack, in seconds since ignition; None for what did not happen."""

    told: Notice
    """The report that reached the command post first."""
    first_arrival_s: float | None
    contained_s: float | None
    ended_s: float
    teams: int
    hurt: int
    """Of the crews, people injured or killed."""
    back_s: dict[str, float]
    """When each team sent is at its base again."""


class Fight:
    """The attack on one fire, lit at time 0 of ``calendar``."""

    def __init__(
        self, fire: ForestFire, forces: Forces, lookout: Lookout, wells: Wells, *, post: CommandPost, attack: Attack,
        streams: Streams, calendar: Calendar, free_s: dict[str, float],
    ) -> None:
        """``free_s`` says when teams at other fires are at their bases again, in seconds since this ignition."""
        self.fire, self.forces, self.lookout, self.post, self.attack = fire, forces, lookout, post, attack
        self.streams, self.calendar, self.free_s = streams, calendar, free_s
        self.water = FireWater(wells, streams)
        self.sent: dict[str, Sent] = {}
        self.first_arrival_s: float | None = None
        self._heap: list[tuple[float, int, Callable[[float], None]]] = []
        self._count = 0
        self._mops_up = fire.settings.suppression.mop_up.task
        self._takes = {action.name: frozenset(action.args.model_fields) for action in fire.spec.actions}

    def run(self) -> Fought:
        """Follow the fire until it has been held for a while, or to the limit."""
        fire = self.fire
        (task, *_) = fire.incidents()
        told = self.lookout.notice(fire, task, self.streams, self.calendar, self.attack.limit)
        decision = self.post.decision
        decided = told.alarm_s + self.streams.of("decision").lognormal(
            entity_of(task.id), median=decision.median, sigma=decision.sigma)
        self._at(decided, self._review)
        now = 0.0
        while self._heap and self._heap[0][0] <= self.attack.limit:
            now, _, action = heapq.heappop(self._heap)
            fire.advance(now)
            if self._over(now):
                break
            action(now)
        else:
            now = self.attack.limit
            fire.advance(now)
        back = {id: now + self.forces.approach(s.squad, s.x, s.y)[1] for id, s in self.sent.items()}
        hurt = sum(sent.hurt for sent in self.sent.values())
        return Fought(told, self.first_arrival_s, fire.contained_s, now, len(self.sent), hurt, back)

    def _over(self, t_s: float) -> bool:
        """Return whether the fire has been held for long enough, and is cold where crews hold it.

        One that still creeps past corners has not; one that went out by itself has no line that it could cross.
        """
        fire, held = self.fire, self.fire.contained_s
        if held is None or t_s - held < self.attack.hold or math.isfinite(fire.front.next_s()):
            return False
        return fire.line_m == 0.0 or not self._mops_up or fire.attack.mop_up.controlled_s() is not None

    def _at(self, t_s: float, action: Callable[[float], None]) -> None:
        heapq.heappush(self._heap, (t_s, self._count, action))
        self._count += 1

    # -- the command post ---------------------------------------------------------------------------------

    def _review(self, t_s: float) -> None:
        for task in self._tasks():
            at_it = [sent for sent in self.sent.values() if sent.task.id == task.id]
            while not task.done and self._too_few(task, at_it, t_s):
                sent = self._send(task, len(at_it), t_s)
                if sent is None:
                    break
                at_it.append(sent)
        self._at(t_s + self.post.review, self._review)

    def _too_few(self, task: Task, at_it: list[Sent], t_s: float) -> bool:
        """Return whether another team should go: fewer than the first attack, or too slow for what is left."""
        if len(at_it) < self.post.teams_per_task:
            return True
        if self.post.finish_within is None:
            return False
        per_hour = sum(sent.per_hour(task.capability) for sent in at_it if sent.rests_until_s <= t_s)
        return task.remaining * HOUR_S > per_hour * self.post.finish_within

    def _send(self, task: Task, at_it: int, t_s: float) -> Sent | None:
        """Send the free team that would be there first; return it, None where there was none."""
        hour, month = self.calendar.hour(t_s), self.calendar.month(t_s)
        best: tuple[float, str, Squad, int, float] | None = None
        for squad in self.forces.squads:
            if squad.id in self.sent or self.free_s.get(squad.id, -math.inf) > t_s:
                continue
            node, travel = self.forces.approach(squad, task.x, task.y)
            delay, busy = squad.turnout(hour, month)
            if best is None or (delay.median * busy + travel, squad.id) < best[:2]:
                best = (delay.median * busy + travel, squad.id, squad, node, travel)
        if best is None or math.isinf(best[0]):
            return None
        _, id, squad, node, travel = best
        delay, busy = squad.turnout(hour, month)
        turnout = busy * self.streams.of("turnout").lognormal(entity_of(id), 0, median=delay.median, sigma=delay.sigma)
        sent = self.sent[id] = Sent(squad, task, id, task.x, task.y, at_it % 2 == 0, node, self.water)
        self.water.join(sent)
        self._at(t_s + turnout + travel, partial(self._arrive, sent))
        return sent

    def _next_task(self, sent: Sent) -> Task:
        """Return what a team at the fire does once its task is done: mop up, or fight what has come back."""
        for task in self._tasks():
            at_it = sum(other.task.id == task.id for other in self.sent.values())
            if not task.done and at_it < self.post.teams_per_task:
                return task
        return sent.task

    def _tasks(self) -> list[Task]:
        return sorted(self.fire.incidents(), key=lambda task: (-task.priority, task.raised_s, task.id))

    # -- the teams ----------------------------------------------------------------------------------------

    def _arrive(self, sent: Sent, t_s: float) -> None:
        if self.first_arrival_s is None:
            self.first_arrival_s = t_s
        self._at(t_s + WORK_STEP_S, partial(self._work, sent))

    def _work(self, sent: Sent, t_s: float) -> None:
        """Do one step of the task's own action with what the crew can do in the time; once done, keep watch."""
        squad, rest = sent.squad, 0.0
        self.water.at(t_s)
        if sent.task.done:
            sent.task = self._next_task(sent)
        task = sent.task
        if not task.done:
            takes = self._takes[task.action]
            args = {key: value for key, value in offered(sent, task, WORK_STEP_S).items() if key in takes}
            result = self.fire.act(Command(t_s, self._count, TEAM_ROLE, task.action, args))
            taken_in(sent, result)
            task.done = task.done or bool(result.figures.get("done"))
            sent.spell_s += WORK_STEP_S
            if sent.spell_s >= squad.type.work_before_rest and not task.done:
                rest, sent.spell_s = squad.type.rest, 0.0
                sent.rests_until_s = t_s + rest
        self._at(t_s + rest + WORK_STEP_S, partial(self._work, sent))
