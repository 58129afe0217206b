"""Curves of a fire season: the damage rate season by season against its target, and how often fires exceed a size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray

from viz.figures.style import CYCLE, DASHES, FAINT, INK, VERMILION, dress, in_house_style, new_figure, say_instead
from viz.words import Words, number

LEAST_SHARE = 0.1
"""Part of the target (or of the largest rate) below which rates are drawn linearly, so that 0 has a place."""
JITTER = 0.26


@in_house_style
def rate_figure(points: Sequence[dict[str, Any]], rates: Sequence[NDArray[np.float64]], words: Words) -> Figure:
    """Draw every season's damage rate (permille) by plan, with mean and interval, against the target.

    ``points`` are the design points of the result, ``rates`` one array of (seasons,) each, NaN
    for a season without one.
    """
    rates = [values[np.isfinite(values)] for values in rates]
    figure = new_figure(1.35 + 0.62 * len(points))
    ax = figure.add_subplot()
    dress(ax, title=words("season.rate.title"), x=words("season.rate.axis"), grid="x")
    target = next((p["target"] for p in points if p["target"]), None)
    most = max((float(r.max(initial=0.0)) for r in rates), default=0.0)
    ax.set_xscale("symlog", linthresh=LEAST_SHARE * (target["value"] if target else max(most, 1e-9)))
    for row, (at, values) in enumerate(zip(points, rates)):
        colour = CYCLE[row % len(CYCLE)]
        # spread by their order, so that the same seasons give the same figure
        spread = ((np.arange(len(values)) * 0.618034) % 1.0 - 0.5) * 2.0 * JITTER
        ax.scatter(values, row + spread, s=11, color=colour, alpha=0.4, linewidths=0, zorder=3)
        rate = at["kpis"]["fire.damage_permille"]
        if rate["mean"] is None:
            continue
        low, high = rate["ci95"] or (rate["mean"], rate["mean"])
        ax.plot([max(low, 0.0), high], [row, row], color=INK, linewidth=2.6, solid_capstyle="butt", zorder=4)
        ax.plot(rate["mean"], row, marker="D", color=INK, markersize=6, markeredgecolor="white", zorder=5,
                label=words("season.rate.mean") if row == 0 else None, linestyle="none")
        ax.annotate(f"{number(rate['mean'])} [{number(max(low, 0.0))}, {number(high)}]", (1.0, row),
                    xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points", va="center",
                    fontsize=8.5, color=INK, annotation_clip=False)
    if target:
        ax.axvline(target["value"], color=VERMILION, linewidth=1.4, linestyle=(0, (4, 2)), zorder=2,
                   label=words("season.rate.target", value=f"{target['value']:g}"))
    ax.set_yticks(np.arange(len(points)), [words.pick(p) for p in points])
    ax.tick_params(axis="y", colors=INK, labelsize=8.8, length=0)
    ax.set_ylim(len(points) - 0.45, -0.55)
    ax.set_xlim(left=0.0)
    ax.xaxis.set_major_formatter(lambda v, _: f"{v:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.legend(loc="upper right", bbox_to_anchor=(1.0, 1.0 + 0.62 / (0.62 * len(points) + 0.4) * 0.55), ncols=2,
              fontsize=8, frameon=False)
    return figure


@in_house_style
def size_figure(
    points: Sequence[dict[str, Any]], burned_ha: Sequence[NDArray[np.float64]], bounds_ha: Sequence[float], words: Words
) -> Figure:
    """Draw how many fires a year burn more than a size, on logarithmic axes, a line a plan."""
    figure = new_figure(3.9)
    ax = figure.add_subplot()
    if not any((sizes > 0.0).any() for sizes in burned_ha):
        say_instead(ax, words("season.curve.none"))
        return figure
    dress(ax, title=words("season.curve.title"), x=words("season.curve.x"), y=words("season.curve.y"))
    for row, (at, sizes) in enumerate(zip(points, burned_ha)):
        there = np.sort(sizes[sizes > 0.0])
        if not len(there):
            continue
        over = (len(there) - np.arange(len(there))) / max(at["seasons"], 1)
        ax.step(there, over, where="pre", color=CYCLE[row % len(CYCLE)], linewidth=1.7,
                linestyle=DASHES[row % len(DASHES)], label=words.pick(at), zorder=3)
    ax.set_xscale("log")
    ax.set_yscale("log")
    for bound in bounds_ha:
        ax.axvline(bound, color=FAINT, linewidth=0.8, linestyle=(0, (2, 3)), zorder=1.5)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda v, _: f"{v:g}")
        axis.set_minor_formatter(NullFormatter())
    ax.legend(fontsize=8.5, frameon=False, loc="lower left")
    return figure
