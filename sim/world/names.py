"""Chinese place names with and without the word for what they are; imports nothing, so checks are quick."""

from __future__ import annotations

SUFFIXES = ("街道办事处", "管委会", "办事处", "街道", "镇", "乡", "村")


def bare(name: str) -> str:
    """Return a Chinese place name without its 镇/乡/街道/办事处."""
    for suffix in SUFFIXES:
        if name.endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name
