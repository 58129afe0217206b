"""Where a setting stands: the word on the command line, or the file, line and key it was read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sim.errors import InputError

Loc = tuple[int | str, ...]
KEY_MARK = "[key]"
"""What pydantic ends a path with when the key itself, not its value, is wrong."""
PACKAGED = Path(__file__).resolve().parent.parent / "conf"


def dotted(loc: Sequence[int | str]) -> str:
    """Return a path as it would be written on the command line: ``plan.camps.3.place``."""
    return ".".join(str(part) for part in loc if part != KEY_MARK)


def shown(path: Path) -> str:
    """Return a file's path for a message: from ``conf/`` for a packaged one, else as short as it can be."""
    full = path.absolute()
    for root, prefix in ((PACKAGED, "conf"), (Path.cwd(), "")):
        if full.is_relative_to(root):
            return str(Path(prefix) / full.relative_to(root))
    return str(full)


def loader() -> Any:
    """Return PyYAML's safe loader, the C one where PyYAML was built with it."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_text(path: Path) -> str:
    """Return a settings file's text. Raises InputError where it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            "a settings file that is not UTF-8 text",
            where=shown(path),
            value=error.object[error.start : error.start + 4],
            mend="save it as UTF-8 (a file from an older Chinese editor is often GBK)",
        ) from None
    except OSError as error:
        raise InputError(f"a file cannot be read: {error.strerror}", value=str(path)) from None


def compose_nodes(path: Path) -> yaml.Node | None:
    """Return a YAML file's nodes with their marks. Raises InputError where it is no YAML or repeats a key."""
    try:
        state = path.stat()
    except OSError as error:
        raise InputError(f"a file cannot be read: {error.strerror}", value=str(path)) from None
    return _nodes(path.absolute(), state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _nodes(path: Path, _changed_ns: int, _size: int) -> yaml.Node | None:
    try:
        node = yaml.compose(read_text(path), Loader=loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f":{mark.line + 1}, column {mark.column + 1}" if mark else ""
        said = " ".join(filter(None, [error.context, error.problem]))
        raise InputError(
            f"not YAML: {said}",
            where=f"{shown(path)}{at}",
            mend="check the indentation, the colon and blank after each key, and quotes",
        ) from None
    except yaml.YAMLError as error:
        raise InputError(f"not YAML: {' '.join(str(error).split())}", where=shown(path)) from None
    if node is not None:
        _check_repeats(path, node)
    return node


def _check_repeats(path: Path, node: yaml.Node) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in seen:
                    raise InputError(
                        "a key stands twice in one mapping",
                        value=key.value,
                        where=f"{shown(path)}:{key.start_mark.line + 1}",
                        mend=f"keep one; the first stands in line {seen[key.value]}",
                    )
                seen[key.value] = key.start_mark.line + 1
            _check_repeats(path, value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_repeats(path, item)


def line_of(path: Path, loc: Loc) -> tuple[int, int]:
    """Return the line (from 1) of the deepest part of a path that the file has, and how deep that is."""
    node = compose_nodes(path)
    line, depth = (node.start_mark.line + 1 if node is not None else 1), 0
    for part in loc:
        step = _child(node, part)
        if step is None:
            break
        line, node = step
        depth += 1
    return line, depth


def _child(node: yaml.Node | None, part: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    if isinstance(node, yaml.MappingNode):
        merged: tuple[int, yaml.Node] | None = None
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
            if key.value == "<<" and merged is None:
                merged = _child(value, part)
        return merged
    return None


@dataclass(frozen=True)
class Placed:
    """A word of the command line with the path it sets, list items by number."""

    loc: Loc
    word: str


@dataclass
class Sources:
    """All that a composition was made from, so that a path can be traced back.

    ``files`` holds each group's files, the one chosen first, those it builds on after it; ``root`` is the
    file that everything not in a group is read from.
    """

    root: Path
    files: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)
    """The word that chose a group's option, where the command line did."""
    placed: list[Placed] = field(default_factory=list)
    added: dict[tuple[str, str], int] = field(default_factory=dict)
    """Group and list -> its length before additions were put behind it."""

    def where(self, loc: Sequence[int | str]) -> str:
        """Return where a path's value comes from."""
        path = tuple(part for part in loc if part != KEY_MARK)
        for word in reversed(self.placed):
            if path[: len(word.loc)] == word.loc:
                return f"command line: {word.word}"
        found = self._in_files(path)
        if found is None:
            for word in reversed(self.placed):
                if word.loc[: len(path)] == path:
                    return f"command line: {word.word}"
        return found or self._nearest(path)

    def folder(self, loc: Sequence[int | str]) -> Path:
        """Return what a relative path given there is relative to: its file's folder, or the working one."""
        path = tuple(part for part in loc if part != KEY_MARK)
        if not any(path[: len(word.loc)] == word.loc for word in self.placed):
            files, below = self._candidates(self._as_written(path))
            for file in files:
                if below and line_of(file, below)[1] == len(below):
                    return file.absolute().parent
        return Path.cwd()

    def _as_written(self, path: Loc) -> Loc:
        """Return the path that an entry put behind a list has in the file that adds it."""
        if len(path) > 2 and isinstance(path[2], int):
            before = self.added.get((str(path[0]), str(path[1])))
            if before is not None and path[2] >= before:
                return (path[0], "additions", path[1], path[2] - before, *path[3:])
        return path

    def _candidates(self, path: Loc) -> tuple[Sequence[Path], Loc]:
        files = self.files.get(str(path[0])) if path else None
        return (files, path[1:]) if files else ([self.root], path)

    def _in_files(self, path: Loc) -> str | None:
        files, below = self._candidates(self._as_written(path))
        for file in files:
            line, depth = line_of(file, below)
            if depth == len(below) and below:
                return f"{shown(file)}:{line}, key {dotted(path)}"
        return None

    def _nearest(self, path: Loc) -> str:
        files, below = self._candidates(self._as_written(path))
        best = max(files, key=lambda file: line_of(file, below)[1])
        line, depth = line_of(best, below)
        here = f":{line}" if depth else ""
        return f"{shown(best)}{here}, key {dotted(path)}" if path else shown(best)
