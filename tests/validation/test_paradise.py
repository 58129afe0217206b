"""Traffic on the roads of Paradise, California: totals against SUMO's mesoscopic model and a reference on record.

CPU ratios are measured by ``sandtable validate paradise``, not here: a test on a busy machine must not fail for it.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from experiments.validate import _sumo
from experiments.validate._case import Case, Outcome, free_flow_ways, read_case, run
from experiments.validate.paradise import REFERENCE, STEP_BAR, STEPS_S, SUMO_BAR

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SANDTABLE_DATA", ROOT.parent / "shared" / "data")) / "evacuation"
SUMO_VEHH = 21_231.0
"""Total travel time of the case in SUMO 1.28, mesoscopic, as stated with the data."""

pytestmark = pytest.mark.skipif(
    not (DATA / "paradise_links.csv").is_file(),
    reason=f"{DATA} is absent: traffic was not held against SUMO on the Paradise case",
)


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case(DATA, REFERENCE)


def test_total_travel_time_is_that_of_the_reference(case: Case) -> None:
    outcome = run(case, step_s=REFERENCE.refresh)
    assert (outcome.arrived, outcome.stranded, outcome.en_route) == (case.vehicles, 0, 0)
    assert outcome.total_vehh == pytest.approx(SUMO_VEHH, rel=SUMO_BAR)


def test_with_everybody_rerouted_all_arrive_and_no_exit_passes_more_than_it_can(case: Case) -> None:
    # No peer has run this case to its end, so that there is no total to hold it against.
    outcome = run(case, step_s=REFERENCE.refresh, reroute=True)
    assert (outcome.arrived, outcome.stranded, outcome.en_route) == (case.vehicles, 0, 0)
    check_exits(case, outcome)


def test_the_step_changes_nothing(case: Case) -> None:
    totals = [run(case, step_s=step).total_vehh for step in STEPS_S]
    assert max(totals) / min(totals) - 1.0 <= STEP_BAR


def test_nobody_is_faster_than_free_flow_and_exits_pass_no_more_than_their_links(case: Case) -> None:
    outcome = run(case, step_s=REFERENCE.refresh)
    table, trips = case.table, case.trips
    free_s = np.array([table.free_s[way].sum() for way in free_flow_ways(case)])
    assert (outcome.arrived_s - trips.depart_s >= free_s - 1e-6).all()
    check_exits(case, outcome)


def check_exits(case: Case, outcome: Outcome) -> None:
    table, trips = case.table, case.trips
    headway_s = (REFERENCE.time_gap_s + REFERENCE.jam_spacing_m / table.speed_mps) / table.lanes
    for node in np.unique(trips.exit):
        times = np.sort(outcome.arrived_s[trips.exit == node])
        per_second = (1.0 / headway_s[table.head == node]).sum()
        assert len(times) - 1 <= per_second * (times[-1] - times[0]) + 1e-6


@pytest.mark.skipif(_sumo.home() is None, reason="eclipse-sumo is not installed: SUMO was not run on the same ways")
def test_sumo_on_the_same_ways(case: Case, tmp_path: Path) -> None:
    home = _sumo.home()
    assert home
    net = _sumo.write_network(case, tmp_path, home / "bin")
    _sumo.check_network(case, net)
    theirs = _sumo.simulate(case, net, _sumo.write_routes(case, tmp_path), home / "bin")
    ours = run(case, step_s=REFERENCE.refresh)
    assert (theirs.arrived, theirs.teleports) == (case.vehicles, 0)
    assert ours.total_vehh == pytest.approx(theirs.total_vehh, rel=SUMO_BAR)
    assert ours.last_s == pytest.approx(theirs.last_s, rel=SUMO_BAR)
