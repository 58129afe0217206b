"""Arrivals: households placed in shelters, out of the county, or sent on to the next shelter."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.population.columns import State
from agents.population.population import Population
from agents.shelters import ShelterBook

if TYPE_CHECKING:
    from agents.population.journeys import Journeys
    from sim.model import Simulation


class Arrivals:
    """Decides what becomes of those who have reached a target."""

    def __init__(self, model: Simulation, population: Population, shelters: ShelterBook) -> None:
        self.model = model
        self.population = population
        self.shelters = shelters
        self.journeys: Journeys
        """Who sends those on that found no place; set once it is there."""
        self.unplaced: set[int] = set()
        """Households that found a shelter full and left the county or wait."""
        self._node_x = np.asarray(model.world.roads.nodes["x"], np.float64)
        self._node_y = np.asarray(model.world.roads.nodes["y"], np.float64)

    def arrive(self, rows: NDArray[np.int64]) -> None:
        """Place those who reached a target, household by household in order of arrival."""
        columns = self.population.columns
        household = columns["household"][rows]
        # A group is the members of one household who came together (same node, same time).
        order = np.lexsort((rows, household, columns["since_s"][rows]))
        rows, household = rows[order], household[order]
        node, at = columns["node"][rows], columns["since_s"][rows]
        cut = np.flatnonzero((household[1:] != household[:-1]) | (node[1:] != node[:-1]) | (at[1:] != at[:-1]))
        bounds = np.concatenate(([0], cut + 1, [len(rows)]))
        exits = set(self.journeys.exits.tolist())
        for a, b in pairwise(bounds.tolist()):
            self._place(rows[a:b], int(household[a]), int(node[a]), float(at[a]), exits)

    def _place(self, group: NDArray[np.int64], household: int, node: int, at: float, exits: set[int]) -> None:
        columns, world, events = self.population.columns, self.model.world, self.model.events
        x, y = float(self._node_x[node]), float(self._node_y[node])
        name = f"H{int(world.households['household_id'][household])}"
        row = self.shelters.admit(node, len(group), at)
        if row is not None:
            shelter = self.shelters.rows[row]
            safe = max(at, shelter.open_s)
            columns["state"][group] = State.SHELTERED
            columns["shelter"][group] = row
            columns["safe_s"][group] = safe
            events.add(safe, "sheltered", name, shelter.id, x, y, f'{{"persons": {len(group)}}}')
            if shelter.full:
                events.add(at, "shelter_full", place=shelter.id, x=x, y=y)
        elif node in exits:
            columns["state"][group] = State.LEFT
            columns["safe_s"][group] = at
            self.unplaced.add(household)
            events.add(at, "left", name, "", x, y, f'{{"persons": {len(group)}}}')
        else:
            for shelter in self.shelters.refuse(node, len(group)):
                events.add(at, "shelter_full", place=shelter.id, x=x, y=y)
            self.unplaced.add(household)
            self.journeys.go_on(group)
