"""A county of three units within 7 km, cells of 100 m: built in a test, with a bit of everything."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sim.settings.county import County
from sim.world.world import World

ROOT = Path(__file__).resolve().parents[1]
COUNTIES = ("yueyang", "xiangshan")
LON, LAT = 113.20, 29.10
"""Seat of the first unit."""


def _unit(
    id_: str, zh: str, east: float, north: float, residents: int, villages: int, urban: int
) -> dict[str, Any]:
    return {
        "id": id_,
        "name": id_.title(),
        "name_zh": zh,
        "klass": "town",
        "lon": LON + east,
        "lat": LAT + north,
        "coordinates_grade": "assumption",
        "residents": residents,
        "residents_grade": "assumption",
        "villages": villages,
        "urban_units": urban,
        "source": "made up for tests",
    }


def _link(a: str, b: str, km: float, **more: Any) -> dict[str, Any]:
    return {
        "a": a,
        "b": b,
        "road_class": "county",
        "length_km": km,
        "grade": "assumption",
        "source": "made up",
    } | more


def small_facts(**changes: Any) -> dict[str, Any]:
    """Return the facts of the small county as a mapping; ``changes`` replace top-level keys."""
    facts: dict[str, Any] = {
        "id": "small",
        "name": "Small",
        "name_zh": "小县",
        "province_zh": "省",
        "code": "1",
        "crs": "EPSG:32649",
        "cell_m": 100.0,
        "seed": 7,
        "area_km2": 239.0,
        "area_grade": "assumption",
        "residents": 6_000,
        "residents_grade": "assumption",
        "units": [
            _unit("dong", "东镇", 0.04, 0.0, 3_001, 7, 3),
            _unit("xi", "西镇", -0.03, 0.01, 1_700, 5, 0),
            _unit("nan", "南乡", 0.0, -0.04, 1_299, 4, 0),
        ],
        "links": [
            _link("dong", "xi", 9.3, verified=True),
            _link("xi", "nan", 8.1),
            _link("nan", "dong", 7.7),
            _link("nan", "xi", 8.8, enabled=False, kind="bridge"),
        ],
        "gateways": [
            {
                "id": "gw-bei",
                "name": "North",
                "name_zh": "北口",
                "unit": "xi",
                "lon": LON - 0.03,
                "lat": LAT + 0.05,
                "road_class": "provincial",
                "grade": "assumption",
                "source": "made up",
            }
        ],
        "sites": [
            {
                "id": "shanding",
                "name": "Top",
                "name_zh": "山顶",
                "klass": "summit",
                "lon": LON + 0.02,
                "lat": LAT - 0.02,
                "grade": "assumption",
                "source": "made up",
            }
        ],
        "boundary": {"cap_km": 6.0, "source": "made up"},
        "waters": [
            {
                "name": "Pond",
                "name_zh": "塘",
                "lon": LON + 0.005,
                "lat": LAT + 0.005,
                "radius_km": 0.7,
                "grade": "assumption",
                "source": "made up",
            }
        ],
        "terrain": {
            "base_m": 30.0,
            "relief_source": "made up",
            "hill_share": 0.35,
            "hill_share_grade": "assumption",
            "summits": [
                {
                    "name": "Top",
                    "name_zh": "顶",
                    "lon": LON + 0.02,
                    "lat": LAT - 0.02,
                    "height_m": 412.0,
                    "grade": "assumption",
                    "source": "made up",
                }
            ],
        },
        "cover": {
            "forest_share": 0.4,
            "forest_share_grade": "assumption",
            "source": "made up",
            "fuels": {
                "outside": 98,
                "sea": 98,
                "water": 98,
                "built": 91,
                "paddy": 93,
                "dry_crop": 101,
                "grass": 104,
                "shrub": 145,
                "broadleaf": 182,
                "conifer": 165,
                "mixed": 161,
                "bamboo": 186,
                "bare": 99,
                "wetland": 103,
            },
        },
        "households": {
            "mean_size": 2.5,
            "share_0_14": 0.18,
            "share_60_plus": 0.2,
            "grade": "assumption",
            "source": "made up",
        },
        "road_classes": {
            name: {"lanes": 1, "speed_kmh": speed}
            for name, speed in (
                ("expressway", 100),
                ("national", 65),
                ("provincial", 55),
                ("county", 40),
                ("village", 25),
                ("street", 20),
            )
        },
        "sources": ["made up for tests"],
    }
    return facts | changes


def small_county(**changes: Any) -> County:
    """Return the small county, validated."""
    return County.model_validate(small_facts(**changes))


@cache
def small_world() -> World:
    """Return the small county's World, built in memory once; do not change it."""
    from sim.world.build import build_world

    return build_world(small_county(), digest="small")


@cache
def county(name: str) -> County:
    """Return a county that ships with Sandtable, as its file states it."""
    return County.model_validate(yaml.safe_load((ROOT / f"conf/county/{name}.yaml").read_text("utf-8")))


@cache
def world(name: str) -> World:
    """Return the World of ``small`` or of a county that ships, the latter from the cache."""
    if name == "small":
        return small_world()
    from sim.world.store import load_world

    return load_world(county(name))


def facts_of(name: str) -> County:
    """Return the facts a World of :func:`world` was built from."""
    return small_county() if name == "small" else county(name)


def arrays_of(one: World) -> dict[str, Any]:
    """Return every array of a World by a name of its own."""
    roads = one.roads
    groups = {
        "layer": one.layers,
        "node": roads.nodes,
        "link": roads.links,
        "ferry": roads.ferries,
        "person": one.persons,
        "household": one.households,
        "roads": {
            name: getattr(roads, name)
            for name in ("out_start", "out_link", "in_start", "in_link", "cell_start", "cell")
        },
    }
    return {f"{group}.{name}": array for group, columns in groups.items() for name, array in columns.items()}
