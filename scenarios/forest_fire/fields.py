"""The layers a forest fire shows: whole-grid arrays made from the front's window when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.ellipse import flame_length
from scenarios.forest_fire.spec import LAYERS
from scenarios.forest_fire.spread import LINE, WET, Front
from scenarios.forest_fire.units import S_PER_MIN

UNBURNED, BURNING, BURNED, LINE_HELD, WETTED = range(5)
"""Codes of the layer ``status``."""


def status_of(front: Front, t_s: float) -> NDArray[np.uint8]:
    """Return the status codes of the window's cells at a time."""
    status = np.zeros(len(front.done), np.uint8)
    status[front.closed == LINE] = LINE_HELD
    status[front.closed == WET] = WETTED
    done = front.done != 0
    status[done] = np.where(front.ends[done] > t_s, BURNING, BURNED)
    return status


class Fields(Mapping[str, NDArray[Any]]):
    """The declared layers by name, each of shape (ny, nx), as they stood at ``t_s``."""

    def __init__(
        self, front: Front, t_s: float, line_at: Mapping[int, float],
        more: Mapping[str, Callable[[], NDArray[Any]]],
    ) -> None:
        self._front, self._t, self._line_at = front, t_s, line_at
        self._more = more
        """What gives the layers that the front itself does not keep."""
        self._specs = {layer.name: layer for layer in LAYERS}

    def __iter__(self) -> Iterator[str]:
        return iter(self._specs)

    def __len__(self) -> int:
        return len(self._specs)

    def __getitem__(self, name: str) -> NDArray[Any]:
        spec, front = self._specs[name], self._front
        if name in self._more:
            return self._more[name]()
        if name == "line_s":
            whole = np.full((front.ny, front.nx), np.inf, spec.dtype)
            if self._line_at:
                whole.reshape(-1)[np.array(list(self._line_at))] = np.array(list(self._line_at.values()))
            return whole
        done = front.done != 0
        if name == "arrival_s":
            return front.paste(np.where(done, front.arrival, np.inf), np.inf, spec.dtype)
        if name == "status":
            return front.paste(status_of(front, self._t), UNBURNED, spec.dtype)
        rate, intensity, direction = front.out[:, 0], front.out[:, 1], front.out[:, 2]
        values = {"ros_m_min": rate * S_PER_MIN, "intensity_kw_m": intensity,
                  "flame_m": flame_length(intensity), "direction_deg": direction}[name]
        return front.paste(np.where(done, values, 0.0), 0.0, spec.dtype)
