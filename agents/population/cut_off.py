"""Villages that no open road joins to any other place people can go to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from agents.shelters import ShelterBook

if TYPE_CHECKING:
    from sim.model import Simulation


class CutOff:
    """Which villages are cut off as the roads stand, worked out again when a road changes.

    A village is not cut off while a shelter, another village or a gateway hangs together with it; a road closed
    one way only does not cut it off.
    """

    def __init__(self, model: Simulation, shelters: ShelterBook) -> None:
        self.model = model
        places = model.world.places
        self._villages = np.array([p.row for p in places.of_kind("village")], np.int64)
        self._at = np.array([p.node for p in places.of_kind("village")], np.int64)
        self._anchors = np.unique(np.array(
            [p.node for p in places if p.kind in ("village", "gateway")], np.int64))
        self._shelters = np.array([s.node for s in shelters.rows], np.int64)
        self._version = -1
        self._rows = np.zeros(len(places), np.bool_)

    def villages(self) -> NDArray[np.bool_]:
        """Return which places (places,) are villages cut off now."""
        roads = self.model.roads
        if roads.version != self._version:
            self._version = roads.version
            self._rows = np.zeros(len(self._rows), np.bool_)
            if roads.closed.any():
                self._find(~roads.closed)
        return self._rows

    def _find(self, passable: NDArray[np.bool_]) -> None:
        world = self.model.world.roads
        tail, head = world.links["tail"][passable], world.links["head"][passable]
        n = world.node_count
        graph = coo_matrix((np.ones(len(tail), np.uint8), (tail, head)), shape=(n, n))
        count, part = connected_components(graph, directed=False)
        anchors = np.bincount(part[self._anchors], minlength=count)
        sheltered = np.bincount(part[self._shelters], minlength=count)
        mine = part[self._at]
        self._rows[self._villages] = (anchors[mine] <= 1) & (sheltered[mine] == 0)
