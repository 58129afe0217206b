"""The fire front against pyretechnics' level set on the same fuels and wind, and cells a second on a large grid.

Both burn a patchwork of Scott and Burgan's fuels on flat ground, 500 x 500 cells of 30 m, for 8 h in 20 and 40 km/h of
wind; CPU seconds of one process, turn by turn. The large grid has 3000 x 3000 cells of 30 m on rolling ground and 48 h
of hourly weather.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.benchmark import Bar, _pyretechnics
from experiments.console import say
from scenarios.forest_fire.ellipse import MAX_LENGTH_TO_WIDTH
from scenarios.forest_fire.fuels import fuel_table, row_of_number
from scenarios.forest_fire.moisture import equilibrium_moisture_pct
from scenarios.forest_fire.rothermel import Moisture, beds
from scenarios.forest_fire.spread import Front, Ground, Period, bed_columns, make_period
from scenarios.forest_fire.units import FT_MIN_PER_M_S
from scenarios.forest_fire.wind import TEN_M_OVER_20_FT, wind_adjustment_factor

CELL_M = 30.0
FUELS = np.array([102, 122, 145, 165, 2, 10], np.int16)
"""Grass, grass and shrub, shrub, timber with understorey, open timber, timber litter: a patchwork of hill country."""
PATCH = 8
"""Cells a side of a patch of one fuel."""
SMALL, SMALL_H = 500, 8.0
LARGE, LARGE_H = 3000, 48
WINDS_KMH = (20.0, 40.0)
FROM_DEG = 240.0
TURNS = 5
MOISTURE = Moisture(0.06, 0.07, 0.08, 0.60, 0.90)
"""D2L2 of Scott and Burgan 2005: low dead, two-thirds cured."""
RATIO_BARS = {20.0: 15.0, 40.0: 20.0}
CELLS_BAR = 200_000
SEED = 4


def patchwork(n: int, seed: int) -> NDArray[np.int16]:
    """Return fuel model numbers (n, n) in square patches, the same for the same seed."""
    from sim.random import Streams

    side = -(-n // PATCH)
    draws = Streams(seed).of("benchmark.fuels").uniforms(np.arange(side * side)).reshape(side, side)
    patches = FUELS[(draws * len(FUELS)).astype(np.int64)]
    return np.kron(patches, np.ones((PATCH, PATCH), np.int16))[:n, :n]


def hills(n: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the gradients to east and north (n, n) of rolling ground: waves of 3 and 1.7 km, slopes up to 0.3."""
    at = np.arange(n) * CELL_M
    east = 0.20 * np.cos(2 * math.pi * at / 3000.0)[None, :] + 0.1 * np.cos(2 * math.pi * at / 1700.0)[:, None]
    north = 0.20 * np.cos(2 * math.pi * at / 3000.0)[:, None] - 0.1 * np.cos(2 * math.pi * at / 1700.0)[None, :]
    return east.astype(np.float32), north.astype(np.float32)


def weather(wind_kmh: float, from_deg: float, moisture: Moisture) -> Period:
    """Return a period of the front."""
    return make_period(
        bed_columns(beds(fuel_table(), moisture)), wind_20ft_ft_min=wind_kmh / 3.6 * FT_MIN_PER_M_S / TEN_M_OVER_20_FT,
        to_deg=from_deg + 180.0, slope_plane=False, wind_limit=False, max_length_to_width=MAX_LENGTH_TO_WIDTH,
        min_rate_mps=0.0, cell_m=CELL_M)


def front_on(fuel: NDArray[np.int16], gradient: tuple[NDArray[np.float32], NDArray[np.float32]] | None,
             period: Period) -> Front:
    """Return a front on these fuels, without trees, on flat ground where no gradient is given."""
    rows, depth = row_of_number(), fuel_table().depth_ft

    def ground(r: slice, c: slice) -> Ground:
        kind = rows[fuel[r, c]]
        factor = wind_adjustment_factor(depth[np.maximum(kind, 0)], np.zeros(kind.shape), 1.0, 0.5)
        none = np.zeros(kind.shape, np.float32)
        east, north = (none, none) if gradient is None else (gradient[0][r, c], gradient[1][r, c])
        return Ground(kind.astype(np.int16), east, north, factor.astype(np.float32))

    return Front(fuel.shape[0], fuel.shape[1], ground, period)


