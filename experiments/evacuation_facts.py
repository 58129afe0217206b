"""What came of an evacuation, zone by zone: who was warned, left and was safe, and by when. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHARES = (50, 90, 95, 100)
"""Per cent of those who left whose arrival is a clearance time; 50, 90 and 100 are what evacuation time estimates
state (NUREG/CR-7002), 95 what Chinese drill reports ask for (assumption)."""
Bools = NDArray[np.bool_]
Times = NDArray[np.floating[Any]]


def clearance_min(safe_s: Times, order_s: float, end_s: float) -> dict[str, float | None]:
    """Return ``p50_min`` ... ``p100_min``: minutes from ``order_s`` until that share is safe; None past ``end_s``.

    ``safe_s`` (n,) is of everybody who left, inf for who never arrived. A share is reached when at least so many
    have arrived: the inverted distribution function, without interpolation. Without an order there is no time.
    """
    times = np.sort(np.asarray(safe_s, np.float64))
    rows: dict[str, float | None] = {}
    for share in SHARES:
        last = float(times[max(0, -(-share * len(times) // 100) - 1)]) if len(times) else np.inf
        rows[f"p{share}_min"] = max(last - order_s, 0.0) / 60 if last <= end_s and np.isfinite(order_s) else None
    return rows


def still_safe_s(safe_s: Times, dead: Bools) -> Times:
    """Return ``safe_s`` (n,) with inf for the ``dead`` (n,): who died where he was thought safe was not."""
    return np.where(dead, np.inf, safe_s)


def zone_rows(
    zone: NDArray[np.integer], zone_ids: Sequence[str], zone_ordered_s: Times, *, ordered: Bools, warned_s: Times,
    depart_s: Times, safe_s: Times, end_s: float,
) -> list[dict[str, Any]]:
    """Return a row a zone that was ordered out, in order of their orders, then one for them all (``place`` "").

    ``zone`` (persons,) is the row of each resident's zone in ``zone_ids``, -1 for none; ``zone_ordered_s``
    (zones,) its first order, since its all-clear if it was ordered again, inf for none; ``ordered`` (persons,)
    whether the resident's home was ordered out. Who came home and is ordered out again has not left until then.
    Times (persons,) are in seconds since the start, inf for never.
    """
    given = np.flatnonzero(np.isfinite(zone_ordered_s))
    concerned = ordered & (zone >= 0)
    rows = []
    for z in sorted(given.tolist(), key=lambda z: (float(zone_ordered_s[z]), zone_ids[z])):
        who = concerned & (zone == z)
        rows.append(_zone_row(zone_ids[z], float(zone_ordered_s[z]), who, warned_s, depart_s, safe_s, end_s))
    if rows:
        first = float(zone_ordered_s[given].min())
        rows.append(_zone_row("", first, concerned, warned_s, depart_s, safe_s, end_s))
    return rows


def _zone_row(place: str, order_s: float, who: Bools, warned_s: Times, depart_s: Times, safe_s: Times,
              end_s: float) -> dict[str, Any]:
    gone = who & (depart_s <= end_s)
    return {
        "place": place, "ordered_s": order_s, "ordered": int(who.sum()),
        "warned": int((who & (warned_s <= end_s)).sum()), "left": int(gone.sum()),
        "safe": int((gone & (safe_s <= end_s)).sum()),
        **{key: None if minutes is None else round(minutes, 2)
           for key, minutes in clearance_min(safe_s[gone], order_s, end_s).items()},
    }
