"""Between lon/lat and a county's metres, and between the Chinese web-map datum and WGS84.

World coordinates are metres in the county's projected CRS; lon/lat is WGS84 and exists only at the edges.
Chinese web maps publish GCJ-02, which is WGS84 with an irregular shift of 300 to 700 m added. The shift's
formula was never published; the polynomial and sines below are those in circulation since 2010
(eviltransform, https://github.com/googollee/eviltransform), good to about a metre (memory).
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.errors import InputError

Floats = NDArray[np.float64]

KRASOVSKY_A_M = 6378245.0
"""Semi-major axis of the Krasovsky 1940 ellipsoid, which the GCJ-02 shift is written on."""
KRASOVSKY_E2 = 0.00669342162296594323
"""Its squared eccentricity."""
SHIFT_LON0_DEG, SHIFT_LAT0_DEG = 105.0, 35.0
"""Origin of the shift's polynomial."""
CHINA_LON_DEG, CHINA_LAT_DEG = (72.004, 137.8347), (0.8293, 55.8271)
"""Rectangle in which the shift applies; none is added outside it."""
INVERSE_STEPS = 12
"""Fixed-point steps of the inverse; each gains about three digits, so this ends at rounding."""


class Projection:
    """A county's projected CRS, such as EPSG:32649, against WGS84 lon/lat.

    Raises InputError when the CRS is unknown or is not in metres.
    """

    def __init__(self, crs: str) -> None:
        self.crs = crs

    @cached_property
    def _transformer(self) -> Any:
        from pyproj import CRS, Transformer
        from pyproj.exceptions import CRSError

        try:
            crs = CRS.from_user_input(self.crs)
        except CRSError as error:
            raise InputError(
                "unknown coordinate reference system", value=self.crs, where="county: crs",
                allowed="a projected CRS in metres, such as EPSG:32649", mend="look the county's UTM zone up",
            ) from error
        if not crs.is_projected or any(axis.unit_name != "metre" for axis in crs.axis_info):
            raise InputError(
                "the county's coordinate reference system is not in metres", value=self.crs,
                where="county: crs", allowed="a projected CRS in metres, such as EPSG:32649",
                mend="look the county's UTM zone up",
            )
        return Transformer.from_crs("EPSG:4326", crs, always_xy=True)

    def to_xy(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
        """Return x and y (m) of WGS84 lon/lat (degrees); any shape."""
        x, y = self._transformer.transform(np.asarray(lon, float), np.asarray(lat, float))
        return np.asarray(x, float), np.asarray(y, float)

    def to_lonlat(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Return WGS84 lon and lat (degrees) of x and y (m); any shape."""
        east, north = np.asarray(x, float), np.asarray(y, float)
        lon, lat = self._transformer.transform(east, north, direction="INVERSE")
        return np.asarray(lon, float), np.asarray(lat, float)


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Return GCJ-02 lon and lat (degrees) of WGS84 ones; unchanged outside China. Any shape."""
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    d_lon, d_lat = _shift(lon, lat)
    return lon + d_lon, lat + d_lat


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Return WGS84 lon and lat (degrees) of GCJ-02 ones (Chinese web maps), by fixed-point iteration."""
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    guess_lon, guess_lat = lon, lat
    for _ in range(INVERSE_STEPS):
        d_lon, d_lat = _shift(guess_lon, guess_lat)
        guess_lon, guess_lat = lon - d_lon, lat - d_lat
    return guess_lon, guess_lat


def _shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return what GCJ-02 adds (degrees). The coefficients are eviltransform's, with no other source."""
    x, y = lon - SHIFT_LON0_DEG, lat - SHIFT_LAT0_DEG
    root = np.sqrt(np.abs(x))
    common = (20.0 * np.sin(6.0 * x * math.pi) + 20.0 * np.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    north_m = (-100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
               + (20.0 * np.sin(y * math.pi) + 40.0 * np.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
               + (160.0 * np.sin(y / 12.0 * math.pi) + 320.0 * np.sin(y * math.pi / 30.0)) * 2.0 / 3.0)
    east_m = (300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
              + (20.0 * np.sin(x * math.pi) + 40.0 * np.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
              + (150.0 * np.sin(x / 12.0 * math.pi) + 300.0 * np.sin(x / 30.0 * math.pi)) * 2.0 / 3.0)
    phi = np.radians(lat)
    w2 = 1.0 - KRASOVSKY_E2 * np.sin(phi) ** 2
    meridian_m = KRASOVSKY_A_M * (1.0 - KRASOVSKY_E2) / (w2 * np.sqrt(w2))
    parallel_m = KRASOVSKY_A_M / np.sqrt(w2) * np.cos(phi)
    in_china = ((lon >= CHINA_LON_DEG[0]) & (lon <= CHINA_LON_DEG[1])
                & (lat >= CHINA_LAT_DEG[0]) & (lat <= CHINA_LAT_DEG[1]))
    return (np.where(in_china, np.degrees(east_m / parallel_m), 0.0),
            np.where(in_china, np.degrees(north_m / meridian_m), 0.0))
