"""Who is in the fire's way: the box it can harm in, the distance to it, what its heat does to residents."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire import crews
from scenarios.forest_fire.heat import (
    SKIN,
    Measure,
    danger_distance,
    death_probability,
    doses,
    injury_probability,
)
from sim.hazard import Box, Harm

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire


class Exposure:
    """What a fire can do to people at the time it stands at."""

    def __init__(self, fire: ForestFire) -> None:
        self._fire = fire
        self._houses = fire.streams.of(f"{fire.key}.houses")

    def danger_m(self) -> float:
        """Return how far from burning cells anyone can be harmed: flames now and just ahead of them."""
        fire = self._fire
        if not len(fire.active):
            return 0.0
        cells = fire.window(fire.active)
        longest = float(crews.flame_length(np.float64(fire.front.out[cells, 1].max())))
        ahead = fire.edge.cells(fire.changes)
        if len(ahead):
            flames = crews.flames_along(fire.front, ahead, fire.time_s, fire.grid.cell_m)
            longest = max(longest, float(flames.max()))
        return danger_distance(longest)

    def reach(self) -> Box | None:
        """Return the box in which someone is harmed now: by flames, and once a period by smoke."""
        box, smoke = self.flames(), self._fire.smoke
        if not smoke.due(self._fire.time_s):
            return box
        x0, y0, x1, y1 = smoke.box()
        return Box(x0, y0, x1, y1) if box is None else Box(
            min(x0, box.x0), min(y0, box.y0), max(x1, box.x1), max(y1, box.y1))

    def flames(self) -> Box | None:
        """Return the box around burning cells out to where their flames can harm."""
        fire = self._fire
        if not len(fire.active):
            return None
        x, y = fire.centres(fire.window(fire.active))
        far = self.danger_m() + 1.5 * fire.grid.cell_m
        return Box(float(x.min()) - far, float(y.min()) - far, float(x.max()) + far, float(y.max()) + far)

    def distance(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return metres to the edge of the nearest cell that burns or that the front enters; else inf."""
        fire = self._fire
        cells = np.concatenate([fire.window(fire.active), fire.open_edge(0)])
        if not len(cells):
            return np.full(len(x), np.inf, np.float32)
        from scipy.spatial import cKDTree

        tree = cKDTree(np.stack(fire.centres(cells), 1))
        away, _ = tree.query(np.stack([np.asarray(x, float), np.asarray(y, float)], 1))
        return np.maximum(away - 0.5 * fire.grid.cell_m, 0.0).astype(np.float32)

    def harm(
        self, rows: NDArray[np.intp], people: Mapping[str, NDArray[Any]], x: NDArray[np.float32],
        y: NDArray[np.float32], indoors: NDArray[np.bool_], t0_s: float, t1_s: float,
    ) -> Harm:
        """Add to ``fire_dose`` what flames did to these residents, and let them breathe the smoke."""
        fire = self._fire
        near = self.flames()
        dose = people["fire_dose"][rows]
        exposed = np.zeros(len(rows), np.bool_)
        here = np.arange(len(rows)) if near is None else np.flatnonzero(
            (x >= near.x0) & (x <= near.x1) & (y >= near.y0) & (y <= near.y1))
        if fire.front.height and len(here):
            household = people["household"][rows[here]] if "household" in people else rows[here]
            safe_house = self._stands(household)
            part, touched = dose[here], exposed[here]
            self.receive(x[here], y[here], indoors[here], safe_house, t0_s, t1_s, SKIN, part, touched)
            dose[here], exposed[here] = part, touched
            people["fire_dose"][rows] = dose
        if fire.smoke.due(t1_s):
            fire.smoke.breathe(x, y, indoors)
        return Harm(exposed, injury_probability(dose), death_probability(dose))

    def _stands(self, household: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Return which households' houses would not burn if the front passed, and have not been lost."""
        houses = self._fire.houses
        if len(houses.lost) <= int(household.max(initial=-1)):  # people of no World, as in a test
            return self._houses.uniforms(household) >= self._fire.settings.effects.house_burns
        return ~houses.burns[household] & ~houses.lost[household]

    def receive(
        self, x: NDArray[np.floating], y: NDArray[np.floating], indoors: NDArray[np.bool_],
        safe_house: NDArray[np.bool_], t0_s: float, t1_s: float, measure: Measure, dose: NDArray[np.float32],
        exposed: NDArray[np.bool_],
    ) -> None:
        """Add to ``dose`` what a measure sums of the flux at these points over [t0, t1]."""
        grid, front = self._fire.grid, self._fire.front
        row, col = grid.row_col(x, y)
        cx, cy = grid.centre(row, col)
        reach = max(1, math.ceil(self.danger_m() / grid.cell_m))
        doses(
            row - front.row0, col - front.col0, np.asarray(x, float) - cx, np.asarray(y, float) - cy,
            np.asarray(indoors, np.bool_), np.asarray(safe_house, np.bool_), float(t0_s), float(t1_s), reach,
            grid.cell_m, front.width, front.height, front.arrival,
            front.done, front.out, front.step, front.metric, front.stamp, front.period_number,
            front.ground, front.kind, front.period.beds, *measure, dose, exposed,
        )
