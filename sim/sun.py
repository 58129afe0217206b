"""Sunrise and sunset from date and place: by day only means between them.

The low-accuracy solar coordinates of Meeus, Astronomical Algorithms (1991, chapter 25), as in the solar calculator of
the American weather service's laboratories (NOAA ESRL): good to a minute below latitudes of 72 degrees. Left out:
the height of the observer and hills on the horizon.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

from sim.calendar import DAY_S, Calendar

ZENITH_DEG = 90.833
"""Zenith distance of the sun's centre at sunrise: 16' of its radius and 34' of refraction below the horizon."""
J2000_JD = 2451545.0
UNIX_EPOCH_JD = 2440587.5
DAYS_PER_CENTURY = 36525.0
MIN_PER_DEG = 4.0
"""Minutes the sky takes to turn by a degree."""
NOON_MIN = 720.0


def _declination_and_equation(century: float) -> tuple[float, float]:
    """Return the sun's declination (rad) and the equation of time (min), ``century`` counted from J2000."""
    mean_longitude = math.radians((280.46646 + century * (36000.76983 + 0.0003032 * century)) % 360.0)
    mean_anomaly = math.radians(357.52911 + century * (35999.05029 - 0.0001537 * century))
    eccentricity = 0.016708634 - century * (0.000042037 + 0.0000001267 * century)
    centre_deg = (math.sin(mean_anomaly) * (1.914602 - century * (0.004817 + 0.000014 * century))
                  + math.sin(2 * mean_anomaly) * (0.019993 - 0.000101 * century)
                  + math.sin(3 * mean_anomaly) * 0.000289)
    node = math.radians(125.04 - 1934.136 * century)
    apparent = mean_longitude + math.radians(centre_deg - 0.00569 - 0.00478 * math.sin(node))
    seconds = 21.448 - century * (46.815 + century * (0.00059 - 0.001813 * century))
    obliquity = math.radians(23.0 + (26.0 + seconds / 60.0) / 60.0 + 0.00256 * math.cos(node))
    declination = math.asin(math.sin(obliquity) * math.sin(apparent))
    y = math.tan(obliquity / 2.0) ** 2
    equation = (y * math.sin(2 * mean_longitude) - 2 * eccentricity * math.sin(mean_anomaly)
                + 4 * eccentricity * y * math.sin(mean_anomaly) * math.cos(2 * mean_longitude)
                - 0.5 * y * y * math.sin(4 * mean_longitude) - 1.25 * eccentricity**2 * math.sin(2 * mean_anomaly))
    return declination, MIN_PER_DEG * math.degrees(equation)


def _crossing_min(julian_day: float, lon: float, lat: float, side: int) -> float | None:
    """Return minutes after 0 h UTC of a date's sunrise (side -1) or sunset (1); None where there is none."""
    minutes = NOON_MIN - MIN_PER_DEG * lon
    for _ in range(3):
        declination, equation = _declination_and_equation(
            (julian_day + minutes / (2 * NOON_MIN) - J2000_JD) / DAYS_PER_CENTURY)
        phi = math.radians(lat)
        cosine = (math.cos(math.radians(ZENITH_DEG)) / (math.cos(phi) * math.cos(declination))
                  - math.tan(phi) * math.tan(declination))
        if abs(cosine) > 1.0:
            return None
        minutes = NOON_MIN - MIN_PER_DEG * (lon - side * math.degrees(math.acos(cosine))) - equation
    return minutes


def sun_times(day: date, lon: float, lat: float) -> tuple[datetime, datetime] | None:
    """Return sunrise and sunset (UTC) of the solar day with a local date at a place (degrees); None in polar regions.

    By the solar date at the place, so that sunset follows sunrise whatever the time zone.
    """
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    julian_day = midnight.timestamp() / DAY_S + UNIX_EPOCH_JD
    found = [_crossing_min(julian_day, lon, lat, side) for side in (-1, 1)]
    if found[0] is None or found[1] is None:
        return None
    return midnight + timedelta(minutes=found[0]), midnight + timedelta(minutes=found[1])


def daylight(calendar: Calendar, t_s: float, lon: float, lat: float) -> tuple[float, float]:
    """Return sunrise and sunset (s of the run) of the local day a time falls on.

    Where the sun does not cross the horizon, infinities: always up or always down by the season.
    """
    local = calendar.at(t_s)
    times = sun_times(local.date(), lon, lat)
    if times is None:
        summer = (3 < local.month < 10) == (lat > 0)
        return (-math.inf, math.inf) if summer else (math.inf, -math.inf)
    rise, set_ = ((at - calendar.start).total_seconds() for at in times)
    return rise, set_
