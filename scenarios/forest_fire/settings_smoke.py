"""What a scenario may say of smoke."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.settings.base import Settings, Share


class Smoke(Settings):
    """Fine smoke near the ground: how much, who breathes it, what it does to driving."""

    on: bool = True
    emission_g_kg: Annotated[float, Field(gt=0, le=50)] = 13.5
    """Fine particles (PM2.5) let go, g per kg of fuel burned: 93 - 90 x 0.883 (Janhaell et al. 2010 for forest, doi
    10.5194/acp-10-1427-2010; combustion efficiency of wildfires by Urbanski 2013, doi 10.5194/acp-13-7241-2013)."""
    ground_share: Share = 0.4
    """Share of the smoke that stays near the ground; the rest rises with the heat. Memory: VSMOKE's default."""
    indoor_share: Share = 0.6
    """Concentration indoors over that outdoors. Assumption: rural houses with windows shut."""
    harmful_ug_m3: Annotated[float, Field(gt=0)] = 250.0
    """Person-hours are counted above this: the upper class of China's air quality index (HJ 633-2012, 24 h)."""
    extinction_m2_g: Annotated[float, Field(gt=0, le=20)] = 4.0
    """Light a gram of smoke takes out, m2/g, for visibility. Memory: 3.6 to 4.5 for fresh smoke (Reid et al. 2005)."""
