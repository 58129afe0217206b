"""What a metre of line costs, which tool a crew takes, and what it may not do: closed forms and plain twins."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
import yaml

from scenarios.forest_fire import line_work, production, tools
from scenarios.forest_fire.crews import PERIMETER_PER_CELL, flames_along
from scenarios.forest_fire.production import best_tool, cell_cost, cost_table, rate_m_per_h, slope_factor, slope_table
from scenarios.forest_fire.settings_suppression import Suppression
from scenarios.forest_fire.spread import LINE
from sim.command import Command
from sim.errors import InputError
from tests.crewing import Crew, at_task, fight
from tests.fires import forest_fire
from tests.worlds import flat_world

CELL = 60.0
SHARE = CELL * PERIMETER_PER_CELL
CALM = {"wind_mps": 0.0, "wind_from_deg": 270.0, "temperature_c": 25.0, "humidity_pct": 30.0}
M_PER_CHAIN = 20.1168


def burning(fuel=8, hours=6.0, n=81, weather=CALM, **settings):
    """A small fire after some hours; settings of suppression by keyword."""
    w = flat_world(n, n, CELL, fuel=fuel, **settings.pop("ground", {}))
    fire = forest_fire(w, weather=weather, suppression={
        "night": {"rule": "any"}, "mop_up": {"reignitions_per_km_h": 0}, **settings.pop("suppression", {})}, **settings)
    fire.advance(hours * 3600.0)
    return fire


def order(fire, metres, tool=("hand_tools",), **more):
    task = fire.incidents()[0]
    args = {"team": "a", "x": task.x, "y": task.y, "metres": metres, "tool": tool, **more}
    return fire.act(Command(fire.time_s, 0, "team", "build_line", args))


# -- tables -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tools", "production", "production_fuels", "line_slope", "safe_separation"])
def test_every_row_names_its_source(name):
    with (production.HERE / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows and all(row["source"] for row in rows)


def test_flames_each_tool_can_attack():
    assert tools.longest_flame(["hand_tools"]) == pytest.approx(4 * 0.3048)
    assert tools.longest_flame(["engine_hose"]) == tools.longest_flame(["dozer"]) == pytest.approx(8 * 0.3048)
    assert tools.longest_flame(["hand_tools", "blower"]) == 1.5
    assert tools.longest_flame(["drip_torch"]) == tools.longest_flame([]) == 0.0
    assert tools.tools_for(2.0) == ["engine_hose", "pump_hose", "dozer"] and tools.tools_for(3.0) == []


def test_a_tool_there_is_not():
    with pytest.raises(InputError, match="unknown tool") as error:
        tools.tools_of(["hand_tool"], "here")
    assert error.value.problem.mend == "did you mean 'hand_tools'?"


@pytest.mark.parametrize("key, metres", [
    (("hand", "type1", "direct", 1), 17.1), (("hand", "type2", "indirect", 9), 5.5),  # Broyles 2011
    (("hand", "type1", "direct", 3), 5 * M_PER_CHAIN / 20), (("hand", "type2", "direct", 11), 9 * M_PER_CHAIN / 20),
    (("engine", "type2", "direct", 1), 12 * M_PER_CHAIN / 3), (("dozer", "type1", "direct", 8), 850.0),
])
def test_rates_are_those_of_the_tables(key, metres):
    assert rate_m_per_h(*key) == pytest.approx(metres, abs=1e-3)


def test_costs_are_ratios_of_rates():
    table = cost_table("type2", (8, 1, 4, 101, 9999))
    slow = 7.1 / (4 * M_PER_CHAIN / 20)
    assert table[0].tolist() == pytest.approx([1.0, 7.1 / 9.6, 7.1 / 6.9, 7.1 / 9.6, slow], rel=1e-3)
    assert table[1, 0] == pytest.approx(7.1 / 5.7)
    assert cost_table("type1", (8, 1))[0].tolist() == pytest.approx([1.0, 10.6 / 17.1])
    assert (cost_table("type1")[4] >= 1.0).all()  # nothing is quicker for a dozer than medium growth


def test_slopes_between_the_tables_points():
    points = slope_table()
    at = np.linspace(-0.1, 1.4, 301)
    for production_index in range(3):
        twin = np.interp(at, points[:, 0], points[:, 1 + production_index])
        assert [slope_factor(points, production_index, s) for s in at] == pytest.approx(twin.tolist())


def test_the_quickest_tool_that_can_be_used():
    rows = tools.tool_rows(tools.tools_of(["hand_tools", "engine_hose", "dozer"]))
    costs, slopes = cost_table("type2", (8, 1)), slope_table()

    def best(kind, slope, road, flame, night=1.0, water=True):
        return best_tool(rows, 0, kind, slope, road, flame, night, 1.0, costs, slopes, water)

    engine = pytest.approx(8.0 / 12.0 / rows[1, tools.T_PACE], rel=1e-5)
    assert best(1, 0.0, 0.0, 1.0) == (1, engine)                             # engines are quicker in grass
    assert best(1, 0.0, 0.0, 1.0, water=False) == (0, pytest.approx(7.1 / 9.6))
    assert best(1, 0.0, 301.0, 1.0) == (0, pytest.approx(7.1 / 9.6))         # no road near
    assert best(1, 0.0, 301.0, 2.0) == (2, 1.0)                              # flames for the dozer only
    assert best(1, 0.6, 301.0, 2.0) == (-1, pytest.approx(4 * 0.3048))       # too steep for it
    assert best(1, 0.0, 0.0, 2.0, night=0.5) == (-1, pytest.approx(4 * 0.3048))
    dozer = tools.tool_rows(tools.tools_of(["dozer"]))
    assert best_tool(dozer, 0, 0, 0.6, 0.0, 0.5, 1.0, 1.0, costs, slopes, True) == (-1, 0.0)


def test_night_and_slope_multiply():
    hand = tools.tool_rows(tools.tools_of(["hand_tools"]))[0]
    costs, slopes = cost_table("type2", (8, 5)), slope_table()
    flat = cell_cost(hand, 1, 1, 0.0, 0.0, 1.0, costs, slopes)
    assert flat == pytest.approx(7.1 / 4.2)
    assert cell_cost(hand, 1, 1, 0.7, 0.0, 0.7, costs, slopes) == pytest.approx(flat / 0.5 / 0.7)


# -- line ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("crew_class, rate", [("type1", 10.6 / 16.6), ("type2", 7.1 / 9.5)])
def test_budget_goes_by_fuel(crew_class, rate):
    fire = burning(fuel=2, hours=2.0)
    f = order(fire, 100.0, crew_class=crew_class).figures
    assert f["built_m"] == pytest.approx(100.0 / rate) and f["spent_m"] == pytest.approx(100.0)


def test_budget_goes_by_slope():
    fire = burning(ground={"slope": 0.7, "aspect_deg": 180.0})
    assert order(fire, 100.0).figures["built_m"] == pytest.approx(50.0)


def test_line_along_a_border_of_fuels_costs_what_its_cells_cost():
    kinds = np.full((81, 81), 2, np.int16)
    kinds[:40] = 1  # the fire starts on the border
    fire = burning(fuel=kinds, hours=0.7)
    crews = at_task(fire, 1, m_per_h=1500.0, people=0.0)
    fight(fire, crews, 6 * 3600.0)
    spent = sum(f["spent_m"] for crew in crews for _, _, f in crew.log)
    built = sum(f["built_m"] for crew in crews for _, _, f in crew.log)
    rows = np.nonzero(fire.fields()["status"] == 3)[0]
    unfinished = built - len(rows) * SHARE
    cost = np.where(rows < 40, 7.1 / 9.6, 7.1 / 9.5)
    assert (rows < 40).any() and (rows >= 40).any() and fire.incidents()[0].done
    assert SHARE * cost.sum() <= spent <= SHARE * cost.sum() + unfinished * 7.1 / 9.5 + 1e-6
    assert unfinished < 20 * SHARE


def test_line_is_as_wide_as_the_tool_makes_it():
    fire = burning()
    order(fire, 500.0, tool=("blower",))
    assert set(fire.line_width_m.values()) == {1.0} and len(fire.line_width_m) == 7


def test_without_tools_a_metre_is_a_metre():
    fire = burning(fuel=2, hours=2.0)
    f = order(fire, 100.0, tool=()).figures
    assert f["built_m"] == f["spent_m"] == 100.0


def test_hose_reaches_as_far_as_it_is_long():
    wind = {**CALM, "wind_mps": 4.0}
    fire = burning(fuel=102, hours=1.0, weather=wind)  # the road runs through the ignition, west to east
    fire.advance(2.5 * 3600.0)
    edge = fire.edge.cells(fire.changes)
    away = fire.attack.roads.window(fire)[edge]
    assert away.min() == 0.0 and away.max() > 300.0
    order(fire, 3000.0, tool=("engine_hose",))
    held = fire.front.closed[edge] == LINE
    assert held.any() and (away[held] <= 300.0).all()


def test_the_night_rule():
    night = {"from_h": 12.5, "to_h": 12.0}  # the runs start at 13 h
    built = {}
    for rule in ("any", "limited", "none"):
        fire = burning(fuel=2, hours=2.0, suppression={"night": {"rule": rule, **night, "flame_factor": 1.0}})
        result = order(fire, 100.0)
        built[rule] = result.figures["built_m"]
    assert built["limited"] == pytest.approx(0.7 * built["any"])
    assert built["none"] == 0.0 and result.reason == "no line is built at night" and result.figures["waiting"]
    shy = burning(fuel=2, hours=2.0, suppression={"night": {"rule": "limited", **night, "flame_factor": 0.1}})
    assert order(shy, 100.0).reason.startswith("crew with no tool for the flame: ")


@pytest.mark.parametrize(
    "hour, dark", [(13.0, False), (18.9, False), (19.0, True), (23.0, True), (5.9, True), (6.0, False)])
def test_dark_hours_go_over_midnight(hour, dark):
    fire = forest_fire(flat_world(21, 21, CELL, fuel=8))
    assert fire.attack.dark(((hour - 13.0) % 24.0) * 3600.0) == dark


def test_flames_beyond_the_tools_are_told():
    fire = burning(fuel=4, hours=0.3, weather={**CALM, "wind_mps": 5.0})
    result = order(fire, 100.0, tool=("hand_tools", "blower"))
    flames = flames_along(fire.front, fire.edge.cells(fire.changes), fire.time_s, CELL)
    assert flames.min() > 1.5
    able = [name for name in ("engine_hose", "pump_hose", "dozer") if flames.min() <= 8 * 0.3048]
    assert result.accepted and result.figures["waiting"] and result.reason == (
        f"crew with no tool for the flame: {flames.min():.1f} m at the quietest open edge, its own reach 1.5 m; "
        + (f"{', '.join(able)} could" if able else "no tool on the ground could"))


def test_a_crew_with_a_torch_only_builds_nothing():
    result = order(burning(), 100.0, tool=("drip_torch",))
    assert result.figures["waiting"] and result.reason == "crew with no tool for the flame: drip_torch puts nothing out"


def test_a_crews_own_limit_caps_its_tools():
    fire = burning(fuel=2, hours=2.0)
    flames = flames_along(fire.front, fire.edge.cells(fire.changes), fire.time_s, CELL)
    result = order(fire, 100.0, max_flame_m=float(0.9 * flames.min()))
    assert result.figures["built_m"] == 0.0 and "crew with no tool for the flame" in result.reason


@pytest.mark.parametrize("tactic", ["nearest", "anchor_flank_pinch", "head_attack"])
def test_nobody_works_above_the_flame_of_the_tool(tactic):
    fire = burning(fuel=102, hours=1.0, n=121, weather={**CALM, "wind_mps": 6.0}, suppression={"tactic": tactic})
    fire.advance(3600.0)
    crews = at_task(fire, 1, m_per_h=700.0)
    faced = []
    for _ in range(15):
        fire.advance(fire.time_s + 300.0)
        for crew in crews:
            edge = fire.edge.cells(fire.changes)
            flames = flames_along(fire.front, edge, fire.time_s, CELL)
            rows, cols = fire.front.row_col(edge)
            crew.step(fire)
            held = [fire.front.closed[fire.front.cell(r, c)] == LINE for r, c in zip(rows, cols)]
            faced.extend(flames[held].tolist())
    assert len(faced) > 10 and max(faced) <= tools.longest_flame(["hand_tools"])


def test_lost_line_is_open_edge_again():
    fire = burning(fuel=2, hours=2.0)
    crews = at_task(fire, 1, m_per_h=3000.0, people=0.0)
    fight(fire, crews, 8 * 3600.0)
    task = fire.incidents()[0]
    assert task.done
    cell = fire.edge.rim()[0]
    lost = next(cell + step for step in (1, -1, fire.front.width, -fire.front.width)
                if fire.front.closed[cell + step] == LINE)
    fire.front.closed[lost] = 3  # as wet ground that dries
    fire.front.open(np.array([lost]), fire.time_s)
    fire.changed()
    task = fire.incidents()[0]
    assert not task.done and task.remaining == pytest.approx(SHARE)
    assert fire.front.progress[lost] == 0.0


def test_walking_takes_a_quarter_of_building():
    fire = burning()
    task = fire.incidents()[0]
    f = order(fire, 100.0, x=task.x - 3000.0, y=task.y).figures
    assert f["walked_m"] == pytest.approx(100.0 * line_work.WALK_PER_LINE) and f["built_m"] == 0.0


def test_same_work_in_one_step_or_in_many():
    def built(seconds):
        fire = burning(hours=6.0)
        crew = Crew("a", *(lambda t: (t.x, t.y))(fire.incidents()[0]), m_per_h=600.0, people=0.0)
        return sum(crew.step(fire, seconds)["built_m"] for _ in range(int(1200 / seconds))), math.hypot(crew.x, crew.y)

    assert built(60.0) == pytest.approx(built(1200.0))


def test_the_settings_shown_in_the_docs_are_good():
    page = (Path(__file__).parents[2] / "docs/background/fire-suppression.md").read_text(encoding="utf-8")
    shown = yaml.safe_load(page.split("```yaml")[1].split("```")[0])
    assert Suppression.model_validate(shown["suppression"]).night.rule == "none"
    assert all(f"`{tool}`" in page for tool in tools.tool_table())
