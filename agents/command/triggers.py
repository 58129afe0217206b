"""Trigger buffers: how long each village needs to be clear, and how near in time the front may come before that.

A village's clearance time is what a county would reckon beforehand: from the order until so many of those who leave
have had word, made up their minds and got ready, by the warning channels and the behaviour as set, in medians where a
channel has one start for all; then the way to the nearest shelter outside the village, by what households own, on the
roads as they are when it is first asked for. Nothing is drawn: replications do not differ in it. Left out: queues,
lifts, absent members, shelters that fill or are ordered out themselves (``safety_factor`` stands for them).

Cova, Dennison, Kim and Moritz 2005, doi 10.1111/j.1467-9671.2005.00237.x (trigger points from fire spread and
evacuation time); Li, Cova and Dennison 2019, doi 10.1007/s10694-018-0771-6 (evacuation time by traffic simulation).
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.population.columns import Mode
from agents.population.diffusion import door_seconds
from agents.population.evacuation import Evacuation
from agents.population.warning import mean_field
from agents.shelters import ShelterBook
from sim.settings.plan import Buses
from sim.settings.scenario import Behaviour
from sim.settings.trigger import Trigger
from sim.settings.warning import Channel, Mobilisation
from sim.settings.warning import Warning as WarningSettings
from sim.world.routing import Tree, tree_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.model import Simulation

STEP_S = 60.0
HORIZON_S = 24 * 3600.0
"""Times of warning and preparing are reckoned on steps of a minute up to a day."""
STEPS = round(HORIZON_S / STEP_S)

Shares = NDArray[np.float64]


def lognormal_share(t_s: Shares, median_s: float, sigma: float) -> Shares:
    """Return the share (n,) of a lognormal delay that has passed by times (n,)."""
    if sigma == 0.0 or median_s == 0.0:
        return (t_s >= median_s).astype(np.float64)
    with np.errstate(divide="ignore"):
        z = np.log(t_s / median_s) / sigma
    normal = NormalDist()
    return np.array([normal.cdf(v) if v > -math.inf else 0.0 for v in z.tolist()])


def warned_share(t_s: Shares, warning: WarningSettings, households: int) -> Shares:
    """Return the share (n,) warned of those who are warned at all, ``t_s`` (n,; evenly spaced from 0) after the order.

    By the mean-field equation of :mod:`agents.population.warning` for a village of so many households.
    """
    delay, channels = warning.delay, warning.channels
    if delay is not None:
        return lognormal_share(t_s, delay.median, delay.sigma)
    assert channels is not None  # a warning has one of the two
    half = np.arange(2 * len(t_s) - 1) * (0.5 * (t_s[1] - t_s[0]))
    not_yet = np.ones(len(half))
    for channel in (channels.mobile_message, channels.loudspeaker, channels.broadcast):
        if isinstance(channel, Channel):
            since = np.maximum(half - channel.start.median, 0.0)
            heard = -np.expm1(-since * math.log(2) / channel.receipt) if channel.receipt else (since > 0.0)
            not_yet *= 1.0 - channel.reach * heard
    door = channels.door_to_door
    if door is not None:
        all_doors_s = float(door_seconds(door, np.array([households]))[0]) * households
        not_yet *= 1.0 - door.reach * np.clip((half - door.start.median) / all_doors_s, 0.0, 1.0)
    share = np.empty(len(t_s))
    neighbours = channels.neighbours
    tells, talked_to = (neighbours.tells_per_hour / 3600.0, neighbours.reach) if neighbours else (0.0, 0.0)
    mean_field(float(t_s[1] - t_s[0]), not_yet, tells, talked_to, share)
    return share / share[-1] if share[-1] > 0.0 else share


def mobilised_share(t_s: Shares, curve: Mobilisation) -> Shares:
    """Return the share (n,) away by times (n,) after the order under a prescribed curve."""
    median, scale = curve.median or 0.0, curve.scale or 1.0
    if curve.model == "rayleigh":
        return -np.expm1(-0.5 * (t_s / scale) ** 2)
    if curve.model == "lognormal":
        return lognormal_share(t_s, median, curve.sigma or 0.0)
    before = 1.0 / (1.0 + math.exp(median / scale))
    return (1.0 / (1.0 + np.exp(-(t_s - median) / scale)) - before) / (1.0 - before)


def away_s(warning: WarningSettings, behaviour: Behaviour, households: int, share: float) -> float:
    """Return seconds from the order until a share of those who leave is ready: word, milling and preparing summed.

    The distributions are convolved on steps of a minute; a day where it takes longer.
    """
    t_s = np.arange(STEPS + 1, dtype=np.float64) * STEP_S
    if behaviour.mobilisation.model != "stages":
        ready = mobilised_share(t_s, behaviour.mobilisation)
    else:
        ready = warned_share(t_s, warning, households)
        for delay in (behaviour.milling, behaviour.preparation):
            ready = _later(ready, lognormal_share(t_s, delay.median, delay.sigma))
    row = int(np.searchsorted(ready, share))
    if row >= len(t_s):
        return HORIZON_S
    if row == 0 or ready[row] == ready[row - 1]:
        return float(t_s[row])
    return float(t_s[row] - STEP_S * (ready[row] - share) / (ready[row] - ready[row - 1]))


def _later(share: Shares, delay: Shares) -> Shares:
    """Return the share by each time of the sum of two independent times, both given as shares by it, (n,)."""
    size = len(share)
    # What happens within a step is put in the middle of it; what happens at 0 stays there.
    middle = np.concatenate([[0.0], 0.5 * (share[1:] + share[:-1])])
    both = np.fft.rfft(middle, 2 * size) * np.fft.rfft(np.diff(delay), 2 * size)
    return np.clip(delay[0] * share + np.fft.irfft(both, 2 * size)[:size], 0.0, 1.0)


class Clearance:
    """The clearance times of a run's villages, each reckoned when it is first asked for."""

    def __init__(
        self, model: Simulation, trigger: Trigger, warning: WarningSettings, behaviour: Behaviour,
        evacuation: Evacuation, shelters: ShelterBook, buses: Sequence[Buses],
    ) -> None:
        self.model = model
        self.trigger = trigger
        self.warning = warning
        self.behaviour = behaviour
        self.evacuation = evacuation
        self.shelters = shelters
        self.buses = [entry for entry in buses if entry.on_order]
        self._known: dict[int, float] = {}
        self._trees: dict[tuple[Mode, tuple[int, ...]], Tree] = {}

    def seconds(self, village: int) -> float:
        """Return the clearance time (s) of a village (place row); infinite where some have no way out."""
        if village not in self._known:
            households = self.evacuation.population.households_of(np.array([village]))
            self._known[village] = 0.0 if len(households) == 0 else (
                away_s(self.warning, self.behaviour, len(households), self.trigger.share)
                + self._way_s(village, households))
        return self._known[village]

    def buffer_s(self, village: int) -> float:
        """Return how near in time (s) the forecast front may be when the village is ordered out."""
        return self.trigger.safety_factor * self.seconds(village)

    # -- the way ------------------------------------------------------------------------------------------

    def _way_s(self, village: int, households: NDArray[np.int64]) -> float:
        """Return the seconds that a share of the village's people needs at most to the nearest shelter outside it."""
        evacuation, world = self.evacuation, self.model.world
        goals = tuple(sorted({s.node for s in self.shelters.rows if s.village != village}))
        sizes = np.asarray(world.households["size"])[households].astype(np.int64)
        first = np.asarray(world.households["first"])[households]
        node = evacuation.population.columns["home_node"][first]
        owned = np.asarray(world.households["two_wheelers"])[households].astype(np.int64)
        seats = evacuation.departures.people.two_wheeler_seats
        cars = np.asarray(world.households["cars"])[households] > 0
        wheels = ~cars & (sizes <= seats * owned)
        way = np.empty(len(households))
        way[cars] = self._times(Mode.CAR, goals)[node[cars]]
        way[wheels] = self._times(Mode.TWO_WHEELER, goals)[node[wheels]]
        walks = ~cars & ~wheels
        if walks.any():
            pace = np.minimum.reduceat(
                evacuation.departures.pace_mps[evacuation.population.members(households)],
                np.concatenate([[0], np.cumsum(sizes)[:-1]]))
            on_foot = self._times(Mode.FOOT, goals)[node[walks]] / pace[walks]
            way[walks] = np.minimum(on_foot, self._by_bus_s(village, goals))
        order = np.argsort(way, kind="stable")
        served = np.cumsum(sizes[order]) / sizes.sum()
        return float(way[order][np.searchsorted(served, self.trigger.share)])

    def _by_bus_s(self, village: int, goals: tuple[int, ...]) -> float:
        """Return the seconds until buses that come on the order have taken people to a shelter; inf without any."""
        place = self.model.world.places[village]
        best = math.inf
        for entry in self.buses:
            depot = self.model.world.places.get(entry.place).node
            to_village = self._times(Mode.CAR, (place.node,))[depot]
            delay = entry.mobilisation
            called = delay.median * math.exp(delay.sigma * NormalDist().inv_cdf(self.trigger.share))
            best = min(best, called + to_village + self._times(Mode.CAR, goals)[place.node])
        return best

    def _times(self, mode: Mode, goals: tuple[int, ...]) -> NDArray[np.float64]:
        """Return, per node, seconds to the nearest goal (metres on foot), or to an exit where none can be reached."""
        if (mode, goals) not in self._trees:
            roads, cost = self.model.world.roads, self._cost(mode)
            exits = self.evacuation.routes.exits
            tree = tree_to(roads, cost, np.array(goals if goals else exits, np.int32))
            if goals and len(exits):
                out = tree_to(roads, cost, exits)
                tree = Tree(np.where(np.isinf(tree.time_s), out.time_s, tree.time_s), tree.next_link, tree.nearest)
            self._trees[mode, goals] = tree
        return self._trees[mode, goals].time_s

    def _cost(self, mode: Mode) -> NDArray[np.float64]:
        """Return seconds per link (metres on foot) as the roads are; inf where a mode may not go."""
        roads, ways = self.model.roads, self.behaviour
        if mode == Mode.CAR:
            return roads.cost_s(max_mps=math.inf, factor=ways.car_speed_factor)
        if mode == Mode.TWO_WHEELER:
            return roads.cost_s(max_mps=ways.two_wheeler_speed_kmh / 3.6, motorway=False)
        return roads.cost_s(max_mps=1.0, on_foot=True, motorway=False)


