"""What figures, report and replay say of a run beyond its KPIs: teams, villages, line built, deliveries."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viz.folder import RunFolder
from viz.household_moves import SAFE_KINDS, HouseholdMoves
from viz.words import Words

TEAM, TRUCK, BUS, AIRCRAFT = 1, 2, 3, 4
ID = re.compile(r"[a-z][a-z0-9]*-[a-z0-9]")
"""How an id begins that stands where no name was given."""
KEY_KINDS = (
    "ignition",
    "incident",
    "release",
    "detected",
    "alarm",
    "command",
    "order",
    "turnout",
    "on_scene",
    "work",
    "rest",
    "withdraw",
    "return",
    "back",
    "warning_order",
    "shelter_open",
    "shelter_full",
    "air_order",
    "air_takeoff",
    "drop",
    "air_dusk",
    "air_return",
    "loaded",
    "delivery",
    "road_closed",
    "road_opened",
    "contained",
    "line_lost",
    "barrier_breached",
    "spot_fire",
    "reignition",
    "mopped_up",
    "crew_withdraws",
    "crew_entrapped",
    "crew_burned",
    "injured",
    "dead",
)
"""Kinds few enough to be told one by one; households' own events are told in sums."""


@dataclass
class TeamFacts:
    """A team's day in seconds since the start; None for what did not happen."""

    id: str
    name: str
    name_zh: str
    row: int
    ordered_s: float | None = None
    rolling_s: float | None = None
    on_scene_s: float | None = None
    line_m: float = 0.0
    work: list[tuple[float, float, float]] = field(default_factory=list)
    """(t, x, y) of each spell of work."""

    def since(self, t_s: float | None) -> float | None:
        """Return minutes from ``t_s`` to being on scene."""
        return None if t_s is None or self.on_scene_s is None else (self.on_scene_s - t_s) / 60.0


@dataclass
class VillageFacts:
    """A village that was ordered out, or that people left: when, and how many got out."""

    id: str
    name: str
    name_zh: str
    residents: int
    ordered_s: float | None = None
    left: int = 0
    safe: int = 0
    stranded: int = 0
    first_left_s: float | None = None


