"""Ways out and crews that take them: closed forms, a plain twin, wind that turns, and crews that cannot get away."""

import json
import math

import numpy as np
import pytest

from scenarios.forest_fire import escape
from scenarios.forest_fire.escape import (
    core_radius_m,
    separation_by_flame_m,
    separation_by_vegetation_m,
    walk_s,
    walking_mps,
    ways_out,
)
from scenarios.forest_fire.kernels import COLS, ROWS
from sim.world.classes import LandCover
from tests.crewing import Crew, at_task, fight
from tests.fires import forest_fire
from tests.worlds import flat_world

CELL = 60.0
FLAT_MPS = 6.0 / 3.6 * math.exp(-0.175)


def quiet(**more):
    """Settings of suppression without night and re-ignition."""
    return {"night": {"rule": "any"}, "mop_up": {"reignitions_per_km_h": 0}, **more}


# -- closed forms -------------------------------------------------------------------------------------------


def test_walking_after_tobler():
    assert walking_mps(0.0) * 3.6 == pytest.approx(5.04, abs=0.01)
    assert walking_mps(-0.05) * 3.6 == pytest.approx(6.0)
    assert walking_mps(0.36) * 3.6 == pytest.approx(1.41, abs=0.03)   # the table's row of 20 deg
    assert walking_mps(-0.36) * 3.6 == pytest.approx(2.0, abs=0.03)


def test_separation():
    assert core_radius_m(20.0) == pytest.approx(10 * 0.3048)
    assert separation_by_flame_m(3.0, 80.0) == pytest.approx(12.0 + 20 * 0.3048)
    # Butler's published example: 15 mph, 24 %, 6 ft: 8 x 3 x 6 = 144 ft
    example = separation_by_vegetation_m(6 * 0.3048, 15 * 0.44704, 0.24, "low", 0.0)
    assert example == pytest.approx(144 * 0.3048)
    assert separation_by_vegetation_m(1.0, 25 * 0.44704, 0.5, "extreme", 0.0) == 80.0


def twin(cells, until, width, ground, latest, leave):
    """The same by going over all cells until nothing changes."""
    latest, leave = latest.copy(), leave.copy()
    for c in cells:
        if leave[c] == np.inf:
            latest[c] = until[c]
    changed = True
    while changed:
        changed = False
        for c in cells:
            best = leave[c]
            for k in range(0, 16, 2):
                p = c + ROWS[k] * width + COLS[k]
                if latest[p] > -np.inf:
                    best = max(best, latest[p] - walk_s(c, k, CELL, ground, p))
            if best > leave[c]:
                leave[c], changed = best, True
            latest[c] = min(until[c], leave[c])
    return latest, leave


@pytest.mark.parametrize("seed", range(6))
def test_ways_out_against_a_plain_twin(seed):
    r = np.random.default_rng(seed)
    n = 14
    ground = np.zeros((n * n, 3))
    ground[:, :2] = r.uniform(-0.6, 0.6, (n * n, 2))
    kind = r.choice(3, n * n, p=[0.8, 0.12, 0.08]).reshape(n, n)  # to solve, no entry, refuge
    kind[[0, -1]], kind[:, [0, -1]] = 1, 1
    kind[r.integers(1, n - 1), r.integers(1, n - 1)] = 2
    kind = kind.ravel()
    cells = np.flatnonzero(kind == 0)
    until = np.where(kind == 0, r.uniform(0, 6000, n * n), np.inf)
    latest = np.where(kind == 2, np.inf, -np.inf)
    leave = np.full(n * n, np.nan)
    leave[cells] = -np.inf
    leave[r.choice(cells, 3)] = np.inf  # fetched
    expected = twin(cells, until, n, ground, latest, leave)
    onward = np.full(n * n, -1, np.int64)
    ways_out(cells, until, n, CELL, ground, latest, leave, onward, np.empty(9 * len(cells) + 16),
             np.empty(9 * len(cells) + 16, np.int64), np.zeros(4, np.int64))
    assert np.array_equal(latest[cells], expected[0][cells])
    np.testing.assert_allclose(leave[cells], expected[1][cells], rtol=0, atol=1e-9)
    for c in cells:
        if onward[c] >= 0 and np.isfinite(leave[c]):
            k = next(k for k in range(0, 16, 2) if c + ROWS[k] * n + COLS[k] == onward[c])
            assert leave[c] == latest[onward[c]] - walk_s(c, k, CELL, ground, onward[c])


