"""The drawn outline of each county against a surveyed one, which is not part of the project.

Floors were set before the comparison was made, from the geometry alone: the mismatch is about the length of
the outline times the mean error across it, and the floor stands for twice that error, rounded down to 0.05.
Yueyang: 250 km of outline, seats 13 km apart, so bisectors off by about 2.3 km: mismatch 575 km2 of 2,809,
an IoU of (2809 - 288) / (2809 + 288) = 0.81; at twice the error 0.66.
Xiangshan: 500 km of coast off by 0.3 km (a third of a cell of the mask) and 40 km of bisectors off by 2 km:
230 km2 of 1,382, an IoU of 0.85; at twice the error 0.71.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import yaml

from sim.settings.county import County
from sim.world.boundary import area_km2, grid_for, inside_mask, overlap, sea_mask
from sim.world.coast import load_rings
from sim.world.projection import Projection

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SANDTABLE_DATA", ROOT.parent / "shared" / "data")) / "counties"
CHECKS = {"yueyang": "yueyang_county_boundary_wgs84.geojson", "xiangshan": "xiangshan_boundary_wgs84.geojson"}
FLOORS = {"yueyang": 0.65, "xiangshan": 0.70}
WIDE_MARGIN_M = 15_000.0


@pytest.mark.parametrize("name", CHECKS)
def test_the_drawn_outline_overlaps_the_surveyed_one(name: str, record_property: object) -> None:
    check = DATA / CHECKS[name]
    if not check.is_file():
        pytest.skip(f"{check.name} is not there: the overlap of {name}'s outline was not checked")
    county = County.model_validate(yaml.safe_load((ROOT / f"conf/county/{name}.yaml").read_text("utf-8")))
    projection = Projection(county.crs)
    grid = grid_for(county, projection, margin_m=WIDE_MARGIN_M)
    inside = inside_mask(county, grid, projection)
    rings = load_rings(check)
    figures = overlap(inside, grid, projection, rings)
    disc = overlap(_disc(county, grid, projection, inside), grid, projection, rings)
    shown = ", ".join(f"{key} {value:.3f}" for key, value in figures.items())
    print(f"\n{name}: {shown}; equal-area disc: iou {disc['iou']:.3f}; stated {county.area_km2:.0f} km2")
    for key, value in figures.items():
        record_property(f"{name}.{key}", round(value, 4))  # type: ignore[operator]
    assert figures["iou"] >= FLOORS[name]
    assert figures["iou"] > disc["iou"] + 0.05, "no better than a disc about the seats"


def _disc(county, grid, projection, inside):
    """The land nearest to the mean of the seats, of the same area: what their middle alone would give."""
    x, y = projection.to_xy([u.lon for u in county.units], [u.lat for u in county.units])
    rows, cols = np.mgrid[: grid.ny, : grid.nx]
    cx, cy = grid.centre(rows, cols)
    far = np.hypot(cx - x.mean(), cy - y.mean())
    far[sea_mask(county, grid, projection)] = np.inf
    count = np.count_nonzero(inside)
    disc = far <= np.partition(far.ravel(), count - 1)[count - 1]
    assert area_km2(disc, grid) == pytest.approx(area_km2(inside, grid), rel=1e-3)
    return disc
