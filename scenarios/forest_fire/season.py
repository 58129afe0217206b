"""The fires of a season: how many, on which day, at what hour, where; drawn the same under every plan.

A season's draws hang on (seed, season) alone, and the place of a fire on the World's own grid, so that neither the
plan nor the cell size of the spread moves a fire. A day's chance to have one is the activity of its month, raised
about the peaks, times the chance that a spark takes in the weather of its early afternoon; a year's number of
fires goes with the sum over its days.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenarios.forest_fire.fuels import FuelMap
from scenarios.forest_fire.moisture import equilibrium_moisture_pct
from scenarios.forest_fire.season_weather import DAYS, Days, draw_days, month_of_day, saturation_hpa
from scenarios.forest_fire.settings_fuels import Fuels
from scenarios.forest_fire.settings_season import MONTHS, MOST_FIRES, Climate, FireSeason, Ignitions, Nearness
from sim.random import TO_UNIT, Streams
from sim.world.classes import LandCover, RoadClass
from sim.world.grid import Grid
from sim.world.world import World

DAY_S, HOUR_S = 86_400.0, 3600.0
REFERENCE_SEASONS = 200
"""Seasons whose mean activity the mean number of fires belongs to."""
FIRST_REFERENCE = 1_000_000
"""Replication from which the reference seasons draw; more seasons than this are never run."""
GAMMA_DRAW, POISSON_DRAW = 0, 1
WHICH_DAY, WHICH_HOUR, WITHIN_HOUR, WHICH_CELL = range(4)
DAYS_A_YEAR = 365.0

Floats = NDArray[np.float64]


def ignition_probability(temperature_c: float, moisture: float) -> float:
    """Return the chance, 0 to 1, that a firebrand lights fine dead fuel of a moisture (share of dry weight).

    Schroeder 1969 in BEHAVE's form: heat of preignition in cal/g, and a power of what it lacks to 400.
    Constants from memory of BEHAVE's source.
    """
    t, m = temperature_c, moisture
    heat = (144.5 - 0.266 * t - 0.00058 * t * t - t * m + 18.54 * (1.0 - math.exp(-15.1 * m)) + 640.0 * m)
    x = 0.1 * (400.0 - min(heat, 400.0))
    return min(0.000048 * x**4.3 / 50.0, 1.0)


def takes(days: Days, wet_day: float) -> Floats:
    """Return the chance that a spark takes in the warmest hour of each day of the season, (DAYS,)."""
    warm = days.mean_c + 0.5 * days.range_c
    humidity = np.clip(days.humidity_pct * saturation_hpa(days.mean_c) / saturation_hpa(warm), 5.0, 100.0)
    dry = [ignition_probability(t, equilibrium_moisture_pct(t, h) / 100.0)
           for t, h in zip(warm[:DAYS].tolist(), humidity[:DAYS].tolist())]
    return np.array(dry) * np.where(days.wet[:DAYS], wet_day, 1.0)


def calendar_weights(ignitions: Ignitions) -> Floats:
    """Return the activity of each day of the year: its month's, raised about the peaks, (DAYS,)."""
    by_month = np.array([ignitions.activity[month] for month in MONTHS])  # type: ignore[index]
    weights = by_month[month_of_day()[:DAYS]]
    day = np.arange(DAYS)
    for peak in ignitions.peaks:
        off = np.abs(day - peak.day_of_year)
        off = np.minimum(off, DAYS - off)
        weights = weights * (1.0 + (peak.times - 1.0) * np.exp(-0.5 * (off / peak.days) ** 2))
    return weights


def relative_chance(metres: Floats, near: Nearness) -> Floats:
    """Return the chance of an ignition at distances, relative to distance 0."""
    return near.far + (1.0 - near.far) * np.exp(-metres / near.near_m)


