"""The forest fire behind the Hazard protocol: fronts, weather and crews on one line of time."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire import crews
from scenarios.forest_fire.actions import ACTS
from scenarios.forest_fire.attack import Attack
from scenarios.forest_fire.barriers import Barriers
from scenarios.forest_fire.drops import Drops, aim
from scenarios.forest_fire.exposure import Exposure
from scenarios.forest_fire.fields import Fields
from scenarios.forest_fire.figures import figures_of
from scenarios.forest_fire.fires import Fires
from scenarios.forest_fire.fuels import FuelMap, grass_rows
from scenarios.forest_fire.houses import Houses
from scenarios.forest_fire.roads import RoadWatch
from scenarios.forest_fire.settings import ForestFireSettings, Ignition
from scenarios.forest_fire.signs import young_fire
from scenarios.forest_fire.sky import Sky
from scenarios.forest_fire.smoke import Smoke
from scenarios.forest_fire.spec import SPEC
from scenarios.forest_fire.spot_fires import SpotFires
from scenarios.forest_fire.spread import Cells, Front
from scenarios.forest_fire.terrain import ground_source, nearest_burnable
from scenarios.forest_fire.water import dead_load_kg_m2
from scenarios.forest_fire.weather import Conditions, draw_errors
from scenarios.forest_fire.wetting import Wetness
from sim.command import Command
from sim.hazard import ActionResult, Box, Forecast, Harm, HazardContext, HazardEvent, RoadState, Signs
from sim.settings.aircraft import Target
from sim.task import Task
from sim.water import Aim, FlyingWeather
from sim.world.projection import Projection

LAST_EMBER_S = 1.0
"""Seconds after the last ember's time at which containment is noted."""
MAX_FIRES = 250
"""Fires told apart; the cells' fire number is one byte."""
WATCH_S = 60.0
"""Watchers look at what has newly burned at every multiple of this; embers and breached lines are no quicker."""