class RunFacts:
    """Facts drawn from a run's events and tracks, each made once."""

    def __init__(self, folder: RunFolder, lang: str) -> None:
        self.folder = folder
        self.words = Words(lang)

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """Events told one by one, in order of time."""
        return _by_time(self.folder.events(KEY_KINDS))

    @cached_property
    def moves(self) -> HouseholdMoves:
        """Comings and goings of households, in order of time."""
        return HouseholdMoves.of(self.folder)

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        """Return the events of some kinds told one by one."""
        return [event for event in self.events if event["kind"] in kinds]

    def first(self, *kinds: str) -> float | None:
        """Return the time of the first event of some kinds; None where there is none."""
        found = self.of(*kinds)
        return found[0]["t_s"] if found else None

    @cached_property
    def alarm_s(self) -> float | None:
        """When the command post was told."""
        return self.first("alarm")

    @cached_property
    def onset_s(self) -> float:
        """When the hazard began; the start of the run where no event says so."""
        return self.first("ignition", "release") or 0.0

    def names(self, kind: str) -> dict[str, str]:
        """Return id -> name in the report's language for ``place``, ``shelter``, ``base`` or ``mover``."""
        t = self.folder.tracks
        english, chinese = t[f"{kind}_name"], t[f"{kind}_name_zh"]
        chosen = chinese if self.words.lang == "zh" else english
        return {str(key): _readable(str(name) or str(other) or str(key))
                for key, name, other in zip(t[f"{kind}_id"], chosen, english)}

    @cached_property
    def all_names(self) -> dict[str, str]:
        """Id -> name over places, bases, shelters and movers."""
        merged: dict[str, str] = {}
        for kind in ("place", "base", "shelter", "mover"):
            merged |= self.names(kind)
        return merged

    @cached_property
    def teams(self) -> list[TeamFacts]:
        """Every team of the run, first on scene first; those never ordered out come last."""
        t = self.folder.tracks
        teams = {str(t["mover_id"][i]): TeamFacts(str(t["mover_id"][i]), str(t["mover_name"][i]),
                                                  str(t["mover_name_zh"][i]), int(i))
                 for i in np.flatnonzero(t["mover_kind"] == TEAM)}
        for event in self.of("order", "turnout", "on_scene", "work"):
            team = teams.get(event["agent"])
            if team is None:
                continue
            when = event["t_s"]
            if event["kind"] == "order" and team.ordered_s is None:
                team.ordered_s = when
            elif event["kind"] == "turnout" and team.rolling_s is None:
                team.rolling_s = when
            elif event["kind"] == "on_scene" and team.on_scene_s is None:
                team.on_scene_s = when
            elif event["kind"] == "work":
                team.line_m += float(event["detail"].get("metres", 0.0))
                team.work.append((when, event["x"], event["y"]))
        late = float("inf")
        return sorted(teams.values(), key=lambda a: (late if a.on_scene_s is None else a.on_scene_s,
                                                     late if a.ordered_s is None else a.ordered_s, a.id))

    @cached_property
    def villages(self) -> list[VillageFacts]:
        """Villages ordered out or left by anybody, in the order of their orders."""
        t = self.folder.tracks
        kinds = t["place_kind"]
        rows = np.flatnonzero((kinds == "village") | (kinds == "unit"))
        facts = {str(t["place_id"][i]): VillageFacts(str(t["place_id"][i]), str(t["place_name"][i]),
                                                     str(t["place_name_zh"][i]), int(t["place_residents"][i]))
                 for i in rows}
        for event in self.of("warning_order"):
            if event["place"] in facts and facts[event["place"]].ordered_s is None:
                facts[event["place"]].ordered_s = event["t_s"]
        ids, moves = [str(key) for key in t["place_id"]], self.moves
        home = moves.home_place(self._near_village)
        last = len(ids)
        sums = {}
        for name, which in (("left", ("departed",)), ("safe", SAFE_KINDS), ("stranded", ("stranded",))):
            # Those stranded are told person by person, with their village.
            at = np.where(home >= 0, home, moves.place) if name == "stranded" else home
            of = moves.of_kinds(*which) & (at >= 0)
            sums[name] = np.bincount(at[of], moves.persons[of], minlength=last)
        out = np.flatnonzero(moves.of_kinds("departed") & (home >= 0))
        for row, key in enumerate(ids):
            if key in facts:
                facts[key].left, facts[key].safe = int(sums["left"][row]), int(sums["safe"][row])
                facts[key].stranded = int(sums["stranded"][row])
        for place, k in zip(*np.unique(home[out], return_index=True)):
            if ids[place] in facts:
                facts[ids[place]].first_left_s = float(moves.t_s[out[k]])
        touched = [v for v in facts.values() if v.ordered_s is not None or v.left]
        return sorted(touched, key=lambda v: (float("inf") if v.ordered_s is None else v.ordered_s, v.id))

    @cached_property
    def _near_village(self) -> NDArray[np.int64]:
        """Place row (n,) of the village nearest to each departure that names no place; -1 elsewhere."""
        t, moves = self.folder.tracks, self.moves
        villages = np.flatnonzero(t["place_kind"] == "village")
        near = np.full(len(moves.t_s), -1, np.int64)
        for i in np.flatnonzero(moves.of_kinds("departed") & (moves.place < 0) & np.isfinite(moves.x)):
            if len(villages):
                away = np.hypot(t["place_x"][villages] - moves.x[i], t["place_y"][villages] - moves.y[i])
                near[i] = villages[int(np.argmin(away))]
        return near

    def village_moves(self) -> list[tuple[str, NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]]:
        """Return ``departed`` and ``safe``, each with place rows, times in s and persons (n,) of who left a village."""
        moves = self.moves
        home = moves.home_place(self._near_village)
        rows = []
        for name, kinds in (("departed", ("departed",)), ("safe", SAFE_KINDS)):
            of = moves.of_kinds(*kinds) & (home >= 0)
            rows.append((name, home[of], moves.t_s[of], moves.persons[of]))
        again = moves.of_kinds("moved_on") & (home >= 0)
        rows.append(("safe", home[again], moves.t_s[again], -moves.persons[again]))
        return rows

    @cached_property
    def deliveries(self) -> list[tuple[float, str, str, int]]:
        """(t, shelter id, truck id, packs) of every delivery."""
        return [
            (e["t_s"], e["place"], e["agent"], int(e["detail"].get("packs", 0))) for e in self.of("delivery")
        ]

    @cached_property
    def line_layer(self) -> str | None:
        """Key of the raster that says when line was built on a cell; None where no hazard keeps one."""
        for row in self.folder.arrivals:
            if "line" in row["name"] and np.isfinite(self.folder.layer(row["key"])).any():
                return str(row["key"])
        return None

    @cached_property
    def line_built(self) -> list[NDArray[np.float64]]:
        """Line built as polylines, each (n, 3) of t, x, y: spells of one team's work that join up."""
        lines = []
        for team in self.teams:
            spell: list[tuple[float, float, float]] = []
            for point in team.work:
                if spell and np.hypot(point[1] - spell[-1][1], point[2] - spell[-1][2]) > JOIN_M:
                    lines.append(np.array(spell))
                    spell = []
                if np.isfinite(point[1]):
                    spell.append(point)
            if spell:
                lines.append(np.array(spell))
        return [line for line in lines if len(line) > 1]

    @cached_property
    def people_by_kind(self) -> dict[str, int]:
        """How many people each kind of household event touched."""
        return self.moves.sums()

    def target(self, kpi: str) -> float | None:
        """Return the target a KPI is held against; None where it has none."""
        for row in self.folder.kpis:
            if row["key"] == kpi and row.get("target") is not None:
                return float(row["target"])
        return None


JOIN_M = 600.0
"""Spells of work nearer to each other than this are drawn as one line."""


def _readable(name: str) -> str:
    """Return a name; an id that stands for one (``shelter-maotian-05``) as words (``Shelter Maotian 05``)."""
    if ID.match(name) is None:
        return name
    return " ".join(word[:1].upper() + word[1:] for word in name.replace("-", " ").split())


def _by_time(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return events by time; a few are written ahead (a shelter that will open) or after the fact."""
    return sorted(events, key=lambda event: float(event["t_s"]))
