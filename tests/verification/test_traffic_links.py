"""Traffic on a road against closed forms: free flow, capacity, queueing, storage, shock and start waves."""

from __future__ import annotations

import numpy as np
import pytest

from sim.random import Streams
from sim.traffic.kernel import BREAKDOWN_S
from tests.nets import GAP, HEADWAY, SPACING, SPEED, WAVE, chain, finish, network, plain, road, send, tell, traffic_to

EXACT = 1e-9
"""s or m/s: what is left of rounding."""


def test_a_free_road_takes_its_free_flow_time() -> None:
    traffic = traffic_to(chain(1), [1])
    send(traffic, 1, 0)
    finish(traffic)
    assert traffic.arrived_s[0] == 100.0


def test_free_flow_times_add_up_from_link_to_link() -> None:
    traffic = traffic_to(chain(20, 75.0), [20])
    send(traffic, 10, 0, every=HEADWAY, start=7.0)
    finish(traffic)
    assert traffic.arrived_s == pytest.approx(7.0 + HEADWAY * np.arange(10) + 20 * 75.0 / SPEED, abs=EXACT)


@pytest.mark.parametrize("lanes", [1.0, 2.0, 3.0])
def test_the_nth_of_a_crowd_arrives_n_headways_after_the_first(lanes: float) -> None:
    traffic = traffic_to(chain(1, lanes=lanes), [1])
    send(traffic, 500, 0)
    finish(traffic)
    assert traffic.arrived_s == pytest.approx(100.0 + HEADWAY / lanes * np.arange(500), abs=EXACT)


def test_a_bottleneck_discharges_one_car_a_headway() -> None:
    """Two lanes at capacity into one: the N-th arrives (N - 1) / q after the first, and the rest wait upstream."""
    traffic = traffic_to(chain(3, lanes=[2, 1, 2]), [3])
    send(traffic, 600, 0, every=HEADWAY / 2)
    finish(traffic)
    assert traffic.arrived_s == pytest.approx(300.0 + HEADWAY * np.arange(600), abs=EXACT)


@pytest.mark.parametrize("length", [7.5, 10.0, 11.0, 18.0, 26.0, 100.0, 333.0])
def test_short_links_carry_their_capacity(length: float) -> None:
    """Storage in whole cars takes nothing from the flow."""
    traffic = traffic_to(chain(12, length), [12])
    send(traffic, 300, 0)
    finish(traffic)
    assert np.diff(traffic.arrived_s) == pytest.approx(HEADWAY, abs=EXACT)


@pytest.mark.parametrize(("rho", "vehicles"), [(0.5, 400_000), (0.8, 1_600_000)])
def test_random_arrivals_wait_as_in_an_m_d_1_queue(rho: float, vehicles: int) -> None:
    """Pollaczek-Khinchine for a constant service time: mean wait rho / (2 mu (1 - rho))."""
    u = Streams(1).of("tests.traffic.poisson").uniforms(np.arange(vehicles))
    depart = np.cumsum(-np.log1p(-u)) * HEADWAY / rho
    traffic = traffic_to(chain(1), [1])
    traffic.depart(depart, np.zeros(vehicles), np.zeros(vehicles))
    finish(traffic, limit_s=1e8)
    waits = traffic.arrived_s - depart - 100.0
    # Lindley's recursion: w' = max(0, w + service - time to the next arrival), by its running minimum.
    work = np.cumsum(np.concatenate([[0.0], HEADWAY - np.diff(depart)]))
    assert waits == pytest.approx(work - np.minimum.accumulate(work), abs=1e-4)
    theory = rho * HEADWAY / (2 * (1 - rho))
    batches = waits.reshape(100, -1).mean(1)
    # The test means something: three standard errors (of batches' means) are less than the 2 % it allows.
    assert 3 * batches.std(ddof=1) / 10 < 0.02 * theory
    tell(f"mean wait at rho {rho} (s)", waits.mean(), theory)
    assert waits.mean() == pytest.approx(theory, rel=0.02)


@pytest.mark.parametrize(("length", "lanes"), [(75.0, 1.0), (300.0, 2.0), (100.0, 1.0), (1000.0, 3.0)])
def test_a_full_road_holds_its_length_times_jam_density(length: float, lanes: float) -> None:
    net = network([road(0, 1, length, lanes=lanes), road(1, 2, 750.0, lanes=lanes)])
    traffic = traffic_to(net, [2])
    traffic.set_lanes(np.array([False, True]), np.zeros(2))
    send(traffic, 2000, 0)
    traffic.advance(4000.0)
    assert traffic.links["count"][0] == round(length * lanes / SPACING)
    traffic.advance(40_000.0)
    assert traffic.links["count"][0] == round(length * lanes / SPACING)


