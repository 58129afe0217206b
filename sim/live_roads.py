"""The road network as it stands now: what hazards and commands have slowed or closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.hazard import RoadState, combine
from sim.world.classes import RoadClass
from sim.world.world import Roads

SEVERED = np.inf


class LiveRoads:
    """Speed factor and closure per link; ``version`` rises whenever either changes."""

    def __init__(self, roads: Roads) -> None:
        self.roads = roads
        self.speed_factor: NDArray[np.float32] = np.ones(roads.link_count, np.float32)
        self.closed: NDArray[np.bool_] = np.zeros(roads.link_count, np.bool_)
        self.by_command: NDArray[np.bool_] = np.zeros(roads.link_count, np.bool_)
        self.cause = ""
        self.version = 0
        self.delay_s: NDArray[np.float64] = np.zeros(roads.link_count)
        """Present delay by queues (links,), over the free-flow time."""
        self.delay_version = 0
        self.no_entry: NDArray[np.bool_] = np.zeros(roads.link_count, np.bool_)
        """Links (links,) closed to vehicles that obey, emergency vehicles and walkers apart; cost_s leaves them open.

        Such as the lanes that a contraflow has given to the other way.
        """
        self.entry_version = 0
        self.listeners: list[Callable[[NDArray[np.bool_]], None]] = []
        """Called with the links newly closed, after every change."""

    def refresh(self, states: Sequence[RoadState]) -> bool:
        """Take over the hazards' road states; return whether anything changed."""
        now = combine(states, self.roads.link_count)
        closed = now.closed | self.by_command
        if np.array_equal(closed, self.closed) and np.array_equal(now.speed_factor, self.speed_factor):
            return False
        fresh = closed & ~self.closed
        self.closed, self.speed_factor, self.cause = closed, now.speed_factor, now.cause
        self.version += 1
        for listener in self.listeners:
            listener(fresh)
        return True

    def set_delays(self, delay_s: NDArray[np.float64]) -> None:
        """Take over the present delay by queues (links,; s)."""
        if not np.array_equal(delay_s, self.delay_s):
            self.delay_s = np.maximum(delay_s, 0.0)
            self.delay_version += 1

    def set_no_entry(self, links: NDArray[np.bool_]) -> None:
        """Take over which links (links, mask) are closed to all but emergency vehicles and walkers."""
        if not np.array_equal(links, self.no_entry):
            self.no_entry = links.copy()
            self.entry_version += 1

    def cost_s(
        self, *, max_mps: float, factor: float = 1.0, held_up: float = 0.0, on_foot: bool = False,
        motorway: bool = True,
    ) -> NDArray[np.float64]:
        """Return seconds per link (links,) for a mover; infinite where it cannot go.

        A vehicle does ``factor`` of the link's present speed, at most ``max_mps``; on foot the link's speed
        does not matter; ``held_up`` is the share of the queues' delay that it suffers. Expressways are closed to
        walkers and two-wheelers (``motorway=False``).
        """
        links = self.roads.links
        if on_foot:
            speed = np.full(self.roads.link_count, max_mps)
        else:
            speed = np.minimum(links["speed_mps"].astype(np.float64) * factor * self.speed_factor, max_mps)
        barred = self.closed.copy()
        if on_foot or not motorway:
            barred |= links["road_class"] == RoadClass.EXPRESSWAY
        with np.errstate(divide="ignore"):
            return np.where(barred | (speed <= 0), SEVERED, links["length_m"] / speed + held_up * self.delay_s)
