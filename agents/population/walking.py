"""How fast people walk: by age, and by the slope of the road.

The pace by age is a table (see :mod:`sim.settings.people`). Slope counts as the hiking function of Tobler 1993
(NCGIA report 93-1), ``6 exp(-3.5 |S + 0.05|)`` km/h, divided by its value on level ground; S is the rise of a
link over its length, from the terrain at its two nodes. What lies between the nodes is left out, and so are
stairs, load, weather, the dark and how people tire.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.settings.people import Pace
from sim.world.classes import LinkKind
from sim.world.world import World

STEEPNESS = 3.5
"""Tobler's rate at which a slope slows walkers."""
EASIEST_SLOPE = -0.05
"""Slope (rise over run) at which people walk fastest."""
STEEPEST = 0.3
"""Slopes of links are held within this: steeper than any road, it comes from the synthetic terrain. Assumption."""


def pace_by_age(paces: Sequence[Pace], grown_up_mps: float, age: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return the walking pace (n,), m/s on level ground, of people of some ages (n,)."""
    from_age = np.array([pace.from_age for pace in paces])
    factor = np.array([pace.factor for pace in paces])
    return (grown_up_mps * factor[np.searchsorted(from_age, age, side="right") - 1]).astype(np.float32)


def slope_factor(slope: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return walking speed on slopes (n,), rise over run, over that on level ground; Tobler 1993."""
    return np.exp(-STEEPNESS * (np.abs(slope - EASIEST_SLOPE) - abs(EASIEST_SLOPE)))


def link_slopes(world: World) -> NDArray[np.float64]:
    """Return the rise of each link (links,) over its length, from the terrain at its nodes; 0 on ferries and bridges.

    A tunnel keeps the slope between its portals.
    """
    nodes, links = world.roads.nodes, world.roads.links
    height = np.asarray(world.layers["elevation_m"])[world.grid.row_col(nodes["x"], nodes["y"])].astype(np.float64)
    rise = height[links["head"]] - height[links["tail"]]
    slope = np.clip(rise / np.maximum(links["length_m"], 1.0), -STEEPEST, STEEPEST)
    flat = (links["kind"] == LinkKind.FERRY) | (links["kind"] == LinkKind.BRIDGE)
    return np.where(flat, 0.0, slope)
