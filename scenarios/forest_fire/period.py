"""The weather of a time as the front's kernels read it: beds at its moistures, stands, parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.crown import STAND_COLUMNS
from scenarios.forest_fire.metric import BED_COLUMNS, PERIOD_COLUMNS, ROTHERMEL, WANG
from scenarios.forest_fire.rothermel import Beds
from scenarios.forest_fire.units import FT_MIN_PER_M_S

STAND_ROWS = 256
"""Rows of the table of stands: one for each code of land cover."""
MODELS = {"rothermel": ROTHERMEL, "wang": WANG}


def no_stands() -> NDArray[np.float64]:
    """Return a table of stands without trees, (STAND_ROWS, STAND_COLUMNS)."""
    return np.zeros((STAND_ROWS, STAND_COLUMNS))


@dataclass(frozen=True)
class Period:
    """The weather of a time: beds at its moistures, (n, BED_COLUMNS), the kernels' other parameters,
    (PERIOD_COLUMNS,), and the stands, (STAND_ROWS, STAND_COLUMNS)."""

    beds: NDArray[np.float64]
    parameters: NDArray[np.float64]
    stands: NDArray[np.float64] = field(default_factory=no_stands)


def bed_columns(beds: Beds) -> NDArray[np.float64]:
    """Return beds as the array kernels read, shape (n, BED_COLUMNS)."""
    out = np.stack([beds.r0, beds.wind_k, beds.wind_b, beds.slope_k, beds.wind_limit, beds.heat,
                    beds.residence_s], 1)
    assert out.shape[1] == BED_COLUMNS
    return np.ascontiguousarray(out)


def make_period(
    beds: NDArray[np.float64], *, wind_20ft_ft_min: float, to_deg: float, slope_plane: bool, wind_limit: bool,
    max_length_to_width: float, min_rate_mps: float, cell_m: float,
    model: Literal["rothermel", "wang"] = "rothermel", slope_weight: float = 0.0, curvature_weight: float = 0.0,
    slope_wind_mps: float = 0.0, stands: NDArray[np.float64] | None = None, m1: float = 0.0,
) -> Period:
    """Return a period; ``to_deg`` is where the wind blows to, clockwise from north.

    ``slope_weight`` and ``curvature_weight`` are MicroMet's (0, 0: the wind is the same everywhere),
    ``slope_wind_mps`` the slope wind at 20 ft on steep slopes, negative down them. Crown fire is worked out where
    ``stands`` are given, with the 1-h moisture ``m1`` (share). Wang's model needs the beds of ``wang_beds``.
    """
    angle = math.radians(to_deg)
    parameters = np.array([wind_20ft_ft_min, math.sin(angle), math.cos(angle), float(slope_plane),
                           float(wind_limit), max_length_to_width, min_rate_mps, cell_m, MODELS[model],
                           slope_weight, curvature_weight, slope_wind_mps * FT_MIN_PER_M_S,
                           float(slope_weight != 0.0 or curvature_weight != 0.0 or slope_wind_mps != 0.0),
                           float(stands is not None), m1])
    assert len(parameters) == PERIOD_COLUMNS
    return Period(beds, parameters, no_stands() if stands is None else np.ascontiguousarray(stands))
