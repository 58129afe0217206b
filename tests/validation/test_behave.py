"""Surface fire behaviour against tables computed with BEHAVE (double) and pyretechnics (single precision)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from experiments.validate.behave import RATE_BAR, fuel_entries, measure
from scenarios.forest_fire import ellipse
from scenarios.forest_fire.behaviour import behaviour
from scenarios.forest_fire.fuels import fuel_table
from scenarios.forest_fire.rothermel import Moisture
from scenarios.forest_fire.units import CHAIN_M, M_PER_FT, M_PER_MILE
from scenarios.forest_fire.wind import wind_adjustment_factor

DATA = Path(os.environ.get("SANDTABLE_DATA", Path(__file__).parents[2] / ".." / "shared" / "data")) / "fire"
TABLE = DATA / "behave_reference_half.csv"
needs_table = pytest.mark.skipif(
    not TABLE.exists(), reason=f"{TABLE} is absent: rates against BEHAVE and pyretechnics were not checked"
)


@needs_table
def test_every_row_of_behave_and_the_flat_rows_of_pyretechnics() -> None:
    found = measure(TABLE)
    figures = found["figures"]
    assert figures["rows"] >= 66
    held = {bar.key for bar in found["bars"]}
    assert {f"{key}_max_rel_error" for key in ("ros", "back", "flank", "lw", "ecc", "residence", "fli", "flame", "hpua",
                                               "reaction", "pyr_flat", "pyr_flat_fm7")} <= held
    for bar in found["bars"]:
        assert figures[bar.key] <= bar.bar, bar.key
    # the convention of pyretechnics, on its slopes
    assert figures["pyr_slope_plane_max_rel_error"] <= 2e-3


@needs_table
def test_fuel_models_are_those_of_behave() -> None:
    number, error = fuel_entries(DATA / "fuel_models_behave.csv")
    assert number == len(fuel_table())
    assert error <= RATE_BAR


# BEHAVE's own published unit tests (firelab/behave, public domain): fuel model GS4 at 6/7/8/60/90 %,
# 5 mph wind at 20 ft, canopy 50 % cover, 30 ft high, crown ratio 0.5, slope 30 %.
GS4 = Moisture(0.06, 0.07, 0.08, 0.60, 0.90)
CHAINS_PER_H = 3600.0 / CHAIN_M


def gs4(wind_deg: float = 0.0, moisture: Moisture = GS4) -> dict[str, float]:
    """Chains per hour of head, back and flank."""
    table = fuel_table()
    row = table.row(124)
    waf = float(wind_adjustment_factor(table.depth_ft[row], 0.5, 30 * M_PER_FT, 0.5))
    fire = behaviour(table.take(np.array([row])), moisture, 5 * M_PER_MILE / 3600 * waf, wind_deg, 0.30)
    return {"ros": float(fire.head_mps[0]) * CHAINS_PER_H, "back": float(fire.back_mps[0]) * CHAINS_PER_H,
            "flank": float(fire.flank_mps[0]) * CHAINS_PER_H}


@pytest.mark.parametrize(("key", "expected"), [("ros", 8.876216), ("back", 2.91614659), ("flank", 5.08766627)])
def test_gs4_upslope_wind(key: str, expected: float) -> None:
    assert gs4()[key] == pytest.approx(expected, rel=1e-6)


def test_gs4_cross_slope_wind() -> None:
    assert gs4(wind_deg=90)["ros"] == pytest.approx(7.091665, rel=1e-6)


@pytest.mark.parametrize(("pct", "expected"), [((3, 4, 5, 30, 60), 15.023945), ((6, 7, 8, 90, 120), 1.978840)])
def test_gs4_moisture_scenarios(pct: tuple[float, ...], expected: float) -> None:
    assert gs4(moisture=Moisture(*(p / 100 for p in pct)))["ros"] == pytest.approx(expected, rel=1e-6)


def test_published_length_to_width_at_5_mph() -> None:
    assert ellipse.length_to_width(5.0) == pytest.approx(1.590064, abs=5e-7)
    assert ellipse.length_to_width(0.0) == 1.0
