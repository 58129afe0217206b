"""The shelters of a plan: where they stand, when they open, who is in them and what they still need."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.random import Streams
from sim.settings.plan import Plan, Shelters
from sim.world.world import Place, World

SECONDS_PER_DAY = 86400.0


def entity_of(word: str) -> int:
    """Return a stable number for an id, so that an entity draws the same under every plan that has it."""
    return zlib.crc32(word.encode())


@dataclass
class Shelter:
    """One shelter: its place on the network, capacity, opening, occupants and relief packs."""

    id: str
    name: str
    name_zh: str
    place: str
    node: int
    x: float
    y: float
    level: str
    capacity: int
    village: int
    """Place row of the village it stands in or nearest to."""
    opening_s: float
    """How long it takes to open once called for."""
    open_s: float = np.inf
    """When it is or will be open; inf while nobody has called for it."""
    occupants: int = 0
    """Places taken, by those inside and by those who wait at the door until it opens."""
    at_door: int = 0
    """How many of them wait at the door."""
    most: int = 0
    packs: float = 0.0
    packs_coming: float = 0.0
    first_in_s: float = np.inf
    first_delivery_s: float = np.inf
    eaten_to_s: float = 0.0
    full: bool = False
    """No more room, or less than the last household that came needed."""
    owed_s: float = 0.0
    """Person-seconds by which its occupants' stay differs from all of them since ``eaten_to_s``."""
    short: float = 0.0
    """Relief packs needed when there were none."""

    @property
    def room(self) -> int:
        """Places left."""
        return self.capacity - self.occupants

    def consume(self, t_s: float, packs_per_person_day: float) -> None:
        """Draw the relief packs its occupants need up to ``t_s``; what is not there counts as short."""
        stayed_s = self.occupants * (t_s - self.eaten_to_s) + self.owed_s
        self.eaten_to_s = t_s
        # Those who wait at the door of a shelter still to open have stayed for a negative time as yet.
        self.owed_s = min(stayed_s, 0.0)
        need = max(stayed_s, 0.0) * packs_per_person_day / SECONDS_PER_DAY
        taken = min(need, self.packs)
        self.packs -= taken
        self.short += need - taken


def sites_of(entry: Shelters, place: Place, world: World) -> list[Place]:
    """Return where an entry's shelters stand: the place itself, then its most populous villages, in order."""
    villages = sorted((v for v in world.places.of_kind("village") if v.town == place.id),
                      key=lambda v: (-v.residents, v.id))
    spots = [place, *villages] if place.kind == "unit" else [place]
    return [spots[i % len(spots)] for i in range(entry.count)]


