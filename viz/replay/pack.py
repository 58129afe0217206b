"""How arrays travel in a replay: whole numbers, differences, byte planes, one deflate stream, base64."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

LEVEL = 9
MOST_IN_A_ROW = 24
"""Waypoints left out one after another at most: the check of each looks at all of them."""
NEVER = 0xFFFF
"""Value of an arrival raster's cell that is never reached."""


class Packer:
    """Gathers integer arrays into one deflated blob and a table of where each lies.

    Every array is flattened, differenced (``delta``) and written as ``planes`` bytes planes, lowest byte
    first: neighbours in a plane are alike, which is what deflate lives on.
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._at = 0
        self.table: dict[str, dict[str, Any]] = {}

    def add(self, name: str, values: NDArray[Any], *, delta: bool = True) -> None:
        """Add whole numbers within int32. Raises ValueError for anything else."""
        flat = np.asarray(values).ravel()
        whole = np.rint(flat).astype(np.int64)
        if len(whole) and (whole.min() < -(2**31) or whole.max() >= 2**31):
            raise ValueError(f"array {name!r} does not fit 32 bits")
        steps = np.diff(whole, prepend=0) if delta else whole
        zigzag = ((steps << 1) ^ (steps >> 63)).astype(np.uint64)
        planes = 1
        while len(zigzag) and int(zigzag.max()) >> (8 * planes):
            planes += 1
        for plane in range(planes):
            self._parts.append(((zigzag >> np.uint64(8 * plane)) & np.uint64(255)).astype(np.uint8).tobytes())
        self.table[name] = {"at": self._at, "n": len(whole), "planes": planes, "delta": int(delta)}
        self._at += planes * len(whole)

    def blob(self) -> str:
        """Return all arrays as one zlib stream in base64."""
        return base64.b64encode(zlib.compress(b"".join(self._parts), LEVEL)).decode("ascii")


def pack_arrival(
    arrival_s: NDArray[np.floating], duration_s: float
) -> tuple[NDArray[np.int64], float, list[int]]:
    """Return an arrival raster cut to what is reached, in steps, with the step in s and [row, col, h, w].

    Steps are the smallest whole seconds that fit 16 bits; 0xFFFF means never within the run.
    """
    reached = np.isfinite(arrival_s) & (arrival_s <= duration_s)
    rows, cols = np.nonzero(reached)
    if not len(rows):
        return np.zeros((0, 0), np.int64), 1.0, [0, 0, 0, 0]
    box = [int(rows.min()), int(cols.min()), int(np.ptp(rows)) + 1, int(np.ptp(cols)) + 1]
    cut = (slice(box[0], box[0] + box[2]), slice(box[1], box[1] + box[3]))
    step = max(1.0, float(np.ceil(duration_s / (NEVER - 1))))
    whole = np.where(reached[cut], np.rint(np.where(reached[cut], arrival_s[cut], 0) / step), NEVER)
    return whole.astype(np.int64), step, box


def simplify(
    x: NDArray[np.floating], y: NDArray[np.floating], t: NDArray[np.floating], start: NDArray[np.integer],
    tolerance_m: float,
) -> NDArray[np.bool_]:
    """Return which waypoints to keep so that straight motion between kept ones stays within ``tolerance_m``.

    ``start`` (n + 1) bounds each track in x, y, t. Greedy: a waypoint goes when, with it gone, it and all
    that went before it since the last kept one stay within the tolerance; at most 24 go in a row.
    """
    keep = np.ones(len(t), np.bool_)
    _mark(np.asarray(x, np.float64), np.asarray(y, np.float64), np.asarray(t, np.float64),
          np.asarray(start, np.int64), tolerance_m, keep)
    return keep


@njit(cache=True)
def _mark(
    x: NDArray[np.float64], y: NDArray[np.float64], t: NDArray[np.float64], start: NDArray[np.int64],
    tolerance_m: float, keep: NDArray[np.bool_],
) -> None:
    for track in range(len(start) - 1):
        anchor = start[track]
        for i in range(start[track] + 1, start[track + 1] - 1):
            span = t[i + 1] - t[anchor]
            straight = i - anchor < MOST_IN_A_ROW
            for j in range(anchor + 1, i + 1):
                if not straight:
                    break
                share = (t[j] - t[anchor]) / span if span > 0 else 0.0
                off = np.hypot(x[anchor] + share * (x[i + 1] - x[anchor]) - x[j],
                               y[anchor] + share * (y[i + 1] - y[anchor]) - y[j])
                straight = off <= tolerance_m
            if straight:
                keep[i] = False
            else:
                anchor = i
