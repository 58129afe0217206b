"""Nothing burns through a closed line: random lines, standing before the fire or built while it burns."""

import numpy as np
import pytest
from scipy import ndimage

from scenarios.forest_fire.spread import LINE, Front
from sim.random import Streams
from tests.fires import arrivals, ground, period, wind_for

N = 41
EIGHT = np.ones((3, 3), int)
STREAM = Streams(7).of("lines")


def random_line(n, side_only=True):
    """Cells of a line from the top to the bottom of the grid, wandering; 4-connected, or touching corners."""
    draws = STREAM.uniforms(n, np.arange(4 * N))
    row, col, cells = 0, 12 + int(draws[0] * 17), []
    k = 1
    while row < N:
        cells.append((row, col))
        u = draws[k % len(draws)]
        k += 1
        if u < 0.25 and col > 8:
            col -= 1
            if not side_only and row + 1 < N:
                row += 1
        elif u < 0.5 and col < N - 4:
            col += 1
            if not side_only and row + 1 < N:
                row += 1
        else:
            row += 1
    return cells


def wind(n):
    return period([0.05, 0.01], wind_for(1.0 + 3.5 * STREAM.u01(n, 900)), 360.0 * STREAM.u01(n, 901))


def run(n, cells, when):
    kind = np.zeros((N, N), int)
    if when == "bare":
        kind[tuple(np.array(cells).T)] = -1
    if when == "mixed":  # closed to the fire by crews in two fuels, so that it turns round corners everywhere
        kind[STREAM.uniforms(n, np.arange(N * N)).reshape(N, N) < 0.5] = 1
    front = Front(N, N, ground(kind), wind(n))
    start = (5 + int(STREAM.u01(n, 902) * 31), 2 + int(STREAM.u01(n, 903) * 5))
    front.cover(0, 0)
    front.cover(N - 1, N - 1)
    line = np.array([front.cell(r, c) for r, c in cells])
    if when in ("before", "mixed"):
        front.close(line, LINE)
    front.ignite(*start, 0.0)
    if when == "while":
        # as late as possible: the next cell of the line would burn at the next event
        while front.next_s() < np.inf:
            copy = front.copy()
            copy.advance(front.next_s())
            if copy.done[line].any():
                break
            front = copy
        assert len(front.close(line, LINE)) == len(line)
        if STREAM.u01(n, 904) < 0.5:
            front.set_period(wind(n + 5000), front.time_s)
    front.advance(1e9)
    return start, np.isfinite(arrivals(front))


def behind(cells, start, structure):
    free = np.ones((N, N), bool)
    for r, c in cells:
        free[r, c] = False
    label, _ = ndimage.label(free, structure)
    return free & (label != label[start]), free & (label == label[start])


@pytest.mark.parametrize("block", range(10))
def test_no_leak_through_a_thousand_lines(block):
    for n in range(100 * block, 100 * block + 100):
        cells = random_line(n)
        start, burned = run(n, cells, "before")
        beyond, here = behind(cells, start, EIGHT)
        assert beyond.any() and not burned[beyond].any()
        assert burned[here].mean() > 0.98


@pytest.mark.parametrize("block", range(4))
def test_no_leak_through_lines_built_in_front_of_the_fire(block):
    for n in range(1000 + 25 * block, 1025 + 25 * block):
        cells = random_line(n)
        start, burned = run(n, cells, "while")
        assert not burned[behind(cells, start, EIGHT)[0]].any()


@pytest.mark.parametrize("when", ["before", "bare", "mixed"])
def test_not_even_between_cells_that_touch_at_corners(when):
    for n in range(3000, 3100):
        cells = random_line(n, side_only=False)
        start, burned = run(n, cells, when)
        assert not burned[behind(cells, start, None)[0]].any()
