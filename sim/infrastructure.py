"""The state of power and mobile network per zone; a zone is a town-level unit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


class Infrastructure:
    """What works in each zone. Arrays of shape (zones,), true while it works."""

    def __init__(self, zones: list[str]) -> None:
        self.zones = zones
        self._row = {zone: i for i, zone in enumerate(zones)}
        self.power: NDArray[np.bool_] = np.ones(len(zones), np.bool_)
        self.mobile: NDArray[np.bool_] = np.ones(len(zones), np.bool_)
        self.listeners: list[Callable[[list[str]], None]] = []
        """Called with the zones that have changed, after every change."""

    def set(self, kind: str, zones: list[str], works: bool) -> None:
        """Switch ``power`` or ``mobile`` of some zones."""
        state: NDArray[np.bool_] = getattr(self, kind)
        changed = [zone for zone in zones if state[self._row[zone]] != works]
        for zone in changed:
            state[self._row[zone]] = works
        if changed:
            for listener in self.listeners:
                listener(changed)

    def connected(self) -> NDArray[np.bool_]:
        """Return, per zone, whether mobile messages arrive: the network is up and has power."""
        return self.power & self.mobile

    def row(self, zone: str) -> int:
        """Return the row of a zone."""
        return self._row[zone]
