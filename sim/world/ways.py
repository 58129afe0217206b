"""Ways: roads to be, as cells of the coarse grid, and their cutting into links where they meet.

Roads are found one after the other, each as a list of coarse cells; only when all are known is it known where
they meet. Then each is cut at the cells where another begins, ends, joins or leaves it, and laid into the
network. An expressway is closed: it meets nothing between its ends.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.world.classes import LinkKind
from sim.world.leastcost import CostMap, length_of, smooth
from sim.world.network import Network

WINDING = 1.15
"""Length of a synthetic road over that of its smoothed line on the coarse grid; assumption."""


@dataclass(frozen=True)
class Way:
    """A road to be: its coarse cells from end to end, its length where stated, its links' attributes."""

    cells: list[int]
    attributes: dict[str, Any]
    length_m: float | None = None
    closed: bool = False
    ends: tuple[int, int] | None = None
    """Nodes it joins, where they are not those of its end cells."""
    section: tuple[int, int] | None = None
    """Indices of the cells between which it is the bridge or tunnel that its kind says; road elsewhere."""

    def of(self, span: tuple[int, int]) -> dict[str, Any]:
        """Return the attributes of the links between two of its cells."""
        if self.section is None or self.section[0] <= span[0] < self.section[1]:
            return self.attributes
        return self.attributes | {"kind": LinkKind.ROAD}


@dataclass
class Ways:
    """All ways of a county, and the nodes that stand for coarse cells."""

    costs: CostMap
    net: Network
    rows: list[Way] = field(default_factory=list)
    node_at: dict[int, int] = field(default_factory=dict)
    anchors: set[int] = field(default_factory=set)
    """Cells that are on the network without any way: where ferries land."""
    steps: set[tuple[int, int]] = field(default_factory=set)
    """Steps between cells that an open way takes, the lower cell first."""

    def stand(self, node: int) -> int:
        """Let a place's node stand for its cell, unless another does; return the one that does."""
        cell = self.costs.cell(self.net.x[node], self.net.y[node])
        return self.node_at.setdefault(cell, node)

    def add(self, way: Way) -> None:
        """Add a way."""
        self.rows.append(way)
        if not way.closed:
            self.steps.update(_step(a, b) for a, b in pairwise(way.cells))

    def met(self) -> list[int]:
        """Return the cells where the network can be joined, in order."""
        cells = set(self.anchors)
        for way in self.rows:
            cells.update((way.cells[0], way.cells[-1]) if way.closed else way.cells)
        return sorted(cells)

    def new_runs(self, cells: list[int]) -> list[list[int]]:
        """Return the stretches of a path that no open way takes yet, cut where they touch one."""
        on = {cell for step in self.steps for cell in step}
        runs: list[list[int]] = []
        run: list[int] = []
        for a, b in pairwise(cells):
            if _step(a, b) in self.steps:
                run = []
                continue
            if not run:
                run = [a]
                runs.append(run)
            run.append(b)
            if b in on:
                run = []
        return runs

    def lay(self, spacing_m: float) -> dict[str, float]:
        """Cut all ways where they meet and lay them into the network; return figures of how they lie."""
        joints = self._joints()
        stretch: list[float] = []
        for way in self.rows:
            cuts = self._cuts(way, joints)
            nodes = [self._node(way.cells[k]) for k in cuts]
            if way.ends is not None:
                nodes[0], nodes[-1] = way.ends
            pieces = [
                (span, ends, self._line(way, span, ends))
                for span, ends in zip(pairwise(cuts), pairwise(nodes), strict=True)
                if ends[0] != ends[1]
            ]
            drawn = sum(length_of(line) for _, _, line in pieces)
            if drawn == 0:
                continue
            factor = WINDING if way.length_m is None else way.length_m / drawn
            if way.length_m is not None:
                stretch.append(factor)
            for span, (a, b), line in pieces:
                self.net.road(a, b, line, factor * length_of(line), spacing_m, **way.of(span))
        return {
            "stated_over_drawn_least": round(min(stretch, default=1.0), 3),
            "stated_over_drawn_most": round(max(stretch, default=1.0), 3),
        }

    def _cuts(self, way: Way, joints: set[int]) -> list[int]:
        """Return where a way is cut, as indices of its cells, both ends included."""
        last = len(way.cells) - 1
        cuts = {0, last} if last > 0 else {0}
        if way.section is not None:
            cuts |= set(way.section)
        if not way.closed:
            cuts |= {k for k in range(1, last) if way.cells[k] in joints}
        return sorted(cuts) if last > 0 else [0, 0]

    def _line(self, way: Way, span: tuple[int, int], ends: tuple[int, int]) -> NDArray[np.float64]:
        middle = self.costs.centres(way.cells[span[0] + 1 : span[1]])
        first, last = ([self.net.x[n], self.net.y[n]] for n in ends)
        return smooth(np.vstack([[first], middle, [last]]))

    def _node(self, cell: int) -> int:
        if cell not in self.node_at:
            ((x, y),) = self.costs.centres([cell])
            self.node_at[cell] = self.net.node(x, y)
        return self.node_at[cell]

    def _joints(self) -> set[int]:
        """Return the cells at which ways are cut: ends of ways, places, and where two meet or part."""
        joints = set(self.node_at)
        users: dict[int, list[int]] = defaultdict(list)
        for k, way in enumerate(self.rows):
            joints.update((way.cells[0], way.cells[-1]))
            if not way.closed:
                for cell in way.cells:
                    users[cell].append(k)
        for way in self.rows:
            if way.closed:
                continue
            shared = [tuple(users[cell]) for cell in way.cells]
            for k in range(1, len(way.cells) - 1):
                if len(shared[k]) > 1 and (shared[k] != shared[k - 1] or shared[k] != shared[k + 1]):
                    joints.add(way.cells[k])
        return joints


def _step(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)
