"""The population: every resident a row of columns, every household a run of rows."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from agents.population.columns import RUN_COLUMNS, START, State
from agents.population.kernels import tally
from sim.hazard import ColumnSpec
from sim.world.world import World

if TYPE_CHECKING:
    from agents.population.every_agent_set import EveryAgentSet
    from agents.population.resident import Resident
    from agents.population.resident_set import ResidentSet
    from sim.model import Simulation


class Population:
    """All residents of a World in one run; kernels work on its columns, agents are views of its rows."""

    def __init__(self, model: Simulation, world: World, extra: tuple[ColumnSpec, ...] = ()) -> None:
        self.model = model
        self.world = world
        self.size = len(world.persons["person_id"])
        self.columns: dict[str, NDArray[Any]] = dict(world.persons)
        for name, (dtype, _unit, _doc) in RUN_COLUMNS.items():
            self.columns[name] = np.full(self.size, START.get(name, 0), dtype)
        for spec in extra:
            self.columns.setdefault(spec.name, np.zeros(self.size, spec.dtype))
        self.columns["x"][:] = world.persons["home_x"]
        self.columns["y"][:] = world.persons["home_y"]
        self.columns["node"][:] = world.persons["home_node"]
        self._tally: NDArray[np.int64] | None = None

    @cached_property
    def row_of(self) -> NDArray[np.int32]:
        """Row of each person id, shape (persons,)."""
        rows = np.empty(self.size, np.int32)
        rows[self.columns["person_id"]] = np.arange(self.size, dtype=np.int32)
        return rows

    @cached_property
    def household_village(self) -> NDArray[np.int32]:
        """Place row of each household's village, shape (households,)."""
        return np.asarray(self.columns["village"])[np.asarray(self.world.households["first"])]

    @cached_property
    def households_by_village(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Household rows ordered by village, and where each place row's begin (CSR)."""
        order = np.argsort(self.household_village, kind="stable")
        starts = np.searchsorted(self.household_village[order], np.arange(len(self.world.places) + 1))
        return order, starts

    @cached_property
    def node_village(self) -> NDArray[np.int32]:
        """Place row of the village each node belongs to: that of those who live there, else the nearest one's."""
        village = np.full(self.world.roads.node_count, -1, np.int32)
        for place in self.world.places.of_kind("village"):
            village[place.node] = place.row
        village[self.columns["home_node"]] = self.columns["village"]
        lived_in = np.flatnonzero(village >= 0)
        nobody = np.flatnonzero(village < 0)
        if len(lived_in) and len(nobody):
            at = np.column_stack([self.world.roads.nodes["x"], self.world.roads.nodes["y"]])
            village[nobody] = village[lived_in[cKDTree(at[lived_in]).query(at[nobody])[1]]]
        return village

    def households_of(self, villages: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the household rows of some villages (place rows), in a fixed order."""
        order, starts = self.households_by_village
        parts = [order[starts[v]: starts[v + 1]] for v in np.unique(villages)]
        return np.sort(np.concatenate(parts)) if parts else np.array([], np.int64)

    def members(self, households: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the rows of all members of some households, household by household."""
        first = np.asarray(self.world.households["first"])[households].astype(np.int64)
        size = np.asarray(self.world.households["size"])[households].astype(np.int64)
        total = int(size.sum())
        if total == 0:
            return np.array([], np.int64)
        ends = np.cumsum(size)
        return np.arange(total) - np.repeat(ends - size, size) + np.repeat(first, size)

    def touch(self) -> None:
        """Say that states have changed, so that counts are taken anew."""
        self._tally = None

    def count(self, state: State) -> int:
        """Return how many residents are in a state."""
        if self._tally is None:
            self._tally = np.zeros(len(State), np.int64)
            tally(self.columns["state"], self._tally)
        return int(self._tally[state])

    def residents(self) -> ResidentSet:
        """Return all residents as a set of agents."""
        from agents.population.resident_set import ResidentSet

        return ResidentSet(self)

    def resident(self, person_id: int) -> Resident:
        """Return one resident as an agent."""
        from agents.population.resident import Resident

        return Resident.of(self, person_id)

    def with_objects(self, objects: Any) -> EveryAgentSet:
        """Return object agents and residents as one set: what ``model.agents`` is."""
        from agents.population.every_agent_set import EveryAgentSet

        return EveryAgentSet(objects, self.residents())
