"""Villages: those known by name, and synthetic ones that stand in for the rest of a unit's village count.

A synthetic village is called after its unit (荣家湾-V07, an urban neighbourhood 荣家湾-C03) and graded so.
It stands on flat dry land of its unit, spaced from the others, urban ones around the seat; sizes follow a
Pareto law and add up to the unit's residents exactly. Real villages follow valleys, roads and wells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from sim.random import Streams
from sim.settings.county import County, Unit
from sim.world.boundary import Outline
from sim.world.grid import Grid
from sim.world.names import bare
from sim.world.projection import Projection
from sim.world.streets import reach_m

PARETO_SHAPE = 2.5
"""Tail of village sizes; assumption: the largest of 20 villages is then about three times the mean."""
URBAN_WEIGHT = 2.0
"""An urban neighbourhood's size over a village's; assumption after the split used for the unit totals."""
FLAT_SLOPE = 0.08
"""Slope at which land is half as fit to settle as flat land."""
HIGH_M = 250.0
"""Height above the unit's seat at which land is half as fit."""
FAR_M = 6000.0
"""Distance from the seat at which land is half as fit."""
EDGE_M = 900.0
"""Nearer than this to the county's edge or to water, land is less fit: fields lie around a village."""
ROOM = (2.6, 2.0, 1.5, 1.15, 0.9, 0.6, 0.4)
"""Distances between villages tried, over the sum of the radii of the ground they cover."""
BATCH = 512


@dataclass(frozen=True)
class VillageSite:
    """A village: its unit (index), id, names, where, how many live there, whether urban, and its grade."""

    unit: int
    id: str
    name: str
    name_zh: str
    x: float
    y: float
    residents: int
    urban: bool
    grade: str


def build_villages(
    county: County,
    grid: Grid,
    projection: Projection,
    outline: Outline,
    *,
    dry: NDArray[np.bool_],
    elevation_m: NDArray[np.float32],
    slope: NDArray[np.float32],
    streams: Streams,
) -> list[VillageSite]:
    """Return all villages, unit by unit: those known by name, then urban neighbourhoods, then villages.

    ``dry`` (ny, nx) is land without waters. The first village without a name stands at the unit's seat.
    """
    edge = distance_transform_edt(np.pad(outline.inside & dry, 1), sampling=grid.cell_m)[1:-1, 1:-1]
    sites: list[VillageSite] = []
    for index, unit in enumerate(county.units):
        known = list(unit.known_villages)
        wanted = max(unit.villages - len(known), 0)
        if wanted == 0 and not known and unit.residents > 0:
            wanted = 1
        urban_count = min(unit.urban_units, wanted)
        urban = [False] * len(known) + [i < urban_count for i in range(wanted)]
        sizes = _sizes(unit, index, urban, [v.residents for v in known], streams)
        if not sizes:
            continue
        xy = [tuple(float(v) for v in projection.to_xy(v.lon, v.lat)) for v in known]
        reach = [reach_m(sizes[i], urban[i], county.streets) for i in range(len(sizes))]
        seat = tuple(float(v) for v in projection.to_xy(unit.lon, unit.lat))
        cells = np.flatnonzero((outline.owner == index) & outline.settled & dry)
        xy += _spots(unit.id, cells, grid, seat, xy, reach, urban, edge, elevation_m, slope, streams)
        short, number = bare(unit.name_zh), {"V": 0, "C": 0}
        for i, (x, y) in enumerate(xy):
            if i < len(known):
                sites.append(
                    VillageSite(
                        index,
                        known[i].id,
                        known[i].name or known[i].id,
                        known[i].name_zh,
                        x,
                        y,
                        sizes[i],
                        False,
                        known[i].grade,
                    )
                )
                continue
            letter = "C" if urban[i] else "V"
            number[letter] += 1
            tag = f"{letter}{number[letter]:02d}"
            sites.append(
                VillageSite(
                    index,
                    f"{unit.id}-{tag.lower()}",
                    f"{unit.name}-{tag}",
                    f"{short}-{tag}",
                    x,
                    y,
                    sizes[i],
                    urban[i],
                    "synthetic",
                )
            )
    return sites


