"""Who of those ordered out is not out, and why."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.population.columns import State, Waiting

if TYPE_CHECKING:
    from agents.population.evacuation import Evacuation


class Reason(IntEnum):
    """Why a resident who was ordered or advised to leave is not out; NONE for all others."""

    NONE = 0
    NEVER_WARNED = 1
    """No warning has come, and the household has not seen the hazard."""
    REFUSED = 2
    PREPARING = 3
    """Milling about or packing."""
    WAITING_FOR_ABSENT = 4
    WAITING_FOR_LIFT = 5
    WAITING_FOR_BUS = 6
    NO_WAY_OUT = 7
    """On the way, or at the door, with no open road to a shelter with room or out of the county."""
    SHELTER_FULL = 8
    """On the way on, or stuck, after a shelter turned the household away."""
    UNDER_WAY = 9
    ABSENT_DAY_PLACE = 10
    """Was at a day place when the household left, and stays there."""
    DEAD = 11


_BY_STATE = {
    State.STAYING: Reason.REFUSED, State.PREPARING: Reason.PREPARING, State.MOVING: Reason.UNDER_WAY,
    State.STRANDED: Reason.NO_WAY_OUT, State.AWAY: Reason.ABSENT_DAY_PLACE, State.DEAD: Reason.DEAD,
}
_BY_WAIT = {
    Waiting.ABSENT: Reason.WAITING_FOR_ABSENT, Waiting.LIFT: Reason.WAITING_FOR_LIFT,
    Waiting.BUS: Reason.WAITING_FOR_BUS,
}


class LeftBehind(NamedTuple):
    """Residents of a zone (a unit's id) who are not out for the same reason."""

    zone: str
    reason: Reason
    persons: int


def reasons(evacuation: Evacuation) -> NDArray[np.uint8]:
    """Return why each resident is not out now, shape (persons,), as :class:`Reason`."""
    columns, plans, orders = evacuation.population.columns, evacuation.plans, evacuation.orders
    by_state = np.zeros(len(State), np.uint8)
    for state, reason in _BY_STATE.items():
        by_state[state] = reason
    found = by_state[columns["state"]]
    preparing = columns["state"] == State.PREPARING
    for waiting, reason in _BY_WAIT.items():
        found[preparing & (columns["waiting"] == waiting)] = reason
    # Everyday life goes on: no word yet, or it has come since the households' decisions were last looked at.
    household = columns["household"]
    normal = columns["state"] == State.NORMAL
    unwarned = plans.warned_s[household] > evacuation.model.now
    found[normal] = np.where(unwarned, Reason.NEVER_WARNED,
                             np.where(plans.complies[household], Reason.PREPARING, Reason.REFUSED))[normal]
    turned_away = np.zeros(len(plans.seen), np.bool_)
    turned_away[list(evacuation.unplaced)] = True
    full = np.isin(columns["state"], (State.MOVING, State.STRANDED)) & turned_away[household]
    found[full] = Reason.SHELTER_FULL
    found[~(columns["ordered"] & orders.ordered[columns["village"]])] = Reason.NONE
    return found


def left_behind(evacuation: Evacuation) -> list[LeftBehind]:
    """Return how many residents of each unit are not out now, by reason; rows of units in the county's order."""
    places = evacuation.model.world.places
    units = places.of_kind("unit")
    number = {unit.id: i for i, unit in enumerate(units)}
    unit_of = np.array([number.get(place.town, 0) for place in places], np.int64)
    key = unit_of[evacuation.population.columns["village"]] * len(Reason) + reasons(evacuation)
    counts = np.bincount(key, minlength=len(units) * len(Reason)).reshape(len(units), len(Reason))
    return [LeftBehind(unit.id, Reason(reason), int(counts[row, reason]))
            for row, unit in enumerate(units) for reason in range(1, len(Reason)) if counts[row, reason]]
