"""How a warning spreads through a village: by channels (broadcast) and from household to household (contagion).

The form is Rogers and Sorensen's (1988, Diffusion of emergency warning, OSTI 6654896; that the two processes
are broadcast and contagion: JASSS 26(1) 7, doi 10.18564/jasss.5011; the equation itself from memory):

    dn/dt = k a1 (N - n) + (1 - k) a2 n (N - n)

Here k a1 is the sum of the channels' rates and (1 - k) a2 N the rate b at which a warned household speaks to
others. Households are taken one by one: each has for every channel a draw of reach and of receipt delay
(exponential; door to door: its place in the visiting order), and hears from neighbours once the integral of
b n/N has passed its own Exp(1) draw (Sellke 1983, doi 10.2307/3213811, from memory). n is the village's own
count at every moment, so that outages, those who saw the hazard and small villages need no correction; as the
village grows, the mean tends to the differential equation, solved by :func:`mean_field`.
"""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.draws import lognormal, u01


class FirstWord(IntEnum):
    """By what a household was warned first; the first four are the rows of the channels' arrays."""

    MOBILE_MESSAGE = 0
    LOUDSPEAKER = 1
    BROADCAST = 2
    DOOR_TO_DOOR = 3
    NEIGHBOURS = 4
    SIGHT = 5
    ORDER = 6
    """A warning that is not told apart by channel."""
    NOTHING = 7


CHANNELS = (FirstWord.MOBILE_MESSAGE, FirstWord.LOUDSPEAKER, FirstWord.BROADCAST, FirstWord.DOOR_TO_DOOR)
WORDS = len(FirstWord)
_CHANNELS = len(CHANNELS)
_DOOR = int(FirstWord.DOOR_TO_DOOR)
_ORDER = int(FirstWord.ORDER)
_NEIGHBOURS = int(FirstWord.NEIGHBOURS)
_NOTHING = int(FirstWord.NOTHING)


@njit(cache=True)
def channel_times(
    households: NDArray[np.int64], ids: NDArray[np.int32], village: NDArray[np.int32],
    called_s: NDArray[np.float64], now_s: float, works: NDArray[np.bool_], reach_key: NDArray[np.uint64],
    receipt_key: NDArray[np.uint64], reach: NDArray[np.float64], mean_s: NDArray[np.float64],
    start_s: NDArray[np.float64], door_s: NDArray[np.float64], visit: NDArray[np.int32],
    at_s: NDArray[np.float64], word: NDArray[np.uint8],
) -> None:
    """Fill, for some households (rows), when the first channel reaches them (inf: none does) and which it is.

    ``village`` (households,) and ``visit`` (households,: place in the village's visiting order, from 0) are of
    all households; ``called_s`` (places,); ``works`` and ``start_s`` (4, places); keys, ``reach`` and ``mean_s``
    (4,); ``door_s`` (places,) seconds from one door to the next. What a channel that is down would have
    delivered comes when it is planned anew, at ``now_s``. Fills ``at_s`` and ``word`` (n,).
    """
    for i in range(len(households)):
        row = households[i]
        place = village[row]
        entity = ids[row]
        first = math.inf
        by = _NOTHING
        for c in range(_CHANNELS):
            if not works[c, place] or u01(reach_key[c], entity, 0) >= reach[c]:
                continue
            if c == _DOOR:
                delay = (visit[row] + 1) * door_s[place]
            else:
                delay = -mean_s[c] * math.log1p(-u01(receipt_key[c], entity, 0))
            t = max(called_s[place] + start_s[c, place] + delay, now_s)
            if t < first:
                first = t
                by = c
        at_s[i] = first
        word[i] = by


@njit(cache=True)
def delay_times(
    households: NDArray[np.int64], ids: NDArray[np.int32], village: NDArray[np.int32],
    called_s: NDArray[np.float64], now_s: float, connected: NDArray[np.bool_], delay_key: np.uint64,
    reach_key: np.uint64, median_s: float, sigma: float, without_network: float, reach: float,
    at_s: NDArray[np.float64], word: NDArray[np.uint8],
) -> None:
    """Fill, for some households, when one lognormal delay after the order has passed; see :func:`channel_times`.

    ``connected`` (places,) is whether mobile messages reach a village; elsewhere the delay is multiplied.
    """
    for i in range(len(households)):
        row = households[i]
        place = village[row]
        at_s[i] = math.inf
        word[i] = _NOTHING
        if u01(reach_key, ids[row], 0) < reach:
            delay = lognormal(delay_key, ids[row], 0, median_s, sigma)
            if not connected[place]:
                delay *= without_network
            at_s[i] = max(called_s[place] + delay, now_s)
            word[i] = _ORDER


