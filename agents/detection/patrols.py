"""Patrols: the way by road through the places of a route, and when a ranger passes each point of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.detection.looking import HOUR_S
from sim.calendar import DAY_S
from sim.errors import InputError
from sim.settings.detection import Patrol
from sim.world.routing import tree_to
from sim.world.world import World

EYE_M = 1.6
"""Height of a ranger's eyes above the ground. Assumption."""


@dataclass(frozen=True)
class Beat:
    """A patrol's round on the World's roads: its points (n,) in order and when each is passed after the start."""

    item: Patrol
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    row: NDArray[np.int64]
    col: NDArray[np.int64]
    passed_s: NDArray[np.float64]

    @property
    def id(self) -> str:
        """Id in the plan."""
        return self.item.id

    def passes(self, phase: float, start_second: float, until_s: float) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Return when rangers pass points, and which (rows of ``x``), in order of time, from 0 to ``until_s``.

        Rounds begin at ``from_hour`` plus a part (``phase`` in 0..1) of the time between two rangers; what of a round
        falls after ``to_hour`` is left out. ``start_second`` is the local second of the day at t = 0.
        """
        item = self.item
        apart = item.interval / item.people
        on_duty_s = (item.to_hour - item.from_hour) * HOUR_S % DAY_S or DAY_S
        begins = item.from_hour * HOUR_S - start_second
        days = np.arange(-1, math.floor((until_s - begins) / DAY_S) + 1)
        # With more than one ranger the next sets out while the first is still on his way.
        starts = np.arange(math.ceil((on_duty_s - phase * apart) / apart)) * apart + phase * apart
        since = (starts[:, None] + self.passed_s[None, :]).ravel()
        point = np.tile(np.arange(len(self.passed_s)), len(starts))
        since, point = since[since < on_duty_s], point[since < on_duty_s]
        times = (begins + days[:, None] * DAY_S + since[None, :]).ravel()
        points = np.tile(point, len(days))
        keep = (times >= 0.0) & (times <= until_s)
        order = np.lexsort((points[keep], times[keep]))
        return times[keep][order], points[keep][order]


def beat_of(world: World, item: Patrol, where: str) -> Beat:
    """Return a patrol's round: the shortest way by road from place to place and back to the first.

    Raises InputError for an unknown place, places that no road joins, and a round longer than its interval.
    """
    roads = world.roads
    nodes = [world.places.get(word, where).node for word in item.route]
    length = np.asarray(roads.links["length_m"], np.float64)
    way, gone = [nodes[0]], [0.0]
    for start, end in zip(nodes, [*nodes[1:], nodes[0]], strict=True):
        if start == end:
            continue
        tree = tree_to(roads, length, np.array([end], np.int32))
        if math.isinf(tree.time_s[start]):
            raise InputError("no road joins two places of a patrol", value=", ".join(item.route), where=where)
        node = start
        while node != end:
            link = int(tree.next_link[node])
            node = int(roads.links["head"][link])
            way.append(node)
            gone.append(gone[-1] + float(length[link]))
    passed_s = np.array(gone) / (item.speed_kmh / 3.6)
    if passed_s[-1] > item.interval:
        raise InputError("a round that takes longer than its interval", value=f"{passed_s[-1] / 60:.0f} min",
                         where=where, allowed=f"at most {item.interval / 60:.0f} min",
                         mend="a longer interval, a shorter route, or two patrols")
    x, y = (np.asarray(roads.nodes[axis], np.float64)[way] for axis in ("x", "y"))
    row, col = world.grid.row_col(x, y)
    return Beat(item, x, y, row, col, passed_s)
