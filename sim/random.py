"""Random streams: every draw is a pure function of (seed, replication, purpose, entity, k).

A counter-based generator after Salmon et al. 2011 (doi 10.1145/2063384.2063405), with the SplitMix64
finaliser (Steele, Lea and Flood 2014, doi 10.1145/2660193.2660195) as its mixer. There is no state: the
order of calls, the number of threads and the order of rows change nothing, and a draw that belongs to a
resident is the same under every plan. ``entity`` is a stable id (never a row), ``k`` names the draw (a
trip number, an exposure number), never a running counter shared between purposes.

Three forms agree bit for bit: :func:`u01` inside Numba kernels, :func:`uniforms` on NumPy arrays and
:meth:`Stream.u01` in plain Python.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio: SplitMix64's Weyl increment."""
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB
TO_UNIT = 1.0 / (1 << 53)


def _mix(z: int) -> int:
    z = ((z ^ (z >> 30)) * MIX_1) & MASK
    z = ((z ^ (z >> 27)) * MIX_2) & MASK
    return z ^ (z >> 31)


@lru_cache(maxsize=4096)
def stream_key(seed: int, replication: int, purpose: str) -> int:
    """Return the 64-bit key of a stream. The plan is not among its arguments, on purpose."""
    word = int.from_bytes(hashlib.blake2b(purpose.encode(), digest_size=8).digest(), "little")
    return _mix((_mix((_mix((seed + GOLDEN) & MASK) + replication * GOLDEN) & MASK) ^ word) & MASK)


def uniforms(key: int, entity: NDArray[np.integer] | int, k: NDArray[np.integer] | int = 0) -> NDArray[np.float64]:
    """Return draws in [0, 1) for arrays of entities and/or k (broadcast together)."""
    entity64 = np.asarray(entity).astype(np.uint64)
    k64 = np.asarray(k).astype(np.uint64)
    with np.errstate(over="ignore"):
        z = np.uint64(key) + np.uint64(GOLDEN) * (entity64 + np.uint64(1))
        z = _mix_array(z) + np.uint64(GOLDEN) * (k64 + np.uint64(1))
        return (_mix_array(z) >> np.uint64(11)).astype(np.float64) * TO_UNIT


def _mix_array(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(MIX_1)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(MIX_2)
    return z ^ (z >> np.uint64(31))


@dataclass(frozen=True)
class Stream:
    """The draws of one purpose in one replication."""

    key: int

    def u01(self, entity: int, k: int = 0) -> float:
        """Return one draw in [0, 1)."""
        z = _mix((self.key + GOLDEN * (entity + 1)) & MASK)
        return (_mix((z + GOLDEN * (k + 1)) & MASK) >> 11) * TO_UNIT

    def uniforms(self, entity: NDArray[np.integer] | int, k: NDArray[np.integer] | int = 0) -> NDArray[np.float64]:
        """Return draws in [0, 1), broadcast over entities and k."""
        return uniforms(self.key, entity, k)

    def normal(self, entity: int, k: int = 0, mean: float = 0.0, sd: float = 1.0) -> float:
        """Return one normal draw by the inverse distribution function (the standard library's AS 241)."""
        return mean + sd * NormalDist().inv_cdf(max(self.u01(entity, k), TO_UNIT))

    def lognormal(self, entity: int, k: int = 0, *, median: float, sigma: float) -> float:
        """Return one lognormal draw with the given median and log standard deviation."""
        return median * math.exp(self.normal(entity, k, 0.0, sigma))


@dataclass(frozen=True)
class Streams:
    """All streams of one replication of one seed."""

    seed: int
    replication: int = 0

    def key(self, purpose: str) -> int:
        """Return the key of a purpose, to be passed to kernels as numpy.uint64."""
        return stream_key(self.seed, self.replication, purpose)

    def of(self, purpose: str) -> Stream:
        """Return the stream of a purpose."""
        return Stream(self.key(purpose))
