"""Putting out what smoulders along the edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenarios.forest_fire.mop_up import HOUR_S, TYPE2_M_PER_H
from scenarios.forest_fire.spec import MopUpArgs
from sim.hazard import ActionResult

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire


def mop_up(fire: ForestFire, args: MopUpArgs) -> ActionResult:
    """Let a crew put out the hot edge of a fire, from the nearest part of it on."""
    number = fire.fires.number(args.fire)
    if number is None or not fire.front.height:
        return ActionResult(False, f"no such fire: {args.fire!r}" if fire.front.height else "nothing burns yet")
    people = args.people or 1.0
    hours = people * args.seconds / HOUR_S if args.people else args.metres / TYPE2_M_PER_H
    if fire.attack.no_work(fire.time_s):
        return ActionResult(True, "no work at the edge at night", figures={
            "x": args.x, "y": args.y, "done_work": 0.0, "walked_m": 0.0, "waiting": True, "done": False})
    found = fire.attack.mop_up.work(number, args.x, args.y, hours, people)
    return ActionResult(True, "flames still too long to mop up" if found["waiting"] else "", figures=found)


ACTS = {"mop_up": mop_up}
