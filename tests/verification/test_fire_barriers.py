"""Barriers in a running fire, against the stated probabilities and limits."""

import numpy as np
import pytest
from scipy import stats

from scenarios.forest_fire.breach import along, by_flame
from scenarios.forest_fire.drainage import CROFTON
from scenarios.forest_fire.spread import LINE
from sim.world.classes import LandCover
from sim.world.projection import Projection
from tests.fires import arrivals, forest_fire
from tests.worlds import flat_world

CELL = 30.0
LITTER, CHAPARRAL, BARE, TUSSOCK = 8, 4, 99, 104
WEST = {"wind_mps": 6.0, "wind_from_deg": 270.0, "temperature_c": 28.0, "humidity_pct": 20.0}
WIDE = 190.0


def lonlat(world, row, col):
    """Lon and lat of the middle of a cell."""
    lon, lat = Projection(world.crs).to_lonlat(*world.grid.centre(row, col))
    return [float(lon), float(lat)]


def drawn(world, width_m, *cells, kind="cleared"):
    """A plan with one firebreak through the middles of cells."""
    return {"firebreaks": [{"id": "break", "kind": kind, "width_m": width_m,
                            "path": [lonlat(world, r, c) for r, c in cells]}]}


def lanes(n, fuel):
    """A World of n lanes of fuel, one cell wide, eight long, between bare ground."""
    kinds = np.full((2 * n + 1, 14), BARE, np.int16)
    kinds[1::2, 2:10] = fuel
    return flat_world(2 * n + 1, 14, CELL, fuel=kinds)


def lane_fire(replication, width_m, fuel=LITTER, lines=200):
    """Fires in many lanes that all run east into the same break at the ninth column."""
    world = lanes(lines, fuel)
    fires = [dict(zip(("lon", "lat"), lonlat(world, r, 3))) for r in range(1, 2 * lines, 2)]
    fire = forest_fire(world, replication=replication, ignitions=fires, weather=WEST,
                       plan=drawn(world, width_m, (0, 8), (2 * lines, 8)))
    fire.advance(6 * 3600.0)
    return fire, arrivals(fire.front)[1::2]


def test_as_many_cells_are_breached_as_stated():
    width_m, crossed, stated = 6.0, 0, set()
    for replication in range(5):
        fire, reached = lane_fire(replication, width_m, fuel=CHAPARRAL)
        assert np.isfinite(reached[:, 7]).all()
        crossed += int(np.isfinite(reached[:, 9]).sum())
        intensity = fire.front.paste(fire.front.out[:, 1], 0.0, "float64")[1::2, 7]
        stated |= set(np.round(along(by_flame(intensity, np.full(200, width_m)), CELL * CROFTON, 150.0), 4).tolist())
    assert len(stated) == 1
    p = stated.pop()
    low, high = stats.binom.interval(0.999, 1000, p)
    assert 0.05 < p < 0.95 and low <= crossed <= high


def test_a_wide_break_always_holds_and_a_trace_never_does():
    fire, reached = lane_fire(0, WIDE)
    assert not np.isfinite(reached[:, 9]).any()
    assert fire.summary()["fire.breaks_held"] == pytest.approx(200 * CELL * CROFTON / 1000)
    fire, reached = lane_fire(0, 0.3, fuel=CHAPARRAL)
    crossed = np.isfinite(reached[:, 9])
    stretch = int(150.0 / (CELL * CROFTON))
    assert fire.summary()["fire.max_flame_m"] > 5.0 and crossed.mean() > 0.95
    assert all(crossed[k:k + stretch].any() for k in range(len(crossed) - stretch))


def ring(world, width_m):
    """A closed ring of firebreak around the middle of a square World."""
    low, high = world.grid.ny // 4, 3 * world.grid.ny // 4
    return drawn(world, width_m, (low, low), (low, high), (high, high), (high, low), (low, low))


def test_a_fire_in_an_unbreachable_ring_stays_inside():
    world = flat_world(81, 81, CELL, fuel=TUSSOCK)
    fire = forest_fire(world, weather=WEST, plan=ring(world, WIDE))
    fire.advance(86_400.0)
    burned = np.isfinite(arrivals(fire.front))
    inside = np.zeros((81, 81), bool)
    inside[21:60, 21:60] = True
    assert (burned == inside).all()
    assert fire.contained_s is not None


