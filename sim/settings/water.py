"""Water on the hill and on wheels: water points (引水上山), tenders, and what a kind of team carries to use water.

Every default is an assumption or stands with its source; docs/background/fire-water-and-air.md has them in one table.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from sim.settings.base import Delay, Item, PlaceId, PlaceRef, Settings

Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]
Count = Annotated[int, Field(ge=1, le=100)]
Pumps = Annotated[int, Field(ge=0, le=20)]
Litres = Annotated[float, Field(gt=0, le=100_000)]
LitresPerMin = Annotated[float, Field(gt=0, le=20_000)]
HeadM = Annotated[float, Field(gt=0, le=1000)]
HoseM = Annotated[float, Field(ge=0, le=10_000)]


def one_place(place: str | None, lon: float | None, lat: float | None) -> None:
    """Raise ValueError unless there is a place, or both lon and lat."""
    if (lon is None) != (lat is None):
        raise ValueError("give both lon and lat, or neither")
    if (place is None) == (lon is None):
        raise ValueError("give either place or lon and lat")


class WaterPoint(Item):
    """A tank or pool for fires (防火蓄水池), filled beforehand: hoses and pumps run from it, tenders fill at it.

    Licheng in Quanzhou built one of 40 m3 whose well gives 30 t a day and whose hoses cover 200 m around it
    (Southeast Morning Post, 2021-09-07); Licang in Qingdao one of 200 m3 and three of 50 (Qingdao Evening News,
    2016-11-14).
    """

    id: PlaceId
    name: str = ""
    name_zh: str = ""
    place: PlaceRef | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    m3: Annotated[float, Field(gt=0, le=100_000)]
    """Water it holds when full, as it is at the start."""
    refill_m3_h: Annotated[float, Field(ge=0, le=1000)] = 0.0
    """What its spring, well or pipe brings."""
    inlets: Count = 1
    """Tenders that can fill at the same time."""
    fill_l_min: LitresPerMin = 500.0
    """What one of them gets. Assumption: a hydrant's or a small pump's worth."""
    pumps: Pumps = 0
    """Pumps that stand at it, ready to run."""
    pump_head_m: HeadM = 200.0
    """Of one of them at no flow. Assumption: a portable high-pressure pump."""
    pump_l_min: LitresPerMin = 300.0
    """Of one of them at no head. Assumption."""
    hose_m: HoseM = 0.0
    """Hose kept at it."""
    dip: bool = False
    """Whether a helicopter can fill its bucket from it: open, wide and deep enough."""

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        one_place(self.place, self.lon, self.lat)
        return self


class Tender(Item):
    """Water tenders (水罐车) of a place: they bring water to teams at work and go for more."""

    id: PlaceId
    name_zh: str = ""
    place: PlaceRef
    count: Count = 1
    tank_l: Litres = 5000.0
    """Full at the start. Assumption: a forest tanker of five tonnes."""
    draft_l_min: LitresPerMin = 1000.0
    """What its own pump fills it with from a river or lake, and empties it with. Assumption."""
    turnout: Delay = Delay(median=600.0, sigma=0.3, source="assumption")
    speed_kmh: Annotated[float, Field(gt=0, le=100)] = 45.0
    """Highest speed, laden or not; a road's own is never exceeded. Assumption."""


class WaterGear(Settings):
    """What a kind of team has to fight fire with water: an engine's tank and pump, portable pumps, hose.

    American wildland engines of type 4 carry 750 gal (2,840 l), those of type 3 500 gal and 1,500 ft of hose
    (NWCG engine types).
    """

    tank_l: Annotated[float, Field(ge=0, le=100_000)] = 0.0
    """Of its engine, full at the start; 0 for a team without one."""
    engine_head_m: HeadM = 150.0
    """Of the engine's pump at no flow: 250 psi (176 m) is asked of type 3 at its rated flow. Assumption."""
    engine_l_min: LitresPerMin = 600.0
    """Of the engine's pump at no head: type 3 gives 150 gal (568 l) a minute. Assumption."""
    pumps: Pumps = 0
    """Portable pumps, set in series up the hill (接力)."""
    pump_head_m: HeadM = 200.0
    """Of one portable pump at no flow. A test in Xinjiang (2020-06-24) lifted water 261 m through 1,350 m of 40 mm
    hose with such pumps; the head of one is an assumption."""
    pump_l_min: LitresPerMin = 300.0
    """Of one portable pump at no head. Assumption."""
    hose_m: Annotated[float, Field(gt=0, le=10_000)]
    """Hose it carries: how far from a road or from water it works. A drill at Hangzhou ran 600 m over three pumps
    (2019)."""

    @model_validator(mode="after")
    def _some_pump(self) -> Self:
        if self.tank_l == 0.0 and self.pumps == 0:
            raise ValueError("a team with hose needs an engine (tank_l) or portable pumps")
        return self
