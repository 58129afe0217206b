"""Coverage of a plan without a run: how soon the first capable team could be at every village and site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.rescue_team import RescueTeam
from agents.travel import reversed_cost
from sim.live_roads import LiveRoads
from sim.settings.plan import CommandPost
from sim.world.routing import tree_to
from sim.world.world import World

RESPONDING = ("fire_line", "rescue")
"""A team with one of these counts as capable."""
DAY_H, NIGHT_H = 12.0, 0.0
HALF_HOUR_S = 1800.0
QUARTER_S = 900.0


@dataclass(frozen=True)
class Coverage:
    """Seconds from the alarm to the first capable team at every node, by day and by night, on open roads."""

    day_s: NDArray[np.float64]
    night_s: NDArray[np.float64]


def coverage_of(
    world: World, teams: Sequence[RescueTeam], post: CommandPost, month: int,
    closed: NDArray[np.bool_] | None = None,
) -> Coverage:
    """Return the plan's coverage: median decision, median turnout at that hour, then the drive.

    ``closed`` (links,) leaves links out.
    """
    roads = LiveRoads(world.roads)
    if closed is not None:
        roads.closed |= closed
    found = {}
    for name, hour in (("day", DAY_H), ("night", NIGHT_H)):
        first = np.full(world.roads.node_count, np.inf)
        groups: dict[tuple[float, float], list[RescueTeam]] = {}
        for team in teams:
            if any(team.can(capability) for capability in RESPONDING):
                groups.setdefault((team.speed_factor, team.max_mps), []).append(team)
        for (factor, max_mps), group in groups.items():
            cost = roads.cost_s(max_mps=max_mps, factor=factor)
            waits = np.array([post.decision.median + team.median_turnout_s(hour, month) for team in group])
            tree = tree_to(world.roads, reversed_cost(world.roads, cost), np.array([t.base for t in group]), waits)
            np.minimum(first, tree.time_s, out=first)
        found[name] = first
    return Coverage(found["day"], found["night"])


def shares(world: World, time_s: NDArray[np.float64], limit_s: float) -> dict[str, float | None]:
    """Return the shares of residents, villages and sites reached within a time."""
    out: dict[str, float | None] = {}
    villages, sites = world.places.of_kind("village"), world.places.of_kind("site")
    reached = np.array([time_s[v.node] <= limit_s for v in villages], bool)
    people = np.array([v.residents for v in villages], float)
    out["residents"] = float(people[reached].sum() / people.sum()) if people.sum() else None
    out["villages"] = float(reached.mean()) if len(villages) else None
    out["sites"] = float(np.mean([time_s[s.node] <= limit_s for s in sites])) if sites else None
    return out


def coverage_values(
    world: World, teams: Sequence[RescueTeam], post: CommandPost, month: int,
    closed: NDArray[np.bool_] | None = None,
) -> dict[str, float | None]:
    """Return the coverage KPIs of a plan; ``closed`` (links,) leaves links out."""
    found = coverage_of(world, teams, post, month, closed)
    half, night = shares(world, found.day_s, HALF_HOUR_S), shares(world, found.night_s, HALF_HOUR_S)
    return {
        "coverage.residents_30min": half["residents"], "coverage.residents_30min_night": night["residents"],
        "coverage.villages_30min": half["villages"], "coverage.sites_30min": half["sites"],
        "coverage.residents_15min": shares(world, found.day_s, QUARTER_S)["residents"],
    }
