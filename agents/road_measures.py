"""Measures on the road: contraflow, and police at a junction. They change what cars find, not what walkers do.

Contraflow gives the lanes of one direction of a road to the other, link by link in the order of travel: the first
link the wrong way is closed to cars at once, each next one as soon as the last car has left the one before it, and
its lanes are handed over when it is empty. A road that closes under a contraflow ends it, so that cars can turn
round. At its end the lanes come back and the other way opens once what stands on the road fits it again. Police at a
junction take its delay away and give one approach the right of way. Left out: the crews and cones it takes, and
emergency vehicles' way in against the contraflow, which they keep.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.population.driving import Driving
from sim.errors import InputError
from sim.traffic.state import UNIT

if TYPE_CHECKING:
    from sim.model import Simulation

RIGHT_OF_WAY = 4.0
"""Times its lanes that a favoured approach gets of a full road. Assumption: three in four pass from it."""


@dataclass(eq=False)
class Contraflow:
    """One contraflow: the links whose lanes it takes, in the order of travel on them, and how far it has got."""

    back: list[int]
    closed: int = 0
    """How many of them are closed to cars."""
    handed: int = 0
    """How many have been handed over."""
    ending: bool = False


class RoadMeasures:
    """Contraflows and controlled junctions of a run."""

    def __init__(self, model: Simulation, driving: Driving) -> None:
        self.model = model
        self.driving = driving
        traffic = driving.traffic
        self.tail, self.head = traffic.network.tail, traffic.network.head
        self.reverse = traffic.network.reverse
        self.contraflows: list[Contraflow] = []
        """Those in force, being drained or ended, in the order of their commands."""
        self.handed_over_s: dict[int, float] = {}
        """When each link (number) was handed over, for those handed over now."""
        driving.after.append(self._go_on)
        model.roads.listeners.append(self._road_closed)

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

        Ferries, links without another way and links that have a part in a contraflow already get none.
        """
        ferry = ~np.isnan(self.driving.traffic.network.fixed_headway_s)
        taken = {a for flow in self.contraflows for back in flow.back for a in (back, int(self.reverse[back]))}
        back = [int(self.reverse[a]) for a in np.flatnonzero(links) if self.reverse[a] >= 0]
        back = [a for a in back if not links[a] and not ferry[a] and taken.isdisjoint((a, int(self.reverse[a])))]
        if back:
            self.contraflows.append(Contraflow(self._in_order(back)))
            self._go_on(self.model.now)
            self.driving.process.wake()
        return len(back)

    def end_contraflow(self, links: NDArray[np.bool_]) -> int:
        """Give the lanes of links (links, mask) back, and open the other way again; return how many had them."""
        ended = 0
        for flow in self.contraflows:
            if not flow.ending and any(links[self.reverse[a]] for a in flow.back):
                ended += self._end(flow)
        self._go_on(self.model.now)
        return ended

    def _in_order(self, back: list[int]) -> list[int]:
        """Return links in the order in which a car passes them."""
        by_tail = {int(self.tail[a]): a for a in back}
        heads = {int(self.head[a]) for a in back}
        order: list[int] = []
        for start in [a for a in back if int(self.tail[a]) not in heads]:
            a: int | None = start
            while a is not None and a not in order:
                order.append(a)
                a = by_tail.get(int(self.head[a]))
        return order + [a for a in back if a not in order]

    def _end(self, flow: Contraflow) -> int:
        """Give a contraflow's lanes back; the other way opens when the road has room again."""
        traffic = self.driving.traffic
        handed = np.array(flow.back[:flow.handed], np.int64)
        self._set_lanes(self.reverse[handed], traffic.network.lanes[self.reverse[handed]])
        for a in handed.tolist():
            self.handed_over_s.pop(a, None)
        flow.ending = True
        # Links not handed over yet have nobody in their lanes: they open at once.
        self._close(flow.back[flow.handed:flow.closed], False)
        flow.closed = flow.handed
        return len(handed)

    def _go_on(self, t_s: float) -> None:
        """Close, hand over and open again what can be by now."""
        traffic = self.driving.traffic
        for flow in list(self.contraflows):
            if flow.ending:
                waiting = flow.back[:flow.closed]
                # By who is on it, since room that has come back is only counted when somebody wants it.
                ahead = self.reverse[np.array(waiting, np.int64)]
                if (traffic.links["count"][ahead] * UNIT <= traffic.links["storage"][ahead]).all():
                    self._close(waiting, False)
                    self.contraflows.remove(flow)
                continue
            while flow.handed < len(flow.back):
                if flow.closed == flow.handed:
                    self._close(flow.back[flow.closed:flow.closed + 1], True)
                    flow.closed += 1
                a = flow.back[flow.handed]
                if traffic.links["count"][a] > 0:
                    break
                ahead = self.reverse[a:a + 1]
                self._set_lanes(ahead, traffic.lanes[ahead] + traffic.network.lanes[a])
                self.handed_over_s[a] = t_s
                flow.handed += 1

    def _road_closed(self, fresh: NDArray[np.bool_]) -> None:
        """End a contraflow one of whose links has closed, at once: those on it have to turn round."""
        for flow in list(self.contraflows):
            both = np.array(flow.back, np.int64)
            if fresh[both].any() or fresh[self.reverse[both]].any():
                if not flow.ending:
                    self._end(flow)
                self._close(flow.back[:flow.closed], False)
                self.contraflows.remove(flow)
                self.model.events.add(self.model.now, "end_contraflow", detail=f'{{"links": {len(both)}}}')

    def _close(self, links: list[int], closed: bool) -> None:
        if links:
            mask = np.zeros(len(self.tail), np.bool_)
            mask[links] = True
            self.driving.close_to_cars(mask, closed)

    def _set_lanes(self, links: NDArray[np.integer], lanes: NDArray[np.floating]) -> None:
        if len(links):
            traffic = self.driving.traffic
            wanted, mask = traffic.lanes.copy(), np.zeros(len(self.tail), np.bool_)
            wanted[links], mask[links] = lanes, True
            traffic.set_lanes(mask, wanted)

    def control(self, node: int, favoured: NDArray[np.bool_] | None = None) -> int:
        """Have police at a node: no junction delay, right of way for ``favoured`` links; return its approaches."""
        traffic = self.driving.traffic
        approaches = traffic.network.head == node
        traffic.set_junction(approaches, approaches & favoured if favoured is not None else None, RIGHT_OF_WAY)
        return int(approaches.sum())
