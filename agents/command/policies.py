"""Dispatch policies: whom to send next to a task."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from agents.rescue_team import RescueTeam
from sim.task import Task

Policy = Callable[[Task, Sequence[RescueTeam]], RescueTeam | None]


def nearest_capable(task: Task, teams: Sequence[RescueTeam]) -> RescueTeam | None:
    """Return the free capable team that would be there first: median turnout plus the drive on roads as they are."""
    able = [team for team in teams if team.free and team.can(task.capability)]
    if not able:
        return None
    times = [(team.expected_s(task.x, task.y), team.id, team) for team in able]
    first = min(times, key=lambda row: row[:2])
    return None if math.isinf(first[0]) else first[2]


POLICIES: dict[str, Policy] = {"nearest_capable": nearest_capable}
"""Policies by the name they have in a plan's YAML."""
