"""Fuel models: Anderson's 13, Scott and Burgan's 40 and a scenario's own, as arrays for Rothermel's equations.

Which model stands where is the county's ``cover.fuels`` (land cover to number, in its YAML with its source), or the
scenario's ``fuels.map`` for the covers it names.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.settings_fuels import FuelModel, Fuels
from scenarios.forest_fire.units import KG_PER_LB, KJ_PER_BTU, M_PER_FT
from sim.errors import InputError
from sim.world.classes import LandCover
from sim.world.world import World

TABLE = Path(__file__).with_name("fuel_models.csv")
SAVR_10H_PER_FT = 109.0
"""Surface-area-to-volume ratio of 10-h fuel, ft2/ft3 (Albini 1976)."""
SAVR_100H_PER_FT = 30.0
"""Surface-area-to-volume ratio of 100-h fuel, ft2/ft3 (Albini 1976)."""

UNCHANGED = -2
GRASS = (1, 2, 3, *range(101, 110))
"""Numbers of grass models (Anderson 1982, Scott and Burgan 2005)."""

Array = NDArray[np.float64]
Index = slice | NDArray[np.integer[Any]]


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


def table_of(fuels: Fuels) -> FuelTable:
    """Return the standard fuel models with the scenario's own behind them."""
    return with_models(fuel_table(), fuels.models) if fuels.models else fuel_table()


def with_models(table: FuelTable, models: Sequence[FuelModel]) -> FuelTable:
    """Return a table with models of one's own (SI units) put behind it."""
    load = M_PER_FT**2 / KG_PER_LB
    heat = np.array([m.heat_kj_kg * KG_PER_LB / KJ_PER_BTU for m in models])
    n = len(models)

    def behind(old: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([old, new.astype(old.dtype)])

    herb = np.array([m.savr_herb_per_m for m in models]) * M_PER_FT
    return FuelTable(
        number=behind(table.number, np.array([m.number for m in models])),
        code=(*table.code, *(f"own{m.number}" for m in models)),
        name=(*table.name, *(m.name for m in models)),
        source=(*table.source, *(m.source for m in models)),
        dynamic=behind(table.dynamic, np.array([m.dynamic for m in models])),
        depth_ft=behind(table.depth_ft, np.array([m.depth_m for m in models]) / M_PER_FT),
        mx_dead=behind(table.mx_dead, np.array([m.extinction_pct for m in models]) / 100.0),
        heat_dead=behind(table.heat_dead, heat),
        heat_live=behind(table.heat_live, heat),
        load_dead=behind(table.load_dead, load * np.array(
            [[m.load_1h_kg_m2, m.load_10h_kg_m2, m.load_100h_kg_m2, 0.0] for m in models])),
        load_live=behind(table.load_live, load * np.array([[m.load_herb_kg_m2, m.load_woody_kg_m2] for m in models])),
        savr_dead=behind(table.savr_dead, np.stack(
            [np.array([m.savr_1h_per_m for m in models]) * M_PER_FT, np.full(n, SAVR_10H_PER_FT),
             np.full(n, SAVR_100H_PER_FT), herb], 1)),
        savr_live=behind(table.savr_live, np.stack(
            [herb, np.array([m.savr_woody_per_m for m in models]) * M_PER_FT], 1)),
    )


def row_of_number(table: FuelTable | None = None) -> NDArray[np.int16]:
    """Return a lookup from fuel model number (0..255) to table row; -1 where it cannot burn or is unknown."""
    table = fuel_table() if table is None else table
    lookup = np.full(256, -1, np.int16)
    for row, (number, burns) in enumerate(zip(table.number, table.burns)):
        if burns:
            lookup[number] = row
    return lookup


def grass_rows(table: FuelTable | None = None) -> NDArray[np.bool_]:
    """Return which rows of a table are grass: Anderson's first three and Scott and Burgan's GR models."""
    return np.isin((fuel_table() if table is None else table).number, GRASS)


def numbers_in(layer: NDArray[np.integer], rows_at_once: int = 256) -> set[int]:
    """Return the numbers (from 0) that a layer (ny, nx) of fuel models holds, read in strips."""
    found = np.zeros(1 << 15, np.bool_)
    for top in range(0, len(layer), rows_at_once):
        strip = np.asarray(layer[top:top + rows_at_once])
        found[strip[strip >= 0]] = True
    return {int(n) for n in np.flatnonzero(found)}


class FuelMap:
    """Which fuel stands in each cell of a World, for one scenario: rows of its table of models."""

    def __init__(self, world: World, fuels: Fuels | None = None, where: str = "") -> None:
        """Raises InputError where a cell carries a number that is no fuel model's."""
        fuels = Fuels() if fuels is None else fuels
        self.table = table_of(fuels)
        self.numbers = tuple(int(number) for number in self.table.number)
        """Fuel model number of each row of the table."""
        self._layers = world.layers
        self._rows = row_of_number(self.table)
        self._by_cover = np.full(256, UNCHANGED, np.int16)
        for name, number in fuels.map.items():
            self._by_cover[LandCover[name.upper()]] = self._rows[number]
        self._mapped = bool(fuels.map)
        self._changed: NDArray[np.int16] | None = None
        """What a run has changed, UNCHANGED elsewhere."""
        known = {0, *self.numbers}
        unknown = sorted(numbers_in(world.layers["fuel"]) - known)
        if unknown:
            raise InputError(
                "unknown fuel model number in the county", value=unknown[0], where=where or "cover.fuels of the county",
                allowed=", ".join(str(n) for n in self.table.number),
                mend="correct cover.fuels of the county, or describe it under fuels.models of the scenario",
            )

    def kind(self, rows: Index, cols: Index) -> NDArray[np.int16]:
        """Return the table's row of every cell of a rectangle or of cells one by one, -1 where nothing burns."""
        fuel = np.asarray(self._layers["fuel"][rows, cols])
        kind = np.where((fuel >= 0) & (fuel < len(self._rows)), self._rows[np.clip(fuel, 0, 255)], np.int16(-1))
        if self._mapped:
            given = self._by_cover[np.asarray(self._layers["land_cover"][rows, cols])]
            kind = np.where(given > UNCHANGED, given, kind)
        if self._changed is not None:
            changed = self._changed[rows, cols]
            kind = np.where(changed > UNCHANGED, changed, kind)
        return kind.astype(np.int16)

    def change(self, cells: NDArray[np.integer[Any]], row: int) -> None:
        """Let grid cells (flat) have another fuel from now on: a row of the table, -1 for none that burns."""
        if self._changed is None:
            self._changed = np.full(self._layers["fuel"].shape, UNCHANGED, np.int16)
        self._changed.reshape(-1)[cells] = row
