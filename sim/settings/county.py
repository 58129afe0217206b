"""A county as facts: places, road links, boundary, summits, cover, people; every figure with its grade."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.settings.base import Grade, Hour, PlaceId, PlaceRef, Positive, Settings, Share

Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]
Count = Annotated[int, Field(ge=0)]


class Village(Settings):
    """A village or neighbourhood known by name; further ones of the unit are synthetic."""

    id: PlaceId
    name: str = ""
    name_zh: str
    lon: Lon
    lat: Lat
    residents: Count | None = None
    grade: Grade = "fact"
    source: str = ""


class Unit(Settings):
    """A town-level unit: its seat, its residents, how many villages and urban neighbourhoods it has."""

    id: PlaceId
    name: str
    name_zh: str
    code: str = ""
    klass: Literal["county_seat", "town", "township", "subdistrict", "office", "lake_area"]
    lon: Lon
    lat: Lat
    coordinates_grade: Grade
    residents: Count
    residents_grade: Grade
    residents_source: str = ""
    villages: Count
    """All village-level units, the urban ones included."""
    urban_units: Count = 0
    area_km2: Annotated[float, Field(ge=0)] | None = None
    area_grade: Grade = "estimate"
    aliases: tuple[str, ...] = ()
    known_villages: tuple[Village, ...] = ()
    source: str


class Site(Settings):
    """A place without residents of its own: a forest park, a plant, a reservoir, a summit village."""

    id: PlaceId
    name: str
    name_zh: str
    klass: str
    lon: Lon
    lat: Lat
    grade: Grade
    source: str
    aliases: tuple[str, ...] = ()


class Ferry(Settings):
    """How a ferry link works."""

    vehicles_per_trip: Annotated[int, Field(ge=1)]
    people_per_trip: Annotated[int, Field(ge=1)]
    cycle_min: Positive
    speed_kmh: Positive
    stop_wind_mps: Positive
    stop_fog_visibility_m: Positive
    grade: Grade = "assumption"
    source: str = ""


class RoadLink(Settings):
    """A road between two units, both ways. ``via`` bends it through lon/lat points."""

    a: PlaceRef
    b: PlaceRef
    road_class: Literal["expressway", "national", "provincial", "county"]
    kind: Literal["road", "bridge", "tunnel", "ferry"] = "road"
    number: str = ""
    lanes: Annotated[int, Field(ge=1, le=6)] | None = None
    """Lanes a direction; the class's default when absent."""
    speed_kmh: Annotated[float, Field(gt=0, le=130)] | None = None
    length_km: Positive
    verified: bool = False
    enabled: bool = True
    ferry: Ferry | None = None
    grade: Grade
    source: str


class Gateway(Settings):
    """Where a road leaves the county: a place at its edge, joined to a unit."""

    id: PlaceId
    name: str
    name_zh: str
    unit: PlaceRef
    lon: Lon
    lat: Lat
    road_class: Literal["expressway", "national", "provincial", "county"]
    number: str = ""
    verified: bool = False
    enabled: bool = True
    grade: Grade
    source: str


class Summit(Settings):
    """A known height."""

    name: str
    name_zh: str
    lon: Lon
    lat: Lat
    height_m: Positive
    grade: Grade
    source: str


class Water(Settings):
    """A lake, reservoir or sea part drawn as a circle or a polygon of lon/lat points."""

    name: str
    name_zh: str
    points: tuple[tuple[Lon, Lat], ...] = ()
    lon: Lon | None = None
    lat: Lat | None = None
    radius_km: Positive | None = None
    grade: Grade
    source: str


class Boundary(Settings):
    """How the county's outline is drawn: Voronoi cells of the units, capped, cut by a coast if it has one."""

    cap_km: Positive
    """No land farther than this from the nearest unit seat (or village known by name) is in the county."""
    coast: str | None = None
    """Name of a coast file beside the county's YAML (GeoJSON, public domain)."""
    straits: tuple[Water, ...] = ()
    """Sea that the coast file is too coarse to show, such as a strait that keeps an island apart."""
    neighbours: tuple[tuple[Lon, Lat], ...] = ()
    """Seats of units of neighbouring counties: Voronoi generators whose cells lie outside."""
    source: str


