"""How a forest fire burned: flames by what can attack them, and its smoke over the country around."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from viz.facts import RunFacts
from viz.figures.spread_map import draw_scale_bar, view_box
from viz.figures.style import INK, in_house_style, new_figure, say_instead
from viz.fire import FLAME_CLASSES_M, SMOKE_UG_M3, FireFacts
from viz.terrain import ground_rgb

FLAME_COLOURS = ("#ffe066", "#f59f00", "#e8590c", "#862e9c")
SMOKE_COLOURS = ("#c7b9a7", "#8f8172", "#4f463d")
HEIGHT_IN = 5.3
SMOKE_MARGIN = 0.12
"""Ground shown around the smoke, as a share of its extent."""


@in_house_style
def fire_behaviour(facts: RunFacts) -> Figure:
    """Draw two maps: flame length by class, and the highest smoke of ten minutes by class."""
    words, folder, fire = facts.words, facts.folder, FireFacts(facts)
    figure = new_figure(HEIGHT_IN)
    flame = fire.layer("flame_m")
    if flame is None or not (flame > 0).any():
        say_instead(figure.add_subplot(), words("fig.fire.none"))
        return figure
    left, right = figure.subplots(1, 2)
    ground = ground_rgb(folder)
    km = words("unit.km")
    bounds = (0.0, *FLAME_CLASSES_M)
    handles = _classes(left, facts, flame, bounds, FLAME_COLOURS,
                       [words(f"fig.fire.flame_{n}") for n in range(len(bounds))])
    _frame(left, facts, ground, view_box(facts), words("fig.fire.flames"), km)
    smoke = fire.layer("smoke_ug_m3")
    if smoke is None or not (smoke >= SMOKE_UG_M3[0]).any():
        say_instead(right, words("fig.fire.no_smoke"))
    else:
        handles += _classes(right, facts, smoke, SMOKE_UG_M3, SMOKE_COLOURS,
                            [words("fig.fire.smoke_class", level=f"{level:g}") for level in SMOKE_UG_M3])
        _frame(right, facts, ground, _around(facts, smoke >= SMOKE_UG_M3[0]), words("fig.fire.smoke"), km)
        t = folder.tracks
        villages = t["place_kind"] == "village"
        right.scatter(t["place_x"][villages], t["place_y"][villages], s=5, color=INK, linewidth=0, zorder=8)
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=8.4, frameon=False)
    return figure


def _classes(ax: Axes, facts: RunFacts, values: NDArray[Any], bounds: tuple[float, ...], colours: tuple[str, ...],
             labels: list[str]) -> list[Patch]:
    """Paint cells by class, each from its bound on (above 0 for the first where that is 0); return the legend."""
    klass = np.searchsorted(np.array(bounds), values, side="right").astype(float) - 1.0
    klass[(values < bounds[0]) | (values <= 0)] = np.nan
    ax.imshow(klass, cmap=ListedColormap(list(colours)), vmin=-0.5, vmax=len(colours) - 0.5, alpha=0.78,
              interpolation="nearest", zorder=3, extent=facts.folder.grid.extent)
    return [Patch(facecolor=colour, alpha=0.85, label=label) for colour, label in zip(colours, labels)]


def _around(facts: RunFacts, where: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """Return west, east, south, north of a square that holds the cells marked, with a margin."""
    grid = facts.folder.grid
    rows, cols = np.nonzero(where)
    west, east = grid.x0_m + cols.min() * grid.cell_m, grid.x0_m + (cols.max() + 1) * grid.cell_m
    north, south = grid.y0_m - rows.min() * grid.cell_m, grid.y0_m - (rows.max() + 1) * grid.cell_m
    half = (0.5 + SMOKE_MARGIN) * max(east - west, north - south)
    x, y = 0.5 * (west + east), 0.5 * (south + north)
    return x - half, x + half, y - half, y + half


def _frame(ax: Axes, facts: RunFacts, ground: NDArray[np.uint8], view: tuple[float, float, float, float], title: str,
           km: str) -> None:
    ax.imshow(ground, extent=facts.folder.grid.extent, interpolation="bilinear", zorder=0)
    x, y = 0.5 * (view[0] + view[1]), 0.5 * (view[2] + view[3])
    half = 0.5 * max(view[1] - view[0], view[3] - view[2])
    ax.set_xlim(x - half, x + half)
    ax.set_ylim(y - half, y + half)
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_title(title, loc="left", fontsize=10.5, color=INK, pad=6)
    for spine in ax.spines.values():
        spine.set_color("#9aa3a9")
    draw_scale_bar(ax, (x - half, x + half, y - half, y + half), km)
