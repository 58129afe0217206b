"""Line that crews build along the fire's edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire import line_work as lw
from scenarios.forest_fire.crews import PERIMETER_PER_CELL, look_at
from scenarios.forest_fire.line_work import FLAME, LIMIT, NO_TOOL, TOO_HOT, UNSAFE, WHY
from scenarios.forest_fire.spec import BuildLineArgs
from scenarios.forest_fire.spread import LINE, Cells
from scenarios.forest_fire.tools import tools_for
from sim.hazard import ActionResult

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire

NO_SCORES = np.zeros(0)
ROOM_PER_CELL = 20.0
"""Cells of line that a budget of one cell side may make: grass costs a sixth of closed timber litter, and to spare."""


def build_line(fire: ForestFire, args: BuildLineArgs) -> ActionResult:
    """Let a crew spend its metres on a fire: at its edge, from the nearest part whose flames it can face."""
    front, grid = fire.front, fire.grid
    number = fire.fires.number(args.fire)
    if number is None or not front.height:
        why = f"no such fire: {args.fire!r}" if front.height else "nothing burns yet"
        return ActionResult(False, why)
    if args.tool and fire.attack.no_work(fire.time_s):
        return waiting(args, "no line is built at night", done=not len(fire.open_edge(number)))
    means = fire.attack.means(args.tool, args.max_flame_m, args.crew_class, water_l=args.water_l)
    means = means._replace(pace_mps=args.metres / args.seconds)
    if not len(means.tools):
        return waiting(args, f"crew with no tool for the flame: {', '.join(args.tool)} puts nothing out",
                       done=not len(fire.open_edge(number)))
    edge = fire.edge.cells(fire.changes)
    room = len(edge) + 2 + int(ROOM_PER_CELL * args.metres / grid.cell_m)  # line may be built ahead of the edge
    held, widths, figures = np.zeros(room, np.int64), np.zeros(room), np.zeros(lw.FIGURES)
    n = lw.work(
        edge, NO_SCORES, True, number, args.x, args.y, args.metres, args.clockwise, grid.cell_m * PERIMETER_PER_CELL,
        grid.x0_m + front.col0 * grid.cell_m, grid.y0_m - front.row0 * grid.cell_m,
        look_at(front, fire.time_s, grid.cell_m), means, front.progress, held, widths, LINE, figures)
    if n:
        hold(fire, held[:n], widths[:n])
    fire.line_m += float(figures[lw.BUILT])
    stopped = figures[lw.STATE] == lw.WAITING
    return ActionResult(True, reason=why_waiting(figures) if stopped else "", figures={
        "x": float(figures[lw.CREW_X]), "y": float(figures[lw.CREW_Y]),
        "built_m": float(figures[lw.BUILT]), "held_cells": n, "spent_m": float(figures[lw.SPENT]),
        "walked_m": float(figures[lw.WALKED]), "lost_m": float(figures[lw.LOST]),
        "waiting": bool(stopped), "done": not len(fire.open_edge(number)),
        **({} if args.water_l is None else {"water_l": args.water_l - float(means.water[lw.LITRES])}),
    })


def hold(fire: ForestFire, cells: Cells, widths_m: NDArray[np.float64]) -> None:
    """Close window cells as line of these widths, built now."""
    rows, cols = fire.front.row_col(cells)
    fire.line_width_m.update(zip((rows * fire.grid.nx + cols).tolist(), widths_m.tolist(), strict=True))
    rows, cols = fire.front.row_col(fire.front.close(cells, LINE))
    for cell in (rows * fire.grid.nx + cols).tolist():
        fire.line_at[cell] = fire.time_s
        fire.wet_until.pop(cell, None)
    fire.changed()


def waiting(args: BuildLineArgs, why: str, done: bool) -> ActionResult:
    """Return the result of a step in which nothing could be done."""
    return ActionResult(True, reason="" if done else why, figures={
        "x": args.x, "y": args.y, "built_m": 0.0, "held_cells": 0, "spent_m": 0.0, "walked_m": 0.0,
        "lost_m": args.metres, "waiting": not done, "done": done})


def why_waiting(figures: lw.Floats) -> str:
    """Return in words why a crew found nothing to work on."""
    why = int(figures[WHY])
    if why == TOO_HOT:
        flame, limit = float(figures[FLAME]), float(figures[LIMIT])
        able = tools_for(flame)
        return (f"crew with no tool for the flame: {flame:.1f} m at the quietest open edge, its own reach "
                f"{limit:.1f} m; " + (f"{', '.join(able)} could" if able else "no tool on the ground could"))
    if why == UNSAFE:
        return "no safe way out from any open edge whose flames it could face"
    return "none of its tools can be used where the edge is open" if why == NO_TOOL else ""


ACTS = {"build_line": build_line}
