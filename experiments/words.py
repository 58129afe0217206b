"""Settings as words: Hydra's override grammar, read by Hydra's own parser, told in Sandtable's errors.

``key=value`` sets, ``a=1,2,3``, ``range()``, ``choice()`` and ``interval()`` sweep, ``~key`` takes away. What
Hydra's grammar cannot take bare is quoted first: Chinese names (``plan.camps.0.place=大云山``) and the hyphen
in front of a village's number. Importing this module is cheap; Hydra's parser (0.3 s) is imported when used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override

HERE = "command line"
KEY = re.compile(r"^(?:\+\+|\+|~)?[A-Za-z_][A-Za-z0-9_\-./@]*$")
BARE_RUN = re.compile(r"[^\s,\[\](){}=\"':]+")
"""A run of characters outside brackets, quotes and separators: what may need quoting as one word."""
QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
MANY = 1_000_000
"""A sweep axis of more values than this is a slip of the keyboard."""


@dataclass(frozen=True)
class Setting:
    """One override: its key, its value as Python, whether it deletes, and the word it came from."""

    key: str
    value: Any
    deletes: bool
    word: str

    @property
    def where(self) -> str:
        """Where the word stands, for messages."""
        return f"{HERE}: {self.word}"


@dataclass(frozen=True)
class Axis:
    """One swept setting: the key and its values, each as the text that would set it."""

    key: str
    values: tuple[str, ...]
    word: str

    def words(self) -> list[str]:
        """Return one override a value."""
        return [f"{self.key}={value}" for value in self.values]


def quote_foreign(word: str) -> str:
    """Return the word with every bare run that holds a non-ASCII character quoted."""
    key, sign, value = word.partition("=")
    if not sign or value.isascii():
        return word
    out: list[str] = []
    at = 0
    for quoted in QUOTED.finditer(value):
        out += [_quote_runs(value[at : quoted.start()]), quoted.group()]
        at = quoted.end()
    return f"{key}={''.join(out)}{_quote_runs(value[at:])}"


def _quote_runs(text: str) -> str:
    return BARE_RUN.sub(lambda run: run[0] if run[0].isascii() else f"'{run[0]}'", text)


def key_of(word: str) -> str:
    """Return a word's key without its ``+``, ``++`` or ``~``."""
    return word.partition("=")[0].lstrip("+~")


def check_shape(word: str, groups: Iterable[str] = ()) -> None:
    """Raise InputError unless the word looks like ``key=value`` or ``~key``."""
    key, sign, _ = word.partition("=")
    if sign and KEY.match(key):
        return
    if not sign and key.startswith("~") and KEY.match(key):
        return
    if sign:
        raise InputError(
            "not a setting: the part before '=' is no key",
            value=word,
            where=HERE,
            allowed="key=value, with a key such as seed or plan.command.review",
        )
    verbish = did_you_mean(word, groups)
    raise InputError(
        "not a setting: a word without '='",
        value=word,
        where=HERE,
        allowed="key=value",
        mend=verbish or f"for a county: county={word}; see: sandtable list",
    )


def parse(words: Sequence[str], known: Iterable[str] = ()) -> list[Override]:
    """Return Hydra's parse of the words. Raises InputError where one does not follow its grammar."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException, OverrideParseException

    parser = OverridesParser.create()
    out: list[Override] = []
    for word in words:
        check_shape(word, known)
        try:
            out.append(parser.parse_override(quote_foreign(word)))
        except (HydraException, OverrideParseException):
            raise InputError(
                "a value that does not follow the grammar of settings",
                value=word,
                where=HERE,
                allowed="key=1, key=text, key=[a,b], key={x: 1}, and for a sweep a=1,2,3, range(), choice(), "
                "interval()",
                mend=_grammar_hint(word),
            ) from None
    return out


def _grammar_hint(word: str) -> str:
    value = word.partition("=")[2]
    for opening, closing in ("[]", "{}", "()"):
        if value.count(opening) != value.count(closing):
            return f"{opening!r} and {closing!r} do not balance; put the whole word in quotes in the shell"
    key = word.partition("=")[0]
    return f"put the value in quotes: '{key}=\"{value}\"'" if value else "give a value"


def settings(words: Sequence[str], known: Iterable[str] = ()) -> list[Setting]:
    """Return the words as settings. Raises InputError for a sweep, which only the verb sweep takes."""
    out: list[Setting] = []
    for word, override in zip(words, parse(words, known), strict=True):
        if override.is_sweep_override():
            raise InputError(
                "several values for one setting",
                value=word,
                where=HERE,
                allowed="one value; a list is written in brackets: key=[a,b]",
                mend=f"to run them all: sandtable sweep {word}",
            )
        out.append(Setting(override.key_or_group, override.value(), override.is_delete(), word))
    return out


def split_sweep(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the words that set one value, and those that sweep (``a=1,2,3``, range, choice, interval)."""
    swept = [override.is_sweep_override() for override in parse(words)]
    return (
        [word for word, many in zip(words, swept, strict=True) if not many],
        [word for word, many in zip(words, swept, strict=True) if many],
    )


def axes(words: Sequence[str]) -> list[Axis]:
    """Return the grid axes of sweep words, values in the order written.

    Raises InputError for ``interval()`` (a grid needs values), an empty or endless axis, a key swept twice.
    """
    out: list[Axis] = []
    for word, override in zip(words, parse(words), strict=True):
        key = override.key_or_group
        if override.is_interval_sweep():
            raise InputError(
                "an interval has no values to put on a grid",
                value=word,
                where=HERE,
                allowed="a=1,2,3, choice(1,2,3), range(start,stop,step)",
                mend=f"write {key}=range(START,STOP,STEP)",
            )
        if any(axis.key == key for axis in out):
            raise InputError(
                "a setting is swept twice",
                value=word,
                where=HERE,
                mend=f"put all its values into one word: {key}=...",
            )
        if override.is_range_sweep():
            _check_range(word, override)
        values = (
            tuple(override.sweep_string_iterator())
            if override.is_sweep_override()
            else (word.partition("=")[2],)
        )
        if not values:
            raise InputError("a sweep over no values", value=word, where=HERE, allowed="at least one value")
        out.append(Axis(key, values, word))
    return out


def _check_range(word: str, override: Override) -> None:
    span: Any = override.value()
    if not span.step or abs(span.stop - span.start) / abs(span.step) > MANY:
        raise InputError(
            "a range without end",
            value=word,
            where=HERE,
            allowed=f"a step other than 0 and at most {MANY:,} values",
        )
