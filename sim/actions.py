"""The actions the engine itself carries out, whatever the hazard; hazards declare their own."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sim.command import ActionSpec
from sim.settings.base import Duration, parse_duration
from sim.settings.transfer import CAUSES, Cause
from sim.settings.warning import OrderKind

Word = Annotated[str, Field(min_length=1)]


class _Args(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


JOINED = "+"
"""Joins zones that are named together."""


class ZoneArgs(_Args):
    """A zone: a unit, a village, the selector ``all``, or several joined by ``+``."""

    zone: Word


class OrderArgs(ZoneArgs):
    """A zone, whether leaving is ordered or advised, and whether the zone's own shelters stay in use.

    People leave their houses for shelters nearby before a typhoon (``shelters_stay``); before a fire or a toxic
    cloud they leave the place, and its shelters are closed.
    """

    kind: OrderKind = "mandatory"
    shelters_stay: bool = False


class StageArgs(_Args):
    """Zones ordered out one stage after the other.

    Either ``zones``, one a stage, or a ``zone`` cut into so many ``stages``: runs of its units (of its villages,
    where it is one unit) with about as many residents each, in the county's order. The first stage is ordered
    with the command and the next ``every`` so long, or all at the times of the run given as ``at``. Raises
    ValueError for any other choice of them.
    """

    zones: tuple[Word, ...] = ()
    zone: str = ""
    stages: Annotated[int, Field(ge=0, le=100)] = 0
    every: Annotated[Duration, Field(gt=0)] | None = None
    at: tuple[Duration, ...] = ()
    kind: OrderKind = "mandatory"
    shelters_stay: bool = False

    @property
    def count(self) -> int:
        """How many stages there are."""
        return len(self.zones) or self.stages

    def times(self, given_s: float) -> list[float]:
        """Return when each stage is ordered (s), for a command given at a time."""
        return list(self.at) if self.every is None else [given_s + k * self.every for k in range(self.count)]

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.zones) == bool(self.zone):
            raise ValueError("stages have either zones, one a stage, or one zone to cut into stages")
        if bool(self.zone) != (self.stages > 0):
            raise ValueError("a zone to cut needs the number of stages, and zones one a stage do not")
        if (self.every is None) == (not self.at):
            raise ValueError("stages follow one another every so long, or at times given")
        if self.at and len(self.at) != self.count:
            raise ValueError(f"{self.count} stages need as many times, not {len(self.at)}")
        words = [word for zone in self.zones for word in zone.split(JOINED)]
        if len(set(words)) != len(words):
            raise ValueError("a zone is in two stages")
        return self


class TransferZoneArgs(ZoneArgs):
    """A zone, and the causes of those on its list who are meant; all where none is named."""

    causes: tuple[Cause, ...] = ()

    @property
    def chosen(self) -> tuple[Cause, ...]:
        """The causes meant."""
        return self.causes or CAUSES


class TransferArgs(TransferZoneArgs):
    """Who is to be moved, and by when: so long after the order (``6h``), at ``T+06:00``, or at a local time.

    A local time carries its offset: ``2021-07-25T12:00+08:00``. Raises ValueError for anything else.
    """

    deadline: str | None = None

    @field_validator("deadline")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        if value is not None:
            _when(value, 0.0, datetime(2000, 1, 1, tzinfo=UTC))
        return value

    def deadline_s(self, given_s: float, start: datetime) -> float:
        """Return the deadline as a time of the run (s), infinity without one; ``start`` is that of the run."""
        return math.inf if self.deadline is None else _when(self.deadline, given_s, start)


def _when(word: str, given_s: float, start: datetime) -> float:
    try:
        seconds = parse_duration(word)
    except ValueError:
        try:
            time = datetime.fromisoformat(word)
        except ValueError:
            time = None
        if time is None or time.tzinfo is None:
            raise ValueError(
                "must be a duration such as '6h', a time 'T+06:00' or a local time with its offset") from None
        return (time - start).total_seconds()
    return seconds if word.strip().startswith("T+") else given_s + seconds


class ShelterArgs(_Args):
    """A shelter's id."""

    shelter: Word


