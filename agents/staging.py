"""Evacuation in stages: which villages are ordered out when, and what is left of it when zones are called off."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.actions import JOINED, StageArgs
from sim.errors import InputError

if TYPE_CHECKING:
    from agents.drill import Drill


@dataclass(eq=False)
class Stage:
    """A stage to come: when, the zone as it was named, and its villages (place rows) not called off since."""

    at_s: float
    zone: str
    villages: set[int]
    whole: bool = True


class Staging:
    """The stages of a run that are still to be ordered."""

    def __init__(self, drill: Drill) -> None:
        self.drill = drill
        self.pending: list[Stage] = []

    def zones(self, args: StageArgs, where: str = "stage_evacuation") -> list[str]:
        """Return the zone of each stage. Raises InputError where a zone cannot be cut into so many stages."""
        if args.zones:
            return list(args.zones)
        places = self.drill.world.places
        units = self.drill.units_of(args.zone, where)
        parts = [places.get(unit, where) for unit in units] if len(units) > 1 else [
            places[int(row)] for row in self.drill.villages_of(args.zone, where)]
        if args.stages > len(parts):
            raise InputError("more stages than parts of the zone", value=args.stages, where=where,
                             allowed=f"at most {len(parts)}", mend="ask for fewer stages, or name their zones")
        cuts = even_cuts([part.residents for part in parts], args.stages)
        return [JOINED.join(part.id for part in parts[a:b]) for a, b in pairwise(cuts)]

    def check(self, args: StageArgs, given_s: float, where: str) -> None:
        """Raise InputError for a stage before the command that orders it, or a zone there is not."""
        for at_s in args.times(given_s):
            if at_s < given_s:
                raise InputError("a stage before its command", value=f"{at_s:g} s", where=where,
                                 allowed=f"at least {given_s:g} s", mend="give the stage a later time, or the command "
                                 "an earlier one")
        for zone in self.zones(args, where):
            self.drill.villages_of(zone, where)

    def begin(self, args: StageArgs, role: str) -> int:
        """Schedule the stages; return how many."""
        now = self.drill.now
        zones = self.zones(args)
        for at_s, zone in sorted(zip(args.times(now), zones)):
            stage = Stage(at_s, zone, set(self.drill.villages_of(zone).tolist()))
            self.pending.append(stage)
            self.drill.clock.env.process(self._give(stage, role, args))
        return len(zones)

    def call_off(self, villages: NDArray[np.int64]) -> None:
        """Take villages out of all stages to come."""
        for stage in self.pending:
            stage.whole = stage.whole and stage.villages.isdisjoint(villages.tolist())
            stage.villages.difference_update(villages.tolist())

    def _give(self, stage: Stage, role: str, args: StageArgs) -> Generator[Any, Any, None]:
        yield self.drill.clock.env.timeout(max(stage.at_s - self.drill.now, 0.0))
        self.pending.remove(stage)
        if stage.villages:
            places = self.drill.world.places
            zone = stage.zone if stage.whole else JOINED.join(places[row].id for row in sorted(stage.villages))
            self.drill.order(role, "order_evacuation",
                             {"zone": zone, "kind": args.kind, "shelters_stay": args.shelters_stay})


def even_cuts(weights: Sequence[float], parts: int) -> list[int]:
    """Return the ``parts`` + 1 bounds of runs of weights with about equal sums, none of them empty."""
    total = np.cumsum(weights, dtype=float)
    cuts = [0]
    for k in range(1, parts):
        first, last = cuts[-1] + 1, len(total) - (parts - k)
        wanted = total[-1] * k / parts
        cuts.append(first + int(np.argmin(np.abs(total[first - 1: last] - wanted))))
    return [*cuts, len(total)]
