"""Maps of the roads during an evacuation: which were used, where time was lost, where vehicles stood when."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from viz.facts import RunFacts
from viz.figures.labels import Label, place_labels
from viz.figures.spread_map import draw_scale_bar
from viz.figures.style import FAINT, INK, in_house_style, new_figure, say_instead
from viz.terrain import ground_rgb

MOMENTS = 6
COLUMNS = 3
LEAST_STANDING = 10
"""A map needs so many vehicles standing in queue: one or two at a junction are none."""
SHARE_OF_WORST = 0.05
"""Moments with fewer vehicles standing than this share of the worst are not worth a map."""
SMALLEST_VIEW_M = 4000.0
QUEUE_COLOURS = ("#fdbb84", "#f16913", "#cb181d", "#67000d")
QUEUE_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
USE_COLOURS = ("#9ecae1", "#4292c6", "#08519c", "#08306b")
LOST_COLOURS = ("#fdbb84", "#f16913", "#cb181d", "#67000d")
WIDTHS = (1.1, 1.9, 2.8, 3.8)
FULL_WIDTH_TO_M = 25_000.0
THINNEST = 0.5
"""Lines are of full width on maps up to so wide, and of this share of it at the least on wider ones."""
PALE = 0.72
"""How far the ground fades to white under the roads."""
ROAD_GREY = "#c3c9cd"

NUMBER_PT = 11.0
"""How far apart two numbers stand at least, in points."""
BESIDE = ((0, 0), (12, 0), (-12, 0), (0, 12), (0, -12), (12, 12), (-12, 12), (12, -12), (-12, -12))

View = tuple[float, float, float, float]


def queue_moments(t: dict[str, NDArray[Any]], count: int = MOMENTS) -> list[int]:
    """Return the samples worth a map: the worst first, then others spread over the jammed time, in order of time."""
    standing = t["queue"].sum(axis=1, dtype=np.int64)
    if not len(standing) or standing.max() < LEAST_STANDING:
        return []
    worst = int(np.argmax(standing))
    jammed = np.flatnonzero(standing >= max(LEAST_STANDING, SHARE_OF_WORST * float(standing[worst])))
    others = jammed[jammed != worst]
    if len(others) > count - 1:
        others = others[np.unique(np.rint(np.linspace(0, len(others) - 1, count - 1)).astype(int))]
    return [worst, *others.tolist()]


def quarters(values: NDArray[Any], least: float = 0.0) -> list[float]:
    """Return four round lower bounds, 1-2-5 steps, that part the values above ``least``; fewer for few values."""
    top = float(values.max(initial=0.0))
    steps = [b * 10.0**e for e in range(-2, 7) for b in (1, 2, 5)]
    below = [step for step in steps if least <= step < top]
    return below[-1:-12:-3][:4][::-1]


@in_house_style
def traffic_maps(facts: RunFacts) -> Figure:
    """Draw two maps side by side: vehicles that used each road, and the vehicle-hours lost on it."""
    words, t = facts.words, facts.folder.traffic
    if t is None or not t["entered"].any():
        return _empty(words("fig.traffic.use"), words("fig.traffic.none"))
    view = roads_view(facts, t["entered"] > 0)
    figure = new_figure(1.0 + _height(view, 2))
    axes = figure.subplots(1, 2)
    ground = _pale_ground(facts)
    for ax, values, colours, title, least in (
        (axes[0], t["entered"].astype(float), USE_COLOURS, "fig.traffic.use", 1.0),
        (axes[1], t["lost_vehh"].astype(float), LOST_COLOURS, "fig.traffic.lost", 0.1),
    ):
        bounds = quarters(values, least) or [least]
        _map(ax, facts, ground, view, words(title))
        # Roads too small for the lowest band but used are drawn in it: what is grey was not used at all.
        band = np.maximum(np.digitize(values, bounds) - 1, 0)
        handles = _links(ax, facts, np.where(values >= least, band, -1), colours[-len(bounds):],
                         _widths(view, 1.0)[-len(bounds):])
        names = [words("fig.traffic.from_to", a=_short(a if i else least), b=_short(b))
                 for i, (a, b) in enumerate(pairwise(bounds))]
        names.append(words("fig.traffic.over", a=_short(bounds[-1] if len(bounds) > 1 else least)))
        ax.legend(handles=handles, labels=names, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=4,
                  fontsize=7.8, frameon=False, handlelength=1.4, columnspacing=1.2)
    figure.draw_without_rendering()
    _names(axes[0], facts, [])
    _names(axes[1], facts, _numbers(axes[1], facts))
    draw_scale_bar(axes[0], view, words("unit.km"))
    return figure


@in_house_style
def queue_maps(facts: RunFacts) -> Figure:
    """Draw where vehicles stood in queue at up to six moments, the worst first."""
    words, folder, t = facts.words, facts.folder, facts.folder.traffic
    moments = queue_moments(t) if t is not None else []
    if t is None or not moments:
        return _empty(words("fig.queues.title"), words("fig.queues.none"))
    rows = -(-len(moments) // COLUMNS)
    view = roads_view(facts, t["queue"][moments].max(axis=0) > 0)
    figure = new_figure(0.95 + rows * (_height(view, COLUMNS) + 0.28))
    figure.suptitle(words("fig.queues.title"), x=0.008, ha="left", fontsize=11.5, color=INK)
    axes = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    ground = _pale_ground(facts)
    storage = np.maximum(t["storage"].astype(float), 1.0)
    handles: list[Any] = []
    for ax, k in zip(axes, moments):
        standing = t["queue"][k].astype(float)
        key = "fig.queues.worst" if k == moments[0] else "fig.queues.moment"
        when = folder.clock(float(t["t_s"][k]))
        title = words(key, time=f"{when:%H:%M}" if when.date() == folder.start.date() else f"{when:%m-%d %H:%M}",
                      n=f"{int(standing.sum()):,}")
        _map(ax, facts, ground, view, title, size=9.0)
        band = np.digitize(np.minimum(standing / storage, 0.9999), QUEUE_SHARES[1:])
        handles = _links(ax, facts, np.where(standing > 0, band, -1), QUEUE_COLOURS, _widths(view, 0.8))
    for ax in axes[len(moments):]:
        ax.set_axis_off()
    for spine in axes[0].spines.values():
        spine.set_color(INK)
        spine.set_linewidth(1.8)
    names = [words("fig.queues.band", a=f"{100 * a:.0f}", b=f"{100 * b:.0f}")
             for a, b in pairwise(QUEUE_SHARES)]
    legend = figure.legend(handles=handles, labels=names, loc="outside lower center", ncols=4, fontsize=8.5,
                           frameon=False, title=words("fig.queues.share"), title_fontsize=8.5)
    legend.get_title().set_color(FAINT)
    figure.draw_without_rendering()
    _names(axes[0], facts, _numbers(axes[0], facts))
    draw_scale_bar(axes[0], view, words("unit.km"), room=1.7)
    return figure


def roads_view(facts: RunFacts, links: NDArray[np.bool_]) -> View:
    """Return west, east, south, north in m of a box around some links, a little wider, within the county's raster."""
    t, grid = facts.folder.tracks, facts.folder.grid
    nodes = np.concatenate([t["link_tail"][links], t["link_head"][links]])
    if not len(nodes):
        return grid.extent
    west, east = float(t["node_x"][nodes].min()), float(t["node_x"][nodes].max())
    south, north = float(t["node_y"][nodes].min()), float(t["node_y"][nodes].max())
    half = [max((b - a) * 0.56, SMALLEST_VIEW_M / 2) for a, b in ((west, east), (south, north))]
    # Neither a ribbon nor a tower: at most 3 to 2 one way or the other.
    half[0], half[1] = max(half[0], half[1] / 1.5), max(half[1], half[0] / 1.5)
    # Within the raster where it fits, so that no map has empty edges.
    x, y = (west + east) / 2, (south + north) / 2
    x = min(max(x, grid.extent[0] + half[0]), max(grid.extent[1] - half[0], grid.extent[0] + half[0]))
    y = max(min(y, grid.extent[3] - half[1]), min(grid.extent[2] + half[1], grid.extent[3] - half[1]))
    return x - half[0], x + half[0], y - half[1], y + half[1]


