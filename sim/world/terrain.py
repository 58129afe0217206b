"""Terrain: synthetic relief bent to the county's facts (summits, hill share, plain, coast).

Hills are spectral noise, amplitude ~ 1/f^exponent with random phases (Voss 1985, in Fundamental Algorithms
for Computer Graphics, doi 10.1007/978-3-642-84574-1_34), of one typical height. They stand where a second,
wider noise, tilted towards the stated plain, exceeds a level; they are low at the coast, by lakes, around
unit seats and along the stated roads, which follow valleys. That level is solved for by bisection, so that
the share of hill is the fact's. Summits are added as massifs whose heights solve a small linear system, so
that each is met exactly. It leaves out rivers: which way a valley runs, and any hill the facts do not
name, is invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len
from scipy.ndimage import distance_transform_edt

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
SUMMIT_SHARE = 0.08
"""Share of a massif's radius within which its valleys do not cut it yet."""
HILL_HEIGHT = 0.32
"""Height of a common hill over that of the highest summit; assumption."""
HILL_WAVE_M = 5000.0
"""Longest wave of the hills (m), twice the distance from ridge to valley; by eye from hills of Zhejiang."""
VALLEY_FLOOR = 0.06
"""Height of the valleys among the hills, as a share of the hills'."""
RIDGED = 0.65
"""Share of ridged noise in the hills' height; the rest are mounds."""
HIGH_SD = 2.0
"""Standard deviations of the noise that make the full height, or none of it."""
VALLEY_LEFT = 0.35
"""Share of the relief left in a valley that a road follows."""
VALLEY_WIDTH = 0.32
"""Half width of such a valley over the radius of the plain around a seat."""
WARP_M, WARP_WAVE_M = 450.0, 6000.0
"""Standard deviation (m) and longest wave (m) of the bends in valleys and in the edges of plains."""
REGION_WAVE_M = 30e3
"""Longest wave of the noise that tells hill country from plain."""
TILT = 3.0
"""By how many standard deviations of that noise the level differs between the plain's end and the other."""
EDGE = 0.9
"""Width of the edge of hill country, in standard deviations of that noise."""
HIGHEST_LEVEL = 6.0
"""The level is sought between minus and plus this, in standard deviations."""
UNDULATION_M = 2.5
"""Standard deviation of the plain's height (m)."""
DEFAULT_TOP_M = 400.0
"""Height of the highest summit where the facts name none (m)."""
STEPS = 16
"""Bisection steps."""
CLOSE = 0.005
"""Share of hill that is close enough to the fact's not to try a smaller plain around the seats."""


@dataclass(frozen=True)
class Relief:
    """Elevation (m), slope (rise/run), aspect (deg downhill), each (ny, nx), and figures of the fit."""

    elevation_m: NDArray[np.float32]
    slope: NDArray[np.float32]
    aspect_deg: NDArray[np.float32]
    figures: dict[str, Any]


def spectral_noise(grid: Grid, exponent: float, key: int, longest_m: float = 40e3) -> FloatGrid:
    """Return noise (ny, nx), mean 0, variance 1, amplitude ~ f^-exponent, flat below 1/longest_m."""
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
    """Return slope (rise/run) and aspect (deg from north, downhill; 0 where flat) by central differences."""
    south, east = np.gradient(elevation, cell_m)
    slope = np.hypot(south, east)
    aspect = np.degrees(np.arctan2(-east, south)) % 360.0  # downhill: east part -dz/dx, north part dz/d(row)
    return slope, np.where(slope > 0, aspect, 0.0)


def hill_share(elevation: NDArray[Any], land: BoolGrid, cell_m: float, terrain: Terrain) -> float:
    """Return the share of land that is hill: steeper than ``hill_slope`` or higher than ``hill_height_m``."""
    south, east = np.gradient(elevation, cell_m)
    hill = (np.hypot(south, east) > terrain.hill_slope) | (elevation > terrain.hill_height_m)
    return float(np.count_nonzero(hill & land)) / max(int(np.count_nonzero(land)), 1)


