"""What a scenario may say of a forest fire: every key with its range; the sources stand in the YAML."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scenarios.forest_fire.settings_barriers import Barriers
from scenarios.forest_fire.settings_crown import Crown
from scenarios.forest_fire.settings_danger import Danger
from scenarios.forest_fire.settings_fuels import Fuels
from scenarios.forest_fire.settings_houses import Houses
from scenarios.forest_fire.settings_smoke import Smoke
from scenarios.forest_fire.settings_spotting import Spotting
from scenarios.forest_fire.settings_suppression import Suppression
from scenarios.forest_fire.settings_water import Water
from scenarios.forest_fire.settings_weather import (
    Diurnal,
    FuelMoisture,
    Weather,
    WeatherChange,
    WeatherRow,
    check_series,
)
from scenarios.forest_fire.settings_wind import TerrainWind
from sim.settings.base import Duration, PlaceRef, Settings, Share

Metres = Annotated[float, Field(ge=0, le=50_000)]
Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]


class Ignition(Settings):
    """Where and when it starts: a place or lon/lat; moved to the nearest cell that burns within ``search_m``.

    ``radius_m`` spreads the ignitions of replications evenly over a disc around the point.
    """

    place: PlaceRef | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    at: Duration = 0.0
    radius_m: Metres = 0.0
    search_m: Metres = 1500.0

    @model_validator(mode="after")
    def _one_way_to_say_where(self) -> Self:
        if (self.lon is None) != (self.lat is None):
            raise ValueError("give both lon and lat, or neither")
        if (self.place is None) == (self.lon is None):
            raise ValueError("give either place or lon and lat")
        return self


class Uncertainty(Settings):
    """How replications differ; one draw each for a whole run, the same under every plan."""

    wind_sigma: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Log standard deviation of the factor on wind speed."""
    direction_sd_deg: Annotated[float, Field(ge=0, le=90)] = 0.0
    moisture_sd_pct: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Standard deviation, in points of moisture, of what is added to dead fuel moisture."""


class Canopy(Settings):
    """The trees over the fuel, for the wind below them."""

    height_m: Annotated[float, Field(gt=0, le=80)] = 12.0
    crown_ratio: Annotated[float, Field(gt=0, le=1)] = 0.5


class Spread(Settings):
    """How the front is carried over the grid."""

    model: Literal["rothermel", "wang"] = "rothermel"
    """Rothermel's surface fire, or Wang Zhengfei's empirical rate with Mao's directions (``wang.py``)."""
    convention: Literal["horizontal", "slope_plane"] = "horizontal"
    """Wind and slope added on the map (as BEHAVE) or in the slope's plane (as pyretechnics)."""
    wind_limit: bool = False
    """Cap the effective wind at Rothermel's 0.9 reaction intensity."""
    max_length_to_width: Annotated[float, Field(ge=1, le=8)] = 8.0
    min_rate_m_min: Annotated[float, Field(ge=0, le=1)] = 0.005
    """Cells whose heading rate is below this do not carry fire."""
    holds_fire: Duration = 6 * 3600.0
    """A cell burnt out longer ago than this cannot light its neighbours when they become able to burn."""
    start_radius_cells: Annotated[int, Field(ge=1, le=8)] = 4
    """Cells around an ignition whose arrival is timed along straight rays from it."""


class Damage(Settings):
    """Share of trees killed by fireline intensity class; intensities in kW/m."""

    low_below_kw_m: Annotated[float, Field(gt=0)] = 750.0
    high_above_kw_m: Annotated[float, Field(gt=0)] = 3500.0
    killed_low: Share = 0.2
    killed_middle: Share = 0.6
    killed_high: Share = 0.95

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low_below_kw_m >= self.high_above_kw_m:
            raise ValueError("low_below_kw_m must be less than high_above_kw_m")
        return self


class Effects(Settings):
    """How the fire touches roads, villages and houses; all assumptions."""

    road_close_m: Metres = 60.0
    """Links nearer than this to a burning cell are closed while it burns."""
    road_close_flame_m: Metres = 0.5
    """Flames shorter than this close no road: a vehicle passes. Assumption."""
    smoke_m: Metres = 400.0
    """Links nearer than this to a burning cell are slowed by smoke; farther off only where it is dense."""
    smoke_speed_factor: Annotated[float, Field(gt=0, le=1)] = 0.5
    village_reach_m: Metres = 250.0
    """A village is reached once a cell nearer to its centre than this has burned."""
    house_burns: Share = 0.1
    """Share of houses that burn when the front passes through their cell; others protect who is inside."""


class ForestFireSettings(Settings):
    """The settings of a forest fire."""

    ignitions: Annotated[tuple[Ignition, ...], Field(min_length=1)]
    weather: Weather | None = None
    changes: tuple[WeatherChange, ...] = ()
    weather_series: tuple[WeatherRow, ...] = ()
    weather_file: str = ""
    """A CSV file beside the YAML with the rows of ``weather_series``; taken into it when settings are composed."""
    weather_diurnal: Diurnal | None = None
    uncertainty: Uncertainty = Uncertainty()
    moisture: FuelMoisture = FuelMoisture()
    fuels: Fuels = Fuels()
    canopy: Canopy = Canopy()
    spread: Spread = Spread()
    crown: Crown = Crown()
    terrain_wind: TerrainWind = TerrainWind()
    danger: Danger = Danger()
    spotting: Spotting = Spotting()
    damage: Damage = Damage()
    effects: Effects = Effects()
    smoke: Smoke = Smoke()
    houses: Houses = Houses()
    water: Water = Water()
    suppression: Suppression = Suppression()
    barriers: Barriers = Barriers()
    forecast_horizon: Annotated[Duration, Field(gt=0, le=2 * 86400)] = 6 * 3600.0

    @model_validator(mode="after")
    def _one_weather(self) -> Self:
        if self.weather_file:
            raise ValueError("weather_file is read when settings are composed from files; here give weather_series")
        given = [self.weather is not None, bool(self.weather_series), self.weather_diurnal is not None]
        if sum(given) != 1:
            raise ValueError("give one of weather, weather_series, weather_file and weather_diurnal")
        if self.changes and self.weather is None:
            raise ValueError("changes go with weather; a series or a diurnal form has its own")
        if self.weather_series:
            check_series(self.weather_series)
        return self

    @model_validator(mode="after")
    def _changes_in_order(self) -> Self:
        times = [change.at for change in self.changes]
        if any(b <= a for a, b in pairwise(times)):
            raise ValueError("changes must be in order of time, each later than the one before")
        return self
