"""Roads from elsewhere: a GraphML, GeoPackage or CSV graph turned into our own table, checked, every guess counted.

Attribute names are OSMnx's: ``x``, ``y`` (or ``lon``, ``lat``), ``length`` (m), ``speed_kph``, ``maxspeed``,
``lanes``, ``oneway``, ``highway``, ``name``; our own (``length_m``, ``free_speed_mps``) are read as well. OSM's
``lanes`` count both directions of a two-way road, so half of them (at least one) goes to each.

Left out: turn restrictions, signals, gradients, opening hours, reversible lanes. A junction's delay is a setting
of the traffic model, not a fact of the table.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
import re
import shutil
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from sim.errors import InputError
from sim.world.projection import Projection
from sim.world.road_defaults import DEFAULTS, NOT_FOR_CARS, ONE_WAY_CLASSES, OTHER, Default
from sim.world.road_sources import Row, Source, read_source
from sim.world.road_table import FASTEST_MPS, JAM_SPACING_M, MOST_LANES, matched_reverse, read_table

KMH = 1 / 3.6
MPH_KMH = 1.609344
"""The international mile."""
NUMBER = re.compile(r"\d+(?:\.\d+)?")
TRUE, FALSE = ("true", "yes", "1", "-1"), ("false", "no", "0")
SHORTCUT = 0.98
"""A link shorter than this share of the straight line between its ends is one whose length is doubted."""
MADE = ("nodes.csv", "links.csv", "meta.json")
Grade = str
"""On what a figure rests: ``source`` (stated), ``default`` (by class), ``line`` (straight line), ``lifted``."""


@dataclass
class Link:
    """One direction of an imported road."""

    id: str
    tail: int
    head: int
    length_m: float
    speed_mps: float
    lanes: int
    highway: str
    name: str
    two_way: bool
    length_grade: Grade
    speed_grade: Grade
    lanes_grade: Grade


@dataclass
class Imported:
    """A road graph in our own form, and what was done to it on the way."""

    node_id: list[str]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    links: list[Link]
    crs: str
    done: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def import_roads(file: Path, out: Path) -> dict[str, Any]:
    """Read a road graph, write it as our own table into the folder ``out`` (new), and return the report.

    Raises InputError for a file that is no road graph, an impossible value, or an ``out`` that holds other things.
    """
    check_out(out)
    imported = interpreted(read_source(file))
    report = reported(imported, file)
    _write(imported, report, out)
    return report | {"folder": str(out)}


def check_out(out: Path) -> None:
    """Raise InputError where a folder is not new, empty, or an earlier import's: nothing else is replaced."""
    if not out.exists():
        return
    if not out.is_dir() or {path.name for path in out.iterdir()} - set(MADE):
        raise InputError("out= holds other things", value=str(out), where="command line",
                         allowed="a new or empty folder, or that of an earlier import")


def interpreted(source: Source) -> Imported:
    """Return a source's graph in metres, with lanes and speeds of one direction; InputError for a bad row."""
    if not source.nodes or not source.links:
        raise InputError("a road graph without nodes or without links", where=str(source.file),
                         allowed="at least two nodes and a link")
    x, y, crs, note = _coordinates(source)
    row_of: dict[str, int] = {}
    for row, node in enumerate(source.nodes):
        if row_of.setdefault(node["_id"], row) != row:
            raise InputError("a node that stands twice", value=node["_id"], where=str(source.file),
                             allowed="each node once")
    out = Imported(list(row_of), x, y, [], crs, notes=[note] if note else [])
    for item in source.links:
        if link := _link(item, row_of, source, out):
            out.links.append(link)
    if not out.links:
        raise InputError("no road for cars", where=str(source.file), allowed="at least one link that cars may use")
    _complete(out)
    _drop_bare_nodes(out)
    return out


