"""Builds a World from a county's facts: the same facts and seed give the same World, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from sim.random import Streams
from sim.settings.county import County
from sim.world.boundary import Outline, area_km2, grid_for, outline, water_mask
from sim.world.cover import build_cover
from sim.world.grid import Grid
from sim.world.names import bare
from sim.world.people import build_people
from sim.world.projection import Projection
from sim.world.roads import Built, build_roads
from sim.world.terrain import build_terrain
from sim.world.villages import VillageSite, build_villages
from sim.world.world import Place, Places, World

Progress = Callable[[str], None]
SETTLED_SPREAD_M = 350.0
"""How far built-up land spreads around a village's streets (m)."""


def build_world(
    county: County,
    *,
    coast_folder: Path | None = None,
    progress: Progress | None = None,
    digest: str = "",
) -> World:
    """Return the county's World. ``progress`` gets the name of each stage as it starts."""
    say = progress or (lambda stage: None)
    streams = Streams(county.seed)
    projection = Projection(county.crs)
    say("outline and coast")
    grid = grid_for(county, projection, coast_folder=coast_folder)
    shape = outline(county, grid, projection, coast_folder=coast_folder)
    water = np.zeros(grid.shape, bool)
    for body in county.waters:
        water |= water_mask(body, grid, projection)
    water &= ~shape.sea
    seats = np.array([projection.to_xy(u.lon, u.lat) for u in county.units], float).reshape(-1, 2)
    _dry_seats(water, grid, seats)
    say("terrain")
    summits = np.array([[*projection.to_xy(s.lon, s.lat), s.height_m] for s in county.terrain.summits], float)
    relief = build_terrain(
        county.terrain,
        grid,
        land=shape.inside & ~shape.sea & ~water,
        sea=shape.sea,
        water=water,
        seats=seats,
        summits=summits.reshape(-1, 3),
        valleys=_valleys(county, projection),
        streams=streams,
    )
    say("villages")
    villages = build_villages(
        county,
        grid,
        projection,
        shape,
        dry=~(water | shape.sea),
        elevation_m=relief.elevation_m,
        slope=relief.slope,
        streams=streams,
    )
    say("roads")
    built = build_roads(
        county,
        grid,
        projection,
        villages,
        elevation_m=relief.elevation_m,
        slope=relief.slope,
        wet=water | shape.sea,
        sea=shape.sea,
        inside=shape.inside,
        streams=streams,
    )
    say("land cover and fuel")
    cover, fuel, canopy, cover_figures = build_cover(
        county.cover,
        grid,
        inside=shape.inside,
        sea=shape.sea,
        water=water,
        elevation_m=relief.elevation_m,
        slope=relief.slope,
        settled_weight=_settled(grid, villages, built),
        residents=county.residents,
        streams=streams,
    )
    say("households")
    places = _places(county, projection, villages, built)
    village_place = np.array([p.row for p in places if p.kind == "village"], np.int32)
    persons, households = build_people(county, villages, village_place, built, streams)
    facts = {
        **relief.figures,
        **cover_figures,
        **built.figures,
        "area_km2": round(area_km2(shape.inside & ~shape.sea, grid), 1),
        "water_km2": round(area_km2(shape.inside & water, grid), 1),
    }
    layers: dict[str, NDArray[Any]] = {
        "elevation_m": relief.elevation_m,
        "slope": relief.slope,
        "aspect_deg": relief.aspect_deg,
        "land_cover": cover,
        "fuel": fuel,
        "canopy_cover": canopy,
        "inside": shape.inside,
    }
    return World(county.id, digest, county.crs, grid, layers, places, built.roads, persons, households, facts)


def _valleys(county: County, projection: Projection) -> NDArray[np.float64]:
    """Return the straight lines (n, 4) between units that stated roads join: such roads follow valleys."""
    at = {
        word: projection.to_xy(unit.lon, unit.lat)
        for unit in county.units
        for name in (unit.id, unit.name, unit.name_zh, *unit.aliases)
        for word in (name, bare(name))
    }
    return np.array(
        [
            [*at[link.a], *at[link.b]]
            for link in county.links
            if link.kind == "road" and link.a in at and link.b in at
        ],
        float,
    ).reshape(-1, 4)


