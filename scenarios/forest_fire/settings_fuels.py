"""What a scenario may say of fuels: which model stands for a land cover, and fuel models of its own."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from sim.settings.base import Settings
from sim.world.classes import LandCover

TABLE = Path(__file__).with_name("fuel_models.csv")
Load = Annotated[float, Field(ge=0, le=10)]
"""kg/m2; BehavePlus takes up to 30 t/ha of fine and 70 t/ha of coarse fuel (memory)."""
Savr = Annotated[float, Field(ge=600, le=14_000)]
"""Surface-area-to-volume ratio, m2/m3; BehavePlus takes 192 to 4,000 ft2/ft3 (memory)."""


@lru_cache(maxsize=1)
def standard_numbers() -> tuple[int, ...]:
    """Return the numbers of the standard fuel models."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return tuple(int(row["number"]) for row in csv.DictReader(stream))


class FuelModel(Settings):
    """A fuel model of one's own, in SI units; see Scott and Burgan 2005 for what the figures mean."""

    number: Annotated[int, Field(ge=14, le=255)]
    name: Annotated[str, Field(min_length=1)]
    depth_m: Annotated[float, Field(ge=0.01, le=6)]
    extinction_pct: Annotated[float, Field(ge=5, le=100)]
    """Moisture of dead fuel at which fire no longer spreads."""
    load_1h_kg_m2: Load
    load_10h_kg_m2: Load = 0.0
    load_100h_kg_m2: Load = 0.0
    load_herb_kg_m2: Load = 0.0
    load_woody_kg_m2: Load = 0.0
    savr_1h_per_m: Savr
    savr_herb_per_m: Savr = 4921.0
    """1,500 ft2/ft3, as most standard models have."""
    savr_woody_per_m: Savr = 4921.0
    heat_kj_kg: Annotated[float, Field(ge=14_000, le=28_000)] = 18_608.0
    """Low heat content; 8,000 Btu/lb, that of every standard model but one."""
    dynamic: bool = False
    """Whether herbs move to the dead fuel as they cure (Scott and Burgan 2005)."""
    wang_ks: Annotated[float, Field(gt=0, le=5)] = 1.0
    """Cover factor in Wang Zhengfei's model."""
    source: str = "assumption"

    @model_validator(mode="after")
    def _can_burn(self) -> Self:
        if self.load_1h_kg_m2 + self.load_herb_kg_m2 + self.load_woody_kg_m2 <= 0.0:
            raise ValueError("a fuel model needs some fine fuel: load_1h_kg_m2, load_herb_kg_m2 or load_woody_kg_m2")
        return self


class Fuels(Settings):
    """Fuel models by land cover, instead of the county's own; and models of the scenario's own."""

    map: dict[str, int] = {}
    """Land cover (conifer, grass, paddy ...) to the number of a fuel model; 91 to 99 do not burn."""
    models: tuple[FuelModel, ...] = ()

    @model_validator(mode="after")
    def _known_names_and_numbers(self) -> Self:
        standard = standard_numbers()
        own = [model.number for model in self.models]
        for number in own:
            if number in standard:
                raise ValueError(f"fuel model {number} is a standard one: give yours a number of its own, 205 to 255")
            if own.count(number) > 1:
                raise ValueError(f"two fuel models with the number {number}")
        covers = [cover.name.lower() for cover in LandCover]
        for name, number in self.map.items():
            if name not in covers:
                raise ValueError(f"no such land cover: {name!r}; there are {', '.join(covers)}")
            if number not in standard and number not in own:
                raise ValueError(f"unknown fuel model number {number} for {name}; there are "
                                 f"{', '.join(str(n) for n in (*standard, *own))}")
        return self
