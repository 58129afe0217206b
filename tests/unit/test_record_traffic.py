"""What a run writes of its traffic and evacuation adds up with its columns and its traffic model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.drill import Drill
from experiments.record_traffic import (
    SAMPLE_S,
    TrafficRecorder,
    evacuation_of,
    first_orders,
    lost_s,
    write_traffic_files,
)
from tests.smallworld import order, small_drill


@pytest.fixture(scope="module")
def ran() -> tuple[Drill, TrafficRecorder]:
    drill = small_drill(commands=[order("5min", "east"), order("50min", "west")], duration="5h")
    recorder = TrafficRecorder.of(drill)
    assert recorder is not None
    drill.run()
    return drill, recorder


def test_samples_are_a_quarter_of_an_hour_apart_to_the_end(ran: tuple[Drill, TrafficRecorder]) -> None:
    drill, recorder = ran
    arrays = recorder.arrays()
    assert np.array_equal(arrays["t_s"], np.arange(SAMPLE_S, drill.duration_s + 1, SAMPLE_S))
    assert arrays["flow"].shape == arrays["queue"].shape == (len(arrays["t_s"]), drill.world.roads.link_count)


def test_flows_add_up_to_all_that_entered(ran: tuple[Drill, TrafficRecorder]) -> None:
    arrays = ran[1].arrays()
    assert np.array_equal(arrays["flow"].sum(axis=0, dtype=np.int64), arrays["entered"])
    assert arrays["entered"].sum() > 100
    assert (arrays["max_queue"] >= arrays["queue"].max(axis=0)).all()


def test_time_lost_holds_what_is_still_on_the_road(ran: tuple[Drill, TrafficRecorder]) -> None:
    recorder = ran[1]
    assert (lost_s(recorder.traffic) >= recorder.traffic.links["lost_s"]).all()
    assert recorder.arrays()["lost_vehh"].sum() == pytest.approx(lost_s(recorder.traffic).sum() / 3600, rel=1e-5)


def test_zones_and_the_left_behind_add_up_with_the_columns(ran: tuple[Drill, TrafficRecorder]) -> None:
    drill, recorder = ran
    told: dict[str, Any] = evacuation_of(drill, recorder)
    columns = drill.residents.columns
    total = told["zones"][-1]
    assert total["place"] == ""
    assert total["ordered"] == np.count_nonzero(columns["ordered"]) > 0
    assert total["left"] == np.count_nonzero(columns["ordered"] & np.isfinite(columns["depart_s"]))
    assert 0 < total["safe"] <= total["left"]
    for key in ("ordered", "warned", "left", "safe"):
        assert sum(zone[key] for zone in told["zones"][:-1]) == total[key]
    times = [total[f"p{share}_min"] for share in (50, 90, 95, 100) if total[f"p{share}_min"] is not None]
    assert times == sorted(times)
    assert sum(row["persons"] for row in told["left_behind"]) <= total["ordered"] - total["safe"]
    assert {row["zone"] for row in told["left_behind"]} <= {zone["place"] for zone in told["zones"]}


def test_each_zone_has_the_time_of_its_first_order(ran: tuple[Drill, TrafficRecorder]) -> None:
    drill, recorder = ran
    order_s = {zone["place"]: zone["ordered_s"] for zone in evacuation_of(drill, recorder)["zones"]}
    assert sorted({t for place, t in order_s.items() if place}) == [300.0, 3000.0]
    assert order_s[""] == 300.0
    assert np.isfinite(first_orders(drill)).sum() == np.isfinite(drill.evacuation.village_ordered_s).sum()


def test_an_order_cancelled_later_still_has_its_clearance() -> None:
    drill = small_drill(duration="3h", hazards=[], commands=[
        order("5min", "east"), {"at": "150min", "action": "cancel_evacuation", "args": {"zone": "east"}}])
    drill.run()
    assert not np.isfinite(drill.evacuation.village_ordered_s).any()
    zones = evacuation_of(drill, None)["zones"]
    assert zones[-1]["ordered_s"] == 300.0
    assert zones[-1]["safe"] > 0


def test_the_files_are_the_same_twice_and_hold_no_nan(ran: tuple[Drill, TrafficRecorder], tmp_path: Path) -> None:
    drill, recorder = ran
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_traffic_files(drill, recorder, tmp_path / name)
    for file in ("traffic.npz", "evacuation.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    told = json.loads((tmp_path / "a" / "evacuation.json").read_text("utf-8"))
    assert set(told) == {"zones", "bottlenecks", "left_behind", "fates", "labels"}
    assert all({"en", "zh"} == set(label) for label in told["labels"].values())


def test_a_run_in_which_nobody_is_ordered_out_writes_neither(tmp_path: Path) -> None:
    drill = small_drill(duration="1h", hazards=[])
    recorder = TrafficRecorder.of(drill)
    drill.run()
    write_traffic_files(drill, recorder, tmp_path)
    assert list(tmp_path.iterdir()) == []
