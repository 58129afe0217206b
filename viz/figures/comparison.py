"""Plans against each other in an evacuation: clearance, time lost and people left, with intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from viz.figures.style import CYCLE, INK, dress, in_house_style, new_figure, write_png
from viz.words import NONE, Words, number

KEYS = ("evacuation.clear_p50_min", "evacuation.clear_p90_min", "evacuation.clear_p95_min", "traffic.lost_vehh",
        "evacuation.left_behind")
"""KPIs shown, where the comparison has a value of them."""
MARKERS = "osD^vP"


def evacuation_rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the comparison's KPIs of an evacuation that some plan has a value of, in the order shown."""
    found = {kpi["key"]: kpi for kpi in result["kpis"]}
    return [found[key] for key in KEYS if key in found and any(found[key]["n"].values())]


@in_house_style
def comparison_figure(result: dict[str, Any], lang: str) -> Figure:
    """Draw a panel a KPI of the evacuation with each plan's mean and 95 % interval.

    ``result`` is what ``comparison.json`` holds. A plan of which not every replication has a value says how many have.
    Raises ValueError where no plan has a value of any.
    """
    rows = evacuation_rows(result)
    if not rows:
        raise ValueError("no evacuation to compare")
    words, plans = Words(lang), list(result["plans"])
    figure = new_figure(0.9 + len(rows) * (0.5 + 0.26 * len(plans)))
    figure.suptitle(words("fig.comparison.title", n=result["replications"]), x=0.008, ha="left", fontsize=11.5,
                    color=INK)
    for ax, kpi in zip(figure.subplots(len(rows), 1, squeeze=False)[:, 0], rows):
        dress(ax, title=words("fig.comparison.kpi", name=words.pick(kpi), unit=words.unit(kpi["unit"])), grid="x")
        for row, plan in enumerate(plans):
            mean, interval, n = kpi["means"][plan], kpi["ci95"][plan], kpi["n"][plan]
            text = NONE if mean is None else number(mean)
            if mean is not None:
                colour = CYCLE[row % len(CYCLE)]
                low, high = interval or (mean, mean)
                ax.plot([low, high], [row, row], color=colour, linewidth=3, solid_capstyle="butt", alpha=0.5)
                ax.plot(mean, row, marker=MARKERS[row % len(MARKERS)], color=colour, markersize=7,
                        markeredgecolor="white")
                text += f" [{number(low)}, {number(high)}]" if interval else ""
            if n < result["replications"]:
                text += words("fig.comparison.fewer", n=n, of=result["replications"])
            ax.annotate(text, (1.0, row), xycoords=("axes fraction", "data"), xytext=(6, 0), fontsize=8.5, color=INK,
                        textcoords="offset points", va="center", annotation_clip=False)
        ax.set_yticks(np.arange(len(plans)), plans)
        ax.tick_params(axis="y", colors=INK, labelsize=8.5, length=0)
        ax.set_ylim(len(plans) - 0.4, -0.6)
        ax.margins(x=0.06)
        ax.xaxis.set_major_formatter(lambda v, _: f"{v:,.0f}")
    return figure


def write_comparison(result: dict[str, Any], lang: str, folder: Path) -> Path | None:
    """Write ``evacuation.png`` into a comparison's folder; return its path, None where there is nothing to show."""
    if not evacuation_rows(result):
        return None
    path = folder / "evacuation.png"
    write_png(comparison_figure(result, lang), path)
    return path
