"""The command line: verbs and their words, what is imported when, listings, exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import cli, verbs
from experiments.cli import main
from experiments.listing import KINDS, head
from tests import tinyconf

HEAVY = ("mesa", "numba", "matplotlib", "scipy", "dask", "simpy", "pandas")
OWN = ("--config-dir", "mine", "--hazard-path", "hazards")


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tinyconf.write(tmp_path)


def imported_by(*argv: str, cwd: Path | None = None) -> tuple[int, set[str]]:
    """Run a command line in a process of its own; return its exit code and what it had imported."""
    code = (
        "import sys; from experiments.cli import main; code = main(sys.argv[1:]);"
        "print('\\nMODULES', code, *sorted(m for m in sys.modules if '.' not in m))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *argv], capture_output=True, text=True, timeout=60, check=True, cwd=cwd
    )
    words = done.stdout.rsplit("MODULES ", 1)[1].split()
    return int(words[0]), set(words[1:])


@pytest.mark.parametrize("argv", [("--help",), ("run", "--help"), ("list",), ("--version",)])
def test_help_and_list_import_no_library(argv: tuple[str, ...]) -> None:
    code, modules = imported_by(*argv)
    assert code == 0
    assert not modules & {*HEAVY, "numpy", "hydra", "omegaconf", "pydantic"}


@pytest.mark.parametrize("kind", ["actions", "kpis", "hazards", "teams"])
def test_listings_import_specs_only(kind: str) -> None:
    code, modules = imported_by("list", kind)
    assert code == 0
    assert not modules & {*HEAVY, "numpy", "hydra", "omegaconf"}


@pytest.mark.parametrize("word", ["seed=-1", "plan.camps.0.place=nowhere", "plan=nothing", "plan.camps=[a"])
def test_an_error_imports_nothing_heavy(word: str, tiny: Path) -> None:
    code, modules = imported_by("run", *tinyconf.WORDS, *OWN, word, cwd=tiny)
    assert code == 2
    assert not modules & {*HEAVY, "numpy"}


def test_help_names_every_verb_and_only_these(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    listed = text.split("verbs:\n")[1].split("\n\n")[0].splitlines()
    assert [line.split()[0] for line in listed] == list(verbs.VERBS) == list(cli.DISPATCH)


@pytest.mark.parametrize("name", list(verbs.VERBS))
def test_help_of_a_verb_names_its_words(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    text = capsys.readouterr().out
    for word in verbs.VERBS[name].words:
        assert word.usage in text
    assert f"usage: sandtable {name}" in text


@pytest.mark.parametrize("name", list(verbs.VERBS))
def test_examples_in_the_help_can_be_read(name: str) -> None:
    for example in verbs.VERBS[name].examples:
        command, verb, *words = example.split()
        assert (command, verb) == ("sandtable", name)
        verbs.read(verbs.VERBS[name], words)


def test_nothing_at_all_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage: sandtable VERB" in capsys.readouterr().out


def test_own_words_are_taken_out_of_the_settings() -> None:
    given = verbs.read(
        verbs.VERBS["compare"],
        [
            "county=yueyang",
            "plans=[baseline, five_year]",
            "replications=4",
            "--jobs",
            "2",
            "out=a/b",
            "json",
            "--config-dir=mine",
            "--hazard-path",
            "h1",
            "hazard_path=h2",
            "seed=3",
        ],
    )
    assert given.overrides == ["county=yueyang", "seed=3"]
    assert given["plans"] == ["baseline", "five_year"]
    assert (given["replications"], given["jobs"], given["json"]) == (4, 2, True)
    assert (given["out"], given["config_dir"]) == (Path("a/b"), Path("mine"))
    assert given["hazard_path"] == (Path("h1"), Path("h2"))
    assert given["debug"] is False


@pytest.mark.parametrize(
    ("word", "value"), [("report=false", False), ("report=true", True), ("--report=no", False)]
)
def test_true_and_false(word: str, value: bool) -> None:
    assert verbs.read(verbs.VERBS["run"], [word])["report"] is value


def test_world_takes_its_county_either_way() -> None:
    world = verbs.VERBS["world"]
    assert verbs.read(world, ["build", "yueyang"]).bare == {"ACTION": "build", "COUNTY": "yueyang"}
    assert verbs.read(world, ["build", "county=yueyang"]).bare == {"ACTION": "build", "COUNTY": "yueyang"}


def test_listing_at_a_glance(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", *OWN]) == 0
    text = capsys.readouterr().out
    assert "  tiny       Tiny County (3,000 residents)\n" in text
    assert "  flood" in text
    assert "  toy          Toy flood\n" in text
    assert main(["list", "lang=zh", *OWN]) == 0
    text = capsys.readouterr().out
    assert "小县 (3,000 人)" in text
    assert "玩具洪水" in text


def test_listing_of_actions_tells_types_and_ranges(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "actions", "--hazard-path", "hazards"]) == 0
    text = capsys.readouterr().out
    assert re.search(
        r"^dam +dam the water \(toy\)\n    place: text\n"
        r"    bags: a whole number >= 1 and <= 500 \(may be left out\)\n", text, re.MULTILINE)


@pytest.mark.parametrize("kind", list(KINDS))
def test_listings_as_json(kind: str, tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["list", kind, "--json"]
    words += [] if kind in ("kpis", "actions", "hazards") else ["--config-dir", "mine"]
    assert main(words) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows
    assert all(row["id"] and row["title"] and row["title_zh"] for row in rows)


def test_head_reads_the_same_as_the_whole_file(tiny: Path) -> None:
    import yaml

    keys = ("id", "title", "title_zh", "counties", "hazards", "start")
    path = tiny / "mine/scenario/flood/default.yaml"
    whole = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert head(path, keys) == {key: whole[key] for key in keys}


def test_ctrl_c_says_what_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(given: verbs.Given) -> int:
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.DISPATCH, "sweep", stop)
    assert main(["sweep", "seed=1,2"]) == 130
    assert capsys.readouterr().err == (
        "\nsandtable: stopped: finished replications are kept; the same command goes on from there\n"
    )


def test_a_fault_of_ours_is_told_as_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(given: verbs.Given) -> int:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setitem(cli.DISPATCH, "list", fail)
    assert main(["list"]) == 1
    assert capsys.readouterr().err.startswith(
        "sandtable: a fault of Sandtable's own: ZeroDivisionError: division by zero\n"
    )
    with pytest.raises(ZeroDivisionError):
        main(["list", "--debug"])


def test_benchmark_bars_are_judged_and_strict_exits_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from types import ModuleType

    from experiments import benchmark

    module = ModuleType("experiments.benchmark.toy")
    measured = {
        "figures": {"ratio": 3.0, "lost": None},
        "bars": [benchmark.Bar("ratio", ">=", 2.0), benchmark.Bar("lost", "<=", 1.0)],
        "notes": ["the peer is not installed"],
    }
    module.measure = lambda: measured  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "experiments.benchmark.toy", module)
    assert benchmark.benchmark_verb("toy", json_=True, strict=False) == 0
    result = json.loads(capsys.readouterr().out)
    assert set(result) == {"name", "figures", "bars", "machine", "versions", "notes"}
    assert result["bars"] == [
        {"key": "ratio", "value": 3.0, "op": ">=", "bar": 2.0, "holds": True},
        {"key": "lost", "value": None, "op": "<=", "bar": 1.0, "holds": False},
    ]
    assert benchmark.benchmark_verb("toy", json_=True, strict=True) == 1
