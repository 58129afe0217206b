"""What a scenario may say of barriers: which act, how wide they are, by which rule fire crosses them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.settings.base import Settings, Share

Width = Annotated[float, Field(ge=0, le=200)]
Rule = Literal["by_fuel", "wilson", "flame"]


class RoadWidths(Settings):
    """Metres without fuel by class of road, shoulders included; 0: no barrier.

    Roadbeds of JTG B01 (memory) of the classes that such roads are usually built to: expressway with four lanes
    24.5, class II 10, class III 8.5 and 7.5, class IV with one lane 4.5. Streets: assumption.
    """

    expressway: Width = 24.5
    national: Width = 10.0
    provincial: Width = 8.5
    county: Width = 7.5
    village: Width = 4.5
    street: Width = 4.0


class Streams(Settings):
    """Streams found from the relief, which is synthetic: where, and how wide."""

    from_km2: Annotated[float, Field(ge=0.05, le=1000)] = 1.0
    """Least area drained. Assumption: smaller ones are dry in the fire season."""
    width_at_1_km2_m: Annotated[float, Field(gt=0, le=50)] = 2.7
    """With ``width_exponent``: bankfull width = 2.70 A^0.352 (m, km2), Bieger et al. 2015, doi
    10.1111/jawr.12282, all of the United States (coefficients from memory)."""
    width_exponent: Annotated[float, Field(ge=0, le=1)] = 0.352


class Barriers(Settings):
    """Roads, streams and crews' line as barriers, and when fire crosses them. A plan's firebreaks always act."""

    roads: bool = False
    rivers: bool = False
    lines: bool = False
    """Whether fire that comes up to a finished line may cross it; without, a line holds whatever comes."""
    road_width_m: RoadWidths = RoadWidths()
    streams: Streams = Streams()
    line_width_m: Annotated[float, Field(gt=0, le=100)] = 1.5
    """Width of a line whose builder states none. Assumption: scraped and raked by hand."""
    green_belt_counts: Share = 0.5
    """Share of a green belt's width that counts: litter under its closed crowns still carries a low fire.
    Assumption."""
    rule: Rule = "by_fuel"
    """``wilson``: Wilson 1988; ``flame``: width over flame length; ``by_fuel``: Wilson in grass, flame elsewhere."""
    trees_from_cover: Share = 0.2
    """Crown cover at the barrier from which Wilson's "trees within 20 m" holds. Assumption."""
    tested_length_m: Annotated[float, Field(gt=0, le=10_000)] = 150.0
    """Length of barrier that a breach probability is meant for. Wilson's fires burned in blocks of 1 to 4 ha, which
    are 100 to 200 m on a side; the middle is an assumption."""
