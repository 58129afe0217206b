"""Line that crews build along the fire's edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scenarios.forest_fire import crews
from scenarios.forest_fire.spec import BuildLineArgs
from scenarios.forest_fire.spread import LINE
from sim.hazard import ActionResult

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire


def build_line(fire: ForestFire, args: BuildLineArgs) -> ActionResult:
    """Let a crew spend its metres along the edge of a fire, from the nearest part whose flames it can face."""
    front, grid = fire.front, fire.grid
    number = fire.fires.number(args.fire)
    if number is None or not front.height:
        why = f"no such fire: {args.fire!r}" if front.height else "nothing burns yet"
        return ActionResult(False, why)
    edge = fire.edge.cells(fire.changes)
    held = np.zeros(len(edge) + int(args.metres / grid.cell_m) + 2, np.int64)
    figures = np.zeros(6)
    n = crews.work(
        edge, number, fire.time_s, args.x, args.y, args.metres, args.max_flame_m, args.clockwise,
        grid.cell_m * crews.PERIMETER_PER_CELL, grid.x0_m + front.col0 * grid.cell_m,
        grid.y0_m - front.row0 * grid.cell_m, grid.cell_m, front.width, front.arrival, front.done,
        front.closed, front.ends, front.out, front.step, front.fire, front.metric, front.stamp,
        front.period_number, front.ground, front.kind, front.period.beds, front.progress, held, figures,
    )
    if n:
        cells = front.close(held[:n], LINE)
        rows, cols = front.row_col(cells)
        for cell in (rows * grid.nx + cols).tolist():
            fire.line_at[cell] = fire.time_s
            fire.wet_until.pop(cell, None)
        fire.changed()
    fire.line_m += float(figures[crews.BUILT])
    done = not len(fire.open_edge(number))
    return ActionResult(True, figures={
        "x": float(figures[crews.CREW_X]), "y": float(figures[crews.CREW_Y]),
        "built_m": float(figures[crews.BUILT]), "held_cells": n,
        "walked_m": float(figures[crews.WALKED]), "lost_m": float(figures[crews.LOST]),
        "waiting": bool(figures[crews.STATE] == crews.WAITING), "done": done,
    })


ACTS = {"build_line": build_line}