def build_terrain(
    terrain: Terrain,
    grid: Grid,
    *,
    land: BoolGrid,
    sea: BoolGrid,
    water: BoolGrid,
    seats: NDArray[np.float64],
    summits: NDArray[np.float64],
    valleys: NDArray[np.float64],
    streams: Streams,
) -> Relief:
    """Return the relief; ``land`` is what the hill share is a share of.

    ``seats`` (n, 2) and ``summits`` (m, 3: x, y, height) in metres; ``valleys`` (k, 4: x, y, x, y) are the
    lines that valleys follow.
    """
    rows, cols = np.indices(grid.shape)
    x, y = grid.centre(rows, cols)
    ridges, mounds = (
        spectral_noise(grid, terrain.spectral_exponent, streams.key(f"world.terrain.{name}"), HILL_WAVE_M)
        for name in ("ridges", "mounds")
    )
    # Ridged noise (Musgrave 1994): where the noise changes sign, a crest runs on through the country.
    hills = RIDGED * np.clip(1 - np.abs(ridges) / HIGH_SD, 0.0, 1.0) ** 1.5 + (1 - RIDGED) * np.clip(
        0.5 + mounds / (2 * HIGH_SD), 0.0, 1.0
    )
    shift = [
        WARP_M * spectral_noise(grid, 2.0, streams.key(f"world.terrain.warp_{axis}"), WARP_WAVE_M)
        for axis in "xy"
    ]
    region = spectral_noise(grid, 2.2, streams.key("world.terrain.region"), REGION_WAVE_M)
    region += _tilt(terrain, x, y, land)
    undulation = UNDULATION_M * spectral_noise(grid, 1.2, streams.key("world.terrain.undulation"), 6e3)
    on_grid = np.array([grid.contains(px, py) for px, py, _ in summits], bool)
    peaks = summits[on_grid] if len(summits) else summits.reshape(0, 3)
    top = float(peaks[:, 2].max()) if len(peaks) else DEFAULT_TOP_M
    shore = _shore(grid, sea, water)
    carved = HILL_HEIGHT * top * (VALLEY_FLOOR + (1 - VALLEY_FLOOR) * hills)

    best: tuple[float, float, float, FloatGrid] | None = None
    for radius in SEAT_PLAIN_M:
        around = _near_points(x + shift[0], y + shift[1], seats)
        along = _near_lines(x + shift[0], y + shift[1], valleys)
        envelope = (
            shore
            * (1 - (1 - SEAT_FLOOR) * np.exp(-around / radius**2))
            * (1 - (1 - VALLEY_LEFT) * np.exp(-along / (VALLEY_WIDTH * radius) ** 2))
        )
        bumps = _massifs(grid, x, y, peaks, hills, envelope)

        def shape(level: float, envelope: FloatGrid = envelope, bumps: FloatGrid = bumps) -> FloatGrid:
            rise = np.clip((region - level) / EDGE + 0.5, 0.0, 1.0)
            country = rise * rise * (3 - 2 * rise)
            ground = terrain.base_m + envelope * country * carved + undulation * np.minimum(1.0, 4 * shore)
            return _raise_summits(grid, ground, peaks, bumps)

        below, above = -HIGHEST_LEVEL, HIGHEST_LEVEL
        for _ in range(STEPS):
            middle = 0.5 * (below + above)
            if hill_share(shape(middle), land, grid.cell_m, terrain) > terrain.hill_share:
                below = middle
            else:
                above = middle
        ground = shape(above)
        share = hill_share(ground, land, grid.cell_m, terrain)
        if best is None or abs(share - terrain.hill_share) < abs(best[0] - terrain.hill_share):
            best = (share, above, radius, ground)
        if abs(share - terrain.hill_share) < CLOSE:
            break
    assert best is not None
    share, level, radius, ground = best
    elevation = _level_waters(ground, sea, water, terrain.base_m)
    for px, py, height in peaks:
        elevation[grid.row_col(px, py)] = height
    slope, aspect = slope_and_aspect(elevation, grid.cell_m)
    figures = {
        "hill_share": round(hill_share(elevation, land, grid.cell_m, terrain), 4),
        "hill_level": round(level, 3),
        "seat_plain_m": radius,
        "highest_m": round(float(elevation[land].max()), 1),
        "mean_slope_of_hills": round(float(slope[land & (elevation > terrain.hill_height_m)].mean()), 3),
        "summits_off_grid": int(len(summits) - len(peaks)),
    }
    return Relief(elevation.astype(np.float32), slope.astype(np.float32), aspect.astype(np.float32), figures)


def _shore(grid: Grid, sea: BoolGrid, water: BoolGrid) -> FloatGrid:
    factor = np.ones(grid.shape)
    for mask, rise in ((sea, COAST_RISE_M), (water, LAKE_RISE_M)):
        if mask.any():
            factor *= 1.0 - np.exp(-distance_transform_edt(~mask, sampling=grid.cell_m) / rise)
    return factor


def _tilt(terrain: Terrain, x: FloatGrid, y: FloatGrid, land: BoolGrid) -> FloatGrid | float:
    """Return by how much hill country is likelier away from the plain, falling along its bearing."""
    if terrain.plain_bearing_deg is None:
        return 0.0
    bearing = np.radians(terrain.plain_bearing_deg)
    along = x * np.sin(bearing) + y * np.cos(bearing)
    low, high = np.quantile(along[land], (0.02, 0.98))
    return np.asarray(TILT * (0.5 - np.clip((along - low) / max(high - low, 1.0), 0.0, 1.0)))


def _near_points(x: FloatGrid, y: FloatGrid, points: NDArray[np.float64]) -> FloatGrid:
    """Return the squared distance (m2) to the nearest of some points (n, 2)."""
    near = np.full(x.shape, np.inf)
    for px, py in points:
        np.minimum(near, (x - px) ** 2 + (y - py) ** 2, out=near)
    return near


def _near_lines(x: FloatGrid, y: FloatGrid, lines: NDArray[np.float64]) -> FloatGrid:
    """Return the squared distance (m2) to the nearest of some straight lines (n, 4: x, y, x, y)."""
    near = np.full(x.shape, np.inf)
    for ax, ay, bx, by in lines:
        dx, dy = bx - ax, by - ay
        t = np.clip(((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1.0), 0.0, 1.0)
        np.minimum(near, (x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2, out=near)
    return near


def _massifs(
    grid: Grid, x: FloatGrid, y: FloatGrid, peaks: NDArray[np.float64], hills: FloatGrid, envelope: FloatGrid
) -> FloatGrid:
    """Return the massif of each summit (m, ny, nx): 1 at its summit, cut by the noise's valleys outward."""
    bumps = np.zeros((len(peaks), *grid.shape))
    for i, (px, py, height) in enumerate(peaks):
        radius = max(MASSIF_RUN * height, MASSIF_MIN_M)
        here = grid.row_col(px, py)
        cx, cy = grid.centre(*here)
        distance = np.hypot(x - cx, y - cy) / radius
        away = 1 - np.exp(-((distance / SUMMIT_SHARE) ** 2))
        open_ground = np.minimum(1.0, envelope / max(float(envelope[here]), 0.05))
        bumps[i] = np.exp(-(distance**1.3)) * (1 - MASSIF_CUT * away * (1 - hills)) * open_ground
        bumps[i][here] = 1.0
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
