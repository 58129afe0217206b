"""A mapped fire: the outline of what burned, fuels and terrain around it, the wind of its hours, where it began.

A case is NAME.json (``rings`` of the mapped scar in metres, ``wind`` rows with ``WS`` in km/h and ``WD`` in degrees
the wind comes from) beside NAME.npz (``fuels``: numbers of fuel models, below zero for none; ``elevation`` in m;
``slope`` and ``saz``; ``xll``, ``yll``: lower left corner; ``cell_m``; ``ignition_cell`` counted from 1, row by row
from the north-west).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.fuels import fuel_table, row_of_number
from sim.errors import InputError
from sim.world.boundary import plane_mask
from sim.world.grid import Grid

Array = NDArray[np.float64]

ARRAYS = ("fuels", "elevation", "slope", "saz", "xll", "yll", "cell_m", "ignition_cell")
KMH_PER_M_S = 3.6
H_S = 3600.0
TELLING = 100
"""Sloping cells it takes to tell how slope and azimuth are meant; with fewer the ground is as good as flat."""
AGREE, LIKE = 0.5, 1.3
"""Least correlation with the elevations' gradient, and largest ratio to it, at which slope and azimuth are believed."""
DATE = "%d/%m/%y %H:%M"


@dataclass(frozen=True)
class Case:
    """A fire as given: arrays (ny, nx) of fuel table rows (-1 does not burn), gradients to east and north (rise/run)
    and what was mapped as burned; ignition (row, col); hours with their wind (h, m/s, degrees from); notes."""

    name: str
    grid: Grid
    kind: NDArray[np.int16]
    gradient_x: NDArray[np.float32]
    gradient_y: NDArray[np.float32]
    mapped: NDArray[np.bool_]
    ignition: tuple[int, int]
    wind: tuple[tuple[float, float, float], ...]
    hours: float
    notes: tuple[str, ...]


def read_cases(folder: Path) -> list[Case]:
    """Return the cases of a folder, named by the last part of their files' names; InputError without any."""
    pairs = [path for path in sorted(folder.glob("*.json")) if path.with_suffix(".npz").is_file()]
    if not pairs:
        raise InputError("no mapped fire in the folder", value=str(folder), where="--data",
                         allowed="pairs of files NAME.json and NAME.npz")
    ends = [path.stem.rsplit("_", 1)[-1] for path in pairs]
    names = [end if ends.count(end) == 1 else path.stem for path, end in zip(pairs, ends, strict=True)]
    return [read_case(path, name) for path, name in zip(pairs, names, strict=True)]


def read_case(path: Path, name: str) -> Case:
    """Return one case; InputError names file and key of what cannot be."""
    told = _json(path)
    arrays = _arrays(path.with_suffix(".npz"))
    fuels = arrays["fuels"]
    ny, nx = fuels.shape
    cell_m = float(arrays["cell_m"])
    grid = Grid(float(arrays["xll"]), float(arrays["yll"]) + ny * cell_m, cell_m, ny, nx)
    rings = list(_rings(told.get("rings"), f"{path}, rings"))
    mapped = plane_mask(rings, grid)
    if not mapped.any():
        raise InputError("a mapped scar that lies off the grid, or smaller than a cell", where=f"{path}, rings",
                         allowed="rings of (x, y) in the grid's coordinates (m)")
    gradient_x, gradient_y, ground_note = gradients(arrays, grid)
    kind = _kinds(fuels, path)
    ignition, moved = _ignition(int(arrays["ignition_cell"]), kind, grid, path)
    wind, hours, hours_note = _wind(told.get("wind"), f"{path}, wind")
    outside = sum(bool(np.any(~_on(ring, grid))) for ring in rings)
    notes = [f"{name}: {note}" for note in (ground_note, hours_note, moved,
                                            "part of the scar lies off the grid" if outside else "") if note]
    return Case(name, grid, kind, gradient_x.astype(np.float32), gradient_y.astype(np.float32), mapped,
                ignition, wind, hours, tuple(notes))


