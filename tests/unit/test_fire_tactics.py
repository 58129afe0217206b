"""Where tactics send crews: geometry on ellipses, paths ahead of the fire, arcs before villages, burning out."""

import math

import numpy as np
import pytest

from scenarios.forest_fire import tactics
from scenarios.forest_fire.crews import flames_along
from scenarios.forest_fire.indirect import LinePlan, ridges, soonest
from scenarios.forest_fire.kernels import COLS, ROWS
from scenarios.forest_fire.spread import LINE
from sim.command import Command
from tests.crewing import at_task, fight
from tests.fires import forest_fire
from tests.worlds import flat_world

CELL = 60.0
DRY = {"wind_mps": 5.0, "wind_from_deg": 270.0, "temperature_c": 30.0, "humidity_pct": 20.0}
TACTICS = ("nearest", "anchor_flank_pinch", "head_attack", "point_protection", "indirect_ridge", "indirect_road")


def burning(tactic=None, fuel=102, hours=1.0, n=161, weather=DRY, villages=(), ground=None, **settings):
    w = flat_world(n, n, CELL, fuel=fuel, villages=villages)
    if ground is not None:
        ground(w)
    fire = forest_fire(w, weather=weather, suppression={
        "night": {"rule": "any"}, "mop_up": {"reignitions_per_km_h": 0}, "tactic": tactic}, **settings)
    fire.advance(hours * 3600.0)
    return fire


def edge_of(fire):
    cells = fire.edge.cells(fire.changes)
    x, y = fire.centres(cells)
    return cells, x, y


# -- heading and scores -------------------------------------------------------------------------------------


@pytest.mark.parametrize("wind_from, east, north", [(270.0, 1.0, 0.0), (180.0, 0.0, 1.0), (225.0, 0.7071, 0.7071)])
def test_a_fires_heading(wind_from, east, north):
    fire = burning(weather={**DRY, "wind_from_deg": wind_from})
    heading = tactics.heading_of(fire, 1)
    assert (heading.east, heading.north) == (pytest.approx(east, abs=0.03), pytest.approx(north, abs=0.03))
    x, y = heading.x + 100 * heading.east, heading.y + 100 * heading.north
    assert heading.along(x, y) == pytest.approx(100.0) and heading.left(x, y) == pytest.approx(0.0, abs=1e-6)
    assert heading.left(heading.x - heading.north, heading.y + heading.east) == pytest.approx(1.0)


def test_a_fire_that_has_not_run_heads_with_the_wind():
    fire = burning(hours=0.01)
    assert (tactics.heading_of(fire, 1).east, len(fire.front.burned)) == (pytest.approx(1.0), 1)


@pytest.mark.parametrize("clockwise", [True, False])
def test_sides_are_the_crews_own(clockwise):
    fire = burning()
    cells, x, y = edge_of(fire)
    heading = tactics.heading_of(fire, 1)
    rank = tactics.scores("anchor_flank_pinch", fire, 1, cells, clockwise)
    first = cells[np.argmin(rank)]
    fx, fy = fire.centres(np.array([first]))
    assert heading.along(fx, fy)[0] - heading.along(x, y).min() < 2 * CELL
    own = (heading.left(x, y) >= 0) == clockwise
    assert (rank[own] < tactics.OTHER_SIDE / 2).all() and (rank[~own] > tactics.OTHER_SIDE / 2).all()
    front = tactics.scores("head_attack", fire, 1, cells, None)
    hx, hy = fire.centres(np.array([cells[np.argmin(front)]]))
    assert heading.along(x, y).max() - heading.along(hx, hy)[0] < 2 * CELL


def test_crews_are_sent_to_rear_or_head_or_the_quietest_part():
    at = {}
    for tactic in ("nearest", "anchor_flank_pinch", "head_attack"):
        fire = burning(tactic)
        task, heading = fire.incidents()[0], tactics.heading_of(fire, 1)
        _, x, y = edge_of(fire)
        low, high = heading.along(x, y).min(), heading.along(x, y).max()
        at[tactic] = (float(heading.along(task.x, task.y)) - low) / (high - low)
    assert at["anchor_flank_pinch"] < 0.15 and at["head_attack"] > 0.85


