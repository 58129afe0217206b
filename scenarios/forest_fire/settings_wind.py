"""What a scenario may say of wind over terrain and slope winds; both off unless asked for."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.settings.base import Settings, Share


class SlopeWinds(Settings):
    """Winds up the slopes by day and down by night, at 20 ft, added to the general wind."""

    enabled: bool = False
    up_mps: Annotated[float, Field(ge=0, le=10)] = 2.5
    """Strongest by day on steep slopes: 3 to 8 mi/h (NWCG PMS 437, Estimating Winds), the middle of it."""
    down_mps: Annotated[float, Field(ge=0, le=10)] = 1.5
    """Strongest by night: 2 to 5 mi/h (NWCG S-290: memory), the middle of it."""
    up_from_hour: Annotated[float, Field(ge=0, lt=24)] = 8.0
    """Assumption: an hour or two after sunrise."""
    up_to_hour: Annotated[float, Field(gt=0, le=24)] = 18.0
    """Assumption: as the slopes fall into shadow."""

    @model_validator(mode="after")
    def _a_day_and_a_night(self) -> Self:
        if not 1.0 <= self.up_to_hour - self.up_from_hour <= 23.0:
            raise ValueError("up_to_hour must be at least one hour after up_from_hour")
        return self


class TerrainWind(Settings):
    """How the county's one wind differs from cell to cell."""

    over_terrain: Literal["none", "micromet"] = "none"
    """MicroMet's factors for slope and curvature (Liston and Elder 2006) with Ryan's deflection (1977)."""
    slope_weight: Share = 0.5
    curvature_weight: Share = 0.5
    """Weights of the two terms; both 0.5 where no measured wind says otherwise (Liston and Elder 2006)."""
    curvature_length_m: Annotated[float, Field(ge=30, le=10_000)] = 500.0
    """About half the distance from ridge to ridge; 500 m is SnowModel's own (memory)."""
    slope_winds: SlopeWinds = SlopeWinds()

    @model_validator(mode="after")
    def _weights_sum_to_one_at_most(self) -> Self:
        if self.slope_weight + self.curvature_weight > 1.0 + 1e-9:
            raise ValueError("slope_weight and curvature_weight must sum to 1 at most")
        return self
