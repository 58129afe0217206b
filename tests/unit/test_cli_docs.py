"""The command-line reference and the README say what is there, and their commands can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from experiments.compose import GROUPS
from experiments.verbs import VERBS, read
from experiments.words import check_shape

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs/reference/command-line.md"
PAGES = [ROOT / "README.md", REFERENCE, ROOT / "docs/how-to/evacuation.md"]
COMMAND = re.compile(r"^    sandtable (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#]+)\)")


def commands() -> list[tuple[str, str]]:
    found = [
        (page.name, match[1])
        for page in PAGES
        for match in COMMAND.finditer(page.read_text(encoding="utf-8"))
    ]
    return [(name, command) for name, command in found if not command.startswith("VERB")]


@pytest.mark.parametrize(("page", "command"), commands())
def test_a_command_of_the_pages_can_be_read(page: str, command: str) -> None:
    verb, *words = command.split("#")[0].split()
    given = read(VERBS[verb], words)
    for word in given.overrides:
        check_shape(word)


@pytest.mark.parametrize("name", list(VERBS))
def test_the_reference_has_every_verb_and_word(name: str) -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    assert re.search(rf"^### .*\b{name}\b", text, re.MULTILINE)
    for word in VERBS[name].words:
        assert word.name + "=" in text or word.option in text


def test_the_reference_has_every_group() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    for group in GROUPS:
        assert f"`{group}=" in text


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "docs/README.md", ROOT / "CHANGELOG.md"], ids=lambda p: p.name
)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target
