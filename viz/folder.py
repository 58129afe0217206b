"""A run folder as it is read: each file once, when it is first asked for."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError


class RunGrid(NamedTuple):
    """The raster's north-west corner and cell size in m, and its rows and columns."""

    x0_m: float
    y0_m: float
    cell_m: float
    ny: int
    nx: int

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Return west, east, south, north in m."""
        return self.x0_m, self.x0_m + self.nx * self.cell_m, self.y0_m - self.ny * self.cell_m, self.y0_m


class RunFolder:
    """A finished run. Raises InputError where the folder is none, or a file is missing or broken."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not self.path.is_dir():
            raise InputError("no such run folder", value=str(path), where="run folder",
                             mend="give the folder that `sandtable run ... out=DIR` wrote")
        if not (self.path / "manifest.json").is_file():
            raise InputError("not a run folder: it has no manifest.json", value=str(path), where="run folder",
                             mend="give the folder that `sandtable run ... out=DIR` wrote")

    def _file(self, name: str) -> Path:
        file = self.path / name
        if not file.is_file():
            raise InputError(
                "the run folder is not whole: a file is missing",
                value=name,
                where=str(self.path),
                mend="run it again; a run folder is written whole or not at all",
            )
        return file

    def _json(self, name: str) -> Any:
        try:
            return json.loads(self._file(name).read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"a file of the run folder is broken: {error}", value=name, where=str(self.path),
                             mend="run it again") from None

    def _arrays(self, name: str) -> Any:
        try:
            return np.load(self._file(name), allow_pickle=False)
        except (ValueError, OSError, EOFError) as error:
            raise InputError(f"a file of the run folder is broken: {error}", value=name, where=str(self.path),
                             mend="run it again") from None

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What was run, with what, how long it took."""
        return dict(self._json("manifest.json"))

    @cached_property
    def kpis(self) -> list[dict[str, Any]]:
        """The KPIs, in the order written."""
        return list(self._json("kpis.json"))

    @cached_property
    def settings_text(self) -> str:
        """The composed settings, as YAML."""
        return self._file("settings.yaml").read_text(encoding="utf-8")

    @cached_property
    def start(self) -> datetime:
        """When second 0 was, with its offset."""
        return datetime.fromisoformat(str(self.manifest["start"]))

    @property
    def duration_s(self) -> float:
        """How long the run is in simulated seconds."""
        return float(self.manifest["duration_s"])

    def clock(self, t_s: float) -> datetime:
        """Return the calendar time of second ``t_s``."""
        return self.start + timedelta(seconds=float(t_s))

    @cached_property
    def series(self) -> dict[str, NDArray[np.float64]]:
        """Model-level series: ``t_s`` and one array a column, all of one length."""
        with self._file("series.csv").open(newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            names = next(rows, [])
            data = np.array([[float(cell) if cell else np.nan for cell in row] for row in rows], float)
        if "t_s" not in names or data.size == 0:
            raise InputError("a file of the run folder is broken: no rows", value="series.csv",
                             where=str(self.path), mend="run it again")
        return {name: data[:, i] for i, name in enumerate(names)}

    @cached_property
    def _layers(self) -> Any:
        return self._arrays("layers.npz")

    @cached_property
    def _layer_cache(self) -> dict[str, NDArray[Any]]:
        return {}

    @cached_property
    def grid(self) -> RunGrid:
        """The raster's place and size."""
        x0, y0, cell, ny, nx = (float(v) for v in self._layers["grid"])
        return RunGrid(x0, y0, cell, int(ny), int(nx))

    def layer(self, key: str) -> NDArray[Any]:
        """Return a raster by key, shape (ny, nx)."""
        if key not in self._layer_cache:
            if key not in self._layers.files:
                raise InputError("the run has no such layer", value=key, where=str(self.path / "layers.npz"),
                                 allowed=", ".join(self._layers.files))
            self._layer_cache[key] = self._layers[key]
        return self._layer_cache[key]

    def has_layer(self, key: str) -> bool:
        """Return whether the run wrote this raster."""
        return key in self._layers.files

    @cached_property
    def arrivals(self) -> list[dict[str, Any]]:
        """Manifest entries of the rasters whose values are first-arrival times, those that were written."""
        return [row for row in self.manifest.get("layers", [])
                if row.get("grows") and row.get("unit") == "s" and self.has_layer(row["key"])]

    @cached_property
    def tracks(self) -> dict[str, NDArray[Any]]:
        """All arrays of ``tracks.npz``."""
        with self._arrays("tracks.npz") as file:
            return {name: file[name] for name in file.files}

    @cached_property
    def traffic(self) -> dict[str, NDArray[Any]] | None:
        """All arrays of ``traffic.npz``; None where the run had no traffic model."""
        if not (self.path / "traffic.npz").is_file():
            return None
        with self._arrays("traffic.npz") as file:
            return {name: file[name] for name in file.files}

    @cached_property
    def evacuation(self) -> dict[str, Any] | None:
        """What came of the evacuation, as ``evacuation.json`` has it; None where the run wrote none."""
        if not (self.path / "evacuation.json").is_file():
            return None
        return dict(self._json("evacuation.json"))

    def events(self, kinds: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Return the events of some kinds (all where None) in order, ``detail`` parsed to a dict."""
        import duckdb

        file = self._file("events.parquet")
        wanted = "" if kinds is None else " WHERE list_contains(?, kind)"
        args: list[Any] = [str(file)] if kinds is None else [str(file), sorted(kinds)]
        try:
            with duckdb.connect(config={"threads": 1}) as db:
                rows = db.execute(
                    "SELECT t_s, kind, agent, place, x, y, detail FROM read_parquet(?)"
                    + wanted
                    + " ORDER BY seq",
                    args,
                ).fetchall()
        except duckdb.Error as error:
            raise InputError(f"a file of the run folder is broken: {error}", value=file.name,
                             where=str(self.path), mend="run it again") from None
        names = ("t_s", "kind", "agent", "place", "x", "y")
        return [dict(zip(names, row)) | {"detail": json.loads(row[6]) if row[6] else {}} for row in rows]

    def event_columns(
        self, kinds: Iterable[str], places: list[str], agents: list[str],
    ) -> dict[str, NDArray[Any]]:
        """Return the events of some kinds as columns (n,) in order of time.

        ``kind`` is a row of ``kinds``, ``agent`` a number for each agent, ``place`` a row of ``places`` (-1 for none of
        them), ``said`` the persons of the event's detail (nan for none), ``traced`` a row of ``agents`` (-1 for none).
        """
        import duckdb

        file = self._file("events.parquet")
        rows = "(SELECT unnest(?::VARCHAR[]) AS id, generate_subscripts(?::VARCHAR[], 1) - 1 AS row)"
        wanted = list(kinds)
        try:
            with duckdb.connect(config={"threads": 1}) as db:
                found = db.execute(
                    f"""SELECT t_s, k.row AS kind, dense_rank() OVER (ORDER BY agent) - 1 AS agent,
                        coalesce(p.row, -1) AS place, x, y,
                        try_cast(regexp_extract(detail, '"persons": *([0-9]+)', 1) AS DOUBLE) AS said,
                        coalesce(a.row, -1) AS traced
                        FROM read_parquet(?) AS e JOIN {rows} AS k ON e.kind = k.id
                        LEFT JOIN {rows} AS p ON e.place = p.id LEFT JOIN {rows} AS a ON e.agent = a.id
                        ORDER BY t_s, seq""",
                    [str(file), wanted, wanted, places, places, agents, agents],
                ).fetchnumpy()
        except duckdb.Error as error:
            raise InputError(f"a file of the run folder is broken: {error}", value=file.name,
                             where=str(self.path), mend="run it again") from None
        return {name: np.ma.filled(column.astype(float), np.nan) if name in ("t_s", "x", "y", "said") else
                np.asarray(column) for name, column in found.items()}
