"""What the toy hazard declares."""

from pydantic import BaseModel, ConfigDict, Field

from sim.command import ActionSpec
from sim.hazard import ColumnSpec, HazardSpec, LayerSpec
from sim.kpi import KpiSpec


class Water(BaseModel):
    model_config = ConfigDict(extra="forbid")
    place: str
    speed_mps: float = Field(default=0.5, gt=0, le=10)
    starts_s: float = Field(default=600, ge=0)
    most_m: float = Field(default=4000, gt=0)
    deadly_share: float = Field(default=0.01, ge=0, le=1)


class PumpArgs(BaseModel):
    model_config = ConfigDict(extra="forbid")
    team: str
    metres: float = Field(ge=0)


SPEC = HazardSpec(
    name="rising_water", title="Rising water", title_zh="涨水", doc="a circle of water that grows", settings=Water,
    layers=(LayerSpec("arrival_s", "float32", "s", "time the water comes", "水到时间", grows=True),),
    actions=(ActionSpec("pump", PumpArgs, "push the water back", "抽水"),),
    person_columns=(ColumnSpec("wet_s", "float32", "s", "time spent in the water"),),
    kpis=(KpiSpec("water.radius_m", "Water radius", "水面半径", "m", "radius at the end", "结束时水面半径"),),
    capabilities=("fire_line",),
)
