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
    HOSTED = 9
    """With relatives or friends in a village that was not ordered out."""
    AT_DOOR = 10
    """At a shelter that is not open yet, with a place kept there; not safe until it opens."""


class Mode(IntEnum):
    """How a resident travels; those on a bus go where it goes, the others by the route trees."""

    CAR = 0
    TWO_WHEELER = 1
    FOOT = 2
    BUS = 3


MODES = 3
"""Ways of travelling by route trees: all but the bus."""


class Bound(IntEnum):
    """Where a household is bound for."""

    SHELTER = 0
    RELATIVES = 1


class Waiting(IntEnum):
    """What a household that is ready still waits for (its state is PREPARING)."""

    NOTHING = 0
    ABSENT = 1
    """Members on their way home."""
    LIFT = 2
    """A neighbour's car with room."""
    BUS = 3


CLASSES = MODES * len(Bound) * 2
"""Route classes: mode x bound for x informed."""
NO_SHELTER = -1

RUN_COLUMNS = {
    "state": ("uint8", "State", "what the resident is doing"),
    "mode": ("uint8", "Mode", "how the resident travels"),
    "bound_for": ("uint8", "Bound", "where the household is bound for"),
    "informed": ("uint8", "-", "1 knows present travel times, closures and full shelters; 0 follows habit"),
    "ride": ("int32", "household row", "household whose vehicle the resident is in; its own on foot; -1 before"),
    "waiting": ("uint8", "Waiting", "what the household still waits for"),
    "x": ("float32", "m", "where the resident is"),
    "y": ("float32", "m", "where the resident is"),
    "node": ("int32", "node", "node the resident is at or last passed"),
    "link": ("int32", "link", "link the resident is on; -1 at a node or indoors"),
    "offset_m": ("float64", "m", "distance along the link; double, or arrivals would depend on the tick"),
    "walk_mps": ("float32", "m/s", "pace on level ground, that of the household's slowest once it walks together"),
    "since_s": ("float64", "s", "time up to which the resident has been moved"),
    "warned_s": ("float64", "s", "when the warning arrived; inf before"),
    "depart_s": ("float64", "s", "when the resident last left home; inf before, and called on anew at home again"),
    "safe_s": ("float64", "s", "when the resident was safe: in an open shelter, hosted or out, and home after "
               "an all-clear; inf before, under way, home too early, and called on anew"),
    "shelter": ("int16", "shelter row", "shelter the resident is in or has a place in; -1 for none"),
    "away": ("bool", "-", "at the day place"),
    "ordered": ("bool", "-", "home lies in a village ordered to evacuate"),
    "exposed": ("bool", "-", "the hazard has touched the resident"),
    "injured": ("bool", "-", "injured by the hazard"),
}
"""Columns of shape (persons,): dtype, unit, meaning."""

START = {"node": -1, "link": -1, "warned_s": float("inf"), "depart_s": float("inf"), "safe_s": float("inf"),
         "shelter": NO_SHELTER, "ride": -1}
"""Values at the start where they are not zero."""
