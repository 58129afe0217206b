"""The Simulation as a mesa.Model: ticks, series, sleeping processes, agents, letting go."""

from __future__ import annotations

import gc
import weakref

import mesa
import numpy as np
import pytest

from agents.command.post import CommandPost
from agents.rescue_team import RescueTeam
from agents.supply_truck import SupplyTruck
from sim.errors import InputError
from sim.hazard import HazardEvent
from tests.smallworld import Home, drill, events_of, order, shelter, straight, water

ROAD = (0.0, 3000.0, 6000.0)
HOMES = [Home(1, (40, 38, 9), cars=1), Home(1, (70,)), Home(2, (30, 31))]
OUT = [order("5min", "u1"), order("5min", "u2")]
"""Everybody; the shelter's own village stays."""
PLAN = {
    "shelters": [shelter("hall", "u0", 50)],
    "teams": [{"id": "squad", "type": "squad", "place": "u0", "crew": 10, "count": 2}],
    "warehouses": [
        {
            "id": "depot",
            "place": "u0",
            "area_m2": 100,
            "stock_packs": 100,
            "trucks": 3,
            "truck_load_packs": 20,
            "loading": {"median": "10min"},
            "truck_turnout": {"median": "5min"},
        }
    ],
}


def quiet(**values):
    return drill(straight(ROAD, HOMES), plan=PLAN, **values)


def test_a_step_is_one_tick():
    run = quiet(tick="30s")
    assert isinstance(run, mesa.Model)
    assert run.now == 0.0
    run.step()
    assert (run.now, run.steps) == (30.0, 1)
    run.step()
    assert (run.now, run.steps) == (60.0, 2)


def test_run_for_is_so_many_steps():
    stepped, ran = quiet(commands=OUT), quiet(commands=OUT)
    for _ in range(40):
        stepped.step()
    ran.run_for(15)
    ran.run_for(25)
    assert ran.now == stepped.now == 2400.0
    assert ran.steps == 40
    for name, column in stepped.residents.columns.items():
        assert np.array_equal(column, ran.residents.columns[name]), name
    assert stepped.evacuation.moves == ran.evacuation.moves > 0


def test_run_goes_to_the_end_and_tells_how_far_it_is():
    run, told = quiet(duration="610s"), []
    run.run(told.append)
    assert run.now == 660.0
    assert told == pytest.approx(np.arange(1, 12) / 11)


def test_the_series_are_a_data_collectors():
    run = quiet(commands=OUT, duration="3h")
    run.run()
    assert isinstance(run.datacollector, mesa.DataCollector)
    frame = run.datacollector.get_model_vars_dataframe()
    assert frame["t_s"].tolist() == [60.0 * i for i in range(181)]
    assert frame["warned"].iloc[0] == 0
    assert frame["warned"].iloc[-1] == run.residents.size == 6
    assert frame["sheltered"].iloc[-1] == np.count_nonzero(np.isfinite(run.residents.columns["safe_s"])) == 6
    assert (np.diff(frame["sheltered"]) >= 0).all()
    assert frame["preparing"].max() == 6


def test_series_are_kept_as_often_as_asked():
    run = quiet(duration="1h")
    run.collect({"teams_out": lambda model: 0.0}, every_s=600.0)
    run.run()
    assert run.datacollector.model_vars["t_s"] == [600.0 * i for i in range(7)]


def test_processes_with_nothing_to_do_sleep():
    run = quiet(duration="6h")
    run.run()
    runs = {name: process.runs for name, process in run.clock.periodic.items()}
    assert runs["movement"] == runs["household decisions"] == runs["exposure"] == 0
    assert runs["hazard"] == 0
    assert runs["presence"] == 6 * 3600 // 900


def test_processes_sleep_again_once_everybody_is_out():
    run = quiet(commands=OUT, duration="6h")
    run.run()
    # 15 minutes until they leave; the old one walks 3 km at 0.625 m/s, the pair 6 km at 1.25 m/s: 80 minutes.
    assert 80 <= run.clock.periodic["movement"].runs <= 83
    # One run at the warning, one at the departure.
    assert run.clock.periodic["household decisions"].runs == 2


def test_a_hazard_that_rests_lets_the_engine_rest():
    run = drill(
        straight(ROAD, HOMES), hazards=[water("u2", starts_s=3600, speed_mps=1, most_m=600)], duration="6h"
    )
    run.run()
    # Its start, then every minute for the ten that it grows.
    assert 11 <= run.clock.periodic["hazard"].runs <= 13


def test_agents_are_residents_teams_trucks_and_the_post():
    run = quiet()
    assert len(run.agents) == 6 + 2 + 3 + 1
    objects = [agent for agent in run.agents if isinstance(agent, RescueTeam | SupplyTruck | CommandPost)]
    assert len(objects) == 6
    assert sum(
        agent.age for agent in run.agents if not isinstance(agent, RescueTeam | SupplyTruck | CommandPost)
    ) == (40 + 38 + 9 + 70 + 30 + 31)


def test_a_closed_model_can_be_collected():
    run = quiet(commands=OUT)
    run.run_for(30)
    gone = weakref.ref(run)
    run.close()
    del run
    gc.collect()
    assert gone() is None


def test_commands_are_validated_logged_and_told():
    run = quiet()
    run.run_for(2)
    run.order("command", "order_evacuation", {"zone": "u1"})
    assert [(c.t_s, c.role, c.action, dict(c.args)) for c in run.commands.log] == [
        (120.0, "command", "order_evacuation", {"zone": "u1"})
    ]
    kinds = run.events.columns()["kind"].tolist()
    assert "command" in kinds and "warning_order" in kinds
    with pytest.raises(InputError, match="unknown action"):
        run.order("command", "order_evacuatoin", {"zone": "u1"})
    with pytest.raises(InputError, match="zone"):
        run.order("command", "order_evacuation", {})
    with pytest.raises(InputError, match="no such place"):
        run.order("command", "order_evacuation", {"zone": "atlantis"})


def test_a_command_of_the_scenario_is_refused_before_the_run():
    with pytest.raises(InputError, match=r"command at 300 s|packs"):
        quiet(
            commands=[
                {
                    "at": "5min",
                    "action": "dispatch_supply",
                    "args": {"warehouse": "depot", "shelter": "hall", "packs": 0},
                }
            ]
        )


def test_agents_of_the_model_cannot_be_replaced():
    with pytest.raises(AttributeError, match="belongs to Mesa"):
        quiet().agents = []


def test_what_happens_in_a_hazard_is_in_the_log():
    run = quiet(hazards=[water("u0", starts_s=0.0)])
    told = [HazardEvent(90.0, "line_lost", "u1", 3.0, 4.0, '{"cells": 2}')]

    def take():
        taken = [event for event in told if event.t_s <= run.now]
        del told[: len(taken)]
        return taken

    run.hazards[0].take_events = take
    for _ in range(4):
        run.step()
    assert [(e["t_s"], e["agent"], e["place"], e["x"], e["y"], e["detail"]) for e in events_of(run, "line_lost")] == [
        (90.0, run.hazards[0].key, "u1", 3.0, 4.0, '{"cells": 2}')]
