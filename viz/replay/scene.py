"""What a replay is drawn from: a table of words, names and places, and one blob of packed arrays."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viz.facts import AIRCRAFT, BUS, TEAM, TRUCK, RunFacts
from viz.figures.spread_map import view_box
from viz.moments import moments
from viz.replay.jams import jams, queues
from viz.replay.pack import Packer, pack_arrival, simplify
from viz.terrain import ground_rgb

JPEG_QUALITY = 82
BASE_PIXELS = 1800
"""The ground's picture is at most this wide or high."""
MANY_LEGS = 120_000
TOLERANCE_M = 12.0
"""Where there are more legs than that, waypoints go that straight motion passes within this distance."""
VILLAGE_STEP_S = 300.0
END_STATES = {4: "sheltered", 5: "left", 6: "stranded", 7: "home", 8: "dead", 9: "hosted", 10: "at_door"}
"""Codes of agents.population.columns.State a household can end in; with its head away it is drawn at home."""
SERIES_SHOWN = (
    "warned",
    "moving",
    "sheltered",
    "hosted",
    "left",
    "away",
    "stranded",
    "exposed",
    "injured",
    "dead",
    "teams_out",
)
HAZARD_SERIES = ("burned_ha", "line_m", "line_km")
SORTS = {TEAM: 0, TRUCK: 1, BUS: 2, AIRCRAFT: 3}
"""By kind of mover, how the page draws it; one of another kind is drawn as a team."""
LOOKS = {"forest_fire": "fire", "chemical_leak": "gas", "typhoon": "water"}


def build(facts: RunFacts) -> tuple[dict[str, Any], str, bytes]:
    """Return the scene's table, the blob of its arrays (base64) and the ground's picture (JPEG)."""
    folder, words, manifest = facts.folder, facts.words, facts.folder.manifest
    pack = Packer()
    grid = folder.grid
    start = folder.start
    scene: dict[str, Any] = {
        "lang": words.lang,
        "words": words.under("replay") | words.under("status") | {"unit_ha": words.unit("ha")},
        "title": words(
            "report.title",
            county=words.pick(manifest, "county_name"),
            scenario=words.pick(manifest, "scenario_title"),
        ),
        "subtitle": words("replay.subtitle", plan=words.pick(manifest, "plan_title"), seed=manifest["seed"]),
        "start_ms": int(start.replace(tzinfo=UTC).timestamp() * 1000),
        "duration": folder.duration_s,
        "grid": {"x0": grid.x0_m, "y0": grid.y0_m, "cell": grid.cell_m, "ny": grid.ny, "nx": grid.nx},
        "view": list(view_box(facts)),
        "onset": facts.onset_s,
        "alarm": facts.alarm_s,
        "rasters": _rasters(facts, pack),
        "places": _places(facts),
        "bases": _bases(facts),
        "shelters": _shelters(facts, pack),
        "movers": _movers(facts, pack),
        "series": _series(facts, pack),
        "moments": moments(facts),
        "households": _households(facts, pack),
        "villages": _villages(facts, pack),
        "lines": _lines(facts, pack),
        "roads": _roads(facts, pack),
        "queues": (queued := queues(facts, pack)),
        "jams": jams(facts, queued),
        "notes": [words.clean(note.get(words.lang) or note.get("en", "")) for note in manifest.get("footnotes", [])],
    }
    scene["arrays"] = pack.table
    return scene, pack.blob(), _ground(facts)


def _ground(facts: RunFacts) -> bytes:
    from PIL import Image

    image = Image.fromarray(ground_rgb(facts.folder))
    shrink = min(1.0, BASE_PIXELS / max(image.size))
    if shrink < 1:
        image = image.resize(
            (round(image.width * shrink), round(image.height * shrink)), Image.Resampling.LANCZOS
        )
    out = BytesIO()
    image.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return out.getvalue()


