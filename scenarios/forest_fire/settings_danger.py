"""What a scenario may say of fire danger: the codes of the Canadian system it starts from."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.settings.base import Settings


class Danger(Settings):
    """Codes of the Fire Weather Index System on the last wet day, and how many days without rain have passed."""

    ffmc: Annotated[float, Field(ge=0, le=101)] = 85.0
    dmc: Annotated[float, Field(ge=0, le=500)] = 6.0
    dc: Annotated[float, Field(ge=0, le=1500)] = 15.0
    """The system's own values to start a season from (Van Wagner 1987)."""
    dry_days: Annotated[int, Field(ge=0, le=200)] = 10
    """Days without rain before the start, with noons like the run's first. Assumption."""
