"""Roads from elsewhere: what is read, what is guessed and counted, what is refused; the table holds what it says."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from experiments.cli import main
from sim.errors import InputError
from sim.settings.traffic import TrafficSettings
from sim.traffic.network import TrafficNetwork
from sim.world.import_roads import import_roads
from sim.world.road_table import matched_reverse, read_table, read_trips


def graph() -> nx.MultiDiGraph:
    """A square kilometre in Hunan with OSMnx's attribute names: a two-way road, a one-way street, a footpath."""
    made = nx.MultiDiGraph(crs="epsg:4326")
    for name, (lon, lat) in {10: (113.1, 29.1), 11: (113.11, 29.1), 12: (113.11, 29.11), 13: (113.12, 29.11)}.items():
        made.add_node(name, x=lon, y=lat, osmid=name)
    road = {"length": "980.0", "highway": "primary", "lanes": "4", "maxspeed": "50", "oneway": "False", "name": "路"}
    made.add_edge(10, 11, 0, **road)
    made.add_edge(11, 10, 0, **road)
    made.add_edge(11, 12, 0, length="1110", highway="['residential', 'service']", maxspeed="['20 mph', '40 mph']",
                  lanes="['3', '2']", oneway="True")
    made.add_edge(12, 11, 0, length="1109", highway="footway", oneway="False")
    made.add_edge(12, 13, 0, highway="ox trail", oneway="False")
    made.add_edge(13, 13, 0, length="30", highway="service", oneway="False")
    return made


def imported(tmp_path: Path, made: Any, name: str = "g.graphml") -> tuple[dict[str, Any], list[dict[str, str]]]:
    nx.write_graphml(made, tmp_path / name)
    report = import_roads(tmp_path / name, tmp_path / "out")
    with (tmp_path / "out" / "links.csv").open(encoding="utf-8") as stream:
        return report, list(csv.DictReader(stream))


def test_graphml_by_osmnx_names(tmp_path: Path) -> None:
    report, links = imported(tmp_path, graph())
    by_ends = {(link["from_node"], link["to_node"]): link for link in links}
    assert set(by_ends) == {("10", "11"), ("11", "10"), ("11", "12"), ("12", "13"), ("13", "12")}
    road = by_ends["10", "11"]
    assert (float(road["free_speed_mps"]), road["lanes"]) == (pytest.approx(50 / 3.6, abs=1e-4), "2")
    assert (road["road_class"], road["name"], road["speed_grade"]) == ("provincial", "路", "source")
    street = by_ends["11", "12"]
    harmonic = 2 / (1 / 20 + 1 / 40) * 1.609344 / 3.6
    assert float(street["free_speed_mps"]) == pytest.approx(harmonic, abs=1e-4)
    assert (street["lanes"], street["highway"]) == ("2", "residential")
    trail = by_ends["12", "13"]
    assert (trail["length_grade"], trail["speed_grade"], trail["lanes_grade"]) == ("line", "default", "default")
    # 0.01 degrees of longitude at 29.11 N: 111.32 km x cos(lat) to 0.3 % (ellipsoid, scale of the projection)
    assert float(trail["length_m"]) == pytest.approx(1113.2 * np.cos(np.radians(29.11)), rel=3e-3)
    for key, value in {"nodes": 4, "links": 5, "links_not_for_cars": 1, "loops_left_out": 1, "reverse_links_added": 1,
                       "reverse_links_matched": 4, "one_way_links": 1, "links_of_unknown_class": 1, "components": 1,
                       "strong_components": 2, "dead_ends": 2, "nodes_without_way_out": 0}.items():
        assert report[key] == value, key
    assert report["crs"] == "EPSG:32649"
    assert report["grades"]["lanes"] == {"default": 2, "source": 3}
    assert report["link_km"] == pytest.approx((2 * 980 + 1110 + 2 * float(trail["length_m"])) / 1000, abs=2e-3)
    assert report == json.loads((tmp_path / "out" / "meta.json").read_text("utf-8")) | {"folder": str(tmp_path / "out")}


def test_traffic_runs_on_the_table(tmp_path: Path) -> None:
    imported(tmp_path, graph())
    table = read_table(tmp_path / "out")
    network = TrafficNetwork.from_arrays(table.tail, table.head, table.length_m, table.speed_mps, table.lanes,
                                         table.x_m, table.y_m, reverse=table.reverse, settings=TrafficSettings())
    assert network.links == 5
    assert network.length_m.sum() == pytest.approx(table.length_m.sum())
    back = table.reverse[table.reverse >= 0]
    assert (table.reverse[back] == np.flatnonzero(table.reverse >= 0)).all()


