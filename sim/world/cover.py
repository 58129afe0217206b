"""Land cover, fuel and canopy: ranked by terrain so that the county's stated shares are met.

Each class takes the land that suits it best until its share is reached: built land around villages, forest
on the steepest and highest ground, paddy on the flattest and lowest, the rest dry crops, grass and shrub.
Species of forest vary by smooth noise and height. What grows where is invented; the shares are the facts'.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from sim.random import Streams
from sim.settings.county import Cover
from sim.world.classes import FOREST, LandCover
from sim.world.grid import Grid
from sim.world.terrain import spectral_noise

BoolGrid = NDArray[np.bool_]

BUILT_M2_PER_RESIDENT = 130.0
"""Built-up land per resident (m2). Assumption, within the 100 to 150 m2 of Chinese planning practice."""
OPEN_HILL_SHARE = 0.12
"""Share of the land that is neither forest nor field, grass and shrub on hills. Assumption."""
PADDY_OF_FIELDS = 0.70
"""Share of the fields that are paddy. Assumption for the rice land of the middle Yangtze and the coast."""
CANOPY = {
    LandCover.BROADLEAF: 0.75,
    LandCover.CONIFER: 0.6,
    LandCover.MIXED: 0.7,
    LandCover.BAMBOO: 0.8,
    LandCover.SHRUB: 0.1,
}
"""Crown cover by class; assumption."""
STAND_M = 2500.0
"""Longest wave of the noise that tells species apart: plantations of conifers among broadleaf stands."""
BROADLEAF_BELOW, MIXED_BELOW, BAMBOO_FROM = -0.6, -0.1, 1.3
"""Species by standard deviations of that noise: some 27 % broadleaf, 19 % mixed, 44 % pine and fir, 10 %
bamboo below the heights. Assumption: conifers lead in the hill forests of Hunan and Zhejiang."""
SMOOTH_M = 120.0
"""Length over which suitability is smoothed, so that classes come in patches."""


def build_cover(
    cover: Cover,
    grid: Grid,
    *,
    inside: BoolGrid,
    sea: BoolGrid,
    water: BoolGrid,
    elevation_m: NDArray[np.float32],
    slope: NDArray[np.float32],
    settled_weight: NDArray[np.float64],
    residents: int,
    streams: Streams,
) -> tuple[NDArray[np.uint8], NDArray[np.int16], NDArray[np.float32], dict[str, Any]]:
    """Return land cover (codes), fuel model numbers and crown cover, each (ny, nx), and the shares reached.

    ``settled_weight`` (ny, nx) is how built-up a cell wants to be, largest at villages; residents (persons)
    say how much land is built. Cells outside the county are covered too: a fire does not stop at a border.
    """
    code = np.full(grid.shape, LandCover.OUTSIDE, np.uint8)
    noise = spectral_noise(grid, 1.6, streams.key("world.cover.patches"), longest_m=8e3)
    species = spectral_noise(grid, 1.2, streams.key("world.cover.species"), longest_m=STAND_M)
    wet = sea | water
    land = ~wet
    county = land & inside
    height = (elevation_m - np.median(elevation_m[county])) / max(float(np.std(elevation_m[county])), 1.0)
    steep = slope / max(float(np.std(slope[county])), 1e-6)
    hilly = gaussian_filter(steep + height, SMOOTH_M / grid.cell_m) + 0.5 * noise
    free = land.copy()

    built_cells = residents * BUILT_M2_PER_RESIDENT / grid.cell_m**2
    taken = _best(settled_weight, county, built_cells)
    code[taken] = LandCover.BUILT
    free &= ~taken
    # Thresholds come from the county alone, and hold beyond its border too.
    forest_cells = cover.forest_share * np.count_nonzero(inside & ~sea)
    forest = free & (hilly >= _threshold(hilly, county & free, forest_cells))
    code[forest & (species < BROADLEAF_BELOW)] = LandCover.BROADLEAF
    code[forest & (species >= BROADLEAF_BELOW) & (species < MIXED_BELOW)] = LandCover.MIXED
    code[forest & (species >= MIXED_BELOW)] = LandCover.CONIFER
    code[forest & (species >= BAMBOO_FROM) & (height < 1.0)] = LandCover.BAMBOO
    free &= ~forest
    open_cells = OPEN_HILL_SHARE * np.count_nonzero(county)
    rough = free & (hilly >= _threshold(hilly, county & free, open_cells))
    code[rough & (noise >= 0)] = LandCover.SHRUB
    code[rough & (noise < 0)] = LandCover.GRASS
    free &= ~rough
    flat = -(hilly + 0.3 * species)
    paddy_cells = PADDY_OF_FIELDS * np.count_nonzero(county & free)
    paddy = free & (flat >= _threshold(flat, county & free, paddy_cells))
    code[paddy] = LandCover.PADDY
    code[free & ~paddy] = LandCover.DRY_CROP
    code[water] = LandCover.WATER
    code[sea] = LandCover.SEA

    fuel = np.zeros(256, np.int16)
    for name, number in cover.fuels.items():
        fuel[LandCover[name.upper()]] = number
    crown = np.zeros(256, np.float32)
    for kind, share in CANOPY.items():
        crown[kind] = share
    area = int(np.count_nonzero(inside & ~sea))
    shares = {
        kind.name.lower(): round(int(np.count_nonzero((code == kind) & inside)) / max(area, 1), 4)
        for kind in LandCover
        if np.any((code == kind) & inside & ~sea)
    }
    figures = {
        "cover_shares": shares,
        "forest_share": round(float(np.isin(code[inside & ~sea], FOREST).mean()), 4),
    }
    return code, fuel[code], crown[code], figures


def _threshold(value: NDArray[np.float64], among: BoolGrid, cells: float) -> float:
    """Return the value that the ``cells`` highest of some cells reach."""
    ranked = np.sort(value[among])[::-1]
    wanted = min(max(round(cells), 0), len(ranked))
    return np.inf if wanted == 0 else float(ranked[wanted - 1])


def _best(value: NDArray[np.float64], among: BoolGrid, cells: float) -> BoolGrid:
    return among & (value >= _threshold(value, among, cells)) & (value > 0)