def corridor(fuel=4, length=40):
    """A strip of fuel one cell wide between lakes; the fire is lit at its west end, no road leads out."""
    w = flat_world(41, 61, CELL, fuel=98, cover=LandCover.WATER)
    w.layers["fuel"][20, 10:10 + length] = fuel
    w.layers["land_cover"][20, 10:10 + length] = LandCover.SHRUB
    w.roads.cell_start[:] = 0
    object.__setattr__(w.roads, "cell", np.zeros(0, np.int32))
    return w


def lit_at_west_end(w, **settings):
    x, y = w.grid.centre(20, 11)
    from sim.world.projection import Projection

    lon, lat = Projection(w.crs).to_lonlat(float(x), float(y))
    return forest_fire(w, ignitions=[{"lon": float(lon), "lat": float(lat)}], suppression=quiet(**settings),
                       weather={"wind_mps": 6.0, "wind_from_deg": 270.0, "temperature_c": 25.0, "humidity_pct": 30.0})


def test_along_a_corridor_the_way_out_is_over_when_the_fire_would_catch_up():
    fire = lit_at_west_end(corridor(), escape={"horizon": "30min"})
    fire.advance(600.0)
    ways = fire.attack.ways.now()
    reached = [c for c in range(12, 50) if np.isfinite(ways.until[ways.window.cell(20, c)])]
    assert len(reached) > 5
    far = max(reached)
    step = CELL / FLAT_MPS
    for c in reached[:-1]:
        at = ways.window.cell(20, c)
        # ahead lies fire-free ground; every cell on the way must be left behind in time
        last = min(float(ways.until[ways.window.cell(20, k)]) - (k - c) * step for k in range(c + 1, far + 1))
        assert ways.leave[at] == pytest.approx(last, rel=1e-12)
        assert ways.latest[at] == pytest.approx(min(last, float(ways.until[at])), rel=1e-12)
        assert ways.step_s[at] == pytest.approx(step)
    assert ways.leave[ways.window.cell(20, far)] == np.inf


def test_a_road_leads_out_until_the_fire_is_near():
    w = flat_world(81, 81, CELL, fuel=102)
    fire = forest_fire(w, suppression=quiet())
    fire.advance(1800.0)
    ways = fire.attack.ways.now()
    road = [ways.window.cell(40, c) for c in range(41, 60)]
    coming = [at for at in road if np.isfinite(ways.until[at]) and ways.latest[at] > -np.inf]
    assert coming
    for at in coming:
        assert ways.leave[at] == np.inf
        assert ways.latest[at] == pytest.approx(ways.until[at] - escape.PICKED_UP_S)


def test_refuges_keep_their_distance():
    w = flat_world(81, 81, 30.0, fuel=4)
    w.layers["fuel"][:, 50:60] = 99
    w.layers["land_cover"][:, 50:60] = LandCover.BARE
    fire = forest_fire(w, suppression=quiet(escape={"horizon": "2h"}), weather={
        "wind_mps": 14.0, "wind_from_deg": 270.0, "temperature_c": 30.0, "humidity_pct": 20.0})
    fire.advance(60.0)
    ways = fire.attack.ways.now()
    ahead = fire.front.copy()
    ahead.advance(fire.time_s + 7200.0)
    row, seen = 42, set()
    fresh = ahead.burned[len(fire.front.burned):]
    for i, (r, c) in zip(fresh.tolist(), np.stack(ahead.row_col(fresh), 1).tolist()):
        far = separation_by_flame_m(float(escape.flame_length(np.float64(ahead.out[i, 1]))), 20.0)
        cells = math.ceil(far / 30.0 - 0.5)
        if abs(r - row) <= cells:
            seen |= set(range(c - cells, c + cells + 1))
    unsafe = [c in seen for c in range(50, 56)]
    assert unsafe[0] and not unsafe[-1] and sum(unsafe) >= 2
    assert [ways.onward[ways.window.cell(row, c)] >= 0 for c in range(50, 56)] == unsafe


# -- crews --------------------------------------------------------------------------------------------------


def test_crews_leave_before_they_are_cut_off_when_the_wind_turns():
    w = flat_world(121, 121, CELL, fuel=102)
    turn = 5400.0
    fire = forest_fire(w, weather={
        "wind_mps": 4.0, "wind_from_deg": 270.0, "temperature_c": 28.0, "humidity_pct": 25.0},
        changes=[{"at": "90min", "wind_from_deg": 180.0, "wind_mps": 10.0}], suppression=quiet())
    fire.advance(4500.0)
    crews = at_task(fire, 1, m_per_h=400.0)
    fight(fire, crews, turn + 2400.0)
    told = [(e.kind, e.t_s) for e in fire.events]
    withdrew = [t for kind, t in told if kind == "crew_withdraws"]
    figures = fire.summary()
    assert withdrew and min(withdrew) >= turn and figures["fire.withdrawals"] == len(withdrew)
    assert figures["fire.responders_entrapped"] == figures["fire.responders_dead"] == 0
    assert any(f.get("withdrew") for crew in crews for _, _, f in crew.log)


