"""Water on a forest fire: depth needed, drying, drops, rings, aim."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from scenarios.forest_fire import crews
from scenarios.forest_fire.spec import DropWaterArgs, WetArgs
from scenarios.forest_fire.spread import OPEN, WET
from scenarios.forest_fire.water import (
    depth_needed_mm,
    drying_mm_h,
    footprint,
    intensity_of_flame,
    litres_per_m,
)
from sim.command import Command
from sim.water import FromTheAir
from tests.fires import forest_fire
from tests.worlds import flat_world

CELL = 60.0
CALM = {"wind_mps": 0.0, "wind_from_deg": 270.0, "temperature_c": 25.0, "humidity_pct": 30.0}


def fire_at(t_s, **more):
    """A fire in short grass without wind: a circle of low flames around the middle."""
    fire = forest_fire(flat_world(121, 121, CELL, fuel=1, villages=[("east", 60, 90), ("north", 20, 60)]),
                       weather=CALM, **more)
    fire.advance(t_s)
    return fire


def order(on, action, **args):
    return on.act(Command(on.time_s, 0, "team", action, args))


def drop(on, x, y, litres=3000.0, along_deg=0.0, **more):
    return order(on, "drop_water", x=x, y=y, litres=litres, along_deg=along_deg, **more).figures


# -- formulas -------------------------------------------------------------------------------------------------


def test_strip_times_depth_is_the_water_that_came_down():
    strip = footprint(3000.0, 75.0, 12.0, 0.1)
    assert strip.length_m * strip.width_m * strip.depth_mm == pytest.approx(2700.0)
    assert strip.on_ground_mm(0.8, 1.0) == pytest.approx(3.0 - 0.8)
    assert footprint(500.0, 75.0, 12.0, 0.1).on_ground_mm(1.0, 1.0) == 0.0


def test_depth_needed_by_hand():
    # 1,000 kW/m over 1.5 kg/m2: 3.84e-4 (1000 / 4.184)^(2/3) + 0.226 x 1.5 = 0.0148 + 0.339 mm, thrice that.
    assert depth_needed_mm(1000.0, 1.5, 1.0) == pytest.approx(0.0148 + 0.339, rel=1e-3)
    assert depth_needed_mm(1000.0, 1.5, 3.0) == pytest.approx(3 * depth_needed_mm(1000.0, 1.5, 1.0))
    # flames half a metre deep and a strip of 3 m beside them
    assert litres_per_m(1000.0, 1.5, 3.0, 3.0) == pytest.approx(3.5 * depth_needed_mm(1000.0, 1.5, 3.0))


def test_flame_and_intensity_are_inverse():
    assert 0.0775 * intensity_of_flame(2.4) ** 0.46 == pytest.approx(2.4, rel=1e-3)


def test_drying_by_hand():
    # 28 C and 18 %: 3.779 kPa x 0.82 missing; 12 m/s is 8.976 m/s at 2 m: (2.626 + 1.381 x 8.976) x 3.099 / 24.
    assert drying_mm_h(12.0, 28.0, 18.0) == pytest.approx((2.626 + 1.381 * 8.976) * 3.099 / 24, rel=1e-3)
    assert drying_mm_h(12.0, 28.0, 100.0) == 0.0
    # three millimetres less what litter cannot hold are gone within an hour and a quarter on such a day
    assert 0.5 < 2.0 / drying_mm_h(12.0, 28.0, 18.0) < 1.25


# -- wet ground -----------------------------------------------------------------------------------------------


def ahead(fire, cells=3):
    """A cell to the east that the fire has not reached, on its middle row, and its point."""
    row = 60
    burned = np.flatnonzero(np.isfinite(fire.fields()["arrival_s"][row]))
    col = int(burned.max()) + cells
    x, y = (float(v) for v in fire.grid.centre(row, col))
    return row, col, x, y


def closed_at(fire, row, col):
    return int(fire.front.closed[fire.front.cell(row, col)])


def test_wet_ground_dries_with_the_weather():
    fire = fire_at(3600.0)
    row, col, x, y = ahead(fire, 20)
    order(fire, "wet", x=x, y=y, radius_m=30.0, mm=1.5)
    dries_s = 3600.0 + 1.5 / drying_mm_h(0.0, 25.0, 30.0) * 3600.0
    assert closed_at(fire, row, col) == WET
    fire.advance(dries_s - 1.0)
    assert closed_at(fire, row, col) == WET
    fire.advance(dries_s + 1.0)
    assert closed_at(fire, row, col) == OPEN


def test_new_weather_moves_the_time_of_drying():
    fire = fire_at(3600.0, changes=[
        {"at": "2h", "wind_mps": 8.0, "humidity_pct": 20.0}, {"at": "150min", "humidity_pct": 95}])
    row, col, x, y = ahead(fire, 30)
    order(fire, "wet", x=x, y=y, radius_m=30.0, mm=1.5)
    left = 1.5 - drying_mm_h(0.0, 25.0, 30.0) - 0.5 * drying_mm_h(8.0, 25.0, 20.0)
    assert left > 0
    dries_s = 9000.0 + left / drying_mm_h(8.0, 25.0, 95.0) * 3600.0
    fire.advance(dries_s - 5.0)
    assert closed_at(fire, row, col) == WET
    fire.advance(dries_s + 5.0)
    assert closed_at(fire, row, col) != WET


def test_no_more_than_the_litter_holds():
    fire = fire_at(3600.0)
    row, col, x, y = ahead(fire, 20)
    order(fire, "wet", x=x, y=y, radius_m=30.0, mm=20.0)
    fire.advance(3600.0 + 2.0 / drying_mm_h(0.0, 25.0, 30.0) * 3600.0 + 1.0)
    assert closed_at(fire, row, col) == OPEN


def test_a_ring_around_a_village():
    fire = fire_at(600.0)
    result = order(fire, "wet", place="east", radius_m=400.0, inner_m=250.0, mm=2.0)
    inside = [(r, c) for r in range(121) for c in range(121)
              if 250.0 <= math.hypot(r - 60, c - 90) * CELL <= 400.0]
    assert result.figures["cells"] == len(inside)
    assert result.figures["litres"] == pytest.approx(len(inside) * CELL**2 * 2.0)
    assert all(closed_at(fire, r, c) == WET for r, c in inside)
    assert closed_at(fire, 60, 90) == OPEN


def test_the_fire_goes_on_where_water_has_dried():
    fire, free = fire_at(3600.0), fire_at(3600.0)
    row, col, *_ = ahead(fire, 2)
    free.advance(20_000.0)
    due = free.fields()["arrival_s"][row, col]
    for dr in range(-6, 7):
        cx, cy = (float(v) for v in fire.grid.centre(row + dr, col))
        order(fire, "wet", x=cx, y=cy, radius_m=30.0, mm=0.5)
    dry_s = 3600.0 + 0.5 / drying_mm_h(0.0, 25.0, 30.0) * 3600.0
    assert due < dry_s
    fire.advance(dry_s - 1.0)
    assert not np.isfinite(fire.fields()["arrival_s"][row, col])
    fire.advance(dry_s + 3 * 3600.0)
    # burned out behind the wet strip long ago, but still hot: half a step to go
    step = float(due - free.fields()["arrival_s"][row, col - 1])
    assert float(fire.fields()["arrival_s"][row, col]) == pytest.approx(dry_s + step / 2, abs=0.05 * step)


def test_what_is_cold_lights_nothing_when_the_ground_has_dried():
    fire = fire_at(3600.0, spread={"holds_fire": "1h"})
    row, col, *_ = ahead(fire, 2)
    for dr in range(-6, 7):
        cx, cy = (float(v) for v in fire.grid.centre(row + dr, col))
        order(fire, "wet", x=cx, y=cy, radius_m=30.0, mm=2.0)
    behind = fire.front.cell(row, col - 1)
    dry_s = 3600.0 + 2.0 / drying_mm_h(0.0, 25.0, 30.0) * 3600.0
    fire.advance(dry_s + 1.0)
    assert fire.front.ends[behind] + 3600.0 < dry_s
    assert fire.front.arrival[fire.front.cell(row, col)] > dry_s + 6 * 3600.0


# -- drops ----------------------------------------------------------------------------------------------------


def test_a_drop_wets_the_cell_it_covers_and_knocks_down_its_neighbour():
    fire = fire_at(3600.0)
    row, col, x, y = ahead(fire, 1)
    cell = fire.front.cell(row, col)
    beside = fire.front.cell(row, col - 1)
    assert fire.front.ends[beside] > fire.time_s
    before = crews.flames_along(fire.front, np.array([cell]), fire.time_s, CELL)[0]
    figures = drop(fire, x, y)
    assert closed_at(fire, row, col) == WET and figures["wet_cells"] == 1
    assert figures["wetted_m"] == pytest.approx(75.0, abs=1.1)
    assert fire.front.ends[beside] == fire.time_s
    assert crews.flames_along(fire.front, np.array([cell]), fire.time_s, CELL)[0] < before
    assert fire.summary()["fire.drops"] == 1 and fire.summary()["fire.water_dropped_m3"] == 3.0
    assert fire.summary()["fire.first_drop_min"] == pytest.approx(60.0)


def test_small_buckets_add_up_in_a_cell_until_they_dry():
    fire = fire_at(3600.0)
    row, col, x, y = ahead(fire, 30)
    args = {"litres": 800.0, "length_m": 20.0}
    assert drop(fire, x, y, **args)["wet_cells"] == 0
    assert drop(fire, x, y, **args)["wet_cells"] == 0
    assert drop(fire, x, y, **args)["wet_cells"] == 1
    slow = fire_at(3600.0)
    for _ in range(2):
        drop(slow, x, y, **args)
    # 3 mm come down, the litter holds two of them
    slow.advance(3600.0 + 2.01 / drying_mm_h(0.0, 25.0, 30.0) * 3600.0)
    assert slow.front.done[slow.front.cell(row, col)] == 0
    assert drop(slow, x, y, **args)["wet_cells"] == 0


def test_too_thin_a_drop_stops_nothing():
    fire = fire_at(3600.0)
    row, col, x, y = ahead(fire, 1)
    need = depth_needed_mm(0.0, fire.dead_load(fire.front.cell(row, col)), 3.0)
    figures = drop(fire, x, y, litres=0.9 * need * 75.0 * 12.0)
    assert figures["wetted_m"] == 0.0 and closed_at(fire, row, col) == OPEN
    assert fire.summary()["fire.drops"] == 1


def test_no_drop_stops_too_hot_a_fire():
    fire = forest_fire(flat_world(121, 121, CELL, fuel=4), weather={**CALM, "wind_mps": 8.0})
    fire.advance(1800.0)
    row, col, x, y = ahead(fire, 1)
    flame = crews.flames_along(fire.front, np.array([fire.front.cell(row, col)]), fire.time_s, CELL)[0]
    assert intensity_of_flame(flame) > 2000.0
    assert drop(fire, x, y, litres=20_000.0)["wetted_m"] == 0.0
    assert closed_at(fire, row, col) == OPEN


def test_crowns_keep_water_back():
    closed = forest_fire(flat_world(121, 121, CELL, fuel=8, canopy=1.0), weather=CALM)
    closed.advance(3600.0)
    *_, x, y = ahead(closed, 1)
    # 900 l over 900 m2 is less than crowns and air take
    assert drop(closed, x, y, litres=900.0)["wetted_m"] == 0.0
    assert drop(closed, x, y, litres=3000.0)["wetted_m"] > 60.0


def test_a_drop_off_the_grid_is_refused():
    fire = fire_at(600.0)
    result = order(fire, "drop_water", x=fire.grid.x0_m - 500.0, y=fire.grid.y0_m, litres=3000.0, along_deg=0.0)
    assert not result.accepted


def test_pausing_changes_nothing():
    def run(step):
        fire = fire_at(3600.0, changes=[{"at": "100min", "wind_mps": 5.0}])
        _, _, x, y = ahead(fire, 1)
        drop(fire, x, y)
        order(fire, "wet", place="east", radius_m=300.0, mm=1.0)
        t = 3600.0
        while t < 6 * 3600.0:
            t = min(t + step, 6 * 3600.0)
            fire.advance(t)
        return fire.fields()["arrival_s"].tobytes()

    assert run(6 * 3600.0) == run(61.0)


# -- where to drop --------------------------------------------------------------------------------------------


def test_aim_by_target():
    fire = forest_fire(flat_world(121, 121, CELL, fuel=1, villages=[("west", 60, 20)]),
                       weather={**CALM, "wind_mps": 2.0}, key="f")
    fire.advance(3600.0)
    assert isinstance(fire, FromTheAir)
    cx, cy = (float(v) for v in fire.grid.centre(60, 60))
    task = fire.incidents()[0].id
    head = fire.aim(task, "head", cx, cy)
    crew = fire.aim(task, "crews", cx, cy + 5000.0)
    village = fire.aim(task, "village", cx, cy)
    assert head.flame_m > village.flame_m
    assert crew.y == max(a.y for a in (head, crew, village))
    assert village.x < cx
    # along the edge: at its northern end the edge runs east and west
    assert min(crew.along_deg % 180.0, 180.0 - crew.along_deg % 180.0) == pytest.approx(90.0, abs=50.0)
    assert fire.aim("f:9", "head", cx, cy) is None


def test_aim_passes_over_what_is_wet():
    fire = fire_at(3600.0)
    task, (cx, cy) = fire.incidents()[0].id, (float(v) for v in fire.grid.centre(60, 60))
    seen = set()
    for _ in range(4):
        at = fire.aim(task, "crews", cx, cy)
        drop(fire, at.x, at.y, along_deg=at.along_deg)
        seen.add((at.x, at.y))
    assert len(seen) == 4


def test_hottest_that_can_be_stopped():
    fire = forest_fire(flat_world(121, 121, CELL, fuel=2), weather={**CALM, "wind_mps": 11.0})
    fire.advance(1200.0)
    at = fire.aim(fire.incidents()[0].id, "head", 0.0, 0.0)
    flames = crews.flames_along(fire.front, fire.open_edge(1), fire.time_s, CELL)
    below = [f for f in flames.tolist() if intensity_of_flame(f) <= 2000.0]
    assert 0 < len(below) < len(flames)
    assert at.flame_m == pytest.approx(max(below), abs=0.1)


def test_the_quietest_where_none_can_be_stopped():
    fire = forest_fire(flat_world(121, 121, CELL, fuel=4), weather={**CALM, "wind_mps": 8.0},
                       water={"ceiling_kw_m": 50.0})
    fire.advance(1200.0)
    flames = crews.flames_along(fire.front, fire.open_edge(1), fire.time_s, CELL)
    assert intensity_of_flame(float(flames.min())) > 50.0
    assert fire.aim(fire.incidents()[0].id, "head", 0.0, 0.0).flame_m == pytest.approx(flames.min(), abs=0.1)


@pytest.mark.parametrize("bad", [
    {"x": 1.0, "y": 1.0, "radius_m": 50.0}, {"x": 1.0, "radius_m": 50.0, "mm": 1.0},
    {"place": "a", "x": 1.0, "y": 1.0, "radius_m": 50.0, "mm": 1.0},
    {"place": "a", "radius_m": 50.0, "inner_m": 50.0, "mm": 1.0},
    {"place": "a", "radius_m": 50.0, "mm": 1.0, "minutes": 5.0},
])
def test_bad_wet_arguments(bad):
    with pytest.raises(ValidationError):
        WetArgs.model_validate(bad)


def test_bad_drop_arguments():
    with pytest.raises(ValidationError):
        DropWaterArgs.model_validate({"x": 0.0, "y": 0.0, "along_deg": 0.0, "litres": 0.0})


# -- hoses ----------------------------------------------------------------------------------------------------


def hose(fire, metres, water_l=None, tools=("pump_hose",), **more):
    at = fire.incidents()[0]
    given = {} if water_l is None else {"water_l": water_l}
    return order(fire, "build_line", team="a", x=at.x, y=at.y, metres=metres, tool=list(tools), seconds=600.0,
                 **given, **more).figures


def litter():
    """Closed timber litter in no wind: the same flame all round, a metre of line costs a metre of budget."""
    fire = forest_fire(flat_world(121, 121, CELL, fuel=8), weather=CALM)
    fire.advance(5 * 3600.0)
    return fire


def need_l(fire):
    """Litres a metre at that flame."""
    flames = crews.flames_along(fire.front, fire.open_edge(1), fire.time_s, CELL)
    load = fire.dead_load(int(fire.open_edge(1)[0]))
    assert load == pytest.approx((0.069 + 0.046 + 0.115) * 4.8824, rel=1e-3)
    each = [litres_per_m(intensity_of_flame(f), load, 3.0, 3.0) for f in (flames.min(), flames.max())]
    assert each[1] == pytest.approx(each[0], rel=0.02)
    return each[0]


def test_wet_line_is_the_lesser_of_crew_and_water():
    free = hose(litter(), 20.0)
    assert free["built_m"] == pytest.approx(3.4 * 20.0) and "water_l" not in free
    fire = litter()
    need = need_l(fire)
    short = hose(fire, 20.0, water_l=30.0 * need)
    assert short["built_m"] == pytest.approx(30.0, rel=0.02) and short["water_l"] == pytest.approx(30.0 * need)
    plenty = hose(litter(), 20.0, water_l=1e6)
    assert plenty["built_m"] == pytest.approx(3.4 * 20.0)
    assert plenty["water_l"] == pytest.approx(3.4 * 20.0 * need, rel=0.02)


def test_hoses_without_water_build_nothing_and_hands_go_on():
    dry = hose(litter(), 20.0, water_l=0.0)
    assert dry["built_m"] == 0.0 and dry["water_l"] == 0.0
    by_hand = hose(litter(), 20.0, water_l=0.0, tools=("pump_hose", "hand_tools"))
    assert by_hand["built_m"] == pytest.approx(20.0)
    fire = litter()
    both = hose(fire, 20.0, water_l=34.0 * need_l(fire), tools=("pump_hose", "hand_tools"))
    # half the time with water at 3.4 times the pace, the other half by hand
    assert both["built_m"] == pytest.approx(34.0 + 10.0, rel=0.02)


def test_hoses_face_flames_that_hands_do_not():
    windy = forest_fire(flat_world(121, 121, CELL, fuel=2), weather={**CALM, "wind_mps": 6.0})
    windy.advance(1800.0)
    flames = crews.flames_along(windy.front, windy.open_edge(1), windy.time_s, CELL)
    assert 1.5 < flames.max() < 2.4
    head = int(windy.open_edge(1)[np.argmax(flames)])
    x, y = (float(v[0]) for v in windy.centres(np.array([head])))
    before = windy.front.progress[head]
    order(windy, "build_line", team="a", x=x, y=y, metres=15.0, tool=["pump_hose", "hand_tools"], water_l=1e6,
          seconds=60.0)
    assert windy.front.progress[head] > before
