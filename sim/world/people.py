"""Households and residents: how many live where, how old they are, what they drive, where they are by day.

Sizes are 1 + Poisson(mean - 1) (Jarosz 2021, doi 10.1007/s11113-020-09575-x, who finds it to hold for US
counties but for too few single households), ages uniform within the three stated bands, homes near the street
nodes of their village. Day places are assumptions: schoolchildren go to school in their village or the unit's
seat, workers to their own village or, by gravity (size over squared distance), to another one nearby. It
leaves out how ages go together in a household, migrants away from home, and who owns which vehicle.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.stats import poisson

from sim.random import Streams, uniforms
from sim.settings.county import County
from sim.world.roads import Built
from sim.world.streets import Ground
from sim.world.villages import VillageSite
from sim.world.world import HOUSEHOLD_COLUMNS, PERSON_COLUMNS

SCHOOL_FROM, SCHOOL_TO = 6, 17
WORK_FROM, WORK_TO = 18, 59
OLDEST = 95
SCHOOL_IN_VILLAGE = 0.5
"""Share of pupils whose school is in their own village; the others' is at the unit's seat. Assumption."""
GRAVITY_NEIGHBOURS = 12
"""A worker chooses among this many nearest villages."""
GRAVITY_MIN_M = 500.0
HOME_SCATTER_M = 60.0
"""Homes lie within this of their street node, and nearer to it than to any other."""
HOME_ATTEMPTS = 4
"""Spots tried for a home until one is dry; the street node itself after that."""
STEEP_HOME = 0.15
"""Slope at which ground draws half as many homes as flat ground; assumption."""
LARGEST = 12
"""Members of a household at most."""


def build_people(
    county: County,
    villages: list[VillageSite],
    village_place: NDArray[np.int32],
    built: Built,
    streams: Streams,
) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    """Return person and household columns, sorted by home node; ids were given before, village by village.

    ``village_place`` (villages,) is each village's row among the places.
    """
    settings = county.households
    residents = np.array([v.residents for v in villages], np.int64)
    size, village = _households(residents, settings.mean_size, streams)
    household_id = np.arange(len(size), dtype=np.int64)
    person_household = np.repeat(household_id, size)
    person_id = np.arange(int(size.sum()), dtype=np.int64)
    nodes, home_x, home_y = _homes(village, household_id, built, built.ground, streams)
    age = _ages(person_id, person_household, settings.share_0_14, settings.share_60_plus, streams)
    urban = np.array([v.urban for v in villages], bool)[village]
    cars = _counts(
        household_id,
        np.where(urban, settings.cars_per_household_town, settings.cars_per_household_village),
        streams.key("world.cars"),
    )
    wheels = _counts(
        household_id,
        np.where(
            urban, settings.two_wheelers_per_household_town, settings.two_wheelers_per_household_village
        ),
        streams.key("world.two_wheelers"),
    )

    # Rows by home node: neighbours on the ground are neighbours in memory.
    order = np.lexsort((household_id, nodes))
    row_size = size[order]
    first = np.concatenate([[0], np.cumsum(row_size)[:-1]]) if len(order) else np.array([], np.int64)
    old_first = np.concatenate([[0], np.cumsum(size)[:-1]])
    ends = np.cumsum(row_size)
    people = (
        np.arange(ends[-1]) - np.repeat(ends - row_size, row_size) + np.repeat(old_first[order], row_size)
    )
    households = {
        "household_id": household_id[order],
        "first": first,
        "size": row_size,
        "cars": cars[order],
        "two_wheelers": wheels[order],
    }
    row_household = np.repeat(np.arange(len(order)), row_size)
    of = order[row_household]
    persons = {
        "person_id": person_id[people],
        "household": row_household,
        "age": age[people],
        "village": village_place[village[of]],
        "home_x": home_x[of],
        "home_y": home_y[of],
        "home_node": nodes[of],
    }
    persons |= _days(county, villages, village[of], persons, built, streams)
    return (
        {
            name: np.ascontiguousarray(persons[name].astype(dtype))
            for name, (dtype, _, _) in PERSON_COLUMNS.items()
        },
        {
            name: np.ascontiguousarray(households[name].astype(dtype))
            for name, (dtype, _, _) in HOUSEHOLD_COLUMNS.items()
        },
    )


def _households(
    residents: NDArray[np.int64],
    mean: float,
    streams: Streams,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each household's size and village; sizes add up to the residents of every village exactly."""
    cumulative = poisson.cdf(np.arange(LARGEST), mean - 1)
    key = streams.key("world.household.size")
    sizes, owners = [], []
    for v, count in enumerate(residents.tolist()):
        if count == 0:
            continue
        draw = uniforms(key, np.full(count, v), np.arange(count))
        size = 1 + np.searchsorted(cumulative, draw).clip(max=LARGEST - 1)
        upto = np.cumsum(size)
        n = int(np.searchsorted(upto, count)) + 1
        size = size[:n].copy()
        size[-1] -= int(upto[n - 1]) - count
        sizes.append(size)
        owners.append(np.full(n, v))
    return np.concatenate(sizes).astype(np.int64), np.concatenate(owners).astype(np.int64)