def test_no_start_where_all_flames_are_too_long():
    fire = burning("head_attack", fuel=4, hours=0.3)
    cells, _, _ = edge_of(fire)
    flame = flames_along(fire.front, cells, fire.time_s, CELL)
    assert tactics.start("head_attack", fire, 1, cells, flame, 0.9 * float(flame.min())) is None
    assert tactics.start("nearest", fire, 1, cells, flame, 99.0) is None


# -- at the edge --------------------------------------------------------------------------------------------


def test_anchor_flank_pinch_leaves_nothing_open_behind():
    fire = burning("anchor_flank_pinch")
    heading = tactics.heading_of(fire, 1)
    crews = at_task(fire, 1, m_per_h=600.0)
    gaps, opened = [], []

    def look(fire):
        rows, cols = np.nonzero(fire.fields()["status"] == 3)
        x, y = fire.grid.centre(rows, cols)
        cells, ex, ey = edge_of(fire)
        for side in (True, False):
            held = heading.along(x, y)[(heading.left(x, y) >= 0) == side]
            still = heading.along(ex, ey)[(heading.left(ex, ey) >= 0) == side]
            if len(held) and len(still):
                gaps.append(held.max() - still.min())
        opened.append(len(cells))

    fight(fire, crews, 12 * 3600.0, each=look)
    assert len(gaps) > 20 and max(gaps) <= 2 * tactics.BIN_CELLS * CELL
    assert fire.incidents()[0].done


def test_head_attack_catches_a_fire_sooner_where_flames_allow():
    spent = {}
    for tactic in ("anchor_flank_pinch", "head_attack"):
        fire = burning(tactic)
        t = fight(fire, at_task(fire, 1, m_per_h=600.0, tool=("blower",)), 12 * 3600.0)
        spent[tactic] = t, fire.summary()["fire.burned_ha"]
    assert spent["head_attack"][0] < 0.8 * spent["anchor_flank_pinch"][0]
    assert spent["head_attack"][1] < 0.5 * spent["anchor_flank_pinch"][1]


def test_head_attack_goes_to_the_flanks_where_they_do_not():
    fire = burning("head_attack", weather={**DRY, "wind_mps": 8.0}, hours=0.7)
    cells, x, y = edge_of(fire)
    heading = tactics.heading_of(fire, 1)
    flames = flames_along(fire.front, cells, fire.time_s, CELL)
    limit = 4 * 0.3048
    assert flames[np.argmax(heading.along(x, y))] > limit
    crew = at_task(fire, 1, m_per_h=600.0)[0]
    crew.step(fire)
    for _ in range(3):
        if crew.log[-1][2]["held_cells"]:
            break
        fire.advance(fire.time_s + 1.0)
        crew.step(fire)
    held = np.flatnonzero(fire.front.closed[cells] == LINE)
    workable = np.flatnonzero(flames <= limit)
    assert len(held) and (flames[held] <= limit).all()
    foremost = heading.along(x, y)[workable].max()
    assert foremost - heading.along(x, y)[held].min() < 3 * tactics.BIN_CELLS * CELL


def test_an_action_may_say_another_tactic():
    def order(**more):
        fire = burning("anchor_flank_pinch")
        heading, task = tactics.heading_of(fire, 1), fire.incidents()[0]
        args = {"team": "a", "x": task.x, "y": task.y, "metres": 100.0, "tool": ["blower"], **more}
        found = fire.act(Command(fire.time_s, 0, "team", "build_line", args)).figures
        return float(heading.along(found["x"], found["y"]))

    assert order(tactic="head_attack") > order() + 5 * CELL


# -- ahead of it --------------------------------------------------------------------------------------------


def test_soonest_against_a_plain_twin():
    r = np.random.default_rng(5)
    n = 15
    took = r.uniform(0.5, 2.0, (n, n))
    took[[0, -1]], took[:, [0, -1]] = np.inf, np.inf
    took[r.random((n, n)) < 0.15] = np.inf
    took, due = took.ravel(), r.uniform(3.0, 12.0, n * n)
    start = np.zeros(n * n, np.bool_)
    start[r.choice(np.flatnonzero(np.isfinite(took)), 3)] = True
    twin = np.where(start & (took <= due), took, np.inf)
    for _ in range(n * n):
        for c in np.flatnonzero(np.isfinite(took)):
            for k in range(0, 16, 2):
                t = twin[c - ROWS[k] * n - COLS[k]] + math.hypot(ROWS[k], COLS[k]) * took[c]
                if t < twin[c] and t <= due[c]:
                    twin[c] = t
    best, by = np.full(n * n, np.inf), np.full(n * n, -1, np.int64)
    soonest(took, due, start, n, best, by, np.empty(9 * n * n), np.empty(9 * n * n, np.int64), np.zeros(4, np.int64))
    assert np.array_equal(np.isfinite(best), np.isfinite(twin)) and np.isfinite(best).sum() > 20
    np.testing.assert_allclose(best[np.isfinite(best)], twin[np.isfinite(twin)])


