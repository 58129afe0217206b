"""How the front's kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def kernel(**options: Any) -> Callable[..., Any]:
    """Return the decorator of a kernel: cached, NumPy's rules for division, without reference counts.

    Counting references to the arrays in the bundles of ``arrays.py`` takes two thirds of a kernel's time
    (Numba's ``_nrt`` switches it off). In return a kernel may not create arrays: it works on those it is given.
    """
    given: dict[str, Any] = {"cache": True, "error_model": "numpy", "_nrt": False, **options}
    decorator: Callable[..., Any] = njit(**given)
    return decorator
