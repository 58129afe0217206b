"""The tutorials run as written: their files are written, their commands run, their promised lines looked for.

In docs/tutorial/*.md, in order, in one temporary folder each:

- a fence ```` ```yaml file=NAME ```` (any language) is a file to write;
- a fence ```` ```console ```` holds commands (``$ ...``, going on after a backslash) and, under each,
  lines of its output: they must come in that order, others may stand between; ``…`` is any text in a line;
- ``exit=2`` after ``console`` is the exit code of its last command, 0 without;
- ``^C`` under a command interrupts it once its store holds a finished result.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TUTORIALS = sorted((ROOT / "docs/tutorial").glob("*.md"))
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PATIENCE_S = 300.0
"""A command that takes longer than this hangs."""


@dataclass
class Command:
    """A command of a tutorial with what it must print and return."""

    line: str
    promised: list[str] = field(default_factory=list)
    exit_code: int = 0
    interrupted: bool = False


@dataclass(frozen=True)
class WrittenFile:
    """A file of a tutorial."""

    name: str
    text: str


def steps(page: str) -> Iterator[Command | WrittenFile]:
    """Yield a tutorial's files and commands in order."""
    for language, info, body in FENCE.findall(page):
        options = dict(word.split("=", 1) for word in info.split())
        if "file" in options:
            yield WrittenFile(options["file"], body)
        elif language == "console":
            yield from commands(body, int(options.get("exit", 0)))


def commands(body: str, last_exit: int) -> list[Command]:
    """Return the commands of one console fence."""
    out: list[Command] = []
    going_on = False
    for line in body.splitlines():
        if going_on:
            out[-1].line += " " + line.strip().removesuffix("\\").strip()
        elif line.startswith("$ "):
            out.append(Command(line[2:].removesuffix("\\").strip()))
        elif line.strip() == "^C":
            out[-1].interrupted = True
        elif line.strip():
            out[-1].promised.append(line)
        going_on = (going_on or line.startswith("$ ")) and line.endswith("\\")
    out[-1].exit_code = last_exit
    return out


def missing(promised: list[str], output: str) -> str | None:
    """Return the first promised line that is not in the output after the one before it, or None."""
    lines = iter(" ".join(line.split()) for line in output.splitlines())
    for line in promised:
        words = " ".join(line.split())
        pattern = ".*".join(re.escape(part.strip()) for part in words.split("…"))
        if not any(re.search(pattern, seen) for seen in lines):
            return line
    return None


def run(command: Command, folder: Path) -> tuple[int, str]:
    """Return a command's exit code and what it printed."""
    words = shlex.split(command.line)
    here = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{here}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "110", "NO_COLOR": "1"}
    with subprocess.Popen(words, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, encoding="utf-8", start_new_session=True) as process:
        try:
            if command.interrupted and holds_result(folder, process):
                process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=PATIENCE_S)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, output


def holds_result(folder: Path, process: subprocess.Popen[str]) -> bool:
    """Return, once a store in the folder holds a finished result, True; False if the process ends before."""
    end = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < end:
        if any(folder.glob("**/parts/[!.]*.parquet")):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)
def test_tutorial_runs_as_written(tutorial: Path, tmp_path: Path) -> None:
    ran = 0
    for step in steps(tutorial.read_text(encoding="utf-8")):
        if isinstance(step, WrittenFile):
            path = tmp_path / step.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, encoding="utf-8")
            continue
        code, output = run(step, tmp_path)
        ran += 1
        assert code == step.exit_code, f"$ {step.line}\n{output}"
        gone = missing(step.promised, output)
        assert gone is None, f"$ {step.line}\npromised: {gone}\n{output}"
    assert ran >= 3


def test_both_tutorials_are_there() -> None:
    assert {path.stem for path in TUTORIALS} >= {"drill-designer", "researcher"}


def test_a_promised_line_must_come_in_its_place() -> None:
    assert missing(["a 1", "b … 3"], "x\na  1 tail\nb 2 3\n") is None
    assert missing(["b 2", "a 1"], "a 1\nb 2\n") == "a 1"
    assert missing(["c"], "a\nb\n") == "c"


def test_fences_are_read_in_order() -> None:
    page = ("```yaml file=a/b.yaml\nx: 1\n```\n\n"
            "```console exit=2\n$ echo \\\n    one\none\n$ false\n^C\n```\n")
    written, first, second = steps(page)
    assert written == WrittenFile("a/b.yaml", "x: 1\n")
    assert first == Command("echo one", ["one"])
    assert second == Command("false", [], 2, True)
