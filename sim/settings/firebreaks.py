"""Firebreaks of a plan (林火阻隔网络): strips cleared of fuel or planted with belts that hardly burn.

Where they run is drawn (``path``) or found in the World (``along`` ridges or roads, up to a length).
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.settings.base import Item, PlaceId, PlaceRef

Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]
LonLat = tuple[Lon, Lat]
FEWEST_CORNERS = 3


class Firebreak(Item):
    """A firebreak or a network of them: drawn as a line, or along the ridges or roads of some units or an outline."""

    id: PlaceId
    name: str = ""
    name_zh: str = ""
    kind: Literal["cleared", "green_belt"] = "cleared"
    """Cleared of fuel (防火隔离带), or a green belt of trees that hardly burn (生物防火林带)."""
    width_m: Annotated[float, Field(gt=0, le=200)]
    path: tuple[LonLat, ...] = ()
    """Points as [lon, lat], WGS84, joined by straight lines."""
    along: Literal["ridges", "roads"] | None = None
    """Where it is laid out from the World instead, on land that burns."""
    within: tuple[PlaceRef, ...] = ()
    """Town-level units that a laid-out one keeps to; the whole county where neither these nor an outline is given."""
    outline: tuple[LonLat, ...] = ()
    """Corners, as [lon, lat], of the polygon that a laid-out one keeps to."""
    length_km: Annotated[float, Field(gt=0, le=5000)] | None = None
    """Most that a laid-out one may measure."""
    compartment_km2: Annotated[float, Field(ge=0.1, le=200)] = 2.0
    """Least ground that each reach of stream drains whose catchment ridges close off. Assumption."""

    @model_validator(mode="after")
    def _one_way_to_say_where(self) -> Self:
        if bool(self.path) == (self.along is not None):
            raise ValueError("give either path or along")
        if len(set(self.path)) == 1:
            raise ValueError("a path needs two different points at least")
        if self.along is None and (self.within or self.outline or self.length_km is not None):
            raise ValueError("within, outline and length_km go with along, not with path")
        if self.along is not None and self.length_km is None:
            raise ValueError("along needs length_km, the most it may measure")
        if self.within and self.outline:
            raise ValueError("give within or outline, not both")
        if self.outline and len(self.outline) < FEWEST_CORNERS:
            raise ValueError("an outline needs three corners at least")
        return self