def test_ridges_are_higher_than_both_sides():
    x = np.arange(40) * CELL
    height = np.tile(np.maximum(0.0, 300.0 - np.abs(x - x[20]) * 0.3), (40, 1))
    found = ridges(height)
    assert found[:, 20].all() and not found[:, :17].any() and not found[:, 24:].any()
    assert not ridges(np.tile(x, (40, 1))).any()


def flat_path_world(w):
    w.layers["elevation_m"][:] = 0.0


@pytest.mark.parametrize("tactic", ["indirect_road", "indirect_ridge"])
def test_a_path_is_anchored_and_the_fire_comes_to_it_late(tactic):
    fire = burning(tactic, fuel=9, hours=3.0, weather={**DRY, "wind_mps": 8.0})
    crews = at_task(fire, 1, m_per_h=1500.0)
    plan = None
    while plan is None and fire.time_s < 5 * 3600.0:
        fire.advance(fire.time_s + 300.0)
        for crew in crews:
            crew.step(fire)
        plan, planned_s = fire.attack.plans._plans[1, tactic], fire.time_s
    rows, cols = np.divmod(plan.cells, fire.grid.nx)
    assert np.abs(np.diff(rows)).max() <= 1 and np.abs(np.diff(cols)).max() <= 1
    line = np.argwhere(fire.fields()["status"] == 3)
    for end in (0, -1):  # both ends touch line that stands
        assert np.abs(line - [rows[end], cols[end]]).max(1).min() <= 1
    heading = tactics.heading_of(fire, 1)
    x, y = fire.grid.centre(rows, cols)
    assert heading.left(x[0], y[0]) > 0 >= heading.left(x[-1], y[-1])
    front = heading.along(*fire.centres(fire.front.burned)).max()
    assert heading.along(x, y).max() > front  # round the head
    ahead = fire.front.copy()
    ahead.advance(fire.time_s + 6 * 3600.0)
    comes = np.array([ahead.arrival[ahead.cell(r, c)] for r, c in zip(rows, cols)])
    assert (comes >= planned_s + 3600.0 * plan.when_h).all() and plan.when_h.max() <= plan.hours
    assert any(e.kind == "line_planned" for e in fire.events)


def test_a_path_follows_the_ridge_it_is_cheaper_on():
    ridge_col = 93

    def ridge(w):
        col = np.arange(161)
        w.layers["elevation_m"][:] = np.maximum(0.0, 30.0 - 4.0 * np.abs(col - ridge_col))

    found = {}
    for name, ground in (("flat", flat_path_world), ("ridge", ridge)):
        fire = burning("indirect_ridge", fuel=9, hours=3.0, weather={**DRY, "wind_mps": 8.0}, ground=ground)
        fight(fire, at_task(fire, 1, m_per_h=1500.0), fire.time_s + 900.0)
        plan = fire.attack.plans._plans[1, "indirect_ridge"]
        found[name] = int((np.abs(plan.cells % 161 - ridge_col) <= 1).sum())
    assert found["ridge"] >= 5 and found["ridge"] > found["flat"]


def test_no_path_where_none_can_be_built_in_time():
    fire = burning("indirect_road", fuel=4, hours=0.3, weather={**DRY, "wind_mps": 10.0})
    crews = at_task(fire, 1, m_per_h=100.0)
    fight(fire, crews, fire.time_s + 1800.0)
    assert not any(e.kind == "line_planned" for e in fire.events)
    assert crews[0].log[-1][1].startswith("crew with no tool for the flame")


