"""A small made-up run folder, in the very format runs are written in, for tests of what reads run folders.

Everything in it is a closed formula of the cell, the household or the team: a fire that grows as an
ellipse, 300 households on a grid of streets, four teams, two trucks, five shelters.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.random import Streams
from sim.recorder import EventLog
from sim.world.classes import LandCover, RoadClass
from tests.runfolder_traffic import with_buses, write_traffic
from tests.runfolder_words import write_words

CELL_M = 60.0
NY, NX = 220, 300
X0_M, Y0_M = 400_000.0, 3_230_000.0
DURATION_S = 6 * 3600.0
STREET_M = 600.0
HOUSEHOLDS = 300
PEOPLE_PER_DOT = 3
FIRE_X, FIRE_Y = X0_M + 9_000.0, Y0_M - 7_600.0
HEAD_MPS = 0.22
ECCENTRICITY = 0.78
HEADING_RAD = 0.55
"""Direction the fire runs, anticlockwise from east."""
ALARM_S = 900.0
VILLAGES = (
    ("v-shangwan", "Shangwan", "上湾村", 12_000.0, -5_400.0, 420),
    ("v-huangni", "Huangni", "黄泥村", 10_200.0, -6_300.0, 310),
    ("v-qingshi", "Qingshi", "青石村", 13_800.0, -4_200.0, 515),
    ("v-xiaxi", "Xiaxi", "下溪村", 5_400.0, -9_600.0, 260),
)
SHELTERS = (
    ("s-school", "Shiqiao Middle School", "石桥中学", 3_000.0, -2_400.0, 260),
    ("s-hall", "Shiqiao Hall", "石桥会堂", 4_200.0, -3_600.0, 120),
    ("s-stadium", "Linkou Stadium", "林口体育场", 16_200.0, -1_800.0, 400),
    ("s-office", "Linkou Township Office", "林口乡政府", 15_000.0, -11_400.0, 150),
    ("s-temple", "Baiyun Primary School", "白云小学", 16_800.0, -7_800.0, 180),
)
TEAMS = (
    ("t-shiqiao", "Shiqiao militia squad", "石桥民兵排", 3_600.0, -3_000.0, 1500.0, 2400.0),
    ("t-linkou", "Linkou militia squad", "林口民兵排", 15_600.0, -2_400.0, 1800.0, 3000.0),
    ("t-county", "County emergency company", "县民兵应急连", 1_200.0, -12_000.0, 1200.0, 4200.0),
    ("t-part", "County part-time team", "县兼职救援队", 1_800.0, -11_400.0, 1500.0, 5400.0),
)
TRUCKS = (("k-1", "Relief truck 1", "物资车1", "s-school"), ("k-2", "Relief truck 2", "物资车2", "s-stadium"))
WAREHOUSE = ("w-shiqiao", "Shiqiao warehouse", "石桥救灾物资库", 2_400.0, -3_600.0)


@dataclass
class _Made:
    """What the parts of the folder share while it is being made."""

    events: list[tuple[float, str, str, str, float, float, dict[str, Any]]] = field(default_factory=list)
    departures: list[tuple[float, int]] = field(default_factory=list)
    warned: list[tuple[float, int]] = field(default_factory=list)
    sheltered: list[tuple[float, int, int]] = field(default_factory=list)
    stranded: list[tuple[float, int]] = field(default_factory=list)

    def add(
        self, t: float, kind: str, agent: str = "", place: str = "", at: tuple[float, float] | None = None,
        **detail: Any,
    ) -> None:
        x, y = at or (float("nan"), float("nan"))
        self.events.append((t, kind, agent, place, x, y, detail))


def arrival() -> NDArray[np.float32]:
    """Return when the fire reaches each cell in seconds, inf for never; shape (NY, NX)."""
    x = X0_M + (np.arange(NX) + 0.5) * CELL_M
    y = Y0_M - (np.arange(NY) + 0.5) * CELL_M
    dx, dy = x[None, :] - FIRE_X, y[:, None] - FIRE_Y
    distance = np.hypot(dx, dy)
    angle = np.arctan2(dy, dx) - HEADING_RAD
    speed = HEAD_MPS * (1 - ECCENTRICITY) / (1 - ECCENTRICITY * np.cos(angle))
    rough = 1.0 + 0.12 * np.sin(dx / 310.0) * np.cos(dy / 270.0)
    seconds = 300.0 + distance / speed * rough
    return np.where(seconds <= 0.8 * DURATION_S, seconds, np.inf).astype(np.float32)


def terrain() -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """Return heights in m and land cover codes; shape (NY, NX)."""
    v, u = np.mgrid[0:NY, 0:NX].astype(float)
    height = (180 + 110 * np.sin(u / 31) * np.cos(v / 27) + 60 * np.sin(u / 11 + v / 17)
              + 25 * np.cos(u / 5.0) * np.sin(v / 6.5) + 0.5 * u)
    cover = np.full((NY, NX), LandCover.CONIFER, np.uint8)
    cover[height < 200] = LandCover.BROADLEAF
    cover[height < 130] = LandCover.PADDY
    cover[height < 70] = LandCover.WATER
    cover[height > 300] = LandCover.SHRUB
    for _, _, _, x, y, _ in VILLAGES:
        row, col = int(-y / CELL_M), int(x / CELL_M)
        cover[row - 3:row + 4, col - 3:col + 4] = LandCover.BUILT
    return height.astype(np.int16), cover


def make_run_folder(path: Path, *, with_shelters: bool = True, with_traffic: bool = False) -> Path:
    """Write a run folder at ``path`` and return it.

    Without shelters the run has none, nor trucks; with traffic it has queues, buses and what came of the evacuation.
    """
    path.mkdir(parents=True)
    made = _Made()
    reached = arrival()
    tracks = _network()
    tracks |= _households(made, with_shelters)
    tracks |= _movers(made, with_shelters)
    tracks |= _places(with_shelters)
    tracks |= _occupancy(made, with_shelters)
    if with_traffic:
        tracks |= with_buses(tracks, X0_M, Y0_M)
        write_traffic(path, tracks, DURATION_S)
    np.savez_compressed(path / "tracks.npz", **tracks)
    height, cover = terrain()
    np.savez_compressed(path / "layers.npz", **{
        "grid": np.array([X0_M, Y0_M, CELL_M, NY, NX]), "elevation_m": height, "land_cover": cover,
        "inside": np.ones((NY, NX), np.uint8), "forest_fire.arrival_s": reached,
        "forest_fire.flame_m": np.where(np.isfinite(reached), 1.4, 0).astype(np.float32),
        "forest_fire.smoke_ug_m3": np.where(np.isfinite(reached), 160.0, 0).astype(np.float32),
    })
    _hazard_events(made)
    _write_events(made, path)
    _write_series(made, reached, path)
    write_words(
        path, with_shelters=with_shelters, duration_s=DURATION_S, households=HOUSEHOLDS, cells=NY * NX
    )
    return path


def _network() -> dict[str, NDArray[Any]]:
    nx, ny = int(NX * CELL_M / STREET_M) + 1, int(NY * CELL_M / STREET_M) + 1
    ids = np.arange(nx * ny).reshape(ny, nx)
    tails = np.concatenate([ids[:, :-1].ravel(), ids[:-1].ravel()])
    heads = np.concatenate([ids[:, 1:].ravel(), ids[1:].ravel()])
    tails, heads = np.concatenate([tails, heads]), np.concatenate([heads, tails])
    row = np.repeat(np.arange(ny), nx)
    col = np.tile(np.arange(nx), ny)
    klass = np.full(len(tails), RoadClass.VILLAGE, np.uint8)
    klass[(row[tails] == 4) & (row[heads] == 4)] = RoadClass.NATIONAL
    klass[(col[tails] == 15) & (col[heads] == 15)] = RoadClass.COUNTY
    klass[(row[tails] == 16) & (row[heads] == 16)] = RoadClass.PROVINCIAL
    return {
        "node_x": (X0_M + col * STREET_M).astype(np.float32),
        "node_y": (Y0_M - row * STREET_M).astype(np.float32),
        "link_tail": tails.astype(np.int32), "link_head": heads.astype(np.int32), "link_class": klass,
        "link_kind": np.zeros(len(tails), np.uint8),
    }


def _walk(start: tuple[int, int], end: tuple[int, int]) -> list[int]:
    """Return the nodes from (col, row) to (col, row): along the row, then along the column."""
    nx = int(NX * CELL_M / STREET_M) + 1
    (c0, r0), (c1, r1) = start, end
    steps = [(c, r0) for c in range(c0, c1, 1 if c1 > c0 else -1)]
    steps += [(c1, r) for r in range(r0, r1, 1 if r1 > r0 else -1)] + [end]
    return [r * nx + c for c, r in steps]


def _node(x: float, y: float) -> tuple[int, int]:
    return round(x / STREET_M), round(-y / STREET_M)


def _households(made: _Made, with_shelters: bool) -> dict[str, NDArray[Any]]:
    draws = Streams(7).of("households")
    start, nodes, times, people, ends, home_x, home_y = [0], [], [], [], [], [], []
    for h in range(HOUSEHOLDS):
        village = VILLAGES[h % 3]
        col, row = _node(village[3], village[4])
        col, row = col + int(draws.u01(h, 1) * 3) - 1, row + int(draws.u01(h, 2) * 3) - 1
        target = SHELTERS[(0, 2, 4)[int(draws.u01(h, 3) * 3)]]
        warned = ALARM_S + 600 + (h % 3) * 900 + 1500 * draws.u01(h, 4)
        depart = warned + 600 + 2400 * draws.u01(h, 5)
        speed = 4.0 + 5.0 * draws.u01(h, 6)
        path = _walk((col, row), _node(target[3], target[4]))
        stuck = h % 50 == 49 or not with_shelters
        if stuck:
            path = path[: max(2, len(path) // 2)]
        count = 1 + int(draws.u01(h, 7) * 5)
        arrive = depart + (len(path) - 1) * STREET_M / speed
        at = (X0_M + col * STREET_M, Y0_M - row * STREET_M)
        made.warned.append((warned, count))
        made.departures.append((depart, count))
        made.add(depart, "departed", f"H{h}", village[0], at, persons=count)
        if stuck:
            made.stranded.append((arrive, count))
            made.add(arrive, "stranded", f"H{h}", "", at, persons=count)
        else:
            made.sheltered.append((arrive, count, [s[0] for s in SHELTERS].index(target[0])))
            made.add(arrive, "sheltered", f"H{h}", target[0], at, persons=count)
        nodes += path
        times += [depart + i * STREET_M / speed for i in range(len(path))]
        start.append(len(nodes))
        people.append(count)
        ends.append(6 if stuck else 4)
        home_x.append(at[0] + 200 * (draws.u01(h, 8) - 0.5))
        home_y.append(at[1] + 200 * (draws.u01(h, 9) - 0.5))
    return {
        "leg_start": np.array(start, np.int32), "leg_node": np.array(nodes, np.int32),
        "leg_t": np.array(times, np.float32), "leg_people": np.array(people, np.uint8),
        "leg_id": np.arange(HOUSEHOLDS, dtype=np.int32), "leg_home_x": np.array(home_x, np.float32),
        "leg_home_y": np.array(home_y, np.float32), "leg_end": np.array(ends, np.uint8),
    }


def _movers(made: _Made, with_shelters: bool) -> dict[str, NDArray[Any]]:
    start, t, x, y, status = [0], [], [], [], []
    kinds, ids, names, names_zh = [], [], [], []

    def way(points: list[tuple[float, float, float, int]]) -> None:
        for when, px, py, what in points:
            t.append(when)
            x.append(X0_M + px)
            y.append(Y0_M + py)
            status.append(what)
        start.append(len(t))

    for i, (key, name, name_zh, px, py, turnout, drive) in enumerate(TEAMS):
        order = ALARM_S + 120 + 30 * i
        left, there = order + turnout, order + turnout + drive
        fx, fy = FIRE_X - X0_M - 900 + 500 * i, FIRE_Y - Y0_M - 700 + 150 * i
        rest, again = there + 6000, there + 7800
        back = DURATION_S - 1800
        way([(0, px, py, 0), (order, px, py, 1), (left, px, py, 2), (left + drive / 2, fx, py, 2),
             (there - 300, fx - 100, fy - 100, 3), (there, fx, fy, 4), (rest, fx + 1400, fy - 260, 5),
             (again, fx + 1400, fy - 260, 4), (back, fx + 2300, fy - 300, 6), (DURATION_S, px, py, 0)])
        at = (X0_M + fx, Y0_M + fy)
        made.add(order, "order", key, "forest_fire/front-1", at)
        made.add(left, "turnout", key, "", (X0_M + px, Y0_M + py))
        made.add(there, "on_scene", key, "forest_fire/front-1", at)
        for k in range(10):
            made.add(there + 600 * k, "work", key, "forest_fire/front-1",
                     (at[0] + 140 * k, at[1] - 26 * k), metres=140.0)
        made.add(rest, "rest", key, "", (at[0] + 1400, at[1] - 260))
        made.add(back, "return", key, "", (at[0] + 2300, at[1] - 300))
        kinds.append(1)
        ids.append(key)
        names.append(name)
        names_zh.append(name_zh)
    places = {s[0]: s for s in SHELTERS}
    for i, (key, name, name_zh, shelter) in enumerate(TRUCKS if with_shelters else ()):
        wx, wy = WAREHOUSE[3], WAREHOUSE[4]
        sx, sy = places[shelter][3], places[shelter][4]
        loaded = 7200.0 + 900 * i
        there = loaded + 1500 + 1200 * i
        way([(0, wx, wy, 0), (loaded - 1200, wx, wy, 4), (loaded, wx, wy, 2), (loaded + 700, sx, wy, 2),
             (there, sx, sy, 4), (there + 900, sx, sy, 6), (there + 3000, wx, wy, 0)])
        made.add(loaded, "loaded", key, WAREHOUSE[0], (X0_M + wx, Y0_M + wy), packs=200)
        made.add(there + 900, "delivery", key, shelter, (X0_M + sx, Y0_M + sy), packs=200)
        kinds.append(2)
        ids.append(key)
        names.append(name)
        names_zh.append(name_zh)
    return {
        "mover_start": np.array(start, np.int32), "mover_t": np.array(t, np.float32),
        "mover_x": np.array(x, np.float32), "mover_y": np.array(y, np.float32),
        "mover_status": np.array(status, np.uint8), "mover_kind": np.array(kinds, np.uint8),
        "mover_id": np.array(ids), "mover_name": np.array(names), "mover_name_zh": np.array(names_zh),
    }


def _places(with_shelters: bool) -> dict[str, NDArray[Any]]:
    rows = [("u-shiqiao", "Shiqiao", "石桥镇", "unit", 3_600.0, -3_000.0, 5200),
            ("u-linkou", "Linkou", "林口乡", "unit", 15_600.0, -2_400.0, 3100),
            ("site-park", "Yunding Forest Park", "云顶森林公园", "site", 9_000.0, -7_600.0, 0),
            ("g-south", "South gateway", "南出口", "gateway", 9_000.0, -13_000.0, 0)]
    rows += [(key, name, zh, "village", x, y, n) for key, name, zh, x, y, n in VILLAGES]
    bases = [(key, name, zh, "team", x, y) for key, name, zh, x, y, _, _ in TEAMS]
    bases += [(WAREHOUSE[0], WAREHOUSE[1], WAREHOUSE[2], "warehouse", WAREHOUSE[3], WAREHOUSE[4]),
              ("c-post", "Command post", "县应急指挥中心", "command", 1_500.0, -11_700.0)]
    return {
        "place_id": np.array([r[0] for r in rows]), "place_name": np.array([r[1] for r in rows]),
        "place_name_zh": np.array([r[2] for r in rows]), "place_kind": np.array([r[3] for r in rows]),
        "place_x": np.array([X0_M + r[4] for r in rows], np.float32),
        "place_y": np.array([Y0_M + r[5] for r in rows], np.float32),
        "place_residents": np.array([r[6] for r in rows], np.int32),
        "base_id": np.array([b[0] for b in bases]), "base_name": np.array([b[1] for b in bases]),
        "base_name_zh": np.array([b[2] for b in bases]), "base_kind": np.array([b[3] for b in bases]),
        "base_x": np.array([X0_M + b[4] for b in bases], np.float32),
        "base_y": np.array([Y0_M + b[5] for b in bases], np.float32),
    }


def _occupancy(made: _Made, with_shelters: bool) -> dict[str, NDArray[Any]]:
    shelters = SHELTERS if with_shelters else ()
    t = np.arange(0, DURATION_S + 1, 300.0)
    occupancy = np.zeros((len(t), len(shelters)), np.int32)
    for when, count, index in made.sheltered:
        occupancy[t >= when, index] += count
    for index, (key, _, _, x, y, capacity) in enumerate(shelters):
        at = (X0_M + x, Y0_M + y)
        if index in (0, 2, 4):
            made.add(ALARM_S + 900 + 60 * index, "shelter_open", "", key, at)
        full = np.flatnonzero(occupancy[:, index] >= capacity)
        if len(full):
            made.add(float(t[full[0]]), "shelter_full", "", key, at)
    return {
        "shelter_id": np.array([s[0] for s in shelters], "U16"),
        "shelter_name": np.array([s[1] for s in shelters], "U32"),
        "shelter_name_zh": np.array([s[2] for s in shelters], "U16"),
        "shelter_x": np.array([X0_M + s[3] for s in shelters], np.float32),
        "shelter_y": np.array([Y0_M + s[4] for s in shelters], np.float32),
        "shelter_capacity": np.array([s[5] for s in shelters], np.int32),
        "shelter_t": t.astype(np.float32), "shelter_occupancy": occupancy,
    }


def _hazard_events(made: _Made) -> None:
    fire = (FIRE_X, FIRE_Y)
    made.add(300.0, "ignition", "forest_fire", "site-park", fire)
    made.add(ALARM_S, "alarm", "forest_fire", "site-park", fire)
    for i, (key, _, _, x, y, _) in enumerate(VILLAGES[:3]):
        made.add(ALARM_S + 600 + 900 * i, "warning_order", "", key, (X0_M + x, Y0_M + y))
    made.add(9000.0, "injured", "P12", "v-huangni", (X0_M + 10_200, Y0_M - 6_300))
    made.add(0.82 * DURATION_S, "contained", "forest_fire", "", fire)


def _write_events(made: _Made, path: Path) -> None:
    log = EventLog()
    for t, kind, agent, place, x, y, detail in sorted(made.events, key=lambda e: (e[0], e[1], e[2], e[3])):
        log.add(t, kind, agent, place, x, y, json.dumps(detail, sort_keys=True) if detail else "")
    log.write(path / "events.parquet")


def _write_series(made: _Made, reached: NDArray[np.float32], path: Path) -> None:
    names = ["t_s", "warned", "preparing", "moving", "sheltered", "away", "stranded", "exposed", "injured",
             "dead", "teams_out", "forest_fire.burned_ha", "forest_fire.line_km"]
    with (path / "series.csv").open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(names)
        for t in np.arange(0, DURATION_S + 1, 60.0):
            warned = sum(n for w, n in made.warned if w <= t)
            left = sum(n for d, n in made.departures if d <= t)
            sheltered = sum(n for s, n, _ in made.sheltered if s <= t)
            stranded = sum(n for s, n in made.stranded if s <= t)
            out_now = sum(1 for e in made.events if e[1] == "turnout" and e[0] <= t) - sum(
                1 for e in made.events if e[1] == "return" and e[0] <= t)
            line = sum(e[6]["metres"] for e in made.events if e[1] == "work" and e[0] <= t)
            burned = float((reached <= t).sum()) * CELL_M**2 / 1e4
            rows.writerow([t, warned, warned - left, left - sheltered - stranded, sheltered, 0, stranded,
                           3 if t >= 9000 else 0, 1 if t >= 9000 else 0, 0, out_now, round(burned, 2), line / 1000.0])
