"""What each team was doing when."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from viz.facts import RunFacts, TeamFacts
from viz.figures.style import (
    FAINT,
    INK,
    STATUS_COLOURS,
    STATUS_HATCHES,
    VERMILION,
    clock_axis,
    dress,
    in_house_style,
    mark_time,
    new_figure,
    say_instead,
)

AT_BASE = 0
SHOWN = 24


def spells(facts: RunFacts, team: TeamFacts) -> list[tuple[float, float, int]]:
    """Return a team's (from, to, status) spells; a status holds until the next waypoint."""
    t = facts.folder.tracks
    a, b = int(t["mover_start"][team.row]), int(t["mover_start"][team.row + 1])
    times, status = t["mover_t"][a:b].astype(float), t["mover_status"][a:b]
    if not len(times):
        return []
    turns = np.flatnonzero(np.diff(status)) + 1
    begins = np.concatenate([[0], turns])
    ends = np.append(times[turns], max(facts.folder.duration_s, times[-1]))
    return [(float(times[i]), float(end), int(status[i])) for i, end in zip(begins, ends)]


@in_house_style
def team_gantt(facts: RunFacts) -> Figure:
    """Draw a row a team: turnout, driving, walking, working, resting, returning, each in colour and hatch."""
    words, folder = facts.words, facts.folder
    teams = [team for team in facts.teams if team.ordered_s is not None][:SHOWN]
    figure = new_figure(1.5 + 0.3 * max(len(teams), 3))
    ax = figure.add_subplot()
    dress(ax, title=words("fig.gantt.title"), grid="x")
    if not teams:
        say_instead(ax, words("fig.gantt.none"))
        return figure
    seen: set[int] = set()
    for row, team in enumerate(teams):
        for begin, end, status in spells(facts, team):
            if status == AT_BASE:
                continue
            seen.add(status)
            ax.barh(row, end - begin, left=begin, height=0.66, color=STATUS_COLOURS[status],
                    hatch=STATUS_HATCHES[status], edgecolor="#ffffff" if STATUS_HATCHES[status] else "none",
                    linewidth=0)
        if team.on_scene_s is not None:
            ax.plot(team.on_scene_s, row, marker="v", markersize=6, color=INK, zorder=4)
    ax.set_yticks(
        range(len(teams)), [words.pick({"name": team.name, "name_zh": team.name_zh}) for team in teams]
    )
    ax.tick_params(axis="y", colors=INK, labelsize=8.5, length=0)
    ax.set_ylim(len(teams) - 0.4, -0.9)
    clock_axis(ax, folder, 0.0, folder.duration_s, words("axis.clock"))
    mark_time(ax, facts.alarm_s, words("event.alarm"), VERMILION)
    mark_time(ax, facts.first("contained"), words("event.contained"), FAINT)
    keys = [
        Patch(
            facecolor=STATUS_COLOURS[s],
            hatch=STATUS_HATCHES[s],
            edgecolor="white",
            label=words(f"status.{s}"),
        )
        for s in sorted(seen)
    ]
    on_scene = ax.plot([], [], marker="v", markersize=6, color=INK, linestyle="none",
                       label=words("event.on_scene"))
    figure.legend(
        handles=[*keys, *on_scene], loc="outside lower center", ncols=8, fontsize=8.5, frameon=False
    )
    return figure
