"""How fires are fought: tactic, night, escape, mop-up, burning out; every key with its range."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from scenarios.forest_fire.tools import tool_table
from sim.settings.base import Duration, Hour, Settings, Share
from sim.settings.plan import FireTactic

Tactic = FireTactic
"""Where a crew goes and which cells it works on next; see ``tactics.py``."""
Technique = Literal["direct", "indirect", "burnout"]
CrewClass = Literal["type1", "type2"]
"""Of the American tables of production: hotshot crews and such, and all others."""


def _words(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [name for name in names if name not in tool_table()]
    if unknown:
        raise ValueError(f"unknown tool {unknown[0]!r}, known are {', '.join(tool_table())}")
    return names


ToolNames = Annotated[tuple[str, ...], BeforeValidator(_words), AfterValidator(_known)]
"""Tools by name, one or several; see ``tools.csv``."""


class Night(Settings):
    """What crews may do in the dark.

    Chinese practice: no fighting at night or in poor sight (三先四不打: 可视度差的夜间等不利时段不打火, Sichuan's
    emergency office, 2021-02-09). The default lets crews go on at small flames, as they often do.
    """

    rule: Literal["none", "limited", "any"] = "limited"
    """No line at night; only at shorter flames and more slowly; or as by day."""
    from_h: Hour = 19.0
    to_h: Hour = 6.0
    flame_factor: Share = 0.5
    """Share of a tool's flame that may be attacked at night. Assumption."""
    rate_factor: Annotated[float, Field(gt=0, le=1)] = 0.7
    """Share of the day's rate. Assumption: NWCG says that night work is slower, without a figure."""


class Escape(Settings):
    """When a crew may be where it is; the model is in ``escape.py``."""

    enabled: bool = True
    margin: Annotated[Duration, Field(le=3600)] = 300.0
    """How much sooner than the fire it must be able to get away. Assumption: one step of work."""
    horizon: Annotated[Duration, Field(gt=0, le=6 * 3600)] = 3600.0
    """How far the present front is run ahead; what it does not reach by then counts as out of the way."""
    passable_flame_m: Annotated[float, Field(ge=0, le=3)] = 0.5
    """Flames shorter than this can be stepped over on the way into the burned ground. Assumption."""
    separation: Literal["flame", "vegetation"] = "flame"
    """Distance a refuge must keep: four flame heights (NWCG), or 8 vegetation heights x slope-wind factor (Butler)."""
    vegetation_m: Annotated[float, Field(gt=0, le=60)] = 2.0
    """Height of the vegetation for Butler's rule. Assumption: shrubs and young pine."""
    burning: Literal["low", "moderate", "extreme"] = "moderate"
    """Burning condition in Butler's table."""


class MopUp(Settings):
    """Putting out what smoulders behind the line, and what may come of it if nobody does."""

    task: bool = True
    """Whether teams stay for it once a fire is contained."""
    depth_m: Annotated[float, Field(gt=0, le=200)] = 25.0
    """How far in from the edge: a Chinese guide takes a fire as sealed with 20 to 30 m inside its edge cold (weak)."""
    person_hours_per_m: Annotated[float, Field(gt=0, le=10)] = 0.15
    """Work to mop up a metre of edge to 25 m in closed timber litter. Assumption: about that of a metre of line."""
    reignitions_per_km_h: Annotated[float, Field(ge=0, le=10)] = 0.005
    """Fires an hour that start across a kilometre of line with smouldering edge behind it, in the reference weather.
    Assumption, no figure found: 2 km left alone for six hours come back once in sixteen times."""
    reference_wind_mps: Annotated[float, Field(gt=0, le=30)] = 4.0
    reference_moisture_pct: Annotated[float, Field(gt=0, le=30)] = 8.0


class Burnout(Settings):
    """Burning out the strip between an indirect line and the fire."""

    metres_per_metre: Annotated[float, Field(gt=0, le=10)] = 0.3
    """Budget metres that a metre of lit line takes. Assumption: torch bearers walk, the others watch."""
    max_wind_across_mps: Annotated[float, Field(ge=0, le=20)] = 3.0
    """Wind (10 m) blowing from the strip across the line above which nothing is lit. Assumption."""


class Suppression(Settings):
    """How crews fight a fire."""

    tactic: Tactic | None = None
    """The scenario's; none leaves it to the plan (``plan.command.fire_tactic``)."""
    night: Night = Night()
    escape: Escape = Escape()
    mop_up: MopUp = MopUp()
    burnout: Burnout = Burnout()