def test_places_in_a_path_and_who_begins_where():
    plan = LinePlan(np.arange(5), 1.0, np.ones(5))
    assert plan.scores(np.array([0, 2, 4]), True).tolist() == [0.0, 2.0, 4.0]
    assert plan.scores(np.array([0, 2, 4]), False).tolist() == [4.0, 2.0, 0.0]
    arc = LinePlan(np.arange(5), 1.0, np.ones(5), from_middle=True)
    assert np.argsort(arc.scores(np.arange(5), True)).tolist()[:3] == [2, 3, 4]
    assert np.argsort(arc.scores(np.arange(5), False)).tolist()[:2] == [1, 0]


def test_a_village_is_shielded_on_the_side_of_the_fire():
    town = [("east", 80, 105), ("far", 10, 10)]
    fire = burning("point_protection", hours=0.5, villages=town)
    crews = at_task(fire, 1, m_per_h=1500.0, tool=("blower",))
    free = burning(hours=0.5, villages=town)
    free.advance(8 * 3600.0)
    assert free.summary()["fire.villages_reached"] >= 1
    fight(fire, crews, 8 * 3600.0)
    plan = fire.attack.plans._plans[1, "point_protection"]
    village = fire.world.places.get("east")
    rows, cols = np.divmod(plan.cells, fire.grid.nx)
    x, y = fire.grid.centre(rows, cols)
    away = np.hypot(x - village.x, y - village.y)
    radius = 250.0 + CELL
    assert (away >= radius).all() and (away < radius + CELL).all()
    assert (x <= village.x + 1.0).all()  # the fire comes from the west
    assert fire.summary()["fire.villages_reached"] == 0


# -- burning out --------------------------------------------------------------------------------------------


def test_a_strip_is_burned_out_when_the_wind_allows_and_belongs_to_the_fire():
    fire = burning("indirect_road", fuel=9, hours=3.0, weather={**DRY, "wind_mps": 8.0})
    crews = at_task(fire, 1, m_per_h=1500.0, tool=("blower", "drip_torch"))
    fight(fire, crews, 12 * 3600.0)
    figures = fire.summary()
    assert figures["fire.burned_out_km"] > 0.0 and fire.incidents()[0].done
    assert (fire.front.fire[fire.front.burned] == 1).all() and len(fire.fires) == 1


@pytest.mark.parametrize("limit, lit", [(0.0, False), (20.0, True)])
def test_nothing_is_lit_that_would_burn_across_the_line(limit, lit):
    fire = burning("indirect_road", fuel=9, hours=3.0, weather={**DRY, "wind_mps": 8.0})
    object.__setattr__(fire.settings.suppression.burnout, "max_wind_across_mps", limit)
    object.__setattr__(fire.attack.settings.burnout, "max_wind_across_mps", limit)
    crews = at_task(fire, 1, m_per_h=1500.0, tool=("blower", "drip_torch"))
    wind = np.array([1.0, 0.0])
    from scenarios.forest_fire import burnout

    seen = []
    may = burnout.may_light

    def spy(fire, cell, line, flame):
        (x, lx), (y, ly) = (v.tolist() for v in fire.centres(np.array([cell, line])))
        ok = may(fire, cell, line, flame)
        seen.append((float(np.dot(wind, [lx - x, ly - y])) > 0.0, ok))
        return ok

    burnout.may_light = spy
    try:
        fight(fire, crews, 12 * 3600.0)
    finally:
        burnout.may_light = may
    across = [ok for outward, ok in seen if outward]
    assert across and any(across) == lit


def test_burning_out_needs_a_finished_line():
    fire = burning(hours=1.0)
    task = fire.incidents()[0]
    args = {"team": "a", "x": task.x, "y": task.y, "metres": 100.0, "tool": ["drip_torch", "blower"],
            "technique": "burnout"}
    result = fire.act(Command(fire.time_s, 0, "team", "build_line", args))
    assert result.reason == "no strip to burn out before a finished line" and result.figures["waiting"]


# -- all of them --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tactic", TACTICS)
def test_every_tactic_contains_a_fire_that_crews_are_a_match_for(tactic):
    fire = burning(tactic, fuel=9, hours=2.0, weather={**DRY, "wind_mps": 6.0}, villages=[("east", 80, 110)])
    fight(fire, at_task(fire, 1, m_per_h=800.0, tool=("blower",)), 24 * 3600.0)
    assert fire.incidents()[0].done and fire.summary()["fire.contained_h"] < 8.0
