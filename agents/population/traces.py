"""The journeys of some households, kept for the replay as passages of nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.world.world import World

PASSAGES_PER_MOVER = 512
"""Room in the log for one traced mover and tick; a minute of fast driving passes some 30 nodes."""


@dataclass
class Buffer:
    """Where the movement kernel writes passages, each of shape (room,)."""

    row: NDArray[np.int32]
    node: NDArray[np.int32]
    t_s: NDArray[np.float64]


class Traces:
    """Journeys of the first households to leave, up to a number; one member who travels stands for each."""

    def __init__(self, world: World, households: int) -> None:
        self._wanted = households
        self.rows = np.zeros(len(world.persons["person_id"]), np.bool_)
        """True for the rows whose passages are logged."""
        self.household: list[int] = []
        self.started: list[tuple[int, float, int]] = []
        self._chunks: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
        self._buffer = Buffer(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float64))

    def start(
        self, households: NDArray[np.int64], depart_s: NDArray[np.float64], node: NDArray[np.int32],
        rows: NDArray[np.int64],
    ) -> None:
        """Begin the journeys of households that leave now (one member's row each), while there is room for more."""
        for household, at, home, row in zip(
                households.tolist(), depart_s.tolist(), node.tolist(), rows.tolist(), strict=True):
            if len(self.household) >= self._wanted:
                return
            self.household.append(household)
            self.started.append((row, at, home))
            self.rows[row] = True

    def buffer(self, movers: int) -> Buffer:
        """Return a log with room for a tick of ``movers``."""
        room = min(movers, len(self.household)) * PASSAGES_PER_MOVER
        if room > len(self._buffer.row):
            self._buffer = Buffer(np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.float64))
        return self._buffer

    def take(self, count: int) -> None:
        """Keep the first ``count`` passages of the buffer."""
        if count:
            log = self._buffer
            self._chunks.append((log.row[:count].copy(), log.node[:count].copy(), log.t_s[:count].copy()))

    def add(self, rows: NDArray[np.int32], nodes: NDArray[np.int32], t_s: NDArray[np.float64]) -> None:
        """Keep passages of nodes at times (n,) by traced rows (n,)."""
        if len(rows):
            self._chunks.append((rows, nodes, t_s))

    def legs(self) -> dict[str, NDArray[Any]]:
        """Return the journeys as legs: leg_start (n + 1,), leg_node and leg_t (waypoints), leg_row (n,)."""
        row = [row for row, _, _ in self.started]
        parts_row = [np.array(row, np.int32), *(c[0] for c in self._chunks)]
        parts_node = [np.array([n for _, _, n in self.started], np.int32), *(c[1] for c in self._chunks)]
        parts_t = [np.array([t for _, t, _ in self.started]), *(c[2] for c in self._chunks)]
        rows, nodes, times = np.concatenate(parts_row), np.concatenate(parts_node), np.concatenate(parts_t)
        order = np.lexsort((times, rows))
        rows, nodes, times = rows[order], nodes[order], times[order]
        shown = np.unique(rows)
        starts = np.append(np.searchsorted(rows, shown), len(rows))
        return {"leg_start": starts.astype(np.int32), "leg_node": nodes.astype(np.int32),
                "leg_t": times.astype(np.float32), "leg_row": shown.astype(np.int64)}
