"""What each household will do once ordered: when it is warned, whether it leaves, and when."""

from __future__ import annotations

import heapq
import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.draws import lognormal, u01


@njit(cache=True)
def plan_households(
    households: NDArray[np.int64], ids: NDArray[np.int32], connected: NDArray[np.bool_], now_s: float,
    by_sight: bool, delay_key: np.uint64, reach_key: np.uint64, comply_key: np.uint64, prepare_key: np.uint64,
    delay_median_s: float, delay_sigma: float, without_network: float, reach: float, compliance: float,
    prepare_median_s: float, prepare_sigma: float,
    warned_s: NDArray[np.float64], depart_s: NDArray[np.float64], complies: NDArray[np.bool_],
) -> None:
    """Fill, for some households (rows), when they are warned, whether they comply and when they leave.

    Draws belong to the household's stable id (n,), so that a later or second order finds the same delay,
    mind and pace. ``connected`` (n,) is whether mobile messages reach its village.
    """
    for i in range(len(households)):
        row = households[i]
        entity = ids[i]
        at = now_s
        if not by_sight:
            if u01(reach_key, entity, 0) >= reach:
                continue
            delay = lognormal(delay_key, entity, 0, delay_median_s, delay_sigma)
            if not connected[i]:
                delay *= without_network
            at = now_s + delay
        if at >= warned_s[row]:
            continue
        warned_s[row] = at
        complies[row] = u01(comply_key, entity, 0) < compliance
        if complies[row]:
            depart_s[row] = at + lognormal(prepare_key, entity, 0, prepare_median_s, prepare_sigma)


class Plans:
    """Households' plans, and the queues of those to be warned and to leave next."""

    def __init__(self, households: int) -> None:
        self.warned_s = np.full(households, np.inf)
        self.depart_s = np.full(households, np.inf)
        self.complies = np.zeros(households, np.bool_)
        self._warned = np.zeros(households, np.bool_)
        self._left = np.zeros(households, np.bool_)
        self._warnings: list[tuple[float, int]] = []
        self._departures: list[tuple[float, int]] = []

    @property
    def next_s(self) -> float:
        """Time of the next warning or departure; infinity when there is none."""
        first = self._warnings[0][0] if self._warnings else math.inf
        return min(first, self._departures[0][0] if self._departures else math.inf)

    def queue(self, households: NDArray[np.int64]) -> None:
        """Add the plans of some households to the queues; a plan that has changed stands twice, which is harmless."""
        for row in households.tolist():
            if not self._warned[row] and not math.isinf(self.warned_s[row]):
                heapq.heappush(self._warnings, (float(self.warned_s[row]), row))
            if not self._left[row] and not math.isinf(self.depart_s[row]):
                heapq.heappush(self._departures, (float(self.depart_s[row]), row))

    def due(self, t_s: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the households warned and those leaving by ``t_s``, each once, in order of time."""
        return (self._take(self._warnings, self._warned, t_s), self._take(self._departures, self._left, t_s))

    @staticmethod
    def _take(heap: list[tuple[float, int]], done: NDArray[np.bool_], t_s: float) -> NDArray[np.int64]:
        rows = []
        while heap and heap[0][0] <= t_s:
            _, row = heapq.heappop(heap)
            if not done[row]:
                done[row] = True
                rows.append(row)
        return np.array(rows, np.int64)
