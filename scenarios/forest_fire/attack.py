"""How the crews of a run may fight its fires: by what means, at this hour, with which tactic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from scenarios.forest_fire.escape import WaysOut
from scenarios.forest_fire.indirect import LinePlans
from scenarios.forest_fire.line_work import Means
from scenarios.forest_fire.mop_up import MopUp
from scenarios.forest_fire.production import DIRECT, INDIRECT, cost_table, slope_table
from scenarios.forest_fire.responders import Responders
from scenarios.forest_fire.settings_suppression import CrewClass, Suppression
from scenarios.forest_fire.spread import Cells
from scenarios.forest_fire.tactics import start
from scenarios.forest_fire.tools import T_REACH, plain_row, tool_rows, tools_of
from scenarios.forest_fire.windows import Window
from sim.hazard import HazardContext
from sim.world.world import World

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire

NOWHERE = np.zeros(0, np.float64)
"""In place of a window array that nobody asks for."""
HAND_FLAME_M = 1.2
"""Longest flame a crew can attack of which neither tools nor flame are known: hand tools, 4 ft (NWCG)."""


class RoadDistance:
    """Metres to the nearest road, worked out once when first asked for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._whole: NDArray[np.float32] | None = None
        self._of: Window | None = None
        self._window = NOWHERE

    def whole(self) -> NDArray[np.float32]:
        """Return the distance of every cell's centre from that of the nearest cell with a road, (ny, nx)."""
        if self._whole is None:
            grid = self._world.grid
            off = np.ones(grid.ny * grid.nx, np.bool_)
            off[np.asarray(self._world.roads.cell)] = False
            self._whole = (
                np.full((grid.ny, grid.nx), np.inf, np.float32) if off.all() else
                np.asarray(distance_transform_edt(off.reshape(grid.ny, grid.nx)) * grid.cell_m, np.float32))
        return self._whole

    def window(self, fire: ForestFire) -> NDArray[np.float64]:
        """Return the same for the front's window cells, infinite off the grid."""
        window = Window.of(fire.front)
        if window != self._of:
            self._window = window.cut(self.whole(), 0, 0, np.inf).astype(np.float64)
            self._of = window
        return self._window


class Attack:
    """The rules crews work by in one run."""

    def __init__(self, fire: ForestFire, context: HazardContext, settings: Suppression) -> None:
        self._fire = fire
        self.settings = settings
        self._start_hour = context.start_hour
        self.roads = RoadDistance(context.world)
        self.ways = WaysOut(fire, settings.escape)
        self.responders = Responders(fire)
        self.plans = LinePlans(fire)
        self.mop_up = MopUp(fire, settings.mop_up)
        self.burned_out_m = 0.0
        """Metres of line that strips were burned out from."""
        planned = getattr(context.plan.command, "fire_tactic", "nearest") if context.plan else "nearest"
        self.tactic: str = settings.tactic or planned
        """What crews do that are told nothing else."""

    def dark(self, t_s: float) -> bool:
        """Return whether the night rule holds at a time."""
        night = self.settings.night
        hour = (self._start_hour + t_s / 3600.0) % 24.0
        if night.rule == "any" or night.from_h == night.to_h:
            return False
        if night.from_h < night.to_h:
            return night.from_h <= hour < night.to_h
        return hour >= night.from_h or hour < night.to_h

    def no_work(self, t_s: float) -> bool:
        """Return whether nobody builds line now."""
        return self.settings.night.rule == "none" and self.dark(t_s)

    def begin(self, number: int, cells: Cells, flame: NDArray[np.float64]) -> int | None:
        """Return which of a fire's edge cells crews that follow the run's tactic go to first; None for no matter."""
        return start(self.tactic, self._fire, number, cells, flame, HAND_FLAME_M)

    def means(
        self, tools: tuple[str, ...], max_flame_m: float | None, crew_class: CrewClass, *, indirect: bool = False,
        leave: NDArray[np.float64] = NOWHERE, water_l: float | None = None,
    ) -> Means:
        """Return what a crew works with now. Without tools: flames up to a length, metres alike everywhere.

        ``water_l`` is the water it has; None where nobody counts it.
        """
        fire, flame, rate = self._fire, 1.0, 1.0
        if not tools:
            rows = plain_row(HAND_FLAME_M if max_flame_m is None else max_flame_m)
        else:
            rows = tool_rows(tools_of(tools))
            if max_flame_m is not None:
                rows[:, 0] = np.minimum(rows[:, 0], max_flame_m)
            if self.dark(fire.time_s):
                flame, rate = self.settings.night.flame_factor, self.settings.night.rate_factor
        roads = self.roads.window(fire) if np.isfinite(rows[:, T_REACH]).any() else NOWHERE
        costs = cost_table(crew_class, fire.fuels.numbers)
        return Means(rows, costs, slope_table(), roads, INDIRECT if indirect else DIRECT, flame, rate,
                     leave, self.settings.escape.margin, water=self._water(water_l), loads=fire.dead_loads)

    def _water(self, litres: float | None) -> NDArray[np.float64]:
        water = self._fire.settings.water
        return NOWHERE if litres is None else np.array([litres, water.waste_factor, water.strip_m])

    def figures(self) -> dict[str, float | None]:
        """Return the KPIs of crews: control, re-ignitions, burning out, who had to leave and whom the fire caught."""
        fire = self._fire
        controlled, began = self.mop_up.controlled_s(), fire.first_ignition_s
        return {
            "fire.controlled_h": None if controlled is None or began is None else (controlled - began) / 3600.0,
            "fire.reignitions": float(self.mop_up.reignitions),
            "fire.mopped_up_km": self.mop_up.mopped_m / 1000.0,
            "fire.burned_out_km": self.burned_out_m / 1000.0,
            **self.responders.figures(),
        }
