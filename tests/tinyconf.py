"""A made-up county, plan, scenario and hazard, small enough to read: what tests of composition compose."""

from __future__ import annotations

from pathlib import Path

COUNTY = """\
id: tiny
name: Tiny County
name_zh: 小县
province_zh: 某省
code: "000000"
crs: EPSG:32649
area_km2: 300
area_grade: assumption
residents: 3000
residents_grade: assumption
units:
  - {id: east, name: East, name_zh: 东镇, klass: county_seat, lon: 113.10, lat: 29.10,
     coordinates_grade: assumption, residents: 2000, residents_grade: assumption, villages: 5, urban_units: 2,
     aliases: [dong], source: made up,
     known_villages: [{id: oldwell, name_zh: 古井村, lon: 113.11, lat: 29.11}]}
  - {id: west, name: West, name_zh: 西乡, klass: township, lon: 113.00, lat: 29.10,
     coordinates_grade: assumption, residents: 1000, residents_grade: assumption, villages: 3,
     source: made up}
sites:
  - {id: peak, name: Peak, name_zh: 高峰, klass: forest_park, lon: 113.05, lat: 29.15,
     grade: assumption, source: made up}
links:
  - {a: east, b: west, road_class: provincial, number: S1, length_km: 11, grade: assumption, source: made up}
  - {a: west, b: peak, road_class: county, number: X2, length_km: 7, grade: assumption, source: made up}
gateways:
  - {id: gw-east, name: To the city, name_zh: 往城区, unit: east, lon: 113.2, lat: 29.1, road_class: national,
     grade: assumption, source: made up}
boundary: {cap_km: 10, source: made up}
terrain:
  relief_source: made up
  summits:
    - {name: Peak, name_zh: 高峰, lon: 113.05, lat: 29.15, height_m: 500, grade: assumption, source: made up}
  hill_share: 0.5
  hill_share_grade: assumption
cover: {forest_share: 0.5, forest_share_grade: assumption, fuels: {conifer: 8}, source: made up}
households: {mean_size: 2.5, share_0_14: 0.2, share_60_plus: 0.2, grade: assumption, source: made up}
road_classes:
  national: {lanes: 1, speed_kmh: 70}
  provincial: {lanes: 1, speed_kmh: 60}
  county: {lanes: 1, speed_kmh: 40}
  village: {lanes: 1, speed_kmh: 30}
  street: {lanes: 1, speed_kmh: 20}
streets: {}
sources: [made up]
"""

PLAN = """\
id: baseline
title: Today
title_zh: 现状
county: tiny
command: {place: east, decision: {median: 5min}}
warning: {delay: {median: 20min, sigma: 0.5}}
teams:
  - {id: squad, type: militia, place: east, crew: 30}
  - {id: brigade, type: militia, place: 西乡, crew: 12}
camps:
  - {id: hill, place: peak, teams: [squad]}
shelters:
  - {id: hall, place: west, capacity: 200, opening: {median: 30min}}
warehouses:
  - {id: depot, place: east-C01, area_m2: 800, stock_packs: 1000, trucks: 2, truck_load_packs: 200,
     loading: {median: 20min}, truck_turnout: {median: 15min}}
"""

SCENARIO = """\
id: flood
title: A flood
title_zh: 一场洪水
counties: [tiny]
start: "2026-06-01T13:00+08:00"
duration: 6h
hazards:
  - hazard: toy
    settings:
      speed_mps: 1.5
      springs: [{place: peak}]
reporting: {detection: {median: 5min}, report: {median: 2min}}
behaviour:
  preparation: {median: 20min, sigma: 0.4}
  compliance: 0.9
  walking_speed_mps: 1.2
  two_wheeler_speed_kmh: 20
  car_speed_factor: 0.8
  indoor_share_day: 0.6
  indoor_share_night: 0.95
  notice_distance_m: 500
commands:
  - {at: "T+01:00", action: order_evacuation, args: {zone: east}}
"""

TARGETS = """\
id: tiny
title: Promises
title_zh: 目标
targets:
  - {key: reach, kpi: coverage.residents_30min, op: ">=", value: 1.0, unit: share, source: made up}
"""

TEAM_TYPES = """\
militia:
  name: Militia
  name_zh: 民兵
  capabilities: [fire_line, wade]
  tools: [hand_tools]
  turnout: {day: {median: 20min}, night: {median: 40min}}
"""

SPEC = '''\
"""A toy hazard."""

from typing import Annotated

from pydantic import Field

from sim.command import ActionSpec
from sim.hazard import HazardSpec, LayerSpec
from sim.kpi import KpiSpec
from sim.settings.base import Duration, Settings


class Spring(Settings):
    """Where it rises."""

    place: str | None = None
    lon: float | None = None
    lat: float | None = None


class ToySettings(Settings):
    """The toy's settings."""

    speed_mps: Annotated[float, Field(gt=0, le=10)]
    springs: tuple[Spring, ...]
    rises: Duration = 0.0


class DamArgs(Settings):
    """Where to dam, with what."""

    place: str
    bags: Annotated[int, Field(ge=1, le=500)] = 100


SPEC = HazardSpec(
    name="toy", title="Toy flood", title_zh="玩具洪水", doc="water that rises", settings=ToySettings,
    layers=(LayerSpec("depth_m", "float32", "m", "depth"),),
    actions=(ActionSpec("dam", DamArgs, "dam the water", "筑坝"),),
    kpis=(KpiSpec("toy.depth_m", "Depth", "水深", "m", "deepest water", "最大水深"),),
    capabilities=("wade",),
)
'''

BUILDER = '''\
"""What builds the toy."""

from .spec import SPEC


def build(context):
    """Return the hazard."""
    return SPEC, context
'''

FILES = {
    "mine/county/tiny.yaml": COUNTY,
    "mine/plan/tiny/baseline.yaml": PLAN,
    "mine/scenario/flood/default.yaml": SCENARIO,
    "mine/targets/tiny.yaml": TARGETS,
    "mine/team_types/tiny.yaml": TEAM_TYPES,
    "hazards/toy/spec.py": SPEC,
    "hazards/toy/hazard.py": BUILDER,
}
WORDS = ("county=tiny", "scenario=flood", "team_types=tiny")


def write(folder: Path) -> Path:
    """Write all files below a folder, and return it."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def edit(folder: Path, name: str, old: str, new: str) -> None:
    """Replace text in one of the files; the old text must stand there exactly once."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
    path.write_text(text.replace(old, new), encoding="utf-8")
