"""The World: everything about a county that no run changes. A folder of arrays, memory-mapped read-only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError, did_you_mean
from sim.world.grid import Grid
from sim.world.names import bare

LAYERS = {
    "elevation_m": ("float32", "m", "ground height"),
    "slope": ("float32", "rise/run", "steepest slope of the ground"),
    "aspect_deg": ("float32", "deg", "direction the slope faces (downhill), clockwise from north"),
    "land_cover": ("uint8", "LandCover", "what covers the ground"),
    "fuel": ("int16", "fuel model number", "Anderson 13 or Scott & Burgan 40; 91-99 do not burn"),
    "canopy_cover": ("float32", "share", "crown cover of trees"),
    "inside": ("bool", "-", "cell belongs to the county"),
}
"""Layers of shape (ny, nx): dtype, unit, meaning."""

NODE_COLUMNS = {
    "x": ("float64", "m", "node position"),
    "y": ("float64", "m", "node position"),
}
LINK_COLUMNS = {
    "tail": ("int32", "node", "node the link leaves"),
    "head": ("int32", "node", "node the link enters"),
    "length_m": ("float32", "m", "length along the road"),
    "speed_mps": ("float32", "m/s", "free-flow speed"),
    "lanes": ("uint8", "-", "lanes in this direction"),
    "road_class": ("uint8", "RoadClass", "class of road"),
    "kind": ("uint8", "LinkKind", "road, bridge, tunnel or ferry"),
    "reverse": ("int32", "link", "the link the other way, -1 where there is none"),
    "fact": ("int32", "-", "row of the county's road link it is part of, -1 for a synthetic link"),
    "verified": ("bool", "-", "the road link it is part of has been checked"),
}
FERRY_COLUMNS = {
    "link": ("int32", "link", "the link the ferry runs on"),
    "cycle_s": ("float32", "s", "time from one departure to the next"),
    "vehicles": ("int32", "-", "vehicles a trip"),
    "people": ("int32", "-", "people a trip"),
    "stop_wind_mps": ("float32", "m/s", "10-minute wind above which it does not run"),
}
PERSON_COLUMNS = {
    "person_id": ("int32", "-", "stable id, the same whatever the order of rows"),
    "household": ("int32", "household row", "the household it belongs to"),
    "age": ("uint8", "a", "age"),
    "village": ("int32", "place row", "village or neighbourhood of its home"),
    "home_x": ("float32", "m", "home"),
    "home_y": ("float32", "m", "home"),
    "home_node": ("int32", "node", "node nearest to home"),
    "day_x": ("float32", "m", "where it is by day; its home when it has no day place"),
    "day_y": ("float32", "m", "where it is by day"),
    "day_node": ("int32", "node", "node nearest to the day place"),
    "leave_s": ("int32", "s of day", "leaves home; -1 when it stays"),
    "return_s": ("int32", "s of day", "is home again; -1 when it stays"),
}
HOUSEHOLD_COLUMNS = {
    "household_id": ("int32", "-", "stable id"),
    "first": ("int32", "person row", "its first person; members stand in consecutive rows"),
    "size": ("uint8", "persons", "members"),
    "cars": ("uint8", "-", "cars"),
    "two_wheelers": ("uint8", "-", "e-bikes and motorcycles"),
}


@dataclass(frozen=True)
class Place:
    """A place with an id: a town-level unit, a village, a site without residents, or a gateway."""

    row: int
    id: str
    name: str
    name_zh: str
    kind: str
    """unit, village, site or gateway."""
    klass: str
    town: str
    """Id of the unit it lies in; its own for a unit."""
    x: float
    y: float
    lon: float
    lat: float
    node: int
    residents: int
    grade: str
    aliases: tuple[str, ...] = ()


class Places:
    """The county's places, found by id, name, name_zh or alias, with or without the suffix."""

    def __init__(self, rows: list[Place]) -> None:
        self.rows = rows
        self._by_word: dict[str, Place] = {}
        for place in rows:
            for word in (place.id, place.name, place.name_zh, *place.aliases):
                for form in (word, bare(word)):
                    self._by_word.setdefault(form.lower(), place)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __getitem__(self, row: int) -> Place:
        return self.rows[row]

    def find(self, ref: str) -> Place | None:
        """Return the place a word means, or None."""
        word = ref.strip().lower()
        return self._by_word.get(word) or self._by_word.get(bare(word))

    def get(self, ref: str, where: str = "") -> Place:
        """Return the place a word means. Raises InputError when there is none."""
        place = self.find(ref)
        if place is None:
            units = [p for p in self.rows if p.kind in ("unit", "site")]
            raise InputError(
                "no such place in the county", value=ref, where=where,
                allowed=", ".join(f"{p.id} ({p.name_zh})" for p in units) + ", and their villages",
                mend=did_you_mean(ref, self._by_word) or "see: sandtable world inspect COUNTY",
            )
        return place

    def of_kind(self, kind: str) -> list[Place]:
        """Return the places of a kind: unit, village, site or gateway."""
        return [place for place in self.rows if place.kind == kind]


@dataclass(frozen=True)
class Roads:
    """The road network: nodes, directed links and the links that leave and enter each node (CSR)."""

    nodes: Mapping[str, NDArray[Any]]
    links: Mapping[str, NDArray[Any]]
    ferries: Mapping[str, NDArray[Any]]
    out_start: NDArray[np.int32]
    out_link: NDArray[np.int32]
    in_start: NDArray[np.int32]
    in_link: NDArray[np.int32]
    cell_start: NDArray[np.int32]
    """Of shape (links + 1,): where a link's cells begin in ``cell``."""
    cell: NDArray[np.int32]
    """Flat grid cells (row * nx + col) that each link passes through, in order."""

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.nodes["x"])

    @property
    def link_count(self) -> int:
        """Number of directed links."""
        return len(self.links["tail"])

    def __getattr__(self, name: str) -> NDArray[Any]:
        """Return a link column by its name, such as ``roads.length_m``."""
        links = object.__getattribute__(self, "links")
        if name in links:
            return links[name]
        raise AttributeError(name)


@dataclass(frozen=True)
class World:
    """A county as built: grid and layers, places, roads, persons and households."""

    county: str
    digest: str
    crs: str
    grid: Grid
    layers: Mapping[str, NDArray[Any]]
    places: Places
    roads: Roads
    persons: Mapping[str, NDArray[Any]]
    households: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Figures of the build (areas, shares, road density, boundary sources) for inspect and reports."""
