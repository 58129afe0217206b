"""Transfer, evacuation, closures and all-clears at odd times: nobody is lost, moved twice or housed twice."""

from __future__ import annotations

import heapq

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.population.cadres import Step
from agents.population.columns import State
from agents.population.transfer_figures import transfer_rows
from sim.random import Streams
from tests.smallworld import shelter, small_drill
from tests.transfers import Village

MINUTES = st.integers(0, 400)
PLAN = {
    "shelters": [shelter("hall", "west", 120), shelter("school", "east-v02", 900)],
    "transfer": {"rates": {cause: {"per_thousand": {"urban": n, "rural": n}} for cause, n in (
        ("dangerous_house", 80), ("low_ground", 60), ("work_shed", 40), ("moored_crew", 20))},
        "cadres": {"per_village": 2}},
}


def at(minutes: int, action: str, zone: str = "all", **args: str) -> dict[str, object]:
    """A command so many minutes after the start."""
    return {"at": f"{minutes}min", "action": action, "args": {"zone": zone, **args} if zone else args}


@settings(max_examples=4, deadline=None)
@given(transfer=MINUTES, evacuation=MINUTES, cancel=MINUTES, clear=MINUTES, again=MINUTES,
       close=MINUTES, hour=st.integers(0, 23), rate=st.sampled_from([0.0, 1.0, 20.0]))
def test_everybody_is_somewhere_once(transfer, evacuation, cancel, clear, again, close, hour, rate):
    run = small_drill(
        hazards=(), record=False, plan=PLAN, start=f"2026-06-10T{hour:02d}:00+08:00", duration="10h",
        transfer={"return_early_per_day": rate}, commands=[
            at(transfer, "order_transfer"), at(evacuation, "order_evacuation", "east"),
            at(cancel, "cancel_transfer", "west"), at(clear, "all_clear", "east"), at(again, "order_transfer"),
            at(close, "close_road", "", a="east", b="west"), at(close + 120, "open_road", "", a="east", b="west")])
    c, listed = run.residents.columns, run.transfer.listed
    for _ in range(16):
        for _ in range(30):
            run.step()
        active = run.evacuation.journeys.active[: run.evacuation.journeys.active_count]
        assert len(np.unique(active)) == len(active)
        housed = np.isin(c["state"], (State.SHELTERED, State.AT_DOOR))
        inside = np.bincount(c["shelter"][housed], minlength=len(run.shelters.rows))
        assert inside.tolist() == [s.occupants for s in run.shelters.rows]
        assert (inside <= [s.capacity for s in run.shelters.rows]).all()
        assert run.evacuation.hosts.guests.sum() == np.count_nonzero(c["state"] == State.HOSTED)
        out = run.transfer.step == Step.OUT
        assert (run.transfer.out_s[out] <= run.now).all() and np.isfinite(run.transfer.ordered_s[out]).all()
    assert sum(row["persons"] for row in transfer_rows(run.transfer)) == listed.persons.sum()


def by_hand(village: Village) -> dict[int, tuple[int, int, float]]:
    """Return step, visits and departure of each household, cadre by cadre with a heap: a twin of the kernel."""
    calls, rules = village.calls, village.rounds.rules
    draw, found = Streams(village.seed).of("transfer persuaded"), {}
    for cadre in range(len(village.book.village)):
        free = 0.0
        mine = np.flatnonzero(village.book.of == cadre).tolist()
        queue = [(0, row, 0.0) for row in mine]
        heapq.heapify(queue)
        number, met = len(mine), dict.fromkeys(mine, 0)
        visits = dict.fromkeys(mine, 0)
        while queue:
            ready = [entry for entry in queue if entry[2] <= free]
            chosen = min(ready) if ready else min(queue, key=lambda entry: (entry[2], entry[0]))
            queue.remove(chosen)
            _, row, not_before = chosen
            free = max(free, not_before) + rules.visit_s
            end = free
            members = slice(2 * row, 2 * row + 2)
            here = int((~village.away[members]).sum())
            chance = rules.persuaded if met[row] == 0 else rules.persuaded_later
            met[row] += here > 0
            visits[row] += 1
            if here and draw.u01(int(calls.entity[row]), visits[row] - 1) < chance:
                if calls.immobile[row]:
                    free += rules.escort_s if village.book.car[cadre] else rules.escort_on_foot_s
                found[row] = (int(Step.READY), visits[row], end)
            elif visits[row] >= rules.visits:
                found[row] = (int(Step.REFUSED if here else Step.ABSENT), visits[row], np.inf)
            else:
                queue.append((number, row, end + rules.revisit_s))
            number += 1
    return found


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 40), cadres=st.integers(1, 5), cars=st.integers(0, 5), immobile=st.integers(0, 6),
       visits=st.integers(1, 5), pause=st.integers(0, 300), p=st.sampled_from([0.0, 0.3, 0.9, 1.0]),
       seed=st.integers(0, 99), away=st.integers(0, 2**40), every=st.sampled_from([None, 60.0, 3333.0]))
def test_the_kernel_does_what_its_twin_does(n, cadres, cars, immobile, visits, pause, p, seed, away, every):
    village = Village(n, immobile=immobile, seed=seed, first_id=1000, conduct={
        "persuaded": p, "persuaded_later": p / 2}, cadres={
            "per_village": cadres, "cars": cars, "visits": visits, "revisit_after": f"{pause}min"})
    village.away[:] = np.repeat([bool(away >> row & 1) for row in range(n)], 2)
    village.run(until_s=4e6 if every else 1e8, every_s=every and every * 60)
    calls, twin = village.calls, by_hand(village)
    assert {row: (int(calls.step[row]), int(calls.visits[row])) for row in range(n)} == {
        row: value[:2] for row, value in twin.items()}
    assert np.allclose(calls.depart_s, [twin[row][2] for row in range(n)], rtol=1e-12)
