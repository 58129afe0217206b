"""All seasons of a design point put together: the table of fires, how often each cell burned, what villages lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.season.kpis import FAILED
from experiments.season.rows import COLUMNS
from experiments.season.store import SeasonStore
from experiments.study import Finished
from experiments.tasks import Point

COLOURS = ("red", "orange", "yellow", "blue")
"""Four-colour map, from the highest expected loss to the lowest."""

Floats = NDArray[np.float64]


@dataclass
class Gathered:
    """A design point's seasons. Cells and villages are of the seasons in which no fire broke, ``whole`` of them."""

    seasons: int
    whole: int
    failed_fires: int
    fires: dict[str, Floats]
    """A row a fire: its season and the columns of the table of fires."""
    burned_seasons: NDArray[np.int32]
    """Of every flat cell: seasons in which it burned."""
    reached: Floats
    """Of every village: times a fire came near its centre."""
    damaged_ha: Floats
    houses: Floats
    loss_yuan: Floats

    @property
    def burn_probability(self) -> NDArray[np.float32]:
        """Return the share of seasons in which each flat cell burned: its chance to burn in a year."""
        return (self.burned_seasons / max(self.whole, 1)).astype(np.float32)

    def a_year(self, total: Floats) -> Floats:
        """Return sums over the seasons as means a year."""
        return np.asarray(total / max(self.whole, 1))


def gather(finished: Finished, at: Point, cells: int, villages: int) -> Gathered:
    """Return a design point's finished seasons together."""
    store = finished.store
    assert isinstance(store, SeasonStore)
    tables: list[dict[str, Floats]] = []
    out = Gathered(0, 0, 0, {}, np.zeros(cells, np.int32), *(np.zeros(villages) for _ in range(4)))
    for task in finished.tasks:
        figures = finished.figures.get(task.hash)
        if task.point.index != at.index or figures is None:
            continue
        fields = store.fields(task)
        broken = int(figures.get(FAILED) or 0)
        tables.append({"season": np.full(len(fields.fires["fire"]), float(task.replication)), **fields.fires})
        out.seasons += 1
        out.failed_fires += broken
        if broken:
            continue
        out.whole += 1
        out.burned_seasons[np.unique(fields.cell)] += 1
        out.reached += np.bincount(fields.village[fields.near], minlength=villages)
        for total, part in ((out.damaged_ha, fields.damaged_ha), (out.houses, fields.houses),
                            (out.loss_yuan, fields.loss_yuan)):
            total += np.bincount(fields.village, part, minlength=villages)
    names = ("season", *COLUMNS)
    out.fires = {name: np.concatenate([table[name] for table in tables]) if tables else np.zeros(0) for name in names}
    return out


def colours(loss_a_year: Floats, red: float, orange: float, yellow: float) -> NDArray[np.int8]:
    """Return each village's colour as its row in COLOURS, by expected loss (yuan a year)."""
    return np.select([loss_a_year >= red, loss_a_year >= orange, loss_a_year >= yellow], [0, 1, 2], 3).astype(np.int8)
