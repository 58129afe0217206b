"""Fire danger: the Canadian Fire Weather Index System, and the five levels in which danger is announced in China.

Equations and symbols of Van Wagner 1987 (Forestry Technical Report 35) and of Van Wagner and Pickett 1985 (FTR
33); the hourly fine fuel code of Van Wagner 1977 (PS-X-69). Inputs are noon's weather: deg C, %, wind at 10 m in
m/s, rain in mm of the 24 hours before. Day lengths are those north of 30 deg N, and 10 to 30 deg N, as in the R
package cffdrs.

Levels I to V carry the names and colours of QX/T 77-2007 (森林火险气象等级). That the index is cut into them at
EFFIS's classes (very low, low, moderate, high; very high and extreme together) is an assumption: China's own
standards (LY/T 1172-95, GB/T 36743-2018) use point tables of temperature, humidity, rain and wind, which could not
be looked up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from scenarios.forest_fire.settings_danger import Danger
from scenarios.forest_fire.settings_weather import HOUR_S
from scenarios.forest_fire.weather import Change, Conditions

KM_H_PER_M_S = 3.6
DAY_LENGTH_NORTH = (6.5, 7.5, 9.0, 12.8, 13.9, 13.9, 12.4, 10.9, 9.4, 8.0, 7.0, 6.0)
"""Effective day length of the DMC by month (Van Wagner 1987, table 1), for 46 deg N; used from 30 deg N on."""
DAY_LENGTH_SUBTROPICS = (7.9, 8.4, 8.9, 9.5, 9.9, 10.2, 10.1, 9.7, 9.1, 8.6, 8.1, 7.8)
"""For 20 deg N (Lawson and Armitage 2008, as in cffdrs); used from 10 to 30 deg N."""
SUBTROPICS_BELOW_DEG = 30.0
DRYING_NORTH = (-1.6, -1.6, -1.6, 0.9, 3.8, 5.8, 6.4, 5.0, 2.4, 0.4, -1.6, -1.6)
"""Day length factor of the DC by month, north of 20 deg N (Van Wagner 1987, table 2)."""
FF_SCALE = 250.0 * 59.5 / 101.0
"""Of the FF scale: m = 147.277 (101 - F) / (59.5 + F). Van Wagner 1987, eq. 1, has it rounded to 147.2, which makes
code and moisture no exact inverses of each other; cffdrs has it so since its version of 2023."""
NOON = 12.0
FWI_FROM = (5.2, 11.2, 21.3, 38.0)
"""Index from which levels II to V begin: EFFIS's classes (forest.jrc.ec.europa.eu); the mapping is an assumption."""


@dataclass(frozen=True)
class Level:
    """A danger level: roman number, name, colour as announced (QX/T 77-2007) and its hex code (assumption)."""

    roman: str
    name: str
    name_zh: str
    colour: str
    hex: str


LEVELS = (
    Level("I", "low", "低火险", "green", "#2e8b57"),
    Level("II", "fairly low", "较低火险", "blue", "#2f6fb5"),
    Level("III", "fairly high", "较高火险", "yellow", "#f2c500"),
    Level("IV", "high", "高火险", "orange", "#f08c00"),
    Level("V", "very high", "极高火险", "red", "#d42020"),
)


@dataclass(frozen=True)
class Codes:
    """The three moisture codes that are carried from day to day."""

    ffmc: float
    dmc: float
    dc: float


@dataclass(frozen=True)
class FireDanger:
    """A day's (or hour's) codes and indices, and its level 1..5."""

    codes: Codes
    isi: float
    bui: float
    fwi: float
    dsr: float

    @property
    def level(self) -> int:
        """Level 1..5."""
        return level_of(self.fwi)


def level_of(fwi: float) -> int:
    """Return the level, 1 (low, green) to 5 (very high, red), of an index."""
    return 1 + sum(fwi >= bound for bound in FWI_FROM)


# -- fine fuel moisture code ------------------------------------------------------------------------------------------


def fine_moisture(ffmc: float) -> float:
    """Return the moisture of fine fuel, %, from its code (eq. 1)."""
    return FF_SCALE * (101.0 - ffmc) / (59.5 + ffmc)


def fine_code(moisture: float) -> float:
    """Return the code of fine fuel from its moisture, 0..101 (eq. 10)."""
    return min(max(59.5 * (250.0 - moisture) / (FF_SCALE + moisture), 0.0), 101.0)


