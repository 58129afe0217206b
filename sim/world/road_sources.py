"""Other people's road graphs as plain rows: GraphML, GeoPackage, or a pair of CSV tables; nothing is interpreted.

GraphML as OSMnx and networkx write it, GeoPackage as OSMnx writes it (layers ``nodes`` and ``edges``; geometry
is not read, the nodes' x and y are). Rows are dicts of text by lower-case column name.
"""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.errors import InputError
from sim.world.road_table import find

Row = dict[str, str]
FORMS = "a .graphml file, a .gpkg file, or a folder with nodes.csv and links.csv"
ENDS = (("from_node", "to_node"), ("u", "v"), ("from", "to"), ("source", "target"), ("tail", "head"))
"""Names that the ends of a link go by; the first pair that is there is taken."""
IDS = ("node", "osmid", "node_id", "id")
LINK_IDS = ("link", "link_id", "edge_id", "id")
NODE_LAYERS = ("nodes",)
LINK_LAYERS = ("links", "edges")


@dataclass(frozen=True)
class Source:
    """A road graph as it was found: rows of nodes and links, ends and ids by the keys ``_id``, ``_from``, ``_to``.

    ``crs`` is what the file says of its coordinates ("" where it says nothing); ``directed`` is whether a row
    of the links stands for one direction.
    """

    file: Path
    form: str
    nodes: list[Row]
    links: list[Row]
    crs: str
    directed: bool


def read_source(file: Path) -> Source:
    """Read a road graph by its form; InputError for a form that is not known or a file that is not of it."""
    if not file.exists():
        raise InputError("no such file", value=str(file), where="command line", allowed=FORMS)
    if file.is_dir() or file.suffix.lower() == ".csv":
        return _csv_pair(file if file.is_dir() else file.parent)
    reader = {".graphml": _graphml, ".xml": _graphml, ".gpkg": _geopackage}.get(file.suffix.lower())
    if reader is None:
        raise InputError("a form of road graph that is not read", value=file.name, where="command line",
                         allowed=FORMS, mend="OSMnx writes them: ox.io.save_graphml(G, 'roads.graphml')")
    return reader(file)


def _graphml(file: Path) -> Source:
    from xml.etree.ElementTree import ParseError

    import networkx as nx

    try:
        graph: Any = nx.read_graphml(file, node_type=str, force_multigraph=True)
    except (ParseError, nx.NetworkXError, ValueError, KeyError) as error:
        raise InputError("not a GraphML file that can be read", value=str(error), where=str(file),
                         allowed="GraphML as networkx or OSMnx writes it") from None
    nodes = [{"_id": str(name), **_lower(data)} for name, data in graph.nodes(data=True)]
    links = [{"_id": str(data.get("id", row)), "_from": str(a), "_to": str(b), **_lower(data)}
             for row, (a, b, data) in enumerate(graph.edges(data=True))]
    return Source(file, "GraphML", nodes, links, str(graph.graph.get("crs", "")), bool(graph.is_directed()))


def _geopackage(file: Path) -> Source:
    """Read the tables of nodes and links; their coordinate system is that of the layer of nodes."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as base:
            base.row_factory = sqlite3.Row
            names = [row[0] for row in base.execute("select name from sqlite_master where type = 'table'")]
            node_layer, link_layer = (_layer(names, file, wanted) for wanted in (NODE_LAYERS, LINK_LAYERS))
            nodes, links = _rows(base, node_layer), _rows(base, link_layer)
            crs = ""
            if {"gpkg_geometry_columns", "gpkg_spatial_ref_sys"} <= set(names):
                found = base.execute(
                    "select s.organization, s.organization_coordsys_id from gpkg_geometry_columns g "
                    "join gpkg_spatial_ref_sys s using (srs_id) where g.table_name = ?", (node_layer,)).fetchone()
                crs = f"{found[0]}:{found[1]}" if found else ""
    except sqlite3.DatabaseError as error:
        raise InputError("not a GeoPackage that can be read", value=str(error), where=str(file),
                         allowed="a GeoPackage with tables of nodes and links") from None
    return Source(file, "GeoPackage", _with_ids(nodes, file, node_layer), _with_ends(links, file, link_layer),
                  crs, directed=True)


def _layer(names: list[str], file: Path, wanted: tuple[str, ...]) -> str:
    for name in wanted:
        if name in names:
            return name
    raise InputError(f"no table of {wanted[-1]}", value=", ".join(names), where=str(file),
                     allowed=" or ".join(wanted))


def _rows(base: sqlite3.Connection, table: str) -> list[Row]:
    return [_lower({key: row[key] for key in row.keys() if not isinstance(row[key], bytes)})  # noqa: SIM118
            for row in base.execute(f'select * from "{table}" order by rowid')]


def _csv_pair(folder: Path) -> Source:
    nodes_file = find(folder, "nodes")
    links_file = find(folder, "edges" if not _has(folder, "links") and _has(folder, "edges") else "links")
    nodes, links = (_csv_rows(file) for file in (nodes_file, links_file))
    crs = "EPSG:4326" if nodes and {"lon", "lat"} <= set(nodes[0]) else ""
    return Source(links_file, "CSV", _with_ids(nodes, nodes_file, "nodes"), _with_ends(links, links_file, "links"),
                  crs, directed=True)


def _has(folder: Path, kind: str) -> bool:
    return (folder / f"{kind}.csv").is_file() or any(folder.glob(f"*_{kind}.csv"))


def _csv_rows(file: Path) -> list[Row]:
    with file.open(newline="", encoding="utf-8-sig") as stream:
        return [_lower(row) for row in csv.DictReader(stream)]


def _with_ids(rows: list[Row], file: Path, table: str) -> list[Row]:
    name = _column(rows, file, table, IDS, "an id")
    return [{"_id": row[name], **row} for row in rows]


def _with_ends(rows: list[Row], file: Path, table: str) -> list[Row]:
    if not rows:
        return rows
    for a, b in ENDS:
        if a in rows[0] and b in rows[0]:
            name = next((key for key in LINK_IDS if key in rows[0]), "")
            return [{"_id": row[name] if name else str(i), "_from": row[a], "_to": row[b], **row}
                    for i, row in enumerate(rows)]
    raise InputError("links without their two ends", value=", ".join(rows[0]), where=f"{file}, {table}",
                     allowed=" or ".join(f"{a} and {b}" for a, b in ENDS))


def _column(rows: list[Row], file: Path, table: str, names: tuple[str, ...], what: str) -> str:
    if not rows:
        return names[0]
    for name in names:
        if name in rows[0]:
            return name
    raise InputError(f"{table} without {what}", value=", ".join(rows[0]), where=f"{file}, {table}",
                     allowed=" or ".join(names))


def _lower(row: dict[Any, Any]) -> Row:
    """Return a row as text by lower-case names; what is empty is left out."""
    return {str(key).strip().lower(): str(value).strip() for key, value in row.items()
            if key is not None and value is not None and not isinstance(value, list)}
