"""The verb validate and what it measures with: a small case against its closed form, and SUMO where it is there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from experiments.benchmark import _uxsim, evacuation
from experiments.benchmark._country import made_up_county
from experiments.cli import main
from experiments.validate import _sumo, paradise
from experiments.validate._case import Case, compile_kernels, free_flow_ways, read_case, run

needs_sumo = pytest.mark.skipif(_sumo.home() is None, reason="eclipse-sumo is not installed: not held against it")
LENGTH_M, SPEED_MPS = 1500.0, 15.0
HEADWAY_S = paradise.REFERENCE.time_gap_s + paradise.REFERENCE.jam_spacing_m / SPEED_MPS
VEHICLES = 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A road of three links, a dead end beside it, and a platoon: all leave at once, from the first node."""
    nodes = [f"{i},{i * LENGTH_M},0" for i in range(4)] + ["9,0,500"]
    links = [f"{i},{i},{i + 1},{LENGTH_M},{SPEED_MPS},1" for i in range(3)] + [f"8,1,9,{LENGTH_M},{SPEED_MPS},1"]
    trips = [f"{i},0,3,10" for i in range(VEHICLES)]
    for name, head, rows in (("nodes", "node,x_m,y_m", nodes),
                             ("links", "link,from_node,to_node,length_m,free_speed_mps,lanes", links),
                             ("trips", "vehicle,origin_node,exit_node,depart_s", trips)):
        (tmp_path / f"some_{name}.csv").write_text("\n".join([head, *rows]) + "\n")
    return tmp_path


@pytest.fixture
def case(folder: Path) -> Case:
    return read_case(folder, paradise.REFERENCE)


def expected_vehh() -> float:
    """Each vehicle drives freely and waits one headway more than the one before it."""
    return (VEHICLES * 3 * LENGTH_M / SPEED_MPS + HEADWAY_S * VEHICLES * (VEHICLES - 1) / 2) / 3600.0


@pytest.mark.parametrize("reroute", [False, True])
@pytest.mark.parametrize("step_s", [0.25, 7.0, 300.0])
def test_a_platoon_by_its_closed_form(case: Case, step_s: float, reroute: bool) -> None:
    outcome = run(case, step_s=step_s, reroute=reroute)
    assert outcome.total_vehh == pytest.approx(expected_vehh(), rel=1e-9)
    assert outcome.arrived == VEHICLES
    assert outcome.last_s == pytest.approx(10 + 3 * LENGTH_M / SPEED_MPS + (VEHICLES - 1) * HEADWAY_S)


def test_a_run_that_is_cut_short_counts_the_time_so_far(case: Case) -> None:
    outcome = run(case, step_s=60.0, until_s=70.0)
    assert (outcome.arrived, outcome.en_route) == (0, VEHICLES)
    assert outcome.total_vehh == pytest.approx(VEHICLES * 60.0 / 3600.0)


def test_ways_are_the_shortest_and_none_is_told(case: Case) -> None:
    assert free_flow_ways(case) == [[0, 1, 2]] * VEHICLES
    stuck = Case(case.table, type(case.trips)(np.array([4], np.int32), np.array([3], np.int32), np.zeros(1)),
                 case.settings)
    assert free_flow_ways(stuck) == [[]]
    assert paradise.ways_driven(stuck) == {"mean_way_m": None, "without_way": 1}