@njit(cache=True)
def thresholds(
    ids: NDArray[np.int32], reach_key: np.uint64, key: np.uint64, reach: float, out: NDArray[np.float64],
) -> None:
    """Fill, per household (n,), the Exp(1) draw of hearing from neighbours; inf where nobody talks to it."""
    for i in range(len(ids)):
        out[i] = math.inf
        if u01(reach_key, ids[i], 0) < reach:
            out[i] = -math.log1p(-u01(key, ids[i], 0))


@njit(cache=True)
def spread(
    starts: NDArray[np.int64], by_channel: NDArray[np.int64], by_threshold: NDArray[np.int64],
    called_s: NDArray[np.float64], per_s: float, now_s: float, threshold: NDArray[np.float64],
    at_s: NDArray[np.float64], word: NDArray[np.uint8], heard_s: NDArray[np.float64],
) -> None:
    """Have word spread in some villages from ``now_s`` on: fill when each household hears (inf: never), and by what.

    Village v (``called_s`` (villages,): when it was) has the household rows ``by_channel[starts[v]:starts[v+1]]``
    in order of ``at_s`` and the same in order of ``threshold`` (both (households,), by row). ``heard_s`` holds,
    for those who know at ``now_s``, since when; for all others inf, and their time on return. ``word`` becomes
    NEIGHBOURS where these came first. A warned household speaks to ``per_s`` others a second.
    """
    for v in range(len(starts) - 1):
        a, b = starts[v], starts[v + 1]
        size = b - a
        known = 0
        passed = 0.0
        for i in range(a, b):
            row = by_channel[i]
            if heard_s[row] <= now_s:
                known += 1
                passed += now_s - max(heard_s[row], called_s[v])
        rate = per_s / max(size, 1)
        passed *= rate
        t = now_s
        channel = a
        told = a
        while True:
            while channel < b and heard_s[by_channel[channel]] < math.inf:
                channel += 1
            while told < b and heard_s[by_threshold[told]] < math.inf:
                told += 1
            next_channel = math.inf if channel == b else at_s[by_channel[channel]]
            next_told = math.inf
            if told < b and known > 0 and per_s > 0.0:
                next_told = max(t + (threshold[by_threshold[told]] - passed) / (rate * known), t)
            if next_channel == math.inf and next_told == math.inf:
                break
            then = min(next_channel, next_told)
            passed += rate * known * (then - t)
            t = then
            if next_told < next_channel:
                row = by_threshold[told]
                word[row] = _NEIGHBOURS
            else:
                row = by_channel[channel]
            heard_s[row] = t
            known += 1


@njit(cache=True)
def mean_field(
    step_s: float, not_yet: NDArray[np.float64], per_s: float, talked_to: float, out: NDArray[np.float64],
) -> None:
    """Fill the expected share warned (m,) at times k ``step_s`` in a village of very many households.

    ``not_yet`` (2 m - 1,) is the share that no channel has reached at times k ``step_s`` / 2. A share
    ``talked_to`` hears neighbours. With c the integral of b n/N, n/N = 1 - not_yet (1 - g + g e^-c) and
    dc/dt = b n/N: one equation for c, by the classical Runge-Kutta method of fourth order. Where channels reach
    all at a constant rate a, it is the closed form (1 - e^-(a+b)t) / (1 + (b/a) e^-(a+b)t).
    """
    c = 0.0
    out[0] = 1.0 - not_yet[0]
    for k in range(len(out) - 1):
        first, middle, last = not_yet[2 * k], not_yet[2 * k + 1], not_yet[2 * k + 2]
        k1 = per_s * (1.0 - first * (1.0 - talked_to + talked_to * math.exp(-c)))
        k2 = per_s * (1.0 - middle * (1.0 - talked_to + talked_to * math.exp(-c - 0.5 * step_s * k1)))
        k3 = per_s * (1.0 - middle * (1.0 - talked_to + talked_to * math.exp(-c - 0.5 * step_s * k2)))
        k4 = per_s * (1.0 - last * (1.0 - talked_to + talked_to * math.exp(-c - step_s * k3)))
        c += step_s * (k1 + 2.0 * k2 + 2.0 * k3 + k4) / 6.0
        out[k + 1] = 1.0 - last * (1.0 - talked_to + talked_to * math.exp(-c))