def _homes(
    village: NDArray[np.int64],
    ids: NDArray[np.int64],
    built: Built,
    ground: Ground,
    streams: Streams,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return each household's street node and its home's x and y (m), on dry land and nearest to that node.

    Nodes draw households by the ground they have to themselves and by how flat it is.
    """
    starts = np.concatenate([[0], np.cumsum([len(s) for s in built.street_nodes])])
    streets = np.concatenate(built.street_nodes)
    every = np.column_stack([built.roads.nodes["x"], built.roads.nodes["y"]])
    apart = cKDTree(every).query(every[streets], k=2)[0][:, 1]
    # Within half the way to the next node, no other node can be nearer.
    room = np.minimum(HOME_SCATTER_M, 0.5 * apart)
    slope = ground.slope[ground.cells(every[streets])].astype(np.float64)
    weight = np.maximum(room, 1.0) ** 2 / (1 + (slope / STEEP_HOME) ** 2)
    upto = np.concatenate([[0.0], np.cumsum(weight)])
    low, high = upto[starts[village]], upto[starts[village + 1]]
    draw = low + streams.of("world.home.node").uniforms(ids) * (high - low)
    pick = np.clip(np.searchsorted(upto, draw, side="right") - 1, starts[village], starts[village + 1] - 1)
    node = streets[pick]
    home = every[node].copy()
    away = np.full(len(ids), True)
    for attempt in range(HOME_ATTEMPTS):
        angle = 2 * np.pi * streams.of("world.home.angle").uniforms(ids, attempt)
        radius = room[pick] * np.sqrt(streams.of("world.home.radius").uniforms(ids, attempt))
        tried = every[node] + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
        good = away & ~ground.wet[ground.cells(tried)]
        home[good] = tried[good]
        away &= ~good
    return node, home[:, 0], home[:, 1]


def _ages(
    ids: NDArray[np.int64],
    household: NDArray[np.int64],
    young: float,
    old: float,
    streams: Streams,
) -> NDArray[np.int64]:
    """Return ages; the first of every household is an adult, the bands' shares hold over all."""
    draw = streams.of("world.age.band").uniforms(ids)
    within = streams.of("world.age").uniforms(ids)
    head = np.concatenate([[True], household[1:] != household[:-1]])
    # Children live only as further members, who must then be young more often.
    share = young / max(1 - head.mean(), 1e-9)
    band = np.where(draw < np.where(head, 0.0, share), 0, 1)
    elder = streams.of("world.age.elder").uniforms(ids) < old / (1 - young)
    age = np.where(
        band == 0,
        np.floor(15 * within),
        np.where(elder, 60 + np.floor((OLDEST - 60) * within**2), 15 + np.floor(45 * within)),
    )
    return np.where(head & (age < WORK_FROM), WORK_FROM, age).astype(np.int64)


def _counts(ids: NDArray[np.int64], mean: NDArray[np.float64], key: int) -> NDArray[np.int64]:
    """Return whole vehicles with the given means: the floor, and one more by chance."""
    whole = np.floor(mean)
    return (whole + (uniforms(key, ids) < mean - whole)).astype(np.int64)


def _days(
    county: County,
    villages: list[VillageSite],
    village: NDArray[np.int64],
    persons: dict[str, NDArray[Any]],
    built: Built,
    streams: Streams,
) -> dict[str, NDArray[Any]]:
    settings, ids, age = county.households, persons["person_id"], persons["age"]
    pupil = (age >= SCHOOL_FROM) & (age <= SCHOOL_TO)
    worker = (
        (age >= WORK_FROM)
        & (age <= WORK_TO)
        & (streams.of("world.works").uniforms(ids) < settings.workers_share)
    )
    stays_near = streams.of("world.day.near").uniforms(ids)
    target = _gravity(villages, village, ids, streams)
    own = np.where(pupil, stays_near < SCHOOL_IN_VILLAGE, stays_near < settings.works_in_own_village)
    unit = np.array([v.unit for v in villages])
    starts = np.concatenate([[0], np.cumsum([len(s) for s in built.street_nodes])])
    streets = np.concatenate(built.street_nodes)
    where = np.where(own, village, target)
    counts = np.diff(starts)[where]
    pick = np.minimum((streams.of("world.day.node").uniforms(ids) * counts).astype(np.int64), counts - 1)
    node = streets[starts[where] + pick]
    seat = np.array(built.unit_node)[unit[village]]
    node = np.where(pupil & ~own, seat, node)
    goes = pupil | worker
    node = np.where(goes, node, persons["home_node"])
    x, y = built.roads.nodes["x"][node], built.roads.nodes["y"][node]
    early = streams.of("world.day.leave").uniforms(ids)
    late = streams.of("world.day.return").uniforms(ids)
    spread = settings.hour_spread
    leave = np.clip((settings.leave_hour + spread * (2 * early - 1)) * 3600, 0, 86399)
    back = np.clip((settings.return_hour + spread * (2 * late - 1)) * 3600, leave + 1, 86399)
    return {
        "day_x": np.where(goes, x, persons["home_x"]),
        "day_y": np.where(goes, y, persons["home_y"]),
        "day_node": node,
        "leave_s": np.where(goes, leave, -1),
        "return_s": np.where(goes, back, -1),
    }


def _gravity(
    villages: list[VillageSite],
    village: NDArray[np.int64],
    ids: NDArray[np.int64],
    streams: Streams,
) -> NDArray[np.int64]:
    """Return, for each person, a nearby village drawn by residents over squared distance."""
    x, y = np.array([v.x for v in villages]), np.array([v.y for v in villages])
    size = np.array([v.residents for v in villages], float)
    near = min(GRAVITY_NEIGHBOURS, len(villages))
    choice, cumulative = np.empty((len(villages), near), np.int64), np.empty((len(villages), near))
    for v in range(len(villages)):
        away = np.hypot(x - x[v], y - y[v])
        nearest = np.argsort(away, kind="stable")[1 : near + 1] if len(villages) > 1 else np.array([v])
        nearest = np.resize(nearest, near)
        weight = size[nearest] / np.maximum(away[nearest], GRAVITY_MIN_M) ** 2
        choice[v], cumulative[v] = nearest, np.cumsum(weight) / max(weight.sum(), 1e-300)
    draw = streams.of("world.day.village").uniforms(ids)
    pick = (draw[:, None] > cumulative[village]).sum(axis=1).clip(max=near - 1)
    return choice[village, pick]
