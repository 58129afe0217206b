"""What each household will do: when it is warned, whether it leaves, and when; and who is due next."""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np
from numba import njit
from numpy.typing import NDArray

from agents.population.warning import FirstWord
from sim.draws import lognormal, u01
from sim.random import TO_UNIT

MOST_BATCHES = 16
"""More sorted batches than this are merged: looking through them would cost more than sorting."""
_SIGHT = int(FirstWord.SIGHT)


class Curve(IntEnum):
    """How departures are prescribed; STAGES is not prescribed."""

    STAGES = 0
    RAYLEIGH = 1
    LOGNORMAL = 2
    LOGISTIC = 3


_STAGES, _RAYLEIGH, _LOGNORMAL = int(Curve.STAGES), int(Curve.RAYLEIGH), int(Curve.LOGNORMAL)


@njit(cache=True)
def mobilised(
    curve: int, key: np.uint64, entity: int, median_s: float, scale_s: float, sigma: float,
) -> float:
    """Return one draw of the seconds from the order to the departure, by the inverse of the curve's distribution.

    Rayleigh 1 - exp(-t^2 / (2 scale^2)), lognormal, or the logistic curve given that t > 0.
    """
    if curve == _LOGNORMAL:
        return lognormal(key, entity, 0, median_s, sigma)
    u = u01(key, entity, 0)
    if curve == _RAYLEIGH:
        return scale_s * math.sqrt(-2.0 * math.log1p(-u))
    before = 1.0 / (1.0 + math.exp(median_s / scale_s))
    p = max(before + u * (1.0 - before), TO_UNIT)
    return max(median_s + scale_s * math.log(p / (1.0 - p)), 0.0)


@njit(cache=True)
def decide(
    households: NDArray[np.int64], ids: NDArray[np.int32], share: NDArray[np.float64],
    milling_median_s: NDArray[np.float64], milling_sigma: NDArray[np.float64], prepare_median_s: float,
    prepare_sigma: float, curve: int, median_s: float, scale_s: float, sigma: float,
    comply_key: np.uint64, milling_key: np.uint64, prepare_key: np.uint64, curve_key: np.uint64,
    called_s: NDArray[np.float64], warned_s: NDArray[np.float64], word: NDArray[np.uint8],
    depart_s: NDArray[np.float64], complies: NDArray[np.bool_],
) -> None:
    """Fill, for some households (rows), whether they comply and when they leave, from when they are warned.

    Draws belong to the household's stable id, ``ids`` (households,), so that a later or second order finds the
    same mind and pace. ``share`` (n,) of the like of it comply; ``milling_median_s`` and ``milling_sigma`` by
    first word (WORDS,); ``called_s`` (n,) when its village was ordered, from which a prescribed curve counts.
    Those who see the hazard follow no curve.
    """
    for i in range(len(households)):
        row = households[i]
        entity = ids[row]
        complies[row] = u01(comply_key, entity, 0) < share[i] and warned_s[row] < math.inf
        depart_s[row] = math.inf
        if not complies[row]:
            continue
        if curve != _STAGES and word[row] != _SIGHT:
            depart_s[row] = max(called_s[i] + mobilised(curve, curve_key, entity, median_s, scale_s, sigma),
                                warned_s[row])
        else:
            by = word[row]
            milling = lognormal(milling_key, entity, 0, milling_median_s[by], milling_sigma[by])
            depart_s[row] = warned_s[row] + milling + lognormal(prepare_key, entity, 0, prepare_median_s,
                                                                prepare_sigma)


class Agenda:
    """Rows in the order of their times; each falls due once, and one whose time has changed since is passed over.

    ``time_s`` (rows,) is the live column of times; ``done`` (rows,) those that have fallen due.
    """

    def __init__(self, time_s: NDArray[np.float64]) -> None:
        self.time_s = time_s
        self.done = np.zeros(len(time_s), np.bool_)
        self._batches: list[tuple[NDArray[np.float64], NDArray[np.int64]]] = []
        """Times in order, and their rows."""

    @property
    def next_s(self) -> float:
        """Time of the next row; infinity when there is none. It may be one that has changed since."""
        return min((float(times[0]) for times, _ in self._batches), default=math.inf)

    def add(self, rows: NDArray[np.int64]) -> None:
        """Take in rows at their times as they are now; those done and those that never come are left out."""
        rows = rows[~self.done[rows] & np.isfinite(self.time_s[rows])]
        if len(rows):
            self._batches.append(self._sorted(rows))
        if len(self._batches) > MOST_BATCHES:
            # The largest stays as it is, so that small additions do not sort it again and again.
            largest, *others = sorted(self._batches, key=lambda batch: -len(batch[1]))
            every = np.unique(np.concatenate([rows for _, rows in others]))
            alive = every[~self.done[every] & np.isfinite(self.time_s[every])]
            self._batches = [largest, self._sorted(alive)] if len(alive) else [largest]

    def _sorted(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        times = self.time_s[rows]
        order = np.lexsort((rows, times))
        return times[order], rows[order]

    def due(self, t_s: float) -> NDArray[np.int64]:
        """Return the rows due by ``t_s``, each once, in order of time, and mark them as done."""
        found, rest = [], []
        for times, rows in self._batches:
            n = int(np.searchsorted(times, t_s, side="right"))
            if n:
                found.append(rows[:n][(times[:n] == self.time_s[rows[:n]]) & ~self.done[rows[:n]]])
            if n < len(rows):
                rest.append((times[n:], rows[n:]))
        self._batches = rest
        if not found:
            return np.array([], np.int64)
        due = np.unique(np.concatenate(found))
        self.done[due] = True
        return self._sorted(due)[1]


class Plans:
    """Households' plans: arrays of shape (households,), and the agendas of those to be warned and to leave."""

    def __init__(self, households: int) -> None:
        self.heard_s = np.full(households, np.inf)
        """When word of an order comes, whether or not the household is meant or minds; inf: never."""
        self.warned_s = np.full(households, np.inf)
        """When the warning that counts comes; inf: never."""
        self.depart_s = np.full(households, np.inf)
        self.complies = np.zeros(households, np.bool_)
        self.word = np.full(households, FirstWord.NOTHING, np.uint8)
        """By what it is warned first (:class:`FirstWord`)."""
        self.seen = np.zeros(households, np.bool_)
        """Whether it has seen the hazard."""
        self._warnings = Agenda(self.warned_s)
        self._departures = Agenda(self.depart_s)

    @property
    def next_s(self) -> float:
        """Time of the next warning or departure; infinity when there is none."""
        return min(self._warnings.next_s, self._departures.next_s)

    @property
    def received(self) -> NDArray[np.bool_]:
        """Whether each household has been told that its warning has come, shape (households,)."""
        return self._warnings.done

    def queue(self, households: NDArray[np.int64]) -> None:
        """Put some households on the agendas at their times as they are now."""
        self._warnings.add(households)
        self._departures.add(households)

    def forget(self, households: NDArray[np.int64]) -> None:
        """Take back the plans of some households that have not left: as if they had never been warned."""
        self.heard_s[households] = self.warned_s[households] = self.depart_s[households] = np.inf
        self.complies[households] = False
        self.word[households] = FirstWord.NOTHING
        self._warnings.done[households] = self._departures.done[households] = False

    def due(self, t_s: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the households warned and those leaving by ``t_s``, each once, in order of time."""
        return self._warnings.due(t_s), self._departures.due(t_s)
