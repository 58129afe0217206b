"""What stands in a fire's way before it comes: roads, streams and a plan's firebreaks, laid on the grid."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.drainage import M2_PER_KM2, drainage_of
from scenarios.forest_fire.firebreaks import firebreak_cells
from scenarios.forest_fire.settings_barriers import Barriers as BarrierSettings
from scenarios.forest_fire.spread import Cells
from sim.settings.firebreaks import Firebreak
from sim.world.classes import LandCover, LinkKind, RoadClass
from sim.world.world import World

NONE, ROAD, STREAM, CLEARED, GREEN_BELT, CREW_LINE = range(6)
KINDS = ("", "road", "stream", "cleared", "green_belt", "line")
"""Names of the codes in events."""
FIREBREAKS = (CLEARED, GREEN_BELT)
NATURAL_OR_ROAD = (ROAD, STREAM)
CROSSED = 8
"""Added in the layer to the code of a barrier that fire has crossed."""
MOST_KNOWN = 4
"""Maps kept in memory, so that a season or a sweep lays out each plan's once."""


@dataclass(frozen=True)
class BarrierMap:
    """What stands before any fire, flat over the grid (cells,): width (m), the width that counts against fire, code."""

    width_m: NDArray[np.float32]
    counts_m: NDArray[np.float32]
    code: NDArray[np.uint8]
    notes: tuple[str, ...] = ()


_MAPS: dict[tuple[Any, ...], tuple[weakref.ref[World], BarrierMap]] = {}


def barrier_map(world: World, settings: BarrierSettings, firebreaks: tuple[Firebreak, ...], plan: str) -> BarrierMap:
    """Return the barriers of a World and a plan, made once for each in memory. Of several on a cell the widest counts.

    Raises InputError for a firebreak that cannot be laid out.
    """
    key = (id(world), settings, firebreaks)
    known = _MAPS.get(key)
    if known is not None and known[0]() is world:
        return known[1]
    n = world.grid.ny * world.grid.nx
    width, counts, code = np.zeros(n, np.float32), np.zeros(n, np.float32), np.zeros(n, np.uint8)
    notes = []

    def put(cells: Cells, metres: NDArray[np.floating[Any]] | float, share: float, kind: int) -> None:
        metres = np.broadcast_to(np.asarray(metres, np.float32), cells.shape)
        wider = metres * np.float32(share) > counts[cells]
        at = cells[wider]
        width[at], counts[at], code[at] = metres[wider], metres[wider] * np.float32(share), kind

    if settings.rivers:
        put(*_streams(world, settings), 1.0, STREAM)
    if settings.roads:
        for metres, cells in _roads(world, settings):
            put(cells, metres, 1.0, ROAD)
    for item in firebreaks:
        cells, length = firebreak_cells(world, item, f"plan {plan}, firebreak {item.id}")
        green = item.kind == "green_belt"
        put(cells, item.width_m, settings.green_belt_counts if green else 1.0, GREEN_BELT if green else CLEARED)
        notes.append(f"firebreak {item.id}: {length / 1000.0:.0f} km laid out over {len(cells)} cells")
    made = BarrierMap(width, counts, code, tuple(notes))

    def forget(_: object) -> None:
        _MAPS.pop(key, None)

    while len(_MAPS) >= MOST_KNOWN:
        _MAPS.pop(next(iter(_MAPS)))
    _MAPS[key] = (weakref.ref(world, forget), made)
    return made


def _streams(world: World, settings: BarrierSettings) -> tuple[Cells, NDArray[np.float64]]:
    """Return cells of streams outside lakes and built land, and how wide they are by the area drained."""
    drained_km2 = drainage_of(world).drained * (world.grid.cell_m**2 / M2_PER_KM2)
    cover = np.asarray(world.layers["land_cover"]).ravel()
    dry = (LandCover.WATER, LandCover.SEA, LandCover.BUILT)
    streams = settings.streams
    cells = np.flatnonzero((drained_km2 >= streams.from_km2) & ~np.isin(cover, [int(kind) for kind in dry]))
    width_m = streams.width_at_1_km2_m * drained_km2[cells] ** streams.width_exponent
    return cells.astype(np.int64), np.asarray(width_m, float)


def _roads(world: World, settings: BarrierSettings) -> list[tuple[float, Cells]]:
    """Return (width, cells) of each class of road on the ground: no tunnels, bridges or ferries."""
    roads = world.roads
    link = np.repeat(np.arange(roads.link_count), np.diff(roads.cell_start))
    ground = (np.asarray(roads.kind) == LinkKind.ROAD)[link]
    classes = np.asarray(roads.road_class)[link]
    out = []
    for klass in RoadClass:
        metres = getattr(settings.road_width_m, klass.name.lower())
        if metres > 0.0:
            out.append((metres, np.unique(np.asarray(roads.cell)[ground & (classes == klass)]).astype(np.int64)))
    return out
