"""The front's kernel against the behaviour at a point: one model, written once for cells and once for tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scenarios.forest_fire.behaviour import behaviour
from scenarios.forest_fire.fuels import fuel_table
from scenarios.forest_fire.metric import head_fire
from scenarios.forest_fire.rothermel import Moisture, beds
from scenarios.forest_fire.spread import bed_columns, make_period
from scenarios.forest_fire.units import FT_MIN_PER_M_S
from tests.fires import NO_TREES, ground_row

MOISTURE = Moisture(0.06, 0.07, 0.08, 0.60, 0.90)
MIDFLAME_MPS, WAF = 3.0, 0.4


@pytest.mark.parametrize("slope_plane", [False, True])
@pytest.mark.parametrize("wind_limit", [False, True])
@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("uphill_deg", [0.0, 70.0, 200.0])
@pytest.mark.parametrize("turn_deg", [0.0, 45.0, 90.0, 180.0, 300.0])
def test_wind_and_slope_in_a_cell_and_at_a_point(
    slope_plane: bool, wind_limit: bool, slope: float, uphill_deg: float, turn_deg: float
) -> None:
    """``uphill_deg`` from north; the wind blows to ``turn_deg`` clockwise from there."""
    table = fuel_table()
    period = make_period(
        bed_columns(beds(table, MOISTURE)), wind_20ft_ft_min=MIDFLAME_MPS / WAF * FT_MIN_PER_M_S,
        to_deg=uphill_deg + turn_deg, slope_plane=slope_plane, wind_limit=wind_limit, max_length_to_width=8.0,
        min_rate_mps=0.0, cell_m=30.0)
    point = behaviour(table, MOISTURE, MIDFLAME_MPS, turn_deg, slope, slope_plane=slope_plane, wind_limit=wind_limit)
    up = math.radians(uphill_deg)
    for row in np.flatnonzero(table.burns):
        rate, e, east, north = head_fire(period.beds[row], period.parameters,
                                         ground_row(slope * math.sin(up), slope * math.cos(up), WAF), NO_TREES)
        assert rate == pytest.approx(point.head_mps[row], rel=1e-9)
        assert e == pytest.approx(point.eccentricity[row], rel=1e-7, abs=1e-7)
        heading = math.degrees(math.atan2(east, north)) - uphill_deg
        told = math.radians(point.heading_deg[row])
        if slope_plane:  # from the plane onto the map: upslope parts are shorter there
            told = math.atan2(math.sin(told), math.cos(told) / math.hypot(1.0, slope))
        assert math.cos(math.radians(heading) - told) == pytest.approx(1.0, abs=1e-9)
