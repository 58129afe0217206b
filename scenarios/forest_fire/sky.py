"""The sky over a fire: the weather as it stands, what drills have changed of it, and the fuel that follows it."""

from __future__ import annotations

from dataclasses import replace

from scenarios.forest_fire.danger import FireDanger, danger_of_run
from scenarios.forest_fire.fuels import FuelTable
from scenarios.forest_fire.moisture import Dead, after_many_days, follow, targets
from scenarios.forest_fire.rothermel import Moisture
from scenarios.forest_fire.settings import ForestFireSettings
from scenarios.forest_fire.settings_weather import HOUR_S
from scenarios.forest_fire.spread import Period
from scenarios.forest_fire.terrain_wind import slope_wind_strength
from scenarios.forest_fire.weather import Conditions, Errors, diurnal_conditions, moistures, period_of, weather_line


class Sky:
    """The weather of one run, brought from change to change; nothing in it depends on when it is looked at."""

    def __init__(
        self, settings: ForestFireSettings, errors: Errors, table: FuelTable, *, start_hour: float, month: int,
        duration_s: float, cell_m: float,
    ) -> None:
        self.settings, self.errors = settings, errors
        self._table, self._start_hour, self._month, self._cell_m = table, start_hour, month, cell_m
        self._duration_s = duration_s
        self.line = weather_line(settings, errors, start_hour=start_hour, duration_s=duration_s)
        self._stated = self.line[0].conditions
        self._held: dict[str, float] = {}
        """What commands have set, until the scenario itself sets the same again."""
        self.conditions: Conditions = self._stated
        self._since_s = 0.0
        self._dead: Dead | None = self._first_dead() if settings.moisture.time_lag else None

    def _first_dead(self) -> Dead:
        """Return the dead moistures at the start: given, or a repeating day's, or those of the first weather."""
        given = self.settings.moisture
        day = self.settings.weather_diurnal
        if day is not None:
            found = after_many_days([
                targets(c.temperature_c, c.humidity_pct, 0.0)
                for c in (diurnal_conditions(day, self._start_hour + n + 0.5) for n in range(24))
            ])
        else:
            m1 = targets(self._stated.temperature_c, self._stated.humidity_pct, self._stated.rain_mm)[0]
            m1 = m1 if given.m1_pct is None else given.m1_pct
            found = m1, m1 + given.m10_above_m1_pct, m1 + given.m100_above_m1_pct
        one, ten, hundred = (m if stated is None else stated for m, stated in zip(
            found, (given.m1_pct, given.m10_pct, given.m100_pct), strict=True))
        return one, ten, hundred

    def _follow(self, now_s: float) -> None:
        """Let dead fuel follow the weather that has stood since the last change."""
        if self._dead is not None and now_s > self._since_s:
            air = self.conditions
            target = targets(air.temperature_c, air.humidity_pct, air.rain_mm)
            self._dead = follow(self._dead, target, (now_s - self._since_s) / HOUR_S)
        self._since_s = max(self._since_s, now_s)

    def change(self, n: int) -> None:
        """Take over the n-th change of the line, at its time. What commands hold stays unless it is given anew."""
        step = self.line[n]
        self._follow(step.t_s)
        self._stated = step.conditions
        for name in step.given:
            self._held.pop(name, None)
        self.conditions = replace(self._stated, **self._held)

    def hold(self, now_s: float, **values: float | None) -> None:
        """Set fields of the weather from now on, as a command does; None leaves a field as it is."""
        self._follow(now_s)
        self._held.update({name: value for name, value in values.items() if value is not None})
        self.conditions = replace(self._stated, **self._held)

    def danger(self, latitude_deg: float) -> list[FireDanger]:
        """Return the fire danger of every hour of the run, from the scenario's weather (commands apart)."""
        return danger_of_run(self.settings.danger, self.line, start_hour=self._start_hour, month=self._month,
                             latitude_deg=latitude_deg, duration_s=self._duration_s)

    def moisture(self) -> Moisture:
        """Return fuel moistures (shares) as they stand at the last change."""
        return moistures(self.settings, self.conditions, self.errors, self._dead, self._month)

    def clock(self, t_s: float) -> float:
        """Return the clock hour at a time."""
        return (self._start_hour + t_s / HOUR_S) % 24.0

    def slope_wind_mps(self) -> float:
        """Return the slope wind's strength at 20 ft over the hour that has begun: up positive, down negative."""
        winds = self.settings.terrain_wind.slope_winds
        if not winds.enabled:
            return 0.0
        return slope_wind_strength(self.clock(self._since_s + 0.5 * HOUR_S), winds.up_mps, winds.down_mps,
                                   winds.up_from_hour, winds.up_to_hour)

    def period(self) -> Period:
        """Return what the spread kernels need of the weather as it stands."""
        return period_of(self.settings, self.conditions, self.errors, self._cell_m, moisture=self.moisture(),
                         table=self._table)