class RoadArgs(_Args):
    """A road named by the two units it joins."""

    a: Word
    b: Word


class JunctionArgs(_Args):
    """A place whose junction police control, and the place on the road from which cars are waved through."""

    place: Word
    favour: str = ""


class BusArgs(ZoneArgs):
    """A zone, and how many buses; all there are where no number is given."""

    count: Annotated[int, Field(ge=1)] | None = None


class DispatchArgs(_Args):
    """A team and the task it is sent to."""

    team: Word
    task: Word


class TeamArgs(_Args):
    """A team."""

    team: Word


class RequestAircraftArgs(_Args):
    """The fire they are wanted at, and one aircraft; all that are free where none is named."""

    task: Word
    aircraft: str = ""


class AircraftArgs(_Args):
    """An aircraft; all where none is named."""

    aircraft: str = ""


class SupplyArgs(_Args):
    """Relief packs from a warehouse to a shelter."""

    warehouse: Word
    shelter: Word
    packs: Annotated[int, Field(ge=1)]


ENGINE_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("order_evacuation", OrderArgs, "order, or advise, the residents of a zone to leave",
               "命令(或建议)区域内居民转移"),
    ActionSpec("stage_evacuation", StageArgs, "order zones out one stage after the other", "分批命令各区域转移"),
    ActionSpec("cancel_evacuation", ZoneArgs, "cancel a zone's order: who has not left stays",
               "取消区域转移命令:未出发者留下"),
    ActionSpec("order_transfer", TransferArgs, "have cadres move those on the list of people at risk",
               "命令转移清单内危险区域人员"),
    ActionSpec("cancel_transfer", TransferZoneArgs, "call the transfer off for those who have not left",
               "取消人员转移:未出发者留下"),
    ActionSpec("all_clear", ZoneArgs, "give the all-clear: whoever has left a zone goes home, orders end",
               "解除警报:区域内转移人员返家"),
    ActionSpec("open_shelter", ShelterArgs, "open a shelter at once", "立即开放避难场所"),
    ActionSpec("close_road", RoadArgs, "close the road between two units, both ways", "封闭两地之间的道路"),
    ActionSpec("open_road", RoadArgs, "open a road that a command closed", "解除道路封闭"),
    ActionSpec("dispatch_team", DispatchArgs, "send a team to a task", "派出队伍执行任务"),
    ActionSpec("withdraw_team", TeamArgs, "call a team back to its base", "撤回队伍"),
    ActionSpec("request_aircraft", RequestAircraftArgs, "ask for aircraft to fight a fire", "请求航空器支援灭火"),
    ActionSpec("stand_down_aircraft", AircraftArgs, "send aircraft back to their base", "航空器返航"),
    ActionSpec("dispatch_supply", SupplyArgs, "send relief packs by truck", "调运救灾物资"),
    ActionSpec("contraflow", RoadArgs, "give both directions of a road to those driving from a to b, once it is empty",
               "道路对向车道改为由a至b单向疏散(先清空)"),
    ActionSpec("end_contraflow", RoadArgs, "give a contraflow's lanes back", "结束对向车道借用"),
    ActionSpec("control_traffic", JunctionArgs, "send police to a place's junction, to wave one approach through",
               "交警到路口指挥,优先放行某一方向"),
    ActionSpec("send_buses", BusArgs, "send buses to fetch people without a vehicle from a zone",
               "派客车接运区域内无车居民"),
    ActionSpec("comms_off", ZoneArgs, "the mobile network of a zone fails: warnings that need it wait",
               "区域断网:依赖网络的预警中断"),
    ActionSpec("comms_on", ZoneArgs, "the mobile network of a zone works again", "区域恢复通信"),
    ActionSpec("power_off", ZoneArgs, "the power of a zone fails: its mobile network with it", "区域断电:通信随之中断"),
    ActionSpec("power_on", ZoneArgs, "the power of a zone is back", "区域恢复供电"),
)
