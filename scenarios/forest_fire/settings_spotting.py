"""What a scenario may say of spotting: how many embers, how far, how soon they burn on their own."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.settings.base import Duration, Settings, Share

Brands = Annotated[float, Field(ge=0, le=1000)]


class Spotting(Settings):
    """Embers that can start a fire; off unless asked for."""

    enabled: bool = False
    brands_per_gj_crown: Brands = 1.0
    """Of torching and crowning trees, a GJ of heat: the default of pyretechnics' function (1e-6 per kJ; its driver
    takes far less, 5e-11). How many embers are able to light a fire has not been measured: assumption."""
    brands_per_gj_surface: Brands = 0.1
    """Of surface fires from ``surface_from_kw_m`` on. Assumption: a tenth of the crowns'."""
    surface_from_kw_m: Annotated[float, Field(ge=0, le=100_000)] = 4000.0
    """Weaker surface fires throw no ember that lights anything at a distance. Assumption."""
    distance: Literal["sardoy", "power_law"] = "sardoy"
    """Sardoy et al. 2008, or pyretechnics' power law of intensity and wind."""
    mean_m: Annotated[float, Field(gt=0, le=1000)] = 11.7
    intensity_exponent: Annotated[float, Field(ge=0, le=2)] = 0.3
    wind_exponent: Annotated[float, Field(ge=0, le=3)] = 0.55
    variance_m: Annotated[float, Field(gt=0, le=10_000)] = 425.0
    """Power law: mean distance = mean_m I^a U^b (kW/m, 20-ft wind in m/s), its variance over its mean. Defaults of
    pyretechnics."""
    decay_m: Annotated[float, Field(gt=0, le=100_000)] = 500.0
    """Power law: of the embers, 63 % burn out within this distance (Perryman et al. 2013; pyretechnics' default).
    Sardoy's distances are those of embers that still burn."""
    sideways_deg: Annotated[float, Field(ge=0, le=60)] = 15.0
    """Standard deviation of an ember's direction about the wind's, that of the wind itself in slightly unstable air
    (Pasquill's class C: memory)."""
    farthest_m: Annotated[float, Field(gt=0, le=20_000)] = 3000.0
    """Embers that would fly farther are left out. Assumption."""
    buildup: Annotated[Duration, Field(ge=60, le=7200)] = 20 * 60.0
    """From landing until the new fire spreads at its steady rate: 20 min, as in pyretechnics."""
    receptive_share: Share = 1.0
    """Share of the ground of a cell that burns on which an ember finds fuel. Assumption."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.enabled and self.brands_per_gj_crown == 0 and self.brands_per_gj_surface == 0:
            raise ValueError("spotting is on but no fire throws embers: raise brands_per_gj_crown or _surface")
        return self
