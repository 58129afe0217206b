"""What a forest fire declares to the engine; imports neither Mesa nor Numba."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from scenarios.forest_fire.args_fuel import ChangeFuelArgs
from scenarios.forest_fire.settings import ForestFireSettings, Lat, Lon, Metres
from scenarios.forest_fire.settings_suppression import CrewClass, Tactic, Technique, ToolNames
from scenarios.forest_fire.settings_weather import Celsius, Degrees, Humidity, Rain, WeatherRow, WindSpeed
from scenarios.forest_fire.tools import tool_table
from sim.command import ActionSpec
from sim.hazard import ColumnSpec, HazardSpec, LayerSpec, RowsFile, ToolSpec
from sim.kpi import KpiSpec
from sim.settings.base import PlaceRef, Settings

STATUS = ("unburned", "burning", "burned", "line", "wet")
"""Meaning of the layer ``status``, by code."""


class IgniteArgs(Settings):
    """Start a fire at a place or lon/lat."""

    place: PlaceRef | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    search_m: Metres = 1500.0

    @model_validator(mode="after")
    def _one_way_to_say_where(self) -> Self:
        if (self.place is None) == (self.lon is None) or (self.lon is None) != (self.lat is None):
            raise ValueError("give either place, or lon and lat")
        return self


class SetWindArgs(Settings):
    """The wind from now on. ``changes`` of the scenario that give wind end it; hours of a series or a day do not."""

    wind_mps: WindSpeed
    wind_from_deg: Degrees


class SetWeatherArgs(Settings):
    """Weather from now on; what is not given stays. A change of the scenario's own ends it for what that gives."""

    wind_mps: WindSpeed | None = None
    wind_from_deg: Degrees | None = None
    temperature_c: Celsius | None = None
    humidity_pct: Humidity | None = None
    rain_mm: Rain | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if all(value is None for value in self.model_dump().values()):
            raise ValueError("give at least one of wind_mps, wind_from_deg, temperature_c, humidity_pct, rain_mm")
        return self


class BuildLineArgs(Settings):
    """A crew's work at the fire's edge or ahead of it: where it is, what it can build, with what, and how."""

    team: Annotated[str, Field(min_length=1)]
    x: float
    y: float
    metres: Annotated[float, Field(ge=0, le=100_000)]
    """What it could build directly in closed timber litter (fuel model 8) on the flat."""
    max_flame_m: Annotated[float, Field(gt=0, le=10)] | None = None
    """Longest flame it attacks; none is what its tools can, or 1.2 m."""
    clockwise: bool = True
    fire: str = ""
    """Task id of the fire to work on; the nearest one when empty."""
    tool: ToolNames = ()
    """Its tools, of which it takes the quickest for each place; without any, metres cost alike everywhere."""
    crew_class: CrewClass = "type2"
    tactic: Tactic | None = None
    """Where it works; none leaves it to scenario and plan."""
    technique: Technique | None = None
    """At the edge, ahead of it, or setting fire from line that stands; none leaves it to the tactic."""
    people: Annotated[float, Field(ge=0, le=5000)] = 0.0
    """How many they are: whether they can get away, and what befalls them, is looked at only then."""
    seconds: Annotated[float, Field(gt=0, le=86_400)] = 300.0
    """The time the metres stand for; they stay on the line as long again."""
    water_l: Annotated[float, Field(ge=0)] | None = None
    """Water that its hoses bring it meanwhile, for the tools that work with it; none is as much as they take."""


class MopUpArgs(Settings):
    """A crew's work on the smouldering edge of a fire: where it is, how many people for how long."""

    team: Annotated[str, Field(min_length=1)]
    x: float
    y: float
    metres: Annotated[float, Field(ge=0, le=100_000)] = 0.0
    """What it could build of line in fuel model 8: the time it has, where ``people`` are not given."""
    people: Annotated[float, Field(ge=0, le=5000)] = 0.0
    seconds: Annotated[float, Field(gt=0, le=86_400)] = 300.0
    fire: str = ""
    """Task id of the fire; any when empty."""


