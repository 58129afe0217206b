"""When villages are ordered out ahead of a forecast front: by one lead for all, or by each one's clearance time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.settings.base import Settings


class Trigger(Settings):
    """The rule of the order: ``lead`` (``warn_lead`` for every village) or ``clearance``.

    ``clearance``: a village is ordered out once the forecast front is nearer in time than its own clearance
    time (warning, deciding and preparing, the way to a shelter) times ``safety_factor``: a trigger buffer (Cova et
    al. 2005, doi 10.1111/j.1467-9671.2005.00237.x), looked at village by village.
    """

    rule: Literal["lead", "clearance"] = "lead"
    share: Annotated[float, Field(ge=0.5, le=0.99)] = 0.9
    """Share of those who leave who are to be away, and of the people whose way is to be allowed for."""
    safety_factor: Annotated[float, Field(ge=1, le=5)] = 1.5
    """Assumption: the forecast does not know of wind to come, nor the clearance time of queues on the road."""