class Terrain(Settings):
    """What the terrain must look like: summits, shares, roughness of the synthetic part."""

    base_m: float = 30.0
    relief_source: str
    summits: tuple[Summit, ...] = ()
    hill_share: Share
    """Share of land that is hill or mountain: steeper than ``hill_slope`` or above ``hill_height_m``."""
    hill_share_grade: Grade
    hill_share_source: str = ""
    hill_slope: Positive = 0.12
    hill_height_m: Positive = 100.0
    spectral_exponent: Annotated[float, Field(gt=0, le=5)] = 1.9
    plain_bearing_deg: Annotated[float, Field(ge=0, lt=360)] | None = None
    """Direction in which the land falls to the plain, where it does."""


class Cover(Settings):
    """Shares of the land by cover, and which fuel model each cover carries."""

    forest_share: Share
    forest_share_grade: Grade
    forest_share_source: str = ""
    water_share: Share = 0.0
    water_share_grade: Grade = "assumption"
    water_share_source: str = ""
    fuels: dict[str, int]
    """Fuel model number by LandCover name in lower case."""
    source: str


class Households(Settings):
    """How residents live: household size, ages, vehicles, day places. Each with its source."""

    mean_size: Annotated[float, Field(ge=1, le=8)]
    share_0_14: Share
    share_60_plus: Share
    cars_per_household_town: Annotated[float, Field(ge=0, le=3)] = 0.45
    cars_per_household_village: Annotated[float, Field(ge=0, le=3)] = 0.45
    two_wheelers_per_household_town: Annotated[float, Field(ge=0, le=3)] = 0.75
    two_wheelers_per_household_village: Annotated[float, Field(ge=0, le=3)] = 0.75
    workers_share: Share = 0.65
    """Share of those aged 15 to 59 with a day place away from home."""
    works_in_own_village: Share = 0.5
    leave_hour: Hour = 7.5
    return_hour: Hour = 17.5
    hour_spread: Annotated[float, Field(ge=0, le=6)] = 1.0
    grade: Grade
    source: str


class RoadDefaults(Settings):
    """Lanes a direction and free-flow speed of a class of road."""

    lanes: Annotated[int, Field(ge=1, le=6)]
    speed_kmh: Annotated[float, Field(gt=0, le=130)]
    grade: Grade = "assumption"
    source: str = ""


class Streets(Settings):
    """The synthetic network below the town links: spurs to villages, streets in them."""

    node_spacing_m: Positive = 400.0
    """Spacing of nodes along town links and spurs."""
    street_spacing_m: Positive = 180.0
    residents_per_street_node: Positive = 60.0
    extra_village_links: Share = 0.35
    """Village-to-village links beyond the spanning tree, as a share of the villages."""


class County(Settings):
    """A county."""

    id: PlaceId
    name: str
    name_zh: str
    province_zh: str
    code: str
    crs: str
    """Projected CRS of the World, such as EPSG:32649."""
    timezone: str = "Asia/Shanghai"
    cell_m: Annotated[float, Field(ge=20, le=500)] = 60.0
    seed: Annotated[int, Field(ge=0)] = 1
    """Seed of the synthetic parts of the World; runs have a seed of their own."""
    area_km2: Positive
    area_grade: Grade
    area_source: str = ""
    residents: Count
    residents_grade: Grade
    residents_source: str = ""
    road_km_per_km2: Positive | None = None
    road_km_per_km2_grade: Grade | None = None
    road_km_per_km2_source: str = ""
    units: tuple[Unit, ...]
    sites: tuple[Site, ...] = ()
    links: tuple[RoadLink, ...]
    gateways: tuple[Gateway, ...] = ()
    boundary: Boundary
    waters: tuple[Water, ...] = ()
    terrain: Terrain
    cover: Cover
    households: Households
    road_classes: dict[Literal["expressway", "national", "provincial", "county", "village", "street"],
                       RoadDefaults]
    streets: Streets = Streets()
    sources: tuple[str, ...]
