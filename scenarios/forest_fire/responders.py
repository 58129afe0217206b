"""Crews where they are: they leave while they can, and what befalls them if they cannot.

A crew on the line is looked after at every look at the fire (once a minute). When the way out from where it is
runs short, or a front with flames beyond what it can face is near, it goes, cell by cell at walking speed, along
the latest way out. At flames it can face it steps back with the edge, or over it into what has burned. A crew that a
front with longer flames reaches where it is has been entrapped: its people take the heat of the flames as anyone
in the open (``heat.py``), each with draws of their own. Between two steps of work a crew rests in a refuge.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.crews import beside, flame_at, look_at
from scenarios.forest_fire.ellipse import flame_length
from scenarios.forest_fire.escape import Ways
from scenarios.forest_fire.heat import SKIN, death_probability, injury_probability
from scenarios.forest_fire.spread import Cells
from sim.hazard import HazardEvent
from sim.random import Stream

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire

HEARD_S = 120.0
"""A crew not heard of for so long after its step is no longer where it was."""
INJURY, DEATH = 0, 1


@dataclass
class Crew:
    """One crew on the line, as last heard of."""

    team: str
    draws: Stream
    x: float
    y: float
    people: int
    limit_m: float
    """Longest flame it can face."""
    until_s: float
    """It is on the line until then, unless it reports again."""
    looked_s: float
    going: bool = False
    """On its way out."""
    safe: bool = False
    """In a refuge after having had to go there."""
    entrapped: bool = False
    dose: NDArray[np.float32] = field(default_factory=lambda: np.zeros(1, np.float32))
    injured: int = 0
    dead: int = 0
    told: tuple[int, int] = (0, 0)
    """Injured and dead that the team has been told of."""

    @property
    def away(self) -> bool:
        """Whether it has had to leave its place, or could not, since its last step of work."""
        return self.going or self.safe or self.entrapped


class Responders:
    """All crews that have worked on a run's fires."""

    def __init__(self, fire: ForestFire) -> None:
        self._fire = fire
        self._settings = fire.settings.suppression.escape
        self._crews: dict[str, Crew] = {}
        self.withdrawals = 0
        self.entrapped = 0
        """People entrapped."""
        self._watching = False

    @property
    def injured(self) -> int:
        """People injured."""
        return sum(crew.injured for crew in self._crews.values())

    @property
    def dead(self) -> int:
        """People killed."""
        return sum(crew.dead for crew in self._crews.values())

    def on_line(self, team: str, x: float, y: float, people: float, limit_m: float, until_s: float) -> None:
        """Take note that a crew is at a point (m) and stays on the line until a time."""
        if not self._watching:
            self._watching = True
            self._fire.watch(self.look)
        known, now = self._crews.get(team), self._fire.time_s
        if known is None:
            draws = self._fire.streams.of(f"{self._fire.key}.responders.{team}")
            known = self._crews[team] = Crew(team, draws, x, y, 0, limit_m, until_s, now)
        known.x, known.y, known.limit_m, known.until_s = x, y, limit_m, until_s
        known.people = max(known.people, round(people) + known.injured + known.dead)
        known.looked_s = now
        known.going = known.safe = known.entrapped = False

    def since_last_step(self, team: str) -> tuple[Crew | None, dict[str, object]]:
        """Return a crew known from before, where it is by now, and what its team must be told of it."""
        crew = self._crews.get(team)
        if crew is None or (self._fire.time_s > crew.until_s + HEARD_S and not crew.away):
            return None, {}
        told: dict[str, object] = {}
        injured, dead = crew.injured - crew.told[0], crew.dead - crew.told[1]
        crew.told = crew.injured, crew.dead
        if injured or dead:
            told.update(injured=injured, dead=dead)
        return crew, told

    def returns(self, crew: Crew, until_s: float) -> None:
        """Let a crew that has got away look for work again; one still on its way stays looked after until a time."""
        crew.until_s = until_s
        if not crew.going and not crew.entrapped:
            crew.safe = False

    def look(self, t_s: float, fresh: Cells) -> None:
        """Look after every crew on the line, in order of their names."""
        for team in sorted(self._crews):
            crew = self._crews[team]
            if t_s <= crew.until_s or crew.going or crew.entrapped:
                self._look_after(crew, t_s)
            crew.looked_s = t_s

    def _look_after(self, crew: Crew, t_s: float) -> None:
        fire = self._fire
        front = fire.front
        row, col = fire.grid.row_col(crew.x, crew.y)
        cell = front.cell(int(row), int(col))
        if cell < 0:
            return
        if crew.entrapped or (front.done[cell] and not crew.safe and self._overtaken(cell, crew)):
            self._entrap(crew, cell, t_s)
            return
        if front.done[cell] or crew.safe:
            return
        ways = fire.attack.ways.now()
        at = ways.window.cell(int(row), int(col))
        if at < 0:
            return
        look = look_at(front, t_s, fire.grid.cell_m)
        # at an edge they can face the fire in the cell itself is what they work on; else they must be gone before
        facing = beside(cell, 0, look) and flame_at(cell, look) <= crew.limit_m
        short = bool((ways.leave[at] if facing else ways.latest[at]) < t_s + self._settings.margin)
        if short and not crew.going:
            self.withdrawals += 1
            self._tell(crew, "crew_withdraws", t_s, {"way_out": bool(ways.leave[at] >= t_s)})
        crew.going = crew.going or short
        if crew.going:
            self._go(crew, at, t_s)

    def _overtaken(self, cell: int, crew: Crew) -> bool:
        """Return whether the front has come over a crew since the last look, with flames beyond it."""
        front = self._fire.front
        flame = float(flame_length(np.float64(front.out[cell, 1])))
        return bool(front.arrival[cell] > crew.looked_s and flame > max(crew.limit_m, self._settings.passable_flame_m))

    def _go(self, crew: Crew, at: int, t_s: float) -> None:
        """Walk on along the way out for as long as since the last look."""
        ways, grid = self._fire.attack.ways.now(), self._fire.grid
        left = t_s - crew.looked_s
        while left > 0.0 and ways.onward[at] >= 0:
            to = int(ways.onward[at])
            x, y = (float(v) for v in grid.centre(*ways.window.row_col(to)))
            # pace of the whole step, from wherever in the cell they are
            whole = math.hypot(*(a - b for a, b in zip((x, y), grid.centre(*ways.window.row_col(at)), strict=True)))
            here = math.hypot(x - crew.x, y - crew.y)
            took = float(ways.step_s[at]) * here / whole
            if took > left:
                crew.x += (x - crew.x) * left / took
                crew.y += (y - crew.y) * left / took
                return
            left -= took
            crew.x, crew.y, at = x, y, to
        if ways.onward[at] < 0 and ways.leave[at] == math.inf and t_s <= ways.latest[at]:
            crew.safe, crew.going = True, False
            if ways.latest[at] < math.inf:
                self._drive_off(crew, ways)

    def _drive_off(self, crew: Crew, ways: Ways) -> None:
        """Put a crew that vehicles have fetched on the nearest road out of the fire's way, if the window has one."""
        grid = self._fire.grid
        road = ways.window.cut(self._fire.attack.roads.whole(), 0, 0, np.inf) == 0.0
        cells = np.flatnonzero(road & (ways.latest == math.inf))
        if len(cells):
            row, col = np.divmod(cells, ways.window.width)
            x, y = grid.centre(row + ways.window.row0, col + ways.window.col0)
            n = int(np.argmin(np.hypot(x - crew.x, y - crew.y)))
            crew.x, crew.y = float(x[n]), float(y[n])

    def _entrap(self, crew: Crew, cell: int, t_s: float) -> None:
        """Give a crew's people the heat of the flames since the last look."""
        fire = self._fire
        if not crew.entrapped:
            crew.entrapped = True
            self.entrapped += crew.people - crew.injured - crew.dead
            self._tell(crew, "crew_entrapped", t_s, {"people": crew.people - crew.injured - crew.dead})
        before = crew.injured, crew.dead
        outdoors = np.zeros(1, np.bool_)
        fire.exposure.receive(np.array([crew.x]), np.array([crew.y]), outdoors, outdoors, crew.looked_s, t_s, SKIN,
                              crew.dose, np.zeros(1, np.bool_))
        person = np.arange(crew.people)
        dead = crew.draws.uniforms(person, DEATH) < float(death_probability(crew.dose)[0])
        hurt = crew.draws.uniforms(person, INJURY) < float(injury_probability(crew.dose)[0])
        crew.dead, crew.injured = int(dead.sum()), int((hurt & ~dead).sum())
        if (crew.injured, crew.dead) != before:
            self._tell(crew, "crew_burned", t_s, {"injured": crew.injured, "dead": crew.dead})
        if fire.front.ends[cell] <= t_s:
            crew.safe, crew.entrapped = True, False

    def _tell(self, crew: Crew, kind: str, t_s: float, figures: dict[str, object]) -> None:
        self._fire.events.append(HazardEvent(t_s, kind, "", crew.x, crew.y,
                                             json.dumps({"team": crew.team, **figures})))

    def figures(self) -> dict[str, float]:
        """Return the KPIs."""
        return {"fire.withdrawals": float(self.withdrawals), "fire.responders_entrapped": float(self.entrapped),
                "fire.responders_injured": float(self.injured), "fire.responders_dead": float(self.dead)}
