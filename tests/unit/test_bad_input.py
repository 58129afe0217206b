"""Bad input of every kind ends in exit code 2 and one message, word for word; a traceback only on --debug."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from experiments.cli import main
from experiments.listing import KINDS
from sim.actions import ENGINE_ACTIONS
from sim.kpi_specs import ENGINE_KPIS
from tests import tinyconf

CASES: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).with_name("bad_input.yaml")).read_text(encoding="utf-8")
)
COMPILING = "compiling kernels (first run only)\n"
"""Said by verbs that compute, before they look at their data, where the cache has no kernels yet."""
OWN = ("--config-dir", "mine", "--hazard-path", "hazards")


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tinyconf.write(tmp_path)


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the placeholders in the messages stand for: everything registered, the tiny county's included."""
    from experiments.catalogue import Catalogue
    from experiments.hazards import find_hazard, hazard_folders
    from scenarios.forest_fire.fuels import fuel_table

    folder = tinyconf.write(tmp_path_factory.mktemp("registered"))
    mine = Catalogue(folder / "mine")
    paths = (folder / "hazards",)
    specs = [find_hazard(name, paths) for name in hazard_folders(paths)]
    kpis = [kpi.key for kpi in (*ENGINE_KPIS, *(kpi for spec in specs for kpi in spec.kpis))]
    toy = next(spec for spec in specs if spec.name == "toy")
    actions = [action.name for action in (*ENGINE_ACTIONS, *toy.actions)]
    return {
        "KPIS": ", ".join(sorted(kpis)),
        "ACTIONS": ", ".join(sorted(actions)),
        "COUNTIES": ", ".join(Catalogue(None).options("county")),
        "PLANS": ", ".join(mine.options("plan")),
        "SCENARIOS": ", ".join(option.removesuffix("/default") for option in mine.options("scenario")),
        "TARGETS": ", ".join(mine.options("targets")),
        "TEAM_TYPES": ", ".join(mine.options("team_types")),
        "HAZARDS": ", ".join(hazard_folders(paths)),
        "FUELS": ", ".join(str(number) for number in fuel_table().number),
    }


def apply(edit: dict[str, str], folder: Path) -> None:
    path = folder / edit["file"]
    path.parent.mkdir(exist_ok=True)
    if "encode" in edit:
        path.write_bytes(path.read_text(encoding="utf-8").encode(edit["encode"]))
    elif "text" in edit:
        path.write_text(edit["text"], encoding="utf-8")
    else:
        tinyconf.edit(folder, edit["file"], edit["old"], edit["new"])


def argv_of(case: dict[str, Any]) -> list[str]:
    return list(case["argv"]) if "argv" in case else ["run", *tinyconf.WORDS, *OWN, *case["run"]]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_message(
    case: dict[str, Any], tiny: Path, registered: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for edit in case.get("edit", ()):
        apply(edit, tiny)
    code = main(argv_of(case))
    said = capsys.readouterr()
    expected = case["says"]
    for name, listed in registered.items():
        expected = expected.replace("{" + name + "}", listed)
    assert said.err.removeprefix(COMPILING) == "sandtable: error: " + expected
    assert said.out == ""
    assert code == 2


def test_every_kind_of_part_has_its_cases() -> None:
    assert len(CASES) >= 130
    paths = [edit["file"].split("/") for case in CASES.values() for edit in case.get("edit", ())]
    assert {path[1] if len(path) > 2 else path[0] for path in paths} == {
        "county", "plan", "scenario", "targets", "toy", "roads", "fires"}


def test_the_unchanged_files_are_good(tiny: Path) -> None:
    """Otherwise the messages above could come from the made-up county itself."""
    from experiments.compose import compose

    warnings: list[str] = []
    settings = compose(
        tinyconf.WORDS, config_dir=tiny / "mine", hazard_paths=(tiny / "hazards",), warn=warnings.append
    )
    assert settings.county.id == "tiny"
    assert warnings == []


def test_debug_shows_the_traceback(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "seed=-1", "--debug", *tinyconf.WORDS, *OWN]) == 2
    said = capsys.readouterr().err
    assert "Traceback (most recent call last)" in said
    assert said.endswith(
        "sandtable: error: out of range\n  value:   -1\n  where:   command line: seed=-1\n"
        "  allowed: a whole number >= 0 and < 9223372036854775808\n"
    )


def test_two_hazards_of_one_name(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tiny / "more").mkdir()
    (tiny / "hazards" / "toy").rename(tiny / "more" / "forest_fire")
    assert main(["list", "hazards", "--hazard-path", "more"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("sandtable: error: two hazards of the same name\n  value:   'forest_fire'\n")
    assert said.endswith(
        "scenarios/forest_fire and more/forest_fire\n  mend:    rename the folder of yours\n"
    )


def test_unknown_benchmark(capsys: pytest.CaptureFixture[str]) -> None:
    from experiments.benchmark import known

    assert main(["benchmark", "no_such"]) == 2
    allowed = ", ".join(known()) or "none is there"
    assert capsys.readouterr().err == (
        "sandtable: error: no such benchmark\n  value:   'no_such'\n  where:   command line\n"
        f"  allowed: {allowed}\n"
    )


def test_unknown_kind_lists_every_kind() -> None:
    assert ", ".join(KINDS) in CASES["list_unknown_kind"]["says"]
