"""A piece of work for teams: where, what capability, how much is left and which action does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class Task:
    """Work that hazards and residents raise, command hands out and teams do.

    ``work`` and ``remaining`` are in ``unit`` (m of line, persons, m3). ``action`` is the command a team
    gives at each step of work, with ``args`` filled in by the team (its id, its place, its budget).
    """

    id: str
    kind: str
    capability: str
    x: float
    y: float
    work: float
    remaining: float
    unit: str
    action: str
    raised_s: float
    place: str = ""
    priority: int = 1
    done: bool = False
    known: bool = False
    """Follows from work that teams are at: nobody has to find and report it."""
    args: dict[str, Any] | None = None
