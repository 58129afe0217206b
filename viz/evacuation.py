"""What a run's evacuation came to, told: zones and their clearance times, bottlenecks, who was left and why."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from viz.facts import RunFacts
from viz.words import NONE

SHARES = (50, 90, 95, 100)
ELSEWHERE = "absent_day_place"
"""Reason of those who were away at a day place that nobody ordered out: not safe in a shelter, nor in danger."""
REASONS_TOLD = 4


@dataclass
class ZoneFacts:
    """A zone that was ordered out, or all of them: persons by what became of them, and clearance times in min."""

    name: str
    ordered_s: float
    ordered: int
    warned: int
    left: int
    safe: int
    clear_min: dict[int, float | None]
    """By per cent of those who left, from the zone's own order; None where not reached within the run."""
    reasons: dict[str, int] = field(default_factory=dict)
    """Persons ordered out and not safe at the end, by reason."""

    @property
    def left_behind(self) -> int:
        """Persons ordered out who are neither safe nor away from it all."""
        return sum(n for reason, n in self.reasons.items() if reason != ELSEWHERE)

    def cleared_s(self, share: int) -> float:
        """Return when so many per cent were safe, in seconds since the start; inf for not within the run."""
        minutes = self.clear_min[share]
        return float("inf") if minutes is None else self.ordered_s + 60 * minutes


