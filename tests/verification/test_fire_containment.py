"""Crews at a simulated front against the closed form: the same ellipse, the same line, from head and rear.

Two crews work round a fire on the grid as ``build_line`` lets them. Line and area are held against
``containment.py`` (Fried and Fried 1996). What is left between the two is the grid: line is a chain of cells (its
length right on average, 5 % off in the worst direction, 2.4 % too long along 26.6 degrees whatever the cells'
size), and it stands half a cell outside the fire. Crews who have to overtake the front from the rear pay such shares
several times over. The front itself is within 0.2 % of the ellipse (test_fire_shape.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from scenarios.forest_fire import ellipse
from scenarios.forest_fire import line_work as lw
from scenarios.forest_fire.attack import NOWHERE
from scenarios.forest_fire.containment import Contained, Forces, FreeBurning, Outcome, Tactic, contain, head_distance
from scenarios.forest_fire.crews import PERIMETER_PER_CELL, Edge, look_at
from scenarios.forest_fire.production import DIRECT, cost_table, slope_table
from scenarios.forest_fire.spread import LINE, Front
from scenarios.forest_fire.tools import plain_row
from scenarios.forest_fire.units import CHAIN_M
from tests.fires import ground, period, wind_for

HEAD_MPS = 5 * CHAIN_M / 3600.0
AREA_M2 = 10.0 * CHAIN_M**2
DELAY_S = 7200.0
LIMIT_S = 12 * 3600.0


@dataclass
class Attack:
    """What came of an attack on the grid: relative to the closed form, but for the counts."""

    time: float
    line: float
    area: float
    walked_m: float
    open_cells: int
    front: Front


def on_the_grid(
    tactic: Tactic, *, cell_m: float, ratio: float = 3.0, angle_deg: float = 0.0, speed: float = 2.0,
    step_s: float = 60.0,
) -> Attack:
    """Attack a fire of an acre two hours after its report; each crew builds at ``speed`` times the head's rate."""
    e, each = float(ellipse.eccentricity(ratio)), speed * HEAD_MPS
    form: Contained = contain(FreeBurning(HEAD_MPS, ratio, AREA_M2), Forces(DELAY_S, 2.0 * each), tactic=tactic)
    assert form.outcome[0] == Outcome.CONTAINED
    report_s = float(head_distance(AREA_M2, e)) / HEAD_MPS
    start_s = report_s + DELAY_S
    n = int(2.6 * HEAD_MPS * (report_s + float(form.time_s[0])) / cell_m) + 41
    middle = n // 2
    phi = wind_for(ratio)
    front = Front(n, n, ground(np.zeros((n, n))), period(HEAD_MPS / (1.0 + phi), phi, angle_deg, cell_m))
    front.ignite(middle, middle, 0.0)
    front.advance(start_s)
    means = lw.Means(plain_row(1e9), cost_table("type1"), slope_table(), NOWHERE, DIRECT, 1.0, 1.0, NOWHERE, 0.0, each)
    away = HEAD_MPS * start_s * (1.0 if tactic == Tactic.HEAD else -(1.0 - e) / (1.0 + e))
    angle, centre = math.radians(angle_deg), (middle + 0.5) * cell_m
    at = [(centre + away * math.cos(angle), -centre + away * math.sin(angle))] * 2
    edge, changes, t, built, walked = Edge(front), 0, start_s, 0.0, 0.0
    while t < start_s + LIMIT_S:
        for k, clockwise in enumerate((True, False)):
            cells = edge.cells(changes)
            room = len(cells) + 2 + int(2.0 * each * step_s / cell_m)
            held, widths, figures = np.zeros(room, np.int64), np.zeros(room), np.zeros(lw.FIGURES)
            m = lw.work(cells, np.zeros(0), True, 1, *at[k], each * step_s, clockwise, cell_m * PERIMETER_PER_CELL,
                        front.col0 * cell_m, -front.row0 * cell_m, look_at(front, t, cell_m), means, front.progress,
                        held, widths, LINE, figures)
            if m:
                front.close(held[:m], LINE)
                changes += 1
            built, walked = built + figures[lw.BUILT], walked + figures[lw.WALKED]
            at[k] = (figures[lw.CREW_X], figures[lw.CREW_Y])
        t += step_s
        front.advance(t)
        if not len(edge.cells(changes)):
            break
    ended_s = t - report_s
    front.advance(t + 1e6)  # what is left inside burns; nothing gets out
    area = len(front.burned) * cell_m**2
    return Attack(ended_s / float(form.time_s[0]), built / float(form.line_m[0]), area / float(form.area_m2[0]), walked,
                  len(edge.cells(changes)), front)


@pytest.mark.parametrize("angle_deg", [0.0, 22.5, 45.0])
@pytest.mark.parametrize("tactic", Tactic)
@pytest.mark.parametrize(("cell_m", "line_off", "area_off"), [(10.0, 0.10, 0.07), (5.0, 0.09, 0.06)])
def test_line_and_area_are_those_of_the_closed_form(
    tactic: Tactic, cell_m: float, line_off: float, area_off: float, angle_deg: float
) -> None:
    found = on_the_grid(tactic, cell_m=cell_m, angle_deg=angle_deg)
    assert found.open_cells == 0
    assert found.walked_m == 0.0  # nobody is cut off from the edge and has to look for it
    assert found.line == pytest.approx(1.0, abs=line_off)
    assert found.area == pytest.approx(1.0, abs=area_off)
    assert found.time == pytest.approx(1.0, abs=line_off)


@pytest.mark.parametrize("ratio", [1.5, 2.0])
@pytest.mark.parametrize("speed", [2.0, 4.0])
@pytest.mark.parametrize("tactic", Tactic)
def test_rounder_fires_and_quicker_crews(tactic: Tactic, ratio: float, speed: float) -> None:
    found = on_the_grid(tactic, cell_m=5.0, ratio=ratio, speed=speed, angle_deg=30.0)
    assert found.line == pytest.approx(1.0, abs=0.06)
    assert found.area == pytest.approx(1.0, abs=0.05)


def test_finer_cells_come_closer_to_the_head_attack() -> None:
    off = [max(abs(found.line - 1.0), abs(found.area - 1.0))
           for found in (on_the_grid(Tactic.HEAD, cell_m=cell_m, angle_deg=22.5, step_s=15.0)
                         for cell_m in (20.0, 5.0, 2.5))]
    assert off[2] < off[1] < off[0]
    assert off[2] < 0.025  # the chain alone is up to 2.4 % too long


@pytest.mark.parametrize("step_s", [10.0, 300.0])
def test_the_crews_step_of_work_matters_little(step_s: float) -> None:
    """A step of 300 s is 1.7 cells; the front stands still within it, but crews know when it will be where."""
    found = on_the_grid(Tactic.HEAD, cell_m=10.0, step_s=step_s)
    assert found.line == pytest.approx(1.0, abs=0.06)
    assert found.area == pytest.approx(1.0, abs=0.05)


def test_line_is_one_closed_chain() -> None:
    found = on_the_grid(Tactic.HEAD, cell_m=5.0, angle_deg=22.5)
    front = found.front
    line = (front.closed == LINE).reshape(front.height, front.width)
    from scipy.ndimage import label

    assert label(line, np.ones((3, 3)))[1] == 1
    assert label(~line)[1] == 2  # inside and outside, by sides
