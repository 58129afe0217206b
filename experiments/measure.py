"""The engine's KPIs of a finished run."""

from __future__ import annotations

import math

import numpy as np

from agents.command.triggers import least_margin_min
from agents.coverage import HALF_HOUR_S, coverage_values
from agents.drill import Drill
from agents.population.columns import State
from agents.population.left_behind import Reason, reasons
from agents.population.transfer_figures import transfer_values
from experiments.evacuation_facts import clearance_min, still_safe_s
from experiments.record_traffic import lost_s
from sim.traffic.traffic import Traffic

TWELVE_HOURS_S = 12 * 3600.0
HALF, MOST = 0.5, 0.9
"""The shares of people that "half" and "90 %" KPIs wait for."""

Values = dict[str, float | None]


def measure(drill: Drill) -> Values:
    """Return every engine KPI (see :mod:`sim.kpi_specs`) and the hazards' own; None where there is no value."""
    values = {**_coverage(drill), **_arrivals(drill), **_evacuation(drill), **_shelters(drill),
              **transfer_values(drill.transfer), **drill.detection.values()}
    for hazard in drill.hazards:
        values.update(hazard.summary())
    return values


def _coverage(drill: Drill) -> Values:
    return coverage_values(drill.world, drill.teams, drill.post.settings, drill.clock.calendar.month(0.0))


def _arrivals(drill: Drill) -> Values:
    post = drill.post
    first: dict[str, float] = {}
    for t_s, task in drill.arrivals:
        first[task] = min(first.get(task, math.inf), t_s)
    alarms = post.alarm_s
    waits = [first.get(task, math.inf) - alarm for task, alarm in sorted(alarms.items())]
    orders = [order - alarms[task] for task, order in post.first_order_s.items() if task in alarms]
    from_order = [first[task] - order for task, order in post.first_order_s.items()
                  if task in first and task in alarms]
    return {
        "dispatch.first_order_min": min(orders) / 60 if orders else None,
        "arrival.first_min": _finite(min(waits) / 60) if waits else None,
        "arrival.first_from_order_min": min(from_order) / 60 if from_order else None,
        "arrival.within_30min": float(np.mean([w <= HALF_HOUR_S for w in waits])) if waits else None,
    }


def _evacuation(drill: Drill) -> Values:
    columns, evacuation = drill.residents.columns, drill.evacuation
    people = drill.residents
    gone = np.isfinite(columns["depart_s"])
    safe_s = still_safe_s(columns["safe_s"], columns["state"] == State.DEAD)
    clear = clearance_min(safe_s[gone], float(evacuation.orders.counts_from_s.min()), drill.now)
    why = reasons(evacuation)
    turned_away = drill.residents.members(np.array(sorted(evacuation.unplaced), np.int64))
    unplaced = np.isin(columns["state"][turned_away], (State.LEFT, State.STRANDED, State.MOVING))
    return {
        **_warning(drill),
        "evacuation.ordered": float(np.count_nonzero(columns["ordered"])),
        "evacuation.left": float(np.count_nonzero(evacuation.departures.has_left)),
        "evacuation.hosted": float(people.count(State.HOSTED)),
        "evacuation.by_bus": float(drill.fleet.carried),
        "evacuation.moved_on": float(evacuation.moving_on.moved_on),
        **{f"evacuation.clear_{key}": minutes for key, minutes in clear.items()},
        "evacuation.trigger_margin_min": least_margin_min(drill, evacuation, MOST),
        "evacuation.left_behind": float(np.count_nonzero((why != Reason.NONE) & (why != Reason.ABSENT_DAY_PLACE))),
        "traffic.lost_vehh": None if evacuation.traffic is None else _lost_vehh(evacuation.traffic),
        "traffic.longest_queue_veh": float(evacuation.most_queued),
        "evacuation.not_out": float(drill.exposure.left_behind),
        "evacuation.stranded": float(people.count(State.STRANDED)),
        "casualties.exposed": float(np.count_nonzero(columns["exposed"])),
        "casualties.injured": float(np.count_nonzero(columns["injured"] & (columns["state"] != State.DEAD))),
        "casualties.dead": float(people.count(State.DEAD)),
        "shelter.unplaced": float(np.count_nonzero(unplaced)),
    }


def _lost_vehh(traffic: Traffic) -> float:
    # Differences of times leave dust of either sign where nobody was held up: whole milliseconds count.
    return (round(float(lost_s(traffic).sum()), 3) + 0.0) / 3600


def _warning(drill: Drill) -> Values:
    """Return the minutes from the village's latest order until households are warned, and the share who never were."""
    orders, plans = drill.evacuation.orders, drill.evacuation.plans
    village = drill.residents.household_village
    ordered = orders.ordered[village] & drill.residents.columns["ordered"][np.asarray(drill.world.households["first"])]
    reached = ordered & np.isfinite(plans.warned_s)
    values: Values = dict.fromkeys(("warning.p50_min", "warning.p90_min", "warning.never_share"))
    if ordered.any():
        values["warning.never_share"] = float(np.mean(plans.warned_s[ordered] > drill.now))
    if reached.any():
        delay = np.maximum(plans.warned_s[reached] - orders.village_called_s[village[reached]], 0.0)
        for key, share in (("warning.p50_min", HALF), ("warning.p90_min", MOST)):
            values[key] = float(np.quantile(delay, share, method="inverted_cdf")) / 60
    return values


def _shelters(drill: Drill) -> Values:
    used = [s for s in drill.shelters.rows if s.most > 0]
    onset = min((task.raised_s for task in drill.post.tasks.values()), default=0.0)
    for shelter in used:
        shelter.consume(drill.now, drill.post.behaviour.packs_per_person_day)
    firsts = [s.first_delivery_s - onset for s in used]
    return {
        "landing_sites.count": float(drill.landing_sites),
        "air.flown_h": drill.air.flown_h,
        "water.delivered_m3": drill.water.delivered_m3,
        "shelter.in_use": float(len(used)),
        "shelter.max_occupancy": max((s.most / s.capacity for s in used), default=None),
        "supply.first_delivery_h": _finite(max(firsts) / 3600) if firsts else None,
        "supply.served_12h": float(np.mean([f <= TWELVE_HOURS_S for f in firsts])) if firsts else None,
        "supply.unmet_packs": float(sum(s.short for s in used)),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
