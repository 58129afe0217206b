"""The arguments of ``change_fuel``: where, and what stands there from then on."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from scenarios.forest_fire.settings_fuels import standard_numbers
from sim.settings.base import PlaceRef, Settings
from sim.settings.firebreaks import FEWEST_CORNERS, Lat, Lon, LonLat

OWN_FROM, OWN_TO = 205, 255
"""Numbers that a scenario may give to fuel models of its own."""


class ChangeFuelArgs(Settings):
    """Give the ground in a circle or polygon another fuel: cleared, burned on purpose, planted, felled.

    What has burned or burns stays as it is. ``fuel`` is the number of a fuel model; 91 to 99 do not burn.
    """

    place: PlaceRef | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    radius_m: Annotated[float, Field(gt=0, le=20_000)] | None = None
    outline: tuple[LonLat, ...] = ()
    """Corners, as [lon, lat]."""
    fuel: Annotated[int, Field(ge=1, le=OWN_TO)]

    @field_validator("fuel")
    @classmethod
    def _known(cls, number: int) -> int:
        if number not in standard_numbers() and number < OWN_FROM:
            raise ValueError(f"unknown fuel model number {number}; there are "
                             f"{', '.join(str(n) for n in standard_numbers())}, and the scenario's own")
        return number

    @model_validator(mode="after")
    def _one_way_to_say_where(self) -> Self:
        if (self.lon is None) != (self.lat is None):
            raise ValueError("give both lon and lat, or neither")
        if sum((self.place is not None, self.lon is not None, bool(self.outline))) != 1:
            raise ValueError("give one of place, lon and lat, outline")
        if (self.radius_m is None) != bool(self.outline):
            raise ValueError("radius_m goes with a place or point, and they need it")
        if self.outline and len(self.outline) < FEWEST_CORNERS:
            raise ValueError("an outline needs three corners at least")
        return self