def _spots(
    unit: str,
    cells: NDArray[np.int64],
    grid: Grid,
    seat: tuple[float, ...],
    known: list[tuple[float, ...]],
    reach: list[float],
    urban: list[bool],
    edge_m: NDArray[np.float64],
    elevation_m: NDArray[np.float32],
    slope: NDArray[np.float32],
    streams: Streams,
) -> list[tuple[float, ...]]:
    """Return places for the unit's unnamed villages, in order: the seat, the urban ones, the others.

    Urban ones take the fit land nearest the seat that is not taken; the others are drawn by fitness without
    replacement, no nearer to each other than the ground they cover, and a multiple of it while there is room.
    """
    wanted = len(reach) - len(known)
    if wanted == 0:
        return []
    row, col = np.divmod(cells, grid.nx)
    x, y = grid.centre(row, col)
    away = np.hypot(x - seat[0], y - seat[1])
    rise = np.maximum(elevation_m[row, col] - elevation_m[grid.row_col(*seat)], 0.0)
    fit = 1.0 / ((1 + (slope[row, col] / FLAT_SLOPE) ** 2) * (1 + (rise / HIGH_M) ** 2))
    fit *= np.clip(edge_m[row, col] / EDGE_M, 0.02, 1.0) ** 2
    draw = np.maximum(streams.of(f"world.villages.{unit}").uniforms(cells), 1e-300)
    # Efraimidis and Spirakis 2006 (doi 10.1016/j.ipl.2005.11.003): keys u^(1/w) sample without replacement.
    by_chance = np.argsort(-np.log(draw) * (1 + (away / FAR_M) ** 2) / fit, kind="stable")
    by_nearness = np.argsort(away / np.sqrt(fit), kind="stable")
    chosen = [*known, seat]
    while len(chosen) < len(reach) and len(cells):
        i = len(chosen)
        others = np.array(chosen)
        order = by_nearness if urban[i] else by_chance
        for room in (1.0, 0.7, 0.45) if urban[i] else ROOM:
            apart = room * (reach[i] + np.array(reach[:i]))
            spot = _first_free(order, x, y, others, apart)
            if spot >= 0:
                break
        else:
            spot = int(order[0])
        chosen.append((float(x[spot]), float(y[spot])))
    return (chosen + [seat] * (len(reach) - len(chosen)))[len(known) :]


def _first_free(
    order: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    others: NDArray[np.float64],
    apart: NDArray[np.float64],
) -> int:
    """Return the first cell of an order that is far enough from all others, -1 where there is none."""
    for start in range(0, len(order), BATCH):
        some = order[start : start + BATCH]
        free = ((x[some, None] - others[:, 0]) ** 2 + (y[some, None] - others[:, 1]) ** 2 >= apart**2).all(
            axis=1
        )
        if free.any():
            return int(some[np.argmax(free)])
    return -1


def _sizes(
    unit: Unit,
    index: int,
    urban: list[bool],
    given: list[int | None],
    streams: Streams,
) -> list[int]:
    """Return residents per village: those given, the rest by a Pareto law to the unit's exact total."""
    n = len(urban)
    if n == 0:
        return []
    sizes = np.array([g if g is not None else -1 for g in given] + [-1] * (n - len(given)))
    open_ = np.flatnonzero(sizes < 0)
    left = unit.residents - int(sizes[sizes >= 0].sum())
    if len(open_):
        draw = streams.of("world.villages.size").uniforms(index * 1000 + open_)
        weight = (1 - draw) ** (-1 / PARETO_SHAPE) * np.where(np.array(urban)[open_], URBAN_WEIGHT, 1.0)
        share = left * weight / weight.sum()
        whole = np.floor(share).astype(int)
        extra = np.argsort(-(share - whole), kind="stable")[: left - int(whole.sum())]
        whole[extra] += 1
        sizes[open_] = whole
    return [int(s) for s in sizes]
