"""Fuel models: the table of Anderson's 13 and Scott and Burgan's 40, as arrays for Rothermel's equations."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError

TABLE = Path(__file__).with_name("fuel_models.csv")
SAVR_10H_PER_FT = 109.0
"""Surface-area-to-volume ratio of 10-h fuel, ft2/ft3 (Albini 1976)."""
SAVR_100H_PER_FT = 30.0
"""Surface-area-to-volume ratio of 100-h fuel, ft2/ft3 (Albini 1976)."""

GRASS = (1, 2, 3, *range(101, 110))
"""Numbers of grass models (Anderson 1982, Scott and Burgan 2005)."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FuelTable:
    """Fuel models in imperial units, one row a model.

    Dead classes are 1 h, 10 h, 100 h and cured herbs (shape (n, 4)), live ones herbs and woody (n, 2).
    """

    number: NDArray[np.int16]
    code: tuple[str, ...]
    name: tuple[str, ...]
    source: tuple[str, ...]
    dynamic: NDArray[np.bool_]
    depth_ft: Array
    mx_dead: Array
    heat_dead: Array
    heat_live: Array
    load_dead: Array
    load_live: Array
    savr_dead: Array
    savr_live: Array

    def __len__(self) -> int:
        return len(self.number)

    @property
    def burns(self) -> NDArray[np.bool_]:
        """Whether a model carries fire at all: it has some load."""
        return (self.load_dead.sum(1) + self.load_live.sum(1)) > 0

    def row(self, number: int) -> int:
        """Return the row of a fuel model number. Raises InputError for an unknown one."""
        rows = np.flatnonzero(self.number == number)
        if not len(rows):
            raise InputError("unknown fuel model number", value=number,
                             allowed=", ".join(str(n) for n in self.number))
        return int(rows[0])

    def take(self, rows: NDArray[np.integer]) -> FuelTable:
        """Return the table of some of its rows, in that order."""
        return FuelTable(
            self.number[rows], tuple(self.code[i] for i in rows), tuple(self.name[i] for i in rows),
            tuple(self.source[i] for i in rows), self.dynamic[rows], self.depth_ft[rows], self.mx_dead[rows],
            self.heat_dead[rows], self.heat_live[rows], self.load_dead[rows], self.load_live[rows],
            self.savr_dead[rows], self.savr_live[rows],
        )


@lru_cache(maxsize=1)
def fuel_table() -> FuelTable:
    """Return the standard fuel models, read once from ``fuel_models.csv``."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))

    def column(name: str) -> Array:
        return np.array([float(row[name]) for row in rows])

    n = len(rows)
    zero = np.zeros(n)
    herb = column("savr_herb_per_ft")
    return FuelTable(
        number=column("number").astype(np.int16),
        code=tuple(row["code"] for row in rows),
        name=tuple(row["name"] for row in rows),
        source=tuple(row["source"] for row in rows),
        dynamic=column("dynamic") > 0,
        depth_ft=column("depth_ft"),
        mx_dead=column("mx_dead_share"),
        heat_dead=column("heat_dead_btu_lb"),
        heat_live=column("heat_live_btu_lb"),
        load_dead=np.stack([column("load_1h_lb_ft2"), column("load_10h_lb_ft2"), column("load_100h_lb_ft2"),
                            zero], 1),
        load_live=np.stack([column("load_herb_lb_ft2"), column("load_woody_lb_ft2")], 1),
        savr_dead=np.stack([column("savr_1h_per_ft"), np.full(n, SAVR_10H_PER_FT),
                            np.full(n, SAVR_100H_PER_FT), herb], 1),
        savr_live=np.stack([herb, column("savr_woody_per_ft")], 1),
    )


def row_of_number() -> NDArray[np.int16]:
    """Return a lookup from fuel model number (0..255) to table row; -1 where it cannot burn or is unknown."""
    table = fuel_table()
    lookup = np.full(256, -1, np.int16)
    for row, (number, burns) in enumerate(zip(table.number, table.burns)):
        if burns:
            lookup[number] = row
    return lookup


def grass_rows() -> NDArray[np.bool_]:
    """Return which rows of the table are grass: Anderson's first three and Scott and Burgan's GR models."""
    table = fuel_table()
    return np.isin(table.number, GRASS)