def _wetted(m: float, rain: float) -> float:
    """Return fine fuel moisture after effective rain (eqs. 3a, 3b)."""
    wet = m + 42.5 * rain * math.exp(-100.0 / (251.0 - m)) * (1.0 - math.exp(-6.93 / rain))
    if m > 150.0:
        wet += 0.0015 * (m - 150.0) ** 2 * math.sqrt(rain)
    return min(wet, 250.0)


def _equilibria(t: float, h: float) -> tuple[float, float]:
    """Return the equilibria by drying and by wetting (eqs. 4, 5)."""
    same = 0.18 * (21.1 - t) * (1.0 - math.exp(-0.115 * h))
    steam = math.exp((h - 100.0) / 10.0)
    return 0.942 * h**0.679 + 11.0 * steam + same, 0.618 * h**0.753 + 10.0 * steam + same


def _rate(dryness: float, wind_km_h: float) -> float:
    """Return the log drying rate before temperature (eqs. 6a, 7a); ``dryness`` is H/100 or 1 - H/100."""
    return 0.424 * (1.0 - dryness**1.7) + 0.0694 * math.sqrt(wind_km_h) * (1.0 - dryness**8)


def _dried(m: float, t: float, h: float, wind_km_h: float, per_step: float, steps: float) -> float:
    """Return fine fuel moisture after some steps of drying or wetting (eqs. 6b to 9)."""
    dry, wet = _equilibria(t, h)
    if m > dry:
        k = per_step * _rate(h / 100.0, wind_km_h) * math.exp(0.0365 * t)
        return dry + (m - dry) * 10.0 ** (-k * steps)
    if m < wet:
        k = per_step * _rate((100.0 - h) / 100.0, wind_km_h) * math.exp(0.0365 * t)
        return wet - (wet - m) * 10.0 ** (-k * steps)
    return m


def daily_ffmc(ffmc: float, noon: Conditions) -> float:
    """Return the fine fuel moisture code of a day from that of the day before; ``rain_mm`` of 24 hours."""
    m = fine_moisture(ffmc)
    if noon.rain_mm > 0.5:
        m = _wetted(m, noon.rain_mm - 0.5)
    return fine_code(_dried(m, noon.temperature_c, min(noon.humidity_pct, 100.0), noon.wind_mps * KM_H_PER_M_S,
                            0.581, 1.0))


def hourly_ffmc(ffmc: float, air: Conditions, hours: float = 1.0) -> float:
    """Return the fine fuel moisture code some hours on (Van Wagner 1977); ``rain_mm`` of an hour."""
    m = fine_moisture(ffmc)
    if air.rain_mm > 0.0:
        m = _wetted(m, air.rain_mm * hours)
    return fine_code(_dried(m, air.temperature_c, min(air.humidity_pct, 100.0), air.wind_mps * KM_H_PER_M_S,
                            0.0579, hours))


# -- duff moisture, drought -------------------------------------------------------------------------------------------


def daily_dmc(dmc: float, noon: Conditions, month: int, latitude_deg: float = 46.0) -> float:
    """Return the duff moisture code of a day from that of the day before (eqs. 11 to 17)."""
    t = max(noon.temperature_c, -1.1)
    lengths = DAY_LENGTH_SUBTROPICS if abs(latitude_deg) < SUBTROPICS_BELOW_DEG else DAY_LENGTH_NORTH
    drying = 1.894e-6 * (t + 1.1) * (100.0 - min(noon.humidity_pct, 100.0)) * lengths[month - 1]
    if noon.rain_mm > 1.5:
        rain = 0.92 * noon.rain_mm - 1.27
        m = 20.0 + 280.0 / math.exp(0.023 * dmc)  # eq. 12 as in the report's program and cffdrs
        if dmc <= 33.0:
            b = 100.0 / (0.5 + 0.3 * dmc)
        elif dmc <= 65.0:
            b = 14.0 - 1.3 * math.log(dmc)
        else:
            b = 6.2 * math.log(dmc) - 17.2
        m += 1000.0 * rain / (48.77 + b * rain)
        dmc = max(43.43 * (5.6348 - math.log(m - 20.0)), 0.0)
    return dmc + 100.0 * drying


def daily_dc(dc: float, noon: Conditions, month: int) -> float:
    """Return the drought code of a day from that of the day before (eqs. 18 to 23)."""
    if noon.rain_mm > 2.8:
        rain = 0.83 * noon.rain_mm - 1.27
        q = 800.0 * math.exp(-dc / 400.0) + 3.937 * rain
        dc = max(400.0 * math.log(800.0 / q), 0.0)
    evaporation = 0.36 * (max(noon.temperature_c, -2.8) + 2.8) + DRYING_NORTH[month - 1]
    return dc + 0.5 * max(evaporation, 0.0)


