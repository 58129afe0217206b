"""What a run leaves of its traffic: samples of flow and queue on every link, and what came of the evacuation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.drill import Drill
from agents.population.columns import State
from agents.population.left_behind import left_behind
from experiments.bottlenecks import Landmark, LinkUse, bottlenecks
from experiments.evacuation_facts import still_safe_s, zone_rows
from experiments.record import write_npz
from sim.clock import Rank
from sim.traffic.state import DRIVING, HELD, UNIT
from sim.traffic.traffic import Traffic
from sim.world.classes import RoadClass

SAMPLE_S = 900.0
"""Flow and queue are written down this often: the quarter of an hour that traffic engineers count in."""
MOST = 65_535
"""Largest number that a sample holds."""
NEVER = np.inf


class TrafficRecorder:
    """Takes a sample of the traffic every quarter of an hour. Make one before the drill runs, if it has traffic."""

    def __init__(self, drill: Drill, traffic: Traffic) -> None:
        self.drill = drill
        self.traffic = traffic
        self.t_s: list[float] = []
        self.flow: list[NDArray[np.uint16]] = []
        self.queue: list[NDArray[np.uint16]] = []
        self._before = np.zeros(traffic.network.links, np.int64)
        self._most = np.zeros(traffic.network.links, np.int32)
        self._capacity_vph = 3600 / traffic.links["headway_s"]
        """Of each link when its queue was longest: lanes and speeds change in a run."""
        drill.clock.every("traffic samples", SAMPLE_S, Rank.RECORD, self._due)

    @classmethod
    def of(cls, drill: Drill) -> TrafficRecorder | None:
        """Return a recorder for a drill; None where it has no traffic model."""
        traffic = drill.evacuation.traffic
        return None if traffic is None else cls(drill, traffic)

    def _due(self, t_s: float) -> float:
        if t_s > 0:
            self.sample(t_s)
        return t_s + SAMPLE_S

    def sample(self, t_s: float) -> None:
        """Write down what entered each link since the last sample, and what stands on it now."""
        entered = self.traffic.links["entered"].astype(np.int64)
        self.t_s.append(t_s)
        self.flow.append(np.minimum(entered - self._before, MOST).astype(np.uint16))
        queue = self.traffic.queues()
        self.queue.append(np.minimum(queue, MOST).astype(np.uint16))
        longer = queue > self._most
        self._most[longer] = queue[longer]
        self._capacity_vph[longer] = 3600 / self.traffic.links["headway_s"][longer]
        self._before = entered

    def close(self) -> None:
        """Take the last sample, at the end of the run, unless it is there."""
        if not self.t_s or self.t_s[-1] < self.drill.now:
            self.sample(self.drill.now)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of ``traffic.npz``: samples (k, links), totals (links,)."""
        self.close()
        traffic, network = self.traffic, self.traffic.network
        queue = np.stack(self.queue)
        most = queue.max(axis=0).astype(np.int32)
        if "max_queue" in (traffic.links.dtype.names or ()):
            most = np.maximum(most, traffic.links["max_queue"]).astype(np.int32)
        return {
            "t_s": np.array(self.t_s, np.float32), "flow": np.stack(self.flow), "queue": queue,
            "lost_vehh": (lost_s(traffic) / 3600).astype(np.float32),
            "entered": traffic.links["entered"].astype(np.int32), "max_queue": most,
            "capacity_vph": self._capacity_vph.astype(np.float32),
            "storage": (traffic.links["storage"] / UNIT).astype(np.float32),
            "length_m": network.length_m.astype(np.float32), "speed_mps": network.speed_mps.astype(np.float32),
        }


def lost_s(traffic: Traffic) -> NDArray[np.float64]:
    """Return the delay on each link (links,; s): of those that have left it, and so far of those still on it."""
    lost = traffic.links["lost_s"].astype(np.float64)
    on_road = traffic.vehicles[:traffic.count]
    here = on_road[np.isin(on_road["status"], (DRIVING, HELD)) & (on_road["link"] < traffic.network.links)]
    late = traffic.now - here["entry_s"] - traffic.links["free_s"][here["link"]]
    np.add.at(lost, here["link"], np.maximum(late, 0.0))
    return lost


def link_use(drill: Drill, arrays: dict[str, NDArray[Any]]) -> LinkUse:
    """Return the traffic on the drill's roads as bottlenecks are found in."""
    roads = drill.world.roads
    return LinkUse(
        tail=roads.links["tail"], head=roads.links["head"], road_class=roads.links["road_class"],
        fact=roads.links["fact"], node_x=roads.nodes["x"], node_y=roads.nodes["y"],
        lost_vehh=arrays["lost_vehh"].astype(np.float64), entered=arrays["entered"], max_queue=arrays["max_queue"],
        capacity_vph=arrays["capacity_vph"], t_s=arrays["t_s"], queue=arrays["queue"],
        storage=arrays["storage"])


