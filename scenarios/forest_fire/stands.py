"""Tree stands by land cover: the table that crown fire is worked out from."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.crown import STAND_BASE, STAND_COLUMNS, STAND_DENSITY, STAND_FOLIAR, STAND_HEIGHT
from scenarios.forest_fire.settings_crown import Crown
from sim.errors import InputError
from sim.world.classes import LandCover

TABLE = Path(__file__).with_name("stands.csv")
COLUMNS = {
    "height_m": (STAND_HEIGHT, 1.0),
    "base_m": (STAND_BASE, 1.0),
    "bulk_density_kg_m3": (STAND_DENSITY, 1.0),
    "foliar_moisture_pct": (STAND_FOLIAR, 0.01),
}
"""Column of each figure and the factor to its unit there."""


@lru_cache(maxsize=1)
def standard_stands() -> NDArray[np.float64]:
    """Return the stands of ``stands.csv`` by land cover code, (256, STAND_COLUMNS); no trees where zero."""
    stands = np.zeros((256, STAND_COLUMNS))
    with TABLE.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            for name, (column, factor) in COLUMNS.items():
                stands[LandCover[row["land_cover"].upper()], column] = float(row[name]) * factor
    stands.flags.writeable = False
    return stands


def stands_of(crown: Crown, where: str = "crown.stands") -> NDArray[np.float64]:
    """Return the scenario's stands by land cover code, (256, STAND_COLUMNS); bulk density 0 without crown fire.

    Raises InputError where a canopy's base is not below its top.
    """
    stands = standard_stands().copy()
    covers = {cover.name.lower(): int(cover) for cover in LandCover}
    for name, given in crown.stands.items():
        for field, (column, factor) in COLUMNS.items():
            value = getattr(given, field)
            if value is not None:
                stands[covers[name], column] = value * factor
        row = stands[covers[name]]
        if row[STAND_DENSITY] > 0.0 and row[STAND_BASE] >= row[STAND_HEIGHT]:
            raise InputError("the crowns' base is not below their top", value=float(row[STAND_BASE]),
                             where=f"{where}.{name}.base_m", allowed=f"less than height_m = {row[STAND_HEIGHT]:g}")
    if not crown.enabled:
        stands[:, STAND_DENSITY] = 0.0
    return stands
