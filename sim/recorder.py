"""The event log: rows (t, kind, agent, place, x, y, detail) in one order, kept as columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

COLUMNS = ("seq", "t_s", "kind", "agent", "place", "x", "y", "detail")


class EventLog:
    """Events in the order they happened, added one by one or by batch."""

    def __init__(self) -> None:
        self._t: list[NDArray[np.float64]] = []
        self._kind: list[tuple[str, int]] = []
        self._agent: list[NDArray[np.object_]] = []
        self._place: list[NDArray[np.object_]] = []
        self._x: list[NDArray[np.float64]] = []
        self._y: list[NDArray[np.float64]] = []
        self._detail: list[NDArray[np.object_]] = []
        self.count = 0

    def add(
        self, t_s: float, kind: str, agent: str = "", place: str = "",
        x: float = np.nan, y: float = np.nan, detail: str = "",
    ) -> None:
        """Add one event."""
        self.add_batch(np.array([t_s]), kind, [agent], [place], np.array([x]), np.array([y]), [detail])

    def add_batch(
        self, t_s: NDArray[np.floating], kind: str, agent: Sequence[str], place: Sequence[str],
        x: NDArray[np.floating], y: NDArray[np.floating], detail: Sequence[str] | None = None,
    ) -> None:
        """Add events of one kind; all arrays of shape (n,)."""
        n = len(t_s)
        if n == 0:
            return
        self._t.append(np.asarray(t_s, np.float64))
        self._kind.append((kind, n))
        self._agent.append(np.asarray(agent, object))
        self._place.append(np.asarray(place, object))
        self._x.append(np.asarray(x, np.float64))
        self._y.append(np.asarray(y, np.float64))
        self._detail.append(np.asarray(detail if detail is not None else [""] * n, object))
        self.count += n

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return all events as columns, in order."""
        if not self._t:
            empty = np.array([], object)
            return {"seq": np.array([], np.int64), "t_s": np.array([], float), "kind": empty, "agent": empty,
                    "place": empty, "x": np.array([], float), "y": np.array([], float), "detail": empty}
        return {
            "seq": np.arange(self.count, dtype=np.int64),
            "t_s": np.concatenate(self._t),
            "kind": np.concatenate([np.full(n, kind, object) for kind, n in self._kind]),
            "agent": np.concatenate(self._agent),
            "place": np.concatenate(self._place),
            "x": np.concatenate(self._x),
            "y": np.concatenate(self._y),
            "detail": np.concatenate(self._detail),
        }

    def write(self, path: Path) -> None:
        """Write ``events.parquet``; the same events give the same bytes."""
        import duckdb
        import pandas as pd

        frame = pd.DataFrame(self.columns())
        for name in ("kind", "agent", "place", "detail"):
            frame[name] = frame[name].astype(str)
        with duckdb.connect(config={"threads": 1}) as db:
            db.register("events", frame)
            db.execute(
                "COPY (SELECT seq, t_s, kind, agent, place, x, y, detail FROM events ORDER BY seq) "
                f"TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet, COMPRESSION zstd)"
            )
