"""Warned, preparing, leaving, under way, safe: how residents of a zone get out.

A household is warned once its order has reached it (a lognormal delay by channel, a share never reached),
complies or stays, prepares (lognormal) and leaves together for the nearest shelter with room, by car if it
has one, by two-wheeler if all fit, else on foot at the pace of its slowest. Members absent at their day
place leave from there on foot if it lies in an ordered village, and stay there otherwise. Roads are free of
congestion here; the tree to the nearest shelter is found again whenever a road or a shelter changes.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.population.columns import MODES, Mode, State
from agents.population.kernels import move, rows_in_box, turn_back
from agents.population.planning import Plans, plan_households
from agents.population.population import Population
from agents.population.traces import Traces
from agents.shelters import ShelterBook
from sim.clock import Rank
from sim.settings.plan import Warning as WarningSettings
from sim.settings.scenario import Behaviour
from sim.world.routing import tree_to

if TYPE_CHECKING:
    from sim.model import Simulation

ELDERLY_AGE = 65
"""From this age the slower walking speed holds."""
SMALL_CHILD_AGE = 7
"""Below this age too."""
SEATS_PER_TWO_WHEELER = 2
MOVEMENT_PERIOD_S = 60.0
RESORT_PERIOD_S = 900.0
"""Active rows are sorted by link this often: neighbours in memory are then neighbours on the road."""
RESORT_FROM = 20_000
"""Fewer movers than this fit the cache anyhow."""
WARNED_ALREADY = np.array([False, True])
"""Households that have had their warning see nothing new."""


class Evacuation:
    """Orders, warnings, departures and movement of all residents of a run."""

    def __init__(
        self, model: Simulation, population: Population, shelters: ShelterBook, warning: WarningSettings,
        behaviour: Behaviour, traces: Traces,
    ) -> None:
        self.model = model
        self.population = population
        self.shelters = shelters
        self.warning = warning
        self.behaviour = behaviour
        self.traces = traces
        households = len(model.world.households["size"])
        self.plans = Plans(households)
        self.first_order_s = math.inf
        self.village_ordered_s = np.full(len(model.world.places), np.inf)
        self.exits = np.array([p.node for p in model.world.places.of_kind("gateway")], np.int32)
        self.orders = 0
        """Orders given so far; each may take shelters off the routes."""
        self.warned = 0
        """Residents warned so far."""
        self.moves = 0
        """Links passed by residents so far."""
        self.active = np.empty(population.size, np.int64)
        self.active_count = 0
        self.unplaced: set[int] = set()
        """Households that found a shelter full and left the county or wait."""
        self._arrived = np.empty(0, np.int64)
        self._before = np.empty(population.size, np.int64)
        self._version: tuple[int, int, int] = (-1, -1, -1)
        self._next_link = np.full((MODES, model.world.roads.node_count), -1, np.int32)
        self._target = np.zeros(model.world.roads.node_count, np.bool_)
        self._link_mps = np.zeros((MODES, model.world.roads.link_count), np.float32)
        self._sorted_s = 0.0
        self._node_x = np.asarray(model.world.roads.nodes["x"], np.float64)
        self._node_y = np.asarray(model.world.roads.nodes["y"], np.float64)
        self.decisions = model.clock.every(
            "household decisions", MOVEMENT_PERIOD_S, Rank.DECISION, self._decide, asleep=True)
        self.movement = model.clock.every(
            "movement", MOVEMENT_PERIOD_S, Rank.MOVEMENT, self._move, asleep=True)
        model.roads.listeners.append(self._turn_back)
        first = np.asarray(model.world.households["first"])
        self._home_x, self._home_y = population.columns["home_x"][first], population.columns["home_y"][first]
        self._seeing = np.empty(households, np.int64)
        if behaviour.notice_distance_m > 0:
            model.after_hazards.append(self._look_out)

    # -- orders ---------------------------------------------------------------------------------------

    def order(self, villages: NDArray[np.integer]) -> int:
        """Order villages (place rows) to leave now; return how many residents that concerns."""
        now = self.model.now
        fresh = np.array([v for v in np.unique(villages) if math.isinf(self.village_ordered_s[v])], np.int64)
        if len(fresh) == 0:
            return 0
        self.village_ordered_s[fresh] = now
        self.orders += 1
        if math.isinf(self.first_order_s):
            self.first_order_s = now
        households = self.population.households_of(fresh)
        members = self.population.members(households)
        self.population.columns["ordered"][members] = True
        self._warn(households, now, by_sight=False)
        places = self.model.world.places
        names = [places[int(v)].id for v in fresh]
        xs = np.array([places[int(v)].x for v in fresh])
        ys = np.array([places[int(v)].y for v in fresh])
        self.model.events.add_batch(np.full(len(fresh), now), "warning_order", [""] * len(fresh), names, xs, ys)
        return len(members)

    def _look_out(self, t_s: float) -> None:
        """Have households notice a hazard that has come nearer to their home than the notice distance."""
        far = self.behaviour.notice_distance_m
        for hazard in self.model.hazards:
            box = hazard.reach()
            if box is None:
                continue
            warned = (self.plans.warned_s <= t_s).view(np.uint8)
            n = rows_in_box(self._home_x, self._home_y, WARNED_ALREADY, warned, box.x0 - far, box.y0 - far,
                            box.x1 + far, box.y1 + far, self._seeing)
            near = self._seeing[:n]
            if n:
                away = hazard.distance(self._home_x[near], self._home_y[near])
                self.notice(near[away <= far])

    def notice(self, households: NDArray[np.int64]) -> None:
        """Let households that see the hazard prepare without any order."""
        late = households[self.plans.warned_s[households] > self.model.now]
        if len(late):
            self._warn(late, self.model.now, by_sight=True)

    def _warn(self, households: NDArray[np.int64], now: float, *, by_sight: bool) -> None:
        world = self.model.world
        ids = np.asarray(world.households["household_id"])[households]
        villages = self.population.household_village[households]
        connected = self._village_connected()[villages]
        streams = self.model.streams
        plan_households(
            households, ids, connected, now, by_sight,
            np.uint64(streams.key("warning delay")), np.uint64(streams.key("warning reach")),
            np.uint64(streams.key("compliance")), np.uint64(streams.key("preparation")),
            self.warning.delay.median, self.warning.delay.sigma, self.warning.without_network_factor,
            self.warning.reach, self.behaviour.compliance,
            self.behaviour.preparation.median, self.behaviour.preparation.sigma,
            self.plans.warned_s, self.plans.depart_s, self.plans.complies)
        self.plans.queue(households)
        if not math.isinf(self.plans.next_s):
            self.decisions.wake(self.plans.next_s)

    def _village_connected(self) -> NDArray[np.bool_]:
        works = self.model.infrastructure.connected()
        rows = np.ones(len(self.model.world.places), np.bool_)
        for place in self.model.world.places:
            if place.kind == "village":
                rows[place.row] = works[self.model.infrastructure.row(place.town)]
        return rows

    # -- decisions ------------------------------------------------------------------------------------

    def _decide(self, t_s: float) -> float | None:
        warned, leaving = self.plans.due(t_s)
        columns = self.population.columns
        if len(warned):
            members = self.population.members(warned)
            sizes = np.asarray(self.model.world.households["size"])[warned]
            complies = np.repeat(self.plans.complies[warned], sizes)
            at = np.repeat(self.plans.warned_s[warned], sizes)
            everyday = (columns["state"][members] == State.NORMAL) | (columns["state"][members] == State.STAYING)
            rows = members[everyday]
            columns["state"][rows] = np.where(complies[everyday], State.PREPARING, State.STAYING)
            columns["warned_s"][rows] = at[everyday]
            self.warned += len(rows)
        if len(leaving):
            self._leave(leaving)
        if len(warned) or len(leaving):
            self.population.touch()
        return None if math.isinf(self.plans.next_s) else self.plans.next_s

    def _leave(self, households: NDArray[np.int64]) -> None:
        world, columns = self.model.world, self.population.columns
        rows = self.population.members(households)
        sizes = np.asarray(world.households["size"])[households].astype(np.int64)
        index = np.repeat(np.arange(len(households)), sizes)
        ready = columns["state"][rows] == State.PREPARING
        away = columns["away"][rows]
        depart = self.plans.depart_s[households][index]
        together = ready & ~away
        cars = np.asarray(world.households["cars"])[households].astype(np.int64)
        wheels = np.asarray(world.households["two_wheelers"])[households].astype(np.int64)
        leaving = np.bincount(index[together], minlength=len(households))
        mode = np.where(cars > 0, Mode.CAR,
                        np.where(leaving <= SEATS_PER_TWO_WHEELER * wheels, Mode.TWO_WHEELER, Mode.FOOT))
        age = columns["age"][rows]
        slow = (age >= ELDERLY_AGE) | (age < SMALL_CHILD_AGE)
        with_slow = np.bincount(index[together & slow], minlength=len(households)) > 0
        fast_mps = self.behaviour.walking_speed_mps
        slow_mps = fast_mps * self.behaviour.elderly_walking_factor
        # Those at a day place in an ordered village leave from there, each on foot; others stay away.
        day_village = self.population.node_village[columns["day_node"][rows]]
        ordered_there = (day_village >= 0) & ~np.isinf(self.village_ordered_s[day_village])
        alone = ready & away & ordered_there
        absent = ready & away & ~ordered_there
        columns["state"][rows[absent]] = State.AWAY
        columns["mode"][rows] = np.where(alone, Mode.FOOT, mode[index])
        columns["walk_mps"][rows] = np.where(
            together, np.where(with_slow[index], slow_mps, fast_mps), np.where(slow, slow_mps, fast_mps))
        columns["node"][rows[together]] = columns["home_node"][rows[together]]
        going = rows[together | alone]
        columns["state"][going] = State.MOVING
        columns["link"][going] = -1
        columns["depart_s"][going] = columns["since_s"][going] = depart[together | alone]
        self._activate(going)
        # Those who leave from a day place are counted with their household.
        out = leaving + np.bincount(index[alone], minlength=len(households))
        heads = np.asarray(world.households["first"])[households][out > 0]
        left = households[out > 0]
        ids = np.asarray(world.households["household_id"])[left]
        places = world.places
        village = self.population.household_village[left]
        order = np.lexsort((ids, self.plans.depart_s[left]))
        self.model.events.add_batch(
            self.plans.depart_s[left][order], "departed", [f"H{i}" for i in ids[order]],
            [places[int(v)].id for v in village[order]],
            columns["home_x"][heads][order], columns["home_y"][heads][order],
            [f'{{"persons": {n}}}' for n in out[out > 0][order]])
        going_rows, which = np.unique(index[together], return_index=True)
        travellers = rows[together][which]
        self.traces.start(households[going_rows], self.plans.depart_s[households[going_rows]],
                          columns["home_node"][travellers], travellers)

    def _activate(self, rows: NDArray[np.int64]) -> None:
        self.active[self.active_count: self.active_count + len(rows)] = rows
        self.active_count += len(rows)
        self.movement.wake()

    # -- movement -------------------------------------------------------------------------------------

    def _routes(self) -> None:
        version = (self.model.roads.version, self.shelters.version, self.orders)
        if version == self._version:
            return
        self._version = version
        roads, live, ways = self.model.world.roads, self.model.roads, self.behaviour
        targets = self.shelters.targets(np.isfinite(self.village_ordered_s))
        self._target[:] = False
        self._target[targets] = True
        two_wheeler_mps = ways.two_wheeler_speed_kmh / 3.6
        costs = {
            Mode.CAR: live.cost_s(max_mps=np.inf, factor=ways.car_speed_factor),
            Mode.TWO_WHEELER: live.cost_s(max_mps=two_wheeler_mps, motorway=False),
            Mode.FOOT: live.cost_s(max_mps=ways.walking_speed_mps, on_foot=True),
        }
        for mode, cost in costs.items():
            tree = tree_to(roads, cost, targets)
            self._next_link[mode] = tree.next_link
            # Where no shelter with room can be reached, the way is out of the county.
            cut_off = np.isinf(tree.time_s)
            if cut_off.any():
                # Elsewhere a gateway is a node like others: nobody bound for a shelter stops there.
                self._target[self.exits] |= cut_off[self.exits]
                self._next_link[mode][cut_off] = tree_to(roads, cost, self.exits).next_link[cut_off]
            # A vehicle still on a closed link drives out of it at the link's own speed.
            open_speed = roads.links["speed_mps"] * live.speed_factor
            with np.errstate(divide="ignore"):
                self._link_mps[mode] = np.where(np.isinf(cost), open_speed, roads.links["length_m"] / cost)
        self._revive()

    def _revive(self) -> None:
        """Set the stranded going again where a way out has opened."""
        columns = self.population.columns
        if self.population.count(State.STRANDED) == 0:
            return
        rows = np.flatnonzero(columns["state"] == State.STRANDED)
        node, mode = columns["node"][rows], columns["mode"][rows]
        free = rows[(self._next_link[mode, node] >= 0) | self._target[node]]
        if len(free):
            columns["state"][free] = State.MOVING
            columns["since_s"][free] = np.maximum(columns["since_s"][free], self.model.now)
            self._activate(free)
            self.population.touch()

    def _move(self, t_s: float) -> float | None:
        self._routes()
        columns, roads = self.population.columns, self.model.world.roads
        if t_s - self._sorted_s >= RESORT_PERIOD_S and self.active_count >= RESORT_FROM:
            self._sort_active()
            self._sorted_s = t_s
        # The dead leave the list before anyone moves.
        active = self.active[: self.active_count]
        alive = columns["state"][active] == State.MOVING
        if not alive.all():
            kept = active[alive]
            self.active[: len(kept)] = kept
            self.active_count = len(kept)
        if len(self._arrived) < self.active_count:
            self._arrived = np.empty(max(self.active_count, 1024), np.int64)
        before = self.active_count
        self._before[:before] = self.active[:before]
        log = self.traces.buffer(self.active_count)
        going, arrived, logged, passed = move(
            self.active, self.active_count, t_s, columns["state"], columns["mode"], columns["x"], columns["y"],
            columns["node"], columns["link"], columns["offset_m"], columns["walk_mps"], columns["since_s"],
            roads.links["head"], roads.links["tail"], roads.links["length_m"], self._link_mps,
            self._next_link, self._target, self._node_x, self._node_y,
            self.traces.rows, log.row, log.node, log.t_s, self._arrived)
        self.active_count = going
        self.moves += passed
        self.traces.take(logged)
        if arrived:
            self._arrive(np.sort(self._arrived[:arrived]))
        if going != before:
            self.population.touch()
        if going + arrived != before:
            self._wait_at_home(self._before[:before])
        return t_s + MOVEMENT_PERIOD_S if self.active_count else None

    def _wait_at_home(self, rows: NDArray[np.int64]) -> None:
        """Send those who found no way out before they had left their street back indoors."""
        columns = self.population.columns
        stuck = rows[columns["state"][rows] == State.STRANDED]
        order = np.argsort(columns["person_id"][stuck])
        stuck = stuck[order]
        places = self.model.world.places
        self.model.events.add_batch(
            columns["since_s"][stuck], "stranded", [f"P{i}" for i in columns["person_id"][stuck]],
            [places[int(v)].id for v in columns["village"][stuck]], columns["x"][stuck], columns["y"][stuck])
        home = stuck[columns["node"][stuck] == columns["home_node"][stuck]]
        columns["x"][home], columns["y"][home] = columns["home_x"][home], columns["home_y"][home]

    def _sort_active(self) -> None:
        active = self.active[: self.active_count]
        links = self.population.columns["link"][active]
        self.active[: self.active_count] = active[np.lexsort((active, links))]

    def _turn_back(self, fresh: NDArray[np.bool_]) -> None:
        columns, links = self.population.columns, self.model.world.roads.links
        if self.active_count:
            turn_back(self.active, self.active_count, fresh, columns["link"], columns["offset_m"],
                      links["reverse"], links["tail"], columns["node"], links["length_m"])
        if self.active_count or self.population.count(State.STRANDED):
            self.movement.wake()

    # -- arrivals -------------------------------------------------------------------------------------

    def _arrive(self, rows: NDArray[np.int64]) -> None:
        """Place those who reached a target, household by household in order of arrival."""
        columns = self.population.columns
        household = columns["household"][rows]
        # A group is the members of one household who came together (same node, same time).
        order = np.lexsort((rows, household, columns["since_s"][rows]))
        rows, household = rows[order], household[order]
        node, at = columns["node"][rows], columns["since_s"][rows]
        cut = np.flatnonzero((household[1:] != household[:-1]) | (node[1:] != node[:-1]) | (at[1:] != at[:-1]))
        bounds = np.concatenate(([0], cut + 1, [len(rows)]))
        exits = set(self.exits.tolist())
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
            self._activate(group)
