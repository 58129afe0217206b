"""How figures look: size, colours (Okabe and Ito's palette, safe for colour-blind readers), axes, labels."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from io import BytesIO
from pathlib import Path
from typing import Any, ParamSpec

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viz.fonts import cjk_font, family, lettered

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, YELLOW, BLACK = "#56B4E9", "#CC79A7", "#F0E442", "#000000"
INK, FAINT, GRID, PAPER = "#22272b", "#6b747b", "#dfe3e6", "#ffffff"
CYCLE = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, "#7a5195", "#4d4d4d")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)), (0, (3, 1)), (0, (8, 2)))

P = ParamSpec("P")
DPI = 130
WIDTH_IN = 9.2

STATUS_COLOURS = ("#eceff1", YELLOW, SKY, BLUE, VERMILION, "#b8c0c6", GREEN)
"""By mover status: at base, turnout, driving, walking, working, resting, returning."""
STATUS_HATCHES = ("", "..", "", "//", "", "xx", "\\\\")


def new_figure(height_in: float = 4.6, width_in: float = WIDTH_IN) -> Figure:
    """Return an empty figure of the house's width, outside pyplot."""
    figure = Figure(figsize=(width_in, height_in), dpi=DPI, facecolor=PAPER)
    figure.set_layout_engine("constrained", w_pad=0.08, h_pad=0.08)
    return figure


def in_house_style(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw within the shipped font; rcParams are as before once the figure is made."""
    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with lettered():
            return draw(*args, **kwargs)
    return drawn


def dress(ax: Axes, *, title: str = "", x: str = "", y: str = "", grid: str = "both") -> None:
    """Give axes their title, labels, light grid and quiet frame."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color("#9aa3a9")
    ax.set_axisbelow(True)
    if grid:
        ax.grid(True, axis=grid, color=GRID, linewidth=0.7)  # type: ignore[arg-type]
    ax.tick_params(colors=FAINT, labelsize=9, labelfontfamily=family(), length=3)
    if title:
        ax.set_title(title, loc="left", fontsize=11.5, color=INK, pad=8)
    if x:
        ax.set_xlabel(x, fontsize=9.5, color=INK)
    if y:
        ax.set_ylabel(y, fontsize=9.5, color=INK)


def say_instead(ax: Axes, text: str) -> None:
    """Write in empty axes why they are empty."""
    ax.set_axis_off()
    ax.text(
        0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center", fontsize=12, color=FAINT, wrap=True
    )


def clock_axis(ax: Axes, folder: Any, t0_s: float, t1_s: float, label: str) -> None:
    """Make x, in seconds since the start, read as time of day, with the day where the run passes midnight."""
    span_h = (t1_s - t0_s) / 3600
    step_h = next(h for h in (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 96) if span_h / h <= 10)
    midnight = folder.start.replace(hour=0, minute=0, second=0, microsecond=0)
    offset = (folder.start - midnight).total_seconds()
    first = np.ceil((t0_s + offset) / (step_h * 3600)) * step_h * 3600 - offset
    ticks = np.arange(first, t1_s + 1, step_h * 3600)
    labels, last_day = [], None
    for tick in ticks:
        when = folder.clock(tick)
        text = f"{when:%H:%M}"
        if when.date() != last_day:
            text += f"\n{when:%m-%d}"
            last_day = when.date()
        labels.append(text)
    ax.set_xticks(ticks, labels)
    ax.set_xlim(t0_s, t1_s)
    ax.set_xlabel(label, fontsize=9.5, color=INK)


def mark_time(ax: Axes, t: float | None, text: str, colour: str = INK, *, top: float = 1.0) -> None:
    """Draw a thin upright line at ``t`` with its meaning beside it, high in the axes."""
    if t is None:
        return
    ax.axvline(t, color=colour, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1.5)
    ax.annotate(
        text,
        (t, top),
        xycoords=("data", "axes fraction"),
        xytext=(3, -2),
        textcoords="offset points",
        ha="left",
        va="top",
        fontsize=8,
        color=colour,
        bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8},
        zorder=6,
    )


def png(figure: Figure) -> bytes:
    """Return a figure as PNG, the same bytes for the same figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    out = BytesIO()
    with lettered():
        FigureCanvasAgg(figure)
        figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    return out.getvalue()


def write_png(figure: Figure, path: Path) -> bytes:
    """Write a figure as PNG by way of a temporary name; return its bytes."""
    data = png(figure)
    temporary = path.with_suffix(".png.tmp")
    temporary.write_bytes(data)
    temporary.replace(path)
    return data


__all__ = [
    "cjk_font",
    "clock_axis",
    "dress",
    "in_house_style",
    "mark_time",
    "new_figure",
    "png",
    "say_instead",
    "write_png",
]
