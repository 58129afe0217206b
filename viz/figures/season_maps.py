"""Maps of a fire season: villages in four colours by expected loss, and how likely each cell is to burn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from sim.world.world import World
from viz.figures.labels import Label, place_labels
from viz.figures.spread_map import draw_scale_bar
from viz.figures.style import FAINT, INK, WIDTH_IN, in_house_style, new_figure
from viz.terrain import WATERS
from viz.words import Words
from viz.world_map import ground

COLOURS = ("red", "orange", "yellow", "blue")
FOUR = {"red": "#d7301f", "orange": "#f58b1f", "yellow": "#ffe45c", "blue": "#3f7fbf"}
"""The four colours of China's risk maps, far enough apart in lightness to be told in grey."""
COVERING = 0.62
"""How much of the ground a village's colour covers."""
FADED = 0.55
"""How much of the ground's colour is taken away under a map of chances."""
HEAT = LinearSegmentedColormap.from_list("heat", ("#ffe7a3", "#f9a33b", "#dd4a1f", "#8c1420", "#3b0a1e"))
PAPER = np.array([246, 245, 242], np.float32)
SIDE_IN = 2.75
"""Width left for the legend."""
TITLE_IN = 0.42
EDGE_IN = 0.06
BORDER = "#5b4a57"


@dataclass(frozen=True)
class SeasonMap:
    """What a map of a design point shows: arrays of (ny, nx) on the World's grid, or a value a village."""

    label: str
    county: str
    world: World
    village_of: NDArray[np.int32]
    """Row of the village each cell belongs to, -1 for none."""
    burn_probability: NDArray[np.float32]
    seasons: int
    loss_yuan: NDArray[np.float64]
    """Expected loss of each village a year."""
    thresholds: dict[str, float]
    starts: NDArray[np.float64]
    """Where fires began, (fires, 2), m."""


def colour_rows(loss: NDArray[np.float64], thresholds: dict[str, float]) -> NDArray[np.intp]:
    """Return each village's colour as its row in COLOURS."""
    return np.select([loss >= thresholds[name] for name in COLOURS[:3]], [0, 1, 2], 3)


@in_house_style
def four_colour_map(shown: SeasonMap, words: Words) -> Figure:
    """Draw each village's ground in the colour of its expected loss."""
    world, names = shown.world, COLOURS
    colour = colour_rows(shown.loss_yuan, shown.thresholds)
    image = ground(world).astype(np.float32)
    palette = np.array([_rgb(FOUR[name]) for name in names], np.float32)
    # a lake is nobody's to lose
    here = (shown.village_of >= 0) & ~np.isin(world.layers["land_cover"], [int(code) for code in WATERS])
    image[here] = (1 - COVERING) * image[here] + COVERING * palette[colour[shown.village_of[here]]]
    figure, ax, side = _frame(world, words("season.risk.title", county=shown.county, plan=shown.label))
    _show(ax, world, np.clip(image, 0, 255).astype(np.uint8))
    _village_borders(ax, world, shown.village_of)
    villages = world.places.of_kind("village")
    ax.scatter([v.x for v in villages], [v.y for v in villages], s=4, c="#3a2530", linewidths=0, alpha=0.8, zorder=4)
    _places(ax, world, words)
    count = np.bincount(colour, minlength=len(names))
    handles: list[Any] = [
        Patch(facecolor=FOUR[name], edgecolor="#8a8a8a", linewidth=0.5, label=words(
            f"season.risk.{name}", n=int(count[row]),
            **({"least": f"{shown.thresholds[name]:,.0f}"} if name in shown.thresholds else {})))
        for row, name in enumerate(names)
    ]
    handles.append(Line2D([], [], linestyle="none", marker="o", markersize=3, color="#3a2530",
                          label=words("season.risk.village")))
    side.legend(handles=handles, title=_lines(words("season.risk.villages")), loc="upper left", fontsize=8.2,
                title_fontsize=8.8, alignment="left", frameon=False, borderaxespad=0, labelspacing=0.7)
    _note(side, words("season.risk.note", seasons=shown.seasons))
    return figure


