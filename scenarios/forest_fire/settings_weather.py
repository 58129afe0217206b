"""What a scenario may say of the weather and of fuel moisture.

One of four: ``weather`` (with ``changes``), ``weather_series`` (rows in the YAML), ``weather_file`` (the same rows
in a CSV file beside it) or ``weather_diurnal`` (a day that repeats).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from sim.settings.base import Duration, Settings

Degrees = Annotated[float, Field(ge=0, le=360)]
WindSpeed = Annotated[float, Field(ge=0, le=60)]
Celsius = Annotated[float, Field(ge=-40, le=55)]
Humidity = Annotated[float, Field(ge=1, le=100)]
Rain = Annotated[float, Field(ge=0, le=200)]
Clock = Annotated[float, Field(ge=0, lt=24)]
DeadMoisture = Annotated[float, Field(gt=0, le=100)]
LiveMoisture = Annotated[float, Field(ge=30, le=300)]
HOUR_S = 3600.0


class Weather(Settings):
    """Wind at 10 m above open ground, air temperature and humidity, the same over the whole county."""

    wind_mps: WindSpeed
    wind_from_deg: Degrees
    temperature_c: Celsius
    humidity_pct: Humidity
    rain_mm: Rain = 0.0
    """Rain in an hour. While it rains fuel tends to the moisture of wetted fuel."""


class WeatherChange(Settings):
    """The weather from a time on; what is not given stays as it was."""

    at: Duration
    wind_mps: WindSpeed | None = None
    wind_from_deg: Degrees | None = None
    temperature_c: Celsius | None = None
    humidity_pct: Humidity | None = None
    rain_mm: Rain | None = None


class WeatherRow(Weather):
    """A row of a series: the weather from a time on, which is ``hour`` (since the start) or ``t`` (such as 90min)."""

    t: Duration

    @model_validator(mode="before")
    @classmethod
    def _one_time(cls, data: Any) -> Any:
        if isinstance(data, dict) and "hour" in data:
            if "t" in data:
                raise ValueError("give either hour or t, not both")
            data = dict(data)
            hour = data.pop("hour")
            try:
                data["t"] = float(hour) * HOUR_S
            except (TypeError, ValueError):
                raise ValueError(f"hour must be a number of hours since the start, not {hour!r}") from None
        return data


class Range(Settings):
    """The least and the most of a day."""

    min: float
    max: float

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError("min must not be above max")
        return self


class Temperatures(Range):
    """Air temperature of a day, deg C."""

    min: Celsius
    max: Celsius


class Humidities(Range):
    """Relative humidity of a day, %."""

    min: Humidity
    max: Humidity


class DayNightWind(Settings):
    """Wind at 10 m by day and by night; by night it keeps its direction where none is given."""

    day_mps: WindSpeed
    day_from_deg: Degrees
    night_mps: WindSpeed
    night_from_deg: Degrees | None = None
    day_from_hour: Clock = 9.0
    day_to_hour: Clock = 19.0
    """Assumption: the hours between which the day's wind blows."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.day_from_hour >= self.day_to_hour:
            raise ValueError("day_from_hour must be before day_to_hour")
        return self


class Diurnal(Settings):
    """A day that repeats: temperature a cosine from its least to its most and back, humidity the other way round."""

    temperature_c: Temperatures
    humidity_pct: Humidities
    wind: DayNightWind
    hottest_hour: Clock = 14.5
    coldest_hour: Clock = 6.0
    """Assumption: the usual hours, half past two and about sunrise."""

    @model_validator(mode="after")
    def _two_hours(self) -> Self:
        if self.hottest_hour == self.coldest_hour:
            raise ValueError("hottest_hour and coldest_hour must differ")
        return self


class FuelMoisture(Settings):
    """Dead moistures (% of dry weight) from the weather where not given; live ones of the month where not given."""

    m1_pct: DeadMoisture | None = None
    m10_pct: DeadMoisture | None = None
    m100_pct: DeadMoisture | None = None
    m10_above_m1_pct: Annotated[float, Field(ge=0, le=20)] = 1.0
    m100_above_m1_pct: Annotated[float, Field(ge=0, le=20)] = 2.0
    herb_pct: LiveMoisture | None = None
    woody_pct: LiveMoisture | None = None
    time_lag: bool = False
    """Dead fuel follows the air with lags of 1, 10 and 100 hours; moistures given are those at the start. Without
    it 1-h fuel is always at its equilibrium and moistures given hold all through."""


def check_series(rows: tuple[WeatherRow, ...]) -> None:
    """Raise ValueError unless rows begin at the start and are in order of time."""
    if rows[0].t != 0.0:
        raise ValueError("the first row of weather_series must be at the start (hour 0)")
    if any(b.t <= a.t for a, b in pairwise(rows)):
        raise ValueError("weather_series must be in order of time, each row later than the one before")
