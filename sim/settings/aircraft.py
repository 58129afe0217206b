"""Helicopters with buckets, and when the command post asks for them.

Every default is an assumption or stands with its source; docs/background/fire-water-and-air.md has them in one table.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.settings.base import Delay, Duration, Item, PlaceId, PlaceRef, Settings
from sim.settings.water import Lat, Lon, one_place

SpeedKmh = Annotated[float, Field(ge=20, le=400)]
Target = Literal["head", "crews", "village"]
"""Where water goes: where the fire is hottest that it can still stop, next to crews, or where it nears a village."""


class Aircraft(Item):
    """A helicopter: where it is based, when it can come, what it carries, in what weather it flies.

    It flies straight, fills its bucket where water is deep enough, drops it, refuels at the nearest landing site or at
    its base, and is home by sunset unless it flies by night.
    """

    id: PlaceId
    name: str = ""
    name_zh: str = ""
    kind: str = "helicopter"
    """What the type is called; only told."""
    count: Annotated[int, Field(ge=1, le=20)] = 1
    place: PlaceRef | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    """Its base, which may lie outside the county."""
    mobilisation: Delay
    """From the request granted until it takes off."""
    bucket_l: Annotated[float, Field(gt=0, le=20_000)]
    cruise_kmh: SpeedKmh
    laden_kmh: SpeedKmh = 160.0
    """With a bucket slung: 160 km/h to the fire is said of Chinese machines (Fx361, 2022-09-14)."""
    dip: Duration = 90.0
    """To come down, fill the bucket and climb away. Assumption."""
    drop: Duration = 60.0
    """To come in, drop and turn away. Assumption."""
    release: Annotated[Duration, Field(gt=0, le=120)] = 5.0
    """In which the bucket empties: 3 t in 5 s (Xinhua, 2019-06-19)."""
    drop_kmh: Annotated[float, Field(gt=0, le=200)] = 54.0
    """Speed over the ground while it empties. Tests of buckets were flown at 19 to 89 knots (USDA Forest Service
    0057-2802-MTDC); 29 knots is an assumption."""
    swath_m: Annotated[float, Field(gt=0, le=60)] = 12.0
    """Width of the wet strip. Assumption."""
    endurance: Annotated[Duration, Field(ge=600, le=12 * 3600)] = 2.5 * 3600.0
    refuel: Duration = 1200.0
    """On the ground, with fuel brought there. Assumption."""
    hours_per_day: Annotated[Duration, Field(gt=0, le=24 * 3600)] = 8 * 3600.0
    """Flying of one crew a day: 8 h for one pilot (memory: CCAR-135 and American rules alike)."""
    wind_limit_mps: Annotated[float, Field(gt=0, le=40)] = 15.0
    """Wind at 10 m beyond which it stays down: 40 knots (20 m/s) below 500 ft for larger machines in America, 30
    for small ones (memory: NWCG helicopter standards); less with a slung load in hills. Assumption."""
    visibility_m: Annotated[float, Field(ge=0, le=20_000)] = 1500.0
    """Below which it stays down. Assumption."""
    by_night: bool = False
    daylight_margin: Annotated[Duration, Field(ge=0, le=7200)] = 1800.0
    """It takes off no earlier after sunrise and is home as long before sunset. Assumption."""

    @model_validator(mode="after")
    def _based_somewhere(self) -> Self:
        one_place(self.place, self.lon, self.lat)
        return self


class AirPolicy(Settings):
    """When the command post asks for helicopters, and where they are to drop."""

    request: Literal["never", "reported", "large"] = "reported"
    """Never unless a command says so; as soon as a fire is known; or once its edge is ``large_edge_m``."""
    large_edge_m: Annotated[float, Field(gt=0, le=100_000)] = 2000.0
    """Assumption: some 30 ha, beyond what the county's own teams hold quickly."""
    approval: Delay = Delay(median=1800.0, sigma=0.3, source="assumption: county to city to province by telephone")
    """From the post's request until the aircraft's base has it."""
    target: Target = "crews"
    dip_body_ha: Annotated[float, Field(gt=0, le=10_000)] = 2.0
    """Smallest lake or river stretch taken to be deep enough away from its banks. Buckets want 2.5 m of water (Fx361,
    2022-09-14); the World knows no depths: assumption."""
    sea_water: bool = True
    """Whether buckets may be filled from the sea."""
