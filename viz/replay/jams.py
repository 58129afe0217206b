"""Queues and bottlenecks as a replay carries them: only roads on which vehicles ever stood."""

from __future__ import annotations

from typing import Any

import numpy as np

from viz.evacuation import EvacuationFacts
from viz.facts import RunFacts
from viz.replay.pack import Packer

MOST_LINKS = 6000
"""Queued links carried at most: those with the longest queues. A day of them packs to some hundred kilobytes."""


def queues(facts: RunFacts, pack: Packer) -> dict[str, Any] | None:
    """Pack the standing vehicles link by link over the samples; None where the run wrote down no traffic.

    Returns how many links and samples there are, the links' rows in the run, and how many were left out.
    """
    t, tracks = facts.folder.traffic, facts.folder.tracks
    if t is None:
        return None
    longest = t["queue"].max(axis=0) if len(t["t_s"]) else np.zeros(len(tracks["link_tail"]), np.int64)
    ever = np.flatnonzero(longest > 0)
    kept = np.sort(ever[np.argsort(-longest[ever].astype(np.int64), kind="stable")][:MOST_LINKS])
    # By where they lie, so that neighbours in the blob have queues at the same time.
    order = kept[np.lexsort((tracks["link_head"][kept], tracks["link_tail"][kept]))]
    pack.add("queue_t", t["t_s"])
    pack.add("queue_tail", tracks["link_tail"][order])
    pack.add("queue_head", tracks["link_head"][order])
    pack.add("queue_room", np.maximum(np.rint(t["storage"][order]), 1))
    pack.add("queue", np.ascontiguousarray(t["queue"][:, order].T))
    return {"n": len(order), "samples": len(t["t_s"]), "left_out": len(ever) - len(order),
            "links": [int(link) for link in order]}


def jams(facts: RunFacts, queued: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Return the bottlenecks, each with its head in m, its way as nodes, and its links' rows among the packed queues.

    Takes the links' rows in the run out of ``queued``: the page needs them no longer.
    """
    row_of = {link: i for i, link in enumerate(queued.pop("links"))} if queued else {}
    told, grid, tracks = EvacuationFacts(facts), facts.folder.grid, facts.folder.tracks
    rows = []
    for row in told.bottlenecks:
        links = [int(link) for link in row["links"]]
        lost = facts.words("replay.jam_lost", lost=f"{float(row['lost_vehh']):,.0f}",
                           queue=f"{int(row['max_queue_veh']):,}")
        where = told.where(row)
        rows.append({
            "id": f"bottleneck-{row['rank']}", "rank": int(row["rank"]), "name": where[:1].upper() + where[1:],
            "klass": facts.words.get(f"road.{row['road_class']}", ""), "lost": lost,
            "x": round(float(row["x"]) - grid.x0_m), "y": round(grid.y0_m - float(row["y"])),
            "t": row.get("worst_s"), "rows": [row_of[link] for link in links if link in row_of],
            "nodes": [int(tracks["link_tail"][links[0]]), *(int(tracks["link_head"][link]) for link in links)],
        })
    return rows
