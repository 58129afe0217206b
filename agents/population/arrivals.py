"""Arrivals: parties placed in shelters, with hosts, out of the county, or sent on to the next place."""

from __future__ import annotations

from collections.abc import Generator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy
from numpy.typing import NDArray

from agents.population.columns import NO_SHELTER, Bound, State
from agents.population.hosts import Hosts
from agents.population.population import Population
from agents.shelters import Shelter, ShelterBook

if TYPE_CHECKING:
    from agents.population.journeys import Journeys
    from agents.population.orders import Orders
    from sim.model import Simulation


class Arrivals:
    """Decides what becomes of those who have reached a target."""

    def __init__(
        self, model: Simulation, population: Population, shelters: ShelterBook, hosts: Hosts, orders: Orders,
    ) -> None:
        self.model = model
        self.population = population
        self.shelters = shelters
        self.hosts = hosts
        self.orders = orders
        self.journeys: Journeys
        """Who sends those on that found no place; set once it is there."""
        self.unplaced: set[int] = set()
        """Households that found a shelter full on the way."""
        self.learned_at_shelter = 0
        """Residents who went by habit until they stood at a full shelter's door, or at a full host's."""
        self.exits = {p.node for p in model.world.places.of_kind("gateway")}
        self._doors: dict[int, list[NDArray[np.int64]]] = {}
        """Those who wait at the door of each shelter row that is not open yet."""
        self._node_x = np.asarray(model.world.roads.nodes["x"], np.float64)
        self._node_y = np.asarray(model.world.roads.nodes["y"], np.float64)
        shelters.opened.append(self._opened)

    def arrive(self, rows: NDArray[np.int64]) -> None:
        """Place those who reached a target, party by party in order of arrival; send the others on."""
        columns = self.population.columns
        ride = columns["ride"][rows]
        # A party is those of one vehicle, or of one household on foot, who came together (same node, same time).
        order = np.lexsort((rows, ride, columns["since_s"][rows]))
        rows, ride = rows[order], ride[order]
        node, at = columns["node"][rows], columns["since_s"][rows]
        cut = np.flatnonzero((ride[1:] != ride[:-1]) | (node[1:] != node[:-1]) | (at[1:] != at[:-1]))
        bounds = np.concatenate(([0], cut + 1, [len(rows)]))
        for a, b in pairwise(bounds.tolist()):
            if not self.place(rows[a:b], int(node[a]), float(at[a])):
                self._send_on(rows[a:b])

    def place(self, party: NDArray[np.int64], node: int, at: float) -> bool:
        """Find a place for a party (rows) that is at a node at a time; return whether there was one.

        With hosts for those bound for relatives, in a shelter, or out of the county, in that order.
        """
        columns = self.population.columns
        ordered = self.orders.ordered
        if columns["bound_for"][party[0]] == Bound.RELATIVES:
            if self._host(party, node, at, ordered):
                return True
            self.hosts.refuse(node)
        row = self.shelters.admit(node, len(party), at)
        if row is not None:
            self._shelter(party, row, at)
            return True
        if node in self.exits:
            columns["state"][party], columns["safe_s"][party] = State.LEFT, at
            self.unplaced.update(columns["household"][party].tolist())
            self._tell("left", party, "", node, at)
            return True
        for shelter in self.shelters.refuse(node, len(party)):
            self.model.events.add(at, "shelter_full", place=shelter.id, x=shelter.x, y=shelter.y)
        self.unplaced.update(columns["household"][party].tolist())
        return False

    def _host(self, party: NDArray[np.int64], node: int, at: float, ordered: NDArray[np.bool_]) -> bool:
        village = self.hosts.admit(node, len(party), ordered)
        if village is None:
            return False
        columns = self.population.columns
        columns["state"][party], columns["safe_s"][party] = State.HOSTED, at
        self._tell("hosted", party, self.model.world.places[village].id, node, at)
        return True

    def _shelter(self, party: NDArray[np.int64], row: int, at: float) -> None:
        columns, shelter = self.population.columns, self.shelters.rows[row]
        columns["shelter"][party] = row
        if shelter.open_s > self.model.now:
            columns["state"][party] = State.AT_DOOR
            if row not in self._doors:
                self._doors[row] = []
                self.model.clock.env.process(self._wait_for(row))
            self._doors[row].append(party)
        else:
            if shelter.open_s > at:
                self.shelters.let_in(row, len(party), 0)
            columns["state"][party], columns["safe_s"][party] = State.SHELTERED, max(at, shelter.open_s)
            self._tell("sheltered", party, shelter.id, shelter.node, max(at, shelter.open_s))
        if shelter.full:
            self.model.events.add(at, "shelter_full", place=shelter.id, x=shelter.x, y=shelter.y)

    def _wait_for(self, row: int) -> Generator[simpy.Event, Any, None]:
        yield self.model.clock.env.timeout(max(self.shelters.rows[row].open_s - self.model.now, 0.0))
        self._open(row)

    def _opened(self, shelter: Shelter) -> None:
        self._open(self.shelters.rows.index(shelter))

    def _open(self, row: int) -> None:
        """Let in those who wait at a door."""
        columns, shelter = self.population.columns, self.shelters.rows[row]
        for party in self._doors.pop(row, []):
            alive = columns["state"][party] == State.AT_DOOR
            inside = party[alive]
            columns["state"][inside], columns["safe_s"][inside] = State.SHELTERED, shelter.open_s
            columns["shelter"][party[~alive]] = NO_SHELTER
            self.shelters.let_in(row, len(inside), len(party) - len(inside))
            if len(inside):
                self._tell("sheltered", inside, shelter.id, shelter.node, shelter.open_s)
        self.population.touch()

    def _tell(self, kind: str, party: NDArray[np.int64], place: str, node: int, at: float) -> None:
        """Add an event for each household of a party."""
        ids = np.asarray(self.model.world.households["household_id"])
        households, count = np.unique(self.population.columns["household"][party], return_counts=True)
        for household, persons in zip(ids[households].tolist(), count.tolist(), strict=True):
            self.model.events.add(at, kind, f"H{household}", place, float(self._node_x[node]),
                                  float(self._node_y[node]), f'{{"persons": {persons}}}')

    def _send_on(self, party: NDArray[np.int64]) -> None:
        """Send a party on that found no place; it asks around and knows from then on."""
        informed = self.population.columns["informed"]
        self.learned_at_shelter += int(np.count_nonzero(informed[party] == 0))
        informed[party] = 1
        self.journeys.go_on(party)
