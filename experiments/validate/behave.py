"""Surface fire behaviour, row by row, against tables computed with BEHAVE and pyretechnics.

Any table of the same form is taken (fuel model, moistures, midflame wind, slope; reference columns beh_* and
pyr_*), as a file or as a folder with such files. Figures are the largest relative errors over all rows.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.benchmark import Bar
from experiments.validate._behave_table import Table, ours, read
from scenarios.forest_fire.behaviour import Behaviour
from scenarios.forest_fire.fuels import fuel_table
from scenarios.forest_fire.units import S_PER_MIN

FOLDER = "fire"
FILES_TOO = True
"""``--data`` may be a file."""
RATE_BAR, HEAT_BAR = 1e-6, 1e-3
"""Rates and shapes; intensities, for which BEHAVE converts with factors 0.08 % off the exact ones."""
DIRECTION_BAR_DEG = 1e-4
"""What eight digits of a direction up to 360 degrees allow, times a hundred."""
PYR_BAR, PYR_FM7_BAR = 2e-3, 5e-3
"""Pyretechnics works in single precision with loads of four digits; the live fuel of its fuel model 7 has a
surface-to-volume ratio of 1,550 for 1,500."""
NOTHING = 1e-9
"""A reference rate (m/min) up to here is no fire: what rounding leaves at the moisture of extinction."""
PYR_NOTHING = 1e-6
"""The same of single precision (m/min)."""
UPSLOPE_DEG = 0.5
"""BEHAVE writes 0 for a direction of less than half a degree from upslope."""
FUELS_FILE = "fuel_models_behave.csv"

Array = NDArray[np.float64]
Of = Callable[[Behaviour], Array]

RATES: dict[str, tuple[str, Of]] = {
    "ros": ("beh_ros_m_min", lambda b: b.head_mps * S_PER_MIN),
    "back": ("beh_backing_ros_m_min", lambda b: b.back_mps * S_PER_MIN),
    "flank": ("beh_flanking_ros_m_min", lambda b: b.flank_mps * S_PER_MIN),
    "lw": ("beh_lw_ratio", lambda b: b.length_to_width),
    "ecc": ("beh_eccentricity", lambda b: b.eccentricity),
    "residence": ("beh_residence_min", lambda b: b.residence_s / S_PER_MIN),
}
HEATS: dict[str, tuple[str, Of]] = {
    "fli": ("beh_fli_kw_m", lambda b: b.intensity_kw_m),
    "flame": ("beh_flame_m", lambda b: b.flame_m),
    "hpua": ("beh_hpua_kj_m2", lambda b: b.heat_kj_m2),
    "reaction": ("beh_reaction_kw_m2", lambda b: b.reaction_kw_m2),
}
DIRECTION = "beh_max_dir_deg_from_upslope"
FUEL_COLUMNS = {
    "depth_ft": "depth_ft", "mx_dead": "mx_dead_share", "heat_dead_btu_lb": "heat_dead_btu_lb",
    "heat_live_btu_lb": "heat_live_btu_lb", "w_1h_lb_ft2": "load_1h_lb_ft2", "w_10h_lb_ft2": "load_10h_lb_ft2",
    "w_100h_lb_ft2": "load_100h_lb_ft2", "w_herb_lb_ft2": "load_herb_lb_ft2", "w_woody_lb_ft2": "load_woody_lb_ft2",
    "savr_1h_ft": "savr_1h_per_ft", "savr_herb_ft": "savr_herb_per_ft", "savr_woody_ft": "savr_woody_per_ft",
}
"""Columns of BEHAVE's table of fuel models and ours."""


def measure(data: Path) -> dict[str, Any]:
    """Work out every row with our equations (double precision) and hold it against the table's references."""
    table = read(data)
    figures: dict[str, float | int | None] = {"rows": len(table)}
    bars: list[Bar] = []
    notes = list(table.notes)
    with_behave(table, figures, bars, notes)
    with_pyretechnics(table, figures, bars, notes)
    fuels = data / FUELS_FILE if data.is_dir() else None
    if fuels is not None and fuels.is_file():
        figures["fuel_models"], figures["fuel_table_max_rel_error"] = fuel_entries(fuels)
        bars.append(Bar("fuel_table_max_rel_error", "<=", RATE_BAR))
    return {"figures": figures, "bars": bars, "notes": notes}


def relative(value: Array, reference: Array) -> Array:
    """Return the relative error (n,); the value itself where the reference is zero, nan where there is none."""
    size = np.abs(reference)
    return np.where(size > 0, np.abs(value - reference) / np.where(size > 0, size, 1.0), np.abs(value)
                    + 0.0 * reference)


def largest(error: Array) -> float | None:
    """Return the largest of the errors that there are; None without any."""
    there = error[np.isfinite(error)]
    return float(there.max()) if len(there) else None


