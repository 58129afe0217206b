"""An event told in words."""

from __future__ import annotations

from typing import Any

from viz.facts import RunFacts


def tell(event: dict[str, Any], facts: RunFacts) -> str:
    """Return one sentence for an event: who, what, where, how much, in the facts' language."""
    words, kind = facts.words, event["kind"]
    names, detail = facts.all_names, event["detail"]
    who = names.get(event["agent"], "")
    where = names.get(event["place"], "")
    if kind == "loaded" and event["place"] in facts.names("shelter"):
        kind = "loaded_for"
    if not where and kind in ("on_scene", "ignition", "incident", "release", "alarm"):
        where = near_place(event, facts)
    for key in (f"tell.{kind}_at" if where else "", f"tell.{kind}"):
        if key and key in words:
            return words(key, who=who or event["agent"], where=where or event["place"],
                         packs=f"{int(detail.get('packs', 0)):,}", cause=str(detail.get("cause", "")))
    return words("tell.other", what=words.get(f"event.{kind}", kind), who=who or event["agent"], where=where)


def near_place(event: dict[str, Any], facts: RunFacts) -> str:
    """Return the name of the nearest place to an event; empty where it has no coordinates."""
    import numpy as np

    t = facts.folder.tracks
    if event["x"] is None or not np.isfinite(event["x"]) or not len(t["place_x"]):
        return ""
    i = int(
        np.argmin(
            (t["place_x"].astype(float) - event["x"]) ** 2 + (t["place_y"].astype(float) - event["y"]) ** 2
        )
    )
    return facts.names("place")[str(t["place_id"][i])]
