"""A scenario: when, for how long, which hazards, and how the people in it behave."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, field_validator

from sim.settings.base import Delay, Duration, Settings, Share
from sim.settings.detection import Seeing
from sim.settings.people import PeopleSettings
from sim.settings.plan import Measure
from sim.settings.traffic import TrafficSettings
from sim.settings.transfer import TransferConduct
from sim.settings.warning import Milling, Mobilisation, Shadow


class HazardEntry(Settings):
    """One hazard of the scenario: the folder it lives in and its own settings, validated by its spec."""

    hazard: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    key: str = ""
    """Name of this hazard in the run; the folder's name when empty."""
    settings: dict[str, Any] = {}


class Behaviour(Settings):
    """What residents do: preparing, complying, walking, driving. Sources stand in the YAML."""

    preparation: Delay
    compliance: Share
    """Share of warned households that leave at all, under a mandatory order."""
    compliance_advised: Share | None = None
    """The same where leaving is only advised; none is as under an order."""
    compliance_seen: Share | None = None
    """The same of those who have seen the hazard, whatever the order; none is as under an order."""
    milling: Milling = Milling()
    shadow: Shadow = Shadow()
    mobilisation: Mobilisation = Mobilisation()
    walking_speed_mps: Annotated[float, Field(gt=0, le=3)]
    """A grown-up's pace on level ground; ``people.paces`` has the others' by age."""
    two_wheeler_speed_kmh: Annotated[float, Field(gt=0, le=60)]
    car_speed_factor: Annotated[float, Field(gt=0, le=1)]
    """Share of free-flow speed that evacuees' cars keep."""
    indoor_share_day: Share
    indoor_share_night: Share
    notice_distance_m: Annotated[float, Field(ge=0, le=5000)]
    """Households that see a hazard nearer than this are warned without any order."""
    packs_per_person_day: Annotated[float, Field(ge=0, le=10)] = 1.0
    """Relief packs drawn per sheltered person and day."""


class Reporting(Settings):
    """From the first flame to the command post by citizens' calls: detection, then the call."""

    detection: Delay
    report: Delay


class Record(Settings):
    """What is kept of a run."""

    series_every: Duration = 60.0
    traced_households: Annotated[int, Field(ge=0, le=50000)] = 6000
    """Households whose journeys the replay shows."""


class Scenario(Settings):
    """A scenario as settings."""

    id: str
    title: str
    title_zh: str
    doc: str = ""
    counties: tuple[str, ...] = ()
    """Counties it is made for; empty for any."""
    start: datetime
    duration: Annotated[Duration, Field(gt=0, le=30 * 86400)]
    tick: Annotated[Duration, Field(ge=1, le=3600)] = 60.0
    hazards: tuple[HazardEntry, ...]
    reporting: Reporting
    seeing: Seeing = Seeing()
    behaviour: Behaviour
    people: PeopleSettings = PeopleSettings()
    transfer: TransferConduct = TransferConduct()
    traffic: TrafficSettings = TrafficSettings()
    commands: tuple[Measure, ...] = ()
    record: Record = Record()

    @field_validator("start")
    @classmethod
    def _has_offset(cls, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("must carry an offset, such as '2026-04-04T13:00+08:00'")
        return value
