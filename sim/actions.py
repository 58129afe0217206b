"""The actions the engine itself carries out, whatever the hazard; hazards declare their own."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sim.command import ActionSpec

Word = Annotated[str, Field(min_length=1)]


class _Args(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ZoneArgs(_Args):
    """A zone: a unit, a village, or the selector ``all``."""

    zone: Word


class ShelterArgs(_Args):
    """A shelter's id."""

    shelter: Word


class RoadArgs(_Args):
    """A road named by the two units it joins."""

    a: Word
    b: Word


class DispatchArgs(_Args):
    """A team and the task it is sent to."""

    team: Word
    task: Word


class TeamArgs(_Args):
    """A team."""

    team: Word


class SupplyArgs(_Args):
    """Relief packs from a warehouse to a shelter."""

    warehouse: Word
    shelter: Word
    packs: Annotated[int, Field(ge=1)]


ENGINE_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("order_evacuation", ZoneArgs, "order the residents of a zone to leave", "命令区域内居民转移"),
    ActionSpec("open_shelter", ShelterArgs, "open a shelter at once", "立即开放避难场所"),
    ActionSpec("close_road", RoadArgs, "close the road between two units, both ways", "封闭两地之间的道路"),
    ActionSpec("open_road", RoadArgs, "open a road that a command closed", "解除道路封闭"),
    ActionSpec("dispatch_team", DispatchArgs, "send a team to a task", "派出队伍执行任务"),
    ActionSpec("withdraw_team", TeamArgs, "call a team back to its base", "撤回队伍"),
    ActionSpec("dispatch_supply", SupplyArgs, "send relief packs by truck", "调运救灾物资"),
    ActionSpec("comms_off", ZoneArgs, "the mobile network of a zone fails: warnings take longer", "区域断网:预警变慢"),
    ActionSpec("comms_on", ZoneArgs, "the mobile network of a zone works again", "区域恢复通信"),
    ActionSpec("power_off", ZoneArgs, "the power of a zone fails: its mobile network with it", "区域断电:通信随之中断"),
    ActionSpec("power_on", ZoneArgs, "the power of a zone is back", "区域恢复供电"),
)
