"""The first half of the cross-checks: problems gathered with where they stand, and the county in itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import cos, radians
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from experiments.locate import Loc, Sources
from experiments.place_words import PlaceWords
from sim.errors import InputProblem, did_you_mean

if TYPE_CHECKING:
    from sim.settings.root import RunSettings

ROUNDING = 0.005
"""Share by which the units' residents may differ from the county's: both are rounded in the sources."""
KM_PER_DEGREE = 111.195
"""Length of a degree of latitude on a sphere of radius 6371 km."""


class CountyChecks:
    """Gathers problems and warnings; checks what a county's own file says."""

    def __init__(self, settings: RunSettings, sources: Sources) -> None:
        self.settings = settings
        self.sources = sources
        self.places = PlaceWords(settings.county)
        self.problems: list[InputProblem] = []
        self.warnings: list[str] = []

    def add(
        self,
        what: str,
        loc: Loc,
        value: object | None = None,
        allowed: str = "",
        mend: str = "",
    ) -> None:
        """Note a problem of the value at a path."""
        self.problems.append(InputProblem(what, value, self.sources.where(loc), allowed, mend))

    def place(self, word: str, loc: Loc, *, also: Sequence[str] = ()) -> None:
        """Note a problem unless the word means a place of the county."""
        if word not in also and self.places.find(word) is None:
            self.add("no such place in the county", loc, word, self.places.known(), self.places.hint(word))

    def distinct(self, ids: Iterable[tuple[str, Loc]], what: str) -> None:
        """Note a problem for each id that stands more than once."""
        rows = list(ids)
        counts = Counter(word for word, _ in rows)
        seen: set[str] = set()
        for word, loc in rows:
            if counts[word] > 1 and word in seen:
                self.add(f"{what} is used twice", loc, word, mend="give each its own")
            seen.add(word)

    def county(self) -> None:
        """Check the county's places, roads, people and terrain."""
        county = self.settings.county
        try:
            ZoneInfo(county.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            self.add(
                "no such time zone",
                ("county", "timezone"),
                county.timezone,
                "a name of the tz database, such as Asia/Shanghai",
            )
        if not county.units:
            self.add("a county without units", ("county", "units"), allowed="at least one town-level unit")
            return
        total = sum(unit.residents for unit in county.units)
        if abs(total - county.residents) > ROUNDING * county.residents:
            self.add(
                "the units' residents do not sum to the county's",
                ("county", "residents"),
                county.residents,
                f"within {ROUNDING:.1%} of the units' sum, {total}",
                "correct the county's or a unit's residents",
            )
        self.distinct(self._place_ids(), "a place's id")
        for row, unit in enumerate(county.units):
            if unit.urban_units > unit.villages:
                self.add(
                    "more urban neighbourhoods than villages and neighbourhoods together",
                    ("county", "units", row, "urban_units"),
                    unit.urban_units,
                    f"at most {unit.villages}",
                )
        self._roads()
        homes = county.households
        if homes.share_0_14 + homes.share_60_plus > 1:
            self.add(
                "shares of ages above 1 together",
                ("county", "households", "share_60_plus"),
                homes.share_60_plus,
                f"at most {1 - homes.share_0_14:.4g} beside share_0_14 = {homes.share_0_14:g}",
            )
        for row, summit in enumerate(county.terrain.summits):
            self.inside(summit.lon, summit.lat, ("county", "terrain", "summits", row, "lon"), "a summit")
        self._coast()

    def _place_ids(self) -> Iterator[tuple[str, Loc]]:
        county = self.settings.county
        for row, unit in enumerate(county.units):
            yield unit.id, ("county", "units", row, "id")
            for at, village in enumerate(unit.known_villages):
                yield village.id, ("county", "units", row, "known_villages", at, "id")
        for row, site in enumerate(county.sites):
            yield site.id, ("county", "sites", row, "id")
        for row, gateway in enumerate(county.gateways):
            yield gateway.id, ("county", "gateways", row, "id")

    def _roads(self) -> None:
        seen: set[tuple[Any, ...]] = set()
        for row, link in enumerate(self.settings.county.links):
            at: Loc = ("county", "links", row)
            self.place(link.a, (*at, "a"))
            self.place(link.b, (*at, "b"))
            ends = frozenset((self.places.find(link.a), self.places.find(link.b)))
            if None in ends:
                continue
            if len(ends) == 1:
                self.add("a road from a place to itself", (*at, "b"), link.b, "two different places")
            identity = (ends, link.road_class, link.kind, link.number)
            if identity in seen:
                self.add(
                    "a road stands twice",
                    (*at, "a"),
                    f"{link.a} to {link.b}",
                    mend="take one away, or give them different numbers",
                )
            seen.add(identity)
            if (link.kind == "ferry") != (link.ferry is not None):
                self.add(
                    "a ferry without its timetable"
                    if link.kind == "ferry"
                    else "a timetable on a link that is no ferry",
                    (*at, "ferry" if link.ferry else "kind"),
                    link.kind,
                    "kind: ferry together with ferry: {vehicles_per_trip, people_per_trip, cycle_min, ...}",
                )
        for row, gateway in enumerate(self.settings.county.gateways):
            if self.places.unit(gateway.unit) is None:
                self.add(
                    "no such unit in the county",
                    ("county", "gateways", row, "unit"),
                    gateway.unit,
                    ", ".join(f"{unit.id} ({unit.name_zh})" for unit in self.settings.county.units),
                    did_you_mean(gateway.unit, [unit.id for unit in self.settings.county.units]),
                )

    def _coast(self) -> None:
        coast = self.settings.county.boundary.coast
        files = self.sources.files.get("county")
        if coast and files and not any((file.parent / coast).is_file() for file in files):
            self.add(
                "a coast file that is not there",
                ("county", "boundary", "coast"),
                coast,
                f"a GeoJSON file beside {files[0].name}",
            )

    def inside(self, lon: float, lat: float, loc: Loc, what: str) -> None:
        """Note a problem unless a point lies in the box around the county's places, widened by its cap."""
        lons, lats = zip(*self.places.points(), strict=True)
        high = self.settings.county.boundary.cap_km / KM_PER_DEGREE
        wide = high / cos(radians(sum(lats) / len(lats)))
        box = (min(lons) - wide, max(lons) + wide, min(lats) - high, max(lats) + high)
        if not (box[0] <= lon <= box[1] and box[2] <= lat <= box[3]):
            self.add(
                f"{what} outside the county",
                loc,
                f"lon {lon:g}, lat {lat:g}",
                f"lon {box[0]:.3f} to {box[1]:.3f}, lat {box[2]:.3f} to {box[3]:.3f}",
                "check that lon and lat are not swapped",
            )
