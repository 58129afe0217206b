"""Traffic on the roads of Paradise, California, against SUMO's mesoscopic model on the very same ways.

15,000 made-up vehicles leave for the nearest of four exits by free-flow time (Rayleigh departures, sigma 1,800 s) on
the road graph of the day before the Camp Fire. Total travel time counts the wait to enter the network. Any folder of
the same form is taken: nodes, links and trips as CSV.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.benchmark import Bar
from experiments.console import say
from experiments.validate import _sumo
from experiments.validate._case import (
    NEVER_S,
    REPEATS,
    Case,
    Outcome,
    compile_kernels,
    free_flow_ways,
    read_case,
    run,
    timed,
)
from sim.settings.traffic import TrafficSettings

FOLDER = "evacuation"
REFERENCE = TrafficSettings(jam_spacing_m=7.5, time_gap_s=1.13, capacity_drop=0.0, junction_delay=0.0,
                            refresh=300.0, smoothing=0.5)
"""The reference case: triangular fundamental diagram, no drop after breakdown, no delay at nodes."""
STEPS_S = (0.25, 1.0, 5.0)
STEP_BAR = 0.002
"""Largest relative difference of total travel time over the steps."""
SUMO_BAR = 0.01
REFERENCE_ROUTER = "astar"
"""SUMO's router in the reference case."""
CPU_BAR, CPU_WITHOUT_ROUTER_BAR = 300.0, 100.0


def measure(folder: Path) -> dict[str, Any]:
    """Run the case in our model and, where it is installed, in SUMO; CPU seconds of one thread each."""
    case = read_case(folder, REFERENCE)
    compile_s = compile_kernels(case)
    fixed = timed(case, step_s=NEVER_S)
    figures, notes = ours(case, fixed)
    figures["compile_cpu_s"] = compile_s
    notes.append("compile_cpu_s is apart: kernels are compiled once after installing, and loaded from the cache later.")
    bars = [Bar("step_difference", "<=", STEP_BAR)]
    binaries = _sumo.home()
    if figures["without_way"]:
        notes.append("SUMO was not run: it takes no trip without a way.")
    elif binaries is None:
        notes.append("SUMO is not installed: its total and its CPU seconds were not measured; to have it: "
                     "pip install 'sandtable[peers]'.")
    else:
        say("SUMO: two runs of about half a minute")
        theirs(case, fixed, binaries / "bin", figures, notes)
        bars += [Bar("ttt_difference", "<=", SUMO_BAR), Bar("cpu_ratio", ">=", CPU_BAR),
                 Bar("cpu_ratio_without_router", ">=", CPU_WITHOUT_ROUTER_BAR)]
    return {"figures": figures, "bars": bars, "notes": notes}


def ours(case: Case, fixed: Outcome) -> tuple[dict[str, float | int | None], list[str]]:
    """Return the figures of our model: fixed ways, re-routing, steps."""
    moving = timed(case, step_s=case.settings.refresh, reroute=True)
    by_step = {step: run(case, step_s=step).total_vehh for step in STEPS_S}
    middle = float(np.mean(list(by_step.values())))
    figures: dict[str, float | int | None] = {
        "vehicles": case.vehicles, "nodes": len(case.table.node_id), "links": len(case.table.tail),
        "exits": len(np.unique(case.trips.exit)),
        "total_travel_time_vehh": fixed.total_vehh, "cpu_s": fixed.cpu_s, **_counts(fixed),
        "reroute_total_travel_time_vehh": moving.total_vehh, "reroute_cpu_s": moving.cpu_s,
        "reroute_last_arrival_s": moving.last_s,
        **{f"total_travel_time_vehh_step_{step:g}s": total for step, total in by_step.items()},
        "step_difference": (max(by_step.values()) - min(by_step.values())) / middle,
        **ways_driven(case),
    }
    notes = [
        f"CPU seconds are process time on one thread, the median of {REPEATS} runs, from arrays in memory to the last "
        "arrival: network, shortest ways and traffic; reading the CSV files is left out.",
        "Fixed ways: free-flow shortest from each origin to its exit, one tree an exit. Re-routing: everybody, every "
        f"{case.settings.refresh:g} s, on present travel times smoothed by {case.settings.smoothing:g}.",
    ]
    if fixed.stranded or fixed.en_route:
        notes.append(f"{fixed.stranded} vehicles found no way and {fixed.en_route} had not arrived at the end.")
    if moving.squeezed:
        notes.append(f"With re-routing, gridlock was undone {moving.squeezed} times (a vehicle squeezed in).")
    return figures, notes


def _counts(outcome: Outcome) -> dict[str, float | int]:
    return {"arrived": outcome.arrived, "stranded": outcome.stranded, "en_route": outcome.en_route,
            "last_arrival_s": outcome.last_s}


