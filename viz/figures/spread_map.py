"""The map of a run: how far the hazard came hour by hour, who was sent where, who was ordered out."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from sim.world.classes import RoadClass
from viz.facts import TEAM, TRUCK, RunFacts
from viz.figures.labels import Label, place_labels
from viz.figures.style import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE, WIDTH_IN, in_house_style, new_figure
from viz.terrain import ground_rgb

ROAD_WIDTH = {
    RoadClass.EXPRESSWAY: 2.6,
    RoadClass.NATIONAL: 2.0,
    RoadClass.PROVINCIAL: 1.6,
    RoadClass.COUNTY: 1.1,
    RoadClass.VILLAGE: 0.55,
    RoadClass.STREET: 0.3,
}
ROAD_COLOUR = {
    RoadClass.EXPRESSWAY: "#8d6e63",
    RoadClass.NATIONAL: "#a1887f",
    RoadClass.PROVINCIAL: "#a1887f",
    RoadClass.COUNTY: "#b8aaa2",
    RoadClass.VILLAGE: "#c4bbb4",
    RoadClass.STREET: "#cfc8c2",
}
BANDS = 6
AT_WORK = (4, 5)
"""Statuses of a mover at work or at rest on scene."""
HEAT = ("#7f1d1d", "#b42318", "#d9480f", "#f08c00", "#fab005", "#ffe066")
"""Reached first, dark, to reached last, light: they differ in lightness too."""
SMALLEST_VIEW_M = 6_000.0
MAP_HEIGHT_IN = 5.9
MAP_FRAME = (0.005, 0.015, 0.735, 0.92)
"""Left, bottom, width, height of the map as shares of the figure."""
ASPECT = (MAP_FRAME[2] * WIDTH_IN) / (MAP_FRAME[3] * MAP_HEIGHT_IN)


@in_house_style
def spread_map(facts: RunFacts) -> Figure:
    """Draw where the hazard was when, over the ground and roads, with teams, line, shelters and villages."""
    words, folder = facts.words, facts.folder
    figure = new_figure(MAP_HEIGHT_IN)
    figure.set_layout_engine("none")
    ax = figure.add_axes(MAP_FRAME)
    view = view_box(facts)
    ax.set_xlim(view[0], view[1])
    ax.set_ylim(view[2], view[3])
    ax.set_aspect("equal", adjustable="box", anchor="W")
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_color("#9aa3a9")
    ground = ground_rgb(folder)
    ax.imshow(ground, extent=folder.grid.extent, interpolation="bilinear", zorder=0)
    ax.set_xlim(view[0], view[1])
    ax.set_ylim(view[2], view[3])
    ax.apply_aspect()
    _roads(ax, folder.tracks, view)
    handles: list[Any] = _isochrones(ax, facts)
    handles += _tracks(ax, facts)
    labels, obstacles = _points(ax, facts, handles)
    place_labels(ax, labels, obstacles)
    draw_scale_bar(ax, view, words("unit.km"))
    side = figure.add_axes((0.755, 0.33, 0.24, 0.61))
    side.set_axis_off()
    side.legend(handles=handles, loc="upper left", fontsize=8.4, frameon=False, borderaxespad=0,
                labelspacing=0.55, handlelength=1.8)
    _overview(figure, facts, ground, view)
    figure.text(0.008, 0.958, words("fig.map.title"), fontsize=11.5, color=INK)
    return figure


def view_box(facts: RunFacts) -> tuple[float, float, float, float]:
    """Return west, east, south, north in m of what a map must show: hazard, orders, teams at work."""
    folder, t = facts.folder, facts.folder.tracks
    grid = folder.grid
    xs: list[float] = []
    ys: list[float] = []
    for row in folder.arrivals:
        rows, cols = np.nonzero(np.isfinite(folder.layer(row["key"])))
        if len(rows):
            xs += [grid.x0_m + cols.min() * grid.cell_m, grid.x0_m + (cols.max() + 1) * grid.cell_m]
            ys += [grid.y0_m - rows.min() * grid.cell_m, grid.y0_m - (rows.max() + 1) * grid.cell_m]
    where = {str(key): i for i, key in enumerate(t["place_id"])}
    for event in facts.of("warning_order", "on_scene", "ignition", "release"):
        if event["place"] in where and event["kind"] == "warning_order":
            xs.append(float(t["place_x"][where[event["place"]]]))
            ys.append(float(t["place_y"][where[event["place"]]]))
        elif np.isfinite(event["x"]):
            xs.append(event["x"])
            ys.append(event["y"])
    if not xs:
        return grid.extent
    wide, high = max(xs) - min(xs), max(ys) - min(ys)
    middle_x, middle_y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    high = max(high * 1.25, wide * 1.25 / ASPECT, SMALLEST_VIEW_M / ASPECT)
    wide = high * ASPECT
    return middle_x - wide / 2, middle_x + wide / 2, middle_y - high / 2, middle_y + high / 2


def _inside(x: NDArray[Any], y: NDArray[Any], view: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    return (x >= view[0]) & (x <= view[1]) & (y >= view[2]) & (y <= view[3])


def _roads(ax: Axes, t: dict[str, NDArray[Any]], view: tuple[float, float, float, float] | None,
           lowest: int = RoadClass.STREET, thin: float = 1.0) -> None:
    tail, head = t["link_tail"], t["link_head"]
    one_way = (tail < head) & (t["link_class"] <= lowest)
    x, y = t["node_x"], t["node_y"]
    if view is not None:
        one_way &= _inside(x[tail], y[tail], view) | _inside(x[head], y[head], view)
    for klass in sorted(RoadClass, reverse=True):
        of = np.flatnonzero(one_way & (t["link_class"] == klass))
        if not len(of):
            continue
        lines = np.stack(
            [np.column_stack([x[tail[of]], y[tail[of]]]), np.column_stack([x[head[of]], y[head[of]]])], 1
        )
        ax.add_collection(
            LineCollection(
                list(lines),
                colors=ROAD_COLOUR[klass],
                linewidths=thin * ROAD_WIDTH[klass],
                zorder=2,
                capstyle="round",
            ),
            autolim=False,
        )


def band_hours(latest_s: float, first_s: float) -> list[float]:
    """Return the bounds of at most six bands in hours after the onset, at round steps."""
    span = max((latest_s - first_s) / 3600, 0.1)
    step = next((s for s in (0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 24, 48) if span / s <= BANDS), 96.0)
    return [step * i for i in range(int(np.ceil(span / step - 1e-9)) + 1)]


def _isochrones(ax: Axes, facts: RunFacts) -> list[Any]:
    words, folder, grid = facts.words, facts.folder, facts.folder.grid
    handles: list[Any] = []
    x = grid.x0_m + (np.arange(grid.nx) + 0.5) * grid.cell_m
    y = grid.y0_m - (np.arange(grid.ny) + 0.5) * grid.cell_m
    for row in _hazard_layers(facts):
        reached = folder.layer(row["key"]).astype(np.float64)
        known = np.isfinite(reached)
        if not known.any():
            continue
        rows, cols = np.nonzero(known)
        cut = (slice(max(rows.min() - 2, 0), rows.max() + 3), slice(max(cols.min() - 2, 0), cols.max() + 3))
        hours = (reached[cut] - facts.onset_s) / 3600
        bounds = band_hours(float(reached[known].max()), facts.onset_s)
        band = np.digitize(hours, bounds[1:], right=True).astype(float)
        band[~np.isfinite(hours)] = np.nan
        count = len(bounds) - 1
        colours = [HEAT[round(i * (len(HEAT) - 1) / max(count - 1, 1))] for i in range(count)]
        west, north = grid.x0_m + cut[1].start * grid.cell_m, grid.y0_m - cut[0].start * grid.cell_m
        ax.imshow(
            band,
            cmap=ListedColormap(colours),
            vmin=-0.5,
            vmax=count - 0.5,
            alpha=0.62,
            interpolation="nearest",
            zorder=3,
            extent=(west, west + band.shape[1] * grid.cell_m, north - band.shape[0] * grid.cell_m, north),
        )
        far = np.where(np.isfinite(hours), hours, bounds[-1] * 4 + 1)
        if min(far.shape) > 2 and count > 1:
            lines = ax.contour(
                x[cut[1]], y[cut[0]], far, levels=bounds[1:-1], colors="#5c1414", linewidths=0.8, zorder=4
            )
            ax.clabel(lines, fmt=lambda v: f"{v:g} {words('unit.h')}", fontsize=7.5, inline_spacing=2)
        ax.contour(x[cut[1]], y[cut[0]], np.isfinite(hours).astype(float), levels=[0.5], colors="#3b0d0d",
                   linewidths=1.3, zorder=4)
        handles.append(Line2D([], [], linestyle="none", label=words("fig.map.reached")))
        handles += [Patch(facecolor=colour, alpha=0.75, label=words("fig.map.band", a=f"{a:g}", b=f"{b:g}"))
                    for a, b, colour in zip(bounds, bounds[1:], colours)]
    return handles


def _hazard_layers(facts: RunFacts) -> list[dict[str, Any]]:
    """Return the arrival rasters that are a hazard's reach, not the line built against it."""
    return [row for row in facts.folder.arrivals if "line" not in row["name"]]


