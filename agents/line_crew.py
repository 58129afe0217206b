"""What a team offers an action that does its task, and what it takes in of the result."""

from __future__ import annotations

import json
from typing import Any, Protocol

from sim.hazard import ActionResult
from sim.settings.plan import TeamType
from sim.task import Task
from sim.water import WaterProvider

BUDGET_WORD = {"m": "metres", "persons": "persons", "m3": "cubic_metres"}
"""The argument in which an action takes what a team can do in a step, by the task's unit of work."""


class Crew(Protocol):
    """What works on a task step by step: a rescue team, or a team of a fire season."""

    id: str
    x: float
    y: float
    clockwise: bool
    hurt: int
    waits: str

    @property
    def water(self) -> WaterProvider | None:
        """Who counts the water its hoses bring; nobody where none is said."""
        ...

    @property
    def type(self) -> TeamType:
        """The kind of team it is."""
        ...

    @property
    def strength(self) -> float:
        """People who work."""
        ...

    def event(self, kind: str, detail: str = "") -> None:
        """Note what it does."""
        ...


def offered(team: Crew, task: Task, seconds: float) -> dict[str, Any]:
    """Return all a team can tell an action of itself and of a step of so long; the action takes what it knows."""
    budget = team.type.rates[task.capability] * team.strength * seconds / 3600.0
    out = {"team": team.id, "x": team.x, "y": team.y, BUDGET_WORD[task.unit]: budget, "people": team.strength,
           "seconds": seconds, "tool": team.type.tools, "crew_class": team.type.crew_class,
           "clockwise": team.clockwise, **(task.args or {})}
    if team.type.max_flame_m is not None:
        out["max_flame_m"] = team.type.max_flame_m
    litres = team.water.offer_l(team.id, team.x, team.y, seconds) if team.water is not None else None
    if litres is not None:
        out["water_l"] = litres
    return out


def taken_in(team: Crew, result: ActionResult) -> float:
    """Move a team to where its work took it, note what befell it; return the work done."""
    figures = result.figures
    if team.water is not None and figures.get("water_l"):
        team.water.take(team.id, float(figures["water_l"]))
    if "x" in figures:
        team.x, team.y = float(figures["x"]), float(figures["y"])
    team.hurt += int(figures.get("injured", 0)) + int(figures.get("dead", 0))
    waits = result.reason if figures.get("waiting") or not result.accepted else ""
    if waits and waits.partition(":")[0] != team.waits.partition(":")[0]:
        team.event("waits", json.dumps({"why": waits}, ensure_ascii=False))
    team.waits = waits
    return float(figures.get("built_m", figures.get("done_work", 0.0)))
