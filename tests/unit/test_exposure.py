"""Who is in harm's way, whom it hits and who counts as left behind."""

from __future__ import annotations

import numpy as np
import pytest

from agents.population.columns import State
from sim.hazard import Harm
from tests.smallworld import Home, advance, drill, events_of, order, shelter, straight, water

ROAD = (0.0, 1000.0, 6000.0)
UNAWARE = {"notice_distance_m": 0}


def flooded(
    homes, *, at="u1", behaviour=None, plan=None, commands=(), start="2026-04-04T03:00+08:00", **values
):
    """Water that covers 400 m round a place within minutes, and a post that takes hours."""
    return drill(
        straight(ROAD, homes),
        hazards=[water(at, starts_s=0, speed_mps=2, most_m=400, **values)],
        behaviour={**UNAWARE, **(behaviour or {})},
        commands=commands,
        start=start,
        duration="2h",
        plan={"command": {"place": "u0", "decision": {"median": "300min"}}, **(plan or {})},
    )


def test_those_in_reach_are_exposed_and_others_not():
    run = flooded([Home(1, (82,)), Home(2, (82,))], deadly_share=0.0, behaviour={"indoor_share_night": 1.0})
    run.run()
    c = run.residents.columns
    assert c["exposed"].tolist() == [True, False]
    assert c["wet_s"][0] > 6000 and c["wet_s"][1] == 0
    assert [e["agent"] for e in events_of(run, "exposed")] == ["P0"]


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
def test_one_draw_a_resident_decides(share):
    # The very old indoors stay where they are: all of them are in the water for hours.
    homes = [Home(1, (82, 82, 82, 82)) for _ in range(500)]
    run = flooded(homes, deadly_share=share, behaviour={"indoor_share_night": 1.0})
    run.run()
    c = run.residents.columns
    draw = run.streams.of("fate rising_water").uniforms(c["person_id"])
    assert np.array_equal(c["state"] == State.DEAD, draw < share)
    assert np.array_equal(c["injured"], draw < 2 * share)
    # Within four standard errors of the share.
    assert np.mean(draw < share) == pytest.approx(
        share, abs=4 * np.sqrt(max(share * (1 - share), 1e-9) / 2000)
    )
    assert len(events_of(run, "dead")) == run.residents.count(State.DEAD)
    assert len(events_of(run, "injured")) == np.count_nonzero(c["injured"] & (c["state"] != State.DEAD))


def test_the_sheltered_are_out_of_harms_way():
    homes = [Home(2, (40,), cars=1)]
    run = flooded(
        homes,
        plan={"shelters": [shelter("hall", "u1", 10)]},
        commands=[order("1min", "u2")],
        deadly_share=1.0,
    )
    run.hazards[0].settings = run.hazards[0].settings.model_copy(update={"starts_s": 4000.0})
    run.run()
    assert run.residents.columns["state"].tolist() == [State.SHELTERED]
    assert not run.residents.columns["exposed"].any()


def test_left_behind_are_those_at_home_in_an_ordered_village():
    homes = [Home(1, (82,)), Home(1, (83,))]
    staying = {"compliance": 0.0, "indoor_share_night": 1.0}
    ordered = flooded(homes, behaviour=staying, commands=[order("0s", "u1")], deadly_share=0.0)
    unordered = flooded(homes, behaviour=staying, deadly_share=0.0)
    for run in (ordered, unordered):
        run.run()
        assert run.residents.columns["exposed"].all()
    assert (ordered.exposure.left_behind, unordered.exposure.left_behind) == (2, 0)


def test_indoors_is_a_share_by_the_hour_and_does_not_flicker():
    run = drill(
        straight(ROAD, [Home(1) for _ in range(3000)]), start="2026-04-04T03:00+08:00", duration="24h"
    )
    rows = np.arange(3000)
    night, day = run.exposure.indoors(rows, 0.0), run.exposure.indoors(rows, 6 * 3600.0)
    assert night.mean() == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 3000))
    assert day.mean() == pytest.approx(0.6, abs=4 * np.sqrt(0.6 * 0.4 / 3000))
    assert np.array_equal(night, run.exposure.indoors(rows, 3599.0))
    assert not np.array_equal(night, run.exposure.indoors(rows, 3600.0))


def test_those_under_way_are_out_of_doors():
    run = drill(straight(ROAD, [Home(1), Home(1)]), behaviour={"indoor_share_night": 1.0})
    run.residents.columns["state"][:] = [State.NORMAL, State.MOVING]
    assert run.exposure.indoors(np.array([0, 1]), 0.0).tolist() == [True, False]


def test_people_in_the_open_walk_away_from_it():
    # Slower water than their pace: those out of doors keep away from it, the very old indoors do not.
    run = drill(
        straight(ROAD, [Home(1, (40,)), Home(1, (82,))]),
        duration="2h",
        hazards=[water("u0", starts_s=0, speed_mps=0.2, most_m=1400)],
        behaviour={**UNAWARE, "indoor_share_night": 1.0},
        plan={"command": {"place": "u0", "decision": {"median": "300min"}}},
    )
    run.run()
    c = run.residents.columns
    assert c["exposed"].tolist() == [False, True]
    assert np.hypot(c["x"][0], c["y"][0] - 5000) > 1400
    assert c["x"][1] == 1000.0


def test_exposure_asks_for_the_last_minute_only():
    run = flooded([Home(1, (82,))], behaviour={"indoor_share_night": 1.0})
    asked = []
    hazard = run.hazards[0]

    def harm(rows, people, x, y, indoors, t0_s, t1_s):
        asked.append((t0_s, t1_s))
        none = np.zeros(len(rows), np.float32)
        return Harm(np.zeros(len(rows), bool), none, none)

    hazard.harm = harm
    advance(run, 600.0)
    assert asked[1:] == [(t, t + 60.0) for t in np.arange(asked[0][1], 540.0, 60.0)]
    assert asked[0][1] - asked[0][0] <= 60.0
