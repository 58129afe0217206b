"""A road network as a plain table: a folder with ``nodes.csv`` and ``links.csv``.

The form that ``sandtable world import-roads`` writes (with a ``meta.json`` of what was guessed) and that the traffic
model reads. File names may carry one prefix in common (``paradise_nodes.csv``). One row of ``links.csv`` is one
direction of a road.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError, did_you_mean

JAM_SPACING_M = 7.5
"""Length of road that one standing vehicle takes in a lane (m); Krauss 1998 and SUMO's default vehicle: 5 m and
2.5 m of gap. A link must hold one."""
NODE_COLUMNS = ("node", "x_m", "y_m")
LINK_COLUMNS = ("link", "from_node", "to_node", "length_m", "free_speed_mps", "lanes")
TRIP_COLUMNS = ("vehicle", "origin_node", "exit_node", "depart_s")
FASTEST_MPS = 70.0
"""Above this (252 km/h) a speed is taken for a unit mistaken."""
MOST_LANES = 12
NO_LINK = -1


@dataclass(frozen=True)
class RoadTable:
    """Nodes (n,) and directed links (m,); ``tail`` and ``head`` are rows of the nodes.

    ``reverse`` (m,) is the row of the same road the other way, -1 where there is none.
    """

    node_id: NDArray[np.str_]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    link_id: NDArray[np.str_]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    length_m: NDArray[np.float64]
    speed_mps: NDArray[np.float64]
    lanes: NDArray[np.int32]
    reverse: NDArray[np.int32]

    @property
    def free_s(self) -> NDArray[np.float64]:
        """Free-flow time of each link (m,), seconds."""
        return self.length_m / self.speed_mps

    def incoming(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the links that end at each node as ``start`` (n + 1,) and ``link`` (m,)."""
        order = np.argsort(self.head, kind="stable").astype(np.int32)
        start = np.searchsorted(self.head[order], np.arange(len(self.node_id) + 1)).astype(np.int32)
        return start, order


@dataclass(frozen=True)
class Trips:
    """Vehicles (k,): rows of the origin and exit nodes, departure time in seconds."""

    origin: NDArray[np.int32]
    exit: NDArray[np.int32]
    depart_s: NDArray[np.float64]

    def take(self, rows: NDArray[np.int64]) -> Trips:
        """Return the trips of these rows."""
        return Trips(self.origin[rows], self.exit[rows], self.depart_s[rows])


def find(folder: Path, kind: str) -> Path:
    """Return the file ``KIND.csv`` or the only ``*_KIND.csv`` of a folder; InputError for none or several."""
    if not folder.is_dir():
        raise InputError("no such folder", value=str(folder), where="data",
                         allowed="a folder with nodes.csv and links.csv")
    plain = folder / f"{kind}.csv"
    found = [plain] if plain.is_file() else sorted(folder.glob(f"*_{kind}.csv"))
    if len(found) == 1:
        return found[0]
    raise InputError(f"{'no' if not found else 'more than one'} table of {kind}",
                     value=[path.name for path in found] or None, where=str(folder),
                     allowed=f"{kind}.csv, or one *_{kind}.csv")


def read_table(folder: Path) -> RoadTable:
    """Read and check nodes and links; InputError with file, line and column for the first fault found."""
    nodes_file, links_file = find(folder, "nodes"), find(folder, "links")
    nodes = read_columns(nodes_file, NODE_COLUMNS)
    node_id = np.array(nodes["node"])
    if not len(node_id):
        raise InputError("a network without nodes", where=str(nodes_file), allowed="one row a node")
    row_of = rows_by_id(nodes["node"], nodes_file, "node")
    x, y = (numbers(nodes[key], nodes_file, key) for key in ("x_m", "y_m"))
    links = read_columns(links_file, LINK_COLUMNS)
    if not links["link"]:
        raise InputError("a network without links", where=str(links_file), allowed="one row a direction of a road")
    rows_by_id(links["link"], links_file, "link")
    tail, head = (references(links[key], row_of, links_file, key, nodes_file) for key in ("from_node", "to_node"))
    length, speed, lanes = (numbers(links[key], links_file, key) for key in LINK_COLUMNS[3:])
    refuse(tail == head, links["to_node"], links_file, "to_node", "a link that ends where it begins",
           "two different nodes")
    refuse(length <= 0, links["length_m"], links_file, "length_m", "a link without length", "metres above 0")
    refuse((speed <= 0) | (speed > FASTEST_MPS), links["free_speed_mps"], links_file, "free_speed_mps",
           "no speed of a road", f"m/s above 0, up to {FASTEST_MPS:g}", "km/h divided by 3.6 are m/s")
    refuse((lanes < 1) | (lanes > MOST_LANES) | (lanes != np.floor(lanes)), links["lanes"], links_file, "lanes",
           "a capacity below one lane, or no number of lanes", f"a whole number from 1 to {MOST_LANES}",
           "the lanes of this direction; a closed road is closed in the plan, not here")
    refuse(length * lanes < JAM_SPACING_M, links["length_m"], links_file, "length_m",
           "a capacity below one vehicle: a standing vehicle does not fit on the link",
           f"length_m x lanes of at least {JAM_SPACING_M:g} m",
           "sandtable world import-roads lengthens such links and counts them")
    return RoadTable(node_id, x, y, np.array(links["link"]), tail, head, length, speed, lanes.astype(np.int32),
                     matched_reverse(tail, head, length))


