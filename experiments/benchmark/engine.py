"""Agent-ticks a second: residents walking and driving to shelters, as plain Mesa objects and in the engine.

Both follow the same rule on the same World: leave at a time of one's own, then link by link along the
fastest tree to the nearest of the targets until one is there. The plain side is Mesa's own way, an
``Agent.step()`` called by ``agents.do("step")`` every tick; its tables are Python lists, the fastest form
for scalar access. It has a sample of the engine's residents, with their departures, so that the same
share moves at any time; their arrival times must agree with the engine's to the bit.
"""

from __future__ import annotations

import time
from importlib import resources
from typing import Any

import mesa
import numpy as np
import yaml
from numpy.typing import NDArray

from agents.population.columns import CLASSES, MODES, Mode, State
from agents.population.kernels import move
from agents.population.population import Population
from experiments.benchmark import Bar
from sim.calendar import Calendar
from sim.clock import Rank
from sim.model import Simulation
from sim.random import Streams
from sim.settings.county import County
from sim.settings.scenario import datetime
from sim.world.routing import tree_to
from sim.world.store import load_world
from sim.world.world import World

COUNTY = "yueyang"
PLAIN_AGENTS = 20_000
TICK_S = 60.0
TICKS = 1440
LAST_DEPARTURE_S = 20 * 3600.0
"""Departures are spread evenly over this time, so that everybody is there when the day ends."""
TARGETS = 60
SPEED_MPS = (None, 25 / 3.6, 1.3)
"""Highest speed by mode: car (the link's own), two-wheeler, foot."""
AGENT_TICKS_BAR = 100.0


class Walk(Simulation):
    """The engine's side: columns, kernel, clock; nothing is recorded."""

    def __init__(self, world: World, rule: Rule) -> None:
        super().__init__(world=world, calendar=Calendar(datetime.fromisoformat("2026-04-04T00:00+08:00")),
                         streams=Streams(1), tick_s=TICK_S, duration_s=TICKS * TICK_S)
        self.people = Population(self, world)
        self.population = self.people
        columns = self.people.columns
        columns["mode"][:] = rule.mode
        columns["walk_mps"][:] = SPEED_MPS[Mode.FOOT]
        columns["since_s"][:] = rule.depart_s
        self.rule = rule
        self._order = np.argsort(rule.depart_s, kind="stable")
        self._times = rule.depart_s[self._order]
        self._next = 0
        self._active = np.empty(self.people.size, np.int64)
        self._count = 0
        self._arrived = np.empty(self.people.size, np.int64)
        self._no_trace = np.zeros(self.people.size, np.bool_)
        self._log = (np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float64))
        self.moves = 0
        self.passages = 0
        self.clock.every("walk", TICK_S, Rank.MOVEMENT, self._walk)

    def _walk(self, t_s: float) -> float:
        c, roads, rule = self.people.columns, self.world.roads, self.rule
        upto = int(np.searchsorted(self._times, t_s))
        leaving = self._order[self._next: upto]
        self._next = upto
        self._active[self._count: self._count + len(leaving)] = leaving
        self._count += len(leaving)
        c["state"][leaving] = State.MOVING
        self.moves += self._count
        self._count, here, _, passed, _ = move(
            self._active, self._count, t_s, c["state"], c["mode"], c["x"], c["y"], c["node"], c["link"],
            c["offset_m"], c["walk_mps"], c["since_s"], roads.links["head"], roads.links["tail"],
            roads.links["length_m"], rule.link_mps, rule.tree, rule.goal,
            c["bound_for"], c["informed"], self.roads.closed, rule.node_x, rule.node_y,
            self._no_trace, *self._log, self._arrived)
        arrived = self._arrived[:here]
        c["state"][arrived] = State.SHELTERED
        c["safe_s"][arrived] = c["since_s"][arrived]
        self.passages += passed
        return t_s + TICK_S


