"""How full each shelter was over time, and at its fullest against its capacity."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from viz.facts import RunFacts
from viz.figures.style import (
    GREEN,
    INK,
    VERMILION,
    clock_axis,
    dress,
    in_house_style,
    new_figure,
    say_instead,
)

SHOWN = 18
FILL = LinearSegmentedColormap.from_list("fill", ["#f4f6f7", "#b5dccd", "#4fb394", "#00684c"]).with_extremes(
    over=VERMILION)
"""Light to dark as it fills; vermilion once it is full."""
FULL = 0.9995


@in_house_style
def shelter_occupancy(facts: RunFacts) -> Figure:
    """Draw a strip a shelter, coloured by how full it is, and a bar of its fullest moment."""
    words, folder, t = facts.words, facts.folder, facts.folder.tracks
    occupancy = t["shelter_occupancy"]
    peak = occupancy.max(axis=0) if occupancy.size else np.zeros(0)
    used = np.flatnonzero(peak > 0)
    order = used[np.argsort(-peak[used], kind="stable")][:SHOWN]
    figure = new_figure(1.7 + 0.27 * max(len(order), 4))
    if not len(order):
        ax = figure.add_subplot()
        dress(ax, title=words("fig.shelters.title"))
        say_instead(ax, words("fig.shelters.none"))
        return figure
    left, right = figure.subplots(1, 2, width_ratios=[2.1, 1])
    capacity = t["shelter_capacity"][order]
    share = occupancy[:, order].T / capacity[:, None]
    times = t["shelter_t"]
    rows = np.arange(len(order))
    mesh = left.pcolormesh(np.append(times, times[-1] + (times[-1] - times[-2] if len(times) > 1 else 1)),
                           np.arange(len(order) + 1) - 0.5, share, cmap=FILL, vmin=0, vmax=FULL)
    dress(left, title=words("fig.shelters.title"), grid="")
    names = facts.names("shelter")
    left.set_yticks(rows, [names[str(t["shelter_id"][i])] for i in order])
    left.tick_params(axis="y", colors=INK, labelsize=8.5)
    left.set_ylim(len(order) - 0.5, -0.5)
    for row in rows[1:]:
        left.axhline(row - 0.5, color="white", linewidth=2)
    clock_axis(left, folder, 0.0, folder.duration_s, words("axis.clock"))
    bar = figure.colorbar(mesh, ax=left, location="bottom", fraction=0.05, aspect=40, pad=0.02, extend="max",
                          format=lambda v, _: f"{100 * v:.0f}%")
    bar.set_label(words("fig.shelters.fill"), fontsize=8.5, color=INK)
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)
    dress(right, title=words("fig.shelters.peak"), x=words("unit.persons_axis"), grid="x")
    right.barh(rows, capacity, height=0.72, facecolor="#f4f6f7", edgecolor="#9aa3a9", linewidth=0.8)
    full = peak[order] >= capacity
    right.barh(rows, peak[order], height=0.72, color=[VERMILION if f else GREEN for f in full])
    for row, (most, room) in enumerate(zip(peak[order], capacity)):
        mark = words("fig.shelters.full") + " " if most >= room else ""
        right.annotate(f"{mark}{most:,}/{room:,}", (max(most, room), row), xytext=(4, 0), fontsize=8,
                       textcoords="offset points", va="center", color=INK)
    right.set_yticks([])
    right.set_ylim(len(order) - 0.5, -0.5)
    right.set_xlim(0, float(capacity.max()) * 1.45)
    return figure