def _widths(view: View, share: float) -> list[float]:
    """Return the lines' widths: thinner where the map shows much of a county, and on a small map."""
    thin = min(1.0, max(THINNEST, FULL_WIDTH_TO_M / (view[1] - view[0])))
    return [share * thin * width for width in WIDTHS]


def _height(view: View, columns: int) -> float:
    """Return how many inches high a map of this view is when so many stand side by side."""
    return (9.2 / columns - 0.15) * (view[3] - view[2]) / (view[1] - view[0])


def _pale_ground(facts: RunFacts) -> NDArray[np.uint8]:
    ground = ground_rgb(facts.folder).astype(float)
    step = max(1, round(max(ground.shape[:2]) / 900))
    return (ground[::step, ::step] * (1 - PALE) + 255 * PALE).astype(np.uint8)


def _map(ax: Axes, facts: RunFacts, ground: NDArray[np.uint8], view: View, title: str, size: float = 10.5) -> None:
    """Draw the pale ground and the roads in grey, and set the view."""
    ax.imshow(ground, extent=facts.folder.grid.extent, interpolation="bilinear", zorder=0)
    ax.set_xlim(view[0], view[1])
    ax.set_ylim(view[2], view[3])
    ax.set_aspect("equal", adjustable="box")
    ax.set_facecolor("#f1f2f3")
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_color("#9aa3a9")
    ax.set_title(title, loc="left", fontsize=size, color=INK, pad=4)
    t = facts.folder.tracks
    thin = t["link_tail"] < t["link_head"]
    for lowest, highest, width in ((0, 2, 0.9), (3, 3, 0.6), (4, 9, 0.35)):
        of = thin & (t["link_class"] >= lowest) & (t["link_class"] <= highest)
        ax.add_collection(LineCollection(_segments(t, of), colors=ROAD_GREY, linewidths=width, zorder=2), autolim=False)


