"""The columns a run keeps for every resident beside the World's own, and the codes in them."""

from __future__ import annotations

from enum import IntEnum


class State(IntEnum):
    """What a resident is doing, as far as the drill is concerned."""

    NORMAL = 0
    """Everyday life, at home or at the day place."""
    PREPARING = 1
    """Warned, and getting ready to leave."""
    STAYING = 2
    """Warned, and not leaving."""
    MOVING = 3
    """On the way to a shelter or out of the county."""
    SHELTERED = 4
    """In a shelter."""
    LEFT = 5
    """Out of the county."""
    STRANDED = 6
    """On the way, with no open road to any shelter or exit."""
    AWAY = 7
    """Absent when the household left; stays at the day place."""
    DEAD = 8


class Mode(IntEnum):
    """How a resident travels; the row of the route trees."""

    CAR = 0
    TWO_WHEELER = 1
    FOOT = 2


MODES = len(Mode)
NO_SHELTER = -1

RUN_COLUMNS = {
    "state": ("uint8", "State", "what the resident is doing"),
    "mode": ("uint8", "Mode", "how the resident travels"),
    "x": ("float32", "m", "where the resident is"),
    "y": ("float32", "m", "where the resident is"),
    "node": ("int32", "node", "node the resident is at or last passed"),
    "link": ("int32", "link", "link the resident is on; -1 at a node or indoors"),
    "offset_m": ("float64", "m", "distance along the link; double, or arrivals would depend on the tick"),
    "walk_mps": ("float32", "m/s", "walking speed, that of the household's slowest while it walks together"),
    "since_s": ("float64", "s", "time up to which the resident has been moved"),
    "warned_s": ("float64", "s", "when the warning arrived; inf before"),
    "depart_s": ("float64", "s", "when the resident left; inf before"),
    "safe_s": ("float64", "s", "when the resident was safe; inf before"),
    "shelter": ("int16", "shelter row", "shelter the resident is in; -1 for none"),
    "away": ("bool", "-", "at the day place"),
    "ordered": ("bool", "-", "home lies in a village ordered to evacuate"),
    "exposed": ("bool", "-", "the hazard has touched the resident"),
    "injured": ("bool", "-", "injured by the hazard"),
}
"""Columns of shape (persons,): dtype, unit, meaning."""

START = {"node": -1, "link": -1, "warned_s": float("inf"), "depart_s": float("inf"), "safe_s": float("inf"),
         "shelter": NO_SHELTER}
"""Values at the start where they are not zero."""