@dataclass
class ShelterBook:
    """All shelters of a run, in the plan's order."""

    rows: list[Shelter] = field(default_factory=list)
    version: int = 0
    """Raised whenever the set of shelters with room changes, so that routes are found again."""
    opened: list[Callable[[Shelter], None]] = field(default_factory=list)
    """Called with a shelter that a command has opened at once."""
    stays: list[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]] = field(default_factory=list)
    """Stays that are over: shelter rows, since when and until when (s), arrays (n,) by person."""

    @classmethod
    def of(cls, plan: Plan, world: World, streams: Streams) -> ShelterBook:
        """Return the plan's shelters on the World's network. Raises InputError for an unknown place."""
        stream = streams.of("shelter opening")
        book = cls()
        villages = world.places.of_kind("village")
        vx, vy = np.array([v.x for v in villages]), np.array([v.y for v in villages])
        for entry in plan.shelters:
            place = world.places.get(entry.place, f"plan {plan.id}, shelters, {entry.id}")
            for i, spot in enumerate(sites_of(entry, place, world)):
                number = "" if entry.count == 1 else f"{i + 1:02d}"
                name = entry.id if entry.count == 1 else f"{entry.id}-{number}"
                label = entry.name_zh or f"{spot.name_zh}避难场所"
                opening = stream.lognormal(entity_of(name), median=entry.opening.median,
                                           sigma=entry.opening.sigma)
                book.rows.append(Shelter(
                    id=name, name=f"{spot.name} shelter {number}".strip(), name_zh=f"{label}{number}",
                    place=spot.id, node=spot.node, x=spot.x, y=spot.y, level=entry.level,
                    capacity=entry.taken_in, opening_s=opening,
                    village=villages[int(np.argmin((vx - spot.x) ** 2 + (vy - spot.y) ** 2))].row,
                    open_s=0.0 if entry.open_at_start else np.inf))
        return book

    def call(self, t_s: float, rows: list[int] | None = None) -> list[Shelter]:
        """Have shelters opened (all, or some rows); return those newly called for."""
        called = []
        for row in range(len(self.rows)) if rows is None else rows:
            shelter = self.rows[row]
            if np.isinf(shelter.open_s):
                shelter.open_s = t_s + shelter.opening_s
                shelter.eaten_to_s = t_s
                called.append(shelter)
        if called:
            self.version += 1
        return called

    def open_now(self, shelter_id: str, t_s: float) -> bool:
        """Open a shelter at once; return whether there is one of that id."""
        for shelter in self.rows:
            if shelter.id == shelter_id:
                if np.isinf(shelter.open_s):
                    shelter.eaten_to_s = t_s
                elif shelter.open_s > t_s:
                    # Those at the door come in sooner than was reckoned when they were given a place.
                    shelter.owed_s += shelter.at_door * (shelter.open_s - t_s)
                    shelter.first_in_s = min(shelter.first_in_s, t_s) if shelter.at_door else shelter.first_in_s
                shelter.open_s = min(shelter.open_s, t_s)
                self.version += 1
                for listener in self.opened:
                    listener(shelter)
                return True
        return False

    def known(self, ordered: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Return the nodes of shelters that people have heard of: called for, full or not, outside ordered villages."""
        nodes = [s.node for s in self.rows if not np.isinf(s.open_s) and not ordered[s.village]]
        return np.unique(np.array(nodes, np.int32))

    def targets(self, ordered: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Return the nodes of shelters that are called for, have room and do not lie in an ordered village.

        ``ordered`` (places,) is true for the villages ordered to evacuate.
        """
        nodes = [s.node for s in self.rows if not np.isinf(s.open_s) and not s.full and not ordered[s.village]]
        return np.unique(np.array(nodes, np.int32))

    def admit(
        self, node: int, persons: int, t_s: float, emptied: NDArray[np.bool_] | None = None,
    ) -> int | None:
        """Take a household in at a node; return the shelter's row, or None when it is too full.

        A household is not split: it goes on unless all of it fits. Shelters in villages that are to be
        ``emptied`` (places,) take nobody in.
        """
        for row, shelter in enumerate(self.rows):
            if (shelter.node == node and shelter.room >= persons and not np.isinf(shelter.open_s)
                    and (emptied is None or not emptied[shelter.village])):
                shelter.occupants += persons
                shelter.owed_s += persons * (shelter.eaten_to_s - max(t_s, shelter.open_s))
                if shelter.open_s > t_s:
                    shelter.at_door += persons
                shelter.most = max(shelter.most, shelter.occupants)
                shelter.first_in_s = min(shelter.first_in_s, max(t_s, shelter.open_s))
                if shelter.room <= 0:
                    shelter.full = True
                    self.version += 1
                return row
        return None

    def let_in(self, row: int, persons: int, gone: int) -> None:
        """Have those at the door come in as a shelter opens, less those who died out there or have gone on."""
        shelter = self.rows[row]
        shelter.at_door -= persons + gone
        if gone:
            shelter.occupants -= gone
            shelter.owed_s -= gone * (shelter.eaten_to_s - shelter.open_s)
            self._free(shelter)

    def take_out(
        self, shelter: NDArray[np.integer], since_s: NDArray[np.float64], until_s: NDArray[np.float64],
    ) -> None:
        """Have people (n,) leave the shelters (rows) they were in since and until times of their own."""
        self.stays.append((shelter.astype(np.int64), since_s, until_s))
        for row in np.unique(shelter).tolist():
            here = shelter == row
            self.discharge(row, int(here.sum()), float(until_s[here].mean()))

    def discharge(self, row: int, persons: int, t_s: float) -> None:
        """Have people leave a shelter who stayed until ``t_s``; their places are free again."""
        shelter = self.rows[row]
        shelter.occupants -= persons
        shelter.owed_s += persons * (t_s - shelter.eaten_to_s)
        self._free(shelter)

    def _free(self, shelter: Shelter) -> None:
        if shelter.full and shelter.room > 0:
            shelter.full = False
            self.version += 1

    def refuse(self, node: int, persons: int) -> list[Shelter]:
        """Mark the shelters at a node as full after a household found no place; return those newly full."""
        newly = [s for s in self.rows if s.node == node and not s.full and s.room < persons]
        for shelter in newly:
            shelter.full = True
            self.version += 1
        return newly
