"""The forest fire behind the Hazard protocol: fronts, weather and crews on one line of time."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire import crews
from scenarios.forest_fire.fields import Fields
from scenarios.forest_fire.figures import figures_of
from scenarios.forest_fire.fires import Fires
from scenarios.forest_fire.heat import danger_distance, death_probability, doses, injury_probability
from scenarios.forest_fire.roads import RoadWatch
from scenarios.forest_fire.settings import ForestFireSettings, Ignition
from scenarios.forest_fire.spec import SPEC, BuildLineArgs, IgniteArgs, SetWindArgs, WetArgs
from scenarios.forest_fire.spread import LINE, WET, Cells, Front
from scenarios.forest_fire.terrain import ground_source, nearest_burnable
from scenarios.forest_fire.weather import Conditions, draw_errors, period_of, weather_line
from sim.command import Command
from sim.errors import InputError
from sim.hazard import ActionResult, Box, Forecast, Harm, HazardContext, RoadState
from sim.task import Task
from sim.world.projection import Projection

LAST_EMBER_S = 1.0
"""Seconds after the last ember's time at which containment is noted."""
MAX_FIRES = 250
"""Fires told apart; the cells' fire number is one byte."""


def build(context: HazardContext) -> ForestFire:
    """Return the forest fire of a run."""
    return ForestFire(context)


