"""How the traffic kernels are compiled: without counting references, since they make and keep no arrays.

Counting took half of their time. The option is Numba's own but not a documented one: where it is gone, the
kernels are compiled without it, slower and with the same results.
"""

from __future__ import annotations

from typing import Any

from numba import njit
from numba.core.cpu import CPUTargetOptions

OPTIONS: dict[str, Any] = {"cache": True}
if hasattr(CPUTargetOptions, "_nrt"):
    OPTIONS["_nrt"] = False
kernel = njit(**OPTIONS)
"""Decorator of a kernel that allocates nothing."""
inlined = njit(**OPTIONS, forceinline=True)
"""Decorator of the small steps that every passage of a link takes: called as functions they took a third longer."""
