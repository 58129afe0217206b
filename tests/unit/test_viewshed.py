"""The view-shed: flat ground, a ridge, a cone, the curvature of the earth; and a plain twin of the kernel."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.world.grid import Grid
from sim.world.viewshed import DROP_PER_M2, EARTH_RADIUS_M, REFRACTION, surface_of, view_from

CELL = 50.0
N = 121
MID = N // 2
GRID = Grid(0.0, N * CELL, CELL, N, N)


def land(heights):
    """Heights as a grid, read-only as a World's are."""
    out = np.ascontiguousarray(heights, np.float32)
    out.setflags(write=False)
    return out


def seen(heights, row=MID, col=MID, height_m=20.0, range_m=10_000.0, surface=None):
    """Needed height over the whole grid, inf out of range."""
    heights = land(heights)
    surface = heights if surface is None else surface
    view = view_from(GRID, surface, heights, row, col, height_m=height_m, range_m=range_m)
    out = np.full(heights.shape, np.inf)
    out[view.window] = view.needed_m
    return out


def distance(row=MID, col=MID):
    r, c = np.mgrid[:N, :N]
    return CELL * np.hypot(r - row, c - col)


def twin(heights, row0, col0, eye_m, row, col):
    """The same as the kernel in words: walk the ray, keep the steepest angle, see what height it leaves."""
    steps = max(abs(row - row0), abs(col - col0))
    full = CELL * math.hypot(row - row0, col - col0)
    angles = []
    for i in range(1, steps):
        r, c, away = row0 + (row - row0) * i / steps, col0 + (col - col0) * i / steps, full * i / steps
        below_r, below_c = math.floor(r + 1e-9), math.floor(c + 1e-9)
        z = 0.0
        for rr in (below_r, below_r + 1):
            for cc in (below_c, below_c + 1):
                weight = max(0.0, 1 - abs(r - rr)) * max(0.0, 1 - abs(c - cc))
                if weight > 1e-9:
                    z += weight * float(heights[rr, cc])
        angles.append((z - DROP_PER_M2 * away**2 - eye_m) / away)
    if not angles:
        return 0.0
    return max(0.0, eye_m + max(angles) * full + DROP_PER_M2 * full**2 - float(heights[row, col]))


def test_on_flat_ground_range_is_all():
    need = seen(np.full((N, N), 80.0), range_m=1500.0)
    inside = distance() <= 1500.0
    assert (need[inside] == 0.0).all()
    assert np.isinf(need[~inside]).all()


def test_beyond_the_horizon_the_earth_hides_what_the_formula_says():
    """From h metres the horizon is at sqrt(2 R' h); beyond it (d - horizon)^2 / (2 R') is hidden."""
    cell, n = 200.0, 301
    grid = Grid(0.0, n * cell, cell, 1, n)
    flat = land(np.zeros((1, n)))
    view = view_from(grid, flat, flat, 0, 0, height_m=10.0, range_m=n * cell)
    effective = EARTH_RADIUS_M / (1.0 - REFRACTION)
    horizon = math.sqrt(2 * effective * 10.0)
    away = np.arange(n) * cell
    expected = np.where(away > horizon, (away - horizon) ** 2 / (2 * effective), 0.0)
    # The ray touches at a cell's centre, not at the horizon itself: off by at most (cell / 2)^2 / (2 R') times d / d_h.
    assert view.needed_m[0] == pytest.approx(expected, abs=0.01)
    assert view.needed_m[0, -1] > 100.0


def test_a_ridge_hides_by_similar_triangles():
    heights = np.zeros((N, N))
    heights[MID - 20] = 100.0  # 1 km north of the observer, whose eye is at 20 m
    need = seen(heights)
    north = need[MID - 40, MID]
    drop_ridge, drop_far = DROP_PER_M2 * 1000.0**2, DROP_PER_M2 * 2000.0**2
    assert north == pytest.approx(20.0 + (100.0 - drop_ridge - 20.0) * 2.0 + drop_far, abs=1e-3)
    assert need[MID - 20, MID] == 0.0
    assert (need[MID:] == 0.0).all()
    oblique = need[MID - 40, MID + 40]  # the same ridge along the diagonal: the same triangle, the drop twice
    assert oblique == pytest.approx(20.0 + (100.0 - 2 * drop_ridge - 20.0) * 2.0 + 2 * drop_far, abs=1e-3)


def test_a_cone_is_seen_from_its_tip_and_hides_its_back():
    cone = 300.0 - 0.2 * distance()
    # A straight flank bulges with the earth: from 2 m on the tip its foot is in view, with the eye on the tip not.
    assert (seen(cone, height_m=2.0) == 0.0).all()
    assert seen(cone, height_m=0.0)[0, 0] > 0.5
    from_foot = seen(cone, row=N - 1, col=MID, height_m=1.0)
    line = from_foot[:, MID]
    assert (line[MID:] == 0.0).all()
    # Behind the tip the line of sight goes on at its slope while the cone falls.
    eye = float(cone[N - 1, MID]) + 1.0
    tip_m, far_m = MID * CELL, (MID + 30) * CELL
    slope = (300.0 - DROP_PER_M2 * tip_m**2 - eye) / tip_m
    assert line[MID - 30] == pytest.approx(
        eye + slope * far_m + DROP_PER_M2 * far_m**2 - float(cone[MID - 30, MID]), abs=1e-2)


def test_trees_stand_in_the_way_but_not_on_the_observers_cell():
    flat = land(np.zeros((N, N)))
    trees = np.zeros((N, N), bool)
    trees[:, : MID + 1] = True
    surface = surface_of(flat, trees, 12.0)
    need = seen(flat, height_m=6.0, surface=surface)
    assert need[MID, MID + 30] == 0.0
    assert need[MID, MID - 1] == 0.0  # the next cell: nothing between
    # Over the nearest trees, 50 m off and 6 m above the eye, the view rises by 6 m in 50.
    assert need[MID, MID - 20] == pytest.approx(6.0 + 6.0 / 50.0 * 1000.0, abs=0.1)
    above = seen(flat, height_m=30.0, surface=surface)
    assert 11.0 < above[MID, MID - 20] <= 12.0


@pytest.mark.parametrize("row, col", [(MID, MID), (3, 100), (118, 0)])
def test_the_kernel_is_its_twin(row, col):
    rng = np.random.default_rng(7)
    rough = 40.0 * rng.random((N, N)) + 0.05 * distance(20, 90)
    need = seen(rough, row=row, col=col)
    heights = land(rough)
    eye = float(heights[row, col]) + 20.0
    for r, c in [(0, 0), (0, N - 1), (N - 1, 5), (row, 60), (60, col), (61, 59), (row - 1, col + 1), (17, 94)]:
        assert need[r, c] == pytest.approx(twin(heights, row, col, eye, r, c), rel=1e-5, abs=1e-3), (r, c)


def test_higher_sees_no_less():
    rng = np.random.default_rng(1)
    rough = 60.0 * rng.random((N, N))
    low, high = seen(rough, height_m=10.0), seen(rough, height_m=30.0)
    assert (high <= low + 1e-3).all() and (high < low).any()
