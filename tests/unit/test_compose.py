"""Composition: short names, the user's folder, list entries by id, settings files, sweep words."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from experiments.compose import compose, dump_settings, settings_sha256
from experiments.hazards import find_hazard, load_builder
from experiments.words import axes, quote_foreign, split_sweep
from sim.errors import InputError
from sim.settings.root import RunSettings
from tests import tinyconf

DAY_S = 86400.0


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return tinyconf.write(tmp_path)


def settings_of(folder: Path, *words: str, warnings: list[str] | None = None) -> RunSettings:
    return compose(
        [*tinyconf.WORDS, *words],
        config_dir=folder / "mine",
        hazard_paths=(folder / "hazards",),
        warn=None if warnings is None else warnings.append,
    )


def test_short_names_mean_the_county_own(tiny: Path) -> None:
    settings = settings_of(tiny)
    assert (settings.county.id, settings.plan.county, settings.targets.id) == ("tiny", "tiny", "tiny")
    assert settings.scenario.id == "flood"
    assert settings_of(tiny, "plan=tiny/baseline") == settings_of(tiny, "plan=baseline") == settings


def test_a_county_without_targets_is_held_against_none(tiny: Path) -> None:
    (tiny / "mine/targets/tiny.yaml").unlink()
    assert settings_of(tiny).targets.targets == ()


def test_what_is_not_given_comes_from_the_packaged_config(tiny: Path) -> None:
    settings = settings_of(tiny)
    assert (settings.seed, settings.replication, settings.lang) == (1, 0, "en")


def test_own_folder_comes_before_the_packaged_one(tiny: Path) -> None:
    (tiny / "mine/team_types/china.yaml").write_text(tinyconf.TEAM_TYPES, encoding="utf-8")
    assert set(settings_of(tiny, "team_types=china").team_types) == {"militia"}


def test_an_option_builds_on_another(tiny: Path) -> None:
    (tiny / "mine/plan/tiny/bigger.yaml").write_text(
        "defaults: [tiny/baseline@_here_, _self_]\nid: bigger\ncommand: {review: 5min}\n", encoding="utf-8"
    )
    settings = settings_of(tiny, "plan=bigger")
    assert settings.plan.id == "bigger"
    assert settings.plan.command.review == 300.0
    assert settings.plan.command.decision.median == 300.0
    assert len(settings.plan.teams) == 2


def test_a_base_file_is_where_its_values_stand(tiny: Path) -> None:
    (tiny / "mine/plan/tiny/bigger.yaml").write_text(
        "defaults: [tiny/baseline@_here_, _self_]\nid: bigger\n", encoding="utf-8"
    )
    tinyconf.edit(tiny, "mine/plan/tiny/baseline.yaml", "crew: 12", "crew: 0")
    with pytest.raises(InputError) as error:
        settings_of(tiny, "plan=bigger")
    assert error.value.problem.where.endswith("mine/plan/tiny/baseline.yaml:9, key plan.teams.1.crew")


def test_list_entries_by_number_or_by_id(tiny: Path) -> None:
    by_id = settings_of(tiny, "plan.teams.brigade.crew=20", "plan.camps.hill.place=古井村")
    by_number = settings_of(tiny, "plan.teams.1.crew=20", "plan.camps.0.place=古井村")
    assert by_id == by_number
    assert (by_id.plan.teams[1].crew, by_id.plan.camps[0].place) == (20, "古井村")
    assert (
        settings_of(tiny, "scenario.hazards.toy.settings.speed_mps=2")
        .scenario.hazards[0]
        .settings["speed_mps"]
        == 2
    )


def test_setting_and_taking_away(tiny: Path) -> None:
    settings = settings_of(tiny, "~plan.camps", "plan.command.warn_lead=T+02:00", "scenario.duration=1d")
    assert settings.plan.camps == ()
    assert settings.plan.command.warn_lead == 7200.0
    assert settings.scenario.duration == DAY_S


@pytest.mark.parametrize(
    "word",
    [
        "east",
        "EAST",
        "东镇",
        "东",
        "dong",
        "古井",
        "west-V03",
        "西乡-V1",
        "east-C02",
        "东镇-C01",
        "高峰",
        "gw-east",
    ],
)
def test_words_for_a_place(word: str, tiny: Path) -> None:
    assert settings_of(tiny, f"plan.camps.0.place={word}").plan.camps[0].place == word


@pytest.mark.parametrize("word", ["east-V04", "east-C03", "west-C01", "west-V00", "peak-V01", "north"])
def test_words_for_no_place(word: str, tiny: Path) -> None:
    with pytest.raises(InputError, match="no such place in the county"):
        settings_of(tiny, f"plan.camps.0.place={word}")


def test_settings_as_written_compose_to_the_same(tiny: Path) -> None:
    settings = settings_of(tiny, "seed=7", "plan.command.decision.median=90s")
    text = dump_settings(settings)
    assert yaml.safe_load(text)["scenario"]["duration"] == "21600s"
    file = tiny / "settings.yaml"
    file.write_text(text, encoding="utf-8")
    again = compose([], settings_file=file, hazard_paths=(tiny / "hazards",))
    assert again == settings
    assert settings_sha256(again) == settings_sha256(settings)
    assert dump_settings(again) == text


def test_words_change_settings_as_written(tiny: Path) -> None:
    file = tiny / "settings.yaml"
    file.write_text(dump_settings(settings_of(tiny, "seed=7", "plan.camps.0.place=west")), encoding="utf-8")
    paths = (tiny / "hazards",)
    changed = compose(["seed=8", "plan.teams.squad.crew=5"], settings_file=file, hazard_paths=paths)
    assert (changed.seed, changed.plan.teams[0].crew, changed.plan.camps[0].place) == (8, 5, "west")
    replaced = compose(["plan=baseline"], settings_file=file, hazard_paths=paths, config_dir=tiny / "mine")
    assert (replaced.seed, replaced.plan.camps[0].place) == (7, "peak")


def test_errors_in_settings_as_written_name_that_file(tiny: Path) -> None:
    file = tiny / "settings.yaml"
    file.write_text(dump_settings(settings_of(tiny)).replace("crew: 30", "crew: 0"), encoding="utf-8")
    with pytest.raises(InputError) as error:
        compose([], settings_file=file, hazard_paths=(tiny / "hazards",))
    line = file.read_text(encoding="utf-8").splitlines().index("    crew: 0") + 1
    assert error.value.problem.where.endswith(f"settings.yaml:{line}, key plan.teams.0.crew")


def test_seed_does_change_the_sha_and_order_of_words_does_not(tiny: Path) -> None:
    a = settings_of(tiny, "seed=2", "lang=zh")
    b = settings_of(tiny, "lang=zh", "seed=2")
    assert settings_sha256(a) == settings_sha256(b) != settings_sha256(settings_of(tiny, "seed=3", "lang=zh"))


def test_warnings_are_no_errors(tiny: Path) -> None:
    warnings: list[str] = []
    tinyconf.edit(tiny, "mine/team_types/tiny.yaml", "[fire_line, wade]", "[fire_line]")
    tinyconf.edit(
        tiny,
        "mine/plan/tiny/baseline.yaml",
        "shelters:\n",
        'measures: [{at: "T+09:00", action: open_shelter, args: {shelter: hall}}]\nshelters:\n',
    )
    settings_of(tiny, warnings=warnings)
    assert warnings == [
        "no team of plan 'baseline' has the capability 'wade', which toy calls for: such tasks stay undone",
        "plan measure 0 (open_shelter) never comes: 32400 s is after the run's end at 21600 s",
    ]


def test_a_users_hazard_is_found_and_built_from_its_folder(tiny: Path) -> None:
    paths = (tiny / "hazards",)
    spec = find_hazard("toy", paths)
    assert spec.title == "Toy flood"
    assert find_hazard("toy", (tiny / "hazards/toy",)) is spec
    built, context = load_builder("toy", paths)("context")  # type: ignore[arg-type,misc]
    assert built is spec
    assert context == "context"


@pytest.mark.parametrize(
    ("word", "quoted"),
    [
        ("a.b=大云山", "a.b='大云山'"),
        ("a=[荣家湾,gongtian]", "a=['荣家湾',gongtian]"),
        ("a={x: 公田, y: '新 墙'}", "a={x: '公田', y: '新 墙'}"),
        ("a=荣家湾-V07", "a='荣家湾-V07'"),
        ("a=east-V07", "a=east-V07"),
        ("a=大云山,公田", "a='大云山','公田'"),
    ],
)
def test_chinese_names_need_no_quotes(word: str, quoted: str) -> None:
    assert quote_foreign(word) == quoted


def test_sweep_words() -> None:
    fixed, swept = split_sweep(
        ["seed=1", "plan=baseline,five_year", "x.y=range(1,4)", "z=choice(公田,新墙)", "k=[1,2]"]
    )
    assert fixed == ["seed=1", "k=[1,2]"]
    assert [(axis.key, axis.values) for axis in axes(swept)] == [
        ("plan", ("baseline", "five_year")),
        ("x.y", ("1", "2", "3")),
        ("z", ("公田", "新墙")),
    ]
    assert axes(swept)[2].words() == ["z=公田", "z=新墙"]


def packaged() -> list[tuple[str, str, str]]:
    """Every county, plan and scenario that ship and are made for each other."""
    from experiments.catalogue import Catalogue
    from experiments.listing import scenarios

    catalogue = Catalogue(None)
    return [
        (plan.split("/")[0], plan, row["id"])
        for plan in catalogue.options("plan")
        for row in scenarios(catalogue, ())
        if not row["counties"] or plan.split("/")[0] in row["counties"]
    ]


@pytest.mark.parametrize(("county", "plan", "scenario"), packaged())
def test_what_ships_fits_together(county: str, plan: str, scenario: str) -> None:
    warnings: list[str] = []
    words = [f"county={county}", f"plan={plan}", f"scenario={scenario}"]
    settings = compose(words, warn=warnings.append)
    assert settings.plan.county == settings.county.id == county
    assert warnings == []


def test_a_plan_adds_to_the_lists_of_the_one_it_builds_on(tiny: Path) -> None:
    (tiny / "mine/plan/tiny/bigger.yaml").write_text(
        "defaults: [tiny/baseline@_here_, _self_]\nid: bigger\nadditions:\n  shelters:\n"
        "    - {id: annex, place: east, capacity: 50, opening: {median: 1h}}\n", encoding="utf-8"
    )
    today, settings = settings_of(tiny), settings_of(tiny, "plan=bigger", "plan.shelters.annex.capacity=60")
    assert settings.plan.shelters[: len(today.plan.shelters)] == today.plan.shelters
    assert [(shelter.id, shelter.capacity) for shelter in settings.plan.shelters[1:]] == [("annex", 60)]
    assert settings.plan.teams == today.plan.teams
    assert "additions" not in dump_settings(settings)
