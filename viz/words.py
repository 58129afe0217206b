"""Every word that reports, figures and replays write, in both languages, and how figures are written out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sim.errors import InputError

LANGUAGES = ("en", "zh")
WORDS_FILE = Path(__file__).with_name("words.yaml")
THIN = "\N{NO-BREAK SPACE}"
NONE = "–"


@lru_cache(maxsize=1)
def table() -> dict[str, dict[str, str]]:
    """Return key -> {"en": ..., "zh": ...} as ``words.yaml`` has it, nested keys joined by dots."""
    flat: dict[str, dict[str, str]] = {}

    def walk(prefix: str, node: Mapping[str, Any]) -> None:
        if set(node) & set(LANGUAGES):
            flat[prefix] = {lang: str(text) for lang, text in node.items()}
            return
        for key, child in node.items():
            walk(f"{prefix}.{key}" if prefix else str(key), child)

    walk("", yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8")))
    return flat


class Words:
    """The words of one language: ``words("report.title", county=...)``; KeyError for a key unknown."""

    def __init__(self, lang: str) -> None:
        if lang not in LANGUAGES:
            raise InputError("unknown language", value=lang, where="lang", allowed=", ".join(LANGUAGES),
                             mend="give lang=en or lang=zh")
        self.lang = lang

    def __call__(self, key: str, **parts: object) -> str:
        """Return the words of a key, ``parts`` filled in. Raises KeyError for an unknown key."""
        text = table()[key][self.lang]
        return text.format(**parts) if parts else text

    def __contains__(self, key: str) -> bool:
        return key in table()

    def get(self, key: str, default: str) -> str:
        """Return the words of ``key``, or ``default`` where the table has none."""
        return table()[key][self.lang] if key in table() else default

    def pick(self, row: Mapping[str, Any], key: str = "name") -> str:
        """Return ``row[key_zh]`` in Chinese where it is given, else ``row[key]``."""
        if self.lang == "zh" and row.get(f"{key}_zh"):
            return full_width(str(row[f"{key}_zh"]))
        return str(row.get(key) or row.get(f"{key}_zh") or "")

    def clean(self, text: str) -> str:
        """Return text from outside with the punctuation of its language: full-width between Chinese characters."""
        return full_width(text) if self.lang == "zh" else text

    def unit(self, unit: str) -> str:
        """Return a unit's sign in this language."""
        return self.get(f"unit.{unit}", unit)

    def under(self, prefix: str) -> dict[str, str]:
        """Return all words below ``prefix.``, their keys without it."""
        start = prefix + "."
        return {key[len(start):]: row[self.lang] for key, row in table().items() if key.startswith(start)}

    def value(self, value: float | None, unit: str) -> str:
        """Return a figure with its unit, rounded to what it can bear; a dash where there is none."""
        if value is None:
            return NONE
        if unit == "share":
            return f"{100 * value:.1f}{THIN}%".replace(".0" + THIN, THIN)
        text = number(value, whole=unit in ("persons", "count", "packs"))
        sign = self.unit(unit)
        if not sign:
            return text
        return f"{text}{THIN}{sign}"

    def span(self, seconds: float | None) -> str:
        """Return a span of time as hours and minutes; a dash where there is none."""
        if seconds is None:
            return NONE
        minutes = round(seconds / 60)
        return self("span.h_min", h=minutes // 60, min=minutes % 60) if minutes >= 60 else self(
            "span.min", min=minutes)


HAN = "\u3400-\u9fff\u3001\u3002\u201c\u201d\uff00-\uffef"
BRACKETS = re.compile(rf"(?<=[{HAN}])\(([^()]*)\)|\(([^()]*[{HAN}][^()]*)\)")
STOPS = re.compile(rf"(?<=[{HAN}])\s*([,;:?!])\s*|\s*(?<![A-Za-z])([,;:?!])\s*(?=[{HAN}])")
WIDE = {",": "\uff0c", ";": "\uff1b", ":": "\uff1a", "?": "\uff1f", "!": "\uff01"}


def full_width(text: str) -> str:
    """Return Chinese text with brackets and stops next to Chinese characters full-width; figures stay as they are."""
    text = BRACKETS.sub(lambda found: f"\uff08{found[1] if found[1] is not None else found[2]}\uff09", text)
    return STOPS.sub(lambda found: WIDE[found[1] or found[2]], text)


def number(value: float, whole: bool = False) -> str:
    """Return a number with thousands separators and about three figures after the leading ones."""
    size = abs(value)
    if whole and abs(value - round(value)) < 1e-9:
        return f"{round(value):,}"
    if size >= 1000:
        return f"{value:,.0f}"
    if size >= 100 or abs(value - round(value)) < 1e-9:
        return f"{value:.0f}"
    if size >= 1:
        return f"{value:.1f}"
    return f"{value:.3g}"
