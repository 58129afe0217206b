"""Watchers of a fire: told once of every cell, at full steps of time, whenever the fire is asked."""

import numpy as np

from scenarios.forest_fire.hazard import WATCH_S
from tests.fires import forest_fire
from tests.worlds import flat_world


def watched(pauses):
    fire = forest_fire(flat_world(121, 121, 60.0, fuel=102),
                       changes=[{"at": "T+00:40", "wind_mps": 7.0, "wind_from_deg": 180.0}])
    told = []
    fire.watch(lambda t, fresh: told.append((t, (np.stack(fire.front.row_col(fresh)).T).tolist())))
    for t in pauses:
        fire.advance(t)
    return fire, told


def test_every_burned_cell_is_told_once_in_order_at_full_steps():
    fire, told = watched([5400.0])
    times = [t for t, _ in told]
    assert times == sorted(set(times)) and all(t % WATCH_S == 0 for t in times)
    cells = [tuple(c) for _, fresh in told for c in fresh]
    row, col = fire.front.row_col(fire.front.burned)
    assert cells == list(zip(row.tolist(), col.tolist())) and len(cells) > 100
    for t, fresh in told:
        for r, c in fresh:
            arrival = fire.front.arrival[fire.front.cell(r, c)]
            assert t - WATCH_S <= arrival <= t


def test_pauses_change_nothing_that_watchers_see():
    assert watched([5400.0])[1] == watched(np.arange(7.0, 5400.0, 31.0).tolist() + [5400.0])[1]


def test_watching_ends_with_the_fire_and_begins_again():
    kinds = np.full((60, 60), -9999, np.int16)
    kinds[30, 28:33] = 102
    fire = forest_fire(flat_world(60, 60, 60.0, fuel=kinds))
    times = []
    fire.watch(lambda t, fresh: times.append(t))
    fire.advance(86400.0)
    assert len(fire.front.burned) == 5 and 0 < times[-1] < 86400.0 and fire.next_event_s() == np.inf