def with_behave(
    table: Table, figures: dict[str, float | int | None], bars: list[Bar], notes: list[str]
) -> None:
    """Add the errors against BEHAVE's columns."""
    if not any(table.has(column) for column, _ in (*RATES.values(), *HEATS.values())):
        notes.append("The table has no column of BEHAVE's (beh_...).")
        return
    b = ours(table)
    still = np.zeros(len(table), np.bool_)
    if table.has("beh_ros_m_min"):
        still = table.reference["beh_ros_m_min"] <= NOTHING
    figures["rows_without_spread"] = int(still.sum())
    worst: dict[str, str] = {}
    for bar, group in ((RATE_BAR, RATES), (HEAT_BAR, HEATS)):
        for key, (column, of) in group.items():
            if not table.has(column):
                notes.append(f"No column {column}: {key} was not compared.")
                continue
            value, reference = of(b), table.reference[column]
            # no fire in the reference: ours must have none either; the shape of no fire says nothing
            error = np.where(still, 0.0 if key in ("lw", "ecc", "residence") else np.abs(value),
                             relative(value, reference))
            figures[f"{key}_max_rel_error"] = largest(error)
            worst[key] = table.where[int(np.nanargmax(error))]
            bars.append(Bar(f"{key}_max_rel_error", "<=", bar))
    if table.has(DIRECTION):
        off = np.where(b.heading_deg < UPSLOPE_DEG, 0.0, b.heading_deg) - table.reference[DIRECTION]
        error = np.where(still, 0.0, np.abs((off + 180.0) % 360.0 - 180.0))
        figures["direction_max_error_deg"] = largest(error)
        bars.append(Bar("direction_max_error_deg", "<=", DIRECTION_BAR_DEG))
    if "ros" in worst:
        notes.append(f"Largest error of the rate of spread: {worst['ros']}.")
    notes.append("BEHAVE's conventions: wind and slope factors added on the map, wind limit off, slope factor at most "
                 "0.9 of the reaction intensity (Btu/ft2/min), 0 written for directions up to half a degree.")
    if still.any():
        notes.append(f"{int(still.sum())} rows have no spread in the reference: there our rates, intensity, flame and "
                     "heat themselves (not relative) enter the figures; shape and direction do not.")


def with_pyretechnics(
    table: Table, figures: dict[str, float | int | None], bars: list[Bar], notes: list[str]
) -> None:
    """Add the errors against pyretechnics' columns: flat ground, and slopes in its own convention."""
    numbers = fuel_table().number[table.fuel]
    flat = table.inputs["slope_rise_run"] == 0.0
    column = "pyr_ros_nolimit_m_min"
    if table.has(column):
        plane = ours(table, slope_plane=True).head_mps * S_PER_MIN
        error = rates_off(plane, table.reference[column])
        seven = numbers == 7
        for key, rows, bar in (
            ("pyr_flat_max_rel_error", flat & ~seven, PYR_BAR),
            ("pyr_flat_fm7_max_rel_error", flat & seven, PYR_FM7_BAR),
            ("pyr_slope_plane_max_rel_error", ~flat & ~seven, None),
        ):
            figures[key] = largest(error[rows])
            if bar is not None and figures[key] is not None:
                bars.append(Bar(key, "<=", bar))
        notes.append("pyr_slope_plane_max_rel_error: rows on slopes in pyretechnics' convention (the wind is lifted "
                     "onto the slope). No bar: the live fuel of its models 4, 5, 7 and 10 has the moisture of herbs.")
        notes.append("Pyretechnics has loads of four digits and a cured share of herbs of (1.2 - M) / 0.9 for our "
                     "1.333 - 1.11 M: where herb moisture M is near 1.2 the two differ by 1 to 2 %.")
    if table.has("pyr_ros_m_min"):
        limited = ours(table, slope_plane=True, wind_limit=True).head_mps * S_PER_MIN
        figures["pyr_flat_wind_limit_max_rel_error"] = largest(
            rates_off(limited, table.reference["pyr_ros_m_min"])[flat & (numbers != 7)])


def rates_off(value: Array, reference: Array) -> Array:
    """Return the error of rates (n,; m/min): relative, absolute where the reference is nothing but rounding."""
    return np.where(reference <= PYR_NOTHING, np.abs(value), relative(value, reference))


def fuel_entries(path: Path) -> tuple[int, float]:
    """Return how many of BEHAVE's fuel models were compared with ours, and the largest relative difference.

    InputError where a number is missing on either side.
    """
    from scenarios.forest_fire.fuels import TABLE

    def rows_of(file: Path) -> dict[int, dict[str, str]]:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            return {int(row["number"]): row for row in csv.DictReader(stream)}

    theirs, mine = rows_of(path), rows_of(TABLE)
    if missing := sorted(set(theirs) ^ set(mine)):
        from sim.errors import InputError

        raise InputError("fuel models that only one table has", value=missing, where=str(path),
                         allowed="the numbers of our fuel_models.csv")
    error = 0.0
    for number, row in theirs.items():
        has_load = any(float(row[name]) > 0 for name in FUEL_COLUMNS if name.startswith("w_"))
        for name, our_name in FUEL_COLUMNS.items():
            if has_load or name.startswith("w_"):
                error = max(error, float(relative(np.array(float(mine[number][our_name])),
                                                  np.array(float(row[name])))))
        # the transfer of cured herbs means nothing without herbs
        if float(row["w_herb_lb_ft2"]) > 0 and (float(row["dynamic"]) > 0) != (float(mine[number]["dynamic"]) > 0):
            error = max(error, 1.0)
    return len(theirs), error