Watcher = Callable[[float, Cells], None]
"""Told the time and the window cells the front has reached since it was last told, in order."""


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
        self.events: list[HazardEvent] = []
        """What happened since the engine last asked; parts of the fire append to it."""
        self.streams = context.streams
        self.grid = context.world.grid
        self.fuels = FuelMap(self.world, self.settings.fuels)
        self.sky = Sky(
            self.settings, draw_errors(self.settings, context.streams, self.key), self.fuels.table,
            start_hour=context.start_hour, month=context.month, duration_s=context.duration_s, cell_m=self.grid.cell_m,
        )
        plan = context.plan
        self.grass = grass_rows(self.fuels.table)
        """Which rows of the table of fuel models are grass."""
        self.barriers = Barriers(self, self.settings.barriers, plan.firebreaks if plan is not None else (),
                                 plan.id if plan is not None else "")
        self.ground_of = self.barriers.over(ground_source(self.world, self.settings.canopy, self.fuels))
        """The ground of a rectangle of the grid as the front meets it, with barriers and changed fuel."""
        self.front = Front(
            self.grid.ny, self.grid.nx,
            self.ground_of,
            self.sky.period(), self.settings.spread.holds_fire,
        )
        self.edge = crews.Edge(self.front)
        self.time_s = 0.0
        self.line_m = 0.0
        self.contained_s: float | None = None
        self.first_ignition_s: float | None = None
        self.fires = Fires(self.key, self.world, self.front, self.edge, self.settings.spread.holds_fire)
        self.line_at: dict[int, float] = {}
        self.line_width_m: dict[int, float] = {}
        """Width of line by grid cell, where who built it told one."""
        self.wet_until: dict[int, float] = {}
        """By grid cell, until when water keeps it wet whatever the weather."""
        self.wetness = Wetness(self)
        self.drops = Drops()
        self.visibility_m = self.settings.water.visibility_m
        self.dead_loads = dead_load_kg_m2(self.fuels.table)
        """Dead fuel (kg/m2) by row of the fuel table."""
        self.changes = 0
        """Raised whenever the weather changes or cells are closed or opened."""
        self.active = np.zeros(0, np.int64)
        self._seen = 0
        self._watchers: list[Watcher] = []
        self._watching = False
        self._watched = 0
        self.start_hour = context.start_hour
        self.smoke = Smoke(self)
        self.houses = Houses(self)
        self.layers: dict[str, Callable[[], NDArray[Any]]] = {
            "smoke_ug_m3": self.smoke.peak, "barrier": self.barriers.layer}
        """What gives the layers beside the front's own, by name."""
        self.exposure = Exposure(self)
        self._roads = RoadWatch(self.world, self.settings.effects, self.smoke)
        self.attack = Attack(self, context, self.settings.suppression)
        self.fires.begin = self.attack.begin
        self._queue: list[tuple[float, int, Callable[[], object]]] = []
        self._queued = 0
        self.spots = SpotFires(self, self.settings.spotting, WATCH_S)
        for part in (self.barriers, self.spots):
            if part.active:
                self.watch(part.look)
        for n, change in enumerate(self.sky.line[1:], 1):
            self.at(change.t_s, partial(self._next_weather, n))
        for n, ignition in enumerate(self.settings.ignitions):
            row, col = self._locate_ignition(n, ignition)
            self.at(ignition.at, partial(self.light, row, col, n + 1))
        self.advance(0.0)

    # -- time ---------------------------------------------------------------------------------------------

    def at(self, t_s: float, action: Callable[[], object]) -> None:
        """Do something at a time to come, after what is already to be done then."""
        heapq.heappush(self._queue, (t_s, self._queued, action))
        self._queued += 1

    def next_event_s(self) -> float:
        """Return when a cell next ignites or burns out, the weather changes, wet ground dries."""
        due = min(self.front.next_s(), self._queue[0][0] if self._queue else math.inf)
        if len(self.active):
            due = min(due, float(self.front.ends[self.window(self.active)].min()))
        elif len(self.fires) and self.contained_s is None and self.front.next_s() == math.inf:
            # nothing burns and nothing can: contained once the last ember at the edge is too old
            due = min(due, max(self.time_s, self.fires.cold_s()) + LAST_EMBER_S)
        return due

    def advance(self, until_s: float) -> None:
        """Bring fire, weather and wet ground to ``until_s``."""
        self._keep_watch()
        while self._queue and self._queue[0][0] <= until_s:
            t, _, action = heapq.heappop(self._queue)
            self.front.advance(t)
            self.time_s = max(self.time_s, t)
            action()
            self._keep_watch()
        self.front.advance(until_s)
        self.time_s = max(self.time_s, until_s)
        self.note_progress()

    def hour(self, t_s: float) -> float:
        """Return the local clock hour at a time, 0 to 24."""
        return (self.start_hour + t_s / 3600.0) % 24.0

    def watch(self, watcher: Watcher) -> None:
        """Have a watcher told every ``WATCH_S`` what has newly burned, for as long as anything burns or can."""
        self._watchers.append(watcher)

    def _keep_watch(self) -> None:
        """See to it that watchers look again at the next full step, whenever that is asked: pauses change nothing."""
        if self._watchers and not self._watching and self._alive():
            self._watching = True
            self.at(WATCH_S * (math.floor(self.time_s / WATCH_S) + 1.0), self._look)

    def _look(self) -> None:
        self._watching = False
        self.note_progress()  # what burns now, not what burned when somebody last asked
        fresh = self.front.burned[self._watched:]
        self._watched += len(fresh)
        for watcher in self._watchers:
            watcher(self.time_s, fresh)
        self.note_progress()

    def _alive(self) -> bool:
        """Return whether anything burns, can be reached, or has burned since the watchers last looked."""
        return (len(self.front.burned) > self._watched or self.front.next_s() < math.inf
                or bool((self.front.ends[self.window(self.active)] > self.time_s).any()))

    def note_progress(self) -> None:
        """Take over what has burned since the last call: burning cells, containment."""
        fresh = self.front.burned[self._seen:]
        self._seen = len(self.front.burned)
        row, col = self.front.row_col(fresh)
        active = np.concatenate([self.active, row * self.grid.nx + col])
        if len(active):
            active = active[self.front.ends[self.window(active)] > self.time_s]
        self.active = active
        if not len(self.fires):
            return
        if len(self.open_edge(0)):
            self.contained_s = None
        elif self.contained_s is None:
            self.contained_s = self.time_s

    def changed(self) -> None:
        """Take note that cells were closed or opened, or the weather changed."""
        self.changes += 1
        self.note_progress()

    def open_edge(self, number: int) -> Cells:
        """Return window cells that a fire (0: any) could still burn into."""
        return self.fires.open_edge(number, self.time_s, self.changes)

    def window(self, cells: Cells) -> Cells:
        """Return the window indices of flat grid cells."""
        nx = self.grid.nx
        return (cells // nx - self.front.row0) * self.front.width + cells % nx - self.front.col0

    def centres(self, window_cells: Cells) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x and y (m) of window cells."""
        return self.grid.centre(*self.front.row_col(window_cells))

    # -- weather and ignitions ----------------------------------------------------------------------------

    @property
    def conditions(self) -> Conditions:
        """The weather as it stands, the same over the whole county."""
        return self.sky.conditions

    def _next_weather(self, n: int) -> None:
        self.sky.change(n)
        self._take_weather()

    def set_weather(self, **values: float | None) -> None:
        """Set fields of the weather from now on."""
        self.sky.hold(self.time_s, **values)
        self._take_weather()

    def _take_weather(self) -> None:
        self.front.set_period(self.sky.period(), self.time_s)
        self.wetness.weathered()
        self.changes += 1

    def point(
        self, place: str | None, lon: float | None, lat: float | None, where: str
    ) -> tuple[float, float]:
        """Return x and y (m) of a place, or of lon and lat. Raises InputError for an unknown place."""
        if place is not None:
            found = self.world.places.get(place, where)
            return found.x, found.y
        assert lon is not None and lat is not None  # the settings give a place or both
        x, y = Projection(self.world.crs).to_xy(lon, lat)
        return float(x), float(y)

    def _locate_ignition(self, n: int, ignition: Ignition) -> tuple[int, int]:
        where = f"hazard {self.key!r}: ignitions[{n}]"
        x, y = self.point(ignition.place, ignition.lon, ignition.lat, where)
        if ignition.radius_m:
            stream = self.streams.of(f"{self.key}.ignition")
            away = ignition.radius_m * math.sqrt(stream.u01(n, 0))
            angle = 2.0 * math.pi * stream.u01(n, 1)
            x, y = x + away * math.sin(angle), y + away * math.cos(angle)
        return self.burnable(x, y, ignition.search_m, where)

    def burnable(self, x: float, y: float, search_m: float, where: str) -> tuple[int, int]:
        """Return row and column of the nearest cell that burns. Raises InputError where there is none."""
        row, col, moved = nearest_burnable(self.world, x, y, search_m, where, self.barriers.on(), self.fuels)
        if moved > 0.0:
            self.notes.append(f"{where}: moved {moved:.0f} m to the nearest cell that burns")
        return row, col

    def light(self, row: int, col: int, number: int = 0) -> bool:
        """Start a fire of its own at a cell now; return whether it could be lit. 0: a number after all others."""
        number = number or max(len(self.settings.ignitions), *self.fires.lit, 0) + 1
        if number > MAX_FIRES or not self.front.ignite(
                row, col, self.time_s, self.settings.spread.start_radius_cells, number):
            self.notes.append(f"an ignition at {self.time_s:.0f} s found its cell burned or closed")
            return False
        x, y = self.grid.centre(row, col)
        self.fires.lit[number] = (self.time_s, float(x), float(y))
        if self.first_ignition_s is None:
            self.first_ignition_s = self.time_s
        self.front.advance(self.time_s)
        return True

    # -- harm ---------------------------------------------------------------------------------------------

    def reach(self) -> Box | None:
        """Return the box around burning cells out to where their flames can harm."""
        return self.exposure.reach()

    def distance(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return metres to the edge of the nearest cell that burns or that the front enters; else inf."""
        return self.exposure.distance(x, y)

    def harm(
        self, rows: NDArray[np.intp], people: Mapping[str, NDArray[Any]], x: NDArray[np.float32],
        y: NDArray[np.float32], indoors: NDArray[np.bool_], t0_s: float, t1_s: float,
    ) -> Harm:
        """Add to the residents' columns what the fire did to them; see ``exposure.py``."""
        return self.exposure.harm(rows, people, x, y, indoors, t0_s, t1_s)

    def road_state(self) -> RoadState | None:
        """Return links closed by burning cells and slowed by smoke."""
        cells = self.active
        if len(cells):
            flame = crews.flame_length(self.front.out[self.window(cells), 1].astype(np.float64))
            cells = cells[flame >= self.settings.effects.road_close_flame_m]
        return self._roads.look(cells // self.grid.nx, cells % self.grid.nx)

    # -- actions ------------------------------------------------------------------------------------------

    def act(self, command: Command) -> ActionResult:
        """Carry out one of the declared actions at the time the fire stands at."""
        spec = next((spec for spec in SPEC.actions if spec.name == command.action), None)
        if spec is None:
            return ActionResult(False, f"a forest fire knows no action {command.action!r}")
        return ACTS[spec.name](self, spec.args.model_validate(dict(command.args)))

    # -- water --------------------------------------------------------------------------------------------

    def dead_load(self, cell: int) -> float:
        """Return the dead fuel (kg/m2) of a window cell; 0 where nothing burns."""
        kind = int(self.front.kind[cell])
        return float(self.dead_loads[kind]) if kind >= 0 else 0.0

    def aim(self, task: str, target: Target, x: float, y: float) -> Aim | None:
        """Return where the next bucket for a task should go, seen from a point; see ``drops.py``."""
        return aim(self, task, target, x, y)

    def flying_weather(self) -> FlyingWeather:
        """Return wind and visibility now."""
        return FlyingWeather(self.conditions.wind_mps, self.visibility_m)

    # -- what it tells ------------------------------------------------------------------------------------

    def incidents(self) -> Sequence[Task]:
        """Return one task a fire, metres of edge to hold and where to begin; once it is contained, one to mop up."""
        tasks = self.fires.tasks(self.time_s, self.changes, self.line_m)
        return [*tasks, *self.attack.mop_up.tasks({task.id: task for task in tasks})]

    def signs(self, task: Task) -> Signs | None:
        """Return how fast a fire grows where it was lit, and its smoke rises."""
        number = self.fires.number(task.id)
        if not number:
            return None
        _, x, y = self.fires.lit[number]
        row, col = (int(v) for v in self.grid.row_col(x, y))
        rise, growth = young_fire(self.front, row, col, self.grid.cell_m, self.conditions.wind_mps)
        return Signs(rise, growth, (x, y)) if growth > 0.0 else None

    def take_events(self) -> Sequence[HazardEvent]:
        """Return what happened since the last call: lines lost, spot fires and the like."""
        taken, self.events = self.events, []
        return taken

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
        return Fields(self.front, self.time_s, self.line_at, self.layers)

    def summary(self) -> Mapping[str, float | None]:
        """Return the KPIs of this run."""
        contained = None
        if self.contained_s is not None and self.first_ignition_s is not None:
            contained = (self.contained_s - self.first_ignition_s) / 3600.0
        figures = figures_of(
            self.front, self.world, self.settings, self.line_m, contained, self.barriers.partly_burned())
        middle = self.grid.centre(self.grid.ny // 2, self.grid.nx // 2)
        _, latitude = Projection(self.world.crs).to_lonlat(*middle)
        levels = [danger.level for danger in self.sky.danger(float(latitude))]
        figures |= {"fire.danger_level": float(levels[0]), "fire.danger_worst": float(max(levels))}
        return {**figures, **self.barriers.figures(), **self.spots.figures(),
                "fire.houses_lost": float(self.houses.lost.sum()),
                "fire.smoke_person_h": self.smoke.person_h, **self.drops.figures(self.first_ignition_s),
                **self.attack.figures()}

