"""Measures on the road: contraflow, and police at a junction. They change what cars find, not what walkers do.

Contraflow gives the lanes of one direction of a road to the other, link by link: the way back is closed to cars at
once, and each of its links is handed over as soon as the last car has left it. Police at a junction take its delay
away and give one approach the right of way. Left out: the crews and cones it takes, and emergency vehicles'
way in against the contraflow, which they keep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.population.driving import Driving
from sim.errors import InputError

if TYPE_CHECKING:
    from sim.model import Simulation

RIGHT_OF_WAY = 4.0
"""Times its lanes that a favoured approach gets of a full road. Assumption: three in four pass from it."""


class RoadMeasures:
    """Contraflows and controlled junctions of a run."""

    def __init__(self, model: Simulation, driving: Driving) -> None:
        self.model = model
        self.driving = driving
        traffic = driving.traffic
        self.tail, self.head = traffic.network.tail, traffic.network.head
        self.reverse = traffic.network.reverse
        self._draining = np.zeros(traffic.network.links, np.bool_)
        """Links that are to be handed over to the other way once they are empty."""
        self._handed = np.zeros(traffic.network.links, np.bool_)
        """Links whose lanes the other way has."""
        self.handed_over_s: dict[int, float] = {}
        """When each link (number) was handed over, for those handed over now."""
        driving.after.append(self._hand_over)

    def directed(self, road: NDArray[np.bool_], start: int, end: int) -> NDArray[np.bool_]:
        """Return those links of a road (links, mask) that lead from node ``start`` to node ``end``.

        Raises InputError where the road does not join them.
        """
        on = np.zeros(len(road), np.bool_)
        node, seen = start, {start}
        rows = np.flatnonzero(road)
        while node != end:
            step = [a for a in rows[self.tail[rows] == node].tolist() if int(self.head[a]) not in seen]
            if not step:
                raise InputError("the road does not lead from one place to the other", value=f"{start} - {end}",
                                 where="contraflow", mend="name two units that one stated road joins")
            on[step[0]] = True
            node = int(self.head[step[0]])
            seen.add(node)
        return on

    def contraflow(self, links: NDArray[np.bool_]) -> int:
        """Give links (links, mask) the lanes of the other way, drained first; return how many will get them.

        Ferries, links without another way and links whose own lanes are being given away get none.
        """
        back = self.reverse[links]
        back = back[(back >= 0) & ~links[np.maximum(back, 0)] & np.isnan(
            self.driving.traffic.network.fixed_headway_s[np.maximum(back, 0)])]
        back = back[~self._handed[back] & ~self._draining[back] & ~self._handed[self.reverse[back]]
                    & ~self._draining[self.reverse[back]]]
        mask = np.zeros(len(links), np.bool_)
        mask[back] = True
        self._draining |= mask
        if mask.any():
            self.driving.close_to_cars(mask, True)
            self._hand_over(self.model.now)
            self.driving.process.wake()
        return int(mask.sum())

    def end_contraflow(self, links: NDArray[np.bool_]) -> int:
        """Give the lanes back and open the other way again; return how many links had them."""
        back = self.reverse[links]
        mask = np.zeros(len(links), np.bool_)
        mask[back[back >= 0]] = True
        mask &= self._draining | self._handed
        handed = mask & self._handed
        if handed.any():
            traffic = self.driving.traffic
            lanes = traffic.lanes.copy()
            rows = np.flatnonzero(handed)
            lanes[self.reverse[rows]] = traffic.network.lanes[self.reverse[rows]]
            lanes[rows] = traffic.network.lanes[rows]
            both = handed.copy()
            both[self.reverse[rows]] = True
            traffic.set_lanes(both, lanes)
        self._draining &= ~mask
        self._handed &= ~mask
        for row in np.flatnonzero(mask).tolist():
            self.handed_over_s.pop(row, None)
        if mask.any():
            self.driving.close_to_cars(mask, False)
        return int(mask.sum())

    def control(self, node: int, favoured: NDArray[np.bool_] | None = None) -> int:
        """Have police at a node: no junction delay, right of way for ``favoured`` links; return its approaches."""
        traffic = self.driving.traffic
        approaches = traffic.network.head == node
        traffic.set_junction(approaches, approaches & favoured if favoured is not None else None, RIGHT_OF_WAY)
        return int(approaches.sum())

    def _hand_over(self, t_s: float) -> None:
        if not self._draining.any():
            return
        traffic = self.driving.traffic
        empty = np.flatnonzero(self._draining & (traffic.links["count"] == 0))
        if len(empty) == 0:
            return
        lanes = traffic.lanes.copy()
        ahead = self.reverse[empty]
        lanes[ahead] += traffic.network.lanes[empty]
        changed = np.zeros(len(lanes), np.bool_)
        changed[ahead] = True
        traffic.set_lanes(changed, lanes)
        self._draining[empty] = False
        self._handed[empty] = True
        for row in empty.tolist():
            self.handed_over_s[row] = t_s