def _dry_seats(water: NDArray[np.bool_], grid: Grid, seats: NDArray[np.float64]) -> None:
    """Take a few cells around every unit seat out of the waters: outlines drawn by hand may cover one."""
    for x, y in seats:
        row, col = grid.row_col(x, y)
        water[max(row - 4, 0) : row + 5, max(col - 4, 0) : col + 5] = False


def _settled(grid: Grid, villages: list[VillageSite], built: Built) -> NDArray[np.float64]:
    """Return how built-up each cell wants to be: residents spread over their village's streets, blurred."""
    weight = np.zeros(grid.shape)
    nodes = built.roads.nodes
    for village, streets in zip(villages, built.street_nodes, strict=True):
        np.add.at(
            weight, grid.row_col(nodes["x"][streets], nodes["y"][streets]), village.residents / len(streets)
        )
    return gaussian_filter(weight, SETTLED_SPREAD_M / grid.cell_m / 2)


def _places(county: County, projection: Projection, villages: list[VillageSite], built: Built) -> Places:
    rows: list[Place] = []

    def add(**values: object) -> None:
        rows.append(Place(row=len(rows), **values))  # type: ignore[arg-type]

    for unit, node in zip(county.units, built.unit_node, strict=True):
        x, y = projection.to_xy(unit.lon, unit.lat)
        add(
            id=unit.id,
            name=unit.name,
            name_zh=unit.name_zh,
            kind="unit",
            klass=unit.klass,
            town=unit.id,
            x=float(x),
            y=float(y),
            lon=unit.lon,
            lat=unit.lat,
            node=node,
            residents=unit.residents,
            grade=unit.residents_grade,
            aliases=unit.aliases,
        )
    units = [(u.id, *projection.to_xy(u.lon, u.lat)) for u in county.units]
    for site, node in zip(county.sites, built.site_node, strict=True):
        x, y = projection.to_xy(site.lon, site.lat)
        town = min(units, key=lambda u: (u[1] - x) ** 2 + (u[2] - y) ** 2)[0]
        add(
            id=site.id,
            name=site.name,
            name_zh=site.name_zh,
            kind="site",
            klass=site.klass,
            town=town,
            x=float(x),
            y=float(y),
            lon=site.lon,
            lat=site.lat,
            node=node,
            residents=0,
            grade=site.grade,
            aliases=site.aliases,
        )
    for gateway, node in zip(county.gateways, built.gateway_node, strict=True):
        if not gateway.enabled:
            continue
        x, y = projection.to_xy(gateway.lon, gateway.lat)
        town = next(
            u.id
            for u in county.units
            if gateway.unit in (u.id, u.name, u.name_zh, *u.aliases) or u.name_zh.startswith(gateway.unit)
        )
        add(
            id=gateway.id,
            name=gateway.name,
            name_zh=gateway.name_zh,
            kind="gateway",
            klass=gateway.road_class,
            town=town,
            x=float(x),
            y=float(y),
            lon=gateway.lon,
            lat=gateway.lat,
            node=node,
            residents=0,
            grade=gateway.grade,
            aliases=(),
        )
    for village, node in zip(villages, built.village_node, strict=True):
        lon, lat = projection.to_lonlat(village.x, village.y)
        add(
            id=village.id,
            name=village.name,
            name_zh=village.name_zh,
            kind="village",
            klass="urban" if village.urban else "rural",
            town=county.units[village.unit].id,
            x=village.x,
            y=village.y,
            lon=float(lon),
            lat=float(lat),
            node=node,
            residents=village.residents,
            grade=village.grade,
            aliases=(),
        )
    return Places(rows)


__all__ = ["Outline", "build_world"]
