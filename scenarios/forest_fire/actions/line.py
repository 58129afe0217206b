"""Line that crews build: along the fire's edge, on a path ahead of it, and burning out from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.forest_fire import line_work as lw
from scenarios.forest_fire.attack import NOWHERE
from scenarios.forest_fire.burnout import burn_out, strip
from scenarios.forest_fire.crews import PERIMETER_PER_CELL, look_at
from scenarios.forest_fire.line_work import FLAME, LIMIT, NO_TOOL, TOO_HOT, UNSAFE, WHY, Floats, Means
from scenarios.forest_fire.spec import BuildLineArgs
from scenarios.forest_fire.spread import LINE, Cells
from scenarios.forest_fire.tactics import scores
from scenarios.forest_fire.tools import T_FLAME, tools_for, tools_of
from sim.hazard import ActionResult

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire

AHEAD = ("indirect_ridge", "indirect_road", "point_protection")
"""Tactics that begin with a path ahead of the fire."""
HOUR_S = 3600.0
ROOM_PER_CELL = 20.0
"""Cells of line that a budget of one cell side may make: grass costs a sixth of closed timber litter, and to spare."""
Figures = dict[str, Any]


def build_line(fire: ForestFire, args: BuildLineArgs) -> ActionResult:
    """Let a crew spend its metres on a fire: where its tactic says, as far as flames and its way out let it."""
    number = fire.fires.number(args.fire)
    if number is None or not fire.front.height:
        return ActionResult(False, f"no such fire: {args.fire!r}" if fire.front.height else "nothing burns yet")
    return Step(fire, args, number).take()


class Step:
    """One step of a crew's work on a fire."""

    def __init__(self, fire: ForestFire, args: BuildLineArgs, number: int) -> None:
        self.fire, self.args, self.number = fire, args, number
        self.x, self.y, self.metres, self.water_l = args.x, args.y, args.metres, args.water_l
        self.built = self.spent = self.walked = 0.0
        self.held = 0
        self.why = ""
        self.told: Figures = {}
        self.tactic = args.tactic or fire.attack.tactic
        self.looked_after = bool(args.people) and fire.settings.suppression.escape.enabled

    def take(self) -> ActionResult:
        """Take it; return what came of it."""
        fire, args, responders = self.fire, self.args, self.fire.attack.responders
        if self.looked_after:
            crew, self.told = responders.since_last_step(args.team)
            if crew is not None:
                self.x, self.y = crew.x, crew.y
                if crew.away:
                    responders.returns(crew, fire.time_s + args.seconds)
                    self.told["withdrew"] = True
                    self.why = "the crew had to leave its place"
                    return self._result()
            fire.attack.plans.report(args.team, args.metres / args.seconds * HOUR_S)
        means = self._means()
        if not len(means.tools):
            self.why = f"crew with no tool for the flame: {', '.join(args.tool)} puts nothing out"
        elif args.tool and fire.attack.no_work(fire.time_s):
            self.why = "no line is built at night"
        else:
            self._spend(means)
        if self.looked_after:
            limit = float(means.tools[:, T_FLAME].max(initial=0.0)) * means.flame_factor
            responders.on_line(args.team, self.x, self.y, args.people, limit, fire.time_s + args.seconds)
        return self._result()

    def _means(self, ahead: bool = False) -> Means:
        """Return what the crew works with, at the edge or ahead of it."""
        fire, args = self.fire, self.args
        leave = NOWHERE
        if self.looked_after:
            leave = fire.attack.ways.now().on(fire.front, "latest" if ahead else "leave")
        means = fire.attack.means(args.tool, args.max_flame_m, args.crew_class, indirect=ahead, leave=leave,
                                   water_l=self.water_l)
        return means._replace(pace_mps=args.metres / args.seconds)

    def _spend(self, means: Means) -> None:
        technique, tactic, plans = self.args.technique, self.tactic, self.fire.attack.plans
        ahead = technique in ("indirect", "burnout") or (technique is None and tactic in AHEAD)
        plan = plans.look(self.number, tactic if tactic in AHEAD else "indirect_ridge") if ahead else None
        if plan is not None:
            cells, rank = plans.todo(plan, self.args.clockwise)
            if len(cells) and technique != "burnout":
                self._work(cells, rank, False, self._means(ahead=True))
            elif not len(cells) and (self._torch() or technique == "burnout"):
                self._burn_out(plans.path(plan), means)
            if not len(cells) and tactic == "point_protection":
                tactic = "anchor_flank_pinch"  # the village is shielded: now the fire
        if technique == "burnout":
            if not self.spent:
                self.why = self.why or "no strip to burn out before a finished line"
        elif self.metres > 0.0:
            edge = self.fire.edge.cells(self.fire.changes)
            self._work(edge, scores(tactic, self.fire, self.number, edge, self.args.clockwise), True,
                       self._means() if plan is not None else means)

    def _torch(self) -> bool:
        """Return whether the crew has what burning out takes."""
        return any(tool.burns_out for tool in tools_of(self.args.tool))

    def _work(self, cells: Cells, rank: Floats, touch: bool, means: Means) -> None:
        """Build line on cells for as long as the metres last."""
        fire, grid, front = self.fire, self.fire.grid, self.fire.front
        room = len(cells) + 2 + int(ROOM_PER_CELL * self.metres / grid.cell_m)  # line may be built ahead of the edge
        held, widths, figures = np.zeros(room, np.int64), np.zeros(room), np.zeros(lw.FIGURES)
        n = lw.work(
            cells, rank, touch, self.number, self.x, self.y, self.metres, self.args.clockwise,
            grid.cell_m * PERIMETER_PER_CELL, grid.x0_m + front.col0 * grid.cell_m,
            grid.y0_m - front.row0 * grid.cell_m, look_at(front, fire.time_s, grid.cell_m), means, front.progress,
            held, widths, LINE, figures)
        if n:
            hold(fire, held[:n], widths[:n])
        self.x, self.y = float(figures[lw.CREW_X]), float(figures[lw.CREW_Y])
        self.built += float(figures[lw.BUILT])
        self.spent += float(figures[lw.SPENT])
        self.walked += float(figures[lw.WALKED])
        self.metres = float(figures[lw.LOST])
        self.held += n
        if self.water_l is not None:
            self.water_l = float(means.water[lw.LITRES])
        fire.line_m += float(figures[lw.BUILT])
        self.why = why_waiting(figures, means.flame_factor) if figures[lw.STATE] == lw.WAITING else ""

    def _burn_out(self, path: Cells, means: Means) -> None:
        """Light the strip before a path for as long as the metres last."""
        fire = self.fire
        if not strip(fire, self.number, path):
            return
        limit = float(means.tools[:, T_FLAME].max()) * means.flame_factor
        found = burn_out(fire, self.number, path, self.x, self.y, self.metres, limit, lw.WALK_PER_LINE)
        self.x, self.y, self.metres = float(found["x"]), float(found["y"]), float(found["lost_m"])
        self.built += float(found["built_m"])
        self.spent += float(found["spent_m"])
        self.walked += float(found["walked_m"])
        fire.attack.burned_out_m += float(found["built_m"])
        self.why = "wind or flames do not let the strip be burned out" if found["waiting"] else ""

    def _result(self) -> ActionResult:
        done = not len(self.fire.open_edge(self.number))
        return ActionResult(True, reason="" if done else self.why, figures={
            "x": self.x, "y": self.y, "built_m": self.built, "held_cells": self.held, "spent_m": self.spent,
            "walked_m": self.walked, "lost_m": self.metres, "waiting": bool(self.why) and not done, "done": done,
            **({} if self.water_l is None else {"water_l": (self.args.water_l or 0.0) - self.water_l}), **self.told})


