"""Tables of surface fire behaviour computed by other programs: one row a fuel, its moistures, wind and slope."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.behaviour import Behaviour, behaviour
from scenarios.forest_fire.fuels import fuel_table
from scenarios.forest_fire.rothermel import Moisture
from sim.errors import InputError

Array = NDArray[np.float64]

MOISTURES = ("m1_pct", "m10_pct", "m100_pct", "mherb_pct", "mwoody_pct")
REQUIRED = ("fuel_model", *MOISTURES, "midflame_m_s")
OPTIONAL = {"wind_to_rel_upslope_deg": 0.0, "slope_rise_run": 0.0}
"""Columns that may be missing, and what stands for them."""
RANGES = {**dict.fromkeys(MOISTURES, (0.0, 300.0)), "midflame_m_s": (0.0, 60.0),
          "wind_to_rel_upslope_deg": (-360.0, 360.0), "slope_rise_run": (0.0, 10.0)}
UNITS = {**dict.fromkeys(MOISTURES, "% of dry weight"), "midflame_m_s": "m/s",
         "wind_to_rel_upslope_deg": "degrees clockwise from upslope, where the wind blows to",
         "slope_rise_run": "rise/run"}


@dataclass(frozen=True)
class Table:
    """Rows (n,) of one or more files: fuel table rows, inputs and reference columns by name, where each stands.

    Reference values are nan where a file lacks the column or the field is empty.
    """

    fuel: NDArray[np.intp]
    inputs: Mapping[str, Array]
    reference: Mapping[str, Array]
    where: tuple[str, ...]
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.fuel)

    def has(self, column: str) -> bool:
        """Return whether any row has a reference of this name."""
        return column in self.reference and bool(np.isfinite(self.reference[column]).any())


def tables_of(data: Path) -> list[Path]:
    """Return the file, or the files of the folder that have such rows; InputError where there is none."""
    if data.is_file():
        return [data]
    found = [path for path in sorted(data.glob("*.csv")) if not _missing(_header(path))]
    if not found:
        raise InputError(
            "no table of fire behaviour in the folder", value=str(data), where="--data",
            allowed="a CSV file, or a folder with one, that has the columns " + ", ".join(REQUIRED),
        )
    return found


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as stream:
        return next(csv.reader(stream), [])


def _missing(header: list[str]) -> list[str]:
    return [name for name in REQUIRED if name not in header]


def read(data: Path) -> Table:
    """Return the rows of a file, or of a folder's files; InputError names file, line and column of a bad one."""
    parts = [_read(path) for path in tables_of(data)]
    names = {name for part in parts for name in part.reference}
    return Table(
        np.concatenate([part.fuel for part in parts]),
        {name: np.concatenate([part.inputs[name] for part in parts]) for name in RANGES},
        {name: np.concatenate([part.reference.get(name, np.full(len(part), math.nan)) for part in parts])
         for name in sorted(names)},
        tuple(where for part in parts for where in part.where),
        tuple(note for part in parts for note in part.notes),
    )


def _read(path: Path) -> Table:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, restkey="", restval=None)
            rows = [(reader.line_num, row) for row in reader]
            header = list(reader.fieldnames or ())
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise InputError("a table that cannot be read", value=str(error), where=str(path),
                         allowed="CSV in UTF-8") from error
    if missing := _missing(header):
        raise InputError("a table without its columns", value=", ".join(missing), where=str(path),
                         allowed="the columns " + ", ".join(REQUIRED))
    references = [name for name in header if name.startswith(("beh_", "pyr_"))]
    if not references:
        raise InputError("a table with nothing to compare with", where=str(path),
                         allowed="columns beh_... (BEHAVE) or pyr_... (pyretechnics)")
    if not rows:
        raise InputError("a table without rows", where=str(path))
    notes = [f"{path.name} has no column {name}: taken as {value:g} in every row."
             for name, value in OPTIONAL.items() if name not in header]
    n = len(rows)
    fuel = np.empty(n, np.intp)
    inputs = {name: np.full(n, OPTIONAL.get(name, math.nan)) for name in RANGES}
    reference = {name: np.full(n, math.nan) for name in references}
    table = fuel_table()
    for i, (line, row) in enumerate(rows):
        where = f"{path}, line {line}"
        if row.get(""):
            raise InputError("a row with more fields than the header", value=row[""], where=where,
                             allowed=f"{len(header)} fields")
        number = _number(row["fuel_model"], f"{where}, fuel_model")
        if number != int(number):
            raise InputError("no fuel model number", value=row["fuel_model"], where=f"{where}, fuel_model",
                             allowed="a whole number")
        try:
            fuel[i] = table.row(int(number))
        except InputError as error:
            raise InputError("no such fuel model", value=row["fuel_model"], where=f"{where}, fuel_model",
                             allowed=error.problem.allowed) from error
        for name, (least, most) in RANGES.items():
            if name in header:
                value = _number(row[name], f"{where}, {name}")
                if not least <= value <= most:
                    raise InputError("out of range", value=row[name], where=f"{where}, {name}",
                                     allowed=f"{least:g} to {most:g}, {UNITS[name]}")
                inputs[name][i] = value
        for name in references:
            if (row[name] or "").strip():
                reference[name][i] = _number(row[name], f"{where}, {name}")
    return Table(fuel, inputs, reference, tuple(f"{path.name}, line {line}" for line, _ in rows), tuple(notes))


def _number(text: str | None, where: str) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError("not a number", value=text or "", where=where, allowed="a finite number")
    return value


def ours(table: Table, *, slope_plane: bool = False, wind_limit: bool = False, slope_limit: bool = True) -> Behaviour:
    """Return our model's behaviour in every row, arrays (n,); rows of the same moistures go together."""
    moistures = np.stack([table.inputs[name] for name in MOISTURES], 1)
    kinds, kind = np.unique(moistures, axis=0, return_inverse=True)
    out: dict[str, NDArray] = {}
    for k, pct in enumerate(kinds):
        rows = np.flatnonzero(kind.ravel() == k)
        part = behaviour(
            fuel_table().take(table.fuel[rows]), Moisture(*(float(p) / 100.0 for p in pct)),
            table.inputs["midflame_m_s"][rows], table.inputs["wind_to_rel_upslope_deg"][rows],
            table.inputs["slope_rise_run"][rows],
            slope_plane=slope_plane, wind_limit=wind_limit, slope_limit=slope_limit and not slope_plane,
        )
        for name, values in vars(part).items():
            out.setdefault(name, np.empty(len(table), values.dtype))[rows] = values
    return Behaviour(**out)