def data_uri(jpeg: bytes) -> str:
    """Return a JPEG as a data URI."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


def _rasters(facts: RunFacts, pack: Packer) -> list[dict[str, Any]]:
    rows = []
    for i, layer in enumerate(facts.folder.arrivals):
        steps, step, box = pack_arrival(facts.folder.layer(layer["key"]), facts.folder.duration_s)
        pack.add(f"raster{i}", steps)
        doc = (
            layer.get("doc_zh") if facts.words.lang == "zh" and layer.get("doc_zh") else layer.get("doc", "")
        )
        look = "line" if "line" in layer["name"] else LOOKS.get(layer["hazard"], "other")
        rows.append(
            {"array": f"raster{i}", "step": step, "box": box, "doc": doc, "look": look, "key": layer["key"]}
        )
    return rows


def _metres(
    facts: RunFacts, x: NDArray[Any], y: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return metres east and south of the raster's north-west corner: small numbers pack better."""
    return np.asarray(x, float) - facts.folder.grid.x0_m, facts.folder.grid.y0_m - np.asarray(y, float)


def _places(facts: RunFacts) -> list[dict[str, Any]]:
    t = facts.folder.tracks
    x, y = _metres(facts, t["place_x"], t["place_y"])
    names = facts.names("place")
    orders = {village.id: village.ordered_s for village in facts.villages}
    return [
        {
            "id": str(key),
            "name": names[str(key)],
            "kind": str(t["place_kind"][i]),
            "x": round(x[i]),
            "y": round(y[i]),
            "residents": int(t["place_residents"][i]),
            "ordered": orders.get(str(key)),
        }
        for i, key in enumerate(t["place_id"])
    ]


def _bases(facts: RunFacts) -> list[dict[str, Any]]:
    t = facts.folder.tracks
    x, y = _metres(facts, t["base_x"], t["base_y"])
    names = facts.names("base")
    return [
        {
            "id": str(key),
            "name": names[str(key)],
            "kind": str(t["base_kind"][i]),
            "x": round(x[i]),
            "y": round(y[i]),
        }
        for i, key in enumerate(t["base_id"])
    ]


def _shelters(facts: RunFacts, pack: Packer) -> list[dict[str, Any]]:
    t = facts.folder.tracks
    x, y = _metres(facts, t["shelter_x"], t["shelter_y"])
    names = facts.names("shelter")
    pack.add("shelter_t", t["shelter_t"])
    pack.add("occupancy", np.ascontiguousarray(t["shelter_occupancy"].T))
    return [{"id": str(key), "name": names[str(key)], "x": round(x[i]), "y": round(y[i]),
             "capacity": int(t["shelter_capacity"][i])} for i, key in enumerate(t["shelter_id"])]


def _movers(facts: RunFacts, pack: Packer) -> list[dict[str, Any]]:
    t = facts.folder.tracks
    x, y = _metres(facts, t["mover_x"], t["mover_y"])
    start = t["mover_start"]
    pack.add("mover_start", start)
    pack.add("mover_t", t["mover_t"])
    pack.add("mover_x", x)
    pack.add("mover_y", y)
    pack.add("mover_status", t["mover_status"])
    names = facts.names("mover")
    return [{"id": str(key), "name": names[str(key)], "sort": SORTS.get(int(t["mover_kind"][i]), 0)}
            for i, key in enumerate(t["mover_id"])]


def _households(facts: RunFacts, pack: Packer) -> dict[str, Any]:
    t = facts.folder.tracks
    start, node, when = t["leg_start"], t["leg_node"], np.asarray(t["leg_t"], float)
    if len(node) > MANY_LEGS:
        keep = simplify(
            t["node_x"][node].astype(float), t["node_y"][node].astype(float), when, start, TOLERANCE_M
        )
        start = np.concatenate([[0], np.cumsum(keep)])[start]
        node, when = node[keep], when[keep]
    pack.add("leg_start", start)
    pack.add("leg_node", node)
    pack.add("leg_t", when)
    pack.add("leg_people", t["leg_people"])
    pack.add("leg_end", t["leg_end"])
    x, y = _metres(facts, t["leg_home_x"], t["leg_home_y"])
    pack.add("home_x", x)
    pack.add("home_y", y)
    return {"n": len(t["leg_id"]), "legs": len(node), "ends": {str(k): v for k, v in END_STATES.items()}}


