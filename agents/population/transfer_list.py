"""The named list of people at risk: which households of each village are on it, by which cause.

Geography singles households out where the World can tell: the lowest homes for low ground, the steepest
slopes for landslides, those nearest to a stated spot. A draw by household id settles the rest. A household is
listed once, by the first cause that takes it. The list is the same in every replication of a seed and under
every plan with the same entries, and a larger share contains a smaller one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.population.population import Population
from sim.random import Streams
from sim.settings.transfer import AT_WORK, CAUSES, AtRisk, Cause, Rate, TransferPlan
from sim.world.projection import Projection
from sim.world.world import Place, World

WORK_FROM, WORK_TO = 16, 60
"""Ages (years, the upper one excluded) of the members listed for a workplace: from the legal age of employment to men's
former age of retirement."""


@dataclass(frozen=True)
class TransferList:
    """The list, a row a household, ordered by village, then cause by priority, then household id. Shapes (n,)."""

    household: NDArray[np.int64]
    """Household row."""
    cause: NDArray[np.uint8]
    """Row of CAUSES."""
    village: NDArray[np.int64]
    """Place row."""
    persons: NDArray[np.int64]
    """Members listed."""
    immobile: NDArray[np.int64]
    """Of these, members who cannot walk out."""
    start: NDArray[np.int64]
    """Of shape (n + 1,): where a household's members begin in ``member``."""
    member: NDArray[np.int64]
    """Person rows of the members listed."""

    def __len__(self) -> int:
        return len(self.household)

    def people_of(self, rows: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the person rows of some list rows, household by household."""
        count = self.persons[rows]
        ends = np.cumsum(count)
        total = int(ends[-1]) if len(ends) else 0
        return self.member[np.arange(total) - np.repeat(ends - count, count) + np.repeat(self.start[rows], count)]


class _Drawing:
    """Takes households for one entry or rate after another."""

    def __init__(self, population: Population, streams: Streams) -> None:
        self.population, self.world = population, population.world
        households = self.world.households
        self.ids = np.asarray(households["household_id"])
        first = np.asarray(households["first"]).astype(np.int64)
        self.size = np.asarray(households["size"]).astype(np.int64)
        age = np.asarray(self.world.persons["age"])
        working = (age >= WORK_FROM) & (age < WORK_TO)
        total = np.concatenate([[0], np.cumsum(working)])
        self.working = total[first + self.size] - total[first]
        self.x = np.asarray(self.world.persons["home_x"])[first].astype(np.float64)
        self.y = np.asarray(self.world.persons["home_y"])[first].astype(np.float64)
        self.draw = streams.of("transfer list").uniforms(self.ids)
        self.margin = streams.of("transfer list margin").uniforms(self.ids)
        self.cause: NDArray[np.integer] = np.full(len(self.ids), -1, np.int16)
        self.immobile_share = np.zeros(len(self.ids))

    def score(self, cause: Cause, at: tuple[float, float] | None, pool: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return who of a pool (n,) is singled out: low scores first, all alike where geography is silent.

        ``at`` is a spot in world metres.
        """
        if at is not None:
            return np.asarray(np.hypot(self.x[pool] - at[0], self.y[pool] - at[1]))
        layers = self.world.layers
        if cause in ("low_ground", "landslide_spot"):
            cells = self.world.grid.row_col(self.x[pool], self.y[pool])
            if cause == "low_ground":
                return np.asarray(layers["elevation_m"])[cells].astype(np.float64)
            return -np.asarray(layers["slope"])[cells].astype(np.float64)
        return np.zeros(len(pool))

    def take(self, pool: NDArray[np.int64], cause: Cause, persons: float, immobile_share: float, *,
             at: tuple[float, float] | None = None, whole: bool) -> None:
        """List households of a pool until so many persons are; ``whole`` rounds up, else the last one is drawn for.

        Drawn with the share of it that is still wanted, so that the expected number is exact in small villages.
        """
        heads = self.working if cause in AT_WORK else self.size
        free = pool[(self.cause[pool] < 0) & (heads[pool] > 0)]
        ranked = free[np.lexsort((self.ids[free], self.draw[free], self.score(cause, at, free)))]
        count = heads[ranked]
        wanted = persons - (np.cumsum(count) - count)
        fits = wanted > 0 if whole else self.margin[ranked] * count < wanted
        taken = ranked[fits]
        self.cause[taken] = CAUSES.index(cause)
        self.immobile_share[taken] = immobile_share


def draw_list(population: Population, plan: TransferPlan, streams: Streams) -> TransferList:
    """Return the list of a plan. Raises InputError for an unknown place."""
    world = population.world
    drawing = _Drawing(population, Streams(streams.seed, 0))
    villages = world.places.of_kind("village")
    stated: set[tuple[int, Cause]] = set()
    for number, entry in enumerate(plan.at_risk):
        place = world.places.get(entry.place, f"plan.transfer.at_risk[{number}].place")
        _take_entry(drawing, plan, entry, place, villages, stated)
    # By a fixed order: who is on the list does not depend on who is called on first.
    for cause in CAUSES:
        rate = plan.rates.get(cause)
        if rate is None:
            continue
        share = 0.0 if cause in AT_WORK else plan.immobile_share
        for village in villages:
            pool = population.households_of(np.array([village.row]))
            wanted = _per_thousand(rate, village, world) / 1000.0 * float(drawing.size[pool].sum())
            if wanted > 0 and (village.row, cause) not in stated:
                drawing.take(pool, cause, wanted, share, whole=False)
    return _sorted(drawing, plan, Streams(streams.seed, 0))


def _take_entry(drawing: _Drawing, plan: TransferPlan, entry: AtRisk, place: Place, villages: list[Place],
                stated: set[tuple[int, Cause]]) -> None:
    # A site stands for the villages of its unit, those nearest to it first.
    mine = [v.row for v in villages if v.row == place.row or (place.kind != "village" and v.town == place.town)]
    stated.update((row, entry.cause) for row in mine)
    pool = drawing.population.households_of(np.array(mine, np.int64))
    persons = entry.persons if entry.share is None else entry.share * float(drawing.size[pool].sum())
    share = entry.immobile_share
    if share is None:
        share = 0.0 if entry.cause in AT_WORK else plan.immobile_share
    assert persons is not None
    at = (place.x, place.y) if place.kind == "site" else None
    if entry.at is not None:
        x, y = Projection(drawing.world.crs).to_xy(*entry.at)
        at = float(x), float(y)
    drawing.take(pool, entry.cause, persons, share, at=at, whole=entry.share is None)


def _by_priority(plan: TransferPlan) -> list[Cause]:
    """Return all causes, those the plan names first."""
    return list(dict.fromkeys((*plan.priority, *CAUSES)))


def _per_thousand(rate: Rate, village: Place, world: World) -> float:
    unit = world.places.find(village.town)
    table: Mapping[str, float] = {str(klass): value for klass, value in rate.per_thousand.items()}
    return table.get(unit.klass if unit else "", table.get(village.klass, 0.0))


def _sorted(drawing: _Drawing, plan: TransferPlan, streams: Streams) -> TransferList:
    population, world = drawing.population, drawing.world
    listed = np.flatnonzero(drawing.cause >= 0)
    rank = np.zeros(len(CAUSES), np.int64)
    for place, word in enumerate(_by_priority(plan)):
        rank[CAUSES.index(word)] = place
    village = population.household_village[listed].astype(np.int64)
    cause = drawing.cause[listed]
    order = np.lexsort((drawing.ids[listed], rank[cause], village))
    listed, village = listed[order], village[order]
    cause = cause[order]
    rows = population.members(listed)
    index = np.repeat(np.arange(len(listed)), drawing.size[listed])
    at_work = np.isin(cause, [CAUSES.index(c) for c in AT_WORK])
    age = np.asarray(world.persons["age"])[rows]
    kept = ~at_work[index] | ((age >= WORK_FROM) & (age < WORK_TO))
    rows, index = rows[kept], index[kept]
    persons = np.bincount(index, minlength=len(listed))
    draw = streams.of("transfer immobile").uniforms(np.asarray(world.persons["person_id"])[rows])
    carried = draw < drawing.immobile_share[listed][index]
    return TransferList(
        household=listed, cause=cause.astype(np.uint8), village=village, persons=persons,
        immobile=np.bincount(index[carried], minlength=len(listed)),
        start=np.concatenate([[0], np.cumsum(persons)]).astype(np.int64), member=rows)


@dataclass(frozen=True)
class CadreBook:
    """The cadres of the villages on the list; shapes (cadres,) save ``of`` (list rows,)."""

    village: NDArray[np.int64]
    """Place row."""
    number: NDArray[np.int64]
    """1 for a village's first cadre."""
    car: NDArray[np.bool_]
    """Comes by car."""
    of: NDArray[np.int64]
    """Cadre row that answers for each household on the list."""

    def name(self, row: int, places: Any) -> str:
        """Return a cadre's id."""
        return f"{places[int(self.village[row])].id}-c{self.number[row]}"


def assign_cadres(listed: TransferList, plan: TransferPlan) -> CadreBook:
    """Return the cadres and who answers for whom: each household in turn goes to the one with the least to do.

    Households with immobile members go to cadres with a car where the village has one.
    """
    settings = plan.cadres
    visit_s = 3600.0 / settings.households_per_hour
    village: list[int] = []
    number: list[int] = []
    car: list[bool] = []
    of = np.empty(len(listed), np.int64)
    cuts = np.flatnonzero(np.diff(listed.village)) + 1
    for a, b in zip([0, *cuts.tolist()], [*cuts.tolist(), len(listed)], strict=True):
        if b == a:
            continue
        count = settings.per_village
        if settings.households_each is not None:
            count = max(count, math.ceil((b - a) / settings.households_each))
        drivers = min(settings.cars, count)
        load = [0.0] * count
        for row in range(a, b):
            carried = listed.immobile[row] > 0
            among = range(drivers) if carried and drivers else range(count)
            chosen = min(among, key=lambda cadre: (load[cadre], cadre))
            trip = settings.escort if drivers else settings.escort_on_foot
            load[chosen] += visit_s + (trip if carried else 0.0)
            of[row] = len(village) + chosen
        village += [int(listed.village[a])] * count
        number += list(range(1, count + 1))
        car += [cadre < drivers for cadre in range(count)]
    return CadreBook(np.array(village, np.int64), np.array(number, np.int64), np.array(car, np.bool_), of)