class EvacuationFacts:
    """The run's ``evacuation.json`` with names in the report's language."""

    def __init__(self, facts: RunFacts) -> None:
        self.facts = facts
        self.words = facts.words
        self.told: dict[str, Any] = facts.folder.evacuation or {}
        reasons: dict[str, dict[str, int]] = defaultdict(dict)
        for row in self.told.get("left_behind", []):
            reasons[str(row["zone"])][str(row["reason"])] = int(row["persons"])
        self.reasons: dict[str, int] = defaultdict(int)
        """Persons left by reason, over all zones."""
        for of in reasons.values():
            for reason, persons in of.items():
                self.reasons[reason] += persons
        names = facts.names("place")
        rows = self.told.get("zones", [])
        zones = [self._zone(row, names, reasons[str(row["place"])]) for row in rows if row["place"]]
        self.zones = sorted(zones, key=lambda zone: (-zone.cleared_s(90), -zone.left_behind, zone.name))
        """Last to clear first."""
        self.total = next((self._zone(row, names, dict(self.reasons)) for row in rows if not row["place"]), None)
        self.bottlenecks: list[dict[str, Any]] = list(self.told.get("bottlenecks", []))

    def _zone(self, row: dict[str, Any], names: dict[str, str], reasons: dict[str, int]) -> ZoneFacts:
        return ZoneFacts(
            name=names.get(row["place"], row["place"]) if row["place"] else self.words("evac.all_zones"),
            ordered_s=float(row["ordered_s"]), ordered=int(row["ordered"]), warned=int(row["warned"]),
            left=int(row["left"]), safe=int(row["safe"]),
            clear_min={share: row.get(f"p{share}_min") for share in SHARES}, reasons=reasons)

    def clearance(self, zone: ZoneFacts, share: int) -> str:
        """Return a clearance time in words; that it was not reached, or a dash where nobody left."""
        minutes = zone.clear_min[share]
        if minutes is not None:
            return self.words.span(60 * minutes)
        return self.words("evac.not_reached") if zone.left else NONE

    def where(self, row: dict[str, Any]) -> str:
        """Return a bottleneck's place in words: between two places, or near one."""
        start, end = self.words.pick(row, "from"), self.words.pick(row, "to")
        return self.words("evac.near", a=end) if start == end else self.words("evac.between", a=start, b=end)

    def meaning(self, row: dict[str, Any]) -> str:
        """Return what a bottleneck calls for: where to widen, to control or to spread."""
        capacity = max(float(row["capacity_vph"]), 1.0)
        cause = str(row.get("cause", "capacity"))
        if cause == "spillback":
            if row.get("behind"):
                return self.words("cause.spillback", rank=row["behind"])
            return self.words("cause.spillback_unranked", a=self.words.pick(row, "behind_at"))
        return self.words(
            f"cause.{cause}", capacity=f"{capacity:,.0f}", entered=f"{int(row['entered']):,}",
            hours=self.words.span(3600 * int(row["entered"]) / capacity))

    def reason(self, key: str) -> str:
        """Return a reason for not being safe in words."""
        return self.words.get(f"reason.{key}", key.replace("_", " "))

    def ranked_reasons(self) -> list[str]:
        """Return the reasons that anybody was left for, the most persons first, those out of danger last."""
        return sorted(self.reasons, key=lambda key: (key == ELSEWHERE, -self.reasons[key], key))

    def clock(self, t_s: float) -> str:
        """Return the time of day, with the day where it is not the first."""
        folder = self.facts.folder
        when = folder.clock(t_s)
        return f"{when:%H:%M}" if when.date() == folder.start.date() else f"{when:%m-%d %H:%M}"

    def lead(self) -> list[str]:
        """Return what matters most, in at most four sentences; none where nobody was ordered out."""
        if self.total is None:
            return []
        return [*self._cleared(self.total), *self._jammed(), self._left(self.total)]

    def _cleared(self, total: ZoneFacts) -> list[str]:
        words = self.words
        if not total.left:
            return [words("evac.lead_nobody", ordered=f"{total.ordered:,}")]
        at = total.cleared_s(90)
        if at == float("inf"):
            lines = [words("evac.lead_never", ordered=f"{total.ordered:,}", left=f"{total.left:,}",
                           safe=f"{total.safe:,}", p50=self.clearance(total, 50))]
        else:
            lines = [words("evac.lead_clear", time=self.clock(at), after=self.clearance(total, 90),
                           ordered=f"{total.ordered:,}", left=f"{total.left:,}", p50=self.clearance(total, 50),
                           p100=self.clearance(total, 100))]
        last = [zone for zone in self.zones if zone.left]
        if len(last) > 1:
            key = "evac.lead_last" if last[0].clear_min[90] is not None else "evac.lead_last_never"
            lines.append(words(key, zone=last[0].name, after=self.clearance(last[0], 90),
                               time="" if last[0].clear_min[90] is None else self.clock(last[0].cleared_s(90))))
        return lines

    def _jammed(self) -> list[str]:
        words = self.words
        if not self.bottlenecks:
            return [words("evac.lead_no_jam")] if self.facts.folder.traffic is not None else []
        worst = self.bottlenecks[0]
        root = next((row for row in self.bottlenecks if row["rank"] == worst.get("behind")), None)
        behind = "" if root is None else words("evac.lead_behind", where=self.where(root))
        return [words("evac.lead_jam", where=self.where(worst), klass=words.get(f"road.{worst['road_class']}", ""),
                      lost=f"{float(worst['lost_vehh']):,.0f}", queue=f"{int(worst['max_queue_veh']):,}",
                      hours=f"{float(worst['hours_queued']):.1f}") + behind]

    def _left(self, total: ZoneFacts) -> str:
        words = self.words
        if not total.left_behind:
            text = words("evac.lead_none_left", ordered=f"{total.ordered:,}")
        else:
            told = [key for key in self.ranked_reasons() if key != ELSEWHERE]
            why = words("list.join").join(words("evac.reason_n", reason=self.reason(key), n=f"{self.reasons[key]:,}")
                                          for key in told[:REASONS_TOLD])
            text = words("evac.lead_left", n=f"{total.left_behind:,}", ordered=f"{total.ordered:,}",
                         why=why + (words("group.more") if len(told) > REASONS_TOLD else ""))
        away = self.reasons.get(ELSEWHERE, 0)
        return text + (words("evac.lead_elsewhere", n=f"{away:,}") if away else "")

    def fates(self) -> list[tuple[str, str]]:
        """Return what else happened to people and cars, counted: (words, number), what is known to us first."""
        return [(name, f"{n:,.0f}") for name, n in self._fates() if n]

    def never(self) -> list[str]:
        """Return in words what was looked out for and did not happen."""
        return [name for name, n in self._fates() if not n]

    def _fates(self) -> list[tuple[str, float]]:
        known = self.words.under("fate")
        fates = {str(key): float(n) for key, n in self.told.get("fates", {}).items()}
        order = [*(key for key in known if key in fates), *sorted(set(fates) - set(known))]
        return [(known.get(key, key.replace("_", " ")), fates[key]) for key in order]

    def labels(self) -> list[str]:
        """Return the model's assumptions and limits: those of every run, then those the run wrote down."""
        own = [row.get(self.words.lang) or row.get("en", "") if isinstance(row, dict) else str(row)
               for row in self.told.get("labels", {}).values()]
        return [*self.words.under("evac_limit").values(), *(self.words.clean(str(text)) for text in own)]
