"""How many people were ordered out, warned, under way, safe, stranded and exposed over time."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from viz.evacuation import SHARES, EvacuationFacts
from viz.facts import RunFacts
from viz.figures.style import (
    BLUE,
    DASHES,
    FAINT,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    VERMILION,
    clock_axis,
    dress,
    in_house_style,
    mark_time,
    new_figure,
    say_instead,
)

Series = NDArray[np.float64]


def evacuation_sums(series: dict[str, Series]) -> dict[str, Series]:
    """Return people so far warned and departed, and now sheltered or away, stranded, exposed."""
    zero = np.zeros(len(series["t_s"]))

    def of(*names: str) -> Series:
        return sum((series.get(name, zero) for name in names), zero)

    gone = "left" if "left" in series else "away"
    return {
        "warned": np.maximum.accumulate(of("warned")),
        "departed": of("moving", "at_door", "sheltered", "hosted", gone, "stranded"),
        "safe": of("sheltered", "hosted", gone),
        "stranded": of("stranded"),
        "exposed": of("exposed"),
    }


@in_house_style
def evacuation_curve(facts: RunFacts) -> Figure:
    """Draw the evacuation's curves over the clock, with the alarm and the first order marked."""
    words, folder = facts.words, facts.folder
    figure = new_figure(4.6)
    ax = figure.add_subplot()
    sums = evacuation_sums(folder.series)
    t = folder.series["t_s"]
    dress(ax, title=words("fig.evacuation.title"), y=words("fig.evacuation.y"))
    if max(float(curve.max()) for curve in sums.values()) == 0:
        say_instead(ax, words("fig.evacuation.none"))
        return figure
    sums = ordered_sums(facts, t) | sums
    colours = {"ordered": INK, "warned": ORANGE, "departed": BLUE, "safe": GREEN, "stranded": PURPLE,
               "exposed": VERMILION}
    for (key, curve), dash in zip(sums.items(), DASHES):
        if key in ("stranded", "exposed") and curve.max() == 0:
            label = words("fig.evacuation.nobody", what=words(f"people.{key}"))
        else:
            label = f"{words(f'people.{key}')}  {curve[-1]:,.0f}"
        ax.plot(t, curve, color=colours[key], linestyle=dash, linewidth=1.4 if key == "ordered" else 2.1, label=label,
                drawstyle="steps-post" if key == "ordered" else "default")
    ax.fill_between(t, sums["safe"], color=GREEN, alpha=0.08, linewidth=0)
    last = _settled(t, sums)
    clock_axis(ax, folder, 0.0, last, words("axis.clock"))
    ax.set_ylim(0, None)
    ax.yaxis.set_major_formatter(lambda v, _: f"{v:,.0f}")
    mark_time(ax, facts.alarm_s, words("event.alarm"), FAINT)
    mark_time(ax, facts.first("warning_order"), words("event.warning_order"), FAINT, top=0.93)
    _mark_shares(ax, facts)
    figure.legend(loc="outside right center", fontsize=9, frameon=False, title=words("fig.evacuation.at_end"),
                  title_fontsize=8.5)
    return figure


def ordered_sums(facts: RunFacts, t: Series) -> dict[str, Series]:
    """Return people so far ordered out, a step at each zone's first order; nothing where the run does not say."""
    zones = EvacuationFacts(facts).zones
    if not zones:
        return {}
    steps = [np.where(t >= zone.ordered_s, float(zone.ordered), 0.0) for zone in zones]
    return {"ordered": np.sum(steps, axis=0)}


def _mark_shares(ax: Axes, facts: RunFacts) -> None:
    """Mark on the curve of the safe when 50, 90, 95 and all of those who left after an order were safe."""
    total = EvacuationFacts(facts).total
    if total is None:
        return
    times = {share: total.cleared_s(share) for share in SHARES if np.isfinite(total.cleared_s(share))}
    for share, when in times.items():
        level = float(np.interp(when, *_safe(facts)))
        ax.plot(when, level, marker="o", color=GREEN, markersize=6, markeredgecolor="white", zorder=6)
        ax.annotate(f"{share}%", (when, level), xytext=(5, -4), textcoords="offset points", fontsize=8, color=GREEN,
                    ha="left", va="top", zorder=6)


def _safe(facts: RunFacts) -> tuple[Series, Series]:
    return facts.folder.series["t_s"], evacuation_sums(facts.folder.series)["safe"]


def _settled(t: Series, sums: dict[str, Series]) -> float:
    """Return when to stop drawing: a little after the last change, so that quiet hours take no room."""
    changing = np.zeros(len(t), bool)
    for curve in sums.values():
        changing[1:] |= np.diff(curve) != 0
    last = float(t[np.flatnonzero(changing)[-1]]) if changing.any() else float(t[-1])
    return float(min(t[-1], max(last * 1.12, 3600.0)))
