"""The page on evacuation names every parameter with the default that it has in the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.settings.base import parse_duration
from sim.settings.people import PeopleSettings
from sim.settings.traffic import TrafficSettings

PAGE = Path(__file__).resolve().parents[2] / "docs/background/evacuation.md"
ROW = re.compile(r"^\| `(people|traffic)\.(\w+)` \| (\S+) \|", re.MULTILINE)
TOLD: dict[tuple[str, str], str] = {
    (group, name): value for group, name, value in ROW.findall(PAGE.read_text(encoding="utf-8"))
}
DEFAULTS = {
    (group, name): getattr(settings, name)
    for group, settings in (("people", PeopleSettings()), ("traffic", TrafficSettings()))
    for name in type(settings).model_fields
}


@pytest.mark.parametrize("key", DEFAULTS, ids=".".join)
def test_the_default_is_that_of_the_page(key: tuple[str, str]) -> None:
    told, default = TOLD[key], DEFAULTS[key]
    if isinstance(default, bool | str):
        assert told == str(default).lower()
    elif isinstance(default, tuple):
        assert told == "table"
    else:
        assert parse_duration(float(told) if re.fullmatch(r"[\d.]+", told) else told) == default


def test_the_page_names_nothing_else() -> None:
    assert set(TOLD) == set(DEFAULTS)
