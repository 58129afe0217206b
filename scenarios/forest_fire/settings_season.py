"""What an experiment may say of a fire season: fires, weather, attack, losses; sources stand in the YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from scenarios.forest_fire.settings_weather import Celsius, Humidity, WindSpeed
from sim.settings.base import Duration, Positive, Settings, Share

Month = Literal["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
MONTHS: tuple[str, ...] = get_args(Month)
Cover = Literal["grass", "shrub", "broadleaf", "conifer", "mixed", "bamboo", "dry_crop", "wetland", "bare"]
"""Land cover, as in :class:`sim.world.classes.LandCover`, in which a fire may start."""
Weight = Annotated[float, Field(ge=0, le=1000)]
MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
SUM_TOLERANCE = 1e-6
SECTORS = 8
"""Wind directions of a rose: N, NE, E, SE, S, SW, W, NW."""
HOURS = 24
DAYS_IN = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Days of each month; a season is a year without 29 February."""
MOST_FIRES = 1000
"""Fires of one season beyond which the number of a fire would run into that of the next season."""


def sums_to_one(shares: tuple[float, ...], what: str) -> None:
    """Raise ValueError unless shares add up to 1."""
    total = sum(shares)
    if abs(total - 1.0) > SUM_TOLERANCE:
        raise ValueError(f"{what} must add up to 1, not {total:.6g}")


def all_months(given: Mapping[Month, object], what: str) -> None:
    """Raise ValueError unless every month is there."""
    missing = [month for month in MONTHS if month not in given]
    if missing:
        raise ValueError(f"{what} must have every month; missing: {', '.join(missing)}")


class FiresPerSeason(Settings):
    """How many fires a year has: Poisson about a mean that is larger in dry years."""

    mean: Annotated[float, Field(ge=0, le=500)]
    """Fires a year, averaged over the years of the climate."""
    variation: Annotated[float, Field(ge=0, le=3)] = 0.0
    """Coefficient of variation from year to year besides that of the weather (a gamma factor)."""
    source: str


class Peak(Settings):
    """Days about a date on which people light more fires (a bell over the calendar)."""

    name: str
    name_zh: str = ""
    day: MonthDay
    days: Annotated[float, Field(gt=0, le=60)]
    """Standard deviation of the bell, days."""
    times: Annotated[float, Field(ge=1, le=100)]
    """How many times the usual number of fires are lit on the day itself."""
    source: str

    @property
    def day_of_year(self) -> int:
        """Return the date's day of the year, from 0."""
        month, day = int(self.day[:2]), int(self.day[3:])
        return sum(DAYS_IN[: month - 1]) + min(day, DAYS_IN[month - 1]) - 1


class Nearness(Settings):
    """How the chance of an ignition falls with distance: far + (1 - far) exp(-distance / near_m)."""

    near_m: Annotated[float, Field(gt=0, le=50_000)]
    far: Share
    """Chance far away, relative to that beside it."""


class Ignitions(Settings):
    """Where and when fires start; weights are relative."""

    land_cover: dict[Cover, Weight]
    village: Nearness
    road: Nearness
    activity: dict[Month, Weight]
    """Fires lit per day in a month, on days equally dry."""
    peaks: tuple[Peak, ...] = ()
    hours: tuple[Share, ...]
    """Share of fires that start in each hour of the day, 24 of them."""
    wet_day: Share = 0.05
    """Chance that a spark takes on a day of rain, relative to a dry day as humid."""
    source: str

    @field_validator("hours")
    @classmethod
    def _adds_up(cls, hours: tuple[float, ...]) -> tuple[float, ...]:
        if len(hours) != HOURS:
            raise ValueError(f"hours must have {HOURS} shares, not {len(hours)}")
        sums_to_one(hours, "hours")
        return hours

    @field_validator("land_cover")
    @classmethod
    def _somewhere(cls, weights: dict[Cover, float]) -> dict[Cover, float]:
        if not sum(weights.values()) > 0:
            raise ValueError("land_cover must give at least one cover a weight above 0")
        return weights

    @field_validator("activity")
    @classmethod
    def _sometime(cls, weights: dict[Month, float]) -> dict[Month, float]:
        all_months(weights, "activity")
        if not sum(weights.values()) > 0:
            raise ValueError("activity must give at least one month a weight above 0")
        return weights


class MonthClimate(Settings):
    """Normals of a month."""

    mean_c: Celsius
    high_c: Celsius
    low_c: Celsius
    humidity_pct: Humidity
    wet_days: Annotated[float, Field(ge=0, le=31)]
    """Days with at least 0.1 mm."""
    wind_mps: WindSpeed
    """Mean at 10 m in the open."""
    rose: str = "year"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low_c < self.mean_c < self.high_c:
            raise ValueError("low_c, mean_c and high_c must rise in this order")
        return self


