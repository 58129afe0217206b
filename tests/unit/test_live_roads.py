"""Roads as they stand: closures by hazards and by command, costs by mode, who hears of it."""

from __future__ import annotations

import numpy as np
import pytest

from sim.errors import InputError
from sim.hazard import RoadState
from sim.live_roads import LiveRoads
from sim.world.classes import RoadClass
from tests.smallworld import Home, drill, straight, water

WORLD = straight((0.0, 1000.0, 3000.0), [Home(1)])


def state(version: int, closed: list[int], slow: dict[int, float] | None = None) -> RoadState:
    factor, shut = np.ones(4, np.float32), np.zeros(4, bool)
    shut[closed] = True
    for link, value in (slow or {}).items():
        factor[link] = value
    return RoadState(factor, shut, "test", version)


def test_the_version_rises_with_changes_only():
    roads = LiveRoads(WORLD.roads)
    assert not roads.refresh([])
    assert roads.version == 0
    assert roads.refresh([state(1, [0])])
    assert not roads.refresh([state(2, [0])])
    assert roads.version == 1
    assert roads.refresh([state(3, [], {1: 0.5})])
    assert roads.version == 2
    assert roads.closed.tolist() == [False] * 4


def test_listeners_hear_of_links_newly_closed():
    roads, heard = LiveRoads(WORLD.roads), []
    roads.listeners.append(lambda fresh: heard.append(np.flatnonzero(fresh).tolist()))
    roads.refresh([state(1, [0])])
    roads.refresh([state(2, [0, 1])])
    roads.refresh([state(3, [1])])
    assert heard == [[0], [1], []]


def test_several_hazards_close_and_slow_together():
    roads = LiveRoads(WORLD.roads)
    roads.refresh([state(1, [0], {2: 0.5}), state(1, [3], {2: 0.25})])
    assert np.flatnonzero(roads.closed).tolist() == [0, 3]
    assert roads.speed_factor.tolist() == [1.0, 1.0, 0.25, 1.0]


def test_costs_by_mode():
    roads = LiveRoads(WORLD.roads)
    roads.refresh([state(1, [3], {0: 0.5})])
    assert roads.cost_s(max_mps=np.inf, factor=0.8).tolist() == pytest.approx([250.0, 125.0, 250.0, np.inf])
    assert roads.cost_s(max_mps=5.0).tolist() == pytest.approx([200.0, 200.0, 400.0, np.inf])
    assert roads.cost_s(max_mps=1.25, on_foot=True).tolist() == pytest.approx([800.0, 800.0, 1600.0, np.inf])


def test_expressways_are_for_cars():
    world = straight((0.0, 1000.0), [Home(0)])
    world.roads.links["road_class"][:] = RoadClass.EXPRESSWAY
    roads = LiveRoads(world.roads)
    assert np.isfinite(roads.cost_s(max_mps=np.inf)).all()
    assert np.isinf(roads.cost_s(max_mps=5.0, motorway=False)).all()
    assert np.isinf(roads.cost_s(max_mps=1.0, on_foot=True)).all()


def test_a_road_closed_by_command_with_no_hazard_about_is_closed():
    run = drill(WORLD)
    run.refresh_roads()
    run.order("command", "close_road", {"a": "u1", "b": "u0"})
    assert np.flatnonzero(run.roads.closed).tolist() == [0, 1]
    run.order("command", "open_road", {"a": "u0", "b": "u1"})
    assert not run.roads.closed.any()
    run.order("command", "close_road", {"a": "u1", "b": "u2"})
    assert np.flatnonzero(run.roads.closed).tolist() == [2, 3]


def test_a_command_does_not_open_what_a_hazard_closed():
    run = drill(WORLD, hazards=[water("u0", starts_s=0, speed_mps=1, most_m=500)])
    run.run_for(20)
    assert np.flatnonzero(run.roads.closed).tolist() == [1]  # the link that ends in the water
    run.order("command", "close_road", {"a": "u0", "b": "u1"})
    run.order("command", "open_road", {"a": "u0", "b": "u1"})
    assert np.flatnonzero(run.roads.closed).tolist() == [1]


def test_only_stated_roads_can_be_closed():
    run = drill(WORLD)
    with pytest.raises(InputError, match="no stated road joins the two places"):
        run.order("command", "close_road", {"a": "u0", "b": "u2"})
