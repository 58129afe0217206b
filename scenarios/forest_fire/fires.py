"""The fires of a run as tasks: which part of the edge is whose, what is still open, where to begin."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.crews import PERIMETER_PER_CELL, Edge, flames_along
from scenarios.forest_fire.spread import Cells, Front
from sim.task import Task
from sim.world.world import World


class Fires:
    """The fires lit so far by number, and one task for each.

    The scenario's ignitions have the numbers 1, 2 ... whether they take or not, so that a plan that keeps one from
    being lit leaves the others their numbers and with them their draws.
    """

    def __init__(self, key: str, world: World, front: Front, edge: Edge, holds_fire_s: float) -> None:
        self._key = key
        self._world = world
        self._front = front
        self._edge = edge
        self._holds_fire_s = holds_fire_s
        self.begin: Callable[[int, Cells, NDArray[np.float64]], int | None] = lambda number, cells, flame: None
        """Where a tactic begins: index of one of the edge's cells by fire, cells and flames; None for the quietest."""
        self.lit: dict[int, tuple[float, float, float]] = {}
        """Time and place (x, y) of each ignition that took, by its number, in order of time."""
        self._tasks: dict[str, Task] = {}
        self._as_of: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.lit)

    def task_id(self, number: int) -> str:
        """Return the task id of a fire's number."""
        return f"{self._key}:{number}"

    def number(self, task_id: str) -> int | None:
        """Return the number of a fire by its task id, 0 (any) for an empty one; None for an unknown one."""
        if not task_id:
            return 0
        return next((n for n in self.lit if self.task_id(n) == task_id), None)

    def open_edge(self, number: int, t_s: float, changes: int) -> Cells:
        """Return window cells that a fire (0: any) could still burn into."""
        front = self._front
        edge = self._edge.cells(changes)
        if not len(edge):
            return edge
        sides = edge[:, None] + np.array([1, -front.width, -1, front.width])
        lit = (front.done[sides] != 0) & (front.ends[sides] + self._holds_fire_s > t_s)
        if number:
            lit &= front.fire[sides] == number
        return edge[lit.any(1)]

    def cold_s(self) -> float:
        """Return when the last ember along the open edge will be too old to light anything."""
        ends = self._front.ends[self._edge.burned()]
        return float(ends.max()) + self._holds_fire_s if len(ends) else -math.inf

    def tasks(self, t_s: float, changes: int, line_m: float) -> list[Task]:
        """Return one task a fire: metres of edge to hold, and where it is safest to begin."""
        as_of = (len(self._front.burned), changes, len(self.lit), t_s)
        if as_of != self._as_of:
            self._as_of = as_of
            for number in self.lit:
                self._update(number, t_s, changes, line_m)
        return list(self._tasks.values())

    def _update(self, number: int, t_s: float, changes: int, line_m: float) -> None:
        began, x, y = self.lit[number]
        id, grid = self.task_id(number), self._world.grid
        task = self._tasks.get(id)
        if task is None:
            task = self._tasks[id] = Task(
                id=id, kind="suppress", capability="fire_line", x=x, y=y, work=0.0, remaining=0.0, unit="m",
                action="build_line", raised_s=began, place=self.place_near(x, y), priority=2, args={"fire": id})
        cells = self.open_edge(number, t_s, changes)
        task.remaining = len(cells) * grid.cell_m * PERIMETER_PER_CELL
        task.work = task.remaining + (line_m if len(self.lit) == 1 else 0.0)
        task.done = len(cells) == 0
        if len(cells):
            flame = flames_along(self._front, cells, t_s, grid.cell_m)
            at = self.begin(number, cells, flame)
            if at is None:
                task.x, task.y = self._anchor(cells, x, y, flame)
            else:
                task.x, task.y = (float(v) for v in grid.centre(*(int(v) for v in self._front.row_col(cells[at]))))

    def _anchor(self, cells: Cells, x: float, y: float, flame: NDArray[np.float64]) -> tuple[float, float]:
        """Return the quietest part of the edge, and of that the part nearest to where the fire began."""
        cx, cy = self._world.grid.centre(*self._front.row_col(cells))
        best = np.lexsort((np.hypot(cx - x, cy - y), np.round(flame, 1)))[0]
        return float(cx[best]), float(cy[best])

    def place_near(self, x: float, y: float) -> str:
        """Return the id of the nearest place, gateways apart."""
        places = [place for place in self._world.places if place.kind != "gateway"]
        return min(places, key=lambda p: ((p.x - x) ** 2 + (p.y - y) ** 2, p.id)).id if places else ""
