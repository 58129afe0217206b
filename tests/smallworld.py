"""Small drills: a straight road with travel times in closed form, and a small county built from facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from agents.drill import Drill
from experiments.assemble import assemble
from sim.settings.county import County
from sim.settings.root import RunSettings
from sim.world.build import build_world
from sim.world.classes import LandCover, RoadClass
from sim.world.grid import Grid
from sim.world.world import (
    FERRY_COLUMNS,
    HOUSEHOLD_COLUMNS,
    LAYERS,
    LINK_COLUMNS,
    NODE_COLUMNS,
    PERSON_COLUMNS,
    Place,
    Places,
    Roads,
    World,
)
from tests import tinyconf

TOY = Path(__file__).parent / "toy"
TOY_HAZARDS = TOY / "hazards"
SPEED_MPS = 10.0
"""Free-flow speed of every link of a straight road (m/s)."""
CAR_FACTOR, WHEEL_MPS, WALK_MPS, ELDERLY = 0.8, 5.0, 1.25, 0.5
"""Speeds of the small drills: car share of free flow, two-wheeler, walking, share the old keep of it."""
SMALL_COUNTY: dict[str, Any] = yaml.safe_load(tinyconf.COUNTY) | {"cell_m": 100.0}


@dataclass(frozen=True)
class Home:
    """A household of a straight road: where it lives, who is in it and what it drives."""

    node: int
    ages: tuple[int, ...] = (40,)
    cars: int = 0
    wheels: int = 0
    id: int | None = None
    day_node: int | None = None
    """Where its last member is by day (8 h to 18 h)."""


def straight(
    at_m: Sequence[float],
    homes: Sequence[Home],
    *,
    gateways: Sequence[int] = (),
    spurs: Sequence[tuple[int, int]] = (),
) -> World:
    """A World of nodes along a line at ``at_m`` (m), each the seat of a unit ``u0``, a village ``v0``

    Neighbours on the line are joined both ways by a stated road (so ``close_road a=u0 b=u1`` works), and
    ``spurs`` join further pairs of nodes by roads three times as long as the line between them.
    """
    xs = np.array(at_m, float)
    nodes = {"x": xs, "y": np.full(len(xs), 5000.0)}
    pairs = [(i, i + 1, 1.0) for i in range(len(xs) - 1)] + [(a, b, 3.0) for a, b in spurs]
    n = 2 * len(pairs)
    links = {name: np.zeros(n, dtype) for name, (dtype, *_) in LINK_COLUMNS.items()}
    for k, (a, b, longer) in enumerate(pairs):
        for link, (tail, head) in ((2 * k, (a, b)), (2 * k + 1, (b, a))):
            links["tail"][link], links["head"][link] = tail, head
            links["length_m"][link] = abs(xs[a] - xs[b]) * longer
            links["reverse"][link] = link ^ 1
            links["fact"][link] = k
    links["speed_mps"][:] = SPEED_MPS
    links["lanes"][:] = 1
    links["road_class"][:] = RoadClass.COUNTY
    out_link = np.argsort(links["tail"], kind="stable").astype(np.int32)
    in_link = np.argsort(links["head"], kind="stable").astype(np.int32)
    count = np.arange(len(xs) + 1)
    grid = Grid(min(xs) - 1000.0, 10_000.0, 100.0, 100, int((max(xs) - min(xs) + 2000) // 100) + 1)
    midway = [
        int(np.ravel_multi_index(grid.row_col((xs[a] + xs[b]) / 2, 5000.0), grid.shape)) for a, b, _ in pairs
    ]
    roads = Roads(
        {name: nodes[name].astype(dtype) for name, (dtype, *_) in NODE_COLUMNS.items()},
        links,
        {name: np.zeros(0, dtype) for name, (dtype, *_) in FERRY_COLUMNS.items()},
        np.searchsorted(links["tail"][out_link], count).astype(np.int32),
        out_link,
        np.searchsorted(links["head"][in_link], count).astype(np.int32),
        in_link,
        np.arange(n + 1, dtype=np.int32),
        np.repeat(midway, 2).astype(np.int32),
    )
    layers: dict[str, Any] = {name: np.zeros(grid.shape, dtype) for name, (dtype, *_) in LAYERS.items()}
    layers["land_cover"][:] = LandCover.GRASS
    layers["fuel"][:] = 101
    layers["inside"][:] = True
    return World(
        "tiny",
        "0" * 24,
        "EPSG:32649",
        grid,
        layers,
        _places(xs, homes, gateways),
        roads,
        *_people(xs, homes, len(xs) + len(gateways)),
    )


def _places(xs: np.ndarray, homes: Sequence[Home], gateways: Sequence[int]) -> Places:
    rows: list[Place] = []

    def add(id: str, kind: str, node: int, residents: int) -> None:
        rows.append(
            Place(
                len(rows),
                id,
                id.upper(),
                f"{id}处",
                kind,
                kind,
                f"u{node}",
                float(xs[node]),
                5000.0,
                113.0,
                29.0,
                node,
                residents,
                "synthetic",
            )
        )

    living = [sum(len(h.ages) for h in homes if h.node == i) for i in range(len(xs))]
    for i in range(len(xs)):
        add(f"u{i}", "unit", i, living[i])
    for i in gateways:
        add(f"g{i}", "gateway", i, 0)
    for i in range(len(xs)):
        add(f"v{i}", "village", i, living[i])
    return Places(rows)


def _people(
    xs: np.ndarray, homes: Sequence[Home], villages_from: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    size = [len(h.ages) for h in homes]
    first = np.concatenate([[0], np.cumsum(size)]).astype(int)
    households = {name: np.zeros(len(homes), dtype) for name, (dtype, *_) in HOUSEHOLD_COLUMNS.items()}
    persons = {name: np.zeros(first[-1], dtype) for name, (dtype, *_) in PERSON_COLUMNS.items()}
    persons["person_id"][:] = np.arange(first[-1])
    persons["leave_s"][:] = persons["return_s"][:] = -1
    for i, home in enumerate(homes):
        rows = slice(first[i], first[i + 1])
        households["household_id"][i] = i if home.id is None else home.id
        households["first"][i], households["size"][i] = first[i], size[i]
        households["cars"][i], households["two_wheelers"][i] = home.cars, home.wheels
        persons["household"][rows], persons["age"][rows] = i, home.ages
        persons["village"][rows] = villages_from + home.node
        for where in ("home", "day"):
            persons[f"{where}_x"][rows], persons[f"{where}_y"][rows] = xs[home.node], 5000.0
            persons[f"{where}_node"][rows] = home.node
        if home.day_node is not None:
            last = first[i + 1] - 1
            persons["day_x"][last], persons["day_node"][last] = xs[home.day_node], home.day_node
            persons["leave_s"][last], persons["return_s"][last] = 8 * 3600, 18 * 3600
    return persons, households


TEAM_TYPES: dict[str, Any] = {
    "squad": {
        "name": "Squad",
        "name_zh": "小队",
        "capabilities": ["fire_line"],
        "rates": {"fire_line": 6.0},
        "turnout": {
            "day": {"median": "10min"},
            "night": {"median": "40min"},
            "busy_months": [6],
            "busy_factor": 2.0,
        },
        "road_speed_factor": 0.5,
        "max_speed_kmh": 54.0,
        "off_road_speed_kmh": 3.6,
        "work_before_rest": "30min",
        "rest": "15min",
        "present": 0.5,
    },
}
BEHAVIOUR: dict[str, Any] = {
    "preparation": {"median": "10min"},
    "compliance": 1.0,
    "walking_speed_mps": WALK_MPS,
    "two_wheeler_speed_kmh": WHEEL_MPS * 3.6,
    "car_speed_factor": CAR_FACTOR,
    "indoor_share_day": 0.6,
    "indoor_share_night": 0.95,
    "notice_distance_m": 300,
}
PEOPLE: dict[str, Any] = {
    "informed_share": 1.0,
    "to_shelter": 1.0,
    "come_home_share": 0.0,
    "lift_patience": "0s",
    "paces": [
        {"from_age": 0, "factor": ELDERLY},
        {"from_age": 7, "factor": 1.0},
        {"from_age": 65, "factor": ELDERLY},
    ],
    "hiking_slope_effect": False,
}
"""People of the small drills: all make for shelters, know the roads, wait for nobody and ask nobody for a lift."""


def settings(
    *,
    plan: dict[str, Any] | None = None,
    behaviour: dict[str, Any] | None = None,
    people: dict[str, Any] | None = None,
    transfer: dict[str, Any] | None = None,
    traffic: dict[str, Any] | None = None,
    seeing: dict[str, Any] | None = None,
    hazards: Sequence[Any] = (),
    commands: Sequence[Any] = (),
    start: str = "2026-04-04T03:00+08:00",
    duration: str = "6h",
    tick: str = "60s",
    seed: int = 1,
    replication: int = 0,
    command_place: str = "u0",
    team_types: dict[str, Any] | None = None,
) -> RunSettings:
    """Settings of a small drill: all are warned at once and leave ten minutes later, unless told otherwise."""
    return RunSettings.model_validate(
        {
            "seed": seed,
            "replication": replication,
            "county": SMALL_COUNTY,
            "plan": {
                "id": "small",
                "title": "Small",
                "title_zh": "小",
                "county": "tiny",
                "command": {"place": command_place, "decision": {"median": "5min"}},
                "warning": {"delay": {"median": "0s"}, "reach": 1.0},
                **(plan or {}),
            },
            "scenario": {
                "id": "small",
                "title": "Small",
                "title_zh": "小",
                "start": start,
                "duration": duration,
                "tick": tick,
                "hazards": list(hazards),
                "commands": list(commands),
                "reporting": {"detection": {"median": "5min"}, "report": {"median": "5min"}},
                "behaviour": {**BEHAVIOUR, **(behaviour or {})},
                "people": {**PEOPLE, **(people or {})},
                "transfer": transfer or {},
                "traffic": traffic or {},
                "seeing": seeing or {},
            },
            "team_types": team_types or TEAM_TYPES,
            "targets": {"id": "none", "title": "", "title_zh": ""},
        }
    )


def water(place: str, **values: Any) -> dict[str, Any]:
    """The toy hazard at a place; ``values`` are settings of it."""
    return {"hazard": "rising_water", "settings": {"place": place, **values}}


def shelter(id: str, place: str, capacity: int, **values: Any) -> dict[str, Any]:
    """A shelter that opens at once when called for."""
    return {"id": id, "place": place, "capacity": capacity, "opening": {"median": "0s"}, **values}


def order(at: str, zone: str) -> dict[str, Any]:
    """A command that orders a zone out."""
    return {"at": at, "action": "order_evacuation", "args": {"zone": zone}}


def drill(world: World, record: bool = True, **values: Any) -> Drill:
    """A drill on a World; ``values`` go to :func:`settings`."""
    return assemble(settings(**values), hazard_paths=(TOY_HAZARDS,), world=world, record=record)


def advance(run: Drill, until_s: float) -> None:
    """Step a drill to a time, and past what is due at it (the clock stops short of that)."""
    while run.now < until_s:
        run.step()


def events_of(run: Drill, kind: str) -> list[dict[str, Any]]:
    """Return the events of a kind, in order."""
    columns = run.events.columns()
    rows = np.flatnonzero(columns["kind"] == kind)
    return [{name: columns[name][i] for name in columns} for i in rows]


@cache
def small_world() -> World:
    """The small county: two units, eight villages, a site, a gateway, 3,000 residents on cells of 100 m."""
    return build_world(County.model_validate(SMALL_COUNTY))


SMALL_PLAN: dict[str, Any] = {
    "warning": {"delay": {"median": "15min", "sigma": 0.5}},
    "command": {
        "place": "east",
        "decision": {"median": "5min", "sigma": 0.3},
        "review": "10min",
        "teams_per_task": 2,
    },
    "teams": [
        {"id": "east-squad", "type": "squad", "place": "east", "crew": 30},
        {"id": "west-squad", "type": "squad", "place": "west", "crew": 20},
    ],
    "shelters": [
        shelter("hall", "west", 300),
        shelter("school", "east-v02", 500),
        shelter("barn", "west-v03", 400),
    ],
    "warehouses": [
        {
            "id": "depot",
            "place": "east",
            "area_m2": 800,
            "stock_packs": 1500,
            "trucks": 2,
            "truck_load_packs": 200,
            "loading": {"median": "20min", "sigma": 0.2},
            "truck_turnout": {"median": "15min", "sigma": 0.2},
        }
    ],
}


def small_drill(record: bool = True, **values: Any) -> Drill:
    """Water rises at East's seat in the small county, at night; everything is in play."""
    given = {
        "plan": SMALL_PLAN,
        "command_place": "east",
        "hazards": [water("east", speed_mps=0.3, most_m=2500)],
        "behaviour": {"preparation": {"median": "15min", "sigma": 0.5}, "compliance": 0.9},
        "duration": "8h",
    }
    return drill(small_world(), record, **{**given, **values})
