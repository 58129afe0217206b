"""Tactics: where on a fire crews begin, and which part of its edge they work on next.

Each tactic gives every cell of the open edge a score; a crew takes the lowest one that it may work on. A fire
has a rear, where it began, and runs from there to the middle of what it has burned: cells are told apart by
how far they lie along that heading and on which side of it. Crews that work clockwise take the left flank
from the rear, and the right one from the head.

- ``nearest``: no scores; from the nearest cell on, the way round they were told.
- ``anchor_flank_pinch``: from the rear along both flanks towards the head, nothing left open behind them.
- ``head_attack``: the foremost part whose flames they can face.
- ``point_protection``: what is nearest to the village that the fire is nearest to.
- ``indirect_ridge``, ``indirect_road``: a path ahead of the fire (``indirect.py``), then anchor, flank, pinch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.spread import Cells

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire
    from sim.world.world import Place

Floats = NDArray[np.float64]

BIN_CELLS = 2.0
"""Scores are so coarse, in cell sides, that a crew goes to the nearest of cells about as far along."""
OTHER_SIDE = 1e9
"""Added to the scores of the other crews' side: a crew goes there once its own has nothing left."""
NO_SCORES: Floats = np.zeros(0)
LEAST_WIND_MPS = 0.5
"""Below this a fire that has not run anywhere yet has no heading but north. Assumption."""


@dataclass(frozen=True)
class Heading:
    """Where a fire came from and where it is going: a point (m) and a unit vector (east, north)."""

    x: float
    y: float
    east: float
    north: float

    def along(self, x: Floats, y: Floats) -> Floats:
        """Return metres along the heading from where it began."""
        return (x - self.x) * self.east + (y - self.y) * self.north

    def left(self, x: Floats, y: Floats) -> Floats:
        """Return metres to the left of the heading, negative to the right."""
        return self.east * (y - self.y) - self.north * (x - self.x)


def heading_of(fire: ForestFire, number: int) -> Heading:
    """Return the heading of a fire (0: the first one), the wind's while it has not run farther than a cell."""
    front = fire.front
    number = number or next(iter(fire.fires.lit))
    _, x, y = fire.fires.lit[number]
    mine = front.burned[front.fire[front.burned] == number]
    if len(mine):
        cx, cy = fire.centres(mine)
        east, north = float(cx.mean()) - x, float(cy.mean()) - y
        if math.hypot(east, north) > fire.grid.cell_m:
            length = math.hypot(east, north)
            return Heading(x, y, east / length, north / length)
    if fire.conditions.wind_mps < LEAST_WIND_MPS:
        return Heading(x, y, 0.0, 1.0)
    to = math.radians(fire.conditions.wind_from_deg + 180.0)
    return Heading(x, y, math.sin(to), math.cos(to))


def in_bins(metres: Floats, cell_m: float) -> Floats:
    """Return distances in whole bins."""
    return np.floor(metres / (BIN_CELLS * cell_m))


def flanking(fire: ForestFire, number: int, cells: Cells, clockwise: bool | None) -> Floats:
    """Return scores that rise from the rear to the head, the crew's own side first (None: either)."""
    heading = heading_of(fire, number)
    x, y = fire.centres(cells)
    score = in_bins(heading.along(x, y), fire.grid.cell_m)
    if clockwise is None:
        return score
    return score + np.where((heading.left(x, y) >= 0.0) == clockwise, 0.0, OTHER_SIDE)


def heading_off(fire: ForestFire, number: int, cells: Cells, clockwise: bool | None) -> Floats:
    """Return scores that rise from the head to the rear, the crew's own side first (None: either)."""
    heading = heading_of(fire, number)
    x, y = fire.centres(cells)
    score = in_bins(-heading.along(x, y), fire.grid.cell_m)
    if clockwise is None:
        return score
    return score + np.where((heading.left(x, y) <= 0.0) == clockwise, 0.0, OTHER_SIDE)


def shielding(fire: ForestFire, number: int, cells: Cells, clockwise: bool | None) -> Floats:
    """Return scores that rise with the distance from the village in danger; none without villages."""
    village = endangered(fire, cells)
    if village is None:
        return NO_SCORES
    x, y = fire.centres(cells)
    return in_bins(np.hypot(x - village.x, y - village.y), fire.grid.cell_m)


def endangered(fire: ForestFire, cells: Cells) -> Place | None:
    """Return the village nearest to any of these window cells; None where there are none."""
    villages = fire.world.places.of_kind("village")
    if not villages or not len(cells):
        return None
    x, y = fire.centres(cells)
    return min(villages, key=lambda v: (float(((x - v.x) ** 2 + (y - v.y) ** 2).min()), v.id))


SCORES = {
    "anchor_flank_pinch": flanking, "head_attack": heading_off, "point_protection": shielding,
    "indirect_ridge": flanking, "indirect_road": flanking,
}
"""How each tactic ranks the open edge; ``nearest`` does not."""


def scores(tactic: str, fire: ForestFire, number: int, cells: Cells, clockwise: bool | None) -> Floats:
    """Return a tactic's scores of window cells for a crew, the lowest first; none for ``nearest``."""
    rank = SCORES.get(tactic)
    return NO_SCORES if rank is None or not len(cells) else rank(fire, number, cells, clockwise)


def start(tactic: str, fire: ForestFire, number: int, cells: Cells, flame: Floats, limit_m: float) -> int | None:
    """Return the index of the edge cell where crews begin: the lowest score with flames of at most a length.

    None where the tactic does not say: for ``nearest``, and where all flames are longer.
    """
    rank = scores(tactic, fire, number, cells, None)
    fit = np.flatnonzero(flame <= limit_m)
    if not len(rank) or not len(fit):
        return None
    x, y = fire.centres(cells[fit])
    _, x0, y0 = fire.fires.lit[number or next(iter(fire.fires.lit))]
    return int(fit[np.lexsort((cells[fit], np.hypot(x - x0, y - y0), rank[fit]))[0]])
