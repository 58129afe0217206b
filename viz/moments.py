"""The events worth telling: told in words, like ones at one time as one, with milestones."""

from __future__ import annotations

from typing import Any

import numpy as np

from viz.facts import RunFacts
from viz.household_moves import SAFE_KINDS
from viz.telling import tell

CATEGORY = {
    "ignition": "hazard",
    "incident": "hazard",
    "release": "hazard",
    "contained": "hazard",
    "line_lost": "hazard",
    "barrier_breached": "hazard",
    "spot_fire": "hazard",
    "reignition": "hazard",
    "mopped_up": "hazard",
    "crew_withdraws": "team",
    "crew_entrapped": "harm",
    "crew_burned": "harm",
    "road_closed": "hazard",
    "road_opened": "hazard",
    "detected": "command",
    "alarm": "command",
    "order": "command",
    "warning_order": "people",
    "turnout": "team",
    "on_scene": "team",
    "withdraw": "team",
    "rest": "team",
    "return": "team",
    "back": "team",
    "shelter_open": "people",
    "shelter_full": "people",
    "air_order": "team",
    "air_takeoff": "team",
    "drop": "team",
    "air_dusk": "team",
    "air_return": "team",
    "loaded": "supply",
    "delivery": "supply",
    "injured": "harm",
    "dead": "harm",
}
TOGETHER_S = {
    "warning_order": 60.0,
    "shelter_open": 1800.0,
    "shelter_full": 60.0,
    "injured": 600.0,
    "dead": 600.0,
    "road_closed": 300.0,
    "line_lost": 600.0,
    "barrier_breached": 600.0,
    "spot_fire": 600.0,
    "reignition": 600.0,
    "crew_withdraws": 600.0,
    "order": 0.0,
    "rest": 60.0,
    "return": 60.0,
    "back": 300.0,
}
"""Events of a kind within this long of the first of them are told as one where they are more than two."""
FIRST_ONLY = ("shelter_full", "loaded", "delivery", "drop")
"""Kinds told only the first time for each shelter; the map shows every trip."""
NAMES_TOLD = 6
SHARES_SAFE = (0.5, 0.9)


def moments(facts: RunFacts) -> list[dict[str, Any]]:
    """Return {"t", "kind", "cat", "text", "x", "y"} in order of time; x, y in m or None."""
    rows: list[dict[str, Any]] = []
    open_groups: dict[str, list[dict[str, Any]]] = {}
    groups: list[list[dict[str, Any]]] = []
    told: set[tuple[str, str]] = set()
    for event in facts.of(*CATEGORY):
        kind = event["kind"]
        if kind in FIRST_ONLY:
            if (kind, event["place"]) in told:
                continue
            told.add((kind, event["place"]))
        group = open_groups.get(kind)
        if group and kind in TOGETHER_S and event["t_s"] - group[0]["t_s"] <= TOGETHER_S[kind]:
            group.append(event)
        else:
            open_groups[kind] = [event]
            groups.append(open_groups[kind])
    for group in groups:
        if len(group) > 2 and f"group.{group[0]['kind']}" in facts.words:
            rows.append(_row(group[0], _together(group, facts)))
        else:
            rows += [_row(event, tell(event, facts)) for event in group]
    rows += milestones(facts)
    return sorted(rows, key=lambda row: row["t"])


def _row(event: dict[str, Any], text: str) -> dict[str, Any]:
    known = event["x"] is not None and np.isfinite(event["x"])
    return {"t": round(event["t_s"]), "kind": event["kind"], "cat": CATEGORY[event["kind"]], "text": text,
            "x": round(event["x"]) if known else None, "y": round(event["y"]) if known else None}


def _together(group: list[dict[str, Any]], facts: RunFacts) -> str:
    words = facts.words
    key = "agent" if group[0]["kind"] in ("order", "rest", "return", "back") else "place"
    names = [facts.all_names.get(event[key], "") for event in group]
    names = [name for name in names if name]
    told = words("list.join").join(names[:NAMES_TOLD]) + (
        words("group.more") if len(names) > NAMES_TOLD else ""
    )
    return words(f"group.{group[0]['kind']}", n=len(group), names=told).rstrip(": ：")


def milestones(facts: RunFacts) -> list[dict[str, Any]]:
    """Return when the first people left, and when half and nine tenths of all who left were safe."""
    moves = facts.moves
    out, safe = moves.of_kinds("departed"), moves.of_kinds(*SAFE_KINDS)
    rows = []
    if out.any():
        rows.append(_milestone(float(moves.t_s[out][0]), facts.words("milestone.first_left")))
    # Who moves on from a refuge is not safe until the next one.
    again = moves.of_kinds("moved_on")
    safe = safe | again
    total, sofar = int(moves.persons[out].sum()), np.cumsum(np.where(again, -1, 1)[safe] * moves.persons[safe])
    for share in SHARES_SAFE:
        # From then on at least so many are safe.
        k = len(sofar) - int(np.argmax((sofar < share * total)[::-1])) if (sofar < share * total).any() else 0
        if k < len(sofar):
            rows.append(_milestone(float(moves.t_s[safe][k]), facts.words(
                "milestone.safe", share=f"{100 * share:.0f}", people=f"{int(sofar[k]):,}")))
    stranded = moves.of_kinds("stranded")
    if stranded.any():
        rows.append(_milestone(float(moves.t_s[stranded][0]), facts.words("milestone.stranded"), "harm"))
    return rows


def _milestone(t_s: float, text: str, category: str = "people") -> dict[str, Any]:
    return {"t": round(t_s), "kind": "milestone", "cat": category, "text": text, "x": None, "y": None}
