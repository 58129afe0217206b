"""How soon teams were on scene, counted from the alarm and from each team's own order."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from viz.facts import RunFacts, TeamFacts
from viz.figures.style import (
    BLUE,
    FAINT,
    INK,
    ORANGE,
    VERMILION,
    dress,
    in_house_style,
    new_figure,
    say_instead,
)

HALF_HOUR_MIN = 30.0
"""The half-hour circle (半小时救援圈) of the county plans; a run's own target takes its place."""
NAMES_SHOWN = 12


@in_house_style
def arrival_curve(facts: RunFacts) -> Figure:
    """Draw the teams on scene over minutes since the alarm and since their orders, with the target's line."""
    words = facts.words
    figure = new_figure(4.6)
    ax = figure.add_subplot()
    ordered = [team for team in facts.teams if team.ordered_s is not None]
    arrived = [team for team in ordered if team.on_scene_s is not None]
    dress(ax, title=words("fig.arrival.title"), x=words("fig.arrival.x"), y=words("fig.arrival.y"))
    if not arrived:
        say_instead(ax, words("fig.arrival.none"))
        return figure
    target, meaning = _target(facts)
    since_alarm = np.array(sorted(team.since(facts.alarm_s) or 0.0 for team in arrived))
    since_order = np.array(sorted(team.since(team.ordered_s) or 0.0 for team in arrived))
    end = max(float(since_alarm[-1]) * 1.08, target * 1.3)
    for minutes, colour, dash, key in ((since_alarm, BLUE, "-", "fig.arrival.since_alarm"),
                                       (since_order, ORANGE, (0, (5, 2)), "fig.arrival.since_order")):
        ax.step(np.concatenate([[0], minutes, [end]]),
                np.concatenate([[0], np.arange(1, len(minutes) + 1), [len(minutes)]]),
                where="post", color=colour, linestyle=dash, linewidth=2.2, label=words(key))
    ax.axvline(target, color=VERMILION, linewidth=1.6)
    ax.axvspan(0, target, color="#009E73", alpha=0.07, linewidth=0)
    ax.annotate(words(meaning, min=f"{target:.0f}"), (target, 1.0), xytext=(4, -4),
                xycoords=("data", "axes fraction"), textcoords="offset points", va="top", fontsize=9,
                color=VERMILION)
    _name(ax, facts, arrived)
    ax.set_xlim(0, end)
    ax.set_ylim(0, len(ordered) + 0.6)
    ax.axhline(len(ordered), color=FAINT, linewidth=0.8, linestyle=(0, (1, 2)))
    ax.annotate(words("fig.arrival.ordered", n=len(ordered)), (0.0, len(ordered)), xytext=(5, 3),
                xycoords=("axes fraction", "data"), textcoords="offset points", ha="left", fontsize=8.5,
                color=FAINT)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(loc="lower right", fontsize=9, frameon=True, framealpha=0.9, edgecolor="none")
    return figure


def _target(facts: RunFacts) -> tuple[float, str]:
    """Return the minutes to be on scene in and their words: the run's own target, else half an hour."""
    for kpi, meaning in (("arrival.first_min", "fig.arrival.target"),
                         ("arrival.first_from_order_min", "fig.arrival.target_from_order")):
        minutes = facts.target(kpi)
        if minutes is not None:
            return minutes, meaning
    return HALF_HOUR_MIN, "fig.arrival.half_hour"


def _name(ax: object, facts: RunFacts, arrived: list[TeamFacts]) -> None:
    """Write the first teams' names at their steps of the curve since the alarm."""
    for i, team in enumerate(arrived[:NAMES_SHOWN]):
        name = team.name_zh if facts.words.lang == "zh" else team.name
        ax.annotate(name, (team.since(facts.alarm_s) or 0.0, i + 1), xytext=(-5, 3),  # type: ignore[attr-defined]
                    textcoords="offset points", fontsize=7.5, color=INK, ha="right",
                    bbox={"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.7})