class IgnitionPlaces:
    """Where fires start: burnable cells of the county on the World's own grid, by weight."""

    def __init__(self, world: World, ignitions: Ignitions, fuels: Fuels | None = None) -> None:
        """``fuels`` are the scenario's: which land covers burn."""
        self.grid: Grid = world.grid
        cover = np.asarray(world.layers["land_cover"])
        weight = np.zeros(256)
        for name, value in ignitions.land_cover.items():
            weight[LandCover[name.upper()]] = value
        burns = FuelMap(world, fuels).kind(slice(None), slice(None)) >= 0
        of_cell = weight[cover] * (burns & np.asarray(world.layers["inside"]))
        villages = [(v.x, v.y) for v in world.places.of_kind("village")]
        of_cell *= relative_chance(self._away(_village_cells(self.grid, villages)), ignitions.village)
        of_cell *= relative_chance(self._away(_road_cells(world)), ignitions.road)
        self.cells = np.flatnonzero(of_cell)
        """Flat cells (row * nx + col) where a fire may start."""
        self.cumulative = np.cumsum(of_cell.ravel()[self.cells])

    def _away(self, cells: NDArray[np.integer]) -> Floats:
        """Return metres from every cell to the nearest of some cells, (ny, nx); infinite where there are none."""
        from scipy.ndimage import distance_transform_edt

        elsewhere = np.ones(self.grid.shape, np.bool_)
        elsewhere.ravel()[cells] = False
        if not len(cells):
            return np.full(self.grid.shape, np.inf)
        return np.asarray(distance_transform_edt(elsewhere, sampling=self.grid.cell_m))

    def at(self, u: float) -> tuple[float, float]:
        """Return the centre (m) of the cell that a draw in [0, 1) means."""
        n = int(np.searchsorted(self.cumulative, u * self.cumulative[-1], side="right"))
        cell = int(self.cells[min(n, len(self.cells) - 1)])
        x, y = self.grid.centre(cell // self.grid.nx, cell % self.grid.nx)
        return float(x), float(y)


def _village_cells(grid: Grid, points: Sequence[tuple[float, float]]) -> NDArray[np.intp]:
    if not points:
        return np.zeros(0, np.intp)
    row, col = grid.row_col(*np.array(points).T)
    return np.asarray(row * grid.nx + col)


def _road_cells(world: World) -> NDArray[np.integer]:
    """Return the cells of the county's roads, streets apart."""
    roads = world.roads
    lengths = np.asarray(np.diff(roads.cell_start), np.intp)
    road = np.asarray(roads.links["road_class"]) < RoadClass.STREET
    return np.unique(np.asarray(roads.cell)[np.repeat(road, lengths)])


@dataclass(frozen=True)
class Start:
    """A fire's beginning: its number in the season's draws, seconds since the first midnight, place (m)."""

    number: int
    t_s: float
    x: float
    y: float


class SeasonDraws:
    """Draws seasons: their days and their fires in order of time."""

    def __init__(self, settings: FireSeason, climate: Climate, places: IgnitionPlaces, seed: int) -> None:
        self.settings, self.climate, self.places, self.seed = settings, climate, places, seed
        self._calendar = calendar_weights(settings.ignitions)
        self._hours = np.cumsum(settings.ignitions.hours)
        reference = [self._streams(FIRST_REFERENCE + n).of("season.weather") for n in range(REFERENCE_SEASONS)]
        self._mean_activity = float(np.mean([self._activity(days).sum() for days in draw_days(climate, reference)]))

    def _streams(self, season: int) -> Streams:
        return Streams(self.seed, season)

    def _activity(self, days: Days) -> Floats:
        return self._calendar * takes(days, self.settings.ignitions.wet_day)

    def season(self, number: int) -> tuple[Days, list[Start]]:
        """Return the days and the fires of a season."""
        streams = self._streams(number)
        (days,) = draw_days(self.climate, [streams.of("season.weather")])
        activity = self._activity(days)
        count = self._count(streams, float(activity.sum()))
        cumulative, stream = np.cumsum(activity), streams.of("season.fires")
        starts = []
        for n in range(count):
            day = _pick(cumulative, stream.u01(n, WHICH_DAY))
            hour = _pick(self._hours, stream.u01(n, WHICH_HOUR))
            t = day * DAY_S + (hour + stream.u01(n, WITHIN_HOUR)) * HOUR_S
            starts.append(Start(n, t, *self.places.at(stream.u01(n, WHICH_CELL))))
        return days, sorted(starts, key=lambda start: (start.t_s, start.number))

    def _count(self, streams: Streams, activity: float) -> int:
        """Return how many fires a season of this activity has."""
        from scipy.special import gammaincinv

        wanted, stream = self.settings.fires_per_season, streams.of("season.number")
        if self._mean_activity <= 0.0 or not len(self.places.cells):
            return 0
        expected = wanted.mean * activity / self._mean_activity
        if wanted.variation > 0.0:
            shape = 1.0 / wanted.variation**2
            expected *= float(gammaincinv(shape, max(stream.u01(0, GAMMA_DRAW), TO_UNIT))) / shape
        return min(poisson_quantile(stream.u01(0, POISSON_DRAW), expected), MOST_FIRES - 1)


def poisson_quantile(u: float, mean: float) -> int:
    """Return the least k with P(K <= k) >= u for K of a Poisson distribution."""
    from scipy.special import pdtr, pdtrik

    if mean <= 0.0 or u <= 0.0:
        return 0
    k = int(max(math.ceil(float(np.nan_to_num(pdtrik(u, mean)))), 0))
    while k > 0 and float(pdtr(k - 1, mean)) >= u:
        k -= 1
    while float(pdtr(k, mean)) < u:
        k += 1
    return k


def _pick(cumulative: Floats, u: float) -> int:
    return int(min(np.searchsorted(cumulative, u * cumulative[-1], side="right"), len(cumulative) - 1))