class WetArgs(Settings):
    """Wet the ground in a circle or ring around a point or place: it does not burn until it has dried.

    Either for so many ``minutes``, or with so much water (``mm`` = l/m2), which dries as the weather has it.
    """

    x: float | None = None
    y: float | None = None
    place: PlaceRef | None = None
    radius_m: Annotated[float, Field(gt=0, le=2000)]
    inner_m: Annotated[float, Field(ge=0, le=2000)] = 0.0
    """Of a ring: what is nearer stays dry."""
    minutes: Annotated[float, Field(gt=0, le=1440)] | None = None
    mm: Annotated[float, Field(gt=0, le=50)] | None = None

    @model_validator(mode="after")
    def _where_and_how_long(self) -> Self:
        if (self.x is None) != (self.y is None) or (self.place is None) == (self.x is None):
            raise ValueError("give either place, or x and y")
        if (self.minutes is None) == (self.mm is None):
            raise ValueError("give either minutes or mm")
        if self.inner_m >= self.radius_m:
            raise ValueError("inner_m must be less than radius_m")
        return self


class DropWaterArgs(Settings):
    """A bucket: where the middle of its strip lies, which way it runs (clockwise from north), how long and wide."""

    aircraft: str = ""
    x: float
    y: float
    along_deg: Annotated[float, Field(ge=0, le=360)]
    litres: Annotated[float, Field(gt=0, le=50_000)]
    length_m: Annotated[float, Field(gt=0, le=2000)] = 75.0
    """Of 3 t in 5 s at 54 km/h; see the settings of aircraft."""
    width_m: Annotated[float, Field(gt=0, le=100)] = 12.0


class SetVisibilityArgs(Settings):
    """How far pilots see from now on."""

    metres: Annotated[float, Field(ge=0, le=100_000)]


LAYERS = (
    LayerSpec("arrival_s", "float32", "s", "time the front reached the cell's centre; inf where it did not",
              "火头到达时间", grows=True),
    LayerSpec("intensity_kw_m", "float32", "kW/m", "fireline intensity as the front passed", "火线强度"),
    LayerSpec("flame_m", "float32", "m", "flame length as the front passed", "火焰长度"),
    LayerSpec("ros_m_min", "float32", "m/min", "rate of spread at right angles to the front", "蔓延速度"),
    LayerSpec("direction_deg", "float32", "deg", "direction the front moved in, clockwise from north",
              "蔓延方向"),
    LayerSpec("status", "uint8", "-", "0 unburned, 1 burning, 2 burned, 3 line, 4 wet", "状态"),
    LayerSpec("barrier", "uint8", "-",
              "0 none, 1 road, 2 stream, 3 cleared firebreak, 4 green belt; 8 more where fire crossed it", "阻隔带"),
    LayerSpec("smoke_ug_m3", "float32", "ug/m3", "highest density of fine smoke near the ground so far, by ten minutes",
              "近地面烟尘（PM2.5）最高浓度"),
    LayerSpec("line_s", "float32", "s", "time line was built on the cell; inf where none was",
              "隔离带建成时间", grows=True),
)

ACTIONS = (
    ActionSpec("ignite", IgniteArgs, "start a fire at a place or lon/lat", "在某地点引燃林火"),
    ActionSpec("set_wind", SetWindArgs, "set wind speed and direction from now on", "改变风速和风向"),
    ActionSpec("set_weather", SetWeatherArgs, "set temperature, humidity, rain or wind from now on",
               "改变气温、湿度、降雨或风"),
    ActionSpec("build_line", BuildLineArgs, "a crew builds line along the fire's edge",
               "队伍沿火线开设隔离带"),
    ActionSpec("mop_up", MopUpArgs, "a crew puts out what smoulders along a fire's edge", "队伍清理火线余火"),
    ActionSpec("change_fuel", ChangeFuelArgs, "give the ground in a circle or polygon another fuel, or none",
               "改变某区域的可燃物（清理、计划烧除）"),
    ActionSpec("wet", WetArgs, "wet the ground in a circle or ring until it has dried", "向地面洒水"),
    ActionSpec("drop_water", DropWaterArgs, "drop a bucket of water along a strip", "吊桶洒水"),
    ActionSpec("set_visibility", SetVisibilityArgs, "set how far pilots see from now on", "改变能见度"),
)