def trapped(margin="5min", people=20, **more):
    """A crew told to stand at the closed end of the corridor."""
    fire = lit_at_west_end(corridor(length=20), escape={"margin": margin}, **more)
    x, y = (float(v) for v in fire.grid.centre(20, 27))
    fire.advance(60.0)
    fire.attack.responders.on_line("a", x, y, people, 1.2, 3 * 3600.0)
    return fire


def test_a_crew_without_a_way_out_is_caught_and_burned():
    fire = trapped()
    fire.advance(3 * 3600.0)
    figures = fire.summary()
    assert figures["fire.responders_entrapped"] == 20 and figures["fire.withdrawals"] == 1
    assert figures["fire.responders_dead"] + figures["fire.responders_injured"] > 0
    assert [e.kind for e in fire.events if e.kind.startswith("crew_")][:2] == ["crew_withdraws", "crew_entrapped"]
    crew, told = fire.attack.responders.since_last_step("a")
    assert crew is not None and told == {
        "injured": int(figures["fire.responders_injured"]), "dead": int(figures["fire.responders_dead"])}
    assert fire.attack.responders.since_last_step("a")[1] == {}


def test_who_is_hurt_hangs_on_the_team_alone():
    def caught(seed, pauses=()):
        fire = lit_at_west_end(corridor(length=20, fuel=2))
        x, y = (float(v) for v in fire.grid.centre(20, 27))
        fire.advance(60.0)
        fire.attack.responders.on_line(f"team-{seed}", x, y, 30, 1.2, 3 * 3600.0)
        for t in pauses:
            fire.advance(t)
        fire.advance(3 * 3600.0)
        f = fire.summary()
        return f["fire.responders_injured"], f["fire.responders_dead"], [e for e in fire.events if "crew" in e.kind]

    assert caught(1) == caught(1, np.arange(61.0, 10_000.0, 37.0).tolist())


def test_a_crew_that_walks_faster_than_the_fire_is_never_caught():
    w = flat_world(121, 121, CELL, fuel=102)
    object.__setattr__(w.roads, "cell", np.zeros(0, np.int32))
    fire = forest_fire(w, suppression=quiet(), weather={
        "wind_mps": 7.0, "wind_from_deg": 270.0, "temperature_c": 30.0, "humidity_pct": 20.0})
    fire.advance(1800.0)
    x, y = (float(v) for v in fire.grid.centre(60, 75))  # right before the head
    fire.attack.responders.on_line("a", x, y, 20, 1.2, 4 * 3600.0)
    fire.advance(4 * 3600.0)
    rate = fire.front.out[fire.front.burned, 0].max()
    assert rate < FLAT_MPS and fire.summary()["fire.responders_entrapped"] == 0
    assert fire.summary()["fire.withdrawals"] >= 1


def test_nobody_is_looked_after_who_is_not_counted():
    fire = forest_fire(flat_world(81, 81, CELL, fuel=102), suppression=quiet())
    fire.advance(3600.0)
    task = fire.incidents()[0]
    crew = Crew("a", task.x, task.y, 400.0, people=0.0)
    crew.step(fire)
    assert not fire.attack.responders._crews
    off = forest_fire(flat_world(81, 81, CELL, fuel=102), suppression=quiet(escape={"enabled": False}))
    off.advance(3600.0)
    Crew("a", task.x, task.y, 400.0).step(off)
    assert not off.attack.responders._crews


@pytest.mark.parametrize("tactic", ["nearest", "anchor_flank_pinch", "indirect_road"])
def test_pauses_change_nothing_that_crews_do(tactic):
    def run(every):
        fire = forest_fire(flat_world(101, 101, CELL, fuel=102), suppression=quiet(tactic=tactic), weather={
            "wind_mps": 5.0, "wind_from_deg": 270.0, "temperature_c": 30.0, "humidity_pct": 20.0})
        fire.advance(2700.0)
        crews = at_task(fire, 1, m_per_h=700.0, tool=("blower", "drip_torch"))
        while fire.time_s < 3 * 3600.0:
            end = fire.time_s + 300.0
            for t in np.arange(fire.time_s + every, end, every):
                fire.advance(float(t))
            fire.advance(end)
            for crew in crews:
                crew.step(fire)
        fields = fire.fields()
        kept = ("arrival_s", "intensity_kw_m", "direction_deg", "status", "line_s")
        return (b"".join(fields[k].tobytes() for k in kept), json.dumps(fire.summary()),
                [(e.t_s, e.kind, e.detail) for e in fire.events])

    assert run(1e9) == run(17.0)
