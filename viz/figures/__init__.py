"""The figures of a run, each a function of its facts that returns a matplotlib Figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from viz.facts import RunFacts
from viz.figures.arrival import arrival_curve
from viz.figures.evacuation import evacuation_curve
from viz.figures.gantt import team_gantt
from viz.figures.scorecard import scorecard_figure
from viz.figures.shelters import shelter_occupancy
from viz.figures.spread_map import spread_map
from viz.figures.supply import supply_deliveries

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES: dict[str, Callable[[RunFacts], Figure]] = {
    "scorecard": scorecard_figure, "map": spread_map, "arrival": arrival_curve, "gantt": team_gantt,
    "evacuation": evacuation_curve, "shelters": shelter_occupancy, "supply": supply_deliveries,
}
"""Figures by the name of their file, in the order of the report."""
