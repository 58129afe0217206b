"""What a scenario may say of crown fire: whether it is computed, and the stands by land cover."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from sim.settings.base import Settings
from sim.world.classes import LandCover


class Stand(Settings):
    """The trees of a land cover; what is not given is that of ``stands.csv``. Bulk density 0: no crown fire."""

    height_m: Annotated[float, Field(gt=0, le=80)] | None = None
    base_m: Annotated[float, Field(ge=0, le=60)] | None = None
    bulk_density_kg_m3: Annotated[float, Field(ge=0, le=1)] | None = None
    foliar_moisture_pct: Annotated[float, Field(ge=30, le=300)] | None = None


class Crown(Settings):
    """Crown fire after Van Wagner 1977 and Cruz et al. 2005, in the stands of ``stands.csv``."""

    enabled: bool = False
    stands: dict[str, Stand] = {}
    """Changes to the table, by land cover (broadleaf, conifer, mixed, bamboo or any other cover)."""

    @model_validator(mode="after")
    def _known_covers(self) -> Self:
        covers = [cover.name.lower() for cover in LandCover]
        for name in self.stands:
            if name not in covers:
                raise ValueError(f"no such land cover: {name!r}; there are {', '.join(covers)}")
        return self
