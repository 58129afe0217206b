"""The figures of a run, each a function of its facts that returns a matplotlib Figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from viz.facts import RunFacts
from viz.figures.arrival import arrival_curve
from viz.figures.evacuation import evacuation_curve
from viz.figures.fire_behaviour import fire_behaviour
from viz.figures.fire_growth import fire_growth
from viz.figures.gantt import team_gantt
from viz.figures.road_maps import queue_maps, traffic_maps
from viz.figures.scorecard import scorecard_figure
from viz.figures.shelters import shelter_occupancy
from viz.figures.spread_map import spread_map
from viz.figures.supply import supply_deliveries
from viz.fire import FireFacts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES: dict[str, Callable[[RunFacts], Figure]] = {
    "scorecard": scorecard_figure, "map": spread_map, "fire_growth": fire_growth, "fire_behaviour": fire_behaviour,
    "arrival": arrival_curve, "gantt": team_gantt,
    "evacuation": evacuation_curve, "queues": queue_maps, "traffic": traffic_maps, "shelters": shelter_occupancy,
    "supply": supply_deliveries,
}
"""Figures by the name of their file, in the order of the report."""
OF_TRAFFIC = ("queues", "traffic")
OF_FIRE = ("fire_growth", "fire_behaviour")


def figures_of(facts: RunFacts) -> dict[str, Callable[[RunFacts], Figure]]:
    """Return the figures that a run can have: those of traffic or of a forest fire only where it has one."""
    without = (() if facts.folder.traffic is not None else OF_TRAFFIC) + (() if FireFacts(facts).key else OF_FIRE)
    return {name: draw for name, draw in FIGURES.items() if name not in without}
