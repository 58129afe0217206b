"""Whether a World keeps its contract: columns and dtypes, one network, people where they belong."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from sim.settings.county import County
from sim.world.classes import LinkKind
from sim.world.world import (
    FERRY_COLUMNS,
    HOUSEHOLD_COLUMNS,
    LAYERS,
    LINK_COLUMNS,
    NODE_COLUMNS,
    PERSON_COLUMNS,
    World,
)

LENGTH_TOLERANCE = 1e-3
"""Share by which a stated road's length in the network may differ from the stated one: float32 sums."""


def problems_of(world: World, county: County) -> list[str]:
    """Return what breaks the World's contract, a line each; none for a sound World."""
    return _contract(world) + _network(world) + _people(world, county) + _stated_lengths(world, county)


def one_way(links: Any) -> NDArray[np.bool_]:
    """Return which links to count so that a two-way road counts once."""
    return np.asarray((links["reverse"] < 0) | (np.arange(len(links["tail"])) < links["reverse"]))


def _contract(world: World) -> list[str]:
    """Return what breaks the World's schema: missing columns, dtypes, ragged lengths."""
    out: list[str] = []
    roads = world.roads
    tables = (
        ("layer", world.layers, LAYERS),
        ("node", roads.nodes, NODE_COLUMNS),
        ("link", roads.links, LINK_COLUMNS),
        ("ferry", roads.ferries, FERRY_COLUMNS),
        ("person", world.persons, PERSON_COLUMNS),
        ("household", world.households, HOUSEHOLD_COLUMNS),
    )
    for table, columns, wanted in tables:
        out += [f"{table} column {name!r} is missing" for name in wanted if name not in columns]
        out += [
            f"{table} column {name!r} is {columns[name].dtype}, not {wanted[name][0]}"
            for name in wanted
            if name in columns and columns[name].dtype != np.dtype(wanted[name][0])
        ]
        shapes = {columns[name].shape for name in wanted if name in columns}
        if len(shapes) > 1:
            out.append(f"{table} columns differ in shape: {sorted(shapes)}")
    return out


def _network(world: World) -> list[str]:
    """Return what is wrong with the network: parts cut off, bad lengths, links outside the grid's cells."""
    roads, links = world.roads, world.roads.links
    out: list[str] = []
    n = roads.node_count
    graph = coo_matrix((np.ones(roads.link_count), (links["tail"], links["head"])), shape=(n, n))
    parts, which = connected_components(graph, directed=True, connection="strong")
    if parts > 1:
        sizes = np.bincount(which)
        lost = [place.name_zh for place in world.places if which[place.node] != np.argmax(sizes)]
        shown = ", ".join(lost[:10]) or "no place"
        out.append(f"the road network falls into {parts} parts; cut off from the largest: {shown}")
    if len(links["length_m"]) and float(links["length_m"].min()) <= 0:
        out.append("a link has no length")
    both = np.flatnonzero(links["reverse"] >= 0)
    back = links["reverse"][both]
    if not (
        np.array_equal(links["tail"][both], links["head"][back])
        and np.array_equal(links["head"][both], links["tail"][back])
    ):
        out.append("a link's reverse does not run the other way")
    if np.any(np.diff(roads.cell_start) < 1):
        out.append("a link passes no cell of the grid")
    ferries = links["kind"] == LinkKind.FERRY
    if not np.array_equal(np.sort(roads.ferries["link"]), np.flatnonzero(ferries)):
        out.append("ferry links and the ferries' timetable do not match")
    return out


def _people(world: World, county: County) -> list[str]:
    """Return what is wrong with households and residents."""
    persons, households = world.persons, world.households
    out: list[str] = []
    size = households["size"].astype(np.int64)
    if not np.array_equal(households["first"], np.cumsum(size) - size):
        out.append("households' first rows do not follow from their sizes")
    if not np.array_equal(persons["household"], np.repeat(np.arange(len(size)), size)):
        out.append("members of a household do not stand in consecutive rows")
    for name, ids in (("person", persons["person_id"]), ("household", households["household_id"])):
        if not np.array_equal(np.sort(ids), np.arange(len(ids))):
            out.append(f"{name} ids are not 0 to {len(ids) - 1}, each once")
    living = np.bincount(persons["village"], minlength=len(world.places))
    out += [
        f"{place.name_zh} has {living[place.row]} residents, its place says {place.residents}"
        for place in world.places.of_kind("village")
        if living[place.row] != place.residents
    ]
    by_unit = Counter[str]()
    for place in world.places.of_kind("village"):
        by_unit[place.town] += place.residents
    out += [
        f"{unit.name_zh}'s villages hold {by_unit[unit.id]} residents, the fact is {unit.residents}"
        for unit in county.units
        if by_unit[unit.id] != unit.residents
    ]
    return out


def _stated_lengths(world: World, county: County) -> list[str]:
    """Return stated roads whose links do not add up to the stated length."""
    links = world.roads.links
    once = one_way(links) & (links["fact"] >= 0)
    km = np.bincount(
        links["fact"][once],
        weights=links["length_m"][once].astype(np.float64) / 1000,
        minlength=len(county.links),
    )
    return [
        f"the road {link.a}-{link.b} is {km[row]:.3f} km long, stated are {link.length_km} km"
        for row, link in enumerate(county.links)
        if link.enabled and abs(km[row] - link.length_km) > LENGTH_TOLERANCE * link.length_km
    ]
