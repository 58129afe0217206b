"""The event log and the run folder: order, bytes, what stands in it."""

from __future__ import annotations

import json

import duckdb
import numpy as np
import pytest

from experiments.run import simulate_to
from sim.errors import InputError
from sim.recorder import COLUMNS, EventLog
from tests.smallworld import SMALL_PLAN, TOY_HAZARDS, settings, small_world, water


def test_events_keep_their_order_and_kinds(tmp_path):
    log = EventLog()
    log.add(5.0, "alarm", "command", "t1", 1.0, 2.0)
    log.add_batch(
        np.array([3.0, 4.0]),
        "departed",
        ["H1", "H2"],
        ["v", "w"],
        np.array([1, 2]),
        np.array([3, 4]),
        ['{"persons": 2}', "x'y"],
    )
    log.add_batch(np.array([]), "nothing", [], [], np.array([]), np.array([]))
    log.add(6.0, "村", detail="好")
    assert log.count == 4
    log.write(tmp_path / "it's.parquet")
    path = str(tmp_path / "it's.parquet").replace("'", "''")
    rows = duckdb.sql(f"SELECT * FROM '{path}'")
    assert tuple(rows.columns) == COLUMNS
    found = rows.fetchall()
    assert [row[:5] for row in found] == [
        (0, 5.0, "alarm", "command", "t1"),
        (1, 3.0, "departed", "H1", "v"),
        (2, 4.0, "departed", "H2", "w"),
        (3, 6.0, "村", "", ""),
    ]
    assert [row[7] for row in found] == ["", '{"persons": 2}', "x'y", "好"]
    assert found[3][5] is None and found[2][5:7] == (2.0, 4.0)


def test_the_same_events_are_the_same_bytes(tmp_path):
    def written(name):
        log = EventLog()
        for i in range(1000):
            log.add(float(i), "kind", f"a{i % 7}", "p", i / 3, i / 7, "d" * (i % 5))
        log.write(tmp_path / name)
        return (tmp_path / name).read_bytes()

    assert written("a") == written("b")


def test_an_empty_log_is_a_table_too(tmp_path):
    EventLog().write(tmp_path / "none.parquet")
    rows = duckdb.sql(f"SELECT * FROM '{tmp_path / 'none.parquet'}'")
    assert tuple(rows.columns) == COLUMNS and rows.fetchall() == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("experiments.run.load_world", lambda county, progress=None: small_world())
        out = tmp_path_factory.mktemp("runs") / "run"
        given = settings(
            plan=SMALL_PLAN,
            command_place="east",
            hazards=[water("peak", speed_mps=0.5, most_m=8000)],
            duration="10h",
        )
        simulate_to(given, out, hazard_paths=(TOY_HAZARDS,), quiet=True)
    return out


def arrays(folder, name):
    with np.load(folder / name, allow_pickle=False) as archive:
        return dict(archive)


def test_the_folder_is_whole(folder):
    assert {p.name for p in folder.iterdir()} == {
        "manifest.json",
        "settings.yaml",
        "kpis.json",
        "events.parquet",
        "series.csv",
        "layers.npz",
        "tracks.npz",
        "commands.jsonl",
        "traffic.npz",
        "evacuation.json",
    }
    assert [p.name for p in folder.parent.iterdir()] == ["run"]


def test_the_manifest_counts_what_there_is(folder):
    manifest, world = json.loads((folder / "manifest.json").read_text("utf-8")), small_world()
    assert manifest["counts"]["residents"] == 3000 == len(world.persons["age"])
    assert manifest["counts"]["links"] == world.roads.link_count
    assert manifest["counts"]["teams"] == 2 and manifest["counts"]["trucks"] == 2
    assert manifest["start"] == "2026-04-04T03:00:00+08:00"
    assert [layer["key"] for layer in manifest["layers"]] == ["rising_water.arrival_s"]
    assert manifest["peak_memory_mb"] > 10 and manifest["wall_s"] > 0


def test_layers_are_as_declared(folder):
    layers, world = arrays(folder, "layers.npz"), small_world()
    assert layers["grid"].tolist() == [world.grid.x0_m, world.grid.y0_m, 100.0, world.grid.ny, world.grid.nx]
    water_came = layers["rising_water.arrival_s"]
    assert water_came.dtype == np.float32 and water_came.shape == world.grid.shape
    assert np.isfinite(water_came).any() and np.isinf(water_came).any()