def test_a_breached_ring_lets_it_out():
    world = flat_world(81, 81, CELL, fuel=TUSSOCK)
    fire = forest_fire(world, weather=WEST, plan=ring(world, 4.0))
    fire.advance(86_400.0)
    assert np.isfinite(arrivals(fire.front))[:, 70:].any()
    figures = fire.summary()
    assert figures["fire.breaks_breached"] > 0 and figures["fire.line_lost_m"] == 0
    events = [event for event in fire.take_events() if event.kind == "barrier_breached"]
    assert events and all('"barrier": "cleared"' in event.detail for event in events) and fire.take_events() == []


def test_the_layer_shows_barriers_and_where_they_were_crossed():
    world = flat_world(81, 81, CELL, fuel=TUSSOCK)
    fire = forest_fire(world, weather=WEST, plan=ring(world, 4.0), barriers={"roads": True})
    before = fire.fields()["barrier"].copy()
    assert set(np.unique(before).tolist()) == {0, 1, 3} and before.dtype == np.uint8 and (before[40, :20] == 1).all()
    fire.advance(86_400.0)
    after = fire.fields()["barrier"]
    changed = {divmod(cell, 81) for cell in fire.barriers.breached}
    assert changed == {(int(r), int(c)) for r, c in zip(*np.nonzero(after != before))}
    assert all(after[cell] == before[cell] + 8 for cell in changed)


def test_no_fire_gets_past_a_cell_that_holds():
    """Cells that burned beyond a break are joined to the fire through breached cells alone."""
    for replication in range(3):
        world = flat_world(61, 61, CELL, fuel=TUSSOCK)
        fire = forest_fire(world, replication=replication, weather=WEST, plan=drawn(world, 5.5, (0, 40), (60, 44)))
        fire.advance(86_400.0)
        burned = np.isfinite(arrivals(fire.front))
        on = fire.barriers.map.code.reshape(61, 61) > 0
        breached = {divmod(cell, 61) for cell in fire.barriers.breached}
        assert {(int(r), int(c)) for r, c in zip(*np.nonzero(on & burned))} <= breached


@pytest.mark.parametrize("step", [60.0, 37.0, 1000.0])
def test_pauses_change_nothing(step):
    world = flat_world(81, 81, CELL, fuel=TUSSOCK)
    given = {"weather": WEST, "plan": ring(world, 4.0), "barriers": {"roads": True, "rivers": True, "lines": True}}
    once, stopped = forest_fire(world, **given), forest_fire(world, **given)
    once.advance(7200.0)
    for t in np.arange(step, 7200.0 + step, step):
        stopped.advance(min(t, 7200.0))
    assert np.array_equal(arrivals(once.front), arrivals(stopped.front))
    assert [e.t_s for e in once.take_events()] == [e.t_s for e in stopped.take_events()]
    assert once.summary() == stopped.summary()


def test_the_same_cell_draws_the_same_under_another_plan():
    world = flat_world(61, 61, CELL, fuel=TUSSOCK)
    runs = [forest_fire(world, weather=WEST, plan=plan) for plan in (
        drawn(world, 3.0, (0, 40), (60, 40)),
        {"firebreaks": [*drawn(world, 3.0, (0, 40), (60, 40))["firebreaks"],
                        {**drawn(world, WIDE, (0, 50), (60, 50))["firebreaks"][0], "id": "second"}]})]
    for fire in runs:
        fire.advance(86_400.0)
    first, second = (fire.barriers.breached for fire in runs)
    assert first and set(second) & set(first) == set(second)


