"""A stress test of traffic: 190,000 vehicles leave a made-up county, to 60 shelters and to 4; and UXsim beside it.

No forecast: everybody drives, each to the shelter that is nearest by present travel times, found again every 300 s.
190,000 vehicles are 570,000 people at three in a vehicle. The network is :mod:`experiments.benchmark._country`'s.
UXsim (where installed) runs the Paradise case with single vehicles for two minutes of its own CPU; ours runs the
same case as far.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import numba
import numpy as np

from experiments.benchmark import Bar, _uxsim
from experiments.benchmark._country import Country, made_up_county
from experiments.console import say
from sim.settings.traffic import TrafficSettings
from sim.traffic.network import TrafficNetwork
from sim.traffic.traffic import Traffic
from sim.world.routing import reverse_tree

VEHICLES = 190_000
SIGMA_S = 3600.0
SHELTERS_FREE, SHELTERS_JAMMED = 60, 4
SEED = 1
H_S = 3600.0
GIVEN_UP_S = 7 * 24 * H_S
FREE_BAR_S, JAMMED_BAR_S, UXSIM_BAR = 4.0, 15.0, 20.0
LINKS_BAR = 40_000
COMPILE_VEHICLES = 200
UXSIM_VEHICLES = 6000
"""Vehicles of the Paradise case, the first to leave, that UXsim is given: more than it gets to, since each takes it
set-up time and some 0.4 MB."""


def measure(data: Path | None = None) -> dict[str, Any]:
    """Measure the stress test and the comparison; CPU seconds of one thread, kernels compiled before."""
    numba.set_num_threads(1)
    country = made_up_county(SEED)
    start = time.process_time()
    evacuate(country, SHELTERS_FREE, COMPILE_VEHICLES)
    figures: dict[str, Any] = {"vehicles": VEHICLES, "nodes": len(country.x_m), "links": len(country.tail),
                               "link_km": float(country.length_m.sum()) / 1000.0,
                               "compile_cpu_s": time.process_time() - start}
    for name, shelters in (("free", SHELTERS_FREE), ("jammed", SHELTERS_JAMMED)):
        say(f"{VEHICLES:,} vehicles to {shelters} shelters")
        figures |= {f"{key}_{name}" if key != "cpu_s" else f"cpu_{name}_s": value
                    for key, value in evacuate(country, shelters, VEHICLES).items()}
    bars = [Bar("links", ">=", LINKS_BAR), Bar("cpu_free_s", "<=", FREE_BAR_S), Bar("cpu_jammed_s", "<=", JAMMED_BAR_S),
            Bar("arrived_free", "==", VEHICLES), Bar("arrived_jammed", "==", VEHICLES),
            Bar("uxsim_cpu_ratio", ">=", UXSIM_BAR)]
    notes = [
        "A stress test, not a forecast: a made-up county, everybody by car, nobody waits for an order.",
        f"{SHELTERS_JAMMED} shelters are the centres of the largest towns. Departures are Rayleigh with sigma "
        f"{SIGMA_S:g} s; traffic's parameters are the defaults of the model.",
        "CPU seconds are process time on one thread, from arrays in memory to the last arrival; the kernels are "
        "compiled before (compile_cpu_s).",
    ]
    against_uxsim(data, figures, notes)
    return {"figures": figures, "bars": bars, "notes": notes}


def evacuate(country: Country, shelters: int, vehicles: int) -> dict[str, float | int]:
    """Return what came of an evacuation to the first ``shelters`` towns, with its CPU seconds."""
    settings = TrafficSettings()
    origin, depart_s = country.departures(vehicles, SIGMA_S, SEED)
    start = time.process_time()
    network = TrafficNetwork.from_arrays(
        country.tail, country.head, country.length_m, country.speed_mps, country.lanes, country.x_m, country.y_m,
        reverse=country.reverse, settings=settings)
    traffic = Traffic(network, classes=1)
    targets = country.centres[:shelters]
    target = np.zeros(network.nodes, np.bool_)
    target[targets] = True
    time_s, next_link = np.empty(network.nodes), np.empty(network.nodes, np.int32)
    nearest = np.empty(network.nodes, np.int32)
    traffic.depart(depart_s, origin, np.zeros(vehicles, np.int16))
    done, refreshes, free_s = 0, 0, network.free_s()
    shown = free_s
    while done < vehicles and traffic.now < GIVEN_UP_S:
        reverse_tree(network.in_start, network.in_link, network.tail, shown, targets, np.zeros(shelters), time_s,
                     next_link, nearest)
        traffic.set_routes(0, next_link, target)
        refreshes += 1
        done += len(traffic.advance(refreshes * settings.refresh))
        shown = traffic.observe()
    cpu_s = time.process_time() - start
    arrived_s = np.asarray(traffic.arrived_s)
    here = ~np.isnan(arrived_s)
    return {
        "cpu_s": cpu_s, "arrived": traffic.arrived, "stranded": traffic.stranded,
        "total_travel_time_vehh": traffic.total_travel_time_s / H_S,
        "last_arrival_h": float(arrived_s[here].max()) / H_S, "half_arrived_h": float(np.median(arrived_s[here])) / H_S,
        "refreshes": refreshes, "squeezed": traffic.squeezed,
    }


def against_uxsim(data: Path | None, figures: dict[str, Any], notes: list[str]) -> None:
    """Add the comparison with UXsim on the Paradise case; where it cannot be made, say why in the notes."""
    from experiments.validate import data_folder, shared_data
    from experiments.validate._case import compile_kernels, read_case, timed
    from experiments.validate.paradise import FOLDER, REFERENCE

    if not _uxsim.installed():
        notes.append("UXsim is not installed: uxsim_cpu_ratio was not measured; to have it: "
                     "pip install 'sandtable[peers]'.")
        return
    if data is None and not shared_data(FOLDER).is_dir():
        notes.append("The Paradise data are not there: uxsim_cpu_ratio was not measured; give them as --data DIR.")
        return
    whole = read_case(data_folder(data, FOLDER), REFERENCE)
    case = whole.part(np.argsort(whole.trips.depart_s, kind="stable")[:UXSIM_VEHICLES])
    compile_kernels(case)
    say(f"UXsim: {_uxsim.SHARE_CPU_S:g} CPU seconds")
    try:
        theirs = _uxsim.measure(case)
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        notes.append(f"UXsim did not end: uxsim_cpu_ratio was not measured ({str(error)[:200]}).")
        return
    ours = timed(case, step_s=case.settings.refresh, reroute=True, until_s=theirs["until_s"])
    figures |= {
        "uxsim_vehicles": case.vehicles, "uxsim_cpu_s": theirs["cpu_s"], "uxsim_setup_cpu_s": theirs["setup_cpu_s"],
        "uxsim_until_s": theirs["until_s"], "uxsim_departed": theirs["departed"], "uxsim_arrived": theirs["arrived"],
        "uxsim_total_travel_time_vehh": theirs["total_vehh"],
        "same_part_cpu_s": ours.cpu_s, "same_part_arrived": ours.arrived,
        "same_part_total_travel_time_vehh": ours.total_vehh,
        "uxsim_cpu_ratio": theirs["cpu_s"] / ours.cpu_s,
    }
    notes.append(
        "UXsim: deltan=1, Python mode, its own route choice (every 300 s, weight 0.5) to the same exits, the same "
        "triangular fundamental diagram, the first vehicles to leave (uxsim_vehicles); it is stopped when its CPU "
        "seconds are used up, after uxsim_departed of them have left. Ours runs the same vehicles, "
        "re-routed every 300 s, up to the same moment (same_part). Totals count hours from departure to arrival or "
        "to that moment. The set-up of both is counted; UXsim's is mostly its search of all pairs of nodes.")
