"""Villages of listed households without a World: rounds whose outcome can be worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.population.cadres import Step
from agents.population.columns import State
from agents.population.rounds import Rounds
from agents.population.transfer_list import TransferList, assign_cadres
from sim.random import Streams
from sim.settings.transfer import CAUSES, TransferConduct, TransferPlan

DAY_S = 86400.0


class Village:
    """A village of ``households`` listed households of two, ordered at time 0; ``ids`` start at ``first_id``."""

    def __init__(self, households: int, *, cadres: dict[str, Any] | None = None, conduct: dict[str, Any] | None = None,
                 immobile: int = 0, first_id: int = 0, seed: int = 1, cause: str = "dangerous_house") -> None:
        n = households
        self.seed = seed
        self.plan = TransferPlan.model_validate({"cadres": {"cars": 0, **(cadres or {})}})
        minds = TransferConduct.model_validate(
            {"persuaded": 1.0, "persuaded_later": 1.0, "ready_share": 0.0, **(conduct or {})})
        self.listed = TransferList(
            household=np.arange(n), cause=np.full(n, CAUSES.index(cause), np.uint8),
            village=np.zeros(n, np.int64), persons=np.full(n, 2),
            immobile=(np.arange(n) < immobile).astype(np.int64), start=np.arange(n + 1) * 2, member=np.arange(2 * n))
        self.book = assign_cadres(self.listed, self.plan)
        self.rounds = Rounds(self.listed, self.book, np.arange(n) + first_id, self.plan.cadres, minds, Streams(seed))
        self.state = np.full(2 * n, State.NORMAL, np.uint8)
        self.away = np.zeros(2 * n, np.bool_)
        self.rounds.order(np.arange(n), np.zeros(n))

    @property
    def calls(self) -> Any:
        """The calls of its households."""
        return self.rounds.calls

    @property
    def ready(self) -> np.ndarray:
        """Which households have been persuaded."""
        return np.asarray(self.calls.step == Step.READY)

    def run(self, until_s: float = 30 * DAY_S, every_s: float | None = None, cut_off: bool = False) -> np.ndarray:
        """Let the cadres work, in one go or in steps; return the rows settled, in the order they were."""
        closed = np.array([cut_off])
        ends = [until_s] if every_s is None else np.arange(every_s, until_s + every_s / 2, every_s)
        return np.concatenate([self.rounds.advance(float(t), self.state, self.away, closed) for t in ends])