def test_what_is_left_of_a_cell_burns_up_to_its_barrier():
    world = flat_world(41, 41, CELL, fuel=TUSSOCK, cover=LandCover.CONIFER)
    fire = forest_fire(world, weather={**WEST, "wind_mps": 1.0}, plan=drawn(world, 12.0, (0, 30), (40, 30)))
    fire.advance(86_400.0)
    burned = np.isfinite(arrivals(fire.front))
    assert burned[:, :30].all() and not burned[:, 30:].any()
    cells, share, _ = fire.barriers.partly_burned()
    assert len(cells) == 41 and share == pytest.approx(0.5 * (1 - 12.0 / CELL))
    ha = CELL**2 / 1e4
    assert fire.summary()["fire.burned_ha"] == pytest.approx((41 * 30 + 41 * 0.3) * ha)
    assert fire.summary()["fire.burned_forest_ha"] == pytest.approx((41 * 30 + 41 * 0.3) * ha)


def test_with_fire_on_both_sides_all_of_the_rest_burns():
    world = flat_world(41, 41, CELL, fuel=LITTER)
    sides = [dict(zip(("lon", "lat"), lonlat(world, 20, c))) for c in (15, 35)]
    fire = forest_fire(world, ignitions=sides, plan=drawn(world, 12.0, (0, 25), (40, 25)))
    fire.advance(5 * 86_400.0)
    _, share, _ = fire.barriers.partly_burned()
    assert len(share) == 41 and (share == pytest.approx(1 - 12.0 / CELL))


def line_ahead(lines, width_m=None):
    """A fire that runs into a line built across its way an hour before it comes."""
    world = flat_world(61, 61, CELL, fuel=TUSSOCK)
    fire = forest_fire(world, weather=WEST, barriers={"lines": lines, "line_width_m": width_m or 1.5})
    fire.advance(60.0)
    fire.front.cover(30, 50)
    cells = np.arange(61) * 61 + 45
    for row in (0, 60):
        fire.front.cover(row, 45)
    fire.front.close(fire.window(cells), LINE)
    fire.line_at.update(dict.fromkeys(cells.tolist(), 60.0))
    fire.changed()
    fire.advance(86_400.0)
    return fire


def test_crews_line_is_tried_only_where_asked():
    assert not np.isfinite(arrivals(line_ahead(False).front))[:, 45:].any()
    fire = line_ahead(True)
    assert np.isfinite(arrivals(fire.front))[:, 46:].any()
    assert fire.summary()["fire.line_lost_m"] == pytest.approx(len(fire.barriers.breached) * 1.1107 * CELL, rel=1e-3)
    lost = [event for event in fire.take_events() if event.kind == "line_lost"]
    assert lost and '"width_m": 1.5' in lost[0].detail
    assert not np.isfinite(arrivals(line_ahead(True, 100.0).front))[:, 45:].any()


def test_line_built_at_the_fires_edge_is_not_tried_by_what_it_put_out():
    world = flat_world(61, 61, CELL, fuel=TUSSOCK)
    fire = forest_fire(world, weather=WEST, barriers={"lines": True})
    fire.advance(1800.0)
    edge = fire.edge.cells(fire.changes)
    row, col = fire.front.row_col(fire.front.close(edge, LINE))
    fire.line_at.update(dict.fromkeys((row * 61 + col).tolist(), 1800.0))
    fire.changed()
    fire.advance(86_400.0)
    assert fire.barriers.breached == {} and fire.contained_s is not None


def test_flank_comes_at_a_barrier_with_less_than_the_head():
    world = flat_world(61, 61, CELL, fuel=TUSSOCK)
    fire = forest_fire(world, weather={**WEST, "wind_mps": 8.0}, plan=drawn(world, WIDE, (34, 0), (34, 60)))
    fire.advance(86_400.0)
    front = fire.front

    def towards(cells, step):
        return front.intensity_towards(cells, cells + step)

    beside = np.array([front.cell(33, c) for c in range(35, 55)])
    flank, head = towards(beside, front.width), towards(beside, 1)
    start = np.array([front.cell(30, 30)])
    assert towards(start, 1)[0] == pytest.approx(float(front.out[start[0], 1]), rel=1e-5)
    assert head == pytest.approx(towards(start, 1)[0], rel=1e-5)
    assert flank == pytest.approx(towards(start, front.width)[0], rel=1e-5)
    assert (flank > 0).all() and (flank < 0.5 * head).all() and (flank < front.out[beside, 1]).all()
