"""Settings put over settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merged(given: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with others put over them, mapping by mapping."""
    out = dict(given)
    for key, value in changes.items():
        old = out.get(key)
        out[key] = merged(old, value) if isinstance(value, Mapping) and isinstance(old, Mapping) else value
    return out
