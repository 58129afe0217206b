"""Whether fire crosses a strip without fuel: two rules, and what a stretch of a given length makes of them.

Wilson (1988, Can. J. For. Res. 18:682-687, doi 10.1139/x88-104) burned 113 blocks of grass against firebreaks of
1.5 to 15 m at up to 17 MW/m and fitted a logistic; coefficients as given by Frost, Alexander and Jenkins (2022,
Fire 5:78) and coded in PyroXL. The Canadian rule of thumb says that without severe spotting a firebreak needs to be
1.5 flame lengths wide (Alexander, Tymstra and Frederick 2004); Wilson found flame length a sensible measure of the
width that flames reach across. The log-logistic in width over flame length is ours (assumption): half are crossed
at one flame length, one in twenty at 1.5. Embers that land farther off are ``spotting.py``'s.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.ellipse import flame_length

WILSON_CONSTANT = 1.36
WILSON_PER_KW_M = 0.00036
WILSON_PER_M_WITH_TREES = 0.38
WILSON_PER_M_OPEN = 0.99
"""Logit of breach = 1.36 + 0.00036 I - b W: I in kW/m, W in m, b with or without trees within 20 m."""
WILSON_FROM_KW_M = 1000.0
"""Below this Wilson's probability falls in proportion to the intensity, to none without a fire; his logistic, fitted
to head fires, would have 17 % of them cross 3 m without any intensity. Assumption."""
EVEN_FLAMES = 1.0
"""Width in flame lengths that half the fires cross: flames just reach. Assumption after Wilson 1988."""
SAFE_FLAMES = 1.5
"""Width in flame lengths of the rule of thumb (Alexander, Tymstra and Frederick 2004)."""
SAFE_BREACHED = 0.05
"""Share of fires that cross a barrier as wide as the rule asks. Assumption."""
FLAME_POWER = math.log(1.0 / SAFE_BREACHED - 1.0) / math.log(SAFE_FLAMES / EVEN_FLAMES)

Floats = NDArray[np.floating[Any]]


def wilson(intensity_kw_m: Floats, width_m: Floats, trees: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the probability of breach in grass as published, arrays of one shape (kW/m, m, trees within 20 m)."""
    per_m = np.where(trees, WILSON_PER_M_WITH_TREES, WILSON_PER_M_OPEN)
    return _logistic(WILSON_CONSTANT + WILSON_PER_KW_M * np.asarray(intensity_kw_m, float) - per_m * width_m)


def wilson_from_zero(intensity_kw_m: Floats, width_m: Floats, trees: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return Wilson's probability, brought down to none at no intensity below ``WILSON_FROM_KW_M``."""
    share = np.minimum(np.asarray(intensity_kw_m, float) / WILSON_FROM_KW_M, 1.0)
    return wilson(intensity_kw_m, width_m, trees) * share


def by_flame(intensity_kw_m: Floats, width_m: Floats) -> NDArray[np.float64]:
    """Return the probability of breach from width over Byram's flame length, arrays of one shape (kW/m, m)."""
    flame = flame_length(np.asarray(intensity_kw_m, float))
    with np.errstate(divide="ignore", over="ignore"):
        flames = np.where(flame > 0.0, np.asarray(width_m, float) / np.maximum(flame, 1e-300), np.inf)
        return 1.0 / (1.0 + (flames / EVEN_FLAMES) ** FLAME_POWER)


def breach_probability(
    rule: str, grass: NDArray[np.bool_], intensity_kw_m: Floats, width_m: Floats, trees: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return the probability that fire crosses somewhere along the length the rules are meant for, shape (n,).

    ``rule``: wilson, flame, or by_fuel (Wilson where the fire that comes up burns in ``grass``).
    """
    if rule == "wilson":
        return wilson_from_zero(intensity_kw_m, width_m, trees)
    flame = by_flame(intensity_kw_m, width_m)
    return flame if rule == "flame" else np.where(grass, wilson_from_zero(intensity_kw_m, width_m, trees), flame)


def along(probability: Floats, length_m: Floats | float, meant_for_m: float) -> NDArray[np.float64]:
    """Return the probability for a stretch of ``length_m`` where ``meant_for_m`` has the given one.

    Crossings along a barrier are taken for independent, so that cells of any size hold a fire as often.
    """
    with np.errstate(divide="ignore"):
        return -np.expm1(np.log1p(-np.asarray(probability, float)) * (length_m / meant_for_m))


def _logistic(logit: Floats) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-np.asarray(logit, float)))