def test_figures_without_sumo(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_sumo, "home", lambda: None)
    assert main(["validate", "paradise", "--data", str(folder), "--json", "--strict"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"name", "figures", "bars", "machine", "versions", "notes"}
    figures = found["figures"]
    assert figures["total_travel_time_vehh"] == pytest.approx(expected_vehh())
    assert figures["reroute_total_travel_time_vehh"] == pytest.approx(expected_vehh())
    assert (figures["arrived"], figures["stranded"], figures["exits"]) == (VEHICLES, 0, 1)
    assert figures["cpu_s"] > 0
    assert "sumo_cpu_s" not in figures
    assert any("SUMO is not installed" in note for note in found["notes"])


@needs_sumo
def test_sumo_has_our_network_and_our_total(case: Case, tmp_path: Path) -> None:
    home = _sumo.home()
    assert home
    net = _sumo.write_network(case, tmp_path, home / "bin")
    _sumo.check_network(case, net)
    for write in (_sumo.write_routes, _sumo.write_trips):
        theirs = _sumo.simulate(case, net, write(case, tmp_path), home / "bin")
        assert (theirs.arrived, theirs.loaded, theirs.teleports) == (VEHICLES, VEHICLES, 0)
        assert theirs.way_m == pytest.approx(3 * LENGTH_M)
        assert theirs.total_vehh == pytest.approx(expected_vehh(), rel=0.01)
        assert theirs.cpu_s > 0
    trips = tmp_path / "each.xml"
    _sumo.simulate(case, net, tmp_path / "ways.rou.xml", home / "bin", trips)
    off = paradise.compared(run(case, step_s=60.0).arrived_s, _sumo.arrivals(case, trips))
    # SUMO lets vehicles depart at whole seconds.
    assert off["arrival_off_max_s"] is not None
    assert off["arrival_off_max_s"] < 0.01 * 3 * LENGTH_M / SPEED_MPS + 1.0


def test_the_routers_share_is_read_from_sumos_log() -> None:
    log = ("Performance:\n Duration: 29.93s\n Real time factor: 616.8\nDijkstraRouter answered 15988 queries and"
           " explored 5572.38 edges on average.\nDijkstraRouter spent 18.71s answering queries (1.17ms on average).\n")
    assert _sumo.router_share(log) == pytest.approx(18.71 / 29.93)
    assert _sumo.router_share(log.replace("18.71s", "871ms")) == pytest.approx(0.871 / 29.93)
    assert _sumo.router_share(log.split("Dijkstra")[0]) is None
    assert _sumo.router_share(log.replace("29.93s", "0ms")) is None


def test_arrivals_are_compared_by_vehicle_and_by_curve() -> None:
    ours, theirs = np.array([10.0, 20.0, 30.0, np.nan]), np.array([10.0, 30.0, 20.0, 5.0])
    off = paradise.compared(ours, theirs)
    assert (off["arrival_off_median_s"], off["arrival_off_max_s"], off["curve_off_share"]) == (10.0, 10.0, 0.0)
    assert paradise.compared(ours, theirs + 10.0)["curve_off_share"] == pytest.approx(1 / 3)


@needs_sumo
def test_another_network_is_noticed(case: Case, tmp_path: Path) -> None:
    home = _sumo.home()
    assert home
    net = _sumo.write_network(case, tmp_path, home / "bin")
    net.write_text(net.read_text("utf-8").replace('speed="15.00"', 'speed="14.00"', 1), "utf-8")
    with pytest.raises(RuntimeError, match="SUMO's network is another one"):
        _sumo.check_network(case, net)


@pytest.mark.parametrize(("words", "says"), [
    (["validate", "paradis"], "no such validation"),
    (["validate", "paradise", "--data", "/no/such/folder"], "the data of this validation is not there"),
    (["benchmark", "engine", "--data", "x"], "this benchmark takes no data"),
])
def test_bad_words(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.err.count("sandtable: error:") == 1
    assert says in said.err
    assert said.out == ""


def test_a_bad_table_is_one_message(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "some_links.csv"
    file.write_text(file.read_text().replace(f"1,1,2,{LENGTH_M}", "1,1,2,-20"))
    assert main(["validate", "paradise", "--data", str(folder)]) == 2
    said = capsys.readouterr().err
    assert "a link without length" in said
    assert "some_links.csv, line 3, length_m" in said


def test_what_there_is_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate"]) == 0
    assert "paradise" in capsys.readouterr().out
    assert main(["validate", "--json"]) == 0
    assert "paradise" in json.loads(capsys.readouterr().out)["validations"]


def test_the_made_up_county_is_large_whole_and_the_same_every_time() -> None:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    one, two = made_up_county(1), made_up_county(1)
    assert len(one.tail) >= evacuation.LINKS_BAR
    for name in ("tail", "head", "length_m", "speed_mps", "lanes", "centres"):
        assert (getattr(one, name) == getattr(two, name)).all(), name
    assert (one.head[one.reverse] == one.tail).all()
    graph = coo_matrix((np.ones(len(one.tail)), (one.tail, one.head)))
    assert connected_components(graph, connection="strong")[0] == 1
    assert len(np.unique(one.centres)) == evacuation.SHELTERS_FREE
    assert one.length_m.min() * one.lanes.min() > paradise.REFERENCE.jam_spacing_m
    assert made_up_county(2).tail.shape != one.tail.shape


def test_departures_are_rayleigh() -> None:
    from scipy.stats import kstest, rayleigh

    origin, depart_s = made_up_county(1).departures(20_000, 3600.0, seed=1)
    assert kstest(depart_s, rayleigh(scale=3600.0).cdf).pvalue > 0.01
    assert not np.isin(origin, made_up_county(1).centres).any()


def test_a_small_evacuation_ends_and_is_the_same_twice() -> None:
    country = made_up_county(1)
    first, second = (evacuation.evacuate(country, evacuation.SHELTERS_JAMMED, 500) for _ in range(2))
    first.pop("cpu_s"), second.pop("cpu_s")
    assert first == second
    assert (first["arrived"], first["stranded"]) == (500, 0)


@pytest.mark.skipif(not _uxsim.installed(), reason="uxsim is not installed: not held against it")
def test_uxsim_in_its_own_process(case: Case) -> None:
    compile_kernels(case)
    theirs = _uxsim.measure(case)
    ours = run(case, step_s=60.0, until_s=theirs["until_s"])
    assert (theirs["departed"], theirs["arrived"], ours.arrived) == (VEHICLES, VEHICLES, VEHICLES)
    # Its vehicles go by steps of one time gap, a whole one each link and each departure.
    assert theirs["total_vehh"] == pytest.approx(ours.total_vehh, rel=0.05)
    assert theirs["cpu_s"] >= theirs["setup_cpu_s"] > 0
