"""Water through hose: what flows uphill through so much hose with so many pumps in a row, and a tender's round trip.

Loss of head in hose after the fire service's formula FL = C (Q / 100)^2 L / 100 (psi, gal/min, ft) with C = 24 for
1 1/2 in (38 mm; Chinese forest hose is 40 mm), as in American pump operators' courses. A pump gives its full head at
no flow and none at its greatest flow, on a parabola between: H = H0 (1 - (Q / Q0)^2). Pumps in a row add their heads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

PSI_M = 0.70307
"""Metres of water in a pound per square inch."""
LITRES_PER_GAL = 3.785412
M_PER_FT = 0.3048
HOSE_C = 24.0
LOSS_PER_M = HOSE_C * PSI_M / (100.0 * LITRES_PER_GAL) ** 2 / (100.0 * M_PER_FT)
"""Metres of head lost in a metre of hose at 1 l/min, times the square of the flow."""
NOZZLE_HEAD_M = 35.0
"""Head left for the nozzle: 50 psi, a hand-held smooth bore's."""


@dataclass(frozen=True)
class Pumps:
    """Some pumps alike: how many, one's head at no flow (m), its flow at no head (l/min)."""

    count: int
    head_m: float
    most_l_min: float


def hose_flow_l_min(pumps: Sequence[Pumps], *, lift_m: float, hose_m: float, most_l_min: float = math.inf) -> float:
    """Return the flow (l/min) that pumps in a row bring ``lift_m`` up through ``hose_m`` of hose, at the most so much.

    0 where their head does not suffice. Downhill water runs by itself.
    """
    head = sum(row.count * row.head_m for row in pumps) - lift_m - NOZZLE_HEAD_M
    if head <= 0.0:
        return 0.0
    resistance = LOSS_PER_M * hose_m + sum(row.count * row.head_m / row.most_l_min**2 for row in pumps)
    return min(most_l_min, math.sqrt(head / resistance)) if resistance > 0.0 else most_l_min


def pumps_needed(*, head_m: float, lift_m: float, hose_m: float, flow_l_min: float, most_l_min: float) -> int:
    """Return how many pumps in a row bring a flow (l/min, below ``most_l_min``) up a lift through hose."""
    each = head_m * (1.0 - (flow_l_min / most_l_min) ** 2)
    return max(0, math.ceil((lift_m + NOZZLE_HEAD_M + LOSS_PER_M * hose_m * flow_l_min**2) / each - 1e-9))


def shuttle_l_min(*, tank_l: float, drive_s: float, fill_l_min: float, empty_l_min: float) -> float:
    """Return what one tender brings (l/min) over a drive of so many seconds each way: tank / (2 d + fill + empty)."""
    return tank_l / (2.0 * drive_s / 60.0 + tank_l / fill_l_min + tank_l / empty_l_min)