class ForestFire:
    """A forest fire; see the Hazard protocol for what each method promises."""

    spec = SPEC

    def __init__(self, context: HazardContext) -> None:
        self.key = context.key
        self.world = context.world
        self.settings: ForestFireSettings = context.settings
        self.notes: list[str] = []
        """What was moved or left out, for the run's footnotes."""
        self._streams = context.streams
        self._grid = context.world.grid
        self._errors = draw_errors(self.settings, context.streams, self.key)
        (_, self._conditions), *changes = weather_line(self.settings, self._errors)
        self.front = Front(
            self._grid.ny, self._grid.nx, ground_source(self.world, self.settings.canopy),
            self._period(self._conditions), self.settings.spread.holds_fire,
        )
        self.edge = crews.Edge(self.front)
        self.time_s = 0.0
        self.line_m = 0.0
        self.contained_s: float | None = None
        self.first_ignition_s: float | None = None
        self.fires = Fires(self.key, self.world, self.front, self.edge, self.settings.spread.holds_fire)
        self._line_at: dict[int, float] = {}
        self._wet_until: dict[int, float] = {}
        self._changed = 0
        """Raised whenever the weather changes or cells are closed or opened."""
        self._active = np.zeros(0, np.int64)
        self._seen = 0
        self._houses = context.streams.of(f"{self.key}.houses")
        self._roads = RoadWatch(self.world, self.settings.effects)
        self._queue: list[tuple[float, int, Callable[[], object]]] = []
        self._queued = 0
        for t, conditions in changes:
            self._at(t, partial(self._set_conditions, conditions))
        for n, ignition in enumerate(self.settings.ignitions):
            row, col = self._locate_ignition(n, ignition)
            self._at(ignition.at, partial(self._light, row, col))
        self.advance(0.0)

    # -- time ---------------------------------------------------------------------------------------------

    def _at(self, t_s: float, action: Callable[[], object]) -> None:
        heapq.heappush(self._queue, (t_s, self._queued, action))
        self._queued += 1

    def next_event_s(self) -> float:
        """Return when a cell next ignites or burns out, the weather changes, wet ground dries."""
        due = min(self.front.next_s(), self._queue[0][0] if self._queue else math.inf)
        if len(self._active):
            due = min(due, float(self.front.ends[self._window(self._active)].min()))
        elif len(self.fires) and self.contained_s is None and self.front.next_s() == math.inf:
            # nothing burns and nothing can: contained once the last ember at the edge is too old
            due = min(due, max(self.time_s, self.fires.cold_s()) + LAST_EMBER_S)
        return due

    def advance(self, until_s: float) -> None:
        """Bring fire, weather and wet ground to ``until_s``."""
        while self._queue and self._queue[0][0] <= until_s:
            t, _, action = heapq.heappop(self._queue)
            self.front.advance(t)
            self.time_s = max(self.time_s, t)
            action()
        self.front.advance(until_s)
        self.time_s = max(self.time_s, until_s)
        self._note_progress()

    def _note_progress(self) -> None:
        fresh = self.front.burned[self._seen:]
        self._seen = len(self.front.burned)
        row, col = self.front.row_col(fresh)
        active = np.concatenate([self._active, row * self._grid.nx + col])
        if len(active):
            active = active[self.front.ends[self._window(active)] > self.time_s]
        self._active = active
        if not len(self.fires):
            return
        if len(self._open_edge(0)):
            self.contained_s = None
        elif self.contained_s is None:
            self.contained_s = self.time_s

    def _open_edge(self, number: int) -> Cells:
        return self.fires.open_edge(number, self.time_s, self._changed)

    def _window(self, cells: Cells) -> Cells:
        """Return the window indices of flat grid cells."""
        nx = self._grid.nx
        return (cells // nx - self.front.row0) * self.front.width + cells % nx - self.front.col0

    def _centres(self, window_cells: Cells) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return self._grid.centre(*self.front.row_col(window_cells))

    # -- weather and ignitions ----------------------------------------------------------------------------

    def _period(self, conditions: Conditions) -> Any:
        return period_of(self.settings, conditions, self._errors, self._grid.cell_m)

    def _set_conditions(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self.front.set_period(self._period(conditions), self.time_s)
        self._changed += 1

    def _point(
        self, place: str | None, lon: float | None, lat: float | None, where: str
    ) -> tuple[float, float]:
        if place is not None:
            found = self.world.places.get(place, where)
            return found.x, found.y
        assert lon is not None and lat is not None  # the settings give a place or both
        x, y = Projection(self.world.crs).to_xy(lon, lat)
        return float(x), float(y)

    def _locate_ignition(self, n: int, ignition: Ignition) -> tuple[int, int]:
        where = f"hazard {self.key!r}: ignitions[{n}]"
        x, y = self._point(ignition.place, ignition.lon, ignition.lat, where)
        if ignition.radius_m:
            stream = self._streams.of(f"{self.key}.ignition")
            away = ignition.radius_m * math.sqrt(stream.u01(n, 0))
            angle = 2.0 * math.pi * stream.u01(n, 1)
            x, y = x + away * math.sin(angle), y + away * math.cos(angle)
        return self._burnable(x, y, ignition.search_m, where)

    def _burnable(self, x: float, y: float, search_m: float, where: str) -> tuple[int, int]:
        row, col, moved = nearest_burnable(self.world, x, y, search_m, where)
        if moved > 0.0:
            self.notes.append(f"{where}: moved {moved:.0f} m to the nearest cell that burns")
        return row, col

    def _light(self, row: int, col: int) -> bool:
        number = len(self.fires) + 1
        if number > MAX_FIRES or not self.front.ignite(
                row, col, self.time_s, self.settings.spread.start_radius_cells, number):
            self.notes.append(f"an ignition at {self.time_s:.0f} s found its cell burned or closed")
            return False
        x, y = self._grid.centre(row, col)
        self.fires.lit.append((self.time_s, float(x), float(y)))
        if self.first_ignition_s is None:
            self.first_ignition_s = self.time_s
        self.front.advance(self.time_s)
        return True

    # -- harm ---------------------------------------------------------------------------------------------

    def _danger_m(self) -> float:
        """Return how far from burning cells anyone can be harmed: flames now and just ahead of them."""
        if not len(self._active):
            return 0.0
        cells = self._window(self._active)
        longest = float(crews.flame_length(np.float64(self.front.out[cells, 1].max())))
        ahead = self.edge.cells(self._changed)
        if len(ahead):
            flames = crews.flames_along(self.front, ahead, self.time_s, self._grid.cell_m)
            longest = max(longest, float(flames.max()))
        return danger_distance(longest)

    def reach(self) -> Box | None:
        """Return the box around burning cells out to where their flames can harm."""
        if not len(self._active):
            return None
        x, y = self._centres(self._window(self._active))
        far = self._danger_m() + 1.5 * self._grid.cell_m
        return Box(float(x.min()) - far, float(y.min()) - far, float(x.max()) + far, float(y.max()) + far)

    def distance(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return metres to the edge of the nearest cell that burns or that the front enters; else inf."""
        cells = np.concatenate([self._window(self._active), self._open_edge(0)])
        if not len(cells):
            return np.full(len(x), np.inf, np.float32)
        from scipy.spatial import cKDTree

        tree = cKDTree(np.stack(self._centres(cells), 1))
        away, _ = tree.query(np.stack([np.asarray(x, float), np.asarray(y, float)], 1))
        return np.maximum(away - 0.5 * self._grid.cell_m, 0.0).astype(np.float32)

    def harm(
        self, rows: NDArray[np.intp], people: Mapping[str, NDArray[Any]], x: NDArray[np.float32],
        y: NDArray[np.float32], indoors: NDArray[np.bool_], t0_s: float, t1_s: float,
    ) -> Harm:
        """Add to ``fire_dose`` what flames did to these residents; see ``heat.py`` for the model."""
        grid, front = self._grid, self.front
        dose = people["fire_dose"][rows]
        exposed = np.zeros(len(rows), np.bool_)
        if front.height and len(rows):
            row, col = grid.row_col(x, y)
            cx, cy = grid.centre(row, col)
            household = people["household"][rows] if "household" in people else rows
            safe_house = self._houses.uniforms(household) >= self.settings.effects.house_burns
            reach = max(1, math.ceil(self._danger_m() / grid.cell_m))
            doses(
                row - front.row0, col - front.col0, np.asarray(x, float) - cx, np.asarray(y, float) - cy,
                np.asarray(indoors, np.bool_), safe_house, float(t0_s), float(t1_s), reach,
                grid.cell_m, front.width, front.height, front.arrival,
                front.done, front.out, front.step, front.metric, front.stamp, front.period_number,
                front.ground, front.kind, front.period.beds, dose, exposed,
            )
            people["fire_dose"][rows] = dose
        return Harm(exposed, injury_probability(dose), death_probability(dose))

    def road_state(self) -> RoadState | None:
        """Return links closed by burning cells and slowed by smoke."""
        cells = self._active
        if len(cells):
            flame = crews.flame_length(self.front.out[self._window(cells), 1].astype(np.float64))
            cells = cells[flame >= self.settings.effects.road_close_flame_m]
        return self._roads.look(cells // self._grid.nx, cells % self._grid.nx)

    # -- actions ------------------------------------------------------------------------------------------

    def act(self, command: Command) -> ActionResult:
        """Carry out ignite, set_wind, build_line or wet at the time the fire stands at."""
        spec = next((spec for spec in SPEC.actions if spec.name == command.action), None)
        if spec is None:
            return ActionResult(False, f"a forest fire knows no action {command.action!r}")
        args = spec.args.model_validate(dict(command.args))
        if isinstance(args, IgniteArgs):
            return self._act_ignite(args)
        if isinstance(args, SetWindArgs):
            return self._act_wind(args)
        if isinstance(args, BuildLineArgs):
            return self._act_line(args)
        assert isinstance(args, WetArgs)
        return self._act_wet(args)

    def _act_ignite(self, args: IgniteArgs) -> ActionResult:
        where = f"hazard {self.key!r}: action 'ignite'"
        try:
            x, y = self._point(args.place, args.lon, args.lat, where)
            row, col = self._burnable(x, y, args.search_m, where)
        except InputError as error:
            return ActionResult(False, str(error))
        if not self._light(row, col):
            return ActionResult(False, "the cell has burned or is closed to the fire")
        self._note_progress()
        return ActionResult(True, figures={"x": self.fires.lit[-1][1], "y": self.fires.lit[-1][2]})

    def _act_wind(self, args: SetWindArgs) -> ActionResult:
        now = self._conditions
        self._set_conditions(replace(now, wind_mps=args.wind_mps, wind_from_deg=args.wind_from_deg))
        return ActionResult(True)

    def _act_wet(self, args: WetArgs) -> ActionResult:
        grid, front = self._grid, self.front
        if not front.height:
            return ActionResult(False, "nothing burns yet")
        row, col = (int(v) for v in grid.row_col(args.x, args.y))
        half = math.ceil(args.radius_m / grid.cell_m)
        r, c = (v.ravel() for v in np.mgrid[row - half:row + half + 1, col - half:col + half + 1])
        inside = (np.hypot(r - row, c - col) * grid.cell_m <= max(args.radius_m, 0.5 * grid.cell_m))
        inside &= (r >= 0) & (r < grid.ny) & (c >= 0) & (c < grid.nx)
        for extreme in ((r[inside].min(), c[inside].min()), (r[inside].max(), c[inside].max())):
            front.cover(int(extreme[0]), int(extreme[1]))
        flat = r[inside] * grid.nx + c[inside]
        cells = front.close(self._window(flat), WET)
        self._changed += 1
        rows, cols = front.row_col(cells)
        wet = rows * grid.nx + cols
        until = self.time_s + 60.0 * args.minutes
        for cell in wet.tolist():
            self._wet_until[cell] = max(self._wet_until.get(cell, 0.0), until)
        self._at(until, partial(self._dry, wet))
        return ActionResult(True, figures={"cells": len(cells), "area_ha": len(cells) * grid.cell_m**2 / 1e4})

    def _dry(self, wet: Cells) -> None:
        dry = [cell for cell in wet.tolist() if self._wet_until.get(cell, math.inf) <= self.time_s]
        for cell in dry:
            del self._wet_until[cell]
        self.front.open(self._window(np.array(dry, np.int64)), self.time_s)
        self._changed += 1

    def _act_line(self, args: BuildLineArgs) -> ActionResult:
        front, grid = self.front, self._grid
        number = self.fires.number(args.fire)
        if number is None or not front.height:
            why = f"no such fire: {args.fire!r}" if front.height else "nothing burns yet"
            return ActionResult(False, why)
        edge = self.edge.cells(self._changed)
        held = np.zeros(len(edge) + int(args.metres / grid.cell_m) + 2, np.int64)
        figures = np.zeros(6)
        n = crews.work(
            edge, number, self.time_s, args.x, args.y, args.metres, args.max_flame_m, args.clockwise,
            grid.cell_m * crews.PERIMETER_PER_CELL, grid.x0_m + front.col0 * grid.cell_m,
            grid.y0_m - front.row0 * grid.cell_m, grid.cell_m, front.width, front.arrival, front.done,
            front.closed, front.ends, front.out, front.step, front.fire, front.metric, front.stamp,
            front.period_number, front.ground, front.kind, front.period.beds, front.progress, held, figures,
        )
        if n:
            cells = front.close(held[:n], LINE)
            rows, cols = front.row_col(cells)
            for cell in (rows * grid.nx + cols).tolist():
                self._line_at[cell] = self.time_s
                self._wet_until.pop(cell, None)
            self._changed += 1
            self._note_progress()
        self.line_m += float(figures[crews.BUILT])
        done = not len(self._open_edge(number))
        return ActionResult(True, figures={
            "x": float(figures[crews.CREW_X]), "y": float(figures[crews.CREW_Y]),
            "built_m": float(figures[crews.BUILT]), "held_cells": n,
            "walked_m": float(figures[crews.WALKED]), "lost_m": float(figures[crews.LOST]),
            "waiting": bool(figures[crews.STATE] == crews.WAITING), "done": done,
        })

    # -- what it tells ------------------------------------------------------------------------------------

    def incidents(self) -> Sequence[Task]:
        """Return one task a fire: metres of edge to hold, and where it is safest to begin."""
        return self.fires.tasks(self.time_s, self._changed, self.line_m)

    def forecast(self, issued_s: float) -> Forecast | None:
        """Return where the front would be by the horizon if nobody fought it and the weather stayed."""
        if not len(self.fires):
            return None
        horizon = self.settings.forecast_horizon
        ahead = self.front.copy()
        ahead.advance(issued_s + horizon)
        arrival = ahead.arrival.copy()
        arrival[arrival > issued_s + horizon] = np.inf
        return Forecast(issued_s, ahead.paste(arrival, np.inf, "float32"), horizon,
                        "present front run on in the present weather, no further line or water")

    def fields(self) -> Mapping[str, NDArray[Any]]:
        """Return the declared layers, each made when it is asked for."""
        return Fields(self.front, self.time_s, self._line_at)

    def summary(self) -> Mapping[str, float | None]:
        """Return the KPIs of this run."""
        contained = None
        if self.contained_s is not None and self.first_ignition_s is not None:
            contained = (self.contained_s - self.first_ignition_s) / 3600.0
        return figures_of(self.front, self.world, self.settings, self.line_m, contained)

