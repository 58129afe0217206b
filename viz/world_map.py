"""The map of a World as built: land cover under hillshade, the roads by class, the places by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from sim.world.classes import LandCover, LinkKind, RoadClass
from sim.world.world import World
from viz.figures.labels import Label, place_labels
from viz.fonts import lettered
from viz.terrain import COVER_RGB, RELIEF, SUN_HEIGHT_DEG, hillshade

MAP_IN = 11.5
"""Longer side of the map (in)."""
SHORTEST_IN = 5.5
LEGEND_IN = 1.9
TITLE_IN = 0.4
MARGIN_IN = 0.08
DPI = 150
PALE = 0.62
"""How much of the ground's colour is taken away outside the county."""
PAPER = np.array([246, 245, 242], np.float32)
INK = "#2b2f33"
SHADE = 0.75
ROADS: dict[RoadClass, tuple[str, float]] = {
    RoadClass.STREET: ("#8f7f86", 0.22),
    RoadClass.VILLAGE: ("#8d6e63", 0.45),
    RoadClass.COUNTY: ("#6d4c41", 1.1),
    RoadClass.PROVINCIAL: ("#d17a00", 1.7),
    RoadClass.NATIONAL: ("#b3261e", 2.1),
    RoadClass.EXPRESSWAY: ("#1b6b3a", 2.4),
}
"""Colour and width (pt) by class, drawn in this order."""
FERRY_COLOUR = "#0b4f8a"
PLACES = {
    "unit": ("o", 26, "#1d2733", 10.0),
    "site": ("^", 24, "#2e6b3f", 7.5),
    "gateway": ("s", 14, "#555555", 7.0),
}
"""Marker, its size and colour, size of the name (pt) by kind of place; the first is lettered first."""
SCALE_KM = 10


def world_map(world: World, title: str) -> Figure:
    """Return the map of a World as a figure; place names in Chinese, as the facts write them."""
    with lettered():
        ny, nx = world.grid.shape
        scale = MAP_IN / max(ny, nx)
        wide, high = scale * nx, max(scale * ny, SHORTEST_IN)
        full_w, full_h = wide + LEGEND_IN + 2 * MARGIN_IN, high + TITLE_IN + MARGIN_IN
        figure = Figure(figsize=(full_w, full_h), dpi=DPI)
        ax = figure.add_axes((MARGIN_IN / full_w, MARGIN_IN / full_h, wide / full_w, high / full_h))
        grid = world.grid
        extent = (grid.x0_m, grid.x0_m + nx * grid.cell_m, grid.y0_m - ny * grid.cell_m, grid.y0_m)
        ax.imshow(ground(world), extent=extent, interpolation="bilinear", zorder=0)
        ax.contour(
            world.layers["inside"],
            levels=[0.5],
            extent=extent,
            origin="upper",
            colors="#5b4a57",
            linewidths=0.9,
            linestyles="dashed",
            zorder=1,
        )
        ax.set_xlim(extent[0], extent[1])
        ax.set_ylim(extent[2], extent[3])
        ax.set_xticks([])
        ax.set_yticks([])
        ax.apply_aspect()
        _roads(ax, world)
        _places(ax, world)
        _scale_bar(ax, extent)
        figure.text(MARGIN_IN / full_w, 1 - 0.28 / full_h, title, fontsize=13, color=INK)
        _legend(figure, 1 - LEGEND_IN / full_w, high / full_h, world)
        return figure


