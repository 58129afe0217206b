"""A drawn firebreak: its cells touch side by side, and no fire gets past it, whatever way it is drawn."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from scenarios.forest_fire.firebreaks import path_cells
from tests.worlds import flat_world

N, CELL = 48, 30.0
WORLD = flat_world(N, N, CELL, fuel=102)
EIGHT = np.ones((3, 3))
INNER = st.floats(0.0, N * CELL - 0.01, allow_nan=False)


def raster(points):
    """The cells of a line through points given in metres from the grid's north-west corner, as a mask."""
    x = np.array([WORLD.grid.x0_m + px for px, _ in points])
    y = np.array([WORLD.grid.y0_m - py for _, py in points])
    mask = np.zeros(N * N, bool)
    mask[path_cells(WORLD, x, y)] = True
    return mask.reshape(N, N)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(INNER, INNER), min_size=2, max_size=6))
def test_its_cells_touch_side_by_side(points):
    mask = raster(points)
    assert ndimage.label(mask)[1] == 1
    for px, py in points:
        assert mask[int(py // CELL), int(px // CELL)]


@settings(max_examples=200, deadline=None)
@given(INNER, st.lists(st.tuples(INNER, INNER), max_size=5), INNER)
def test_a_line_from_edge_to_edge_parts_the_grid(left, between, right):
    mask = raster([(0.0, left), *between, (N * CELL - 0.01, right)])
    label, _ = ndimage.label(~mask, EIGHT)
    north, south = set(label[0][~mask[0]].tolist()), set(label[-1][~mask[-1]].tolist())
    assert not north & south
