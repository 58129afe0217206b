"""Teams, command post and fire together in a small run: line, mop-up, home; tactic and night from the settings."""

import json

import pytest

from sim.command import Command
from sim.errors import InputError
from tests.smallworld import TEAM_TYPES, Home, advance, drill, events_of, straight

ROAD = (0.0, 4000.0)
FIRE = {
    "ignitions": [{"lon": None, "lat": None}],
    "weather": {"wind_mps": 3.0, "wind_from_deg": 270.0, "temperature_c": 25.0, "humidity_pct": 30.0},
    "moisture": {"herb_pct": 60.0, "woody_pct": 90.0},
    "suppression": {"mop_up": {"reignitions_per_km_h": 0}},
}


def run_of(tools=("blower",), start="2026-04-04T10:00+08:00", crew=60, suppression=None, command=None, rate=20.0,
           fuel=101):
    """Two squads on a straight road and a fire a kilometre off it."""
    world = straight(ROAD, [Home(0)])
    world.layers["fuel"][:] = fuel
    from sim.world.projection import Projection

    lon, lat = (float(v) for v in Projection(world.crs).to_lonlat(1500.0, 6000.0))
    fire = {**FIRE, "ignitions": [{"lon": lon, "lat": lat}],
            "suppression": {**FIRE["suppression"], **(suppression or {})}}
    kind = {**TEAM_TYPES["squad"], "tools": list(tools), "rates": {"fire_line": rate}, "turnout": {
        "day": {"median": "5min"}, "night": {"median": "5min"}}, "work_before_rest": "8h"}
    return drill(
        world, hazards=[{"hazard": "forest_fire", "settings": fire}], start=start, duration="12h",
        team_types={"squad": kind}, plan={
            "command": {"place": "u0", "decision": {"median": "5min"}, **(command or {})},
            "teams": [{"id": "a", "type": "squad", "place": "u0", "crew": crew},
                      {"id": "b", "type": "squad", "place": "u1", "crew": crew}]})


def test_from_the_call_to_a_mopped_up_fire_and_home():
    run = run_of()
    run.run()
    kinds = {kind: [e["t_s"] for e in events_of(run, kind)] for kind in (
        "on_scene", "contained", "mopped_up", "back", "alarm", "waits", "crew_entrapped")}
    assert len(kinds["alarm"]) == 1  # mop-up follows from the work and is not reported
    assert kinds["on_scene"][0] < kinds["contained"][0] < kinds["mopped_up"][-1] < kinds["back"][-1]
    figures = run.hazards[0].summary()
    assert figures["fire.contained_h"] < figures["fire.controlled_h"] < 12.0 and figures["fire.mopped_up_km"] > 0
    assert figures["fire.responders_entrapped"] == 0 and kinds["crew_entrapped"] == []
    args = next(json.loads(c.line())["args"] for c in run.commands.log if c.action == "build_line")
    assert args["tool"] == ["blower"] and args["people"] == 30.0 and args["seconds"] == 300.0
    assert {c.action for c in run.commands.log if c.role == "team"} == {"build_line", "mop_up"}


def test_the_plans_tactic_and_the_scenarios():
    assert run_of().hazards[0].attack.tactic == "nearest"
    assert run_of(command={"fire_tactic": "head_attack"}).hazards[0].attack.tactic == "head_attack"
    both = run_of(command={"fire_tactic": "head_attack"}, suppression={"tactic": "anchor_flank_pinch"})
    assert both.hazards[0].attack.tactic == "anchor_flank_pinch"


def test_nobody_fights_at_night_where_the_rule_is_so():
    run = run_of(start="2026-04-04T20:00+08:00", suppression={"night": {"rule": "none"}})
    advance(run, 6 * 3600.0)
    assert run.hazards[0].line_m == 0.0
    assert [json.loads(e["detail"])["why"] for e in events_of(run, "waits")] == ["no line is built at night"] * 2
    advance(run, 11.5 * 3600.0)  # past six in the morning
    assert run.hazards[0].line_m > 0.0


def test_a_crew_without_a_tool_for_the_flame_says_so():
    run = run_of(tools=("hand_tools",), fuel=4)
    advance(run, 2 * 3600.0)
    why = [json.loads(e["detail"])["why"] for e in events_of(run, "waits")]
    assert why and why[0].startswith("crew with no tool for the flame: ") and "its own reach 1.2 m; " in why[0]
    assert run.hazards[0].line_m == 0.0


def test_an_unknown_tool_in_a_command():
    run = run_of()
    with pytest.raises(InputError, match="unknown tool 'axe'"):
        run.order("command", "build_line", {"team": "a", "x": 0.0, "y": 0.0, "metres": 1.0, "tool": "axe"})
    assert Command(0.0, 0, "team", "mop_up", {}).action in {spec.name for spec in run.commands.specs()}
