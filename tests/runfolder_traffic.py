"""The traffic of the made-up run folder: flows and queues of its own households, two buses, what came of it all.

Cars pass each link one headway apart, so that queues, times lost and bottlenecks follow from the journeys in
the tracks by one rule; capacities are far below any real road's, for 300 households to jam on.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.population.columns import State
from experiments.bottlenecks import Landmark, LinkUse, bottlenecks
from experiments.evacuation_facts import zone_rows
from sim.world.classes import RoadClass

BIN_S = 900.0
JAM_SPACING_M = 7.5
CAPACITY_VPH = {RoadClass.NATIONAL: 150.0, RoadClass.PROVINCIAL: 100.0, RoadClass.COUNTY: 80.0, RoadClass.VILLAGE: 60.0}
"""Made up, a tenth of a real road's and less."""
ZONES = ("u-linkou", "u-shiqiao")
ZONE_OF_VILLAGE = (0, 1, 0)
"""Zone of the households of each of the three villages ordered out."""
VILLAGE_ORDER_S = (1500.0, 2400.0, 3300.0)
RESIDENTS = (420, 310, 515)
REASON_OF = {State.NORMAL: "never_warned", State.PREPARING: "preparing", State.STAYING: "refused",
             State.STRANDED: "no_way_out", State.AWAY: "absent_day_place"}
BUSES = (("bus-1", "Bus 1", "1号大巴"), ("bus-2", "Bus 2", "2号大巴"))
BUS = 3
FATES = {"turned_back": 14, "held": 3, "stranded": 1234, "sheltered_at_origin": 0, "learned_at_closure": 22}
LABELS = {
    "informed_share": {"en": "40 % of households know present travel times (assumption).",
                       "zh": "40%的住户掌握实时路况(假设)。"},
    "made_up": {"en": "Capacities of this folder are made up.", "zh": "本文件夹的通行能力为虚构。"},
}


def link_passages(tracks: dict[str, NDArray[Any]]) -> list[NDArray[np.float64]]:
    """Return the sorted times at which households enter each directed link."""
    of = {(int(a), int(b)): i for i, (a, b) in enumerate(zip(tracks["link_tail"], tracks["link_head"]))}
    times: list[list[float]] = [[] for _ in of]
    for a, b in zip(tracks["leg_start"][:-1], tracks["leg_start"][1:]):
        nodes, when = tracks["leg_node"][a:b].tolist(), tracks["leg_t"][a:b].tolist()
        for tail, head, t in zip(nodes[:-1], nodes[1:], when[:-1]):
            times[of[tail, head]].append(t)
    return [np.sort(np.array(row, float)) for row in times]


def traffic(tracks: dict[str, NDArray[Any]], duration_s: float) -> dict[str, NDArray[Any]]:
    """Return the arrays of ``traffic.npz``."""
    t = np.arange(BIN_S, duration_s + 1, BIN_S)
    passages = link_passages(tracks)
    capacity = np.array([CAPACITY_VPH[RoadClass(int(k))] for k in tracks["link_class"]])
    length = np.hypot(*(np.diff(tracks[f"node_{w}"][np.stack([tracks["link_tail"], tracks["link_head"]])], axis=0)[0]
                        for w in "xy"))
    flow, queue = np.zeros((len(t), len(passages)), np.uint16), np.zeros((len(t), len(passages)), np.uint16)
    lost, most = np.zeros(len(passages), np.float32), np.zeros(len(passages), np.int32)
    for link, into in enumerate(passages):
        out, headway = np.array(into), 3600.0 / capacity[link]
        for i in range(1, len(into)):
            out[i] = max(into[i], out[i - 1] + headway)
        flow[:, link] = np.diff(np.searchsorted(into, t, side="right"), prepend=0)
        queue[:, link] = np.searchsorted(into, t, side="right") - np.searchsorted(out, t, side="right")
        lost[link] = (out - into).sum() / 3600
        standing = np.searchsorted(into, into, side="right") - np.searchsorted(out, into)
        most[link] = max(int(standing.max(initial=0)), int(queue[:, link].max(initial=0)))
    return {"t_s": t.astype(np.float32), "flow": flow, "queue": queue, "lost_vehh": lost,
            "entered": np.array([len(row) for row in passages], np.int32), "max_queue": most,
            "capacity_vph": capacity.astype(np.float32), "storage": (length / JAM_SPACING_M).astype(np.float32),
            "length_m": length.astype(np.float32), "speed_mps": np.full(len(passages), 9.0, np.float32)}