# -- indices ----------------------------------------------------------------------------------------------------------


def initial_spread_index(ffmc: float, wind_mps: float) -> float:
    """Return the ISI (eqs. 24 to 26)."""
    m = fine_moisture(ffmc)
    fuel = 91.9 * math.exp(-0.1386 * m) * (1.0 + m**5.31 / 4.93e7)
    return 0.208 * math.exp(0.05039 * wind_mps * KM_H_PER_M_S) * fuel


def buildup_index(dmc: float, dc: float) -> float:
    """Return the BUI (eqs. 27a, 27b)."""
    if dmc <= 0.0 and dc <= 0.0:
        return 0.0
    if dmc <= 0.4 * dc:
        return 0.8 * dmc * dc / (dmc + 0.4 * dc)
    return max(dmc - (1.0 - 0.8 * dc / (dmc + 0.4 * dc)) * (0.92 + (0.0114 * dmc) ** 1.7), 0.0)


def fire_weather_index(isi: float, bui: float) -> float:
    """Return the FWI (eqs. 28a to 30b)."""
    duff = 0.626 * bui**0.809 + 2.0 if bui <= 80.0 else 1000.0 / (25.0 + 108.64 * math.exp(-0.023 * bui))
    b = 0.1 * isi * duff
    return math.exp(2.72 * (0.434 * math.log(b)) ** 0.647) if b > 1.0 else b


def daily_severity_rating(fwi: float) -> float:
    """Return the DSR (eq. 31)."""
    return 0.0272 * fwi**1.77


def danger_of(codes: Codes, wind_mps: float) -> FireDanger:
    """Return the indices of these codes and this wind at 10 m."""
    isi, bui = initial_spread_index(codes.ffmc, wind_mps), buildup_index(codes.dmc, codes.dc)
    fwi = fire_weather_index(isi, bui)
    return FireDanger(codes, isi, bui, fwi, daily_severity_rating(fwi))


def next_day(codes: Codes, noon: Conditions, month: int, latitude_deg: float = 46.0) -> Codes:
    """Return the codes of a day from those of the day before."""
    return Codes(daily_ffmc(codes.ffmc, noon), daily_dmc(codes.dmc, noon, month, latitude_deg),
                 daily_dc(codes.dc, noon, month))


def season(
    days: Iterable[tuple[int, Conditions]], start: Codes | None = None, latitude_deg: float = 46.0
) -> Iterator[FireDanger]:
    """Yield the danger of each day of a season: (month, noon's weather with the rain of 24 hours) in order."""
    codes = Codes(Danger().ffmc, Danger().dmc, Danger().dc) if start is None else start
    for month, noon in days:
        codes = next_day(codes, noon, month, latitude_deg)
        yield danger_of(codes, noon.wind_mps)


# -- one run ----------------------------------------------------------------------------------------------------------


def danger_of_run(
    settings: Danger, line: list[Change], *, start_hour: float, month: int, latitude_deg: float, duration_s: float
) -> list[FireDanger]:
    """Return the danger of every hour of a run, from its line of weather.

    The codes of the start are ``settings``' after ``dry_days`` without rain whose noons are like the run's first.
    From then on fine fuel follows each hour, duff and drought each noon.
    """
    hours = int(duration_s // HOUR_S) + 1

    def at(t_s: float) -> Conditions:
        return next((c.conditions for c in reversed(line) if c.t_s <= t_s), line[0].conditions)

    noon = replace(at(max(NOON - start_hour, 0.0) * HOUR_S), rain_mm=0.0)
    codes = Codes(settings.ffmc, settings.dmc, settings.dc)
    for _ in range(settings.dry_days):
        codes = next_day(codes, noon, month, latitude_deg)
    out, rain = [], 0.0
    for n in range(hours):
        air = at(n * HOUR_S)
        rain += air.rain_mm
        clock = (start_hour + n) % 24.0
        if n and clock <= NOON < clock + 1.0:
            day = replace(air, rain_mm=rain)
            codes = Codes(codes.ffmc, daily_dmc(codes.dmc, day, month, latitude_deg), daily_dc(codes.dc, day, month))
            rain = 0.0
        if n:
            codes = replace(codes, ffmc=hourly_ffmc(codes.ffmc, air))
        out.append(danger_of(codes, air.wind_mps))
    return out
