"""What holds in every run and at every tick: nobody is lost, nothing comes from nowhere, draws are common."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from agents.population.columns import State
from agents.population.hosts import NO_HOST
from agents.population.planning import Curve, decide
from agents.population.warning import WORDS, delay_times
from sim.random import Streams
from tests.smallworld import (
    SMALL_PLAN,
    Home,
    drill,
    order,
    shelter,
    small_drill,
    small_world,
    straight,
    water,
)

PHASES = (Phase.explicit, Phase.generate)
"""A failing drill is not made smaller: each costs a second, and its settings are printed as they are."""
FEW = bounds(phases=PHASES, max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
ROAD = (0.0, 800.0, 2500.0, 4000.0)


def initial_packs(run) -> float:
    return float(sum(depot.settings.stock_packs for depot in run.depots))


def check(run, packs: float, gone_s: float = 0.0) -> None:
    """Hold a drill to account; ``gone_s`` are the person-seconds of those who have left a shelter again."""
    c, rows = run.residents.columns, run.shelters.rows
    counts = [run.residents.count(state) for state in State]
    assert sum(counts) == run.residents.size
    assert counts == np.bincount(c["state"], minlength=len(State)).tolist()
    sheltered = c["state"] == State.SHELTERED
    # A place is kept for those at the door; one who dies there gives it up when the door opens.
    placed = c["shelter"] >= 0
    assert np.bincount(c["shelter"][placed], minlength=len(rows)).tolist() == [s.occupants for s in rows]
    assert np.isin(c["state"][placed], (State.SHELTERED, State.AT_DOOR, State.DEAD)).all()
    assert placed[np.isin(c["state"], (State.SHELTERED, State.AT_DOOR))].all()
    opens = np.array([s.open_s for s in rows])[c["shelter"]]
    assert (opens[sheltered] <= run.now).all() and (opens[c["state"] == State.AT_DOOR] > run.now - 60).all()
    assert (c["safe_s"][np.isfinite(c["safe_s"])] <= run.now).all()
    assert all(0 <= s.occupants <= s.most <= s.capacity for s in rows)
    # Packs are in stock, on trucks, in shelters or eaten; eaten is person-days less what was short.
    stayed = sum(
        (s.eaten_to_s - np.where(sheltered, c["safe_s"], s.open_s)[placed & (c["shelter"] == i)]).sum()
        - s.owed_s for i, s in enumerate(rows)
    )
    eaten = (stayed + gone_s) / 86400.0 - sum(s.short for s in rows)
    held = sum(d.stock for d in run.depots) + sum(s.packs + s.packs_coming for s in rows)
    assert held + eaten == pytest.approx(packs, abs=1e-6)
    assert all(s.packs >= 0 and s.short >= 0 for s in rows)
    assert all(d.stock >= 0 for d in run.depots)
    assert (c["depart_s"] <= c["safe_s"]).all()
    assert (c["warned_s"] <= c["depart_s"]).all()
    safe = np.isin(c["state"], (State.SHELTERED, State.LEFT, State.HOSTED))
    assert np.isfinite(c["safe_s"][safe]).all() and np.isinf(c["safe_s"][~safe & (c["state"] != State.DEAD)]).all()
    hosts = run.evacuation.hosts
    guest = hosts.host_of != NO_HOST
    assert np.isin(c["state"][guest], (State.HOSTED, State.DEAD)).all() and guest[c["state"] == State.HOSTED].all()
    assert (hosts.near_home | (hosts.host_of != c["village"]))[guest].all()
    assert np.bincount(hosts.host_of[guest], minlength=len(hosts.guests)).tolist() == hosts.guests.tolist()
    assert (hosts.guests <= hosts.capacity).all()


@FEW
@given(
    place=st.sampled_from(["peak", "east", "west-v02"]),
    speed=st.floats(0.1, 1.0),
    seed=st.integers(0, 99),
    capacity=st.integers(5, 400),
)
def test_residents_shelters_and_packs_are_conserved(place, speed, seed, capacity):
    plan = {**SMALL_PLAN, "shelters": [{**s, "capacity": capacity} for s in SMALL_PLAN["shelters"]]}
    run = small_drill(
        record=False,
        plan=plan,
        seed=seed,
        duration="10h",
        hazards=[water(place, speed_mps=speed, most_m=5000, deadly_share=0.2)],
    )
    packs = initial_packs(run)
    while run.now < run.duration_s:
        run.step()
        check(run, packs)
    assert place == "peak" or run.evacuation.warned > 0
    # A stated length may be shorter than the drawn road: then the mover is faster on the map than on the road.
    links, nodes = run.world.roads.links, run.world.roads.nodes
    ends = [np.array([nodes[axis][links[end]] for axis in "xy"]) for end in ("tail", "head")]
    crow = max(1.0, float((np.hypot(*(ends[1] - ends[0])) / links["length_m"]).max()))
    assert crow < 2.0, "a jump of some length would not show"
    for mover in (*run.teams, *(truck for depot in run.depots for truck in depot.trucks)):
        t = np.array([p.t_s for p in mover.waypoints])
        xy = np.array([(p.x, p.y) for p in mover.waypoints])
        assert (np.diff(t) >= 0).all()
        gone = np.hypot(*np.diff(xy, axis=0).T)
        assert (gone <= crow * mover.max_mps * np.diff(t) + 1e-3).all()
    run.close()


@FEW
@given(
    seed=st.integers(0, 99),
    capacity=st.integers(20, 600),
    speed=st.floats(0.1, 0.6),
    later=st.lists(
        st.tuples(st.integers(60, 400), st.sampled_from([f"west-v0{i}" for i in range(1, 4)] + ["west", "east"]),
                  st.sampled_from(["order_evacuation", "order_evacuation", "cancel_evacuation"]), st.booleans()),
        min_size=2, max_size=5),
)
def test_those_who_move_on_are_conserved_too(seed, capacity, speed, later):
    plan = {**SMALL_PLAN, "shelters": [
        {**s, "capacity": capacity, "opening": {"median": "90min", "sigma": 1.0}} for s in SMALL_PLAN["shelters"]]}
    run = small_drill(
        record=False, plan=plan, seed=seed, duration="9h",
        people={"to_shelter": 0.5, "guests_per_resident": 0.5, "informed_share": 0.5, "lift_patience": "10min"},
        hazards=[water("east", starts_s=3600, speed_mps=speed, most_m=5000, deadly_share=0.2)],
        commands=[order("5min", "east"), order("150min", "west-v02"), *(
            {"at": f"{at}min", "action": action,
             "args": {"zone": zone, **({"shelters_stay": stay} if action == "order_evacuation" else {})}}
            for at, zone, action, stay in later)],
    )
    packs, c = initial_packs(run), run.residents.columns
    discharged, gone_s = [], 0.0
    discharge = run.shelters.discharge

    def counted(row: int, persons: int, t_s: float) -> None:
        discharged.append((row, persons, t_s))
        discharge(row, persons, t_s)

    run.shelters.discharge = counted
    first = c["depart_s"].copy()
    while run.now < run.duration_s:
        inside, safe, shelter_of = c["state"] == State.SHELTERED, c["safe_s"].copy(), c["shelter"].copy()
        discharged.clear()
        run.step()
        still = c["shelter"] == shelter_of
        left = inside & ~(still & (c["safe_s"] == safe))
        # Nobody comes to a shelter and leaves it within a minute: preparation takes longer.
        assert sum(persons for _, persons, _ in discharged) == left.sum()
        gone_s += sum(persons * t_s for _, persons, t_s in discharged) - safe[left].sum()
        check(run, packs, gone_s)
        out = np.isfinite(first)
        assert (c["depart_s"][out] == first[out]).all()
        first = c["depart_s"].copy()
    assert run.evacuation.moving_on.moved_on > 0
    run.close()


@FEW
@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=12),
    cars=st.integers(0, 1),
    rooms=st.lists(st.integers(1, 12), min_size=1, max_size=3),
    sigma=st.floats(0, 1.5),
)
def test_households_stay_together_whatever_happens(sizes, cars, rooms, sigma):
    homes = [Home(3, (40,) * n, cars=cars * (i % 2)) for i, n in enumerate(sizes)]
    run = drill(
        straight(ROAD, homes, gateways=(0,)),
        commands=[order("1min", "u3")],
        duration="12h",
        plan={"shelters": [shelter(f"s{i}", f"u{i}", room) for i, room in enumerate(rooms)]},
        behaviour={"preparation": {"median": "10min", "sigma": sigma}},
    )
    run.run()
    c = run.residents.columns
    for name in ("depart_s", "safe_s", "state", "shelter", "node"):
        per_home = [set(c[name][c["household"] == i].tolist()) for i in range(len(homes))]
        assert all(len(values) == 1 for values in per_home), name
    assert np.isin(c["state"], (State.SHELTERED, State.LEFT)).all()
    assert all(s.occupants <= s.capacity for s in run.shelters.rows)


def plans_of(run):
    plans = run.evacuation.plans
    goes, warned = np.isfinite(plans.depart_s), np.isfinite(plans.warned_s)
    since = run.evacuation.village_ordered_s[run.residents.household_village]
    return {
        "delay": np.subtract(plans.warned_s, since, where=warned, out=np.full(len(warned), np.inf)),
        "preparation": np.subtract(plans.depart_s, plans.warned_s, where=goes, out=np.full(len(goes), np.inf)),
        "complies": plans.complies.copy(),
    }


def ordered(plan, **values):
    # Ordered out by command, so that both plans order at the same time.
    run = small_drill(hazards=(), plan=plan, commands=[order("5min", "all")], duration="10min", **values)
    run.run()
    return plans_of(run)


def test_two_plans_of_one_replication_share_their_draws():
    other = copy.deepcopy(SMALL_PLAN)
    other["teams"] = [{"id": "new", "type": "squad", "place": "west", "crew": 99}, *other["teams"]]
    other["shelters"] = other["shelters"][:1]
    other["warning"]["reach"] = 0.97
    first, second = (ordered(plan, replication=3) for plan in (SMALL_PLAN, other))
    for name in first:
        assert np.array_equal(first[name], second[name]), name
    assert np.isfinite(first["delay"]).mean() == pytest.approx(0.97, abs=0.03)


def test_replications_and_seeds_have_draws_of_their_own():
    first = ordered(SMALL_PLAN, replication=3)
    for values in ({"replication": 4}, {"replication": 3, "seed": 2}):
        other = ordered(SMALL_PLAN, **values)
        both = np.isfinite(first["delay"]) & np.isfinite(other["delay"])
        assert not (first["delay"][both] == other["delay"][both]).any()


def test_a_longer_warning_scales_everybodys_delay():
    slow = copy.deepcopy(SMALL_PLAN)
    slow["warning"]["delay"]["median"] = "30min"
    first, second = ordered(SMALL_PLAN), ordered(slow)
    reached = np.isfinite(first["delay"])
    assert second["delay"][reached] == pytest.approx(2 * first["delay"][reached], rel=1e-9)


def test_an_order_for_fewer_villages_leaves_the_others_draws_as_they_were():
    every = ordered(SMALL_PLAN)
    run = small_drill(hazards=(), commands=[order("5min", "west")], duration="10min")
    run.run()
    some = plans_of(run)
    villages = {p.row for p in small_world().places.of_kind("village") if p.town == "west"}
    west = np.isin(run.residents.household_village, list(villages))
    assert west.any() and not west.all()
    for name in ("delay", "preparation", "complies"):
        assert np.array_equal(every[name][west], some[name][west]), name
    assert np.isinf(run.evacuation.plans.warned_s[~west]).all()


@FEW
@given(
    st.integers(0, 2**31),
    st.sets(st.integers(0, 499), min_size=1, max_size=400),
    st.randoms(use_true_random=False),
)
def test_draws_belong_to_the_household_not_to_its_row(seed, kept, random):
    """A household draws the same whoever else there is and in whatever order the rows stand."""
    streams = Streams(seed)
    keys = {name: np.uint64(streams.key(name)) for name in
            ("warning delay", "warning reach", "compliance", "milling", "preparation", "mobilisation")}

    def planned(ids):
        n, numbers = len(ids), np.array(ids, np.int32)
        rows, village, called = np.arange(n), np.zeros(n, np.int32), np.zeros(1)
        warned, word = np.full(n, np.inf), np.zeros(n, np.uint8)
        delay_times(rows, numbers, village, called, 0.0, np.ones(1, bool), keys["warning delay"],
                    keys["warning reach"], 1200.0, 0.5, 3.0, 0.9, warned, word)
        depart, complies = np.full(n, np.inf), np.zeros(n, bool)
        decide(rows, numbers, np.full(n, 0.8), np.full(WORDS, 300.0), np.full(WORDS, 0.4), 900.0, 0.6,
               int(Curve.STAGES), 0.0, 0.0, 0.0, keys["compliance"], keys["milling"], keys["preparation"],
               keys["mobilisation"], np.zeros(n), warned, word, depart, complies)
        return {i: (warned[row], depart[row], complies[row]) for row, i in enumerate(ids)}

    every = planned(list(range(500)))
    some = sorted(kept)
    random.shuffle(some)
    assert planned(some) == {i: every[i] for i in some}
