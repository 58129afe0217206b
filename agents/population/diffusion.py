"""When word of an order reaches each household of a village, by the channels of the plan and by neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.population.population import Population
from agents.population.warning import CHANNELS, FirstWord, channel_times, delay_times, spread, thresholds
from agents.shelters import entity_of
from sim.settings.warning import Channel, Channels, DoorToDoor, Mobilisation
from sim.settings.warning import Warning as WarningSettings

if TYPE_CHECKING:
    from sim.model import Simulation

HOUR_S = 3600.0
COUNTY_WIDE = (FirstWord.MOBILE_MESSAGE, FirstWord.BROADCAST)
"""Channels that the county issues: one draw of the issuing delay for all; elsewhere each village has its own."""
COUNTY_ENTITY = 0


class Diffusion:
    """The spread of warnings in a run. Arrays by channel have shape (4,) or (4, places)."""

    def __init__(
        self, model: Simulation, population: Population, warning: WarningSettings, mobilisation: Mobilisation,
    ) -> None:
        self.model = model
        self.population = population
        self.warning = warning
        self.prescribed = mobilisation.model != "stages"
        """Whether a curve stands for warning, milling and preparation: then all are warned with the order."""
        self.ids = np.asarray(model.world.households["household_id"])
        self._zone = np.full(len(model.world.places), -1, np.int64)
        for place in model.world.places.of_kind("village"):
            self._zone[place.row] = model.infrastructure.row(place.town)
        self.per_s = 0.0
        """Households that a warned one speaks to in a second."""
        self._at = np.full(len(self.ids), np.inf)
        if warning.channels is not None:
            self._prepare(warning.channels)

    def _prepare(self, channels: Channels) -> None:
        streams, places = self.model.streams, self.model.world.places
        self._settings: list[Channel | DoorToDoor | None] = [
            channels.mobile_message, channels.loudspeaker, channels.broadcast, channels.door_to_door]
        names = [c.name.lower() for c in CHANNELS]
        self._reach_key = np.array([streams.key(f"warning reach {name}") for name in names], np.uint64)
        self._receipt_key = np.array([streams.key(f"warning receipt {name}") for name in names], np.uint64)
        self._reach = np.array([0.0 if s is None else s.reach for s in self._settings])
        self._mean_s = np.array([s.receipt / np.log(2) if isinstance(s, Channel) else 0.0 for s in self._settings])
        self._start_s = np.zeros((len(CHANNELS), len(places)))
        for channel, name, settings in zip(CHANNELS, names, self._settings):
            if settings is None:
                continue
            stream = streams.of(f"warning start {name}")
            for place in places.of_kind("village"):
                entity = COUNTY_ENTITY if channel in COUNTY_WIDE else entity_of(place.id)
                self._start_s[channel, place.row] = stream.lognormal(
                    entity, median=settings.start.median, sigma=settings.start.sigma)
        by_village, starts = self.population.households_by_village
        village = self.population.household_village[by_village]
        self._visit = np.zeros(len(self.ids), np.int32)
        self._door_s = np.full(len(places), np.inf)
        if channels.door_to_door is not None:
            turn = streams.of("warning visiting order").uniforms(self.ids[by_village])
            order = np.lexsort((turn, village))
            self._visit[by_village[order]] = np.arange(len(order)) - starts[village[order]]
            self._door_s = door_seconds(channels.door_to_door, np.diff(starts))
        self._threshold = np.full(len(self.ids), np.inf)
        if channels.neighbours is not None:
            self.per_s = channels.neighbours.tells_per_hour / HOUR_S
            thresholds(self.ids, np.uint64(streams.key("warning reach neighbours")),
                       np.uint64(streams.key("warning neighbours")), channels.neighbours.reach, self._threshold)
        self._by_threshold = by_village[np.lexsort((self._threshold[by_village], village))]

    def works(self) -> NDArray[np.bool_]:
        """Return whether each channel delivers in each place, as things stand."""
        infrastructure = self.model.infrastructure
        up = {"mobile": infrastructure.connected()[self._zone], "power": infrastructure.power[self._zone]}
        works = np.ones((len(CHANNELS), len(self._zone)), np.bool_)
        for row, settings in enumerate(self._settings):
            for need in settings.needs if isinstance(settings, Channel) else ():
                works[row] &= up[need]
        return works

    def villages_in(self, zones: list[str]) -> NDArray[np.int64]:
        """Return the place rows of the villages of some zones."""
        return np.flatnonzero(np.isin(self._zone, [self.model.infrastructure.row(zone) for zone in zones]))

    def hear(
        self, villages: NDArray[np.int64], called_s: NDArray[np.float64], heard_s: NDArray[np.float64],
        word: NDArray[np.uint8],
    ) -> NDArray[np.int64]:
        """Work out from now on when the households of some villages hear, and by what; return those who had not yet.

        ``called_s`` (places,) is when word was sent to each village; ``heard_s`` and ``word`` (households,) are
        changed where ``heard_s`` lies in the future.
        """
        now, streams = self.model.now, self.model.streams
        village = self.population.household_village
        by_village, starts = self.population.households_by_village
        rows = np.concatenate([by_village[:0], *(by_village[starts[v]: starts[v + 1]] for v in villages)])
        pending = rows[heard_s[rows] > now]
        if self.prescribed:
            heard_s[pending] = called_s[village[pending]]
            word[pending] = FirstWord.ORDER
            return pending
        at_s, by = np.empty(len(pending)), np.empty(len(pending), np.uint8)
        delay = self.warning.delay
        if delay is not None:
            connected = self.model.infrastructure.connected()[self._zone]
            delay_times(pending, self.ids, village, called_s, now, connected, np.uint64(streams.key("warning delay")),
                        np.uint64(streams.key("warning reach")), delay.median, delay.sigma,
                        self.warning.without_network_factor, self.warning.reach, at_s, by)
        else:
            channel_times(pending, self.ids, village, called_s, now, self.works(), self._reach_key, self._receipt_key,
                          self._reach, self._mean_s, self._start_s, self._door_s, self._visit, at_s, by)
        word[pending] = by
        if self.per_s == 0.0:
            heard_s[pending] = at_s
            return pending
        heard_s[pending] = np.inf
        self._at[pending] = at_s
        sizes = starts[villages + 1] - starts[villages]
        slot = np.repeat(np.arange(len(villages)), sizes)
        by_channel = rows[np.lexsort((self._at[rows], slot))]
        by_threshold = np.concatenate(
            [by_village[:0], *(self._by_threshold[starts[v]: starts[v + 1]] for v in villages)])
        spread(np.concatenate(([0], np.cumsum(sizes))).astype(np.int64), by_channel, by_threshold, called_s[villages],
               self.per_s, now, self._threshold, self._at, word, heard_s)
        return pending


def door_seconds(door: DoorToDoor, households: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return seconds from one door to the next for villages of so many households (n,); inf without workers."""
    workers = np.full(len(households), door.workers_per_village)
    if door.households_per_worker is not None:
        workers = np.maximum(workers, households / door.households_per_worker)
    with np.errstate(divide="ignore"):
        return HOUR_S / (workers * door.households_per_worker_hour)
