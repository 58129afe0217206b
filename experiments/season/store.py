"""A store of seasons: beside each season's figures, its table of fires and what each fire reached.

    fields/HASH.npz    rows of the fires, their cells and villages; written before the part that commits the season

A season in which a fire broke is committed with what the others came to, and stays among the failed ones, so that
the same command tries it again.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.season.task import SeasonOutcome
from experiments.store import Store, write_whole
from experiments.tasks import Task

FIELDS = "fields"
FIRE = "fire."
"""Prefix of the columns of the table of fires in a file of fields."""


@dataclass(frozen=True)
class SeasonFields:
    """A season's fires as read back: rows, and what each reached (CSR by fire: ``*_start`` is (fires + 1,))."""

    fires: dict[str, NDArray[np.float64]]
    cell_start: NDArray[np.int64]
    cell: NDArray[np.int32]
    village_start: NDArray[np.int64]
    village: NDArray[np.int32]
    near: NDArray[np.bool_]
    damaged_ha: NDArray[np.float64]
    houses: NDArray[np.float64]
    loss_yuan: NDArray[np.float64]


class SeasonStore(Store):
    """A store whose parts are seasons."""

    def pending(self) -> list[Task]:
        """Return the seasons still to be done, those with a broken fire among them."""
        done = self.done()
        return [task for task in self.tasks if task.hash not in done or self._failure(task).exists()]

    def commit(self, task: Task, figures: Mapping[str, float | None] | SeasonOutcome, wall_s: float) -> None:
        """Write a season: its fields, then its figures; once this returns they survive any crash."""
        assert isinstance(figures, SeasonOutcome)
        outcome = figures
        folder = self.path / FIELDS
        folder.mkdir(exist_ok=True)
        write_whole(folder / f"{task.hash}.npz", _packed(outcome))
        super().commit(task, outcome.figures, wall_s)
        if outcome.failed:
            first = outcome.failed[0]
            broken = ", ".join(str(one["fire"]) for one in outcome.failed)
            self.fail(task, f"fire {broken} of the season broke: {first['error']}", str(first["traceback"]), 1)

    def failures(self) -> list[dict[str, Any]]:
        """Return the failures of the study in hand, seasons with a broken fire among them."""
        import json

        found = [self._failure(task) for task in self.tasks]
        return [json.loads(path.read_text(encoding="utf-8")) for path in found if path.exists()]

    def fields(self, task: Task) -> SeasonFields:
        """Return a finished season's fires and what they reached."""
        with np.load(self.path / FIELDS / f"{task.hash}.npz") as file:
            arrays = {name: file[name] for name in file.files}
        fires = {name.removeprefix(FIRE): arrays.pop(name) for name in list(arrays) if name.startswith(FIRE)}
        return SeasonFields(fires, **arrays)

    def _failure(self, task: Task) -> Any:
        return self.path / "failed" / f"{task.hash}.json"

    def clean(self) -> None:
        """Take away temporary files of processes of this machine that no longer live."""
        super().clean()
        self.clean_folder(self.path / FIELDS)


def _packed(outcome: SeasonOutcome) -> bytes:
    reached = outcome.reached
    out = io.BytesIO()
    columns: dict[str, Any] = {FIRE + name: column for name, column in outcome.fires.items()}
    np.savez_compressed(
        out, **columns, cell_start=_starts([one.cells for one in reached]),
        cell=_joined([one.cells for one in reached], np.int32),
        village_start=_starts([one.villages for one in reached]),
        village=_joined([one.villages for one in reached], np.int32),
        near=_joined([one.near for one in reached], np.bool_),
        damaged_ha=_joined([one.damaged_ha for one in reached], np.float64),
        houses=_joined([one.houses for one in reached], np.float64),
        loss_yuan=_joined([one.loss_yuan for one in reached], np.float64),
    )
    return out.getvalue()


def _starts(parts: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    return np.cumsum([0, *(len(part) for part in parts)]).astype(np.int64)


def _joined(parts: Sequence[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype), *parts]).astype(dtype)
