"""Which forest is in view of the plan's cameras and towers; needs no run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.detection.posts import KM_M, Post, Scene, posts_of, scene_of
from sim.settings.plan import Plan
from sim.world.world import World


@dataclass(frozen=True)
class Coverage:
    """Arrays of shape (ny, nx): the least height (m) above the ground that is in view, inf where nothing is."""

    camera_m: NDArray[np.float32]
    """In view of a camera within its range by day."""
    lookout_m: NDArray[np.float32]
    """In view of a camera or a tower."""
    forest: NDArray[np.bool_]
    """Forest of the county."""
    smoke_m: float
    """Height of smoke that counts (``plan.sight.smoke_m``)."""

    def share(self, needed_m: NDArray[np.float32], smoke_m: float | None = None) -> float | None:
        """Return the share of forest cells over which smoke of a height is in view; None without forest."""
        cells = needed_m[self.forest]
        return float(np.mean(cells <= (self.smoke_m if smoke_m is None else smoke_m))) if len(cells) else None


def coverage(world: World, plan: Plan) -> Coverage:
    """Return what the plan's cameras and towers see of a World, all at work, in clear air, by day."""
    scene = scene_of(world, plan.sight)
    posts = posts_of(plan, world)
    camera_m = least_needed(scene, [post for post in posts if post.means == "camera"])
    lookout_m = np.minimum(camera_m, least_needed(scene, [post for post in posts if post.means != "camera"]))
    return Coverage(camera_m, lookout_m, scene.forest, plan.sight.smoke_m)


def least_needed(scene: Scene, posts: Sequence[Post]) -> NDArray[np.float32]:
    """Return the least needed height (ny, nx) over some posts; inf out of everyone's range."""
    out = np.full(scene.ground.shape, np.inf, np.float32)
    for post in posts:
        view = scene.view(post.row, post.col, post.item.height_m, post.item.range_km * KM_M)
        np.minimum(out[view.window], view.needed_m, out=out[view.window])
    return out


def coverage_values(world: World, plan: Plan) -> dict[str, float | None]:
    """Return the KPIs of forest in view."""
    found = coverage(world, plan)
    return {"coverage.forest_camera": found.share(found.camera_m),
            "coverage.forest_lookout": found.share(found.lookout_m)}
