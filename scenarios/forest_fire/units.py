"""Exact conversions between SI and the units Rothermel's equations are written in.

The foot (0.3048 m), the pound (0.45359237 kg) and the international-table Btu (1055.05585262 J) are exact
by definition (NIST SP 811), so every factor here is exact too.
"""

from __future__ import annotations

M_PER_FT = 0.3048
KG_PER_LB = 0.45359237
KJ_PER_BTU = 1.05505585262
S_PER_MIN = 60.0
M_PER_MILE = 1609.344

FT_MIN_PER_M_S = S_PER_MIN / M_PER_FT
"""ft/min in one m/s."""
M_S_PER_FT_MIN = M_PER_FT / S_PER_MIN
MPH_PER_FT_MIN = S_PER_MIN * M_PER_FT / M_PER_MILE
"""mi/h in one ft/min."""
KW_M_PER_BTU_FT_S = KJ_PER_BTU / M_PER_FT
"""kW/m in one Btu/ft/s: 3.4614."""
KJ_M2_PER_BTU_FT2 = KJ_PER_BTU / M_PER_FT**2
"""kJ/m2 in one Btu/ft2: 11.3565."""
KW_M2_PER_BTU_FT2_MIN = KJ_M2_PER_BTU_FT2 / S_PER_MIN
CHAIN_M = 20.1168
"""One surveyor's chain in metres."""