KPIS = (
    KpiSpec("fire.burned_ha", "Burned area", "过火面积", "ha",
            "area of cells the front has reached, and of what burned of the cells of barriers that held",
            "火头到达过的网格面积，含守住的阻隔带所在网格中过火的部分"),
    KpiSpec("fire.burned_forest_ha", "Burned forest", "过火森林面积", "ha",
            "burned area whose cover is forest", "过火范围内的森林面积"),
    KpiSpec("fire.damaged_forest_ha", "Damaged forest", "受害森林面积", "ha",
            "burned forest times the share of trees killed at the intensity it burned with (share by "
            "class of intensity: assumption)",
            "过火森林面积乘以按火线强度等级估计的林木死亡比例（比例为假定值）"),
    KpiSpec("fire.perimeter_km", "Fire perimeter", "火场周长", "km",
            "length of the burned area's edge: cell sides times pi/4 (Crofton)",
            "过火区边界长度（边数乘以π/4）",
            better="neither"),
    KpiSpec("fire.line_km", "Line built", "隔离带长度", "km",
            "length of line that crews built", "队伍开设的隔离带长度", better="neither"),
    KpiSpec("fire.line_lost_m", "Line lost", "失守隔离带长度", "m",
            "length of crews' line that fire crossed", "被火突破的队伍隔离带长度"),
    KpiSpec("fire.breaks_held", "Firebreaks held", "守住的防火隔离带", "km",
            "length of the plan's firebreaks that fire came up to and did not cross",
            "火到达而未突破的规划防火隔离带长度", better="neither"),
    KpiSpec("fire.breaks_breached", "Firebreaks breached", "被突破的防火隔离带", "km",
            "length of the plan's firebreaks that fire crossed", "被火突破的规划防火隔离带长度", better="neither"),
    KpiSpec("fire.roads_held", "Roads and streams held", "守住的道路与溪流", "km",
            "length of roads and streams that fire came up to and did not cross",
            "火到达而未越过的道路与溪流长度", better="neither"),
    KpiSpec("fire.roads_breached", "Roads and streams crossed", "被越过的道路与溪流", "km",
            "length of roads and streams that fire crossed", "被火越过的道路与溪流长度", better="neither"),
    KpiSpec("fire.spot_fires", "Spot fires", "飞火引燃处", "fires",
            "fires that embers started ahead of the front; none where spotting is off",
            "飞火在火头之外引燃的火点数；未启用飞火时无值"),
    KpiSpec("fire.spot_farthest_m", "Farthest spot fire", "最远飞火距离", "m",
            "longest flight of an ember that started one; none where none did",
            "引燃火点的飞火的最远距离；没有引燃则无值"),
    KpiSpec("fire.max_flame_m", "Longest flame", "最大火焰长度", "m",
            "longest flame of any burned cell", "过火网格中的最大火焰长度"),
    KpiSpec("fire.drops", "Bucket drops", "吊桶洒水次数", "count",
            "drops of aircraft on the fire", "航空器向火场洒水的次数", better="neither"),
    KpiSpec("fire.water_dropped_m3", "Water dropped", "洒水量", "m3",
            "water dropped by aircraft", "航空器洒水总量", better="neither"),
    KpiSpec("fire.first_drop_min", "Ignition to first drop", "起火至首次洒水", "min",
            "minutes from the first ignition to the first drop; none without one",
            "自起火至航空器首次洒水的分钟数;未洒水则无值"),
    KpiSpec("fire.contained_h", "Time to containment", "合围用时", "h",
            "hours from the first ignition until nothing can spread any more; none while it still can",
            "从起火到不再蔓延的时间；未合围则无值"),
    KpiSpec("fire.controlled_h", "Time to control", "控制用时", "h",
            "hours from the first ignition until the contained fires' edges are cold, put out or burned out; none "
            "while they are not",
            "从起火到合围且火线边缘全部清理或冷却的时间；未达到则无值"),
    KpiSpec("fire.reignitions", "Re-ignitions", "复燃次数", "fires",
            "fires that started across crews' line from edge not mopped up", "未清理火线越过隔离带复燃的次数"),
    KpiSpec("fire.mopped_up_km", "Edge mopped up", "清理火线长度", "km",
            "length of edge that crews mopped up", "队伍清理余火的火线长度", better="neither"),
    KpiSpec("fire.burned_out_km", "Line burned out from", "点烧长度", "km",
            "length of line from which the strip before it was burned out", "依托隔离带点烧的长度", better="neither"),
    KpiSpec("fire.withdrawals", "Withdrawals of crews", "队伍避险撤离次数", "times",
            "times a crew left its place because its way out ran short or flames outgrew its tools",
            "队伍因退路受威胁或火焰超过装备能力而撤离的次数"),
    KpiSpec("fire.responders_entrapped", "Responders entrapped", "被围扑火人员", "persons",
            "people of crews that the front reached where they were", "火头烧到所在位置的扑火人员数"),
    KpiSpec("fire.responders_injured", "Responders injured", "受伤扑火人员", "persons",
            "entrapped people with second-degree burns", "被围后二度烧伤的扑火人员数"),
    KpiSpec("fire.responders_dead", "Responders killed", "牺牲扑火人员", "persons",
            "entrapped people killed by heat", "被围后因热辐射死亡的扑火人员数"),
    KpiSpec("fire.villages_reached", "Villages reached", "受威胁村庄数", "villages",
            "villages with a burned cell near their centre", "中心附近出现过火网格的村庄数"),
    KpiSpec("fire.houses_lost", "Houses lost", "烧毁房屋", "houses",
            "houses, one a household, lost to embers and flames where the front passed, or to radiant heat",
            "火头经过时因飞火、火焰或因热辐射烧毁的房屋（每户一栋）"),
    KpiSpec("fire.smoke_person_h", "Harmful smoke", "烟尘暴露", "person h",
            "person-hours of residents, those in shelters apart, in smoke above the harmful density",
            "居民（避难场所内除外）处于有害烟尘浓度以上的人时数"),
    KpiSpec("fire.danger_level", "Fire danger at the start", "起火时森林火险等级", "level",
            "level I to V of the start's weather: Canadian Fire Weather Index cut at EFFIS's classes (mapping: "
            "assumption)",
            "开始时天气的森林火险等级（一至五级）：按加拿大火险天气指数和EFFIS分级换算（换算为假定）",
            better="neither"),
    KpiSpec("fire.danger_worst", "Fire danger, worst hour", "最高森林火险等级", "level",
            "highest level of any hour of the scenario's weather; weather set by commands does not count",
            "情景天气中各小时的最高火险等级；不计命令改变的天气", better="neither"),
    KpiSpec("fire.damage_permille", "Forest fire damage rate", "森林火灾受害率", "permille",
            "damaged forest of a year's fires per forest area of the county; means nothing for one fire",
            "一年内受害森林面积占全县森林面积的千分比；单次火灾不适用", scope="ensemble"),
)

SPEC = HazardSpec(
    name="forest_fire",
    title="Forest fire",
    title_zh="森林火灾",
    doc="surface fire after Rothermel on the terrain grid, held by line and water",
    settings=ForestFireSettings,
    layers=LAYERS,
    actions=ACTIONS,
    person_columns=(
        ColumnSpec("fire_dose", "float32", "(kW/m2)^(4/3) s", "thermal dose received from flames"),
    ),
    kpis=KPIS,
    row_files=(RowsFile("weather_file", "weather_series", WeatherRow),),
    capabilities=("fire_line",),
    tools=tuple(ToolSpec(tool.name, tool.name_zh, f"flames up to {tool.flame_m:.1f} m, line {tool.width_m:g} m wide",
                         tool.flame_m > 0.0) for tool in tool_table().values()),
)
