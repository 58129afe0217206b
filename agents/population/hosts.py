"""Hosts: villages where nobody leaves that have room for guests (投亲靠友).

Whose relatives live where is not known: a household bound for relatives goes to the nearest village with room,
which it has rung up before. A village that is called on to leave in any way, its neighbours' word included, or where
somebody has seen the hazard takes nobody in (``Orders.uneasy``), and nobody is the guest of the own village but those
whom the organised transfer moves. Guests leave when their hosts' village is ordered out in its turn (``moving_on``).
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from sim.world.world import World

NO_HOST = -1


class Hosts:
    """Room for guests by village, counted in persons; arrays of shape (places,)."""

    def __init__(self, world: World, guests_per_resident: float) -> None:
        villages = world.places.of_kind("village")
        self.capacity: NDArray[np.int64] = np.zeros(len(world.places), np.int64)
        for village in villages:
            self.capacity[village.row] = int(guests_per_resident * village.residents)
        self.guests: NDArray[np.int64] = np.zeros(len(world.places), np.int64)
        self.host_of: NDArray[np.int32] = np.full(len(world.persons["person_id"]), NO_HOST, np.int32)
        """Place row of the village each resident (persons,) is a guest of; -1 for none."""
        self.near_home: NDArray[np.bool_] = np.zeros(len(self.host_of), np.bool_)
        """Who (persons,) may be a guest in the own village: the organised transfer takes people to neighbours too."""
        self._village = np.asarray(world.persons["village"])
        self.full: NDArray[np.bool_] = self.capacity <= 0
        """No more room, or less than the last party that came needed."""
        self.version = 0
        """Raised whenever the set of villages with room changes."""
        self._at: dict[int, list[int]] = defaultdict(list)
        for village in villages:
            self._at[village.node].append(village.row)
        self._node = np.array([place.node for place in world.places], np.int32)

    def targets(self, uneasy: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Return the nodes of villages with room that are not ``uneasy`` (places,), sorted."""
        return np.unique(self._node[~self.full & ~uneasy])

    def at_home(self, node: int, party: NDArray[np.integer]) -> bool:
        """Return whether a village at a node is the own one of a party (person rows) that may not be a guest there."""
        return any(self._own(row, party) for row in self._at.get(node, ()))

    def _own(self, row: int, party: NDArray[np.integer]) -> bool:
        return bool(((self._village[party] == row) & ~self.near_home[party]).any())

    def admit(self, node: int, party: NDArray[np.integer], uneasy: NDArray[np.bool_]) -> int | None:
        """Take a party (person rows) in at a node; return the village's place row, or None where it does not fit.

        Villages that are ``uneasy`` (places,) take nobody in, nor does the party's own.
        """
        persons = len(party)
        for row in self._at.get(node, ()):
            if (not uneasy[row] and self.capacity[row] - self.guests[row] >= persons
                    and not self._own(row, party)):
                self.guests[row] += persons
                self.host_of[party] = row
                if self.guests[row] >= self.capacity[row]:
                    self._fill(row)
                return row
        return None

    def release(self, guests: NDArray[np.integer]) -> None:
        """Have guests (person rows) leave the villages they are in; their room is free again."""
        villages = self.host_of[guests]
        self.host_of[guests] = NO_HOST
        for row, gone in zip(*np.unique(villages[villages >= 0], return_counts=True), strict=True):
            self.guests[row] -= gone
            if self.full[row] and self.guests[row] < self.capacity[row]:
                self.full[row] = False
                self.version += 1

    def refuse(self, node: int, party: NDArray[np.integer], uneasy: NDArray[np.bool_]) -> None:
        """Count villages at a node as full after a party (person rows) found no room; not its own, nor ``uneasy``."""
        for row in self._at.get(node, ()):
            if not uneasy[row] and not self._own(row, party):
                self._fill(row)

    def _fill(self, row: int) -> None:
        if not self.full[row]:
            self.full[row] = True
            self.version += 1
