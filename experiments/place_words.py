"""The words a county's places answer to, known from its settings alone, before any World is built."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.errors import did_you_mean
from sim.world.names import bare

if TYPE_CHECKING:
    from sim.settings.county import County, Site, Unit

SYNTHETIC = re.compile(r"^(.+)-([vc])(\d+)$", re.IGNORECASE)
"""A village nobody has named: its unit, V (village) or C (urban neighbourhood), its number from 1."""


def forms(*names: str) -> set[str]:
    """Return the forms under which names are found: lower case, with and without 镇/乡/街道/办事处."""
    return {form.strip().lower() for name in names if name for form in (name, bare(name))}


class PlaceWords:
    """Finds places by id, name, name_zh or alias; synthetic villages by pattern within their unit's count."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.units: dict[str, Unit] = {}
        self.ids: dict[str, str] = {}
        """Form of a word -> id of the place it means; the first place listed wins."""
        places: list[Unit | Site] = [*county.units, *county.sites]
        self.names = [
            word.lower() for place in places for word in (place.id, place.name, place.name_zh, *place.aliases)
        ]
        for unit in county.units:
            for form in forms(unit.id, unit.name, unit.name_zh, *unit.aliases):
                self.units.setdefault(form, unit)
                self.ids.setdefault(form, unit.id)
        for site in county.sites:
            for form in forms(site.id, site.name, site.name_zh, *site.aliases):
                self.ids.setdefault(form, site.id)
        for unit in county.units:
            for village in unit.known_villages:
                for form in forms(village.id, village.name, village.name_zh):
                    self.ids.setdefault(form, village.id)
        for gateway in county.gateways:
            for form in forms(gateway.id, gateway.name, gateway.name_zh):
                self.ids.setdefault(form, gateway.id)

    def find(self, word: str) -> str | None:
        """Return the id of the place a word means, or None."""
        form = word.strip().lower()
        found = self.ids.get(form) or self.ids.get(bare(form))
        return found or self._synthetic(word)

    def _synthetic(self, word: str) -> str | None:
        match = SYNTHETIC.match(word.strip())
        unit = self.unit(match[1]) if match else None
        if match is None or unit is None:
            return None
        urban = match[2].lower() == "c"
        count = unit.urban_units if urban else unit.villages - unit.urban_units
        return f"{unit.id}-{match[2].lower()}{match[3]}" if 1 <= int(match[3]) <= count else None

    def unit(self, word: str) -> Unit | None:
        """Return the unit a word means, or None."""
        form = word.strip().lower()
        return self.units.get(form) or self.units.get(bare(form))

    def known(self) -> str:
        """Return the places there are, for a message."""
        rows: list[Unit | Site] = [*self.county.units, *self.county.sites]
        return ", ".join(f"{row.id} ({row.name_zh})" for row in rows) + ", and their villages"

    def hint(self, word: str) -> str:
        """Return what may have been meant."""
        match = SYNTHETIC.match(word.strip())
        unit = self.unit(match[1]) if match else None
        if match and unit:
            urban = match[2].lower() == "c"
            count = unit.urban_units if urban else unit.villages - unit.urban_units
            return f"{unit.id} has {count} synthetic {'neighbourhoods (C)' if urban else 'villages (V)'}"
        return did_you_mean(word.strip().lower(), self.names)

    def points(self) -> Iterator[tuple[float, float]]:
        """Yield lon/lat of every place of the county."""
        for unit in self.county.units:
            yield unit.lon, unit.lat
            for village in unit.known_villages:
                yield village.lon, village.lat
        for site in self.county.sites:
            yield site.lon, site.lat
        for gateway in self.county.gateways:
            yield gateway.lon, gateway.lat
