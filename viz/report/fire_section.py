"""The report's part on a forest fire: its figures in numbers, what happened in it, how it grew and burned."""

from __future__ import annotations

from typing import Any

from viz.fire import FireFacts
from viz.scorecard import value_text

FIGURES = ("fire_growth", "fire_behaviour")
"""Figures that stand in this part."""


def fire_section(fire: FireFacts) -> dict[str, Any] | None:
    """Return what the page's template needs of the fire; None where nothing burned."""
    if fire.key is None or fire.burned_ha == 0.0:
        return None
    words = fire.facts.words
    return {
        "figures": [(words.pick(row), value_text(row, words)) for row in fire.kpis],
        "told": [(words(f"fire.told.{kind}"), f"{n:,}") for kind, n in fire.told.items()],
    }
