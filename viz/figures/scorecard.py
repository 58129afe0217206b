"""The KPIs that have a target, each against it: met or missed by letter and colour."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from viz.facts import RunFacts
from viz.figures.style import BLUE, FAINT, INK, VERMILION, in_house_style, new_figure, say_instead
from viz.scorecard import target_text, value_text, verdict

MET, MISSED, UNKNOWN = BLUE, VERMILION, "#8a949b"
SPREAD = 2.0
"""A bar is as long as the KPI over its target, cut at twice the target."""


@in_house_style
def scorecard_figure(facts: RunFacts) -> Figure:
    """Draw a row a target: the verdict's badge, the KPI's name, its value as a bar against the target."""
    words = facts.words
    rows = [row for row in facts.folder.kpis if row.get("target") is not None]
    figure = new_figure(0.8 + 0.42 * max(len(rows), 2))
    ax = figure.add_subplot()
    ax.set_axis_off()
    met = sum(row["met"] is True for row in rows)
    ax.set_title(words("fig.scorecard.title", met=met, of=len(rows)), loc="left", fontsize=11.5, color=INK)
    if not rows:
        say_instead(ax, words("fig.scorecard.none"))
        return figure
    ax.set_xlim(0, 100)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    for i, row in enumerate(rows):
        _row(ax, i, row, facts)
    return figure


def _row(ax: Axes, i: int, row: dict[str, Any], facts: RunFacts) -> None:
    words = facts.words
    kind = verdict(row)
    colour = {"met": MET, "missed": MISSED, "unknown": UNKNOWN, "undecided": UNKNOWN}[kind]
    ax.add_patch(FancyBboxPatch((0.4, i - 0.27), 6.2, 0.54, boxstyle="round,pad=0,rounding_size=0.25",
                                facecolor=colour, edgecolor="none", mutation_aspect=0.12))
    badge = words(f"verdict.{kind}")
    ax.text(3.5, i, badge, ha="center", va="center", color="white", fontsize=8.5 if len(badge) <= 8 else 7)
    ax.text(8.2, i, words.pick(row), ha="left", va="center", fontsize=9.5, color=INK)
    left, width = 51.0, 24.0
    value, target = row["value"], float(row["target"])
    ax.plot([left, left + width], [i, i], color="#e3e7ea", linewidth=7, solid_capstyle="butt", zorder=1)
    if value is not None:
        share = min(float(value) / target, SPREAD) if target > 0 else (0.0 if row.get("met") else SPREAD)
        ax.plot(
            [left, left + width * share / SPREAD],
            [i, i],
            color=colour,
            linewidth=7,
            solid_capstyle="butt",
            zorder=2,
        )
        if share >= SPREAD and target > 0:
            ax.plot(left + width, i, marker=">", color=colour, markersize=7, zorder=3, clip_on=False)
    tick = left + (width / SPREAD if target > 0 else 0)
    ax.plot([tick, tick], [i - 0.3, i + 0.3], color=INK, linewidth=1.6, zorder=4)
    told = value_text(row, words)
    ax.text(77.5, i, told, ha="left", va="center", fontsize=10 if value is not None and kind != "undecided" else 8,
            color=INK)
    ax.text(89, i, target_text(row, words), ha="left", va="center", fontsize=9.5,
            color=FAINT)
    ax.axhline(i + 0.5, color="#eceff1", linewidth=0.7)