def _tracks(ax: Axes, facts: RunFacts) -> list[Any]:
    words, t = facts.words, facts.folder.tracks
    handles: list[Any] = []
    dash: Any
    for kind, colour, dash, key in ((TEAM, BLUE, "-", "fig.map.team_track"),
                                    (TRUCK, "#7a5195", (0, (4, 1.5)), "fig.map.truck_track")):
        drawn = False
        for i in np.flatnonzero(t["mover_kind"] == kind):
            a, b = int(t["mover_start"][i]), int(t["mover_start"][i + 1])
            if b - a < 2:
                continue
            x, y = t["mover_x"][a:b].copy(), t["mover_y"][a:b].copy()
            x[:-1][np.isin(t["mover_status"][a:b - 1], AT_WORK)] = np.nan  # steps of work are no way
            ax.plot(x, y, color=colour, linestyle=dash, linewidth=1.1, alpha=0.75, zorder=6)
            drawn = True
        if drawn:
            handles.append(Line2D([], [], color=colour, linestyle=dash, linewidth=1.4, label=words(key)))
    if facts.line_layer is not None:
        grid, built = facts.folder.grid, np.isfinite(facts.folder.layer(facts.line_layer))
        ax.imshow(np.where(built, 0.0, np.nan), cmap=ListedColormap([LINE_INK]), extent=grid.extent,
                  interpolation="nearest", zorder=7)
    for line in facts.line_built if facts.line_layer is None else []:
        ax.plot(line[:, 1], line[:, 2], color="white", linewidth=4.2, solid_capstyle="round", zorder=7)
        ax.plot(line[:, 1], line[:, 2], color=LINE_INK, linewidth=2.4, solid_capstyle="round", zorder=7.1)
    if facts.line_layer is not None or facts.line_built:
        handles.append(Line2D([], [], color=LINE_INK, linewidth=2.4, label=words("fig.map.line")))
    return handles