def write_world_map(world: World, path: Path, title: str) -> Path:
    """Write the map as a PNG, to a temporary name first; return its path."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    temporary = path.with_name(f".{path.name}.part")
    with lettered():
        FigureCanvasAgg(world_map(world, title)).print_figure(str(temporary), dpi=DPI, format="png")
    temporary.replace(path)
    return path


def ground(world: World) -> NDArray[np.uint8]:
    """Return the ground as an image (ny, nx, 3): land cover in muted colours, lit from the north-west."""
    palette = np.full((256, 3), PAPER, np.float32)
    for code, rgb in COVER_RGB.items():
        palette[code] = rgb
    cover = world.layers["land_cover"]
    image = palette[cover]
    flat = np.sin(np.radians(SUN_HEIGHT_DEG))
    light = 1.0 + SHADE * (hillshade(world.layers["elevation_m"] / RELIEF * 1.6, world.grid.cell_m) - flat)
    light[(cover == LandCover.SEA) | (cover == LandCover.WATER)] = 1.0
    image = image * light[:, :, None]
    beyond = ~world.layers["inside"] & (cover != LandCover.SEA)
    image[beyond] = (1 - PALE) * image[beyond] + PALE * PAPER
    return np.clip(image, 0, 255).astype(np.uint8)


def _roads(ax: Axes, world: World) -> None:
    links, nodes = world.roads.links, world.roads.nodes
    one_way = (links["reverse"] < 0) | (np.arange(len(links["tail"])) < links["reverse"])
    segments = np.stack(
        [
            np.column_stack([nodes["x"][links["tail"]], nodes["y"][links["tail"]]]),
            np.column_stack([nodes["x"][links["head"]], nodes["y"][links["head"]]]),
        ],
        axis=1,
    )
    ferry = links["kind"] == LinkKind.FERRY
    for order, (road_class, (colour, width)) in enumerate(ROADS.items()):
        chosen = one_way & ~ferry & (links["road_class"] == road_class)
        ax.add_collection(
            LineCollection(
                list(segments[chosen]),
                colors=colour,
                linewidths=width,
                capstyle="round",
                zorder=2 + 0.1 * order,
            )
        )
    crossing = one_way & ((links["kind"] == LinkKind.BRIDGE) | (links["kind"] == LinkKind.TUNNEL))
    ax.add_collection(LineCollection(list(segments[crossing]), colors="#111111", linewidths=3.2, zorder=2.15))
    ax.add_collection(
        LineCollection(
            list(segments[one_way & ferry]),
            colors=FERRY_COLOUR,
            linewidths=1.8,
            linestyles="dashed",
            zorder=3,
        )
    )


def _places(ax: Axes, world: World) -> None:
    villages = world.places.of_kind("village")
    ax.scatter(
        [p.x for p in villages],
        [p.y for p in villages],
        s=[1.5 + p.residents / 900 for p in villages],
        c="#7a2d3b",
        linewidths=0,
        alpha=0.75,
        zorder=4,
    )
    labels = [Label(p.x, p.y, p.name_zh, 3, 6.0, "#4a3238") for p in villages if p.grade != "synthetic"]
    for rank, (kind, (marker, size, colour, points)) in enumerate(PLACES.items()):
        places = world.places.of_kind(kind)
        ax.scatter(
            [p.x for p in places],
            [p.y for p in places],
            s=size,
            c=colour,
            marker=marker,
            edgecolors="white",
            linewidths=0.8,
            zorder=5,
        )
        labels += [Label(p.x, p.y, p.name_zh, rank, points, colour) for p in places]
    place_labels(ax, labels, [(p.x, p.y) for p in world.places if p.kind != "village"])


def _scale_bar(ax: Axes, extent: tuple[float, float, float, float]) -> None:
    x, y = extent[0] + 0.03 * (extent[1] - extent[0]), extent[2] + 0.035 * (extent[3] - extent[2])
    ax.plot([x, x + SCALE_KM * 1000], [y, y], color=INK, linewidth=2.5, solid_capstyle="butt", zorder=8)
    ax.text(x, y, f" {SCALE_KM} km", va="bottom", fontsize=8, color=INK, zorder=8)


def _legend(figure: Figure, left: float, top: float, world: World) -> None:
    handles: list[Patch | Line2D] = [
        Line2D([], [], color=colour, linewidth=max(width, 0.6), label=f"{road_class.name.lower()} road")
        for road_class, (colour, width) in reversed(ROADS.items())
        if road_class != RoadClass.STREET
    ]
    handles += [
        Line2D([], [], color=ROADS[RoadClass.STREET][0], linewidth=0.6, label="street (synthetic)"),
        Line2D([], [], color="#111111", linewidth=3.2, label="bridge, tunnel"),
        Line2D([], [], color=FERRY_COLOUR, linewidth=1.8, linestyle="dashed", label="ferry"),
        Line2D([], [], color="none", marker="o", markerfacecolor="#1d2733", label="seat of a unit"),
        Line2D([], [], color="none", marker="^", markerfacecolor="#2e6b3f", label="site"),
        Line2D([], [], color="none", marker="s", markerfacecolor="#555", label="gateway"),
        Line2D(
            [],
            [],
            color="none",
            marker="o",
            markersize=4,
            markerfacecolor="#7a2d3b",
            markeredgecolor="none",
            label="village (most synthetic)",
        ),
    ]
    present = np.bincount(world.layers["land_cover"].ravel(), minlength=len(LandCover))
    handles += [
        Patch(
            facecolor="#" + bytes(COVER_RGB[kind]).hex(),
            edgecolor="#999",
            linewidth=0.4,
            label=kind.name.lower().replace("_", " "),
        )
        for kind in LandCover
        if present[kind] and kind != LandCover.OUTSIDE
    ]
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(left, top),
        borderaxespad=0.2,
        fontsize=8,
        frameon=False,
        labelspacing=0.65,
        handlelength=1.6,
    )
