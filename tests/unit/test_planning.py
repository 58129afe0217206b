"""The agenda of rows and times against a plain list, and infrastructure that tells of its changes."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.population.planning import MOST_BATCHES, Agenda, Plans
from sim.infrastructure import Infrastructure

ROWS = 12
TIMES = st.one_of(st.integers(0, 50).map(float), st.just(math.inf))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("plan"), st.dictionaries(st.integers(0, ROWS - 1), TIMES, min_size=1)),
        st.tuples(st.just("due"), st.integers(0, 60)),
    ),
    max_size=60,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(STEPS)
def test_every_row_falls_due_once_at_its_time_as_last_planned(steps):
    time_s, planned, done, now = np.full(ROWS, np.inf), {}, set(), 0.0
    agenda = Agenda(time_s)
    for what, given_ in steps:
        if what == "plan":
            # What is done stays as it is; all else may be planned anew, for the future.
            changed = {row: max(at, now) for row, at in given_.items() if row not in done}
            for row, at in changed.items():
                time_s[row] = planned[row] = at
            agenda.add(np.array(list(changed), np.int64))
            assert len(agenda._batches) <= MOST_BATCHES + 1
        else:
            now = max(now, float(given_))
            expected = sorted((at, row) for row, at in planned.items() if row not in done and at <= now)
            assert agenda.due(now).tolist() == [row for _, row in expected]
            done |= {row for _, row in expected}
            left = [at for row, at in planned.items() if row not in done and at < math.inf]
            assert agenda.next_s <= min(left, default=math.inf)
    assert set(np.flatnonzero(agenda.done)) == done


def test_plans_that_are_forgotten_can_be_made_again():
    plans = Plans(3)
    plans.warned_s[:], plans.depart_s[:] = [1.0, 2.0, 3.0], [11.0, 12.0, np.inf]
    plans.queue(np.arange(3))
    assert plans.next_s == 1.0
    assert [rows.tolist() for rows in plans.due(5.0)] == [[0, 1, 2], []]
    plans.forget(np.array([0]))
    assert [rows.tolist() for rows in plans.due(20.0)] == [[], [1]]
    plans.warned_s[0], plans.depart_s[0] = 21.0, 22.0
    plans.queue(np.array([0]))
    assert [rows.tolist() for rows in plans.due(30.0)] == [[0], [0]]
    assert math.isinf(plans.next_s)


def test_infrastructure_tells_of_changes_alone():
    told = []
    works = Infrastructure(["a", "b"])
    works.listeners.append(told.append)
    works.set("power", ["a", "b"], True)
    works.set("power", ["b"], False)
    works.set("power", ["a", "b"], False)
    works.set("mobile", ["a"], True)
    assert told == [["b"], ["a"]]
    assert works.connected().tolist() == [False, False]