def read_trips(folder: Path, table: RoadTable) -> Trips:
    """Read and check the vehicles of a folder; InputError for a node that the network lacks."""
    file = find(folder, "trips")
    columns = read_columns(file, TRIP_COLUMNS)
    if not columns["vehicle"]:
        raise InputError("no vehicles", where=str(file), allowed="one row a vehicle")
    rows_by_id(columns["vehicle"], file, "vehicle")
    row_of = {name: row for row, name in enumerate(table.node_id.tolist())}
    nodes_file = find(folder, "nodes")
    origin, exit_ = (references(columns[key], row_of, file, key, nodes_file) for key in ("origin_node", "exit_node"))
    depart = numbers(columns["depart_s"], file, "depart_s")
    refuse(depart < 0, columns["depart_s"], file, "depart_s", "a departure before the run starts", "seconds >= 0")
    refuse(origin == exit_, columns["exit_node"], file, "exit_node", "a trip that ends where it begins",
           "another node than origin_node")
    return Trips(origin, exit_, depart)


def matched_reverse(
    tail: NDArray[np.int32], head: NDArray[np.int32], length_m: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Return, per link (m,), the row of the same road the other way, or -1.

    Of parallel links between two nodes, those of the nearest rank by length are matched, so that a bypass is
    not taken for the reverse of the road it passes.
    """
    reverse = np.full(len(tail), NO_LINK, np.int32)
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    forward = tail < head
    order = np.lexsort((length_m, ~forward, high, low))
    edges = np.flatnonzero((np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)) + 1
    for group in np.split(order, edges):
        there, back = group[forward[group]], group[~forward[group]]
        pairs = min(len(there), len(back))
        reverse[there[:pairs]] = back[:pairs]
        reverse[back[:pairs]] = there[:pairs]
    return reverse


def read_columns(file: Path, needed: Sequence[str]) -> dict[str, list[str]]:
    """Return the needed columns of a CSV file as text; InputError for a missing one or a ragged row."""
    with file.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.reader(stream)
        head = [name.strip() for name in next(reader, [])]
        if missing := [name for name in needed if name not in head]:
            raise InputError("a missing column", value=missing[0], where=f"{file}, line 1",
                             allowed=", ".join(needed), mend=did_you_mean(missing[0], head))
        rows = []
        for row in reader:
            if len(row) != len(head):
                raise InputError("a row of another length than the header", value=",".join(row),
                                 where=f"{file}, line {reader.line_num}", allowed=f"{len(head)} values")
            rows.append(row)
    at = {name: head.index(name) for name in needed}
    return {name: [row[i].strip() for row in rows] for name, i in at.items()}


def rows_by_id(ids: Sequence[str], file: Path, column: str) -> dict[str, int]:
    """Return the row of each id; InputError where one stands twice."""
    row_of: dict[str, int] = {}
    for row, name in enumerate(ids):
        if name in row_of:
            raise InputError(f"a {column} that stands twice", value=name, where=_at(file, row, column),
                             allowed=f"each {column} once (first on line {row_of[name] + 2})")
        row_of[name] = row
    return row_of


def references(
    ids: Sequence[str], row_of: Mapping[str, int], file: Path, column: str, other: Path
) -> NDArray[np.int32]:
    """Return the rows that ids stand for; InputError for one that the other file lacks."""
    for row, name in enumerate(ids):
        if name not in row_of:
            raise InputError("an unknown node", value=name, where=_at(file, row, column),
                             allowed=f"a node of {other.name}")
    return np.array([row_of[name] for name in ids], np.int32)


def numbers(texts: Sequence[str], file: Path, column: str) -> NDArray[np.float64]:
    """Return numbers from text; InputError for one that is none, is infinite or is missing."""
    out = np.empty(len(texts), np.float64)
    for row, text in enumerate(texts):
        try:
            out[row] = float(text)
        except ValueError:
            out[row] = math.nan
    refuse(~np.isfinite(out), texts, file, column, "not a number", "a finite number")
    return out


def refuse(
    bad: NDArray[np.bool_], texts: Sequence[Any], file: Path, column: str, what: str, allowed: str, mend: str = ""
) -> None:
    """Raise InputError for the first bad row, saying how many more there are."""
    rows = np.flatnonzero(bad)
    if len(rows):
        more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
        raise InputError(what, value=texts[rows[0]], where=_at(file, int(rows[0]), column) + more,
                         allowed=allowed, mend=mend)


def _at(file: Path, row: int, column: str) -> str:
    return f"{file}, line {row + 2}, {column}"
