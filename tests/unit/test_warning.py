"""Warnings: the kernels against plain Python and closed forms, and what an outage does to channels in a run."""

from __future__ import annotations

import math

import numpy as np
import pytest

from agents.population.diffusion import door_seconds
from agents.population.warning import CHANNELS, FirstWord, channel_times, mean_field, spread, thresholds
from sim.random import Streams
from sim.settings.warning import DoorToDoor
from tests.smallworld import Home, advance, drill, order, shelter, straight

ROAD = (0.0, 1000.0, 4000.0, 4500.0)
HALL = [shelter("hall", "u0", 5000)]


def rogers_sorensen(t, a, b):
    """Share warned after t where a of the unwarned hear by broadcast a second and each warned one tells b others."""
    decay = np.exp(-(a + b) * t)
    return (1 - decay) / (1 + b / a * decay)


@pytest.mark.parametrize(("a", "b"), [(1 / 900, 1 / 600), (1 / 3600, 4 / 3600), (1 / 600, 0.0)])
def test_the_differential_equation_is_solved_to_its_closed_form(a, b):
    errors = []
    for step in (30.0, 60.0):
        half = np.arange(0, 2 * int(14400 / step) + 1) * step / 2
        share = np.empty(len(half) // 2 + 1)
        mean_field(step, np.exp(-a * half), b, 1.0, share)
        t = half[::2]
        exact = rogers_sorensen(t, a, b)
        errors.append(np.abs(share[1:] / exact[1:] - 1).max())
    assert errors[0] < 1e-6
    # Of fourth order: half the step, a sixteenth of the error.
    assert b == 0 or 14 < errors[1] / errors[0] < 18


def test_without_channels_the_equation_is_the_logistic_curve():
    first, b = 0.01, 1 / 900
    share = np.empty(301)
    mean_field(60.0, np.full(601, 1 - first), b, 1.0, share)
    t = np.arange(301) * 60.0
    assert share == pytest.approx(first * np.exp(b * t) / (1 - first + first * np.exp(b * t)), rel=1e-6)


def plain_spread(households, called, per_s, now, threshold, at, heard):
    """One village, by looking through everybody at every event."""
    heard = dict(heard)
    by = {}
    passed = per_s / len(households) * sum(now - max(heard[h], called) for h in households if heard[h] <= now)
    t = now
    while True:
        known = sum(heard[h] < math.inf for h in households)
        rate = per_s * known / len(households)
        rest = [h for h in households if heard[h] == math.inf]
        events = [(at[h], 0, h) for h in rest if at[h] < math.inf]
        if rate > 0:
            events += [(t + max(threshold[h] - passed, 0) / rate, 1, h) for h in rest if threshold[h] < math.inf]
        if not events:
            return heard, by
        then, told, who = min(events)
        passed += rate * (then - t)
        t = heard[who] = then
        by[who] = bool(told)


def villages_of(sizes, seed):
    """Households of some villages with made-up draws, a few of whom know at 100 s."""
    draw = Streams(seed).of("made up")
    n = sum(sizes)
    ids = np.arange(n)
    at = np.where(draw.uniforms(ids, 0) < 0.6, 100 + 3000 * draw.uniforms(ids, 1), np.inf)
    threshold = np.where(draw.uniforms(ids, 2) < 0.8, -np.log1p(-draw.uniforms(ids, 3)), np.inf)
    heard = np.where(draw.uniforms(ids, 4) < 0.1, 120 * draw.uniforms(ids, 5), np.inf)
    heard[heard > 100] = np.inf
    starts = np.concatenate(([0], np.cumsum(sizes)))
    slot = np.repeat(np.arange(len(sizes)), sizes)
    return at, threshold, heard, starts, np.lexsort((at, slot)), np.lexsort((threshold, slot))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("per_hour", [0.0, 0.5, 6.0])
def test_word_spreads_as_plain_python_has_it(seed, per_hour):
    sizes = [40, 1, 0, 25]
    at, threshold, heard, starts, by_channel, by_threshold = villages_of(sizes, seed)
    called = np.array([50.0, 0.0, 10.0, 90.0])
    expected, told = {}, {}
    for v, called_s in enumerate(called):
        rows = range(starts[v], starts[v + 1])
        if rows:
            times, by = plain_spread(rows, called_s, per_hour / 3600, 100.0, threshold, at, dict(enumerate(heard)))
            expected |= {h: times[h] for h in rows}
            told |= by
    word = np.zeros(len(at), np.uint8)
    spread(starts, by_channel, by_threshold, called, per_hour / 3600, 100.0, threshold, at, word, heard)
    assert heard.tolist() == pytest.approx([expected[h] for h in range(len(at))], rel=1e-12)
    assert [w == FirstWord.NEIGHBOURS for w in word] == [told.get(h, False) for h in range(len(at))]
    assert not per_hour or any(told.values())


def test_those_planned_anew_hear_when_they_would_have_heard():
    """Stopping in the middle and going on from what is known then changes nothing."""
    at, threshold, heard, starts, by_channel, by_threshold = villages_of([300], 3)
    called, word = np.array([20.0]), np.zeros(300, np.uint8)
    before = heard.copy()
    spread(starts, by_channel, by_threshold, called, 3 / 3600, 100.0, threshold, at, word, heard)
    once = heard.copy()
    again = np.where(once <= 900.0, once, np.inf)
    spread(starts, by_channel, by_threshold, called, 3 / 3600, 900.0, threshold, at, word, again)
    assert np.isfinite(once).sum() > np.isfinite(before).sum() + 100
    assert again == pytest.approx(once, rel=1e-12)


N = 20_000
"""Households of a village large enough for the mean field: what is left is of the order 1/N."""
CALLED_S = 300.0
REACH = np.array([0.5, 0.0, 0.3, 0.4])
MEDIAN_S = np.array([600.0, 1.0, 1800.0, 1.0])
START_S = np.array([300.0, 0.0, 900.0, 600.0])
DOOR_S = 0.36
PER_S = 1.5 / 3600
TALKED_TO = 0.9


def not_reached(t):
    """Share that no channel has reached t after the order: the product over channels of 1 - r F(t)."""
    since = np.maximum(t[:, None] - START_S, 0.0)
    share = -np.expm1(-since * math.log(2) / MEDIAN_S)
    share[:, FirstWord.DOOR_TO_DOOR] = np.minimum(since[:, FirstWord.DOOR_TO_DOOR] / (N * DOOR_S), 1.0)
    return np.prod(1 - REACH * share, axis=1)


def heard_by_households(seed):
    streams = Streams(seed)
    rows, ids = np.arange(N), np.arange(N, dtype=np.int32)
    keys = [[np.uint64(streams.key(f"{what} {c}")) for c in CHANNELS] for what in ("reach", "receipt")]
    turn = streams.of("turn").uniforms(ids)
    visit = np.argsort(np.argsort(turn)).astype(np.int32)
    at, word, threshold = np.empty(N), np.empty(N, np.uint8), np.empty(N)
    channel_times(rows, ids, np.zeros(N, np.int32), np.array([CALLED_S]), CALLED_S, np.ones((4, 1), bool),
                  np.array(keys[0]), np.array(keys[1]), REACH, MEDIAN_S / math.log(2), START_S[:, None],
                  np.array([DOOR_S]), visit, at, word)
    thresholds(ids, np.uint64(streams.key("talks")), np.uint64(streams.key("hears")), TALKED_TO, threshold)
    heard = np.full(N, np.inf)
    spread(np.array([0, N]), np.argsort(at), np.argsort(threshold), np.array([CALLED_S]), PER_S, CALLED_S,
           threshold, at, word, heard)
    return heard - CALLED_S


def test_households_warned_one_by_one_have_the_mean_of_the_differential_equation():
    t = np.array([8.0, 15.0, 30.0, 60.0, 120.0, 240.0]) * 60
    shares = np.array([(heard_by_households(seed)[:, None] <= t).mean(axis=0) for seed in range(24)])
    half = np.arange(0, 2 * 4 * 240 + 1) * 7.5
    expected = np.empty(4 * 240 + 1)
    mean_field(15.0, not_reached(half), PER_S, TALKED_TO, expected)
    expected = expected[(t / 15).astype(int)]
    # Four standard errors of the mean of 24 villages, and the 1/N by which a finite village differs.
    error = shares.std(axis=0, ddof=1) / math.sqrt(len(shares))
    assert (np.abs(shares.mean(axis=0) - expected) < 4 * error + 1 / N).all()
    assert expected[0] < 0.2 and 0.9 < expected[-1] < 1 and (error < 2e-3).all()


def test_more_workers_call_at_more_doors():
    door = {"reach": 1.0, "workers_per_village": 2, "households_per_worker_hour": 15}
    homes = np.array([40, 400])
    assert door_seconds(DoorToDoor.model_validate(door), homes).tolist() == [120.0, 120.0]
    grid = DoorToDoor.model_validate(door | {"households_per_worker": 100})
    assert door_seconds(grid, homes).tolist() == [120.0, 60.0]
    nobody = DoorToDoor.model_validate(door | {"workers_per_village": 0})
    assert np.isinf(door_seconds(nobody, homes)).all()


def warned_in(channels, *commands, homes=(2, 1, 3), hours=6, behaviour=None):
    """When households of a straight road are warned, counted from their order at 5 min; 40 homes a village."""
    places = [Home(node, (40,)) for node in homes for _ in range(40)]
    run = drill(straight(ROAD, places), plan={"shelters": HALL, "warning": {"channels": channels}},
                commands=[order("5min", "u2+u3"), *commands], duration=f"{hours}h", behaviour=behaviour)
    advance(run, hours * 3600.0)
    village = np.repeat(homes, 40)
    return run, run.evacuation.plans.warned_s - 300.0, village


def switch(at, action, zone):
    return {"at": at, "action": action, "args": {"zone": zone}}


MESSAGE = {"reach": 1.0, "receipt": "20min"}


def test_an_order_is_heard_in_its_zone_alone_and_by_each_channel_in_its_time():
    channels = {"mobile_message": MESSAGE | {"start": {"median": "4min"}},
                "door_to_door": {"reach": 1.0, "workers_per_village": 2, "households_per_worker_hour": 10}}
    run, delay, village = warned_in(channels)
    word = run.evacuation.plans.word
    assert np.isinf(delay[village == 1]).all()
    out = village > 1
    assert (delay[out & (word == FirstWord.MOBILE_MESSAGE)] >= 240.0).all()
    # Doors are called at in an order of their own, three minutes apart.
    door = delay[out & (word == FirstWord.DOOR_TO_DOOR)] / 180.0
    assert len(door) > 10 and door == pytest.approx(np.round(door), abs=1e-9)
    for node in (2, 3):
        mine = delay[(village == node) & (word == FirstWord.DOOR_TO_DOOR)]
        assert len(np.unique(mine)) == len(mine)
    assert set(word[out].tolist()) == {FirstWord.MOBILE_MESSAGE, FirstWord.DOOR_TO_DOOR}


@pytest.mark.parametrize(
    ("channel", "action", "waits"),
    [("mobile_message", "comms", True), ("mobile_message", "power", True), ("loudspeaker", "power", True),
     ("loudspeaker", "comms", False), ("broadcast", "power", True), ("broadcast", "comms", False)])
def test_a_channel_that_is_down_delivers_nothing_until_it_is_back(channel, action, waits):
    channels = {channel: MESSAGE}
    _, usual, village = warned_in(channels)
    _, delay, _ = warned_in(channels, switch("15min", f"{action}_off", "u2"), switch("45min", f"{action}_on", "u2"))
    hit = (village == 2) & waits
    assert delay[~hit] == pytest.approx(usual[~hit])
    # Down from 10 to 40 min after the order.
    down, back = 600.0, 2400.0
    held = hit & (usual > down) & (usual < back)
    assert not waits or held.sum() > 5
    assert delay[held] == pytest.approx(back)
    assert delay[hit & ~held] == pytest.approx(usual[hit & ~held])


def test_neighbours_and_doors_go_on_without_power():
    channels = {"loudspeaker": MESSAGE, "neighbours": {"tells_per_hour": 6.0},
                "door_to_door": {"reach": 0.5, "workers_per_village": 1, "households_per_worker_hour": 10}}
    run, usual, village = warned_in(channels)
    dark, delay, _ = warned_in(channels, switch("1min", "power_off", "all"))
    out = village > 1
    assert np.isfinite(delay[out]).all()
    assert (delay[out] >= usual[out] - 1e-6).all() and delay[out].mean() > 1.2 * usual[out].mean()
    words = set(dark.evacuation.plans.word[out].tolist())
    assert words == {FirstWord.DOOR_TO_DOOR, FirstWord.NEIGHBOURS}
    assert FirstWord.LOUDSPEAKER in run.evacuation.plans.word[out]


def test_what_no_channel_reaches_is_never_warned():
    channels = {"loudspeaker": {"reach": 0.0, "receipt": "1min"}, "neighbours": {"tells_per_hour": 100.0}}
    run, delay, _ = warned_in(channels)
    assert np.isinf(delay).all() and run.evacuation.warned == 0


def test_milling_lies_between_warning_and_preparation_by_the_first_word():
    channels = {"loudspeaker": MESSAGE,
                "door_to_door": {"reach": 1.0, "workers_per_village": 2, "households_per_worker_hour": 10}}
    milling = {"median": "12min", "by": {"door_to_door": {"median": "3min"}}}
    run, _, village = warned_in(channels, behaviour={"milling": milling})
    plans, out = run.evacuation.plans, village > 1
    took = plans.depart_s[out] - plans.warned_s[out]
    by_door = plans.word[out] == FirstWord.DOOR_TO_DOOR
    assert took[by_door] == pytest.approx((3 + 10) * 60)
    assert took[~by_door] == pytest.approx((12 + 10) * 60)
    assert 5 < by_door.sum() < out.sum() - 5


EVERY = {
    "mobile_message": {"reach": 0.5, "start": {"median": "10min", "sigma": 0.5}, "receipt": "20min"},
    "loudspeaker": {"reach": 0.4, "start": {"median": "5min", "sigma": 0.5}, "receipt": "10min"},
    "broadcast": {"reach": 0.2, "receipt": "45min"},
    "door_to_door": {"reach": 0.9, "workers_per_village": 1, "households_per_worker_hour": 12},
    "neighbours": {"reach": 0.9, "tells_per_hour": 2.0},
}


@pytest.mark.parametrize(("channel", "better"), [
    ("mobile_message", {"reach": 0.8}), ("mobile_message", {"receipt": "5min"}),
    ("loudspeaker", {"start": {"median": "1min", "sigma": 0.5}}), ("broadcast", {"reach": 0.9}),
    ("door_to_door", {"workers_per_village": 4}), ("neighbours", {"tells_per_hour": 5.0}),
    ("neighbours", {"reach": 1.0})])
def test_a_better_channel_warns_nobody_later(channel, better):
    """Households draw the same under every plan, so that what is built can only help each of them."""
    _, usual, village = warned_in(EVERY)
    _, delay, _ = warned_in(EVERY | {channel: EVERY[channel] | better})
    out = village > 1
    assert (delay[out] <= usual[out] + 1e-6).all()
    assert (delay[out] < usual[out] - 1.0).any()


def test_what_happens_in_a_village_is_its_own_affair():
    _, both, village = warned_in(EVERY)
    _, other, _ = warned_in(EVERY, {"at": "20min", "action": "cancel_evacuation", "args": {"zone": "u3"}})
    assert np.array_equal(both[village == 2], other[village == 2])
    assert not np.array_equal(both[village == 3], other[village == 3])