def _segments(t: dict[str, NDArray[Any]], of: NDArray[Any]) -> list[NDArray[Any]]:
    ends = [np.column_stack([t["node_x"][t[end][of]], t["node_y"][t[end][of]]]) for end in ("link_tail", "link_head")]
    return list(np.stack(ends, 1))


def _links(ax: Axes, facts: RunFacts, band: NDArray[Any], colours: Sequence[str],
           widths: Sequence[float]) -> list[Line2D]:
    """Draw links by band (links,), -1 for none, the highest on top; return a handle a band."""
    handles = []
    for i, (colour, width) in enumerate(zip(colours, widths)):
        of = np.flatnonzero(band == i)
        if len(of):
            ax.add_collection(LineCollection(_segments(facts.folder.tracks, of), colors=colour, linewidths=width,
                                             capstyle="round", zorder=3 + i), autolim=False)
        handles.append(Line2D([], [], color=colour, linewidth=width))
    return handles


def _numbers(ax: Axes, facts: RunFacts) -> list[tuple[float, float]]:
    """Put the bottlenecks' numbers where their queues begin, those that would lie on a worse one's beside it.

    Returns points of the map, in m, that names should keep off.
    """
    taken: list[tuple[float, float]] = []
    west, east, (south, north) = *ax.get_xlim(), ax.get_ylim()
    points = 72.0 / ax.figure.dpi
    for row in (facts.folder.evacuation or {}).get("bottlenecks", []):
        if not (west <= row["x"] <= east and south <= row["y"] <= north):
            continue
        px, py = ax.transData.transform((row["x"], row["y"])) * points
        dx, dy = next(((dx, dy) for dx, dy in BESIDE if all(
            np.hypot(px + dx - x, py + dy - y) >= NUMBER_PT for x, y in taken)), BESIDE[0])
        taken.append((px + dx, py + dy))
        ax.annotate(str(row["rank"]), (row["x"], row["y"]), xytext=(dx, dy), textcoords="offset points", ha="center",
                    va="center_baseline", fontsize=6.6, color="white", zorder=30 - row["rank"] / 10,
                    bbox={"boxstyle": "circle,pad=0.22", "fc": INK, "ec": "white", "lw": 0.8})
    edge = NUMBER_PT / 3
    pixels = [((x + dx) / points, (y + dy) / points) for x, y in taken for dx in (-edge, edge) for dy in (-edge, edge)]
    return [tuple(ax.transData.inverted().transform(at)) for at in pixels]


def _names(ax: Axes, facts: RunFacts, obstacles: list[tuple[float, float]]) -> None:
    """Write the towns' names where there is room."""
    t, names = facts.folder.tracks, facts.names("place")
    towns = np.flatnonzero(t["place_kind"] == "unit")
    place_labels(ax, [Label(float(t["place_x"][i]), float(t["place_y"][i]), names[str(t["place_id"][i])], 0, 7.6,
                            FAINT) for i in towns], obstacles)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def _empty(title: str, text: str) -> Figure:
    figure = new_figure(1.8)
    ax = figure.add_subplot()
    ax.set_title(title, loc="left", fontsize=11.5, color=INK)
    say_instead(ax, text)
    return figure
