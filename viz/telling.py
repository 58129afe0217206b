"""An event told in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from viz.facts import RunFacts

KNOWN_WITHIN_M = 4000.0
"""A town or a site this near is named rather than a nearer village: people know it."""
PLACED_BY_POINT = ("ignition", "incident", "release", "detected", "alarm")


def tell(event: dict[str, Any], facts: RunFacts) -> str:
    """Return one sentence for an event: who, what, where, how much, in the facts' language."""
    words, kind = facts.words, event["kind"]
    names, detail = facts.all_names, event["detail"]
    who = names.get(detail.get("team", ""), "") or names.get(event["agent"], "")
    where = names.get(event["place"], "")
    if kind == "loaded" and event["place"] in facts.names("shelter"):
        kind = "loaded_for"
    if kind == "detected":
        kind = f"detected_by_{detail.get('means', 'citizens')}"
    if kind == "barrier_breached":
        kind = f"barrier_breached_{detail.get('barrier', 'road')}"
    several = len(facts.of("ignition", "incident", "release")) > 1
    if not where and (event["kind"] in PLACED_BY_POINT or (kind == "on_scene" and several)):
        where = near_place(event, facts)
    for key in (f"tell.{kind}_at" if where else "", f"tell.{kind}"):
        if key and key in words:
            return words(key, who=who or event["agent"], where=where or event["place"],
                         packs=f"{int(detail.get('packs', 0)):,}", cause=str(detail.get("cause", "")),
                         metres=f"{int(detail.get('distance_m', 0)):,}",
                         injured=f"{int(detail.get('injured', 0)):,}", dead=f"{int(detail.get('dead', 0)):,}").strip()
    return words(
        "tell.other", what=words.get(f"event.{kind}", kind), who=who or event["agent"], where=where
    ).strip()


def near_place(event: dict[str, Any], facts: RunFacts) -> str:
    """Return the name of the best known place near an event; empty where it has no coordinates."""
    t = facts.folder.tracks
    if event["x"] is None or not np.isfinite(event["x"]) or not len(t["place_x"]):
        return ""
    away = np.hypot(t["place_x"].astype(float) - event["x"], t["place_y"].astype(float) - event["y"])
    known = np.isin(t["place_kind"], ["unit", "site"])
    if known.any() and away[known].min() <= KNOWN_WITHIN_M:
        away = np.where(known, away, np.inf)
    return facts.names("place")[str(t["place_id"][int(np.argmin(away))])]