def evacuation(tracks: dict[str, NDArray[Any]], flows: dict[str, NDArray[Any]], duration_s: float) -> dict[str, Any]:
    """Return what ``evacuation.json`` holds."""
    zone, depart, safe, state, warned = _people(tracks)
    order = np.array([min(t for t, z in zip(VILLAGE_ORDER_S, ZONE_OF_VILLAGE) if z == k) for k in range(len(ZONES))])
    ordered = np.ones(len(zone), bool)
    use = LinkUse(
        tail=tracks["link_tail"], head=tracks["link_head"], road_class=tracks["link_class"],
        fact=np.zeros(len(tracks["link_tail"]), int), node_x=tracks["node_x"], node_y=tracks["node_y"],
        lost_vehh=flows["lost_vehh"], entered=flows["entered"], max_queue=flows["max_queue"],
        capacity_vph=flows["capacity_vph"], t_s=flows["t_s"], queue=flows["queue"],
        storage=flows["storage"])
    named = (tracks[f"place_{key}"].tolist() for key in ("name", "name_zh", "x", "y"))
    places = [Landmark(*row) for row in zip(*named)]
    stranded = int(np.count_nonzero(state == State.STRANDED))
    return {
        "zones": zone_rows(zone, ZONES, order, ordered=ordered, warned_s=warned, depart_s=depart, safe_s=safe,
                           end_s=duration_s),
        "bottlenecks": bottlenecks(use, places, [k.name.lower() for k in RoadClass]),
        "left_behind": _left_behind(zone, state), "fates": FATES | {"stranded": stranded}, "labels": LABELS,
    }


def _left_behind(zone: NDArray[Any], state: NDArray[Any]) -> list[dict[str, Any]]:
    rows = [{"zone": ZONES[z], "reason": reason, "persons": int(((zone == z) & (state == of)).sum())}
            for z in range(len(ZONES)) for of, reason in REASON_OF.items()]
    return [row for row in rows if row["persons"]]


def _people(tracks: dict[str, NDArray[Any]]) -> tuple[NDArray[Any], ...]:
    """Return zone, depart_s, safe_s, state, warned_s of every resident of the villages: the traced, then the rest."""
    rows: list[tuple[int, float, float, int, float]] = []
    out = [0, 0, 0]
    for h, (a, b) in enumerate(zip(tracks["leg_start"][:-1], tracks["leg_start"][1:])):
        arrived = int(tracks["leg_end"][h]) == State.SHELTERED
        first, last = float(tracks["leg_t"][a]), float(tracks["leg_t"][b - 1])
        one = (ZONE_OF_VILLAGE[h % 3], first, last if arrived else np.inf,
               int(State.SHELTERED if arrived else State.STRANDED), first - 600.0)
        rows += [one] * int(tracks["leg_people"][h])
        out[h % 3] += int(tracks["leg_people"][h])
    rest = (State.STAYING, State.STAYING, State.NORMAL, State.PREPARING, State.AWAY)
    for village, (residents, left) in enumerate(zip(RESIDENTS, out)):
        for i in range(residents - left):
            state = rest[i % len(rest)]
            warned = np.inf if state == State.NORMAL else VILLAGE_ORDER_S[village] + 600
            rows.append((ZONE_OF_VILLAGE[village], np.inf, np.inf, int(state), warned))
    return tuple(np.array(column) for column in zip(*rows))


def with_buses(tracks: dict[str, NDArray[Any]], x0_m: float, y0_m: float) -> dict[str, NDArray[Any]]:
    """Return the movers' arrays with two buses added that drive from Linkou to a village and back, twice."""
    t, x, y, status, start = [], [], [], [], [int(tracks["mover_start"][-1])]
    for i in range(len(BUSES)):
        t.append(0.0)
        x.append(x0_m + 15_600)
        y.append(y0_m - 2_400)
        status.append(0)
        at = 4500.0 + 600 * i
        for trip in range(2):
            for when, px, py, what in ((0, 15_600, -2_400, 2), (900, 13_800, -4_200, 4), (1800, 13_800, -4_200, 2),
                                       (2700, 16_200, -1_800, 4), (3300, 15_600, -2_400, 0)):
                t.append(at + 3600 * trip + when)
                x.append(x0_m + px)
                y.append(y0_m + py)
                status.append(what)
        start.append(start[0] + len(t))
    grown = {
        "mover_start": np.concatenate([tracks["mover_start"], np.array(start[1:], np.int32)]),
        "mover_kind": np.concatenate([tracks["mover_kind"], np.full(len(BUSES), BUS, np.uint8)]),
    }
    for key, values, kind in (("t", t, np.float32), ("x", x, np.float32), ("y", y, np.float32),
                              ("status", status, np.uint8)):
        grown[f"mover_{key}"] = np.concatenate([tracks[f"mover_{key}"], np.array(values, kind)])
    for k, key in enumerate(("id", "name", "name_zh")):
        grown[f"mover_{key}"] = np.concatenate([tracks[f"mover_{key}"], np.array([bus[k] for bus in BUSES])])
    return grown


def write_traffic(path: Path, tracks: dict[str, NDArray[Any]], duration_s: float) -> None:
    """Write ``traffic.npz`` and ``evacuation.json`` into a made-up run folder."""
    flows = traffic(tracks, duration_s)
    np.savez_compressed(path / "traffic.npz", **flows)
    (path / "evacuation.json").write_text(
        json.dumps(evacuation(tracks, flows, duration_s), ensure_ascii=False, indent=1), encoding="utf-8")