def test_links_that_hold_no_vehicle_are_lifted_and_counted(tmp_path: Path) -> None:
    made = graph()
    made.add_edge(13, 10, 0, length="3.0", highway="service", oneway="True", lanes="1")
    report, links = imported(tmp_path, made)
    short = next(link for link in links if (link["from_node"], link["to_node"]) == ("13", "10"))
    assert (float(short["length_m"]), short["length_grade"]) == (7.5, "lifted")
    assert report["links_lifted_to_one_vehicle"] == 1
    assert any("shorter than the straight line" in text for text in report["warnings"])


def test_undirected_graph_gets_both_ways(tmp_path: Path) -> None:
    made = nx.Graph()
    made.add_node("a", x=400_000.0, y=3_200_000.0)
    made.add_node("b", x=400_500.0, y=3_200_000.0)
    made.add_edge("a", "b", length=520.0, lanes=2, speed_kph=36)
    report, links = imported(tmp_path, made)
    assert [(link["from_node"], link["to_node"], link["lanes"]) for link in links] == [("a", "b", "1"), ("b", "a", "1")]
    assert report["road_km"] == 0.52
    assert any("taken as metres" in text for text in report["warnings"])


def test_a_row_of_a_directed_graph_is_one_direction(tmp_path: Path) -> None:
    made = nx.DiGraph()
    made.add_node("a", x=400_000.0, y=3_200_000.0)
    made.add_node("b", x=400_500.0, y=3_200_000.0)
    made.add_edge("a", "b", length=520.0, lanes=2)
    report, links = imported(tmp_path, made)
    assert [(link["from_node"], link["lanes"]) for link in links] == [("a", "2")]
    assert report["nodes_without_way_out"] == 1


def test_geopackage_and_csv_give_the_table_of_the_graphml(tmp_path: Path) -> None:
    made = graph()
    _, expected = imported(tmp_path, made)
    base = sqlite3.connect(tmp_path / "g.gpkg")
    base.execute("create table nodes (osmid integer, x real, y real, geom blob)")
    base.executemany("insert into nodes values (?, ?, ?, x'00')",
                     [(n, d["x"], d["y"]) for n, d in made.nodes(data=True)])
    keys = ("length", "highway", "lanes", "maxspeed", "oneway", "name")
    base.execute(f"create table edges (u integer, v integer, key integer, {', '.join(k + ' text' for k in keys)})")
    base.executemany(f"insert into edges values ({', '.join('?' * 9)})",
                     [(a, b, 0, *(d.get(k) for k in keys)) for a, b, d in made.edges(data=True)])
    base.execute("create table gpkg_geometry_columns (table_name text, srs_id integer)")
    base.execute("create table gpkg_spatial_ref_sys (srs_id integer, organization text, "
                 "organization_coordsys_id integer)")
    base.execute("insert into gpkg_geometry_columns values ('nodes', 1)")
    base.execute("insert into gpkg_spatial_ref_sys values (1, 'EPSG', 4326)")
    base.commit()
    base.close()
    import_roads(tmp_path / "g.gpkg", tmp_path / "gpkg")
    folder = tmp_path / "pair"
    folder.mkdir()
    write(folder / "nodes.csv", ["id,lon,lat", *(f"{n},{d['x']},{d['y']}" for n, d in made.nodes(data=True))])
    write(folder / "edges.csv", ["source,target," + ",".join(keys), *(
        f"{a},{b}," + ",".join('"' + str(d.get(k, "")) + '"' for k in keys) for a, b, d in made.edges(data=True))])
    import_roads(folder, tmp_path / "csv")
    # Only the names of the links differ: they are rows of the source.
    text = (tmp_path / "out" / "links.csv").read_text("utf-8")
    assert (tmp_path / "gpkg" / "links.csv").read_text("utf-8") == text
    assert (tmp_path / "csv" / "links.csv").read_text("utf-8") == text
    assert len(expected) == 5


def test_importing_its_own_table_changes_nothing(tmp_path: Path) -> None:
    imported(tmp_path, graph())
    import_roads(tmp_path / "out", tmp_path / "again")
    before, after = read_table(tmp_path / "out"), read_table(tmp_path / "again")
    for name in ("tail", "head", "length_m", "speed_mps", "lanes", "reverse"):
        assert (getattr(before, name) == getattr(after, name)).all(), name