def test_the_shock_of_a_queue_runs_back_at_the_difference_of_flows_over_that_of_densities() -> None:
    """Rankine-Hugoniot: 0.8 veh/s on two lanes meet a bottleneck of 0.5 veh/s."""
    n, length = 200, 75.0
    traffic = traffic_to(chain(n + 1, length, lanes=[2.0] * n + [1.0]), [n + 1])
    traffic.log_passages(2_000_000)
    inflow, outflow = 0.8, 1 / HEADWAY
    send(traffic, 6000, 0, every=1 / inflow, traced=True)
    traffic.advance(6500.0)
    passed = traffic.passages()
    at_node = [passed[passed["node"] == i] for i in range(n + 1)]
    first_late = np.full(n + 1, np.nan)
    for i in range(20, n):
        free = traffic.vehicles["depart_s"][at_node[i]["vehicle"]] + i * length / SPEED
        late = at_node[i]["t_s"] > free + 0.5 * HEADWAY
        first_late[i] = at_node[i]["t_s"][late.argmax()] if late.any() else np.nan
    reached = np.isfinite(first_late)
    assert reached.sum() > 150
    x = np.arange(n + 1)[reached] * length
    speed = np.polyfit(first_late[reached], x, 1)[0]
    k1, k2 = inflow / SPEED, 2 / SPACING - outflow / WAVE
    tell("shock (m/s)", speed, (outflow - inflow) / (k2 - k1))
    assert speed == pytest.approx((outflow - inflow) / (k2 - k1), rel=0.01)


def test_a_start_wave_runs_back_at_spacing_over_time_gap() -> None:
    n, length = 60, 75.0
    traffic = traffic_to(chain(n + 1, length), [n + 1])
    blocked = np.arange(n + 1) == n
    traffic.set_lanes(blocked, np.zeros(n + 1))
    send(traffic, 1000, 0, traced=True)
    traffic.advance(5000.0)
    assert (traffic.links["count"][:n] == 10).all()
    traffic.log_passages(20_000)
    traffic.set_lanes(blocked, np.ones(n + 1))
    traffic.advance(5000.0 + 2 * n * length / WAVE)
    passed = traffic.passages()
    starts = np.array([passed["t_s"][passed["node"] == i].min() for i in range(1, n + 1)])
    assert starts[-1] == pytest.approx(5000.0, abs=HEADWAY)
    tell("start wave (m/s)", (length / np.diff(starts)).mean(), -SPACING / GAP)
    assert length / np.diff(starts) == pytest.approx(-SPACING / GAP, rel=0.01)


def test_standing_queues_discharge_at_dropped_capacity_only_after_breakdown() -> None:
    drop = 0.1
    traffic = traffic_to(chain(2, lanes=[2, 1], settings=plain(capacity_drop=drop)), [2])
    send(traffic, 400, 0, every=HEADWAY / 2)
    finish(traffic)
    gaps = np.diff(traffic.arrived_s)
    # The n-th waits n/2 headways; from the first that has waited long enough on, the bottleneck has dropped.
    broken = int(np.ceil(BREAKDOWN_S / (HEADWAY / 2)))
    assert gaps[:broken] == pytest.approx(HEADWAY, abs=EXACT)
    tell("capacity after breakdown (veh/s)", 1 / gaps[broken:].mean(), (1 - drop) / HEADWAY)
    assert gaps[broken:] == pytest.approx(HEADWAY / (1 - drop), abs=EXACT)


@pytest.mark.parametrize("length", [15.0, 22.5, 75.0, 300.0])
def test_a_queue_that_stands_on_many_short_links_drops_capacity_as_on_a_long_one(length: float) -> None:
    drop, n = 0.1, round(1500.0 / length)
    traffic = traffic_to(chain(n + 1, length, lanes=[2.0] * n + [1.0], settings=plain(capacity_drop=drop)), [n + 1])
    send(traffic, 600, 0, every=HEADWAY / 2)
    finish(traffic)
    gaps = np.diff(traffic.arrived_s)
    broken = int(np.ceil(BREAKDOWN_S / (HEADWAY / 2)))
    assert gaps[:broken // 2] == pytest.approx(HEADWAY, abs=EXACT)
    assert gaps[2 * broken:] == pytest.approx(HEADWAY / (1 - drop), abs=EXACT)


def test_a_junction_costs_its_delay_and_no_capacity() -> None:
    """Node 1 has three neighbours; node 2 has two, and costs nothing."""
    delay = 3.0
    net = network([road(0, 1, 45.0), road(1, 2, 45.0), road(3, 1, 45.0)], settings=plain(junction_delay=delay))
    traffic = traffic_to(net, [2])
    send(traffic, 200, 0)
    finish(traffic)
    assert traffic.arrived_s == pytest.approx(2 * 45.0 / SPEED + delay + HEADWAY * np.arange(200), abs=EXACT)


@pytest.mark.parametrize("units", [4, 10, 12])
def test_a_large_vehicle_takes_the_time_and_the_room_of_as_many_cars(units: int) -> None:
    """A bus of 10 units is 2.5 cars: at 2.5 headways, and 4 of them on a road for 10 cars."""
    net = chain(3, 75.0)
    traffic = traffic_to(net, [3])
    send(traffic, 100, 0, size=units)
    traffic.advance(60.0)
    traffic.set_lanes(np.array([False, False, True]), np.zeros(3))
    traffic.advance(1000.0)
    assert traffic.links["count"][0] == 40 // units
    traffic.set_lanes(np.array([False, False, True]), np.ones(3))
    finish(traffic)
    assert traffic.arrived == 100


def test_a_bus_keeps_the_road_for_two_and_a_half_headways() -> None:
    traffic = traffic_to(chain(1), [1])
    send(traffic, 20, 0, size=np.where(np.arange(20) % 2 == 0, 10, 4))
    finish(traffic)
    gaps = np.diff(traffic.arrived_s)
    assert gaps == pytest.approx(HEADWAY * np.where(np.arange(19) % 2 == 0, 2.5, 1.0), abs=EXACT)
