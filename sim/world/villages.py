"""Villages: those known by name, and synthetic ones that stand in for the rest of a unit's village count.

A synthetic village is called after its unit (荣家湾-V07, an urban neighbourhood 荣家湾-C03) and graded so.
It stands on flat dry land of its unit, spaced from the others, urban ones near the seat; sizes follow a
Pareto law and add up to the unit's residents exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.random import Streams
from sim.settings.county import County, Unit
from sim.world.boundary import Outline
from sim.world.grid import Grid
from sim.world.projection import Projection
from sim.world.names import bare

PARETO_SHAPE = 2.5
"""Tail of village sizes; assumption: the largest of 20 villages is then about three times the mean."""
URBAN_WEIGHT = 2.0
"""An urban neighbourhood's size over a village's; assumption after the split used for the unit totals."""
URBAN_RADIUS_M = 1800.0
"""Neighbourhoods lie within this of the seat, the more of them the wider (grows with the root of their number)."""
CANDIDATES = 4000
"""Cells tried per unit, the best suited that chance draws."""
FLAT_SLOPE = 0.08
"""Slope at which land is half as fit to settle as flat land."""
HIGH_M = 250.0
"""Height above the unit's seat at which land is half as fit."""
FAR_M = 6000.0
"""Distance from the seat at which land is half as fit."""


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
    county: County, grid: Grid, projection: Projection, outline: Outline, *, dry: NDArray[np.bool_],
    elevation_m: NDArray[np.float32], slope: NDArray[np.float32], streams: Streams,
) -> list[VillageSite]:
    """Return all villages, unit by unit, in the order of their numbers."""
    sites: list[VillageSite] = []
    for index, unit in enumerate(county.units):
        sx, sy = (float(v) for v in projection.to_xy(unit.lon, unit.lat))
        cells = np.flatnonzero((outline.owner == index) & outline.settled & dry)
        spots = _spots(unit, cells, grid, (sx, sy), elevation_m, slope, streams)
        known = list(unit.known_villages)
        xy = [tuple(float(v) for v in projection.to_xy(v.lon, v.lat)) for v in known] + spots
        urban = [False] * len(known) + [i < unit.urban_units for i in range(len(spots))]
        sizes = _sizes(unit, index, urban, [v.residents for v in known], streams)
        short, number = bare(unit.name_zh), {"V": 0, "C": 0}
        for i, (x, y) in enumerate(xy):
            if i < len(known):
                sites.append(VillageSite(index, known[i].id, known[i].name or known[i].id, known[i].name_zh,
                                         x, y, sizes[i], False, known[i].grade))
                continue
            letter = "C" if urban[i] else "V"
            number[letter] += 1
            tag = f"{letter}{number[letter]:02d}"
            sites.append(VillageSite(index, f"{unit.id}-{tag.lower()}", f"{unit.name}-{tag}", f"{short}-{tag}",
                                     x, y, sizes[i], urban[i], "synthetic"))
    return sites


def _spots(
    unit: Unit, cells: NDArray[np.int64], grid: Grid, seat: tuple[float, float],
    elevation_m: NDArray[np.float32], slope: NDArray[np.float32], streams: Streams,
) -> list[tuple[float, float]]:
    """Return places for the unit's unnamed villages, the urban ones first."""
    wanted = max(unit.villages - len(unit.known_villages), 0)
    if wanted == 0 and unit.residents > 0 and not unit.known_villages:
        wanted = 1
    if wanted == 0:
        return []
    if len(cells) == 0:
        return [seat] * wanted
    row, col = np.divmod(cells, grid.nx)
    x, y = grid.centre(row, col)
    away = np.hypot(x - seat[0], y - seat[1])
    home = elevation_m[grid.row_col(*seat)]
    rise = np.maximum(elevation_m[row, col] - home, 0.0)
    fit = 1.0 / ((1 + (slope[row, col] / FLAT_SLOPE) ** 2) * (1 + (rise / HIGH_M) ** 2))
    draw = streams.of(f"world.villages.{unit.id}").uniforms(cells)
    # Efraimidis and Spirakis 2006 (doi 10.1016/j.ipl.2005.11.003): keys u^(1/w) sample without replacement.
    key = np.log(np.maximum(draw, 1e-300)) / (fit / (1 + (away / FAR_M) ** 2))
    best = np.argsort(-key, kind="stable")[:CANDIDATES]
    urban = min(unit.urban_units, wanted)
    near = URBAN_RADIUS_M * np.sqrt(max(urban, 1) / 8.0)
    chosen: list[int] = []
    closest = np.full(len(cells), np.inf)
    centre = np.argsort(away, kind="stable")[0]
    for i in range(wanted):
        if i == 0:
            pick = int(centre)
        else:
            pool = best if i >= urban else np.flatnonzero(away <= near)
            pool = pool if len(pool) else best
            # Farthest-first among the fit, so that villages spread over the unit.
            score = closest[pool] * (fit[pool] ** 0.5 if i >= urban else 1.0)
            pick = int(pool[np.argmax(score)])
        chosen.append(pick)
        closest = np.minimum(closest, np.hypot(x - x[pick], y - y[pick]))
    return [(float(x[i]), float(y[i])) for i in chosen]


def _sizes(
    unit: Unit, index: int, urban: list[bool], given: list[int | None], streams: Streams,
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