def _coordinates(source: Source) -> tuple[NDArray[np.float64], NDArray[np.float64], str, str]:
    """Return x and y in metres, the CRS they are in ("" where nobody knows), and what had to be guessed."""
    pairs = (("x_m", "y_m"), ("lon", "lat"), ("x", "y"))
    names = next((pair for pair in pairs if set(pair) <= set(source.nodes[0])), None)
    if names is None:
        raise InputError("nodes without coordinates", value=", ".join(source.nodes[0]), where=str(source.file),
                         allowed="x and y, lon and lat, or x_m and y_m")
    x, y = (np.array([_number(node.get(name, ""), source, f"node {node['_id']}, {name}") for node in source.nodes])
            for name in names)
    if names == ("x_m", "y_m"):
        return x, y, "", ""
    degrees = bool((np.abs(x) <= 180).all() and (np.abs(y) <= 90).all())
    geographic = names == ("lon", "lat") or _is_geographic(source, degrees)
    if not geographic:
        if source.crs:
            Projection(source.crs).to_xy(0.0, 0.0)  # raises for a CRS that is not in metres
            return x, y, source.crs, ""
        return x, y, "", "The source names no coordinate system and its coordinates are no degrees: taken as metres."
    if not degrees:
        raise InputError("coordinates that are no degrees", value=[float(x.max()), float(y.max())],
                         where=str(source.file), allowed="lon from -180 to 180, lat from -90 to 90")
    zone = int((float(x.mean()) + 180.0) // 6.0) + 1
    utm = f"EPSG:{(32600 if y.mean() >= 0 else 32700) + min(zone, 60)}"
    east, north = Projection(utm).to_xy(x, y)
    return east, north, utm, f"Coordinates were longitude and latitude; projected to {utm}."


def _is_geographic(source: Source, degrees: bool) -> bool:
    if not source.crs:
        return degrees
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return bool(CRS.from_user_input(source.crs).is_geographic)
    except CRSError:
        raise InputError("unknown coordinate reference system", value=source.crs, where=str(source.file),
                         allowed="what pyproj reads, such as EPSG:4326") from None


def _link(row: Row, row_of: dict[str, int], source: Source, out: Imported) -> Link | None:
    """Return a row as a link; None where cars may not use it or it leads nowhere (counted)."""
    where = f"link {row['_id']} ({row['_from']} to {row['_to']})"
    for end in ("_from", "_to"):
        if row[end] not in row_of:
            raise InputError("an unknown node", value=row[end], where=f"{source.file}, {where}",
                             allowed="a node of the same graph")
    highway = _first(row.get("highway", ""))
    if highway in NOT_FOR_CARS:
        out.done["links_not_for_cars"] += 1
        return None
    tail, head = row_of[row["_from"]], row_of[row["_to"]]
    if tail == head:
        out.done["loops_left_out"] += 1
        return None
    default = DEFAULTS.get(highway, OTHER)
    if highway not in DEFAULTS:
        out.done["links_of_unknown_class"] += 1
    one_way = _one_way(row, highway, source, where)
    speed, speed_grade = _speed(row, default, source, where)
    lanes, lanes_grade = _lanes(row, default, one_way, source, where)
    length, length_grade = _length(row, tail, head, lanes, source, where, out)
    return Link(row["_id"], tail, head, length, speed, lanes, highway, _first(row.get("name", "")),
                not one_way, length_grade, speed_grade, lanes_grade)


def _one_way(row: Row, highway: str, source: Source, where: str) -> bool:
    """Return whether a row is one way; where it does not say, a row of a directed graph is one direction."""
    text = _first(row.get("oneway", "")).lower()
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    if text:
        raise InputError("no direction of a road", value=text, where=f"{source.file}, {where}, oneway",
                         allowed="true or false")
    return source.directed or highway in ONE_WAY_CLASSES


def _speed(row: Row, default: Default, source: Source, where: str) -> tuple[float, Grade]:
    """Return m/s; several limits along one link are averaged by their harmonic mean, as travel times add."""
    for key, factor in (("free_speed_mps", 1.0), ("speed_mps", 1.0), ("speed_kph", KMH), ("maxspeed", KMH)):
        text = row.get(key, "")
        if not text or text.lower() in ("none", "nan", "signals", "walk", "variable"):
            continue
        found = [float(part) * factor * (MPH_KMH if "mph" in text else 1.0) for part in NUMBER.findall(text)]
        value = len(found) / sum(1.0 / v for v in found) if found and min(found) > 0 else 0.0
        if not 0 < value <= FASTEST_MPS or "-" in text:
            raise InputError("no speed of a road", value=text, where=f"{source.file}, {where}, {key}",
                             allowed=f"above 0 and at most {FASTEST_MPS / KMH:g} km/h")
        return value, "source"
    return default.speed_kmh * KMH, "default"


def _lanes(row: Row, default: Default, one_way: bool, source: Source, where: str) -> tuple[int, Grade]:
    """Return the lanes of this direction; of several numbers along one link the smallest, where it narrows."""
    text = row.get("lanes", "")
    if not text or text.lower() in ("none", "nan"):
        return default.lanes, "default"
    found = [float(part) for part in NUMBER.findall(text)]
    if not found or "-" in text or not 0.5 <= min(found) <= 2 * MOST_LANES:
        raise InputError("no number of lanes", value=text, where=f"{source.file}, {where}, lanes",
                         allowed=f"from 1 to {MOST_LANES} in a direction")
    # In our own table a row is one direction; in OpenStreetMap a two-way road counts both.
    lanes = min(found) if one_way or "from_node" in row else min(found) / 2
    return min(max(math.floor(lanes), 1), MOST_LANES), "source"


def _length(
    row: Row, tail: int, head: int, lanes: int, source: Source, where: str, out: Imported
) -> tuple[float, Grade]:
    straight = math.hypot(out.x_m[tail] - out.x_m[head], out.y_m[tail] - out.y_m[head])
    key = next((key for key in ("length_m", "length") if row.get(key)), "")
    length, grade = straight, "line"
    if key:
        length, grade = _number(row[key], source, f"{where}, {key}"), "source"
        if length < 0:
            raise InputError("a negative length", value=row[key], where=f"{source.file}, {where}, {key}",
                             allowed="metres, 0 or more")
        if length < SHORTCUT * straight:
            out.done["links_shorter_than_the_straight_line"] += 1
    if length * lanes < JAM_SPACING_M:
        return JAM_SPACING_M, "lifted"
    return length, grade


def _complete(out: Imported) -> None:
    """Add the other direction of two-way links that the source gives once; links of the same ends are matched."""
    have = Counter((link.tail, link.head) for link in out.links)
    seen: Counter[tuple[int, int]] = Counter()
    added = []
    for link in out.links:
        if not link.two_way:
            continue
        seen[link.tail, link.head] += 1
        if seen[link.tail, link.head] > have[link.head, link.tail]:
            added.append(Link(**(asdict(link) | {"id": f"{link.id}-back", "tail": link.head, "head": link.tail})))
    out.links.extend(added)
    out.done["reverse_links_added"] += len(added)
    names: Counter[str] = Counter()
    for link in out.links:  # OSMnx repeats an OSM id over the pieces of a way
        names[link.id] += 1
        if names[link.id] > 1:
            link.id = f"{link.id}.{names[link.id]}"


def _drop_bare_nodes(out: Imported) -> None:
    used = np.unique(np.array([[link.tail, link.head] for link in out.links]))
    out.done["nodes_without_links"] += len(out.node_id) - len(used)
    row = np.full(len(out.node_id), -1)
    row[used] = np.arange(len(used))
    out.node_id = [out.node_id[i] for i in used]
    out.x_m, out.y_m = out.x_m[used], out.y_m[used]
    for link in out.links:
        link.tail, link.head = int(row[link.tail]), int(row[link.head])


def reported(out: Imported, file: Path) -> dict[str, Any]:
    """Return what the graph is made of: counts, length, components, dead ends, and every guess that was made."""
    tail, head = (np.array([getattr(link, end) for link in out.links], np.int32) for end in ("tail", "head"))
    length = np.array([link.length_m for link in out.links])
    reverse = matched_reverse(tail, head, length)
    nodes, links = len(out.node_id), len(out.links)
    graph = coo_matrix((np.ones(links), (tail, head)), shape=(nodes, nodes))
    weak, weak_of = connected_components(graph, directed=True, connection="weak")
    strong, strong_of = connected_components(graph, directed=True, connection="strong")
    largest = np.bincount(strong_of).max()
    neighbours = np.diff(((graph + graph.T) > 0).tocsr().indptr)
    leaves = np.bincount(tail, minlength=nodes)
    km_by_class: Counter[str] = Counter()
    for link in out.links:
        km_by_class[link.highway or "not stated"] += link.length_m / 1000.0  # type: ignore[assignment]
    grades = {key: dict(sorted(Counter(getattr(link, f"{key}_grade") for link in out.links).items()))
              for key in ("length", "speed", "lanes")}
    warnings = list(out.notes)
    if short := out.done["links_shorter_than_the_straight_line"]:
        warnings.append(f"{short} links are stated shorter than the straight line between their ends; taken as stated.")
    if strong > 1:
        warnings.append(f"{nodes - int(largest)} of {nodes} nodes cannot be left and reached again from the largest "
                        f"connected part; vehicles there may find no way out.")
    return {
        "source": file.name, "sha256": _digest(file), "crs": out.crs, "nodes": nodes, "links": links,
        "link_km": round(float(length.sum()) / 1000.0, 3),
        "lane_km": round(sum(link.length_m * link.lanes for link in out.links) / 1000.0, 3),
        "road_km": round(float(length.sum() - length[reverse >= 0].sum() / 2) / 1000.0, 3),
        "components": int(weak), "largest_component_nodes": int(np.bincount(weak_of).max()),
        "strong_components": int(strong), "largest_strong_component_nodes": int(largest),
        "dead_ends": int((neighbours == 1).sum()), "nodes_without_way_out": int((leaves == 0).sum()),
        "reverse_links_matched": int((reverse >= 0).sum()), "one_way_links": int((reverse < 0).sum()),
        "links_lifted_to_one_vehicle": grades["length"].get("lifted", 0),
        "shortest_link_m": round(float(length.min()), 2), "longest_link_m": round(float(length.max()), 2),
        **{key: int(out.done[key]) for key in
           ("reverse_links_added", "links_not_for_cars", "loops_left_out", "links_of_unknown_class",
            "links_shorter_than_the_straight_line", "nodes_without_links")},
        "grades": grades, "km_by_class": {key: round(km, 3) for key, km in sorted(km_by_class.items())},
        "defaults": "lanes and speed by class: assumption after JTG B01-2014 design speeds (memory)",
        "warnings": warnings,
    }


def _write(out: Imported, report: dict[str, Any], folder: Path) -> None:
    """Write the table to a temporary folder, read it back as anybody would, and rename it."""
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.absolute().with_name(f".{folder.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}")
    temporary.mkdir()
    try:
        nodes = [[name, f"{x:.3f}", f"{y:.3f}"] for name, x, y in zip(out.node_id, out.x_m, out.y_m, strict=True)]
        _csv(temporary / "nodes.csv", ("node", "x_m", "y_m"), nodes)
        links = [[link.id, out.node_id[link.tail], out.node_id[link.head], f"{link.length_m:.3f}",
                  f"{link.speed_mps:.4f}", link.lanes, DEFAULTS.get(link.highway, OTHER).road_class.name.lower(),
                  link.highway, link.name, link.length_grade, link.speed_grade, link.lanes_grade]
                 for link in out.links]
        _csv(temporary / "links.csv",
             ("link", "from_node", "to_node", "length_m", "free_speed_mps", "lanes", "road_class", "highway",
              "name", "length_grade", "speed_grade", "lanes_grade"), links)
        (temporary / "meta.json").write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", "utf-8")
        read_table(temporary)
        if folder.exists():
            shutil.rmtree(folder)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _csv(file: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


def _digest(file: Path) -> str:
    if file.is_dir():
        return ""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _first(text: str) -> str:
    """Return the first of several values that OSMnx joins into one list, ``['a', 'b']``."""
    return re.sub(r"^\[?['\"]?", "", text).split("'")[0].split('"')[0].strip() if text.startswith("[") else text


def _number(text: str, source: Source, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError("not a number", value=text, where=f"{source.file}, {where}", allowed="a finite number")
    return value
