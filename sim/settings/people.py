"""Who leaves how: destinations, absent members, lifts and buses, walking. Defaults are assumptions unless sourced."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from sim.settings.base import Duration, Settings, Share


class Pace(Settings):
    """Walking pace from an age on, as a share of a grown-up's."""

    from_age: Annotated[int, Field(ge=0, le=120)]
    factor: Annotated[float, Field(gt=0, le=1.5)]


GROWN_UP_MPS = 1.379
"""Mean of the four decades from 20 to 59 in the table below (m/s), to which its factors refer."""

PACES = (
    # Carried or in a pram: they hold nobody up more than a small child does. Assumption: as at 3.
    (0, 1.00),
    # 3 and 4, 6 and 7, 11 to 14 years: Hausdorff et al. 1999 (J Appl Physiol 86:1040; PhysioNet gait-maturation-db).
    (3, 1.00), (5, 1.20), (9, 1.28),
    (15, 1.35), (30, 1.385), (40, 1.41), (50, 1.37),
    (60, 1.29), (70, 1.20), (80, 0.955),
)
"""Pace (m/s) from an age on. From 15: mean of men and women by decade, Bohannon & Andrews 2011 (doi
10.1016/j.physio.2010.12.004). Checked: its extremes (men of 40 to 49, 1.434; women of 80 and over, 0.943), 60 to
69 (1.34 and 1.24) and 80 and over (0.97 and 0.94); the other decades are from memory. Healthy people on level ground.
"""


def default_paces() -> tuple[Pace, ...]:
    """Return the table of paces as factors."""
    return tuple(Pace(from_age=age, factor=round(mps / GROWN_UP_MPS, 3)) for age, mps in PACES)


class PeopleSettings(Settings):
    """Behaviour of households from the moment they are ready to leave."""

    informed_share: Share = 0.4
    """Share of households that know present travel times, closures and which shelters are full; the others follow
    the way they know. Assumption, within the 30 to 70 % of drivers found to re-route in hurricane studies."""
    to_shelter: Share = 0.4
    """Share of households that make for a shelter; the others go to relatives (投亲靠友). Assumption: most stay with
    relatives or friends as a rule, the more the better they are warned."""
    guests_per_resident: Annotated[float, Field(ge=0, le=3)] = 0.2
    """Guests that a village not ordered out can house, per resident of its own. Assumption: one household in four
    or five has a room to spare."""
    come_home_share: Share = 0.7
    """Share of members absent by day who come home first, to leave with their household. Assumption."""
    trip_home_kmh: Annotated[float, Field(gt=0, le=80)] = 20.0
    """Speed of that trip along the road. Assumption: between e-bike and bus."""
    detour: Annotated[float, Field(ge=1, le=3)] = 1.32
    """Length of the way over the straight line: 1.324 on average in 25 Chinese cities (doi
    10.1080/19475683.2021.1966503)."""
    wait_for_absent: Duration = 60 * 60.0
    """How long a household that is ready waits at most for members on their way home. Assumption."""
    car_seats: Annotated[int, Field(ge=1, le=9)] = 5
    """People a household's car takes when a neighbour asks for a lift."""
    two_wheeler_seats: Annotated[int, Field(ge=1, le=3)] = 2
    """People on an e-bike or motorcycle."""
    lift_patience: Duration = 20 * 60.0
    """How long people who would have to walk wait for a lift before they set out on foot. Assumption."""
    bus_patience: Duration = 2 * 3600.0
    """The same where buses serve their village. Assumption."""
    paces: tuple[Pace, ...] = Field(default_factory=default_paces, min_length=1)
    """Walking pace by age, as a share of ``behaviour.walking_speed_mps``; a household walks at its slowest."""
    hiking_slope_effect: bool = True
    """Whether slopes slow walkers (Tobler 1993, relative to level ground)."""

    @field_validator("paces")
    @classmethod
    def _ordered(cls, value: tuple[Pace, ...]) -> tuple[Pace, ...]:
        ages = [pace.from_age for pace in value]
        if ages[0] != 0 or ages != sorted(set(ages)):
            raise ValueError("must begin at from_age 0 and go up in age")
        return value