def hold(fire: ForestFire, cells: Cells, widths: Floats) -> None:
    """Close window cells as line of these widths (m), built now."""
    front = fire.front
    front.progress[cells] = 0.0
    rows, cols = front.row_col(cells)
    grid_cells = (rows * fire.grid.nx + cols).tolist()
    front.close(cells, LINE)
    for cell, width in zip(grid_cells, widths.tolist(), strict=True):
        fire.line_at[cell] = fire.time_s
        fire.line_width_m[cell] = width
        fire.wet_until.pop(cell, None)
    fire.changed()
    fire.attack.mop_up.wake()


def why_waiting(figures: Floats, flame_factor: float) -> str:
    """Return in words why a crew found nothing to work on; the factor is the night's on the flame of tools."""
    why = int(figures[WHY])
    if why == TOO_HOT:
        flame, limit = float(figures[FLAME]), float(figures[LIMIT])
        able = tools_for(flame / flame_factor) if flame_factor else []
        night = " by night" if flame_factor < 1.0 else ""
        return (f"crew with no tool for the flame: {flame:.1f} m at the quietest open edge, its own reach "
                f"{limit:.1f} m{night}; " + (f"{', '.join(able)} could" if able else "no tool on the ground could"))
    if why == UNSAFE:
        return "no safe way out from any open edge whose flames it could face"
    return "none of its tools can be used where the edge is open" if why == NO_TOOL else ""


ACTS = {"build_line": build_line}
