"""The tables and maps that a fire season leaves in its store beside each season's own files."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from experiments.season.gather import Gathered
from experiments.store import copy_table, write_whole
from sim.world.grid import Grid
from sim.world.projection import Projection

MAPS = "maps"


def write_fires(folder: Path, labels: Sequence[str], gathered: Sequence[Gathered], crs: str) -> list[Path]:
    """Write fires.parquet and fires.csv, a row a fire of every design point; return their paths."""
    names = list(gathered[0].fires)
    columns: dict[str, list[Any]] = {"design": [label for label, g in zip(labels, gathered) for _ in g.fires["fire"]]}
    for name in names:
        columns[name] = _or_null(np.concatenate([g.fires[name] for g in gathered]))
    x, y = (np.concatenate([g.fires[name] for g in gathered]) for name in ("x", "y"))
    lon, lat = Projection(crs).to_lonlat(x, y) if len(x) else (x, y)
    columns["lon"], columns["lat"] = np.round(lon, 6).tolist(), np.round(lat, 6).tolist()
    return _table(folder, "fires", columns)


def write_villages(folder: Path, labels: Sequence[str], rows: Sequence[Sequence[Mapping[str, Any]]]) -> list[Path]:
    """Write villages.parquet and villages.csv, a row a village of every design point; return their paths."""
    flat = [{"design": label, **row} for label, some in zip(labels, rows) for row in some]
    return _table(folder, "villages", {name: [row[name] for row in flat] for name in flat[0]}) if flat else []


def write_map(folder: Path, index: int, grid: Grid, gathered: Gathered, loss_a_year: NDArray[np.float64]) -> Path:
    """Write a design point's burn probability (ny, nx) and expected losses as NPZ; return its path."""
    (folder / MAPS).mkdir(exist_ok=True)
    path = folder / MAPS / f"{index:03d}.npz"
    out = io.BytesIO()
    np.savez_compressed(
        out, burn_probability=gathered.burn_probability.reshape(grid.ny, grid.nx), seasons=np.int64(gathered.whole),
        x0_m=np.float64(grid.x0_m), y0_m=np.float64(grid.y0_m), cell_m=np.float64(grid.cell_m),
        village_loss_yuan=loss_a_year, village_reached=gathered.a_year(gathered.reached))
    write_whole(path, out.getvalue())
    return path


def _table(folder: Path, name: str, columns: Mapping[str, list[Any]]) -> list[Path]:
    paths = [folder / f"{name}.parquet", folder / f"{name}.csv"]
    kinds = ["VARCHAR" if any(isinstance(v, str) for v in values) else "DOUBLE" for values in columns.values()]
    with duckdb.connect(config={"threads": 1}) as db:
        declared = ", ".join(f'"{key}" {kind}' for key, kind in zip(columns, kinds))
        db.execute(f"CREATE TABLE t (row BIGINT, {declared})")
        unnested = ", ".join(f"unnest(?::{kind}[])" for kind in kinds)
        count = len(next(iter(columns.values())))
        db.execute(f"INSERT INTO t SELECT unnest(?::BIGINT[]), {unnested}", [list(range(count)), *columns.values()])
        for path in paths:
            copy_table(db, "SELECT * EXCLUDE (row) FROM t ORDER BY row", path)
    return paths


def _or_null(values: NDArray[np.float64]) -> list[float | None]:
    return [float(v) if np.isfinite(v) else None for v in values]
