"""The behaviour of a surface fire at a point: everything Rothermel's model says of one fuel, weather and slope.

What the front works out cell by cell in ``metric.py`` is put together here from the same functions, for figures,
tables and comparisons. Angles are clockwise from upslope.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scenarios.forest_fire import ellipse
from scenarios.forest_fire.fuels import FuelTable
from scenarios.forest_fire.rothermel import Moisture, beds, slope_factor, wind_factor
from scenarios.forest_fire.units import FT_MIN_PER_M_S

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Behaviour:
    """A surface fire at points, arrays of shape (n,).

    Rates of spread of head, back and flank (m/s, along the ground), length-to-width ratio, eccentricity,
    heading (degrees clockwise from upslope; 0 where nothing turns the fire), fireline intensity of the head
    (kW/m), its flame length (m), heat per unit area (kJ/m2), reaction intensity (kW/m2), flaming residence
    time (s), and whether there is any fire at all.
    """

    head_mps: Array
    back_mps: Array
    flank_mps: Array
    length_to_width: Array
    eccentricity: Array
    heading_deg: Array
    intensity_kw_m: Array
    flame_m: Array
    heat_kj_m2: Array
    reaction_kw_m2: Array
    residence_s: Array
    burns: NDArray[np.bool_]


def behaviour(
    table: FuelTable, moisture: Moisture, midflame_mps: ArrayLike, wind_to_deg: ArrayLike, slope: ArrayLike, *,
    slope_plane: bool = False, wind_limit: bool = False, slope_limit: bool = False,
    max_length_to_width: float = ellipse.MAX_LENGTH_TO_WIDTH,
) -> Behaviour:
    """Return the fire in each fuel of a table (n rows) at one moisture.

    ``midflame_mps``, ``wind_to_deg`` (where the wind blows to, clockwise from upslope) and ``slope``
    (rise/run) are numbers or arrays (n,). A fuel without load or too wet to burn has rates of zero, a
    round shape and no heading. ``slope_limit`` caps the slope factor at 0.9 I_R (Btu/ft2/min) as BEHAVE does
    even with its wind limit off; the front never does: it is a factor without unit held against a wind in ft/min,
    and only damp fuel on slopes past 45 degrees comes near. Andrews 2018 (RMRS-GTR-371); the conventions are those
    of ``ellipse.py``.
    """
    bed = beds(table, moisture)
    wind, steep = np.asarray(midflame_mps, float), np.asarray(slope, float)
    angle = np.radians(np.asarray(wind_to_deg, float))
    along, across = np.cos(angle), np.sin(angle)
    phi_s = slope_factor(bed, steep)
    if slope_limit:
        phi_s = np.minimum(phi_s, bed.wind_limit)
    if slope_plane:
        x, y = ellipse.combine_slope_plane(bed.wind_k, bed.wind_b, wind * FT_MIN_PER_M_S, along, across, phi_s, steep)
    else:
        x, y = ellipse.combine_horizontal(wind_factor(bed, wind), along, across, phi_s, 1.0, 0.0)
    burns = bed.r0 > 0.0
    phi = np.where(burns, np.hypot(x, y), 0.0)
    if wind_limit:
        phi = ellipse.limit_factor(phi, bed.wind_k, bed.wind_b, bed.wind_limit)
    ratio, e = ellipse.shape(phi, bed.wind_k, bed.wind_b, max_length_to_width)
    head = bed.r0 * (1.0 + phi)
    intensity = ellipse.fireline_intensity(bed.heat, head)
    return Behaviour(
        head_mps=head,
        back_mps=ellipse.backing_rate(head, e),
        flank_mps=ellipse.flanking_rate(head, e, ratio),
        length_to_width=ratio,
        eccentricity=e,
        heading_deg=np.where(burns, np.degrees(np.arctan2(y, x)) % 360.0, 0.0),
        intensity_kw_m=intensity,
        flame_m=ellipse.flame_length(intensity),
        heat_kj_m2=bed.heat,
        reaction_kw_m2=bed.reaction,
        residence_s=np.where(table.burns, bed.residence_s, 0.0),
        burns=burns,
    )
