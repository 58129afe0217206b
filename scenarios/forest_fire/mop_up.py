"""Mop-up: what smoulders behind the line, the work to put it out, and what comes of it if nobody does.

A fire is contained once nothing can spread, and controlled once every burned cell along its edge is cold: put
out by crews, or burned out for longer than fuel holds fire. Until then each kilometre of such edge beside a
crew's line may start a fire across it, at a rate an hour that grows with the wind and falls with the moisture of
fine fuel. Draws belong to the cell and the hour, so that plans that are compared meet the same luck.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.crews import PERIMETER_PER_CELL
from scenarios.forest_fire.ellipse import flame_length
from scenarios.forest_fire.kernels import COLS, ROWS
from scenarios.forest_fire.production import cost_table
from scenarios.forest_fire.settings_suppression import MopUp as MopUpSettings
from scenarios.forest_fire.spread import LINE, OPEN, Cells
from sim.hazard import HazardEvent
from sim.task import Task

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire

HOUR_S = 3600.0
DEPTH_M = 25.0
"""Depth that the person-hours of the settings are for."""
WALK_M_S = 2.0 / 3.6
"""Along the edge on foot; as ``line_work.WALK_PER_LINE``. Assumption."""
TYPE2_M_PER_H = 7.1
"""Metres of line a person and hour in fuel model 8, direct (Broyles 2011, type II): to read metres as hours."""
PER_MOISTURE = 0.2
"""Re-ignition falls by e^-0.2 for each point of moisture of fine dead fuel. Assumption: by half for 3.5 points."""
MOST_WIND = 3.0
"""Times the reference wind beyond which more wind changes nothing. Assumption."""


def rate_per_km_h(settings: MopUpSettings, wind_mps: float, moisture_pct: float) -> float:
    """Return expected fires an hour across a kilometre of line with hot edge behind it."""
    wind = min(wind_mps / settings.reference_wind_mps, MOST_WIND)
    return settings.reignitions_per_km_h * wind * math.exp(
        -PER_MOISTURE * (moisture_pct - settings.reference_moisture_pct))


class MopUp:
    """What is hot and what has been put out along the edges of a run's fires."""

    def __init__(self, fire: ForestFire, settings: MopUpSettings) -> None:
        self._fire = fire
        self._settings = settings
        self._draws = fire.streams.of(f"{fire.key}.reignition")
        self._scheduled = False
        self._hours: dict[int, float] = {}
        """Person-hours spent on cells not yet cold, by grid cell."""
        self._out: dict[int, float] = {}
        """When crews had put out each grid cell."""
        self._tasks: dict[str, Task] = {}
        self.reignitions = 0
        self.mopped_m = 0.0

    def _grid(self, cells: Cells) -> Cells:
        row, col = self._fire.front.row_col(cells)
        return row * self._fire.grid.nx + col

    def rim(self, number: int) -> Cells:
        """Return the burned window cells of a fire (0: any) along its edge."""
        fire = self._fire
        fire.edge.cells(fire.changes)
        cells = fire.edge.rim()
        return cells[fire.front.fire[cells] == number] if number else cells

    def cold_at(self, cells: Cells) -> NDArray[np.float64]:
        """Return when burned window cells are, or will be, cold."""
        fire = self._fire
        by_itself = fire.front.ends[cells] + fire.settings.spread.holds_fire
        out = np.array([self._out.get(cell, math.inf) for cell in self._grid(cells).tolist()])
        return np.minimum(by_itself, out)

    def hot(self, number: int) -> Cells:
        """Return the burned window cells along a fire's (0: any) edge that are not cold yet."""
        cells = self.rim(number)
        return cells[self.cold_at(cells) > self._fire.time_s]

    def controlled_s(self) -> float | None:
        """Return since when every fire has been contained and cold; None while one is not."""
        fire = self._fire
        if fire.contained_s is None:
            return None
        cells = self.rim(0)
        last = max(fire.contained_s, float(self.cold_at(cells).max()) if len(cells) else -math.inf)
        return last if last <= fire.time_s else None

    # -- work ---------------------------------------------------------------------------------------------

    def need_h(self, cells: Cells) -> NDArray[np.float64]:
        """Return person-hours that mopping up each whole window cell takes: slow fuels take longer."""
        settings, front = self._settings, self._fire.front
        fuel = cost_table("type2", self._fire.fuels.numbers)[0, front.kind[cells]]
        share_m = self._fire.grid.cell_m * PERIMETER_PER_CELL
        return share_m * settings.person_hours_per_m * settings.depth_m / DEPTH_M * np.maximum(fuel, 1.0)

    def work(self, number: int, x: float, y: float, person_h: float, people: float) -> dict[str, float | bool]:
        """Spend person-hours on a fire's hot edge, nearest cells first; return where that took the crew."""
        fire, grid = self._fire, self._fire.grid
        done_m = walked = 0.0
        left = person_h
        waiting = False
        while left > 1e-9:
            cells = self.hot(number)
            if not len(cells):
                break
            flame = flame_length(fire.front.out[cells, 1].astype(np.float64))
            passable = fire.settings.suppression.escape.passable_flame_m
            cells = cells[(fire.front.ends[cells] <= fire.time_s) | (np.asarray(flame) <= passable)]
            if not len(cells):
                waiting = True
                break
            cx, cy = fire.centres(cells)
            away = np.hypot(cx - x, cy - y)
            n = int(np.lexsort((cells, away))[0])
            if away[n] > grid.cell_m:
                hours = float(away[n]) / WALK_M_S / HOUR_S * people
                part = min(1.0, left / hours)
                x, y = x + (float(cx[n]) - x) * part, y + (float(cy[n]) - y) * part
                walked += float(away[n]) * part
                left -= hours * part
                if part < 1.0:
                    break
            x, y = float(cx[n]), float(cy[n])
            cell = int(self._grid(cells[n:n + 1])[0])
            whole = float(self.need_h(cells[n:n + 1])[0])
            spent = min(left, whole - self._hours.get(cell, 0.0))
            left -= spent
            self._hours[cell] = self._hours.get(cell, 0.0) + spent
            done_m += spent / whole * grid.cell_m * PERIMETER_PER_CELL
            if self._hours[cell] >= whole - 1e-9:
                self._out[cell] = fire.time_s
        self.mopped_m += done_m
        return {"x": x, "y": y, "done_work": done_m, "walked_m": walked, "waiting": waiting,
                "done": not len(self.hot(number))}

    def tasks(self, task_of: dict[str, Task]) -> list[Task]:
        """Return a task for each contained fire with hot edge, by the suppression tasks of the fires."""
        fire = self._fire
        if not self._settings.task:
            return []
        for number in fire.fires.lit:
            parent = task_of[fire.fires.task_id(number)]
            id = f"{parent.id}:mop_up"
            task = self._tasks.get(id)
            if task is None and not parent.done:
                continue
            hot = self.hot(number)
            if task is None:
                if not len(hot) or not fire.line_m:
                    continue
                task = self._tasks[id] = Task(
                    id=id, kind="mop_up", capability="fire_line", x=parent.x, y=parent.y, work=0.0, remaining=0.0,
                    unit="m", action="mop_up", raised_s=fire.time_s, place=parent.place, known=True,
                    args={"fire": parent.id})
            share_m = fire.grid.cell_m * PERIMETER_PER_CELL
            task.remaining = len(hot) * share_m
            task.work = max(task.work, task.remaining)
            task.done = not len(hot) or not parent.done
            if len(hot):
                cx, cy = fire.centres(hot)
                n = int(np.lexsort((hot, np.hypot(cx - parent.x, cy - parent.y)))[0])
                task.x, task.y = float(cx[n]), float(cy[n])
        return list(self._tasks.values())

    # -- re-ignition --------------------------------------------------------------------------------------

    def wake(self) -> None:
        """See to it that the edge is looked at on every full hour for as long as anything is hot."""
        if not self._scheduled and self._settings.reignitions_per_km_h > 0.0:
            self._scheduled = True
            self._fire.at(HOUR_S * (math.floor(self._fire.time_s / HOUR_S) + 1.0), self._hourly)

    def _hourly(self) -> None:
        self._scheduled = False
        fire, front = self._fire, self._fire.front
        hot = self.hot(0)
        if not len(hot):
            return
        smouldering = hot[front.ends[hot] <= fire.time_s]
        sides = smouldering[:, None] + np.array([1, -front.width, -1, front.width])
        cells = smouldering[(front.closed[sides] == LINE).any(1)]
        m1 = 100.0 * fire.sky.moisture().m1
        km = fire.grid.cell_m * PERIMETER_PER_CELL / 1000.0
        p = -math.expm1(-rate_per_km_h(self._settings, fire.conditions.wind_mps, m1) * km)
        grid = self._grid(cells)
        hour = int(fire.time_s // HOUR_S)
        lit = np.sort(grid[self._draws.uniforms(grid, hour) < p])
        for cell in lit.tolist():
            self._relight(cell)
        self.wake()

    def _relight(self, grid_cell: int) -> None:
        """Start a fire across the line from a burned cell, where there is something to burn."""
        fire, front = self._fire, self._fire.front
        cell = front.cell(*divmod(grid_cell, fire.grid.nx))
        for k in (0, 4, 8, 12):
            step = int(ROWS[k]) * front.width + int(COLS[k])
            over = cell + 2 * step
            if front.closed[cell + step] != LINE or front.closed[over] != OPEN or front.done[over]:
                continue
            row, col = (int(v[0]) for v in front.row_col(np.array([over])))
            if front.ignite(row, col, fire.time_s, 1, int(front.fire[cell])):
                self.reignitions += 1
                x, y = (float(v) for v in fire.grid.centre(row, col))
                fire.events.append(HazardEvent(fire.time_s, "reignition", "", x, y))
                front.advance(fire.time_s)
                fire.changed()
            return
