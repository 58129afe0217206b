"""When relief reached which shelter."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from viz.facts import RunFacts
from viz.figures.style import (
    BLUE,
    FAINT,
    INK,
    ORANGE,
    VERMILION,
    clock_axis,
    dress,
    in_house_style,
    mark_time,
    new_figure,
    say_instead,
)

SHOWN = 20
RELIEF_WITHIN_H = 12.0
"""Relief reaches the people hit within 12 h: KPI supply.served_12h."""


@in_house_style
def supply_deliveries(facts: RunFacts) -> Figure:
    """Draw a row a shelter in use: when it opened to people, each delivery sized by packs, the 12 h line."""
    words, folder, t = facts.words, facts.folder, facts.folder.tracks
    names = facts.names("shelter")
    occupancy = t["shelter_occupancy"]
    in_use = {str(t["shelter_id"][i]): float(t["shelter_t"][int(np.argmax(occupancy[:, i] > 0))])
              for i in range(len(names)) if occupancy.size and occupancy[:, i].any()}
    by_shelter: dict[str, list[tuple[float, int]]] = {key: [] for key in in_use}
    for when, shelter, _, packs in facts.deliveries:
        by_shelter.setdefault(shelter, []).append((when, packs))
    first = {key: (drops[0][0] if drops else np.inf) for key, drops in by_shelter.items()}
    order = sorted(by_shelter, key=lambda key: (first[key], key))[:SHOWN]
    figure = new_figure(1.5 + 0.29 * max(len(order), 4))
    ax = figure.add_subplot()
    dress(ax, title=words("fig.supply.title"), grid="x")
    if not order:
        say_instead(ax, words("fig.supply.none"))
        return figure
    most = max((packs for drops in by_shelter.values() for _, packs in drops), default=1) or 1
    for row, key in enumerate(order):
        end = min(first[key], folder.duration_s)
        if key in in_use:
            ax.plot(
                [in_use[key], end], [row, row], color=ORANGE, linewidth=2.5, solid_capstyle="butt", zorder=2
            )
            ax.plot(in_use[key], row, marker="|", color=INK, markersize=9, zorder=3)
        if not np.isfinite(first[key]):
            ax.annotate(
                words("fig.supply.not_served"),
                (end, row),
                xytext=(-6, 2),
                textcoords="offset points",
                fontsize=8,
                color=VERMILION,
                ha="right",
                va="bottom",
            )
        for k, (when, packs) in enumerate(by_shelter[key]):
            ax.plot(when, row, marker="o", markersize=4 + 8 * (packs / most) ** 0.5, color=BLUE,
                    alpha=1.0 if k == 0 else 0.45, markeredgecolor="white", zorder=4)
        total = sum(packs for _, packs in by_shelter[key])
        if total:
            ax.annotate(words.value(total, "packs"), (1.0, row), xycoords=("axes fraction", "data"),
                        xytext=(4, 0), textcoords="offset points", fontsize=8, color=INK, va="center")
    ax.set_yticks(range(len(order)), [names.get(key, key) for key in order])
    ax.tick_params(axis="y", colors=INK, labelsize=8.5, length=0)
    ax.set_ylim(len(order) - 0.4, -0.9)
    clock_axis(ax, folder, 0.0, folder.duration_s, words("axis.clock"))
    limit = facts.onset_s + RELIEF_WITHIN_H * 3600
    if limit <= folder.duration_s:
        mark_time(ax, limit, words("fig.supply.limit"), VERMILION)
    ax.plot([], [], color=ORANGE, linewidth=2.5, label=words("fig.supply.waiting"))
    ax.plot([], [], marker="o", color=BLUE, linestyle="none", label=words("fig.supply.first"))
    ax.plot([], [], marker="o", color=BLUE, alpha=0.45, linestyle="none", label=words("fig.supply.further"))
    figure.legend(loc="outside lower center", ncols=3, fontsize=8.5, frameon=False)
    mark_time(ax, facts.onset_s, words("fig.supply.onset"), FAINT)
    return figure
