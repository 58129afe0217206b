"""How a forest fire grew, what was built against it, and how many crews were at work, over the clock."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from viz.facts import RunFacts
from viz.figures.style import (
    BLUE,
    FAINT,
    PURPLE,
    SKY,
    VERMILION,
    clock_axis,
    dress,
    in_house_style,
    mark_time,
    new_figure,
    say_instead,
)
from viz.fire import FireFacts

TAIL = 1.1
LEAST_S = 3600.0


@in_house_style
def fire_growth(facts: RunFacts) -> Figure:
    """Draw burned area, line built and water dropped, and crews at work, one above the other."""
    words, folder, fire = facts.words, facts.folder, FireFacts(facts)
    figure = new_figure(5.6)
    t, burned = folder.series["t_s"], fire.series("burned_ha")
    if burned.max(initial=0.0) == 0.0:
        say_instead(figure.add_subplot(), words("fig.fire.none"))
        return figure
    line, water, crews = fire.series("line_km"), fire.series("water_dropped_m3"), fire.crews_at_work(t)
    rows = figure.subplots(3, 1, sharex=True, height_ratios=(2.4, 1.2, 1.0))
    area, built, working = rows
    dress(area, title=words("fig.fire.title"), y=words("fig.fire.burned"))
    area.plot(t, burned, color=VERMILION, linewidth=2.1)
    area.fill_between(t, burned, color=VERMILION, alpha=0.12, linewidth=0)
    contained = [event["t_s"] for event in facts.of("contained")]
    mark_time(area, facts.alarm_s, words("event.alarm"), FAINT)
    mark_time(area, facts.first("on_scene"), words("event.on_scene"), FAINT, top=0.88)
    for n, when in enumerate(contained[:MARKED]):
        mark_time(area, when, words("event.contained") if n == 0 else "", FAINT, top=0.76)
    area.set_ylim(0, None)
    dress(built, y=words("fig.fire.line"))
    built.plot(t, line, color="#1b1b5e", linewidth=1.9)
    built.set_ylim(0, None)
    if water.max() > 0:
        beside = built.twinx()
        beside.plot(t, water, color=SKY, linewidth=1.9, linestyle=(0, (5, 2)))
        beside.set_ylabel(words("fig.fire.water"), fontsize=9.5, color=BLUE)
        beside.tick_params(colors=BLUE, labelsize=9)
        beside.set_ylim(0, None)
        beside.spines[["top", "left", "bottom"]].set_visible(False)
    dress(working, y=words("fig.fire.crews"))
    working.fill_between(t, crews, color=PURPLE, alpha=0.35, step="post", linewidth=0)
    working.plot(t, crews, color=PURPLE, linewidth=1.2, drawstyle="steps-post")
    working.set_ylim(0, max(1.0, float(crews.max()) * 1.15))
    changing = np.flatnonzero(np.diff(burned + line + crews) != 0)
    last = float(t[changing[-1] + 1]) if len(changing) else float(t[-1])
    clock_axis(working, folder, 0.0, min(float(t[-1]), max(last * TAIL, LEAST_S)), words("axis.clock"))
    figure.align_ylabels(rows)
    return figure


MARKED = 3
"""Containments marked at most: fires are contained one by one."""