LINE_INK = "#1b1b5e"


def _points(ax: Axes, facts: RunFacts, handles: list[Any]) -> tuple[list[Label], list[tuple[float, float]]]:
    """Draw places, bases, shelters, scenes; return their names and points for the labels."""
    words, t = facts.words, facts.folder.tracks
    labels: list[Label] = []
    obstacles: list[tuple[float, float]] = []

    def draw(x: Any, y: Any, marker: str, size: float, face: str, key: str, zorder: float) -> None:
        x, y = np.atleast_1d(x), np.atleast_1d(y)
        if not _inside(x, y, (*ax.get_xlim(), *ax.get_ylim())).any():
            return
        ax.scatter(
            x, y, marker=marker, s=size, facecolor=face, edgecolor="white", linewidth=0.8, zorder=zorder
        )
        obstacles.extend(zip(x.tolist(), y.tolist()))
        handles.append(
            Line2D(
                [],
                [],
                linestyle="none",
                marker=marker,
                markersize=size**0.5,
                markerfacecolor=face,
                markeredgecolor="white",
                label=words(key),
            )
        )

    names = facts.names("place")
    ordered = {v.id for v in facts.villages if v.ordered_s is not None}
    ids = [str(i) for i in t["place_id"]]
    is_ordered = np.array([i in ordered for i in ids], bool)
    quiet = (t["place_kind"] == "village") & ~is_ordered
    if quiet.any():
        ax.scatter(
            t["place_x"][quiet],
            t["place_y"][quiet],
            marker="o",
            s=7,
            facecolor="#78848c",
            linewidth=0,
            zorder=8,
        )
        handles.append(Line2D([], [], linestyle="none", marker="o", markersize=3, markerfacecolor="#78848c",
                              markeredgewidth=0, label=words("fig.map.village")))
    if is_ordered.any():
        draw(t["place_x"][is_ordered], t["place_y"][is_ordered], "^", 62, ORANGE, "fig.map.ordered", 9)
    used = t["shelter_occupancy"].max(axis=0) > 0 if t["shelter_occupancy"].size else np.zeros(0, bool)
    if used.any():
        draw(t["shelter_x"][used], t["shelter_y"][used], "s", 46, GREEN, "fig.map.shelter", 10)
    stations = np.isin(t["base_kind"], ["team", "camp"])
    if stations.any():
        draw(t["base_x"][stations], t["base_y"][stations], "D", 40, BLUE, "fig.map.base", 10)
    stores = t["base_kind"] == "warehouse"
    if stores.any():
        draw(t["base_x"][stores], t["base_y"][stores], "P", 52, "#7a5195", "fig.map.warehouse", 10)
    start = [e for e in facts.of("ignition", "release") if np.isfinite(e["x"])]
    if start:
        draw([e["x"] for e in start], [e["y"] for e in start], "*", 190, PURPLE, "fig.map.onset", 12)
    rank = {"site": 1, "unit": 0, "gateway": 5, "village": 4}
    size = {"unit": 10.5, "site": 9.5}
    for i, key in enumerate(ids):
        kind = str(t["place_kind"][i])
        labels.append(
            Label(
                float(t["place_x"][i]),
                float(t["place_y"][i]),
                names[key],
                2 if is_ordered[i] else rank.get(kind, 4),
                8.2 if is_ordered[i] else size.get(kind, 7.0),
                "#8a4b00" if is_ordered[i] else INK if kind in size else FAINT,
            )
        )
    shelter_names = facts.names("shelter")
    labels += [
        Label(
            float(t["shelter_x"][i]),
            float(t["shelter_y"][i]),
            shelter_names[str(t["shelter_id"][i])],
            3,
            7.4,
            "#00684c",
        )
        for i in np.flatnonzero(used)
    ]
    return labels, obstacles


