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

# Members of an enumeration are slow to look up, and these are looked up for every party.
RELATIVES, TO_SHELTER = int(Bound.RELATIVES), int(Bound.SHELTER)
SHELTERED, LEFT, HOSTED, AT_DOOR = int(State.SHELTERED), int(State.LEFT), int(State.HOSTED), int(State.AT_DOOR)


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
        refuges = {s.node for s in shelters.rows} | {p.node for p in model.world.places.of_kind("village")}
        self._ways_out = self.exits - refuges
        """Exits with neither shelter nor hosts: whoever comes there leaves the county."""
        self._ways_out_array = np.array(sorted(self._ways_out), np.int32)
        self._doors: dict[int, list[NDArray[np.int64]]] = {}
        """Those who wait at the door of each shelter row that is not open yet."""
        self._told: dict[str, list[tuple[NDArray[np.int64], str, int, float]]] = {}
        """What is to be told of parties, by kind of event."""
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
        uneasy, emptied = self.orders.uneasy, self.orders.emptied
        nodes, times, first = node.tolist(), at.tolist(), columns["bound_for"][rows].tolist()
        refused = []
        for a, b in pairwise(bounds.tolist()):
            if nodes[a] in self._ways_out:
                self._tell("left", rows[a:b], "", nodes[a], times[a])
            elif not self._place(rows[a:b], nodes[a], times[a], first[a] == RELATIVES, uneasy, emptied):
                refused.append(rows[a:b])
        out = np.isin(node, self._ways_out_array)
        self._leave_county(rows[out], at[out])
        self._tell_all()
        if refused:
            self._send_on(np.concatenate(refused))

    def place(self, party: NDArray[np.int64], node: int, at: float) -> bool:
        """Find a place for a party (rows) that is at a node at a time; return whether there was one.

        With hosts for those bound for relatives, in a shelter, or out of the county, in that order.
        """
        to_relatives = bool(self.population.columns["bound_for"][party[0]] == RELATIVES)
        placed = self._place(party, node, at, to_relatives, self.orders.uneasy, self.orders.emptied)
        self._tell_all()
        return placed

    def _place(
        self, party: NDArray[np.int64], node: int, at: float, to_relatives: bool, uneasy: NDArray[np.bool_],
        emptied: NDArray[np.bool_],
    ) -> bool:
        if to_relatives:
            if self._host(party, node, at, uneasy):
                return True
            self.hosts.refuse(node, party, uneasy)
        row = self.shelters.admit(node, len(party), at, emptied)
        if row is not None:
            self._shelter(party, row, at)
            return True
        if node in self.exits:
            self._leave_county(party, at)
            self._tell("left", party, "", node, at)
            return True
        for shelter in self.shelters.refuse(node, len(party)):
            self.model.events.add(at, "shelter_full", place=shelter.id, x=shelter.x, y=shelter.y)
        self.unplaced.update(self.population.columns["household"][party].tolist())
        if to_relatives and self.hosts.at_home(node, party):
            # The way to the nearest hosts ends at home (their order was cancelled on the way): others do not exist.
            self.population.columns["bound_for"][party] = TO_SHELTER
        return False

    def _leave_county(self, rows: NDArray[np.int64], at_s: NDArray[np.float64] | float) -> None:
        columns = self.population.columns
        columns["state"][rows], columns["safe_s"][rows] = LEFT, at_s
        self.unplaced.update(columns["household"][rows].tolist())

    def _host(self, party: NDArray[np.int64], node: int, at: float, uneasy: NDArray[np.bool_]) -> bool:
        village = self.hosts.admit(node, party, uneasy)
        if village is None:
            return False
        columns = self.population.columns
        columns["state"][party], columns["safe_s"][party] = HOSTED, at
        self._tell("hosted", party, self.model.world.places[village].id, node, at)
        return True

    def _shelter(self, party: NDArray[np.int64], row: int, at: float) -> None:
        columns, shelter = self.population.columns, self.shelters.rows[row]
        columns["shelter"][party] = row
        if shelter.open_s > self.model.now:
            columns["state"][party] = AT_DOOR
            if row not in self._doors:
                self._doors[row] = []
                self.model.clock.env.process(self._wait_for(row))
            self._doors[row].append(party)
        else:
            if shelter.open_s > at:
                self.shelters.let_in(row, len(party), 0)
            columns["state"][party], columns["safe_s"][party] = SHELTERED, max(at, shelter.open_s)
            self._tell("sheltered", party, shelter.id, shelter.node, max(at, shelter.open_s))
        if shelter.full:
            self.model.events.add(at, "shelter_full", place=shelter.id, x=shelter.x, y=shelter.y)

    def leave(self, rows: NDArray[np.int64], at_s: NDArray[np.float64]) -> None:
        """Have people (n,) who are sheltered, at a shelter's door or hosted leave there at times (n,)."""
        columns = self.population.columns
        state, shelter = columns["state"][rows], columns["shelter"][rows]
        self.hosts.release(rows[state == HOSTED])
        inside, waits = state == SHELTERED, state == AT_DOOR
        # A door that opened after they had set out had let them in for no time.
        since = columns["safe_s"][rows[inside]]
        self.shelters.take_out(shelter[inside], since, np.maximum(at_s[inside], since))
        for row in np.unique(shelter[waits]).tolist():
            mine = rows[waits & (shelter == row)]
            self._doors[row] = [party[~np.isin(party, mine)] for party in self._doors[row]]
            self.shelters.let_in(row, 0, len(mine))
        columns["shelter"][rows] = NO_SHELTER
        columns["safe_s"][rows] = np.inf

    def _wait_for(self, row: int) -> Generator[simpy.Event, Any, None]:
        yield self.model.clock.env.timeout(max(self.shelters.rows[row].open_s - self.model.now, 0.0))
        self._open(row)

    def _opened(self, shelter: Shelter) -> None:
        self._open(self.shelters.rows.index(shelter))

    def _open(self, row: int) -> None:
        """Let in those who wait at a door."""
        columns, shelter = self.population.columns, self.shelters.rows[row]
        for party in self._doors.pop(row, []):
            alive = columns["state"][party] == AT_DOOR
            inside = party[alive]
            columns["state"][inside], columns["safe_s"][inside] = SHELTERED, shelter.open_s
            columns["shelter"][party[~alive]] = NO_SHELTER
            self.shelters.let_in(row, len(inside), len(party) - len(inside))
            if len(inside):
                self._tell("sheltered", inside, shelter.id, shelter.node, shelter.open_s)
        self._tell_all()
        self.population.touch()

    def _tell(self, kind: str, party: NDArray[np.int64], place: str, node: int, at: float) -> None:
        self._told.setdefault(kind, []).append((party, place, node, at))

    def _tell_all(self) -> None:
        """Add an event for each household of the parties told of."""
        columns, ids = self.population.columns, np.asarray(self.model.world.households["household_id"])
        for kind, told in self._told.items():
            sizes = np.array([len(party) for party, *_ in told])
            number = np.repeat(np.arange(len(told)), sizes)
            household = columns["household"][np.concatenate([party for party, *_ in told])]
            # The rows of a party stand household by household.
            starts = np.flatnonzero(np.append(True, (household[1:] != household[:-1]) | (number[1:] != number[:-1])))
            persons = np.diff(np.append(starts, len(household)))
            which = number[starts]
            node = np.array([node for *_, node, _ in told])[which]
            self.model.events.add_batch(
                np.array([at for *_, at in told])[which], kind, [f"H{i}" for i in ids[household[starts]].tolist()],
                [told[k][1] for k in which.tolist()], self._node_x[node], self._node_y[node],
                [f'{{"persons": {n}}}' for n in persons.tolist()])
        self._told.clear()

    def _send_on(self, rows: NDArray[np.int64]) -> None:
        """Send those on (rows) who found no place; they ask around and know from then on."""
        informed = self.population.columns["informed"]
        self.learned_at_shelter += int(np.count_nonzero(informed[rows] == 0))
        informed[rows] = 1
        self.journeys.go_on(rows)
