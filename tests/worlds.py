"""Small synthetic Worlds for tests: flat ground of one fuel, a road across, a few people."""

from __future__ import annotations

import numpy as np

from sim.world.classes import LandCover
from sim.world.grid import Grid
from sim.world.world import (
    FERRY_COLUMNS,
    HOUSEHOLD_COLUMNS,
    LAYERS,
    LINK_COLUMNS,
    NODE_COLUMNS,
    PERSON_COLUMNS,
    Place,
    Places,
    Roads,
    World,
)

CRS = "EPSG:32649"
X0, Y0 = 700_000.0, 3_250_000.0


def _columns(spec, n):
    return {name: np.zeros(n, dtype) for name, (dtype, *_) in spec.items()}


def flat_world(ny, nx, cell_m, fuel=101, *, slope=0.0, aspect_deg=0.0, canopy=0.0,
               cover=LandCover.GRASS, villages=()):
    """A World of one fuel on an even slope; villages are (id, row, col), joined by a west-east road.

    The road runs along the middle row from edge to edge, a node at each end and in the middle.
    """
    grid = Grid(X0, Y0, cell_m, ny, nx)
    layers = {name: np.zeros((ny, nx), dtype) for name, (dtype, *_) in LAYERS.items()}
    layers["slope"][:] = slope
    layers["aspect_deg"][:] = aspect_deg
    layers["land_cover"][:] = cover
    layers["fuel"][:] = fuel
    layers["canopy_cover"][:] = canopy
    layers["inside"][:] = True
    row, mid = ny // 2, nx // 2
    cx, cy = grid.centre(np.array([row] * 3), np.array([0, mid, nx - 1]))
    nodes = {**_columns(NODE_COLUMNS, 3), "x": cx, "y": cy}
    ends = [(0, 1), (1, 0), (1, 2), (2, 1)]
    links = _columns(LINK_COLUMNS, 4)
    links["tail"][:] = [a for a, _ in ends]
    links["head"][:] = [b for _, b in ends]
    links["length_m"][:] = [abs(cx[a] - cx[b]) for a, b in ends]
    links["speed_mps"][:] = 10.0
    links["lanes"][:] = 1
    links["reverse"][:] = [1, 0, 3, 2]
    cols = [0, mid, nx - 1]
    cells = [row * nx + np.arange(min(cols[a], cols[b]), max(cols[a], cols[b]) + 1)[:: 1 if a < b else -1]
             for a, b in ends]
    starts = np.concatenate([[0], np.cumsum([len(c) for c in cells])]).astype(np.int32)
    order_out = np.argsort(links["tail"], kind="stable").astype(np.int32)
    order_in = np.argsort(links["head"], kind="stable").astype(np.int32)
    roads = Roads(
        nodes, links, _columns(FERRY_COLUMNS, 0),
        np.searchsorted(links["tail"][order_out], np.arange(4)).astype(np.int32), order_out,
        np.searchsorted(links["head"][order_in], np.arange(4)).astype(np.int32), order_in,
        starts, np.concatenate(cells).astype(np.int32),
    )
    places = [Place(0, "middle", "Middle", "中镇", "unit", "town", "middle", float(cx[1]), float(cy[1]),
                    0.0, 0.0, 1, 0, "synthetic")]
    for n, (name, r, c) in enumerate(villages, start=1):
        x, y = (float(v) for v in grid.centre(r, c))
        places.append(Place(n, name, name.title(), name + "村", "village", "village", "middle", x, y, 0.0,
                            0.0, 1, 100, "synthetic"))
    persons, households = _columns(PERSON_COLUMNS, 4), _columns(HOUSEHOLD_COLUMNS, 2)
    return World("testing", "0" * 16, CRS, grid, layers, Places(places), roads, persons, households)
