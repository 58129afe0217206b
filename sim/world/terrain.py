"""Terrain: synthetic relief bent to the county's facts (summits, hill share, plain, coast).

The background is spectral noise, amplitude ~ 1/f^exponent with random phases (Voss 1985, in Fundamental
Algorithms for Computer Graphics, doi 10.1007/978-3-642-84574-1_34), scaled by an envelope: low towards the
plain, at the coast, by lakes and at unit seats. Summits are added as massifs whose heights solve a small linear
system, so that each is met exactly. The amplitude of the background is solved for by bisection, so that the
hill share is the fact's. It leaves out valleys cut by rivers, and any hill the facts do not name is invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len
from scipy.ndimage import distance_transform_edt
from scipy.special import ndtr

from sim.random import Streams, uniforms
from sim.settings.county import Terrain
from sim.world.grid import Grid

FloatGrid = NDArray[np.float64]
BoolGrid = NDArray[np.bool_]

PAD = 1.25
"""The noise is made on a larger, periodic sheet, so that opposite edges of the grid do not match."""
COAST_RISE_M = 700.0
"""Distance over which the land rises from the shore (m); by eye from the drowned coasts of Zhejiang."""
LAKE_RISE_M = 450.0
SEAT_PLAIN_M = (2400.0, 1700.0, 1100.0, 700.0)
"""Radii of the flat land around a unit seat (m), the widest that allows the hill share is taken."""
SEAT_FLOOR = 0.04
"""Share of the relief left at a seat itself."""
MASSIF_RUN = 7.0
"""Radius of a massif over its height: mean flanks of 1 in 7."""
MASSIF_MIN_M = 1500.0
MASSIF_CUT = 0.55
"""Share of a massif's height that its valleys lose."""
BACKGROUND_TOP = 0.8
"""Background relief saturates at this share of the highest summit, so that the summit stays the highest."""
UNDULATION_M = 3.0
"""Standard deviation of the plain's height (m)."""
MAX_AMPLITUDE_M = 2500.0
PLAIN_FROM, PLAIN_TO = 0.45, 0.95
"""Where along the plain's bearing (share of the county's breadth) the relief starts to fall and has gone."""
PLAIN_RELIEF = 0.05
DEFAULT_TOP_M = 400.0
"""Height of the background's ceiling where the facts name no summit (m)."""
STEPS = 14
"""Bisection steps: the amplitude is known to MAX_AMPLITUDE_M / 2^14, 0.15 m."""


@dataclass(frozen=True)
class Relief:
    """Elevation (m), slope (rise/run), aspect (deg downhill), each (ny, nx), and figures of the fit."""

    elevation_m: NDArray[np.float32]
    slope: NDArray[np.float32]
    aspect_deg: NDArray[np.float32]
    figures: dict[str, Any]


def spectral_noise(grid: Grid, exponent: float, key: int, longest_m: float = 40e3) -> FloatGrid:
    """Return noise (ny, nx) of zero mean and unit variance, amplitude ~ f^-exponent, flat below 1/longest_m."""
    rows, cols = next_fast_len(int(grid.ny * PAD) + 8), next_fast_len(int(grid.nx * PAD) + 8, real=True)
    fy = np.fft.fftfreq(rows, grid.cell_m)[:, None]
    fx = np.fft.rfftfreq(cols, grid.cell_m)[None, :]
    f = np.maximum(np.hypot(fy, fx), 1.0 / longest_m)
    amplitude = f**-exponent
    amplitude[0, 0] = 0.0
    phase = 2.0 * np.pi * uniforms(key, np.arange(f.size)).reshape(f.shape)
    sheet = irfft2(amplitude * np.exp(1j * phase), s=(rows, cols))[: grid.ny, : grid.nx]
    return (sheet - sheet.mean()) / sheet.std()


