"""The ground that maps are drawn on: land cover in muted colours under a hillshade."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.world.classes import LandCover
from viz.folder import RunFolder

SUN_FROM_DEG = 315.0
SUN_HEIGHT_DEG = 45.0
RELIEF = 2.0
"""Heights are drawn this much steeper, so that low hills show."""

COVER_RGB: dict[LandCover, tuple[int, int, int]] = {
    LandCover.OUTSIDE: (242, 241, 238), LandCover.SEA: (197, 216, 228), LandCover.WATER: (186, 210, 226),
    LandCover.BUILT: (221, 211, 205), LandCover.PADDY: (232, 236, 208), LandCover.DRY_CROP: (237, 231, 206),
    LandCover.GRASS: (220, 231, 197), LandCover.SHRUB: (205, 219, 182), LandCover.BROADLEAF: (184, 207, 166),
    LandCover.CONIFER: (165, 193, 157), LandCover.MIXED: (175, 200, 161), LandCover.BAMBOO: (193, 212, 160),
    LandCover.BARE: (226, 219, 206), LandCover.WETLAND: (202, 219, 209),
}
WATERS = (LandCover.SEA, LandCover.WATER, LandCover.OUTSIDE)


def hillshade(height_m: NDArray[np.floating], cell_m: float) -> NDArray[np.float32]:
    """Return shade 0..1 of a surface of shape (ny, nx), row 0 north (Horn's slope by central differences)."""
    south, east = np.gradient(height_m.astype(np.float32) * RELIEF, cell_m)
    slope = np.arctan(np.hypot(south, east))
    aspect = np.arctan2(south, -east)
    zenith, azimuth = np.radians(90 - SUN_HEIGHT_DEG), np.radians(90 - SUN_FROM_DEG)
    shade = np.cos(zenith) * np.cos(slope) + np.sin(zenith) * np.sin(slope) * np.cos(azimuth - aspect)
    return np.clip(shade, 0, 1).astype(np.float32)


def ground_rgb(folder: RunFolder) -> NDArray[np.uint8]:
    """Return the county's ground as an image of shape (ny, nx, 3), what lies outside the county paled."""
    cover = folder.layer("land_cover")
    palette = np.full((256, 3), COVER_RGB[LandCover.BARE], np.float32)
    for code, rgb in COVER_RGB.items():
        palette[code] = rgb
    image = palette[cover]
    flat = np.sin(np.radians(SUN_HEIGHT_DEG))
    light = 1.0 + 0.55 * (hillshade(folder.layer("elevation_m"), folder.grid.cell_m) - flat)
    light[np.isin(cover, [int(code) for code in WATERS])] = 1.0
    image *= light[:, :, None]
    outside = folder.layer("inside") == 0
    image[outside] = 0.35 * image[outside] + 0.65 * np.array([242, 241, 238], np.float32)
    return np.clip(image, 0, 255).astype(np.uint8)
