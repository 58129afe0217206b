"""Departures: who leaves with whom, how, and from where, once a household is ready.

A household leaves together, by car if it has one, by two-wheeler if all fit, else on foot at the pace of its
slowest. Members absent at their day place leave from there on foot if it lies in an ordered village, and stay
there otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.population.columns import Mode, State
from agents.population.journeys import Journeys
from agents.population.orders import Orders
from agents.population.planning import Plans
from agents.population.population import Population
from agents.population.traces import Traces
from sim.settings.scenario import Behaviour

if TYPE_CHECKING:
    from sim.model import Simulation

ELDERLY_AGE = 65
"""From this age the slower walking speed holds."""
SMALL_CHILD_AGE = 7
"""Below this age too."""
SEATS_PER_TWO_WHEELER = 2


class Departures:
    """Sends ready households on their way."""

    def __init__(
        self, model: Simulation, population: Population, plans: Plans, orders: Orders, journeys: Journeys,
        behaviour: Behaviour, traces: Traces,
    ) -> None:
        self.model = model
        self.population = population
        self.plans = plans
        self.orders = orders
        self.journeys = journeys
        self.behaviour = behaviour
        self.traces = traces

    def leave(self, households: NDArray[np.int64]) -> None:
        """Send households (rows) that are ready on their way."""
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
        ordered_there = (day_village >= 0) & ~np.isinf(self.orders.village_ordered_s[day_village])
        alone = ready & away & ordered_there
        absent = ready & away & ~ordered_there
        columns["state"][rows[absent]] = State.AWAY
        columns["mode"][rows] = np.where(alone, Mode.FOOT, mode[index])
        columns["walk_mps"][rows] = np.where(
            together, np.where(with_slow[index], slow_mps, fast_mps), np.where(slow, slow_mps, fast_mps))
        columns["node"][rows[together]] = columns["home_node"][rows[together]]
        going = rows[together | alone]
        columns["depart_s"][going] = depart[together | alone]
        self.journeys.set_out(going, depart[together | alone])
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
