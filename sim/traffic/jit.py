"""How the traffic kernels are compiled: without counting references, since they make and keep no arrays.

Counting took half of their time. The option is Numba's own but not a documented one: where it is gone, the
kernels are compiled without it, slower and with the same results.
"""

from __future__ import annotations

from numba import njit
from numba.core.cpu import CPUTargetOptions

kernel = njit(cache=True, _nrt=False) if hasattr(CPUTargetOptions, "_nrt") else njit(cache=True)
"""Decorator of a kernel that allocates nothing."""