class Climate(Settings):
    """The weather of a county: normals by month, and how a day differs from them and from the day before."""

    months: dict[Month, MonthClimate]
    roses: dict[str, tuple[Share, ...]]
    """Share of days with wind from N, NE, E, SE, S, SW, W, NW."""
    wet_persistence: Share
    """Correlation of rain from day to day."""
    persistence: Annotated[float, Field(ge=0, lt=1)]
    """Correlation from day to day of temperature, humidity and wind speed."""
    direction_persistence: Share
    """Chance that the wind comes from the same quarter as the day before."""
    temperature_sd_c: Annotated[float, Field(ge=0, le=15)]
    humidity_sd_pct: Annotated[float, Field(ge=0, le=40)]
    wet_humidity_pct: Humidity
    """Mean humidity of a day of rain; dry days make up the month's mean."""
    wet_range: Annotated[float, Field(gt=0, le=1)]
    """Daily range of temperature on a day of rain over the month's mean range."""
    wet_hours: Annotated[float, Field(gt=0, le=24)]
    """Hours that the rain of a day of rain lasts on average."""
    wind_shape: Annotated[float, Field(ge=1, le=10)]
    """Shape of the Weibull distribution of daily mean wind."""
    wind_daily: Annotated[float, Field(ge=0, lt=1)]
    """How much above its daily mean the wind is at its strongest hour."""
    warmest_hour: Annotated[float, Field(ge=0, le=24)] = 14.5
    windiest_hour: Annotated[float, Field(ge=0, le=24)] = 15.0
    source: str

    @field_validator("months")
    @classmethod
    def _complete(cls, months: dict[Month, MonthClimate]) -> dict[Month, MonthClimate]:
        all_months(months, "months")
        return months

    @field_validator("roses")
    @classmethod
    def _add_up(cls, roses: dict[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
        for name, shares in roses.items():
            if len(shares) != SECTORS:
                raise ValueError(f"rose {name!r} must have {SECTORS} shares, N first, not {len(shares)}")
            sums_to_one(shares, f"rose {name!r}")
        return roses

    @model_validator(mode="after")
    def _known_roses(self) -> Self:
        for month, normals in self.months.items():
            if normals.rose not in self.roses:
                raise ValueError(f"{month}: no rose {normals.rose!r}; there are: {', '.join(self.roses)}")
        return self


class Attack(Settings):
    """How a fire of the season is fought, and for how long it is followed."""

    escaped_after: Annotated[Duration, Field(gt=0)]
    """A fire open longer than this after ignition has escaped the first attack."""
    escaped_ha: Positive
    """So has one that has burned more than this, however quickly it was contained."""
    hold: Annotated[Duration, Field(ge=0, le=86400)]
    """Crews stay and the fire is followed so long after its edge was closed."""
    limit: Annotated[Duration, Field(gt=0, le=10 * 86400)]
    """A fire is followed no longer than this."""
    source: str


class Losses(Settings):
    """What a village loses, in yuan, and the colours of the map."""

    forest_yuan_per_ha: Annotated[float, Field(ge=0)]
    """Per hectare of damaged forest."""
    house_yuan: Annotated[float, Field(ge=0)]
    """Per house lost: the scenario's ``effects.house_burns`` of those in burned cells."""
    red: Positive
    """A village's expected loss (yuan a year) from which it is red."""
    orange: Positive
    yellow: Positive
    source: str

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.red > self.orange > self.yellow:
            raise ValueError("red, orange and yellow must fall in this order")
        return self


class FireSeason(Settings):
    """An ensemble of fire seasons; a season is a year."""

    id: str
    title: str
    title_zh: str
    doc: str = ""
    seasons: Annotated[int, Field(ge=1, le=100_000)]
    cell_m: Annotated[float, Field(ge=10, le=500)]
    """Cell size of the spread; a whole multiple of the county's own."""
    fires_per_season: FiresPerSeason
    fire: dict[str, Any] = {}
    """Settings of the scenario's forest fire that the season's fires have otherwise."""
    ignitions: Ignitions
    climate: str = ""
    """Which of ``climates``; empty for the county's own."""
    climates: dict[str, Climate]
    attack: Attack
    losses: Losses
    exceed_ha: Annotated[tuple[Positive, ...], Field(min_length=1)]
    """Sizes of which the results say how often a fire exceeds them."""

    def climate_of(self, county: str) -> Climate | None:
        """Return the climate for a county; None where there is none."""
        return self.climates.get(self.climate or county)