def draw_scale_bar(ax: Axes, view: tuple[float, float, float, float], km: str, room: float = 1.0) -> None:
    """Draw a scale bar at the lower left of a map of this view (west, east, south, north in m).

    ``room`` is how many times higher its plate is than on a map of the house's width.
    """
    wide = view[1] - view[0]
    length = next((s for s in (200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000) if s > wide / 8), 50_000)
    x, y = view[0] + 0.035 * wide, view[2] + 0.035 * (view[3] - view[2])
    high = 0.006 * (view[3] - view[2])
    ax.add_patch(
        Rectangle(
            (x - 0.012 * wide, y - 2.2 * high),
            length + 0.024 * wide,
            9.5 * high * room,
            facecolor="white",
            alpha=0.82,
            zorder=21,
            linewidth=0,
        )
    )
    ax.add_patch(Rectangle((x, y), length / 2, high, facecolor=INK, zorder=22))
    ax.add_patch(
        Rectangle(
            (x + length / 2, y), length / 2, high, facecolor="white", edgecolor=INK, linewidth=0.6, zorder=22
        )
    )
    ax.text(x + length / 2, y + 1.6 * high, f"{length / 1000:g} {km}", ha="center", va="bottom", fontsize=8,
            color=INK, zorder=22)


def _overview(figure: Figure, facts: RunFacts, ground: NDArray[np.uint8],
              view: tuple[float, float, float, float]) -> None:
    """Draw the whole county small, with a frame where the map is."""
    folder = facts.folder
    ax = figure.add_axes((0.755, 0.015, 0.24, 0.29))
    step = max(1, round(max(folder.grid.nx, folder.grid.ny) / 420))
    ax.imshow(ground[::step, ::step], extent=folder.grid.extent, interpolation="bilinear", zorder=0)
    _roads(ax, folder.tracks, None, RoadClass.COUNTY, thin=0.4)
    west, east, south, north = folder.grid.extent
    ax.set_xlim(west, east)
    ax.set_ylim(south, north)
    ax.set_aspect("equal", anchor="SW")
    ax.add_patch(Rectangle((view[0], view[2]), view[1] - view[0], view[3] - view[2], facecolor="none",
                           edgecolor="#b42318", linewidth=1.6, zorder=9))
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_color("#9aa3a9")
    ax.set_title(
        facts.words("fig.map.overview", county=facts.words.pick(facts.folder.manifest, "county_name")),
        fontsize=8.5,
        color=FAINT,
        loc="left",
        pad=3,
    )
