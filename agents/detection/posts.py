"""Cameras and watch towers on the World's grid, and what each of them sees."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.settings.detection import Lookout, Means, Sight
from sim.settings.plan import Plan
from sim.world.classes import FOREST
from sim.world.projection import Projection
from sim.world.viewshed import DROP_PER_M2, View, needed_height, surface_of, view_from
from sim.world.world import World

KM_M = 1000.0
KEPT_VIEWS = 200
"""Views kept in this process, the last used longest; one of 10 km takes 0.5 MB."""
KEPT_SCENES = 4

Heights = NDArray[np.float32]


@dataclass(frozen=True)
class Post:
    """A camera or tower: its settings and where it stands, in metres and as a cell."""

    means: Means
    item: Lookout
    x: float
    y: float
    row: int
    col: int

    @property
    def id(self) -> str:
        """Id in the plan."""
        return self.item.id


def posts_of(plan: Plan, world: World) -> list[Post]:
    """Return the plan's cameras, then its towers. Raises InputError for one in no place or off the grid."""
    groups: tuple[tuple[Means, str, Sequence[Lookout]], ...] = (
        ("camera", "cameras", plan.cameras), ("tower", "watch_towers", plan.watch_towers))
    return [_post(world, means, item, f"plan {plan.id}, {group}, {item.id}")
            for means, group, items in groups for item in items]


def _post(world: World, means: Means, item: Lookout, where: str) -> Post:
    if item.place is not None:
        place = world.places.get(item.place, where)
        x, y = place.x, place.y
    else:
        assert item.lon is not None and item.lat is not None  # the settings give a place or both
        x, y = (float(v) for v in Projection(world.crs).to_xy(item.lon, item.lat))
    if not world.grid.contains(x, y):
        raise InputError("a lookout off the county's grid", value=f"{x:.0f} m, {y:.0f} m", where=where,
                         allowed="a point of the county", mend="check that lon and lat are not swapped")
    row, col = (int(v) for v in world.grid.row_col(x, y))
    return Post(means, item, x, y, row, col)


class Scene:
    """A World as those who look over it see it: ground, trees on it, forest of the county."""

    def __init__(self, world: World, sight: Sight) -> None:
        self.grid = world.grid
        self.source = world.layers["elevation_m"]
        ground = np.asarray(self.source).view()
        ground.setflags(write=False)  # as a World opened from disk has it: one compiled kernel for both
        self.ground: Heights = ground
        trees = np.isin(np.asarray(world.layers["land_cover"]), [int(cover) for cover in FOREST])
        self.surface = surface_of(ground, trees, sight.tree_height_m)
        self.forest: NDArray[np.bool_] = trees & np.asarray(world.layers["inside"])
        """Forest of the county, of shape (ny, nx)."""
        self._views: OrderedDict[tuple[int, int, float, float], View] = OrderedDict()

    def view(self, row: int, col: int, height_m: float, range_m: float) -> View:
        """Return what is seen from so high above a cell, kept for the next who asks."""
        key = (row, col, height_m, range_m)
        if key not in self._views:
            self._views[key] = view_from(
                self.grid, self.surface, self.ground, row, col, height_m=height_m, range_m=range_m)
            if len(self._views) > KEPT_VIEWS:
                self._views.popitem(last=False)
        self._views.move_to_end(key)
        return self._views[key]

    def needed_m(self, row: int, col: int, height_m: float, to_row: int, to_col: int) -> float:
        """Return how high above a cell something must stand to be seen from ``height_m`` above another."""
        return float(needed_height(self.surface, self.ground, row, col, float(self.ground[row, col]) + height_m,
                                   to_row, to_col, self.grid.cell_m, DROP_PER_M2))


_scenes: list[tuple[object, Sight, Scene]] = []


def scene_of(world: World, sight: Sight) -> Scene:
    """Return the scene of a World; runs of one process on one World share it, and so the views."""
    source = world.layers["elevation_m"]
    for known, its_sight, scene in _scenes:
        if known is source and its_sight == sight:
            return scene
    scene = Scene(world, sight)
    _scenes.append((source, sight, scene))
    del _scenes[:-KEPT_SCENES]
    return scene
