"""Who looks out for fires (cameras, watch towers, patrols), how far they see, and what there is to see.

The observers and the definition of coverage belong to the plan; the air and the smoke to the scenario
(``scenario.seeing``). A default here is a labelled assumption or stands with its source; docs/background/detection.md
has them in one table.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.settings.base import Delay, Duration, Hour, Item, PlaceId, PlaceRef, Positive, Settings, Share

Means = Literal["camera", "tower", "patrol", "citizens"]
"""By what an incident is detected."""
Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]
RangeKm = Annotated[float, Field(gt=0, le=60)]
Period = Annotated[Duration, Field(ge=10, le=4 * 3600)]

NIGHT_SHARE = 0.5
"""Share of the range by day at which one who watches by night sees flames, where none is given. Assumption."""


class Lookout(Item):
    """An observer that stays where it is: at a place or lon/lat, so high above the ground, with a range."""

    id: PlaceId
    name: str = ""
    name_zh: str = ""
    place: PlaceRef | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    height_m: Annotated[float, Field(ge=1, le=150)]
    """Of the eye or lens above the ground."""
    range_km: RangeKm
    """Farthest at which it tells smoke by day in clear air."""
    by_night: bool = False
    """Whether it sees flames by night: a thermal or infrared camera, a tower manned by night."""
    night_range_km: RangeKm | None = None
    """Farthest at which it tells flames by night; half of ``range_km`` (assumption) where none is given."""
    scan: Period = 900.0
    """From one look in a direction to the next."""
    from_hour: Hour = 0.0
    to_hour: Hour = 24.0
    """On watch between these local hours; over midnight where the first is the later."""
    confirmation: Delay
    """From the look to the county command post: alarm, somebody who checks the picture, call."""
    working: Share = 1.0
    """Share of such posts that work on any day; one draw a run."""
    seen_at_range_m2: Positive = 1000.0
    """Area of a fire that is just seen at full range by day; nearer, less with the square of the distance."""
    seen_by_night_m2: Positive = 100.0
    """The same of flames by night, at the full range by night."""

    @property
    def night_km(self) -> float:
        """Return the range by night (km); 0 where it does not watch by night."""
        if not self.by_night:
            return 0.0
        return self.range_km * NIGHT_SHARE if self.night_range_km is None else self.night_range_km

    @model_validator(mode="after")
    def _one_way_to_say_where(self) -> Self:
        if (self.lon is None) != (self.lat is None):
            raise ValueError("give both lon and lat, or neither")
        if (self.place is None) == (self.lon is None):
            raise ValueError("give either place or lon and lat")
        if self.night_range_km is not None and not self.by_night:
            raise ValueError("night_range_km needs by_night: true")
        return self


class Camera(Lookout):
    """A camera on a mast or a mobile-phone tower that turns and looks for smoke by itself.

    Defaults: a look each 15 min (Dali Prefecture's 194 cameras; LY/T 2581-2016 asks for 30 min at most); checked
    and passed on in 3 min, nine of ten at work, 0.1 ha seen at full range: assumptions. Matthews et al. 2012 found
    such systems poor on small fires at 10 to 20 km, Govil et al. 2020 detection usually within 15 min of ignition.
    """

    confirmation: Delay = Delay(median=180.0, sigma=0.5, source="assumption")
    working: Share = 0.9


class WatchTower(Lookout):
    """A watch tower (瞭望塔) with somebody on it who scans the view with binoculars.

    Defaults: a scan each 15 min (Forest Fire Lookout Association); manned 7 to 19 h, called in by radio in 3 min:
    assumptions. A person tells smaller fires than a camera (Matthews et al. 2012): half the area, assumption.
    Rego and Catry 2006 found an effective radius of 13.4 km in poor and 20.6 km in good conditions.
    """

    from_hour: Hour = 7.0
    to_hour: Hour = 19.0
    confirmation: Delay = Delay(median=180.0, sigma=0.5, source="assumption")
    seen_at_range_m2: Positive = 500.0


class Patrol(Item):
    """Rangers (护林员) who go round by road, again and again, and call in what they see."""

    id: PlaceId
    name: str = ""
    name_zh: str = ""
    route: Annotated[tuple[PlaceRef, ...], Field(min_length=1)]
    """Places in the order they are passed, by road and back to the first; one alone is a post that is kept."""
    people: Annotated[int, Field(ge=1, le=500)] = 1
    """Rangers on the route, evenly spread over it."""
    from_hour: Hour = 8.0
    to_hour: Hour = 18.0
    interval: Annotated[Duration, Field(ge=600, le=86400)]
    """From the start of one round of a ranger to the next; rests at the first place are in it."""
    speed_kmh: Annotated[float, Field(gt=0, le=60)] = 12.0
    """On a motorcycle, with stops. Assumption."""
    sight_km: Annotated[float, Field(gt=0, le=20)] = 3.0
    """How far off they tell smoke, or flames in the dark. Assumption: from the road, between trees."""
    seen_at_sight_m2: Positive = 100.0
    """Area of a fire that is just seen at that distance. Assumption."""
    report: Delay = Delay(median=180.0, sigma=0.5, source="assumption: a call by mobile phone")


class Sight(Settings):
    """How the share of forest in view is reckoned. Assumptions."""

    tree_height_m: Annotated[float, Field(ge=0, le=60)] = 12.0
    """Trees of forest cells that stand in the way; the observer's own cell is cleared."""
    smoke_m: Annotated[float, Field(ge=0, le=500)] = 30.0
    """A cell is in view where smoke so high above its ground is: some two minutes after ignition."""


class Seeing(Settings):
    """Air and smoke of a scenario; smoke is seen between sunrise and sunset, flames otherwise."""

    visibility_km: Annotated[float, Field(gt=0, le=300)] = 20.0
    """Meteorological optical range. Assumption: a dry day with some haze."""
    smoke_contrast: Annotated[float, Field(gt=0.05, le=1)] = 0.3
    """Contrast of smoke with what is behind it, near by. Assumption; 1 would be black against the sky."""
    smoke_rise_m_min: Annotated[float, Field(gt=0, le=600)] = 15.0
    """How fast the top of the smoke rises where the hazard does not say. Assumption."""
    smoke_top_m: Annotated[float, Field(gt=0, le=5000)] = 300.0
    """Smoke is not looked for higher than this above the ground: it thins out. Assumption."""
    glow_m: Annotated[float, Field(ge=0, le=500)] = 10.0
    """By night flames and their glow on the smoke are seen up to this height above the ground. Assumption."""