def _json(path: Path) -> Mapping[str, Any]:
    try:
        told = json.loads(path.read_text("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError("a case that cannot be read", value=str(error), where=str(path), allowed="JSON") from error
    if not isinstance(told, dict) or not {"rings", "wind"} <= set(told):
        raise InputError("a case without its keys", where=str(path), allowed="rings and wind")
    return told


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {key: np.asarray(stored[key]) for key in stored.files}
    except (OSError, ValueError) as error:
        raise InputError("arrays that cannot be read", value=str(error), where=str(path), allowed="an npz") from error
    if missing := [key for key in ARRAYS if key not in arrays]:
        raise InputError("a case without its arrays", value=", ".join(missing), where=str(path),
                         allowed=", ".join(ARRAYS))
    shape = arrays["fuels"].shape
    for key in ("fuels", "elevation", "slope", "saz"):
        if len(shape) != 2 or arrays[key].shape != shape:
            raise InputError("an array of another shape", value=arrays[key].shape, where=f"{path}, {key}",
                             allowed=f"rows x columns as fuels has: {shape}")
    for key in ("xll", "yll", "cell_m", "ignition_cell"):
        if arrays[key].size != 1 or not np.isfinite(arrays[key].astype(float)).all():
            raise InputError("not a number", value=str(arrays[key]), where=f"{path}, {key}", allowed="one number")
        arrays[key] = arrays[key].reshape(())
    if float(arrays["cell_m"]) <= 0.0:
        raise InputError("cells without size", value=float(arrays["cell_m"]), where=f"{path}, cell_m",
                         allowed="metres above 0")
    return arrays


def _rings(told: Any, where: str) -> Iterator[Array]:
    """Yield the rings (n, 2), however deep they are nested (polygons, parts)."""
    if isinstance(told, list) and told and all(isinstance(p, list) and len(p) >= 2 and
                                               all(isinstance(v, int | float) for v in p[:2]) for p in told):
        if len(told) < 3:
            raise InputError("an outline of fewer than three points", value=told, where=where)
        yield np.array([p[:2] for p in told], float)
    elif isinstance(told, list) and told:
        for part in told:
            yield from _rings(part, where)
    else:
        raise InputError("not an outline", value=str(told)[:60], where=where, allowed="lists of points (x, y) in m")


def _on(ring: Array, grid: Grid) -> NDArray[np.bool_]:
    x, y = ring[:, 0] - grid.x0_m, grid.y0_m - ring[:, 1]
    return (x >= 0) & (x <= grid.nx * grid.cell_m) & (y >= 0) & (y <= grid.ny * grid.cell_m)


def _kinds(fuels: NDArray[Any], path: Path) -> NDArray[np.int16]:
    known = set(fuel_table().number.tolist())
    if unknown := sorted(n for n in np.unique(fuels).tolist() if n > 0 and n not in known):
        raise InputError("unknown fuel model numbers", value=unknown, where=f"{path.with_suffix('.npz')}, fuels",
                         allowed=", ".join(str(n) for n in sorted(known)) + "; 0 or less for none")
    rows = row_of_number()
    return np.where(fuels > 0, rows[np.clip(fuels, 0, len(rows) - 1).astype(int)], -1).astype(np.int16)


def _ignition(number: int, kind: NDArray[np.int16], grid: Grid, path: Path) -> tuple[tuple[int, int], str]:
    """Return the first cell to burn: the one given, or the nearest with fuel, and a note if it was moved."""
    if not 1 <= number <= grid.ny * grid.nx:
        raise InputError("an ignition off the grid", value=number, where=f"{path.with_suffix('.npz')}, ignition_cell",
                         allowed=f"1 to {grid.ny * grid.nx}")
    if not (kind >= 0).any():
        raise InputError("nothing burns on the grid", where=f"{path.with_suffix('.npz')}, fuels")
    row, col = divmod(number - 1, grid.nx)
    rows, cols = np.indices(kind.shape)
    away = np.where(kind >= 0, np.hypot(rows - row, cols - col), np.inf)
    best = int(np.argmin(away))
    moved = float(away.flat[best]) * grid.cell_m
    return divmod(best, grid.nx), f"ignition moved {moved:.0f} m to the nearest cell with fuel" if moved else ""


def gradients(arrays: Mapping[str, NDArray[Any]], grid: Grid) -> tuple[Array, Array, str]:
    """Return the ground's gradient to east and north (rise/run, (ny, nx)) and how it was read.

    Whether ``slope`` is in percent or degrees, and whether ``saz`` points up or down, is what agrees with the
    elevations: tables of this form name both either way.
    """
    height = np.pad(arrays["elevation"].astype(float), 1, mode="edge")
    north, middle, south = height[:-2], height[1:-1], height[2:]
    right = north[:, 2:] + 2 * middle[:, 2:] + south[:, 2:] - north[:, :-2] - 2 * middle[:, :-2] - south[:, :-2]
    up = north[:, :-2] + 2 * north[:, 1:-1] + north[:, 2:] - south[:, :-2] - 2 * south[:, 1:-1] - south[:, 2:]
    gx, gy = right / (8.0 * grid.cell_m), up / (8.0 * grid.cell_m)  # Horn 1981
    slope, azimuth = arrays["slope"].astype(float), np.radians(arrays["saz"].astype(float))
    told = (slope > 0) & np.isfinite(azimuth)
    if np.count_nonzero(told) < TELLING:
        return gx, gy, "gradients from the elevations: slope says nothing"
    east, north = np.where(told, np.sin(azimuth), 0.0), np.where(told, np.cos(azimuth), 0.0)
    fits = {}
    for unit, rise in _units(np.where(told, slope, 0.0)):
        # the elevations' gradient as a multiple of the one told, by least squares: 1 where both mean the same
        size, dot = float((rise**2).sum()), float((rise * (east * gx + north * gy)).sum())
        fits[unit] = (dot / size, dot / math.sqrt(size * float((gx**2 + gy**2).sum()) or math.inf), rise)
    unit = min(fits, key=lambda name: abs(math.log(max(abs(fits[name][0]), 1e-9))))
    multiple, agreement, rise = fits[unit]
    if abs(agreement) < AGREE or abs(math.log(abs(multiple))) > math.log(LIKE):
        return gx, gy, "gradients from the elevations: slope and azimuth do not agree with them"
    rise = rise * math.copysign(1.0, multiple)
    way = "uphill" if multiple > 0 else "downhill"
    return (rise * east, rise * north,
            f"slope read as {unit}, its azimuth as pointing {way}: as the elevations have it (r {agreement:.2f})")


def _units(slope: Array) -> list[tuple[str, Array]]:
    return [("percent", slope / 100.0), ("degrees", np.tan(np.radians(np.clip(slope, 0.0, 89.0))))]


def _wind(rows: Any, where: str) -> tuple[tuple[tuple[float, float, float], ...], float, str]:
    """Return (hour, m/s, degrees from) of each row, the fire's hours, and how its times were read."""
    if not isinstance(rows, list) or not rows:
        raise InputError("no wind", where=where, allowed="rows with WS (km/h) and WD (degrees it comes from)")
    speeds, turns = [], []
    for i, row in enumerate(rows):
        speeds.append(_number(row, "WS", 0.0, 250.0, f"{where}[{i}]") / KMH_PER_M_S)
        turns.append(_number(row, "WD", 0.0, 360.0, f"{where}[{i}]"))
    try:
        times = [datetime.strptime(row["datetime"], DATE) for row in rows]
    except (KeyError, ValueError, TypeError):
        times = []
    hours = [(t - times[0]).total_seconds() / H_S for t in times]
    if len(hours) > 1 and all(b > a for a, b in pairwise(hours)):
        note = f"{hours[-1]:g} h, from the times of its rows of wind"
    else:
        hours = [float(i) for i in range(len(rows))]
        note = f"{max(hours[-1], 1.0):g} h: its rows of wind are taken as an hour apart, from the first to the last"
    return tuple(zip(hours, speeds, turns, strict=True)), max(hours[-1], 1.0), note


def _number(row: Any, key: str, least: float, most: float, where: str) -> float:
    try:
        value = float(row[key])
    except (KeyError, ValueError, TypeError):
        value = math.nan
    if not least <= value <= most:
        raise InputError("no such wind", value=row.get(key) if isinstance(row, dict) else row, where=f"{where}, {key}",
                         allowed=f"{least:g} to {most:g}")
    return value
