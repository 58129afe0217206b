"""What water does to a forest fire, as settings; docs/background/fire-water-and-air.md has the sources."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.settings.base import Settings, Share


class Water(Settings):
    """How much water stops a flame, how much of a drop arrives, how long it stays, and how far pilots see."""

    waste_factor: Annotated[float, Field(ge=1, le=20)] = 3.0
    """Water used over water needed in theory: 2 to 4 (Van Wagner and Taylor 2022)."""
    strip_m: Annotated[float, Field(ge=0, le=50)] = 3.0
    """Width of burned ground a hose crew puts out along each metre of edge, beside the flames. Assumption."""
    ceiling_kw_m: Annotated[float, Field(gt=0, le=20_000)] = 2000.0
    """No drop stops a fire that is more intense: drops hold it for about an hour below 2,000 kW/m (Budd et al. 1997;
    Loane and Gould 1986)."""
    lost_in_air: Share = 0.1
    """Share of a drop that drifts off or evaporates. Assumption."""
    canopy_store_mm: Annotated[float, Field(ge=0, le=10)] = 1.0
    """Water that closed crowns keep back. Assumption."""
    litter_store_mm: Annotated[float, Field(gt=0, le=20)] = 2.0
    """Water that litter and low plants hold; more runs off. Assumption."""
    visibility_m: Annotated[float, Field(ge=0, le=100_000)] = 10_000.0
    """Horizontal visibility for aircraft, until ``set_visibility`` changes it. Assumption."""