def _series(facts: RunFacts, pack: Packer) -> list[dict[str, Any]]:
    """Pack the counters' columns, the hazards' in hundredths; return what each is called."""
    series, words, rows = facts.folder.series, facts.words, []
    pack.add("series_t", series["t_s"])
    for name in [*hazard_series(series), *(n for n in SERIES_SHOWN if n in series)]:
        if name == "away" and "left" in series:
            continue  # then those absent from home, of no concern here
        hazard, stem, unit = "." in name, name.split(".")[-1], ""
        scale = 100 if hazard else 1
        pack.add(f"series_{name}", np.nan_to_num(series[name]) * scale)
        if hazard and "_" in stem:
            stem, unit = stem.rsplit("_", 1)
        label = words.get(f"series.{name.split('.')[-1]}", stem.replace("_", " "))
        rows.append({"key": name, "array": f"series_{name}", "scale": scale, "label": label,
                     "unit": words.unit(unit) if unit else "", "hazard": int(hazard)})
    return rows


def hazard_series(series: Mapping[str, Any]) -> list[str]:
    """Return the hazards' own series to count: those the words know, else the first of each hazard."""
    columns = [name for name in series if "." in name]
    known = [name for name in columns if name.split(".")[-1] in HAZARD_SERIES]
    first = {name.split(".")[0]: name for name in reversed(columns)}
    covered = {name.split(".")[0] for name in known}
    return known + [name for hazard, name in first.items() if hazard not in covered]


def _villages(facts: RunFacts, pack: Packer) -> dict[str, Any]:
    """Pack, for villages that people left, how many had left and were safe by each step of five minutes."""
    ids = [village.id for village in facts.villages]
    row_of = {str(key): i for i, key in enumerate(facts.folder.tracks["place_id"])}
    at = np.full(len(row_of), -1, np.int64)
    at[[row_of[key] for key in ids]] = np.arange(len(ids))
    steps = int(np.ceil(facts.folder.duration_s / VILLAGE_STEP_S)) + 1
    left, safe = np.zeros((len(ids), steps), np.int64), np.zeros((len(ids), steps), np.int64)
    for kind, place, t, people in facts.village_moves():
        column = np.minimum(np.ceil(t / VILLAGE_STEP_S).astype(np.int64), steps - 1)
        known = at[place] >= 0
        np.add.at(left if kind == "departed" else safe, (at[place][known], column[known]), people[known])
    pack.add("village_left", left.cumsum(axis=1))
    pack.add("village_safe", safe.cumsum(axis=1))
    return {"ids": ids, "steps": steps, "step": VILLAGE_STEP_S}


def _lines(facts: RunFacts, pack: Packer) -> dict[str, Any]:
    """Pack the line built: points with the time each was reached, polyline by polyline."""
    lines = facts.line_built if facts.line_layer is None else []  # the raster says it better
    every = np.concatenate(lines) if lines else np.zeros((0, 3))
    x, y = _metres(facts, every[:, 1], every[:, 2])
    pack.add("line_start", np.cumsum([0] + [len(line) for line in lines]))
    pack.add("line_t", every[:, 0])
    pack.add("line_x", x)
    pack.add("line_y", y)
    return {"n": len(lines)}


def _roads(facts: RunFacts, pack: Packer) -> dict[str, Any]:
    t = facts.folder.tracks
    tail, head, klass = t["link_tail"].astype(np.int64), t["link_head"].astype(np.int64), t["link_class"]
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    _, first = np.unique(low * (len(t["node_x"]) + 1) + high, return_index=True)
    order = first[np.lexsort((high[first], low[first], klass[first]))]
    x, y = _metres(facts, t["node_x"], t["node_y"])
    pack.add("node_x", x)
    pack.add("node_y", y)
    pack.add("road_tail", low[order])
    pack.add("road_head", high[order] - low[order])
    pack.add("road_class", klass[order])
    pack.add("road_kind", t["link_kind"][order])
    return {"n": len(order)}
