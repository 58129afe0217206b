"""What a report says of a forest fire beyond its KPIs: its course over time, crews at work, what happened in it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viz.facts import TEAM, RunFacts

AT_WORK = 4
"""A mover's status while it works on scene."""
TOLD = ("spot_fire", "line_lost", "reignition", "drop", "crew_withdraws", "crew_entrapped")
"""Kinds of events that are told in numbers, where the run has any."""
FLAME_CLASSES_M = (1.2, 2.4, 3.4)
"""Flame lengths up to which hand crews, engines and dozers, and aircraft can attack the head: 4, 8 and 11 ft (NWCG
Fireline Handbook, appendix B, PMS 410-2)."""
SMOKE_UG_M3 = (75.0, 150.0, 250.0)
"""Classes of China's air quality index for fine particles: lightly, heavily and severely polluted from here on (HJ
633-2012, means of 24 h; here means of ten minutes)."""


class FireFacts:
    """Facts of the first forest fire of a run."""

    def __init__(self, facts: RunFacts) -> None:
        self.facts = facts

    @cached_property
    def key(self) -> str | None:
        """Key of the hazard that has flames; None where the run has none."""
        layers = self.facts.folder.manifest.get("layers", [])
        names = [str(row["key"]) for row in layers] if layers else []
        return next((name.partition(".")[0] for name in names if name.endswith(".flame_m")), None)

    def layer(self, name: str) -> NDArray[Any] | None:
        """Return a layer of the fire by its short name; None where the run has not written it."""
        wanted = f"{self.key}.{name}"
        known = {str(row["key"]) for row in self.facts.folder.manifest.get("layers", [])}
        return self.facts.folder.layer(wanted) if wanted in known else None

    def series(self, name: str) -> NDArray[np.float64]:
        """Return a series of the fire by its short name (n,), zeros where the run has not written it."""
        series = self.facts.folder.series
        return np.nan_to_num(series.get(f"{self.key}.{name}", np.zeros(len(series["t_s"]))))

    @cached_property
    def burned_ha(self) -> float:
        """Burned area at the end."""
        return float(self.series("burned_ha").max(initial=0.0))

    def crews_at_work(self, t_s: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return how many teams work on scene at each time (n,)."""
        tracks = self.facts.folder.tracks
        count = np.zeros(len(t_s), np.int64)
        for i in np.flatnonzero(tracks["mover_kind"] == TEAM):
            a, b = int(tracks["mover_start"][i]), int(tracks["mover_start"][i + 1])
            last = np.searchsorted(tracks["mover_t"][a:b], t_s, side="right") - 1
            status = tracks["mover_status"][a:b]
            count += (last >= 0) & (status[np.maximum(last, 0)] == AT_WORK) if b > a else 0
        return count

    @cached_property
    def told(self) -> dict[str, int]:
        """How often each kind of event happened, for those that did."""
        counts = {kind: len(self.facts.folder.events((kind,))) for kind in TOLD}
        return {kind: n for kind, n in counts.items() if n}

    @cached_property
    def kpis(self) -> list[dict[str, Any]]:
        """The KPIs of the fire."""
        return [row for row in self.facts.folder.kpis if str(row["key"]).startswith("fire.")]