def ours(wind_kmh: float, fuel: NDArray[np.int16]) -> tuple[float, Front]:
    """Return CPU seconds of our front from its ignition to the end, and the front."""
    began = time.process_time()
    front = front_on(fuel, None, weather(wind_kmh, FROM_DEG, MOISTURE))
    front.ignite(SMALL // 2, SMALL // 4, 0.0)
    front.advance(SMALL_H * 3600.0)
    return time.process_time() - began, front


def hour_of(hour: int) -> Period:
    """Return the made-up weather of an hour: a day that repeats, wind that veers 10 degrees an hour."""
    warm = 0.5 - 0.5 * math.cos(2.0 * math.pi * ((hour + 12) % 24 - 6) / 24.0)
    m1 = equilibrium_moisture_pct(12.0 + 14.0 * warm, 65.0 - 40.0 * warm) / 100.0
    return weather(8.0 + 14.0 * warm, FROM_DEG + 10.0 * hour, Moisture(m1, m1 + 0.01, m1 + 0.02, 0.60, 0.90))


def large() -> dict[str, float]:
    """Return burned cells, CPU seconds and cells a second on the large grid."""
    fuel, gradient = patchwork(LARGE, SEED), hills(LARGE)
    began = time.process_time()
    front = front_on(fuel, gradient, hour_of(0))
    for k in range(9):
        front.ignite(LARGE // 2 + 240 * (k // 3 - 1), LARGE // 2 + 240 * (k % 3 - 1), 0.0, fire_id=k + 1)
    for hour in range(1, LARGE_H + 1):
        front.advance(hour * 3600.0)
        if hour < LARGE_H:
            front.set_period(hour_of(hour), hour * 3600.0)
    cpu_s = time.process_time() - began
    burned = len(front.burned)
    return {"large_burned_cells": burned, "large_cpu_s": cpu_s, "cells_per_s": burned / cpu_s}


def measure() -> dict[str, Any]:
    """Measure both; CPU seconds of this process, kernels compiled before."""
    start = time.process_time()
    small_fuel = patchwork(SMALL, SEED)
    ours(WINDS_KMH[0], small_fuel[:SMALL, :SMALL])
    warm = front_on(small_fuel, None, hour_of(0))
    warm.ignite(SMALL // 2, SMALL // 2, 0.0)
    warm.advance(3600.0)
    warm.set_period(hour_of(1), 3600.0)
    figures: dict[str, Any] = {"compile_cpu_s": time.process_time() - start}
    notes = ["CPU seconds are process time from the ignition to the last cell, ours with its allocation; kernels are "
             "compiled before (compile_cpu_s).",
             "The large grid's time has its window's growth and the 47 changes of weather in it."]
    bars = [Bar("cells_per_s", ">=", CELLS_BAR)]
    peer = _pyretechnics.installed()
    if not peer:
        notes.append("pyretechnics is not installed: its ratios were not measured; to have them: pip install "
                     "pyretechnics (it compiles for some minutes and needs numpy below 2).")
    for wind in WINDS_KMH:
        say(f"{wind:g} km/h, {SMALL} x {SMALL} cells, {SMALL_H:g} h")
        mine, theirs = [], []
        for _ in range(TURNS):
            cpu_s, front = ours(wind, small_fuel)
            mine.append(cpu_s)
            if peer:
                other = _pyretechnics.Peer(small_fuel, THEIR_MOISTURE, wind, FROM_DEG, CELL_M, SMALL_H * 60.0)
                other.light(SMALL // 2, SMALL // 4)
                theirs.append(other.run())
        key = f"{wind:g}"
        figures |= {f"cpu_s_{key}": float(np.median(mine)), f"burned_cells_{key}": len(front.burned)}
        bars.append(Bar(f"pyretechnics_ratio_{key}", ">=", RATIO_BARS[wind]))
        if peer:
            arrived = np.isfinite(other.arrival_min()) & (other.arrival_min() >= 0.0)
            burned = front.paste((front.done != 0).astype(np.uint8), 0, "uint8") > 0
            both = int((arrived & burned).sum())
            figures |= {
                f"pyretechnics_cpu_s_{key}": float(np.median(theirs)),
                f"pyretechnics_burned_cells_{key}": int(arrived.sum()),
                f"pyretechnics_dice_{key}": 2.0 * both / (int(arrived.sum()) + int(burned.sum())),
                f"pyretechnics_ratio_{key}": float(np.median(theirs)) / float(np.median(mine))}
    say(f"{LARGE} x {LARGE} cells, {LARGE_H} h of hourly weather")
    figures |= large()
    return {"figures": figures, "bars": bars, "notes": notes}


THEIR_MOISTURE = {
    "fuel_moisture_dead_1hr": MOISTURE.m1, "fuel_moisture_dead_10hr": MOISTURE.m10,
    "fuel_moisture_dead_100hr": MOISTURE.m100, "fuel_moisture_live_herbaceous": MOISTURE.herb,
    "fuel_moisture_live_woody": MOISTURE.woody}
"""The same moistures by pyretechnics' names."""
