"""Comings and goings of households as columns: there may be half a million of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viz.folder import RunFolder

KINDS = ("departed", "sheltered", "hosted", "left", "away", "stranded", "exposed", "moved_on")
# Who moves on leaves a shelter or hosts that are no longer safe, and will be counted as safe again.
SAFE_KINDS = ("sheltered", "hosted", "left", "away")
"""In a shelter, with relatives, or out of the county."""


@dataclass
class HouseholdMoves:
    """Events of households (n,) in order of time, their places as rows of the tracks' ``place_id``."""

    t_s: NDArray[np.float64]
    kind: NDArray[np.int64]
    """Row of ``KINDS``."""
    agent: NDArray[np.int64]
    """The same number for the same agent."""
    place: NDArray[np.int64]
    """-1 where the event names no known place."""
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    said: NDArray[np.float64]
    """Persons that the event says it is about; nan where it does not say."""
    traced: NDArray[np.float64]
    """Persons of the agent's household where it is among the traced; nan where it is not."""

    @classmethod
    def of(cls, folder: RunFolder) -> HouseholdMoves:
        """Read a run's events. Raises InputError where the log is broken."""
        t = folder.tracks
        table = folder.event_columns(
            KINDS, [str(key) for key in t["place_id"]], [f"H{key}" for key in t["leg_id"]])
        kind, agent, place, row = (table[name].astype(np.int64) for name in ("kind", "agent", "place", "traced"))
        traced = np.append(t["leg_people"].astype(float), np.nan)[row]
        return cls(table["t_s"], kind, agent, place, table["x"], table["y"], table["said"], traced)

    def of_kinds(self, *kinds: str) -> NDArray[np.bool_]:
        """Return which events (n,) are of some kinds."""
        return np.isin(self.kind, [KINDS.index(kind) for kind in kinds])

    @cached_property
    def persons(self) -> NDArray[np.int64]:
        """How many people each event (n,) is about; the household's known size where it does not say.

        Known is how many of it arrived, else all of a traced household, else one.
        """
        arrived = ~self.of_kinds("departed", "moved_on")
        agents = int(self.agent.max(initial=-1)) + 1
        size = np.bincount(self.agent[arrived], np.nan_to_num(self.said[arrived], nan=1.0), minlength=agents)
        known = np.where(size[self.agent] > 0, size[self.agent], np.nan_to_num(self.traced, nan=1.0))
        return np.rint(np.where(np.isnan(self.said), known, self.said)).astype(np.int64)

    def home_place(self, near: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the place (n,) of each event's household: where it last set out from; -1 for one that never did.

        ``near`` (n,) stands in where a departure names no place.
        """
        out = np.flatnonzero(self.of_kinds("departed"))
        home = np.full(int(self.agent.max(initial=-1)) + 1, -1, np.int64)
        home[self.agent[out]] = np.where(self.place[out] >= 0, self.place[out], near[out])
        return home[self.agent] if len(self.agent) else np.empty(0, np.int64)

    def sums(self) -> dict[str, int]:
        """Return how many people each kind of event touched, kinds without any left out."""
        total: NDArray[Any] = np.bincount(self.kind, self.persons, minlength=len(KINDS))
        return {kind: int(n) for kind, n in zip(KINDS, total) if n}