class Rule:
    """The movement rule's tables: departures and modes by resident, trees and speeds by mode."""

    def __init__(self, world: World) -> None:
        ids = np.asarray(world.persons["person_id"])
        streams = Streams(1)
        self.depart_s = streams.of("benchmark departure").uniforms(ids) * LAST_DEPARTURE_S
        self.mode = np.minimum(streams.of("benchmark mode").uniforms(ids) * MODES, MODES - 1).astype(np.uint8)
        roads = world.roads
        villages = sorted(world.places.of_kind("village"), key=lambda v: (-v.residents, v.id))[:TARGETS]
        targets = np.unique(np.array([v.node for v in villages], np.int32))
        self.target = np.zeros(roads.node_count, np.bool_)
        self.target[targets] = True
        self.next_link = np.empty((MODES, roads.node_count), np.int32)
        self.link_mps = np.empty((MODES, roads.link_count), np.float32)
        for mode, most in enumerate(SPEED_MPS):
            own = np.asarray(roads.links["speed_mps"])
            self.link_mps[mode] = own if most is None else np.minimum(own, most)
            self.next_link[mode] = tree_to(roads, roads.links["length_m"] / self.link_mps[mode], targets).next_link
        # On foot the kernel's speed is each resident's own pace times the link's factor: level ground.
        self.link_mps[Mode.FOOT] = 1.0
        # The kernel has a table a route class; here the classes of a mode share theirs.
        self.tree = np.repeat(self.next_link, CLASSES // MODES, axis=0)
        self.goal = np.repeat(self.target[None, :], CLASSES, axis=0)
        self.node_x = np.asarray(roads.nodes["x"], np.float64)
        self.node_y = np.asarray(roads.nodes["y"], np.float64)


class Walker(mesa.Agent):
    """The plain side: one resident as a Mesa object."""

    def __init__(self, model: PlainWalk, depart_s: float, mode: int, node: int) -> None:
        super().__init__(model)
        self.tables = model
        self.depart_s, self.mode, self.node = depart_s, mode, node
        self.waiting, self.moving = True, False
        self.link, self.offset_m, self.since_s = -1, 0.0, depart_s
        self.x = self.y = 0.0
        self.safe_s = np.inf

    def step(self) -> None:
        """Go on to the model's time by the rule."""
        m = self.tables
        until = m.now
        if self.waiting:
            if self.depart_s >= until:
                return
            self.waiting, self.moving = False, True
        if not self.moving:
            return
        m.moves += 1
        t, link, node, done = self.since_s, self.link, self.node, self.offset_m
        while t < until:
            if link < 0:
                if m.target[node]:
                    self.moving, self.safe_s = False, t
                    break
                link = m.next_link[self.mode][node]
                if link < 0:
                    self.moving = False
                    break
                done = 0.0
            speed = m.link_mps[self.mode][link]
            end = t + (m.length_m[link] - done) / speed
            if end <= until:
                t, node, link, done = end, m.head[link], -1, 0.0
            else:
                done += speed * (until - t)
                t = until
        self.since_s, self.link, self.node = t, link, node
        self.offset_m = done if link >= 0 else 0.0
        if link < 0:
            self.x, self.y = m.node_x[node], m.node_y[node]
        else:
            share = done / m.length_m[link]
            a, b = m.tail[link], m.head[link]
            self.x = m.node_x[a] + share * (m.node_x[b] - m.node_x[a])
            self.y = m.node_y[a] + share * (m.node_y[b] - m.node_y[a])


class PlainWalk(mesa.Model):
    """The plain side's model: all agents step every tick."""

    def __init__(self, world: World, rule: Rule, rows: NDArray[np.int64]) -> None:
        super().__init__(rng=1)
        links = world.roads.links
        self.now = 0.0
        self.ticks = 0
        self.moves = 0
        self.target = rule.target.tolist()
        self.next_link, self.link_mps = rule.next_link.tolist(), rule.link_mps.tolist()
        self.length_m, self.head, self.tail = (links[name].tolist() for name in ("length_m", "head", "tail"))
        self.node_x, self.node_y = rule.node_x.tolist(), rule.node_y.tolist()
        # The kernel walks at the float32 of the column; the same here.
        self.link_mps[Mode.FOOT] = [float(np.float32(SPEED_MPS[Mode.FOOT]))] * len(self.head)
        self.walkers = [Walker(self, float(rule.depart_s[r]), int(rule.mode[r]), int(world.persons["home_node"][r]))
                        for r in rows]

    def step(self) -> None:
        """Step every agent once."""
        self.agents.do("step")
        self.ticks += 1
        self.now = self.ticks * TICK_S


def measure() -> dict[str, Any]:
    """Measure both sides in this process, in CPU seconds."""
    world = load_world(_county())
    rule = Rule(world)
    _run_engine(world, rule)  # compiles the kernel
    engine, engine_s = _run_engine(world, rule)
    rows = np.sort(np.argsort(Streams(1).of("benchmark sample").uniforms(world.persons["person_id"]))[:PLAIN_AGENTS])
    plain = PlainWalk(world, rule, rows)
    start = time.process_time()
    for _ in range(TICKS):
        plain.step()
    plain_s = time.process_time() - start
    # The engine has done what was due before the last tick; the plain side is held to the same time.
    theirs = np.array([w.safe_s for w in plain.walkers])
    ours = engine.people.columns["safe_s"][rows]
    residents = engine.people.size
    figures = {
        "residents": residents, "plain_agents": PLAIN_AGENTS, "ticks": TICKS,
        "engine_cpu_s": engine_s, "plain_cpu_s": plain_s,
        "engine_agent_ticks_per_s": residents * TICKS / engine_s,
        "plain_agent_ticks_per_s": PLAIN_AGENTS * TICKS / plain_s,
        "agent_ticks_ratio": (residents * TICKS / engine_s) / (PLAIN_AGENTS * TICKS / plain_s),
        "engine_moves_per_s": engine.moves / engine_s, "plain_moves_per_s": plain.moves / plain_s,
        "moves_ratio": (engine.moves / engine_s) / (plain.moves / plain_s),
        "engine_share_moving": engine.moves / (residents * TICKS),
        "plain_share_moving": plain.moves / (PLAIN_AGENTS * TICKS),
        "arrivals_that_agree": float(np.mean(theirs == ours)),
    }
    return {
        "figures": figures, "bars": [Bar("agent_ticks_ratio", ">=", AGENT_TICKS_BAR),
                                     Bar("arrivals_that_agree", "==", 1.0)],
        "notes": ["A move is one resident under way in one tick, in which it passes no, one or several links.",
                  "CPU seconds of one process; the World is loaded and the kernel compiled before."],
    }


def _county() -> County:
    text = resources.files("conf").joinpath("county", f"{COUNTY}.yaml").read_text("utf-8")
    return County.model_validate(yaml.safe_load(text))


def _run_engine(world: World, rule: Rule) -> tuple[Walk, float]:
    walk = Walk(world, rule)
    start = time.process_time()
    for _ in range(TICKS):
        walk.step()
    seconds = time.process_time() - start
    walk.close()
    return walk, seconds