def test_parallel_roads_are_matched_by_length() -> None:
    tail, head = np.array([0, 1, 0, 1, 2], np.int32), np.array([1, 0, 1, 0, 0], np.int32)
    reverse = matched_reverse(tail, head, np.array([100.0, 300.0, 301.0, 99.0, 50.0]))
    assert reverse.tolist() == [3, 2, 1, 0, -1]


def write(file: Path, rows: list[str]) -> None:
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")


NODES = ["node,x_m,y_m", "a,0,0", "b,100,0"]
LINKS = "link,from_node,to_node,length_m,free_speed_mps,lanes"


@pytest.mark.parametrize(("row", "says"), [
    ("1,a,b,-3,10,1", "a link without length"),
    ("1,a,b,5,10,1", "a capacity below one vehicle"),
    ("1,a,b,100,10,0", "a capacity below one lane"),
    ("1,a,b,100,10,1.5", "a capacity below one lane, or no number of lanes"),
    ("1,a,b,100,0,1", "no speed of a road"),
    ("1,a,b,100,fast,1", "not a number"),
    ("1,a,c,100,10,1", "an unknown node"),
    ("1,a,a,100,10,1", "a link that ends where it begins"),
    ("1,a,b,100,10", "a row of another length"),
])
def test_a_bad_row_is_one_message_with_its_line(tmp_path: Path, row: str, says: str) -> None:
    write(tmp_path / "nodes.csv", NODES)
    write(tmp_path / "links.csv", [LINKS, "0,b,a,100,10,1", row])
    with pytest.raises(InputError, match=says) as caught:
        read_table(tmp_path)
    assert "line 3" in str(caught.value)


def test_missing_columns_twins_and_trips(tmp_path: Path) -> None:
    write(tmp_path / "nodes.csv", NODES)
    write(tmp_path / "links.csv", ["link,from_node,to_node,length,free_speed_mps,lanes", "0,b,a,100,10,1"])
    with pytest.raises(InputError, match=r"a missing column\n  value:   'length_m'[^?]*did you mean 'length'"):
        read_table(tmp_path)
    write(tmp_path / "links.csv", [LINKS, "0,b,a,100,10,1", "0,a,b,100,10,1"])
    with pytest.raises(InputError, match="a link that stands twice"):
        read_table(tmp_path)
    write(tmp_path / "links.csv", [LINKS, "0,b,a,100,10,1", "1,a,b,100,10,1"])
    table = read_table(tmp_path)
    for row, says in (("0,a,z,5", "an unknown node"), ("0,a,b,-5", "before the run starts"),
                      ("0,a,a,5", "a trip that ends where it begins"), ("0,a,b,soon", "not a number")):
        write(tmp_path / "trips.csv", ["vehicle,origin_node,exit_node,depart_s", row])
        with pytest.raises(InputError, match=says):
            read_trips(tmp_path, table)
    write(tmp_path / "trips.csv", ["vehicle,origin_node,exit_node,depart_s", "0,a,b,5"])
    assert read_trips(tmp_path, table).depart_s.tolist() == [5.0]


@pytest.mark.parametrize(("change", "says"), [
    ({"length": "-5"}, "a negative length"), ({"maxspeed": "-30"}, "no speed of a road"),
    ({"lanes": "many"}, "no number of lanes"), ({"oneway": "perhaps"}, "no direction of a road"),
])
def test_what_cannot_be_meant_is_refused(tmp_path: Path, change: dict[str, str], says: str) -> None:
    made = graph()
    made.edges[10, 11, 0].update(change)
    nx.write_graphml(made, tmp_path / "g.graphml")
    with pytest.raises(InputError, match=says):
        import_roads(tmp_path / "g.graphml", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["g.graphml"]


def test_the_verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    nx.write_graphml(graph(), tmp_path / "g.graphml")
    assert main(["world", "import-roads", "g.graphml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["links"] == 5
    assert main(["world", "import-roads", "g.graphml"]) == 0  # an earlier import is replaced
    assert "lanes of links from" in capsys.readouterr().out
    (tmp_path / "roads_g" / "mine.txt").write_text("x")
    for words, says in ((["g.graphml"], "out= holds other things"), (["no.graphml"], "no such file"),
                        ([str(tmp_path / "roads_g" / "mine.txt")], "a form of road graph that is not read")):
        assert main(["world", "import-roads", *words]) == 2
        assert says in capsys.readouterr().err
    (tmp_path / "bad.graphml").write_text("<graphml>")
    (tmp_path / "bad.gpkg").write_text("x" * 200)
    for name in ("bad.graphml", "bad.gpkg"):
        assert main(["world", "import-roads", name, "out=new"]) == 2
        assert "that can be read" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
