"""Pools: households of each village that wait for a lift or a bus, first come first served."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


class Pools:
    """Households (rows) that wait, by village (place rows)."""

    def __init__(self, places: int, households: int) -> None:
        self.served: NDArray[np.bool_] = np.zeros(places, np.bool_)
        """Villages (places,) that buses serve."""
        self.joined: list[Callable[[int], None]] = []
        """Called with the village when a household has joined its pool."""
        self._since = np.full(households, np.nan)
        self._village = np.full(households, -1, np.int32)
        self._waiting: dict[int, dict[int, None]] = {}

    def join(self, household: int, village: int, at_s: float) -> None:
        """Have a household wait in its village from a time on."""
        self._since[household], self._village[household] = at_s, village
        self._waiting.setdefault(village, {})[household] = None
        for listener in self.joined:
            listener(village)

    def waits(self, household: int) -> bool:
        """Return whether a household waits."""
        return bool(self._village[household] >= 0)

    def since(self, household: int) -> float:
        """Return since when a household has waited."""
        return float(self._since[household])

    def drop(self, household: int) -> None:
        """Have a household wait no longer, if it does."""
        village = int(self._village[household])
        if village >= 0:
            self._waiting[village].pop(household)
            self._village[household] = -1

    def take(self, village: int, seats: int, party: NDArray[np.integer]) -> list[int]:
        """Take out the households that fit into so many seats, in order; ``party`` (households,) is their size."""
        taken = []
        if seats > 0:
            for household in self._waiting.get(village, ()):
                size = int(party[household])
                if size <= seats:
                    taken.append(household)
                    seats -= size
                    if seats == 0:
                        break
        for household in taken:
            self.drop(household)
        return taken

    def crowded(self) -> list[int]:
        """Return the villages (place rows) where anybody waits."""
        return [village for village, households in self._waiting.items() if households]

    def waiting(self, village: int, party: NDArray[np.integer], seats: int) -> int:
        """Return how many people wait in a village, of households that fit into so many seats."""
        sizes = [int(party[household]) for household in self._waiting.get(village, ())]
        return sum(size for size in sizes if size <= seats)