def slope_and_aspect(elevation: NDArray[Any], cell_m: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return slope (rise/run) and aspect (deg clockwise from north, downhill; 0 where flat) by central differences."""
    south, east = np.gradient(elevation, cell_m)
    slope = np.hypot(south, east)
    aspect = np.degrees(np.arctan2(-east, south)) % 360.0  # downhill: east part -dz/dx, north part dz/d(row)
    return slope, np.where(slope > 0, aspect, 0.0)


def hill_share(elevation: NDArray[Any], land: BoolGrid, cell_m: float, terrain: Terrain) -> float:
    """Return the share of land that is hill: steeper than ``hill_slope`` or higher than ``hill_height_m``."""
    south, east = np.gradient(elevation, cell_m)
    hill = (np.hypot(south, east) > terrain.hill_slope) | (elevation > terrain.hill_height_m)
    return float(np.count_nonzero(hill & land) / max(np.count_nonzero(land), 1))


def build_terrain(
    terrain: Terrain,
    grid: Grid,
    *,
    land: BoolGrid,
    sea: BoolGrid,
    water: BoolGrid,
    seats: NDArray[np.float64],
    summits: NDArray[np.float64],
    streams: Streams,
) -> Relief:
    """Return the relief. ``land`` counts for the hill share; seats (n, 2) m; summits (m, 3) x, y, height m."""
    rows, cols = np.indices(grid.shape)
    x, y = grid.centre(rows, cols)
    noise = spectral_noise(grid, terrain.spectral_exponent, streams.key("world.terrain.relief"))
    fine = spectral_noise(grid, 1.2, streams.key("world.terrain.undulation"), longest_m=6e3)
    wide = spectral_noise(grid, 2.5, streams.key("world.terrain.plain"), longest_m=60e3)
    on_grid = np.array([grid.contains(px, py) for px, py, _ in summits], bool)
    peaks = summits[on_grid] if len(summits) else summits.reshape(0, 3)
    shore = _shore(grid, sea, water) * _plain(terrain, x, y, land, wide)
    relief = ndtr(noise) ** 1.5
    top = float(peaks[:, 2].max()) if len(peaks) else DEFAULT_TOP_M

    best: tuple[float, float, float, FloatGrid] | None = None
    for radius in SEAT_PLAIN_M:
        seat = _seat_plain(x, y, seats, radius)
        bumps = _massifs(grid, x, y, peaks, relief, seat * _shore(grid, sea, water))

        def shape(amplitude: float, seat: FloatGrid = seat, bumps: FloatGrid = bumps) -> FloatGrid:
            ceiling = BACKGROUND_TOP * top
            background = ceiling * np.tanh(amplitude * relief * shore * seat / ceiling)
            ground = terrain.base_m + background + UNDULATION_M * fine * np.minimum(1.0, 4 * shore)
            return _raise_summits(grid, ground, peaks, bumps)

        low, high = 0.0, MAX_AMPLITUDE_M
        for _ in range(STEPS):
            middle = 0.5 * (low + high)
            if hill_share(shape(middle), land, grid.cell_m, terrain) < terrain.hill_share:
                low = middle
            else:
                high = middle
        ground = shape(high)
        share = hill_share(ground, land, grid.cell_m, terrain)
        if best is None or abs(share - terrain.hill_share) < abs(best[0] - terrain.hill_share):
            best = (share, high, radius, ground)
        if abs(share - terrain.hill_share) < 0.005:
            break
    assert best is not None
    share, amplitude, radius, ground = best
    elevation = _level_waters(ground, sea, water, terrain.base_m)
    for px, py, height in peaks:
        elevation[grid.row_col(px, py)] = height
    slope, aspect = slope_and_aspect(elevation, grid.cell_m)
    figures = {
        "hill_share": round(hill_share(elevation, land, grid.cell_m, terrain), 4),
        "hill_share_before_waters": round(share, 4), "relief_amplitude_m": round(amplitude, 1),
        "seat_plain_m": radius, "highest_m": round(float(elevation[land].max()), 1),
        "summits_off_grid": int(len(summits) - len(peaks)),
    }
    return Relief(elevation.astype(np.float32), slope.astype(np.float32), aspect.astype(np.float32), figures)


def _shore(grid: Grid, sea: BoolGrid, water: BoolGrid) -> FloatGrid:
    factor = np.ones(grid.shape)
    for mask, rise in ((sea, COAST_RISE_M), (water, LAKE_RISE_M)):
        if mask.any():
            factor *= 1.0 - np.exp(-distance_transform_edt(~mask, sampling=grid.cell_m) / rise)
    return factor


def _plain(terrain: Terrain, x: FloatGrid, y: FloatGrid, land: BoolGrid, wide: FloatGrid) -> FloatGrid | float:
    if terrain.plain_bearing_deg is None:
        return 1.0
    bearing = np.radians(terrain.plain_bearing_deg)
    along = x * np.sin(bearing) + y * np.cos(bearing)
    low, high = np.quantile(along[land], [0.01, 0.99])
    t = (along - low) / (high - low) + 0.10 * wide
    t = np.clip((PLAIN_TO - t) / (PLAIN_TO - PLAIN_FROM), 0.0, 1.0)
    return PLAIN_RELIEF + (1 - PLAIN_RELIEF) * t * t * (3 - 2 * t)


def _seat_plain(x: FloatGrid, y: FloatGrid, seats: NDArray[np.float64], radius: float) -> FloatGrid:
    near = np.full(x.shape, np.inf)
    for sx, sy in seats:
        np.minimum(near, (x - sx) ** 2 + (y - sy) ** 2, out=near)
    return SEAT_FLOOR + (1 - SEAT_FLOOR) * (1 - np.exp(-near / radius**2))


def _massifs(
    grid: Grid, x: FloatGrid, y: FloatGrid, peaks: NDArray[np.float64], relief: FloatGrid, envelope: FloatGrid
) -> FloatGrid:
    """Return the massif of each summit (m, ny, nx): 1 at its summit, cut by the noise's valleys outward."""
    bumps = np.zeros((len(peaks), *grid.shape))
    for i, (px, py, height) in enumerate(peaks):
        radius = max(MASSIF_RUN * height, MASSIF_MIN_M)
        here = grid.row_col(px, py)
        cx, cy = grid.centre(*here)
        distance = np.hypot(x - cx, y - cy) / radius
        away = 1 - np.exp(-((distance / 0.25) ** 2))
        near_seat = np.maximum(envelope, 0.3) if envelope[here] < 0.3 else envelope
        bumps[i] = (np.exp(-(distance**1.3)) * (1 - MASSIF_CUT * away * (1 - relief))
                    * near_seat / near_seat[here])
    return bumps


def _raise_summits(grid: Grid, ground: FloatGrid, peaks: NDArray[np.float64], bumps: FloatGrid) -> FloatGrid:
    """Add massifs so that every summit's cell has its height, and nothing rises above the highest."""
    if not len(peaks):
        return ground
    rows, cols = grid.row_col(peaks[:, 0], peaks[:, 1])
    matrix = bumps[:, rows, cols].T
    height = np.linalg.solve(matrix, peaks[:, 2] - ground[rows, cols])
    raised = ground + np.tensordot(height, bumps, axes=1)
    return np.minimum(raised, peaks[:, 2].max())


def _level_waters(ground: FloatGrid, sea: BoolGrid, water: BoolGrid, base_m: float) -> FloatGrid:
    elevation = np.maximum(ground, min(1.0, base_m))
    elevation[sea] = 0.0
    if water.any():
        from scipy.ndimage import label, minimum
        bodies, count = label(water)
        levels = np.asarray(minimum(elevation, bodies, np.arange(1, count + 1)))
        elevation[water] = levels[bodies[water] - 1]
    return elevation
