"""What a scenario may say of houses in the fire's way."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.settings.base import Settings, Share


class Houses(Settings):
    """How houses are lost; a house a household."""

    combustible: Share = 0.1
    """Share with wooden walls or eaves, which radiant heat alone can set alight. Assumption: brick and tile prevail."""
    yard_m: Annotated[float, Field(ge=0, le=100)] = 5.0
    """Ground without fuel between walls and flames. Assumption: the threshing yard, a path, a vegetable bed."""
