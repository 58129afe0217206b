"""Roads out of the county, named by a gateway and its unit: closed, and given both directions' lanes, like any road."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.errors import InputError
from sim.world.world import Places, World
from tests.smallworld import Home, drill, events_of, straight

OUT = [2, 3, 4, 5]
"""Links both ways between the second node and the last, where the gateway stands."""


def out_of_u1() -> World:
    world = straight((0.0, 1000.0, 3000.0, 5000.0), [Home(1)], gateways=[3])
    places = Places([replace(p, town="u1") if p.kind == "gateway" else p for p in world.places])
    return replace(world, places=places)


def test_the_way_to_a_gateway_is_closed_and_opened_by_its_ends():
    run = drill(out_of_u1())
    run.order("command", "close_road", {"a": "u1", "b": "g3"})
    assert np.flatnonzero(run.roads.closed).tolist() == OUT
    run.order("command", "open_road", {"a": "g3", "b": "u1"})
    assert not run.roads.closed.any()


def test_contraflow_to_a_gateway_doubles_the_lanes_outwards():
    run = drill(out_of_u1())
    run.order("command", "contraflow", {"a": "u1", "b": "g3"})
    assert run.evacuation.driving.traffic.lanes.tolist() == [1, 1, 2, 1, 2, 1]
    assert np.flatnonzero(run.evacuation.driving.extra_closed).tolist() == [3, 5]
    assert [event["detail"] for event in events_of(run, "contraflow")] == ['{"links": 2}']


def test_only_its_own_unit_names_the_way_to_a_gateway():
    run = drill(out_of_u1())
    with pytest.raises(InputError, match="no stated road joins the two places"):
        run.order("command", "contraflow", {"a": "u0", "b": "g3"})
