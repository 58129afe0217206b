"""Does a verdict hang on a road that nobody has checked? Each unverified road is left out in turn.

Only what needs no run is tried here: the plan's coverage targets, on open roads. One road at a time; two
that fail together are not tried.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.coverage import coverage_values
from agents.drill import Drill
from sim.kpi import meets
from sim.settings.root import RunSettings


@dataclass(frozen=True)
class Flip:
    """A target that is met with an unverified road and missed without it."""

    kpi: str
    road: str
    road_zh: str
    value: float | None
    without: float | None


def flips(drill: Drill, settings: RunSettings) -> list[Flip]:
    """Return the coverage targets whose verdict flips without some single unverified road, road by road."""
    month = drill.clock.calendar.month(0.0)
    base = coverage_values(drill.world, drill.teams, drill.post.settings, month)
    # A road less never raises coverage: only a target that is met can flip.
    held = [t for t in settings.targets.targets if t.kpi in base and meets(base[t.kpi], t.op, t.value)]
    if not held:
        return []
    fact = np.asarray(drill.world.roads.links["fact"])
    found: list[Flip] = []
    for row, link in enumerate(settings.county.links):
        gone = fact == row
        if link.verified or not link.enabled or not gone.any():
            continue
        without = coverage_values(drill.world, drill.teams, drill.post.settings, month, closed=gone)
        a, b = (drill.world.places.get(word) for word in (link.a, link.b))
        found.extend(
            Flip(t.kpi, f"{a.name} - {b.name}", f"{a.name_zh} - {b.name_zh}", base[t.kpi], without[t.kpi])
            for t in held if not meets(without[t.kpi], t.op, t.value))
    return found


def footnote(found: list[Flip], checked: int) -> dict[str, str]:
    """Return what to tell of it, in both languages."""
    if not found:
        return {
            "en": f"Leaving out any one of the {checked} unverified roads flips no verdict on coverage.",
            "zh": f"逐一剔除{checked}条未经核实的道路，覆盖率各项结论均不改变。",
        }
    en = "; ".join(f"{f.kpi} is met with and missed without {f.road}" for f in found)
    zh = "；".join(f"{f.kpi}在计入{f.road_zh}时达标，剔除后未达标" for f in found)
    return {"en": f"Verdicts that hang on an unverified road: {en}.", "zh": f"依赖未经核实道路的结论：{zh}。"}
