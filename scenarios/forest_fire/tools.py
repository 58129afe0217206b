"""Tools of a fire crew: the longest flame each can attack, the line it makes, where it can be used.

The table is ``tools.csv``, each row with its source. Importing this takes neither Mesa nor Numba.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sim.errors import InputError, did_you_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TABLE = Path(__file__).with_name("tools.csv")
PRODUCTIONS = ("hand", "engine", "dozer")
"""Tables of metres an hour, see ``production.py``; a tool has the index of its own, -1 for none."""
T_FLAME, T_WIDTH, T_PRODUCTION, T_PACE, T_MAX_SLOPE, T_REACH, T_WATER = range(7)
TOOL_COLUMNS = 7
"""Columns of the kernels' table of tools: m, m, index, -, rise over run, m from a road, 1 where it takes water."""


@dataclass(frozen=True)
class Tool:
    """One row of the table; limits that do not apply are infinite."""

    name: str
    name_zh: str
    flame_m: float
    """Longest flame it can attack directly; 0 for a tool that puts nothing out."""
    width_m: float
    """Width of the line it makes."""
    production: int
    pace: float
    """Metres it does while the table of its production gives one."""
    max_slope: float
    road_reach_m: float
    burns_out: bool
    water: bool
    """Works with water: no faster than water comes, where somebody counts it."""
    source: str


@lru_cache(maxsize=1)
def tool_table() -> dict[str, Tool]:
    """Return all tools by name."""
    def limit(text: str) -> float:
        return float(text) if text else math.inf

    with TABLE.open(encoding="utf-8", newline="") as stream:
        return {
            row["name"]: Tool(
                row["name"], row["name_zh"], float(row["flame_m"]), float(row["width_m"]),
                PRODUCTIONS.index(row["production"]) if row["production"] else -1, float(row["pace"]),
                limit(row["max_slope"]), limit(row["road_reach_m"]), row["burns_out"] == "1", row["water"] == "1",
                row["source"],
            )
            for row in csv.DictReader(stream)
        }


def tools_of(names: Iterable[str], where: str = "") -> list[Tool]:
    """Return tools by name. Raises InputError for an unknown one."""
    table = tool_table()
    for name in names:
        if name not in table:
            raise InputError("unknown tool", value=name, where=where, allowed=", ".join(table),
                             mend=did_you_mean(name, table))
    return [table[name] for name in names]


def longest_flame(names: Iterable[str]) -> float:
    """Return the longest flame (m) that a crew with these tools can attack; 0 with none that puts fire out."""
    return max((tool.flame_m for tool in tools_of(names)), default=0.0)


def tools_for(flame_m: float) -> list[str]:
    """Return the names of the tools that can attack a flame."""
    return [tool.name for tool in tool_table().values() if tool.flame_m >= flame_m]


def tool_rows(tools: Iterable[Tool]) -> NDArray[np.float64]:
    """Return the tools that build line as kernels read them, shape (n, TOOL_COLUMNS)."""
    import numpy as np  # not above: settings read the tools' names, and listing them takes no arrays

    rows = [[tool.flame_m, tool.width_m, float(tool.production), tool.pace, tool.max_slope, tool.road_reach_m,
             float(tool.water)]
            for tool in tools if tool.flame_m > 0.0]
    return np.array(rows).reshape(-1, TOOL_COLUMNS)


def plain_row(flame_m: float) -> NDArray[np.float64]:
    """Return the row of a tool of which only the flame is known: metres cost alike everywhere."""
    import numpy as np

    hand = tool_table()["hand_tools"]
    return np.array([[flame_m, hand.width_m, -1.0, 1.0, math.inf, math.inf, 0.0]])