@in_house_style
def burn_map(shown: SeasonMap, words: Words) -> Figure:
    """Draw in how many of the seasons each cell burned."""
    world = shown.world
    chance = np.asarray(shown.burn_probability, np.float64)
    least = 1.0 / max(shown.seasons, 1)
    most = max(float(chance.max(initial=0.0)), 2.0 * least)
    image = (1 - FADED) * ground(world).astype(np.float32) + FADED * PAPER
    norm = LogNorm(least, most)
    burned = chance > 0.0
    colours: Colormap = HEAT
    image[burned] = 255.0 * colours(norm(chance[burned]))[:, :3]
    figure, ax, side = _frame(world, words("season.burn.title", county=shown.county, plan=shown.label))
    _show(ax, world, np.clip(image, 0, 255).astype(np.uint8))
    if len(shown.starts):
        ax.scatter(shown.starts[:, 0], shown.starts[:, 1], s=5, marker="x", c="#20343f", linewidths=0.5, alpha=0.55,
                   zorder=4)
    _places(ax, world, words)
    side.text(0.0, 1.0, _lines(words("season.burn.legend")), fontsize=8.8, color=INK, va="top")
    bar = side.inset_axes((0.0, 0.42, 0.09, 0.47))
    ticks = [value for value in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if least <= value <= most]
    shades = figure.colorbar(ScalarMappable(norm, colours), cax=bar, ticks=ticks or [least], format=_percent)
    shades.minorticks_off()
    bar.tick_params(labelsize=8)
    side.legend(handles=[Line2D([], [], linestyle="none", marker="x", markersize=4, color="#20343f",
                                label=words("season.burn.start"))],
                loc="upper left", bbox_to_anchor=(0.0, 0.34), fontsize=8.2, frameon=False, borderaxespad=0)
    _note(side, words("season.burn.note", seasons=shown.seasons, least=f"{100 * least:.3g} %"))
    return figure


def _note(side: Axes, text: str) -> None:
    side.text(0.0, 0.0, _lines(text), fontsize=7.8, color=FAINT, va="bottom", linespacing=1.45)


def _lines(text: str) -> str:
    """Return words with a line break where they have a bar."""
    return text.replace("|", "\n")


def _percent(value: float, _: object) -> str:
    return f"{100 * value:.3g} %"


def _frame(world: World, title: str) -> tuple[Figure, Axes, Axes]:
    """Return a figure with room for the county as it lies and for a legend on the right."""
    ny, nx = world.grid.shape
    wide = WIDTH_IN - SIDE_IN - 2 * EDGE_IN
    high = min(wide * ny / nx, 8.0)
    wide = high * nx / ny
    full_w, full_h = wide + SIDE_IN + 2 * EDGE_IN, max(high, 3.0) + TITLE_IN + EDGE_IN
    figure = new_figure(full_h, full_w)
    figure.set_layout_engine("none")
    ax = figure.add_axes((EDGE_IN / full_w, EDGE_IN / full_h, wide / full_w, high / full_h))
    side = figure.add_axes(((wide + 3.2 * EDGE_IN) / full_w, EDGE_IN / full_h, (SIDE_IN - 0.2) / full_w, high / full_h))
    side.set_axis_off()
    figure.text(EDGE_IN / full_w, 1 - 0.28 / full_h, title, fontsize=11.5, color=INK)
    return figure, ax, side


def _show(ax: Axes, world: World, image: NDArray[np.uint8]) -> None:
    grid = world.grid
    extent = (grid.x0_m, grid.x0_m + grid.nx * grid.cell_m, grid.y0_m - grid.ny * grid.cell_m, grid.y0_m)
    ax.imshow(image, extent=extent, interpolation="antialiased", zorder=0)
    ax.contour(world.layers["inside"], levels=[0.5], extent=extent, origin="upper", colors=BORDER, linewidths=0.9,
               zorder=3)
    ax.set_xlim(extent[0], extent[1])
    ax.set_ylim(extent[2], extent[3])
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_color("#9aa3a9")
    ax.apply_aspect()


def _village_borders(ax: Axes, world: World, village_of: NDArray[np.int32]) -> None:
    """Draw thin lines where one village's ground meets another's."""
    grid = world.grid
    edge = np.zeros(village_of.shape, np.bool_)
    edge[:, 1:] |= village_of[:, 1:] != village_of[:, :-1]
    edge[1:] |= village_of[1:] != village_of[:-1]
    image = np.zeros((*edge.shape, 4), np.float32)
    image[edge] = (1.0, 1.0, 1.0, 0.55)
    extent = (grid.x0_m, grid.x0_m + grid.nx * grid.cell_m, grid.y0_m - grid.ny * grid.cell_m, grid.y0_m)
    ax.imshow(image, extent=extent, interpolation="antialiased", zorder=1)


def _places(ax: Axes, world: World, words: Words) -> None:
    grid = world.grid
    units = [p for p in world.places if p.kind in ("unit", "site")]
    ax.scatter([p.x for p in units], [p.y for p in units], s=16, c="#1d2733", edgecolors="white", linewidths=0.7,
               zorder=5)
    labels = [Label(p.x, p.y, (p.name_zh if words.lang == "zh" else p.name) or p.name_zh,
                    0 if p.kind == "unit" else 1, 8.2 if p.kind == "unit" else 7.4, INK) for p in units]
    place_labels(ax, labels, [(p.x, p.y) for p in units])
    draw_scale_bar(ax, (grid.x0_m, grid.x0_m + grid.nx * grid.cell_m, grid.y0_m - grid.ny * grid.cell_m, grid.y0_m),
                   words("unit.km"), room=1.25)


def _rgb(colour: str) -> tuple[int, int, int]:
    return tuple(bytes.fromhex(colour[1:]))  # type: ignore[return-value]