def test_tracks_agree_with_the_events(folder):
    tracks = arrays(folder, "tracks.npz")
    start, node, t = tracks["leg_start"], tracks["leg_node"], tracks["leg_t"]
    departed = dict(
        duckdb.sql(f"SELECT agent, t_s FROM '{folder / 'events.parquet'}' WHERE kind = 'departed'").fetchall()
    )
    ends = dict(
        duckdb.sql(
            f"SELECT agent, max(t_s) FROM '{folder / 'events.parquet'}' "
            "WHERE kind IN ('sheltered', 'left') GROUP BY 1"
        ).fetchall()
    )
    joined = set(zip(tracks["link_tail"].tolist(), tracks["link_head"].tolist(), strict=True))
    assert len(tracks["leg_id"]) > 100
    seen_safe = 0
    for i, household in enumerate(tracks["leg_id"].tolist()):
        legs = slice(start[i], start[i + 1])
        assert t[legs][0] == np.float32(departed[f"H{household}"])
        assert (np.diff(t[legs]) >= 0).all()
        # The same node twice is somebody who turned back before a closed road.
        for a, b in zip(node[legs][:-1].tolist(), node[legs][1:].tolist(), strict=True):
            assert a == b or (a, b) in joined
        if tracks["leg_end"][i] in (4, 5):
            seen_safe += 1
            assert t[legs][-1] <= ends[f"H{household}"] + 0.01
    assert seen_safe > 50


def test_shelter_occupancy_is_who_came_in_less_who_moved_on(folder):
    tracks = arrays(folder, "tracks.npz")
    occupancy = tracks["shelter_occupancy"]
    assert (occupancy >= 0).all() and (occupancy <= tracks["shelter_capacity"]).all() and occupancy[-1].sum() > 0
    moves = duckdb.sql(
        f"SELECT kind, place, t_s, CAST(json_extract(detail, '$.persons') AS INT) FROM '{folder / 'events.parquet'}' "
        "WHERE kind IN ('sheltered', 'moved_on')"
    ).fetchall()
    assert any(kind == "moved_on" for kind, *_ in moves)
    for column, shelter_id in enumerate(tracks["shelter_id"].tolist()):
        expected = [sum(persons if kind == "sheltered" else -persons for kind, place, at_s, persons in moves
                        if place == shelter_id and at_s <= t_s) for t_s in tracks["shelter_t"].tolist()]
        assert occupancy[:, column].tolist() == expected, shelter_id


def test_movers_go_forward_in_time(folder):
    tracks = arrays(folder, "tracks.npz")
    for a, b in zip(tracks["mover_start"][:-1], tracks["mover_start"][1:], strict=True):
        assert b > a and (np.diff(tracks["mover_t"][a:b]) >= 0).all()
    assert sorted(set(tracks["mover_kind"].tolist())) == [1, 2]


def test_series_end_where_the_kpis_are(folder):
    header, *rows = (folder / "series.csv").read_text("utf-8").splitlines()
    last = dict(zip(header.split(","), rows[-1].split(","), strict=True))
    kpis = {row["key"]: row["value"] for row in json.loads((folder / "kpis.json").read_text("utf-8"))}
    assert float(last["dead"]) == kpis["casualties.dead"]
    assert float(last["stranded"]) == kpis["evacuation.stranded"]
    assert float(last["t_s"]) == 36000.0


def test_a_folder_that_is_no_run_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.run.load_world", lambda county, progress=None: small_world())
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("mine")
    given = settings(plan=SMALL_PLAN, command_place="east", duration="10min")
    with pytest.raises(InputError, match="not a run"):
        simulate_to(given, mine, quiet=True)
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]
    assert (mine / "thesis.txt").read_text() == "mine"


def test_an_earlier_run_is_replaced_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.run.load_world", lambda county, progress=None: small_world())
    given = settings(plan=SMALL_PLAN, command_place="east", duration="10min")
    simulate_to(given, tmp_path / "run", quiet=True)
    (tmp_path / "run/old.txt").write_text("of the earlier run")
    simulate_to(given, tmp_path / "run", quiet=True)
    assert not (tmp_path / "run/old.txt").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
