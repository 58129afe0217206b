"""Starting fires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenarios.forest_fire.spec import IgniteArgs
from sim.errors import InputError
from sim.hazard import ActionResult

if TYPE_CHECKING:
    from scenarios.forest_fire.hazard import ForestFire


def ignite(fire: ForestFire, args: IgniteArgs) -> ActionResult:
    """Start a fire at a place or lon/lat, or at the nearest cell that burns."""
    where = f"hazard {fire.key!r}: action 'ignite'"
    try:
        x, y = fire.point(args.place, args.lon, args.lat, where)
        row, col = fire.burnable(x, y, args.search_m, where)
    except InputError as error:
        return ActionResult(False, str(error))
    if not fire.light(row, col):
        return ActionResult(False, "the cell has burned or is closed to the fire")
    fire.note_progress()
    x, y = (float(v) for v in fire.grid.centre(row, col))
    return ActionResult(True, figures={"x": x, "y": y})


ACTS = {"ignite": ignite}