def arrival_at_villages(model: Simulation) -> NDArray[np.float64]:
    """Return when a hazard reached the cell of each village's centre, of shape (villages,); inf where none did."""
    villages = model.world.places.of_kind("village")
    row, col = model.world.grid.row_col([v.x for v in villages], [v.y for v in villages])
    first = np.full(len(villages), np.inf)
    for hazard in model.hazards:
        if any(layer.name == "arrival_s" and layer.on == "cell" and layer.grows for layer in hazard.spec.layers):
            first = np.minimum(first, np.asarray(hazard.fields()["arrival_s"])[row, col])
    return first


def least_margin_min(model: Simulation, evacuation: Evacuation, share: float) -> float | None:
    """Return the least over villages ordered out and then reached: minutes from their leaving to the hazard's arrival.

    A village has left once ``share`` of its residents who ever left have; None where no such village was reached.
    """
    villages = model.world.places.of_kind("village")
    arrival = arrival_at_villages(model)
    depart, home = evacuation.population.columns["depart_s"], evacuation.population.columns["village"]
    margins = []
    for place, reached in zip(villages, arrival.tolist(), strict=True):
        if math.isinf(reached) or math.isinf(evacuation.village_ordered_s[place.row]):
            continue
        left = depart[(home == place.row) & np.isfinite(depart)]
        if len(left):
            margins.append((reached - float(np.quantile(left, share, method="inverted_cdf"))) / 60.0)
    return min(margins, default=None)
