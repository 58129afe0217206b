"""Patchworks of fuels: at 30 m against the same front at 5 m, never quicker than with nothing in the way."""

import numpy as np
import pytest

from scenarios.forest_fire.fuels import fuel_table, row_of_number
from scenarios.forest_fire.rothermel import Moisture, beds
from scenarios.forest_fire.spread import Front, bed_columns, make_period
from scenarios.forest_fire.units import FT_MIN_PER_M_S
from sim.random import Streams
from tests.fires import arrivals, ground, period, wind_for

N, PATCH, CELL, FINER = 250, 8, 30.0, 6
MIDFLAME = 0.4
"""Wind adjustment factor, the same for every fuel."""
BEDS = bed_columns(beds(fuel_table(), Moisture(0.06, 0.07, 0.08, 0.60, 0.90)))


def patchwork(fuels, seed):
    """Rows of the table of beds (N, N) in patches drawn from fuel numbers (0: bare); the fire starts in the first."""
    rows = np.array([row_of_number()[number] for number in fuels])
    side = N // PATCH + 1
    draws = Streams(seed).of("patchwork").uniforms(np.arange(side * side))
    drawn = rows[(draws * len(fuels)).astype(int)].reshape(side, side)
    kind = np.kron(drawn, np.ones((PATCH, PATCH), int))[:N, :N]
    start = N // 2 // PATCH * PATCH
    kind[start:start + PATCH, start:start + PATCH] = rows[0]
    return kind


def burned_after(kind, finer, wind_kmh, to_deg, hours):
    """Share of each 30 m cell burned, worked out on cells ``finer`` times smaller, (N, N)."""
    fine = np.kron(kind, np.ones((finer, finer), int))
    weather = make_period(BEDS, wind_20ft_ft_min=wind_kmh / 3.6 * FT_MIN_PER_M_S, to_deg=to_deg, slope_plane=False,
                          wind_limit=False, max_length_to_width=8.0, min_rate_mps=0.0, cell_m=CELL / finer)
    flat = ground(fine)

    def give(r, c):
        land = flat(r, c)
        return type(land)(land.kind, land.gradient_x, land.gradient_y, land.wind_factor * np.float32(MIDFLAME))

    front = Front(*fine.shape, give, weather)
    middle = N // 2 * finer + finer // 2
    front.ignite(middle, middle, 0.0)
    front.advance(hours * 3600.0)
    return (arrivals(front) <= hours * 3600.0).reshape(N, finer, N, finer).mean((1, 3))


@pytest.mark.parametrize("fuels, seed, wind_kmh, to_deg, hours", [
    ((2, 5, 10, 165), 1, 13.0, 60.0, 16.0),
    ((2, 5, 10, 165), 3, 13.0, 135.0, 16.0),
    ((1, 8, 10, 5), 2, 13.0, 10.0, 16.0),  # grass heads 35 times as fast as closed timber litter
    ((1, 4, 8, 9), 1, 13.0, 60.0, 16.0),
    ((2, 5, 10, 0), 3, 13.0, 135.0, 16.0),  # a quarter bare
    ((2, 5, 10, 165), 3, 26.0, 135.0, 8.0),  # length-to-width 3.6
])
def test_30_m_against_5_m(fuels, seed, wind_kmh, to_deg, hours):
    kind = patchwork(fuels, seed)
    share = burned_after(kind, FINER, wind_kmh, to_deg, hours)
    coarse = burned_after(kind, 1, wind_kmh, to_deg, hours)
    assert share.sum() > 8000
    assert 2 * np.minimum(share, coarse).sum() / (share.sum() + coarse.sum()) >= 0.98
    assert coarse.sum() == pytest.approx(share.sum(), rel=0.02)


def test_what_stands_in_the_way_never_speeds_the_fire():
    n, stream = 121, Streams(5).of("in the way")
    draws = stream.uniforms(np.arange(n * n)).reshape(n, n)
    near = np.s_[54:67, 24:37]
    for ratio, angle, bare in ((1.0, 0.0, 0.05), (3.0, 0.0, 0.05), (3.0, 30.0, 0.2)):
        phi = wind_for(ratio)
        came = []
        for kind in (np.zeros((n, n)), np.where(draws < bare, -1, 0)):
            kind[near] = 0
            front = Front(n, n, ground(kind), period(0.05 / (1 + phi), phi, angle))
            front.ignite(60, 30, 0.0)
            front.advance(1e9)
            came.append(arrivals(front))
        free, hindered = came
        reached = np.isfinite(hindered)
        assert reached.mean() > 0.7
        assert (hindered[reached] >= 0.99 * free[reached]).all()
        assert hindered[reached].mean() > 1.001 * free[reached].mean()
