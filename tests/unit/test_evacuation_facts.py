"""Clearance times and bottlenecks from made-up arrays whose answer is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from experiments.bottlenecks import Landmark, LinkUse, bottlenecks, stretches
from experiments.evacuation_facts import clearance_min, still_safe_s, zone_rows

INF = np.inf


def test_clearance_is_when_that_many_have_arrived() -> None:
    safe = 3600.0 + 60.0 * np.arange(10.0, 0.0, -1.0)          # ten people, a minute apart
    assert clearance_min(safe, 3600.0, 1e6) == {"p50_min": 5, "p90_min": 9, "p95_min": 10, "p100_min": 10}


def test_a_share_not_reached_has_no_time() -> None:
    safe = np.array([60.0, 120.0, 180.0, INF])
    assert clearance_min(safe, 0.0, 1e6) == {"p50_min": 2, "p90_min": None, "p95_min": None, "p100_min": None}
    assert clearance_min(safe[:3], 0.0, 150.0)["p100_min"] is None
    assert set(clearance_min(safe[:0], 0.0, 1e6).values()) == {None}
    assert set(clearance_min(safe, INF, 1e6).values()) == {None}


def test_who_was_safe_before_the_order_counts_from_the_order() -> None:
    assert clearance_min(np.array([10.0]), 600.0, 1e6)["p100_min"] == 0.0


def test_who_died_is_not_safe() -> None:
    safe = still_safe_s(np.array([60.0, 120.0]), np.array([False, True]))
    assert clearance_min(safe, 0.0, 1e6) == {"p50_min": 1, "p90_min": None, "p95_min": None, "p100_min": None}


def test_each_zone_counts_from_its_own_order_and_all_from_the_first() -> None:
    zone = np.array([0, 0, 0, 1, 1, 2, -1])
    ordered = np.array([True] * 5 + [False, False])
    depart = np.array([700.0, 800, INF, 2000, 2100, 50, 60])
    safe = np.array([1200.0, INF, INF, 2600, 4200, 100, 100])
    rows = zone_rows(zone, ["late", "early", "never"], np.array([1000.0, 600.0, INF]), ordered=ordered,
                     warned_s=np.array([650.0, 700, INF, 1900, 1900, INF, INF]), depart_s=depart, safe_s=safe,
                     end_s=1e4)
    assert [row["place"] for row in rows] == ["early", "late", ""]
    early, late, every = rows
    assert (early["ordered"], early["warned"], early["left"], early["safe"]) == (2, 2, 2, 2)
    assert (early["p50_min"], early["p100_min"]) == (round(2000 / 60, 2), 60.0)
    assert (late["ordered"], late["warned"], late["left"], late["safe"]) == (3, 2, 2, 1)
    assert (late["p50_min"], late["p90_min"]) == (round(200 / 60, 2), None)
    assert [every[key] for key in ("ordered", "warned", "left", "safe")] == [
        early[key] + late[key] for key in ("ordered", "warned", "left", "safe")]
    assert every["ordered_s"] == 600.0


def test_nobody_ordered_is_no_row() -> None:
    none = np.zeros(2, bool)
    never = np.full(2, INF)
    assert zone_rows(np.zeros(2, int), ["z"], np.array([INF]), ordered=none, warned_s=never, depart_s=never,
                     safe_s=never, end_s=1.0) == []


def road(lost: list[float], **changed: Any) -> LinkUse:
    """Five links west to east along nodes 0..5, a side road 6 -> 3 from the north, all of class 3."""
    n = len(lost)
    use = LinkUse(
        tail=np.array([0, 1, 2, 3, 4, 6][:n]), head=np.array([1, 2, 3, 4, 5, 3][:n]), road_class=np.full(n, 3),
        fact=np.zeros(n, int), node_x=np.array([0.0, 1000, 2000, 3000, 4000, 5000, 3000]),
        node_y=np.array([0.0, 0, 0, 0, 0, 0, 1000]), lost_vehh=np.array(lost), entered=np.full(n, 400),
        max_queue=np.full(n, 7), capacity_vph=np.full(n, 900.0), t_s=np.array([900.0, 1800, 2700]),
        queue=np.tile(np.array([[2], [9], [0]]), (1, n)), storage=np.full(n, 130.0))
    return replace(use, **changed)


PLACES = [Landmark("West", "西", 0, 0), Landmark("Middle", "中", 3000, 0), Landmark("East", "东", 5000, 0)]
CLASSES = ["expressway", "national", "provincial", "county", "village", "street"]


def test_links_that_lead_on_are_one_stretch_and_the_side_road_another() -> None:
    assert stretches(road([5, 9, 4, 0, 0, 3])) == [[0, 1, 2], [5]]


def test_links_of_another_class_or_road_or_round_a_corner_do_not_join() -> None:
    assert stretches(road([5, 9, 4], road_class=np.array([3, 3, 4]))) == [[0, 1], [2]]
    assert stretches(road([5, 9, 4], fact=np.array([7, 8, 8]))) == [[0], [1, 2]]
    corner = road([0, 0, 0, 5, 0, 6])                      # from the north into the road to the east: 90 degrees
    assert stretches(corner) == [[3], [5]]


def test_a_link_and_its_way_back_stay_apart() -> None:
    both = road([5, 5], tail=np.array([0, 1]), head=np.array([1, 0]))
    assert stretches(both) == [[0], [1]]


def test_a_ring_is_cut_open_once() -> None:
    square = road([5, 5, 5], tail=np.array([0, 1, 2]), head=np.array([1, 2, 0]), node_x=np.zeros(7), node_y=np.zeros(7))
    assert stretches(square) == [[0, 1, 2]]


def test_what_loses_next_to_nothing_is_no_bottleneck() -> None:
    assert stretches(road([0.09, 0.01])) == []
    assert stretches(road([100.0, 1.9, 2.0])) == [[0], [2]]
    assert bottlenecks(road([0.0]), PLACES, CLASSES) == []
    assert bottlenecks(road([4.0, 0.9]), PLACES, CLASSES) == []
    assert len(bottlenecks(road([4.0, 1.0]), PLACES, CLASSES)) == 1


def test_a_bottleneck_is_named_counted_and_ranked() -> None:
    rows = bottlenecks(road([1, 2, 4, 0, 0, 9]), PLACES, CLASSES)
    assert [row["rank"] for row in rows] == [1, 2]
    assert [row["lost_vehh"] for row in rows] == [9.0, 7.0]
    row = rows[1]
    assert (row["from"], row["to"], row["to_zh"], row["road_class"]) == ("West", "Middle", "中", "county")
    assert (row["x"], row["y"], row["links"]) == (3000.0, 0.0, [0, 1, 2])
    assert (row["max_queue_veh"], row["worst_s"], row["entered"]) == (27, 1800.0, 400)
    assert row["hours_queued"] == 0.5                      # 6 and 27 stand, then none
    assert len(bottlenecks(road([1, 2, 4, 0, 0, 9]), PLACES, CLASSES, top=1)) == 1


def test_a_queue_that_reaches_back_is_followed_to_where_it_begins() -> None:
    full = {"storage": np.array([130.0, 130, 130, 10, 130, 130]), "road_class": np.array([4, 4, 4, 3, 3, 3])}

    def causes(lost: list[float], **changed: Any) -> list[tuple[Any, ...]]:
        rows = bottlenecks(road(lost, **(full | changed)), PLACES, CLASSES)
        return [(row["lost_vehh"], row["cause"], row["behind"], row["behind_at"]) for row in rows]

    assert causes([1, 2, 4, 9, 0, 0]) == [(9.0, "capacity", None, None), (7.0, "spillback", 1, "East")]
    assert causes([1, 2, 4, 0, 0, 0]) == [(7.0, "spillback", None, "East")]
    assert causes([1, 2, 4, 9, 0, 0], storage=np.full(6, 130.0))[1][1] == "capacity"
    steps = {"road_class": np.array([4, 4, 5, 3, 2, 3]), "storage": np.array([130.0, 130, 10, 10, 130, 130])}
    assert causes([80, 0, 40, 30, 90, 0], **steps) == [
        (90.0, "capacity", None, None), (80.0, "capacity", None, None), (40.0, "spillback", 4, "East"),
        (30.0, "capacity", None, None)]


def test_known_names_go_before_invented_ones_where_they_tell_the_ends_apart() -> None:
    invented = [Landmark("V1", "一", 10, 0, known=False), Landmark("V2", "二", 2900, 0, known=False)]
    far, near = Landmark("Far", "远", 30_000, 0), Landmark("West", "西", 0, 900)

    def ends(*places: Landmark) -> tuple[str, str]:
        row = bottlenecks(road([1, 2, 4]), places, CLASSES)[0]
        return row["from"], row["to"]

    assert ends(*invented, *PLACES) == ("West", "Middle")
    assert ends(*invented, near, far) == ("V1", "V2")      # both ends are nearest to West
    assert ends(*invented) == ("V1", "V2")
    assert ends() == ("", "")


@pytest.mark.parametrize(
    ("lost", "changed", "shelters", "cause", "capacity"),
    [
        ([5, 5, 5, 0, 0], {}, (), "capacity", 900.0),
        ([5, 5, 5, 0, 0], {"capacity_vph": np.array([900.0, 900, 900, 600, 900])}, (), "narrows", 600.0),
        ([5, 5, 5, 0, 0, 4], {}, (), "merge", 900.0),
        ([5, 5, 5, 0, 0], {"entered": np.array([400, 400, 400, 90, 90])}, (3,), "shelter", 900.0),
        ([5, 5, 5, 0, 0], {}, (3,), "capacity", 900.0),    # most drive on past the shelter
    ],
)
def test_what_holds_the_traffic_is_told(lost, changed, shelters, cause, capacity) -> None:  # type: ignore[no-untyped-def]
    row = bottlenecks(road(lost, **changed), PLACES, CLASSES, shelters)[0]
    assert (row["cause"], row["capacity_vph"]) == (cause, capacity)
