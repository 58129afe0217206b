"""What a verb says while it works: a bar on a terminal, a line a stage elsewhere; all on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol


class Advance(Protocol):
    """Tells a progress display how much is done."""

    def __call__(self, done: float) -> None:
        """Show ``done`` of the total."""
        ...


def say(text: str) -> None:
    """Write a line to stderr, so that stdout holds results only."""
    print(text, file=sys.stderr, flush=True)


def warn(text: str) -> None:
    """Write a warning to stderr."""
    say(f"sandtable: warning: {text}")


def on_terminal() -> bool:
    """Return whether somebody watches stderr."""
    return sys.stderr.isatty()


@dataclass
class Stages:
    """Names the stages of a long piece of work and the seconds each took."""

    quiet: bool = False
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage; say how long it took when it ends well."""
        start = time.perf_counter()
        yield
        took = time.perf_counter() - start
        self.seconds[name] = self.seconds.get(name, 0.0) + took
        if not self.quiet:
            say(f"{name}: {took:.1f} s")

    @contextmanager
    def progress(self, name: str, total: float) -> Iterator[Advance]:
        """Show progress towards ``total``: a bar on a terminal, tenths as lines elsewhere."""
        if self.quiet:
            yield lambda done: None
        elif on_terminal():
            with _bar(name, total) as advance:
                yield advance
        else:
            yield _Tenths(name, total)


@contextmanager
def _bar(name: str, total: float) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns: list[Any] = [
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=total)
        yield lambda done: bar.update(task, completed=done)


class _Tenths:
    """Says a line at each further tenth."""

    def __init__(self, name: str, total: float) -> None:
        self.name, self.total, self.said = name, total, 0

    def __call__(self, done: float) -> None:
        tenth = int(10 * done / self.total) if self.total > 0 else 10
        if tenth > self.said:
            self.said = tenth
            say(f"{self.name}: {min(10 * tenth, 100)} %")
