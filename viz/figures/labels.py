"""Names on maps that keep out of each other's way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.patheffects as effects
from matplotlib.axes import Axes

OFFSETS = ((8, 0, "left", "center"), (-8, 0, "right", "center"), (0, 6, "center", "bottom"),
           (0, -6, "center", "top"), (5, 5, "left", "bottom"), (5, -5, "left", "top"),
           (-5, 5, "right", "bottom"), (-5, -5, "right", "top"))
"""Where a name may stand round its point, in points, the best first."""


@dataclass(frozen=True)
class Label:
    """A name at a point in data coordinates; the lower ``rank``, the sooner it gets its room."""

    x: float
    y: float
    text: str
    rank: int
    size: float = 8.0
    colour: str = "#22272b"


def place_labels(ax: Axes, labels: Sequence[Label], obstacles: Sequence[tuple[float, float]] = ()) -> int:
    """Write each name where it hits no other; leave out those without room. Return how many were written.

    Needs the axes' limits and position to be final.
    """
    figure = ax.figure
    points = 72.0 / figure.dpi
    frame = ax.get_window_extent()
    taken: list[tuple[float, float, float, float]] = []
    for x, y in obstacles:
        px, py = ax.transData.transform((x, y))
        taken.append((px - 5, py - 5, px + 5, py + 5))
    written = 0
    for label in sorted(labels, key=lambda item: (item.rank, item.text)):
        px, py = ax.transData.transform((label.x, label.y))
        if not frame.contains(px, py):
            continue
        wide = sum(1.0 if ord(c) > 0x2E7F else 0.56 for c in label.text) * label.size / points
        high = 1.25 * label.size / points
        for dx, dy, ha, va in OFFSETS:
            box = _box(px + dx / points, py + dy / points, wide, high, ha, va)
            inside = box[0] > frame.x0 and box[2] < frame.x1 and box[1] > frame.y0 and box[3] < frame.y1
            if inside and not any(_meet(box, other) for other in taken):
                taken.append(box)
                _write(ax, label, dx, dy, ha, va)
                written += 1
                break
    return written


def _write(ax: Axes, label: Label, dx: float, dy: float, ha: Any, va: Any) -> None:
    ax.annotate(label.text, (label.x, label.y), xytext=(dx, dy), textcoords="offset points", ha=ha,
                va="center_baseline" if va == "center" else va, fontsize=label.size, color=label.colour,
                path_effects=[effects.withStroke(linewidth=2.2, foreground="white", alpha=0.9)], zorder=20,
                annotation_clip=True)


def _box(x: float, y: float, wide: float, high: float, ha: str, va: str) -> tuple[float, float, float, float]:
    left = {"left": x, "center": x - wide / 2, "right": x - wide}[ha]
    low = {"bottom": y, "center": y - high / 2, "top": y - high}[va]
    return left, low, left + wide, low + high


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
