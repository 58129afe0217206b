"""The errors a user can meet, each one message that says how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


class SandtableError(Exception):
    """Any failure Sandtable explains itself; the command line prints it and exits with code 2."""


@dataclass(frozen=True)
class InputProblem:
    """One thing wrong with what the user gave: what, value, where, what is allowed, how to mend it."""

    what: str
    value: object | None = None
    where: str = ""
    allowed: str = ""
    mend: str = ""

    def text(self) -> str:
        """Return the message, one labelled line a part; parts that are empty are left out."""
        rows = [self.what]
        if self.value is not None:
            rows.append(f"  value:   {self.value!r}")
        for label, part in (("where", self.where), ("allowed", self.allowed), ("mend", self.mend)):
            if part:
                rows.append(f"  {label + ':':<8} {part}")
        return "\n".join(rows)


class InputError(SandtableError):
    """Bad input: a word, unit, range, file or reference; ends in exit code 2 without a traceback."""

    def __init__(
        self,
        what: str,
        *,
        value: object | None = None,
        where: str = "",
        allowed: str = "",
        mend: str = "",
    ) -> None:
        self.problem = InputProblem(what, value, where, allowed, mend)
        super().__init__(self.problem.text())


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the nearest known word, or an empty string."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""
