"""Relief: docks are queues, trucks carry what they can, packs are never lost."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.measure import measure
from sim.errors import InputError
from tests.smallworld import Home, advance, drill, events_of, shelter, straight

ROAD = (0.0, 1000.0, 2000.0)
TRUCK_MPS = 5.0
TURNOUT_S, LOADING_S, UNLOADING_S = 300.0, 600.0, 900.0
DRIVE_S = 2000.0 / TRUCK_MPS


def depot(**values):
    entry = {
        "id": "depot",
        "place": "u0",
        "area_m2": 100,
        "stock_packs": 100,
        "trucks": 3,
        "truck_load_packs": 20,
        "loading": {"median": "10min"},
        "truck_turnout": {"median": "5min"},
        "truck_speed_kmh": 18.0,
        **values,
    }
    return drill(
        straight(ROAD, [Home(2)]),
        duration="6h",
        plan={"warehouses": [entry], "shelters": [shelter("hall", "u2", 50, open_at_start=True)]},
    )


def send(run, packs):
    return run.order("command", "dispatch_supply", {"warehouse": "depot", "shelter": "hall", "packs": packs})


def deliveries(run):
    return [(e["agent"], e["t_s"], e["detail"]) for e in events_of(run, "delivery")]


def test_a_trip_is_turnout_loading_drive_and_unloading():
    run = depot()
    assert send(run, 15).accepted
    run.run()
    hall, truck = run.shelters.rows[0], run.depots[0].trucks[0]
    there = TURNOUT_S + LOADING_S + DRIVE_S + UNLOADING_S
    assert deliveries(run) == [("depot-truck1", pytest.approx(there), '{"packs": 15}')]
    assert hall.first_delivery_s == pytest.approx(there)
    assert (hall.packs, hall.packs_coming, run.depots[0].stock) == (15, 0, 85)
    assert not truck.busy and truck.node == truck.base and truck.trips == 1
    assert truck.waypoints[-1].t_s == pytest.approx(there + DRIVE_S)


@pytest.mark.parametrize(("docks", "waits"), [(1, (0, 1, 2)), (2, (0, 0, 1)), (3, (0, 0, 0))])
def test_a_dock_is_a_queue(docks, waits):
    run = depot(docks=docks)
    for _ in range(3):
        assert send(run, 10).accepted
    run.run()
    first = TURNOUT_S + LOADING_S + DRIVE_S + UNLOADING_S
    assert [t for _, t, _ in deliveries(run)] == pytest.approx([first + LOADING_S * n for n in waits])
    assert [e["t_s"] for e in events_of(run, "loaded")] == pytest.approx(
        [TURNOUT_S + LOADING_S * (1 + n) for n in waits]
    )


def test_a_truck_takes_no_more_than_it_can_carry():
    run = depot()
    refused = send(run, 21)
    assert not refused.accepted and "20 packs at most" in refused.reason
    assert run.depots[0].stock == 100 and not any(truck.busy for truck in run.depots[0].trucks)
    assert send(run, 20).accepted


def test_without_a_free_truck_or_stock_nothing_leaves():
    run = depot(trucks=1)
    assert send(run, 10).accepted
    assert not send(run, 10).accepted
    empty = depot(stock_packs=5)
    assert not send(empty, 10).accepted
    assert empty.depots[0].stock == 5


def test_unknown_warehouses_and_shelters_are_named():
    with pytest.raises(InputError, match="no such warehouse or shelter"):
        depot().order("command", "dispatch_supply", {"warehouse": "attic", "shelter": "hall", "packs": 1})


def test_a_truck_waits_for_a_road_and_for_the_door():
    run = depot()
    run.order("command", "close_road", {"a": "u1", "b": "u2"})
    send(run, 10)
    advance(run, 3600.0)
    assert deliveries(run) == []
    run.order("command", "open_road", {"a": "u1", "b": "u2"})
    run.run()
    # It stood at the depot and looked again every five minutes from 900 s on.
    assert deliveries(run)[0][1] == pytest.approx(3600 + DRIVE_S + UNLOADING_S)


def test_the_first_delivery_at_the_last_shelter_is_the_kpi():
    run = drill(
        straight(ROAD, [Home(0), Home(0), Home(2)]),
        duration="6h",
        plan={
            "warehouses": [
                {
                    "id": "depot",
                    "place": "u0",
                    "area_m2": 1,
                    "stock_packs": 9,
                    "trucks": 1,
                    "truck_load_packs": 9,
                    "loading": {"median": "10min"},
                    "truck_turnout": {"median": "5min"},
                }
            ],
            "shelters": [shelter("hall", "u1", 50, open_at_start=True), shelter("unused", "u2", 50)],
        },
    )
    run.order("command", "order_evacuation", {"zone": "u0"})
    send(run, 5)
    run.run()
    values = measure(run)
    at = TURNOUT_S + LOADING_S + 1000 / 10.0 + UNLOADING_S
    assert values["shelter.in_use"] == 1
    assert values["supply.first_delivery_h"] == pytest.approx(at / 3600)
    assert values["supply.served_12h"] == 1.0
    idle = depot()
    idle.run()
    assert measure(idle)["supply.first_delivery_h"] is None


def test_a_truck_turns_back_on_a_link_that_closes():
    run = depot()
    send(run, 10)
    advance(run, 1140.0)
    run.order("command", "close_road", {"a": "u1", "b": "u2"})
    advance(run, 1500.0)
    run.order("command", "open_road", {"a": "u1", "b": "u2"})
    run.run()
    # On the link to u2 from 1100 s: back at u1 at 1180 s, where it looks again every five minutes.
    assert run.depots[0].trucks[0].turned_back == 1
    assert deliveries(run)[0][1] == pytest.approx(1180 + 600 + 200 + UNLOADING_S)


def test_a_truck_does_not_drive_against_a_contraflow():
    run = depot()
    barred = np.zeros(run.world.roads.link_count, np.bool_)
    barred[2] = True
    run.roads.set_no_entry(barred)
    send(run, 10)
    advance(run, 3600.0)
    assert deliveries(run) == [] and run.depots[0].trucks[0].node == 0
    run.roads.set_no_entry(np.zeros_like(barred))
    run.run()
    # It looked every five minutes from 900 s on; the way back was open all the time.
    assert deliveries(run)[0][1] == pytest.approx(3600 + DRIVE_S + UNLOADING_S)
    assert not run.depots[0].trucks[0].busy
