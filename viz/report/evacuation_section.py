"""The report's part on the evacuation: clearance, bottlenecks, who was left, on what it rests."""

from __future__ import annotations

from typing import Any

from viz.evacuation import SHARES, EvacuationFacts, ZoneFacts
from viz.words import NONE, Words

FIGURES = ("evacuation", "queues", "traffic", "shelters")
"""Figures that stand in this part, where the run has it."""
ZONES_SHOWN = 60


def evacuation_section(evacuation: EvacuationFacts) -> dict[str, Any] | None:
    """Return what the page's template needs of the evacuation; None where nobody was ordered out."""
    if evacuation.total is None:
        return None
    return {
        "lead": evacuation.lead(), "clearance": _clearance(evacuation), "jams": _jams(evacuation),
        "has_traffic": evacuation.facts.folder.traffic is not None, "left": _left(evacuation),
        "fates": evacuation.fates(), "never": evacuation.words("list.join").join(evacuation.never()),
        "labels": evacuation.labels(),
    }


def _clearance(evacuation: EvacuationFacts) -> dict[str, Any]:
    words = evacuation.words
    head = [words("column.zone"), words("column.ordered_at"), words("column.persons_ordered"), words("column.warned"),
            words("column.left"), words("column.safe"), words("column.left_behind"),
            *(words("column.clear", share=share) for share in SHARES[:-1]), words("column.clear_all")]
    assert evacuation.total is not None
    rows = [_zone(evacuation, zone) for zone in [evacuation.total, *evacuation.zones[:ZONES_SHOWN]]]
    return {"head": head, "rows": rows, "more": max(0, len(evacuation.zones) - ZONES_SHOWN)}


def _zone(evacuation: EvacuationFacts, zone: ZoneFacts) -> list[str]:
    return [zone.name, evacuation.clock(zone.ordered_s), *(f"{n:,}" for n in (
        zone.ordered, zone.warned, zone.left, zone.safe, zone.left_behind)),
        *(evacuation.clearance(zone, share) for share in SHARES)]


def _jams(evacuation: EvacuationFacts) -> list[dict[str, Any]]:
    words = evacuation.words
    return [{
        "rank": int(row["rank"]), "where": _sentence(evacuation.where(row), words), "meaning": evacuation.meaning(row),
        "cells": [words.get(f"road.{row['road_class']}", str(row["road_class"])),
                  f"{float(row['capacity_vph']):,.0f}", f"{int(row['entered']):,}",
                  f"{float(row['lost_vehh']):,.0f}", f"{int(row['max_queue_veh']):,}",
                  f"{float(row['hours_queued']):.1f}"],
    } for row in evacuation.bottlenecks]


def _sentence(text: str, words: Words) -> str:
    return text[:1].upper() + text[1:] if words.lang == "en" else text


def _left(evacuation: EvacuationFacts) -> dict[str, Any]:
    """Return the table of zones by reasons, most persons first, with sums both ways; no rows for nobody left."""
    words, reasons = evacuation.words, evacuation.ranked_reasons()
    concerned = [zone for zone in evacuation.zones if zone.reasons]
    zones = sorted(concerned, key=lambda zone: (-sum(zone.reasons.values()), zone.name))
    rows = [[zone.name, *(_count(zone.reasons.get(key, 0)) for key in reasons), _count(sum(zone.reasons.values()))]
            for zone in zones[:ZONES_SHOWN]]
    total = [words("column.total"), *(_count(evacuation.reasons[key]) for key in reasons),
             _count(sum(evacuation.reasons.values()))]
    return {"head": [words("column.zone"), *(evacuation.reason(key) for key in reasons), words("column.total")],
            "rows": [total, *rows] if rows else [], "more": max(0, len(zones) - ZONES_SHOWN)}


def _count(n: int) -> str:
    return f"{n:,}" if n else NONE