def first_orders(drill: Drill) -> NDArray[np.float64]:
    """Return when each place (places,) was first ordered out, since its all-clear if it was again; inf for never.

    An order may since have been cancelled, or the all-clear been given: the clearance still counts from it.
    """
    return drill.evacuation.orders.counts_from_s


def evacuation_of(drill: Drill, recorder: TrafficRecorder | None) -> dict[str, Any]:
    """Return what ``evacuation.json`` holds: zones, bottlenecks, who was left behind, fates, labels."""
    columns, places = drill.residents.columns, drill.world.places
    units = places.of_kind("unit")
    number = {unit.id: i for i, unit in enumerate(units)}
    unit_of = np.array([number.get(place.town, -1) for place in places], np.int64)
    order_s = np.full(len(units), NEVER)
    in_unit = unit_of >= 0
    np.minimum.at(order_s, unit_of[in_unit], first_orders(drill)[in_unit])
    return {
        "zones": zone_rows(
            unit_of[columns["village"]], [unit.id for unit in units], order_s, ordered=columns["ordered"],
            warned_s=columns["warned_s"], depart_s=columns["depart_s"],
            safe_s=still_safe_s(columns["safe_s"], columns["state"] == State.DEAD), end_s=drill.now),
        "bottlenecks": _bottlenecks(drill, recorder),
        "left_behind": [{"zone": row.zone, "reason": row.reason.name.lower(), "persons": row.persons}
                        for row in left_behind(drill.evacuation)],
        "fates": _fates(drill), "labels": _labels(drill),
    }


def _bottlenecks(drill: Drill, recorder: TrafficRecorder | None) -> list[dict[str, Any]]:
    if recorder is None:
        return []
    # Synthetic villages have invented names: a town or a named site is told where one is near enough.
    marks = [Landmark(p.name, p.name_zh, p.x, p.y, known=p.grade != "synthetic") for p in drill.world.places]
    shelters = [shelter.node for shelter in drill.shelters.rows]
    return bottlenecks(link_use(drill, recorder.arrays()), marks, [k.name.lower() for k in RoadClass], shelters)


def _fates(drill: Drill) -> dict[str, int]:
    """Return what else happened to people and cars, counted."""
    evacuation, columns = drill.evacuation, drill.residents.columns
    gone = np.isfinite(columns["depart_s"])
    fates: dict[str, Any] = {
        "shadow": np.count_nonzero(gone & ~columns["ordered"]),
        "relatives": np.count_nonzero(columns["state"] == State.HOSTED),
        "by_bus": drill.fleet.carried, "lift": evacuation.departures.lifts,
        "turned_back": evacuation.journeys.turned_back, "learned_at_closure": evacuation.journeys.learned_at_closure,
        "learned_at_shelter": evacuation.arrivals.learned_at_shelter,
    }
    traffic = evacuation.traffic
    if traffic is not None:
        fates |= {"cars_turned_back": traffic.turned_back, "drove_on": traffic.drove_on, "held": traffic.held_up,
                  "cars_learned": traffic.learned, "squeezed": traffic.squeezed}
    return {key: int(n) for key, n in fates.items()}


def _labels(drill: Drill) -> dict[str, dict[str, str]]:
    """Return the assumptions that the figures rest on most, with their values in this run."""
    traffic, people = drill.evacuation.traffic, drill.evacuation.departures.people
    share = f"{people.informed_share:.0%}"
    labels = {"informed": {
        "en": f"{share} of households know present travel times, closures and full shelters; the others take their "
              "habitual way to the nearest shelter that was opened (assumption).",
        "zh": f"{share}的住户掌握实时路况、封路和避难场所满员信息，其余按习惯路线前往最近的已开放避难场所（假设）。",
    }}
    if traffic is not None:
        s = traffic.settings
        gap, spacing, drop = f"{s.time_gap_s:g}", f"{s.jam_spacing_m:g}", f"{s.capacity_drop:.0%}"
        labels["capacity"] = {
            "en": f"A lane's capacity follows from a time gap of {gap} s and {spacing} m a standing car; {drop} of it "
                  "is lost while a queue discharges (assumption).",
            "zh": f"车道通行能力按时距{gap}秒、停车间距{spacing}米推算；排队消散时损失{drop}（假设）。",
        }
    return labels


def write_traffic_files(drill: Drill, recorder: TrafficRecorder | None, folder: Path) -> None:
    """Write ``traffic.npz`` where anybody drove, and ``evacuation.json`` where anybody was ordered out."""
    if recorder is not None and recorder.traffic.links["entered"].any():
        write_npz(folder / "traffic.npz", recorder.arrays())
    told = evacuation_of(drill, recorder)
    if told["zones"]:
        text = json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False)
        (folder / "evacuation.json").write_text(text + "\n", "utf-8")