def ways_driven(case: Case) -> dict[str, float | int | None]:
    """Return the mean length (m) of the free-flow shortest ways, and how many vehicles have none."""
    lengths = [case.table.length_m[way].sum() for way in free_flow_ways(case) if way]
    return {"mean_way_m": float(np.mean(lengths)) if lengths else None, "without_way": case.vehicles - len(lengths)}


def compared(ours_s: NDArray[np.float64], theirs_s: NDArray[np.float64]) -> dict[str, float | int | None]:
    """Return how two sets of arrivals (vehicles,; s) agree, vehicle by vehicle and as evacuation curves."""
    both = ~np.isnan(ours_s) & ~np.isnan(theirs_s)
    off = np.abs(ours_s - theirs_s)[both]
    moments = np.concatenate([ours_s[both], theirs_s[both]])
    counts = [np.searchsorted(np.sort(side[both]), moments, side="right") for side in (ours_s, theirs_s)]
    return {
        "arrival_off_median_s": float(np.median(off)), "arrival_off_p90_s": float(np.percentile(off, 90)),
        "arrival_off_max_s": float(off.max()),
        "curve_off_share": float(np.abs(counts[0] - counts[1]).max() / both.sum()),
        **{f"{name}_p{share}_s": float(np.percentile(side[both], share))
           for share in (50, 90) for name, side in (("clearance", ours_s), ("sumo_clearance", theirs_s))},
    }


def theirs(
    case: Case, fixed: Outcome, binaries: Path, figures: dict[str, float | int | None], notes: list[str]
) -> None:
    """Add SUMO's figures: routing each trip itself, and with our ways given."""
    with tempfile.TemporaryDirectory(prefix="sandtable-sumo-") as name:
        folder = Path(name)
        net = _sumo.write_network(case, folder, binaries)
        _sumo.check_network(case, net)
        trips = _sumo.write_trips(case, folder)
        whole = _sumo.simulate(case, net, trips, binaries, router=REFERENCE_ROUTER)
        default = _sumo.simulate(case, net, trips, binaries)
        ways, trips = _sumo.write_routes(case, folder), folder / "trips.xml"
        given = _sumo.simulate(case, net, ways, binaries)
        _sumo.simulate(case, net, ways, binaries, trips)
        figures |= compared(fixed.arrived_s, _sumo.arrivals(case, trips))
    # Ours before and after SUMO, so that a machine that gets busier or quieter does not favour one of them.
    own_cpu_s, own_total = (fixed.cpu_s + timed(case, step_s=NEVER_S).cpu_s) / 2.0, fixed.total_vehh
    figures |= {
        "cpu_s": own_cpu_s,
        "sumo_total_travel_time_vehh": given.total_vehh, "sumo_arrived": given.arrived,
        "sumo_last_arrival_s": given.last_s, "sumo_mean_way_m": given.way_m, "sumo_teleports": given.teleports,
        "ttt_ratio": own_total / given.total_vehh, "ttt_difference": abs(own_total / given.total_vehh - 1.0),
        "sumo_cpu_s": whole.cpu_s, "cpu_ratio": whole.cpu_s / own_cpu_s,
        "sumo_dijkstra_cpu_s": default.cpu_s, "cpu_ratio_dijkstra": default.cpu_s / own_cpu_s,
        "sumo_as_used_total_travel_time_vehh": whole.total_vehh, "sumo_as_used_mean_way_m": whole.way_m,
        "sumo_as_used_arrived": whole.arrived,
        "sumo_given_ways_cpu_s": given.cpu_s, "cpu_ratio_given_ways": given.cpu_s / own_cpu_s,
    }
    if whole.router_share is not None:
        router_s = whole.cpu_s * whole.router_share
        figures |= {"sumo_router_cpu_s": router_s,
                    "cpu_ratio_without_router": (whole.cpu_s - router_s) / own_cpu_s}
    notes += [
        "SUMO's total is that of a run in which every vehicle has our free-flow shortest way; sumo_mean_way_m must be "
        "ours. sumo_cpu_s is its whole run finding each way itself at departure (sumo_as_used), by A*, as the "
        "reference case has it, on travel times that it updates every second; netconvert is not counted. "
        "sumo_dijkstra_cpu_s is the same by its default router, which is the quicker one here.",
        "arrival_off: the same vehicle's arrival here and there, on the same way; curve_off_share: the largest "
        "vertical distance of the two evacuation curves. Who goes first where roads merge is decided differently.",
        "Its router's share is that of its own log, which is in wall time: on a busy machine it is an estimate.",
        "sumo_given_ways_cpu_s is the run with ways given, without any router or travel times for it: against that "
        "our advantage is far smaller (cpu_ratio_given_ways), and it is the fair figure for the traffic model alone.",
    ]
