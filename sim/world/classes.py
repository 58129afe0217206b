"""The codes that the World's arrays are written in."""

from __future__ import annotations

from enum import IntEnum


class RoadClass(IntEnum):
    """Class of a road link, the higher first."""

    EXPRESSWAY = 0
    NATIONAL = 1
    PROVINCIAL = 2
    COUNTY = 3
    VILLAGE = 4
    STREET = 5


class LinkKind(IntEnum):
    """What a link is made as."""

    ROAD = 0
    BRIDGE = 1
    TUNNEL = 2
    FERRY = 3


class LandCover(IntEnum):
    """Land cover of a cell."""

    OUTSIDE = 0
    SEA = 1
    WATER = 2
    BUILT = 3
    PADDY = 4
    DRY_CROP = 5
    GRASS = 6
    SHRUB = 7
    BROADLEAF = 8
    CONIFER = 9
    MIXED = 10
    BAMBOO = 11
    BARE = 12
    WETLAND = 13


FOREST = (LandCover.BROADLEAF, LandCover.CONIFER, LandCover.MIXED, LandCover.BAMBOO)
