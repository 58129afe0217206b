"""The cadres' rounds of all villages: queues of households to call on, and what has come of each call.

It knows the list, the cadres and the clock, but neither roads nor orders on their way; :class:`Transfer` does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.population.cadres import NOBODY, Calls, Desk, Presence, Rules, Step, call_on, dequeue, enqueue
from agents.population.columns import State
from agents.population.transfer_list import CadreBook, TransferList
from sim.random import Streams
from sim.settings.transfer import AT_WORK, CAUSES, Cadres, TransferConduct

ASHORE = ("fish_raft", "moored_crew")
"""Causes whose people must come ashore first."""
AT_HOME = (State.NORMAL, State.PREPARING, State.STAYING)
"""States in which somebody can be found at home."""


def rules_of(cadres: Cadres, conduct: TransferConduct, streams: Streams) -> Rules:
    """Return what the kernel needs of the settings."""
    return Rules(
        3600.0 / cadres.households_per_hour, cadres.escort, cadres.escort_on_foot, cadres.seats, cadres.visits,
        cadres.revisit_after, conduct.persuaded, conduct.persuaded_later, conduct.ready_share,
        conduct.ready.median, conduct.ready.sigma, np.uint64(streams.key("transfer persuaded")),
        np.uint64(streams.key("transfer ready")), np.uint64(streams.key("transfer pace")),
        np.uint64(streams.key("transfer ashore")))


class Rounds:
    """The calls of a run; arrays of ``calls`` are of shape (listed households,), of ``desk`` (cadres,)."""

    def __init__(
        self, listed: TransferList, book: CadreBook, entity: NDArray[np.integer], cadres: Cadres,
        conduct: TransferConduct, streams: Streams,
    ) -> None:
        n, c = len(listed), len(book.village)
        at_work = np.isin(listed.cause, [CAUSES.index(cause) for cause in AT_WORK])
        ashore = np.isin(listed.cause, [CAUSES.index(cause) for cause in ASHORE])
        self.rules = rules_of(cadres, conduct, streams)
        self.calls = Calls(
            entity=np.asarray(entity, np.int64), cadre=book.of, start=listed.start, member=listed.member,
            immobile=listed.immobile, at_work=at_work, slow_s=np.where(ashore, conduct.ashore.median, 0.0),
            slow_sigma=np.where(ashore, conduct.ashore.sigma, 0.0), step=np.zeros(n, np.uint8),
            not_before_s=np.zeros(n), following=np.full(n, NOBODY), visits=np.zeros(n, np.int32),
            called=np.zeros(n, np.int32), met=np.zeros(n, np.int32), notified_s=np.full(n, np.inf),
            visited_s=np.full(n, np.inf), depart_s=np.full(n, np.inf), driven=np.zeros(n, np.bool_))
        self.desk = Desk(car=book.car, head=np.full(c, NOBODY), tail=np.full(c, NOBODY), free_s=np.zeros(c),
                         worked_s=np.zeros(c))
        self.at_home = np.zeros(len(State), np.bool_)
        self.at_home[list(AT_HOME)] = True
        self._village = book.village
        self._done = np.empty(n, np.int64)
        # Which households go to relatives belongs to their minds, not to the order of visits.
        share = np.where(at_work, conduct.relatives_share_at_work, conduct.relatives_share)
        self.to_relatives: NDArray[np.bool_] = streams.of("transfer relatives").uniforms(self.calls.entity) < share

    @property
    def waiting(self) -> bool:
        """Whether any household is to be called on."""
        return bool((self.desk.head != NOBODY).any())

    def order(self, rows: NDArray[np.int64], at_s: NDArray[np.float64]) -> None:
        """Have cadres call on households (list rows (n,)) from ``at_s`` (n,) on."""
        enqueue(self.calls, self.desk, rows, at_s)

    def cancel(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Take households that have not left off the rounds; return those whose transfer that ends."""
        step = self.calls.step
        open_ = rows[np.isin(step[rows], (Step.ORDERED, Step.WAITING, Step.READY))]
        step[open_] = Step.LISTED
        self.calls.depart_s[open_] = np.inf
        self.calls.driven[open_] = False
        dequeue(self.calls, self.desk)
        return open_

    def advance(
        self, until_s: float, state: NDArray[np.uint8], away: NDArray[np.bool_],
        cut_off: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.int64]:
        """Make the calls that begin before ``until_s``; return the list rows settled by them.

        ``state`` and ``away`` are of shape (persons,); cadres of villages that are ``cut_off`` (places,) wait.
        """
        halted = np.zeros(len(self._village), np.bool_) if cut_off is None else cut_off[self._village]
        people = Presence(state, away, self.at_home, int(State.DEAD))
        count = call_on(until_s, halted, self.calls, self.desk, people, self.rules, self._done)
        return self._done[:count].copy()
